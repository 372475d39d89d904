//! `/register`: the wizard, during sign-in or by one's own wish. The server knows how far it is, so a closed tab or another device takes it up again.

use axum::{
    extract::{Form, Query as QueryOf},
    response::{IntoResponse, Response},
};
use domain::{
    methods::{MethodError, PendingTotp, SecurityInfo, recovery::RecoveryCodes},
    sign_in::{AttemptView, Caller, Confirmed, SessionStage, SignInError, SignedIn, full_session, password_session},
    verification::{RightAnswer, facts::Stage},
};
use model::*;

use super::{
    add_method::add_page,
    forms::{Fields, Query},
    register_more::{self, Wizard, finish, kind_of, page_of},
    sign_in::stopped,
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::{
        Problem,
        preferences::safe_path,
        register::{FOR_RESET, ForReset, InWizard, Mode, Offer, RegisterPage, RegisterStep, Registered, Skip, Square, page},
        security_info::{MethodView, Notice, TRIED},
    },
    routes,
    visit::query_value,
};

/// What the wizard calls an app that nobody has named.
const DEVICE: &str = "Authenticator";

/// The wizard's page: the square, or what `?show=` asks for.
pub(super) async fn show(mut guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    match guest.caller.clone() {
        Caller::Member(me) if query.show.as_deref() == Some("done") => done(&guest, &me).await,
        Caller::Member(me) if query.show.as_deref() == Some("reset") => for_reset(&guest, &me, query).await,
        Caller::Member(me) => {
            let pending = match guest.domain().methods().begin_totp(&me.me).await {
                Ok(pending) => pending,
                Err(MethodError::StepUp) => return Ok(see("/security-info?confirm=/register")),
                Err(error) => return Err(guest.fails()(error)),
            };
            Ok(guest.show_secret(|| page(guest.shell(), managed(&me, &pending, query.show.as_deref()))))
        }
        Caller::SigningIn {
            stage: SessionStage::Register, ..
        } => {
            let Some(view) = registering(&mut guest).await? else {
                return Ok(see(routes::SIGN_IN));
            };
            let (tenant, attempt) = guest.attempt().ok_or_else(|| guest.oops(ErrorCode::SignInExpired))?;
            // A method that was proven here before the tab was closed opens now.
            if !view.second_asked && !view.families.is_empty() {
                return finish(&guest, &Wizard { view, tenant, attempt }).await;
            }
            let offers = guest.domain().sign_in().wizard_offers(tenant, attempt).await.map_err(guest.fails())?;
            let shown = query.show.as_deref();
            if offers.is_empty() && !view.offers_app && !view.offers_passkey {
                return Ok(stopped(&guest, ErrorCode::NoMethods, None, Some(view.upn)));
            }
            // Without passkeys and apps the strongest of what is left comes first.
            let first = offers.first().copied().filter(|_| shown.is_none() && !view.offers_app && !view.offers_passkey);
            let asked = shown.and_then(kind_of).filter(|kind| offers.contains(kind)).or(first);
            if let Some(kind) = asked {
                return register_more::show(guest, Wizard { view, tenant, attempt }, kind, &query).await;
            }
            match shown {
                Some("choose") => return Ok(guest.show(|| page(guest.shell(), interrupted(&view, choose(&offers, None))))),
                // Where an app would not do, there is nothing to choose.
                shown if view.offers_passkey && (shown == Some("passkey") || !view.offers_app) => {
                    return Ok(guest.show(|| page(guest.shell(), interrupted(&view, RegisterStep::Passkey { problem: None }))));
                }
                _ => {}
            }
            let pending = guest.domain().sign_in().begin_registration(tenant, attempt).await.map_err(guest.fails())?;
            let step = match query.show.as_deref() {
                Some("test") => test(&view.tenant_name, &pending, None, None, None),
                _ => RegisterStep::Scan(square(&view.tenant_name, &pending)),
            };
            Ok(guest.show_secret(|| page(guest.shell(), interrupted(&view, step))))
        }
        Caller::SigningIn { .. } | Caller::Visitor => Ok(see(routes::SIGN_IN)),
    }
}

/// What came back.
pub(super) async fn act(guest: Guest, Form(fields): Form<Fields>) -> Answer {
    if matches!(guest.caller, Caller::Visitor) {
        return Ok(see(routes::SIGN_IN));
    }
    match fields.step.as_str() {
        "choose" if matches!(guest.caller, Caller::Member(_)) => {
            let page = MethodKind::from_text(&fields.kind).and_then(add_page);
            Ok(see(page.unwrap_or(routes::REGISTER)))
        }
        "choose" => Ok(see(MethodKind::from_text(&fields.kind).map_or(routes::REGISTER, page_of))),
        "back" => Ok(see(routes::REGISTER)),
        "send" | "again" | "code" | "token" => in_wizard(guest, &fields).await,
        "scanned" => Ok(see("/register?show=test")),
        "test" => try_once(guest, &fields).await,
        "passkey" => first_passkey(guest, &fields).await,
        "skip" => skip(guest).await,
        "codes" => Ok(see("/register?show=done")),
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

/// A phone or a token, which only the wizard of a sign-in takes here; whoever is signed in has pages of their own for them.
async fn in_wizard(mut guest: Guest, fields: &Fields) -> Answer {
    let Some(view) = registering(&mut guest).await? else {
        return Ok(see(routes::SIGN_IN));
    };
    let (tenant, attempt) = guest.attempt().ok_or_else(|| guest.oops(ErrorCode::SignInExpired))?;
    register_more::act(guest, Wizard { view, tenant, attempt }, fields).await
}

async fn try_once(mut guest: Guest, fields: &Fields) -> Answer {
    let label = CleanText::parse(&fields.device).unwrap_or_else(|_| CleanText::parse(DEVICE).expect("the default name is a name"));
    let code = OfferedCode::parse(&fields.code);
    let typed = || Some(fields.code.chars().filter(|c| !c.is_control()).take(40).collect());
    match guest.caller.clone() {
        Caller::Member(me) => {
            let confirmed = match code {
                Err(_) => Err(ErrorCode::CodeForm),
                Ok(code) => guest.domain().methods().confirm_totp(&me.me, &label, &code).await.map_err(|error| error.code()),
            };
            match confirmed {
                Ok(Some(codes)) => {
                    let model = RegisterPage {
                        step: RegisterStep::Codes {
                            codes: codes.reveal(),
                            unticked: false,
                        },
                        ..frame_of(&me)
                    };
                    Ok(guest.show_secret(|| page(guest.shell(), model)))
                }
                Ok(None) => Ok(see(&format!("{}?done=added&what={}", routes::SECURITY_INFO, query_value(label.as_str())))),
                Err(ErrorCode::StepUpRequired) => Ok(see("/security-info?confirm=/register")),
                Err(ErrorCode::PendingGone) => Ok(see(routes::REGISTER)),
                Err(problem @ (ErrorCode::CodeForm | ErrorCode::WrongCode)) => {
                    let pending = guest.domain().methods().begin_totp(&me.me).await.map_err(guest.fails())?;
                    let step = test(&me.tenant.name, &pending, Some(fields.device.clone()), typed(), Some(Problem::new(problem)));
                    Ok(again(&guest, problem, RegisterPage { step, ..frame_of(&me) }))
                }
                Err(other) => Err(guest.oops(other)),
            }
        }
        Caller::SigningIn { .. } => {
            let Some(view) = registering(&mut guest).await? else {
                return Ok(see(routes::SIGN_IN));
            };
            let (tenant, attempt) = guest.attempt().ok_or_else(|| guest.oops(ErrorCode::SignInExpired))?;
            let confirmed = match code {
                Err(_) => Err(ErrorCode::CodeForm),
                Ok(code) => match guest.domain().sign_in().confirm_registration(tenant, attempt, &label, &code).await {
                    Ok(Confirmed::Right(right, codes)) => Ok((right, codes)),
                    Ok(Confirmed::Wrong) => Err(ErrorCode::WrongCode),
                    // The square has expired meanwhile, or another tab was first: the wizard shows where it stands.
                    Err(SignInError::Expired | SignInError::OtherStep(_) | SignInError::PendingGone) => {
                        return match registering(&mut guest).await? {
                            Some(view) if !view.offers_app => not_any_more(&guest, &Wizard { view, tenant, attempt }).await,
                            _ => Ok(see(routes::REGISTER)),
                        };
                    }
                    Err(error) => return Err(guest.fails()(error)),
                },
            };
            match confirmed {
                Ok((right, codes)) => opened(&guest, &view, (tenant, attempt), &right, codes).await,
                Err(problem) => {
                    let pending = guest.domain().sign_in().begin_registration(tenant, attempt).await.map_err(guest.fails())?;
                    let step = test(&view.tenant_name, &pending, Some(fields.device.clone()), typed(), Some(Problem::new(problem)));
                    Ok(again(&guest, problem, interrupted(&view, step)))
                }
            }
        }
        Caller::Visitor => Ok(see(routes::SIGN_IN)),
    }
}

/// A passkey as the first method.
async fn first_passkey(mut guest: Guest, fields: &Fields) -> Answer {
    let Some(view) = registering(&mut guest).await? else {
        return Ok(see(routes::SIGN_IN));
    };
    let (tenant, attempt) = guest.attempt().ok_or_else(|| guest.oops(ErrorCode::SignInExpired))?;
    let browser = guest.browser();
    let made = match super::passkey::reply(browser.as_ref(), fields) {
        Ok(reply) => guest.domain().passkeys().finish_first(tenant, attempt, reply).await,
        Err(error) => Err(error),
    };
    match made {
        Ok((right, codes)) => opened(&guest, &view, (tenant, attempt), &right, codes).await,
        Err(error) if super::passkey::is_told(error.code()) => {
            let step = RegisterStep::Passkey {
                problem: Some(Problem::new(error.code())),
            };
            Ok(again(&guest, error.code(), interrupted(&view, step)))
        }
        // Another tab was first: the wizard shows where it stands.
        Err(error) if error.code() == ErrorCode::ChallengeGone => Ok(see(routes::REGISTER)),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The session that a first method opens, and the recovery codes, shown once.
pub(super) async fn opened(
    guest: &Guest,
    view: &AttemptView,
    (tenant, attempt): (TenantId, AttemptId),
    right: &RightAnswer,
    codes: Option<RecoveryCodes>,
) -> Answer {
    let mut new = full_session(tenant, attempt, right, guest.client.clone());
    new.note.back = guest.note().back;
    new.note.for_reset = view.reasons.contains(&RegistrationReason::SsprEnabled);
    guest.open(new).await?;
    let Some(codes) = codes else {
        return Ok(see("/register?show=done"));
    };
    let step = RegisterStep::Codes {
        codes: codes.reveal(),
        unticked: false,
    };
    let model = || RegisterPage {
        progress: progress(view, 2),
        ..interrupted(view, step)
    };
    Ok(guest.show_secret(|| page(guest.shell(), model())))
}

/// What was being set up has been switched off since: the choice again, and why.
pub(super) async fn not_any_more(guest: &Guest, wizard: &Wizard) -> Answer {
    let sign_in = guest.domain().sign_in();
    let offers = sign_in.wizard_offers(wizard.tenant, wizard.attempt).await.map_err(guest.fails())?;
    let problem = Problem::new(ErrorCode::MethodKindOff);
    let code = problem.code;
    let step = choose(&offers, Some(problem));
    Ok(guest.show_with(code, || page(guest.shell(), interrupted(&wizard.view, step))))
}

async fn skip(guest: Guest) -> Answer {
    let Some((tenant, attempt)) = guest.attempt() else {
        return Ok(see(routes::SIGN_IN));
    };
    let back = guest.note().back;
    let right = match guest.domain().sign_in().skip_registration(tenant, attempt).await {
        Ok(right) => right,
        // Another step than this, which is the same for every name before its password.
        Err(SignInError::Expired | SignInError::OtherStep(_)) => return Ok(see(routes::SIGN_IN)),
        Err(error) => return Err(guest.fails()(error)),
    };
    guest.open(password_session(tenant, attempt, &right, guest.client.clone())).await?;
    Ok(see(back.as_deref().unwrap_or(routes::HOME)))
}

/// The attempt at registration; nothing when it has moved on or ended.
async fn registering(guest: &mut Guest) -> Result<Option<AttemptView>, Stop> {
    let Some((tenant, attempt)) = guest.attempt() else { return Ok(None) };
    match guest.domain().sign_in().look(tenant, attempt).await {
        Ok(view) if view.stage == Stage::Register => {
            guest.in_attempt_of(&view);
            Ok(Some(view))
        }
        Ok(_) | Err(SignInError::Expired | SignInError::OtherStep(_)) => Ok(None),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// Asked after a sign-in of whoever could not reset his password as things are, and by his own wish; he goes on by a link.
async fn for_reset(guest: &Guest, me: &SignedIn, query: Query) -> Answer {
    let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
    let on = on_from(guest);
    let Some(missing) = missing_for_reset(guest, &info) else {
        return Ok(see(&on));
    };
    let mode = Mode::Interrupt {
        reasons: vec![RegistrationReason::SsprEnabled],
        application: None,
        skip: Skip::To(on),
    };
    let step = RegisterStep::ForReset(ForReset {
        notice: query
            .what
            .filter(|what| !what.is_empty())
            .and_then(|what| match query.done.as_deref() {
                Some("added") => Some(Notice::Added(what)),
                Some(TRIED) => Some(Notice::Tried(what)),
                _ => None,
            })
            .or((query.done.as_deref() == Some("questions")).then_some(Notice::Questions)),
        ..missing
    });
    let model = RegisterPage { mode, step, ..frame_of(me) };
    Ok(guest.show(|| page(guest.shell(), model)))
}

/// Where a sign-in that was interrupted leads: never back into what interrupts.
pub(super) fn on_from(guest: &Guest) -> String {
    let back = guest.note().back;
    let leads_on = |path: &&str| !path.starts_with(routes::REGISTER) && !path.starts_with("/security-info?done=");
    back.as_deref().and_then(safe_path).filter(leads_on).unwrap_or(routes::HOME).to_owned()
}

/// What a member lacks for a reset and can do something about; nothing where there is nothing to do.
pub(super) fn missing_for_reset(guest: &Guest, info: &SecurityInfo) -> Option<ForReset> {
    let standing = &info.for_reset;
    let may_add = |kind: &MethodKind| match kind {
        MethodKind::SecurityQuestions => info.questions.allowed,
        kind => info.may_add.contains(kind) && info.has_room_for(*kind),
    };
    let more = standing.more.iter().filter(|kind| standing.proofs < standing.gates && may_add(kind));
    let is_stale = |card: &MethodView| standing.stale.iter().any(|id| id.to_string() == card.id);
    let missing = ForReset {
        gates: standing.gates,
        proofs: standing.proofs,
        offers: more.map(|kind| Offer { kind: *kind }).collect(),
        stale: super::security_info::cards(info, guest).into_iter().filter(is_stale).collect(),
        notice: None,
    };
    (standing.lacks && !(missing.offers.is_empty() && missing.stale.is_empty())).then_some(missing)
}

async fn done(guest: &Guest, me: &SignedIn) -> Answer {
    let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
    let mut registered: Vec<Registered> = info
        .methods
        .iter()
        .filter(|m| m.active)
        .map(|m| Registered {
            kind: m.kind,
            device: Some(m.label.clone()),
            left: None,
            first_choice: m.is_default,
        })
        .collect();
    registered.sort_by_key(|method| !method.first_choice);
    if info.recovery_left > 0 {
        registered.push(Registered {
            kind: MethodKind::RecoveryCode,
            device: None,
            left: u8::try_from(info.recovery_left).ok(),
            first_choice: false,
        });
    }
    let step = RegisterStep::Done {
        name: me.member.given_name.clone(),
        registered,
        next: match guest.note().for_reset && missing_for_reset(guest, &info).is_some() {
            true => FOR_RESET.to_owned(),
            false => on_from(guest),
        },
    };
    Ok(guest.show(|| page(guest.shell(), RegisterPage { step, ..frame_of(me) })))
}

fn again(guest: &Guest, code: ErrorCode, model: RegisterPage) -> Response {
    (crate::edge::Uncompressed, guest.show_with(code, || page(guest.shell(), model))).into_response()
}

/// The wizard during sign-in. The recovery codes are its second step.
fn interrupted(view: &AttemptView, step: RegisterStep) -> RegisterPage {
    let InWizard { mode, tenant, progress } = inside(view);
    RegisterPage {
        mode,
        tenant,
        step,
        progress,
        passkey: view.offers_passkey,
    }
}

/// What stands around each page of the wizard.
pub(super) fn inside(view: &AttemptView) -> InWizard {
    let skip = view.skip_days_left.and_then(|days| u16::try_from(days).ok()).map_or(Skip::No, Skip::Days);
    let mode = Mode::Interrupt {
        reasons: view.reasons.clone(),
        application: view.application.clone(),
        skip,
    };
    InWizard {
        mode,
        tenant: view.tenant_name.clone(),
        progress: progress(view, 1),
    }
}

/// The step of registration, counted from the password where the set-up link began with one.
fn progress(view: &AttemptView, step: u8) -> (u8, u8) {
    let before = u8::from(view.purpose == Purpose::SetUp);
    (before + step, before + 2)
}

fn managed(me: &SignedIn, pending: &PendingTotp, show: Option<&str>) -> RegisterPage {
    let step = match show {
        Some("choose") => choose(&[MethodKind::Totp], None),
        Some("test") => test(&me.tenant.name, pending, None, None, None),
        _ => RegisterStep::Scan(square(&me.tenant.name, pending)),
    };
    RegisterPage { step, ..frame_of(me) }
}

/// By one's own wish it is one thing at a time, and nothing is counted.
fn frame_of(me: &SignedIn) -> RegisterPage {
    RegisterPage {
        mode: Mode::Manage,
        tenant: me.tenant.name.clone(),
        step: choose(&[MethodKind::Totp], None),
        progress: (1, 1),
        passkey: false,
    }
}

/// What may be registered, strongest first.
fn choose(kinds: &[MethodKind], problem: Option<Problem>) -> RegisterStep {
    RegisterStep::Choose {
        offers: kinds.iter().map(|kind| Offer { kind: *kind }).collect(),
        problem,
    }
}

fn square(tenant: &str, pending: &PendingTotp) -> Square {
    Square {
        issuer: tenant.to_owned(),
        otpauth: pending.uri(tenant),
        key: pending.seed.reveal(),
        params: pending.params,
    }
}

fn test(tenant: &str, pending: &PendingTotp, device: Option<String>, typed: Option<String>, problem: Option<Problem>) -> RegisterStep {
    RegisterStep::Test {
        issuer: tenant.to_owned(),
        digits: pending.params.digits,
        device: device.unwrap_or_default(),
        typed,
        problem,
        square: Some(square(tenant, pending)),
    }
}
