//! Passkeys against a fresh Postgres and an authenticator in software: what one opens, and every way in which it must not. Abuse cases by their id.

use super::*;
use crate::{
    actor::Operator,
    clock::Clock,
    sign_in::{BegunAttempt, PasswordOutcome},
    testing::*,
    verification::facts::Stage,
    webauthn::{
        MetadataError, PolicyError, Roots,
        tests::authenticator::{BE, BS, Device, Said, UP, UV},
    },
};
use uuid::Uuid;

const ORIGIN: &str = "http://localhost:3000";
const BROWSER: BrowserHash = [7; 32];

/// What a false authenticator says otherwise.
type Lie = fn(&mut Said);

/// A device and what it knows its owner by.
struct Key {
    device: Device,
    handle: Option<Uuid>,
}

impl Key {
    fn new(seed: u8) -> Self {
        Self {
            device: Device::new(seed),
            handle: None,
        }
    }

    /// What an honest browser says to a question.
    fn says(&self, options: &OptionsJson) -> Said {
        let mut said = self.device.honest(options);
        said.client_data["origin"] = json!(ORIGIN);
        said.user_handle = self.handle.map(|handle| handle.as_bytes().to_vec());
        said
    }

    /// Makes a passkey as the options ask.
    fn makes(&mut self, options: &OptionsJson) -> String {
        let user = options["publicKey"]["user"]["id"].as_str().expect("a user handle");
        let handle = data_encoding::BASE64URL_NOPAD.decode(user.as_bytes()).expect("base64url");
        self.handle = Some(Uuid::from_slice(&handle).expect("sixteen bytes"));
        self.device.create(&self.says(options))
    }

    fn answers(&mut self, options: &OptionsJson) -> String {
        self.device.counter += 1;
        self.device.get(&self.says(options))
    }
}

fn id_of(options: &OptionsJson) -> String {
    options["ceremony"].as_str().expect("the id of the question").to_owned()
}

fn to<'a>(ceremony: &'a str, answer: &'a str) -> Reply<'a> {
    Reply {
        browser: &BROWSER,
        ceremony,
        answer,
    }
}

/// Gives a member a passkey, with a session whose second factor is fresh.
async fn adds(app: &TestApp, member: &TestMember, key: &mut Key) -> Result<Option<RecoveryCodes>> {
    let me = app.signed_in(member, 2, 0);
    let options = app.domain.passkeys().begin_registration(&me, &BROWSER).await?;
    let answer = key.makes(&options);
    let added = app.domain.passkeys().finish_registration(&me, to(&id_of(&options), &answer), None).await?;
    Ok(added.1)
}

async fn asked(app: &TestApp) -> OptionsJson {
    app.domain.passkeys().begin_sign_in(&BROWSER, Prompt::Button).await.expect("a question")
}

async fn enters(app: &TestApp, options: &OptionsJson, answer: &str) -> Result<SignedIn> {
    app.domain.passkeys().sign_in(to(&id_of(options), answer), &client()).await
}

async fn signs_in(app: &TestApp, key: &mut Key) -> Result<SignedIn> {
    let options = asked(app).await;
    let answer = key.answers(&options);
    enters(app, &options, &answer).await
}

async fn past_the_password(app: &TestApp, member: &TestMember) -> BegunAttempt {
    let at = app.domain.sign_in().begin(&member.upn, None, &client()).await.expect("an attempt");
    app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    at
}

async fn second_asked(app: &TestApp, at: &BegunAttempt, purpose: Purpose) -> Result<OptionsJson> {
    app.domain
        .passkeys()
        .begin_second(app.tenant, at.attempt.expect("an attempt"), purpose, &BROWSER)
        .await
}

async fn second(app: &TestApp, at: &BegunAttempt, purpose: Purpose, options: &OptionsJson, answer: &str) -> Result<Answered> {
    let attempt = at.attempt.expect("an attempt");
    let answered = app.domain.passkeys().second(app.tenant, attempt, purpose, to(&id_of(options), answer)).await?;
    Ok(answered.0)
}

fn is_right(outcome: &Result<SignedIn>) -> bool {
    matches!(outcome, Ok(SignedIn::Right { .. }))
}

fn refused(outcome: Result<SignedIn>) -> Reason {
    match outcome {
        Ok(SignedIn::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

async fn logged(app: &TestApp, decision: &str, reason: &str) -> i64 {
    let rows = app
        .seen_by_superuser(format!(
            "select count(*)::text from auth_log where decision = '{decision}' and reason = '{reason}' and method_kind = 'passkey'"
        ))
        .await;
    rows.first().and_then(|n| n.parse().ok()).unwrap_or(-1)
}

/// Alone, as the second step and before a change: it opens, is logged once and counted once.
#[tokio::test]
async fn a_passkey_opens_alone_and_as_the_second_step_and_before_a_change() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let mut key = Key::new(1);
    let codes = adds(&app, &ann, &mut key).await.expect("added");
    assert!(codes.is_some(), "nobody had made recovery codes");
    assert_eq!(
        app.number("select count(*) from outbox where kind = 'security_info.registered'").await,
        1,
        "its member is told"
    );

    let entered = signs_in(&app, &mut key).await;
    assert!(
        matches!(&entered, Ok(SignedIn::Right { tenant, right, .. }) if *tenant == app.tenant && right.member == ann.id && right.method == MethodKind::Passkey),
        "{entered:?}"
    );
    assert_eq!(logged(&app, "allowed", "passkey").await, 1);
    assert_eq!(app.number("select count(*) from usage").await, 1);

    let at = past_the_password(&app, &ann).await;
    let view = app.domain.sign_in().look(app.tenant, at.attempt.expect("an attempt")).await.expect("a view");
    assert!(view.families.contains(&Family::WebAuthn) && view.passkeys.len() == 1, "{view:?}");
    let options = second_asked(&app, &at, Purpose::SignIn).await.expect("a question");
    assert_eq!(
        options["publicKey"]["allowCredentials"].as_array().map(Vec::len),
        Some(1),
        "it asks for the member's own"
    );
    let answer = key.answers(&options);
    let answered = second(&app, &at, Purpose::SignIn, &options, &answer).await;
    assert!(matches!(&answered, Ok(Answered::Right(right)) if right.member == ann.id), "{answered:?}");
    assert_eq!(logged(&app, "allowed", "passkey").await, 2);

    let me = app.signed_in(&ann, 2, 60);
    let at = app.domain.sign_in().begin_step_up(&me).await.expect("an attempt");
    let options = second_asked(&app, &at, Purpose::StepUp).await.expect("a question");
    let answer = key.answers(&options);
    assert!(matches!(second(&app, &at, Purpose::StepUp, &options, &answer).await, Ok(Answered::Right(_))));
    assert_eq!(app.number("select last_step from method where kind = 'passkey'").await, 3, "each use is a step");
}

/// In the wizard: the method counts, the state becomes enforced, the attempt is allowed, and recovery codes are shown once.
#[tokio::test]
async fn a_first_passkey_ends_the_wizard() {
    let app = TestApp::new().await;
    let ann = app.member_with_password("ann").await;
    app.set_state(&ann, MfaState::Enabled).await;
    let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert_eq!(outcome, PasswordOutcome::Register);
    let attempt = at.attempt.expect("an attempt");
    let passkeys = app.domain.passkeys();
    let mut key = Key::new(1);
    let (one, other) = (
        passkeys.begin_first(app.tenant, attempt, &BROWSER).await.expect("a question"),
        passkeys.begin_first(app.tenant, attempt, &BROWSER).await.expect("a question of another tab"),
    );
    let answer = key.makes(&one);
    let (right, codes) = passkeys.finish_first(app.tenant, attempt, to(&id_of(&one), &answer)).await.expect("registered");
    assert!(right.member == ann.id && right.method == MethodKind::Passkey && codes.is_some());
    assert_eq!(app.number("select count(*) from member where mfa_state = 'enforced'").await, 1);
    assert_eq!(logged(&app, "allowed", "registered").await, 1);
    // The other tab comes too late.
    let mut second_key = Key::new(2);
    let answer = second_key.makes(&other);
    assert!(passkeys.finish_first(app.tenant, attempt, to(&id_of(&other), &answer)).await.is_err());
    assert_eq!(app.number("select count(*) from method").await, 1);
    assert!(is_right(&signs_in(&app, &mut key).await));
}

/// B20: a question is the server's own, of one browser and one purpose, good for one answer and for its time.
#[tokio::test]
async fn b20_a_question_is_answered_once_by_the_browser_and_for_the_purpose_it_was_asked_for() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let mut key = Key::new(1);
    adds(&app, &ann, &mut key).await.expect("added");
    let passkeys = app.domain.passkeys();

    let options = asked(&app).await;
    let answer = key.answers(&options);
    assert!(is_right(&enters(&app, &options, &answer).await));
    assert!(matches!(enters(&app, &options, &answer).await, Err(PasskeysError::Gone)), "replayed");

    let options = asked(&app).await;
    let answer = key.answers(&options);
    let ceremony = id_of(&options);
    let elsewhere = Reply {
        browser: &[8; 32],
        ..to(&ceremony, &answer)
    };
    assert!(
        matches!(passkeys.sign_in(elsewhere, &client()).await, Err(PasskeysError::Gone)),
        "another browser"
    );
    let at = past_the_password(&app, &ann).await;
    assert!(
        matches!(second(&app, &at, Purpose::SignIn, &options, &answer).await, Err(PasskeysError::Gone)),
        "another purpose"
    );
    assert!(is_right(&enters(&app, &options, &answer).await), "neither used it up");

    // A challenge of the client's own choice.
    let mut chosen = asked(&app).await;
    chosen["publicKey"]["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let answer = key.answers(&chosen);
    let outcome = enters(&app, &chosen, &answer).await;
    assert!(matches!(&outcome, Err(error) if error.code() == ErrorCode::PasskeyAgain), "{outcome:?}");

    let late = asked(&app).await;
    let answer = key.answers(&late);
    app.wait(crate::webauthn::CEREMONY_SECONDS + 1);
    assert!(matches!(enters(&app, &late, &answer).await, Err(PasskeysError::Gone)), "too late");
    assert!(passkeys.sweep_ceremonies().await.expect("swept") > 0);
    assert_eq!(app.number("select count(*) from ceremony").await, 0);

    for _ in 0..20 {
        asked(&app).await;
    }
    assert_eq!(app.number("select count(*) from ceremony").await, 8, "a browser cannot fill the table");
    assert_eq!(logged(&app, "allowed", "passkey").await, 2);
}

/// B21: the origin is ours to the last letter, and so is the site it signed for.
#[tokio::test]
async fn b21_an_origin_that_only_looks_like_ours_opens_nothing() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let mut key = Key::new(1);
    adds(&app, &ann, &mut key).await.expect("added");
    for origin in [
        "https://localhost:3000",
        "http://localhost",
        "http://localhost:30000",
        "http://evil.localhost:3000",
        "http://localhost:3000.evil.example",
        "http://LOCALHOST:3000",
        "null",
    ] {
        let options = asked(&app).await;
        let mut said = key.says(&options);
        said.client_data["origin"] = json!(origin);
        said.counter += 50;
        let answer = key.device.get(&said);
        assert_eq!(refused(enters(&app, &options, &answer).await), Reason::PasskeyRefused, "{origin}");
    }
    let options = asked(&app).await;
    let mut said = key.says(&options);
    said.rp_id = String::from("evil.example");
    let answer = key.device.get(&said);
    assert_eq!(refused(enters(&app, &options, &answer).await), Reason::PasskeyRefused);
    assert_eq!(logged(&app, "denied", "passkey_refused").await, 8);
    assert!(is_right(&signs_in(&app, &mut key).await), "nobody is locked out by it");
}

/// B22: who used it was checked, it was touched, its signature is right, and its counter only grows.
#[tokio::test]
async fn b22_flags_counter_and_signature_are_looked_at() {
    for profile in [Profile::Standard, Profile::Strict] {
        let app = TestApp::with(Clock::held(start()), profile).await;
        let ann = app.member_with_both("ann").await;
        let mut key = Key::new(1);
        adds(&app, &ann, &mut key).await.expect("added");
        let tries: [(&str, Lie); 5] = [
            ("not verified", |said| said.flags = UP),
            ("not touched", |said| said.flags = UV),
            ("may be backed up all of a sudden", |said| said.flags = UP | UV | BE),
            ("backed up although it cannot be", |said| said.flags = UP | UV | BS),
            ("wrong signature", |said| said.signature_broken = true),
        ];
        for (what, lie) in tries {
            let options = asked(&app).await;
            let mut said = key.says(&options);
            said.counter += 1;
            lie(&mut said);
            let answer = key.device.get(&said);
            assert_eq!(refused(enters(&app, &options, &answer).await), Reason::PasskeyRefused, "{what}");
        }
        assert!(is_right(&signs_in(&app, &mut key).await));
        // A counter that stands still is a sign of a copy: noted, and where the organisation is strict refused.
        let options = asked(&app).await;
        let answer = key.device.get(&key.says(&options));
        let outcome = enters(&app, &options, &answer).await;
        match profile {
            Profile::Standard => {
                assert!(is_right(&outcome), "{outcome:?}");
                assert_eq!(app.number("select count(*) from method where params->>'counter_regressed' = 'true'").await, 1);
            }
            Profile::Strict => assert_eq!(refused(outcome), Reason::PasskeyRefused),
        }
        assert_eq!(
            app.number("select count(*) from attempt_step where kind = 'passkey_suspect'").await,
            1,
            "the timeline tells"
        );
        assert_eq!(
            app.number("select count(*) from outbox where kind = 'passkey_suspect'").await,
            1,
            "and so is its member told"
        );
    }
}

/// Another member's passkey, one that was removed, and one of somebody who is switched off open nothing.
#[tokio::test]
async fn b18_a_passkey_opens_its_members_account_alone_and_while_it_stands() {
    let app = TestApp::new().await;
    let (ann, bob) = (app.member_with_both("ann").await, app.member_with_both("bob").await);
    let (mut of_ann, mut of_bob) = (Key::new(1), Key::new(2));
    adds(&app, &ann, &mut of_ann).await.expect("added");
    adds(&app, &bob, &mut of_bob).await.expect("added");
    // The same device again for the same member.
    let me = app.signed_in_by_passkey(&ann);
    let options = app.domain.passkeys().begin_registration(&me, &BROWSER).await.expect("a question");
    assert_eq!(options["publicKey"]["excludeCredentials"].as_array().map(Vec::len), Some(1));
    let answer = of_ann.makes(&options);
    let again = app.domain.passkeys().finish_registration(&me, to(&id_of(&options), &answer), None).await;
    assert!(matches!(&again, Err(error) if error.code() == ErrorCode::PasskeyKnown), "{again:?}");
    // Bob's at Ann's second step.
    let at = past_the_password(&app, &ann).await;
    let options = second_asked(&app, &at, Purpose::SignIn).await.expect("a question");
    let answer = of_bob.answers(&options);
    let answered = second(&app, &at, Purpose::SignIn, &options, &answer).await;
    assert!(
        matches!(
            &answered,
            Ok(Answered::Wrong {
                reason: Reason::PasskeyRefused,
                ..
            } | Answered::Ended {
                reason: Reason::PasskeyRefused,
                ..
            })
        ),
        "{answered:?}"
    );
    // Bob's credential under Ann's handle.
    let options = asked(&app).await;
    let mut said = of_bob.says(&options);
    said.user_handle = of_ann.handle.map(|handle| handle.as_bytes().to_vec());
    said.counter += 5;
    let answer = of_bob.device.get(&said);
    assert_eq!(refused(enters(&app, &options, &answer).await), Reason::PasskeyRefused);
    // Wrong codes lock everything but the passkey (product rule 6).
    app.lock(&ann).await;
    assert!(is_right(&signs_in(&app, &mut of_ann).await));
    // Without a fresh second step nothing is added.
    let stale = app.signed_in(&ann, 2, 60);
    let asked_for_more = app.domain.passkeys().begin_registration(&stale, &BROWSER).await;
    assert!(matches!(asked_for_more, Err(PasskeysError::Method(MethodError::StepUp))));
    // Switched off.
    app.as_superuser(format!("update member set disabled_at = now() where member_id = '{}'", bob.id.0))
        .await;
    assert_eq!(refused(signs_in(&app, &mut of_bob).await), Reason::Disabled);
    // Removed.
    let me = app.signed_in_by_passkey(&ann);
    let (_, info) = {
        let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
        app.domain.methods().info(&mut tx, ann.id).await.expect("her methods")
    };
    let id = info.methods.iter().find(|m| m.kind == MethodKind::Passkey).expect("her passkey").id;
    let known = app.domain.passkeys().accepted(&me).await.expect("told").expect("a host");
    assert_eq!(
        known["signalAllAcceptedCredentials"]["allAcceptedCredentialIds"].as_array().map(Vec::len),
        Some(1)
    );
    app.domain.methods().remove(&me, id).await.expect("removed");
    assert_eq!(refused(signs_in(&app, &mut of_ann).await), Reason::PasskeyRefused);
    let known = app.domain.passkeys().accepted(&me).await.expect("told").expect("a host");
    assert_eq!(
        known["signalAllAcceptedCredentials"]["allAcceptedCredentialIds"].as_array().map(Vec::len),
        Some(0)
    );
    // A credential of nobody is no attempt of anybody.
    let mut of_nobody = Key::new(3);
    of_nobody.handle = Some(Uuid::from_u128(9));
    let outcome = signs_in(&app, &mut of_nobody).await;
    assert!(matches!(&outcome, Err(error) if error.code() == ErrorCode::PasskeyRefused), "{outcome:?}");
}

/// Where the policy does not allow passkeys none is offered, and those that are there open nothing.
#[tokio::test]
async fn a_policy_without_passkeys_switches_them_off() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let mut key = Key::new(1);
    adds(&app, &ann, &mut key).await.expect("added");
    let mut without = PolicyDocument::at_birth();
    without.methods.retain(|rule| rule.kind != MethodKind::Passkey);
    app.domain.directory().publish_policy(&app.admin, without).await.expect("published");
    app.wait(60);
    assert_eq!(refused(signs_in(&app, &mut key).await), Reason::MethodOff);
    let me = app.signed_in(&ann, 2, 0);
    let more = app.domain.passkeys().begin_registration(&me, &BROWSER).await;
    assert!(matches!(more, Err(PasskeysError::Method(MethodError::KindOff(_)))), "{more:?}");
}

/// Which makes and models may be registered: by a list, proven by attestation where the tenant wants it, and never one that is reported as broken. What the
/// FIDO Alliance knows is verified, and never goes back.
#[tokio::test]
async fn a_tenant_allows_makes_and_models_and_may_want_them_proven() {
    use crate::webauthn::tests::{
        NOW,
        authenticator::packed,
        models::{BROKEN_KEY, KEY, attestation_of, content, entries, good},
    };
    let app = TestApp::with(Clock::held(NOW), Profile::Standard).await;
    let ann = app.member_with_both("ann").await;
    let (passkeys, console) = (app.domain.passkeys(), Operator::console());
    let (alliance, _) = good();
    let list = |aaguids: &[Uuid], attestation_required| PasskeyModels {
        aaguids: aaguids.to_vec(),
        attestation_required,
    };
    let refused = passkeys.set_models(&app.admin, list(&[KEY], true), "test").await;
    assert!(matches!(refused, Err(PasskeysError::Models(PolicyError::MetadataNeeded))), "{refused:?}");
    let blob = |number| alliance.sign(&content(number, entries(&alliance)));
    let view = passkeys.import_metadata(console, &blob(7), &alliance.roots()).await.expect("taken");
    assert_eq!((view.serial, view.models), (7, 3));
    let older = passkeys.import_metadata(console, &blob(6), &alliance.roots()).await;
    assert!(
        matches!(older, Err(PasskeysError::Metadata(MetadataError::SerialWentBack { kept: 7, offered: 6 }))),
        "{older:?}"
    );
    let forged = passkeys.import_metadata(console, &blob(8), &Roots::fido()).await;
    assert!(matches!(forged, Err(PasskeysError::Metadata(_))));
    assert_eq!(passkeys.metadata_view(console).await.expect("read"), Some(view));

    let made = async |aaguid: Uuid, seed: u8, proven: bool| {
        let me = app.signed_in_by_passkey(&ann);
        let mut key = Key::new(seed);
        key.device.aaguid = aaguid;
        let options = passkeys.begin_registration(&me, &BROWSER).await.expect("a question");
        let answer = match proven {
            false => key.makes(&options),
            true => {
                let (signer, certificate) = attestation_of(&alliance, aaguid);
                key.device
                    .create_proven(&key.says(&options), |to_sign| packed(to_sign, &signer.serialize_der(), &certificate))
            }
        };
        let made = passkeys.finish_registration(&me, to(&id_of(&options), &answer), None).await;
        made.map(|(label, _)| label).map_err(|error| error.code())
    };
    const NOT_ALLOWED: std::result::Result<String, ErrorCode> = Err(ErrorCode::PasskeyModel);
    // Any make is good without a list, but one that is known to be broken.
    assert_eq!(made(Uuid::nil(), 1, false).await, Ok(String::from("Passkey")));
    assert_eq!(made(BROKEN_KEY, 2, false).await, NOT_ALLOWED);
    // By a list.
    let refused = passkeys.set_models(&app.admin, list(&[BROKEN_KEY], false), "test").await;
    assert!(matches!(refused, Err(PasskeysError::Models(PolicyError::NothingLeft))), "{refused:?}");
    let view = passkeys
        .set_models(&app.admin, list(&[KEY, BROKEN_KEY], false), "test")
        .await
        .expect("published");
    assert_eq!(view.listed.iter().map(|m| m.left_out.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(passkeys.models(&app.admin).await.expect("read"), view);
    assert_eq!(made(Uuid::nil(), 3, false).await, NOT_ALLOWED);
    assert_eq!(made(KEY, 4, false).await, Ok(String::from("Example Key  2")));
    // Whose passkeys could not be registered any more is counted by member, and those that have a name can be chosen.
    let known = passkeys.known_models(&app.admin).await.expect("read");
    assert!(known.iter().any(|m| m.aaguid == KEY) && known.iter().any(|m| m.name == "Bitwarden") && !known.iter().any(|m| m.aaguid == BROKEN_KEY));
    for (models, members) in [(list(&[], false), 0), (list(&[KEY], false), 1), (list(&[], true), 1)] {
        assert_eq!(passkeys.members_outside(&app.admin, &models).await.expect("counted"), members, "{models:?}");
    }
    // Proven.
    passkeys.set_models(&app.admin, list(&[KEY], true), "test").await.expect("published");
    assert_eq!(made(KEY, 5, false).await, NOT_ALLOWED, "a claim is no proof");
    assert_eq!(made(KEY, 6, true).await, Ok(String::from("Example Key  2")));
    assert_eq!(app.number("select count(*) from method where params->>'attested' = 'true'").await, 1);
    // Too many, and a right that is missing.
    let many: Vec<Uuid> = (0..=PASSKEY_MODELS_MAX as u128).map(Uuid::from_u128).collect();
    assert!(passkeys.set_models(&app.admin, list(&many, false), "test").await.is_err());
}

/// Two who change the policy at the same moment both find their change in it.
#[tokio::test]
async fn changes_of_the_policy_at_once_are_not_lost() {
    let app = TestApp::new().await;
    let (directory, passkeys) = (app.domain.directory(), app.domain.passkeys());
    for round in 1..=5 {
        let trust = Trust {
            remember_days: round,
            ..Trust::default()
        };
        let models = PasskeyModels {
            aaguids: vec![Uuid::from_u128(round as u128)],
            attestation_required: false,
        };
        let (one, other) = tokio::join!(
            directory.set_trust(&app.admin, trust.clone(), "test"),
            passkeys.set_models(&app.admin, models.clone(), "test")
        );
        one.expect("published");
        other.expect("published");
        let (_, document) = directory.policy(&app.admin).await.expect("a policy");
        assert_eq!((document.trust, document.passkeys), (trust, models));
    }
}

/// Two admins put a model on the list at the same moment: both stay.
#[tokio::test]
async fn a_list_that_two_change_at_once_has_both() {
    let app = TestApp::new().await;
    let passkeys = app.domain.passkeys();
    let one = |n| move |list: &mut PasskeyModels| list.aaguids.push(Uuid::from_u128(n));
    let (first, second) = tokio::join!(
        passkeys.change_models(&app.admin, "one", one(1)),
        passkeys.change_models(&app.admin, "other", one(2))
    );
    assert!(first.is_ok() && second.is_ok());
    let (_, policy) = app.domain.directory().policy(&app.admin).await.expect("a policy");
    let mut listed = policy.passkeys.aaguids;
    listed.sort();
    assert_eq!(listed, [Uuid::from_u128(1), Uuid::from_u128(2)]);
}

async fn publishes(app: &TestApp, change: impl FnOnce(&mut PolicyDocument)) {
    let (_, mut policy) = app.domain.directory().policy(&app.admin).await.expect("a policy");
    change(&mut policy);
    app.domain.directory().publish_policy(&app.admin, policy).await.expect("published");
}

/// A rule that demands a passkey of everybody, for the applications named.
fn demand(applications: &[&str]) -> Rule {
    Rule {
        name: "passkeys".into(),
        state: RuleState::On,
        who: Subjects::default(),
        applications: applications.iter().map(|name| (*name).to_owned()).collect(),
        actions: Vec::new(),
        then: Then::RequirePhishingResistant,
    }
}

/// B15: where a passkey is demanded nothing weaker is offered, and nothing weaker opens: by no page, no program, no wizard and no stand-in.
#[tokio::test]
async fn b15_where_a_passkey_is_demanded_nothing_weaker_opens() {
    let app = TestApp::new().await;
    let (ann, bob, cas) = (
        app.member_with_both("ann").await,
        app.member_with_both("bob").await,
        app.member_with_password("cas").await,
    );
    let mut key = Key::new(1);
    let codes = adds(&app, &ann, &mut key).await.expect("added").expect("recovery codes");
    app.set_state(&cas, MfaState::Enabled).await;
    publishes(&app, |policy| policy.rules.push(demand(&["Payroll"]))).await;
    assert_eq!(
        app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer").decision,
        Some(Decision::Allowed),
        "elsewhere as before"
    );
    publishes(&app, |policy| policy.rules = vec![demand(&[])]).await;
    app.wait(30);

    for code in [app.code(&ann), codes.reveal()[0].clone()] {
        let by_program = app.verify(ann.upn.as_str(), &code).await.expect("an answer");
        assert_eq!(by_program.decision, Some(Decision::Denied));
    }
    let of = crate::directory::MemberRef::Id(ann.id);
    app.domain.directory().open_bypass(&app.admin, &of, 300, "test").await.expect("a bypass");
    let asked = app
        .domain
        .verification()
        .verify(&app.key, None, request(ann.upn.as_str(), None))
        .await
        .expect("an answer");
    assert_eq!(asked.decision, None, "an admin's word is no passkey");
    let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert_eq!(outcome, PasswordOutcome::Second);
    assert_eq!(app.number("select count(*) from bypass where used_at is null").await, 1, "and it stays open");
    let view = app.domain.sign_in().look(app.tenant, at.attempt.expect("an attempt")).await.expect("a view");
    assert_eq!(view.families, [Family::WebAuthn], "nothing else is offered");
    assert!(!view.offers_app);
    let typed = OfferedCode::parse(&app.code(&ann)).expect("a code");
    let answered = app
        .domain
        .verification()
        .second(app.tenant, at.attempt.expect("an attempt"), Purpose::SignIn, &typed, None)
        .await
        .expect("an answer");
    assert!(!matches!(answered.0, Answered::Right(_)), "{:?}", answered.0);
    let at = past_the_password(&app, &ann).await;
    let options = second_asked(&app, &at, Purpose::SignIn).await.expect("a question");
    let answer = key.answers(&options);
    assert!(matches!(second(&app, &at, Purpose::SignIn, &options, &answer).await, Ok(Answered::Right(_))));
    assert!(is_right(&signs_in(&app, &mut key).await), "and alone");

    // Whoever has something weaker makes no passkey with the password alone; with a pass it goes.
    let at = app.domain.sign_in().begin(&bob.upn, None, &client()).await.expect("an attempt");
    let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert!(
        matches!(
            outcome,
            PasswordOutcome::Refused {
                reason: Reason::MethodTooWeak,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert!(
        app.domain
            .passkeys()
            .begin_first(app.tenant, at.attempt.expect("an attempt"), &BROWSER)
            .await
            .is_err()
    );
    // Whoever has nothing makes a passkey and nothing else.
    let at = past_the_password(&app, &cas).await;
    let attempt = at.attempt.expect("an attempt");
    let view = app.domain.sign_in().look(app.tenant, attempt).await.expect("a view");
    assert!(view.stage == Stage::Register && view.offers_passkey && !view.offers_app, "{view:?}");
    assert!(
        app.domain.sign_in().begin_registration(app.tenant, attempt).await.is_err(),
        "no square is shown"
    );
    let mut first = Key::new(2);
    let options = app.domain.passkeys().begin_first(app.tenant, attempt, &BROWSER).await.expect("a question");
    let answer = first.makes(&options);
    assert!(
        app.domain
            .passkeys()
            .finish_first(app.tenant, attempt, to(&id_of(&options), &answer))
            .await
            .is_ok()
    );
}

/// B15: a square shown before the demand came makes no method that would do.
#[tokio::test]
async fn b15_a_demand_in_the_middle_of_the_wizard_holds() {
    let app = TestApp::new().await;
    let ann = app.member_with_password("ann").await;
    app.set_state(&ann, MfaState::Enabled).await;
    let at = past_the_password(&app, &ann).await;
    let attempt = at.attempt.expect("an attempt");
    let square = app.domain.sign_in().begin_registration(app.tenant, attempt).await.expect("a square");
    publishes(&app, |policy| policy.rules.push(demand(&[]))).await;
    let holder = TestMember {
        seed: square.seed.expose().to_vec(),
        ..ann
    };
    let (label, code) = (
        CleanText::parse("phone").expect("a label"),
        OfferedCode::parse(&app.code(&holder)).expect("a code"),
    );
    assert!(app.domain.sign_in().confirm_registration(app.tenant, attempt, &label, &code).await.is_err());
    assert_eq!(app.number("select count(*) from auth_log where decision = 'allowed'").await, 0);
}

/// B15: a weaker way than the last time stands in the timeline, and the member is told, once for each time that it falls.
#[tokio::test]
async fn b15_a_weaker_way_than_the_last_time_is_told() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let mut key = Key::new(1);
    adds(&app, &ann, &mut key).await.expect("added");
    let told = "select count(*) from outbox where kind = 'weaker_method'";
    for (by_passkey, notices) in [(true, 0), (false, 1), (false, 1), (true, 1), (false, 2)] {
        app.wait(60);
        if by_passkey {
            assert!(is_right(&signs_in(&app, &mut key).await));
        } else {
            let answer = app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer");
            assert_eq!(answer.decision, Some(Decision::Allowed));
        }
        assert_eq!(app.number(told).await, notices);
    }
    assert_eq!(app.number("select count(*) from attempt_step where kind = 'weaker_method'").await, 2);
}

/// B11: a passkey that was asked for with a fresh second factor is not taken when that has gone stale, nor by whoever has shown none.
#[tokio::test]
async fn b11_a_passkey_is_taken_with_a_fresh_factor_alone() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    for (level, minutes_ago) in [(2, 10), (2, 600), (1, 0)] {
        let mut key = Key::new(1);
        let fresh = app.signed_in(&ann, 2, 0);
        let options = app.domain.passkeys().begin_registration(&fresh, &BROWSER).await.expect("a question");
        let answer = key.makes(&options);
        let stale = app.signed_in(&ann, level, minutes_ago);
        let taken = app.domain.passkeys().finish_registration(&stale, to(&id_of(&options), &answer), None).await;
        let asked = matches!(&taken, Err(error) if error.code() == ErrorCode::StepUpRequired);
        assert!(asked, "{level}, {minutes_ago} minutes ago: {taken:?}");
    }
    assert_eq!(app.number("select count(*) from method where kind = 'passkey'").await, 0);
}
