//! `/metrics` on a listener of its own, so that figures are never one mistake away from the public pages.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::cli::Failure;
use crate::telemetry;

/// How often finished histogram parts are folded; the exporter asks for a regular call.
const UPKEEP_SECONDS: u64 = 5;

/// Counting and its listener; both end when this is dropped.
#[derive(Debug)]
pub(crate) struct Metrics(Vec<JoinHandle<()>>);

/// Starts counting when somebody will ask for the figures.
pub(crate) async fn start(address: Option<SocketAddr>) -> Result<Option<Metrics>, Failure> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("TWEESTAP_METRICS_LISTEN {address} cannot be listened on: {error}"))?;
    let handle = telemetry::start_metrics()?;
    let router = routes(handle.clone());
    let serving = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the metrics listener ended");
        }
    });
    let upkeep = tokio::spawn(async move {
        let mut interval = tokio::time::interval(Duration::from_secs(UPKEEP_SECONDS));
        loop {
            interval.tick().await;
            handle.run_upkeep();
        }
    });
    Ok(Some(Metrics(vec![serving, upkeep])))
}

fn routes(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(move || async move { handle.render() }))
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}
