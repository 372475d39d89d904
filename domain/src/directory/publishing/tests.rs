//! Whole policies against a fresh Postgres: two admins at once, what a change would do, and that no change locks everybody out.

use super::*;
use crate::testing::*;
use model::{Rule, RuleState, Subjects, Then};

fn rule(name: &str, then: Then, roles: &[Role]) -> Rule {
    Rule {
        name: name.to_owned(),
        state: RuleState::On,
        who: Subjects {
            roles: roles.to_vec(),
            ..Subjects::default()
        },
        applications: Vec::new(),
        actions: Vec::new(),
        then,
    }
}

async fn present(app: &TestApp) -> PolicyView {
    app.domain.directory().policy_version(&app.admin, None).await.expect("a policy")
}

fn new(based_on: i32, document: PolicyDocument) -> NewPolicy<'static> {
    NewPolicy {
        based_on,
        document,
        reason: "test",
    }
}

#[tokio::test]
async fn a_document_is_read_listed_and_replaced() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let first = present(&app).await;
    assert_eq!((first.of.version, first.of.published_by.clone()), (1, None));
    let mut changed = first.document.clone();
    changed.limits.lockout_after = 20;
    let ann = app.member_with_roles("ann", &[Role::PolicyAdmin]).await;
    let by_ann = Admin::new(app.tenant, Who::Member(ann.id), vec![Role::PolicyAdmin]);
    assert_eq!(directory.replace_policy(&by_ann, new(1, changed.clone())).await.expect("published"), 2);
    let second = present(&app).await;
    assert_eq!(second.document, changed);
    let author = second.of.published_by.clone().expect("an author");
    assert_eq!((author.kind, author.name.as_deref()), ("member", Some("ann@noord.example")));
    assert_eq!(directory.policy_version(&app.admin, Some(1)).await.expect("the first"), first);
    assert!(matches!(
        directory.policy_version(&app.admin, Some(3)).await,
        Err(DirectoryError::Unknown("policy"))
    ));
    let page = directory.policy_versions(&app.admin, None, 1).await.expect("a page");
    assert_eq!(page.items, [second.of]);
    let next = directory.policy_versions(&app.admin, page.next_cursor.as_ref(), 1).await.expect("a page");
    assert_eq!((next.items, next.next_cursor), (vec![first.of], None));
    // Before and after stand in the audit log, with who and why.
    let told = app
        .seen_by_superuser("select event || ' ' || actor_kind from audit_log where event = 'policy.published' order by occurred_at")
        .await;
    assert_eq!(told, ["policy.published member"]);
    for (roles, reads, writes) in [
        (vec![Role::Reader], true, false),
        (vec![Role::Support], false, false),
        (vec![Role::AuthAdmin], true, false),
    ] {
        let by = Admin::new(app.tenant, Who::Member(ann.id), roles);
        assert_eq!(directory.policy_version(&by, None).await.is_ok(), reads);
        assert_eq!(directory.replace_policy(&by, new(2, changed.clone())).await.is_ok(), writes);
    }
}

/// What one admin has published is not lost by what another one publishes on the version before it: of many who begin at the same one, one gets through.
#[tokio::test]
async fn two_admins_at_once_lose_nothing() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let document = present(&app).await.document;
    let with = |n: i32| {
        let mut document = document.clone();
        document.limits.lockout_after = n;
        directory.replace_policy(&app.admin, new(1, document))
    };
    let told = futures_util::future::join_all((1..=8).map(with)).await;
    assert_eq!(told.iter().filter(|told| told.is_ok()).count(), 1);
    for refused in told.into_iter().filter_map(std::result::Result::err) {
        assert!(matches!(refused, DirectoryError::PolicyMovedOn { present: 2, based_on: 1 }), "{refused}");
        assert_eq!(refused.to_string(), "version 2 of the policy is in force; the change was made on version 1");
    }
}

#[tokio::test]
async fn every_problem_is_told_and_nothing_is_written() {
    let app = TestApp::new().await;
    let mut bad = present(&app).await.document;
    bad.limits.lockout_after = 0;
    bad.reset.gates = 0;
    let refused = app.domain.directory().replace_policy(&app.admin, new(1, bad)).await.expect_err("bad");
    assert_eq!(
        refused.to_string(),
        "limits.lockout_after: 0 is not between 1 and 99; reset.gates: 0 is not between 1 and 2"
    );
    assert_eq!(refused.code(), ErrorCode::Invalid);
    assert_eq!(present(&app).await.of.version, 1);
    let torn = json!({ "methods": [{ "kind": "totp", "uses": ["mfa", "door"] }] });
    assert!(read_document(torn).expect_err("torn").to_string().starts_with("methods[0].uses[1]: "));
    assert!(read_document(json!([])).is_err());
}

/// Product rule 8: what a change would do is told before it is done, and nothing is written.
#[tokio::test]
async fn a_trial_counts_who_would_be_asked_and_who_would_have_nothing() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let by_app = app.member_with_app("ann").await;
    app.set_state(&by_app, MfaState::Enforced).await;
    app.member("bob").await;
    app.member("cor").await;
    let mut document = present(&app).await.document;
    document.rules.push(rule("Everywhere", Then::RequireMfa, &[]));
    let trial = directory.try_policy(&app.admin, new(1, document.clone())).await.expect("a trial");
    let expected = PolicyEffect {
        members: 3,
        newly_asked_to_register: 2,
        newly_prompted: 2,
        complete: true,
        ..PolicyEffect::default()
    };
    assert_eq!(trial.effect, expected);
    assert_eq!(trial.changes.iter().map(|c| c.field.as_str()).collect::<Vec<_>>(), ["rules"]);
    document.methods.retain(|row| row.kind != MethodKind::Totp);
    document.rules[0].applications = vec![String::from("VPN")];
    document.rules.push(Rule {
        applications: vec![String::from("Mail")],
        ..rule("No mail", Then::Block, &[])
    });
    let trial = directory.try_policy(&app.admin, new(1, document)).await.expect("a trial");
    let expected = PolicyEffect {
        newly_asked_to_register: 3,
        left_without_method: 1,
        newly_blocked: 3,
        ..expected
    };
    assert_eq!(trial.effect, expected);
    assert_eq!(present(&app).await.of.version, 1, "nothing was written");
    assert_eq!(app.number("select count(*) from audit_log where event = 'policy.published'").await, 0);
}

/// Product rule 8 and 13.5: no change of the policy, by whatever verb, leaves the tenant without a global admin who can get in.
#[tokio::test]
async fn no_change_locks_out_the_last_global_admin() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let document = present(&app).await.document;
    let locks = |told: std::result::Result<i32, DirectoryError>| matches!(told, Err(DirectoryError::PolicyLocksOut(_)));
    let blocked = |roles: &[Role]| {
        let mut document = document.clone();
        document.rules.push(rule("Nobody", Then::Block, roles));
        document
    };
    // No global admin is there: nothing is to be lost.
    assert!(directory.try_policy(&app.admin, new(1, blocked(&[]))).await.is_ok());
    let admin = app.member_with_roles("eva", &[Role::GlobalAdmin]).await;
    assert!(
        locks(directory.replace_policy(&app.admin, new(1, blocked(&[]))).await),
        "he could register until now"
    );
    app.with_app(admin).await;
    for roles in [&[][..], &[Role::GlobalAdmin]] {
        assert!(locks(directory.replace_policy(&app.admin, new(1, blocked(roles))).await));
        assert!(locks(directory.try_policy(&app.admin, new(1, blocked(roles))).await.map(|_| 1)));
    }
    let mut without = document.clone();
    without.methods.retain(|row| row.kind != MethodKind::Totp);
    assert!(locks(directory.replace_policy(&app.admin, new(1, without.clone())).await), "his method is off");
    let mut passkeys = document.clone();
    passkeys.rules.push(rule("Passkeys", Then::RequirePhishingResistant, &[Role::GlobalAdmin]));
    assert!(
        locks(directory.replace_policy(&app.admin, new(1, passkeys.clone())).await),
        "his method will not do"
    );
    // The older verbs pass the same guard.
    assert!(locks(directory.publish_policy(&app.admin, without.clone()).await));
    assert!(locks(directory.change_policy(&app.admin, "test", |_| without.clone()).await));
    let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
    assert!(locks(directory.change_policy_in(&mut tx, &app.admin, "test", |_| without.clone()).await));
    drop(tx);
    // What is only reported, or about others, or about an application, leaves him in.
    let mut reported = blocked(&[]);
    reported.rules[0].state = RuleState::ReportOnly;
    assert!(directory.try_policy(&app.admin, new(1, reported)).await.is_ok());
    assert!(directory.try_policy(&app.admin, new(1, blocked(&[Role::Reader]))).await.is_ok());
    // A second admin with something that will do is enough, as long as he is not blocked.
    let other = app.member_with_roles("fem", &[Role::GlobalAdmin]).await;
    app.as_superuser(format!(
        "insert into method (tenant_id, method_id, member_id, kind, label, state, created_at) values ('{}', '{}', '{}', 'passkey', 'key', 'active', now())",
        app.tenant, other.id, other.id
    ))
    .await;
    assert!(directory.try_policy(&app.admin, new(1, without.clone())).await.is_ok());
    directory
        .block(&app.admin, &MemberRef::Id(other.id), block::BlockTerm::default(), "test")
        .await
        .expect("blocked");
    assert!(locks(directory.replace_policy(&app.admin, new(1, without)).await));
    assert_eq!(present(&app).await.of.version, 1);
}

async fn holds(app: &TestApp, member: &TestMember, kind: &str, params: &str) {
    app.as_superuser(format!(
        "insert into method (tenant_id, method_id, member_id, kind, label, state, params, created_at)
         values ('{}', gen_random_uuid(), '{}', '{kind}', '{kind}', 'active', '{params}', now())",
        app.tenant, member.id
    ))
    .await;
}

/// What looks like a method and opens nothing is no way in: a call without the PIN that it asks for, a phone of a country that nothing is sent to.
#[tokio::test]
async fn a_phone_out_of_reach_is_no_way_in() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let document = present(&app).await.document;
    let locks = |told: std::result::Result<PolicyTrial, DirectoryError>| matches!(told, Err(DirectoryError::PolicyLocksOut(_)));
    let admin = app.member_with_roles("eva", &[Role::GlobalAdmin]).await;
    holds(&app, &admin, "voice", r#"{"country": "NL"}"#).await;
    let mut pins = document.clone();
    pins.calls.pin = true;
    let mut abroad = document.clone();
    abroad.delivery.countries.retain(|country| country != "NL");
    assert!(locks(directory.try_policy(&app.admin, new(1, pins.clone())).await), "no PIN is chosen");
    assert!(locks(directory.try_policy(&app.admin, new(1, abroad)).await), "nothing is sent to his country");
    app.as_superuser(format!("insert into call_pin values ('{}', '{}', 'phc', now())", app.tenant, admin.id))
        .await;
    assert!(directory.try_policy(&app.admin, new(1, pins.clone())).await.is_ok());
    // The counts tell it of everybody.
    let bob = app.member("bob").await;
    holds(&app, &bob, "voice", r#"{"country": "NL"}"#).await;
    let trial = directory.try_policy(&app.admin, new(1, pins)).await.expect("a trial");
    assert_eq!(trial.effect.left_without_method, 1);
}

/// Registering counts as a way in only where sign-in would let him register.
#[tokio::test]
async fn registering_is_a_way_in_only_where_it_is_open() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let document = present(&app).await.document;
    let locks = |told: std::result::Result<PolicyTrial, DirectoryError>| matches!(told, Err(DirectoryError::PolicyLocksOut(_)));
    let eva = app.member_with_roles("eva", &[Role::GlobalAdmin]).await;
    let about = |then: Then| {
        let mut document = document.clone();
        document.rules.push(Rule {
            actions: vec![model::Action::RegisterSecurityInfo],
            ..rule("Registering", then, &[])
        });
        document
    };
    for then in [Then::Block, Then::RequirePhishingResistant] {
        assert!(locks(directory.try_policy(&app.admin, new(1, about(then))).await), "{then:?}");
    }
    assert!(directory.try_policy(&app.admin, new(1, about(Then::RequireMfa))).await.is_ok());
    let mut nothing = document.clone();
    for row in &mut nothing.methods {
        row.uses
            .retain(|wanted| *wanted != model::MethodUse::Mfa || row.kind == MethodKind::RecoveryCode);
    }
    assert!(locks(directory.try_policy(&app.admin, new(1, nothing)).await), "nothing is left to register");
    // In the strict profile a password alone registers nothing: it is no way in before the change either, so nothing is lost by it.
    app.as_superuser(format!("update tenant set profile = 'strict' where tenant_id = '{}'", app.tenant))
        .await;
    let way = async || {
        let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
        directory.way_of_the_admins(&mut tx, app.now()).await.expect("a way")
    };
    assert_eq!(way().await, Some(WayIn::None));
    app.as_superuser(format!("update tenant set profile = 'standard' where tenant_id = '{}'", app.tenant))
        .await;
    assert_eq!(way().await, Some(WayIn::ByRegistering));
    holds(&app, &eva, "sms", r#"{"country": "NL"}"#).await;
    assert_eq!(way().await, Some(WayIn::ByMethod));
    for (why, then) in [
        ("admin", WayIn::ByRegistering),
        ("too_many_wrong", WayIn::None),
        ("lost", WayIn::None),
        ("not_me", WayIn::None),
    ] {
        app.as_superuser(format!("update method set state = 'off', disabled_reason = '{why}'")).await;
        assert_eq!(way().await, Some(then), "{why}");
    }
}

/// The rules may stand still and the admins move: whoever is switched off, demoted, blocked or given another role leaves somebody behind who gets in.
#[tokio::test]
async fn no_change_of_an_admin_leaves_the_others_outside() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let mut document = present(&app).await.document;
    let eva = app.member_with_roles("eva", &[Role::GlobalAdmin, Role::Support]).await;
    let eva = app.with_app(eva).await;
    let fem = app.member_with_roles("fem", &[Role::GlobalAdmin, Role::Reader]).await;
    app.with_app(fem).await;
    let mut readers = rule("No readers", Then::Block, &[Role::Reader]);
    readers.who.except_roles = vec![Role::Support];
    document.rules.push(readers);
    directory.replace_policy(&app.admin, new(1, document)).await.expect("eva gets in");
    let eva = MemberRef::Id(eva.id);
    let last = |told: std::result::Result<(), DirectoryError>| matches!(told, Err(DirectoryError::LastGlobalAdmin));
    assert!(last(directory.set_enabled(&app.admin, &eva, false, "test").await.map(drop)));
    assert!(last(directory.remove_member(&app.admin, &eva, "test").await));
    assert!(last(directory.block(&app.admin, &eva, block::BlockTerm::default(), "test").await.map(drop)));
    assert!(last(directory.withdraw_role(&app.admin, &eva, Role::GlobalAdmin).await));
    // A role that the rule speaks of, while another one excepts her from it; then that one.
    directory.grant_role(&app.admin, &eva, Role::Reader).await.expect("she is excepted");
    assert!(last(directory.withdraw_role(&app.admin, &eva, Role::Support).await));
    directory.withdraw_role(&app.admin, &eva, Role::Reader).await.expect("nothing is lost");
    directory.withdraw_role(&app.admin, &eva, Role::Support).await.expect("nothing is lost");
    assert!(last(directory.grant_role(&app.admin, &eva, Role::Reader).await));
    // What was refused is undone as a whole.
    let roles = directory.member(&app.admin, &eva).await.expect("eva").roles;
    assert_eq!(roles, [Role::GlobalAdmin]);
    // A colleague who has nothing yet can register: the change goes through.
    app.member_with_roles("gus", &[Role::GlobalAdmin]).await;
    directory.withdraw_role(&app.admin, &eva, Role::GlobalAdmin).await.expect("gus registers");
}

/// Two changes that are harmless one by one: the one that comes second sees the first.
#[tokio::test]
async fn publishing_and_demoting_at_once_lock_nobody_out() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let eva = app.member_with_roles("eva", &[Role::GlobalAdmin]).await;
    let eva = app.with_app(eva).await;
    let fem = app.member_with_roles("fem", &[Role::GlobalAdmin, Role::Reader]).await;
    app.with_app(fem).await;
    let mut document = present(&app).await.document;
    document.rules.push(rule("No readers", Then::Block, &[Role::Reader]));
    let (eva, published) = (MemberRef::Id(eva.id), directory.replace_policy(&app.admin, new(1, document)));
    let (published, demoted) = tokio::join!(published, directory.withdraw_role(&app.admin, &eva, Role::GlobalAdmin));
    assert!(published.is_ok() != demoted.is_ok(), "{published:?} {demoted:?}");
}
