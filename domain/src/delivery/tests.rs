//! Sent codes against a fresh Postgres: what goes out, through whom, and what opens. A provider is played by a port that remembers; the protocols have
//! their own tests. Abuse cases by their id.

use super::{
    channel::{Channel as Port, ChannelKind, Content, DeliveryReport, HandedOver, Message, Recipient, SendError, Trouble},
    *,
};
use crate::{
    actor::Scope,
    db::DbError,
    directory::{MemberRef, api_key::Credential},
    methods::{MethodError, MethodView, Proving},
    testing::*,
    verification::{Answer, Answered, Fate, VerificationError},
};
use async_trait::async_trait;
use std::sync::Mutex;

const NUMBER: &str = "+31612345678";

/// A provider that remembers what it was given, and does what it was told to.
#[derive(Default)]
struct Played {
    taken: Mutex<Vec<(String, String)>>,
    fails: Mutex<Option<SendError>>,
    /// Stands behind the name that it gives each message.
    odd: Mutex<&'static str>,
}

#[async_trait]
impl Port for Played {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    async fn hand_over(&self, message: &Message) -> std::result::Result<HandedOver, SendError> {
        let (to, text) = match (&message.to, &message.content) {
            (Recipient::Phone { e164, .. }, Content::Sms { text }) => (e164.clone(), text.expose().clone()),
            (Recipient::Mail { address }, Content::Mail { text, .. }) => (address.clone(), text.expose().clone()),
            other => panic!("a code by SMS or mail, not {other:?}"),
        };
        let fails = self.fails.lock().expect("a lock").clone();
        // What failed without a clear answer may have arrived.
        if fails.as_ref().is_none_or(|error| !error.nothing_was_sent()) {
            self.taken.lock().expect("a lock").push((to, text));
        }
        match fails {
            Some(error) => Err(error),
            None => Ok(HandedOver {
                reference: Some(format!("{}{}", message.id, self.odd.lock().expect("a lock"))),
                status: channel::DeliveryStatus::Queued,
            }),
        }
    }

    async fn check(&self) -> std::result::Result<(), SendError> {
        Ok(())
    }
}

impl Played {
    /// The codes it was given, oldest first.
    fn codes(&self) -> Vec<String> {
        let taken = self.taken.lock().expect("a lock");
        let code = |text: &str| -> String {
            let mut words = text.split(|c: char| !c.is_ascii_digit());
            words.rfind(|word| word.len() == 6).expect("a code").to_owned()
        };
        taken.iter().map(|(_, text)| code(text)).collect()
    }

    /// The code that went to a number.
    fn code_for(&self, number: &str) -> OfferedCode {
        let place = self.taken.lock().expect("a lock").iter().position(|(to, _)| to == number).expect("a message");
        OfferedCode::parse(&self.codes()[place]).expect("a code")
    }

    fn fails(&self, error: SendError) {
        *self.fails.lock().expect("a lock") = Some(error);
    }
}

/// A tenant with two providers for texts and one for mail.
struct Post {
    app: TestApp,
    first: Played,
    second: Played,
    mail: Played,
    ids: [ProviderId; 3],
}

impl Post {
    async fn new() -> Self {
        Self::with(TestApp::new().await).await
    }

    async fn with(app: TestApp) -> Self {
        let by = Operator::console();
        let delivery = app.domain.delivery();
        let mut ids = Vec::new();
        for (name, channel, rank) in [("Eerste", Channel::Sms, 1), ("Tweede", Channel::Sms, 2), ("Post", Channel::Mail, 1)] {
            let new = NewProvider {
                tenant: None,
                channel,
                kind: ProviderKind::Folder,
                name: CleanText::parse(name).expect("a name"),
                rank,
                settings: json!({}),
                secret: None,
            };
            ids.push(delivery.add_provider(by, new).await.expect("a provider"));
        }
        for (channel, kind, value) in [
            (Channel::Sms, SenderKind::Name, "Noord"),
            (Channel::Mail, SenderKind::Mail, "codes@noord.example"),
        ] {
            let new = NewSender {
                tenant: None,
                channel,
                country: None,
                kind,
                value: value.to_owned(),
                provider: None,
                valid_from: None,
                valid_until: None,
            };
            delivery.add_sender(by, new).await.expect("a sender");
        }
        Self {
            app,
            first: Played::default(),
            second: Played::default(),
            mail: Played::default(),
            ids: ids.try_into().expect("three"),
        }
    }

    /// A member with a phone and nothing else.
    async fn member(&self, name: &str) -> TestMember {
        self.with_phone(self.app.member(name).await, NUMBER).await
    }

    async fn with_phone(&self, member: TestMember, number: &str) -> TestMember {
        let phone = Address::Phone(PhoneNumber::parse(number, None).expect("a number"));
        let of = MemberRef::Id(member.id);
        self.app
            .domain
            .methods()
            .add_address(&self.app.admin, &of, MethodKind::Sms, &phone)
            .await
            .expect("a phone");
        member
    }

    /// Hands over what is due, until nothing is; tells how many.
    async fn works(&self) -> usize {
        let mut handed = 0;
        loop {
            let taken = self.app.domain.delivery().take(50).await.expect("taken");
            if taken.is_empty() {
                return handed;
            }
            let mut carried = Vec::new();
            for one in taken {
                handed += 1;
                let [first, second, _] = self.ids;
                let port = match one.provider {
                    id if id == first => &self.first,
                    id if id == second => &self.second,
                    _ => &self.mail,
                };
                carried.push(one.hand_over(Some(port)).await);
            }
            self.app.domain.delivery().settle(carried).await.expect("told");
        }
    }

    async fn asks(&self, member: &TestMember) -> Answer {
        self.asks_with(&self.app.key, member, MethodKind::Sms).await
    }

    async fn asks_with(&self, key: &Credential, member: &TestMember, kind: MethodKind) -> Answer {
        let mut asked = request(member.upn.as_str(), None);
        asked.method = Some(kind);
        self.app.domain.verification().verify(key, None, asked).await.expect("an answer")
    }

    async fn answers(&self, challenge: AttemptId, code: &str) -> std::result::Result<Answer, VerificationError> {
        let code = OfferedCode::parse(code).expect("a code");
        self.app.domain.verification().answer(&self.app.key, None, challenge, &code).await
    }

    async fn steps(&self) -> Vec<String> {
        self.app
            .seen_by_superuser(String::from(
                "select kind || coalesce(' ' || (detail->>'provider'), '') from attempt_step where kind like 'delivery%' order by occurred_at, n",
            ))
            .await
    }
}

fn challenge(answer: &Answer) -> AttemptId {
    answer.challenge.as_ref().expect("pending").id
}

fn unreachable() -> SendError {
    SendError::Unreachable(Trouble::Connection)
}

fn uncertain() -> SendError {
    SendError::Uncertain(Trouble::TimeOut)
}

/// A code goes out, opens once, and leaves nothing behind (S05): neither number nor code in any table of messages.
#[tokio::test]
async fn a_code_is_sent_and_opens_once() {
    let post = Post::new().await;
    let ann = post.member("ann").await;
    let asked = post.asks(&ann).await;
    let open = asked.challenge.clone().expect("pending");
    assert_eq!((asked.decision, open.sent_to.as_deref()), (None, Some("•••78")));
    assert_eq!(open.expires_at, post.app.now() + jiff::SignedDuration::from_secs(180), "the cloud path (S51)");
    assert_eq!(post.works().await, 1);
    let (code, id) = (post.first.codes().remove(0), challenge(&asked));
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = post.answers(id, wrong).await.expect("an answer");
    assert_eq!((refused.decision, refused.reason), (None, Some(Reason::WrongCode)));
    let allowed = post.answers(id, &code).await.expect("an answer");
    assert_eq!((allowed.decision, allowed.method), (Some(Decision::Allowed), Some(MethodKind::Sms)));
    assert!(matches!(post.answers(id, &code).await, Err(VerificationError::ChallengeGone)), "once");
    let again = post.app.verify(ann.upn.as_str(), &code).await.expect("an answer");
    assert_eq!(again.decision, Some(Decision::Denied), "nor at another door");
    assert_eq!(post.steps().await, ["delivery_queued Eerste", "delivery_handed Eerste"]);
    let kept = post
        .app
        .seen_by_superuser(String::from("select count(*)::text from delivery where sealed is not null"))
        .await;
    assert_eq!(kept, ["0"], "what was handed over is kept no longer");
    assert_eq!(
        post.app.number("select count(*) from usage").await,
        1,
        "one for the attempt, never for a message"
    );
    let log = post
        .app
        .seen_by_superuser(String::from(
            "select delivery || '|' || (phone_tail_mac is not null) from auth_log where decision = 'allowed'",
        ))
        .await;
    assert_eq!(log, ["sms Eerste handed|true"]);
    let dump = post
        .app
        .seen_by_superuser(String::from(
            "select row_to_json(d)::text from delivery d union all select row_to_json(c)::text from challenge c",
        ))
        .await;
    for row in dump {
        assert!(!row.contains("612345678") && !row.contains(&code), "{row}");
    }
}

/// S34, F9, bar 35, matrix 22-24: where a provider fails, the next one gets the same code; one code opens, once, for one usage row.
#[tokio::test]
async fn f9_a_failing_provider_never_makes_a_second_code() {
    for error in [unreachable(), uncertain()] {
        let post = Post::new().await;
        let ann = post.member("ann").await;
        post.first.fails(error.clone());
        let asked = post.asks(&ann).await;
        assert_eq!(post.works().await, 2, "{error}");
        let codes = [post.first.codes(), post.second.codes()].concat();
        assert_eq!(post.second.codes().len(), 1, "{error}");
        assert!(codes.iter().all(|code| *code == codes[0]), "{error}: {codes:?}");
        assert_eq!(
            post.steps().await,
            [
                "delivery_queued Eerste",
                "delivery_failed Eerste",
                "delivery_queued Tweede",
                "delivery_handed Tweede"
            ],
            "{error}"
        );
        let allowed = post.answers(challenge(&asked), &codes[0]).await.expect("an answer");
        assert_eq!(allowed.decision, Some(Decision::Allowed));
        assert!(post.answers(challenge(&asked), &codes[0]).await.is_err());
        assert_eq!(post.app.number("select count(*) from usage").await, 1);
        // The one that failed rests: the next code goes through the other at once.
        let again = post.asks(&ann).await;
        post.works().await;
        assert!(again.challenge.is_some());
        assert_eq!(post.second.codes().len(), 2);
    }
    // A number that is no good is no better elsewhere.
    let post = Post::new().await;
    let ann = post.member("ann").await;
    post.first.fails(SendError::Refused {
        provider_code: String::from("21211"),
        permanent: true,
    });
    post.asks(&ann).await;
    assert_eq!(post.works().await, 1);
    assert_eq!(post.steps().await, ["delivery_queued Eerste", "delivery_failed Eerste"]);
    // When nobody is left, the timeline says so.
    let post = Post::new().await;
    let ann = post.member("ann").await;
    post.first.fails(unreachable());
    post.second.fails(unreachable());
    post.asks(&ann).await;
    assert_eq!(post.works().await, 2);
    assert_eq!(post.steps().await.last().map(String::as_str), Some("delivery_refused"));
}

/// Matrix 22-24: one bad moment of a provider is one failure, however many messages it caught; each of them goes through the next one, once.
#[tokio::test]
async fn what_fails_together_is_one_failure_and_goes_on_together() {
    let post = Post::new().await;
    let mut members = Vec::new();
    for n in 0..12 {
        let member = post.app.member(&format!("m{n}")).await;
        members.push(post.with_phone(member, &format!("+316123456{n:02}")).await);
    }
    let mut open = Vec::new();
    for member in &members {
        open.push(challenge(&post.asks(member).await));
    }
    post.first.fails(unreachable());
    assert_eq!(post.works().await, 24);
    assert_eq!(post.second.codes().len(), 12);
    for (n, id) in open.into_iter().enumerate() {
        let answer = post
            .answers(id, post.second.code_for(&format!("+316123456{n:02}")).as_str())
            .await
            .expect("an answer");
        assert_eq!(answer.decision, Some(Decision::Allowed), "{n}");
    }
    let kinds = "select count(*)::text from attempt_step where kind in ('delivery_failed', 'delivery_handed') group by kind";
    assert_eq!(post.app.seen_by_superuser(String::from(kinds)).await, ["12", "12"]);
    let provider = post.app.domain.delivery().providers(Operator::console()).await.expect("providers").remove(1);
    assert_eq!((provider.name.as_str(), provider.failures), ("Eerste", 1));
    let rest = provider.rests_until.expect("it rests").duration_since(post.app.now());
    assert_eq!(rest.as_secs(), 30, "the others failed in the same moment");
}

/// What a gateway calls a message is its own affair: an answer that no table could hold is no reason to send a message again.
#[tokio::test]
async fn an_odd_name_of_a_message_is_written_down_all_the_same() {
    let post = Post::new().await;
    let ann = post.member("ann").await;
    *post.first.odd.lock().expect("a lock") = "\0\u{7}";
    post.asks(&ann).await;
    assert_eq!(post.works().await, 1);
    post.app.wait(31);
    assert_eq!(post.works().await, 0);
    assert_eq!(
        post.app
            .number("select count(*) from delivery where status = 'handed' and length(reference) = 36")
            .await,
        1
    );
}

/// S33: a resend says the same code through the next provider and lives no longer; the sixth message in five minutes is refused with the moment.
#[tokio::test]
async fn a_resend_is_the_same_code_and_the_sixth_is_refused() {
    let post = Post::new().await;
    let ann = post.member("ann").await;
    let asked = post.asks(&ann).await;
    let open = asked.challenge.clone().expect("pending");
    post.works().await;
    for n in 2..=5 {
        post.app.wait(10);
        let again = post.app.domain.verification().resend(&post.app.key, None, open.id).await.expect("sent");
        assert_eq!(again.challenge.map(|c| c.expires_at), Some(open.expires_at), "message {n} lives no longer");
        post.works().await;
    }
    let codes = [post.first.codes(), post.second.codes()].concat();
    assert_eq!((post.first.codes().len(), post.second.codes().len()), (3, 2), "in turns");
    assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    post.app.wait(10);
    let refused = post.app.domain.verification().resend(&post.app.key, None, open.id).await.expect("an answer");
    assert_eq!(refused.reason, Some(Reason::Throttled));
    assert_eq!(
        refused.wait_until,
        Some(post.app.now() + jiff::SignedDuration::from_secs(250)),
        "five minutes after the first"
    );
    assert_eq!(post.works().await, 0);
    // Nor does a challenge of its own get round it; an app's code is not limited by it.
    let begun = post.asks(&ann).await;
    assert_eq!((begun.decision, begun.reason), (Some(Decision::Denied), Some(Reason::Throttled)));
    assert_eq!(
        post.answers(open.id, &codes[0]).await.expect("an answer").decision,
        Some(Decision::Allowed),
        "what was sent still opens"
    );
}

/// F7: what the organisation may send in a day is counted over all countries, whichever the next number is of.
#[tokio::test]
async fn f7_a_days_messages_are_counted_over_all_countries() {
    let post = Post::new().await;
    let app = &post.app;
    let directory = app.domain.directory();
    let (_, mut document) = directory.policy(&app.admin).await.expect("a policy");
    document.delivery.per_day = 2;
    document.delivery.countries = vec![String::from("NL"), String::from("BE")];
    directory.publish_policy(&app.admin, document).await.expect("published");
    let ann = post.with_phone(app.member("ann").await, "+31612345678").await;
    let ben = post.with_phone(app.member("ben").await, "+32470123456").await;
    let cor = post.with_phone(app.member("cor").await, "+31612345679").await;
    for member in [&ben, &ann] {
        assert!(post.asks(member).await.challenge.is_some(), "sent");
    }
    let refused = post.asks(&cor).await;
    assert_eq!((refused.decision, refused.reason), (Some(Decision::Denied), Some(Reason::Throttled)));
    assert_eq!(post.works().await, 2);
    // They are kept by the hour: a whole day counts, and never more than the hour before it.
    let counted = "select sum(messages)::bigint from sent_hour";
    assert_eq!(app.number(counted).await, 2);
    app.wait(86_399);
    assert!(post.asks(&cor).await.challenge.is_none(), "not yet a day");
    app.wait(3_602);
    assert!(post.asks(&cor).await.challenge.is_some(), "a new day");
    assert_eq!(app.number(counted).await, 3);
}

/// S47, S50, S51: 180 s on the cloud path, 300 s on the server path; then the code is worth nothing, and the attempt is a denied row within one sweep.
#[tokio::test]
async fn codes_live_as_long_as_their_path_says() {
    let post = Post::new().await;
    let ann = post.member("ann").await;
    let name = CleanText::parse("vpn").expect("a name");
    let directory = post.app.domain.directory();
    let server = directory
        .create_api_key(&post.app.admin, &name, &Scope::ALL, Path::Server)
        .await
        .expect("a key");
    for (key, life) in [(&post.app.key, 180), (&server, 300)] {
        for (late, decision) in [(-1, Some(Decision::Allowed)), (1, None)] {
            let asked = post.asks_with(key, &ann, MethodKind::Sms).await;
            post.works().await;
            let code = [post.first.codes(), post.second.codes()].concat().pop().expect("a code");
            post.app.wait(life + late);
            let answered = post
                .app
                .domain
                .verification()
                .answer(key, None, challenge(&asked), &OfferedCode::parse(&code).expect("a code"))
                .await;
            assert_eq!(answered.ok().and_then(|a| a.decision), decision, "{life} s, {late} late");
            post.app.wait(400);
        }
    }
    let denied = post
        .app
        .number("select count(*) from auth_log where decision = 'denied' and reason = 'code_never_entered'")
        .await;
    assert_eq!(denied, 0, "nobody has swept yet");
    let swept = post.app.domain.sign_in().sweep(post.app.tenant).await.expect("swept");
    assert_eq!(swept, 2);
    let denied = post
        .app
        .number("select count(*) from auth_log where decision = 'denied' and reason = 'code_never_entered'")
        .await;
    assert_eq!(denied, 2);
}

/// "A code without a method named is compared with the open challenge": one call takes an SMS code that another call has sent for, and a name that
/// nobody has looks the same from outside.
#[tokio::test]
async fn one_call_takes_a_code_that_another_has_sent() {
    let post = Post::new().await;
    let ann = post.member("ann").await;
    let asked = post.asks(&ann).await;
    post.works().await;
    let code = post.first.codes().remove(0);
    let allowed = post.app.verify(ann.upn.as_str(), &code).await.expect("an answer");
    assert_eq!((allowed.decision, allowed.session_id), (Some(Decision::Allowed), asked.session_id));
    assert_eq!(post.app.number("select count(*) from auth_log").await, 1, "it is one attempt");

    let nobody = TestMember {
        upn: Upn::parse("nobody@noord.example").expect("a name"),
        ..post.app.member("bob").await
    };
    let shape = |answer: &Answer| {
        let open = answer.challenge.as_ref().expect("pending");
        let ends = open.expires_at.duration_since(post.app.now());
        (
            answer.decision,
            answer.reason,
            answer.method,
            open.kind,
            ends,
            open.tries_left,
            open.sent_to.as_ref().map(|s| s.chars().count()),
        )
    };
    let known = post.asks(&ann).await;
    let unknown = post.asks(&nobody).await;
    assert_eq!(shape(&known), shape(&unknown));
    let wrong = post.answers(challenge(&unknown), "123456").await.expect("an answer");
    assert_eq!((wrong.decision, wrong.reason), (None, Some(Reason::WrongCode)));
}

/// A9, B3: another way, another message, another challenge: the tries of an attempt and the guesses of a member stay counted.
#[tokio::test]
async fn b3_another_way_begins_no_new_row_of_tries() {
    let post = Post::new().await;
    let ann = post.with_phone(post.app.member_with_both("ann").await, NUMBER).await;
    post.app.set_state(&ann, MfaState::Enforced).await;
    let (domain, tenant) = (&post.app.domain, post.app.tenant);
    let begun = domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    domain.sign_in().password(&begun, PASSWORD, &client()).await.expect("right");
    post.app.wait(1);
    let attempt = begun.attempt.expect("an attempt");
    let wrong = OfferedCode::parse(&post.app.wrong_code(&ann)).expect("a code");
    let tries = |kind| async move {
        domain
            .verification()
            .second(tenant, attempt, Purpose::SignIn, &wrong, kind)
            .await
            .expect("an answer")
            .0
    };
    let left = |answered: Answered| match answered {
        Answered::Wrong { tries_left, .. } => Some(tries_left),
        _ => None,
    };
    let first = domain
        .verification()
        .second(
            tenant,
            attempt,
            Purpose::SignIn,
            &OfferedCode::parse(&post.app.wrong_code(&ann)).expect("a code"),
            None,
        )
        .await;
    assert_eq!(left(first.expect("an answer").0), Some(2));
    let sent = domain
        .verification()
        .send(tenant, attempt, Purpose::SignIn, MethodKind::Sms)
        .await
        .expect("an answer")
        .expect("sent");
    assert_eq!((sent.kind, sent.sent_to.as_str()), (MethodKind::Sms, "+31 •••••••78"));
    let twice = domain
        .verification()
        .send(tenant, attempt, Purpose::SignIn, MethodKind::Sms)
        .await
        .expect("an answer")
        .expect("sent");
    assert_eq!((twice, post.works().await), (sent, 1), "a second click or tab sends nothing more");
    let second = domain
        .verification()
        .second(
            tenant,
            attempt,
            Purpose::SignIn,
            &OfferedCode::parse(&post.app.wrong_code(&ann)).expect("a code"),
            Some(MethodKind::Sms),
        )
        .await;
    assert_eq!(left(second.expect("an answer").0), Some(1));
    assert!(matches!(
        tries(Some(MethodKind::Totp)).await,
        Answered::Ended {
            reason: Reason::TooManyCodes,
            ..
        }
    ));
    let late = domain.verification().send(tenant, attempt, Purpose::SignIn, MethodKind::Sms).await;
    assert!(matches!(late, Err(VerificationError::ChallengeGone)), "what has ended sends nothing");
}

/// Whoever has the phone gets nothing out of what was sent there before it was reported as lost.
#[tokio::test]
async fn a_code_that_is_on_its_way_to_a_lost_phone_is_dead() {
    let post = Post::new().await;
    let ann = post.with_phone(post.app.member_with_both("ann").await, NUMBER).await;
    let (domain, tenant) = (&post.app.domain, post.app.tenant);
    let begun = domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    domain.sign_in().password(&begun, PASSWORD, &client()).await.expect("right");
    let attempt = begun.attempt.expect("an attempt");
    let sent = domain.verification().send(tenant, attempt, Purpose::SignIn, MethodKind::Sms).await;
    sent.expect("an answer").expect("sent");
    post.works().await;
    let code = post.first.code_for(NUMBER);
    let has = domain.sign_in().belongings(tenant, attempt).await.expect("belongings");
    let phone = has.methods.iter().find(|method| method.kind == MethodKind::Sms).expect("a phone").id;
    let receipt = domain.sign_in().report_lost(tenant, attempt, &[phone], &client()).await.expect("a receipt");
    assert!(receipt.way_left, "the app is left");
    let (answered, _) = domain
        .verification()
        .second(tenant, attempt, Purpose::SignIn, &code, None)
        .await
        .expect("an answer");
    assert!(matches!(answered, Answered::Wrong { .. }), "{answered:?}");
}

/// B4, bar 11: a code that was sent for one purpose opens nothing of another, in no direction; B23: nor does it prove somebody else's number.
#[tokio::test]
async fn b4_b23_a_sent_code_serves_its_purpose_and_its_number_alone() {
    let post = Post::new().await;
    let (ann, bob) = (
        post.with_phone(post.app.member_with_both("ann").await, NUMBER).await,
        post.app.member_with_both("bob").await,
    );
    post.app.set_state(&ann, MfaState::Enforced).await;
    let (domain, tenant) = (&post.app.domain, post.app.tenant);
    let (me, he) = (post.app.signed_in(&ann, 2, 0), post.app.signed_in(&bob, 2, 0));
    let other = Address::Phone(PhoneNumber::parse("+31687654321", None).expect("a number"));

    let sign_in = domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    domain.sign_in().password(&sign_in, PASSWORD, &client()).await.expect("right");
    post.app.wait(1);
    let sign_in = sign_in.attempt.expect("an attempt");
    domain
        .verification()
        .send(tenant, sign_in, Purpose::SignIn, MethodKind::Sms)
        .await
        .expect("an answer")
        .expect("sent");
    let step_up = domain.sign_in().begin_step_up(&me).await.expect("an attempt").attempt.expect("an attempt");
    let adding = domain.methods().begin_address(&he, MethodKind::Sms, &other, None).await.expect("sent");
    post.works().await;
    let (for_ann, for_bob) = (post.first.code_for(NUMBER), post.first.code_for("+31687654321"));

    for (attempt, made_for) in [(sign_in, Purpose::SignIn), (step_up, Purpose::StepUp), (adding.attempt, Purpose::AddMethod)] {
        for purpose in Purpose::ALL.iter().copied().filter(|purpose| *purpose != made_for) {
            let answered = domain.verification().second(tenant, attempt, purpose, &for_ann, None).await;
            assert!(
                matches!(answered, Err(VerificationError::ChallengeGone)),
                "{made_for} answered as {purpose}: {answered:?}"
            );
        }
    }
    let swapped = domain
        .verification()
        .second(tenant, step_up, Purpose::StepUp, &for_ann, None)
        .await
        .expect("an answer")
        .0;
    assert!(matches!(swapped, Answered::Wrong { .. }), "the sign-in's code at the step-up: {swapped:?}");
    // Bob's new number is proven by what was sent there, not by his app, not by Ann's code, and not by Ann.
    let app_code = OfferedCode::parse(&post.app.code(&bob)).expect("a code");
    for wrong in [&app_code, &for_ann] {
        let answered = domain.methods().confirm_address(&he, adding.attempt, wrong).await.expect("an answer");
        assert!(matches!(answered, Answered::Wrong { .. }), "{answered:?}");
    }
    let stolen = domain.methods().confirm_address(&me, adding.attempt, &for_bob).await;
    assert!(matches!(stolen, Err(MethodError::Verification(VerificationError::ChallengeGone))), "{stolen:?}");
    let proven = domain.methods().confirm_address(&he, adding.attempt, &for_bob).await.expect("an answer");
    assert!(matches!(proven, Answered::Right(_)), "{proven:?}");
    let his = domain.methods().mine(&he).await.expect("security info").methods;
    assert!(his.iter().any(|m| m.kind == MethodKind::Sms && m.active && m.label == "+31 •••••••21"));
    assert_eq!(post.app.number("select count(*) from usage").await, 0, "proving a number costs nothing");
    // And Ann's own code still opens what it was made for.
    let right = domain
        .verification()
        .second(tenant, sign_in, Purpose::SignIn, &for_ann, Some(MethodKind::Sms))
        .await
        .expect("an answer")
        .0;
    assert!(matches!(right, Answered::Right(_)), "{right:?}");
}

/// C8, B4: a caller reads back what was sent to a phone of the account, to the desk and for nothing else; who guesses locks nobody out, and it costs nothing.
#[tokio::test]
async fn c8_b4_a_caller_reads_back_what_was_sent_to_the_account() {
    use crate::{
        actor::Admin,
        tickets::{TicketError, caller::ReadBack},
    };
    let post = Post::new().await;
    let ann = post.with_phone(post.app.member_with_both("ann").await, NUMBER).await;
    let sue = post.app.member_with_roles("sue", &[Role::Support]).await;
    let by = Admin::new(post.app.tenant, crate::actor::Who::Member(sue.id), vec![Role::Support]);
    let (domain, tenant, of) = (&post.app.domain, post.app.tenant, MemberRef::Id(ann.id));
    let tickets = domain.tickets();
    let reader = Admin::new(tenant, crate::actor::Who::Member(sue.id), vec![Role::Reader]);
    assert_eq!(tickets.caller_ways(&reader, &of).await.expect_err("no right").code(), ErrorCode::Forbidden);
    assert!(
        tickets.caller_ways(&by, &of).await.expect("ways").is_empty(),
        "a phone of this minute shows nothing"
    );
    post.app.wait(86_400);
    // What she calls about: a code that was wrong.
    let case = post
        .app
        .verify(ann.upn.as_str(), &post.app.wrong_code(&ann))
        .await
        .expect("an answer")
        .session_id;
    let fixes = domain.journal().attempt(&post.app.admin, case).await.expect("a case").diagnosis;
    let ways = tickets.caller_ways(&by, &of).await.expect("ways");
    assert_eq!(
        ways.iter().map(|way| way.kind).collect::<Vec<_>>(),
        [MethodKind::Sms],
        "the app has no code that was made for this"
    );
    // An app's code is not read back, for it would open something.
    let app = tickets.begin_caller_check(&by, &client(), &of, ann.method.expect("an app")).await;
    assert!(matches!(app, Err(TicketError::Verification(VerificationError::ChallengeGone))), "{app:?}");

    let check = tickets.begin_caller_check(&by, &client(), &of, ways[0].method).await.expect("sent");
    post.works().await;
    let code = post.first.code_for(NUMBER);
    for purpose in Purpose::ALL {
        let answered = domain.verification().second(tenant, check.attempt, *purpose, &code, None).await;
        assert!(matches!(answered, Err(VerificationError::ChallengeGone)), "as {purpose}: {answered:?}");
    }
    let elsewhere = post.app.verify(ann.upn.as_str(), code.as_str()).await.expect("an answer");
    assert_eq!(elsewhere.decision, Some(Decision::Denied), "nor by itself");
    let wrong = OfferedCode::parse(if code.as_str() == "000000" { "111111" } else { "000000" }).expect("a code");
    let told = tickets.read_back(&by, &of, check.attempt, &wrong).await.expect("an answer");
    assert_eq!(
        told,
        ReadBack::Wrong {
            tries_left: CALLER_TRIES_MAX - 1
        }
    );
    let of_another = tickets.read_back(&by, &MemberRef::Id(sue.id), check.attempt, &code).await;
    assert!(
        matches!(of_another, Err(TicketError::Verification(VerificationError::ChallengeGone))),
        "{of_another:?}"
    );
    assert!(tickets.caller_checked(&by, &of).await.expect("none").is_none());
    assert_eq!(tickets.read_back(&by, &of, check.attempt, &code).await.expect("an answer"), ReadBack::Right);
    let again = tickets.read_back(&by, &of, check.attempt, &code).await;
    assert!(
        matches!(again, Err(TicketError::Verification(VerificationError::ChallengeGone))),
        "once: {again:?}"
    );
    assert!(tickets.look_at_caller_check(&by, &of, check.attempt).await.expect("over").is_none());
    let checked = tickets.caller_checked(&by, &of).await.expect("one").expect("one");
    assert_eq!(checked.kind, MethodKind::Sms);
    // It is no sign-in: the case stays to be fixed, nobody can report it as somebody else's, and no colleague goes by it.
    let after = domain.journal().attempt(&post.app.admin, case).await.expect("a case");
    assert_eq!((after.diagnosis, after.last_good.is_none()), (fixes, true));
    let own = domain.journal().attempt(&post.app.admin, check.session_id).await.expect("a case").diagnosis;
    assert_eq!(own.finding, crate::journal::diagnosis::Finding::CallerCheck { passed: Some(true) });
    assert!(domain.notices().reportable(&post.app.signed_in(&ann, 2, 0), check.session_id).await.is_err());
    assert!(tickets.caller_checked(&post.app.admin, &of).await.expect("none").is_none());
    post.app.wait(CALLER_CHECK_MINUTES * 60);
    assert!(tickets.caller_checked(&by, &of).await.expect("none").is_none(), "not for ever");

    // Three wrong ones end it, lock nothing and switch nothing off.
    let before = post.app.number("select coalesce(sum(in_row), 0)::bigint from throttle").await;
    let check = tickets.begin_caller_check(&by, &client(), &of, ways[0].method).await.expect("sent");
    for n in 1..=CALLER_TRIES_MAX {
        let told = tickets.read_back(&by, &of, check.attempt, &wrong).await.expect("an answer");
        assert_eq!(told == ReadBack::Failed, n == CALLER_TRIES_MAX, "{told:?}");
    }
    assert_eq!(post.app.number("select coalesce(sum(in_row), 0)::bigint from throttle").await, before);
    let rows = post
        .app
        .seen_by_superuser("select decision || ' ' || reason || ' ' || second_factor from auth_log where purpose = 'caller_check' order by occurred_at")
        .await;
    assert_eq!(rows, ["allowed right_code false", "denied too_many_codes false"]);
    assert_eq!(post.app.number("select count(*) from audit_log where event = 'caller.checked'").await, 2);
    // One that nobody answers ends by time, and costs nothing either.
    let used = post.app.number("select count(*) from usage").await;
    tickets.begin_caller_check(&by, &client(), &of, ways[0].method).await.expect("sent");
    post.app.wait(700);
    domain.sign_in().sweep(tenant).await.expect("swept");
    assert_eq!(post.app.number("select count(*) from auth_log where purpose = 'caller_check'").await, 3);
    assert_eq!(post.app.number("select count(*) from usage").await, used);
}

/// A phone that is to be added needs a fresh second factor (B11), is no method before it is proven (B12), and is no second work mailbox.
#[tokio::test]
async fn an_address_counts_once_it_is_proven() {
    let post = Post::new().await;
    let ann = post.app.member_with_both("ann").await;
    let phone = Address::Phone(PhoneNumber::parse(NUMBER, None).expect("a number"));
    let methods = post.app.domain.methods();
    let stale = methods.begin_address(&post.app.signed_in(&ann, 2, 11), MethodKind::Sms, &phone, None).await;
    assert!(matches!(stale, Err(MethodError::StepUp)), "{stale:?}");
    let me = post.app.signed_in(&ann, 2, 0);
    let adding = methods.begin_address(&me, MethodKind::Sms, &phone, None).await.expect("sent");
    assert_eq!(adding.sent.sent_to, "+31 •••••••78");
    post.works().await;
    assert_eq!(methods.mine(&me).await.expect("mine").methods.len(), 1, "it waits");
    let asked = post.asks(&ann).await;
    assert_eq!(post.works().await, 0, "no code goes to a number that is not proven: {asked:?}");
    let own = Address::Mail(Mailbox::parse(ann.upn.as_str()).expect("an address"));
    assert!(matches!(
        methods.begin_address(&me, MethodKind::Email, &own, None).await,
        Err(MethodError::OwnMailbox)
    ));
    let home = Address::Mail(Mailbox::parse("ann@home.example").expect("an address"));
    let mail = methods.begin_address(&me, MethodKind::Email, &home, None).await.expect("sent");
    post.works().await;
    let code = OfferedCode::parse(&post.mail.codes()[0]).expect("a code");
    let proven = methods.confirm_address(&me, mail.attempt, &code).await.expect("an answer");
    assert!(matches!(proven, Answered::Right(_)), "{proven:?}");
    let abroad = Address::Phone(PhoneNumber::parse("+37122345678", None).expect("a number"));
    let refused = methods.begin_address(&me, MethodKind::Sms, &abroad, None).await;
    assert!(matches!(refused, Err(MethodError::NotSent(rules::NotSent::CountryOff(_)))), "{refused:?}");
}

/// Another number takes the place of the one that was, with its name and its turn, and only once it is proven; a check of what is there changes nothing about it.
#[tokio::test]
async fn a_number_is_changed_once_the_new_one_is_proven_and_checked_at_any_time() {
    let post = Post::new().await;
    let ann = post.app.member_with_both("ann").await;
    let me = post.app.signed_in(&ann, 2, 0);
    let methods = post.app.domain.methods();
    let phone = |number: &str| Address::Phone(PhoneNumber::parse(number, None).expect("a number"));
    let proves = async |begun: std::result::Result<Proving, MethodError>| {
        let begun = begun.expect("sent");
        post.works().await;
        let code = post.first.codes().pop().expect("a code");
        let told = methods.confirm_address(&me, begun.attempt, &OfferedCode::parse(&code).expect("a code")).await;
        assert!(matches!(told, Ok(Answered::Right(_))), "{told:?}");
        methods.settle_replaced(&me).await.expect("settled");
    };
    proves(methods.begin_address(&me, MethodKind::Sms, &phone(NUMBER), None).await).await;
    let phones = async || -> Vec<MethodView> {
        let held = methods.mine(&me).await.expect("mine").methods;
        held.into_iter().filter(|held| held.kind == MethodKind::Sms).collect()
    };
    let old = phones().await.remove(0);
    methods.make_default(&me, old.id).await.expect("first");
    methods
        .rename(&me, old.id, &CleanText::parse("Work phone").expect("a name"))
        .await
        .expect("renamed");
    let other = post.app.member_with_both("bob").await;
    let he = post.app.signed_in(&other, 2, 0);
    for (who, replaced) in [(&he, old.id), (&me, ann.method.expect("an app"))] {
        let told = methods.begin_address(who, MethodKind::Sms, &phone("+31687654321"), Some(replaced)).await;
        assert!(matches!(told, Err(MethodError::Unknown)), "somebody else's, or another kind: {told:?}");
    }
    let stale = post.app.signed_in(&ann, 2, 11);
    let told = methods.begin_address(&stale, MethodKind::Sms, &phone("+31687654321"), Some(old.id)).await;
    assert!(matches!(told, Err(MethodError::StepUp)), "{told:?}");
    let begun = methods.begin_address(&me, MethodKind::Sms, &phone("+31687654321"), Some(old.id)).await;
    methods.settle_replaced(&me).await.expect("nothing");
    assert_eq!(phones().await.iter().map(|held| held.id).collect::<Vec<_>>(), [old.id], "nothing is proven yet");
    proves(begun).await;
    let now = phones().await;
    assert_eq!(now.len(), 1);
    assert!(now[0].id != old.id && now[0].is_default && now[0].label == "Work phone", "{:?}", now[0]);
    methods.settle_replaced(&me).await.expect("once");
    // A check: the code comes, the phone was used, and that is all.
    let events = async || post.app.number("select count(*) from audit_log").await;
    let (before, audited) = (now[0].clone(), events().await);
    post.app.wait(1_800);
    post.app.as_superuser("update method set last_used_at = now() where kind = 'totp'").await;
    proves(methods.begin_check(&post.app.signed_in(&ann, 2, 30), before.id).await).await;
    let after = phones().await.remove(0);
    assert!(after.last_used_at > before.last_used_at, "{after:?}");
    assert_eq!((after.is_default, after.active, after.confirmed_at.is_some()), (true, true, true));
    assert_eq!(events().await, audited, "nothing was changed");
    assert_eq!(
        post.app.number("select count(*) from outbox where kind = 'weaker_method'").await,
        0,
        "a text that opens nothing is no weaker way in"
    );
    assert_eq!(
        post.app.number("select count(*) from usage").await,
        0,
        "it is no verification and costs nothing"
    );
    let told = methods.begin_check(&he, before.id).await;
    assert!(matches!(told, Err(MethodError::Unknown)), "somebody else's: {told:?}");
    let told = methods.begin_check(&me, ann.method.expect("an app")).await;
    assert!(matches!(told, Err(MethodError::Unknown)), "nothing is sent to an app: {told:?}");
}

/// Matrix 25: reports move a message only forward, whatever their order and number; "not delivered" sends it through the next provider, and what is not
/// known is ignored.
#[tokio::test]
async fn reports_move_a_message_only_forward() {
    let post = Post::new().await;
    let ann = post.member("ann").await;
    post.asks(&ann).await;
    post.works().await;
    let reference = post.app.seen_by_superuser(String::from("select reference from delivery")).await.remove(0);
    let report = |status, reference: &str| DeliveryReport {
        reference: reference.to_owned(),
        status,
        error_code: None,
        bad_recipient: false,
    };
    let (delivery, [first, second, _]) = (post.app.domain.delivery(), post.ids);
    use channel::DeliveryStatus as S;
    delivery
        .report(second, &report(S::Delivered, &reference))
        .await
        .expect("ignored: another provider's");
    delivery.report(first, &report(S::Delivered, "unknown")).await.expect("ignored");
    let status = || async { post.app.seen_by_superuser(String::from("select status from delivery order by n")).await };
    assert_eq!(status().await, ["handed"]);
    delivery.report(first, &report(S::Failed, &reference)).await.expect("told");
    assert_eq!(status().await, ["failed", "queued"], "the next provider is asked");
    delivery.report(first, &report(S::Failed, &reference)).await.expect("told twice");
    delivery.report(first, &report(S::Sent, &reference)).await.expect("told late");
    assert_eq!(status().await, ["failed", "queued"]);
    assert_eq!(post.works().await, 1);
    let codes = [post.first.codes(), post.second.codes()].concat();
    assert_eq!(codes[0], codes[1]);
    delivery.report(first, &report(S::Delivered, &reference)).await.expect("a carrier tried again");
    assert_eq!(status().await, ["delivered", "handed"]);
    assert_eq!(
        post.steps().await,
        [
            "delivery_queued Eerste",
            "delivery_handed Eerste",
            "delivery_failed Eerste",
            "delivery_queued Tweede",
            "delivery_handed Tweede",
            "delivery_delivered Eerste",
        ]
    );
}

/// A worker that dies loses nothing and doubles nothing that it told of; two workers never hand over the same message at once.
#[tokio::test]
async fn a_dead_workers_messages_are_taken_by_the_next() {
    let post = Post::new().await;
    let ann = post.member("ann").await;
    post.asks(&ann).await;
    let held = post.app.domain.delivery().take(50).await.expect("taken");
    assert_eq!(held.len(), 1);
    let other = post.app.second_node().await;
    assert!(other.delivery().take(50).await.expect("nothing").is_empty(), "it is held");
    post.app.wait(31);
    let taken = other.delivery().take(50).await.expect("taken").remove(0);
    other.delivery().settle(vec![taken.hand_over(Some(&post.first)).await]).await.expect("told");
    let late = held.into_iter().next().expect("one");
    let late = late.hand_over(Some(&post.first)).await;
    post.app.domain.delivery().settle(vec![late]).await.expect("told late");
    assert_eq!(
        post.app.number("select count(*) from attempt_step where kind = 'delivery_handed'").await,
        1,
        "the late one writes nothing"
    );
    // A challenge that has ended sends nothing any more.
    let asked = post.asks(&ann).await;
    post.app
        .domain
        .verification()
        .give_up(&post.app.key, None, challenge(&asked))
        .await
        .expect("given up");
    let before = post.first.codes().len() + post.second.codes().len();
    post.works().await;
    assert_eq!(post.first.codes().len() + post.second.codes().len(), before);
}

/// S11-S14 and what a provider may be: checked where they are made.
#[tokio::test]
async fn senders_have_the_form_of_their_kind() {
    let app = TestApp::new().await;
    let add = |kind, country: Option<&str>, value: &str| {
        let new = NewSender {
            tenant: None,
            channel: Channel::Sms,
            country: country.map(str::to_owned),
            kind,
            value: value.to_owned(),
            provider: None,
            valid_from: None,
            valid_until: None,
        };
        app.domain.delivery().add_sender(Operator::console(), new)
    };
    for (kind, country, value) in [
        (SenderKind::ShortCode, Some("US"), "97671"),
        (SenderKind::ShortCode, Some("CA"), "759731"),
        (SenderKind::Number, None, "+3197000000"),
        (SenderKind::Name, Some("NL"), "Noord"),
    ] {
        add(kind, country, value).await.expect(value);
    }
    for (kind, country, value) in [
        (SenderKind::ShortCode, Some("NL"), "97671"),
        (SenderKind::ShortCode, None, "97671"),
        (SenderKind::ShortCode, Some("US"), "1234"),
        (SenderKind::Number, None, "0201234567"),
        (SenderKind::Name, None, "Twelve letters"),
        (SenderKind::Name, None, "12345"),
        (SenderKind::Mail, None, "codes@noord.example"),
        (SenderKind::Name, Some("nl"), "Noord"),
    ] {
        assert!(
            matches!(add(kind, country, value).await, Err(DeliveryError::Invalid(..))),
            "{kind} {country:?} {value}"
        );
    }
    let provider = |name: &str, kind| NewProvider {
        tenant: None,
        channel: Channel::Sms,
        kind,
        name: CleanText::parse(name).expect("a name"),
        rank: 1,
        settings: json!({}),
        secret: Some(Secret::new(String::from("canary-of-a-gateway"))),
    };
    let delivery = app.domain.delivery();
    delivery
        .add_provider(Operator::console(), provider("A", ProviderKind::HttpSms))
        .await
        .expect("made");
    let taken = delivery.add_provider(Operator::console(), provider("a", ProviderKind::HttpSms)).await;
    assert!(matches!(taken, Err(DeliveryError::NameTaken)), "{taken:?}");
    let wrong = delivery.add_provider(Operator::console(), provider("B", ProviderKind::Smtp)).await;
    assert!(matches!(wrong, Err(DeliveryError::Invalid("kind", _))), "{wrong:?}");
    let shown = format!("{:?}", delivery.live_providers().await.expect("providers"));
    assert!(!shown.contains("canary"), "{shown}");
    let stored = app
        .seen_by_superuser(String::from("select row_to_json(p)::text from delivery_provider p"))
        .await
        .concat();
    assert!(!stored.contains("canary"), "{stored}");
    let opened = delivery.live_providers().await.expect("providers").remove(0).secret.expect("a secret");
    assert_eq!(opened.expose(), "canary-of-a-gateway");
    let error: DbError = sqlx::Error::RowNotFound.into();
    assert_eq!(DeliveryError::from(error).code(), ErrorCode::Internal);
}

/// Whoever holds nothing but what resets his password is not shut out of his own security info: a code that is sent there stands for the second factor he has
/// not. It opens nothing else, and not where a second factor is asked, in the strict profile, or while something is off that stands in the way.
#[tokio::test]
async fn what_resets_a_password_is_shown_before_a_change_where_there_is_nothing_else() {
    let post = Post::new().await;
    let app = &post.app;
    let methods = app.domain.methods();
    let for_resets = app.domain.directory().change_policy(&app.admin, "test", |mut document| {
        for rule in document.methods.iter_mut().filter(|rule| rule.kind == MethodKind::Sms) {
            rule.uses = vec![MethodUse::Reset];
        }
        document
    });
    for_resets.await.expect("a policy");
    let ann = post.member("ann").await;
    let by_password = app.signed_in(&ann, 1, 0);
    let phone = methods.mine(&by_password).await.expect("info").methods.remove(0).id;
    let refused = methods.remove(&by_password, phone).await;
    assert!(matches!(refused, Err(MethodError::StepUp)), "{refused:?}");
    methods.begin_check(&by_password, phone).await.expect("it may be tried out");
    post.works().await;
    let step_up = async || {
        app.domain
            .sign_in()
            .begin_step_up(&by_password)
            .await
            .expect("a step")
            .attempt
            .expect("an attempt")
    };
    let offers = async |attempt| app.domain.sign_in().look(app.tenant, attempt).await.expect("a view").addresses.len();
    let verification = app.domain.verification();
    let attempt = step_up().await;
    assert_eq!(offers(attempt).await, 1);
    app.wait(1);
    verification
        .send(app.tenant, attempt, Purpose::StepUp, MethodKind::Sms)
        .await
        .expect("an answer")
        .expect("sent");
    post.works().await;
    let code = OfferedCode::parse(&post.first.codes().pop().expect("a code")).expect("a code");
    let (answered, _) = verification.second(app.tenant, attempt, Purpose::StepUp, &code, None).await.expect("an answer");
    let Answered::Right(right) = answered else { panic!("{answered:?}") };
    let session = crate::sign_in::full_session(app.tenant, attempt, &right, client());
    assert_eq!((session.level, session.factor, session.factor_at.is_some()), (1, Some(MethodKind::Sms), true));
    assert_eq!(
        app.number("select count(*) from auth_log where purpose = 'step_up' and decision = 'allowed' and not second_factor")
            .await,
        1
    );
    let shown = crate::actor::Member {
        factor_at: session.factor_at,
        factor: session.factor,
        ..app.signed_in(&ann, 1, 0)
    };
    methods.begin_totp(&shown).await.expect("a change");
    assert!(matches!(
        methods.begin_totp(&crate::actor::Member { strict: true, ..shown.clone() }).await,
        Err(MethodError::StepUp)
    ));
    app.set_state(&ann, MfaState::Enabled).await;
    assert!(matches!(methods.begin_totp(&shown).await, Err(MethodError::StepUp)), "a second factor is asked");
    assert_eq!(offers(step_up().await).await, 0);
    app.set_state(&ann, MfaState::Disabled).await;
    let bob = post.with_phone(app.member("bob").await, NUMBER).await;
    let shared = methods.begin_totp(&shown).await;
    assert!(matches!(shared, Err(MethodError::StepUp)), "{} has it as well: {shared:?}", bob.upn);
    app.as_superuser("update method set state = 'removed', removed_at = now() where member_id <> (select member_id from member where upn_folded like 'ann@%')")
        .await;
    methods.begin_totp(&shown).await.expect("hers alone again");
    let ann = app.with_app(ann).await;
    assert_eq!(offers(step_up().await).await, 0, "there is a second factor");
    let once = methods.begin_totp(&shown).await;
    assert!(matches!(once, Err(MethodError::StepUp)), "what stood for one stands for it no more: {once:?}");
    app.as_superuser("update method set state = 'off', disabled_reason = 'lost' where kind = 'totp'")
        .await;
    assert_eq!(offers(step_up().await).await, 0, "what was lost stands in the way of {}", ann.upn);
    app.wait(660);
    let late = methods.begin_totp(&shown).await;
    assert!(matches!(late, Err(MethodError::StepUp)), "{late:?}");
}

/// Whoever waits for a code is told what has become of it: late while nobody has taken it, lost when nobody will, and nothing when it is on its way.
#[tokio::test]
async fn whoever_waits_for_a_code_is_told_what_has_become_of_it() {
    let post = Post::new().await;
    let app = &post.app;
    let ann = post.with_phone(app.member_with_password("ann").await, NUMBER).await;
    app.set_state(&ann, MfaState::Enforced).await;
    let sign_in = app.domain.sign_in();
    let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
    sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
    let attempt = at.attempt.expect("an attempt");
    let fate = async || sign_in.look(app.tenant, attempt).await.expect("a view").sent.expect("a code").fate;
    app.wait(1);
    let sent = app.domain.verification().send(app.tenant, attempt, Purpose::SignIn, MethodKind::Sms).await;
    assert_eq!(sent.expect("an answer").expect("sent").fate, Fate::OnItsWay);
    app.wait(7);
    assert_eq!(fate().await, Fate::OnItsWay);
    app.wait(1);
    assert_eq!(fate().await, Fate::Late);
    for status in ["handed", "sent", "uncertain", "delivered"] {
        app.as_superuser(format!("update delivery set status = '{status}'")).await;
        assert_eq!(fate().await, Fate::OnItsWay, "{status}");
    }
    for status in ["failed", "dropped"] {
        app.as_superuser(format!("update delivery set status = '{status}'")).await;
        assert_eq!(fate().await, Fate::Lost, "{status}");
    }
    let again = app.domain.verification().send_again(app.tenant, attempt, Purpose::SignIn).await;
    again.expect("an answer").expect("sent once more");
    assert_eq!(fate().await, Fate::Late, "the next gateway has not taken it either");
    app.as_superuser("update delivery set status = 'handed' where n = 1; update delivery set status = 'failed' where n = 2")
        .await;
    assert_eq!(fate().await, Fate::OnItsWay, "the first one may arrive, and it is the same code");
}
