//! A labelled control: label above, hint under the label, error under the control with icon and word. What was typed is kept.

use leptos::prelude::*;

use super::{Icon, IconName};

/// What is typed into a text field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputKind {
    /// Any words.
    #[default]
    Text,
    /// An e-mail address or a name that looks like one.
    Email,
    /// A secret; never filled in again by the server.
    Password,
    /// A secret of digits; never filled in again by the server.
    Pin,
    /// A phone number.
    Phone,
    /// A whole number.
    Number,
    /// Words to look for.
    Search,
    /// A web address.
    Url,
    /// A day.
    Date,
}

impl InputKind {
    fn html(self) -> &'static str {
        match self {
            Self::Text | Self::Number => "text",
            Self::Email => "email",
            Self::Password | Self::Pin => "password",
            Self::Phone => "tel",
            Self::Search => "search",
            Self::Url => "url",
            Self::Date => "date",
        }
    }

    fn keyboard(self) -> Option<&'static str> {
        match self {
            Self::Email => Some("email"),
            Self::Phone => Some("tel"),
            Self::Number | Self::Pin => Some("numeric"),
            Self::Text | Self::Password | Self::Search | Self::Url | Self::Date => None,
        }
    }
}

/// The ids under which a control finds its hint and error.
pub(super) fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (false, false) => None,
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-error")),
        (true, true) => Some(format!("{id}-error {id}-hint")),
    }
}

/// The frame of a control: label, hint, the control itself, error.
#[component]
pub fn Field(
    /// The id of the control inside.
    #[prop(into)]
    id: String,
    /// The label.
    #[prop(into)]
    label: String,
    /// What to know before typing.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What is wrong with what was typed.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// The control.
    children: Children,
) -> impl IntoView {
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {children()}
            {error.map(|error| view! { <p class="error" id=error_id><Icon name=IconName::XCircle/>{error}</p> })}
        </div>
    }
}

/// A field of one line.
#[component]
pub fn TextField(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// The label.
    #[prop(into)]
    label: String,
    /// What stands in it.
    #[prop(optional_no_strip, into)]
    value: Option<String>,
    /// What is typed into it.
    #[prop(optional)]
    kind: InputKind,
    /// What to know before typing.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What is wrong with what was typed.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// The autofill token, such as `username` or `current-password`.
    #[prop(optional, into)]
    autocomplete: Option<String>,
    /// An example of what is typed.
    #[prop(optional_no_strip, into)]
    placeholder: Option<String>,
    /// The most characters it takes.
    #[prop(optional)]
    length_max: Option<u32>,
    /// Must be filled in.
    #[prop(optional)]
    required: bool,
    /// Gets the focus when the page opens.
    #[prop(optional)]
    focus: bool,
    /// Shown, not to be changed.
    #[prop(optional)]
    disabled: bool,
    /// Shown and sent, not to be changed.
    #[prop(optional)]
    fixed: bool,
    /// The id, when the name alone is not unique on the page.
    #[prop(optional_no_strip, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("f-{name}"));
    let described_by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some();
    let value = value.filter(|_| !matches!(kind, InputKind::Password | InputKind::Pin));
    let verbatim = matches!(kind, InputKind::Email | InputKind::Password | InputKind::Search);
    view! {
        <Field id=id.clone() label=label hint=hint error=error>
            <input
                class="input"
                id=id
                name=name
                type=kind.html()
                inputmode=kind.keyboard()
                value=value
                autocomplete=autocomplete
                autocapitalize=verbatim.then_some("none")
                spellcheck=verbatim.then_some("false")
                placeholder=placeholder
                maxlength=length_max.map(|length| length.to_string())
                required=required
                disabled=disabled
                readonly=fixed
                autofocus=focus
                aria-invalid=invalid.then_some("true")
                aria-describedby=described_by
            />
        </Field>
    }
}

/// A password that somebody has: like a text field, with a button that shows what was typed where script runs.
#[component]
pub fn PasswordInput(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// The label.
    #[prop(into)]
    label: String,
    /// What is wrong with what was typed.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// The words on the button that shows it.
    #[prop(into)]
    show: String,
    /// The words on the button that hides it again.
    #[prop(into)]
    hide: String,
    /// Gets the focus when the page opens.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let id = format!("f-{name}");
    let described_by = described_by(&id, false, error.is_some());
    let invalid = error.is_some();
    view! {
        <Field id=id.clone() label=label error=error>
            <div class="with-button">
                <input
                    class="input"
                    id=id.clone()
                    name=name
                    type="password"
                    autocomplete="current-password"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="256"
                    required
                    autofocus=focus
                    aria-invalid=invalid.then_some("true")
                    aria-describedby=described_by
                />
                <button class="button quiet" type="button" aria-pressed="false" data-reveal=id data-hide=hide data-needs-script="">{show}</button>
            </div>
        </Field>
    }
}
