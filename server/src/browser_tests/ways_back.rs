//! Ways back: wherever a page says where the browser goes next, it stays on this service, whatever was asked for. Abuse cases by their id.

use super::pages::elsewhere;
use super::*;

/// Whether a browser that is on a page of ours stays here: the address is read as browsers read it (WHATWG URL), not as we do.
fn stays(address: &str) -> bool {
    let here = reqwest::Url::parse("https://mfa.example/security-info").expect("an address");
    here.join(address).is_ok_and(|there| there.origin() == here.origin())
}

/// Where the links and forms of a page lead.
fn ways_out(page: &str) -> Vec<String> {
    let named = ["href=\"", "action=\""].into_iter().flat_map(|name| page.split(name).skip(1));
    named
        .filter_map(|rest| rest.split('"').next())
        .map(|address| address.replace("&amp;", "&"))
        .collect()
}

/// Some of the addresses that lead elsewhere, of every kind, and some that are only too long.
fn some_of_elsewhere() -> Vec<String> {
    let long = "a".repeat(3_000);
    let mut some: Vec<String> = elsewhere().into_iter().step_by(23).collect();
    some.extend([format!("/{long}"), format!("//evil.example/{long}"), format!("https://evil.example/{long}")]);
    some
}

pub(super) fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

impl Answer {
    /// Fails unless the browser is sent on, and within this service.
    fn leads_on(&self, back: &str) {
        assert!(
            self.status == 303 && self.location().starts_with('/') && stays(self.location()),
            "{back:?}: {} {:?}",
            self.status,
            self.location()
        );
    }
}

impl Site {
    /// Types a name on a page that is to lead back there; the cookie.
    async fn named_with_back(&self, name: &str, back: &str) -> String {
        let path = format!("/sign-in?back={}", escaped(back));
        let named = self.post(&path, "", &format!("step=name&upn={name}%40noord.example")).await;
        assert_eq!((named.status, named.location()), (303, "/sign-in?after=name"), "{back:?}");
        named.cookie().expect("a cookie after the name")
    }

    /// The same, and the password.
    async fn passed_with_back(&self, name: &str, back: &str) -> Answer {
        let named = self.named_with_back(name, back).await;
        let form = format!("step=password&password={}", PASSWORD.replace(' ', "+"));
        self.post("/sign-in", &named, &form).await
    }

    async fn policy(&self, change: impl FnOnce(&mut PolicyDocument)) {
        let directory = self.domain.directory();
        let (_, mut policy) = directory.policy(&self.admin).await.expect("a policy");
        change(&mut policy);
        directory.publish_policy(&self.admin, policy).await.expect("published");
    }
}

/// A browser is not fooled by this test either: what it takes for another site is told from what it does not.
#[test]
fn addresses_are_read_as_browsers_read_them() {
    for here in [
        "/activity",
        "/",
        "activity",
        "?a=//evil.example",
        "/%2f%2fevil.example",
        "/https://evil.example",
    ] {
        assert!(stays(here), "{here}");
    }
    for away in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "https://mfa.example.evil.example",
        "https://mfa.example@evil.example",
        "http://mfa.example/",
        "https://mfa.example:8443/",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        assert!(!stays(away), "{away}");
    }
    let elsewhere = elsewhere();
    assert!(
        elsewhere.iter().filter(|address| !stays(address)).count() > 150,
        "most of them do lead elsewhere"
    );
}

/// D8: after the app's code, after a pass, after the wizard was put off and after it was gone through: on to this service.
#[tokio::test]
async fn d8_no_way_of_signing_in_leads_elsewhere() {
    let site = Site::new().await;
    site.policy(|policy| policy.registration.ask_everybody = true).await;
    let seed = site.member("ann", &[], true).await;
    site.member("bob", &[], false).await;
    // What is asked for on this service is led to.
    let passed = site.passed_with_back("ann", "/activity").await;
    let cookie = passed.cookie().expect("a cookie");
    let done = site.post("/sign-in", &cookie, &format!("step=code&code={}", site.code(&seed))).await;
    assert_eq!((done.status, done.location()), (303, "/activity"));
    for back in some_of_elsewhere() {
        site.domain.clock().advance(SignedDuration::from_secs(60));
        let passed = site.passed_with_back("ann", &back).await;
        passed.leads_on(&back);
        let cookie = passed.cookie().expect("a cookie");
        let done = site.post("/sign-in", &cookie, &format!("step=code&code={}", site.code(&seed))).await;
        done.leads_on(&back);
        assert!(site.opens(&done.cookie().expect("a session")).await, "{back:?}");

        let pass = site.pass("ann").await;
        let named = site.named_with_back("ann", &back).await;
        let done = site.post("/sign-in", &named, &format!("step=pass&code={pass}")).await;
        done.leads_on(&back);
        assert!(site.opens(&done.cookie().expect("a session")).await, "{back:?}");

        let asked = site.passed_with_back("bob", &back).await;
        assert_eq!((asked.status, asked.location()), (303, "/register"), "{back:?}");
        let skipped = site.post("/register", &asked.cookie().expect("a cookie"), "step=skip").await;
        skipped.leads_on(&back);
        assert!(site.opens(&skipped.cookie().expect("a session")).await, "{back:?}");
    }
    let several = some_of_elsewhere().into_iter().rev().step_by(4);
    for (n, back) in several.enumerate() {
        let name = format!("new{n}");
        site.member(&name, &[], false).await;
        let asked = site.passed_with_back(&name, &back).await;
        let cookie = asked.cookie().expect("a cookie");
        let wizard = site.get("/register", &cookie).await;
        let secret = wizard
            .body
            .split("secret=")
            .nth(1)
            .and_then(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next())
            .expect("a seed");
        let seed = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("Base32");
        let form = format!("step=test&device=phone&code={}", site.code(&seed));
        let codes = site.post("/register", &cookie, &form).await;
        assert_eq!(codes.status, 200, "{}", codes.body);
        let session = codes.cookie().expect("a session");
        site.post("/register", &session, "step=codes").await.leads_on(&back);
        let page = site.get("/register?show=done", &session).await;
        assert_eq!(page.status, 200, "{}", page.body);
        for way in ways_out(&page.body) {
            assert!(stays(&way), "{back:?}: {way}");
        }
    }
}

/// D8: whoever is asked to register for a reset goes on by a link, which leads nowhere else either.
#[tokio::test]
async fn d8_what_interrupts_a_sign_in_leads_nowhere_else() {
    let site = Site::new().await;
    site.offers_resets(2).await;
    site.policy(|policy| {
        policy.reset.register = true;
        policy.methods.push(MethodRule {
            kind: MethodKind::SecurityQuestions,
            uses: vec![MethodUse::Reset],
        });
    })
    .await;
    let seed = site.member("ann", &[], true).await;
    for back in some_of_elsewhere() {
        site.domain.clock().advance(SignedDuration::from_secs(60));
        let passed = site.passed_with_back("ann", &back).await;
        let cookie = passed.cookie().expect("a cookie");
        let done = site.post("/sign-in", &cookie, &format!("step=code&code={}", site.code(&seed))).await;
        done.leads_on(&back);
        assert_eq!(done.location(), "/register?show=reset", "{back:?}");
        let session = done.cookie().expect("a session");
        for path in ["/register?show=reset", "/security-info?done=added&what=x"] {
            let page = site.get(path, &session).await;
            match page.status {
                303 => page.leads_on(&back),
                status => assert_eq!(status, 200, "{back:?}: {path}"),
            }
            for way in ways_out(&page.body) {
                assert!(stays(&way), "{back:?}: {path}: {way}");
            }
        }
    }
}

/// D8: the way back of a fresh second step travels in a form and in an address: whatever is written there, the right code leads nowhere else.
#[tokio::test]
async fn d8_a_step_up_leads_nowhere_else() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let mut session = site.sign_in("ann", &seed).await;
    for back in some_of_elsewhere() {
        site.domain.clock().advance(SignedDuration::from_secs(60));
        let asked = site.get(&format!("/security-info?confirm={}", escaped(&back)), &session).await;
        assert_eq!(asked.status, 200, "{back:?}");
        let handle = asked
            .body
            .split("name=\"method\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a handle");
        let (attempt, shown) = handle.split_once('~').expect("an attempt and a way back");
        assert!(shown.starts_with('/') && stays(shown), "{back:?}: {shown}");
        // Whoever writes the handle himself gets no further.
        let written = escaped(&format!("{attempt}~{back}"));
        let waits = site.get(&format!("/security-info?calling={written}"), &session).await;
        assert_eq!(waits.status, 200, "{back:?}");
        for way in ways_out(&asked.body).into_iter().chain(ways_out(&waits.body)) {
            assert!(stays(&way), "{back:?}: {way}");
        }
        let form = format!("step=confirm&method={written}&code={}", site.code(&seed));
        let fresh = site.post("/security-info", &session, &form).await;
        fresh.leads_on(&back);
        session = fresh.cookie().expect("a new cookie after the fresh code");
    }
    let asked = site.get("/security-info?confirm=%2Factivity", &session).await;
    assert!(asked.body.contains("~/activity\""), "a page of ours is gone back to: {}", asked.body);
}

/// D8: no page takes a link from its address: not the check of a caller, not the form for help, not the language.
#[tokio::test]
async fn d8_no_page_links_elsewhere() {
    let site = Site::new().await;
    let seed = site.member("sue", &[Role::Support], true).await;
    site.member("ann", &[], false).await;
    let of = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    let ann = site.domain.directory().member(&site.admin, &of).await.expect("a member").id;
    let session = site.sign_in("sue", &seed).await;
    for back in some_of_elsewhere() {
        let back = escaped(&back);
        for (path, cookie) in [
            (format!("/support/callers/{ann}?back={back}"), session.as_str()),
            (format!("/help/request?page={back}"), ""),
            (format!("/help/request?page={back}"), session.as_str()),
            (format!("/sign-in?back={back}"), ""),
            (format!("/lost?back={back}"), ""),
            (format!("/reset?back={back}"), ""),
            (format!("/help?back={back}"), ""),
            (format!("/security-info?what={back}&done=added"), session.as_str()),
        ] {
            let page = site.get(&path, cookie).await;
            assert_eq!(page.status, 200, "{path}");
            for way in ways_out(&page.body) {
                assert!(stays(&way), "{path}: {way}");
            }
        }
        let form = format!("step=code&attempt={}&code=12&back={back}", uuid::Uuid::nil());
        let answered = site.post(&format!("/support/callers/{ann}"), &session, &form).await;
        for way in ways_out(&answered.body) {
            assert!(stays(&way), "{back}: {way}");
        }
    }
}
