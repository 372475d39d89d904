//! What went wrong, in one sentence, and what it means.

use leptos::prelude::*;

/// The sentence in large type with its meaning under it.
#[component]
pub fn Diagnosis(
    /// The finding.
    #[prop(into)]
    finding: String,
    /// What it means.
    children: Children,
) -> impl IntoView {
    view! { <section class="diagnosis"><h2>{finding}</h2><p>{children()}</p></section> }
}

/// Somebody's own words.
#[component]
pub fn Quote(
    /// Where they come from.
    #[prop(into)]
    source: String,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! { <blockquote class="quote"><p>{children()}</p><footer>{source}</footer></blockquote> }
}

/// A way to fix it: what, with which consequence, and the button.
#[component]
pub fn Fix(
    /// The icon.
    icon: super::IconName,
    /// What.
    #[prop(into)]
    title: String,
    /// With which consequence.
    #[prop(into)]
    consequence: String,
    /// The button or form.
    children: Children,
) -> impl IntoView {
    view! {
        <li class="fix">
            <super::Icon name=icon/>
            <div><b>{title}</b><p>{consequence}</p></div>
            {children()}
        </li>
    }
}

/// Something that waits for a decision: what, why, and the button.
#[component]
pub fn Task(
    /// How urgent.
    #[prop(optional)]
    tone: super::Tone,
    /// Another icon than the usual one.
    #[prop(optional)]
    icon: Option<super::IconName>,
    /// What.
    #[prop(into)]
    title: String,
    /// Why.
    #[prop(into)]
    reason: String,
    /// The button or link.
    children: Children,
) -> impl IntoView {
    view! {
        <li class=format!("task {}", tone.class())>
            <super::Icon name=icon.unwrap_or_else(|| tone.icon())/>
            <div><b>{title}</b><p>{reason}</p></div>
            {children()}
        </li>
    }
}
