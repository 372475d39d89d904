//! Gives every error its body: a problem document for programs, a page for people. Bodies that a library wrote for its own
//! errors are replaced, because nobody has checked what they tell.

use std::sync::Arc;

use app::edge::{CspNonce, RequestId};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::error_page::{self, Asked};
use super::{Edge, Problem};

pub(super) async fn render(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    // Only who may be shown a page pays for remembering what was asked.
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
    let asked = wants_a_page(request.uri(), request.headers()).then(|| Asked {
        uri: request.uri().clone(),
        headers: request.headers().clone(),
        nonce: request.extensions().get::<CspNonce>().map(|nonce| nonce.0.to_string()).unwrap_or_default(),
        request_id: request_id.clone(),
    });
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if has_body_of_ours(&response) => return response,
        None => Problem::of_status(status),
    };
    let body = match asked {
        Some(asked) => Html(error_page::render(&edge.assets, &problem, &asked)).into_response(),
        None => {
            let mut body = Json(problem.document(&request_id)).into_response();
            body.headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            body
        }
    };
    // Headers such as Allow and Retry-After stay; those that describe the old body go.
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    let (body_parts, body) = body.into_parts();
    parts.headers.extend(body_parts.headers);
    Response::from_parts(parts, body)
}

/// A browser that opens a page says so; everything under /api and every other program gets the document.
fn wants_a_page(uri: &Uri, headers: &HeaderMap) -> bool {
    let accepts_html = headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.contains("text/html")));
    accepts_html && !uri.path().starts_with("/api/")
}

/// Pages and documents that a handler wrote itself, such as a form shown again.
fn has_body_of_ours(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("text/html") || value.starts_with("application/"))
}
