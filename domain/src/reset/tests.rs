//! Resets against a fresh Postgres: what opens one, what does not, and that nobody can tell a name from another. A provider is played by a port that
//! remembers. Abuse cases by their id.

use super::*;
use crate::{
    actor::Operator,
    delivery::{
        Address, NewProvider, NewSender, ProviderKind,
        channel::{Channel as Port, ChannelKind, Content, DeliveryStatus, HandedOver, Message, Recipient, SendError},
        phone::{Mailbox, PhoneNumber},
    },
    directory::{MemberPatch, SetUpToken, block::BlockTerm},
    notices::Ports,
    sign_in::{NewSession, PasswordOutcome, SessionStage},
    testing::*,
};
use async_trait::async_trait;
use std::sync::Mutex;
use uuid::Uuid;

mod ended;

const NEW: &str = "zeven groene kikkers";
const NUMBER: &str = "+31612345678";

#[derive(Default)]
struct Played {
    got: Mutex<Vec<(String, String)>>,
}

#[async_trait]
impl Port for Played {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Development
    }

    async fn hand_over(&self, message: &Message) -> std::result::Result<HandedOver, SendError> {
        let got = match (&message.to, &message.content) {
            (Recipient::Phone { e164, .. }, Content::Sms { text }) => (e164.clone(), text.expose().clone()),
            (Recipient::Mail { address }, Content::Mail { text, subject, .. }) => (address.clone(), format!("{subject}\n{}", text.expose())),
            other => panic!("not for here: {other:?}"),
        };
        self.got.lock().expect("a lock").push(got);
        Ok(HandedOver {
            reference: None,
            status: DeliveryStatus::Sent,
        })
    }

    async fn check(&self) -> std::result::Result<(), SendError> {
        Ok(())
    }
}

/// A tenant that lets everybody reset, by two gates, with providers for texts and mail.
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
        let post = Self { app, port, ports };
        post.policy(|document| document.reset.scope = ResetScope::Everybody).await;
        post
    }

    async fn policy(&self, change: impl FnOnce(&mut PolicyDocument)) {
        let directory = self.app.domain.directory();
        let (_, mut document) = directory.policy(&self.app.admin).await.expect("a policy");
        change(&mut document);
        directory.publish_policy(&self.app.admin, document).await.expect("published");
    }

    /// A member with password, app, phone and mailbox, all of them old enough.
    async fn member(&self, name: &str, number: &str) -> TestMember {
        let member = self.app.member_with_both(name).await;
        self.with_addresses(&member, number).await;
        member
    }

    async fn with_addresses(&self, member: &TestMember, number: &str) {
        let of = MemberRef::Id(member.id);
        let home = format!("{}@home.example", member.id);
        for (kind, address) in [
            (MethodKind::Sms, Address::Phone(PhoneNumber::parse(number, None).expect("a number"))),
            (MethodKind::Email, Address::Mail(Mailbox::parse(&home).expect("an address"))),
        ] {
            let added = self.app.domain.methods().add_address(&self.app.admin, &of, kind, &address).await;
            added.expect("added");
        }
        self.app.wait(25 * 3600);
        self.works().await;
    }

    /// Sends what is due, codes and notices, and gives what has gone out since the last time.
    async fn works(&self) -> Vec<(String, String)> {
        loop {
            let codes = self.app.domain.delivery().take(50).await.expect("taken");
            let notices = self.app.domain.notices().take(10).await.expect("taken");
            if codes.is_empty() && notices.is_empty() {
                return std::mem::take(&mut *self.port.got.lock().expect("a lock"));
            }
            for one in codes {
                let carried = one.hand_over(Some(&*self.port)).await;
                self.app.domain.delivery().settle(vec![carried]).await.expect("told");
            }
            for one in notices {
                self.app.domain.notices().send(one, &self.ports).await.expect("sent");
            }
        }
    }

    /// The code of the newest message that has one.
    async fn code(&self) -> OfferedCode {
        let got = self.works().await;
        let digits = |text: &str| text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).map(str::to_owned);
        let code = got.iter().rev().find_map(|(_, text)| digits(text));
        OfferedCode::parse(&code.expect("a code")).expect("a code")
    }

    async fn begins(&self, upn: &Upn) -> AttemptId {
        match self.app.domain.reset().begin(upn, &client()).await.expect("begun") {
            Began::Begun { attempt, .. } => attempt,
            other => panic!("{other:?}"),
        }
    }

    async fn chooses(&self, attempt: AttemptId, kind: MethodKind) -> Chosen {
        // The newest challenge counts, and nobody clicks twice within one tick of a held clock.
        self.app.wait(1);
        self.app.domain.reset().choose(self.app.tenant, attempt, kind).await.expect("chosen")
    }

    async fn answers(&self, attempt: AttemptId, code: &OfferedCode) -> Result<Shown> {
        self.app.domain.reset().answer(self.app.tenant, attempt, code).await
    }

    /// Through both gates, by app and text.
    async fn proves(&self, member: &TestMember) -> ResetToken {
        let attempt = self.begins(&member.upn).await;
        self.chooses(attempt, MethodKind::Totp).await;
        let code = OfferedCode::parse(&self.app.code(member)).expect("a code");
        assert!(matches!(self.answers(attempt, &code).await, Ok(Shown::More)));
        self.chooses(attempt, MethodKind::Sms).await;
        match self.answers(attempt, &self.code().await).await.expect("an answer") {
            Shown::Enough(token) => token,
            other => panic!("{other:?}"),
        }
    }

    async fn opens_with(&self, member: &TestMember, password: &str) -> bool {
        let sign_in = self.app.domain.sign_in();
        let at = sign_in.begin(&member.upn, None, &client()).await.expect("begun");
        let outcome = sign_in.password(&at, password, &client()).await.expect("an outcome");
        !matches!(outcome, PasswordOutcome::Wrong(_) | PasswordOutcome::Wait { .. })
    }
}

fn wrong() -> OfferedCode {
    OfferedCode::parse("000000").expect("a code")
}

/// Bar 18, C3: two gates that prove different things; then every old credential fails, every address is told, the log tells the story, the second step stays.
#[tokio::test]
async fn bar18_a_recovery_ends_all_that_was_open() {
    let post = Post::new().await;
    let (app, domain) = (&post.app, &post.app.domain);
    let ann = post.member("ann", NUMBER).await;
    app.set_state(&ann, MfaState::Enforced).await;
    let (of, directory) = (MemberRef::Id(ann.id), domain.directory());
    post.policy(|document| {
        document.methods.push(MethodRule {
            kind: MethodKind::AppPassword,
            uses: vec![MethodUse::SignIn],
        })
    })
    .await;
    let link = directory.make_set_up_link(&app.admin, &of).await.expect("a link");
    domain.methods().give_pass(&app.admin, &of, Default::default(), "x").await.expect("a pass");
    let label = CleanText::parse("mail").expect("a label");
    domain.methods().make_app_password(&app.admin, &of, &label).await.expect("an app password");
    let epoch = app.number("select epoch::bigint from member where upn_folded = 'ann@noord.example'").await;
    let session = NewSession {
        member: Some(ann.id),
        epoch: i32::try_from(epoch).expect("small"),
        ..NewSession::of_attempt(Some(app.tenant), None, SessionStage::Full, 2, client())
    };
    domain.sign_in().create_session(b"old", &session).await.expect("a session");
    app.as_superuser(format!(
        "insert into remembered_device (tenant_id, device_id, member_id, hash, agent, epoch, made_at, expires_at)
         values ('{0}', '{0}', '{1}', 'x', 'Firefox', {epoch}, now(), now() + interval '900 days')",
        app.tenant, ann.id
    ))
    .await;
    let methods = app.number("select count(*) from method where state = 'active'").await;
    post.works().await;

    let token = post.proves(&ann).await;
    assert!(post.opens_with(&ann, PASSWORD).await, "the right alone changes nothing");
    let right = domain.reset().set(&token, NEW).await.expect("set");
    assert_eq!(right.member.id, ann.id);

    assert!(!post.opens_with(&ann, PASSWORD).await && post.opens_with(&ann, NEW).await);
    let caller = domain.sign_in().caller(b"old", &client()).await.expect("a caller");
    assert!(matches!(caller, crate::sign_in::Caller::Visitor), "the session");
    assert!(
        matches!(directory.use_set_up_link(&link, PASSWORD).await, Err(DirectoryError::LinkGone)),
        "the link"
    );
    for (open, what) in [
        ("select count(*) from access_pass where ended_at is null", "passes"),
        ("select count(*) from app_password where ended_at is null", "app passwords"),
        ("select count(*) from remembered_device where ended_at is null", "remembered browsers"),
        ("select count(*) from set_up_link where used_at is null", "links"),
        ("select count(*) from password_reset where used_at is null", "rights"),
        ("select count(*) from session where member_id is not null", "sessions"),
    ] {
        assert_eq!(app.number(open).await, 0, "{what}");
    }
    assert_eq!(
        app.number("select count(*) from method where state = 'active'").await,
        methods,
        "the second step is as it was"
    );
    let told = post.works().await;
    let about = |to: &str| {
        told.iter()
            .any(|(at, text)| at.starts_with(to) && text.contains("Password changed") && text.contains("http://localhost:3000/notices/"))
    };
    assert!(about("ann@noord.example") && about(&ann.id.to_string()), "{told:?}");
    let logged = "select count(*) from auth_log where purpose = 'reset' and decision = 'allowed' and second_factor and reason = 'right_code'";
    assert_eq!(app.number(logged).await, 1);
    let audited = "select count(*) from audit_log a join auth_log l on l.session_id = a.session_id where a.event = 'password.reset'";
    assert_eq!(app.number(audited).await, 1);
    assert!(format!("{token:?}").len() < 60 && !format!("{token:?}").contains(&token.reveal()));
}

/// C4, C5, bar 17: used twice, by many at once, after the password was changed, after a newer one, past its time: one success. A dump holds no token.
#[tokio::test(flavor = "multi_thread")]
async fn c4_the_right_to_set_a_password_works_once() {
    let post = Post::new().await;
    let (app, resets) = (&post.app, post.app.domain.reset());
    let ann = post.member("ann", NUMBER).await;
    let older = post.proves(&ann).await;
    app.wait(60);
    let token = post.proves(&ann).await;
    assert!(matches!(resets.set(&older, NEW).await, Err(ResetError::LinkGone)), "a newer one ends it");
    assert!(
        resets.set(&token, "kort").await.is_err() && resets.right(&token).await.is_ok(),
        "a bad password uses nothing up"
    );
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..12 {
        let (domain, token) = (app.domain.clone(), token.clone());
        tasks.spawn(async move { domain.reset().set(&token, &format!("{n} {NEW}")).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|set| *set).count(), 1);
    assert!(matches!(resets.set(&token, NEW).await, Err(ResetError::LinkGone)), "used");
    assert_eq!(app.number("select count(*) from audit_log where event = 'password.reset'").await, 1);

    app.wait(60);
    let before_change = post.proves(&ann).await;
    let secret = data_encoding::BASE64URL_NOPAD.decode(before_change.reveal().as_bytes()).expect("text")[32..].to_vec();
    let secret = data_encoding::HEXLOWER.encode(&secret);
    assert!(app.rows().await.iter().all(|row| !row.contains(&secret)), "no row holds the token");
    let directory = app.domain.directory();
    directory.set_password(&app.admin, &MemberRef::Id(ann.id), PASSWORD).await.expect("set");
    assert!(
        matches!(resets.set(&before_change, NEW).await, Err(ResetError::LinkGone)),
        "another password came first"
    );

    app.wait(60);
    let late = post.proves(&ann).await;
    app.wait(RESET_RIGHT_MINUTES * 60);
    assert!(
        matches!(resets.set(&late, NEW).await, Err(ResetError::LinkGone)),
        "past its time, without a job"
    );
    app.wait(86_400);
    let blocked = post.proves(&ann).await;
    directory
        .block(&app.admin, &MemberRef::Id(ann.id), BlockTerm::default(), "x")
        .await
        .expect("blocked");
    assert!(matches!(resets.set(&blocked, NEW).await, Err(ResetError::LinkGone)), "a reset lifts no block");
}

/// C5: 256 bits of randomness; no two of many are alike, and every byte takes many values.
#[test]
fn c5_rights_show_no_structure() {
    let rng = crate::rng::Rng::System;
    let tenant = TenantId(Uuid::nil());
    let secrets: Vec<Vec<u8>> = (0..100_000)
        .map(|_| ResetToken::new(tenant, Uuid::nil(), rng.bytes()).reveal())
        .map(|text| data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).expect("text")[32..].to_vec())
        .collect();
    let different: std::collections::HashSet<_> = secrets.iter().collect();
    assert_eq!(different.len(), secrets.len());
    for place in 0..32 {
        let values: std::collections::HashSet<u8> = secrets.iter().map(|s| s[place]).collect();
        assert_eq!((values.len(), secrets[0].len()), (256, 32), "byte {place}");
    }
}

/// C6, B4: a reset is answered in its own verbs alone and opens nothing else; no other attempt and no other token opens a reset.
#[tokio::test]
async fn c6_a_reset_serves_its_purpose_alone() {
    let post = Post::new().await;
    let (app, tenant) = (&post.app, post.app.tenant);
    let ann = post.member("ann", NUMBER).await;
    let (sign_in, verification, resets) = (app.domain.sign_in(), app.domain.verification(), app.domain.reset());
    let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
    let attempt = post.begins(&ann.upn).await;
    post.chooses(attempt, MethodKind::Totp).await;
    assert!(sign_in.look(tenant, attempt).await.is_err(), "no page of signing in shows it");
    for purpose in Purpose::ALL.iter().copied() {
        let answered = verification.second(tenant, attempt, purpose, &code, Some(MethodKind::Totp)).await;
        assert!(matches!(answered, Err(VerificationError::ChallengeGone)), "{purpose}");
        let sent = verification.send(tenant, attempt, purpose, MethodKind::Sms).await;
        assert!(matches!(sent, Err(VerificationError::ChallengeGone)), "{purpose}");
        assert!(verification.send_again(tenant, attempt, purpose).await.is_err() && verification.complete(tenant, attempt, purpose).await.is_err());
    }
    assert!(verification.answer(&app.key, None, attempt, &code).await.is_err(), "not by the interface");
    let answers = app.domain.methods().answer_questions(&app.key, None, attempt, &[], None).await;
    assert!(answers.is_err(), "nor its questions");
    let at = sign_in.begin(&ann.upn, None, &client()).await.expect("begun");
    sign_in.password(&at, PASSWORD, &client()).await.expect("right");
    let step_up = sign_in.begin_step_up(&app.signed_in(&ann, 1, 0)).await.expect("begun");
    for other in [at.attempt, step_up.attempt].into_iter().flatten() {
        assert!(resets.look(tenant, other).await.is_err() && resets.choose(tenant, other, MethodKind::Totp).await.is_err());
        assert!(matches!(post.answers(other, &code).await, Err(ResetError::Expired)));
    }
    assert!(matches!(post.answers(attempt, &code).await, Ok(Shown::More)), "nothing was used up");
    app.wait(60);
    let token = post.proves(&ann).await;
    let as_link = SetUpToken::parse(&token.reveal()).expect("of the same form");
    assert!(matches!(
        app.domain.directory().use_set_up_link(&as_link, NEW).await,
        Err(DirectoryError::LinkGone)
    ));
    let link = app
        .domain
        .directory()
        .make_set_up_link(&app.admin, &MemberRef::Id(ann.id))
        .await
        .expect("a link");
    let as_right = ResetToken::parse(&link.reveal()).expect("of the same form");
    assert!(matches!(resets.set(&as_right, NEW).await, Err(ResetError::LinkGone)));
}

/// C7: what was shown stands with us. A second proof without the first, the same one twice, one of another attempt: nothing opens.
#[tokio::test]
async fn c7_what_was_shown_stands_with_us_alone() {
    let post = Post::new().await;
    let (app, tenant) = (&post.app, post.app.tenant);
    let mallory = post.member("mallory", "+31611111111").await;
    let ann = post.member("ann", NUMBER).await;
    let (resets, of_ann, of_mallory) = (app.domain.reset(), post.begins(&ann.upn).await, post.begins(&mallory.upn).await);
    // He shows who he is in his own, and takes the handle and the answers over to hers.
    post.chooses(of_mallory, MethodKind::Totp).await;
    let his = OfferedCode::parse(&app.code(&mallory)).expect("a code");
    assert!(matches!(post.answers(of_mallory, &his).await, Ok(Shown::More)));
    assert_eq!(resets.look(tenant, of_mallory).await.expect("a view").gate, 2);
    assert_eq!(resets.look(tenant, of_ann).await.expect("a view").gate, 1);
    assert!(matches!(post.answers(of_ann, &his).await, Err(ResetError::Expired)), "nothing was chosen there");
    post.chooses(of_ann, MethodKind::Sms).await;
    post.works().await;
    assert!(matches!(post.answers(of_ann, &his).await, Ok(Shown::Wrong { .. })));
    post.chooses(of_mallory, MethodKind::Sms).await;
    let sent_to_him = post.code().await;
    assert!(matches!(post.answers(of_ann, &sent_to_him).await, Ok(Shown::Wrong { .. })), "his code is his");
    // The same proof twice is one, whichever way it is asked for.
    assert!(resets.choose(tenant, of_mallory, MethodKind::Totp).await.is_err());
    assert!(!resets.look(tenant, of_mallory).await.expect("a view").ways.contains(&MethodKind::Totp));
    let Ok(Shown::Enough(token)) = post.answers(of_mallory, &sent_to_him).await else {
        panic!("his own opens")
    };
    assert_eq!(resets.right(&token).await.expect("good").member.id, mallory.id);
    assert!(
        matches!(post.answers(of_mallory, &sent_to_him).await, Err(ResetError::Expired)),
        "it is decided"
    );
}

/// Whoever has a role shows two things and answers no questions, whatever the policy says; one proof is enough where the organisation says so. The other
/// admins hear of it.
#[tokio::test]
async fn admins_show_two_things_and_others_hear_of_it() {
    let post = Post::new().await;
    let app = &post.app;
    post.policy(|document| document.reset.gates = 1).await;
    let ann = post.member("ann", NUMBER).await;
    let attempt = post.begins(&ann.upn).await;
    post.chooses(attempt, MethodKind::Totp).await;
    let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
    assert!(matches!(post.answers(attempt, &code).await, Ok(Shown::Enough(_))), "one gate");
    let chief = app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    let other = app.member_with_roles("other", &[Role::GlobalAdmin]).await;
    let chief = app.with_app(chief).await;
    post.with_addresses(&chief, "+31622222222").await;
    let token = post.proves(&chief).await;
    app.domain.reset().set(&token, NEW).await.expect("set");
    let told = post.works().await;
    let heard = |who: &str| told.iter().any(|(to, text)| to == who && text.contains("Password of an admin changed"));
    assert!(heard(other.upn.as_str()) && heard(chief.upn.as_str()), "{told:?}");
}

/// Bar 14: names that exist, that do not, that are out of scope, that hold too little, that are blocked: the same answers at every step, as many statements
/// and hashes. Only the mailbox of the member says why.
#[tokio::test]
async fn bar14_no_step_tells_one_name_from_another() {
    let post = Post::new().await;
    let (app, resets, tenant) = (&post.app, post.app.domain.reset(), post.app.tenant);
    post.policy(|document| {
        document.reset.scope = ResetScope::Groups;
        document.reset.groups = vec![String::from("staff")];
        document.methods.push(MethodRule {
            kind: MethodKind::SecurityQuestions,
            uses: vec![MethodUse::Reset],
        });
    })
    .await;
    let known = post.member("known", NUMBER).await;
    let few = app.member_with_both("few").await;
    let outside = post.member("outside", "+31633333333").await;
    let blocked = post.member("blocked", "+31644444444").await;
    app.domain
        .directory()
        .block(&app.admin, &MemberRef::Id(blocked.id), BlockTerm::default(), "x")
        .await
        .expect("blocked");
    app.as_superuser(format!(
        "insert into \"group\" values ('{0}', '{0}', 'staff', now());
         insert into group_member select tenant_id, '{0}', member_id from member where upn_folded in ('known@noord.example', 'few@noord.example', 'blocked@noord.example')",
        tenant
    ))
    .await;
    post.works().await;
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    let (mut seen, mut told) = (Vec::new(), Vec::new());
    for upn in [&known.upn, &nobody, &few.upn, &outside.upn, &blocked.upn] {
        let hashes = app.domain.passwords().hashes();
        let attempt = post.begins(upn).await;
        let mut said = Vec::new();
        let view = resets.look(tenant, attempt).await.expect("a view");
        said.push(format!("{} {} {:?} {}", view.gate, view.gates, view.ways, view.tries_left));
        for kind in [
            MethodKind::Sms,
            MethodKind::Email,
            MethodKind::Totp,
            MethodKind::HardwareToken,
            MethodKind::SecurityQuestions,
        ] {
            said.push(format!("{:?}", post.chooses(attempt, kind).await));
            let asked = resets.look(tenant, attempt).await.expect("a view").asked.expect("a way");
            said.push(format!(
                "{:?} {} {}",
                asked.kind,
                asked.questions.len(),
                asked.expires_at.duration_since(app.now())
            ));
        }
        said.push(format!("{:?}", resets.answer_questions(tenant, attempt, &[]).await.expect("an answer")));
        post.chooses(attempt, MethodKind::Sms).await;
        said.push(format!("{:?}", post.answers(attempt, &wrong()).await.expect("an answer")));
        told.extend(post.works().await);
        app.wait(200);
        said.push(format!("{:?}", post.answers(attempt, &wrong()).await.expect("run out")));
        assert_eq!(app.domain.sign_in().sweep(tenant).await.expect("swept"), 0, "what has run out ends nothing");
        post.chooses(attempt, MethodKind::Totp).await;
        said.push(format!("{:?}", post.answers(attempt, &wrong()).await.expect("an answer")));
        said.push(format!("{:?}", post.answers(attempt, &wrong()).await.is_err()));
        seen.push((upn.to_string(), said, app.domain.passwords().hashes() - hashes));
    }
    let (_, first, hashes) = &seen[0];
    assert!(first.iter().any(|said| said.contains("Ended")), "{first:?}");
    for (upn, said, made) in &seen {
        assert_eq!((said, made), (first, hashes), "{upn}");
    }
    assert_eq!(*hashes, 3, "as many as questions are asked");
    for (who, why) in [(&few, "too few"), (&outside, "does not offer"), (&blocked, "is blocked")] {
        let hears = told
            .iter()
            .any(|(to, text)| to == who.upn.as_str() && text.contains("could not be set") && text.contains(why));
        assert!(hears, "{}: {told:?}", who.upn);
    }
    assert!(!told.iter().any(|(to, text)| to == known.upn.as_str() && text.contains("could not be set")));
    let texts: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).filter(|to| to.starts_with('+')).collect();
    assert!(
        !texts.is_empty() && texts.iter().all(|to| *to == NUMBER),
        "texts go to the one alone who may: {texts:?}"
    );
    let reasons = app
        .seen_by_superuser("select distinct reason from auth_log where purpose = 'reset' order by reason")
        .await;
    assert_eq!(reasons, ["blocked", "no_methods", "not_found", "reset_not_offered", "too_many_codes"]);
}

/// Anybody who knows a name can guess in a reset: that closes resets of the name, longer each time, and neither locks the member out nor switches a method off. A
/// lock shows on no page of a reset.
#[tokio::test]
async fn guessing_in_resets_closes_resets_and_nothing_else() {
    let post = Post::new().await;
    let app = &post.app;
    let ann = post.member("ann", NUMBER).await;
    app.lock(&ann).await;
    let attempt = post.begins(&ann.upn).await;
    post.chooses(attempt, MethodKind::Totp).await;
    let right = OfferedCode::parse(&app.code(&ann)).expect("a code");
    assert!(matches!(post.answers(attempt, &right).await, Ok(Shown::Wrong { .. })), "locked is locked");
    app.wait(3600);
    app.domain.directory().unlock(&app.admin, &MemberRef::Id(ann.id), "x").await.expect("unlocked");
    post.policy(|document| document.limits.lockout_after = 2).await;
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    for (name, upn) in [("ann", &ann.upn), ("nobody", &nobody)] {
        let mut guesses = 0;
        let until = loop {
            let attempt = match app.domain.reset().begin(upn, &client()).await.expect("told") {
                Began::Begun { attempt, .. } => attempt,
                Began::Wait { until } => break until,
                other => panic!("{other:?}"),
            };
            post.chooses(attempt, MethodKind::Totp).await;
            while matches!(post.answers(attempt, &wrong()).await, Ok(Shown::Wrong { .. })) {
                guesses += 1;
            }
            guesses += 1;
            app.wait(1_200);
        };
        assert!((10..13).contains(&guesses), "{name}: {guesses}");
        assert!(until > app.now() + SignedDuration::from_hours(RESET_WAIT_HOURS - 2), "{name}");
    }
    assert_eq!(app.number("select count(*) from method where state = 'off'").await, 0);
    let answer = app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer");
    assert_eq!(answer.reason, Some(Reason::RightCode), "whoever holds the app gets in");
}

/// Five an hour of a member, of phones and of rounds of questions, then a day; and so many from one place, whoever they are for.
#[tokio::test]
async fn the_sixth_reset_waits_a_day() {
    let post = Post::new().await;
    let (app, resets) = (&post.app, post.app.domain.reset());
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    for _ in 0..5 {
        post.begins(&nobody).await;
    }
    let until = app.now() + SignedDuration::from_hours(RESET_WAIT_HOURS);
    assert_eq!(resets.begin(&nobody, &client()).await.expect("told"), Began::Wait { until });
    app.wait(86_400);
    let attempt = post.begins(&nobody).await;
    for n in 0..5 {
        assert_eq!(post.chooses(attempt, MethodKind::Sms).await, Chosen::Asked, "text {n}");
    }
    assert!(matches!(post.chooses(attempt, MethodKind::Sms).await, Chosen::Wait { .. }));
    assert_eq!(post.chooses(attempt, MethodKind::Totp).await, Chosen::Asked, "what costs nothing goes on");
    app.wait(2 * 86_400);
    for n in 0..RESETS_SOURCE_HOUR_MAX {
        post.begins(&Upn::parse(&format!("n{n}@noord.example")).expect("a name")).await;
    }
    let other = Upn::parse("other@noord.example").expect("a name");
    assert!(matches!(resets.begin(&other, &client()).await.expect("told"), Began::Wait { .. }));
}

/// Where nobody may, everybody is told so; a name of no organisation hears the same.
#[tokio::test]
async fn what_is_not_offered_is_said_to_everybody() {
    let post = Post::new().await;
    let resets = post.app.domain.reset();
    post.policy(|document| document.reset.scope = ResetScope::Nobody).await;
    post.app.member_with_both("ann").await;
    for upn in ["ann@noord.example", "nobody@noord.example", "ann@elsewhere.example"] {
        let upn = Upn::parse(upn).expect("a name");
        assert_eq!(resets.begin(&upn, &client()).await.expect("told"), Began::NotOffered, "{upn}");
    }
    assert_eq!(post.app.number("select count(*) from attempt where purpose = 'reset'").await, 0);
}

/// C12: a new phone opens no reset for a day; the member who has nothing else is told, and nothing is sent to it.
#[tokio::test]
async fn c12_a_new_phone_opens_no_reset() {
    let post = Post::new().await;
    let app = &post.app;
    let ann = app.member_with_both("ann").await;
    let of = MemberRef::Id(ann.id);
    let phone = Address::Phone(PhoneNumber::parse(NUMBER, None).expect("a number"));
    app.domain
        .methods()
        .add_address(&app.admin, &of, MethodKind::Sms, &phone)
        .await
        .expect("a phone");
    app.domain
        .directory()
        .change_member(&app.admin, &of, MemberPatch::default(), None)
        .await
        .expect("nothing");
    post.works().await;
    let attempt = post.begins(&ann.upn).await;
    post.chooses(attempt, MethodKind::Sms).await;
    let told = post.works().await;
    assert!(told.iter().all(|(to, _)| !to.starts_with('+')), "{told:?}");
    assert!(told.iter().any(|(_, text)| text.contains("too few")), "{told:?}");
}

/// Whoever is not asked to register could reset his password, and whoever is asked could not: the sign-in, the security info and the reset agree.
#[tokio::test]
async fn who_is_asked_to_register_is_who_could_not_reset() {
    let post = Post::new().await;
    let app = &post.app;
    post.policy(|document| {
        document.reset.register = true;
        document.methods.push(MethodRule {
            kind: MethodKind::SecurityQuestions,
            uses: vec![MethodUse::Reset],
        });
    })
    .await;
    let phone = |number: &str| (MethodKind::Sms, Address::Phone(PhoneNumber::parse(number, None).expect("a number")));
    let mail = (MethodKind::Email, Address::Mail(Mailbox::parse("ann@home.example").expect("an address")));
    for (name, has_app, addresses, answers, lacks) in [
        ("app", true, vec![], 0, true),
        ("numbers", false, vec![phone("+31612345671"), phone("+31612345672")], 0, true),
        ("phone", true, vec![phone("+31612345674")], 0, false),
        ("mailbox", true, vec![mail.clone()], 0, false),
        ("both", false, vec![phone("+31612345675"), mail.clone()], 0, false),
        ("answers", true, vec![], 3, false),
        ("expired", true, vec![phone("+31612345676")], 0, true),
    ] {
        let member = match has_app {
            true => app.member_with_both(name).await,
            false => app.member_with_password(name).await,
        };
        let of = MemberRef::Id(member.id);
        for (kind, address) in &addresses {
            let added = app.domain.methods().add_address(&app.admin, &of, *kind, address).await;
            added.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        for question in &SecurityQuestion::ALL[..answers] {
            app.as_superuser(format!(
                "insert into security_answer (tenant_id, member_id, question, phc, made_at) values ('{}', '{}', '{question}', 'x', now())",
                app.tenant, member.id
            ))
            .await;
        }
        if name == "expired" {
            app.as_superuser(format!(
                "update method set kind = 'hardware_token', params = params || '{{\"valid_until\": \"2020-01-01T00:00:00Z\"}}'
                 where member_id = '{}' and kind = 'totp'",
                member.id
            ))
            .await;
        }
        app.wait(25 * 3600);
        let info = app.domain.methods().of(&app.admin, &of).await.expect("security info");
        assert_eq!(info.for_reset.lacks, lacks, "{name}: {:?}", info.for_reset);
        let at = app.domain.sign_in().begin(&member.upn, None, &client()).await.expect("begun");
        app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
        let reasons = app
            .seen_by_superuser(format!(
                "select array_to_string(reasons, ' ') from attempt where attempt_id = '{}'",
                at.attempt.expect("an attempt")
            ))
            .await;
        assert_eq!(reasons[0].contains("sspr_enabled"), lacks, "{name}: {reasons:?}");
        let attempt = post.begins(&member.upn).await;
        let refused = app
            .seen_by_superuser(format!(
                "select coalesce(detail->>'refused', '') from attempt_step where attempt_id = '{attempt}' and kind = 'reset_asked'"
            ))
            .await;
        assert_eq!(refused, [if lacks { "no_methods" } else { "" }], "{name}");
    }
}

/// What is shown in a reset and nowhere else may be added for that.
#[tokio::test]
async fn a_phone_or_a_mailbox_may_be_added_for_resets_alone() {
    let post = Post::new().await;
    let ann = post.app.member_with_both("ann").await;
    let for_reset = |kind| MethodRule {
        kind,
        uses: vec![MethodUse::Reset],
    };
    post.policy(|document| {
        document.methods.retain(|rule| rule.kind == MethodKind::Totp);
        document.methods.extend([for_reset(MethodKind::Sms), for_reset(MethodKind::Email)]);
    })
    .await;
    let info = post
        .app
        .domain
        .methods()
        .of(&post.app.admin, &MemberRef::Id(ann.id))
        .await
        .expect("security info");
    assert_eq!(info.may_add, [MethodKind::Totp, MethodKind::Sms, MethodKind::Email]);
}
