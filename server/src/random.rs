//! What the program makes for itself: passwords of its database roles, its master key, nonces, request ids.

use data_encoding::BASE32_NOPAD;
use domain::clock::Clock;
use domain::rng::Rng;
use uuid::Uuid;

/// Random bytes of the operating system.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    Rng::System.bytes()
}

/// A password for a program: 160 bits in small letters and digits, so that it needs quoting nowhere.
pub(crate) fn password() -> String {
    BASE32_NOPAD.encode(&bytes::<20>()).to_ascii_lowercase()
}

/// The number of a request; by time, so that log lines sort.
pub(crate) fn request_id() -> Uuid {
    Rng::System.id(Clock::system().now())
}
