//! Notices: what members are told about their own accounts, and admins about fraud reports. Each change puts its notice into the outbox in its own
//! transaction; here a worker takes them, says them in the reader's language and sends them through the providers that carry codes too. A notice says what
//! happened and holds no secret; its link opens nothing ([`link`]).

mod error;
pub mod link;
pub mod report;
pub mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub(crate) mod texts;

use crate::{
    Domain,
    actor::{Client, Who},
    db::TenantTx,
    delivery::{
        Address,
        channel::{Channel as Port, Content, Language, Message, Recipient},
        phone::Mailbox,
        rules as sending,
    },
    directory::{MemberRef, MemberView, TenantView},
    journal::{
        Event,
        entry::{Audited, Change},
    },
    vault::{KeyPurpose, SealedColumn, Secret, TenantKeys},
};
pub use error::NoticeError;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use link::NoticeToken;
use model::*;
use rules::{End, Kind, Round};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use texts::Told;
use uuid::Uuid;

type Result<T> = std::result::Result<T, NoticeError>;

/// Seconds for which a worker holds a notice: it begins again with each address that has it.
const LEASE_SECONDS: i32 = 120;
/// Days for which it is remembered that a notice was sent.
const DONE_DAYS: i64 = 7;
/// Days after its end in which a link is remembered.
const LINK_DAYS_AFTER: i64 = 30;
/// Who carries the messages of which provider.
pub type Ports = HashMap<ProviderId, Arc<dyn Port>>;

/// A notice that a worker holds.
#[derive(Debug)]
pub struct Taken {
    row: store::OutboxRow,
}

impl Taken {
    /// Names it for the worker's own log.
    pub const fn id(&self) -> Uuid {
        self.row.outbox_id
    }
}

/// What a notice is about, as the verb has written it: with before and after around it, or bare.
#[derive(Debug, Default)]
struct About {
    before: Value,
    after: Value,
    from: Option<Client>,
    /// Addresses that are the member's no more, and must be told for that very reason.
    tell: Vec<Address>,
}

impl About {
    fn read(plain: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Around {
            #[serde(default)]
            before: Value,
            after: Option<Value>,
            #[serde(default)]
            from: Option<Client>,
            #[serde(default)]
            tell: Vec<Address>,
        }
        let whole: Value = serde_json::from_slice(plain).ok()?;
        let around: Around = serde_json::from_value(whole.clone()).ok()?;
        Some(Self {
            before: around.before,
            after: around.after.unwrap_or(whole),
            from: around.from,
            tell: around.tell,
        })
    }
}

/// One address that is to have a notice.
#[derive(Clone, Debug)]
struct Target {
    to: Address,
    mac: Vec<u8>,
}

/// What came of one address.
enum Came {
    /// It has it.
    Has,
    /// It will never have it.
    Never,
    /// Perhaps at a later try.
    Later { no_provider: bool, stranger: bool },
}

/// Everything that a notice needs beside its row.
struct Scene {
    tenant: TenantView,
    member: MemberView,
    kind: Kind,
    about: About,
    targets: Vec<Target>,
    sends: sending::Sends,
    limits: DeliveryLimits,
    link: Option<NoticeToken>,
}

/// The verbs of notices.
#[derive(Clone, Copy)]
pub struct Notices<'a>(pub(crate) &'a Domain);

impl Notices<'_> {
    /// Takes notices that are due, for one worker. Each is to be sent by [`Notices::send`] before its lease ends.
    pub async fn take(self, notices_max: i64) -> Result<Vec<Taken>> {
        let now = self.0.clock().now();
        let rows = store::take(self.0.db(), &self.0.node().name, notices_max, LEASE_SECONDS, now).await?;
        Ok(rows.into_iter().map(|row| Taken { row }).collect())
    }

    /// Sends a notice to everybody who has not got it yet, and writes what came of it. What is written down only after the mail has gone out is at worst
    /// sent twice, with the same name (RFC 5322 3.6.4), never lost.
    pub async fn send(self, taken: Taken, ports: &Ports) -> Result<()> {
        let row = taken.row;
        let scene = match self.scene(&row).await {
            Ok(Some(scene)) => scene,
            Ok(None) => return self.end(&row, End::NobodyThere, &[]).await,
            Err(NoticeError::Keys(crate::KeysError::Broken(_))) => {
                tracing::error!(notice = %row.outbox_id, "a notice cannot be unsealed and is dropped");
                return self.end(&row, End::Unreadable, &[]).await;
            }
            Err(error) => return Err(error),
        };
        let (mut round, mut left) = (Round::default(), Vec::new());
        // Slow providers must not use up the lease: who is left has his turn at the next try.
        let until = self.0.clock().now() + SignedDuration::from_secs(i64::from(LEASE_SECONDS) / 2);
        for target in &scene.targets {
            if row.reached.contains(&target.mac) {
                round.reached += 1;
                continue;
            }
            if self.0.clock().now() > until {
                round.open += 1;
                left.push(target.to.masked());
                continue;
            }
            match self.send_to(&row, &scene, target, ports).await? {
                Came::Has => {
                    round.reached += 1;
                    let now = self.0.clock().now();
                    if !store::add_reached(self.0.db(), row.outbox_id, &self.0.node().name, &target.mac, LEASE_SECONDS, now).await? {
                        // Another worker goes on with it.
                        return Ok(());
                    }
                }
                Came::Never => {
                    round.refused += 1;
                    left.push(target.to.masked());
                }
                Came::Later { no_provider, stranger } => {
                    round.open += 1;
                    round.stranger |= stranger;
                    round.no_provider |= no_provider;
                    left.push(target.to.masked());
                }
            }
        }
        match rules::after(round, row.tries, self.0.clock().now()) {
            Err(again) => Ok(store::put_back(self.0.db(), row.outbox_id, &self.0.node().name, again).await?),
            Ok(end) => self.end(&row, end, &left).await,
        }
    }

    /// Deletes what is done with, and links that are long past. For one tenant after another.
    pub async fn sweep(self, tenants: &[TenantId]) -> Result<()> {
        let now = self.0.clock().now();
        store::delete_done(self.0.db(), now - SignedDuration::from_hours(24 * DONE_DAYS)).await?;
        for tenant in tenants {
            let mut tx = self.0.db().tenant(*tenant).await?;
            store::delete_links(&mut tx, now - SignedDuration::from_hours(24 * LINK_DAYS_AFTER)).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Who is told, and what there is to tell it with; `None` when nobody is there any more.
    async fn scene(self, row: &store::OutboxRow) -> Result<Option<Scene>> {
        let (tenant_id, now, kind) = (TenantId(row.tenant_id), self.0.clock().now(), Kind::from_text(&row.kind));
        let Some(member_id) = row.member_id.map(MemberId) else {
            return Ok(None);
        };
        let keys = self.0.keys(tenant_id).await?;
        let plain = keys.key(KeyPurpose::Outbox).open(SealedColumn::Outbox, row.outbox_id, &row.sealed)?;
        let about = About::read(&plain).ok_or(crate::vault::SealBroken)?;
        let tenant = self.0.directory().tenant(tenant_id).await?;
        let mut tx = self.0.db().tenant(tenant_id).await?;
        let member = match self.0.directory().view(&mut tx, &MemberRef::Id(member_id)).await {
            Ok(member) => member,
            Err(crate::directory::DirectoryError::Unknown(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let policy = self.0.directory().policy_in(&mut tx).await?;
        let mut targets = match kind.is_for_admins() {
            true => Vec::new(),
            false => own(&mut tx, &keys, &member, row, kind, &about).await?,
        };
        if kind.is_for_admins() || kind.is_for_admins_too() {
            let known: Vec<Vec<u8>> = targets.iter().map(|target| target.mac.clone()).collect();
            let admins = admins(&mut tx, &keys, policy.as_ref()).await?;
            targets.extend(admins.into_iter().filter(|target| !known.contains(&target.mac)));
        }
        let routes = crate::delivery::store::find_routes(&mut tx, now).await?;
        let sends = serde_json::from_value(routes).map_err(crate::db::DbError::unreadable)?;
        let link = kind.carries_link().then(|| NoticeToken::of(&keys, tenant_id, row.outbox_id));
        if let Some(link) = &link {
            let new = store::NewLink {
                link: row.outbox_id,
                member: member_id,
                hash: &link.hash(),
                kind: kind.as_str(),
                since: row.created_at,
                expires: rules::link_until(row.created_at),
            };
            store::insert_link(&mut tx, &new).await?;
        }
        tx.commit().await?;
        let limits = policy.map(|document| document.delivery).unwrap_or_default();
        Ok(Some(Scene {
            tenant,
            member,
            kind,
            about,
            targets,
            sends,
            limits,
            link,
        }))
    }

    /// Sends a notice to one address, through one provider after another.
    async fn send_to(self, row: &store::OutboxRow, scene: &Scene, target: &Target, ports: &Ports) -> Result<Came> {
        let (channel, country) = match &target.to {
            Address::Mail(_) => (Channel::Mail, None),
            Address::Phone(phone) => {
                if !self.may_text(row, scene, target).await? {
                    return Ok(Came::Has);
                }
                (Channel::Sms, Some(phone.country()))
            }
        };
        let (mut tried, mut stranger): (Vec<ProviderId>, _) = (Vec::new(), false);
        loop {
            let (route, sender) = match sending::route(&scene.sends, channel, country, &tried) {
                Ok((route, sender)) if !tried.contains(&route.provider_id) => (route, sender),
                // Nobody carries texts: the mails have to do.
                _ if tried.is_empty() && channel != Channel::Mail => return Ok(Came::Has),
                _ => {
                    let no_provider = tried.is_empty();
                    return Ok(Came::Later { no_provider, stranger });
                }
            };
            tried.push(route.provider_id);
            let message = self.message(row, scene, target, sender.value.clone());
            let now = self.0.clock().now();
            let Some(port) = ports.get(&route.provider_id) else {
                stranger = true;
                continue;
            };
            match port.hand_over(&message).await {
                Ok(_) => {
                    crate::delivery::store::set_health(self.0.db(), route.provider_id, None, now).await?;
                    if let Address::Phone(phone) = &target.to {
                        let text = store::SentText {
                            delivery: self.0.rng().id(now),
                            notice: row.outbox_id,
                            country: phone.country(),
                            mac: &budget_of(&target.mac),
                            masked: &phone.masked(),
                            provider: route.provider_id,
                            name: &route.name,
                            sender: &sender.value,
                        };
                        let mut tx = self.0.db().tenant(TenantId(row.tenant_id)).await?;
                        store::insert_text(&mut tx, &text, now).await?;
                        tx.commit().await?;
                    }
                    return Ok(Came::Has);
                }
                Err(error) if error.another_provider_may_help() => {
                    crate::delivery::store::set_health(self.0.db(), route.provider_id, Some(&error.to_string()), now).await?;
                }
                Err(_) => return Ok(Came::Never),
            }
        }
    }

    /// Whether the budgets let one more text go to a number: changing phones in a circle must cost nobody money (abuse case F7).
    async fn may_text(self, row: &store::OutboxRow, scene: &Scene, target: &Target) -> Result<bool> {
        let Address::Phone(phone) = &target.to else { return Ok(true) };
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(TenantId(row.tenant_id)).await?;
        let sends = store::find_sends(&mut tx, row.outbox_id, &budget_of(&target.mac), now).await?;
        tx.commit().await?;
        let sends: sending::Sends = serde_json::from_value(sends).map_err(crate::db::DbError::unreadable)?;
        let to = sending::Address {
            channel: Channel::Sms,
            country: Some(phone.country().to_owned()),
            prefix: None,
            mac: crate::bytea::Bytea(budget_of(&target.mac)),
        };
        Ok(sending::may_send(&sends, &scene.limits, scene.tenant.profile, &to, now).is_ok())
    }

    fn message(self, row: &store::OutboxRow, scene: &Scene, target: &Target, from: String) -> Message {
        let admins = scene.kind.is_for_admins();
        let locale = scene.member.locale.as_deref().filter(|_| !admins).unwrap_or(&scene.tenant.locale);
        let language = if locale == "nl" { Language::Nl } else { Language::En };
        let zone = TimeZone::get(&scene.tenant.time_zone).unwrap_or(TimeZone::UTC);
        let told = Told {
            kind: scene.kind,
            language,
            tenant: &scene.tenant.name,
            upn: &scene.member.upn,
            name: scene.member.given_name.as_deref().filter(|_| !admins && !scene.kind.is_for_admins_too()),
            before: &scene.about.before,
            after: &scene.about.after,
            at: row.created_at,
            zone: &zone,
            place: scene.about.from.as_ref().and_then(|client| place(client, language)),
            link: scene.link.as_ref().map(|token| format!("{}/notices/{}", self.0.node().origin, token.reveal())),
            case: admins.then(|| self.case(scene)),
        };
        let (to, content) = match &target.to {
            Address::Mail(mail) => {
                let letter = texts::mail(&told);
                let content = Content::Mail {
                    subject: letter.subject,
                    text: Secret::new(letter.text),
                    html: None,
                };
                (
                    Recipient::Mail {
                        address: mail.address().to_owned(),
                    },
                    content,
                )
            }
            Address::Phone(phone) => (
                Recipient::Phone {
                    e164: phone.e164().to_owned(),
                    extension: phone.extension(),
                },
                Content::Sms {
                    text: Secret::new(texts::sms(&told)),
                },
            ),
        };
        Message {
            id: name_of(row.outbox_id, &target.mac),
            to,
            from,
            language,
            content,
        }
    }

    /// Where admins see what happened. Made of the configured address alone, never of what a request said (abuse case C3).
    fn case(self, scene: &Scene) -> String {
        let origin = &self.0.node().origin;
        match scene.about.after["session"].as_str() {
            Some(session) => format!("{origin}/support/sessions/{session}"),
            None => format!("{origin}/admin/{}/users/{}", scene.tenant.slug, scene.member.id),
        }
    }

    /// Ends a notice. Whoever could not be reached stands in the member's changes, where admins see it.
    async fn end(self, row: &store::OutboxRow, end: End, left: &[String]) -> Result<()> {
        let (tenant, now) = (TenantId(row.tenant_id), self.0.clock().now());
        let mut tx = self.0.db().tenant(tenant).await?;
        let held = store::set_done(&mut tx, row.outbox_id, &self.0.node().name, end.as_str(), now).await?;
        if held && end.is_trouble() {
            let keys = self.0.keys(tenant).await?;
            let audited = Audited {
                event: Event::NoticeNotSent,
                who: Who::Service,
                target: ("member", row.member_id),
                reason: None,
                session: None,
                change: Change {
                    before: Value::Null,
                    after: json!({ "notice": row.kind, "outcome": end.as_str(), "not_reached": left }),
                },
            };
            self.0.directory().audit(&mut tx, &keys, audited, now).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The same notice to the same address has the same name for ever, so that a mailbox that gets it twice can tell.
fn name_of(notice: Uuid, mac: &[u8]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(notice.as_bytes());
    hash.update(mac);
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Under which a number's notices are counted: beside its codes, for whoever has asked for many codes must not keep a notice away, nor a notice a code.
fn budget_of(mac: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(b"notice");
    hash.update(mac);
    hash.finalize().to_vec()
}

fn place(client: &Client, language: Language) -> Option<String> {
    let browser = client.agent.as_deref().map(|agent| texts::browser(agent, language));
    let parts: Vec<String> = [client.address.map(|address| address.to_string()), browser].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn target(keys: &TenantKeys, to: Address) -> Target {
    Target {
        mac: crate::methods::address_mac(keys, &to),
        to,
    }
}

/// The member's own addresses, each once: the mail address of the directory (else the sign-in name), the mailboxes among the methods, and what has just been
/// taken away. Where a phone or mailbox came or went, the other phones too.
async fn own(tx: &mut TenantTx, keys: &TenantKeys, member: &MemberView, row: &store::OutboxRow, kind: Kind, about: &About) -> Result<Vec<Target>> {
    let mut found: BTreeMap<Vec<u8>, Target> = BTreeMap::new();
    let mut add = |to: Address| {
        let target = target(keys, to);
        found.entry(target.mac.clone()).or_insert(target);
    };
    if let Ok(mail) = Mailbox::parse(member.mail.as_deref().unwrap_or(&member.upn)) {
        add(Address::Mail(mail));
    }
    // What the change itself brought is not told of itself by a text.
    let before = row.created_at - SignedDuration::from_secs(link::SAME_SECONDS);
    let about_addresses = [&about.before, &about.after].iter().any(|about| {
        let kind = about["kind"].as_str().and_then(MethodKind::from_text);
        kind.is_some_and(|kind| kind.channel().is_some())
    });
    let phones = kind.tells_phones() && about_addresses;
    let rows = store::list_addresses(tx, member.id).await?;
    let mut new = Vec::new();
    let mut held = Vec::new();
    for row in rows {
        let to = crate::delivery::open_address(keys.key(KeyPurpose::Address), row.method_id, &row.sealed)?;
        if row.confirmed_at.is_some_and(|at| at >= before) {
            new.push(to.clone());
        }
        held.push(to);
    }
    for to in held {
        let told = match &to {
            Address::Mail(_) => true,
            Address::Phone(_) => phones && !new.contains(&to),
        };
        if told {
            add(to);
        }
    }
    for to in &about.tell {
        add(to.clone());
    }
    Ok(found.into_values().collect())
}

/// Who hears of fraud: the tenant's list, else every global admin.
async fn admins(tx: &mut TenantTx, keys: &TenantKeys, policy: Option<&PolicyDocument>) -> Result<Vec<Target>> {
    let listed = policy.map(|document| document.trust.reports_to.clone()).unwrap_or_default();
    let addresses = match listed.is_empty() {
        true => store::list_chiefs(tx).await?,
        false => listed,
    };
    let mut found: BTreeMap<Vec<u8>, Target> = BTreeMap::new();
    for mail in addresses.iter().filter_map(|address| Mailbox::parse(address).ok()) {
        let target = target(keys, Address::Mail(mail));
        found.entry(target.mac.clone()).or_insert(target);
    }
    Ok(found.into_values().collect())
}
