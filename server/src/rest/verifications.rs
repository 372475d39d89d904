//! `POST /verifications`: checks a code in one call, or starts a challenge when there is none; and the answer to a challenge.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use domain::Domain;
use domain::actor::Client;
use domain::verification::{Answer as Verdict, Idempotency, Request};
use jiff::Timestamp;
use model::{APPLICATION_CHARACTERS_MAX, AttemptId, CleanText, Decision, ErrorCode, MethodKind, OfferedCode, Reason, SessionId, Upn};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::error::{Answer, Refusal};
use super::json::{Json, JsonAndBytes, Named, Parameters};
use super::key::{Shown, VERIFY};
use crate::state::Service;
use crate::web::Problem;

/// Seconds that a caller may wait for a decision.
const WAIT_SECONDS_MAX: u64 = 25;
/// How often a waiting call looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Characters of an idempotency key.
const IDEMPOTENCY_KEY_MAX: usize = 200;

pub(super) fn routes() -> Routes<Service> {
    let challenge = "/api/v1/verifications/{challenge_id}";
    Routes::new()
        .add(Method::POST, "/api/v1/verifications", VERIFY, Body::Json, verify)
        .get(challenge, VERIFY, status)
        .add(Method::DELETE, challenge, VERIFY, Body::None, give_up)
        .add(Method::POST, "/api/v1/verifications/{challenge_id}/answer", VERIFY, Body::Json, answer)
        .add(Method::POST, "/api/v1/verifications/{challenge_id}/resend", VERIFY, Body::None, resend)
}

/// Who is to be verified, and with what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerificationRequest {
    /// Sign-in name of the member.
    #[schema(value_type = String, example = "member@noord.example")]
    user: Upn,
    /// The code as typed; leave it out to start a challenge.
    #[schema(example = "004217")]
    code: Option<String>,
    /// Kind of method meant; leave it out for all that take a code, or for the default.
    #[schema(value_type = Option<String>, example = "totp")]
    method: Option<MethodKind>,
    /// For which application, as the policy and the journal name it.
    #[schema(value_type = Option<String>, example = "vpn")]
    application: Option<CleanText<APPLICATION_CHARACTERS_MAX>>,
    /// Where the member sits, as your system sees it.
    #[schema(value_type = Option<String>)]
    client_ip: Option<IpAddr>,
    /// Groups attempts of one run on your side.
    correlation_id: Option<Uuid>,
}

/// The decision. A wrong code is an answer, not an error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Verification {
    /// The public id of the attempt; people may read it out to support.
    #[schema(value_type = String, example = "7K2M-9QXD-3F")]
    session_id: SessionId,
    /// `allowed`, `denied` or `pending`. Let nobody in on anything but `allowed`.
    #[schema(example = "allowed")]
    decision: &'static str,
    /// Why; null while it is pending.
    #[schema(value_type = Option<String>, example = "right_code")]
    reason: Option<Reason>,
    /// The method that was right, or that is asked.
    #[schema(value_type = Option<String>, example = "totp")]
    method: Option<MethodKind>,
    /// Until when nothing is compared, after too many tries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    wait_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<Challenge>,
}

/// A challenge that waits for its answer.
#[derive(Debug, Serialize, ToSchema)]
struct Challenge {
    #[schema(value_type = String, format = "uuid")]
    id: AttemptId,
    /// Kind of method asked.
    #[schema(value_type = String)]
    kind: MethodKind,
    #[schema(value_type = String, format = "date-time")]
    expires_at: Timestamp,
    /// Wrong answers that are left.
    tries_left: i32,
    /// The end of the number or mailbox that the code was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "•••78")]
    sent_to: Option<String>,
}

impl From<Verdict> for Verification {
    fn from(verdict: Verdict) -> Self {
        Self {
            session_id: verdict.session_id,
            decision: verdict.decision.map_or("pending", Decision::as_str),
            reason: verdict.reason,
            method: verdict.method,
            wait_until: verdict.wait_until,
            challenge: verdict.challenge.map(|open| Challenge {
                id: open.id,
                kind: open.kind,
                expires_at: open.expires_at,
                tries_left: open.tries_left,
                sent_to: open.sent_to,
            }),
        }
    }
}

/// Checks a code, or starts a challenge.
///
/// With an `Idempotency-Key` the same request answers the same for ten minutes; without one, a lost answer has used the code up.
#[utoipa::path(
    post, path = "/api/v1/verifications", tag = "Verifications", request_body = VerificationRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of 1 to 200 characters, new for each new request")),
    responses((status = 200, body = Verification), (status = "4XX", description = "Not decided", body = crate::web::ProblemDocument)),
)]
async fn verify(
    State(domain): State<Domain>,
    key: Shown,
    headers: HeaderMap,
    JsonAndBytes(body, bytes): JsonAndBytes<VerificationRequest>,
) -> Answer<Out<Verification>> {
    let request = Request {
        user: body.user,
        code: body.code.as_deref().map(code).transpose()?,
        method: body.method,
        application: body.application,
        client: Client {
            address: body.client_ip,
            agent: None,
        },
        correlation_id: body.correlation_id,
        idempotency: idempotency(&headers, &bytes)?,
    };
    let verdict = domain.verification().verify(&key.credential, Some(key.address), request).await?;
    Ok(Out(verdict.into()))
}

/// The code that answers a challenge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerRequest {
    /// The code as typed.
    #[schema(example = "004217")]
    code: String,
}

/// Answers a challenge.
#[utoipa::path(
    post, path = "/api/v1/verifications/{challenge_id}/answer", tag = "Verifications", request_body = AnswerRequest,
    params(("challenge_id" = Uuid, Path, description = "The id of the challenge")),
    responses(
        (status = 200, body = Verification),
        (status = 410, description = "Answered, expired or unknown", body = crate::web::ProblemDocument),
    ),
)]
async fn answer(State(domain): State<Domain>, key: Shown, Named(challenge): Named, Json(body): Json<AnswerRequest>) -> Answer<Out<Verification>> {
    let code = code(&body.code)?;
    let verdict = domain.verification().answer(&key.credential, Some(key.address), challenge, &code).await?;
    Ok(Out(verdict.into()))
}

/// How long a caller may wait for a decision.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WaitParameters {
    /// Seconds to wait for the decision, 0 to 25; 0 when left out.
    #[serde(default)]
    wait: u64,
}

/// Where a challenge stands. Waits for the decision when asked to.
#[utoipa::path(
    get, path = "/api/v1/verifications/{challenge_id}", tag = "Verifications",
    params(("challenge_id" = Uuid, Path, description = "The id of the challenge"), WaitParameters),
    responses(
        (status = 200, body = Verification),
        (status = 410, description = "Unknown", body = crate::web::ProblemDocument),
    ),
)]
async fn status(State(domain): State<Domain>, key: Shown, Named(challenge): Named, Parameters(asked): Parameters<WaitParameters>) -> Answer<Out<Verification>> {
    if asked.wait > WAIT_SECONDS_MAX {
        return Err(Refusal::invalid("wait", format!("must be from 0 to {WAIT_SECONDS_MAX}")));
    }
    let until = Instant::now() + Duration::from_secs(asked.wait);
    loop {
        let verdict = domain.verification().status(&key.credential, Some(key.address), challenge).await?;
        if verdict.decision.is_some() || Instant::now() >= until {
            return Ok(Out(verdict.into()));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Sends the code of a challenge once more: the same code, through the next provider, and not a second longer. `throttled` says that nothing was sent.
#[utoipa::path(
    post, path = "/api/v1/verifications/{challenge_id}/resend", tag = "Verifications",
    params(("challenge_id" = Uuid, Path, description = "The id of the challenge")),
    responses(
        (status = 200, body = Verification),
        (status = 410, description = "Answered, expired, unknown or not sent", body = crate::web::ProblemDocument),
    ),
)]
async fn resend(State(domain): State<Domain>, key: Shown, Named(challenge): Named) -> Answer<Out<Verification>> {
    Ok(Out(domain.verification().resend(&key.credential, Some(key.address), challenge).await?.into()))
}

/// Gives a challenge up: whatever code is on its way is worth nothing any more.
#[utoipa::path(
    delete, path = "/api/v1/verifications/{challenge_id}", tag = "Verifications",
    params(("challenge_id" = Uuid, Path, description = "The id of the challenge")),
    responses(
        (status = 200, body = Verification),
        (status = 410, description = "Answered, expired or unknown", body = crate::web::ProblemDocument),
    ),
)]
async fn give_up(State(domain): State<Domain>, key: Shown, Named(challenge): Named) -> Answer<Out<Verification>> {
    Ok(Out(domain.verification().give_up(&key.credential, Some(key.address), challenge).await?.into()))
}

fn code(text: &str) -> Answer<OfferedCode> {
    OfferedCode::parse(text).map_err(|error| Problem::new(ErrorCode::CodeForm).detail(format!("code: {error}")).into())
}

pub(super) fn idempotency(headers: &HeaderMap, body: &[u8]) -> Answer<Option<Idempotency>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(text) if (1..=IDEMPOTENCY_KEY_MAX).contains(&text.len()) => Ok(Some(Idempotency::of(text, body))),
        _ => Err(Refusal::invalid(
            "Idempotency-Key",
            format!("must be 1 to {IDEMPOTENCY_KEY_MAX} printable characters"),
        )),
    }
}
