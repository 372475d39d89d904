//! Settings that must not be seen: connection strings and the master key.

use std::fmt;

/// A string that is never printed: `{:?}` shows a mask, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretText(String);

impl SecretText {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. The name is there to be seen in review.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[hidden]")
    }
}

/// The key that wraps the data key of every tenant: 32 bytes, kept outside the database.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MasterKey([u8; 32]);

impl MasterKey {
    /// Reads the 32 bytes from base64, with or without padding.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim().trim_end_matches('=');
        let bytes = data_encoding::BASE64_NOPAD.decode(text.as_bytes()).map_err(|_| "is not base64")?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| "is not 32 bytes long")?;
        if bytes == [0; 32] {
            return Err("is all zeros, which is nobody's key");
        }
        Ok(Self(bytes))
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn to_base64(&self) -> SecretText {
        SecretText::new(data_encoding::BASE64.encode(&self.0))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", SecretText::new("hunter2")), "[hidden]");
        assert_eq!(format!("{:?}", MasterKey::from_bytes([7; 32])), "[hidden]");
    }

    #[test]
    fn a_master_key_is_32_bytes_of_base64() {
        let key = MasterKey::from_bytes([7; 32]);
        assert_eq!(MasterKey::parse(key.to_base64().expose()), Ok(key.clone()));
        assert_eq!(MasterKey::parse(key.to_base64().expose().trim_end_matches('=')), Ok(key));
        assert_eq!(MasterKey::parse("AAAA"), Err("is not 32 bytes long"));
        assert_eq!(MasterKey::parse("not base64!"), Err("is not base64"));
        let zeros = data_encoding::BASE64.encode(&[0; 32]);
        assert_eq!(MasterKey::parse(&zeros), Err("is all zeros, which is nobody's key"));
    }
}
