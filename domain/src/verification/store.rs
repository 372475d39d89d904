//! Every statement of verification: two.

use super::{commit::Commit, facts::Facts};
use crate::db::{Db, DbError};
use ipnet::IpNet;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{ApiKeyId, AttemptId, MemberId, TenantId};
use std::net::IpAddr;
use uuid::Uuid;

/// What to load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Tenant.
    pub(crate) tenant: TenantId,
    /// REST key.
    pub(crate) key: Option<ApiKeyId>,
    /// Folded UPN, for an attempt that begins.
    pub(crate) upn: Option<&'a str>,
    /// The id that an unknown name has.
    pub(crate) unknown: Option<Uuid>,
    /// The attempt, for one that goes on.
    pub(crate) attempt: Option<AttemptId>,
    /// Hash of the idempotency key.
    pub(crate) idem: Option<&'a [u8]>,
    /// The policy version that is known already.
    pub(crate) policy: Option<i32>,
    /// What has been sent lately, and what there is to send with.
    pub(crate) sends: bool,
    /// The member, for an attempt that begins without a name.
    pub(crate) member: Option<MemberId>,
    /// The address to look for among the trusted networks.
    pub(crate) ip: Option<IpAddr>,
    /// Hash of a remembered device's secret.
    pub(crate) device: Option<&'a [u8]>,
}

impl<'a> Wanted<'a> {
    /// The facts about a name, for an attempt that begins; counted under `unknown` where nobody has it.
    pub(crate) const fn of_name(tenant: TenantId, folded: &'a str, unknown: Uuid) -> Self {
        Self {
            tenant,
            key: None,
            upn: Some(folded),
            unknown: Some(unknown),
            attempt: None,
            idem: None,
            policy: None,
            sends: false,
            member: None,
            ip: None,
            device: None,
        }
    }

    /// The facts about a member, for an attempt that begins without a name.
    pub(crate) const fn of_member(tenant: TenantId, member: MemberId) -> Self {
        Self {
            tenant,
            key: None,
            upn: None,
            unknown: None,
            attempt: None,
            idem: None,
            policy: None,
            sends: false,
            member: Some(member),
            ip: None,
            device: None,
        }
    }

    /// The facts about an attempt that goes on.
    pub(crate) const fn of_attempt(tenant: TenantId, attempt: AttemptId) -> Self {
        Self {
            tenant,
            key: None,
            upn: None,
            unknown: None,
            attempt: Some(attempt),
            idem: None,
            policy: None,
            sends: false,
            member: None,
            ip: None,
            device: None,
        }
    }
}

/// Loads all facts; `None` when there is no such attempt in this tenant and no key either that has to be compared first.
pub(crate) async fn load(db: &Db, wanted: Wanted<'_>, now: Timestamp) -> Result<Option<Facts>, DbError> {
    let document = sqlx::query_scalar!(
        r#"select verification_facts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)::text as "facts""#,
        wanted.tenant.0,
        wanted.key.map(|k| k.0),
        wanted.upn,
        wanted.unknown,
        wanted.attempt.map(|a| a.0),
        wanted.idem,
        wanted.policy,
        wanted.sends,
        now.to_sqlx() as _,
        wanted.member.map(|m| m.0),
        wanted.ip.map(IpNet::from) as Option<IpNet>,
        wanted.device,
    )
    .fetch_one(db.pool())
    .await?;
    let Some(document) = document else { return Ok(None) };
    serde_json::from_str(&document)
        .map(Some)
        .map_err(|error| DbError::Refused(sqlx::Error::Decode(error.into())))
}

/// Writes all effects, or none.
pub(crate) async fn commit(db: &Db, commit: &Commit) -> Result<(), DbError> {
    let document = serde_json::value::to_raw_value(commit).map_err(|error| DbError::Refused(sqlx::Error::Encode(error.into())))?;
    sqlx::query!("select verification_commit($1::text::jsonb)", document.get())
        .execute(db.pool())
        .await?;
    Ok(())
}

/// Attempts of a tenant that have ended: without a step since a moment, or whose sent code has run out; oldest first.
pub(crate) async fn list_expired(db: &Db, tenant: TenantId, before: Timestamp, now: Timestamp) -> Result<Vec<AttemptId>, DbError> {
    let mut tx = db.tenant(tenant).await?;
    let rows = sqlx::query_scalar!(
        "select a.attempt_id from attempt a left join lateral (select c.code_sealed, c.spent_at, c.expires_at from challenge c
             where c.tenant_id = a.tenant_id and c.attempt_id = a.attempt_id order by c.created_at desc, c.challenge_id desc limit 1) c on true
         where a.tenant_id = $1 and a.stage <> 'decided' and (a.last_step_at <= $2
           or (a.stage = 'second' and c.code_sealed is not null and c.spent_at is null and c.expires_at <= $3))
         order by a.last_step_at limit 500",
        tenant.0,
        before.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(AttemptId).collect())
}

/// The hash of the PIN of the member whose attempt it is, where there is one.
pub(crate) async fn find_call_pin(db: &Db, tenant: TenantId, attempt: AttemptId) -> Result<Option<String>, DbError> {
    let mut tx = db.tenant(tenant).await?;
    let phc = sqlx::query_scalar!(
        "select p.phc from attempt a join call_pin p on p.tenant_id = a.tenant_id and p.member_id = a.member_id
         where a.tenant_id = $1 and a.attempt_id = $2",
        tenant.0,
        attempt.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(phc)
}
