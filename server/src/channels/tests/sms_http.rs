//! Text messages by HTTP: against the stand-in for Twilio, and against gateways that misbehave.

use super::{
    HASTE, assert_given_up,
    misbehaving::{Misbehaving, callbacks, dead_port, read_request},
    peer::{Certificate, Peer},
    text_to,
};
use crate::channels::{
    Patience,
    gateway::{CallbackError, CallbackFields, GatewayConfig, GatewayUrl},
    sms_http::{SmsHttp, parse_status_callback},
    tls::Roots,
};
use domain::{
    delivery::channel::{Channel, DeliveryReport, DeliveryStatus, HandedOver, SendError, Trouble},
    vault::Secret,
};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt, sync::mpsc};

/// The token of the stand-in.
pub(super) fn token() -> Secret<String> {
    Secret::new("token-of-the-tests".to_owned())
}

/// The account of the stand-in, or of whoever listens there.
pub(super) fn account_at(base: &str, callbacks: Option<u16>) -> GatewayConfig {
    let reports = callbacks.map(|port| GatewayUrl::parse(&format!("http://127.0.0.1:{port}/reports")).expect("loopback"));
    GatewayConfig {
        base: GatewayUrl::parse(base).expect("loopback"),
        account: "AC0123456789".to_owned(),
        token: token(),
        roots: Roots::Public,
        patience: Patience::default(),
        status_callbacks: reports,
    }
}

fn channel_at(port: u16) -> SmsHttp {
    SmsHttp::new(account_at(&format!("http://127.0.0.1:{port}"), None)).expect("configured")
}

async fn outcome_in_haste(port: u16) -> Result<HandedOver, SendError> {
    let config = GatewayConfig {
        patience: HASTE,
        ..account_at(&format!("http://127.0.0.1:{port}"), None)
    };
    SmsHttp::new(config).expect("configured").hand_over(&text_to("+15550100100")).await
}

async fn outcome_at(port: u16) -> Result<HandedOver, SendError> {
    channel_at(port).hand_over(&text_to("+15550100100")).await
}

#[tokio::test]
async fn a_text_goes_out_as_documented() {
    let mut peer = Peer::start("gateway_peer.py", &[]).await;
    let channel = channel_at(peer.port);
    channel.check().await.expect("knows the account");
    let message = text_to("+15550100100");
    let handed_over = channel.hand_over(&message).await.expect("taken");
    assert_eq!(handed_over.status, DeliveryStatus::Queued);
    assert_eq!(handed_over.reference.expect("a sid").len(), 34);
    let request = peer.tells("request").await;
    assert_eq!(request["path"], "/2010-04-01/Accounts/AC0123456789/Messages.json");
    assert_eq!(request["type"], "application/x-www-form-urlencoded");
    assert_eq!(request["idempotency"], message.id.to_string());
    assert_eq!(request["form"]["To"][0], "+15550100100");
    assert_eq!(request["form"]["From"][0], "+15550100100");
    let body = request["form"]["Body"][0].as_str().expect("text");
    assert!(body.ends_with("with us.\n@mfa.example.com #428913"), "{body}");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let peer = Peer::start("gateway_peer.py", &[]).await;
    let channel = channel_at(peer.port);
    let refused = |code: &str, permanent| SendError::Refused {
        provider_code: code.to_owned(),
        permanent,
    };
    let seven = Some(Duration::from_secs(7));
    for (number, error) in [
        ("+15550100111", refused("21211", true)),
        ("+15550100112", refused("21614", true)),
        ("+15550100113", refused("21408", false)),
        ("+15550100114", SendError::Busy { retry_after: seven }),
        ("+15550100115", SendError::Uncertain(Trouble::Provider)),
    ] {
        assert_eq!(channel.hand_over(&text_to(number)).await, Err(error.clone()), "{number}");
        assert!(!error.to_string().contains("555"), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_token_is_our_mistake() {
    let peer = Peer::start("gateway_peer.py", &[]).await;
    let mut config = account_at(&format!("http://127.0.0.1:{}", peer.port), None);
    config.token = Secret::new("stale".to_owned());
    let channel = SmsHttp::new(config).expect("configured");
    for outcome in [channel.check().await, channel.hand_over(&text_to("+15550100100")).await.map(|_| ())] {
        assert!(matches!(outcome, Err(SendError::Misconfigured(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn reports_signed_by_the_gateway_are_believed() {
    let (heard, mut reports) = mpsc::unbounded_channel::<Result<DeliveryReport, CallbackError>>();
    // The port is only known when the server stands, and the address is part of what is signed: take it of the request.
    let (ports, port) = std::sync::mpsc::channel::<u16>();
    let port = std::sync::Mutex::new(port);
    let known = std::sync::OnceLock::new();
    let server = callbacks(move |request| {
        let port = known.get_or_init(|| port.lock().expect("unpoisoned").recv().expect("sent"));
        let url = format!("http://127.0.0.1:{port}{}", request.path);
        let fields = CallbackFields::signed(&request.body, &url, request.signature.as_deref(), &token());
        let _ = heard.send(fields.and_then(|fields| parse_status_callback(&fields)));
        String::new()
    })
    .await;
    ports.send(server.port).expect("listens");
    let peer = Peer::start("gateway_peer.py", &[]).await;
    let config = account_at(&format!("http://127.0.0.1:{}", peer.port), Some(server.port));
    let channel = SmsHttp::new(config).expect("configured");
    for (number, last, code) in [
        ("+15550100100", DeliveryStatus::Delivered, None),
        ("+15550100116", DeliveryStatus::Failed, Some("30005")),
    ] {
        let handed_over = channel.hand_over(&text_to(number)).await.expect("taken");
        let sent = reports.recv().await.expect("reports").expect("signed");
        assert_eq!((Some(&sent.reference), sent.status), (handed_over.reference.as_ref(), DeliveryStatus::Sent));
        let end = reports.recv().await.expect("reports").expect("signed");
        assert_eq!((end.status, end.error_code.as_deref(), end.bad_recipient), (last, code, code.is_some()));
    }
}

/// A gateway with a certificate: takes everything.
async fn encrypted(certificate: &Certificate) -> Misbehaving {
    let acceptor = certificate.acceptor();
    Misbehaving::new(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            read_request(&mut stream).await;
            let _ = stream
                .write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 31\r\n\r\n{\"sid\":\"SM1\",\"status\":\"queued\"}")
                .await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_certificate_of_our_own_root_is_believed_and_no_other() {
    let (ours, theirs) = (Certificate::new(), Certificate::new());
    for (certificate, roots, believed) in [
        (&ours, Roots::Own(ours.root.clone()), true),
        (&theirs, Roots::Own(ours.root.clone()), false),
        (&theirs, Roots::Public, false),
    ] {
        let server = encrypted(certificate).await;
        let config = GatewayConfig {
            roots,
            ..account_at(&format!("https://localhost:{}", server.port), None)
        };
        let outcome = SmsHttp::new(config).expect("configured").hand_over(&text_to("+15550100100")).await;
        match believed {
            true => assert_eq!(outcome.expect("taken").reference.as_deref(), Some("SM1")),
            false => assert_eq!(outcome, Err(SendError::Unreachable(Trouble::Connection))),
        }
    }
}

/// Nothing was sent before TLS stood.
#[tokio::test]
async fn silence_before_tls_means_nothing_sent() {
    let silent = Misbehaving::silent().await;
    let config = GatewayConfig {
        patience: HASTE,
        ..account_at(&format!("https://127.0.0.1:{}", silent.port), None)
    };
    let channel = SmsHttp::new(config).expect("configured");
    let begun = Instant::now();
    assert_eq!(channel.hand_over(&text_to("+15550100100")).await, Err(SendError::Unreachable(Trouble::TimeOut)));
    assert_given_up(begun);
}

#[tokio::test]
async fn nobody_there_means_nothing_sent() {
    assert_eq!(outcome_at(dead_port().await).await, Err(SendError::Unreachable(Trouble::Connection)));
}

#[tokio::test]
async fn silence_after_the_request_is_uncertain_and_ends() {
    let begun = Instant::now();
    let silent = Misbehaving::silent().await;
    assert_eq!(outcome_in_haste(silent.port).await, Err(SendError::Uncertain(Trouble::TimeOut)));
    assert_given_up(begun);
}

#[tokio::test]
async fn a_gateway_that_dies_after_the_body_is_uncertain() {
    let dies = Misbehaving::saying("").await;
    assert_eq!(outcome_at(dies.port).await, Err(SendError::Uncertain(Trouble::Connection)));
    assert_eq!(dies.connections.load(Ordering::SeqCst), 1, "not tried again behind our back");
}

#[tokio::test]
async fn a_gateway_that_dies_after_its_headers_is_uncertain() {
    let dies = Misbehaving::saying("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"sid\":").await;
    assert_eq!(outcome_at(dies.port).await, Err(SendError::Uncertain(Trouble::Connection)));
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_uncertain() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"status\":\"queued\"}",
        "<html></html>",
        "{\"sid\":7,\"status\":\"queued\"}",
    ] {
        let says = Misbehaving::saying(format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
        assert_eq!(outcome_at(says.port).await, Err(SendError::Uncertain(Trouble::Answer)), "{body}");
    }
}

#[tokio::test]
async fn an_answer_of_10_megabytes_is_not_read() {
    const LENGTH: usize = 10 * 1024 * 1024;
    let (heard, mut swallowed) = mpsc::unbounded_channel();
    let huge = Misbehaving::new(move |mut stream| {
        let heard = heard.clone();
        async move {
            read_request(&mut stream).await;
            // A good answer, were it not for what follows it.
            let good = "{\"sid\":\"SM1\",\"status\":\"queued\"}";
            let head = format!("HTTP/1.1 201 Created\r\nContent-Length: {LENGTH}\r\n\r\n{good}");
            let _ = stream.write_all(head.as_bytes()).await;
            let mut sent = good.len();
            while sent < LENGTH && stream.write_all(&vec![b' '; 16_384.min(LENGTH - sent)]).await.is_ok() {
                sent += 16_384;
            }
            let _ = heard.send(sent);
        }
    })
    .await;
    assert_eq!(outcome_at(huge.port).await, Err(SendError::Uncertain(Trouble::Answer)));
    assert!(swallowed.recv().await.expect("hung up on") < LENGTH);
}

#[tokio::test]
async fn an_answer_that_drips_is_not_waited_for() {
    let drips = Misbehaving::new(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n").await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
    let begun = Instant::now();
    assert_eq!(outcome_in_haste(drips.port).await, Err(SendError::Uncertain(Trouble::TimeOut)));
    assert_given_up(begun);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Misbehaving::saying("HTTP/1.1 201 Created\r\nContent-Length: 30\r\n\r\n{\"sid\":\"SM1\",\"status\":\"queued\"}").await;
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("http://127.0.0.1:{}/2010-04-01/Accounts/AC0123456789/Messages.json", elsewhere.port);
        let redirects = Misbehaving::saying(format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")).await;
        let outcome = outcome_at(redirects.port).await;
        assert!(matches!(outcome, Err(SendError::Misconfigured(_))), "{outcome:?}");
    }
    assert_eq!(elsewhere.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn odd_answers_have_a_meaning() {
    let refused = |code: &str| {
        Err(SendError::Refused {
            provider_code: code.to_owned(),
            permanent: false,
        })
    };
    let busy = |retry_after| Err(SendError::Busy { retry_after });
    for (answer, outcome) in [
        ("HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello", refused("http-400")),
        ("HTTP/1.1 422 No\r\nContent-Length: 14\r\n\r\n{\"code\": 21612}", refused("http-422")),
        ("HTTP/1.1 422 No\r\nContent-Length: 15\r\n\r\n{\"code\": 21612}", refused("21612")),
        (
            "HTTP/1.1 429 Wait\r\nContent-Length: 0\r\nRetry-After: 99999999\r\n\r\n",
            busy(Some(Duration::from_secs(3600))),
        ),
        (
            "HTTP/1.1 429 Wait\r\nContent-Length: 0\r\nRetry-After: Wed, 25 Nov 2026 02:00:00 GMT\r\n\r\n",
            busy(None),
        ),
        ("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", Err(SendError::Uncertain(Trouble::Provider))),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", Err(SendError::Uncertain(Trouble::Connection))),
    ] {
        let says = Misbehaving::saying(answer).await;
        assert_eq!(outcome_at(says.port).await, outcome, "{answer}");
    }
    let failed = r#"{"sid":"SM1","status":"failed","error_code":30005}"#;
    let says = Misbehaving::saying(format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{failed}", failed.len())).await;
    let bad_number = SendError::Refused {
        provider_code: "30005".to_owned(),
        permanent: true,
    };
    assert_eq!(outcome_at(says.port).await, Err(bad_number));
}
