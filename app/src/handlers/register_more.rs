//! The wizard's phones and tokens: `/register?show=phone|call|token`. The same pages as in the security info, in the frame of the wizard. Looking at a page
//! sends nothing; what was proven here opens this sign-in, by the next request at the latest.

use axum::response::Response;
use domain::{
    delivery::{Address, phone::PhoneNumber, rules::NotSent},
    methods::MethodError,
    sign_in::{AttemptView, SignInError},
    tokens::{Serial, TokenError},
    verification::{Answered, CallState},
};
use model::*;

use super::{
    add_address::{home_of, phone_words},
    add_method::{named_after, refused_token},
    forms::{Fields, Query},
    register::{inside, not_any_more, opened},
    sign_in::{ELSEWHERE, call_of, code_of, code_of_call, next_code},
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    locale::Locale,
    pages::{
        Problem,
        fate::Awaited,
        register::InWizard,
        security_info::{AddToken, AddressCall, AddressCode, AddressForm, Proves, add_token, address_call, address_code, address_form},
        words,
    },
    routes,
};

/// The wizard of a sign-in: its view and where it is.
pub(super) struct Wizard {
    pub(super) view: AttemptView,
    pub(super) tenant: TenantId,
    pub(super) attempt: AttemptId,
}

impl Wizard {
    fn frame(&self) -> Option<InWizard> {
        Some(inside(&self.view))
    }
}

/// The page of a kind, by the word of the address: a phone that is texted, one that is called, a token.
pub(super) fn kind_of(word: &str) -> Option<MethodKind> {
    match word {
        "phone" => Some(MethodKind::Sms),
        "call" => Some(MethodKind::Voice),
        "token" => Some(MethodKind::HardwareToken),
        _ => None,
    }
}

/// Where a kind is set up in the wizard.
pub(super) fn page_of(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Passkey => "/register?show=passkey",
        MethodKind::HardwareToken => "/register?show=token",
        MethodKind::Sms => "/register?show=phone",
        MethodKind::Voice => "/register?show=call",
        _ => "/register?show=app",
    }
}

/// The page of a kind, or the code or call that is open for it.
pub(super) async fn show(guest: Guest, wizard: Wizard, kind: MethodKind, query: &Query) -> Answer {
    if kind == MethodKind::HardwareToken {
        let model = AddToken {
            wizard: wizard.frame(),
            ..AddToken::default()
        };
        return Ok(guest.show(|| add_token(guest.shell(), model)));
    }
    let Some(proving) = query.attempt.as_deref() else {
        return Ok(form(&guest, &wizard, kind, String::new(), None, None));
    };
    let Ok(proving) = proving.parse::<AttemptId>() else {
        return Ok(see(page_of(kind)));
    };
    match look(&guest, &wizard, proving).await? {
        Some(proof) if kind == MethodKind::Voice => called(guest, wizard, proving, &proof).await,
        Some(proof) => match code_page(&wizard, kind, proving, &proof) {
            Some(model) => Ok(guest.show(|| address_code(guest.shell(), model))),
            None => Ok(gone(&guest, &wizard, kind, ErrorCode::ChallengeGone)),
        },
        None => {
            let verification = guest.domain().verification();
            let refused = verification.refusal(wizard.tenant, proving, None).await.map_err(guest.fails())?;
            let code = refused.filter(|_| kind == MethodKind::Voice).map_or(ErrorCode::ChallengeGone, code_of_call);
            Ok(gone(&guest, &wizard, kind, code))
        }
    }
}

/// What came back about a phone or a token.
pub(super) async fn act(guest: Guest, wizard: Wizard, fields: &Fields) -> Answer {
    let kind = match fields.step.as_str() {
        "token" => return token(guest, wizard, fields).await,
        _ => MethodKind::from_text(&fields.kind).filter(|kind| matches!(kind, MethodKind::Sms | MethodKind::Voice)),
    };
    let Some(kind) = kind else { return Err(guest.oops(ErrorCode::BadRequest)) };
    if fields.step == "send" {
        return send(guest, wizard, kind, fields).await;
    }
    let Ok(proving) = fields.attempt.parse::<AttemptId>() else {
        return Err(guest.oops(ErrorCode::BadRequest));
    };
    match fields.step.as_str() {
        "again" => again(guest, wizard, kind, proving).await,
        "code" if kind == MethodKind::Sms => confirm(guest, wizard, proving, fields).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

async fn look(guest: &Guest, wizard: &Wizard, proving: AttemptId) -> Result<Option<AttemptView>, Stop> {
    let sign_in = guest.domain().sign_in();
    sign_in.look_at_proof(wizard.tenant, wizard.attempt, proving).await.map_err(guest.fails())
}

fn code_page(wizard: &Wizard, kind: MethodKind, proving: AttemptId, proof: &AttemptView) -> Option<AddressCode> {
    let sent = proof.sent.as_ref()?;
    Some(AddressCode {
        kind,
        proves: Proves::New,
        sent_to: sent.sent_to.clone(),
        until: sent.expires_at,
        awaited: Awaited {
            attempt: proving,
            fate: sent.fate,
        },
        typed: None,
        problem: None,
        wizard: wizard.frame(),
    })
}

/// Reads the number, and sends a code there or calls it.
async fn send(guest: Guest, wizard: Wizard, kind: MethodKind, fields: &Fields) -> Answer {
    let typed = || typed(&fields.address);
    let locale = if guest.visit.locale == Locale::nl { "nl" } else { "en" };
    let phone = match PhoneNumber::parse(&fields.address, home_of(locale)) {
        Ok(phone) => phone,
        Err(error) => return Ok(form(&guest, &wizard, kind, typed(), None, Some(&|| phone_words(&error)))),
    };
    let sign_in = guest.domain().sign_in();
    let sent = sign_in
        .register_address(wizard.tenant, wizard.attempt, &guest.client, kind, &Address::Phone(phone))
        .await;
    match sent {
        Ok(proving) => Ok(see(&format!("{}&attempt={}", page_of(kind), proving.attempt))),
        Err(MethodError::NotSent(NotSent::CountryOff(_))) => {
            let words = || text!(security_info.phone_country).to_owned();
            Ok(form(&guest, &wizard, kind, typed(), None, Some(&words)))
        }
        Err(MethodError::NotSent(why)) => Ok(form(&guest, &wizard, kind, typed(), Some(Problem::not_sent(why.until())), None)),
        Err(error @ (MethodError::AddressLimit(_) | MethodError::KindOff(_))) => {
            Ok(form(&guest, &wizard, kind, typed(), Some(Problem::new(error.code())), None))
        }
        // Calls ask for a PIN by now: the wizard shows what else will do.
        Err(MethodError::PinNeeded) => Ok(see(routes::REGISTER)),
        // Another tab was first: the wizard shows where it stands.
        Err(error) if error.code() == ErrorCode::ChallengeGone => Ok(see(routes::REGISTER)),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The same code once more, or another call.
async fn again(guest: Guest, wizard: Wizard, kind: MethodKind, proving: AttemptId) -> Answer {
    let sign_in = guest.domain().sign_in();
    match sign_in.send_proof_again(wizard.tenant, wizard.attempt, proving).await {
        Ok(()) => Ok(see(&format!("{}&attempt={proving}", page_of(kind)))),
        Err(MethodError::NotSent(why)) => {
            let problem = Problem::not_sent(why.until());
            let Some(proof) = look(&guest, &wizard, proving).await? else {
                return Ok(gone(&guest, &wizard, kind, ErrorCode::ChallengeGone));
            };
            let code = problem.code;
            if let Some(call) = call_of(&proof) {
                let model = AddressCall {
                    call,
                    attempt: proving.to_string(),
                    proves: Proves::New,
                    problem: Some(problem),
                    wizard: wizard.frame(),
                };
                return Ok(guest.show_with(code, || address_call(guest.shell(), model)));
            }
            match code_page(&wizard, kind, proving, &proof) {
                Some(model) => {
                    let model = AddressCode {
                        problem: Some(problem),
                        ..model
                    };
                    Ok(guest.show_with(code, || address_code(guest.shell(), model)))
                }
                None => Ok(gone(&guest, &wizard, kind, ErrorCode::ChallengeGone)),
            }
        }
        Err(error) if error.code() == ErrorCode::ChallengeGone => Ok(gone(&guest, &wizard, kind, ErrorCode::ChallengeGone)),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// Takes the code that was sent.
async fn confirm(guest: Guest, wizard: Wizard, proving: AttemptId, fields: &Fields) -> Answer {
    let kind = MethodKind::Sms;
    let Some(model) = look(&guest, &wizard, proving)
        .await?
        .and_then(|proof| code_page(&wizard, kind, proving, &proof))
    else {
        return Ok(gone(&guest, &wizard, kind, ErrorCode::ChallengeGone));
    };
    let refuse = |model: AddressCode, problem: Problem| {
        let code = problem.code;
        let model = AddressCode {
            typed: Some(typed(&fields.code)),
            problem: Some(problem),
            ..model
        };
        guest.show_with(code, || address_code(guest.shell(), model))
    };
    let Ok(code) = OfferedCode::parse(&fields.code) else {
        return Ok(refuse(model, Problem::new(ErrorCode::CodeForm)));
    };
    let sign_in = guest.domain().sign_in();
    let answered = match sign_in.confirm_registered_address(wizard.tenant, wizard.attempt, proving, &code).await {
        Ok(answered) => answered,
        Err(error) if error.code() == ErrorCode::ChallengeGone => return Ok(see(routes::REGISTER)),
        Err(MethodError::KindOff(_)) => return not_any_more(&guest, &wizard).await,
        Err(error) => return Err(guest.fails()(error)),
    };
    match answered {
        Answered::Right(_) | Answered::Register => finish(&guest, &wizard).await,
        Answered::Wrong { reason, tries_left } => {
            let problem = Problem {
                code: code_of(reason),
                tries_left: u8::try_from(tries_left).ok(),
                until: (reason == Reason::CodeReused).then(|| next_code(guest.visit.now)),
            };
            Ok(refuse(model, problem))
        }
        Answered::Wait { until } => {
            let problem = Problem {
                until: Some(until),
                ..Problem::new(ErrorCode::Throttled)
            };
            Ok(refuse(model, problem))
        }
        Answered::Ended { reason, until } => {
            let problem = Problem {
                until,
                ..Problem::new(code_of(reason))
            };
            Ok(form(&guest, &wizard, kind, String::new(), Some(problem), None))
        }
    }
}

/// The page that waits for a call, and goes on when the right keys were pressed in it.
async fn called(guest: Guest, wizard: Wizard, proving: AttemptId, proof: &AttemptView) -> Answer {
    let kind = MethodKind::Voice;
    let Some(call) = call_of(proof) else {
        return Ok(see(page_of(kind)));
    };
    if call.state != CallState::Right {
        let model = AddressCall {
            call,
            attempt: proving.to_string(),
            proves: Proves::New,
            problem: None,
            wizard: wizard.frame(),
        };
        return Ok(guest.show(|| address_call(guest.shell(), model)));
    }
    let sign_in = guest.domain().sign_in();
    let answered = match sign_in.complete_registered_call(wizard.tenant, wizard.attempt, proving).await {
        Ok(answered) => answered,
        Err(error) if error.code() == ErrorCode::ChallengeGone => return Ok(see(routes::REGISTER)),
        Err(error) => return Err(guest.fails()(error)),
    };
    let problem = match answered {
        Some(Answered::Right(_) | Answered::Register) => return finish(&guest, &wizard).await,
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
    Ok(form(&guest, &wizard, kind, String::new(), Some(problem), None))
}

/// A hardware token by its number and a code.
async fn token(guest: Guest, wizard: Wizard, fields: &Fields) -> Answer {
    let (serial, code) = (Serial::parse(&fields.serial), OfferedCode::parse(&fields.code));
    let name = match fields.name.trim() {
        "" => Ok(None),
        name => CleanText::<NAME_CHARACTERS_MAX>::parse(name).map(Some),
    };
    let mut model = AddToken {
        serial: typed(&fields.serial),
        name: typed(&fields.name),
        code: typed(&fields.code),
        wizard: wizard.frame(),
        ..AddToken::default()
    };
    let (Ok(serial), Ok(code), Ok(name)) = (&serial, &code, &name) else {
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            model.errors.serial = serial.is_err().then(|| match fields.serial.trim() {
                "" => text!(security_info.token_serial_missing).to_owned(),
                _ => text!(security_info.token_serial_bad).to_owned(),
            });
            model.errors.code = code.is_err().then(|| match fields.code.trim() {
                "" => text!(security_info.token_code_missing).to_owned(),
                _ => text!(security_info.token_code_form).to_owned(),
            });
            model.errors.name = name.is_err().then(|| text!(members.name_bad).to_owned());
            add_token(guest.shell(), model)
        }));
    };
    let label = name.clone().unwrap_or_else(|| named_after(serial));
    let sign_in = guest.domain().sign_in();
    match sign_in.register_token(wizard.tenant, wizard.attempt, serial, &label, code).await {
        Ok(_) => finish(&guest, &wizard).await,
        Err(TokenError::Method(error @ MethodError::Limit(_))) => Ok(guest.show_with(error.code(), || {
            model.errors.above = Some((words::error_title(error.code()).to_owned(), text!(security_info.not_room).to_owned()));
            add_token(guest.shell(), model)
        })),
        Err(TokenError::Method(_) | TokenError::Verification(_)) => Ok(see(routes::REGISTER)),
        Err(error) if error.code().status() >= 500 => Err(guest.fails()(error)),
        Err(error) => refused_token(&guest, model, error),
    }
}

/// Opens the sign-in by what has been proven in its wizard; where that was not enough, the wizard shows where it stands.
pub(super) async fn finish(guest: &Guest, wizard: &Wizard) -> Answer {
    let sign_in = guest.domain().sign_in();
    match sign_in.finish_registration(wizard.tenant, wizard.attempt).await {
        Ok(Some((right, codes))) => opened(guest, &wizard.view, (wizard.tenant, wizard.attempt), &right, codes).await,
        Ok(None) => Ok(see(routes::REGISTER)),
        // What there is was set up elsewhere: it is what this browser signs in with.
        Err(SignInError::Expired | SignInError::OtherStep(_)) => {
            guest.close().await?;
            Ok(see(ELSEWHERE))
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The form, with what is wrong: under the field, or above.
fn form(guest: &Guest, wizard: &Wizard, kind: MethodKind, typed: String, problem: Option<Problem>, words: Option<&dyn Fn() -> String>) -> Response {
    let code = match (&problem, words) {
        (Some(problem), _) => Some(problem.code),
        (None, words) => words.map(|_| ErrorCode::Invalid),
    };
    let draw = || {
        let model = AddressForm {
            kind,
            replaces: None,
            typed,
            error: words.map(|words| words()),
            pin: None,
            problem,
            wizard: wizard.frame(),
        };
        address_form(guest.shell(), model)
    };
    match code {
        Some(code) => guest.show_with(code, draw),
        None => guest.show(draw),
    }
}

/// The form again, for the code or the call has ended.
fn gone(guest: &Guest, wizard: &Wizard, kind: MethodKind, code: ErrorCode) -> Response {
    form(guest, wizard, kind, String::new(), Some(Problem::new(code)), None)
}

/// What was typed, as far as it is shown again.
fn typed(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(254).collect()
}
