//! `tweestap provider`: who carries messages. The settings of each kind stand in `channels/settings.rs`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::actor::Operator;
use domain::delivery::{NewProvider, Provider as Checked, ProviderKind};
use domain::vault::Secret;
use model::{Channel, CleanText, NAME_CHARACTERS_MAX, ProviderId, Slug};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Failure, print_json, tenant_id};
use crate::channels::{registry, settings::House};
use crate::config::Settings;
use crate::startup::Running;

/// Bytes of a secret; real ones have a few dozen.
const SECRET_BYTES_MAX: u64 = 4 * 1024;

/// Bytes of a file that a setting is read from.
const SETTING_BYTES_MAX: u64 = 64 * 1024;

/// Providers: gateways and servers that carry codes.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Provider {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a provider; reads its secret from a file or the standard input, and prints it as JSON
    Add(Box<Add>),
    /// List the providers as JSON, one a line, in the order in which they are asked; never shows secrets
    List,
    /// Switch a provider on; it is asked again at once
    Enable(Which),
    /// Switch a provider off; what it has not taken yet goes to the next one
    Disable(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The provider's id, as `provider list` shows it
    #[arg(long)]
    id: Uuid,
}

#[derive(Debug, clap::Args)]
struct Add {
    /// What it carries: sms, voice or mail
    #[arg(long)]
    channel: Channel,
    /// How it is spoken to: smtp, http_sms, smpp, http_voice or folder; calls need http_voice, and a sender that is a number
    #[arg(long, value_parser = kind)]
    kind: ProviderKind,
    /// Name for people
    #[arg(long, value_parser = CleanText::<NAME_CHARACTERS_MAX>::parse)]
    name: CleanText<NAME_CHARACTERS_MAX>,
    /// The lowest is asked first
    #[arg(long, default_value_t = 1)]
    rank: i32,
    /// For one tenant alone: its short name
    #[arg(long)]
    tenant: Option<Slug>,
    /// A setting of its kind, such as base=https://api.example; a value that begins with @ is read from that file
    #[arg(long = "setting", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// File with the password or token; without it, the standard input is read
    #[arg(long)]
    secret_file: Option<PathBuf>,
    /// It has no secret
    #[arg(long, conflicts_with = "secret_file")]
    no_secret: bool,
}

impl Provider {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        // What was typed is read before the database is touched.
        let wanted = match &self.command {
            Command::Add(add) => Some(add.checked(&settings)?),
            Command::List | Command::Enable(_) | Command::Disable(_) => None,
        };
        let running = Running::start(&settings).await?;
        let (delivery, console) = (running.domain.delivery(), Operator::console());
        match (&self.command, wanted) {
            (Command::Add(add), Some(mut new)) => {
                new.tenant = tenant_id(&running.domain, add.tenant.as_ref()).await?;
                let id = delivery.add_provider(console, new).await?;
                print_json(&json!({ "id": id, "channel": add.channel, "kind": add.kind, "name": add.name, "rank": add.rank }))?;
            }
            (Command::Enable(which), _) => delivery.set_provider(console, ProviderId(which.id), true, None).await?,
            (Command::Disable(which), _) => delivery.set_provider(console, ProviderId(which.id), false, None).await?,
            (Command::List | Command::Add(_), _) => {
                for provider in delivery.providers(console).await? {
                    print_json(&provider)?;
                }
            }
        }
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    /// The provider as it will be stored, and as whoever speaks its protocol takes it.
    fn checked(&self, settings: &Settings) -> Result<NewProvider, Failure> {
        let secret = match (&self.secret_file, self.no_secret) {
            (_, true) => None,
            (Some(file), false) => Some(secret_from(std::fs::File::open(file).map_err(|error| format!("{}: {error}", file.display()))?)?),
            (None, false) => Some(secret_from(std::io::stdin())?),
        };
        let provider = Checked {
            id: ProviderId(Uuid::nil()),
            channel: self.channel,
            kind: self.kind,
            name: self.name.to_string(),
            settings: Value::Object(self.settings()?),
            secret: secret.clone(),
        };
        registry::connect(&provider, &House::of(&settings.public_url)).map_err(|error| format!("these settings cannot be used: {error}"))?;
        Ok(NewProvider {
            tenant: None,
            channel: self.channel,
            kind: self.kind,
            name: self.name.clone(),
            rank: self.rank,
            settings: provider.settings,
            secret,
        })
    }

    fn settings(&self) -> Result<Map<String, Value>, Failure> {
        let mut settings = Map::new();
        for (field, value) in &self.settings {
            let value = match value.strip_prefix('@') {
                Some(file) => file_text(Path::new(file))?,
                None => value.clone(),
            };
            if settings.insert(field.clone(), Value::String(value)).is_some() {
                return Err(format!("--setting {field} is given twice").into());
            }
        }
        Ok(settings)
    }
}

/// The first line; nothing else belongs into a secret.
fn secret_from(source: impl Read) -> Result<Secret<String>, Failure> {
    let mut text = zeroize::Zeroizing::new(String::new());
    source.take(SECRET_BYTES_MAX).read_to_string(&mut text)?;
    let line = text.trim_end_matches(['\n', '\r']);
    if line.is_empty() || line.contains('\n') {
        return Err("the secret has to be one line that is not empty; --no-secret for a provider without one".into());
    }
    Ok(Secret::new(line.to_owned()))
}

fn file_text(path: &Path) -> Result<String, Failure> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(named)?;
    let mut text = String::new();
    file.take(SETTING_BYTES_MAX).read_to_string(&mut text).map_err(named)?;
    Ok(text)
}

fn kind(text: &str) -> Result<ProviderKind, String> {
    ProviderKind::from_text(text).ok_or_else(|| {
        let known = ProviderKind::ALL.map(ProviderKind::as_str);
        format!("the kinds are {}", known.join(", "))
    })
}

fn setting(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((field.to_owned(), value.to_owned())),
        _ => Err("a setting looks like base=https://api.example"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line() {
        let read = |text: &'static str| secret_from(text.as_bytes()).map(|secret| secret.expose().clone());
        assert_eq!(read("a token\n").expect("one line"), "a token");
        assert!(read("").is_err() && read("\n").is_err() && read("a\nb\n").is_err());
    }

    #[test]
    fn a_setting_is_a_name_and_a_value() {
        assert_eq!(setting("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(setting("a").is_err() && setting("=b").is_err());
    }
}
