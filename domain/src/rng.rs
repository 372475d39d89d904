//! The only place that makes randomness.

use rand::{Rng as _, SeedableRng, TryRng, rngs::StdRng, rngs::SysRng};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Where randomness comes from: the operating system, or a seed that tests fix and print.
#[derive(Clone)]
pub enum Rng {
    /// The operating system.
    System,
    /// Reproducible, for tests.
    Seeded(Arc<Mutex<StdRng>>),
}

impl Rng {
    /// A reproducible source.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// Fills a buffer. Panics when the operating system has no randomness to give: nothing secret may be made then.
    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Self::System => SysRng.try_fill_bytes(bytes).expect("the operating system gives randomness"),
            Self::Seeded(rng) => rng.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).fill_bytes(bytes),
        }
    }

    /// An array of random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A time-ordered id (RFC 9562 version 7) for a moment.
    pub fn id(&self, at: jiff::Timestamp) -> Uuid {
        let millis = at.as_millisecond().max(0) as u64;
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// An id without any order (version 4), for what is shown or secret.
    pub fn handle(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }
}
