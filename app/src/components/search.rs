//! A search field; `/` puts the cursor in the one of the page.

use leptos::prelude::*;

use super::{Icon, IconName, Kbd};

/// How large the field is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchSize {
    /// In a toolbar or the top bar.
    #[default]
    Normal,
    /// The one thing on a page.
    Large,
}

/// A form of one field that asks the server (GET).
#[component]
pub fn Search(
    /// The page that answers.
    #[prop(into)]
    action: String,
    /// What can be looked for; for screen readers.
    #[prop(into)]
    label: String,
    /// An example.
    #[prop(optional, into)]
    placeholder: String,
    /// What was asked.
    #[prop(optional, into)]
    value: String,
    /// The name it is sent under.
    #[prop(default = "q".to_owned(), into)]
    name: String,
    /// The key that puts the cursor here: `/` in the top bar, `f` for the filter of a list.
    #[prop(optional)]
    key: Option<&'static str>,
    /// How large.
    #[prop(optional)]
    size: SearchSize,
    /// The id of the field, unique on the page.
    #[prop(default = "q".to_owned(), into)]
    id: String,
    /// Other fields to keep, such as hidden filters.
    #[prop(optional, into)]
    keep: ViewFnOnce,
) -> impl IntoView {
    let class = match size {
        SearchSize::Normal => "search",
        SearchSize::Large => "search large",
    };
    let words = label.clone();
    view! {
        <form class=class role="search" aria-label=words action=action method="get">
            <Icon name=IconName::Search/>
            <label class="visually-hidden" for=id.clone()>{label}</label>
            <input
                class="input"
                id=id
                name=name
                type="search"
                value=value
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
                data-focus-key=key
            />
            {key.map(|key| view! { <Kbd attr:aria-hidden="true" attr:data-needs-script="">{key.to_uppercase()}</Kbd> })}
            {keep.run()}
        </form>
    }
}
