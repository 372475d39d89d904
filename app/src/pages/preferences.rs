//! `GET /preferences?lang=nl&theme=dark&back=/where-you-were`: remembers language and theme in cookies and goes back. Nothing secret is
//! kept and nothing but the looks changes, so a plain link will do.

use std::future::{Ready, ready};

use axum::{
    extract::Query,
    http::{HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use serde::Deserialize;

use crate::{locale, theme, theme::Theme};

/// How long the choice is remembered.
const REMEMBERED_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The query.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wanted {
    /// A language tag.
    pub lang: Option<String>,
    /// `system`, `light` or `dark`.
    pub theme: Option<String>,
    /// The page to go back to: a path on this site.
    pub back: Option<String>,
}

/// Whether the site is reached over TLS; cookies are marked `Secure` then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Over TLS.
    Tls,
    /// In the clear, on a developer's machine.
    Plain,
}

/// The handler of the route.
pub fn handler(transport: Transport) -> impl Fn(Query<Wanted>) -> Ready<Response> + Clone + Send + Sync + 'static {
    move |Query(wanted)| ready(answer(&wanted, transport))
}

/// Sets the cookies that were asked for and goes back. Words we do not know are ignored.
#[must_use]
pub fn answer(wanted: &Wanted, transport: Transport) -> Response {
    let cookie = |name: &str, value: &str| {
        let secure = match transport {
            Transport::Tls => "; Secure",
            Transport::Plain => "",
        };
        let line = format!("{name}={value}; Path=/; Max-Age={REMEMBERED_SECONDS}; SameSite=Lax; HttpOnly{secure}");
        HeaderValue::from_str(&line).ok().map(|line| (header::SET_COOKIE, line))
    };
    let lang = wanted
        .lang
        .as_deref()
        .and_then(locale::parse)
        .and_then(|lang| cookie(locale::COOKIE, locale::tag_of(lang)));
    let theme = wanted
        .theme
        .as_deref()
        .and_then(Theme::parse)
        .and_then(|theme| cookie(theme::COOKIE, theme.key()));
    let back = wanted.back.as_deref().and_then(safe_path).unwrap_or("/");
    let location = HeaderValue::from_str(back).unwrap_or(HeaderValue::from_static("/"));
    (
        StatusCode::SEE_OTHER,
        AppendHeaders(lang.into_iter().chain(theme).collect::<Vec<_>>()),
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    )
        .into_response()
}

/// A path on this site, or nothing: it starts with one slash, names no host, and holds no byte that a browser reads as something else.
#[must_use]
pub fn safe_path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?;
    let elsewhere = rest.starts_with(['/', '\\']);
    let odd = path.bytes().any(|byte| !(0x21..0x7f).contains(&byte) || byte == b'\\');
    (!elsewhere && !odd && path.len() <= PATH_LENGTH_MAX).then_some(path)
}

/// The longest path we go back to, in bytes.
const PATH_LENGTH_MAX: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_on_this_site_are_gone_back_to() {
        assert_eq!(safe_path("/admin/members?q=ann"), Some("/admin/members?q=ann"));
        for bad in [
            "",
            "members",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/a b",
        ] {
            assert_eq!(safe_path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_choice_is_remembered_and_leads_back() {
        let wanted = Wanted {
            lang: Some("nl".to_owned()),
            theme: Some("neon".to_owned()),
            back: Some("/security-info".to_owned()),
        };
        let response = answer(&wanted, Transport::Tls);
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/security-info");
        let cookies: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies.len(), 1);
        assert!(cookies[0].to_str().expect("ascii").starts_with("lang=nl; Path=/;"));
    }
}
