//! A token as the file describes it.

use crate::tokens::import::limits::SECRET_BYTES_STRONG;
use crate::tokens::import::oath::Oath;
use jiff::Timestamp;
use std::fmt;
use zeroize::Zeroizing;

/// A token as the file describes it, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// The row of data or the KeyPackage, counted from 1.
    pub row: u64,
    /// The serial number, 1 to 64 characters.
    pub serial: String,
    /// The secret, 10 to 128 bytes.
    pub secret: Zeroizing<Vec<u8>>,
    /// How it makes its codes.
    pub oath: Oath,
    /// False when the file says neither TOTP nor HOTP nor an interval, and TOTP was taken.
    pub kind_stated: bool,
    /// The counter that an HOTP token stands at; 0 for TOTP.
    pub counter: u64,
    /// Steps by which a TOTP token's clock is known to be off (RFC 6030 TimeDrift).
    pub drift: i64,
    /// Who issued it.
    pub issuer: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// What it is.
    pub model: Option<String>,
    /// Whose it is to be: as written, not yet looked up.
    pub upn: Option<String>,
    /// The first moment it may be used.
    pub valid_from: Option<Timestamp>,
    /// The last moment it may be used.
    pub valid_until: Option<Timestamp>,
    /// True when the secret of a CSV file was hexadecimal rather than Base32.
    pub hex_recognised: bool,
    /// The row's own cells without secrets, for the result file.
    pub columns: Vec<String>,
}

impl TokenRecord {
    /// True for a secret shorter than the 128 bits that RFC 4226 section 4 requires.
    pub fn is_weak(&self) -> bool {
        self.secret.len() < SECRET_BYTES_STRONG
    }
}

impl fmt::Debug for TokenRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRecord")
            .field("row", &self.row)
            .field("serial", &self.serial)
            .field("oath", &self.oath)
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}
