//! Every statement of emergency keys.

use super::EmergencyKeyView;
use crate::{
    db::{DbError, TenantTx},
    verification::rules::Counter,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::MemberId;
use uuid::Uuid;

/// A key that is good.
pub(super) struct Emergency {
    pub(super) id: Uuid,
    pub(super) mac: Vec<u8>,
}

pub(super) async fn find_key(tx: &mut TenantTx, subject: Uuid, now: Timestamp) -> Result<Option<Emergency>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select key_id, mac from emergency_key where tenant_id = $1 and member_id = $2 and ended_at is null and used_at is null and valid_until > $3",
        tenant,
        subject,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| Emergency { id: r.key_id, mac: r.mac }))
}

pub(super) async fn insert_key(tx: &mut TenantTx, key: Uuid, member: MemberId, mac: &[u8], now: Timestamp, valid_until: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into emergency_key (tenant_id, key_id, member_id, mac, made_at, valid_until) values ($1, $2, $3, $4, $5, $6)",
        tenant,
        key,
        member.0,
        mac,
        now.to_sqlx() as _,
        valid_until.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a member's key; tells how many that were not used.
pub(super) async fn end_keys(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let ended = sqlx::query!(
        "update emergency_key set ended_at = $3 where tenant_id = $1 and member_id = $2 and ended_at is null",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected())
}

/// Uses a key up; false when another transaction was first.
pub(super) async fn set_used(tx: &mut TenantTx, key: Uuid, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let used = sqlx::query!(
        "update emergency_key set used_at = $3 where tenant_id = $1 and key_id = $2 and used_at is null and ended_at is null",
        tenant,
        key,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(used.rows_affected() == 1)
}

pub(super) async fn list_keys(tx: &mut TenantTx) -> Result<Vec<EmergencyKeyView>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select m.upn, k.made_at, k.valid_until, k.used_at from emergency_key k
         join member m on m.tenant_id = k.tenant_id and m.member_id = k.member_id
         where k.tenant_id = $1 and k.ended_at is null and m.removed_at is null order by m.upn",
        tenant
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| EmergencyKeyView {
            upn: r.upn,
            made_at: r.made_at.to_jiff(),
            valid_until: r.valid_until.to_jiff(),
            used_at: r.used_at.map(|t| t.to_jiff()),
        })
        .collect())
}

/// Passkeys and recovery codes: what an ordinary re-registration leaves.
pub(super) async fn remove_the_rest(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update method set state = 'removed', removed_at = $3, sealed = null where tenant_id = $1 and member_id = $2 and state <> 'removed'",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from recovery_code where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The counter of a source, locked until the transaction ends.
pub(super) async fn lock_counter(tx: &mut TenantTx, subject: Uuid, scope: &str) -> Result<Counter, DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into throttle (tenant_id, subject_id, scope) values ($1, $2, $3) on conflict do nothing",
        tenant,
        subject,
        scope
    )
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query!(
        "select in_row, level, wait_until, last_at from throttle where tenant_id = $1 and subject_id = $2 and scope = $3 for update",
        tenant,
        subject,
        scope
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Counter {
        in_row: row.in_row,
        recent: Vec::new(),
        level: row.level,
        wait_until: row.wait_until.map(|t| t.to_jiff()),
        last_at: row.last_at.map(|t| t.to_jiff()),
    })
}

pub(super) async fn write_counter(tx: &mut TenantTx, subject: Uuid, scope: &str, counter: &Counter) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update throttle set version = version + 1, in_row = $4, level = $5, wait_until = $6, last_at = $7
         where tenant_id = $1 and subject_id = $2 and scope = $3",
        tenant,
        subject,
        scope,
        counter.in_row,
        counter.level,
        counter.wait_until.map(|t| t.to_sqlx()) as _,
        counter.last_at.map(|t| t.to_sqlx()) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
