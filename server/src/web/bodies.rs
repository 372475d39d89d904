//! Bodies: no larger than the route takes, and of a type it takes. A form type that a browser may send to other sites
//! without asking must never reach a route that wants JSON.

use std::sync::Arc;

use app::edge::PAGE_BYTES_MAX;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::ErrorCode;

use super::{Edge, Problem};

pub(super) async fn check(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let entry = edge.entry_for(&request);
    // A body without a length is counted while the handler reads it.
    let bytes_max = entry.map_or(PAGE_BYTES_MAX, |entry| entry.body.bytes_max());
    if length(request.headers()).is_some_and(|length| length > bytes_max as u64) {
        return Problem::new(ErrorCode::TooLarge)
            .detail(format!("At most {bytes_max} bytes are taken here."))
            .into_response();
    }
    if let Some(types) = entry.and_then(|entry| entry.body.content_types())
        && !is_one_of(request.headers(), types)
    {
        return Problem::new(ErrorCode::UnsupportedType)
            .detail(format!("This address takes {}.", types.join(" or ")))
            .into_response();
    }
    next.run(request).await
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_one_of(headers: &HeaderMap, types: &[&str]) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let essence = value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim();
    types.iter().any(|known| essence.eq_ignore_ascii_case(known))
}
