//! What a member changes about his own account takes a second factor that has just been given: every form of the member's pages, sent without one. Abuse
//! cases by their id.

use std::collections::BTreeSet;

use super::*;

/// Where whoever has to show a fresh factor is sent.
const ASKED: &str = "/security-info?confirm=";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// The forms that change something, and are asked for a fresh factor: address and fields.
fn changes(app: MethodId, password: &str) -> Vec<(&'static str, String)> {
    vec![
        ("/security-info", format!("step=rename&method={app}&name=Mine")),
        ("/security-info", format!("step=first&method={app}")),
        ("/security-info", format!("step=found&method={app}")),
        ("/security-info", String::from("step=renew")),
        ("/security-info", String::from("step=remove-questions")),
        ("/security-info", String::from("step=bypass&reason=Left+at+home")),
        ("/security-info/app-passwords", String::from("step=make&name=Mine")),
        ("/security-info/app-passwords", format!("step=remove&method={password}")),
        ("/security-info/app-passwords", String::from("step=remove")),
        ("/security-info/add/phone", String::from("step=send&address=%2B31612345678")),
        ("/security-info/add/call", String::from("step=send&address=%2B31612345678&pin=4821&again=4821")),
        ("/security-info/add/email", String::from("step=send&address=ann%40home.example")),
        ("/security-info/add/hardware-token", String::from("serial=ZS-1&code=123456")),
        ("/security-info/add/security-questions", String::new()),
        ("/security-info/call-pin", String::from("pin=4821&again=4821")),
        ("/register", String::from("step=test&device=Mine&code=123456")),
        ("/security-info", format!("step=remove&method={app}")),
    ]
}

/// The forms that go on with what was begun with a fresh factor, and those of the wizard: without that there is nothing that they could be about.
fn refused() -> Vec<(&'static str, String)> {
    let mut forms = vec![
        ("/security-info/add/passkey", String::from("ceremony=x&response=x&name=Mine")),
        ("/register", String::from("step=passkey&ceremony=x&response=x")),
        ("/register", String::from("step=send&kind=sms&address=%2B31612345678")),
        ("/register", String::from("step=token&serial=ZS-1&code=123456")),
        ("/register", String::from("step=skip")),
    ];
    for path in ["/security-info/add/phone", "/security-info/add/call", "/security-info/add/email", "/register"] {
        for step in ["again", "code"] {
            forms.push((path, format!("step={step}&attempt={NOBODY}&code=123456")));
        }
    }
    forms
}

/// What is not asked: the fresh factor itself, what takes a right away, what only looks, and pages of the wizard.
const FREE: [(&str, &str); 13] = [
    ("/security-info", "confirm"),
    ("/security-info", "confirm-passkey"),
    ("/security-info", "confirm-send"),
    ("/security-info", "codes"),
    ("/security-info", "end"),
    ("/security-info", "forget"),
    ("/security-info", "end-others"),
    ("/security-info", "bypass-end"),
    ("/security-info", "check"),
    ("/register", "choose"),
    ("/register", "back"),
    ("/register", "scanned"),
    ("/register", "codes"),
];

/// Routes of which the same is true: the question of the fresh factor, "this was not me" and "I lost my phone".
const FREE_ROUTES: [&str; 3] = ["/security-info/confirm/options", "/activity", "/lost"];

/// The questions to a device that makes a passkey: no forms.
const OPTIONS: [&str; 2] = ["/security-info/add/passkey/options", "/register/passkey/options"];

fn step_of(form: &str) -> Option<&str> {
    form.split('&').find_map(|field| field.strip_prefix("step="))
}

/// The steps that a handler takes, as its source names them.
fn steps(source: &'static str) -> BTreeSet<&'static str> {
    let act = source
        .split("async fn act(")
        .nth(1)
        .and_then(|rest| rest.split("\n}\n").next())
        .expect("a handler");
    let arms = act.lines().filter_map(|line| line.split_once("=>")).map(|(pattern, _)| pattern.trim_start());
    arms.filter(|pattern| pattern.starts_with(['"', '(']))
        .flat_map(|pattern| pattern.split('"').skip(1).step_by(2))
        .collect()
}

/// B11, bar 9: no route and no step of the member's pages is missing from the tables of this file.
#[test]
fn b11_every_step_of_the_members_pages_is_tried() {
    let forms: Vec<(&str, String)> = [changes(MethodId(uuid::Uuid::nil()), NOBODY), refused()].concat();
    let (_, entries) = routes::all().into_parts();
    let mut routes = 0;
    for entry in entries.iter().filter(|e| e.method == "POST" && matches!(e.who, Who::Member | Who::Visitor)) {
        let tried = forms.iter().any(|(path, _)| *path == entry.path);
        assert!(
            tried || FREE_ROUTES.contains(&entry.path) || OPTIONS.contains(&entry.path),
            "{} is not tried without a fresh factor",
            entry.path
        );
        routes += 1;
    }
    assert!(routes >= 15, "{routes} routes");
    for (path, source) in [
        ("/security-info", include_str!("../../../app/src/handlers/security_info.rs")),
        ("/security-info/app-passwords", include_str!("../../../app/src/handlers/app_passwords.rs")),
        ("/security-info/add/phone", include_str!("../../../app/src/handlers/add_address.rs")),
        ("/security-info/add/call", include_str!("../../../app/src/handlers/add_address.rs")),
        ("/security-info/add/email", include_str!("../../../app/src/handlers/add_address.rs")),
        ("/register", include_str!("../../../app/src/handlers/register.rs")),
    ] {
        let tried: BTreeSet<&str> = forms.iter().filter(|(at, _)| *at == path).filter_map(|(_, form)| step_of(form)).collect();
        let free = FREE.iter().filter(|(at, _)| *at == path).map(|(_, step)| *step);
        let known: BTreeSet<&str> = tried.iter().copied().chain(free).collect();
        assert_eq!(known, steps(source), "{path}");
    }
}

/// Everything that is kept safe by it.
async fn kept(site: &Site, of: &MemberRef) -> String {
    let methods = site.domain.methods();
    let info = methods.of(&site.admin, of).await.expect("security info");
    let passwords = methods.app_passwords_of(&site.admin, of).await.expect("app passwords");
    let standing = site.domain.directory().member(&site.admin, of).await.expect("a member").default_method;
    format!("{info:?} {passwords:?} {standing:?}")
}

/// B11, bar 9: with a session whose second factor is ten minutes old, and with one that has none, no form changes anything: each asks for a fresh factor, or
/// has nothing to go on with. Right after a second factor none of them asks.
#[tokio::test]
async fn b11_no_form_changes_anything_without_a_fresh_second_factor() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let of = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    let (directory, methods) = (site.domain.directory(), site.domain.methods());
    let (_, mut policy) = directory.policy(&site.admin).await.expect("a policy");
    for (kind, wanted) in [(MethodKind::AppPassword, MethodUse::SignIn), (MethodKind::SecurityQuestions, MethodUse::Reset)] {
        policy.methods.push(MethodRule { kind, uses: vec![wanted] });
    }
    policy.trust.self_bypass = true;
    policy.calls.pin = true;
    directory.publish_policy(&site.admin, policy).await.expect("published");
    let label = CleanText::parse("Mail").expect("a label");
    let made = methods.make_app_password(&site.admin, &of, &label).await.expect("an app password");
    let app = methods.of(&site.admin, &of).await.expect("security info").methods[0].id;
    let changes = changes(app, &made.view.id.to_string());

    let stale = site.sign_in("ann", &seed).await;
    site.domain.clock().advance(SignedDuration::from_secs(600));
    directory.open_bypass(&site.admin, &of, 300, "test").await.expect("a bypass");
    let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
    let form = format!("step=password&password={}", PASSWORD.replace(' ', "+"));
    let none = site.post("/sign-in", &named, &form).await.cookie().expect("a session");
    let before = kept(&site, &of).await;
    for (session, which) in [(&stale, "ten minutes old"), (&none, "without a factor")] {
        assert!(site.opens(session).await, "{which}");
        for (path, form) in &changes {
            let answer = site.post(path, session, form).await;
            assert!(
                answer.status == 303 && answer.location().starts_with(ASKED),
                "{which}: {path} {form}: {} {}",
                answer.status,
                answer.location()
            );
        }
        for (path, form) in refused() {
            let answer = site.post(path, session, &form).await;
            assert!(
                answer.status >= 400 || answer.status == 303 && answer.location().starts_with("/sign-in"),
                "{which}: {path} {form}: {} {}",
                answer.status,
                answer.location()
            );
        }
        for path in OPTIONS {
            let answer = site.call("POST", path, session, None).await;
            assert!(answer.status >= 400, "{which}: {path}: {}", answer.status);
        }
        // No secret is shown and nothing to type it in, either.
        for path in [
            "/register",
            "/security-info/add/passkey",
            "/security-info/add/hardware-token",
            "/security-info/add/security-questions",
            "/security-info/call-pin",
            "/security-info?bypass=1",
        ] {
            let answer = site.get(path, session).await;
            assert!(
                answer.status == 303 && answer.location().starts_with(ASKED),
                "{which}: {path}: {}",
                answer.status
            );
        }
        assert_eq!(kept(&site, &of).await, before, "{which}");
    }
    site.domain.clock().advance(SignedDuration::from_secs(60));
    let fresh = site.sign_in("ann", &seed).await;
    for (path, form) in &changes {
        let answer = site.post(path, &fresh, form).await;
        assert!(
            !answer.location().starts_with(ASKED) && !answer.location().starts_with("/sign-in"),
            "{path} {form}: {}",
            answer.location()
        );
    }
    assert_ne!(kept(&site, &of).await, before, "the same forms do change something");
}

/// B11: in the strict profile a second factor is fresh for five minutes.
#[tokio::test]
async fn b11_strict_asks_again_after_five_minutes() {
    let site = Site::with(Profile::Strict).await;
    let seed = site.member("ann", &[], true).await;
    let of = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    let app = site.domain.methods().of(&site.admin, &of).await.expect("security info").methods[0].id;
    let session = site.sign_in("ann", &seed).await;
    let renames = |name: &str| format!("step=rename&method={app}&name={name}");
    site.domain.clock().advance(SignedDuration::from_secs(299));
    let answer = site.post("/security-info", &session, &renames("Mine")).await;
    assert!(answer.location().contains("done=renamed"), "{} {}", answer.status, answer.location());
    site.domain.clock().advance(SignedDuration::from_secs(1));
    let before = kept(&site, &of).await;
    for form in [
        renames("Yours"),
        format!("step=first&method={app}"),
        String::from("step=renew"),
        format!("step=remove&method={app}"),
    ] {
        let answer = site.post("/security-info", &session, &form).await;
        assert!(answer.status == 303 && answer.location().starts_with(ASKED), "{form}: {}", answer.status);
    }
    assert_eq!(kept(&site, &of).await, before);
}
