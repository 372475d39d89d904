//! Delivery: who carries messages, and the queue of what is on its way.
//!
//! The commit that makes a challenge writes its message too; that row is the queue. A worker leases it, hands it to the provider, and writes what came of it
//! as a step of the attempt. What fails goes on through the next provider with the same code, as long as the challenge lives.

pub mod alarm;
pub mod call;
pub mod channel;
pub mod desk;
pub mod error;
mod extension;
pub mod gsm7;
pub mod phone;
pub mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub mod texts;
mod worker;

use crate::{
    Domain,
    actor::Operator,
    vault::{SealKey, SealedColumn, Secret},
};
use call::{CallMode, CallScript, PressDigit};
pub use error::DeliveryError;
use jiff::Timestamp;
use model::*;
use phone::{Mailbox, PhoneNumber};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
pub use worker::{Carried, Taken};

type Result<T> = std::result::Result<T, DeliveryError>;

/// What a message is made of when it is sent: sealed in its row until then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Parcel {
    /// Where it goes.
    pub(crate) to: Address,
    /// In which language.
    pub(crate) locale: String,
    /// What the tenant calls itself.
    pub(crate) service: String,
    /// Whole minutes that the code lives.
    pub(crate) minutes: u32,
}

/// The address of a method.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// A phone.
    Phone(PhoneNumber),
    /// A mailbox.
    Mail(Mailbox),
}

impl Address {
    /// Enough to recognise it, too little to use it.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            Self::Mail(mail) => mail.masked(),
        }
    }

    /// The whole of it, for MACs.
    pub(crate) fn whole(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.e164(),
            Self::Mail(mail) => mail.address(),
        }
    }
}

/// A provider as an operator sees it. Never holds its secret.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderView {
    /// Id.
    pub id: ProviderId,
    /// Of one tenant alone.
    pub tenant: Option<TenantId>,
    /// What it carries.
    pub channel: Channel,
    /// Which protocol.
    pub kind: ProviderKind,
    /// Name for people.
    pub name: String,
    /// The lowest is asked first.
    pub rank: i32,
    /// Addresses and names, without secrets.
    pub settings: Value,
    /// Switched on.
    pub enabled: bool,
    /// Goes up with every change: whoever changes it says what he has seen.
    pub version: i32,
    /// It has a secret.
    pub has_secret: bool,
    /// Failures in a row.
    pub failures: i32,
    /// Since when nothing has gone well.
    pub failing_since: Option<Timestamp>,
    /// Asked last until then.
    pub rests_until: Option<Timestamp>,
    /// Last time it took something.
    pub last_ok_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_problem: Option<String>,
}

/// The protocol of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Mail by SMTP (RFC 5321).
    Smtp,
    /// Texts by HTTP, in the form of Twilio's Messages.
    HttpSms,
    /// Texts by SMPP 3.4.
    Smpp,
    /// Calls by HTTP, in the form of Twilio's Calls.
    HttpVoice,
    /// Files in a folder, while developing.
    Folder,
}

impl ProviderKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Smtp, Self::HttpSms, Self::Smpp, Self::HttpVoice, Self::Folder];

    /// The text, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::HttpSms => "http_sms",
            Self::Smpp => "smpp",
            Self::HttpVoice => "http_voice",
            Self::Folder => "folder",
        }
    }

    /// The kind of a text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it can carry a channel.
    pub const fn carries(self, channel: Channel) -> bool {
        matches!(
            (self, channel),
            // No calls into a folder: whoever could answer one without a gateway's signature would be a second door to every attempt.
            (Self::Smtp | Self::Folder, Channel::Mail) | (Self::HttpSms | Self::Smpp | Self::Folder, Channel::Sms) | (Self::HttpVoice, Channel::Voice)
        )
    }
}

/// A provider to be made.
#[derive(Debug)]
pub struct NewProvider {
    /// Of one tenant alone.
    pub tenant: Option<TenantId>,
    /// What it carries.
    pub channel: Channel,
    /// Which protocol.
    pub kind: ProviderKind,
    /// Name for people, 1 to 100 characters.
    pub name: CleanText<NAME_CHARACTERS_MAX>,
    /// The lowest is asked first.
    pub rank: i32,
    /// Addresses and names; whoever speaks the protocol has checked them.
    pub settings: Value,
    /// Password or token.
    pub secret: Option<Secret<String>>,
}

/// A provider with its secret, for whoever speaks its protocol.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Id.
    pub id: ProviderId,
    /// What it carries.
    pub channel: Channel,
    /// Which protocol.
    pub kind: ProviderKind,
    /// Name for people.
    pub name: String,
    /// Addresses and names.
    pub settings: Value,
    /// Password or token.
    pub secret: Option<Secret<String>>,
}

/// A sender as an operator sees it.
#[derive(Clone, Debug, Serialize)]
pub struct SenderView {
    /// Id.
    pub id: Uuid,
    /// Of one tenant alone.
    pub tenant: Option<TenantId>,
    /// For which channel.
    pub channel: Channel,
    /// For which country; every one when absent.
    pub country: Option<String>,
    /// What it is.
    pub kind: SenderKind,
    /// The number, name or address.
    pub value: String,
    /// For one provider alone.
    pub provider: Option<ProviderId>,
    /// Since when.
    pub valid_from: Timestamp,
    /// Until when.
    pub valid_until: Option<Timestamp>,
}

/// A sender to be made.
#[derive(Clone, Debug)]
pub struct NewSender {
    /// Of one tenant alone.
    pub tenant: Option<TenantId>,
    /// For which channel.
    pub channel: Channel,
    /// For which country.
    pub country: Option<String>,
    /// What it is.
    pub kind: SenderKind,
    /// The number, name or address.
    pub value: String,
    /// For one provider alone.
    pub provider: Option<ProviderId>,
    /// Since when; now when absent.
    pub valid_from: Option<Timestamp>,
    /// Until when.
    pub valid_until: Option<Timestamp>,
}

/// The verbs of delivery.
#[derive(Clone, Copy)]
pub struct Delivery<'a>(pub(crate) &'a Domain);

impl Delivery<'_> {
    /// Every provider.
    pub async fn providers(self, _by: Operator) -> Result<Vec<ProviderView>> {
        let rows = store::list_providers(self.0.db()).await?;
        Ok(rows.into_iter().filter_map(view_of).collect())
    }

    /// Every provider that is switched on, with its secret, for whoever speaks the protocols.
    pub async fn live_providers(self) -> Result<Vec<Provider>> {
        let key = self.0.vault().installation_key();
        let rows = store::list_providers(self.0.db()).await?;
        rows.into_iter()
            .filter(|r| r.enabled)
            .filter_map(|r| Some((Channel::from_text(&r.channel)?, ProviderKind::from_text(&r.kind)?, r)))
            .map(|(channel, kind, r)| {
                Ok(Provider {
                    id: ProviderId(r.provider_id),
                    channel,
                    kind,
                    name: r.name,
                    settings: r.settings,
                    secret: r.sealed.map(|sealed| open_secret(key, r.provider_id, &sealed)).transpose()?,
                })
            })
            .collect()
    }

    /// Makes a provider.
    pub async fn add_provider(self, by: Operator, new: NewProvider) -> Result<ProviderId> {
        if !new.kind.carries(new.channel) {
            return Err(DeliveryError::Invalid("kind", format!("{} does not carry {}", new.kind.as_str(), new.channel)));
        }
        if !(0..=1_000).contains(&new.rank) {
            return Err(DeliveryError::Invalid("rank", format!("{} is not between 0 and 1000", new.rank)));
        }
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let id = ProviderId(rng.id(now));
        let key = self.0.vault().installation_key();
        let sealed = new
            .secret
            .as_ref()
            .map(|secret| key.seal(SealedColumn::ProviderSecret, id.0, secret.expose().as_bytes(), rng));
        let row = store::NewProviderRow {
            id,
            tenant: new.tenant,
            channel: new.channel.as_str(),
            kind: new.kind.as_str(),
            name: new.name.as_str(),
            rank: new.rank,
            settings: &new.settings,
            sealed: sealed.as_deref(),
        };
        store::insert_provider(self.0.db(), &row, now).await.map_err(|error| match error.constraint() {
            Some("delivery_provider_name") => DeliveryError::NameTaken,
            _ => error.into(),
        })?;
        let detail = json!({ "provider": id, "channel": new.channel, "kind": new.kind, "name": new.name });
        self.note(by, "delivery_provider.created", detail).await?;
        Ok(id)
    }

    /// Switches a provider on or off, or gives it another rank. It is asked again at once.
    pub async fn set_provider(self, by: Operator, id: ProviderId, enabled: bool, rank: Option<i32>) -> Result<()> {
        if !store::set_provider(self.0.db(), id, enabled, rank).await? {
            return Err(DeliveryError::Unknown);
        }
        self.note(by, "delivery_provider.changed", json!({ "provider": id, "enabled": enabled, "rank": rank }))
            .await
    }

    /// Every sender, the ended ones too.
    pub async fn senders(self, _by: Operator) -> Result<Vec<SenderView>> {
        let rows = store::list_senders(self.0.db()).await?;
        Ok(rows.into_iter().filter_map(store::SenderRow::into_view).collect())
    }

    /// Makes a sender: a number, a short code (S14: US and Canada only), a name or a mail address.
    pub async fn add_sender(self, by: Operator, new: NewSender) -> Result<Uuid> {
        let new = checked(new)?;
        let now = self.0.clock().now();
        let row = store::SenderRow {
            sender_id: self.0.rng().id(now),
            tenant_id: new.tenant.map(|t| t.0),
            channel: new.channel.to_string(),
            country: new.country,
            kind: new.kind.to_string(),
            value: new.value,
            provider_id: new.provider.map(|p| p.0),
            valid_from: new.valid_from.unwrap_or(now),
            valid_until: new.valid_until,
        };
        if row.valid_until.is_some_and(|until| until <= row.valid_from) {
            return Err(DeliveryError::Invalid("valid_until", String::from("is not after valid_from")));
        }
        if let Some(other) = store::insert_sender(self.0.db(), &row).await? {
            return Err(other.into_view().map_or(DeliveryError::Unknown, |view| DeliveryError::Overlaps(Box::new(view))));
        }
        let detail = json!({ "sender": row.sender_id, "channel": row.channel, "country": row.country, "kind": row.kind, "value": row.value });
        self.note(by, "sender.created", detail).await?;
        Ok(row.sender_id)
    }

    /// Ends a sender now; what was sent by it stays in the journal.
    pub async fn end_sender(self, by: Operator, sender: Uuid) -> Result<()> {
        if !store::end_sender(self.0.db(), sender, self.0.clock().now()).await? {
            return Err(DeliveryError::Unknown);
        }
        self.note(by, "sender.ended", json!({ "sender": sender })).await
    }

    /// How long the message has waited that has waited longest; nothing when none waits.
    pub async fn queue_age(self) -> Result<std::time::Duration> {
        let now = self.0.clock().now();
        let oldest = store::find_oldest_queued(self.0.db()).await?.unwrap_or(now);
        Ok(std::time::Duration::try_from(now.duration_since(oldest)).unwrap_or_default())
    }

    /// What a provider reports later. Reports come late, twice, in the wrong order and from liars: a status only moves forward, and what is not known is
    /// ignored. False when no message of this provider has that name, or not yet.
    pub async fn report(self, provider: ProviderId, report: &channel::DeliveryReport) -> Result<bool> {
        let Some(row) = store::find_by_reference(self.0.db(), provider, &report.reference).await? else {
            return Ok(false);
        };
        let (Some(before), after) = (DeliveryStatus::from_text(&row.status), status_of(report.status)) else {
            return Ok(true);
        };
        if after <= before {
            return Ok(true);
        }
        let (tenant, id, now) = (TenantId(row.tenant_id), DeliveryId(row.delivery_id), self.0.clock().now());
        let mut tx = self.0.db().tenant(tenant).await?;
        if !store::set_status(&mut tx, id, before.as_str(), after.as_str(), report.error_code.as_deref(), now).await? {
            return Ok(true);
        }
        let kind = match after {
            DeliveryStatus::Delivered => Some(StepKind::DeliveryDelivered),
            DeliveryStatus::Failed => Some(StepKind::DeliveryFailed),
            _ => None,
        };
        if let Some(kind) = kind {
            let detail = json!({ "n": row.n, "channel": row.channel, "provider": row.provider, "to": row.masked, "problem": report.error_code });
            store::insert_step(&mut tx, row.attempt_id, kind.as_str(), &detail, now).await?;
        }
        tx.commit().await?;
        if after == DeliveryStatus::Failed && !report.bad_recipient {
            self.go_on(tenant, id, row.challenge_id, row.attempt_id, (&row.channel, &row.masked)).await?;
        }
        Ok(true)
    }

    async fn note(self, by: Operator, event: &str, detail: Value) -> Result<()> {
        let noted = self.0.directory().note(by.who().kind(), event, detail).await;
        Ok(noted?)
    }
}

impl store::SenderRow {
    /// As an operator sees it.
    pub(crate) fn into_view(self) -> Option<SenderView> {
        Some(SenderView {
            id: self.sender_id,
            tenant: self.tenant_id.map(TenantId),
            channel: Channel::from_text(&self.channel)?,
            country: self.country,
            kind: SenderKind::from_text(&self.kind)?,
            value: self.value,
            provider: self.provider_id.map(ProviderId),
            valid_from: self.valid_from,
            valid_until: self.valid_until,
        })
    }
}

fn view_of(row: store::ProviderRow) -> Option<ProviderView> {
    Some(ProviderView {
        id: ProviderId(row.provider_id),
        tenant: row.tenant_id.map(TenantId),
        channel: Channel::from_text(&row.channel)?,
        kind: ProviderKind::from_text(&row.kind)?,
        name: row.name,
        rank: row.rank,
        settings: row.settings,
        enabled: row.enabled,
        version: row.version,
        has_secret: row.sealed.is_some(),
        failures: row.failures,
        failing_since: row.failing_since,
        rests_until: row.rests_until,
        last_ok_at: row.last_ok_at,
        last_problem: row.last_problem,
    })
}

/// Seals what a message is made of.
pub(crate) fn seal_parcel(key: &SealKey, id: DeliveryId, parcel: &Parcel, rng: &crate::rng::Rng) -> Vec<u8> {
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(parcel).unwrap_or_default());
    key.seal(SealedColumn::Delivery, id.0, &plain, rng)
}

/// Seals the address of a method.
pub(crate) fn seal_address(key: &SealKey, method: Uuid, address: &Address, rng: &crate::rng::Rng) -> Vec<u8> {
    let plain = serde_json::to_vec(address).unwrap_or_default();
    key.seal(SealedColumn::MethodSeed, method, &plain, rng)
}

/// Opens the address of a method.
pub(crate) fn open_address(key: &SealKey, method: Uuid, sealed: &[u8]) -> std::result::Result<Address, crate::vault::SealBroken> {
    let plain = key.open(SealedColumn::MethodSeed, method, sealed)?;
    serde_json::from_slice(&plain).map_err(|_| crate::vault::SealBroken)
}

/// What is asked in a call whose digit was drawn with its challenge.
pub(crate) fn call_script(digit: &Secret<String>, rules: &CallRules, service: &str) -> std::result::Result<CallScript, crate::vault::SealBroken> {
    let digit = digit.expose().parse().ok().and_then(PressDigit::new).ok_or(crate::vault::SealBroken)?;
    // Where the code has become that very digit since it was drawn, nothing reports fraud in this one call: what was spoken goes on to mean what it meant.
    let fraud_code = Some(rules.fraud_code.clone()).filter(|code| *code != digit.get().to_string());
    CallScript::new(CallMode::Standard { digit }, fraud_code, service).map_err(|_| crate::vault::SealBroken)
}

fn open_secret(key: &SealKey, provider: Uuid, sealed: &[u8]) -> Result<Secret<String>> {
    let plain = key.open(SealedColumn::ProviderSecret, provider, sealed)?;
    let text = String::from_utf8(plain.to_vec()).map_err(|_| crate::vault::SealBroken)?;
    Ok(Secret::new(text))
}

fn status_of(status: channel::DeliveryStatus) -> DeliveryStatus {
    match status {
        channel::DeliveryStatus::Unknown | channel::DeliveryStatus::Queued => DeliveryStatus::Handed,
        channel::DeliveryStatus::Sent => DeliveryStatus::Sent,
        channel::DeliveryStatus::Failed => DeliveryStatus::Failed,
        channel::DeliveryStatus::Delivered => DeliveryStatus::Delivered,
    }
}

/// Checks a sender: each kind has its form, and a short code its countries (S14).
fn checked(new: NewSender) -> Result<NewSender> {
    let bad = |field, why: String| Err(DeliveryError::Invalid(field, why));
    if let Some(country) = &new.country
        && !(country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()))
    {
        return bad("country", String::from("a country has two capitals, such as NL (ISO 3166)"));
    }
    let value = new.value.trim().to_owned();
    let fits = match new.kind {
        SenderKind::Number => channel::is_e164(&value),
        SenderKind::ShortCode => (5..=6).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit()),
        SenderKind::Name => {
            (1..=11).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric()) && value.bytes().any(|b| b.is_ascii_alphabetic())
        }
        SenderKind::Mail => Mailbox::parse(&value).is_ok(),
    };
    if !fits {
        let form = match new.kind {
            SenderKind::Number => "a number begins with a plus and has 7 to 15 digits",
            SenderKind::ShortCode => "a short code has 5 or 6 digits",
            SenderKind::Name => "a name has 1 to 11 letters and digits, one of them a letter",
            SenderKind::Mail => "a mail address looks like name@host.example",
        };
        return bad("value", form.to_owned());
    }
    if new.kind == SenderKind::ShortCode && !matches!(new.country.as_deref(), Some("US" | "CA")) {
        return bad("country", String::from("short codes exist in the United States (US) and Canada (CA) only"));
    }
    // The caller id is always sent (S57), and it is a number that can be called back.
    if new.channel == Channel::Voice && new.kind != SenderKind::Number {
        return bad("kind", String::from("a call comes from a number"));
    }
    if (new.kind == SenderKind::Mail) != (new.channel == Channel::Mail) {
        return bad("kind", format!("a sender of {} cannot be a {}", new.channel, new.kind));
    }
    if new.valid_until.zip(new.valid_from).is_some_and(|(until, from)| until <= from) {
        return bad("valid_until", String::from("is not after valid_from"));
    }
    Ok(NewSender { value, ..new })
}
