//! The working area of a console page: one column, with a drawer beside it when a row is open.

use leptos::prelude::*;

/// How wide the work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageWidth {
    /// As wide as the sheet: lists.
    #[default]
    Full,
    /// A readable column: one object.
    Narrow,
}

/// The main column of a console page with its heading.
#[component]
pub fn ConsolePage(
    /// The finding, or the name of the page where there is no finding.
    #[prop(into)]
    title: String,
    /// What stands under the title.
    #[prop(optional, into)]
    lead: ViewFnOnce,
    /// What stands over the title, such as a breadcrumb.
    #[prop(optional, into)]
    above: ViewFnOnce,
    /// Buttons at the right of the title.
    #[prop(optional, into)]
    actions: ViewFnOnce,
    /// How wide the work is.
    #[prop(optional)]
    width: PageWidth,
    /// A look at one row.
    #[prop(optional, into)]
    drawer: ViewFnOnce,
    /// The work.
    children: Children,
) -> impl IntoView {
    let class = match width {
        PageWidth::Full => "page",
        PageWidth::Narrow => "page narrow",
    };
    view! {
        <main id="main" class=class>
            {above.run()}
            <div class="page-head"><div><h1>{title}</h1>{lead.run()}</div><div class="end">{actions.run()}</div></div>
            {children()}
        </main>
        {drawer.run()}
    }
}

/// A part of a page with its heading.
#[component]
pub fn Section(
    /// The id of the heading.
    #[prop(into)]
    id: String,
    /// The heading.
    #[prop(into)]
    title: String,
    /// What stands beside the heading.
    #[prop(optional, into)]
    note: ViewFnOnce,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let heading = id.clone();
    view! {
        <section class="section" aria-labelledby=id><header><h2 id=heading>{title}</h2>{note.run()}</header>{children()}</section>
    }
}
