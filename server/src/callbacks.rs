//! What HTTP gateways report about messages that they took. Anybody can post here: only the gateway's signature makes it worth reading, and without it
//! nobody learns so much as whether there is such a gateway.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::edge::{Body, Routes, Who};
use axum::body::Bytes;
use axum::extract::{FromRef, Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use domain::Domain;
use domain::delivery::channel::DeliveryReport;
use domain::delivery::{DeliveryError, ProviderKind};
use domain::vault::Secret;
use model::ProviderId;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::channels::gateway::{CallbackError, CallbackFields};
use crate::channels::{reports, settings::CALLBACKS, sms_http, voice_http};
use crate::error_chain::whole;

/// How long the secrets of the gateways are good for: however often somebody posts, the database is asked once in this time.
const KNOWN_FOR: Duration = Duration::from_secs(1);

const SIGNATURE: &str = "x-twilio-signature";

/// The gateways that sign their reports.
#[derive(Clone)]
pub(crate) struct Gateways {
    domain: Domain,
    /// Where they were told that we are; behind a proxy that is not the address that arrives here.
    origin: Arc<str>,
    known: Arc<Mutex<Option<Known>>>,
}

struct Known {
    at: Instant,
    gateways: Arc<HashMap<ProviderId, Gateway>>,
}

struct Gateway {
    kind: ProviderKind,
    token: Secret<String>,
}

impl Gateways {
    pub(crate) fn new(domain: Domain, origin: &str) -> Self {
        Self {
            domain,
            origin: Arc::from(origin),
            known: Arc::default(),
        }
    }

    /// The gateways that are switched on.
    async fn known(&self) -> Result<Arc<HashMap<ProviderId, Gateway>>, DeliveryError> {
        // Whoever comes while somebody asks waits here and gets the same answer.
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref()
            && known.at.elapsed() < KNOWN_FOR
        {
            return Ok(known.gateways.clone());
        }
        let providers = self.domain.delivery().live_providers().await?;
        let gateways = providers.into_iter().filter_map(|provider| {
            let signs = matches!(provider.kind, ProviderKind::HttpSms | ProviderKind::HttpVoice);
            let gateway = Gateway {
                kind: provider.kind,
                token: provider.secret.filter(|_| signs)?,
            };
            Some((provider.id, gateway))
        });
        let gateways: Arc<HashMap<_, _>> = Arc::new(gateways.collect());
        *known = Some(Known {
            at: Instant::now(),
            gateways: gateways.clone(),
        });
        Ok(gateways)
    }
}

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Gateways: FromRef<S>,
{
    Routes::new().add(Method::POST, "/callbacks/{provider}/reports/{message}", Who::Gateway, Body::Form, take)
}

/// 204 when it was signed, whatever it said: a status only moves forward, so a report that comes late or twice does nothing.
async fn take(State(gateways): State<Gateways>, Path((provider, message)): Path<(Uuid, Uuid)>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let provider = ProviderId(provider);
    let known = match gateways.known().await {
        Ok(known) => known,
        Err(error) => return broken(&error),
    };
    let path = format!("{CALLBACKS}/{provider}/reports/{message}");
    let url = format!("{}/{path}", gateways.origin);
    let Some(report) = believed(known.get(&provider), &url, &headers, &body) else {
        return StatusCode::FORBIDDEN;
    };
    match reports::write(&gateways.domain, provider, &report).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => broken(&error),
    }
}

/// The report, if the gateway signed it. An unknown gateway costs as much as a wrong signature.
fn believed(gateway: Option<&Gateway>, url: &str, headers: &HeaderMap, body: &[u8]) -> Option<DeliveryReport> {
    let nobody = Secret::new(String::new());
    let token = gateway.map_or(&nobody, |gateway| &gateway.token);
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    let fields = CallbackFields::signed(body, url, signature, token);
    let gateway = gateway?;
    match fields.and_then(|fields| read(gateway.kind, &fields)) {
        Ok(report) => Some(report),
        Err(error) => {
            tracing::debug!(%error, "a report was not believed");
            None
        }
    }
}

fn read(kind: ProviderKind, fields: &CallbackFields) -> Result<DeliveryReport, CallbackError> {
    match kind {
        ProviderKind::HttpVoice => {
            let report = voice_http::parse_status_callback(fields)?;
            tracing::debug!(reference = report.delivery.reference, stage = ?report.stage, answered_by = ?report.answered_by, "a call has come this far");
            Ok(report.delivery)
        }
        ProviderKind::HttpSms | ProviderKind::Smtp | ProviderKind::Smpp | ProviderKind::Folder => sms_http::parse_status_callback(fields),
    }
}

fn broken(error: &DeliveryError) -> StatusCode {
    tracing::error!(error = whole(error), "a report could not be taken");
    StatusCode::SERVICE_UNAVAILABLE
}
