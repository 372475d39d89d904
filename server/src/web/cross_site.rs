//! A request that another site caused never changes anything (bar 16).
//!
//! The browser says where a request came from (`Sec-Fetch-Site`), and older ones at least the origin. One of the two must say
//! "here". Routes that count no cookie are free of this; they refuse to see one instead.

use std::sync::Arc;

use app::edge::Who;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::ErrorCode;

use super::{Edge, Problem, host};
use crate::config::PublicUrl;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(super) async fn check(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    // Without an entry no handler runs, so there is nothing to protect: the router answers 404 or 405.
    let Some(entry) = edge.entry_for(&request) else {
        return next.run(request).await;
    };
    if entry.who.takes_no_cookies() {
        if entry.who != Who::Reporter && request.headers().contains_key(header::COOKIE) {
            return Problem::new(ErrorCode::BadRequest)
                .detail("This address takes no cookies: whoever calls it proves itself by a key or a signature.")
                .into_response();
        }
        return next.run(request).await;
    }
    match verdict(request.method(), request.headers(), &edge.public_url) {
        Ok(()) => next.run(request).await,
        Err(why) => {
            tracing::warn!(route = entry.path, why, "a request from another site was refused");
            Problem::new(ErrorCode::CrossSite).into_response()
        }
    }
}

fn verdict(method: &Method, headers: &HeaderMap, public_url: &PublicUrl) -> Result<(), &'static str> {
    if *method == Method::GET || *method == Method::HEAD {
        return Ok(());
    }
    let site = only(headers, &SEC_FETCH_SITE)?;
    let origin = only(headers, &header::ORIGIN)?;
    match (site, origin) {
        // Our own pages send `Origin: null` here, because their referrer policy is no-referrer (Fetch, section 3.2).
        (Some("same-origin"), None | Some("null")) => Ok(()),
        (Some("same-origin") | None, Some(origin)) if host::is_our_origin(origin, public_url) => Ok(()),
        (Some("same-origin"), Some(_)) => Err("the origin is another one, although the browser says it is the same"),
        (Some("none"), _) => Err("nobody types a form"),
        (Some(_), _) => Err("the browser says it came from another site"),
        (None, Some(_)) => Err("the origin is another one"),
        (None, None) => Err("neither Sec-Fetch-Site nor Origin"),
    }
}

/// The one value of a header. Two values mean that somebody between us and the browser added one.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, &'static str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| "a header cannot be read"),
        (Some(_), Some(_)) => Err("a header stands there twice"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// Abuse case D6: each method with each pair of headers.
    #[test]
    fn only_our_own_pages_may_change_anything() {
        let public_url = PublicUrl::parse("https://mfa.example").expect("a URL");
        let sites = [
            None,
            Some("same-origin"),
            Some("same-site"),
            Some("cross-site"),
            Some("none"),
            Some("SAME-ORIGIN"),
            Some(""),
        ];
        let origins = [
            None,
            Some("https://mfa.example"),
            Some("null"),
            Some("https://evil.example"),
            Some("http://mfa.example"),
            Some("https://mfa.example:8443"),
            Some("https://mfa.example/"),
            Some("https://mfa.example.evil.example"),
            Some("HTTPS://MFA.EXAMPLE"),
            Some(""),
        ];
        let unsafe_methods = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let mut let_in = Vec::new();
        for method in &unsafe_methods {
            for site in sites {
                for origin in origins {
                    let mut headers = HeaderMap::new();
                    if let Some(site) = site {
                        headers.insert(SEC_FETCH_SITE, HeaderValue::from_static(site));
                    }
                    if let Some(origin) = origin {
                        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
                    }
                    if verdict(method, &headers, &public_url).is_ok() {
                        let_in.push((method.clone(), site, origin));
                    }
                    assert_eq!(verdict(&Method::GET, &headers, &public_url), Ok(()));
                }
            }
        }
        let expected: Vec<_> = unsafe_methods
            .iter()
            .flat_map(|method| {
                [
                    (method.clone(), None, Some("https://mfa.example")),
                    (method.clone(), Some("same-origin"), None),
                    (method.clone(), Some("same-origin"), Some("https://mfa.example")),
                    (method.clone(), Some("same-origin"), Some("null")),
                ]
            })
            .collect();
        assert_eq!(let_in, expected);
    }

    #[test]
    fn a_header_given_twice_is_not_believed() {
        let public_url = PublicUrl::parse("https://mfa.example").expect("a URL");
        let mut headers = HeaderMap::new();
        headers.append(SEC_FETCH_SITE, HeaderValue::from_static("same-origin"));
        headers.append(SEC_FETCH_SITE, HeaderValue::from_static("cross-site"));
        assert!(verdict(&Method::POST, &headers, &public_url).is_err());
    }
}
