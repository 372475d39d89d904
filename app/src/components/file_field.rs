//! A field for one file. The browser draws the button and the file's name; a file that was chosen cannot be shown again.

use leptos::prelude::*;

use super::{Field, field::described_by};

/// The field.
#[component]
pub fn FileField(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// The label.
    #[prop(into)]
    label: String,
    /// What to know before choosing.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What is wrong with what was chosen.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Endings and types that are offered first.
    #[prop(optional, into)]
    accept: Option<String>,
    /// Must be chosen.
    #[prop(optional)]
    required: bool,
    /// Gets the focus when the page opens.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let id = format!("f-{name}");
    let described_by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some();
    view! {
        <Field id=id.clone() label=label hint=hint error=error>
            <input
                class="input file-field"
                type="file"
                id=id
                name=name
                accept=accept
                required=required
                autofocus=focus
                aria-invalid=invalid.then_some("true")
                aria-describedby=described_by
            />
        </Field>
    }
}
