//! `/calls`: what is asked in calls; and `/users/{user}/call-pin`: requires a new PIN for them. Only its member chooses one; no interface ever takes or
//! shows it.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use domain::Domain;
use model::CallRules;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Answer;
use super::json::{Json, Parameters, Whom};
use super::key::{CHANGE, Change, Key};
use super::users::{ReasonText, RemoveParameters};
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    Routes::new()
        .get("/api/v1/calls", CHANGE, read_rules)
        .add(Method::PUT, "/api/v1/calls", CHANGE, Body::Json, set_rules)
        .add(Method::DELETE, "/api/v1/users/{user}/call-pin", CHANGE, Body::None, clear)
}

/// What the policy says of calls.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CallTerms {
    /// PIN mode: the member's PIN is asked for before the digit that is spoken.
    pin: bool,
    /// What is typed before the hash key to report that somebody else is signing in, 1 to 3 digits.
    #[schema(example = "0")]
    fraud_code: String,
}

impl From<CallRules> for CallTerms {
    fn from(rules: CallRules) -> Self {
        Self {
            pin: rules.pin,
            fraud_code: rules.fraud_code,
        }
    }
}

/// The same, with the reason for the audit log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCallTerms {
    /// PIN mode: the member's PIN is asked for before the digit that is spoken.
    pin: bool,
    /// What is typed before the hash key to report that somebody else is signing in, 1 to 3 digits.
    #[schema(example = "0")]
    fraud_code: String,
    /// For the audit log.
    #[schema(value_type = String, example = "decided by the board")]
    reason: ReasonText,
}

/// Reads what the policy says of calls.
#[utoipa::path(
    get, path = "/api/v1/calls", tag = "Methods",
    responses((status = 200, body = CallTerms), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn read_rules(State(domain): State<Domain>, key: Key<Change>) -> Answer<Out<CallTerms>> {
    Ok(Out(domain.methods().call_rules(&key.admin()).await?.into()))
}

/// Says so from now on, as the next version of the policy. PIN mode is off at birth; a member without a PIN can confirm nothing by a call while it is on.
#[utoipa::path(
    put, path = "/api/v1/calls", tag = "Methods", request_body = NewCallTerms,
    responses((status = 200, body = CallTerms), (status = "4XX", body = ProblemDocument, description = "Refused; the detail names the field")),
)]
async fn set_rules(State(domain): State<Domain>, key: Key<Change>, Json(new): Json<NewCallTerms>) -> Answer<Out<CallTerms>> {
    let rules = CallRules {
        pin: new.pin,
        fraud_code: new.fraud_code,
    };
    domain.methods().set_call_rules(&key.admin(), rules.clone(), new.reason.as_str()).await?;
    Ok(Out(rules.into()))
}

/// Takes a member's PIN for calls away. Where the organisation asks for one, calls confirm nothing until the member has chosen a new one.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}/call-pin", tag = "Methods",
    params(("user" = String, Path, description = "Id or sign-in name"), RemoveParameters),
    responses((status = 204, description = "Taken away"), (status = "4XX", body = ProblemDocument, description = "Refused, or there is none")),
)]
async fn clear(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Parameters(asked): Parameters<RemoveParameters>) -> Answer<StatusCode> {
    domain.methods().clear_call_pin(&key.admin(), &whom, asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
