//! Why a file or a row of it was refused: plain sentences that name the place, the limit and the value, never a secret.

use crate::tokens::import::limits::{
    COUNTER_MAX, KEY_PACKAGE_BYTES_MAX, LINES_BEFORE_HEADER_MAX, MAC_KEY_BYTES_MAX, MAC_KEY_BYTES_MIN, PASSPHRASE_BYTES_MAX, PBKDF2_ITERATIONS_MAX,
    PBKDF2_SALT_BYTES_MAX, PBKDF2_SALT_BYTES_MIN, ROW_BYTES_MAX, ROW_CELLS_MAX, SECRET_BYTES_MAX, SECRET_BYTES_MIN, XML_ATTRIBUTES_MAX, XML_DEPTH_MAX,
    XML_ELEMENTS_MAX, XML_PIECE_BYTES_MAX,
};
use jiff::Timestamp;
use std::fmt;

/// What reading a token file can meet: a bad row, after which reading goes on, or a bad file, after which it ends.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// One token is refused; the next one can be read.
    #[error(transparent)]
    Row(#[from] Box<RowError>),
    /// The file is refused as a whole, with the tokens already read from it.
    #[error(transparent)]
    File(#[from] FileError),
}

/// One token that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The row of data or the KeyPackage, counted from 1.
    pub row: u64,
    /// The serial number, where it could be read.
    pub serial: Option<String>,
    /// Why.
    pub problem: Problem,
    /// The row's own cells without secrets, for the result file; empty when they could not be told apart from secrets.
    pub columns: Vec<String>,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.serial {
            Some(serial) => write!(f, "Row {} (serial number {serial}): {}", self.row, self.problem),
            None => write!(f, "Row {}: {}", self.row, self.problem),
        }
    }
}

impl std::error::Error for RowError {}

/// A value from the file as it may be shown: short, on one line, without tricks, and nothing as long as a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// A number or a word. Longer than 12 characters it may be a secret in the wrong column, and is not repeated.
    pub(crate) fn word(text: &str) -> Self {
        let length = text.chars().count();
        if length > 12 {
            return Self(format!("a text of {length} characters"));
        }
        Self(format!("'{}'", plain(text, 12)))
    }

    /// A name from the structure of a file, where no secret can be: an element, an algorithm, a column that has a known name beside it.
    pub(crate) fn name(text: &str) -> Self {
        Self(format!("'{}'", plain(text, 80)))
    }
}

fn plain(text: &str, characters_max: usize) -> String {
    text.chars()
        .filter(|c| !crate::tokens::import::text::is_forbidden(*c))
        .take(characters_max)
        .collect()
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a token was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A value that a token needs is not there.
    #[error("The {field} is missing.")]
    Missing {
        /// Which value.
        field: &'static str,
    },
    /// A text is too long.
    #[error("The {field} is {length} characters long; at most {max} fit.")]
    TooLong {
        /// Which value.
        field: &'static str,
        /// Characters given.
        length: usize,
        /// Characters allowed.
        max: usize,
    },
    /// A control character or a mark that turns the reading direction.
    #[error("The {field} holds the character U+{code:04X} at position {position}, which is not allowed.")]
    Forbidden {
        /// Which value.
        field: &'static str,
        /// The character's code point.
        code: u32,
        /// Its place, counted from 1.
        position: usize,
    },
    /// A value is none of those that this service knows.
    #[error("The {field} is {given}; it must be {wanted}.")]
    Unknown {
        /// Which value.
        field: &'static str,
        /// What the file says.
        given: Shown,
        /// What it may say.
        wanted: &'static str,
    },
    /// A counter is out of range.
    #[error("The counter is {given}; it must be a whole number from 0 to {COUNTER_MAX}.")]
    Counter {
        /// What the file says.
        given: Shown,
    },
    /// A spreadsheet has rounded the serial number.
    #[error(
        "The serial number {given} was shortened by a spreadsheet, and its last digits are lost; set the column to text in the spreadsheet, or take the file as the manufacturer sent it."
    )]
    Rounded {
        /// What is left.
        given: Shown,
    },
    /// The secret is neither Base32 nor hexadecimal.
    #[error("The secret has a character at position {position} that belongs neither to Base32 (A-Z, 2-7) nor to hexadecimal (0-9, A-F).")]
    SecretCharacter {
        /// The place of the first one, counted from 1 without spaces and hyphens.
        position: usize,
    },
    /// The secret cannot have this many characters.
    #[error("The secret has {length} characters, which {encoding} cannot have; a character may be lost or one too many.")]
    SecretCharacters {
        /// Characters given, without spaces, hyphens and padding.
        length: usize,
        /// Base32, hexadecimal or Base64.
        encoding: &'static str,
    },
    /// The secret's last character holds bits that no encoder writes.
    #[error("The secret's last character cannot be the end of {encoding}; a character may be lost or wrong.")]
    SecretEnd {
        /// Base32 or Base64.
        encoding: &'static str,
    },
    /// The secret is too short or too long.
    #[error("The secret is {bytes} bytes long; it must be from {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes.")]
    SecretBytes {
        /// Bytes given.
        bytes: usize,
    },
    /// A row holds more cells than the header names.
    #[error("The row has {cells} cells but the header names {named}; a separator may be part of a value that is not in quotes.")]
    Cells {
        /// Cells in the row.
        cells: usize,
        /// Columns in the header.
        named: usize,
    },
    /// A row has more cells than any token file.
    #[error("The row has more than {ROW_CELLS_MAX} cells.")]
    TooManyCells,
    /// The row is not text.
    #[error("Column {column} is not UTF-8 text; save the file as \"CSV UTF-8\".")]
    NotUtf8 {
        /// The column, counted from 1.
        column: usize,
    },
    /// An element that may come once comes twice.
    #[error("The element {element} appears more than once.")]
    Duplicate {
        /// Which element.
        element: &'static str,
    },
    /// A value is not Base64.
    #[error("The element {element} is not Base64.")]
    Base64 {
        /// Which element.
        element: &'static str,
    },
    /// A date cannot be read.
    #[error("The {field} {given} is not a date and time such as 2030-12-31T00:00:00Z.")]
    Date {
        /// Which date.
        field: &'static str,
        /// What the file says.
        given: Shown,
    },
    /// The key may no longer be used.
    #[error("The file allows this token until {until} only, which has passed.")]
    Expired {
        /// The last moment.
        until: Timestamp,
    },
    /// The key's purposes do not contain one-time passwords.
    #[error("The file allows this key for {given} only, not for one-time passwords (KeyUsage OTP).")]
    Usage {
        /// What the file allows.
        given: Shown,
    },
    /// A rule about the key's use that this service does not know or cannot keep.
    #[error("The file lays down the rule {rule} for this key, which this service cannot keep; RFC 6030 section 5 then forbids its use.")]
    Policy {
        /// The element.
        rule: Shown,
    },
    /// The token does something other than one-time passwords of OATH.
    #[error("The token uses {given}, which this service does not support; it supports {wanted}.")]
    Unsupported {
        /// What the file says.
        given: Shown,
        /// What is supported.
        wanted: &'static str,
    },
    /// A value other than the secret is encrypted.
    #[error("The element {element} is encrypted; only the secret may be.")]
    EncryptedValue {
        /// Which element.
        element: &'static str,
    },
    /// An encrypted secret without a message authentication code, in a file that has them.
    #[error("The secret is encrypted but its ValueMAC is missing, though the file declares a MACMethod; somebody may have changed the file.")]
    StrippedMac,
    /// A plain secret in an encrypted file.
    #[error("The secret is not encrypted, though the file declares an EncryptionKey; somebody may have replaced it.")]
    StrippedEncryption,
    /// A file of encrypted secrets without any message authentication.
    #[error(
        "The secret is encrypted by {algorithm}, but the file declares no MACMethod; RFC 6030 section 6.1.1 requires one, because such a secret can be changed unseen."
    )]
    NoMac {
        /// The cipher.
        algorithm: Shown,
    },
    /// The message authentication code is another.
    #[error("The secret's message authentication code does not match: the key or passphrase is another, or the file was changed.")]
    WrongMac,
    /// The encrypted secret cannot be one.
    #[error("The encrypted value is {bytes} bytes long; {cipher} needs a multiple of 16 and at least 32.")]
    CipherLength {
        /// Bytes given.
        bytes: usize,
        /// The cipher.
        cipher: &'static str,
    },
    /// The key's length does not fit the cipher.
    #[error("The file encrypts by {cipher}, which needs a key of {needed} bytes; the key has {given}.")]
    KeyLength {
        /// The cipher.
        cipher: &'static str,
        /// Bytes of the key needed.
        needed: usize,
        /// Bytes of the key given.
        given: usize,
    },
    /// Padding that says something impossible, behind a MAC that matches.
    #[error("The secret could not be decrypted: its padding is damaged.")]
    Padding,
}

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file could not be read.
    #[error("The file could not be read: {0}.")]
    Io(#[source] std::io::Error),
    /// There is nothing in it.
    #[error("The file holds no tokens.")]
    Empty,
    /// A container without packages.
    #[error("The file holds no KeyPackage; drafts older than RFC 6030 used other elements, which are not read.")]
    NoPackage,
    /// It is no text.
    #[error("The file is {what}, not text; export it as CSV or PSKC first.")]
    NotText {
        /// What it is.
        what: &'static str,
    },
    /// The characters are encoded in a way that is not read.
    #[error("The file is written in {encoding}; it must be UTF-8, or UTF-16 with a byte order mark.")]
    Encoding {
        /// The encoding's name.
        encoding: Shown,
    },
    /// The characters are not what the encoding says.
    #[error("The file is not valid {encoding} near byte {byte}.")]
    Characters {
        /// UTF-8 or UTF-16.
        encoding: &'static str,
        /// Where, counted from 0 in UTF-8.
        byte: u64,
    },

    /// The first line names no columns and is no row of a known list.
    #[error(
        "The first line ({cells} cells) neither names columns nor is a token. The columns wanted are \"serial number\" and \"secret key\"; \"upn\", \"time interval\", \"manufacturer\" and \"model\" may follow."
    )]
    NoHeader {
        /// Cells in the line.
        cells: usize,
    },
    /// The header lacks a column.
    #[error("The header names no {wanted}. It names: {found}.")]
    MissingColumn {
        /// The column and the names it may have.
        wanted: &'static str,
        /// The names found.
        found: String,
    },
    /// Two columns of the header mean the same.
    #[error("The header names the {field} twice: {first} and {second}.")]
    DuplicateColumn {
        /// What they mean.
        field: &'static str,
        /// The first.
        first: Shown,
        /// The second.
        second: Shown,
    },
    /// A row without an end.
    #[error("Row {row} is longer than {ROW_BYTES_MAX} bytes; a quotation mark may be missing.")]
    RowTooLong {
        /// The row, counted from 1; 0 is the header.
        row: u64,
    },
    /// Comments without an end.
    #[error("The first {LINES_BEFORE_HEADER_MAX} lines hold neither a header nor a token.")]
    TooManyLines,

    /// The XML is broken.
    #[error("The file is not well-formed XML near byte {byte}: {why}.")]
    Xml {
        /// Where, counted from 0 in UTF-8.
        byte: u64,
        /// What the parser says, without texts of the file.
        why: &'static str,
    },
    /// The XML ends too early.
    #[error("The file ends in the middle, at byte {byte}; it may have been cut off.")]
    Truncated {
        /// Where, counted from 0 in UTF-8.
        byte: u64,
    },
    /// The XML declares types or entities, which token files never need and attacks do.
    #[error("The file declares a document type (DTD) at byte {byte}; this is refused, because entities can be used for attacks.")]
    DocumentType {
        /// Where, counted from 0 in UTF-8.
        byte: u64,
    },
    /// The XML uses an entity other than the five of XML itself.
    #[error("The file uses an unknown entity at byte {byte}; only &lt; &gt; &amp; &quot; &apos; and numbers are known.")]
    Entity {
        /// Where, counted from 0 in UTF-8.
        byte: u64,
    },
    /// A tag, text or comment is too long.
    #[error("The file holds a tag, text or comment longer than {XML_PIECE_BYTES_MAX} bytes near byte {byte}.")]
    PieceTooLong {
        /// Where, counted from 0 in UTF-8.
        byte: u64,
    },
    /// The elements nest too deep.
    #[error("The elements nest deeper than {XML_DEPTH_MAX} at byte {byte}.")]
    TooDeep {
        /// Where, counted from 0 in UTF-8.
        byte: u64,
    },
    /// An element has too many attributes.
    #[error("An element has more than {XML_ATTRIBUTES_MAX} attributes at byte {byte}.")]
    TooManyAttributes {
        /// Where, counted from 0 in UTF-8.
        byte: u64,
    },
    /// A part of the file has too many elements.
    #[error("KeyPackage {row} holds more than {XML_ELEMENTS_MAX} elements.")]
    TooManyElements {
        /// The KeyPackage, counted from 1; 0 is what comes before.
        row: u64,
    },
    /// A part of the file is too long.
    #[error("KeyPackage {row} is longer than {KEY_PACKAGE_BYTES_MAX} bytes.")]
    PackageTooLong {
        /// The KeyPackage, counted from 1; 0 is what comes before.
        row: u64,
    },
    /// The XML is something else.
    #[error("The file is XML but no PSKC: its first element is {found}, not KeyContainer of urn:ietf:params:xml:ns:keyprov:pskc (RFC 6030).")]
    NotPskc {
        /// Name and namespace of the first element.
        found: Shown,
    },
    /// PSKC of another version.
    #[error("The file is PSKC version {found}; only version 1.0 (RFC 6030) is known.")]
    Version {
        /// The version.
        found: Shown,
    },
    /// An element of the container that comes twice or too late.
    #[error("The element {element} appears twice, or after the first KeyPackage.")]
    Misplaced {
        /// Which element.
        element: &'static str,
    },
    /// A part of the encryption's description is missing, doubled or no Base64.
    #[error("The file's description of its encryption cannot be used: {0}")]
    EncryptionDamaged(Problem),
    /// The encryption is another than those known.
    #[error("The file uses {given} for its {what}; supported are {supported}.")]
    EncryptionUnknown {
        /// For what it is used.
        what: &'static str,
        /// What the file says.
        given: Shown,
        /// What is supported.
        supported: &'static str,
    },
    /// No key was given, and the file needs one.
    #[error("The file is encrypted with a key that both sides know{name}; give that key.")]
    KeyNeeded {
        /// The name of the key in the file, with a space before it, or nothing.
        name: String,
    },
    /// No passphrase was given, and the file needs one.
    #[error("The file is encrypted with a passphrase; give that passphrase{instead}.")]
    PassphraseNeeded {
        /// What was given instead.
        instead: &'static str,
    },
    /// PBKDF2 asks for too much work, or for none.
    #[error("The file asks for {given} rounds of PBKDF2; allowed are 1 to {PBKDF2_ITERATIONS_MAX}.")]
    Iterations {
        /// What the file says.
        given: Shown,
    },
    /// PBKDF2 makes a key of a length that AES has not.
    #[error("The file asks PBKDF2 for a key of {given} bytes; it must be 16 or 32.")]
    DerivedKeyLength {
        /// What the file says.
        given: Shown,
    },
    /// PBKDF2's salt is too short or too long.
    #[error("The salt of PBKDF2 is {given} bytes long; it must be from {PBKDF2_SALT_BYTES_MIN} to {PBKDF2_SALT_BYTES_MAX}.")]
    SaltLength {
        /// Bytes given.
        given: usize,
    },
    /// The key for the message authentication codes could not be decrypted.
    #[error("The key or passphrase does not open this file (its MACKey, of {MAC_KEY_BYTES_MIN} to {MAC_KEY_BYTES_MAX} bytes, cannot be decrypted).")]
    WrongKey,
}

/// Why a key or passphrase was refused before the file was opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not hexadecimal.
    #[error("The key has a character at position {position} that is not hexadecimal (0-9, A-F).")]
    Character {
        /// Its place, counted from 1.
        position: usize,
    },
    /// A length that AES has not.
    #[error("The key has {digits} hexadecimal digits; it must have 32 (AES-128) or 64 (AES-256).")]
    Length {
        /// Digits given.
        digits: usize,
    },
    /// Nothing.
    #[error("The passphrase is empty.")]
    Empty,
    /// Too much.
    #[error("The passphrase is {bytes} bytes long; at most {PASSPHRASE_BYTES_MAX} fit.")]
    TooLong {
        /// Bytes given.
        bytes: usize,
    },
}
