//! Whatever the bytes are, reading ends, in an orderly way, and says nothing that is secret.

use super::common::*;
use crate::tokens::import::{Format, PskcKey, ReadError, read};
use proptest::prelude::*;

/// Reads to the end; the count bounds a reader that would never end.
fn ends(bytes: &[u8], format: Format, key: &PskcKey) {
    let Ok(reader) = read(bytes, format, key, early()) else { return };
    let rows = reader
        .take(bytes.len() + 2)
        .inspect(|row| assert!(row.as_ref().err().is_none_or(|error| !error.to_string().is_empty())))
        .count();
    assert!(rows <= bytes.len() + 1);
}

/// Pieces that, put together at random, come near to a file.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "serial",
        "secret",
        "interval",
        "type",
        "counter",
        ",",
        ";",
        "\t",
        "\n",
        "\r\n",
        "\"",
        "=\"",
        "'",
        "#",
        "sep=;",
        BASE32,
        HEX,
        "HOTP",
        "30",
        "1E+9",
        "OATH-HOTP",
        "<KeyContainer xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">",
        "<KeyPackage>",
        "</KeyPackage>",
        "<Key Id=\"1\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\">",
        "</Key>",
        DATA,
        "</KeyContainer>",
        "&amp;",
        "&x;",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml",
        "?>",
        "<!DOCTYPE",
        "<Policy>",
        "</Policy>",
        "<EncryptionKey>",
        "<MACMethod>",
        ">",
        "\u{FEFF}",
        "\u{202E}",
    ];
    prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        for format in [Format::Csv, Format::Pskc] {
            ends(&bytes, format, &PskcKey::None);
        }
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(piece(), 0..40)) {
        let bytes = pieces.concat();
        for format in [Format::Csv, Format::Pskc] {
            ends(&bytes, format, &PskcKey::None);
        }
    }

    /// A byte of a good encrypted container is another: either nothing that matters changed, or it is refused. Never is there another secret.
    #[test]
    fn a_changed_byte_never_changes_a_secret(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut file = vector("rfc6030-figure6.xml");
        let place = place.index(file.len());
        file[place] = byte;
        let Ok(reader) = read(&file[..], Format::Pskc, &key(FIGURE_6_KEY), early()) else { return Ok(()) };
        for token in reader.flatten() {
            prop_assert_eq!(token.secret.as_slice(), SECRET);
        }
    }

    /// What is written in a known way is read back.
    #[test]
    fn secrets_are_read_back(bytes in prop::collection::vec(any::<u8>(), 10..=128), spaced in any::<bool>(), is_hex in any::<bool>()) {
        let text = if is_hex { data_encoding::HEXLOWER.encode(&bytes) } else { data_encoding::BASE32.encode(&bytes).to_lowercase() };
        let text = if spaced { text.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect::<Vec<_>>().join(" ") } else { text };
        let file = format!("serial,secret {}\n1,{text}\n", if is_hex { "hex" } else { "base32" });
        let token = tokens(file.as_bytes(), &PskcKey::None).remove(0);
        prop_assert_eq!(token.secret.as_slice(), &bytes[..]);
    }

    /// A row that is refused is refused without its secret, wherever that stands.
    #[test]
    fn errors_keep_secrets(place in 0usize..4, bytes in prop::collection::vec(any::<u8>(), 20..=64)) {
        let secret = data_encoding::BASE32_NOPAD.encode(&bytes);
        let mut cells = ["0001".to_owned(), "no secret!".to_owned(), "30".to_owned(), "Example".to_owned()];
        cells[place] = secret.clone();
        let file = format!("serial,secret,interval,manufacturer\n{}\n", cells.join(","));
        for row in read(file.as_bytes(), Format::Csv, &PskcKey::None, early()).expect("good") {
            if let Err(ReadError::Row(error)) = row {
                let told = format!("{error} {error:?}");
                prop_assert!(!told.contains(&secret), "{}", told);
            }
        }
    }
}
