//! `tweestap emergency-key`: what lies in a safe for the day on which no global admin can sign in any more. Made here alone: whoever takes over an admin's
//! account in a browser makes himself no way back.

use std::process::ExitCode;

use domain::directory::MemberRef;
use model::{Slug, Upn};
use serde_json::json;

use super::{Failure, admin_of, print_json};
use crate::config::Settings;
use crate::startup::Running;

/// Emergency keys.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct EmergencyKey {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key for a global admin or an operator; the one before ends. Prints it once and never again
    Make(Make),
    /// List the keys as JSON, without their text
    List(Of),
    /// End a member's key
    Withdraw(Which),
}

#[derive(Debug, clap::Args)]
struct Of {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Short name of the tenant
    #[arg(long)]
    tenant: Slug,
    /// Sign-in name
    #[arg(long)]
    upn: Upn,
}

#[derive(Debug, clap::Args)]
struct Make {
    #[command(flatten)]
    which: Which,
    /// Days that it is good, 1 to 1825
    #[arg(long, default_value_t = 365)]
    days: i64,
}

impl EmergencyKey {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let tenant = match &self.command {
            Command::Make(make) => &make.which.tenant,
            Command::List(of) => &of.tenant,
            Command::Withdraw(which) => &which.tenant,
        };
        let running = Running::start(&settings).await?;
        let admin = admin_of(&running.domain, tenant).await?;
        let sign_in = running.domain.sign_in();
        match &self.command {
            Command::Make(Make { which, days }) => {
                let made = sign_in.make_emergency_key(&admin, &MemberRef::Upn(which.upn.clone()), *days).await?;
                let page = format!("{}{}", settings.public_url.origin(), app::routes::EMERGENCY);
                print_json(&json!({ "upn": which.upn, "key": made.reveal(), "page": page, "valid_until": made.valid_until }))?;
            }
            Command::List(_) => print_json(&sign_in.emergency_keys(&admin).await?)?,
            Command::Withdraw(which) => {
                if !sign_in.withdraw_emergency_key(&admin, &MemberRef::Upn(which.upn.clone())).await? {
                    return Err(format!("{} has no emergency key", which.upn).into());
                }
                eprintln!("The emergency key of {} opens nothing any more.", which.upn);
            }
        }
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}
