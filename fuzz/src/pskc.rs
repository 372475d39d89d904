//! Any bytes as a PSKC container, with each kind of key.
#![no_main]

/// The readers themselves, without the database and everything else around them.
#[path = "."]
mod tokens {
    #[allow(dead_code, unused_imports, reason = "a target uses a part of it")]
    #[path = "../../domain/src/tokens/import/mod.rs"]
    pub mod import;
}

use libfuzzer_sys::fuzz_target;
use tokens::import::{Format, PskcKey, read};

fuzz_target!(|data: &[u8]| {
    // The first byte chooses the key, so that the corpus reaches what lies behind each.
    let Some((choice, file)) = data.split_first() else { return };
    let key = match choice % 4 {
        0 => Ok(PskcKey::None),
        1 => PskcKey::from_passphrase("qwerty"),
        2 => PskcKey::from_hex("12345678901234567890123456789012"),
        _ => PskcKey::from_hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
    };
    // Two million rounds of PBKDF2 are allowed and tested elsewhere; here they would only take time.
    if choice % 4 == 1 && asks_for_many_rounds(file) {
        return;
    }
    let Ok(key) = key else { return };
    let Ok(reader) = read(file, Format::Pskc, &key, jiff::Timestamp::UNIX_EPOCH) else { return };
    reader.for_each(|token| {
        if let Err(error) = token {
            let _ = error.to_string();
        }
    });
});

fn asks_for_many_rounds(file: &[u8]) -> bool {
    let word = b"IterationCount";
    let after = |place: usize| file[place + word.len()..].iter().take(40).filter(|byte| byte.is_ascii_digit()).count();
    file.windows(word.len()).enumerate().any(|(place, found)| found == word && after(place) > 4)
}
