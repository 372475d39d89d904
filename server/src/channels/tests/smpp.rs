//! Text messages by SMPP: against the `smpp` of npm.

use super::{
    HASTE, assert_given_up,
    misbehaving::{Misbehaving, dead_port},
    peer::{Certificate, Peer},
    text_to,
};
use crate::channels::{
    Patience,
    smpp::{Smpp, SmppConfig, SmppSecurity},
    tls::Roots,
};
use domain::{
    delivery::channel::{Channel, Content, DeliveryStatus, Development, SendError, Trouble},
    vault::Secret,
};
use std::time::Instant;

fn centre(port: u16) -> SmppConfig {
    SmppConfig {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmppSecurity::Plain(Development::declared_by_configuration()),
        roots: Roots::Public,
        patience: Patience::default(),
        system_id: "tweestap".to_owned(),
        password: Secret::new("secret".to_owned()),
        system_type: String::new(),
    }
}

/// Waits as long as always, and connects again sooner.
fn brief(port: u16) -> SmppConfig {
    let patience = Patience {
        pause: HASTE.pause,
        ..Patience::default()
    };
    SmppConfig { patience, ..centre(port) }
}

fn hasty(port: u16) -> SmppConfig {
    SmppConfig {
        patience: HASTE,
        ..centre(port)
    }
}

#[tokio::test]
async fn a_text_goes_out_as_the_standard_has_it() {
    let mut peer = Peer::start("smpp_peer.js", &[]).await;
    let (channel, _reports) = Smpp::start(centre(peer.port)).expect("configured");
    channel.check().await.expect("answers");
    let bind = peer.tells("bind").await;
    assert_eq!((&bind["system_id"], &bind["interface_version"]), (&"tweestap".into(), &0x34.into()));
    let handed_over = channel.hand_over(&text_to("+31600000000")).await.expect("taken");
    assert_eq!((handed_over.reference.as_deref(), handed_over.status), (Some("m1"), DeliveryStatus::Queued));
    let submit = peer.tells("submit").await;
    assert_eq!(submit["to"], "31600000000");
    assert_eq!(submit["from"], "15550100100");
    for (field, value) in [
        ("data_coding", 0),
        ("esm_class", 0),
        ("registered_delivery", 1),
        ("source_ton", 1),
        ("dest_ton", 1),
        ("dest_npi", 1),
    ] {
        assert_eq!(submit[field], value, "{field}");
    }
    let text = submit["text"].as_str().expect("text");
    assert!(text.ends_with("with us.\n@mfa.example.com #428913"), "{text:?}");
}

#[tokio::test]
async fn other_alphabets_arrive_too() {
    let mut peer = Peer::start("smpp_peer.js", &[]).await;
    let (channel, _reports) = Smpp::start(centre(peer.port)).expect("configured");
    for (text, coding) in [("Łódź: 428913", 8), ("é@€[ñ]: 428913", 0)] {
        let mut message = text_to("+31600000000");
        message.content = Content::Sms {
            text: Secret::new(text.to_owned()),
        };
        channel.hand_over(&message).await.expect("taken");
        let submit = peer.tells("submit").await;
        assert_eq!((&submit["text"], &submit["data_coding"]), (&text.into(), &coding.into()));
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let peer = Peer::start("smpp_peer.js", &[]).await;
    let (channel, _reports) = Smpp::start(centre(peer.port)).expect("configured");
    let refused = |code: &str, permanent| SendError::Refused {
        provider_code: code.to_owned(),
        permanent,
    };
    for (number, error) in [
        ("+31600000011", refused("0x0000000B", true)),
        ("+31600000012", SendError::Busy { retry_after: None }),
        ("+31600000015", refused("0x00000008", false)),
    ] {
        assert_eq!(channel.hand_over(&text_to(number)).await, Err(error), "{number}");
    }
    let (channel, _reports) = Smpp::start(hasty(peer.port)).expect("configured");
    channel.check().await.expect("answers");
    let begun = Instant::now();
    assert_eq!(channel.hand_over(&text_to("+31600000013")).await, Err(SendError::Uncertain(Trouble::TimeOut)));
    assert_given_up(begun);
}

#[tokio::test]
async fn receipts_come_in_and_are_acknowledged() {
    let mut peer = Peer::start("smpp_peer.js", &[]).await;
    let (channel, mut reports) = Smpp::start(centre(peer.port)).expect("configured");
    let handed_over = channel.hand_over(&text_to("+31600000016")).await.expect("taken");
    let mut status = handed_over.status;
    for expected in [
        DeliveryStatus::Delivered,
        DeliveryStatus::Sent,
        DeliveryStatus::Delivered,
        DeliveryStatus::Failed,
    ] {
        let report = reports.recv().await.expect("reports");
        assert_eq!((Some(&report.reference), report.status), (handed_over.reference.as_ref(), expected));
        status = status.after(report.status);
    }
    assert_eq!(status, DeliveryStatus::Delivered, "whatever came after");
    for _ in 0..4 {
        assert_eq!(peer.tells("receipt_answer").await["status"], 0);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_set_up_again() {
    let mut peer = Peer::start("smpp_peer.js", &[]).await;
    let (channel, _reports) = Smpp::start(brief(peer.port)).expect("configured");
    let broken = channel.hand_over(&text_to("+31600000014")).await;
    assert!(matches!(broken, Err(SendError::Uncertain(_))), "{broken:?}");
    channel.hand_over(&text_to("+31600000000")).await.expect("taken after a pause");
    for _ in 0..2 {
        peer.tells("bind").await;
    }
    channel.hand_over(&text_to("+31600000017")).await.expect("taken, and then unbound");
    peer.tells("bind").await;
}

#[tokio::test]
async fn tls_protects_a_connection() {
    let (certificate, stranger) = (Certificate::new(), Certificate::new());
    let peer = Peer::start("smpp_peer.js", &["--tls", &certificate.path("cert.pem"), &certificate.path("key.pem")]).await;
    let config = |root: &str| SmppConfig {
        host: "localhost".to_owned(),
        security: SmppSecurity::Tls,
        roots: Roots::Own(root.to_owned()),
        ..hasty(peer.port)
    };
    let (channel, _reports) = Smpp::start(config(&certificate.root)).expect("configured");
    channel.hand_over(&text_to("+31600000000")).await.expect("taken");
    let (channel, _reports) = Smpp::start(config(&stranger.root)).expect("configured");
    assert_eq!(channel.hand_over(&text_to("+31600000000")).await, Err(SendError::Unreachable(Trouble::Tls)));
}

#[tokio::test]
async fn nobody_there_or_not_let_in_means_nothing_sent() {
    let peer = Peer::start("smpp_peer.js", &[]).await;
    let stale = SmppConfig {
        password: Secret::new("stale".to_owned()),
        ..hasty(peer.port)
    };
    let (channel, _reports) = Smpp::start(stale).expect("configured");
    let outcome = channel.hand_over(&text_to("+31600000000")).await;
    assert!(matches!(outcome, Err(SendError::Misconfigured(_))), "{outcome:?}");

    let (channel, _reports) = Smpp::start(hasty(dead_port().await)).expect("configured");
    assert_eq!(channel.check().await, Err(SendError::Unreachable(Trouble::Connection)));

    let garbage = Misbehaving::saying(vec![0xFF; 64]).await;
    let (channel, _reports) = Smpp::start(hasty(garbage.port)).expect("configured");
    let outcome = channel.hand_over(&text_to("+31600000000")).await;
    assert!(matches!(outcome, Err(SendError::Unreachable(_))), "{outcome:?}");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_at_once() {
    let config = |system_id: &str, password: &str| SmppConfig {
        system_id: system_id.to_owned(),
        password: Secret::new(password.to_owned()),
        ..centre(1)
    };
    for (system_id, password) in [("longer-than-15-characters", "x"), ("x", "longer-than-8"), ("x", "nul\0"), ("é", "x")] {
        assert!(Smpp::start(config(system_id, password)).is_err(), "{system_id} {password}");
    }
    let elsewhere = SmppConfig {
        host: "smsc.example.com".to_owned(),
        ..centre(2775)
    };
    assert!(Smpp::start(elsewhere).is_err(), "plain only to this machine");
}
