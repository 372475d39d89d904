//! What stands around the sample: who carries messages and what they come from, the last day's messages, an alarm, and a drawer of hardware tokens.

use super::{Demo, DemoError, Result, dice::Dice, organisations::ORGANISATIONS, store};
use crate::{
    actor::Operator,
    bytea::Bytea,
    delivery::{NewProvider, NewSender, ProviderKind},
    vault::{KeyPurpose, SealedColumn},
    verification::VerificationError,
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::json;
use std::path::Path;
use uuid::Uuid;

/// Providers of the sample: name, what it carries, and how much of that.
const PROVIDERS: [(&str, Channel, f64); 3] = [
    ("Duintekst", Channel::Sms, 0.86),
    ("Noordbericht", Channel::Sms, 0.14),
    ("Posthuis", Channel::Mail, 1.0),
];
/// Short codes as the original has them (S11, S12).
const SHORT_CODES: [(&str, &[&str]); 2] = [("US", &["97671", "69829", "51789", "99399"]), ("CA", &["759731", "673801"])];
/// What the messages of the sample come from where there is no short code.
const NAME: &str = "Tweestap";
const MAIL: &str = "codes@tweestap.example";
/// Tokens of an organisation, and every which of them somebody has been given.
const TOKENS: usize = 40;
const ASSIGNED_EVERY: usize = 3;
/// Messages of an organisation in the last day.
const MESSAGES: usize = 120;
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Demo<'_> {
    /// Adds it to a sample that has been loaded. Messages go into a folder: this is for development only.
    pub async fn furnish(self, seed: u64, folder: &Path) -> Result<()> {
        let now = self.0.clock().now();
        let providers = self.carriers(folder).await?;
        self.senders(now).await?;
        for (place, of) in ORGANISATIONS.iter().enumerate() {
            let slug = Slug::parse(of.slug).expect("an invented short name is a good one");
            let found = self.0.directory().tenant_of_slug(&slug).await?;
            let tenant = found.ok_or_else(|| DemoError::Exists(Vec::new()))?;
            let keys = self.0.keys(tenant).await.map_err(VerificationError::from)?;
            let dice = Dice::of(seed, &[place as u64, 77]);
            let mut tx = self.0.db().tenant(tenant).await?;
            let members = store::list_some(&mut tx, TOKENS as i64).await?;
            store::insert(&mut tx, &store::DELIVERY, messages(tenant, &providers, &members, &dice, now)).await?;
            let mut tokens = store::Json::default();
            for n in 0..TOKENS {
                let id = dice.id(now);
                let owner = members.get(n).filter(|_| n % ASSIGNED_EVERY == 0);
                let since = now - DAY * (30 + n as i32);
                let sealed = keys
                    .key(KeyPurpose::Seed)
                    .seal(SealedColumn::TokenSeed, id, &self.0.rng().bytes::<20>(), self.0.rng());
                tokens.push(&json!({
                    "tenant_id": tenant, "token_id": id, "serial": format!("DM-{}{:04}", place + 1, 1_001 + n * 7), "state": if owner.is_some() { "assigned" } else { "available" },
                    "sealed": Bytea(sealed), "params": OathParams::default(), "last_step": -1, "drift": 0, "manufacturer": "Deltatoken", "model": "c200",
                    "member_id": owner, "imported_at": since, "assigned_at": owner.map(|_| since + DAY),
                }));
            }
            store::insert(&mut tx, &store::OATH_TOKEN, tokens).await?;
            if place == 1 {
                let mut alarm = store::Json::default();
                alarm.push(&json!({
                    "tenant_id": tenant, "country": "GB", "raised_at": now - SignedDuration::from_hours(3), "sent": 62, "entered": 4, "paused": false,
                }));
                store::insert(&mut tx, &store::CONVERSION_ALARM, alarm).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn carriers(self, folder: &Path) -> Result<Vec<(ProviderId, &'static str, Channel, f64)>> {
        let mut made = Vec::new();
        for (place, (name, channel, part)) in PROVIDERS.into_iter().enumerate() {
            let new = NewProvider {
                tenant: None,
                channel,
                kind: ProviderKind::Folder,
                name: CleanText::parse(name).expect("an invented name is a good one"),
                rank: place as i32 + 1,
                settings: json!({ "path": folder }),
                secret: None,
            };
            made.push((self.0.delivery().add_provider(Operator::console(), new).await?, name, channel, part));
        }
        Ok(made)
    }

    /// The short codes, a name and an address for everybody, and one that has ended and one that is to come.
    async fn senders(self, now: Timestamp) -> Result<()> {
        let sender = |channel, country: Option<&str>, kind, value: &str, from: Timestamp, until| NewSender {
            tenant: None,
            channel,
            country: country.map(str::to_owned),
            kind,
            value: value.to_owned(),
            provider: None,
            valid_from: Some(from),
            valid_until: until,
        };
        let year_ago = now - DAY * 365;
        let mut all = vec![
            sender(Channel::Sms, None, SenderKind::Name, NAME, year_ago, None),
            sender(Channel::Mail, None, SenderKind::Mail, MAIL, year_ago, None),
            sender(Channel::Sms, Some("NL"), SenderKind::Name, "Inlogcode", year_ago, Some(now - DAY * 60)),
            sender(Channel::Sms, Some("BE"), SenderKind::Name, "TweestapBE", now + DAY * 30, None),
        ];
        for (country, codes) in SHORT_CODES {
            all.extend(
                codes
                    .iter()
                    .map(|code| sender(Channel::Sms, Some(country), SenderKind::ShortCode, code, year_ago, None)),
            );
        }
        for new in all {
            self.0.delivery().add_sender(Operator::console(), new).await?;
        }
        Ok(())
    }
}

/// The last day's messages: most arrive, a few do not.
fn messages(tenant: TenantId, providers: &[(ProviderId, &str, Channel, f64)], members: &[Uuid], dice: &Dice, now: Timestamp) -> store::Json {
    let mut rows = store::Json::default();
    for _ in 0..MESSAGES {
        if members.is_empty() {
            break;
        }
        let choices: Vec<(f64, usize)> = providers
            .iter()
            .enumerate()
            .map(|(n, (_, _, channel, part))| (if *channel == Channel::Mail { 0.3 } else { *part }, n))
            .collect();
        let (provider, name, channel, _) = providers[dice.weighted(&choices)];
        let at = now - SignedDuration::from_secs(dice.within(60, 86_000));
        let status = dice.weighted(&[(93.0, "delivered"), (4.0, "handed"), (3.0, "failed")]);
        let id = dice.id(at);
        let tail = dice.within(10, 99);
        let (country, masked, sender) = match channel {
            Channel::Mail => (None, String::from("•••@example.net"), MAIL),
            Channel::Sms | Channel::Voice => (Some("NL"), format!("+31 •••••••{tail}"), NAME),
        };
        let arrived = (status != "handed").then(|| at + SignedDuration::from_secs(4));
        rows.push(&json!({
            "delivery_id": id, "tenant_id": tenant, "challenge_id": dice.id(at), "attempt_id": dice.id(at), "subject_id": dice.pick(members), "n": 1,
            "channel": channel, "country": country, "prefix": country.map(|_| "+31612"), "address_mac": Bytea(id.as_bytes().to_vec()), "masked": masked,
            "provider_id": provider, "provider": name, "sender": sender, "status": status, "problem": (status == "failed").then_some("30003"),
            "created_at": at, "run_at": at, "gone_at": at + SignedDuration::from_mins(3), "handed_at": at + SignedDuration::from_secs(1), "ended_at": arrived,
        }));
    }
    rows
}
