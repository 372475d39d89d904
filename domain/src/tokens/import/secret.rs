//! Secrets as people and manufacturers write them: Base32 or hexadecimal.

use crate::tokens::import::error::Problem;
use crate::tokens::import::limits::{SECRET_BYTES_MAX, SECRET_BYTES_MIN};
use data_encoding::{BASE32_NOPAD, DecodeKind, HEXUPPER};
use zeroize::Zeroizing;

/// How a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// RFC 4648 section 6.
    Base32,
    /// RFC 4648 section 8.
    Hex,
}

/// A secret and how it was written.
pub(crate) struct Decoded {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) encoding: Encoding,
    /// True when it could not have been the other one.
    pub(crate) certain: bool,
}

/// Reads a secret. Spaces, hyphens, case and padding do not matter.
///
/// Some texts are both: an even number of characters, all of A-F and 2-7. `known` is what the header says, or what a row before could only be, for a file
/// speaks one language. Else 40, 64 and 128 characters are hexadecimal, the lengths of SHA-1, SHA-256 and SHA-512, and other lengths are Base32, which the
/// common layouts ask for.
pub(crate) fn decode(text: &str, known: Option<Encoding>) -> Result<Decoded, Problem> {
    let text = compact(text);
    if text.is_empty() {
        return Err(Problem::Missing { field: "secret" });
    }
    let may_be_hex = text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let may_be_base32 = text.bytes().all(is_base32);
    let encoding = match (may_be_base32, may_be_hex) {
        (true, true) => known.unwrap_or(usual_at(text.len())),
        (true, false) => Encoding::Base32,
        (false, true) => Encoding::Hex,
        (false, false) => return Err(neither(&text)),
    };
    let bytes = match encoding {
        Encoding::Base32 => base32(&text)?,
        Encoding::Hex => Zeroizing::new(HEXUPPER.decode(text.as_bytes()).map_err(|_| neither(&text))?),
    };
    let certain = may_be_base32 != may_be_hex;
    Ok(Decoded {
        bytes: checked(bytes)?,
        encoding,
        certain,
    })
}

/// Checks the length in bytes.
pub(crate) fn checked(bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Problem> {
    match bytes.len() {
        SECRET_BYTES_MIN..=SECRET_BYTES_MAX => Ok(bytes),
        bytes => Err(Problem::SecretBytes { bytes }),
    }
}

/// True for a text that may be somebody's secret, mistyped perhaps, wherever in a row it stands. Serial numbers are shorter, or digits alone.
pub(crate) fn looks_like_one(text: &str) -> bool {
    let text = compact(text);
    let has_letters = text.bytes().any(|b| b.is_ascii_alphabetic());
    match text.len() {
        ..16 => false,
        16..20 => has_letters && decode(&text, None).is_ok(),
        20..28 => has_letters,
        28.. => true,
    }
}

/// Without spaces, hyphens and padding, in capitals.
fn compact(text: &str) -> Zeroizing<String> {
    let letters = text.trim_end_matches(['=', ' ']).chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}'));
    let mut compact = Zeroizing::new(String::with_capacity(text.len()));
    letters.for_each(|c| compact.push(c.to_ascii_uppercase()));
    compact
}

const fn is_base32(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'2'..=b'7')
}

const fn usual_at(length: usize) -> Encoding {
    match length {
        40 | 64 | 128 => Encoding::Hex,
        _ => Encoding::Base32,
    }
}

fn base32(text: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let decoded = BASE32_NOPAD.decode(text.as_bytes()).map_err(|error| match error.kind {
        DecodeKind::Length => Problem::SecretCharacters {
            length: text.len(),
            encoding: "Base32",
        },
        _ => Problem::SecretEnd { encoding: "Base32" },
    })?;
    Ok(Zeroizing::new(decoded))
}

/// Says where the text stops being either one; the character itself stays unsaid.
fn neither(text: &str) -> Problem {
    let wrong = |is_right: fn(u8) -> bool| text.bytes().position(|b| !is_right(b));
    match (wrong(is_base32), wrong(|b| b.is_ascii_hexdigit())) {
        (Some(base32), Some(hex)) => Problem::SecretCharacter { position: base32.max(hex) + 1 },
        _ => Problem::SecretCharacters {
            length: text.chars().count(),
            encoding: "hexadecimal",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str, known: Option<Encoding>) -> Option<String> {
        decode(text, known).ok().map(|d| data_encoding::HEXLOWER.encode(&d.bytes))
    }

    #[test]
    fn spaces_hyphens_case_and_padding_do_not_matter() {
        let plain = hex("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", None);
        assert_eq!(plain.as_deref(), Some("3132333435363738393031323334353637383930"));
        for text in [
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
            "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====",
        ] {
            assert_eq!(hex(text, None), plain);
        }
        assert_eq!(hex("31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30", None), plain);
    }

    #[test]
    fn a_text_that_is_both_is_what_the_file_speaks() {
        let both = "ABCDEF234567ABCDEF234567ABCDEF23";
        assert!(matches!(decode(both, None), Ok(d) if d.encoding == Encoding::Base32 && !d.certain));
        assert_eq!(hex(both, Some(Encoding::Hex)).as_deref(), Some("abcdef234567abcdef234567abcdef23"));
        assert!(matches!(decode(&"AB23".repeat(10), None), Ok(d) if d.encoding == Encoding::Hex));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        let problem = |text: &str| decode(text, None).err();
        assert_eq!(problem("GEZDGNB1GY3TQOJQGEZDGNBVGY3TQOJQ"), Some(Problem::SecretCharacter { position: 8 }));
        assert_eq!(
            problem("GEZDGNBVGY3TQOJQG"),
            Some(Problem::SecretCharacters {
                length: 17,
                encoding: "Base32"
            })
        );
        assert_eq!(problem("GEZDGNBVGY3TQOJQGZ"), Some(Problem::SecretEnd { encoding: "Base32" }));
        assert_eq!(
            problem("0123456789ABCDE"),
            Some(Problem::SecretCharacters {
                length: 15,
                encoding: "hexadecimal"
            })
        );
        assert_eq!(problem("GEZDGNBV"), Some(Problem::SecretBytes { bytes: 5 }));
        assert_eq!(problem(&"A".repeat(4096)), Some(Problem::SecretBytes { bytes: 2560 }));
        assert_eq!(problem(" - "), Some(Problem::Missing { field: "secret" }));
    }
}
