//! "12 new, show them": rows never move under the pointer.

use leptos::prelude::*;

use super::{Icon, IconName, Kbd};

/// The line above a live table. Where script runs it asks `count_url` (JSON `{"count": 12}`) every ten seconds and shows itself when
/// there is something; without script it is a link that reloads the list.
#[component]
pub fn NewRows(
    /// The list from its newest row.
    #[prop(into)]
    href: String,
    /// How many there are already.
    #[prop(optional)]
    count: u64,
    /// Where the count of newer rows is asked.
    #[prop(optional_no_strip, into)]
    count_url: Option<String>,
) -> impl IntoView {
    let words = if count == 0 {
        String::new()
    } else {
        text!(components.new_rows, count = count)
    };
    view! {
        <a
            class="new-rows"
            href=href
            hidden=count == 0
            aria-live="polite"
            data-new-rows=count_url
            data-words=text!(components.new_rows, count = "{count}")
        >
            <Icon name=IconName::ArrowUp size=super::IconSize::Small/>
            <span>{words}</span>
            <Kbd attr:data-needs-script="">"n"</Kbd>
        </a>
    }
}

/// The lamp beside a list that keeps itself up to date.
#[component]
pub fn Live(
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! { <span class="live"><span class="lamp" aria-hidden="true"></span>{children()}</span> }
}
