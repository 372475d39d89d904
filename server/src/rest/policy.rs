//! `/policy`: the policy document as a whole, by version.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::directory::DirectoryError;
use domain::directory::publishing::{Difference, NewPolicy, PolicyAuthor, PolicyEffect, PolicyTrial, PolicyVersion, PolicyView, read_document};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::error::{Answer, Refusal};
use super::json::{Json, Parameters};
use super::key::{CHANGE, Change, Key, READ, Read};
use super::paging::{List, cursor, limit};
use super::users::ReasonText;
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    let path = "/api/v1/policy";
    Routes::new()
        .get(path, READ, read)
        .get("/api/v1/policy/versions", READ, versions)
        .add(Method::PUT, path, CHANGE, Body::Json, replace)
}

/// Who has published a version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Author {
    /// `member`, `api_key` or `operator`.
    #[schema(example = "member")]
    kind: &'static str,
    id: Uuid,
    /// Sign-in name of a member, name of a key.
    #[schema(example = "ann@noord.example")]
    name: Option<String>,
}

impl From<PolicyAuthor> for Author {
    fn from(PolicyAuthor { kind, id, name }: PolicyAuthor) -> Self {
        Self { kind, id, name }
    }
}

/// A version as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Version {
    /// Number, from 1.
    version: i32,
    #[schema(value_type = String, format = "date-time")]
    published_at: Timestamp,
    /// Null for the first version and for what was done at the machine's console.
    published_by: Option<Author>,
}

impl From<PolicyVersion> for Version {
    fn from(of: PolicyVersion) -> Self {
        Self {
            version: of.version,
            published_at: of.published_at,
            published_by: of.published_by.map(Author::from),
        }
    }
}

/// A version with its document.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Policy {
    #[serde(flatten)]
    of: Version,
    /// The whole document: `methods`, `rules`, `registration`, `limits`, `delivery`, `trust`, `passkeys`, `questions`, `reset`, `passwords`.
    #[schema(value_type = Object)]
    document: model::PolicyDocument,
}

/// The answer carries its version as entity tag, for `If-Match` and `If-None-Match`.
fn tagged(view: PolicyView) -> Response {
    let tag = tag(view.of.version);
    let policy = Policy {
        of: view.of.into(),
        document: view.document,
    };
    ([(header::ETAG, tag)], Out(policy)).into_response()
}

fn tag(version: i32) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version that a header names by its entity tag.
fn version_of(value: &HeaderValue) -> Option<i32> {
    value.to_str().ok()?.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadParameters {
    /// A number; without it, the version in force.
    version: Option<i32>,
}

/// Reads the policy in force, or one of its earlier versions.
///
/// The answer carries an `ETag`; with `If-None-Match` it is 304 as long as nothing has changed.
#[utoipa::path(
    get, path = "/api/v1/policy", tag = "Policy", params(ReadParameters),
    responses((status = 200, body = Policy), (status = 304, description = "Not changed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn read(State(domain): State<Domain>, key: Key<Read>, headers: HeaderMap, Parameters(asked): Parameters<ReadParameters>) -> Answer<Response> {
    let view = domain.directory().policy_version(&key.admin(), asked.version).await?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(version_of);
    Ok(match known == Some(view.of.version) {
        true => (StatusCode::NOT_MODIFIED, [(header::ETAG, tag(view.of.version))]).into_response(),
        false => tagged(view),
    })
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionsParameters {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, 1 to 200.
    limit: Option<usize>,
}

/// Lists the versions there have been, newest first.
#[utoipa::path(
    get, path = "/api/v1/policy/versions", tag = "Policy", params(VersionsParameters),
    responses((status = 200, body = List<Version>), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn versions(State(domain): State<Domain>, key: Key<Read>, Parameters(asked): Parameters<VersionsParameters>) -> Answer<Out<List<Version>>> {
    let from = cursor(asked.cursor.as_deref())?;
    let page = domain.directory().policy_versions(&key.admin(), from.as_ref(), limit(asked.limit)?).await?;
    Ok(Out(List::from(page.map(Version::from))))
}

/// A whole document in place of the one in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDocument {
    /// The version that was changed. It may stand in `If-Match` instead.
    based_on: Option<i32>,
    /// The whole document, as it was read and with what is to be different.
    #[schema(value_type = Object)]
    document: serde_json::Value,
    /// For the audit log.
    #[schema(value_type = String, example = "passkeys for the service desk, decided on Monday")]
    reason: ReasonText,
}

/// Only try.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReplaceParameters {
    /// `true`: nothing is published; the answer says what would change, and for how many members.
    #[serde(default)]
    dry_run: bool,
}

/// A field that would be different.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changed {
    #[schema(example = "limits.lockout_after")]
    field: String,
    before: serde_json::Value,
    after: serde_json::Value,
}

/// What a document would come to, if it were published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Trial {
    /// The version in force.
    based_on: i32,
    /// What would be different; lists are compared as a whole.
    changes: Vec<Changed>,
    /// Members who can sign in.
    members: i64,
    /// Would be asked to register, and are not asked now.
    newly_asked_to_register: i64,
    /// Have a method that will do now, and would have none.
    left_without_method: i64,
    /// Would be asked for a second factor somewhere, and are not asked now.
    newly_prompted: i64,
    /// Would be refused somewhere, and are not refused now.
    newly_blocked: i64,
    /// False where there are too many combinations of groups, methods and applications to try them all.
    complete: bool,
}

impl From<PolicyTrial> for Trial {
    fn from(trial: PolicyTrial) -> Self {
        let PolicyEffect {
            members,
            newly_asked_to_register,
            left_without_method,
            newly_prompted,
            newly_blocked,
            complete,
        } = trial.effect;
        let changed = |Difference { field, before, after }| Changed { field, before, after };
        Self {
            based_on: trial.based_on,
            changes: trial.changes.into_iter().map(changed).collect(),
            members,
            newly_asked_to_register,
            left_without_method,
            newly_prompted,
            newly_blocked,
            complete,
        }
    }
}

/// Puts a whole document in place of the policy in force, as its next version.
///
/// `based_on` or `If-Match` says which version was changed: when a colleague has published another one meanwhile, it is 412 and nothing is lost. What is wrong
/// with the document is named by field, all of it at once. A document under which no global admin would have a way in is refused with `TS-4021`.
#[utoipa::path(
    put, path = "/api/v1/policy", tag = "Policy", request_body = NewDocument, params(ReplaceParameters),
    responses((status = 200, body = Policy, description = "Published; with `dry_run=true` what would change, and nothing is published"),
              (status = 412, body = ProblemDocument, description = "Changed meanwhile; the detail and the `ETag` name the version in force"),
              (status = "4XX", body = ProblemDocument, description = "Refused; the detail names every field")),
)]
async fn replace(
    State(domain): State<Domain>,
    key: Key<Change>,
    headers: HeaderMap,
    Parameters(asked): Parameters<ReplaceParameters>,
    Json(new): Json<NewDocument>,
) -> Answer<Response> {
    let (directory, admin) = (domain.directory(), key.admin());
    let new_policy = NewPolicy {
        based_on: based_on(&headers, new.based_on)?,
        document: read_document(new.document).map_err(DirectoryError::from)?,
        reason: new.reason.as_str(),
    };
    if asked.dry_run {
        return match directory.try_policy(&admin, new_policy).await {
            Ok(trial) => Ok(Out(Trial::from(trial)).into_response()),
            Err(error) => refused(error),
        };
    }
    match directory.replace_policy(&admin, new_policy).await {
        Ok(version) => Ok(tagged(directory.policy_version(&admin, Some(version)).await?)),
        Err(error) => refused(error),
    }
}

/// Whoever comes too late is told by a header as well which version to read.
fn refused(error: DirectoryError) -> Answer<Response> {
    let present = match &error {
        DirectoryError::PolicyMovedOn { present, .. } => *present,
        _ => return Err(error.into()),
    };
    let mut response = Refusal::from(error).into_response();
    response.headers_mut().insert(header::ETAG, tag(present));
    Ok(response)
}

/// The version that was changed; whoever names it twice names the same.
fn based_on(headers: &HeaderMap, named: Option<i32>) -> Answer<i32> {
    let matched = match headers.get(header::IF_MATCH) {
        Some(value) => Some(version_of(value).ok_or_else(|| Refusal::invalid("If-Match", "must be the ETag of the version that was changed"))?),
        None => None,
    };
    match (named, matched) {
        (Some(named), Some(matched)) if named != matched => Err(Refusal::invalid("based_on", "differs from If-Match")),
        (Some(version), _) | (None, Some(version)) => Ok(version),
        (None, None) => Err(Refusal::invalid("based_on", "name the version that was changed, here or in If-Match")),
    }
}
