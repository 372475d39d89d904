//! `/operator/messages`: what went into a developer's folder. Development only.

use domain::delivery::desk::Written;
use leptos::prelude::*;

use crate::{
    components::{Badge, BadgeLook, EmptyState, IconName, Pager, Tone},
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell},
};

/// Messages of a page.
pub const MESSAGES: usize = 20;

/// The page.
#[derive(Clone, Debug)]
pub struct MessagesPage {
    /// The messages, newest first.
    pub messages: Vec<Written>,
    /// How many there are.
    pub count: usize,
    /// Which page, from 0.
    pub place: usize,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: MessagesPage) -> Page {
    let body = if model.messages.is_empty() {
        view! {
            <div class="card flush"><EmptyState icon=IconName::MethodMail title=text!(messages.empty_title) words=text!(messages.empty_words)/></div>
        }
        .into_any()
    } else {
        let first = model.place * MESSAGES;
        let last = first + model.messages.len();
        let at = |place: usize| format!("{}?page={place}", routes::OPERATOR_MESSAGES);
        let previous = model.place.checked_sub(1).map(at);
        let next = (last < model.count).then(|| at(model.place + 1));
        let summary = text!(
            messages.rows,
            first = (first + 1).to_string(),
            last = last.to_string(),
            count = model.count.to_string()
        );
        let lines = model.messages.into_iter().map(message).collect_view();
        view! {
            <ol class="stack plain">{lines}</ol>
            <Pager summary=summary previous=previous next=next/>
        }
        .into_any()
    };
    let view = view! {
        <ConsolePage title=text!(messages.title) lead=|| view! { <p class="muted">{text!(messages.lead)}</p> }>{body}</ConsolePage>
    };
    Page::new(PageMeta::new(text!(messages.title), text!(messages.description)), shell, view.into_any())
}

fn message(message: Written) -> AnyView {
    let kind = match message.kind.as_str() {
        "sms" => text!(messages.kind_sms),
        "call" => text!(messages.kind_call),
        _ => text!(messages.kind_mail),
    };
    let to = text!(messages.to, to = message.to);
    let from = text!(messages.from, from = message.from);
    let subject = message.subject.map(|subject| view! { <p><b>{subject}</b></p> });
    let lines = message
        .text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| view! { <p>{line.to_owned()}</p> })
        .collect_view();
    view! {
        <li class="card stack tight">
            <div class="row">
                <Badge tone=Tone::Info look=BadgeLook::Word>{kind}</Badge>
                <b>{to}</b>
                <span class="muted small">{from}" · "{format::full(message.at)}</span>
            </div>
            {subject}
            {lines}
        </li>
    }
    .into_any()
}
