//! `tweestap logo`: what stands in the place of a tenant's name above its members' pages.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use model::{CleanText, LOGO_BYTES_MAX, REASON_CHARACTERS_MAX, Slug};

use super::{Failure, admin_of};
use crate::config::Settings;
use crate::startup::Running;

/// What stands in the place of a tenant's name above its members' pages.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Logo {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Keep a small PNG and show it; prints how the policy names it
    Set(Set),
    /// Show the name in its place again
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
struct Set {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// A PNG of at most 20,000 bytes, at most 800 pixels wide and 400 high
    file: PathBuf,
    /// Why, for the audit log
    #[arg(long, value_parser = CleanText::<REASON_CHARACTERS_MAX>::parse)]
    reason: CleanText<REASON_CHARACTERS_MAX>,
}

#[derive(Debug, clap::Args)]
struct Remove {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// Why, for the audit log
    #[arg(long, value_parser = CleanText::<REASON_CHARACTERS_MAX>::parse)]
    reason: CleanText<REASON_CHARACTERS_MAX>,
}

impl Logo {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        // The file is read before the database is touched.
        let (tenant, file) = match &self.command {
            Command::Set(set) => (&set.tenant, set.read()?),
            Command::Remove(remove) => (&remove.tenant, Vec::new()),
        };
        let running = Running::start(&settings).await?;
        let admin = admin_of(&running.domain, tenant).await?;
        let directory = running.domain.directory();
        match &self.command {
            Command::Set(set) => println!("{}", directory.set_logo(&admin, file, set.reason.as_str()).await?),
            Command::Remove(remove) => directory.remove_logo(&admin, remove.reason.as_str()).await?,
        }
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Set {
    /// The file, no longer than would be refused.
    fn read(&self) -> Result<Vec<u8>, Failure> {
        let mut file = Vec::new();
        let opened = std::fs::File::open(&self.file).and_then(|opened| opened.take(LOGO_BYTES_MAX as u64 + 1).read_to_end(&mut file));
        opened.map_err(|error| format!("{}: {error}", self.file.display()))?;
        Ok(file)
    }
}
