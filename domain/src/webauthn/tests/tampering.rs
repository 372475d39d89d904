//! Abuse cases B4, B18 and B20 to B22: one change to an honest answer, one refusal with its own name.

use super::{
    authenticator::{BE, BS, Said, UP, UV},
    *,
};
use proptest::prelude::*;
use serde_json::json;

type Change = fn(&mut Said);

/// What is refused in every ceremony.
const CHANGES: [(&str, Change, PasskeyError); 14] = [
    ("type of nothing", |s| s.client_data["type"] = json!("payment.get"), PasskeyError::WrongType),
    (
        "own challenge",
        |s| s.client_data["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        PasskeyError::WrongChallenge,
    ),
    ("empty challenge", |s| s.client_data["challenge"] = json!(""), PasskeyError::WrongChallenge),
    (
        "origin of another site",
        |s| s.client_data["origin"] = json!("https://example.org"),
        PasskeyError::WrongOrigin,
    ),
    (
        "frame of another site",
        |s| s.client_data["crossOrigin"] = json!(true),
        PasskeyError::CrossOrigin,
    ),
    (
        "top origin",
        |s| s.client_data["topOrigin"] = json!("https://example.org"),
        PasskeyError::CrossOrigin,
    ),
    (
        "RP ID of the parent domain",
        |s| s.rp_id = String::from("example.com"),
        PasskeyError::WrongRelyingParty,
    ),
    ("no touch", |s| s.flags = UV, PasskeyError::UserNotPresent),
    ("no verification", |s| s.flags = UP, PasskeyError::UserNotVerified),
    ("backed up without being eligible", |s| s.flags |= BS, PasskeyError::BackupImpossible),
    (
        "client data that are not JSON",
        |s| s.client_data_text = Some(String::from("{")),
        PasskeyError::Malformed,
    ),
    (
        "two origins",
        |s| s.client_data_text = Some(s.client_data.to_string().replacen('{', "{\"origin\":\"https://example.org\",", 1)),
        PasskeyError::Malformed,
    ),
    (
        "cross origin as text",
        |s| s.client_data["crossOrigin"] = json!("false"),
        PasskeyError::Malformed,
    ),
    (
        "no origin",
        |s| drop(s.client_data.as_object_mut().and_then(|o| o.remove("origin"))),
        PasskeyError::Malformed,
    ),
];

/// Origins that are not ours but look like it (B21).
const ORIGINS: [&str; 30] = [
    "https://badlogin.example.com",
    "https://login.example.com.evil.example",
    "https://evil.login.example.com",
    "https://example.com",
    "https://com",
    "https://login.example.co",
    "https://login.example.comm",
    "https://login.example.com.",
    "https://login.example.com:443",
    "https://login.example.com:444",
    "https://login.example.com:8443",
    "http://login.example.com",
    "wss://login.example.com",
    "ftp://login.example.com",
    "https://login.example.com/",
    "https://login.example.com/sign-in",
    "https://login.example.com?",
    "https://login.example.com#",
    "https://user@login.example.com",
    "https://login.example.com@evil.example",
    "https://login.example.com%00.evil.example",
    "https://LOGIN.example.com",
    " https://login.example.com",
    "https://login.example.com ",
    "https://lоgin.example.com",
    "https://xn--lgin-55d.example.com",
    "https://login.exаmple.com",
    "https://login。example。com",
    "null",
    "",
];

fn tamper_get(device: &Device, passkey: &StoredPasskey, change: impl FnOnce(&mut Said)) -> Result<Asserted, PasskeyError> {
    let site = site();
    let (options, ceremony) = site.begin_sign_in(Prompt::Button, NOW).expect("begins");
    let mut said = Said {
        counter: device.counter + 1,
        ..device.honest(&options)
    };
    change(&mut said);
    site.finish_sign_in(ceremony, &device.get(&said), Some(passkey), NOW)
}

fn tamper_create(device: &Device, change: impl FnOnce(&mut Said)) -> Result<Registered, PasskeyError> {
    let site = site();
    let (options, ceremony) = site.begin_registration(&member(), &[], RegistrationDemand::default(), NOW).expect("begins");
    let mut said = device.honest(&options);
    change(&mut said);
    site.finish_registration(ceremony, &device.create(&said), None, NOW)
}

#[test]
fn every_change_of_an_assertion_has_its_refusal() {
    let device = Device::new(1);
    let passkey = stored(&device);
    assert!(tamper_get(&device, &passkey, |_| ()).is_ok(), "the honest one");
    for (what, change, refusal) in CHANGES {
        assert_eq!(tamper_get(&device, &passkey, change), Err(refusal), "{what}");
    }
    let only_here: [(&str, Change, PasskeyError); 6] = [
        (
            "a registration as sign-in",
            |s| s.client_data["type"] = json!("webauthn.create"),
            PasskeyError::WrongType,
        ),
        ("a wrong signature", |s| s.signature_broken = true, PasskeyError::WrongSignature),
        ("eligible for backup now", |s| s.flags |= BE, PasskeyError::BackupEligibilityChanged),
        ("no user handle", |s| s.user_handle = None, PasskeyError::UserHandleMissing),
        (
            "somebody else's handle",
            |s| s.user_handle = Some(STRANGER.as_bytes().to_vec()),
            PasskeyError::ForeignUser,
        ),
        ("a handle of another site", |s| s.user_handle = Some(vec![1; 64]), PasskeyError::ForeignUser),
    ];
    for (what, change, refusal) in only_here {
        assert_eq!(tamper_get(&device, &passkey, change), Err(refusal), "{what}");
    }
    assert_eq!(tamper_get(&device, &passkey, |s| s.id = vec![9; 32]), Err(PasskeyError::UnknownCredential));
}

#[test]
fn every_change_of_a_registration_has_its_refusal() {
    let device = Device::new(1);
    for (what, change, refusal) in CHANGES {
        assert_eq!(tamper_create(&device, change), Err(refusal), "{what}");
    }
    let sign_in = tamper_create(&device, |s| s.client_data["type"] = json!("webauthn.get"));
    assert_eq!(sign_in, Err(PasskeyError::WrongType));
}

#[test]
fn origins_that_look_like_ours_are_not_ours() {
    let device = Device::new(1);
    let passkey = stored(&device);
    for origin in ORIGINS {
        let change = |s: &mut Said| s.client_data["origin"] = json!(origin);
        assert_eq!(tamper_get(&device, &passkey, change), Err(PasskeyError::WrongOrigin), "{origin}");
        assert_eq!(tamper_create(&device, change), Err(PasskeyError::WrongOrigin), "{origin}");
    }
}

proptest! {
    #[test]
    fn no_other_text_is_our_origin(at in 0..ORIGIN.len(), with in any::<char>(), cut in any::<bool>()) {
        let mut origin: Vec<char> = ORIGIN.chars().collect();
        if cut { origin.remove(at); } else { origin[at] = with; }
        let origin: String = origin.into_iter().collect();
        prop_assume!(origin != ORIGIN);
        let text = json!({ "type": "webauthn.get", "challenge": "", "origin": origin }).to_string();
        prop_assert_eq!(client_data::check(text.as_bytes(), Kind::Get, ORIGIN), Err(PasskeyError::WrongOrigin));
    }

    #[test]
    fn nothing_a_browser_sends_makes_us_fall_over(text in "\\PC{0,200}", cut in 0_usize..2000) {
        let site = site();
        let device = Device::new(1);
        let (options, ceremony) = site.begin_registration(&member(), &[], RegistrationDemand::default(), NOW).expect("begins");
        prop_assert!(site.finish_registration(ceremony, &text, None, NOW).is_err());
        let (_, ceremony) = site.begin_sign_in(Prompt::Button, NOW).expect("begins");
        prop_assert!(site.finish_sign_in(ceremony, &text, None, NOW).is_err());
        let mut said = device.honest(&options);
        said.id = vec![1; cut];
        let (_, ceremony) = site.begin_registration(&member(), &[], RegistrationDemand::default(), NOW).expect("begins");
        prop_assert!(site.finish_registration(ceremony, &device.create(&said), None, NOW).is_err());
    }
}

#[test]
fn an_assertion_is_of_its_own_ceremony_only() {
    let (site, device) = (site(), Device::new(1));
    let passkey = stored(&device);
    let (options, _) = site.begin_sign_in(Prompt::Button, NOW).expect("begins");
    let response = device.get(&device.honest(&options));
    let (_, later) = site.begin_sign_in(Prompt::Button, NOW).expect("begins");
    assert_eq!(
        site.finish_sign_in(later, &response, Some(&passkey), NOW),
        Err(PasskeyError::WrongChallenge),
        "B20: the challenge is ours"
    );
}

#[test]
fn a_ceremony_serves_one_purpose() {
    let (site, device) = (site(), Device::new(1));
    let mine = [stored(&device)];
    let begin = |purpose: Purpose| match purpose {
        Purpose::Register => site.begin_registration(&member(), &[], RegistrationDemand::default(), NOW),
        Purpose::SignIn => site.begin_sign_in(Prompt::Autofill, NOW),
        Purpose::SecondFactor => site.begin_second_factor(MEMBER, &mine, NOW),
        Purpose::StepUp => site.begin_step_up(MEMBER, &mine, NOW),
    };
    let all = [Purpose::Register, Purpose::SignIn, Purpose::SecondFactor, Purpose::StepUp];
    for begun in all {
        for finished in all {
            let (options, ceremony) = begin(begun).expect("begins");
            assert_eq!(ceremony.purpose(), begun);
            let said = Said {
                counter: device.counter + 1,
                ..device.honest(&options)
            };
            let outcome = match finished {
                Purpose::Register => site.finish_registration(ceremony, &device.create(&said), None, NOW).map(drop),
                Purpose::SignIn => site.finish_sign_in(ceremony, &device.get(&said), Some(&mine[0]), NOW).map(drop),
                Purpose::SecondFactor => site.finish_second_factor(ceremony, &device.get(&said), &mine, NOW).map(drop),
                Purpose::StepUp => site.finish_step_up(ceremony, &device.get(&said), &mine, NOW).map(drop),
            };
            let expected = if begun == finished {
                Ok(())
            } else {
                Err(PasskeyError::WrongPurpose { begun, finished })
            };
            assert_eq!(outcome, expected, "begun for {begun}, finished as {finished}");
        }
    }
}

#[test]
fn a_ceremony_whose_label_was_changed_is_still_not_another_one() {
    let (site, device) = (site(), Device::new(1));
    let (options, ceremony) = site.begin_registration(&member(), &[], RegistrationDemand::default(), NOW).expect("begins");
    let mut row = serde_json::to_value(&ceremony).expect("JSON");
    row["purpose"] = json!("sign_in");
    let ceremony: Ceremony = serde_json::from_value(row).expect("parses");
    let outcome = site.finish_sign_in(ceremony, &device.get(&device.honest(&options)), Some(&stored(&device)), NOW);
    assert!(matches!(outcome, Err(PasskeyError::WrongPurpose { .. })));
}

#[test]
fn a_ceremony_ends() {
    let (site, device) = (site(), Device::new(1));
    let passkey = stored(&device);
    for (seconds, expected) in [(CEREMONY_SECONDS - 1, true), (CEREMONY_SECONDS, false)] {
        let (options, ceremony) = site.begin_sign_in(Prompt::Button, NOW).expect("begins");
        let said = Said {
            counter: 8,
            ..device.honest(&options)
        };
        let later = NOW + jiff::SignedDuration::from_secs(seconds);
        let outcome = site.finish_sign_in(ceremony, &device.get(&said), Some(&passkey), later);
        assert_eq!(outcome.is_ok(), expected, "{seconds}");
        assert!(expected || outcome == Err(PasskeyError::Expired));
    }
}

#[test]
fn a_counter_that_stands_still_is_flagged_or_refused() {
    let device = Device::new(1);
    let passkey = stored(&device);
    for counter in [0, device.counter - 1, device.counter] {
        let asserted = tamper_get(&device, &passkey, |s| s.counter = counter).expect("everything else is right");
        assert!(asserted.counter_regressed);
        assert_eq!(
            (asserted.counter, asserted.passkey_updated.as_ref()),
            (counter, None),
            "the higher counter stays"
        );
        assert_eq!(asserted.verdict(CounterRule::Refuse), Verdict::Refuse);
        assert_eq!(asserted.verdict(CounterRule::Flag), Verdict::AcceptFlagged);
    }
    let forged = tamper_get(&device, &passkey, |s| (s.counter, s.signature_broken) = (1, true));
    assert_eq!(forged, Err(PasskeyError::WrongSignature), "a counter is not looked at before the signature");
}

#[test]
fn authenticators_without_a_counter_are_fine() {
    let mut device = Device::new(1);
    device.counter = 0;
    let passkey = stored(&device);
    let asserted = tamper_get(&device, &passkey, |s| s.counter = 0).expect("signs in");
    assert_eq!((asserted.counter_regressed, asserted.verdict(CounterRule::Refuse)), (false, Verdict::Accept));
}

#[test]
fn backup_state_is_noted_and_eligibility_never_changes() {
    let mut device = Device::new(1);
    device.flags |= BE;
    let passkey = stored(&device);
    let asserted = tamper_get(&device, &passkey, |s| s.flags |= BS).expect("signs in");
    assert!(asserted.backed_up && asserted.backup_state_changed && asserted.backup_eligible);
    assert_eq!(asserted.verdict(CounterRule::Refuse), Verdict::AcceptFlagged);

    let again = StoredPasskey::parse(MEMBER, &asserted.passkey_updated.expect("a new record"), &transports()).expect("parses");
    let asserted = tamper_get(&device, &again, |s| (s.flags, s.counter) = (UP | UV | BE | BS, 9)).expect("signs in");
    assert_eq!((asserted.backup_state_changed, asserted.verdict(CounterRule::Refuse)), (false, Verdict::Accept));

    let no_longer = tamper_get(&device, &passkey, |s| s.flags = UP | UV);
    assert_eq!(no_longer, Err(PasskeyError::BackupEligibilityChanged));
}

#[test]
fn a_member_is_asked_for_own_passkeys_only() {
    let (site, mine, other) = (site(), Device::new(1), Device::new(2));
    let (my_row, other_row) = (stored(&mine), stored(&other));
    let foreign = StoredPasskey::parse(STRANGER, &registered(&other).passkey_json, &transports()).expect("parses");
    assert_eq!(site.begin_second_factor(MEMBER, &[], NOW).map(drop), Err(PasskeyError::NothingToAsk));
    assert_eq!(
        site.begin_second_factor(MEMBER, std::slice::from_ref(&foreign), NOW).map(drop),
        Err(PasskeyError::ForeignUser)
    );

    let finish = |device: &Device, rows: &[StoredPasskey], change: Change| {
        let (options, ceremony) = site.begin_second_factor(MEMBER, std::slice::from_ref(&my_row), NOW).expect("begins");
        let mut said = Said {
            counter: 8,
            ..device.honest(&options)
        };
        change(&mut said);
        site.finish_second_factor(ceremony, &device.get(&said), rows, NOW).map(drop)
    };
    assert_eq!(finish(&mine, std::slice::from_ref(&my_row), |_| ()), Ok(()));
    assert_eq!(
        finish(&mine, std::slice::from_ref(&my_row), |s| s.user_handle = None),
        Ok(()),
        "security keys leave it out"
    );
    assert_eq!(
        finish(&mine, std::slice::from_ref(&my_row), |s| s.user_handle = Some(STRANGER.as_bytes().to_vec())),
        Err(PasskeyError::ForeignUser)
    );
    assert_eq!(
        finish(&other, &[my_row.clone(), other_row], |_| ()),
        Err(PasskeyError::NotAskedFor),
        "registered meanwhile"
    );
    assert_eq!(finish(&mine, &[], |_| ()), Err(PasskeyError::UnknownCredential), "removed meanwhile");
    assert_eq!(finish(&other, &[my_row.clone(), foreign], |_| ()), Err(PasskeyError::NotAskedFor));
}

#[test]
fn what_is_registered_is_not_registered_again() {
    let (site, device) = (site(), Device::new(1));
    let exclude = [registered(&device).credential_id];
    let (options, ceremony) = site
        .begin_registration(&member(), &exclude, RegistrationDemand::default(), NOW)
        .expect("begins");
    assert_eq!(options["publicKey"]["excludeCredentials"][0]["id"], json!(exclude[0]));
    let outcome = site.finish_registration(ceremony, &device.create(&device.honest(&options)), None, NOW);
    assert_eq!(outcome, Err(PasskeyError::AlreadyRegistered));
}

#[test]
fn answers_have_a_bound() {
    let site = site();
    let (_, ceremony) = site.begin_sign_in(Prompt::Button, NOW).expect("begins");
    let long = " ".repeat(RESPONSE_BYTES_MAX + 1);
    assert_eq!(site.finish_sign_in(ceremony, &long, None, NOW), Err(PasskeyError::TooLong));
    assert_eq!(RelyingParty::claim(&long), Err(PasskeyError::TooLong));
    let many = vec![CredentialId::new(vec![1]).expect("an id"); PASSKEYS_MAX];
    let begun = site.begin_registration(&member(), &many, RegistrationDemand::default(), NOW);
    assert_eq!(begun.map(drop), Err(PasskeyError::TooMany));
}

#[test]
fn unknown_foreign_and_wrong_are_one_to_people() {
    for error in [
        PasskeyError::UnknownCredential,
        PasskeyError::ForeignUser,
        PasskeyError::WrongSignature,
        PasskeyError::WrongOrigin,
    ] {
        assert_eq!(error.outward(), Outward::NotAccepted);
        assert!(error.to_string().ends_with('.'), "a sentence: {error}");
    }
}
