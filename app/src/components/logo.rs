//! The mark and the word: a stepped gable with a lit door, and a word whose second half stands one step up.

use leptos::prelude::*;

use crate::visit::assets;

/// How large the logo is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoSize {
    /// In a header.
    #[default]
    Normal,
    /// On a page of its own.
    Large,
}

/// The logo, as a link home when it has an address.
#[component]
pub fn Logo(
    /// Where it leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// How large.
    #[prop(optional)]
    size: LogoSize,
) -> impl IntoView {
    let class = match size {
        LogoSize::Normal => "logo",
        LogoSize::Large => "logo large",
    };
    let sprite = assets().url("icons.svg");
    let drawing = view! {
        <svg class="mark" aria-hidden="true"><use href=format!("{sprite}#mark")></use></svg>
        <svg class="wordmark" aria-hidden="true"><use href=format!("{sprite}#wordmark")></use></svg>
    };
    match href {
        Some(href) => view! { <a class=class href=href aria-label=text!(shell.home)>{drawing}</a> }.into_any(),
        None => view! { <span class=class role="img" aria-label="Tweestap">{drawing}</span> }.into_any(),
    }
}
