//! `/users/{user}/passes`: Temporary Access Passes. The pass itself is told once, to a key with scope `pass`.

use app::edge::{Body, Routes, Uncompressed};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::methods::pass::{PassState, PassTerms, PassView};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Answer;
use super::json::{Json, Parameters, Whom};
use super::key::{Key, PASS, Passes};
use super::users::{ReasonText, RemoveParameters};
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    let passes = "/api/v1/users/{user}/passes";
    Routes::new()
        .add(Method::POST, passes, PASS, Body::Json, give)
        .add(Method::DELETE, passes, PASS, Body::None, withdraw)
}

/// A pass as it stands; never its text.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pass {
    /// `early`, `open`, `used` or `past`.
    #[schema(value_type = String, example = "open")]
    state: PassState,
    /// Good for one use alone.
    one_time: bool,
    #[schema(value_type = String, format = "date-time")]
    valid_from: Timestamp,
    #[schema(value_type = String, format = "date-time")]
    valid_until: Timestamp,
    #[schema(value_type = String, format = "date-time")]
    made_at: Timestamp,
    #[schema(value_type = Option<String>, format = "date-time")]
    last_used_at: Option<Timestamp>,
}

impl From<PassView> for Pass {
    fn from(view: PassView) -> Self {
        Self {
            state: view.state,
            one_time: view.one_time,
            valid_from: view.valid_from,
            valid_until: view.valid_until,
            made_at: view.made_at,
            last_used_at: view.last_used_at,
        }
    }
}

/// How the pass shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPass {
    /// Minutes that it lives, 10 to 43,200; 60 when left out.
    #[schema(example = 60)]
    minutes: Option<i64>,
    /// Characters, 8 to 48; 12 when left out.
    #[schema(example = 12)]
    length: Option<usize>,
    /// Good for one use alone; true when left out.
    one_time: Option<bool>,
    /// From when it is good; at once when left out.
    #[schema(value_type = Option<String>, format = "date-time")]
    start: Option<Timestamp>,
    /// For the audit log.
    #[schema(value_type = String, example = "lost phone, ticket 4711")]
    reason: ReasonText,
}

/// A pass that was given, with its text.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Given {
    /// The pass. It is told this once; hyphens and capitals make no difference.
    #[schema(example = "K7PQ-9WXD-3FHM")]
    pass: String,
    #[serde(flatten)]
    state: Pass,
}

/// Gives a member a Temporary Access Pass; the one before ends. Needs a key with scope `pass`, whatever else the key may do.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/passes", tag = "Passes", request_body = NewPass,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 201, body = Given), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn give(State(domain): State<Domain>, key: Key<Passes>, Whom(whom): Whom, Json(new): Json<NewPass>) -> Answer<Response> {
    let usual = PassTerms::default();
    let terms = PassTerms {
        characters: new.length.unwrap_or(usual.characters),
        minutes: new.minutes.unwrap_or(usual.minutes),
        one_time: new.one_time.unwrap_or(usual.one_time),
        start: new.start,
    };
    let given = domain.methods().give_pass(&key.admin(), &whom, terms, new.reason.as_str()).await?;
    let answer = Given {
        pass: given.reveal(),
        state: given.view.into(),
    };
    Ok((StatusCode::CREATED, Uncompressed, Out(answer)).into_response())
}

/// Takes the pass back: it opens nothing from now on.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}/passes", tag = "Passes", params(("user" = String, Path, description = "Id or sign-in name"), RemoveParameters),
    responses((status = 204, description = "Taken back"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn withdraw(State(domain): State<Domain>, key: Key<Passes>, Whom(whom): Whom, Parameters(asked): Parameters<RemoveParameters>) -> Answer<StatusCode> {
    domain.methods().withdraw_pass(&key.admin(), &whom, asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
