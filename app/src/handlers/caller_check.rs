//! `/support/callers/{id}`: who is calling?

use axum::extract::{Form, Path, Query as QueryOf};
use domain::{
    actor::Permission,
    directory::{MemberRef, MemberView},
    tickets::{TicketError, caller::ReadBack},
};
use model::{ErrorCode, MemberId, OfferedCode};
use serde::Deserialize;

use super::{
    console::{Console, Place},
    forms::Pairs,
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::{
        preferences::safe_path,
        support::caller::{Again, CallerNote, CallerPage, Stand, page},
    },
    routes,
    visit::query_value,
};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    attempt: String,
    back: String,
    done: Option<String>,
}

/// Whose account it is, and where the page leads back to.
struct At {
    console: Console,
    member: MemberView,
    of: MemberRef,
    back: String,
}

/// The ways, the code that is waited for, or that it was right.
pub(super) async fn show(guest: Guest, Path(id): Path<String>, QueryOf(query): QueryOf<Query>) -> Answer {
    let at = open(&guest, &id, &query.back).await?;
    let tickets = guest.domain().tickets();
    if query.done.is_some()
        && let Some(checked) = tickets.caller_checked(&at.console.admin, &at.of).await.map_err(guest.fails())?
    {
        return draw(&guest, at, Stand::Confirmed(checked), None);
    }
    let Ok(attempt) = query.attempt.parse() else {
        return ways(&guest, at, None).await;
    };
    match tickets.look_at_caller_check(&at.console.admin, &at.of, attempt).await.map_err(guest.fails())? {
        Some(check) => draw(
            &guest,
            at,
            Stand::Waits {
                check: Box::new(check),
                misread: false,
            },
            None,
        ),
        None => ways(&guest, at, Some(Again::Gone)).await,
    }
}

/// Sends a code, or takes what was read back.
pub(super) async fn act(guest: Guest, Path(id): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let fields = Pairs(fields);
    let at = open(&guest, &id, fields.one("back")).await?;
    match fields.one("step") {
        "send" => send(&guest, at, &fields).await,
        "code" => code(&guest, at, &fields).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

async fn send(guest: &Guest, at: At, fields: &Pairs) -> Answer {
    let method = fields.one("method").parse().map_err(|_| guest.oops(ErrorCode::BadRequest))?;
    let begun = guest
        .domain()
        .tickets()
        .begin_caller_check(&at.console.admin, &guest.client, &at.of, method)
        .await;
    match begun {
        Ok(check) => Ok(see(&address(&at, &format!("attempt={}", check.attempt)))),
        Err(TicketError::NotSent(why)) => ways(guest, at, Some(Again::NotSent(why.until()))).await,
        // It was removed meanwhile.
        Err(error) if error.code() == ErrorCode::ChallengeGone => ways(guest, at, Some(Again::Gone)).await,
        Err(error) => Err(guest.fails()(error)),
    }
}

async fn code(guest: &Guest, at: At, fields: &Pairs) -> Answer {
    let attempt = fields.one("attempt").parse().map_err(|_| guest.oops(ErrorCode::BadRequest))?;
    let tickets = guest.domain().tickets();
    let offered = OfferedCode::parse(fields.one("code"));
    let misread = offered.is_err();
    if let Ok(offered) = offered {
        match tickets.read_back(&at.console.admin, &at.of, attempt, &offered).await {
            Ok(ReadBack::Right) => return Ok(see(&address(&at, "done"))),
            Ok(ReadBack::Failed) => return draw(guest, at, Stand::Failed, None),
            Ok(ReadBack::Wrong { .. }) => {}
            Err(error) if error.code() == ErrorCode::ChallengeGone => return ways(guest, at, Some(Again::Gone)).await,
            Err(error) => return Err(guest.fails()(error)),
        }
    }
    match tickets.look_at_caller_check(&at.console.admin, &at.of, attempt).await.map_err(guest.fails())? {
        Some(check) => draw(
            guest,
            at,
            Stand::Waits {
                check: Box::new(check),
                misread,
            },
            None,
        ),
        None => ways(guest, at, Some(Again::Gone)).await,
    }
}

/// Whether whoever is at work has just checked a caller who says that he is this member; nothing where that is not his desk, or there is nobody to check.
pub(super) async fn checked(guest: &Guest, console: &Console, member: Option<MemberId>) -> Result<Option<CallerNote>, Stop> {
    let at_home = guest.member()?.me.tenant() == console.admin.tenant();
    let Some(member) = member.filter(|_| at_home && console.admin.may(Permission::WorkAtDesk)) else {
        return Ok(None);
    };
    let found = guest.domain().tickets().caller_checked(&console.admin, &MemberRef::Id(member)).await;
    let checked = found.map_err(guest.fails())?;
    Ok(Some(CallerNote { member, checked }))
}

async fn open(guest: &Guest, id: &str, back: &str) -> Result<At, Stop> {
    let admin = guest.staff(Permission::WorkAtDesk)?;
    let console = Console::of(guest, admin).await?;
    let id: MemberId = id.parse().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    let of = MemberRef::Id(id);
    let member = guest.domain().directory().member(&console.admin, &of).await.map_err(guest.fails())?;
    let home = routes::admin(console.slug(), &format!("users/{id}"));
    let back = safe_path(back).map_or(home, str::to_owned);
    Ok(At { console, member, of, back })
}

fn address(at: &At, what: &str) -> String {
    let page = routes::CALLER.replace("{id}", &at.member.id.to_string());
    format!("{page}?{what}&back={}", query_value(&at.back))
}

async fn ways(guest: &Guest, at: At, again: Option<Again>) -> Answer {
    let ways = guest.domain().tickets().caller_ways(&at.console.admin, &at.of).await.map_err(guest.fails())?;
    draw(guest, at, Stand::Ways(ways), again)
}

fn draw(guest: &Guest, at: At, stand: Stand, again: Option<Again>) -> Answer {
    let code = match (&stand, again) {
        (_, Some(Again::Gone)) => Some(ErrorCode::ChallengeGone),
        (_, Some(Again::NotSent(_))) => Some(ErrorCode::NotSent),
        (Stand::Failed, None) => Some(ErrorCode::TooManyCodes),
        (Stand::Waits { misread: true, .. }, None) => Some(ErrorCode::CodeForm),
        (Stand::Waits { check, .. }, None) if check.tries_left < model::CALLER_TRIES_MAX => Some(ErrorCode::WrongCode),
        _ => None,
    };
    let model = CallerPage {
        member: at.member.id,
        name: at.member.name(),
        back: at.back,
        stand,
        again,
    };
    let console = at.console;
    let draw = || page(console.shell(Place::Support), model);
    Ok(match code {
        None => guest.show(draw),
        Some(code) => guest.show_with(code, draw),
    })
}
