//! Tickets: somebody who cannot go on asks the support desk, and the desk answers. The page, the error, the session and the account are filled in by the
//! service (S66); the rest is said in words, which only the desk and the member read. Filing opens nothing, and tells a stranger nothing about a name.

pub mod caller;
mod error;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use crate::{
    Domain,
    actor::{Admin, Client, Member, Permission, Who},
    db::TenantTx,
    directory::store as directory,
    journal::{
        Event,
        entry::{Audited, Change},
    },
    sign_in::{BegunAttempt, source_of},
    vault::{KeyPurpose, SealBroken, SealKey, SealedColumn, TenantKeys},
    verification::{VerificationError, engine::Decided, secrets_of, store::Wanted, unknown_subject},
};
pub use error::TicketError;
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use store::TicketRow;
use uuid::Uuid;

type Result<T> = std::result::Result<T, TicketError>;

/// Words of a ticket.
pub type Words = CleanLines<TICKET_CHARACTERS_MAX>;

/// Tickets of his own that a member sees.
const OWN_SHOWN: i64 = 10;
/// Characters of its first message that a list shows of a ticket.
const EXCERPT_CHARACTERS: usize = 140;
/// Tries to find a number that is free.
const NUMBER_TRIES: usize = 8;

/// What somebody asks.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The page on which he could not go on; its path is kept.
    pub page: String,
    /// What that page said.
    pub error: Option<ErrorCode>,
    /// In his own words.
    pub words: Words,
}

/// A ticket that was filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Its number, for the member and the desk.
    pub number: TicketNumber,
    /// The session it is about.
    pub session_id: SessionId,
}

/// Which tickets a list shows.
#[derive(Clone, Debug, Default)]
pub struct TicketQuery {
    /// Those that are closed, latest first; otherwise those that wait, longest waiting first.
    pub closed: bool,
    /// Only those that the asking one looks after.
    pub mine: bool,
    /// Where the page begins.
    pub cursor: Option<Cursor>,
    /// Rows, 1 to 500.
    pub limit: usize,
}

/// How many tickets there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TicketCounts {
    /// Nobody looks after them.
    pub open: i64,
    /// Somebody does.
    pub taken: i64,
    /// The asking one does.
    pub mine: i64,
}

/// A ticket as the desk sees it.
#[derive(Clone, Debug, Serialize)]
pub struct TicketView {
    /// Number.
    pub number: TicketNumber,
    /// State.
    pub state: TicketState,
    /// The page where it began.
    pub page: String,
    /// What that page said, such as `TS-2105`.
    pub error: Option<String>,
    /// The session it is about.
    pub session_id: SessionId,
    /// Whose account it is, where the name is somebody's.
    pub member_id: Option<MemberId>,
    /// Nobody can be answered: the member has been removed, or the name is nobody's.
    pub unanswerable: bool,
    /// The sign-in name; `None` where its key has been destroyed.
    pub upn: Option<String>,
    /// The member's name.
    pub name: Option<String>,
    /// How much whoever filed it had shown of who he is.
    pub shown: Shown,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// When anything last happened to it.
    pub moved_at: Timestamp,
    /// Who looks after it.
    pub taken_by: Option<String>,
    /// It is the asking one.
    pub mine: bool,
    /// The beginning of what was written first.
    pub excerpt: String,
}

/// A ticket with all that was said.
#[derive(Clone, Debug, Serialize)]
pub struct TicketDetail {
    /// The ticket.
    pub ticket: TicketView,
    /// From which address it was filed.
    pub address: Option<String>,
    /// With which browser.
    pub agent: Option<String>,
    /// What was said, in order.
    pub messages: Vec<MessageView>,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// What it is.
    pub kind: MessageKind,
    /// Who of the desk said it.
    pub author: Option<String>,
    /// The words; `None` where their key has been destroyed.
    pub words: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A ticket as its member sees it: what he asked and what he was answered, never the desk's notes.
#[derive(Clone, Debug)]
pub struct OwnTicket {
    /// Number.
    pub number: TicketNumber,
    /// State.
    pub state: TicketState,
    /// What the page said.
    pub error: Option<String>,
    /// The session it is about.
    pub session_id: SessionId,
    /// How much whoever filed it had shown of who he is: with a name alone it may have been anybody.
    pub shown: Shown,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// What was said, in order.
    pub messages: Vec<MessageView>,
}

/// What is sealed of a ticket.
#[derive(Serialize, Deserialize)]
struct Sealed {
    upn: String,
    address: Option<String>,
    agent: Option<String>,
}

/// Whom a ticket is about.
struct About {
    subject: Uuid,
    member: Option<MemberId>,
    upn: String,
    shown: Shown,
    session: SessionId,
}

/// The verbs of tickets.
#[derive(Clone, Copy)]
pub struct Tickets<'a>(pub(crate) &'a Domain);

impl Tickets<'_> {
    /// Asks for help, signed in. About one of his own attempts, where `session` names one; else about the attempt that opened this session.
    pub async fn file(self, me: &Member, draft: &Draft, session: Option<SessionId>, opened_by: Option<AttemptId>) -> Result<Filed> {
        let (now, keys) = (self.0.clock().now(), self.0.keys(me.tenant()).await?);
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let own = store::find_own_session(&mut tx, me.id().0, session, opened_by).await?;
        let view = self.0.directory().view(&mut tx, &crate::directory::MemberRef::Id(me.id())).await?;
        let about = About {
            subject: me.id().0,
            member: Some(me.id()),
            upn: view.upn,
            shown: Shown::SignedIn,
            session: own.ok_or(TicketError::Unknown)?,
        };
        self.write(tx, &keys, about, draft, me.client(), now).await
    }

    /// What one of one's own tickets would be about.
    pub async fn session_of(self, me: &Member, session: Option<SessionId>, opened_by: Option<AttemptId>) -> Result<SessionId> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let own = store::find_own_session(&mut tx, me.id().0, session, opened_by).await?;
        tx.commit().await?;
        own.ok_or(TicketError::Unknown)
    }

    /// What a ticket of an attempt would be about: its session, and the name that was typed in it.
    pub async fn attempt_of(self, tenant: TenantId, attempt: AttemptId) -> Result<(SessionId, String)> {
        let about = self.about(tenant, attempt).await?;
        Ok((about.session, about.upn))
    }

    /// Asks for help in the middle of an attempt, of whose name is nobody's too; about an earlier attempt of the same name, where `session` names one, for a
    /// sign-in that has ended has led to the next already. What is told back is the session id alone: a number would tell whether
    /// there is such an organisation.
    pub async fn file_in(self, at: &BegunAttempt, draft: &Draft, session: Option<SessionId>, client: &Client) -> Result<SessionId> {
        let (Some(tenant), Some(attempt)) = (at.tenant, at.attempt) else {
            let note = json!({ "session_id": at.session_id });
            self.0.directory().note("visitor", "unknown_domain_ticket", note).await?;
            return Ok(at.session_id);
        };
        let mut about = self.about(tenant, attempt).await?;
        let (now, keys) = (self.0.clock().now(), self.0.keys(tenant).await?);
        let mut tx = self.0.db().tenant(tenant).await?;
        about.session = store::find_own_session(&mut tx, about.subject, session, None).await?.unwrap_or(about.session);
        Ok(self.write(tx, &keys, about, draft, client, now).await?.session_id)
    }

    async fn about(self, tenant: TenantId, attempt: AttemptId) -> Result<About> {
        let about = self
            .0
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                let attempt = scene.facts.attempt.as_ref().ok_or(VerificationError::ChallengeGone)?;
                let secrets = secrets_of(scene, attempt)?;
                let upn = Upn::parse(&secrets.upn).map_err(|_| SealBroken)?;
                let member = scene.facts.member.as_ref().map(|member| member.member_id);
                Ok(Decided::Answer(About {
                    subject: member.map_or_else(|| unknown_subject(scene.keys, &upn), |id| id.0),
                    member,
                    upn: secrets.upn,
                    shown: rules::shown(attempt),
                    session: SessionId::from_bits(attempt.session_id as u64),
                }))
            })
            .await?;
        Ok(about)
    }

    /// Asks for help with nothing but a name: an attempt begins, so that there is a session to speak of. About an earlier one of that name, where `session`
    /// names one.
    pub async fn file_for_name(self, upn: &Upn, draft: &Draft, session: Option<SessionId>, client: &Client) -> Result<SessionId> {
        let begun = self.0.sign_in().begin(upn, None, client).await?;
        self.file_in(&begun, draft, session, client).await
    }

    async fn write(self, mut tx: TenantTx, keys: &TenantKeys, about: About, draft: &Draft, client: &Client, now: Timestamp) -> Result<Filed> {
        let domain = self.0;
        let source = keys.key(KeyPurpose::Source).mac(&[b"ticket", source_of(keys, client).as_bytes()])[..16].to_vec();
        store::lock(&mut tx).await?;
        let before = store::count_before(&mut tx, about.subject, about.shown, &source, now).await?;
        if let Some(until) = before.waits(about.shown) {
            return Err(TicketError::TooMany(until));
        }
        let id = domain.rng().id(now);
        let key = subject_key(&mut tx, keys, about.member).await?;
        let sealed = Sealed {
            upn: about.upn,
            address: client.address.map(|address| address.to_string()),
            agent: client.agent.clone(),
        };
        let sealed = serde_json::to_vec(&sealed).expect("a plain struct can be written as JSON");
        let sealed = key.seal(SealedColumn::Ticket, id, &sealed, domain.rng());
        let page = rules::page(&draft.page);
        let new = store::NewTicket {
            id,
            subject: about.subject,
            member: about.member,
            session: about.session,
            page: &page,
            error: draft.error.map(ErrorCode::as_str),
            shown: about.shown,
            source: &source,
            sealed: &sealed,
        };
        let number = self.number(&mut tx, &new, now).await?;
        self.say(&mut tx, &key, (id, MessageKind::Member, about.member.map(|id| id.0)), &draft.words, now)
            .await?;
        let after = json!({ "number": number, "page": page, "error": draft.error, "shown": about.shown });
        let audited = Audited {
            event: Event::TicketFiled,
            who: match (about.shown, about.member) {
                (Shown::SignedIn, Some(id)) => Who::Member(id),
                _ => Who::Service,
            },
            target: about.member.map_or(("ticket", Some(id)), |member| ("member", Some(member.0))),
            reason: None,
            session: Some(about.session),
            change: Change { before: Value::Null, after },
        };
        domain.directory().audit(&mut tx, keys, audited, now).await?;
        if let Some(member) = about.member {
            let from = json!({ "address": client.address, "agent": client.agent });
            let told = json!({ "after": { "number": number, "session": about.session }, "from": from });
            domain.directory().tell(&mut tx, keys, member, Event::TicketFiled.as_str(), &told, now).await?;
        }
        tx.commit().await?;
        Ok(Filed {
            number,
            session_id: about.session,
        })
    }

    /// A number that is free.
    async fn number(self, tx: &mut TenantTx, new: &store::NewTicket<'_>, now: Timestamp) -> Result<TicketNumber> {
        for _ in 0..NUMBER_TRIES {
            let number = TicketNumber::from_bits(u32::from_be_bytes(self.0.rng().bytes()));
            if store::insert_ticket(tx, number, new, now).await? {
                return Ok(number);
            }
        }
        // With millions of numbers this does not happen; the next try finds one.
        Err(TicketError::TooMany(now + SignedDuration::from_mins(1)))
    }

    async fn say(self, tx: &mut TenantTx, key: &SealKey, of: (Uuid, MessageKind, Option<Uuid>), words: &Words, now: Timestamp) -> Result<()> {
        let (ticket, kind, author) = of;
        let id = self.0.rng().id(now);
        let sealed = key.seal(SealedColumn::TicketMessage, id, words.as_str().as_bytes(), self.0.rng());
        let new = store::NewMessage {
            id,
            ticket,
            kind,
            author,
            sealed: &sealed,
        };
        match store::insert_message(tx, &new, now).await? {
            true => Ok(()),
            false => Err(TicketError::Full(TICKET_MESSAGES_MAX)),
        }
    }

    /// The last tickets about oneself, newest first.
    pub async fn own_tickets(self, me: &Member) -> Result<Vec<OwnTicket>> {
        let keys = self.0.keys(me.tenant()).await?;
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let rows = store::list_own(&mut tx, me.id(), OWN_SHOWN).await?;
        let mut said = self.messages(&mut tx, &keys, &rows).await?;
        tx.commit().await?;
        let own = rows.into_iter().map(|row| OwnTicket {
            messages: said
                .remove(&row.ticket_id)
                .unwrap_or_default()
                .into_iter()
                .filter(|message| message.kind != MessageKind::Note)
                .map(|message| MessageView { author: None, ..message })
                .collect(),
            number: row.number,
            state: row.state,
            error: row.error,
            session_id: row.session_id,
            shown: row.shown,
            filed_at: row.filed_at,
        });
        Ok(own.collect())
    }

    /// Says something more in a ticket of one's own; one that was closed is open again.
    pub async fn add_to_own(self, me: &Member, number: TicketNumber, words: &Words) -> Result<()> {
        let (now, keys) = (self.0.clock().now(), self.0.keys(me.tenant()).await?);
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let row = store::lock_ticket(&mut tx, number).await?.filter(|row| row.member_id == Some(me.id()));
        let row = row.ok_or(TicketError::Unknown)?;
        let key = subject_key(&mut tx, &keys, row.member_id).await?;
        self.say(&mut tx, &key, (row.ticket_id, MessageKind::Member, Some(me.id().0)), words, now)
            .await?;
        let state = if row.state == TicketState::Closed { TicketState::Open } else { row.state };
        let taken = row.taken_by.filter(|_| state == TicketState::Taken);
        store::move_ticket(&mut tx, row.ticket_id, state, taken, now).await?;
        if row.state == TicketState::Closed {
            self.note(&mut tx, &keys, &row, (Event::TicketReopened, Who::Member(me.id())), now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The tickets of the desk, a page at a time.
    pub async fn tickets(self, by: &Admin, query: &TicketQuery) -> Result<Page<TicketView>> {
        by.needs(Permission::WorkAtDesk)?;
        let limit = query.limit.clamp(1, PAGE_ROWS_MAX);
        let after = query.cursor.as_ref().map(Cursor::moment).transpose()?;
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let mine = query.mine.then(|| by.who().id().unwrap_or_default());
        let rows = store::list_tickets(&mut tx, query.closed, mine, after, limit + 1).await?;
        tx.commit().await?;
        Ok(Page::of(rows, limit, after_row).map(|row| view(row, &keys, by)))
    }

    /// How many wait.
    pub async fn ticket_counts(self, by: &Admin) -> Result<TicketCounts> {
        by.needs(Permission::WorkAtDesk)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let counts = store::count_waiting(&mut tx, by.who().id().unwrap_or_default()).await?;
        tx.commit().await?;
        Ok(counts)
    }

    /// The tickets about a session, newest first.
    pub async fn tickets_about(self, by: &Admin, session: SessionId) -> Result<Vec<TicketView>> {
        by.needs(Permission::WorkAtDesk)?;
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let rows = store::list_about(&mut tx, session).await?;
        tx.commit().await?;
        Ok(rows.into_iter().map(|row| view(row, &keys, by)).collect())
    }

    /// One ticket with all that was said.
    pub async fn ticket(self, by: &Admin, number: TicketNumber) -> Result<TicketDetail> {
        by.needs(Permission::WorkAtDesk)?;
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let row = store::find_ticket(&mut tx, number).await?.ok_or(TicketError::Unknown)?;
        let mut said = self.messages(&mut tx, &keys, std::slice::from_ref(&row)).await?;
        tx.commit().await?;
        let sealed = row.open(&keys);
        Ok(TicketDetail {
            messages: said.remove(&row.ticket_id).unwrap_or_default(),
            address: sealed.as_ref().and_then(|sealed| sealed.address.clone()),
            agent: sealed.and_then(|sealed| sealed.agent),
            ticket: view(row, &keys, by),
        })
    }

    /// Looks after a ticket from now on; it may have been somebody else's.
    pub async fn take_ticket(self, by: &Admin, number: TicketNumber) -> Result<()> {
        let (mut tx, keys, row, now) = self.begin(by, number).await?;
        if row.state == TicketState::Closed {
            return Err(TicketError::Closed);
        }
        if row.state == TicketState::Taken && row.taken_by == by.who().id() {
            return Ok(());
        }
        store::move_ticket(&mut tx, row.ticket_id, TicketState::Taken, by.who().id(), now).await?;
        self.note(&mut tx, &keys, &row, (Event::TicketTaken, by.who()), now).await?;
        Ok(tx.commit().await?)
    }

    /// Says something: an answer, which the member gets by mail, or a note, which stays here. Whoever answers looks after it. With `close` it is done with.
    pub async fn reply(self, by: &Admin, number: TicketNumber, kind: MessageKind, words: &Words, close: bool) -> Result<()> {
        let (mut tx, keys, row, now) = self.begin(by, number).await?;
        if row.state == TicketState::Closed {
            return Err(TicketError::Closed);
        }
        let kind = if kind == MessageKind::Note { MessageKind::Note } else { MessageKind::Answer };
        if kind == MessageKind::Answer && row.is_unanswerable() {
            return Err(TicketError::Unanswerable);
        }
        let key = subject_key(&mut tx, &keys, row.member_id).await?;
        self.say(&mut tx, &key, (row.ticket_id, kind, by.who().id()), words, now).await?;
        let (state, taken) = match (close, kind) {
            (true, _) => (TicketState::Closed, row.taken_by.or(by.who().id())),
            (false, MessageKind::Note) => (row.state, row.taken_by),
            (false, _) => (TicketState::Taken, by.who().id()),
        };
        store::move_ticket(&mut tx, row.ticket_id, state, taken, now).await?;
        if kind == MessageKind::Answer {
            self.note(&mut tx, &keys, &row, (Event::TicketAnswered, by.who()), now).await?;
            if let Some(member) = row.member_id {
                let told = json!({ "after": { "number": row.number, "answer": words.as_str() } });
                self.0
                    .directory()
                    .tell(&mut tx, &keys, member, Event::TicketAnswered.as_str(), &told, now)
                    .await?;
            }
        }
        if close {
            self.note(&mut tx, &keys, &row, (Event::TicketClosed, by.who()), now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Is done with a ticket, without a word.
    pub async fn close_ticket(self, by: &Admin, number: TicketNumber) -> Result<()> {
        let (mut tx, keys, row, now) = self.begin(by, number).await?;
        if row.state == TicketState::Closed {
            return Ok(());
        }
        store::move_ticket(&mut tx, row.ticket_id, TicketState::Closed, row.taken_by, now).await?;
        self.note(&mut tx, &keys, &row, (Event::TicketClosed, by.who()), now).await?;
        Ok(tx.commit().await?)
    }

    /// Looks after a ticket again that was closed.
    pub async fn reopen_ticket(self, by: &Admin, number: TicketNumber) -> Result<()> {
        let (mut tx, keys, row, now) = self.begin(by, number).await?;
        if row.state != TicketState::Closed {
            return Ok(());
        }
        store::move_ticket(&mut tx, row.ticket_id, TicketState::Taken, by.who().id(), now).await?;
        self.note(&mut tx, &keys, &row, (Event::TicketReopened, by.who()), now).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes tickets that were closed long ago, and those in a name that is nobody's, with all that was said in them. Tells how many.
    pub async fn sweep_tickets(self, tenants: &[TenantId]) -> Result<u64> {
        let before = self.0.clock().now() - SignedDuration::from_hours(24 * TICKET_DAYS);
        let mut gone = 0;
        for tenant in tenants {
            let mut tx = self.0.db().tenant(*tenant).await?;
            gone += store::delete_old(&mut tx, before).await?;
            tx.commit().await?;
        }
        Ok(gone)
    }

    /// A change of the desk: one at a time.
    async fn begin(self, by: &Admin, number: TicketNumber) -> Result<(TenantTx, std::sync::Arc<TenantKeys>, TicketRow, Timestamp)> {
        by.needs(Permission::WorkAtDesk)?;
        let (now, keys) = (self.0.clock().now(), self.0.keys(by.tenant()).await?);
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let row = store::lock_ticket(&mut tx, number).await?.ok_or(TicketError::Unknown)?;
        Ok((tx, keys, row, now))
    }

    async fn note(self, tx: &mut TenantTx, keys: &TenantKeys, row: &TicketRow, (event, who): (Event, Who), now: Timestamp) -> Result<()> {
        let audited = Audited {
            event,
            who,
            target: row.member_id.map_or(("ticket", Some(row.ticket_id)), |member| ("member", Some(member.0))),
            reason: None,
            session: Some(row.session_id),
            change: Change {
                before: Value::Null,
                after: json!({ "number": row.number }),
            },
        };
        Ok(self.0.directory().audit(tx, keys, audited, now).await?)
    }

    /// What was said in these tickets, in order.
    async fn messages(self, tx: &mut TenantTx, keys: &TenantKeys, rows: &[TicketRow]) -> Result<HashMap<Uuid, Vec<MessageView>>> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.ticket_id).collect();
        let found: HashMap<Uuid, Option<SealKey>> = rows.iter().map(|row| (row.ticket_id, row.key(keys))).collect();
        let mut said: HashMap<Uuid, Vec<MessageView>> = HashMap::new();
        for message in store::list_messages(tx, &ids).await? {
            let key = found.get(&message.ticket_id).and_then(Option::as_ref);
            let words = key.and_then(|key| open_words(key, message.message_id, &message.sealed));
            said.entry(message.ticket_id).or_default().push(MessageView {
                kind: message.kind,
                author: message.author,
                words,
                at: message.written_at,
            });
        }
        Ok(said)
    }
}

/// The key of whoever a ticket is about; the tenant's for names that are nobody's.
async fn subject_key(tx: &mut TenantTx, keys: &TenantKeys, member: Option<MemberId>) -> Result<SealKey> {
    let Some(member) = member else { return Ok(keys.unknown_subject_key()) };
    let wrapped = directory::find_subject_key(tx, member.0).await?.ok_or(SealBroken)?;
    Ok(keys.subject_key(member.0, &wrapped)?)
}

fn open_words(key: &SealKey, message: Uuid, sealed: &[u8]) -> Option<String> {
    let opened = key.open(SealedColumn::TicketMessage, message, sealed).ok()?;
    String::from_utf8(opened.to_vec()).ok()
}

impl TicketRow {
    fn key(&self, keys: &TenantKeys) -> Option<SealKey> {
        match (self.member_id, &self.wrapped) {
            (None, _) => Some(keys.unknown_subject_key()),
            (Some(member), Some(wrapped)) => keys.subject_key(member.0, wrapped).ok(),
            // Erased: what was said is unreadable for good.
            (Some(_), None) => None,
        }
    }

    /// The name is nobody's, or its member has been removed or erased.
    fn is_unanswerable(&self) -> bool {
        self.removed || self.member_id.is_none() || self.wrapped.is_none()
    }

    fn open(&self, keys: &TenantKeys) -> Option<Sealed> {
        let opened = self.key(keys)?.open(SealedColumn::Ticket, self.ticket_id, &self.sealed).ok()?;
        serde_json::from_slice(&opened).ok()
    }
}

fn view(row: TicketRow, keys: &TenantKeys, by: &Admin) -> TicketView {
    let first = row
        .first
        .as_ref()
        .zip(row.key(keys))
        .and_then(|((id, sealed), key)| open_words(&key, *id, sealed));
    let line = first.unwrap_or_default().replace('\n', " ");
    let mut excerpt: String = line.chars().take(EXCERPT_CHARACTERS).collect();
    if excerpt.len() < line.len() {
        excerpt.push('…');
    }
    TicketView {
        upn: row.open(keys).map(|sealed| sealed.upn),
        unanswerable: row.is_unanswerable(),
        number: row.number,
        state: row.state,
        session_id: row.session_id,
        member_id: row.member_id,
        name: row.name,
        shown: row.shown,
        filed_at: row.filed_at,
        moved_at: row.moved_at,
        mine: row.taken_by.is_some() && row.taken_by == by.who().id(),
        taken_by: row.taken_by_name,
        page: row.page,
        error: row.error,
        excerpt,
    }
}

fn after_row(row: &TicketRow) -> Cursor {
    // Waiting ones lie by when they were filed, closed ones by when they were closed.
    let at = if row.state == TicketState::Closed { row.moved_at } else { row.filed_at };
    Cursor::at(at, row.ticket_id)
}
