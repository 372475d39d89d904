//! Lists in pages: `cursor` and `limit` in, `items` and `next_cursor` out.

use model::{Cursor, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, Page};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{Answer, Refusal};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct List<T> {
    /// The rows.
    items: Vec<T>,
    /// Pass it as `cursor` for the next page; null on the last.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// Where a page starts.
pub(super) fn cursor(text: Option<&str>) -> Answer<Option<Cursor>> {
    text.map(|text| text.parse().map_err(|error| Refusal::invalid("cursor", error))).transpose()
}

/// How many rows a page has.
pub(super) fn limit(asked: Option<usize>) -> Answer<usize> {
    match asked.unwrap_or(PAGE_ROWS_DEFAULT) {
        limit @ 1..=PAGE_ROWS_MAX => Ok(limit),
        _ => Err(Refusal::invalid("limit", format!("must be from 1 to {PAGE_ROWS_MAX}"))),
    }
}
