//! Every statement of passkeys. Ceremonies and user handles are installation data: they are read before anybody's tenant is known.

use crate::db::{Db, DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{MemberId, TenantId};
use serde_json::Value;
use uuid::Uuid;

/// Most questions that wait for one browser: what more is asked takes the place of the oldest.
const WAITING_MAX: i64 = 8;

/// Keeps the server's half of a question.
pub(crate) async fn save_ceremony(db: &Db, browser: &[u8], purpose: &str, id: Uuid, state: &Value, expires_at: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "with older as (delete from ceremony where ceremony_id in
           (select ceremony_id from ceremony where session_hash = $2 order by expires_at desc, ceremony_id offset $6))
         insert into ceremony (ceremony_id, session_hash, purpose, state, expires_at) values ($1, $2, $3, $4, $5)",
        id,
        browser,
        purpose,
        state,
        expires_at.to_sqlx() as _,
        WAITING_MAX - 1
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Reads a ceremony by deleting it: whatever comes of it, it is good for one answer, of the browser it was asked in.
pub(crate) async fn take_ceremony(db: &Db, browser: &[u8], purpose: &str, id: Uuid, now: Timestamp) -> Result<Option<Value>, DbError> {
    Ok(sqlx::query_scalar!(
        "delete from ceremony where ceremony_id = $1 and session_hash = $2 and purpose = $3 and expires_at > $4 returning state",
        id,
        browser,
        purpose,
        now.to_sqlx() as _
    )
    .fetch_optional(db.pool())
    .await?)
}

/// Ceremonies that nobody finished.
pub(crate) async fn delete_ended(db: &Db, now: Timestamp) -> Result<u64, DbError> {
    Ok(sqlx::query!("delete from ceremony where expires_at <= $1", now.to_sqlx() as _)
        .execute(db.pool())
        .await?
        .rows_affected())
}

/// What a member's passkeys know their owner by: the one there is, or this new one.
pub(crate) async fn handle_of(db: &Db, tenant: TenantId, member: MemberId, new: Uuid, now: Timestamp) -> Result<Uuid, DbError> {
    sqlx::query!(
        "insert into user_handle (user_handle, tenant_id, member_id, made_at) values ($1, $2, $3, $4) on conflict (tenant_id, member_id) do nothing",
        new,
        tenant.0,
        member.0,
        now.to_sqlx() as _
    )
    .execute(db.pool())
    .await?;
    Ok(sqlx::query_scalar!(
        "select user_handle from user_handle where tenant_id = $1 and member_id = $2",
        tenant.0,
        member.0
    )
    .fetch_one(db.pool())
    .await?)
}

/// Whose handle it is.
pub(crate) async fn find_owner(db: &Db, handle: Uuid) -> Result<Option<(TenantId, MemberId)>, DbError> {
    let row = sqlx::query!("select tenant_id, member_id from user_handle where user_handle = $1", handle)
        .fetch_optional(db.pool())
        .await?;
    Ok(row.map(|r| (TenantId(r.tenant_id), MemberId(r.member_id))))
}

/// The parameters of all passkeys that a member has, switched off or not.
pub(crate) async fn list_params(tx: &mut TenantTx, member: MemberId) -> Result<Vec<Value>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "select params from method where tenant_id = $1 and member_id = $2 and kind = 'passkey' and state in ('active', 'off') order by method_id",
        tenant,
        member.0
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Members with a passkey whose model is not in a list (any model when it is empty), or that is not proven where proof is wanted.
pub(crate) async fn count_outside(tx: &mut TenantTx, listed: &[String], proven: bool) -> Result<i64, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        r#"select count(distinct member_id) as "n!" from method where tenant_id = $1 and kind = 'passkey' and state in ('active', 'off')
             and ((cardinality($2::text[]) > 0 and coalesce(params->>'aaguid', '') <> all($2)) or ($3 and coalesce(params->>'attested', 'false') <> 'true'))"#,
        tenant,
        listed,
        proven
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// The metadata that the operator uploaded.
pub(crate) async fn find_metadata(db: &Db) -> Result<Option<Value>, DbError> {
    Ok(sqlx::query_scalar!("select content from fido_metadata").fetch_optional(db.pool()).await?)
}

/// Puts them in place of older ones; of two uploads at once the newer blob stays.
pub(crate) async fn save_metadata(db: &Db, serial: i64, content: &Value, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into fido_metadata (serial, content, uploaded_at) values ($1, $2, $3)
         on conflict (only_one) do update set serial = excluded.serial, content = excluded.content, uploaded_at = excluded.uploaded_at
           where fido_metadata.serial <= excluded.serial",
        serial,
        content,
        now.to_sqlx() as _
    )
    .execute(db.pool())
    .await?;
    Ok(())
}
