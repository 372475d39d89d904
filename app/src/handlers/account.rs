//! The start page by role, and the way out.

use axum::{
    extract::Query as QueryOf,
    http::{HeaderName, HeaderValue},
    response::IntoResponse,
};
use domain::sign_in::Caller;
use model::ErrorCode;

use crate::{
    caller::{Answer, Guest, see},
    pages::{self, design, preferences},
    routes,
};

/// `/`: the page that this person has most use for.
pub(super) async fn home(guest: Guest) -> Answer {
    let me = guest.member()?;
    Ok(see(&pages::home_of(me)))
}

/// Ends the session here and now; the browser forgets what it kept of these pages.
pub(super) async fn sign_out(guest: Guest) -> Answer {
    let was_in = matches!(guest.caller, Caller::Member(_));
    guest.close().await?;
    let to = see(if was_in { "/sign-in?done=out" } else { routes::SIGN_IN });
    let clear = (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(([clear], to).into_response())
}

/// Language and appearance, remembered in cookies.
pub(super) async fn preferences(guest: Guest, QueryOf(wanted): QueryOf<preferences::Wanted>) -> Answer {
    let transport = if guest.portal.development {
        preferences::Transport::Plain
    } else {
        preferences::Transport::Tls
    };
    Ok(preferences::answer(&wanted, transport))
}

/// Every component in every state; only on a developer's machine.
pub(super) async fn design(guest: Guest, QueryOf(query): QueryOf<super::forms::Query>) -> Answer {
    if !guest.portal.development {
        return Err(guest.oops(ErrorCode::NotFound));
    }
    let shell = design::DesignShell::parse(query.shell.as_deref());
    Ok(design::page(&guest.portal.assets, guest.visit.clone(), shell).into_response())
}
