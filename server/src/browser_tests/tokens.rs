//! What is mailed, shown once or kept in a cookie: where its links come from, what a guess comes to, and that it does nothing at the place of another. Abuse
//! cases by their id.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::delivery::channel::{Channel as Port, ChannelKind, Content, DeliveryStatus, HandedOver, Message, SendError};
use domain::delivery::{NewProvider, NewSender, ProviderKind};
use domain::notices::Ports;

use super::*;

const NEW: &str = "password=acht+rode+vissen";

/// A provider that keeps the mails it is given.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

#[async_trait]
impl Port for Kept {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Development
    }

    async fn hand_over(&self, message: &Message) -> Result<HandedOver, SendError> {
        let Content::Mail { subject, text, html } = &message.content else {
            panic!("not a mail: {message:?}")
        };
        let html = html.as_ref().map(|html| html.expose().clone()).unwrap_or_default();
        self.0.lock().expect("a lock").push(format!("{subject}\n{}\n{html}", text.expose()));
        Ok(HandedOver {
            reference: None,
            status: DeliveryStatus::Sent,
        })
    }

    async fn check(&self) -> Result<(), SendError> {
        Ok(())
    }
}

/// The mails of a site.
struct Mails {
    kept: Arc<Kept>,
    ports: Ports,
}

impl Mails {
    async fn of(site: &Site) -> Self {
        let (by, delivery, kept) = (Operator::console(), site.domain.delivery(), Arc::new(Kept::default()));
        let provider = NewProvider {
            tenant: None,
            channel: model::Channel::Mail,
            kind: ProviderKind::Folder,
            name: CleanText::parse("Post").expect("a name"),
            rank: 1,
            settings: serde_json::json!({}),
            secret: None,
        };
        let mut ports = Ports::new();
        ports.insert(delivery.add_provider(by, provider).await.expect("a provider"), kept.clone());
        let sender = NewSender {
            tenant: None,
            channel: model::Channel::Mail,
            country: None,
            kind: SenderKind::Mail,
            value: String::from("security@noord.example"),
            provider: None,
            valid_from: None,
            valid_until: None,
        };
        delivery.add_sender(by, sender).await.expect("a sender");
        Self { kept, ports }
    }

    /// Sends what is due and gives it.
    async fn sent(&self, site: &Site) -> Vec<String> {
        let notices = site.domain.notices();
        loop {
            let taken = notices.take(10).await.expect("taken");
            if taken.is_empty() {
                return std::mem::take(&mut *self.kept.0.lock().expect("a lock"));
            }
            for one in taken {
                notices.send(one, &self.ports).await.expect("sent");
            }
        }
    }
}

/// The token in the link of a notice.
fn notice_in(mails: &[String]) -> String {
    let link = mails.iter().find_map(|mail| mail.split("/notices/").nth(1));
    link.and_then(|rest| rest.lines().next()).expect("a link in a mail").to_owned()
}

fn named(name: &str) -> MemberRef {
    MemberRef::Upn(Upn::parse(&format!("{name}@noord.example")).expect("a name"))
}

/// What stands between the codes of a page: they are in capitals.
fn is_between_codes(c: char) -> bool {
    !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
}

fn is_recovery_code(word: &&str) -> bool {
    word.contains('-') && matches!(OfferedCode::parse(word), Ok(OfferedCode::Recovery(_)))
}

fn password() -> String {
    format!("step=password&password={}", PASSWORD.replace(' ', "+"))
}

impl Site {
    /// The right to set a new password, as whoever shows the app's code gets it.
    async fn reset_right(&self, name: &str, seed: &[u8]) -> String {
        let began = self.post("/reset", "", &format!("step=name&upn={name}%40noord.example")).await;
        let cookie = began.cookie().expect("a cookie");
        self.post("/reset", &cookie, "step=way&method=totp").await;
        let shown = self.post("/reset", &cookie, &format!("step=code&code={}", self.code(seed))).await;
        shown.location().strip_prefix("/reset/").expect("a right").to_owned()
    }

    /// What a browser is remembered by after a second step.
    async fn remembered(&self, name: &str, seed: &[u8]) -> String {
        let (_, passed) = self.up_to_second(name, "").await;
        let form = format!("step=code&remember=yes&code={}", self.code(seed));
        let done = self.post("/sign-in", &passed, &form).await;
        let set = done.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
        let cookie = set.filter_map(|v| v.strip_prefix("__Host-dev=")).next().expect("a remembered browser");
        cookie.split(';').next().expect("a value").to_owned()
    }

    /// Where the password leads in a browser that comes with this cookie.
    async fn passes_from(&self, name: &str, device: &str) -> String {
        let form = format!("step=name&upn={name}%40noord.example");
        let named = self.post("/sign-in", "", &form).await.cookie().expect("a cookie");
        let answer = self.post("/sign-in", &format!("{named}; __Host-dev={device}"), &password()).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.location().to_owned()
    }

    /// Fails when what came back opens anything.
    async fn is_refused(&self, answer: &Answer, what: &str) {
        assert!(answer.status >= 400, "{what}: {} {}", answer.status, answer.location());
        if let Some(cookie) = answer.cookie() {
            assert!(!self.opens(&cookie).await, "{what} opens");
        }
    }
}

/// C6: each kind of token at the place of each other: nothing opens, nothing changes, and none is used up by it.
#[tokio::test]
async fn c6_no_token_does_anything_at_the_place_of_another() {
    let site = Site::new().await;
    let mails = Mails::of(&site).await;
    site.offers_resets(1).await;
    let (directory, methods, sign_in) = (site.domain.directory(), site.domain.methods(), site.domain.sign_in());
    let (_, mut policy) = directory.policy(&site.admin).await.expect("a policy");
    policy.trust.remember_days = 14;
    policy.methods.push(MethodRule {
        kind: MethodKind::AppPassword,
        uses: vec![MethodUse::SignIn],
    });
    directory.publish_policy(&site.admin, policy).await.expect("published");
    let seed = site.member("ann", &[], true).await;
    site.member("eva", &[Role::GlobalAdmin], true).await;
    let (ann, eva) = (named("ann"), named("eva"));

    let session = site.sign_in("ann", &seed).await;
    let renewed = site.post("/security-info", &session, "step=renew").await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    let recovery = renewed.body.split(is_between_codes).find(is_recovery_code).expect("a recovery code").to_owned();
    let notice = notice_in(&mails.sent(&site).await);
    let label = CleanText::parse("Mail").expect("a label");
    let letters = methods
        .make_app_password(&site.admin, &ann, &label)
        .await
        .expect("an app password")
        .reveal()
        .to_owned();
    let pass = site.pass("ann").await;
    let set_up = directory.make_set_up_link(&site.admin, &ann).await.expect("a link").reveal();
    let emergency = sign_in.make_emergency_key(&site.admin, &eva, 365).await.expect("a key").reveal();
    site.domain.clock().advance(SignedDuration::from_secs(60));
    let right = site.reset_right("ann", &seed).await;
    site.domain.clock().advance(SignedDuration::from_secs(60));
    let device = site.remembered("ann", &seed).await;
    let id = session.strip_prefix("__Host-sid=").expect("a session").to_owned();
    let tokens = [
        ("set-up link", set_up),
        ("notice", notice),
        ("reset", right),
        ("session", id),
        ("remembered browser", device),
        ("pass", pass),
        ("recovery code", recovery),
        ("app password", letters),
        ("emergency key", emergency),
    ];
    let of = |wanted: &str| tokens.iter().find(|(name, _)| *name == wanted).expect("a token").1.clone();
    let others = |own: &'static [&'static str]| tokens.iter().filter(move |(name, _)| !own.contains(name));
    let calm = async || {
        for member in [&ann, &eva] {
            directory.unlock(&site.admin, member, "test").await.expect("no throttle");
        }
    };

    for (path, own, code) in [
        ("/set-up", &["set-up link"], ErrorCode::SetUpLinkUsed),
        ("/notices", &["notice"], ErrorCode::NoticeLinkUsed),
        ("/reset", &["reset"], ErrorCode::ResetLinkUsed),
    ] {
        for (name, token) in others(own) {
            let at = format!("{path}/{token}");
            let shown = site.get(&at, "").await;
            assert_eq!(shown.status, code.status(), "{name} at {path}");
            assert!(!shown.body.contains("name=\"password\""), "{name} at {path}");
            site.is_refused(&site.post(&at, "", NEW).await, &format!("{name} at {path}")).await;
        }
    }
    for (name, token) in others(&["session"]) {
        assert!(!site.opens(&format!("__Host-sid={token}")).await, "{name} as a session");
    }
    for (name, token) in others(&["remembered browser"]) {
        assert_eq!(site.passes_from("ann", token).await, "/sign-in", "{name} as a remembered browser");
    }
    for (name, token) in others(&["pass", "recovery code"]) {
        let (_, second) = site.up_to_second("ann", "").await;
        let answer = site.post("/sign-in", &second, &format!("step=code&code={token}")).await;
        site.is_refused(&answer, &format!("{name} as a code")).await;
        calm().await;
    }
    for (name, token) in others(&["pass"]) {
        let (_, answer) = site.with_pass("ann@noord.example", token).await;
        site.is_refused(&answer, &format!("{name} as a pass")).await;
        calm().await;
    }
    for (name, token) in others(&[]) {
        let asked = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
        let answer = site.post("/sign-in", &asked, &format!("step=password&password={token}")).await;
        assert_eq!(answer.status, ErrorCode::WrongPassword.status(), "{name} as a password");
        site.is_refused(&answer, &format!("{name} as a password")).await;
        calm().await;
    }
    for (name, token) in others(&["emergency key"]) {
        for upn in ["ann", "eva"] {
            let form = format!("upn={upn}%40noord.example&code={token}");
            site.is_refused(&site.post("/emergency", "", &form).await, &format!("{name} as the key of {upn}"))
                .await;
            calm().await;
        }
    }
    let form = format!("upn=ann%40noord.example&code={}", of("emergency key"));
    site.is_refused(&site.post("/emergency", "", &form).await, "another's emergency key").await;
    calm().await;

    // Each still does what it is for.
    for (path, what) in [("/set-up", "set-up link"), ("/notices", "notice"), ("/reset", "reset")] {
        assert_eq!(site.get(&format!("{path}/{}", of(what)), "").await.status, 200, "{what}");
    }
    assert!(site.opens(&session).await);
    assert_eq!(site.passes_from("ann", &of("remembered browser")).await, "/");
    let (_, second) = site.up_to_second("ann", "").await;
    let recovered = site.post("/sign-in", &second, &format!("step=code&code={}", of("recovery code"))).await;
    assert_eq!(recovered.status, 303, "{}", recovered.body);
    let (_, passed) = site.with_pass("ann@noord.example", &of("pass")).await;
    assert_eq!((passed.status, passed.location()), (303, "/"), "{}", passed.body);
    let form = format!("upn=eva%40noord.example&code={}", of("emergency key"));
    let opened = site.post("/emergency", "", &form).await;
    assert!(opened.status == 303 && opened.location().starts_with("/set-up/"), "{}", opened.status);
}

/// C5: tokens of the right form, each wrong in another way: all are answered like one that was used, without a password being hashed, and however many there
/// are, the real one still works.
#[tokio::test]
async fn c5_guessed_links_are_refused_alike() {
    let site = Site::new().await;
    let mails = Mails::of(&site).await;
    site.offers_resets(1).await;
    let seed = site.member("ann", &[], true).await;
    let notice = notice_in(&mails.sent(&site).await);
    let set_up = site
        .domain
        .directory()
        .make_set_up_link(&site.admin, &named("ann"))
        .await
        .expect("a link")
        .reveal();
    let right = site.reset_right("ann", &seed).await;
    for (path, real, code) in [
        ("/set-up", set_up, ErrorCode::SetUpLinkUsed),
        ("/notices", notice, ErrorCode::NoticeLinkUsed),
        ("/reset", right, ErrorCode::ResetLinkUsed),
    ] {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(real.as_bytes()).expect("a token");
        assert_eq!(bytes.len(), 64, "{path}: two ids and 256 bits");
        let random = |from: usize| {
            let mut guess = bytes.clone();
            let noise: [u8; 64] = site.domain.rng().bytes();
            guess[from..].copy_from_slice(&noise[from..]);
            data_encoding::BASE64URL_NOPAD.encode(&guess)
        };
        let flipped = |at: usize| {
            let mut guess = bytes.clone();
            guess[at] ^= 1;
            data_encoding::BASE64URL_NOPAD.encode(&guess)
        };
        let mut guesses: Vec<String> = (0..20).map(|_| random(32)).collect();
        guesses.extend([random(16), random(0), flipped(0), flipped(16), flipped(32), flipped(63)]);
        guesses.extend([real[..real.len() - 1].to_owned(), format!("{real}A"), real.to_ascii_uppercase()]);
        let before = site.domain.password_hashes();
        let mut seen = Vec::new();
        for guess in &guesses {
            let at = format!("{path}/{guess}");
            for answer in [site.get(&at, "").await, site.post(&at, "", NEW).await] {
                assert_eq!(answer.status, code.status(), "{at}");
                let headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
                seen.push((headers, without_nonces(&answer.body).replace(guess, "TOKEN")));
            }
        }
        for pair in seen.chunks(2) {
            assert_eq!(pair, &seen[..2], "{path}");
        }
        assert_eq!(site.domain.password_hashes(), before, "{path}: a guess costs us nothing");
        assert_eq!(site.get(&format!("{path}/{real}"), "").await.status, 200, "{path}");
    }
    // Used, a link looks like all of them.
    let used = site
        .domain
        .directory()
        .make_set_up_link(&site.admin, &named("ann"))
        .await
        .expect("a link")
        .reveal();
    let at = format!("/set-up/{used}");
    assert_eq!(site.post(&at, "", NEW).await.status, 303);
    let gone = site.get(&at, "").await;
    let never = format!("{}{}", &used[..used.len() - 1], if used.ends_with('A') { 'B' } else { 'A' });
    let other = site.get(&format!("/set-up/{never}"), "").await;
    assert_eq!(
        without_nonces(&gone.body).replace(&used, "TOKEN"),
        without_nonces(&other.body).replace(&never, "TOKEN"),
        "used and never made look the same"
    );
}

/// C5: recovery codes of the right form are guesses like any others: they are counted, the third ends the sign-in, and a real one is of no use in it any more.
#[tokio::test]
async fn c5_guessed_recovery_codes_are_counted() {
    let site = Site::new().await;
    let seed = site.member("ann", &[], true).await;
    let session = site.sign_in("ann", &seed).await;
    let renewed = site.post("/security-info", &session, "step=renew").await;
    let mut codes = renewed.body.split(is_between_codes).filter(is_recovery_code);
    let real = codes.next().expect("a recovery code");
    let (_, second) = site.up_to_second("ann", "").await;
    let guess = |n: usize| {
        let digit = char::from(b"23456789ABCDEFGH"[n]);
        real.chars().map(|c| if c == '-' { c } else { digit }).collect::<String>()
    };
    for n in 0..3 {
        let answer = site.post("/sign-in", &second, &format!("step=code&code={}", guess(n))).await;
        assert_eq!(answer.status, ErrorCode::WrongCode.status(), "guess {n}: {}", answer.body);
    }
    let late = site.post("/sign-in", &second, &format!("step=code&code={real}")).await;
    assert_eq!(late.status, ErrorCode::SignInExpired.status(), "it has ended");
    assert!(late.cookie().is_none() && !site.opens(&second).await);
    // Too many in a row, in however many sign-ins: nothing is compared any more, not even a real one.
    let past_the_password = async || {
        let named = site.post("/sign-in", "", "step=name&upn=ann%40noord.example").await.cookie().expect("a cookie");
        let passed = site.post("/sign-in", &named, &password()).await;
        passed.cookie().filter(|_| passed.status == 303)
    };
    for round in 1..5 {
        let Some(second) = past_the_password().await else { break };
        for n in 0..3 {
            site.post("/sign-in", &second, &format!("step=code&code={}", guess(3 * round + n))).await;
        }
    }
    if let Some(second) = past_the_password().await {
        let answer = site.post("/sign-in", &second, &format!("step=code&code={real}")).await;
        site.is_refused(&answer, "a real code among guesses").await;
    }
}

/// What a request may claim about where it came to.
const CLAIMS: [(&str, &str); 11] = [
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-port", "8666"),
    ("x-forwarded-prefix", "/evil.example"),
    ("forwarded", "for=192.0.2.66;host=evil.example;proto=http"),
    ("x-host", "evil.example"),
    ("x-original-host", "evil.example"),
    ("x-original-url", "https://evil.example/"),
    ("referer", "https://evil.example/security-info"),
    ("user-agent", "http://evil.example/notices/x Firefox/1"),
];

/// C3, bar 15: whatever a request claims about its host, links in mails and on pages are made of the configured address, and nobody is sent elsewhere; what is
/// sent to another host is not looked at.
#[tokio::test]
async fn c3_no_header_makes_a_link() {
    let site = Site::new().await;
    let mails = Mails::of(&site).await;
    site.offers_resets(2).await;
    let seed = site.member("ann", &[], true).await;
    let chief = site.member("eva", &[Role::GlobalAdmin], true).await;
    let session = site.sign_in("ann", &seed).await;
    let admin = site.sign_in("eva", &chief).await;
    let ann = site.domain.directory().member(&site.admin, &named("ann")).await.expect("a member").id;
    mails.sent(&site).await;
    let claims = [&[("host", "mfa.example")][..], &CLAIMS[..]].concat();
    let form = "application/x-www-form-urlencoded";
    let user = format!("/admin/noord/users/{ann}");
    for (method, path, cookie, body, status) in [
        ("POST", "/security-info", session.as_str(), Some("step=renew"), 200),
        ("POST", user.as_str(), admin.as_str(), Some("do=link&reason=test"), 200),
        ("POST", "/reset", "", Some("step=name&upn=ann%40noord.example"), 303),
        ("POST", "/sign-in", "", Some("step=name&upn=ann%40noord.example"), 303),
        ("GET", "/security-info", "", None, 303),
        ("GET", "/security-info", session.as_str(), None, 200),
        ("GET", "/sign-in", "", None, 200),
        ("GET", "/nothing-here", "", None, 404),
    ] {
        let answer = site.send_with(method, path, cookie, body.map(|body| (form, body)), &claims).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert!(!answer.body.contains("evil.example"), "{method} {path}: {}", answer.body);
        assert!(
            answer.location().is_empty() || answer.location().starts_with('/'),
            "{method} {path}: {}",
            answer.location()
        );
        for (name, value) in &answer.headers {
            assert!(!value.to_str().unwrap_or_default().contains("evil.example"), "{method} {path}: {name}");
        }
        if body == Some("do=link&reason=test") {
            assert!(answer.body.contains("https://mfa.example/set-up/"), "{}", answer.body);
        }
        if path == "/reset" {
            let cookie = answer.cookie().expect("a cookie");
            let asked = site.send_with("POST", path, &cookie, Some((form, "step=way&method=totp")), &claims).await;
            assert_eq!((asked.status, asked.location()), (303, "/reset"));
        }
    }
    let sent = mails.sent(&site).await;
    assert!(sent.len() >= 2, "new codes and a link are told: {sent:?}");
    for mail in &sent {
        assert!(!mail.contains("evil.example"), "{mail}");
        assert_eq!(mail.matches("://").count(), mail.matches("http://localhost:3000").count(), "{mail}");
    }
    assert!(sent.iter().any(|mail| mail.contains("http://localhost:3000/notices/")), "{sent:?}");

    let none: &[(&str, &str)] = &[];
    for hosts in [
        &[("host", "evil.example")][..],
        &[("host", "mfa.example.evil.example")][..],
        &[("host", "mfa.example:8443")][..],
        &[("host", "mfa.example"), ("host", "evil.example")][..],
        none,
    ] {
        for (method, path, cookie, body) in [
            ("POST", "/security-info", session.as_str(), Some((form, "step=renew"))),
            ("POST", "/reset", "", Some((form, "step=name&upn=ann%40noord.example"))),
            ("GET", "/sign-in", "", None),
        ] {
            let answer = site.send_with(method, path, cookie, body, hosts).await;
            assert_eq!(answer.status, ErrorCode::UnknownHost.status(), "{hosts:?} {method} {path}");
            assert!(answer.location().is_empty() && answer.cookie().is_none(), "{hosts:?} {method} {path}");
        }
    }
    assert!(mails.sent(&site).await.is_empty(), "nothing was done and nothing told");
}
