//! Passwords: argon2id under a bounded pool, strength by zxcvbn with the member's own words.

use crate::{
    rng::Rng,
    vault::{Secret, Vault},
};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use data_encoding::BASE64_NOPAD;
use model::{Banned, BannedWords, PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN};
use std::sync::{
    Arc, LazyLock, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// Memory of one hash in KiB, passes and lanes: OWASP's first choice, 19 MiB, 2, 1 (specification, security.md 2).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes that may wait for a core; more are turned away.
const QUEUE_MAX: usize = 64;
/// Blocks of a KiB that are reserved for a hash, whatever it fills. What is larger than 32 MiB the allocator takes from the system and gives back at once;
/// smaller memory it keeps, piece by piece, and a minute of passwords came to hundreds of megabytes. Reserved and not filled costs nothing.
const RESERVED_BLOCKS: usize = 33 * 1024;
/// Memories that are kept for the next hash, 19 MiB each: to have the pages of a new one filled in by the system takes as long as the hash itself.
const KEPT_MAX: usize = 4;
static KEPT: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// Runs hashes on as many threads as there are cores, and lets a bounded number wait.
pub struct PasswordPool {
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
    hashes: AtomicU64,
}

/// Why a password was not checked or set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many hashes wait already.
    #[error("too many passwords are being checked at this moment")]
    Busy,
    /// Too short.
    #[error("a password has at least {PASSWORD_CHARACTERS_MIN} characters; this has {0}")]
    TooShort(usize),
    /// Too long.
    #[error("a password has at most {PASSWORD_CHARACTERS_MAX} characters; this has {0}")]
    TooLong(usize),
    /// Easy to guess.
    #[error("the password is easy to guess")]
    TooWeak,
    /// What everybody chooses.
    #[error("the password has been chosen too often")]
    Common,
    /// Names, and words that the organisation does not want.
    #[error("the password is made of names or of words that are not allowed")]
    Banned,
}

impl PasswordPool {
    pub(crate) fn new(cores: usize) -> Self {
        Self {
            cores: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
            hashes: AtomicU64::new(0),
        }
    }

    /// How many hashes were made.
    pub(crate) fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= QUEUE_MAX {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(PasswordError::Busy);
        }
        let permit = self.cores.clone().acquire_owned().await;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let _permit = permit.map_err(|_| PasswordError::Busy)?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        // The permit moves with the work: a caller that goes away does not make room before the hash has ended.
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(_permit);
            done
        })
        .await
        .map_err(|_| PasswordError::Busy)
    }

    /// Checks a password; without a stored hash a decoy is checked, at the same cost, and the answer is no.
    pub(crate) async fn verify(&self, vault: &Vault, stored: Option<String>, password: Secret<String>) -> Result<bool, PasswordError> {
        let pepper = vault.pepper().0.clone();
        self.run(move || {
            let known = stored.is_some();
            let phc = stored.unwrap_or_else(|| DECOY.clone());
            let right = is_right(pepper.expose(), password.expose(), &phc);
            right && known
        })
        .await
    }

    /// Hashes a password into its PHC form.
    pub(crate) async fn hash(&self, vault: &Vault, rng: &Rng, password: Secret<String>) -> Result<String, PasswordError> {
        let pepper = vault.pepper().0.clone();
        let salt: [u8; 16] = rng.bytes();
        self.run(move || phc(pepper.expose(), password.expose(), &salt)).await
    }
}

/// The bare hash, in memory that was used before where some is free. What is not kept goes back to the system.
fn hash_into(pepper: &[u8; 32], params: Params, password: &str, salt: &[u8], out: &mut [u8]) -> argon2::Result<()> {
    let blocks = params.block_count();
    let argon = Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)?;
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let used = kept().pop();
    let mut memory = used.unwrap_or_else(|| Vec::with_capacity(RESERVED_BLOCKS.max(blocks)));
    memory.resize(blocks, Block::default());
    let done = argon.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory);
    let mut kept = kept();
    // A stored hash may ask for more memory than ours do; that much is not kept.
    if kept.len() < KEPT_MAX && memory.capacity() <= RESERVED_BLOCKS {
        kept.push(memory);
    }
    done
}

/// Checks against a hash in PHC form, with the parameters that stand in it.
fn is_right(pepper: &[u8; 32], password: &str, phc: &str) -> bool {
    let Ok(stored) = PasswordHash::new(phc) else { return false };
    let (Some(salt), Some(expected), Ok(params)) = (&stored.salt, &stored.hash, Params::try_from(&stored)) else {
        return false;
    };
    let ours = stored.algorithm.as_str() == "argon2id" && stored.version == Some(Version::V0x13.into());
    let mut out = vec![0; expected.len()];
    let done = hash_into(pepper, params, password, salt, &mut out).is_ok();
    ours && done && bool::from(out.ct_eq(expected.as_bytes()))
}

fn phc(pepper: &[u8; 32], password: &str, salt: &[u8]) -> String {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within Argon2's bounds");
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    hash_into(pepper, params, password, salt, &mut out).expect("a password within the limits can be hashed");
    let (salt, out) = (BASE64_NOPAD.encode(salt), BASE64_NOPAD.encode(&out));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${out}")
}

/// A hash that no password has: what is checked for names that do not exist.
static DECOY: LazyLock<String> = LazyLock::new(|| phc(&[0; 32], "decoy", &[7; 16]));

/// NFKC, as NIST SP 800-63B-4 3.1.1.2 asks, and the limits. Units: Unicode scalar values.
pub fn normalised(password: &str) -> Result<Secret<String>, PasswordError> {
    if password.len() > PASSWORD_CHARACTERS_MAX * 4 {
        return Err(PasswordError::TooLong(password.len()));
    }
    let normal = model::nfkc(password);
    match normal.chars().count() {
        n if n > PASSWORD_CHARACTERS_MAX => Err(PasswordError::TooLong(n)),
        _ => Ok(Secret::new(normal)),
    }
}

/// A password that may be set: long enough, not made of what everybody thinks of, of names or of the organisation's banned words, and not easy to guess for
/// somebody who knows the member's own words (name, address, organisation).
pub fn acceptable(password: &str, own_words: &[&str], banned: &[String]) -> Result<Secret<String>, PasswordError> {
    let normal = normalised(password)?;
    let length = normal.expose().chars().count();
    if length < PASSWORD_CHARACTERS_MIN {
        return Err(PasswordError::TooShort(length));
    }
    let words = BannedWords::new(banned.iter().map(String::as_str), own_words.iter().copied());
    match words.problem(normal.expose()) {
        Some(Banned::Common) => return Err(PasswordError::Common),
        Some(Banned::Words) => return Err(PasswordError::Banned),
        None => {}
    }
    // zxcvbn looks at the first hundred characters; more cannot make a password weaker.
    let head: String = normal.expose().chars().take(100).collect();
    if (zxcvbn::zxcvbn(&head, own_words).score() as u8) < 3 {
        return Err(PasswordError::TooWeak);
    }
    Ok(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory of another hash changes nothing: in the first pass every block is written before it is read (RFC 9106, 3.4).
    #[test]
    fn memory_that_was_used_before_gives_the_same_hash() {
        let first = phc(&[1; 32], "blauwe kranen zingen", &[2; 16]);
        phc(&[3; 32], "vier natte eenden", &[4; 16]);
        assert_eq!(phc(&[1; 32], "blauwe kranen zingen", &[2; 16]), first);
        assert!(is_right(&[1; 32], "blauwe kranen zingen", &first) && !is_right(&[1; 32], "vier natte eenden", &first));
    }

    #[test]
    fn passwords_are_bounded_and_own_words_are_weak() {
        let judged = |password: &str, own: &[&str]| acceptable(password, own, &[String::from("noorderlicht")]).map(|_| ());
        assert_eq!(judged("kort", &[]), Err(PasswordError::TooShort(4)));
        assert_eq!(judged(&"x".repeat(257), &[]), Err(PasswordError::TooLong(257)));
        assert!(matches!(judged(&"x".repeat(1 << 20), &[]), Err(PasswordError::TooLong(_))));
        assert_eq!(judged("password1234", &[]), Err(PasswordError::Common));
        assert_eq!(judged("duinmeerfemke", &["duinmeer", "femke"]), Err(PasswordError::Banned));
        assert_eq!(judged("N00rderlicht!!", &[]), Err(PasswordError::Banned));
        assert_eq!(judged("plantplant", &[]), Err(PasswordError::TooWeak));
        assert_eq!(judged("vier natte eenden", &["duinmeer"]), Ok(()));
        assert_eq!(judged(&"vier natte eenden ".repeat(4), &[]), Ok(()), "64 characters and more are taken");
    }

    #[test]
    fn the_form_is_the_one_that_the_library_reads_and_writes() {
        use argon2::{PasswordHasher, PasswordVerifier};
        let (pepper, salt) = ([3; 32], [7; 16]);
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("good");
        let library = Argon2::new_with_secret(&pepper, Algorithm::Argon2id, Version::V0x13, params).expect("good");
        let theirs: PasswordHash = library.hash_password_with_salt(b"vier natte eenden", &salt).expect("hashed");
        let ours = phc(&pepper, "vier natte eenden", &salt);
        assert_eq!(ours, theirs.to_string());
        assert!(library.verify_password(b"vier natte eenden", ours.as_str()).is_ok());
        assert!(is_right(&pepper, "vier natte eenden", &theirs.to_string()));
        assert!(!is_right(&pepper, "vier natte eende", &ours));
        for broken in ["", "$argon2id$", &ours.replace("argon2id", "argon2i"), &ours.replace("v=19", "v=16")] {
            assert!(!is_right(&pepper, "vier natte eenden", broken), "{broken}");
        }
    }

    #[tokio::test]
    async fn hashes_check_and_the_pepper_matters() {
        let (pool, rng) = (PasswordPool::new(2), Rng::seeded(1));
        let vault = Vault::new(&[1; 32]);
        let secret = || normalised("vier natte eenden").expect("good");
        let phc = pool.hash(&vault, &rng, secret()).await.expect("hashed");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(pool.verify(&vault, Some(phc.clone()), secret()).await, Ok(true));
        assert_eq!(
            pool.verify(&vault, Some(phc.clone()), normalised("vier natte eende").expect("good")).await,
            Ok(false)
        );
        assert_eq!(pool.verify(&Vault::new(&[2; 32]), Some(phc), secret()).await, Ok(false));
        assert_eq!(
            pool.verify(&vault, None, normalised("decoy").expect("good")).await,
            Ok(false),
            "the decoy opens nothing"
        );
        assert_eq!(pool.hashes(), 5, "an unknown name costs one hash too");
    }
}
