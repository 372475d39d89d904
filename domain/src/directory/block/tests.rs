//! Blocks and bypasses against a fresh Postgres: what they stop, what they open, and what they must not. Abuse cases by their id.

use super::*;
use crate::{
    methods::pass::PassTerms,
    sign_in::{BegunAttempt, LegacyRequest, PassOutcome, PasswordOutcome},
    testing::*,
    verification::{Answered, VerificationError},
};
use model::Reason::{Blocked, Bypassed, Locked, RightCode, WrongCode};

async fn blocks(app: &TestApp, member: &TestMember, term: BlockTerm) {
    let of = MemberRef::Id(member.id);
    app.domain.directory().block(&app.admin, &of, term, "stolen laptop").await.expect("blocked");
}

async fn opens(app: &TestApp, member: &TestMember) -> BypassView {
    let of = MemberRef::Id(member.id);
    let opened = app
        .domain
        .directory()
        .open_bypass(&app.admin, &of, BYPASS_SECONDS, "left the phone at home")
        .await;
    opened.expect("a bypass")
}

async fn standing(app: &TestApp, member: &TestMember) -> Standing {
    app.domain
        .directory()
        .standing(&app.admin, &MemberRef::Id(member.id))
        .await
        .expect("a standing")
}

async fn begins(app: &TestApp, member: &TestMember) -> BegunAttempt {
    app.domain.sign_in().begin(&member.upn, None, &client()).await.expect("an attempt")
}

async fn types_password(app: &TestApp, member: &TestMember) -> PasswordOutcome {
    let at = begins(app, member).await;
    app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome")
}

/// Asks for a challenge by REST, as a system does that has no code yet.
async fn asks(app: &TestApp, member: &TestMember) -> (Option<Decision>, Option<Reason>) {
    let request = request(member.upn.as_str(), None);
    let answer = app.domain.verification().verify(&app.key, None, request).await.expect("an answer");
    (answer.decision, answer.reason)
}

async fn verifies(app: &TestApp, member: &TestMember, code: &str) -> (Option<Decision>, Option<Reason>) {
    let answer = app.verify(member.upn.as_str(), code).await.expect("an answer");
    (answer.decision, answer.reason)
}

const DENIED: Option<Decision> = Some(Decision::Denied);
const ALLOWED: Option<Decision> = Some(Decision::Allowed);

#[test]
fn a_term_has_bounds() {
    let now = start();
    assert_eq!(BlockTerm::default().until(now).expect("good"), now + SignedDuration::from_hours(24 * 90));
    for days in [i64::MIN, -1, 0, 3_651, i64::MAX] {
        let refused = BlockTerm::Days(days).until(now).expect_err("out of bounds");
        assert!(refused.to_string().contains("1 to 3,650 days"), "{refused}");
    }
    assert_eq!(BlockTerm::WithoutEnd.until(now).expect("good").to_string(), "9999-01-01T00:00:00Z");
}

/// Every door is shut, whatever is shown at it, and each refusal has its row with the reason.
#[tokio::test]
async fn a_blocked_member_gets_in_by_no_door() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let (of, directory) = (MemberRef::Id(ann.id), app.domain.directory());
    let link = directory.make_set_up_link(&app.admin, &of).await.expect("a link");
    let given = app.domain.methods().give_pass(&app.admin, &of, PassTerms::default(), "test").await;
    let pass = given.expect("a pass").reveal();
    let epoch = app.number("select epoch::bigint from member").await;
    blocks(&app, &ann, BlockTerm::default()).await;

    assert_eq!(app.number("select epoch::bigint from member").await, epoch + 1, "every session has ended");
    let until = Some(app.now() + SignedDuration::from_hours(24 * 90));
    assert_eq!(types_password(&app, &ann).await, PasswordOutcome::Refused { reason: Blocked, until });
    assert_eq!(verifies(&app, &ann, &app.code(&ann)).await, (DENIED, Some(Blocked)), "a right code");
    assert_eq!(
        verifies(&app, &ann, &app.wrong_code(&ann)).await,
        (DENIED, Some(Blocked)),
        "a wrong one says the same"
    );
    assert_eq!(verifies(&app, &ann, &pass).await, (DENIED, Some(Blocked)), "a pass");
    let at = begins(&app, &ann).await;
    let offered = OfferedCode::parse_pass(&pass).expect("a pass");
    let shown = app.domain.sign_in().pass(&at, &offered, &client()).await.expect("an outcome");
    assert!(
        matches!(shown, PassOutcome::Wrong(_)),
        "without the password nobody learns of the block: {shown:?}"
    );
    let program = LegacyRequest {
        user: ann.upn.clone(),
        password: Secret::new(PASSWORD.to_owned()),
        protocol: CleanText::parse("imap").expect("a protocol"),
        client: client(),
    };
    let answer = app.domain.sign_in().legacy(&app.key, None, program).await.expect("an answer");
    assert_eq!((answer.decision, answer.reason), (Decision::Denied, Blocked));
    assert!(matches!(directory.set_up_link(&link).await, Err(DirectoryError::LinkGone)), "a set-up link");
    let rows = "select count(*) from auth_log where decision = 'denied' and reason = 'blocked'";
    assert_eq!(app.number(rows).await, 6);
    assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, 0);
    let at = begins(&app, &ann).await;
    let wrong = app.domain.sign_in().password(&at, "drie droge eenden", &client()).await.expect("an outcome");
    assert!(matches!(wrong, PasswordOutcome::Wrong(_)), "a stranger learns nothing: {wrong:?}");

    directory.unblock(&app.admin, &of, "laptop found").await.expect("unblocked");
    assert_eq!(types_password(&app, &ann).await, PasswordOutcome::Second);
    assert_eq!(verifies(&app, &ann, &app.code(&ann)).await, (ALLOWED, Some(RightCode)));
    assert!(matches!(
        directory.unblock(&app.admin, &of, "again").await,
        Err(DirectoryError::NotOpen("block"))
    ));
}

/// Blocked before anything is registered: the wizard is shut too.
#[tokio::test]
async fn a_blocked_member_registers_nothing() {
    let app = TestApp::new().await;
    let ann = app.member_with_password("ann").await;
    app.set_state(&ann, MfaState::Enabled).await;
    let at = begins(&app, &ann).await;
    let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert_eq!(outcome, PasswordOutcome::Register);
    blocks(&app, &ann, BlockTerm::Days(1)).await;
    let attempt = at.attempt.expect("an attempt");
    assert!(app.domain.sign_in().begin_registration(app.tenant, attempt).await.is_err());
    assert!(app.domain.sign_in().skip_registration(app.tenant, attempt).await.is_err());
    assert!(matches!(types_password(&app, &ann).await, PasswordOutcome::Refused { reason: Blocked, .. }));
}

/// A7: blocked between two steps, at both doors.
#[tokio::test]
async fn a7_a_block_stops_an_open_challenge() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let at = begins(&app, &ann).await;
    let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert_eq!(outcome, PasswordOutcome::Second);
    let open = app.domain.verification().verify(&app.key, None, request(ann.upn.as_str(), None)).await;
    let open = open.expect("an answer").challenge.expect("a challenge");
    blocks(&app, &ann, BlockTerm::WithoutEnd).await;
    let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
    let answered = app
        .domain
        .verification()
        .second(app.tenant, at.attempt.expect("an attempt"), Purpose::SignIn, &code, None)
        .await;
    assert!(matches!(answered, Ok((Answered::Ended { reason: Blocked, until: None }, _))), "{answered:?}");
    let answered = app.domain.verification().answer(&app.key, None, open.id, &code).await.expect("an answer");
    assert_eq!((answered.decision, answered.reason), (DENIED, Some(Blocked)));
    let sent = app
        .domain
        .verification()
        .send(app.tenant, at.attempt.expect("an attempt"), Purpose::SignIn, MethodKind::Sms)
        .await;
    assert!(matches!(sent, Err(VerificationError::ChallengeGone)), "nothing is sent: {sent:?}");
}

#[tokio::test]
async fn a_block_ends_by_itself_and_stays_in_the_history() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    blocks(&app, &ann, BlockTerm::Days(1)).await;
    blocks(&app, &ann, BlockTerm::Days(2)).await;
    let seen = standing(&app, &ann).await;
    assert_eq!(seen.blocks.len(), 2, "the one before is history");
    assert_eq!(seen.block().and_then(|b| b.until), Some(app.now() + SignedDuration::from_hours(48)));
    assert_eq!(seen.blocks.iter().filter(|b| b.holds).count(), 1);
    app.wait(48 * 3600 - 1);
    assert!(matches!(types_password(&app, &ann).await, PasswordOutcome::Refused { reason: Blocked, .. }));
    app.wait(1);
    assert_eq!(types_password(&app, &ann).await, PasswordOutcome::Second, "over at its end");
    assert!(standing(&app, &ann).await.block().is_none());
    blocks(&app, &ann, BlockTerm::WithoutEnd).await;
    let seen = standing(&app, &ann).await;
    assert_eq!(seen.block().map(|b| (b.until, b.reason.as_str())), Some((None, "stolen laptop")));
    app.wait(3600 * 24 * 365 * 5);
    assert!(standing(&app, &ann).await.block().is_some());
    assert_eq!(app.number("select count(*) from audit_log where event = 'member.blocked'").await, 3);
}

/// Who may: not support, not somebody with fewer rights, nobody for himself; and somebody must be left.
#[tokio::test]
async fn blocks_and_bypasses_need_the_right_and_the_rank() {
    let app = TestApp::new().await;
    let chief = app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    let ann = app.member_with_roles("ann", &[Role::AuthAdmin]).await;
    let bob = app.member_with_both("bob").await;
    let (directory, of) = (app.domain.directory(), MemberRef::Id(bob.id));
    let with = |member: &TestMember, role| Admin::new(app.tenant, Who::Member(member.id), vec![role]);
    let support = with(&ann, Role::Support);
    assert!(matches!(
        directory.block(&support, &of, BlockTerm::default(), "x").await,
        Err(DirectoryError::NotAllowed(_))
    ));
    assert!(matches!(directory.unblock(&support, &of, "x").await, Err(DirectoryError::NotAllowed(_))));
    assert!(matches!(
        directory.open_bypass(&support, &of, 60, "x").await,
        Err(DirectoryError::NotAllowed(_))
    ));
    assert!(matches!(directory.close_bypass(&support, &of, "x").await, Err(DirectoryError::NotAllowed(_))));
    let auth = with(&ann, Role::AuthAdmin);
    let above = MemberRef::Id(chief.id);
    assert!(matches!(
        directory.block(&auth, &above, BlockTerm::default(), "x").await,
        Err(DirectoryError::RankTooHigh)
    ));
    assert!(matches!(directory.open_bypass(&auth, &above, 60, "x").await, Err(DirectoryError::RankTooHigh)));
    let oneself = MemberRef::Id(ann.id);
    assert!(matches!(
        directory.block(&auth, &oneself, BlockTerm::default(), "x").await,
        Err(DirectoryError::Oneself)
    ));
    assert!(matches!(directory.unblock(&auth, &oneself, "x").await, Err(DirectoryError::Oneself)));
    assert!(matches!(directory.open_bypass(&auth, &oneself, 60, "x").await, Err(DirectoryError::Oneself)));
    assert!(matches!(
        directory.block(&app.admin, &above, BlockTerm::default(), "x").await,
        Err(DirectoryError::LastGlobalAdmin)
    ));
    let second = app.member_with_roles("second", &[Role::GlobalAdmin]).await;
    directory.block(&app.admin, &above, BlockTerm::default(), "x").await.expect("another is left");
    let last = directory.set_enabled(&app.admin, &MemberRef::Id(second.id), false, "x").await;
    assert!(matches!(last, Err(DirectoryError::LastGlobalAdmin)), "a blocked one is nobody: {last:?}");
    directory.block(&auth, &of, BlockTerm::default(), "x").await.expect("the right and the rank");
    let refused = directory.open_bypass(&auth, &of, 60, "x").await.expect_err("blocked");
    assert!(refused.to_string().contains("blocked"), "{refused}");
}

/// One verification, at whichever door, and its row says so. No second factor was given: no usage, and a session of the password alone.
#[tokio::test]
async fn a_bypass_opens_one_verification() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let opened = opens(&app, &ann).await;
    assert_eq!(opened.until, app.now() + SignedDuration::from_secs(300));
    assert_eq!(standing(&app, &ann).await.bypass, Some(opened));
    let outcome = types_password(&app, &ann).await;
    assert!(matches!(&outcome, PasswordOutcome::Done(right) if right.member == ann.id), "{outcome:?}");
    assert_eq!(types_password(&app, &ann).await, PasswordOutcome::Second, "once");
    assert_eq!(standing(&app, &ann).await.bypass, None);
    opens(&app, &ann).await;
    assert_eq!(asks(&app, &ann).await, (ALLOWED, Some(Bypassed)));
    assert_eq!(asks(&app, &ann).await, (None, None), "once");
    let row = "select count(*) from auth_log where decision = 'allowed' and reason = 'bypassed' and not second_factor and method_kind is null";
    assert_eq!(app.number(row).await, 2);
    assert_eq!(app.number("select count(*) from usage").await, 0);
    assert_eq!(app.number("select count(*) from attempt_step where kind = 'second_skipped'").await, 2);

    opens(&app, &ann).await;
    assert_eq!(
        verifies(&app, &ann, &app.wrong_code(&ann)).await,
        (DENIED, Some(WrongCode)),
        "a wrong code stays wrong"
    );
    app.wait(300);
    assert_eq!(types_password(&app, &ann).await, PasswordOutcome::Second, "over at its end");
    let of = MemberRef::Id(ann.id);
    assert!(matches!(
        app.domain.directory().close_bypass(&app.admin, &of, "x").await,
        Err(DirectoryError::NotOpen("bypass"))
    ));
    opens(&app, &ann).await;
    app.domain.directory().close_bypass(&app.admin, &of, "found it").await.expect("closed");
    assert_eq!(types_password(&app, &ann).await, PasswordOutcome::Second, "closed");
    opens(&app, &ann).await;
    blocks(&app, &ann, BlockTerm::Days(1)).await;
    app.domain.directory().unblock(&app.admin, &of, "x").await.expect("unblocked");
    assert_eq!(types_password(&app, &ann).await, PasswordOutcome::Second, "a block ends it for good");
    for seconds in [29, 3_601, i64::MIN] {
        let refused = app.domain.directory().open_bypass(&app.admin, &of, seconds, "x").await;
        assert!(matches!(refused, Err(DirectoryError::Terms(_))), "{seconds}");
    }
}

/// A3: the same bypass at two doors and two nodes in the same moment.
#[tokio::test]
async fn a3_a_bypass_in_parallel_opens_once() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    opens(&app, &ann).await;
    let other = app.second_node().await;
    let tries = (0..24).map(|n| {
        let domain = if n % 2 == 0 { app.domain.clone() } else { other.clone() };
        let (key, request) = (app.key.clone(), request(ann.upn.as_str(), None));
        tokio::spawn(async move { domain.verification().verify(&key, None, request).await.map(|answer| answer.decision) })
    });
    let (mut let_in, mut told) = (0, 0);
    for answer in tries.collect::<Vec<_>>() {
        match answer.await.expect("ran") {
            Ok(Some(Decision::Allowed)) => let_in += 1,
            Ok(_) | Err(VerificationError::Busy) => told += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((let_in, told), (1, 23));
    assert_eq!(app.number("select count(*) from auth_log where reason = 'bypassed'").await, 1);
}

/// A9: a bypass is no way around limits: a locked member stays out and keeps it for later, and letting somebody in forgets no wrong answer.
#[tokio::test]
async fn a9_limits_hold_with_a_bypass() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    for _ in 0..3 {
        verifies(&app, &ann, &app.wrong_code(&ann)).await;
    }
    opens(&app, &ann).await;
    assert!(matches!(types_password(&app, &ann).await, PasswordOutcome::Done(_)));
    let row = "select in_row::bigint from throttle where scope = 'guard'";
    assert_eq!(app.number(row).await, 3, "nothing is forgotten");
    app.lock(&ann).await;
    opens(&app, &ann).await;
    assert!(matches!(types_password(&app, &ann).await, PasswordOutcome::Refused { reason: Locked, .. }));
    assert_eq!(asks(&app, &ann).await.0, None, "no more than a challenge that opens nothing");
    assert!(standing(&app, &ann).await.bypass.is_some(), "not used up");
}

/// Two chiefs who block each other at the same moment: one of them stays.
#[tokio::test]
async fn two_chiefs_at_once_do_not_shut_each_other_out() {
    let app = TestApp::new().await;
    let chiefs = [
        app.member_with_roles("ann", &[Role::GlobalAdmin]).await,
        app.member_with_roles("bob", &[Role::GlobalAdmin]).await,
    ];
    let [ann, bob] = [MemberRef::Id(chiefs[0].id), MemberRef::Id(chiefs[1].id)];
    let directory = app.domain.directory();
    let (one, other) = tokio::join!(
        directory.block(&app.admin, &ann, BlockTerm::default(), "x"),
        directory.block(&app.admin, &bob, BlockTerm::default(), "x"),
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(app.number("select count(*) from block where ended_at is null").await, 1);
}

/// What was given for a while does not outlive a reset, a block or more rights; and nobody in a tenant takes an operator's account by it.
#[tokio::test]
async fn a_pass_ends_with_a_reset_a_block_and_more_rights_and_is_not_for_operators() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let terms = PassTerms {
        one_time: false,
        ..PassTerms::default()
    };
    for how in ["reset", "password", "block", "role"] {
        let ann = app.member_with_both(how).await;
        let of = MemberRef::Id(ann.id);
        app.domain.methods().give_pass(&app.admin, &of, terms, "x").await.expect("a pass");
        match how {
            "reset" => drop(directory.require_reregistration(&app.admin, &of, "x").await.expect("reset")),
            "password" => directory.set_password(&app.admin, &of, "zeven groene kikkers").await.expect("set"),
            "block" => blocks(&app, &ann, BlockTerm::default()).await,
            _ => directory.grant_role(&app.admin, &of, Role::Support).await.expect("granted"),
        }
        let open = format!("select count(*)::text from access_pass where member_id = '{}' and ended_at is null", ann.id.0);
        assert_eq!(app.seen_by_superuser(open).await, ["0"], "{how}");
    }
    let boss = app.member_with_both("boss").await;
    let chief = app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    directory
        .grant_operator(crate::actor::Operator::console(), app.tenant, boss.id)
        .await
        .expect("an operator");
    let by_chief = Admin::new(app.tenant, Who::Member(chief.id), vec![Role::GlobalAdmin]);
    let of = MemberRef::Id(boss.id);
    let given = app.domain.methods().give_pass(&by_chief, &of, terms, "x").await;
    assert!(matches!(&given, Err(error) if error.code() == ErrorCode::RankTooHigh), "{given:?}");
    for refused in [
        directory.block(&by_chief, &of, BlockTerm::default(), "x").await.err(),
        directory.set_password(&by_chief, &of, "zeven groene kikkers").await.err(),
        directory.require_reregistration(&by_chief, &of, "x").await.err(),
    ] {
        assert!(matches!(refused, Some(DirectoryError::RankTooHigh)), "{refused:?}");
    }
}
