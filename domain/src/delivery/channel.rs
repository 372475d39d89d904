//! The port through which a message leaves: one trait, with a real implementation for every protocol.
//!
//! A channel hands over and says what it knows. It never retries, never picks the next provider and never waits longer than
//! [`WHOLE_TIMEOUT`]: those are decisions of whoever called it.

use super::call::CallScript;
pub use super::extension::{Extension, ExtensionError, is_e164};
use crate::vault::Secret;
use async_trait::async_trait;
use std::{fmt, time::Duration};
use uuid::Uuid;

/// The longest a connection may take to stand, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest a whole hand-over may take. What is not clear by then is [`SendError::Uncertain`] or [`SendError::Unreachable`].
pub const WHOLE_TIMEOUT: Duration = Duration::from_secs(10);

/// A way for messages to leave.
#[async_trait]
pub trait Channel: Send + Sync {
    /// What kind of messages it takes.
    fn kind(&self) -> ChannelKind;

    /// Hands one message to the provider. Safe to call twice with the same message: its id goes along wherever the protocol has a place for it.
    async fn hand_over(&self, message: &Message) -> Result<HandedOver, SendError>;

    /// Whether the provider answers and takes our credentials. Sends no message.
    async fn check(&self) -> Result<(), SendError>;
}

/// The kinds of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// Texts to a phone.
    Sms,
    /// Calls to a phone.
    Voice,
    /// Mail.
    Mail,
    /// Every kind, into a folder of a developer.
    Development,
}

/// A language in which messages are written and spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// Dutch.
    Nl,
}

/// One message to hand over. Printing it shows neither what it says nor the whole of where it goes.
#[derive(Clone, Debug)]
pub struct Message {
    /// Names this message for ever: the idempotency key for the gateway, and part of the addresses it calls back.
    pub id: Uuid,
    /// Where it goes.
    pub to: Recipient,
    /// The sender: a number, a short code, a name of letters and digits, a messaging service (`MG…`), or a mail address.
    pub from: String,
    /// The language in which it is written or spoken.
    pub language: Language,
    /// What it says.
    pub content: Content,
}

impl Message {
    /// The phone and the text of an SMS; anything else was sent to the wrong channel.
    pub fn as_sms(&self) -> Result<(&str, &Secret<String>), SendError> {
        match (&self.to, &self.content) {
            (Recipient::Phone { e164, .. }, Content::Sms { text }) => Ok((e164, text)),
            _ => Err(SendError::Unsendable("This channel takes only text messages to a phone")),
        }
    }

    /// The phone, its extension and the script of a call; anything else was sent to the wrong channel.
    pub fn as_call(&self) -> Result<(&str, Option<&Extension>, &CallScript), SendError> {
        match (&self.to, &self.content) {
            (Recipient::Phone { e164, extension }, Content::Call { script }) => Ok((e164, extension.as_ref(), script)),
            _ => Err(SendError::Unsendable("This channel takes only calls to a phone")),
        }
    }

    /// The address and the parts of a mail; anything else was sent to the wrong channel.
    pub fn as_mail(&self) -> Result<(&str, MailParts<'_>), SendError> {
        match (&self.to, &self.content) {
            (Recipient::Mail { address }, Content::Mail { subject, text, html }) => {
                let html = html.as_ref();
                Ok((address, MailParts { subject, text, html }))
            }
            _ => Err(SendError::Unsendable("This channel takes only mail to a mail address")),
        }
    }
}

/// The parts of a mail, borrowed of its message.
#[derive(Clone, Copy, Debug)]
pub struct MailParts<'a> {
    /// The subject, before it is made safe for a header.
    pub subject: &'a str,
    /// The body as plain text.
    pub text: &'a Secret<String>,
    /// The body as HTML.
    pub html: Option<&'a Secret<String>>,
}

/// Where a message goes. Printing it shows the end of a number or the domain of an address, never the whole.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A phone.
    Phone {
        /// The number as E.164 has it: a plus and at most 15 digits.
        e164: String,
        /// What to do after it was answered.
        extension: Option<Extension>,
    },
    /// A mailbox.
    Mail {
        /// The address (RFC 5321 4.1.2).
        address: String,
    },
}

impl Recipient {
    /// Enough to recognise it, too little to use it: `•••00`, `•••@example.com`.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone { e164, .. } => {
                let tail: String = e164.chars().skip(e164.chars().count().saturating_sub(2)).collect();
                format!("•••{tail}")
            }
            Self::Mail { address } => match address.rsplit_once('@') {
                Some((_, domain)) => format!("•••@{domain}"),
                None => "•••".to_owned(),
            },
        }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// What a message says. Printing it shows the subject of a mail and nothing else.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text to a phone.
    Sms {
        /// The whole text.
        text: Secret<String>,
    },
    /// A call.
    Call {
        /// What is asked in the call.
        script: CallScript,
    },
    /// A mail.
    Mail {
        /// Never holds the code: subjects are shown on locked screens.
        subject: String,
        /// The body as plain text.
        text: Secret<String>,
        /// The same as HTML.
        html: Option<Secret<String>>,
    },
}

/// The provider has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    /// The provider's own name for it, by which later reports are matched.
    pub reference: Option<String>,
    /// How far it has come.
    pub status: DeliveryStatus,
}

/// How far a message has come (S44), in the order in which it moves.
///
/// A delivery may follow a failure, for a carrier tries again; nothing follows a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryStatus {
    /// Nobody has said.
    Unknown,
    /// It waits at the provider.
    Queued,
    /// It left the provider.
    Sent,
    /// It will not arrive.
    Failed,
    /// It arrived.
    Delivered,
}

impl DeliveryStatus {
    /// The state after a report. Reports come late, twice, in the wrong order and from liars: state only moves forward.
    #[must_use]
    pub fn after(self, report: Self) -> Self {
        self.max(report)
    }
}

/// What a provider reports about a message after it took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The provider's own name for the message, as in [`HandedOver`].
    pub reference: String,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// The provider's code for what went wrong.
    pub error_code: Option<String>,
    /// The provider says that the number or address itself is no good: no use trying it again.
    pub bad_recipient: bool,
}

/// Why a message was not handed over, or may not have been. No message of these holds a code, a secret, a number or an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing was sent. The next provider may be tried at once.
    #[error("The provider could not be reached ({0}); nothing was sent.")]
    Unreachable(Trouble),
    /// The message went out and no clear answer came. Trying again may deliver it twice: send the same code again, never another.
    #[error("The message went out, but the provider gave no clear answer ({0}); it may still arrive.")]
    Uncertain(Trouble),
    /// The provider asks us to slow down. Nothing was sent.
    #[error("The provider asks to wait before sending more; nothing was sent.")]
    Busy {
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The provider said no to this message. Nothing was sent.
    #[error("The provider refused the message with code {provider_code}; nothing was sent.")]
    Refused {
        /// The provider's own code.
        provider_code: String,
        /// The number or address itself is no good: no other provider will do better.
        permanent: bool,
    },
    /// Our side of the agreement with the provider is wrong, and an administrator has to look. Nothing was sent.
    #[error("The channel is set up wrongly: {0}; nothing was sent.")]
    Misconfigured(String),
    /// This message cannot travel by this channel, whoever the provider is. Nothing was sent.
    #[error("The message cannot be sent: {0}.")]
    Unsendable(&'static str),
}

impl SendError {
    /// Shorthand.
    pub fn misconfigured(what: impl Into<String>) -> Self {
        Self::Misconfigured(what.into())
    }

    /// False only where the message may arrive after all.
    pub const fn nothing_was_sent(&self) -> bool {
        !matches!(self, Self::Uncertain(_))
    }

    /// Whether another provider may succeed where this one did not.
    pub const fn another_provider_may_help(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Uncertain(_) | Self::Busy { .. } | Self::Misconfigured(_) => true,
            Self::Refused { permanent, .. } => !*permanent,
            Self::Unsendable(_) => false,
        }
    }
}

/// What went wrong on the way to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection, or it broke.
    #[error("the connection failed")]
    Connection,
    /// TLS did not come about.
    #[error("the encrypted connection failed")]
    Tls,
    /// It took too long.
    #[error("it took too long")]
    TimeOut,
    /// The provider has trouble of its own.
    #[error("the provider reported an error of its own")]
    Provider,
    /// An answer came and could not be read.
    #[error("the answer could not be read")]
    Answer,
    /// The connection is down and is being set up again.
    #[error("the connection is being set up again")]
    Reconnecting,
    /// The disk said no.
    #[error("the disk refused")]
    Disk,
}

/// The proof that this installation runs in development mode. What would be unsafe elsewhere asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Development(());

impl Development {
    /// To be called in one place: where the configuration has said that this is development.
    pub const fn declared_by_configuration() -> Self {
        Self(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_has_only_what_is_on_a_keypad() {
        assert_eq!(Extension::parse("x5678"), Ok(Extension::Dialled("5678".to_owned())));
        assert_eq!(Extension::parse("5,678#"), Ok(Extension::Dialled("5,678#".to_owned())));
        assert_eq!(Extension::parse("@5678"), Ok(Extension::Operator("5678".to_owned())));
        for (text, error) in [
            ("", ExtensionError::Empty),
            ("x", ExtensionError::Empty),
            ("@", ExtensionError::Empty),
            (",,#", ExtensionError::Empty),
            ("5@678", ExtensionError::Forbidden),
            ("56w78", ExtensionError::Forbidden),
            ("٥٦", ExtensionError::Forbidden),
            ("5678\r\n", ExtensionError::Forbidden),
            ("123456789012345678901", ExtensionError::TooLong),
        ] {
            assert_eq!(Extension::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn state_only_moves_forward() {
        use DeliveryStatus::{Delivered, Failed, Queued, Sent, Unknown};
        assert_eq!(Queued.after(Sent), Sent);
        assert_eq!(Delivered.after(Sent), Delivered, "late");
        assert_eq!(Delivered.after(Failed), Delivered, "forged");
        assert_eq!(Failed.after(Unknown), Failed);
        assert_eq!(Failed.after(Delivered), Delivered, "the carrier tried again");
    }

    #[test]
    fn printing_a_message_gives_nothing_away() {
        let message = Message {
            id: Uuid::nil(),
            to: Recipient::Phone {
                e164: "+31600000000".to_owned(),
                extension: None,
            },
            from: "Example".to_owned(),
            language: Language::Nl,
            content: Content::Sms {
                text: Secret::new("428913".to_owned()),
            },
        };
        let printed = format!("{message:?}");
        assert!(!printed.contains("428913") && !printed.contains("600000"), "{printed}");
        let mail = Recipient::Mail {
            address: "ann@example.com".to_owned(),
        };
        assert_eq!(format!("{mail:?}"), "•••@example.com");
    }

    #[test]
    fn numbers_are_e164_or_refused() {
        assert!(is_e164("+31600000000") && is_e164("+15550100123"));
        for wrong in ["31600000000", "+0600000000", "+31 6", "+123456", "+1234567890123456", "+3160000000a", ""] {
            assert!(!is_e164(wrong), "{wrong}");
        }
    }

    #[test]
    fn errors_say_what_to_do_next() {
        let bad_number = SendError::Refused {
            provider_code: "21211".to_owned(),
            permanent: true,
        };
        assert!(bad_number.nothing_was_sent() && !bad_number.another_provider_may_help());
        let unclear = SendError::Uncertain(Trouble::TimeOut);
        assert!(!unclear.nothing_was_sent() && unclear.another_provider_may_help());
        assert_eq!(
            unclear.to_string(),
            "The message went out, but the provider gave no clear answer (it took too long); it may still arrive."
        );
    }
}
