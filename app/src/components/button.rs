//! Buttons and links that look like one. One primary a view.

use leptos::prelude::*;

use super::{Icon, IconName, classes};

/// What a button looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonLook {
    /// An outline: any action beside the main one.
    #[default]
    Plain,
    /// Filled: the one thing to do here.
    Primary,
    /// No outline: a way out or a lesser choice.
    Quiet,
    /// Takes something away; asks again before it does.
    Danger,
    /// Takes it away now; only in a dialog or on a page that asks for confirmation.
    Sure,
}

impl ButtonLook {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Primary => "primary",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
            Self::Sure => "danger sure",
        }
    }
}

/// How wide or tall a button is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonSize {
    /// As wide as its words.
    #[default]
    Normal,
    /// As wide as its column.
    Block,
    /// Less tall, on member pages.
    Small,
}

impl ButtonSize {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Normal => "",
            Self::Block => "block",
            Self::Small => "small",
        }
    }
}

/// What a button can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonState {
    /// It can be pressed.
    #[default]
    Ready,
    /// It is at work; it keeps its words.
    Busy,
    /// It cannot be pressed; its words say why.
    Disabled,
}

/// A button that sends its form, or does something in script.
#[component]
pub fn Button(
    /// What it looks like.
    #[prop(optional)]
    look: ButtonLook,
    /// How wide or tall.
    #[prop(optional)]
    size: ButtonSize,
    /// Whether it can be pressed.
    #[prop(optional)]
    state: ButtonState,
    /// `submit` (the default), or `button` for an action in script.
    #[prop(default = "submit")]
    kind: &'static str,
    /// An icon before the words.
    #[prop(optional)]
    icon: Option<IconName>,
    /// The name of the field it sends.
    #[prop(optional, into)]
    name: Option<String>,
    /// The value it sends.
    #[prop(optional, into)]
    value: Option<String>,
    /// The form it belongs to, when it stands outside it.
    #[prop(optional, into)]
    form: Option<String>,
    /// A longer name for screen readers, when the words alone do not say which object is meant.
    #[prop(optional, into)]
    label: Option<String>,
    /// Sends the form without asking for its required fields: a way back or out.
    #[prop(optional)]
    unchecked: bool,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class=classes(["button", look.class(), size.class()])
            type=kind
            name=name
            value=value
            form=form
            aria-label=label
            aria-busy=(state == ButtonState::Busy).then_some("true")
            disabled=state == ButtonState::Disabled
            formnovalidate=unchecked
        >
            {icon.map(|icon| view! { <Icon name=icon/> })}
            {children()}
        </button>
    }
}

/// A link that looks like a button: it goes somewhere and changes nothing.
#[component]
pub fn LinkButton(
    /// Where it goes.
    #[prop(into)]
    href: String,
    /// What it looks like.
    #[prop(optional)]
    look: ButtonLook,
    /// How wide or tall.
    #[prop(optional)]
    size: ButtonSize,
    /// An icon before the words.
    #[prop(optional)]
    icon: Option<IconName>,
    /// A longer name for screen readers, when the words alone do not say which object is meant.
    #[prop(optional, into)]
    label: Option<String>,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <a class=classes(["button", look.class(), size.class()]) href=href aria-label=label>
            {icon.map(|icon| view! { <Icon name=icon/> })}
            {children()}
        </a>
    }
}

/// A button of one icon; its name is for screen readers and the tooltip.
#[component]
pub fn IconButton(
    /// What it does, in words.
    #[prop(into)]
    label: String,
    /// The icon.
    icon: IconName,
    /// What it looks like.
    #[prop(optional)]
    look: ButtonLook,
    /// Whether it can be pressed.
    #[prop(optional)]
    state: ButtonState,
    /// Where it goes; a link then, a button otherwise.
    #[prop(optional, into)]
    href: Option<String>,
    /// `submit` (the default), or `button` for an action in script.
    #[prop(default = "submit")]
    kind: &'static str,
    /// The name of the field it sends.
    #[prop(optional, into)]
    name: Option<String>,
    /// The value it sends.
    #[prop(optional, into)]
    value: Option<String>,
) -> impl IntoView {
    let class = classes(["button", look.class(), "icon-only"]);
    match (href, state) {
        (Some(href), ButtonState::Ready | ButtonState::Busy) => view! {
            <a class=class href=href aria-label=label.clone() title=label><Icon name=icon/></a>
        }
        .into_any(),
        _ => view! {
            <button
                class=class
                type=kind
                name=name
                value=value
                aria-label=label.clone()
                title=label
                disabled=state == ButtonState::Disabled
            >
                <Icon name=icon/>
            </button>
        }
        .into_any(),
    }
}
