//! The two digits that must be typed on the phone: the one big thing on a page.

use leptos::prelude::*;

/// The number.
#[component]
pub fn NumberMatch(
    /// Two digits.
    #[prop(into)]
    number: String,
    /// What to do with it.
    children: Children,
) -> impl IntoView {
    let spoken = number.chars().map(String::from).collect::<Vec<_>>().join(" ");
    view! { <div class="number-match"><output aria-label=spoken>{number}</output><p>{children()}</p></div> }
}
