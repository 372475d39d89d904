//! How the pages that a tenant's members meet differ from anybody else's: by one colour, which the pages keep readable whatever it is, and a logo.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;

/// What a tenant gives its members' pages of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appearance {
    /// Of buttons, links and what is chosen; the product's own where there is none. A page darkens it by day and lightens it by night as far as reading asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<Colour>,
    /// In the place of the tenant's name above its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<LogoId>,
}

/// A logo that a tenant has uploaded, known by what it is: SHA-256 (FIPS 180-4) of its file, written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoId(pub [u8; 32]);

/// What names no logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a logo is named by 64 hexadecimal digits")]
pub struct NoLogo;

impl LogoId {
    /// Reads a name; capital and small letters are the same.
    pub fn parse(text: &str) -> Result<Self, NoLogo> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NoLogo);
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| NoLogo)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for LogoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A colour of sRGB (IEC 61966-2-1), written `#` and two hexadecimal digits each for red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// What is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is # and six hexadecimal digits, such as #0b5394")]
pub struct NoColour;

impl Colour {
    /// Reads a colour; capital and small letters are the same.
    pub fn parse(text: &str) -> Result<Self, NoColour> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = u32::from_str_radix(digits.ok_or(NoColour)?, 16).map_err(|_| NoColour)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// Written as text, read from it, and what is wrong named with what was given.
macro_rules! as_text {
    ($kind:ty) => {
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let shown: String = text.chars().filter(|c| !c.is_control()).take(20).collect();
                Self::parse(&text).map_err(|problem| D::Error::custom(format!("'{shown}': {problem}")))
            }
        }
    };
}
as_text!(Colour);
as_text!(LogoId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_digits_and_nothing_else() {
        for (text, read) in [("#0b5394", "#0b5394"), ("#FFCC00", "#ffcc00"), ("#000000", "#000000")] {
            assert_eq!(Colour::parse(text).map(|colour| colour.to_string()), Ok(String::from(read)));
        }
        for text in [
            "",
            "#",
            "0b5394",
            "#fff",
            "#0b53944",
            "#0b539",
            "#0b539g",
            "#+12345",
            "red",
            "#0b5394;}",
            "#é1234",
        ] {
            assert_eq!(Colour::parse(text), Err(NoColour), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_names_what_was_given() {
        let read = |text: &str| serde_json::from_str::<Appearance>(text);
        assert_eq!(read(r##"{"accent":"#0B5394"}"##).expect("read").accent, Colour::parse("#0b5394").ok());
        assert_eq!(read("{}").expect("read"), Appearance::default());
        let wrong = read(r#"{"accent":"blauw"}"#).expect_err("no colour").to_string();
        assert!(wrong.contains("'blauw'") && wrong.contains("six hexadecimal digits"), "{wrong}");
        assert!(read(r#"{"font":"x"}"#).is_err());
        let wrong = read(r#"{"logo":"gé1"}"#).expect_err("no logo").to_string();
        assert!(wrong.contains("'gé1'") && wrong.contains("64 hexadecimal digits"), "{wrong}");
        let logo = "0b".repeat(32);
        let named = read(&format!(r#"{{"logo":"{}"}}"#, logo.to_uppercase())).expect("read").logo.expect("a logo");
        assert_eq!((named.0, named.to_string()), ([11; 32], logo));
        let written = serde_json::to_string(&Appearance {
            accent: Colour::parse("#0b5394").ok(),
            logo: None,
        })
        .expect("written");
        assert_eq!(written, r##"{"accent":"#0b5394"}"##);
    }
}
