//! `/oath-tokens`: the inventory of hardware tokens. Seeds come in with an import and never go out.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::Method;
use domain::Domain;
use domain::directory::MemberRef;
use domain::tokens::{TokenQuery, TokenView};
use jiff::Timestamp;
use model::{Cursor, MemberId, OathAlgorithm, OathKind, OfferedCode, TokenId, TokenState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::{Answer, Refusal};
use super::json::{Json, Parameters, TokenNamed};
use super::key::{CHANGE, Change, Key, READ, Read};
use super::paging::{self, List};
use super::users::RemoveParameters;
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    let token = "/api/v1/oath-tokens/{serial}";
    let owner = "/api/v1/oath-tokens/{serial}/owner";
    Routes::new()
        .get("/api/v1/oath-tokens", READ, list)
        .get(token, READ, read)
        .add(Method::DELETE, token, CHANGE, Body::None, retire)
        .add(Method::PUT, owner, CHANGE, Body::Json, assign)
        .add(Method::DELETE, owner, CHANGE, Body::None, take_back)
        .add(Method::POST, "/api/v1/oath-tokens/{serial}/activate", CHANGE, Body::Json, activate)
        .add(Method::POST, "/api/v1/oath-tokens/{serial}/resync", CHANGE, Body::Json, resynchronise)
}

/// A hardware token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OathToken {
    #[schema(value_type = String, format = "uuid")]
    id: TokenId,
    serial: String,
    /// `available`, `assigned`, `active` or `retired`.
    #[schema(value_type = String, example = "available")]
    state: TokenState,
    /// `totp` or `hotp`.
    #[schema(value_type = String, example = "totp")]
    kind: OathKind,
    #[schema(value_type = String, example = "SHA1")]
    algorithm: OathAlgorithm,
    digits: u8,
    /// Seconds of a step; null for a token that counts.
    interval_s: Option<u8>,
    /// The counter of the next code; null for a token that goes by the time.
    counter: Option<i64>,
    /// Steps by which its clock is off.
    drift: i32,
    issuer: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    #[schema(value_type = Option<String>, format = "date-time")]
    valid_from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = "date-time")]
    valid_until: Option<Timestamp>,
    /// Id of the member whose it is.
    #[schema(value_type = Option<String>, format = "uuid")]
    owner: Option<MemberId>,
    /// Sign-in name of that member.
    owner_upn: Option<String>,
    #[schema(value_type = String, format = "date-time")]
    imported_at: Timestamp,
    #[schema(value_type = Option<String>, format = "date-time")]
    assigned_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = "date-time")]
    activated_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = "date-time")]
    retired_at: Option<Timestamp>,
}

impl From<TokenView> for OathToken {
    fn from(view: TokenView) -> Self {
        Self {
            id: view.id,
            serial: view.serial,
            state: view.state,
            kind: view.oath.kind,
            algorithm: view.oath.algorithm,
            digits: view.oath.digits,
            interval_s: (view.oath.kind == OathKind::Totp).then_some(view.oath.period),
            counter: view.counter,
            drift: view.drift,
            issuer: view.issuer,
            manufacturer: view.manufacturer,
            model: view.model,
            valid_from: view.valid_from,
            valid_until: view.valid_until,
            owner: view.owner,
            owner_upn: view.owner_upn,
            imported_at: view.imported_at,
            assigned_at: view.assigned_at,
            activated_at: view.activated_at,
            retired_at: view.retired_at,
        }
    }
}

/// Which tokens.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, 1 to 500; 50 when left out.
    limit: Option<usize>,
    /// Part of a serial number, a model, a manufacturer or an owner's sign-in name.
    q: Option<String>,
    /// `available`, `assigned`, `active` or `retired`.
    #[param(value_type = Option<String>)]
    state: Option<TokenState>,
    /// Id or sign-in name of the owner.
    user: Option<String>,
}

/// Lists hardware tokens by serial number.
#[utoipa::path(
    get, path = "/api/v1/oath-tokens", tag = "Hardware tokens", params(ListParameters),
    responses((status = 200, body = List<OathToken>), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn list(State(domain): State<Domain>, key: Key<Read>, Parameters(asked): Parameters<ListParameters>) -> Answer<Out<List<OathToken>>> {
    let cursor: Option<Cursor> = paging::cursor(asked.cursor.as_deref())?;
    let owner = asked.user.as_deref().map(whom).transpose()?;
    let query = TokenQuery {
        text: asked.q,
        state: asked.state,
        owner,
        cursor,
        limit: paging::limit(asked.limit)?,
    };
    let page = domain.tokens().list(&key.admin(), &query).await?;
    Ok(Out(page.map(OathToken::from).into()))
}

/// One hardware token, by its serial number.
#[utoipa::path(
    get, path = "/api/v1/oath-tokens/{serial}", tag = "Hardware tokens", params(("serial" = String, Path, description = "Serial number, in any case")),
    responses((status = 200, body = OathToken), (status = 404, body = ProblemDocument, description = "No such token")),
)]
async fn read(State(domain): State<Domain>, key: Key<Read>, TokenNamed(serial): TokenNamed) -> Answer<Out<OathToken>> {
    Ok(Out(domain.tokens().token(&key.admin(), &serial).await?.into()))
}

/// Whose a token shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOwner {
    /// Id or sign-in name.
    #[schema(example = "member@noord.example")]
    user: String,
}

/// Gives a token of the drawer to a member. It counts once a code of it was right.
#[utoipa::path(
    put, path = "/api/v1/oath-tokens/{serial}/owner", tag = "Hardware tokens", request_body = NewOwner,
    params(("serial" = String, Path, description = "Serial number, in any case")),
    responses((status = 200, body = OathToken), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn assign(State(domain): State<Domain>, key: Key<Change>, TokenNamed(serial): TokenNamed, Json(new): Json<NewOwner>) -> Answer<Out<OathToken>> {
    let owner = whom(&new.user)?;
    Ok(Out(domain.tokens().assign(&key.admin(), &serial, &owner).await?.into()))
}

/// Takes a token back into the drawer; with it goes the method that it was.
#[utoipa::path(
    delete, path = "/api/v1/oath-tokens/{serial}/owner", tag = "Hardware tokens",
    params(("serial" = String, Path, description = "Serial number, in any case"), RemoveParameters),
    responses((status = 200, body = OathToken), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn take_back(
    State(domain): State<Domain>,
    key: Key<Change>,
    TokenNamed(serial): TokenNamed,
    Parameters(asked): Parameters<RemoveParameters>,
) -> Answer<Out<OathToken>> {
    Ok(Out(domain.tokens().take_back(&key.admin(), &serial, asked.reason.as_str()).await?.into()))
}

/// Takes a token of the drawer out of use for good. Its seed is destroyed; its serial number stays known.
#[utoipa::path(
    delete, path = "/api/v1/oath-tokens/{serial}", tag = "Hardware tokens",
    params(("serial" = String, Path, description = "Serial number, in any case"), RemoveParameters),
    responses((status = 200, body = OathToken), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn retire(
    State(domain): State<Domain>,
    key: Key<Change>,
    TokenNamed(serial): TokenNamed,
    Parameters(asked): Parameters<RemoveParameters>,
) -> Answer<Out<OathToken>> {
    Ok(Out(domain.tokens().retire(&key.admin(), &serial, asked.reason.as_str()).await?.into()))
}

/// The code that the token shows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    #[schema(example = "004217")]
    code: String,
}

/// Makes an assigned token its owner's method by the code that it shows. A wrong code counts like any wrong code of the owner.
#[utoipa::path(
    post, path = "/api/v1/oath-tokens/{serial}/activate", tag = "Hardware tokens", request_body = Shown,
    params(("serial" = String, Path, description = "Serial number, in any case")),
    responses((status = 200, body = OathToken), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn activate(State(domain): State<Domain>, key: Key<Change>, TokenNamed(serial): TokenNamed, Json(shown): Json<Shown>) -> Answer<Out<OathToken>> {
    let code = code("code", &shown.code)?;
    Ok(Out(domain.tokens().activate(&key.admin(), &serial, &code).await?.into()))
}

/// Two codes that the token shows one after the other.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InRow {
    #[schema(value_type = Vec<String>, example = json!(["338314", "254676"]))]
    codes: [String; 2],
}

/// Sets an active token right by two codes in a row, up to 100 counters or steps away. Wrong codes count like any wrong code of the owner.
#[utoipa::path(
    post, path = "/api/v1/oath-tokens/{serial}/resync", tag = "Hardware tokens", request_body = InRow,
    params(("serial" = String, Path, description = "Serial number, in any case")),
    responses((status = 200, body = OathToken), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn resynchronise(State(domain): State<Domain>, key: Key<Change>, TokenNamed(serial): TokenNamed, Json(shown): Json<InRow>) -> Answer<Out<OathToken>> {
    let [first, second] = [code("codes[0]", &shown.codes[0])?, code("codes[1]", &shown.codes[1])?];
    Ok(Out(domain.tokens().resynchronise(&key.admin(), &serial, [&first, &second]).await?.into()))
}

fn code(field: &str, text: &str) -> Answer<OfferedCode> {
    OfferedCode::parse(text).map_err(|error| Refusal::invalid(field, error))
}

fn whom(text: &str) -> Answer<MemberRef> {
    text.parse().map_err(|error| Refusal::invalid("user", error))
}
