//! Imports from the console: each runs by itself, tells how far it is, and leaves what came of it. The file itself is never kept.

use super::{
    Result, TokenError, Tokens,
    import::{self, Format, PskcKey, ReadError, ResultFile},
    importing::{ImportOptions, ImportReport, RefusedRow, Told},
    store::{self, EndedImport, NewImport},
};
use crate::{
    Domain,
    actor::{Admin, Permission},
    vault::{KeyPurpose, SealedColumn},
};
use jiff::{SignedDuration, Timestamp};
use model::ImportId;
use serde_json::json;
use std::{
    collections::HashMap,
    io::Cursor,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use zeroize::Zeroizing;

/// Between two signs of life of a run.
const BEAT: Duration = Duration::from_millis(500);
/// Seconds without a sign of life after which a run is taken for dead, with its transaction.
const SILENCE_SECONDS_MAX: i64 = 30;
/// Runs that are listed.
const RUNS_LISTED: i64 = 20;
/// Characters that are kept of a file's name.
const FILE_NAME_CHARACTERS_MAX: usize = 120;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// At work.
    Running,
    /// Broken off, by a restart for instance: nothing was imported.
    Stopped,
    /// All was read, and what was good is in the inventory; with a dry run, would be.
    Done,
    /// Rows are bad, or the file is: nothing was imported.
    Refused,
}

/// A run of an import.
#[derive(Clone, Debug)]
pub struct ImportRun {
    /// Its id.
    pub id: ImportId,
    /// The file's name, as far as it can be shown.
    pub file_name: String,
    /// What the file is: `pskc` or `csv`.
    pub format: String,
    /// Only to say what would happen.
    pub dry_run: bool,
    /// The good rows count although others are bad.
    pub skip_bad: bool,
    /// How far it is.
    pub state: ImportState,
    /// Rows read.
    pub rows_read: u64,
    /// Tokens that are in the inventory now; with a dry run, that would be.
    pub imported: u64,
    /// Of them, given to members.
    pub assigned: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Why the file as a whole was refused: a sentence in English.
    pub problem: Option<String>,
    /// There is a result file.
    pub has_result: bool,
    /// The sign-in name of whoever began it, a member of this tenant.
    pub by: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The file that says what became of each row.
pub struct ImportResult {
    /// The name of the file that went in.
    pub file_name: String,
    /// CSV.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl Tokens<'_> {
    /// Begins an import that goes on by itself. Refuses at once what is no file of tokens at all.
    pub async fn begin_import(self, by: &Admin, file_name: &str, bytes: Vec<u8>, options: ImportOptions) -> Result<ImportId> {
        by.needs(Permission::ManageTokens)?;
        let file = Uploaded(Arc::new(Zeroizing::new(bytes)));
        let format = options.format.or_else(|| import::detect(file.as_ref()));
        let format = format.ok_or_else(|| TokenError::Import(import::FileError::Empty.to_string()))?;
        let now = self.0.clock().now();
        let id = ImportId(self.0.rng().id(now));
        let new = NewImport {
            import: id,
            file_name: &shown_name(file_name),
            format: format.as_str(),
            dry_run: options.dry_run,
            skip_bad: options.skip_bad,
            started_by: by.who().id(),
        };
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        store::insert_import(&mut tx, &new, now).await?;
        tx.commit().await?;
        let run = Run {
            domain: self.0.clone(),
            by: by.clone(),
            id,
            file,
            format,
            options,
            rows_read: AtomicU64::new(0),
        };
        tokio::spawn(run.go());
        Ok(id)
    }

    /// The last runs, the newest first.
    pub async fn imports(self, by: &Admin) -> Result<Vec<ImportRun>> {
        by.needs(Permission::ReadMembers)?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let rows = store::list_imports(&mut tx, None, RUNS_LISTED).await?;
        tx.commit().await?;
        Ok(rows.into_iter().map(|row| run_of(row, now)).collect())
    }

    /// One run with the rows that it refused.
    pub async fn import_of(self, by: &Admin, id: ImportId) -> Result<(ImportRun, Vec<RefusedRow>)> {
        by.needs(Permission::ReadMembers)?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let row = store::list_imports(&mut tx, Some(id), 1).await?.pop().ok_or(TokenError::Unknown)?;
        let report = store::find_import_report(&mut tx, id).await?.ok_or(TokenError::Unknown)?;
        tx.commit().await?;
        Ok((run_of(row, now), serde_json::from_value(report).unwrap_or_default()))
    }

    /// The result file of a run: what stood in the file, without secrets, and what became of it.
    pub async fn import_result(self, by: &Admin, id: ImportId) -> Result<ImportResult> {
        by.needs(Permission::ManageTokens)?;
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let (file_name, sealed) = store::find_import_result(&mut tx, id).await?.ok_or(TokenError::Unknown)?;
        tx.commit().await?;
        let bytes = keys.key(KeyPurpose::ImportResult).open(SealedColumn::ImportResult, id.0, &sealed)?;
        Ok(ImportResult {
            file_name,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }
}

/// A file of secrets in memory, wiped when the last reader is done.
#[derive(Clone)]
struct Uploaded(Arc<Zeroizing<Vec<u8>>>);

impl AsRef<[u8]> for Uploaded {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// An import at work.
struct Run {
    domain: Domain,
    by: Admin,
    id: ImportId,
    file: Uploaded,
    format: Format,
    options: ImportOptions,
    rows_read: AtomicU64,
}

impl Run {
    /// Runs to the end. When even the end cannot be written down, the silence tells.
    async fn go(self) {
        let imported = tokio::select! {
            imported = self.import() => imported,
            never = self.beat() => match never {},
        };
        let Err(error) = imported else { return };
        let problem = match &error {
            TokenError::Import(problem) => problem.clone(),
            other => {
                tracing::error!(import.id = %self.id, error = %other, "an import of hardware tokens failed");
                String::from("The import was broken off by a fault of this service; its log says more.")
            }
        };
        if let Err(error) = self.refuse(problem).await {
            tracing::error!(import.id = %self.id, %error, "the end of an import of hardware tokens could not be written down");
        }
    }

    /// The import and its result, written at once: either both are there or nothing happened.
    async fn import(&self) -> Result<()> {
        let told = |told: Told<'_>| {
            if let Told::Rows(count) = told {
                self.rows_read.store(count, Ordering::Relaxed);
            }
        };
        let tokens = self.domain.tokens();
        let (report, kept) = tokens
            .import_as(self.id, &self.by, Cursor::new(self.file.clone()), self.options.clone(), told)
            .await?;
        let word = match (report.is_refused(), self.options.dry_run) {
            (true, _) => "not imported",
            (false, true) => "would be imported",
            (false, false) => "imported",
        };
        let keys = self.domain.keys(self.by.tenant()).await?;
        let result = self.result(&report, word).await?;
        let ended = EndedImport {
            state: if report.is_refused() { "refused" } else { "done" },
            rows_read: report.total as i64,
            imported: report.imported as i64,
            assigned: report.assigned as i64,
            refused: report.refused.len() as i64,
            problem: None,
            sealed: Some(
                keys.key(KeyPurpose::ImportResult)
                    .seal(SealedColumn::ImportResult, self.id.0, &result, self.domain.rng()),
            ),
            report: serde_json::to_value(&report.refused).unwrap_or_default(),
        };
        let mut tx = match kept {
            Some(tx) => tx,
            None => self.domain.db().tenant(self.by.tenant()).await?,
        };
        if !store::set_import_ended(&mut tx, self.id, &ended, self.domain.clock().now()).await? {
            return Err(TokenError::Import(String::from("The import had been ended before.")));
        }
        Ok(tx.commit().await?)
    }

    async fn refuse(&self, problem: String) -> Result<()> {
        let ended = EndedImport {
            state: "refused",
            rows_read: self.rows_read.load(Ordering::Relaxed) as i64,
            problem: Some(problem),
            report: json!([]),
            ..EndedImport::default()
        };
        let mut tx = self.domain.db().tenant(self.by.tenant()).await?;
        store::set_import_ended(&mut tx, self.id, &ended, self.domain.clock().now()).await?;
        Ok(tx.commit().await?)
    }

    /// Says twice a second that the run is alive. A sign that cannot be given is none.
    async fn beat(&self) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(BEAT).await;
            let beat = async {
                let mut tx = self.domain.db().tenant(self.by.tenant()).await?;
                let rows = self.rows_read.load(Ordering::Relaxed) as i64;
                store::set_import_beat(&mut tx, self.id, rows, self.domain.clock().now()).await?;
                tx.commit().await
            };
            if let Err(error) = beat.await {
                tracing::warn!(import.id = %self.id, %error, "an import of hardware tokens could not say that it is alive");
            }
        }
    }

    /// Reads the file once more, now that each row's fate is known: so no row has to be remembered.
    async fn result(&self, report: &ImportReport, word: &'static str) -> Result<Zeroizing<Vec<u8>>> {
        let (file, format, key, now) = (self.file.clone(), self.format, self.options.key.clone(), self.domain.clock().now());
        let refused: HashMap<u64, String> = report.refused.iter().map(|row| (row.row, row.error.clone())).collect();
        let writing = tokio::task::spawn_blocking(move || result_file(&file, format, &key, now, &refused, word));
        let written = writing.await.map_err(|_| unwritten())?;
        written.map(Zeroizing::new)
    }
}

fn result_file(file: &Uploaded, format: Format, key: &PskcKey, now: Timestamp, refused: &HashMap<u64, String>, word: &str) -> Result<Vec<u8>> {
    let reader = import::read(Cursor::new(file), format, key, now).map_err(|error| TokenError::Import(error.to_string()))?;
    let mut bytes = Vec::new();
    let mut result = ResultFile::new(&mut bytes, reader.columns()).map_err(|_| unwritten())?;
    for row in reader {
        let written = match row {
            Ok(record) => match refused.get(&record.row) {
                Some(error) => result.refused(&record.columns, error),
                None => result.accepted(&record.columns, word),
            },
            Err(ReadError::Row(error)) => result.refused(&error.columns, &error.problem.to_string()),
            Err(ReadError::File(error)) => return Err(TokenError::Import(error.to_string())),
        };
        written.map_err(|_| unwritten())?;
    }
    result.finish().map_err(|_| unwritten())?;
    Ok(bytes)
}

fn unwritten() -> TokenError {
    TokenError::Import(String::from("The result file could not be written."))
}

fn run_of(row: store::ImportRow, now: Timestamp) -> ImportRun {
    let silent = now.duration_since(row.beat_at) > SignedDuration::from_secs(SILENCE_SECONDS_MAX);
    let count = |count: i64| count.unsigned_abs();
    ImportRun {
        id: ImportId(row.import_id),
        file_name: row.file_name,
        format: row.format,
        dry_run: row.dry_run,
        skip_bad: row.skip_bad,
        state: match row.state.as_str() {
            "done" => ImportState::Done,
            "refused" => ImportState::Refused,
            _ if silent => ImportState::Stopped,
            _ => ImportState::Running,
        },
        rows_read: count(row.rows_read),
        imported: count(row.imported),
        assigned: count(row.assigned),
        refused: count(row.refused),
        problem: row.problem,
        has_result: row.has_result,
        by: row.upn,
        started_at: row.started_at,
        ended_at: row.ended_at,
    }
}

/// The last part of a path as a browser may send it, without anything that turns or hides text.
fn shown_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().take(FILE_NAME_CHARACTERS_MAX).collect();
    model::CleanText::<FILE_NAME_CHARACTERS_MAX>::parse(&name).map_or_else(|_| String::from("tokens"), |name| name.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    /// Only signs of life tell an import that works from one whose process has gone, and its transaction with it.
    #[tokio::test]
    async fn a_silent_import_is_taken_for_dead() {
        let app = TestApp::new().await;
        let id = ImportId(app.domain.rng().id(app.now()));
        let new = NewImport {
            import: id,
            file_name: "tokens.csv",
            format: "csv",
            dry_run: false,
            skip_bad: false,
            started_by: None,
        };
        let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
        store::insert_import(&mut tx, &new, app.now()).await.expect("inserted");
        tx.commit().await.expect("committed");
        let state = async || app.domain.tokens().import_of(&app.admin, id).await.expect("the run").0.state;
        app.wait(29);
        assert_eq!(state().await, ImportState::Running);
        let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
        store::set_import_beat(&mut tx, id, 4_000, app.now()).await.expect("a beat");
        tx.commit().await.expect("committed");
        app.wait(29);
        assert_eq!(state().await, ImportState::Running);
        app.wait(2);
        assert_eq!(state().await, ImportState::Stopped);
        assert!(matches!(app.domain.tokens().import_result(&app.admin, id).await, Err(TokenError::Unknown)));
    }

    #[test]
    fn the_name_of_a_file_is_shown_without_its_folder_and_without_tricks() {
        assert_eq!(shown_name("C:\\fakepath\\tokens 2026.csv"), "tokens 2026.csv");
        assert_eq!(shown_name("../../etc/passwd"), "passwd");
        assert_eq!(shown_name("a\u{202E}vsc.exe"), "tokens");
        assert_eq!(shown_name(""), "tokens");
        assert_eq!(shown_name(&"x".repeat(500)).len(), FILE_NAME_CHARACTERS_MAX);
    }
}
