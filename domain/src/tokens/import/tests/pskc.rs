//! PSKC: the examples of RFC 6030, containers that other programs made, and each rule of the format.

use super::common::*;
use crate::tokens::import::{Algorithm, Kind, Oath, Problem, PskcKey};
use std::process::Command;

#[test]
fn rfc_6030_figure_3_and_9_are_plain_hotp_tokens() {
    let token = tokens(&vector("rfc6030-figure3.xml"), &PskcKey::None).remove(0);
    assert_eq!((token.row, token.serial.as_str(), token.secret.as_slice()), (1, "987654321", SECRET));
    let oath = Oath {
        kind: Kind::Hotp,
        algorithm: Algorithm::Sha1,
        digits: 8,
        period: 30,
    };
    assert_eq!((token.oath, token.counter), (oath, 0));
    assert_eq!((token.manufacturer.as_deref(), token.issuer.as_deref()), (Some("Manufacturer"), Some("Issuer")));

    // A signature is passed over.
    let token = tokens(&vector("rfc6030-figure9.xml"), &PskcKey::None).remove(0);
    assert_eq!((token.serial.as_str(), token.secret.as_slice(), token.oath.digits), ("0755225266", SECRET, 6));
}

#[test]
fn rfc_6030_figure_6_opens_with_its_key_only() {
    let file = vector("rfc6030-figure6.xml");
    let token = tokens(&file, &key(FIGURE_6_KEY)).remove(0);
    assert_eq!((token.serial.as_str(), token.secret.as_slice()), ("987654321", SECRET));
    let message = |key: &PskcKey| read_with(&file, key).expect_err("refused").to_string();
    assert_eq!(
        message(&PskcKey::None),
        "The file is encrypted with a key that both sides know, named 'Pre-shared-key'; give that key."
    );
    assert_eq!(message(&passphrase("qwerty")), message(&PskcKey::None));
    assert!(message(&key("12345678901234567890123456789013")).starts_with("The key or passphrase does not open this file"));
    assert!(message(&key(&FIGURE_6_KEY.repeat(2))).contains("AES-128-CBC, which needs a key of 16 bytes; the key has 32"));
}

#[test]
fn rfc_6030_figure_7_opens_with_its_passphrase_only() {
    let file = vector("rfc6030-figure7.xml");
    let token = tokens(&file, &passphrase("qwerty\n")).remove(0);
    assert_eq!((token.serial.as_str(), token.secret.as_slice()), ("987654321", SECRET));
    let message = |key: &PskcKey| read_with(&file, key).expect_err("refused").to_string();
    assert_eq!(message(&PskcKey::None), "The file is encrypted with a passphrase; give that passphrase.");
    assert_eq!(
        message(&key(FIGURE_6_KEY)),
        "The file is encrypted with a passphrase; give that passphrase, not a key."
    );
    assert!(message(&passphrase("Qwerty")).starts_with("The key or passphrase does not open this file"));
}

#[test]
fn the_other_figures_are_refused_for_what_they_are() {
    let problems = |name: &str| -> Vec<String> {
        let rows = read_plain(&vector(name)).expect("the file is good");
        rows.into_iter().map(|row| row.expect_err("refused").to_string()).collect()
    };
    assert_eq!(
        problems("rfc6030-figure2.xml"),
        ["Row 1 (serial number 12345678): The secret is 4 bytes long; it must be from 10 to 128 bytes."]
    );
    assert_eq!(problems("rfc6030-figure4.xml"), ["Row 1 (serial number 987654321): The secret is missing."]);
    let pin = problems("rfc6030-figure5.xml");
    assert!(
        pin[0].contains("the rule 'PINPolicy'") && pin[1].contains("keyprov:pskc:pin', which this service does not support"),
        "{pin:?}"
    );
    assert_eq!(
        refusal(&vector("rfc6030-figure8.xml")),
        "The file uses 'X509Data' for its EncryptionKey; supported are a pre-shared key (ds:KeyName) and a passphrase (xenc11:DerivedKey)."
    );
}

#[test]
fn rfc_6030_figure_10_is_good_until_it_expires() {
    let file = vector("rfc6030-figure10.xml");
    let all = tokens(&file, &PskcKey::None);
    assert_eq!(all.len(), 4);
    assert_eq!(all[2].valid_from.map(|date| date.to_string()).as_deref(), Some("2006-03-01T00:00:00Z"));
    let rows = read_at(&file, &PskcKey::None, "2006-05-15T00:00:00Z".parse().expect("a moment")).expect("the file is good");
    let good: Vec<bool> = rows.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, true, false, false]);
    let error = rows[2].as_ref().expect_err("expired").to_string();
    assert_eq!(
        error,
        "Row 3 (serial number 9999999): The file allows this token until 2006-03-31T00:00:00Z only, which has passed."
    );
}

/// The containers were made with python-pskc, whose writer shares nothing with this reader, and signed with pskctool.
#[test]
fn containers_of_other_programs_are_read() {
    let key_128 = "00112233445566778899aabbccddeeff";
    let files = [
        ("plain-totp.xml", PskcKey::None),
        ("signed-by-pskctool.xml", PskcKey::None),
        ("aes256-sha512-totp.xml", key(&key_128.repeat(2))),
        ("pbkdf2-sha256-aes256-totp.xml", passphrase("correct horse")),
    ];
    for (name, key) in files {
        let tokens = tokens(&vector(name), &key);
        let told: Vec<_> = tokens
            .iter()
            .map(|t| (t.serial.as_str(), t.secret.len(), t.oath.algorithm, t.oath.period, t.drift))
            .collect();
        let expected = [
            ("00T0", 20, Algorithm::Sha1, 30, 0),
            ("00T1", 32, Algorithm::Sha256, 60, 0),
            ("00T2", 64, Algorithm::Sha512, 30, 4),
        ];
        assert_eq!(told, expected, "{name}");
        assert!(
            tokens.iter().all(|t| t.secret.iter().zip(b"1234567890".iter().cycle()).all(|(a, b)| a == b)),
            "{name}"
        );
        assert_eq!(tokens[0].manufacturer.as_deref(), Some("Example & Sons"));
    }
    let hotp = tokens(&vector("aes128-sha256-hotp.xml"), &key(key_128));
    assert_eq!(
        hotp.iter().map(|t| (t.oath.kind, t.counter)).collect::<Vec<_>>(),
        [(Kind::Hotp, 7), (Kind::Hotp, 8), (Kind::Hotp, 9)]
    );
}

/// A second opinion, where Debian's pskctool is installed: it finds the same secrets, and the examples follow the schema.
#[test]
fn pskctool_reads_the_same() {
    let pskctool = |arguments: &[&str], name: &str| Command::new("pskctool").args(arguments).arg(path(name)).output();
    let Ok(info) = pskctool(&["--info"], "signed-by-pskctool.xml") else {
        eprintln!("pskctool is not installed; apt-get install pskctool");
        return;
    };
    let info = String::from_utf8_lossy(&info.stdout).into_owned();
    let theirs: Vec<&str> = info.lines().filter_map(|line| line.trim().strip_prefix("Key Secret (base64): ")).collect();
    let ours: Vec<String> = tokens(&vector("signed-by-pskctool.xml"), &PskcKey::None)
        .iter()
        .map(|t| data_encoding::BASE64.encode(&t.secret))
        .collect();
    assert_eq!(theirs, ours);
    for name in [
        "plain-totp.xml",
        "aes128-sha256-hotp.xml",
        "aes256-sha512-totp.xml",
        "pbkdf2-sha256-aes256-totp.xml",
        "rfc6030-figure6.xml",
        "rfc6030-figure7.xml",
    ] {
        let valid = pskctool(&["--validate"], name).expect("it ran before");
        assert!(valid.status.success(), "{name}");
    }
}

#[test]
fn a_key_without_parameters_is_what_most_tokens_are() {
    let token = tokens(container(DATA).as_bytes(), &PskcKey::None).remove(0);
    assert_eq!((token.oath, token.counter, token.drift), (Oath::default(), 0, 0));
    // The key's own id serves where the device has no number, and drafts spelled the profile another way.
    let bare = container(DATA).replace("<DeviceInfo><SerialNo>1</SerialNo></DeviceInfo>", "");
    for uri in ["urn:ietf:params:xml:ns:keyprov:pskc#totp", "http://www.ietf.org/keyprov/pskc#totp"] {
        let file = bare.replace("urn:ietf:params:xml:ns:keyprov:pskc:totp", uri);
        assert_eq!(tokens(file.as_bytes(), &PskcKey::None)[0].serial, "k");
    }
}

#[test]
fn each_rule_about_a_key_is_kept() {
    let with = |before: &str| row_refusal(container(&format!("{before}{DATA}")).as_bytes());
    let after = |after: &str| row_refusal(container(&format!("{DATA}{after}")).as_bytes());
    let format = |attributes: &str| with(&format!("<AlgorithmParameters><ResponseFormat {attributes}/></AlgorithmParameters>"));
    let data = |more: &str| row_refusal(container(&DATA.replace("</Data>", &format!("{more}</Data>"))).as_bytes());
    let table = [
        (format("Length=\"7\" Encoding=\"DECIMAL\""), "The number of digits is '7'; it must be 6 or 8."),
        (format("Encoding=\"DECIMAL\""), "The number of digits is missing."),
        (
            format("Length=\"6\" Encoding=\"HEXADECIMAL\""),
            "'HEXADECIMAL', which this service does not support",
        ),
        (
            format("Length=\"6\" Encoding=\"DECIMAL\" CheckDigits=\"true\""),
            "'CheckDigits', which this service does not support",
        ),
        (
            with("<AlgorithmParameters><Suite>HMAC-MD5</Suite></AlgorithmParameters>"),
            "The algorithm is 'HMAC-MD5'; it must be",
        ),
        (
            with("<AlgorithmParameters><ChallengeFormat Encoding=\"DECIMAL\" Min=\"6\" Max=\"6\"/></AlgorithmParameters>"),
            "'ChallengeFormat'",
        ),
        (
            after("<Policy><KeyUsage>Encrypt</KeyUsage><KeyUsage>CR</KeyUsage></Policy>"),
            "for 'Encrypt, CR' only, not for one-time passwords",
        ),
        (
            after("<Policy><NumberOfTransactions>5</NumberOfTransactions></Policy>"),
            "the rule 'NumberOfTransactions'",
        ),
        (after("<Policy><PINPolicy PINUsageMode=\"Local\"/></Policy>"), "the rule 'PINPolicy'"),
        (after("<Policy><x:Rule xmlns:x=\"urn:example\"/></Policy>"), "the rule 'Rule of urn:example'"),
        (after("<Policy><ExpiryDate>soon</ExpiryDate></Policy>"), "The ExpiryDate 'soon' is not a date"),
        (
            after("<Policy><ExpiryDate>2005-12-31T23:59:59</ExpiryDate></Policy>"),
            "until 2005-12-31T23:59:59Z only",
        ),
        (
            data("<TimeInterval><PlainValue>45</PlainValue></TimeInterval>"),
            "The time interval is '45'; it must be 30 or 60 seconds.",
        ),
        (
            data("<Time><PlainValue>1000</PlainValue></Time>"),
            "Time from which steps are counted is '1000'; it must be 0",
        ),
        (
            data("<TimeInterval><EncryptedValue/></TimeInterval>"),
            "The element TimeInterval is encrypted; only the secret may be.",
        ),
        (
            data("<Secret><PlainValue>AAAA</PlainValue></Secret>"),
            "The element Secret appears more than once.",
        ),
        (after(DATA), "The element Data appears more than once."),
        (row_refusal(container("").as_bytes()), "The secret is missing."),
        (
            row_refusal(container(&DATA.replace("MTIz", "M!Iz")).as_bytes()),
            "The element PlainValue is not Base64.",
        ),
        (row_refusal(container(&DATA.replace("TA=<", "TB=<")).as_bytes()), "cannot be the end of Base64"),
        (
            row_refusal(container(DATA).replace(":totp", ":ocra").as_bytes()),
            "keyprov:pskc:ocra', which this service does not support",
        ),
        (
            row_refusal(container(DATA).replace("<SerialNo>1<", "<SerialNo>1&#x202E;<").as_bytes()),
            "U+202E at position 2",
        ),
        (
            row_refusal(container(DATA).replace("<SerialNo>1<", &format!("<SerialNo>{}<", "1".repeat(65))).as_bytes()),
            "The serial number is 65 characters long; at most 64 fit.",
        ),
    ];
    for (told, expected) in table {
        assert!(told.contains(expected), "{told} lacks {expected}");
    }
}

#[test]
fn a_use_for_one_time_passwords_among_others_is_enough() {
    let file = container(&format!(
        "{DATA}<Policy><KeyUsage>OTP</KeyUsage><KeyUsage>CR</KeyUsage><ExpiryDate>2030-01-01T00:00:00+01:00</ExpiryDate></Policy>"
    ));
    let token = tokens(file.as_bytes(), &PskcKey::None).remove(0);
    assert_eq!(token.valid_until.map(|date| date.to_string()).as_deref(), Some("2029-12-31T23:00:00Z"));
}

/// Every bit of the code, of the vector and of what is encrypted counts.
#[test]
fn one_changed_bit_is_noticed() {
    let file = vector_text("rfc6030-figure6.xml");
    let secret = "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv";
    let code = "Su+NvtQfmvfJzF6bmQiJqoLRExc=";
    let key = key(FIGURE_6_KEY);
    for value in [secret, code] {
        assert_eq!(file.matches(value).count(), 1);
        let bytes = data_encoding::BASE64.decode(value.as_bytes()).expect("Base64");
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = file.replace(value, &data_encoding::BASE64.encode(&changed));
            let rows = read_with(changed.as_bytes(), &key).expect("the container itself is good");
            assert!(matches!(&rows[..], [Err(error)] if error.problem == Problem::WrongMac), "bit {bit}");
        }
    }
    // A shortened code is no code.
    let short = file.replace(code, "Su+NvtQfmvfJzF6bmQ==");
    assert!(matches!(&read_with(short.as_bytes(), &key).expect("good")[..], [Err(error)] if error.problem == Problem::WrongMac));
}

#[test]
fn what_protects_a_secret_cannot_be_taken_away() {
    let file = vector_text("rfc6030-figure6.xml");
    let key = key(FIGURE_6_KEY);
    let problem = |file: String| {
        read_with(file.as_bytes(), &key)
            .expect("the container is good")
            .remove(0)
            .expect_err("refused")
            .problem
    };
    let cut = |file: &str, from: &str, to: &str| {
        let (start, end) = (file.find(from).expect("there"), file.rfind(to).expect("there") + to.len());
        format!("{}{}", &file[..start], &file[end..])
    };
    assert_eq!(problem(cut(&file, "<ValueMAC>", "</ValueMAC>")), Problem::StrippedMac);
    assert!(matches!(problem(cut(&file, "<MACMethod", "</MACMethod>")), Problem::NoMac { .. }));
    let plain = cut(&cut(&file, "<ValueMAC>", "</ValueMAC>"), "<EncryptedValue>", "</EncryptedValue>");
    assert_eq!(
        problem(plain.replace("<Secret>", "<Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>")),
        Problem::StrippedEncryption
    );
    let both = file.replace("<Secret>", "<Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>");
    assert!(matches!(problem(both), Problem::Duplicate { .. }));
}

/// Without a MACKey, the container's own key makes the codes (RFC 6030 section 6.1.1).
#[test]
fn the_key_itself_may_make_the_codes() {
    use hmac::{KeyInit, Mac};
    let file = vector_text("rfc6030-figure6.xml");
    let (start, end) = (
        file.find("<MACKey>").expect("there"),
        file.find("</MACKey>").expect("there") + "</MACKey>".len(),
    );
    let file = format!("{}{}", &file[..start], &file[end..]);
    let key_bytes = data_encoding::HEXLOWER.decode(FIGURE_6_KEY.as_bytes()).expect("hex");
    let text = data_encoding::BASE64
        .decode(b"AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv")
        .expect("Base64");
    let mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(&key_bytes)
        .expect("any length")
        .chain_update(text)
        .finalize()
        .into_bytes();
    let good = file.replace("Su+NvtQfmvfJzF6bmQiJqoLRExc=", &data_encoding::BASE64.encode(&mac));
    assert_eq!(tokens(good.as_bytes(), &key(FIGURE_6_KEY))[0].secret.as_slice(), SECRET);
    let rows = read_with(file.as_bytes(), &key(FIGURE_6_KEY)).expect("the container is good");
    assert!(matches!(&rows[..], [Err(error)] if error.problem == Problem::WrongMac));
}

#[test]
fn work_is_bounded_before_it_is_done() {
    let file = vector_text("rfc6030-figure7.xml");
    let with = |from: &str, to: &str| {
        read_with(file.replace(from, to).as_bytes(), &passphrase("qwerty"))
            .expect_err("refused")
            .to_string()
    };
    let rounds = "<IterationCount>1000</IterationCount>";
    for count in ["0", "2000001", "4294967296", "99999999999", "-1", "1e9", ""] {
        let told = with(rounds, &format!("<IterationCount>{count}</IterationCount>"));
        assert_eq!(told, format!("The file asks for '{count}' rounds of PBKDF2; allowed are 1 to 2000000."));
    }
    for length in ["0", "15", "24", "33", "4294967295"] {
        let told = with("<KeyLength>16</KeyLength>", &format!("<KeyLength>{length}</KeyLength>"));
        assert_eq!(told, format!("The file asks PBKDF2 for a key of '{length}' bytes; it must be 16 or 32."));
    }
    assert!(with("Ej7/PEpyEpw=", "Ej7/PEpy").contains("The salt of PBKDF2 is 6 bytes long"));
    assert!(with("Ej7/PEpyEpw=", &"AAAA".repeat(342)).contains("The salt of PBKDF2 is 1026 bytes long"));
    assert!(with("<PRF/>", "<PRF Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-md5\"/>").contains("for its PRF of PBKDF2"));
    assert!(with("pkcs-5v2-0#pbkdf2", "pkcs-5v2-0#pbmac1").contains("for its key derivation; supported are PBKDF2"));
    assert!(with(rounds, "").contains("The IterationCount is missing."));
    assert!(with(rounds, &rounds.repeat(2)).contains("The element IterationCount appears more than once."));
}

#[test]
fn no_message_and_no_debug_text_holds_a_secret() {
    let token = tokens(&vector("rfc6030-figure3.xml"), &PskcKey::None).remove(0);
    let told = format!("{token:?} {:?} {:?}", key(FIGURE_6_KEY), passphrase("qwerty"));
    for secret in ["12345678901234567890", "49, 50, 51", "MTIz", "qwerty", "0x31"] {
        assert!(!told.contains(secret), "{told}");
    }
    let columns = token.columns.join(",");
    assert_eq!(columns, "987654321,Manufacturer,,Issuer,hotp,SHA1,8,30,0");
}

#[test]
fn keys_are_checked_before_a_file_is_opened() {
    let told = |text: &str| PskcKey::from_hex(text).expect_err("refused").to_string();
    assert!(PskcKey::from_hex("12:34:56:78 90-12-34-56 78901234 56789012\n").is_ok());
    assert_eq!(told("1234"), "The key has 4 hexadecimal digits; it must have 32 (AES-128) or 64 (AES-256).");
    assert_eq!(told("xyz"), "The key has a character at position 1 that is not hexadecimal (0-9, A-F).");
    assert_eq!(
        told(&"00".repeat(24)),
        "The key has 48 hexadecimal digits; it must have 32 (AES-128) or 64 (AES-256)."
    );
    assert!(PskcKey::from_passphrase("\r\n").is_err() && PskcKey::from_passphrase(&"x".repeat(1025)).is_err());
}

/// Reading may take seconds, so that it is done on a thread of its own.
#[test]
fn a_reader_can_be_given_to_another_thread() {
    const fn is_send<T: Send>() {}
    is_send::<crate::tokens::import::Reader<std::io::BufReader<std::fs::File>>>();
    is_send::<PskcKey>();
    is_send::<crate::tokens::import::ReadError>();
}
