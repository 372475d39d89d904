//! Why: asked before every change that the audit log keeps.

use leptos::prelude::*;
use model::REASON_CHARACTERS_MAX;

use crate::components::TextField;

/// The field for the reason, sent as `reason`.
#[component]
pub fn ReasonField(
    /// What was typed.
    value: String,
    /// What is wrong with it.
    error: Option<String>,
    /// The id, where the page asks more than once.
    #[prop(optional, into)]
    id: Option<String>,
    /// Gets the focus when the page opens.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    view! {
        <TextField
            id=id.unwrap_or_else(|| "reason".to_owned())
            name="reason"
            label=text!(members.reason)
            value=value
            error=error
            length_max=REASON_CHARACTERS_MAX as u32
            required=true
            focus=focus
            autocomplete="off"
        />
    }
}
