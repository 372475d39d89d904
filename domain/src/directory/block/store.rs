//! Every statement of blocks and bypasses that an admin begins or ends. The engine's own stand in its two calls.

use super::BypassView;
use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{BLOCKS_SHOWN, MemberId};
use uuid::Uuid;

/// A block as stored.
pub(crate) struct BlockRow {
    pub(crate) cause: String,
    pub(crate) reason: String,
    pub(crate) blocked_at: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) end_reason: Option<String>,
}

/// Lets one change of a member's blocks and bypasses through at a time.
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

/// Lets every decision under way see that facts have changed.
pub(crate) async fn stir(tx: &mut TenantTx, member: MemberId) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update throttle set version = version + 1 where tenant_id = $1 and subject_id = $2 and scope = 'guard'",
        tenant,
        member.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The cause of a block that an admin decided on.
pub(crate) const ADMIN: &str = "admin";
/// The cause of one that followed from a member's own report.
pub(crate) const FRAUD_REPORT: &str = "fraud_report";

/// Blocks a member, for one of the causes above.
pub(crate) async fn insert_block(
    tx: &mut TenantTx,
    block: Uuid,
    member: MemberId,
    (cause, reason): (&str, &str),
    by: Option<Uuid>,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into block (tenant_id, block_id, member_id, cause, reason, blocked_by, blocked_at, until) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        block,
        member.0,
        cause,
        reason,
        by,
        now.to_sqlx() as _,
        until.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends every block that holds; tells how many.
pub(crate) async fn end_blocks(tx: &mut TenantTx, member: MemberId, by: Option<Uuid>, reason: &str, now: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let ended = sqlx::query!(
        "update block set ended_at = $3, ended_by = $4, end_reason = $5 where tenant_id = $1 and member_id = $2 and ended_at is null and until > $3",
        tenant,
        member.0,
        now.to_sqlx() as _,
        by,
        reason
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected())
}

/// A member's blocks, newest first.
pub(crate) async fn list_blocks(tx: &mut TenantTx, member: MemberId) -> Result<Vec<BlockRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select cause, reason, blocked_at, until, ended_at, end_reason from block where tenant_id = $1 and member_id = $2
         order by ended_at is not null, blocked_at desc, block_id desc limit $3",
        tenant,
        member.0,
        BLOCKS_SHOWN
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| BlockRow {
            cause: r.cause,
            reason: r.reason,
            blocked_at: r.blocked_at.to_jiff(),
            until: r.until.to_jiff(),
            ended_at: r.ended_at.map(|t| t.to_jiff()),
            end_reason: r.end_reason,
        })
        .collect())
}

pub(crate) async fn insert_bypass(
    tx: &mut TenantTx,
    bypass: Uuid,
    member: MemberId,
    reason: &str,
    by: Option<Uuid>,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into bypass (tenant_id, bypass_id, member_id, reason, opened_by, opened_at, until) values ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        bypass,
        member.0,
        reason,
        by,
        now.to_sqlx() as _,
        until.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends every bypass that nobody has used; tells how many.
pub(crate) async fn end_bypasses(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let ended = sqlx::query!(
        "update bypass set ended_at = $3 where tenant_id = $1 and member_id = $2 and ended_at is null and used_at is null and until > $3",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected())
}

/// The bypass that is open.
pub(crate) async fn find_bypass(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<Option<BypassView>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select reason, opened_at, until from bypass
         where tenant_id = $1 and member_id = $2 and ended_at is null and used_at is null and until > $3 order by until desc limit 1",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| BypassView {
        reason: r.reason,
        opened_at: r.opened_at.to_jiff(),
        until: r.until.to_jiff(),
    }))
}
