//! Every statement of methods.

use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{MemberId, MethodId, MethodKind};
use uuid::Uuid;

/// A method's row without its secret.
#[derive(Debug, Clone)]
pub(crate) struct MethodRow {
    pub(crate) method_id: Uuid,
    pub(crate) kind: String,
    pub(crate) label: String,
    pub(crate) state: String,
    pub(crate) params: serde_json::Value,
    pub(crate) drift: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) confirmed_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) is_default: bool,
}

pub(crate) async fn list_methods(tx: &mut TenantTx, member: MemberId) -> Result<Vec<MethodRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select x.method_id, x.kind, x.label, x.state, x.params, x.drift, x.created_at, x.confirmed_at, x.last_used_at, x.disabled_reason,
             coalesce(m.default_method = x.method_id, false) as "is_default!"
           from method x join member m on m.tenant_id = x.tenant_id and m.member_id = x.member_id
           where x.tenant_id = $1 and x.member_id = $2 and x.state in ('active', 'off') order by x.confirmed_at, x.method_id"#,
        tenant,
        member.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MethodRow {
            method_id: r.method_id,
            kind: r.kind,
            label: r.label,
            state: r.state,
            params: r.params,
            drift: r.drift,
            created_at: r.created_at.to_jiff(),
            confirmed_at: r.confirmed_at.map(|t| t.to_jiff()),
            last_used_at: r.last_used_at.map(|t| t.to_jiff()),
            disabled_reason: r.disabled_reason,
            is_default: r.is_default,
        })
        .collect())
}

/// Marks what a phone or mailbox that waits for its code is to take the place of.
pub(crate) async fn set_replaces(tx: &mut TenantTx, method: MethodId, old: MethodId) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update method set params = params || jsonb_build_object('replaces', $3::uuid) where tenant_id = $1 and method_id = $2",
        tenant,
        method.0,
        old.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What has been proven and has yet to take a place, and whose: of the same kind and member, as it was when the proof began.
pub(crate) async fn list_replaced(tx: &mut TenantTx, member: MemberId) -> Result<Vec<(MethodId, MethodId)>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select n.method_id as new, o.method_id as old
           from method n
           join method o on o.tenant_id = n.tenant_id and o.member_id = n.member_id and o.kind = n.kind and o.method_id::text = n.params->>'replaces'
         where n.tenant_id = $1 and n.member_id = $2 and n.state = 'active' and o.state in ('active', 'off') and o.method_id <> n.method_id",
        tenant,
        member.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (MethodId(row.new), MethodId(row.old))).collect())
}

/// A member's set of recovery codes.
pub(crate) struct RecoverySet {
    pub(crate) left: i64,
    pub(crate) all: i64,
    pub(crate) made_at: Option<Timestamp>,
    pub(crate) used_at: Option<Timestamp>,
}

/// The set as it stands: how many are left, when it was made and when one was last used.
pub(crate) async fn find_recovery(tx: &mut TenantTx, member: MemberId) -> Result<RecoverySet, DbError> {
    let tenant = tx.tenant().0;
    let r = sqlx::query!(
        r#"select count(*) filter (where used_at is null) as "left!", count(*) as "all!", max(made_at) as made_at, max(used_at) as used_at
           from recovery_code where tenant_id = $1 and member_id = $2"#,
        tenant,
        member.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(RecoverySet {
        left: r.left,
        all: r.all,
        made_at: r.made_at.map(|t| t.to_jiff()),
        used_at: r.used_at.map(|t| t.to_jiff()),
    })
}

pub(crate) async fn replace_recovery(tx: &mut TenantTx, member: MemberId, macs: &[Vec<u8>], now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!("delete from recovery_code where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "insert into recovery_code (tenant_id, member_id, mac, made_at) select $1, $2, m, $4 from unnest($3::bytea[]) m",
        tenant,
        member.0,
        macs,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A method that waits for its first code: id and sealed seed.
pub(crate) struct PendingRow {
    pub(crate) method_id: Uuid,
    pub(crate) sealed: Vec<u8>,
    pub(crate) params: serde_json::Value,
    pub(crate) expires_at: Timestamp,
}

/// The app that waits for whoever was shown its seed, or one that an admin has given the member.
pub(crate) async fn find_pending(tx: &mut TenantTx, member: MemberId, waits_for: Uuid, now: Timestamp) -> Result<Option<PendingRow>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        r#"select method_id, sealed as "sealed!", params, expires_at as "expires_at!" from method
           where tenant_id = $1 and member_id = $2 and state = 'pending' and kind = 'totp' and expires_at > $3 and sealed is not null
             and (waits_for = $4 or waits_for is null) order by waits_for nulls last, created_at desc limit 1"#,
        tenant,
        member.0,
        now.to_sqlx() as _,
        waits_for
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| PendingRow {
        method_id: r.method_id,
        sealed: r.sealed,
        params: r.params,
        expires_at: r.expires_at.to_jiff(),
    }))
}

/// What a new method brings.
pub(crate) struct NewMethodRow<'a> {
    pub(crate) method: MethodId,
    pub(crate) member: MemberId,
    pub(crate) kind: &'a str,
    pub(crate) label: &'a str,
    pub(crate) state: &'a str,
    pub(crate) sealed: &'a [u8],
    pub(crate) params: &'a serde_json::Value,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) confirmed_at: Option<Timestamp>,
    /// The last step or counter that was accepted; -1 before the first.
    pub(crate) last_step: i64,
    /// Steps by which its clock is off.
    pub(crate) drift: i32,
    /// MAC of the number or mailbox.
    pub(crate) address_mac: Option<&'a [u8]>,
    /// The sign-in or session that was shown the seed, for one that waits.
    pub(crate) waits_for: Option<Uuid>,
}

/// Ends what waits: of each who is shown one, one of a kind at a time. A code that is on its way to a phone stays good while the square of an app is looked at,
/// and while another number is asked for to which nothing is sent.
pub(crate) async fn end_pending(tx: &mut TenantTx, member: MemberId, which: Pending, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    let (method, waits_for, kind) = match which {
        Pending::This(method) => (method, None, None),
        Pending::Beside(method, waits_for, kind) => (method, waits_for, Some(kind.as_str())),
    };
    sqlx::query!(
        "update method set state = 'removed', removed_at = $6, sealed = null
         where tenant_id = $1 and member_id = $2 and state = 'pending'
           and case when $5::text is null then method_id = $3 else method_id <> $3 and waits_for is not distinct from $4 and kind = $5 end",
        tenant,
        member.0,
        method.0,
        waits_for,
        kind,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Methods that wait for their proof.
pub(crate) enum Pending {
    /// This one.
    This(MethodId),
    /// All but this one of a kind that the same sign-in or session was shown.
    Beside(MethodId, Option<Uuid>, MethodKind),
}

pub(crate) async fn insert_method(tx: &mut TenantTx, new: &NewMethodRow<'_>, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    // Pending ones that were left behind make room.
    sqlx::query!(
        "update method set state = 'removed', removed_at = $3, sealed = null where tenant_id = $1 and member_id = $2 and state = 'pending' and expires_at <= $3",
        tenant,
        new.member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into method (tenant_id, method_id, member_id, kind, label, state, sealed, params, created_at, expires_at, confirmed_at, last_step, drift, address_mac, waits_for)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        tenant,
        new.method.0,
        new.member.0,
        new.kind,
        new.label,
        new.state,
        new.sealed,
        new.params,
        now.to_sqlx() as _,
        new.expires_at.map(|t| t.to_sqlx()) as _,
        new.confirmed_at.map(|t| t.to_sqlx()) as _,
        new.last_step,
        new.drift,
        new.address_mac,
        new.waits_for
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What can be carried at this moment: channels with a provider that is switched on.
pub(crate) async fn list_channels(tx: &mut TenantTx) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query_scalar!(
        "select distinct channel from delivery_provider where enabled and (tenant_id is null or tenant_id = $1)",
        tenant
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Locks the member's row, so that two changes of methods follow each other.
pub(crate) async fn lock_member(tx: &mut TenantTx, member: MemberId) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "select 1 as one from member where tenant_id = $1 and member_id = $2 for update",
        tenant,
        member.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(())
}

/// Confirms a pending method with the step of its first code; false when it is not pending any more.
pub(crate) async fn set_confirmed(tx: &mut TenantTx, method: MethodId, label: &str, step: i64, drift: i32, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update method set state = 'active', expires_at = null, confirmed_at = $5, last_used_at = $5, last_step = $3, drift = $4, label = $6
         where tenant_id = $1 and method_id = $2 and state = 'pending' and expires_at > $5 and last_step < $3",
        tenant,
        method.0,
        step,
        drift,
        now.to_sqlx() as _,
        label
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn set_removed(tx: &mut TenantTx, member: MemberId, method: MethodId, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update method set state = 'removed', removed_at = $4, sealed = null where tenant_id = $1 and member_id = $2 and method_id = $3 and state in ('active', 'off')",
        tenant,
        member.0,
        method.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    crate::directory::store::return_tokens(tx, member, Some(method)).await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn set_label(tx: &mut TenantTx, member: MemberId, method: MethodId, label: &str) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update method set label = $4 where tenant_id = $1 and member_id = $2 and method_id = $3 and state in ('active', 'off')",
        tenant,
        member.0,
        method.0,
        label
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn set_default(tx: &mut TenantTx, member: MemberId, method: Option<MethodId>) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update member set default_method = $3 where tenant_id = $1 and member_id = $2",
        tenant,
        member.0,
        method.map(|m| m.0)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many other members of the tenant have the numbers and mailboxes of one: by method, looked up by their MACs in one go.
pub(crate) async fn list_shared(tx: &mut TenantTx, member: MemberId) -> Result<Vec<(Uuid, i64)>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select x.method_id, count(distinct o.member_id) as "others!" from method x
           join method o on o.tenant_id = x.tenant_id and o.address_mac = x.address_mac and o.member_id <> x.member_id and o.state in ('active', 'off')
           where x.tenant_id = $1 and x.member_id = $2 and x.address_mac is not null and x.state in ('active', 'off') and o.address_mac is not null
             and o.state <> 'removed' group by x.method_id"#,
        tenant,
        member.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.method_id, r.others)).collect())
}

/// The sealed address of a method that is a phone or mailbox.
pub(crate) async fn find_address(tx: &mut TenantTx, member: MemberId, method: MethodId) -> Result<Option<Vec<u8>>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query_scalar!(
        "select sealed from method where tenant_id = $1 and member_id = $2 and method_id = $3 and kind in ('sms', 'voice', 'email')",
        tenant,
        member.0,
        method.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.flatten())
}
