//! `tweestap policy`: the policy document of a tenant, from the command line.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::Domain;
use domain::actor::Admin;
use domain::directory::publishing::{NewPolicy, read_document};
use model::{CleanText, PolicyDocument, REASON_CHARACTERS_MAX, Slug};
use serde_json::Value;

use super::{Failure, admin_of, print_json};
use crate::config::Settings;
use crate::startup::Running;

/// A document is far smaller.
const BYTES_MAX: u64 = 1024 * 1024;

/// What a tenant decides about verification.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the policy in force, or an earlier version, as JSON
    Show(Show),
    /// Put a whole document in place of the policy in force; prints the new version
    Set(Set),
}

#[derive(Debug, clap::Args)]
#[command(disable_version_flag = true)]
struct Show {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// An earlier version
    #[arg(long)]
    version: Option<i32>,
}

#[derive(Debug, clap::Args)]
struct Set {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// What `policy show` printed, changed, or a document alone; - for the standard input
    file: PathBuf,
    /// Why, for the audit log
    #[arg(long, value_parser = CleanText::<REASON_CHARACTERS_MAX>::parse)]
    reason: CleanText<REASON_CHARACTERS_MAX>,
    /// The version that was changed, where the file does not say; without it, the one in force
    #[arg(long)]
    based_on: Option<i32>,
    /// Publish nothing; print as JSON what would change, and for how many members
    #[arg(long)]
    dry_run: bool,
}

impl Policy {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        // What was typed is read before the database is touched.
        let (tenant, wanted) = match &self.command {
            Command::Show(show) => (&show.tenant, None),
            Command::Set(set) => (&set.tenant, Some(Wanted::read(&set.file)?)),
        };
        let running = Running::start(&settings).await?;
        let admin = admin_of(&running.domain, tenant).await?;
        match (&self.command, wanted) {
            (Command::Set(set), Some(wanted)) => set.run(&running.domain, &admin, wanted).await?,
            (Command::Set(_), None) => {}
            (Command::Show(show), _) => {
                let view = running.domain.directory().policy_version(&admin, show.version).await?;
                println!("{}", serde_json::to_string_pretty(&view)?);
            }
        }
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Set {
    async fn run(&self, domain: &Domain, admin: &Admin, wanted: Wanted) -> Result<(), Failure> {
        let directory = domain.directory();
        let based_on = match self.based_on.or(wanted.based_on) {
            Some(version) => version,
            None => directory.policy_version(admin, None).await?.of.version,
        };
        let new = NewPolicy {
            based_on,
            document: wanted.document,
            reason: self.reason.as_str(),
        };
        if self.dry_run {
            return print_json(&directory.try_policy(admin, new).await?);
        }
        println!("{}", directory.replace_policy(admin, new).await?);
        Ok(())
    }
}

/// A document out of a file, and the version it was made of where the file says so.
struct Wanted {
    document: PolicyDocument,
    based_on: Option<i32>,
}

impl Wanted {
    fn read(file: &Path) -> Result<Self, Failure> {
        let shown = file.display();
        let mut text = String::new();
        let read = if file.as_os_str() == "-" {
            std::io::stdin().take(BYTES_MAX + 1).read_to_string(&mut text)
        } else {
            std::fs::File::open(file).and_then(|opened| opened.take(BYTES_MAX + 1).read_to_string(&mut text))
        };
        read.map_err(|error| format!("{shown}: {error}"))?;
        if text.len() as u64 > BYTES_MAX {
            return Err(format!("{shown}: more than {BYTES_MAX} bytes; no document is so large").into());
        }
        let mut value: Value = serde_json::from_str(&text).map_err(|error| format!("{shown}: {error}"))?;
        let based_on = value.get("version").and_then(Value::as_i64).and_then(|version| version.try_into().ok());
        // What `show` prints holds the document; a document alone has no such part.
        let document = value.get_mut("document").map(Value::take).unwrap_or(value);
        let document = read_document(document).map_err(|error| format!("{shown}: {error}"))?;
        Ok(Self { document, based_on })
    }
}
