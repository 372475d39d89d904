//! `/networks` and `/trust`: places that a tenant trusts, and what trust lets them do.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::directory::network::NetworkView;
use jiff::Timestamp;
use model::{CleanText, ErrorCode, NAME_CHARACTERS_MAX, Trust};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{Answer, Refusal};
use super::json::{Json, Parameters, named};
use super::key::{CHANGE, Change, Key};
use super::users::{ReasonText, RemoveParameters};
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    let (networks, network, trust) = ("/api/v1/networks", "/api/v1/networks/{network}", "/api/v1/trust");
    Routes::new()
        .get(networks, CHANGE, list)
        .add(Method::POST, networks, CHANGE, Body::Json, add)
        .add(Method::PATCH, network, CHANGE, Body::Json, rename)
        .add(Method::DELETE, network, CHANGE, Body::None, remove)
        .get(trust, CHANGE, read_trust)
        .add(Method::PUT, trust, CHANGE, Body::Json, set_trust)
}

/// The network that a path names.
#[derive(Debug)]
struct WhichNetwork(Uuid);

impl<S: Send + Sync> FromRequestParts<S> for WhichNetwork {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        named(parts, state, "network", ErrorCode::NameUnknown).await.map(Self)
    }
}

/// A trusted network.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Network {
    id: Uuid,
    #[schema(example = "Office")]
    name: String,
    #[schema(example = "192.0.2.0/24")]
    range: String,
    #[schema(value_type = String, format = "date-time")]
    made_at: Timestamp,
}

impl From<NetworkView> for Network {
    fn from(view: NetworkView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            range: view.range.to_string(),
            made_at: view.made_at,
        }
    }
}

/// Every trusted network.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Networks {
    items: Vec<Network>,
}

/// Lists the trusted networks, by name; there are at most 200.
#[utoipa::path(
    get, path = "/api/v1/networks", tag = "Networks",
    responses((status = 200, body = Networks), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn list(State(domain): State<Domain>, key: Key<Change>) -> Answer<Out<Networks>> {
    let found = domain.directory().networks(&key.admin()).await?;
    Ok(Out(Networks {
        items: found.into_iter().map(Network::from).collect(),
    }))
}

/// A network to be trusted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNetwork {
    #[schema(value_type = String, example = "Office")]
    name: CleanText<NAME_CHARACTERS_MAX>,
    /// IPv4 or IPv6 in CIDR form, or one address.
    #[schema(example = "192.0.2.0/24")]
    range: String,
    /// For the audit log.
    #[schema(value_type = String, example = "new office, ticket 4711")]
    reason: ReasonText,
}

/// Trusts one more network.
#[utoipa::path(
    post, path = "/api/v1/networks", tag = "Networks", request_body = NewNetwork,
    responses((status = 201, body = Network), (status = "4XX", body = ProblemDocument, description = "Refused; the detail names the value")),
)]
async fn add(State(domain): State<Domain>, key: Key<Change>, Json(new): Json<NewNetwork>) -> Answer<Response> {
    let added = domain.directory().add_network(&key.admin(), &new.name, &new.range, new.reason.as_str()).await?;
    Ok((StatusCode::CREATED, Out(Network::from(added))).into_response())
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rename {
    #[schema(value_type = String, example = "Head office")]
    name: CleanText<NAME_CHARACTERS_MAX>,
    /// For the audit log.
    #[schema(value_type = String)]
    reason: ReasonText,
}

/// Gives a trusted network another name.
#[utoipa::path(
    patch, path = "/api/v1/networks/{network}", tag = "Networks", request_body = Rename,
    params(("network" = Uuid, Path, description = "Id")),
    responses((status = 204, description = "Renamed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn rename(State(domain): State<Domain>, key: Key<Change>, WhichNetwork(network): WhichNetwork, Json(new): Json<Rename>) -> Answer<StatusCode> {
    domain.directory().rename_network(&key.admin(), network, &new.name, new.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Trusts a network no more.
#[utoipa::path(
    delete, path = "/api/v1/networks/{network}", tag = "Networks", params(("network" = Uuid, Path, description = "Id"), RemoveParameters),
    responses((status = 204, description = "Removed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn remove(
    State(domain): State<Domain>,
    key: Key<Change>,
    WhichNetwork(network): WhichNetwork,
    Parameters(asked): Parameters<RemoveParameters>,
) -> Answer<StatusCode> {
    domain.directory().remove_network(&key.admin(), network, asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What may stand in for a second factor, and what a fraud report does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrustSettings {
    /// Whoever signs in from a trusted network is not asked for a second factor.
    networks_skip: bool,
    /// Days for which a browser may be remembered, 1 to 30; 0 is off.
    #[schema(example = 14)]
    remember_days: i64,
    /// A member who reports that somebody else is trying is blocked.
    fraud_blocks: bool,
    /// Who is mailed about each such report, at most ten addresses; when empty, every global admin.
    #[schema(example = json!(["desk@example.com"]))]
    reports_to: Vec<String>,
    /// A member without a role may open a one-time bypass for himself, right after a second factor; it skips one that a rule demands too, though no
    /// passkey that is demanded.
    self_bypass: bool,
}

/// The same, with the reason for the audit log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTrustSettings {
    /// Whoever signs in from a trusted network is not asked for a second factor.
    networks_skip: bool,
    /// Days for which a browser may be remembered, 1 to 30; 0 is off.
    #[schema(example = 14)]
    remember_days: i64,
    /// A member who reports that somebody else is trying is blocked.
    fraud_blocks: bool,
    /// Who is mailed about each such report, at most ten addresses; when empty or left out, every global admin.
    #[serde(default)]
    #[schema(example = json!(["desk@example.com"]))]
    reports_to: Vec<String>,
    /// The same; off when left out.
    #[serde(default)]
    self_bypass: bool,
    /// For the audit log.
    #[schema(value_type = String, example = "decided by the board")]
    reason: ReasonText,
}

/// What the policy trusts.
#[utoipa::path(
    get, path = "/api/v1/trust", tag = "Networks",
    responses((status = 200, body = TrustSettings), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn read_trust(State(domain): State<Domain>, key: Key<Change>) -> Answer<Out<TrustSettings>> {
    let (_, document) = domain.directory().policy(&key.admin()).await?;
    let Trust {
        networks_skip,
        remember_days,
        fraud_blocks,
        reports_to,
        self_bypass,
    } = document.trust;
    Ok(Out(TrustSettings {
        networks_skip,
        remember_days,
        fraud_blocks,
        reports_to,
        self_bypass,
    }))
}

/// Sets what the policy trusts, as its next version. None of it holds in the strict profile, for admins, or where a rule or a role demands a second factor.
#[utoipa::path(
    put, path = "/api/v1/trust", tag = "Networks", request_body = NewTrustSettings,
    responses((status = 200, body = TrustSettings), (status = "4XX", body = ProblemDocument, description = "Refused; the detail names the value")),
)]
async fn set_trust(State(domain): State<Domain>, key: Key<Change>, Json(new): Json<NewTrustSettings>) -> Answer<Out<TrustSettings>> {
    let trust = Trust {
        networks_skip: new.networks_skip,
        remember_days: new.remember_days,
        fraud_blocks: new.fraud_blocks,
        reports_to: new.reports_to.clone(),
        self_bypass: new.self_bypass,
    };
    domain.directory().set_trust(&key.admin(), trust, new.reason.as_str()).await?;
    Ok(Out(TrustSettings {
        networks_skip: new.networks_skip,
        remember_days: new.remember_days,
        fraud_blocks: new.fraud_blocks,
        reports_to: new.reports_to,
        self_bypass: new.self_bypass,
    }))
}
