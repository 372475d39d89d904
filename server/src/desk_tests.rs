//! The journal and the support desk from outside: through the whole edge, against a real database. Who may see what, and that a session id of another
//! organisation is nothing here.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use domain::actor::{Admin, Client, Operator, Scope};
use domain::clock::Clock;
use domain::db::Db;
use domain::directory::{MemberRef, NewMember, NewTenant};
use domain::journal::{AuditQuery, Event};
use domain::rng::Rng;
use domain::sign_in::{NewSession, SessionNote, SessionStage};
use domain::vault::Vault;
use domain::verification::Request as Verification;
use domain::{Domain, Node};
use model::{CleanText, DomainName, MemberId, OfferedCode, Path, Profile, Role, SessionId, Slug, TenantId, Upn};
use testkit::TestDatabase;
use tower::ServiceExt;
use tower_sessions::session::Id;

use crate::config::PublicUrl;
use crate::routes;
use crate::state::Service;
use crate::web::{Edge, assemble, sessions};

struct Installation {
    router: Router,
    domain: Domain,
    noord: Organisation,
    zuid: Organisation,
    _database: TestDatabase,
}

struct Organisation {
    slug: &'static str,
    tenant: TenantId,
    /// A wrong code of somebody.
    case: SessionId,
    victim: MemberId,
}

struct Page {
    status: u16,
    location: String,
    kind: String,
    body: String,
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
        let domain = Domain::new(db, Vault::new(&[7; 32]), Clock::system(), Rng::System, node);
        domain.directory().make_partitions(1).await.expect("partitions");
        let (noord, zuid) = (organisation(&domain, "noord").await, organisation(&domain, "zuid").await);
        let url = PublicUrl::parse("https://mfa.example").expect("a URL");
        let layer = sessions(&domain, &url);
        let edge = Edge::new(url, Vec::new());
        let router = assemble(
            routes::all(),
            Service::new(
                domain.clone(),
                Default::default(),
                false,
                "https://mfa.example",
                crate::channels::settings::House::of(&PublicUrl::parse("https://mfa.example").expect("a URL")),
            ),
            edge,
            None,
            Some(layer),
        );
        Self {
            router,
            domain,
            noord,
            zuid,
            _database: database,
        }
    }

    /// A member of noord with a role and a session; the cookie.
    async fn somebody(&self, name: &str, roles: &[Role], level: u8) -> String {
        let member = member(&self.domain, &self.noord, name, roles).await;
        let id = Id::default();
        let now = self.domain.clock().now();
        let session = NewSession {
            tenant: Some(self.noord.tenant),
            member: Some(member),
            attempt: None,
            stage: SessionStage::Full,
            level,
            epoch: 0,
            auth_at: Some(now),
            factor_at: (level == 2).then_some(now),
            factor: None,
            admin: true,
            client: Client::default(),
            note: SessionNote::default(),
        };
        self.domain.sign_in().create_session(&id.0.to_be_bytes(), &session).await.expect("a session");
        format!("__Host-sid={id}")
    }

    async fn get(&self, cookie: &str, path: &str) -> Page {
        self.ask(cookie, "GET", path, "").await
    }

    async fn ask(&self, cookie: &str, method: &str, path: &str, form: &str) -> Page {
        let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "mfa.example")
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .extension(ConnectInfo(peer))
            .body(Body::from(form.to_owned()))
            .expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = to_bytes(body, 1 << 21).await.expect("a body");
        Page {
            status: parts.status.as_u16(),
            location: header("location"),
            kind: header("content-type"),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// How often something stands in noord's audit log.
    async fn audited(&self, event: Event) -> usize {
        let query = AuditQuery {
            event: Some(event),
            limit: 100,
            ..AuditQuery::default()
        };
        let admin = Admin::console(self.noord.tenant);
        self.domain.journal().audit(&admin, &query).await.expect("the log").items.len()
    }
}

async fn organisation(domain: &Domain, slug: &'static str) -> Organisation {
    let new = NewTenant {
        slug: Slug::parse(slug).expect("a slug"),
        name: CleanText::parse(slug).expect("a name"),
        domains: vec![DomainName::parse(&format!("{slug}.example")).expect("a domain")],
        profile: Profile::Standard,
        locale: "en",
    };
    let tenant = domain.directory().create_tenant(Operator::console(), new).await.expect("a tenant");
    let mut made = Organisation {
        slug,
        tenant,
        case: SessionId::from_bits(0),
        victim: MemberId(uuid::Uuid::nil()),
    };
    made.victim = member(domain, &made, "ann", &[]).await;
    let name = CleanText::parse("tests").expect("a name");
    let admin = Admin::console(tenant);
    let key = domain.directory().create_api_key(&admin, &name, &Scope::ALL, Path::Cloud).await.expect("a key");
    let request = Verification {
        user: Upn::parse(&format!("ann@{slug}.example")).expect("a name"),
        code: Some(OfferedCode::parse("123456").expect("a code")),
        method: None,
        application: CleanText::parse("VPN").ok(),
        client: Client::default(),
        correlation_id: None,
        idempotency: None,
    };
    made.case = domain.verification().verify(&key, None, request).await.expect("an answer").session_id;
    made
}

async fn member(domain: &Domain, of: &Organisation, name: &str, roles: &[Role]) -> MemberId {
    let new = NewMember {
        upn: Upn::parse(&format!("{name}@{}.example", of.slug)).expect("a name"),
        given_name: CleanText::parse(name).ok(),
        family_name: None,
        mail: None,
        roles: roles.to_vec(),
    };
    domain.directory().create_member(&Admin::console(of.tenant), new).await.expect("a member")
}

/// Bars 22 and 24: each route with each role, in one's own organisation and in another.
#[tokio::test]
async fn each_role_sees_what_is_for_it() {
    let installation = Installation::new().await;
    let case = format!("/support/sessions/{}", installation.noord.case);
    let pages = [
        "/admin/noord/journal".to_owned(),
        "/admin/noord/journal.csv".to_owned(),
        "/admin/noord/journal/audit".to_owned(),
        "/admin/noord/journal/audit.csv".to_owned(),
        "/support".to_owned(),
        case.clone(),
        format!("{case}?do=unlock"),
        format!("{case}?do=reregister"),
        format!("{case}?do=link"),
    ];
    let roles = [
        ("support", Role::Support, [200, 200, 403, 403, 200, 200, 200, 403, 403]),
        ("auth", Role::AuthAdmin, [200; 9]),
        ("policy", Role::PolicyAdmin, [200, 200, 200, 200, 403, 403, 403, 403, 403]),
        ("billing", Role::BillingAdmin, [403; 9]),
        ("reader", Role::Reader, [200, 200, 200, 200, 200, 200, 403, 403, 403]),
        ("global", Role::GlobalAdmin, [200; 9]),
    ];
    for (name, role, expected) in roles {
        let cookie = installation.somebody(name, &[role], 2).await;
        for (path, expected) in pages.iter().zip(expected) {
            let page = installation.get(&cookie, path).await;
            assert_eq!(page.status, expected, "{name} {path}: {}", page.body.chars().take(300).collect::<String>());
            assert_eq!(page.kind.starts_with("text/csv"), path.contains(".csv") && expected == 200, "{name} {path}");
        }
        for path in ["/admin/zuid/journal", "/admin/zuid/journal.csv", "/admin/zuid/journal/audit"] {
            assert_eq!(installation.get(&cookie, path).await.status, 404, "{name} {path}");
        }
    }
    // Without a role, or without a second factor, there is nothing here.
    for cookie in [
        installation.somebody("nobody", &[], 2).await,
        installation.somebody("half", &[Role::GlobalAdmin], 1).await,
    ] {
        for path in &pages {
            assert_eq!(installation.get(&cookie, path).await.status, 404, "{path}");
        }
    }
}

/// Abuse cases of the desk: a foreign session id is nothing, says no more than one that never was, and leaves a trace.
#[tokio::test]
async fn a_foreign_session_id_is_nothing_and_is_written_down() {
    let installation = Installation::new().await;
    let cookie = installation.somebody("support", &[Role::Support], 2).await;
    let foreign = installation.zuid.case;
    let never = SessionId::from_bits(0x0000_1234_5678_9abc);
    let shown = installation.get(&cookie, &format!("/support/sessions/{foreign}")).await;
    let unknown = installation.get(&cookie, &format!("/support/sessions/{never}")).await;
    assert_eq!((shown.status, unknown.status), (404, 404));
    assert!(shown.body.contains(&foreign.to_string()), "what was understood is said");
    assert!(!shown.body.contains("ann@zuid.example") && !shown.body.contains("VPN"));
    assert_eq!(installation.audited(Event::ForeignTenantRefused).await, 2);
    assert_eq!(installation.audited(Event::CaseViewed).await, 0);
    let form = "step=unlock&reason=because";
    let acted = installation.ask(&cookie, "POST", &format!("/support/sessions/{foreign}"), form).await;
    assert_eq!(acted.status, 404);
    assert_eq!(installation.audited(Event::ForeignTenantRefused).await, 3);
    let looked = installation.get(&cookie, &format!("/admin/noord/journal?open={foreign}")).await;
    assert_eq!(looked.status, 200);
    assert!(!looked.body.contains("ann@zuid.example"));
    assert_eq!(installation.audited(Event::ForeignTenantRefused).await, 4);
}

/// The desk understands what is read out, and says what it understood.
#[tokio::test]
async fn the_desk_finds_what_is_read_out() {
    let installation = Installation::new().await;
    let cookie = installation.somebody("support", &[Role::Support], 2).await;
    let id = installation.noord.case.to_string();
    let case = format!("/support/sessions/{id}");
    for spoken in [id.clone(), id.to_lowercase().replace('-', "%20"), id.replace('-', "")] {
        let found = installation.get(&cookie, &format!("/support?q={spoken}")).await;
        assert_eq!((found.status, found.location.as_str()), (303, case.as_str()), "{spoken}");
    }
    let wrong = if id.ends_with('7') { '8' } else { '7' };
    let misheard = format!("{}{wrong}", &id[..id.len() - 1]);
    for (asked, said) in [
        (misheard.as_str(), "read out again"),
        ("7K2M-9QXD", "this has 8"),
        ("ann@noord.example", id.as_str()),
        ("ann", id.as_str()),
        ("nobody@noord.example", "no member has it in the name"),
        ("00000000-0000-4000-8000-000000000000", "correlation id"),
    ] {
        let found = installation.get(&cookie, &format!("/support?q={asked}")).await;
        assert_eq!(found.status, 200, "{asked}");
        assert!(found.body.contains(said), "{asked}: {said}");
    }
}

/// What fixes it is done for the reason given, by whoever may, and only then.
#[tokio::test]
async fn a_fix_asks_a_reason_and_is_written_down() {
    let installation = Installation::new().await;
    let support = installation.somebody("support", &[Role::Support], 2).await;
    let admin = installation.somebody("auth", &[Role::AuthAdmin], 2).await;
    let case = format!("/support/sessions/{}", installation.noord.case);
    let without = installation.ask(&support, "POST", &case, "step=unlock&reason=+").await;
    assert!(without.status == 422 || without.status == 400, "{}", without.status);
    assert!(without.body.contains("A reason is needed."));
    assert_eq!(installation.audited(Event::MemberUnlocked).await, 0);
    let done = installation.ask(&support, "POST", &case, "step=unlock&reason=called+back").await;
    assert_eq!((done.status, done.location), (303, format!("{case}?done=unlock")));
    assert_eq!(installation.audited(Event::MemberUnlocked).await, 1);
    assert_eq!(installation.ask(&support, "POST", &case, "step=reregister&reason=x").await.status, 403);
    assert_eq!(installation.ask(&support, "POST", &case, "step=link").await.status, 403);
    let link = installation.ask(&admin, "POST", &case, "step=link").await;
    assert_eq!(link.status, 200);
    assert!(link.body.contains("https://mfa.example/set-up/"));
    assert_eq!(installation.audited(Event::SetUpLinkMade).await, 1);
    let of = MemberRef::Id(installation.noord.victim);
    let view = installation
        .domain
        .directory()
        .member(&Admin::console(installation.noord.tenant), &of)
        .await
        .expect("a member");
    assert_eq!(view.upn, "ann@noord.example");
}

/// A file holds what the page shows, and its making is in the audit log; filters that are not understood make no file.
#[tokio::test]
async fn a_file_holds_what_is_shown() {
    let installation = Installation::new().await;
    let cookie = installation.somebody("reader", &[Role::Reader], 2).await;
    let id = installation.noord.case.to_string();
    let all = installation.get(&cookie, "/admin/noord/journal.csv").await;
    assert_eq!(all.body.lines().count(), 2, "{}", all.body);
    assert!(all.body.contains(&id) && all.body.contains("ann@noord.example"));
    let none = installation.get(&cookie, "/admin/noord/journal.csv?decision=allowed").await;
    assert_eq!(none.body.lines().count(), 1);
    assert_eq!(installation.audited(Event::JournalExported).await, 2);
    let unread = installation.get(&cookie, "/admin/noord/journal.csv?decision=maybe").await;
    assert!(unread.status >= 400, "{}", unread.status);
    let page = installation.get(&cookie, "/admin/noord/journal?decision=maybe").await;
    assert!(page.body.contains("Decision: maybe"), "what was left out is said");
    let typed = installation.get(&cookie, &format!("/admin/noord/journal?q={id}")).await;
    assert_eq!((typed.status, typed.location), (303, format!("/admin/noord/journal?session_id={id}")));
}

/// A block is found at the desk and lifted there by whoever may; support is told whom to ask.
#[tokio::test]
async fn a_block_is_found_and_lifted_at_the_desk() {
    let installation = Installation::new().await;
    let support = installation.somebody("support", &[Role::Support], 2).await;
    let auth = installation.somebody("auth", &[Role::AuthAdmin], 2).await;
    let (domain, admin) = (&installation.domain, Admin::console(installation.noord.tenant));
    let of = MemberRef::Id(installation.noord.victim);
    let directory = domain.directory();
    directory.block(&admin, &of, Default::default(), "stolen laptop").await.expect("blocked");
    let name = CleanText::parse("more").expect("a name");
    let key = directory.create_api_key(&admin, &name, &Scope::ALL, Path::Cloud).await.expect("a key");
    let request = Verification {
        user: Upn::parse("ann@noord.example").expect("a name"),
        code: Some(OfferedCode::parse("123456").expect("a code")),
        method: None,
        application: None,
        client: Client::default(),
        correlation_id: None,
        idempotency: None,
    };
    let refused = domain.verification().verify(&key, None, request).await.expect("an answer");
    let case = format!("/support/sessions/{}", refused.session_id);
    let seen = installation.get(&support, &case).await;
    assert!(
        seen.body.contains("The member is blocked.") && !seen.body.contains("do=unblock"),
        "{}",
        seen.body
    );
    assert_eq!(installation.ask(&support, "POST", &case, "step=unblock&reason=x").await.status, 403);
    let seen = installation.get(&auth, &case).await;
    assert!(seen.body.contains("do=unblock"), "{}", seen.body);
    assert_eq!(installation.get(&auth, &format!("{case}?do=unblock")).await.status, 200);
    let done = installation.ask(&auth, "POST", &case, "step=unblock&reason=laptop+found").await;
    assert_eq!((done.status, done.location), (303, format!("{case}?done=unblock")));
    assert_eq!(installation.audited(Event::MemberUnblocked).await, 1);
    assert!(!directory.member(&admin, &of).await.expect("a member").blocked);
    assert!(!installation.get(&auth, &case).await.body.contains("do=unblock"), "nothing is left to lift");
}
