//! What has ended is tried afterwards: everything that could open an account, after everything that ends some of it. Abuse cases by their id.

use super::*;
use crate::{
    methods::pass::PassTerms,
    notices::link::NoticeToken,
    sign_in::{Caller, LegacyRequest, PassOutcome, device::DeviceSecret},
    vault::Secret,
};

/// What somebody may have of an account beside its password and its app.
struct Old {
    letters: String,
    device: DeviceSecret,
    pass: String,
    codes: Vec<String>,
    link: SetUpToken,
    right: ResetToken,
    notice: NoticeToken,
    session: String,
    half: String,
}

const ALL: [&str; 10] = [
    "password",
    "app password",
    "remembered browser",
    "pass",
    "session",
    "half a sign-in",
    "recovery code",
    "app",
    "set-up link",
    "reset",
];

/// Everything at once, as far as one does not end the other.
async fn everything(post: &Post, of: &TestMember) -> Old {
    let (app, domain) = (&post.app, &post.app.domain);
    let (by, named) = (&app.admin, MemberRef::Id(of.id));
    let (directory, methods, sign_in) = (domain.directory(), domain.methods(), domain.sign_in());
    let codes = methods.new_recovery_codes(&app.signed_in(of, 2, 0)).await.expect("codes").reveal();
    let told = post.works().await;
    let notice = told
        .iter()
        .find_map(|(_, text)| text.split("/notices/").nth(1))
        .and_then(|rest| rest.lines().next());
    let notice = notice.and_then(NoticeToken::parse).expect("a link in a notice");
    let label = CleanText::parse("mail").expect("a label");
    let letters = methods
        .make_app_password(by, &named, &label)
        .await
        .expect("an app password")
        .reveal()
        .to_owned();
    let terms = PassTerms {
        one_time: false,
        ..PassTerms::default()
    };
    let pass = methods.give_pass(by, &named, terms, "x").await.expect("a pass").reveal();
    let link = directory.make_set_up_link(by, &named).await.expect("a link");
    let right = post.proves(of).await;

    app.wait(60);
    let past_the_password = async || {
        let at = sign_in.begin(&of.upn, None, &client()).await.expect("an attempt");
        let outcome = sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
        assert_eq!(outcome, PasswordOutcome::Second);
        at.attempt.expect("an attempt")
    };
    let attempt = past_the_password().await;
    let code = OfferedCode::parse(&app.code(of)).expect("a code");
    let answered = sign_in.second_and_remember(app.tenant, attempt, &code, None, &client()).await;
    let device = answered.expect("answered").1.expect("remembered").secret;

    let epoch = app
        .seen_by_superuser(format!("select epoch::text from member where member_id = '{}'", of.id))
        .await;
    let full = NewSession {
        member: Some(of.id),
        epoch: epoch[0].parse().expect("a number"),
        ..NewSession::of_attempt(Some(app.tenant), Some(attempt), SessionStage::Full, 2, client())
    };
    let attempt = past_the_password().await;
    let begun = NewSession::of_attempt(Some(app.tenant), Some(attempt), SessionStage::SignIn, 1, client());
    let (session, half) = (format!("full {}", of.id), format!("half {}", of.id));
    for (id, new) in [(&session, &full), (&half, &begun)] {
        sign_in.create_session(id.as_bytes(), new).await.expect("a session");
    }
    Old {
        letters,
        device,
        pass,
        codes,
        link,
        right,
        notice,
        session,
        half,
    }
}

/// What of it opens something now. `password` is the one of now; the recovery code is the one of this number.
async fn opens(post: &Post, of: &TestMember, old: &Old, (password, number): (&str, usize)) -> Vec<&'static str> {
    let (app, domain) = (&post.app, &post.app.domain);
    let sign_in = domain.sign_in();
    app.wait(60);
    let begins = async || sign_in.begin(&of.upn, None, &client()).await.expect("an attempt");
    let caller = async |id: &str| sign_in.caller(id.as_bytes(), &client()).await.expect("a caller");
    let verified = async |code: &str| app.verify(of.upn.as_str(), code).await.expect("an answer").decision == Some(Decision::Allowed);
    let program = LegacyRequest {
        user: of.upn.clone(),
        password: Secret::new(old.letters.clone()),
        protocol: CleanText::parse("imap").expect("a protocol"),
        client: client(),
    };
    let program = sign_in.legacy(&app.key, None, program).await.expect("an answer").decision == Decision::Allowed;
    let at = begins().await;
    let from_there = sign_in.password_from(&at, password, &client(), Some(&old.device)).await.expect("an outcome");
    let at = begins().await;
    let pass = OfferedCode::parse_pass(&old.pass).expect("the form of a pass");
    let pass = sign_in.pass(&at, &pass, &client()).await.expect("an outcome");
    let open = [
        post.opens_with(of, PASSWORD).await,
        program,
        matches!(from_there, PasswordOutcome::Done(_)),
        !matches!(pass, PassOutcome::Wrong(_) | PassOutcome::Unusable(_) | PassOutcome::Wait { .. }),
        !matches!(caller(&old.session).await, Caller::Visitor),
        !matches!(caller(&old.half).await, Caller::Visitor),
        verified(&old.codes[number]).await,
        verified(&app.code(of)).await,
        domain.directory().set_up_link(&old.link).await.is_ok(),
        domain.reset().right(&old.right).await.is_ok(),
    ];
    ALL.into_iter().zip(open).filter(|(_, open)| *open).map(|(what, _)| what).collect()
}

/// Bar 18, bar 23: after a reset, a link, an admin's act, a report or a loss, what has ended is refused when it is used, and what was to stay stays.
#[tokio::test]
async fn bar18_what_has_ended_opens_nothing() {
    const TEMPORARY: [&str; 7] = [
        "app password",
        "remembered browser",
        "pass",
        "session",
        "half a sign-in",
        "set-up link",
        "reset",
    ];
    let post = Post::new().await;
    post.policy(|document| {
        document.trust.remember_days = 14;
        document.methods.push(MethodRule {
            kind: MethodKind::AppPassword,
            uses: vec![MethodUse::SignIn],
        });
    })
    .await;
    let (app, domain) = (&post.app, &post.app.domain);
    let (directory, methods, sign_in) = (domain.directory(), domain.methods(), domain.sign_in());
    // What ends, and what does not, by what happens.
    let table: [(&str, Vec<&str>, Vec<&str>); 9] = [
        ("reset", [&TEMPORARY[..], &["password"][..]].concat(), vec!["recovery code", "app"]),
        ("set-up", [&TEMPORARY[..], &["password"][..]].concat(), vec!["recovery code", "app"]),
        ("by-admin", [&TEMPORARY[..], &["password"][..]].concat(), vec!["recovery code", "app"]),
        ("not-me", [&TEMPORARY[..], &["recovery code"][..]].concat(), vec!["password", "app"]),
        ("off", TEMPORARY.to_vec(), vec!["password", "recovery code", "app"]),
        (
            "again",
            vec!["app password", "remembered browser", "pass", "session", "half a sign-in", "reset", "app"],
            vec!["password"],
        ),
        (
            "lost",
            vec!["app password", "remembered browser", "session", "set-up link", "reset", "app"],
            vec!["password", "recovery code", "pass"],
        ),
        (
            "signed-out",
            vec!["remembered browser", "session", "half a sign-in", "reset"],
            vec!["password", "recovery code", "app"],
        ),
        ("codes", vec!["recovery code", "remembered browser"], vec!["password", "app"]),
    ];
    for (n, (what, ended, stays)) in table.into_iter().enumerate() {
        let ann = post.member(what, &format!("+3161234560{n}")).await;
        app.set_state(&ann, MfaState::Enforced).await;
        let (by, of) = (&app.admin, MemberRef::Id(ann.id));
        let old = everything(&post, &ann).await;
        assert_eq!(opens(&post, &ann, &old, (PASSWORD, 0)).await, ALL, "before: {what}");
        let mut password = PASSWORD;
        match what {
            "reset" => {
                domain.reset().set(&old.right, NEW).await.expect("set");
                password = NEW;
            }
            "set-up" => {
                directory.use_set_up_link(&old.link, NEW).await.expect("used");
                password = NEW;
            }
            "by-admin" => {
                directory.set_password(by, &of, NEW).await.expect("set");
                password = NEW;
            }
            "not-me" => assert!(!domain.notices().freeze(&old.notice).await.expect("frozen").blocked),
            "off" => {
                directory.set_enabled(by, &of, false, "x").await.expect("off");
                directory.set_enabled(by, &of, true, "x").await.expect("on");
            }
            "again" => drop(directory.require_reregistration(by, &of, "x").await.expect("required")),
            "lost" => {
                let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
                sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
                let lost = [ann.method.expect("an app")];
                let receipt = sign_in.report_lost(app.tenant, at.attempt.expect("an attempt"), &lost, &client()).await;
                assert_eq!(receipt.expect("a receipt").methods.len(), 1);
            }
            "signed-out" => assert!(directory.revoke_sessions(by, &of, "x").await.expect("revoked") > 0),
            _ => drop(methods.new_recovery_codes(&app.signed_in(&ann, 2, 0)).await.expect("codes")),
        }
        let open = opens(&post, &ann, &old, (password, 1)).await;
        for what_ended in &ended {
            assert!(!open.contains(what_ended), "after {what}: {what_ended} opens: {open:?}");
        }
        for what_stays in &stays {
            assert!(open.contains(what_stays), "after {what}: {what_stays} is gone: {open:?}");
        }
        // Whoever does not look first gets no further.
        if ended.contains(&"set-up link") {
            let used = directory.use_set_up_link(&old.link, "acht rode vissen").await;
            assert!(matches!(used, Err(DirectoryError::LinkGone)), "after {what}: {used:?}");
        }
        if ended.contains(&"reset") {
            let set = domain.reset().set(&old.right, "acht rode vissen").await;
            assert!(matches!(set, Err(ResetError::LinkGone)), "after {what}: {:?}", set.is_ok());
        }
        post.works().await;
    }
}

/// Bar 18, rule 5: whoever has become an admin shows two things to set a password. What he got by one as a member, a moment before, is worth nothing any more.
#[tokio::test]
async fn bar18_a_role_ends_the_right_to_set_a_password() {
    let post = Post::new().await;
    post.policy(|document| document.reset.gates = 1).await;
    let (app, resets) = (&post.app, post.app.domain.reset());
    let ann = post.member("ann", NUMBER).await;
    let attempt = post.begins(&ann.upn).await;
    post.chooses(attempt, MethodKind::Totp).await;
    let code = OfferedCode::parse(&app.code(&ann)).expect("a code");
    let Ok(Shown::Enough(right)) = post.answers(attempt, &code).await else {
        panic!("one thing is enough for a member")
    };
    assert!(resets.right(&right).await.is_ok());
    let (directory, of) = (app.domain.directory(), MemberRef::Id(ann.id));
    directory.grant_role(&app.admin, &of, Role::GlobalAdmin).await.expect("granted");
    assert!(matches!(resets.set(&right, NEW).await, Err(ResetError::LinkGone)));
    assert!(post.opens_with(&ann, PASSWORD).await, "the password is as it was");
}
