//! Rows to compare or select: sorted and paged by the server, cards on a phone.

use leptos::prelude::*;

use super::{Icon, IconName, classes};

/// Which way a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first.
    Descending,
}

/// The head of a column.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Its name.
    pub label: String,
    /// Where a click on it leads: the same rows, sorted by it.
    pub sort_href: Option<String>,
    /// How the rows are sorted by it now.
    pub sorted: Option<Sorted>,
    /// Figures, to the right.
    pub numeric: bool,
}

impl Column {
    /// A column that cannot be sorted.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }

    /// A column that can be sorted by following `href`.
    pub fn sortable(label: impl Into<String>, href: impl Into<String>, sorted: Option<Sorted>) -> Self {
        Self {
            label: label.into(),
            sort_href: Some(href.into()),
            sorted,
            numeric: false,
        }
    }

    /// The same column, with figures.
    #[must_use]
    pub fn numeric(mut self) -> Self {
        self.numeric = true;
        self
    }
}

/// How much room a row has, and which kind of rows they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableLook {
    /// Tight rows.
    #[default]
    Dense,
    /// Airy rows.
    Roomy,
    /// Rows of a log, which hide the words of methods beside an open drawer.
    Log,
}

/// The table in its frame. Rows are `<Row>` with plain `<td data-label="...">` inside.
#[component]
pub fn Table(
    /// What the rows are and how they are sorted; for screen readers.
    #[prop(into)]
    caption: String,
    /// The heads.
    columns: Vec<Column>,
    /// The room.
    #[prop(optional)]
    look: TableLook,
    /// The head of a first column of check boxes.
    #[prop(optional, into)]
    pick: Option<ViewFnOnce>,
    /// What stands above the head inside the frame, such as `<NewRows>`.
    #[prop(optional, into)]
    above: ViewFnOnce,
    /// What stands under the rows inside the frame, such as `<Pager>`.
    #[prop(optional, into)]
    below: ViewFnOnce,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let look = match look {
        TableLook::Dense => "",
        TableLook::Roomy => "roomy",
        TableLook::Log => "log",
    };
    let heads = columns
        .into_iter()
        .map(|column| {
            let sort = column.sorted.map(|sorted| match sorted {
                Sorted::Ascending => "ascending",
                Sorted::Descending => "descending",
            });
            let mark = column.sorted.map(|sorted| {
                let icon = match sorted {
                    Sorted::Ascending => IconName::ArrowUp,
                    Sorted::Descending => IconName::Sort,
                };
                view! { <Icon name=icon/> }
            });
            let label = match column.sort_href {
                Some(href) => view! { <a href=href>{column.label}{mark}</a> }.into_any(),
                None => column.label.into_any(),
            };
            view! { <th scope="col" class=column.numeric.then_some("num") aria-sort=sort>{label}</th> }
        })
        .collect_view();
    view! {
        <div class="table-frame">
            {above.run()}
            <table class=classes(["table folds", look, ""]) data-rows>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{pick.map(|pick| view! { <th class="pick" scope="col">{pick.run()}</th> })}{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
            {below.run()}
        </div>
    }
}

/// What is the matter with a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowState {
    /// Nothing.
    #[default]
    Rest,
    /// Ticked.
    Selected,
    /// Shown in the drawer.
    Open,
}

/// A row. Where script runs, `j` and `k` walk over the rows, Enter follows `href`, `e` follows `look_href`.
#[component]
pub fn Row(
    /// Its state.
    #[prop(optional)]
    state: RowState,
    /// The page of the object.
    #[prop(optional_no_strip, into)]
    href: Option<String>,
    /// The same list with this row in the drawer.
    #[prop(optional_no_strip, into)]
    look_href: Option<String>,
    /// The cells.
    children: Children,
) -> impl IntoView {
    let class = match state {
        RowState::Rest => None,
        RowState::Selected => Some("selected"),
        RowState::Open => Some("open"),
    };
    view! { <tr class=class data-href=href data-look=look_href>{children()}</tr> }
}
