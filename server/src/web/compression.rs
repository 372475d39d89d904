//! Compression of text. The length of a compressed body tells something about its content, so a page that shows a secret
//! asks to be left alone (`Uncompressed`).

use app::edge::Uncompressed;
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Below this a compressed body is hardly shorter.
const BYTES_MIN: u64 = 1024;

type Allowed = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

pub(super) fn layer() -> CompressionLayer<And<SizeAbove, Allowed>> {
    CompressionLayer::new().compress_when(SizeAbove::new(BYTES_MIN).and(is_allowed as Allowed))
}

fn is_allowed(_: StatusCode, _: Version, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_text = [
        "text/",
        "application/json",
        "application/problem+json",
        "application/x-ndjson",
        "image/svg+xml",
        "application/javascript",
    ]
    .iter()
    .any(|known| content_type.starts_with(known));
    is_text && !content_type.starts_with("text/event-stream") && extensions.get::<Uncompressed>().is_none()
}
