//! `/requirements`: what a member would have to register before an application or an action, for a directory or a platform that asks before it sends him.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::Method;
use domain::Domain;
use domain::policy::rules::Because;
use domain::verification::requirements::{Requirements, RequirementsRequest};
use model::{Action, CleanText, NAME_CHARACTERS_MAX, Upn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Answer, Refusal};
use super::json::Json;
use super::key::{Ask, Key, VERIFY};
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    Routes::new().add(Method::POST, "/api/v1/requirements", VERIFY, Body::Json, ask)
}

/// Who, and where to or what for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// Sign-in name.
    #[schema(value_type = String, example = "ann@noord.example")]
    user: Upn,
    /// An application, as the policy names it.
    #[schema(value_type = Option<String>, example = "VPN")]
    application: Option<CleanText<NAME_CHARACTERS_MAX>>,
    /// `register_security_info`, `register_device` or `provision_passkey`, in place of an application.
    #[schema(value_type = Option<String>, example = "register_device")]
    action: Option<Action>,
}

/// What the policy demands, why, and where it is done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Required {
    /// `allow`, `require_mfa`, `require_phishing_resistant` or `block`.
    #[schema(example = "require_mfa")]
    demand: &'static str,
    /// Where that comes from: `kind` is `nothing`, `mfa_state`, `role` or `rule`, with the rule's `name`.
    #[schema(value_type = Object, example = json!({ "kind": "rule", "name": "Joining devices" }))]
    because: Because,
    /// What the member has is enough, or nothing is demanded.
    satisfied: bool,
    /// Why he would be asked to register, strictest first.
    #[schema(example = json!(["device_registration"]))]
    reasons: Vec<&'static str>,
    /// Kinds of which one would have to be registered, strongest first; empty where nothing is missing.
    #[schema(example = json!(["passkey", "totp"]))]
    missing: Vec<&'static str>,
    /// Where he registers, after signing in; it opens nothing by itself. Null where there is nothing to register or a rule refuses it.
    #[schema(example = "https://mfa.example/sign-in?for=register_device")]
    link: Option<String>,
}

impl From<Requirements> for Required {
    fn from(found: Requirements) -> Self {
        Self {
            demand: found.demand.as_str(),
            because: found.because,
            satisfied: found.satisfied,
            reasons: found.reasons.iter().map(|reason| reason.as_str()).collect(),
            missing: found.missing.iter().map(|kind| kind.as_str()).collect(),
            link: found.link,
        }
    }
}

/// Says what a member would have to register before an application or an action lets him in.
///
/// Nothing is decided and nothing is written. A name that nobody has is answered like a member who has nothing and of whom only rules for everybody ask
/// something.
#[utoipa::path(
    post, path = "/api/v1/requirements", tag = "Verifications", request_body = Question,
    responses((status = 200, body = Required), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn ask(State(domain): State<Domain>, key: Key<Ask>, Json(asked): Json<Question>) -> Answer<Out<Required>> {
    if asked.application.is_some() && asked.action.is_some() {
        return Err(Refusal::invalid("action", "name an application or an action, not both"));
    }
    let request = RequirementsRequest {
        user: asked.user,
        application: asked.application,
        action: asked.action,
    };
    Ok(Out(domain.verification().requirements(key.integration(), &request).await?.into()))
}
