//! `/operator/messages`: what went into a developer's folder. Operators only, and there is nothing here outside development.

use axum::extract::Query as QueryOf;
use model::ErrorCode;
use serde::Deserialize;

use super::{console::Place, tenants::console};
use crate::{
    caller::{Answer, Guest},
    pages::messages::{MESSAGES, MessagesPage, page},
};

/// Pages that can be turned.
const PAGES_MAX: usize = 1_000;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MessagesQuery {
    page: String,
}

/// A page of messages.
pub(super) async fn show(guest: Guest, QueryOf(query): QueryOf<MessagesQuery>) -> Answer {
    let operator = guest.operator()?;
    if !guest.portal.development {
        return Err(guest.oops(ErrorCode::NotFound));
    }
    let console = console(&guest).await?;
    let place = query.page.parse().unwrap_or(0).min(PAGES_MAX);
    let delivery = guest.domain().delivery();
    let found = delivery.written(operator, &*guest.portal.protocols, place * MESSAGES, MESSAGES).await;
    let (messages, count) = found.map_err(guest.fails())?;
    let model = MessagesPage { messages, count, place };
    // Codes stand on it.
    Ok(guest.show_secret(|| page(console.shell(Place::Providers), model)))
}
