//! The edge as a whole, called without a socket: headers on every status, the host, other sites, bodies, panics.

use std::net::SocketAddr;

use app::edge::{Body as Takes, ClientAddress, CspNonce, RequestId, Routes, Uncompressed, Who};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tower::ServiceExt;

use super::{Edge, Problem, assemble, routes as edge_routes};
use crate::config::PublicUrl;

fn routes() -> Routes<()> {
    async fn page(CspNonce(nonce): CspNonce) -> Html<String> {
        Html(format!("<script nonce=\"{nonce}\"></script>{}", "text ".repeat(500)))
    }
    async fn secret_page() -> (Uncompressed, Html<String>) {
        (Uncompressed, Html("secret ".repeat(500)))
    }
    async fn form(body: Bytes) -> String {
        format!("{} bytes", body.len())
    }
    async fn who(ClientAddress(address): ClientAddress, RequestId(id): RequestId) -> String {
        format!("{address} {id}")
    }
    async fn panics() -> StatusCode {
        panic!("a secret in the message")
    }
    async fn leaks() -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, "the password of the database is s3cret").into_response()
    }
    async fn shown_again() -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Html("the form again")).into_response()
    }
    Routes::new()
        .get("/page", Who::Anyone, page)
        .get("/secret", Who::Anyone, secret_page)
        .get("/moved", Who::Anyone, async || Redirect::to("/page"))
        .get("/panics", Who::Anyone, panics)
        .get("/leaks", Who::Anyone, leaks)
        .get("/api/v1/leaks", Who::Integration("read"), leaks)
        .get("/who", Who::Anyone, who)
        .post("/form", Who::Anyone, form)
        .post("/shown-again", Who::Anyone, shown_again)
        .add(Method::POST, "/api/v1/things", Who::Integration("admin"), Takes::Json, form)
        .add(Method::POST, "/api/v1/imports", Who::Integration("admin"), Takes::Import(&["text/csv"]), form)
}

fn edge_at(public_url: &str) -> Router {
    let public_url = PublicUrl::parse(public_url).expect("a URL");
    let edge = Edge::new(public_url, vec!["10.0.0.0/8".parse().expect("a network")]);
    assemble(Routes::new().merge(edge_routes()).merge(routes()), (), edge, None, None)
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header(header::HOST, "mfa.example");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
    request.extension(ConnectInfo(peer)).body(body.into()).expect("a request")
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, request("GET", path, &[], "")).await
}

const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Bar 32.
#[tokio::test]
async fn every_status_carries_the_security_headers() {
    let router = edge_at("https://mfa.example");
    let too_long = "a".repeat(70_000);
    let answers = [
        (200, get(&router, "/page").await),
        (303, get(&router, "/moved").await),
        (404, get(&router, "/nothing").await),
        (405, ask(&router, request("GET", "/form", &[], "")).await),
        (405, ask(&router, request("FOO", "/page", &[], "")).await),
        (403, ask(&router, request("POST", "/form", &[FORM], "a=b")).await),
        (
            413,
            ask(&router, request("POST", "/form", &[FORM, SAME_ORIGIN, ("content-length", "70000")], too_long)).await,
        ),
        (
            415,
            ask(&router, request("POST", "/form", &[SAME_ORIGIN, ("content-type", "text/plain")], "a=b")).await,
        ),
        (421, ask(&router, request("GET", "/page", &[("host", "evil.example")], "")).await),
        (500, get(&router, "/panics").await),
        (
            204,
            ask(&router, request("POST", "/csp", &[("content-type", "application/csp-report")], "{}")).await,
        ),
    ];
    let mut nonces = Vec::new();
    for (status, answer) in &answers {
        assert_eq!(answer.status.as_u16(), *status, "{}", answer.body);
        let csp = answer.header("content-security-policy");
        let nonce = csp.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_default();
        assert!(nonce.len() >= 22, "{status}: {csp}");
        nonces.push(nonce.to_owned());
        let expected_csp = format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
             img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'; object-src 'none'; upgrade-insecure-requests; report-to csp; report-uri /csp"
        );
        let permissions = "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), \
             geolocation=(), payment=(), usb=(), clipboard-read=(), display-capture=()";
        for (name, value) in [
            ("content-security-policy", expected_csp.as_str()),
            ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", permissions),
            ("cache-control", "no-store"),
            ("reporting-endpoints", "csp=\"/csp\""),
        ] {
            assert_eq!(answer.header(name), value, "{status} {name}");
        }
        assert!(!answer.header("x-request-id").is_empty(), "{status}");
        assert_eq!(answer.headers.get("server"), None, "{status}");
        if *status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{status}");
            let document: serde_json::Value = serde_json::from_str(&answer.body).expect("a document");
            assert_eq!(document["status"], *status);
            assert_eq!(document["request_id"], answer.header("x-request-id"));
            assert!(document["code"].as_str().is_some_and(|code| code.starts_with("TS-")), "{document}");
        }
    }
    let count = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), count, "each answer has its own nonce");
}

#[tokio::test]
async fn the_page_gets_the_nonce_of_its_headers() {
    let answer = get(&edge_at("https://mfa.example"), "/page").await;
    let csp = answer.header("content-security-policy");
    let nonce = csp.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    assert!(answer.body.contains(&format!("nonce=\"{nonce}\"")));
}

#[tokio::test]
async fn development_promises_no_https() {
    let answer = ask(&edge_at("http://localhost:3000"), request("GET", "/page", &[("host", "127.0.0.1:3000")], "")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers.get("strict-transport-security"), None);
    assert!(!answer.header("content-security-policy").contains("upgrade-insecure-requests"));
}

/// Bar 16, abuse case D6: through the whole edge, with each kind of body a foreign page can send.
#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let router = edge_at("https://mfa.example");
    for (site, origin) in [
        (None, None),
        (None, Some("null")),
        (None, Some("https://evil.example")),
        (Some("none"), None),
        (Some("none"), Some("https://mfa.example")),
        (Some("same-site"), Some("https://mfa.example")),
        (Some("cross-site"), Some("https://mfa.example")),
        (Some("cross-site"), None),
        (Some("same-origin"), Some("https://evil.example")),
    ] {
        for content_type in [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain",
            "application/json",
        ] {
            let mut headers = vec![("content-type", content_type), ("x-http-method-override", "GET")];
            headers.extend(site.map(|site| ("sec-fetch-site", site)));
            headers.extend(origin.map(|origin| ("origin", origin)));
            let answer = ask(&router, request("POST", "/form", &headers, "a=b")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site:?} {origin:?} {content_type}");
        }
    }
    for headers in [
        vec![SAME_ORIGIN],
        vec![SAME_ORIGIN, ("origin", "null")],
        vec![("origin", "https://mfa.example")],
    ] {
        let headers: Vec<_> = headers.into_iter().chain([FORM]).collect();
        let answer = ask(&router, request("POST", "/form", &headers, "a=b")).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "3 bytes"), "{headers:?}");
    }
}

#[tokio::test]
async fn a_route_for_programs_takes_no_cookies_and_needs_no_origin() {
    let router = edge_at("https://mfa.example");
    let json = ("content-type", "application/json");
    let answer = ask(&router, request("POST", "/api/v1/things", &[json], "{}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = ask(&router, request("POST", "/api/v1/things", &[json, ("cookie", "__Host-sid=x")], "{}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = ask(&router, request("POST", "/api/v1/things", &[FORM], "a=b")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_method_cannot_be_smuggled_in() {
    let router = edge_at("https://mfa.example");
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let answer = ask(&router, request("GET", "/form", &[(name, "POST")], "")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{name}");
        assert_eq!(answer.header("allow"), "POST");
    }
    for method in ["FOO", "TRACE", "OPTIONS", "CONNECT", "PROPFIND", "PUT", "DELETE", "PATCH"] {
        let answer = ask(&router, request(method, "/page", &[], "")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
}

#[tokio::test]
async fn a_body_is_limited_with_and_without_a_length() {
    let router = edge_at("https://mfa.example");
    let post = |bytes: usize| request("POST", "/form", &[FORM, SAME_ORIGIN], "a".repeat(bytes));
    assert_eq!(ask(&router, post(64 * 1024)).await.status, StatusCode::OK);
    assert_eq!(ask(&router, post(64 * 1024 + 1)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let import = |bytes: usize| request("POST", "/api/v1/imports", &[("content-type", "text/csv")], "a".repeat(bytes));
    assert_eq!(ask(&router, import(100 * 1024)).await.status, StatusCode::OK);
    assert_eq!(ask(&router, import(16 * 1024 * 1024 + 1)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_error_tells_nothing_of_its_inside() {
    let router = edge_at("https://mfa.example");
    for path in ["/leaks", "/panics", "/api/v1/leaks"] {
        for accept in ["text/html,application/xhtml+xml", "*/*"] {
            let answer = ask(&router, request("GET", path, &[("accept", accept)], "")).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
            assert!(!answer.body.contains("secret") && !answer.body.contains("s3cret"), "{}", answer.body);
            let page = accept.contains("html") && !path.starts_with("/api/");
            assert_eq!(answer.header("content-type").starts_with("text/html"), page, "{path} {accept}");
            assert!(
                answer.body.contains("TS-5001") && answer.body.contains(answer.header("x-request-id")),
                "{}",
                answer.body
            );
        }
    }
    let answer = ask(&router, request("POST", "/shown-again", &[FORM, SAME_ORIGIN], "")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (422, "the form again"));
}

#[tokio::test]
async fn a_page_with_a_secret_is_not_compressed() {
    let router = edge_at("https://mfa.example");
    let compressed = |path| request("GET", path, &[("accept-encoding", "gzip, br")], "");
    assert_eq!(ask(&router, compressed("/page")).await.header("content-encoding"), "br");
    assert_eq!(ask(&router, compressed("/secret")).await.header("content-encoding"), "");
}

#[tokio::test]
async fn the_address_comes_from_the_socket() {
    let router = edge_at("https://mfa.example");
    let answer = ask(
        &router,
        request("GET", "/who", &[("x-forwarded-for", "1.2.3.4"), ("x-request-id", "abcdefgh")], ""),
    )
    .await;
    assert!(answer.body.starts_with("198.51.100.7 "), "{}", answer.body);
    assert_ne!(answer.header("x-request-id"), "abcdefgh");
}

#[tokio::test]
async fn an_unknown_host_reaches_nothing() {
    let router = edge_at("https://mfa.example");
    for host in ["evil.example", "mfa.example.", "mfa.example:8443", "mfа.example", "localhost"] {
        for (method, path) in [("GET", "/page"), ("POST", "/form"), ("GET", "/nothing"), ("POST", "/csp")] {
            let answer = ask(&router, request(method, path, &[("host", host), FORM, SAME_ORIGIN], "")).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
        }
    }
    let answer = ask(&router, request("GET", "/page", &[("host", "MFA.EXAMPLE:443")], "")).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_problem_can_say_when_to_come_back() {
    let response = Problem::new(model::ErrorCode::TooBusy).retry_after(7).into_response();
    assert_eq!(response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()), Some("7"));
}
