//! `/auth-log`, `/attempts/{session_id}` and `/audit-log`: what happened, in pages for programs and as a stream for files.

use std::net::IpAddr;

use app::edge::Routes;
use axum::Json as Out;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::directory::MemberRef;
use domain::journal::{AuditQuery, AuditRow, CaseView, Event, InEnglish, JournalError, Shown, SignInQuery, SignInRow, csv};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use model::{
    APPLICATION_CHARACTERS_MAX, AttemptId, CleanText, Decision, Door, MemberId, MethodId, MethodKind, Path, Purpose, Reason, RegistrationReason, SessionId,
    Then, TransportResult,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::error::{Answer, Refusal};
use super::json::{Parameters, Session};
use super::key::{Key, READ, Read};
use super::paging::{self, List};
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    Routes::new()
        .get("/api/v1/auth-log", READ, auth_log)
        .get("/api/v1/attempts/{session_id}", READ, attempt)
        .get("/api/v1/audit-log", READ, audit_log)
}

/// Which attempts. Everything given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AuthLogParameters {
    /// From this moment on (RFC 3339).
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Before this moment.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Member, by id or sign-in name.
    user: Option<String>,
    /// `allowed`, `denied`, `interrupted` or `abandoned`.
    #[param(value_type = Option<String>)]
    decision: Option<Decision>,
    /// Such as `wrong_code`.
    #[param(value_type = Option<String>)]
    reason: Option<Reason>,
    /// Kind of method.
    #[param(value_type = Option<String>)]
    method: Option<MethodKind>,
    /// Application, by its exact name.
    #[param(value_type = Option<String>)]
    application: Option<CleanText<APPLICATION_CHARACTERS_MAX>>,
    /// Address of the client.
    #[param(value_type = Option<String>)]
    client_ip: Option<IpAddr>,
    /// Public id of the attempt.
    #[param(value_type = Option<String>)]
    session_id: Option<SessionId>,
    /// `next_cursor` of the page before. Not for streams.
    cursor: Option<String>,
    /// Rows of a page, 1 to 500; 50 when left out. Not for streams.
    limit: Option<usize>,
}

impl AuthLogParameters {
    fn query(self) -> Answer<SignInQuery> {
        Ok(SignInQuery {
            from: self.from,
            to: self.to,
            member: member("user", self.user.as_deref())?,
            decision: self.decision,
            reason: self.reason,
            method: self.method,
            application: self.application.map(String::from),
            client_ip: self.client_ip,
            session: self.session_id,
            correlation: None,
            cursor: paging::cursor(self.cursor.as_deref())?,
            limit: paging::limit(self.limit)?,
        })
    }
}

/// A decided attempt. The columns of the CSV have the same names.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuthLogRow {
    #[schema(value_type = String, format = "date-time")]
    occurred_at: Timestamp,
    #[schema(value_type = String, example = "7K2M-9QXD-3F")]
    session_id: SessionId,
    correlation_id: Uuid,
    /// The name, or what was typed as one.
    upn: Option<String>,
    /// Where the tenant logs names.
    given_name: Option<String>,
    family_name: Option<String>,
    mail: Option<String>,
    /// For messages and calls.
    phone: Option<String>,
    /// For the app: a truncated hash.
    device_token: Option<String>,
    mode: String,
    /// Null only while the attempt is open.
    #[schema(value_type = Option<String>)]
    decision: Option<Decision>,
    #[schema(value_type = Option<String>)]
    reason: Option<Reason>,
    server_name: String,
    server_ip: Option<String>,
    client_ip: Option<String>,
    /// The reason of a denial as the original names it.
    denial: Option<&'static str>,
    /// What the transport did, as the original names it.
    #[schema(value_type = Option<String>)]
    transport_result: Option<TransportResult>,
    application: Option<String>,
    #[schema(value_type = Option<String>)]
    method_kind: Option<MethodKind>,
    #[schema(value_type = Option<String>)]
    method_id: Option<MethodId>,
    #[schema(value_type = String)]
    door: Door,
    #[schema(value_type = String)]
    purpose: Purpose,
    #[schema(value_type = String)]
    path: Path,
    second_factor: bool,
    #[schema(value_type = Vec<String>)]
    registration_reasons: Vec<RegistrationReason>,
    policy_version: Option<i32>,
    #[schema(value_type = Option<String>)]
    policy_then: Option<Then>,
    user_agent: Option<String>,
    delivery: Option<String>,
    #[schema(value_type = String, format = "date-time")]
    started_at: Timestamp,
    #[schema(value_type = String, format = "uuid")]
    attempt_id: AttemptId,
    #[schema(value_type = Option<String>, format = "uuid")]
    member_id: Option<MemberId>,
    /// How personal values are shown: `whole`, `masked`, `erased` or `unreadable`.
    #[schema(value_type = String)]
    shown: Shown,
}

impl From<SignInRow> for AuthLogRow {
    fn from(row: SignInRow) -> Self {
        let denial = row.denial();
        let person = row.personal.unwrap_or_default();
        Self {
            occurred_at: row.occurred_at,
            session_id: row.session_id,
            correlation_id: row.correlation_id,
            upn: Some(person.upn).filter(|upn| !upn.is_empty()),
            given_name: person.given_name,
            family_name: person.family_name,
            mail: person.mail,
            phone: person.phone,
            device_token: person.device_token,
            mode: row.mode,
            decision: row.decision,
            reason: row.reason,
            server_name: row.server_name,
            server_ip: row.server_ip,
            client_ip: person.client_ip,
            denial,
            transport_result: row.transport_result,
            application: row.application,
            method_kind: row.method_kind,
            method_id: row.method_id,
            door: row.door,
            purpose: row.purpose,
            path: row.path,
            second_factor: row.second_factor,
            registration_reasons: row.registration_reasons,
            policy_version: row.policy_version,
            policy_then: row.policy_then,
            user_agent: person.user_agent,
            delivery: row.delivery,
            started_at: row.started_at,
            attempt_id: row.attempt_id,
            member_id: row.member_id,
            shown: row.shown,
        }
    }
}

/// Lists decided attempts, newest first.
///
/// With `Accept: text/csv` or `application/x-ndjson` all rows come as a stream; that they were exported is written into the audit log.
#[utoipa::path(
    get, path = "/api/v1/auth-log", tag = "Journal", params(AuthLogParameters),
    responses((status = 200, body = List<AuthLogRow>), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn auth_log(State(domain): State<Domain>, key: Key<Read>, headers: HeaderMap, Parameters(asked): Parameters<AuthLogParameters>) -> Answer<Response> {
    let query = asked.query()?;
    let admin = key.admin();
    let journal = domain.journal();
    Ok(match Form::asked(&headers) {
        Form::Page => {
            let page = journal.sign_ins(&admin, &query).await?;
            Out(List::from(page.map(AuthLogRow::from))).into_response()
        }
        Form::Csv => {
            let rows = journal.export(&admin, &query).await?.map_ok(|row| csv::sign_in(&row));
            file("auth-log.csv", CSV, with_header(csv::header(&csv::SIGN_IN_COLUMNS), rows))
        }
        Form::Ndjson => {
            let rows = journal.export(&admin, &query).await?.map_ok(|row| csv::ndjson(&AuthLogRow::from(row)));
            file("auth-log.ndjson", NDJSON, rows)
        }
    })
}

/// An attempt with everything about it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Case {
    #[serde(flatten)]
    row: AuthLogRow,
    /// Where it stands, while it is not decided.
    #[schema(value_type = Option<Object>)]
    open: Option<domain::journal::view::OpenAttempt>,
    /// The timeline, oldest first: `at`, `kind`, `detail`.
    #[schema(value_type = Vec<Object>)]
    steps: Vec<domain::journal::view::StepView>,
    /// What the policy was asked and what it said.
    #[schema(value_type = Option<Object>)]
    policy: Option<domain::journal::view::PolicyView>,
    diagnosis: Diagnosis,
    /// The member as it is now; null when the name was nobody's.
    #[schema(value_type = Option<Object>)]
    member: Option<domain::journal::view::CaseMember>,
    /// Wrong answers and what follows from them, as it is now.
    #[schema(value_type = Vec<Object>)]
    counters: Vec<domain::journal::view::CounterView>,
    #[schema(value_type = Option<Object>)]
    last_good: Option<domain::journal::view::GoodSignIn>,
    /// Changes of the member around the attempt, newest first.
    #[schema(value_type = Vec<Object>)]
    changes: Vec<AuditRow>,
}

/// What happened, in words.
#[derive(Debug, Serialize, ToSchema)]
struct Diagnosis {
    what: String,
    why: String,
    /// Best first.
    fix: Vec<String>,
}

impl From<CaseView> for Case {
    fn from(case: CaseView) -> Self {
        let InEnglish { what, why, fix } = case.diagnosis.in_english();
        Self {
            row: case.row.into(),
            open: case.open,
            steps: case.steps,
            policy: case.policy,
            diagnosis: Diagnosis { what, why, fix },
            member: case.member,
            counters: case.counters,
            last_good: case.last_good,
            changes: case.changes,
        }
    }
}

/// One attempt with its timeline, what the policy said, and a diagnosis. Looking is written into the audit log.
#[utoipa::path(
    get, path = "/api/v1/attempts/{session_id}", tag = "Journal",
    params(("session_id" = String, Path, description = "As read out: letter case, spaces and hyphens do not matter")),
    responses((status = 200, body = Case), (status = 404, body = ProblemDocument, description = "No attempt of this tenant has it")),
)]
async fn attempt(State(domain): State<Domain>, key: Key<Read>, Session(session): Session) -> Answer<Out<Case>> {
    Ok(Out(domain.journal().attempt(&key.admin(), session).await?.into()))
}

/// Which changes. Everything given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AuditLogParameters {
    /// From this moment on (RFC 3339).
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Before this moment.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Such as `member.created`.
    event: Option<String>,
    /// By whom: member or key, by id or sign-in name.
    actor: Option<String>,
    /// About whom or what, by id or sign-in name.
    target: Option<String>,
    /// `next_cursor` of the page before. Not for streams.
    cursor: Option<String>,
    /// Rows of a page, 1 to 500; 50 when left out. Not for streams.
    limit: Option<usize>,
}

impl AuditLogParameters {
    fn query(self) -> Answer<AuditQuery> {
        let event = self
            .event
            .map(|text| Event::from_text(&text).ok_or_else(|| Refusal::invalid("event", "is none that is written")));
        Ok(AuditQuery {
            from: self.from,
            to: self.to,
            event: event.transpose()?,
            actor: member("actor", self.actor.as_deref())?,
            target: member("target", self.target.as_deref())?,
            cursor: paging::cursor(self.cursor.as_deref())?,
            limit: paging::limit(self.limit)?,
        })
    }
}

/// Lists changes, newest first.
///
/// With `Accept: text/csv` or `application/x-ndjson` all rows come as a stream; that they were exported is itself a row.
#[utoipa::path(
    get, path = "/api/v1/audit-log", tag = "Journal", params(AuditLogParameters),
    responses((status = 200, description = "`items` with `occurred_at`, `event`, `actor`, `target`, `reason`, `before`, `after`"),
              (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn audit_log(State(domain): State<Domain>, key: Key<Read>, headers: HeaderMap, Parameters(asked): Parameters<AuditLogParameters>) -> Answer<Response> {
    let query = asked.query()?;
    let admin = key.admin();
    let journal = domain.journal();
    Ok(match Form::asked(&headers) {
        Form::Page => Out(List::from(journal.audit(&admin, &query).await?)).into_response(),
        Form::Csv => {
            let rows = journal.export_audit(&admin, &query).await?.map_ok(|row| csv::audit(&row));
            file("audit-log.csv", CSV, with_header(csv::header(&csv::AUDIT_COLUMNS), rows))
        }
        Form::Ndjson => {
            let rows = journal.export_audit(&admin, &query).await?.map_ok(|row| csv::ndjson(&row));
            file("audit-log.ndjson", NDJSON, rows)
        }
    })
}

fn member(field: &str, text: Option<&str>) -> Answer<Option<MemberRef>> {
    text.map(|text| text.parse().map_err(|error| Refusal::invalid(field, error))).transpose()
}

const CSV: &str = "text/csv; charset=utf-8; header=present";
const NDJSON: &str = "application/x-ndjson";

/// How the caller wants a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Page,
    Csv,
    Ndjson,
}

impl Form {
    /// By the Accept header; pages for everybody who does not ask for a file.
    fn asked(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut types = accepted
            .flat_map(|line| line.split(','))
            .map(|part| part.split(';').next().unwrap_or_default().trim());
        types
            .find_map(|one| match one {
                "text/csv" => Some(Self::Csv),
                NDJSON => Some(Self::Ndjson),
                "application/json" => Some(Self::Page),
                _ => None,
            })
            .unwrap_or(Self::Page)
    }
}

fn with_header<S>(line: Vec<u8>, rows: S) -> impl Stream<Item = Result<Vec<u8>, JournalError>>
where
    S: Stream<Item = Result<Vec<u8>, JournalError>>,
{
    stream::once(std::future::ready(Ok(line))).chain(rows)
}

/// A file that is written while it is read. When it cannot go on, the connection is broken, so that nobody takes half of it for the whole.
fn file(name: &str, content_type: &'static str, lines: impl Stream<Item = Result<Vec<u8>, JournalError>> + Send + 'static) -> Response {
    let lines = lines.map_ok(Bytes::from).inspect_err(|error| tracing::error!(%error, "an export broke off"));
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_is_known_wins() {
        let asked = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            Form::asked(&headers)
        };
        assert_eq!(asked("text/csv"), Form::Csv);
        assert_eq!(asked("application/x-ndjson;q=1"), Form::Ndjson);
        assert_eq!(asked("application/json, text/csv"), Form::Page);
        assert_eq!(asked("*/*"), Form::Page);
        assert_eq!(Form::asked(&HeaderMap::new()), Form::Page);
    }
}
