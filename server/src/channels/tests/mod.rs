//! Each channel against a real peer that is not ours (`peers/README.md`), and against servers that misbehave.

mod calls;
mod delivery;
mod folder;
mod installation;
mod misbehaving;
mod notices;
mod peer;
mod smpp;
mod sms_http;
mod smtp;
mod voice_http;

use std::time::{Duration, Instant};

use super::Patience;
use domain::{
    delivery::channel::{Content, Language, Message, Recipient},
    vault::Secret,
};
use uuid::Uuid;

/// For tests that see a time-out through: what is promised is that there is one, and of which kind it is.
const HASTE: Patience = Patience {
    connect: Duration::from_millis(700),
    whole: Duration::from_millis(1_200),
    pause: Duration::from_millis(50),
};

/// What a busy machine may need on top of a time-out.
const SLACK: Duration = Duration::from_secs(3);

/// A hand-over that began then has been given up in time.
fn assert_given_up(begun: Instant) {
    assert!(begun.elapsed() < HASTE.whole + SLACK, "{:?}", begun.elapsed());
}

#[test]
fn outside_of_tests_a_provider_has_three_seconds_to_connect_and_ten_in_all() {
    let patience = Patience::default();
    let seconds = [patience.connect, patience.whole, patience.pause].map(|time| time.as_secs());
    assert_eq!(seconds, [3, 10, 1]);
}

/// A text message to an invented number.
fn text_to(e164: &str) -> Message {
    Message {
        id: Uuid::now_v7(),
        to: Recipient::Phone {
            e164: e164.to_owned(),
            extension: None,
        },
        from: "+15550100100".to_owned(),
        language: Language::En,
        content: Content::Sms {
            text: Secret::new("Your code for Contoso is 428913. Never share it, not even with us.\n@mfa.example.com #428913".to_owned()),
        },
    }
}
