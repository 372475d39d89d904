//! Every statement of logos.

use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::LogoId;

/// How many there are, and whether this is one of them.
pub(super) async fn count_logos(tx: &mut TenantTx, id: LogoId) -> Result<(i64, bool), DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        r#"select count(*) as "count!", coalesce(bool_or(hash = $2), false) as "known!" from logo where tenant_id = $1"#,
        tenant,
        id.0.as_slice()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.count, row.known))
}

pub(super) async fn insert_logo(tx: &mut TenantTx, id: LogoId, png: &[u8], now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into logo (tenant_id, hash, png, added_at) values ($1, $2, $3, $4)",
        tenant,
        id.0.as_slice(),
        png,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The file of a logo, while the policy in force names it.
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
