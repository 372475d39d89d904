//! Under too much load the server says so at once, rather than slowly to everybody: a limit on requests in flight, a time
//! limit for each, and a panic in one of them ends that one only.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response as HttpResponse;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::ErrorCode;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use super::Problem;

/// Requests worked on at the same time. A waiting long poll is one of them.
const IN_FLIGHT_MAX: usize = 1024;

/// A handler may take this long until its answer begins; a long poll waits 25 seconds of them.
const ANSWER_SECONDS_MAX: u64 = 30;

/// The places that are left.
#[derive(Debug, Clone)]
pub(super) struct Load(Arc<Semaphore>);

impl Load {
    fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }
}

impl Default for Load {
    fn default() -> Self {
        Self::new(IN_FLIGHT_MAX)
    }
}

pub(super) async fn limit(State(load): State<Load>, request: Request, next: Next) -> Response {
    // Whoever asks about health must get an answer just when it is crowded.
    let is_health = matches!(request.uri().path(), "/healthz" | "/readyz");
    let place = load.0.try_acquire();
    if place.is_err() && !is_health {
        metrics::counter!("http_requests_shed_total").increment(1);
        return Problem::new(ErrorCode::TooBusy).retry_after(1).into_response();
    }
    let answer = tokio::time::timeout(Duration::from_secs(ANSWER_SECONDS_MAX), next.run(request)).await;
    drop(place);
    answer.unwrap_or_else(|_| Problem::new(ErrorCode::TooBusy).retry_after(5).into_response())
}

type Answer = fn(Box<dyn Any + Send + 'static>) -> HttpResponse<Body>;

pub(super) fn catch_panics() -> CatchPanicLayer<Answer> {
    CatchPanicLayer::custom(answer_to_panic as Answer)
}

/// The message of the panic was written to the log by the panic hook; the caller learns only that it was our fault.
fn answer_to_panic(_panic: Box<dyn Any + Send + 'static>) -> HttpResponse<Body> {
    Problem::new(ErrorCode::Internal).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{Request as HttpRequest, StatusCode, header};
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    use super::*;

    /// Bar 33: whoever does not fit is told at once, and health is always answered.
    #[tokio::test]
    async fn one_too_many_is_told_so_and_health_still_answers() {
        let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (entered, leave) = (entered.clone(), leave.clone());
            move || async move {
                entered.notify_one();
                leave.notified().await;
            }
        };
        let router = Router::new()
            .route("/slow", get(slow))
            .route("/healthz", get(async || "alive"))
            .layer(from_fn_with_state(Load::new(1), limit));
        let ask = |path: &str| router.clone().oneshot(HttpRequest::get(path).body(Body::empty()).expect("a request"));
        let first = tokio::spawn(ask("/slow"));
        entered.notified().await;
        let second = ask("/slow").await.expect("an answer");
        assert_eq!(
            (second.status(), second.headers().contains_key(header::RETRY_AFTER)),
            (StatusCode::TOO_MANY_REQUESTS, true)
        );
        assert_eq!(ask("/healthz").await.expect("an answer").status(), StatusCode::OK);
        leave.notify_one();
        assert_eq!(first.await.expect("it ends").expect("an answer").status(), StatusCode::OK);
        leave.notify_one();
        assert_eq!(ask("/slow").await.expect("an answer").status(), StatusCode::OK);
    }
}
