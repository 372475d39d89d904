//! `/admin/{tenant}/tokens`: the inventory of hardware tokens, and the same rows as CSV.

use axum::{
    extract::{Path, Query as QueryOf},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{actor::Permission, tokens::TokenView};
use model::*;
use serde::Deserialize;

use super::console::{Console, Place};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::tokens::{Filter, TokensPage, page},
};

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    state: String,
    cursor: Option<String>,
    format: String,
}

/// The list, or the same as CSV.
pub(super) async fn list(guest: Guest, Path(slug): Path<String>, QueryOf(query): QueryOf<ListQuery>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ReadMembers).await?;
    let filter = Filter::read(&query.q, &query.state);
    if query.format == "csv" {
        return csv(&guest, &console, &filter).await;
    }
    let cursor = match query.cursor.as_deref().map(str::parse::<Cursor>) {
        None => None,
        Some(Ok(cursor)) => Some(cursor),
        Some(Err(_)) => return Ok(see(&filter.href(&slug))),
    };
    let tokens = guest.domain().tokens();
    let mut asked = filter.query();
    asked.cursor.clone_from(&cursor);
    let found = tokens.list(&console.admin, &asked).await.map_err(guest.fails())?;
    let counts = tokens.counts(&console.admin).await.map_err(guest.fails())?;
    let model = TokensPage {
        slug,
        counts,
        filter,
        rows: found.items,
        cursor: cursor.map(|cursor| cursor.to_string()),
        next: found.next_cursor.map(|cursor| cursor.to_string()),
        may_import: console.admin.may(Permission::ManageTokens),
    };
    Ok(guest.show(|| page(console.shell(Place::Tokens), model)))
}

const COLUMNS: [&str; 18] = [
    "serial",
    "state",
    "kind",
    "algorithm",
    "digits",
    "interval_s",
    "counter",
    "drift_steps",
    "model",
    "manufacturer",
    "issuer",
    "owner",
    "valid_from",
    "valid_until",
    "imported_at",
    "assigned_at",
    "activated_at",
    "retired_at",
];

/// Every token that the filter finds, in the order of the list.
async fn csv(guest: &Guest, console: &Console, filter: &Filter) -> Answer {
    use domain::journal::csv::{header as head, line};
    let mut body = head(&COLUMNS);
    let mut asked = filter.query();
    asked.limit = PAGE_ROWS_MAX;
    loop {
        let found = guest.domain().tokens().list(&console.admin, &asked).await.map_err(guest.fails())?;
        for token in found.items {
            body.extend(line(cells(token)));
        }
        match found.next_cursor {
            Some(next) => asked.cursor = Some(next),
            None => break,
        }
    }
    download(guest, &format!("tokens-{}", console.slug()), body)
}

fn cells(token: TokenView) -> [String; COLUMNS.len()] {
    let text = |text: Option<String>| text.unwrap_or_default();
    let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let counts = token.oath.kind == OathKind::Hotp;
    [
        token.serial,
        token.state.as_str().to_owned(),
        token.oath.kind.as_str().to_owned(),
        token.oath.algorithm.as_str().to_owned(),
        token.oath.digits.to_string(),
        text((!counts).then(|| token.oath.period.to_string())),
        text(token.counter.map(|counter| counter.to_string())),
        text((!counts).then(|| token.drift.to_string())),
        text(token.model),
        text(token.manufacturer),
        text(token.issuer),
        text(token.owner_upn),
        time(token.valid_from),
        time(token.valid_until),
        token.imported_at.to_string(),
        time(token.assigned_at),
        time(token.activated_at),
        time(token.retired_at),
    ]
}

/// A file of CSV to keep. Of the name, only what every system takes is used.
pub(super) fn download(guest: &Guest, name: &str, body: Vec<u8>) -> Result<Response, Stop> {
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' })
        .collect();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")).map_err(|_| guest.oops(ErrorCode::Internal))?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], body).into_response())
}
