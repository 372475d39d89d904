//! Hardware tokens against a fresh Postgres: whose a token is, how it becomes a method, and what cannot be done with it. Abuse cases by their id.

use super::{
    importing::{ImportOptions, ImportReport, ImportedToken, Told},
    *,
};
use crate::testing::*;

/// A token of the drawer, played by its seed.
struct Played {
    serial: Serial,
    generator: OathGenerator,
}

const COUNTER_BASED: OathParams = OathParams {
    kind: OathKind::Hotp,
    algorithm: OathAlgorithm::Sha1,
    digits: 6,
    period: 30,
};

const BY_TIME: OathParams = OathParams {
    kind: OathKind::Totp,
    algorithm: OathAlgorithm::Sha1,
    digits: 6,
    period: 60,
};

async fn token(app: &TestApp, serial: &str, params: OathParams) -> Played {
    let seed: [u8; 20] = app.domain.rng().bytes();
    let keys = app.domain.keys(app.tenant).await.expect("keys");
    let id = app.domain.rng().id(app.now());
    let new = store::NewTokens {
        ids: vec![id],
        serials: vec![serial.to_owned()],
        sealed: vec![keys.key(KeyPurpose::Seed).seal(SealedColumn::TokenSeed, id, &seed, app.domain.rng())],
        params: vec![serde_json::to_value(params).expect("JSON")],
        last_steps: vec![-1],
        drifts: vec![0],
        issuers: vec![None],
        manufacturers: vec![Some(String::from("Zeeland Sleutels"))],
        models: vec![Some(String::from("ZS-1"))],
        valid_from: vec![None],
        valid_until: vec![None],
        owners: vec![None],
    };
    let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
    let made = store::insert_tokens(&mut tx, ImportId(id), &new, app.now()).await.expect("inserted");
    tx.commit().await.expect("committed");
    assert_eq!(made, [id]);
    Played {
        serial: Serial::parse(serial).expect("a serial number"),
        generator: OathGenerator::new(&seed, params),
    }
}

impl Played {
    fn code(&self, step: i64) -> OfferedCode {
        OfferedCode::parse(&self.generator.code(step)).expect("a code")
    }

    /// A code that is wrong for thousands of steps around.
    fn wrong(&self) -> OfferedCode {
        let near: Vec<String> = (0..300).map(|n| self.generator.code(n).to_string()).collect();
        let wrong = (0..1_000_000).map(|n| format!("{n:06}")).find(|code| !near.contains(code));
        OfferedCode::parse(&wrong.expect("some code is wrong")).expect("a code")
    }
}

fn of(member: &TestMember) -> MemberRef {
    MemberRef::Id(member.id)
}

fn label() -> CleanText<NAME_CHARACTERS_MAX> {
    CleanText::parse("On my keys").expect("a label")
}

/// From the drawer to a right code by REST and back, and on to the next member: no code of it ever opens twice.
#[tokio::test]
async fn a_token_goes_from_hand_to_hand_and_no_code_twice() {
    let app = TestApp::new().await;
    let (ann, bob) = (app.member_with_password("ann").await, app.member("bob").await);
    app.set_state(&ann, MfaState::Enabled).await;
    let played = token(&app, "ZS-0001", COUNTER_BASED).await;
    let tokens = app.domain.tokens();

    let given = tokens
        .assign(&app.admin, &Serial::parse("zs-0001").expect("any case"), &of(&ann))
        .await
        .expect("assigned");
    assert_eq!((given.state, given.owner), (TokenState::Assigned, Some(ann.id)));
    assert!(matches!(tokens.assign(&app.admin, &played.serial, &of(&bob)).await, Err(TokenError::Taken)));
    let refused = app.verify(ann.upn.as_str(), played.code(0).as_str()).await.expect("an answer");
    assert_eq!(refused.decision, Some(Decision::Denied), "what has not been proven does not count");

    let active = tokens.activate(&app.admin, &played.serial, &played.code(2)).await.expect("active");
    assert_eq!((active.state, active.counter), (TokenState::Active, Some(3)));
    let member = app.domain.directory().member(&app.admin, &of(&ann)).await.expect("ann");
    assert_eq!(member.mfa_state, MfaState::Enforced, "the first method completes registration");
    assert_eq!(member.default_method, active.method);
    for (counter, decision) in [
        (2, Decision::Denied),
        (5, Decision::Allowed),
        (5, Decision::Denied),
        (4, Decision::Denied),
        (6, Decision::Allowed),
    ] {
        let answer = app.verify(ann.upn.as_str(), played.code(counter).as_str()).await.expect("an answer");
        assert_eq!(answer.decision, Some(decision), "counter {counter}");
    }

    let back = tokens.take_back(&app.admin, &played.serial, "handed in").await.expect("back");
    assert_eq!(
        (back.state, back.owner, back.counter),
        (TokenState::Available, None, Some(7)),
        "what is used up stays used up"
    );
    let refused = app.verify(ann.upn.as_str(), played.code(7).as_str()).await.expect("an answer");
    assert_eq!(refused.decision, Some(Decision::Denied), "with the token goes the method");
    tokens.assign(&app.admin, &played.serial, &of(&bob)).await.expect("assigned");
    assert!(matches!(
        tokens.activate(&app.admin, &played.serial, &played.code(6)).await,
        Err(TokenError::WrongCode)
    ));
    tokens.activate(&app.admin, &played.serial, &played.code(7)).await.expect("active");

    let bobs = app.domain.methods().of(&app.admin, &of(&bob)).await.expect("bob's").methods;
    app.domain
        .methods()
        .remove_of(&app.admin, &of(&bob), bobs[0].id, "lost")
        .await
        .expect("removed");
    let back = tokens.token(&app.admin, &played.serial).await.expect("the token");
    assert_eq!(
        (back.state, back.counter),
        (TokenState::Available, Some(8)),
        "a removed method gives its token back"
    );
    let retired = tokens.retire(&app.admin, &played.serial, "broken").await.expect("retired");
    assert_eq!(retired.state, TokenState::Retired);
    assert_eq!(
        app.number("select count(*) from oath_token where sealed is not null").await,
        0,
        "the seed is gone"
    );
    assert!(matches!(
        tokens.assign(&app.admin, &played.serial, &of(&bob)).await,
        Err(TokenError::State(TokenState::Retired, _))
    ));
}

/// A member takes a token by the number on its back; whose it is not cannot be told from what does not exist.
#[tokio::test]
async fn a_member_claims_a_token_by_its_serial_number() {
    let app = TestApp::new().await;
    let (ann, bob) = (app.member_with_app("ann").await, app.member_with_app("bob").await);
    let (drawer, bobs) = (token(&app, "ZS-0001", BY_TIME).await, token(&app, "ZS-0002", BY_TIME).await);
    let tokens = app.domain.tokens();
    tokens.assign(&app.admin, &bobs.serial, &of(&bob)).await.expect("assigned");
    let now = drawer.generator.step_at(app.now());
    let stale = app.signed_in(&ann, 2, 11);
    let claimed = tokens.claim(&stale, &drawer.serial, &label(), &drawer.code(now)).await;
    assert!(matches!(claimed, Err(TokenError::Method(crate::methods::MethodError::StepUp))), "{claimed:?}");
    let me = app.signed_in(&ann, 2, 0);
    let foreign = tokens.claim(&me, &bobs.serial, &label(), &bobs.code(now)).await.expect_err("bob's");
    let nobodys = tokens
        .claim(&me, &Serial::parse("ZS-9999").expect("a serial"), &label(), &bobs.code(now))
        .await
        .expect_err("nobody's");
    assert_eq!(foreign.to_string(), nobodys.to_string());
    assert_eq!(foreign.code(), nobodys.code());
    assert!(matches!(
        tokens.claim(&me, &drawer.serial, &label(), &drawer.code(now + 5)).await,
        Err(TokenError::WrongCode)
    ));
    assert_eq!(
        tokens.token(&app.admin, &drawer.serial).await.expect("it").state,
        TokenState::Available,
        "a wrong code takes nothing"
    );
    let mine = tokens.claim(&me, &drawer.serial, &label(), &drawer.code(now)).await.expect("mine");
    assert_eq!((mine.state, mine.owner), (TokenState::Active, Some(ann.id)));
    let info = app.domain.methods().mine(&me).await.expect("security info");
    assert!(info.methods.iter().any(|m| m.kind == MethodKind::HardwareToken && m.label == "On my keys"));
    assert_eq!(tokens.waiting_for(&app.signed_in(&bob, 2, 0)).await.expect("bob's").len(), 1);
}

/// Abuse case A16: two guesses at the resynchronisation count like any wrong code, and in a wait nothing is compared.
#[tokio::test]
async fn a16_resynchronising_counts_what_is_wrong() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    let played = token(&app, "ZS-0001", COUNTER_BASED).await;
    let tokens = app.domain.tokens();
    tokens.assign(&app.admin, &played.serial, &of(&ann)).await.expect("assigned");
    tokens.activate(&app.admin, &played.serial, &played.code(0)).await.expect("active");
    let far = app.verify(ann.upn.as_str(), played.code(60).as_str()).await.expect("an answer");
    assert_eq!(far.decision, Some(Decision::Denied), "sixty presses ahead is too far");
    let (by, serial) = (&app.admin, &played.serial);
    let resync = |first: OfferedCode, second: OfferedCode| async move { tokens.resynchronise(by, serial, [&first, &second]).await };
    let found = resync(played.code(60), played.code(61)).await.expect("set right");
    assert_eq!(found.counter, Some(62));
    assert!(matches!(resync(played.code(60), played.code(61)).await, Err(TokenError::NotInRow)), "once");
    for _ in 0..3 {
        assert!(matches!(resync(played.wrong(), played.wrong()).await, Err(TokenError::NotInRow)));
    }
    let waits = resync(played.code(70), played.code(71)).await;
    assert!(
        matches!(waits, Err(TokenError::Throttled(_))),
        "right codes in a wait are not compared: {waits:?}"
    );
    assert_eq!(app.number("select failures::bigint from failure_day where family = 'oath'").await, 5);
    let answer = app.verify(ann.upn.as_str(), played.code(62).as_str()).await.expect("an answer");
    assert_eq!(answer.reason, Some(Reason::Throttled), "the same counters hold at every door");
}

/// Abuse case A18: a counter's codes in parallel. Answers to one challenge: one is right; calls of their own: the counter ends at the highest that was
/// accepted, and none is accepted twice.
#[tokio::test]
async fn a18_the_counter_ends_at_the_highest_accepted() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    let played = token(&app, "ZS-0001", COUNTER_BASED).await;
    let tokens = app.domain.tokens();
    tokens.assign(&app.admin, &played.serial, &of(&ann)).await.expect("assigned");
    tokens.activate(&app.admin, &played.serial, &played.code(0)).await.expect("active");
    let other = app.second_node().await;
    let calls = (1..=10).map(|counter| {
        let (domain, code, upn) = (if counter % 2 == 0 { &other } else { &app.domain }, played.code(counter), ann.upn.clone());
        let key = &app.key;
        async move { (counter, verify_on(domain, key, upn.as_str(), code.as_str()).await) }
    });
    let answers = futures_util::future::join_all(calls).await;
    let accepted: Vec<i64> = answers
        .iter()
        .filter(|(_, answer)| answer.as_ref().is_ok_and(|a| a.decision == Some(Decision::Allowed)))
        .map(|(counter, _)| *counter)
        .collect();
    let highest = *accepted.iter().max().expect("one is right");
    assert_eq!(tokens.token(&app.admin, &played.serial).await.expect("it").counter, Some(highest + 1));
    assert_eq!(
        app.number("select count(*) from auth_log where decision = 'allowed'").await,
        accepted.len() as i64
    );
    for counter in 1..=highest {
        app.wait(3600);
        let again = app.verify(ann.upn.as_str(), played.code(counter).as_str()).await.expect("an answer");
        assert_eq!(again.decision, Some(Decision::Denied), "counter {counter}");
    }
}

/// Whoever may not, does not; and nobody acts on somebody with more rights.
#[tokio::test]
async fn tokens_need_the_right_and_the_rank() {
    let app = TestApp::new().await;
    let boss = app.member_with_roles("boss", &[Role::GlobalAdmin]).await;
    let ann = app.member("ann").await;
    let played = token(&app, "ZS-0001", BY_TIME).await;
    let tokens = app.domain.tokens();
    let reader = Admin::new(app.tenant, Who::Console, vec![Role::Reader]);
    let helper = Admin::new(app.tenant, Who::Console, vec![Role::AuthAdmin]);
    assert_eq!(tokens.list(&reader, &TokenQuery::default()).await.expect("a list").items.len(), 1);
    assert!(matches!(
        tokens.assign(&reader, &played.serial, &of(&ann)).await,
        Err(TokenError::NotAllowed(_))
    ));
    assert!(matches!(
        tokens.assign(&helper, &played.serial, &of(&boss)).await,
        Err(TokenError::Directory(crate::directory::DirectoryError::RankTooHigh))
    ));
    let neighbour = app.neighbour("zuid").await;
    assert!(
        matches!(tokens.token(&neighbour.admin, &played.serial).await, Err(TokenError::Unknown)),
        "another tenant's"
    );
    tokens.assign(&helper, &played.serial, &of(&ann)).await.expect("assigned");
    app.domain
        .directory()
        .require_reregistration(&app.admin, &of(&ann), "lost phone")
        .await
        .expect("done");
    assert_eq!(tokens.counts(&reader).await.expect("counts").available, 1, "re-registration gives tokens back");
}

const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

async fn import(app: &TestApp, file: &str, options: ImportOptions) -> Result<(ImportReport, Vec<ImportedToken>)> {
    let mut tokens = Vec::new();
    let told = |told: Told<'_>| {
        if let Told::Token(token) = told {
            tokens.push(token.clone());
        }
    };
    let file = std::io::Cursor::new(file.as_bytes().to_vec());
    let report = app.domain.tokens().import(&app.admin, file, options, told).await?;
    Ok((report, tokens))
}

/// F5, F6: one bad row keeps the whole file out, each bad row is named with its reason, and a serial number of another tenant is nobody's business.
#[tokio::test]
async fn f6_a_bad_row_keeps_the_whole_file_out() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    app.member_with_roles("boss", &[Role::GlobalAdmin]).await;
    let neighbour = app.neighbour("zuid").await;
    token(&neighbour, "ZS-1", BY_TIME).await;
    token(&app, "ZS-9", BY_TIME).await;
    let file = format!(
        "upn,serial number,secret key,time interval,manufacturer,model\n\
         ANN@noord.example,ZS-1,{BASE32},30,Zeeland Sleutels,ZS-1\n\
         nobody@noord.example,ZS-2,{BASE32},30,,\n\
         ,zs-1,{BASE32},60,,\n\
         ,ZS-9,{BASE32},60,,\n\
         ,ZS-4,not a secret!,60,,\n\
         ,ZS-5,{BASE32},45,,\n\
         ,ZS-6,{BASE32},60,,\n"
    );
    let before = app.rows().await;
    let (report, _) = import(&app, &file, ImportOptions::default()).await.expect("a report");
    assert_eq!((report.total, report.imported, report.is_refused()), (7, 0, true));
    let told: Vec<(u64, &str)> = report.refused.iter().map(|r| (r.row, r.error.as_str())).collect();
    assert_eq!(told.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
    assert_eq!(told[0].1, "No member has the sign-in name nobody@noord.example.");
    assert_eq!(told[1].1, "This serial number stands in the file more than once.");
    assert_eq!(told[2].1, "A token with this serial number is in the inventory already.");
    assert!(!told.iter().any(|(_, error)| error.contains(BASE32)), "{told:?}");
    assert_eq!(app.rows().await, before, "nothing is imported by halves");

    let skipping = ImportOptions {
        skip_bad: true,
        ..ImportOptions::default()
    };
    let dry = ImportOptions {
        dry_run: true,
        ..skipping.clone()
    };
    let (report, _) = import(&app, &file, dry).await.expect("a report");
    assert_eq!((report.imported, report.assigned, report.refused.len()), (2, 1, 5));
    assert_eq!(app.rows().await, before, "a dry run writes nothing");
    let (report, tokens) = import(&app, &file, skipping.clone()).await.expect("a report");
    assert_eq!((report.imported, report.assigned), (2, 1));
    assert_eq!(tokens.iter().map(|t| t.serial.as_str()).collect::<Vec<_>>(), ["ZS-1", "ZS-6"]);
    let given = app
        .domain
        .tokens()
        .token(&app.admin, &Serial::parse("ZS-1").expect("serial"))
        .await
        .expect("ann's");
    assert_eq!((given.state, given.owner), (TokenState::Assigned, Some(ann.id)));
    let events = app
        .number("select count(*) from audit_log where event in ('tokens.imported', 'token.assigned')")
        .await;
    assert_eq!(events, 2);
    let (again, _) = import(&app, &file, skipping).await.expect("a report");
    assert_eq!((again.imported, again.refused.len()), (0, 7), "a second time nothing is new");
    // Nobody gives a token to somebody with more rights by way of a file.
    let helper = Admin::new(app.tenant, Who::Console, vec![Role::AuthAdmin]);
    let boss = std::io::Cursor::new(format!("upn,serial,secret\nboss@noord.example,ZS-7,{BASE32}\n").into_bytes());
    let report = app
        .domain
        .tokens()
        .import(&helper, boss, ImportOptions::default(), |_| {})
        .await
        .expect("a report");
    assert_eq!(report.refused[0].error, "boss@noord.example has more rights than you.");
    let reader = Admin::new(app.tenant, Who::Console, vec![Role::Reader]);
    let refused = app
        .domain
        .tokens()
        .import(&reader, std::io::Cursor::new(Vec::new()), ImportOptions::default(), |_| {})
        .await;
    assert!(matches!(refused, Err(TokenError::NotAllowed(_))));
    for (file, why) in [
        ("", "The file holds no tokens."),
        ("<?xml version=\"1.0\"?><!DOCTYPE a []><a/>", "document type"),
    ] {
        let refused = import(&app, file, ImportOptions::default()).await.expect_err(why);
        assert!(matches!(&refused, TokenError::Import(text) if text.contains(why)), "{refused}");
    }
}

/// What a token shows can be compared before it is imported, and an imported token counts on from where the file says.
#[tokio::test]
async fn an_imported_token_shows_what_the_file_promises() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    let at: Timestamp = "2026-11-17T09:41:00Z".parse().expect("a moment");
    let file = format!("serial,secret,type,counter\nZS-1,{BASE32},HOTP,5\n");
    let dry = ImportOptions {
        dry_run: true,
        codes_at: Some(at),
        ..ImportOptions::default()
    };
    let (_, tokens) = import(&app, &file, dry).await.expect("a report");
    // RFC 4226 appendix D, count 5.
    assert_eq!((tokens[0].code.as_deref(), tokens[0].counter), (Some("254676"), Some(5)));
    let live = ImportOptions {
        codes_at: Some(at),
        ..ImportOptions::default()
    };
    let (_, tokens) = import(&app, &file, live).await.expect("a report");
    assert_eq!(tokens[0].code, None, "codes are shown with a dry run alone");
    let serial = Serial::parse("ZS-1").expect("a serial number");
    app.domain.tokens().assign(&app.admin, &serial, &of(&ann)).await.expect("assigned");
    let early = OfferedCode::parse("338314").expect("count 4");
    assert!(
        matches!(app.domain.tokens().activate(&app.admin, &serial, &early).await, Err(TokenError::WrongCode)),
        "before its counter"
    );
    let active = app
        .domain
        .tokens()
        .activate(&app.admin, &serial, &OfferedCode::parse("254676").expect("count 5"))
        .await
        .expect("active");
    assert_eq!(active.counter, Some(6));
}
