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
            origin: String::from("http://localhost:3000"),
        };
        let domain = Domain::new(db, Vault::new(&[7; 32]), Clock::system(), Rng::seeded(1), node);
        domain.directory().make_partitions(0).await.expect("partitions");
        let url = PublicUrl::parse("https://mfa.example").expect("a URL");
        let layer = sessions(&domain, &url);
        let edge = Edge::new(url, Vec::new());
        let service = Service::new(
            domain.clone(),
            Default::default(),
            false,
            "https://mfa.example",
            crate::channels::settings::House::of(&PublicUrl::parse("https://mfa.example").expect("a URL")),
        );
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

    /// A new operator of a tenant, signed in with a second factor: the cookie.
    async fn operator(&self, tenant: TenantId) -> String {
        let person = self.member(tenant, "operator@noord.example", &[]).await;
        let granted = self.domain.directory().grant_operator(Operator::console(), tenant, person).await;
        granted.expect("granted");
        self.session(tenant, person, 2).await
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
            factor: None,
            admin: true,
            client: Client::default(),
            note: Default::default(),
        };
        let id = Id(i128::from_be_bytes(self.domain.rng().bytes()));
        self.domain.sign_in().create_session(&id.0.to_be_bytes(), &new).await.expect("a session");
        format!("__Host-sid={id}")
    }

    async fn call(&self, cookie: &str, method: &str, path: &str, form: &str) -> Answer {
        self.send(cookie, method, path, "application/x-www-form-urlencoded", form.as_bytes().to_vec())
            .await
    }

    async fn send(&self, cookie: &str, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "mfa.example")
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", kind)
            .header("cookie", cookie)
            .extension(ConnectInfo(peer));
        let request = request.body(Body::from(body)).expect("a request");
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
        ("GET", ask("pass"), String::new(),             [404, 403, 200, 200, 403, 403, 200, 404, 200, 404]),
        ("POST", user.clone(), form("pass&minutes=60"), [404, 403, 200, 200, 403, 403, 200, 404, 200, 404]),
        ("GET", ask("block"), String::new(),            [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("GET", ask("bypass"), String::new(),           [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("POST", user.clone(), form("bypass&term=60"),  [404, 403, 403, 303, 403, 403, 303, 404, 303, 404]),
        ("POST", user.clone(), form("block&term=30"),   [404, 403, 403, 303, 403, 403, 303, 404, 303, 404]),
        ("POST", user.clone(), form("bypass&term=60"),  [404, 403, 403, 422, 403, 403, 422, 404, 422, 404]),
        ("GET", ask("unblock"), String::new(),          [404, 403, 403, 200, 403, 403, 200, 404, 200, 404]),
        ("POST", user.clone(), form("unblock"),         [404, 403, 403, 303, 403, 403, 409, 404, 409, 404]),
        ("POST", user.clone(), form("roles"),           [404, 403, 403, 403, 403, 403, 303, 404, 303, 404]),
        ("GET", "/admin/noord/networks".into(), String::new(), [404, 403, 403, 403, 200, 403, 200, 404, 200, 404]),
        ("POST", "/admin/noord/networks".into(), "do=add&name=x&range=y&reason=z".into(), [404, 403, 403, 403, 422, 403, 422, 404, 422, 404]),
        ("POST", "/admin/noord/networks".into(), "do=trust&days=0&reason=z".into(), [404, 403, 403, 403, 303, 403, 303, 404, 303, 404]),
        ("GET", "/admin/noord/passkey-models".into(), String::new(), [404, 403, 403, 403, 200, 403, 200, 404, 200, 404]),
        ("POST", "/admin/noord/passkey-models".into(), "do=add&aaguid=x&reason=z".into(), [404, 403, 403, 403, 422, 403, 422, 404, 422, 404]),
        ("GET", "/admin/noord/alarms".into(), String::new(), [404, 200, 200, 200, 200, 403, 200, 404, 200, 404]),
        ("POST", "/admin/noord/alarms".into(), "do=terms&sends=30&percent=20&reason=z".into(), [404, 403, 403, 403, 303, 403, 303, 404, 303, 404]),
        ("POST", "/admin/noord/alarms".into(), "do=resume&country=NL&reason=z".into(), [404, 403, 403, 403, 404, 403, 404, 404, 404, 404]),
        // The desk is that of one's own organisation.
        ("GET", "/support/tickets".into(), String::new(), [404, 403, 200, 200, 403, 403, 200, 200, 200, 404]),
        ("GET", "/support/tickets?show=closed&cursor=x".into(), String::new(), [404, 403, 422, 422, 403, 403, 422, 422, 422, 404]),
        ("GET", "/support/tickets/T-1234-5678".into(), String::new(), [404, 403, 404, 404, 403, 403, 404, 404, 404, 404]),
        ("POST", "/support/tickets/T-1234-5678".into(), "step=take".into(), [404, 403, 404, 404, 403, 403, 404, 404, 404, 404]),
        ("GET", format!("/support/callers/{target}"), String::new(), [404, 403, 200, 200, 403, 403, 200, 404, 404, 404]),
        ("POST", format!("/support/callers/{target}"), "step=code&attempt=x&code=123456".into(), [404, 403, 400, 400, 403, 403, 400, 404, 404, 404]),
        ("GET", "/operator/providers".into(), String::new(), [404, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
        ("POST", "/operator/providers".into(), "do=up&id=x".into(), [404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
        ("GET", "/operator/providers/new?kind=smtp".into(), String::new(), [404, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
        ("POST", "/operator/providers/new".into(), "kind=smtp".into(), [404, 404, 404, 404, 404, 404, 404, 404, 422, 404]),
        ("GET", "/operator/providers/x".into(), String::new(), [404; 10]),
        ("POST", "/operator/providers/x".into(), "do=off".into(), [404; 10]),
        ("GET", "/operator/senders".into(), String::new(), [404, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
        ("POST", "/operator/senders".into(), "do=add&channel=sms&kind=number&value=x".into(), [404, 404, 404, 404, 404, 404, 404, 404, 422, 404]),
        ("GET", "/operator/messages".into(), String::new(), [404; 10]),
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

const BOUNDARY: &str = "----parts";

/// A part of a form: its name, the name of the file where it is one, its content.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

/// A form with files, as a browser sends it.
fn parts(fields: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in fields {
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"").into_bytes());
        if let Some(file) = file {
            body.extend(format!("; filename=\"{file}\"\r\nContent-Type: application/octet-stream").into_bytes());
        }
        body.extend(b"\r\n\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

const TOKENS: &str = "upn,serial number,secret key,time interval,manufacturer,model\r\n\
    ,ZS-0001,2234567ABCDEFGHIJKLMNOPQRSTUVWXY,30,Zeeland Sleutels,ZS-1\r\n\
    ann@noord.example,ZS-0002,3234567ABCDEFGHIJKLMNOPQRSTUVWXY,60,Zeeland Sleutels,ZS-1\r\n";
const SECRETS: [&str; 2] = ["2234567ABCDEFGHIJKLMNOPQRSTUVWXY", "3234567ABCDEFGHIJKLMNOPQRSTUVWXY"];

impl Installation {
    /// Sends the form of an import.
    async fn upload(&self, cookie: &str, fields: &[Part<'_>]) -> Answer {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(cookie, "POST", "/admin/noord/tokens/import", &kind, parts(fields)).await
    }

    /// Imports a file and answers the page of the import once it has ended.
    async fn import(&self, cookie: &str, file: &[u8], ticked: &[&str]) -> (String, String) {
        let mut fields: Vec<Part<'_>> = vec![("file", Some("tokens.csv"), file)];
        fields.extend(ticked.iter().map(|name| (*name, None, b"yes".as_slice())));
        let begun = self.upload(cookie, &fields).await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        for _ in 0..200 {
            let page = self.call(cookie, "GET", &begun.location, "").await;
            assert_eq!(page.status, 200, "{}", page.body);
            if !page.body.contains("http-equiv=\"refresh\"") {
                return (begun.location, page.body);
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the import does not end");
    }
}

/// The inventory is read by whoever reads members and changed by whoever manages tokens; another organisation has nothing there.
#[tokio::test]
async fn tokens_are_read_by_readers_and_changed_by_those_who_manage_them() {
    let installation = Installation::new().await;
    let (noord, zuid) = (installation.noord, installation.zuid);
    installation.member(noord, "ann@noord.example", &[]).await;
    let mut callers = Vec::new();
    for (name, roles) in [
        ("member", vec![]),
        ("reader", vec![Role::Reader]),
        ("support", vec![Role::Support]),
        ("auth", vec![Role::AuthAdmin]),
    ] {
        let member = installation.member(noord, &format!("{name}@noord.example"), &roles).await;
        callers.push(installation.session(noord, member, 2).await);
    }
    let other = installation.member(zuid, "global@zuid.example", &[Role::GlobalAdmin]).await;
    callers.push(installation.session(zuid, other, 2).await);
    let (run, page) = installation.import(&callers[3], TOKENS.as_bytes(), &[]).await;
    assert!(page.contains("2 tokens imported"), "{page}");

    let tokens = "/admin/noord/tokens";
    let token = format!("{tokens}/zs-0001");
    #[rustfmt::skip]
    let table: Vec<(&str, String, &str, [u16; 5])> = vec![
        //                                                    member reader support auth other
        ("GET", tokens.into(), "",                            [404, 200, 200, 200, 404]),
        ("GET", format!("{tokens}?format=csv"), "",           [404, 200, 200, 200, 404]),
        ("GET", token.clone(), "",                            [404, 200, 200, 200, 404]),
        ("GET", format!("{token}?do=assign"), "",             [404, 403, 403, 200, 404]),
        ("POST", token.clone(), "do=assign&upn=nobody",       [404, 403, 403, 422, 404]),
        ("POST", token.clone(), "do=retire&reason=",          [404, 403, 403, 422, 404]),
        ("POST", token.clone(), "do=something",               [404, 403, 403, 400, 404]),
        ("GET", format!("{tokens}/ZS-9999"), "",              [404, 404, 404, 404, 404]),
        ("GET", format!("{tokens}/import"), "",               [404, 403, 403, 200, 404]),
        ("GET", run.clone(), "",                              [404, 200, 200, 200, 404]),
        ("GET", format!("{run}?format=csv"), "",              [404, 403, 403, 200, 404]),
        ("GET", format!("{tokens}/imports/no-id"), "",        [404, 404, 404, 404, 404]),
        ("GET", "/admin/zuid/tokens/ZS-0001".into(), "",      [404, 404, 404, 404, 404]),
        ("GET", run.replace("noord", "zuid"), "",             [404, 404, 404, 404, 404]),
    ];
    for (method, path, body, expected) in table {
        let mut found = Vec::new();
        for caller in &callers {
            found.push(installation.call(caller, method, &path, body).await.status);
        }
        assert_eq!(found, expected, "{method} {path} {body}");
    }
    let mut found = Vec::new();
    for caller in &callers {
        found.push(installation.upload(caller, &[]).await.status);
    }
    assert_eq!(found, [404, 403, 403, 422, 404], "an import without a file");
    let reader = installation.call(&callers[1], "GET", &token, "").await;
    assert!(reader.body.contains("Your role looks here") && !reader.body.contains("?do="), "{}", reader.body);
    let file = installation.call(&callers[1], "GET", &format!("{tokens}?format=csv&state=assigned"), "").await;
    assert_eq!(file.body.lines().count(), 2, "{}", file.body);
    assert!(file.body.contains("ZS-0002,assigned,totp") && file.body.contains("ann@noord.example"));
}

/// From the drawer to a member and out of use, with everything that can be typed wrongly on the way.
#[tokio::test]
async fn what_is_wrong_with_an_act_stands_under_its_field() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    installation.member(noord, "ann@noord.example", &[]).await;
    let chief = installation.member(noord, "chief@noord.example", &[Role::GlobalAdmin]).await;
    let admin = installation.member(noord, "admin@noord.example", &[Role::AuthAdmin]).await;
    let cookie = installation.session(noord, admin, 2).await;
    installation.import(&cookie, TOKENS.as_bytes(), &[]).await;
    let (free, given) = ("/admin/noord/tokens/ZS-0001", "/admin/noord/tokens/ZS-0002");
    let post = |path: &'static str, form: &'static str| installation.call(&cookie, "POST", path, form);

    let answer = post(free, "do=assign&upn=").await;
    assert!(answer.status == 422 && answer.body.contains("Type the sign-in name"), "{}", answer.body);
    let answer = post(free, "do=assign&upn=bob@noord.example").await;
    assert!(answer.status == 404 && answer.body.contains("No member of noord") && answer.body.contains("value=\"bob@noord.example\""));
    let answer = post(free, "do=assign&upn=chief@noord.example").await;
    assert_eq!(answer.status, model::ErrorCode::RankTooHigh.status());
    let answer = post(given, "do=assign&upn=ann@noord.example").await;
    assert_eq!(answer.status, model::ErrorCode::TokenTaken.status());
    let answer = post(given, "do=activate&code=12").await;
    assert!(answer.status == 422 && answer.body.contains("A code has 6 digits") && answer.body.contains("value=\"12\""));
    let answer = post(given, "do=resync&code=123456&second=").await;
    assert!(answer.status == 422 && answer.body.contains("Type the code that the token shows"));
    let answer = post(given, "do=activate&code=000000").await;
    assert!(
        answer.status == model::ErrorCode::WrongCode.status() && answer.body.contains("it has been counted"),
        "{}",
        answer.body
    );
    for _ in 0..4 {
        post(given, "do=activate&code=000000").await;
    }
    let answer = post(given, "do=activate&code=000000").await;
    assert!(
        answer.status == model::ErrorCode::Throttled.status() && answer.body.contains("is looked at before"),
        "{}",
        answer.body
    );
    let answer = post(given, "do=back&reason=").await;
    assert!(answer.status == 422 && answer.body.contains("Write why"));
    let answer = post(given, "do=back&reason=left+the+house").await;
    assert_eq!((answer.status, answer.location.as_str()), (303, "/admin/noord/tokens/ZS-0002?done=back"));
    let answer = post(given, "do=retire&reason=broken").await;
    assert_eq!(answer.status, 303);
    assert!(installation.call(&cookie, "GET", given, "").await.body.contains("out of use"));
    let answer = installation.call(&cookie, "GET", &format!("{given}?do=assign"), "").await;
    assert_eq!((answer.status, answer.location.as_str()), (303, given), "what cannot be done leads back");
    let _ = chief;
}

/// What is wrong, the parts that are sent, the status and some of the words of the answer.
type Damaged<'a> = (&'a str, Vec<Part<'a>>, u16, &'a str);

/// A form with files that is damaged, in every way that one can be, is told apart and imports nothing.
#[tokio::test]
async fn a_damaged_upload_is_told_and_imports_nothing() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let admin = installation.member(noord, "admin@noord.example", &[Role::AuthAdmin]).await;
    let cookie = installation.session(noord, admin, 2).await;
    let file: Part<'_> = (
        "file",
        Some("tokens.csv"),
        b"serial number,secret key\r\nZS-1,2234567ABCDEFGHIJKLMNOPQRSTUVWXY\r\n",
    );
    let large = vec![b'x'; app::edge::IMPORT_BYTES_MAX + 1];
    let many: Vec<Part<'_>> = vec![("more", None, b"1"); 17];
    let long = "k".repeat(5_000);
    #[rustfmt::skip]
    let table: Vec<Damaged<'_>> = vec![
        ("no part at all",     vec![],                                                        422, "Choose a file."),
        ("no file",            vec![("dry_run", None, b"yes")],                               422, "Choose a file."),
        ("none chosen",        vec![("file", Some(""), b"")],                                 422, "Choose a file."),
        ("two files",          vec![file, file],                                              422, "Choose one file."),
        ("an empty file",      vec![("file", Some("tokens.csv"), b"")],                       422, "The file is empty."),
        ("blanks only",        vec![("file", Some("tokens.csv"), b" \r\n \r\n")],         422, "lang=\"en\""),
        ("too large",          vec![("file", Some("tokens.csv"), &large)],                    413, "larger than 16 MiB"),
        ("a key that is none", vec![file, ("key", None, b"12 34")],                           422, "A key has 32 or 64"),
        ("key and passphrase", vec![("key", None, b"00"), file, ("passphrase", None, b"x")],  422, "not both"),
        ("a long passphrase",  vec![file, ("passphrase", None, &long.as_bytes()[..2_000])],   422, "at most 1,024 bytes"),
        ("a field too long",   vec![file, ("key", None, long.as_bytes())],                    400, "could not be read"),
        ("too many parts",     many,                                                          400, "could not be read"),
    ];
    for (what, fields, status, says) in table {
        let answer = installation.upload(&cookie, &fields).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(answer.body.contains(says), "{what}: {}", answer.body);
    }
    let whole = parts(&[file]);
    let address = "/admin/noord/tokens/import";
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let cut = installation
        .send(&cookie, "POST", address, &multipart, whole[..whole.len() - 30].to_vec())
        .await;
    assert_eq!(cut.status, 400, "a form that breaks off: {}", cut.body);
    let nameless = installation.send(&cookie, "POST", address, "multipart/form-data", whole.clone()).await;
    assert_eq!(nameless.status, 400, "no boundary: {}", nameless.body);
    let other = installation
        .send(&cookie, "POST", address, "application/x-www-form-urlencoded", b"file=x".to_vec())
        .await;
    assert_eq!(other.status, 415, "another type");
    let beyond = installation
        .send(&cookie, "POST", address, &multipart, vec![b'x'; app::edge::UPLOAD_BYTES_MAX + 1])
        .await;
    assert_eq!(beyond.status, 413, "more than any form may have");
    let page = installation.call(&cookie, "GET", "/admin/noord/tokens", "").await;
    assert!(page.body.contains("No hardware tokens yet"));

    // What is ticked counts before the file as behind it.
    let before = installation.upload(&cookie, &[("dry_run", None, b"yes"), file]).await;
    assert_eq!(before.status, 303, "{}", before.body);
    // A picture is no list; that is found while it is read.
    let (_, page) = installation.import(&cookie, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &[]).await;
    assert!(page.contains("tokens.csv could not be imported") && page.contains("lang=\"en\""), "{page}");
}

/// Checked, refused, imported in part, imported as a whole: each end says what it is, and the result file has every row and no secret.
#[tokio::test]
async fn an_import_ends_as_it_says() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    installation.member(noord, "ann@noord.example", &[]).await;
    let admin = installation.member(noord, "admin@noord.example", &[Role::AuthAdmin]).await;
    let cookie = installation.session(noord, admin, 2).await;
    let bad = format!("{TOKENS},ZS-0003,not a secret,30,Zeeland Sleutels,=1+1\r\n");
    let count = async || {
        let tokens = installation.domain.tokens();
        tokens
            .counts(&Admin::console(noord))
            .await
            .map(|counts| counts.available + counts.assigned)
            .expect("counts")
    };
    let result = async |run: &str| {
        let file = installation.call(&cookie, "GET", &format!("{run}?format=csv"), "").await;
        assert_eq!(file.kind, "text/csv; charset=utf-8");
        assert!(SECRETS.iter().all(|secret| !file.body.contains(secret)), "{}", file.body);
        file.body
    };

    let (run, page) = installation.import(&cookie, TOKENS.as_bytes(), &["dry_run"]).await;
    assert!(page.contains("All 2 rows of the file are good") && page.contains("Import for real"), "{page}");
    assert!(result(&run).await.contains("ZS-0001,,30,Zeeland Sleutels,ZS-1,would be imported,"));
    assert_eq!(count().await, 0, "a check imports nothing");
    let (run, page) = installation.import(&cookie, bad.as_bytes(), &[]).await;
    assert!(page.contains("Nothing was imported: 1 row is bad") && page.contains("ZS-0003"), "{page}");
    let file = result(&run).await;
    assert!(
        file.contains("ZS-0001,,30,Zeeland Sleutels,ZS-1,not imported,") && file.contains("'=1+1,refused,"),
        "{file}"
    );
    assert_eq!(count().await, 0, "one bad row stops all");
    let (run, page) = installation.import(&cookie, bad.as_bytes(), &["skip_bad"]).await;
    assert!(page.contains("2 imported, 1 refused"), "{page}");
    assert!(result(&run).await.contains("ann@noord.example,ZS-0002,,60,Zeeland Sleutels,ZS-1,imported,"));
    assert_eq!(count().await, 2);
    let (_, page) = installation.import(&cookie, TOKENS.as_bytes(), &["skip_bad"]).await;
    assert!(
        page.contains("Nothing was imported: 2 rows are bad") && page.contains("in the inventory already"),
        "{page}"
    );
    let form = installation.call(&cookie, "GET", "/admin/noord/tokens/import", "").await;
    assert_eq!(form.body.matches("/admin/noord/tokens/imports/").count(), 8, "four runs, each row a link twice");
}

/// Whoever adds a token to oneself gives a fresh second factor first, and comes back to the number that was asked for.
#[tokio::test]
async fn a_token_of_ones_own_needs_a_fresh_second_step() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let ann = installation.member(noord, "ann@noord.example", &[]).await;
    let by = Admin::console(noord);
    let directory = installation.domain.directory();
    let enabled = directory.set_mfa_state(&by, &MemberRef::Id(ann), MfaState::Enabled, false, None).await;
    enabled.expect("enabled");
    let options = domain::tokens::importing::ImportOptions::default();
    let file = std::io::Cursor::new(TOKENS.as_bytes());
    installation.domain.tokens().import(&by, file, options, |_| {}).await.expect("imported");
    let (stale, fresh) = (installation.session(noord, ann, 1).await, installation.session(noord, ann, 2).await);

    let address = "/security-info/add/hardware-token";
    let answer = installation.call(&stale, "GET", &format!("{address}?serial=ZS-0002"), "").await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/security-info?confirm=%2Fsecurity-info%2Fadd%2Fhardware-token%3Fserial%3DZS-0002")
    );
    let answer = installation.call(&stale, "POST", address, "serial=ZS-0002&code=123456").await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/security-info?confirm=%2Fsecurity-info%2Fadd%2Fhardware-token")
    );
    let page = installation.call(&fresh, "GET", address, "").await;
    assert!(
        page.status == 200 && page.body.contains("value=\"ZS-0002\"") && page.body.contains("readonly"),
        "{}",
        page.body
    );
    let page = installation.call(&fresh, "GET", &format!("{address}?other=yes"), "").await;
    assert!(page.status == 200 && !page.body.contains("ZS-0002"), "{}", page.body);
    let answer = installation.call(&fresh, "POST", address, "serial=&code=12&name=On+my+keys").await;
    assert!(answer.status == 422 && answer.body.contains("Type the serial number") && answer.body.contains("A code has 6 or 8 digits"));
    assert!(answer.body.contains("value=\"On my keys\""));
    let answer = installation.call(&fresh, "POST", address, "serial=ZS-9999&code=123456").await;
    assert!(answer.status == model::ErrorCode::TokenUnknown.status() && answer.body.contains("No token with this number is free"));
    let answer = installation.call(&fresh, "POST", address, "serial=ZS-0002&code=000000").await;
    assert!(
        answer.status == model::ErrorCode::WrongCode.status() && answer.body.contains("right. Wait until"),
        "{}",
        answer.body
    );
}

/// A pass is shown once, on a page that is not compressed; it is told on the member's page, ends when it is taken back, and nobody gives one to himself.
#[tokio::test]
async fn a_pass_is_given_on_a_page_and_shown_once() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let desk = installation.member(noord, "desk@noord.example", &[Role::Support]).await;
    let target = installation.member(noord, "target@noord.example", &[]).await;
    let cookie = installation.session(noord, desk, 2).await;
    let page = format!("/admin/noord/users/{target}");
    let terms = installation.call(&cookie, "GET", &format!("{page}?do=pass"), "").await;
    assert!(terms.status == 200 && terms.body.contains("How long it works"), "{}", terms.body);
    for (form, told) in [
        ("do=pass&minutes=60&once=yes&reason=", "Write why"),
        ("do=pass&minutes=60&once=yes&reason=lost&date=2026-13-01", "no day and time"),
        ("do=pass&minutes=60&once=yes&reason=lost&date=2099-01-01&time=08:00", "no day and time"),
    ] {
        let answer = installation.call(&cookie, "POST", &page, form).await;
        assert!(answer.status == 422 && answer.body.contains(told), "{form}: {} {}", answer.status, answer.body);
    }
    assert_eq!(installation.call(&cookie, "POST", &page, "do=pass&minutes=7&reason=lost").await.status, 400);
    let given = installation
        .call(&cookie, "POST", &page, "do=pass&minutes=240&once=yes&reason=lost+phone")
        .await;
    assert_eq!(given.status, 200, "{}", given.body);
    let pass = given
        .body
        .split(['<', '>', '"'])
        .find(|word| word.len() == 14 && word.matches('-').count() == 2 && word.bytes().all(|b| b == b'-' || b.is_ascii_digit() || b.is_ascii_uppercase()))
        .expect("the pass")
        .to_owned();
    let overview = installation.call(&cookie, "GET", &page, "").await;
    assert!(overview.body.contains("A temporary pass is open") && !overview.body.contains(&pass));
    assert!(overview.body.contains("do=pass-end"));
    let ended = installation.call(&cookie, "POST", &page, "do=pass-end&reason=found+it").await;
    assert_eq!((ended.status, ended.location.as_str()), (303, format!("{page}?done=pass-end").as_str()));
    assert!(!installation.call(&cookie, "GET", &page, "").await.body.contains("A temporary pass is open"));
    let own = format!("/admin/noord/users/{desk}");
    assert!(!installation.call(&cookie, "GET", &own, "").await.body.contains("do=pass\""));
    let refused = installation.call(&cookie, "POST", &own, "do=pass&minutes=60&reason=me").await;
    assert_eq!(refused.status, model::ErrorCode::NotForOneself.status());
    assert!(refused.body.contains(model::ErrorCode::NotForOneself.as_str()) || refused.body.contains("for yourself"));
}

/// A block and a bypass: their terms, what is told on the member's page, and that nobody does either for himself.
#[tokio::test]
async fn a_member_is_blocked_and_let_in_again_on_pages() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let admin = installation.member(noord, "admin@noord.example", &[Role::AuthAdmin]).await;
    let target = installation.member(noord, "target@noord.example", &[]).await;
    let cookie = installation.session(noord, admin, 2).await;
    let page = format!("/admin/noord/users/{target}");
    let post = async |form: &str| installation.call(&cookie, "POST", &page, form).await;
    let get = async |query: &str| installation.call(&cookie, "GET", &format!("{page}{query}"), "").await;
    let terms = get("?do=block").await;
    assert!(terms.status == 200 && terms.body.contains("Until somebody lifts it"), "{}", terms.body);
    for (form, status) in [
        ("do=block&term=7&reason=", 422),
        ("do=block&term=8&reason=x", 400),
        ("do=block&term=&reason=x", 400),
        ("do=bypass&term=none&reason=x", 400),
        ("do=bypass&term=301&reason=x", 400),
    ] {
        assert_eq!(post(form).await.status, status, "{form}");
    }
    let opened = post("do=bypass&term=300&reason=phone+at+home").await;
    assert_eq!((opened.status, opened.location.as_str()), (303, format!("{page}?done=bypass").as_str()));
    let overview = get("").await;
    assert!(overview.body.contains("A one-time bypass is open") && overview.body.contains("phone at home"));
    let blocked = post("do=block&term=none&reason=stolen+%3Cb%3Elaptop").await;
    assert_eq!((blocked.status, blocked.location.as_str()), (303, format!("{page}?done=block").as_str()));
    let overview = get("").await;
    assert!(
        overview.body.contains("Blocked by an admin") && overview.body.contains("until somebody lifts it"),
        "{}",
        overview.body
    );
    assert!(overview.body.contains("stolen &lt;b&gt;laptop"), "what was typed is text");
    assert!(!overview.body.contains("A one-time bypass is open"), "a block ends it");
    assert!(overview.body.contains("do=unblock") && !overview.body.contains("do=bypass"));
    assert_eq!(post("do=unblock&reason=found").await.status, 303);
    let overview = get("").await;
    assert!(
        !overview.body.contains("Blocked by an admin") && overview.body.contains("found"),
        "the history stays"
    );
    let own = format!("/admin/noord/users/{admin}");
    let mine = installation.call(&cookie, "GET", &own, "").await;
    assert!(!mine.body.contains("do=block") && !mine.body.contains("do=bypass"));
    for form in ["do=block&term=7&reason=me", "do=bypass&term=60&reason=me", "do=unblock&reason=me"] {
        let refused = installation.call(&cookie, "POST", &own, form).await;
        assert_eq!(refused.status, model::ErrorCode::NotForOneself.status(), "{form}");
    }
}

/// The page of trusted networks: what is wrong is said with its value and everything typed, and each change has its question.
#[tokio::test]
async fn networks_are_trusted_on_a_page() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let admin = installation.member(noord, "policy@noord.example", &[Role::PolicyAdmin]).await;
    let cookie = installation.session(noord, admin, 2).await;
    let page = "/admin/noord/networks";
    let post = async |form: &str| installation.call(&cookie, "POST", page, form).await;
    let get = async |query: &str| installation.call(&cookie, "GET", &format!("{page}{query}"), "").await;
    assert!(get("").await.body.contains("No place is trusted"));
    for (range, told) in [
        ("192.0.2.7%2F24", "“192.0.2.7/24” is no network"),
        ("0.0.0.0%2F0", "“0.0.0.0/0” is no network"),
        ("%3Cb%3E", "“&lt;b&gt;” is no network"),
    ] {
        let answer = post(&format!("do=add&name=Office&range={range}&reason=new+office")).await;
        assert!(answer.status == 422 && answer.body.contains(told), "{range}: {}", answer.body);
        assert!(
            answer.body.contains("value=\"Office\"") && answer.body.contains("value=\"new office\""),
            "what was typed stays"
        );
    }
    let no_reason = post("do=add&name=Office&range=192.0.2.0%2F24&reason=").await;
    assert!(no_reason.status == 422 && no_reason.body.contains("Write why"), "{}", no_reason.body);
    let added = post("do=add&name=Office&range=192.0.2.0%2F24&reason=new").await;
    assert_eq!((added.status, added.location.as_str()), (303, "/admin/noord/networks?done=added"));
    let twice = post("do=add&name=Again&range=192.0.2.0%2F24&reason=new").await;
    assert!(
        twice.status == 422 && twice.body.contains("“192.0.2.0/24” is trusted already"),
        "{}",
        twice.body
    );
    let by = Admin::console(noord);
    let listed = installation.domain.directory().networks(&by).await.expect("a list");
    let id = listed[0].id;
    let ask = get(&format!("?do=remove&id={id}")).await;
    assert!(ask.status == 200 && ask.body.contains("Trust Office no longer?"), "{}", ask.body);
    assert_eq!(get("?do=remove&id=nothing").await.status, 404);
    let renamed = post(&format!("do=rename&id={id}&name=Head+office&reason=moved")).await;
    assert_eq!((renamed.status, renamed.location.as_str()), (303, "/admin/noord/networks?done=renamed"));
    assert!(get("").await.body.contains("Head office"));
    assert_eq!(post(&format!("do=remove&id={id}&reason=")).await.status, 422);
    assert_eq!(post(&format!("do=remove&id={id}&reason=closed")).await.status, 303);
    assert_eq!(post(&format!("do=remove&id={id}&reason=closed")).await.status, 404);
    assert_eq!(post("do=trust&skip=yes&days=14&reason=z").await.location, "/admin/noord/networks?done=saved");
    let (_, policy) = installation.domain.directory().policy(&by).await.expect("a policy");
    assert_eq!(
        (policy.trust.networks_skip, policy.trust.remember_days, policy.trust.fraud_blocks),
        (true, 14, false)
    );
    for days in ["31", "-1", "", "x"] {
        assert_eq!(post(&format!("do=trust&days={days}")).await.status, 400, "{days}");
    }
}

/// The operator's page of a provider: what is wrong stands beside its field, what was typed stays, the secret never comes back, and who was slower is told.
#[tokio::test]
async fn providers_are_set_up_on_pages() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let cookie = installation.operator(noord).await;
    let post = async |path: &str, form: &str| installation.call(&cookie, "POST", path, form).await;
    let get = async |path: &str| installation.call(&cookie, "GET", path, "").await;
    let list = "/operator/providers";
    assert!(get(list).await.body.contains("Nobody carries texts, calls or mails yet"));
    assert!(!get("/operator/providers/new").await.body.contains("kind=folder"), "not outside development");

    let new = "/operator/providers/new";
    let wrong = post(new, "kind=http_sms&channel=sms&name=&base=http%3A%2F%2Fsms.example&account=AC1&secret=t0ken").await;
    assert!(wrong.status == 422 && wrong.body.contains("at most 100 characters"), "{}", wrong.body);
    assert!(
        wrong.body.contains("value=\"AC1\"") && !wrong.body.contains("t0ken"),
        "what was typed stays, the secret does not"
    );
    let wrong = post(
        new,
        "kind=http_sms&channel=sms&name=First&base=http%3A%2F%2Fsms.example&account=AC1&secret=t0ken",
    )
    .await;
    assert!(wrong.status == 422 && wrong.body.contains("does not start with https"), "{}", wrong.body);
    let wrong = post(new, "kind=http_sms&channel=sms&name=First&base=https%3A%2F%2Fsms.example&account=AC1&secret=").await;
    assert!(wrong.status == 422 && wrong.body.contains("This has to be filled in"), "{}", wrong.body);
    assert_eq!(post(new, "kind=folder&channel=sms&name=F&path=%2Ftmp%2Fx").await.status, 400);
    let made = post(
        new,
        "kind=http_sms&channel=sms&name=First&base=https%3A%2F%2Fsms.example&account=AC1&secret=t0ken",
    )
    .await;
    assert_eq!(made.status, 303, "{}", made.body);
    let own = made.location.split('?').next().unwrap_or_default().to_owned();
    let seen = get(&made.location).await;
    assert!(
        seen.body.contains("First has been added") && seen.body.contains("One is stored") && !seen.body.contains("t0ken"),
        "{}",
        seen.body
    );
    assert!(get(list).await.body.contains("Not used yet"));

    // The name changes without the secret; a stale page is told, and keeps what was typed; another address wants the secret.
    let form = |version: i32, name: &str, base: &str| format!("do=change&version={version}&name={name}&base=https%3A%2F%2F{base}&account=AC1&secret=");
    assert_eq!(post(&own, &form(1, "Renamed", "sms.example")).await.status, 303);
    let stale = post(&own, &form(1, "Mine", "sms.example")).await;
    assert!(
        stale.status == 409 && stale.body.contains("Somebody else has changed it") && stale.body.contains("value=\"Mine\""),
        "{}",
        stale.body
    );
    let moved = post(&own, &form(2, "Renamed", "other.example")).await;
    assert!(moved.status == 422 && moved.body.contains("the secret is asked again"), "{}", moved.body);

    // A test without a sender, to no number, and to somebody who does not answer.
    let none = post(&own, "do=test&to=%2B31612345678").await;
    assert!(none.status == 422 && none.body.contains("No sender fits"), "{}", none.body);
    let bad = post(&own, "do=test&to=call+me").await;
    assert!(
        bad.status == 422 && bad.body.contains("no phone number") && bad.body.contains("value=\"call me\""),
        "{}",
        bad.body
    );

    assert_eq!(post(&own, "do=off&version=1").await.status, 409);
    assert_eq!(post(&own, "do=off&version=2").await.status, 303);
    assert!(get(list).await.body.contains("Switched off"));
    let ask = get(&format!("{own}?do=remove")).await;
    assert!(
        ask.status == 200 && ask.body.contains("Remove Renamed?") && ask.body.contains("codes this way stop"),
        "{}",
        ask.body
    );
    assert_eq!(post(&own, "do=remove&version=3").await.location, "/operator/providers?done=removed");
    assert_eq!(get(&own).await.status, 404);
}

/// Senders by country and day: what is wrong is said with its row, and what was typed stays.
#[tokio::test]
async fn senders_have_their_days_on_a_page() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let cookie = installation.operator(noord).await;
    let page = "/operator/senders";
    let post = async |form: &str| installation.call(&cookie, "POST", page, form).await;
    let get = async |query: &str| installation.call(&cookie, "GET", &format!("{page}{query}"), "").await;
    assert!(get("").await.body.contains("No sender yet"));
    for (form, told) in [
        ("channel=sms&kind=short_code&value=97671&country=NL", "Short codes exist in the United States"),
        ("channel=sms&kind=short_code&value=9&country=US", "5 or 6 digits"),
        ("channel=sms&kind=number&value=0612345678", "begins with a plus"),
        ("channel=voice&kind=name&value=Noord", "does not fit this channel"),
        ("channel=sms&kind=name&value=Noord&country=N", "Two letters, such as NL"),
        ("channel=sms&kind=name&value=Noord&from=tomorrow", "A day, such as"),
        (
            "channel=sms&kind=name&value=Noord&from=2027-01-02&until=2027-01-01",
            "The last day is before the first",
        ),
    ] {
        let answer = post(&format!("do=add&{form}")).await;
        assert!(answer.status == 422 && answer.body.contains(told), "{form}: {}", answer.body);
    }
    let first = "do=add&channel=sms&kind=short_code&value=97671&country=us&from=2026-01-01&until=2026-06-30";
    assert_eq!(post(first).await.location, "/operator/senders?done=added");
    let again = post(&first.replace("2026-01-01", "2026-06-30").replace("&until=2026-06-30", "")).await;
    assert!(
        again.status == 422 && again.body.contains("is there already for that time") && again.body.contains("class=\"selected"),
        "{}",
        again.body
    );
    assert_eq!(
        post(&first.replace("2026-01-01", "2026-07-01").replace("&until=2026-06-30", "")).await.status,
        303
    );
    let all = installation.domain.delivery().senders(Operator::console()).await.expect("read");
    assert_eq!(all.len(), 2);
    let (id, seen) = (all[1].id, all[1].valid_until.expect("it ends").to_string());
    let ask = get(&format!("?do=end&id={id}")).await;
    assert!(
        ask.body.contains("Until when is 97671 used?") && ask.body.contains("value=\"2026-06-30\""),
        "{}",
        ask.body
    );
    let overlapping = post(&format!("do=end&id={id}&seen={seen}&until=2026-07-01")).await;
    assert!(
        overlapping.status == 409 && overlapping.body.contains("is there already"),
        "{}",
        overlapping.body
    );
    assert_eq!(post(&format!("do=end&id={id}&seen={seen}&until=2026-05-31")).await.status, 303);
    let stale = post(&format!("do=end&id={id}&seen={seen}&until=2026-04-30")).await;
    assert!(stale.status == 409 && stale.body.contains("Somebody else has changed"), "{}", stale.body);
    assert_eq!(post(&format!("do=remove&id={id}")).await.status, 303);
    assert_eq!(get(&format!("?do=remove&id={id}")).await.status, 404);
}

/// Models of passkeys are chosen on a page, each change with its reason.
#[tokio::test]
async fn passkey_models_are_chosen_on_a_page() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let admin = installation.member(noord, "policy@noord.example", &[Role::PolicyAdmin]).await;
    let cookie = installation.session(noord, admin, 2).await;
    let page = "/admin/noord/passkey-models";
    let post = async |form: &str| installation.call(&cookie, "POST", page, form).await;
    let get = async |query: &str| installation.call(&cookie, "GET", &format!("{page}{query}"), "").await;
    assert!(get("").await.body.contains("Bitwarden"), "known models can be chosen");
    for (form, told) in [
        ("aaguid=nothing&reason=z", "“nothing” is no AAGUID"),
        ("aaguid=&known=&reason=z", "Choose a model or type its AAGUID"),
        ("aaguid=cb69481e-8ff7-4039-93ec-0a2729a154a8&reason=", "Write why"),
    ] {
        let answer = post(&format!("do=add&{form}")).await;
        assert!(answer.status == 422 && answer.body.contains(told), "{form}: {}", answer.body);
    }
    let key = "cb69481e-8ff7-4039-93ec-0a2729a154a8";
    assert_eq!(
        post(&format!("do=add&known={key}&reason=ours")).await.location,
        "/admin/noord/passkey-models?done=added"
    );
    assert!(post(&format!("do=add&aaguid={key}&reason=ours")).await.body.contains("on the list already"));
    let proven = post("do=proof&required=yes&reason=z").await;
    assert!(proven.status == 422 && proven.body.contains("needs the metadata"), "{}", proven.body);
    let ask = get(&format!("?do=remove&aaguid={key}")).await;
    assert!(
        ask.body.contains("Take YubiKey 5 off the list?") && ask.body.contains("without a list any model"),
        "{}",
        ask.body
    );
    assert_eq!(post(&format!("do=remove&aaguid={key}&reason=")).await.status, 422);
    assert_eq!(post(&format!("do=remove&aaguid={key}&reason=lost")).await.status, 303);
    assert_eq!(post(&format!("do=remove&aaguid={key}&reason=lost")).await.status, 404);
}

/// An alarm stands over the sign-ins and on the operator's page until it is resumed with a reason; who may only read cannot resume it.
#[tokio::test]
async fn f7_alarms_are_shown_and_resumed() {
    let installation = Installation::new().await;
    let noord = installation.noord;
    let owner = sqlx::PgPool::connect(&installation._database.owner_url).await.expect("the owner");
    sqlx::query(
        "insert into conversion_alarm (tenant_id, country, raised_at, sent, entered, paused) values ($1, 'BE', now() - interval '1 hour', 62, 4, true)",
    )
    .bind(noord.0)
    .execute(&owner)
    .await
    .expect("an alarm");
    owner.close().await;
    let by = Admin::console(noord);
    let (_, mut policy) = installation.domain.directory().policy(&by).await.expect("a policy");
    policy.delivery.paused = vec![String::from("BE")];
    installation.domain.directory().publish_policy(&by, policy).await.expect("published");
    let reader = installation.member(noord, "reader@noord.example", &[Role::Reader]).await;
    let admin = installation.member(noord, "policy@noord.example", &[Role::PolicyAdmin]).await;
    let (reader, admin) = (installation.session(noord, reader, 2).await, installation.session(noord, admin, 2).await);
    let operator = installation.operator(noord).await;
    let page = "/admin/noord/alarms";
    let sign_ins = installation.call(&reader, "GET", "/admin/noord/journal", "").await;
    assert!(sign_ins.body.contains("Codes to Belgium (BE) hardly come back"), "{}", sign_ins.body);
    let seen = installation.call(&reader, "GET", page, "").await;
    assert!(seen.body.contains("4 of 62") && !seen.body.contains("do=resume"), "{}", seen.body);
    assert!(installation.call(&operator, "GET", "/operator/providers", "").await.body.contains("4 of 62"));
    assert_eq!(installation.call(&reader, "GET", &format!("{page}?do=resume&country=BE"), "").await.status, 403);
    let ask = installation.call(&admin, "GET", &format!("{page}?do=resume&country=BE"), "").await;
    assert!(ask.status == 200 && ask.body.contains("Send codes to Belgium (BE) again?"), "{}", ask.body);
    let silent = installation.call(&admin, "POST", page, "do=resume&country=BE&reason=").await;
    assert!(silent.status == 422 && silent.body.contains("Write why"), "{}", silent.body);
    let done = installation.call(&admin, "POST", page, "do=resume&country=BE&reason=a+campaign").await;
    assert_eq!(done.location, "/admin/noord/alarms?done=resumed");
    let sign_ins = installation.call(&reader, "GET", "/admin/noord/journal", "").await;
    assert!(!sign_ins.body.contains("hardly come back"));
}
