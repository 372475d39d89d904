//! Recovery codes: ten of 120 bits, shown once, stored as MACs bound to their member.

use crate::{
    rng::Rng,
    vault::{Secret, TenantKeys},
    verification::compare::recovery_mac,
};
use model::{MemberId, OfferedCode, RECOVERY_CODES};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A set of codes on its way to the one page that shows it.
#[derive(Clone, Debug)]
pub struct RecoveryCodes(Vec<Secret<String>>);

impl RecoveryCodes {
    /// A new set.
    pub fn new(rng: &Rng) -> Self {
        let code = |_| {
            let bytes: [u8; OfferedCode::RECOVERY_CHARACTERS] = rng.bytes();
            Secret::new(bytes.iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect())
        };
        Self((0..RECOVERY_CODES).map(code).collect())
    }

    /// The codes in groups of four, to be shown once.
    pub fn reveal(&self) -> Vec<String> {
        let grouped = |code: &Secret<String>| {
            let groups: Vec<&str> = code.expose().as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
            groups.join("-")
        };
        self.0.iter().map(grouped).collect()
    }

    /// What is stored of them.
    pub fn macs(&self, keys: &TenantKeys, member: MemberId) -> Vec<Vec<u8>> {
        self.0.iter().map(|code| recovery_mac(keys, member.0, code.expose()).to_vec()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_codes_are_read_back_and_differ() {
        let codes = RecoveryCodes::new(&Rng::seeded(3)).reveal();
        assert_eq!(codes.len(), RECOVERY_CODES);
        for code in &codes {
            assert!(
                matches!(OfferedCode::parse(code), Ok(OfferedCode::Recovery(read)) if read == code.replace('-', "")),
                "{code}"
            );
        }
        let different: std::collections::HashSet<_> = codes.iter().collect();
        assert_eq!(different.len(), RECOVERY_CODES);
    }
}
