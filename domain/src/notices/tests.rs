//! Notices against a fresh Postgres: whom they reach, in which language, how often they are tried, and what their link ends. A provider is played by a port
//! that remembers; the protocols have their own tests. Abuse cases by their id.

use super::*;
use crate::{
    actor::{Member, Operator},
    delivery::{
        NewProvider, NewSender, ProviderKind,
        channel::{ChannelKind, DeliveryStatus, HandedOver, SendError, Trouble},
        phone::PhoneNumber,
    },
    directory::{MemberPatch, block::BlockTerm},
    methods::pass::PassTerms,
    policy::reset::NotForReset,
    sign_in::{NewSession, PasswordOutcome, SessionStage},
    testing::*,
};
use async_trait::async_trait;
use std::{collections::BTreeSet, path::Path as FilePath, sync::Mutex};

/// What a provider was given.
#[derive(Clone, Debug)]
struct Got {
    id: Uuid,
    to: String,
    subject: String,
    text: String,
}

#[derive(Default)]
struct Played {
    got: Mutex<Vec<Got>>,
    fails: Mutex<Option<SendError>>,
}

#[async_trait]
impl Port for Played {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Development
    }

    async fn hand_over(&self, message: &Message) -> std::result::Result<HandedOver, SendError> {
        if let Some(error) = self.fails.lock().expect("a lock").clone() {
            return Err(error);
        }
        let got = match (&message.to, &message.content) {
            (Recipient::Phone { e164, .. }, Content::Sms { text }) => (e164.clone(), String::from("sms"), text.expose().clone()),
            (Recipient::Mail { address }, Content::Mail { subject, text, html: None }) => (address.clone(), subject.clone(), text.expose().clone()),
            other => panic!("not a notice: {other:?}"),
        };
        self.got.lock().expect("a lock").push(Got {
            id: message.id,
            to: got.0,
            subject: got.1,
            text: got.2,
        });
        Ok(HandedOver {
            reference: None,
            status: DeliveryStatus::Sent,
        })
    }

    async fn check(&self) -> std::result::Result<(), SendError> {
        Ok(())
    }
}

/// A tenant with a provider for mail and one for texts.
struct Post {
    app: TestApp,
    port: Arc<Played>,
    ports: Ports,
}

impl Post {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let (by, delivery, port) = (Operator::console(), app.domain.delivery(), Arc::new(Played::default()));
        let mut ports = Ports::new();
        for (name, channel, kind, value) in [
            ("Post", Channel::Mail, SenderKind::Mail, "security@noord.example"),
            ("Draad", Channel::Sms, SenderKind::Name, "Noord"),
        ] {
            let new = NewProvider {
                tenant: None,
                channel,
                kind: ProviderKind::Folder,
                name: CleanText::parse(name).expect("a name"),
                rank: 1,
                settings: json!({}),
                secret: None,
            };
            ports.insert(delivery.add_provider(by, new).await.expect("a provider"), port.clone());
            let sender = NewSender {
                tenant: None,
                channel,
                country: None,
                kind,
                value: value.to_owned(),
                provider: None,
                valid_from: None,
                valid_until: None,
            };
            delivery.add_sender(by, sender).await.expect("a sender");
        }
        Self { app, port, ports }
    }

    /// Sends what is due until nothing is, and gives what has gone out since the last time.
    async fn works(&self) -> Vec<Got> {
        self.works_with(&self.ports).await
    }

    async fn works_with(&self, ports: &Ports) -> Vec<Got> {
        let notices = self.app.domain.notices();
        loop {
            let taken = notices.take(10).await.expect("taken");
            if taken.is_empty() {
                return std::mem::take(&mut *self.port.got.lock().expect("a lock"));
            }
            for one in taken {
                notices.send(one, ports).await.expect("sent");
            }
        }
    }

    fn fails(&self, error: Option<SendError>) {
        *self.port.fails.lock().expect("a lock") = error;
    }

    /// Gives a member a phone or mailbox, as the member himself would have proven it.
    async fn gives(&self, to: &TestMember, kind: MethodKind, address: &str) -> MethodId {
        let address = match kind {
            MethodKind::Email => Address::Mail(Mailbox::parse(address).expect("a mailbox")),
            _ => Address::Phone(PhoneNumber::parse(address, None).expect("a number")),
        };
        let methods = self.app.domain.methods();
        let added = methods.add_address(&self.app.admin, &MemberRef::Id(to.id), kind, &address).await;
        added.expect("a method").id
    }

    async fn view(&self, of: &TestMember, method: MethodId) -> crate::methods::MethodView {
        let info = self
            .app
            .domain
            .methods()
            .of(&self.app.admin, &MemberRef::Id(of.id))
            .await
            .expect("security info");
        info.methods.into_iter().find(|m| m.id == method).expect("a method")
    }

    async fn outcomes(&self) -> Vec<String> {
        let sql =
            "select kind || ' ' || outcome || ' ' || tries || ' ' || octet_length(sealed) from outbox where done_at is not null order by created_at, kind";
        self.app.seen_by_superuser(sql).await
    }
}

fn to(got: &[Got]) -> Vec<&str> {
    let mut to: Vec<&str> = got.iter().map(|got| got.to.as_str()).collect();
    to.sort_unstable();
    to
}

fn token_in(got: &Got) -> NoticeToken {
    let after = got.text.split("/notices/").nth(1).unwrap_or_else(|| panic!("no link: {}", got.text));
    NoticeToken::parse(after.lines().next().expect("a line")).expect("a token")
}

/// Every kind that any verb writes has its text. The sources are read: what somebody adds is found here before a member gets a mail that says nothing.
#[test]
fn every_kind_that_is_written_has_its_text() {
    fn sources(folder: &FilePath, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                sources(&entry, found);
            } else if entry.extension().is_some_and(|end| end == "rs") && !entry.to_string_lossy().contains("tests") {
                found.push(std::fs::read_to_string(entry).expect("a file"));
            }
        }
    }
    let mut files = Vec::new();
    sources(&testkit::crate_folder().join("src"), &mut files);
    let event_in = |text: &str| {
        let name: String = text.split("Event::").nth(1)?.chars().take_while(|c| c.is_alphanumeric()).collect();
        Event::ALL
            .iter()
            .find(|event| format!("{event:?}") == name)
            .map(|event| event.as_str().to_owned())
    };
    let near = |text: &str, characters: usize| text.chars().take(characters).collect::<String>();
    let mut written: BTreeSet<String> = Event::ALL
        .iter()
        .filter(|event| crate::directory::is_told(**event))
        .map(|event| event.as_str().to_owned())
        .collect();
    for file in &files {
        for call in [".record(", ".record_of(", ".record_from(", ".remove_in(", ".remove_from(", "insert_notices("] {
            written.extend(file.split(call).skip(1).filter_map(|rest| event_in(&near(rest, 250))));
        }
        for call in ["notice(domain, scene, ", "tell(Event::", ".tell("] {
            for rest in file.split(call).skip(1).map(|rest| near(rest, 120)) {
                let literal = rest.split('"').nth(1).filter(|word| !word.contains(' ')).map(str::to_owned);
                let argument = rest.split(';').next().unwrap_or_default();
                written.extend(if argument.contains("Event::") { event_in(argument) } else { literal });
            }
        }
    }
    for kind in [
        "locked",
        "method_switched_off",
        "pass_used",
        "recovery_codes.made",
        "security_info.deleted",
        "token.assigned",
        "fraud.alert",
    ] {
        assert!(written.contains(kind), "{kind} is not found: the test looks wrong: {written:?}");
    }
    let words: Vec<&String> = written.iter().filter(|kind| kind.contains(['.', '_']) || kind.as_str() == "locked").collect();
    for kind in words {
        assert_ne!(
            Kind::from_text(kind),
            Kind::Other,
            "nothing is said about '{kind}': domain/src/notices/rules.rs and texts.rs"
        );
    }
}

/// Product rule 5: each change is mailed to the member: to the mail address of the directory and to every own mailbox, in the member's language.
#[tokio::test]
async fn a_change_is_mailed_to_every_address_in_the_members_language() {
    let post = Post::new().await;
    let ann = post.app.member_with_app("ann").await;
    let of = MemberRef::Id(ann.id);
    let patch = MemberPatch {
        mail: Some(Some(Upn::parse("ann.post@noord.example").expect("a mailbox"))),
        ..MemberPatch::default()
    };
    post.app
        .domain
        .directory()
        .change_member(&post.app.admin, &of, patch, None)
        .await
        .expect("changed");
    post.gives(&ann, MethodKind::Email, "ann@thuis.example").await;
    post.works().await;
    post.app.as_superuser("update member set locale = 'nl', given_name = 'Ann'").await;
    let me = post.app.signed_in(&ann, 2, 1);
    post.app.domain.methods().new_recovery_codes(&me).await.expect("codes");
    let got = post.works().await;
    assert_eq!(to(&got), ["ann.post@noord.example", "ann@thuis.example"]);
    assert_eq!(got[0].subject, "Nieuwe herstelcodes - noord");
    for part in [
        "Dag Ann,",
        "Wanneer:  17 november 2026, 10:41 (Europe/Amsterdam)",
        "Waar:     203.0.113.24, Firefox",
        "Was jij dit niet?",
        "http://localhost:3000/notices/",
    ] {
        assert!(got[0].text.contains(part), "{part} in {}", got[0].text);
    }
    assert_eq!(got[0].text.split("/notices/").nth(1), got[1].text.split("/notices/").nth(1), "one link");
    assert_ne!(got[0].id, got[1].id, "a name for each address");
    // Without a mail address in the directory the sign-in name is one.
    let bob = post.app.member_with_app("bob").await;
    let got = post.works().await;
    assert_eq!(to(&got), [bob.upn.as_str()]);
    assert!(
        got[0].text.contains("Hello bob,") && got[0].text.contains("authenticator app"),
        "{}",
        got[0].text
    );
}

/// What an admin does in the directory is told too: also to the mailbox that was the member's until then. No notice holds a secret (bar 20).
#[tokio::test]
async fn what_admins_do_is_told_and_no_secret_is() {
    let post = Post::new().await;
    let ann = post.app.member("ann").await;
    let (directory, by, of) = (post.app.domain.directory(), &post.app.admin, MemberRef::Id(ann.id));
    post.works().await;
    let mail = |address: &str| MemberPatch {
        mail: Some(Some(Upn::parse(address).expect("a mailbox"))),
        ..MemberPatch::default()
    };
    directory.change_member(by, &of, mail("old@noord.example"), None).await.expect("changed");
    post.works().await;
    directory.change_member(by, &of, mail("new@noord.example"), None).await.expect("changed");
    assert_eq!(to(&post.works().await), ["new@noord.example", "old@noord.example"]);
    let mut said = Vec::new();
    directory.set_password(by, &of, PASSWORD).await.expect("a password");
    said.extend(post.works().await);
    let link = directory.make_set_up_link(by, &of).await.expect("a link");
    said.extend(post.works().await);
    directory.use_set_up_link(&link, "zeven groene kikkers").await.expect("used");
    said.extend(post.works().await);
    let pass = post
        .app
        .domain
        .methods()
        .give_pass(by, &of, PassTerms::default(), "lost")
        .await
        .expect("a pass")
        .reveal();
    said.extend(post.works().await);
    directory.open_bypass(by, &of, 300, "left it").await.expect("a bypass");
    said.extend(post.works().await);
    directory.block(by, &of, BlockTerm::default(), "asked for").await.expect("blocked");
    said.extend(post.works().await);
    directory.unblock(by, &of, "called back").await.expect("unblocked");
    said.extend(post.works().await);
    directory.set_mfa_state(by, &of, MfaState::Enforced, true, None).await.expect("a state");
    said.extend(post.works().await);
    directory.require_reregistration(by, &of, "lost").await.expect("required");
    said.extend(post.works().await);
    let subjects: Vec<&str> = said.iter().map(|got| got.subject.trim_end_matches(" - noord")).collect();
    assert_eq!(
        subjects,
        [
            "Password changed",
            "Set-up link given",
            "Password changed",
            "Temporary pass given",
            "Second step skipped once",
            "Account blocked",
            "Account no longer blocked",
            "Second step switched on",
            "Sign-in methods reset"
        ]
    );
    let secrets = [PASSWORD.to_owned(), link.reveal(), pass.clone(), pass.replace('-', "")];
    for got in &said {
        assert!(secrets.iter().all(|secret| !got.text.contains(secret.as_str())), "{}", got.text);
        assert!(!got.text.contains("/set-up/"), "{}", got.text);
    }
}

/// A provider that is down costs nothing but time: tries grow apart; what nobody takes for a day is given up, wiped, and stands where admins look.
#[tokio::test]
async fn a_notice_is_tried_for_a_day_and_then_given_up() {
    let post = Post::new().await;
    let ann = post.app.member_with_app("ann").await;
    post.fails(Some(SendError::Unreachable(Trouble::Connection)));
    assert!(post.works().await.is_empty());
    assert_eq!(post.app.number("select count(*) from outbox where done_at is null and tries = 1").await, 1);
    assert!(post.app.domain.notices().take(10).await.expect("nothing").is_empty(), "not before its time");
    post.app.wait(61);
    post.fails(None);
    let got = post.works().await;
    assert_eq!((got.len(), to(&got)), (1, vec![ann.upn.as_str()]));
    assert_eq!(post.outcomes().await, ["security_info.registered_by_admin sent 2 0"], "what it said is wiped");

    post.fails(Some(SendError::Unreachable(Trouble::Connection)));
    post.app
        .domain
        .methods()
        .new_recovery_codes(&post.app.signed_in(&ann, 2, 1))
        .await
        .expect("codes");
    for _ in 0..30 {
        post.works().await;
        post.app.wait(3_600);
    }
    assert_eq!(post.app.number("select count(*) from outbox where done_at is null").await, 0);
    assert_eq!(post.outcomes().await[1], "recovery_codes.made given_up 10 0");
    assert_eq!(
        post.app
            .number("select count(*) from audit_log where event = 'notice.not_sent' and target_kind = 'member' and actor_kind = 'service'")
            .await,
        1
    );
    // An address that is no good is not tried again; the other one has it.
    post.fails(Some(SendError::Refused {
        provider_code: String::from("550"),
        permanent: true,
    }));
    post.app
        .domain
        .methods()
        .new_recovery_codes(&post.app.signed_in(&ann, 2, 1))
        .await
        .expect("codes");
    post.works().await;
    assert_eq!(post.outcomes().await[2], "recovery_codes.made given_up 1 0");
    post.app.wait(8 * 86_400);
    post.app.domain.notices().sweep(&[post.app.tenant]).await.expect("swept");
    assert_eq!(post.app.number("select count(*) from outbox").await, 0, "kept no longer than needed");
}

/// Without anybody who carries mail the rows wait, and not for ever.
#[tokio::test]
async fn without_a_provider_notices_wait_a_day() {
    let app = TestApp::new().await;
    app.member_with_app("ann").await;
    let notices = app.domain.notices();
    for _ in 0..30 {
        for taken in notices.take(10).await.expect("taken") {
            notices.send(taken, &Ports::new()).await.expect("waits");
        }
        app.wait(3_600);
    }
    assert_eq!(app.seen_by_superuser("select outcome || ' ' || tries from outbox").await, ["no_provider 10"]);
    assert_eq!(app.number("select count(*) from audit_log where event = 'notice.not_sent'").await, 1);
}

/// A worker that dies loses nothing, two workers never hold the same notice, and what was reached before is not reached again.
#[tokio::test]
async fn a_killed_worker_loses_nothing() {
    let post = Post::new().await;
    let ann = post.app.member_with_app("ann").await;
    post.works().await;
    post.gives(&ann, MethodKind::Email, "ann@thuis.example").await;
    let taken = post.app.domain.notices().take(10).await.expect("taken");
    assert_eq!(taken.len(), 1);
    let other = post.app.second_node().await;
    assert!(other.notices().take(10).await.expect("nothing").is_empty(), "it is held");
    drop(taken);
    post.app.wait(121);
    let again = other.notices().take(10).await.expect("taken").pop().expect("the notice");
    // The first address was reached by the one that died.
    let keys = post.app.domain.keys(post.app.tenant).await.expect("keys");
    let first = target(&keys, Address::Mail(Mailbox::parse(ann.upn.as_str()).expect("a mailbox")));
    let reached = store::add_reached(other.db(), again.id(), &other.node().name, &first.mac, 120, post.app.now()).await;
    assert!(reached.expect("written"));
    drop(again);
    post.app.wait(121);
    assert_eq!(to(&post.works().await), ["ann@thuis.example"]);
    assert_eq!(post.app.number("select count(*) from outbox where done_at is null").await, 0);
}

/// C12: an attacker with a session swaps the phone. The old number is told by a text, every mailbox by mail, and the new number resets no password for a day.
#[tokio::test]
async fn c12_a_swapped_phone_is_told_and_resets_nothing_for_a_day() {
    const OLD: &str = "+31612345678";
    const NEW: &str = "+31687654321";
    let post = Post::new().await;
    let ann = post.app.member_with_app("ann").await;
    let old = post.gives(&ann, MethodKind::Sms, OLD).await;
    post.works().await;
    post.app.wait(2 * 86_400);
    assert_eq!(post.view(&ann, old).await.not_for_reset, None, "the old one has had its day");

    let new = post.gives(&ann, MethodKind::Sms, NEW).await;
    let until = post.app.now() + SignedDuration::from_hours(24);
    assert_eq!(post.view(&ann, new).await.not_for_reset, Some(NotForReset::Cooling { until }));
    let got = post.works().await;
    assert_eq!(to(&got), [OLD, ann.upn.as_str()], "the old number and the mailbox, not the new number");
    let text = &got.iter().find(|got| got.to == OLD).expect("a text").text;
    assert!(
        text.starts_with("noord: a phone was added") && text.len() <= 160 && !text.contains("://"),
        "{text}"
    );

    let me = post.app.signed_in(&ann, 2, 1);
    post.app.wait(60);
    post.app.domain.methods().remove(&me, old).await.expect("removed");
    let got = post.works().await;
    assert_eq!(
        to(&got),
        [OLD, NEW, ann.upn.as_str()].iter().copied().filter(|to| *to != NEW).collect::<Vec<_>>()
    );
    let text = &got.iter().find(|got| got.to == OLD).expect("a text").text;
    assert!(text.contains("no longer belongs"), "{text}");
    post.app.wait(86_339);
    assert!(post.view(&ann, new).await.not_for_reset.is_some(), "a second before");
    post.app.wait(1);
    assert_eq!(post.view(&ann, new).await.not_for_reset, None);
    // The texts stand in the budgets, belong to no attempt and cost no verification.
    assert_eq!(
        post.app
            .number("select count(*) from delivery where channel = 'sms' and status = 'handed' and prefix is null")
            .await,
        2
    );
    assert_eq!(post.app.number("select count(*) from usage").await, 0);
    // Whoever adds and removes in a circle pays for no texts beyond the budget (F7).
    let me = post.app.signed_in(&ann, 2, 1);
    for _ in 0..8 {
        let method = post.gives(&ann, MethodKind::Sms, OLD).await;
        post.app.domain.methods().remove(&me, method).await.expect("removed");
        post.works().await;
    }
    assert!(
        post.app.number("select count(*) from delivery where channel = 'sms'").await <= 12,
        "five an hour to each number"
    );
    // An admin who wipes all methods is told of to the numbers that are gone.
    post.app.wait(7_200);
    let of = MemberRef::Id(ann.id);
    post.app
        .domain
        .directory()
        .require_reregistration(&post.app.admin, &of, "lost")
        .await
        .expect("required");
    assert_eq!(to(&post.works().await), [NEW, ann.upn.as_str()]);
}

/// C13: a number of so many members proves nobody; one that nobody has used for a year proves nobody until it has been used again.
#[tokio::test]
async fn c13_a_number_of_many_or_of_long_ago_resets_nothing() {
    const OFFICE: &str = "+31201234567";
    let post = Post::new().await;
    let mut phones = Vec::new();
    for name in ["ann", "bob", "cas"] {
        let member = post.app.member_with_app(name).await;
        let phone = post.gives(&member, MethodKind::Voice, OFFICE).await;
        phones.push((member, phone));
    }
    post.app.wait(2 * 86_400);
    for (member, phone) in &phones {
        let view = post.view(member, *phone).await;
        assert_eq!((view.shared_with, view.not_for_reset), (2, Some(NotForReset::Shared)));
    }
    // In another tenant the same number is nobody else's.
    let zuid = post.app.neighbour("zuid").await;
    let eva = zuid.member_with_app("eva").await;
    let number = Address::Phone(PhoneNumber::parse(OFFICE, None).expect("a number"));
    let theirs = zuid
        .domain
        .methods()
        .add_address(&zuid.admin, &MemberRef::Id(eva.id), MethodKind::Voice, &number)
        .await;
    assert_eq!(theirs.expect("a phone").shared_with, 0);
    // The tenant says how many are many.
    let (_, mut policy) = post.app.domain.directory().policy(&post.app.admin).await.expect("a policy");
    policy.delivery.shared_number_members = 4;
    post.app.domain.directory().publish_policy(&post.app.admin, policy).await.expect("published");
    let (ann, phone) = &phones[0];
    let view = post.view(ann, *phone).await;
    assert_eq!((view.shared_with, view.not_for_reset), (2, None));

    let proven = post.app.now() - SignedDuration::from_secs(2 * 86_400);
    post.app.wait(364 * 86_400);
    assert_eq!(post.view(ann, *phone).await.not_for_reset, Some(NotForReset::Idle { since: proven }));
    post.app
        .as_superuser(format!("update method set last_used_at = '{}' where method_id = '{phone}'", post.app.now()))
        .await;
    assert_eq!(post.view(ann, *phone).await.not_for_reset, None, "used again, it is the member's again");
}

/// C3: no link that is mailed is made of what a request said: the configured address alone is in it.
#[tokio::test]
async fn c3_links_are_made_of_the_configured_address() {
    let post = Post::new().await;
    let ann = post.app.member_with_app("ann").await;
    let mut me: Member = post.app.signed_in(&ann, 2, 1);
    me.client.agent = Some(String::from("http://evil.example/notices/x Firefox/1"));
    post.app.domain.methods().new_recovery_codes(&me).await.expect("codes");
    for got in post.works().await {
        assert_eq!(got.text.matches("://").count(), 1, "{}", got.text);
        assert!(got.text.contains(&format!("{}/notices/", post.app.domain.node().origin)), "{}", got.text);
    }
}

/// "This wasn't me": everything that came since ends, once, and nothing is opened by it.
#[tokio::test]
async fn c4_a_notice_link_ends_what_came_since_once_and_opens_nothing() {
    let post = Post::new().await;
    let ann = post.app.member_with_password("ann").await;
    post.app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    let (methods, directory, by, of) = (post.app.domain.methods(), post.app.domain.directory(), &post.app.admin, MemberRef::Id(ann.id));
    post.works().await;
    // Somebody who knows the password registers an app of his own, makes codes, gets a pass and a bypass.
    let ann = post.app.with_app(ann).await;
    methods.new_recovery_codes(&post.app.signed_in(&ann, 2, 1)).await.expect("codes");
    let pass = methods.give_pass(by, &of, PassTerms::default(), "called").await.expect("a pass");
    directory.open_bypass(by, &of, 600, "called").await.expect("a bypass");
    let link = directory.make_set_up_link(by, &of).await.expect("a link");
    let mut session = NewSession::of_attempt(Some(post.app.tenant), None, SessionStage::Full, 2, client());
    session.member = Some(ann.id);
    post.app.domain.sign_in().create_session(b"theirs", &session).await.expect("a session");
    let got = post.works().await;
    let first = got.iter().find(|got| got.subject.starts_with("Sign-in method added")).expect("a notice");
    let (token, notices) = (token_in(first), post.app.domain.notices());

    // Looking shows little and does nothing.
    let shown = notices.link(&token).await.expect("a link");
    assert_eq!(
        (shown.masked.as_str(), shown.kind, shown.blocks),
        ("a•••@noord.example", Kind::RegisteredByAdmin, false)
    );
    assert_eq!(post.app.number("select count(*) from method where state = 'active'").await, 1);

    // Ten browsers at once: one acts.
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (domain, token) = (post.app.domain.clone(), token.clone());
        tasks.spawn(async move { domain.notices().freeze(&token).await.ok() });
    }
    let frozen: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(
        frozen,
        [link::Frozen {
            blocked: false,
            methods_off: 1
        }]
    );
    assert!(matches!(notices.link(&token).await, Err(NoticeError::LinkGone)));
    for (what, sql) in [
        ("methods", "select count(*) from method where state = 'active'"),
        ("codes", "select count(*) from recovery_code"),
        ("sessions", "select count(*) from session where member_id is not null"),
        ("passes", "select count(*) from access_pass where ended_at is null"),
        ("bypasses", "select count(*) from bypass where ended_at is null"),
        ("links", "select count(*) from set_up_link where used_at is null"),
    ] {
        assert_eq!(post.app.number(sql).await, 0, "{what} are left");
    }
    assert!(directory.use_set_up_link(&link, "zeven groene kikkers").await.is_err());
    assert_eq!(post.app.number("select count(*) from audit_log where event = 'account.frozen'").await, 1);
    let mut told: Vec<String> = post.works().await.into_iter().map(|got| format!("{} {}", got.to, got.subject)).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "ann@noord.example Account made safe - noord",
            "chief@noord.example Somebody reported fraud - noord"
        ]
    );
    // The password alone registers nothing in its place: what was switched off is still a factor.
    let sign_in = post.app.domain.sign_in();
    let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
    let outcome = sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert!(matches!(outcome, PasswordOutcome::Refused { reason: Reason::MethodOff, .. }), "{outcome:?}");
    assert!(post.app.verify(ann.upn.as_str(), &post.app.code(&ann)).await.expect("an answer").decision == Some(Decision::Denied));
    drop(pass);
    // A week later no link works, whatever was in it.
    let later = token_in(got.iter().find(|got| got.subject.starts_with("New recovery codes")).expect("a notice"));
    post.app.wait(7 * 86_400);
    assert!(matches!(notices.link(&later).await, Err(NoticeError::LinkGone)));
    assert!(matches!(notices.freeze(&later).await, Err(NoticeError::LinkGone)));
}

/// C6: a token of a notice is none of a set-up link, nor the other way round, though both have one form.
#[tokio::test]
async fn c6_the_token_of_a_notice_opens_no_other_link() {
    use crate::directory::{DirectoryError, SetUpToken};
    let post = Post::new().await;
    let ann = post.app.member_with_app("ann").await;
    let token = token_in(&post.works().await[0]);
    let directory = post.app.domain.directory();
    let as_set_up = SetUpToken::parse(&token.reveal()).expect("one form");
    assert!(matches!(directory.set_up_link(&as_set_up).await, Err(DirectoryError::LinkGone)));
    assert!(directory.use_set_up_link(&as_set_up, "zeven groene kikkers").await.is_err());
    let link = directory.make_set_up_link(&post.app.admin, &MemberRef::Id(ann.id)).await.expect("a link");
    let as_notice = NoticeToken::parse(&link.reveal()).expect("one form");
    assert!(matches!(post.app.domain.notices().freeze(&as_notice).await, Err(NoticeError::LinkGone)));
    assert_eq!(post.app.number("select count(*) from method where state = 'active'").await, 1);
}

/// What was there before the change stays; where the tenant says so the account is blocked, but never that of a global admin.
#[tokio::test]
async fn a_link_keeps_what_was_before_and_blocks_where_the_tenant_says_so() {
    let post = Post::new().await;
    let trust = Trust {
        fraud_blocks: true,
        reports_to: vec![String::from("desk@noord.example"), String::from("soc@noord.example")],
        ..Trust::default()
    };
    post.app.domain.directory().set_trust(&post.app.admin, trust, "test").await.expect("published");
    for (name, roles, blocked) in [("ann", vec![], true), ("chief", vec![Role::GlobalAdmin], false)] {
        let member = post.app.with_app(post.app.member_with_roles(name, &roles).await).await;
        post.app.wait(3_600);
        post.works().await;
        post.gives(&member, MethodKind::Sms, "+31687654321").await;
        let got = post.works().await;
        let frozen = post.app.domain.notices().freeze(&token_in(&got[0])).await.expect("frozen");
        assert_eq!((frozen.blocked, frozen.methods_off), (blocked, 1), "{name}");
        let info = post.app.domain.methods().of(&post.app.admin, &MemberRef::Id(member.id)).await.expect("info");
        let on: Vec<(MethodKind, bool, Option<&str>)> = info.methods.iter().map(|m| (m.kind, m.active, m.disabled_reason.as_deref())).collect();
        assert_eq!(on, [(MethodKind::Totp, true, None), (MethodKind::Sms, false, Some("not_me"))], "{name}");
        let got = post.works().await;
        assert_eq!(to(&got), [member.upn.as_str(), "desk@noord.example", "soc@noord.example"], "{name}");
        let alert = got.iter().find(|got| got.to.starts_with("desk")).expect("an alert");
        assert!(alert.text.contains(&format!("/admin/noord/users/{}", member.id)), "{}", alert.text);
        assert!(!alert.text.contains("/notices/"), "{}", alert.text);
    }
    let (token, stranger) = (vec![7u8; 64], data_encoding::BASE64URL_NOPAD);
    let unknown = NoticeToken::parse(&stranger.encode(&token)).expect("a form");
    assert!(matches!(post.app.domain.notices().freeze(&unknown).await, Err(NoticeError::LinkGone)));
}

/// The use of an emergency key is told to the admins too.
#[tokio::test]
async fn a14_the_use_of_an_emergency_key_is_told_to_admins() {
    let post = Post::new().await;
    post.app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    let nobody = post.app.member("nood").await;
    let keys = post.app.domain.keys(post.app.tenant).await.expect("keys");
    let mut tx = post.app.domain.db().tenant(post.app.tenant).await.expect("a transaction");
    let directory = post.app.domain.directory();
    let told = directory
        .tell(&mut tx, &keys, nobody.id, Kind::EmergencyUsed.as_str(), &json!({}), post.app.now())
        .await;
    told.expect("told");
    tx.commit().await.expect("committed");
    let got = post.works().await;
    assert_eq!(to(&got), ["chief@noord.example", "nood@noord.example"]);
    assert!(
        got.iter()
            .all(|got| got.subject.starts_with("Emergency key used") && got.text.starts_with("Hello,"))
    );
}

/// A fraud report is mailed to the global admins, or to the tenant's own list, with a link to the case.
#[tokio::test]
async fn a_fraud_report_is_mailed_to_the_admins() {
    let post = Post::new().await;
    post.app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    let ann = post.app.member_with_both("ann").await;
    post.works().await;
    let asked = request(ann.upn.as_str(), None);
    let open = post.app.domain.verification().verify(&post.app.key, None, asked).await.expect("an answer");
    let id = open.challenge.expect("a challenge").id;
    let told = post.app.domain.verification().report_fraud(post.app.tenant, id, None).await.expect("reported");
    let got = post.works().await;
    assert_eq!(to(&got), ["ann@noord.example", "chief@noord.example"]);
    let alert = got.iter().find(|got| got.to.starts_with("chief")).expect("an alert");
    assert!(alert.text.contains("ann@noord.example reported"), "{}", alert.text);
    assert!(
        alert.text.contains(&format!("http://localhost:3000/support/sessions/{}", told.session_id)),
        "{}",
        alert.text
    );
    let bad = Trust {
        reports_to: vec![String::from("no address")],
        ..Trust::default()
    };
    let refused = post.app.domain.directory().set_trust(&post.app.admin, bad, "test").await;
    assert!(refused.is_err_and(|error| error.to_string().contains("trust.reports_to[0]")));
}
