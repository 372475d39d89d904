//! Every statement of the PIN of calls.

use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::MemberId;

/// Lets one change of a member's PIN through at a time, and lets every decision under way see that facts have changed.
pub(crate) async fn lock(tx: &mut TenantTx, member: MemberId) -> Result<(), DbError> {
    crate::directory::block::store::lock_member(tx, member).await?;
    crate::directory::block::store::stir(tx, member).await
}

/// Since when a member has one.
pub(crate) async fn find_set_at(tx: &mut TenantTx, member: MemberId) -> Result<Option<Timestamp>, DbError> {
    let tenant = tx.tenant().0;
    let at = sqlx::query_scalar!("select set_at from call_pin where tenant_id = $1 and member_id = $2", tenant, member.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(at.map(|at| at.to_jiff()))
}

/// Keeps a PIN in place of the one before.
pub(crate) async fn set(tx: &mut TenantTx, member: MemberId, phc: &str, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into call_pin (tenant_id, member_id, phc, set_at) values ($1, $2, $3, $4)
         on conflict (tenant_id, member_id) do update set phc = excluded.phc, set_at = excluded.set_at",
        tenant,
        member.0,
        phc,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets a PIN that was chosen since a moment.
pub(crate) async fn delete_since(tx: &mut TenantTx, member: MemberId, since: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "delete from call_pin where tenant_id = $1 and member_id = $2 and set_at >= $3",
        tenant,
        member.0,
        since.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
