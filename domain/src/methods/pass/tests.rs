//! Passes against a fresh Postgres: what one opens, and every way in which it must not. Abuse cases by their id.

use super::*;
use crate::{
    actor::{Operator, Scope},
    clock::Clock,
    sign_in::{BegunAttempt, Confirmed, PassOutcome, PasswordOutcome},
    testing::*,
    verification::{Answer, Answered, VerificationError, compare::OathGenerator},
};
use model::Reason::*;

async fn gives(app: &TestApp, member: &TestMember, terms: PassTerms) -> String {
    let given = app.domain.methods().give_pass(&app.admin, &MemberRef::Id(member.id), terms, "test").await;
    given.expect("a pass").reveal()
}

async fn begins(app: &TestApp, member: &TestMember) -> BegunAttempt {
    app.domain.sign_in().begin(&member.upn, None, &client()).await.expect("an attempt")
}

/// The pass in place of the password.
async fn shows(app: &TestApp, at: &BegunAttempt, pass: &str) -> PassOutcome {
    let offered = OfferedCode::parse_pass(pass).expect("the form of a pass");
    app.domain.sign_in().pass(at, &offered, &client()).await.expect("an outcome")
}

async fn signs_in(app: &TestApp, member: &TestMember, pass: &str) -> PassOutcome {
    let at = begins(app, member).await;
    shows(app, &at, pass).await
}

async fn answers(app: &TestApp, at: &BegunAttempt, purpose: Purpose, pass: &str) -> std::result::Result<Answered, VerificationError> {
    let offered = OfferedCode::parse(pass).expect("a code");
    let attempt = at.attempt.expect("an attempt");
    Ok(app.domain.verification().second(app.tenant, attempt, purpose, &offered, None).await?.0)
}

fn reason(answer: std::result::Result<Answer, VerificationError>) -> (Option<Decision>, Option<Reason>) {
    let answer = answer.expect("an answer");
    (answer.decision, answer.reason)
}

const DENIED: Option<Decision> = Some(Decision::Denied);

#[test]
fn a_pass_has_its_length_and_a_letter() {
    let rng = crate::rng::Rng::seeded(5);
    for characters in PASS_CHARACTERS_MIN..=PASS_CHARACTERS_MAX {
        let pass = new_pass(&rng, characters);
        assert_eq!(pass.expose().len(), characters);
        let read = OfferedCode::parse_pass(pass.expose()).expect("a pass is read as one");
        assert_eq!(read.as_pass(), Some(pass.expose().as_str()), "read back as it is");
    }
}

#[test]
fn its_terms_have_bounds() {
    let now = start();
    let minutes = |minutes| {
        PassTerms {
            minutes,
            ..PassTerms::default()
        }
        .times(now)
    };
    assert!(minutes(9).is_err() && minutes(43_201).is_err());
    assert_eq!(minutes(10).expect("good").1, now + SignedDuration::from_mins(10));
    assert_eq!(minutes(43_200).expect("good").1, now + SignedDuration::from_hours(24 * 30));
    let characters = |characters| {
        PassTerms {
            characters,
            ..PassTerms::default()
        }
        .times(now)
    };
    assert!(characters(7).is_err() && characters(49).is_err() && characters(8).is_ok() && characters(48).is_ok());
    let begins = |start| {
        PassTerms {
            start: Some(start),
            ..PassTerms::default()
        }
        .times(now)
    };
    assert_eq!(begins(now - SignedDuration::from_hours(1)).expect("good").0, now, "a start that is past is now");
    assert!(begins(now + SignedDuration::from_hours(24 * 31)).is_err());
}

/// In place of the password and as a second factor: it opens, is logged, counted in usage, and told to its member.
#[tokio::test]
async fn a_pass_opens_in_place_of_the_password_and_as_the_second_factor() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let several = PassTerms {
        one_time: false,
        ..PassTerms::default()
    };
    let pass = gives(&app, &ann, several).await;
    let opened = signs_in(&app, &ann, &pass).await;
    assert!(
        matches!(&opened, PassOutcome::Right(right) if right.member == ann.id && right.method == MethodKind::Pass),
        "{opened:?}"
    );
    assert_eq!(
        app.number("select count(*) from auth_log where decision = 'allowed' and reason = 'right_code' and method_kind = 'pass' and second_factor")
            .await,
        1
    );
    assert_eq!(app.number("select count(*) from usage").await, 1);
    assert_eq!(app.number("select count(*) from outbox where kind = 'pass_used'").await, 1);
    let at = begins(&app, &ann).await;
    let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert_eq!(outcome, PasswordOutcome::Second);
    let view = app.domain.sign_in().look(app.tenant, at.attempt.expect("an attempt")).await.expect("a view");
    assert!(view.families.contains(&Family::Pass), "it is offered: {:?}", view.families);
    assert!(matches!(answers(&app, &at, Purpose::SignIn, &pass).await, Ok(Answered::Right(right)) if right.method == MethodKind::Pass));
    let answer = app.verify(ann.upn.as_str(), &pass.to_lowercase()).await.expect("an answer");
    assert_eq!(
        (answer.decision, answer.reason, answer.method),
        (Some(Decision::Allowed), Some(RightCode), Some(MethodKind::Pass))
    );
    // Its session may change security info for as long as it is good.
    let me = app.signed_in(&ann, 2, 30);
    assert!(matches!(app.domain.methods().begin_totp(&me).await, Err(MethodError::StepUp)));
    let step_up = app.domain.sign_in().begin_step_up(&me).await.expect("an attempt");
    assert!(matches!(answers(&app, &step_up, Purpose::StepUp, &pass).await, Ok(Answered::Right(_))));
}

/// B19: before its start, after its end, twice, taken back, replaced, another's, of a member who is switched off.
#[tokio::test]
async fn b19_a_pass_opens_within_its_bounds_alone() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let bob = app.member_with_both("bob").await;
    let (of, methods) = (MemberRef::Id(ann.id), app.domain.methods());

    let early = PassTerms {
        start: Some(app.now() + SignedDuration::from_hours(1)),
        ..PassTerms::default()
    };
    let pass = gives(&app, &ann, early).await;
    assert!(matches!(signs_in(&app, &ann, &pass).await, PassOutcome::Unusable(_)), "before its start");
    assert_eq!(reason(app.verify(ann.upn.as_str(), &pass).await), (DENIED, Some(PassExpired)));
    assert_eq!(
        methods.of(&app.admin, &of).await.expect("info").pass.map(|pass| pass.state),
        Some(PassState::Early)
    );
    app.wait(3600);
    assert!(matches!(signs_in(&app, &bob, &pass).await, PassOutcome::Wrong(_)), "another member's");
    assert_eq!(reason(app.verify(bob.upn.as_str(), &pass).await), (DENIED, Some(WrongCode)));
    assert!(matches!(signs_in(&app, &ann, &pass).await, PassOutcome::Right(_)), "from its start on");
    assert!(matches!(signs_in(&app, &ann, &pass).await, PassOutcome::Unusable(_)), "twice");
    assert_eq!(reason(app.verify(ann.upn.as_str(), &pass).await), (DENIED, Some(CodeReused)));
    assert_eq!(
        methods.of(&app.admin, &of).await.expect("info").pass.map(|pass| pass.state),
        Some(PassState::Used)
    );

    app.wait(3600);
    let old = gives(&app, &ann, PassTerms::default()).await;
    app.wait(60 * 60 - 1);
    assert_eq!(
        methods.of(&app.admin, &of).await.expect("info").pass.map(|pass| pass.state),
        Some(PassState::Open),
        "to its last second"
    );
    app.wait(1);
    assert!(matches!(signs_in(&app, &ann, &old).await, PassOutcome::Unusable(_)), "after its end");
    assert_eq!(reason(app.verify(ann.upn.as_str(), &old).await), (DENIED, Some(PassExpired)));
    assert_eq!(
        reason(app.verify(ann.upn.as_str(), "K7PQ9WXD3FHM").await),
        (DENIED, Some(WrongCode)),
        "that it has ended is told to its holder alone"
    );

    app.wait(86_401);
    let replaced = gives(&app, &ann, PassTerms::default()).await;
    let new = gives(&app, &ann, PassTerms::default()).await;
    assert!(matches!(signs_in(&app, &ann, &replaced).await, PassOutcome::Wrong(_)), "replaced");
    methods.withdraw_pass(&app.admin, &of, "not needed").await.expect("taken back");
    assert!(matches!(signs_in(&app, &ann, &new).await, PassOutcome::Wrong(_)), "taken back");
    assert!(matches!(methods.withdraw_pass(&app.admin, &of, "again").await, Err(MethodError::Unknown)));

    let directory = app.domain.directory();
    let off = gives(&app, &ann, PassTerms::default()).await;
    directory.set_enabled(&app.admin, &of, false, "left").await.expect("off");
    assert!(matches!(signs_in(&app, &ann, &off).await, PassOutcome::Wrong(_)), "switched off");
    directory.set_enabled(&app.admin, &of, true, "back").await.expect("on");
    assert!(
        matches!(signs_in(&app, &ann, &off).await, PassOutcome::Wrong(_)),
        "and not back with the account"
    );
    assert_eq!(
        app.number("select count(*) from audit_log where event in ('pass.given', 'pass.withdrawn')")
            .await,
        6
    );
}

/// B19: an open pass of a policy that does not allow it any more.
#[tokio::test]
async fn b19_the_policy_holds_for_open_passes_too() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let several = PassTerms {
        one_time: false,
        ..PassTerms::default()
    };
    let pass = gives(&app, &ann, several).await;
    let directory = app.domain.directory();
    let (_, mut policy) = directory.policy(&app.admin).await.expect("a policy");
    for rule in policy.methods.iter_mut().filter(|rule| rule.kind == MethodKind::Pass) {
        rule.uses = vec![MethodUse::SignIn];
    }
    directory.publish_policy(&app.admin, policy.clone()).await.expect("published");
    assert_eq!(reason(app.verify(ann.upn.as_str(), &pass).await), (DENIED, Some(WrongCode)), "no second factor");
    let at = begins(&app, &ann).await;
    assert_eq!(shows(&app, &at, &pass).await, PassOutcome::Second, "in place of the password alone");
    assert!(matches!(answers(&app, &at, Purpose::SignIn, &pass).await, Ok(Answered::Wrong { .. })));
    assert!(matches!(answers(&app, &at, Purpose::SignIn, &app.code(&ann)).await, Ok(Answered::Right(_))));
    policy.methods.retain(|rule| rule.kind != MethodKind::Pass);
    directory.publish_policy(&app.admin, policy).await.expect("published");
    assert!(matches!(signs_in(&app, &ann, &pass).await, PassOutcome::Wrong(_)), "not at all");
    let refused = app
        .domain
        .methods()
        .give_pass(&app.admin, &MemberRef::Id(ann.id), PassTerms::default(), "test")
        .await;
    assert!(matches!(refused, Err(MethodError::KindOff(MethodKind::Pass))));
}

/// B19, bar 1: one pass for one use, submitted at once over two nodes and by two doors, opens once.
#[tokio::test(flavor = "multi_thread")]
async fn b19_a_one_time_pass_in_parallel_opens_once() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let other = app.second_node().await;
    let pass = gives(&app, &ann, PassTerms::default()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..32 {
        let (domain, key, pass) = (if n % 2 == 0 { app.domain.clone() } else { other.clone() }, app.key.clone(), pass.clone());
        tasks.spawn(async move {
            match n % 4 {
                0 => {
                    let upn = Upn::parse("ann@noord.example").expect("a name");
                    // Too many at once for one name is refused, and opens nothing.
                    let Ok(at) = domain.sign_in().begin(&upn, None, &client()).await else {
                        return false;
                    };
                    let offered = OfferedCode::parse_pass(&pass).expect("a pass");
                    matches!(domain.sign_in().pass(&at, &offered, &client()).await, Ok(PassOutcome::Right(_)))
                }
                _ => matches!(verify_on(&domain, &key, "ann@noord.example", &pass).await, Ok(answer) if answer.decision == Some(Decision::Allowed)),
            }
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|opened| *opened).count(), 1);
    assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, 1);
}

/// B13: in the strict profile a password alone registers nothing; with a pass it goes through, in place of the password and after it.
#[tokio::test]
async fn b13_strict_registers_first_with_a_pass() {
    let app = TestApp::with(Clock::held(start()), Profile::Strict).await;
    for beside_the_password in [false, true] {
        let name = if beside_the_password { "bob" } else { "ann" };
        let member = app.member_with_password(name).await;
        app.set_state(&member, MfaState::Enabled).await;
        let at = begins(&app, &member).await;
        let alone = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
        assert!(matches!(
            alone,
            PasswordOutcome::Refused {
                reason: RegistrationRefused,
                ..
            }
        ));
        let pass = gives(&app, &member, PassTerms::default()).await;
        let at = begins(&app, &member).await;
        if beside_the_password {
            let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
            assert_eq!(outcome, PasswordOutcome::Second, "it is asked for");
            assert_eq!(answers(&app, &at, Purpose::SignIn, &pass).await.expect("an answer"), Answered::Register);
        } else {
            assert_eq!(shows(&app, &at, &pass).await, PassOutcome::Register);
        }
        let attempt = at.attempt.expect("an attempt");
        let square = app.domain.sign_in().begin_registration(app.tenant, attempt).await.expect("a square");
        let code = OathGenerator::new(square.seed.expose(), OathParams::default())
            .code(app.now().as_second() / 30)
            .to_string();
        let (label, code) = (CleanText::parse("phone").expect("a label"), OfferedCode::parse(&code).expect("a code"));
        let confirmed = app.domain.sign_in().confirm_registration(app.tenant, attempt, &label, &code).await;
        assert!(matches!(confirmed, Ok(Confirmed::Right(right, _)) if right.member == member.id));
        assert!(matches!(signs_in(&app, &member, &pass).await, PassOutcome::Unusable(_)), "and it is used up");
    }
    assert_eq!(app.number("select count(*) from auth_log where reason = 'registered'").await, 2);
}

/// A wrong pass, a member without one, a member who is locked and a name that does not exist: the same outcomes, the same counters, the same rows.
#[tokio::test]
async fn f13_wrong_passes_look_and_count_the_same() {
    let app = TestApp::new().await;
    let with = app.member_with_app("ann").await;
    app.member_with_app("bob").await;
    let locked = app.member_with_app("eve").await;
    gives(&app, &with, PassTerms::default()).await;
    let held = gives(&app, &locked, PassTerms::default()).await;
    app.lock(&locked).await;
    let mut told = Vec::new();
    for name in ["ann", "bob", "nobody", "eve"] {
        let upn = Upn::parse(&format!("{name}@noord.example")).expect("a name");
        let mut outcomes = Vec::new();
        let mut at = app.domain.sign_in().begin(&upn, None, &client()).await.expect("an attempt");
        for n in 0..7 {
            let typed = if name == "eve" && n == 2 { held.clone() } else { format!("WRNGPASS{n}") };
            outcomes.push(match shows(&app, &at, &typed).await {
                PassOutcome::Wrong(next) => {
                    at = next;
                    "wrong"
                }
                PassOutcome::Wait { .. } => "wait",
                other => panic!("{name}: {other:?}"),
            });
        }
        told.push(outcomes);
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    assert_eq!(told[0], ["wrong", "wrong", "wrong", "wrong", "wrong", "wait", "wait"]);
    assert_eq!(app.number("select count(distinct in_row) from throttle where scope = 'pass'").await, 1);
    assert_eq!(app.number("select count(*) from failure_day where family = 'pass' and failures = 5").await, 4);
    assert_eq!(
        app.number("select coalesce(sum(in_row), 0)::bigint from throttle where scope = 'guard' and subject_id <> (select member_id from member where upn = 'eve@noord.example')")
            .await,
        0,
        "whoever knows a name locks nobody out of the other ways"
    );
    assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, 0);
}

/// A stranger's guesses take passes out of use, a new one too, until somebody unlocks the member; nothing else is touched.
#[tokio::test]
async fn b19_a_hundred_guesses_take_passes_out_of_use() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    app.as_superuser(format!(
        "insert into failure_day values ('{}', '{}', 'pass', '{}', 100)",
        app.tenant,
        ann.id,
        app.now().strftime("%Y-%m-%d")
    ))
    .await;
    let pass = gives(&app, &ann, PassTerms::default()).await;
    assert!(matches!(signs_in(&app, &ann, &pass).await, PassOutcome::Wrong(_)));
    assert_eq!(reason(app.verify(ann.upn.as_str(), &pass).await), (DENIED, Some(WrongCode)));
    assert_eq!(reason(app.verify(ann.upn.as_str(), &app.code(&ann)).await).0, Some(Decision::Allowed));
    let directory = app.domain.directory();
    directory.unlock(&app.admin, &MemberRef::Id(ann.id), "it was me").await.expect("unlocked");
    assert!(matches!(signs_in(&app, &ann, &pass).await, PassOutcome::Right(_)));
}

/// Not to oneself, not to somebody with more rights, not without the right; a key needs its scope, whatever else it may do.
#[tokio::test]
async fn passes_are_given_downwards_and_by_right() {
    let app = TestApp::new().await;
    let target = app.member("ann").await;
    let chief = app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    let desk = app.member_with_roles("desk", &[Role::Support]).await;
    let reader = app.member_with_roles("reader", &[Role::Reader]).await;
    let methods = app.domain.methods();
    let admin = |member: &TestMember, role| Admin::new(app.tenant, Who::Member(member.id), vec![role]);
    let give = async |by: &Admin, to: &TestMember| {
        let given = methods.give_pass(by, &MemberRef::Id(to.id), PassTerms::default(), "test").await;
        given.map(drop).map_err(|error| error.code())
    };
    assert_eq!(give(&admin(&desk, Role::Support), &target).await, Ok(()));
    assert_eq!(give(&admin(&desk, Role::Support), &chief).await, Err(ErrorCode::RankTooHigh));
    assert_eq!(give(&admin(&desk, Role::Support), &desk).await, Err(ErrorCode::NotForOneself));
    assert_eq!(give(&admin(&chief, Role::GlobalAdmin), &chief).await, Err(ErrorCode::NotForOneself));
    assert_eq!(give(&admin(&reader, Role::Reader), &target).await, Err(ErrorCode::Forbidden));
    let operator = Operator { who: Who::Member(target.id) };
    assert_eq!(give(&operator.admin_of(app.tenant), &target).await, Err(ErrorCode::NotForOneself));
    let key = |scopes: &[Scope]| crate::actor::Integration {
        tenant: app.tenant,
        key: app.key.key,
        scopes: scopes.to_vec(),
        path: Path::Cloud,
    };
    assert_eq!(
        give(&key(&[Scope::Admin]).admin(), &target).await,
        Err(ErrorCode::Forbidden),
        "scope admin is not scope pass"
    );
    assert_eq!(give(&key(&[Scope::Support, Scope::Verify]).admin(), &target).await, Err(ErrorCode::Forbidden));
    assert_eq!(give(&key(&[Scope::Pass]).admin(), &target).await, Ok(()));
    assert_eq!(give(&key(&[Scope::Pass]).admin(), &desk).await, Err(ErrorCode::RankTooHigh));
    assert_eq!(give(&key(&[Scope::Pass, Scope::Admin]).admin(), &chief).await, Ok(()));
    assert!(!key(&[Scope::Pass]).admin().may(Permission::ReadMembers), "and nothing else");
}

/// Registration that only the organisation's wish asks for waits; nothing opens that a policy blocks.
#[tokio::test]
async fn a_pass_follows_the_policy() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    let directory = app.domain.directory();
    let (_, mut policy) = directory.policy(&app.admin).await.expect("a policy");
    policy.registration.ask_everybody = true;
    directory.publish_policy(&app.admin, policy.clone()).await.expect("published");
    let several = PassTerms {
        one_time: false,
        ..PassTerms::default()
    };
    let pass = gives(&app, &ann, several).await;
    assert!(matches!(signs_in(&app, &ann, &pass).await, PassOutcome::Right(_)), "within the days of grace");
    policy.registration.grace_days = 0;
    directory.publish_policy(&app.admin, policy.clone()).await.expect("published");
    assert_eq!(signs_in(&app, &ann, &pass).await, PassOutcome::Register, "after them");
    policy.rules.push(Rule {
        name: String::from("nobody"),
        state: RuleState::On,
        who: Subjects::default(),
        applications: Vec::new(),
        actions: Vec::new(),
        then: Then::Block,
    });
    directory.publish_policy(&app.admin, policy).await.expect("published");
    assert!(matches!(signs_in(&app, &ann, &pass).await, PassOutcome::Wrong(_)));
}
