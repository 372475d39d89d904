//! Lists: each layout that is documented somewhere, what spreadsheets do to them, and what is said about bad rows.

use super::common::*;
use crate::tokens::import::{Algorithm, FileError, Kind, Problem, PskcKey, ReadError, ResultFile, TokenRecord};

/// What a token of a list is, in one line.
fn told(token: &TokenRecord) -> String {
    let kind = match token.oath.kind {
        Kind::Totp => format!("TOTP {}s", token.oath.period),
        Kind::Hotp => format!("HOTP at {}", token.counter),
    };
    let stated = if token.kind_stated { "" } else { " assumed" };
    format!(
        "{} {}: {kind}{stated} {} {}",
        token.row,
        token.serial,
        token.oath.algorithm.as_str(),
        token.oath.digits
    )
}

/// What became of each row, in one line each.
fn lines(bytes: &[u8]) -> Vec<String> {
    let rows = read_plain(bytes).expect("the file is good");
    rows.iter().map(|row| row.as_ref().map_or_else(ToString::to_string, told)).collect()
}

#[test]
fn entra_s_template_with_and_without_its_first_column() {
    let rows = tokens(&vector("entra.csv"), &PskcKey::None);
    assert_eq!(
        rows.iter().map(told).collect::<Vec<_>>(),
        ["1 1234567: TOTP 60s SHA1 6", "2 0001234: TOTP 30s SHA1 6"]
    );
    assert!(rows.iter().all(|token| token.secret.as_slice() == SECRET && !token.hex_recognised));
    assert_eq!(rows[0].upn.as_deref(), Some("member@noord.example"));
    assert_eq!(
        (rows[1].manufacturer.as_deref(), rows[1].model.as_deref()),
        (Some("ActivIdentity"), Some("Token, small"))
    );

    let without = format!("serial number,secret key,time interval,manufacturer,model\n9,{BASE32},30,ActivIdentity,\n");
    assert_eq!(tokens(without.as_bytes(), &PskcKey::None)[0].upn, None);
    let headerless = format!("member@noord.example,9,{BASE32},60,Example,Card\n");
    let rows = tokens(headerless.as_bytes(), &PskcKey::None);
    assert_eq!(
        (rows[0].upn.as_deref(), told(&rows[0]).as_str()),
        (Some("member@noord.example"), "1 9: TOTP 60s SHA1 6")
    );
}

#[test]
fn the_older_list_of_serial_secret_and_interval() {
    assert_eq!(lines(&vector("seed.csv")), ["1 0012: TOTP 30s SHA1 6", "2 0013: TOTP 60s SHA1 6"]);
    let headerless = format!("0012,{BASE32},60\n");
    assert_eq!(lines(headerless.as_bytes()), ["1 0012: TOTP 60s SHA1 6"]);
}

#[test]
fn privacyidea_s_list() {
    assert_eq!(
        lines(&vector("privacyidea.csv")),
        [
            "1 Token001: TOTP 30s assumed SHA1 6",
            "2 Token002: TOTP 30s SHA1 8",
            "3 Token003: HOTP at 17 SHA1 6",
            "4 Token004: TOTP 60s SHA1 6",
            "Row 5 (serial number Token005): The type is 'OCRA'; it must be TOTP or HOTP.",
            "6 Token006: TOTP 30s SHA256 8",
        ]
    );
}

#[test]
fn yubico_s_two_logs() {
    assert_eq!(
        lines(&vector("yubico-traditional.csv")),
        [
            "1 ubhe00012345: HOTP at 0 SHA1 6",
            "Row 2 (serial number vvgutbiedkvi): The token uses 'Yubico OTP', which this service does not support; it supports OATH-HOTP.",
            "4 ubhe00012346: HOTP at 32 SHA1 8",
        ]
    );
    assert_eq!(
        lines(&vector("yubico-format.csv")),
        [
            "1 508326: HOTP at 0 SHA1 6",
            "Row 2 (serial number 508327): The token uses 'Yubico OTP', which this service does not support; it supports OATH-HOTP.",
        ]
    );
    // Access codes and private ids protect the device and are no less secret.
    for name in ["yubico-traditional.csv", "yubico-format.csv"] {
        for row in read_plain(&vector(name)).expect("good") {
            let columns = row.map_or_else(|error| error.columns, |token| token.columns).join(",");
            for secret in ["a1b2c3d4e5f6", "d26a7c0f85fd", "ab86c04de6a3", "a47c5bf9c152", "83cebdfb7b93", HEX] {
                assert!(!columns.contains(secret), "{columns}");
            }
        }
    }
}

#[test]
fn manufacturers_lists_of_two_columns() {
    let expected = ["1 2600124809778: TOTP 30s assumed SHA1 6", "2 2600124809787: TOTP 30s assumed SHA1 6"];
    for name in ["feitian-spaces.txt", "feitian-semicolons.csv"] {
        assert_eq!(lines(&vector(name)), expected, "{name}");
        assert!(
            tokens(&vector(name), &PskcKey::None)
                .iter()
                .all(|token| token.hex_recognised && token.secret.as_slice() == SECRET)
        );
    }
    let tabs = format!("1\t{HEX}\r2\t{HEX}\r");
    assert_eq!(lines(tabs.as_bytes()).len(), 2, "tabs, and the line ends of an old Macintosh");
}

#[test]
fn what_pskc2csv_writes() {
    assert_eq!(
        lines(&vector("pskc2csv.tsv")),
        ["1 987654321: HOTP at 5 SHA1 8", "2 987654322: TOTP 60s SHA1 6"]
    );
}

#[test]
fn spreadsheets_are_undone_where_that_is_possible() {
    assert_eq!(
        lines(&vector("excel.csv")),
        [
            "1 000123: TOTP 30s SHA256 8",
            "2 000124: TOTP 60s SHA1 6",
            "Row 3: The serial number '1,23E+11' was shortened by a spreadsheet, and its last digits are lost; set the column to text in the spreadsheet, or take the file as the manufacturer sent it.",
        ]
    );
    // "Unicode text" of Excel is UTF-16 with tabs.
    let text = format!("serial\tsecret\tmanufacturer\r\n7\t{BASE32}\tÉtoile\r\n");
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(tokens(&utf16, &PskcKey::None)[0].manufacturer.as_deref(), Some("Étoile"));
    let latin = [
        format!("serial,secret,manufacturer\n7,{BASE32},").as_bytes(),
        b"\xC9toile\n",
        format!("8,{BASE32},Etoile\n").as_bytes(),
    ]
    .concat();
    assert_eq!(
        lines(&latin),
        [
            "Row 1: Column 3 is not UTF-8 text; save the file as \"CSV UTF-8\".",
            "2 8: TOTP 30s assumed SHA1 6"
        ]
    );
}

#[test]
fn a_header_may_be_written_in_many_ways() {
    for header in [
        "Serial Number,Secret Key",
        "SERIAL_NUMBER,secret_key",
        " serial-number , secret.key ",
        "\"Serial\",\"Seed\"",
        "Token ID,Secret (Base32)",
        "sn,OTP Key",
    ] {
        let file = format!("{header}\n1,{BASE32}\n");
        assert_eq!(tokens(file.as_bytes(), &PskcKey::None).len(), 1, "{header}");
    }
    let any_order = format!("note;model;Secret Key;x;serial number\nfree;Card;{BASE32};;5\n");
    let token = tokens(any_order.as_bytes(), &PskcKey::None).remove(0);
    assert_eq!((token.serial.as_str(), token.model.as_deref()), ("5", Some("Card")));
    assert_eq!(token.columns, ["free", "Card", "", "", "5"]);
    let counter = format!("serial,secret,counter,algorithm,type\n5,{BASE32},9,SHA-512,\n6,{BASE32},9,,totp\n");
    assert_eq!(lines(counter.as_bytes()), ["1 5: HOTP at 9 SHA512 6", "2 6: TOTP 30s SHA1 6"]);
}

#[test]
fn a_header_that_cannot_be_used_is_explained_without_secrets() {
    assert_eq!(
        refusal(format!("upn,serial number,{HEX},manufacturer\n").as_bytes()),
        "The header names no secret (\"secret key\", \"secret\", \"seed\", or \"secret hex\" for hexadecimal). It names: 'upn', 'serial number', a text of 40 characters, 'manufacturer'."
    );
    assert!(refusal(b"secret key,interval\nA,B\n").starts_with("The header names no serial number ("));
    assert_eq!(
        refusal(b"serial,Serial Number,secret\n"),
        "The header names the serial number twice: 'serial' and 'Serial Number'."
    );
    let told = refusal(format!("{BASE32},{BASE32}0\n").as_bytes());
    assert!(told.starts_with("The first line (2 cells) neither names columns nor is a token."), "{told}");
    assert!(!told.contains(BASE32));
    for empty in ["", "\n\n", "# nothing\n", "sep=,\n"] {
        assert!(matches!(read_plain(empty.as_bytes()), Err(FileError::Empty)), "{empty:?}");
    }
    assert!(read_plain(b"serial,secret\n").expect("a header alone is a list of none").is_empty());
}

#[test]
fn bad_rows_are_explained_and_the_next_one_is_read() {
    let rows = [
        (",SECRET,30", "The serial number is missing."),
        ("1,,30", "The secret is missing."),
        ("1,SECRET,45", "The time interval is '45'; it must be 30 or 60 seconds."),
        ("1,SECRET,SECRET", "The time interval is a text of 32 characters; it must be 30 or 60 seconds."),
        (
            "1,GEZDGNBV0Y3TQOJQ,30",
            "The secret has a character at position 9 that belongs neither to Base32 (A-Z, 2-7) nor to hexadecimal (0-9, A-F).",
        ),
        ("1,GEZDGNBVGY3TQ,30", "The secret is 8 bytes long; it must be from 10 to 128 bytes."),
        (
            "1,GEZDGNBVGY3TQOJQG,30",
            "The secret has 17 characters, which Base32 cannot have; a character may be lost or one too many.",
        ),
        (
            "1,SECRET,30,Example,9,extra",
            "The row has 6 cells but the header names 5; a separator may be part of a value that is not in quotes.",
        ),
        ("1,SECRET,30,Example,7", "The number of digits is '7'; it must be 6 or 8."),
        (
            "1\u{202E}9,SECRET,30",
            "The serial number holds the character U+202E at position 2, which is not allowed.",
        ),
        ("1.2E+11,SECRET,30", "The serial number '1.2E+11' was shortened by a spreadsheet"),
    ];
    for (row, expected) in rows {
        let file = format!("serial,secret,interval,manufacturer,digits\n{row}\n2,SECRET,60,Example,8\n").replace("SECRET", BASE32);
        let told = lines(file.as_bytes());
        assert!(told[0].contains(expected), "{row}: {}", told[0]);
        assert!(!told[0].contains(BASE32) && !told[0].contains("GEZDGN"), "{}", told[0]);
        assert_eq!(told[1], "2 2: TOTP 60s SHA1 8", "{row}");
    }
    let long = format!("serial,secret,model\n{},{BASE32},\n1,{BASE32},{}\n", "1".repeat(65), "m".repeat(101));
    assert_eq!(
        lines(long.as_bytes()),
        [
            "Row 1: The serial number is 65 characters long; at most 64 fit.",
            "Row 2 (serial number 1): The model is 101 characters long; at most 100 fit."
        ]
    );
}

/// In a row that cannot be read, a secret may stand in the wrong column.
#[test]
fn a_secret_in_the_wrong_column_is_not_repeated() {
    let file = format!("serial,secret,model\n{BASE32},0012,Card\n0013,x,{HEX}\n1,{BASE32},\n");
    let rows = read_plain(file.as_bytes()).expect("good");
    for row in &rows[..2] {
        let error = row.as_ref().expect_err("refused");
        assert!(
            !format!("{error} {error:?}").contains(BASE32) && !format!("{error:?}").contains(HEX),
            "{error:?}"
        );
    }
    assert_eq!(rows[0].as_ref().expect_err("refused").serial, None);
    assert_eq!(rows[1].as_ref().expect_err("refused").columns, ["0013", "", ""]);
}

#[test]
fn hexadecimal_is_recognised() {
    let read = |header: &str, rows: &[&str]| -> Vec<(bool, usize)> {
        let rows: String = rows.iter().enumerate().map(|(n, secret)| format!("{n},{secret}\n")).collect();
        tokens(format!("serial,{header}\n{rows}").as_bytes(), &PskcKey::None)
            .iter()
            .map(|t| (t.hex_recognised, t.secret.len()))
            .collect()
    };
    let both = "ABCDEF234567ABCDEF234567ABCDEF23";
    let hex_32 = "000102030405060708090a0b0c0d0e0f";
    assert_eq!(read("secret", &[HEX, BASE32, hex_32]), [(true, 20), (false, 20), (true, 16)]);
    assert_eq!(read("secret", &[both]), [(false, 20)], "Base32 is what the layouts ask for");
    assert_eq!(read("secret", &[hex_32, both]), [(true, 16), (true, 16)], "a file speaks one language");
    assert_eq!(read("secret", &[BASE32, both]), [(false, 20), (false, 20)]);
    assert_eq!(read("secret key (hex)", &[both]), [(true, 16)]);
    assert_eq!(read("secret base32", &[both]), [(false, 20)]);
    let weak = tokens(format!("serial,secret\n1,{}\n", &BASE32[..16]).as_bytes(), &PskcKey::None).remove(0);
    assert!(weak.is_weak() && weak.secret.len() == 10);
}

#[test]
fn rows_without_end_refuse_the_file() {
    let unclosed = format!("serial,secret\n1,{BASE32}\n2,\"{}", format!("{BASE32}\n").repeat(4_000));
    let told = refusal(unclosed.as_bytes());
    assert_eq!(told, "Row 2 is longer than 65536 bytes; a quotation mark may be missing.");
    let cells = format!("serial,secret\n1,{BASE32}{}\n", ",".repeat(300));
    assert_eq!(lines(cells.as_bytes()), ["Row 1: The row has more than 256 cells."]);
    assert!(matches!(read_plain("#\n".repeat(101).as_bytes()), Err(FileError::TooManyLines)));
}

#[test]
fn a_result_file_has_the_file_s_own_columns_and_can_be_laid_beside_it() {
    let file = format!("serial;Secret Key;model\n1;{BASE32};=1+1\n2;{BASE32}1;Card\n");
    let reader = crate::tokens::import::read(file.as_bytes(), crate::tokens::import::Format::Csv, &PskcKey::None, early()).expect("good");
    let mut out = Vec::new();
    let mut result = ResultFile::new(&mut out, reader.columns()).expect("written");
    for row in reader {
        match row {
            Ok(token) => result.accepted(&token.columns, "imported"),
            Err(ReadError::Row(error)) => result.refused(&error.columns, &error.problem.to_string()),
            Err(ReadError::File(error)) => panic!("{error}"),
        }
        .expect("written");
    }
    result.finish().expect("written");
    let expected = "serial,Secret Key,model,result,error\r\n1,,'=1+1,imported,\r\n2,,Card,refused,\"The secret has a character at position 33 that belongs neither to Base32 (A-Z, 2-7) nor to hexadecimal (0-9, A-F).\"\r\n";
    assert_eq!(String::from_utf8(out).expect("text"), expected);
}

#[test]
fn the_length_of_a_secret_tells_its_hash_in_lists_without_header_only() {
    let seed = "3132333435363738393031323334353637383930313233343536373839303132";
    assert_eq!(tokens(format!("1,{seed}\n").as_bytes(), &PskcKey::None)[0].oath.algorithm, Algorithm::Sha256);
    assert_eq!(
        tokens(format!("serial,secret\n1,{seed}\n").as_bytes(), &PskcKey::None)[0].oath.algorithm,
        Algorithm::Sha1
    );
    let told = read_plain(format!("serial,secret,hash\n1,{seed},md5\n").as_bytes())
        .expect("good")
        .remove(0)
        .expect_err("refused");
    assert!(matches!(told.problem, Problem::Unknown { field: "algorithm", .. }));
}
