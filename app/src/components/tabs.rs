//! Parts of one object, each with its own address, and the way back up.

use leptos::prelude::*;

/// One part or one step of the way.
#[derive(Clone, Debug)]
pub struct Tab {
    /// Its name.
    pub label: String,
    /// Its address.
    pub href: String,
    /// How many things are in it.
    pub count: Option<String>,
    /// Whether it is shown.
    pub current: bool,
}

/// The parts.
#[component]
pub fn Tabs(
    /// Of which object.
    #[prop(into)]
    label: String,
    /// The parts.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let tabs = tabs
        .into_iter()
        .map(|tab| {
            view! {
                <a href=tab.href aria-current=tab.current.then_some("page")>
                    {tab.label}
                    {tab.count.map(|count| view! { " "<span class="count">{count}</span> })}
                </a>
            }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=label>{tabs}</nav> }
}

/// The way back up: name and address of each page above this one.
#[component]
pub fn Breadcrumb(
    /// The pages above.
    above: Vec<(String, String)>,
    /// This page.
    #[prop(into)]
    here: String,
) -> impl IntoView {
    let above = above
        .into_iter()
        .map(|(label, href)| view! { <li><a href=href>{label}</a></li> })
        .collect_view();
    view! {
        <nav class="breadcrumb" aria-label=text!(components.breadcrumb)>
            <ol>{above}<li aria-current="page">{here}</li></ol>
        </nav>
    }
}
