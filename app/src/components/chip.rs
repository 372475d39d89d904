//! Filters in use, each with the way to drop it.

use leptos::prelude::*;

use super::{Icon, IconName};

/// The line of chips.
#[component]
pub fn Chips(
    /// The chips.
    children: Children,
) -> impl IntoView {
    view! { <div class="chips" role="group" aria-label=text!(components.filters)>{children()}</div> }
}

/// A filter in use.
#[component]
pub fn Chip(
    /// What is filtered: "State".
    #[prop(into)]
    label: String,
    /// By which value: "Enabled".
    #[prop(into)]
    value: String,
    /// The same list without it.
    #[prop(into)]
    remove: String,
) -> impl IntoView {
    let words = text!(components.remove_filter, what = format!("{label}: {value}"));
    view! {
        <span class="chip">
            {label}
            <b>{value}</b>
            <a class="drop" href=remove aria-label=words><Icon name=IconName::X/></a>
        </span>
    }
}

/// What a chip that leads somewhere looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChipLook {
    /// Dashed, with a plus: adds a filter.
    #[default]
    Add,
    /// A saved view or another choice.
    Plain,
    /// A choice that is on.
    On,
}

/// A chip that leads to the same list with other filters.
#[component]
pub fn ChipLink(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// What it looks like.
    #[prop(optional)]
    look: ChipLook,
    /// The words.
    children: Children,
) -> impl IntoView {
    let class = match look {
        ChipLook::Add => "chip add",
        ChipLook::Plain => "chip link",
        ChipLook::On => "chip link on",
    };
    view! {
        <a class=class href=href aria-current=(look == ChipLook::On).then_some("true")>
            {(look == ChipLook::Add).then(|| view! { <Icon name=IconName::Plus/> })}
            {children()}
        </a>
    }
}
