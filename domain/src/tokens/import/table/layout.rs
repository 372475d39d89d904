//! The orders in which lists come when no header names their columns, and what a row means in each.

use super::header::{Columns, Field};
use crate::tokens::import::error::{Problem, Shown};
use crate::tokens::import::oath::{Kind, Oath};
use crate::tokens::import::secret::{self, Encoding};
use crate::tokens::import::text;

/// What a row means.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// What a header says, or the order of Entra's template without its header.
    Header(Columns),
    /// As `Header`, though the names are not in the file.
    Fixed(Columns),
    /// Serial number, secret, then what each cell says it is: privacyIDEA's `serial, seed, type, digits, step or counter`, `serial, secret, interval`, and
    /// manufacturers' lists of serial number and seed.
    Positions,
    /// The log of the YubiKey Personalization Tool, "traditional".
    YubicoLog,
    /// The log of the YubiKey Personalization Tool, "Yubico".
    YubicoList,
}

/// The cells of a row by their meaning, as written.
#[derive(Default)]
pub(super) struct Raw<'a> {
    pub(super) serial: &'a str,
    pub(super) secret: &'a str,
    pub(super) encoding: Option<Encoding>,
    pub(super) kind: Option<&'a str>,
    pub(super) algorithm: Option<&'a str>,
    pub(super) digits: Option<&'a str>,
    pub(super) interval: Option<&'a str>,
    pub(super) counter: Option<&'a str>,
    pub(super) issuer: Option<&'a str>,
    pub(super) manufacturer: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    pub(super) upn: Option<&'a str>,
    pub(super) length_tells_algorithm: bool,
}

/// How a row says that codes are made.
pub(super) struct Stated {
    pub(super) params: Oath,
    pub(super) counter: u64,
    pub(super) is_stated: bool,
}

const YUBICO_LOG_COLUMNS: [&str; 18] = [
    "event type",
    "timestamp",
    "slot",
    "public id",
    "private id",
    "secret key",
    "current access code",
    "new access code",
    "oath fixed modhex 1",
    "oath fixed modhex 2",
    "oath fixed modhex",
    "digits",
    "moving factor",
    "strong password 1",
    "strong password 2",
    "send reference",
    "challenge button",
    "hmac shorter than 64",
];

const YUBICO_LIST_COLUMNS: [&str; 7] = ["serial", "public id", "private id", "secret key", "access code", "timestamp", "flags"];
const POSITION_COLUMNS: [&str; 5] = ["serial", "secret key", "type", "digits", "step or counter"];
const ENTRA_COLUMNS: [&str; 6] = ["upn", "serial number", "secret key", "time interval", "manufacturer", "model"];

impl Layout {
    /// The order that a first row without names shows, if it is a known one.
    pub(super) fn without_header(cells: &[&str]) -> Option<Self> {
        let is_secret = |place: usize| cells.get(place).is_some_and(|cell| secret::decode(cell, None).is_ok());
        let first = cells.first()?;
        if cells.len() >= 6 && is_yubico_event(first) {
            return Some(Self::YubicoLog);
        }
        if cells.len() >= 6 && is_number(first) && cells[3].len() >= 32 && is_hex(cells[3]) {
            return Some(Self::YubicoList);
        }
        if first.contains('@') && is_secret(2) {
            let order = [Field::Upn, Field::Serial, Field::Secret, Field::Interval, Field::Manufacturer, Field::Model];
            let columns = order
                .into_iter()
                .enumerate()
                .fold(Columns::default(), |columns, (place, field)| columns.with(field, place));
            return Some(Self::Fixed(columns));
        }
        is_secret(1).then_some(Self::Positions)
    }

    /// Names for the columns of a file that has none.
    pub(super) fn column_names(&self, cells: usize) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Header(_) => &[],
            Self::Fixed(_) => &ENTRA_COLUMNS,
            Self::Positions => &POSITION_COLUMNS,
            Self::YubicoLog => &YUBICO_LOG_COLUMNS,
            Self::YubicoList => &YUBICO_LIST_COLUMNS,
        };
        let unnamed = (names.len()..cells).map(|place| format!("column {}", place + 1));
        names.iter().map(|name| (*name).to_owned()).chain(unnamed).collect()
    }

    /// The cells by their meaning.
    pub(super) fn raw<'a>(&self, cells: &[&'a str]) -> Result<Raw<'a>, Problem> {
        match self {
            Self::Header(columns) | Self::Fixed(columns) => Ok(by_name(columns, cells)),
            Self::Positions => Ok(by_position(cells)),
            Self::YubicoLog => yubico_log(cells),
            Self::YubicoList => yubico_list(cells),
        }
    }

    /// The cell that should hold the serial number.
    pub(super) fn serial<'a>(&self, cells: &[&'a str]) -> Option<&'a str> {
        let place = match self {
            Self::Header(columns) | Self::Fixed(columns) => columns.place(Field::Serial)?,
            Self::Positions | Self::YubicoList => 0,
            Self::YubicoLog => 3,
        };
        cells.get(place).copied()
    }

    /// The cells with secrets, and codes that protect them, left blank.
    pub(super) fn without_secrets(&self, cells: &[&str]) -> Vec<String> {
        let is_secret = |place: usize| match self {
            Self::Header(columns) | Self::Fixed(columns) => columns.place(Field::Secret) == Some(place),
            Self::Positions => place == 1,
            Self::YubicoLog => (4..=7).contains(&place),
            Self::YubicoList => (2..=4).contains(&place),
        };
        let blanked = |(place, cell): (usize, &&str)| if is_secret(place) { String::new() } else { (*cell).to_owned() };
        cells.iter().enumerate().map(blanked).collect()
    }
}

fn by_name<'a>(columns: &Columns, cells: &[&'a str]) -> Raw<'a> {
    let value = |field| columns.value(field, cells);
    Raw {
        serial: value(Field::Serial).unwrap_or_default(),
        secret: value(Field::Secret).unwrap_or_default(),
        encoding: columns.encoding,
        kind: value(Field::Kind),
        algorithm: value(Field::Algorithm),
        digits: value(Field::Digits),
        interval: value(Field::Interval),
        counter: value(Field::Counter),
        issuer: value(Field::Issuer),
        manufacturer: value(Field::Manufacturer),
        model: value(Field::Model),
        upn: value(Field::Upn),
        length_tells_algorithm: false,
    }
}

fn by_position<'a>(cells: &[&'a str]) -> Raw<'a> {
    let value = |place: usize| cells.get(place).copied().filter(|cell| !cell.is_empty());
    let mut raw = Raw {
        serial: value(0).unwrap_or_default(),
        secret: value(1).unwrap_or_default(),
        length_tells_algorithm: true,
        ..Raw::default()
    };
    match value(2) {
        Some(interval) if is_number(interval) => raw.interval = Some(interval),
        Some(kind) => {
            raw.kind = Some(kind);
            raw.digits = value(3);
            let is_hotp = kind.eq_ignore_ascii_case("hotp");
            *(if is_hotp { &mut raw.counter } else { &mut raw.interval }) = value(4);
        }
        None => {}
    }
    raw
}

/// `OATH-HOTP,time,slot,public id,,secret,access codes,...,digits,moving factor,...`
fn yubico_log<'a>(cells: &[&'a str]) -> Result<Raw<'a>, Problem> {
    let value = |place: usize| cells.get(place).copied().filter(|cell| !cell.is_empty());
    if !value(0).unwrap_or_default().eq_ignore_ascii_case("OATH-HOTP") {
        return Err(not_oath(value(0).unwrap_or_default()));
    }
    Ok(Raw {
        serial: value(3).ok_or(Problem::Missing {
            field: "public id, which serves as the serial number,",
        })?,
        secret: value(5).unwrap_or_default(),
        encoding: Some(Encoding::Hex),
        kind: Some("HOTP"),
        digits: value(11),
        counter: value(12),
        manufacturer: Some("Yubico"),
        ..Raw::default()
    })
}

/// `serial,public id,0,secret,access code,time,`: 0 instead of a private id means OATH.
fn yubico_list<'a>(cells: &[&'a str]) -> Result<Raw<'a>, Problem> {
    match cells.get(2).copied().unwrap_or_default() {
        "0" => {}
        "" => return Err(not_oath("static password")),
        _ => return Err(not_oath("Yubico OTP")),
    }
    Ok(Raw {
        serial: cells[0],
        secret: cells.get(3).copied().unwrap_or_default(),
        encoding: Some(Encoding::Hex),
        kind: Some("HOTP"),
        manufacturer: Some("Yubico"),
        ..Raw::default()
    })
}

fn not_oath(given: &str) -> Problem {
    Problem::Unsupported {
        given: Shown::word(given),
        wanted: "OATH-HOTP",
    }
}

impl Raw<'_> {
    /// Kind, digits, interval and counter. A row that states no kind is what its other cells need: an interval is TOTP's, a counter is HOTP's.
    pub(super) fn oath(&self) -> Result<Stated, Problem> {
        // Lists made from PSKC name the profile in the column of the algorithm.
        let profile = self.algorithm.and_then(text::profile);
        let kind = match self.kind {
            Some(word) => Some(text::profile(word).map_or_else(|| text::kind(word), Ok)?),
            None => profile,
        };
        let implied = match (self.interval, self.counter) {
            (Some(_), _) => Some(Kind::Totp),
            (None, Some(_)) => Some(Kind::Hotp),
            (None, None) => None,
        };
        let stated = kind.or(implied);
        let kind = stated.unwrap_or(Kind::Totp);
        Ok(Stated {
            params: Oath {
                kind,
                digits: self.digits.map_or(Ok(6), text::digits)?,
                period: self.interval.filter(|_| kind == Kind::Totp).map_or(Ok(30), text::interval)?,
                ..Oath::default()
            },
            counter: self.counter.filter(|_| kind == Kind::Hotp).map_or(Ok(0), text::counter)?,
            is_stated: stated.is_some(),
        })
    }
}

fn is_yubico_event(cell: &str) -> bool {
    let known = ["OATH-HOTP", "Yubico OTP", "Static Password"];
    known.iter().any(|event| cell.eq_ignore_ascii_case(event)) || cell.to_ascii_lowercase().starts_with("challenge-response")
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit())
}

fn is_hex(cell: &str) -> bool {
    cell.bytes().all(|b| b.is_ascii_hexdigit())
}
