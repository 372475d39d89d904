//! `/support`: finds an attempt by what a caller reads out, and shows its case with what fixes it.

use axum::{
    extract::{Form, Path, Query as QueryOf},
    http::{HeaderMap, Uri, header},
    response::Response,
};
use domain::{
    actor::{Admin, Permission},
    directory::{DirectoryError, MemberQuery, MemberRef},
    journal::{CaseView, JournalError, SignInQuery},
    tickets::TicketQuery,
};
use jiff::SignedDuration;
use model::{CleanText, ErrorCode, NAME_CHARACTERS_MAX, SETUP_LINK_HOURS, SessionId, SessionIdError, Upn};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    caller_check::checked,
    console::{Console, Place},
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::support::{
        Act,
        caller::CallerNote,
        case::{self, AskPage, CasePage, Refused},
        desk::{self, Found, NAME_DAYS, ROWS, RUN_DAYS, TICKETS, Waiting},
    },
    routes,
};

/// Characters of a search that are read.
const SEARCH_CHARACTERS_MAX: usize = 200;
/// From so many characters on, letters and digits are meant as a session id.
const SESSION_CHARACTERS_MIN: usize = 7;
/// The most that somebody adds to a session id by mistake.
const SESSION_CHARACTERS_MAX: usize = 13;

/// The query of the desk.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    q: String,
}

/// The query of a case.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(rename = "do")]
    act: Option<String>,
    done: Option<String>,
}

/// What the question on a case sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    step: String,
    reason: String,
}

/// `/support`.
pub(super) async fn desk(guest: Guest, QueryOf(search): QueryOf<Search>) -> Answer {
    // Every role above member may ask for the page; what it finds is for those who look at cases.
    let admin = guest.staff(Permission::ReadMembers)?;
    let allowed = admin.may(Permission::ReadCase);
    let console = Console::of(&guest, admin).await?;
    let asked: String = search.q.trim().chars().filter(|c| !c.is_control()).take(SEARCH_CHARACTERS_MAX).collect();
    if !allowed {
        let page = || desk::page(console.shell(Place::Support), asked, Found::NotAllowed, None);
        return Ok(guest.show_with(ErrorCode::Forbidden, page));
    }
    let tickets = console.admin.may(Permission::WorkAtDesk);
    if let (true, Ok(number)) = (tickets, asked.parse()) {
        return Ok(see(&routes::ticket(number)));
    }
    let found = match find(&guest, &console.admin, &asked).await? {
        Ok(found) => found,
        Err(session) => return Ok(see(&routes::case(session))),
    };
    let waiting = match matches!(found, Found::NotAsked) && tickets {
        true => Some(waiting(&guest, &console.admin).await?),
        false => None,
    };
    Ok(guest.show(|| desk::page(console.shell(Place::Support), asked, found, waiting)))
}

/// What members have asked and nobody has closed.
async fn waiting(guest: &Guest, admin: &Admin) -> Result<Waiting, Stop> {
    let query = TicketQuery {
        limit: TICKETS,
        ..TicketQuery::default()
    };
    let tickets = guest.domain().tickets();
    let first = tickets.tickets(admin, &query).await.map_err(guest.fails())?.items;
    let counts = tickets.ticket_counts(admin).await.map_err(guest.fails())?;
    Ok(Waiting {
        first,
        count: counts.open + counts.taken,
    })
}

/// What a search comes to: a list, or the one attempt that it names.
async fn find(guest: &Guest, admin: &Admin, asked: &str) -> Result<Result<Found, SessionId>, Stop> {
    if asked.is_empty() {
        return Ok(Ok(Found::NotAsked));
    }
    if let Ok(run) = asked.parse::<Uuid>() {
        return run_of(guest, admin, run).await;
    }
    if asked.contains('@') {
        let Ok(upn) = Upn::parse(asked) else { return Ok(Ok(Found::Nobody)) };
        return name(guest, admin, upn).await.map(Ok);
    }
    let misheard = match asked.parse::<SessionId>() {
        Ok(session) => return Ok(Err(session)),
        Err(error) => error,
    };
    // A name has no digits; what has some, or is spelt in groups, was read from the foot of a page.
    if looks_like_a_session(asked) && asked.chars().any(|c| c.is_ascii_digit() || c == '-') {
        return Ok(Ok(Found::Misheard(misheard)));
    }
    let query = MemberQuery {
        limit: ROWS,
        text: MemberQuery::typed(asked).text,
        ..MemberQuery::default()
    };
    let page = guest.domain().directory().members(admin, &query).await.map_err(guest.fails())?;
    Ok(Ok(match page.items.as_slice() {
        [] if misheard == SessionIdError::Check => Found::Misheard(misheard),
        [] => Found::Nobody,
        [one] if page.next_cursor.is_none() => match Upn::parse(&one.upn) {
            Ok(upn) => name(guest, admin, upn).await?,
            Err(_) => Found::Nobody,
        },
        _ => Found::Members {
            members: page.items,
            more: page.next_cursor.is_some(),
        },
    }))
}

fn looks_like_a_session(asked: &str) -> bool {
    let letters = asked.chars().filter(|c| c.is_ascii_alphanumeric()).count();
    let others = asked.chars().any(|c| !c.is_ascii_alphanumeric() && !c.is_whitespace() && c != '-');
    (SESSION_CHARACTERS_MIN..=SESSION_CHARACTERS_MAX).contains(&letters) && !others
}

/// The last sign-ins with a name, whether somebody has it or not.
async fn name(guest: &Guest, admin: &Admin, upn: Upn) -> Result<Found, Stop> {
    let who = upn.as_str().to_owned();
    let query = SignInQuery {
        member: Some(MemberRef::Upn(upn.clone())),
        from: Some(guest.visit.now - SignedDuration::from_hours(24 * NAME_DAYS)),
        limit: ROWS,
        ..SignInQuery::default()
    };
    let page = guest.domain().journal().sign_ins(admin, &query).await.map_err(guest.fails())?;
    if !page.items.is_empty() {
        return Ok(Found::SignIns {
            who,
            more: page.next_cursor.is_some(),
            rows: page.items,
        });
    }
    match guest.domain().directory().member(admin, &MemberRef::Upn(upn)).await {
        Ok(_) => Ok(Found::NoSignIns),
        Err(DirectoryError::Unknown(_)) => Ok(Found::Nobody),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The attempts of a run; straight to the case when there is one.
async fn run_of(guest: &Guest, admin: &Admin, run: Uuid) -> Result<Result<Found, SessionId>, Stop> {
    let query = SignInQuery {
        correlation: Some(run),
        from: Some(guest.visit.now - SignedDuration::from_hours(24 * RUN_DAYS)),
        limit: ROWS,
        ..SignInQuery::default()
    };
    let page = guest.domain().journal().sign_ins(admin, &query).await.map_err(guest.fails())?;
    Ok(match page.items.as_slice() {
        [] => Ok(Found::NoRun),
        [one] => Err(one.session_id),
        _ => Ok(Found::Run(page.items)),
    })
}

/// `/support/sessions/{session_id}`: the case, or the question before something is done.
pub(super) async fn case(guest: Guest, Path(id): Path<String>, QueryOf(asked): QueryOf<Asked>, uri: Uri, headers: HeaderMap) -> Answer {
    let (console, case) = match open(&guest, &id).await? {
        Ok(opened) => opened,
        Err(answer) => return Ok(answer),
    };
    if let Some(act) = asked.act.as_deref().and_then(Act::parse) {
        allowed(&guest, &console, &case, act)?;
        let caller = caller(&guest, &console, &case).await?;
        let model = AskPage {
            case,
            act,
            caller,
            reason: String::new(),
            problem: None,
        };
        return Ok(guest.show(|| case::ask(console.shell(Place::Support), model)));
    }
    let member = case.member.as_ref().map(|member| member.id);
    let tickets = match console.admin.may(Permission::WorkAtDesk) {
        true => guest
            .domain()
            .tickets()
            .tickets_about(&console.admin, case.row.session_id)
            .await
            .map_err(guest.fails())?,
        false => Vec::new(),
    };
    let model = CasePage {
        tickets,
        case,
        may: Permission::ALL.into_iter().filter(|p| console.admin.may(*p)).collect(),
        member_href: member.map(|id| routes::admin(console.slug(), &format!("users/{id}"))),
        address: address(&guest, &uri, &headers),
        done: asked.done.as_deref().and_then(Act::parse),
    };
    Ok(guest.show(|| case::page(console.shell(Place::Support), model)))
}

/// Does one of the things that fix it.
pub(super) async fn act(guest: Guest, Path(id): Path<String>, uri: Uri, headers: HeaderMap, Form(fields): Form<Fields>) -> Answer {
    let (console, case) = match open(&guest, &id).await? {
        Ok(opened) => opened,
        Err(answer) => return Ok(answer),
    };
    let act = Act::parse(&fields.step).ok_or_else(|| guest.oops(ErrorCode::BadRequest))?;
    allowed(&guest, &console, &case, act)?;
    let Some(member) = case.member.as_ref().map(|member| MemberRef::Id(member.id)) else {
        return Err(guest.oops(ErrorCode::NameUnknown));
    };
    let reason = match CleanText::<NAME_CHARACTERS_MAX>::parse(&fields.reason) {
        Ok(reason) => reason.to_string(),
        Err(_) if !act.asks_reason() => String::new(),
        Err(_) => return again(&guest, &console, case, act, fields.reason, Refused::NoReason).await,
    };
    let (directory, by) = (guest.domain().directory(), &console.admin);
    let done = match act {
        Act::Unlock => directory.unlock(by, &member, &reason).await.map(|_| ()),
        Act::Reregister => directory.require_reregistration(by, &member, &reason).await.map(|_| ()),
        Act::Unblock => directory.unblock(by, &member, &reason).await.map(|_| ()),
        Act::Enable => directory.set_enabled(by, &member, true, &reason).await.map(|_| ()),
        Act::Link => match directory.make_set_up_link(by, &member).await {
            Ok(token) => {
                let link = format!("{}{}", address(&guest, &uri, &headers), routes::SET_UP.replace("{token}", &token.reveal()));
                let until = guest.visit.now + SignedDuration::from_hours(SETUP_LINK_HOURS);
                return Ok(guest.show_secret(|| case::link(console.shell(Place::Support), &case, link, until)));
            }
            Err(error) => Err(error),
        },
    };
    match done {
        Ok(()) => Ok(see(&format!("{}?done={}", routes::case(case.row.session_id), act.key()))),
        Err(error) if error.code().status() >= 500 => Err(guest.fails()(error)),
        Err(error) => again(&guest, &console, case, act, fields.reason, Refused::Code(error.code())).await,
    }
}

/// The case of the id in the address. What is no id, or nobody's here, is said on the desk: 404, and written down.
async fn open(guest: &Guest, id: &str) -> Result<Result<(Console, CaseView), Response>, Stop> {
    let admin = guest.staff(Permission::ReadCase)?;
    let console = Console::of(guest, admin).await?;
    let (asked, found) = match id.parse::<SessionId>() {
        Err(error) => (
            id.chars().filter(|c| !c.is_control()).take(SEARCH_CHARACTERS_MAX).collect(),
            Found::Misheard(error),
        ),
        Ok(session) => match guest.domain().journal().attempt(&console.admin, session).await {
            Ok(case) => return Ok(Ok((console, case))),
            Err(JournalError::SessionUnknown) => (session.to_string(), Found::NoSession(session)),
            Err(error) => return Err(guest.fails()(error)),
        },
    };
    let page = || desk::page(console.shell(Place::Support), asked, found, None);
    Ok(Err(guest.show_with(ErrorCode::NotFound, page)))
}

/// Whether this can be done here by this role. There is no button where it cannot; whoever types the address is told why.
fn allowed(guest: &Guest, console: &Console, case: &CaseView, act: Act) -> Result<(), Stop> {
    if !console.admin.may(act.needs()) {
        return Err(guest.oops(ErrorCode::Forbidden));
    }
    match act.fits(case) {
        true => Ok(()),
        false => Err(guest.oops(ErrorCode::NameUnknown)),
    }
}

/// Whether whoever is at the desk has just checked who is calling; a member who has been removed cannot call.
async fn caller(guest: &Guest, console: &Console, case: &CaseView) -> Result<Option<CallerNote>, Stop> {
    let member = case.member.as_ref().filter(|member| !member.removed).map(|member| member.id);
    checked(guest, console, member).await
}

async fn again(guest: &Guest, console: &Console, case: CaseView, act: Act, reason: String, problem: Refused) -> Answer {
    let caller = caller(guest, console, &case).await?;
    let code = match problem {
        Refused::NoReason => ErrorCode::Invalid,
        Refused::Code(code) => code,
    };
    let model = AskPage {
        case,
        act,
        caller,
        reason: reason.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX).collect(),
        problem: Some(problem),
    };
    Ok(guest.show_with(code, || case::ask(console.shell(Place::Support), model)))
}

/// Where the installation is, as the caller reached it; the edge has checked the host.
fn address(guest: &Guest, uri: &Uri, headers: &HeaderMap) -> String {
    // HTTP/2 has the host in the address itself.
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = named.or_else(|| uri.authority().map(|a| a.as_str())).unwrap_or_default();
    let scheme = if guest.portal.development { "http" } else { "https" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::looks_like_a_session;

    #[test]
    fn what_was_read_out_is_told_from_a_name() {
        for text in ["7K2M-9QXD-3F", "7k2m 9qxd 3", "7K2M9QXD3F44"] {
            assert!(looks_like_a_session(text), "{text}");
        }
        for text in ["Ann", "ann.de.vries", "7K2M", "Hogeschool Duinmeer, locatie 2"] {
            assert!(!looks_like_a_session(text), "{text}");
        }
    }
}
