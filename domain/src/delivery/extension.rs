//! Numbers as E.164 has them, and what is dialled after somebody has answered.

/// True for a number as E.164 has it: a plus, a digit that is not zero, and 7 to 15 digits in all.
pub fn is_e164(number: &str) -> bool {
    number
        .strip_prefix('+')
        .is_some_and(|digits| (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// What to do after a switchboard has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extension {
    /// Dial these keys: digits, `*`, `#` and `,` for a pause.
    Dialled(String),
    /// An operator answers: ask for this extension. Written with `@` before it.
    Operator(String),
}

/// Why a text is not an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionError {
    /// Nothing to dial.
    #[error("An extension has at least one digit.")]
    Empty,
    /// More than fits.
    #[error("An extension has at most {} characters.", Extension::CHARACTERS_MAX)]
    TooLong,
    /// Something that is not on a keypad.
    #[error("An extension has only digits, comma, star and hash, and may start with @.")]
    Forbidden,
}

impl Extension {
    /// The most characters of an extension.
    pub const CHARACTERS_MAX: usize = 20;

    /// Reads `5678`, `x5678` (both are dialled) or `@5678` (an operator is asked).
    pub fn parse(text: &str) -> Result<Self, ExtensionError> {
        let (keys, wrap): (_, fn(String) -> Self) = match text.strip_prefix('@') {
            Some(keys) => (keys, Self::Operator),
            None => (text.strip_prefix(['x', 'X']).unwrap_or(text), Self::Dialled),
        };
        if keys.len() > Self::CHARACTERS_MAX {
            return Err(ExtensionError::TooLong);
        }
        if !keys.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'*' | b'#')) {
            return Err(ExtensionError::Forbidden);
        }
        if !keys.bytes().any(|b| b.is_ascii_digit()) {
            return Err(ExtensionError::Empty);
        }
        Ok(wrap(keys.to_owned()))
    }
}
