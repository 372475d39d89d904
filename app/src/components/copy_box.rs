//! A text that people copy or read over the phone.

use leptos::prelude::*;

use super::{Icon, IconName};

/// How the text is framed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyLook {
    /// In a box.
    #[default]
    Box,
    /// In a box as wide as its column.
    Block,
    /// In the line.
    Inline,
}

/// The text with its copy button. Without script the button is not shown and the text can be selected.
#[component]
pub fn CopyBox(
    /// The text.
    #[prop(into)]
    text: String,
    /// How it is framed.
    #[prop(optional)]
    look: CopyLook,
    /// Words on the button; without them it is an icon.
    #[prop(optional, into)]
    button: Option<String>,
) -> impl IntoView {
    let class = match look {
        CopyLook::Box => "copy-box",
        CopyLook::Block => "copy-box block",
        CopyLook::Inline => "copy-box inline",
    };
    let label = button.is_none().then(|| text!(components.copy, what = text.clone()));
    let class_of_button = if button.is_some() { "button" } else { "button quiet icon-only" };
    view! {
        <span class=class>
            <code>{text.clone()}</code>
            <button
                class=class_of_button
                type="button"
                aria-label=label
                data-copy=text
                data-done=text!(components.copied)
                data-needs-script
            >
                <Icon name=IconName::Copy/>
                {button}
            </button>
        </span>
    }
}

/// A button that copies a text of several lines, such as a report for the service desk.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// The words on the button.
    children: Children,
) -> impl IntoView {
    view! {
        <button class="button small" type="button" data-copy=text data-done=text!(components.copied) data-needs-script>
            <Icon name=IconName::Copy/>
            {children()}
        </button>
    }
}
