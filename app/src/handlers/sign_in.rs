//! `/sign-in`: one address for all steps; the session knows how far the attempt is.

use axum::{
    extract::{Form, Query as QueryOf},
    response::Response,
};
use domain::{
    delivery::rules::NotSent,
    sign_in::{
        AttemptView, BegunAttempt, Caller, NewSession, PassOutcome, PasswordOutcome, SessionNote, SessionStage, SignInError, full_session, password_session,
    },
    verification::{Answered, CallState, RightAnswer, facts::Stage},
};
use jiff::Timestamp;
use model::*;

use super::forms::{Fields, Query};
use crate::{
    caller::{Answer, Guest, Stop, see},
    components::Digits,
    pages::{
        Problem,
        fate::Awaited,
        preferences::safe_path,
        sign_in::{Asked, Call, Help, NameNote, SignInPage, SignInStep, Way, page},
    },
    routes,
};

/// Where the name leads: a browser that comes there without a cookie keeps none.
const AFTER_NAME: &str = "/sign-in?after=name";

/// Where a wizard leads that is open although something was set up on another device.
pub(super) const ELSEWHERE: &str = "/sign-in?show=name&done=elsewhere";

/// The step that the attempt is at.
pub(super) async fn show(mut guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    let note = guest.note();
    match (&guest.caller, guest.attempt()) {
        (Caller::Member(me), _) if query.show.is_none() => Ok(see(&match query.asked_for.as_deref() {
            Some(asked) if asked == Action::ProvisionPasskey.as_str() => routes::SECURITY_INFO_ADD_PASSKEY.to_owned(),
            Some(_) => routes::SECURITY_INFO.to_owned(),
            None => crate::pages::home_of(me),
        })),
        (Caller::SigningIn { .. }, Some((tenant, attempt))) if query.show.as_deref() != Some("name") => {
            match guest.domain().sign_in().look(tenant, attempt).await {
                Ok(view) => {
                    guest.in_attempt_of(&view);
                    match view.sent.as_ref().and_then(|sent| sent.call) {
                        Some(CallState::Right) => called(guest, &view, (tenant, attempt)).await,
                        _ => Ok(step(&guest, &view, &query)),
                    }
                }
                Err(SignInError::Expired | SignInError::OtherStep(_)) => {
                    let refused = guest.domain().verification().refusal(tenant, attempt, None).await.map_err(guest.fails())?;
                    guest.close().await?;
                    Ok(stopped(&guest, refused.map_or(ErrorCode::SignInExpired, code_of_call), None, None))
                }
                Err(error) => Err(guest.fails()(error)),
            }
        }
        // A name of no tenant goes through the same steps as any other.
        (Caller::SigningIn { .. }, None) if query.show.as_deref() != Some("name") => {
            if let Some(session_id) = note.session_id {
                guest.in_attempt(session_id);
            }
            let upn = note.upn.unwrap_or_default();
            Ok(match query.show.as_deref() {
                Some("pass") => pass_page(&guest, &upn, None),
                _ => password_page(&guest, &upn, None),
            })
        }
        _ => {
            let upn = String::new();
            let note = match (query.done.as_deref(), query.after.as_deref()) {
                (Some("out"), _) => Some(NameNote::SignedOut),
                (Some("elsewhere"), _) => Some(NameNote::SetUpElsewhere),
                (_, Some("name")) if guest.browser().is_none() => Some(NameNote::CookiesOff),
                _ => None,
            };
            Ok(guest.show(|| page(guest.shell(), name_step(upn, note, None))))
        }
    }
}

/// What came back from a step.
pub(super) async fn act(guest: Guest, QueryOf(query): QueryOf<Query>, Form(fields): Form<Fields>) -> Answer {
    match fields.step.as_str() {
        "name" => name(guest, &query, &fields).await,
        "password" => password(guest, &fields).await,
        "pass" => pass(guest, &fields).await,
        "code" => code(guest, &fields).await,
        "passkey" => passkey(guest, &fields).await,
        "passkey-alone" => super::passkey::sign_in(guest, &query, &fields).await,
        "way" => way(guest, &fields).await,
        "again" => send_again(guest).await,
        "restart" => {
            guest.close().await?;
            Ok(see(routes::SIGN_IN))
        }
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

async fn name(guest: Guest, query: &Query, fields: &Fields) -> Answer {
    let upn = match Upn::parse(&fields.upn) {
        Ok(upn) => upn,
        Err(_) => {
            let typed: String = fields.upn.chars().filter(|c| !c.is_control()).take(UPN_CHARACTERS_MAX).collect();
            let model = || name_step(typed, None, Some(Problem::new(ErrorCode::NameForm)));
            return Ok(guest.show_with(ErrorCode::NameForm, || page(guest.shell(), model())));
        }
    };
    let asked_for = query.asked_for.as_deref();
    let begun = guest
        .domain()
        .sign_in()
        .begin_for(&upn, &guest.client, asked_for)
        .await
        .map_err(guest.fails())?;
    // What the session of somebody who is signed in remembers is not for whoever signs in now.
    let before = guest.note().back.filter(|_| !matches!(guest.caller, Caller::Member(_)));
    let back = query.back.as_deref().and_then(safe_path).map(str::to_owned).or(before);
    let mut new = NewSession::of_attempt(begun.tenant, begun.attempt, SessionStage::SignIn, 0, guest.client.clone());
    new.note = SessionNote {
        back,
        upn: begun.attempt.is_none().then(|| upn.to_string()),
        session_id: begun.attempt.is_none().then_some(begun.session_id),
        ..SessionNote::default()
    };
    guest.open(new).await?;
    Ok(see(AFTER_NAME))
}

async fn password(mut guest: Guest, fields: &Fields) -> Answer {
    let Caller::SigningIn { tenant, attempt, mut note, .. } = guest.caller.clone() else {
        return Ok(too_late(&guest, &fields.upn));
    };
    note.keep = !fields.keep.is_empty();
    let shown = match tenant.zip(attempt) {
        Some((tenant, attempt)) => match guest.domain().sign_in().look(tenant, attempt).await {
            Ok(view) if view.stage == Stage::Password => Some(view),
            Ok(_) => return Ok(see(routes::SIGN_IN)),
            Err(_) => return expired(&guest).await,
        },
        None => None,
    };
    let session_id = shown.as_ref().map(|v| v.session_id).or(note.session_id).unwrap_or(SessionId::from_bits(0));
    let upn = shown.map(|v| v.upn).or(note.upn.clone()).unwrap_or_default();
    guest.in_attempt(session_id);
    // Another tab has begun anew with another name: a password goes to nobody but whose name stands above it.
    if !fields.upn.is_empty() && fields.upn != upn {
        return Ok(see(routes::SIGN_IN));
    }
    let at = BegunAttempt { tenant, attempt, session_id };
    let sign_in = guest.domain().sign_in();
    let outcome = match sign_in.password_from(&at, &fields.password, &guest.client, guest.device.as_ref()).await {
        Ok(outcome) => outcome,
        Err(SignInError::Expired | SignInError::OtherStep(_)) => return expired(&guest).await,
        Err(error) => return Err(guest.fails()(error)),
    };
    let of_attempt = |stage, level| {
        let mut new = NewSession::of_attempt(tenant, attempt, stage, level, guest.client.clone());
        new.note = note.clone();
        new
    };
    match (outcome, tenant.zip(attempt)) {
        (PasswordOutcome::Wrong(next), _) => {
            let mut new = NewSession::of_attempt(next.tenant, next.attempt, SessionStage::SignIn, 0, guest.client.clone());
            new.note = SessionNote {
                session_id: next.attempt.is_none().then_some(next.session_id),
                ..note.clone()
            };
            guest.open(new).await?;
            Ok(password_page(&guest, &upn, Some(Problem::new(ErrorCode::WrongPassword))))
        }
        (PasswordOutcome::Wait { until }, _) => {
            let problem = Problem {
                until: Some(until),
                ..Problem::new(ErrorCode::PasswordThrottled)
            };
            Ok(password_page(&guest, &upn, Some(problem)))
        }
        (PasswordOutcome::Second, _) => {
            guest.open(of_attempt(SessionStage::SignIn, 1)).await?;
            // Whoever has lost a phone is sent nothing there before he has said what is lost.
            if note.back.as_deref() == Some(routes::LOST) {
                return Ok(see(routes::LOST));
            }
            match tenant.zip(attempt) {
                Some((tenant, attempt)) => send_first_choice(guest, tenant, attempt).await,
                None => Ok(see(routes::SIGN_IN)),
            }
        }
        (PasswordOutcome::Register, _) => {
            guest.open(of_attempt(SessionStage::Register, 1)).await?;
            Ok(see(routes::REGISTER))
        }
        (PasswordOutcome::Done(right), Some((tenant, attempt))) => {
            let mut new = password_session(tenant, attempt, &right, guest.client.clone());
            new.note.keep = note.keep;
            guest.open(new).await?;
            Ok(see(note.back.as_deref().unwrap_or(routes::HOME)))
        }
        (PasswordOutcome::Refused { reason, until }, _) => {
            guest.close().await?;
            Ok(stopped(&guest, code_of(reason), until, Some(upn)))
        }
        (PasswordOutcome::Done(_), None) => Err(guest.oops(ErrorCode::Internal)),
    }
}

/// A pass in place of the password.
async fn pass(mut guest: Guest, fields: &Fields) -> Answer {
    let Caller::SigningIn { tenant, attempt, note, .. } = guest.caller.clone() else {
        return Ok(see(routes::SIGN_IN));
    };
    let shown = match tenant.zip(attempt) {
        Some((tenant, attempt)) => match guest.domain().sign_in().look(tenant, attempt).await {
            Ok(view) if view.stage == Stage::Password => Some(view),
            Ok(_) => return Ok(see(routes::SIGN_IN)),
            Err(_) => return expired(&guest).await,
        },
        None => None,
    };
    let session_id = shown.as_ref().map(|v| v.session_id).or(note.session_id).unwrap_or(SessionId::from_bits(0));
    let upn = shown.map(|v| v.upn).or(note.upn.clone()).unwrap_or_default();
    guest.in_attempt(session_id);
    let Some(offered) = OfferedCode::parse_pass(&fields.code) else {
        return Ok(pass_page(&guest, &upn, Some(Problem::new(ErrorCode::CodeForm))));
    };
    let at = BegunAttempt { tenant, attempt, session_id };
    let outcome = match guest.domain().sign_in().pass(&at, &offered, &guest.client).await {
        Ok(outcome) => outcome,
        Err(SignInError::Expired | SignInError::OtherStep(_)) => return expired(&guest).await,
        Err(error) => return Err(guest.fails()(error)),
    };
    let of_attempt = |stage, level| {
        let mut new = NewSession::of_attempt(tenant, attempt, stage, level, guest.client.clone());
        new.note = note.clone();
        new
    };
    let back = note.back.as_deref().unwrap_or(routes::HOME);
    let (next, code) = match (outcome, tenant.zip(attempt)) {
        (PassOutcome::Wrong(next), _) => (next, ErrorCode::WrongCode),
        (PassOutcome::Unusable(next), _) => (next, ErrorCode::PassUnusable),
        (PassOutcome::Wait { until }, _) => {
            let problem = Problem {
                until: Some(until),
                ..Problem::new(ErrorCode::Throttled)
            };
            return Ok(pass_page(&guest, &upn, Some(problem)));
        }
        (PassOutcome::Second, _) => {
            guest.open(of_attempt(SessionStage::SignIn, 1)).await?;
            return Ok(see(routes::SIGN_IN));
        }
        (PassOutcome::Register, _) => {
            guest.open(of_attempt(SessionStage::Register, 1)).await?;
            return Ok(see(routes::REGISTER));
        }
        (PassOutcome::Right(right), Some((tenant, attempt))) => {
            guest.open(full_session(tenant, attempt, &right, guest.client.clone())).await?;
            return Ok(see(back));
        }
        (PassOutcome::Done(right), Some((tenant, attempt))) => {
            guest.open(password_session(tenant, attempt, &right, guest.client.clone())).await?;
            return Ok(see(back));
        }
        (PassOutcome::Right(_) | PassOutcome::Done(_), None) => return Err(guest.oops(ErrorCode::Internal)),
    };
    let mut new = NewSession::of_attempt(next.tenant, next.attempt, SessionStage::SignIn, 0, guest.client.clone());
    new.note = SessionNote {
        session_id: next.attempt.is_none().then_some(next.session_id),
        ..note.clone()
    };
    guest.open(new).await?;
    Ok(pass_page(&guest, &upn, Some(Problem::new(code))))
}

/// The code of whoever's first choice is a message is on its way when the page comes. Where it cannot go, the page says so and offers what there is.
async fn send_first_choice(mut guest: Guest, tenant: TenantId, attempt: AttemptId) -> Answer {
    let view = guest.domain().sign_in().look(tenant, attempt).await.map_err(guest.fails())?;
    let Some(kind) = view.first_choice.filter(|kind| kind.channel().is_some()) else {
        return Ok(see(routes::SIGN_IN));
    };
    guest.in_attempt_of(&view);
    let sent = guest.domain().verification().send(tenant, attempt, view.purpose, kind).await;
    match sent {
        Ok(Ok(_)) => Ok(see(routes::SIGN_IN)),
        Ok(Err(why)) => Ok(not_sent(&guest, &view, &why)),
        Err(error) if error.code() == ErrorCode::ChallengeGone => Ok(see(routes::SIGN_IN)),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// Another way was chosen: its page, or a code that is sent first.
async fn way(mut guest: Guest, fields: &Fields) -> Answer {
    let chosen = format!("{}?way={}", routes::SIGN_IN, crate::visit::query_value(&fields.method));
    let kind = MethodKind::from_text(&fields.method).filter(|kind| kind.channel().is_some());
    let Some(kind) = kind else {
        return Ok(see(&chosen));
    };
    let ((tenant, attempt), view) = at_second(&mut guest).await?;
    match guest.domain().verification().send(tenant, attempt, view.purpose, kind).await {
        Ok(Ok(_)) => Ok(see(&chosen)),
        Ok(Err(why)) => Ok(not_sent(&guest, &view, &why)),
        Err(error) if error.code() == ErrorCode::ChallengeGone => Ok(see(routes::SIGN_IN)),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The right keys were pressed in the call: the browser that holds the attempt goes on.
async fn called(guest: Guest, view: &AttemptView, (tenant, attempt): (TenantId, AttemptId)) -> Answer {
    let answered = match guest.domain().verification().complete(tenant, attempt, view.purpose).await {
        Ok(Some((answered, _))) => answered,
        Ok(None) => return expired(&guest).await,
        Err(error) if error.code() == ErrorCode::ChallengeGone => return expired(&guest).await,
        Err(error) => return Err(guest.fails()(error)),
    };
    match answered {
        Answered::Right(right) => lets_in(&guest, &view.reasons, (tenant, attempt), &right).await,
        Answered::Register => to_wizard(&guest, (tenant, attempt)).await,
        // Locked or blocked since the keys were pressed.
        Answered::Wrong { reason, .. } => ended(&guest, view, (tenant, attempt), reason, None).await,
        Answered::Wait { until } => ended(&guest, view, (tenant, attempt), Reason::Throttled, Some(until)).await,
        Answered::Ended { reason, until } => ended(&guest, view, (tenant, attempt), reason, until).await,
    }
}

/// The attempt of this browser at its second step; every other step has a page of its own.
async fn at_second(guest: &mut Guest) -> Result<((TenantId, AttemptId), AttemptView), Stop> {
    let Some((tenant, attempt)) = guest.attempt() else {
        return Err(too_late(guest, "").into());
    };
    match guest.domain().sign_in().look(tenant, attempt).await {
        Ok(view) if view.stage == Stage::Second => {
            guest.in_attempt_of(&view);
            Ok(((tenant, attempt), view))
        }
        Ok(_) => Err(see(routes::SIGN_IN).into()),
        Err(_) => Err(expired(guest).await?.into()),
    }
}

/// A right second step: the session, and the page that was asked for.
async fn lets_in(guest: &Guest, reasons: &[RegistrationReason], (tenant, attempt): (TenantId, AttemptId), right: &RightAnswer) -> Answer {
    switch_on_weaker(guest, tenant, right).await?;
    let back = guest.note().back;
    let mut new = full_session(tenant, attempt, right, guest.client.clone());
    // Whoever could not reset his password as things are is asked, and goes on by a link.
    new.note.for_reset = reasons.contains(&RegistrationReason::SsprEnabled);
    new.note.back = back.clone().filter(|_| new.note.for_reset);
    let on = match new.note.for_reset {
        true => crate::pages::register::FOR_RESET.to_owned(),
        false => back.unwrap_or_else(|| routes::HOME.to_owned()),
    };
    guest.open(new).await?;
    Ok(see(&on))
}

/// After something stronger, what wrong answers had switched off is on again.
pub(super) async fn switch_on_weaker(guest: &Guest, tenant: TenantId, right: &RightAnswer) -> Result<(), Stop> {
    if right.weaker_off {
        let methods = guest.domain().methods();
        methods.switch_on_weaker(tenant, right, &guest.client).await.map_err(guest.fails())?;
    }
    Ok(())
}

/// A right second step, and something has to be registered yet.
async fn to_wizard(guest: &Guest, (tenant, attempt): (TenantId, AttemptId)) -> Answer {
    let mut new = NewSession::of_attempt(Some(tenant), Some(attempt), SessionStage::Register, 1, guest.client.clone());
    new.note = guest.note();
    guest.open(new).await?;
    Ok(see(routes::REGISTER))
}

async fn ended(guest: &Guest, view: &AttemptView, (tenant, attempt): (TenantId, AttemptId), reason: Reason, until: Option<Timestamp>) -> Answer {
    guest.domain().sign_in().end_attempt_sessions(tenant, attempt).await.map_err(guest.fails())?;
    guest.close().await?;
    Ok(stopped(guest, code_of(reason), until, Some(view.upn.clone())))
}

/// The same code once more.
async fn send_again(mut guest: Guest) -> Answer {
    let ((tenant, attempt), view) = at_second(&mut guest).await?;
    match guest.domain().verification().send_again(tenant, attempt, view.purpose).await {
        Ok(Ok(sent)) => Ok(see(&format!("{}?way={}", routes::SIGN_IN, sent.kind))),
        Ok(Err(why)) => Ok(not_sent(&guest, &view, &why)),
        Err(error) if error.code() == ErrorCode::ChallengeGone => expired(&guest).await,
        Err(error) => Err(guest.fails()(error)),
    }
}

/// Nothing was sent: why, until when, and what else there is. A code that is on its way already can still be typed.
fn not_sent(guest: &Guest, view: &AttemptView, why: &NotSent) -> Response {
    let problem = Problem::not_sent(why.until());
    let code = problem.code;
    guest.show_with(code, || match view.sent {
        Some(_) => page(guest.shell(), code_step(view, None, None, Some(problem))),
        None => page(guest.shell(), ways_step(view, Some(problem))),
    })
}

async fn code(mut guest: Guest, fields: &Fields) -> Answer {
    let ((tenant, attempt), view) = at_second(&mut guest).await?;
    let kind = MethodKind::from_text(&fields.method).filter(|kind| view.families.contains(&kind.family()));
    let again = |problem: Problem| {
        let typed = Some(fields.code.chars().filter(|c| !c.is_control()).take(40).collect());
        let code = problem.code;
        guest.show_with(code, || page(guest.shell(), code_step(&view, kind, typed, Some(problem))))
    };
    let Some(offered) = OfferedCode::parse(&fields.code).ok().filter(|offered| has_form_of(kind, offered)) else {
        return Ok(again(Problem::new(ErrorCode::CodeForm)));
    };
    if takes_no_digits(&view) && matches!(offered, OfferedCode::Digits(_)) {
        return gone_meanwhile(guest).await;
    }
    let mut remembered = None;
    let answered = if view.remember_days.is_some() && !fields.remember.is_empty() {
        let answered = guest
            .domain()
            .sign_in()
            .second_and_remember(tenant, attempt, &offered, kind, &guest.client)
            .await;
        match answered {
            Ok((answered, browser)) => {
                remembered = browser;
                answered
            }
            Err(SignInError::Expired | SignInError::OtherStep(_)) => return expired(&guest).await,
            Err(error) => return Err(guest.fails()(error)),
        }
    } else {
        match guest.domain().verification().second(tenant, attempt, view.purpose, &offered, kind).await {
            Ok((answered, _)) => answered,
            Err(error) if error.code() == ErrorCode::ChallengeGone => return expired(&guest).await,
            Err(error) => return Err(guest.fails()(error)),
        }
    };
    match answered {
        Answered::Right(right) => {
            let opened = lets_in(&guest, &view.reasons, (tenant, attempt), &right).await?;
            Ok(match remembered {
                Some(remembered) => guest.remembers(&remembered, opened),
                None => opened,
            })
        }
        Answered::Register => to_wizard(&guest, (tenant, attempt)).await,
        Answered::Wrong { reason: Reason::MethodOff, .. } => gone_meanwhile(guest).await,
        Answered::Wrong { reason, tries_left } => {
            let code = code_of_offered(reason, &offered);
            let until = (code == ErrorCode::CodeReused).then(|| next_code(guest.visit.now));
            Ok(again(Problem {
                code,
                tries_left: u8::try_from(tries_left).ok(),
                until,
            }))
        }
        Answered::Wait { until } => Ok(again(Problem {
            until: Some(until),
            ..Problem::new(ErrorCode::Throttled)
        })),
        Answered::Ended { reason, until } => ended(&guest, &view, (tenant, attempt), reason, until).await,
    }
}

/// Whether nothing that is left makes or is sent codes of digits.
pub(super) fn takes_no_digits(view: &AttemptView) -> bool {
    !view.families.iter().any(|family| matches!(family, Family::Oath | Family::Delivered))
}

/// What was asked for has been switched off or removed since: what else there is, or where it leads when that is nothing.
async fn gone_meanwhile(mut guest: Guest) -> Answer {
    let (_, view) = at_second(&mut guest).await?;
    if view.families.is_empty() {
        guest.close().await?;
        return Ok(stopped(&guest, ErrorCode::NoMethods, None, Some(view.upn)));
    }
    let problem = Problem::new(ErrorCode::MethodKindOff);
    Ok(guest.show_with(problem.code, || page(guest.shell(), ways_step(&view, Some(problem)))))
}

/// A passkey as the second step.
async fn passkey(mut guest: Guest, fields: &Fields) -> Answer {
    let ((tenant, attempt), view) = at_second(&mut guest).await?;
    let answered = match super::passkey::second(&guest, &view, (tenant, attempt), fields).await? {
        Ok(answered) => answered,
        Err(code) => return Ok(guest.show_with(code, || page(guest.shell(), passkey_step(&view, Some(Problem::new(code)))))),
    };
    match answered {
        Answered::Right(right) => lets_in(&guest, &view.reasons, (tenant, attempt), &right).await,
        Answered::Register => to_wizard(&guest, (tenant, attempt)).await,
        Answered::Ended { reason, until } => ended(&guest, &view, (tenant, attempt), reason, until).await,
        Answered::Wait { .. } | Answered::Wrong { .. } => Err(guest.oops(ErrorCode::Internal)),
    }
}

/// The page of the step that an attempt is at.
fn step(guest: &Guest, view: &AttemptView, query: &Query) -> Response {
    match view.stage {
        Stage::Password if query.show.as_deref() == Some("pass") => pass_page(guest, &view.upn, None),
        Stage::Password => password_page(guest, &view.upn, None),
        Stage::Second if view.families.is_empty() && view.addresses.is_empty() => stopped(guest, ErrorCode::NoMethods, None, Some(view.upn.clone())),
        Stage::Second if query.show.as_deref() == Some("ways") || kind_shown(view, None).is_none() => guest.show(|| page(guest.shell(), ways_step(view, None))),
        Stage::Second => {
            let kind = query.way.as_deref().and_then(MethodKind::from_text);
            let problem = view.wait_until.map(|until| Problem {
                until: Some(until),
                ..Problem::new(ErrorCode::Throttled)
            });
            guest.show(|| page(guest.shell(), code_step(view, kind, None, problem)))
        }
        Stage::Register => see(routes::REGISTER),
        Stage::Decided => see(routes::SIGN_IN),
    }
}

/// A step of a sign-in that this browser has no more. Whoever is signed in by now, or in the middle of another step, is led there.
fn too_late(guest: &Guest, upn: &str) -> Response {
    if !matches!(guest.caller, Caller::Visitor) {
        return see(routes::SIGN_IN);
    }
    let problem = Problem::new(ErrorCode::SignInExpired);
    let typed = upn.chars().filter(|c| !c.is_control()).take(UPN_CHARACTERS_MAX).collect();
    guest.show_with(problem.code, || page(guest.shell(), name_step(typed, None, Some(problem))))
}

async fn expired(guest: &Guest) -> Answer {
    guest.close().await?;
    Ok(stopped(guest, ErrorCode::SignInExpired, None, None))
}

pub(super) fn stopped(guest: &Guest, code: ErrorCode, until: Option<Timestamp>, upn: Option<String>) -> Response {
    let problem = Problem { until, ..Problem::new(code) };
    guest.show_with(code, || {
        page(
            guest.shell(),
            SignInPage {
                application: None,
                step: SignInStep::Stopped { problem, upn, help: None },
            },
        )
    })
}

/// Where somebody goes who cannot go on. Offered to every name, whether anything can come of it or not.
fn help() -> Help {
    Help {
        lost_phone: Some(routes::LOST.to_owned()),
        forgot_password: Some(routes::RESET.to_owned()),
    }
}

pub(super) fn name_step(upn: String, note: Option<NameNote>, problem: Option<Problem>) -> SignInPage {
    SignInPage {
        application: None,
        step: SignInStep::Name {
            upn,
            domain: None,
            note,
            problem,
            help: help(),
        },
    }
}

fn password_page(guest: &Guest, upn: &str, problem: Option<Problem>) -> Response {
    let code = problem.as_ref().map(|problem| problem.code);
    let model = || SignInPage {
        application: None,
        step: SignInStep::Password {
            upn: upn.to_owned(),
            problem,
            help: help(),
        },
    };
    match code {
        Some(code) => guest.show_with(code, || page(guest.shell(), model())),
        None => guest.show(|| page(guest.shell(), model())),
    }
}

fn pass_page(guest: &Guest, upn: &str, problem: Option<Problem>) -> Response {
    let code = problem.as_ref().map(|problem| problem.code);
    let model = || SignInPage {
        application: None,
        step: SignInStep::Pass { upn: upn.to_owned(), problem },
    };
    match code {
        Some(code) => guest.show_with(code, || page(guest.shell(), model())),
        None => guest.show(|| page(guest.shell(), model())),
    }
}

/// Whether what was typed has the form of what was asked for: anything else is a slip and no guess.
fn has_form_of(kind: Option<MethodKind>, offered: &OfferedCode) -> bool {
    match kind {
        None => true,
        Some(MethodKind::Pass) => offered.as_pass().is_some(),
        Some(MethodKind::RecoveryCode) => matches!(offered, OfferedCode::Recovery(_)),
        Some(_) => matches!(offered, OfferedCode::Digits(_)),
    }
}

/// The kind that the page asks for: the one chosen; else the code that is on its way; else the first choice; else what there is. `None` when all there is has
/// to be sent first, for looking at a page sends nothing.
fn kind_shown(view: &AttemptView, chosen: Option<MethodKind>) -> Option<MethodKind> {
    let typed = |kind: &MethodKind| {
        let at_hand = matches!(
            kind,
            MethodKind::Passkey | MethodKind::Pass | MethodKind::Totp | MethodKind::HardwareToken | MethodKind::RecoveryCode
        );
        at_hand && view.families.contains(&kind.family())
    };
    let on_its_way = view.sent.as_ref().map(|sent| sent.kind);
    chosen
        .filter(|kind| typed(kind) || on_its_way == Some(*kind))
        .or(on_its_way)
        .or(view.first_choice.filter(typed))
        .or_else(|| {
            let oath = if view.apps.is_empty() && !view.tokens.is_empty() {
                MethodKind::HardwareToken
            } else {
                MethodKind::Totp
            };
            [MethodKind::Passkey, oath, MethodKind::Pass, MethodKind::RecoveryCode]
                .into_iter()
                .find(|kind| typed(kind) && (*kind != MethodKind::RecoveryCode || view.addresses.is_empty()))
        })
}

fn passkey_step(view: &AttemptView, problem: Option<Problem>) -> SignInPage {
    SignInPage {
        application: view.application.clone(),
        step: SignInStep::Passkey {
            upn: view.upn.clone(),
            problem,
            other_ways: view.families.len() > 1,
        },
    }
}

fn code_step(view: &AttemptView, kind: Option<MethodKind>, typed: Option<String>, problem: Option<Problem>) -> SignInPage {
    let kind = kind_shown(view, kind).unwrap_or(MethodKind::Totp);
    if kind == MethodKind::Passkey {
        return passkey_step(view, problem);
    }
    let other_ways = view.families.len() > 1 || view.addresses.len() > 1;
    if let Some(call) = call_of(view).filter(|_| kind == MethodKind::Voice) {
        return SignInPage {
            application: view.application.clone(),
            step: SignInStep::Call {
                upn: view.upn.clone(),
                call: Call {
                    sent_to: tail(kind, &call.sent_to),
                    ..call
                },
                problem,
                other_ways,
            },
        };
    }
    let mut asked = asked(kind, &view.tenant_name);
    asked.digits = digits_of(view, |other| other == kind);
    if let Some(sent) = view.sent.as_ref().filter(|sent| sent.kind == kind) {
        asked.sent_to = Some(tail(kind, &sent.sent_to));
        asked.valid_until = Some(sent.expires_at);
        asked.awaited = Some(Awaited {
            attempt: view.attempt,
            fate: sent.fate,
        });
    }
    SignInPage {
        application: view.application.clone(),
        step: SignInStep::Code {
            upn: view.upn.clone(),
            asked,
            typed,
            problem,
            // A pass or a recovery code leaves nothing behind.
            remember_days: view
                .remember_days
                .filter(|_| !matches!(kind, MethodKind::Pass | MethodKind::RecoveryCode))
                .and_then(|days| u16::try_from(days).ok()),
            other_ways,
        },
    }
}

/// The call that an attempt waits for.
pub(super) fn call_of(view: &AttemptView) -> Option<Call> {
    let sent = view.sent.as_ref()?;
    Some(Call {
        sent_to: sent.sent_to.clone(),
        until: sent.expires_at,
        state: sent.call?,
        asks: view.calls.clone(),
    })
}

/// What a sentence names an address by: the last two digits of a number, a mailbox as it is masked.
fn tail(kind: MethodKind, masked: &str) -> String {
    match kind {
        MethodKind::Email => masked.to_owned(),
        _ => masked.chars().skip(masked.chars().count().saturating_sub(2)).collect(),
    }
}

/// How many digits the codes of these kinds have for whoever signs in; what is sent has six.
pub(super) fn digits_of(view: &AttemptView, asked: impl Fn(MethodKind) -> bool) -> Digits {
    Digits::of(view.oath_digits.iter().filter(|(kind, _)| asked(*kind)).map(|(_, digits)| *digits))
}

/// What is asked for with a kind of code.
pub(super) fn asked(kind: MethodKind, issuer: &str) -> Asked {
    Asked {
        kind,
        method: kind.as_str().to_owned(),
        digits: Digits::Six,
        issuer: issuer.to_owned(),
        sent_to: None,
        valid_until: None,
        awaited: None,
    }
}

fn ways_step(view: &AttemptView, problem: Option<Problem>) -> SignInPage {
    let way = |kind: MethodKind, device, left| Way {
        kind,
        method: kind.as_str().to_owned(),
        device,
        sent_to: None,
        left,
    };
    let mut ways = Vec::new();
    if view.families.contains(&Family::Pass) {
        ways.push(way(MethodKind::Pass, None, None));
    }
    if view.families.contains(&Family::WebAuthn) {
        ways.push(way(MethodKind::Passkey, view.passkeys.first().cloned(), None));
    }
    if !view.apps.is_empty() {
        ways.push(way(MethodKind::Totp, view.apps.first().cloned(), None));
    }
    if !view.tokens.is_empty() {
        ways.push(way(MethodKind::HardwareToken, None, None));
    }
    for (kind, masked) in &view.addresses {
        ways.push(Way {
            sent_to: Some(tail(*kind, masked)),
            ..way(*kind, None, None)
        });
    }
    if view.families.contains(&Family::Recovery) {
        ways.push(way(MethodKind::RecoveryCode, None, u8::try_from(view.recovery_left).ok()));
    }
    SignInPage {
        application: view.application.clone(),
        step: SignInStep::Ways {
            ways,
            unable: Some(routes::LOST.to_owned()),
            problem,
        },
    }
}

/// When an app shows its next code: at the next half minute.
pub(super) fn next_code(now: Timestamp) -> Timestamp {
    Timestamp::from_second((now.as_second() / 30 + 1) * 30).unwrap_or(now)
}

/// The code of an error page for what came of an answer: there is no next code of a pass to wait for.
pub(super) fn code_of_offered(reason: Reason, offered: &OfferedCode) -> ErrorCode {
    match (reason, offered.as_pass()) {
        (Reason::CodeReused, Some(_)) => ErrorCode::PassUnusable,
        _ => code_of(reason),
    }
}

/// The code of the page for an attempt that has ended in its call.
pub(super) fn code_of_call(reason: Reason) -> ErrorCode {
    match reason {
        Reason::FraudReported | Reason::TooManyCodes | Reason::WrongPin | Reason::Locked | Reason::Throttled => code_of(reason),
        _ => ErrorCode::SignInExpired,
    }
}

/// The code of an error page for a reason of the journal.
pub(super) fn code_of(reason: Reason) -> ErrorCode {
    match reason {
        Reason::WrongCode | Reason::CodeOutOfDate | Reason::NotFound | Reason::NoMethods => ErrorCode::WrongCode,
        Reason::MethodOff => ErrorCode::NoMethods,
        Reason::CodeReused => ErrorCode::CodeReused,
        Reason::PassExpired => ErrorCode::PassUnusable,
        Reason::FraudReported => ErrorCode::SignInReported,
        Reason::TooManyCodes | Reason::WrongPin => ErrorCode::TooManyCodes,
        Reason::Throttled => ErrorCode::Throttled,
        Reason::Locked => ErrorCode::Locked,
        Reason::PasskeyRefused => ErrorCode::PasskeyRefused,
        Reason::BlockedByPolicy => ErrorCode::BlockedByPolicy,
        Reason::Blocked => ErrorCode::Blocked,
        Reason::Disabled => ErrorCode::AccountDisabled,
        Reason::RegistrationRefused => ErrorCode::RegistrationRefused,
        Reason::MethodTooWeak => ErrorCode::MethodTooWeak,
        Reason::Misconfiguration => ErrorCode::PolicyMissing,
        Reason::Clock => ErrorCode::ClockWrong,
        _ => ErrorCode::Internal,
    }
}
