//! `/support/tickets`: what members have asked, longest waiting first. Links (GET): `?show=mine|closed&cursor=…`.

use domain::tickets::{TicketCounts, TicketView};
use leptos::prelude::*;
use model::{ErrorCode, Page as Rows, Shown, TICKET_DAYS};

use crate::{
    components::{Badge, BadgeLook, Breadcrumb, Column, EmptyState, IconName, Pager, Row, Tab, Table, TableLook, Tabs, Tone},
    format,
    pages::{request::state, words},
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell},
};

/// Which of them are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Those that wait.
    #[default]
    Waiting,
    /// Those that whoever looks has taken.
    Mine,
    /// Those that are done with.
    Closed,
}

impl Which {
    /// Its word in addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Mine => "mine",
            Self::Closed => "closed",
        }
    }

    /// What a word means; what is none means those that wait.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        [Self::Mine, Self::Closed].into_iter().find(|which| which.word() == word).unwrap_or_default()
    }

    fn href(self) -> String {
        match self {
            Self::Waiting => routes::TICKETS.to_owned(),
            other => format!("{}?show={}", routes::TICKETS, other.word()),
        }
    }
}

/// The page.
#[derive(Clone, Debug)]
pub struct TicketsPage {
    /// Which are shown.
    pub which: Which,
    /// How many there are.
    pub counts: TicketCounts,
    /// The rows.
    pub rows: Rows<TicketView>,
    /// They are not the first.
    pub further: bool,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: TicketsPage) -> Page {
    let TicketsPage { which, counts, rows, further } = model;
    let tab = |of: Which, label: &str, count: Option<i64>| Tab {
        label: label.to_owned(),
        href: of.href(),
        count: count.map(|count| format::number(count.unsigned_abs())),
        current: of == which,
    };
    let tabs = vec![
        tab(Which::Waiting, text!(tickets.tab_waiting), Some(counts.open + counts.taken)),
        tab(Which::Mine, text!(tickets.tab_mine), Some(counts.mine)),
        tab(Which::Closed, text!(tickets.tab_closed), None),
    ];
    let body = match rows.items.is_empty() {
        true => empty(which),
        false => {
            let count = rows.items.len();
            let next = rows.next_cursor.as_ref().map(|cursor| {
                let href = which.href();
                format!("{href}{}cursor={cursor}", if href.contains('?') { "&" } else { "?" })
            });
            let previous = further.then(|| which.href());
            let pager = move || view! { <Pager summary=text!(tickets.rows, count = count) previous=previous next=next/> };
            table(rows.items, pager)
        }
    };
    let above = || view! { <Breadcrumb above=vec![(text!(support.title).to_owned(), routes::SUPPORT.to_owned())] here=text!(tickets.desk_title)/> };
    let view = view! {
        <ConsolePage title=text!(tickets.desk_title) above=above lead=|| view! { <p class="muted">{text!(tickets.desk_lead)}</p> }>
            <Tabs label=text!(tickets.desk_title) tabs=tabs/>
            {body}
        </ConsolePage>
    };
    Page::new(
        PageMeta::new(text!(tickets.desk_title), text!(tickets.desk_description)),
        shell,
        view.into_any(),
    )
}

fn empty(which: Which) -> AnyView {
    let (icon, title, words) = match which {
        Which::Waiting => (
            IconName::CheckCircle,
            text!(tickets.none_waiting_title),
            text!(tickets.none_waiting_words).to_owned(),
        ),
        Which::Mine => (IconName::User, text!(tickets.none_mine_title), text!(tickets.none_mine_words).to_owned()),
        Which::Closed => (
            IconName::Info,
            text!(tickets.none_closed_title),
            text!(tickets.none_closed_words, days = TICKET_DAYS),
        ),
    };
    view! { <div class="card flush"><EmptyState icon=icon title=title words=words/></div> }.into_any()
}

/// The tickets as rows; each leads to its page.
pub(super) fn table<P: IntoView + 'static>(tickets: Vec<TicketView>, below: impl FnOnce() -> P + Send + 'static) -> AnyView {
    let lines = tickets
        .into_iter()
        .map(|ticket| {
            let href = routes::ticket(ticket.number);
            let error = ticket.error.as_deref().and_then(|code| code.parse::<ErrorCode>().ok());
            let taken = looked_after_by(&ticket);
            view! {
                <Row href=href.clone()>
                    <th scope="row" data-label=text!(tickets.col_number)><a class="plain-link code nowrap" href=href>{ticket.number.to_string()}</a></th>
                    <td data-label=text!(tickets.col_who)><span class="stack tight"><span>{who(&ticket)}</span>{checked(ticket.shown)}</span></td>
                    <td data-label=text!(tickets.col_what)><span class="small">{ticket.excerpt.clone()}</span></td>
                    <td data-label=text!(tickets.col_error)>{error.map(words::error_title)}</td>
                    <td data-label=text!(tickets.col_state)>
                        <span class="row">{state(ticket.state)}{taken.map(|who| view! { <span class="small muted">{who}</span> })}</span>
                    </td>
                    <td data-label=text!(tickets.col_since)>
                        <time class="nowrap" datetime=ticket.moved_at.to_string()>{format::moment_capital(ticket.moved_at)}</time>
                    </td>
                </Row>
            }
        })
        .collect_view();
    let columns = vec![
        Column::new(text!(tickets.col_number)),
        Column::new(text!(tickets.col_who)),
        Column::new(text!(tickets.col_what)),
        Column::new(text!(tickets.col_error)),
        Column::new(text!(tickets.col_state)),
        Column::new(text!(tickets.col_since)),
    ];
    view! { <Table caption=text!(tickets.caption) columns=columns look=TableLook::Roomy below=below>{lines}</Table> }.into_any()
}

/// Whose it is: the member's name, else the sign-in name that was typed.
pub(super) fn who(ticket: &TicketView) -> String {
    let erased = || text!(tickets.erased).to_owned();
    ticket.name.clone().or_else(|| ticket.upn.clone()).unwrap_or_else(erased)
}

/// Who looks after it, if anybody does.
pub(super) fn looked_after_by(ticket: &TicketView) -> Option<String> {
    let you = ticket.mine.then(|| text!(tickets.taken_by_you).to_owned());
    you.or_else(|| ticket.taken_by.clone())
}

/// How much of himself whoever asked has shown: a word of warning where anybody could have asked.
pub(super) fn checked(shown: Shown) -> AnyView {
    let (tone, word) = match shown {
        Shown::Name => (Tone::Warn, text!(tickets.shown_name)),
        Shown::Password => (Tone::Neutral, text!(tickets.shown_password)),
        Shown::SignedIn => (Tone::Ok, text!(tickets.shown_signed_in)),
    };
    view! { <Badge tone=tone look=BadgeLook::Plain>{word}</Badge> }.into_any()
}
