//! Ids of rows. Each table has its own type, so that one can never be passed for another (abuse case E12).

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The text is not an id. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 32 hexadecimal digits, with or without hyphens")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!(stringify!($name), "({})"), self.0) }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> { Uuid::parse_str(text).map(Self).map_err(|_| IdError) }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
    )+};
}

ids! {
    /// A tenant: one organisation.
    TenantId,
    /// A member of a tenant: one person or service account of its directory.
    MemberId,
    /// A verification method of a member.
    MethodId,
    /// An attempt: one run through sign-in or verification.
    AttemptId,
    /// A challenge: one code, call or push that waits for an answer.
    ChallengeId,
    /// A REST key.
    ApiKeyId,
    /// A row of the audit log.
    AuditId,
    /// A message handed, or to be handed, to a provider.
    DeliveryId,
    /// A delivery provider: a gateway for one channel.
    ProviderId,
    /// A hardware token of the inventory.
    TokenId,
    /// An import of hardware tokens.
    ImportId,
}
