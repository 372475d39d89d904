//! `/passkey-models`: which makes and models of passkeys may be registered.

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::Method;
use domain::Domain;
use domain::passkeys::models::ModelsView;
use domain::webauthn::LeftOut;
use model::PasskeyModels;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::Answer;
use super::json::Json;
use super::key::{CHANGE, Change, Key};
use super::users::ReasonText;
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    let path = "/api/v1/passkey-models";
    Routes::new().get(path, CHANGE, read).add(Method::PUT, path, CHANGE, Body::Json, replace)
}

/// A make and model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Model {
    /// AAGUID.
    aaguid: Uuid,
    /// What it is called, if that is known.
    #[schema(example = "YubiKey 5 Series")]
    name: Option<String>,
    /// `unknown`, `no_root` or `unsound`: why it counts for nothing; null where it counts.
    left_out: Option<&'static str>,
}

/// The list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Models {
    /// What may be registered; empty for any make and model.
    models: Vec<Model>,
    /// They prove it by attestation.
    attestation_required: bool,
}

impl From<ModelsView> for Models {
    fn from(view: ModelsView) -> Self {
        let models = view.listed.into_iter().map(|listed| Model {
            aaguid: listed.aaguid,
            name: listed.name,
            left_out: listed.left_out.map(|why| match why {
                LeftOut::Unknown => "unknown",
                LeftOut::NoRoot => "no_root",
                LeftOut::Unsound => "unsound",
            }),
        });
        Self {
            models: models.collect(),
            attestation_required: view.attestation_required,
        }
    }
}

/// A new list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewModels {
    /// AAGUIDs, 500 at most; empty for any make and model.
    aaguids: Vec<Uuid>,
    /// They have to prove it; needs the metadata of the FIDO Alliance, which the operator uploads.
    attestation_required: bool,
    /// For the audit log.
    #[schema(value_type = String, example = "only the keys that we hand out")]
    reason: ReasonText,
}

/// Reads the list.
#[utoipa::path(
    get, path = "/api/v1/passkey-models", tag = "Passkeys",
    responses((status = 200, body = Models), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn read(State(domain): State<Domain>, key: Key<Change>) -> Answer<Out<Models>> {
    Ok(Out(domain.passkeys().models(&key.admin()).await?.into()))
}

/// Replaces the list, as the next version of the policy. Passkeys that are there already stay.
#[utoipa::path(
    put, path = "/api/v1/passkey-models", tag = "Passkeys", request_body = NewModels,
    responses((status = 200, body = Models), (status = "4XX", body = ProblemDocument, description = "Refused; the detail says why")),
)]
async fn replace(State(domain): State<Domain>, key: Key<Change>, Json(new): Json<NewModels>) -> Answer<Out<Models>> {
    let models = PasskeyModels {
        aaguids: new.aaguids,
        attestation_required: new.attestation_required,
    };
    Ok(Out(domain.passkeys().set_models(&key.admin(), models, new.reason.as_str()).await?.into()))
}
