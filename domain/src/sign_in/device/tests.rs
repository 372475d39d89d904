//! Remembered browsers against a fresh Postgres. Abuse cases by their id.

use super::*;
use crate::{
    clock::Clock,
    directory::{MemberRef, block::BlockTerm},
    methods::OathSeed,
    testing::*,
};

async fn lets(app: &TestApp, remember_days: i64) {
    let trust = Trust {
        remember_days,
        ..Trust::default()
    };
    app.domain.directory().set_trust(&app.admin, trust, "test").await.expect("published");
}

async fn types_password(app: &TestApp, member: &TestMember, device: Option<&DeviceSecret>) -> (BegunAttempt, PasswordOutcome) {
    let sign_in = app.domain.sign_in();
    let at = sign_in.begin(&member.upn, None, &client()).await.expect("an attempt");
    let outcome = sign_in.password_from(&at, PASSWORD, &client(), device).await.expect("an outcome");
    (at, outcome)
}

/// Signs in with the app and has the browser remembered; `None` where it was not.
async fn remembers(app: &TestApp, member: &TestMember) -> Option<DeviceSecret> {
    app.wait(30);
    let (at, outcome) = types_password(app, member, None).await;
    assert_eq!(outcome, PasswordOutcome::Second);
    let code = OfferedCode::parse(&app.code(member)).expect("a code");
    let attempt = at.attempt.expect("an attempt");
    let answered = app.domain.sign_in().second_and_remember(app.tenant, attempt, &code, None, &client()).await;
    let (answered, remembered) = answered.expect("answered");
    assert!(matches!(answered, Answered::Right(_)), "{answered:?}");
    remembered.map(|remembered| remembered.secret)
}

async fn skips(app: &TestApp, member: &TestMember, device: &DeviceSecret) -> bool {
    match types_password(app, member, Some(device)).await.1 {
        PasswordOutcome::Done(_) => true,
        PasswordOutcome::Second => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cookie_is_read_as_it_was_written_and_nothing_else_is() {
    let secret = DeviceSecret(Secret::new([7; 32]));
    let text = secret.reveal();
    assert_eq!(DeviceSecret::parse(&text).map(|read| read.hash()), Some(secret.hash()));
    assert!(!format!("{secret:?}").contains(&text));
    for wrong in ["", "x", &text[1..], &format!("{text}A"), &"!".repeat(43)] {
        assert!(DeviceSecret::parse(wrong).is_none(), "{wrong}");
    }
}

/// Off at birth; where it is on, the browser stands in until its day, and the row says so.
#[tokio::test]
async fn a_remembered_browser_is_not_asked_for_some_days() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    assert!(remembers(&app, &ann).await.is_none(), "off at birth, whatever the form says");
    lets(&app, 14).await;
    let device = remembers(&app, &ann).await.expect("remembered");
    let outcome = types_password(&app, &ann, Some(&device)).await.1;
    assert!(matches!(&outcome, PasswordOutcome::Done(right) if right.member == ann.id), "{outcome:?}");
    let rows = "select count(*) from auth_log where reason = 'remembered_device' and decision = 'allowed' and not second_factor";
    assert_eq!(app.number(rows).await, 1);
    let stored = app.seen_by_superuser("select encode(hash, 'hex') from remembered_device").await;
    assert_eq!(stored, [data_encoding::HEXLOWER.encode(&device.hash())], "a hash alone is stored");
    let me = app.signed_in(&ann, 1, 0);
    let listed = app.domain.sign_in().devices(&me, Some(&device)).await.expect("a list");
    assert!(listed.len() == 1 && listed[0].this && listed[0].last_used_at.is_some() && listed[0].agent == "Firefox");
    lets(&app, 0).await;
    assert!(!skips(&app, &ann, &device).await, "switched off, it stands in no more");
    lets(&app, 30).await;
    assert!(skips(&app, &ann, &device).await);
    app.wait(14 * 86_400);
    assert!(!skips(&app, &ann, &device).await, "over at its end");
}

/// D4, bar 26: forged, of somebody else, of an admin, in a strict tenant, before a change, for a program: it gives nothing, and never a session of a second factor.
#[tokio::test]
async fn d4_a_remembered_device_gives_nothing_more() {
    let app = TestApp::new().await;
    lets(&app, 14).await;
    let ann = app.member_with_both("ann").await;
    let bob = app.member_with_both("bob").await;
    let device = remembers(&app, &ann).await.expect("remembered");
    assert!(!skips(&app, &ann, &DeviceSecret(Secret::new([9; 32]))).await, "forged");
    assert!(!skips(&app, &bob, &device).await, "somebody else's");
    let zuid = app.neighbour("zuid").await;
    lets(&zuid, 14).await;
    let eva = zuid.member_with_both("ann").await;
    assert!(!skips(&zuid, &eva, &device).await, "another organisation's");
    let reader = app.member_with_roles("reader", &[Role::Reader]).await;
    app.domain
        .directory()
        .set_password(&app.admin, &MemberRef::Id(reader.id), PASSWORD)
        .await
        .expect("a password");
    let reader = app.with_app(reader).await;
    assert!(remembers(&app, &reader).await.is_none(), "an admin's browser is not remembered");
    app.domain
        .directory()
        .grant_role(&app.admin, &MemberRef::Id(ann.id), Role::Support)
        .await
        .expect("granted");
    assert!(!skips(&app, &ann, &device).await, "a member who has become one is asked");
    app.domain
        .directory()
        .withdraw_role(&app.admin, &MemberRef::Id(ann.id), Role::Support)
        .await
        .expect("withdrawn");
    let (at, outcome) = types_password(&app, &ann, Some(&device)).await;
    let PasswordOutcome::Done(right) = outcome else { panic!("{outcome:?}") };
    let session = password_session(app.tenant, at.attempt.expect("an attempt"), &right, client());
    assert!(session.level == 1 && session.factor_at.is_none(), "no factor was shown");
    let asked = app.domain.verification().verify(&app.key, None, request(ann.upn.as_str(), None)).await;
    assert_eq!(asked.expect("an answer").decision, None, "a program asks");
    let me = app.signed_in(&ann, 1, 0);
    let seed = app.domain.methods().begin_totp(&me).await;
    assert!(matches!(seed, Err(crate::methods::MethodError::StepUp)), "a change asks");
    let strict = TestApp::with(Clock::held(start()), Profile::Strict).await;
    lets(&strict, 14).await;
    let cas = strict.member_with_both("cas").await;
    assert!(remembers(&strict, &cas).await.is_none(), "strict remembers nobody");
}

/// B16, bar 18: every change of a factor, every reset, and whatever ends sessions ends it.
#[tokio::test]
async fn b16_a_remembered_device_dies_with_every_change() {
    let app = TestApp::new().await;
    lets(&app, 14).await;
    let mut ann = app.member_with_both("ann").await;
    let (directory, methods, sign_in) = (app.domain.directory(), app.domain.methods(), app.domain.sign_in());
    let (of, by) = (MemberRef::Id(ann.id), &app.admin);
    for change in [
        "password",
        "sessions",
        "block",
        "disable",
        "state",
        "method",
        "removed",
        "codes",
        "elsewhere",
        "forgotten",
        "reregister",
    ] {
        let device = remembers(&app, &ann).await.expect("remembered");
        assert!(skips(&app, &ann, &device).await, "before: {change}");
        let me = app.signed_in(&ann, 2, 0);
        match change {
            "password" => directory.set_password(by, &of, PASSWORD).await.expect("set"),
            "sessions" => drop(directory.revoke_sessions(by, &of, "x").await.expect("revoked")),
            "block" => {
                directory.block(by, &of, BlockTerm::Days(1), "x").await.expect("blocked");
                directory.unblock(by, &of, "x").await.expect("unblocked");
            }
            "disable" => {
                directory.set_enabled(by, &of, false, "x").await.expect("off");
                directory.set_enabled(by, &of, true, "x").await.expect("on");
            }
            "state" => app.set_state(&ann, MfaState::Enforced).await,
            "method" => {
                let seed = OathSeed::new(app.domain.rng());
                drop(methods.add_totp(by, &of, seed, OathParams::default(), true).await.expect("one more"));
            }
            "removed" => {
                let others = methods.mine(&me).await.expect("methods").methods;
                let other = others.iter().find(|m| Some(m.id) != ann.method).expect("another one");
                methods.remove(&me, other.id).await.expect("removed");
            }
            "codes" => drop(methods.new_recovery_codes(&me).await.expect("codes")),
            "elsewhere" => {
                let here = SignedIn {
                    handle: Uuid::nil(),
                    tenant: SessionTenant {
                        slug: String::from("noord"),
                        name: String::from("noord"),
                        profile: Profile::Standard,
                        time_zone: String::from("Europe/Amsterdam"),
                        locale: String::from("en"),
                        appearance: None,
                    },
                    member: SessionMember {
                        upn: ann.upn.to_string(),
                        given_name: None,
                        family_name: None,
                        locale: None,
                        roles: Vec::new(),
                        operator: false,
                    },
                    attempt: None,
                    note: SessionNote::default(),
                    me,
                };
                sign_in.revoke_others(&here).await.expect("signed out everywhere else");
            }
            "forgotten" => {
                let listed = sign_in.devices(&me, None).await.expect("a list");
                assert!(sign_in.forget_device(&me, listed[0].id).await.expect("forgotten"));
                assert!(!sign_in.forget_device(&me, listed[0].id).await.expect("nothing left"));
            }
            _ => {
                directory.require_reregistration(by, &of, "x").await.expect("required");
                ann = app.with_app(ann).await;
            }
        }
        assert!(!skips(&app, &ann, &device).await, "after: {change}");
        let me = app.signed_in(&ann, 1, 0);
        assert!(sign_in.devices(&me, None).await.expect("a list").is_empty(), "and it is not listed: {change}");
    }
}

/// D5: a copied cookie does no more than the browser it was taken from, shows in the journal, and dies with it.
#[tokio::test]
async fn d5_a_copied_device_dies_with_the_one_it_was_taken_from() {
    let app = TestApp::new().await;
    lets(&app, 14).await;
    let ann = app.member_with_both("ann").await;
    let device = remembers(&app, &ann).await.expect("remembered");
    let copy = DeviceSecret::parse(&device.reveal()).expect("a copy");
    let sign_in = app.domain.sign_in();
    let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
    let wrong = sign_in
        .password_from(&at, "drie droge eenden", &client(), Some(&copy))
        .await
        .expect("an outcome");
    assert!(matches!(wrong, PasswordOutcome::Wrong(_)), "it is no password: {wrong:?}");
    assert!(skips(&app, &ann, &copy).await);
    assert_eq!(app.number("select count(*) from auth_log where reason = 'remembered_device'").await, 1);
    app.lock(&ann).await;
    let locked = types_password(&app, &ann, Some(&copy)).await.1;
    assert!(matches!(locked, PasswordOutcome::Refused { reason: Reason::Locked, .. }), "{locked:?}");
    app.domain.directory().unlock(&app.admin, &MemberRef::Id(ann.id), "x").await.expect("unlocked");
    let me = app.signed_in(&ann, 1, 0);
    let listed = sign_in.devices(&me, Some(&device)).await.expect("a list");
    assert!(sign_in.forget_device(&me, listed[0].id).await.expect("forgotten"));
    assert!(!skips(&app, &ann, &copy).await && !skips(&app, &ann, &device).await);
}

/// A pass and a recovery code stand in for a factor of one's own: they leave nothing behind.
#[tokio::test]
async fn a_recovery_code_leaves_nothing_behind() {
    let app = TestApp::new().await;
    lets(&app, 14).await;
    let ann = app.member_with_both("ann").await;
    let codes = app.domain.methods().new_recovery_codes(&app.signed_in(&ann, 2, 0)).await.expect("codes");
    let (at, _) = types_password(&app, &ann, None).await;
    let code = OfferedCode::parse(&codes.reveal()[0]).expect("a code");
    let attempt = at.attempt.expect("an attempt");
    let view = app.domain.sign_in().look(app.tenant, attempt).await.expect("a view");
    assert_eq!(view.remember_days, Some(14));
    let answered = app.domain.sign_in().second_and_remember(app.tenant, attempt, &code, None, &client()).await;
    let (answered, remembered) = answered.expect("answered");
    assert!(matches!(answered, Answered::Right(_)) && remembered.is_none(), "{answered:?}");
    assert_eq!(app.number("select count(*) from remembered_device").await, 0);
}
