//! Who opens a bypass for himself, and who never does.

use super::*;
use crate::{actor::Operator, directory::block::BlockTerm, sign_in::PasswordOutcome, testing::*};

fn why() -> CleanText<REASON_CHARACTERS_MAX> {
    CleanText::parse("The key stays at the office").expect("a reason")
}

async fn allows(app: &TestApp, self_bypass: bool) {
    let trust = Trust {
        self_bypass,
        ..Trust::default()
    };
    app.domain.directory().set_trust(&app.admin, trust, "test").await.expect("published");
}

#[tokio::test]
async fn a_member_skips_the_second_step_once_where_the_tenant_allows() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    app.set_state(&ann, MfaState::Enforced).await;
    let (methods, me) = (app.domain.methods(), app.signed_in(&ann, 2, 1));
    let refused = methods.open_own_bypass(&me, &why()).await;
    assert!(matches!(refused, Err(MethodError::NotAllowed(_))), "off at birth: {refused:?}");
    assert!(!methods.own_bypass(&me).await.expect("told").offered);

    allows(&app, true).await;
    assert!(methods.own_bypass(&me).await.expect("told").offered);
    for (level, minutes) in [(1, 1), (2, 10), (2, 600)] {
        let stale = app.signed_in(&ann, level, minutes);
        let refused = methods.open_own_bypass(&stale, &why()).await;
        assert!(matches!(refused, Err(MethodError::StepUp)), "{level} {minutes}: {refused:?}");
    }
    let opened = methods.open_own_bypass(&me, &why()).await.expect("open");
    assert_eq!(opened.until, app.now() + SignedDuration::from_secs(BYPASS_SECONDS));
    assert_eq!(methods.own_bypass(&me).await.expect("told").open, Some(opened));
    let by = "select count(*) from bypass b join member m on m.member_id = b.opened_by where b.member_id = m.member_id";
    assert_eq!(app.number(by).await, 1, "it says who");
    assert_eq!(app.number("select count(*) from audit_log where event = 'bypass.opened'").await, 1);
    assert_eq!(app.number("select count(*) from outbox where kind = 'bypass.opened'").await, 1);

    // One verification is let through, and no more.
    let sign_in = app.domain.sign_in();
    let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
    let outcome = sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
    assert!(matches!(outcome, PasswordOutcome::Done(_)), "{outcome:?}");
    assert_eq!(app.number("select count(*) from auth_log where reason = 'bypassed'").await, 1);
    assert_eq!(methods.own_bypass(&me).await.expect("told").open, None, "used");
    assert!(matches!(methods.close_own_bypass(&me).await, Err(MethodError::Unknown)));

    // It may be ended, and ends by itself.
    methods.open_own_bypass(&me, &why()).await.expect("open");
    methods.close_own_bypass(&app.signed_in(&ann, 2, 600)).await.expect("ended");
    assert_eq!(methods.own_bypass(&me).await.expect("told").open, None);
    assert_eq!(app.number("select count(*) from audit_log where event = 'bypass.closed'").await, 1);
    methods.open_own_bypass(&me, &why()).await.expect("open");
    app.wait(BYPASS_SECONDS);
    assert_eq!(methods.own_bypass(&me).await.expect("told").open, None);
}

/// Never for anybody with a role, nobody who is blocked, nothing in the strict profile, and not for one who has no second factor to skip.
#[tokio::test]
async fn nobody_else_opens_a_bypass_for_himself() {
    let app = TestApp::new().await;
    allows(&app, true).await;
    let methods = app.domain.methods();
    let refused = async |member: &TestMember, what: &str| {
        let me = app.signed_in(member, 2, 1);
        let refused = methods.open_own_bypass(&me, &why()).await;
        assert!(matches!(refused, Err(MethodError::NotAllowed(_))), "{what}: {refused:?}");
        assert!(!methods.own_bypass(&me).await.expect("told").offered, "{what}");
    };
    for role in Role::ALL.iter().filter(|role| **role != Role::Member) {
        let chief = app.with_app(app.member_with_roles(&format!("chief{}", role.rank()), &[*role]).await).await;
        refused(&chief, role.as_str()).await;
        app.domain.directory().remove_member(&app.admin, &MemberRef::Id(chief.id), "x").await.ok();
    }
    let ops = app.member_with_both("ops").await;
    app.domain
        .directory()
        .grant_operator(Operator::console(), app.tenant, ops.id)
        .await
        .expect("granted");
    refused(&ops, "an operator").await;
    let bare = app.member_with_password("bare").await;
    refused(&bare, "without a factor").await;
    let bob = app.member_with_both("bob").await;
    app.domain
        .directory()
        .block(&app.admin, &MemberRef::Id(bob.id), BlockTerm::default(), "x")
        .await
        .expect("blocked");
    refused(&bob, "blocked").await;
    let ann = app.member_with_both("ann").await;
    let mut strict = app.signed_in(&ann, 2, 1);
    strict.strict = true;
    assert!(matches!(methods.open_own_bypass(&strict, &why()).await, Err(MethodError::NotAllowed(_))));

    // A role that comes ends what was open.
    methods.open_own_bypass(&app.signed_in(&ann, 2, 1), &why()).await.expect("open");
    app.domain
        .directory()
        .grant_role(&app.admin, &MemberRef::Id(ann.id), Role::Support)
        .await
        .expect("granted");
    assert_eq!(app.number("select count(*) from bypass where ended_at is null").await, 0);
}
