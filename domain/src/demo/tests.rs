//! The sample against a real Postgres, small: what is written is what the engine would have written, and it can be lived in.

use super::*;
use crate::{
    Node,
    actor::{Admin, Client, Operator},
    clock::Clock,
    db::Db,
    directory::MemberRef,
    journal::SignInQuery,
    methods::OathSeed,
    rng::Rng,
    sign_in::PasswordOutcome,
    vault::Vault,
    verification::{Answered, compare::OathGenerator},
};
use futures_util::TryStreamExt;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const SMALL: Order = Order {
    seed: 1,
    members: 75,
    pace: 0.3,
};

struct Sample {
    domain: Domain,
    database: testkit::TestDatabase,
    loaded: Loaded,
}

async fn service() -> (Domain, testkit::TestDatabase) {
    let database = testkit::database().await;
    let db = Db::connect(&database.app_url, 6).await.expect("the test database");
    let node = Node {
        name: "node-a".to_owned(),
        address: None,
        host: "localhost".to_owned(),
        origin: String::from("http://localhost:3000"),
    };
    let clock = Clock::held("2026-11-17T14:41:00Z".parse().expect("a moment"));
    (Domain::new(db, Vault::new(&[42; 32]), clock, Rng::System, node), database)
}

impl Sample {
    async fn new() -> Self {
        let (domain, database) = service().await;
        let loaded = domain.demo().load(&SMALL).await.expect("loaded");
        Self { domain, database, loaded }
    }

    /// An admin of each organisation, with its short name.
    async fn admins(&self) -> Vec<(String, Admin)> {
        let tenants = self.domain.directory().tenants(Operator::console()).await.expect("tenants");
        tenants.into_iter().map(|tenant| (tenant.slug, Admin::console(tenant.id))).collect()
    }

    async fn texts(&self, admin: &Admin, sql: &'static str) -> Vec<String> {
        let mut tx = self.domain.db().tenant(admin.tenant()).await.expect("a transaction");
        let texts = sqlx::query_scalar(sql).fetch_all(&mut *tx).await.expect(sql);
        tx.commit().await.expect("committed");
        texts
    }
}

/// Everything that needs the whole sample, in one test, because making it takes its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_is_what_the_engine_would_have_written() {
    let sample = Sample::new().await;
    let admins = sample.admins().await;
    assert_eq!(admins.len(), 3);
    let mut reasons = BTreeSet::new();
    for (slug, admin) in &admins {
        reasons.extend(sample.texts(admin, "select distinct reason from auth_log where tenant_id = app_tenant()").await);
        for (nothing, sql) in [
            (
                "usage is the log's second factors and nothing else",
                "select attempt_id::text from (
                   select attempt_id, (occurred_at at time zone 'UTC')::date as day from auth_log where second_factor) l
                 full join usage u using (attempt_id, day) where l.attempt_id is null or u.attempt_id is null or u.tenant_id <> app_tenant() or (select count(*) from usage) = 0",
            ),
            (
                "nothing is in the future, nothing older than the journal's memory",
                "select attempt_id::text from auth_log where started_at > occurred_at or occurred_at > timestamptz '2026-11-17T14:41:00Z' or occurred_at < timestamptz '2025-10-20'",
            ),
            ("nor is a change", "select audit_id::text from audit_log where occurred_at > timestamptz '2026-11-17T14:41:00Z'"),
            (
                "a timeline ends with what the log says",
                "select l.attempt_id::text from auth_log l join lateral (
                   select kind, detail from attempt_step s where s.tenant_id = l.tenant_id and s.attempt_id = l.attempt_id order by occurred_at desc, n desc limit 1) s on true
                 where s.kind <> 'decided' or s.detail->>'decision' <> l.decision or s.detail->>'reason' <> l.reason",
            ),
            (
                "what was not allowed has its steps",
                "select attempt_id::text from auth_log l where decision <> 'allowed' and not exists
                   (select from attempt_step s where s.tenant_id = l.tenant_id and s.attempt_id = l.attempt_id)",
            ),
            (
                "an attempt's row says what the log says",
                "select l.attempt_id::text from auth_log l join attempt a using (tenant_id, attempt_id)
                 where a.decision <> l.decision or a.decided_at <> l.occurred_at or a.session_id <> l.session_id",
            ),
            (
                "who is enforced has registered",
                "select upn from member m where mfa_state = 'enforced' and not exists (select from method x where x.member_id = m.member_id and x.state <> 'removed')",
            ),
        ] {
            let wrong = sample.texts(admin, sql).await;
            assert!(wrong.is_empty(), "{slug}: {nothing}: {} of them, such as {:?}", wrong.len(), wrong.first());
        }
        working_hours(&sample, slug, admin).await;
        every_session_id_opens_its_case(&sample, slug, admin).await;
    }
    let missing: Vec<&str> = Reason::ALL.iter().map(|r| r.as_str()).filter(|r| !reasons.contains(*r)).collect();
    assert!(missing.is_empty(), "these reasons never appear: {missing:?}");

    for organisation in &sample.loaded.organisations {
        assert!(
            organisation.locked > 0 && organisation.enabled > 0 && organisation.members >= 24,
            "{organisation:?}"
        );
        assert_eq!(
            organisation.people.iter().map(|card| card.what).collect::<Vec<_>>(),
            ["admin", "support", "member"]
        );
        for card in &organisation.people {
            signs_in(&sample, card).await;
        }
    }

    let again = sample.domain.demo().load(&SMALL).await.expect_err("a second time");
    assert!(matches!(&again, DemoError::Exists(taken) if taken.len() == 3), "{again}");
    assert!(again.to_string().contains("duinmeer, noordrand, terhagen"), "{again}");
    drop(sample.database);
}

/// Few come at night, at weekends and on holidays, more on Mondays.
async fn working_hours(sample: &Sample, slug: &str, admin: &Admin) {
    let moments = sample.texts(admin, "select started_at::text from auth_log").await;
    let (mut days, mut outside): (HashMap<jiff::civil::Date, u32>, usize) = Default::default();
    for moment in &moments {
        let at: Timestamp = moment.parse().expect("a moment");
        let local = at.to_zoned(calendar::zone());
        *days.entry(local.date()).or_default() += 1;
        outside += usize::from(!(6..20).contains(&local.hour()));
    }
    let share = outside as f64 / moments.len() as f64;
    assert!(share < if slug == "terhagen" { 0.25 } else { 0.12 }, "{slug}: {share:.3} outside working hours");
    let mean = |of: &dyn Fn(jiff::civil::Date) -> bool| {
        let year = super::year(sample.domain.clock().now());
        let counted: Vec<f64> = (0..year.days - 1)
            .map(|n| year.day(n))
            .filter(|day| of(*day))
            .map(|day| days.get(&day).copied().unwrap_or(0).into())
            .collect();
        counted.iter().sum::<f64>() / counted.len() as f64
    };
    let weekend = |day: jiff::civil::Date| day.weekday().to_monday_zero_offset() > 4;
    let working = mean(&|day| !weekend(day) && calendar::holiday(day).is_none());
    let off = mean(&|day| weekend(day) || calendar::holiday(day).is_some());
    let mondays = mean(&|day| day.weekday() == jiff::civil::Weekday::Monday && calendar::holiday(day).is_none());
    let most = if slug == "terhagen" { 0.8 } else { 0.3 };
    assert!(off < working * most, "{slug}: {off} on a day off, {working} on a working day");
    assert!(mondays > working, "{slug}: {mondays} on Mondays, {working} on a working day");
}

/// Every row has a session id that is found; some of each reason are opened as support would.
async fn every_session_id_opens_its_case(sample: &Sample, slug: &str, admin: &Admin) {
    let journal = sample.domain.journal();
    let lost = sample
        .texts(
            admin,
            "select attempt_id::text from auth_log l where not exists (select from session_locator s where s.session_id = l.session_id and s.attempt_id = l.attempt_id)",
        )
        .await;
    assert!(lost.is_empty(), "{slug}: {lost:?}");
    let rows: Vec<_> = journal
        .export(admin, &SignInQuery::default())
        .await
        .expect("a stream")
        .try_collect()
        .await
        .expect("rows");
    assert!(rows.len() > 1_000, "{slug}: {} rows", rows.len());
    let mut opened: BTreeMap<Reason, usize> = BTreeMap::new();
    for row in rows {
        assert_eq!(row.shown, crate::journal::Shown::Whole, "{slug}: {} opens", row.session_id);
        let personal = row.personal.expect("whole");
        assert!(personal.upn.ends_with(".example") && personal.client_ip.is_none_or(|ip| is_for_examples(&ip)));
        let reason = row.reason.expect("decided");
        let seen = opened.entry(reason).or_default();
        *seen += 1;
        if *seen <= 2 {
            let case = journal.attempt(admin, row.session_id).await.expect("a case");
            assert_eq!((case.row.reason, case.row.attempt_id), (Some(reason), row.attempt_id));
            assert!(
                case.row.decision == Some(Decision::Allowed) || case.steps.len() > 1,
                "{slug}: {} has {:?}",
                row.session_id,
                case.steps
            );
        }
    }
}

fn is_for_examples(address: &str) -> bool {
    ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"]
        .iter()
        .any(|net| address.starts_with(net))
}

/// What was printed opens the door: the password, and the code that the secret makes.
async fn signs_in(sample: &Sample, card: &SignInCard) {
    let (domain, client) = (&sample.domain, Client::default());
    let upn = Upn::parse(&card.upn).expect("a name");
    let begun = domain.sign_in().begin(&upn, None, &client).await.expect("an attempt");
    let outcome = domain.sign_in().password(&begun, &card.password, &client).await.expect("an outcome");
    assert_eq!(outcome, PasswordOutcome::Second, "{}", card.upn);
    let seed = OathSeed::parse(&card.secret).expect("a secret");
    let step = domain.clock().now().as_second() / 30;
    let code = OathGenerator::new(seed.expose(), OathParams::default()).code(step).to_string();
    let code = OfferedCode::parse(&code).expect("a code");
    let (tenant, attempt) = begun.tenant.zip(begun.attempt).expect("known");
    let (answered, _) = domain
        .verification()
        .second(tenant, attempt, Purpose::SignIn, &code, None)
        .await
        .expect("answered");
    assert!(matches!(answered, Answered::Right(_)), "{}: {answered:?}", card.upn);
    let view = domain
        .directory()
        .member(&Admin::console(tenant), &MemberRef::Upn(upn))
        .await
        .expect("a member");
    assert!(view.has_password && view.mfa_state == MfaState::Enforced);
}

/// The third organisation cannot be made: the first two are not there either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_fails_leaves_nothing() {
    let (domain, database) = service().await;
    domain.directory().make_partitions(1).await.expect("partitions");
    // A row of somebody else's has an id that the last organisation will want.
    let year = super::year(domain.clock().now());
    let clash = TenantId(Dice::of(SMALL.seed, &[2, 0]).id(year.born()));
    let mut tx = domain.db().tenant(clash).await.expect("a transaction");
    directory::insert_tenant(&mut tx, "other", "Other", "standard", "en", domain.clock().now())
        .await
        .expect("a tenant");
    tx.commit().await.expect("committed");
    let failed = domain.demo().load(&Order { pace: 0.05, ..SMALL }).await.expect_err("the id is taken");
    assert!(matches!(failed, DemoError::Db(_)), "{failed}");
    let tenants = domain.directory().tenants(Operator::console()).await.expect("tenants");
    assert_eq!(tenants.iter().map(|t| t.slug.as_str()).collect::<Vec<_>>(), ["other"]);
    let owner = sqlx::PgPool::connect(&database.app_url).await.expect("the application's role");
    let left: i64 = sqlx::query_scalar("select (select count(*) from session_locator) + (select count(*) from tenant_domain)")
        .fetch_one(&owner)
        .await
        .expect("counted");
    assert_eq!(left, 0);
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let year = super::year("2026-11-17T14:41:00Z".parse().expect("a moment"));
    let told = |seed: u64| {
        let vault = Vault::new(&[42; 32]);
        let tenant = TenantId(uuid::Uuid::nil());
        let (keys, wrapped) = vault.new_tenant_key(tenant, &Rng::System);
        let house = House::new(seed, 0, &ORGANISATIONS[0], 60, year, (tenant, keys, wrapped), &Rng::System);
        let people: Vec<_> = house
            .people
            .iter()
            .map(|who| (who.id, who.upn.clone(), who.sort, who.held.iter().map(|m| (m.id, m.from)).collect::<Vec<_>>()))
            .collect();
        let secrets: Vec<_> = house.people.iter().filter_map(|who| who.password.clone()).collect();
        (people, secrets)
    };
    let (one, same, other) = (told(1), told(1), told(2));
    assert_eq!(one.0, same.0);
    assert_ne!(one.0, other.0);
    assert_ne!(one.1, same.1, "passwords are not part of the story");
}

/// What stands around the sample: the short codes of S11 and S12, providers with a day behind them, tokens in the drawer and in hands, and an alarm.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_is_furnished() {
    let (domain, _database) = service().await;
    domain.demo().load(&Order { pace: 0.05, ..SMALL }).await.expect("loaded");
    domain.demo().furnish(1, std::path::Path::new("/nowhere")).await.expect("furnished");
    let (delivery, by) = (domain.delivery(), Operator::console());
    let providers = delivery.providers(by).await.expect("read");
    assert_eq!(providers.len(), 3);
    let figures = delivery.provider_figures(by).await.expect("counted");
    assert!(
        figures.len() == 3 && figures.iter().all(|f| f.day.sent > 10 && f.day.delivered > 10),
        "{figures:?}"
    );
    let senders = delivery.senders(by).await.expect("read");
    let of = |country: &str| {
        senders
            .iter()
            .filter(|s| s.kind == SenderKind::ShortCode && s.country.as_deref() == Some(country))
            .count()
    };
    assert_eq!((of("US"), of("CA"), senders.len()), (4, 2, 10));
    assert_eq!(delivery.alarms(by).await.expect("read").len(), 1);
    for tenant in domain.directory().tenants(by).await.expect("tenants") {
        let admin = Admin::console(tenant.id);
        let tokens = domain.tokens().list(&admin, &crate::tokens::TokenQuery::default()).await.expect("read");
        let assigned = tokens.items.iter().filter(|token| token.state == TokenState::Assigned).count();
        assert!(assigned > 5 && assigned < tokens.items.len(), "{}: {assigned}", tenant.slug);
    }
}
