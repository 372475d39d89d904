//! A one-time code: one real input painted as boxes, so that paste, autofill and screen readers just work.

use leptos::prelude::*;

use super::{Field, field::described_by};

/// The code field.
#[component]
pub fn CodeBoxes(
    /// The label.
    #[prop(into)]
    label: String,
    /// The name it is sent under.
    #[prop(default = "code".to_owned(), into)]
    name: String,
    /// How many digits the code has: 6 or 8.
    #[prop(default = 6)]
    digits: u8,
    /// What was typed.
    #[prop(optional_no_strip, into)]
    value: Option<String>,
    /// What to know before typing.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What is wrong with it.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Gets the focus when the page opens.
    #[prop(optional)]
    focus: bool,
    /// Where script runs, sends the form at the last digit.
    #[prop(default = true)]
    submits: bool,
    /// The id, when the name alone is not unique on the page.
    #[prop(optional_no_strip, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("f-{name}"));
    let described_by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some();
    let class = if digits == 8 { "code-boxes eight" } else { "code-boxes" };
    view! {
        <Field id=id.clone() label=label hint=hint error=error>
            <input
                class=class
                id=id
                name=name
                inputmode="numeric"
                autocomplete="one-time-code"
                // Room for the spaces and hyphens that codes are copied with.
                maxlength=(digits + 3).to_string()
                pattern=format!("[0-9](?:[ \\-]?[0-9]){{{}}}", digits - 1)
                data-digits=digits.to_string()
                value=value
                required
                autofocus=focus
                aria-invalid=invalid.then_some("true")
                aria-describedby=described_by
                data-submit-when-full=submits.then_some("")
            />
        </Field>
    }
}
