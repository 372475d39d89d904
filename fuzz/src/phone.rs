//! Any text as a phone number: an answer, and what is read is a number that can be dialled and is never shown whole.
#![no_main]

#[path = "."]
mod delivery {
    #[allow(dead_code, reason = "a target uses a part of it")]
    #[path = "../../domain/src/delivery/extension.rs"]
    pub mod extension;
    #[allow(dead_code, reason = "a target uses a part of it")]
    #[path = "../../domain/src/delivery/phone.rs"]
    pub mod phone;
}

use delivery::{extension::is_e164, phone::PhoneNumber};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for home in [None, Some("NL"), Some("US"), Some("ZZ")] {
        match PhoneNumber::parse(&text, home) {
            Ok(phone) => {
                assert!(is_e164(phone.e164()), "{phone:?}");
                assert!(!format!("{phone:?}").contains(phone.e164()));
                let again = PhoneNumber::parse(phone.e164(), None).expect("what was read can be read again");
                assert_eq!(again.e164(), phone.e164());
            }
            Err(error) => {
                let _ = error.to_string();
            }
        }
    }
});
