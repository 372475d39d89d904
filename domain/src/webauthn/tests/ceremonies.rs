//! The ceremonies as they should go.

use super::{
    authenticator::{BE, BS},
    *,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use webauthn_authenticator_rs::{AuthenticatorBackendHashedClientData, softpasskey::SoftPasskey};

#[test]
fn the_address_of_the_service_is_the_home_of_its_passkeys() {
    let good = [
        ("https://login.example.com", "login.example.com", "https://login.example.com"),
        ("https://login.example.com/", "login.example.com", "https://login.example.com"),
        ("https://Login.Example.com:443/mfa", "login.example.com", "https://login.example.com"),
        ("https://login.example.com:8443", "login.example.com", "https://login.example.com:8443"),
        ("https://bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://localhost:3000", "localhost", "http://localhost:3000"),
        ("https://localhost:3000", "localhost", "https://localhost:3000"),
    ];
    for (url, id, origin) in good {
        let site = RelyingParty::new(url, "Example").expect(url);
        assert_eq!((site.rp_id(), site.origin()), (id, origin), "{url}");
    }
    let bad = [
        ("login.example.com", RelyingPartyError::NotAnAddress),
        ("http://login.example.com", RelyingPartyError::NotSecure),
        ("http://localhost.example.com", RelyingPartyError::NotSecure),
        ("ftp://localhost", RelyingPartyError::NotSecure),
        ("https://192.0.2.1", RelyingPartyError::NoHostName),
        ("http://127.0.0.1:3000", RelyingPartyError::NoHostName),
        ("https://[2001:db8::1]", RelyingPartyError::NoHostName),
        ("mailto:robin@example.com", RelyingPartyError::NoHostName),
        ("https://login.example.com.", RelyingPartyError::TrailingDot),
        ("https://robin@login.example.com", RelyingPartyError::MoreThanAnAddress),
        ("https://login.example.com/?a=b", RelyingPartyError::MoreThanAnAddress),
        ("https://login.example.com/#a", RelyingPartyError::MoreThanAnAddress),
    ];
    for (url, error) in bad {
        assert_eq!(RelyingParty::new(url, "Example").map(drop), Err(error), "{url}");
    }
    let long = "x".repeat(SITE_NAME_CHARACTERS_MAX + 1);
    for name in ["", " ", &long] {
        assert!(matches!(RelyingParty::new(ORIGIN, name), Err(RelyingPartyError::DisplayName { .. })));
    }
}

#[test]
fn a_registration_asks_for_what_conditional_ui_needs() {
    let exclude: CredentialId = "AQID".parse().expect("an id");
    let (options, _) = site()
        .begin_registration(&member(), &[exclude], RegistrationDemand::default(), NOW)
        .expect("begins");
    let options = &options["publicKey"];
    assert_eq!(options["rp"], json!({ "id": "login.example.com", "name": "Example" }));
    assert_eq!(options["user"]["id"], json!(BASE64URL_NOPAD.encode(MEMBER.as_bytes())));
    let selection = &options["authenticatorSelection"];
    assert_eq!(
        (&selection["residentKey"], &selection["requireResidentKey"], &selection["userVerification"]),
        (&json!("preferred"), &json!(false), &json!("required"))
    );
    assert_eq!(options["extensions"]["credProps"], json!(true));
    assert_eq!((&options["attestation"], &options["timeout"]), (&json!("none"), &json!(PROMPT_SECONDS * 1000)));
    assert_eq!(options["excludeCredentials"][0]["id"], json!("AQID"));

    let demand = RegistrationDemand {
        discoverable: Discoverable::Required,
        models: None,
    };
    let (options, _) = site().begin_registration(&member(), &[], demand, NOW).expect("begins");
    let selection = &options["publicKey"]["authenticatorSelection"];
    assert_eq!(
        (&selection["residentKey"], &selection["requireResidentKey"]),
        (&json!("required"), &json!(true))
    );
}

#[test]
fn a_sign_in_asks_for_any_passkey() {
    let (autofill, _) = site().begin_sign_in(Prompt::Autofill, NOW).expect("begins");
    let (button, _) = site().begin_sign_in(Prompt::Button, NOW).expect("begins");
    assert_eq!((&autofill["mediation"], &button["mediation"]), (&json!("conditional"), &Value::Null));
    for options in [&autofill["publicKey"], &button["publicKey"]] {
        assert_eq!(
            (&options["userVerification"], &options["rpId"]),
            (&json!("required"), &json!("login.example.com"))
        );
        assert_eq!(options["allowCredentials"], json!([]));
    }
    assert_ne!(autofill["publicKey"]["challenge"], button["publicKey"]["challenge"]);
}

#[test]
fn a_passkey_registers_and_signs_in() {
    let (site, mut device) = (site(), Device::new(1));
    device.aaguid = uuid!("fbfc3007-154e-4ecc-8c0b-6e020557d7bd");
    device.flags |= BE | BS;
    device.counter = 0;
    let new = registered(&device);
    assert_eq!(new.credential_id.as_bytes(), device.id);
    assert_eq!((new.aaguid, new.name_by_aaguid.as_deref()), (device.aaguid, Some("Apple Passwords")));
    assert_eq!((new.counter, new.backup_eligible, new.backed_up, new.user_verified), (0, true, true, true));
    assert_eq!((new.discoverable, new.attested, new.user_handle), (Some(true), false, MEMBER));
    assert_eq!(new.transports, ["internal", "hybrid"], "what is not known is left out");

    for prompt in [Prompt::Autofill, Prompt::Button] {
        let (options, ceremony) = site.begin_sign_in(prompt, NOW).expect("begins");
        let response = device.get(&device.honest(&options));
        let claim = RelyingParty::claim(&response).expect("reads");
        assert_eq!((&claim.credential_id, claim.user_handle), (&new.credential_id, Some(MEMBER)));
        let row = StoredPasskey::parse(MEMBER, &new.passkey_json, &transports()).expect("parses");
        let asserted = site.finish_sign_in(ceremony, &response, Some(&row), NOW).expect("signs in");
        assert_eq!((asserted.user_handle, &asserted.credential_id), (MEMBER, &new.credential_id));
        assert_eq!((asserted.verdict(CounterRule::Refuse), asserted.passkey_updated), (Verdict::Accept, None));
    }
}

#[test]
fn the_counter_moves_on_with_the_row() {
    let (site, mut device) = (site(), Device::new(1));
    let mut json = registered(&device).passkey_json;
    for counter in [8, 9, 400] {
        device.counter = counter;
        let rows = [StoredPasskey::parse(MEMBER, &json, &transports()).expect("parses")];
        let (options, ceremony) = site.begin_step_up(MEMBER, &rows, NOW).expect("begins");
        assert_eq!(options["publicKey"]["allowCredentials"][0]["transports"][0], json!("internal"));
        let asserted = site
            .finish_step_up(ceremony, &device.get(&device.honest(&options)), &rows, NOW)
            .expect("proves");
        assert_eq!((asserted.counter, asserted.verdict(CounterRule::Refuse)), (counter, Verdict::Accept));
        json = asserted.passkey_updated.expect("a new record");
        assert_eq!(json["cred"]["counter"], json!(counter));
    }
}

#[test]
fn rows_of_nonsense_do_not_parse() {
    let json = registered(&Device::new(1)).passkey_json;
    let mut cut = json.clone();
    cut["cred"].as_object_mut().expect("an object").remove("counter");
    for broken in [json!({}), json!(null), cut] {
        assert_eq!(StoredPasskey::parse(MEMBER, &broken, &transports()).map(drop), Err(PasskeyError::StoredBroken));
    }
    assert!("".parse::<CredentialId>().is_err());
    assert!("AQ==".parse::<CredentialId>().is_err());
    assert!(CredentialId::new(vec![0; CREDENTIAL_ID_BYTES_MAX + 1]).is_err());
}

#[test]
fn signals_tell_the_passkey_manager() {
    let (site, id) = (site(), "AQID".parse::<CredentialId>().expect("an id"));
    let user = BASE64URL_NOPAD.encode(MEMBER.as_bytes());
    assert_eq!(
        site.signal_unknown_credential(&id),
        json!({ "signalUnknownCredential": { "rpId": "login.example.com", "credentialId": "AQID" } })
    );
    assert_eq!(
        site.signal_all_accepted_credentials(MEMBER, &[id]),
        json!({ "signalAllAcceptedCredentials": { "rpId": "login.example.com", "userId": user, "allAcceptedCredentialIds": ["AQID"] } })
    );
    assert_eq!(
        site.signal_current_user_details(MEMBER, "robin@example.com", "Robin")["signalCurrentUserDetails"]["displayName"],
        json!("Robin")
    );
}

#[test]
fn a_ceremony_does_not_show_its_challenge() {
    let (options, ceremony) = site().begin_sign_in(Prompt::Button, NOW).expect("begins");
    let challenge = options["publicKey"]["challenge"].as_str().expect("a challenge");
    assert!(!format!("{ceremony:?}").contains(challenge));
}

/// What the software authenticators of the library's authors sign. Their own browser half writes `https://login.example.com/`, which no browser does.
fn client_data(kind: &str, options: &Value) -> (Vec<u8>, Vec<u8>) {
    let text = json!({ "type": kind, "challenge": options["publicKey"]["challenge"], "origin": ORIGIN }).to_string();
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    (text.into_bytes(), hash.as_ref().to_vec())
}

pub(super) fn soft_create(token: &mut impl AuthenticatorBackendHashedClientData, options: &Value) -> String {
    let (text, hash) = client_data("webauthn.create", options);
    let parsed: CreationChallengeResponse = serde_json::from_value(options.clone()).expect("options");
    let mut response = token.perform_register(hash, parsed.public_key, 1000).expect("creates");
    response.response.client_data_json = text;
    serde_json::to_string(&response).expect("JSON")
}

pub(super) fn soft_get(token: &mut impl AuthenticatorBackendHashedClientData, options: &Value) -> String {
    let (text, hash) = client_data("webauthn.get", options);
    let parsed: webauthn_rs::prelude::RequestChallengeResponse = serde_json::from_value(options.clone()).expect("options");
    let mut response = token.perform_auth(hash, parsed.public_key, 1000).expect("asserts");
    response.response.client_data_json = text;
    serde_json::to_string(&response).expect("JSON")
}

#[test]
fn an_authenticator_that_is_not_ours_agrees() {
    let (site, mut token) = (site(), SoftPasskey::new(true));
    let (options, ceremony) = site.begin_registration(&member(), &[], RegistrationDemand::default(), NOW).expect("begins");
    let new = site
        .finish_registration(ceremony, &soft_create(&mut token, &options), None, NOW)
        .expect("registers");
    let rows = [StoredPasskey::parse(MEMBER, &new.passkey_json, &transports()).expect("parses")];
    let (options, ceremony) = site.begin_second_factor(MEMBER, &rows, NOW).expect("begins");
    let asserted = site
        .finish_second_factor(ceremony, &soft_get(&mut token, &options), &rows, NOW)
        .expect("proves");
    assert_eq!(asserted.verdict(CounterRule::Refuse), Verdict::Accept);
}

/// Rows written by version 1: whatever changes, they have to be read and finished.
#[test]
fn what_was_stored_yesterday_is_read_today() {
    let kept: Value = serde_json::from_str(include_str!("fixtures/v1.json")).expect("JSON");
    let ceremony = |name: &str| serde_json::from_value::<Ceremony>(kept[name]["ceremony"].clone()).expect(name);
    let response = |name: &str| kept[name]["response"].to_string();
    let site = site();

    let new = site
        .finish_registration(ceremony("register"), &response("register"), None, NOW)
        .expect("registers");
    assert_eq!(new.passkey_json, kept["passkey"], "the form of a stored passkey has changed");
    let rows = [StoredPasskey::parse(MEMBER, &kept["passkey"], &transports()).expect("parses")];
    site.finish_sign_in(ceremony("sign_in"), &response("sign_in"), Some(&rows[0]), NOW)
        .map(drop)
        .expect("signs in");
    site.finish_second_factor(ceremony("second_factor"), &response("second_factor"), &rows, NOW)
        .map(drop)
        .expect("proves");
    site.finish_step_up(ceremony("step_up"), &response("step_up"), &rows, NOW)
        .map(drop)
        .expect("proves");
    assert_eq!(ceremony("attested").purpose(), Purpose::Register);
}

/// Writes the rows of a new version: `cargo test -- --ignored --nocapture write_the_rows`, then keep the old file and its test too.
#[test]
#[ignore = "writes a fixture"]
fn write_the_rows_of_this_version() {
    let (site, mut device) = (site(), Device::new(5));
    let demand = RegistrationDemand::default();
    let (options, ceremony) = site.begin_registration(&member(), &[], demand, NOW).expect("begins");
    let parsed = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
    let response = device.create(&device.honest(&options));
    let register = json!({ "ceremony": ceremony, "response": parsed(response.clone()) });
    let new = site.finish_registration(ceremony, &response, None, NOW).expect("registers");
    let rows = [StoredPasskey::parse(MEMBER, &new.passkey_json, &transports()).expect("parses")];
    device.counter += 1;
    let kept = |begun: Result<(OptionsJson, Ceremony), PasskeyError>| {
        let (options, ceremony) = begun.expect("begins");
        json!({ "ceremony": ceremony, "response": parsed(device.get(&device.honest(&options))) })
    };
    let allowed = super::models::allowed_soft_token().1;
    let demand = RegistrationDemand {
        models: Some(&allowed),
        ..demand
    };
    let (_, attested) = site.begin_registration(&member(), &[], demand, NOW).expect("begins");
    let all = json!({
        "register": register,
        "passkey": new.passkey_json,
        "sign_in": kept(site.begin_sign_in(Prompt::Autofill, NOW)),
        "second_factor": kept(site.begin_second_factor(MEMBER, &rows, NOW)),
        "step_up": kept(site.begin_step_up(MEMBER, &rows, NOW)),
        "attested": { "ceremony": attested },
    });
    let path = std::env::var("FIXTURE").unwrap_or_else(|_| String::from("src/passkeys/tests/fixtures/v1.json"));
    std::fs::write(path, format!("{all:#}\n")).expect("written");
}
