//! Metadata blobs of an alliance of our own, and passkeys that prove their model.

use super::{
    authenticator::{BE, Said, packed},
    ceremonies::{soft_create, soft_get},
    metadata::name_of,
    *,
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jiff::{SignedDuration, civil::date};
use model::{PASSKEY_MODELS_MAX, PasskeyModels};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::json;
use std::time::SystemTime;
use webauthn_authenticator_rs::softtoken::{AAGUID as SOFT_TOKEN, SoftToken};

pub(crate) const SIGNER: &str = "mds.example.org";
pub(crate) const KEY: Uuid = uuid!("00000000-0000-4000-8000-00000000000a");
pub(crate) const BROKEN_KEY: Uuid = uuid!("00000000-0000-4000-8000-00000000000b");
const ROOTLESS_KEY: Uuid = uuid!("00000000-0000-4000-8000-00000000000c");

pub(crate) struct Alliance {
    pub(crate) root: CertifiedIssuer<'static, KeyPair>,
    leaf: Vec<u8>,
    key: KeyPair,
}

struct Leaf<'a> {
    name: &'a str,
    days: (i64, i64),
}

impl Default for Leaf<'_> {
    fn default() -> Self {
        Self {
            name: SIGNER,
            days: (-30, 300),
        }
    }
}

fn day(days: i64) -> SystemTime {
    SystemTime::from(NOW + SignedDuration::from_hours(24 * days))
}

impl Alliance {
    fn new(leaf: &Leaf<'_>) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "Example Root");
        params.not_before = day(-1000).into();
        params.not_after = day(3000).into();
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a root");
        let mut params = CertificateParams::new(vec![leaf.name.to_owned()]).expect("parameters");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = day(leaf.days.0).into();
        params.not_after = day(leaf.days.1).into();
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, &root).expect("a leaf");
        Self {
            leaf: leaf.der().to_vec(),
            root,
            key,
        }
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::new(&self.root.pem(), SIGNER).expect("roots")
    }

    pub(crate) fn sign(&self, payload: &Value) -> String {
        self.sign_as(&json!({ "alg": "ES256", "typ": "JWT", "x5c": [BASE64.encode(&self.leaf)] }), payload)
    }

    fn sign_as(&self, header: &Value, payload: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(payload));
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key.serialize_der(), &random).expect("the key");
        let signature = key.sign(&random, signed.as_bytes()).expect("signs");
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
}

pub(crate) fn content(no: u64, entries: Value) -> Value {
    json!({ "legalHeader": "Example", "no": no, "nextUpdate": "2027-01-01", "entries": entries })
}

fn entry(aaguid: Uuid, name: &str, roots: &[String], reports: &[&str]) -> Value {
    let reports: Vec<Value> = reports.iter().map(|s| json!({ "status": s, "effectiveDate": "2026-01-01" })).collect();
    json!({
        "aaguid": aaguid,
        "metadataStatement": { "description": name, "attestationRootCertificates": roots, "newMember": { "of": "tomorrow" } },
        "statusReports": reports,
        "timeOfLastStatusChange": "2026-01-01",
    })
}

pub(crate) fn entries(alliance: &Alliance) -> Value {
    let root = [BASE64.encode(alliance.root.der())];
    json!([
        entry(KEY, "Example Key\n 2", &root, &["FIDO_CERTIFIED", "FIPS140_CERTIFIED_L9"]),
        entry(BROKEN_KEY, "Broken Key", &root, &["FIDO_CERTIFIED", "REVOKED", "UPDATE_AVAILABLE"]),
        entry(ROOTLESS_KEY, "Rootless Key", &[String::from("AAAA")], &[]),
        { "attestationCertificateKeyIdentifiers": ["00"], "metadataStatement": { "description": "U2F" }, "statusReports": [] },
    ])
}

pub(crate) fn good() -> (Alliance, Metadata) {
    let alliance = Alliance::new(&Leaf::default());
    let blob = alliance.sign(&content(7, entries(&alliance)));
    let metadata = Metadata::verify(&format!("{blob}\n"), &alliance.roots(), None, NOW).expect("verifies");
    (alliance, metadata)
}

#[test]
fn the_real_roots_can_be_read() {
    let (alliance, _) = good();
    let blob = alliance.sign(&content(7, json!([])));
    assert_eq!(Metadata::verify(&blob, &Roots::fido(), None, NOW), Err(MetadataError::ChainUntrusted));
}

#[test]
fn a_good_blob_tells_names_and_standings() {
    let (_, metadata) = good();
    assert_eq!((metadata.serial(), metadata.next_update()), (7, date(2027, 1, 1)));
    assert_eq!(metadata.aaguids().count(), 3, "U2F has no AAGUID");
    assert_eq!(name_of(KEY, Some(&metadata)).as_deref(), Some("Example Key  2"));
    assert_eq!(metadata.standing(KEY), Some(Standing::Sound), "kinds of status that are not known are ignored");
    assert_eq!(metadata.standing(BROKEN_KEY), Some(Standing::Revoked), "an update does not mend it");
    assert_eq!(metadata.standing(Uuid::nil()), None);
    assert_eq!(name_of(Uuid::nil(), Some(&metadata)), None);
    assert_eq!(
        name_of(uuid!("2fc0579f-8113-47ea-b116-bb5a8db9202a"), Some(&metadata)).as_deref(),
        Some("YubiKey 5 NFC")
    );
    let kept = serde_json::to_string(&metadata).expect("JSON");
    assert_eq!(serde_json::from_str::<Metadata>(&kept).expect("parses"), metadata);
}

#[test]
fn an_old_blob_is_a_warning() {
    let (_, metadata) = good();
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    assert!(!metadata.is_overdue(at("2027-01-01T23:59:59Z")));
    assert!(metadata.is_overdue(at("2027-01-02T00:00:00Z")));
}

#[test]
fn serial_numbers_go_forward() {
    let (alliance, kept) = good();
    let offered = |no| Metadata::verify(&alliance.sign(&content(no, json!([]))), &alliance.roots(), Some(&kept), NOW).map(|m| m.serial());
    assert_eq!(offered(6), Err(MetadataError::SerialWentBack { kept: 7, offered: 6 }));
    assert_eq!(offered(7), Ok(7), "the same once more does no harm");
    assert_eq!(offered(8), Ok(8));
}

#[test]
fn who_signs_has_to_be_trusted_named_and_in_time() {
    let payload = content(1, json!([]));
    let verify = |leaf: &Leaf<'_>| {
        let alliance = Alliance::new(leaf);
        Metadata::verify(&alliance.sign(&payload), &alliance.roots(), None, NOW).map(drop)
    };
    assert_eq!(verify(&Leaf::default()), Ok(()));
    let expired = Leaf {
        days: (-30, -1),
        ..Leaf::default()
    };
    assert_eq!(verify(&expired), Err(MetadataError::SignerExpired));
    let early = Leaf {
        days: (1, 30),
        ..Leaf::default()
    };
    assert_eq!(verify(&early), Err(MetadataError::SignerTooEarly));
    for name in ["www.example.org", "mds.example.org.evil.example", "example.org", "xmds.example.org"] {
        let other = Leaf { name, ..Leaf::default() };
        assert_eq!(verify(&other), Err(MetadataError::SignerUnexpected), "{name}");
    }
    let (mine, theirs) = (Alliance::new(&Leaf::default()), Alliance::new(&Leaf::default()));
    let stranger = Metadata::verify(&theirs.sign(&payload), &mine.roots(), None, NOW).map(drop);
    assert!(
        matches!(stranger, Err(MetadataError::ChainUntrusted | MetadataError::SignatureWrong)),
        "another root: {stranger:?}"
    );
}

#[test]
fn a_changed_blob_is_refused() {
    let alliance = Alliance::new(&Leaf::default());
    let blob = alliance.sign(&content(1, entries(&alliance)));
    let verify = |blob: &str| Metadata::verify(blob, &alliance.roots(), None, NOW).map(drop);
    let [header, payload, signature] = blob.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let other = BASE64URL_NOPAD.encode(content(2, entries(&alliance)).to_string().as_bytes());
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
    let thief = Alliance {
        key: KeyPair::try_from(key.as_ref()).expect("a key"),
        ..Alliance::new(&Leaf::default())
    };
    let with_our_leaf = Alliance {
        leaf: alliance.leaf.clone(),
        ..thief
    };
    let head = |alg: &str, more: (&str, Value)| json!({ "alg": alg, "x5c": [BASE64.encode(&alliance.leaf)], more.0: more.1 });
    let nothing = content(1, json!([]));
    let cases = [
        ("payload", format!("{header}.{other}.{signature}"), MetadataError::SignatureWrong),
        ("no signature", format!("{header}.{payload}."), MetadataError::SignatureWrong),
        ("two parts", format!("{header}.{payload}"), MetadataError::NotABlob),
        ("four parts", format!("{blob}.{signature}"), MetadataError::NotABlob),
        ("another key under our certificate", with_our_leaf.sign(&nothing), MetadataError::SignatureWrong),
        (
            "none",
            alliance.sign_as(&head("none", ("typ", json!("JWT"))), &nothing),
            MetadataError::AlgorithmRefused,
        ),
        (
            "HS256",
            alliance.sign_as(&head("HS256", ("typ", json!("JWT"))), &nothing),
            MetadataError::AlgorithmRefused,
        ),
        (
            "RS256 of an EC key",
            alliance.sign_as(&head("RS256", ("typ", json!("JWT"))), &nothing),
            MetadataError::SignatureWrong,
        ),
        (
            "crit",
            alliance.sign_as(&head("ES256", ("crit", json!(["b64"]))), &nothing),
            MetadataError::AlgorithmRefused,
        ),
        (
            "no chain",
            alliance.sign_as(&json!({ "alg": "ES256", "x5c": [] }), &nothing),
            MetadataError::ChainUnreadable,
        ),
        (
            "broken chain",
            alliance.sign_as(&json!({ "alg": "ES256", "x5c": ["AAAA"] }), &nothing),
            MetadataError::ChainUnreadable,
        ),
        ("not metadata", alliance.sign(&json!({ "iss": "somebody" })), MetadataError::ContentUnreadable),
        ("nothing", String::new(), MetadataError::NotABlob),
    ];
    for (what, blob, refusal) in cases {
        assert_eq!(verify(&blob), Err(refusal), "{what}");
    }
    for at in (0..blob.len()).step_by(97) {
        let mut bytes = blob.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(verify(&String::from_utf8(bytes).expect("text")).is_err(), "character {at}");
    }
    assert!(Roots::new("", SIGNER).is_err());
    assert!(Roots::new(&alliance.root.pem(), "not a name").is_err());
}

/// RS256 is what the real blob uses. Made once with `openssl`, since ring makes no RSA keys: see `fixtures/README.md`.
#[test]
fn rsa_is_verified_too() {
    let blob = include_str!("fixtures/mds-rs256.jwt");
    let roots = Roots::new(include_str!("fixtures/mds-rs256-root.pem"), SIGNER).expect("roots");
    let metadata = Metadata::verify(blob, &roots, None, NOW).expect("verifies");
    assert_eq!(metadata.serial(), 42);
    let (signed, signature) = blob.trim().rsplit_once('.').expect("parts");
    let broken = format!("{}.{signature}", signed.replacen('e', "f", 1));
    assert!(Metadata::verify(&broken, &roots, None, NOW).is_err());
}

#[test]
fn a_list_is_put_together_with_the_metadata() {
    let (_, metadata) = good();
    let list = |aaguids: &[Uuid], attestation_required, metadata| {
        let list = PasskeyModels {
            aaguids: aaguids.to_vec(),
            attestation_required,
        };
        Allowed::of(&list, metadata)
    };
    let unknown = uuid!("00000000-0000-4000-8000-0000000000ff");
    let allowed = list(&[KEY, BROKEN_KEY, ROOTLESS_KEY, unknown], true, Some(&metadata)).expect("one is left");
    assert!(allowed.attestation_required());
    let left_out: Vec<(Uuid, LeftOut)> = allowed.left_out().iter().map(|(a, w)| (*a, *w)).collect();
    assert_eq!(
        left_out,
        [(BROKEN_KEY, LeftOut::Unsound), (ROOTLESS_KEY, LeftOut::NoRoot), (unknown, LeftOut::Unknown)]
    );

    assert_eq!(list(&[KEY], true, None).map(drop), Err(PolicyError::MetadataNeeded));
    assert_eq!(list(&[BROKEN_KEY], true, Some(&metadata)).map(drop), Err(PolicyError::NothingLeft));
    assert_eq!(list(&[BROKEN_KEY], false, Some(&metadata)).map(drop), Err(PolicyError::NothingLeft));
    assert_eq!(list(&[KEY; PASSKEY_MODELS_MAX + 1], true, Some(&metadata)).map(drop), Err(PolicyError::TooMany));
    assert!(list(&[], true, Some(&metadata)).expect("every model with a root").attestation_required());
    assert!(!list(&[unknown], false, None).expect("a claim").attestation_required());
}

#[test]
fn a_model_that_is_only_claimed_is_compared_with_the_list() {
    let (site, mut device) = (site(), Device::new(1));
    device.aaguid = KEY;
    let (_, metadata) = good();
    let register = |device: &Device, listed: &[Uuid], metadata: Option<&Metadata>| {
        let listed = PasskeyModels {
            aaguids: listed.to_vec(),
            attestation_required: false,
        };
        let allowed = Allowed::of(&listed, None).expect("a list");
        let demand = RegistrationDemand {
            models: Some(&allowed),
            ..RegistrationDemand::default()
        };
        let (options, ceremony) = site.begin_registration(&member(), &[], demand, NOW).expect("begins");
        let conveyance = if listed.aaguids.is_empty() { "none" } else { "direct" };
        assert_eq!(options["publicKey"]["attestation"], json!(conveyance));
        site.finish_registration(ceremony, &device.create(&device.honest(&options)), metadata, NOW)
            .map(|new| new.attested)
    };
    assert_eq!(register(&device, &[KEY], Some(&metadata)), Ok(false));
    assert_eq!(register(&device, &[], Some(&metadata)), Ok(false));
    assert_eq!(register(&device, &[BROKEN_KEY], None), Err(PasskeyError::ModelNotAllowed));
    device.aaguid = BROKEN_KEY;
    assert_eq!(
        register(&device, &[], Some(&metadata)),
        Err(PasskeyError::ModelNotAllowed),
        "revoked, whatever the policy"
    );
}

/// The software token of the library's authors, and a list that allows it by the root it was born with.
pub(super) fn allowed_soft_token() -> (SoftToken, Allowed) {
    use x509_cert::der::Encode;
    let (token, root) = SoftToken::new(true).expect("a token");
    (token, allow(&BASE64.encode(&root.to_der().expect("DER"))))
}

fn allow(root: &str) -> Allowed {
    let alliance = Alliance::new(&Leaf::default());
    let blob = alliance.sign(&content(1, json!([entry(SOFT_TOKEN, "Soft Token", &[root.to_owned()], &["FIDO_CERTIFIED"])])));
    let metadata = Metadata::verify(&blob, &alliance.roots(), None, NOW).expect("verifies");
    let list = PasskeyModels {
        aaguids: vec![SOFT_TOKEN],
        attestation_required: true,
    };
    Allowed::of(&list, Some(&metadata)).expect("allowed")
}

#[test]
fn a_model_that_has_to_be_proven_is() {
    let site = site();
    let (mut token, allowed) = allowed_soft_token();
    let demand = RegistrationDemand {
        models: Some(&allowed),
        ..RegistrationDemand::default()
    };
    let (options, ceremony) = site.begin_registration(&member(), &[], demand, NOW).expect("begins");
    assert_eq!(options["publicKey"]["attestation"], json!("direct"));
    assert_eq!(options["publicKey"]["authenticatorSelection"]["residentKey"], json!("preferred"));
    let row = serde_json::to_string(&ceremony).expect("JSON");
    let ceremony: Ceremony = serde_json::from_str(&row).expect("parses");
    let new = site
        .finish_registration(ceremony, &soft_create(&mut token, &options), None, NOW)
        .expect("registers");
    assert_eq!((new.attested, new.aaguid), (true, SOFT_TOKEN));

    let rows = [StoredPasskey::parse(MEMBER, &new.passkey_json, &transports()).expect("parses")];
    let (options, ceremony) = site.begin_second_factor(MEMBER, &rows, NOW).expect("begins");
    let asserted = site
        .finish_second_factor(ceremony, &soft_get(&mut token, &options), &rows, NOW)
        .expect("proves");
    assert_eq!(asserted.verdict(CounterRule::Refuse), Verdict::Accept);
}

#[test]
fn a_model_that_proves_nothing_is_refused() {
    let site = site();
    let (_, allowed) = allowed_soft_token();
    let demand = RegistrationDemand {
        models: Some(&allowed),
        ..RegistrationDemand::default()
    };
    let begin = || site.begin_registration(&member(), &[], demand, NOW).expect("begins");

    let (options, ceremony) = begin();
    let mut liar = Device::new(1);
    liar.aaguid = SOFT_TOKEN;
    let outcome = site.finish_registration(ceremony, &liar.create(&liar.honest(&options)), None, NOW);
    assert_eq!(outcome, Err(PasskeyError::NotAttested), "a claim is no proof");

    let (options, ceremony) = begin();
    let (mut other, _) = allowed_soft_token();
    let outcome = site.finish_registration(ceremony, &soft_create(&mut other, &options), None, NOW);
    assert_eq!(outcome, Err(PasskeyError::NotAttested), "another root");
    assert_eq!(outcome.map_err(|e| e.outward()), Err(Outward::ModelNotAllowed));
}

/// The certificate of a model (WebAuthn L3 section 8.2.1), and its key.
pub(crate) fn attestation_of(alliance: &Alliance, aaguid: Uuid) -> (KeyPair, Vec<u8>) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    (params.not_before, params.not_after) = (day(-900).into(), day(900).into());
    let printable = |text: &str| DnValue::PrintableString(text.try_into().expect("printable"));
    params.distinguished_name.push(DnType::CountryName, printable("NL"));
    params.distinguished_name.push(DnType::OrganizationName, "Example Keys");
    params.distinguished_name.push(DnType::OrganizationalUnitName, "Authenticator Attestation");
    params.distinguished_name.push(DnType::CommonName, "Example Key");
    let id_fido_gen_ce_aaguid = [1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];
    let octets = [&[0x04, 0x10], aaguid.as_bytes().as_slice()].concat();
    params.custom_extensions.push(CustomExtension::from_oid_content(&id_fido_gen_ce_aaguid, octets));
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &alliance.root).expect("a certificate");
    (key, certificate.der().to_vec())
}

#[test]
fn of_the_models_of_one_maker_only_the_listed_one_is_allowed() {
    let site = site();
    let (alliance, metadata) = good();
    let list = PasskeyModels {
        aaguids: vec![KEY],
        attestation_required: true,
    };
    let allowed = Allowed::of(&list, Some(&metadata)).expect("allowed");
    let register = |aaguid: Uuid, certified: Uuid, change: fn(&mut Said)| {
        let demand = RegistrationDemand {
            models: Some(&allowed),
            ..RegistrationDemand::default()
        };
        let (options, ceremony) = site.begin_registration(&member(), &[], demand, NOW).expect("begins");
        let mut device = Device::new(1);
        device.aaguid = aaguid;
        let mut said = device.honest(&options);
        change(&mut said);
        let (key, certificate) = attestation_of(&alliance, certified);
        let response = device.create_proven(&said, |to_sign| packed(to_sign, &key.serialize_der(), &certificate));
        let new = site.finish_registration(ceremony, &response, Some(&metadata), NOW);
        new.map(|new| (new.attested, new.name_by_aaguid))
    };
    assert_eq!(register(KEY, KEY, |_| ()), Ok((true, Some(String::from("Example Key  2")))));
    let sibling = uuid!("00000000-0000-4000-8000-0000000000ff");
    assert_eq!(
        register(sibling, sibling, |_| ()),
        Err(PasskeyError::ModelNotAllowed),
        "same root, another model"
    );
    assert_eq!(
        register(BROKEN_KEY, BROKEN_KEY, |_| ()),
        Err(PasskeyError::ModelNotAllowed),
        "same root, revoked"
    );
    assert_eq!(
        register(KEY, sibling, |_| ()),
        Err(PasskeyError::NotAttested),
        "the certificate is of another model"
    );
    assert_eq!(register(KEY, KEY, |s| s.flags |= BE), Err(PasskeyError::NotDeviceBound), "may be copied");
}
