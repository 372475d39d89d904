//! The interface from outside: through the whole edge, against a real database.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use app::edge::{Body as Takes, Who};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use domain::actor::{Admin, Operator, Scope};
use domain::clock::Clock;
use domain::db::Db;
use domain::directory::{MemberRef, NewMember, NewTenant};
use domain::rng::Rng;
use domain::vault::Vault;
use domain::{Domain, Node};
use model::{CleanText, DomainName, ErrorCode, MfaState, Path, Profile, Slug, TenantId, Upn};
use serde_json::{Value, json};
use testkit::TestDatabase;
use tower::ServiceExt;
use utoipa::OpenApi;

mod policy;
mod requirements;

use super::openapi::Description;
use crate::config::PublicUrl;
use crate::routes;
use crate::state::Service;
use crate::web::{Edge, assemble, sessions};

/// Two tenants, each with a member and a key for everything.
struct Installation {
    router: Router,
    domain: Domain,
    noord: Organisation,
    zuid: Organisation,
    _database: TestDatabase,
}

struct Organisation {
    tenant: TenantId,
    member: String,
    key: String,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Installation {
    async fn new() -> Self {
        let database = testkit::database().await;
        let db = Db::connect(&database.app_url, 8).await.expect("a connection");
        let node = Node {
            name: "test".into(),
            address: None,
            host: String::from("localhost"),
            origin: String::from("http://localhost:3000"),
        };
        let domain = Domain::new(db, Vault::new(&[7; 32]), Clock::system(), Rng::seeded(1), node);
        domain.directory().make_partitions(0).await.expect("partitions");
        let noord = organisation(&domain, "noord").await;
        let zuid = organisation(&domain, "zuid").await;
        let public_url = PublicUrl::parse("https://mfa.example").expect("a URL");
        let sessions = sessions(&domain, &public_url);
        let edge = Edge::new(public_url, Vec::new());
        let router = assemble(
            routes::all(),
            Service::new(
                domain.clone(),
                Default::default(),
                true,
                "https://mfa.example",
                crate::channels::settings::House::of(&PublicUrl::parse("https://mfa.example").expect("a URL")),
            ),
            edge,
            None,
            Some(sessions),
        );
        Self {
            router,
            domain,
            noord,
            zuid,
            _database: database,
        }
    }

    async fn call(&self, key: &str, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(key, method, path, body, &[]).await
    }

    async fn call_with(&self, key: &str, method: &str, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "mfa.example")
            .extension(ConnectInfo(peer));
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// Sends a file as it is.
    async fn send_file(&self, key: &str, method: &str, path: &str, kind: &str, file: Vec<u8>) -> Answer {
        let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "mfa.example")
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", kind)
            .extension(ConnectInfo(peer));
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::from(file)).expect("a request"))
            .await
            .expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    async fn text(&self, key: &str, path: &str, accept: &str) -> String {
        let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
        let mut request = Request::builder()
            .uri(path)
            .header("host", "mfa.example")
            .header("accept", accept)
            .extension(ConnectInfo(peer));
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::empty()).expect("a request"))
            .await
            .expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers()["content-type"].to_str().is_ok_and(|value| value.starts_with(accept)));
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    async fn key(&self, tenant: TenantId, scopes: &[Scope]) -> String {
        key(&self.domain, tenant, scopes).await
    }
}

async fn organisation(domain: &Domain, slug: &str) -> Organisation {
    let new = NewTenant {
        slug: Slug::parse(slug).expect("a slug"),
        name: CleanText::parse(slug).expect("a name"),
        domains: vec![DomainName::parse(&format!("{slug}.example")).expect("a domain")],
        profile: Profile::Standard,
        locale: "en",
    };
    let tenant = domain.directory().create_tenant(Operator::console(), new).await.expect("a tenant");
    let upn = Upn::parse(&format!("member@{slug}.example")).expect("a name");
    let new = NewMember {
        upn,
        given_name: None,
        family_name: None,
        mail: None,
        roles: Vec::new(),
    };
    let member = domain
        .directory()
        .create_member(&Admin::console(tenant), new)
        .await
        .expect("a member")
        .to_string();
    Organisation {
        tenant,
        member,
        key: key(domain, tenant, &Scope::ALL).await,
    }
}

async fn key(domain: &Domain, tenant: TenantId, scopes: &[Scope]) -> String {
    let name = CleanText::parse("test").expect("a name");
    let made = domain.directory().create_api_key(&Admin::console(tenant), &name, scopes, Path::Cloud).await;
    made.expect("a key").reveal()
}

/// Bar 38 and abuse case E5: every route of the program says who may call, and a stranger is answered as it says.
#[tokio::test]
async fn a_stranger_is_answered_as_the_register_says() {
    let installation = Installation::new().await;
    let admin = installation.key(installation.noord.tenant, &[Scope::Admin]).await;
    let logo = format!("{}.png", policy::logo_of(&installation, &admin).await);
    let mut seen = BTreeSet::new();
    for entry in routes::all().entries() {
        assert!(
            seen.insert((entry.path, entry.method.to_string())),
            "{} {} stands twice",
            entry.method,
            entry.path
        );
        let path = entry
            .path
            .replace("{user}", &installation.noord.member)
            .replace("{challenge_id}", "00000000-0000-0000-0000-000000000001")
            .replace("{method}", "00000000-0000-0000-0000-000000000001")
            .replace("{app_password}", "00000000-0000-0000-0000-000000000001")
            .replace("{session_id}", "000000000-0")
            .replace("{number}", "T-1234-5678")
            .replace("{token}", "nonsense")
            .replace("{kind}", "totp")
            .replace("{code}", "TS-2106")
            .replace("{provider}", "00000000-0000-0000-0000-000000000001")
            .replace("{message}", "00000000-0000-0000-0000-000000000001")
            .replace("{network}", "00000000-0000-0000-0000-000000000001")
            .replace("{serial}", "ZS-1")
            .replace("{tenant}", "noord")
            .replace("{logo}", &logo)
            .replace("{attempt}", "00000000-0000-7000-8000-000000000000")
            .replace("{id}", &installation.noord.member);
        assert!(!path.contains('{'), "{path}: give the test a value for this");
        let body = if entry.body == Takes::Json { json!({}) } else { Value::Null };
        let mut headers = vec![("sec-fetch-site", "same-origin")];
        let kind = entry.body.content_types().and_then(|kinds| kinds.first()).filter(|_| entry.body != Takes::Json);
        headers.extend(kind.map(|kind| ("content-type", *kind)));
        for wrong_key in [
            "",
            "nonsense",
            "tsk_noord_00000000000000000000000000000001_0000000000000000000000000000000000000000000000000000000000000000",
        ] {
            let answer = installation.call_with(wrong_key, entry.method.as_str(), &path, body.clone(), &headers).await;
            let what = format!("{} {path} with key {wrong_key:?}: {} {}", entry.method, answer.status, answer.body);
            match entry.who.answer_to_a_stranger() {
                // A verification reads the request before it asks the database about the key.
                Some(StatusCode::UNAUTHORIZED) if matches!(entry.who, Who::Integration("verify" | "questions")) && wrong_key.starts_with("tsk_") => {
                    assert!(matches!(answer.status, 400 | 401), "{what}");
                }
                Some(expected) => assert_eq!(answer.status, expected.as_u16(), "{what}"),
                None => assert!(!matches!(answer.status, 401 | 403 | 404 | 405 | 500), "{what}"),
            }
        }
    }
}

#[tokio::test]
async fn the_description_is_the_register() {
    let registered: BTreeSet<(String, String)> = routes::all()
        .entries()
        .iter()
        .filter(|entry| entry.path.starts_with("/api/v1/") && entry.who != Who::Anyone)
        .map(|entry| (entry.path.to_owned(), entry.method.to_string()))
        .collect();
    let mut described = BTreeSet::new();
    for (path, item) in Description::openapi().paths.paths {
        let operations = [
            (Method::GET, item.get),
            (Method::POST, item.post),
            (Method::PUT, item.put),
            (Method::PATCH, item.patch),
            (Method::DELETE, item.delete),
        ];
        described.extend(
            operations
                .into_iter()
                .filter(|(_, operation)| operation.is_some())
                .map(|(method, _)| (path.clone(), method.to_string())),
        );
    }
    assert_eq!(described, registered);
}

#[tokio::test]
async fn a_member_is_made_read_changed_and_removed() {
    let installation = Installation::new().await;
    let key = &installation.noord.key;
    let new = json!({ "upn": "Ann@noord.example", "given_name": "Ann", "roles": ["support"] });
    let made = installation.call(key, "POST", "/api/v1/users", new.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_str().expect("an id").to_owned();
    assert_eq!(made.headers["location"], format!("/api/v1/users/{id}").as_str());
    assert_eq!(
        (made.body["mfa_state"].as_str(), made.body["effective"]["required"].as_bool()),
        (Some("disabled"), Some(true))
    );

    assert_eq!(installation.call(key, "POST", "/api/v1/users", new).await.code(), "TS-4001");
    let by_name = installation.call(key, "GET", "/api/v1/users/ANN@noord.example", Value::Null).await;
    assert_eq!(by_name.body["id"], made.body["id"]);

    let patch = json!({ "given_name": null, "family_name": "Visser" });
    let changed = installation.call(key, "PATCH", &format!("/api/v1/users/{id}"), patch).await;
    assert_eq!(
        (changed.status, &changed.body["given_name"], changed.body["family_name"].as_str()),
        (200, &Value::Null, Some("Visser"))
    );

    let state = |state: &str, confirmed: bool| json!({ "state": state, "confirmed": confirmed, "reason": "a test" });
    let path = format!("/api/v1/users/{id}/mfa-state");
    assert_eq!(
        installation.call(key, "PUT", &path, state("enabled", false)).await.body["mfa_state"],
        MfaState::Enabled.as_str()
    );
    assert_eq!(installation.call(key, "PUT", &path, state("enforced", false)).await.code(), "TS-4007");
    assert_eq!(
        installation.call(key, "PUT", &path, state("enforced", true)).await.body["mfa_state"],
        MfaState::Enforced.as_str()
    );

    for action in ["unblock", "require-reregistration", "revoke-sessions"] {
        let path = format!("/api/v1/users/{id}/{action}");
        assert_eq!(
            installation.call(key, "POST", &path, json!({ "reason": "a test" })).await.status,
            200,
            "{action}"
        );
        assert_eq!(installation.call(key, "POST", &path, json!({})).await.status, 400, "{action} needs a reason");
    }
    let off = installation
        .call(key, "PATCH", &format!("/api/v1/users/{id}"), json!({ "disabled": true, "reason": "left" }))
        .await;
    assert_eq!(off.body["disabled"], true);

    assert_eq!(installation.call(key, "DELETE", &format!("/api/v1/users/{id}"), Value::Null).await.status, 400);
    assert_eq!(
        installation
            .call(key, "DELETE", &format!("/api/v1/users/{id}?reason=left"), Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        installation.call(key, "GET", &format!("/api/v1/users/{id}"), Value::Null).await.code(),
        "TS-3006"
    );
}

#[tokio::test]
async fn a_list_comes_in_pages_without_gaps() {
    let installation = Installation::new().await;
    let key = &installation.noord.key;
    for n in 0..7 {
        let made = installation
            .call(key, "POST", "/api/v1/users", json!({ "upn": format!("p{n}@noord.example") }))
            .await;
        assert_eq!(made.status, 201);
    }
    let mut names = Vec::new();
    let mut path = "/api/v1/users?limit=3".to_owned();
    loop {
        let page = installation.call(key, "GET", &path, Value::Null).await;
        let items = page.body["items"].as_array().expect("rows").clone();
        assert!(items.len() <= 3);
        names.extend(items.iter().map(|item| item["upn"].as_str().unwrap_or_default().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/users?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((names.len(), &names), (8, &sorted));
    for bad in ["limit=0", "limit=501", "cursor=x"] {
        assert_eq!(
            installation.call(key, "GET", &format!("/api/v1/users?{bad}"), Value::Null).await.status,
            422,
            "{bad}"
        );
    }
    assert_eq!(installation.call(key, "GET", "/api/v1/users?offset=3", Value::Null).await.status, 400);
}

/// Bar 6, through REST: a key of one tenant with ids of another.
#[tokio::test]
async fn another_tenant_is_not_there() {
    let installation = Installation::new().await;
    let foreign = &installation.zuid.member;
    for (method, path, body) in [
        ("GET", format!("/api/v1/users/{foreign}"), Value::Null),
        ("GET", "/api/v1/users/member@zuid.example".to_owned(), Value::Null),
        ("PATCH", format!("/api/v1/users/{foreign}"), json!({ "given_name": "X" })),
        ("PUT", format!("/api/v1/users/{foreign}/mfa-state"), json!({ "state": "enabled" })),
        ("POST", format!("/api/v1/users/{foreign}/unblock"), json!({ "reason": "x" })),
        ("POST", format!("/api/v1/users/{foreign}/require-reregistration"), json!({ "reason": "x" })),
        ("POST", format!("/api/v1/users/{foreign}/revoke-sessions"), json!({ "reason": "x" })),
        ("DELETE", format!("/api/v1/users/{foreign}?reason=x"), Value::Null),
    ] {
        let answer = installation.call(&installation.noord.key, method, &path, body).await;
        assert_eq!((answer.status, answer.code()), (404, "TS-3006"), "{method} {path}");
    }
    let admin = Admin::console(installation.zuid.tenant);
    let member = MemberRef::Id(foreign.parse().expect("an id"));
    let untouched = installation.domain.directory().member(&admin, &member).await.expect("still there");
    assert_eq!((untouched.mfa_state, untouched.given_name), (MfaState::Disabled, None));
    let listed = installation.call(&installation.noord.key, "GET", "/api/v1/users?q=zuid", Value::Null).await;
    assert_eq!(listed.body["items"], json!([]));
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_say() {
    let installation = Installation::new().await;
    let tenant = installation.noord.tenant;
    let member = &installation.noord.member;
    let verify = installation.key(tenant, &[Scope::Verify]).await;
    let read = installation.key(tenant, &[Scope::Read]).await;
    let support = installation.key(tenant, &[Scope::Support]).await;
    let reason = || json!({ "reason": "a test" });
    let calls = [
        ("GET", "/api/v1/users".to_owned(), Value::Null, [403, 200, 200]),
        ("POST", "/api/v1/users".to_owned(), json!({ "upn": "new@noord.example" }), [403, 403, 403]),
        ("POST", format!("/api/v1/users/{member}/unblock"), reason(), [403, 403, 200]),
        ("POST", format!("/api/v1/users/{member}/revoke-sessions"), reason(), [403, 403, 403]),
        (
            "POST",
            "/api/v1/verifications".to_owned(),
            json!({ "user": "member@noord.example", "code": "123456" }),
            [200, 403, 403],
        ),
    ];
    for (method, path, body, expected) in calls {
        for (key, expected) in [&verify, &read, &support].into_iter().zip(expected) {
            let answer = installation.call(key, method, &path, body.clone()).await;
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
        }
    }
}

/// Bar 23: a revoked key opens nothing from the next request on, neither a door that reads nor verification, which loads its key itself.
#[tokio::test]
async fn a_revoked_key_opens_nothing_any_more() {
    let installation = Installation::new().await;
    let (admin, directory) = (Admin::console(installation.noord.tenant), installation.domain.directory());
    let key = installation.key(installation.noord.tenant, &Scope::ALL).await;
    let calls = [
        ("GET", "/api/v1/users", Value::Null),
        ("POST", "/api/v1/verifications", json!({ "user": "member@noord.example", "code": "123456" })),
    ];
    for (method, path, body) in &calls {
        assert_eq!(installation.call(&key, method, path, body.clone()).await.status, 200, "{path}");
    }
    let newest = directory.api_keys(&admin).await.expect("keys")[0].clone();
    directory.revoke_api_key(&admin, newest.id).await.expect("revoked");
    for (method, path, body) in &calls {
        let answer = installation.call(&key, method, path, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (401, ErrorCode::KeyRefused.as_str()), "{path}");
    }
    let listed = directory.api_keys(&admin).await.expect("keys");
    assert!(listed[0].revoked_at.is_some() && listed[1].revoked_at.is_none(), "{listed:?}");
    assert!(directory.revoke_api_key(&admin, newest.id).await.is_err(), "it was revoked before");
}

#[tokio::test]
async fn an_unknown_name_answers_like_a_wrong_code() {
    let installation = Installation::new().await;
    let key = &installation.noord.key;
    let mut shapes = Vec::new();
    for user in ["member@noord.example", "nobody@noord.example", "member@zuid.example", "x@nowhere.example"] {
        let answer = installation
            .call(
                key,
                "POST",
                "/api/v1/verifications",
                json!({ "user": user, "code": "123456", "application": "vpn" }),
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            (&answer.body["decision"], &answer.body["reason"]),
            (&json!("denied"), &json!("wrong_code")),
            "{user}"
        );
        let fields: Vec<String> = answer.body.as_object().expect("an object").keys().cloned().collect();
        let headers: BTreeSet<String> = answer.headers.keys().map(ToString::to_string).collect();
        shapes.push((fields, headers, answer.body["method"].clone()));
    }
    assert!(shapes.windows(2).all(|pair| pair[0] == pair[1]), "{shapes:?}");
}

#[tokio::test]
async fn a_request_that_cannot_be_read_says_why() {
    let installation = Installation::new().await;
    let key = &installation.noord.key;
    let call = async |body: Value| {
        let answer = installation.call(key, "POST", "/api/v1/verifications", body).await;
        (
            answer.status,
            answer.code().to_owned(),
            answer.body["detail"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(
        call(json!({ "user": "member@noord.example", "code": "12345" })).await,
        (422, "TS-2102".into(), "code: a code has 6 or 8 digits; this has 5".into())
    );
    let (status, code, detail) = call(json!({ "user": "member@noord.example", "cod": "123456" })).await;
    assert!(status == 400 && code == "TS-1001" && detail.contains("unknown field `cod`"), "{detail}");
    let (status, _, detail) = call(json!({ "code": "123456" })).await;
    assert!(status == 400 && detail.contains("missing field `user`"), "{detail}");

    let twice = installation
        .call_with(
            key,
            "POST",
            "/api/v1/verifications",
            json!({ "user": "member@noord.example" }),
            &[("idempotency-key", &"x".repeat(201))],
        )
        .await;
    assert_eq!(twice.status, 422);
}

#[tokio::test]
async fn the_same_request_with_the_same_key_answers_the_same() {
    let installation = Installation::new().await;
    let key = &installation.noord.key;
    let ask = async |code: &str| {
        let body = json!({ "user": "member@noord.example", "code": code });
        installation
            .call_with(key, "POST", "/api/v1/verifications", body, &[("idempotency-key", "one")])
            .await
    };
    let first = ask("123456").await;
    let again = ask("123456").await;
    assert_eq!((first.status, &first.body), (200, &again.body));
    assert_eq!(ask("654321").await.code(), "TS-1106");
}

#[tokio::test]
async fn an_app_is_registered_verified_once_and_removed() {
    let installation = Installation::new().await;
    let key = &installation.noord.key;
    let methods = format!("/api/v1/users/{}/methods", installation.noord.member);

    // RFC 6238, appendix B: the secret of its examples, as another system would hand it over.
    let given = json!({ "kind": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "digits": 8, "confirmed": true });
    let added = installation.call(key, "POST", &methods, given).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert!(
        added.body["active"] == true && added.body.get("secret").is_none() && added.body.get("otpauth_uri").is_none(),
        "{}",
        added.body
    );

    let made = installation.call(key, "POST", &methods, json!({ "kind": "totp", "confirmed": true })).await;
    let seed = made.body["secret"].as_str().expect("a seed, once").to_owned();
    assert!(
        made.body["otpauth_uri"]
            .as_str()
            .is_some_and(|uri| uri.starts_with("otpauth://totp/noord:") && uri.contains(&seed))
    );
    let listed = installation.call(key, "GET", &methods, Value::Null).await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(2));
    assert!(!listed.body.to_string().contains(&seed));

    let code = totp(&seed, installation.domain.clock().now().as_second());
    let ask = async || {
        installation
            .call(key, "POST", "/api/v1/verifications", json!({ "user": "member@noord.example", "code": code }))
            .await
    };
    let right = ask().await;
    assert_eq!(
        (&right.body["decision"], &right.body["reason"], &right.body["method"]),
        (&json!("allowed"), &json!("right_code"), &json!("totp")),
        "{}",
        right.body
    );
    let again = ask().await;
    assert_eq!((&again.body["decision"], &again.body["reason"]), (&json!("denied"), &json!("code_reused")));

    let pending = installation
        .call(key, "POST", "/api/v1/verifications", json!({ "user": "member@noord.example" }))
        .await;
    assert_eq!(
        (&pending.body["decision"], &pending.body["reason"]),
        (&json!("pending"), &Value::Null),
        "{}",
        pending.body
    );
    let answer = format!(
        "/api/v1/verifications/{}/answer",
        pending.body["challenge"]["id"].as_str().expect("a challenge")
    );
    let wrong = installation.call(key, "POST", &answer, json!({ "code": "00000000" })).await;
    assert_eq!((wrong.status, &wrong.body["session_id"]), (200, &pending.body["session_id"]));

    let id = made.body["id"].as_str().expect("an id");
    assert_eq!(
        installation
            .call(key, "DELETE", &format!("{methods}/{id}?reason=lost"), Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        installation
            .call(key, "DELETE", &format!("{methods}/{id}?reason=lost"), Value::Null)
            .await
            .status,
        404
    );
    let foreign = format!("/api/v1/users/{}/methods", installation.zuid.member);
    assert_eq!(installation.call(key, "GET", &foreign, Value::Null).await.status, 404);
    assert_eq!(installation.call(key, "POST", &methods, json!({ "kind": "sms" })).await.status, 422);
    assert_eq!(
        installation
            .call(key, "POST", &methods, json!({ "kind": "totp", "secret": "GEZDGNBV" }))
            .await
            .code(),
        "TS-3004"
    );
}

/// The code that an app shows, by another program than ours.
fn totp(seed: &str, at: i64) -> String {
    let at = format!("@{at}");
    let output = std::process::Command::new("oathtool")
        .args(["--totp", "-b", seed, "--now", &at])
        .output()
        .expect("oathtool is installed");
    String::from_utf8(output.stdout).expect("digits").trim().to_owned()
}

#[tokio::test]
async fn the_journal_says_what_happened() {
    let installation = Installation::new().await;
    let key = &installation.noord.key;
    let ask = json!({ "user": "member@noord.example", "code": "123456", "application": "=vpn", "client_ip": "203.0.113.9" });
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let answer = installation.call(key, "POST", "/api/v1/verifications", ask.clone()).await;
        sessions.push(answer.body["session_id"].as_str().expect("a session id").to_owned());
    }
    installation
        .call(
            &installation.zuid.key,
            "POST",
            "/api/v1/verifications",
            json!({ "user": "member@zuid.example", "code": "123456" }),
        )
        .await;

    let page = installation.call(key, "GET", "/api/v1/auth-log?limit=2&decision=denied", Value::Null).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let rows = page.body["items"].as_array().expect("rows");
    assert_eq!((rows.len(), rows[0]["session_id"].as_str()), (2, sessions.last().map(String::as_str)));
    assert_eq!(
        (rows[0]["upn"].as_str(), rows[0]["client_ip"].as_str()),
        (Some("member@noord.example"), Some("203.0.113.9")),
        "{}",
        rows[0]
    );
    let rest = format!("/api/v1/auth-log?limit=2&cursor={}", page.body["next_cursor"].as_str().expect("a cursor"));
    assert_eq!(
        installation.call(key, "GET", &rest, Value::Null).await.body["items"].as_array().map(Vec::len),
        Some(1)
    );
    for (filter, found) in [
        ("user=MEMBER@noord.example", 3),
        ("user=nobody@noord.example", 0),
        ("client_ip=203.0.113.9", 3),
        ("client_ip=203.0.113.8", 0),
        ("reason=code_reused", 0),
        ("application=%3Dvpn", 3),
        ("from=2200-01-01T00:00:00Z", 0),
        ("to=2200-01-01T00:00:00Z", 3),
    ] {
        let list = installation.call(key, "GET", &format!("/api/v1/auth-log?{filter}"), Value::Null).await;
        assert_eq!(list.body["items"].as_array().map(Vec::len), Some(found), "{filter}: {}", list.body);
    }
    let one = installation
        .call(key, "GET", &format!("/api/v1/auth-log?session_id={}", sessions[0]), Value::Null)
        .await;
    assert_eq!(one.body["items"][0]["session_id"], sessions[0].as_str());

    let csv = installation.text(key, "/api/v1/auth-log", "text/csv").await;
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(csv.starts_with("occurred_at,session_id,") && csv.contains("'=vpn"), "{csv}");
    let ndjson = installation.text(key, "/api/v1/auth-log", "application/x-ndjson").await;
    let lines: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), lines[0]["session_id"].as_str()), (3, sessions.last().map(String::as_str)));

    let spoken = sessions[0].to_lowercase().replace('-', "%20");
    let case = installation.call(key, "GET", &format!("/api/v1/attempts/{spoken}"), Value::Null).await;
    assert_eq!(
        (case.status, case.body["session_id"].as_str()),
        (200, Some(sessions[0].as_str())),
        "{}",
        case.body
    );
    assert!(case.body["steps"].as_array().is_some_and(|steps| !steps.is_empty()));
    assert!(
        case.body["diagnosis"]["what"].as_str().is_some_and(|what| !what.is_empty()),
        "{}",
        case.body["diagnosis"]
    );
    let foreign = installation
        .call(&installation.zuid.key, "GET", &format!("/api/v1/attempts/{}", sessions[0]), Value::Null)
        .await;
    assert_eq!(foreign.status, 404);

    let audit = installation.call(key, "GET", "/api/v1/audit-log?event=journal.exported", Value::Null).await;
    assert_eq!(audit.body["items"].as_array().map(Vec::len), Some(2), "{}", audit.body);
    assert_eq!(installation.call(key, "GET", "/api/v1/audit-log?event=nonsense", Value::Null).await.status, 422);
    assert!(installation.text(key, "/api/v1/audit-log", "text/csv").await.contains("member.created"));
}

#[tokio::test]
async fn the_interface_describes_itself_without_a_script() {
    let installation = Installation::new().await;
    let page = installation.text("", "/api/docs", "text/html").await;
    assert!(page.contains("/api/v1/verifications") && page.contains("id=\"TS-1005\""));
    assert!(!page.contains("<script") && !page.contains("<style") && !page.contains("style="));
    let description = installation.call("", "GET", "/api/v1/openapi.json", Value::Null).await;
    assert!(description.body["paths"]["/api/v1/users/{user}"]["patch"].is_object());
}

/// Values that a field for people's text, a moment, a number or an id was not made for.
fn hostile() -> Vec<String> {
    let texts = [
        "",
        " ",
        "\0",
        "a\0b",
        "\r\nSet-Cookie: x=y",
        "\u{1b}[31m",
        "\u{202E}",
        "\u{FFFD}",
        "🦆",
        "'",
        "%",
        "_",
        "\\",
        "../..",
        "null",
        "-1",
        "0",
        "1e309",
        "99999999999999999999",
        "-009999-01-02T01:59:59Z",
        "9999-12-30T22:00:00.999999999Z",
        "0001-01-01T00:00:00Z",
        "00000000-0000-0000-0000-000000000000",
        "ffffffffffffffffffffffffffffffff39323233333732303336383534373735383037",
        "00000000000000000000000000000000002d39323233333732303336383534373735383038",
        "000000000000000000000000000000002d333737373035303233323031303030303030",
    ];
    texts.map(str::to_owned).into_iter().chain(["x".repeat(6000), "٤".repeat(2000)]).collect()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// F20: whatever stands in path, query or body, the answer is the caller's fault or a plain refusal, never a fault of ours.
#[tokio::test]
async fn f20_hostile_values_are_the_callers_fault() {
    let installation = Installation::new().await;
    let key = &installation.noord.key;
    let description = serde_json::to_value(Description::openapi()).expect("JSON");
    let paths = description["paths"].as_object().expect("paths");
    let mut tried = 0;
    let mut broken = BTreeSet::new();
    for (path, operations) in paths {
        let usual = path
            .replace("{user}", &installation.noord.member)
            .replace("{challenge_id}", "00000000-0000-0000-0000-000000000001")
            .replace("{method}", "00000000-0000-0000-0000-000000000001")
            .replace("{app_password}", "00000000-0000-0000-0000-000000000001")
            .replace("{session_id}", "000000000-0");
        for (method, operation) in operations.as_object().expect("operations") {
            let method = method.to_uppercase();
            // The member has to be there for the next value too.
            if method == "DELETE" {
                continue;
            }
            let mut calls: Vec<(String, Value)> = Vec::new();
            for value in hostile() {
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let name = parameter["name"].as_str().unwrap_or_default();
                    match parameter["in"].as_str() {
                        Some("query") => calls.push((format!("{usual}?{name}={}", escaped(&value)), Value::Null)),
                        Some("path") if !value.is_empty() => {
                            let attacked = path.replace(&format!("{{{name}}}"), &escaped(&value));
                            let attacked = attacked.replace("{user}", &installation.noord.member);
                            calls.push((attacked.replace("{method}", "00000000-0000-0000-0000-000000000001"), json!({})));
                        }
                        _ => {}
                    }
                }
                let base = match path.rsplit('/').next().unwrap_or_default() {
                    "users" => json!({ "upn": "new@noord.example" }),
                    "verifications" => json!({ "user": "member@noord.example", "code": "123456" }),
                    "answer" => json!({ "code": "123456" }),
                    "mfa-state" => json!({ "state": "enabled" }),
                    "methods" => json!({ "kind": "totp" }),
                    _ => json!({ "reason": "asked for" }),
                };
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
                let schema = schema.as_str().and_then(|at| description.pointer(at.trim_start_matches('#')));
                for field in schema.and_then(|s| s["properties"].as_object()).into_iter().flatten().map(|(field, _)| field) {
                    for given in [json!(value), json!([value]), json!({ "a": value }), json!(-1), json!(1e300), Value::Null] {
                        let mut body = base.clone();
                        body[field.as_str()] = given;
                        calls.push((usual.clone(), body));
                    }
                }
            }
            for (path, body) in calls {
                let answer = installation.call(key, &method, &path, body.clone()).await;
                tried += 1;
                if answer.status >= 500 {
                    let short = |text: String| text.chars().take(120).collect::<String>();
                    broken.insert(format!("{} {method} {} {}", answer.status, short(path), short(body.to_string())));
                }
            }
        }
    }
    assert!(
        broken.is_empty(),
        "{} of {tried}:\n{}",
        broken.len(),
        broken.into_iter().collect::<Vec<_>>().join("\n")
    );
    assert!(tried > 1000, "{tried} calls");
}

/// The member of the first organisation.
const UPN: &str = "member@noord.example";

/// B19: a pass by the interface needs a key with scope `pass`, whatever else the key may do; its text is told once.
#[tokio::test]
async fn b19_a_pass_by_the_interface_needs_its_scope() {
    let installation = Installation::new().await;
    let (tenant, member) = (installation.noord.tenant, installation.noord.member.clone());
    let path = format!("/api/v1/users/{member}/passes");
    let body = || json!({ "minutes": 60, "reason": "lost phone" });
    let without = installation.key(tenant, &[Scope::Verify, Scope::Read, Scope::Admin, Scope::Support]).await;
    let refused = installation.call(&without, "POST", &path, body()).await;
    assert_eq!((refused.status, refused.code()), (403, ErrorCode::ScopeMissing.as_str()));
    let with = installation.key(tenant, &[Scope::Pass, Scope::Verify]).await;
    for (body, status) in [
        (json!({ "minutes": 9, "reason": "x" }), 422),
        (json!({ "length": 7, "reason": "x" }), 422),
        (json!({ "minutes": 60 }), 400),
    ] {
        assert_eq!(installation.call(&with, "POST", &path, body.clone()).await.status, status, "{body}");
    }
    let given = installation.call(&with, "POST", &path, body()).await;
    assert_eq!((given.status, given.body["state"].as_str()), (201, Some("open")), "{}", given.body);
    let pass = given.body["pass"].as_str().expect("the pass").to_owned();
    let seen = installation
        .call(&without, "GET", &format!("/api/v1/users/{member}/methods"), Value::Null)
        .await;
    assert_eq!(seen.body["pass"]["one_time"], json!(true));
    assert!(!seen.body.to_string().contains(&pass));
    let verify = || json!({ "user": UPN, "code": pass });
    let answer = installation.call(&with, "POST", "/api/v1/verifications", verify()).await;
    assert_eq!(
        (answer.body["decision"].as_str(), answer.body["method"].as_str()),
        (Some("allowed"), Some("pass")),
        "{}",
        answer.body
    );
    let again = installation.call(&with, "POST", "/api/v1/verifications", verify()).await;
    assert_eq!(
        (again.body["decision"].as_str(), again.body["reason"].as_str()),
        (Some("denied"), Some("code_reused"))
    );
    assert_eq!(
        installation.call(&without, "DELETE", &format!("{path}?reason=x"), Value::Null).await.status,
        403
    );
    assert_eq!(installation.call(&with, "DELETE", &format!("{path}?reason=x"), Value::Null).await.status, 204);
    assert_eq!(installation.call(&with, "DELETE", &format!("{path}?reason=x"), Value::Null).await.status, 404);
    let theirs = format!("/api/v1/users/{}/passes", installation.zuid.member);
    assert_eq!(installation.call(&with, "POST", &theirs, body()).await.status, 404);
}

/// B17: app passwords are off until the policy lists them, told once, checked at their own address alone.
#[tokio::test]
async fn b17_app_passwords_by_the_interface() {
    let installation = Installation::new().await;
    let (tenant, member, key) = (installation.noord.tenant, installation.noord.member.clone(), installation.noord.key.clone());
    let path = format!("/api/v1/users/{member}/app-passwords");
    let body = || json!({ "label": "Mail on the old phone" });
    let off = installation.call(&key, "POST", &path, body()).await;
    assert_eq!((off.status, off.code()), (403, ErrorCode::MethodKindOff.as_str()));
    let (directory, admin) = (installation.domain.directory(), Admin::console(tenant));
    let (_, mut policy) = directory.policy(&admin).await.expect("a policy");
    policy.methods.push(model::MethodRule {
        kind: model::MethodKind::AppPassword,
        uses: vec![model::MethodUse::SignIn],
    });
    directory.publish_policy(&admin, policy).await.expect("published");
    let made = installation.call(&key, "POST", &path, body()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (id, password) = (
        made.body["id"].as_str().expect("an id").to_owned(),
        made.body["password"].as_str().expect("letters").to_owned(),
    );
    assert_eq!(password.len(), 16);
    let check = |password: &str| json!({ "user": UPN, "password": password, "protocol": "imap", "client_ip": "203.0.113.9" });
    let verify = "/api/v1/app-passwords/verify";
    let answer = installation.call(&key, "POST", verify, check(&password)).await;
    assert_eq!((answer.status, answer.body["decision"].as_str()), (200, Some("allowed")), "{}", answer.body);
    let elsewhere = json!({ "user": UPN, "code": password });
    let answer = installation.call(&key, "POST", "/api/v1/verifications", elsewhere).await;
    assert_eq!(answer.body["decision"], json!("denied"), "{}", answer.body);
    let listed = installation.call(&key, "GET", &path, Value::Null).await;
    assert_eq!(listed.body["items"][0]["last_used_ip"], json!("203.0.113.9"));
    assert!(!listed.body.to_string().contains(&password));
    let of = MemberRef::Upn(Upn::parse(UPN).expect("a name"));
    directory.set_password(&admin, &of, "vier natte eenden").await.expect("a password");
    directory.set_mfa_state(&admin, &of, MfaState::Enforced, true, None).await.expect("enforced");
    let own = installation.call(&key, "POST", verify, check("vier natte eenden")).await;
    assert_eq!(
        (own.body["decision"].as_str(), own.body["reason"].as_str(), own.body["code"].as_str()),
        (Some("denied"), Some("app_password_required"), Some("0x800434D4L")),
        "{}",
        own.body
    );
    let gone = installation.call(&key, "POST", verify, check(&password)).await;
    assert_eq!(gone.body["reason"], json!("wrong_password"), "ended with the password");
    assert_eq!(
        installation.call(&key, "DELETE", &format!("{path}/{id}?reason=x"), Value::Null).await.status,
        404
    );
    assert_eq!(installation.call("", "POST", verify, check(&password)).await.status, 401);
}

/// C11: security questions by the interface need a scope of their own, ask strangers like members, and answer right or wrong and nothing more.
#[tokio::test]
async fn c11_security_questions_by_the_interface() {
    let installation = Installation::new().await;
    let tenant = installation.noord.tenant;
    let with = installation.key(tenant, &[Scope::Questions]).await;
    let without = installation
        .key(tenant, &[Scope::Verify, Scope::Read, Scope::Admin, Scope::Support, Scope::Pass])
        .await;
    let (ask, verify) = ("/api/v1/security-questions", "/api/v1/security-questions/verify");
    let whose = |user: &str| json!({ "user": user, "client_ip": "203.0.113.9" });
    let refused = installation.call(&without, "POST", ask, whose(UPN)).await;
    assert_eq!((refused.status, refused.code()), (403, ErrorCode::ScopeMissing.as_str()));
    assert_eq!(installation.call("", "POST", ask, whose(UPN)).await.status, 401);
    let terms = |register: u8, answer: u8| json!({ "allowed": true, "register": register, "answer": answer, "reason": "x" });
    let off = installation.call(&without, "GET", ask, Value::Null).await;
    assert_eq!(off.body, json!({ "allowed": false, "register": 5, "answer": 3 }), "off at birth");
    assert_eq!(installation.call(&with, "PUT", ask, terms(5, 3)).await.status, 403);
    assert_eq!(installation.call(&without, "PUT", ask, terms(3, 5)).await.status, 422);
    assert_eq!(installation.call(&without, "PUT", ask, terms(5, 3)).await.status, 200);
    // Asked alike; only times and ids differ.
    let mut told = Vec::new();
    for user in [UPN, "nobody@noord.example", "member@zuid.example"] {
        let asked = installation.call(&with, "POST", ask, whose(user)).await;
        assert_eq!(asked.status, 200, "{}", asked.body);
        let questions = asked.body["questions"].as_array().expect("questions").clone();
        assert_eq!(questions.len(), 3);
        assert!(
            questions.iter().all(|q| q["text"]["nl"].as_str().is_some_and(|text| text.ends_with('?'))),
            "{questions:?}"
        );
        let again = installation.call(&with, "POST", ask, whose(user)).await;
        assert_eq!(again.body["questions"], asked.body["questions"]);
        let answers: Vec<Value> = questions.iter().map(|q| json!({ "question": q["id"], "answer": "een gok" })).collect();
        let body = json!({ "id": asked.body["id"], "answers": answers });
        let headers = [("idempotency-key", "one-try")];
        let verdict = installation
            .call_with(&with, "POST", verify, body.clone(), &headers[..usize::from(user == UPN)])
            .await;
        if user == UPN {
            let again = installation.call_with(&with, "POST", verify, body.clone(), &headers).await;
            assert_eq!((again.status, &again.body), (200, &verdict.body), "the same answer to the same request");
        }
        let gone = installation.call(&with, "POST", verify, body).await;
        assert_eq!((gone.status, gone.code()), (410, ErrorCode::ChallengeGone.as_str()));
        let mut plain = verdict.body.clone();
        assert_eq!(plain["session_id"], asked.body["session_id"]);
        plain["session_id"] = Value::Null;
        told.push((verdict.status, plain));
    }
    let wrong = json!({ "session_id": null, "decision": "denied", "reason": "wrong_code" });
    assert!(told.iter().all(|(status, body)| *status == 200 && *body == wrong), "{told:?}");
    let many: Vec<Value> = (0..6).map(|_| json!({ "question": "first-film", "answer": "x" })).collect();
    let too_many = installation
        .call(&with, "POST", verify, json!({ "id": "00000000-0000-0000-0000-000000000001", "answers": many }))
        .await;
    assert_eq!(too_many.status, 422);
    // A key of another organisation cannot answer.
    let asked = installation.call(&with, "POST", ask, whose(UPN)).await;
    let foreign = installation.key(installation.zuid.tenant, &[Scope::Questions]).await;
    let body = json!({ "id": asked.body["id"], "answers": [] });
    assert_eq!(installation.call(&foreign, "POST", verify, body).await.status, 410);
    // An admin removes what there is, and nothing twice.
    let path = format!("/api/v1/users/{}/security-questions?reason=x", installation.noord.member);
    assert_eq!(installation.call(&with, "DELETE", &path, Value::Null).await.status, 403);
    assert_eq!(installation.call(&without, "DELETE", &path, Value::Null).await.status, 404);
}

/// What is asked in calls, by the interface: every refusal names the field, and a PIN is taken away and never given.
#[tokio::test]
async fn calls_and_their_pins_by_the_interface() {
    let installation = Installation::new().await;
    let admin = installation.key(installation.noord.tenant, &[Scope::Admin]).await;
    let reads = installation.key(installation.noord.tenant, &[Scope::Read]).await;
    let rules = |code: &str| json!({ "pin": true, "fraud_code": code, "reason": "test" });
    let born = installation.call(&admin, "GET", "/api/v1/calls", Value::Null).await;
    assert_eq!(born.body, json!({ "pin": false, "fraud_code": "0" }));
    for bad in ["", "1234", "0#", "x"] {
        let refused = installation.call(&admin, "PUT", "/api/v1/calls", rules(bad)).await;
        assert_eq!(
            (refused.status, refused.body.to_string().contains("calls.fraud_code")),
            (422, true),
            "{}",
            refused.body
        );
    }
    assert_eq!(installation.call(&reads, "PUT", "/api/v1/calls", rules("7")).await.status, 403);
    assert_eq!(installation.call(&admin, "PUT", "/api/v1/calls", rules("7")).await.status, 200);
    let seen = installation.call(&admin, "GET", "/api/v1/calls", Value::Null).await;
    assert_eq!(seen.body, json!({ "pin": true, "fraud_code": "7" }));
    let path = format!("/api/v1/users/{}/call-pin?reason=x", installation.noord.member);
    assert_eq!(installation.call(&reads, "DELETE", &path, Value::Null).await.status, 403);
    assert_eq!(installation.call(&admin, "DELETE", &path, Value::Null).await.status, 404, "there is none");
    let methods = format!("/api/v1/users/{}/methods", installation.noord.member);
    assert_eq!(
        installation.call(&reads, "GET", &methods, Value::Null).await.body["call_pin_set_at"],
        Value::Null
    );
}

/// Blocks and bypasses by the interface: their bounds, their scope, and what they do to a verification.
#[tokio::test]
async fn blocks_and_bypasses_by_the_interface() {
    let installation = Installation::new().await;
    let (tenant, member) = (installation.noord.tenant, installation.noord.member.clone());
    let of = |action: &str| format!("/api/v1/users/{member}/{action}");
    let admin = installation.key(tenant, &[Scope::Admin, Scope::Verify]).await;
    let support = installation.key(tenant, &[Scope::Support]).await;
    let asks = || json!({ "user": UPN });
    for (path, body, status) in [
        (of("block"), json!({ "reason": "x", "days": 0 }), 422),
        (of("block"), json!({ "reason": "x", "days": 3_651 }), 422),
        (of("block"), json!({ "reason": "x", "days": 1, "without_end": true }), 422),
        (of("block"), json!({ "days": 1 }), 400),
        (of("bypass"), json!({ "reason": "x", "seconds": 29 }), 422),
        (of("bypass"), json!({ "reason": "x", "seconds": 3_601 }), 422),
        (of("bypass"), json!({ "seconds": 60 }), 400),
    ] {
        assert_eq!(installation.call(&admin, "POST", &path, body.clone()).await.status, status, "{path} {body}");
    }
    let refused = installation.call(&support, "POST", &of("block"), json!({ "reason": "x" })).await;
    assert_eq!((refused.status, refused.code()), (403, ErrorCode::ScopeMissing.as_str()));

    let opened = installation.call(&admin, "POST", &of("bypass"), json!({ "reason": "phone at home" })).await;
    assert_eq!((opened.status, opened.body["reason"].as_str()), (201, Some("phone at home")), "{}", opened.body);
    let seen = installation.call(&support, "GET", &of("blocks"), Value::Null).await;
    assert_eq!(
        (seen.body["blocks"].clone(), seen.body["bypass"]["reason"].as_str()),
        (json!([]), Some("phone at home"))
    );
    let answer = installation.call(&admin, "POST", "/api/v1/verifications", asks()).await;
    assert_eq!(
        (answer.body["decision"].as_str(), answer.body["reason"].as_str()),
        (Some("allowed"), Some("bypassed")),
        "{}",
        answer.body
    );
    let gone = installation.call(&admin, "DELETE", &format!("{}?reason=x", of("bypass")), Value::Null).await;
    assert_eq!(gone.status, 409, "it is used up");
    installation.call(&admin, "POST", &of("bypass"), json!({ "reason": "again" })).await;
    let closed = installation.call(&admin, "DELETE", &format!("{}?reason=x", of("bypass")), Value::Null).await;
    assert_eq!(closed.status, 204);

    let blocked = installation
        .call(&admin, "POST", &of("block"), json!({ "reason": "stolen", "without_end": true }))
        .await;
    assert_eq!((blocked.status, blocked.body["blocked"].as_bool()), (200, Some(true)), "{}", blocked.body);
    let seen = installation.call(&support, "GET", &of("blocks"), Value::Null).await;
    let block = &seen.body["blocks"][0];
    assert_eq!(
        (block["cause"].as_str(), block["until"].clone(), block["holds"].as_bool()),
        (Some("admin"), Value::Null, Some(true))
    );
    let answer = installation
        .call(&admin, "POST", "/api/v1/verifications", json!({ "user": UPN, "code": "123456" }))
        .await;
    assert_eq!(
        (answer.body["decision"].as_str(), answer.body["reason"].as_str()),
        (Some("denied"), Some("blocked")),
        "{}",
        answer.body
    );
    let not_theirs = installation.call(&support, "POST", &of("unblock"), json!({ "reason": "x" })).await;
    assert_eq!((not_theirs.status, not_theirs.code()), (403, ErrorCode::Forbidden.as_str()));
    let lifted = installation.call(&admin, "POST", &of("unblock"), json!({ "reason": "found" })).await;
    assert_eq!((lifted.status, lifted.body["blocked"].as_bool()), (200, Some(false)), "{}", lifted.body);
    let foreign = &installation.zuid.member;
    for action in ["block", "bypass"] {
        let path = format!("/api/v1/users/{foreign}/{action}");
        assert_eq!(installation.call(&admin, "POST", &path, json!({ "reason": "x" })).await.status, 404, "{action}");
    }
}

/// Trusted networks and trust by the interface: every refusal names the value.
#[tokio::test]
async fn networks_and_trust_by_the_interface() {
    let installation = Installation::new().await;
    let admin = installation.key(installation.noord.tenant, &[Scope::Admin]).await;
    let read = installation.key(installation.noord.tenant, &[Scope::Read, Scope::Support, Scope::Pass]).await;
    let networks = "/api/v1/networks";
    assert_eq!(installation.call(&read, "GET", networks, Value::Null).await.status, 403);
    let refused = installation
        .call(&admin, "POST", networks, json!({ "name": "Office", "range": "10.0.0.1/8", "reason": "x" }))
        .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body["detail"].as_str().is_some_and(|told| told.contains("'10.0.0.1/8'")),
        "{}",
        refused.body
    );
    let no_reason = json!({ "name": "Office", "range": "10.0.0.0/8" });
    assert_eq!(installation.call(&admin, "POST", networks, no_reason).await.status, 400);
    let added = installation
        .call(&admin, "POST", networks, json!({ "name": "Office", "range": "2001:db8::/48", "reason": "x" }))
        .await;
    assert_eq!((added.status, added.body["range"].as_str()), (201, Some("2001:db8::/48")), "{}", added.body);
    let one = format!("{networks}/{}", added.body["id"].as_str().expect("an id"));
    let renamed = installation.call(&admin, "PATCH", &one, json!({ "name": "Head office", "reason": "x" })).await;
    assert_eq!(renamed.status, 204);
    let listed = installation.call(&admin, "GET", networks, Value::Null).await;
    assert_eq!(listed.body["items"][0]["name"].as_str(), Some("Head office"));
    let foreign = installation.key(installation.zuid.tenant, &[Scope::Admin]).await;
    assert_eq!(installation.call(&foreign, "DELETE", &format!("{one}?reason=x"), Value::Null).await.status, 404);
    assert_eq!(installation.call(&admin, "DELETE", &one, Value::Null).await.status, 400, "a reason is needed");
    assert_eq!(installation.call(&admin, "DELETE", &format!("{one}?reason=x"), Value::Null).await.status, 204);
    let desk = ["desk@noord.example"];
    let trust =
        |days: i64| json!({ "networks_skip": true, "remember_days": days, "fraud_blocks": true, "reports_to": desk, "self_bypass": true, "reason": "test" });
    let refused = installation.call(&admin, "PUT", "/api/v1/trust", trust(31)).await;
    assert!(
        refused.status == 422 && refused.body.to_string().contains("31 is not between 0 and 30"),
        "{}",
        refused.body
    );
    assert_eq!(installation.call(&admin, "PUT", "/api/v1/trust", trust(30)).await.status, 200);
    let seen = installation.call(&admin, "GET", "/api/v1/trust", Value::Null).await;
    let mut kept = trust(30);
    kept.as_object_mut().expect("an object").remove("reason");
    assert_eq!(seen.body, kept);
    let mut nobody = trust(30);
    nobody["reports_to"] = json!(["the desk"]);
    let refused = installation.call(&admin, "PUT", "/api/v1/trust", nobody).await;
    assert!(
        refused.status == 422 && refused.body.to_string().contains("'the desk' is not a mail address"),
        "{}",
        refused.body
    );
}
