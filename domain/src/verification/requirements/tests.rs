//! What has to be registered before an application or an action, against a fresh Postgres: asked by a program, and met at the sign-in that the link leads to.

use super::*;
use crate::{
    actor::Admin,
    directory::MemberRef,
    journal::view::SignInQuery,
    methods::MethodError,
    sign_in::{PasswordOutcome, SignInError},
    testing::*,
};

const VPN: &str = "VPN";

fn rule(name: &str, then: Then, actions: &[Action], applications: &[&str]) -> Rule {
    Rule {
        name: name.to_owned(),
        state: RuleState::On,
        who: Subjects::default(),
        applications: applications.iter().map(|name| (*name).to_owned()).collect(),
        actions: actions.to_vec(),
        then,
    }
}

async fn publish(app: &TestApp, change: impl FnOnce(&mut PolicyDocument)) {
    let (_, mut document) = app.domain.directory().policy(&app.admin).await.expect("a policy");
    change(&mut document);
    app.domain.directory().publish_policy(&app.admin, document).await.expect("published");
}

async fn ask(app: &TestApp, user: &str, application: Option<&str>, action: Option<Action>) -> Requirements {
    let by = app.domain.directory().authenticate_key(&app.key, None, &[Scope::Verify]).await.expect("a key");
    let asked = RequirementsRequest {
        user: Upn::parse(user).expect("a name"),
        application: application.map(|name| CleanText::parse(name).expect("a name")),
        action,
    };
    app.domain.verification().requirements(&by, &asked).await.expect("an answer")
}

/// Signs in with the password for something; what that came to, and the reasons that the page would show.
async fn signs_in(app: &TestApp, member: &TestMember, asked_for: Option<&str>) -> (PasswordOutcome, AttemptId, Vec<RegistrationReason>) {
    let sign_in = app.domain.sign_in();
    let at = sign_in.begin_for(&member.upn, &client(), asked_for).await.expect("an attempt");
    let outcome = sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
    let attempt = at.attempt.expect("an attempt");
    let reasons = match sign_in.look(app.tenant, attempt).await {
        Ok(view) => view.reasons,
        Err(_) => Vec::new(),
    };
    (outcome, attempt, reasons)
}

#[tokio::test]
async fn what_is_required_is_told_with_why_and_a_link() {
    let app = TestApp::new().await;
    publish(&app, |document| {
        document.rules = vec![
            rule("Joining devices", Then::RequireMfa, &[Action::RegisterDevice], &[]),
            rule("Mail & more", Then::RequirePhishingResistant, &[], &["Mail & more"]),
            rule("Closed", Then::Block, &[], &["Payroll"]),
        ];
    })
    .await;
    let ann = app.member_with_password("ann").await;
    let device = Some(Action::RegisterDevice);
    let told = ask(&app, "ann@noord.example", None, device).await;
    assert_eq!((told.demand, told.satisfied), (Then::RequireMfa, false));
    assert_eq!(told.because, Because::Rule(String::from("Joining devices")));
    assert_eq!(told.reasons, [RegistrationReason::DeviceRegistration]);
    assert!(
        told.missing.contains(&MethodKind::Totp) && !told.missing.contains(&MethodKind::Email),
        "{:?}",
        told.missing
    );
    assert_eq!(
        told.link.as_deref(),
        Some(format!("{}/sign-in?for=register_device", app.domain.node().origin).as_str())
    );
    // Nobody learns by it who is a member.
    assert_eq!(ask(&app, "nobody@noord.example", None, device).await, told);
    assert_eq!(ask(&app, "nobody@elsewhere.example", None, device).await, told);
    let nothing = ask(&app, "ann@noord.example", None, None).await;
    assert_eq!((nothing.demand, nothing.satisfied, &nothing.link), (Then::Allow, true, &None));
    assert_eq!(ask(&app, "nobody@noord.example", None, None).await, nothing);
    let mail = ask(&app, "ann@noord.example", Some("Mail & more"), None).await;
    assert_eq!(mail.missing, [MethodKind::Passkey]);
    assert!(
        mail.link.as_deref().is_some_and(|link| link.ends_with("?for=Mail%20%26%20more")),
        "{:?}",
        mail.link
    );
    let closed = ask(&app, "ann@noord.example", Some("Payroll"), None).await;
    assert_eq!((closed.demand, closed.satisfied, closed.link), (Then::Block, false, None));
    // Where sign-in would refuse the wizard no link leads into it.
    let profile = async |profile: &str| {
        app.as_superuser(format!("update tenant set profile = '{profile}' where tenant_id = '{}'", app.tenant))
            .await
    };
    profile("strict").await;
    for name in ["ann@noord.example", "nobody@noord.example"] {
        let refused = ask(&app, name, None, device).await;
        assert_eq!(
            (refused.reasons.as_slice(), refused.link),
            (&[RegistrationReason::DeviceRegistration][..], None),
            "{name}"
        );
    }
    profile("standard").await;
    let off = "insert into method (tenant_id, method_id, member_id, kind, label, state, disabled_reason, created_at)
               select tenant_id, gen_random_uuid(), member_id, 'sms', 'phone', 'off', 'lost', now() from member where upn like 'ann@%'";
    app.as_superuser(off.to_owned()).await;
    assert_eq!(ask(&app, "ann@noord.example", None, device).await.link, None, "it was reported as lost");
    app.as_superuser(String::from("delete from method")).await;
    app.with_app(ann).await;
    let told = ask(&app, "ann@noord.example", None, device).await;
    assert_eq!((told.satisfied, told.missing, told.link), (true, vec![], None));
    let neighbour = app.neighbour("zuid").await;
    assert_eq!(ask(&neighbour, "ann@noord.example", None, None).await.because, Because::Nothing);
    assert_eq!(app.number("select count(*) from attempt").await, 0, "nothing was written");
}

/// Issue 4: each of the seven reasons reached from its real cause, and read from the page, from the attempt and from the case.
#[tokio::test]
async fn each_reason_comes_from_its_cause_and_stands_with_the_attempt() {
    use RegistrationReason::*;
    let app = TestApp::new().await;
    publish(&app, |document| {
        document.rules = vec![
            rule("VPN", Then::RequireMfa, &[], &[VPN]),
            rule("Join", Then::RequireMfa, &[Action::RegisterDevice], &[]),
            rule("Hello", Then::RequireMfa, &[Action::ProvisionPasskey], &[]),
        ];
    })
    .await;
    let enabled = app.member_with_password("ann").await;
    app.set_state(&enabled, MfaState::Enabled).await;
    let plain = app.member_with_password("bob").await;
    let switched = app.member_with_both("cor").await;
    app.as_superuser(format!(
        "update method set state = 'off', disabled_reason = 'admin' where member_id = '{}'",
        switched.id
    ))
    .await;
    app.set_state(&switched, MfaState::Enforced).await;
    let mut seen = Vec::new();
    for (member, asked_for, expected) in [
        (&enabled, None, vec![MfaEnabledNoInfo]),
        (&plain, Some(VPN), vec![AppPolicyRequiresMfa]),
        (&plain, Some("register_device"), vec![DeviceRegistration]),
        (&plain, Some("provision_passkey"), vec![HelloProvisioning]),
        (&enabled, Some("register_device"), vec![MfaEnabledNoInfo, DeviceRegistration]),
        (&switched, None, vec![MfaEnabledNoInfo, MethodDisabledByAdmin]),
    ] {
        let (outcome, attempt, reasons) = signs_in(&app, member, asked_for).await;
        assert_eq!((outcome, &reasons), (PasswordOutcome::Register, &expected), "{asked_for:?}");
        let skipped = app.domain.sign_in().skip_registration(app.tenant, attempt).await;
        assert!(matches!(skipped, Err(SignInError::NoSkip)), "required is not skipped");
        seen.push((attempt, expected));
    }
    // What only the organisation or a later reset asks for can wait, with the days that are left.
    publish(&app, |document| {
        document.registration.ask_everybody = true;
        document.reset = Reset {
            scope: ResetScope::Everybody,
            register: true,
            ..Reset::default()
        };
    })
    .await;
    let (outcome, attempt, reasons) = signs_in(&app, &plain, None).await;
    assert_eq!((outcome, &reasons), (PasswordOutcome::Register, &vec![RegistrationPolicy, SsprEnabled]));
    let view = app.domain.sign_in().look(app.tenant, attempt).await.expect("a view");
    assert_eq!(view.skip_days_left, Some(14));
    seen.push((attempt, reasons));
    let (_, attempt, reasons) = signs_in(&app, &plain, Some(VPN)).await;
    assert_eq!(reasons, [AppPolicyRequiresMfa, RegistrationPolicy, SsprEnabled]);
    let view = app.domain.sign_in().look(app.tenant, attempt).await.expect("a view");
    assert_eq!(view.skip_days_left, None, "the strictest decides");
    seen.push((attempt, reasons));
    // Nobody goes on with them: the reasons stand in the log and on the case page.
    app.wait(ATTEMPT_SECONDS + 1);
    app.domain.sign_in().sweep(app.tenant).await.expect("swept");
    let page = app.domain.journal().sign_ins(&app.admin, &SignInQuery::default()).await.expect("rows");
    for (attempt, expected) in seen {
        let found = app
            .seen_by_superuser(format!(
                "select array_to_string(registration_reasons, ' ') from auth_log where attempt_id = '{attempt}'"
            ))
            .await;
        let words: Vec<&str> = expected.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(found, [words.join(" ")]);
        let row = page.items.iter().find(|row| row.attempt_id == attempt).expect("a row");
        assert_eq!((row.reason, &row.registration_reasons), (Some(Reason::RegistrationRequired), &expected));
        let case = app.domain.journal().attempt(&app.admin, row.session_id).await.expect("a case");
        assert_eq!(case.row.registration_reasons, expected);
    }
}

/// Whoever has a second factor gives it, and the reason that a reset would need more stands with the attempt.
#[tokio::test]
async fn a_reset_that_needs_more_is_noted_and_stops_nobody() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let reset = Reset {
        scope: ResetScope::Everybody,
        register: true,
        ..Reset::default()
    };
    publish(&app, |document| document.reset = reset).await;
    let (outcome, attempt, reasons) = signs_in(&app, &ann, None).await;
    assert_eq!((outcome, reasons), (PasswordOutcome::Second, vec![RegistrationReason::SsprEnabled]));
    let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
    let right = app.domain.verification().second(app.tenant, attempt, Purpose::SignIn, &code, None).await;
    assert!(matches!(right, Ok((crate::verification::Answered::Right(_), _))), "{right:?}");
}

/// A visitor's word about where he goes counts only where the policy speaks of it.
#[tokio::test]
async fn what_nobody_speaks_of_is_not_written_down() {
    let app = TestApp::new().await;
    let ann = app.member_with_password("ann").await;
    for asked in ["CALL +31 6 12345678", "VPN", "register_everything"] {
        let (outcome, ..) = signs_in(&app, &ann, Some(asked)).await;
        assert!(matches!(outcome, PasswordOutcome::Done(_)), "{outcome:?}");
    }
    assert_eq!(app.number("select count(*) from attempt where application is not null").await, 0);
    // A wrong password begins another attempt, which is for the same.
    publish(&app, |document| document.rules = vec![rule("VPN", Then::RequireMfa, &[], &[VPN])]).await;
    let sign_in = app.domain.sign_in();
    let at = sign_in.begin_for(&ann.upn, &client(), Some(VPN)).await.expect("an attempt");
    let PasswordOutcome::Wrong(next) = sign_in.password(&at, "something else", &client()).await.expect("an outcome") else {
        panic!("wrong");
    };
    assert_eq!(
        sign_in.password(&next, PASSWORD, &client()).await.expect("an outcome"),
        PasswordOutcome::Register
    );
}

/// Rules about changing security info are asked at every change, and by the wizard.
#[tokio::test]
async fn a_rule_about_security_info_closes_changes_and_the_wizard() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let bob = app.member_with_password("bob").await;
    app.set_state(&bob, MfaState::Enabled).await;
    let about = |then| rule("Security info", then, &[Action::RegisterSecurityInfo], &[]);
    let (outcome, open, _) = signs_in(&app, &bob, None).await;
    assert_eq!(outcome, PasswordOutcome::Register);
    let methods = app.domain.methods();
    let me = app.signed_in(&ann, 2, 0);
    assert!(methods.begin_totp(&me).await.is_ok());
    let (method, name) = (ann.method.expect("an app"), CleanText::parse("phone").expect("a name"));

    publish(&app, |document| document.rules = vec![about(Then::RequirePhishingResistant)]).await;
    assert!(
        matches!(methods.begin_totp(&me).await, Err(MethodError::StepUp)),
        "a code that can be typed elsewhere"
    );
    assert!(matches!(methods.rename(&me, method, &name).await, Err(MethodError::StepUp)));
    for strong in [MethodKind::Passkey, MethodKind::Pass] {
        let me = crate::actor::Member {
            factor: Some(strong),
            ..me.clone()
        };
        assert!(methods.begin_totp(&me).await.is_ok(), "{strong}");
    }
    let step_up = app.domain.sign_in().begin_step_up(&me).await.expect("an attempt");
    let view = app
        .domain
        .sign_in()
        .look(app.tenant, step_up.attempt.expect("an attempt"))
        .await
        .expect("a view");
    assert!(view.families.is_empty() || !view.families.contains(&Family::Oath), "{:?}", view.families);
    let refused = app.domain.sign_in().begin_registration(app.tenant, open).await;
    assert!(refused.is_err(), "the wizard that was open is closed");
    let (outcome, ..) = signs_in(&app, &bob, None).await;
    assert!(
        matches!(
            outcome,
            PasswordOutcome::Refused {
                reason: Reason::RegistrationRefused,
                ..
            }
        ),
        "{outcome:?}"
    );
    // A link of an admin's leads through.
    let set_up = app.domain.sign_in().begin_set_up(app.tenant, &bob.upn, &client()).await.expect("an attempt");
    let attempt = set_up.attempt.expect("an attempt");
    assert!(app.domain.sign_in().begin_registration(app.tenant, attempt).await.is_ok());

    publish(&app, |document| document.rules = vec![about(Then::Block)]).await;
    assert!(matches!(methods.begin_totp(&me).await, Err(MethodError::Refused)));
    assert!(matches!(methods.remove(&me, method).await, Err(MethodError::Refused)));
    assert!(app.domain.sign_in().begin_registration(app.tenant, attempt).await.is_err());
    let (outcome, ..) = signs_in(&app, &bob, None).await;
    assert!(
        matches!(
            outcome,
            PasswordOutcome::Refused {
                reason: Reason::BlockedByPolicy,
                ..
            }
        ),
        "{outcome:?}"
    );
    // What only may be registered is not asked of whoever cannot.
    app.set_state(&bob, MfaState::Disabled).await;
    publish(&app, |document| document.registration.ask_everybody = true).await;
    let (outcome, ..) = signs_in(&app, &bob, None).await;
    assert!(matches!(outcome, PasswordOutcome::Done(_)), "{outcome:?}");
    // An admin still helps.
    let removed = methods.remove_of(&Admin::console(app.tenant), &MemberRef::Id(ann.id), method, "lost").await;
    assert!(removed.is_ok());
}
