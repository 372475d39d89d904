//! Check boxes, radio buttons and the segmented switch.

use leptos::prelude::*;

/// One or several of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckKind {
    /// Any number may be on.
    #[default]
    Box,
    /// One of those with the same name is on.
    Radio,
}

/// Whether it is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checked {
    /// Off.
    #[default]
    Off,
    /// On.
    On,
    /// On for some of what it stands for.
    Some,
}

impl From<bool> for Checked {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// A check box or radio button with its words.
#[component]
pub fn Check(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// The value it sends when on.
    #[prop(default = "yes".to_owned(), into)]
    value: String,
    /// Box or radio.
    #[prop(optional)]
    kind: CheckKind,
    /// Whether it is on.
    #[prop(optional, into)]
    checked: Checked,
    /// Must be on.
    #[prop(optional)]
    required: bool,
    /// A name for screen readers where there are no words beside it, as in a table.
    #[prop(optional, into)]
    label: Option<String>,
    /// The words.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type=match kind { CheckKind::Box => "checkbox", CheckKind::Radio => "radio" }
                name=name
                value=value
                class=(checked == Checked::Some).then_some("some")
                checked=checked == Checked::On
                required=required
                aria-label=label
            />
            {children.map(|children| children())}
        </label>
    }
}

/// A choice of two or three words in one frame.
#[component]
pub fn Segmented(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// Value and words of each choice.
    options: Vec<(String, String)>,
    /// The chosen value.
    #[prop(into)]
    selected: String,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let checked = value == selected;
            view! { <label><input type="radio" name=name.clone() value=value checked=checked/>{words}</label> }
        })
        .collect_view();
    view! { <fieldset class="segmented"><legend class="visually-hidden">{label}</legend>{options}</fieldset> }
}
