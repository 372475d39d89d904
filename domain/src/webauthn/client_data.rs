//! What the browser says about the page it was on (WebAuthn L3 section 5.8.1, `CollectedClientData`).
//!
//! The library compares parsed URLs, which takes `https://example.com:443/x` for `https://example.com`, and does not look at `crossOrigin` of
//! an assertion. A browser writes an origin in exactly one way, so here the text itself is compared, before the library sees anything.

use super::error::PasskeyError;
use serde::Deserialize;

/// `C.type` of each ceremony.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A new credential.
    Create,
    /// An assertion.
    Get,
}

impl Kind {
    const fn text(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    origin: String,
    cross_origin: Option<bool>,
    top_origin: Option<String>,
}

/// Checks type, origin and frame (L3 7.1, 7.2). The challenge is the library's to compare.
pub(super) fn check(json: &[u8], kind: Kind, origin: &str) -> Result<(), PasskeyError> {
    // Fails on a member that is there twice, so that nobody can show one value to us and another to the library.
    let data: ClientData = serde_json::from_slice(json).map_err(|_| PasskeyError::Malformed)?;
    if data.kind != kind.text() {
        return Err(PasskeyError::WrongType);
    }
    if data.origin != origin {
        return Err(PasskeyError::WrongOrigin);
    }
    if data.cross_origin.unwrap_or(false) || data.top_origin.is_some() {
        return Err(PasskeyError::CrossOrigin);
    }
    Ok(())
}
