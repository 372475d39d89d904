//! Methods: what a member has registered, and what changes about it. A change needs a fresh second factor, is audited, and is told to the member.

mod address;
pub mod app_password;
pub mod call_pin;
pub mod error;
pub mod own_bypass;
pub mod pass;
pub mod question;
pub mod recovery;
pub mod seed;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::{
    Domain,
    actor::{Admin, Client, Member, Permission, Who},
    bytea::Bytea,
    db::TenantTx,
    directory::{MemberRef, MemberView},
    journal::{
        Event,
        entry::{Audited, Change},
    },
    policy::{
        reset::{NotForReset, Prepared, ResetFacts, offered, prepared, usable_for_reset},
        rules::{Held, Inputs, STILL_IN_THE_WAY, demanded_for, evaluate, usable_families},
    },
    vault::{KeyPurpose, SealedColumn},
    verification::{
        RightAnswer, compare,
        facts::{MethodFacts, is_past},
        rules::Match,
    },
};
pub use address::Proving;
pub(crate) use address::{Prover, address_mac};
pub use error::MethodError;
use jiff::{SignedDuration, Timestamp};
use model::*;
use recovery::RecoveryCodes;
pub use seed::{OathSeed, PendingTotp};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

type Result<T> = std::result::Result<T, MethodError>;

/// Minutes for which a second factor counts as fresh.
const FRESH_MINUTES: i64 = 10;
/// The same in the strict profile.
const FRESH_MINUTES_STRICT: i64 = 5;

/// A method as its member or an admin sees it. Never holds a secret.
#[derive(Clone, Debug, Serialize)]
pub struct MethodView {
    /// Id.
    pub id: MethodId,
    /// Kind.
    pub kind: MethodKind,
    /// The member's own name for it.
    pub label: String,
    /// On; else switched off.
    pub active: bool,
    /// Why it is off; `past` when its own life is over.
    pub disabled_reason: Option<String>,
    /// OATH parameters.
    pub oath: Option<OathParams>,
    /// Steps by which the app's clock is off.
    pub drift: i32,
    /// The default method.
    pub is_default: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was proven.
    pub confirmed_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Other members who have the same number or mailbox; 0 for methods that have none.
    pub shared_with: i64,
    /// Why it resets no password now; nothing when it may.
    pub not_for_reset: Option<NotForReset>,
    /// It is a second factor now: on, not past its life, and of a kind that the policy takes for one.
    #[serde(skip)]
    pub second_factor: bool,
}

/// All security info of a member.
#[derive(Clone, Debug, Serialize)]
pub struct SecurityInfo {
    /// Methods, oldest first.
    pub methods: Vec<MethodView>,
    /// Unused recovery codes.
    pub recovery_left: i64,
    /// Recovery codes of the set, used ones included; 0 means that there is no set.
    pub recovery_all: i64,
    /// When the set was made.
    pub recovery_made_at: Option<Timestamp>,
    /// When one of the set was last used.
    pub recovery_used_at: Option<Timestamp>,
    /// Kinds that the policy lets the member add.
    pub may_add: Vec<MethodKind>,
    /// Kinds that he may not add, and why.
    #[serde(skip)]
    pub not_offered: Vec<(MethodKind, NotOffered)>,
    /// A second factor is required of this member.
    pub required: bool,
    /// The Temporary Access Pass that is open, has yet to begin, or has run out; none that was replaced or taken back.
    pub pass: Option<pass::PassView>,
    /// Security questions.
    pub questions: question::QuestionsView,
    /// The PIN of calls.
    pub call_pin: call_pin::CallPinView,
    /// How the member stands to a reset of the password.
    pub for_reset: ForReset,
    /// What the policy demands of whoever changes it.
    #[serde(skip)]
    pub(crate) demanded: Then,
    /// Something is there that is shown at sign-in before anything is registered.
    #[serde(skip)]
    pub(crate) shows_first: bool,
    /// Kinds that are a second factor where this member signs in, under the policy in force.
    #[serde(skip)]
    pub(crate) second_factors: Vec<MethodKind>,
}

/// Why a kind of method may not be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOffered {
    /// The policy does not allow it.
    Policy,
    /// It is allowed, and nothing carries its messages, or the service has no address that a passkey could belong to.
    NothingCarries,
}

/// Why a method is off whose own life is over.
pub const PAST: &str = "past";

impl MethodView {
    /// Out of use, and still not to be replaced by whoever has the password alone.
    fn is_in_the_way(&self) -> bool {
        self.disabled_reason
            .as_deref()
            .is_some_and(|why| why == PAST || STILL_IN_THE_WAY.contains(&why))
    }

    /// The method as the policy sees it.
    pub(crate) const fn held(&self) -> Held {
        Held {
            kind: self.kind,
            active: self.active,
            off: !self.active,
        }
    }
}

impl SecurityInfo {
    /// Whether a change is confirmed by a passkey alone: the policy says so, or there is one, and nothing weaker stands for it (abuse case B11). In the strict profile
    /// one that was lost or disowned is still there: whoever has a weaker one must not clear the way by reporting it.
    fn is_changed_by_passkey(&self, strict: bool) -> bool {
        let is_there = |m: &MethodView| m.kind.is_phishing_resistant() && (m.second_factor || (strict && m.is_in_the_way()));
        self.demanded == Then::RequirePhishingResistant || self.methods.iter().any(is_there)
    }

    /// Whether its member can try a method out now: by a code that is sent there, or by what is asked for before a change, which must take it.
    pub fn can_be_tried(&self, method: &MethodView) -> bool {
        match (method.kind, self.demanded) {
            (MethodKind::Sms | MethodKind::Email, _) => self.can_be_changed(method),
            (_, Then::Block) => false,
            (kind, Then::RequirePhishingResistant) => method.second_factor && kind.is_phishing_resistant(),
            _ => method.second_factor,
        }
    }

    /// Whether another address can come in the place of a method's.
    pub fn can_be_changed(&self, method: &MethodView) -> bool {
        method.active && method.kind.channel().is_some() && self.may_add.contains(&method.kind)
    }

    /// Whether the policy has no use for a kind.
    pub fn is_not_allowed(&self, kind: MethodKind) -> bool {
        self.not_offered.contains(&(kind, NotOffered::Policy))
    }

    /// Whether one more of a kind fits: of what makes codes, and of phones and mailboxes, only so many are kept.
    pub fn has_room_for(&self, kind: MethodKind) -> bool {
        let most = match (kind.family(), kind.channel()) {
            (Family::Oath, _) => OATH_METHODS_MAX,
            (_, Some(_)) => address::ADDRESSES_MAX,
            (Family::WebAuthn, _) => crate::webauthn::PASSKEYS_MAX,
            _ => return true,
        };
        self.beside(kind).count() < most
    }

    /// What takes the room of a kind.
    fn beside(&self, kind: MethodKind) -> impl Iterator<Item = &MethodView> {
        let alike = move |other: MethodKind| match kind.channel() {
            Some(_) => other.channel().is_some(),
            None => other.family() == kind.family(),
        };
        self.methods.iter().filter(move |m| alike(m.kind))
    }

    /// Of what takes the room of a kind, the one that was used longest ago.
    pub fn stalest(&self, kind: MethodKind) -> Option<&MethodView> {
        self.beside(kind).min_by_key(|m| m.last_used_at.unwrap_or(m.created_at))
    }

    /// Whether a method is the only one that makes its member registered.
    fn is_only_factor(&self, method: MethodId) -> bool {
        let counts = |m: &&MethodView| m.active && self.makes_registered(m.kind);
        let (this, others): (Vec<&MethodView>, Vec<&MethodView>) = self.methods.iter().filter(counts).partition(|m| m.id == method);
        // One that nothing reaches now keeps nobody registered when another goes.
        !this.is_empty() && !others.iter().any(|m| m.second_factor)
    }

    /// Whether one of a kind makes its member registered.
    pub(crate) fn makes_registered(&self, kind: MethodKind) -> bool {
        kind.counts_as_registered() && self.second_factors.contains(&kind)
    }

    /// What is asked for first when some are gone: what was, if it is left and will do, else the strongest that will.
    fn next_default(&self, gone: &[MethodId]) -> Option<MethodId> {
        let left = || self.methods.iter().filter(|m| m.active && !gone.contains(&m.id));
        let present = left().find(|m| m.is_default && self.second_factors.contains(&m.kind));
        let strongest = left().filter(|m| m.second_factor).min_by_key(|m| m.kind);
        present.or(strongest).map(|m| m.id)
    }
}

/// How a member stands to a reset of the password.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ForReset {
    /// Asked to register for it, or to look at what is old.
    pub lacks: bool,
    /// How many different things are shown in one.
    pub gates: usize,
    /// How many the member can show.
    pub proofs: usize,
    /// Kinds of which one more would do, as they are offered.
    pub more: Vec<MethodKind>,
    /// Methods that nobody has looked at for too long.
    pub stale: Vec<MethodId>,
}

impl ForReset {
    fn of(prepared: Prepared, methods: &[MethodView]) -> Self {
        Self {
            lacks: prepared.lacks(),
            gates: prepared.gates,
            proofs: prepared.proofs,
            stale: prepared.stale.iter().map(|place| methods[*place].id).collect(),
            more: prepared.more,
        }
    }
}

/// The verbs of methods.
#[derive(Clone, Copy)]
pub struct Methods<'a>(pub(crate) &'a Domain);

impl Methods<'_> {
    /// The member's own security info.
    pub async fn mine(self, me: &Member) -> Result<SecurityInfo> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let info = self.info(&mut tx, me.id()).await?;
        tx.commit().await?;
        Ok(info.1)
    }

    /// Whether a passkey (or a pass, which is how one is made) is what confirms a change for this member.
    pub async fn are_changed_by_passkey(self, me: &Member) -> Result<bool> {
        Ok(self.mine(me).await?.is_changed_by_passkey(me.strict))
    }

    /// The security info of a member, for an admin.
    pub async fn of(self, by: &Admin, of: &MemberRef) -> Result<SecurityInfo> {
        by.needs(Permission::ReadMembers)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let member = self.0.directory().view(&mut tx, of).await?;
        let info = self.info(&mut tx, member.id).await?;
        tx.commit().await?;
        Ok(info.1)
    }

    /// Makes an authenticator app that waits for its first code, or shows the one that waits already, so that a reload shows the same square. Needs a
    /// fresh second factor if there is one to give.
    pub async fn begin_totp(self, me: &Member) -> Result<PendingTotp> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (view, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        let pending = self.pending_totp(&mut tx, &view, &info, me.session()).await?;
        tx.commit().await?;
        Ok(pending)
    }

    /// Proves the waiting app by its first code; it counts from then on. The first one makes recovery codes, which are shown once.
    pub async fn confirm_totp(self, me: &Member, label: &CleanText<NAME_CHARACTERS_MAX>, code: &OfferedCode) -> Result<Option<RecoveryCodes>> {
        let now = self.0.clock().now();
        let keys = self.0.keys(me.tenant()).await?;
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        store::lock_member(&mut tx, me.id()).await?;
        let (view, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        // The policy may have changed since the square was shown.
        if !info.may_add.contains(&MethodKind::Totp) {
            return Err(MethodError::KindOff(MethodKind::Totp));
        }
        let pending = store::find_pending(&mut tx, me.id(), me.session(), now)
            .await?
            .ok_or(MethodError::PendingGone)?;
        let method = pending_facts(&pending);
        let Match::Right { step, drift } = compare::oath(&method, code.as_str(), Profile::Standard, &keys, now)? else {
            return Err(MethodError::WrongCode);
        };
        if !store::set_confirmed(&mut tx, method.method_id, label.as_str(), step, drift as i32, now).await? {
            return Err(MethodError::PendingGone);
        }
        settle_new(&mut tx, &view, &info, (method.method_id, MethodKind::Totp)).await?;
        // An app for resets alone is nothing to fall back from.
        let codes = match info.recovery_all {
            0 if info.second_factors.contains(&MethodKind::Totp) => Some(self.new_recovery(&mut tx, me.id(), now).await?),
            _ => None,
        };
        let after = json!({ "kind": MethodKind::Totp, "label": label });
        self.record_of(&mut tx, me, Event::SecurityInfoRegistered, Value::Null, after).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Removes one of the member's own methods. The next strongest becomes the default; the last one stays while a second factor is required.
    pub async fn remove(self, me: &Member, method: MethodId) -> Result<()> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        store::lock_member(&mut tx, me.id()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        if info.required && info.is_only_factor(method) {
            return Err(MethodError::Needed);
        }
        let who = Who::Member(me.id());
        self.remove_from(&mut tx, me.id(), &info, method, (who, Some(me.client())), Event::SecurityInfoDeleted, None)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Gives one of the member's own methods another name.
    pub async fn rename(self, me: &Member, method: MethodId, label: &CleanText<NAME_CHARACTERS_MAX>) -> Result<()> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        let before = info.methods.iter().find(|m| m.id == method).ok_or(MethodError::Unknown)?;
        if !store::set_label(&mut tx, me.id(), method, label.as_str()).await? {
            return Err(MethodError::Unknown);
        }
        let change = (json!({ "label": before.label }), json!({ "label": label }));
        self.record_of(&mut tx, me, Event::SecurityInfoUpdated, change.0, change.1).await?;
        Ok(tx.commit().await?)
    }

    /// Switches on again what too many wrong answers had switched off, after something stronger was right (product rule 6).
    pub async fn switch_on_weaker(self, tenant: TenantId, right: &RightAnswer, client: &Client) -> Result<()> {
        let weaker: Vec<MethodKind> = MethodKind::ALL
            .iter()
            .copied()
            .filter(|kind| kind.strength() < right.method.strength())
            .collect();
        let mut tx = self.0.db().tenant(tenant).await?;
        store::lock_member(&mut tx, right.member).await?;
        for (kind, label) in crate::directory::store::set_methods_on(&mut tx, right.member, &weaker).await? {
            let about = |on: bool| json!({ "kind": kind, "label": label, "on": on });
            let who = (Who::Member(right.member), Some(client));
            self.record_from(&mut tx, right.member, who, &[], Event::SecurityInfoUpdated, None, about(false), about(true))
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Makes one of the member's own second factors the default.
    pub async fn make_default(self, me: &Member, method: MethodId) -> Result<()> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (view, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        let first = info.methods.iter().find(|m| m.id == method && m.active).ok_or(MethodError::Unknown)?;
        if !first.second_factor {
            return Err(MethodError::KindOff(first.kind));
        }
        store::set_default(&mut tx, me.id(), Some(method)).await?;
        let change = (json!({ "default": view.default_method }), json!({ "default": method }));
        self.record_of(&mut tx, me, Event::SecurityInfoUpdated, change.0, change.1).await?;
        Ok(tx.commit().await?)
    }

    /// Makes a new set of recovery codes; the old ones stop working. Shown once.
    pub async fn new_recovery_codes(self, me: &Member) -> Result<RecoveryCodes> {
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        store::lock_member(&mut tx, me.id()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        let codes = self.new_recovery(&mut tx, me.id(), now).await?;
        let change = (json!({ "left": info.recovery_left }), json!({ "left": RECOVERY_CODES }));
        self.record_of(&mut tx, me, Event::RecoveryCodesMade, change.0, change.1).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Registers an authenticator app for a member, as an admin or another system does, with a given seed or a new one. It counts at once when
    /// `confirmed`; else its member proves it at the next opportunity.
    pub async fn add_totp(self, by: &Admin, of: &MemberRef, seed: OathSeed, params: OathParams, confirmed: bool) -> Result<(MethodView, PendingTotp)> {
        by.needs(Permission::ManageMfa)?;
        let params = params.checked().map_err(MethodError::Secret)?;
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        if view.rank() > by.rank() {
            return Err(crate::directory::DirectoryError::RankTooHigh.into());
        }
        store::lock_member(&mut tx, view.id).await?;
        let (_, info) = self.info(&mut tx, view.id).await?;
        check_room(&info)?;
        let method = MethodId(rng.id(now));
        let sealed = keys.key(KeyPurpose::Seed).seal(SealedColumn::MethodSeed, method.0, seed.expose(), rng);
        let expires_at = now + SignedDuration::from_secs(PENDING_METHOD_SECONDS);
        let new = store::NewMethodRow {
            method,
            member: view.id,
            kind: MethodKind::Totp.as_str(),
            label: "Authenticator",
            state: if confirmed { "active" } else { "pending" },
            sealed: &sealed,
            params: &serde_json::to_value(params).unwrap_or_default(),
            expires_at: (!confirmed).then_some(expires_at),
            confirmed_at: confirmed.then_some(now),
            last_step: -1,
            drift: 0,
            address_mac: None,
            waits_for: None,
        };
        store::insert_method(&mut tx, &new, now).await?;
        store::end_pending(&mut tx, view.id, store::Pending::Beside(method, None, MethodKind::Totp), now).await?;
        if confirmed && view.mfa_state == MfaState::Enabled && info.makes_registered(MethodKind::Totp) {
            crate::directory::store::set_mfa_state(&mut tx, view.id, MfaState::Enforced.as_str()).await?;
        }
        let after = json!({ "kind": MethodKind::Totp, "confirmed": confirmed });
        self.record(&mut tx, view.id, by.who(), Event::SecurityInfoRegisteredByAdmin, None, Value::Null, after)
            .await?;
        tx.commit().await?;
        let shown = MethodView {
            id: method,
            kind: MethodKind::Totp,
            label: new.label.to_owned(),
            active: confirmed,
            disabled_reason: None,
            oath: Some(params),
            drift: 0,
            is_default: false,
            created_at: now,
            confirmed_at: new.confirmed_at,
            last_used_at: None,
            shared_with: 0,
            not_for_reset: (!confirmed).then_some(NotForReset::Off),
            second_factor: confirmed && info.second_factors.contains(&MethodKind::Totp),
        };
        Ok((
            shown,
            PendingTotp {
                method,
                seed,
                params,
                account: view.upn,
                expires_at,
            },
        ))
    }

    /// Removes a method of a member, as an admin does.
    pub async fn remove_of(self, by: &Admin, of: &MemberRef, method: MethodId, reason: &str) -> Result<()> {
        by.needs(Permission::ManageMfa)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        if view.rank() > by.rank() {
            return Err(crate::directory::DirectoryError::RankTooHigh.into());
        }
        store::lock_member(&mut tx, view.id).await?;
        let (_, info) = self.info(&mut tx, view.id).await?;
        self.remove_in(&mut tx, view.id, &info, method, by.who(), Event::SecurityInfoDeletedByAdmin, Some(reason))
            .await?;
        Ok(tx.commit().await?)
    }

    /// The app that waits for this sign-in or session, or a new one: nobody else is ever shown its seed.
    pub(crate) async fn pending_totp(self, tx: &mut TenantTx, view: &MemberView, info: &SecurityInfo, waits_for: Uuid) -> Result<PendingTotp> {
        if !info.may_add.contains(&MethodKind::Totp) {
            return Err(MethodError::KindOff(MethodKind::Totp));
        }
        check_room(info)?;
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let keys = self.0.keys(tx.tenant()).await?;
        if let Some(row) = store::find_pending(tx, view.id, waits_for, now).await? {
            let seed = keys.key(KeyPurpose::Seed).open(SealedColumn::MethodSeed, row.method_id, &row.sealed)?;
            let params = serde_json::from_value(row.params).unwrap_or_default();
            return Ok(PendingTotp {
                method: MethodId(row.method_id),
                seed: OathSeed::of(&seed),
                params,
                account: view.upn.clone(),
                expires_at: row.expires_at,
            });
        }
        let (method, seed, params) = (MethodId(rng.id(now)), OathSeed::new(rng), OathParams::default());
        let sealed = keys.key(KeyPurpose::Seed).seal(SealedColumn::MethodSeed, method.0, seed.expose(), rng);
        let expires_at = now + SignedDuration::from_secs(PENDING_METHOD_SECONDS);
        let new = store::NewMethodRow {
            method,
            member: view.id,
            kind: MethodKind::Totp.as_str(),
            label: "Authenticator",
            state: "pending",
            sealed: &sealed,
            params: &serde_json::to_value(params).unwrap_or_default(),
            expires_at: Some(expires_at),
            confirmed_at: None,
            last_step: -1,
            drift: 0,
            address_mac: None,
            waits_for: Some(waits_for),
        };
        store::insert_method(tx, &new, now).await?;
        Ok(PendingTotp {
            method,
            seed,
            params,
            account: view.upn.clone(),
            expires_at,
        })
    }

    /// View and security info of a member.
    pub(crate) async fn info(self, tx: &mut TenantTx, member: MemberId) -> Result<(MemberView, SecurityInfo)> {
        let view = self.0.directory().view(tx, &MemberRef::Id(member)).await?;
        let policy = crate::directory::store::find_policy(tx).await?;
        let document: Option<PolicyDocument> = policy.and_then(|(_, d)| serde_json::from_value(d).ok());
        let rows = store::list_methods(tx, member).await?;
        let shared = store::list_shared(tx, member).await?;
        let members_max = document
            .as_ref()
            .map_or_else(DeliveryLimits::default, |d| d.delivery.clone())
            .shared_number_members;
        let now = self.0.clock().now();
        let recovery = store::find_recovery(tx, member).await?;
        let channels = store::list_channels(tx).await?;
        let pass = pass::store::find_pass(tx, member)
            .await?
            .map(|row| pass::PassView::of(row, self.0.clock().now()));
        let carried = |kind: MethodKind| kind.channel().is_none_or(|channel| channels.iter().any(|c| c == channel.as_str()));
        let known = [
            MethodKind::Passkey,
            MethodKind::Totp,
            MethodKind::HardwareToken,
            MethodKind::Sms,
            MethodKind::Voice,
            MethodKind::Email,
        ];
        let allowed = |kind: MethodKind| {
            document
                .as_ref()
                .is_some_and(|d| d.allows(kind, MethodUse::Mfa) || (kind != MethodKind::Passkey && opens_reset(d, kind)))
        };
        let can_be = |kind: MethodKind| carried(kind) && (kind != MethodKind::Passkey || self.0.relying_party().is_some());
        let (may_add, others): (Vec<MethodKind>, Vec<MethodKind>) = known.into_iter().partition(|kind| allowed(*kind) && can_be(*kind));
        let why = |kind: MethodKind| if allowed(kind) { NotOffered::NothingCarries } else { NotOffered::Policy };
        let not_offered = others.into_iter().map(|kind| (kind, why(kind))).collect();
        let required = view.required;
        let inputs = Inputs {
            mfa_state: view.mfa_state,
            roles: &view.roles,
            operator: view.operator,
            groups: &view.groups,
            application: None,
            action: None,
        };
        // What signing in takes: under a rule that wants what is bound to the page, nothing else is a second factor.
        let left = document.as_ref().map(|document| document.under(evaluate(document, &inputs).then));
        let second_factors: Vec<MethodKind> = left.as_ref().map_or_else(Vec::new, |left| {
            MethodKind::ALL.iter().copied().filter(|kind| left.allows(*kind, MethodUse::Mfa)).collect()
        });
        let questions = question::view(tx, &view, document.as_ref()).await?;
        let call_pin = call_pin::view(tx, member, document.as_ref()).await?;
        // What nothing carries now, or no call confirms, is no second factor while that is so.
        let reached = |kind: MethodKind, params: &Value| match kind {
            MethodKind::Passkey => self.0.relying_party().is_some(),
            MethodKind::Voice if call_pin.is_missing() => false,
            MethodKind::Sms | MethodKind::Voice => carried(kind) && document.as_ref().is_some_and(|d| sends_to(d, params)),
            kind => carried(kind),
        };
        let (opens, methods): (Vec<ResetFacts>, Vec<MethodView>) = rows
            .into_iter()
            .filter_map(|r| {
                let kind = MethodKind::from_text(&r.kind)?;
                let past = is_past(&r.params, now);
                let active = r.state == "active" && !past;
                let shared_with = shared.iter().find(|(method, _)| *method == r.method_id).map_or(0, |(_, others)| *others);
                let facts = ResetFacts {
                    kind,
                    active,
                    confirmed_at: r.confirmed_at,
                    last_used_at: r.last_used_at,
                    members: shared_with + 1,
                    members_max,
                };
                let shown = MethodView {
                    id: MethodId(r.method_id),
                    kind,
                    shared_with,
                    not_for_reset: usable_for_reset(&facts, now).err(),
                    second_factor: active && second_factors.contains(&kind) && reached(kind, &r.params),
                    label: r.label,
                    active,
                    disabled_reason: r.disabled_reason.or_else(|| past.then(|| PAST.to_owned())),
                    oath: serde_json::from_value(r.params).ok(),
                    drift: r.drift,
                    is_default: r.is_default,
                    created_at: r.created_at,
                    confirmed_at: r.confirmed_at,
                    last_used_at: r.last_used_at,
                };
                Some((facts, shown))
            })
            .unzip();
        // Without a policy nothing is changed.
        let demanded = document
            .as_ref()
            .map_or(Then::Block, |document| demanded_for(document, &inputs, Action::RegisterSecurityInfo).0);
        let for_reset = document.as_ref().map(|document| {
            let channels: Vec<Channel> = channels.iter().filter_map(|channel| Channel::from_text(channel)).collect();
            let mut ways = offered(document, Profile::Standard, &channels);
            ways.retain(|kind| *kind != MethodKind::SecurityQuestions || questions.allowed);
            let prepared = prepared(document, &inputs, &ways, &opens, questions.registered, now);
            ForReset::of(prepared, &methods)
        });
        let codes = (recovery.left > 0).then_some(Held::open(MethodKind::RecoveryCode));
        let held: Vec<Held> = methods.iter().map(MethodView::held).chain(codes).collect();
        let shows_first = document.as_ref().is_none_or(|document| !usable_families(document, &held).is_empty());
        Ok((
            view,
            SecurityInfo {
                methods,
                shows_first,
                second_factors,
                recovery_left: recovery.left,
                recovery_all: recovery.all,
                recovery_made_at: recovery.made_at,
                recovery_used_at: recovery.used_at,
                may_add,
                not_offered,
                required,
                pass,
                questions,
                call_pin,
                for_reset: for_reset.unwrap_or_default(),
                demanded,
            },
        ))
    }

    /// Refuses a change without a second factor of the last ten minutes (strict: five), if there is one to give.
    pub(crate) fn fresh(self, me: &Member, info: &SecurityInfo) -> Result<()> {
        // A pass is what a first passkey is made with.
        let strong = me.factor().is_some_and(|kind| kind.is_phishing_resistant() || kind == MethodKind::Pass);
        if info.demanded == Then::Block {
            return Err(MethodError::Refused);
        }
        if info.is_changed_by_passkey(me.strict) && !strong {
            return Err(MethodError::StepUp);
        }
        // What was reported as lost, disowned or guessed at is still one: nobody who took it out of use puts his own in its place by that. So is what the policy takes
        // for none: whoever has the password alone must not take away by what it is set anew.
        let stands = |m: &MethodView| m.active || m.is_in_the_way();
        let has_factor = info.methods.iter().any(stands) || info.recovery_left > 0;
        let needs_second_factor = me.strict || info.required;
        // What resets a password stands for a second factor only as long as there is none, and never where others have it as well.
        let is_his = |m: &MethodView| Some(m.kind) != me.factor() || m.shared_with == 0;
        let nothing_more = info.recovery_left == 0 && !info.methods.iter().any(|m| m.second_factor || m.is_in_the_way());
        let proves = info.demanded == Then::Allow && nothing_more && info.methods.iter().all(is_his) && self.has_fresh_proof(me);
        if self.has_fresh_factor(me) || (!needs_second_factor && (!has_factor || proves)) {
            Ok(())
        } else {
            Err(MethodError::StepUp)
        }
    }

    /// Whether the member has given a second factor in the last ten minutes (strict: five).
    pub(crate) fn has_fresh_factor(self, me: &Member) -> bool {
        me.level() >= 2 && self.has_fresh_proof(me)
    }

    /// Whether the member has shown anything in that time: a second factor, or what stands for one where there is none.
    fn has_fresh_proof(self, me: &Member) -> bool {
        let minutes = if me.strict { FRESH_MINUTES_STRICT } else { FRESH_MINUTES };
        let now = self.0.clock().now();
        me.factor_at().is_some_and(|at| now.duration_since(at) < SignedDuration::from_mins(minutes))
    }

    #[allow(clippy::too_many_arguments, reason = "one line of an audit row each")]
    pub(crate) async fn remove_in(
        self,
        tx: &mut TenantTx,
        member: MemberId,
        info: &SecurityInfo,
        method: MethodId,
        who: Who,
        event: Event,
        reason: Option<&str>,
    ) -> Result<()> {
        self.remove_from(tx, member, info, method, (who, None), event, reason).await
    }

    /// The same, with the browser it came from. A phone or mailbox is told itself that it is gone (abuse case C12).
    #[allow(clippy::too_many_arguments, reason = "one line of an audit row each")]
    async fn remove_from(
        self,
        tx: &mut TenantTx,
        member: MemberId,
        info: &SecurityInfo,
        method: MethodId,
        (who, from): (Who, Option<&Client>),
        event: Event,
        reason: Option<&str>,
    ) -> Result<()> {
        let gone = info.methods.iter().find(|m| m.id == method).ok_or(MethodError::Unknown)?;
        let mut tell = Vec::new();
        if let Some(sealed) = store::find_address(tx, member, method).await? {
            let keys = self.0.keys(tx.tenant()).await?;
            tell.push(crate::delivery::open_address(keys.key(KeyPurpose::Address), method.0, &sealed)?);
        }
        if !store::set_removed(tx, member, method, self.0.clock().now()).await? {
            return Err(MethodError::Unknown);
        }
        let next = info.next_default(&[method]);
        if gone.is_default {
            store::set_default(tx, member, next).await?;
        }
        let before = json!({ "kind": gone.kind, "label": gone.label, "default": gone.is_default });
        let after = json!({ "default": if gone.is_default { next } else { None } });
        self.record_from(tx, member, (who, from), &tell, event, reason, before, after).await
    }

    /// Puts something that will do in the place of a first choice that is off.
    pub(crate) async fn settle_default(self, tx: &mut TenantTx, member: MemberId) -> Result<SecurityInfo> {
        let (view, info) = self.info(tx, member).await?;
        let next = info.next_default(&[]);
        if next != view.default_method {
            store::set_default(tx, member, next).await?;
        }
        Ok(info)
    }

    pub(crate) async fn new_recovery(self, tx: &mut TenantTx, member: MemberId, now: Timestamp) -> Result<RecoveryCodes> {
        let keys = self.0.keys(tx.tenant()).await?;
        let codes = RecoveryCodes::new(self.0.rng());
        store::replace_recovery(tx, member, &codes.macs(&keys, member), now).await?;
        Ok(codes)
    }

    /// Writes the audit row and the member's notice of a change.
    #[allow(clippy::too_many_arguments, reason = "one line of an audit row each")]
    pub(crate) async fn record(
        self,
        tx: &mut TenantTx,
        member: MemberId,
        who: Who,
        event: Event,
        reason: Option<&str>,
        before: Value,
        after: Value,
    ) -> Result<()> {
        self.record_from(tx, member, (who, None), &[], event, reason, before, after).await
    }

    /// The same for what a member does in a browser.
    pub(crate) async fn record_of(self, tx: &mut TenantTx, me: &Member, event: Event, before: Value, after: Value) -> Result<()> {
        let who = (Who::Member(me.id()), Some(me.client()));
        self.record_from(tx, me.id(), who, &[], event, None, before, after).await
    }

    /// The same, with a reason of the member's own.
    async fn record_own(self, tx: &mut TenantTx, me: &Member, event: Event, reason: Option<&str>, (before, after): (Value, Value)) -> Result<()> {
        let who = (Who::Member(me.id()), Some(me.client()));
        self.record_from(tx, me.id(), who, &[], event, reason, before, after).await
    }

    /// The same, with where it came from and the addresses that are told although they are the member's no more.
    #[allow(clippy::too_many_arguments, reason = "one line of an audit row each")]
    async fn record_from(
        self,
        tx: &mut TenantTx,
        member: MemberId,
        (who, from): (Who, Option<&Client>),
        tell: &[crate::delivery::Address],
        event: Event,
        reason: Option<&str>,
        before: Value,
        after: Value,
    ) -> Result<()> {
        let now = self.0.clock().now();
        let keys = self.0.keys(tx.tenant()).await?;
        // A browser was remembered for the factors there were.
        if changes_factors(event) {
            crate::directory::store::end_devices(tx, member, now).await?;
        }
        let told = json!({ "event": event.as_str(), "before": before, "after": after, "from": from, "tell": tell });
        self.0.directory().tell(tx, &keys, member, event.as_str(), &told, now).await?;
        let audited = Audited {
            event,
            who,
            target: ("member", Some(member.0)),
            reason,
            session: None,
            change: Change { before, after },
        };
        Ok(self.0.directory().audit(tx, &keys, audited, now).await?)
    }
}

/// What a method that has just been proven changes about its member: asked for first where nothing is, and Enforced by what makes registered.
pub(crate) async fn settle_new(tx: &mut TenantTx, view: &MemberView, info: &SecurityInfo, (method, kind): (MethodId, MethodKind)) -> Result<()> {
    let has_first = info.next_default(&[]).is_some_and(|first| view.default_method == Some(first));
    if !has_first && info.second_factors.contains(&kind) {
        store::set_default(tx, view.id, Some(method)).await?;
    }
    if view.mfa_state == MfaState::Enabled && info.makes_registered(kind) {
        crate::directory::store::set_mfa_state(tx, view.id, MfaState::Enforced.as_str()).await?;
    }
    Ok(())
}

/// Whether a policy lets a kind be shown in a reset that is registered as a method.
fn opens_reset(document: &PolicyDocument, kind: MethodKind) -> bool {
    kind != MethodKind::Voice && document.allows(kind, MethodUse::Reset)
}

/// Whether messages go to the country of a phone; what stands in no country's plan is judged when it is sent to.
fn sends_to(document: &PolicyDocument, params: &Value) -> bool {
    let country = params.get("country").and_then(Value::as_str);
    country.is_none_or(|country| document.delivery.countries.iter().any(|open| open == country))
}

/// Whether an event means that the member's factors are others than before.
const fn changes_factors(event: Event) -> bool {
    matches!(
        event,
        Event::SecurityInfoRegistered
            | Event::SecurityInfoRegisteredByAdmin
            | Event::SecurityInfoDeleted
            | Event::SecurityInfoDeletedByAdmin
            | Event::RecoveryCodesMade
            | Event::TokenActivated
            | Event::TokenReturned
    )
}

pub(crate) fn check_room(info: &SecurityInfo) -> Result<()> {
    match info.has_room_for(MethodKind::Totp) {
        true => Ok(()),
        false => Err(MethodError::Limit(OATH_METHODS_MAX)),
    }
}

/// A waiting app as the comparison wants it.
pub(crate) fn pending_facts(row: &store::PendingRow) -> MethodFacts {
    MethodFacts {
        method_id: MethodId(row.method_id),
        kind: MethodKind::Totp,
        label: String::new(),
        state: String::from("pending"),
        sealed: Some(Bytea(row.sealed.clone())),
        params: row.params.clone(),
        last_step: -1,
        drift: 0,
        disabled_reason: None,
        last_used_at: None,
        confirmed_at: None,
        address_mac: None,
        waits_for: None,
    }
}
