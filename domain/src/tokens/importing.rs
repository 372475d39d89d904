//! Imports: a file becomes tokens of the drawer, or members' tokens where it names them. All of it in one transaction: every good row or, unless bad
//! rows are to be skipped, none. The file is read on a thread of its own, row by row, so that memory stays flat whatever its size.

use super::{
    Result, TokenError, Tokens,
    import::{self, Format, PskcKey, ReadError, TokenRecord},
    store::{self, NewTokens, OwnerRow},
};
use crate::{
    actor::{Admin, Permission},
    db::TenantTx,
    journal::{
        Event,
        entry::{AuditEntry, Audited, Change},
    },
    rng::Rng,
    vault::{KeyPurpose, SealedColumn, TenantKeys},
    verification::compare::OathGenerator,
};
use jiff::Timestamp;
use model::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{collections::HashMap, io::BufRead, sync::Arc};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Rows of one statement.
const ROWS_AT_ONCE: usize = 2_000;
/// Batches that are read ahead.
const BATCHES_AHEAD: usize = 2;

/// How a file is to be imported.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// PSKC or CSV; by its first bytes when nothing is said.
    pub format: Option<Format>,
    /// What opens encrypted secrets.
    pub key: PskcKey,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Import the good rows although others are bad.
    pub skip_bad: bool,
    /// With a dry run: tell the code that each token shows at this moment (HOTP: at its counter), so that whoever holds the file can compare.
    pub codes_at: Option<Timestamp>,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            format: None,
            key: PskcKey::None,
            dry_run: false,
            skip_bad: false,
            codes_at: None,
        }
    }
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// The row of data, or the KeyPackage, counted from 1.
    pub row: u64,
    /// Its serial number, as far as it could be read.
    pub serial: Option<String>,
    /// A sentence: what is wrong, and with which field.
    pub error: String,
}

/// A token of the file, without its secret.
#[derive(Clone, Debug, Serialize)]
pub struct ImportedToken {
    /// Serial number.
    pub serial: String,
    /// `totp` or `hotp`.
    pub kind: OathKind,
    /// The hash.
    pub algorithm: OathAlgorithm,
    /// 6 or 8.
    pub digits: u8,
    /// Seconds of a step; null for a token that counts.
    pub interval_s: Option<u8>,
    /// The counter of the next code; null for a token that goes by the time.
    pub counter: Option<u64>,
    /// Who issued the seed.
    pub issuer: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Which model.
    pub model: Option<String>,
    /// Whose it becomes.
    pub upn: Option<String>,
    /// The seed was written in hexadecimal where Base32 is usual.
    pub hex: bool,
    /// The seed is shorter than RFC 4226 wants.
    pub weak: bool,
    /// The code that its display shows, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What came of an import.
#[derive(Clone, Debug, Serialize)]
pub struct ImportReport {
    /// What the file was.
    pub format: Format,
    /// Rows read.
    pub total: u64,
    /// Tokens that are in the inventory now; with a dry run, that would be.
    pub imported: u64,
    /// Of them, given to members.
    pub assigned: u64,
    /// Rows that were refused.
    pub refused: Vec<RefusedRow>,
}

impl ImportReport {
    /// True when nothing was imported because some rows are bad.
    pub fn is_refused(&self) -> bool {
        self.imported == 0 && !self.refused.is_empty()
    }
}

/// What somebody wants to be told while an import runs.
pub enum Told<'a> {
    /// A good token of the file.
    Token(&'a ImportedToken),
    /// So many rows have been read.
    Rows(u64),
}

/// A batch on its way from the reading thread.
#[derive(Default)]
struct Batch {
    tokens: NewTokens,
    /// Row, and folded name of the owner, of each token.
    rows: Vec<(u64, Option<String>)>,
    shown: Vec<ImportedToken>,
    refused: Vec<RefusedRow>,
    read: u64,
}

impl Tokens<'_> {
    /// Imports a file. `told` hears of tokens and progress; nothing that it hears is true before the report is there.
    pub async fn import(
        self,
        by: &Admin,
        file: impl BufRead + Send + 'static,
        options: ImportOptions,
        told: impl FnMut(Told<'_>) + Send,
    ) -> Result<ImportReport> {
        let id = ImportId(self.0.rng().id(self.0.clock().now()));
        let (report, kept) = self.import_as(id, by, file, options, told).await?;
        if let Some(tx) = kept {
            tx.commit().await?;
        }
        Ok(report)
    }

    /// Imports a file up to the last moment: with the report comes the transaction that makes it true once it is committed, if anything is to be kept.
    pub(super) async fn import_as(
        self,
        id: ImportId,
        by: &Admin,
        file: impl BufRead + Send + 'static,
        options: ImportOptions,
        mut told: impl FnMut(Told<'_>) + Send,
    ) -> Result<(ImportReport, Option<TenantTx>)> {
        by.needs(Permission::ManageTokens)?;
        let (now, rng) = (self.0.clock().now(), self.0.rng().clone());
        let keys = self.0.keys(by.tenant()).await?;
        let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
        let reading = Reading {
            keys: keys.clone(),
            rng: rng.clone(),
            now,
            codes_at: options.codes_at.filter(|_| options.dry_run),
        };
        let (format, key) = (options.format, options.key.clone());
        let reader = tokio::task::spawn_blocking(move || reading.run(file, format, &key, &sender));
        let mut writing = Writing {
            import: id,
            by,
            keys,
            rng,
            now,
            report: ImportReport {
                format: Format::Csv,
                total: 0,
                imported: 0,
                assigned: 0,
                refused: Vec::new(),
            },
        };
        // A key that is derived from a passphrase takes seconds, in which no transaction should lie idle.
        let mut batch = batches.recv().await;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        while let Some(read) = batch {
            let shown = writing.write(&mut tx, read).await?;
            for token in &shown {
                told(Told::Token(token));
            }
            told(Told::Rows(writing.report.total));
            batch = batches.recv().await;
        }
        // The channel is closed: the thread has read all, or given up.
        let read = reader.await.map_err(|_| TokenError::Import(String::from("The file could not be read.")))?;
        let mut report = writing.report;
        report.format = read.map_err(|error| TokenError::Import(error.to_string()))?;
        report.refused.sort_by_key(|refused| refused.row);
        if !report.refused.is_empty() && !options.skip_bad {
            report.imported = 0;
            report.assigned = 0;
            return Ok((report, None));
        }
        if options.dry_run || report.imported == 0 {
            return Ok((report, None));
        }
        let audited = Audited {
            event: Event::TokensImported,
            who: by.who(),
            target: ("token_import", Some(id.0)),
            reason: None,
            session: None,
            change: Change {
                before: json!(null),
                after: json!({ "imported": report.imported, "assigned": report.assigned, "refused": report.refused.len() }),
            },
        };
        self.0.directory().audit(&mut tx, &writing.keys, audited, now).await?;
        Ok((report, Some(tx)))
    }
}

/// The half that reads and seals.
struct Reading {
    keys: Arc<TenantKeys>,
    rng: Rng,
    now: Timestamp,
    codes_at: Option<Timestamp>,
}

impl Reading {
    /// Reads to the end, or until nobody listens any more.
    fn run(&self, file: impl BufRead, format: Option<Format>, key: &PskcKey, sender: &mpsc::Sender<Batch>) -> std::result::Result<Format, import::FileError> {
        let mut file = file;
        let first = file.fill_buf().map_err(import::FileError::Io)?;
        let format = format.or_else(|| import::detect(first)).ok_or(import::FileError::Empty)?;
        let reader = import::read(file, format, key, self.now)?;
        let mut batch = Batch::default();
        for found in reader {
            match found {
                Ok(record) => self.add(&mut batch, record),
                Err(ReadError::Row(error)) => {
                    batch.read += 1;
                    batch.refused.push(RefusedRow {
                        row: error.row,
                        serial: error.serial.clone(),
                        error: error.problem.to_string(),
                    });
                }
                Err(ReadError::File(error)) => return Err(error),
            }
            if batch.read as usize >= ROWS_AT_ONCE && sender.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(format);
            }
        }
        let _ = sender.blocking_send(batch);
        Ok(format)
    }

    fn add(&self, batch: &mut Batch, record: TokenRecord) {
        let id = self.rng.id(self.now);
        let params = record.oath;
        let step = record.counter as i64;
        let code = self.codes_at.map(|at| {
            let generator = OathGenerator::new(&record.secret, params);
            let shown = match params.kind {
                OathKind::Totp => generator.step_at(at) + record.drift,
                OathKind::Hotp => step,
            };
            generator.code(shown).to_string()
        });
        let counts = params.kind == OathKind::Hotp;
        batch.read += 1;
        batch.shown.push(ImportedToken {
            serial: record.serial.clone(),
            kind: params.kind,
            algorithm: params.algorithm,
            digits: params.digits,
            interval_s: (!counts).then_some(params.period),
            counter: counts.then_some(record.counter),
            issuer: record.issuer.clone(),
            manufacturer: record.manufacturer.clone(),
            model: record.model.clone(),
            upn: record.upn.clone(),
            hex: record.hex_recognised,
            weak: record.is_weak(),
            code,
        });
        batch.rows.push((record.row, record.upn.clone()));
        let tokens = &mut batch.tokens;
        tokens.ids.push(id);
        tokens
            .sealed
            .push(self.keys.key(KeyPurpose::Seed).seal(SealedColumn::TokenSeed, id, &record.secret, &self.rng));
        tokens.params.push(serde_json::to_value(params).unwrap_or_default());
        tokens.last_steps.push(if counts { step - 1 } else { -1 });
        tokens.drifts.push(record.drift.clamp(-TOTP_RESYNC_STEPS, TOTP_RESYNC_STEPS) as i32);
        tokens.serials.push(record.serial);
        tokens.issuers.push(record.issuer);
        tokens.manufacturers.push(record.manufacturer);
        tokens.models.push(record.model);
        tokens.valid_from.push(record.valid_from);
        tokens.valid_until.push(record.valid_until);
        tokens.owners.push(None);
    }
}

/// The half that finds owners and inserts.
struct Writing<'a> {
    import: ImportId,
    by: &'a Admin,
    keys: Arc<TenantKeys>,
    rng: Rng,
    now: Timestamp,
    report: ImportReport,
}

impl Writing<'_> {
    /// Writes a batch; tells the tokens that went in.
    async fn write(&mut self, tx: &mut TenantTx, mut batch: Batch) -> Result<Vec<ImportedToken>> {
        self.report.total += batch.read;
        for refused in std::mem::take(&mut batch.refused) {
            self.refuse(refused)?;
        }
        let mut owners = owners(tx, &batch).await?;
        let mut keep = vec![true; batch.rows.len()];
        for (place, (row, upn)) in batch.rows.iter().enumerate() {
            let Some(upn) = upn else { continue };
            match may_own(self.by, owners.get_mut(&folded(upn)), upn) {
                Ok(member) => batch.tokens.owners[place] = Some(member),
                Err(error) => {
                    keep[place] = false;
                    self.refuse(RefusedRow {
                        row: *row,
                        serial: Some(batch.tokens.serials[place].clone()),
                        error,
                    })?;
                }
            }
        }
        batch.keep(&keep);
        let inserted = store::insert_tokens(tx, self.import, &batch.tokens, self.now).await?;
        let new: Vec<bool> = {
            let inserted: std::collections::HashSet<Uuid> = inserted.into_iter().collect();
            batch.tokens.ids.iter().map(|id| inserted.contains(id)).collect()
        };
        self.refuse_taken(tx, &batch, &new).await?;
        batch.keep(&new);
        self.report.imported += batch.rows.len() as u64;
        self.record_owners(tx, &batch, &owners).await?;
        Ok(batch.shown)
    }

    /// Says of each serial number that was not free whether the file names it twice or the inventory has it.
    async fn refuse_taken(&mut self, tx: &mut TenantTx, batch: &Batch, new: &[bool]) -> Result<()> {
        let taken: Vec<usize> = (0..new.len()).filter(|place| !new[*place]).collect();
        if taken.is_empty() {
            return Ok(());
        }
        let serials: Vec<String> = taken.iter().map(|place| batch.tokens.serials[*place].to_uppercase()).collect();
        let twice = store::list_of_import(tx, self.import, &serials).await?;
        for (place, upper) in taken.into_iter().zip(serials) {
            let error = match twice.contains(&upper) {
                true => "This serial number stands in the file more than once.",
                false => "A token with this serial number is in the inventory already.",
            };
            self.refuse(RefusedRow {
                row: batch.rows[place].0,
                serial: Some(batch.tokens.serials[place].clone()),
                error: error.to_owned(),
            })?;
        }
        Ok(())
    }

    fn refuse(&mut self, refused: RefusedRow) -> Result<()> {
        if self.report.refused.len() >= IMPORT_REFUSED_MAX {
            return Err(TokenError::Import(format!(
                "More than {IMPORT_REFUSED_MAX} rows are wrong; the last one looked at was row {}: {} The file was put away.",
                refused.row, refused.error
            )));
        }
        self.report.refused.push(refused);
        Ok(())
    }

    /// What the members who get a token are told, and what the audit log keeps of it.
    async fn record_owners(&mut self, tx: &mut TenantTx, batch: &Batch, owners: &HashMap<String, OwnerRow>) -> Result<()> {
        let (mut audits, mut ids, mut members, mut notices) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (place, (_, upn)) in batch.rows.iter().enumerate() {
            let Some(owner) = upn.as_ref().and_then(|upn| owners.get(&folded(upn))) else {
                continue;
            };
            let after = json!({ "serial": batch.tokens.serials[place] });
            let key = match &owner.wrapped {
                Some(wrapped) => self.keys.subject_key(owner.member_id, wrapped)?,
                None => self.keys.key(KeyPurpose::AuditFacts).clone(),
            };
            let audited = Audited {
                event: Event::TokenAssigned,
                who: self.by.who(),
                target: ("member", Some(owner.member_id)),
                reason: None,
                session: None,
                change: Change {
                    before: json!(null),
                    after: after.clone(),
                },
            };
            audits.push(AuditEntry::seal(tx.tenant(), self.now, audited, &key, &self.rng));
            let id = self.rng.id(self.now);
            let told = json!({ "event": Event::TokenAssigned.as_str(), "before": null, "after": after }).to_string();
            notices.push(self.keys.key(KeyPurpose::Outbox).seal(SealedColumn::Outbox, id, told.as_bytes(), &self.rng));
            ids.push(id);
            members.push(owner.member_id);
        }
        if ids.is_empty() {
            return Ok(());
        }
        self.report.assigned += ids.len() as u64;
        crate::journal::store::insert_audits(tx, &audits).await?;
        store::insert_notices(tx, Event::TokenAssigned.as_str(), &ids, &members, &notices, self.now).await?;
        Ok(())
    }
}

impl Batch {
    /// Keeps the tokens whose place is marked.
    fn keep(&mut self, marked: &[bool]) {
        fn only<T>(of: &mut Vec<T>, marked: &[bool]) {
            let mut marks = marked.iter();
            of.retain(|_| *marks.next().unwrap_or(&false));
        }
        if marked.iter().all(|kept| *kept) {
            return;
        }
        let tokens = &mut self.tokens;
        only(&mut tokens.ids, marked);
        only(&mut tokens.serials, marked);
        only(&mut tokens.sealed, marked);
        only(&mut tokens.params, marked);
        only(&mut tokens.last_steps, marked);
        only(&mut tokens.drifts, marked);
        only(&mut tokens.issuers, marked);
        only(&mut tokens.manufacturers, marked);
        only(&mut tokens.models, marked);
        only(&mut tokens.valid_from, marked);
        only(&mut tokens.valid_until, marked);
        only(&mut tokens.owners, marked);
        only(&mut self.rows, marked);
        only(&mut self.shown, marked);
    }
}

fn folded(upn: &str) -> String {
    Upn::parse(upn).map_or_else(|_| upn.to_lowercase(), |upn| upn.folded().to_owned())
}

/// The members that a batch names, by their folded names.
async fn owners(tx: &mut TenantTx, batch: &Batch) -> Result<HashMap<String, OwnerRow>> {
    let mut names: Vec<String> = batch.rows.iter().filter_map(|(_, upn)| upn.as_deref().map(folded)).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let found = store::list_owners(tx, &names).await?;
    Ok(found.into_iter().map(|owner| (owner.upn_folded.clone(), owner)).collect())
}

/// Whether a member can be given one more token by this admin; counts it when so.
fn may_own(by: &Admin, owner: Option<&mut OwnerRow>, upn: &str) -> std::result::Result<Uuid, String> {
    let Some(owner) = owner else {
        return Err(format!("No member has the sign-in name {}.", shown(upn)));
    };
    let rank = match owner.operator {
        true => crate::actor::OPERATOR_RANK,
        false => owner.roles.iter().filter_map(|role| Role::from_text(role)).map(Role::rank).max().unwrap_or(0),
    };
    if rank > by.rank() {
        return Err(format!("{} has more rights than you.", shown(upn)));
    }
    if owner.oath_methods >= OATH_METHODS_MAX as i64 {
        return Err(format!(
            "{} has {} authenticator apps and tokens; at most {OATH_METHODS_MAX} fit.",
            shown(upn),
            owner.oath_methods
        ));
    }
    owner.oath_methods += 1;
    Ok(owner.member_id)
}

/// A name from a file as it may be shown again.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(UPN_CHARACTERS_MAX).collect()
}
