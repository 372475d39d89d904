//! How much of a token file is taken at once. Files themselves may be of any length: memory depends on these numbers only.

/// Characters of a serial number.
pub const SERIAL_CHARACTERS_MAX: usize = 64;
/// Characters of a manufacturer, model or issuer.
pub const LABEL_CHARACTERS_MAX: usize = 100;
/// Characters of a user principal name; whether it is one is judged by whoever looks it up.
pub const UPN_CHARACTERS_MAX: usize = 320;
/// Bytes of a secret. RFC 4226 section 4 asks for 16, yet tokens with 80 bits are in people's pockets.
pub const SECRET_BYTES_MIN: usize = 10;
/// Bytes of a secret: the block of SHA-512; whatever is longer is hashed first and gains nothing.
pub const SECRET_BYTES_MAX: usize = 128;
/// Below this many bytes a secret is accepted and said to be weak (RFC 4226 section 4, R6).
pub const SECRET_BYTES_STRONG: usize = 16;
/// Counter of an HOTP token: what a PostgreSQL bigint holds.
pub const COUNTER_MAX: u64 = i64::MAX as u64;
/// Steps by which a token's clock may be said to be off: half a day of 30 seconds. More is a mistake of the file.
pub const DRIFT_STEPS_MAX: u64 = 1_440;

/// Bytes of a row of a CSV file.
pub const ROW_BYTES_MAX: usize = 64 * 1024;
/// Cells of a row of a CSV file.
pub const ROW_CELLS_MAX: usize = 256;
/// Lines before the header of a CSV file: comments, blank lines, log marks.
pub const LINES_BEFORE_HEADER_MAX: usize = 100;

/// Bytes of one piece of XML: a tag, a text, a comment.
pub const XML_PIECE_BYTES_MAX: usize = 64 * 1024;
/// How deep elements of XML may nest; RFC 6030 needs 8.
pub const XML_DEPTH_MAX: usize = 32;
/// Attributes of an element; RFC 6030 needs 6, and declarations of namespaces count.
pub const XML_ATTRIBUTES_MAX: usize = 32;
/// Elements within a KeyPackage; RFC 6030 needs about 40.
pub const XML_ELEMENTS_MAX: usize = 1_000;
/// Bytes of a KeyPackage, and of everything before the first.
pub const KEY_PACKAGE_BYTES_MAX: u64 = 256 * 1024;

/// Rounds of PBKDF2: half a second of a core that has instructions for SHA-1, some seconds of one that has not.
pub const PBKDF2_ITERATIONS_MAX: u32 = 2_000_000;
/// Bytes of the salt of PBKDF2 (RFC 8018 section 4.1 asks for at least 8).
pub const PBKDF2_SALT_BYTES_MIN: usize = 8;
/// Bytes of the salt of PBKDF2.
pub const PBKDF2_SALT_BYTES_MAX: usize = 1_024;
/// Bytes of a key for message authentication.
pub const MAC_KEY_BYTES_MIN: usize = 16;
/// Bytes of a key for message authentication.
pub const MAC_KEY_BYTES_MAX: usize = 128;
/// Bytes of a passphrase.
pub const PASSPHRASE_BYTES_MAX: usize = 1_024;
