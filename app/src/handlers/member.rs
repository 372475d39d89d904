//! `/admin/{tenant}/users/{id}`: one member, what can be done with them, and each act with its own question (`?do=`).

use axum::{
    extract::{Form, Path, Query as QueryOf},
    response::Response,
};
use domain::{
    actor::{Admin, Permission, Who},
    directory::{DirectoryError, MemberRef, MemberView, block::BlockTerm},
    journal::{AuditQuery, SignInQuery},
    methods::{
        MethodError, SecurityInfo,
        pass::{PassTerms, PassView},
    },
};
use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use model::*;
use serde::Deserialize;

use super::{
    caller_check::checked,
    console::{Console, Origin, Place},
    forms::{Pairs, reason_of},
    members::reason_words,
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::{
        Problem,
        member::{
            Act, ActPage, GivenPage, MemberPage, PassForm, PassPage, RolesPage, TermsPage, WITHOUT_END, act_page, block_days, bypass_seconds, given_page,
            minutes, page, pass_page, roles_page, sensible, terms_page,
        },
        members::{LinkPage, link_page},
        support::caller::CallerNote,
    },
    routes,
};

/// Recent sign-ins and changes that are shown.
const RECENT_ROWS: usize = 8;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MemberQuery {
    #[serde(rename = "do")]
    act: String,
    method: String,
    done: String,
}

/// The right that an act needs.
fn needs(act: Act) -> Permission {
    match act {
        Act::Enable | Act::Enforce | Act::Disable | Act::Reregister | Act::Sessions | Act::Remove | Act::Questions | Act::CallPin => Permission::ManageMfa,
        Act::Block | Act::Unblock | Act::Bypass | Act::BypassEnd => Permission::ManageMfa,
        Act::Unlock => Permission::Unlock,
        Act::Pass | Act::PassEnd => Permission::GivePasses,
        Act::Link | Act::Off | Act::On => Permission::ManageMembers,
        Act::Roles => Permission::ManageRoles,
    }
}

/// The member, by id or sign-in name; nobody of another organisation is here.
async fn find(guest: &Guest, admin: &Admin, id: &str) -> Result<MemberView, Stop> {
    let of = id.parse::<MemberRef>().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    match guest.domain().directory().member(admin, &of).await {
        Err(DirectoryError::Unknown(_)) => Err(guest.oops(ErrorCode::NotFound)),
        found => found.map_err(guest.fails()),
    }
}

/// The page, or the question of one act.
pub(super) async fn show(guest: Guest, Path((slug, id)): Path<(String, String)>, QueryOf(query): QueryOf<MemberQuery>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ReadMembers).await?;
    let member = find(&guest, &console.admin, &id).await?;
    match Act::parse(&query.act) {
        None => overview(&guest, &console, member, Act::parse(&query.done)).await,
        Some(act) if !console.admin.may(needs(act)) => Err(guest.oops(ErrorCode::Forbidden)),
        Some(Act::Roles) => {
            let chosen = member.roles.clone();
            Ok(roles(&guest, &console, member, chosen, None))
        }
        Some(Act::Pass) => {
            let info = guest.domain().methods().of(&console.admin, &MemberRef::Id(member.id)).await;
            let replaces = has_pass(&info.map_err(guest.fails())?);
            let terms = PassTerms::default();
            let form = PassForm {
                minutes: terms.minutes,
                one_time: terms.one_time,
                date: String::new(),
                time: String::new(),
                start_error: None,
                reason: String::new(),
                reason_error: None,
            };
            let caller = checked(&guest, &console, Some(member.id)).await?;
            Ok(pass_terms(&guest, &console, member, form, (replaces, caller), None))
        }
        Some(act @ (Act::Block | Act::Bypass)) => {
            let usual = if act == Act::Block { BLOCK_DAYS } else { BYPASS_SECONDS };
            let model = terms(&console, member, act, usual.to_string());
            Ok(guest.show(|| terms_page(console.shell(Place::Members), model)))
        }
        Some(act) => {
            let question = question(&guest, &console, member, act, &query.method).await?;
            Ok(guest.show(|| act_page(console.shell(Place::Members), question)))
        }
    }
}

async fn overview(guest: &Guest, console: &Console, member: MemberView, done: Option<Act>) -> Answer {
    let (domain, admin) = (guest.domain(), &console.admin);
    let of = MemberRef::Id(member.id);
    let info = domain.methods().of(admin, &of).await.map_err(guest.fails())?;
    let standing = domain.directory().standing(admin, &of).await.map_err(guest.fails())?;
    let sign_ins = match admin.may(Permission::ReadSignIns) {
        true => {
            let query = SignInQuery {
                member: Some(of.clone()),
                limit: RECENT_ROWS,
                ..SignInQuery::default()
            };
            Some(domain.journal().sign_ins(admin, &query).await.map_err(guest.fails())?.items)
        }
        false => None,
    };
    let changes = match admin.may(Permission::ReadAudit) {
        true => {
            let query = AuditQuery {
                target: Some(of),
                limit: RECENT_ROWS,
                ..AuditQuery::default()
            };
            Some(domain.journal().audit(admin, &query).await.map_err(guest.fails())?.items)
        }
        false => None,
    };
    let above = member.rank() > admin.rank();
    let locked = member.locked_until.is_some_and(|until| until > guest.visit.now);
    let oneself = admin.who() == Who::Member(member.id);
    let mut acts: Vec<Act> = sensible(&member, locked)
        .into_iter()
        .filter(|act| !above && admin.may(needs(*act)) && !(oneself && matches!(act, Act::Pass | Act::Block | Act::Unblock | Act::Bypass)))
        .collect();
    if !above && has_pass(&info) && admin.may(needs(Act::PassEnd)) {
        acts.insert(0, Act::PassEnd);
    }
    if !above && standing.bypass.is_some() && admin.may(needs(Act::BypassEnd)) {
        acts.insert(0, Act::BypassEnd);
    }
    let model = MemberPage {
        slug: console.slug().to_owned(),
        info,
        standing,
        sign_ins,
        changes,
        cases: console.sees_cases(),
        acts,
        above,
        may_remove: !above && admin.may(Permission::ManageMfa),
        done,
        member,
    };
    Ok(guest.show(|| page(console.shell(Place::Members), model)))
}

async fn question(guest: &Guest, console: &Console, member: MemberView, act: Act, method: &str) -> Result<ActPage, Stop> {
    let method = match act {
        Act::Remove => {
            let info = guest
                .domain()
                .methods()
                .of(&console.admin, &MemberRef::Id(member.id))
                .await
                .map_err(guest.fails())?;
            let found = info.methods.into_iter().find(|held| held.id.to_string() == method);
            Some(found.ok_or_else(|| guest.oops(ErrorCode::NotFound))?)
        }
        _ => None,
    };
    Ok(ActPage {
        slug: console.slug().to_owned(),
        member,
        act,
        method,
        reason: String::new(),
        reason_error: None,
        confirmed: false,
        problem: None,
    })
}

fn roles(guest: &Guest, console: &Console, member: MemberView, chosen: Vec<Role>, problem: Option<Problem>) -> Response {
    let code = problem.as_ref().map(|problem| problem.code);
    let model = RolesPage {
        slug: console.slug().to_owned(),
        member,
        chosen,
        problem,
    };
    let draw = || roles_page(console.shell(Place::Members), model);
    match code {
        Some(code) => guest.show_with(code, draw),
        None => guest.show(draw),
    }
}

/// Does what was asked and goes back to the page; a refusal is told on the question, with everything typed.
pub(super) async fn act(guest: Guest, origin: Origin, Path((slug, id)): Path<(String, String)>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    guest.member()?;
    let fields = Pairs(fields);
    let act = Act::parse(fields.one("do")).ok_or_else(|| guest.oops(ErrorCode::BadRequest))?;
    let console = Console::open(&guest, &slug, needs(act)).await?;
    let member = find(&guest, &console.admin, &id).await?;
    match act {
        Act::Roles => return change_roles(&guest, &console, member, &fields).await,
        Act::Link => return make_link(&guest, &console, &origin, member).await,
        Act::Pass => return give_pass(&guest, &console, member, &fields).await,
        Act::Block | Act::Bypass => return block_or_bypass(&guest, &console, member, act, &fields).await,
        _ => {}
    }
    let mut again = question(&guest, &console, member.clone(), act, fields.one("method")).await?;
    again.reason = fields.typed("reason");
    again.confirmed = !fields.one("confirmed").is_empty();
    let Some(reason) = reason_of(&fields) else {
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            again.reason_error = Some(reason_words(&again.reason));
            act_page(console.shell(Place::Members), again)
        }));
    };
    let refused = match perform(&guest, &console.admin, &member, act, again.confirmed, reason.as_str(), fields.one("method")).await {
        Ok(()) => return Ok(see(&format!("{}?done={}", here(&console, &member), act.word()))),
        Err(code) => code,
    };
    match refused.status() {
        500.. => Err(guest.oops(refused)),
        _ => {
            again.problem = Some(Problem::new(refused));
            Ok(guest.show_with(refused, || act_page(console.shell(Place::Members), again)))
        }
    }
}

fn here(console: &Console, member: &MemberView) -> String {
    format!("{}/{}", routes::admin(console.slug(), "users"), member.id)
}

async fn perform(guest: &Guest, by: &Admin, member: &MemberView, act: Act, confirmed: bool, reason: &str, method: &str) -> Result<(), ErrorCode> {
    let (directory, of) = (guest.domain().directory(), MemberRef::Id(member.id));
    let state = match act {
        Act::Enable => Some(MfaState::Enabled),
        Act::Enforce => Some(MfaState::Enforced),
        Act::Disable => Some(MfaState::Disabled),
        _ => None,
    };
    let done = match (act, state) {
        (_, Some(state)) => directory.set_mfa_state(by, &of, state, confirmed, Some(reason)).await.map(drop),
        (Act::Reregister, _) => directory.require_reregistration(by, &of, reason).await.map(drop),
        (Act::Unlock, _) => directory.unlock(by, &of, reason).await.map(drop),
        (Act::Sessions, _) => directory.revoke_sessions(by, &of, reason).await.map(drop),
        (Act::Off, _) => directory.set_enabled(by, &of, false, reason).await.map(drop),
        (Act::On, _) => directory.set_enabled(by, &of, true, reason).await.map(drop),
        (Act::Unblock, _) => directory.unblock(by, &of, reason).await.map(drop),
        (Act::BypassEnd, _) => directory.close_bypass(by, &of, reason).await,
        (Act::Remove, _) => {
            let id = method.parse::<MethodId>().map_err(|_| ErrorCode::NotFound)?;
            let removed = guest.domain().methods().remove_of(by, &of, id, reason).await;
            return removed.map_err(|error: MethodError| error.code());
        }
        (Act::Questions, _) => {
            let reset = guest.domain().methods().reset_questions(by, &of, reason).await;
            return reset.map_err(|error| error.code());
        }
        (Act::CallPin, _) => {
            let cleared = guest.domain().methods().clear_call_pin(by, &of, reason).await;
            return cleared.map_err(|error| error.code());
        }
        (Act::PassEnd, _) => {
            let ended = guest.domain().methods().withdraw_pass(by, &of, reason).await;
            return ended.map_err(|error: MethodError| error.code());
        }
        _ => return Err(ErrorCode::BadRequest),
    };
    done.map_err(|error| error.code())
}

/// Gives what was ticked and takes what was not; what cannot be done is told, and what was done before it stays done.
async fn change_roles(guest: &Guest, console: &Console, member: MemberView, fields: &Pairs) -> Answer {
    let chosen: Vec<Role> = fields.all("role").filter_map(Role::from_text).filter(|role| *role != Role::Member).collect();
    let (directory, of, by) = (guest.domain().directory(), MemberRef::Id(member.id), &console.admin);
    let given = chosen.iter().filter(|role| !member.roles.contains(role)).map(|role| (*role, true));
    let taken = member.roles.iter().filter(|role| !chosen.contains(role)).map(|role| (*role, false));
    for (role, give) in given.chain(taken) {
        let changed = match give {
            true => directory.grant_role(by, &of, role).await,
            false => directory.withdraw_role(by, &of, role).await,
        };
        match changed {
            Ok(()) => {}
            Err(error @ (DirectoryError::LastGlobalAdmin | DirectoryError::RankTooHigh)) => {
                let problem = Problem::new(error.code());
                return Ok(roles(guest, console, member.clone(), chosen.clone(), Some(problem)));
            }
            Err(error) => return Err(guest.fails()(error)),
        }
    }
    Ok(see(&format!("{}?done=roles", here(console, &member))))
}

async fn make_link(guest: &Guest, console: &Console, origin: &Origin, member: MemberView) -> Answer {
    let made = guest.domain().directory().make_set_up_link(&console.admin, &MemberRef::Id(member.id)).await;
    match made {
        Ok(token) => Ok(guest.show_secret(|| {
            let model = LinkPage {
                slug: console.slug().to_owned(),
                name: member.name(),
                member: member.id.to_string(),
                link: origin.set_up_link(&token),
                new: false,
                organisation: None,
            };
            link_page(console.shell(Place::Members), model)
        })),
        Err(error @ DirectoryError::RankTooHigh) => {
            let mut again = question(guest, console, member, Act::Link, "").await?;
            again.problem = Some(Problem::new(error.code()));
            Ok(guest.show_with(error.code(), || act_page(console.shell(Place::Members), again)))
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

fn terms(console: &Console, member: MemberView, act: Act, term: String) -> TermsPage {
    TermsPage {
        slug: console.slug().to_owned(),
        member,
        act,
        term,
        reason: String::new(),
        reason_error: None,
        problem: None,
    }
}

/// Blocks, or opens a bypass, for one of the times that the page offers.
async fn block_or_bypass(guest: &Guest, console: &Console, member: MemberView, act: Act, fields: &Pairs) -> Answer {
    let asked = fields.one("term").parse::<i64>().ok();
    let offered = match act {
        Act::Bypass => asked.is_some_and(|seconds| bypass_seconds().contains(&seconds)),
        _ => asked.is_some_and(|days| block_days().contains(&days)) || fields.one("term") == WITHOUT_END,
    };
    if !offered {
        return Err(guest.oops(ErrorCode::BadRequest));
    }
    let mut again = terms(console, member.clone(), act, fields.typed("term"));
    again.reason = fields.typed("reason");
    let Some(reason) = reason_of(fields) else {
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            again.reason_error = Some(reason_words(&again.reason));
            terms_page(console.shell(Place::Members), again)
        }));
    };
    let (directory, by, of) = (guest.domain().directory(), &console.admin, MemberRef::Id(member.id));
    let done = match (act, asked) {
        (Act::Bypass, Some(seconds)) => directory.open_bypass(by, &of, seconds, reason.as_str()).await.map(drop),
        (_, days) => {
            let term = days.map_or(BlockTerm::WithoutEnd, BlockTerm::Days);
            directory.block(by, &of, term, reason.as_str()).await.map(drop)
        }
    };
    match done {
        Ok(()) => Ok(see(&format!("{}?done={}", here(console, &member), act.word()))),
        Err(error) if error.code().status() >= 500 => Err(guest.fails()(error)),
        Err(error) => {
            again.problem = Some(Problem::new(error.code()));
            Ok(guest.show_with(error.code(), || terms_page(console.shell(Place::Members), again)))
        }
    }
}

/// Whether a pass opens something now or will.
fn has_pass(info: &SecurityInfo) -> bool {
    info.pass.as_ref().is_some_and(PassView::is_live)
}

fn pass_terms(
    guest: &Guest,
    console: &Console,
    member: MemberView,
    form: PassForm,
    (replaces, caller): (bool, Option<CallerNote>),
    problem: Option<Problem>,
) -> Response {
    let code = match (&problem, form.reason_error.is_some() || form.start_error.is_some()) {
        (Some(problem), _) => Some(problem.code),
        (None, true) => Some(ErrorCode::Invalid),
        (None, false) => None,
    };
    let model = PassPage {
        slug: console.slug().to_owned(),
        member,
        form,
        replaces,
        caller,
        problem,
    };
    let draw = || pass_page(console.shell(Place::Members), model);
    match code {
        Some(code) => guest.show_with(code, draw),
        None => guest.show(draw),
    }
}

/// Gives a pass and shows it, this once.
async fn give_pass(guest: &Guest, console: &Console, member: MemberView, fields: &Pairs) -> Answer {
    let start = start_of(guest, &fields.typed("date"), &fields.typed("time"));
    let minutes = fields.one("minutes").parse::<i64>().ok().filter(|n| minutes().contains(n));
    let minutes = minutes.ok_or_else(|| guest.oops(ErrorCode::BadRequest))?;
    // Words are made where the language is known: while the page is drawn.
    let form = |start_wrong: bool, reason_wrong: bool| PassForm {
        minutes,
        one_time: !fields.one("once").is_empty(),
        date: fields.typed("date"),
        time: fields.typed("time"),
        start_error: start_wrong.then(|| text!(member.pass_start_bad).to_owned()),
        reason: fields.typed("reason"),
        reason_error: reason_wrong.then(|| reason_words(&fields.typed("reason"))),
    };
    let reason = reason_of(fields);
    let caller = checked(guest, console, Some(member.id)).await?;
    let (Ok(start), Some(reason)) = (start, &reason) else {
        let model = |form| PassPage {
            caller,
            slug: console.slug().to_owned(),
            member: member.clone(),
            form,
            replaces: false,
            problem: None,
        };
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            pass_page(console.shell(Place::Members), model(form(start.is_err(), reason.is_none())))
        }));
    };
    let terms = PassTerms {
        minutes,
        one_time: !fields.one("once").is_empty(),
        start,
        ..PassTerms::default()
    };
    let given = guest
        .domain()
        .methods()
        .give_pass(&console.admin, &MemberRef::Id(member.id), terms, reason.as_str())
        .await;
    match given {
        Ok(given) => Ok(guest.show_secret(|| {
            let model = GivenPage {
                slug: console.slug().to_owned(),
                member,
                given,
            };
            given_page(console.shell(Place::Members), model)
        })),
        Err(error) if error.code().status() >= 500 => Err(guest.fails()(error)),
        Err(MethodError::Terms(_)) => Ok(guest.show_with(ErrorCode::Invalid, || {
            let model = PassPage {
                slug: console.slug().to_owned(),
                member,
                form: form(true, false),
                replaces: false,
                caller,
                problem: None,
            };
            pass_page(console.shell(Place::Members), model)
        })),
        Err(error) => Ok(pass_terms(
            guest,
            console,
            member,
            form(false, false),
            (false, caller),
            Some(Problem::new(error.code())),
        )),
    }
}

/// The moment of a day and a time in the organisation's zone: now when both are empty, midnight when the time is.
fn start_of(guest: &Guest, date: &str, time: &str) -> Result<Option<Timestamp>, ()> {
    let (date, time) = (date.trim(), time.trim());
    if date.is_empty() && time.is_empty() {
        return Ok(None);
    }
    let date: Date = date.parse().map_err(drop)?;
    let time: Time = match time {
        "" => Time::midnight(),
        text => text.parse().map_err(drop)?,
    };
    let start = date.to_datetime(time).to_zoned(guest.visit.zone.clone()).map_err(drop)?;
    Ok(Some(start.timestamp()))
}
