//! Who calls, and under which number: the address from the socket or from trusted proxies, and the request id.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use app::edge::{ClientAddress, RequestId};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;

use super::Edge;
use crate::random;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A longer chain of proxies than this is nobody's real network.
const FORWARDED_ADDRESSES_MAX: usize = 32;

pub(super) async fn identify(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let Some(ConnectInfo(socket)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() else {
        // A listener that does not tell its peers must not end in "everybody is the same client".
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let peer = socket.ip().to_canonical();
    let id = request_id(request.headers(), peer, &edge.trusted_proxies);
    let address = client_address(request.headers(), peer, &edge.trusted_proxies);
    let header = HeaderValue::from_str(&id).ok();
    request.extensions_mut().insert(RequestId(id));
    request.extensions_mut().insert(ClientAddress(address));
    let mut response = next.run(request).await;
    if let Some(header) = header {
        response.headers_mut().insert(REQUEST_ID, header);
    }
    response
}

/// The number a trusted proxy gave the request, when it looks like one; else our own.
fn request_id(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> Arc<str> {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match given {
        Some(given) if is_trusted(peer, trusted) && is_sane(given) => given.into(),
        _ => random::request_id().to_string().into(),
    }
}

fn is_sane(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The right-most address that no trusted proxy wrote about itself. Headers of others, and other headers, count for nothing.
pub(crate) fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer;
    if !is_trusted(client, trusted) {
        return client;
    }
    let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or("")).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')).take(FORWARDED_ADDRESSES_MAX) {
        // What cannot be read was written before the proxy we trust; the proxy itself is the last one known.
        let Some(address) = address_of_hop(hop) else { break };
        client = address;
        if !is_trusted(client, trusted) {
            break;
        }
    }
    client
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn address_of_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    fn client(peer: &str, trusted: &[&str], lines: &[(&'static str, &'static str)]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().expect("a network")).collect();
        client_address(&headers(lines), peer.parse().expect("an address"), &trusted).to_string()
    }

    /// Abuse case E16.
    #[test]
    fn a_stranger_cannot_choose_his_address() {
        for spoof in [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "127.0.0.1, 10.0.0.1"),
            ("forwarded", "for=203.0.113.9"),
            ("x-real-ip", "203.0.113.9"),
            ("x-client-ip", "203.0.113.9"),
            ("true-client-ip", "203.0.113.9"),
            ("cf-connecting-ip", "203.0.113.9"),
            ("x-originating-ip", "203.0.113.9"),
            ("x-remote-ip", "203.0.113.9"),
            ("x-remote-addr", "203.0.113.9"),
            ("x-cluster-client-ip", "203.0.113.9"),
            ("fastly-client-ip", "203.0.113.9"),
        ] {
            assert_eq!(client("198.51.100.7", &[], &[spoof]), "198.51.100.7", "{spoof:?}");
            assert_eq!(client("198.51.100.7", &["10.0.0.0/8"], &[spoof]), "198.51.100.7", "{spoof:?}");
        }
        // Even behind the proxy: all but X-Forwarded-For count for nothing.
        assert_eq!(client("10.0.0.1", &["10.0.0.0/8"], &[("x-real-ip", "203.0.113.9")]), "10.0.0.1");
    }

    #[test]
    fn behind_trusted_proxies_the_right_most_stranger_is_the_client() {
        let trusted = &["10.0.0.0/8", "fd00::/8"];
        let through = |lines: &[(&'static str, &'static str)]| client("10.0.0.1", trusted, lines);
        assert_eq!(through(&[("x-forwarded-for", "203.0.113.9")]), "203.0.113.9");
        assert_eq!(through(&[("x-forwarded-for", "1.2.3.4, 203.0.113.9, 10.0.0.2")]), "203.0.113.9");
        assert_eq!(through(&[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9")]), "203.0.113.9");
        assert_eq!(through(&[("x-forwarded-for", "203.0.113.9:4711, 10.0.0.2:80")]), "203.0.113.9");
        assert_eq!(through(&[("x-forwarded-for", "[2001:db8::7]:4711")]), "2001:db8::7");
        assert_eq!(through(&[("x-forwarded-for", "::ffff:203.0.113.9")]), "203.0.113.9");
        assert_eq!(through(&[("x-forwarded-for", "10.0.0.9, 10.0.0.8")]), "10.0.0.9");
    }

    #[test]
    fn what_cannot_be_read_ends_the_chain() {
        let trusted = &["10.0.0.0/8"];
        for broken in ["unknown", "", "203.0.113.9;", "_hidden", "203.0.113.999", "203.0.113.9, nonsense"] {
            assert_eq!(client("10.0.0.1", trusted, &[("x-forwarded-for", broken)]), "10.0.0.1", "{broken:?}");
        }
    }

    #[test]
    fn a_request_id_is_taken_from_a_trusted_proxy_only_and_only_when_sane() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network")];
        let id = |peer: &str, given: &'static str| request_id(&headers(&[("x-request-id", given)]), peer.parse().expect("an address"), &trusted).to_string();
        assert_eq!(id("10.0.0.1", "abcd-1234"), "abcd-1234");
        assert_ne!(id("198.51.100.7", "abcd-1234"), "abcd-1234");
        for bad in [
            "short",
            "has space in it",
            "quote\"quote",
            "0123456789012345678901234567890123456789012345678901234567890123456789",
        ] {
            assert_ne!(id("10.0.0.1", bad), bad);
        }
    }
}
