//! Errors in whole, for the log and for whoever sits at the console. What leaves by the web is decided elsewhere.

use std::error::Error;

/// An error and what it came from, on one line.
pub(crate) fn whole(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}
