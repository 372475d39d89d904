//! The wizard's phones and tokens against a fresh Postgres: each proves itself and opens its own sign-in, and nothing opens by the password alone.

use super::*;
use crate::{
    actor::Operator,
    delivery::{NewProvider, NewSender, ProviderKind, phone::PhoneNumber},
    testing::*,
    tokens::importing::ImportOptions,
    vault::{KeyPurpose, SealedColumn},
};
use data_encoding::HEXLOWER;
use model::SenderKind;

const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A tenant that can text, with somebody who is in the wizard.
struct Wizard {
    app: TestApp,
    member: TestMember,
    attempt: AttemptId,
}

impl Wizard {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let (by, delivery) = (Operator::console(), app.domain.delivery());
        let provider = NewProvider {
            tenant: None,
            channel: Channel::Sms,
            kind: ProviderKind::Folder,
            name: CleanText::parse("Post").expect("a name"),
            rank: 1,
            settings: json!({}),
            secret: None,
        };
        delivery.add_provider(by, provider).await.expect("a provider");
        let sender = NewSender {
            tenant: None,
            channel: Channel::Sms,
            country: None,
            kind: SenderKind::Name,
            value: String::from("Noord"),
            provider: None,
            valid_from: None,
            valid_until: None,
        };
        delivery.add_sender(by, sender).await.expect("a sender");
        let member = app.member_with_password("ann").await;
        app.set_state(&member, MfaState::Enabled).await;
        let attempt = enters(&app, &member).await;
        Self { app, member, attempt }
    }

    async fn texts(&self, attempt: AttemptId) -> std::result::Result<Proving, MethodError> {
        let phone = Address::Phone(PhoneNumber::parse("+31612345678", None).expect("a number"));
        let sign_in = self.app.domain.sign_in();
        sign_in.register_address(self.app.tenant, attempt, &client(), MethodKind::Sms, &phone).await
    }

    /// The code that was sent to prove a phone.
    async fn code_of(&self, proving: AttemptId) -> OfferedCode {
        let sql = format!("select challenge_id || ' ' || encode(code_sealed, 'hex') from challenge where attempt_id = '{proving}'");
        let rows = self.app.seen_by_superuser(sql).await;
        let (id, sealed) = rows[0].split_once(' ').expect("two");
        let keys = self.app.domain.keys(self.app.tenant).await.expect("keys");
        let sealed = HEXLOWER.decode(sealed.as_bytes()).expect("hex");
        let code = keys
            .key(KeyPurpose::Code)
            .open(SealedColumn::ChallengeCode, id.parse().expect("an id"), &sealed)
            .expect("a code");
        OfferedCode::parse(std::str::from_utf8(&code).expect("digits")).expect("a code")
    }

    async fn finish(&self, attempt: AttemptId) -> Result<Option<Opened>> {
        self.app.domain.sign_in().finish_registration(self.app.tenant, attempt).await
    }

    async fn allowed(&self) -> i64 {
        self.app
            .number("select count(*) from auth_log where decision = 'allowed' and purpose = 'sign_in'")
            .await
    }
}

async fn enters(app: &TestApp, member: &TestMember) -> AttemptId {
    let at = app.domain.sign_in().begin(&member.upn, None, &client()).await.expect("an attempt");
    let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert_eq!(outcome, PasswordOutcome::Register);
    at.attempt.expect("an attempt")
}

fn wrong(code: &OfferedCode) -> OfferedCode {
    let other = if code.as_str() == "123456" { "654321" } else { "123456" };
    OfferedCode::parse(other).expect("a code")
}

#[tokio::test]
async fn a_phone_proves_itself_and_opens_the_sign_in() {
    let wizard = Wizard::new().await;
    let (tenant, sign_in) = (wizard.app.tenant, wizard.app.domain.sign_in());
    let proving = wizard.texts(wizard.attempt).await.expect("sent").attempt;
    let code = wizard.code_of(proving).await;
    assert!(wizard.finish(wizard.attempt).await.expect("an answer").is_none(), "nothing is proven yet");
    let seen = sign_in.look_at_proof(tenant, wizard.attempt, proving).await.expect("an answer").expect("open");
    assert_eq!(seen.sent.expect("sent").sent_to, "+31 •••••••78");
    let told = sign_in
        .confirm_registered_address(tenant, wizard.attempt, proving, &wrong(&code))
        .await
        .expect("an answer");
    assert!(matches!(told, Answered::Wrong { .. }), "{told:?}");
    assert!(wizard.finish(wizard.attempt).await.expect("an answer").is_none());
    sign_in.begin_registration(tenant, wizard.attempt).await.expect("a square beside it");
    let told = sign_in
        .confirm_registered_address(tenant, wizard.attempt, proving, &code)
        .await
        .expect("an answer");
    assert!(matches!(told, Answered::Right(_)), "{told:?}");
    assert_eq!(wizard.allowed().await, 0, "until it is finished nobody is in");
    let (right, codes) = wizard.finish(wizard.attempt).await.expect("an answer").expect("open");
    assert_eq!((right.member, right.method), (wizard.member.id, MethodKind::Sms));
    assert!(codes.is_some_and(|codes| codes.reveal().len() == RECOVERY_CODES));
    assert_eq!(wizard.allowed().await, 1);
    assert!(wizard.finish(wizard.attempt).await.is_err(), "once");
    let row = "select reason || ' ' || method_kind || ' ' || array_to_string(registration_reasons, ',') from auth_log where purpose = 'sign_in'";
    assert_eq!(wizard.app.seen_by_superuser(row).await, ["registered sms mfa_enabled_no_info"]);
    let state = format!("select mfa_state from member where member_id = '{}'", wizard.member.id);
    assert_eq!(wizard.app.seen_by_superuser(state).await, ["enforced"]);
    // From now on it is asked for.
    let at = sign_in.begin(&wizard.member.upn, None, &client()).await.expect("an attempt");
    assert_eq!(sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome"), PasswordOutcome::Second);
}

/// A phone that was proven in one wizard opens no other, and none that was left in between lets anybody in without it.
#[tokio::test]
async fn b23_what_is_proven_in_one_wizard_opens_no_other() {
    let wizard = Wizard::new().await;
    let (tenant, sign_in) = (wizard.app.tenant, wizard.app.domain.sign_in());
    let other = enters(&wizard.app, &wizard.member).await;
    let proving = wizard.texts(wizard.attempt).await.expect("sent").attempt;
    let code = wizard.code_of(proving).await;
    assert!(
        sign_in.confirm_registered_address(tenant, other, proving, &code).await.is_err(),
        "begun in the first"
    );
    assert!(sign_in.look_at_proof(tenant, other, proving).await.expect("an answer").is_none());
    assert!(sign_in.send_proof_again(tenant, other, proving).await.is_err());
    let bob = wizard.app.member_with_password("bob").await;
    wizard.app.set_state(&bob, MfaState::Enabled).await;
    let of_bob = enters(&wizard.app, &bob).await;
    assert!(
        sign_in.confirm_registered_address(tenant, of_bob, proving, &code).await.is_err(),
        "somebody else's"
    );
    let told = sign_in
        .confirm_registered_address(tenant, wizard.attempt, proving, &code)
        .await
        .expect("an answer");
    assert!(matches!(told, Answered::Right(_)), "{told:?}");
    for attempt in [other, of_bob] {
        assert!(!matches!(wizard.finish(attempt).await, Ok(Some(_))));
    }
    // The other wizard is closed now, for there is something to show.
    assert!(matches!(
        wizard.texts(other).await,
        Err(MethodError::Verification(VerificationError::ChallengeGone))
    ));
    assert_eq!(wizard.allowed().await, 0);
}

/// Whoever waits with a code in the wizard until the member has registered something else gets in by neither.
#[tokio::test]
async fn a_method_that_came_from_elsewhere_closes_the_wizard() {
    let wizard = Wizard::new().await;
    let tenant = wizard.app.tenant;
    let proving = wizard.texts(wizard.attempt).await.expect("sent").attempt;
    let code = wizard.code_of(proving).await;
    let Wizard { app, member, attempt } = wizard;
    let member = app.with_app(member).await;
    let told = sign_in_of(&app).confirm_registered_address(tenant, attempt, proving, &code).await;
    assert!(matches!(told, Err(MethodError::Verification(VerificationError::ChallengeGone))), "{told:?}");
    assert!(!matches!(sign_in_of(&app).finish_registration(tenant, attempt).await, Ok(Some(_))));
    assert_eq!(app.number("select count(*) from method where kind = 'sms' and state = 'active'").await, 0);
    assert!(member.method.is_some());
}

/// What a password alone would not put in another one's place at the next sign-in, it does not put there in the wizard that is open: a method of before that was
/// guessed at, reported as lost or disowned meanwhile.
#[tokio::test]
async fn a_method_that_was_switched_off_meanwhile_closes_the_wizard() {
    let wizard = Wizard::new().await;
    holds(&wizard, "totp", "off", Some("admin")).await;
    let proving = wizard.texts(wizard.attempt).await.expect("an admin wants another one").attempt;
    let code = wizard.code_of(proving).await;
    for why in ["lost", "not_me", "too_many_wrong"] {
        wizard
            .app
            .as_superuser(format!("update method set disabled_reason = '{why}' where kind = 'totp'"))
            .await;
        let (tenant, sign_in) = (wizard.app.tenant, wizard.app.domain.sign_in());
        let told = sign_in.confirm_registered_address(tenant, wizard.attempt, proving, &code).await;
        assert!(
            matches!(told, Err(MethodError::Verification(VerificationError::ChallengeGone))),
            "{why}: {told:?}"
        );
        assert!(sign_in.begin_registration(tenant, wizard.attempt).await.is_err(), "{why}");
        assert!(wizard.finish(wizard.attempt).await.is_err(), "{why}");
    }
    assert_eq!(wizard.allowed().await, 0);
}

async fn holds(wizard: &Wizard, kind: &str, state: &str, why: Option<&str>) {
    wizard
        .app
        .as_superuser(format!(
            "insert into method (tenant_id, method_id, member_id, kind, label, state, disabled_reason, created_at)
             values ('{}', gen_random_uuid(), '{}', '{kind}', '{kind}', '{state}', {}, now())",
            wizard.app.tenant,
            wizard.member.id,
            why.map_or_else(|| String::from("null"), |why| format!("'{why}'"))
        ))
        .await;
}

fn sign_in_of(app: &TestApp) -> SignIn<'_> {
    app.domain.sign_in()
}

#[tokio::test]
async fn a_token_of_the_drawer_opens_the_sign_in() {
    let wizard = Wizard::new().await;
    let (tenant, sign_in) = (wizard.app.tenant, wizard.app.domain.sign_in());
    let file = format!("upn,serial number,secret key,time interval,manufacturer,model\n,ZS-1,{BASE32},30,Zeeland,ZS-1\n");
    let file = std::io::Cursor::new(file.into_bytes());
    wizard
        .app
        .domain
        .tokens()
        .import(&wizard.app.admin, file, ImportOptions::default(), |_| {})
        .await
        .expect("imported");
    let held = TestMember {
        seed: b"12345678901234567890".to_vec(),
        ..wizard.app.member("nobody").await
    };
    let (serial, label) = (Serial::parse("ZS-1").expect("a number"), CleanText::parse("Key ring").expect("a name"));
    let code = |text: String| OfferedCode::parse(&text).expect("a code");
    let wrong = code(wizard.app.wrong_code(&held));
    let told = sign_in.register_token(tenant, wizard.attempt, &serial, &label, &wrong).await;
    assert!(matches!(told, Err(TokenError::WrongCode)), "{told:?}");
    let right = code(wizard.app.code(&held));
    // A mailbox that is no second factor here is nothing to be shown first.
    holds(&wizard, "email", "active", None).await;
    sign_in.register_token(tenant, wizard.attempt, &serial, &label, &right).await.expect("a token");
    let (opened, codes) = wizard.finish(wizard.attempt).await.expect("an answer").expect("open");
    assert_eq!((opened.method, codes.is_some()), (MethodKind::HardwareToken, true));
    assert_eq!(wizard.allowed().await, 1);
}

/// Where only a passkey will do, no phone and no token is taken; where a rule closes registration, nothing is.
#[tokio::test]
async fn the_wizard_takes_only_what_will_do() {
    let wizard = Wizard::new().await;
    let (_, document) = wizard.app.domain.directory().policy(&wizard.app.admin).await.expect("a policy");
    let publish = |then, actions: &[Action]| {
        let mut document = document.clone();
        document.rules = vec![Rule {
            name: String::from("Rule"),
            state: RuleState::On,
            who: Subjects::default(),
            applications: Vec::new(),
            actions: actions.to_vec(),
            then,
        }];
        wizard.app.domain.directory().publish_policy(&wizard.app.admin, document)
    };
    publish(Then::RequirePhishingResistant, &[]).await.expect("published");
    assert!(matches!(wizard.texts(wizard.attempt).await, Err(MethodError::KindOff(MethodKind::Sms))));
    publish(Then::Block, &[Action::RegisterSecurityInfo]).await.expect("published");
    assert!(wizard.texts(wizard.attempt).await.is_err());
    assert_eq!(wizard.app.number("select count(*) from challenge where purpose = 'add_method'").await, 0);
}
