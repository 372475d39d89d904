//! `/support`: one search box on a quiet page (`?q=`): a session id in any spelling, a sign-in name, part of a name, or a correlation id.

use domain::{directory::MemberView, journal::SignInRow, tickets::TicketView};
use leptos::prelude::*;
use model::{SessionId, SessionIdError};

use super::findings::{joined, purpose};
use crate::{
    components::{
        Badge, BadgeLook, Banner, Button, ButtonLook, Column, EmptyState, IconName, LinkButton, MethodName, Person, Row, Search, SearchSize, Table, TableLook,
        Tone,
    },
    format,
    pages::words,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth, Section},
    visit::query_value,
};

/// Rows shown at most.
pub const ROWS: usize = 20;
/// Days that are looked back for a name.
pub const NAME_DAYS: i64 = 90;
/// Days that are looked back for a run.
pub const RUN_DAYS: i64 = 7;

/// Tickets shown on the desk.
pub const TICKETS: usize = 5;

/// What members have asked and nobody has closed.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Those that wait longest.
    pub first: Vec<TicketView>,
    /// How many there are.
    pub count: i64,
}

/// What came of a search.
#[derive(Clone, Debug)]
pub enum Found {
    /// Nothing was asked.
    NotAsked,
    /// Meant as a session id, but not one.
    Misheard(SessionIdError),
    /// A session id that nothing here has.
    NoSession(SessionId),
    /// A name that nobody has or tried.
    Nobody,
    /// A member who has not tried anything.
    NoSignIns,
    /// A correlation id without attempts.
    NoRun,
    /// Sign-ins of a member or of a name.
    SignIns {
        /// Whose.
        who: String,
        /// The newest.
        rows: Vec<SignInRow>,
        /// There are more.
        more: bool,
    },
    /// Attempts of one run.
    Run(Vec<SignInRow>),
    /// Members whose name fits.
    Members {
        /// The first of them.
        members: Vec<MemberView>,
        /// There are more.
        more: bool,
    },
    /// The role may not.
    NotAllowed,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, asked: String, found: Found, waiting: Option<Waiting>) -> Page {
    let meta = PageMeta::new(text!(support.title), text!(support.description));
    Page::new(meta, shell, view(asked, found, waiting))
}

fn view(asked: String, found: Found, waiting: Option<Waiting>) -> AnyView {
    if let Found::NotAllowed = found {
        return view! {
            <ConsolePage title=text!(support.title) width=PageWidth::Narrow>
                <div class="card flush list">
                    <EmptyState icon=IconName::Lock title=text!(support.no_right_title) words=text!(support.no_right_words)/>
                </div>
            </ConsolePage>
        }
        .into_any();
    }
    let value = asked.clone();
    view! {
        <ConsolePage title=text!(support.title) width=PageWidth::Narrow lead=|| view! { <p>{text!(support.lead)}</p> }>
            <Search
                action=routes::SUPPORT
                label=text!(support.search)
                placeholder=text!(support.search)
                value=value
                size=SearchSize::Large
                key="f"
                keep=|| view! { <span class="visually-hidden"><Button look=ButtonLook::Primary>{text!(support.find)}</Button></span> }
            />
            <div role="status" class="stack">{result(asked, found)}</div>
            {waiting.map(tickets)}
        </ConsolePage>
    }
    .into_any()
}

fn tickets(waiting: Waiting) -> AnyView {
    let all = text!(tickets.rows, count = waiting.count);
    let note = move || view! { <p class="small"><a href=routes::TICKETS>{text!(tickets.waiting_link)}</a></p> };
    let body = match waiting.first.is_empty() {
        true => view! { <p class="muted">{text!(tickets.none_waiting_title)}"."</p> }.into_any(),
        false => super::tickets::table(waiting.first, move || view! { <p class="pager"><span>{all}</span></p> }),
    };
    view! { <Section id="waiting" title=text!(tickets.waiting_title) note=note>{body}</Section> }.into_any()
}

fn result(asked: String, found: Found) -> AnyView {
    let warn = |title: String, words: String| {
        view! {
            <Banner tone=Tone::Warn title=title>{words}</Banner>
            <div><LinkButton href=routes::SUPPORT icon=IconName::Search>{text!(support.search_again)}</LinkButton></div>
        }
        .into_any()
    };
    let heard = asked.to_uppercase();
    match found {
        Found::NotAsked | Found::NotAllowed => ().into_any(),
        Found::Misheard(SessionIdError::Check) => warn(text!(support.heard_check_title, heard = heard), text!(support.heard_check).to_owned()),
        Found::Misheard(SessionIdError::Length(count)) => warn(text!(support.heard_length_title, heard = heard), text!(support.heard_length, count = count)),
        Found::Misheard(SessionIdError::Character(place)) => warn(
            text!(support.heard_character_title, heard = heard),
            text!(support.heard_character, place = place),
        ),
        Found::NoSession(id) => warn(text!(support.unknown_title, id = id), text!(support.unknown_words).to_owned()),
        Found::Nobody => warn(text!(support.nobody_title, text = asked), text!(support.nobody_name, days = NAME_DAYS)),
        Found::NoSignIns => warn(text!(support.nobody_title, text = asked), text!(support.nobody_member, days = NAME_DAYS)),
        Found::NoRun => warn(text!(support.nobody_title, text = asked), text!(support.nobody_run, days = RUN_DAYS)),
        Found::SignIns { who, rows, more } => {
            let more = more.then(|| view! { <p class="small muted">{text!(support.found_more, count = ROWS)}</p> });
            view! {
                <section class="section" aria-labelledby="found">
                    <h2 id="found">{text!(support.found_sign_ins, who = who)}</h2>
                    {list(rows)}
                    {more}
                </section>
            }
            .into_any()
        }
        Found::Run(rows) => view! {
            <section class="section" aria-labelledby="found"><h2 id="found">{text!(support.found_run)}</h2>{list(rows)}</section>
        }
        .into_any(),
        Found::Members { members, more } => {
            let lines = members
                .into_iter()
                .map(|member| {
                    let name = joined(member.given_name.as_deref(), member.family_name.as_deref()).unwrap_or_else(|| member.upn.clone());
                    let href = format!("{}?q={}", routes::SUPPORT, query_value(&member.upn));
                    view! { <li><div class="list-line"><Person name=name detail=member.upn href=href/></div></li> }
                })
                .collect_view();
            let more = more.then(|| view! { <p class="small muted">{text!(support.members_more, count = ROWS)}</p> });
            view! {
                <section class="section" aria-labelledby="found">
                    <h2 id="found">{text!(support.found_members, text = asked)}</h2>
                    <ul class="card flush list inset">{lines}</ul>
                    {more}
                </section>
            }
            .into_any()
        }
    }
}

/// The rows; each leads to its case.
fn list(rows: Vec<SignInRow>) -> AnyView {
    let lines = rows
        .into_iter()
        .map(|row| {
            let href = routes::case(row.session_id);
            let application = row
                .application
                .as_deref()
                .map(crate::pages::words::asked_for)
                .unwrap_or_else(|| purpose(row.purpose).to_owned());
            let method = row.method_kind.map(|kind| view! { <MethodName method=words::method_key(kind)/> });
            let decision = row.decision.map(|decision| {
                view! { <Badge tone=words::decision_tone(decision) look=BadgeLook::Plain>{words::decision(decision)}</Badge> }
            });
            view! {
                <Row href=href.clone()>
                    <th scope="row" data-label=text!(journal.col_time)>
                        <a class="plain-link" href=href><time datetime=row.occurred_at.to_string()>{format::moment_capital(row.occurred_at)}</time></a>
                    </th>
                    <td data-label=text!(journal.col_application)>{application}</td>
                    <td data-label=text!(journal.col_method)>{method}</td>
                    <td data-label=text!(journal.col_decision)>{decision}</td>
                    <td data-label=text!(journal.col_reason)>{row.reason.map(words::reason)}</td>
                    <td data-label=text!(journal.session)><span class="code">{row.session_id.to_string()}</span></td>
                </Row>
            }
        })
        .collect_view();
    let columns = vec![
        Column::new(text!(journal.col_time)),
        Column::new(text!(journal.col_application)),
        Column::new(text!(journal.col_method)),
        Column::new(text!(journal.col_decision)),
        Column::new(text!(journal.col_reason)),
        Column::new(text!(journal.session)),
    ];
    view! { <Table caption=text!(journal.caption) columns=columns look=TableLook::Log>{lines}</Table> }.into_any()
}
