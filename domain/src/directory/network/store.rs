//! Every statement of trusted networks. That an address lies in one is looked up by the engine's own load.

use super::NetworkView;
use crate::db::{DbError, TenantTx};
use ipnet::IpNet;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

/// Lets one change of the tenant's list through at a time.
pub(crate) async fn lock_networks(tx: &mut TenantTx) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!("select 1 as one from tenant where tenant_id = $1 for update", tenant)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn count_networks(tx: &mut TenantTx) -> Result<i64, DbError> {
    let tenant = tx.tenant().0;
    Ok(
        sqlx::query_scalar!(r#"select count(*) as "count!" from trusted_network where tenant_id = $1"#, tenant)
            .fetch_one(&mut **tx)
            .await?,
    )
}

pub(crate) async fn list_networks(tx: &mut TenantTx) -> Result<Vec<NetworkView>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select network_id, name, range as "range: IpNet", made_at from trusted_network where tenant_id = $1 order by lower(name), range"#,
        tenant
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| NetworkView {
            id: r.network_id,
            name: r.name,
            range: r.range,
            made_at: r.made_at.to_jiff(),
        })
        .collect())
}

pub(crate) async fn insert_network(tx: &mut TenantTx, new: &NetworkView, by: Option<Uuid>) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into trusted_network (tenant_id, network_id, name, range, made_by, made_at) values ($1, $2, $3, $4, $5, $6)",
        tenant,
        new.id,
        new.name,
        new.range as IpNet,
        by,
        new.made_at.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives it another name; answers the one of before.
pub(crate) async fn set_network_name(tx: &mut TenantTx, network: Uuid, name: &str) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant().0;
    let before = sqlx::query_scalar!(
        "select name from trusted_network where tenant_id = $1 and network_id = $2 for update",
        tenant,
        network
    )
    .fetch_optional(&mut **tx)
    .await?;
    sqlx::query!(
        "update trusted_network set name = $3 where tenant_id = $1 and network_id = $2",
        tenant,
        network,
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(before)
}

/// Deletes it; answers its name and range.
pub(crate) async fn delete_network(tx: &mut TenantTx, network: Uuid) -> Result<Option<(String, IpNet)>, DbError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query!(
        r#"delete from trusted_network where tenant_id = $1 and network_id = $2 returning name, range as "range: IpNet""#,
        tenant,
        network
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(gone.map(|r| (r.name, r.range)))
}
