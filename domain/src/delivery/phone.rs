//! Phone numbers as people type them, and mail addresses that codes go to.

use super::extension::{Extension, ExtensionError, is_e164};
use model::{Upn, UpnError};
use phonenumber::{Mode, country};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Characters of a typed number.
const TYPED_CHARACTERS_MAX: usize = 60;

/// A number that can be texted and called (E.164), with what is dialled after it was answered. Cannot be printed whole.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneNumber {
    /// A plus and 7 to 15 digits.
    e164: String,
    /// ISO 3166 of the country.
    country: String,
    /// What is dialled after it was answered, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extension: Option<String>,
}

/// Why a text is not a phone number. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing was typed.
    #[error("a phone number is missing")]
    Empty,
    /// Too many characters.
    #[error("a phone number with its extension has at most {TYPED_CHARACTERS_MAX} characters; this has {0}")]
    TooLong(usize),
    /// Letters or other signs.
    #[error("a phone number has only digits, spaces, hyphens, dots, brackets and a plus; the sign at position {0} is none of them")]
    Sign(usize),
    /// No country is known.
    #[error("a phone number begins with a plus and the country's code, such as +31")]
    NoCountry,
    /// No such number.
    #[error("there is no phone number like this in that country; check the digits")]
    NoNumber,
    /// A bad extension.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
}

impl PhoneNumber {
    /// Reads a number with its country's code, or one of `home` (ISO 3166) without it. An extension follows an `x` or `@`: `+1 425 555 0134 x5678`.
    pub fn parse(text: &str, home: Option<&str>) -> Result<Self, PhoneError> {
        let text = text.trim();
        let length = text.chars().count();
        match length {
            0 => return Err(PhoneError::Empty),
            n if n > TYPED_CHARACTERS_MAX => return Err(PhoneError::TooLong(n)),
            _ => {}
        }
        let (number, extension) = match text.find(['x', 'X', '@']) {
            Some(at) => (&text[..at], Some(text[at..].trim())),
            None => (text, None),
        };
        // The library reads letters as keys of a phone; nobody types a number so.
        let is_sign = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}');
        if let Some(at) = number.chars().position(|c| !is_sign(c)) {
            return Err(PhoneError::Sign(at + 1));
        }
        let home = home.and_then(|code| country::Id::from_str(code).ok());
        if !number.trim_start().starts_with('+') && home.is_none() {
            return Err(PhoneError::NoCountry);
        }
        // Odd input has made the library panic before; a number that does is no number.
        let read = std::panic::catch_unwind(|| {
            let read = e164(home, number)?;
            // It also has taken digits for a prefix where there is none: what it writes it must read as the same number.
            (e164(None, &read.0).as_ref() == Some(&read)).then_some(read)
        });
        let (e164, country) = read.ok().flatten().ok_or(PhoneError::NoNumber)?;
        let extension = extension.map(|text| Extension::parse(text).map(|_| text.to_owned())).transpose()?;
        Ok(Self { e164, country, extension })
    }

    /// The whole number, for whoever dials it.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// ISO 3166 of the country.
    pub fn country(&self) -> &str {
        &self.country
    }

    /// What is dialled after it was answered.
    pub fn extension(&self) -> Option<Extension> {
        self.extension.as_deref().and_then(|text| Extension::parse(text).ok())
    }

    /// The first six characters: what numbers of one range have in common.
    pub fn prefix(&self) -> String {
        self.e164.chars().take(6).collect()
    }

    /// Country code and the last two digits: `+31 •••••••64`.
    pub fn masked(&self) -> String {
        masked_phone(&self.e164)
    }
}

/// A number as E.164 and its country, if there is such a number.
fn e164(home: Option<country::Id>, number: &str) -> Option<(String, String)> {
    let read = phonenumber::parse(home, number).ok()?;
    let country = read.country().id()?;
    let text = read.format().mode(Mode::E164).to_string();
    (read.is_valid() && is_e164(&text)).then(|| (text, format!("{country:?}")))
}

/// Country code as far as two digits, and the last two.
fn masked_phone(e164: &str) -> String {
    let digits = e164.chars().count();
    let tail: String = e164.chars().skip(digits.saturating_sub(2)).collect();
    let head: String = e164.chars().take(3).collect();
    format!("{head} {}{tail}", "•".repeat(digits.saturating_sub(5).min(8)))
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// A mailbox that codes go to. Cannot be printed whole.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox(String);

impl Mailbox {
    /// Reads an address of the plain form `name@host.example`.
    pub fn parse(text: &str) -> Result<Self, UpnError> {
        Ok(Self(Upn::parse(text)?.as_str().to_owned()))
    }

    /// The whole address.
    pub fn address(&self) -> &str {
        &self.0
    }

    /// First letter and domain: `a•••@host.example`.
    pub fn masked(&self) -> String {
        let (name, host) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let first: String = name.chars().take(1).collect();
        format!("{first}•••@{host}")
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, home, e164, country) in [
            ("+31 6 12345678", None, "+31612345678", "NL"),
            ("06-12 34 56 78", Some("NL"), "+31612345678", "NL"),
            ("+1 (425) 555-0134", None, "+14255550134", "US"),
            ("+32 470 12 34 56", Some("NL"), "+32470123456", "BE"),
        ] {
            let read = PhoneNumber::parse(text, home).expect(text);
            assert_eq!((read.e164(), read.country()), (e164, country), "{text}");
        }
        let office = PhoneNumber::parse("+1 425 555 0134 x5678", None).expect("an extension");
        assert_eq!(office.extension(), Some(Extension::Dialled("5678".into())));
        let asked = PhoneNumber::parse("+14255550134@12", None).expect("an operator");
        assert_eq!(asked.extension(), Some(Extension::Operator("12".into())));
    }

    #[test]
    fn what_is_none_is_refused_with_the_reason() {
        for (text, home, why) in [
            ("", None, PhoneError::Empty),
            ("   ", None, PhoneError::Empty),
            ("0612345678", None, PhoneError::NoCountry),
            ("+31 6 1234", None, PhoneError::NoNumber),
            ("+999 123456789", None, PhoneError::NoNumber),
            // Found by the fuzz target: more digits than E.164 has.
            ("+81 (12001) 85425890272", None, PhoneError::NoNumber),
            ("+3367abcdefg", None, PhoneError::Sign(6)),
            ("+31 6 1234567\0", None, PhoneError::Sign(14)),
            ("＋31612345678", None, PhoneError::Sign(1)),
        ] {
            assert_eq!(PhoneNumber::parse(text, home), Err(why), "{text:?}");
        }
        assert_eq!(PhoneNumber::parse(&"1".repeat(61), None), Err(PhoneError::TooLong(61)));
    }

    #[test]
    fn a_number_is_shown_by_its_ends() {
        let phone = PhoneNumber::parse("+31612345678", None).expect("a number");
        assert_eq!(phone.masked(), "+31 •••••••78");
        assert_eq!(format!("{phone:?}"), phone.masked());
        assert_eq!(Mailbox::parse("ann@home.example").expect("an address").masked(), "a•••@home.example");
    }

    /// Found by the fuzz target: whatever is read can be read again, from wherever it was typed.
    #[test]
    fn a_number_that_was_read_reads_as_the_same_again() {
        for text in ["+78 12657463 8", "+7 812 657 46 38", "+31 6 12345678"] {
            for home in [None, Some("NL"), Some("US"), Some("ZZ")] {
                let Ok(phone) = PhoneNumber::parse(text, home) else { continue };
                assert_eq!(PhoneNumber::parse(phone.e164(), None).as_ref(), Ok(&phone), "{text} from {home:?}");
            }
        }
        assert!(PhoneNumber::parse("+31 6 12345678", Some("US")).is_ok());
    }

    proptest! {
        /// Whatever is typed: an answer, and what is read is E.164.
        #[test]
        fn any_text_gets_an_answer(text in ".{0,70}") {
            if let Ok(read) = PhoneNumber::parse(&text, Some("NL")) {
                prop_assert!(is_e164(read.e164()));
            }
        }

        #[test]
        fn digits_get_an_answer(text in "[+0-9 x@()-]{0,60}") {
            if let Ok(read) = PhoneNumber::parse(&text, Some("NL")) {
                prop_assert!(is_e164(read.e164()));
            }
        }
    }
}
