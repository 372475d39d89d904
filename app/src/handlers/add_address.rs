//! `/security-info/add/phone`, `/security-info/add/call` and `/security-info/add/email`: a number or mailbox, and the code that is sent there, or the call. Looking at a page sends nothing.

use axum::extract::{Form, Query as QueryOf};
use domain::{
    delivery::{
        Address,
        phone::{Mailbox, PhoneError, PhoneNumber},
        rules::NotSent,
    },
    methods::{MethodError, SecurityInfo},
    sign_in::SignedIn,
    verification::{Answered, CallState},
};
use model::*;
use serde::Deserialize;

use super::{
    call_pin::read_pin,
    forms::Pairs,
    sign_in::{call_of, code_of, code_of_call, next_code},
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::{
        Problem,
        fate::Awaited,
        security_info::{AddressCall, AddressCode, AddressForm, PATH, Proves, Replaced, TRIED, address_call, address_code, address_form},
    },
    routes,
    visit::query_value,
};

/// The query of the code's page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AddressQuery {
    attempt: String,
    replaces: String,
    check: String,
}

/// What a proof is for, as the query or the fields carry it.
fn proves(replaces: &str, check: &str) -> Proves {
    match replaces.parse::<MethodId>() {
        Ok(old) => Proves::InsteadOf(old.to_string()),
        Err(_) if check.is_empty() => Proves::New,
        Err(_) => Proves::Still,
    }
}

impl Pairs {
    fn proves(&self) -> Proves {
        proves(self.one("replaces"), self.one("check"))
    }
}

/// The page of a code or call that is on its way.
pub(super) fn page_of_proof(kind: MethodKind, attempt: AttemptId, proves: &Proves) -> String {
    let carried = proves
        .fields()
        .map(|(name, value)| format!("&{name}={}", query_value(value)))
        .unwrap_or_default();
    format!("{}?attempt={attempt}{carried}", page_of(kind))
}

/// The form for a phone, or the page of the code that was sent to it.
pub(super) async fn show_phone(guest: Guest, query: QueryOf<AddressQuery>) -> Answer {
    show(guest, query, MethodKind::Sms).await
}

/// What came back about a phone.
pub(super) async fn act_phone(guest: Guest, form: Form<Vec<(String, String)>>) -> Answer {
    act(guest, form, MethodKind::Sms).await
}

/// The form for a phone that is to be called, or the page that waits for the call.
pub(super) async fn show_call(guest: Guest, query: QueryOf<AddressQuery>) -> Answer {
    let Ok(attempt) = query.attempt.parse::<AttemptId>() else {
        return show(guest, query, MethodKind::Voice).await;
    };
    let proves = proves(&query.replaces, &query.check);
    called(guest, attempt, proves).await
}

/// What came back about a phone that is to be called.
pub(super) async fn act_call(guest: Guest, form: Form<Vec<(String, String)>>) -> Answer {
    act(guest, form, MethodKind::Voice).await
}

/// The form for a mailbox, or the page of the code that was sent to it.
pub(super) async fn show_mail(guest: Guest, query: QueryOf<AddressQuery>) -> Answer {
    show(guest, query, MethodKind::Email).await
}

/// What came back about a mailbox.
pub(super) async fn act_mail(guest: Guest, form: Form<Vec<(String, String)>>) -> Answer {
    act(guest, form, MethodKind::Email).await
}

/// Where a kind is added.
pub(super) fn page_of(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Email => routes::SECURITY_INFO_ADD_MAIL,
        MethodKind::Voice => routes::SECURITY_INFO_ADD_CALL,
        _ => routes::SECURITY_INFO_ADD_PHONE,
    }
}

async fn show(mut guest: Guest, QueryOf(query): QueryOf<AddressQuery>, kind: MethodKind) -> Answer {
    let me = guest.member()?.clone();
    let proves = proves(&query.replaces, &query.check);
    if let Ok(attempt) = query.attempt.parse::<AttemptId>() {
        return match look(&mut guest, attempt, kind, &proves).await? {
            Some(model) => Ok(guest.show(|| address_code(guest.shell(), model))),
            None => form_again(&guest, kind, String::new(), &proves, Problem::new(ErrorCode::ChallengeGone)).await,
        };
    }
    let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
    if !info.may_add.contains(&kind) {
        return Err(guest.oops(ErrorCode::MethodKindOff));
    }
    let replaces = replaced(&info, kind, &proves);
    if replaces.is_none() && proves != Proves::New {
        return Ok(see(PATH));
    }
    let model = AddressForm {
        kind,
        replaces,
        typed: String::new(),
        error: None,
        pin: asks_pin(&info, kind).then_some(None),
        problem: None,
        wizard: None,
    };
    Ok(guest.show(|| address_form(guest.shell(), model)))
}

/// The number or mailbox whose place is to be taken, where it is one of the member's own.
fn replaced(info: &SecurityInfo, kind: MethodKind, proves: &Proves) -> Option<Replaced> {
    let Proves::InsteadOf(id) = proves else { return None };
    let held = info
        .methods
        .iter()
        .find(|held| held.kind == kind && held.active && held.id.to_string() == *id)?;
    Some(Replaced {
        id: id.clone(),
        name: held.label.clone(),
    })
}

/// Whether a PIN has to be chosen with a phone: calls ask for one, and there is none yet.
fn asks_pin(info: &SecurityInfo, kind: MethodKind) -> bool {
    kind == MethodKind::Voice && info.call_pin.is_missing()
}

/// The code's page of an attempt that is this member's own, and open.
async fn look(guest: &mut Guest, attempt: AttemptId, kind: MethodKind, proves: &Proves) -> Result<Option<AddressCode>, Stop> {
    let Some(view) = guest.own_attempt(attempt, Purpose::AddMethod).await? else {
        return Ok(None);
    };
    let Some(sent) = view.sent else { return Ok(None) };
    Ok(Some(AddressCode {
        kind,
        proves: proves.clone(),
        sent_to: sent.sent_to,
        until: sent.expires_at,
        awaited: Awaited { attempt, fate: sent.fate },
        typed: None,
        problem: None,
        wizard: None,
    }))
}

async fn act(guest: Guest, Form(fields): Form<Vec<(String, String)>>, kind: MethodKind) -> Answer {
    guest.member()?;
    let fields = Pairs(fields);
    match fields.one("step") {
        "send" => send(guest, &fields, kind).await,
        "again" => again(guest, &fields, kind).await,
        "code" if kind != MethodKind::Voice => confirm(guest, &fields, kind).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

/// The page that waits for a call, and goes on when the right keys were pressed in it.
async fn called(mut guest: Guest, attempt: AttemptId, proves: Proves) -> Answer {
    let me = guest.member()?.clone();
    let Some(view) = guest.own_attempt(attempt, Purpose::AddMethod).await? else {
        let refused = guest
            .domain()
            .verification()
            .refusal(me.me.tenant(), attempt, Some(me.me.id()))
            .await
            .map_err(guest.fails())?;
        let code = refused.map_or(ErrorCode::ChallengeGone, code_of_call);
        return form_again(&guest, MethodKind::Voice, String::new(), &proves, Problem::new(code)).await;
    };
    let Some(call) = call_of(&view) else {
        return Ok(see(routes::SECURITY_INFO_ADD_CALL));
    };
    if call.state != CallState::Right {
        return Ok(guest.show(|| {
            address_call(
                guest.shell(),
                AddressCall {
                    call,
                    attempt: attempt.to_string(),
                    proves,
                    problem: None,
                    wizard: None,
                },
            )
        }));
    }
    let answered = guest.domain().methods().complete_address(&me.me, attempt).await.map_err(guest.fails())?;
    let problem = match answered {
        Some(Answered::Right(_) | Answered::Register) => return proven(&guest, &me, &proves, &call.sent_to).await,
        Some(Answered::Wait { until }) => Problem {
            until: Some(until),
            ..Problem::new(ErrorCode::Throttled)
        },
        Some(Answered::Wrong { reason, .. }) => Problem::new(code_of(reason)),
        Some(Answered::Ended { reason, until }) => Problem {
            until,
            ..Problem::new(code_of(reason))
        },
        None => Problem::new(ErrorCode::ChallengeGone),
    };
    form_again(&guest, MethodKind::Voice, String::new(), &proves, problem).await
}

/// The code or the call was right: what was to be replaced is, and the security info tells it.
async fn proven(guest: &Guest, me: &SignedIn, proves: &Proves, sent_to: &str) -> Answer {
    let done = match proves {
        Proves::New => "added",
        Proves::InsteadOf(_) => {
            guest.domain().methods().settle_replaced(&me.me).await.map_err(guest.fails())?;
            "changed"
        }
        Proves::Still => TRIED,
    };
    Ok(see(&format!("{PATH}?done={done}&what={}", query_value(sent_to))))
}

/// Reads the address and sends a code there.
async fn send(guest: Guest, fields: &Pairs, kind: MethodKind) -> Answer {
    let me = guest.member()?.clone();
    let address = match kind {
        // A number without a country's code is one of the tenant's own country.
        MethodKind::Sms | MethodKind::Voice => match PhoneNumber::parse(fields.one("address"), home_of(&me.tenant.locale)) {
            Ok(phone) => Address::Phone(phone),
            Err(error) => return bad(&guest, kind, fields, || phone_words(&error)).await,
        },
        _ => match Mailbox::parse(fields.one("address")) {
            Ok(mail) => Address::Mail(mail),
            Err(_) => return bad(&guest, kind, fields, || text!(security_info.mail_bad).to_owned()).await,
        },
    };
    let methods = guest.domain().methods();
    let info = methods.mine(&me.me).await.map_err(guest.fails())?;
    if asks_pin(&info, kind) {
        let (pin, problem) = match read_pin(fields) {
            Ok(pin) => match methods.set_call_pin(&me.me, &pin).await {
                Ok(()) => (None, None),
                Err(MethodError::StepUp) => return Ok(see(&confirm_before(kind, &fields.proves()))),
                Err(error @ MethodError::Hash(_)) => (Some(None), Some(Problem::new(error.code()))),
                Err(error) => return Err(guest.fails()(error)),
            },
            Err(wrong) => (Some(Some(wrong)), None),
        };
        if pin.is_some() {
            let typed = fields.typed("address");
            let code = problem.as_ref().map_or(ErrorCode::Invalid, |problem| problem.code);
            let model = AddressForm {
                kind,
                replaces: replaced(&info, kind, &fields.proves()),
                typed,
                error: None,
                pin,
                problem,
                wizard: None,
            };
            return Ok(guest.show_with(code, || address_form(guest.shell(), model)));
        }
    }
    let proves = fields.proves();
    let old = match &proves {
        Proves::InsteadOf(id) => id.parse::<MethodId>().ok(),
        Proves::New | Proves::Still => None,
    };
    match methods.begin_address(&me.me, kind, &address, old).await {
        Ok(proving) => Ok(see(&page_of_proof(kind, proving.attempt, &proves))),
        Err(MethodError::StepUp) => Ok(see(&confirm_before(kind, &proves))),
        // Removed in another tab meanwhile.
        Err(MethodError::Unknown) if old.is_some() => Ok(see(PATH)),
        Err(MethodError::OwnMailbox) => bad(&guest, kind, fields, || text!(security_info.mail_own).to_owned()).await,
        Err(MethodError::AlreadyThere) => bad(&guest, kind, fields, || text!(security_info.address_there).to_owned()).await,
        Err(MethodError::NotSent(NotSent::CountryOff(_))) => bad(&guest, kind, fields, || text!(security_info.phone_country).to_owned()).await,
        Err(MethodError::NotSent(why)) => {
            let problem = Problem::not_sent(why.until());
            form_again(&guest, kind, fields.typed("address"), &proves, problem).await
        }
        Err(error @ (MethodError::AddressLimit(_) | MethodError::KindOff(_))) => {
            form_again(&guest, kind, fields.typed("address"), &proves, Problem::new(error.code())).await
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

/// A fresh second step, and back to the form.
fn confirm_before(kind: MethodKind, proves: &Proves) -> String {
    let carried = proves
        .fields()
        .map(|(name, value)| format!("?{name}={}", query_value(value)))
        .unwrap_or_default();
    format!("{PATH}?confirm={}", query_value(&format!("{}{carried}", page_of(kind))))
}

/// The same code once more.
async fn again(mut guest: Guest, fields: &Pairs, kind: MethodKind) -> Answer {
    let me = guest.member()?.clone();
    let Ok(attempt) = fields.one("attempt").parse::<AttemptId>() else {
        return Err(guest.oops(ErrorCode::BadRequest));
    };
    let proves = fields.proves();
    let Some(mut model) = look(&mut guest, attempt, kind, &proves).await? else {
        return form_again(&guest, kind, String::new(), &proves, Problem::new(ErrorCode::ChallengeGone)).await;
    };
    match guest
        .domain()
        .verification()
        .send_again(me.me.tenant(), attempt, Purpose::AddMethod)
        .await
        .map_err(guest.fails())?
    {
        Ok(_) => Ok(see(&page_of_proof(kind, attempt, &proves))),
        Err(why) => {
            let problem = Problem::not_sent(why.until());
            let code = problem.code;
            if let Some(call) = guest.own_attempt(attempt, Purpose::AddMethod).await?.as_ref().and_then(call_of) {
                let model = AddressCall {
                    call,
                    attempt: attempt.to_string(),
                    proves,
                    problem: Some(problem),
                    wizard: None,
                };
                return Ok(guest.show_with(code, || address_call(guest.shell(), model)));
            }
            model.problem = Some(problem);
            Ok(guest.show_with(code, || address_code(guest.shell(), model)))
        }
    }
}

/// Takes the code that was sent.
async fn confirm(mut guest: Guest, fields: &Pairs, kind: MethodKind) -> Answer {
    let me = guest.member()?.clone();
    let Ok(attempt) = fields.one("attempt").parse::<AttemptId>() else {
        return Err(guest.oops(ErrorCode::BadRequest));
    };
    let proves = fields.proves();
    let Some(mut model) = look(&mut guest, attempt, kind, &proves).await? else {
        return form_again(&guest, kind, String::new(), &proves, Problem::new(ErrorCode::ChallengeGone)).await;
    };
    model.typed = Some(fields.typed("code"));
    let refuse = |guest: &Guest, mut model: AddressCode, problem: Problem| {
        let code = problem.code;
        model.problem = Some(problem);
        guest.show_with(code, || address_code(guest.shell(), model))
    };
    let Ok(code) = OfferedCode::parse(fields.one("code")) else {
        return Ok(refuse(&guest, model, Problem::new(ErrorCode::CodeForm)));
    };
    match guest.domain().methods().confirm_address(&me.me, attempt, &code).await.map_err(guest.fails())? {
        Answered::Right(_) | Answered::Register => proven(&guest, &me, &proves, &model.sent_to).await,
        Answered::Wrong { reason, tries_left } => {
            let until = (reason == Reason::CodeReused).then(|| next_code(guest.visit.now));
            let problem = Problem {
                code: code_of(reason),
                tries_left: u8::try_from(tries_left).ok(),
                until,
            };
            Ok(refuse(&guest, model, problem))
        }
        Answered::Wait { until } => {
            let problem = Problem {
                until: Some(until),
                ..Problem::new(ErrorCode::Throttled)
            };
            Ok(refuse(&guest, model, problem))
        }
        Answered::Ended { reason, until } => {
            let problem = Problem {
                until,
                ..Problem::new(code_of(reason))
            };
            form_again(&guest, kind, String::new(), &proves, problem).await
        }
    }
}

/// The country of numbers that are typed without one.
pub(super) fn home_of(locale: &str) -> Option<&'static str> {
    (locale == "nl").then_some("NL")
}

/// The form again, with what is wrong with the address.
async fn bad(guest: &Guest, kind: MethodKind, fields: &Pairs, words: impl FnOnce() -> String + Send) -> Answer {
    let info = own(guest).await?;
    Ok(guest.show_with(ErrorCode::Invalid, || {
        let model = AddressForm {
            kind,
            replaces: replaced(&info, kind, &fields.proves()),
            typed: fields.typed("address"),
            error: Some(words()),
            pin: asks_pin(&info, kind).then_some(None),
            problem: None,
            wizard: None,
        };
        address_form(guest.shell(), model)
    }))
}

/// The form again, with what stands in the way; where nothing was to be added, the security info.
async fn form_again(guest: &Guest, kind: MethodKind, typed: String, proves: &Proves, problem: Problem) -> Answer {
    if *proves == Proves::Still {
        return super::security_info::overview_again(guest, problem).await;
    }
    let info = own(guest).await?;
    let code = problem.code;
    Ok(guest.show_with(code, || {
        let model = AddressForm {
            kind,
            replaces: replaced(&info, kind, proves),
            typed,
            error: None,
            // One that was typed before is typed anew.
            pin: asks_pin(&info, kind).then_some(None),
            problem: Some(problem),
            wizard: None,
        };
        address_form(guest.shell(), model)
    }))
}

async fn own(guest: &Guest) -> Result<SecurityInfo, Stop> {
    let me = guest.member()?;
    guest.domain().methods().mine(&me.me).await.map_err(guest.fails())
}

/// What is wrong with a number, in a member's words.
pub(super) fn phone_words(error: &PhoneError) -> String {
    match error {
        PhoneError::Empty => text!(security_info.phone_missing),
        PhoneError::TooLong(_) | PhoneError::Sign(_) => text!(security_info.phone_signs),
        PhoneError::NoCountry => text!(security_info.phone_no_country),
        PhoneError::NoNumber => text!(security_info.phone_no_number),
        PhoneError::Extension(_) => text!(security_info.phone_extension),
    }
    .to_owned()
}
