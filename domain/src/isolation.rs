//! Tests of the walls: between one tenant and another (abuse cases E1, E2, E3), and between what is secret and what is shown (E4).

use crate::tokens::{TokenError, TokenQuery};
use crate::{
    actor::{Operator, Scope},
    directory::{DirectoryError, MemberPatch, MemberQuery, MemberRef, NewMember, SetUpToken, api_key::Credential, block::BlockTerm},
    journal::view::{AuditQuery, SignInQuery},
    methods::{MethodError, OathSeed, pass::PassTerms},
    sign_in::{BegunAttempt, LegacyRequest, NewSession, SessionStage, SignInError},
    testing::*,
    verification::VerificationError,
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use futures_util::TryStreamExt;
use model::*;
use std::collections::BTreeSet;

/// What somebody of one tenant may have got to know of another: every id and every token there is.
struct Known {
    member: TestMember,
    method: MethodId,
    attempt: BegunAttempt,
    challenge: AttemptId,
    session: SessionId,
    link: SetUpToken,
    pass: String,
}

async fn known(of: &TestApp) -> Known {
    let member = of.member_with_both("eva").await;
    let challenge = of
        .domain
        .verification()
        .verify(&of.key, None, request(member.upn.as_str(), None))
        .await
        .expect("pending");
    let attempt = of.domain.sign_in().begin(&member.upn, None, &client()).await.expect("an attempt");
    let decided = of.verify(member.upn.as_str(), &of.code(&member)).await.expect("an answer");
    let link = of
        .domain
        .directory()
        .make_set_up_link(&of.admin, &MemberRef::Id(member.id))
        .await
        .expect("a link");
    let holder = MemberRef::Id(member.id);
    let pass = of
        .domain
        .methods()
        .give_pass(&of.admin, &holder, PassTerms::default(), "test")
        .await
        .expect("a pass");
    let mut session = NewSession::of_attempt(Some(of.tenant), attempt.attempt, SessionStage::Full, 2, client());
    session.member = Some(member.id);
    of.domain.sign_in().create_session(of.tenant.0.as_bytes(), &session).await.expect("a session");
    Known {
        method: member.method.expect("an app"),
        member,
        attempt,
        challenge: challenge.challenge.expect("a challenge").id,
        session: decided.session_id,
        link,
        pass: pass.reveal(),
    }
}

/// How a verb answered: refused with a code, or with something that is of no use.
#[derive(Debug)]
enum Told {
    Refused(ErrorCode),
    Nothing(bool),
}

impl From<DirectoryError> for Told {
    fn from(error: DirectoryError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<MethodError> for Told {
    fn from(error: MethodError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<crate::methods::question::QuestionError> for Told {
    fn from(error: crate::methods::question::QuestionError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<SignInError> for Told {
    fn from(error: SignInError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<VerificationError> for Told {
    fn from(error: VerificationError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<TokenError> for Told {
    fn from(error: TokenError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<crate::passkeys::PasskeysError> for Told {
    fn from(error: crate::passkeys::PasskeysError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<crate::reset::ResetError> for Told {
    fn from(error: crate::reset::ResetError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<crate::tickets::TicketError> for Told {
    fn from(error: crate::tickets::TicketError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<crate::notices::NoticeError> for Told {
    fn from(error: crate::notices::NoticeError) -> Self {
        Self::Refused(error.code())
    }
}
impl From<crate::journal::JournalError> for Told {
    fn from(error: crate::journal::JournalError) -> Self {
        Self::Refused(error.code())
    }
}

/// Verbs that take no id of a tenant's things: nothing of another tenant can be named to them.
const NOTHING_TO_NAME: [&str; 51] = [
    "set_logo",
    "remove_logo",
    "ticket_counts",
    "sweep_tickets",
    "call_rules",
    "set_call_rules",
    "policy_version",
    "policy_versions",
    "replace_policy",
    "try_policy",
    "change_models",
    "emergency_keys",
    "question_policy",
    "set_question_policy",
    "take",
    "import_metadata",
    "metadata_view",
    "models",
    "set_models",
    "known_models",
    "members_outside",
    "begin_sign_in",
    "sweep_ceremonies",
    "networks",
    "add_network",
    "set_trust",
    "tenant_of_slug",
    "tenant_of_upn",
    "tenants",
    "tenant",
    "create_tenant",
    "create_api_key",
    "api_keys",
    "publish_policy",
    "policy",
    "grant_operator",
    "operators",
    "note",
    "make_partitions",
    "mine",
    "are_changed_by_passkey",
    "switch_on_weaker",
    "begin_totp",
    "confirm_totp",
    "new_recovery_codes",
    "begin_step_up",
    "sweep",
    "caller",
    "create_session",
    "session_exists",
    "end_session",
];
const OF_ONESELF: [&str; 25] = [
    "own_tickets",
    "my_app_passwords",
    "make_my_app_password",
    "my_belongings",
    "own_bypass",
    "may_open_own_bypass",
    "open_own_bypass",
    "close_own_bypass",
    "may_set_call_pin",
    "set_call_pin",
    "may_register_questions",
    "register_questions",
    "remove_questions",
    "may_add",
    "accepted",
    "devices",
    "may_claim",
    "sessions",
    "sweep_sessions",
    "own_sign_ins",
    "member_counts",
    "members",
    "settle_replaced",
    "waiting_for",
    "counts",
];

/// E1, E3, bar 6: every verb, called by the admin, the member or the key of one tenant with the ids of another, answers as if there were no such
/// thing, and not one row of the other tenant changes. A verb that is missing here makes this test red.
#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one line for each verb there is")]
async fn e1_e3_no_verb_reaches_into_another_tenant() {
    let noord = TestApp::new().await;
    let zuid = noord.neighbour("zuid").await;
    let ann = noord.member_with_both("ann").await;
    let (theirs, of) = (known(&zuid).await, |r: &MemberRef| r.clone());
    let before = zuid.rows().await;
    assert!(before.len() > 20, "there is something to lose: {}", before.len());

    let (domain, by) = (&noord.domain, &noord.admin);
    let (directory, methods, sign_in) = (domain.directory(), domain.methods(), domain.sign_in());
    let me = noord.signed_in(&ann, 2, 0);
    let label = CleanText::parse("mine now").expect("a label");
    let code = OfferedCode::parse(&zuid.code(&theirs.member)).expect("a code");
    let pass = OfferedCode::parse_pass(&theirs.pass).expect("a pass");
    let legacy = LegacyRequest {
        user: theirs.member.upn.clone(),
        password: crate::vault::Secret::new(PASSWORD.to_owned()),
        protocol: CleanText::parse("imap").expect("a protocol"),
        client: client(),
    };
    let attempt = theirs.attempt.attempt.expect("an attempt");
    let swapped = BegunAttempt {
        tenant: Some(noord.tenant),
        ..theirs.attempt
    };
    let link = {
        let mut bytes = BASE64URL_NOPAD.decode(theirs.link.reveal().as_bytes()).expect("a token");
        bytes[..16].copy_from_slice(noord.tenant.0.as_bytes());
        SetUpToken::parse(&BASE64URL_NOPAD.encode(&bytes)).expect("a token")
    };
    let key: Credential = zuid.key.reveal().replace("_zuid_", "_noord_").parse().expect("a key");
    let tokens = domain.tokens();
    // Questions that were put to one of theirs.
    let questions = crate::methods::question::QuestionsRequest {
        user: theirs.member.upn.clone(),
        client: client(),
        correlation_id: None,
        idempotency: None,
    };
    let asked = methods.questions_for(&zuid.key, None, questions.clone()).await.expect("questions").id;
    // A question that was put to one of theirs, in another browser.
    let passkeys = domain.passkeys();
    let (browser, elsewhere) = ([1; 32], [2; 32]);
    let options = passkeys.begin_sign_in(&elsewhere, crate::webauthn::Prompt::Button).await.expect("a question");
    let ceremony = options["ceremony"].as_str().expect("its id").to_owned();
    let reply = crate::passkeys::Reply {
        browser: &browser,
        ceremony: &ceremony,
        answer: "{}",
    };
    // A serial number of theirs, which nobody has here.
    let serial = crate::tokens::Serial::parse("ZS-THEIRS").expect("a serial number");
    zuid.as_superuser(format!(
        "insert into oath_token (tenant_id, token_id, serial, state, sealed, params, member_id, imported_at)
         values ('{0}', '{0}', 'ZS-THEIRS', 'assigned', 'x', '{{}}', '{1}', now())",
        zuid.tenant, theirs.member.id
    ))
    .await;
    let office = CleanText::parse("Office").expect("a name");
    let network = zuid.domain.directory().add_network(&zuid.admin, &office, "192.0.2.0/24", "x").await;
    let network = network.expect("a network").id;
    let logo = model::LogoId(sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix("theirs")).into());
    zuid.as_superuser(format!("insert into logo values ('{}', sha256('theirs'), 'x', now())", zuid.tenant))
        .await;
    let device = uuid::Uuid::from_u128(4711);
    zuid.as_superuser(format!(
        "insert into remembered_device (tenant_id, device_id, member_id, hash, agent, epoch, made_at, expires_at)
         values ('{}', '{device}', '{}', 'theirs', 'Firefox', 0, now(), now() + interval '1 day')",
        zuid.tenant, theirs.member.id
    ))
    .await;
    // The link of a notice of theirs, brought to our tenant.
    zuid.as_superuser(format!(
        "insert into notice_link (tenant_id, link_id, member_id, token_hash, kind, since, expires_at)
         values ('{0}', '{0}', '{1}', sha256('{2}'), 'password.set', now() - interval '1 year', now() + interval '1 year')",
        zuid.tenant,
        theirs.member.id,
        "7".repeat(32)
    ))
    .await;
    let notice = [noord.tenant.0.as_bytes().as_slice(), zuid.tenant.0.as_bytes(), &[b'7'; 32]].concat();
    let notice = crate::notices::link::NoticeToken::parse(&BASE64URL_NOPAD.encode(&notice)).expect("a token");
    // A reset of theirs under way, and a right to set a password, brought to our tenant.
    let (_, mut policy) = directory.policy(&zuid.admin).await.expect("a policy");
    policy.reset.scope = ResetScope::Everybody;
    directory.publish_policy(&zuid.admin, policy).await.expect("published");
    let resets = domain.reset();
    let reset = match resets.begin(&theirs.member.upn, &client()).await.expect("begun") {
        crate::reset::Began::Begun { attempt, .. } => attempt,
        other => panic!("{other:?}"),
    };
    let right = [noord.tenant.0.as_bytes().as_slice(), zuid.tenant.0.as_bytes(), &[b'7'; 32]].concat();
    let right = crate::reset::ResetToken::parse(&BASE64URL_NOPAD.encode(&right)).expect("a token");
    zuid.as_superuser(format!(
        "insert into password_reset (tenant_id, reset_id, member_id, session_id, token_hash, epoch, created_at, expires_at)
         select tenant_id, tenant_id, member_id, 1, sha256('password_reset{}'), epoch, now() - interval '1 year', now() + interval '1 year' from member where member_id = '{}'",
        "7".repeat(32),
        theirs.member.id
    ))
    .await;
    // A ticket of theirs.
    let help = crate::tickets::Draft {
        page: String::from("/"),
        error: None,
        words: CleanLines::parse("help").expect("words"),
    };
    let theirs_in = zuid.signed_in(&theirs.member, 2, 0);
    let ticket = zuid
        .domain
        .tickets()
        .file(&theirs_in, &help, Some(theirs.session), None)
        .await
        .expect("filed")
        .number;
    let tickets = domain.tickets();
    let lists = crate::tickets::TicketQuery {
        limit: 9,
        ..crate::tickets::TicketQuery::default()
    };
    let before = zuid.rows().await;
    let phone = crate::delivery::Address::Phone(crate::delivery::phone::PhoneNumber::parse("+31612345678", None).expect("a number"));
    let mut told: Vec<(&str, Told)> = Vec::new();
    macro_rules! tries {
        ($($verb:ident($($argument:expr),*) on $area:expr => $told:expr;)+) => {$(
            told.push((stringify!($verb), $area.$verb($($argument),*).await.map_or_else(Told::from, $told)));
        )+};
    }
    fn nothing<T>(_: T) -> Told {
        Told::Nothing(false)
    }

    for named in [MemberRef::Id(theirs.member.id), MemberRef::Upn(theirs.member.upn.clone())] {
        let r = &of(&named);
        let seed = OathSeed::new(domain.rng());
        tries! {
            member(by, r) on directory => nothing;
            change_member(by, r, MemberPatch::default(), None) on directory => nothing;
            set_mfa_state(by, r, MfaState::Disabled, true, None) on directory => nothing;
            require_reregistration(by, r, "x") on directory => nothing;
            unlock(by, r, "x") on directory => nothing;
            revoke_sessions(by, r, "x") on directory => nothing;
            set_enabled(by, r, false, "x") on directory => nothing;
            remove_member(by, r, "x") on directory => nothing;
            grant_role(by, r, Role::GlobalAdmin) on directory => nothing;
            withdraw_role(by, r, Role::GlobalAdmin) on directory => nothing;
            set_password(by, r, "zeven groene kikkers") on directory => nothing;
            make_set_up_link(by, r) on directory => nothing;
            make_emergency_key(by, r, 365) on sign_in => nothing;
            withdraw_emergency_key(by, r) on sign_in => nothing;
            block(by, r, BlockTerm::default(), "x") on directory => nothing;
            unblock(by, r, "x") on directory => nothing;
            open_bypass(by, r, 300, "x") on directory => nothing;
            close_bypass(by, r, "x") on directory => nothing;
            standing(by, r) on directory => nothing;
            of(by, r) on methods => nothing;
            add_totp(by, r, seed, OathParams::default(), true) on methods => nothing;
            remove_of(by, r, theirs.method, "x") on methods => nothing;
            give_pass(by, r, PassTerms::default(), "x") on methods => nothing;
            withdraw_pass(by, r, "x") on methods => nothing;
            app_passwords_of(by, r) on methods => nothing;
            make_app_password(by, r, &label) on methods => nothing;
            remove_app_password(by, r, theirs.method.0, "x") on methods => nothing;
            reset_questions(by, r, "x") on methods => nothing;
            clear_call_pin(by, r, "x") on methods => nothing;
            add_address(by, r, MethodKind::Sms, &phone) on methods => nothing;
            assign(by, &serial, r) on tokens => nothing;
            caller_ways(by, r) on domain.tickets() => nothing;
            begin_caller_check(by, &client(), r, theirs.method) on domain.tickets() => nothing;
            look_at_caller_check(by, r, attempt) on domain.tickets() => nothing;
            read_back(by, r, attempt, &code) on domain.tickets() => nothing;
            caller_checked(by, r) on domain.tickets() => nothing;
        }
        let (asked, audited) = (
            SignInQuery {
                member: Some(named.clone()),
                ..SignInQuery::default()
            },
            AuditQuery {
                target: Some(named.clone()),
                ..AuditQuery::default()
            },
        );
        let journal = domain.journal();
        tries! {
            sign_ins(by, &asked) on journal => |page| Told::Nothing(page.items.is_empty());
            sign_in_counts(by, &asked) on journal => |counts| Told::Nothing(counts.all == 0);
            audit(by, &audited) on journal => |page| Told::Nothing(page.items.is_empty());
        }
        let rows: Vec<_> = journal.export(by, &asked).await.expect("a stream").try_collect().await.expect("rows");
        told.push(("export", Told::Nothing(rows.is_empty())));
        let rows: Vec<_> = journal.export_audit(by, &audited).await.expect("a stream").try_collect().await.expect("rows");
        told.push(("export_audit", Told::Nothing(rows.is_empty())));
    }
    let own = MemberRef::Id(ann.id);
    let theirs_by_session = SignInQuery {
        session: Some(theirs.session),
        ..SignInQuery::default()
    };
    let stranger = NewMember {
        upn: Upn::parse("ann@zuid.example").expect("a name"),
        given_name: None,
        family_name: None,
        mail: None,
        roles: Vec::new(),
    };
    let renamed = MemberPatch {
        upn: Some(stranger.upn.clone()),
        ..MemberPatch::default()
    };
    tries! {
        create_member(by, stranger) on directory => nothing;
        change_member(by, &own, renamed, None) on directory => nothing;
        set_up_link(&link) on directory => nothing;
        link(&notice) on domain.notices() => nothing;
        freeze(&notice) on domain.notices() => nothing;
        reported(&me, &[theirs.session]) on domain.notices() => |found| Told::Nothing(found.is_empty());
        reportable(&me, theirs.session) on domain.notices() => nothing;
        report(&me, theirs.session) on domain.notices() => nothing;
        use_set_up_link(&link, "zeven groene kikkers") on directory => nothing;
        authenticate_key(&key, None, &Scope::ALL) on directory => nothing;
        revoke_api_key(by, zuid.key.key) on directory => nothing;
        logo(&model::Slug::parse("noord").expect("a short name"), logo) on directory => |found| Told::Nothing(found.is_none());
        rename_network(by, network, &label, "x") on directory => nothing;
        remove_network(by, network, "x") on directory => nothing;
        remove_my_app_passwords(&me, Some(theirs.method.0)) on methods => nothing;
        found_again(&me, theirs.method) on sign_in => nothing;
        belongings(noord.tenant, attempt) on sign_in => nothing;
        report_lost(noord.tenant, attempt, &[theirs.method], &client()) on sign_in => nothing;
        remove(&me, theirs.method) on methods => nothing;
        rename(&me, theirs.method, &label) on methods => nothing;
        make_default(&me, theirs.method) on methods => nothing;
        begin_check(&me, theirs.method) on methods => nothing;
        begin_address(&me, MethodKind::Sms, &phone, Some(theirs.method)) on methods => nothing;
        remove_of(by, &own, theirs.method, "x") on methods => nothing;
        answer(&noord.key, None, theirs.challenge, &code) on domain.verification() => nothing;
        answer(&noord.key, None, attempt, &code) on domain.verification() => nothing;
        resend(&noord.key, None, theirs.challenge) on domain.verification() => nothing;
        status(&noord.key, None, theirs.challenge) on domain.verification() => nothing;
        give_up(&noord.key, None, theirs.challenge) on domain.verification() => nothing;
        report_fraud(noord.tenant, theirs.challenge, None) on domain.verification() => nothing;
        send(noord.tenant, attempt, Purpose::SignIn, MethodKind::Sms) on domain.verification() => nothing;
        send_again(noord.tenant, attempt, Purpose::SignIn) on domain.verification() => nothing;
        confirm_address(&me, theirs.challenge, &code) on methods => nothing;
        complete_address(&me, theirs.challenge) on methods => nothing;
        second(noord.tenant, attempt, Purpose::SignIn, &code, None) on domain.verification() => nothing;
        second(noord.tenant, theirs.challenge, Purpose::Verification, &code, None) on domain.verification() => nothing;
        verify(&key, None, request(theirs.member.upn.as_str(), Some("123456"))) on domain.verification() => nothing;
        password(&swapped, PASSWORD, &client()) on sign_in => nothing;
        password_from(&swapped, PASSWORD, &client(), None) on sign_in => nothing;
        second_and_remember(noord.tenant, attempt, &code, None, &client()) on sign_in => nothing;
        forget_device(&me, device) on sign_in => |forgotten| Told::Nothing(!forgotten);
        pass(&swapped, &pass, &client()) on sign_in => nothing;
        legacy(&key, None, legacy) on sign_in => nothing;
        questions_for(&key, None, questions) on methods => nothing;
        answer_questions(&noord.key, None, asked, &[], None) on methods => nothing;
        look(noord.tenant, attempt) on sign_in => nothing;
        begin_registration(noord.tenant, attempt) on sign_in => nothing;
        confirm_registration(noord.tenant, attempt, &label, &code) on sign_in => nothing;
        skip_registration(noord.tenant, attempt) on sign_in => nothing;
        wizard_offers(noord.tenant, attempt) on sign_in => nothing;
        register_address(noord.tenant, attempt, &client(), MethodKind::Sms, &phone) on sign_in => nothing;
        confirm_registered_address(noord.tenant, attempt, theirs.challenge, &code) on sign_in => nothing;
        complete_registered_call(noord.tenant, attempt, theirs.challenge) on sign_in => nothing;
        look_at_proof(noord.tenant, attempt, theirs.challenge) on sign_in => |seen| Told::Nothing(seen.is_none());
        send_proof_again(noord.tenant, attempt, theirs.challenge) on sign_in => nothing;
        register_token(noord.tenant, attempt, &serial, &label, &code) on sign_in => nothing;
        finish_registration(noord.tenant, attempt) on sign_in => nothing;
        begin_second(noord.tenant, attempt, Purpose::SignIn, &browser) on passkeys => nothing;
        begin_first(noord.tenant, attempt, &browser) on passkeys => nothing;
        finish_first(noord.tenant, attempt, reply) on passkeys => nothing;
        finish_registration(&me, reply, None) on passkeys => nothing;
        sign_in(reply, &client()) on passkeys => nothing;
        token(by, &serial) on tokens => nothing;
        assign(by, &serial, &own) on tokens => nothing;
        take_back(by, &serial, "x") on tokens => nothing;
        retire(by, &serial, "x") on tokens => nothing;
        activate(by, &serial, &code) on tokens => nothing;
        claim(&me, &serial, &label, &code) on tokens => nothing;
        resynchronise(by, &serial, [&code, &code]) on tokens => nothing;
        list(by, &TokenQuery { text: Some(String::from("THEIRS")), ..TokenQuery::default() }) on tokens => |page| Told::Nothing(page.items.is_empty());
        attempt(by, theirs.session) on domain.journal() => nothing;
        sign_ins(by, &theirs_by_session) on domain.journal() => |page| Told::Nothing(page.items.is_empty());
    }
    // A verification of their member under our key is that of a name nobody has.
    let as_unknown = verify_on(domain, &noord.key, theirs.member.upn.as_str(), code.as_str())
        .await
        .expect("an answer");
    assert_eq!((as_unknown.decision, as_unknown.reason), (Some(Decision::Denied), Some(Reason::WrongCode)));
    // What is required of their member is what is required of nobody's.
    let ours = directory.authenticate_key(&noord.key, None, &Scope::ALL).await.expect("a key");
    let mut asked = ["eva@zuid.example", "nobody@zuid.example"].map(|user| crate::verification::requirements::RequirementsRequest {
        user: Upn::parse(user).expect("a name"),
        application: None,
        action: Some(Action::RegisterDevice),
    });
    asked[0].user = theirs.member.upn.clone();
    let required = domain.verification().requirements(&ours, &asked[0]).await.expect("an answer");
    assert_eq!(required, domain.verification().requirements(&ours, &asked[1]).await.expect("an answer"));
    // What begins for their member in our tenant is about nobody.
    let begun = sign_in.begin_set_up(noord.tenant, &theirs.member.upn, &client()).await.expect("an attempt");
    tries! {
        begin_registration(noord.tenant, begun.attempt.expect("an attempt")) on sign_in => nothing;
    }
    // Their session is not in our list, and its handle ends nothing.
    noord
        .domain
        .sign_in()
        .create_session(
            b"ann's",
            &NewSession {
                member: Some(ann.id),
                epoch: 1,
                ..NewSession::of_attempt(Some(noord.tenant), None, SessionStage::Full, 2, client())
            },
        )
        .await
        .expect("a session");
    let handle: uuid::Uuid = noord
        .seen_by_superuser(format!("select handle::text from session where member_id = '{}'", theirs.member.id))
        .await[0]
        .parse()
        .expect("a handle");
    let crate::sign_in::Caller::Member(signed_in) = sign_in.caller(b"ann's", &client()).await.expect("a caller") else {
        panic!("signed in");
    };
    tries! {
        look(noord.tenant, reset) on resets => nothing;
        choose(noord.tenant, reset, MethodKind::Totp) on resets => nothing;
        answer(noord.tenant, reset, &code) on resets => nothing;
        answer_questions(noord.tenant, reset, &[]) on resets => nothing;
        right(&right) on resets => nothing;
        set(&right, "zeven groene kikkers") on resets => nothing;
    }
    tries! {
        file(&me, &help, Some(theirs.session), None) on tickets => nothing;
        file_in(&swapped, &help, Some(theirs.session), &client()) on tickets => nothing;
        session_of(&me, Some(theirs.session), Some(attempt)) on tickets => nothing;
        attempt_of(noord.tenant, attempt) on tickets => nothing;
        add_to_own(&me, ticket, &help.words) on tickets => nothing;
        ticket(by, ticket) on tickets => nothing;
        take_ticket(by, ticket) on tickets => nothing;
        reply(by, ticket, MessageKind::Answer, &help.words, true) on tickets => nothing;
        close_ticket(by, ticket) on tickets => nothing;
        reopen_ticket(by, ticket) on tickets => nothing;
        tickets(by, &lists) on tickets => |page| Told::Nothing(page.items.is_empty());
        tickets_about(by, theirs.session) on tickets => |about| Told::Nothing(about.is_empty());
    }
    tries! {
        revoke(&signed_in, handle) on sign_in => |ended| Told::Nothing(!ended);
        revoke_others(&signed_in) on sign_in => |()| Told::Nothing(true);
        report_mine_lost(&signed_in, &[theirs.method]) on sign_in => |receipt| Told::Nothing(receipt.methods.is_empty());
        end_attempt_sessions(noord.tenant, attempt) on sign_in => |()| Told::Nothing(true);
    }
    let everybody = directory.members(by, &MemberQuery::default()).await.expect("members");
    assert!(everybody.items.iter().all(|m| m.upn.ends_with("@noord.example")));

    for (verb, told) in &told {
        let good = match told {
            Told::Nothing(good) => *good,
            Told::Refused(code) => matches!(
                code,
                ErrorCode::NameUnknown
                    | ErrorCode::NotFound
                    | ErrorCode::TokenUnknown
                    | ErrorCode::ChallengeGone
                    | ErrorCode::PasskeyAgain
                    | ErrorCode::SignInExpired
                    | ErrorCode::SetUpLinkUsed
                    | ErrorCode::NoticeLinkUsed
                    | ErrorCode::ResetLinkUsed
                    | ErrorCode::KeyRefused
                    | ErrorCode::DomainUnknown
            ),
        };
        assert!(good, "{verb}: {told:?}");
    }
    let after = zuid.rows().await;
    assert_eq!(before, after, "not a row of the other tenant has changed");

    let covered: BTreeSet<&str> = told
        .iter()
        .map(|(verb, _)| *verb)
        .chain(["begin", "begin_for", "begin_set_up", "use_emergency_key", "requirements", "file_for_name"])
        .chain(NOTHING_TO_NAME)
        .chain(OF_ONESELF)
        .collect();
    let verbs = verbs();
    let missing: Vec<&str> = verbs.iter().copied().filter(|verb| !covered.contains(verb)).collect();
    assert!(missing.is_empty(), "no test calls these with another tenant's ids: {missing:?}");
    let gone: Vec<&&str> = covered.iter().filter(|verb| !verbs.contains(*verb)).collect();
    assert!(gone.is_empty(), "there are no such verbs any more: {gone:?}");
}

/// Every public verb of the areas.
fn verbs() -> BTreeSet<&'static str> {
    [
        include_str!("directory/mod.rs"),
        include_str!("directory/block/mod.rs"),
        include_str!("directory/logo/mod.rs"),
        include_str!("directory/network/mod.rs"),
        include_str!("directory/publishing/mod.rs"),
        include_str!("methods/mod.rs"),
        include_str!("methods/address.rs"),
        include_str!("methods/pass/mod.rs"),
        include_str!("methods/app_password/mod.rs"),
        include_str!("methods/call_pin/mod.rs"),
        include_str!("methods/own_bypass/mod.rs"),
        include_str!("methods/question/mod.rs"),
        include_str!("methods/question/asking.rs"),
        include_str!("tokens/mod.rs"),
        include_str!("sign_in/emergency/mod.rs"),
        include_str!("sign_in/mod.rs"),
        include_str!("sign_in/registration.rs"),
        include_str!("sign_in/wizard.rs"),
        include_str!("sign_in/pass.rs"),
        include_str!("sign_in/device/mod.rs"),
        include_str!("sign_in/legacy.rs"),
        include_str!("reset/mod.rs"),
        include_str!("tickets/mod.rs"),
        include_str!("tickets/caller.rs"),
        include_str!("passkeys/mod.rs"),
        include_str!("passkeys/models.rs"),
        include_str!("verification/mod.rs"),
        include_str!("verification/fraud.rs"),
        include_str!("verification/requirements.rs"),
        include_str!("notices/mod.rs"),
        include_str!("notices/link.rs"),
        include_str!("notices/report.rs"),
        include_str!("sign_in/lost.rs"),
        include_str!("journal/mod.rs"),
        include_str!("journal/case.rs"),
        include_str!("journal/export.rs"),
    ]
    .iter()
    .flat_map(|source| source.split("    pub async fn ").skip(1))
    .filter_map(|rest| rest.split_once('(').map(|(name, _)| name))
    .collect()
}

/// Statements that forget the tenant, on every tenant table there is: with a tenant set only its own rows are seen, changed or deleted, without one
/// none; nothing is written for another. E2, bar 7.
#[tokio::test]
async fn e2_a_statement_that_forgets_the_tenant_meets_only_its_own_rows() {
    let noord = TestApp::new().await;
    let zuid = noord.neighbour("zuid").await;
    for app in [&noord, &zuid] {
        known(app).await;
        // What no verb writes yet.
        let t = app.tenant;
        app.as_superuser(format!(
            "insert into \"group\" values ('{t}', '{t}', 'staff', now());
             insert into group_member select tenant_id, '{t}', member_id from member where tenant_id = '{t}' limit 1;
             insert into role_grant select tenant_id, member_id, 'reader', now() from member where tenant_id = '{t}' limit 1;
             insert into recovery_code select tenant_id, member_id, 'x', now() from member where tenant_id = '{t}' limit 1;
             insert into failure_day values ('{t}', '{t}', 'oath', current_date, 1);
             insert into idempotency values ('{t}', '{t}', 'x', 'x', '{{}}', now());
             insert into oath_token (tenant_id, token_id, serial, state, sealed, params, imported_at) values ('{t}', '{t}', 'ZS-1', 'available', 'x', '{{}}', now());
             insert into token_import (tenant_id, import_id, file_name, format, dry_run, skip_bad, state, started_at, beat_at) values ('{t}', '{t}', 'a.csv', 'csv', true, false, 'running', now(), now());
             insert into log_tile values ('{t}', 0, 0, 'x');
             insert into sent_hour values ('{t}', date_trunc('hour', now(), 'UTC'), 'NL', 0, 1);
             insert into checkpoint values ('{t}', 1, 'x', 'note', now());
             insert into logo values ('{t}', sha256('x'), 'x', now());
             insert into app_password (tenant_id, app_password_id, member_id, label, mac, made_at)
               select tenant_id, '{t}', member_id, 'mail', 'x', now() from member where tenant_id = '{t}' limit 1;
             insert into security_answer select tenant_id, member_id, 'first-school', 'x', now() from member where tenant_id = '{t}' limit 1;
             insert into block (tenant_id, block_id, member_id, cause, reason, blocked_at, until)
               select tenant_id, '{t}', member_id, 'admin', 'x', now(), now() + interval '1 day' from member where tenant_id = '{t}' limit 1;
             insert into bypass (tenant_id, bypass_id, member_id, reason, opened_at, until)
               select tenant_id, '{t}', member_id, 'x', now(), now() + interval '1 day' from member where tenant_id = '{t}' limit 1;
             insert into emergency_key (tenant_id, key_id, member_id, mac, made_at, valid_until)
               select tenant_id, '{t}', member_id, 'x', now(), now() + interval '1 day' from member where tenant_id = '{t}' limit 1;
             insert into password_reset (tenant_id, reset_id, member_id, session_id, token_hash, epoch, created_at, expires_at)
               select tenant_id, '{t}', member_id, 1, 'x', 0, now(), now() + interval '1 day' from member where tenant_id = '{t}' limit 1;
             insert into trusted_network (tenant_id, network_id, name, range, made_at) values ('{t}', '{t}', 'office', '192.0.2.0/24', now());
             insert into remembered_device (tenant_id, device_id, member_id, hash, agent, epoch, made_at, expires_at)
               select tenant_id, '{t}', member_id, 'x', 'Firefox', 0, now(), now() + interval '1 day' from member where tenant_id = '{t}' limit 1;
             insert into notice_link (tenant_id, link_id, member_id, token_hash, kind, since, expires_at)
               select tenant_id, '{t}', member_id, 'x', 'password.set', now(), now() + interval '7 days' from member where tenant_id = '{t}' limit 1;
             insert into ticket (tenant_id, ticket_id, number, subject_id, session_id, page, shown, source_mac, sealed, filed_at, moved_at)
               values ('{t}', '{t}', 10000000, '{t}', 1, '/', 'name', 'x', 'x', now(), now());
             insert into ticket_message (tenant_id, message_id, ticket_id, kind, sealed, written_at) values ('{t}', '{t}', '{t}', 'member', 'x', now());
             insert into call_pin (tenant_id, member_id, phc, set_at)
               select tenant_id, member_id, 'x', now() from member where tenant_id = '{t}' limit 1;"
        ))
        .await;
    }
    let tables: Vec<String> = noord
        .tables()
        .await
        .into_iter()
        .filter(|(_, class)| class == "tenant")
        .map(|(table, _)| table)
        .collect();
    assert!(tables.len() >= 20, "{tables:?}");
    for table in &tables {
        for app in [&noord, &zuid] {
            let rows = app
                .seen_by_superuser(format!("select count(*)::text from \"{table}\" where tenant_id = '{}'", app.tenant))
                .await;
            assert_ne!(rows, ["0"], "{table} has no row to protect: write one above");
        }
    }
    let before = zuid.rows().await;
    let pool = sqlx::PgPool::connect(&noord.database.app_url).await.expect("the application's role");
    let run = |tenant: Option<TenantId>, sql: String| {
        let pool = pool.clone();
        async move {
            let mut connection = pool.acquire().await.expect("a connection");
            let begin = tenant.map_or_else(|| String::from("begin"), |t| format!("begin; select set_config('app.tenant', '{t}', true)"));
            sqlx::raw_sql(sqlx::AssertSqlSafe(begin)).execute(&mut *connection).await.expect("begun");
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await;
            sqlx::raw_sql("rollback").execute(&mut *connection).await.expect("rolled back");
            done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
        }
    };
    for table in &tables {
        let own = noord
            .seen_by_superuser(format!("select count(*)::text from \"{table}\" where tenant_id = '{}'", noord.tenant))
            .await[0]
            .parse::<u64>()
            .expect("a number");
        let mut tx = noord.domain.db().tenant(noord.tenant).await.expect("a transaction");
        let seen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from \"{table}\"")))
            .fetch_one(&mut *tx)
            .await
            .expect("counted");
        tx.commit().await.expect("committed");
        assert_eq!(seen as u64, own, "{table}");
        let unseen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from \"{table}\"")))
            .fetch_one(&pool)
            .await
            .expect("counted");
        assert_eq!(unseen, 0, "{table}: without a tenant there is nothing to see");
        for tenant in [Some(noord.tenant), None] {
            let mine = if tenant.is_some() { own } else { 0 };
            for sql in [format!("update \"{table}\" set tenant_id = tenant_id"), format!("delete from \"{table}\"")] {
                match run(tenant, sql.clone()).await {
                    Ok(rows) => assert_eq!(rows, mine, "{sql} under {tenant:?}"),
                    Err(error) => assert!(
                        error.contains("permission denied") || (tenant.is_some() && error.contains("foreign key")),
                        "{sql} under {tenant:?}: {error}"
                    ),
                }
            }
            let moved = run(tenant, format!("update \"{table}\" set tenant_id = '{}'", zuid.tenant)).await;
            assert!(
                moved == Ok(0) && tenant.is_none() || moved.is_err(),
                "{table}: rows cannot be moved to another tenant: {moved:?}"
            );
            let copied = run(tenant, format!("insert into \"{table}\" (tenant_id) values ('{}')", zuid.tenant))
                .await
                .expect_err("written for another tenant");
            assert!(
                copied.contains("row-level security")
                    || copied.contains("permission denied")
                    || copied.contains("null value")
                    || copied.contains("no partition"),
                "{table}: {copied}"
            );
        }
    }
    assert_eq!(before, zuid.rows().await);
}

/// E4, C9, bars 19 to 22: seeds, hashes and one-time secrets are in no view that can be serialised or printed, and stand nowhere in the database as
/// they are.
#[tokio::test]
async fn e4_no_view_and_no_table_holds_a_secret() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let (directory, methods, domain) = (app.domain.directory(), app.domain.methods(), &app.domain);
    let of = MemberRef::Id(ann.id);
    let me = app.signed_in(&ann, 2, 0);
    let recovery = methods.new_recovery_codes(&me).await.expect("codes");
    let waiting = methods.begin_totp(&me).await.expect("a square");
    let link = directory.make_set_up_link(&app.admin, &of).await.expect("a link");
    let pass = methods.give_pass(&app.admin, &of, PassTerms::default(), "test").await.expect("a pass");
    let boss = MemberRef::Id(app.member_with_roles("boss", &[Role::GlobalAdmin]).await.id);
    let emergency = domain.sign_in().make_emergency_key(&app.admin, &boss, 365).await.expect("a key").reveal();
    let signing_in = domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    domain.sign_in().password(&signing_in, PASSWORD, &client()).await.expect("an outcome");
    let typed = app.code(&ann);
    let answer = app.verify(ann.upn.as_str(), &typed).await.expect("an answer");
    let wrong = app.verify(ann.upn.as_str(), "987612").await.expect("an answer");
    domain
        .sign_in()
        .create_session(b"the id of a session, 32 bytes ..", &{
            let mut session = NewSession::of_attempt(Some(app.tenant), signing_in.attempt, SessionStage::Full, 2, client());
            session.member = Some(ann.id);
            session
        })
        .await
        .expect("a session");

    let phc = app.seen_by_superuser("select phc from password").await.remove(0);
    let mut canaries = vec![
        PASSWORD.to_owned(),
        link.reveal(),
        app.key.reveal(),
        pass.reveal(),
        pass.reveal().replace('-', ""),
        emergency.replace('-', ""),
        emergency,
    ];
    let mut secret = |bytes: &[u8]| {
        canaries.push(HEXLOWER.encode(bytes));
        canaries.push(data_encoding::BASE32_NOPAD.encode(bytes));
        canaries.push(data_encoding::BASE64_NOPAD.encode(bytes));
        canaries.push(BASE64URL_NOPAD.encode(bytes));
        canaries.push(format!("{bytes:?}"));
    };
    secret(&ann.seed);
    secret(waiting.seed.expose());
    secret(b"the id of a session, 32 bytes ..");
    secret(&BASE64URL_NOPAD.decode(link.reveal().as_bytes()).expect("a token")[32..]);
    secret(
        &HEXLOWER
            .decode(app.key.reveal().rsplit('_').next().unwrap_or_default().as_bytes())
            .expect("a secret"),
    );
    for code in recovery.reveal() {
        canaries.push(code.replace('-', ""));
        canaries.push(code);
    }
    // What is made of them stands in the database, and is shown nowhere either.
    let mut made_of_them = vec![phc.clone(), phc.rsplit('$').next().unwrap_or_default().to_owned()];
    for hashed in [
        "hash from api_key",
        "token_hash from set_up_link",
        "mac from recovery_code",
        "mac from access_pass",
        "mac from emergency_key",
        "id_hash from session",
        "sealed from method",
        "wrapped from subject_key",
    ] {
        let (column, table) = hashed.split_once(" from ").expect("two words");
        let stored = app
            .seen_by_superuser(format!("select encode({column}, 'hex') from {table} where {column} is not null"))
            .await;
        assert!(!stored.is_empty(), "{hashed}");
        made_of_them.extend(stored);
    }
    assert!(canaries.iter().chain(&made_of_them).all(|canary| canary.len() >= 6));

    let json = |value: serde_json::Result<serde_json::Value>| value.expect("JSON").to_string();
    let journal = domain.journal();
    let case = journal.attempt(&app.admin, answer.session_id).await.expect("a case");
    let views = [
        json(serde_json::to_value(directory.member(&app.admin, &of).await.expect("a view"))),
        json(serde_json::to_value(
            directory.members(&app.admin, &MemberQuery::default()).await.expect("a page"),
        )),
        json(serde_json::to_value(directory.tenants(Operator::console()).await.expect("tenants"))),
        json(serde_json::to_value(directory.policy(&app.admin).await.expect("a policy"))),
        json(serde_json::to_value(methods.mine(&me).await.expect("info"))),
        json(serde_json::to_value(methods.of(&app.admin, &of).await.expect("info"))),
        json(serde_json::to_value(&answer)),
        json(serde_json::to_value(&wrong)),
        json(serde_json::to_value(&case)),
        json(serde_json::to_value(journal.sign_ins(&app.admin, &SignInQuery::default()).await.expect("rows"))),
        json(serde_json::to_value(journal.audit(&app.admin, &AuditQuery::default()).await.expect("rows"))),
        format!(
            "{:?}",
            domain
                .sign_in()
                .look(app.tenant, signing_in.attempt.expect("an attempt"))
                .await
                .expect("a view")
        ),
        format!("{waiting:?} {recovery:?} {link:?} {pass:?} {:?} {:?}", app.key, OfferedCode::parse("123456")),
    ];
    for (n, view) in views.iter().enumerate() {
        // Six digits may stand inside a longer number by chance.
        let words: Vec<&str> = view.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        assert!(!words.contains(&typed.as_str()), "view {n} holds the code: {view}");
        for canary in canaries.iter().chain(&made_of_them) {
            assert!(!view.contains(canary.as_str()), "view {n} holds {canary}: {view}");
        }
    }

    let mut dump = String::new();
    for (table, _) in app.tables().await {
        dump.extend(app.seen_by_superuser(format!("select t::text from \"{table}\" t")).await);
    }
    let plain: Vec<&String> = canaries.iter().filter(|canary| dump.contains(canary.as_str())).collect();
    assert!(plain.is_empty(), "stands in the database as it is: {plain:?}");
    assert!(
        dump.contains(ann.upn.as_str()) && made_of_them.iter().all(|made| dump.contains(made.as_str())),
        "the dump is one"
    );
}
