//! `/users/{user}/methods`: what a member has registered. Seeds come in, or go out once when they are made here, and never again.

use app::edge::{Body, Routes, Uncompressed};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{Method as HttpMethod, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::delivery::Address;
use domain::delivery::phone::{Mailbox, PhoneNumber};
use domain::{
    methods::{MethodView, OathSeed},
    policy::reset::NotForReset,
};
use jiff::Timestamp;
use model::{MethodId, MethodKind, OathAlgorithm, OathParams};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Answer, Refusal};
use super::json::{Json, Parameters, Which, Whom};
use super::key::{CHANGE, Change, Key, READ, Read};
use super::passes::Pass;
use super::security_questions::Standing;
use super::users::RemoveParameters;
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    let methods = "/api/v1/users/{user}/methods";
    Routes::new()
        .get(methods, READ, list)
        .add(HttpMethod::POST, methods, CHANGE, Body::Json, add)
        .add(HttpMethod::DELETE, "/api/v1/users/{user}/methods/{method}", CHANGE, Body::None, remove)
}

/// A registered method.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Method {
    #[schema(value_type = String, format = "uuid")]
    id: MethodId,
    #[schema(value_type = String, example = "totp")]
    kind: MethodKind,
    /// The member's own name for it.
    label: String,
    /// It can be used.
    active: bool,
    /// Why it cannot, where it was switched off.
    disabled_reason: Option<String>,
    /// How it makes codes.
    #[schema(value_type = Option<Object>, example = json!({ "kind": "totp", "algorithm": "SHA1", "digits": 6, "period": 30 }))]
    oath: Option<OathParams>,
    /// Steps by which the app's clock is off.
    drift: i32,
    is_default: bool,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    /// When a code proved it; it does not count before.
    #[schema(value_type = Option<String>, format = "date-time")]
    confirmed_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = "date-time")]
    last_used_at: Option<Timestamp>,
    /// Other members who have the same number or mailbox.
    shared_with: i64,
    /// Why it resets no password now: `off`, `shared`, `cooling` for a day after it was added, or `idle` after a year without use. Null when it may, as far as
    /// the policy allows its kind.
    not_for_reset: Option<&'static str>,
}

impl From<MethodView> for Method {
    fn from(view: MethodView) -> Self {
        Self {
            id: view.id,
            kind: view.kind,
            label: view.label,
            active: view.active,
            disabled_reason: view.disabled_reason,
            oath: view.oath,
            drift: view.drift,
            is_default: view.is_default,
            created_at: view.created_at,
            confirmed_at: view.confirmed_at,
            last_used_at: view.last_used_at,
            shared_with: view.shared_with,
            not_for_reset: view.not_for_reset.map(NotForReset::as_str),
        }
    }
}

/// The methods of a member. They are few, so there is one page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Methods {
    items: Vec<Method>,
    /// Always null.
    next_cursor: Option<String>,
    /// Recovery codes that are left.
    recovery_codes_left: i64,
    /// The Temporary Access Pass that was neither replaced nor taken back.
    pass: Option<Pass>,
    /// Security questions, where the member has answered any.
    security_questions: Option<Standing>,
    /// Since when the member has a PIN for calls.
    #[schema(value_type = Option<String>, format = "date-time")]
    call_pin_set_at: Option<Timestamp>,
}

/// Lists the methods of a member.
#[utoipa::path(
    get, path = "/api/v1/users/{user}/methods", tag = "Methods", params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 200, body = Methods), (status = 404, body = ProblemDocument, description = "No such member")),
)]
async fn list(State(domain): State<Domain>, key: Key<Read>, Whom(whom): Whom) -> Answer<Out<Methods>> {
    let info = domain.methods().of(&key.admin(), &whom).await?;
    let items = info.methods.into_iter().map(Method::from).collect();
    Ok(Out(Methods {
        items,
        next_cursor: None,
        recovery_codes_left: info.recovery_left,
        pass: info.pass.map(Pass::from),
        security_questions: Standing::of(info.questions),
        call_pin_set_at: info.call_pin.set_at,
    }))
}

/// An authenticator app, a phone or a mailbox to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMethod {
    /// `totp`, `sms`, `voice` or `email`.
    #[schema(value_type = String, example = "totp")]
    kind: MethodKind,
    /// The number, with the country's code, for `sms` and `voice`; an extension follows an `x`.
    #[schema(example = "+31 6 12345678")]
    phone: Option<String>,
    /// The mailbox, for `email`: another one than the account's own.
    mail: Option<String>,
    /// The seed in Base32; leave it out to have one made.
    secret: Option<String>,
    /// `SHA1` when left out.
    #[schema(value_type = Option<String>)]
    algorithm: Option<OathAlgorithm>,
    /// 6 when left out, or 8.
    digits: Option<u8>,
    /// Seconds: 30 when left out, or 60.
    period: Option<u8>,
    /// It counts at once. Otherwise its member proves it by a code first.
    #[serde(default)]
    confirmed: bool,
}

/// A method that was registered; with its seed when that was made here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Registered {
    #[serde(flatten)]
    method: Method,
    /// The seed in Base32. It is told this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The same for a square that apps scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    otpauth_uri: Option<String>,
}

/// Registers an authenticator app for a member.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/methods", tag = "Methods", request_body = NewMethod,
    params(("user" = String, Path, description = "Id or sign-in name")),
    responses((status = 201, body = Registered), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn add(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Json(new): Json<NewMethod>) -> Answer<Response> {
    if new.kind.channel().is_some() {
        let address = address(&new)?;
        let view = domain.methods().add_address(&key.admin(), &whom, new.kind, &address).await?;
        return Ok((StatusCode::CREATED, Out(Method::from(view))).into_response());
    }
    if new.kind != MethodKind::Totp {
        return Err(Refusal::invalid("kind", "only totp, sms, voice and email can be registered for somebody else"));
    }
    let usual = OathParams::default();
    let params = OathParams {
        kind: usual.kind,
        algorithm: new.algorithm.unwrap_or(usual.algorithm),
        digits: new.digits.unwrap_or(usual.digits),
        period: new.period.unwrap_or(usual.period),
    };
    let is_ours = new.secret.is_none();
    let seed = match &new.secret {
        Some(text) => OathSeed::parse(text)?,
        None => OathSeed::new(domain.rng()),
    };
    let admin = key.admin();
    let (view, made) = domain.methods().add_totp(&admin, &whom, seed, params, new.confirmed).await?;
    let mut registered = Registered {
        method: view.into(),
        secret: None,
        otpauth_uri: None,
    };
    if is_ours {
        let issuer = domain.directory().tenant(admin.tenant()).await?.name;
        registered.secret = Some(made.seed.reveal());
        registered.otpauth_uri = Some(made.uri(&issuer));
    }
    Ok((StatusCode::CREATED, Uncompressed, Out(registered)).into_response())
}

/// Where codes of a new method go.
fn address(new: &NewMethod) -> Answer<Address> {
    match (new.kind, &new.phone, &new.mail) {
        (MethodKind::Sms | MethodKind::Voice, Some(phone), None) => {
            let phone = PhoneNumber::parse(phone, None).map_err(|error| Refusal::invalid("phone", error))?;
            Ok(Address::Phone(phone))
        }
        (MethodKind::Email, None, Some(mail)) => Ok(Address::Mail(Mailbox::parse(mail).map_err(|error| Refusal::invalid("mail", error))?)),
        (MethodKind::Email, ..) => Err(Refusal::invalid("mail", "a mailbox is needed, and nothing else")),
        _ => Err(Refusal::invalid("phone", "a phone number is needed, and nothing else")),
    }
}

/// Removes a method of a member.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}/methods/{method}", tag = "Methods",
    params(
        ("user" = String, Path, description = "Id or sign-in name"),
        ("method" = String, Path, description = "Id of the method"),
        RemoveParameters,
    ),
    responses((status = 204, description = "Removed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn remove(
    State(domain): State<Domain>,
    key: Key<Change>,
    Whom(whom): Whom,
    Which(method): Which,
    Parameters(asked): Parameters<RemoveParameters>,
) -> Answer<StatusCode> {
    domain.methods().remove_of(&key.admin(), &whom, method, asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
