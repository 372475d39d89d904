//! `/fate/{attempt}`: what has become of a code that was sent, for the page that waits for it. It looks and does nothing else: the page asks by itself.

use axum::{extract::Path, http::StatusCode, response::IntoResponse};
use domain::sign_in::{AttemptView, Caller, SignInError};
use model::AttemptId;

use crate::{
    caller::{Answer, Guest, Stop},
    pages::fate::{Awaited, fate},
};

/// The words about it; nothing where this browser waits for no such code.
pub(super) async fn show(guest: Guest, Path(attempt): Path<String>) -> Answer {
    let Ok(attempt) = attempt.parse::<AttemptId>() else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    Ok(match awaited(&guest, attempt).await?.and_then(|view| view.sent) {
        Some(sent) => guest.show_part(|| fate(Awaited { attempt, fate: sent.fate })),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// The attempt, where it is this browser's: its own sign-in, a phone that its wizard proves, or a change by the member who is signed in.
async fn awaited(guest: &Guest, asked: AttemptId) -> Result<Option<AttemptView>, Stop> {
    let sign_in = guest.domain().sign_in();
    let looked = match (&guest.caller, guest.attempt()) {
        (Caller::Member(me), _) => sign_in
            .look(me.me.tenant(), asked)
            .await
            .map(|view| Some(view).filter(|view| view.upn == me.member.upn)),
        (_, Some((tenant, own))) if own == asked => sign_in.look(tenant, own).await.map(Some),
        (_, Some((tenant, own))) => sign_in.look_at_proof(tenant, own, asked).await,
        _ => Ok(None),
    };
    match looked {
        Err(SignInError::Expired | SignInError::OtherStep(_)) => Ok(None),
        looked => looked.map_err(guest.fails()),
    }
}
