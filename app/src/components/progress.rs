//! How far long work is; survives a reload.

use leptos::prelude::*;

/// The bar.
#[component]
pub fn Progress(
    /// What is being done; for screen readers.
    #[prop(into)]
    label: String,
    /// How much is done.
    done: u64,
    /// Of how much.
    total: u64,
    /// How far it is, in words.
    #[prop(into)]
    words: String,
    /// A way to stop it.
    #[prop(optional, into)]
    action: ViewFnOnce,
) -> impl IntoView {
    view! {
        <div class="progress">
            <progress max=total.to_string() value=done.to_string() aria-label=label>{words.clone()}</progress>
            <div class="row"><span>{words}</span>{action.run()}</div>
        </div>
    }
}
