//! `/admin/{tenant}/tokens/{serial}`: one token, what can be done with it, and each act with its own question (`?do=`).

use axum::{
    extract::{Form, Path, Query as QueryOf},
    response::Response,
};
use domain::{
    actor::{Admin, Permission},
    directory::{DirectoryError, MemberRef, MemberView},
    tokens::{Serial, TokenError, TokenView},
};
use jiff::Timestamp;
use model::*;
use serde::Deserialize;

use super::{
    console::{Console, Place},
    forms::{Pairs, reason_of},
    members::reason_words,
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    format,
    pages::{
        Problem,
        tokens::{Act, ActErrors, ActPage, TokenPage, act_page, sensible, token_page},
    },
    routes,
};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenQuery {
    #[serde(rename = "do")]
    act: String,
    done: String,
}

/// The token; what is no serial number, or one of another organisation, is not here.
async fn find(guest: &Guest, admin: &Admin, serial: &str) -> Result<TokenView, Stop> {
    let serial = Serial::parse(serial).map_err(|_| guest.oops(ErrorCode::NotFound))?;
    match guest.domain().tokens().token(admin, &serial).await {
        Err(TokenError::Unknown) => Err(guest.oops(ErrorCode::NotFound)),
        found => found.map_err(guest.fails()),
    }
}

/// Whose it is; nobody when the owner was removed meanwhile.
async fn owner_of(guest: &Guest, admin: &Admin, token: &TokenView) -> Result<Option<MemberView>, Stop> {
    let Some(owner) = token.owner else { return Ok(None) };
    match guest.domain().directory().member(admin, &MemberRef::Id(owner)).await {
        Ok(member) => Ok(Some(member)),
        Err(DirectoryError::Unknown(_)) => Ok(None),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The page, or the question of one act.
pub(super) async fn show(guest: Guest, Path((slug, serial)): Path<(String, String)>, QueryOf(query): QueryOf<TokenQuery>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ReadMembers).await?;
    let token = find(&guest, &console.admin, &serial).await?;
    let owner = owner_of(&guest, &console.admin, &token).await?;
    let may = console.admin.may(Permission::ManageTokens);
    match Act::parse(&query.act) {
        Some(_) if !may => Err(guest.oops(ErrorCode::Forbidden)),
        Some(act) if sensible(token.state).contains(&act) => {
            let question = question(&console, token, owner, act);
            Ok(guest.show(|| act_page(console.shell(Place::Tokens), question)))
        }
        // What cannot be done now was done by somebody else meanwhile: the page shows where it stands.
        Some(_) => Ok(see(&routes::token(&slug, &token.serial))),
        None => {
            let above = owner.as_ref().is_some_and(|owner| owner.rank() > console.admin.rank());
            let acts = if may && !above { sensible(token.state).to_vec() } else { Vec::new() };
            let model = TokenPage {
                slug,
                token,
                owner,
                acts,
                above,
                done: Act::parse(&query.done),
            };
            Ok(guest.show(|| token_page(console.shell(Place::Tokens), model)))
        }
    }
}

fn question(console: &Console, token: TokenView, owner: Option<MemberView>, act: Act) -> ActPage {
    ActPage {
        slug: console.slug().to_owned(),
        token,
        owner,
        act,
        upn: String::new(),
        code: String::new(),
        second: String::new(),
        reason: String::new(),
        errors: ActErrors::default(),
        problem: None,
    }
}

/// What an act needs, read from its form.
enum Asked {
    Assign(MemberRef),
    Activate(OfferedCode),
    Resync([OfferedCode; 2]),
    TakeBack(CleanText<REASON_CHARACTERS_MAX>),
    Retire(CleanText<REASON_CHARACTERS_MAX>),
}

/// Which field could not be read.
#[derive(Default)]
struct Unread {
    upn: bool,
    code: bool,
    second: bool,
    reason: bool,
}

fn read(act: Act, fields: &Pairs) -> Result<Asked, Unread> {
    let code = |name: &str| OfferedCode::parse(fields.one(name)).ok();
    let reason = || {
        reason_of(fields).ok_or(Unread {
            reason: true,
            ..Unread::default()
        })
    };
    match act {
        Act::Assign => match Upn::parse(fields.one("upn")) {
            Ok(upn) => Ok(Asked::Assign(MemberRef::Upn(upn))),
            Err(_) => Err(Unread {
                upn: true,
                ..Unread::default()
            }),
        },
        Act::Activate => code("code").map(Asked::Activate).ok_or(Unread {
            code: true,
            ..Unread::default()
        }),
        Act::Resync => match (code("code"), code("second")) {
            (Some(first), Some(second)) => Ok(Asked::Resync([first, second])),
            (first, second) => Err(Unread {
                code: first.is_none(),
                second: second.is_none(),
                ..Unread::default()
            }),
        },
        Act::TakeBack => reason().map(Asked::TakeBack),
        Act::Retire => reason().map(Asked::Retire),
    }
}

/// Does what was asked and goes back to the page; a refusal is told on the question, with everything typed.
pub(super) async fn act(guest: Guest, Path((slug, serial)): Path<(String, String)>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ManageTokens).await?;
    let fields = Pairs(fields);
    let act = Act::parse(fields.one("do")).ok_or_else(|| guest.oops(ErrorCode::BadRequest))?;
    let token = find(&guest, &console.admin, &serial).await?;
    let owner = owner_of(&guest, &console.admin, &token).await?;
    let here = routes::token(&slug, &token.serial);
    let mut again = question(&console, token, owner, act);
    again.upn = fields.typed("upn");
    again.code = fields.typed("code");
    again.second = fields.typed("second");
    again.reason = fields.typed("reason");
    let asked = match read(act, &fields) {
        Ok(asked) => asked,
        Err(unread) => return Ok(unread_again(&guest, &console, again, &unread)),
    };
    let by = &console.admin;
    let serial = Serial::parse(&again.token.serial).map_err(|_| guest.oops(ErrorCode::NotFound))?;
    let tokens = guest.domain().tokens();
    let done = match &asked {
        Asked::Assign(to) => tokens.assign(by, &serial, to).await,
        Asked::Activate(code) => tokens.activate(by, &serial, code).await,
        Asked::Resync([first, second]) => tokens.resynchronise(by, &serial, [first, second]).await,
        Asked::TakeBack(reason) => tokens.take_back(by, &serial, reason.as_str()).await,
        Asked::Retire(reason) => tokens.retire(by, &serial, reason.as_str()).await,
    };
    match done {
        Ok(_) => Ok(see(&format!("{here}?done={}", act.word()))),
        Err(error) if error.code().status() >= 500 => Err(guest.fails()(error)),
        Err(error) => Ok(refused_again(&guest, &console, again, &error)),
    }
}

/// The question again, with what is wrong under its field.
fn unread_again(guest: &Guest, console: &Console, mut again: ActPage, unread: &Unread) -> Response {
    guest.show_with(ErrorCode::Invalid, || {
        let digits = again.token.oath.digits;
        let code = |typed: &str| match typed.trim().is_empty() {
            true => text!(tokens.code_missing).to_owned(),
            false => text!(problems.code_form, digits = digits),
        };
        let domain = console.tenant.domains.first().cloned().unwrap_or_else(|| "organisation.example".to_owned());
        again.errors = ActErrors {
            upn: unread.upn.then(|| match again.upn.trim().is_empty() {
                true => text!(tokens.upn_missing).to_owned(),
                false => text!(tokens.upn_form, domain = domain),
            }),
            code: unread.code.then(|| code(&again.code)),
            second: unread.second.then(|| code(&again.second)),
            reason: unread.reason.then(|| reason_words(&again.reason)),
        };
        act_page(console.shell(Place::Tokens), again)
    })
}

/// The question again, with what the domain says: under the field where it belongs to one, else above.
fn refused_again(guest: &Guest, console: &Console, mut again: ActPage, error: &TokenError) -> Response {
    let code = error.code();
    guest.show_with(code, || {
        let problem = |words: Option<String>| Some((Problem::new(code), words));
        match error {
            TokenError::Directory(DirectoryError::Unknown(_)) => {
                again.errors.upn = Some(text!(tokens.upn_unknown, tenant = console.tenant.name.clone()));
            }
            TokenError::WrongCode => again.errors.code = Some(again.wrong_code().to_owned()),
            TokenError::NotInRow => again.errors.second = Some(again.wrong_code().to_owned()),
            TokenError::Throttled(until) => again.problem = problem(Some(text!(tokens.until_throttled, time = moment(guest, *until)))),
            TokenError::Locked(until) => again.problem = problem(Some(text!(tokens.until_locked, time = moment(guest, *until)))),
            TokenError::Past(at) => again.problem = problem(Some(text!(tokens.finding_past, date = format::date_with_year(*at)))),
            TokenError::Early(at) => again.problem = problem(Some(text!(tokens.finding_early, date = format::date_with_year(*at)))),
            TokenError::NotAllowed(_)
            | TokenError::Unknown
            | TokenError::Taken
            | TokenError::State(..)
            | TokenError::Import(_)
            | TokenError::Method(_)
            | TokenError::Directory(_)
            | TokenError::Verification(_)
            | TokenError::Keys(_)
            | TokenError::Db(_) => again.problem = problem(None),
        }
        act_page(console.shell(Place::Tokens), again)
    })
}

/// A moment soon, to the second; one later, to the minute.
pub(super) fn moment(guest: &Guest, until: Timestamp) -> String {
    match until.duration_since(guest.visit.now).as_hours() {
        0 => format::time_with_seconds(until),
        _ => format::moment(until),
    }
}
