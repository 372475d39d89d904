//! REST keys: `tsk_<tenant>_<id>_<secret>`.

use crate::vault::Secret;
use data_encoding::HEXLOWER;
use model::{ApiKeyId, Slug};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A key as a caller shows it. Cannot be printed whole, and not be compared but by its hash.
#[derive(Clone)]
pub struct Credential {
    /// The tenant's short name.
    pub slug: Slug,
    /// The key's id.
    pub key: ApiKeyId,
    secret: Secret<[u8; 32]>,
}

/// The text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key looks like tsk_tenant_id_secret")]
pub struct CredentialError;

impl Credential {
    pub(crate) fn new(slug: Slug, key: ApiKeyId, secret: [u8; 32]) -> Self {
        let secret = Secret::new(secret);
        Self { slug, key, secret }
    }

    /// SHA-256 of the secret, which is what is stored: 256 random bits need no slow hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.expose()).into()
    }

    /// The whole key, to be shown once.
    pub fn reveal(&self) -> String {
        format!("tsk_{}_{}_{}", self.slug, self.key.0.simple(), HEXLOWER.encode(self.secret.expose()))
    }
}

impl FromStr for Credential {
    type Err = CredentialError;
    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let parts: Vec<&str> = text.split('_').collect();
        let ["tsk", slug, id, secret] = parts[..] else {
            return Err(CredentialError);
        };
        let secret = HEXLOWER.decode(secret.as_bytes()).map_err(|_| CredentialError)?;
        Ok(Self::new(
            slug.parse().map_err(|_| CredentialError)?,
            ApiKeyId(Uuid::try_parse(id).map_err(|_| CredentialError)?),
            secret.try_into().map_err(|_| CredentialError)?,
        ))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tsk_{}_{}_…", self.slug, self.key.0.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_and_cannot_be_printed() {
        let key = Credential::new(Slug::parse("noord").expect("good"), ApiKeyId(Uuid::from_u128(5)), [9; 32]);
        let back: Credential = key.reveal().parse().expect("a key");
        assert_eq!((back.slug.as_str(), back.key, back.hash()), ("noord", key.key, key.hash()));
        assert!(!format!("{key:?}").contains("0909"));
        for bad in [
            "",
            "tsk",
            "tsk_noord_1_2",
            "tsk_Noord_00000000000000000000000000000005_09",
            "x_noord_00000000000000000000000000000005_09",
        ] {
            assert!(bad.parse::<Credential>().is_err(), "{bad}");
        }
    }
}
