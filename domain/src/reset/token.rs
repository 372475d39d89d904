//! The right to set a password.

use crate::vault::Secret;
use data_encoding::BASE64URL_NOPAD;
use model::TenantId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Tenant, reset and 256 random bits, good once and for minutes. Cannot be printed.
#[derive(Clone)]
pub struct ResetToken {
    pub(super) tenant: TenantId,
    pub(super) reset: Uuid,
    secret: Secret<[u8; 32]>,
}

impl ResetToken {
    pub(super) fn new(tenant: TenantId, reset: Uuid, secret: [u8; 32]) -> Self {
        Self {
            tenant,
            reset,
            secret: Secret::new(secret),
        }
    }

    /// The text that goes into the address.
    pub fn reveal(&self) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(self.tenant.0.as_bytes());
        bytes.extend(self.reset.as_bytes());
        bytes.extend(self.secret.expose());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a text; `None` when it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let id = |at: usize| Uuid::from_slice(&bytes[at..at + 16]).ok();
        Some(Self::new(TenantId(id(0)?), id(16)?, bytes[32..].try_into().ok()?))
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        // Bound to what it is for: the hash of no other token is ever this one's.
        let mut hash = Sha256::new();
        hash.update(b"password_reset");
        hash.update(self.secret.expose());
        hash.finalize().into()
    }
}

impl std::fmt::Debug for ResetToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResetToken({}, …)", self.reset)
    }
}
