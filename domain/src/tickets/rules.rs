//! How many tickets are taken, and how much somebody has shown of himself. Pure.

use crate::verification::facts::{AttemptFacts, Stage};
use jiff::{SignedDuration, Timestamp};
use model::{Purpose, Shown, TICKETS_DAY_MAX, TICKETS_SOURCE_DAY_MAX, TICKETS_TENANT_HOUR_MAX};

/// Longest address of a page that is kept, in characters.
const PAGE_CHARACTERS_MAX: usize = 200;
/// Longest part of an address that is told: an id has 36 characters, a secret has more.
const PART_CHARACTERS_MAX: usize = 36;

/// Tickets of a window, and the oldest of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// How many.
    pub count: i64,
    /// The oldest.
    pub oldest: Option<Timestamp>,
}

/// Tickets that count against another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// About the same name, of a day.
    pub subject: Filed,
    /// From the same place without being signed in, of a day.
    pub source: Filed,
    /// Of the tenant without being signed in, of an hour.
    pub tenant: Filed,
}

impl Before {
    /// Until when no more is taken; `None` where one is. Who is signed in is held to the number of his own.
    pub fn waits(self, shown: Shown) -> Option<Timestamp> {
        let after = |filed: Filed, most: i64, hours: i64| {
            let full = filed.count >= most;
            filed.oldest.filter(|_| full).map(|oldest| oldest + SignedDuration::from_hours(hours))
        };
        let own = after(self.subject, TICKETS_DAY_MAX, 24);
        if shown == Shown::SignedIn {
            return own;
        }
        own.max(after(self.source, TICKETS_SOURCE_DAY_MAX, 24))
            .max(after(self.tenant, TICKETS_TENANT_HOUR_MAX, 1))
    }
}

/// What the one of an attempt has shown. A reset asks for a second proof first, and its name alone leads there; what is decided tells by what was asked.
pub fn shown(attempt: &AttemptFacts) -> Shown {
    let past_password = match attempt.stage {
        Stage::Password => false,
        Stage::Second | Stage::Register => true,
        Stage::Decided => attempt.second_asked || !attempt.reasons.is_empty(),
    };
    if past_password && attempt.purpose != Purpose::Reset {
        Shown::Password
    } else {
        Shown::Name
    }
}

/// The path of a page as it is told: no query, no fragment and no part as long as a token is, nothing that is no path.
pub fn page(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if !path.starts_with('/') || !path.chars().all(|c| c.is_ascii_graphic()) {
        return String::from("/");
    }
    let parts = path.split('/').map(|part| if part.len() > PART_CHARACTERS_MAX { "…" } else { part });
    parts.collect::<Vec<_>>().join("/").chars().take(PAGE_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3_600).expect("a moment")
    }

    fn filed(count: i64, hour: i64) -> Filed {
        Filed {
            count,
            oldest: (count > 0).then(|| at(hour)),
        }
    }

    #[test]
    fn the_latest_of_the_limits_holds() {
        let none = filed(0, 0);
        for (subject, source, tenant, shown, until) in [
            (none, none, none, Shown::Name, None),
            (filed(4, 0), filed(19, 0), filed(199, 0), Shown::Name, None),
            (filed(5, 0), none, none, Shown::Name, Some(at(24))),
            (filed(5, 0), filed(20, 3), none, Shown::Name, Some(at(27))),
            (none, none, filed(200, 5), Shown::Password, Some(at(6))),
            (filed(5, 0), filed(20, 3), filed(200, 5), Shown::SignedIn, Some(at(24))),
            (none, filed(20, 3), filed(200, 5), Shown::SignedIn, None),
        ] {
            assert_eq!(
                Before { subject, source, tenant }.waits(shown),
                until,
                "{subject:?} {source:?} {tenant:?} {shown}"
            );
        }
    }

    #[test]
    fn a_page_is_a_path_without_its_secrets() {
        for (path, kept) in [
            ("/sign-in", "/sign-in"),
            ("/sign-in?back=/x", "/sign-in"),
            ("/reset/new#token", "/reset/new"),
            ("/set-up/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "/set-up/…"),
            (
                "/admin/noord/users/0198b2c4-0000-7000-8000-000000000001",
                "/admin/noord/users/0198b2c4-0000-7000-8000-000000000001",
            ),
            ("https://evil.example/", "/"),
            ("/a b", "/"),
            ("", "/"),
        ] {
            assert_eq!(page(path), kept, "{path}");
        }
        assert_eq!(page(&"/a".repeat(500)).len(), PAGE_CHARACTERS_MAX);
    }
}
