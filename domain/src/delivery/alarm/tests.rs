//! The alarm against a fresh Postgres. Abuse cases by their id.

use super::*;
use crate::{delivery::rules::NotSent, testing::*};
use model::DeliveryLimits;

/// Messages to a country as if they had gone out: `entered` of them with their code entered, each `minutes` ago.
async fn sent(app: &TestApp, country: &str, sent: i32, entered: i32, minutes: i32) {
    app.as_superuser(format!(
        "set session_replication_role = replica;
         with made as (select gen_random_uuid() as delivery, gen_random_uuid() as challenge, n from generate_series(1, {sent}) n),
         challenges as (insert into challenge (tenant_id, challenge_id, attempt_id, purpose, kind, created_at, expires_at, wrong_count, right_at, spent_at)
           select '{tenant}', challenge, gen_random_uuid(), 'verification', 'sms', '{at}'::timestamptz, '{at}'::timestamptz + interval '3 minutes', 0,
             case when n <= {entered} then '{at}'::timestamptz end, case when n <= {entered} then '{at}'::timestamptz end from made)
         insert into delivery (delivery_id, tenant_id, challenge_id, attempt_id, subject_id, n, channel, country, prefix, address_mac, masked, status, created_at, run_at, gone_at)
           select delivery, '{tenant}', challenge, gen_random_uuid(), gen_random_uuid(), 1, 'sms', '{country}', null, 'x', 'x', 'sent',
             '{at}', '{at}', '{at}' from made",
        tenant = app.tenant,
        at = app.now() - SignedDuration::from_mins(minutes.into()),
    ))
    .await;
}

fn terms(pauses: bool) -> AlarmTerms {
    AlarmTerms {
        sends: 30,
        percent: 20,
        pauses,
    }
}

#[test]
fn f7_the_alarm_is_raised_at_its_bound_and_not_before() {
    let limits = DeliveryLimits::default();
    for (sent, entered, alarming) in [
        (0, 0, false),
        (1, 0, false),
        (29, 0, false),
        (30, 0, true),
        (30, 5, true),
        (30, 6, false),
        (31, 6, true),
        (100, 19, true),
        (100, 20, false),
        (10_000, 1_999, true),
        (10_000, 10_000, false),
    ] {
        assert_eq!(rules::is_alarming(&limits, sent, entered), alarming, "{entered} of {sent}");
    }
    let off = DeliveryLimits {
        alarm_percent: 0,
        ..DeliveryLimits::default()
    };
    assert!(!rules::is_alarming(&off, 10_000, 0), "0 is never");
    let paused = DeliveryLimits {
        paused: vec![String::from("NL")],
        ..DeliveryLimits::default()
    };
    let to = |country: &str| rules::Address {
        channel: Channel::Sms,
        country: Some(country.to_owned()),
        prefix: None,
        mac: crate::bytea::Bytea(Vec::new()),
    };
    let may = |country| rules::may_send(&rules::Sends::default(), &paused, Profile::Standard, &to(country), start());
    assert_eq!(may("NL"), Err(NotSent::CountryPaused(String::from("NL"))));
    assert_eq!(may("BE"), Ok(()));
}

#[tokio::test]
async fn f7_codes_that_never_come_back_raise_one_alarm_and_stop_when_told_so() {
    let app = TestApp::new().await;
    let delivery = app.domain.delivery();
    delivery.set_alarm(&app.admin, terms(true), "test").await.expect("published");

    // Enough messages, and enough of them entered: nothing. Too few: nothing. Codes that can still be entered: nothing.
    sent(&app, "NL", 40, 20, 10).await;
    sent(&app, "BE", 29, 0, 10).await;
    sent(&app, "DE", 40, 0, 1).await;
    sent(&app, "FR", 40, 0, 61).await;
    assert_eq!(delivery.watch_conversion().await.expect("watched"), 0);
    // The thirtieth is one too many.
    sent(&app, "BE", 1, 0, 10).await;
    assert_eq!(delivery.watch_conversion().await.expect("watched"), 1);
    let told = delivery.alarms_of(&app.admin).await.expect("read");
    let [alarm] = &told.recent[..] else { panic!("one alarm: {told:?}") };
    assert_eq!((alarm.country.as_str(), alarm.sent, alarm.entered, alarm.paused), ("BE", 30, 0, true));
    assert_eq!(told.paused, ["BE"]);
    assert_eq!(delivery.alarms(Operator::console()).await.expect("read"), told.recent);
    // Told to the tenant, and to the operator.
    assert_eq!(
        app.number("select count(*) from audit_log where event = 'conversion.alarm' and actor_kind = 'service'")
            .await,
        1
    );
    assert_eq!(
        app.number("select count(*) from audit_log where event = 'policy.published' and actor_kind = 'service'")
            .await,
        1
    );
    assert_eq!(app.number("select count(*) from installation_log where event = 'conversion.alarm'").await, 1);

    // Nothing new while it is paused; a second node waits for its lease.
    let second = app.second_node().await;
    assert_eq!(delivery.watch_conversion().await.expect("watched"), 0);
    assert_eq!(second.delivery().watch_conversion().await.expect("watched"), 0);

    // Resumed, with a reason: what was sent before is not counted again.
    app.wait(60);
    let unknown = delivery.resume_country(&app.admin, "NL", "not paused").await;
    assert!(matches!(unknown, Err(DeliveryError::Unknown)), "{unknown:?}");
    delivery.resume_country(&app.admin, "BE", "a campaign of our own").await.expect("resumed");
    let told = delivery.alarms_of(&app.admin).await.expect("read");
    assert_eq!((told.paused.len(), told.recent[0].resumed_at), (0, Some(app.now())));
    app.wait(60);
    assert_eq!(delivery.watch_conversion().await.expect("watched"), 1, "Germany's codes have ended meanwhile");
    assert_eq!(delivery.alarms_of(&app.admin).await.expect("read").paused, ["DE"]);
}

#[tokio::test]
async fn f7_an_alarm_is_written_once_an_hour_for_a_country_and_stays_with_its_tenant() {
    let app = TestApp::new().await;
    let zuid = app.neighbour("zuid").await;
    let delivery = app.domain.delivery();
    sent(&app, "GB", 50, 1, 20).await;
    assert_eq!(delivery.watch_conversion().await.expect("watched"), 1);
    for _ in 0..5 {
        app.wait(60);
        assert_eq!(delivery.watch_conversion().await.expect("watched"), 0, "once an hour");
    }
    let told = delivery.alarms_of(&app.admin).await.expect("read");
    assert_eq!((told.recent.len(), told.recent[0].paused, told.paused.len()), (1, false, 0), "it only tells");
    assert_eq!(delivery.alarms_of(&zuid.admin).await.expect("read").recent, []);
    app.wait(3_600);
    sent(&app, "GB", 50, 1, 20).await;
    assert_eq!(delivery.watch_conversion().await.expect("watched"), 1, "the next hour");

    // Who may read may not resume or set; nonsense is refused.
    let reader = Admin::new(app.tenant, crate::actor::Who::Console, vec![Role::Reader]);
    assert_eq!(delivery.alarms_of(&reader).await.expect("read").recent.len(), 2);
    let refused = [
        delivery.resume_country(&reader, "GB", "x").await,
        delivery.set_alarm(&reader, terms(false), "x").await,
    ];
    assert!(refused.iter().all(|told| matches!(told, Err(DeliveryError::NotAllowed(_)))), "{refused:?}");
    let nonsense = AlarmTerms { sends: 1, ..terms(false) };
    let refused = delivery.set_alarm(&app.admin, nonsense, "x").await.expect_err("out of bounds");
    assert_eq!(refused.code(), ErrorCode::Invalid);
}
