//! The journal as lines of a file: CSV (RFC 4180) and NDJSON. Names and order of the columns are an interface: new ones come at the end.

use super::{
    entry::Personal,
    view::{AuditRow, Shown, SignInRow},
};
use serde::Serialize;
use std::fmt::Display;

/// The columns of sign-ins: when and which, the ten fields of S08 (with first and last name, and result and reason, apart), then the rest.
pub const SIGN_IN_COLUMNS: [&str; 33] = [
    "occurred_at",
    "session_id",
    "correlation_id",
    "upn",
    "given_name",
    "family_name",
    "mail",
    "phone",
    "device_token",
    "mode",
    "decision",
    "reason",
    "server_name",
    "server_ip",
    "client_ip",
    "denial",
    "transport_result",
    "application",
    "method_kind",
    "method_id",
    "door",
    "purpose",
    "path",
    "second_factor",
    "registration_reasons",
    "policy_version",
    "policy_then",
    "user_agent",
    "delivery",
    "started_at",
    "attempt_id",
    "member_id",
    "shown",
];

/// The columns of changes.
pub const AUDIT_COLUMNS: [&str; 14] = [
    "occurred_at",
    "event",
    "actor_kind",
    "actor_name",
    "actor_id",
    "target_kind",
    "target_name",
    "target_id",
    "reason",
    "session_id",
    "before",
    "after",
    "shown",
    "audit_id",
];

/// The line of column names.
pub fn header(columns: &[&str]) -> Vec<u8> {
    line(columns.iter().map(|column| (*column).to_owned()))
}

/// A sign-in as a line of CSV.
pub fn sign_in(row: &SignInRow) -> Vec<u8> {
    let nobody = Personal::default();
    let person = row.personal.as_ref().unwrap_or(&nobody);
    let reasons: Vec<&str> = row.registration_reasons.iter().map(|r| r.as_str()).collect();
    let cells: [String; SIGN_IN_COLUMNS.len()] = [
        row.occurred_at.to_string(),
        row.session_id.to_string(),
        row.correlation_id.to_string(),
        person.upn.clone(),
        cell(&person.given_name),
        cell(&person.family_name),
        cell(&person.mail),
        cell(&person.phone),
        cell(&person.device_token),
        row.mode.clone(),
        cell(&row.decision),
        cell(&row.reason),
        row.server_name.clone(),
        cell(&row.server_ip),
        cell(&person.client_ip),
        cell(&row.denial()),
        cell(&row.transport_result),
        cell(&row.application),
        cell(&row.method_kind),
        cell(&row.method_id),
        row.door.to_string(),
        row.purpose.to_string(),
        row.path.to_string(),
        row.second_factor.to_string(),
        reasons.join(" "),
        cell(&row.policy_version),
        cell(&row.policy_then),
        cell(&person.user_agent),
        cell(&row.delivery),
        row.started_at.to_string(),
        row.attempt_id.to_string(),
        cell(&row.member_id),
        shown(row.shown).to_owned(),
    ];
    line(cells)
}

/// A change as a line of CSV; before and after are JSON in their cells.
pub fn audit(row: &AuditRow) -> Vec<u8> {
    let json = |value: &serde_json::Value| if value.is_null() { String::new() } else { value.to_string() };
    let cells: [String; AUDIT_COLUMNS.len()] = [
        row.occurred_at.to_string(),
        row.event.clone(),
        row.actor.kind.clone(),
        cell(&row.actor.name),
        cell(&row.actor.id),
        row.target.kind.clone(),
        cell(&row.target.name),
        cell(&row.target.id),
        cell(&row.reason),
        cell(&row.session_id),
        json(&row.before),
        json(&row.after),
        shown(row.shown).to_owned(),
        row.audit_id.to_string(),
    ];
    line(cells)
}

/// Any row as a line of NDJSON.
pub fn ndjson(row: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(row).unwrap_or_default();
    line.push(b'\n');
    line
}

/// A line of CSV of cells that hold whatever people typed: quoted where it must be, and inert in every spreadsheet (abuse case D11).
pub fn line(cells: impl IntoIterator<Item = String>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(&mut out);
    // A buffer in memory takes everything, and one record has no other to differ from in length.
    drop(writer.write_record(cells.into_iter().map(inert)));
    drop(writer.flush());
    drop(writer);
    out
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe before it, which makes it text.
pub fn inert(cell: String) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ => cell,
    }
}

fn cell(value: &Option<impl Display>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
}

const fn shown(shown: Shown) -> &'static str {
    match shown {
        Shown::Whole => "whole",
        Shown::Masked => "masked",
        Shown::Erased => "erased",
        Shown::Unreadable => "unreadable",
    }
}
