//! Counts that are filters.

use leptos::prelude::*;

use super::{Icon, IconName};

/// One count.
#[derive(Clone, Debug)]
pub struct Facet {
    /// The figure, written for people.
    pub count: String,
    /// What it counts.
    pub label: String,
    /// The same list with only these.
    pub href: String,
    /// Whether the list shows only these now.
    pub chosen: bool,
    /// An icon before the label.
    pub icon: Option<IconName>,
}

impl Facet {
    /// A count without an icon.
    pub fn new(count: impl Into<String>, label: impl Into<String>, href: impl Into<String>, chosen: bool) -> Self {
        Self {
            count: count.into(),
            label: label.into(),
            href: href.into(),
            chosen,
            icon: None,
        }
    }

    /// The same count with an icon.
    #[must_use]
    pub fn with_icon(mut self, icon: IconName) -> Self {
        self.icon = Some(icon);
        self
    }
}

/// The counts, in groups with a rule between them.
#[component]
pub fn Facets(
    /// The groups.
    groups: Vec<Vec<Facet>>,
) -> impl IntoView {
    let groups = groups
        .into_iter()
        .enumerate()
        .map(|(index, facets)| {
            let facets = facets
                .into_iter()
                .map(|facet| {
                    view! {
                        <a href=facet.href aria-current=facet.chosen.then_some("true")>
                            <b>{facet.count}</b>
                            <span>{facet.icon.map(|icon| view! { <Icon name=icon/> })}{facet.label}</span>
                        </a>
                    }
                })
                .collect_view();
            view! {
                {(index > 0).then(|| view! { <span class="rule" aria-hidden="true"></span> })}
                {facets}
            }
        })
        .collect_view();
    view! { <nav class="facets" aria-label=text!(components.facets)>{groups}</nav> }
}
