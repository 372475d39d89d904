//! `/activity`: one's own sign-ins.

use axum::extract::Query as QueryOf;
use domain::{journal::SignInRow, sign_in::SignedIn};
use model::{Decision, Reason};

use super::forms::Query;
use crate::{
    caller::{Answer, Guest, Stop},
    format,
    locale::Locale,
    pages::activity::{ActivityPage, ActivityRow, PATH, page},
};

/// Rows of a page.
const ROWS: usize = 20;

/// A page of one's own sign-ins, newest first.
pub(super) async fn show(guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    let me = guest.member()?;
    let cursor = query.before.as_deref().and_then(|cursor| cursor.parse().ok());
    let found = guest
        .domain()
        .journal()
        .own_sign_ins(&me.me, cursor.as_ref(), ROWS)
        .await
        .map_err(guest.fails())?;
    let model = ActivityPage {
        older: found.next_cursor.map(|cursor| format!("{PATH}?before={cursor}")),
        newer: cursor.map(|_| PATH.to_owned()),
        rows: found.items.into_iter().filter_map(|row| line(row, me, guest.visit.locale)).collect(),
        reported: false,
    };
    Ok(guest.show(|| page(guest.shell(), model)))
}

/// The last few, for the security info.
pub(super) async fn recent(guest: &Guest, me: &SignedIn, rows: usize) -> Result<Vec<ActivityRow>, Stop> {
    let found = guest.domain().journal().own_sign_ins(&me.me, None, rows).await.map_err(guest.fails())?;
    Ok(found.items.into_iter().filter_map(|row| line(row, me, guest.visit.locale)).collect())
}

fn line(row: SignInRow, me: &SignedIn, locale: Locale) -> Option<ActivityRow> {
    let browser = row
        .personal
        .as_ref()
        .and_then(|p| p.user_agent.as_deref())
        .map(|agent| format::browser(locale, Some(agent)));
    let address = row.personal.as_ref().and_then(|p| p.client_ip.clone());
    let place = [browser, address].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Some(ActivityRow {
        at: row.occurred_at,
        decision: row.decision.unwrap_or(Decision::Abandoned),
        reason: row.reason.unwrap_or(Reason::PageClosed),
        application: row
            .application
            .as_deref()
            .map(crate::pages::words::asked_for)
            .unwrap_or_else(|| me.tenant.name.clone()),
        method: row.method_kind,
        place: Some(place).filter(|place| !place.is_empty()),
        session_id: row.session_id,
        reported: None,
    })
}
