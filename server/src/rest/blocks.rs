//! `/users/{user}/block` and `/bypass`: who must not come in, and who may come in once without a second factor. Blocks are lifted by `/unblock`.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::directory::block::{BlockCause, BlockTerm, BlockView, BypassView};
use jiff::Timestamp;
use model::BYPASS_SECONDS;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Answer, Refusal};
use super::json::{Json, Parameters, Whom};
use super::key::{CHANGE, Change, Key, READ, Read};
use super::member::Member;
use super::users::{ReasonText, RemoveParameters};
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    let bypass = "/api/v1/users/{user}/bypass";
    Routes::new()
        .get("/api/v1/users/{user}/blocks", READ, list)
        .add(Method::POST, "/api/v1/users/{user}/block", CHANGE, Body::Json, block)
        .add(Method::POST, bypass, CHANGE, Body::Json, open_bypass)
        .add(Method::DELETE, bypass, CHANGE, Body::None, close_bypass)
}

/// A block, in force or of before.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Block {
    /// `admin` or `fraud_report`.
    #[schema(value_type = String, example = "admin")]
    cause: BlockCause,
    reason: String,
    #[schema(value_type = String, format = "date-time")]
    blocked_at: Timestamp,
    /// Null for one without end.
    #[schema(value_type = Option<String>, format = "date-time")]
    until: Option<Timestamp>,
    /// It holds now.
    holds: bool,
    /// When it was lifted, if it was.
    #[schema(value_type = Option<String>, format = "date-time")]
    ended_at: Option<Timestamp>,
    end_reason: Option<String>,
}

impl From<BlockView> for Block {
    fn from(view: BlockView) -> Self {
        Self {
            cause: view.cause,
            reason: view.reason,
            blocked_at: view.blocked_at,
            until: view.until,
            holds: view.holds,
            ended_at: view.ended_at,
            end_reason: view.end_reason,
        }
    }
}

/// A member's blocks and the bypass that is open.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Blocks {
    /// Newest first, at most twenty; one that holds is the first.
    blocks: Vec<Block>,
    bypass: Option<Bypass>,
}

/// A one-time bypass that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bypass {
    reason: String,
    #[schema(value_type = String, format = "date-time")]
    opened_at: Timestamp,
    #[schema(value_type = String, format = "date-time")]
    until: Timestamp,
}

impl From<BypassView> for Bypass {
    fn from(view: BypassView) -> Self {
        Self {
            reason: view.reason,
            opened_at: view.opened_at,
            until: view.until,
        }
    }
}

/// Lists a member's blocks, with the reasons, and the bypass that is open.
#[utoipa::path(
    get, path = "/api/v1/users/{user}/blocks", tag = "Blocks", params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = Blocks), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn list(State(domain): State<Domain>, key: Key<Read>, Whom(whom): Whom) -> Answer<Out<Blocks>> {
    let standing = domain.directory().standing(&key.admin(), &whom).await?;
    Ok(Out(Blocks {
        blocks: standing.blocks.into_iter().map(Block::from).collect(),
        bypass: standing.bypass.map(Bypass::from),
    }))
}

/// How long, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBlock {
    /// 1 to 3,650; 90 when left out.
    #[schema(example = 90)]
    days: Option<i64>,
    /// It holds until somebody lifts it.
    #[serde(default)]
    without_end: bool,
    /// For the audit log, and shown to admins.
    #[schema(value_type = String, example = "stolen laptop, ticket 4711")]
    reason: ReasonText,
}

/// Blocks a member: every verification and sign-in is refused, and every session ends. A block of before is replaced.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/block", tag = "Blocks", request_body = NewBlock,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = Member), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn block(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Json(new): Json<NewBlock>) -> Answer<Out<Member>> {
    let term = match (new.days, new.without_end) {
        (Some(_), true) => return Err(Refusal::invalid("days", "and without_end exclude each other")),
        (Some(days), false) => BlockTerm::Days(days),
        (None, true) => BlockTerm::WithoutEnd,
        (None, false) => BlockTerm::default(),
    };
    Ok(Out(domain.directory().block(&key.admin(), &whom, term, new.reason.as_str()).await?.into()))
}

/// How long it waits, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBypass {
    /// 30 to 3,600; 300 when left out.
    #[schema(example = 300)]
    seconds: Option<i64>,
    /// For the audit log.
    #[schema(value_type = String, example = "left the phone at home, ticket 4711")]
    reason: ReasonText,
}

/// Opens a one-time bypass: within these seconds one verification without a code, or one sign-in by password, is let through. One of before is replaced.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/bypass", tag = "Blocks", request_body = NewBypass,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 201, body = Bypass), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn open_bypass(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Json(new): Json<NewBypass>) -> Answer<Response> {
    let seconds = new.seconds.unwrap_or(BYPASS_SECONDS);
    let opened = domain.directory().open_bypass(&key.admin(), &whom, seconds, new.reason.as_str()).await?;
    Ok((StatusCode::CREATED, Out(Bypass::from(opened))).into_response())
}

/// Closes a bypass that nobody has used.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}/bypass", tag = "Blocks", params(("user" = String, Path, description = "Id or sign-in name"), RemoveParameters),
    responses((status = 204, description = "Closed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn close_bypass(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Parameters(asked): Parameters<RemoveParameters>) -> Answer<StatusCode> {
    domain.directory().close_bypass(&key.admin(), &whom, asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
