//! `tweestap sender`: the numbers, names and addresses that messages come from.

use std::process::ExitCode;

use domain::actor::Operator;
use domain::delivery::NewSender;
use jiff::Timestamp;
use model::{Channel, ProviderId, SenderKind, Slug};
use serde_json::json;
use uuid::Uuid;

use super::{Failure, print_json, tenant_id};
use crate::config::Settings;
use crate::startup::Running;

/// Senders: what messages come from.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Sender {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a sender; prints its id as JSON
    Add(Box<Add>),
    /// List the senders as JSON, one a line, the ended ones too
    List,
    /// End a sender now
    End(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The sender's id, as `sender list` shows it
    #[arg(long)]
    id: Uuid,
}

#[derive(Debug, clap::Args)]
struct Add {
    /// For which channel: sms, voice or mail
    #[arg(long)]
    channel: Channel,
    /// What it is: number, short_code, name or mail
    #[arg(long)]
    kind: SenderKind,
    /// The number, code, name or address
    #[arg(long, allow_hyphen_values = true)]
    value: String,
    /// For one country alone: two capitals, such as NL
    #[arg(long)]
    country: Option<String>,
    /// For one provider alone: its id
    #[arg(long)]
    provider: Option<Uuid>,
    /// For one tenant alone: its short name
    #[arg(long)]
    tenant: Option<Slug>,
    /// Since when, such as 2027-01-01T00:00:00Z; now when left out
    #[arg(long)]
    from: Option<Timestamp>,
    /// Until when
    #[arg(long)]
    until: Option<Timestamp>,
}

impl Sender {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let running = Running::start(&settings).await?;
        let (delivery, console) = (running.domain.delivery(), Operator::console());
        match &self.command {
            Command::Add(add) => {
                let new = NewSender {
                    tenant: tenant_id(&running.domain, add.tenant.as_ref()).await?,
                    channel: add.channel,
                    country: add.country.clone(),
                    kind: add.kind,
                    value: add.value.clone(),
                    provider: add.provider.map(ProviderId),
                    valid_from: add.from,
                    valid_until: add.until,
                };
                let id = delivery.add_sender(console, new).await?;
                print_json(&json!({ "id": id, "channel": add.channel, "kind": add.kind, "value": add.value, "country": add.country }))?;
            }
            Command::List => {
                for sender in delivery.senders(console).await? {
                    print_json(&sender)?;
                }
            }
            Command::End(which) => delivery.end_sender(console, which.id).await?,
        }
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}
