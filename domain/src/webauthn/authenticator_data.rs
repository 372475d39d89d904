//! What the authenticator says (WebAuthn L3 section 6.1): the parts the library reads and does not hand out.

use super::{credential::CredentialId, error::PasskeyError};
use serde_cbor_2::Value;
use uuid::Uuid;
use webauthn_rs_core::{
    internals::AuthenticatorData,
    proto::{Authentication, Registration},
};

/// Flags, counter and credential of a registration (L3 6.1 and 6.5.1).
#[derive(Debug)]
pub(super) struct Attested {
    pub(super) credential_id: CredentialId,
    pub(super) aaguid: Uuid,
    pub(super) counter: u32,
    pub(super) user_verified: bool,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
}

impl Attested {
    /// Reads an attestation object (L3 6.5.4). Nothing of it is proven before the library has accepted the registration.
    pub(super) fn read(attestation_object: &[u8]) -> Result<Self, PasskeyError> {
        let bytes = authenticator_data_of(attestation_object).ok_or(PasskeyError::Malformed)?;
        let data = AuthenticatorData::<Registration>::try_from(bytes.as_slice()).map_err(|_| PasskeyError::Malformed)?;
        let credential = data.acd.ok_or(PasskeyError::Malformed)?;
        Ok(Self {
            credential_id: CredentialId::new(credential.credential_id)?,
            aaguid: Uuid::from_bytes(credential.aaguid),
            counter: data.counter,
            user_verified: data.user_verified,
            backup_eligible: data.backup_eligible,
            backed_up: data.backup_state,
        })
    }
}

fn authenticator_data_of(attestation_object: &[u8]) -> Option<Vec<u8>> {
    let Value::Map(mut members) = serde_cbor_2::from_slice(attestation_object).ok()? else {
        return None;
    };
    match members.remove(&Value::Text(String::from("authData")))? {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// Flags and counter of an assertion (L3 6.1).
#[derive(Debug)]
pub(super) struct Used {
    pub(super) counter: u32,
    pub(super) user_verified: bool,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
}

impl Used {
    /// Reads authenticator data whose signature the library has checked.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PasskeyError> {
        let data = AuthenticatorData::<Authentication>::try_from(bytes).map_err(|_| PasskeyError::Malformed)?;
        Ok(Self {
            counter: data.counter,
            user_verified: data.user_verified,
            backup_eligible: data.backup_eligible,
            backed_up: data.backup_state,
        })
    }
}
