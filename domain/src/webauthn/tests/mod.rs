//! The module against authenticators in software: honest ones and liars.

pub(crate) mod authenticator;
mod ceremonies;
pub(crate) mod models;
mod tampering;

use super::*;
use authenticator::Device;
use uuid::uuid;

const ORIGIN: &str = "https://login.example.com";
const MEMBER: Uuid = uuid!("7d0ee2b1-4b3a-4f0e-9d43-0d2f6f6f1a01");
const STRANGER: Uuid = uuid!("2b1f9f55-58d4-4b52-8a0c-3a1b7f0c2b02");
pub(crate) const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn site() -> RelyingParty {
    RelyingParty::new(ORIGIN, "Example").expect("a good address")
}

fn member() -> Registrant<'static> {
    Registrant {
        user_handle: MEMBER,
        name: "robin@example.com",
        display_name: "Robin",
    }
}

fn transports() -> [String; 2] {
    [String::from("internal"), String::from("hybrid")]
}

/// Registers a device the honest way.
fn registered(device: &Device) -> Registered {
    let site = site();
    let (options, ceremony) = site.begin_registration(&member(), &[], RegistrationDemand::default(), NOW).expect("begins");
    let response = device.create(&device.honest(&options));
    site.finish_registration(ceremony, &response, None, NOW).expect("registers")
}

fn stored(device: &Device) -> StoredPasskey {
    StoredPasskey::parse(MEMBER, &registered(device).passkey_json, &transports()).expect("parses")
}
