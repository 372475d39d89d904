//! The worker's side of delivery: taking what is due, handing it to its provider, writing what came of it, going on after a failure.
//!
//! What is read and written is so for all messages of a tenant at once: two hundred messages a second must leave room for those who verify.

use super::{
    Address, Delivery, Parcel, Result, call_script,
    channel::{self, Channel as Port, Content, Language, Message, Recipient, SendError},
    open_address, rules, seal_parcel, status_of, store,
    texts::{self, CodeMessage},
};
use crate::{
    db::DbError,
    vault::{KeyPurpose, SealBroken, SealKey, SealedColumn, Secret},
};
use jiff::Timestamp;
use model::*;
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Seconds for which a worker holds a message: longer than any provider may take.
const LEASE_SECONDS: i32 = 30;
/// Times that one challenge is handed to providers by itself, resends not counted.
const FAILOVERS_MAX: i32 = 4;
/// Characters that are kept of a gateway's name for a message, and of what went wrong.
const SAID_CHARACTERS_MAX: usize = 500;

/// A message that a worker holds, ready to be handed over.
#[derive(Debug)]
pub struct Taken {
    /// Id.
    pub id: DeliveryId,
    /// Whom to hand it to.
    pub provider: ProviderId,
    /// What to hand over; `None` when its challenge has ended and nothing is to be sent.
    message: Option<Message>,
    row: store::QueuedRow,
}

impl Taken {
    /// Hands it to its provider. Without a port (the provider was switched off) the next one is asked. What came of it is to be written by
    /// [`Delivery::settle`] before the lease ends: otherwise somebody hands it over again.
    pub async fn hand_over(self, port: Option<&dyn Port>) -> Carried {
        let answer = match (&self.message, port) {
            (None, _) => None,
            (Some(message), Some(port)) => Some(port.hand_over(message).await),
            (Some(_), None) => Some(Err(SendError::misconfigured("the provider is switched off"))),
        };
        Carried { taken: self, answer }
    }
}

/// A message that was handed over, or not, of which nothing is written yet.
#[derive(Debug)]
pub struct Carried {
    taken: Taken,
    /// What the provider said; `None` when nothing was to be sent any more.
    answer: Option<std::result::Result<channel::HandedOver, SendError>>,
}

impl Carried {
    fn tenant(&self) -> TenantId {
        TenantId(self.taken.row.tenant_id)
    }

    fn status(&self) -> DeliveryStatus {
        match &self.answer {
            None => DeliveryStatus::Dropped,
            Some(Ok(handed)) => status_of(handed.status).max(DeliveryStatus::Handed),
            Some(Err(error)) if error.nothing_was_sent() => DeliveryStatus::Failed,
            Some(Err(_)) => DeliveryStatus::Uncertain,
        }
    }

    /// What went wrong, in a sentence without secrets.
    fn problem(&self) -> Option<String> {
        self.answer.as_ref()?.as_ref().err().map(|error| storable(&error.to_string()))
    }

    fn another_provider_may_help(&self) -> bool {
        matches!(&self.answer, Some(Err(error)) if error.another_provider_may_help())
    }

    /// What its provider shows of its health by this: `Some(None)` is well. A message that nobody could have taken says nothing.
    fn health(&self) -> Option<Option<String>> {
        match &self.answer {
            Some(Ok(_)) => Some(None),
            Some(Err(_)) if self.another_provider_may_help() => Some(self.problem()),
            Some(Err(_)) | None => None,
        }
    }

    fn outcome(&self) -> store::Outcome {
        let (row, status, problem) = (&self.taken.row, self.status(), self.problem());
        let step = match status {
            DeliveryStatus::Dropped | DeliveryStatus::Queued => None,
            DeliveryStatus::Failed | DeliveryStatus::Uncertain => Some(StepKind::DeliveryFailed),
            DeliveryStatus::Handed | DeliveryStatus::Sent => Some(StepKind::DeliveryHanded),
            DeliveryStatus::Delivered => Some(StepKind::DeliveryDelivered),
        };
        let detail = json!({
            "n": row.n, "channel": row.channel, "provider": row.provider, "sender": row.sender, "to": row.masked, "status": status, "problem": problem,
        });
        let reference = self.answer.as_ref().and_then(|answer| answer.as_ref().ok()?.reference.as_deref());
        store::Outcome {
            delivery: row.delivery_id,
            status: status.as_str(),
            reference: reference.map(storable),
            problem,
            step: step.map(StepKind::as_str),
            detail,
        }
    }
}

impl Delivery<'_> {
    /// Takes messages that are due, no more than the worker has room for. Each is to be handed over and settled before its lease ends.
    pub async fn take(self, messages_max: i64) -> Result<Vec<Taken>> {
        let (now, by) = (self.0.clock().now(), self.0.node().name.as_str());
        let rows = store::take_queued(self.0.db(), by, messages_max, LEASE_SECONDS, now).await?;
        let (mut taken, mut failed) = (Vec::with_capacity(rows.len()), None);
        for (tenant, rows) in by_tenant(rows, |row| TenantId(row.tenant_id)) {
            match self.unpack(tenant, rows, now).await {
                Ok(unpacked) => taken.extend(unpacked),
                // One tenant's trouble holds up nobody else: its messages are taken again when their lease ends.
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if taken.is_empty() => Err(error),
            Some(error) => {
                tracing::error!(%error, "messages of a tenant could not be read");
                Ok(taken)
            }
            None => Ok(taken),
        }
    }

    /// Reads what is to be said in messages of one tenant.
    async fn unpack(self, tenant: TenantId, rows: Vec<store::QueuedRow>, now: Timestamp) -> Result<Vec<Taken>> {
        let keys = self.0.keys(tenant).await?;
        let challenges: Vec<Uuid> = rows.iter().map(|row| row.challenge_id).collect();
        let mut tx = self.0.db().tenant(tenant).await?;
        let challenges: HashMap<Uuid, store::ChallengeRow> = store::list_challenges(&mut tx, &challenges).await?.into_iter().collect();
        let calls = match rows.iter().any(|row| row.channel == Channel::Voice.as_str()) {
            true => self.0.directory().policy_in(&mut tx).await?.map(|document| document.calls),
            false => None,
        };
        tx.commit().await?;
        let opener = Opener {
            key: keys.key(KeyPurpose::Code),
            host: self.0.host(),
            calls: calls.unwrap_or_default(),
            now,
        };
        let unpacked = rows.into_iter().map(|row| {
            let challenge = challenges.get(&row.challenge_id).filter(|challenge| challenge.is_live(now));
            let message = challenge
                .map_or(Ok(None), |challenge| opener.message(&row, challenge))
                .unwrap_or_else(|SealBroken| {
                    // A message that cannot be read must not hold up the others for ever.
                    tracing::error!(delivery = %row.delivery_id, "a message cannot be unsealed and is dropped");
                    None
                });
            Taken {
                id: DeliveryId(row.delivery_id),
                provider: ProviderId(row.provider_id.unwrap_or_default()),
                message,
                row,
            }
        });
        Ok(unpacked.collect())
    }

    /// Writes what came of messages, and sends on what failed. Where they cannot be written together each is written alone; the first error is told.
    pub async fn settle(self, carried: Vec<Carried>) -> Result<()> {
        let mut first = Ok(());
        let mut keep = |done: Result<()>| {
            if first.is_ok() {
                first = done;
            }
        };
        keep(self.note_health(&carried).await);
        for (tenant, carried) in by_tenant(carried, Carried::tenant) {
            let mut written = vec![self.write(tenant, &carried).await];
            if written[0].is_err() && carried.len() > 1 {
                written.clear();
                for one in &carried {
                    written.push(self.write(tenant, std::slice::from_ref(one)).await);
                }
            }
            let mut held = Vec::with_capacity(carried.len());
            for done in written {
                keep(done.map(|ids| held.extend(ids)));
            }
            // Where the lease had gone to somebody else, it is his to go on.
            let failed = carried
                .iter()
                .filter(|one| one.another_provider_may_help() && held.contains(&one.taken.row.delivery_id));
            for one in failed {
                let row = &one.taken.row;
                keep(
                    self.go_on(tenant, one.taken.id, row.challenge_id, row.attempt_id, (&row.channel, &row.masked))
                        .await,
                );
            }
        }
        first
    }

    /// Writes what came of messages of one tenant; gives those whose lease had not gone to somebody else.
    async fn write(self, tenant: TenantId, carried: &[Carried]) -> Result<Vec<Uuid>> {
        let outcomes: Vec<store::Outcome> = carried.iter().map(Carried::outcome).collect();
        let mut tx = self.0.db().tenant(tenant).await?;
        let held = store::set_outcomes(&mut tx, &self.0.node().name, &outcomes, self.0.clock().now()).await?;
        tx.commit().await?;
        Ok(held)
    }

    /// What a provider did last is how it is.
    async fn note_health(self, carried: &[Carried]) -> Result<()> {
        let now = self.0.clock().now();
        let latest: HashMap<ProviderId, Option<String>> = carried.iter().filter_map(|one| Some((one.taken.provider, one.health()?))).collect();
        for (provider, problem) in latest {
            store::set_health(self.0.db(), provider, problem.as_deref(), now).await?;
        }
        Ok(())
    }

    /// Sends the same code through the next provider, as long as the challenge lives.
    pub(super) async fn go_on(self, tenant: TenantId, failed: DeliveryId, challenge: Uuid, attempt: Uuid, (channel, masked): (&str, &str)) -> Result<()> {
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let keys = self.0.keys(tenant).await?;
        let mut tx = self.0.db().tenant(tenant).await?;
        let live = store::list_challenges(&mut tx, &[challenge]).await?;
        if !live.iter().any(|(_, challenge)| challenge.is_live(now)) {
            return Ok(());
        }
        let tried: Vec<ProviderId> = store::list_tried(&mut tx, challenge).await?.into_iter().map(ProviderId).collect();
        let routes = store::find_routes(&mut tx, now).await?;
        let sends: rules::Sends = serde_json::from_value(routes).map_err(DbError::unreadable)?;
        let country = store::find_country(&mut tx, failed).await?;
        let Some(parcel) = self.parcel_of(&mut tx, challenge).await? else {
            return Ok(());
        };
        let Some(channel) = Channel::from_text(channel) else { return Ok(()) };
        let next = rules::route(&sends, channel, country.as_deref(), &tried);
        let (route, sender) = match next {
            // Only one that has not been tried yet: the others have failed already.
            Ok((route, sender)) if !tried.contains(&route.provider_id) && (tried.len() as i32) < FAILOVERS_MAX => (route, sender),
            _ => {
                let detail = json!({ "to": masked, "problem": rules::NotSent::NoProvider.word() });
                store::insert_step(&mut tx, attempt, StepKind::DeliveryRefused.as_str(), &detail, now).await?;
                tx.commit().await?;
                return Ok(());
            }
        };
        let id = DeliveryId(rng.id(now));
        let sealed = seal_parcel(keys.key(KeyPurpose::Code), id, &parcel, rng);
        let by = (route.provider_id, route.name.as_str(), sender.value.as_str());
        if store::insert_retry(&mut tx, failed, id, &sealed, by, now).await? {
            let detail = json!({ "n": tried.len() + 1, "channel": channel, "provider": route.name, "sender": sender.value, "to": masked });
            store::insert_step(&mut tx, attempt, StepKind::DeliveryQueued.as_str(), &detail, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The address is gone from the message that failed; the method still has it.
    async fn parcel_of(self, tx: &mut crate::db::TenantTx, challenge: Uuid) -> Result<Option<Parcel>> {
        let Some(row) = store::find_address(tx, challenge).await? else {
            return Ok(None);
        };
        let keys = self.0.keys(tx.tenant()).await?;
        let address = open_address(keys.key(KeyPurpose::Address), row.method_id, &row.sealed)?;
        Ok(Some(Parcel {
            to: address,
            locale: row.locale,
            service: row.service,
            minutes: row.minutes.max(1) as u32,
        }))
    }
}

/// All that the messages of one tenant are opened with.
struct Opener<'a> {
    key: &'a SealKey,
    host: &'a str,
    calls: CallRules,
    now: Timestamp,
}

impl Opener<'_> {
    /// What is to be said, as long as somebody waits for it.
    fn message(&self, row: &store::QueuedRow, challenge: &store::ChallengeRow) -> std::result::Result<Option<Message>, SealBroken> {
        let (Some(sealed), Some(from), Some(code)) = (&row.sealed, &row.sender, &challenge.code_sealed) else {
            return Ok(None);
        };
        if row.gone_at <= self.now {
            return Ok(None);
        }
        let parcel = self.key.open(SealedColumn::Delivery, row.delivery_id, sealed)?;
        let parcel: Parcel = serde_json::from_slice(&parcel).map_err(|_| SealBroken)?;
        let code = self.key.open(SealedColumn::ChallengeCode, row.challenge_id, code)?;
        let code = Secret::new(String::from_utf8(code.to_vec()).map_err(|_| SealBroken)?);
        let language = if parcel.locale == "nl" { Language::Nl } else { Language::En };
        let said = CodeMessage {
            code: &code,
            service: &parcel.service,
            host: self.host,
            minutes: parcel.minutes,
            read_back: challenge.purpose == Purpose::CallerCheck.as_str(),
        };
        let (to, content) = match parcel.to {
            Address::Phone(phone) => {
                let to = Recipient::Phone {
                    e164: phone.e164().to_owned(),
                    extension: phone.extension(),
                };
                let content = match row.channel == Channel::Voice.as_str() {
                    true => Content::Call {
                        script: call_script(&code, &self.calls, &parcel.service)?,
                    },
                    false => Content::Sms {
                        text: texts::sms_code(said, language),
                    },
                };
                (to, content)
            }
            Address::Mail(mail) => (
                Recipient::Mail {
                    address: mail.address().to_owned(),
                },
                texts::mail_code(said, language),
            ),
        };
        Ok(Some(Message {
            id: row.delivery_id,
            to,
            from: from.clone(),
            language,
            content,
        }))
    }
}

/// What a gateway says, as far as it can be stored: an odd answer is no reason to send a message twice.
fn storable(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(SAID_CHARACTERS_MAX).collect()
}

/// The same things, tenant by tenant.
fn by_tenant<T>(things: Vec<T>, of: impl Fn(&T) -> TenantId) -> HashMap<TenantId, Vec<T>> {
    let mut sorted: HashMap<TenantId, Vec<T>> = HashMap::new();
    for thing in things {
        sorted.entry(of(&thing)).or_default().push(thing);
    }
    sorted
}
