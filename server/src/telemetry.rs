//! Log lines and figures. No secret passes here: handlers log ids and codes, never what somebody typed.

use std::backtrace::Backtrace;
use std::io::IsTerminal;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Seconds; fine below a second, because that is where people notice.
const DURATION_BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Starts logging to the standard error: text for a person at a terminal, one JSON object a line for everything else.
/// A second call changes nothing, so that tests may call it.
pub(crate) fn start(filter: &str) {
    let filter = EnvFilter::builder().parse(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    };
    drop(started);
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // A message that was put together may quote what somebody typed; one that stands in the program cannot.
        let message = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(message left out)");
        let backtrace = Backtrace::capture();
        tracing::error!(place, message, %backtrace, "a panic: a mistake of ours");
    }));
}

/// Starts counting. The figures are read through the handle; without a listener nobody pays for them.
pub(crate) fn start_metrics() -> Result<PrometheusHandle, Box<dyn std::error::Error + Send + Sync>> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), DURATION_BUCKETS)?;
    Ok(builder.install_recorder()?)
}
