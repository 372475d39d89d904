//! Mail: against aiosmtpd, and against servers that misbehave.

use super::{
    HASTE, assert_given_up,
    misbehaving::{Misbehaving, dead_port},
    peer::{Certificate, Peer},
};
use crate::channels::{
    Patience,
    smtp::{Security, Smtp, SmtpConfig, SmtpLogin},
    tls::Roots,
};
use domain::{
    delivery::{
        channel::{Channel, DeliveryStatus, Development, Language, Message, Recipient, SendError, Trouble},
        texts::{CodeMessage, mail_code},
    },
    vault::Secret,
};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use uuid::Uuid;

fn mail_to(address: &str) -> Message {
    let code = Secret::new("428913".to_owned());
    let words = CodeMessage {
        code: &code,
        service: "Gemeente Súdwest",
        host: "mfa.example.com",
        minutes: 5,
        read_back: false,
    };
    Message {
        id: Uuid::now_v7(),
        to: Recipient::Mail { address: address.to_owned() },
        from: "mfa@example.com".to_owned(),
        language: Language::Nl,
        content: mail_code(words, Language::Nl),
    }
}

fn plain(port: u16) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain(Development::declared_by_configuration()),
        roots: Roots::Public,
        patience: Patience::default(),
        login: None,
        hello_name: Some("mfa.example.com".to_owned()),
        from_name: "Súdwest\r\nBcc: eve@evil.example".to_owned(),
    }
}

fn hasty(port: u16) -> SmtpConfig {
    SmtpConfig {
        patience: HASTE,
        ..plain(port)
    }
}

fn with_tls(port: u16, security: Security, root: &str) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".to_owned(),
        security,
        roots: Roots::Own(root.to_owned()),
        login: Some(SmtpLogin {
            user: "tweestap".to_owned(),
            password: Secret::new("secret".to_owned()),
        }),
        ..plain(port)
    }
}

async fn send(config: SmtpConfig, to: &str) -> Result<(), SendError> {
    let channel = Smtp::new(config).expect("configured");
    channel.hand_over(&mail_to(to)).await.map(|_| ())
}

#[tokio::test]
async fn a_mail_arrives_whole() {
    let mut peer = Peer::start("smtp_peer.py", &[]).await;
    let channel = Smtp::new(plain(peer.port)).expect("configured");
    channel.check().await.expect("answers");
    let message = mail_to("ann@example.com");
    let handed_over = channel.hand_over(&message).await.expect("taken");
    assert_eq!(handed_over.status, DeliveryStatus::Sent);
    assert_eq!(handed_over.reference, Some(format!("<{}@example.com>", message.id)));
    let mail = peer.tells("mail").await;
    assert_eq!(
        (&mail["sender"], &mail["to"]),
        (&"mfa@example.com".into(), &serde_json::json!(["ann@example.com"]))
    );
    let headers = &mail["headers"];
    assert_eq!(headers["Subject"], "Je code voor Gemeente Súdwest");
    assert_eq!(headers["From"], "\"Súdwest Bcc: eve@evil[.]example\" <mfa@example.com>", "D10");
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    assert!(headers["Bcc"].is_null() && headers["Date"].is_string(), "{headers}");
    assert!(
        mail["body"]["plain"].as_str().expect("text").contains("\r\n\r\n    428913\r\n"),
        "{}",
        mail["body"]
    );
    assert!(mail["body"]["html"].as_str().expect("html").contains(">428913</p>"), "{}", mail["body"]);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let peer = Peer::start("smtp_peer.py", &[]).await;
    let refused = |code: &str, permanent| {
        Err(SendError::Refused {
            provider_code: code.to_owned(),
            permanent,
        })
    };
    for (name, outcome) in [
        ("gone", refused("550 5.1.1", true)),
        ("old", refused("550", true)),
        ("policy", refused("550 5.7.1", false)),
        ("full", refused("452 4.2.2", false)),
        ("rejected", refused("554 5.6.0", false)),
        ("later", refused("451 4.3.0", false)),
    ] {
        assert_eq!(send(plain(peer.port), &format!("{name}@example.com")).await, outcome, "{name}");
    }
}

#[tokio::test]
async fn starttls_and_a_login_protect_a_mail() {
    let certificate = Certificate::new();
    let files = (certificate.path("cert.pem"), certificate.path("key.pem"));
    let mut peer = Peer::start("smtp_peer.py", &["--starttls", &files.0, &files.1, "--login", "tweestap", "secret"]).await;
    send(with_tls(peer.port, Security::StartTls, &certificate.root), "ann@example.com")
        .await
        .expect("taken");
    let mail = peer.tells("mail").await;
    assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &"tweestap".into()));

    let mut wrong = with_tls(peer.port, Security::StartTls, &certificate.root);
    wrong.login.as_mut().expect("has one").password = Secret::new("stale".to_owned());
    let outcome = Smtp::new(wrong).expect("configured").check().await;
    assert!(matches!(outcome, Err(SendError::Misconfigured(_))), "{outcome:?}");
}

#[tokio::test]
async fn tls_from_the_first_byte_protects_a_mail() {
    let certificate = Certificate::new();
    let files = (certificate.path("cert.pem"), certificate.path("key.pem"));
    let mut peer = Peer::start("smtp_peer.py", &["--tls", &files.0, &files.1, "--login", "tweestap", "secret"]).await;
    send(with_tls(peer.port, Security::Tls, &certificate.root), "ann@example.com")
        .await
        .expect("taken");
    assert_eq!(peer.tells("mail").await["tls"], true);
}

#[tokio::test]
async fn a_certificate_of_a_stranger_is_not_believed() {
    let (ours, theirs) = (Certificate::new(), Certificate::new());
    let files = (theirs.path("cert.pem"), theirs.path("key.pem"));
    for (flag, security) in [("--tls", Security::Tls), ("--starttls", Security::StartTls)] {
        let peer = Peer::start("smtp_peer.py", &[flag, &files.0, &files.1]).await;
        let outcome = send(with_tls(peer.port, security, &ours.root), "ann@example.com").await;
        assert_eq!(outcome, Err(SendError::Unreachable(Trouble::Tls)));
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_mail() {
    let certificate = Certificate::new();
    let peer = Peer::start("smtp_peer.py", &[]).await;
    let outcome = send(with_tls(peer.port, Security::StartTls, &certificate.root), "ann@example.com").await;
    assert!(matches!(outcome, Err(SendError::Misconfigured(_))), "{outcome:?}");
}

#[tokio::test]
async fn silence_before_the_mail_means_nothing_sent() {
    let peer = Peer::start("smtp_peer.py", &[]).await;
    let begun = Instant::now();
    let silent = Misbehaving::silent().await;
    let (slow, dead) = tokio::join!(send(hasty(peer.port), "slow@example.com"), send(hasty(silent.port), "ann@example.com"));
    assert_eq!(slow, Err(SendError::Unreachable(Trouble::TimeOut)));
    assert_eq!(dead, Err(SendError::Unreachable(Trouble::TimeOut)));
    assert_eq!(
        send(plain(dead_port().await), "ann@example.com").await,
        Err(SendError::Unreachable(Trouble::Connection))
    );
    assert_given_up(begun);
}

#[tokio::test]
async fn silence_after_the_mail_is_uncertain() {
    let peer = Peer::start("smtp_peer.py", &[]).await;
    let begun = Instant::now();
    let (silent, dies) = tokio::join!(send(hasty(peer.port), "silent@example.com"), send(plain(peer.port), "dies@example.com"));
    assert_eq!(silent, Err(SendError::Uncertain(Trouble::TimeOut)));
    assert!(matches!(dies, Err(SendError::Uncertain(_))), "{dies:?}");
    assert_given_up(begun);
}

/// A listener in the middle adds replies of its own after the one to STARTTLS, hoping that they are read as if they had come encrypted
/// (CVE-2011-0411, turned on clients). What was slipped in is no TLS, so the connection must fail, and nothing may be sent over it.
#[tokio::test]
async fn replies_slipped_in_before_tls_are_not_read() {
    let certificate = Certificate::new();
    let acceptor = certificate.acceptor();
    let (heard, mut encrypted) = tokio::sync::mpsc::unbounded_channel();
    let server = Misbehaving::new(move |stream| {
        let (acceptor, heard) = (acceptor.clone(), heard.clone());
        async move {
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(b"220 peer.example\r\n").await;
            let mut line = String::new();
            while !line.starts_with("STARTTLS") {
                line.clear();
                if !stream.read_line(&mut line).await.is_ok_and(|n| n > 0) {
                    return;
                }
                if line.starts_with("EHLO") {
                    let _ = stream.write_all(b"250-peer.example\r\n250 STARTTLS\r\n").await;
                }
            }
            let _ = stream.write_all(b"220 go on\r\n250-peer.example\r\n250 X-SLIPPED-IN\r\n").await;
            if let Ok(stream) = acceptor.accept(stream.into_inner()).await {
                let mut lines = BufReader::new(stream).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    let _ = heard.send(line);
                }
            }
        }
    })
    .await;
    let outcome = send(with_tls(server.port, Security::StartTls, &certificate.root), "ann@example.com").await;
    assert_eq!(
        outcome,
        Err(SendError::Unreachable(Trouble::Tls)),
        "a Misconfigured here means that the slipped-in EHLO was believed"
    );
    drop(server);
    assert_eq!(encrypted.recv().await, None);
}
