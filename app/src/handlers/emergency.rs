//! `/emergency`: the key from the safe. A right one leads on to a set-up link of a few minutes.

use axum::extract::Form;
use domain::sign_in::emergency::KeyOutcome;
use model::{ErrorCode, UPN_CHARACTERS_MAX, Upn};

use super::forms::Fields;
use crate::{
    caller::{Answer, Guest, see},
    pages::{
        Problem,
        emergency::{EmergencyPage, page},
    },
    routes,
};

/// The form.
pub(super) async fn show(guest: Guest) -> Answer {
    Ok(guest.show(|| page(guest.shell(), EmergencyPage::default())))
}

/// Takes name and key. The key is never shown again; the name stays.
pub(super) async fn act(guest: Guest, Form(fields): Form<Fields>) -> Answer {
    let typed = fields.upn.trim();
    let again = |problem: Problem| {
        let upn = typed.chars().filter(|c| !c.is_control()).take(UPN_CHARACTERS_MAX).collect();
        let (code, problem) = (problem.code, Some(problem));
        Ok(guest.show_with(code, || page(guest.shell(), EmergencyPage { upn, problem })))
    };
    let Ok(upn) = Upn::parse(typed) else {
        return again(Problem::new(ErrorCode::NameForm));
    };
    let outcome = guest.domain().sign_in().use_emergency_key(&upn, &fields.code, &guest.client).await;
    match outcome.map_err(guest.fails())? {
        KeyOutcome::Right(link) => Ok(see(&routes::SET_UP.replace("{token}", &link.reveal()))),
        KeyOutcome::Wrong => again(Problem::new(ErrorCode::EmergencyKeyRefused)),
        KeyOutcome::Wait { until } => again(Problem {
            until: Some(until),
            ..Problem::new(ErrorCode::Throttled)
        }),
    }
}
