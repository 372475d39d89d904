//! How the secrets of a container are protected (RFC 6030 section 6): not at all, by a key that both sides know, or by a passphrase.
//!
//! CBC alone hides a secret but lets anybody change it, so that every encrypted secret needs its message authentication code, which is checked before
//! anything is decrypted.

use super::node::{Node, Space};
use crate::tokens::import::error::{FileError, KeyError, Problem, Shown};
use crate::tokens::import::limits::{
    MAC_KEY_BYTES_MAX, MAC_KEY_BYTES_MIN, PASSPHRASE_BYTES_MAX, PBKDF2_ITERATIONS_MAX, PBKDF2_SALT_BYTES_MAX, PBKDF2_SALT_BYTES_MIN,
};
use cbc::cipher::block_padding::Iso10126;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a block of AES, and of the initialisation vector in front of what is encrypted.
const BLOCK_BYTES: usize = 16;

/// What opens an encrypted container.
#[derive(Clone)]
pub enum PskcKey {
    /// Nothing: the container must be plain.
    None,
    /// The key itself, 16 or 32 bytes.
    PreShared(Zeroizing<Vec<u8>>),
    /// A passphrase, from which the container says how to derive the key.
    Passphrase(Zeroizing<String>),
}

impl PskcKey {
    /// A key in hexadecimal; spaces, colons and hyphens do not matter.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        text.chars()
            .filter(|c| !matches!(c, ' ' | ':' | '-' | '\n' | '\r' | '\t'))
            .for_each(|c| digits.push(c));
        if let Some(place) = digits.chars().position(|c| !c.is_ascii_hexdigit()) {
            return Err(KeyError::Character { position: place + 1 });
        }
        match digits.len() {
            32 | 64 => {}
            digits => return Err(KeyError::Length { digits }),
        }
        let key = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
        key.map(|key| Self::PreShared(Zeroizing::new(key)))
            .map_err(|_| KeyError::Length { digits: digits.len() })
    }

    /// A passphrase as typed; a line's end after it does not belong to it.
    pub fn from_passphrase(text: &str) -> Result<Self, KeyError> {
        let passphrase = text.trim_end_matches(['\n', '\r']);
        match passphrase.len() {
            0 => Err(KeyError::Empty),
            1..=PASSPHRASE_BYTES_MAX => Ok(Self::Passphrase(Zeroizing::new(passphrase.to_owned()))),
            bytes => Err(KeyError::TooLong { bytes }),
        }
    }
}

impl fmt::Debug for PskcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "PskcKey::None",
            Self::PreShared(_) => "PskcKey::PreShared",
            Self::Passphrase(_) => "PskcKey::Passphrase",
        })
    }
}

/// How the secrets of this container are protected.
pub(crate) enum Protection {
    /// They are not.
    Plain,
    /// By a key, which this is.
    Encrypted {
        /// The key of AES, 16 or 32 bytes.
        key: Zeroizing<Vec<u8>>,
        /// How changes are noticed, if the container says.
        mac: Option<MacKey>,
    },
}

/// How a change to an encrypted secret is noticed.
pub(crate) struct MacKey {
    hash: Hash,
    key: Zeroizing<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Protection {
    /// From the container's EncryptionKey and MACMethod, and what the administrator gave.
    pub(crate) fn new(encryption: Option<&Node>, mac: Option<&Node>, given: &PskcKey) -> Result<Self, FileError> {
        if encryption.is_none() && mac.is_none() {
            return Ok(Self::Plain);
        }
        let key = encryption_key(encryption, given)?;
        let mac = mac.map(|mac| mac_key(mac, &key)).transpose()?;
        Ok(Self::Encrypted { key, mac })
    }

    /// The secret of a Secret element, checked and decrypted.
    pub(crate) fn secret(&self, element: &Node) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let plain = element.child("PlainValue")?;
        let encrypted = element.child("EncryptedValue")?;
        match (plain, encrypted, self) {
            (Some(_), Some(_), _) => Err(Problem::Duplicate {
                element: "PlainValue or EncryptedValue",
            }),
            (Some(plain), None, Self::Plain) => plain.bytes("PlainValue"),
            (Some(_), None, Self::Encrypted { .. }) => Err(Problem::StrippedEncryption),
            (None, Some(value), Self::Encrypted { key, mac: Some(mac) }) => open(value, element.child("ValueMAC")?, key, mac),
            (None, Some(value), Self::Plain | Self::Encrypted { mac: None, .. }) => Err(Problem::NoMac {
                algorithm: Shown::name(algorithm_of(value)?),
            }),
            (None, None, _) => Err(Problem::Missing { field: "secret" }),
        }
    }
}

/// The key of AES: given, or derived from the passphrase given.
fn encryption_key(encryption: Option<&Node>, given: &PskcKey) -> Result<Zeroizing<Vec<u8>>, FileError> {
    // A container that has a MACMethod alone leaves its key to what both sides agreed on.
    let derived = match encryption {
        Some(encryption) => encryption
            .child_in(&[Space::Encryption11, Space::Pskc], "DerivedKey")
            .map_err(FileError::EncryptionDamaged)?,
        None => None,
    };
    match (derived, given) {
        (Some(derived), PskcKey::Passphrase(passphrase)) => derive(derived, passphrase),
        (Some(_), PskcKey::PreShared(_)) => Err(FileError::PassphraseNeeded { instead: ", not a key" }),
        (Some(_), PskcKey::None) => Err(FileError::PassphraseNeeded { instead: "" }),
        (None, _) => pre_shared(encryption, given),
    }
}

fn pre_shared(encryption: Option<&Node>, given: &PskcKey) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let name = match encryption {
        Some(encryption) => encryption.child_in(&[Space::Signature], "KeyName").map_err(FileError::EncryptionDamaged)?,
        None => None,
    };
    // A certificate or a wrapped key beside or instead of the name means another way of encryption.
    let another = encryption.and_then(|encryption| encryption.children.iter().find(|child| child.name != "KeyName"));
    if let (Some(another), None) = (another, name) {
        return Err(FileError::EncryptionUnknown {
            what: "EncryptionKey",
            given: Shown::name(&another.described()),
            supported: "a pre-shared key (ds:KeyName) and a passphrase (xenc11:DerivedKey)",
        });
    }
    match given {
        PskcKey::PreShared(key) => Ok(key.clone()),
        PskcKey::None | PskcKey::Passphrase(_) => Err(FileError::KeyNeeded {
            name: name.map(|name| format!(", named {}", Shown::name(name.trimmed()))).unwrap_or_default(),
        }),
    }
}

/// The key of AES from a passphrase, as the container describes it.
fn derive(derived: &Node, passphrase: &str) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let method = part(derived, "KeyDerivationMethod")?;
    match method.attribute("Algorithm").unwrap_or_default() {
        "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2" | "http://www.w3.org/2009/xmlenc11#pbkdf2" => {}
        other => {
            return Err(FileError::EncryptionUnknown {
                what: "key derivation",
                given: Shown::name(other),
                supported: "PBKDF2",
            });
        }
    }
    let params = part(method, "PBKDF2-params")?;
    let salt = salt(params)?;
    let rounds = rounds(part(params, "IterationCount")?.trimmed())?;
    let mut key = empty_key(part(params, "KeyLength")?.trimmed())?;
    let password = passphrase.as_bytes();
    match pseudorandom_function(params)? {
        Hash::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, &salt, rounds, &mut key),
        Hash::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, &salt, rounds, &mut key),
        Hash::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, &salt, rounds, &mut key),
    }
    Ok(key)
}

/// A part of the description of PBKDF2. Its namespaces are those of RFC 6030's own example, of XML Encryption 1.1, and none.
fn part<'a>(node: &'a Node, name: &'static str) -> Result<&'a Node, FileError> {
    find_part(node, name)?.ok_or(FileError::EncryptionDamaged(Problem::Missing { field: name }))
}

fn find_part<'a>(node: &'a Node, name: &'static str) -> Result<Option<&'a Node>, FileError> {
    let spaces = [Space::Pkcs5, Space::Encryption11, Space::Nowhere, Space::Pskc];
    node.child_in(&spaces, name).map_err(FileError::EncryptionDamaged)
}

fn salt(params: &Node) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let salt = part(part(params, "Salt")?, "Specified")?.bytes("Salt").map_err(FileError::EncryptionDamaged)?;
    match salt.len() {
        PBKDF2_SALT_BYTES_MIN..=PBKDF2_SALT_BYTES_MAX => Ok(salt),
        given => Err(FileError::SaltLength { given }),
    }
}

/// Checked before any work is done.
fn rounds(given: &str) -> Result<u32, FileError> {
    let rounds = given.parse().ok().filter(|rounds| (1..=PBKDF2_ITERATIONS_MAX).contains(rounds));
    rounds.ok_or_else(|| FileError::Iterations { given: Shown::word(given) })
}

fn empty_key(length: &str) -> Result<Zeroizing<Vec<u8>>, FileError> {
    match length {
        "16" => Ok(Zeroizing::new(vec![0; 16])),
        "32" => Ok(Zeroizing::new(vec![0; 32])),
        _ => Err(FileError::DerivedKeyLength { given: Shown::word(length) }),
    }
}

/// HMAC-SHA-1 unless another is named (RFC 8018 appendix A.2): by an attribute, or by the text, as some programs write it.
fn pseudorandom_function(params: &Node) -> Result<Hash, FileError> {
    let named = find_part(params, "PRF")?.map(|prf| prf.attribute("Algorithm").unwrap_or(prf.trimmed()));
    match named {
        None | Some("") => Ok(Hash::Sha1),
        Some(uri) => Hash::of(uri, "PRF of PBKDF2"),
    }
}

impl Hash {
    fn of(uri: &str, what: &'static str) -> Result<Self, FileError> {
        match uri {
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1" | "http://www.w3.org/2001/04/xmldsig-more#hmac-sha1" => Ok(Self::Sha1),
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256" => Ok(Self::Sha256),
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512" => Ok(Self::Sha512),
            _ => Err(FileError::EncryptionUnknown {
                what,
                given: Shown::name(uri),
                supported: "HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512",
            }),
        }
    }
}

/// The key of the message authentication codes: its own, encrypted by the container's key, or the container's key itself (RFC 6030 section 6.1.1).
fn mac_key(method: &Node, key: &Zeroizing<Vec<u8>>) -> Result<MacKey, FileError> {
    let hash = Hash::of(method.attribute("Algorithm").unwrap_or_default(), "MACMethod")?;
    let Some(wrapped) = method.child("MACKey").map_err(FileError::EncryptionDamaged)? else {
        return Ok(MacKey { hash, key: key.clone() });
    };
    // Nothing protects this one: a wrong key is noticed by its padding or its length, or else at the first secret.
    let key = match cipher_text(wrapped, key).and_then(|text| decrypt(&text, key)) {
        Ok(key) => key,
        Err(Problem::Padding) => return Err(FileError::WrongKey),
        Err(problem) => return Err(FileError::EncryptionDamaged(problem)),
    };
    if !(MAC_KEY_BYTES_MIN..=MAC_KEY_BYTES_MAX).contains(&key.len()) {
        return Err(FileError::WrongKey);
    }
    Ok(MacKey { hash, key })
}

/// Checks the code first, then decrypts.
fn open(value: &Node, code: Option<&Node>, key: &[u8], mac: &MacKey) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let text = cipher_text(value, key)?;
    let code = code.ok_or(Problem::StrippedMac)?.bytes("ValueMAC")?;
    if !mac.matches(&text, &code) {
        return Err(Problem::WrongMac);
    }
    decrypt(&text, key)
}

impl MacKey {
    /// Compares in constant time.
    fn matches(&self, text: &[u8], code: &[u8]) -> bool {
        match self.hash {
            Hash::Sha1 => matches::<Hmac<Sha1>>(&self.key, text, code),
            Hash::Sha256 => matches::<Hmac<Sha256>>(&self.key, text, code),
            Hash::Sha512 => matches::<Hmac<Sha512>>(&self.key, text, code),
        }
    }
}

fn matches<M: Mac + KeyInit>(key: &[u8], text: &[u8], code: &[u8]) -> bool {
    // HMAC takes a key of any length; if it did not, nothing would match.
    <M as KeyInit>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(text).verify_slice(code).is_ok())
}

fn algorithm_of(value: &Node) -> Result<&str, Problem> {
    let method = value.child_in(&[Space::Encryption], "EncryptionMethod")?;
    method
        .and_then(|method| method.attribute("Algorithm"))
        .ok_or(Problem::Missing { field: "EncryptionMethod" })
}

/// The initialisation vector and what is encrypted, if the cipher is one that this key fits.
fn cipher_text(value: &Node, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let (cipher, needed) = match algorithm_of(value)? {
        "http://www.w3.org/2001/04/xmlenc#aes128-cbc" => ("AES-128-CBC", 16),
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc" => ("AES-256-CBC", 32),
        other => {
            return Err(Problem::Unsupported {
                given: Shown::name(other),
                wanted: "AES-128-CBC and AES-256-CBC",
            });
        }
    };
    let given = key.len();
    if given != needed {
        return Err(Problem::KeyLength { cipher, needed, given });
    }
    let data = value
        .child_in(&[Space::Encryption], "CipherData")?
        .ok_or(Problem::Missing { field: "CipherData" })?;
    let text = data
        .child_in(&[Space::Encryption], "CipherValue")?
        .ok_or(Problem::Missing { field: "CipherValue" })?;
    let text = text.bytes("CipherValue")?;
    let bytes = text.len();
    if bytes < 2 * BLOCK_BYTES || !bytes.is_multiple_of(BLOCK_BYTES) {
        return Err(Problem::CipherLength { bytes, cipher });
    }
    Ok(text)
}

/// XML Encryption section 5.2: the last byte says how much padding there is; the other bytes of it may be anything.
fn decrypt(text: &[u8], key: &[u8]) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let (vector, encrypted) = text.split_at(BLOCK_BYTES);
    let mut blocks = Zeroizing::new(encrypted.to_vec());
    let length = match key.len() {
        16 => cbc::Decryptor::<aes::Aes128>::new_from_slices(key, vector)
            .ok()
            .and_then(|aes| unpadded(aes, &mut blocks)),
        _ => cbc::Decryptor::<aes::Aes256>::new_from_slices(key, vector)
            .ok()
            .and_then(|aes| unpadded(aes, &mut blocks)),
    };
    blocks.truncate(length.ok_or(Problem::Padding)?);
    Ok(blocks)
}

fn unpadded<D: BlockModeDecrypt>(cipher: D, blocks: &mut [u8]) -> Option<usize> {
    cipher.decrypt_padded::<Iso10126>(blocks).ok().map(<[u8]>::len)
}
