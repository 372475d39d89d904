//! Every statement of reading policies and of what a change would do.

use super::{
    PolicyAuthor,
    rules::{Alike, Held},
};
use crate::{
    db::{DbError, TenantTx},
    policy::rules::STILL_IN_THE_WAY,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{MethodKind, MfaState, Role};
use serde_json::Value;
use uuid::Uuid;

/// A version, its document, its moment, its author.
pub(crate) type VersionRow = (i32, Value, Timestamp, Option<PolicyAuthor>);

/// One version, or the newest.
pub(crate) async fn find_version(tx: &mut TenantTx, version: Option<i32>) -> Result<Option<VersionRow>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        r#"select p.version, p.document, p.published_at, p.published_by, m.upn as "upn?", k.name as "key_name?"
           from policy_version p
           left join member m on m.tenant_id = p.tenant_id and m.member_id = p.published_by
           left join api_key k on k.tenant_id = p.tenant_id and k.key_id = p.published_by
           where p.tenant_id = $1 and ($2::int is null or p.version = $2) order by p.version desc limit 1"#,
        tenant,
        version
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| (r.version, r.document, r.published_at.to_jiff(), author(r.published_by, r.upn, r.key_name))))
}

/// Versions before this one, newest first.
pub(crate) async fn list_versions(tx: &mut TenantTx, before: Option<i32>, limit: i64) -> Result<Vec<(i32, Timestamp, Option<PolicyAuthor>)>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select p.version, p.published_at, p.published_by, m.upn as "upn?", k.name as "key_name?"
           from policy_version p
           left join member m on m.tenant_id = p.tenant_id and m.member_id = p.published_by
           left join api_key k on k.tenant_id = p.tenant_id and k.key_id = p.published_by
           where p.tenant_id = $1 and ($2::int is null or p.version < $2) order by p.version desc limit $3"#,
        tenant,
        before,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    let of = |r: Row| (r.version, r.at, author(r.by, r.upn, r.key_name));
    Ok(rows
        .into_iter()
        .map(|r| {
            of(Row {
                version: r.version,
                at: r.published_at.to_jiff(),
                by: r.published_by,
                upn: r.upn,
                key_name: r.key_name,
            })
        })
        .collect())
}

struct Row {
    version: i32,
    at: Timestamp,
    by: Option<Uuid>,
    upn: Option<String>,
    key_name: Option<String>,
}

fn author(by: Option<Uuid>, upn: Option<String>, key_name: Option<String>) -> Option<PolicyAuthor> {
    let id = by?;
    let (kind, name) = match (upn, key_name) {
        (Some(upn), _) => ("member", Some(upn)),
        (None, Some(name)) => ("api_key", Some(name)),
        // An operator, who is a member of another tenant.
        (None, None) => ("operator", None),
    };
    Some(PolicyAuthor { kind, id, name })
}

/// Members who can sign in, put together where a policy that speaks of these groups cannot tell them apart; the most frequent first. Or the global admins
/// among them alone, without those who are blocked at this moment.
pub(crate) async fn list_alike(tx: &mut TenantTx, groups: &[String], admins_only: bool, limit: i64, now: Timestamp) -> Result<Vec<Alike>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select s.mfa_state as "mfa_state!", s.roles as "roles!", s.groups as "groups!", s.operator as "operator!", s.methods as "methods!",
             s.call_pin as "call_pin!", s.in_the_way as "in_the_way!", count(*) as "members!"
           from (
             select m.mfa_state,
               array(select r.role from role_grant r where r.tenant_id = m.tenant_id and r.member_id = m.member_id order by r.role) as roles,
               array(select g.name from group_member gm join "group" g on g.tenant_id = gm.tenant_id and g.group_id = gm.group_id
                     where gm.tenant_id = m.tenant_id and gm.member_id = m.member_id and g.name = any($2) order by g.name) as groups,
               exists(select 1 from operator o where o.tenant_id = m.tenant_id and o.member_id = m.member_id) as operator,
               array(select distinct x.kind || ' ' || case when (x.params->>'valid_until')::timestamptz <= $5 then 'off' else x.state end || ' ' || coalesce(x.params->>'country', '') as held from method x
                     where x.tenant_id = m.tenant_id and x.member_id = m.member_id and x.state in ('active', 'off') order by held) as methods,
               exists(select 1 from call_pin c where c.tenant_id = m.tenant_id and c.member_id = m.member_id) as call_pin,
               exists(select 1 from method x where x.tenant_id = m.tenant_id and x.member_id = m.member_id
                 and (x.state = 'off' and x.disabled_reason = any($6) or x.state = 'active' and (x.params->>'valid_until')::timestamptz <= $5)) as in_the_way
             from member m
             where m.tenant_id = $1 and m.removed_at is null and m.disabled_at is null
               and (not $3 or (exists(select 1 from role_grant r where r.tenant_id = m.tenant_id and r.member_id = m.member_id and r.role = 'global_admin')
                 and not exists(select 1 from block b where b.tenant_id = m.tenant_id and b.member_id = m.member_id and b.ended_at is null and b.until > $5)))
           ) s
           group by s.mfa_state, s.roles, s.groups, s.operator, s.methods, s.call_pin, s.in_the_way order by count(*) desc limit $4"#,
        tenant,
        groups,
        admins_only,
        limit,
        now.to_sqlx() as _,
        &STILL_IN_THE_WAY.map(str::to_owned)
    )
    .fetch_all(&mut **tx)
    .await?;
    let method = |text: &String| {
        let (kind, rest) = text.split_once(' ')?;
        let (state, country) = rest.split_once(' ')?;
        let held = Held::of(MethodKind::from_text(kind)?, state, false);
        Some((held, Some(country.to_owned()).filter(|country| !country.is_empty())))
    };
    Ok(rows
        .into_iter()
        .map(|r| Alike {
            mfa_state: MfaState::from_text(&r.mfa_state).unwrap_or(MfaState::Enforced),
            roles: r.roles.iter().filter_map(|role| Role::from_text(role)).collect(),
            operator: r.operator,
            groups: r.groups,
            methods: r.methods.iter().filter_map(method).collect(),
            call_pin: r.call_pin,
            still_in_the_way: r.in_the_way,
            members: r.members,
        })
        .collect())
}
