//! Methods against a fresh Postgres: a change needs a fresh second factor, and nothing old goes before the new is proven. Abuse cases by their id.

use super::*;
use crate::testing::*;

fn label() -> CleanText<NAME_CHARACTERS_MAX> {
    CleanText::parse("another name").expect("a label")
}

/// Every change a member can make of his own methods, under one proof; tells how each was answered.
async fn changes(app: &TestApp, me: &Member, method: MethodId) -> Vec<(&'static str, Result<()>)> {
    let methods = app.domain.methods();
    let code = OfferedCode::parse("000000").expect("a code");
    vec![
        ("begin_totp", methods.begin_totp(me).await.map(drop)),
        ("confirm_totp", methods.confirm_totp(me, &label(), &code).await.map(drop)),
        ("rename", methods.rename(me, method, &label()).await),
        ("make_default", methods.make_default(me, method).await),
        ("new_recovery_codes", methods.new_recovery_codes(me).await.map(drop)),
        ("remove", methods.remove(me, method).await),
    ]
}

/// B11, bar 9: no change without a second factor of the last ten minutes, strict five; not after a password alone, not by an older factor.
#[tokio::test]
async fn b11_a_change_needs_a_fresh_second_factor() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let method = ann.method.expect("an app");
    let before = app.rows().await;
    for (level, minutes_ago, strict) in [(0, 0, false), (1, 0, false), (2, 10, false), (2, 11, false), (2, 5, true), (1, 0, true)] {
        let mut me = app.signed_in(&ann, level, minutes_ago);
        me.strict = strict;
        for (verb, answered) in changes(&app, &me, method).await {
            assert!(
                matches!(answered, Err(MethodError::StepUp)),
                "{verb} at level {level}, {minutes_ago} minutes after, strict {strict}: {answered:?}"
            );
        }
    }
    // A level without its moment is none.
    let mut me = app.signed_in(&ann, 2, 0);
    me.factor_at = None;
    for (verb, answered) in changes(&app, &me, method).await {
        assert!(matches!(answered, Err(MethodError::StepUp)), "{verb}: {answered:?}");
    }
    assert_eq!(app.rows().await, before, "nothing has changed");
    for (minutes_ago, strict) in [(9, false), (4, true)] {
        let mut me = app.signed_in(&ann, 2, minutes_ago);
        me.strict = strict;
        app.domain.methods().rename(&me, method, &label()).await.expect("fresh enough");
    }
    // Every verb that changes something asks; one that is added has to be tried above.
    let source = include_str!("mod.rs");
    let own = source.split("    pub async fn ").skip(1).filter(|verb| verb.contains("me: &Member"));
    let of_member: Vec<&str> = own
        .filter(|verb| verb.split_once('{').is_some_and(|(head, _)| head.contains("me: &Member")))
        .filter_map(|verb| verb.split_once('(').map(|(name, _)| name))
        .collect();
    let tried: Vec<&str> = changes(&app, &app.signed_in(&ann, 1, 0), method).await.iter().map(|(verb, _)| *verb).collect();
    for verb in of_member.iter().filter(|verb| !["mine", "are_changed_by_passkey"].contains(verb)) {
        assert!(tried.contains(verb), "{verb} is not tried without a fresh factor");
    }
}

/// B11, bar 9: what confirms a change is the strongest that is there. Whoever has a passkey shows it, or a pass; in the strict profile also after somebody with less
/// has reported it lost.
#[tokio::test]
async fn b11_whoever_has_a_passkey_changes_nothing_by_less() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let method = ann.method.expect("an app");
    let with = |factor, strict| Member {
        factor: Some(factor),
        strict,
        ..app.signed_in(&ann, 2, 0)
    };
    app.as_superuser(format!(
        "insert into method (tenant_id, method_id, member_id, kind, label, state, created_at, confirmed_at)
         values ('{}', gen_random_uuid(), '{}', 'passkey', 'key', 'active', now(), now())",
        app.tenant, ann.id
    ))
    .await;
    let lost = "update method set state = 'off', disabled_reason = 'lost' where kind = 'passkey'";
    let off = "update method set disabled_reason = 'admin' where kind = 'passkey'";
    // What has become of the passkey, the profile, and whether less than a passkey is enough.
    for (change, strict, less_is_enough) in [
        (None, false, false),
        (None, true, false),
        (Some(lost), false, true),
        (Some(lost), true, false),
        (Some(off), true, true),
    ] {
        if let Some(change) = change {
            app.as_superuser(change).await;
        }
        for kind in [
            MethodKind::Totp,
            MethodKind::HardwareToken,
            MethodKind::Sms,
            MethodKind::Voice,
            MethodKind::RecoveryCode,
        ] {
            let me = with(kind, strict);
            assert_eq!(app.domain.methods().are_changed_by_passkey(&me).await.expect("known"), !less_is_enough);
            let renamed = app.domain.methods().rename(&me, method, &label()).await;
            assert_eq!(renamed.is_ok(), less_is_enough, "{kind}, {change:?}, strict {strict}: {renamed:?}");
            if less_is_enough {
                continue;
            }
            for (verb, answered) in changes(&app, &me, method).await {
                assert!(matches!(answered, Err(MethodError::StepUp)), "{verb} by {kind}, {change:?}: {answered:?}");
            }
        }
        for kind in [MethodKind::Passkey, MethodKind::Pass] {
            app.domain.methods().rename(&with(kind, strict), method, &label()).await.expect("strong enough");
        }
    }
}

/// Product rule 6: something stronger switches on what guesses switched off. What was guessed of its own family, or of a stronger one, is not forgotten by that.
#[tokio::test]
async fn what_is_stronger_switches_on_the_weaker_and_forgets_no_other_guesses() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    app.as_superuser(format!(
        "insert into method (tenant_id, method_id, member_id, kind, label, state, disabled_reason, created_at, confirmed_at)
         values ('{0}', gen_random_uuid(), '{1}', 'sms', 'phone', 'off', 'too_many_wrong', now(), now());
         insert into failure_day (tenant_id, subject_id, family, day, failures)
         values ('{0}', '{1}', 'delivered', now(), 50), ('{0}', '{1}', 'oath', now(), 40)",
        app.tenant, ann.id
    ))
    .await;
    let right = |method| crate::verification::RightAnswer {
        member: ann.id,
        epoch: 0,
        admin: false,
        method,
        second_factor: true,
        recovery_left: None,
        weaker_off: true,
        at: app.now(),
    };
    let methods = app.domain.methods();
    let is_on = async || {
        let info = methods.mine(&app.signed_in(&ann, 2, 0)).await.expect("info");
        info.methods.iter().any(|m| m.kind == MethodKind::Sms && m.active)
    };
    methods
        .switch_on_weaker(app.tenant, &right(MethodKind::Voice), &client())
        .await
        .expect("nothing to do");
    assert!(!is_on().await, "a call is no stronger than a text");
    methods
        .switch_on_weaker(app.tenant, &right(MethodKind::Totp), &client())
        .await
        .expect("switched on");
    assert!(is_on().await);
    app.as_superuser("do $$ begin assert (select array_agg(family) from failure_day) = array['oath'], 'the guesses at the app are still counted'; end $$")
        .await;
}

/// B11, strict profile, C7: where nothing is registered yet, a password alone registers nothing.
#[tokio::test]
async fn b11_strict_registers_nothing_with_the_password_alone() {
    let app = TestApp::new().await;
    let ann = app.member_with_password("ann").await;
    let mut me = app.signed_in(&ann, 1, 0);
    assert!(
        app.domain.methods().begin_totp(&me).await.is_ok(),
        "the standard profile lets a member without anything begin"
    );
    me.strict = true;
    assert!(matches!(app.domain.methods().begin_totp(&me).await, Err(MethodError::StepUp)));
    me.strict = false;
    app.set_state(&ann, MfaState::Enabled).await;
    assert!(
        matches!(app.domain.methods().begin_totp(&me).await, Err(MethodError::StepUp)),
        "who must use a second factor registers it on the way in, not behind it"
    );
}

/// B9: whoever begins another app and goes away still has to show the old one.
#[tokio::test]
async fn b9_an_abandoned_registration_leaves_the_old_factor() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let me = app.signed_in(&ann, 2, 0);
    let square = app.domain.methods().begin_totp(&me).await.expect("a square");
    let again = app.domain.methods().begin_totp(&me).await.expect("the same square");
    assert_eq!(
        (square.method, square.seed.expose()),
        (again.method, again.seed.expose()),
        "a reload shows the same"
    );
    for wait in [0, 700] {
        app.wait(wait);
        let info = app.domain.methods().mine(&me).await.expect("info");
        assert_eq!(info.methods.iter().map(|m| m.id).collect::<Vec<_>>(), [ann.method.expect("an app")]);
        let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
        let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
        assert_eq!(outcome, crate::sign_in::PasswordOutcome::Second);
    }
    let right = app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer");
    assert_eq!(right.decision, Some(Decision::Allowed));
    let me = app.signed_in(&ann, 2, 0);
    let late = OfferedCode::parse("000000").expect("a code");
    assert!(matches!(
        app.domain.methods().confirm_totp(&me, &label(), &late).await,
        Err(MethodError::PendingGone)
    ));
}

/// B12: the first code proves the app and is used up by it.
#[tokio::test]
async fn b12_the_proving_code_is_used_up() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    let me = app.signed_in(&ann, 2, 0);
    let square = app.domain.methods().begin_totp(&me).await.expect("a square");
    let held = TestMember {
        seed: square.seed.expose().to_vec(),
        method: Some(square.method),
        ..ann
    };
    let typed = app.code(&held);
    let code = OfferedCode::parse(&typed).expect("a code");
    let wrong = OfferedCode::parse(&app.wrong_code(&held)).expect("a code");
    assert!(matches!(
        app.domain.methods().confirm_totp(&me, &label(), &wrong).await,
        Err(MethodError::WrongCode)
    ));
    let codes = app.domain.methods().confirm_totp(&me, &label(), &code).await.expect("proven");
    assert_eq!(codes.expect("the first method brings recovery codes").reveal().len(), RECOVERY_CODES);
    let again = app.verify(held.upn.as_str(), &typed).await.expect("an answer");
    assert_eq!((again.decision, again.reason), (Some(Decision::Denied), Some(Reason::CodeReused)));
}

/// C2: ten recovery codes at once open no more often than the policy lets anybody try, and each of them once.
#[tokio::test(flavor = "multi_thread")]
async fn c2_all_recovery_codes_in_parallel_open_once_each() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let me = app.signed_in(&ann, 2, 0);
    let codes = app.domain.methods().new_recovery_codes(&me).await.expect("codes").reveal();
    let mut tasks = tokio::task::JoinSet::new();
    for code in codes.iter().chain(&codes) {
        let (domain, key, code) = (app.domain.clone(), app.key.clone(), code.clone());
        tasks.spawn(async move { verify_on(&domain, &key, "ann@noord.example", &code).await });
    }
    let answers = tasks.join_all().await;
    let allowed = answers.iter().flatten().filter(|a| a.decision == Some(Decision::Allowed)).count() as i64;
    assert!(allowed <= 10, "{allowed} of ten codes");
    assert_eq!(app.number("select count(*) from recovery_code where used_at is not null").await, allowed);
    assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, allowed);
}

/// C8: whoever has fewer rights changes nothing about somebody with more.
#[tokio::test]
async fn c8_a_helper_changes_nothing_about_an_admin() {
    let app = TestApp::new().await;
    let boss = app.with_app(app.member_with_roles("boss", &[Role::GlobalAdmin]).await).await;
    let method = boss.method.expect("an app");
    let before = app.rows().await;
    let of = MemberRef::Id(boss.id);
    let (directory, methods) = (app.domain.directory(), app.domain.methods());
    for role in [Role::Support, Role::AuthAdmin, Role::Reader, Role::PolicyAdmin, Role::BillingAdmin] {
        let by = Admin::new(app.tenant, Who::Console, vec![role]);
        let refused = [
            ("unlock", directory.unlock(&by, &of, "asked").await.map(drop).map_err(|e| e.code())),
            (
                "reregistration",
                directory.require_reregistration(&by, &of, "asked").await.map(drop).map_err(|e| e.code()),
            ),
            (
                "mfa state",
                directory
                    .set_mfa_state(&by, &of, MfaState::Disabled, true, None)
                    .await
                    .map(drop)
                    .map_err(|e| e.code()),
            ),
            ("sessions", directory.revoke_sessions(&by, &of, "asked").await.map(drop).map_err(|e| e.code())),
            ("disable", directory.set_enabled(&by, &of, false, "asked").await.map(drop).map_err(|e| e.code())),
            ("remove", directory.remove_member(&by, &of, "asked").await.map_err(|e| e.code())),
            ("password", directory.set_password(&by, &of, PASSWORD).await.map_err(|e| e.code())),
            ("link", directory.make_set_up_link(&by, &of).await.map(drop).map_err(|e| e.code())),
            ("role", directory.grant_role(&by, &of, Role::Reader).await.map_err(|e| e.code())),
            (
                "app",
                methods
                    .add_totp(&by, &of, OathSeed::new(app.domain.rng()), OathParams::default(), true)
                    .await
                    .map(drop)
                    .map_err(|e| e.code()),
            ),
            ("method", methods.remove_of(&by, &of, method, "asked").await.map_err(|e| e.code())),
        ];
        for (what, refused) in refused {
            assert!(
                matches!(refused, Err(ErrorCode::RankTooHigh | ErrorCode::Forbidden)),
                "{what} by {role}: {refused:?}"
            );
        }
    }
    assert_eq!(app.rows().await, before);
}

/// A method of a kind that the policy takes for no second factor is none anywhere: the only real one stays while one is required, no other becomes the first
/// choice, and nobody is made Enforced by it. But it is not taken away by a password alone.
#[tokio::test]
async fn what_the_policy_takes_for_no_second_factor_is_none() {
    let app = TestApp::new().await;
    let methods = app.domain.methods();
    let (_, mut document) = app.domain.directory().policy(&app.admin).await.expect("a policy");
    for rule in document.methods.iter_mut().filter(|rule| rule.kind == MethodKind::Sms) {
        rule.uses = vec![MethodUse::Reset];
    }
    app.domain.directory().publish_policy(&app.admin, document).await.expect("published");
    let phone = |last: u8| crate::delivery::Address::Phone(crate::delivery::phone::PhoneNumber::parse(&format!("+3161234567{last}"), None).expect("a number"));
    let ann = app.member("ann").await;
    app.set_state(&ann, MfaState::Enabled).await;
    let of = MemberRef::Id(ann.id);
    let texts = methods.add_address(&app.admin, &of, MethodKind::Sms, &phone(1)).await.expect("a phone").id;
    let state = async || app.domain.directory().member(&app.admin, &of).await.expect("a member").mfa_state;
    assert_eq!(state().await, MfaState::Enabled, "nothing is registered by it");
    let ann = app.with_app(ann).await;
    assert_eq!(state().await, MfaState::Enforced);
    let me = app.signed_in(&ann, 2, 0);
    let held = ann.method.expect("an app");
    assert!(matches!(methods.make_default(&me, texts).await, Err(MethodError::KindOff(MethodKind::Sms))));
    methods.make_default(&me, held).await.expect("the first choice");
    assert!(matches!(methods.remove(&me, held).await, Err(MethodError::Needed)));
    let info = methods.mine(&me).await.expect("info");
    let phone_of = |info: &SecurityInfo| info.methods.iter().find(|m| m.id == texts).cloned().expect("the phone");
    assert!(!info.can_be_tried(&phone_of(&info)) && !phone_of(&info).second_factor);
    app.set_state(&ann, MfaState::Disabled).await;
    methods.remove(&me, held).await.expect("required no more");
    let info = methods.mine(&me).await.expect("info");
    assert!(!phone_of(&info).is_default, "the next first choice is a second factor or none");
    // What resets a password is not taken away by a password.
    let by_password = app.signed_in(&ann, 1, 0);
    assert!(matches!(methods.remove(&by_password, texts).await, Err(MethodError::StepUp)));
    // A mailbox that the policy takes for a second step may be the first choice.
    let (_, mut document) = app.domain.directory().policy(&app.admin).await.expect("a policy");
    for rule in document.methods.iter_mut().filter(|rule| rule.kind == MethodKind::Email) {
        rule.uses = vec![MethodUse::Mfa, MethodUse::Reset];
    }
    app.domain.directory().publish_policy(&app.admin, document).await.expect("published");
    let mailbox = crate::delivery::Address::Mail(crate::delivery::phone::Mailbox::parse("ann@elsewhere.example").expect("a mailbox"));
    let mailbox = methods.add_address(&app.admin, &of, MethodKind::Email, &mailbox).await.expect("a mailbox").id;
    let unsent = methods.make_default(&me, mailbox).await;
    assert!(
        matches!(unsent, Err(MethodError::KindOff(MethodKind::Email))),
        "nothing carries mail: {unsent:?}"
    );
    let post = crate::delivery::NewProvider {
        tenant: None,
        channel: model::Channel::Mail,
        kind: crate::delivery::ProviderKind::Folder,
        name: CleanText::parse("Post").expect("a name"),
        rank: 1,
        settings: json!({}),
        secret: None,
    };
    app.domain
        .delivery()
        .add_provider(crate::actor::Operator::console(), post)
        .await
        .expect("a provider");
    methods.make_default(&me, mailbox).await.expect("the first choice");
}

/// Where a rule wants what is bound to the page everywhere, an app beside the passkey is no second factor: the passkey stays, and what comes in its place when
/// an admin takes it away is nothing.
#[tokio::test]
async fn under_a_rule_for_passkeys_an_app_keeps_nobody_registered() {
    let app = TestApp::new().await;
    let (methods, directory) = (app.domain.methods(), app.domain.directory());
    let ann = app.member_with_app("ann").await;
    let me = app.signed_in(&ann, 2, 0);
    let held = ann.method.expect("an app");
    app.as_superuser(format!(
        "insert into method (tenant_id, method_id, member_id, kind, label, state, created_at, confirmed_at)
         values ('{}', gen_random_uuid(), '{}', 'passkey', 'key', 'active', now(), now())",
        app.tenant, ann.id
    ))
    .await;
    let info = methods.mine(&me).await.expect("info");
    let passkey = info.methods.iter().find(|m| m.kind == MethodKind::Passkey).expect("a passkey").id;
    let me = app.signed_in_by_passkey(&ann);
    methods.make_default(&me, held).await.expect("the first choice");
    let everywhere = model::Rule {
        name: String::from("Passkeys everywhere"),
        state: model::RuleState::On,
        who: model::Subjects::default(),
        applications: Vec::new(),
        actions: Vec::new(),
        then: Then::RequirePhishingResistant,
    };
    let changed = directory.change_policy(&app.admin, "test", |document| PolicyDocument {
        rules: vec![everywhere.clone()],
        ..document
    });
    changed.await.expect("a policy");
    let refused = methods.make_default(&me, held).await;
    assert!(matches!(refused, Err(MethodError::KindOff(MethodKind::Totp))), "{refused:?}");
    let refused = methods.remove(&me, passkey).await;
    assert!(matches!(refused, Err(MethodError::Needed)), "{refused:?}");
    assert!(directory.member(&app.admin, &MemberRef::Id(ann.id)).await.expect("a member").can_satisfy);
    let of = MemberRef::Id(ann.id);
    methods.remove_of(&app.admin, &of, passkey, "lost").await.expect("an admin may");
    let view = directory.member(&app.admin, &of).await.expect("a member");
    assert!(!view.can_satisfy, "nothing will do");
}

/// What is past its own life can never be shown again: it is no second factor and no first choice, security info says so, and it clears no way for a password.
#[tokio::test]
async fn what_is_past_its_own_life_is_as_what_was_switched_off() {
    let app = TestApp::new().await;
    let (methods, directory) = (app.domain.methods(), app.domain.directory());
    let ann = app.member_with_both("ann").await;
    app.set_state(&ann, MfaState::Enforced).await;
    let of = MemberRef::Id(ann.id);
    let outcome = async || {
        let sign_in = app.domain.sign_in();
        let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
        sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome")
    };
    assert!(matches!(outcome().await, crate::sign_in::PasswordOutcome::Second));
    app.as_superuser(
        "update method set kind = 'hardware_token', params = params || '{\"valid_until\": \"2020-01-01T00:00:00Z\"}';
         update member set default_method = (select method_id from method where method.member_id = member.member_id)",
    )
    .await;
    let view = directory.member(&app.admin, &of).await.expect("a member");
    assert!(!view.can_satisfy && view.methods.is_empty());
    assert_eq!(view.methods_off, [MethodKind::HardwareToken]);
    let answered = outcome().await;
    let refused = matches!(answered, crate::sign_in::PasswordOutcome::Refused { reason: Reason::MethodOff, .. });
    assert!(refused, "a day in a file is nobody's word that another may come in its place: {answered:?}");
    app.set_state(&ann, MfaState::Disabled).await;
    let answered = outcome().await;
    assert!(matches!(answered, crate::sign_in::PasswordOutcome::Done(_)), "{answered:?}");
    let me = app.signed_in(&ann, 1, 0);
    let token = methods.mine(&me).await.expect("info").methods.remove(0);
    assert_eq!(
        (token.active, token.second_factor, token.disabled_reason.as_deref()),
        (false, false, Some(PAST))
    );
    let first = methods.make_default(&app.signed_in(&ann, 2, 0), token.id).await;
    assert!(matches!(first, Err(MethodError::Unknown)), "{first:?}");
    assert!(
        matches!(methods.begin_totp(&me).await, Err(MethodError::StepUp)),
        "nor by a password alone here"
    );
    methods.begin_totp(&app.signed_in(&ann, 2, 0)).await.expect("an app in its place");
}

/// Whatever takes the first choice out of use puts another that will do in its place, or none: never what the policy takes for no second factor.
#[tokio::test]
async fn the_next_first_choice_is_a_second_factor_or_none() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let only_for_resets = directory.change_policy(&app.admin, "test", |mut document| {
        for rule in document.methods.iter_mut().filter(|rule| rule.kind == MethodKind::Sms) {
            rule.uses = vec![MethodUse::Reset];
        }
        document
    });
    only_for_resets.await.expect("a policy");
    let ann = app.member_with_both("ann").await;
    let of = MemberRef::Id(ann.id);
    let phone = crate::delivery::Address::Phone(crate::delivery::phone::PhoneNumber::parse("+31612345678", None).expect("a number"));
    app.domain
        .methods()
        .add_address(&app.admin, &of, MethodKind::Sms, &phone)
        .await
        .expect("a phone");
    let (me, held) = (app.signed_in(&ann, 2, 0), ann.method.expect("an app"));
    app.domain.methods().make_default(&me, held).await.expect("the first choice");
    let first = async || directory.member(&app.admin, &of).await.expect("a member").default_method;
    assert_eq!(first().await, Some(held));
    let sign_in = app.domain.sign_in();
    let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
    sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
    let receipt = sign_in.report_lost(app.tenant, at.attempt.expect("an attempt"), &[held], &client()).await;
    assert!(!receipt.expect("a receipt").way_left);
    assert_eq!(first().await, None);
}

/// A gateway that is off takes nothing from what its member needs: the only factor stays, and an app is not let go for a phone that nothing reaches.
#[tokio::test]
async fn what_nothing_reaches_now_is_neither_given_up_nor_relied_on() {
    let app = TestApp::new().await;
    let methods = app.domain.methods();
    let ann = app.member("ann").await;
    let of = MemberRef::Id(ann.id);
    let phone = crate::delivery::Address::Phone(crate::delivery::phone::PhoneNumber::parse("+31612345678", None).expect("a number"));
    let texts = methods.add_address(&app.admin, &of, MethodKind::Sms, &phone).await.expect("a phone").id;
    app.set_state(&ann, MfaState::Enforced).await;
    let me = app.signed_in(&ann, 2, 0);
    let refused = methods.remove(&me, texts).await;
    assert!(matches!(refused, Err(MethodError::Needed)), "{refused:?}");
    let ann = app.with_app(ann).await;
    let refused = methods.remove(&me, ann.method.expect("an app")).await;
    assert!(matches!(refused, Err(MethodError::Needed)), "{refused:?}");
    methods.remove(&me, texts).await.expect("the app is left");
}

/// Whoever removes what is asked for first is asked for the strongest that is left and will do; what is off or reached by nothing is passed over, and where
/// nothing will do, nothing is asked for first.
#[tokio::test]
async fn the_strongest_that_is_left_becomes_the_first_choice() {
    let app = TestApp::new().await;
    let (methods, directory, delivery) = (app.domain.methods(), app.domain.directory(), app.domain.delivery());
    let by = crate::actor::Operator::console();
    let ann = app.member_with_app("ann").await;
    let of = MemberRef::Id(ann.id);
    let texts = crate::delivery::NewProvider {
        tenant: None,
        channel: model::Channel::Sms,
        kind: crate::delivery::ProviderKind::Folder,
        name: CleanText::parse("Draad").expect("a name"),
        rank: 1,
        settings: json!({}),
        secret: None,
    };
    let carries = delivery.add_provider(by, texts).await.expect("a provider");
    let phone = crate::delivery::Address::Phone(crate::delivery::phone::PhoneNumber::parse("+31612345678", None).expect("a number"));
    let adds_phone = async || methods.add_address(&app.admin, &of, MethodKind::Sms, &phone).await.expect("a phone").id;
    let me = app.signed_in_by_passkey(&ann);
    let adds_passkey = async || {
        app.as_superuser(format!(
            "insert into method (tenant_id, method_id, member_id, kind, label, state, created_at, confirmed_at)
             values ('{}', gen_random_uuid(), '{}', 'passkey', 'key', 'active', now(), now())",
            app.tenant, ann.id
        ))
        .await;
        let held = methods.mine(&me).await.expect("info").methods;
        held.iter().find(|m| m.kind == MethodKind::Passkey).expect("a passkey").id
    };
    let first = async || directory.member(&app.admin, &of).await.expect("a member").default_method;
    let (number, passkey) = (adds_phone().await, adds_passkey().await);
    methods.make_default(&me, number).await.expect("the first choice");
    assert_eq!(first().await, Some(number));
    methods.remove(&me, number).await.expect("removed");
    assert_eq!(first().await, Some(passkey), "the passkey before the app");
    let number = adds_phone().await;
    assert_eq!(first().await, Some(passkey), "one more changes nothing");
    app.as_superuser("update method set state = 'off', disabled_reason = 'too_many_wrong' where kind = 'totp'")
        .await;
    methods.remove(&me, passkey).await.expect("removed");
    assert_eq!(first().await, Some(number), "the app is off");
    let passkey = adds_passkey().await;
    methods.make_default(&me, passkey).await.expect("the first choice");
    delivery.set_provider(by, carries, false, None).await.expect("off");
    methods.remove(&me, passkey).await.expect("removed");
    assert_eq!(first().await, None, "nothing that is left will do");
    delivery.set_provider(by, carries, true, None).await.expect("on");
    methods.make_default(&me, number).await.expect("it will again");
    methods.remove(&me, number).await.expect("removed");
    assert_eq!(first().await, None);
}
