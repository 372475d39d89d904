//! A card for one method: at rest, as a choice, or switched off.

use leptos::prelude::*;

use super::{Icon, IconName, MethodIcon, MethodKey};

/// A registered method, with its badge, its menu and a warning inside.
#[component]
pub fn MethodCard(
    /// Which method.
    method: MethodKey,
    /// Its name in the member's words.
    #[prop(into)]
    title: String,
    /// What stands beside the name, such as "First choice".
    #[prop(optional, into)]
    badge: ViewFnOnce,
    /// What can be done with it.
    #[prop(optional, into)]
    menu: ViewFnOnce,
    /// A warning with its one action, usually a banner with class `note`.
    #[prop(optional, into)]
    note: ViewFnOnce,
    /// Device, number, dates.
    children: Children,
) -> impl IntoView {
    view! {
        <li class="method-card">
            <MethodIcon method=method/>
            <h2>{title} " " {badge.run()}</h2>
            <div class="menu">{menu.run()}</div>
            <p class="detail">{children()}</p>
            {note.run()}
        </li>
    }
}

/// What happens when a choice is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceAction {
    /// Goes to an address.
    Link(String),
    /// Sends the form it stands in, with this name and value.
    Send {
        /// The name of the field.
        name: String,
        /// Its value.
        value: String,
    },
}

/// A method to choose.
#[component]
pub fn MethodChoice(
    /// Which method.
    method: MethodKey,
    /// Its name in the member's words.
    #[prop(into)]
    title: String,
    /// What happens when it is chosen.
    action: ChoiceAction,
    /// What stands beside the name, such as "Safest".
    #[prop(optional, into)]
    badge: ViewFnOnce,
    /// What to have with you.
    children: Children,
) -> impl IntoView {
    let inside = view! {
        <MethodIcon method=method/>
        <span class="words"><span class="row"><strong>{title}</strong>{badge.run()}</span><span class="detail">{children()}</span></span>
        <Icon name=IconName::ChevronRight/>
    };
    match action {
        ChoiceAction::Link(href) => view! { <a class="method-card choice" href=href>{inside}</a> }.into_any(),
        ChoiceAction::Send { name, value } => view! {
            <button class="method-card choice" type="submit" name=name value=value>{inside}</button>
        }
        .into_any(),
    }
}

/// A method that cannot be used, and who switched it off.
#[component]
pub fn MethodOff(
    /// Which method.
    method: MethodKey,
    /// Its name in the member's words.
    #[prop(into)]
    title: String,
    /// Who switched it off and what to use instead.
    children: Children,
) -> impl IntoView {
    view! {
        <li class="method-card off">
            <MethodIcon method=method/>
            <h2>{title}</h2>
            <span></span>
            <p class="detail">{children()}</p>
        </li>
    }
}
