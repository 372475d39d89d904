//! What a pile of durations comes to.

use std::time::Duration;

/// The duration that a share of all is at most as long as, in milliseconds. Sorts the pile.
pub(crate) fn percentile(pile: &mut [Duration], share: f64) -> f64 {
    pile.sort_unstable();
    let place = ((pile.len() as f64 * share) as usize).min(pile.len().saturating_sub(1));
    pile.get(place).map_or(f64::NAN, |d| d.as_secs_f64() * 1000.0)
}
