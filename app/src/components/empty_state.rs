//! Three kinds of empty: nothing yet, nothing matches, no permission. Never a dead end.

use leptos::prelude::*;

use super::{Icon, IconName};

/// The words where rows would be.
#[component]
pub fn EmptyState(
    /// The icon.
    icon: IconName,
    /// What is not there.
    #[prop(into)]
    title: String,
    /// What it is, which filter to drop, or whom to ask.
    #[prop(into)]
    words: String,
    /// The one action.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty-state">
            <Icon name=icon/>
            <h2>{title}</h2>
            <p>{words}</p>
            {children.map(|children| children())}
        </div>
    }
}
