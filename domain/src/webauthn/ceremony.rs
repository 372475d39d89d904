//! What the server remembers between begin and finish.

use super::{credential::CredentialId, error::PasskeyError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};
use uuid::Uuid;
use webauthn_rs::prelude::{AttestedPasskeyRegistration, DiscoverableAuthentication, PasskeyRegistration};

/// How long the browser may wait for the person (WebAuthn L3 section 15.1, recommended timeout).
pub const PROMPT_SECONDS: u64 = 300;
/// How long a ceremony may take: the prompt and the way back.
pub const CEREMONY_SECONDS: i64 = 330;

/// What a ceremony is for. One begun for one purpose is never finished as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A new passkey.
    Register,
    /// Signing in, nobody known yet.
    SignIn,
    /// The second factor of a member who is known.
    SecondFactor,
    /// Proving again who one is before a change.
    StepUp,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Register => "registration",
            Self::SignIn => "sign-in",
            Self::SecondFactor => "a second factor",
            Self::StepUp => "a step-up",
        })
    }
}

/// The state of a ceremony (WebAuthn L3 section 13.4.3, "Cryptographic Challenges"). It stays on the server, in a row that belongs to one
/// session and is deleted by the statement that reads it; finishing consumes it. It cannot be cloned.
///
/// A member that this version does not know makes it unreadable: it might be a check that a newer node demands.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceremony {
    purpose: Purpose,
    begun_at: Timestamp,
    state: State,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum State {
    Creating(Creating),
    Asking(Asking),
}

/// A registration under way.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Creating {
    /// Whose.
    pub(super) user_handle: Uuid,
    /// What the member has already.
    pub(super) exclude: Vec<CredentialId>,
    /// The makes and models allowed, or any.
    pub(super) models: Option<BTreeSet<Uuid>>,
    /// The library's part.
    pub(super) library: CreatingState,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CreatingState {
    Plain(PasskeyRegistration),
    Attested(AttestedPasskeyRegistration),
}

/// An assertion under way.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asking {
    /// Who is asked; nobody in particular when signing in.
    pub(super) user_handle: Option<Uuid>,
    /// For which credentials; any when signing in.
    pub(super) allowed: Vec<CredentialId>,
    /// The library's part.
    pub(super) library: DiscoverableAuthentication,
}

impl Ceremony {
    pub(super) fn creating(begun_at: Timestamp, creating: Creating) -> Self {
        Self {
            purpose: Purpose::Register,
            begun_at,
            state: State::Creating(creating),
        }
    }

    pub(super) fn asking(purpose: Purpose, begun_at: Timestamp, asking: Asking) -> Self {
        Self {
            purpose,
            begun_at,
            state: State::Asking(asking),
        }
    }

    /// What it was begun for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// From when on it cannot be finished.
    pub fn expires_at(&self) -> Timestamp {
        self.begun_at
            .saturating_add(SignedDuration::from_secs(CEREMONY_SECONDS))
            .unwrap_or(Timestamp::MAX)
    }

    pub(super) fn into_creating(self, now: Timestamp) -> Result<Creating, PasskeyError> {
        self.check(Purpose::Register, now)?;
        match self.state {
            State::Creating(creating) => Ok(creating),
            State::Asking(_) => Err(self.mistaken_for(Purpose::Register)),
        }
    }

    pub(super) fn into_asking(self, purpose: Purpose, now: Timestamp) -> Result<Asking, PasskeyError> {
        self.check(purpose, now)?;
        match self.state {
            State::Asking(asking) => Ok(asking),
            State::Creating(_) => Err(self.mistaken_for(purpose)),
        }
    }

    fn check(&self, purpose: Purpose, now: Timestamp) -> Result<(), PasskeyError> {
        if self.purpose != purpose {
            Err(self.mistaken_for(purpose))
        } else if now >= self.expires_at() {
            Err(PasskeyError::Expired)
        } else {
            Ok(())
        }
    }

    fn mistaken_for(&self, finished: Purpose) -> PasskeyError {
        PasskeyError::WrongPurpose { begun: self.purpose, finished }
    }
}

/// Without the challenge: a log line must not be an answer.
impl fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ceremony")
            .field("purpose", &self.purpose)
            .field("begun_at", &self.begun_at)
            .finish_non_exhaustive()
    }
}
