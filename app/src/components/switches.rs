//! Language and theme: plain links, so that they work on every page without script.

use leptos::prelude::*;

use crate::{
    locale,
    theme::Theme,
    visit::{query_value, visit},
};

/// EN and NL.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let visit = visit();
    let back = query_value(&visit.here);
    let links = locale::ALL
        .into_iter()
        .map(|other| {
            let tag = locale::tag_of(other);
            view! {
                <a
                    href=format!("/preferences?lang={tag}&back={back}")
                    lang=tag
                    hreflang=tag
                    aria-label=format!("{} – {}", tag.to_uppercase(), locale::own_name(other))
                    aria-current=(other == visit.locale).then_some("true")
                >
                    {tag.to_uppercase()}
                </a>
            }
        })
        .collect_view();
    view! { <nav class="lang" aria-label=text!(shell.language)>{links}</nav> }
}

/// As the device, light, dark.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let visit = visit();
    let back = query_value(&visit.here);
    let links = Theme::ALL
        .into_iter()
        .map(|theme| {
            let words = match theme {
                Theme::System => text!(shell.theme_system),
                Theme::Light => text!(shell.theme_light),
                Theme::Dark => text!(shell.theme_dark),
            };
            view! {
                <a
                    href=format!("/preferences?theme={}&back={back}", theme.key())
                    aria-current=(theme == visit.theme).then_some("true")
                >
                    {words}
                </a>
            }
        })
        .collect_view();
    view! { <nav class="lang theme" aria-label=text!(shell.theme)>{links}</nav> }
}
