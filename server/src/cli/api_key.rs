//! `tweestap api-key`: keys for programs that call the REST interface.

use std::process::ExitCode;

use domain::actor::Scope;
use model::{CleanText, NAME_CHARACTERS_MAX, Path, Slug};

use super::{Failure, admin_of};
use crate::config::Settings;
use crate::startup::Running;

/// Keys for programs.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct ApiKey {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key; prints it once and never again
    Create(Create),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// Which program it is for
    #[arg(long, value_parser = CleanText::<NAME_CHARACTERS_MAX>::parse)]
    name: CleanText<NAME_CHARACTERS_MAX>,
    /// What it may do, separated by commas: verify, read, admin, support, pass
    #[arg(long, value_delimiter = ',', required = true, value_parser = scope)]
    scope: Vec<Scope>,
    /// Mark it as a server's key: delivered codes live as long as the tenant says
    #[arg(long)]
    server: bool,
}

impl ApiKey {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let Command::Create(create) = &self.command;
        let running = Running::start(&settings).await?;
        let admin = admin_of(&running.domain, &create.tenant).await?;
        let path = if create.server { Path::Server } else { Path::Cloud };
        let credential = running.domain.directory().create_api_key(&admin, &create.name, &create.scope, path).await?;
        println!("{}", credential.reveal());
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!("the scopes are {}", known.join(", "))
    })
}
