//! What may open a password reset. Pure.

use jiff::{SignedDuration, Timestamp};
use model::{MethodKind, RESET_COOL_HOURS, RESET_IDLE_DAYS};
use serde::Serialize;

/// What the question needs of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetFacts {
    /// Its kind.
    pub kind: MethodKind,
    /// On.
    pub active: bool,
    /// When it was proven.
    pub confirmed_at: Option<Timestamp>,
    /// When it last opened something.
    pub last_used_at: Option<Timestamp>,
    /// Members who have the same number or mailbox, this one among them.
    pub members: i64,
    /// So many members make a number one of the office, and nobody's own.
    pub members_max: i64,
}

/// Why a method resets no password now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum NotForReset {
    /// It is off, or was never proven.
    Off,
    /// So many members have it that it proves nobody (abuse case C13).
    Shared,
    /// It is new: whoever has taken over a session must not get the account by it at once (abuse case C12).
    Cooling {
        /// From when it may.
        until: Timestamp,
    },
    /// Nobody has used it for a year: the number may be another's by now (abuse case C13). It may again once it has been used.
    Idle {
        /// When it last opened something.
        since: Timestamp,
    },
}

impl NotForReset {
    /// The word, for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shared => "shared",
            Self::Cooling { .. } => "cooling",
            Self::Idle { .. } => "idle",
        }
    }
}

/// Whether a method may open a password reset at a moment. Phones and mailboxes can be swapped and pass from hand to hand, so they wait a day, must have been
/// used within a year, and must not be shared; what a member holds in his hand need only be on. The policy says beside this which kinds may at all.
pub fn usable_for_reset(method: &ResetFacts, now: Timestamp) -> Result<(), NotForReset> {
    let proven = method.confirmed_at.filter(|_| method.active).ok_or(NotForReset::Off)?;
    if method.kind.channel().is_none() {
        return Ok(());
    }
    if method.members >= method.members_max {
        return Err(NotForReset::Shared);
    }
    let until = proven + SignedDuration::from_hours(RESET_COOL_HOURS);
    if now < until {
        return Err(NotForReset::Cooling { until });
    }
    let since = method.last_used_at.map_or(proven, |used| used.max(proven));
    if now.duration_since(since) >= SignedDuration::from_hours(24 * RESET_IDLE_DAYS) {
        return Err(NotForReset::Idle { since });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 24;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 3_600 * hours).expect("a moment")
    }

    fn method(kind: MethodKind, confirmed: Option<i64>, used: Option<i64>, members: i64) -> ResetFacts {
        ResetFacts {
            kind,
            active: true,
            confirmed_at: confirmed.map(at),
            last_used_at: used.map(at),
            members,
            members_max: 3,
        }
    }

    #[test]
    fn c12_c13_a_table_of_what_may_open_a_reset() {
        use MethodKind::*;
        let (cooling, idle) = (|h| Err(NotForReset::Cooling { until: at(h) }), |h| Err(NotForReset::Idle { since: at(h) }));
        for (name, method, now, answer) in [
            ("new phone", method(Sms, Some(0), Some(0), 1), 0, cooling(24)),
            ("new phone, a minute before its day is over", method(Sms, Some(0), None, 1), 23, cooling(24)),
            ("phone of a day", method(Sms, Some(0), None, 1), 24, Ok(())),
            ("new phone for calls", method(Voice, Some(0), None, 1), 5, cooling(24)),
            ("new mailbox", method(Email, Some(0), Some(2), 1), 5, cooling(24)),
            ("mailbox of two days", method(Email, Some(0), None, 1), 48, Ok(())),
            ("new app", method(Totp, Some(0), None, 1), 0, Ok(())),
            ("new token", method(HardwareToken, Some(0), None, 1), 0, Ok(())),
            ("app of two years ago", method(Totp, Some(0), None, 1), 730 * DAY, Ok(())),
            ("phone, used within the year", method(Sms, Some(0), Some(300 * DAY), 1), 600 * DAY, Ok(())),
            ("phone, a year unused", method(Sms, Some(0), Some(10 * DAY), 1), 375 * DAY, idle(10 * DAY)),
            ("phone, never used, a year old", method(Sms, Some(0), None, 1), 365 * DAY, idle(0)),
            ("phone of two members", method(Sms, Some(0), None, 2), 48, Ok(())),
            ("phone of three members", method(Sms, Some(0), None, 3), 48, Err(NotForReset::Shared)),
            ("new phone of three members", method(Sms, Some(0), None, 3), 1, Err(NotForReset::Shared)),
            ("never proven", method(Sms, None, None, 1), 48, Err(NotForReset::Off)),
        ] {
            assert_eq!(usable_for_reset(&method, at(now)), answer, "{name}");
        }
        let off = ResetFacts {
            active: false,
            ..method(Totp, Some(0), None, 1)
        };
        assert_eq!(usable_for_reset(&off, at(48)), Err(NotForReset::Off));
    }

    proptest! {
        /// Whatever else is true of a phone: within its first day it resets nothing.
        #[test]
        fn c12_no_phone_resets_within_a_day(confirmed in 0i64..1_000, later in 0i64..24, used in prop::option::of(0i64..2_000), members in 0i64..10) {
            let phone = method(MethodKind::Sms, Some(confirmed), used, members);
            prop_assert!(usable_for_reset(&phone, at(confirmed + later)).is_err());
        }
    }
}
