//! `/help`: pages that are the same for everybody.

use axum::extract::{Path, Query as QueryOf};
use model::{ErrorCode, MethodKind};
use serde::Deserialize;

use crate::{
    caller::{Answer, Guest, see},
    pages::help::{HelpPage, TOPICS, error_href, page},
};

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    code: String,
}

/// Everything there is, or the way to the error that is looked for, however it was typed: `TS-2106`, `ts2106`, `2106`.
pub(super) async fn index(guest: Guest, QueryOf(wanted): QueryOf<Wanted>) -> Answer {
    let typed: String = wanted.code.trim().chars().filter(|c| !c.is_control()).take(20).collect();
    if typed.is_empty() {
        return Ok(guest.show(|| page(guest.shell(), HelpPage::Index { unknown: None })));
    }
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    match format!("TS-{digits}").parse::<ErrorCode>() {
        Ok(code) => Ok(see(&error_href(code))),
        Err(_) => Ok(guest.show(|| page(guest.shell(), HelpPage::Index { unknown: Some(typed) }))),
    }
}

/// A way of signing in.
pub(super) async fn method(guest: Guest, Path(kind): Path<String>) -> Answer {
    let known = MethodKind::from_text(&kind).filter(|kind| TOPICS.iter().any(|(topic, _)| topic == kind));
    let kind = known.ok_or_else(|| guest.oops(ErrorCode::NotFound))?;
    Ok(guest.show(|| page(guest.shell(), HelpPage::Method(kind))))
}

/// An error.
pub(super) async fn error(guest: Guest, Path(code): Path<String>) -> Answer {
    let code = code.parse::<ErrorCode>().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    Ok(guest.show(|| page(guest.shell(), HelpPage::Error(code))))
}
