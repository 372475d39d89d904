//! `/logo`: what stands in the place of a tenant's name above its members' pages; and the file itself, which their browsers fetch and keep.

use app::edge::{Body, Routes, Who};
use axum::Json as Out;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use model::{LogoId, Slug};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{Answer, Refusal};
use super::json::Parameters;
use super::key::{CHANGE, Change, Key};
use super::users::RemoveParameters;
use crate::state::Service;
use crate::web::{Immutable, Problem, ProblemDocument};

pub(super) fn routes() -> Routes<Service> {
    let path = "/api/v1/logo";
    Routes::new()
        .add(Method::PUT, path, CHANGE, Body::Import(&["image/png"]), set)
        .add(Method::DELETE, path, CHANGE, Body::None, remove)
        .get("/logo/{tenant}/{logo}", Who::Anyone, file)
}

/// The logo that stands above the pages now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Logo {
    /// As the policy names it: `appearance.logo`.
    #[schema(value_type = String, example = "3f2a91c07d55e0b1a4c8d6f9e2b7304c1d5a8f60937be42c0ad1f3859c7e6b24")]
    id: LogoId,
}

/// Puts a logo in the place of the tenant's name above its members' pages.
///
/// PNG of at most 20,000 bytes, 16 to 800 pixels wide and 16 to 400 high; it is shown 28 pixels high on a light ground. It is read and written anew, without
/// comments or anything else that is not seen. The next version of the policy names it.
#[utoipa::path(
    put, path = "/api/v1/logo", tag = "Policy", request_body(content = Vec<u8>, content_type = "image/png"), params(RemoveParameters),
    responses((status = 200, body = Logo), (status = "4XX", body = ProblemDocument, description = "Refused; the detail says what is wrong with it")),
)]
async fn set(
    State(domain): State<Domain>,
    key: Key<Change>,
    Parameters(asked): Parameters<RemoveParameters>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Out<Logo>> {
    let body = body.map_err(|rejection| Refusal::from(Problem::of_status(rejection.status())))?;
    let id = domain.directory().set_logo(&key.admin(), body.into(), asked.reason.as_str()).await?;
    Ok(Out(Logo { id }))
}

/// Puts the tenant's name in the place of its logo again.
#[utoipa::path(
    delete, path = "/api/v1/logo", tag = "Policy", params(RemoveParameters),
    responses((status = 204, description = "Removed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn remove(State(domain): State<Domain>, key: Key<Change>, Parameters(asked): Parameters<RemoveParameters>) -> Answer<StatusCode> {
    domain.directory().remove_logo(&key.admin(), asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The file. Its address is made of what it holds, so that it never changes; nobody else's page may show it.
async fn file(State(domain): State<Domain>, Path((tenant, logo)): Path<(String, String)>) -> Response {
    let named = Slug::parse(&tenant)
        .ok()
        .zip(logo.strip_suffix(".png").and_then(|logo| LogoId::parse(logo).ok()));
    let Some((tenant, id)) = named else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match domain.directory().logo(&tenant, id).await {
        Ok(Some(png)) => {
            let mut response = ([(header::CONTENT_TYPE, "image/png")], png).into_response();
            response.extensions_mut().insert(Immutable);
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => Refusal::from(error).into_response(),
    }
}
