//! Lists in pages by key, never by offset.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// One page of a list and the way to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last.
    pub next_cursor: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of rows fetched with one more than the limit; `key` gives a row's place in the order.
    pub fn of(mut rows: Vec<T>, limit: usize, key: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(key) } else { None };
        Self { items: rows, next_cursor }
    }

    /// The same page with other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// A place in a list: the last row's sort key (a text, or microseconds since 1970) and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key of the last row seen.
    pub key: String,
    /// The id of the last row seen.
    pub id: Uuid,
}

/// A cursor that this service did not give out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor of this list; start again without one")]
pub struct CursorError;

impl Cursor {
    /// The place of a row in a list by moments.
    pub fn at(moment: jiff::Timestamp, id: Uuid) -> Self {
        Self {
            key: moment.as_microsecond().to_string(),
            id,
        }
    }

    /// The moment and id that a cursor of such a list names; none before 1970, where databases know fewer years than we can name.
    pub fn moment(&self) -> Result<(jiff::Timestamp, Uuid), CursorError> {
        let microseconds: i64 = self.key.parse().map_err(|_| CursorError)?;
        let at = jiff::Timestamp::from_microsecond(microseconds).map_err(|_| CursorError)?;
        Ok((at.max(jiff::Timestamp::UNIX_EPOCH), self.id))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id.simple())?;
        self.key.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        if text.len() < 32 || text.len() > 1200 || !text.is_ascii() {
            return Err(CursorError);
        }
        let (id, key) = text.split_at(32);
        let id = Uuid::parse_str(id).map_err(|_| CursorError)?;
        let byte = |i| u8::from_str_radix(key.get(i..i + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..key.len()).step_by(2).map(byte).collect();
        let key = bytes.and_then(|b| String::from_utf8(b).ok()).ok_or(CursorError)?;
        if key.contains('\0') {
            return Err(CursorError);
        }
        Ok(Self { key, id })
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(key in "[^\0]{0,80}", id: u128) {
            let cursor = Cursor { key, id: Uuid::from_u128(id) };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,200}") {
            let _ = text.parse::<Cursor>();
        }
    }
}
