//! The pages from outside, as a browser that is up to no good calls them: through the whole edge, against a real database. Abuse cases by their id.

mod alike;
mod fresh;
mod names;
mod pages;
mod tokens;
mod ways_back;

use std::net::SocketAddr;

use app::edge::{Body as Takes, Who};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use domain::actor::{Admin, Operator};
use domain::clock::Clock;
use domain::db::Db;
use domain::directory::{MemberPatch, MemberRef, NewMember, NewTenant};
use domain::methods::{OathSeed, pass::PassTerms};
use domain::rng::Rng;
use domain::vault::Vault;
use domain::verification::compare::OathGenerator;
use domain::{Domain, Node};
use jiff::SignedDuration;
use model::*;
use testkit::TestDatabase;
use tower::ServiceExt;

use crate::config::PublicUrl;
use crate::routes;
use crate::state::Service;
use crate::web::{Edge, assemble, sessions};

const PASSWORD: &str = "vier natte eenden";

struct Site {
    router: Router,
    domain: Domain,
    admin: Admin,
    _database: TestDatabase,
}

/// What came back: status, headers, and the cookie that is set, if one is.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn location(&self) -> &str {
        self.headers.get("location").and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The new session cookie, name and value.
    fn cookie(&self) -> Option<String> {
        let set = self
            .headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .find(|v| v.starts_with("__Host-sid="))?;
        assert!(
            set.contains("; HttpOnly") && set.contains("; Secure") && set.contains("; Path=/") && set.contains("; SameSite=Lax") && !set.contains("Domain"),
            "{set}"
        );
        Some(set.split(';').next().unwrap_or_default().to_owned())
    }
}

impl Site {
    async fn new() -> Self {
        Self::with(Profile::Standard).await
    }

    async fn with(profile: Profile) -> Self {
        let database = testkit::database().await;
        let db = Db::connect(&database.app_url, 8).await.expect("a connection");
        let start = "2026-11-17T09:41:00Z".parse().expect("a moment");
        let node = Node {
            name: "test".into(),
            address: None,
            host: String::from("localhost"),
            origin: String::from("http://localhost:3000"),
        };
        let domain = Domain::new(db, Vault::new(&[7; 32]), Clock::held(start), Rng::System, node);
        domain.directory().make_partitions(0).await.expect("partitions");
        let tenant = NewTenant {
            slug: Slug::parse("noord").expect("a short name"),
            name: CleanText::parse("Noord").expect("a name"),
            domains: vec![DomainName::parse("noord.example").expect("a domain")],
            profile,
            locale: "en",
        };
        let tenant = domain.directory().create_tenant(Operator::console(), tenant).await.expect("a tenant");
        let public_url = PublicUrl::parse("https://mfa.example").expect("a URL");
        let sessions = sessions(&domain, &public_url);
        let service = Service::new(
            domain.clone(),
            Default::default(),
            false,
            "https://mfa.example",
            crate::channels::settings::House::of(&PublicUrl::parse("https://mfa.example").expect("a URL")),
        );
        let router = assemble(routes::all(), service, Edge::new(public_url, Vec::new()), None, Some(sessions));
        Self {
            router,
            domain,
            admin: Admin::console(tenant),
            _database: database,
        }
    }

    /// A member with a password, and with an app if asked for: answers the seed.
    async fn member(&self, name: &str, roles: &[Role], app: bool) -> Vec<u8> {
        let upn = Upn::parse(&format!("{name}@noord.example")).expect("a name");
        let new = NewMember {
            upn: upn.clone(),
            given_name: None,
            family_name: None,
            mail: None,
            roles: roles.to_vec(),
        };
        let directory = self.domain.directory();
        directory.create_member(&self.admin, new).await.expect("a member");
        directory
            .set_password(&self.admin, &MemberRef::Upn(upn.clone()), PASSWORD)
            .await
            .expect("a password");
        if !app {
            return Vec::new();
        }
        let seed = OathSeed::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").expect("a seed");
        let methods = self.domain.methods();
        methods
            .add_totp(&self.admin, &MemberRef::Upn(upn), seed, OathParams::default(), true)
            .await
            .expect("an app");
        b"12345678901234567890".to_vec()
    }

    /// Gives a member a pass.
    async fn pass(&self, name: &str) -> String {
        let of = MemberRef::Upn(Upn::parse(&format!("{name}@noord.example")).expect("a name"));
        let given = self.domain.methods().give_pass(&self.admin, &of, PassTerms::default(), "test").await;
        given.expect("a pass").reveal()
    }

    /// Types a name and then something on the page for a pass; answers the cookie of the name and the answer.
    async fn with_pass(&self, upn: &str, pass: &str) -> (String, Answer) {
        let named = self
            .post("/sign-in", "", &format!("step=name&upn={}", upn.replace('@', "%40")))
            .await
            .cookie()
            .expect("a cookie after the name");
        let asked = self.get("/sign-in?show=pass", &named).await;
        assert!(asked.status == 200 && asked.body.contains("name=\"step\" value=\"pass\""), "{}", asked.body);
        let answer = self.post("/sign-in", &named, &format!("step=pass&code={pass}")).await;
        (named, answer)
    }

    fn code(&self, seed: &[u8]) -> String {
        OathGenerator::new(seed, OathParams::default())
            .code(self.domain.clock().now().as_second() / 30)
            .to_string()
    }

    async fn call(&self, method: &str, path: &str, cookie: &str, form: Option<&str>) -> Answer {
        self.send(method, path, cookie, form.map(|form| ("application/x-www-form-urlencoded", form)))
            .await
    }

    /// A call with a body of some type.
    async fn send(&self, method: &str, path: &str, cookie: &str, body: Option<(&str, &str)>) -> Answer {
        self.send_with(method, path, cookie, body, &[("host", "mfa.example")]).await
    }

    /// The same with headers of one's own, the host among them.
    async fn send_with(&self, method: &str, path: &str, cookie: &str, body: Option<(&str, &str)>, headers: &[(&str, &str)]) -> Answer {
        let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
        let mut request = Request::builder().method(method).uri(path).header("accept", "text/html");
        request = request.header("sec-fetch-site", "same-origin").extension(ConnectInfo(peer));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        let body = match body {
            Some((kind, body)) => {
                request = request.header("content-type", kind);
                Body::from(body.to_owned())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.call("GET", path, cookie, None).await
    }

    async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        self.call("POST", path, cookie, Some(form)).await
    }

    /// Goes on to where the password has been right; answers the cookie of each step.
    async fn up_to_second(&self, name: &str, planted: &str) -> (String, String) {
        let named = self
            .post("/sign-in", planted, &format!("step=name&upn={name}%40noord.example"))
            .await
            .cookie()
            .expect("a cookie after the name");
        let passed = self
            .post("/sign-in", &named, &format!("step=password&password={}", PASSWORD.replace(' ', "+")))
            .await;
        assert_eq!(passed.status, 303, "{}", passed.body);
        (named, passed.cookie().expect("a new cookie after the password"))
    }

    async fn sign_in(&self, name: &str, seed: &[u8]) -> String {
        let (_, passed) = self.up_to_second(name, "").await;
        let done = self.post("/sign-in", &passed, &format!("step=code&code={}", self.code(seed))).await;
        done.cookie().expect("a new cookie after the code")
    }

    /// True when a cookie opens the member's own page.
    async fn opens(&self, cookie: &str) -> bool {
        self.get("/security-info", cookie).await.status == 200
    }
}

/// D1, D2, bar 22: whatever cookie a browser comes with, every step gives a new id, and the old ones open nothing.
#[tokio::test]
async fn d1_d2_every_step_has_a_new_session_id_and_the_old_ones_die() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    for planted in [
        "",
        "__Host-sid=AAAAAAAAAAAAAAAAAAAAAA",
        "__Host-sid=x; __Host-sid=y",
        "sid=AAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let (named, passed) = site.up_to_second("ann", planted).await;
        let done = site.post("/sign-in", &passed, &format!("step=code&code={}", site.code(&seed))).await;
        let full = done.cookie().expect("a new cookie after the code");
        assert!(!planted.contains(&named) && named != passed && passed != full && named != full);
        assert!(site.opens(&full).await);
        for old in [planted, &named, &passed] {
            assert!(!site.opens(old).await, "{old}");
        }
        site.domain.clock().advance(SignedDuration::from_secs(60));
    }
}

/// D3: a request beside a sign-out cannot bring the session back.
#[tokio::test(flavor = "multi_thread")]
async fn d3_a_session_that_was_ended_stays_ended() {
    let site = Site::new().await;
    site.member("ann", &[], false).await;
    let (_, full) = site.up_to_second("ann", "").await;
    assert!(site.opens(&full).await);
    let (out, _, _, _) = tokio::join!(
        site.post("/sign-out", &full, ""),
        site.get("/security-info", &full),
        site.get("/activity", &full),
        site.post("/sign-in", &full, "step=restart"),
    );
    assert_eq!(out.status, 303);
    assert!(out.headers.contains_key("clear-site-data"));
    assert!(!site.opens(&full).await);
    assert_eq!(site.get("/security-info", &full).await.location(), "/sign-in?back=%2Fsecurity-info");
}

/// B1, bar 10: after each partial state every page that is not the next step sends back to signing in.
#[tokio::test]
async fn b1_a_half_finished_sign_in_opens_nothing() {
    let site = Site::new().await;
    site.member("ann", &[Role::GlobalAdmin], true).await;
    site.member("bob", &[], false).await;
    let bob = MemberRef::Upn(Upn::parse("bob@noord.example").expect("a name"));
    site.domain
        .directory()
        .set_mfa_state(&site.admin, &bob, MfaState::Enabled, false, None)
        .await
        .expect("enabled");
    let (named, second) = site.up_to_second("ann", "").await;
    let named = site
        .post("/sign-in", &named, "step=name&upn=ann%40noord.example")
        .await
        .cookie()
        .unwrap_or(named);
    let (_, register) = site.up_to_second("bob", "").await;
    let (_, entries) = routes::all().into_parts();
    let mut tried = 0;
    for entry in entries
        .iter()
        .filter(|e| matches!(e.who, Who::Member | Who::Admin | Who::Support | Who::Operator))
    {
        let path = filled(entry.path);
        for cookie in [&named, &second, &register] {
            let body = match entry.body {
                Takes::None => None,
                Takes::Upload => Some(("multipart/form-data; boundary=x", "--x--\r\n")),
                _ => Some(("application/x-www-form-urlencoded", "step=x")),
            };
            let answer = site.send(entry.method.as_str(), &path, cookie, body).await;
            assert_eq!(
                (answer.status, answer.location().starts_with("/sign-in")),
                (303, true),
                "{} {path}",
                entry.method
            );
            tried += 1;
        }
    }
    assert!(tried >= 9, "{tried} calls");
    // Signing in opens no wizard, and the wizard no second step.
    assert_eq!(site.get("/register", &second).await.location(), "/sign-in");
    assert_eq!(site.get("/sign-in", &register).await.location(), "/register");
}

/// B14: whoever has only said a name ties nothing to it, neither a passkey nor a phone nor an app; and no account is found by a mail address, one's own or
/// that of another, whatever an outside identity would call itself.
#[tokio::test]
async fn b14_a_name_alone_ties_nothing_to_an_account_and_no_mail_address_finds_one() {
    let site = Site::new().await;
    let directory = site.domain.directory();
    site.member("ann", &[], false).await;
    site.member("bob", &[], false).await;
    let named_ann = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    for (name, mail) in [("bob", "ann@noord.example"), ("ann", "ann@thuis.example")] {
        let of = MemberRef::Upn(Upn::parse(&format!("{name}@noord.example")).expect("a name"));
        let patch = MemberPatch {
            mail: Some(Some(Upn::parse(mail).expect("an address"))),
            ..MemberPatch::default()
        };
        directory.change_member(&site.admin, &of, patch, Some("test")).await.expect("changed");
    }
    directory
        .set_mfa_state(&site.admin, &named_ann, MfaState::Enabled, true, None)
        .await
        .expect("enabled");
    let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
    for (path, form) in [
        ("/register", "step=test&code=123456&device=x"),
        ("/register", "step=choose&kind=passkey"),
        ("/register", "step=send&kind=sms&address=%2B31612345678"),
        ("/register", "step=token&serial=ZS-1&code=123456"),
        ("/register", "step=skip"),
        ("/register/passkey/options", ""),
        ("/security-info/add/passkey", "step=x"),
        ("/security-info/add/phone", "step=send&address=%2B31612345678"),
    ] {
        let mut answer = site.call("POST", path, &named, (!path.ends_with("options")).then_some(form)).await;
        // A choice leads to the page of what was chosen, which asks who one is.
        if answer.location().starts_with("/register?show=") {
            answer = site.get(answer.location(), &named).await;
        }
        let refused = answer.status >= 400 || answer.status == 303 && answer.location().starts_with("/sign-in");
        assert!(refused, "{path} {form}: {} {}", answer.status, answer.location());
    }
    let held = site.domain.methods().of(&site.admin, &named_ann).await.expect("security info");
    assert!(held.methods.is_empty(), "{:?}", held.methods);
    // Bob's password under Ann's name, which is his mail address; and Ann's own under her private address.
    directory
        .set_password(&site.admin, &named_ann, "zeven groene kikkers")
        .await
        .expect("a password of her own");
    for (name, password) in [("ann%40noord.example", "vier+natte+eenden"), ("ann%40thuis.example", "zeven+groene+kikkers")] {
        let cookie = site.post("/sign-in", "", &format!("step=name&upn={name}")).await.cookie().expect("a cookie");
        let answer = site.post("/sign-in", &cookie, &format!("step=password&password={password}")).await;
        assert_eq!(answer.status, ErrorCode::WrongPassword.status(), "{name}");
    }
}

/// B10: in the middle of signing in nobody can register a method where one exists already.
#[tokio::test]
async fn b10_a_password_alone_registers_nothing_beside_an_existing_method() {
    let site = Site::new().await;
    site.member("ann", &[], true).await;
    let (_, second) = site.up_to_second("ann", "").await;
    for (method, path, form) in [
        ("GET", "/register", None),
        ("POST", "/register", Some("step=test&code=123456&device=x")),
        ("POST", "/register", Some("step=skip")),
    ] {
        let answer = site.call(method, path, &second, form).await;
        assert!(
            answer.status == 303 && answer.location() == "/sign-in" || answer.status >= 400,
            "{method} {form:?}: {}",
            answer.status
        );
    }
    let info = site
        .domain
        .methods()
        .of(&site.admin, &MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name")))
        .await
        .expect("info");
    assert_eq!(info.methods.len(), 1);
}

/// B11, bar 9: a change of methods asks for a second factor of the last ten minutes.
#[tokio::test]
async fn b11_changes_need_a_fresh_second_factor() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let cookie = site.sign_in("ann", &seed).await;
    let info = site
        .domain
        .methods()
        .of(&site.admin, &MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name")))
        .await
        .expect("info");
    let id = info.methods[0].id;
    let changes = [
        format!("step=rename&method={id}&name=Phone"),
        format!("step=first&method={id}"),
        "step=renew".to_owned(),
        format!("step=remove&method={id}"),
    ];
    site.domain.clock().advance(SignedDuration::from_secs(601));
    for change in &changes {
        let answer = site.post("/security-info", &cookie, change).await;
        assert!(
            answer.status == 303 && answer.location().starts_with("/security-info?confirm="),
            "{change}: {} {}",
            answer.status,
            answer.location()
        );
    }
    assert_eq!(site.get("/register", &cookie).await.location(), "/security-info?confirm=/register");
    // After a fresh code the same change goes through, under a new session id.
    let asked = site.get("/security-info?confirm=%2Fsecurity-info", &cookie).await;
    let handle = asked
        .body
        .split("name=\"method\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a handle")
        .to_owned();
    let fresh = site
        .post(
            "/security-info",
            &cookie,
            &format!(
                "step=confirm&method={}&code={}",
                handle.replace('~', "%7E").replace('/', "%2F"),
                site.code(&seed)
            ),
        )
        .await;
    let fresh_cookie = fresh.cookie().expect("a new cookie after the fresh code");
    assert_ne!(fresh_cookie, cookie);
    assert!(!site.opens(&cookie).await);
    let renamed = site.post("/security-info", &fresh_cookie, &changes[0]).await;
    assert!(renamed.location().contains("done=renamed"), "{} {}", renamed.status, renamed.location());
}

/// A11: when the last try locks or spends the attempt, the browser session that carried it is gone.
#[tokio::test]
async fn a11_a_refused_sign_in_leaves_no_session_behind() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let (_, second) = site.up_to_second("ann", "").await;
    for n in 1..=3 {
        let answer = site.post("/sign-in", &second, "step=code&code=000000").await;
        assert_eq!(answer.status, 401, "try {n}");
    }
    let after = site.post("/sign-in", &second, &format!("step=code&code={}", site.code(&seed))).await;
    assert_eq!(after.status, ErrorCode::SignInExpired.status());
    assert!(after.cookie().is_none() && !site.opens(&second).await);
}

/// A12: other methods than those registered are refused and nothing is compared.
#[tokio::test]
async fn a12_other_methods_are_405() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let (_, second) = site.up_to_second("ann", "").await;
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "FOO", "TRACE"] {
        let answer = site
            .call(method, "/sign-in", &second, Some(&format!("step=code&code={}", site.code(&seed))))
            .await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.cookie().is_none());
    }
    let got = site.get(&format!("/sign-in?step=code&code={}", site.code(&seed)), &second).await;
    assert!(got.status == 200 && got.cookie().is_none(), "a GET changes nothing");
}

/// B2: empty, repeated, reordered and unknown steps make no progress.
#[tokio::test]
async fn b2_steps_out_of_order_make_no_progress() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let code = site.code(&seed);
    let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
    for form in [
        String::new(),
        "step=".into(),
        "step=code".into(),
        format!("step=code&code={code}"),
        "step=done".into(),
        "step=password".into(),
    ] {
        let answer = site.post("/sign-in", &named, &form).await;
        let cookie = answer.cookie().unwrap_or_else(|| named.clone());
        assert!(!site.opens(&cookie).await && !answer.location().starts_with("/security-info"), "{form}");
    }
    let (_, second) = site.up_to_second("ann", "").await;
    for form in [
        "step=code",
        "step=code&code=",
        "step=code&code=%00",
        "step=password&password=vier+natte+eenden",
        "step=name&upn=",
        "step=skip",
    ] {
        let answer = site.post("/sign-in", &second, form).await;
        assert!(!site.opens(&answer.cookie().unwrap_or_else(|| second.clone())).await, "{form}");
    }
}

/// D7: no page can be framed, whatever its status.
#[tokio::test]
async fn d7_no_page_can_be_framed() {
    let site = Site::new().await;
    let (_, entries) = routes::all().into_parts();
    for entry in entries.iter().filter(|entry| entry.method == "GET") {
        let path = filled(entry.path);
        let answer = site.get(&path, "").await;
        let header = |name: &str| answer.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        assert_eq!(header("x-frame-options"), "DENY", "{path} {}", answer.status);
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(header("cache-control").contains("no-store"), "{path}");
    }
}

/// F13, bar 14: a wrong password for a name that exists, one that does not, and one of no tenant: the same page, and the same number of hashes.
#[tokio::test]
async fn f13_wrong_passwords_look_and_cost_the_same() {
    let site = Site::new().await;
    site.member("ann", &[], true).await;
    let mut seen = Vec::new();
    for name in ["ann%40noord.example", "bea%40noord.example", "ann%40nowhere.example"] {
        let named = site.post("/sign-in", "", &format!("step=name&upn={name}")).await;
        let before = site.domain.password_hashes();
        let answer = site
            .post("/sign-in", &named.cookie().expect("a cookie"), "step=password&password=something+else")
            .await;
        let hashes = site.domain.password_hashes() - before;
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        let mut body = without_nonces(&answer.body).replace(&name.replace("%40", "@"), "NAME");
        // Session and request ids differ by nature.
        for id in ids(&body) {
            body = body.replace(&id, "ID");
        }
        seen.push((answer.status, hashes, names, body));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[0].1, 1);
}

/// F13: a request to the desk for a name that exists, one that does not, and one of no organisation: the same answer. And what was written comes back where
/// it cannot be sent.
#[tokio::test]
async fn f13_requests_for_help_look_the_same() {
    let site = Site::new().await;
    site.member("ann", &[], true).await;
    let mut seen = Vec::new();
    for name in ["ann%40noord.example", "bea%40noord.example", "ann%40nowhere.example"] {
        let sent = site
            .post("/help/request", "", &format!("step=send&page=%2Fsign-in&code=TS-2001&upn={name}&words=help"))
            .await;
        let session = sent.location().strip_prefix("/help/request?sent=").expect("a session id").to_owned();
        assert!(session.parse::<SessionId>().is_ok(), "{session}");
        let names: Vec<String> = sent.headers.keys().map(ToString::to_string).collect();
        // The same in the middle of signing in, where the name has been typed before.
        let named = site.post("/sign-in", "", &format!("step=name&upn={name}")).await;
        let cookie = named.cookie().expect("a cookie");
        let asked = site.get("/help/request?page=/sign-in&code=TS-2001", &cookie).await;
        let mut body = without_nonces(&asked.body).replace(&name.replace("%40", "@"), "NAME");
        let shown = ids(&body);
        assert!(!shown.is_empty(), "a session id stands there");
        for id in shown {
            body = body.replace(&id, "ID");
        }
        let there = site.post("/help/request", &cookie, "step=send&page=%2Fsign-in&words=help").await;
        assert!(there.location().starts_with("/help/request?sent="), "{}", there.location());
        seen.push((sent.status, names, asked.status, body, there.status));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let long = "x".repeat(2_001);
    for (fields, said) in [
        (format!("upn=ann%40noord.example&words={long}"), "2001 characters"),
        (String::from("upn=ann%40noord.example&words="), "in a few words"),
        (String::from("upn=ann%40noord.example&words=a%E2%80%AEb"), "can’t be sent"),
        (String::from("upn=ann&words=keep+me"), "keep me"),
    ] {
        let refused = site.post("/help/request", "", &format!("step=send&page=%2Flost&{fields}")).await;
        assert_eq!(refused.status, 422, "{fields}");
        assert!(refused.body.contains(said) && refused.body.contains("value=\"/lost\""), "{said}");
    }
    // Neither a token in the page's address nor a page of elsewhere goes along.
    let asked = site
        .get("/help/request?page=https%3A%2F%2Fevil.example%2F%3Cb%3E&code=nonsense&session=nonsense", "")
        .await;
    assert!(asked.status == 200 && asked.body.contains("name=\"page\" value=\"/\""), "{}", asked.body);
}

/// An address with something plausible in each of its places.
fn filled(path: &str) -> String {
    let nobody = "00000000-0000-7000-8000-000000000000";
    let session = SessionId::from_bits(1).to_string();
    path.replace("{tenant}", "noord")
        .replace("{session_id}", &session)
        .replace("{token}", "x")
        .replace("{id}", nobody)
        .replace("{attempt}", nobody)
        .replace("{kind}", "totp")
        .replace("{code}", "TS-2106")
        .replace("{number}", "T-4821-7735")
        .replace(['{', '}'], "")
}

/// Every text of the form `7K2M-9QXD-3F`.
fn ids(body: &str) -> Vec<String> {
    body.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'))
        .filter(|part| part.parse::<SessionId>().is_ok())
        .map(str::to_owned)
        .collect()
}

/// A pass in place of the password opens once, under a new session id; the second time it says that it does not work any more.
#[tokio::test]
async fn a_pass_opens_the_pages_once() {
    let site = Site::new().await;
    site.member("ann", &[], true).await;
    let pass = site.pass("ann").await;
    let (named, opened) = site.with_pass("ann@noord.example", &pass.to_lowercase()).await;
    assert_eq!((opened.status, opened.location()), (303, "/"), "{}", opened.body);
    let cookie = opened.cookie().expect("a new cookie");
    assert!(cookie != named && site.opens(&cookie).await && !site.opens(&named).await);
    let (_, again) = site.with_pass("ann@noord.example", &pass).await;
    assert_eq!(again.status, ErrorCode::PassUnusable.status());
    assert!(again.body.contains("This pass doesn’t work now"), "{}", again.body);
    assert!(!again.body.contains(&pass), "what was typed does not come back");
    let (_, no_pass) = site.with_pass("ann@noord.example", "1234").await;
    assert!(no_pass.status == 422 && no_pass.body.contains("8 to 48 letters and digits"));
}

/// A wrong pass, a member without one, a name nobody has and a name of no organisation: the same page, letter by letter but for name and session id.
#[tokio::test]
async fn f13_wrong_passes_look_the_same() {
    let site = Site::new().await;
    site.member("ann", &[], true).await;
    site.member("bob", &[], true).await;
    site.pass("ann").await;
    let mut pages = Vec::new();
    for upn in ["ann@noord.example", "bob@noord.example", "eva@noord.example", "ann@nobody.example"] {
        let asked = site
            .post("/sign-in", "", &format!("step=name&upn={}", upn.replace('@', "%40")))
            .await
            .cookie()
            .expect("a cookie");
        assert!(site.get("/sign-in", &asked).await.body.contains("/sign-in?show=pass"), "offered to every name");
        let (_, answer) = site.with_pass(upn, "WRNG-PASS-WRNG").await;
        let session = answer
            .body
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .find(|word| word.parse::<SessionId>().is_ok());
        let plain = answer.body.replace(upn, "NAME").replace(session.expect("a session id"), "ID");
        pages.push((answer.status, without_nonces(&plain)));
    }
    for other in &pages[1..] {
        assert_eq!(pages[0], *other);
    }
}

fn without_nonces(page: &str) -> String {
    let mut parts = page.split("nonce=\"");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('"').map_or("", |(_, rest)| rest));
    }
    plain
}

/// B13: in the strict profile the password alone does not get to the wizard, a pass does, and the wizard goes through.
#[tokio::test]
async fn b13_strict_lets_a_pass_into_the_wizard_and_no_password() {
    let site = Site::with(Profile::Strict).await;
    site.member("ann", &[], false).await;
    let of = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    let directory = site.domain.directory();
    directory.set_mfa_state(&site.admin, &of, MfaState::Enabled, true, None).await.expect("a state");
    let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
    let refused = site
        .post("/sign-in", &named, &format!("step=password&password={}", PASSWORD.replace(' ', "+")))
        .await;
    assert_eq!(refused.status, ErrorCode::RegistrationRefused.status());
    let pass = site.pass("ann").await;
    let (_, passed) = site.with_pass("ann@noord.example", &pass).await;
    assert_eq!((passed.status, passed.location()), (303, "/register"), "{}", passed.body);
    let cookie = passed.cookie().expect("a cookie");
    assert!(!site.opens(&cookie).await, "nothing but the wizard");
    let wizard = site.get("/register", &cookie).await;
    assert_eq!(wizard.status, 200);
    let secret = wizard
        .body
        .split("secret=")
        .nth(1)
        .and_then(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next())
        .expect("a seed");
    let seed = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("Base32");
    let done = site
        .post("/register", &cookie, &format!("step=test&device=phone&code={}", site.code(&seed)))
        .await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(site.opens(&done.cookie().expect("a new cookie")).await);
}

/// A blocked member learns why after the password, and a stranger who guesses learns nothing.
#[tokio::test]
async fn a_block_is_told_after_the_password_alone() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let session = site.sign_in("ann", &seed).await;
    assert!(site.opens(&session).await);
    let of = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    let term = domain::directory::block::BlockTerm::default();
    site.domain.directory().block(&site.admin, &of, term, "secret reason").await.expect("blocked");
    assert!(!site.opens(&session).await, "the session has ended");
    let password = async |typed: &str| {
        let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
        let form = format!("step=password&password={}", typed.replace(' ', "+"));
        site.post("/sign-in", &named, &form).await
    };
    let wrong = password("drie droge eenden").await;
    assert_eq!(wrong.status, ErrorCode::WrongPassword.status());
    assert!(!wrong.body.to_lowercase().contains("blocked"), "{}", wrong.body);
    let right = password(PASSWORD).await;
    assert_eq!(right.status, ErrorCode::Blocked.status());
    assert!(
        right.body.contains("This account is blocked") && right.body.contains("15 Feb"),
        "{}",
        right.body
    );
    assert!(!right.body.contains("secret reason"), "what the admin wrote is for admins");
}

/// Whoever is let in by a bypass opens neither the console nor a change: no factor was shown.
#[tokio::test]
async fn a_bypass_opens_no_console() {
    let site = Site::new().await;
    site.member("ann", &[Role::AuthAdmin], true).await;
    let of = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    site.domain.directory().open_bypass(&site.admin, &of, 300, "test").await.expect("a bypass");
    let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
    let form = format!("step=password&password={}", PASSWORD.replace(' ', "+"));
    let session = site.post("/sign-in", &named, &form).await.cookie().expect("a session");
    assert_eq!(site.get("/security-info", &session).await.status, 200);
    assert_eq!(site.get("/admin/noord/users", &session).await.status, 404);
    let add = site.get("/security-info/add/token", &session).await;
    assert_ne!(add.status, 200, "a change asks for a factor first: {}", add.status);
}

/// D4, bar 26: the cookie of a remembered browser is set only where it was asked for and allowed, is of this host alone, and opens nothing by itself.
#[tokio::test]
async fn d4_a_remembered_browser_is_a_cookie_and_no_session() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let device = |answer: &Answer| {
        let set = answer.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
        set.map(str::to_owned).find(|v| v.starts_with("__Host-dev="))
    };
    let remembers = async || {
        site.domain.clock().advance(jiff::SignedDuration::from_secs(30));
        let (_, passed) = site.up_to_second("ann", "").await;
        let form = format!("step=code&remember=yes&code={}", site.code(&seed));
        let asked = site.get("/sign-in", &passed).await;
        (asked, site.post("/sign-in", &passed, &form).await)
    };
    let (asked, done) = remembers().await;
    assert!(
        !asked.body.contains("name=\"remember\"") && done.status == 303 && device(&done).is_none(),
        "off at birth"
    );
    let trust = model::Trust {
        remember_days: 14,
        ..model::Trust::default()
    };
    site.domain.directory().set_trust(&site.admin, trust, "test").await.expect("published");
    let (asked, done) = remembers().await;
    assert!(asked.body.contains("name=\"remember\"") && asked.body.contains("14 days"), "{}", asked.body);
    let set = device(&done).expect("a cookie");
    for part in ["; Path=/", "; Max-Age=1209600", "; HttpOnly", "; Secure", "; SameSite=Lax"] {
        assert!(set.contains(part) && !set.contains("Domain"), "{set}");
    }
    let cookie = set.split(';').next().expect("a value").to_owned();
    assert!(!site.opens(&cookie).await, "by itself it opens nothing");
    let named = site
        .post("/sign-in", &cookie, "step=name&upn=ann%40noord.example")
        .await
        .cookie()
        .expect("a cookie");
    let form = format!("step=password&password={}", PASSWORD.replace(' ', "+"));
    let opened = site.post("/sign-in", &format!("{named}; {cookie}"), &form).await;
    assert_eq!((opened.status, opened.location()), (303, "/"), "{}", opened.body);
    let session = opened.cookie().expect("a session");
    let own = site.get("/security-info", &format!("{session}; {cookie}")).await;
    assert!(
        own.body.contains("Browsers that skip the second step") && own.body.contains("name=\"browser\""),
        "{}",
        own.body
    );
    assert_ne!(
        site.get("/security-info/add/hardware-token", &session).await.status,
        200,
        "a change asks for a factor"
    );
    let of = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    site.domain.directory().grant_role(&site.admin, &of, Role::AuthAdmin).await.expect("granted");
    assert_eq!(site.get("/admin/noord/users", &session).await.status, 404, "no console by a cookie");
}

impl Site {
    /// Lets everybody set a new password without help, by so many proofs.
    async fn offers_resets(&self, gates: u8) {
        let directory = self.domain.directory();
        let (_, mut policy) = directory.policy(&self.admin).await.expect("a policy");
        policy.reset.scope = ResetScope::Everybody;
        policy.reset.gates = gates;
        directory.publish_policy(&self.admin, policy).await.expect("published");
    }
}

/// Bar 14: at every step of a reset a name that exists and one that does not answer alike: status, headers, page, number of hashes.
#[tokio::test]
async fn bar14_a_reset_tells_no_name_from_another() {
    let site = Site::new().await;
    site.offers_resets(2).await;
    site.member("ann", &[], true).await;
    site.member("bea", &[Role::GlobalAdmin], false).await;
    let mut seen = Vec::new();
    for name in ["ann@noord.example", "bea@noord.example", "eva@noord.example"] {
        let before = site.domain.password_hashes();
        let began = site.post("/reset", "", &format!("step=name&upn={}", name.replace('@', "%40"))).await;
        let cookie = began.cookie().expect("a cookie");
        let mut answers = vec![began, site.get("/reset", &cookie).await];
        for form in [
            "step=way&method=totp",
            "step=code&code=000000",
            "step=code&code=12",
            "step=code&code=000001",
            "step=code&code=000002",
        ] {
            answers.push(site.post("/reset", &cookie, form).await);
            answers.push(site.get("/reset", &cookie).await);
        }
        let plain = answers.into_iter().map(|answer| {
            let mut body = without_nonces(&answer.body).replace(name, "NAME");
            for id in ids(&body) {
                body = body.replace(&id, "ID");
            }
            let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            headers.push(answer.location().to_owned());
            (answer.status, headers, body.len(), body)
        });
        seen.push((plain.collect::<Vec<_>>(), site.domain.password_hashes() - before));
    }
    for other in &seen[1..] {
        for (mine, theirs) in seen[0].0.iter().zip(&other.0) {
            assert_eq!(mine, theirs);
        }
        assert_eq!(seen[0].1, other.1);
    }
    assert!(
        seen[0].0.iter().any(|(status, ..)| *status == ErrorCode::TooManyCodes.status()),
        "it came to an end"
    );
}

/// C6, C7: the cookie of a reset opens nothing but its own next step, and what one browser has shown is of no use in another.
#[tokio::test]
async fn c7_a_reset_opens_nothing_but_its_next_step() {
    let site = Site::new().await;
    site.offers_resets(1).await;
    let seed = site.member("ann", &[], true).await;
    let began = site.post("/reset", "", "step=name&upn=ann%40noord.example").await;
    let cookie = began.cookie().expect("a cookie");
    site.post("/reset", &cookie, "step=way&method=totp").await;
    let code = format!("step=code&code={}", site.code(&seed));
    for (path, form) in [
        ("/sign-in", code.as_str()),
        ("/register", "step=begin"),
        ("/sign-in", "step=password&password=vier+natte+eenden"),
    ] {
        let answer = site.post(path, &cookie, form).await;
        assert!(
            answer.status == 303 && answer.location() == "/sign-in" || answer.status >= 400,
            "{path} {form}: {}",
            answer.status
        );
    }
    // Those ended the cookie; another browser begins anew, and nobody else goes on for it.
    let cookie = site.post("/reset", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
    site.post("/reset", &cookie, "step=way&method=totp").await;
    let elsewhere = site.post("/reset", "", &code).await;
    assert_eq!((elsewhere.status, elsewhere.location()), (303, "/reset"));
    let shown = site.post("/reset", &cookie, &code).await;
    assert!(
        shown.status == 303 && shown.location().starts_with("/reset/"),
        "{} {}",
        shown.status,
        shown.location()
    );
    let right = shown.location().to_owned();
    assert!(!site.opens(&cookie).await, "it is no session");
    let again = site.post("/reset", &cookie, &code).await;
    assert!(again.location() == "/reset" || again.status >= 400, "the answer is spent");
    let page = site.get(&right, "").await;
    assert_eq!(page.status, 200);
    assert!(
        page.headers
            .get("cache-control")
            .is_some_and(|v| v.to_str().is_ok_and(|v| v.contains("no-store")))
    );
    assert!(page.headers.get("referrer-policy").is_some_and(|v| v == "no-referrer"), "{:?}", page.headers);
    let weak = site.post(&right, "", "password=Welkom2026%21").await;
    assert_eq!(weak.status, ErrorCode::PasswordCommon.status());
    let set = site.post(&right, "", "password=zeven+groene+kikkers").await;
    assert_eq!((set.status, set.location()), (303, "/reset?done=set"));
    assert!(set.cookie().is_none(), "nobody is signed in by it");
    let late = site.post(&right, "", "password=zeven+groene+eenden").await;
    assert_eq!(late.status, ErrorCode::ResetLinkUsed.status());
    assert!(
        !site.get(&format!("{right}x"), "").await.body.contains("name=\"password\""),
        "no form for what is no right"
    );
}

/// A PIN for calls is chosen on its page: with a fresh second step, twice the same, no weak one, and never shown again.
#[tokio::test]
async fn a_pin_for_calls_is_chosen_on_its_page() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let session = site.sign_in("ann", &seed).await;
    let path = "/security-info/call-pin";
    assert_eq!(site.get(path, &session).await.status, 403, "nobody asks for one");
    let rules = CallRules {
        pin: true,
        ..CallRules::default()
    };
    site.domain.methods().set_call_rules(&site.admin, rules, "test").await.expect("published");
    let form = site.get(path, &session).await;
    assert!(form.status == 200 && form.body.contains("inputmode=\"numeric\""), "{}", form.body);
    for (typed, told) in [
        ("pin=1234&again=1234", "count up or down"),
        ("pin=7777&again=7777", "One digit over and over"),
        ("pin=482&again=482", "at least 4 digits"),
        ("pin=48a1&again=48a1", "digits only"),
        ("pin=48213456789&again=48213456789", "at most 10 digits"),
        ("pin=4821&again=4812", "not the PIN above"),
        ("", "Type a PIN"),
    ] {
        let refused = site.post(path, &session, typed).await;
        assert!(
            refused.status == 422 && refused.body.contains(told),
            "{typed}: {} {}",
            refused.status,
            refused.body
        );
        assert!(!refused.body.contains("4821") && !refused.body.contains("4812"), "{typed}: shown again");
    }
    let saved = site.post(path, &session, "pin=4821&again=48+21").await;
    assert_eq!((saved.status, saved.location()), (303, "/security-info?done=pin"), "{}", saved.body);
    let own = site.get("/security-info", &session).await;
    assert!(own.body.contains("PIN for calls") && !own.body.contains("4821"), "{}", own.body);
    site.domain.clock().advance(jiff::SignedDuration::from_mins(11));
    let stale = site.post(path, &session, "pin=9057&again=9057").await;
    assert_eq!((stale.status, stale.location()), (303, "/security-info?confirm=%2Fsecurity-info%2Fcall-pin"));
}

/// A member skips the second step once by himself, where the organisation allows it and right after a second step.
#[tokio::test]
async fn a_member_opens_a_bypass_for_himself_on_the_page() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let session = site.sign_in("ann", &seed).await;
    let (page, ask, reason) = ("/security-info", "/security-info?bypass=1", "step=bypass&reason=The+key+stays+here");
    assert_eq!(site.get(ask, &session).await.status, 403, "off at birth");
    assert_eq!(site.post(page, &session, reason).await.status, 403);
    let trust = model::Trust {
        self_bypass: true,
        ..model::Trust::default()
    };
    site.domain.directory().set_trust(&site.admin, trust, "test").await.expect("published");
    assert!(site.get(page, &session).await.body.contains("Skip the second step once"));
    assert_eq!(site.get(ask, &session).await.status, 200);
    let empty = site.post(page, &session, "step=bypass&reason=").await;
    assert!(empty.status == 422 && empty.body.contains("Say in a few words why"), "{}", empty.body);
    let opened = site.post(page, &session, reason).await;
    assert_eq!((opened.status, opened.location()), (303, page), "{}", opened.body);
    let shown = site.get(page, &session).await.body;
    assert!(shown.contains("needs no second step") && shown.contains("The key stays here"), "{shown}");
    // The next sign-in needs the password alone, the one after that both.
    let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
    let form = format!("step=password&password={}", PASSWORD.replace(' ', "+"));
    let through = site.post("/sign-in", &named, &form).await;
    assert_eq!((through.status, through.location()), (303, "/"), "{}", through.body);
    let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
    assert_eq!(site.post("/sign-in", &named, &form).await.location(), "/sign-in");
    // Ended by hand, it is gone; a second click is told the same.
    assert_eq!(site.post(page, &session, reason).await.status, 303);
    for _ in 0..2 {
        let ended = site.post(page, &session, "step=bypass-end").await;
        assert_eq!(ended.location(), "/security-info?done=bypass-ended");
    }
    site.domain.clock().advance(jiff::SignedDuration::from_mins(11));
    let stale = site.post(page, &session, reason).await;
    assert_eq!(stale.location(), "/security-info?confirm=%2Fsecurity-info%3Fbypass%3D1");
}
