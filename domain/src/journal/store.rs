//! Every statement of the journal. Lists are put together of the filters that are asked, so that each has its own plan; tenant first, then
//! what an index can find, then the place where the page starts.

use super::entry::AuditEntry;
pub(crate) use crate::db::word;
use crate::db::{Db, DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{MethodKind, PolicyDocument, TenantId};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

/// Adds a row to the audit log, in the transaction of the change it is about.
pub(crate) async fn insert_audit(tx: &mut TenantTx, entry: &AuditEntry) -> Result<(), DbError> {
    insert_audits(tx, std::slice::from_ref(entry)).await
}

pub(crate) async fn insert_audits(tx: &mut TenantTx, entries: &[AuditEntry]) -> Result<(), DbError> {
    let row = serde_json::to_value(entries).map_err(|error| DbError::Refused(sqlx::Error::Encode(error.into())))?;
    sqlx::query!(
        "insert into audit_log (tenant_id, occurred_at, audit_id, event, actor_kind, actor_id, target_kind, target_id, reason, session_id, sealed, format, salt, leaf_hash)
         select r.tenant_id, r.occurred_at, r.audit_id, r.event, r.actor_kind, r.actor_id, r.target_kind, r.target_id, r.reason, r.session_id, r.sealed, r.format, r.salt, r.leaf_hash
         from jsonb_populate_recordset(null::audit_log, $1) r",
        row
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A row of the authentication log as stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct AuthRow {
    pub(crate) occurred_at: jiff_sqlx::Timestamp,
    pub(crate) attempt_id: Uuid,
    pub(crate) session_id: i64,
    pub(crate) correlation_id: Uuid,
    pub(crate) started_at: jiff_sqlx::Timestamp,
    pub(crate) subject_id: Uuid,
    pub(crate) member_id: Option<Uuid>,
    pub(crate) door: String,
    pub(crate) purpose: String,
    pub(crate) path: String,
    pub(crate) decision: String,
    pub(crate) reason: String,
    pub(crate) transport_result: Option<String>,
    pub(crate) second_factor: bool,
    pub(crate) application: Option<String>,
    pub(crate) method_id: Option<Uuid>,
    pub(crate) method_kind: Option<String>,
    pub(crate) mode: String,
    pub(crate) registration_reasons: Vec<String>,
    pub(crate) policy_version: Option<i32>,
    pub(crate) policy_mfa_state: Option<String>,
    pub(crate) policy_roles: Vec<String>,
    pub(crate) policy_groups: Vec<String>,
    pub(crate) policy_then: Option<String>,
    pub(crate) policy_rules: Json<Value>,
    pub(crate) delivery: Option<String>,
    pub(crate) node: String,
    pub(crate) server_ip: Option<String>,
    pub(crate) sealed: Vec<u8>,
}

const AUTH_COLUMNS: &str = "occurred_at, attempt_id, session_id, correlation_id, started_at, subject_id, member_id, door, purpose, path, decision, reason, \
    transport_result, second_factor, application, method_id, method_kind, mode, registration_reasons, policy_version, policy_mfa_state, policy_roles, \
    policy_groups, policy_then, policy_rules, delivery, node, server_ip, sealed";

/// Which rows of the authentication log. Moments: from the first on, before the second.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignInFilter {
    /// Only what let its member in: not who was checked at the desk.
    pub(crate) good: bool,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    /// One of these; empty: whoever.
    pub(crate) subjects: Vec<Uuid>,
    pub(crate) attempt: Option<Uuid>,
    pub(crate) decision: Option<model::Decision>,
    pub(crate) reason: Option<model::Reason>,
    pub(crate) method: Option<MethodKind>,
    pub(crate) method_id: Option<Uuid>,
    pub(crate) application: Option<String>,
    pub(crate) client_ip_mac: Option<Vec<u8>>,
    pub(crate) correlation: Option<Uuid>,
    /// Older than this row.
    pub(crate) before: Option<(Timestamp, Uuid)>,
    /// Only what this snapshot of the database sees.
    pub(crate) snapshot: Option<String>,
}

impl SignInFilter {
    fn push_where(&self, sql: &mut QueryBuilder<Postgres>, tenant: TenantId) {
        sql.push(" from auth_log where tenant_id = ").push_bind(tenant.0);
        match self.subjects.as_slice() {
            [] => {}
            [one] => {
                sql.push(" and subject_id = ").push_bind(*one);
            }
            several => {
                sql.push(" and subject_id = any(").push_bind(several.to_vec()).push(")");
            }
        }
        if let Some(from) = self.from {
            sql.push(" and occurred_at >= ").push_bind(from.to_sqlx());
        }
        if let Some(to) = self.to {
            sql.push(" and occurred_at < ").push_bind(to.to_sqlx());
        }
        if let Some((at, id)) = self.before {
            // The first half says nothing new, but partitions are left out by it.
            sql.push(" and occurred_at <= ").push_bind(at.to_sqlx());
            sql.push(" and (occurred_at, attempt_id) < (")
                .push_bind(at.to_sqlx())
                .push(", ")
                .push_bind(id)
                .push(")");
        }
        if let Some(attempt) = self.attempt {
            sql.push(" and attempt_id = ").push_bind(attempt);
        }
        // Spelt out and not bound: only so is it seen that the index of what was not allowed will do.
        if let Some(decision) = self.decision {
            sql.push(" and decision = '").push(decision.as_str()).push("'");
        }
        if self.good {
            sql.push(" and decision = 'allowed' and purpose <> 'caller_check'");
        }
        if let Some(reason) = self.reason {
            sql.push(" and reason = ").push_bind(reason.as_str());
            if reason.denial_key().is_some() {
                sql.push(" and decision <> 'allowed'");
            }
        }
        if let Some(method) = self.method {
            sql.push(" and method_kind = ").push_bind(method.as_str());
        }
        if let Some(method) = self.method_id {
            sql.push(" and method_id = ").push_bind(method);
        }
        if let Some(application) = &self.application {
            sql.push(" and application = ").push_bind(application.clone());
        }
        if let Some(mac) = &self.client_ip_mac {
            sql.push(" and client_ip_mac = ").push_bind(mac.clone());
        }
        if let Some(run) = self.correlation {
            sql.push(" and correlation_id = ").push_bind(run);
        }
        if let Some(snapshot) = &self.snapshot {
            sql.push(" and pg_visible_in_snapshot(xid, ")
                .push_bind(snapshot.clone())
                .push("::text::pg_snapshot)");
        }
    }
}

/// The statement of a page; `prefix` is empty but for the test that looks at its plan.
pub(super) fn page_of_sign_ins(prefix: &str, tenant: TenantId, filter: &SignInFilter, limit: usize) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(format!("{prefix}select {AUTH_COLUMNS}"));
    filter.push_where(&mut sql, tenant);
    // The number is spelt out too: a bound one is planned as a tenth of the table.
    sql.push(format!(" order by occurred_at desc, attempt_id desc limit {limit}"));
    sql
}

pub(crate) async fn list_sign_ins(tx: &mut TenantTx, filter: &SignInFilter, limit: usize) -> Result<Vec<AuthRow>, DbError> {
    Ok(page_of_sign_ins("", tx.tenant(), filter, limit).build_query_as().fetch_all(&mut **tx).await?)
}

/// The row of one attempt, which lies somewhere from one moment on and before another. Searched from its start, where most are.
pub(crate) async fn find_sign_in(tx: &mut TenantTx, attempt: Uuid, from: Timestamp, to: Timestamp) -> Result<Option<AuthRow>, DbError> {
    let filter = SignInFilter {
        attempt: Some(attempt),
        from: Some(from),
        to: Some(to),
        ..SignInFilter::default()
    };
    let mut sql = QueryBuilder::new(format!("select {AUTH_COLUMNS}"));
    filter.push_where(&mut sql, tx.tenant());
    sql.push(" order by occurred_at limit 1");
    Ok(sql.build_query_as().fetch_optional(&mut **tx).await?)
}

pub(crate) async fn count_sign_ins(tx: &mut TenantTx, filter: &SignInFilter) -> Result<Vec<(String, i64)>, DbError> {
    let mut sql = QueryBuilder::new("select decision, count(*)");
    filter.push_where(&mut sql, tx.tenant());
    sql.push(" group by decision");
    Ok(sql.build_query_as().fetch_all(&mut **tx).await?)
}

/// What the database sees at this moment, to read the same in later transactions.
pub(crate) async fn find_snapshot(tx: &mut TenantTx) -> Result<String, DbError> {
    Ok(sqlx::query_scalar!(r#"select pg_current_snapshot()::text as "snapshot!""#)
        .fetch_one(&mut **tx)
        .await?)
}

/// The wrapped keys of subjects; the key of one that was destroyed is `None`, a subject without a row has none.
pub(crate) async fn list_subject_keys(tx: &mut TenantTx, subjects: &[Uuid]) -> Result<Vec<(Uuid, Option<Vec<u8>>)>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select subject_id, wrapped from subject_key where tenant_id = $1 and subject_id = any($2)",
        tenant,
        subjects
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.subject_id, r.wrapped)).collect())
}

/// Members who had a name and have been removed.
pub(crate) async fn list_removed_members(tx: &mut TenantTx, upn_folded: &str) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_scalar!(
        "select member_id from member where tenant_id = $1 and upn_folded = $2 and removed_at is not null",
        tenant,
        upn_folded
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Whose attempt a session id is. Installation data: the tenant is the answer, not the question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Located {
    pub(crate) tenant: TenantId,
    pub(crate) attempt: Uuid,
    pub(crate) started_at: Timestamp,
}

pub(crate) async fn find_session(db: &Db, session: i64) -> Result<Option<Located>, DbError> {
    let row = sqlx::query!("select tenant_id, attempt_id, started_at from session_locator where session_id = $1", session)
        .fetch_optional(db.pool())
        .await?;
    Ok(row.map(|r| Located {
        tenant: TenantId(r.tenant_id),
        attempt: r.attempt_id,
        started_at: r.started_at.to_jiff(),
    }))
}

/// An attempt's row, open or decided.
#[derive(Debug, Clone)]
pub(crate) struct AttemptRow {
    pub(crate) session_id: i64,
    pub(crate) correlation_id: Uuid,
    pub(crate) started_at: Timestamp,
    pub(crate) last_step_at: Timestamp,
    pub(crate) door: String,
    pub(crate) purpose: String,
    pub(crate) path: String,
    pub(crate) subject_id: Uuid,
    pub(crate) member_id: Option<Uuid>,
    pub(crate) application: Option<String>,
    pub(crate) stage: String,
    pub(crate) second_asked: bool,
    pub(crate) last_refusal: Option<String>,
    pub(crate) reasons: Vec<String>,
    pub(crate) policy_version: Option<i32>,
    pub(crate) sealed: Vec<u8>,
    pub(crate) decided_at: Option<Timestamp>,
}

pub(crate) async fn find_attempt(tx: &mut TenantTx, attempt: Uuid) -> Result<Option<AttemptRow>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        "select session_id, correlation_id, started_at, last_step_at, door, purpose, path, subject_id, member_id, application, stage, second_asked, last_refusal,
           reasons, policy_version, sealed, decided_at
         from attempt where tenant_id = $1 and attempt_id = $2",
        tenant,
        attempt
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| AttemptRow {
        session_id: r.session_id,
        correlation_id: r.correlation_id,
        started_at: r.started_at.to_jiff(),
        last_step_at: r.last_step_at.to_jiff(),
        door: r.door,
        purpose: r.purpose,
        path: r.path,
        subject_id: r.subject_id,
        member_id: r.member_id,
        application: r.application,
        stage: r.stage,
        second_asked: r.second_asked,
        last_refusal: r.last_refusal,
        reasons: r.reasons,
        policy_version: r.policy_version,
        sealed: r.sealed,
        decided_at: r.decided_at.map(|t| t.to_jiff()),
    }))
}

/// A step as stored.
#[derive(Debug, Clone)]
pub(crate) struct StepRow {
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) detail: Value,
}

/// Every step of an attempt, oldest first. Its start is asked for because it tells which partitions to look in.
pub(crate) async fn list_steps(tx: &mut TenantTx, attempt: Uuid, started_at: Timestamp) -> Result<Vec<StepRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select occurred_at, kind, detail from attempt_step where tenant_id = $1 and attempt_id = $2 and occurred_at >= $3 order by occurred_at, n",
        tenant,
        attempt,
        started_at.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| StepRow {
            at: r.occurred_at.to_jiff(),
            kind: r.kind,
            detail: r.detail,
        })
        .collect())
}

/// The policy of a version.
pub(crate) async fn find_policy(tx: &mut TenantTx, version: i32) -> Result<Option<PolicyDocument>, DbError> {
    let tenant = tx.tenant().0;
    let document = sqlx::query_scalar!(
        r#"select document as "document: Json<PolicyDocument>" from policy_version where tenant_id = $1 and version = $2"#,
        tenant,
        version
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(document.map(|d| d.0))
}

/// A member as a case shows it.
#[derive(Debug, Clone)]
pub(crate) struct CaseMemberRow {
    pub(crate) upn: String,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) mfa_state: String,
    pub(crate) disabled: bool,
    pub(crate) removed: bool,
    pub(crate) blocked: bool,
    pub(crate) recovery_left: i64,
}

pub(crate) async fn find_member(tx: &mut TenantTx, member: Uuid, now: Timestamp) -> Result<Option<CaseMemberRow>, DbError> {
    let tenant = tx.tenant().0;
    Ok(sqlx::query_as!(
        CaseMemberRow,
        r#"select upn, given_name, family_name, mfa_state, disabled_at is not null as "disabled!", removed_at is not null as "removed!",
             exists(select 1 from block b where b.tenant_id = m.tenant_id and b.member_id = m.member_id and b.ended_at is null and b.until > $3) as "blocked!",
             (select count(*) from recovery_code c where c.tenant_id = m.tenant_id and c.member_id = m.member_id and c.used_at is null) as "recovery_left!"
           from member m where tenant_id = $1 and member_id = $2"#,
        tenant,
        member,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// A method as a case shows it: nothing of its secret.
#[derive(Debug, Clone)]
pub(crate) struct MethodRow {
    pub(crate) method_id: Uuid,
    pub(crate) kind: String,
    pub(crate) label: String,
    pub(crate) state: String,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) drift: i32,
    pub(crate) params: Value,
    pub(crate) created_at: Timestamp,
    pub(crate) confirmed_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
}

pub(crate) async fn list_methods(tx: &mut TenantTx, member: Uuid) -> Result<Vec<MethodRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select method_id, kind, label, state, disabled_reason, drift, params, created_at, confirmed_at, last_used_at
         from method where tenant_id = $1 and member_id = $2 and state in ('active', 'off') order by method_id",
        tenant,
        member
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MethodRow {
            method_id: r.method_id,
            kind: r.kind,
            label: r.label,
            state: r.state,
            disabled_reason: r.disabled_reason,
            drift: r.drift,
            params: r.params,
            created_at: r.created_at.to_jiff(),
            confirmed_at: r.confirmed_at.map(|t| t.to_jiff()),
            last_used_at: r.last_used_at.map(|t| t.to_jiff()),
        })
        .collect())
}

/// Counters of a subject.
#[derive(Debug, Clone)]
pub(crate) struct CounterRow {
    pub(crate) scope: String,
    pub(crate) in_row: i32,
    pub(crate) wait_until: Option<Timestamp>,
    pub(crate) last_at: Option<Timestamp>,
    pub(crate) in_thirty_days: i64,
}

pub(crate) async fn list_counters(tx: &mut TenantTx, subject: Uuid, now: Timestamp) -> Result<Vec<CounterRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select scope, in_row, wait_until, last_at,
             (select coalesce(sum(failures), 0)::bigint from failure_day f
              where f.tenant_id = t.tenant_id and f.subject_id = t.subject_id and f.family = t.scope and f.day > ($3::timestamptz at time zone 'UTC')::date - 30) as "in_thirty_days!"
           from throttle t where tenant_id = $1 and subject_id = $2 order by scope <> 'guard', scope"#,
        tenant,
        subject,
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| CounterRow {
            scope: r.scope,
            in_row: r.in_row,
            wait_until: r.wait_until.map(|t| t.to_jiff()),
            last_at: r.last_at.map(|t| t.to_jiff()),
            in_thirty_days: r.in_thirty_days,
        })
        .collect())
}

/// A row of the audit log as stored, with the names of whom it is by and about, where they are of this tenant and still known.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct AuditLogRow {
    pub(crate) occurred_at: jiff_sqlx::Timestamp,
    pub(crate) audit_id: Uuid,
    pub(crate) event: String,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) actor_name: Option<String>,
    pub(crate) target_kind: String,
    pub(crate) target_id: Option<Uuid>,
    pub(crate) target_name: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) session_id: Option<i64>,
    pub(crate) sealed: Vec<u8>,
}

/// Which rows of the audit log.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditFilter {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) event: Option<&'static str>,
    /// All but this one.
    pub(crate) event_not: Option<&'static str>,
    /// By one of these.
    pub(crate) actors: Option<Vec<Uuid>>,
    /// About one of these.
    pub(crate) targets: Option<Vec<Uuid>>,
    /// Older than this row.
    pub(crate) before: Option<(Timestamp, Uuid)>,
    /// Only what this snapshot of the database sees.
    pub(crate) snapshot: Option<String>,
}

fn name_of(who: &str) -> String {
    format!(
        "case {who}_kind when 'member' then (select m.upn from member m where m.tenant_id = a.tenant_id and m.member_id = a.{who}_id)
                         when 'api_key' then (select k.name from api_key k where k.tenant_id = a.tenant_id and k.key_id = a.{who}_id) end as {who}_name"
    )
}

pub(super) fn page_of_audit(prefix: &str, tenant: TenantId, filter: &AuditFilter, limit: usize) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(format!(
        "{prefix}select occurred_at, audit_id, event, actor_kind, actor_id, {}, target_kind, target_id, {}, reason, session_id, sealed from audit_log a where tenant_id = ",
        name_of("actor"),
        name_of("target")
    ));
    sql.push_bind(tenant.0);
    match filter.targets.as_deref() {
        None => {}
        Some([one]) => {
            sql.push(" and target_id = ").push_bind(*one);
        }
        Some(several) => {
            sql.push(" and target_id = any(").push_bind(several.to_vec()).push(")");
        }
    }
    if let Some(from) = filter.from {
        sql.push(" and occurred_at >= ").push_bind(from.to_sqlx());
    }
    if let Some(to) = filter.to {
        sql.push(" and occurred_at < ").push_bind(to.to_sqlx());
    }
    if let Some((at, id)) = filter.before {
        sql.push(" and occurred_at <= ").push_bind(at.to_sqlx());
        sql.push(" and (occurred_at, audit_id) < (")
            .push_bind(at.to_sqlx())
            .push(", ")
            .push_bind(id)
            .push(")");
    }
    if let Some(event) = filter.event {
        sql.push(" and event = ").push_bind(event);
    }
    if let Some(event) = filter.event_not {
        sql.push(" and event <> ").push_bind(event);
    }
    if let Some(actors) = &filter.actors {
        sql.push(" and actor_id = any(").push_bind(actors.clone()).push(")");
    }
    if let Some(snapshot) = &filter.snapshot {
        sql.push(" and pg_visible_in_snapshot(xid, ")
            .push_bind(snapshot.clone())
            .push("::text::pg_snapshot)");
    }
    sql.push(format!(" order by occurred_at desc, audit_id desc limit {limit}"));
    sql
}

pub(crate) async fn list_audit(tx: &mut TenantTx, filter: &AuditFilter, limit: usize) -> Result<Vec<AuditLogRow>, DbError> {
    Ok(page_of_audit("", tx.tenant(), filter, limit).build_query_as().fetch_all(&mut **tx).await?)
}

/// Reads a list of stored words.
pub(crate) fn words<T>(texts: &[String], parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, DbError> {
    texts.iter().map(|text| word(text, &parse)).collect()
}
