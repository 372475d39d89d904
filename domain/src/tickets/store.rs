//! Every statement of tickets.

use super::{
    TicketCounts,
    caller::{CallerChecked, CallerWay},
    rules::{Before, Filed},
};
use crate::db::{DbError, TenantTx, word};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use model::*;
use uuid::Uuid;

/// A ticket as stored, with what is needed to open it.
pub(crate) struct TicketRow {
    pub(crate) ticket_id: Uuid,
    pub(crate) number: TicketNumber,
    pub(crate) member_id: Option<MemberId>,
    pub(crate) session_id: SessionId,
    pub(crate) page: String,
    pub(crate) error: Option<String>,
    pub(crate) shown: Shown,
    pub(crate) sealed: Vec<u8>,
    pub(crate) state: TicketState,
    pub(crate) filed_at: Timestamp,
    pub(crate) moved_at: Timestamp,
    pub(crate) taken_by: Option<Uuid>,
    /// Name of whoever looks after it.
    pub(crate) taken_by_name: Option<String>,
    /// Name of the member.
    pub(crate) name: Option<String>,
    /// The member has been removed.
    pub(crate) removed: bool,
    /// The member's key, wrapped; `None` where it has been destroyed.
    pub(crate) wrapped: Option<Vec<u8>>,
    /// The first message: id and sealed words.
    pub(crate) first: Option<(Uuid, Vec<u8>)>,
}

/// A message as stored.
pub(crate) struct MessageRow {
    pub(crate) message_id: Uuid,
    pub(crate) ticket_id: Uuid,
    pub(crate) kind: MessageKind,
    pub(crate) author: Option<String>,
    pub(crate) sealed: Vec<u8>,
    pub(crate) written_at: Timestamp,
}

/// A ticket to be stored.
pub(crate) struct NewTicket<'a> {
    pub(crate) id: Uuid,
    pub(crate) subject: Uuid,
    pub(crate) member: Option<MemberId>,
    pub(crate) session: SessionId,
    pub(crate) page: &'a str,
    pub(crate) error: Option<&'a str>,
    pub(crate) shown: Shown,
    pub(crate) source: &'a [u8],
    pub(crate) sealed: &'a [u8],
}

/// A message to be stored.
pub(crate) struct NewMessage<'a> {
    pub(crate) id: Uuid,
    pub(crate) ticket: Uuid,
    pub(crate) kind: MessageKind,
    pub(crate) author: Option<Uuid>,
    pub(crate) sealed: &'a [u8],
}

/// Messages of a ticket that only the desk may write, so that it can always answer.
const DESK_MESSAGES: i64 = 20;

/// Lets one ticket of the tenant be counted and written at a time.
pub(crate) async fn lock(tx: &mut TenantTx) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('ticket' || $1::text, 0))", tenant.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What counts against one more.
pub(crate) async fn count_before(tx: &mut TenantTx, subject: Uuid, shown: Shown, source: &[u8], now: Timestamp) -> Result<Before, DbError> {
    let tenant = tx.tenant().0;
    let (day, hour) = (now - SignedDuration::from_hours(24), now - SignedDuration::from_hours(1));
    let r = sqlx::query!(
        r#"select s.count as "subject!", s.oldest as subject_oldest, p.count as "source!", p.oldest as source_oldest, t.count as "tenant!", t.oldest as tenant_oldest
           from (select count(*), min(filed_at) as oldest from ticket where tenant_id = $1 and subject_id = $2 and filed_at > $4 and shown = $6) s,
             (select count(*), min(filed_at) as oldest from ticket where tenant_id = $1 and source_mac = $3 and filed_at > $4 and shown <> 'signed_in') p,
             (select count(*), min(filed_at) as oldest from ticket where tenant_id = $1 and filed_at > $5 and shown = 'name') t"#,
        tenant,
        subject,
        source,
        day.to_sqlx() as _,
        hour.to_sqlx() as _,
        shown.as_str()
    )
    .fetch_one(&mut **tx)
    .await?;
    let filed = |count, oldest: Option<jiff_sqlx::Timestamp>| Filed {
        count,
        oldest: oldest.map(|at| at.to_jiff()),
    };
    Ok(Before {
        subject: filed(r.subject, r.subject_oldest),
        source: filed(r.source, r.source_oldest),
        tenant: filed(r.tenant, r.tenant_oldest),
    })
}

/// The public id of one of a subject's own attempts: the one that is named, else the one that opened the session.
pub(crate) async fn find_own_session(
    tx: &mut TenantTx,
    subject: Uuid,
    session: Option<SessionId>,
    opened_by: Option<AttemptId>,
) -> Result<Option<SessionId>, DbError> {
    let tenant = tx.tenant().0;
    // What was decided at once has left no attempt, only its row in the log.
    let found = sqlx::query_scalar!(
        r#"select session_id as "session_id!" from (
             select a.session_id from attempt a where a.tenant_id = $1 and a.subject_id = $2
               and a.attempt_id in ($4, (select l.attempt_id from session_locator l where l.session_id = $3 and l.tenant_id = $1))
             union all
             select g.session_id from session_locator l join auth_log g on g.tenant_id = l.tenant_id and g.attempt_id = l.attempt_id
               and g.occurred_at >= l.started_at and g.occurred_at < l.started_at + interval '1 day'
             where l.session_id = $3 and l.tenant_id = $1 and g.subject_id = $2) own
           order by session_id is distinct from $3 limit 1"#,
        tenant,
        subject,
        session.map(|s| s.to_bits() as i64),
        opened_by.map(|a| a.0)
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|bits| SessionId::from_bits(bits as u64)))
}

/// Stores a ticket; `false` where its number is taken.
pub(crate) async fn insert_ticket(tx: &mut TenantTx, number: TicketNumber, new: &NewTicket<'_>, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "insert into ticket (tenant_id, ticket_id, number, subject_id, member_id, session_id, page, error, shown, source_mac, sealed, filed_at, moved_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) on conflict on constraint ticket_number_key do nothing",
        tenant,
        new.id,
        number.stored(),
        new.subject,
        new.member.map(|m| m.0),
        new.session.to_bits() as i64,
        new.page,
        new.error,
        new.shown.as_str(),
        new.source,
        new.sealed,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores a message; `false` where the ticket is full.
pub(crate) async fn insert_message(tx: &mut TenantTx, new: &NewMessage<'_>, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "insert into ticket_message (tenant_id, message_id, ticket_id, kind, author_id, sealed, written_at)
         select $1, $2, $3, $4, $5, $6, $7 where (select count(*) from ticket_message where tenant_id = $1 and ticket_id = $3) < $8",
        tenant,
        new.id,
        new.ticket,
        new.kind.as_str(),
        new.author,
        new.sealed,
        now.to_sqlx() as _,
        if new.kind == MessageKind::Member {
            TICKET_MESSAGES_MAX - DESK_MESSAGES
        } else {
            TICKET_MESSAGES_MAX
        }
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A row of the lists; a macro, for each statement is checked as it stands.
macro_rules! rows {
    ($tx:expr, $rest:literal, $($argument:expr),* $(,)?) => {{
        let rows = sqlx::query!(
            r#"select t.ticket_id, t.number, t.member_id, t.session_id, t.page, t.error, t.shown, t.sealed, t.state, t.filed_at, t.moved_at, t.taken_by,
                 coalesce(nullif(concat_ws(' ', b.given_name, b.family_name), ''), b.upn) as taken_by_name,
                 nullif(concat_ws(' ', m.given_name, m.family_name), '') as name, m.removed_at is not null as "removed!", k.wrapped as "wrapped?", f.message_id as "first_id?", f.sealed as "first?"
               from ticket t
               left join member m on m.tenant_id = t.tenant_id and m.member_id = t.member_id
               left join member b on b.tenant_id = t.tenant_id and b.member_id = t.taken_by
               left join subject_key k on k.tenant_id = t.tenant_id and k.subject_id = t.member_id
               left join lateral (select message_id, sealed from ticket_message f where f.tenant_id = t.tenant_id and f.ticket_id = t.ticket_id
                 order by written_at, message_id limit 1) f on true
               where t.tenant_id = $1 and "# + $rest,
            $tx.tenant().0,
            $($argument),*
        )
        .fetch_all(&mut **$tx)
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(TicketRow {
                    ticket_id: r.ticket_id,
                    number: TicketNumber::from_stored(r.number)
                        .ok_or_else(|| DbError::Refused(sqlx::Error::Decode("the number of a ticket is out of range".into())))?,
                    member_id: r.member_id.map(MemberId),
                    session_id: SessionId::from_bits(r.session_id as u64),
                    page: r.page,
                    error: r.error,
                    shown: word(&r.shown, Shown::from_text)?,
                    sealed: r.sealed,
                    state: word(&r.state, TicketState::from_text)?,
                    filed_at: r.filed_at.to_jiff(),
                    moved_at: r.moved_at.to_jiff(),
                    taken_by: r.taken_by,
                    taken_by_name: r.taken_by_name,
                    name: r.name,
                    removed: r.removed,
                    wrapped: r.wrapped,
                    first: r.first_id.zip(r.first),
                })
            })
            .collect::<Result<Vec<_>, DbError>>()
    }};
}

/// Tickets that wait, longest waiting first; or those that are closed, latest first.
pub(crate) async fn list_tickets(
    tx: &mut TenantTx,
    closed: bool,
    taken_by: Option<Uuid>,
    after: Option<(Timestamp, Uuid)>,
    limit: usize,
) -> Result<Vec<TicketRow>, DbError> {
    let (at, id) = after.unzip();
    let at = at.map(|at| at.to_sqlx());
    if closed {
        return rows!(
            tx,
            "t.state = 'closed' and ($2::uuid is null or t.taken_by = $2) and ($3::timestamptz is null or (t.moved_at, t.ticket_id) < ($3, $4))
             order by t.moved_at desc, t.ticket_id desc limit $5",
            taken_by,
            at as _,
            id,
            limit as i64,
        );
    }
    rows!(
        tx,
        "t.state in ('open', 'taken') and ($2::uuid is null or t.taken_by = $2) and ($3::timestamptz is null or (t.filed_at, t.ticket_id) > ($3, $4))
         order by t.filed_at, t.ticket_id limit $5",
        taken_by,
        at as _,
        id,
        limit as i64,
    )
}

pub(crate) async fn list_about(tx: &mut TenantTx, session: SessionId) -> Result<Vec<TicketRow>, DbError> {
    rows!(
        tx,
        "t.session_id = $2 order by t.filed_at desc, t.ticket_id desc limit 10",
        session.to_bits() as i64
    )
}

pub(crate) async fn list_own(tx: &mut TenantTx, member: MemberId, limit: i64) -> Result<Vec<TicketRow>, DbError> {
    rows!(
        tx,
        "t.subject_id = $2 and t.member_id = $2 order by t.filed_at desc, t.ticket_id desc limit $3",
        member.0,
        limit
    )
}

pub(crate) async fn find_ticket(tx: &mut TenantTx, number: TicketNumber) -> Result<Option<TicketRow>, DbError> {
    Ok(rows!(tx, "t.number = $2", number.stored())?.pop())
}

/// A ticket that is about to change: one change at a time.
pub(crate) async fn lock_ticket(tx: &mut TenantTx, number: TicketNumber) -> Result<Option<TicketRow>, DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "select 1 as one from ticket where tenant_id = $1 and number = $2 for update",
        tenant,
        number.stored()
    )
    .fetch_optional(&mut **tx)
    .await?;
    find_ticket(tx, number).await
}

pub(crate) async fn move_ticket(tx: &mut TenantTx, ticket: Uuid, state: TicketState, taken_by: Option<Uuid>, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update ticket set state = $3, taken_by = $4, moved_at = $5, closed_at = case when $3 = 'closed' then $5::timestamptz end where tenant_id = $1 and ticket_id = $2",
        tenant,
        ticket,
        state.as_str(),
        taken_by,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn count_waiting(tx: &mut TenantTx, by: Uuid) -> Result<TicketCounts, DbError> {
    let tenant = tx.tenant().0;
    let r = sqlx::query!(
        r#"select count(*) filter (where state = 'open') as "open!", count(*) filter (where state = 'taken') as "taken!",
             count(*) filter (where taken_by = $2) as "mine!" from ticket where tenant_id = $1 and state in ('open', 'taken')"#,
        tenant,
        by
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(TicketCounts {
        open: r.open,
        taken: r.taken,
        mine: r.mine,
    })
}

/// What was said in these tickets, in order.
pub(crate) async fn list_messages(tx: &mut TenantTx, tickets: &[Uuid]) -> Result<Vec<MessageRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select s.message_id, s.ticket_id, s.kind, s.sealed, s.written_at,
             coalesce(nullif(concat_ws(' ', b.given_name, b.family_name), ''), b.upn) as author
           from ticket_message s left join member b on b.tenant_id = s.tenant_id and b.member_id = s.author_id and s.kind <> 'member'
           where s.tenant_id = $1 and s.ticket_id = any($2) order by s.ticket_id, s.written_at, s.message_id"#,
        tenant,
        tickets
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(MessageRow {
                message_id: r.message_id,
                ticket_id: r.ticket_id,
                kind: word(&r.kind, MessageKind::from_text)?,
                author: r.author,
                sealed: r.sealed,
                written_at: r.written_at.to_jiff(),
            })
        })
        .collect()
}

/// Deletes what has been closed since long before, and what nobody's name brought: no key of a person ends that.
pub(crate) async fn delete_old(tx: &mut TenantTx, before: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query!(
        "delete from ticket where tenant_id = $1 and (state = 'closed' or member_id is null) and moved_at < $2",
        tenant,
        before.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}

/// Phones for texts and mailboxes of a member that are proven and on.
pub(crate) async fn list_caller_ways(tx: &mut TenantTx, member: MemberId, proven_before: Timestamp) -> Result<Vec<CallerWay>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select method_id, kind, label from method where tenant_id = $1 and member_id = $2 and state = 'active' and kind in ('sms', 'email')
           and confirmed_at <= $3 order by kind desc, created_at",
        tenant,
        member.0,
        proven_before.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(CallerWay {
                method: MethodId(r.method_id),
                kind: word(&r.kind, MethodKind::from_text)?,
                label: r.label,
            })
        })
        .collect()
}

/// The session of the last check of a member that somebody decided, since a moment.
pub(crate) async fn find_session_of_check(tx: &mut TenantTx, member: MemberId, by: Uuid, since: Timestamp) -> Result<Option<SessionId>, DbError> {
    let tenant = tx.tenant().0;
    let session = sqlx::query_scalar!(
        "select session_id from audit_log where tenant_id = $1 and target_id = $2 and occurred_at > $4 and event = 'caller.checked' and actor_id = $3
         order by occurred_at desc limit 1",
        tenant,
        member.0,
        by,
        since.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(session.flatten().map(|bits| SessionId::from_bits(bits as u64)))
}

/// How a check ended, where it went well.
pub(crate) async fn find_caller_check(tx: &mut TenantTx, member: MemberId, session: SessionId, since: Timestamp) -> Result<Option<CallerChecked>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select occurred_at, method_kind from auth_log
         where tenant_id = $1 and subject_id = $2 and occurred_at > $3 and session_id = $4 and purpose = 'caller_check' and decision = 'allowed'",
        tenant,
        member.0,
        since.to_sqlx() as _,
        session.to_bits() as i64
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|r| {
        Ok(CallerChecked {
            at: r.occurred_at.to_jiff(),
            kind: word(r.method_kind.as_deref().unwrap_or_default(), MethodKind::from_text)?,
        })
    })
    .transpose()
}
