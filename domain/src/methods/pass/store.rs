//! Every statement of passes.

use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::MemberId;
use uuid::Uuid;

/// A pass without its MAC.
pub(crate) struct PassRow {
    pub(crate) one_time: bool,
    pub(crate) valid_from: Timestamp,
    pub(crate) valid_until: Timestamp,
    pub(crate) made_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// The pass that was neither replaced nor taken back.
pub(crate) async fn find_pass(tx: &mut TenantTx, member: MemberId) -> Result<Option<PassRow>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select one_time, valid_from, valid_until, made_at, used_at, last_used_at from access_pass
         where tenant_id = $1 and member_id = $2 and ended_at is null",
        tenant,
        member.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| PassRow {
        one_time: r.one_time,
        valid_from: r.valid_from.to_jiff(),
        valid_until: r.valid_until.to_jiff(),
        made_at: r.made_at.to_jiff(),
        used_at: r.used_at.map(|t| t.to_jiff()),
        last_used_at: r.last_used_at.map(|t| t.to_jiff()),
    }))
}

/// What a new pass brings.
pub(crate) struct NewPassRow<'a> {
    pub(crate) pass: Uuid,
    pub(crate) member: MemberId,
    pub(crate) mac: &'a [u8],
    pub(crate) one_time: bool,
    pub(crate) valid_from: Timestamp,
    pub(crate) valid_until: Timestamp,
    pub(crate) made_by: Option<Uuid>,
}

pub(crate) async fn insert_pass(tx: &mut TenantTx, new: &NewPassRow<'_>, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into access_pass (tenant_id, pass_id, member_id, mac, one_time, valid_from, valid_until, made_by, made_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        new.pass,
        new.member.0,
        new.mac,
        new.one_time,
        new.valid_from.to_sqlx() as _,
        new.valid_until.to_sqlx() as _,
        new.made_by,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
