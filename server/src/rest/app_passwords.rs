//! App passwords: made for a member, and checked for programs that can do nothing but send a password.

use std::net::IpAddr;

use app::edge::{Body, Routes, Uncompressed};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::actor::Client;
use domain::methods::app_password::AppPasswordView;
use domain::sign_in::{LegacyAnswer, LegacyRequest};
use domain::vault::Secret;
use jiff::Timestamp;
use model::{APPLICATION_CHARACTERS_MAX, CleanText, Decision, ErrorCode, NAME_CHARACTERS_MAX, Reason, SessionId, Upn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::Answer;
use super::json::{Json, Parameters, WhichAppPassword, Whom};
use super::key::{CHANGE, Change, Key, READ, Read, Shown, VERIFY};
use super::users::RemoveParameters;
use crate::state::Service;
use crate::web::ProblemDocument;

/// What mail programs show where a second step is asked that they cannot give (S60).
const NEEDS_APP_PASSWORD: &str = "0x800434D4L";

pub(super) fn routes() -> Routes<Service> {
    let passwords = "/api/v1/users/{user}/app-passwords";
    Routes::new()
        .get(passwords, READ, list)
        .add(Method::POST, passwords, CHANGE, Body::Json, make)
        .add(Method::DELETE, "/api/v1/users/{user}/app-passwords/{app_password}", CHANGE, Body::None, remove)
        .add(Method::POST, "/api/v1/app-passwords/verify", VERIFY, Body::Json, verify)
}

/// An app password; never its letters.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppPassword {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// For which program.
    #[schema(example = "Mail on the old phone")]
    label: String,
    #[schema(value_type = String, format = "date-time")]
    made_at: Timestamp,
    #[schema(value_type = Option<String>, format = "date-time")]
    last_used_at: Option<Timestamp>,
    last_used_ip: Option<String>,
    last_protocol: Option<String>,
}

impl From<AppPasswordView> for AppPassword {
    fn from(view: AppPasswordView) -> Self {
        Self {
            id: view.id,
            label: view.label,
            made_at: view.made_at,
            last_used_at: view.last_used_at,
            last_used_ip: view.last_used_ip,
            last_protocol: view.last_protocol,
        }
    }
}

/// The app passwords of a member: at most forty, on one page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppPasswords {
    items: Vec<AppPassword>,
    /// Always null.
    next_cursor: Option<String>,
}

/// Lists the app passwords of a member.
#[utoipa::path(
    get, path = "/api/v1/users/{user}/app-passwords", tag = "App passwords", params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = AppPasswords), (status = 404, body = ProblemDocument, description = "No such member")),
)]
async fn list(State(domain): State<Domain>, key: Key<Read>, Whom(whom): Whom) -> Answer<Out<AppPasswords>> {
    let found = domain.methods().app_passwords_of(&key.admin(), &whom).await?;
    Ok(Out(AppPasswords {
        items: found.into_iter().map(AppPassword::from).collect(),
        next_cursor: None,
    }))
}

/// For which program.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAppPassword {
    /// The name by which the member knows it again.
    #[schema(value_type = String, example = "Mail on the old phone")]
    label: CleanText<NAME_CHARACTERS_MAX>,
}

/// An app password that was made, with its letters.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Made {
    /// The sixteen letters. They are told this once.
    #[schema(example = "abcdefghijklmnop")]
    password: String,
    #[serde(flatten)]
    made: AppPassword,
}

/// Makes an app password for a program of a member. The organisation must allow them.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/app-passwords", tag = "App passwords", request_body = NewAppPassword,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 201, body = Made), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn make(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Json(new): Json<NewAppPassword>) -> Answer<Response> {
    let made = domain.methods().make_app_password(&key.admin(), &whom, &new.label).await?;
    let answer = Made {
        password: made.reveal().to_owned(),
        made: made.view.into(),
    };
    Ok((StatusCode::CREATED, Uncompressed, Out(answer)).into_response())
}

/// Removes an app password.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}/app-passwords/{app_password}", tag = "App passwords",
    params(
        ("user" = String, Path, description = "Id or sign-in name"),
        ("app_password" = Uuid, Path, description = "Id of the app password"),
        RemoveParameters,
    ),
    responses((status = 204, description = "Removed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn remove(
    State(domain): State<Domain>,
    key: Key<Change>,
    Whom(whom): Whom,
    WhichAppPassword(id): WhichAppPassword,
    Parameters(asked): Parameters<RemoveParameters>,
) -> Answer<StatusCode> {
    domain.methods().remove_app_password(&key.admin(), &whom, id, asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a program sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyAppPassword {
    /// Sign-in name of the member.
    #[schema(value_type = String, example = "member@noord.example")]
    user: Upn,
    /// What was sent as the password.
    #[schema(example = "abcdefghijklmnop")]
    password: String,
    /// By which protocol; policy and journal know it as the application.
    #[schema(value_type = String, example = "imap")]
    protocol: CleanText<APPLICATION_CHARACTERS_MAX>,
    /// Where the program sits, as your system sees it.
    #[schema(value_type = Option<String>)]
    client_ip: Option<IpAddr>,
}

/// The decision. A wrong password is an answer, not an error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppPasswordVerdict {
    /// The public id of the attempt.
    #[schema(value_type = String, example = "7K2M-9QXD-3F")]
    session_id: SessionId,
    /// `allowed` or `denied`.
    #[schema(value_type = String, example = "allowed")]
    decision: Decision,
    /// Why.
    #[schema(value_type = String, example = "right_code")]
    reason: Reason,
    /// Until when nothing is compared, after too many tries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    wait_until: Option<Timestamp>,
    /// `0x800434D4L` where the member's own password is not enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0x800434D4L")]
    code: Option<&'static str>,
    /// What to do then.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

impl From<LegacyAnswer> for AppPasswordVerdict {
    fn from(answer: LegacyAnswer) -> Self {
        let needs_app_password = answer.reason == Reason::AppPasswordRequired;
        Self {
            session_id: answer.session_id,
            decision: answer.decision,
            reason: answer.reason,
            wait_until: answer.wait_until,
            code: needs_app_password.then_some(NEEDS_APP_PASSWORD),
            detail: needs_app_password.then_some(ErrorCode::AppPasswordRequired.next()),
        }
    }
}

/// Checks the password of a program that can ask for nothing more: an app password, or the member's own where no second step is asked of the member.
#[utoipa::path(
    post, path = "/api/v1/app-passwords/verify", tag = "App passwords", request_body = VerifyAppPassword,
    responses((status = 200, body = AppPasswordVerdict), (status = "4XX", body = ProblemDocument, description = "Not decided")),
)]
async fn verify(State(domain): State<Domain>, key: Shown, Json(body): Json<VerifyAppPassword>) -> Answer<Out<AppPasswordVerdict>> {
    let request = LegacyRequest {
        user: body.user,
        password: Secret::new(body.password),
        protocol: body.protocol,
        client: Client {
            address: body.client_ip,
            agent: None,
        },
    };
    let answer = domain.sign_in().legacy(&key.credential, Some(key.address), request).await?;
    Ok(Out(answer.into()))
}
