//! Abuse case A14: the emergency key is long, counted, told, and good once.

use super::*;
use crate::testing::*;

async fn made(app: &TestApp, member: &TestMember) -> String {
    let of = MemberRef::Id(member.id);
    app.domain.sign_in().make_emergency_key(&app.admin, &of, 365).await.expect("a key").reveal()
}

async fn typed(app: &TestApp, upn: &Upn, key: &str) -> KeyOutcome {
    app.domain.sign_in().use_emergency_key(upn, key, &client()).await.expect("an outcome")
}

async fn admin(app: &TestApp, name: &str) -> TestMember {
    app.with_app(app.member_with_roles(name, &[Role::GlobalAdmin]).await).await
}

/// The key with its last character another one.
fn almost(key: &str) -> String {
    let last = if key.ends_with('7') { '8' } else { '7' };
    format!("{}{last}", &key[..key.len() - 1])
}

fn from_elsewhere(n: u8) -> Client {
    Client {
        address: Some(std::net::IpAddr::from([198, 51, 100, n])),
        agent: None,
    }
}

#[tokio::test]
async fn a14_an_emergency_key_is_long_used_once_and_told() {
    let app = TestApp::new().await;
    let (ann, bob) = (admin(&app, "ann").await, admin(&app, "bob").await);
    let key = made(&app, &ann).await;
    let letters = key.chars().filter(|c| *c != '-').count();
    assert!(letters * 5 >= 128, "{letters} characters of five bits");

    assert!(matches!(typed(&app, &bob.upn, &key).await, KeyOutcome::Wrong), "it is one member's");
    assert!(matches!(typed(&app, &ann.upn, &almost(&key)).await, KeyOutcome::Wrong));
    let sloppy = key.replace('-', " ").to_lowercase().replace('0', "o").replace('1', "l");
    let KeyOutcome::Right(link) = typed(&app, &ann.upn, &sloppy).await else {
        panic!("it opens")
    };
    assert!(matches!(typed(&app, &ann.upn, &key).await, KeyOutcome::Wrong), "once");
    let found = app.domain.directory().set_up_link(&link).await.expect("a link");
    assert!(found.member.id == ann.id && found.expires_at.duration_since(app.now()) <= SignedDuration::from_mins(15));
    assert_eq!(
        app.number("select count(*) from method where state <> 'removed'").await,
        1,
        "only the other admin's"
    );
    assert_eq!(app.number("select count(*) from outbox where kind = 'emergency_used'").await, 1, "it is told");
    assert_eq!(app.number("select count(*) from audit_log where event = 'emergency_key.used'").await, 1);
}

#[tokio::test]
async fn a14_wrong_emergency_keys_wait_and_warn_and_look_alike() {
    let app = TestApp::new().await;
    let (ann, bob) = (admin(&app, "ann").await, admin(&app, "bob").await);
    let key = made(&app, &ann).await;
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    let unknown = Upn::parse("ann@elsewhere.example").expect("a name");
    assert!(matches!(typed(&app, &unknown, &key).await, KeyOutcome::Wrong));
    for upn in [&ann.upn, &bob.upn, &nobody] {
        for _ in 0..10 {
            assert!(matches!(typed(&app, upn, &almost(&key)).await, KeyOutcome::Wrong), "{upn}");
        }
        let outcome = typed(&app, upn, &key).await;
        assert!(
            matches!(outcome, KeyOutcome::Wait { until } if until > app.now()),
            "{upn}: the right one is not looked at"
        );
    }
    let warned = "select count(*) from outbox where kind = 'emergency_refused'";
    assert_eq!(app.number(warned).await, 1, "once, about the one who has a key");
    assert_eq!(app.number("select count(*) from audit_log where event = 'emergency_key.refused'").await, 30);
    // Another source is not kept out: nobody can take the key out of use by wrong ones.
    let outcome = app.domain.sign_in().use_emergency_key(&ann.upn, &key, &from_elsewhere(9)).await;
    assert!(matches!(outcome, Ok(KeyOutcome::Right(_))));
}

#[tokio::test]
async fn a14_a_key_is_made_at_the_console_for_those_with_all_rights_and_ends_with_them() {
    let app = TestApp::new().await;
    let (ann, bob, cas) = (admin(&app, "ann").await, admin(&app, "bob").await, app.member_with_app("cas").await);
    let sign_in = app.domain.sign_in();
    let by_web = Admin::new(app.tenant, Who::Member(bob.id), vec![Role::GlobalAdmin]);
    assert!(sign_in.make_emergency_key(&by_web, &MemberRef::Id(ann.id), 365).await.is_err());
    assert!(sign_in.make_emergency_key(&app.admin, &MemberRef::Id(cas.id), 365).await.is_err());
    for days in [0, 1_826] {
        assert!(sign_in.make_emergency_key(&app.admin, &MemberRef::Id(ann.id), days).await.is_err());
    }
    let (first, second) = (made(&app, &ann).await, made(&app, &ann).await);
    assert!(
        matches!(typed(&app, &ann.upn, &first).await, KeyOutcome::Wrong),
        "a new one ends the one before"
    );
    let directory = app.domain.directory();
    directory
        .withdraw_role(&app.admin, &MemberRef::Id(ann.id), Role::GlobalAdmin)
        .await
        .expect("withdrawn");
    assert!(
        matches!(typed(&app, &ann.upn, &second).await, KeyOutcome::Wrong),
        "without the role it opens nothing"
    );
    let bobs = made(&app, &bob).await;
    assert!(sign_in.withdraw_emergency_key(&app.admin, &MemberRef::Id(bob.id)).await.expect("withdrawn"));
    assert!(matches!(typed(&app, &bob.upn, &bobs).await, KeyOutcome::Wrong));
    let late = made(&app, &bob).await;
    app.as_superuser("update emergency_key set made_at = made_at - interval '366 days', valid_until = valid_until - interval '366 days'")
        .await;
    assert!(
        matches!(typed(&app, &bob.upn, &late).await, KeyOutcome::Wrong),
        "its time has run out, without any job"
    );
}

/// Thirty-two at once, from as many places, on two nodes: it opens once.
#[tokio::test]
async fn a14_one_emergency_key_in_parallel_opens_once() {
    let app = TestApp::new().await;
    let ann = admin(&app, "ann").await;
    let key = made(&app, &ann).await;
    let other = app.second_node().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..32 {
        let (domain, key, upn) = (if n % 2 == 0 { app.domain.clone() } else { other.clone() }, key.clone(), ann.upn.clone());
        tasks.spawn(async move {
            let outcome = domain.sign_in().use_emergency_key(&upn, &key, &from_elsewhere(n)).await;
            matches!(outcome, Ok(KeyOutcome::Right(_)))
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|opened| *opened).count(), 1);
}
