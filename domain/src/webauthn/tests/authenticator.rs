//! A browser and an authenticator that say what they are told to.

use super::{MEMBER, ORIGIN};
use data_encoding::BASE64URL_NOPAD;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(crate) const UP: u8 = 0x01;
pub(crate) const UV: u8 = 0x04;
pub(crate) const BE: u8 = 0x08;
pub(crate) const BS: u8 = 0x10;
const AT: u8 = 0x40;

pub(crate) struct Device {
    key: EcdsaKeyPair,
    pub(crate) id: Vec<u8>,
    pub(crate) aaguid: Uuid,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
}

/// Everything an answer is made of.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) client_data: Value,
    /// Client data as text, if not even that is to be JSON of the value above.
    pub(crate) client_data_text: Option<String>,
    pub(crate) rp_id: String,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    pub(crate) user_handle: Option<Vec<u8>>,
    pub(crate) id: Vec<u8>,
    pub(crate) signature_broken: bool,
}

impl Device {
    pub(crate) fn new(seed: u8) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        Self {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("the same key"),
            id: vec![seed; 32],
            aaguid: Uuid::nil(),
            flags: UP | UV,
            counter: 7,
        }
    }

    /// What an honest browser and authenticator say to options.
    pub(crate) fn honest(&self, options: &Value) -> Said {
        let options = &options["publicKey"];
        let (kind, rp_id) = match options["rp"]["id"].as_str() {
            Some(rp_id) => ("webauthn.create", rp_id),
            None => ("webauthn.get", options["rpId"].as_str().expect("an RP ID")),
        };
        Said {
            client_data: json!({ "type": kind, "challenge": options["challenge"], "origin": ORIGIN, "crossOrigin": false }),
            client_data_text: None,
            rp_id: rp_id.to_owned(),
            flags: self.flags,
            counter: self.counter,
            user_handle: Some(MEMBER.as_bytes().to_vec()),
            id: self.id.clone(),
            signature_broken: false,
        }
    }

    /// `navigator.credentials.create()` and `toJSON()`, without a proof of make and model.
    pub(crate) fn create(&self, said: &Said) -> String {
        self.create_proven(said, |_| (text("none"), Cbor::Map(BTreeMap::new())))
    }

    /// The same with a statement about what is to be signed (WebAuthn L3 section 6.5.4): its format and itself.
    pub(crate) fn create_proven(&self, said: &Said, statement: impl FnOnce(&[u8]) -> (Cbor, Cbor)) -> String {
        let mut data = said.authenticator_data(AT);
        data.extend(self.aaguid.as_bytes());
        data.extend((said.id.len() as u16).to_be_bytes());
        data.extend(&said.id);
        data.extend(serde_cbor_2::to_vec(&self.cose()).expect("CBOR"));
        let client_data = said.client_data_text();
        let mut to_sign = data.clone();
        to_sign.extend(digest(&SHA256, client_data.as_bytes()).as_ref());
        let (format, statement) = statement(&to_sign);
        let object = Cbor::Map(BTreeMap::from([
            (text("fmt"), format),
            (text("attStmt"), statement),
            (text("authData"), Cbor::Bytes(data)),
        ]));
        json!({
            "id": encoded(&said.id),
            "rawId": encoded(&said.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": encoded(client_data.as_bytes()),
                "attestationObject": encoded(&serde_cbor_2::to_vec(&object).expect("CBOR")),
                "transports": ["internal", "hybrid", "smoke-signal"],
            },
            "clientExtensionResults": { "credProps": { "rk": true } },
        })
        .to_string()
    }

    /// `navigator.credentials.get()` and `toJSON()`.
    pub(crate) fn get(&self, said: &Said) -> String {
        let data = said.authenticator_data(0);
        let client_data = said.client_data_text();
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, client_data.as_bytes()).as_ref());
        let mut signature = self.key.sign(&SystemRandom::new(), &signed).expect("signs").as_ref().to_vec();
        if said.signature_broken {
            signature = self.key.sign(&SystemRandom::new(), b"something else").expect("signs").as_ref().to_vec();
        }
        json!({
            "id": encoded(&said.id),
            "rawId": encoded(&said.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": encoded(client_data.as_bytes()),
                "authenticatorData": encoded(&data),
                "signature": encoded(&signature),
                "userHandle": said.user_handle.as_deref().map(encoded),
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// The public key as COSE (RFC 9053 section 7.1.1).
    fn cose(&self) -> Cbor {
        let point = self.key.public_key().as_ref();
        let members = [
            (1, Cbor::Integer(2)),
            (3, Cbor::Integer(-7)),
            (-1, Cbor::Integer(1)),
            (-2, Cbor::Bytes(point[1..33].to_vec())),
            (-3, Cbor::Bytes(point[33..].to_vec())),
        ];
        Cbor::Map(members.into_iter().map(|(key, value)| (Cbor::Integer(key), value)).collect())
    }
}

impl Said {
    fn client_data_text(&self) -> String {
        self.client_data_text.clone().unwrap_or_else(|| self.client_data.to_string())
    }

    fn authenticator_data(&self, more: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(self.flags | more);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

/// A packed statement (WebAuthn L3 section 8.2) by an attestation key and its certificate.
pub(crate) fn packed(to_sign: &[u8], pkcs8: &[u8], certificate: &[u8]) -> (Cbor, Cbor) {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &random).expect("a key");
    let signature = key.sign(&random, to_sign).expect("signs").as_ref().to_vec();
    let statement = Cbor::Map(BTreeMap::from([
        (text("alg"), Cbor::Integer(-7)),
        (text("sig"), Cbor::Bytes(signature)),
        (text("x5c"), Cbor::Array(vec![Cbor::Bytes(certificate.to_vec())])),
    ]));
    (text("packed"), statement)
}

fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}
