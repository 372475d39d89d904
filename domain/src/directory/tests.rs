//! The directory against a fresh Postgres: links work once, expiry needs no job, typed texts stay texts. Abuse cases by their id.

use super::*;
use crate::{
    actor::Client,
    sign_in::{NewSession, PasswordOutcome, SessionStage},
    testing::*,
    verification::VerificationError,
};

const OTHER: &str = "zeven groene kikkers";

/// C4, C6: a link works once, also for two browsers at the same moment; a newer one ends it; it is no other sort of token.
#[tokio::test(flavor = "multi_thread")]
async fn c4_a_set_up_link_works_once() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    let of = MemberRef::Id(ann.id);
    let old = app.domain.directory().make_set_up_link(&app.admin, &of).await.expect("a link");
    let link = app.domain.directory().make_set_up_link(&app.admin, &of).await.expect("a link");
    assert!(matches!(
        app.domain.directory().use_set_up_link(&old, OTHER).await,
        Err(DirectoryError::LinkGone)
    ));
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..12 {
        let (domain, link) = (app.domain.clone(), link.clone());
        tasks.spawn(async move { domain.directory().use_set_up_link(&link, &format!("{n} {OTHER}")).await.is_ok() });
    }
    let used = tasks.join_all().await.into_iter().filter(|used| *used).count();
    assert_eq!(used, 1);
    assert!(matches!(
        app.domain.directory().use_set_up_link(&link, OTHER).await,
        Err(DirectoryError::LinkGone)
    ));
    assert_eq!(app.number("select count(*) from audit_log where event = 'set_up_link.used'").await, 1);
    assert!(link.reveal().parse::<Credential>().is_err() && SetUpToken::parse(&app.key.reveal()).is_none());
}

/// The organisation's own words hold wherever a password is set, at once; what everybody chooses and one's own name do too.
#[tokio::test]
async fn banned_words_hold_wherever_a_password_is_set() {
    let app = TestApp::new().await;
    let ann = app.member("annemarie").await;
    let (directory, of) = (app.domain.directory(), MemberRef::Id(ann.id));
    directory
        .set_password(&app.admin, &of, "N00rderlicht!!")
        .await
        .expect("nobody has banned it yet");
    let (_, mut policy) = directory.policy(&app.admin).await.expect("a policy");
    policy.passwords.banned = vec![String::from("Noorderlicht")];
    directory.publish_policy(&app.admin, policy).await.expect("published");
    let link = directory.make_set_up_link(&app.admin, &of).await.expect("a link");
    for (typed, code) in [
        ("N00rderlicht!!", ErrorCode::PasswordBanned),
        ("noorderlicht-annemarie", ErrorCode::PasswordBanned),
        ("Welkom2026!", ErrorCode::PasswordCommon),
        ("plantplant", ErrorCode::PasswordTooWeak),
        ("kort", ErrorCode::PasswordTooShort),
    ] {
        let by_admin = directory.set_password(&app.admin, &of, typed).await.expect_err(typed);
        let by_link = directory.use_set_up_link(&link, typed).await.expect_err(typed);
        assert_eq!((by_admin.code(), by_link.code()), (code, code), "{typed}");
    }
    directory.use_set_up_link(&link, OTHER).await.expect("the link is as good as before");
}

/// C5: tokens are 256 bits of randomness; no two of many are alike, and every byte takes many values.
#[test]
fn c5_tokens_show_no_structure() {
    let rng = crate::rng::Rng::System;
    let secrets: Vec<[u8; 32]> = (0..20_000).map(|_| rng.bytes()).collect();
    let different: std::collections::HashSet<_> = secrets.iter().collect();
    assert_eq!(different.len(), secrets.len());
    for place in 0..32 {
        let values: std::collections::HashSet<u8> = secrets.iter().map(|s| s[place]).collect();
        assert_eq!(values.len(), 256, "byte {place}");
    }
}

/// C10: what has expired is refused because it has expired, not because a job has been by.
#[tokio::test]
async fn c10_expiry_needs_no_job() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let (directory, sign_in) = (app.domain.directory(), app.domain.sign_in());
    let link = directory.make_set_up_link(&app.admin, &MemberRef::Id(ann.id)).await.expect("a link");
    let challenge = app
        .domain
        .verification()
        .verify(&app.key, None, request(ann.upn.as_str(), None))
        .await
        .expect("pending")
        .challenge
        .expect("a challenge");
    let attempt = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
    let session = NewSession {
        member: Some(ann.id),
        epoch: 1,
        ..NewSession::of_attempt(Some(app.tenant), None, SessionStage::Full, 2, client())
    };
    sign_in.create_session(b"a session", &session).await.expect("a session");
    assert!(sign_in.session_exists(b"a session").await.expect("an answer"));
    app.as_superuser(format!("update api_key set expires_at = '{}'", app.now() + SignedDuration::from_secs(600)))
        .await;

    app.wait(600);
    let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
    assert!(matches!(
        app.domain.verification().answer(&app.key, None, challenge.id, &code).await,
        Err(VerificationError::KeyRefused)
    ));
    app.as_superuser("update api_key set expires_at = null").await;
    assert!(matches!(
        app.domain.verification().answer(&app.key, None, challenge.id, &code).await,
        Err(VerificationError::ChallengeGone)
    ));
    assert!(sign_in.password(&attempt, PASSWORD, &client()).await.is_err());
    assert!(directory.set_up_link(&link).await.is_ok());
    app.wait(3 * 86_400 - 600);
    assert!(matches!(directory.set_up_link(&link).await, Err(DirectoryError::LinkGone)));
    assert!(matches!(directory.use_set_up_link(&link, OTHER).await, Err(DirectoryError::LinkGone)));
    assert!(!sign_in.session_exists(b"a session").await.expect("an answer"));
    assert_eq!(
        app.number("select count(*) from session where member_id is not null").await,
        1,
        "no job has been by"
    );
}

/// F12: the hash is of the password alone and of all of it. Nothing is put before it and nothing cut off behind.
#[tokio::test]
async fn f12_the_whole_password_counts_and_nothing_else() {
    let app = TestApp::new().await;
    let ann = app.member("ann").await;
    let of = MemberRef::Id(ann.id);
    let long = format!("{}{}", "lange natte eenden ".repeat(12), "x");
    assert!(long.len() > 200);
    app.domain.directory().set_password(&app.admin, &of, &long).await.expect("set");
    // Another sign-in name, however long: the password stays the same one.
    let renamed = Upn::parse(&format!("{}@noord.example", "a".repeat(200))).expect("a name");
    let patch = MemberPatch {
        upn: Some(renamed.clone()),
        ..MemberPatch::default()
    };
    app.domain.directory().change_member(&app.admin, &of, patch, None).await.expect("renamed");
    let enters = async |password: &str| {
        let at = app.domain.sign_in().begin(&renamed, None, &client()).await.expect("an attempt");
        app.domain.sign_in().password(&at, password, &client()).await.expect("an outcome")
    };
    let mut other_end = long.clone();
    other_end.pop();
    for wrong in [
        format!("{other_end}y"),
        other_end.clone(),
        long[..72].to_owned(),
        format!("{long} "),
        String::new(),
    ] {
        assert!(matches!(enters(&wrong).await, PasswordOutcome::Wrong(_)), "{} characters", wrong.len());
    }
    assert!(matches!(enters(&long).await, PasswordOutcome::Done(_)));
}

/// F15: five hundred passwords at once wait in a short queue; the rest is turned away, and no more are hashed at a time than there are cores.
#[tokio::test(flavor = "multi_thread")]
async fn f15_a_flood_of_passwords_is_turned_away() {
    let app = TestApp::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let domain = app.domain.clone();
        tasks.spawn(async move {
            let typed = password::normalised(OTHER).expect("a password");
            domain.passwords().verify(domain.vault(), None, typed).await
        });
    }
    let answers = tasks.join_all().await;
    let busy = answers.iter().filter(|a| matches!(a, Err(password::PasswordError::Busy))).count();
    assert!(answers.iter().all(|a| matches!(a, Ok(false) | Err(password::PasswordError::Busy))));
    assert!(busy >= 400, "{busy} were turned away");
    assert!(app.domain.password_hashes() <= 100, "{} were hashed", app.domain.password_hashes());
}

/// F16, F20: empty, huge and hostile texts in every field that somebody types: an answer each time, never an error of the database, and nothing but the
/// text itself is stored.
#[tokio::test]
async fn f20_no_typed_text_reaches_the_database_unread() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let huge = "x".repeat(1 << 20);
    let broken = [
        "",
        " ",
        "\0",
        "a\0b",
        "\u{FFFD}",
        "'; drop table member; --",
        "%",
        "_",
        "\\",
        "\u{202E}",
        "🦆".repeat(300).as_str(),
        &huge,
    ]
    .map(str::to_owned);
    let (directory, sign_in) = (app.domain.directory(), app.domain.sign_in());
    let internal = |code: ErrorCode, what: &str, text: &str| {
        assert!(
            !matches!(code, ErrorCode::Internal | ErrorCode::DatabaseGone),
            "{what}: {code} for {:?}",
            text.chars().take(20).collect::<String>()
        );
    };
    for text in &broken {
        for name in [
            text.clone(),
            format!("{text}@noord.example"),
            format!("ann@{text}"),
            format!("ann@noord.example{text}"),
        ] {
            let Ok(upn) = Upn::parse(&name) else { continue };
            let at = sign_in.begin(&upn, None, &client()).await.expect("an attempt for any name that is one");
            sign_in.password(&at, text, &client()).await.expect("an outcome");
            app.verify(&name, "000000").await.expect("an answer");
            if let Err(error) = directory.member(&app.admin, &MemberRef::Upn(upn)).await {
                internal(error.code(), "member", text);
            }
        }
        let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
        let outcome = sign_in.password(&at, text, &client()).await;
        assert!(matches!(outcome, Ok(PasswordOutcome::Wrong(_) | PasswordOutcome::Wait { .. })), "{outcome:?}");
        app.wait(4000);
        if let Err(error) = directory.set_password(&app.admin, &MemberRef::Id(ann.id), text).await {
            internal(error.code(), "password", text);
        }
        let found = directory.members(&app.admin, &MemberQuery::typed(text)).await.expect("a page");
        assert!(found.items.len() <= 1, "{text:?} finds what holds it, not everything");
        let query = crate::journal::view::SignInQuery {
            application: CleanText::<APPLICATION_CHARACTERS_MAX>::parse(text).ok().map(String::from),
            ..Default::default()
        };
        drop(app.domain.journal().sign_ins(&app.admin, &query).await.expect("a page"));
        let mut policy = PolicyDocument::at_birth();
        policy.rules.push(model::Rule {
            name: String::from("r"),
            state: RuleState::On,
            who: Subjects {
                groups: vec![text.clone()],
                except_groups: vec![text.clone()],
                ..Subjects::default()
            },
            applications: vec![text.clone()],
            actions: Vec::new(),
            then: Then::Allow,
        });
        if let Err(error) = directory.publish_policy(&app.admin, policy).await {
            internal(error.code(), "policy", text);
        }
        for token in [text.clone(), format!("tsk_noord_{text}_{text}")] {
            assert!(token.parse::<Credential>().is_err() && SetUpToken::parse(&token).is_none());
        }
        let odd = Client {
            address: None,
            agent: Some(text.chars().filter(|c| !c.is_control()).collect()),
        };
        sign_in.begin(&ann.upn, None, &odd).await.expect("an attempt");
    }
    assert_eq!(app.number("select count(*) from member").await, 1);
}

/// F17: a domain is compared in one form. A label whose Punycode stands for plain letters is another name, not the one that it looks like.
#[tokio::test]
async fn f17_a_domain_in_disguise_finds_no_tenant() {
    let app = TestApp::new().await;
    app.member_with_password("ann").await;
    let directory = app.domain.directory();
    let tenant_of = async |name: &str| match Upn::parse(name) {
        Ok(upn) => directory.tenant_of_upn(&upn).await.expect("an answer"),
        Err(_) => None,
    };
    for same in [
        "ann@noord.example",
        "ann@NOORD.EXAMPLE",
        "ann@noord.example.",
        "ann@ｎoord.example",
        "ann@noord。example",
    ] {
        let found = tenant_of(same).await;
        assert!(found == Some(app.tenant) || found.is_none() && same.contains('。'), "{same}");
    }
    for other in [
        "ann@xn--noord-.example",
        "ann@xn--noord.example",
        "ann@noоrd.example",
        "ann@noord.example.evil.example",
        "ann@evil.example/noord.example",
        "ann@noord.example@evil.example",
        "ann@noord.example#evil.example",
        "ann@-noord.example",
        "ann@noord..example",
    ] {
        assert_eq!(tenant_of(other).await, None, "{other}");
    }
}

/// Another password, by whatever way: what was begun with the old one leads nowhere, and links of before open nothing (bar 18).
#[tokio::test]
async fn another_password_ends_what_the_old_one_began() {
    let app = TestApp::new().await;
    let ann = app.member_with_password("ann").await;
    app.set_state(&ann, MfaState::Enabled).await;
    let (directory, of) = (app.domain.directory(), MemberRef::Id(ann.id));
    let link = directory.make_set_up_link(&app.admin, &of).await.expect("a link");
    let sign_in = app.domain.sign_in();
    let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
    let outcome = sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert_eq!(outcome, PasswordOutcome::Register);
    let wizard = NewSession::of_attempt(at.tenant, at.attempt, SessionStage::Register, 1, client());
    sign_in.create_session(b"wizard", &wizard).await.expect("a session");
    let is_open = async || sign_in.session_exists(b"wizard").await.expect("an answer");
    assert!(is_open().await);
    directory.set_password(&app.admin, &of, "zeven droge eenden").await.expect("set");
    assert!(!is_open().await, "the wizard of the old password");
    assert!(matches!(directory.set_up_link(&link).await, Err(DirectoryError::LinkGone)));
    let link = directory.make_set_up_link(&app.admin, &of).await.expect("a link");
    directory.set_enabled(&app.admin, &of, false, "left").await.expect("off");
    directory.set_enabled(&app.admin, &of, true, "back").await.expect("on");
    assert!(
        matches!(directory.set_up_link(&link).await, Err(DirectoryError::LinkGone)),
        "it does not come back with the account"
    );
}
