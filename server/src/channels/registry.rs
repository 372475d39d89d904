//! Which port speaks for which provider. Ports live as long as their provider's settings and secret stay the same, for some hold a connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::Domain;
use domain::delivery::channel::{Channel, ChannelKind, DeliveryReport, HandedOver, Message, SendError};
use domain::delivery::{DeliveryError, Provider};
use model::ProviderId;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::folder::Folder;
use super::reports;
use super::settings::{House, Plan, SettingsError};
use super::smpp::Smpp;
use super::sms_http::SmsHttp;
use super::smtp::Smtp;
use super::voice_http::VoiceHttp;
use super::watched::Watched;

/// A provider that was added, changed or switched off is so on every node after this long.
const RENEWED_EVERY: Duration = Duration::from_secs(3);

/// How long the reports that have come in may take to be written down when the work ends.
const REPORTS_LAST: Duration = Duration::from_secs(2);

/// Speaks for a provider.
pub(crate) type Port = Arc<dyn Channel>;

/// The reports that come over a connection of ours.
type Reports = mpsc::Receiver<DeliveryReport>;

/// The ports of the providers that are switched on.
pub(crate) struct Registry {
    domain: Domain,
    house: House,
    lines: HashMap<ProviderId, Line>,
    renewed: Option<Instant>,
}

struct Line {
    fingerprint: [u8; 32],
    port: Port,
    reports: Option<JoinHandle<()>>,
}

impl Registry {
    /// Knows nobody yet.
    pub(crate) fn new(domain: Domain, house: House) -> Self {
        Self {
            domain,
            house,
            lines: HashMap::new(),
            renewed: None,
        }
    }

    /// Whether it is time to look at the providers again.
    pub(crate) fn is_stale(&self) -> bool {
        self.renewed.is_none_or(|at| at.elapsed() >= RENEWED_EVERY)
    }

    /// Whether this provider's port is here.
    pub(crate) fn knows(&self, provider: ProviderId) -> bool {
        self.lines.contains_key(&provider)
    }

    /// Looks at the providers again: makes what is new or has changed, keeps the rest, lets go of what is gone.
    pub(crate) async fn renew(&mut self) -> Result<(), DeliveryError> {
        let mut old = std::mem::take(&mut self.lines);
        let found = self.domain.delivery().live_providers().await;
        let providers = match found {
            Ok(providers) => providers,
            Err(error) => {
                // Whoever was known stays so.
                self.lines = old;
                return Err(error);
            }
        };
        for provider in providers {
            let fingerprint = fingerprint(&provider);
            let kept = old.remove(&provider.id).filter(|line| line.fingerprint == fingerprint);
            let line = kept.unwrap_or_else(|| self.line(&provider, fingerprint));
            self.lines.insert(provider.id, line);
        }
        self.renewed = Some(Instant::now());
        Ok(())
    }

    /// The port of a provider; none when it is switched off.
    pub(crate) fn port(&self, provider: ProviderId) -> Option<Port> {
        self.lines.get(&provider).map(|line| line.port.clone())
    }

    /// The ports of all providers, for notices: each goes through one after another by itself.
    pub(crate) fn ports(&self) -> domain::notices::Ports {
        self.lines.iter().map(|(provider, line)| (*provider, line.port.clone())).collect()
    }

    /// Closes the connections, and waits a moment for what they have reported.
    pub(crate) async fn end(self) {
        let reports: Vec<_> = self.lines.into_values().filter_map(|line| line.reports).collect();
        for mut reports in reports {
            if tokio::time::timeout(REPORTS_LAST, &mut reports).await.is_err() {
                reports.abort();
            }
        }
    }

    fn line(&self, provider: &Provider, fingerprint: [u8; 32]) -> Line {
        let (port, reports): (Port, _) = match connect(provider, &self.house) {
            Ok((port, reports)) => (port, reports.map(|queue| tokio::spawn(reports::keep(self.domain.clone(), provider.id, queue)))),
            Err(error) => {
                tracing::error!(provider = provider.name, %error, "a provider is set up wrongly");
                (Arc::new(Broken(error)), None)
            }
        };
        let port = Arc::new(Watched::new(port, provider));
        Line { fingerprint, port, reports }
    }
}

/// Makes a provider's port, with the reports that come over its connection. Says nothing to anybody yet, unless the protocol holds a connection.
pub(crate) fn connect(provider: &Provider, house: &House) -> Result<(Port, Option<Reports>), SettingsError> {
    let made: Result<(Port, _), SendError> = match Plan::read(provider, house)? {
        Plan::Mail(config) => Smtp::new(config).map(|port| (Arc::new(port) as Port, None)),
        Plan::Sms(config) => SmsHttp::new(config).map(|port| (Arc::new(port) as Port, None)),
        Plan::Voice(config) => VoiceHttp::new(config).map(|port| (Arc::new(port) as Port, None)),
        Plan::Smpp(config) => Smpp::start(config).map(|(port, reports)| (Arc::new(port) as Port, Some(reports))),
        Plan::Folder(development, path) => Folder::new(development, path).map(|port| (Arc::new(port) as Port, None)),
    };
    made.map_err(|error| SettingsError {
        field: String::from("settings"),
        why: match error {
            SendError::Misconfigured(why) => format!("cannot be used: {why}"),
            other => other.to_string(),
        },
    })
}

/// Changes with the settings or the secret. Never leaves the memory.
fn fingerprint(provider: &Provider) -> [u8; 32] {
    let settings = provider.settings.to_string();
    let secret = provider.secret.as_ref().map_or("", |secret| secret.expose().as_str());
    let mut hash = Sha256::new();
    for part in [provider.kind.as_str(), provider.channel.as_str(), &provider.name, &settings, secret] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Stands for a provider whose settings cannot be used, so that what was meant for it goes to the next one.
struct Broken(SettingsError);

#[async_trait]
impl Channel for Broken {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Development
    }

    async fn hand_over(&self, _: &Message) -> Result<HandedOver, SendError> {
        self.check().await.and(Err(SendError::misconfigured("its settings")))
    }

    async fn check(&self) -> Result<(), SendError> {
        Err(SendError::misconfigured(self.0.to_string()))
    }
}
