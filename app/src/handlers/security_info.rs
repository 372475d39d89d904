//! `/security-info`: one's own methods and sessions, and what changes about them. A change asks for a fresh second step and then goes on.

use axum::extract::{Form, Query as QueryOf};
use domain::{
    methods::{MethodError, MethodView as Held, PAST, SecurityInfo as Info, pass::PassView, question::QuestionError},
    sign_in::{AttemptView, NewSession, SignedIn, full_session, lost::LOST},
    verification::{Answered, CallState, RightAnswer},
};
use model::*;
use uuid::Uuid;

use super::{
    add_address::page_of_proof,
    forms::{Fields, Query},
    register::{missing_for_reset, on_from},
    sign_in::{asked, call_of, code_of, code_of_call, code_of_offered, digits_of, next_code, takes_no_digits},
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    format,
    pages::{
        Problem,
        fate::Awaited,
        preferences::safe_path,
        register::FOR_RESET,
        security_info::{
            Browser, Confirm, ForReset, MethodState, MethodView, Notice, OffView, OffWhy, PATH, Proves, QUESTIONS, Remove, RemoveEffect, SecurityInfo,
            SecurityInfoPage, TRIED, page,
        },
    },
    routes,
    visit::query_value,
};

/// Recent sign-ins on this page.
const ACTIVITY_ROWS: usize = 5;
/// Days after which a method counts as not used for long.
const STALE_DAYS: i64 = 365;

/// The cards, or the one question that the query asks.
pub(super) async fn show(guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    let me = guest.member()?.clone();
    let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
    let named = |id: &Option<String>| id.as_deref().and_then(|id| cards(&info, &guest).into_iter().find(|card| card.id == id));
    if let Some(back) = &query.confirm {
        return confirm_page(guest, &me, back, None).await;
    }
    if let Some(handle) = &query.calling {
        return calling(guest, &me, handle).await;
    }
    if query.bypass.is_some() {
        return super::own_bypass::ask(guest, &me).await;
    }
    let model = if let Some(method) = named(&query.rename) {
        SecurityInfo::Rename {
            name: method.name.clone().unwrap_or_default(),
            method,
            error: None,
        }
    } else if let Some(method) = named(&query.remove) {
        SecurityInfo::Remove(Remove {
            effect: effect_of(&info, &method.id),
            method,
        })
    } else if query.remove.as_deref() == Some(QUESTIONS) && info.questions.registered > 0 {
        SecurityInfo::RemoveQuestions
    } else if query.renew.is_some() {
        SecurityInfo::Renew {
            left: u8::try_from(info.recovery_left).unwrap_or(u8::MAX),
        }
    } else {
        // Whoever was asked for what a reset takes goes on with it after each part of it.
        let done = query.done.as_deref().filter(|done| matches!(*done, "added" | "questions" | TRIED));
        let asked = done.filter(|_| guest.note().for_reset);
        if let Some(done) = asked.filter(|_| missing_for_reset(&guest, &info).is_some()) {
            let what = query_value(query.what.as_deref().unwrap_or_default());
            return Ok(see(&format!("{FOR_RESET}&done={}&what={what}", query_value(done))));
        }
        let ready = asked.is_some() && !info.for_reset.lacks;
        let what = query.what.unwrap_or_default();
        let notice = match query.done.as_deref() {
            Some("added") if !what.is_empty() => Some(Notice::Added(what)),
            Some("questions") => Some(Notice::Questions),
            Some("questions-removed") => Some(Notice::QuestionsRemoved),
            Some("pin") => Some(Notice::Pin),
            Some("bypass-ended") => Some(Notice::BypassEnded),
            Some("removed") => Some(Notice::Removed(what)),
            Some("renamed") => Some(Notice::Renamed(what)),
            Some("first") => Some(Notice::First(what)),
            Some("found") => Some(Notice::Found(what)),
            Some("changed") => Some(Notice::Changed(what)),
            Some(TRIED) if !what.is_empty() => Some(Notice::Tried(what)),
            Some("forgotten") => Some(Notice::Forgotten(what)),
            Some("ended") => Some(Notice::Ended),
            Some("all-ended") => Some(Notice::AllEnded),
            _ => None,
        };
        let mut model = overview(&guest, &me, &info, notice).await?;
        if let (SecurityInfo::Overview(model), true) = (&mut model, ready) {
            model.for_reset = Some(ForReset::Ready(Some(on_from(&guest)).filter(|on| on != routes::HOME)));
        }
        if let (SecurityInfo::Overview(model), Some("removed")) = (&mut model, query.done.as_deref()) {
            let accepted = guest.domain().passkeys().accepted(&me.me).await.map_err(guest.fails())?;
            model.signal = accepted.map(|told| told.to_string());
        }
        model
    };
    Ok(guest.show(|| page(guest.shell(), model)))
}

/// What came back.
pub(super) async fn act(guest: Guest, Form(fields): Form<Fields>) -> Answer {
    let me = guest.member()?.clone();
    match fields.step.as_str() {
        "confirm" => return confirm(guest, &me, &fields).await,
        "confirm-passkey" => return confirm_passkey(guest, &me, &fields).await,
        "confirm-send" => return confirm_send(guest, &me, &fields).await,
        "codes" => return Ok(see(PATH)),
        "end" => return end_session(guest, &me, &fields).await,
        "end-others" => return end_others(guest, &me).await,
        "forget" => return forget_browser(guest, &me, &fields).await,
        "remove-questions" => return remove_questions(guest, &me).await,
        "bypass" => return super::own_bypass::open(guest, &me, &fields).await,
        "bypass-end" => return super::own_bypass::close(guest, &me).await,
        "check" => return check(guest, &me, &fields).await,
        _ => {}
    }
    let methods = guest.domain().methods();
    let id = fields.method.parse::<MethodId>().ok();
    let what = || query_value(fields.name.trim());
    let changed = match (fields.step.as_str(), id) {
        ("first", Some(id)) => methods.make_default(&me.me, id).await.map(|()| format!("done=first&what={}", what())),
        ("rename", Some(id)) => match CleanText::parse(&fields.name) {
            Ok(label) => methods.rename(&me.me, id, &label).await.map(|()| format!("done=renamed&what={}", what())),
            Err(problem) => return rename_again(guest, &me, &fields, problem).await,
        },
        ("remove", Some(id)) => methods.remove(&me.me, id).await.map(|()| format!("done=removed&what={}", what())),
        ("found", Some(id)) => guest
            .domain()
            .sign_in()
            .found_again(&me.me, id)
            .await
            .map(|()| format!("done=found&what={}", what())),
        ("renew", _) => match methods.new_recovery_codes(&me.me).await {
            Ok(codes) => {
                return Ok(guest.show_secret(|| {
                    page(
                        guest.shell(),
                        SecurityInfo::Codes {
                            codes: codes.reveal(),
                            unticked: false,
                        },
                    )
                }));
            }
            Err(error) => Err(error),
        },
        _ => return Err(guest.oops(ErrorCode::BadRequest)),
    };
    match changed {
        Ok(done) => Ok(see(&format!("{PATH}?{done}"))),
        Err(MethodError::StepUp) => {
            let back = match (fields.step.as_str(), id) {
                ("rename", Some(id)) => format!("{PATH}?rename={id}"),
                ("remove", Some(id)) => format!("{PATH}?remove={id}"),
                ("renew", _) => format!("{PATH}?renew=1"),
                _ => PATH.to_owned(),
            };
            Ok(see(&format!("{PATH}?confirm={}", query_value(&back))))
        }
        Err(error @ MethodError::Needed) => overview_again(&guest, Problem::new(error.code())).await,
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The cards, with what stands in the way of what was asked.
pub(super) async fn overview_again(guest: &Guest, problem: Problem) -> Answer {
    let me = guest.member()?;
    let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
    let code = problem.code;
    let mut model = overview(guest, me, &info, None).await?;
    if let SecurityInfo::Overview(model) = &mut model {
        model.problem = Some(problem);
    }
    Ok(guest.show_with(code, || page(guest.shell(), model)))
}

/// Sends a code to a phone or mailbox of the member's own, who wants to see that it comes.
async fn check(guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let methods = guest.domain().methods();
    let id = fields.method.parse::<MethodId>().map_err(|_| guest.oops(ErrorCode::BadRequest))?;
    let info = methods.mine(&me.me).await.map_err(guest.fails())?;
    let Some(held) = info.methods.iter().find(|held| held.id == id) else {
        return Ok(see(PATH));
    };
    match methods.begin_check(&me.me, id).await {
        Ok(proving) => Ok(see(&page_of_proof(held.kind, proving.attempt, &Proves::Still))),
        Err(MethodError::NotSent(why)) => overview_again(&guest, Problem::not_sent(why.until())).await,
        Err(error @ MethodError::KindOff(_)) => overview_again(&guest, Problem::new(error.code())).await,
        Err(MethodError::Unknown) => Ok(see(PATH)),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The session with its fresh second step. What it remembers goes on.
async fn open_fresh(guest: &Guest, (tenant, attempt): (TenantId, AttemptId), right: &RightAnswer) -> Result<(), Stop> {
    let new = NewSession {
        note: guest.note(),
        ..full_session(tenant, attempt, right, guest.client.clone())
    };
    guest.open(new).await
}

/// The kind that is tried, where the way back says that nothing else is meant.
fn tried(back: &str) -> Option<MethodKind> {
    MethodKind::from_text(back.strip_prefix(&format!("{PATH}?done={TRIED}&only="))?)
}

/// Where a right answer leads: back to the change, or to the cards, which say what works.
async fn confirmed(guest: &Guest, me: &SignedIn, back: &str) -> Answer {
    let Some(kind) = tried(back) else { return Ok(see(back)) };
    let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
    let used = info.methods.into_iter().filter(|held| held.kind == kind).max_by_key(|held| held.last_used_at);
    let what = used.map(|held| held.label).unwrap_or_default();
    Ok(see(&format!("{PATH}?done={TRIED}&what={}", query_value(&what))))
}

/// Removes the security questions; a second click finds them gone and is told the same.
async fn remove_questions(guest: Guest, me: &SignedIn) -> Answer {
    let done = format!("{PATH}?done=questions-removed");
    match guest.domain().methods().remove_questions(&me.me).await {
        Ok(()) | Err(QuestionError::Method(MethodError::Unknown)) => Ok(see(&done)),
        Err(QuestionError::Method(MethodError::StepUp)) => {
            let back = format!("{PATH}?remove={QUESTIONS}");
            Ok(see(&format!("{PATH}?confirm={}", query_value(&back))))
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

/// Asks for a fresh second step. The attempt travels in the form with the way back; it is bound to this member, whatever the form says.
async fn confirm_page(mut guest: Guest, me: &SignedIn, back: &str, problem: Option<Problem>) -> Answer {
    let begun = guest.domain().sign_in().begin_step_up(&me.me).await.map_err(guest.fails())?;
    let attempt = begun.attempt.ok_or_else(|| guest.oops(ErrorCode::Internal))?;
    guest.in_attempt(begun.session_id);
    let back = safe_path(back).unwrap_or(PATH);
    let view = guest.domain().sign_in().look(me.me.tenant(), attempt).await.map_err(guest.fails())?;
    asking(&guest, &view, &format!("{attempt}~{back}"), None, problem).await
}

/// The page that asks: for the passkey of whoever has one; else for the code that is on its way, or what the member has at hand; and where a code can be sent.
async fn asking(guest: &Guest, view: &AttemptView, handle: &str, typed: Option<String>, problem: Option<Problem>) -> Answer {
    let me = guest.member()?;
    let tries = handle.split_once('~').and_then(|(_, back)| tried(back));
    let by_passkey = tries.is_none() && guest.domain().methods().are_changed_by_passkey(&me.me).await.map_err(guest.fails())?;
    let is_asked = |kind: MethodKind| tries.is_none_or(|tried| tried == kind);
    let at_hand = match &view.sent {
        _ if by_passkey => Some(MethodKind::Pass).filter(|kind| view.families.contains(&kind.family())),
        Some(sent) => Some(sent.kind),
        None if tries.is_some() => tries.filter(|kind| matches!(kind, MethodKind::Totp | MethodKind::HardwareToken)),
        None if !view.apps.is_empty() => Some(MethodKind::Totp),
        None if !view.tokens.is_empty() => Some(MethodKind::HardwareToken),
        None if view.families.contains(&Family::Pass) => Some(MethodKind::Pass),
        None if view.addresses.is_empty() && view.families.contains(&Family::Recovery) => Some(MethodKind::RecoveryCode),
        None => None,
    };
    let call = call_of(view);
    let asked = at_hand.filter(|_| call.is_none()).map(|kind| {
        let mut asked = asked(kind, &view.tenant_name);
        asked.method = handle.to_owned();
        // Before a change any app or token will do.
        asked.digits = digits_of(view, |other| kind.family() == Family::Oath && is_asked(other));
        if let Some(sent) = view.sent.as_ref().filter(|sent| sent.kind == kind) {
            asked.sent_to = Some(sent.sent_to.clone());
            asked.valid_until = Some(sent.expires_at);
            asked.awaited = Some(Awaited {
                attempt: view.attempt,
                fate: sent.fate,
            });
        }
        asked
    });
    let code = problem.as_ref().map(|problem| problem.code);
    let model = || {
        SecurityInfo::Confirm(Confirm {
            handle: handle.to_owned(),
            asked,
            call,
            passkey: handle
                .split('~')
                .next()
                .filter(|_| view.families.contains(&Family::WebAuthn) && is_asked(MethodKind::Passkey))
                .map(str::to_owned),
            sends: view.addresses.iter().filter(|(kind, _)| is_asked(*kind) && !by_passkey).cloned().collect(),
            tries,
            typed,
            problem,
        })
    };
    match code {
        Some(code) => Ok(guest.show_with(code, || page(guest.shell(), model()))),
        None => Ok(guest.show(|| page(guest.shell(), model()))),
    }
}

/// The page that waits for a call before a change, and goes on when the right keys were pressed in it.
async fn calling(mut guest: Guest, me: &SignedIn, handle: &str) -> Answer {
    let (attempt, back) = handle.split_once('~').unwrap_or((handle, PATH));
    let Ok(attempt) = attempt.parse::<AttemptId>() else {
        return Err(guest.oops(ErrorCode::BadRequest));
    };
    let back = safe_path(back).unwrap_or(PATH).to_owned();
    let tenant = me.me.tenant();
    let Some(view) = guest.own_attempt(attempt, Purpose::StepUp).await? else {
        // Said in the call that it was not he, or wrong too often: whoever this is, the session ends.
        let refused = guest
            .domain()
            .verification()
            .refusal(tenant, attempt, Some(me.me.id()))
            .await
            .map_err(guest.fails())?;
        return match refused.map_or(ErrorCode::SignInExpired, code_of_call) {
            ErrorCode::SignInExpired => confirm_page(guest, me, &back, Some(Problem::new(ErrorCode::ChallengeGone))).await,
            code => {
                guest.close().await?;
                Err(guest.oops(code))
            }
        };
    };
    if view.sent.as_ref().is_none_or(|sent| sent.call != Some(CallState::Right)) {
        return asking(&guest, &view, &format!("{attempt}~{back}"), None, None).await;
    }
    let completed = guest
        .domain()
        .verification()
        .complete(tenant, attempt, Purpose::StepUp)
        .await
        .map_err(guest.fails())?;
    match completed {
        Some((Answered::Right(right), _)) if right.member == me.me.id() => {
            open_fresh(&guest, (tenant, attempt), &right).await?;
            confirmed(&guest, me, &back).await
        }
        Some((Answered::Ended { reason, .. }, _)) => {
            guest.close().await?;
            Err(guest.oops(code_of(reason)))
        }
        Some((Answered::Right(_) | Answered::Register, _)) => Err(guest.oops(ErrorCode::Forbidden)),
        Some((Answered::Wrong { reason, .. }, _)) => confirm_page(guest, me, &back, Some(Problem::new(code_of(reason)))).await,
        Some((Answered::Wait { until }, _)) => {
            let problem = Problem {
                until: Some(until),
                ..Problem::new(ErrorCode::Throttled)
            };
            confirm_page(guest, me, &back, Some(problem)).await
        }
        None => confirm_page(guest, me, &back, Some(Problem::new(ErrorCode::ChallengeGone))).await,
    }
}

/// Sends a code for the step before a change.
async fn confirm_send(mut guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let (attempt, back) = fields.method.split_once('~').unwrap_or((&fields.method, PATH));
    let (Ok(attempt), Some(kind)) = (attempt.parse::<AttemptId>(), MethodKind::from_text(&fields.kind)) else {
        return Err(guest.oops(ErrorCode::BadRequest));
    };
    let tenant = me.me.tenant();
    let Some(view) = guest.own_attempt(attempt, Purpose::StepUp).await? else {
        return confirm_page(guest, me, back, Some(Problem::new(ErrorCode::ChallengeGone))).await;
    };
    let verification = guest.domain().verification();
    // Pressed again, it is the same code once more.
    let sent = match view.sent.as_ref().is_some_and(|sent| sent.kind == kind) {
        true => verification.send_again(tenant, attempt, Purpose::StepUp).await,
        false => verification.send(tenant, attempt, Purpose::StepUp, kind).await,
    };
    let problem = sent.map_err(guest.fails())?.err().map(|why| Problem::not_sent(why.until()));
    let Some(view) = guest.own_attempt(attempt, Purpose::StepUp).await? else {
        return confirm_page(guest, me, back, Some(Problem::new(ErrorCode::ChallengeGone))).await;
    };
    if problem.is_none() && kind == MethodKind::Voice {
        return Ok(see(&format!("{PATH}?calling={}", query_value(&fields.method))));
    }
    asking(&guest, &view, &fields.method, None, problem).await
}

async fn confirm(mut guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let (attempt, back) = fields.method.split_once('~').unwrap_or((&fields.method, PATH));
    let Ok(attempt) = attempt.parse::<AttemptId>() else {
        return Err(guest.oops(ErrorCode::BadRequest));
    };
    let back = safe_path(back).unwrap_or(PATH).to_owned();
    let tenant = me.me.tenant();
    // The attempt must be this member's own: somebody else's right code opens nothing here.
    let Some(view) = guest.own_attempt(attempt, Purpose::StepUp).await? else {
        return confirm_page(guest, me, &back, Some(Problem::new(ErrorCode::ChallengeGone))).await;
    };
    let typed = || Some(fields.code.chars().filter(|c| !c.is_control()).take(40).collect());
    let again = |problem| asking(&guest, &view, &fields.method, typed(), Some(problem));
    let Ok(offered) = OfferedCode::parse(&fields.code) else {
        return again(Problem::new(ErrorCode::CodeForm)).await;
    };
    // What was asked for has been switched off since.
    if takes_no_digits(&view) && matches!(offered, OfferedCode::Digits(_)) {
        return confirm_page(guest, me, &back, Some(Problem::new(ErrorCode::MethodKindOff))).await;
    }
    let (answered, _) = guest
        .domain()
        .verification()
        .second(tenant, attempt, Purpose::StepUp, &offered, tried(&back))
        .await
        .map_err(guest.fails())?;
    match answered {
        Answered::Right(right) if right.member == me.me.id() => {
            open_fresh(&guest, (tenant, attempt), &right).await?;
            confirmed(&guest, me, &back).await
        }
        Answered::Right(_) | Answered::Register => Err(guest.oops(ErrorCode::Forbidden)),
        // Switched off or removed since it was asked for: what there is now is asked for.
        Answered::Wrong { reason: Reason::MethodOff, .. } => confirm_page(guest, me, &back, Some(Problem::new(ErrorCode::MethodKindOff))).await,
        Answered::Wrong { reason, tries_left } => {
            let code = code_of_offered(reason, &offered);
            let until = (code == ErrorCode::CodeReused).then(|| next_code(guest.visit.now));
            let problem = Problem {
                code,
                tries_left: u8::try_from(tries_left).ok(),
                until,
            };
            again(problem).await
        }
        Answered::Wait { until } => {
            let problem = Problem {
                until: Some(until),
                ..Problem::new(ErrorCode::Throttled)
            };
            again(problem).await
        }
        // Wrong too often: whoever this is, the session ends.
        Answered::Ended { reason, .. } => {
            guest.close().await?;
            Err(guest.oops(code_of(reason)))
        }
    }
}

/// A passkey before a change.
async fn confirm_passkey(mut guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let (attempt, back) = fields.method.split_once('~').unwrap_or((&fields.method, PATH));
    let Ok(attempt) = attempt.parse::<AttemptId>() else {
        return Err(guest.oops(ErrorCode::BadRequest));
    };
    let back = safe_path(back).unwrap_or(PATH).to_owned();
    let tenant = me.me.tenant();
    let Some(view) = guest.own_attempt(attempt, Purpose::StepUp).await? else {
        return confirm_page(guest, me, &back, Some(Problem::new(ErrorCode::ChallengeGone))).await;
    };
    match super::passkey::second(&guest, &view, (tenant, attempt), fields).await? {
        Ok(Answered::Right(right)) if right.member == me.me.id() => {
            open_fresh(&guest, (tenant, attempt), &right).await?;
            confirmed(&guest, me, &back).await
        }
        Ok(Answered::Ended { reason, .. }) => {
            guest.close().await?;
            Err(guest.oops(code_of(reason)))
        }
        Ok(_) => Err(guest.oops(ErrorCode::Forbidden)),
        Err(code) => asking(&guest, &view, &fields.method, None, Some(Problem::new(code))).await,
    }
}

async fn end_session(guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let handle = fields.session.parse::<Uuid>().map_err(|_| guest.oops(ErrorCode::BadRequest))?;
    guest.domain().sign_in().revoke(me, handle).await.map_err(guest.fails())?;
    if handle == me.handle {
        guest.close().await?;
        return Ok(see("/sign-in?done=out"));
    }
    Ok(see("/security-info?done=ended"))
}

async fn end_others(guest: Guest, me: &SignedIn) -> Answer {
    guest.domain().sign_in().revoke_others(me).await.map_err(guest.fails())?;
    Ok(see("/security-info?done=all-ended"))
}

async fn rename_again(guest: Guest, me: &SignedIn, fields: &Fields, problem: TextError) -> Answer {
    let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
    let method = cards(&info, &guest)
        .into_iter()
        .find(|card| card.id == fields.method)
        .ok_or_else(|| guest.oops(ErrorCode::NameUnknown))?;
    let name = fields.name.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX).collect();
    let model = SecurityInfo::Rename {
        method,
        name,
        error: Some(problem),
    };
    Ok(guest.show_with(ErrorCode::Invalid, || page(guest.shell(), model)))
}

/// A remembered browser is asked again from the next sign-in. That takes a right away, so that no fresh factor is asked for it.
async fn forget_browser(guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let id = fields.browser.parse::<Uuid>().map_err(|_| guest.oops(ErrorCode::BadRequest))?;
    let sign_in = guest.domain().sign_in();
    let devices = sign_in.devices(&me.me, None).await.map_err(guest.fails())?;
    let name = devices
        .iter()
        .find(|device| device.id == id)
        .map(|device| format::browser(guest.visit.locale, Some(&device.agent)));
    sign_in.forget_device(&me.me, id).await.map_err(guest.fails())?;
    Ok(see(&match name {
        Some(name) => format!("{PATH}?done=forgotten&what={}", query_value(&name)),
        None => PATH.to_owned(),
    }))
}

async fn overview(guest: &Guest, me: &SignedIn, info: &Info, notice: Option<Notice>) -> Result<SecurityInfo, Stop> {
    let sessions = guest.domain().sign_in().sessions(me).await.map_err(guest.fails())?;
    let devices = guest.domain().sign_in().devices(&me.me, guest.device.as_ref()).await.map_err(guest.fails())?;
    let browsers = devices
        .into_iter()
        .map(|device| Browser {
            id: device.id.to_string(),
            name: format::browser(guest.visit.locale, Some(&device.agent)),
            place: None,
            at: device.expires_at,
            phone: device.agent.contains("Mobile"),
            this: device.this,
        })
        .collect();
    let activity = super::activity::recent(guest, me, ACTIVITY_ROWS).await?;
    let own = guest.domain().methods().my_app_passwords(&me.me).await.map_err(guest.fails())?;
    let browser = |s: domain::sign_in::SessionView| Browser {
        id: s.handle.to_string(),
        name: format::browser(guest.visit.locale, s.user_agent.as_deref()),
        place: s.client_ip,
        at: s.created_at,
        phone: s.user_agent.as_deref().is_some_and(|agent| agent.contains("Mobile")),
        this: s.this,
    };
    let off = info
        .methods
        .iter()
        .filter(|m| !m.active && !matches!(m.disabled_reason.as_deref(), Some("too_many_wrong" | LOST)))
        .map(|m| OffView {
            kind: m.kind,
            why: match m.disabled_reason.as_deref() {
                Some("not_me") => OffWhy::NotMine,
                Some(PAST) => OffWhy::Past,
                _ => OffWhy::Admin,
            },
        })
        .collect();
    Ok(SecurityInfo::Overview(Box::new(SecurityInfoPage {
        tenant: me.tenant.name.clone(),
        methods: cards(info, guest),
        off,
        add: super::add_method::way_to_add(info),
        waiting: guest
            .domain()
            .tokens()
            .waiting_for(&me.me)
            .await
            .map_err(guest.fails())?
            .into_iter()
            .map(|token| token.serial)
            .collect(),
        pass: info.pass.clone().filter(PassView::is_live),
        questions: info.questions,
        app_passwords: (own.allowed || !own.items.is_empty()).then_some(own.items.len()),
        lost: Some(routes::LOST.to_owned()),
        for_reset: missing_for_reset(guest, info).map(|missing| match missing.offers.is_empty() {
            true => ForReset::Stale,
            false => ForReset::Lacks,
        }),
        call_pin: info.call_pin,
        bypass: guest.domain().methods().own_bypass(&me.me).await.map_err(guest.fails())?,
        activity,
        browsers,
        sessions: sessions.into_iter().map(browser).collect(),
        notice,
        problem: None,
        signal: None,
    })))
}

/// The cards, the first choice first, recovery codes last.
pub(super) fn cards(info: &Info, guest: &Guest) -> Vec<MethodView> {
    let stale = |m: &Held| m.last_used_at.is_some_and(|at| guest.visit.now.duration_since(at).as_hours() > 24 * STALE_DAYS);
    let shown = info
        .methods
        .iter()
        .filter(|m| m.active || matches!(m.disabled_reason.as_deref(), Some("too_many_wrong" | LOST)));
    let tenant = guest.member().map(|me| me.tenant.name.clone()).unwrap_or_default();
    let mut cards: Vec<MethodView> = shown
        .map(|m| MethodView {
            id: m.id.to_string(),
            kind: m.kind,
            name: Some(m.label.clone()),
            added: m.created_at,
            last_used: m.last_used_at,
            first_choice: m.is_default && m.second_factor,
            state: match (m.active, stale(m)) {
                (true, _) if info.is_not_allowed(m.kind) => MethodState::NotAllowed(tenant.clone()),
                (false, _) if m.disabled_reason.as_deref() == Some(LOST) => MethodState::Lost,
                (false, _) => MethodState::SwitchedOff,
                (true, true) => MethodState::Stale,
                (true, false) => MethodState::Good,
            },
            reset: m.not_for_reset,
            can_be_first: m.second_factor,
            can_be_tried: info.can_be_tried(m),
            can_be_changed: info.can_be_changed(m),
            can_be_renamed: true,
            can_be_removed: true,
        })
        .collect();
    cards.sort_by_key(|card| !card.first_choice);
    if let Some(made_at) = info.recovery_made_at {
        let count = |n: i64| u8::try_from(n).unwrap_or(u8::MAX);
        cards.push(MethodView {
            id: String::from("recovery"),
            kind: MethodKind::RecoveryCode,
            name: None,
            added: made_at,
            last_used: info.recovery_used_at,
            first_choice: false,
            state: MethodState::Codes {
                left: count(info.recovery_left),
                total: count(info.recovery_all),
            },
            reset: None,
            can_be_first: false,
            can_be_tried: false,
            can_be_changed: false,
            can_be_renamed: false,
            can_be_removed: false,
        });
    }
    cards
}

/// What removing a method does to the rest.
fn effect_of(info: &Info, id: &str) -> RemoveEffect {
    let mut left: Vec<&Held> = info.methods.iter().filter(|m| m.second_factor && m.id.to_string() != id).collect();
    left.sort_by_key(|m| m.kind);
    let gone = info.methods.iter().find(|m| m.id.to_string() == id);
    if gone.is_some_and(|m| !m.second_factor && !m.is_default) {
        return RemoveEffect::None;
    }
    match (left.first(), gone.is_some_and(|m| m.is_default)) {
        (None, _) => RemoveEffect::NothingLeft,
        (Some(next), true) => RemoveEffect::NextIsFirst(next.kind),
        (Some(_), false) if left.len() == 1 => RemoveEffect::OneLeft,
        (Some(_), false) => RemoveEffect::None,
    }
}
