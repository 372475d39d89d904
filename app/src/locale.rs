//! Which language a page is in: `?lng=`, then the cookie, then the browser's wish, then the default.

pub use crate::words::Locale;

/// The cookie that remembers the choice.
pub const COOKIE: &str = "lang";

/// Every language, in the order of the switch.
pub const ALL: [Locale; 2] = [Locale::en, Locale::nl];

/// The language of a tag such as `nl`, `nl-BE` or `EN_gb`.
#[must_use]
pub fn parse(tag: &str) -> Option<Locale> {
    let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
    ALL.into_iter().find(|locale| primary.eq_ignore_ascii_case(tag_of(*locale)))
}

/// The tag for the `lang` attribute and the cookie.
#[must_use]
pub fn tag_of(locale: Locale) -> &'static str {
    match locale {
        Locale::en => "en",
        Locale::nl => "nl",
    }
}

/// The name of a language in that language.
#[must_use]
pub fn own_name(locale: Locale) -> &'static str {
    match locale {
        Locale::en => "English",
        Locale::nl => "Nederlands",
    }
}

/// The first of the three wishes that names a language we have, else the fallback (of the tenant).
#[must_use]
pub fn negotiate(asked: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>, fallback: Locale) -> Locale {
    asked
        .and_then(parse)
        .or_else(|| cookie.and_then(parse))
        .or_else(|| accept_language.and_then(best_accepted))
        .unwrap_or(fallback)
}

/// The language with the highest weight in an `Accept-Language` header (RFC 9110, section 12.5.4); the first named wins a tie.
fn best_accepted(header: &str) -> Option<Locale> {
    let mut best: Option<(f32, Locale)> = None;
    for part in header.split(',').take(ACCEPTED_LANGUAGES_MAX) {
        let (tag, parameter) = part.split_once(';').unwrap_or((part, ""));
        let weight = parameter
            .trim()
            .strip_prefix("q=")
            .map_or(Some(1.0), |weight| weight.parse::<f32>().ok())
            .unwrap_or(0.0);
        if let Some(locale) = parse(tag)
            && weight > best.map_or(0.0, |(weight, _)| weight)
        {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

/// A header may name this many languages; the rest is not read.
const ACCEPTED_LANGUAGES_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wish_we_can_grant_wins() {
        assert_eq!(negotiate(Some("nl"), Some("en"), Some("en"), Locale::en), Locale::nl);
        assert_eq!(negotiate(Some("xx"), Some("nl-NL"), None, Locale::en), Locale::nl);
        assert_eq!(negotiate(None, None, Some("de;q=0.9,en;q=0.3, nl-BE;q=0.8"), Locale::en), Locale::nl);
        assert_eq!(negotiate(None, None, Some("fr"), Locale::nl), Locale::nl);
        assert_eq!(negotiate(None, None, Some("nl;q=0"), Locale::en), Locale::en);
    }
}
