//! Every statement of resets.

use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::MemberId;
use uuid::Uuid;

/// A right to set a password that begins.
pub(super) struct NewRight<'a> {
    pub(super) reset: Uuid,
    pub(super) member: MemberId,
    pub(super) session: i64,
    pub(super) hash: &'a [u8],
    pub(super) epoch: i32,
    pub(super) now: Timestamp,
    pub(super) expires: Timestamp,
}

/// Gives a right; an earlier one of the member ends.
pub(super) async fn insert_right(tx: &mut TenantTx, new: &NewRight<'_>) -> Result<(), DbError> {
    crate::directory::store::end_reset_rights(tx, new.member, new.now).await?;
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into password_reset (tenant_id, reset_id, member_id, session_id, token_hash, epoch, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        new.reset,
        new.member.0,
        new.session,
        new.hash,
        new.epoch,
        new.now.to_sqlx() as _,
        new.expires.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose right it is, and in which attempt it was got.
pub(super) struct RightRow {
    pub(super) member: MemberId,
    pub(super) session: i64,
    pub(super) expires_at: Timestamp,
}

/// A right that is good at this moment: not used, not past, and nothing has ended the member's sessions since.
pub(super) async fn find_right(tx: &mut TenantTx, reset: Uuid, hash: &[u8], now: Timestamp) -> Result<Option<RightRow>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select r.member_id, r.session_id, r.expires_at from password_reset r
           join member m on m.tenant_id = r.tenant_id and m.member_id = r.member_id and m.epoch = r.epoch and m.removed_at is null
         where r.tenant_id = $1 and r.reset_id = $2 and r.token_hash = $3 and r.used_at is null and r.expires_at > $4",
        tenant,
        reset,
        hash,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| RightRow {
        member: MemberId(r.member_id),
        session: r.session_id,
        expires_at: r.expires_at.to_jiff(),
    }))
}

/// Uses a right up; false when it is good no more.
pub(super) async fn set_right_used(tx: &mut TenantTx, reset: Uuid, hash: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let used = sqlx::query!(
        "update password_reset r set used_at = $4 from member m
         where r.tenant_id = $1 and r.reset_id = $2 and r.token_hash = $3 and r.used_at is null and r.expires_at > $4
           and m.tenant_id = r.tenant_id and m.member_id = r.member_id and m.epoch = r.epoch and m.removed_at is null",
        tenant,
        reset,
        hash,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Forgets wrong passwords: the one that they were wrong for is gone.
pub(super) async fn delete_password_counters(tx: &mut TenantTx, member: MemberId) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "delete from throttle where tenant_id = $1 and subject_id = $2 and (scope = 'password' or scope like 'password:%')",
        tenant,
        member.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
