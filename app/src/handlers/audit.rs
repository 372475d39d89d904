//! `/admin/{tenant}/journal/audit`: changes with filters in the address, and the same rows as a file.

use axum::extract::{Path, Query as QueryOf};
use domain::{
    actor::Permission,
    directory::MemberRef,
    journal::{AuditQuery, Event, csv},
};
use futures_util::StreamExt;
use model::ErrorCode;

use super::{
    console::{Console, Place},
    journal::{file, times, understood_only, word},
};
use crate::{
    caller::{Answer, Guest},
    pages::{
        Filters,
        audit::{AuditPage, FILTERS, empty_page, page},
        journal::Period,
    },
    routes,
};

/// Rows of a page.
const ROWS: usize = 50;

/// A page of changes.
pub(super) async fn show(guest: Guest, Path(slug): Path<String>, QueryOf(pairs): QueryOf<Vec<(String, String)>>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ReadMembers).await?;
    if !console.admin.may(Permission::ReadAudit) {
        return Ok(guest.show_with(ErrorCode::Forbidden, || empty_page(console.shell(Place::Audit))));
    }
    let filters = Filters::read(&pairs, &FILTERS);
    let (query, period, left_out) = read(&guest, &filters);
    let filters = understood_only(filters, &left_out);
    let query = AuditQuery { limit: ROWS, ..query };
    let found = guest.domain().journal().audit(&console.admin, &query).await.map_err(guest.fails())?;
    let fixed = filters
        .whole()
        .without("period")
        .without("from")
        .without("to")
        .with_all([("from", query.from), ("to", Some(query.to.unwrap_or(guest.visit.now)))]);
    let home = guest.member()?.me.tenant() == console.admin.tenant();
    let model = AuditPage {
        csv: fixed.href(&routes::admin(&slug, "journal/audit.csv")),
        path: routes::admin(&slug, "journal/audit"),
        period,
        rows: found.items,
        next: found.next_cursor.map(|cursor| cursor.to_string()),
        left_out,
        cases: home && console.admin.may(Permission::ReadCase),
        members: routes::admin(&slug, "users"),
        filters,
    };
    Ok(guest.show(|| page(console.shell(Place::Audit), model)))
}

/// The same rows as a file, as they are read.
pub(super) async fn csv(guest: Guest, Path(slug): Path<String>, QueryOf(pairs): QueryOf<Vec<(String, String)>>) -> Answer {
    let admin = guest.admin(&slug, Permission::ReadAudit).await?;
    let (query, _, left_out) = read(&guest, &Filters::read(&pairs, &FILTERS));
    if !left_out.is_empty() {
        return Err(guest.oops(ErrorCode::Invalid));
    }
    let rows = guest.domain().journal().export_audit(&admin, &query).await.map_err(guest.fails())?;
    let lines = rows.map(|row| row.map(|row| csv::audit(&row)));
    Ok(file("changes", guest.visit.now, &csv::AUDIT_COLUMNS, lines))
}

fn read(guest: &Guest, filters: &Filters) -> (AuditQuery, Period, Vec<String>) {
    let mut left_out = Vec::new();
    let (from, to, period) = times(guest, filters, &mut left_out, false);
    let query = AuditQuery {
        from,
        to,
        event: word(filters, "event", &mut left_out, Event::from_text),
        actor: word(filters, "by", &mut left_out, |text| text.parse::<MemberRef>().ok()),
        target: word(filters, "about", &mut left_out, |text| text.parse::<MemberRef>().ok()),
        cursor: word(filters, "cursor", &mut left_out, |text| text.parse().ok()),
        ..AuditQuery::default()
    };
    (query, period, left_out)
}
