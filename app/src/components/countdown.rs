//! How long something still holds.

use jiff::Timestamp;
use leptos::prelude::*;

use crate::{format, visit::visit};

/// The time left, in words. Where script runs it counts down, and calls the form or page that is waiting when it is over.
#[component]
pub fn Countdown(
    /// When it ends.
    until: Timestamp,
) -> impl IntoView {
    let left = until.duration_since(visit().now).as_secs().max(0);
    view! {
        <time class="num" datetime=until.to_string() data-countdown=until.as_second().to_string()>
            {format::duration(left.unsigned_abs())}
        </time>
    }
}
