//! What every page knows about the visit it is rendered for: language, theme, time, address. Rendering puts it where `text!`, the
//! shells and the components find it.

use axum::http::{HeaderMap, Uri, header};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use leptos::prelude::use_context;
use model::{Appearance, Colour};

use crate::{assets::Assets, locale, locale::Locale, theme, theme::Theme};

/// One request for a page.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The language of the page.
    pub locale: Locale,
    /// Its colours.
    pub theme: Theme,
    /// The moment of rendering; "today" is counted from it.
    pub now: Timestamp,
    /// The zone that clock times are shown in.
    pub zone: TimeZone,
    /// It is the organisation's; else clock times say which zone they are of.
    pub zone_known: bool,
    /// Path and query of the page itself; the switches come back to it.
    pub here: String,
    /// The short public id of the attempt, shown at the foot of the page.
    pub session_id: Option<String>,
    /// The number of this response that the content security policy asks of scripts and styles.
    pub nonce: String,
    /// How the organisation's pages look, once it is known whose page this is.
    pub brand: Brand,
}

/// What an organisation gives its members' pages of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    /// The colour that the tokens make the accent of.
    pub accent: Option<Colour>,
    /// The address of the logo, in the place of the organisation's name.
    pub logo: Option<String>,
}

impl Brand {
    /// As the policy of the organisation of this short name has it.
    #[must_use]
    pub fn of(slug: &str, appearance: &Appearance) -> Self {
        Self {
            accent: appearance.accent,
            logo: appearance.logo.map(|logo| format!("/logo/{slug}/{logo}.png")),
        }
    }
}

impl Visit {
    /// Reads language and theme from a request. `fallback` is the language of the tenant.
    #[must_use]
    pub fn read(uri: &Uri, headers: &HeaderMap, fallback: Locale, now: Timestamp, zone: TimeZone, nonce: String) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let asked = uri.query().and_then(|query| value_of(query, '&', "lng"));
        Self {
            locale: locale::negotiate(asked, cookie(headers, locale::COOKIE), text(header::ACCEPT_LANGUAGE), fallback),
            theme: cookie(headers, theme::COOKIE).and_then(Theme::parse).unwrap_or_default(),
            now,
            zone,
            zone_known: false,
            here: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            session_id: None,
            nonce,
            brand: Brand::default(),
        }
    }

    /// The same visit, as part of an attempt.
    #[must_use]
    pub fn with_session_id(mut self, session_id: impl Into<String>) -> Self {
        self.session_id = Some(session_id.into());
        self
    }

    /// A moment on the clock of this visit.
    #[must_use]
    pub fn zoned(&self, moment: Timestamp) -> Zoned {
        moment.to_zoned(self.zone.clone())
    }

    /// A visit for examples and tests.
    #[must_use]
    pub fn example(locale: Locale, theme: Theme, now: Timestamp, here: &str) -> Self {
        Self {
            locale,
            theme,
            now,
            zone: TimeZone::UTC,
            zone_known: true,
            here: here.to_owned(),
            session_id: None,
            nonce: "example".to_owned(),
            brand: Brand::default(),
        }
    }
}

/// The value of a cookie, over all `Cookie` headers.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|line| value_of(line, ';', name))
}

/// The value of `name` in `a=1<separator>b=2`.
fn value_of<'a>(pairs: &'a str, separator: char, name: &str) -> Option<&'a str> {
    pairs.split(separator).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// The visit being rendered.
#[must_use]
pub fn visit() -> Visit {
    use_context::<Visit>().unwrap_or_else(|| Visit::example(Locale::en, Theme::System, Timestamp::UNIX_EPOCH, "/"))
}

/// The language being rendered.
#[must_use]
pub fn locale() -> Locale {
    use_context::<Visit>().map_or(Locale::en, |visit| visit.locale)
}

/// The assets of the site being rendered.
#[must_use]
pub fn assets() -> Assets {
    use_context::<Assets>().unwrap_or_default()
}

/// `text` as a value in a query string (RFC 3986, section 2.3: all but the unreserved bytes are escaped).
#[must_use]
pub fn query_value(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_and_theme_come_from_the_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; lang=nl; theme=dark".parse().expect("a header"));
        let read = |uri: &'static str| {
            Visit::read(
                &Uri::from_static(uri),
                &headers,
                Locale::en,
                Timestamp::UNIX_EPOCH,
                TimeZone::UTC,
                "n".to_owned(),
            )
        };
        let visit = read("/sign-in?app=mail");
        assert_eq!((visit.locale, visit.theme), (Locale::nl, Theme::Dark));
        assert_eq!(visit.here, "/sign-in?app=mail");
        assert_eq!(read("/?lng=en").locale, Locale::en);
    }

    #[test]
    fn an_address_in_a_query_is_escaped_whole() {
        assert_eq!(query_value("/a?b=c&d=é"), "%2Fa%3Fb%3Dc%26d%3D%C3%A9");
    }
}
