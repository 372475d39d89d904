//! Which rows these are, and the way to the next.

use leptos::prelude::*;

use super::{ButtonState, IconButton, IconName};

/// The foot of a table.
#[component]
pub fn Pager(
    /// Which rows these are: "Rows 1 to 14 of 84".
    #[prop(into)]
    summary: String,
    /// The page before.
    #[prop(optional_no_strip, into)]
    previous: Option<String>,
    /// The page after.
    #[prop(optional_no_strip, into)]
    next: Option<String>,
    /// Help, such as the keys.
    #[prop(optional, into)]
    help: ViewFnOnce,
) -> impl IntoView {
    view! {
        <nav class="pager" aria-label=text!(components.pages)>
            <span>{summary}</span>
            {help.run()}
            <span class="end">
                {step(previous, text!(components.previous_page), IconName::ChevronLeft)}
                {step(next, text!(components.next_page), IconName::ChevronRight)}
            </span>
        </nav>
    }
}

fn step(href: Option<String>, label: &'static str, icon: IconName) -> AnyView {
    match href {
        Some(href) => view! { <IconButton label=label icon=icon href=href/> }.into_any(),
        None => view! { <IconButton label=label icon=icon kind="button" state=ButtonState::Disabled/> }.into_any(),
    }
}
