//! Files that are broken, cut off, or made to do harm.

use super::common::*;
use crate::tokens::import::{FileError, Format, PskcKey, detect, read};
use std::io::{BufReader, Read};
use std::time::{Duration, Instant};

fn container_after(prologue: &str) -> String {
    format!("{prologue}{}", container(DATA))
}

#[test]
fn f5_document_types_and_entities_are_refused() {
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol1 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">\
                  <!ENTITY lol2 \"&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;\">]>";
    for prologue in [
        laughs,
        "<!DOCTYPE KeyContainer>",
        "<!DOCTYPE KeyContainer SYSTEM \"file:///etc/passwd\">",
        "<!DOCTYPE KeyContainer [<!ENTITY x SYSTEM \"http://example.com/\">]>",
        "<!DOCTYPE KeyContainer [<!ENTITY % p SYSTEM \"http://example.com/\"> %p;]>",
    ] {
        let error = read_plain(container_after(prologue).as_bytes()).expect_err("refused");
        assert!(matches!(error, FileError::DocumentType { .. }), "{error}");
    }
    for reference in ["&lol;", "&nbsp;", "&#0;", "&#xFFFFFFFF;", "&#xD800;"] {
        let file = container(DATA).replace("<SerialNo>1<", &format!("<SerialNo>1{reference}<"));
        assert!(matches!(read_plain(file.as_bytes()), Err(FileError::Entity { .. })), "{reference}");
        let file = container(DATA).replace("Id=\"k\"", &format!("Id=\"{reference}\""));
        assert!(
            matches!(read_plain(file.as_bytes()), Err(FileError::Entity { .. })),
            "{reference} in an attribute"
        );
    }
    let known = container(DATA).replace("<SerialNo>1<", "<SerialNo>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;<![CDATA[<C>]]><");
    assert_eq!(tokens(known.as_bytes(), &PskcKey::None)[0].serial, "<&>\"'AB<C>");
}

#[test]
fn f5_depth_width_and_length_are_bounded() {
    let deep = container(&format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)));
    assert!(matches!(read_plain(deep.as_bytes()), Err(FileError::TooDeep { .. })));
    let deep_outside = container_after(&"<a>".repeat(100_000));
    assert!(read_plain(deep_outside.as_bytes()).is_err());

    let many: String = (0..33).map(|n| format!(" a{n}=\"\"")).collect();
    let file = container(DATA).replace("Id=\"k\"", &format!("Id=\"k\"{many}"));
    assert!(matches!(read_plain(file.as_bytes()), Err(FileError::TooManyAttributes { .. })));
    let very_many: String = (0..9_000).map(|n| format!(" xmlns:a{n}=\"u\"")).collect();
    let started = Instant::now();
    let file = container(DATA).replace("Id=\"k\"", &format!("Id=\"k\"{very_many}"));
    assert!(read_plain(file.as_bytes()).is_err());
    assert!(started.elapsed() < Duration::from_secs(1), "declarations are counted, not compared");

    let long = "x".repeat(70_000);
    for file in [
        container(DATA).replace("Id=\"k\"", &format!("Id=\"{long}\"")),
        container(DATA).replace("<SerialNo>1<", &format!("<SerialNo>{long}<")),
        container_after(&format!("<!--{long}-->")),
        container_after(&format!("<?pi {long}?>")),
        container(&format!("{DATA}<![CDATA[{long}]]>")),
        container(DATA).replace("<Key ", &format!("<{long}/><Key ")),
    ] {
        let error = read_plain(file.as_bytes()).expect_err("refused");
        assert!(matches!(error, FileError::PieceTooLong { .. }), "{error}");
    }
    let endless_text = container(&format!("{DATA}<Issuer>{}</Issuer>", "<!---->y".repeat(40_000)));
    assert!(matches!(read_plain(endless_text.as_bytes()), Err(FileError::PackageTooLong { row: 1 })));
    let wide = container(&format!("{DATA}{}", "<a/>".repeat(1_001)));
    assert!(matches!(read_plain(wide.as_bytes()), Err(FileError::TooManyElements { row: 1 })));
}

#[test]
fn a_container_that_is_cut_off_anywhere_is_refused() {
    for (name, key) in [("rfc6030-figure6.xml", key(FIGURE_6_KEY)), ("rfc6030-figure10.xml", PskcKey::None)] {
        let file = vector(name);
        let end = file.len() - file.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        assert!(read_with(&file[..end], &key).is_ok());
        for length in 0..end {
            let cut = &file[..length];
            let format = detect(cut).unwrap_or(Format::Pskc);
            if format == Format::Csv {
                continue;
            }
            let outcome = read(cut, Format::Pskc, &key, early()).and_then(|rows| {
                rows.filter_map(|row| match row {
                    Err(crate::tokens::import::ReadError::File(error)) => Some(error),
                    _ => None,
                })
                .next()
                .map_or(Ok(()), Err)
            });
            assert!(outcome.is_err(), "{name} cut at {length}");
        }
    }
}

#[test]
fn nothing_may_surround_the_container() {
    let good = container(DATA);
    assert!(read_plain(format!("<?xml version='1.0'?>\n<!-- a -->\n{good}\n<!-- b -->\n").as_bytes()).is_ok());
    for file in [
        format!("{good}{good}"),
        format!("{good}text"),
        format!("{good}<a/>"),
        format!("{good}</KeyContainer>"),
    ] {
        assert!(read_plain(file.as_bytes()).is_err(), "{file}");
    }
    assert!(matches!(
        read(&b"text<KeyContainer/>"[..], Format::Pskc, &PskcKey::None, early()),
        Err(FileError::Xml { .. })
    ));
    assert_eq!(
        refusal(good.replace("keyprov:pskc\"", "keyprov:pskc:1.0\"").as_bytes()),
        "The file is XML but no PSKC: its first element is 'KeyContainer of urn:ietf:params:xml:ns:keyprov:pskc:1.0', not KeyContainer of urn:ietf:params:xml:ns:keyprov:pskc (RFC 6030)."
    );
    assert_eq!(
        refusal(good.replace("Version=\"1.0\"", "Version=\"2.0\"").as_bytes()),
        "The file is PSKC version '2.0'; only version 1.0 (RFC 6030) is known."
    );
    assert!(refusal(good.replace("<KeyPackage>", "<p:KeyPackage>").as_bytes()).contains("a prefix is not declared"));
    assert!(refusal(b"<KeyContainer xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"/>").contains("holds no KeyPackage"));
    assert!(refusal(good.replace("</Key>", "</Kez>").as_bytes()).contains("an end tag does not match"));
    assert!(refusal(good.replace("Id=\"k\"", "Id=\"k\" Id=\"l\"").as_bytes()).contains("damaged or doubled"));
    let late = good.replace("</KeyPackage>", "</KeyPackage><MACMethod Algorithm=\"x\"/>");
    assert!(refusal(late.as_bytes()).contains("MACMethod appears twice, or after the first KeyPackage"));
}

/// Elements of the right name in another namespace are others.
#[test]
fn namespaces_are_resolved_whatever_the_prefix() {
    let prefixed = container(DATA)
        .replace("</", "</p:")
        .replace('<', "<p:")
        .replace("<p:/p:", "</p:")
        .replace("xmlns=", "xmlns:p=");
    assert_eq!(tokens(prefixed.as_bytes(), &PskcKey::None)[0].secret.as_slice(), SECRET);
    let foreign = container(&DATA.replace("<Secret>", "<Secret xmlns=\"urn:example\">"));
    assert_eq!(row_refusal(foreign.as_bytes()), "The secret is missing.");
}

#[test]
fn encodings_are_read_or_named() {
    let file = container_after("<?xml version=\"1.0\" encoding=\"UTF-16\"?>").replace("<SerialNo>1<", "<SerialNo>Ĳ😀<");
    let little: Vec<u8> = file.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = file.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [[&[0xFF, 0xFE], &little[..]].concat(), [&[0xFE, 0xFF], &big[..]].concat(), little] {
        assert_eq!(detect(&bytes), Some(Format::Pskc));
        assert_eq!(tokens(&bytes, &PskcKey::None)[0].serial, "Ĳ😀");
    }
    let marked = [&[0xEF, 0xBB, 0xBF], container_after("<?xml version=\"1.0\" encoding=\"utf-8\"?>").as_bytes()].concat();
    assert_eq!(tokens(&marked, &PskcKey::None).len(), 1);
    for encoding in ["ISO-8859-1", "windows-1252", "UTF-7", "UTF-16", "EBCDIC-CP-US"] {
        let file = container_after(&format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>"));
        assert_eq!(
            refusal(file.as_bytes()),
            format!("The file is written in '{encoding}'; it must be UTF-8, or UTF-16 with a byte order mark.")
        );
    }
    let latin = [container(DATA).replace("<SerialNo>1<", "<SerialNo>").as_bytes(), b"\xE9"].concat();
    assert!(read_plain(&latin).is_err());
    assert!(refusal(&[&[0, 0, 0xFE, 0xFF], &b"<"[..]].concat()).contains("'UTF-32'"));
    assert!(refusal(b"PK\x03\x04....").contains("an Excel workbook"));
    assert_eq!(detect(b""), None);
    assert_eq!(detect(b"\xEF\xBB\xBF \r\n\t"), None);
    assert_eq!(detect(b" \n<KeyContainer"), Some(Format::Pskc));
    assert_eq!(detect(b"serial,secret"), Some(Format::Csv));
}

/// A file without end is stopped by its first row or piece, without being held.
#[test]
fn files_without_end_are_stopped() {
    let endless = |start: &'static [u8], byte: u8| BufReader::new(start.chain(std::io::repeat(byte)));
    for start in [&b"<KeyContainer xmlns=\""[..], b"<!--", b"<KeyContainer>", b"<"] {
        let outcome = read(endless(start, b'x'), Format::Pskc, &PskcKey::None, early());
        assert!(outcome.is_err(), "{}", String::from_utf8_lossy(start));
    }
    let blanks = read(endless(b"", b' '), Format::Pskc, &PskcKey::None, early());
    assert!(matches!(blanks, Err(FileError::PieceTooLong { .. })));
    for (start, byte) in [
        (&b""[..], b'x'),
        (b"serial,secret\n\"", b'x'),
        (b"", b'\n'),
        (b"serial,secret\n", b','),
        (b"serial,secret\n", b'\n'),
        (b"serial,secret\n#", b'x'),
    ] {
        let outcome = read(endless(start, byte), Format::Csv, &PskcKey::None, early());
        let error = match outcome {
            Err(error) => error,
            Ok(rows) => rows
                .filter_map(|row| row.err())
                .find_map(|error| {
                    if let crate::tokens::import::ReadError::File(error) = error {
                        Some(error)
                    } else {
                        None
                    }
                })
                .expect("refused"),
        };
        assert!(matches!(error, FileError::RowTooLong { .. } | FileError::TooManyLines), "{error}");
    }
}
