//! A choice from a list.

use leptos::prelude::*;

use super::{Field, field::described_by};

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub words: String,
}

impl Choice {
    /// A line that sends `value` and shows `words`.
    pub fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            words: words.into(),
        }
    }
}

/// A list to choose one from.
#[component]
pub fn Select(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// The label.
    #[prop(into)]
    label: String,
    /// The lines.
    options: Vec<Choice>,
    /// The value that is chosen.
    #[prop(optional_no_strip, into)]
    selected: Option<String>,
    /// What to know before choosing.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What is wrong with the choice.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Shown, not to be changed.
    #[prop(optional)]
    disabled: bool,
    /// The id, when the name alone is not unique on the page.
    #[prop(optional_no_strip, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("f-{name}"));
    let described_by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some();
    let options = options
        .into_iter()
        .map(|Choice { value, words }| {
            let chosen = selected.as_deref() == Some(value.as_str());
            view! { <option value=value selected=chosen>{words}</option> }
        })
        .collect_view();
    view! {
        <Field id=id.clone() label=label hint=hint error=error>
            <select
                class="input"
                id=id
                name=name
                disabled=disabled
                aria-invalid=invalid.then_some("true")
                aria-describedby=described_by
            >
                {options}
            </select>
        </Field>
    }
}
