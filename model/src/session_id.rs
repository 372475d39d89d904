//! The session id: the short public id of an attempt that people read out on the phone, such as `7K2M-9QXD-3F`.
//!
//! Nine characters of Crockford base32 (45 bits) and a tenth that checks them. Crockford's alphabet leaves out I, L, O and U;
//! reading accepts small letters, I and L for 1 and O for 0, and any spaces or hyphens.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS: u32 = 45;

/// The public id of an attempt. Unique in the installation. Not a secret and no authority.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

/// Why a text is not a session id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionIdError {
    /// Ten characters are needed.
    #[error("a session id has 10 letters and digits, this has {0}")]
    Length(usize),
    /// A character outside Crockford's alphabet.
    #[error("a session id holds no such character as number {0}")]
    Character(usize),
    /// The last character does not fit the others: somebody misheard or mistyped.
    #[error("the last character does not fit the others; please read it out again")]
    Check,
}

impl SessionId {
    /// Makes an id of random bits; only the lowest 45 are used.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & ((1 << BITS) - 1))
    }

    /// The 45 bits, for storage as a bigint.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The check character: each of the nine digits times its own odd weight, modulo 31. One wrong character is always found and two
    /// neighbours swapped nearly always.
    fn check(self) -> u8 {
        let sum: u64 = (0..9).map(|place| ((self.0 >> (place * 5)) & 31) * (place * 2 + 1)).sum();
        ALPHABET[(sum % 31) as usize]
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..9).rev() {
            let digit = ALPHABET[((self.0 >> (place * 5)) & 31) as usize] as char;
            write!(f, "{digit}")?;
            if place == 5 || place == 1 {
                f.write_str("-")?;
            }
        }
        write!(f, "{}", self.check() as char)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for SessionId {
    type Err = SessionIdError;
    fn from_str(text: &str) -> Result<Self, SessionIdError> {
        let heard: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(11).collect();
        if heard.len() != 10 {
            return Err(SessionIdError::Length(heard.len()));
        }
        let mut bits = 0u64;
        for (place, c) in heard[..9].iter().enumerate() {
            bits = bits << 5 | digit(*c).ok_or(SessionIdError::Character(place + 1))? as u64;
        }
        let id = Self(bits);
        let check = digit(heard[9]).ok_or(SessionIdError::Character(10))?;
        if ALPHABET[check as usize] == id.check() {
            Ok(id)
        } else {
            Err(SessionIdError::Check)
        }
    }
}

fn digit(heard: char) -> Option<u8> {
    let c = match heard.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        c => c,
    };
    ALPHABET.iter().position(|a| *a as char == c).map(|p| p as u8)
}

impl Serialize for SessionId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_back(bits: u64) {
            let id = SessionId::from_bits(bits);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(id.to_string().to_lowercase().replace('-', " ").parse(), Ok(id));
        }

        #[test]
        fn one_misheard_character_is_noticed(bits: u64, place in 0usize..9, other in 0usize..32) {
            let shown: Vec<char> = SessionId::from_bits(bits).to_string().chars().filter(|c| *c != '-').collect();
            let mut heard = shown.clone();
            heard[place] = ALPHABET[other] as char;
            // 31 and 0 are the same modulo 31: the one pair (Z, 0) that a check modulo 31 cannot tell apart.
            let same = |a: char, b: char| a == b || (a == 'Z' && b == '0') || (a == '0' && b == 'Z');
            prop_assume!(!same(heard[place], shown[place]));
            prop_assert_eq!(heard.iter().collect::<String>().parse::<SessionId>(), Err(SessionIdError::Check));
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,40}") {
            let _ = text.parse::<SessionId>();
        }
    }

    #[test]
    fn letters_that_sound_alike_are_read_as_digits() {
        let id = SessionId::from_bits(0b00001_00000_00001_00000_00001);
        let spoken = id.to_string().replace('1', "l").replace('0', "o");
        assert_eq!(spoken.parse(), Ok(id));
        assert_eq!("7K2M".parse::<SessionId>(), Err(SessionIdError::Length(4)));
        assert_eq!("7K2M-9QXD-U0".parse::<SessionId>(), Err(SessionIdError::Character(9)));
    }
}
