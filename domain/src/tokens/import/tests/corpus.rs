//! What the fuzzers start from, and what they found: every file gets an answer, at every run of the tests.

use super::common::early;
use crate::{
    delivery::phone::PhoneNumber,
    tokens::import::{Format, PskcKey, read},
};
use model::OfferedCode;
use std::fs;

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = testkit::crate_folder().join("../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).expect("a folder of the corpus");
    let files = files.map(|file| {
        let path = file.expect("a file").path();
        (path.display().to_string(), fs::read(&path).expect("its bytes"))
    });
    files.collect()
}

#[test]
fn every_file_of_the_corpus_gets_an_answer() {
    let key = PskcKey::from_hex("12345678901234567890123456789012").expect("a key");
    let (mut tokens, mut looked_at) = (0, 0);
    for (name, bytes) in corpus("pskc") {
        // The first byte chooses the key for the fuzzer.
        for key in [&PskcKey::None, &key] {
            looked_at += 1;
            if let Ok(reader) = read(bytes.get(1..).unwrap_or_default(), Format::Pskc, key, early()) {
                tokens += reader
                    .filter(|token| token.as_ref().map_err(|error| assert!(!error.to_string().is_empty(), "{name}")).is_ok())
                    .count();
            }
        }
    }
    for (_, bytes) in corpus("csv") {
        looked_at += 1;
        if let Ok(reader) = read(bytes.as_slice(), Format::Csv, &PskcKey::None, early()) {
            tokens += reader.filter(Result::is_ok).count();
        }
    }
    for (_, bytes) in corpus("phone").into_iter().chain(corpus("code")) {
        looked_at += 1;
        let text = String::from_utf8_lossy(&bytes);
        let _ = PhoneNumber::parse(&text, Some("NL"));
        let _ = OfferedCode::parse(&text);
    }
    assert!(looked_at > 40 && tokens > 20, "{looked_at} files, {tokens} tokens");
}
