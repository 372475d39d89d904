//! The console from outside: through the whole edge, with a session of each role, against a real database.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use domain::actor::{Admin, Client, Operator};
use domain::clock::Clock;
use domain::db::Db;
use domain::directory::{MemberRef, NewMember, NewTenant};
use domain::rng::Rng;
use domain::sign_in::{NewSession, SessionStage};
use domain::vault::Vault;
use domain::{Domain, Node};
use model::{CleanText, DomainName, MemberId, MfaState, Profile, Role, Slug, TenantId, Upn};
use testkit::TestDatabase;
use tower::ServiceExt;
use tower_sessions::session::Id;

use crate::config::PublicUrl;
use crate::routes;
use crate::state::Service;
use crate::web::{Edge, assemble, sessions};

/// Two organisations, the first with somebody of every role.
struct Installation {
    router: Router,
    domain: Domain,
    noord: TenantId,
    zuid: TenantId,
    _database: TestDatabase,
}

struct Answer {
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
        };
        let domain = Domain::new(db, Vault::new(&[7; 32]), Clock::system(), Rng::seeded(1), node);
        domain.directory().make_partitions(0).await.expect("partitions");
        let url = PublicUrl::parse("https://mfa.example").expect("a URL");
        let layer = sessions(&domain, &url);
        let edge = Edge::new(url, Vec::new());
        let service = Service::new(domain.clone(), Default::default(), false, "https://mfa.example");
        let router = assemble(routes::all(), service, edge, None, Some(layer));
        let noord = organisation(&domain, "noord").await;
        let zuid = organisation(&domain, "zuid").await;
        Self {
            router,
            domain,
            noord,
            zuid,
            _database: database,
        }
    }

    async fn member(&self, tenant: TenantId, upn: &str, roles: &[Role]) -> MemberId {
        let new = NewMember {
            upn: Upn::parse(upn).expect("a name"),
            given_name: None,
            family_name: None,
            mail: None,
            roles: roles.to_vec(),
        };
        self.domain.directory().create_member(&Admin::console(tenant), new).await.expect("a member")
    }

    /// A session after a second factor, as a cookie.
    async fn session(&self, tenant: TenantId, member: MemberId, level: u8) -> String {
        let now = self.domain.clock().now();
        let new = NewSession {
            tenant: Some(tenant),
            member: Some(member),
            attempt: None,
            stage: SessionStage::Full,
            level,
            epoch: 0,
            auth_at: Some(now),
            factor_at: (level > 1).then_some(now),
            admin: true,
            client: Client::default(),
            note: Default::default(),
        };
        let id = Id(i128::from_be_bytes(self.domain.rng().bytes()));
        self.domain.sign_in().create_session(&id.0.to_be_bytes(), &new).await.expect("a session");
        format!("__Host-sid={id}")
    }

    async fn call(&self, cookie: &str, method: &str, path: &str, form: &str) -> Answer {
        let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "mfa.example")
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .extension(ConnectInfo(peer));
        let request = request.body(Body::from(form.to_owned())).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let text = |name| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let (status, location, kind) = (response.status().as_u16(), text("location"), text("content-type"));
        let body = to_bytes(response.into_body(), 4 << 20).await.expect("a body");
        Answer {
            status,
            location,
            kind,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

async fn organisation(domain: &Domain, slug: &str) -> TenantId {
    let new = NewTenant {
        slug: Slug::parse(slug).expect("a slug"),
        name: CleanText::parse(slug).expect("a name"),
        domains: vec![DomainName::parse(&format!("{slug}.example")).expect("a domain")],
        profile: Profile::Standard,
        locale: "en",
    };
    domain.directory().create_tenant(Operator::console(), new).await.expect("a tenant")
}

/// Who may do what: every route of the console with every role. Somebody without a role, or of another organisation, finds nothing there at all.
#[tokio::test]
async fn each_role_opens_its_own_doors() {
    let installation = Installation::new().await;
    let (noord, zuid) = (installation.noord, installation.zuid);
    let target = installation.member(noord, "target@noord.example", &[]).await;
    let foreign = installation.member(zuid, "target@zuid.example", &[]).await;
    let mut callers = Vec::new();
    for (name, roles) in [
        ("member", vec![]),
        ("reader", vec![Role::Reader]),
        ("support", vec![Role::Support]),
        ("auth", vec![Role::AuthAdmin]),
        ("policy", vec![Role::PolicyAdmin]),
        ("billing", vec![Role::BillingAdmin]),
        ("global", vec![Role::GlobalAdmin]),
    ] {
        let member = installation.member(noord, &format!("{name}@noord.example"), &roles).await;
        callers.push(installation.session(noord, member, 2).await);
    }
    let other = installation.member(zuid, "global@zuid.example", &[Role::GlobalAdmin]).await;
    callers.push(installation.session(zuid, other, 2).await);
    let operator = installation.member(zuid, "operator@zuid.example", &[]).await;
    installation
        .domain
        .directory()
        .grant_operator(Operator::console(), zuid, operator)
        .await
        .expect("an operator");
    callers.push(installation.session(zuid, operator, 2).await);
    let unproven = installation.member(noord, "unproven@noord.example", &[Role::GlobalAdmin]).await;
    callers.push(installation.session(noord, unproven, 1).await);

    let users = "/admin/noord/users";
    let user = format!("{users}/{target}");
    let ask = |act: &str| format!("{user}?do={act}");
    let form = |act: &str| format!("do={act}&reason=test");
    #[rustfmt::skip]
    let table: Vec<(&str, String, String, [u16; 10])> = vec![
        //                                              member reader support auth policy billing global other operator unproven
        ("GET", users.into(), String::new(),            [404, 200, 200, 200, 200, 200, 200, 404, 200, 404]),
        ("GET", format!("{users}?format=csv"), String::new(), [404, 200, 200, 200, 200, 200, 200, 404, 200, 404]),
        ("GET", user.clone(), String::new(),            [404, 200, 200, 200, 200, 200, 200, 404, 200, 404]),
        ("GET", format!("{users}/new"), String::new(),  [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("POST", format!("{users}/new"), "upn=x".into(), [404, 403, 403, 422, 403, 403, 422, 404, 422, 404]),
        ("GET", format!("{users}/bulk?action=enabled&id={target}"), String::new(), [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("POST", format!("{users}/bulk"), format!("action=enabled&id={target}&reason=x"), [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("GET", ask("unlock"), String::new(),           [404, 403, 200, 200, 403, 403, 200, 404, 200, 404]),
        ("GET", ask("disabled"), String::new(),         [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("GET", ask("off"), String::new(),              [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("GET", ask("roles"), String::new(),            [404, 403, 403, 403, 403, 403, 200, 404, 200, 404]),
        ("POST", user.clone(), form("unlock"),          [404, 403, 303, 303, 403, 403, 303, 404, 303, 404]),
        ("POST", user.clone(), form("sessions"),        [404, 403, 403, 303, 403, 403, 303, 404, 303, 404]),
        ("POST", user.clone(), form("reregister"),      [404, 403, 403, 303, 403, 403, 303, 404, 303, 404]),
        ("POST", user.clone(), form("link"),            [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("POST", user.clone(), form("roles"),           [404, 403, 403, 403, 403, 403, 303, 404, 303, 404]),
        ("GET", format!("{users}/{foreign}"), String::new(), [404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
        ("POST", format!("{users}/{foreign}"), form("off"), [404, 403, 403, 404, 403, 403, 404, 404, 404, 404]),
        ("GET", "/admin/nowhere/users".into(), String::new(), [404; 10]),
        ("GET", "/operator/tenants".into(), String::new(), [404, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
        ("GET", "/operator/tenants/new".into(), String::new(), [404, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
        ("POST", "/operator/tenants/new".into(), "name=x".into(), [404, 404, 404, 404, 404, 404, 404, 404, 422, 404]),
    ];
    for (method, path, body, expected) in table {
        let mut found = Vec::new();
        for caller in &callers {
            found.push(installation.call(caller, method, &path, &body).await.status);
        }
        assert_eq!(found, expected, "{method} {path} {body}");
    }
    let admin = Admin::console(zuid);
    let untouched = installation
        .domain
        .directory()
        .member(&admin, &MemberRef::Id(foreign))
        .await
        .expect("still there");
    assert!(!untouched.disabled);
}

#[tokio::test]
async fn a_refusal_keeps_what_was_typed_and_changes_nothing() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let admin = installation.member(noord, "admin@noord.example", &[Role::AuthAdmin]).await;
    let global = installation.member(noord, "global@noord.example", &[Role::GlobalAdmin]).await;
    let target = installation.member(noord, "target@noord.example", &[]).await;
    let (auth, chief) = (installation.session(noord, admin, 2).await, installation.session(noord, global, 2).await);
    let page = |member: MemberId| format!("/admin/noord/users/{member}");

    // No reason: asked again.
    let answer = installation.call(&auth, "POST", &page(target), "do=off&reason=").await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Write why"), "{}", answer.body);
    // Somebody above: refused with its code, the reason stays.
    let answer = installation.call(&auth, "POST", &page(global), "do=off&reason=because+of+me").await;
    assert_eq!(answer.status, model::ErrorCode::RankTooHigh.status());
    assert!(answer.body.contains("value=\"because of me\"") && answer.body.contains("more rights than you"));
    // The last global admin stays.
    let answer = installation.call(&chief, "POST", &page(global), "do=off&reason=tired").await;
    assert_eq!(answer.status, model::ErrorCode::LastGlobalAdmin.status());
    let answer = installation.call(&chief, "POST", &page(global), "do=roles&role=reader").await;
    assert_eq!(answer.status, model::ErrorCode::LastGlobalAdmin.status());
    // Enforcing somebody without a method needs the tick.
    let answer = installation.call(&auth, "POST", &page(target), "do=enforced&reason=audit").await;
    assert_eq!(answer.status, model::ErrorCode::ConfirmationNeeded.status());
    let answer = installation.call(&auth, "POST", &page(target), "do=enforced&reason=audit&confirmed=yes").await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, format!("{}?done=enforced", page(target)).as_str())
    );
    let view = installation
        .domain
        .directory()
        .member(&Admin::console(noord), &MemberRef::Id(target))
        .await
        .expect("a member");
    assert_eq!(view.mfa_state, MfaState::Enforced);
}

#[tokio::test]
async fn many_are_changed_as_the_preview_said() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let admin = installation.member(noord, "admin@noord.example", &[Role::AuthAdmin]).await;
    let above = installation.member(noord, "global@noord.example", &[Role::GlobalAdmin]).await;
    let plain = installation.member(noord, "plain@noord.example", &[]).await;
    let foreign = installation.member(installation.zuid, "foreign@zuid.example", &[]).await;
    let cookie = installation.session(noord, admin, 2).await;
    let ids = format!("id={plain}&id={above}&id={foreign}");
    let preview = installation
        .call(&cookie, "GET", &format!("/admin/noord/users/bulk?action=enabled&{ids}"), "")
        .await;
    assert_eq!(preview.status, 200);
    assert!(preview.body.contains("is asked to register") && preview.body.contains("is refused: has more rights than you"));
    assert!(!preview.body.contains("foreign@zuid"));
    let answer = installation
        .call(&cookie, "POST", "/admin/noord/users/bulk", &format!("action=enabled&{ids}&reason=wave+2"))
        .await;
    assert!(answer.status == 200 && answer.body.contains("1 of 2 done"), "{}", answer.body);
    assert!(answer.body.contains("TS-"), "the refusal has its code");
    let all = installation.call(&cookie, "GET", "/admin/noord/users?q=state:enabled", "").await;
    assert!(all.body.contains("plain@noord.example") && !all.body.contains("global@noord.example"));
}

#[tokio::test]
async fn what_people_typed_is_no_formula_in_the_file() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let admin = installation.member(noord, "admin@noord.example", &[Role::AuthAdmin]).await;
    installation.member(noord, "=1+1@noord.example", &[]).await;
    let cookie = installation.session(noord, admin, 2).await;
    let file = installation.call(&cookie, "GET", "/admin/noord/users?format=csv", "").await;
    assert_eq!(file.kind, "text/csv; charset=utf-8");
    assert!(file.body.contains("\n'=1+1@noord.example,"), "{}", file.body);
    assert_eq!(file.body.lines().count(), 3);
    let filtered = installation.call(&cookie, "GET", "/admin/noord/users?q=admin&format=csv", "").await;
    assert_eq!(filtered.body.lines().count(), 2);
}

#[tokio::test]
async fn a_new_member_and_a_new_organisation_get_a_link_that_works() {
    let installation = Installation::new().await;
    let operator = installation.member(installation.noord, "operator@noord.example", &[]).await;
    let directory = installation.domain.directory();
    directory
        .grant_operator(Operator::console(), installation.noord, operator)
        .await
        .expect("an operator");
    let cookie = installation.session(installation.noord, operator, 2).await;
    let link_of = |body: &str| {
        let start = body.find("https://mfa.example/set-up/").expect("a link") + "https://mfa.example".len();
        body[start..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c))
            .collect::<String>()
    };
    let made = installation
        .call(&cookie, "POST", "/admin/noord/users/new", "upn=ann@noord.example&role=support")
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(installation.call("", "GET", &link_of(&made.body), "").await.status, 200);
    let again = installation
        .call(&cookie, "POST", "/admin/noord/users/new", "upn=ann@noord.example&given=Ann")
        .await;
    assert_eq!(again.status, model::ErrorCode::UpnTaken.status());
    assert!(again.body.contains("value=\"Ann\""));

    let form = "name=West&slug=west&domains=west.example&profile=strict&locale=en&upn=chief@west.example";
    let made = installation.call(&cookie, "POST", "/operator/tenants/new", form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(installation.call("", "GET", &link_of(&made.body), "").await.status, 200);
    let listed = installation.call(&cookie, "GET", "/operator/tenants", "").await;
    assert!(listed.body.contains("west.example"));
    let wrong = installation
        .call(
            &cookie,
            "POST",
            "/operator/tenants/new",
            "name=Oost&slug=oost&domains=oost.example&upn=chief@west.example",
        )
        .await;
    assert_eq!(wrong.status, 422);
    let taken = installation
        .call(&cookie, "POST", "/operator/tenants/new", &form.replace("west.example", "oost.example"))
        .await;
    assert_eq!(taken.status, model::ErrorCode::SlugTaken.status());
}
