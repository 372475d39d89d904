//! How many rows are ticked, what will happen to them, and the button.

use leptos::prelude::*;

use super::{Icon, Tone};

/// What the action would do to some of the rows.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Good, doubtful or bad.
    pub tone: Tone,
    /// How many.
    pub count: String,
    /// What happens to them.
    pub words: String,
}

/// The bar. Its controls belong to the form around the table.
#[component]
pub fn SelectionBar(
    /// "37 selected".
    #[prop(into)]
    summary: String,
    /// "of 84, 11 on this page".
    #[prop(optional, into)]
    scope: String,
    /// What the action would do, computed before its button works.
    #[prop(optional)]
    preview: Vec<Tally>,
    /// A way to leave some out.
    #[prop(optional, into)]
    exception: ViewFnOnce,
    /// Links to choose all or none, then the action.
    children: Children,
) -> impl IntoView {
    let tallies = (!preview.is_empty()).then(|| {
        let tallies = preview
            .into_iter()
            .map(|tally| {
                view! {
                    <span class=format!("tally {}", tally.tone.class())>
                        <Icon name=tally.tone.icon()/>
                        <span><b>{tally.count}</b>" "{tally.words}</span>
                    </span>
                }
            })
            .collect_view();
        view! {
            <div class="preview">
                <span class="faint">{text!(components.preview)}</span>
                {tallies}
                {exception.run()}
            </div>
        }
    });
    view! {
        <section class="selection-bar" aria-label=text!(components.selection)>
            <strong>{summary}</strong>
            <span class="muted small">{scope}</span>
            {children()}
            {tallies}
        </section>
    }
}
