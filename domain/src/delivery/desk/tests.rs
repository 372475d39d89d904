//! The operator's desk against a fresh Postgres.

use super::*;
use crate::{
    delivery::{
        NewSender,
        phone::{Mailbox, PhoneNumber},
    },
    testing::*,
};
use std::sync::Mutex;

/// Whoever speaks the protocols, as a test wants it.
#[derive(Default)]
struct Played {
    wrong: Option<&'static str>,
    fails: Mutex<Option<SendError>>,
    taken: Mutex<Vec<(Uuid, Option<String>, String)>>,
}

#[async_trait]
impl Protocols for Played {
    fn check(&self, _: &Provider) -> std::result::Result<(), SettingTrouble> {
        match self.wrong {
            None => Ok(()),
            Some(field) => Err(SettingTrouble {
                field: field.to_owned(),
                why: String::from("is missing"),
            }),
        }
    }

    async fn send(&self, provider: &Provider, message: &Message) -> std::result::Result<HandedOver, SendError> {
        if let Some(error) = self.fails.lock().expect("a lock").clone() {
            return Err(error);
        }
        let secret = provider.secret.as_ref().map(|secret| secret.expose().clone());
        self.taken.lock().expect("a lock").push((provider.id.0, secret, message.from.clone()));
        Ok(HandedOver {
            reference: None,
            status: crate::delivery::channel::DeliveryStatus::Sent,
        })
    }

    async fn answers(&self, _: &Provider) -> std::result::Result<(), SendError> {
        Ok(())
    }

    async fn written(&self, _: &Provider, _: usize, _: usize) -> (Vec<Written>, usize) {
        (Vec::new(), 0)
    }
}

fn new(channel: Channel, kind: ProviderKind, name: &str, secret: Option<&str>) -> NewProvider {
    NewProvider {
        tenant: None,
        channel,
        kind,
        name: CleanText::parse(name).expect("a name"),
        rank: 1,
        settings: json!({ "base": "https://sms.example", "account": "AC1" }),
        secret: secret.map(|text| Secret::new(text.to_owned())),
    }
}

fn change(name: &str, settings: Value, secret: Option<&str>) -> ProviderChange {
    ProviderChange {
        name: CleanText::parse(name).expect("a name"),
        settings,
        secret: secret.map(|text| Secret::new(text.to_owned())),
    }
}

fn sender(country: Option<&str>, kind: SenderKind, value: &str, days: (i64, Option<i64>), now: Timestamp) -> NewSender {
    let at = |days: i64| now + SignedDuration::from_hours(24 * days);
    NewSender {
        tenant: None,
        channel: Channel::Sms,
        country: country.map(str::to_owned),
        kind,
        value: value.to_owned(),
        provider: None,
        valid_from: Some(at(days.0)),
        valid_until: days.1.map(at),
    }
}

#[tokio::test]
async fn a_provider_is_changed_without_its_secret_and_never_against_a_colleague() {
    let app = TestApp::new().await;
    let (desk, by, good) = (app.domain.delivery(), Operator::console(), Played::default());
    let wrong = Played {
        wrong: Some("account"),
        ..Played::default()
    };
    let refused = desk
        .add_checked(by, new(Channel::Sms, ProviderKind::HttpSms, "Wrong", Some("t0ken")), &wrong)
        .await;
    assert!(
        matches!(refused, Err(DeliveryError::Setting(SettingTrouble { ref field, .. })) if field == "account"),
        "{refused:?}"
    );
    assert!(desk.providers(by).await.expect("read").is_empty());
    let id = desk
        .add_checked(by, new(Channel::Sms, ProviderKind::HttpSms, "First", Some("t0ken")), &good)
        .await
        .expect("made");
    let seen = desk.provider(by, id).await.expect("there");
    assert!(seen.has_secret && seen.enabled && !format!("{seen:?}").contains("t0ken"));

    // The name changes, the secret stays; who looked at it before is told.
    let same = seen.settings.clone();
    desk.change_provider(by, id, seen.version, change("Renamed", same.clone(), None), &good)
        .await
        .expect("changed");
    let late = desk.change_provider(by, id, seen.version, change("Late", same.clone(), None), &good).await;
    assert!(matches!(late, Err(DeliveryError::Changed)), "{late:?}");
    let late = desk.switch_provider(by, id, seen.version, false).await;
    assert!(matches!(late, Err(DeliveryError::Changed)), "{late:?}");

    // A secret goes to no other address than the one it was typed for.
    let seen = desk.provider(by, id).await.expect("there");
    let elsewhere = json!({ "base": "https://other.example", "account": "AC1" });
    let refused = desk
        .change_provider(by, id, seen.version, change("Renamed", elsewhere.clone(), None), &good)
        .await;
    assert!(matches!(refused, Err(DeliveryError::SecretNeeded)), "{refused:?}");
    desk.change_provider(by, id, seen.version, change("Renamed", elsewhere, Some("0ther")), &good)
        .await
        .expect("changed");

    // Names are taken once, and free again when their owner is removed.
    let second = desk
        .add_checked(by, new(Channel::Sms, ProviderKind::HttpSms, "Second", Some("x")), &good)
        .await
        .expect("made");
    let other = desk.provider(by, second).await.expect("there");
    let taken = desk
        .change_provider(by, second, other.version, change("renamed", other.settings.clone(), None), &good)
        .await;
    assert!(matches!(taken, Err(DeliveryError::NameTaken)), "{taken:?}");
    let seen = desk.provider(by, id).await.expect("there");
    desk.remove_provider(by, id, seen.version).await.expect("removed");
    assert!(matches!(desk.provider(by, id).await, Err(DeliveryError::Unknown)));
    assert_eq!(
        app.number("select count(*) from delivery_provider where removed_at is not null and sealed is null and settings = '{}'")
            .await,
        1
    );
    desk.change_provider(by, second, other.version, change("renamed", other.settings, None), &good)
        .await
        .expect("changed");
    let noted = app
        .seen_by_superuser("select detail::text from installation_log where event like 'delivery_provider.%'")
        .await;
    assert!(
        noted.len() == 6 && noted.iter().all(|detail| !detail.contains("t0ken") && !detail.contains("0ther")),
        "{noted:#?}"
    );
}

#[tokio::test]
async fn providers_change_places_within_their_channel() {
    let app = TestApp::new().await;
    let (desk, by, good) = (app.domain.delivery(), Operator::console(), Played::default());
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(
            desk.add_checked(by, new(Channel::Sms, ProviderKind::Smpp, name, Some("x")), &good)
                .await
                .expect("made"),
        );
    }
    desk.add_checked(by, new(Channel::Mail, ProviderKind::Folder, "M", None), &good)
        .await
        .expect("made");
    let order = async || -> String {
        let all = desk.providers(by).await.expect("read");
        all.iter().filter(|p| p.channel == Channel::Sms).map(|p| p.name.as_str()).collect()
    };
    assert_eq!(order().await, "ABC", "by name where ranks are the same");
    for (index, earlier, after) in [(2, true, "ACB"), (2, true, "CAB"), (2, true, "CAB"), (0, false, "CBA"), (0, false, "CBA")] {
        desk.move_provider(by, ids[index], earlier).await.expect("moved");
        assert_eq!(order().await, after);
    }
    let unknown = desk.move_provider(by, ProviderId(Uuid::nil()), true).await;
    assert!(matches!(unknown, Err(DeliveryError::Unknown)), "{unknown:?}");
}

#[tokio::test]
async fn a_provider_with_messages_on_their_way_is_not_removed_and_its_figures_are_counted() {
    let app = TestApp::new().await;
    let (desk, by, good) = (app.domain.delivery(), Operator::console(), Played::default());
    let id = desk
        .add_checked(by, new(Channel::Sms, ProviderKind::HttpSms, "First", Some("x")), &good)
        .await
        .expect("made");
    let messages = |status: &str, minutes: i64, count: i32| {
        format!(
            "insert into delivery (delivery_id, tenant_id, challenge_id, attempt_id, subject_id, n, channel, address_mac, masked, provider_id, status, created_at, run_at, gone_at)
             select gen_random_uuid(), '{}', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'sms', 'x', 'x', '{id}', '{status}', '{at}', '{at}', '{gone}'
             from generate_series(1, {count})",
            app.tenant,
            at = app.now() - SignedDuration::from_mins(minutes),
            gone = app.now() + SignedDuration::from_mins(1),
        )
    };
    for (status, minutes, count) in [
        ("delivered", 5, 4),
        ("failed", 5, 1),
        ("handed", 5, 2),
        ("delivered", 120, 3),
        ("delivered", 60 * 25, 9),
        ("queued", 0, 2),
    ] {
        app.as_superuser(messages(status, minutes, count)).await;
    }
    let figures = desk.provider_figures(by).await.expect("counted");
    let counts = |sent, delivered, failed| Counts { sent, delivered, failed };
    assert_eq!(
        figures,
        [Figures {
            provider: id,
            hour: counts(6, 4, 1),
            day: counts(9, 7, 1)
        }]
    );
    let seen = desk.provider(by, id).await.expect("there");
    let refused = desk.remove_provider(by, id, seen.version).await;
    assert!(matches!(refused, Err(DeliveryError::UnderWay(2))), "{refused:?}");
    app.wait(61);
    desk.remove_provider(by, id, seen.version).await.expect("removed: nobody waits any more");
}

#[tokio::test]
async fn a_test_goes_through_one_provider_and_tells_how_it_went() {
    let app = TestApp::new().await;
    let (desk, by, good) = (app.domain.delivery(), Operator::console(), Played::default());
    let first = desk
        .add_checked(by, new(Channel::Sms, ProviderKind::HttpSms, "First", Some("one")), &good)
        .await
        .expect("made");
    let second = desk
        .add_checked(by, new(Channel::Sms, ProviderKind::HttpSms, "Second", Some("two")), &good)
        .await
        .expect("made");
    let phone = Address::Phone(PhoneNumber::parse("+31612345678", None).expect("a number"));
    let mail = Address::Mail(Mailbox::parse("ann@noord.example").expect("a mailbox"));
    let test = async |id, to: &Address| desk.test_provider(by, id, to, Language::En, &good).await;
    assert!(matches!(test(second, &phone).await, Err(DeliveryError::NoSender)), "nobody to come from");
    desk.add_sender(by, sender(None, SenderKind::Name, "Noord", (0, None), app.now()))
        .await
        .expect("made");
    assert!(
        matches!(test(second, &mail).await, Err(DeliveryError::Invalid("to", _))),
        "texts do not go to mailboxes"
    );
    let told = test(second, &phone).await.expect("sent");
    assert_eq!(
        told,
        Tested::Taken {
            delivered: false,
            sender: String::from("Noord")
        }
    );
    assert_eq!(
        *good.taken.lock().expect("a lock"),
        [(second.0, Some(String::from("two")), String::from("Noord"))]
    );
    assert!(matches!(test(second, &phone).await, Err(DeliveryError::TooSoon)), "pressed twice");
    app.wait(11);
    let down = SendError::Unreachable(crate::delivery::channel::Trouble::Tls);
    *good.fails.lock().expect("a lock") = Some(down.clone());
    assert_eq!(test(second, &phone).await.expect("told"), Tested::Failed(down));
    let seen = desk.provider(by, second).await.expect("there");
    assert_eq!((seen.failures, seen.failing_since), (1, Some(app.now())));
    assert!(seen.last_problem.as_deref().is_some_and(|text| text.contains("encrypted connection")));
    app.wait(11);
    *good.fails.lock().expect("a lock") = None;
    test(second, &phone).await.expect("sent");
    let seen = desk.provider(by, second).await.expect("there");
    assert_eq!((seen.failures, seen.failing_since, seen.last_ok_at), (0, None, Some(app.now())));
    assert_eq!(desk.provider(by, first).await.expect("there").last_ok_at, None, "the other one was not asked");
    let noted = app
        .seen_by_superuser("select detail::text from installation_log where event = 'delivery_provider.tested'")
        .await;
    assert!(noted.len() == 3 && noted.iter().all(|detail| !detail.contains("345678")), "{noted:?}");
}

#[tokio::test]
async fn the_same_sender_cannot_be_there_twice_at_once() {
    let app = TestApp::new().await;
    let (desk, by, now) = (app.domain.delivery(), Operator::console(), app.now());
    let us = |value: &str, days| sender(Some("US"), SenderKind::ShortCode, value, days, now);
    let first = desk.add_sender(by, us("97671", (0, Some(10)))).await.expect("made");
    desk.add_sender(by, us("69829", (0, None)))
        .await
        .expect("another code of the same country (S11)");
    desk.add_sender(by, sender(Some("CA"), SenderKind::ShortCode, "97671", (0, None), now))
        .await
        .expect("another country");
    for overlap in [(5, None), (-5, Some(1)), (2, Some(3)), (-5, None)] {
        let refused = desk.add_sender(by, us("97671", overlap)).await;
        assert!(
            matches!(&refused, Err(DeliveryError::Overlaps(other)) if other.id == first),
            "{overlap:?}: {refused:?}"
        );
    }
    let next = desk.add_sender(by, us("97671", (10, None))).await.expect("the one ends as the other begins");
    // Its end moves, but not into the next one, not before its beginning, and not against a colleague.
    let seen = desk.sender(by, first).await.expect("there").valid_until;
    let at = |days: i64| Some(now + SignedDuration::from_hours(24 * days));
    let told = desk.set_sender_end(by, first, seen, at(11)).await;
    assert!(matches!(&told, Err(DeliveryError::Overlaps(other)) if other.id == next), "{told:?}");
    assert!(matches!(
        desk.set_sender_end(by, first, seen, at(-1)).await,
        Err(DeliveryError::Invalid("valid_until", _))
    ));
    desk.set_sender_end(by, first, seen, at(5)).await.expect("changed");
    assert!(matches!(desk.set_sender_end(by, first, seen, at(6)).await, Err(DeliveryError::Changed)));
    desk.remove_sender(by, next).await.expect("removed");
    assert!(matches!(desk.remove_sender(by, next).await, Err(DeliveryError::Unknown)));
    assert_eq!(
        app.number("select count(*) from installation_log where event in ('sender.changed', 'sender.removed')")
            .await,
        2
    );
}
