//! Every statement of logos.

use super::Picture;
use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::LogoId;

pub(crate) async fn count_logos(tx: &mut TenantTx) -> Result<i64, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(r#"select count(*) as "count!" from logo where tenant_id = $1"#, tenant)
        .fetch_one(&mut **tx)
        .await?)
}

/// Keeps one; one that is there already stays as it is.
pub(super) async fn insert_logo(tx: &mut TenantTx, id: LogoId, picture: &Picture, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into logo (tenant_id, hash, png, width, height, added_at) values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, hash) do nothing",
        tenant,
        id.0.as_slice(),
        picture.png,
        picture.width as i32,
        picture.height as i32,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The same, while the policy in force names it.
pub(super) async fn find_shown(tx: &mut TenantTx, id: LogoId) -> Result<Option<Vec<u8>>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "select png from logo where tenant_id = $1 and hash = $2
           and encode(hash, 'hex') = (select p.document #>> '{appearance,logo}' from policy_version p where p.tenant_id = $1 order by p.version desc limit 1)",
        tenant,
        id.0.as_slice()
    )
    .fetch_optional(&mut **tx)
    .await?)
}

pub(crate) async fn find_logo(tx: &mut TenantTx, id: LogoId) -> Result<Option<Vec<u8>>, DbError> {
    let tenant = tx.tenant().0;
    Ok(
        sqlx::query_scalar!("select png from logo where tenant_id = $1 and hash = $2", tenant, id.0.as_slice())
            .fetch_optional(&mut **tx)
            .await?,
    )
}
