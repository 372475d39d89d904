//! `/help/request`: a question to the support desk, by whoever cannot go on: signed in, in the middle of an attempt, or with nothing but a name.

use axum::extract::{Form, Query as QueryOf};
use domain::{
    sign_in::{BegunAttempt, Caller},
    tickets::{Draft, TicketError, Words, rules},
};
use model::*;
use serde::Deserialize;

use super::forms::Pairs;
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::request::{Ask, RequestDone, RequestPage, Wrong, page},
    routes,
};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    page: String,
    code: String,
    session: String,
    sent: String,
    done: String,
    number: String,
}

/// The form with what goes along; or the word that it has been sent.
pub(super) async fn show(guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    if let Ok(session) = query.sent.parse() {
        return Ok(guest.show(|| page(guest.shell(), RequestPage::Sent { session })));
    }
    let done = match query.done.as_str() {
        "sent" => Some(RequestDone::Sent),
        "added" => Some(RequestDone::Added),
        _ => None,
    };
    let ask = Ask {
        page: rules::page(&query.page),
        code: query.code.parse().ok(),
        session: query.session.parse().ok(),
        done: done.zip(query.number.parse().ok()),
        ..Ask::default()
    };
    shown(guest, ask, None).await
}

/// Sends it, or adds to one that was sent.
pub(super) async fn act(guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let fields = Pairs(fields);
    let (words, typed) = (Words::parse(fields.one("words")), fields.written("words"));
    if fields.one("step") == "add" {
        return add(guest, fields.one("number").parse().ok(), words, typed).await;
    }
    let ask = Ask {
        page: rules::page(fields.one("page")),
        code: fields.one("code").parse().ok(),
        session: fields.one("session").parse().ok(),
        upn: fields.one("upn").chars().filter(|c| !c.is_control()).take(UPN_CHARACTERS_MAX).collect(),
        words: typed,
        ..Ask::default()
    };
    let words = match words {
        Ok(words) => words,
        Err(error) => return shown(guest, ask, Some(Wrong::Words(error))).await,
    };
    let draft = Draft {
        page: ask.page.clone(),
        error: ask.code,
        words,
    };
    let tickets = guest.domain().tickets();
    if let Caller::Member(me) = &guest.caller {
        return match tickets.file(&me.me, &draft, ask.session, me.attempt).await {
            Ok(filed) => Ok(see(&format!("{}?done=sent&number={}", routes::REQUEST, filed.number))),
            Err(TicketError::TooMany(until)) => shown(guest, ask, Some(Wrong::TooMany(until))).await,
            Err(error) => Err(guest.fails()(error)),
        };
    }
    let sent = match at(&guest).await? {
        Some((at, _)) => tickets.file_in(&at, &draft, ask.session, &guest.client).await,
        None => match Upn::parse(&ask.upn) {
            Ok(upn) => tickets.file_for_name(&upn, &draft, ask.session, &guest.client).await,
            Err(_) => return shown(guest, ask, Some(Wrong::Name)).await,
        },
    };
    match sent {
        Ok(session) => Ok(see(&format!("{}?sent={session}", routes::REQUEST))),
        Err(TicketError::TooMany(until)) => shown(guest, ask, Some(Wrong::TooMany(until))).await,
        Err(error) => Err(guest.fails()(error)),
    }
}

async fn add(guest: Guest, number: Option<TicketNumber>, words: Result<Words, TextError>, typed: String) -> Answer {
    let me = guest.member()?.clone();
    let number = number.ok_or_else(|| guest.oops(ErrorCode::NotFound))?;
    let words = match words {
        Ok(words) => words,
        Err(error) => return again(guest, number, typed, Wrong::Words(error)).await,
    };
    match guest.domain().tickets().add_to_own(&me.me, number, &words).await {
        Ok(()) => {}
        Err(TicketError::Full(_)) => return again(guest, number, typed, Wrong::Full).await,
        Err(error) => return Err(guest.fails()(error)),
    }
    Ok(see(&format!("{}?done=added&number={number}", routes::REQUEST)))
}

/// The page with what was to be added.
async fn again(guest: Guest, number: TicketNumber, typed: String, wrong: Wrong) -> Answer {
    let ask = Ask {
        page: routes::REQUEST.to_owned(),
        adding: Some((number, typed)),
        ..Ask::default()
    };
    shown(guest, ask, Some(wrong)).await
}

/// The attempt of somebody who is not signed in, and the name that was typed in it; `None` where it is gone.
async fn at(guest: &Guest) -> Result<Option<(BegunAttempt, String)>, Stop> {
    let note = guest.note();
    let Some((tenant, attempt)) = guest.attempt() else {
        let at = note.session_id.map(|session_id| BegunAttempt {
            tenant: None,
            attempt: None,
            session_id,
        });
        return Ok(at.zip(note.upn));
    };
    match guest.domain().tickets().attempt_of(tenant, attempt).await {
        Ok((session_id, upn)) => Ok(Some((
            BegunAttempt {
                tenant: Some(tenant),
                attempt: Some(attempt),
                session_id,
            },
            upn,
        ))),
        Err(error) if error.code() == ErrorCode::ChallengeGone => Ok(None),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The form, filled in with what is known about whoever asks.
async fn shown(guest: Guest, mut ask: Ask, wrong: Option<Wrong>) -> Answer {
    let tickets = guest.domain().tickets();
    match &guest.caller {
        Caller::Member(me) => {
            ask.account = Some(me.member.upn.clone());
            ask.session = Some(tickets.session_of(&me.me, ask.session, me.attempt).await.map_err(guest.fails())?);
            ask.own = Some(tickets.own_tickets(&me.me).await.map_err(guest.fails())?);
        }
        _ => {
            let found = at(&guest).await?;
            ask.session = ask.session.or(found.as_ref().map(|(at, _)| at.session_id));
            ask.account = found.map(|(_, upn)| upn);
        }
    }
    let code = wrong.as_ref().map(|wrong| match wrong {
        Wrong::TooMany(_) => ErrorCode::TicketsTooMany,
        Wrong::Words(_) => ErrorCode::Invalid,
        Wrong::Name => ErrorCode::NameForm,
        Wrong::Full => ErrorCode::Conflict,
    });
    ask.wrong = wrong;
    let draw = || page(guest.shell(), RequestPage::Ask(Box::new(ask)));
    Ok(match code {
        None => guest.show(draw),
        Some(code) => guest.show_with(code, draw),
    })
}
