//! `/support/tickets`: what members have asked the desk, and what it answers.

use axum::extract::{Form, Path, Query as QueryOf};
use domain::{
    actor::Permission,
    tickets::{TicketError, TicketQuery, Words},
};
use model::{ErrorCode, MessageKind, PAGE_ROWS_DEFAULT, TicketNumber};
use serde::Deserialize;

use super::{
    console::{Console, Place},
    forms::Pairs,
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::support::{
        ticket::{Step, TicketPage, Unsent, page},
        tickets::{self, TicketsPage, Which},
    },
    routes,
};

/// The query of the list and of a ticket.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    show: String,
    cursor: String,
    done: String,
}

/// The tickets that wait, one's own, or those that are closed.
pub(super) async fn list(guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    let console = open(&guest).await?;
    let which = Which::parse(&query.show);
    let cursor = match query.cursor.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| guest.oops(ErrorCode::Invalid))?),
    };
    let further = cursor.is_some();
    let asked = TicketQuery {
        closed: which == Which::Closed,
        mine: which == Which::Mine,
        cursor,
        limit: PAGE_ROWS_DEFAULT,
    };
    let domain = guest.domain().tickets();
    let rows = domain.tickets(&console.admin, &asked).await.map_err(guest.fails())?;
    let counts = domain.ticket_counts(&console.admin).await.map_err(guest.fails())?;
    let model = TicketsPage { which, counts, rows, further };
    Ok(guest.show(|| tickets::page(console.shell(Place::Support), model)))
}

/// One ticket.
pub(super) async fn show(guest: Guest, Path(number): Path<String>, QueryOf(query): QueryOf<Query>) -> Answer {
    let console = open(&guest).await?;
    let number = number_of(&guest, &number)?;
    shown(&guest, &console, number, String::new(), None, Step::parse(&query.done)).await
}

/// Takes it, answers it, closes it.
pub(super) async fn act(guest: Guest, Path(number): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let console = open(&guest).await?;
    let number = number_of(&guest, &number)?;
    let fields = Pairs(fields);
    let step = Step::parse(fields.one("step")).ok_or_else(|| guest.oops(ErrorCode::BadRequest))?;
    let (domain, by) = (guest.domain().tickets(), &console.admin);
    let again = |unsent, done| shown(&guest, &console, number, fields.written("words"), unsent, done);
    let done = match step {
        Step::Take => domain.take_ticket(by, number).await,
        Step::Close => domain.close_ticket(by, number).await,
        Step::Reopen => domain.reopen_ticket(by, number).await,
        Step::Answer | Step::AnswerClose | Step::Note => {
            let words = match Words::parse(fields.one("words")) {
                Ok(words) => words,
                Err(error) => return again(Some(Unsent::Words(error)), None).await,
            };
            let kind = if step == Step::Note { MessageKind::Note } else { MessageKind::Answer };
            domain.reply(by, number, kind, &words, step == Step::AnswerClose).await
        }
    };
    match done {
        // What was written while somebody else closed it is still there to be sent.
        Ok(()) if step == Step::Reopen && !fields.one("words").trim().is_empty() => again(None, Some(step)).await,
        Ok(()) => Ok(see(&format!("{}?done={}", routes::ticket(number), step.word()))),
        Err(TicketError::Closed) => again(Some(Unsent::Closed), None).await,
        Err(TicketError::Full(_)) => again(Some(Unsent::Full), None).await,
        Err(TicketError::Unanswerable) => again(Some(Unsent::Nobody), None).await,
        Err(error) => Err(guest.fails()(error)),
    }
}

async fn open(guest: &Guest) -> Result<Console, Stop> {
    let admin = guest.staff(Permission::WorkAtDesk)?;
    Console::of(guest, admin).await
}

fn number_of(guest: &Guest, text: &str) -> Result<TicketNumber, Stop> {
    text.parse().map_err(|_| guest.oops(ErrorCode::NotFound))
}

async fn shown(guest: &Guest, console: &Console, number: TicketNumber, typed: String, unsent: Option<Unsent>, done: Option<Step>) -> Answer {
    let detail = guest.domain().tickets().ticket(&console.admin, number).await.map_err(guest.fails())?;
    let member = detail.ticket.member_id.filter(|_| console.admin.may(Permission::ReadMembers));
    let member_href = member.map(|id| routes::admin(console.slug(), &format!("users/{id}")));
    let code = unsent.as_ref().map(|unsent| match unsent {
        Unsent::Words(_) => ErrorCode::Invalid,
        Unsent::Closed | Unsent::Full | Unsent::Nobody => ErrorCode::Conflict,
    });
    let model = TicketPage {
        detail,
        member_href,
        typed,
        unsent,
        done,
    };
    let draw = || page(console.shell(Place::Support), model);
    Ok(match code {
        None => guest.show(draw),
        Some(code) => guest.show_with(code, draw),
    })
}
