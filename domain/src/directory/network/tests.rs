//! Trusted networks against a fresh Postgres: their bounds, who may change them, and what a place may never open.

use super::*;
use crate::{actor::Client, clock::Clock, sign_in::PasswordOutcome, testing::*};
use model::Reason::TrustedNetwork;

fn name(text: &str) -> CleanText<NAME_CHARACTERS_MAX> {
    CleanText::parse(text).expect("a name")
}

async fn trusts(app: &TestApp, range: &str) -> Uuid {
    let added = app.domain.directory().add_network(&app.admin, &name("Office"), range, "test").await;
    added.expect("a network").id
}

async fn lets(app: &TestApp, networks_skip: bool) {
    let trust = Trust {
        networks_skip,
        ..Trust::default()
    };
    app.domain.directory().set_trust(&app.admin, trust, "test").await.expect("published");
}

async fn signs_in_from(app: &TestApp, member: &TestMember, address: &str) -> PasswordOutcome {
    let from = Client {
        address: address.parse().ok(),
        ..client()
    };
    let at = app.domain.sign_in().begin(&member.upn, None, &from).await.expect("an attempt");
    app.domain.sign_in().password(&at, PASSWORD, &from).await.expect("an outcome")
}

#[test]
fn a_range_is_read_and_what_is_wrong_is_said_with_its_value() {
    for (typed, read) in [
        ("192.0.2.0/24", "192.0.2.0/24"),
        (" 198.51.100.7 ", "198.51.100.7/32"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("2001:db8::/48", "2001:db8::/48"),
        ("2001:DB8:0:0::1", "2001:db8::1/128"),
    ] {
        assert_eq!(read_range(typed).map(|r| r.to_string()).as_deref(), Ok(read), "{typed}");
    }
    for (typed, told) in [
        ("", "'' is no network"),
        ("office", "'office' is no network"),
        ("192.0.2.0/33", "'192.0.2.0/33' is no network"),
        ("300.0.2.0/24", "'300.0.2.0/24' is no network"),
        ("192.0.2.7/24", "the network is 192.0.2.0/24"),
        ("2001:db8::1/48", "the network is 2001:db8::/48"),
        ("0.0.0.0/0", "'0.0.0.0/0' trusts too much of the world; /8"),
        ("::/0", "'::/0' trusts too much of the world; /16"),
        ("::ffff:192.0.2.0/120", "write it as IPv4"),
        ("192.0.2.0/24\n198.51.100.0/24", "is no network"),
    ] {
        let refused = read_range(typed).expect_err(typed);
        assert!(refused.contains(told), "{typed}: {refused}");
    }
}

#[tokio::test]
async fn a_trusted_network_skips_the_second_step_at_sign_in_alone() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    trusts(&app, "203.0.113.0/24").await;
    trusts(&app, "2001:db8:1::/48").await;
    assert_eq!(
        signs_in_from(&app, &ann, "203.0.113.9").await,
        PasswordOutcome::Second,
        "the policy does not let it yet"
    );
    lets(&app, true).await;
    for (address, skipped) in [
        ("203.0.113.9", true),
        ("203.0.114.9", false),
        ("2001:db8:1:2::3", true),
        ("2001:db8:2::3", false),
        ("nowhere", false),
    ] {
        let outcome = signs_in_from(&app, &ann, address).await;
        assert_eq!(matches!(outcome, PasswordOutcome::Done(_)), skipped, "{address}: {outcome:?}");
    }
    let rows = "select count(*) from auth_log where reason = 'trusted_network' and decision = 'allowed' and not second_factor";
    assert_eq!(app.number(rows).await, 2, "each says what let it through");
    assert_eq!(app.number("select count(*) from usage").await, 0);
    // From there by REST, and before a change: asked as everywhere.
    let answer = app.domain.verification().verify(&app.key, None, request(ann.upn.as_str(), None)).await;
    assert_eq!(answer.expect("an answer").decision, None, "a verification is a second factor");
    let me = app.signed_in(&ann, 1, 0);
    let step_up = app.domain.sign_in().begin_step_up(&me).await.expect("an attempt");
    let view = app
        .domain
        .sign_in()
        .look(app.tenant, step_up.attempt.expect("an attempt"))
        .await
        .expect("a view");
    assert_eq!(view.purpose, Purpose::StepUp, "a change asks");
    lets(&app, false).await;
    assert_eq!(signs_in_from(&app, &ann, "203.0.113.9").await, PasswordOutcome::Second);
}

/// Nobody with rights, nobody who is locked or blocked, no registration, no strict tenant, nobody of whom a rule asks a second factor.
#[tokio::test]
async fn a_trusted_network_is_no_way_around_anything() {
    let app = TestApp::new().await;
    trusts(&app, "203.0.113.0/24").await;
    lets(&app, true).await;
    let here = "203.0.113.9";
    let reader = app.member_with_roles("reader", &[Role::Reader]).await;
    let directory = app.domain.directory();
    directory
        .set_password(&app.admin, &MemberRef::Id(reader.id), PASSWORD)
        .await
        .expect("a password");
    let reader = app.with_app(reader).await;
    assert_eq!(signs_in_from(&app, &reader, here).await, PasswordOutcome::Second, "an admin shows a factor");
    let new = app.member_with_password("new").await;
    app.set_state(&new, MfaState::Enabled).await;
    assert_eq!(signs_in_from(&app, &new, here).await, PasswordOutcome::Register, "registration comes first");
    let ann = app.member_with_both("ann").await;
    assert!(matches!(signs_in_from(&app, &ann, here).await, PasswordOutcome::Done(_)));
    app.lock(&ann).await;
    assert!(matches!(
        signs_in_from(&app, &ann, here).await,
        PasswordOutcome::Refused { reason: Reason::Locked, .. }
    ));
    let bob = app.member_with_both("bob").await;
    let (_, mut policy) = directory.policy(&app.admin).await.expect("a policy");
    policy.rules.push(Rule {
        name: String::from("Everybody"),
        state: RuleState::On,
        who: Subjects::default(),
        applications: Vec::new(),
        actions: Vec::new(),
        then: Then::RequireMfa,
    });
    directory.publish_policy(&app.admin, policy).await.expect("published");
    assert_eq!(signs_in_from(&app, &bob, here).await, PasswordOutcome::Second, "a rule asks for it");

    let strict = TestApp::with(Clock::held(start()), Profile::Strict).await;
    trusts(&strict, "203.0.113.0/24").await;
    lets(&strict, true).await;
    let cas = strict.member_with_both("cas").await;
    assert_eq!(signs_in_from(&strict, &cas, here).await, PasswordOutcome::Second, "strict trusts no place");
    assert_eq!(
        strict.number("select count(*) from auth_log where decision = 'allowed'").await,
        0,
        "{TrustedNetwork}"
    );
}

#[tokio::test]
async fn networks_are_listed_renamed_removed_and_bounded() {
    let app = TestApp::new().await;
    let directory = app.domain.directory();
    let id = trusts(&app, "192.0.2.0/24").await;
    let twice = directory.add_network(&app.admin, &name("Again"), "192.0.2.0/24", "test").await;
    assert!(twice.expect_err("twice").to_string().contains("'192.0.2.0/24' is trusted already"));
    directory.rename_network(&app.admin, id, &name("Head office"), "moved").await.expect("renamed");
    let listed = directory.networks(&app.admin).await.expect("a list");
    assert_eq!(
        listed.iter().map(|n| (n.name.as_str(), n.range.to_string())).collect::<Vec<_>>(),
        [("Head office", String::from("192.0.2.0/24"))]
    );
    let zuid = app.neighbour("zuid").await;
    assert!(directory.networks(&zuid.admin).await.expect("a list").is_empty());
    assert!(matches!(
        directory.remove_network(&zuid.admin, id, "x").await,
        Err(DirectoryError::Unknown("network"))
    ));
    directory.remove_network(&app.admin, id, "closed").await.expect("removed");
    assert!(matches!(
        directory.remove_network(&app.admin, id, "x").await,
        Err(DirectoryError::Unknown("network"))
    ));
    assert!(matches!(
        directory.rename_network(&app.admin, id, &name("x"), "x").await,
        Err(DirectoryError::Unknown("network"))
    ));
    assert_eq!(app.number("select count(*) from audit_log where event like 'network.%'").await, 3);
    app.as_superuser(format!(
        "insert into trusted_network select '{}', gen_random_uuid(), 'n', ('10.0.' || n || '.0/24')::cidr, null, now() from generate_series(1, {NETWORKS_MAX}) n",
        app.tenant
    ))
    .await;
    let full = directory.add_network(&app.admin, &name("One more"), "192.0.2.0/24", "test").await;
    assert!(full.expect_err("full").to_string().contains("200 networks"));
    let ann = app.member_with_roles("ann", &[Role::AuthAdmin]).await;
    let auth = Admin::new(app.tenant, Who::Member(ann.id), vec![Role::AuthAdmin]);
    assert!(matches!(directory.networks(&auth).await, Err(DirectoryError::NotAllowed(_))));
    assert!(matches!(
        directory.add_network(&auth, &name("x"), "192.0.2.0/24", "x").await,
        Err(DirectoryError::NotAllowed(_))
    ));
    assert!(matches!(
        directory.rename_network(&auth, id, &name("x"), "x").await,
        Err(DirectoryError::NotAllowed(_))
    ));
    assert!(matches!(directory.remove_network(&auth, id, "x").await, Err(DirectoryError::NotAllowed(_))));
    assert!(matches!(
        directory.set_trust(&auth, Trust::default(), "test").await,
        Err(DirectoryError::NotAllowed(_))
    ));
    let far = Trust {
        remember_days: 31,
        ..Trust::default()
    };
    let refused = directory.set_trust(&app.admin, far, "test").await.expect_err("too long");
    assert_eq!(refused.to_string(), "trust.remember_days: 31 is not between 0 and 30");
}
