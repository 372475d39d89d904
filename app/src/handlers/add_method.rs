//! `/security-info/add` and `/security-info/add/hardware-token`: another method for oneself. A fresh second step comes first, as for every change.

use axum::{
    extract::{Form, Query as QueryOf},
    response::Response,
};
use domain::{
    methods::{MethodError, NotOffered, SecurityInfo as Info},
    sign_in::SignedIn,
    tokens::{Serial, TokenError},
};
use model::*;
use serde::Deserialize;

use super::{forms::Pairs, token::moment};
use crate::{
    caller::{Answer, Guest, see},
    format,
    pages::{
        security_info::{AddChoice, AddToken, Closed, NoChoice, PATH, Stale, WhyNot, add_choice, add_token, closed},
        words,
    },
    routes,
    visit::query_value,
};

/// What a token is called that has no name.
const TOKEN: &str = "Token";

/// Where a kind is added.
pub(super) const fn add_page(kind: MethodKind) -> Option<&'static str> {
    match kind {
        MethodKind::Passkey => Some(routes::SECURITY_INFO_ADD_PASSKEY),
        MethodKind::Totp => Some(routes::REGISTER),
        MethodKind::HardwareToken => Some(routes::SECURITY_INFO_ADD_TOKEN),
        MethodKind::Sms => Some(routes::SECURITY_INFO_ADD_PHONE),
        MethodKind::Voice => Some(routes::SECURITY_INFO_ADD_CALL),
        MethodKind::Email => Some(routes::SECURITY_INFO_ADD_MAIL),
        MethodKind::SecurityQuestions => Some(routes::SECURITY_INFO_ADD_QUESTIONS),
        MethodKind::Pass | MethodKind::Push | MethodKind::RecoveryCode | MethodKind::AppPassword => None,
    }
}

/// The kinds that may be added and fit, and where.
fn choices(info: &Info) -> Vec<AddChoice> {
    info.may_add
        .iter()
        .filter(|kind| info.has_room_for(**kind))
        .filter_map(|kind| {
            add_page(*kind).map(|href| AddChoice {
                kind: *kind,
                href: href.to_owned(),
            })
        })
        .collect()
}

/// The others, and why not.
fn others(info: &Info, tenant: &str) -> Vec<NoChoice> {
    let full = info.may_add.iter().filter(|kind| !info.has_room_for(**kind)).map(|kind| NoChoice {
        kind: *kind,
        why: WhyNot::Full(stale(info, *kind)),
    });
    let off = info.not_offered.iter().map(|(kind, why)| NoChoice {
        kind: *kind,
        why: match why {
            NotOffered::Policy => WhyNot::Policy(tenant.to_owned()),
            NotOffered::NothingCarries => WhyNot::NothingCarries,
        },
    });
    full.chain(off).collect()
}

/// What to part with where one of a kind does not fit.
pub(super) fn stale(info: &Info, kind: MethodKind) -> Option<Stale> {
    info.stalest(kind).map(|method| Stale {
        name: method.label.clone(),
        href: format!("{PATH}?remove={}", method.id),
    })
}

/// Where "Add a method" leads: to the choice, or straight to the only kind there is.
pub(super) fn way_to_add(info: &Info) -> Option<String> {
    let full = info.may_add.iter().any(|kind| !info.has_room_for(*kind));
    match choices(info).as_slice() {
        [] if !full => None,
        [only] if !full => Some(only.href.clone()),
        _ => Some(routes::SECURITY_INFO_ADD.to_owned()),
    }
}

/// The choice.
pub(super) async fn choose(guest: Guest) -> Answer {
    let me = guest.member()?;
    let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
    match way_to_add(&info) {
        None => Ok(see(PATH)),
        Some(way) if way != routes::SECURITY_INFO_ADD => Ok(see(&way)),
        Some(_) => Ok(guest.show(|| add_choice(guest.shell(), choices(&info), others(&info, &me.tenant.name)))),
    }
}

/// The query of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenQuery {
    serial: String,
    other: String,
}

/// The form, with the number of a token that was given to the member.
pub(super) async fn show(guest: Guest, QueryOf(query): QueryOf<TokenQuery>) -> Answer {
    let me = guest.member()?.clone();
    let tokens = guest.domain().tokens();
    if let Err(error) = tokens.may_claim(&me.me).await {
        return stopped(&guest, &me, error).await;
    }
    let waiting = tokens.waiting_for(&me.me).await.map_err(guest.fails())?;
    let asked = waiting.iter().find(|token| token.serial == query.serial);
    let given = asked.or(waiting.first()).filter(|_| query.other.is_empty());
    let model = AddToken {
        serial: given.map(|token| token.serial.clone()).unwrap_or_default(),
        given: given.is_some(),
        ..AddToken::default()
    };
    Ok(guest.show(|| add_token(guest.shell(), model)))
}

/// What stands in the way whatever is typed: a step before, or an end.
async fn stopped(guest: &Guest, me: &SignedIn, error: TokenError) -> Answer {
    let code = error.code();
    let why = match error {
        TokenError::Method(MethodError::StepUp) => return Ok(confirm_first(guest)),
        TokenError::Method(MethodError::Limit(max)) => {
            let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
            Closed::Full {
                kind: MethodKind::HardwareToken,
                max,
                stale: stale(&info, MethodKind::HardwareToken),
            }
        }
        TokenError::Method(MethodError::KindOff(kind)) => Closed::Off {
            kind,
            tenant: me.tenant.name.clone(),
        },
        other => return Err(guest.fails()(other)),
    };
    Ok(guest.show_with(code, || closed(guest.shell(), why)))
}

/// A fresh second step, then back to the form.
fn confirm_first(guest: &Guest) -> Response {
    let here = guest.visit.here.as_str();
    let back = if here.starts_with(routes::SECURITY_INFO_ADD_TOKEN) {
        here
    } else {
        routes::SECURITY_INFO_ADD_TOKEN
    };
    see(&format!("{PATH}?confirm={}", query_value(back)))
}

/// What came back.
pub(super) async fn act(guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let me = guest.member()?.clone();
    let fields = Pairs(fields);
    let serial = Serial::parse(fields.one("serial"));
    let code = OfferedCode::parse(fields.one("code"));
    let label = fields.optional("name", |text| CleanText::parse(text).ok());
    let (Ok(serial), Ok(code), Ok(label)) = (&serial, &code, &label) else {
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            let mut model = typed(&fields);
            let missing = |name: &str| fields.one(name).trim().is_empty();
            model.errors.serial = serial.is_err().then(|| match missing("serial") {
                true => text!(security_info.token_serial_missing).to_owned(),
                false => text!(security_info.token_serial_bad).to_owned(),
            });
            model.errors.code = code.is_err().then(|| match missing("code") {
                true => text!(security_info.token_code_missing).to_owned(),
                false => text!(security_info.token_code_form).to_owned(),
            });
            model.errors.name = label.is_err().then(|| text!(members.name_bad).to_owned());
            add_token(guest.shell(), model)
        }));
    };
    let label = label.clone().unwrap_or_else(|| named_after(serial));
    match guest.domain().tokens().claim(&me.me, serial, &label, code).await {
        Ok(_) => Ok(see(&format!("{PATH}?done=added&what={}", query_value(label.as_str())))),
        Err(error @ TokenError::Method(_)) => stopped(&guest, &me, error).await,
        Err(error) if error.code().status() >= 500 => Err(guest.fails()(error)),
        Err(error) => refused_token(&guest, typed(&fields), error),
    }
}

/// A name for a token that was given none: one that fits beside others.
pub(super) fn named_after(serial: &Serial) -> CleanText<NAME_CHARACTERS_MAX> {
    let name: String = format!("{TOKEN} {}", serial.as_str()).chars().take(NAME_CHARACTERS_MAX).collect();
    CleanText::parse(&name).unwrap_or_else(|_| CleanText::parse(TOKEN).expect("the default name is a name"))
}

fn typed(fields: &Pairs) -> AddToken {
    AddToken {
        serial: fields.typed("serial"),
        given: !fields.one("given").is_empty(),
        name: fields.typed("name"),
        code: fields.typed("code"),
        ..AddToken::default()
    }
}

/// The form again, with what the domain says of serial number and code.
pub(super) fn refused_token(guest: &Guest, mut model: AddToken, error: TokenError) -> Answer {
    let code = error.code();
    let draw = || {
        let title = || words::error_title(code).to_owned();
        let errors = &mut model.errors;
        match error {
            TokenError::WrongCode | TokenError::NotInRow => errors.code = Some(text!(security_info.token_code_wrong).to_owned()),
            TokenError::Throttled(until) => errors.above = Some((title(), text!(security_info.token_throttled, time = moment(guest, until)))),
            TokenError::Locked(until) => errors.above = Some((title(), text!(security_info.token_locked, time = moment(guest, until)))),
            TokenError::Past(at) => errors.serial = Some(text!(security_info.token_past, date = format::date_with_year(at))),
            TokenError::Early(at) => errors.serial = Some(text!(security_info.token_early, date = format::date_with_year(at))),
            TokenError::Unknown
            | TokenError::Taken
            | TokenError::State(..)
            | TokenError::NotAllowed(_)
            | TokenError::Import(_)
            | TokenError::Method(_)
            | TokenError::Directory(_)
            | TokenError::Verification(_)
            | TokenError::Keys(_)
            | TokenError::Db(_) => {
                errors.serial = Some(text!(security_info.token_serial_unknown).to_owned());
                model.given = false;
            }
        }
        add_token(guest.shell(), model)
    };
    Ok(guest.show_with(code, draw))
}
