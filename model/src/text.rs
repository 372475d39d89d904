//! Text that people typed: length and characters checked at the door.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A short human text (a name, a label, a reason): trimmed, 1 to `MAX` characters, without control characters and without
/// the invisible marks that turn the reading direction (Unicode UAX #9), which can disguise what a line says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CleanText<const MAX: usize>(String);

/// Why a text was refused. The message names the limit, never the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or only spaces.
    #[error("may not be empty")]
    Empty,
    /// Too many characters.
    #[error("is {length} characters long; at most {max} fit")]
    TooLong {
        /// Characters given.
        length: usize,
        /// Characters allowed.
        max: usize,
    },
    /// A control character or a mark that turns the reading direction.
    #[error("holds the character U+{code:04X} at position {position}, which is not allowed")]
    Forbidden {
        /// The character's code point.
        code: u32,
        /// Its place, counted from 1.
        position: usize,
    },
}

/// True for characters that have no business in a line of text: controls, line and paragraph separators, direction marks, byte-order and zero-width
/// marks.
pub(crate) fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{2028}' | '\u{2029}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFD}')
}

impl<const MAX: usize> CleanText<MAX> {
    /// Trims and checks. Units: Unicode scalar values.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        // Bytes first: a megabyte is refused without counting its characters.
        if text.len() > MAX * 4 {
            return Err(TextError::TooLong { length: text.len(), max: MAX });
        }
        let length = text.chars().count();
        if length > MAX {
            return Err(TextError::TooLong { length, max: MAX });
        }
        if let Some((position, c)) = text.chars().enumerate().find(|(_, c)| is_forbidden(*c)) {
            return Err(TextError::Forbidden {
                code: c as u32,
                position: position + 1,
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for CleanText<MAX> {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        Self::parse(&text)
    }
}

impl<const MAX: usize> std::str::FromStr for CleanText<MAX> {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::parse(text)
    }
}

impl<const MAX: usize> From<CleanText<MAX>> for String {
    fn from(text: CleanText<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for CleanText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for CleanText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What somebody writes in his own words: like [`CleanText`], on as many lines as he likes.
#[derive(Clone, PartialEq, Eq)]
pub struct CleanLines<const MAX: usize>(String);

impl<const MAX: usize> CleanLines<MAX> {
    /// Trims and checks. Units: Unicode scalar values. Line ends of any kind become one, a tab a space.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
        let lines = text.split('\n').map(str::trim_end).collect::<Vec<_>>().join("\n");
        let lines = lines.trim();
        // A line end is the one control character that stays: the rest is judged with a space in its place.
        CleanText::<MAX>::parse(&lines.replace('\n', " "))?;
        Ok(Self(lines.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for CleanLines<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Unicode normal form KC, in which passwords are hashed and names compared.
pub fn nfkc(text: &str) -> String {
    unicode_normalization::UnicodeNormalization::nfkc(text).collect()
}

/// Makes an enum whose variants have one stable text each: in the database, in JSON and in links.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The stable text of this value.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            /// The value of a stable text, if there is one.
            pub fn from_text(text: &str) -> Option<Self> { match text { $($text => Some(Self::$variant),)+ _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = crate::text::UnknownValue;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::from_text(text).ok_or_else(|| crate::text::UnknownValue {
                    given: text.chars().take(40).filter(|c| !crate::text::is_forbidden(*c)).collect(),
                    known: Self::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}
pub(crate) use text_enum;

/// A word that is none of those known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is none of: {known}")]
pub struct UnknownValue {
    /// What was given, shortened to 40 characters.
    pub given: String,
    /// The words known, separated by commas.
    pub known: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_bounded() {
        assert_eq!(CleanText::<5>::parse("  Noord ").map(String::from), Ok("Noord".into()));
        assert_eq!(CleanText::<5>::parse("   "), Err(TextError::Empty));
        assert_eq!(CleanText::<5>::parse("Noorda"), Err(TextError::TooLong { length: 6, max: 5 }));
        assert!(matches!(CleanText::<64>::parse(&"a".repeat(1 << 20)), Err(TextError::TooLong { .. })));
    }

    #[test]
    fn lines_stay_lines() {
        let lines = |text: &str| CleanLines::<20>::parse(text).map(|lines| lines.as_str().to_owned());
        assert_eq!(lines(" one  \r\ntwo\rthree\t \n\n"), Ok(String::from("one\ntwo\nthree")));
        assert_eq!(lines(" \n \n"), Err(TextError::Empty));
        assert!(matches!(lines("one\n\u{202E}two"), Err(TextError::Forbidden { code: 0x202E, position: 5 })));
        assert!(matches!(lines(&"a\n".repeat(11)), Err(TextError::TooLong { length: 21, max: 20 })));
    }

    #[test]
    fn tricks_with_the_reading_direction_and_controls_are_refused() {
        for bad in ["a\0b", "a\u{202E}gpj.exe", "a\u{2066}b", "line\nbreak", "\u{1b}[31mred", "zero\u{200B}width"] {
            assert!(matches!(CleanText::<64>::parse(bad), Err(TextError::Forbidden { .. })), "{bad:?}");
        }
        assert!(CleanText::<64>::parse("Zoë Yılmaz-d’Été").is_ok());
    }
}
