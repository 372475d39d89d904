//! A credential as it is named and as it is stored.

use super::error::PasskeyError;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, str::FromStr};
use uuid::Uuid;
use webauthn_rs::prelude::Passkey;
use webauthn_rs_proto::AuthenticatorTransport;

/// Longest credential id (WebAuthn L3 section 6.5.1, `credentialIdLength`).
pub const CREDENTIAL_ID_BYTES_MAX: usize = 1023;

/// A credential id (WebAuthn L3 section 4, "Credential ID"): 1 to 1023 bytes, written as base64url without padding.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// Of raw bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, PasskeyError> {
        if (1..=CREDENTIAL_ID_BYTES_MAX).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(PasskeyError::Malformed)
        }
    }

    /// The raw bytes, as the database keeps them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for CredentialId {
    type Err = PasskeyError;

    fn from_str(text: &str) -> Result<Self, PasskeyError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| PasskeyError::Malformed)?;
        Self::new(bytes)
    }
}

impl TryFrom<String> for CredentialId {
    type Error = PasskeyError;

    fn try_from(text: String) -> Result<Self, PasskeyError> {
        text.parse()
    }
}

impl From<CredentialId> for String {
    fn from(id: CredentialId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialId({self})")
    }
}

/// A credential record (WebAuthn L3 section 4, "Credential Record"): one row of the database, parsed.
#[derive(Clone, Debug)]
pub struct StoredPasskey {
    pub(super) user_handle: Uuid,
    pub(super) credential_id: CredentialId,
    pub(super) passkey: Passkey,
    pub(super) record: Record,
    pub(super) transports: Vec<AuthenticatorTransport>,
}

/// The part of the stored JSON that we read and the library does not hand out.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Record {
    pub(super) backup_state: bool,
}

#[derive(Deserialize)]
struct Stored {
    cred: Record,
}

impl StoredPasskey {
    /// Of a row: the member's user handle, the JSON that [`Registered::passkey_json`](super::Registered) or
    /// [`Asserted::passkey_updated`](super::Asserted) gave, and [`Registered::transports`](super::Registered), which the library does not keep.
    pub fn parse(user_handle: Uuid, json: &Value, transports: &[String]) -> Result<Self, PasskeyError> {
        let passkey = Passkey::deserialize(json).map_err(|_| PasskeyError::StoredBroken)?;
        let Stored { cred: record } = Stored::deserialize(json).map_err(|_| PasskeyError::StoredBroken)?;
        let credential_id = CredentialId::new(passkey.cred_id().clone()).map_err(|_| PasskeyError::StoredBroken)?;
        Ok(Self {
            user_handle,
            credential_id,
            passkey,
            record,
            transports: transports.iter().filter_map(|name| AuthenticatorTransport::from_str(name).ok()).collect(),
        })
    }

    /// Which one.
    pub fn credential_id(&self) -> &CredentialId {
        &self.credential_id
    }

    /// Whose.
    pub fn user_handle(&self) -> Uuid {
        self.user_handle
    }
}
