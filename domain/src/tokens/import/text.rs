//! Short texts of a token: the same characters are refused as everywhere else.

use crate::tokens::import::error::{Problem, Shown};
use crate::tokens::import::limits::{COUNTER_MAX, LABEL_CHARACTERS_MAX, SERIAL_CHARACTERS_MAX, UPN_CHARACTERS_MAX};
use crate::tokens::import::oath::{Algorithm, Kind};

/// True for characters that have no business in a line of text: controls, line and paragraph separators, direction marks, byte-order and zero-width
/// marks.
pub(crate) fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{2028}' | '\u{2029}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFD}')
}

/// A serial number: text, because its zeros in front matter.
pub(crate) fn serial(text: Option<&str>) -> Result<String, Problem> {
    const FIELD: &str = "serial number";
    let text = clean(FIELD, text, SERIAL_CHARACTERS_MAX)?.ok_or(Problem::Missing { field: FIELD })?;
    if is_rounded(&text) {
        return Err(Problem::Rounded { given: Shown::word(&text) });
    }
    Ok(text)
}

/// A manufacturer, model or issuer.
pub(crate) fn label(field: &'static str, text: Option<&str>) -> Result<Option<String>, Problem> {
    clean(field, text, LABEL_CHARACTERS_MAX)
}

/// The name of the member who is to have the token.
pub(crate) fn upn(text: Option<&str>) -> Result<Option<String>, Problem> {
    clean("user principal name", text, UPN_CHARACTERS_MAX)
}

/// The length of a code.
pub(crate) fn digits(text: &str) -> Result<u8, Problem> {
    match text {
        "6" => Ok(6),
        "8" => Ok(8),
        _ => Err(unknown("number of digits", text, "6 or 8")),
    }
}

/// The length of a step.
pub(crate) fn interval(text: &str) -> Result<u8, Problem> {
    match text {
        "30" => Ok(30),
        "60" => Ok(60),
        _ => Err(unknown("time interval", text, "30 or 60 seconds")),
    }
}

/// The counter of an HOTP token.
pub(crate) fn counter(text: &str) -> Result<u64, Problem> {
    let value = text.parse().ok().filter(|value| *value <= COUNTER_MAX);
    value.ok_or_else(|| Problem::Counter { given: Shown::word(text) })
}

/// The type of a token as a word.
pub(crate) fn kind(text: &str) -> Result<Kind, Problem> {
    match text.to_ascii_lowercase().as_str() {
        "totp" | "oath-totp" | "time" => Ok(Kind::Totp),
        "hotp" | "oath-hotp" | "event" => Ok(Kind::Hotp),
        _ => Err(unknown("type", text, "TOTP or HOTP")),
    }
}

/// The hash by any of its names: SHA-1, sha1, hmacsha1, HMAC-SHA1.
pub(crate) fn algorithm(text: &str) -> Result<Algorithm, Problem> {
    let name: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(16)
        .collect::<String>()
        .to_ascii_lowercase();
    match name.strip_prefix("hmac").unwrap_or(&name) {
        "sha1" | "sha" => Ok(Algorithm::Sha1),
        "sha256" => Ok(Algorithm::Sha256),
        "sha512" => Ok(Algorithm::Sha512),
        _ => Err(unknown("algorithm", text, "SHA-1, SHA-256 or SHA-512")),
    }
}

/// The profile of a PSKC key: RFC 6030 section 10, and the spelling of its drafts, which some manufacturers kept.
pub(crate) fn profile(uri: &str) -> Option<Kind> {
    let known = [
        "urn:ietf:params:xml:ns:keyprov:pskc:",
        "urn:ietf:params:xml:ns:keyprov:pskc#",
        "http://www.ietf.org/keyprov/pskc#",
    ];
    let name = known.iter().find_map(|prefix| uri.strip_prefix(prefix))?;
    match name.to_ascii_lowercase().as_str() {
        "totp" => Some(Kind::Totp),
        "hotp" => Some(Kind::Hotp),
        _ => None,
    }
}

/// Trims and checks; nothing is none.
fn clean(field: &'static str, text: Option<&str>, max: usize) -> Result<Option<String>, Problem> {
    let text = text.unwrap_or_default().trim();
    let length = text.chars().count();
    if length > max {
        return Err(Problem::TooLong { field, length, max });
    }
    if let Some((place, c)) = text.chars().enumerate().find(|(_, c)| is_forbidden(*c)) {
        let (code, position) = (c as u32, place + 1);
        return Err(Problem::Forbidden { field, code, position });
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// `1.23E+11`: what a spreadsheet makes of a long number.
fn is_rounded(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let is_number = number.contains(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
    let is_exponent = exponent
        .strip_prefix('+')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    is_number && is_exponent
}

fn unknown(field: &'static str, text: &str, wanted: &'static str) -> Problem {
    Problem::Unknown {
        field,
        given: Shown::word(text),
        wanted,
    }
}
