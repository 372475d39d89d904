//! From a view to a complete HTML document. Everything is loaded before: rendering waits for nothing and asks no one.

use axum::response::Html;
use leptos::prelude::*;
use model::Colour;

use crate::{assets::Assets, locale, shell::Shell, visit::Visit};

/// What the head of the document says about the page.
#[derive(Clone, Debug, Default)]
pub struct PageMeta {
    /// What the page is about; the product's name is added.
    pub title: String,
    /// One sentence about it.
    pub description: String,
    /// Seconds after which the browser asks again, for a page about work that goes on.
    pub refresh: Option<u8>,
}

impl PageMeta {
    /// A page with the colours of the product.
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            description: description.into(),
            refresh: None,
        }
    }
}

/// The colour that the tokens make the accent of; everything on the accent follows.
fn brand_css(colour: Colour) -> String {
    format!("@layer tokens{{:root{{--brand:{colour}}}}}")
}

/// A page that is ready to be drawn.
pub struct Page {
    /// What the head says about it.
    pub meta: PageMeta,
    /// The frame around it.
    pub shell: Shell,
    /// What is in the frame.
    pub view: AnyView,
}

impl Page {
    /// A page in its frame.
    pub fn new(meta: PageMeta, shell: impl Into<Shell>, view: impl IntoAny) -> Self {
        Self {
            meta,
            shell: shell.into(),
            view: view.into_any(),
        }
    }
}

/// Renders a page. The caller sets status and headers: `(StatusCode::NOT_FOUND, document(...))`.
///
/// `page` runs once, with the visit at hand for `text!` and the components; so everything that has words in it (title, navigation, view)
/// is made inside. Pages without an island load no wasm.
pub fn document(assets: &Assets, visit: &Visit, page: impl FnOnce() -> Page) -> Html<String> {
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        provide_context(assets.clone());
        provide_context(visit.clone());
        let Page { meta, shell, view } = page();
        let body_class = shell.body_class();
        // The console is the product's own: its charts and states are told apart by colours.
        let accent = visit.brand.accent.filter(|_| matches!(shell, Shell::Member(_)));
        let body = shell.around(view).to_html();
        let head = head(assets, visit, meta, accent, Scripts::of(&body));
        let theme = visit.theme.forced().map(|theme| format!(" data-theme=\"{theme}\"")).unwrap_or_default();
        let lang = locale::tag_of(visit.locale);
        format!("<!doctype html>\n<html lang=\"{lang}\"{theme}>{head}<body class=\"{body_class}\">{body}</body></html>")
    });
    owner.cleanup();
    Html(html)
}

/// Renders a part of a page, for a page that asks for it again.
pub fn fragment(assets: &Assets, visit: &Visit, part: impl FnOnce() -> AnyView) -> Html<String> {
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        provide_context(assets.clone());
        provide_context(visit.clone());
        part().to_html()
    });
    owner.cleanup();
    Html(html)
}

/// The scripts that a page needs beyond the one of all pages.
struct Scripts {
    islands: bool,
    passkeys: bool,
}

impl Scripts {
    fn of(body: &str) -> Self {
        Self {
            islands: body.contains("<leptos-island"),
            passkeys: body.contains(" data-passkey"),
        }
    }
}

fn head(assets: &Assets, visit: &Visit, meta: PageMeta, accent: Option<Colour>, scripts: Scripts) -> String {
    let nonce = visit.nonce.clone();
    let accent = accent.map(|colour| {
        let nonce = nonce.clone();
        view! { <style nonce=nonce inner_html=brand_css(colour)></style> }
    });
    let refresh = meta.refresh.map(|seconds| view! { <meta http-equiv="refresh" content=seconds.to_string()/> });
    let passkeys = scripts.passkeys.then(|| {
        view! { <script type="module" src=assets.url("passkey.js") nonce=nonce.clone()></script> }
    });
    let islands = scripts.islands.then(|| {
        view! {
            <script
                type="module"
                src=assets.url("islands.js")
                nonce=nonce.clone()
                data-islands
                data-module=assets.url("tweestap.js")
                data-wasm=assets.url("tweestap_bg.wasm")
            ></script>
        }
    });
    view! {
        <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content=visit.theme.color_scheme()/>
            // Countdowns count on this clock, not on the browser's.
            <meta name="now" content=visit.now.as_second().to_string()/>
            {refresh}
            <title>{format!("{} · Tweestap", meta.title)}</title>
            <meta name="description" content=meta.description/>
            <link rel="icon" href=assets.url("logo.svg") type="image/svg+xml"/>
            <link rel="preload" href=assets.url("fonts/inter-latin.woff2") r#as="font" type="font/woff2" crossorigin="anonymous"/>
            <link rel="stylesheet" href=assets.url("main.css")/>
            {accent}
            <script type="module" src=assets.url("enhance.js") nonce=nonce.clone()></script>
            {passkeys}
            {islands}
        </head>
    }
    .to_html()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        locale::Locale,
        pages::{
            design::{self, DesignShell},
            error::{self, ErrorPage},
        },
        shell::MemberShell,
        theme::Theme,
    };

    fn visit() -> Visit {
        Visit::example(Locale::nl, Theme::Dark, jiff::Timestamp::UNIX_EPOCH, "/nowhere?token=secret")
    }

    fn not_found() -> String {
        let model = ErrorPage {
            code: model::ErrorCode::NotFound,
            until: None,
            request_id: None,
            account: Some("<b>".to_owned()),
            home: None,
        };
        document(&Assets::unhashed(), &visit(), || error::page(MemberShell::default(), model)).0
    }

    #[test]
    fn a_page_is_a_whole_document_in_its_language_and_theme() {
        let html = not_found();
        assert!(html.starts_with("<!doctype html>\n<html lang=\"nl\" data-theme=\"dark\"><head>"), "{html}");
        assert!(html.contains("<title>Hier is niets · Tweestap</title>"), "{html}");
        assert!(html.contains("<h1>Hier is niets</h1>"), "{html}");
        assert!(html.ends_with("</body></html>"), "{html}");
    }

    /// The colour of a tenant is on its members' pages and on no console; only its six digits get into the page.
    #[test]
    fn a_tenants_colour_is_for_members() {
        let mut visit = visit();
        visit.brand.accent = Colour::parse("#0B5394").ok();
        let page = |shell: Shell| Page {
            meta: PageMeta::new("", ""),
            shell,
            view: ().into_any(),
        };
        let html = document(&Assets::unhashed(), &visit, || page(MemberShell::default().into())).0;
        let style = "<style nonce=\"example\">@layer tokens{:root{--brand:#0b5394}}</style>";
        assert!(html.contains(style), "{html}");
        let html = design::page(&Assets::unhashed(), visit, DesignShell::Console).0;
        assert!(!html.contains("#0b5394"));
    }

    #[test]
    fn what_people_typed_is_text_and_tokens_are_not_told() {
        let html = not_found();
        assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
        let copied = html
            .split("data-copy=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a copy button");
        assert!(copied.contains("/nowhere") && !copied.contains("secret"), "{copied}");
    }

    #[test]
    fn only_pages_with_an_island_load_wasm_and_every_script_has_the_nonce() {
        assert!(!not_found().contains("wasm"));
        let html = design::page(&Assets::unhashed(), visit(), DesignShell::Console).0;
        assert!(html.contains("data-wasm=\"/pkg/tweestap_bg.wasm\""));
        let scripts: Vec<&str> = html.split("<script").skip(1).collect();
        assert_eq!(scripts.len(), 2);
        assert!(
            scripts
                .iter()
                .all(|script| script.contains("nonce=\"example\"") && script.contains("></script>")),
            "{scripts:?}"
        );
        assert!(!html.contains(" style=") && !html.contains(" onclick="));
    }
}
