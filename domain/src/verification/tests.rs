//! Verification against a fresh Postgres: what is promised of counting, replay, locking and the log. Abuse cases by their id.

use super::*;
use crate::{actor::Operator, clock::Clock, directory::MemberRef, testing::*};
use model::Reason::*;

fn denied(answer: Result<Answer, VerificationError>) -> Reason {
    let answer = answer.expect("an answer");
    assert_eq!(answer.decision, Some(Decision::Denied));
    answer.reason.expect("a denial has a reason")
}

fn allowed(answer: Result<Answer, VerificationError>) -> Answer {
    let answer = answer.expect("an answer");
    assert_eq!(answer.decision, Some(Decision::Allowed), "{answer:?}");
    answer
}

#[tokio::test]
async fn a_right_code_is_allowed_with_one_log_row_and_one_usage_row() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let answer = allowed(app.verify("ann@noord.example", &app.code(&ann)).await);
    assert_eq!((answer.reason, answer.method), (Some(RightCode), Some(MethodKind::Totp)));
    assert_eq!(
        app.number("select count(*) from auth_log where decision = 'allowed' and reason = 'right_code' and second_factor")
            .await,
        1
    );
    assert_eq!(app.number("select count(*) from usage").await, 1);
    assert_eq!(app.number("select count(*) from attempt_step").await, 3);
    assert_eq!(app.number("select count(*) from session_locator").await, 1);
}

#[tokio::test]
async fn a_wrong_code_is_denied_and_counted_and_a_right_one_clears_the_count() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    for _ in 0..4 {
        assert_eq!(denied(app.verify("ann@noord.example", &app.wrong_code(&ann)).await), WrongCode);
    }
    assert_eq!(app.number("select in_row::bigint from throttle where scope = 'guard'").await, 4);
    allowed(app.verify("ann@noord.example", &app.code(&ann)).await);
    assert_eq!(app.number("select sum(in_row)::bigint from throttle").await, 0);
    assert_eq!(app.number("select failures::bigint from failure_day").await, 4, "the rolling count stays");
}

#[tokio::test]
async fn drift_is_remembered_and_the_window_is_one_step_either_side() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    assert_eq!(denied(app.verify("ann@noord.example", &app.code_at(&ann, 2)).await), WrongCode);
    assert_eq!(
        app.number("select count(*) from attempt_step where detail->>'steps_off' = '2'").await,
        1,
        "the timeline says how far off"
    );
    allowed(app.verify("ann@noord.example", &app.code_at(&ann, 1)).await);
    assert_eq!(app.number("select drift::bigint from method").await, 1);
    app.wait(60);
    allowed(app.verify("ann@noord.example", &app.code_at(&ann, 2)).await);
}

/// A1: 200 attempts of ten guesses each over two nodes compare no more than five, and the member is told.
#[tokio::test(flavor = "multi_thread")]
async fn a1_guessing_in_parallel_sessions_is_limited_per_member() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let wrong = app.wrong_code(&ann);
    let other = app.second_node().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let (domain, key, wrong) = (if n % 2 == 0 { app.domain.clone() } else { other.clone() }, app.key.clone(), wrong.clone());
        tasks.spawn(async move {
            let mut compared = 0;
            for _ in 0..10 {
                // Busy is an answer too: nothing was compared, nothing was told.
                if let Ok(answer) = verify_on(&domain, &key, "ann@noord.example", &wrong).await {
                    compared += i32::from(answer.reason == Some(WrongCode));
                }
            }
            compared
        });
    }
    let compared: i32 = tasks.join_all().await.into_iter().sum();
    assert_eq!(compared, 5);
    assert_eq!(app.number("select failures::bigint from failure_day").await, 5);
    app.wait(31);
    for _ in 0..5 {
        app.verify("ann@noord.example", &wrong).await.expect("an answer");
        app.wait(3601);
    }
}

/// A2: a step is accepted once, whatever the door and the node.
#[tokio::test]
async fn a2_a_used_code_is_refused_everywhere() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let code = app.code(&ann);
    allowed(app.verify("ann@noord.example", &code).await);
    assert_eq!(denied(app.verify("ann@noord.example", &code).await), CodeReused);
    let other = app.second_node().await;
    assert_eq!(denied(verify_on(&other, &app.key, "ann@noord.example", &code).await), CodeReused);
    app.wait(30);
    assert_eq!(denied(app.verify("ann@noord.example", &code).await), CodeReused, "still inside the window");
    assert_eq!(denied(app.verify("ann@noord.example", &app.code_at(&ann, -1)).await), CodeReused);
    allowed(app.verify("ann@noord.example", &app.code(&ann)).await);
    assert_eq!(
        denied(app.verify("ann@noord.example", &app.code_at(&ann, -1)).await),
        CodeReused,
        "an older step than the last one used"
    );
}

/// A3: one valid code submitted 64 times at once over two nodes opens once.
#[tokio::test(flavor = "multi_thread")]
async fn a3_one_code_submitted_in_parallel_opens_once() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let other = app.second_node().await;
    for round in 0..5 {
        let code = app.code(&ann);
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..64 {
            let (domain, key, code) = (if n % 2 == 0 { app.domain.clone() } else { other.clone() }, app.key.clone(), code.clone());
            tasks.spawn(async move { verify_on(&domain, &key, "ann@noord.example", &code).await });
        }
        let accepted = tasks
            .join_all()
            .await
            .into_iter()
            .filter(|a| a.as_ref().is_ok_and(|a| a.decision == Some(Decision::Allowed)))
            .count();
        assert_eq!(accepted, 1, "round {round}");
        assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, round + 1);
        app.domain
            .directory()
            .unlock(&app.admin, &MemberRef::Id(ann.id), "next round")
            .await
            .expect("unlocked");
        app.wait(60);
    }
    assert_eq!(
        app.number("select count(*) from usage").await,
        app.number("select count(*) from auth_log where second_factor").await
    );
}

/// A5, A6: the limit holds on the verb itself and for challenges too: nothing goes around the counter.
#[tokio::test]
async fn a5_a6_challenges_and_direct_verification_share_one_counter() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let (engine, wrong) = (app.domain.verification(), OfferedCode::parse(&app.wrong_code(&ann)).expect("a code"));
    for _ in 0..2 {
        let begun = engine.verify(&app.key, None, request("ann@noord.example", None)).await.expect("pending");
        let challenge = begun.challenge.expect("a challenge");
        engine.answer(&app.key, None, challenge.id, &wrong).await.expect("an answer");
    }
    for _ in 0..3 {
        assert_eq!(denied(app.verify("ann@noord.example", wrong.as_str()).await), WrongCode);
    }
    let throttled = app.verify("ann@noord.example", &app.code(&ann)).await.expect("an answer");
    assert_eq!(
        (throttled.reason, throttled.wait_until),
        (Some(Throttled), Some(app.now() + SignedDuration::from_secs(30)))
    );
}

/// A8: every spelling of a name has the same counter.
#[tokio::test]
async fn a8_other_spellings_of_a_name_share_its_counter() {
    let app = TestApp::new().await;
    let zoe = app.member_with_app("zoë").await;
    let wrong = app.wrong_code(&zoe);
    for spelling in [
        "zoë@noord.example",
        "ZOË@noord.example",
        "zoe\u{308}@NOORD.example",
        "ｚoë@noord.example.",
        "Zoë@noord.example",
    ] {
        assert_eq!(denied(app.verify(spelling, &wrong).await), WrongCode, "{spelling}");
    }
    assert_eq!(denied(app.verify("zoë@noord.example", &wrong).await), Throttled);
    assert_eq!(app.number("select count(distinct subject_id) from throttle").await, 1);
}

/// A10: while locked, a right code and a wrong one are answered alike, and the right one is not used up.
#[tokio::test]
async fn a10_a_lock_reveals_nothing_about_the_code() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    while app
        .number("select count(*) from throttle where scope = 'guard' and wait_until is not null")
        .await
        == 0
    {
        app.verify("ann@noord.example", &app.wrong_code(&ann)).await.expect("an answer");
        app.wait(200);
    }
    let hide = |a: Answer| Answer {
        session_id: SessionId::from_bits(0),
        ..a
    };
    let right = hide(app.verify("ann@noord.example", &app.code(&ann)).await.expect("an answer"));
    let wrong = hide(app.verify("ann@noord.example", &app.wrong_code(&ann)).await.expect("an answer"));
    assert_eq!(right, wrong);
    assert_eq!(right.reason, Some(Locked));
    assert_eq!(app.number("select last_step from method").await, -1, "the right code was not used up");
    assert_eq!(app.number("select count(*) from outbox where kind = 'locked'").await, 1, "the member is told");
    assert_eq!(app.number("select count(*) from audit_log where event = 'member.locked'").await, 1);
    app.wait(3600);
    allowed(app.verify("ann@noord.example", &app.code(&ann)).await);
}

/// A10 and product rule 6: fifty in a row switch the method off; unlocking switches it on again.
#[tokio::test]
async fn fifty_wrong_in_a_row_switch_the_method_off() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    for _ in 0..50 {
        assert_eq!(denied(app.verify("ann@noord.example", &app.wrong_code(&ann)).await), WrongCode);
        app.wait(100_000);
    }
    assert_eq!(
        app.number("select count(*) from method where state = 'off' and disabled_reason = 'too_many_wrong'")
            .await,
        1
    );
    assert_eq!(
        denied(app.verify("ann@noord.example", &app.code(&ann)).await),
        WrongCode,
        "outwardly like any wrong code"
    );
    assert_eq!(app.number("select count(*) from auth_log where reason = 'method_off'").await, 1);
    app.domain
        .directory()
        .unlock(&app.admin, &MemberRef::Id(ann.id), "called back, it was him")
        .await
        .expect("unlocked");
    allowed(app.verify("ann@noord.example", &app.code(&ann)).await);
}

/// A17 and bar 8: begins that are cancelled leave no connection in a transaction and lose no later write.
#[tokio::test(flavor = "multi_thread")]
async fn a17_cancelled_requests_lose_nothing() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    for n in 0..200u64 {
        let (db, tenant) = (app.domain.db().clone(), app.tenant);
        let begin = tokio::spawn(async move {
            let tx = db.tenant(tenant).await;
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            drop(tx);
        });
        let (domain, key) = (app.domain.clone(), app.key.clone());
        let code = app.wrong_code(&ann);
        let verify = tokio::spawn(async move { verify_on(&domain, &key, "nobody@noord.example", &code).await });
        tokio::time::sleep(std::time::Duration::from_micros(n * 13 % 2500)).await;
        begin.abort();
        verify.abort();
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let in_transaction = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
    assert_eq!(app.number(in_transaction).await, 0);
    let before = app.number("select count(*) from auth_log").await;
    let mut answered = 0;
    for n in 0..40 {
        answered += i64::from(app.verify(&format!("after{n}@noord.example"), "123456").await.is_ok());
    }
    assert_eq!(answered, 40);
    assert_eq!(app.number("select count(*) from auth_log").await, before + 40, "every answered one has its row");
}

/// B7, F19: a policy that is missing or cannot be read denies.
#[tokio::test]
async fn b7_f19_a_missing_or_broken_policy_denies() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    allowed(app.verify("ann@noord.example", &app.code(&ann)).await);
    app.wait(60);
    app.as_superuser("update policy_version set document = '{\"methods\": 7}', version = version + 1")
        .await;
    assert!(app.verify("ann@noord.example", &app.code(&ann)).await.is_err());
    app.as_superuser("delete from policy_version").await;
    assert_eq!(denied(app.verify("ann@noord.example", &app.code(&ann)).await), Misconfiguration);
    assert_eq!(
        app.number("select last_step from method").await,
        app.now().as_second() / 30 - 2,
        "no step was claimed"
    );
}

/// B8, matrix row 12: when the log row cannot be written, nothing is accepted.
#[tokio::test]
async fn b8_without_its_log_row_nothing_is_accepted() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    app.as_superuser(
        "create function refuse() returns trigger language plpgsql as 'begin raise exception ''disk full''; end';
         create trigger refuse before insert on auth_log for each row execute function refuse()",
    )
    .await;
    assert!(app.verify("ann@noord.example", &app.code(&ann)).await.is_err());
    assert_eq!(app.number("select last_step from method").await, -1);
    app.as_superuser("drop trigger refuse on auth_log").await;
    allowed(app.verify("ann@noord.example", &app.code(&ann)).await);
}

/// C1: a recovery code of one member opens nothing for another, and is not used up by trying.
#[tokio::test]
async fn c1_a_recovery_code_belongs_to_its_member() {
    let app = TestApp::new().await;
    let (ann, _bob) = (app.member_with_app("ann").await, app.member_with_app("bob").await);
    let codes = recovery_of(&app, &ann).await;
    assert_eq!(denied(app.verify("bob@noord.example", &codes[0]).await), WrongCode);
    let other = app
        .domain
        .directory()
        .create_tenant(Operator::console(), new_tenant("zuid", Profile::Standard))
        .await
        .expect("a tenant");
    assert_ne!(other, app.tenant);
    let answer = allowed(app.verify("ann@noord.example", &codes[0].to_lowercase()).await);
    assert_eq!((answer.reason, answer.method), (Some(RecoveryCodeUsed), Some(MethodKind::RecoveryCode)));
    assert_eq!(denied(app.verify("ann@noord.example", &codes[0]).await), WrongCode, "once");
    assert_eq!(app.number("select count(*) from outbox where kind = 'recovery_code_used'").await, 1);
}

/// C2: one recovery code submitted 64 times at once opens once.
#[tokio::test(flavor = "multi_thread")]
async fn c2_one_recovery_code_in_parallel_opens_once() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let code = recovery_of(&app, &ann).await.remove(0);
    let other = app.second_node().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let (domain, key, code) = (if n % 2 == 0 { app.domain.clone() } else { other.clone() }, app.key.clone(), code.clone());
        tasks.spawn(async move { verify_on(&domain, &key, "ann@noord.example", &code).await });
    }
    let accepted = tasks
        .join_all()
        .await
        .into_iter()
        .filter(|a| a.as_ref().is_ok_and(|a| a.decision == Some(Decision::Allowed)))
        .count();
    assert_eq!(accepted, 1);
    assert_eq!(app.number("select count(*) from recovery_code where used_at is not null").await, 1);
}

/// F13: a name that does not exist is answered, counted and throttled like one that does.
#[tokio::test]
async fn f13_unknown_names_look_like_known_ones() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let wrong = app.wrong_code(&ann);
    for n in 0..7 {
        let hide = |a: Answer| Answer {
            session_id: SessionId::from_bits(0),
            ..a
        };
        let known = hide(app.verify("ann@noord.example", &wrong).await.expect("an answer"));
        let unknown = hide(app.verify("nobody@noord.example", &wrong).await.expect("an answer"));
        assert_eq!(known, unknown, "try {n}");
    }
    assert_eq!(app.number("select count(*) from auth_log where reason = 'not_found'").await, 5);
    assert_eq!(app.number("select count(*) from usage").await, 5, "only real comparisons are usage");
}

/// F18: a node whose clock is wrong by ten minutes refuses to verify.
#[tokio::test]
async fn f18_a_wrong_clock_stops_verification() {
    for offset_seconds in [600, -600] {
        let app = TestApp::with(Clock::System { offset_seconds }, Profile::Standard).await;
        let refused = app.verify("ann@noord.example", "123456").await;
        assert!(
            matches!(refused, Err(VerificationError::ClockWrong(skew)) if (skew - offset_seconds).abs() <= 1),
            "{refused:?}"
        );
        assert_eq!(app.number("select count(*) from auth_log").await, 0);
    }
}

#[tokio::test]
async fn the_same_idempotency_key_gets_the_same_answer_and_no_other_request() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let mut request = request("ann@noord.example", Some(&app.code(&ann)));
    request.idempotency = Some(Idempotency::of("k1", b"body"));
    let verify = |request: Request| async { app.domain.verification().verify(&app.key, None, request).await };
    let first = allowed(verify(request.clone()).await);
    assert_eq!(allowed(verify(request.clone()).await), first);
    assert_eq!(app.number("select count(*) from auth_log").await, 1);
    request.idempotency = Some(Idempotency::of("k1", b"another body"));
    assert!(matches!(verify(request.clone()).await, Err(VerificationError::IdempotencyMismatch)));
    app.wait(601);
    request.idempotency = Some(Idempotency::of("k1", b"body"));
    assert_eq!(denied(verify(request).await), WrongCode, "forgotten after ten minutes; the code is old by then");
}

#[tokio::test]
async fn a_challenge_takes_three_wrong_answers_and_is_spent() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let engine = app.domain.verification();
    let begun = engine.verify(&app.key, None, request("ann@noord.example", None)).await.expect("pending");
    let id = begun.challenge.expect("a challenge").id;
    let wrong = OfferedCode::parse(&app.wrong_code(&ann)).expect("a code");
    for left in [2, 1] {
        let answer = engine.answer(&app.key, None, id, &wrong).await.expect("an answer");
        assert_eq!((answer.decision, answer.challenge.map(|c| c.tries_left)), (None, Some(left)));
    }
    let third = engine.answer(&app.key, None, id, &wrong).await.expect("an answer");
    assert_eq!((third.decision, third.reason), (Some(Decision::Denied), Some(TooManyCodes)));
    let right = OfferedCode::parse(&app.code(&ann)).expect("a code");
    assert!(matches!(engine.answer(&app.key, None, id, &right).await, Err(VerificationError::ChallengeGone)));
    assert_eq!(app.number("select count(*) from auth_log").await, 1);
    assert_eq!(app.number("select count(*) from usage").await, 1);
}

#[tokio::test]
async fn an_unanswered_challenge_becomes_a_denied_row() {
    let app = TestApp::new().await;
    app.member_with_app("ann").await;
    app.domain
        .verification()
        .verify(&app.key, None, request("ann@noord.example", None))
        .await
        .expect("pending");
    app.wait(599);
    assert_eq!(app.domain.sign_in().sweep(app.tenant).await.expect("swept"), 0);
    app.wait(1);
    assert_eq!(app.domain.sign_in().sweep(app.tenant).await.expect("swept"), 1);
    assert_eq!(app.domain.sign_in().sweep(app.tenant).await.expect("swept"), 0, "once");
    assert_eq!(
        app.number("select count(*) from auth_log where decision = 'denied' and reason = 'code_never_entered'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_key_of_another_tenant_or_scope_is_refused() {
    let app = TestApp::new().await;
    let stranger = Credential::new(app.key.slug.clone(), app.key.key, [1; 32]);
    assert!(matches!(
        verify_on(&app.domain, &stranger, "ann@noord.example", "123456").await,
        Err(VerificationError::KeyRefused)
    ));
    let zuid = app
        .domain
        .directory()
        .create_tenant(Operator::console(), new_tenant("zuid", Profile::Standard))
        .await
        .expect("a tenant");
    let name = CleanText::parse("reader").expect("a name");
    let reader = app
        .domain
        .directory()
        .create_api_key(&crate::actor::Admin::console(zuid), &name, &[Scope::Read], Path::Cloud)
        .await
        .expect("a key");
    assert!(matches!(
        verify_on(&app.domain, &reader, "ann@noord.example", "123456").await,
        Err(VerificationError::ScopeMissing("verify"))
    ));
    app.member_with_app("ann").await;
    let name = CleanText::parse("verifier").expect("a name");
    let zuids = app
        .domain
        .directory()
        .create_api_key(&crate::actor::Admin::console(zuid), &name, &[Scope::Verify], Path::Cloud)
        .await
        .expect("a key");
    assert_eq!(
        denied(verify_on(&app.domain, &zuids, "ann@noord.example", "123456").await),
        WrongCode,
        "unknown in zuid"
    );
    assert_eq!(app.number("select count(*) from auth_log").await, 0, "nothing of it in noord");
}

async fn recovery_of(app: &TestApp, member: &TestMember) -> Vec<String> {
    let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
    let codes = app.domain.methods().new_recovery(&mut tx, member.id, app.now()).await.expect("codes");
    tx.commit().await.expect("committed");
    codes.reveal()
}

/// A4: a verification that was cut off and is sent again is answered: allowed once in all, else refused as used.
#[tokio::test(flavor = "multi_thread")]
async fn a4_a_verification_cut_off_and_repeated_is_refused_cleanly() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    for round in 0..24 {
        let code = app.code(&ann);
        let (domain, key, first) = (app.domain.clone(), app.key.clone(), code.clone());
        let cut_off = tokio::spawn(async move { verify_on(&domain, &key, "ann@noord.example", &first).await });
        tokio::time::sleep(std::time::Duration::from_micros(round * 180)).await;
        cut_off.abort();
        let again = app.verify("ann@noord.example", &code).await.expect("an answer");
        assert!(matches!(again.reason, Some(RightCode | CodeReused)), "round {round}: {again:?}");
        assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, round as i64 + 1);
        app.wait(60);
    }
}

/// A7: a lock, a switched-off account or organisation between the start of a challenge and its answer: nothing is allowed, no code is used up.
#[tokio::test]
async fn a7_a_lock_stops_an_open_challenge() {
    for how in ["locked", "disabled", "removed", "suspended", "key revoked"] {
        let app = TestApp::new().await;
        let ann = app.member_with_app("ann").await;
        let engine = app.domain.verification();
        let begun = engine.verify(&app.key, None, request("ann@noord.example", None)).await.expect("pending");
        let (of, directory) = (MemberRef::Id(ann.id), app.domain.directory());
        match how {
            "locked" => app.lock(&ann).await,
            "disabled" => drop(directory.set_enabled(&app.admin, &of, false, "left").await.expect("disabled")),
            "removed" => directory.remove_member(&app.admin, &of, "left").await.expect("removed"),
            "suspended" => app.as_superuser("update tenant set suspended_at = now()").await,
            _ => app.as_superuser("update api_key set revoked_at = now()").await,
        }
        let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
        for _ in 0..2 {
            let answer = engine.answer(&app.key, None, begun.challenge.as_ref().expect("a challenge").id, &code).await;
            assert!(
                !matches!(&answer, Ok(answer) if answer.decision == Some(Decision::Allowed)),
                "{how}: {answer:?}"
            );
        }
        assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, 0, "{how}");
        assert_eq!(app.number("select last_step from method").await, -1, "{how}");
    }
}

/// What can be tried against one member.
#[derive(Clone, Copy, Debug)]
enum Try {
    Wrong,
    Right,
    NewChallenge,
    WrongInChallenge,
    RightInChallenge,
    Wait(i64),
}

/// A9, bar 2: whatever the order of one-shot verifications, challenges, right codes and waits, no more than five wrong codes are compared in any five
/// minutes without a right one between (strict), and no more than a hundred in thirty days at all.
#[test]
fn a9_no_order_of_tries_gives_more_guesses() {
    use proptest::{prelude::*, test_runner::TestRunner};
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let app = runtime.block_on(TestApp::with(Clock::held(start()), Profile::Strict));
    let attempt = prop_oneof![
        6 => Just(Try::Wrong),
        1 => Just(Try::Right),
        2 => Just(Try::NewChallenge),
        5 => Just(Try::WrongInChallenge),
        1 => Just(Try::RightInChallenge),
        4 => (1i64..400).prop_map(Try::Wait),
    ];
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 24,
        max_shrink_iters: 30,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let people = std::cell::Cell::new(0);
    runner
        .run(&prop::collection::vec(attempt, 10..80), |tries| {
            people.set(people.get() + 1);
            let name = format!("p{}", people.get());
            runtime.block_on(guesses(&app, &name, &tries));
            Ok(())
        })
        .expect("the limits hold");
}

async fn guesses(app: &TestApp, name: &str, tries: &[Try]) {
    let member = app.member_with_app(name).await;
    let (engine, upn) = (app.domain.verification(), member.upn.as_str().to_owned());
    let mut challenge = None;
    let mut compared: Vec<Timestamp> = Vec::new();
    let mut all = 0;
    for attempt in tries {
        let code = match attempt {
            Try::Right | Try::RightInChallenge => app.code(&member),
            _ => app.wrong_code(&member),
        };
        let answer = match (attempt, challenge) {
            (Try::Wait(seconds), _) => {
                app.wait(*seconds);
                continue;
            }
            (Try::NewChallenge, _) => {
                let begun = engine.verify(&app.key, None, request(&upn, None)).await.expect("pending");
                challenge = begun.challenge.map(|c| c.id);
                continue;
            }
            (Try::WrongInChallenge | Try::RightInChallenge, Some(id)) => {
                let code = OfferedCode::parse(&code).expect("a code");
                match engine.answer(&app.key, None, id, &code).await {
                    Err(VerificationError::ChallengeGone) => continue,
                    answer => answer.expect("an answer"),
                }
            }
            _ => app.verify(&upn, &code).await.expect("an answer"),
        };
        // The probe: what was compared and wrong is counted in the database, whatever the answer says.
        let counted = failures(app, member.id).await;
        match answer.reason {
            Some(RightCode) => compared.clear(),
            Some(WrongCode | CodeReused | TooManyCodes) => assert_eq!(counted, all + 1, "told and not counted: {tries:?}"),
            // The answer that locks was compared too; those after it were not.
            Some(Locked) => assert!(counted <= all + 1),
            Some(Throttled) => assert_eq!(counted, all),
            other => panic!("{other:?}"),
        }
        if counted > all {
            all = counted;
            compared.push(app.now());
            let window = SignedDuration::from_secs(300);
            let recent = compared.iter().filter(|at| app.now().duration_since(**at) < window).count();
            assert!(recent <= 5, "{recent} guesses in five minutes: {tries:?}");
        }
    }
    assert!(all <= 100);
}

async fn failures(app: &TestApp, member: MemberId) -> i64 {
    let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
    let counted: i64 = sqlx::query_scalar("select coalesce(sum(failures), 0)::bigint from failure_day where subject_id = $1")
        .bind(member.0)
        .fetch_one(&mut *tx)
        .await
        .expect("counted");
    tx.commit().await.expect("committed");
    counted
}
