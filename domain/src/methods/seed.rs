//! Seeds of authenticator apps, and how they are shown once.

use super::MethodError;
use crate::{rng::Rng, vault::Secret};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use model::{MethodId, OathParams};

/// Bytes of a new seed: 160 bits, as RFC 4226 4 recommends.
const SEED_BYTES: usize = 20;
/// Fewest bytes of a given seed: 128 bits (RFC 4226 4).
const SEED_BYTES_MIN: usize = 16;
/// Most bytes of a given seed.
const SEED_BYTES_MAX: usize = 64;

/// The seed of an authenticator app.
#[derive(Clone, Debug)]
pub struct OathSeed(Secret<Vec<u8>>);

impl OathSeed {
    /// A new random seed.
    pub fn new(rng: &Rng) -> Self {
        Self(Secret::new(rng.bytes::<SEED_BYTES>().to_vec()))
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Secret::new(bytes.to_vec()))
    }

    /// Reads a given seed in Base32 (RFC 4648 6): spaces, hyphens, padding and small letters are accepted.
    pub fn parse(text: &str) -> Result<Self, MethodError> {
        if text.len() > 200 {
            return Err(MethodError::Secret("is longer than 64 bytes"));
        }
        let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '=')).map(|c| c.to_ascii_uppercase()).collect();
        let bytes = BASE32_NOPAD
            .decode(plain.as_bytes())
            .map_err(|_| MethodError::Secret("is not Base32 (A-Z, 2-7)"))?;
        match bytes.len() {
            ..SEED_BYTES_MIN => Err(MethodError::Secret("is shorter than 16 bytes")),
            SEED_BYTES_MIN..=SEED_BYTES_MAX => Ok(Self(Secret::new(bytes))),
            _ => Err(MethodError::Secret("is longer than 64 bytes")),
        }
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// The seed in Base32, to be shown once.
    pub fn reveal(&self) -> String {
        BASE32_NOPAD.encode(self.expose())
    }
}

/// An authenticator app that waits for its first code.
#[derive(Clone, Debug)]
pub struct PendingTotp {
    /// Its id.
    pub method: MethodId,
    /// Its seed.
    pub seed: OathSeed,
    /// How it makes codes.
    pub params: OathParams,
    /// The member's sign-in name.
    pub account: String,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

impl PendingTotp {
    /// The `otpauth` address that apps read (Key URI format). Label and issuer are percent-encoded whole, so that no name can add a parameter.
    pub fn uri(&self, issuer: &str) -> String {
        let (issuer, account) = (percent(issuer), percent(&self.account));
        format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm={}&digits={}&period={}",
            self.seed.reveal(),
            self.params.algorithm,
            self.params.digits,
            self.params.period
        )
    }
}

/// Percent-encodes all but unreserved characters (RFC 3986 2.3).
fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_seeds_are_read_as_people_write_them() {
        let seed = OathSeed::parse("gezd gnbv-gy3t qojq gezd gnbv gy3t qojq").expect("good");
        assert_eq!(seed.expose(), b"12345678901234567890");
        assert_eq!(OathSeed::parse(&seed.reveal()).expect("good").expose(), seed.expose());
        for bad in ["", "GEZDGNBV", "1EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "é", &"A".repeat(300)] {
            assert!(OathSeed::parse(bad).is_err(), "{bad}");
        }
    }

    /// Abuse case D14: a name cannot add a secret or another issuer.
    #[test]
    fn hostile_names_stay_names() {
        let pending = PendingTotp {
            method: MethodId(uuid::Uuid::nil()),
            seed: OathSeed::of(b"12345678901234567890"),
            params: OathParams::default(),
            account: String::from("a&secret=AAAA?b/c@x.example"),
            expires_at: Timestamp::UNIX_EPOCH,
        };
        let uri = pending.uri("Evil & Co&secret=BBBB#x");
        assert_eq!(uri.matches("secret=").count(), 1);
        assert_eq!(uri.matches(['?', '#']).count(), 1);
        assert!(uri.contains("&issuer=Evil%20%26%20Co%26secret%3DBBBB%23x&"));
    }
}
