//! `/activity`: one's own sign-ins.

use std::collections::BTreeSet;

use axum::extract::{Form, Query as QueryOf};
use domain::{
    journal::SignInRow,
    notices::report::REPORT_DAYS,
    sign_in::{Caller, SignedIn},
};
use jiff::Timestamp;
use model::*;

use super::forms::{Fields, Query};
use crate::{
    caller::{Answer, Guest, Stop, see},
    format,
    locale::Locale,
    pages::activity::{ActivityPage, ActivityRow, PATH, page, report_done, report_page},
};

/// Rows of a page.
const ROWS: usize = 20;

/// A page of one's own sign-ins, newest first.
pub(super) async fn show(guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    let me = guest.member()?.clone();
    if let Some(session) = &query.report {
        return ask(guest, &me, session).await;
    }
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
        rows: lines(&guest, &me, found.items).await?,
        reported: query.done.as_deref() == Some("reported"),
    };
    Ok(guest.show(|| page(guest.shell(), model)))
}

/// What reporting one of the sign-ins will do.
async fn ask(guest: Guest, me: &SignedIn, session: &str) -> Answer {
    let session = session.parse::<SessionId>().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    let about = guest.domain().notices().reportable(&me.me, session).await.map_err(guest.fails())?;
    if about.reported {
        return Ok(see(PATH));
    }
    Ok(guest.show(|| report_page(guest.shell(), about)))
}

/// "This wasn't me", meant.
pub(super) async fn act(mut guest: Guest, Form(fields): Form<Fields>) -> Answer {
    let me = guest.member()?.clone();
    if fields.step != "not_me" {
        return Err(guest.oops(ErrorCode::BadRequest));
    }
    let session = fields.session.parse::<SessionId>().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    let told = guest.domain().notices().report(&me.me, session).await.map_err(guest.fails())?;
    if !told.got_in && !told.blocked {
        return Ok(see(&format!("{PATH}?done=reported")));
    }
    // Everybody is signed out, here too.
    guest.close().await?;
    guest.caller = Caller::Visitor;
    let tenant = me.tenant.name.clone();
    Ok(guest.show(|| report_done(guest.shell(), tenant, told.blocked)))
}

/// The last few, for the security info.
pub(super) async fn recent(guest: &Guest, me: &SignedIn, rows: usize) -> Result<Vec<ActivityRow>, Stop> {
    let found = guest.domain().journal().own_sign_ins(&me.me, None, rows).await.map_err(guest.fails())?;
    lines(guest, me, found.items).await
}

async fn lines(guest: &Guest, me: &SignedIn, rows: Vec<SignInRow>) -> Result<Vec<ActivityRow>, Stop> {
    let sessions: Vec<SessionId> = rows.iter().map(|row| row.session_id).collect();
    let reported = guest.domain().notices().reported(&me.me, &sessions).await.map_err(guest.fails())?;
    let (locale, now) = (guest.visit.locale, guest.visit.now);
    Ok(rows.into_iter().map(|row| line(row, me, locale, (&reported, now))).collect())
}

fn line(row: SignInRow, me: &SignedIn, locale: Locale, (reported, now): (&BTreeSet<SessionId>, Timestamp)) -> ActivityRow {
    let browser = row
        .personal
        .as_ref()
        .and_then(|p| p.user_agent.as_deref())
        .map(|agent| format::browser(locale, Some(agent)));
    let address = row.personal.as_ref().and_then(|p| p.client_ip.clone());
    let place = [browser, address].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let decision = row.decision.unwrap_or(Decision::Abandoned);
    let recent = now.duration_since(row.occurred_at).as_hours() < 24 * REPORT_DAYS;
    let caller_check = row.purpose == Purpose::CallerCheck;
    // The desk was there, and nobody was let in.
    let can_be_reported = recent && !caller_check && matches!(decision, Decision::Allowed | Decision::Denied);
    ActivityRow {
        at: row.occurred_at,
        decision,
        reason: row.reason.unwrap_or(Reason::PageClosed),
        application: row.application.unwrap_or_else(|| me.tenant.name.clone()),
        method: row.method_kind,
        purpose: row.purpose,
        place: Some(place).filter(|place| !place.is_empty() && !caller_check),
        session_id: row.session_id,
        reported: can_be_reported.then(|| reported.contains(&row.session_id)),
    }
}
