//! Every statement of sessions. The table is installation data: a session is read before its tenant is known.

use crate::db::{Db, DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{Appearance, MemberId, MethodId, MethodKind, Profile, Role, TenantId};
use serde::Deserialize;
use uuid::Uuid;

/// A session as it is opened.
#[derive(Debug, Deserialize)]
pub(crate) struct SessionFacts {
    pub(crate) tenant_id: Option<TenantId>,
    pub(crate) member_id: Option<MemberId>,
    pub(crate) attempt_id: Option<Uuid>,
    pub(crate) stage: super::SessionStage,
    pub(crate) level: u8,
    pub(crate) factor_at: Option<Timestamp>,
    pub(crate) factor_kind: Option<MethodKind>,
    pub(crate) handle: Uuid,
    pub(crate) note: super::SessionNote,
    pub(crate) tenant: Option<SessionTenant>,
    pub(crate) member: Option<SessionMember>,
}

/// The tenant of a session, for the page's frame.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SessionTenant {
    /// Short name.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Standard or strict.
    pub profile: Profile,
    /// IANA time zone.
    pub time_zone: String,
    /// `en` or `nl`.
    pub locale: String,
    /// How the members' pages look.
    #[serde(default)]
    pub appearance: Option<Appearance>,
}

/// The member of a session, for the page's frame.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SessionMember {
    /// Sign-in name.
    pub upn: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// Roles above member.
    pub roles: Vec<Role>,
    /// Operator of the installation.
    pub operator: bool,
}

pub(crate) async fn open(db: &Db, hash: &[u8], now: Timestamp) -> Result<Option<SessionFacts>, DbError> {
    let document = sqlx::query_scalar!(r#"select session_open($1, $2)::text as "session""#, hash, now.to_sqlx() as _)
        .fetch_one(db.pool())
        .await?;
    let Some(document) = document else { return Ok(None) };
    serde_json::from_str(&document)
        .map(Some)
        .map_err(|error| DbError::Refused(sqlx::Error::Decode(error.into())))
}

pub(crate) async fn insert(db: &Db, hash: &[u8], new: &super::NewSession, handle: Uuid, now: Timestamp, ends: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into session (id_hash, tenant_id, member_id, attempt_id, stage, level, epoch, auth_at, factor_at, created_at, seen_at, idle_seconds, ends_at, client_ip,
           user_agent, handle, data, factor_kind)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, least($11, (select $18::int from tenant where tenant_id = $2 and profile = 'strict')), $12, $13, $14, $15, $16, $17)",
        hash,
        new.tenant.map(|t| t.0),
        new.member.map(|m| m.0),
        new.attempt.map(|a| a.0),
        new.stage.as_str(),
        i16::from(new.level),
        new.epoch,
        new.auth_at.map(|t| t.to_sqlx()) as _,
        new.factor_at.map(|t| t.to_sqlx()) as _,
        now.to_sqlx() as _,
        new.idle_seconds(),
        ends.to_sqlx() as _,
        new.client.address.map(|a| a.to_string()),
        new.client.agent.as_deref(),
        handle,
        serde_json::to_value(&new.note).unwrap_or_default(),
        new.factor.map(|kind| kind.as_str()),
        super::IDLE_SECONDS
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

pub(crate) async fn exists(db: &Db, hash: &[u8], now: Timestamp) -> Result<bool, DbError> {
    Ok(sqlx::query_scalar!(
        r#"select exists(select 1 from session where id_hash = $1 and ends_at > $2 and seen_at + make_interval(secs => idle_seconds) > $2) as "exists!""#,
        hash,
        now.to_sqlx() as _
    )
    .fetch_one(db.pool())
    .await?)
}

pub(crate) async fn delete(db: &Db, hash: &[u8]) -> Result<(), DbError> {
    sqlx::query!("delete from session where id_hash = $1", hash).execute(db.pool()).await?;
    Ok(())
}

/// A session in the list of the member's own.
pub(crate) struct SessionListRow {
    pub(crate) handle: Uuid,
    pub(crate) created_at: Timestamp,
    pub(crate) seen_at: Timestamp,
    pub(crate) client_ip: Option<String>,
    pub(crate) user_agent: Option<String>,
}

pub(crate) async fn list(db: &Db, tenant: TenantId, member: MemberId, now: Timestamp) -> Result<Vec<SessionListRow>, DbError> {
    let rows = sqlx::query!(
        "select s.handle, s.created_at, s.seen_at, s.client_ip, s.user_agent from session s
         where s.tenant_id = $1 and s.member_id = $2 and s.stage = 'full' and s.ends_at > $3 and s.seen_at + make_interval(secs => s.idle_seconds) > $3
         order by s.seen_at desc limit 100",
        tenant.0,
        member.0,
        now.to_sqlx() as _
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| SessionListRow {
            handle: r.handle,
            created_at: r.created_at.to_jiff(),
            seen_at: r.seen_at.to_jiff(),
            client_ip: r.client_ip,
            user_agent: r.user_agent,
        })
        .collect())
}

pub(crate) async fn delete_by_handle(db: &Db, tenant: TenantId, member: MemberId, handle: Uuid) -> Result<bool, DbError> {
    let gone = sqlx::query!(
        "delete from session where tenant_id = $1 and member_id = $2 and handle = $3",
        tenant.0,
        member.0,
        handle
    )
    .execute(db.pool())
    .await?;
    Ok(gone.rows_affected() == 1)
}

/// Ends every session of a member but one.
pub(crate) async fn delete_others(db: &Db, tenant: TenantId, member: MemberId, keep: Uuid) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from session where tenant_id = $1 and member_id = $2 and handle <> $3",
        tenant.0,
        member.0,
        keep
    )
    .execute(db.pool())
    .await?;
    Ok(gone.rows_affected())
}

/// Ends every session that came of one attempt.
pub(crate) async fn delete_of_attempt(db: &Db, tenant: TenantId, attempt: Uuid) -> Result<(), DbError> {
    sqlx::query!(
        "delete from session where tenant_id = $1 and attempt_id = $2 and stage <> 'full'",
        tenant.0,
        attempt
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Deletes sessions that have ended, a batch at a time.
pub(crate) async fn delete_ended(db: &Db, now: Timestamp) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from session where id_hash in (select id_hash from session where ends_at <= $1 or seen_at + make_interval(secs => idle_seconds) <= $1 limit 1000)",
        now.to_sqlx() as _
    )
    .execute(db.pool())
    .await?;
    Ok(gone.rows_affected())
}

/// The stored hash of a member's password; nothing for nobody.
pub(crate) async fn find_password(db: &Db, tenant: TenantId, member: Option<MemberId>) -> Result<Option<String>, DbError> {
    let mut tx = db.tenant(tenant).await?;
    let phc = sqlx::query_scalar!(
        "select phc from password where tenant_id = $1 and member_id = $2",
        tenant.0,
        member.map(|m| m.0)
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(phc)
}

/// A remembered browser that counts.
pub(crate) struct DeviceListRow {
    pub(crate) device: Uuid,
    pub(crate) hash: Vec<u8>,
    pub(crate) agent: String,
    pub(crate) made_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn list_devices(db: &Db, tenant: TenantId, member: MemberId, now: Timestamp) -> Result<Vec<DeviceListRow>, DbError> {
    let mut tx = db.tenant(tenant).await?;
    let rows = sqlx::query!(
        "select d.device_id, d.hash, d.agent, d.made_at, d.last_used_at, d.expires_at from remembered_device d
           join member m on m.tenant_id = d.tenant_id and m.member_id = d.member_id and m.epoch = d.epoch
         where d.tenant_id = $1 and d.member_id = $2 and d.ended_at is null and d.expires_at > $3 order by d.made_at desc limit 50",
        tenant.0,
        member.0,
        now.to_sqlx() as _
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows
        .into_iter()
        .map(|r| DeviceListRow {
            device: r.device_id,
            hash: r.hash,
            agent: r.agent,
            made_at: r.made_at.to_jiff(),
            last_used_at: r.last_used_at.map(|t| t.to_jiff()),
            expires_at: r.expires_at.to_jiff(),
        })
        .collect())
}

pub(crate) async fn end_device(tx: &mut TenantTx, member: MemberId, device: Uuid, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let ended = sqlx::query!(
        "update remembered_device set ended_at = $4 where tenant_id = $1 and member_id = $2 and device_id = $3 and ended_at is null",
        tenant,
        member.0,
        device,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Takes methods out of use that their member has lost; kind and name of each.
pub(crate) async fn suspend_lost(tx: &mut TenantTx, member: MemberId, methods: &[MethodId]) -> Result<Vec<(MethodKind, String)>, DbError> {
    let tenant = tx.tenant().0;
    let ids: Vec<Uuid> = methods.iter().map(|id| id.0).collect();
    let gone = sqlx::query!(
        "update method set state = 'off', disabled_reason = 'lost'
         where tenant_id = $1 and member_id = $2 and method_id = any($3) and state = 'active' returning kind, label",
        tenant,
        member.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gone.into_iter().filter_map(|r| Some((MethodKind::from_text(&r.kind)?, r.label))).collect())
}

/// Takes a method into use again that was reported as lost; its name.
pub(crate) async fn set_found(tx: &mut TenantTx, member: MemberId, method: MethodId) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "update method set state = 'active', disabled_reason = null
         where tenant_id = $1 and member_id = $2 and method_id = $3 and state = 'off' and disabled_reason = 'lost' returning label",
        tenant,
        member.0,
        method.0
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Ends the sessions of a member but the one that is kept.
pub(crate) async fn delete_others_in(tx: &mut TenantTx, member: MemberId, keep: Option<Uuid>) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query!(
        "delete from session where tenant_id = $1 and member_id = $2 and handle is distinct from $3",
        tenant,
        member.0,
        keep
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}
