//! `/admin/{tenant}/journal`: sign-ins with filters in the address, a look beside the list, and the same rows as a file.

use axum::{
    body::Body,
    extract::{Path, Query as QueryOf},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    actor::Permission,
    directory::MemberRef,
    journal::{JournalError, SignInQuery, csv},
};
use futures_util::{Stream, StreamExt, stream};
use jiff::{SignedDuration, Timestamp, civil::Date};
use model::{Decision, ErrorCode, MethodKind, Reason, SessionId};
use std::net::IpAddr;

use super::console::{Console, Place};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::{
        Filters,
        journal::{FILTERS, JournalPage, Look, Period, empty_page, page},
    },
    routes,
};

/// Rows of a page.
const ROWS: usize = 50;

/// A page of sign-ins.
pub(super) async fn show(guest: Guest, Path(slug): Path<String>, QueryOf(pairs): QueryOf<Vec<(String, String)>>) -> Answer {
    // Every role above member may ask; who may not read is told so in the console.
    let console = Console::open(&guest, &slug, Permission::ReadMembers).await?;
    if !console.admin.may(Permission::ReadSignIns) {
        return Ok(guest.show_with(ErrorCode::Forbidden, || empty_page(console.shell(Place::SignIns))));
    }
    let path = routes::admin(&slug, "journal");
    let filters = Filters::read(&pairs, &FILTERS);
    if let Some(typed) = filters.get("q") {
        return Ok(see(&understood(typed, &filters.without("q")).href(&path)));
    }
    let Read { query, left_out, period } = read(&guest, &filters);
    let filters = understood_only(filters, &left_out);
    let journal = guest.domain().journal();
    let query = SignInQuery { limit: ROWS, ..query };
    let counts = journal.sign_in_counts(&console.admin, &query).await.map_err(guest.fails())?;
    let found = journal.sign_ins(&console.admin, &query).await.map_err(guest.fails())?;
    let look = match filters.get("open").map(str::parse::<SessionId>) {
        None => None,
        Some(Err(_)) => Some(Look::Gone),
        Some(Ok(session)) => Some(look(&guest, &console, session).await?),
    };
    // A file of what is shown must not hold what came in between.
    let fixed = filters
        .whole()
        .without("period")
        .without("from")
        .without("to")
        .with_all([("from", query.from), ("to", Some(query.to.unwrap_or(guest.visit.now)))]);
    let home = guest.member()?.me.tenant() == console.admin.tenant();
    let alarms = guest.domain().delivery().alarms_of(&console.admin).await.map_err(guest.fails())?;
    let day = guest.visit.now - SignedDuration::from_hours(24);
    let open = alarms
        .recent
        .into_iter()
        .find(|alarm| alarm.resumed_at.is_none() && (alarms.paused.contains(&alarm.country) || alarm.raised_at > day));
    let model = JournalPage {
        alarm: open.map(|alarm| (slug.clone(), alarm)),
        csv: fixed.href(&routes::admin(&slug, "journal.csv")),
        path,
        period,
        counts,
        rows: found.items,
        next: found.next_cursor.map(|cursor| cursor.to_string()),
        look,
        left_out,
        // The desk is for one's own organisation.
        cases: home && console.admin.may(Permission::ReadCase),
        members: routes::admin(&slug, "users"),
        filters,
    };
    Ok(guest.show(|| page(console.shell(Place::SignIns), model)))
}

/// The row beside the list: with its case where the role may look at cases.
async fn look(guest: &Guest, console: &Console, session: SessionId) -> Result<Look, Stop> {
    let journal = guest.domain().journal();
    if console.admin.may(Permission::ReadCase) {
        return match journal.attempt(&console.admin, session).await {
            Ok(case) => Ok(Look::Case(Box::new(case))),
            Err(JournalError::SessionUnknown) => Ok(Look::Gone),
            Err(error) => Err(guest.fails()(error)),
        };
    }
    let query = SignInQuery {
        session: Some(session),
        limit: 1,
        ..SignInQuery::default()
    };
    let found = journal.sign_ins(&console.admin, &query).await.map_err(guest.fails())?;
    Ok(found.items.into_iter().next().map_or(Look::Gone, |row| Look::Row(Box::new(row))))
}

/// The same rows as a file, as they are read.
pub(super) async fn csv(guest: Guest, Path(slug): Path<String>, QueryOf(pairs): QueryOf<Vec<(String, String)>>) -> Answer {
    let admin = guest.admin(&slug, Permission::ReadSignIns).await?;
    let read = read(&guest, &Filters::read(&pairs, &FILTERS));
    // A file that is not filtered as it was asked would be taken for what it is not.
    if !read.left_out.is_empty() {
        return Err(guest.oops(ErrorCode::Invalid));
    }
    let rows = guest.domain().journal().export(&admin, &read.query).await.map_err(guest.fails())?;
    let lines = rows.map(|row| row.map(|row| csv::sign_in(&row)));
    Ok(file("sign-ins", guest.visit.now, &csv::SIGN_IN_COLUMNS, lines))
}

/// A file that goes out line by line. When a row fails, the file ends where it failed and the browser says that it is not whole.
pub(super) fn file(name: &str, now: Timestamp, columns: &[&str], lines: impl Stream<Item = Result<Vec<u8>, JournalError>> + Send + 'static) -> Response {
    let head = stream::once(std::future::ready(Ok(csv::header(columns))));
    let body = Body::from_stream(head.chain(lines));
    let name = format!("attachment; filename=\"{name}-{}.csv\"", now.strftime("%Y-%m-%d"));
    let disposition = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_DISPOSITION, disposition),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ],
        body,
    )
        .into_response()
}

/// Filters as they were understood.
struct Read {
    query: SignInQuery,
    left_out: Vec<String>,
    period: Period,
}

fn read(guest: &Guest, filters: &Filters) -> Read {
    let mut left_out = Vec::new();
    let session = word(filters, "session_id", &mut left_out, |text| text.parse::<SessionId>().ok());
    let (from, to, period) = times(guest, filters, &mut left_out, session.is_some());
    let query = SignInQuery {
        from,
        to,
        member: word(filters, "member", &mut left_out, |text| text.parse::<MemberRef>().ok()),
        decision: word(filters, "decision", &mut left_out, Decision::from_text),
        reason: word(filters, "reason", &mut left_out, Reason::from_text),
        method: word(filters, "method", &mut left_out, MethodKind::from_text),
        application: filters.get("application").map(str::to_owned),
        client_ip: word(filters, "client_ip", &mut left_out, |text| text.parse::<IpAddr>().ok()),
        session,
        correlation: word(filters, "correlation_id", &mut left_out, |text| text.parse().ok()),
        cursor: word(filters, "cursor", &mut left_out, |text| text.parse().ok()),
        ..SignInQuery::default()
    };
    Read { query, left_out, period }
}

/// The value of a filter; what cannot be one is remembered.
pub(super) fn word<T>(filters: &Filters, name: &str, left_out: &mut Vec<String>, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let text = filters.get(name)?;
    let value = parse(text);
    if value.is_none() {
        left_out.push(format!("{name}: {}", text.chars().take(40).collect::<String>()));
    }
    value
}

/// The filters without those that were not understood: they filter nothing, so they must not stand among those in use.
pub(super) fn understood_only(filters: Filters, left_out: &[String]) -> Filters {
    let names = left_out.iter().filter_map(|left| left.split_once(": "));
    names.fold(filters, |filters, (name, _)| filters.without_place(name))
}

/// From and to: as typed, else of the period. Days are whole days on the clock of the organisation.
pub(super) fn times(guest: &Guest, filters: &Filters, left_out: &mut Vec<String>, found_by_id: bool) -> (Option<Timestamp>, Option<Timestamp>, Period) {
    let zone = &guest.visit.zone;
    let moment = |text: &str, days: i64| -> Option<Timestamp> {
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Some(moment);
        }
        let date: Date = text.parse().ok()?;
        let date = date.checked_add(jiff::Span::new().days(days)).ok()?;
        date.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
    };
    let from = word(filters, "from", left_out, |text| moment(text, 0));
    let to = word(filters, "to", left_out, |text| moment(text, 1));
    if from.is_some() || to.is_some() {
        return (from, to, Period::Own);
    }
    let period = match word(filters, "period", left_out, Period::parse) {
        Some(period) => period,
        None if found_by_id => Period::Ever,
        None => Period::Week,
    };
    let now = guest.visit.now;
    let from = match period {
        Period::Today => guest.visit.zoned(now).start_of_day().ok().map(|day| day.timestamp()),
        Period::Week => Some(now - SignedDuration::from_hours(7 * 24)),
        Period::Month => Some(now - SignedDuration::from_hours(30 * 24)),
        Period::Ever | Period::Own => None,
    };
    (from, None, period)
}

/// What was typed into the one box, as filters: `reason:wrong_code`, a session id, an address, a name, else an application.
fn understood(typed: &str, filters: &Filters) -> Filters {
    let known = ["member", "decision", "reason", "method", "application", "client_ip"];
    if let Some((name, value)) = typed.split_once(':')
        && known.contains(&name)
    {
        return filters.with(name, value.trim());
    }
    if typed.parse::<SessionId>().is_ok() {
        filters.with("session_id", typed)
    } else if typed.parse::<IpAddr>().is_ok() {
        filters.with("client_ip", typed)
    } else if typed.parse::<uuid::Uuid>().is_ok() {
        filters.with("correlation_id", typed)
    } else if typed.contains('@') {
        filters.with("member", typed)
    } else {
        filters.with("application", typed)
    }
}
