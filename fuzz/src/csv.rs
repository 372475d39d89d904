//! Any bytes as a list of tokens, and its rows as a result file.
#![no_main]

/// The readers themselves, without the database and everything else around them.
#[path = "."]
mod tokens {
    #[allow(dead_code, unused_imports, reason = "a target uses a part of it")]
    #[path = "../../domain/src/tokens/import/mod.rs"]
    pub mod import;
}

use libfuzzer_sys::fuzz_target;
use tokens::import::{Format, PskcKey, ReadError, ResultFile, read};

fuzz_target!(|data: &[u8]| {
    let Ok(reader) = read(data, Format::Csv, &PskcKey::None, jiff::Timestamp::UNIX_EPOCH) else { return };
    let mut result = ResultFile::new(std::io::sink(), reader.columns()).expect("nothing fails to be written nowhere");
    for token in reader {
        let written = match token {
            Ok(token) => result.accepted(&token.columns, "imported"),
            Err(ReadError::Row(error)) => result.refused(&error.columns, &error.to_string()),
            Err(ReadError::File(_)) => return,
        };
        written.expect("nothing fails to be written nowhere");
    }
});
