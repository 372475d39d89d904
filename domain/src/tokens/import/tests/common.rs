//! What the tests of the readers share.
#![allow(dead_code, unreachable_pub, reason = "each test file is a crate that uses a part of it")]

use crate::tokens::import::{FileError, Format, PskcKey, ReadError, RowError, TokenRecord, detect, read};
use jiff::Timestamp;
use std::path::PathBuf;

/// The key of RFC 6030 figure 6.
pub const FIGURE_6_KEY: &str = "12345678901234567890123456789012";
/// The secret of most examples, in RFC 4226 appendix D too.
pub const SECRET: &[u8] = b"12345678901234567890";
/// That secret in Base32.
pub const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// That secret in hexadecimal.
pub const HEX: &str = "3132333435363738393031323334353637383930";

/// What became of each row.
pub type Rows = Vec<Result<TokenRecord, RowError>>;

/// Where a file of examples is.
pub fn path(name: &str) -> PathBuf {
    testkit::crate_folder().join("src/tokens/import/tests/vectors").join(name)
}

/// A file of examples.
pub fn vector(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).expect("the file is in tests/vectors")
}

/// A file of examples in XML.
pub fn vector_text(name: &str) -> String {
    String::from_utf8(vector(name)).expect("the file is UTF-8")
}

/// A moment before every date of expiry in RFC 6030.
pub fn early() -> Timestamp {
    "2006-01-01T00:00:00Z".parse().expect("a moment")
}

/// Reads to the end or to the first fault of the file.
pub fn read_at(bytes: &[u8], key: &PskcKey, now: Timestamp) -> Result<Rows, FileError> {
    let format = detect(bytes).unwrap_or(Format::Csv);
    let mut rows = Vec::new();
    for token in read(bytes, format, key, now)? {
        rows.push(match token {
            Ok(token) => Ok(token),
            Err(ReadError::Row(error)) => Err(*error),
            Err(ReadError::File(error)) => return Err(error),
        });
    }
    Ok(rows)
}

/// Reads with a key.
pub fn read_with(bytes: &[u8], key: &PskcKey) -> Result<Rows, FileError> {
    read_at(bytes, key, early())
}

/// Reads without a key.
pub fn read_plain(bytes: &[u8]) -> Result<Rows, FileError> {
    read_with(bytes, &PskcKey::None)
}

/// A file of good tokens only.
pub fn tokens(bytes: &[u8], key: &PskcKey) -> Vec<TokenRecord> {
    let rows = read_with(bytes, key).expect("the file is good");
    rows.into_iter().map(|row| row.expect("the token is good")).collect()
}

/// Why the file is refused.
pub fn refusal(bytes: &[u8]) -> String {
    read_plain(bytes).expect_err("the file is refused").to_string()
}

/// Why the only token is refused.
pub fn row_refusal(bytes: &[u8]) -> String {
    let mut rows = read_plain(bytes).expect("the file is good");
    assert_eq!(rows.len(), 1);
    rows.remove(0).expect_err("the token is refused").problem.to_string()
}

/// A key from hexadecimal.
pub fn key(hex: &str) -> PskcKey {
    PskcKey::from_hex(hex).expect("a key")
}

/// A passphrase.
pub fn passphrase(text: &str) -> PskcKey {
    PskcKey::from_passphrase(text).expect("a passphrase")
}

/// A container with one token, of which parts can be replaced.
pub fn container(key_content: &str) -> String {
    format!(
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"><KeyPackage><DeviceInfo><SerialNo>1</SerialNo></DeviceInfo>\
         <Key Id=\"k\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\">{key_content}</Key></KeyPackage></KeyContainer>"
    )
}

/// The data of a key with the usual secret.
pub const DATA: &str = "<Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data>";
