//! App passwords against a fresh Postgres: one door, and every way in which they must not open another. Abuse cases by their id.

use super::*;
use crate::{
    sign_in::{LegacyAnswer, LegacyRequest, PasswordOutcome},
    testing::*,
};
use model::Reason::*;

async fn allows_them(app: &TestApp) {
    let directory = app.domain.directory();
    let (_, mut policy) = directory.policy(&app.admin).await.expect("a policy");
    policy.methods.push(MethodRule {
        kind: MethodKind::AppPassword,
        uses: vec![MethodUse::SignIn],
    });
    directory.publish_policy(&app.admin, policy).await.expect("published");
}

async fn makes(app: &TestApp, member: &TestMember) -> Result<MadeAppPassword> {
    let label = CleanText::parse("Mail on the old phone").expect("a label");
    app.domain.methods().make_app_password(&app.admin, &MemberRef::Id(member.id), &label).await
}

async fn sends(app: &TestApp, upn: &Upn, password: &str) -> LegacyAnswer {
    let request = LegacyRequest {
        user: upn.clone(),
        password: Secret::new(password.to_owned()),
        protocol: CleanText::parse("imap").expect("a protocol"),
        client: client(),
    };
    app.domain.sign_in().legacy(&app.key, None, request).await.expect("an answer")
}

async fn told(app: &TestApp, upn: &Upn, password: &str) -> (Decision, Reason) {
    let answer = sends(app, upn, password).await;
    (answer.decision, answer.reason)
}

const WRONG: (Decision, Reason) = (Decision::Denied, WrongPassword);
const OPENS: (Decision, Reason) = (Decision::Allowed, RightCode);

#[test]
fn sixteen_letters_are_read_as_people_copy_them() {
    let rng = crate::rng::Rng::seeded(2);
    let letters = new_letters(&rng);
    assert_eq!(letters.expose().len(), 16);
    assert!(letters.expose().bytes().all(|b| b.is_ascii_lowercase()));
    assert_ne!(letters.expose(), new_letters(&rng).expose());
    assert_eq!(read("abcd EFGH ijkl mnop").expect("one").expose(), "abcdefghijklmnop");
    for none in ["", "abcdefghijklmno", "abcdefghijklmnopq", "abcdefghijklmno1", "abcdefghijklmnoé"] {
        assert!(read(none).is_none(), "{none}");
    }
}

/// B17: made where the organisation allows them; opens by its one door; used nowhere else; dead after every reset.
#[tokio::test]
async fn b17_an_app_password_opens_its_one_door_alone() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let bob = app.member_with_both("bob").await;
    app.set_state(&ann, MfaState::Enforced).await;
    assert!(
        matches!(makes(&app, &ann).await, Err(MethodError::KindOff(MethodKind::AppPassword))),
        "off by default"
    );
    allows_them(&app).await;
    let made = makes(&app, &ann).await.expect("made");
    let letters = made.reveal().to_owned();
    assert_eq!(told(&app, &ann.upn, &letters).await, OPENS);
    assert_eq!(told(&app, &ann.upn, &letters.to_uppercase()).await, OPENS);
    let seen = app.domain.methods().app_passwords_of(&app.admin, &MemberRef::Id(ann.id)).await.expect("a list");
    assert_eq!(
        (seen.len(), seen[0].last_used_ip.as_deref(), seen[0].last_protocol.as_deref()),
        (1, Some("203.0.113.24"), Some("imap"))
    );
    assert_eq!(
        app.number("select count(*) from auth_log where decision = 'allowed' and method_kind = 'app_password' and not second_factor")
            .await,
        2
    );
    assert_eq!(app.number("select count(*) from usage").await, 0);
    // Nobody else's, and no other door.
    assert_eq!(told(&app, &bob.upn, &letters).await, WRONG);
    let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    let outcome = app.domain.sign_in().password(&at, &letters, &client()).await.expect("an outcome");
    assert!(matches!(outcome, PasswordOutcome::Wrong(_)), "not in a browser");
    let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    let code = OfferedCode::parse(&letters).expect("has the form of a pass");
    for kind in [None, Some(MethodKind::AppPassword)] {
        let answered = app
            .domain
            .verification()
            .second(app.tenant, at.attempt.expect("an attempt"), Purpose::SignIn, &code, kind)
            .await;
        assert!(
            matches!(answered, Ok((crate::verification::Answered::Wrong { .. }, _))),
            "not as a second factor: {answered:?}"
        );
    }
    let answer = app.verify(ann.upn.as_str(), &letters).await.expect("an answer");
    assert_eq!(answer.decision, Some(Decision::Denied), "not by POST /verifications");
    let pass = OfferedCode::parse_pass(&letters).expect("the form of a pass");
    let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    let outcome = app.domain.sign_in().pass(&at, &pass, &client()).await.expect("an outcome");
    assert!(matches!(outcome, crate::sign_in::PassOutcome::Wrong(_)), "not as a pass");
}

#[tokio::test]
async fn b17_app_passwords_die_with_every_reset() {
    let app = TestApp::new().await;
    allows_them(&app).await;
    let (directory, methods) = (app.domain.directory(), app.domain.methods());
    for (n, name) in ["again", "password", "disabled", "off", "removed-one"].into_iter().enumerate() {
        let member = app.member_with_both(name).await;
        let of = MemberRef::Id(member.id);
        app.set_state(&member, MfaState::Enforced).await;
        let made = makes(&app, &member).await.expect("made");
        assert_eq!(told(&app, &member.upn, made.reveal()).await, OPENS);
        match n {
            0 => drop(directory.require_reregistration(&app.admin, &of, "lost").await.expect("done")),
            1 => directory.set_password(&app.admin, &of, "zeven groene kikkers").await.expect("done"),
            2 => drop(directory.set_mfa_state(&app.admin, &of, MfaState::Disabled, true, None).await.expect("done")),
            3 => {
                directory.set_enabled(&app.admin, &of, false, "left").await.expect("off");
                directory.set_enabled(&app.admin, &of, true, "back").await.expect("on");
            }
            _ => methods.remove_app_password(&app.admin, &of, made.view.id, "old phone").await.expect("removed"),
        }
        assert_eq!(told(&app, &member.upn, made.reveal()).await, WRONG, "{name}");
        assert!(methods.app_passwords_of(&app.admin, &of).await.expect("a list").is_empty(), "{name}");
    }
}

/// S60: the member's own password opens for whoever is not asked for a second factor, and is refused with its own reason for whoever is.
#[tokio::test]
async fn b17_an_enforced_members_own_password_is_refused() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let own = (Decision::Allowed, PasswordOnly);
    let refused = (Decision::Denied, AppPasswordRequired);
    app.set_state(&ann, MfaState::Disabled).await;
    assert_eq!(told(&app, &ann.upn, PASSWORD).await, own);
    app.as_superuser("update member set mfa_state = 'enabled'").await;
    assert_eq!(told(&app, &ann.upn, PASSWORD).await, own, "enabled members use their password");
    app.set_state(&ann, MfaState::Enforced).await;
    assert_eq!(told(&app, &ann.upn, PASSWORD).await, refused);
    assert_eq!(
        app.number("select count(*) from auth_log where decision = 'denied' and reason = 'app_password_required' and application = 'imap'")
            .await,
        1
    );
    app.set_state(&ann, MfaState::Disabled).await;
    let directory = app.domain.directory();
    directory.grant_role(&app.admin, &MemberRef::Id(ann.id), Role::Support).await.expect("granted");
    assert_eq!(told(&app, &ann.upn, PASSWORD).await, refused, "a role always needs a second factor");
    directory
        .withdraw_role(&app.admin, &MemberRef::Id(ann.id), Role::Support)
        .await
        .expect("withdrawn");
    assert_eq!(told(&app, &ann.upn, PASSWORD).await, own);
}

/// A name that does not exist answers and waits like a wrong password; a program that repeats itself locks nobody out.
#[tokio::test]
async fn b17_guesses_are_counted_and_look_the_same() {
    let app = TestApp::new().await;
    allows_them(&app).await;
    let ann = app.member_with_both("ann").await;
    makes(&app, &ann).await.expect("made");
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    for _ in 0..20 {
        assert_eq!(told(&app, &ann.upn, "an old password").await, WRONG, "the same one again does not count");
    }
    app.wait(86_401);
    let mut told_of = Vec::new();
    for upn in [&ann.upn, &nobody] {
        let mut reasons = Vec::new();
        for n in 0..7 {
            reasons.push(told(&app, upn, &format!("guess number {n}")).await);
        }
        told_of.push(reasons);
    }
    assert_eq!(told_of[0], told_of[1]);
    assert_eq!(told_of[0][6], (Decision::Denied, Throttled));
    assert_eq!(told(&app, &ann.upn, PASSWORD).await, (Decision::Denied, Throttled), "not even the right one");
}

#[tokio::test]
async fn forty_fit_and_only_downwards() {
    let app = TestApp::new().await;
    allows_them(&app).await;
    let ann = app.member("ann").await;
    for _ in 0..40 {
        makes(&app, &ann).await.expect("made");
    }
    assert!(matches!(makes(&app, &ann).await, Err(MethodError::AppPasswordLimit(40))));
    let chief = app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    let desk = Admin::new(app.tenant, Who::Member(ann.id), vec![Role::AuthAdmin]);
    let label = CleanText::parse("mail").expect("a label");
    let refused = app.domain.methods().make_app_password(&desk, &MemberRef::Id(chief.id), &label).await;
    assert!(matches!(refused, Err(error) if error.code() == ErrorCode::RankTooHigh));
}

/// Product rule 5: a member makes his own after a fresh second step, sees where each was last used, and removes one or all.
#[tokio::test]
async fn members_keep_their_own() {
    let app = TestApp::new().await;
    let (ann, bob) = (app.member_with_both("ann").await, app.member_with_both("bob").await);
    let methods = app.domain.methods();
    let (fresh, stale) = (app.signed_in(&ann, 2, 0), app.signed_in(&ann, 2, 11));
    let label = |text: &str| CleanText::parse(text).expect("a label");
    let off = methods.make_my_app_password(&fresh, &label("Mail")).await;
    assert!(matches!(off, Err(MethodError::KindOff(MethodKind::AppPassword))), "{off:?}");
    assert!(!methods.my_app_passwords(&fresh).await.expect("a list").allowed);
    allows_them(&app).await;
    let unproven = methods.make_my_app_password(&stale, &label("Mail")).await;
    assert!(matches!(unproven, Err(MethodError::StepUp)), "{unproven:?}");
    for name in ["Mail", "Printer", "Scanner"] {
        let made = methods.make_my_app_password(&fresh, &label(name)).await.expect("made");
        assert_eq!(told(&app, &ann.upn, made.reveal()).await, OPENS);
        app.wait(1);
    }
    let own = methods.my_app_passwords(&fresh).await.expect("a list");
    assert!(own.allowed && own.items.len() == 3 && own.items.iter().all(|one| one.last_used_ip.is_some()));
    assert!(methods.my_app_passwords(&app.signed_in(&bob, 2, 0)).await.expect("a list").items.is_empty());
    let first = own.items[0].id;
    let theirs = methods.remove_my_app_passwords(&app.signed_in(&bob, 2, 0), Some(first)).await;
    assert!(matches!(theirs, Err(MethodError::Unknown)), "{theirs:?}");
    assert!(matches!(methods.remove_my_app_passwords(&stale, None).await, Err(MethodError::StepUp)));
    assert_eq!(methods.remove_my_app_passwords(&fresh, Some(first)).await.expect("removed"), ["Mail"]);
    assert_eq!(methods.remove_my_app_passwords(&fresh, None).await.expect("removed").len(), 2);
    assert!(methods.my_app_passwords(&fresh).await.expect("a list").items.is_empty());
    assert_eq!(app.number("select count(*) from outbox where kind = 'app_password.removed'").await, 3);
}
