//! Whether the lists stay fast when the journal is long.

use crate::{
    directory::MemberRef,
    journal::{
        SignInQuery,
        store::{self, SignInFilter},
    },
    testing::TestApp,
};
use futures_util::TryStreamExt;
use jiff::SignedDuration;
use model::*;
use std::time::Instant;
use uuid::Uuid;

/// Rows of other people, spread over the days before now; what is sealed in them does not open.
pub(super) async fn fill(app: &TestApp, rows: i32, subjects: i32) {
    fill_from(app, 0, rows, rows, subjects).await;
}

async fn fill_from(app: &TestApp, from: i32, rows: i32, of: i32, subjects: i32) {
    let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
    sqlx::query(
        "insert into auth_log (tenant_id, occurred_at, attempt_id, session_id, correlation_id, started_at, subject_id, door, purpose, path, decision, reason, second_factor,
           application, method_kind, policy_rules, node, sealed, upn_mac, client_ip_mac, format, salt, leaf_hash)
         select app_tenant(), $1::text::timestamptz - make_interval(secs => n * (60.0 * 86400 / $4)), gen_random_uuid(), n, gen_random_uuid(), $1::text::timestamptz,
           md5((n % $3)::text)::uuid, 'rest', 'verification', 'cloud', case when n % 20 = 0 then 'denied' else 'allowed' end,
           case when n % 20 = 0 then 'wrong_code' else 'right_code' end, true, 'VPN', 'totp', '{\"rules\": [], \"because\": {\"kind\": \"nothing\"}}', 'node-a',
           decode(repeat('00', 300), 'hex'), decode(repeat('00', 16), 'hex'), decode(md5((n % 5000)::text), 'hex'), 1, decode(repeat('00', 16), 'hex'), decode(repeat('00', 32), 'hex')
         from generate_series($5 + 1, $5 + $2) n",
    )
    .bind(app.now().to_string())
    .bind(rows)
    .bind(subjects)
    .bind(of)
    .bind(from)
    .execute(&mut *tx)
    .await
    .expect("filled");
    tx.commit().await.expect("committed");
}

/// One of the people that rows were filled in for.
async fn seventh(app: &TestApp) -> Uuid {
    let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
    let id = sqlx::query_scalar("select md5('7')::uuid").fetch_one(&mut *tx).await.expect("an id");
    tx.commit().await.expect("committed");
    id
}

/// The plan of a page, as the application's role gets it.
async fn plan(app: &TestApp, filter: &SignInFilter, mode: &'static str) -> String {
    let mut tx = app.domain.db().tenant(app.tenant).await.expect("a transaction");
    sqlx::raw_sql(mode).execute(&mut *tx).await.expect("set");
    let lines: Vec<String> = store::page_of_sign_ins("explain (analyze, costs off, timing off, summary off) ", app.tenant, filter, 51)
        .build_query_scalar()
        .fetch_all(&mut *tx)
        .await
        .expect("a plan");
    tx.commit().await.expect("committed");
    lines.join("\n")
}

#[tokio::test]
async fn a_page_is_an_index_scan_of_the_months_it_needs() {
    let app = TestApp::new().await;
    fill(&app, 30_000, 300).await;
    app.as_superuser("analyze auth_log").await;
    let subject = seventh(&app).await;
    let now = app.now();
    let everybody = SignInFilter {
        to: Some(now + SignedDuration::from_hours(1)),
        ..SignInFilter::default()
    };
    let one = SignInFilter {
        subjects: vec![subject],
        ..everybody.clone()
    };
    let deep = |filter: &SignInFilter| SignInFilter {
        before: Some((now - SignedDuration::from_hours(24 * 20), Uuid::nil())),
        ..filter.clone()
    };
    let wrong = SignInFilter {
        reason: Some(Reason::WrongCode),
        decision: Some(Decision::Denied),
        ..everybody.clone()
    };
    for mode in [
        "set local plan_cache_mode = force_custom_plan",
        "set local plan_cache_mode = force_generic_plan",
    ] {
        for (filter, index) in [(&one, "subject_id"), (&everybody, "pkey"), (&wrong, "reason")] {
            for filter in [filter.clone(), deep(filter)] {
                let plan = plan(&app, &filter, mode).await;
                assert!(plan.contains("Index Scan"), "{mode}\n{plan}");
                assert!(plan.contains(index), "{index}: {mode}\n{plan}");
                assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{mode}\n{plan}");
            }
        }
        // The months after the place where the page starts are left out.
        let plan = plan(&app, &deep(&one), mode).await;
        assert!(!plan.contains("auth_log_202611"), "{mode}\n{plan}");
    }
}

/// How long pages take on a million rows (another number: `ROWS=`). Run by hand: `cargo test --release -p domain how_long -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "fills a million rows"]
async fn how_long_pages_take() {
    let app = TestApp::new().await;
    let rows: i32 = std::env::var("ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    for n in 0..rows / 100_000 {
        fill_from(&app, n * 100_000, 100_000, rows, 5000).await;
    }
    app.as_superuser("vacuum analyze auth_log").await;
    let journal = app.domain.journal();
    let everybody = SignInQuery::default();
    let one = SignInQuery {
        member: Some(MemberRef::Id(MemberId(seventh(&app).await))),
        ..everybody.clone()
    };
    let today = SignInQuery {
        from: Some(app.now() - SignedDuration::from_hours(24)),
        ..everybody.clone()
    };
    let denied = SignInQuery {
        decision: Some(Decision::Denied),
        ..everybody.clone()
    };
    let nowhere = SignInQuery {
        client_ip: "198.51.100.9".parse().ok(),
        ..everybody.clone()
    };
    for round in ["cold", "warm"] {
        for (what, query) in [
            ("everybody", &everybody),
            ("one member", &one),
            ("today", &today),
            ("denied", &denied),
            ("an address that is in no row", &nowhere),
        ] {
            let started = Instant::now();
            let found = journal.sign_ins(&app.admin, query).await.expect("a page").items.len();
            println!("{round} {what}: {found} rows in {:?}", started.elapsed());
            let started = Instant::now();
            let counts = journal.sign_in_counts(&app.admin, query).await.expect("counts");
            println!("{round} {what}: counted {} in {:?}", counts.all, started.elapsed());
        }
    }
    let mut query = everybody.clone();
    let mut times = Vec::new();
    for _ in 0..1000.min(rows / 50) {
        let started = Instant::now();
        query.cursor = journal.sign_ins(&app.admin, &query).await.expect("a page").next_cursor;
        times.push(started.elapsed());
    }
    println!(
        "page 1: {:?}, page {}: {:?}, slowest: {:?}",
        times[0],
        times.len(),
        times[times.len() - 1],
        times.iter().max()
    );
    let started = Instant::now();
    let stream = journal.export(&app.admin, &everybody).await.expect("a stream");
    let exported = stream.try_fold(0, async |n, _| Ok(n + 1)).await.expect("rows");
    println!("exported {exported} rows in {:?}", started.elapsed());
}
