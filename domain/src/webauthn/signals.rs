//! Telling the person's passkey manager what the server knows (WebAuthn L3 section 5.1.10, signal methods). The JSON goes to the browser, which
//! calls the method of the same name with it.

use super::{RelyingParty, credential::CredentialId};
use serde_json::{Value, json};
use uuid::Uuid;

impl RelyingParty {
    /// `signalUnknownCredential` (L3 5.1.10.2): this passkey opens nothing here. Only for a credential the browser itself has just shown.
    pub fn signal_unknown_credential(&self, credential: &CredentialId) -> Value {
        json!({ "signalUnknownCredential": { "rpId": self.rp_id(), "credentialId": credential } })
    }

    /// `signalAllAcceptedCredentials` (L3 5.1.10.3): the member's passkeys are exactly these. Only for the member who is signed in: managers hide the others.
    pub fn signal_all_accepted_credentials(&self, user_handle: Uuid, accepted: &[CredentialId]) -> Value {
        json!({ "signalAllAcceptedCredentials": {
            "rpId": self.rp_id(),
            "userId": user_id(user_handle),
            "allAcceptedCredentialIds": accepted,
        } })
    }

    /// `signalCurrentUserDetails` (L3 5.1.10.4): the member's names have changed. Only for the member who is signed in.
    pub fn signal_current_user_details(&self, user_handle: Uuid, name: &str, display_name: &str) -> Value {
        json!({ "signalCurrentUserDetails": {
            "rpId": self.rp_id(),
            "userId": user_id(user_handle),
            "name": name,
            "displayName": display_name,
        } })
    }
}

fn user_id(user_handle: Uuid) -> String {
    data_encoding::BASE64URL_NOPAD.encode(user_handle.as_bytes())
}
