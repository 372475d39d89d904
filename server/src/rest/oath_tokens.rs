//! `/oath-tokens`: the inventory of hardware tokens. Seeds come in with an import and never go out.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, Method, header};
use domain::Domain;
use domain::directory::MemberRef;
use domain::tokens::import::{Format, PskcKey};
use domain::tokens::importing::{ImportOptions, ImportedToken, RefusedRow, Told};
use domain::tokens::{TokenQuery, TokenView};
use jiff::Timestamp;
use model::{MemberId, OathAlgorithm, OathKind, OfferedCode, TokenId, TokenState};
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use utoipa::{IntoParams, ToSchema};

use super::error::{Answer, Refusal};
use super::json::{Json, Parameters, TokenNamed};
use super::key::{CHANGE, Change, Key, READ, Read};
use super::paging::{self, List};
use super::users::RemoveParameters;
use crate::state::Service;
use crate::web::{Problem, ProblemDocument};

pub(super) fn routes() -> Routes<Service> {
    let token = "/api/v1/oath-tokens/{serial}";
    let owner = "/api/v1/oath-tokens/{serial}/owner";
    Routes::new()
        .get("/api/v1/oath-tokens", READ, list)
        .add(
            Method::POST,
            "/api/v1/oath-tokens/imports",
            CHANGE,
            Body::Import(&["application/pskc+xml", "text/csv"]),
            import,
        )
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
    let cursor = paging::cursor(asked.cursor.as_deref())?;
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

/// How a file is to be imported.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ImportParameters {
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
    /// Import the good rows although others are bad.
    #[serde(default)]
    skip_bad_rows: bool,
}

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Imported {
    /// `pskc` or `csv`.
    #[schema(value_type = String, example = "pskc")]
    format: Format,
    /// Rows of the file.
    total: u64,
    /// Tokens that are in the inventory now; with a dry run, that would be.
    imported: u64,
    /// Of them, given to members.
    assigned: u64,
    /// Rows that were refused. Unless bad rows are to be skipped, one of them keeps the whole file out.
    #[schema(value_type = Vec<Object>, example = json!([{ "row": 7, "serial": "ZS-7", "error": "A token with this serial number is in the inventory already." }]))]
    refused: Vec<RefusedRow>,
    /// The tokens of the good rows, without their seeds.
    #[schema(value_type = Vec<Object>)]
    tokens: Vec<ImportedToken>,
}

/// Imports a file of hardware tokens: PSKC (RFC 6030) or a list as CSV.
///
/// An encrypted PSKC file needs `X-PSKC-Key` (hexadecimal) or `X-PSKC-Passphrase`. Everything is imported or, unless bad rows are skipped, nothing.
#[utoipa::path(
    post, path = "/api/v1/oath-tokens/imports", tag = "Hardware tokens", request_body(content = String, content_type = "application/pskc+xml"),
    params(
        ImportParameters,
        ("X-PSKC-Key" = Option<String>, Header, description = "Pre-shared key, 32 or 64 hexadecimal digits"),
        ("X-PSKC-Passphrase" = Option<String>, Header, description = "Passphrase"),
    ),
    responses((status = 200, body = Imported), (status = "4XX", body = ProblemDocument, description = "Refused; nothing was imported")),
)]
async fn import(
    State(domain): State<Domain>,
    key: Key<Change>,
    Parameters(asked): Parameters<ImportParameters>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Out<Imported>> {
    let body = body.map_err(|rejection| Refusal::from(Problem::of_status(rejection.status())))?;
    let is_xml = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/pskc+xml"));
    let options = ImportOptions {
        format: Some(if is_xml { Format::Pskc } else { Format::Csv }),
        key: pskc_key(&headers)?,
        dry_run: asked.dry_run,
        skip_bad: asked.skip_bad_rows,
        codes_at: None,
    };
    let mut tokens = Vec::new();
    let told = |told: Told<'_>| {
        if let Told::Token(token) = told {
            tokens.push(token.clone());
        }
    };
    let report = domain.tokens().import(&key.admin(), Cursor::new(body), options, told).await?;
    Ok(Out(Imported {
        format: report.format,
        total: report.total,
        imported: report.imported,
        assigned: report.assigned,
        refused: report.refused,
        tokens,
    }))
}

/// What opens an encrypted file. Never from the address: those are logged by others.
fn pskc_key(headers: &HeaderMap) -> Answer<PskcKey> {
    let text = |name: &'static str| {
        let value = headers
            .get(name)
            .map(|value| value.to_str().map_err(|_| Refusal::invalid(name, "has characters that a header cannot have")));
        value.transpose()
    };
    match (text("X-PSKC-Key")?, text("X-PSKC-Passphrase")?) {
        (None, None) => Ok(PskcKey::None),
        (Some(hex), None) => PskcKey::from_hex(hex).map_err(|error| Refusal::invalid("X-PSKC-Key", error)),
        (None, Some(words)) => PskcKey::from_passphrase(words).map_err(|error| Refusal::invalid("X-PSKC-Passphrase", error)),
        (Some(_), Some(_)) => Err(Refusal::invalid("X-PSKC-Key", "give a key or a passphrase, not both")),
    }
}
