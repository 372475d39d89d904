//! Calls in PIN mode: the PIN first, then the digit; a wrong one counts like a wrong digit, whatever comes at the same moment. And the code that reports fraud.

use super::{
    tests::{Calls, digit},
    *,
};
use crate::{delivery::call::CallMode, directory::MemberRef, testing::*};

const PIN: &str = "4821";

impl Calls {
    async fn with_rules(pin: bool, fraud_code: &str) -> Self {
        let calls = Self::new().await;
        calls.set_rules(pin, fraud_code).await;
        calls
    }

    async fn set_rules(&self, pin: bool, fraud_code: &str) {
        let rules = CallRules {
            pin,
            fraud_code: fraud_code.to_owned(),
        };
        let change = |document| PolicyDocument { calls: rules, ..document };
        self.app
            .domain
            .directory()
            .change_policy(&self.app.admin, "test", change)
            .await
            .expect("published");
    }

    /// A member with a phone for calls and a PIN.
    async fn member_with_pin(&self, name: &str) -> TestMember {
        let member = self.member(name).await;
        let pin = CallPin::parse(PIN).expect("a PIN");
        let me = self.app.signed_in(&member, 2, 1);
        self.app.domain.methods().set_call_pin(&me, &pin).await.expect("chosen");
        member
    }

    async fn wrong_count(&self) -> i64 {
        self.app.number("select max(wrong_count)::bigint from challenge where kind = 'voice'").await
    }
}

fn asks_pin(spoken: &Spoken) -> bool {
    spoken.script.mode() == CallMode::Pin && spoken.line.asks()
}

#[tokio::test]
async fn f8_in_pin_mode_the_pin_comes_first_and_both_are_needed() {
    let calls = Calls::with_rules(true, "0").await;
    let member = calls.member_with_pin("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let call = calls.dials(attempt, Purpose::SignIn).await;
    let greeting = calls.turn(call, None, None).await;
    assert!(asks_pin(&greeting), "{greeting:?}");
    let now = calls.turn(call, Some(greeting.next), Some(PIN)).await;
    assert_eq!(now.line, Line::AfterPin);
    assert!(calls.complete(attempt).await.expect("decided").is_none(), "half of it is nothing");
    assert_eq!(calls.turn(call, Some(now.next), Some(&digit(&now))).await.line, Line::Approved);
    assert!(matches!(calls.complete(attempt).await, Ok(Some(Answered::Right(_)))));
    let transport = "select count(*) from auth_log where decision = 'allowed' and transport_result = 'SUCCESS_WITH_PIN'";
    assert_eq!(calls.app.number(transport).await, 1);
    let steps = calls
        .app
        .seen_by_superuser("select kind from attempt_step where kind in ('pin_right', 'code_right') order by n")
        .await;
    assert_eq!(steps, ["pin_right", "code_right"]);
    // What was typed stands nowhere.
    let told = calls
        .app
        .seen_by_superuser("select coalesce(string_agg(detail::text, ''), '') from attempt_step")
        .await;
    assert!(!told[0].contains(PIN), "{told:?}");
}

/// The digit alone is a wrong PIN: whoever finds the phone, and any mailbox, is no further.
#[tokio::test]
async fn f8_without_the_pin_no_call_approves() {
    let calls = Calls::with_rules(true, "0").await;
    let member = calls.member_with_pin("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let call = calls.dials(attempt, Purpose::SignIn).await;
    let greeting = calls.turn(call, None, None).await;
    let first = calls.turn(call, Some(greeting.next), Some("7")).await;
    assert!(first.line == Line::AfterMistake && asks_pin(&first));
    assert_eq!(calls.wrong_count().await, 1);
    // The same request once more counts nothing.
    assert!(asks_pin(&calls.turn(call, Some(greeting.next), Some("7")).await));
    assert_eq!(calls.wrong_count().await, 1);
    // A turn that we never gave: another challenge's proof, or one that was made up.
    let forged = Turn {
        pin: Some([7; PROOF_BYTES]),
        ..first.next
    };
    assert!(asks_pin(&calls.turn(call, Some(forged), None).await));
    let second = calls.turn(call, Some(first.next), Some("4822")).await;
    assert!(asks_pin(&second));
    let third = calls.turn(call, Some(second.next), Some("9999999999")).await;
    assert_eq!(third.line, Line::Denied);
    assert_eq!(calls.turn(call, Some(third.next), Some(PIN)).await.line, Line::Denied, "too late");
    assert!(calls.complete(attempt).await.is_err());
    assert_eq!(
        calls
            .app
            .number("select count(*) from auth_log where decision = 'denied' and reason = 'wrong_pin'")
            .await,
        1
    );
    assert_eq!(
        calls.app.number("select in_row::bigint from throttle where scope = 'delivered'").await,
        3,
        "counted with wrong digits"
    );
}

/// Bar 2: as many tries at once as anybody likes are no more than were counted, the right PIN among them.
#[tokio::test]
async fn a1_pins_that_are_tried_at_once_count_one_by_one() {
    let calls = Calls::with_rules(true, "0").await;
    let member = calls.member_with_pin("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let call = calls.dials(attempt, Purpose::SignIn).await;
    let greeting = calls.turn(call, None, None).await;
    let tries = (0..12).map(|n| format!("55{n:02}")).map(|keys| {
        let calls = &calls;
        async move { calls.turn(call, Some(greeting.next), Some(&keys)).await }
    });
    let told = futures_util::future::join_all(tries).await;
    assert!(told.iter().all(|spoken| spoken.line != Line::AfterPin));
    assert_eq!(calls.wrong_count().await, 1, "one of them was looked at");
    assert_eq!(calls.app.number("select in_row::bigint from throttle where scope = 'delivered'").await, 1);
}

#[tokio::test]
async fn whoever_has_no_pin_is_told_so_and_takes_another_way() {
    let calls = Calls::with_rules(true, "0").await;
    let member = calls.member("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let call = calls.dials(attempt, Purpose::SignIn).await;
    let told = calls.turn(call, None, None).await;
    assert_eq!(told.line, Line::NoPin);
    assert!(told.script.words(told.line, told.language).contains("You have no PIN for calls yet"));
    assert_eq!(
        calls.turn(call, Some(told.next), Some("7")).await.line,
        Line::NoPin,
        "and nothing that is pressed approves"
    );
    calls.app.as_superuser("update delivery set status = 'delivered'").await;
    let verification = calls.app.domain.verification();
    verification.call_over(calls.provider, call, "CA1", CallEnd::HungUp).await.expect("told");
    assert_eq!(calls.state(attempt).await, Some(CallState::Over(Reason::PinMissing)));
    assert_eq!(calls.wrong_count().await, 0, "no answer, so no wrong one");
    let code = OfferedCode::parse(&calls.app.code(&member)).expect("a code");
    let other = verification
        .second(calls.app.tenant, attempt, Purpose::SignIn, &code, None)
        .await
        .expect("decided");
    assert!(matches!(other.0, Answered::Right(_)), "another way is open: {other:?}");
    // Over REST a program is told at once.
    let mut request = request(member.upn.as_str(), None);
    request.method = Some(MethodKind::Voice);
    calls.app.wait(1);
    let asked = verification.verify(&calls.app.key, None, request).await.expect("asked");
    assert!(asked.challenge.is_some());
    assert_eq!(calls.turn(calls.newest().await, None, None).await.line, Line::NoPin);
    let row = "select count(*) from auth_log where reason = 'pin_missing' and transport_result = 'SUCCESS_NO_PIN' and decision = 'denied'";
    assert_eq!(calls.app.number(row).await, 1);
}

/// A PIN that is taken away or changed in the middle of a call was none.
#[tokio::test]
async fn a_pin_that_has_gone_carries_no_call_further() {
    let calls = Calls::with_rules(true, "0").await;
    let member = calls.member_with_pin("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let call = calls.dials(attempt, Purpose::SignIn).await;
    let greeting = calls.turn(call, None, None).await;
    let now = calls.turn(call, Some(greeting.next), Some(PIN)).await;
    let pressed = digit(&now);
    let me = calls.app.signed_in(&member, 2, 1);
    let other = CallPin::parse("9057").expect("a PIN");
    calls.app.domain.methods().set_call_pin(&me, &other).await.expect("changed");
    let spoken = calls.turn(call, Some(now.next), Some(&pressed)).await;
    assert!(asks_pin(&spoken), "{spoken:?}");
    let of = MemberRef::Id(member.id);
    calls
        .app
        .domain
        .methods()
        .clear_call_pin(&calls.app.admin, &of, "seen")
        .await
        .expect("taken away");
    assert_eq!(calls.turn(call, Some(now.next), Some(&pressed)).await.line, Line::NoPin);
    assert!(!matches!(calls.complete(attempt).await, Ok(Some(Answered::Right(_)))));
}

#[tokio::test]
async fn the_code_that_reports_fraud_is_the_tenants_own() {
    for (pin, code) in [(false, "7"), (false, "112"), (true, "99")] {
        let calls = Calls::with_rules(pin, code).await;
        let member = calls.member_with_pin_if(pin, "ann").await;
        let attempt = calls.at_the_second_step(&member).await;
        let call = calls.dials(attempt, Purpose::SignIn).await;
        let greeting = calls.turn(call, None, None).await;
        let words = greeting.script.words(greeting.line, greeting.language);
        let keys = crate::delivery::call::spoken_keys(code, greeting.language);
        assert!(words.contains(&format!("press {keys}, then the hash key, to report it")), "{words}");
        assert_eq!(
            calls.turn(call, Some(greeting.next), Some("0")).await.line,
            Line::AfterMistake,
            "zero is no code here"
        );
        let again = calls.turn(call, None, None).await;
        assert_eq!(calls.turn(call, Some(again.next), Some(code)).await.line, Line::FraudReported, "{code}");
        assert_eq!(calls.app.number("select count(*) from auth_log where reason = 'fraud_reported'").await, 1);
    }
}

/// What was spoken goes on to mean what it meant, whatever the policy says since.
#[tokio::test]
async fn a_code_that_becomes_the_digit_of_an_open_call_reports_nothing_in_it() {
    let calls = Calls::new().await;
    let member = calls.member("ann").await;
    let attempt = calls.at_the_second_step(&member).await;
    let call = calls.dials(attempt, Purpose::SignIn).await;
    let greeting = calls.turn(call, None, None).await;
    let pressed = digit(&greeting);
    calls.set_rules(false, &pressed).await;
    let spoken = calls.turn(call, Some(greeting.next), Some(&pressed)).await;
    assert_eq!(spoken.line, Line::Approved);
}

#[test]
fn turns_come_back_from_addresses_as_they_were() {
    let turn = Turn {
        silent: 2,
        wrong: 1,
        pin: Some([0xab; PROOF_BYTES]),
    };
    assert_eq!(turn.to_string().parse(), Ok(turn));
    assert_eq!(turn.to_string(), format!("2-1-{}", "ab".repeat(PROOF_BYTES)));
    assert_eq!("0-0".parse(), Ok(Turn::default()));
    for bad in ["", "0", "0-", "0-0-", "0-0-ab", &format!("0-0-{}", "AB".repeat(PROOF_BYTES)), "0-0-x-y", "-1-0"] {
        assert!(bad.parse::<Turn>().is_err(), "{bad}");
    }
}

impl Calls {
    async fn member_with_pin_if(&self, pin: bool, name: &str) -> TestMember {
        match pin {
            true => self.member_with_pin(name).await,
            false => self.member(name).await,
        }
    }
}
