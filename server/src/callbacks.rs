//! What HTTP gateways report about messages that they took, and what they ask during a call. Anybody can post here: only the gateway's signature makes it
//! worth reading, and without it nobody learns so much as whether there is such a gateway.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::edge::{Body, Routes, Who};
use axum::body::Bytes;
use axum::extract::{FromRef, Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Domain;
use domain::delivery::channel::DeliveryReport;
use domain::delivery::{DeliveryError, ProviderKind};
use domain::vault::Secret;
use domain::verification::{CallEnd, Turn, VerificationError};
use model::{DeliveryId, ProviderId};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::channels::gateway::{CallbackError, CallbackFields};
use crate::channels::voice_http::{AnsweredBy, CallReport, CallStage};
use crate::channels::{reports, settings::CALLBACKS, sms_http, voice_documents, voice_http};
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
    Routes::new()
        .add(Method::POST, "/callbacks/{provider}/reports/{message}", Who::Gateway, Body::Form, take)
        .add(Method::POST, "/callbacks/{provider}/calls/{message}", Who::Gateway, Body::Form, talk)
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
    let said = signed(known.get(&provider), &url, &headers, &body).and_then(|(kind, fields)| match read(kind, &fields) {
        Ok(report) => Some(report),
        Err(error) => {
            tracing::debug!(%error, "a report was not believed");
            None
        }
    });
    let Some((report, end)) = said else {
        return StatusCode::FORBIDDEN;
    };
    // One call's end is not told at another call's address.
    if end.is_some() {
        match gateways.domain.verification().is_call(provider, DeliveryId(message), &report.reference).await {
            Ok(true) => {}
            Ok(false) => return StatusCode::FORBIDDEN,
            Err(error) => return broken(&error),
        }
    }
    if let Err(error) = reports::write(&gateways.domain, provider, &report).await {
        return broken(&error);
    }
    let Some(end) = end else { return StatusCode::NO_CONTENT };
    // After the report was written: where another provider calls now, this call's end is no end.
    let verification = gateways.domain.verification();
    match verification.call_over(provider, DeliveryId(message), &report.reference, end).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => broken(&error),
    }
}

/// What is to be said next in a call, and which keys to wait for (TwiML). The keys of the turn before come with the question.
async fn talk(
    State(gateways): State<Gateways>,
    Path((provider, message)): Path<(Uuid, Uuid)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (provider, message) = (ProviderId(provider), DeliveryId(message));
    let known = match gateways.known().await {
        Ok(known) => known,
        Err(error) => return broken(&error).into_response(),
    };
    let here = format!("{}/{CALLBACKS}/{provider}/calls/{message}", gateways.origin);
    let url = query.as_ref().map_or_else(|| here.clone(), |query| format!("{here}?{query}"));
    let Some((ProviderKind::HttpVoice, fields)) = signed(known.get(&provider), &url, &headers, &body) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    // Only addresses that we gave are signed; one that we did not give asks for nothing of ours.
    let turn = match query.map(|query| query.strip_prefix("turn=").map(str::parse::<Turn>)) {
        None => None,
        Some(Some(Ok(turn))) => Some(turn),
        Some(_) => return StatusCode::NOT_FOUND.into_response(),
    };
    let Ok(reference) = fields.reference("CallSid") else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let keys = voice_documents::pressed_keys(&fields);
    match gateways.domain.verification().call(provider, (message, &reference), turn, keys).await {
        Ok(Some(spoken)) => {
            let answer_url = format!("{here}?turn={}", spoken.next);
            ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], voice_documents::of(&spoken, &answer_url)).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => broken(&error).into_response(),
    }
}

/// The kind of the gateway and what it said, if it signed it. An unknown gateway costs as much as a wrong signature.
fn signed(gateway: Option<&Gateway>, url: &str, headers: &HeaderMap, body: &[u8]) -> Option<(ProviderKind, CallbackFields)> {
    let nobody = Secret::new(String::new());
    let token = gateway.map_or(&nobody, |gateway| &gateway.token);
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    let fields = CallbackFields::signed(body, url, signature, token);
    let gateway = gateway?;
    match fields {
        Ok(fields) => Some((gateway.kind, fields)),
        Err(error) => {
            tracing::debug!(%error, "a callback was not believed");
            None
        }
    }
}

/// The report, and how a call ended where it tells the end of one.
fn read(kind: ProviderKind, fields: &CallbackFields) -> Result<(DeliveryReport, Option<CallEnd>), CallbackError> {
    match kind {
        ProviderKind::HttpVoice => {
            let report = voice_http::parse_status_callback(fields)?;
            tracing::debug!(reference = report.delivery.reference, stage = ?report.stage, answered_by = ?report.answered_by, "a call has come this far");
            let end = end_of(&report);
            Ok((report.delivery, end))
        }
        ProviderKind::HttpSms | ProviderKind::Smtp | ProviderKind::Smpp | ProviderKind::Folder => {
            sms_http::parse_status_callback(fields).map(|report| (report, None))
        }
    }
}

fn end_of(report: &CallReport) -> Option<CallEnd> {
    match (report.stage, report.answered_by) {
        (CallStage::Completed, _) => Some(CallEnd::HungUp),
        (CallStage::Busy, _) => Some(CallEnd::Busy),
        (CallStage::NoAnswer, _) => Some(CallEnd::NoAnswer),
        (CallStage::Failed | CallStage::Canceled, _) => Some(CallEnd::NotReached),
        (_, Some(AnsweredBy::Machine | AnsweredBy::Fax)) => Some(CallEnd::Machine),
        (CallStage::Queued | CallStage::Ringing | CallStage::Answered | CallStage::Unknown, _) => None,
    }
}

/// What stops a callback that is not its fault.
trait Broken: std::error::Error {}
impl Broken for DeliveryError {}
impl Broken for VerificationError {}

fn broken(error: &(impl Broken + 'static)) -> StatusCode {
    tracing::error!(error = whole(error), "a callback could not be taken");
    StatusCode::SERVICE_UNAVAILABLE
}
