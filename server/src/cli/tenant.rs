//! `tweestap tenant`: organisations of the installation.

use std::process::ExitCode;

use domain::actor::Operator;
use domain::directory::NewTenant;
use model::{CleanText, DomainName, NAME_CHARACTERS_MAX, Profile, Slug};

use super::{Failure, print_json};
use crate::config::Settings;
use crate::startup::Running;

/// Organisations of the installation.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Tenant {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a tenant; prints it as JSON
    Create(Create),
    /// List the tenants as JSON, one a line
    List,
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Short name in addresses and keys; never changes
    #[arg(long)]
    slug: Slug,
    /// Name for people
    #[arg(long, value_parser = CleanText::<NAME_CHARACTERS_MAX>::parse)]
    name: CleanText<NAME_CHARACTERS_MAX>,
    /// Domain of its members' sign-in names; may be given several times
    #[arg(long)]
    domain: Vec<DomainName>,
    /// Hold to the highest standards: no SMS, no security questions, no first registration by password alone
    #[arg(long)]
    strict: bool,
    /// Language of its pages where nothing else decides
    #[arg(long, value_parser = ["en", "nl"], default_value = "en")]
    locale: String,
}

impl Tenant {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let running = Running::start(&settings).await?;
        let directory = running.domain.directory();
        match &self.command {
            Command::Create(create) => {
                let new = NewTenant {
                    slug: create.slug.clone(),
                    name: create.name.clone(),
                    domains: create.domain.clone(),
                    profile: if create.strict { Profile::Strict } else { Profile::Standard },
                    locale: if create.locale == "nl" { "nl" } else { "en" },
                };
                let tenant = directory.create_tenant(Operator::console(), new).await?;
                print_json(&directory.tenant(tenant).await?)?;
            }
            Command::List => {
                for tenant in directory.tenants(Operator::console()).await? {
                    print_json(&tenant)?;
                }
            }
        }
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}
