//! Names that are HTML: whoever chose the words, and wherever they come onto a page, they are text. Abuse cases by their id.

use domain::actor::{Client, Scope};
use domain::verification::Request as Verification;

use super::pages::NAMES;
use super::ways_back::escaped;
use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

/// Fails when a page holds a name as HTML.
fn is_text(page: &Answer, name: &str, path: &str) {
    assert!(!page.body.contains(name) || !name.contains(['<', '"']), "{path} holds {name} as it is");
    for tag in ["<script>alert", "<img src=x", "<svg onload", "href=//evil.example>"] {
        assert!(!page.body.contains(tag), "{path} holds {tag}");
    }
}

/// Whether somebody who reads a page sees a name.
fn is_read(page: &Answer, name: &str) -> bool {
    let entities = [("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    let read = entities.iter().fold(page.body.clone(), |text, (entity, sign)| text.replace(entity, sign));
    read.contains(name)
}

/// An organisation and a member who have done everything there is to do under one name: the member's session, and the pages to look at.
struct Named {
    session: String,
    second: String,
    pages: Vec<String>,
}

impl Site {
    async fn named(&self, slug: &str, name: &str) -> Named {
        let (directory, methods) = (self.domain.directory(), self.domain.methods());
        let new = NewTenant {
            slug: Slug::parse(slug).expect("a short name"),
            name: CleanText::parse(name).expect("a name"),
            domains: vec![DomainName::parse(&format!("{slug}.example")).expect("a domain")],
            profile: Profile::Standard,
            locale: "en",
        };
        let tenant = directory.create_tenant(Operator::console(), new).await.expect("a tenant");
        let by = Admin::console(tenant);
        let (_, mut policy) = directory.policy(&by).await.expect("a policy");
        policy.methods.push(MethodRule {
            kind: MethodKind::AppPassword,
            uses: vec![MethodUse::SignIn],
        });
        directory.publish_policy(&by, policy).await.expect("published");
        let upn = Upn::parse(&format!("ann@{slug}.example")).expect("a name");
        let new = NewMember {
            upn: upn.clone(),
            given_name: CleanText::parse(name).ok(),
            family_name: CleanText::parse(name).ok(),
            mail: None,
            roles: vec![Role::GlobalAdmin],
        };
        let id = directory.create_member(&by, new).await.expect("a member");
        directory.grant_operator(Operator::console(), tenant, id).await.expect("an operator");
        let of = MemberRef::Id(id);
        directory.set_password(&by, &of, PASSWORD).await.expect("a password");
        let seed = OathSeed::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").expect("a seed");
        methods.add_totp(&by, &of, seed, OathParams::default(), true).await.expect("an app");
        directory
            .add_network(&by, &CleanText::parse(name).expect("a name"), "192.0.2.1/32", name)
            .await
            .expect("a network");

        // A program that calls itself so, about somebody whose browser does.
        let label = CleanText::parse("tests").expect("a name");
        let key = directory.create_api_key(&by, &label, &Scope::ALL, Path::Cloud).await.expect("a key");
        let request = Verification {
            user: upn.clone(),
            code: OfferedCode::parse("000000").ok(),
            method: None,
            application: CleanText::parse(name).ok(),
            client: Client {
                address: None,
                agent: Some(name.to_owned()),
            },
            correlation_id: None,
            idempotency: None,
        };
        let case = self.domain.verification().verify(&key, None, request).await.expect("an answer").session_id;

        // A browser that calls itself so signs in, and gives everything this name.
        let headers = [("host", "mfa.example"), ("user-agent", name)];
        let form = format!("step=name&upn=ann%40{slug}.example");
        let named = self
            .send_with("POST", "/sign-in", "", Some((FORM, form.as_str())), &headers)
            .await
            .cookie()
            .expect("a cookie");
        let form = format!("step=password&password={}", PASSWORD.replace(' ', "+"));
        let second = self
            .send_with("POST", "/sign-in", &named, Some((FORM, form.as_str())), &headers)
            .await
            .cookie()
            .expect("a cookie");
        let form = format!("step=code&code={}", self.code(b"12345678901234567890"));
        let signed_in = self.send_with("POST", "/sign-in", &second, Some((FORM, form.as_str())), &headers).await;
        let session = signed_in.cookie().expect("a session");
        let app = methods.of(&by, &of).await.expect("security info").methods[0].id;
        let renamed = self
            .post("/security-info", &session, &format!("step=rename&method={app}&name={}", escaped(name)))
            .await;
        assert!(renamed.location().contains("done=renamed"), "{} {}", renamed.status, renamed.location());
        let made = self
            .post("/security-info/app-passwords", &session, &format!("step=make&name={}", escaped(name)))
            .await;
        assert_eq!(made.status, 200, "{}", made.body);
        is_text(&made, name, "the new app password");
        let password = methods.app_passwords_of(&by, &of).await.expect("app passwords")[0].id;
        let asked = self
            .post("/help/request", &session, &format!("step=send&page=%2Flost&words={}", escaped(name)))
            .await;
        let number = asked.location().split("number=").nth(1).expect("a ticket").to_owned();
        let link = directory.make_set_up_link(&by, &of).await.expect("a link").reveal();
        // The same half-way through another sign-in: the organisation's name stands on the page.
        let form = format!("step=name&upn=ann%40{slug}.example");
        let named = self.post("/sign-in", "", &form).await.cookie().expect("a cookie");
        let form = format!("step=password&password={}", PASSWORD.replace(' ', "+"));
        let second = self.post("/sign-in", &named, &form).await.cookie().expect("a cookie");

        let admin = format!("/admin/{slug}");
        let fixed = [
            "/security-info",
            "/security-info?confirm=%2Fsecurity-info",
            "/security-info/add",
            "/security-info/add/hardware-token",
            "/security-info/app-passwords",
            "/register",
            "/register?show=test",
            "/register?show=done",
            "/activity",
            "/lost",
            "/help/request",
            "/support",
            "/support/tickets",
            "/operator/tenants",
        ];
        let mut pages: Vec<String> = fixed.map(str::to_owned).to_vec();
        pages.extend([
            renamed.location().to_owned(),
            asked.location().to_owned(),
            format!("/security-info?rename={app}"),
            format!("/security-info?remove={app}"),
            format!("/security-info/app-passwords?remove={password}"),
            format!("/set-up/{link}"),
            format!("/support/tickets/{number}"),
            format!("/support/sessions/{case}"),
            format!("/support/callers/{id}"),
            format!("{admin}/users"),
            format!("{admin}/users/{id}"),
            format!("{admin}/networks"),
            format!("{admin}/journal"),
            format!("{admin}/journal/audit"),
        ]);
        Named { session, second, pages }
    }
}

/// D9: the names of an organisation, of its members, methods, app passwords, networks and applications, what a browser calls itself, and what somebody writes
/// to the desk: on the member's own pages, at the desk, in the console and for the operator.
#[tokio::test]
async fn d9_what_anybody_calls_himself_is_text_on_every_page() {
    let site = Site::new().await;
    for (n, name) in NAMES.into_iter().enumerate() {
        let made = site.named(&format!("tenant{n}"), name).await;
        let mut showing = 0;
        for path in &made.pages {
            let page = site.get(path, &made.session).await;
            assert!(page.status < 400, "{path}: {} {}", page.status, page.body);
            is_text(&page, name, path);
            showing += usize::from(is_read(&page, name));
        }
        assert!(showing >= 8, "only {showing} pages show {name}: the test looks wrong");
        let shown = site.get("/security-info", &made.session).await;
        assert!(is_read(&shown, name), "the method is called so: {}", shown.body);
        for path in ["/sign-in", "/sign-in?show=ways", "/lost", "/help/request"] {
            is_text(&site.get(path, &made.second).await, name, path);
        }
    }
}

/// D9: what was typed into a form or an address and comes back on the page: as text, whether it is taken or refused.
#[tokio::test]
async fn d9_what_was_typed_comes_back_as_text() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let session = site.sign_in("ann", &seed).await;
    let session = session.as_str();
    for name in NAMES {
        let (typed, long) = (escaped(name), escaped(&name.repeat(5)));
        for (path, cookie, form) in [
            ("/sign-in", "", format!("step=name&upn={typed}")),
            ("/reset", "", format!("step=name&upn={typed}")),
            ("/emergency", "", format!("upn={typed}&code={typed}")),
            ("/help/request", "", format!("step=send&page=%2F&upn={typed}&words={typed}")),
            (
                "/help/request",
                session,
                format!("step=send&page=%2F&code={typed}&session={typed}&words=%00{typed}"),
            ),
            ("/security-info/add/phone", session, format!("step=send&address={typed}")),
            ("/security-info/add/email", session, format!("step=send&address={typed}")),
            (
                "/security-info/add/hardware-token",
                session,
                format!("serial={typed}&code={typed}&name={typed}"),
            ),
            ("/security-info/app-passwords", session, format!("step=make&name={long}")),
            ("/register", session, format!("step=test&device={typed}&code={typed}")),
            ("/sign-in", "", format!("step={typed}")),
        ] {
            is_text(&site.post(path, cookie, &form).await, name, path);
        }
        for path in [
            format!("/sign-in?way={typed}&show={typed}&done={typed}"),
            format!("/security-info?done=renamed&what={typed}"),
            format!("/security-info?done=removed&what={typed}"),
            format!("/security-info?done=added&what={typed}"),
            format!("/security-info?rename={typed}&remove={typed}"),
            format!("/security-info?confirm={typed}"),
            format!("/security-info?calling={typed}"),
            format!("/security-info/app-passwords?name={typed}"),
            format!("/security-info/app-passwords?done=removed&what={typed}"),
            format!("/help/request?page={typed}&code={typed}&session={typed}"),
            format!("/help/request?done=sent&number={typed}"),
            format!("/help/errors/{typed}"),
            format!("/help/methods/{typed}"),
            format!("/activity?before={typed}&report={typed}"),
            format!("/set-up/{typed}"),
            format!("/notices/{typed}"),
            format!("/reset/{typed}"),
            format!("/nothing/{typed}?{typed}={typed}"),
        ] {
            for cookie in ["", session] {
                is_text(&site.get(&path, cookie).await, name, &path);
            }
        }
    }
}
