//! Bytes as Postgres writes them in JSON: `\x` and hexadecimal digits.

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Bytes on their way from or to a `bytea` column inside a JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytea(pub Vec<u8>);

impl Serialize for Bytea {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(2 + 2 * self.0.len());
        text.push_str("\\x");
        HEX.encode_append(&self.0, &mut text);
        to.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Bytea {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let hex = text.strip_prefix("\\x").ok_or_else(|| D::Error::custom("bytes start with \\x"))?;
        HEX.decode(hex.as_bytes()).map(Self).map_err(D::Error::custom)
    }
}

impl From<Vec<u8>> for Bytea {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}
