//! `tweestap operator`: who looks after the installation. Whoever can type here can read the data folder anyway, so the console is
//! the way back in when nobody can sign in any more; each use is written down.

use std::process::ExitCode;

use domain::actor::Operator as Console;
use domain::directory::{DirectoryError, MemberRef, NewMember};
use model::{Role, Slug, Upn};
use serde_json::json;

use super::{Failure, admin_of, print_json};
use crate::config::Settings;
use crate::startup::Running;
use crate::welcome::set_up_link;

/// Operators of the installation.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Operator {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a member of a tenant an operator, and the member where there is none; prints a one-time set-up link
    Create(Which),
    /// Let an operator in again who lost password or methods; prints a one-time set-up link
    Recover(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Short name of the operator's home tenant
    #[arg(long)]
    tenant: Slug,
    /// Sign-in name
    #[arg(long)]
    upn: Upn,
}

impl Operator {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let running = Running::start(&settings).await?;
        let directory = running.domain.directory();
        let (Command::Create(which) | Command::Recover(which)) = &self.command;
        let admin = admin_of(&running.domain, &which.tenant).await?;
        let name = MemberRef::Upn(which.upn.clone());
        let member = match (directory.member(&admin, &name).await, &self.command) {
            (Ok(view), _) => view.id,
            (Err(DirectoryError::Unknown(_)), Command::Create(_)) => {
                let new = NewMember {
                    upn: which.upn.clone(),
                    given_name: None,
                    family_name: None,
                    mail: None,
                    roles: vec![Role::GlobalAdmin],
                };
                directory.create_member(&admin, new).await?
            }
            (Err(error), _) => return Err(error.into()),
        };
        let member_ref = MemberRef::Id(member);
        match &self.command {
            Command::Create(_) => directory.grant_operator(Console::console(), admin.tenant(), member).await?,
            Command::Recover(_) => {
                if !directory.operators(Console::console()).await?.contains(&(admin.tenant(), member)) {
                    return Err(format!("{} is not an operator; make one by `tweestap operator create`", which.upn).into());
                }
                directory.require_reregistration(&admin, &member_ref, "recovered at the console").await?;
                let detail = json!({ "tenant": admin.tenant(), "member": member });
                directory.note("console", "operator.recovered", detail).await?;
            }
        }
        let token = directory.make_set_up_link(&admin, &member_ref).await?;
        let link = set_up_link(&settings.public_url, &token.reveal());
        print_json(&json!({ "id": member, "upn": which.upn, "tenant": which.tenant, "set_up_link": link }))?;
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}
