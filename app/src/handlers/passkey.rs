//! Passkeys: each question is JSON for the page's script, each answer comes back in a form like any other.

use axum::{
    Json,
    extract::{Form, Query as QueryOf},
    response::IntoResponse,
};
use domain::{
    methods::MethodError,
    passkeys::{PasskeysError, Reply, SignedIn},
    sign_in::{AttemptView, Caller, SessionStage, full_session},
    verification::{Answered, facts::Stage},
    webauthn::{OptionsJson, Prompt},
};
use model::*;

use super::{
    forms::{Fields, Query},
    sign_in::{code_of, name_step, stopped, switch_on_weaker},
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::{
        Problem,
        preferences::safe_path,
        security_info::{self, AddPasskey, SecurityInfo, add_passkey},
        sign_in::page,
    },
    routes,
    visit::query_value,
};

/// Whether it can be said on the page where it happened, and tried again there.
pub(super) fn is_told(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::PasskeyAgain | ErrorCode::PasskeyRefused | ErrorCode::PasskeyLocked | ErrorCode::PasskeyKnown | ErrorCode::PasskeyModel
    )
}

/// What came back in a form, for the browser that was asked.
pub(super) fn reply<'a>(browser: Option<&'a [u8; 32]>, fields: &'a Fields) -> Result<Reply<'a>, PasskeysError> {
    Ok(Reply {
        browser: browser.ok_or(PasskeysError::Gone)?,
        ceremony: &fields.ceremony,
        answer: &fields.response,
    })
}

fn question(guest: &Guest, asked: Result<OptionsJson, PasskeysError>) -> Answer {
    asked.map(|options| Json(options).into_response()).map_err(guest.fails())
}

/// Asks for any passkey of the service. It tells nothing about who has one.
pub(super) async fn sign_in_options(guest: Guest) -> Answer {
    let browser = guest.browser_or_new().await?;
    question(&guest, guest.domain().passkeys().begin_sign_in(&browser, Prompt::Button).await)
}

/// Takes the answer in place of name and password.
pub(super) async fn sign_in(mut guest: Guest, query: &Query, fields: &Fields) -> Answer {
    if let Caller::Member(me) = &guest.caller {
        return Ok(see(&crate::pages::home_of(me)));
    }
    let browser = guest.browser();
    let outcome = match reply(browser.as_ref(), fields) {
        Ok(reply) => guest.domain().passkeys().sign_in(reply, &guest.client).await,
        Err(error) => Err(error),
    };
    let code = match outcome {
        Ok(SignedIn::Right { tenant, attempt, right }) => {
            let back = query.back.as_deref().and_then(safe_path).map(str::to_owned).or(guest.note().back);
            switch_on_weaker(&guest, tenant, &right).await?;
            guest.open(full_session(tenant, attempt, &right, guest.client.clone())).await?;
            return Ok(see(back.as_deref().unwrap_or(routes::HOME)));
        }
        Ok(SignedIn::Refused { reason, session_id }) => {
            guest.in_attempt(session_id);
            match code_of(reason) {
                code if is_told(code) => code,
                code => return Ok(stopped(&guest, code, None, None)),
            }
        }
        Err(error) if is_told(error.code()) => error.code(),
        Err(error) => return Err(guest.fails()(error)),
    };
    let model = || name_step(String::new(), None, Some(Problem::new(code)));
    Ok(guest.show_with(code, || page(guest.shell(), model())))
}

/// Asks the member of the attempt at its second step.
pub(super) async fn second_options(guest: Guest) -> Answer {
    let (Some((tenant, attempt)), Some(browser)) = (guest.attempt(), guest.browser()) else {
        return Err(guest.oops(ErrorCode::SignInExpired));
    };
    let view = guest.domain().sign_in().look(tenant, attempt).await.map_err(guest.fails())?;
    if view.stage != Stage::Second {
        return Err(guest.oops(ErrorCode::SignInExpired));
    }
    question(&guest, guest.domain().passkeys().begin_second(tenant, attempt, view.purpose, &browser).await)
}

/// Takes the answer as the second step; what cannot go on here is told by the caller's page.
pub(super) async fn second(guest: &Guest, view: &AttemptView, at: (TenantId, AttemptId), fields: &Fields) -> Result<Result<Answered, ErrorCode>, Stop> {
    let browser = guest.browser();
    let outcome = match reply(browser.as_ref(), fields) {
        Ok(reply) => guest.domain().passkeys().second(at.0, at.1, view.purpose, reply).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok((Answered::Wrong { reason, .. }, _)) => Ok(Err(code_of(reason))),
        Ok((answered, _)) => Ok(Ok(answered)),
        Err(error) if is_told(error.code()) => Ok(Err(error.code())),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// Asks for a fresh second step before a change. The attempt must be this member's own.
pub(super) async fn confirm_options(mut guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    let tenant = guest.member()?.me.tenant();
    let attempt = query.attempt.as_deref().and_then(|id| id.parse::<AttemptId>().ok());
    let (Some(attempt), Some(browser)) = (attempt, guest.browser()) else {
        return Err(guest.oops(ErrorCode::BadRequest));
    };
    if guest.own_attempt(attempt, Purpose::StepUp).await?.is_none() {
        return Err(guest.oops(ErrorCode::SignInExpired));
    }
    question(&guest, guest.domain().passkeys().begin_second(tenant, attempt, Purpose::StepUp, &browser).await)
}

/// Asks for a first passkey, in the wizard of a sign-in.
pub(super) async fn first_options(guest: Guest) -> Answer {
    if matches!(guest.caller, Caller::Visitor) {
        return Ok(see(routes::SIGN_IN));
    }
    let at_wizard = matches!(
        guest.caller,
        Caller::SigningIn {
            stage: SessionStage::Register,
            ..
        }
    );
    let (true, Some((tenant, attempt)), Some(browser)) = (at_wizard, guest.attempt(), guest.browser()) else {
        return Err(guest.oops(ErrorCode::SignInExpired));
    };
    question(&guest, guest.domain().passkeys().begin_first(tenant, attempt, &browser).await)
}

/// The page that adds one to one's own methods. A fresh second step comes first.
pub(super) async fn show_add(guest: Guest) -> Answer {
    let me = guest.member()?.clone();
    match guest.domain().passkeys().may_add(&me.me).await {
        Ok(()) => Ok(guest.show(|| add_passkey(guest.shell(), AddPasskey::default()))),
        Err(error) => not_now(&guest, &me, error).await,
    }
}

/// Asks for it.
pub(super) async fn add_options(guest: Guest) -> Answer {
    let me = guest.member()?.clone();
    let browser = guest.browser().ok_or_else(|| guest.oops(ErrorCode::NotSignedIn))?;
    question(&guest, guest.domain().passkeys().begin_registration(&me.me, &browser).await)
}

/// Takes it.
pub(super) async fn add(guest: Guest, Form(fields): Form<Fields>) -> Answer {
    let me = guest.member()?.clone();
    let typed = || fields.name.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX).collect::<String>();
    let label = match fields.name.trim() {
        "" => None,
        name => match CleanText::parse(name) {
            Ok(label) => Some(label),
            Err(problem) => {
                let model = AddPasskey {
                    name: typed(),
                    name_words: Some(problem),
                    problem: None,
                };
                return Ok(guest.show_with(ErrorCode::Invalid, || add_passkey(guest.shell(), model)));
            }
        },
    };
    let browser = guest.browser();
    let outcome = match reply(browser.as_ref(), &fields) {
        Ok(reply) => guest.domain().passkeys().finish_registration(&me.me, reply, label.as_ref()).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok((_, Some(codes))) => {
            let model = SecurityInfo::Codes {
                codes: codes.reveal(),
                unticked: false,
            };
            Ok(guest.show_secret(|| security_info::page(guest.shell(), model)))
        }
        Ok((label, None)) => Ok(see(&format!("{}?done=added&what={}", routes::SECURITY_INFO, query_value(&label)))),
        Err(error) if is_told(error.code()) => {
            let code = error.code();
            let model = AddPasskey {
                name: typed(),
                name_words: None,
                problem: Some(Problem::new(code)),
            };
            Ok(guest.show_with(code, || add_passkey(guest.shell(), model)))
        }
        Err(error) => not_now(&guest, &me, error).await,
    }
}

/// A step that comes first, or an end.
async fn not_now(guest: &Guest, me: &domain::sign_in::SignedIn, error: PasskeysError) -> Answer {
    use security_info::{Closed, closed};
    let code = error.code();
    let why = match error {
        PasskeysError::Method(MethodError::StepUp) => {
            let back = query_value(routes::SECURITY_INFO_ADD_PASSKEY);
            return Ok(see(&format!("{}?confirm={back}", routes::SECURITY_INFO)));
        }
        PasskeysError::Method(MethodError::Limit(max)) => {
            let info = guest.domain().methods().mine(&me.me).await.map_err(guest.fails())?;
            Closed::Full {
                kind: MethodKind::Passkey,
                max,
                stale: super::add_method::stale(&info, MethodKind::Passkey),
            }
        }
        PasskeysError::Method(MethodError::KindOff(_)) | PasskeysError::NoHost => Closed::Off {
            tenant: me.tenant.name.clone(),
            kind: MethodKind::Passkey,
        },
        other => return Err(guest.fails()(other)),
    };
    Ok(guest.show_with(code, || closed(guest.shell(), why)))
}
