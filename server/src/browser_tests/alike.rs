//! A name that exists and one that does not: every page and every question before the password is right, and what they cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// Counts the statements that are sent to the database from this thread.
struct Statements(Arc<AtomicU64>);

impl tracing::Subscriber for Statements {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

/// An answer without what differs by nature: status, names of headers, where it leads, and the page.
fn plain(answer: &Answer, name: &str) -> (u16, Vec<String>, String, String) {
    let mut body = without_nonces(&answer.body).replace(name, "NAME");
    if let Some(request) = answer.headers.get("x-request-id").and_then(|id| id.to_str().ok()) {
        body = body.replace(request, "REQUEST");
    }
    for id in ids(&body) {
        body = body.replace(&id, "ID");
    }
    let headers = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status, headers, answer.location().to_owned(), body)
}

/// Bar 14: before the password is right nothing can be asked, sent, lost or registered, and a member with an app, one with a phone, one who does not exist and
/// one of no organisation are told so alike. The question to a passkey is asked of no name.
#[tokio::test]
async fn bar14_before_the_password_no_name_is_told_from_another() {
    let site = Site::new().await;
    site.member("ann", &[], true).await;
    site.member("bea", &[], false).await;
    let of = MemberRef::Upn(Upn::parse("bea@noord.example").expect("a name"));
    let phone = domain::delivery::phone::PhoneNumber::parse("+31612345678", None).expect("a number");
    let phone = domain::delivery::Address::Phone(phone);
    let methods = site.domain.methods();
    methods.add_address(&site.admin, &of, MethodKind::Sms, &phone).await.expect("a phone");
    let before = site.domain.password_hashes();
    let mut seen = Vec::new();
    for name in ["ann@noord.example", "bea@noord.example", "eva@noord.example", "ann@nowhere.example"] {
        let began = site.post("/sign-in", "", &format!("step=name&upn={}", name.replace('@', "%40"))).await;
        let cookie = began.cookie().expect("a cookie");
        let mut answers = vec![plain(&began, name)];
        for path in [
            "/sign-in",
            "/sign-in?show=ways",
            "/sign-in?show=pass",
            "/sign-in?way=sms",
            "/lost",
            "/register",
            "/security-info",
            "/help/request",
        ] {
            answers.push(plain(&site.get(path, &cookie).await, name));
        }
        for (path, form) in [
            ("/sign-in", "step=way&method=sms"),
            ("/sign-in", "step=way&method=totp"),
            ("/sign-in", "step=again"),
            ("/sign-in", "step=code&code=123456"),
            ("/sign-in", "step=passkey&ceremony=x&response=x"),
            ("/register", "step=send&kind=sms&address=%2B31612345678"),
            ("/register", "step=skip"),
            ("/lost", ""),
        ] {
            answers.push(plain(&site.post(path, &cookie, form).await, name));
        }
        for path in ["/sign-in/second/options", "/register/passkey/options"] {
            answers.push(plain(&site.call("POST", path, &cookie, None).await, name));
        }
        let (status, headers, location, question) = plain(&site.call("POST", "/sign-in/passkey/options", &cookie, None).await, name);
        assert!(status == 200 && question.contains("\"challenge\"") && !question.contains("NAME"), "{question}");
        answers.push((status, headers, location, question.len().to_string()));
        seen.push((name, answers));
    }
    for (name, answers) in &seen[1..] {
        for (theirs, anns) in answers.iter().zip(&seen[0].1) {
            assert_eq!(theirs, anns, "{name}");
        }
    }
    assert_eq!(site.domain.password_hashes(), before, "no password was looked at");
}

/// Bar 14: a wrong password, a wrong pass and every step of a reset send as many statements for a name that does not exist as for one that does.
#[tokio::test]
async fn bar14_names_cost_as_many_statements() {
    let site = Site::new().await;
    site.offers_resets(2).await;
    for name in ["warm", "ann"] {
        site.member(name, &[], true).await;
    }
    let count = Arc::new(AtomicU64::new(0));
    let _counting = tracing::subscriber::set_default(Statements(count.clone()));
    let mut seen = Vec::new();
    // The first fills what is kept in memory, for somebody and for nobody.
    for name in ["warm", "cold", "ann", "eva"] {
        let mut cost = Vec::new();
        let mut spent = |what: &'static str| cost.push((what, count.swap(0, Ordering::Relaxed)));
        count.store(0, Ordering::Relaxed);
        let upn = format!("{name}%40noord.example");
        let named = site.post("/sign-in", "", &format!("step=name&upn={upn}")).await.cookie().expect("a cookie");
        spent("name");
        site.post("/sign-in", &named, "step=password&password=something+else").await;
        spent("password");
        let named = site.post("/sign-in", "", &format!("step=name&upn={upn}")).await.cookie().expect("a cookie");
        count.store(0, Ordering::Relaxed);
        site.post("/sign-in", &named, "step=pass&code=WRNG-PASS-WRNG").await;
        spent("pass");
        let reset = site.post("/reset", "", &format!("step=name&upn={upn}")).await.cookie().expect("a cookie");
        spent("reset");
        site.post("/reset", &reset, "step=way&method=totp").await;
        spent("way");
        site.post("/reset", &reset, "step=code&code=000000").await;
        spent("code");
        seen.push(cost);
    }
    assert!(seen[2].iter().all(|(_, statements)| *statements > 0), "nothing is counted: {:?}", seen[2]);
    assert_eq!(seen[2], seen[3]);
}

/// Bar 14: whoever has typed nothing but a name loses nothing, and is sent to the same page whether the name is a member's, nobody's, or of no organisation.
#[tokio::test]
async fn bar14_a_loss_tells_no_organisation_from_none() {
    let site = Site::new().await;
    site.member("ann", &[], true).await;
    let mut seen = Vec::new();
    for name in ["ann@noord.example", "eva@noord.example", "ann@nowhere.example"] {
        let named = site.post("/sign-in", "", &format!("step=name&upn={}", name.replace('@', "%40"))).await;
        let form = "method=00000000-0000-7000-8000-000000000000";
        let lost = site.post("/lost", &named.cookie().expect("a cookie"), form).await;
        seen.push(plain(&lost, name));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}
