//! The security headers of every answer, whatever its status, and the nonce that the content security policy asks for.

use std::sync::Arc;

use app::edge::CspNonce;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Edge;
use super::site::Immutable;
use crate::random;

/// The same for every answer. Reasons: the design document of the project, "Web hardening".
const FIXED: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=(), \
         payment=(), usb=(), clipboard-read=(), display-capture=()",
    ),
    ("reporting-endpoints", "csp=\"/csp\""),
];

pub(super) async fn secure(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let nonce: Arc<str> = data_encoding::BASE64.encode(&random::bytes::<16>()).into();
    request.extensions_mut().insert(CspNonce(nonce.clone()));
    let mut response = next.run(request).await;

    let is_immutable = response.extensions().get::<Immutable>().is_some();
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let https = edge.public_url.is_https();
    insert(headers, header::CONTENT_SECURITY_POLICY, &content_security_policy(&nonce, https));
    if https {
        insert(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains; preload");
    }
    // Every page is personal or carries the nonce; only files whose name is a hash of their content may be kept.
    let cache = if is_immutable { "public, max-age=31536000, immutable" } else { "no-store" };
    insert(headers, header::CACHE_CONTROL, cache);
    // What everybody may keep carries nobody's cookie.
    if is_immutable {
        headers.remove(header::SET_COOKIE);
    }
    response
}

fn content_security_policy(nonce: &str, https: bool) -> String {
    let upgrade = if https { " upgrade-insecure-requests;" } else { "" };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'; object-src 'none';{upgrade} report-to csp; report-uri /csp"
    )
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // The values are ours, ASCII and short; one that is not would be a mistake that the header snapshot test shows.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
