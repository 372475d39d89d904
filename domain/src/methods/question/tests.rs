//! Security questions against a fresh Postgres: every way in which answers are guessed. Abuse cases by their id.

use super::*;
use crate::{
    Domain,
    actor::{Operator, Scope},
    clock::Clock,
    directory::block::BlockTerm,
    testing::*,
    verification::{Answered, Idempotency, VerificationError},
};

const SET: [(&str, &str); 5] = [
    ("cuddly-toy", "Professor Paardebloem"),
    ("hiding-place", "Achter de  broeikas"),
    ("first-film", "De Reuzenperzik"),
    ("swimming-lessons", "Bad Noord"),
    ("first-wages", "Een tuba"),
];

fn given(rows: &[(&str, &str)]) -> Vec<Given> {
    let given = |(question, answer): &(&str, &str)| Given {
        question: (*question).to_owned(),
        answer: Secret::new((*answer).to_owned()),
    };
    rows.iter().map(given).collect()
}

async fn allow(app: &TestApp, register: u8, answer: u8) {
    let wanted = policy(true, register, answer);
    app.domain.methods().set_question_policy(&app.admin, wanted, "test").await.expect("published");
    assert_eq!(app.domain.methods().question_policy(&app.admin).await.expect("a policy"), wanted);
}

fn policy(allowed: bool, register: u8, answer: u8) -> QuestionPolicy {
    QuestionPolicy {
        allowed,
        numbers: QuestionNumbers { register, answer },
    }
}

/// A tenant that asks three of five.
async fn new_app() -> TestApp {
    let app = TestApp::new().await;
    allow(&app, 5, 3).await;
    app
}

/// A member who has answered them.
async fn with_questions(app: &TestApp, name: &str) -> TestMember {
    let member = app.member_with_both(name).await;
    let me = app.signed_in(&member, 2, 1);
    app.domain.methods().register_questions(&me, &given(&SET)).await.expect("registered");
    member
}

async fn ask_on(domain: &Domain, app: &TestApp, upn: &Upn) -> AskedQuestions {
    let request = QuestionsRequest {
        user: upn.clone(),
        client: client(),
        correlation_id: None,
        idempotency: None,
    };
    domain.methods().questions_for(&app.key, None, request).await.expect("questions")
}

/// The answers that `SET` has to what was asked, with what shall be different.
fn answers(asked: &AskedQuestions, change: impl Fn(usize, &str) -> String) -> Vec<Given> {
    let typed = |(n, question): (usize, &SecurityQuestion)| {
        let known = SET.iter().find(|(id, _)| *id == question.as_str());
        Given {
            question: question.to_string(),
            answer: Secret::new(change(n, known.map_or("no idea", |(_, answer)| answer))),
        }
    };
    asked.questions.iter().enumerate().map(typed).collect()
}

fn as_they_are(_: usize, answer: &str) -> String {
    answer.to_owned()
}

async fn send(domain: &Domain, app: &TestApp, asked: &AskedQuestions, given: &[Given]) -> QuestionsAnswer {
    let answer = domain.methods().answer_questions(&app.key, None, asked.id, given, None).await;
    answer.expect("an answer")
}

/// Asks, answers right, and says what came of it.
async fn tries(app: &TestApp, upn: &Upn) -> (Decision, Reason) {
    let asked = ask_on(&app.domain, app, upn).await;
    let answer = send(&app.domain, app, &asked, &answers(&asked, as_they_are)).await;
    (answer.decision, answer.reason)
}

const RIGHT: (Decision, Reason) = (Decision::Allowed, Reason::RightCode);
const WRONG: (Decision, Reason) = (Decision::Denied, Reason::WrongCode);

#[tokio::test]
async fn c11_all_answers_or_nothing() {
    let app = new_app().await;
    let ann = with_questions(&app, "ann").await;
    let asked = ask_on(&app.domain, &app, &ann.upn).await;
    assert_eq!(asked.questions.len(), 3);
    let shouted = answers(&asked, |_, answer| format!(" {} ", answer.to_uppercase()));
    let answer = send(&app.domain, &app, &asked, &shouted).await;
    assert_eq!((answer.decision, answer.reason, answer.session_id), (RIGHT.0, RIGHT.1, asked.session_id));
    // One that is wrong, whichever it is, is told like all that are.
    for wrong in 0..3 {
        let asked = ask_on(&app.domain, &app, &ann.upn).await;
        let but_one = answers(&asked, |n, answer| if n == wrong { String::from("something else") } else { answer.to_owned() });
        let answer = send(&app.domain, &app, &asked, &but_one).await;
        assert_eq!((answer.decision, answer.reason), WRONG, "{wrong}");
    }
    app.wait(QUESTION_TRIES_HOURS * 3600);
    let asked = ask_on(&app.domain, &app, &ann.upn).await;
    let too_few = send(&app.domain, &app, &asked, &answers(&asked, as_they_are)[..2]).await;
    assert_eq!((too_few.decision, too_few.reason), WRONG);
    // Answered once, and never again.
    let again = app
        .domain
        .methods()
        .answer_questions(&app.key, None, asked.id, &answers(&asked, as_they_are), None)
        .await;
    assert!(matches!(again, Err(QuestionError::Verification(VerificationError::ChallengeGone))));
    let late = ask_on(&app.domain, &app, &ann.upn).await;
    app.wait(ATTEMPT_SECONDS + 1);
    let too_late = app
        .domain
        .methods()
        .answer_questions(&app.key, None, late.id, &answers(&late, as_they_are), None)
        .await;
    assert!(matches!(too_late, Err(QuestionError::Verification(VerificationError::ChallengeGone))));
    // What is written: for a reset, no second factor, nothing billed; and nowhere an answer.
    let row = "select count(*) from auth_log where purpose = 'reset' and door = 'rest' and method_kind = 'security_questions' and not second_factor";
    assert_eq!(app.number(row).await, 5);
    assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, 1);
    assert_eq!(app.number("select count(*) from usage").await, 0);
    assert_eq!(
        app.number("select count(distinct phc) from security_answer where phc like '$argon2id$v=19$m=19456,t=2,p=1$%'")
            .await,
        5
    );
    let everything = app.rows().await.join("\n").to_lowercase();
    for word in ["paardebloem", "broeikas", "reuzenperzik", "tuba"] {
        assert!(!everything.contains(word), "{word}");
    }
}

#[tokio::test]
async fn c11_five_tries_a_day_whoever_it_is() {
    let app = new_app().await;
    let ann = with_questions(&app, "ann").await;
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    let other_node = app.second_node().await;
    let began = app.now();
    let mut told = Vec::new();
    for upn in [&ann.upn, &nobody] {
        let mut answers_of = Vec::new();
        for n in 0..7 {
            let domain = if n % 2 == 0 { &app.domain } else { &other_node };
            let asked = ask_on(domain, &app, upn).await;
            let answer = send(domain, &app, &asked, &answers(&asked, |_, _| String::from("a guess"))).await;
            answers_of.push((answer.decision, answer.reason, answer.wait_until));
        }
        told.push(answers_of);
    }
    assert_eq!(told[0], told[1], "a name that nobody has waits like anybody");
    let until = began + SignedDuration::from_hours(24);
    assert_eq!(told[0][4], (WRONG.0, WRONG.1, None));
    assert_eq!(told[0][5], (Decision::Denied, Reason::Throttled, Some(until)));
    assert_eq!(tries(&app, &ann.upn).await, (Decision::Denied, Reason::Throttled), "not even the right ones");
    app.wait(24 * 3600);
    for _ in 0..5 {
        assert_eq!(tries(&app, &ann.upn).await, RIGHT);
    }
    assert_eq!(
        tries(&app, &ann.upn).await,
        (Decision::Denied, Reason::Throttled),
        "right ones are tries as well"
    );
    let directory = app.domain.directory();
    directory.unlock(&app.admin, &MemberRef::Id(ann.id), "on the phone").await.expect("unlocked");
    assert_eq!(tries(&app, &ann.upn).await, RIGHT);
}

/// Twelve at once, on two nodes: five are compared.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c11_tries_are_counted_before_anything_is_compared() {
    let app = new_app().await;
    let ann = with_questions(&app, "ann").await;
    let other_node = app.second_node().await;
    let mut asked = Vec::new();
    for _ in 0..12 {
        asked.push(ask_on(&app.domain, &app, &ann.upn).await);
    }
    let before = app.domain.passwords().hashes() + other_node.passwords().hashes();
    let guesses = asked.iter().enumerate().map(|(n, asked)| {
        let domain = if n % 2 == 0 { &app.domain } else { &other_node };
        let app = &app;
        async move {
            domain
                .methods()
                .answer_questions(&app.key, None, asked.id, &answers(asked, |_, _| String::from("a guess")), None)
                .await
        }
    });
    let told = futures_util::future::join_all(guesses).await;
    let reasons: Vec<Reason> = told.into_iter().filter_map(|answer| answer.ok().map(|a| a.reason)).collect();
    let compared = reasons.iter().filter(|reason| **reason == Reason::WrongCode).count();
    assert!(compared <= 5, "{reasons:?}");
    let hashes = app.domain.passwords().hashes() + other_node.passwords().hashes() - before;
    assert!(hashes <= 15, "{hashes} hashes");
    assert_eq!(tries(&app, &ann.upn).await, (Decision::Denied, Reason::Throttled));
}

#[tokio::test]
async fn c11_strangers_are_asked_like_members() {
    let app = new_app().await;
    let other_node = app.second_node().await;
    let ann = with_questions(&app, "ann").await;
    let bob = app.member_with_both("bob").await;
    let chief = app.member_with_roles("chief", &[Role::Support]).await;
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    let foreign = Upn::parse("ann@elsewhere.example").expect("a name");
    let mut sets = Vec::new();
    for upn in [&ann.upn, &bob.upn, &chief.upn, &nobody, &foreign] {
        let asked = ask_on(&app.domain, &app, upn).await.questions;
        let mut distinct = asked.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 3, "{upn}");
        for _ in 0..3 {
            assert_eq!(ask_on(&app.domain, &app, upn).await.questions, asked, "asking again reveals no others");
        }
        assert_eq!(ask_on(&other_node, &app, upn).await.questions, asked, "the same on every node");
        let shouted = Upn::parse(&upn.as_str().to_uppercase()).expect("a name");
        assert_eq!(ask_on(&app.domain, &app, &shouted).await.questions, asked);
        sets.push(asked);
    }
    assert!(sets[0].iter().all(|question| SET.iter().any(|(id, _)| *id == question.as_str())));
    sets.sort();
    sets.dedup();
    assert!(sets.len() >= 4, "not everybody without answers is asked the same");
    // A name that becomes a member's is asked what it was asked before.
    let before = ask_on(&app.domain, &app, &nobody).await.questions;
    app.member("nobody").await;
    assert_eq!(ask_on(&app.domain, &app, &nobody).await.questions, before);
    // Another tenant asks the same name other questions: its key is another one.
    let zuid = app.neighbour("zuid").await;
    allow(&zuid, 5, 3).await;
    assert_eq!(ask_on(&app.domain, &zuid, &nobody).await.questions.len(), 3);
    // The policy's number holds for everybody, and where questions are off as many are asked.
    allow(&app, 5, 5).await;
    assert_eq!(ask_on(&app.domain, &app, &ann.upn).await.questions.len(), 5);
    assert_eq!(ask_on(&app.domain, &app, &foreign).await.questions.len(), 5);
    let methods = app.domain.methods();
    methods.set_question_policy(&app.admin, policy(false, 5, 5), "test").await.expect("off");
    assert_eq!(ask_on(&app.domain, &app, &ann.upn).await.questions.len(), 5);
    assert_eq!(tries(&app, &ann.upn).await, WRONG);
    assert_eq!(tries(&app, &foreign).await, WRONG);
}

/// Right, wrong, not there, not allowed: as many hashes each, and one refusal.
#[tokio::test]
async fn c11_every_answer_costs_the_same() {
    let app = new_app().await;
    let directory = app.domain.directory();
    let right = with_questions(&app, "right").await;
    let off = with_questions(&app, "off").await;
    directory.set_enabled(&app.admin, &MemberRef::Id(off.id), false, "left").await.expect("off");
    let blocked = with_questions(&app, "blocked").await;
    let term = BlockTerm::default();
    directory.block(&app.admin, &MemberRef::Id(blocked.id), term, "stolen").await.expect("blocked");
    let without = app.member_with_both("without").await;
    let few = with_questions(&app, "few").await;
    app.as_superuser(format!(
        "delete from security_answer where member_id = '{}' and question in ('first-film', 'first-wages', 'cuddly-toy')",
        few.id
    ))
    .await;
    // Somebody with a role whose answers came by another way than ours.
    let chief = app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    app.as_superuser(format!(
        "insert into security_answer select tenant_id, '{}', question, phc, made_at from security_answer where member_id = '{}'",
        chief.id, right.id
    ))
    .await;
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    for (upn, told, logged) in [
        (&right.upn, RIGHT, "right_code"),
        (&off.upn, WRONG, "disabled"),
        (&blocked.upn, WRONG, "blocked"),
        (&without.upn, WRONG, "no_methods"),
        (&few.upn, WRONG, "no_methods"),
        (&chief.upn, WRONG, "method_off"),
        (&nobody, WRONG, "not_found"),
    ] {
        let before = app.domain.passwords().hashes();
        assert_eq!(tries(&app, upn).await, told, "{upn}");
        assert_eq!(app.domain.passwords().hashes() - before, 3, "{upn}");
        let newest = app
            .seen_by_superuser("select reason from auth_log order by occurred_at desc, attempt_id desc limit 1")
            .await;
        assert_eq!(newest, [logged], "{upn}");
        app.wait(1);
    }
    // Refused without a look there is nothing to hash, for anybody.
    let before = app.domain.passwords().hashes();
    for _ in 0..5 {
        tries(&app, &nobody).await;
    }
    assert_eq!(app.domain.passwords().hashes() - before, 12, "four tries were left");
    // A member who is locked by wrong codes shows nobody who he is.
    app.lock(&right).await;
    assert_eq!(tries(&app, &right.upn).await, WRONG);
}

#[tokio::test]
async fn c11_nobody_with_a_role_has_any() {
    let app = new_app().await;
    let (directory, methods) = (app.domain.directory(), app.domain.methods());
    let count = || app.number("select count(*) from security_answer");
    let ann = with_questions(&app, "ann").await;
    let of = MemberRef::Id(ann.id);
    directory.grant_role(&app.admin, &of, Role::Reader).await.expect("granted");
    assert_eq!(count().await, 0, "a role takes them");
    let refused = methods.register_questions(&app.signed_in(&ann, 2, 1), &given(&SET)).await;
    assert!(matches!(refused, Err(QuestionError::ForMembersOnly)));
    assert!(!methods.of(&app.admin, &of).await.expect("info").questions.allowed);
    directory.withdraw_role(&app.admin, &of, Role::Reader).await.expect("withdrawn");
    assert_eq!(tries(&app, &ann.upn).await, WRONG, "they do not come back");
    let bob = with_questions(&app, "bob").await;
    directory.grant_operator(Operator::console(), app.tenant, bob.id).await.expect("granted");
    assert_eq!(count().await, 0);
    let refused = methods.register_questions(&app.signed_in(&bob, 2, 1), &given(&SET)).await;
    assert!(matches!(refused, Err(QuestionError::ForMembersOnly)));
    // Given while the answers are being hashed: whichever comes first, none are left.
    for n in 0..3 {
        let carol = app.member_with_both(&format!("carol{n}")).await;
        let (me, of) = (app.signed_in(&carol, 2, 1), MemberRef::Id(carol.id));
        let set = given(&SET);
        let (_, granted) = tokio::join!(methods.register_questions(&me, &set), directory.grant_role(&app.admin, &of, Role::Support));
        granted.expect("granted");
        assert_eq!(count().await, 0);
    }
}

#[tokio::test]
async fn c11_answers_are_no_second_factor_and_open_no_other_door() {
    let app = new_app().await;
    let ann = with_questions(&app, "ann").await;
    let asked = ask_on(&app.domain, &app, &ann.upn).await;
    let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
    let elsewhere = app.domain.verification().answer(&app.key, None, asked.id, &code).await;
    assert!(matches!(elsewhere, Err(VerificationError::ChallengeGone)), "a code does not answer questions");
    for purpose in [Purpose::SignIn, Purpose::StepUp, Purpose::Verification, Purpose::SetUp, Purpose::AddMethod] {
        let second = app.domain.verification().second(app.tenant, asked.id, purpose, &code, None).await;
        assert!(matches!(second, Err(VerificationError::ChallengeGone)), "{purpose}");
    }
    let verification = app.domain.verification();
    let request = request(ann.upn.as_str(), None);
    let challenge = verification
        .verify(&app.key, None, request)
        .await
        .expect("an answer")
        .challenge
        .expect("a challenge");
    let answered = app.domain.methods().answer_questions(&app.key, None, challenge.id, &given(&SET), None).await;
    assert!(
        matches!(answered, Err(QuestionError::Verification(VerificationError::ChallengeGone))),
        "answers do not stand for a code"
    );
    let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    if let Ok(answer) = OfferedCode::parse("Bad Noord") {
        let second = app
            .domain
            .verification()
            .second(app.tenant, at.attempt.expect("one"), Purpose::SignIn, &answer, None)
            .await;
        assert!(matches!(second, Ok((Answered::Wrong { .. }, _))));
    }
    let view = app.domain.sign_in().look(app.tenant, at.attempt.expect("one")).await.expect("a view");
    assert!(!view.families.contains(&Family::Questions), "not offered at sign-in");
    // A policy that would make a factor of them is none, and the strict profile has none at all.
    let directory = app.domain.directory();
    let (_, mut document) = directory.policy(&app.admin).await.expect("a policy");
    document.methods.retain(|rule| rule.kind != MethodKind::SecurityQuestions);
    document.methods.push(MethodRule {
        kind: MethodKind::SecurityQuestions,
        uses: vec![MethodUse::Mfa],
    });
    let refused = directory.publish_policy(&app.admin, document).await.expect_err("refused");
    assert_eq!(refused.code(), ErrorCode::Invalid);
    let strict = TestApp::with(Clock::held(start()), Profile::Strict).await;
    let refused = strict.domain.methods().set_question_policy(&strict.admin, policy(true, 5, 3), "test").await;
    assert_eq!(refused.expect_err("not in the strict profile").code(), ErrorCode::Invalid);
    let refused = app.domain.methods().set_question_policy(&app.admin, policy(true, 3, 5), "test").await;
    assert_eq!(refused.expect_err("more than there are").code(), ErrorCode::Invalid);
    let desk = Admin::new(app.tenant, Who::Member(ann.id), vec![Role::AuthAdmin]);
    let refused = app.domain.methods().set_question_policy(&desk, policy(false, 5, 3), "test").await;
    assert_eq!(refused.expect_err("not his to say").code(), ErrorCode::Forbidden);
    let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::Questions).collect();
    let name = CleanText::parse("other").expect("a name");
    let directory = app.domain.directory();
    let without = directory.create_api_key(&app.admin, &name, &scopes, Path::Cloud).await.expect("a key");
    let request = QuestionsRequest {
        user: ann.upn.clone(),
        client: client(),
        correlation_id: None,
        idempotency: None,
    };
    let refused = app.domain.methods().questions_for(&without, None, request).await;
    assert_eq!(refused.expect_err("refused").code(), ErrorCode::ScopeMissing);
}

#[tokio::test]
async fn c11_a_set_is_replaced_whole_and_ends_with_a_reset() {
    let app = new_app().await;
    let (directory, methods) = (app.domain.directory(), app.domain.methods());
    let ann = app.member_with_both("ann").await;
    let (me, of) = (app.signed_in(&ann, 2, 1), MemberRef::Id(ann.id));
    let stale = app.signed_in(&ann, 2, 11);
    for refused in [methods.register_questions(&stale, &given(&SET)).await, methods.remove_questions(&stale).await] {
        assert_eq!(refused.expect_err("refused").code(), ErrorCode::StepUpRequired);
    }
    let few = methods.register_questions(&me, &given(&SET[..4])).await;
    assert!(matches!(few, Err(QuestionError::Number(5))));
    methods.register_questions(&me, &given(&SET)).await.expect("registered");
    let view = methods.mine(&me).await.expect("info").questions;
    assert_eq!((view.registered, view.made_at, view.is_enough()), (5, Some(app.now()), true));
    assert_eq!(tries(&app, &ann.upn).await, RIGHT);
    let others = [
        ("first-boss", "Dijkgraaf"),
        ("dream-job", "Vuurtorenwachter"),
        ("bedtime-song", "Over de maan"),
        ("first-flight", "Terschelling"),
        ("refused-food", "Spruitjes"),
    ];
    methods.register_questions(&me, &given(&others)).await.expect("replaced");
    assert_eq!(tries(&app, &ann.upn).await, WRONG, "the old ones are gone");
    assert_eq!(app.number("select count(*) from security_answer").await, 5);
    methods.remove_questions(&me).await.expect("removed");
    assert!(matches!(methods.remove_questions(&me).await, Err(QuestionError::Method(MethodError::Unknown))));
    methods.register_questions(&me, &given(&SET)).await.expect("registered");
    methods.reset_questions(&app.admin, &of, "told them to somebody").await.expect("reset");
    methods.register_questions(&me, &given(&SET)).await.expect("registered");
    directory.require_reregistration(&app.admin, &of, "lost").await.expect("done");
    assert_eq!(app.number("select count(*) from security_answer").await, 0);
    let bob = with_questions(&app, "bob").await;
    directory.remove_member(&app.admin, &MemberRef::Id(bob.id), "left").await.expect("removed");
    assert_eq!(app.number("select count(*) from security_answer").await, 0);
    // Each change has its row and its notice.
    for (event, times) in [
        ("security_info.registered", 3),
        ("security_info.updated", 1),
        ("security_info.deleted", 1),
        ("security_info.deleted_by_admin", 1),
    ] {
        let told = app
            .seen_by_superuser(format!(
                "select ((select count(*) from audit_log where event = '{event}' and target_id = '{0}') || ' '
                   || (select count(*) from outbox where kind = '{event}' and member_id = '{0}'))",
                ann.id
            ))
            .await;
        assert_eq!(told, [format!("{times} {times}")], "{event}");
    }
    // Nobody takes the questions of somebody with more rights, and not without the right.
    let chief = app.member_with_roles("chief", &[Role::GlobalAdmin]).await;
    let desk = Admin::new(app.tenant, Who::Member(ann.id), vec![Role::AuthAdmin]);
    let above = methods.reset_questions(&desk, &MemberRef::Id(chief.id), "x").await.expect_err("refused");
    assert_eq!(above.code(), ErrorCode::RankTooHigh);
    let reader = Admin::new(app.tenant, Who::Member(ann.id), vec![Role::Support]);
    let refused = methods.reset_questions(&reader, &of, "x").await.expect_err("refused");
    assert_eq!(refused.code(), ErrorCode::Forbidden);
}

#[tokio::test]
async fn c11_a_lost_reply_costs_no_second_try() {
    let app = new_app().await;
    let ann = with_questions(&app, "ann").await;
    let methods = app.domain.methods();
    let request = QuestionsRequest {
        user: ann.upn.clone(),
        client: client(),
        correlation_id: None,
        idempotency: Some(Idempotency::of("ask-1", b"ann")),
    };
    let asked = methods.questions_for(&app.key, None, request.clone()).await.expect("questions");
    assert_eq!(methods.questions_for(&app.key, None, request).await.expect("the same"), asked);
    let right = answers(&asked, as_they_are);
    let key = |body: &[u8]| Some(Idempotency::of("answer-1", body));
    let first = methods
        .answer_questions(&app.key, None, asked.id, &right, key(b"right"))
        .await
        .expect("an answer");
    assert_eq!(first.decision, Decision::Allowed);
    let again = methods
        .answer_questions(&app.key, None, asked.id, &right, key(b"right"))
        .await
        .expect("the same");
    assert_eq!(again, first);
    let other = methods
        .answer_questions(&app.key, None, asked.id, &right, key(b"wrong"))
        .await
        .expect_err("refused");
    assert_eq!(other.code(), ErrorCode::IdempotencyMismatch);
    assert_eq!(app.number("select count(*) from auth_log").await, 1);
    let plain = Idempotency::of("answer-1", b"right").request;
    let stored = app.seen_by_superuser("select encode(request_hash, 'hex') from idempotency").await;
    assert!(!stored.contains(&data_encoding::HEXLOWER.encode(&plain)), "no plain hash of answers is stored");
}
