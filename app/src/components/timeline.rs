//! The steps of an attempt: time on the left, the word in the middle; the rail tells how it went.

use leptos::prelude::*;

use super::{Icon, IconName, Tone};

/// One step.
#[derive(Clone, Debug)]
pub struct TimelineStep {
    /// When, written for people.
    pub time: String,
    /// How it went. Red only for the step that decided.
    pub tone: Tone,
    /// Another icon than the usual one.
    pub icon: Option<IconName>,
    /// What happened.
    pub title: String,
    /// More about it.
    pub detail: Option<String>,
}

/// The steps, oldest first.
#[component]
pub fn Timeline(
    /// The steps.
    steps: Vec<TimelineStep>,
    /// The times are dates, which need a line of their own.
    #[prop(optional)]
    dated: bool,
) -> impl IntoView {
    let steps = steps
        .into_iter()
        .map(|step| {
            view! {
                <li class=step.tone.class()>
                    <time>{step.time}</time>
                    <span class="dot"><Icon name=step.icon.unwrap_or_else(|| step.tone.icon())/></span>
                    <div><b>{step.title}</b>{step.detail.map(|detail| view! { <p>{detail}</p> })}</div>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="timeline" class:dated=dated>{steps}</ol> }
}
