//! Every statement of app passwords.

use super::AppPasswordView;
use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::MemberId;
use uuid::Uuid;

pub(crate) async fn list(tx: &mut TenantTx, member: MemberId) -> Result<Vec<AppPasswordView>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select app_password_id, label, made_at, last_used_at, last_used_ip, last_protocol from app_password
         where tenant_id = $1 and member_id = $2 and ended_at is null order by made_at, app_password_id",
        tenant,
        member.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| AppPasswordView {
            id: r.app_password_id,
            label: r.label,
            made_at: r.made_at.to_jiff(),
            last_used_at: r.last_used_at.map(|t| t.to_jiff()),
            last_used_ip: r.last_used_ip,
            last_protocol: r.last_protocol,
        })
        .collect())
}

pub(crate) async fn insert(tx: &mut TenantTx, id: Uuid, member: MemberId, label: &str, mac: &[u8], now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into app_password (tenant_id, app_password_id, member_id, label, mac, made_at) values ($1, $2, $3, $4, $5, $6)",
        tenant,
        id,
        member.0,
        label,
        mac,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends one app password; its label, if there was one.
pub(crate) async fn end(tx: &mut TenantTx, member: MemberId, id: Uuid, now: Timestamp) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "update app_password set ended_at = $4 where tenant_id = $1 and member_id = $2 and app_password_id = $3 and ended_at is null returning label",
        tenant,
        member.0,
        id,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Ends every app password of a member; their labels.
pub(crate) async fn end_all(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "update app_password set ended_at = $3 where tenant_id = $1 and member_id = $2 and ended_at is null returning label",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Marks an app password as used; false when there is none with this MAC.
pub(crate) async fn set_used(tx: &mut TenantTx, member: MemberId, mac: &[u8], address: Option<&str>, protocol: &str, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let used = sqlx::query!(
        "update app_password set last_used_at = $4, last_used_ip = $5, last_protocol = $6
         where tenant_id = $1 and member_id = $2 and mac = $3 and ended_at is null",
        tenant,
        member.0,
        mac,
        now.to_sqlx() as _,
        address,
        protocol
    )
    .execute(&mut **tx)
    .await?;
    Ok(used.rows_affected() == 1)
}
