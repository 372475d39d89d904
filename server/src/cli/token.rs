//! `tweestap token`: hardware tokens from the command line.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::tokens::TokenError;
use domain::tokens::import::{Format, PskcKey};
use domain::tokens::importing::{ImportOptions, ImportReport, ImportedToken, Told};
use jiff::Timestamp;
use model::Slug;

use super::{Failure, admin_of};
use crate::config::Settings;
use crate::startup::Running;

/// Every good row was imported, or would be.
const ALL: u8 = 0;
/// The file was refused as a whole.
const FILE_REFUSED: u8 = 2;
/// Some rows were refused.
const ROWS_REFUSED: u8 = 3;

/// Hardware tokens.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Token {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Import a file of tokens: PSKC (RFC 6030) or CSV. Exit 0: all imported, 3: some rows refused, 2: file refused
    Import(Import),
}

#[derive(Debug, clap::Args)]
struct Import {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// The file, of any size
    file: PathBuf,
    /// pskc, csv, or auto: by its first bytes
    #[arg(long, default_value = "auto", value_parser = format)]
    format: Auto,
    /// Pre-shared key of an encrypted PSKC file: 32 or 64 hexadecimal digits
    #[arg(long, conflicts_with = "passphrase_file", value_parser = |text: &str| PskcKey::from_hex(text).map(|_| text.to_owned()))]
    key_hex: Option<String>,
    /// File whose first line is the passphrase of an encrypted PSKC file
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Import the good rows although others are bad
    #[arg(long)]
    skip_bad_rows: bool,
    /// Print one JSON document instead of words
    #[arg(long)]
    json: bool,
    /// With --dry-run: add the code that each token shows now, or at a Unix time, to compare it with a token in hand
    #[arg(long, requires = "dry_run", value_parser = moment, value_name = "now|UNIX")]
    codes_at: Option<Timestamp>,
}

/// A format, or none: the file tells.
#[derive(Clone, Copy, Debug)]
struct Auto(Option<Format>);

fn format(text: &str) -> Result<Auto, String> {
    match text {
        "auto" => Ok(Auto(None)),
        "pskc" => Ok(Auto(Some(Format::Pskc))),
        "csv" => Ok(Auto(Some(Format::Csv))),
        _ => Err(String::from("the formats are pskc, csv and auto")),
    }
}

#[allow(clippy::disallowed_methods, reason = "the command line asks for the machine's own moment")]
fn moment(text: &str) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(Timestamp::now());
    }
    let seconds = text.parse().map_err(|_| String::from("give 'now' or seconds since 1970"))?;
    Timestamp::from_second(seconds).map_err(|error| error.to_string())
}

impl Token {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let Command::Import(import) = &self.command;
        let running = Running::start(&settings).await?;
        let admin = admin_of(&running.domain, &import.tenant).await?;
        let code = import.run(&running.domain, &admin).await?;
        running.end().await?;
        Ok(ExitCode::from(code))
    }
}

impl Import {
    async fn run(&self, domain: &domain::Domain, admin: &domain::actor::Admin) -> Result<u8, Failure> {
        let file = File::open(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        let options = ImportOptions {
            format: self.format.0,
            key: self.key()?,
            dry_run: self.dry_run,
            skip_bad: self.skip_bad_rows,
            codes_at: self.codes_at,
        };
        // Tokens go to the disk while they come, for there may be a million of them; a document of JSON can be put together afterwards.
        let mut spool = Spool::new(self.json || self.codes_at.is_some())?;
        let mut broken = None;
        let told = |told: Told<'_>| {
            if let (Told::Token(token), None) = (told, &broken) {
                broken = spool.push(token).err();
            }
        };
        let imported = domain.tokens().import(admin, BufReader::new(file), options, told).await;
        if let Some(error) = broken {
            return Err(format!("the list of tokens could not be kept: {error}").into());
        }
        match imported {
            Ok(report) if self.json => {
                print_report(&report, spool)?;
                Ok(exit(&report))
            }
            Ok(report) => {
                spool.print_words()?;
                self.tell(&report);
                Ok(exit(&report))
            }
            Err(TokenError::Import(problem)) => {
                eprintln!("tweestap: {}: {problem} Nothing was imported.", self.file.display());
                Ok(FILE_REFUSED)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn key(&self) -> Result<PskcKey, Failure> {
        match (&self.key_hex, &self.passphrase_file) {
            (Some(hex), _) => Ok(PskcKey::from_hex(hex)?),
            (None, Some(path)) => Ok(PskcKey::from_passphrase(&first_line(path)?)?),
            (None, None) => Ok(PskcKey::None),
        }
    }

    fn tell(&self, report: &ImportReport) {
        for refused in &report.refused {
            let serial = refused.serial.as_deref().map(|serial| format!(" ({serial})")).unwrap_or_default();
            eprintln!("row {}{serial}: {}", refused.row, refused.error);
        }
        let verb = if self.dry_run { "would be imported" } else { "imported" };
        println!(
            "{} rows, {} {verb}, {} of them given to members, {} refused.",
            report.total,
            report.imported,
            report.assigned,
            report.refused.len()
        );
        if report.is_refused() && !self.skip_bad_rows {
            eprintln!("Nothing was imported, because some rows are bad. Correct them, or give --skip-bad-rows.");
        }
    }
}

fn exit(report: &ImportReport) -> u8 {
    if report.refused.is_empty() { ALL } else { ROWS_REFUSED }
}

/// The first line of a file, without its end.
fn first_line(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Tokens on their way to the output, kept on the disk without a name: when the program ends, they are gone.
struct Spool(Option<File>);

impl Spool {
    fn new(wanted: bool) -> Result<Self, Failure> {
        Ok(Self(if wanted { Some(tempfile::tempfile()?) } else { None }))
    }

    fn push(&mut self, token: &ImportedToken) -> std::io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        let mut line = serde_json::to_vec(token)?;
        line.push(b'\n');
        file.write_all(&line)
    }

    /// The lines from the first one on.
    fn lines(self) -> Result<impl Iterator<Item = std::io::Result<String>>, Failure> {
        use std::io::BufRead;
        let reader: Box<dyn Read> = match self.0 {
            Some(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(file)
            }
            None => Box::new(std::io::empty()),
        };
        Ok(BufReader::new(reader).lines())
    }

    /// Serial number and code, a line each.
    fn print_words(self) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        for line in self.lines()? {
            let token: serde_json::Value = serde_json::from_str(&line?)?;
            let word = |name: &str| token[name].as_str().unwrap_or_default().to_owned();
            writeln!(out, "{}\t{}", word("serial"), word("code"))?;
        }
        Ok(())
    }
}

/// The whole document: `{format, total, imported, assigned, refused, tokens}`.
fn print_report(report: &ImportReport, spool: Spool) -> Result<(), Failure> {
    let head = serde_json::to_string(report)?;
    let head = head.strip_suffix('}').ok_or("a report is a JSON object")?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    write!(out, "{head},\"tokens\":[")?;
    for (place, line) in spool.lines()?.enumerate() {
        let comma = if place > 0 { "," } else { "" };
        write!(out, "{comma}{}", line?)?;
    }
    writeln!(out, "]}}")?;
    Ok(out.flush()?)
}
