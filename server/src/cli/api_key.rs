//! `tweestap api-key`: keys for programs that call the REST interface.

use std::process::ExitCode;

use domain::actor::Scope;
use model::{ApiKeyId, CleanText, NAME_CHARACTERS_MAX, Path, Slug};

use super::{Failure, admin_of, print_json};
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
    /// List the tenant's keys as JSON, the revoked ones too
    List(Of),
    /// Revoke a key: the next request with it is refused, on every node
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
struct Of {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// The key's id, as `api-key list` shows it
    #[arg(long)]
    id: uuid::Uuid,
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
        let tenant = match &self.command {
            Command::Create(Create { tenant, .. }) | Command::List(Of { tenant }) | Command::Revoke(Revoke { tenant, .. }) => tenant,
        };
        let running = Running::start(&settings).await?;
        let admin = admin_of(&running.domain, tenant).await?;
        let directory = running.domain.directory();
        match &self.command {
            Command::Create(create) => {
                let path = if create.server { Path::Server } else { Path::Cloud };
                let credential = directory.create_api_key(&admin, &create.name, &create.scope, path).await?;
                println!("{}", credential.reveal());
            }
            Command::List(_) => print_json(&directory.api_keys(&admin).await?)?,
            Command::Revoke(revoke) => {
                directory.revoke_api_key(&admin, ApiKeyId(revoke.id)).await?;
                eprintln!("The key {} is revoked.", revoke.id);
            }
        }
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
