//! What is confirmed in a call while pages wait for it: for the browser that holds the attempt, once, and never against what came in between. The gateway is
//! played by its questions; its signatures and sockets have tests of their own.

use super::*;
use crate::{
    actor::Operator,
    delivery::{Address, NewProvider, NewSender, ProviderKind, call::CallMode, phone::PhoneNumber},
    directory::MemberRef,
    sign_in::BegunAttempt,
    testing::*,
    vault::Secret,
};

const NUMBER: &str = "+31207946000";

pub(super) struct Calls {
    pub(super) app: TestApp,
    pub(super) provider: ProviderId,
}

impl Calls {
    pub(super) async fn new() -> Self {
        let app = TestApp::new().await;
        let (by, delivery) = (Operator::console(), app.domain.delivery());
        let provider = NewProvider {
            tenant: None,
            channel: Channel::Voice,
            kind: ProviderKind::HttpVoice,
            name: CleanText::parse("Calls").expect("a name"),
            rank: 1,
            settings: json!({ "base": "https://voice.example", "account": "AC1" }),
            secret: Some(Secret::new(String::from("only-for-tests"))),
        };
        let provider = delivery.add_provider(by, provider).await.expect("a provider");
        let sender = NewSender {
            tenant: None,
            channel: Channel::Voice,
            country: None,
            kind: SenderKind::Number,
            value: String::from("+31201234567"),
            provider: None,
            valid_from: None,
            valid_until: None,
        };
        delivery.add_sender(by, sender).await.expect("a sender");
        Self { app, provider }
    }

    /// A member with a password, an app and a phone for calls.
    pub(super) async fn member(&self, name: &str) -> TestMember {
        let member = self.app.member_with_both(name).await;
        let phone = Address::Phone(PhoneNumber::parse(NUMBER, None).expect("a number"));
        let of = MemberRef::Id(member.id);
        let methods = self.app.domain.methods();
        methods.add_address(&self.app.admin, &of, MethodKind::Voice, &phone).await.expect("a phone");
        self.app.set_state(&member, MfaState::Enforced).await;
        member
    }

    pub(super) async fn at_the_second_step(&self, member: &TestMember) -> AttemptId {
        let sign_in = self.app.domain.sign_in();
        let at: BegunAttempt = sign_in.begin(&member.upn, None, &client()).await.expect("an attempt");
        sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
        at.attempt.expect("an attempt")
    }

    /// Has the member called, and tells which call it is.
    pub(super) async fn dials(&self, attempt: AttemptId, purpose: Purpose) -> DeliveryId {
        // The newest challenge of an attempt is the one that counts, and the clock of these tests stands still.
        self.app.wait(1);
        let sent = self.app.domain.verification().send(self.app.tenant, attempt, purpose, MethodKind::Voice).await;
        assert_eq!(sent.expect("decided").expect("sent").call, Some(CallState::Calling));
        self.newest().await
    }

    pub(super) async fn newest(&self) -> DeliveryId {
        let rows = self
            .app
            .seen_by_superuser("select delivery_id::text from delivery order by created_at desc, n desc limit 1")
            .await;
        DeliveryId(rows[0].parse().expect("an id"))
    }

    pub(super) async fn turn(&self, call: DeliveryId, turn: Option<Turn>, keys: Option<&str>) -> Spoken {
        let verification = self.app.domain.verification();
        let spoken = verification.call(self.provider, (call, "CA1"), turn, keys).await.expect("decided");
        spoken.expect("a call")
    }

    /// Presses what the voice asks for.
    async fn confirms(&self, call: DeliveryId) -> Line {
        let spoken = self.turn(call, None, None).await;
        let keys = digit(&spoken);
        self.turn(call, Some(spoken.next), Some(&keys)).await.line
    }

    pub(super) async fn state(&self, attempt: AttemptId) -> Option<CallState> {
        let view = self.app.domain.sign_in().look(self.app.tenant, attempt).await.expect("open");
        view.sent.expect("a call").call
    }

    pub(super) async fn complete(&self, attempt: AttemptId) -> Result<Option<Answered>, VerificationError> {
        let completed = self.app.domain.verification().complete(self.app.tenant, attempt, Purpose::SignIn).await?;
        Ok(completed.map(|(answered, _)| answered))
    }

    async fn allowed(&self) -> i64 {
        self.app.number("select count(*) from auth_log where decision = 'allowed'").await
    }
}

pub(super) fn digit(spoken: &Spoken) -> String {
    match spoken.script.mode() {
        CallMode::Standard { digit } => digit.key().to_string(),
        CallMode::Pin => panic!("no digit"),
    }
}

#[tokio::test]
async fn what_a_call_confirms_opens_for_the_browser_that_holds_the_attempt_and_once() {
    let calls = Calls::new().await;
    let member = calls.member("ann").await;
    let (mine, other) = (calls.at_the_second_step(&member).await, calls.at_the_second_step(&member).await);
    let call = calls.dials(mine, Purpose::SignIn).await;
    assert!(calls.complete(mine).await.expect("decided").is_none(), "nothing was pressed yet");
    assert_eq!(calls.confirms(call).await, Line::Approved);
    assert_eq!(calls.state(mine).await, Some(CallState::Right));
    assert_eq!(calls.allowed().await, 0, "decided when its browser comes");

    assert!(calls.complete(other).await.expect("decided").is_none(), "another browser of the same person");
    let of_another = calls.app.domain.verification().complete(calls.app.tenant, mine, Purpose::StepUp).await;
    assert!(of_another.is_err(), "another purpose");
    assert!(matches!(calls.complete(mine).await, Ok(Some(Answered::Right(_)))));
    assert!(calls.complete(mine).await.is_err(), "once");
    assert_eq!(calls.allowed().await, 1);
    assert_eq!(calls.app.number("select count(*) from usage").await, 1);
    assert_eq!(calls.turn(call, None, None).await.line, Line::Approved, "the call hears the same again");
}

#[tokio::test]
async fn what_comes_after_the_keys_still_holds() {
    let calls = Calls::new().await;
    let member = calls.member("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let call = calls.dials(attempt, Purpose::SignIn).await;
    assert_eq!(calls.confirms(call).await, Line::Approved);
    calls.app.lock(&member).await;
    assert!(!matches!(calls.complete(attempt).await, Ok(Some(Answered::Right(_)))), "locked in between");
    assert_eq!(calls.allowed().await, 0);
}

#[tokio::test]
async fn a_confirmation_is_worth_no_longer_than_its_call() {
    let calls = Calls::new().await;
    let (ann, bob) = (calls.member("ann").await, calls.member("bob").await);
    let (late, unheard) = (calls.at_the_second_step(&ann).await, calls.at_the_second_step(&bob).await);
    let call = calls.dials(late, Purpose::SignIn).await;
    assert_eq!(calls.confirms(call).await, Line::Approved);
    let silent = calls.dials(unheard, Purpose::SignIn).await;
    let greeting = calls.turn(silent, None, None).await;
    let keys = digit(&greeting);
    calls.app.wait(181);
    assert!(!matches!(calls.complete(late).await, Ok(Some(_))), "too late for the browser");
    assert_eq!(
        calls.turn(silent, Some(greeting.next), Some(&keys)).await.line,
        Line::Denied,
        "too late for the keys"
    );
    assert_eq!(calls.app.domain.sign_in().sweep(calls.app.tenant).await.expect("swept"), 2);
    assert_eq!(calls.allowed().await, 0);
}

#[tokio::test]
async fn the_page_is_told_what_became_of_a_call() {
    let calls = Calls::new().await;
    let member = calls.member("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let verification = calls.app.domain.verification();
    let call = calls.dials(attempt, Purpose::SignIn).await;
    calls.app.as_superuser("update delivery set status = 'failed'").await;
    verification.call_over(calls.provider, call, "CA1", CallEnd::NoAnswer).await.expect("told");
    assert_eq!(calls.state(attempt).await, Some(CallState::Over(Reason::NoAnswer)));
    // Asked for again, the phone rings again, with the same digit and not a second longer.
    let again = calls.dials(attempt, Purpose::SignIn).await;
    assert_ne!(call, again);
    assert_eq!(calls.app.number("select count(*) from challenge where kind = 'voice'").await, 1);
    // What is still told of the first one says nothing of the second.
    verification.call_over(calls.provider, call, "CA1", CallEnd::Busy).await.expect("told");
    assert_eq!(calls.state(attempt).await, Some(CallState::Calling));
    // Silence, three times: nobody is there.
    let mut spoken = calls.turn(again, None, None).await;
    for _ in 0..3 {
        spoken = calls.turn(again, Some(spoken.next), None).await;
    }
    assert_eq!(spoken.line, Line::Denied);
    assert_eq!(calls.app.number("select count(*) from auth_log").await, 0, "another way is still open");
    // Nobody goes on: the journal says why.
    calls.app.wait(700);
    calls.app.domain.sign_in().sweep(calls.app.tenant).await.expect("swept");
    assert_eq!(calls.app.number("select count(*) from auth_log where reason = 'voicemail'").await, 1);
}

#[tokio::test]
async fn a_report_in_the_call_ends_the_attempt_in_every_browser() {
    let calls = Calls::new().await;
    let member = calls.member("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let call = calls.dials(attempt, Purpose::SignIn).await;
    let greeting = calls.turn(call, None, None).await;
    assert_eq!(calls.turn(call, Some(greeting.next), Some("0")).await.line, Line::FraudReported);
    assert_eq!(calls.turn(call, Some(greeting.next), Some(&digit(&greeting))).await.line, Line::FraudReported);
    assert!(calls.complete(attempt).await.is_err());
    let verification = calls.app.domain.verification();
    let bob = calls.member("bob").await;
    for (of, reason) in [
        (None, Some(Reason::FraudReported)),
        (Some(member.id), Some(Reason::FraudReported)),
        (Some(bob.id), None),
    ] {
        let told = verification.refusal(calls.app.tenant, attempt, of).await.expect("told");
        assert_eq!(told, reason, "{of:?}");
    }
    assert_eq!(calls.app.number("select count(*) from auth_log where reason = 'fraud_reported'").await, 1);
    assert_eq!(calls.allowed().await, 0);
}

#[tokio::test]
async fn b23_a_phone_is_added_by_whoever_asked_for_it() {
    let calls = Calls::new().await;
    let (ann, bob) = (calls.app.member_with_both("ann").await, calls.app.member_with_both("bob").await);
    let phone = Address::Phone(PhoneNumber::parse(NUMBER, None).expect("a number"));
    let methods = calls.app.domain.methods();
    let (me, other) = (calls.app.signed_in(&ann, 2, 1), calls.app.signed_in(&bob, 2, 1));
    let proving = methods.begin_address(&me, MethodKind::Voice, &phone, None).await.expect("on its way");
    let call = calls.newest().await;
    assert!(methods.complete_address(&me, proving.attempt).await.expect("decided").is_none());
    assert_eq!(calls.confirms(call).await, Line::Approved);
    assert!(methods.complete_address(&other, proving.attempt).await.is_err(), "somebody else's");
    assert!(matches!(methods.complete_address(&me, proving.attempt).await, Ok(Some(Answered::Right(_)))));
    let active = "select count(*) from method where kind = 'voice' and state = 'active'";
    assert_eq!(calls.app.number(active).await, 1);
    assert!(methods.complete_address(&me, proving.attempt).await.is_err(), "once");
}

/// A call proves a phone in the wizard of a sign-in, and opens that sign-in and nothing else.
#[tokio::test]
async fn b23_a_call_in_the_wizard_opens_its_own_sign_in() {
    let calls = Calls::new().await;
    let (domain, tenant) = (&calls.app.domain, calls.app.tenant);
    let ann = calls.app.member_with_password("ann").await;
    calls.app.set_state(&ann, MfaState::Enabled).await;
    let sign_in = domain.sign_in();
    let mut wizards = Vec::new();
    for _ in 0..2 {
        let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
        let outcome = sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
        assert_eq!(outcome, crate::sign_in::PasswordOutcome::Register);
        wizards.push(at.attempt.expect("an attempt"));
    }
    let phone = Address::Phone(PhoneNumber::parse(NUMBER, None).expect("a number"));
    let proving = sign_in.register_address(tenant, wizards[0], &client(), MethodKind::Voice, &phone).await;
    let proving = proving.expect("on its way").attempt;
    let call = calls.newest().await;
    assert!(sign_in.complete_registered_call(tenant, wizards[0], proving).await.expect("decided").is_none());
    assert_eq!(calls.confirms(call).await, Line::Approved);
    assert!(
        sign_in.complete_registered_call(tenant, wizards[1], proving).await.is_err(),
        "begun in the other"
    );
    let answered = sign_in.complete_registered_call(tenant, wizards[0], proving).await.expect("decided");
    assert!(matches!(answered, Some(Answered::Right(_))), "{answered:?}");
    assert!(!matches!(sign_in.finish_registration(tenant, wizards[1]).await, Ok(Some(_))));
    let opened = sign_in.finish_registration(tenant, wizards[0]).await.expect("decided").expect("open");
    assert_eq!(opened.0.method, MethodKind::Voice);
}
