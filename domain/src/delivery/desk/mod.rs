//! What an operator does about providers and senders: change, order, switch, remove, try out; and what came of what they were given. Every change and its
//! row in the installation's log are one commit.

mod store;
#[cfg(test)]
mod tests;

use super::{
    Address, Delivery, DeliveryError, NewProvider, Provider, ProviderKind, ProviderView, Result, SenderView,
    channel::{Content, HandedOver, Language, Message, Recipient, SendError},
    open_secret, rules, store as rows, texts,
};
use crate::{
    actor::Operator,
    vault::{SealedColumn, Secret},
};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::{Value, json};
use uuid::Uuid;

/// Settings that say where messages, and the secret with them, go.
const DESTINATION: [&str; 5] = ["base", "host", "port", "security", "roots"];
/// Seconds between two tests of one provider: whoever presses twice sends once.
const TEST_SECONDS: i64 = 10;

/// A setting that cannot be used. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {why}")]
pub struct SettingTrouble {
    /// The setting, or `secret`.
    pub field: String,
    /// What is wrong with it, in English.
    pub why: String,
}

/// A message that a developer's folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// When it was written.
    pub at: Timestamp,
    /// Where it went.
    pub to: String,
    /// Whom it came from.
    pub from: String,
    /// `sms`, `call` or `mail`.
    pub kind: String,
    /// Subject of a mail.
    pub subject: Option<String>,
    /// What it says.
    pub text: String,
}

/// Whoever speaks the protocols of the providers.
#[async_trait]
pub trait Protocols: Send + Sync {
    /// Reads a provider's settings strictly. Says nothing to anybody.
    fn check(&self, provider: &Provider) -> std::result::Result<(), SettingTrouble>;

    /// Hands one message to this provider and no other.
    async fn send(&self, provider: &Provider, message: &Message) -> std::result::Result<HandedOver, SendError>;

    /// Whether the provider answers and takes our credentials. Sends no message.
    async fn answers(&self, provider: &Provider) -> std::result::Result<(), SendError>;

    /// What a developer's folder holds, newest first: so many after so many, and how many there are. Nothing outside development.
    async fn written(&self, provider: &Provider, skip: usize, most: usize) -> (Vec<Written>, usize);
}

/// What is to become of a provider.
#[derive(Debug)]
pub struct ProviderChange {
    /// Name for people.
    pub name: CleanText<NAME_CHARACTERS_MAX>,
    /// Addresses and names.
    pub settings: Value,
    /// Another password or token; the one there is stays when absent.
    pub secret: Option<Secret<String>>,
}

/// Messages of a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The provider took them.
    pub sent: i64,
    /// Of them, reported as delivered.
    pub delivered: i64,
    /// Refused, or reported as failed.
    pub failed: i64,
}

/// What came of the messages of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Which provider.
    pub provider: ProviderId,
    /// In the last hour.
    pub hour: Counts,
    /// In the last day.
    pub day: Counts,
}

/// How a test went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tested {
    /// The provider has the message.
    Taken {
        /// How far it had come at once.
        delivered: bool,
        /// Whom it comes from.
        sender: String,
    },
    /// The gateway answers and takes our credentials; no phone rang.
    Answers,
    /// Why it does not.
    Failed(SendError),
}

impl Delivery<'_> {
    /// One provider.
    pub async fn provider(self, _by: Operator, id: ProviderId) -> Result<ProviderView> {
        let row = self.row(id).await?;
        super::view_of(row).ok_or(DeliveryError::Unknown)
    }

    /// Makes a provider whose settings have been read by whoever speaks its protocol.
    pub async fn add_checked(self, by: Operator, new: NewProvider, protocols: &dyn Protocols) -> Result<ProviderId> {
        protocols.check(&Provider {
            id: ProviderId(Uuid::nil()),
            channel: new.channel,
            kind: new.kind,
            name: new.name.to_string(),
            settings: new.settings.clone(),
            secret: new.secret.clone(),
        })?;
        self.add_provider(by, new).await
    }

    /// Changes name, settings and secret. `version` is the one that was looked at. A secret stays as it is where none is given, but it goes nowhere else:
    /// with another address it has to be typed again. The provider is asked again at once.
    pub async fn change_provider(self, by: Operator, id: ProviderId, version: i32, change: ProviderChange, protocols: &dyn Protocols) -> Result<()> {
        let row = self.row(id).await?;
        if row.version != version {
            return Err(DeliveryError::Changed);
        }
        let before = self.provider_of(row)?;
        let moved = DESTINATION.iter().any(|field| before.settings.get(field) != change.settings.get(field));
        let wanted = has_secret(before.kind, &change.settings);
        let keeps = wanted && change.secret.is_none() && before.secret.is_some();
        if keeps && moved {
            return Err(DeliveryError::SecretNeeded);
        }
        let after = Provider {
            name: change.name.to_string(),
            settings: change.settings,
            secret: if keeps { before.secret.clone() } else { change.secret },
            ..before.clone()
        };
        protocols.check(&after)?;
        let key = self.0.vault().installation_key();
        let sealed = match (&after.secret, keeps) {
            (Some(secret), false) => Some(key.seal(SealedColumn::ProviderSecret, id.0, secret.expose().as_bytes(), self.0.rng())),
            _ => None,
        };
        let detail = json!({
            "provider": id, "name": { "before": before.name, "after": after.name }, "settings": { "before": before.settings, "after": after.settings },
            "secret": if keeps { "kept" } else if sealed.is_some() { "new" } else { "none" },
        });
        let changed = store::Changed {
            name: &after.name,
            settings: &after.settings,
            sealed: sealed.as_deref(),
            keeps,
        };
        let note = self.noted(by, "delivery_provider.changed", detail);
        let done = store::change_provider(self.0.db(), id, version, &changed, &note).await;
        match done.map_err(|error| match error.constraint() {
            Some("delivery_provider_name") => DeliveryError::NameTaken,
            _ => error.into(),
        })? {
            true => Ok(()),
            false => Err(DeliveryError::Changed),
        }
    }

    /// Switches a provider on or off. It is asked again at once.
    pub async fn switch_provider(self, by: Operator, id: ProviderId, version: i32, on: bool) -> Result<()> {
        let note = self.noted(by, "delivery_provider.changed", json!({ "provider": id, "enabled": on }));
        match store::switch_provider(self.0.db(), id, version, on, &note).await? {
            true => Ok(()),
            false => Err(self.gone_or_changed(id).await?),
        }
    }

    /// Asks a provider one place earlier or later than its neighbour of the same channel and tenant.
    pub async fn move_provider(self, by: Operator, id: ProviderId, earlier: bool) -> Result<()> {
        let note = self.noted(by, "delivery_provider.moved", json!({ "provider": id, "earlier": earlier }));
        match store::move_provider(self.0.db(), id, if earlier { -1 } else { 1 }, &note).await? {
            true => Ok(()),
            false => Err(DeliveryError::Unknown),
        }
    }

    /// Removes a provider, its secret and the senders that are its alone. Refused while messages wait for it: switched off, they go to the next one.
    pub async fn remove_provider(self, by: Operator, id: ProviderId, version: i32) -> Result<()> {
        let row = self.row(id).await?;
        let waiting = self.waiting(id).await?;
        if waiting > 0 {
            return Err(DeliveryError::UnderWay(waiting));
        }
        let note = self.noted(
            by,
            "delivery_provider.removed",
            json!({ "provider": id, "name": row.name, "channel": row.channel }),
        );
        match store::remove_provider(self.0.db(), id, version, &note).await? {
            true => Ok(()),
            false => Err(self.gone_or_changed(id).await?),
        }
    }

    /// How many messages wait for a provider at this moment.
    pub async fn waiting_for_provider(self, _by: Operator, id: ProviderId) -> Result<i64> {
        self.waiting(id).await
    }

    async fn waiting(self, id: ProviderId) -> Result<i64> {
        Ok(store::count_waiting(self.0.db(), id, self.0.clock().now()).await?)
    }

    /// What came of the messages of every provider.
    pub async fn provider_figures(self, by: Operator) -> Result<Vec<Figures>> {
        let now = self.0.clock().now();
        let ids: Vec<Uuid> = self.providers(by).await?.into_iter().map(|provider| provider.id.0).collect();
        Ok(store::count_messages(self.0.db(), &ids, now - SignedDuration::from_hours(1), now - SignedDuration::from_hours(24)).await?)
    }

    /// Sends a message without a code to one address, through this provider alone. What came of it is the provider's health from here on.
    pub async fn test_provider(self, by: Operator, id: ProviderId, to: &Address, language: Language, protocols: &dyn Protocols) -> Result<Tested> {
        let provider = self.row(id).await.and_then(|row| self.provider_of(row))?;
        let fits = match to {
            Address::Phone(_) => provider.channel != Channel::Mail,
            Address::Mail(_) => provider.channel == Channel::Mail,
        };
        if !fits {
            return Err(DeliveryError::Invalid("to", format!("{} does not go there", provider.channel)));
        }
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let sender = self.sender_of(&provider, to, now).await?;
        let note = self.noted(by, "delivery_provider.tested", json!({ "provider": id, "to": to.masked(), "sender": sender }));
        if !store::claim_test(self.0.db(), id, now - SignedDuration::from_secs(TEST_SECONDS), &note).await? {
            return Err(DeliveryError::TooSoon);
        }
        let told = match provider.channel {
            // A call asks what to say by the id of a message; without one, nobody is called for nothing.
            Channel::Voice => protocols.answers(&provider).await.map(|()| Tested::Answers),
            _ => {
                let message = test_message(rng.id(now), to, &sender, language);
                protocols.send(&provider, &message).await.map(|handed| Tested::Taken {
                    delivered: handed.status == super::channel::DeliveryStatus::Delivered,
                    sender,
                })
            }
        };
        let problem = told.as_ref().err().filter(|error| error.another_provider_may_help()).map(ToString::to_string);
        if told.is_ok() || problem.is_some() {
            rows::set_health(self.0.db(), id, problem.as_deref(), self.0.clock().now()).await?;
        }
        Ok(told.unwrap_or_else(Tested::Failed))
    }

    /// What the developer's folders hold, newest first.
    pub async fn written(self, _by: Operator, protocols: &dyn Protocols, skip: usize, most: usize) -> Result<(Vec<Written>, usize)> {
        let mut folders: Vec<Provider> = self.live_providers().await?.into_iter().filter(|p| p.kind == ProviderKind::Folder).collect();
        // Several channels may share a folder.
        folders.sort_by_key(|provider| provider.settings["path"].as_str().unwrap_or_default().to_owned());
        folders.dedup_by_key(|provider| provider.settings["path"].clone());
        let (mut messages, mut count) = (Vec::new(), 0);
        for folder in &folders {
            let (more, all) = protocols.written(folder, 0, skip + most).await;
            messages.extend(more);
            count += all;
        }
        messages.sort_by_key(|message| std::cmp::Reverse(message.at));
        Ok((messages.into_iter().skip(skip).take(most).collect(), count))
    }

    /// Sets until when a sender is used. `seen` is what was looked at.
    pub async fn set_sender_end(self, by: Operator, sender: Uuid, seen: Option<Timestamp>, until: Option<Timestamp>) -> Result<()> {
        let view = self.sender(by, sender).await?;
        if view.valid_until != seen {
            return Err(DeliveryError::Changed);
        }
        if until.is_some_and(|until| until <= view.valid_from) {
            return Err(DeliveryError::Invalid("valid_until", String::from("is not after valid_from")));
        }
        let row = rows::SenderRow {
            sender_id: view.id,
            tenant_id: view.tenant.map(|t| t.0),
            channel: view.channel.to_string(),
            country: view.country,
            kind: view.kind.to_string(),
            value: view.value,
            provider_id: view.provider.map(|p| p.0),
            valid_from: view.valid_from,
            valid_until: until,
        };
        let note = self.noted(
            by,
            "sender.changed",
            json!({ "sender": sender, "value": row.value, "valid_until": { "before": seen, "after": until } }),
        );
        match store::set_sender_end(self.0.db(), &row, seen, &note).await? {
            store::Ended::Done => Ok(()),
            store::Ended::Changed => Err(DeliveryError::Changed),
            store::Ended::Overlaps(other) => Err(other.into_view().map_or(DeliveryError::Unknown, |view| DeliveryError::Overlaps(Box::new(view)))),
        }
    }

    /// Removes a sender; messages that it sent keep its name.
    pub async fn remove_sender(self, by: Operator, sender: Uuid) -> Result<()> {
        let view = self.sender(by, sender).await?;
        let note = self.noted(
            by,
            "sender.removed",
            json!({ "sender": sender, "value": view.value, "country": view.country, "channel": view.channel }),
        );
        match store::delete_sender(self.0.db(), sender, &note).await? {
            true => Ok(()),
            false => Err(DeliveryError::Unknown),
        }
    }

    /// One sender.
    pub async fn sender(self, by: Operator, sender: Uuid) -> Result<SenderView> {
        let found = self.senders(by).await?.into_iter().find(|view| view.id == sender);
        found.ok_or(DeliveryError::Unknown)
    }

    async fn row(self, id: ProviderId) -> Result<rows::ProviderRow> {
        let found = rows::list_providers(self.0.db()).await?.into_iter().find(|row| row.provider_id == id.0);
        found.ok_or(DeliveryError::Unknown)
    }

    async fn gone_or_changed(self, id: ProviderId) -> Result<DeliveryError> {
        match self.row(id).await {
            Ok(_) => Ok(DeliveryError::Changed),
            Err(DeliveryError::Unknown) => Ok(DeliveryError::Unknown),
            Err(error) => Err(error),
        }
    }

    fn provider_of(self, row: rows::ProviderRow) -> Result<Provider> {
        let key = self.0.vault().installation_key();
        Ok(Provider {
            id: ProviderId(row.provider_id),
            channel: Channel::from_text(&row.channel).ok_or(DeliveryError::Unknown)?,
            kind: ProviderKind::from_text(&row.kind).ok_or(DeliveryError::Unknown)?,
            name: row.name,
            settings: row.settings,
            secret: row.sealed.map(|sealed| open_secret(key, row.provider_id, &sealed)).transpose()?,
        })
    }

    /// Whom a test comes from: the sender that a code to the same place would come from.
    async fn sender_of(self, provider: &Provider, to: &Address, now: Timestamp) -> Result<String> {
        let row = self.row(provider.id).await?;
        let senders = rows::list_senders(self.0.db()).await?.into_iter().filter_map(rows::SenderRow::into_view);
        let sends = rules::Sends {
            routes: vec![rules::Route {
                provider_id: provider.id,
                tenant_id: row.tenant_id.map(TenantId),
                channel: provider.channel,
                name: row.name,
                rank: row.rank,
                resting: false,
            }],
            senders: senders
                .filter(|s| {
                    s.valid_from <= now && s.valid_until.is_none_or(|until| until > now) && (s.tenant.is_none() || s.tenant.map(|t| t.0) == row.tenant_id)
                })
                .map(|s| rules::SenderFacts {
                    channel: s.channel,
                    country: s.country,
                    kind: s.kind,
                    value: s.value,
                    provider_id: s.provider,
                    tenant_id: s.tenant,
                })
                .collect(),
            ..rules::Sends::default()
        };
        let country = match to {
            Address::Phone(phone) => Some(phone.country()),
            Address::Mail(_) => None,
        };
        let (_, sender) = rules::route(&sends, provider.channel, country, &[]).map_err(|_| DeliveryError::NoSender)?;
        Ok(sender.value.clone())
    }

    fn noted(self, by: Operator, event: &'static str, mut detail: Value) -> store::Note {
        let now = self.0.clock().now();
        detail["by"] = json!(by.who().id());
        store::Note {
            id: self.0.rng().id(now),
            at: now,
            event,
            actor: by.who().kind(),
            detail,
        }
    }
}

/// Whether a provider of this kind, set up so, has a password or token.
pub fn has_secret(kind: ProviderKind, settings: &Value) -> bool {
    match kind {
        ProviderKind::Folder => false,
        ProviderKind::Smtp => settings["user"].as_str().is_some_and(|user| !user.is_empty()),
        ProviderKind::HttpSms | ProviderKind::Smpp | ProviderKind::HttpVoice => true,
    }
}

fn test_message(id: Uuid, to: &Address, from: &str, language: Language) -> Message {
    let text = texts::test(language);
    let (to, content) = match to {
        Address::Phone(phone) => (
            Recipient::Phone {
                e164: phone.e164().to_owned(),
                extension: phone.extension(),
            },
            Content::Sms {
                text: Secret::new(text.to_owned()),
            },
        ),
        Address::Mail(mail) => (
            Recipient::Mail {
                address: mail.address().to_owned(),
            },
            Content::Mail {
                subject: texts::test_subject(language).to_owned(),
                text: Secret::new(text.to_owned()),
                html: None,
            },
        ),
    };
    Message {
        id,
        to,
        from: from.to_owned(),
        language,
        content,
    }
}
