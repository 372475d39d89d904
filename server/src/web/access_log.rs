//! One line a request: number, method, route, status, duration. The route as registered, never the address with what people
//! typed into it.

use std::time::Instant;

use app::edge::RequestId;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

pub(super) async fn write(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let response = next.run(request).await;

    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let status = response.status().as_u16();
    let duration = started.elapsed();
    let duration_ms = duration.as_secs_f64() * 1000.0;
    if response.status().is_server_error() {
        tracing::warn!(%request_id, method, route, status, duration_ms, "request");
    } else {
        tracing::info!(%request_id, method, route, status, duration_ms, "request");
    }
    metrics::counter!("http_requests_total", "method" => method, "route" => route.to_owned(), "status" => status.to_string()).increment(1);
    metrics::histogram!("http_request_duration_seconds", "method" => method, "route" => route.to_owned()).record(duration.as_secs_f64());
    response
}

/// Anybody may invent methods; figures and lines know the usual ones only.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
