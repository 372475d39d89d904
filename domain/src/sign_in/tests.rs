//! Signing in against a fresh Postgres: no step is skipped, repeated or taken out of order; who is locked gets nothing; a session that has ended
//! stays ended. Abuse cases by their id.

use super::*;
use crate::{
    actor::Operator,
    directory::MemberRef,
    testing::*,
    verification::{Answered, VerificationError},
};
use proptest::{prelude::*, test_runner::TestRunner};

async fn begins(app: &TestApp, member: &TestMember) -> BegunAttempt {
    app.domain.sign_in().begin(&member.upn, None, &client()).await.expect("an attempt")
}

async fn enters(app: &TestApp, at: &BegunAttempt, password: &str) -> Result<PasswordOutcome> {
    app.domain.sign_in().password(at, password, &client()).await
}

/// An attempt whose password was right.
async fn past_the_password(app: &TestApp, member: &TestMember) -> BegunAttempt {
    let at = begins(app, member).await;
    enters(app, &at, PASSWORD).await.expect("an outcome");
    at
}

async fn shows(app: &TestApp, at: &BegunAttempt, purpose: Purpose, code: &str) -> std::result::Result<Answered, VerificationError> {
    let code = OfferedCode::parse(code).expect("a code");
    let attempt = at.attempt.expect("an attempt");
    let answered = app.domain.verification().second(app.tenant, attempt, purpose, &code, None).await?;
    Ok(answered.0)
}

async fn registers(app: &TestApp, at: &BegunAttempt, code: &str) -> Result<Confirmed> {
    let (label, code) = (CleanText::parse("phone").expect("a label"), OfferedCode::parse(code).expect("a code"));
    app.domain
        .sign_in()
        .confirm_registration(app.tenant, at.attempt.expect("an attempt"), &label, &code)
        .await
}

async fn square(app: &TestApp, at: &BegunAttempt) -> Result<PendingTotp> {
    app.domain.sign_in().begin_registration(app.tenant, at.attempt.expect("an attempt")).await
}

async fn skips(app: &TestApp, at: &BegunAttempt) -> Result<RightPassword> {
    app.domain.sign_in().skip_registration(app.tenant, at.attempt.expect("an attempt")).await
}

async fn looks(app: &TestApp, at: &BegunAttempt) -> Result<AttemptView> {
    app.domain.sign_in().look(app.tenant, at.attempt.expect("an attempt")).await
}

async fn allowed(app: &TestApp) -> i64 {
    app.number("select count(*) from auth_log where decision = 'allowed'").await
}

/// The member as one who shows the square's codes.
fn holding(member: &TestMember, pending: &PendingTotp) -> TestMember {
    TestMember {
        id: member.id,
        upn: member.upn.clone(),
        seed: pending.seed.expose().to_vec(),
        method: Some(pending.method),
    }
}

/// A session as the edge stores it after the second factor.
async fn opens_session(app: &TestApp, member: &TestMember, id: &[u8]) {
    let epoch = app.number("select max(epoch)::bigint from member").await as i32;
    let new = NewSession {
        member: Some(member.id),
        epoch,
        auth_at: Some(app.now()),
        factor_at: Some(app.now()),
        ..NewSession::of_attempt(Some(app.tenant), None, SessionStage::Full, 2, client())
    };
    app.domain.sign_in().create_session(id, &new).await.expect("a session");
}

async fn is_visitor(app: &TestApp, id: &[u8]) -> bool {
    matches!(app.domain.sign_in().caller(id, &client()).await.expect("a caller"), Caller::Visitor)
}

#[tokio::test]
async fn name_password_code_and_one_log_row() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let at = begins(&app, &ann).await;
    assert_eq!(enters(&app, &at, PASSWORD).await.expect("an outcome"), PasswordOutcome::Second);
    let answered = shows(&app, &at, Purpose::SignIn, &app.code(&ann)).await.expect("an answer");
    assert!(matches!(answered, Answered::Right(right) if right.member == ann.id && right.method == MethodKind::Totp));
    assert_eq!(allowed(&app).await, 1);
    assert_eq!(app.number("select count(*) from auth_log").await, 1);
}

/// A4: whoever is cut off and tries again is let in once or refused, and never sees an error.
#[tokio::test(flavor = "multi_thread")]
async fn a4_a_request_cut_off_and_repeated_is_refused_cleanly() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let mut let_in_by_the_second = 0;
    for round in 0..24i64 {
        let at = past_the_password(&app, &ann).await;
        let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
        let (domain, tenant, attempt, first) = (app.domain.clone(), app.tenant, at.attempt.expect("an attempt"), code.clone());
        let cut_off = tokio::spawn(async move { domain.verification().second(tenant, attempt, Purpose::SignIn, &first, None).await });
        tokio::time::sleep(std::time::Duration::from_micros(round as u64 * 230)).await;
        cut_off.abort();
        match app.domain.verification().second(app.tenant, attempt, Purpose::SignIn, &code, None).await {
            Ok((Answered::Right(_), _)) => let_in_by_the_second += 1,
            Ok((
                Answered::Wrong {
                    reason: Reason::CodeReused, ..
                },
                _,
            ))
            | Err(VerificationError::ChallengeGone) => {}
            other => panic!("round {round}: {other:?}"),
        }
        assert_eq!(allowed(&app).await, round + 1, "let in once, by the first request or the second");
        // The first may have been decided after the second was refused.
        app.wait(60);
        let again = app.domain.verification().second(app.tenant, attempt, Purpose::SignIn, &code, None).await;
        assert!(matches!(again, Err(VerificationError::ChallengeGone)), "{again:?}");
    }
    assert!(let_in_by_the_second < 24, "some first requests were decided although nobody waited for them");
}

/// What takes away the right to go on.
const TAKEN_AWAY: [&str; 4] = ["locked", "disabled", "removed", "suspended"];

async fn take_away(app: &TestApp, member: &TestMember, how: &str) {
    let (directory, of) = (app.domain.directory(), MemberRef::Id(member.id));
    match how {
        "locked" => app.lock(member).await,
        "disabled" => {
            directory.set_enabled(&app.admin, &of, false, "left").await.expect("disabled");
        }
        "removed" => directory.remove_member(&app.admin, &of, "left").await.expect("removed"),
        "suspended" => {
            app.as_superuser(format!("update tenant set suspended_at = now() where tenant_id = '{}'", app.tenant))
                .await;
        }
        other => panic!("{other}"),
    }
}

/// A7: whatever takes the right away between two steps, the next step issues nothing; a right code is not used up.
#[tokio::test]
async fn a7_a_lock_between_the_steps_stops_the_second() {
    for how in TAKEN_AWAY {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        let at = past_the_password(&app, &ann).await;
        take_away(&app, &ann, how).await;
        let answered = shows(&app, &at, Purpose::SignIn, &app.code(&ann)).await;
        assert!(!matches!(answered, Ok(Answered::Right(_) | Answered::Register)), "{how}: {answered:?}");
        assert_eq!(allowed(&app).await, 0, "{how}");
        assert_eq!(app.number("select last_step from method").await, -1, "{how}");
    }
}

/// A7: the same between name and password.
#[tokio::test]
async fn a7_a_lock_before_the_password_stops_it() {
    for how in TAKEN_AWAY {
        let app = TestApp::new().await;
        let ann = app.member_with_password("ann").await;
        let at = begins(&app, &ann).await;
        take_away(&app, &ann, how).await;
        let outcome = enters(&app, &at, PASSWORD).await;
        assert!(
            matches!(
                outcome,
                Ok(PasswordOutcome::Refused { .. } | PasswordOutcome::Wrong(_)) | Err(SignInError::Expired)
            ),
            "{how}: {outcome:?}"
        );
        assert_eq!(allowed(&app).await, 0, "{how}");
    }
}

/// A7: the same in the wizard, before the square, before the first code and before skipping.
#[tokio::test]
async fn a7_a_lock_in_the_wizard_stops_it() {
    for how in TAKEN_AWAY {
        let app = TestApp::new().await;
        let mut everybody = PolicyDocument::at_birth();
        everybody.registration.ask_everybody = true;
        app.domain.directory().publish_policy(&app.admin, everybody).await.expect("published");
        let ann = app.member_with_password("ann").await;
        let (at, other) = (past_the_password(&app, &ann).await, past_the_password(&app, &ann).await);
        assert!(looks(&app, &at).await.expect("open").skip_days_left.is_some());
        let pending = square(&app, &at).await.expect("a square");
        take_away(&app, &ann, how).await;
        assert!(square(&app, &at).await.is_err(), "{how}");
        let code = app.code(&holding(&ann, &pending));
        let confirmed = registers(&app, &at, &code).await;
        assert!(confirmed.is_err(), "{how}: {confirmed:?}");
        assert!(skips(&app, &other).await.is_err(), "{how}");
        assert_eq!(allowed(&app).await, 0, "{how}");
        assert_eq!(app.number("select count(*) from method where state = 'active'").await, 0, "{how}");
    }
}

/// A7, E8: the same for a fresh second factor, a set-up link and a session.
#[tokio::test]
async fn a7_a_lock_stops_step_up_links_and_sessions() {
    for how in TAKEN_AWAY {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        let (directory, sign_in) = (app.domain.directory(), app.domain.sign_in());
        let link = directory.make_set_up_link(&app.admin, &MemberRef::Id(ann.id)).await.expect("a link");
        let set_up = sign_in.begin_set_up(app.tenant, &ann.upn, &client()).await.expect("an attempt");
        let step_up = sign_in.begin_step_up(&app.signed_in(&ann, 1, 0)).await.expect("an attempt");
        opens_session(&app, &ann, b"a session").await;
        assert!(!is_visitor(&app, b"a session").await);
        take_away(&app, &ann, how).await;
        for (at, purpose) in [(step_up, Purpose::StepUp), (set_up, Purpose::SetUp)] {
            let answered = shows(&app, &at, purpose, &app.code(&ann)).await;
            assert!(
                !matches!(answered, Ok(Answered::Right(_) | Answered::Register)),
                "{how} {purpose}: {answered:?}"
            );
        }
        // A lock is about codes: it ends no session and leaves the link, whose bearer still has to show a second factor.
        if how != "locked" {
            assert!(is_visitor(&app, b"a session").await, "{how}");
            assert!(directory.use_set_up_link(&link, "zeven groene kikkers").await.is_err(), "{how}");
        }
        assert_eq!(allowed(&app).await, 0, "{how}");
    }
}

/// A11: the attempt in which the lock fell is over; nobody goes on in it when the lock has ended.
#[tokio::test]
async fn a11_a_lock_ends_the_pending_sign_in() {
    let app = TestApp::new().await;
    let mut short = PolicyDocument::at_birth();
    short.limits.lockout_after = 4;
    short.limits.lockout_minutes = 1;
    short.limits.challenge_wrong_max = 5;
    app.domain.directory().publish_policy(&app.admin, short).await.expect("published");
    let ann = app.member_with_both("ann").await;
    let (at, other) = (past_the_password(&app, &ann).await, past_the_password(&app, &ann).await);
    let (tenant, attempt) = (app.tenant, at.attempt.expect("an attempt"));
    let browser = NewSession::of_attempt(Some(tenant), Some(attempt), SessionStage::SignIn, 1, client());
    app.domain.sign_in().create_session(b"browser", &browser).await.expect("a session");
    let wrong = app.wrong_code(&ann);
    for left in [4, 3, 2] {
        let answered = shows(&app, &at, Purpose::SignIn, &wrong).await.expect("an answer");
        assert!(matches!(answered, Answered::Wrong { tries_left, .. } if tries_left == left), "{answered:?}");
    }
    let locked = shows(&app, &at, Purpose::SignIn, &wrong).await.expect("an answer");
    assert!(
        matches!(
            locked,
            Answered::Ended {
                reason: Reason::Locked,
                until: Some(_)
            }
        ),
        "{locked:?}"
    );
    app.domain.sign_in().end_attempt_sessions(tenant, attempt).await.expect("ended");
    assert!(is_visitor(&app, b"browser").await);
    app.wait(61);
    let after = shows(&app, &at, Purpose::SignIn, &app.code(&ann)).await;
    assert!(matches!(after, Err(VerificationError::ChallengeGone)), "{after:?}");
    assert!(matches!(looks(&app, &at).await, Err(SignInError::Expired)));
    let beside = shows(&app, &other, Purpose::SignIn, &app.code(&ann)).await;
    assert!(matches!(beside, Ok(Answered::Ended { reason: Reason::Locked, .. })), "{beside:?}");
    assert_eq!(allowed(&app).await, 0);
    let fresh = past_the_password(&app, &ann).await;
    assert!(matches!(shows(&app, &fresh, Purpose::SignIn, &app.code(&ann)).await, Ok(Answered::Right(_))));
}

/// What somebody can do to one of his two attempts.
#[derive(Clone, Copy, Debug)]
enum Act {
    Password { right: bool },
    Second { right: bool },
    SecondForAnother(Purpose),
    Square,
    Register { right: bool },
    Skip,
    Look,
    Wait,
}

fn act() -> impl Strategy<Value = (usize, Act)> {
    let act = prop_oneof![
        3 => any::<bool>().prop_map(|right| Act::Password { right }),
        3 => any::<bool>().prop_map(|right| Act::Second { right }),
        1 => prop::sample::select(vec![Purpose::StepUp, Purpose::SetUp, Purpose::Verification]).prop_map(Act::SecondForAnother),
        2 => Just(Act::Square),
        3 => any::<bool>().prop_map(|right| Act::Register { right }),
        2 => Just(Act::Skip),
        1 => Just(Act::Look),
        2 => Just(Act::Wait),
    ];
    (0usize..2, act)
}

/// B2, bar 10: random steps in random order over two attempts of one person. What opens is exactly what a model of four stages opens: nobody gets
/// in without the password and then the factor, whatever else he does between.
#[test]
fn b2_no_order_of_steps_skips_one() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let app = runtime.block_on(TestApp::new());
    let mut people = 0;
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 40,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let steps = (any::<bool>(), any::<bool>(), prop::collection::vec(act(), 1..14));
    let people = std::cell::RefCell::new(&mut people);
    runner
        .run(&steps, |(has_app, enabled, acts)| {
            **people.borrow_mut() += 1;
            let name = format!("p{}", people.borrow());
            runtime.block_on(one_person(&app, &name, has_app, enabled, &acts));
            Ok(())
        })
        .expect("the model holds");
}

async fn one_person(app: &TestApp, name: &str, has_app: bool, enabled: bool, acts: &[(usize, Act)]) {
    let mut member = app.member_with_password(name).await;
    if enabled {
        app.set_state(&member, MfaState::Enabled).await;
    }
    if has_app {
        member = app.with_app(member).await;
    }
    let mut proven = has_app;
    // What each of the two wizards was shown, and what has been proven in one of them.
    let mut pending: [Option<TestMember>; 2] = [None, None];
    let mut registered: Option<TestMember> = None;
    let mut at = [begins(app, &member).await, begins(app, &member).await];
    let mut stage = [Stage::Password; 2];
    let mut opened = 0;
    for (n, act) in acts {
        let (here, said) = (stage[*n], format!("{acts:?}: {act:?} of {n} at {:?}", stage[*n]));
        match act {
            Act::Password { right } => {
                let outcome = enters(app, &at[*n], if *right { PASSWORD } else { "tien droge eenden" }).await;
                match (here, right, proven, enabled) {
                    (Stage::Password, false, ..) => {
                        let Ok(PasswordOutcome::Wrong(next)) = outcome else {
                            panic!("{said}: {outcome:?}")
                        };
                        at[*n] = next;
                    }
                    (Stage::Password, true, true, _) => {
                        assert!(matches!(outcome, Ok(PasswordOutcome::Second)), "{said}: {outcome:?}");
                        stage[*n] = Stage::Second;
                    }
                    (Stage::Password, true, false, true) => {
                        assert!(matches!(outcome, Ok(PasswordOutcome::Register)), "{said}: {outcome:?}");
                        stage[*n] = Stage::Register;
                    }
                    (Stage::Password, true, false, false) => {
                        assert!(matches!(outcome, Ok(PasswordOutcome::Done(_))), "{said}: {outcome:?}");
                        (stage[*n], opened) = (Stage::Decided, opened + 1);
                    }
                    _ => assert!(outcome.is_err(), "{said}: {outcome:?}"),
                }
            }
            Act::Second { right } => {
                // A fresh step each time, and a quiet hour after each wrong one, so that only the order of steps decides.
                app.wait(31);
                let shown = registered.as_ref().unwrap_or(&member);
                let code = if *right && !shown.seed.is_empty() {
                    app.code(shown)
                } else {
                    String::from("000000")
                };
                let answered = shows(app, &at[*n], Purpose::SignIn, &code).await;
                match (here, code != "000000") {
                    (Stage::Second, true) => {
                        assert!(matches!(answered, Ok(Answered::Right(_))), "{said}: {answered:?}");
                        (stage[*n], opened) = (Stage::Decided, opened + 1);
                    }
                    (Stage::Second, false) => match answered {
                        Ok(Answered::Wrong { .. }) => {}
                        Ok(Answered::Ended { .. }) => stage[*n] = Stage::Decided,
                        other => panic!("{said}: {other:?}"),
                    },
                    _ => assert!(answered.is_err(), "{said}: {answered:?}"),
                }
            }
            Act::SecondForAnother(purpose) => {
                let code = if member.seed.is_empty() { String::from("000000") } else { app.code(&member) };
                let answered = shows(app, &at[*n], *purpose, &code).await;
                assert!(answered.is_err(), "{said}: {answered:?}");
            }
            Act::Square => match (here, proven, square(app, &at[*n]).await) {
                (Stage::Register, false, Ok(square)) => pending[*n] = Some(holding(&member, &square)),
                (Stage::Register, false, Err(error)) => panic!("{said}: {error}"),
                (.., Ok(_)) => panic!("{said}: a square"),
                (.., Err(_)) => {}
            },
            Act::Register { right } => {
                // Where this wizard has shown no square, the one of the other is tried: it is confirmed in its own alone.
                let shown = pending[*n].as_ref().or(pending[1 - *n].as_ref()).unwrap_or(&member);
                let code = if *right && !shown.seed.is_empty() {
                    app.code(shown)
                } else {
                    String::from("000000")
                };
                match (here, proven, &pending[*n], registers(app, &at[*n], &code).await) {
                    (Stage::Register, false, Some(_), Ok(Confirmed::Right(..))) if *right => {
                        (stage[*n], proven, opened) = (Stage::Decided, true, opened + 1);
                        registered = pending[*n].take();
                    }
                    (Stage::Register, false, Some(_), Ok(Confirmed::Wrong)) if !right => {}
                    (Stage::Register, false, None, Err(_)) => {}
                    (Stage::Register, true, _, Err(_)) => {}
                    (Stage::Password | Stage::Second | Stage::Decided, .., Err(_)) => {}
                    (.., outcome) => panic!("{said}: {outcome:?}"),
                }
            }
            Act::Skip => assert!(skips(app, &at[*n]).await.is_err(), "{said}: nobody may skip what the state asks for"),
            Act::Look => match looks(app, &at[*n]).await {
                Ok(view) => assert_eq!(view.stage, here, "{said}"),
                Err(_) => assert_eq!(here, Stage::Decided, "{said}"),
            },
            Act::Wait => app.wait(45),
        }
    }
    let tenant = app.tenant;
    let of_member = format!(
        "select count(*)::text from auth_log where tenant_id = '{tenant}' and decision = 'allowed' and member_id = '{}'",
        member.id
    );
    assert_eq!(app.seen_by_superuser(of_member).await, [opened.to_string()], "{acts:?}");
}

/// B4, bar 11: an attempt made for one purpose is answered for no other, and by no other door.
#[tokio::test]
async fn b4_an_attempt_serves_its_purpose_alone() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let sign_in = app.domain.sign_in();
    let by_rest = app
        .domain
        .verification()
        .verify(&app.key, None, request(ann.upn.as_str(), None))
        .await
        .expect("pending");
    let made = [
        (Purpose::SignIn, past_the_password(&app, &ann).await),
        (Purpose::StepUp, sign_in.begin_step_up(&app.signed_in(&ann, 1, 0)).await.expect("an attempt")),
        (Purpose::SetUp, sign_in.begin_set_up(app.tenant, &ann.upn, &client()).await.expect("an attempt")),
        (
            Purpose::Verification,
            BegunAttempt {
                tenant: Some(app.tenant),
                attempt: by_rest.challenge.map(|challenge| challenge.id),
                session_id: by_rest.session_id,
            },
        ),
    ];
    let code = app.code(&ann);
    for (made_for, at) in &made {
        for used_for in Purpose::ALL.iter().filter(|purpose| *purpose != made_for) {
            let answered = shows(&app, at, *used_for, &code).await;
            assert!(
                matches!(answered, Err(VerificationError::ChallengeGone)),
                "{made_for} used for {used_for}: {answered:?}"
            );
        }
        if *made_for != Purpose::Verification {
            let code = OfferedCode::parse(&code).expect("a code");
            let answered = app.domain.verification().answer(&app.key, None, at.attempt.expect("an attempt"), &code).await;
            assert!(matches!(answered, Err(VerificationError::ChallengeGone)), "{made_for} by REST: {answered:?}");
        }
        assert!(enters(&app, at, PASSWORD).await.is_err(), "{made_for} at the password");
        assert!(square(&app, at).await.is_err() && skips(&app, at).await.is_err(), "{made_for} in the wizard");
    }
    assert_eq!(app.number("select last_step from method").await, -1, "the code is still good");
    for (made_for, at) in &made[..3] {
        let answered = shows(&app, at, *made_for, &app.code(&ann)).await;
        assert!(matches!(answered, Ok(Answered::Right(_))), "{made_for}: {answered:?}");
        app.wait(30);
    }
}

/// B5, B6, bar 10: who must show a second factor, or has one of his own accord, gets no full session by any path with the password alone.
#[tokio::test]
async fn b5_no_path_opens_with_the_password_alone() {
    let app = TestApp::new().await;
    let (directory, sign_in) = (app.domain.directory(), app.domain.sign_in());
    let enforced = app.member_with_both("enforced").await;
    app.set_state(&enforced, MfaState::Enforced).await;
    let voluntary = app.member_with_both("voluntary").await;
    let empty = app.member_with_password("empty").await;
    app.set_state(&empty, MfaState::Enforced).await;
    let reader = app.member_with_roles("reader", &[Role::Reader]).await;
    directory
        .set_password(&app.admin, &MemberRef::Id(reader.id), PASSWORD)
        .await
        .expect("a password");
    let operator = app.member_with_password("operator").await;
    directory.grant_operator(Operator::console(), app.tenant, operator.id).await.expect("granted");

    for (member, expected) in [
        (&enforced, PasswordOutcome::Second),
        (&voluntary, PasswordOutcome::Second),
        (&empty, PasswordOutcome::Register),
        (&reader, PasswordOutcome::Register),
        (&operator, PasswordOutcome::Register),
    ] {
        let at = begins(&app, member).await;
        assert_eq!(enters(&app, &at, PASSWORD).await.expect("an outcome"), expected, "{}", member.upn);
        assert!(skips(&app, &at).await.is_err(), "{}", member.upn);
        // A set-up link proves no more than a password does.
        let set_up = sign_in.begin_set_up(app.tenant, &member.upn, &client()).await.expect("an attempt");
        let stage = looks(&app, &set_up).await.expect("open").stage;
        assert_eq!(stage == Stage::Second, expected == PasswordOutcome::Second, "{}", member.upn);
        assert!(skips(&app, &set_up).await.is_err(), "{}", member.upn);
        // Nor does a session that carries the attempt open anything.
        let attempt = NewSession::of_attempt(Some(app.tenant), at.attempt, SessionStage::SignIn, 1, client());
        sign_in.create_session(member.upn.as_str().as_bytes(), &attempt).await.expect("a session");
        let caller = sign_in.caller(member.upn.as_str().as_bytes(), &client()).await.expect("a caller");
        assert!(matches!(caller, Caller::SigningIn { .. }), "{caller:?}");
    }
    assert_eq!(allowed(&app).await, 0);
    for level in [0, 1] {
        let mut me = app.signed_in(&operator, level, 0);
        (me.operator, me.roles) = (true, vec![Role::GlobalAdmin]);
        assert!(me.admin().is_none() && me.operator().is_none(), "rights come with the second factor");
    }
}

/// B10: with the password alone nobody sees a square or registers anything where a factor exists, or comes to exist meanwhile.
#[tokio::test]
async fn b10_a_half_finished_sign_in_registers_nothing_beside_a_factor() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let at = past_the_password(&app, &ann).await;
    assert!(matches!(square(&app, &at).await, Err(SignInError::OtherStep(Stage::Second))));
    assert!(matches!(registers(&app, &at, "000000").await, Err(SignInError::OtherStep(Stage::Second))));
    assert!(matches!(skips(&app, &at).await, Err(SignInError::OtherStep(Stage::Second))));

    let bob = app.member_with_password("bob").await;
    app.set_state(&bob, MfaState::Enabled).await;
    let (thief, owner) = (past_the_password(&app, &bob).await, past_the_password(&app, &bob).await);
    let seen_by_thief = holding(&bob, &square(&app, &thief).await.expect("a square"));
    let seen_by_owner = holding(&bob, &square(&app, &owner).await.expect("a square"));
    let registered = registers(&app, &owner, &app.code(&seen_by_owner)).await;
    assert!(matches!(registered, Ok(Confirmed::Right(..))), "{registered:?}");
    app.wait(60);
    assert!(square(&app, &thief).await.is_err());
    assert!(registers(&app, &thief, &app.code(&seen_by_thief)).await.is_err());
    assert_eq!(app.number("select count(*) from method where state = 'active'").await, 2);
}

/// B10, product rule 6: a factor that too many wrong codes switched off does not make room for another one by the password alone, and does not stop
/// being asked for.
#[tokio::test]
async fn b10_a_factor_switched_off_by_guessing_opens_no_wizard() {
    for state in [MfaState::Enforced, MfaState::Disabled] {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        app.set_state(&ann, state).await;
        for _ in 0..50 {
            app.verify(ann.upn.as_str(), "000000").await.expect("an answer");
            app.wait(100_000);
        }
        assert_eq!(app.number("select count(*) from method where state = 'off'").await, 1);
        let at = begins(&app, &ann).await;
        let outcome = enters(&app, &at, PASSWORD).await.expect("an outcome");
        assert!(
            matches!(outcome, PasswordOutcome::Refused { reason: Reason::MethodOff, .. }),
            "{state}: {outcome:?}"
        );
        assert!(square(&app, &at).await.is_err());
        assert_eq!(allowed(&app).await, 0);
    }
}

/// B12: an app that has not shown its first code is none: it answers nothing and is forgotten after ten minutes.
#[tokio::test]
async fn b12_an_unproven_app_counts_for_nothing() {
    let app = TestApp::new().await;
    let ann = app.member_with_password("ann").await;
    let of = MemberRef::Id(ann.id);
    app.set_state(&ann, MfaState::Enabled).await;
    let at = past_the_password(&app, &ann).await;
    let pending = holding(&ann, &square(&app, &at).await.expect("a square"));
    let answer = app.verify(ann.upn.as_str(), &app.code(&pending)).await.expect("an answer");
    assert_eq!(answer.decision, Some(Decision::Denied));
    let view = app.domain.directory().member(&app.admin, &of).await.expect("a view");
    assert_eq!((view.mfa_state, view.can_satisfy, view.methods.len()), (MfaState::Enabled, false, 0));
    let again = begins(&app, &ann).await;
    assert_eq!(
        enters(&app, &again, PASSWORD).await.expect("an outcome"),
        PasswordOutcome::Register,
        "not asked for it"
    );
    app.wait(599);
    let late = past_the_password(&app, &ann).await;
    app.wait(1);
    assert!(registers(&app, &late, &app.code(&pending)).await.is_err());
    assert_eq!(app.number("select count(*) from method where state = 'active'").await, 0);
}

/// D3: a session that has ended stays ended, and no parallel request brings back a level.
#[tokio::test(flavor = "multi_thread")]
async fn d3_parallel_requests_bring_no_session_back() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    for round in 0..40u8 {
        let id = [round; 32];
        opens_session(&app, &ann, &id).await;
        app.wait(61);
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..8 {
            let domain = app.domain.clone();
            tasks.spawn(async move {
                match n {
                    3 => domain.sign_in().end_session(&id).await.expect("ended"),
                    // Each of them wants to move the idle clock of the row.
                    _ => drop(domain.sign_in().caller(&id, &client()).await.expect("a caller")),
                }
            });
        }
        tasks.join_all().await;
        assert!(is_visitor(&app, &id).await, "round {round}");
        assert!(!app.domain.sign_in().session_exists(&id).await.expect("an answer"));
    }
    assert_eq!(app.number("select count(*) from session").await, 0);
    // No statement changes what a session row says about rights.
    let writers = include_str!("store.rs").to_lowercase().replace('\n', " ");
    assert!(!writers.contains("update session"), "a change of privilege is a new row");
}

/// Bar 22: only the hash of a session's id is stored.
#[tokio::test]
async fn the_id_of_a_session_is_nowhere_in_the_database() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    let id = b"a session id that nobody guesses";
    opens_session(&app, &ann, id).await;
    let hex = data_encoding::HEXLOWER.encode(id);
    let dump = app.seen_by_superuser("select s::text from session s").await.concat();
    assert!(dump.contains(&data_encoding::HEXLOWER.encode(&hash(id))));
    assert!(!dump.contains(&hex) && !dump.contains("nobody guesses"));
}

/// The tenant decides what a page asks for first; everything else stays one step away.
#[tokio::test]
async fn the_page_asks_for_the_default_or_for_the_strongest() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    app.as_superuser(format!(
        "insert into method (tenant_id, method_id, member_id, kind, label, state, params, created_at)
         select '{0}', gen_random_uuid(), '{1}', kind, kind, 'active', '{{\"masked\": \"+31 ••78\"}}', now() from unnest(array['sms', 'passkey', 'email']) kind",
        app.tenant, ann.id
    ))
    .await;
    let default = |kind: &str| {
        format!(
            "update member set default_method = (select method_id from method where kind = '{kind}') where member_id = '{}'",
            ann.id
        )
    };
    let directory = app.domain.directory();
    let prefers = async |first_choice| {
        let changed = directory.change_policy(&app.admin, "test", |document| PolicyDocument { first_choice, ..document });
        changed.await.expect("published");
    };
    let asked = async || {
        let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
        assert_eq!(
            app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome"),
            PasswordOutcome::Second
        );
        let view = app.domain.sign_in().look(app.tenant, at.attempt.expect("an attempt")).await.expect("a view");
        view.first_choice
    };
    for kind in [MethodKind::Totp, MethodKind::Sms] {
        app.as_superuser(default(kind.as_str())).await;
        assert_eq!(asked().await, Some(kind));
    }
    prefers(FirstChoice::Strongest).await;
    assert_eq!(asked().await, Some(MethodKind::Passkey));
    // Only what would do: not what is switched off, nor what is no second factor here.
    app.as_superuser("update method set state = 'off', disabled_reason = 'admin' where kind in ('passkey', 'totp')")
        .await;
    assert_eq!(asked().await, Some(MethodKind::Sms));
    app.as_superuser("update method set state = 'off', disabled_reason = 'admin' where kind = 'sms'")
        .await;
    app.as_superuser("update method set state = 'active', disabled_reason = null where kind = 'totp'")
        .await;
    assert_eq!(asked().await, Some(MethodKind::Totp));
    prefers(FirstChoice::Member).await;
    assert_eq!(asked().await, None, "the default is off: the page offers what there is");
}
