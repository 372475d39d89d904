//! What the web edge of the server has settled before a handler runs: who is calling from where, under which number, and
//! what the page may run. The server's layers fill these in; handlers only take them.

mod routes;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponseParts, ResponseParts};

pub use routes::{Body, Entry, IMPORT_BYTES_MAX, PAGE_BYTES_MAX, Routes, UPLOAD_BYTES_MAX, Who};

/// The number of this response that the content security policy asks of every script and style (CSP 3, section 2.3.1).
/// A page puts it on each `<script>` and `<style>` it writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CspNonce(pub Arc<str>);

/// Where the request came from: the socket, or what a trusted proxy said about it. The one address that limits, logs and
/// policies may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The number of this request in every log line, header and error about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// Put into a response whose body must not be compressed: pages that show a secret once (registration, recovery codes).
/// The length of a compressed page tells something about what is in it (the BREACH attack).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncompressed;

impl IntoResponseParts for Uncompressed {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}

macro_rules! taken_from_the_request {
    ($($name:ident)+) => {$(
        impl<S: Sync> FromRequestParts<S> for $name {
            type Rejection = StatusCode;

            async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, StatusCode> {
                // Missing only when a router was built without the server's layers: then nothing may go on.
                parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    )+};
}

taken_from_the_request!(CspNonce ClientAddress RequestId);
