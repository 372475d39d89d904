//! Who chooses a PIN for calls, who takes it away, and what is kept of it. What it does in a call stands in `verification/call/pin_tests.rs`.

use super::*;
use crate::testing::*;

fn pin(digits: &str) -> CallPin {
    CallPin::parse(digits).expect("a PIN")
}

/// Switches PIN mode on or off.
async fn asks(app: &TestApp, on: bool) {
    let rules = CallRules {
        pin: on,
        ..CallRules::default()
    };
    app.domain.methods().set_call_rules(&app.admin, rules.clone(), "test").await.expect("published");
    assert_eq!(app.domain.methods().call_rules(&app.admin).await.expect("told"), rules);
}

#[tokio::test]
async fn a_pin_is_chosen_by_its_member_after_a_fresh_second_step() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let (methods, me) = (app.domain.methods(), app.signed_in(&ann, 2, 1));
    let refused = methods.set_call_pin(&me, &pin("4821")).await;
    assert!(matches!(refused, Err(MethodError::PinOff)), "nobody asks for one: {refused:?}");
    asks(&app, true).await;
    let stale = app.signed_in(&ann, 2, 20);
    for refused in [
        methods.set_call_pin(&stale, &pin("4821")).await,
        methods.may_set_call_pin(&stale).await.map(drop),
    ] {
        assert!(matches!(refused, Err(MethodError::StepUp)), "{refused:?}");
    }
    assert!(methods.mine(&me).await.expect("info").call_pin.is_missing());
    methods.set_call_pin(&me, &pin("4821")).await.expect("chosen");
    assert_eq!(methods.mine(&me).await.expect("info").call_pin.set_at, Some(app.now()));
    let kept = app.seen_by_superuser("select phc from call_pin").await;
    assert!(kept[0].starts_with("$argon2id$v=19$") && !kept[0].contains("4821"), "hashed");
    app.wait(1);
    methods.set_call_pin(&app.signed_in(&ann, 2, 1), &pin("90 57 11")).await.expect("another");
    let again = app.seen_by_superuser("select phc from call_pin").await;
    assert!(again.len() == 1 && again != kept, "in place of the one before");
    assert_eq!(app.number("select count(*) from audit_log where event = 'call_pin.set'").await, 2);
    assert_eq!(app.number("select count(*) from outbox where kind = 'call_pin.set'").await, 2);
    // It may be changed where it is not asked for any more: nobody is stuck with one that somebody knows.
    asks(&app, false).await;
    methods.set_call_pin(&app.signed_in(&ann, 2, 1), &pin("4821")).await.expect("changed");
}

#[tokio::test]
async fn a_pin_is_taken_away_by_admins_and_ends_with_what_it_belongs_to() {
    let app = TestApp::new().await;
    asks(&app, true).await;
    let ann = app.member_with_both("ann").await;
    let (methods, of) = (app.domain.methods(), MemberRef::Id(ann.id));
    let count = "select count(*) from call_pin";
    methods.set_call_pin(&app.signed_in(&ann, 2, 1), &pin("4821")).await.expect("chosen");
    let desk = Admin::new(app.tenant, Who::Member(ann.id), vec![Role::Support]);
    assert!(methods.clear_call_pin(&desk, &of, "x").await.is_err(), "not for everybody");
    assert_eq!(app.number(count).await, 1);
    methods.clear_call_pin(&app.admin, &of, "seen by somebody").await.expect("taken away");
    assert!(matches!(methods.clear_call_pin(&app.admin, &of, "twice").await, Err(MethodError::Unknown)));
    assert_eq!(app.number(count).await, 0);
    let audited = app
        .seen_by_superuser("select event from audit_log where event like 'call_pin.%' order by occurred_at, event")
        .await;
    assert_eq!(audited.len(), 2, "{audited:?}");
    assert_eq!(app.number("select count(*) from outbox where kind = 'call_pin.cleared'").await, 1);
    methods.set_call_pin(&app.signed_in(&ann, 2, 1), &pin("4821")).await.expect("chosen");
    app.domain
        .directory()
        .require_reregistration(&app.admin, &of, "lost the phone")
        .await
        .expect("required");
    assert_eq!(app.number(count).await, 0, "with the phones");
}

/// A phone that is to be called comes with a PIN where calls ask for one: without, none of its calls could confirm anything.
#[tokio::test]
async fn no_phone_is_added_for_calls_without_a_pin() {
    let app = TestApp::new().await;
    asks(&app, true).await;
    let ann = app.member_with_both("ann").await;
    let provider = crate::delivery::NewProvider {
        tenant: None,
        channel: Channel::Voice,
        kind: crate::delivery::ProviderKind::HttpVoice,
        name: CleanText::parse("Calls").expect("a name"),
        rank: 1,
        settings: json!({ "base": "https://voice.example", "account": "AC1" }),
        secret: Some(Secret::new(String::from("only-for-tests"))),
    };
    let operator = crate::actor::Operator::console();
    app.domain.delivery().add_provider(operator, provider).await.expect("a provider");
    let phone = crate::delivery::Address::Phone(crate::delivery::phone::PhoneNumber::parse("+31207946000", None).expect("a number"));
    let (methods, me) = (app.domain.methods(), app.signed_in(&ann, 2, 1));
    let refused = methods.begin_address(&me, MethodKind::Voice, &phone, None).await;
    assert!(matches!(refused, Err(MethodError::PinNeeded)), "{refused:?}");
    assert_eq!(app.number("select count(*) from method where kind = 'voice'").await, 0);
}
