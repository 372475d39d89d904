//! Encryption of secrets at rest.
//!
//! A master key outside the database wraps one data key a tenant; of that, HKDF (RFC 5869) makes one key a purpose; a person has a subject key
//! wrapped under it. Sealing is XChaCha20-Poly1305 with a random nonce, bound to tenant, table, row and column, so that a ciphertext
//! moved elsewhere does not open. Form of a sealed value: version (1 byte, 1), key version (2 bytes), nonce (24), ciphertext and tag.

use crate::rng::Rng;
use chacha20poly1305::{
    Key, XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use model::TenantId;
use sha2::Sha256;
use std::{collections::HashMap, fmt, sync::Arc, sync::RwLock};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

/// A value that cannot be printed, compared or serialised; wiped when dropped.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The one way to the value; every use of it is easy to find.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a key derived from a tenant's data key is for. One key never serves two purposes; this list is the registry of them (bar 38).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum KeyPurpose {
    /// Seeds of authenticator apps and tokens.
    Seed,
    /// Wraps subject keys.
    SubjectKey,
    /// Seals what an attempt needs until it is decided.
    AttemptFacts,
    /// Seals notices that wait in the outbox.
    Outbox,
    /// MACs by which the journal can be searched.
    LogSearch,
    /// Turns a name that does not exist into the id of its counters.
    UnknownName,
    /// The subject key of names that do not exist.
    UnknownSubject,
    /// MACs of recovery codes.
    RecoveryCode,
    /// MACs of the last wrong passwords.
    WrongPassword,
    /// MACs of sources of wrong passwords.
    Source,
    /// Before and after of changes that are about nobody in particular.
    AuditFacts,
    /// Results of imports.
    ImportResult,
    /// Phone numbers and mailboxes of methods.
    Address,
    /// MACs of phone numbers and mailboxes.
    AddressMac,
    /// Sent codes, and what their messages are made of.
    Code,
    /// MACs of Temporary Access Passes.
    Pass,
    /// MACs of app passwords.
    AppPassword,
    /// MACs of emergency keys.
    EmergencyKey,
    /// Which security questions are asked, and MACs of requests that hold answers.
    Questions,
    /// Tokens of the links in notices.
    NoticeLink,
    /// What shows in a call that its PIN was right.
    CallPin,
}

impl KeyPurpose {
    /// Every purpose.
    pub const ALL: [Self; 21] = [
        Self::Seed,
        Self::SubjectKey,
        Self::AttemptFacts,
        Self::Outbox,
        Self::LogSearch,
        Self::UnknownName,
        Self::UnknownSubject,
        Self::RecoveryCode,
        Self::WrongPassword,
        Self::Source,
        Self::AuditFacts,
        Self::ImportResult,
        Self::Address,
        Self::AddressMac,
        Self::Code,
        Self::Pass,
        Self::AppPassword,
        Self::EmergencyKey,
        Self::Questions,
        Self::NoticeLink,
        Self::CallPin,
    ];

    /// The text that goes into the derivation. Never changes.
    pub const fn info(self) -> &'static str {
        match self {
            Self::Seed => "tweestap/1/seed",
            Self::SubjectKey => "tweestap/1/subject-key",
            Self::AttemptFacts => "tweestap/1/attempt-facts",
            Self::Outbox => "tweestap/1/outbox",
            Self::LogSearch => "tweestap/1/log-search",
            Self::UnknownName => "tweestap/1/unknown-name",
            Self::UnknownSubject => "tweestap/1/unknown-subject",
            Self::RecoveryCode => "tweestap/1/recovery-code",
            Self::WrongPassword => "tweestap/1/wrong-password",
            Self::Source => "tweestap/1/source",
            Self::AuditFacts => "tweestap/1/audit-facts",
            Self::ImportResult => "tweestap/1/import-result",
            Self::Address => "tweestap/1/address",
            Self::AddressMac => "tweestap/1/address-mac",
            Self::Code => "tweestap/1/code",
            Self::Pass => "tweestap/1/pass",
            Self::AppPassword => "tweestap/1/app-password",
            Self::EmergencyKey => "tweestap/1/emergency-key",
            Self::Questions => "tweestap/1/questions",
            Self::NoticeLink => "tweestap/1/notice-link",
            Self::CallPin => "tweestap/1/call-pin",
        }
    }
}

/// A column that holds sealed values: the registry of sensitive columns (bar 38). A test compares it with the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SealedColumn {
    /// `tenant_key.wrapped`: a tenant's data key, under the master key.
    TenantKey,
    /// `method.sealed`: the seed of an app or token, the address of a phone or mailbox.
    MethodSeed,
    /// `challenge.code_sealed`: a sent code, which a resend says again.
    ChallengeCode,
    /// `delivery.sealed`: where a message goes, until it has gone.
    Delivery,
    /// `delivery_provider.sealed`: password or token of a provider.
    ProviderSecret,
    /// `oath_token.sealed`: the seed of a token of the inventory.
    TokenSeed,
    /// `token_import.sealed`: the rows of an imported file without their secrets.
    ImportResult,
    /// `subject_key.wrapped`.
    SubjectKey,
    /// `attempt.sealed`: name, address and browser of an attempt under way.
    Attempt,
    /// `outbox.sealed`.
    Outbox,
    /// `auth_log.sealed`: the personal fields of S08.
    AuthLog,
    /// `audit_log.sealed`: before and after.
    AuditLog,
    /// `ticket.sealed`: who it is about, and where it came from.
    Ticket,
    /// `ticket_message.sealed`: what was said.
    TicketMessage,
}

impl SealedColumn {
    /// Every sealed column.
    pub const ALL: [Self; 14] = [
        Self::TenantKey,
        Self::MethodSeed,
        Self::ChallengeCode,
        Self::Delivery,
        Self::ProviderSecret,
        Self::TokenSeed,
        Self::ImportResult,
        Self::SubjectKey,
        Self::Attempt,
        Self::Outbox,
        Self::AuthLog,
        Self::AuditLog,
        Self::Ticket,
        Self::TicketMessage,
    ];

    /// Table and column.
    pub const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::TenantKey => ("tenant_key", "wrapped"),
            Self::MethodSeed => ("method", "sealed"),
            Self::ChallengeCode => ("challenge", "code_sealed"),
            Self::Delivery => ("delivery", "sealed"),
            Self::ProviderSecret => ("delivery_provider", "sealed"),
            Self::TokenSeed => ("oath_token", "sealed"),
            Self::ImportResult => ("token_import", "sealed"),
            Self::SubjectKey => ("subject_key", "wrapped"),
            Self::Attempt => ("attempt", "sealed"),
            Self::Outbox => ("outbox", "sealed"),
            Self::AuthLog => ("auth_log", "sealed"),
            Self::AuditLog => ("audit_log", "sealed"),
            Self::Ticket => ("ticket", "sealed"),
            Self::TicketMessage => ("ticket_message", "sealed"),
        }
    }
}

/// A sealed value did not open: a wrong or destroyed key, or a value that was changed or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open")]
pub struct SealBroken;

/// A key for sealing or for MACs, made for one purpose of one tenant, or for one person.
#[derive(Clone)]
pub struct SealKey {
    bytes: Secret<[u8; 32]>,
    tenant: TenantId,
    version: u16,
}

const FORMAT: u8 = 1;
const HEAD: usize = 1 + 2 + 24;

impl SealKey {
    /// Makes a key of raw bytes (a subject key after unwrapping).
    pub fn of(bytes: [u8; 32], tenant: TenantId, version: u16) -> Self {
        Self {
            bytes: Secret::new(bytes),
            tenant,
            version,
        }
    }

    /// Seals bytes for one row of one column.
    pub fn seal(&self, column: SealedColumn, row: Uuid, plain: &[u8], rng: &Rng) -> Vec<u8> {
        let nonce: [u8; 24] = rng.bytes();
        let aad = self.bound_to(column, row);
        let cipher = XChaCha20Poly1305::new(&Key::from(*self.bytes.expose()));
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
            .expect("a buffer in memory can always be sealed");
        let mut out = Vec::with_capacity(HEAD + sealed.len());
        out.push(FORMAT);
        out.extend(self.version.to_be_bytes());
        out.extend(nonce);
        out.extend(sealed);
        out
    }

    /// Opens what was sealed for exactly this row and column.
    pub fn open(&self, column: SealedColumn, row: Uuid, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        let (head, body) = sealed.split_at_checked(HEAD).ok_or(SealBroken)?;
        if head[0] != FORMAT || head[1..3] != self.version.to_be_bytes() {
            return Err(SealBroken);
        }
        let nonce: [u8; 24] = head[3..].try_into().map_err(|_| SealBroken)?;
        let aad = self.bound_to(column, row);
        let cipher = XChaCha20Poly1305::new(&Key::from(*self.bytes.expose()));
        cipher
            .decrypt(&XNonce::from(nonce), Payload { msg: body, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| SealBroken)
    }

    /// Tenant, table, row, column, key version; each text with its length before it.
    fn bound_to(&self, column: SealedColumn, row: Uuid) -> Vec<u8> {
        let (table, name) = column.place();
        let mut aad = Vec::with_capacity(64);
        aad.extend(self.tenant.0.as_bytes());
        aad.extend(row.as_bytes());
        aad.extend(self.version.to_be_bytes());
        for text in [table, name] {
            aad.push(text.len() as u8);
            aad.extend(text.as_bytes());
        }
        aad
    }

    /// HMAC-SHA-256 over parts, each with its length before it, so that no two lists of parts give the same input (abuse case F12).
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.bytes.expose()).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// All keys of one tenant, derived once and held in memory.
pub struct TenantKeys {
    tenant: TenantId,
    version: u16,
    by_purpose: [SealKey; KeyPurpose::ALL.len()],
}

impl TenantKeys {
    fn derive(tenant: TenantId, version: u16, data_key: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(tenant.0.as_bytes()), data_key);
        let by_purpose = KeyPurpose::ALL.map(|purpose| {
            let mut bytes = [0; 32];
            hkdf.expand(purpose.info().as_bytes(), &mut bytes).expect("32 bytes is a length HKDF can make");
            SealKey::of(bytes, tenant, version)
        });
        Self { tenant, version, by_purpose }
    }

    /// The key for a purpose.
    pub fn key(&self, purpose: KeyPurpose) -> &SealKey {
        &self.by_purpose[purpose as usize]
    }

    /// Makes the key of a new person and its wrapped form.
    pub fn new_subject_key(&self, subject: Uuid, rng: &Rng) -> (SealKey, Vec<u8>) {
        let bytes: [u8; 32] = rng.bytes();
        let wrapped = self.key(KeyPurpose::SubjectKey).seal(SealedColumn::SubjectKey, subject, &bytes, rng);
        (SealKey::of(bytes, self.tenant, self.version), wrapped)
    }

    /// Unwraps the key of a person.
    pub fn subject_key(&self, subject: Uuid, wrapped: &[u8]) -> Result<SealKey, SealBroken> {
        let bytes = self.key(KeyPurpose::SubjectKey).open(SealedColumn::SubjectKey, subject, wrapped)?;
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| SealBroken)?;
        Ok(SealKey::of(bytes, self.tenant, self.version))
    }

    /// The key under which the journal seals what is said about names that do not exist.
    pub fn unknown_subject_key(&self) -> SealKey {
        self.key(KeyPurpose::UnknownSubject).clone()
    }
}

/// The master key and the tenants' keys that have been unwrapped so far.
pub struct Vault {
    master: SealKey,
    installation: SealKey,
    pepper: Secret<[u8; 32]>,
    tenants: RwLock<HashMap<TenantId, Arc<TenantKeys>>>,
}

impl Vault {
    /// Makes a vault of a master key.
    pub fn new(master: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, master);
        let derived = |info: &str| {
            let mut bytes = [0; 32];
            hkdf.expand(info.as_bytes(), &mut bytes).expect("32 bytes is a length HKDF can make");
            bytes
        };
        let nobody = TenantId(Uuid::nil());
        Self {
            master: SealKey::of(derived("tweestap/1/wrap"), nobody, 1),
            installation: SealKey::of(derived("tweestap/1/installation"), nobody, 1),
            pepper: Secret::new(derived("tweestap/1/pepper")),
            tenants: RwLock::default(),
        }
    }

    /// The secret that goes into every password hash (Argon2's keyed mode, RFC 9106 3.1), and its version.
    pub fn pepper(&self) -> (&Secret<[u8; 32]>, i16) {
        (&self.pepper, 1)
    }

    /// The key for secrets of the installation itself: what providers are reached with.
    pub fn installation_key(&self) -> &SealKey {
        &self.installation
    }

    /// Makes and wraps the data key of a new tenant.
    pub fn new_tenant_key(&self, tenant: TenantId, rng: &Rng) -> (Arc<TenantKeys>, Vec<u8>) {
        let data_key: [u8; 32] = rng.bytes();
        let wrapped = self.master.seal(SealedColumn::TenantKey, tenant.0, &data_key, rng);
        (self.remember(tenant, 1, &data_key), wrapped)
    }

    /// The keys of a tenant that have been unwrapped before.
    pub fn known(&self, tenant: TenantId) -> Option<Arc<TenantKeys>> {
        self.tenants.read().unwrap_or_else(|p| p.into_inner()).get(&tenant).cloned()
    }

    /// Unwraps the data key of a tenant and remembers what is derived of it.
    pub fn unwrap(&self, tenant: TenantId, version: u16, wrapped: &[u8]) -> Result<Arc<TenantKeys>, SealBroken> {
        let data_key = self.master.open(SealedColumn::TenantKey, tenant.0, wrapped)?;
        let data_key: [u8; 32] = data_key.as_slice().try_into().map_err(|_| SealBroken)?;
        Ok(self.remember(tenant, version, &data_key))
    }

    fn remember(&self, tenant: TenantId, version: u16, data_key: &[u8; 32]) -> Arc<TenantKeys> {
        let keys = Arc::new(TenantKeys::derive(tenant, version, data_key));
        self.tenants.write().unwrap_or_else(|p| p.into_inner()).insert(tenant, keys.clone());
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (Vault, Arc<TenantKeys>, TenantId, Rng) {
        let rng = Rng::seeded(7);
        let tenant = TenantId(rng.handle());
        let vault = Vault::new(&[3; 32]);
        let (keys, _) = vault.new_tenant_key(tenant, &rng);
        (vault, keys, tenant, rng)
    }

    #[test]
    fn what_is_sealed_opens_only_where_it_belongs() {
        let (_, keys, tenant, rng) = keys();
        let key = keys.key(KeyPurpose::Seed);
        let (row, other) = (rng.handle(), rng.handle());
        let sealed = key.seal(SealedColumn::MethodSeed, row, b"seed", &rng);
        assert_eq!(key.open(SealedColumn::MethodSeed, row, &sealed).expect("its place").as_slice(), b"seed");
        assert!(key.open(SealedColumn::MethodSeed, other, &sealed).is_err(), "another row");
        assert!(key.open(SealedColumn::AuthLog, row, &sealed).is_err(), "another column");
        assert!(
            keys.key(KeyPurpose::Outbox).open(SealedColumn::MethodSeed, row, &sealed).is_err(),
            "another purpose"
        );
        let stranger = SealKey::of(*key.bytes.expose(), TenantId(rng.handle()), 1);
        assert!(stranger.open(SealedColumn::MethodSeed, row, &sealed).is_err(), "another tenant than {tenant}");
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(key.open(SealedColumn::MethodSeed, row, &flipped).is_err(), "byte {at}");
        }
        assert!(key.open(SealedColumn::MethodSeed, row, &sealed[..20]).is_err());
    }

    #[test]
    fn keys_come_back_from_their_wrapped_form() {
        let (vault, keys, tenant, rng) = keys();
        let (_, wrapped) = vault.new_tenant_key(tenant, &rng);
        let again = Vault::new(&[3; 32]).unwrap(tenant, 1, &wrapped).expect("the same master key");
        assert_eq!(
            again.key(KeyPurpose::LogSearch).mac(&[b"x"]),
            vault.known(tenant).expect("remembered").key(KeyPurpose::LogSearch).mac(&[b"x"])
        );
        assert!(Vault::new(&[4; 32]).unwrap(tenant, 1, &wrapped).is_err());
        let subject = rng.handle();
        let (key, wrapped) = keys.new_subject_key(subject, &rng);
        assert_eq!(keys.subject_key(subject, &wrapped).expect("its subject").mac(&[]), key.mac(&[]));
        assert!(keys.subject_key(rng.handle(), &wrapped).is_err());
    }

    #[test]
    fn no_two_lists_of_parts_have_the_same_mac() {
        let (_, keys, ..) = keys();
        let key = keys.key(KeyPurpose::LogSearch);
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
        assert_ne!(key.mac(&[b"abc"]), key.mac(&[b"abc", b""]));
        assert_ne!(key.mac(&[b"abc"]), keys.key(KeyPurpose::Source).mac(&[b"abc"]));
    }

    #[test]
    fn registries_hold_no_doubles() {
        let infos: std::collections::HashSet<_> = KeyPurpose::ALL.iter().map(|p| p.info()).collect();
        assert_eq!(infos.len(), KeyPurpose::ALL.len());
        assert!(KeyPurpose::ALL.iter().enumerate().all(|(n, p)| *p as usize == n));
        let places: std::collections::HashSet<_> = SealedColumn::ALL.iter().map(|c| c.place()).collect();
        assert_eq!(places.len(), SealedColumn::ALL.len());
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        assert_eq!(format!("{:?}", Secret::new(vec![1u8, 2, 3])), "Secret(…)");
    }
}
