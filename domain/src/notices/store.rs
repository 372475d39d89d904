//! Every statement of notices. The outbox is a table of the installation: a worker serves all tenants.

use crate::db::{Db, DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{MemberId, ProviderId, SessionId};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A notice that a worker holds.
#[derive(Debug, Clone)]
pub(crate) struct OutboxRow {
    pub(crate) outbox_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) member_id: Option<Uuid>,
    pub(crate) kind: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created_at: Timestamp,
    pub(crate) tries: i32,
    pub(crate) reached: Vec<Vec<u8>>,
}

/// Takes notices that are due and that nobody holds: each is leased to one worker for a while, so that a worker that dies loses nothing.
pub(crate) async fn take(db: &Db, by: &str, limit: i64, lease_seconds: i32, now: Timestamp) -> Result<Vec<OutboxRow>, DbError> {
    let rows = sqlx::query!(
        "update outbox o set lease_until = $1::timestamptz + make_interval(secs => $4), leased_by = $2, tries = tries + 1
         where o.outbox_id in (select q.outbox_id from outbox q
           where q.done_at is null and q.run_at <= $1 and (q.lease_until is null or q.lease_until <= $1) order by q.run_at limit $3 for update skip locked)
         returning o.outbox_id, o.tenant_id, o.member_id, o.kind, o.sealed, o.created_at, o.tries, o.reached",
        now.to_sqlx() as _,
        by,
        limit,
        f64::from(lease_seconds)
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| OutboxRow {
            outbox_id: r.outbox_id,
            tenant_id: r.tenant_id,
            member_id: r.member_id,
            kind: r.kind,
            sealed: r.sealed,
            created_at: r.created_at.to_jiff(),
            tries: r.tries,
            reached: r.reached,
        })
        .collect())
}

/// One address needs nothing more; the lease goes on. False when somebody else has the notice now.
pub(crate) async fn add_reached(db: &Db, notice: Uuid, held_by: &str, mac: &[u8], lease_seconds: i32, now: Timestamp) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "update outbox set reached = array_append(reached, $3), lease_until = $4::timestamptz + make_interval(secs => $5)
         where outbox_id = $1 and leased_by = $2 and done_at is null",
        notice,
        held_by,
        mac,
        now.to_sqlx() as _,
        f64::from(lease_seconds)
    )
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a notice wait for another try.
pub(crate) async fn put_back(db: &Db, notice: Uuid, held_by: &str, at: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update outbox set run_at = $3, lease_until = null, leased_by = null where outbox_id = $1 and leased_by = $2 and done_at is null",
        notice,
        held_by,
        at.to_sqlx() as _
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Ends a notice and wipes what it said; false when somebody else has it now.
pub(crate) async fn set_done(tx: &mut TenantTx, notice: Uuid, held_by: &str, outcome: &str, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update outbox set done_at = $5, outcome = $4, sealed = '', reached = '{}', lease_until = null, leased_by = null
         where tenant_id = $1 and outbox_id = $2 and leased_by = $3 and done_at is null",
        tenant,
        notice,
        held_by,
        outcome,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes notices that ended before a moment.
pub(crate) async fn delete_done(db: &Db, before: Timestamp) -> Result<u64, DbError> {
    let gone = sqlx::query!("delete from outbox where done_at < $1", before.to_sqlx() as _)
        .execute(db.pool())
        .await?;
    Ok(gone.rows_affected())
}

/// Deletes links that have been past for so long that nobody asks about them.
pub(crate) async fn delete_links(tx: &mut TenantTx, before: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "delete from notice_link where tenant_id = $1 and expires_at < $2",
        tenant,
        before.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A phone or mailbox of a member, as its row keeps it.
pub(crate) struct OwnAddress {
    pub(crate) method_id: Uuid,
    pub(crate) sealed: Vec<u8>,
    pub(crate) confirmed_at: Option<Timestamp>,
}

/// The phones and mailboxes that are methods, on or off.
pub(crate) async fn list_addresses(tx: &mut TenantTx, member: MemberId) -> Result<Vec<OwnAddress>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select method_id, sealed as "sealed!", confirmed_at from method
           where tenant_id = $1 and member_id = $2 and kind in ('sms', 'voice', 'email') and state in ('active', 'off') and sealed is not null order by method_id"#,
        tenant,
        member.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| OwnAddress {
            method_id: r.method_id,
            sealed: r.sealed,
            confirmed_at: r.confirmed_at.map(|t| t.to_jiff()),
        })
        .collect())
}

/// Mail addresses of the global admins, those of the directory before the sign-in names.
pub(crate) async fn list_chiefs(tx: &mut TenantTx) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query_scalar!(
        r#"select coalesce(m.mail, m.upn) as "mail!" from member m join role_grant g on g.tenant_id = m.tenant_id and g.member_id = m.member_id
           where m.tenant_id = $1 and g.role = 'global_admin' and m.disabled_at is null and m.removed_at is null order by 1 limit 50"#,
        tenant
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// What the budgets of texts ask, as with the facts of a verification, for one more text of a notice to an address.
pub(crate) async fn find_sends(tx: &mut TenantTx, notice: Uuid, mac: &[u8], now: Timestamp) -> Result<Value, DbError> {
    let tenant = tx.tenant().0;
    let value = sqlx::query_scalar!(
        r#"select json_build_object(
             'member', (select coalesce(json_agg(d.created_at order by d.created_at), '[]') from delivery d
               where d.tenant_id = $1 and d.subject_id = $2 and d.channel in ('sms', 'voice') and d.created_at > $4::timestamptz - interval '15 minutes'),
             'mails', '[]'::json,
             'addresses', (select coalesce(json_agg(x), '[]') from (select d.address_mac as mac, count(*)::int as count, min(d.created_at) as first from delivery d
               where d.tenant_id = $1 and d.created_at > $4::timestamptz - interval '1 hour' and d.address_mac = $3 group by d.address_mac) x),
             'countries', sent_in_a_day($1, $4::timestamptz),
             'prefixes', '[]'::json,
             'routes', '[]'::json,
             'senders', '[]'::json) as "sends!""#,
        tenant,
        notice,
        mac,
        now.to_sqlx() as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(value)
}

/// A text that was handed over, for the budgets.
pub(crate) struct SentText<'a> {
    pub(crate) delivery: Uuid,
    pub(crate) notice: Uuid,
    pub(crate) country: &'a str,
    pub(crate) mac: &'a [u8],
    pub(crate) masked: &'a str,
    pub(crate) provider: ProviderId,
    pub(crate) name: &'a str,
    pub(crate) sender: &'a str,
}

/// Counts a text of a notice. It belongs to no challenge and carries no first digits: whether codes come back is not asked of it.
pub(crate) async fn insert_text(tx: &mut TenantTx, text: &SentText<'_>, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into delivery (delivery_id, tenant_id, challenge_id, attempt_id, subject_id, n, channel, country, address_mac, masked, provider_id, provider, sender,
           status, created_at, run_at, gone_at, handed_at)
         values ($2, $1, $3, $3, $3, 1, 'sms', $4, $5, $6, $7, $8, $9, 'handed', $10, $10, $10, $10)",
        tenant,
        text.delivery,
        text.notice,
        text.country,
        text.mac,
        text.masked,
        text.provider.0,
        text.name,
        text.sender,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a new link brings.
pub(crate) struct NewLink<'a> {
    pub(crate) link: Uuid,
    pub(crate) member: MemberId,
    pub(crate) hash: &'a [u8],
    pub(crate) kind: &'a str,
    pub(crate) since: Timestamp,
    pub(crate) expires: Timestamp,
}

/// Writes the link of a notice; at a second try it is there already.
pub(crate) async fn insert_link(tx: &mut TenantTx, new: &NewLink<'_>) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into notice_link (tenant_id, link_id, member_id, token_hash, kind, since, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, link_id) do nothing",
        tenant,
        new.link,
        new.member.0,
        new.hash,
        new.kind,
        new.since.to_sqlx() as _,
        new.expires.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A link that still works.
pub(crate) struct LinkRow {
    pub(crate) member_id: Uuid,
    pub(crate) kind: String,
    pub(crate) since: Timestamp,
}

pub(crate) async fn find_link(tx: &mut TenantTx, link: Uuid, hash: &[u8], now: Timestamp) -> Result<Option<LinkRow>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select member_id, kind, since from notice_link where tenant_id = $1 and link_id = $2 and token_hash = $3 and used_at is null and expires_at > $4",
        tenant,
        link,
        hash,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| LinkRow {
        member_id: r.member_id,
        kind: r.kind,
        since: r.since.to_jiff(),
    }))
}

/// Uses up a link; false when it was used, has expired or is not one.
pub(crate) async fn set_link_used(tx: &mut TenantTx, link: Uuid, hash: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let used = sqlx::query!(
        "update notice_link set used_at = $4 where tenant_id = $1 and link_id = $2 and token_hash = $3 and used_at is null and expires_at > $4",
        tenant,
        link,
        hash,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Switches off what became a method since a moment, and puts away what waits to become one; tells how many went off.
pub(crate) async fn suspend_methods(tx: &mut TenantTx, member: MemberId, since: Timestamp, now: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let off = sqlx::query!(
        "update method set state = 'off', disabled_reason = 'not_me'
         where tenant_id = $1 and member_id = $2 and (state = 'active' or state = 'off') and confirmed_at >= $3",
        tenant,
        member.0,
        since.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update method set state = 'removed', removed_at = $3, sealed = null where tenant_id = $1 and member_id = $2 and state = 'pending'",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(off.rows_affected())
}

/// Deletes recovery codes that were made since a moment: whoever made them has them.
pub(crate) async fn delete_recovery(tx: &mut TenantTx, member: MemberId, since: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query!(
        "delete from recovery_code where tenant_id = $1 and member_id = $2 and made_at >= $3",
        tenant,
        member.0,
        since.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}

/// A decided sign-in of a member's own.
#[derive(Debug)]
pub(crate) struct OwnSignIn {
    pub(crate) at: Timestamp,
    pub(crate) decision: String,
    pub(crate) second_factor: bool,
    pub(crate) application: Option<String>,
    pub(crate) purpose: String,
}

pub(crate) async fn find_own_sign_in(tx: &mut TenantTx, member: MemberId, session: SessionId, from: Timestamp) -> Result<Option<OwnSignIn>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select occurred_at, decision, second_factor, application, purpose from auth_log
         where tenant_id = $1 and subject_id = $2 and occurred_at >= $4 and session_id = $3 and decision in ('allowed', 'denied')
           and purpose <> 'caller_check'",
        tenant,
        member.0,
        session.to_bits() as i64,
        from.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| OwnSignIn {
        at: r.occurred_at.to_jiff(),
        decision: r.decision,
        second_factor: r.second_factor,
        application: r.application,
        purpose: r.purpose,
    }))
}

/// Which of these sign-ins a member has reported.
pub(crate) async fn list_reported(tx: &mut TenantTx, member: MemberId, sessions: &[SessionId]) -> Result<BTreeSet<SessionId>, DbError> {
    let tenant = tx.tenant().0;
    let bits: Vec<i64> = sessions.iter().map(|session| session.to_bits() as i64).collect();
    let found = sqlx::query_scalar!(
        r#"select session_id as "session!" from audit_log
           where tenant_id = $1 and target_id = $2 and event = 'fraud.reported' and session_id = any($3)"#,
        tenant,
        member.0,
        &bits
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().map(|bits| SessionId::from_bits(bits as u64)).collect())
}

/// Names of what became a method since a moment.
pub(crate) async fn list_methods_since(tx: &mut TenantTx, member: MemberId, since: Timestamp) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "select label from method where tenant_id = $1 and member_id = $2 and (state = 'active' or state = 'off') and confirmed_at >= $3 order by confirmed_at",
        tenant,
        member.0,
        since.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?)
}
