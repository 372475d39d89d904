//! Forms as they come in: every field is optional and has a bound, nothing is trusted, and what a page does not know is ignored.

use model::{CleanText, REASON_CHARACTERS_MAX};
use serde::Deserialize;

/// The fields of the members' forms. A field that is missing is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    pub(super) step: String,
    pub(super) upn: String,
    pub(super) password: String,
    pub(super) code: String,
    pub(super) method: String,
    pub(super) kind: String,
    pub(super) device: String,
    pub(super) name: String,
    pub(super) session: String,
    pub(super) browser: String,
    pub(super) remember: String,
    pub(super) keep: String,
    pub(super) ceremony: String,
    pub(super) response: String,
    pub(super) reason: String,
    pub(super) address: String,
    pub(super) attempt: String,
    pub(super) serial: String,
}

/// The query of the members' pages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    pub(super) show: Option<String>,
    pub(super) shell: Option<String>,
    pub(super) way: Option<String>,
    pub(super) after: Option<String>,
    pub(super) back: Option<String>,
    #[serde(rename = "for")]
    pub(super) asked_for: Option<String>,
    pub(super) rename: Option<String>,
    pub(super) remove: Option<String>,
    pub(super) renew: Option<String>,
    pub(super) confirm: Option<String>,
    pub(super) calling: Option<String>,
    pub(super) done: Option<String>,
    pub(super) what: Option<String>,
    pub(super) before: Option<String>,
    pub(super) attempt: Option<String>,
    pub(super) name: Option<String>,
    pub(super) report: Option<String>,
    pub(super) bypass: Option<String>,
}

/// The longest that is shown again of what somebody typed, in characters.
const TYPED_CHARACTERS_MAX: usize = 500;

/// The same of what is written on many lines: more than fits anywhere, less than a form may hold.
const WRITTEN_CHARACTERS_MAX: usize = 10_000;

/// A form with fields that come more than once, such as ticked rows.
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl Pairs {
    /// The value of a field; empty when it is missing.
    pub(super) fn one<'a>(&'a self, name: &'a str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    /// All values of a field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What was typed, to be shown again.
    pub(super) fn typed(&self, name: &str) -> String {
        self.one(name).chars().filter(|c| !c.is_control()).take(TYPED_CHARACTERS_MAX).collect()
    }

    /// What was written on many lines, to be shown again whole though it is too long.
    pub(super) fn written(&self, name: &str) -> String {
        self.one(name).chars().take(WRITTEN_CHARACTERS_MAX).collect()
    }

    /// A field that may stay empty: read when it is not.
    pub(super) fn optional<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ()> {
        match self.one(name).trim() {
            "" => Ok(None),
            text => read(text).map(Some).ok_or(()),
        }
    }
}

/// The reason for the audit log; none when it is missing or cannot be one.
pub(super) fn reason_of(fields: &Pairs) -> Option<CleanText<REASON_CHARACTERS_MAX>> {
    CleanText::parse(fields.one("reason")).ok()
}
