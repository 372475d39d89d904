//! A finding, what to do about it, and one button.

use leptos::prelude::*;

use super::{Icon, IconName, Tone, classes};

/// Whether a screen reader interrupts for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// It was there when the page opened.
    #[default]
    Quiet,
    /// It appears after an action.
    Alert,
}

/// The banner.
#[component]
pub fn Banner(
    /// What it means.
    #[prop(default = Tone::Info)]
    tone: Tone,
    /// Another icon than the usual one.
    #[prop(optional)]
    icon: Option<IconName>,
    /// The finding.
    #[prop(optional_no_strip, into)]
    title: Option<String>,
    /// Whether a screen reader interrupts for it.
    #[prop(optional)]
    urgency: Urgency,
    /// Stands inside a method card, without an icon.
    #[prop(optional)]
    note: bool,
    /// The one thing to do.
    #[prop(optional, into)]
    action: ViewFnOnce,
    /// What to do, in words.
    children: Children,
) -> impl IntoView {
    let tone_class = if tone == Tone::Info { "" } else { tone.class() };
    let icon = icon.unwrap_or(match tone {
        Tone::Info | Tone::Neutral => IconName::Info,
        other => other.icon(),
    });
    view! {
        <div
            class=classes([if note { "note" } else { "" }, "banner", tone_class])
            role=(urgency == Urgency::Alert).then_some("alert")
        >
            {(!note).then(|| view! { <Icon name=icon/> })}
            <div>
                {title.map(|title| view! { <strong>{title}</strong> })}
                <p>{children()}</p>
            </div>
            {action.run()}
        </div>
    }
}
