//! A key on the keyboard.

use leptos::prelude::*;

/// The key.
#[component]
pub fn Kbd(
    /// What stands on it.
    children: Children,
) -> impl IntoView {
    view! { <span class="kbd">{children()}</span> }
}
