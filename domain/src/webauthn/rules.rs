//! What an assertion proved, and what follows from it.

use super::credential::CredentialId;
use serde_json::Value;
use uuid::Uuid;

/// A successful registration (WebAuthn L3 section 7.1): what the caller writes into the new row.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// Whose, as the ceremony was begun.
    pub user_handle: Uuid,
    /// Unique in its tenant: the caller's unique constraint says so.
    pub credential_id: CredentialId,
    /// The credential record; goes back in through [`StoredPasskey::parse`](super::StoredPasskey::parse).
    pub passkey_json: Value,
    /// Make and model (L3 6.5.1); nil when the authenticator or the browser keeps it to itself. Proven only if `attested`.
    pub aaguid: Uuid,
    /// The name of make and model, if known.
    pub name_by_aaguid: Option<String>,
    /// `signCount` (L3 6.1.1).
    pub counter: u32,
    /// BE (L3 6.1.3): may be copied to other devices. Never changes.
    pub backup_eligible: bool,
    /// BS (L3 6.1.3): is copied now.
    pub backed_up: bool,
    /// UV (L3 6.1). Always true today.
    pub user_verified: bool,
    /// `credProps.rk` (L3 10.1.3): may be used to sign in without a name; `None` if the browser does not say. Not signed: a hint.
    pub discoverable: Option<bool>,
    /// `getTransports()` (L3 5.8.4), as the browser says it.
    pub transports: Vec<String>,
    /// Make and model are proven by a chain to a trusted root (L3 6.5).
    pub attested: bool,
}

/// A successful assertion (WebAuthn L3 section 7.2). It is not a yes before [`Asserted::verdict`] has been asked.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an assertion is not accepted before its verdict has been asked"]
pub struct Asserted {
    /// Whose.
    pub user_handle: Uuid,
    /// Which one.
    pub credential_id: CredentialId,
    /// `signCount` (L3 6.1.1).
    pub counter: u32,
    /// The counter did not move forward: two devices may share the key (L3 6.1.1).
    pub counter_regressed: bool,
    /// BS now (L3 6.1.3).
    pub backed_up: bool,
    /// BS is another than it was last time.
    pub backup_state_changed: bool,
    /// BE (L3 6.1.3).
    pub backup_eligible: bool,
    /// UV (L3 6.1). Always true today.
    pub user_verified: bool,
    /// The credential record to write back, if it has changed.
    pub passkey_updated: Option<Value>,
}

/// What a tenant does about a counter that does not move forward (L3 6.1.1 leaves it to the site).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterRule {
    /// Accept it and tell the admins.
    Flag,
    /// Refuse it, and tell the admins.
    Refuse,
}

/// What is to be done with an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let in.
    Accept,
    /// Let in, and write it into the audit log.
    AcceptFlagged,
    /// Do not let in, and write it into the audit log.
    Refuse,
}

impl Asserted {
    /// Decides. A regressed counter follows the rule; a passkey that began or ceased to be backed up is let in and noted.
    pub const fn verdict(&self, rule: CounterRule) -> Verdict {
        match (self.counter_regressed, rule) {
            (true, CounterRule::Refuse) => Verdict::Refuse,
            (true, CounterRule::Flag) => Verdict::AcceptFlagged,
            (false, CounterRule::Flag | CounterRule::Refuse) if self.backup_state_changed => Verdict::AcceptFlagged,
            (false, CounterRule::Flag | CounterRule::Refuse) => Verdict::Accept,
        }
    }
}
