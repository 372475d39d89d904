//! The PIN of calls: what a member types on the keys of a phone before the digit that is spoken. Only its form is known here.

use crate::{CALL_PIN_DIGITS_MAX, CALL_PIN_DIGITS_MIN};
use std::fmt;

/// A PIN that may be chosen. Printing it does not show it.
#[derive(Clone)]
pub struct CallPin(String);

/// What is wrong with a PIN that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinFlaw {
    /// Nothing was typed.
    #[error("a PIN is missing")]
    Empty,
    /// Something that is no digit.
    #[error("a PIN has digits only, 0 to 9")]
    NotDigits,
    /// Fewer digits than a PIN has.
    #[error("a PIN has at least {CALL_PIN_DIGITS_MIN} digits")]
    TooShort,
    /// More digits than a PIN has.
    #[error("a PIN has at most {CALL_PIN_DIGITS_MAX} digits")]
    TooLong,
    /// One digit over and over.
    #[error("a PIN does not repeat one digit")]
    Same,
    /// Digits in a row, up or down.
    #[error("a PIN does not count up or down")]
    Run,
    /// The second time it was another.
    #[error("the two are not the same")]
    Differs,
}

impl CallPin {
    /// Reads a PIN that is to be chosen, typed twice.
    pub fn parse_twice(typed: &str, again: &str) -> Result<Self, PinFlaw> {
        let first = Self::parse(typed)?;
        match in_one(again) == in_one(typed) {
            true => Ok(first),
            false => Err(PinFlaw::Differs),
        }
    }

    /// Reads a PIN that is to be chosen. Digits with spaces between them are taken without: people write numbers in groups.
    pub fn parse(typed: &str) -> Result<Self, PinFlaw> {
        let digits = in_one(typed);
        if digits.is_empty() {
            return Err(PinFlaw::Empty);
        }
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PinFlaw::NotDigits);
        }
        match digits.len() {
            n if n < CALL_PIN_DIGITS_MIN => return Err(PinFlaw::TooShort),
            n if n > CALL_PIN_DIGITS_MAX => return Err(PinFlaw::TooLong),
            _ => {}
        }
        // On a telephone nine is followed by zero.
        let goes_by = |step: u8| digits.as_bytes().windows(2).all(|two| (two[0] - b'0' + step) % 10 == two[1] - b'0');
        match (goes_by(0), goes_by(1) || goes_by(9)) {
            (true, _) => Err(PinFlaw::Same),
            (_, true) => Err(PinFlaw::Run),
            _ => Ok(Self(digits)),
        }
    }

    /// The digits, for the hash alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Without the spaces, and no longer than is needed to see that it is too long.
fn in_one(typed: &str) -> String {
    typed.chars().filter(|c| *c != ' ').take(CALL_PIN_DIGITS_MAX + 1).collect()
}

impl fmt::Debug for CallPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallPin(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_that_everybody_tries_first_are_refused() {
        for (typed, flaw) in [
            ("", PinFlaw::Empty),
            ("   ", PinFlaw::Empty),
            ("48a2", PinFlaw::NotDigits),
            ("٤٨٢١", PinFlaw::NotDigits),
            ("48#2", PinFlaw::NotDigits),
            ("482", PinFlaw::TooShort),
            ("48215903477", PinFlaw::TooLong),
            ("0000", PinFlaw::Same),
            ("7777777777", PinFlaw::Same),
            ("1234", PinFlaw::Run),
            ("0123456789", PinFlaw::Run),
            ("1234567890", PinFlaw::Run),
            ("7890", PinFlaw::Run),
            ("9876", PinFlaw::Run),
            ("3210", PinFlaw::Run),
            ("2109", PinFlaw::Run),
        ] {
            assert_eq!(CallPin::parse(typed).expect_err(typed), flaw, "{typed}");
        }
        for good in ["4821", "1235", "1121", "48 21 59", "4821590347", "1357"] {
            assert!(CallPin::parse(good).is_ok(), "{good}");
        }
        assert_eq!(CallPin::parse("48 21").expect("good").expose(), "4821");
        assert!(CallPin::parse_twice("4821", "48 21").is_ok());
        assert_eq!(CallPin::parse_twice("4821", "4812").expect_err("another"), PinFlaw::Differs);
        assert_eq!(CallPin::parse_twice("1234", "4812").expect_err("weak"), PinFlaw::Run);
        assert!(!format!("{:?}", CallPin::parse("4821")).contains("4821"));
    }
}
