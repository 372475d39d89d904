//! The sample data of `make demo`: three invented organisations with their members and a year of believable attempts.
//!
//! Nothing about an attempt is made up here but what people do: the engine's own steps decide how it ends, with facts of the past in place of the
//! database, and what they want written is written, sealed and bound like any other row. Names, moments and outcomes follow from a seed; keys, seeds
//! and passwords come from where all secrets come from.

mod calendar;
mod changes;
mod days;
mod dice;
mod furnishing;
mod names;
mod organisations;
mod people;
mod play;
mod store;
#[cfg(test)]
mod tests;

use crate::{
    Domain,
    bytea::Bytea,
    db::{DbError, TenantTx},
    directory::{DirectoryError, MemberCounts, api_key::Credential, password, store as directory},
    verification::VerificationError,
};
use dice::Dice;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::*;
use organisations::{ORGANISATIONS, Organisation};
use people::{House, Person, Sort, Year};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use store::Json;
pub use store::Written;

/// Fewest members of an organisation: one of every sort there is.
pub(crate) const MEMBERS_MIN: usize = 25;
/// Days that an organisation of the sample keeps its journal: the year, and some room.
const RETENTION_DAYS: i32 = 400;
/// Months back for which the journal's partitions are made.
const MONTHS_BACK: i32 = 14;
/// Days that are told in one go.
const DAYS_AT_ONCE: usize = 7;
/// How long ago those who are locked at this moment were locked, and for how long.
const LOCKED_SINCE: SignedDuration = SignedDuration::from_mins(15);
const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(60);
/// Days of the year.
const DAYS: i32 = 365;

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The same seed tells the same story.
    pub seed: u64,
    /// Members of all organisations together; each has at least 25.
    pub members: usize,
    /// How often a member signs in, beside what is believable: 1, and less for tests.
    pub pace: f64,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            seed: 1,
            members: 2_500,
            pace: 1.0,
        }
    }
}

/// What has been made.
#[derive(Debug, Serialize)]
pub struct Loaded {
    /// The organisations.
    pub organisations: Vec<LoadedOrganisation>,
    /// Rows of all of them together.
    pub written: Written,
}

/// An organisation that has been made.
#[derive(Debug, Serialize)]
pub struct LoadedOrganisation {
    /// Its short name.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Members in the directory.
    pub members: i64,
    /// Of them enforced, enabled, and locked at this moment.
    pub enforced: i64,
    /// Switched to MFA, nothing registered yet.
    pub enabled: i64,
    /// Locked at this moment.
    pub locked: i64,
    /// Its rows.
    pub written: Written,
    /// Who can sign in.
    pub people: Vec<SignInCard>,
}

/// All that is needed to sign in as somebody of the sample. Printed once, on the screen of whoever asked for the sample.
#[derive(Clone, Serialize)]
pub struct SignInCard {
    /// `admin`, `support` or `member`.
    pub what: &'static str,
    /// Sign-in name.
    pub upn: String,
    /// Password.
    pub password: String,
    /// The app's secret in Base32.
    pub secret: String,
}

impl std::fmt::Debug for SignInCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignInCard({}, …)", self.upn)
    }
}

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// It is there already, or something of the same name is.
    #[error("these organisations, or their domains, are there already: {}; nothing was changed", .0.join(", "))]
    Exists(Vec<String>),
    /// A row could not be made.
    #[error("an attempt could not be played")]
    Play(#[from] VerificationError),
    /// A password could not be made.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A provider or a sender could not be made.
    #[error(transparent)]
    Delivery(#[from] crate::delivery::DeliveryError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A thread ended early.
    #[error("the work was stopped")]
    Stopped,
}

type Result<T> = std::result::Result<T, DemoError>;

/// The verb of the sample data.
#[derive(Clone, Copy)]
pub struct Demo<'a>(pub(crate) &'a Domain);

impl Demo<'_> {
    /// Makes the three organisations, all or nothing: one transaction, under the application's own role and each tenant's row security.
    pub async fn load(self, order: &Order) -> Result<Loaded> {
        let domain = self.0;
        let year = year(domain.clock().now());
        self.0.directory().make_partitions(MONTHS_BACK).await?;
        let houses: Vec<Arc<House>> = ORGANISATIONS
            .iter()
            .enumerate()
            .map(|(place, of)| Arc::new(self.house(order, place, of, year)))
            .collect();
        let mut tx = domain.db().tenant(houses[0].tenant).await?;
        let taken = store::list_taken(&mut tx, &ORGANISATIONS.each_ref().map(|o| o.slug), &ORGANISATIONS.each_ref().map(|o| o.domain)).await?;
        if !taken.is_empty() {
            return Err(DemoError::Exists(taken));
        }
        store::take_time(&mut tx).await?;
        let mut loaded = Loaded {
            organisations: Vec::new(),
            written: Written::default(),
        };
        for house in &houses {
            tx.turn_to(house.tenant).await?;
            let organisation = self.organisation(&mut tx, house, order).await?;
            loaded.written.attempts += organisation.written.attempts;
            loaded.written.steps += organisation.written.steps;
            loaded.written.changes += organisation.written.changes;
            loaded.written.usage += organisation.written.usage;
            loaded.organisations.push(organisation);
        }
        tx.commit().await?;
        let told = json!({ "seed": order.seed, "members": order.members, "attempts": loaded.written.attempts });
        domain.directory().note("console", "demo.loaded", told).await?;
        Ok(loaded)
    }

    fn house(self, order: &Order, place: usize, of: &'static Organisation, year: Year) -> House {
        let rng = self.0.rng();
        let tenant = TenantId(Dice::of(order.seed, &[place as u64, 0]).id(year.born()));
        let (keys, wrapped) = self.0.vault().new_tenant_key(tenant, rng);
        House::new(order.seed, place, of, of.members(order.members), year, (tenant, keys, wrapped), rng)
    }

    /// One organisation: its directory, its year, and what follows from it.
    async fn organisation(self, tx: &mut TenantTx, house: &Arc<House>, order: &Order) -> Result<LoadedOrganisation> {
        let mut written = Written::default();
        self.directory_of(tx, house).await?;
        let changes = changes::changes(self.0, house, order.seed);
        written.changes += store::insert(tx, &store::AUDIT_LOG, changes).await?;
        let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
        let weeks = (0..house.year.days).step_by(DAYS_AT_ONCE).map(|from| {
            let (domain, house, order) = (self.0.clone(), house.clone(), *order);
            let days = from..(from + DAYS_AT_ONCE as i32).min(house.year.days);
            tokio::task::spawn_blocking(move || days::Story::new(&domain, &house, order).rows(days))
        });
        // Some weeks are told ahead while one is written, and no more, so that memory does not grow with the year.
        let mut told = stream::iter(weeks).buffered(cores + 1).map_err(|_| DemoError::Stopped);
        while let Some(rows) = told.try_next().await? {
            store::insert_days(tx, rows?, &mut written).await?;
        }
        store::derive(tx, &mut written).await?;
        let MemberCounts {
            all,
            enabled,
            enforced,
            locked,
            ..
        } = store::count(tx, house.year.now).await?;
        Ok(LoadedOrganisation {
            slug: house.of.slug,
            name: house.of.name,
            members: all,
            enforced,
            enabled,
            locked,
            written,
            people: house.people.iter().filter_map(card).collect(),
        })
    }

    async fn directory_of(self, tx: &mut TenantTx, house: &House) -> Result<()> {
        let (of, tenant, born) = (house.of, house.tenant, house.year.born());
        directory::insert_tenant(tx, of.slug, of.name, of.profile.as_str(), of.locale, born).await?;
        store::set_tenant(tx, RETENTION_DAYS, of.log_names).await?;
        directory::insert_domain(tx, of.domain).await?;
        directory::insert_tenant_key(tx, 1, &house.wrapped, born).await?;
        for (at, version, document) in &house.policies {
            let by = Some(house.people[people::ADMIN].id.0).filter(|_| *version > 1);
            directory::insert_policy(tx, *version, &serde_json::to_value(&**document).unwrap_or_default(), by, *at).await?;
        }
        let mut rows = Directory::default();
        for (group, name) in &house.groups {
            rows.groups
                .push(&json!({ "tenant_id": tenant, "group_id": group, "name": name, "created_at": born }));
        }
        rows.api_keys.push(&self.api_key(house));
        // Nobody knows this one: members have a password without anybody being able to sign in with it.
        let lost = self.hash(names::password(&Dice::secret(self.0.rng()))).await?;
        for who in &house.people {
            let phc = match &who.password {
                Some(password) => self.hash(password.clone()).await?,
                None => lost.clone(),
            };
            self.member_of(&mut rows, house, who, &phc);
        }
        let tables = [
            (&store::GROUP, rows.groups),
            (&store::API_KEY, rows.api_keys),
            (&store::MEMBER, rows.members),
            (&store::SUBJECT_KEY, rows.subject_keys),
            (&store::PASSWORD, rows.passwords),
            (&store::ROLE_GRANT, rows.roles),
            (&store::GROUP_MEMBER, rows.group_members),
            (&store::METHOD, rows.methods),
            (&store::RECOVERY_CODE, rows.recovery_codes),
            (&store::THROTTLE, rows.throttles),
        ];
        for (table, rows) in tables {
            store::insert(tx, table, rows).await?;
        }
        Ok(())
    }

    fn member_of(self, rows: &mut Directory, house: &House, who: &Person, phc: &str) {
        let (tenant, now, id) = (house.tenant, house.year.now, who.id);
        let app = who.app(now);
        rows.members.push(&json!({
            "tenant_id": tenant, "member_id": id, "upn": who.upn, "upn_folded": who.upn.folded(), "given_name": who.name.given, "family_name": who.name.family,
            "mfa_state": who.state(now), "epoch": 0, "grace_from": house.year.born(), "default_method": app.map(|m| m.id), "created_at": who.joined,
            "disabled_at": who.disabled, "removed_at": who.removed,
        }));
        rows.subject_keys
            .push(&json!({ "tenant_id": tenant, "subject_id": id, "wrapped": Bytea(who.wrapped.clone()), "created_at": who.joined }));
        let pepper = self.0.vault().pepper().1;
        rows.passwords
            .push(&json!({ "tenant_id": tenant, "member_id": id, "phc": phc, "pepper_version": pepper, "set_at": who.joined }));
        for role in who.roles {
            rows.roles
                .push(&json!({ "tenant_id": tenant, "member_id": id, "role": role, "granted_at": who.joined }));
        }
        if let Some((group, _)) = house.groups.iter().find(|(_, name)| *name == who.group) {
            rows.group_members.push(&store::group_member(tenant.0, *group, id.0));
        }
        for held in &who.held {
            let removed = held.until.filter(|until| *until <= now);
            let state = match (removed, held.off) {
                (Some(_), _) => "removed",
                (None, Some(_)) => "off",
                (None, None) => "active",
            };
            let sealed = held.sealed.clone().filter(|_| removed.is_none()).map(Bytea);
            let why = held.off.map(|_| "too_many_wrong");
            rows.methods.push(&json!({
                "tenant_id": tenant, "method_id": held.id, "member_id": id, "kind": held.kind, "label": held.label, "state": state, "sealed": sealed,
                "params": held.params(), "last_step": -1, "drift": 0, "created_at": held.from, "confirmed_at": held.from, "disabled_reason": why, "removed_at": removed,
            }));
        }
        let made = app.map_or(who.joined, |app| app.from);
        for mac in &who.recovery_macs {
            rows.recovery_codes
                .push(&json!({ "tenant_id": tenant, "member_id": id, "mac": mac, "made_at": made }));
        }
        if who.sort == Sort::Locked {
            let since = now - LOCKED_SINCE;
            rows.throttles.push(&json!({
                "tenant_id": tenant, "subject_id": id, "scope": "guard", "version": 10, "in_row": 0, "recent": [], "level": 3, "wait_until": since + LOCKED_FOR,
                "last_at": since, "same": [],
            }));
        }
    }

    /// The key by which the programs of the organisation ask; nobody has its secret any more.
    fn api_key(self, house: &House) -> Value {
        let slug = Slug::parse(house.of.slug).expect("an invented short name is a good one");
        let hash = Credential::new(slug, house.rest_key, self.0.rng().bytes()).hash().to_vec();
        json!({
            "tenant_id": house.tenant, "key_id": house.rest_key, "name": "VPN and mail gateway", "hash": Bytea(hash), "scopes": ["verify"], "path": "cloud",
            "networks": [], "created_at": house.year.born(),
        })
    }

    async fn hash(self, password: String) -> Result<String> {
        let domain = self.0;
        let acceptable = password::acceptable(&password, &[], &[]).map_err(DirectoryError::from)?;
        Ok(domain
            .passwords()
            .hash(domain.vault(), domain.rng(), acceptable)
            .await
            .map_err(DirectoryError::from)?)
    }
}

/// The rows of a directory, by table.
#[derive(Default)]
struct Directory {
    groups: Json,
    api_keys: Json,
    members: Json,
    subject_keys: Json,
    passwords: Json,
    roles: Json,
    group_members: Json,
    methods: Json,
    recovery_codes: Json,
    throttles: Json,
}

/// The year that ends now.
fn year(now: Timestamp) -> Year {
    let today = now.to_zoned(calendar::zone()).date();
    Year {
        first: today.saturating_sub((DAYS - 1).days()),
        days: DAYS,
        now,
    }
}

fn card(who: &Person) -> Option<SignInCard> {
    let seed = who.held.iter().find_map(|m| m.seed.as_ref())?;
    let what = match who.roles {
        [Role::GlobalAdmin] => "admin",
        [Role::Support] => "support",
        _ => "member",
    };
    Some(SignInCard {
        what,
        upn: who.upn.as_str().to_owned(),
        password: who.password.clone()?,
        secret: seed.reveal(),
    })
}
