//! The only place that reads the time.

use jiff::{SignedDuration, Timestamp};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where the time comes from: the machine, or a hand that tests hold.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock, shifted by a fixed number of seconds (0 but for the test of a wrong clock).
    System {
        /// Seconds added to what the machine says.
        offset_seconds: i64,
    },
    /// A clock that stands still until it is moved; microseconds since 1970. It never disagrees with the database.
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self::System { offset_seconds: 0 }
    }

    /// A held clock that starts at a moment.
    pub fn held(at: Timestamp) -> Self {
        Self::Held(Arc::new(AtomicI64::new(at.as_microsecond())))
    }

    /// Now, in whole microseconds, which is what Postgres keeps.
    #[allow(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now(&self) -> Timestamp {
        let microseconds = match self {
            Self::System { offset_seconds } => Timestamp::now().as_microsecond() + offset_seconds * 1_000_000,
            Self::Held(at) => at.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// How far this clock is from the database's.
    pub fn skew(&self, database: Timestamp) -> SignedDuration {
        match self {
            Self::System { .. } => self.now().duration_since(database),
            Self::Held(_) => SignedDuration::ZERO,
        }
    }

    /// Moves a held clock; the machine's is not ours to move.
    pub fn advance(&self, by: SignedDuration) {
        if let Self::Held(at) = self {
            at.fetch_add(by.as_micros() as i64, Ordering::SeqCst);
        }
    }
}
