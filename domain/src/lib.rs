//! What is true in Tweestap: directory, methods, policy, verification, journal. Server only; knows nothing of HTTP or pages.

pub mod actor;
mod bytea;
pub mod clock;
pub mod db;
pub mod delivery;
pub mod demo;
pub mod directory;
#[cfg(test)]
mod isolation;
pub mod journal;
pub mod methods;
pub mod notices;
pub mod passkeys;
pub mod policy;
mod readiness;
pub mod reset;
pub mod rng;
pub mod sign_in;
#[cfg(test)]
mod testing;
pub mod tickets;
pub mod tokens;
pub mod vault;
pub mod verification;
pub mod webauthn;

use clock::Clock;
use db::{Db, DbError};
use directory::password::PasswordPool;
use model::{MethodKind, MethodUse, PolicyDocument, TenantId};
use rng::Rng;
use std::{sync::Arc, time::Duration};
use vault::{SealBroken, TenantKeys, Vault};
use verification::engine::Gates;

/// The name and address of this node, as the journal tells them.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name.
    pub name: String,
    /// Address, if known.
    pub address: Option<String>,
    /// The public host that people reach the installation by: texts bind their codes to it.
    pub host: String,
    /// The origin that browsers reach it by, such as `https://login.example.com`: passkeys belong to it.
    pub origin: String,
}

/// What an authenticator calls this service when it asks.
const SERVICE_NAME: &str = "Tweestap";

/// Everything the service knows how to do. Cheap to clone.
#[derive(Clone)]
pub struct Domain(Arc<Inner>);

struct Inner {
    db: Db,
    vault: Vault,
    clock: Clock,
    rng: Rng,
    node: Node,
    passwords: PasswordPool,
    gates: Gates,
    policies: policy::Policies,
    slugs: directory::Slugs,
    relying_party: Option<webauthn::RelyingParty>,
}

/// The keys of a tenant cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// There is none, it was destroyed, or the master key is another one.
    #[error(transparent)]
    Broken(#[from] SealBroken),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<KeysError> for verification::VerificationError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Broken(broken) => Self::KeyBroken(broken),
            KeysError::Db(error) => Self::Db(error),
        }
    }
}

impl Domain {
    /// Puts the service together.
    pub fn new(db: Db, vault: Vault, clock: Clock, rng: Rng, node: Node) -> Self {
        let passwords = PasswordPool::new(std::thread::available_parallelism().map_or(2, |n| n.get()));
        // Passkeys belong to a host name: where people reach the service by an address of numbers there are none.
        let relying_party = webauthn::RelyingParty::new(&node.origin, SERVICE_NAME).ok();
        Self(Arc::new(Inner {
            db,
            vault,
            clock,
            rng,
            node,
            passwords,
            gates: Gates::new(),
            policies: Default::default(),
            slugs: Default::default(),
            relying_party,
        }))
    }

    /// The directory: tenants, members, roles, passwords, keys.
    pub const fn directory(&self) -> directory::Directory<'_> {
        directory::Directory(self)
    }

    /// Verification.
    pub const fn verification(&self) -> verification::Verification<'_> {
        verification::Verification(self)
    }

    /// Methods.
    pub const fn methods(&self) -> methods::Methods<'_> {
        methods::Methods(self)
    }

    /// Delivery: providers, senders, and messages on their way.
    pub const fn delivery(&self) -> delivery::Delivery<'_> {
        delivery::Delivery(self)
    }

    /// Hardware tokens.
    pub const fn tokens(&self) -> tokens::Tokens<'_> {
        tokens::Tokens(self)
    }

    /// Notices to members and admins, and the links in them.
    pub const fn notices(&self) -> notices::Notices<'_> {
        notices::Notices(self)
    }

    /// The journal.
    pub const fn journal(&self) -> journal::Journal<'_> {
        journal::Journal(self)
    }

    /// Passkeys and security keys.
    pub const fn passkeys(&self) -> passkeys::Passkeys<'_> {
        passkeys::Passkeys(self)
    }

    /// Signing in, and the sessions that come of it.
    pub const fn sign_in(&self) -> sign_in::SignIn<'_> {
        sign_in::SignIn(self)
    }

    /// Setting a new password without help.
    pub const fn reset(&self) -> reset::Resets<'_> {
        reset::Resets(self)
    }

    /// Tickets of the support desk.
    pub const fn tickets(&self) -> tickets::Tickets<'_> {
        tickets::Tickets(self)
    }

    /// The sample data.
    pub const fn demo(&self) -> demo::Demo<'_> {
        demo::Demo(self)
    }

    /// Whether passkeys may be registered: the policy allows them as a second factor, and the service has a host name that they can belong to.
    pub(crate) fn offers_passkeys(&self, document: &PolicyDocument) -> bool {
        self.relying_party().is_some() && document.allows(MethodKind::Passkey, MethodUse::Mfa)
    }

    pub(crate) fn relying_party(&self) -> Option<&webauthn::RelyingParty> {
        self.0.relying_party.as_ref()
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The randomness.
    pub fn rng(&self) -> &Rng {
        &self.0.rng
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The public host of the installation.
    pub(crate) fn host(&self) -> &str {
        &self.0.node.host
    }

    /// This node.
    pub fn node(&self) -> &Node {
        &self.0.node
    }

    /// How long one hash of a password took so far, and how many were made: for tests that count instead of measuring.
    pub fn password_hashes(&self) -> u64 {
        self.0.passwords.hashes()
    }

    /// How far the node's clock is from the database's; more than five seconds and the node refuses to verify.
    pub async fn clock_skew(&self) -> Result<Duration, DbError> {
        let database = self.db().clock().await?;
        Ok(Duration::try_from(self.clock().skew(database).abs()).unwrap_or(Duration::MAX))
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn passwords(&self) -> &PasswordPool {
        &self.0.passwords
    }

    pub(crate) fn gates(&self) -> &Gates {
        &self.0.gates
    }

    pub(crate) fn policies(&self) -> &policy::Policies {
        &self.0.policies
    }

    pub(crate) fn slugs(&self) -> &directory::Slugs {
        &self.0.slugs
    }

    /// The keys of a tenant, unwrapped once.
    pub(crate) async fn keys(&self, tenant: TenantId) -> Result<Arc<TenantKeys>, KeysError> {
        if let Some(keys) = self.vault().known(tenant) {
            return Ok(keys);
        }
        let mut tx = self.db().tenant(tenant).await?;
        let (version, wrapped) = directory::store::find_tenant_key(&mut tx).await?.ok_or(SealBroken)?;
        tx.commit().await?;
        Ok(self.vault().unwrap(tenant, version as u16, &wrapped)?)
    }
}
