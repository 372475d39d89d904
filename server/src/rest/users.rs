//! `/users`: the directory, and what an admin does to a member.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::directory::{MemberPatch, MemberQuery, MemberRef, NewMember};
use model::{CleanText, MfaState, NAME_CHARACTERS_MAX, REASON_CHARACTERS_MAX, Role, Upn};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::{Answer, Refusal};
use super::json::{Json, Parameters, Whom, present};
use super::key::{CHANGE, Change, Key, READ, Read, SUPPORT, Support};
use super::member::Member;
use super::paging::{self, List};
use crate::state::Service;
use crate::web::ProblemDocument;

type Name = CleanText<NAME_CHARACTERS_MAX>;
pub(super) type ReasonText = CleanText<REASON_CHARACTERS_MAX>;

pub(super) fn routes() -> Routes<Service> {
    let users = "/api/v1/users";
    let user = "/api/v1/users/{user}";
    Routes::new()
        .get(users, READ, list)
        .add(Method::POST, users, CHANGE, Body::Json, create)
        .get(user, READ, read)
        .add(Method::PATCH, user, CHANGE, Body::Json, change)
        .add(Method::DELETE, user, CHANGE, Body::None, remove)
        .add(Method::PUT, "/api/v1/users/{user}/mfa-state", CHANGE, Body::Json, set_mfa_state)
        .add(Method::POST, "/api/v1/users/{user}/unblock", SUPPORT, Body::Json, unblock)
        .add(
            Method::POST,
            "/api/v1/users/{user}/require-reregistration",
            CHANGE,
            Body::Json,
            require_reregistration,
        )
        .add(Method::POST, "/api/v1/users/{user}/revoke-sessions", CHANGE, Body::Json, revoke_sessions)
}

/// Which members.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, 1 to 500; 50 when left out.
    limit: Option<usize>,
    /// Words of names, and `state:enforced`, `method:none`, `method:one`, `locked:yes`.
    q: Option<String>,
}

/// Lists members by sign-in name.
#[utoipa::path(
    get, path = "/api/v1/users", tag = "Users", params(ListParameters),
    responses((status = 200, body = List<Member>), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn list(State(domain): State<Domain>, key: Key<Read>, Parameters(asked): Parameters<ListParameters>) -> Answer<Out<List<Member>>> {
    let query = MemberQuery {
        cursor: paging::cursor(asked.cursor.as_deref())?,
        limit: paging::limit(asked.limit)?,
        ..MemberQuery::typed(asked.q.as_deref().unwrap_or_default())
    };
    let page = domain.directory().members(&key.admin(), &query).await?;
    Ok(Out(page.map(Member::from).into()))
}

/// A member to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    /// Sign-in name; its domain must be one of the tenant's.
    #[schema(value_type = String, example = "member@noord.example")]
    upn: Upn,
    #[schema(value_type = Option<String>)]
    given_name: Option<Name>,
    #[schema(value_type = Option<String>)]
    family_name: Option<Name>,
    /// Mail address, where it is not the sign-in name.
    #[schema(value_type = Option<String>)]
    mail: Option<Upn>,
    /// Roles above member.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
}

/// Makes a member.
#[utoipa::path(
    post, path = "/api/v1/users", tag = "Users", request_body = NewUser,
    responses((status = 201, body = Member), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn create(State(domain): State<Domain>, key: Key<Change>, Json(new): Json<NewUser>) -> Answer<Response> {
    let NewUser {
        upn,
        given_name,
        family_name,
        mail,
        roles,
    } = new;
    let new = NewMember {
        upn,
        given_name,
        family_name,
        mail,
        roles,
    };
    let id = domain.directory().create_member(&key.admin(), new).await?;
    let member = domain.directory().member(&key.admin(), &MemberRef::Id(id)).await?;
    let mut response = (StatusCode::CREATED, Out(Member::from(member))).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/users/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One member, by id or sign-in name.
#[utoipa::path(
    get, path = "/api/v1/users/{user}", tag = "Users", params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = Member), (status = 404, body = ProblemDocument, description = "No such member")),
)]
async fn read(State(domain): State<Domain>, key: Key<Read>, Whom(whom): Whom) -> Answer<Out<Member>> {
    Ok(Out(domain.directory().member(&key.admin(), &whom).await?.into()))
}

/// What to change; a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    given_name: Option<Option<Name>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    family_name: Option<Option<Name>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    mail: Option<Option<Upn>>,
    #[schema(value_type = Option<String>)]
    upn: Option<Upn>,
    /// Switches the account off or on; off ends every session. Needs a reason.
    disabled: Option<bool>,
    /// For the audit log.
    #[schema(value_type = Option<String>)]
    reason: Option<ReasonText>,
}

/// Changes a member.
#[utoipa::path(
    patch, path = "/api/v1/users/{user}", tag = "Users", request_body = UserPatch,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = Member), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn change(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Json(patch): Json<UserPatch>) -> Answer<Out<Member>> {
    let directory = domain.directory();
    let UserPatch {
        given_name,
        family_name,
        mail,
        upn,
        disabled,
        reason,
    } = patch;
    let names_change = given_name.is_some() || family_name.is_some() || mail.is_some() || upn.is_some();
    if names_change && disabled.is_some() {
        return Err(Refusal::invalid(
            "disabled",
            "is changed by itself, so that each change has its own row in the audit log",
        ));
    }
    let view = match disabled {
        Some(disabled) => {
            let reason = reason.ok_or_else(|| Refusal::invalid("reason", "is needed for switching an account off or on"))?;
            directory.set_enabled(&key.admin(), &whom, !disabled, reason.as_str()).await?
        }
        None if names_change => {
            let patch = MemberPatch {
                given_name,
                family_name,
                mail,
                upn,
            };
            directory
                .change_member(&key.admin(), &whom, patch, reason.as_ref().map(|text| text.as_str()))
                .await?
        }
        None => directory.member(&key.admin(), &whom).await?,
    };
    Ok(Out(view.into()))
}

/// Why, where there is no body to say it in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RemoveParameters {
    /// For the audit log.
    #[param(value_type = String)]
    pub(super) reason: ReasonText,
}

/// Removes a member from the directory.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}", tag = "Users", params(("user" = String, Path, description = "Id or sign-in name"), RemoveParameters),
    responses((status = 204, description = "Removed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn remove(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Parameters(asked): Parameters<RemoveParameters>) -> Answer<StatusCode> {
    domain.directory().remove_member(&key.admin(), &whom, asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A state to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MfaStateChange {
    /// `disabled`, `enabled` or `enforced`.
    #[schema(value_type = String, example = "enabled")]
    state: MfaState,
    /// Enforce although nothing is registered.
    #[serde(default)]
    confirmed: bool,
    /// For the audit log.
    #[schema(value_type = Option<String>)]
    reason: Option<ReasonText>,
}

/// Sets the MFA state. Enabling a member whose methods satisfy the policy goes straight to enforced.
#[utoipa::path(
    put, path = "/api/v1/users/{user}/mfa-state", tag = "Users", request_body = MfaStateChange,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = Member), (status = 409, body = ProblemDocument, description = "Has an effect that must be confirmed")),
)]
async fn set_mfa_state(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Json(change): Json<MfaStateChange>) -> Answer<Out<Member>> {
    let reason = change.reason.as_ref().map(|text| text.as_str());
    let view = domain
        .directory()
        .set_mfa_state(&key.admin(), &whom, change.state, change.confirmed, reason)
        .await?;
    Ok(Out(view.into()))
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Because {
    /// For the audit log.
    #[schema(value_type = String, example = "asked by the service desk, ticket 4711")]
    reason: ReasonText,
}

/// Lifts the block of a blocked member, which takes a key with scope `admin`; clears locks and waits, and switches methods on again that too many wrong
/// codes switched off.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/unblock", tag = "Users", request_body = Because,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = Member), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn unblock(State(domain): State<Domain>, key: Key<Support>, Whom(whom): Whom, Json(why): Json<Because>) -> Answer<Out<Member>> {
    let (directory, by) = (domain.directory(), key.admin());
    if directory.member(&by, &whom).await?.blocked {
        directory.unblock(&by, &whom, why.reason.as_str()).await?;
    }
    Ok(Out(directory.unlock(&by, &whom, why.reason.as_str()).await?.into()))
}

/// Removes app registrations and phones, and has the member register again at the next sign-in.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/require-reregistration", tag = "Users", request_body = Because,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = Member), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn require_reregistration(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Json(why): Json<Because>) -> Answer<Out<Member>> {
    Ok(Out(domain
        .directory()
        .require_reregistration(&key.admin(), &whom, why.reason.as_str())
        .await?
        .into()))
}

/// What was ended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionsEnded {
    sessions_ended: u64,
}

/// Ends every session of a member.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/revoke-sessions", tag = "Users", request_body = Because,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = SessionsEnded), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn revoke_sessions(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Json(why): Json<Because>) -> Answer<Out<SessionsEnded>> {
    let sessions_ended = domain.directory().revoke_sessions(&key.admin(), &whom, why.reason.as_str()).await?;
    Ok(Out(SessionsEnded { sessions_ended }))
}
