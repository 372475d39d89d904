//! A state in a word, an icon and a colour; never colour alone.

use leptos::prelude::*;

use super::{Icon, IconName, classes};

/// What a message or a state means for the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to judge.
    #[default]
    Neutral,
    /// Good.
    Ok,
    /// Look at this.
    Warn,
    /// Wrong, or refused.
    Bad,
    /// On the way, or chosen.
    Info,
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Neutral => "",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
        }
    }

    /// The icon that usually goes with it.
    #[must_use]
    pub fn icon(self) -> IconName {
        match self {
            Self::Neutral => IconName::DashCircle,
            Self::Ok => IconName::CheckCircle,
            Self::Warn => IconName::Alert,
            Self::Bad => IconName::XCircle,
            Self::Info => IconName::HalfCircle,
        }
    }
}

/// How a badge is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadgeLook {
    /// Filled: the state of an object.
    #[default]
    Filled,
    /// Without a ground: a result in a row.
    Plain,
    /// Without an icon: a label without judgement.
    Word,
}

/// The badge.
#[component]
pub fn Badge(
    /// What it means.
    #[prop(optional)]
    tone: Tone,
    /// How it is drawn.
    #[prop(optional)]
    look: BadgeLook,
    /// Another icon than the usual one.
    #[prop(optional)]
    icon: Option<IconName>,
    /// The word.
    children: Children,
) -> impl IntoView {
    let look_class = match look {
        BadgeLook::Filled => "",
        BadgeLook::Plain => "plain",
        BadgeLook::Word => "word",
    };
    let icon = (look != BadgeLook::Word).then(|| icon.unwrap_or_else(|| tone.icon()));
    view! {
        <span class=classes(["badge", tone.class(), look_class])>
            {icon.map(|icon| view! { <Icon name=icon/> })}
            {children()}
        </span>
    }
}
