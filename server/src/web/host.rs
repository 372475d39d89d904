//! One host in this version: a request for another one is answered 421, so that no link, cookie or passkey is ever made for
//! a name that somebody else chose.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::ErrorCode;

use super::{Edge, Problem};
use crate::config::PublicUrl;

/// Names of this machine, for trying things out.
const LOOPBACK_ALIASES: &[&str] = &["localhost", "127.0.0.1", "[::1]"];

pub(super) async fn check(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    if is_ours(request.uri(), request.headers(), &edge.public_url) {
        next.run(request).await
    } else {
        Problem::new(ErrorCode::UnknownHost).into_response()
    }
}

/// Looks at the Host header and, where the request line or HTTP/2 names one, at the authority: all must be ours.
fn is_ours(uri: &Uri, headers: &HeaderMap, public_url: &PublicUrl) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = (hosts.next(), hosts.next());
    let host = match named {
        (Some(host), None) => match host.to_str().ok().and_then(|text| text.parse::<Authority>().ok()) {
            Some(host) => Some(host),
            None => return false,
        },
        (None, _) => None,
        (Some(_), Some(_)) => return false,
    };
    let mut all = host.iter().chain(uri.authority()).peekable();
    all.peek().is_some() && all.all(|authority| is_public(authority, public_url))
}

/// Letter case does not matter in a host name. A trailing dot does: for a browser it is another origin.
fn is_public(authority: &Authority, public_url: &PublicUrl) -> bool {
    let host = authority.host().to_ascii_lowercase();
    let rest = &authority.as_str()[authority.host().len().min(authority.as_str().len())..];
    if authority.as_str().contains('@') || !(rest.is_empty() || authority.port_u16().is_some()) {
        return false;
    }
    if public_url.is_development() && LOOPBACK_ALIASES.contains(&host.as_str()) {
        return true;
    }
    let port_default = if public_url.is_https() { 443 } else { 80 };
    host == public_url.host() && authority.port_u16().unwrap_or(port_default) == public_url.port()
}

/// What a browser may send as `Origin` for a page of ours.
pub(super) fn is_our_origin(origin: &str, public_url: &PublicUrl) -> bool {
    if origin == public_url.origin() {
        return true;
    }
    let same_port = |alias: &str| origin == format!("http://{alias}:{}", public_url.port());
    public_url.is_development() && LOOPBACK_ALIASES.iter().any(|alias| same_port(alias))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ours(public_url: &str, host: &[u8]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_bytes(host).expect("a header value"));
        is_ours(&Uri::from_static("/"), &headers, &PublicUrl::parse(public_url).expect("a URL"))
    }

    /// Abuse case E14.
    #[test]
    fn only_the_public_host_is_ours() {
        let public = "https://mfa.example";
        for good in ["mfa.example", "MFA.Example", "mfa.example:443"] {
            assert!(ours(public, good.as_bytes()), "{good}");
        }
        for bad in [
            "mfa.example.",
            "mfa.example.:443",
            "mfa.example:8443",
            "mfa.example:",
            "mfa.example:x",
            "evil.example",
            "mfa.example.evil.example",
            "evilmfa.example",
            "me@mfa.example",
            "mfa.example@evil.example",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "",
            " ",
            "mfa.example, evil.example",
            "mfa.example/evil",
            "mfа.example",
        ] {
            assert!(!ours(public, bad.as_bytes()), "{bad}");
        }
        assert!(ours("https://mfa.example:8443", b"mfa.example:8443"));
        assert!(!ours("https://mfa.example:8443", b"mfa.example"));
    }

    #[test]
    fn development_knows_the_machine_by_its_loopback_names() {
        for good in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "localhost", "LOCALHOST:4000"] {
            assert!(ours("http://localhost:3000", good.as_bytes()), "{good}");
        }
        for bad in ["evil.example:3000", "localhost.:3000", "0.0.0.0:3000", "localhost.evil.example"] {
            assert!(!ours("http://localhost:3000", bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn every_place_that_names_a_host_must_name_ours() {
        let public_url = PublicUrl::parse("https://mfa.example").expect("a URL");
        let mut two = HeaderMap::new();
        two.append(header::HOST, HeaderValue::from_static("mfa.example"));
        two.append(header::HOST, HeaderValue::from_static("evil.example"));
        assert!(!is_ours(&Uri::from_static("/"), &two, &public_url));
        assert!(!is_ours(&Uri::from_static("/"), &HeaderMap::new(), &public_url));
        assert!(is_ours(&Uri::from_static("https://mfa.example/"), &HeaderMap::new(), &public_url));
        let mut ours = HeaderMap::new();
        ours.insert(header::HOST, HeaderValue::from_static("mfa.example"));
        assert!(!is_ours(&Uri::from_static("http://evil.example/"), &ours, &public_url));
        let mut others = HeaderMap::new();
        others.insert(header::HOST, HeaderValue::from_static("evil.example"));
        assert!(!is_ours(&Uri::from_static("https://mfa.example/"), &others, &public_url));
    }
}
