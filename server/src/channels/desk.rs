//! What an operator's page asks of the protocols: whether settings can be used, one message through one provider, and what a developer's folder holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use domain::delivery::channel::{HandedOver, Message, SendError, Trouble, WHOLE_TIMEOUT};
use domain::delivery::desk::{Protocols, SettingTrouble, Written};
use domain::delivery::{Provider, ProviderKind};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::registry::{self, Port};
use super::settings::{House, Plan, SettingsError};

/// How often a connection that is being set up is asked whether it stands.
const ASKED_EVERY: Duration = Duration::from_millis(200);

/// Files of a folder that are looked at; a developer who has more wants to empty it.
const FILES_MAX: usize = 20_000;

/// Bytes of a message that are shown.
const MESSAGE_BYTES_MAX: u64 = 64 * 1024;

/// Speaks each provider's protocol over a connection of its own, which ends with the question.
pub(crate) struct Desk {
    house: House,
}

impl Desk {
    pub(crate) fn new(house: House) -> Self {
        Self { house }
    }

    fn port(&self, provider: &Provider) -> Result<Port, SendError> {
        // What a gateway reports later about a test is nobody's message.
        let made = registry::connect(provider, &self.house);
        made.map(|(port, _)| port).map_err(|error| SendError::misconfigured(error.to_string()))
    }
}

#[async_trait]
impl Protocols for Desk {
    fn check(&self, provider: &Provider) -> Result<(), SettingTrouble> {
        let read = match provider.kind {
            // A port of this kind connects as soon as it is made.
            ProviderKind::Smpp => Plan::read(provider, &self.house).map(drop),
            _ => registry::connect(provider, &self.house).map(drop),
        };
        read.map_err(|SettingsError { field, why }| SettingTrouble { field, why })
    }

    async fn send(&self, provider: &Provider, message: &Message) -> Result<HandedOver, SendError> {
        let port = self.port(provider)?;
        let until = Instant::now() + WHOLE_TIMEOUT;
        loop {
            match port.hand_over(message).await {
                Err(SendError::Unreachable(Trouble::Reconnecting)) if Instant::now() < until => sleep(ASKED_EVERY).await,
                told => return told,
            }
        }
    }

    async fn answers(&self, provider: &Provider) -> Result<(), SendError> {
        let port = self.port(provider)?;
        let until = Instant::now() + WHOLE_TIMEOUT;
        loop {
            match port.check().await {
                Err(SendError::Unreachable(Trouble::Reconnecting)) if Instant::now() < until => sleep(ASKED_EVERY).await,
                told => return told,
            }
        }
    }

    async fn written(&self, provider: &Provider, skip: usize, most: usize) -> (Vec<Written>, usize) {
        let Ok(Plan::Folder(_, folder)) = Plan::read(provider, &self.house) else {
            return (Vec::new(), 0);
        };
        tokio::task::spawn_blocking(move || read(&folder, skip, most)).await.unwrap_or_default()
    }
}

/// The messages of a folder, newest first.
fn read(folder: &Path, skip: usize, most: usize) -> (Vec<Written>, usize) {
    let Ok(entries) = fs::read_dir(folder) else { return (Vec::new(), 0) };
    let mut files: Vec<(Timestamp, PathBuf)> = entries
        .take(FILES_MAX)
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let written = entry.metadata().ok().filter(fs::Metadata::is_file)?.modified().ok()?;
            let path = entry.path();
            (path.extension()? == "txt").then_some((Timestamp::try_from(written).ok()?, path))
        })
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    let count = files.len();
    let shown = files.into_iter().skip(skip).take(most);
    (shown.filter_map(|(at, path)| message(at, &path)).collect(), count)
}

fn message(at: Timestamp, path: &Path) -> Option<Written> {
    use std::io::Read as _;
    let mut content = Vec::new();
    fs::File::open(path).ok()?.take(MESSAGE_BYTES_MAX).read_to_end(&mut content).ok()?;
    parse(at, &String::from_utf8_lossy(&content))
}

/// Headers, an empty line, and what it says: as the folder writes it.
fn parse(at: Timestamp, content: &str) -> Option<Written> {
    let (headers, text) = content.split_once("\n\n")?;
    let header = |name: &str| headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned);
    Some(Written {
        at,
        to: header("To")?,
        from: header("From")?,
        kind: header("Kind")?,
        subject: header("Subject"),
        text: text.trim_end().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PublicUrl;
    use domain::delivery::channel::{Content, Language, Recipient};
    use domain::vault::Secret;
    use model::{Channel, ProviderId};
    use serde_json::json;
    use uuid::Uuid;

    fn desk(url: &str) -> Desk {
        Desk::new(House::of(&PublicUrl::parse(url).expect("a URL")))
    }

    fn folder(path: &Path) -> Provider {
        Provider {
            id: ProviderId(Uuid::from_u128(1)),
            channel: Channel::Sms,
            kind: ProviderKind::Folder,
            name: String::from("Folder"),
            settings: json!({ "path": path }),
            secret: None,
        }
    }

    #[tokio::test]
    async fn a_developer_reads_what_the_folder_wrote_and_nobody_else_does() {
        let path = std::env::temp_dir().join(format!("tweestap-desk-{}", Uuid::new_v4()));
        let (development, live) = (desk("http://localhost:3000"), desk("https://mfa.example"));
        let provider = folder(&path);
        assert_eq!(development.check(&provider), Ok(()));
        for n in 1..=3_u128 {
            let message = Message {
                id: Uuid::from_u128(n),
                to: Recipient::Phone {
                    e164: format!("+3161234567{n}"),
                    extension: None,
                },
                from: String::from("Noord"),
                language: Language::En,
                content: Content::Sms {
                    text: Secret::new(format!("Code {n}\nsecond line")),
                },
            };
            development.send(&provider, &message).await.expect("written");
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        let (newest, count) = development.written(&provider, 0, 2).await;
        assert_eq!((newest.len(), count), (2, 3));
        assert_eq!(
            (newest[0].to.as_str(), newest[0].text.as_str(), newest[0].kind.as_str()),
            ("+31612345673", "Code 3\nsecond line", "sms")
        );
        let (oldest, _) = development.written(&provider, 2, 2).await;
        assert_eq!(oldest.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["Code 1\nsecond line"]);
        assert_eq!(
            live.written(&provider, 0, 10).await,
            (Vec::new(), 0),
            "outside development there is nothing to see"
        );
        assert_eq!(live.check(&provider).map_err(|error| error.field), Err(String::from("kind")));
        fs::remove_dir_all(&path).expect("removed");
    }

    #[tokio::test]
    async fn a_provider_that_does_not_answer_is_told_in_words() {
        let desk = desk("http://localhost:3000");
        for (kind, settings) in [
            (ProviderKind::HttpSms, json!({ "base": "http://127.0.0.1:9", "account": "AC1" })),
            (ProviderKind::HttpVoice, json!({ "base": "http://127.0.0.1:9", "account": "AC1" })),
        ] {
            let provider = Provider {
                channel: if kind == ProviderKind::HttpVoice { Channel::Voice } else { Channel::Sms },
                kind,
                settings,
                secret: Some(Secret::new(String::from("t0ken"))),
                ..folder(Path::new("/"))
            };
            assert_eq!(desk.check(&provider), Ok(()));
            let told = desk.answers(&provider).await.expect_err("nobody is there");
            assert!(matches!(told, SendError::Unreachable(_)), "{told:?}");
        }
    }
}
