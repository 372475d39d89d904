//! Every statement of the directory.

use crate::{
    db::{Db, DbError, TenantTx},
    directory::ApiKeyView,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{ApiKeyId, MemberId, MethodId, MethodKind, TenantId};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

/// A tenant's row.
#[derive(Debug, Clone)]
pub(crate) struct TenantRow {
    pub(crate) tenant_id: Uuid,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) profile: String,
    pub(crate) time_zone: String,
    pub(crate) locale: String,
    pub(crate) retention_days: i32,
    pub(crate) suspended: bool,
    pub(crate) domains: Vec<String>,
    pub(crate) created_at: Timestamp,
}

pub(crate) async fn find_tenant_by_slug(db: &Db, slug: &str) -> Result<Option<Uuid>, DbError> {
    Ok(sqlx::query_scalar!("select tenant_id from tenant where slug = $1", slug)
        .fetch_optional(db.pool())
        .await?)
}

pub(crate) async fn find_tenant_by_domain(db: &Db, domain: &str) -> Result<Option<Uuid>, DbError> {
    Ok(sqlx::query_scalar!("select tenant_id from tenant_domain where domain = $1", domain)
        .fetch_optional(db.pool())
        .await?)
}

pub(crate) async fn list_tenants(db: &Db, only: Option<Uuid>) -> Result<Vec<TenantRow>, DbError> {
    let rows = sqlx::query!(
        r#"select tenant_id, slug, name, profile, time_zone, locale, retention_days, suspended_at is not null as "suspended!", created_at,
             array(select domain from tenant_domain d where d.tenant_id = t.tenant_id order by domain) as "domains!"
           from tenant t where $1::uuid is null or tenant_id = $1 order by name, tenant_id"#,
        only
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| TenantRow {
            tenant_id: r.tenant_id,
            slug: r.slug,
            name: r.name,
            profile: r.profile,
            time_zone: r.time_zone,
            locale: r.locale,
            retention_days: r.retention_days,
            suspended: r.suspended,
            domains: r.domains,
            created_at: r.created_at.to_jiff(),
        })
        .collect())
}

pub(crate) async fn insert_tenant(tx: &mut TenantTx, slug: &str, name: &str, profile: &str, locale: &str, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into tenant (tenant_id, slug, name, profile, locale, created_at) values ($1, $2, $3, $4, $5, $6)",
        tenant,
        slug,
        name,
        profile,
        locale,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_domain(tx: &mut TenantTx, domain: &str) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!("insert into tenant_domain (domain, tenant_id) values ($1, $2)", domain, tenant)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn insert_tenant_key(tx: &mut TenantTx, version: i32, wrapped: &[u8], now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into tenant_key (tenant_id, version, wrapped, created_at) values ($1, $2, $3, $4)",
        tenant,
        version,
        wrapped,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn find_tenant_key(tx: &mut TenantTx) -> Result<Option<(i32, Vec<u8>)>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select version, wrapped from tenant_key where tenant_id = $1 order by version desc limit 1",
        tenant
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.and_then(|r| r.wrapped.map(|wrapped| (r.version, wrapped))))
}

pub(crate) async fn insert_policy(tx: &mut TenantTx, version: i32, document: &serde_json::Value, by: Option<Uuid>, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into policy_version (tenant_id, version, document, published_by, published_at) values ($1, $2, $3, $4, $5)",
        tenant,
        version,
        document,
        by,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The profile of the tenant and the policy in force, kept from everybody else who would publish the next one until the transaction ends.
pub(crate) async fn lock_policy(tx: &mut TenantTx) -> Result<(String, Option<(i32, serde_json::Value)>), DbError> {
    let tenant = tx.tenant().0;
    let profile = sqlx::query_scalar!("select profile from tenant where tenant_id = $1 for no key update", tenant)
        .fetch_one(&mut **tx)
        .await?;
    Ok((profile, find_policy(tx).await?))
}

pub(crate) async fn find_policy(tx: &mut TenantTx) -> Result<Option<(i32, serde_json::Value)>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select version, document from policy_version where tenant_id = $1 order by version desc limit 1",
        tenant
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| (r.version, r.document)))
}

/// What a new member brings.
#[derive(Debug)]
pub(crate) struct NewMemberRow<'a> {
    pub(crate) member: Uuid,
    pub(crate) upn: &'a str,
    pub(crate) upn_folded: &'a str,
    pub(crate) given_name: Option<&'a str>,
    pub(crate) family_name: Option<&'a str>,
    pub(crate) mail: Option<&'a str>,
    pub(crate) locale: Option<&'a str>,
}

pub(crate) async fn insert_member(tx: &mut TenantTx, new: &NewMemberRow<'_>, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into member (tenant_id, member_id, upn, upn_folded, given_name, family_name, mail, locale, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        new.member,
        new.upn,
        new.upn_folded,
        new.given_name,
        new.family_name,
        new.mail,
        new.locale,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_subject_key(tx: &mut TenantTx, subject: Uuid, wrapped: &[u8], now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into subject_key (tenant_id, subject_id, wrapped, created_at) values ($1, $2, $3, $4)",
        tenant,
        subject,
        wrapped,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn find_subject_key(tx: &mut TenantTx, subject: Uuid) -> Result<Option<Vec<u8>>, DbError> {
    let tenant = tx.tenant().0;
    Ok(
        sqlx::query_scalar!("select wrapped from subject_key where tenant_id = $1 and subject_id = $2", tenant, subject)
            .fetch_optional(&mut **tx)
            .await?
            .flatten(),
    )
}

pub(crate) async fn find_member_id(tx: &mut TenantTx, upn_folded: &str) -> Result<Option<Uuid>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "select member_id from member where tenant_id = $1 and upn_folded = $2 and removed_at is null",
        tenant,
        upn_folded
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// A member as the console shows it.
#[derive(Debug, Clone)]
pub(crate) struct MemberRow {
    pub(crate) member_id: Uuid,
    pub(crate) upn: String,
    pub(crate) upn_folded: String,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) mail: Option<String>,
    pub(crate) mfa_state: String,
    pub(crate) locale: Option<String>,
    pub(crate) disabled: bool,
    pub(crate) default_method: Option<Uuid>,
    pub(crate) last_sign_in_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) roles: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) methods: Vec<MethodBrief>,
    pub(crate) recovery_left: i64,
    pub(crate) locked_until: Option<Timestamp>,
    pub(crate) wrong_in_row: i32,
    pub(crate) operator: bool,
    pub(crate) has_password: bool,
    pub(crate) blocked: bool,
}

/// A method in a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct MethodBrief {
    pub(crate) kind: model::MethodKind,
    pub(crate) state: String,
    /// Its own life is over.
    pub(crate) past: bool,
}

/// Which members to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemberFilter<'a> {
    /// Only this one.
    pub(crate) member: Option<Uuid>,
    /// Part of name or UPN, lower case.
    pub(crate) text: Option<&'a str>,
    /// Stored state.
    pub(crate) state: Option<&'a str>,
    /// Exactly so many usable methods: 0 or 1.
    pub(crate) methods: Option<i64>,
    /// Kinds that count as such.
    pub(crate) factors: &'a [String],
    /// Only locked ones.
    pub(crate) locked: bool,
    /// After this folded UPN and id.
    pub(crate) after: Option<(&'a str, Uuid)>,
}

pub(crate) async fn list_members(tx: &mut TenantTx, filter: &MemberFilter<'_>, limit: i64, now: Timestamp) -> Result<Vec<MemberRow>, DbError> {
    let tenant = tx.tenant().0;
    let (after_upn, after_id) = filter.after.map_or((None, None), |(upn, id)| (Some(upn), Some(id)));
    let rows = sqlx::query!(
        r#"select m.member_id, m.upn, m.upn_folded, m.given_name, m.family_name, m.mail, m.mfa_state, m.locale, m.disabled_at is not null as "disabled!", m.default_method,
             m.last_sign_in_at, m.created_at,
             array(select role from role_grant r where r.tenant_id = m.tenant_id and r.member_id = m.member_id order by role) as "roles!",
             array(select g.name from group_member gm join "group" g on g.tenant_id = gm.tenant_id and g.group_id = gm.group_id
                   where gm.tenant_id = m.tenant_id and gm.member_id = m.member_id order by g.name) as "groups!",
             (select coalesce(json_agg(json_build_object('kind', x.kind, 'state', x.state,
               'past', coalesce((x.params->>'valid_until')::timestamptz <= $8, false)) order by x.method_id), '[]') from method x
              where x.tenant_id = m.tenant_id and x.member_id = m.member_id and x.state in ('active', 'off')) as "methods!: Json<Vec<MethodBrief>>",
             (select count(*) from recovery_code c where c.tenant_id = m.tenant_id and c.member_id = m.member_id and c.used_at is null) as "recovery_left!",
             (select t.wait_until from throttle t where t.tenant_id = m.tenant_id and t.subject_id = m.member_id and t.scope = 'guard' and t.wait_until > $8) as locked_until,
             coalesce((select t.in_row from throttle t where t.tenant_id = m.tenant_id and t.subject_id = m.member_id and t.scope = 'guard'), 0) as "wrong_in_row!",
             exists(select 1 from operator o where o.tenant_id = m.tenant_id and o.member_id = m.member_id) as "operator!",
             exists(select 1 from password p where p.tenant_id = m.tenant_id and p.member_id = m.member_id) as "has_password!",
             exists(select 1 from block b where b.tenant_id = m.tenant_id and b.member_id = m.member_id and b.ended_at is null and b.until > $8) as "blocked!"
           from member m
           where m.tenant_id = $1 and m.removed_at is null
             and ($2::uuid is null or m.member_id = $2)
             and ($3::text is null or position($3 in m.upn_folded) > 0 or position($3 in lower(coalesce(m.given_name, '') || ' ' || coalesce(m.family_name, ''))) > 0)
             and ($4::text is null or m.mfa_state = $4)
             and ($5::bigint is null or (select count(*) from method x where x.tenant_id = m.tenant_id and x.member_id = m.member_id and x.state = 'active'
               and x.kind = any($11) and (x.params->>'valid_until')::timestamptz <= $8 is not true) = $5)
             and ($6::text is null or (m.upn_folded, m.member_id) > ($6, $7))
             and (not $9 or exists(select 1 from throttle t where t.tenant_id = m.tenant_id and t.subject_id = m.member_id and t.scope = 'guard' and t.wait_until > $8))
           order by m.upn_folded, m.member_id limit $10"#,
        tenant,
        filter.member,
        filter.text,
        filter.state,
        filter.methods,
        after_upn,
        after_id,
        now.to_sqlx() as _,
        filter.locked,
        limit,
        filter.factors
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MemberRow {
            member_id: r.member_id,
            upn: r.upn,
            upn_folded: r.upn_folded,
            given_name: r.given_name,
            family_name: r.family_name,
            mail: r.mail,
            mfa_state: r.mfa_state,
            locale: r.locale,
            disabled: r.disabled,
            default_method: r.default_method,
            last_sign_in_at: r.last_sign_in_at.map(|t| t.to_jiff()),
            created_at: r.created_at.to_jiff(),
            roles: r.roles,
            groups: r.groups,
            methods: r.methods.0,
            recovery_left: r.recovery_left,
            locked_until: r.locked_until.map(|t| t.to_jiff()),
            wrong_in_row: r.wrong_in_row,
            operator: r.operator,
            has_password: r.has_password,
            blocked: r.blocked,
        })
        .collect())
}

/// How many members there are of each sort, for the counts that filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberCounts {
    /// All.
    pub all: i64,
    /// In state disabled.
    pub disabled: i64,
    /// In state enabled.
    pub enabled: i64,
    /// In state enforced.
    pub enforced: i64,
    /// Without a method.
    pub no_method: i64,
    /// With one method.
    pub one_method: i64,
    /// Locked at this moment.
    pub locked: i64,
}

pub(crate) async fn count_members(tx: &mut TenantTx, factors: &[String], now: Timestamp) -> Result<MemberCounts, DbError> {
    let tenant = tx.tenant().0;
    let r = sqlx::query!(
        r#"select count(*) as "all!", count(*) filter (where mfa_state = 'disabled') as "disabled!", count(*) filter (where mfa_state = 'enabled') as "enabled!",
             count(*) filter (where mfa_state = 'enforced') as "enforced!", count(*) filter (where n = 0) as "no_method!", count(*) filter (where n = 1) as "one_method!",
             (select count(*) from throttle where tenant_id = $1 and scope = 'guard' and wait_until > $2) as "locked!"
           from (select m.mfa_state, (select count(*) from method x where x.tenant_id = m.tenant_id and x.member_id = m.member_id and x.state = 'active'
                   and x.kind = any($3) and (x.params->>'valid_until')::timestamptz <= $2 is not true) as n
                 from member m where m.tenant_id = $1 and m.removed_at is null) counted"#,
        tenant,
        now.to_sqlx() as _,
        factors
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(MemberCounts {
        all: r.all,
        disabled: r.disabled,
        enabled: r.enabled,
        enforced: r.enforced,
        no_method: r.no_method,
        one_method: r.one_method,
        locked: r.locked,
    })
}

/// What to change about a member; `None` leaves a field, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemberSet<'a> {
    pub(crate) given_name: Option<Option<&'a str>>,
    pub(crate) family_name: Option<Option<&'a str>>,
    pub(crate) mail: Option<Option<&'a str>>,
    pub(crate) upn: Option<(&'a str, &'a str)>,
}

pub(crate) async fn set_member(tx: &mut TenantTx, member: MemberId, set: &MemberSet<'_>) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    let (upn, folded) = set.upn.map_or((None, None), |(upn, folded)| (Some(upn), Some(folded)));
    sqlx::query!(
        "update member set given_name = case when $3 then $4 else given_name end, family_name = case when $5 then $6 else family_name end,
           mail = case when $7 then $8 else mail end, upn = coalesce($9, upn), upn_folded = coalesce($10, upn_folded)
         where tenant_id = $1 and member_id = $2",
        tenant,
        member.0,
        set.given_name.is_some(),
        set.given_name.flatten(),
        set.family_name.is_some(),
        set.family_name.flatten(),
        set.mail.is_some(),
        set.mail.flatten(),
        upn,
        folded
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn set_mfa_state(tx: &mut TenantTx, member: MemberId, state: &str) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update member set mfa_state = $3 where tenant_id = $1 and member_id = $2",
        tenant,
        member.0,
        state
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn set_disabled(tx: &mut TenantTx, member: MemberId, at: Option<Timestamp>) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update member set disabled_at = $3 where tenant_id = $1 and member_id = $2",
        tenant,
        member.0,
        at.map(|t| t.to_sqlx()) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn set_removed(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update member set removed_at = $3 where tenant_id = $1 and member_id = $2",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from password where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("delete from role_grant where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("delete from recovery_code where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    delete_security_answers(tx, member).await?;
    delete_call_pin(tx, member).await?;
    sqlx::query!(
        "update method set state = 'removed', removed_at = $3, sealed = null where tenant_id = $1 and member_id = $2 and state <> 'removed'",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    return_tokens(tx, member, None).await?;
    Ok(())
}

/// Puts a member's hardware tokens back into the drawer, or the one that is a certain method. How far each has moved on stays with it.
pub(crate) async fn return_tokens(tx: &mut TenantTx, member: MemberId, method: Option<MethodId>) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let returned = sqlx::query!(
        "update oath_token t set state = 'available', member_id = null, method_id = null, assigned_at = null, activated_at = null,
             last_step = greatest(t.last_step, (select x.last_step from method x where x.tenant_id = t.tenant_id and x.method_id = t.method_id)),
             drift = coalesce((select x.drift from method x where x.tenant_id = t.tenant_id and x.method_id = t.method_id), t.drift)
         where t.tenant_id = $1 and t.member_id = $2 and ($3::uuid is null or t.method_id = $3)",
        tenant,
        member.0,
        method.map(|m| m.0)
    )
    .execute(&mut **tx)
    .await?;
    Ok(returned.rows_affected())
}

/// Raises the epoch, which ends every session at its next request, and deletes the sessions: those too in which a sign-in is on its way, so that what was
/// begun with the old password leads nowhere. Every decision under way sees that facts have changed.
pub(crate) async fn delete_sessions(tx: &mut TenantTx, member: MemberId) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!("update member set epoch = epoch + 1 where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "delete from session where tenant_id = $1 and member_id is null
           and attempt_id in (select attempt_id from attempt where tenant_id = $1 and member_id = $2 and stage <> 'decided')",
        tenant,
        member.0
    )
    .execute(&mut **tx)
    .await?;
    super::block::store::stir(tx, member).await?;
    let gone = sqlx::query!("delete from session where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}

/// Clears counters and locks, and lets every decision under way see that facts have changed.
pub(crate) async fn clear_throttles(tx: &mut TenantTx, member: MemberId) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update throttle set version = version + 1, in_row = 0, recent = '{}', level = 0, wait_until = null, last_at = null, same = '{}' where tenant_id = $1 and subject_id = $2",
        tenant,
        member.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Switches methods of these kinds on again that too many wrong answers switched off, and forgets the wrong answers of their families: kind and name of each.
pub(crate) async fn set_methods_on(tx: &mut TenantTx, member: MemberId, kinds: &[MethodKind]) -> Result<Vec<(String, String)>, DbError> {
    let tenant = tx.tenant().0;
    let families: Vec<String> = kinds.iter().map(|kind| kind.family().as_str().to_owned()).collect();
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
    let on = sqlx::query!(
        "update method set state = 'active', disabled_reason = null
         where tenant_id = $1 and member_id = $2 and state = 'off' and disabled_reason = 'too_many_wrong' and kind = any($3) returning kind, label",
        tenant,
        member.0,
        &kinds
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from failure_day where tenant_id = $1 and subject_id = $2 and family = any($3)",
        tenant,
        member.0,
        &families
    )
    .execute(&mut **tx)
    .await?;
    Ok(on.into_iter().map(|row| (row.kind, row.label)).collect())
}

/// Removes what a re-registration removes: app registrations and phones; hardware tokens go back into the drawer. Passkeys and recovery codes stay.
pub(crate) async fn remove_registrations(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query!(
        "update method set state = 'removed', removed_at = $3, sealed = null
         where tenant_id = $1 and member_id = $2 and state <> 'removed' and kind in ('totp', 'hardware_token', 'push', 'sms', 'voice', 'email')",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    return_tokens(tx, member, None).await?;
    sqlx::query!(
        "update member set default_method = null where tenant_id = $1 and member_id = $2",
        tenant,
        member.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}

pub(crate) async fn insert_role(tx: &mut TenantTx, member: MemberId, role: &str, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let made = sqlx::query!(
        "insert into role_grant (tenant_id, member_id, role, granted_at) values ($1, $2, $3, $4) on conflict do nothing",
        tenant,
        member.0,
        role,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected() == 1)
}

pub(crate) async fn delete_role(tx: &mut TenantTx, member: MemberId, role: &str) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query!(
        "delete from role_grant where tenant_id = $1 and member_id = $2 and role = $3",
        tenant,
        member.0,
        role
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected() == 1)
}

pub(crate) async fn set_password(tx: &mut TenantTx, member: MemberId, phc: &str, pepper: i16, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into password (tenant_id, member_id, phc, pepper_version, set_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, member_id) do update set phc = excluded.phc, pepper_version = excluded.pepper_version, set_at = excluded.set_at",
        tenant,
        member.0,
        phc,
        pepper,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends links that nobody has used.
pub(crate) async fn end_set_up_links(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query!(
        "update set_up_link set used_at = $3 where tenant_id = $1 and member_id = $2 and used_at is null",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?
    .rows_affected())
}

/// Ends the right to set a password that a member may have got in a reset.
pub(crate) async fn end_reset_rights(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update password_reset set used_at = $3 where tenant_id = $1 and member_id = $2 and used_at is null",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_set_up_link(
    tx: &mut TenantTx,
    link: Uuid,
    member: MemberId,
    hash: &[u8],
    now: Timestamp,
    expires: Timestamp,
) -> Result<(), DbError> {
    end_set_up_links(tx, member, now).await?;
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into set_up_link (tenant_id, link_id, member_id, token_hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
        tenant,
        link,
        member.0,
        hash,
        now.to_sqlx() as _,
        expires.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn find_set_up_link(tx: &mut TenantTx, link: Uuid, hash: &[u8], now: Timestamp) -> Result<Option<(Uuid, Timestamp)>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select member_id, expires_at from set_up_link where tenant_id = $1 and link_id = $2 and token_hash = $3 and used_at is null and expires_at > $4",
        tenant,
        link,
        hash,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| (r.member_id, r.expires_at.to_jiff())))
}

/// Uses up a link; false when it was used, has expired or is not one.
pub(crate) async fn set_link_used(tx: &mut TenantTx, link: Uuid, hash: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let used = sqlx::query!(
        "update set_up_link set used_at = $4 where tenant_id = $1 and link_id = $2 and token_hash = $3 and used_at is null and expires_at > $4",
        tenant,
        link,
        hash,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(used.rows_affected() == 1)
}

pub(crate) async fn insert_api_key(
    tx: &mut TenantTx,
    key: Uuid,
    name: &str,
    hash: &[u8],
    scopes: &[String],
    path: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into api_key (tenant_id, key_id, name, hash, scopes, path, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        key,
        name,
        hash,
        scopes,
        path,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A REST key as stored, if it is good at this moment.
pub(crate) struct ApiKeyRow {
    pub(crate) hash: Vec<u8>,
    pub(crate) scopes: Vec<String>,
    pub(crate) path: String,
    pub(crate) networks: Vec<ipnet::IpNet>,
    pub(crate) suspended: bool,
}

pub(crate) async fn find_api_key(tx: &mut TenantTx, key: Uuid, now: Timestamp) -> Result<Option<ApiKeyRow>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        r#"select k.hash, k.scopes, k.path, k.networks as "networks: Vec<ipnet::IpNet>", t.suspended_at is not null as "suspended!" from api_key k join tenant t on t.tenant_id = k.tenant_id
           where k.tenant_id = $1 and k.key_id = $2 and k.revoked_at is null and (k.expires_at is null or k.expires_at > $3)"#,
        tenant,
        key,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| ApiKeyRow {
        hash: r.hash,
        scopes: r.scopes,
        path: r.path,
        networks: r.networks,
        suspended: r.suspended,
    }))
}

/// Every REST key of the tenant, newest first, the revoked ones too.
pub(crate) async fn list_api_keys(tx: &mut TenantTx) -> Result<Vec<ApiKeyView>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select key_id, name, scopes, path, created_at, expires_at, revoked_at from api_key where tenant_id = $1 order by key_id desc",
        tenant
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ApiKeyView {
            id: ApiKeyId(r.key_id),
            name: r.name,
            scopes: r.scopes,
            path: r.path,
            created_at: r.created_at.to_jiff(),
            expires_at: r.expires_at.map(|at| at.to_jiff()),
            revoked_at: r.revoked_at.map(|at| at.to_jiff()),
        })
        .collect())
}

/// Revokes a REST key; its name, or `None` when there is none with this id that is not revoked yet.
pub(crate) async fn revoke_api_key(tx: &mut TenantTx, key: Uuid, now: Timestamp) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "update api_key set revoked_at = $3 where tenant_id = $1 and key_id = $2 and revoked_at is null returning name",
        tenant,
        key,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?)
}

pub(crate) async fn insert_operator(db: &Db, tenant: TenantId, member: MemberId, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into operator (tenant_id, member_id, granted_at) values ($1, $2, $3) on conflict do nothing",
        tenant.0,
        member.0,
        now.to_sqlx() as _
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

pub(crate) async fn list_operators(db: &Db) -> Result<Vec<(TenantId, MemberId)>, DbError> {
    let rows = sqlx::query!("select tenant_id, member_id from operator order by granted_at")
        .fetch_all(db.pool())
        .await?;
    Ok(rows.into_iter().map(|r| (TenantId(r.tenant_id), MemberId(r.member_id))).collect())
}

pub(crate) async fn insert_installation_log(db: &Db, id: Uuid, now: Timestamp, event: &str, actor: &str, detail: &serde_json::Value) -> Result<(), DbError> {
    sqlx::query!(
        "insert into installation_log (entry_id, occurred_at, event, actor, detail) values ($1, $2, $3, $4, $5)",
        id,
        now.to_sqlx() as _,
        event,
        actor,
        detail
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Makes the partitions of the journal ahead of time; tells how many were missing.
pub(crate) async fn make_partitions(db: &Db, from: jiff::civil::Date, months: i32) -> Result<i32, DbError> {
    Ok(sqlx::query_scalar!(r#"select make_partitions($1, $2) as "made!""#, from.to_sqlx() as _, months)
        .fetch_one(db.pool())
        .await?)
}

/// Ends the pass of a member, if there is one; tells whether there was.
pub(crate) async fn end_passes(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let ended = sqlx::query!(
        "update access_pass set ended_at = $3 where tenant_id = $1 and member_id = $2 and ended_at is null",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Forgets a member's answers to security questions.
pub(crate) async fn delete_security_answers(tx: &mut TenantTx, member: MemberId) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query!("delete from security_answer where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}

/// Forgets a member's PIN for calls; tells whether there was one.
pub(crate) async fn delete_call_pin(tx: &mut TenantTx, member: MemberId) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let gone = sqlx::query!("delete from call_pin where tenant_id = $1 and member_id = $2", tenant, member.0)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected() > 0)
}

/// Ends every app password of a member.
pub(crate) async fn end_app_passwords(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let ended = sqlx::query!(
        "update app_password set ended_at = $3 where tenant_id = $1 and member_id = $2 and ended_at is null",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected())
}

/// Ends every remembered browser of a member.
pub(crate) async fn end_devices(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<u64, DbError> {
    let tenant = tx.tenant().0;
    let ended = sqlx::query!(
        "update remembered_device set ended_at = $3 where tenant_id = $1 and member_id = $2 and ended_at is null",
        tenant,
        member.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected())
}

/// Puts a notice into the outbox, in the transaction of the change it tells of.
pub(crate) async fn insert_notice(tx: &mut TenantTx, id: Uuid, member: MemberId, kind: &str, sealed: &[u8], now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into outbox (outbox_id, tenant_id, member_id, kind, sealed, created_at, run_at) values ($1, $2, $3, $4, $5, $6, $6)",
        id,
        tenant,
        member.0,
        kind,
        sealed,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The phones and mailboxes of a member, sealed: whoever loses them by an admin's hand is told there too.
pub(crate) async fn list_sealed_addresses(tx: &mut TenantTx, member: MemberId) -> Result<Vec<(Uuid, Vec<u8>)>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select method_id, sealed as "sealed!" from method
           where tenant_id = $1 and member_id = $2 and kind in ('sms', 'voice', 'email') and state in ('active', 'off') and sealed is not null"#,
        tenant,
        member.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.method_id, r.sealed)).collect())
}
