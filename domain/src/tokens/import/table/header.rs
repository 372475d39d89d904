//! A line of column names: in any order, spelling and language of punctuation.

use crate::tokens::import::error::{FileError, Shown};
use crate::tokens::import::secret::{self, Encoding};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Upn,
    Serial,
    Secret,
    Interval,
    Manufacturer,
    Model,
    Issuer,
    Algorithm,
    Digits,
    Counter,
    Kind,
}

const FIELDS: usize = 11;

/// Where each value stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Columns {
    places: [Option<usize>; FIELDS],
    /// How the header says that secrets are written.
    pub(super) encoding: Option<Encoding>,
}

impl Columns {
    /// The place of a value.
    pub(super) fn place(&self, field: Field) -> Option<usize> {
        self.places[field as usize]
    }

    /// With a value at a place.
    pub(super) fn with(mut self, field: Field, place: usize) -> Self {
        self.places[field as usize] = Some(place);
        self
    }

    /// The value of a row, if it is there and not blank.
    pub(super) fn value<'a>(&self, field: Field, cells: &[&'a str]) -> Option<&'a str> {
        self.place(field).and_then(|place| cells.get(place)).copied().filter(|value| !value.is_empty())
    }
}

/// The columns that a line names, and its cells; `None` when it names none.
pub(super) fn read(cells: &[&str]) -> Result<Option<(Columns, Vec<String>)>, FileError> {
    let known: Vec<Option<(Field, Option<Encoding>)>> = cells.iter().map(|cell| field_of(cell)).collect();
    let names_one = |wanted| known.iter().flatten().any(|(field, _)| *field == wanted);
    if known.iter().flatten().count() < 2 && !names_one(Field::Serial) && !names_one(Field::Secret) {
        return Ok(None);
    }
    let mut columns = Columns::default();
    for (place, found) in known.iter().enumerate() {
        let Some((field, encoding)) = *found else { continue };
        if let Some(first) = columns.place(field) {
            return Err(FileError::DuplicateColumn {
                field: field.described(),
                first: Shown::name(cells[first]),
                second: Shown::name(cells[place]),
            });
        }
        columns = columns.with(field, place);
        columns.encoding = columns.encoding.or(encoding);
    }
    for wanted in [Field::Serial, Field::Secret] {
        if columns.place(wanted).is_none() {
            return Err(FileError::MissingColumn {
                wanted: wanted.wanted(),
                found: names(cells),
            });
        }
    }
    Ok(Some((columns, cells.iter().map(|cell| (*cell).to_owned()).collect())))
}

/// The names found, in so far as they can be names.
fn names(cells: &[&str]) -> String {
    let name = |cell: &&str| match secret::looks_like_one(cell) || cell.len() > 80 {
        true => format!("a text of {} characters", cell.chars().count()),
        false => Shown::name(cell).to_string(),
    };
    cells.iter().take(20).map(name).collect::<Vec<_>>().join(", ")
}

impl Field {
    const fn described(self) -> &'static str {
        match self {
            Self::Upn => "user principal name",
            Self::Serial => "serial number",
            Self::Secret => "secret",
            Self::Interval => "time interval",
            Self::Manufacturer => "manufacturer",
            Self::Model => "model",
            Self::Issuer => "issuer",
            Self::Algorithm => "algorithm",
            Self::Digits => "number of digits",
            Self::Counter => "counter",
            Self::Kind => "type",
        }
    }

    const fn wanted(self) -> &'static str {
        match self {
            Self::Serial => "serial number (\"serial number\", \"serial\" or \"token id\")",
            Self::Secret => "secret (\"secret key\", \"secret\", \"seed\", or \"secret hex\" for hexadecimal)",
            _ => self.described(),
        }
    }
}

/// What a name means: without case, spaces and punctuation.
fn field_of(cell: &str) -> Option<(Field, Option<Encoding>)> {
    if cell.len() > 80 {
        return None;
    }
    let name: String = cell.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if let Some(encoding) = secret_of(&name) {
        return Some((Field::Secret, encoding));
    }
    let field = match name.as_str() {
        "upn" | "userprincipalname" | "userprinciplename" | "username" | "user" => Field::Upn,
        "serialnumber" | "serial" | "serialno" | "sn" | "tokenserial" | "tokenserialnumber" | "tokenid" | "tokenidentifier" | "tokensn" => Field::Serial,
        "timeinterval" | "interval" | "timeintervalinseconds" | "timeintervalseconds" | "intervalseconds" | "timestep" | "step" | "period" => Field::Interval,
        "manufacturer" | "vendor" | "maker" => Field::Manufacturer,
        "model" | "tokenmodel" | "product" | "productname" => Field::Model,
        "issuer" => Field::Issuer,
        "algorithm" | "hashfunction" | "hash" | "hashalgorithm" | "hashlib" | "hmac" => Field::Algorithm,
        "digits" | "otplength" | "otplen" | "codelength" | "codedigits" | "responselength" => Field::Digits,
        "counter" | "eventcounter" | "initialcounter" | "movingfactor" => Field::Counter,
        "type" | "tokentype" | "kind" | "oathtype" => Field::Kind,
        _ => return None,
    };
    Some((field, None))
}

/// Names of the secret's column, which may say how it is written: `Secret Key (HEX)`, `seed_base32`.
fn secret_of(name: &str) -> Option<Option<Encoding>> {
    let is_secret = |name: &str| {
        matches!(
            name,
            "secretkey" | "secret" | "key" | "seed" | "sharedsecret" | "otpkey" | "tokenseed" | "seedkey" | "secretdata"
        )
    };
    let marks = [
        ("hex", Encoding::Hex),
        ("hexadecimal", Encoding::Hex),
        ("base32", Encoding::Base32),
        ("b32", Encoding::Base32),
    ];
    let marked = |(mark, encoding)| {
        let rest = name.strip_suffix(mark).or_else(|| name.strip_prefix(mark))?;
        is_secret(rest).then_some(Some(encoding))
    };
    marks.into_iter().find_map(marked).or_else(|| is_secret(name).then_some(None))
}
