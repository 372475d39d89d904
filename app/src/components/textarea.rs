//! A field of several lines, such as the reason for the audit log.

use leptos::prelude::*;

use super::{Field, field::described_by};

/// The field.
#[component]
pub fn TextArea(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// The label.
    #[prop(into)]
    label: String,
    /// What stands in it.
    #[prop(optional, into)]
    value: String,
    /// What to know before typing.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What is wrong with what was typed.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// The most characters it takes.
    #[prop(optional)]
    length_max: Option<u32>,
    /// Lines that it shows.
    #[prop(optional)]
    rows: Option<u8>,
    /// Must be filled in.
    #[prop(optional)]
    required: bool,
    /// The id, when the name alone is not unique on the page.
    #[prop(optional_no_strip, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("f-{name}"));
    let described_by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some();
    view! {
        <Field id=id.clone() label=label hint=hint error=error>
            <textarea
                class="input"
                id=id
                name=name
                rows=rows
                maxlength=length_max.map(|length| length.to_string())
                required=required
                aria-invalid=invalid.then_some("true")
                aria-describedby=described_by
            >
                {escaped(&value)}
            </textarea>
        </Field>
    }
}

/// The renderer leaves what is in a `<textarea>` as it is; in there an ampersand and an angle bracket mean something (HTML 13.1.2.1, escapable raw text).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
