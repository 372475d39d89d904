//! Any text as a code: an answer; what is read has the form of a code and is never printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::OfferedCode;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    match OfferedCode::parse(&text) {
        Ok(code) => {
            assert!(!format!("{code:?}").contains(code.as_str()));
            match &code {
                OfferedCode::Digits(digits) => assert!(matches!(digits.len(), 6 | 8) && digits.bytes().all(|b| b.is_ascii_digit())),
                OfferedCode::Recovery(text) => {
                    assert!(text.len() == OfferedCode::RECOVERY_CHARACTERS && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
                }
                OfferedCode::Pass(text) => {
                    assert!((8..=48).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
                }
            }
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
});
