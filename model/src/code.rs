//! Codes as people type them.

use crate::{EMERGENCY_KEY_CHARACTERS, Family, PASS_CHARACTERS_MAX, PASS_CHARACTERS_MIN};
use std::fmt;

/// Bytes of what is typed as a code or key, hyphens and spaces included, most.
const TYPED_BYTES_MAX: usize = 100;

/// A code offered as a second factor, parsed at the door. Text, never a number: `004217` keeps its zeros. Cannot be printed, and
/// not be compared but in constant time.
#[derive(Clone)]
pub enum OfferedCode {
    /// Six or eight digits: app, token, SMS, call or mail.
    Digits(String),
    /// Twenty-four characters of Crockford base32: a recovery code, in capitals without hyphens. A pass of this length looks the same, so this is
    /// compared with both.
    Recovery(String),
    /// Eight to forty-eight letters and digits with a letter among them: a Temporary Access Pass, in capitals without hyphens.
    Pass(String),
}

/// Why a text cannot be a code. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing was typed.
    #[error("a code is missing")]
    Empty,
    /// Letters or signs among what should be digits.
    #[error("a code has only digits")]
    NotDigits,
    /// Neither 6 nor 8 digits.
    #[error("a code has 6 or 8 digits; this has {0}")]
    Length(usize),
}

impl OfferedCode {
    /// Characters of a recovery code without its hyphens: 24 of 5 bits, 120 bits.
    pub const RECOVERY_CHARACTERS: usize = 24;

    /// Reads a code. Spaces and hyphens between characters are accepted, as people copy them from their apps; only ASCII digits are digits.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        if text.len() > TYPED_BYTES_MAX {
            return Err(CodeError::Length(text.len()));
        }
        let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}' | '\t')).collect();
        match plain.len() {
            0 => Err(CodeError::Empty),
            Self::RECOVERY_CHARACTERS => read_out(&plain, true).map(Self::Recovery).ok_or(CodeError::NotDigits),
            PASS_CHARACTERS_MIN..=PASS_CHARACTERS_MAX if plain.bytes().any(|b| b.is_ascii_alphabetic()) => {
                read_out(&plain, false).map(Self::Pass).ok_or(CodeError::NotDigits)
            }
            _ if !plain.bytes().all(|b| b.is_ascii_digit()) => Err(CodeError::NotDigits),
            6 | 8 => Ok(Self::Digits(plain)),
            n => Err(CodeError::Length(n)),
        }
    }

    /// Reads what can only be a pass: what was typed where nothing else is asked for. `None` when it cannot be one.
    pub fn parse_pass(text: &str) -> Option<Self> {
        match Self::parse(text) {
            Ok(code @ (Self::Pass(_) | Self::Recovery(_))) => Some(code),
            _ => None,
        }
    }

    /// The characters that are compared.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Digits(code) | Self::Recovery(code) | Self::Pass(code) => code,
        }
    }

    /// The text as a pass, if it could be one.
    pub fn as_pass(&self) -> Option<&str> {
        match self {
            Self::Pass(code) | Self::Recovery(code) => Some(code),
            Self::Digits(_) => None,
        }
    }

    /// The families that this form of code could belong to.
    pub const fn families(&self) -> &'static [Family] {
        match self {
            Self::Digits(_) => &[Family::Oath, Family::Delivered],
            Self::Recovery(_) => &[Family::Recovery, Family::Pass],
            Self::Pass(_) => &[Family::Pass],
        }
    }
}

/// Reads an emergency key as it is copied from paper: hyphens and spaces are left out, and what looks alike is the same. `None` when it cannot be one.
pub fn read_emergency_key(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}' | '\t')).collect();
    (text.len() <= TYPED_BYTES_MAX && plain.len() == EMERGENCY_KEY_CHARACTERS)
        .then(|| read_out(&plain, true))
        .flatten()
}

/// Reads letters and digits as they are read out: capitals, and what looks alike is the same. `None` when a sign is among them, or, where it is asked
/// for, a letter that is in no code of ours.
fn read_out(plain: &str, crockford: bool) -> Option<String> {
    let read = |c: char| match c.to_ascii_uppercase() {
        'I' | 'L' => Some('1'),
        'O' => Some('0'),
        'U' if crockford => None,
        c if c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    };
    plain.chars().map(read).collect()
}

impl fmt::Debug for OfferedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digits(_) => "Digits(…)",
            Self::Recovery(_) => "Recovery(…)",
            Self::Pass(_) => "Pass(…)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse case A13.
    #[test]
    fn a13_only_whole_codes_are_codes() {
        for good in ["004217", "004 217", " 00-42-17 ", "12345678"] {
            assert!(matches!(OfferedCode::parse(good), Ok(OfferedCode::Digits(_))), "{good}");
        }
        for bad in [
            "",
            " ",
            "0",
            "1234567",
            "12345",
            "123456789",
            "１２３４５６",
            "123456\0",
            "+123456",
            "12345a",
            "٤٢٤٢٤٢",
            "null",
            "[]",
        ] {
            assert!(OfferedCode::parse(bad).is_err(), "{bad:?}");
        }
        assert!(matches!(OfferedCode::parse("0o1l-abcd-efgh-jkmn-pqrs-tvwx"), Ok(OfferedCode::Recovery(c)) if c == "0011ABCDEFGHJKMNPQRSTVWX"));
        assert!(matches!(OfferedCode::parse(&"1".repeat(1 << 20)), Err(CodeError::Length(n)) if n == 1 << 20));
        assert_eq!(format!("{:?}", OfferedCode::parse("004217").expect("good")), "Digits(…)");
    }

    /// A13: only a whole key is a key.
    #[test]
    fn a13_only_whole_keys_are_keys() {
        let key = "K7PQ-9WXD-3FHM-K7PQ-9WXD-3FHM-K7PQ-9WXD";
        assert_eq!(read_emergency_key(&key.to_lowercase()), Some(key.replace('-', "")));
        let (behind, far) = (format!("{key}0"), format!("{key}{}0", " ".repeat(300)));
        for none in ["", &key[..38], behind.as_str(), far.as_str(), &key.replace('K', "U"), &key.replace('K', "é")] {
            assert!(read_emergency_key(none).is_none(), "{none:?}");
        }
    }

    /// B19, the form: a pass is no row of digits and no recovery code, whatever its length.
    #[test]
    fn b19_a_pass_has_a_form_of_its_own() {
        assert!(matches!(OfferedCode::parse(" k7pq-9wxd 3fhm "), Ok(OfferedCode::Pass(c)) if c == "K7PQ9WXD3FHM"));
        assert!(matches!(OfferedCode::parse("1234567A"), Ok(OfferedCode::Pass(_))));
        assert!(matches!(OfferedCode::parse(&"AB".repeat(24)), Ok(OfferedCode::Pass(_))), "48 characters");
        assert!(OfferedCode::parse_pass(&"AB".repeat(12)).is_some(), "24 characters could be either");
        for none in ["12345678", "123456", "ABCDEF7", "ABCDEFG!", "ABCDÉFGH", "１２３４５６AB", ""] {
            assert!(OfferedCode::parse_pass(none).is_none(), "{none:?}");
        }
        assert!(OfferedCode::parse(&"AB".repeat(25)).is_err(), "50 characters");
        assert_eq!(format!("{:?}", OfferedCode::parse("K7PQ9WXD3FHM").expect("good")), "Pass(…)");
    }
}
