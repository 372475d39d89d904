//! Every statement of the sample data. COPY may not write where row security holds, and the application's role may make no tables to copy into; so rows
//! travel by the thousand as the one parameter of an ordinary insert, under the tenant's own row security.

use crate::{
    db::{DbError, TenantTx},
    verification::commit::Step,
};
use jiff::Timestamp;
use model::AttemptId;
use serde::Serialize;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// A table, and the columns that a row brings; the others keep their defaults.
pub(super) struct Table {
    name: &'static str,
    columns: &'static str,
}

const fn table(name: &'static str, columns: &'static str) -> Table {
    Table { name, columns }
}

pub(super) const GROUP: Table = table("\"group\"", "tenant_id, group_id, name, created_at");
pub(super) const GROUP_MEMBER: Table = table("group_member", "tenant_id, group_id, member_id");
pub(super) const MEMBER: Table = table(
    "member",
    "tenant_id, member_id, upn, upn_folded, given_name, family_name, mfa_state, epoch, grace_from, default_method, created_at, disabled_at, removed_at",
);
pub(super) const SUBJECT_KEY: Table = table("subject_key", "tenant_id, subject_id, wrapped, created_at");
pub(super) const PASSWORD: Table = table("password", "tenant_id, member_id, phc, pepper_version, set_at");
pub(super) const ROLE_GRANT: Table = table("role_grant", "tenant_id, member_id, role, granted_at");
pub(super) const METHOD: Table = table(
    "method",
    "tenant_id, method_id, member_id, kind, label, state, sealed, params, last_step, drift, created_at, confirmed_at, disabled_reason, removed_at",
);
pub(super) const RECOVERY_CODE: Table = table("recovery_code", "tenant_id, member_id, mac, made_at");
pub(super) const API_KEY: Table = table("api_key", "tenant_id, key_id, name, hash, scopes, path, networks, created_at");
pub(super) const THROTTLE: Table = table(
    "throttle",
    "tenant_id, subject_id, scope, version, in_row, recent, level, wait_until, last_at, same",
);
pub(super) const AUDIT_LOG: Table = table(
    "audit_log",
    "tenant_id, occurred_at, audit_id, event, actor_kind, actor_id, target_kind, target_id, reason, session_id, sealed, format, salt, leaf_hash",
);
pub(super) const DELIVERY: Table = table(
    "delivery",
    "delivery_id, tenant_id, challenge_id, attempt_id, subject_id, n, channel, country, prefix, address_mac, masked, provider_id, provider, sender, status,
     problem, created_at, run_at, gone_at, handed_at, ended_at",
);
pub(super) const OATH_TOKEN: Table = table(
    "oath_token",
    "tenant_id, token_id, serial, state, sealed, params, last_step, drift, manufacturer, model, member_id, imported_at, assigned_at",
);
pub(super) const CONVERSION_ALARM: Table = table("conversion_alarm", "tenant_id, country, raised_at, sent, entered, paused");
const ATTEMPT: Table = table(
    "attempt",
    "tenant_id, attempt_id, session_id, correlation_id, started_at, last_step_at, door, purpose, path, subject_id, member_id, application, stage, second_asked,
     last_refusal, reasons, policy_version, sealed, key_id, decided_at, decision",
);
const AUTH_LOG: Table = table(
    "auth_log",
    "tenant_id, occurred_at, attempt_id, session_id, correlation_id, started_at, subject_id, member_id, door, purpose, path, decision, reason, transport_result,
     second_factor, application, method_id, method_kind, mode, registration_reasons, policy_version, policy_mfa_state, policy_roles, policy_groups, policy_client,
     policy_then, policy_rules, node, server_ip, sealed, upn_mac, client_ip_mac, format, salt, leaf_hash",
);

/// Rows of one statement.
const ROWS_AT_ONCE: usize = 2_000;

/// Rows as JSON, named by column.
#[derive(Default)]
pub(super) struct Json(Vec<String>);

impl Json {
    /// Adds a row.
    pub(super) fn push(&mut self, row: &impl Serialize) {
        self.0.push(serde_json::to_string(row).expect("a plain struct can be written as JSON"));
    }
}

/// The rows of some days of an organisation.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) logs: Json,
    pub(super) attempts: Json,
    pub(super) audits: Json,
    steps: Steps,
}

/// Steps by column and not as JSON, for there are so many.
#[derive(Default)]
struct Steps {
    moments: Vec<String>,
    attempts: Vec<Uuid>,
    numbers: Vec<i32>,
    kinds: Vec<&'static str>,
    details: Vec<String>,
}

impl Rows {
    /// Adds a step.
    pub(super) fn step(&mut self, at: Timestamp, attempt: AttemptId, n: i32, step: &Step) {
        self.steps.moments.push(at.to_string());
        self.steps.attempts.push(attempt.0);
        self.steps.numbers.push(n);
        self.steps.kinds.push(step.kind.as_str());
        self.steps.details.push(step.detail.to_string());
    }
}

/// How many rows were written.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Written {
    /// Rows of the authentication log.
    pub attempts: u64,
    /// Steps of timelines.
    pub steps: u64,
    /// Rows of the audit log.
    pub changes: u64,
    /// Rows of usage.
    pub usage: u64,
}

/// Short names among these that are taken.
pub(super) async fn list_taken(tx: &mut TenantTx, slugs: &[&str], domains: &[&str]) -> Result<Vec<String>, DbError> {
    let sql = "select slug from tenant where slug = any($1) or tenant_id in (select tenant_id from tenant_domain where domain = any($2)) order by slug";
    Ok(sqlx::query_scalar(sql).bind(slugs).bind(domains).fetch_all(&mut **tx).await?)
}

/// Lets this transaction take its time.
pub(super) async fn take_time(tx: &mut TenantTx) -> Result<(), DbError> {
    let sql = "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0";
    sqlx::raw_sql(sql).execute(&mut **tx).await?;
    Ok(())
}

/// What the members of an ordinary organisation cannot set: how long it remembers, and what it logs.
pub(super) async fn set_tenant(tx: &mut TenantTx, retention_days: i32, log_names: bool) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    let sql = "update tenant set retention_days = $2, log_names = $3 where tenant_id = $1";
    sqlx::query(sql).bind(tenant).bind(retention_days).bind(log_names).execute(&mut **tx).await?;
    Ok(())
}

/// Writes rows into a table.
pub(super) async fn insert(tx: &mut TenantTx, table: &Table, rows: Json) -> Result<u64, DbError> {
    let Table { name, columns } = table;
    let brought = columns.split(',').map(|column| format!("r.{}", column.trim())).collect::<Vec<_>>().join(", ");
    let sql = format!("insert into {name} ({columns}) select {brought} from unnest($1::text[]) line, json_populate_record(null::{name}, line::json) r");
    let mut written = 0;
    for rows in rows.0.chunks(ROWS_AT_ONCE) {
        written += sqlx::query(AssertSqlSafe(sql.clone())).bind(rows).execute(&mut **tx).await?.rows_affected();
    }
    Ok(written)
}

/// Writes the rows of some days.
pub(super) async fn insert_days(tx: &mut TenantTx, rows: Rows, written: &mut Written) -> Result<(), DbError> {
    written.attempts += insert(tx, &AUTH_LOG, rows.logs).await?;
    insert(tx, &ATTEMPT, rows.attempts).await?;
    written.changes += insert(tx, &AUDIT_LOG, rows.audits).await?;
    written.steps += insert_steps(tx, &rows.steps).await?;
    Ok(())
}

async fn insert_steps(tx: &mut TenantTx, steps: &Steps) -> Result<u64, DbError> {
    let sql = "insert into attempt_step (tenant_id, occurred_at, attempt_id, n, kind, detail)
        select app_tenant(), at::timestamptz, attempt, n, kind, detail::jsonb from unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::text[]) s(at, attempt, n, kind, detail)";
    let insert = sqlx::query(sql)
        .bind(&steps.moments)
        .bind(&steps.attempts)
        .bind(&steps.numbers)
        .bind(&steps.kinds)
        .bind(&steps.details);
    Ok(insert.execute(&mut **tx).await?.rows_affected())
}

/// What follows from the log: usage, where session ids lead, when members and methods were last seen, which recovery codes are used up.
pub(super) async fn derive(tx: &mut TenantTx, written: &mut Written) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    let usage = "insert into usage (tenant_id, day, attempt_id, provider_id, licensed)
        select tenant_id, (occurred_at at time zone 'UTC')::date, attempt_id, null, false from auth_log where tenant_id = $1 and second_factor";
    let follow = [
        "insert into session_locator (session_id, tenant_id, attempt_id, started_at) select session_id, tenant_id, attempt_id, started_at from auth_log where tenant_id = $1",
        "update member m set last_sign_in_at = l.at
         from (select member_id, max(occurred_at) as at from auth_log where tenant_id = $1 and purpose <> 'verification' and decision = 'allowed' group by member_id) l
         where m.tenant_id = $1 and m.member_id = l.member_id",
        "update method x set last_used_at = l.at, last_step = floor(extract(epoch from l.at) / 30)::bigint
         from (select method_id, max(occurred_at) as at from auth_log where tenant_id = $1 and decision = 'allowed' and method_id is not null group by method_id) l
         where x.tenant_id = $1 and x.method_id = l.method_id",
        "update recovery_code c set used_at = u.at
         from (select member_id, occurred_at as at, row_number() over (partition by member_id order by occurred_at) as n
               from auth_log where tenant_id = $1 and reason = 'recovery_code_used') u
         join (select member_id, mac, row_number() over (partition by member_id order by mac) as n from recovery_code where tenant_id = $1) k using (member_id, n)
         where c.tenant_id = $1 and c.member_id = k.member_id and c.mac = k.mac",
    ];
    written.usage += sqlx::query(usage).bind(tenant).execute(&mut **tx).await?.rows_affected();
    for sql in follow {
        sqlx::query(sql).bind(tenant).execute(&mut **tx).await?;
    }
    Ok(())
}

/// How many members of each state, and how many are locked.
pub(super) async fn count(tx: &mut TenantTx, now: Timestamp) -> Result<crate::directory::MemberCounts, DbError> {
    let every: Vec<String> = model::MethodKind::ALL.iter().map(|kind| kind.to_string()).collect();
    crate::directory::store::count_members(tx, &every, now).await
}

/// The row of a group's member, which has no struct of its own.
pub(super) fn group_member(tenant: Uuid, group: Uuid, member: Uuid) -> serde_json::Value {
    serde_json::json!({ "tenant_id": tenant, "group_id": group, "member_id": member })
}

/// Some members who are there, always the same.
pub(super) async fn list_some(tx: &mut TenantTx, most: i64) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant().0;
    let sql = "select member_id from member where tenant_id = $1 and removed_at is null and disabled_at is null order by upn_folded limit $2";
    Ok(sqlx::query_scalar(sql).bind(tenant).bind(most).fetch_all(&mut **tx).await?)
}
