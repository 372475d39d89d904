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
