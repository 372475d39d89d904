//! Verification methods: kinds, families, uses and OATH parameters.

use crate::text::text_enum;
use serde::{Deserialize, Serialize};

text_enum! {
    /// A kind of verification method (product rule 5), strongest first: the order in which they are offered.
    MethodKind {
        /// Temporary Access Pass.
        Pass = "pass",
        /// Passkey or security key (WebAuthn).
        Passkey = "passkey",
        /// Approval in the authenticator app.
        Push = "push",
        /// Code from an authenticator app (RFC 6238).
        Totp = "totp",
        /// Code from a hardware token (RFC 6238 or RFC 4226).
        HardwareToken = "hardware_token",
        /// Code by SMS.
        Sms = "sms",
        /// Voice call.
        Voice = "voice",
        /// Code by e-mail.
        Email = "email",
        /// One of ten saved codes.
        RecoveryCode = "recovery_code",
        /// Password for one program outside the browser.
        AppPassword = "app_password",
        /// Security questions: reset only.
        SecurityQuestions = "security_questions",
    }
}

text_enum! {
    /// Methods whose guesses are worth the same to an attacker share one counter.
    Family {
        /// Six or eight digits made by an app or token.
        Oath = "oath",
        /// Six digits sent by SMS, call or mail.
        Delivered = "delivered",
        /// Recovery codes.
        Recovery = "recovery",
        /// Passes.
        Pass = "pass",
        /// Push answers.
        Push = "push",
        /// WebAuthn assertions; never locked by wrong codes of other families.
        WebAuthn = "webauthn",
        /// App passwords.
        AppPassword = "app_password",
        /// Security questions.
        Questions = "questions",
    }
}

impl MethodKind {
    /// The family that counts wrong answers for this kind.
    pub const fn family(self) -> Family {
        match self {
            Self::Pass => Family::Pass,
            Self::Passkey => Family::WebAuthn,
            Self::Push => Family::Push,
            Self::Totp | Self::HardwareToken => Family::Oath,
            Self::Sms | Self::Voice | Self::Email => Family::Delivered,
            Self::RecoveryCode => Family::Recovery,
            Self::AppPassword => Family::AppPassword,
            Self::SecurityQuestions => Family::Questions,
        }
    }

    /// True when the kind can serve as a second factor by itself once confirmed. Recovery codes are a fallback: they let a member in, but
    /// do not make somebody "registered".
    pub const fn counts_as_registered(self) -> bool {
        matches!(self, Self::Passkey | Self::Push | Self::Totp | Self::HardwareToken | Self::Sms | Self::Voice)
    }

    /// True when what it proves with is bound to the address of the page (NIST SP 800-63B-4 section 3.2.5): it cannot be typed into somebody else's.
    pub const fn is_phishing_resistant(self) -> bool {
        matches!(self, Self::Passkey)
    }

    /// How hard it is to get at from far away, for telling that a weaker way was chosen than before: what is bound to the page, what is made in the hand,
    /// what is sent, what is written down. Kinds of one level are as good as each other.
    pub const fn strength(self) -> u8 {
        match self {
            Self::Passkey => 3,
            Self::Push | Self::Totp | Self::HardwareToken => 2,
            Self::Sms | Self::Voice | Self::Email => 1,
            Self::Pass | Self::RecoveryCode | Self::AppPassword | Self::SecurityQuestions => 0,
        }
    }
}

text_enum! {
    /// A way for a message to reach somebody.
    Channel {
        /// A text to a phone.
        Sms = "sms",
        /// A call.
        Voice = "voice",
        /// Mail.
        Mail = "mail",
    }
}

impl MethodKind {
    /// The channel that carries this kind's codes, for kinds whose codes are sent.
    pub const fn channel(self) -> Option<Channel> {
        match self {
            Self::Sms => Some(Channel::Sms),
            Self::Voice => Some(Channel::Voice),
            Self::Email => Some(Channel::Mail),
            _ => None,
        }
    }
}

text_enum! {
    /// How far a message has come. It only moves down this list, whatever is reported later.
    DeliveryStatus {
        /// Waits for a worker.
        Queued = "queued",
        /// The provider took it.
        Handed = "handed",
        /// It left the provider.
        Sent = "sent",
        /// The provider gave no clear answer; it may still arrive.
        Uncertain = "uncertain",
        /// It will not arrive.
        Failed = "failed",
        /// Not sent any more: the challenge had ended.
        Dropped = "dropped",
        /// It arrived.
        Delivered = "delivered",
    }
}

text_enum! {
    /// What a sender is.
    SenderKind {
        /// A long number in E.164.
        Number = "number",
        /// Five or six digits, in the United States and Canada only (S14).
        ShortCode = "short_code",
        /// Up to eleven letters and digits.
        Name = "name",
        /// A mail address.
        Mail = "mail",
    }
}

text_enum! {
    /// What a method may be used for (product rule 8).
    MethodUse {
        /// Signing in without a password.
        SignIn = "sign_in",
        /// A second factor.
        Mfa = "mfa",
        /// Resetting a password.
        Reset = "reset",
    }
}

text_enum! {
    /// The hash of an OATH code (RFC 6238 1.2).
    OathAlgorithm {
        /// HMAC-SHA-1, which nearly every app uses.
        Sha1 = "SHA1",
        /// HMAC-SHA-256.
        Sha256 = "SHA256",
        /// HMAC-SHA-512.
        Sha512 = "SHA512",
    }
}

text_enum! {
    /// What moves a code on to the next.
    OathKind {
        /// The time (RFC 6238).
        Totp = "totp",
        /// A counter, one for each press of the button (RFC 4226).
        Hotp = "hotp",
    }
}

/// How an OATH method makes its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OathParams {
    /// Time or counter; methods of before this was stored go by the time.
    #[serde(default = "OathParams::kind_at_first")]
    pub kind: OathKind,
    /// The hash.
    pub algorithm: OathAlgorithm,
    /// 6 or 8.
    pub digits: u8,
    /// Seconds of a step: 30 or 60. Says nothing where a counter moves the code.
    pub period: u8,
}

impl Default for OathParams {
    fn default() -> Self {
        Self {
            kind: OathKind::Totp,
            algorithm: OathAlgorithm::Sha1,
            digits: 6,
            period: 30,
        }
    }
}

impl OathParams {
    const fn kind_at_first() -> OathKind {
        OathKind::Totp
    }

    /// Checks the values that this service can verify.
    pub fn checked(self) -> Result<Self, &'static str> {
        match (self.digits, self.period) {
            (6 | 8, 30 | 60) => Ok(self),
            (6 | 8, _) => Err("the period is 30 or 60 seconds"),
            _ => Err("codes have 6 or 8 digits"),
        }
    }
}

text_enum! {
    /// Where a hardware token of the inventory stands (product rule 5).
    TokenState {
        /// In the drawer: nobody's.
        Available = "available",
        /// Given to a member who has not typed a code of it yet.
        Assigned = "assigned",
        /// A member's method.
        Active = "active",
        /// Lost or broken: its seed is gone, its serial number stays taken.
        Retired = "retired",
    }
}
