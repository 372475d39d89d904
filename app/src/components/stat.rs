//! A figure with its label and a comparison; the figure is a link to the rows behind it.

use leptos::prelude::*;

use super::{Icon, IconName, Tone};

/// The comparison under a figure.
#[derive(Clone, Debug)]
pub struct Delta {
    /// Good, doubtful or bad.
    pub tone: Tone,
    /// An icon before the words.
    pub icon: Option<IconName>,
    /// The comparison in words.
    pub words: String,
}

/// The figure.
#[component]
pub fn Stat(
    /// What it counts.
    #[prop(into)]
    label: String,
    /// The figure, written for people.
    #[prop(into)]
    value: String,
    /// The rows behind it.
    #[prop(into)]
    href: String,
    /// The comparison.
    #[prop(optional_no_strip)]
    delta: Option<Delta>,
    /// A picture, such as a sparkline.
    #[prop(optional, into)]
    picture: ViewFnOnce,
) -> impl IntoView {
    let delta = delta.map(|delta| {
        view! {
            <span class=format!("delta {}", delta.tone.class())>
                {delta.icon.map(|icon| view! { <Icon name=icon/> })}
                {delta.words}
            </span>
        }
    });
    view! {
        <a class="stat" href=href>
            <span class="label">{label}</span>
            <span class="value">{value}</span>
            {delta}
            {picture.run()}
        </a>
    }
}
