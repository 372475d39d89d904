//! One KeyPackage as a token (RFC 6030 sections 4 and 5, profiles in section 10).

use super::node::{Node, Space};
use super::protection::Protection;
use crate::tokens::import::error::{Problem, RowError, Shown};
use crate::tokens::import::limits::DRIFT_STEPS_MAX;
use crate::tokens::import::oath::{Algorithm, Kind, Oath};
use crate::tokens::import::record::TokenRecord;
use crate::tokens::import::{secret, text};
use jiff::Timestamp;

/// The token of a KeyPackage, or why it is none.
pub(crate) fn token(package: &Node, protection: &Protection, row: u64, now: Timestamp) -> Result<TokenRecord, Box<RowError>> {
    let serial = serial(package);
    let told = serial.as_ref().ok().cloned();
    serial.and_then(|serial| read(package, protection, serial, row, now)).map_err(|problem| {
        Box::new(RowError {
            row,
            columns: told
                .iter()
                .cloned()
                .chain(std::iter::repeat_n(String::new(), super::COLUMNS.len() - 1))
                .collect(),
            serial: told,
            problem,
        })
    })
}

fn read(package: &Node, protection: &Protection, serial: String, row: u64, now: Timestamp) -> Result<TokenRecord, Problem> {
    let key = package.child("Key")?.ok_or(Problem::Missing { field: "Key" })?;
    let device = package.child("DeviceInfo")?;
    let (valid_from, valid_until) = validity(device, key.child("Policy")?)?;
    if let Some(until) = valid_until.filter(|until| *until < now) {
        return Err(Problem::Expired { until });
    }
    may_be_used(key.child("Policy")?)?;
    let oath = oath(key)?;
    let data = key.child("Data")?.ok_or(Problem::Missing { field: "secret" })?;
    let counter = number(data, "Counter")?.filter(|_| oath.kind == Kind::Hotp).map(text::counter).transpose()?;
    let secret = data.child("Secret")?.ok_or(Problem::Missing { field: "secret" })?;
    let mut token = TokenRecord {
        row,
        serial,
        secret: secret::checked(protection.secret(secret)?)?,
        oath: Oath {
            period: number(data, "TimeInterval")?
                .filter(|_| oath.kind == Kind::Totp)
                .map_or(Ok(30), text::interval)?,
            ..oath
        },
        kind_stated: true,
        counter: counter.unwrap_or(0),
        drift: drift(data)?,
        issuer: text::label("issuer", key.text_of("Issuer")?)?,
        manufacturer: text::label("manufacturer", text_in(device, "Manufacturer")?)?,
        model: text::label("model", text_in(device, "Model")?)?,
        upn: None,
        valid_from,
        valid_until,
        hex_recognised: false,
        columns: Vec::new(),
    };
    if oath.kind == Kind::Totp {
        begins_in_1970(data)?;
    }
    token.columns = columns(&token);
    Ok(token)
}

/// The device's own number; without one, the key's.
fn serial(package: &Node) -> Result<String, Problem> {
    let device = text_in(package.child("DeviceInfo")?, "SerialNo")?.filter(|serial| !serial.is_empty());
    let key = package.child("Key")?.and_then(|key| key.attribute("Id"));
    text::serial(device.or(key))
}

fn text_in<'a>(node: Option<&'a Node>, name: &'static str) -> Result<Option<&'a str>, Problem> {
    node.map_or(Ok(None), |node| node.text_of(name))
}

/// The narrower of what device and key allow.
fn validity(device: Option<&Node>, policy: Option<&Node>) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
    let from = [date(device, "StartDate")?, date(policy, "StartDate")?].into_iter().flatten().max();
    let until = [date(device, "ExpiryDate")?, date(policy, "ExpiryDate")?].into_iter().flatten().min();
    Ok((from, until))
}

/// xs:dateTime; without a zone it is UTC (RFC 6030 section 4.2.1 wants UTC).
fn date(node: Option<&Node>, field: &'static str) -> Result<Option<Timestamp>, Problem> {
    let Some(given) = text_in(node, field)? else { return Ok(None) };
    let zoned = given.parse::<Timestamp>();
    let read = zoned.or_else(|_| {
        given
            .parse::<jiff::civil::DateTime>()
            .and_then(|civil| civil.to_zoned(jiff::tz::TimeZone::UTC))
            .map(|z| z.timestamp())
    });
    read.map(Some).map_err(|_| Problem::Date {
        field,
        given: Shown::name(given),
    })
}

/// RFC 6030 section 5: a rule that is not understood forbids the use of the key.
fn may_be_used(policy: Option<&Node>) -> Result<(), Problem> {
    let rules = policy.map_or(&[][..], |policy| &policy.children);
    let mut usages = Vec::new();
    for rule in rules {
        match (rule.space, rule.name.as_str()) {
            (Space::Pskc, "StartDate" | "ExpiryDate") => {}
            (Space::Pskc, "KeyUsage") => usages.push(rule.trimmed()),
            _ => {
                return Err(Problem::Policy {
                    rule: Shown::name(&rule.described()),
                });
            }
        }
    }
    if usages.is_empty() || usages.contains(&"OTP") {
        return Ok(());
    }
    Err(Problem::Usage {
        given: Shown::name(&usages.join(", ")),
    })
}

/// Kind, hash and digits.
fn oath(key: &Node) -> Result<Oath, Problem> {
    let uri = key
        .attribute("Algorithm")
        .or(key.attribute("KeyAlgorithm"))
        .ok_or(Problem::Missing { field: "Algorithm of the Key" })?;
    let kind = text::profile(uri).ok_or_else(|| unsupported(uri, "the PSKC profiles hotp and totp"))?;
    let Some(parameters) = key.child("AlgorithmParameters")? else {
        return Ok(Oath { kind, ..Oath::default() });
    };
    if let Some(challenge) = parameters.child("ChallengeFormat")? {
        return Err(unsupported(&challenge.name, "codes without a challenge"));
    }
    Ok(Oath {
        kind,
        algorithm: parameters
            .text_of("Suite")?
            .filter(|suite| !suite.is_empty())
            .map_or(Ok(Algorithm::Sha1), text::algorithm)?,
        digits: parameters.child("ResponseFormat")?.map_or(Ok(6), digits)?,
        ..Oath::default()
    })
}

fn digits(format: &Node) -> Result<u8, Problem> {
    match format.attribute("Encoding").unwrap_or("DECIMAL") {
        "DECIMAL" => {}
        other => return Err(unsupported(other, "codes of the encoding DECIMAL")),
    }
    if matches!(format.attribute("CheckDigits").or(format.attribute("CheckDigit")), Some("true" | "1")) {
        return Err(unsupported("CheckDigits", "codes without a check digit"));
    }
    text::digits(format.attribute("Length").ok_or(Problem::Missing { field: "number of digits" })?)
}

/// The plain text of a value other than the secret.
fn number<'a>(data: &'a Node, name: &'static str) -> Result<Option<&'a str>, Problem> {
    let Some(value) = data.child(name)? else { return Ok(None) };
    if value.child("EncryptedValue")?.is_some() {
        return Err(Problem::EncryptedValue { element: name });
    }
    value.text_of("PlainValue")
}

/// RFC 6238 section 4.1: T0 is the beginning of 1970 in every system that this service can meet.
fn begins_in_1970(data: &Node) -> Result<(), Problem> {
    match number(data, "Time")? {
        None | Some("0") => Ok(()),
        Some(other) => Err(Problem::Unknown {
            field: "Time from which steps are counted",
            given: Shown::word(other),
            wanted: "0, the beginning of 1970",
        }),
    }
}

/// Steps by which the clock was off when last seen. What cannot be true is no reason to refuse a token: its clock is measured at its first code.
fn drift(data: &Node) -> Result<i64, Problem> {
    let steps = number(data, "TimeDrift")?.and_then(|drift| drift.parse().ok());
    Ok(steps.filter(|steps: &i64| steps.unsigned_abs() <= DRIFT_STEPS_MAX).unwrap_or(0))
}

fn unsupported(given: &str, wanted: &'static str) -> Problem {
    Problem::Unsupported {
        given: Shown::name(given),
        wanted,
    }
}

fn columns(token: &TokenRecord) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        token.serial.clone(),
        text(&token.manufacturer),
        text(&token.model),
        text(&token.issuer),
        token.oath.kind.as_str().to_owned(),
        token.oath.algorithm.as_str().to_owned(),
        token.oath.digits.to_string(),
        token.oath.period.to_string(),
        token.counter.to_string(),
    ]
}
