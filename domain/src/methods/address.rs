//! Phones and mailboxes as methods: proven by a code that is sent there and by nothing else.

use super::{MethodError, MethodView, Methods, Result, store};
use crate::{
    actor::{Admin, Client, Member, Permission, Who},
    delivery::{Address, seal_address},
    directory::{DirectoryError, MemberRef},
    journal::Event,
    vault::{KeyPurpose, TenantKeys},
    verification::{
        Answered, Begun, OnItsWay, VerificationError, answer_attempt, attempt_row,
        call::completed,
        commit::Commit,
        engine::{Decided, Scene},
        facts::Stage,
        sending::{self, address_params},
        store::Wanted,
    },
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::{Value, json};
use uuid::Uuid;

/// Phones and mailboxes of one member together.
pub(super) const ADDRESSES_MAX: usize = 3;

/// A phone or mailbox that waits for the code that was sent to it.
#[derive(Clone, Debug)]
pub struct Proving {
    /// By which it is answered.
    pub attempt: AttemptId,
    /// Public id.
    pub session_id: SessionId,
    /// Where the code goes.
    pub sent: OnItsWay,
}

/// For whom a phone or mailbox is proven, and what it waits for: the session or the sign-in that was shown where the code goes.
#[derive(Clone, Copy)]
pub(crate) struct Prover<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) member: MemberId,
    pub(crate) client: &'a Client,
    pub(crate) waits_for: Uuid,
    /// The phone or mailbox of the same kind whose place it takes when it is proven.
    pub(crate) replaces: Option<MethodId>,
}

impl Methods<'_> {
    /// Sends a code to a phone or mailbox that is to become a method, or to take the place of one. Needs a fresh second factor if there is one to give.
    pub async fn begin_address(self, me: &Member, kind: MethodKind, address: &Address, replaces: Option<MethodId>) -> Result<Proving> {
        let proving = Prover {
            tenant: me.tenant(),
            member: me.id(),
            client: me.client(),
            waits_for: me.session(),
            replaces,
        };
        self.prove_address(proving, |info| self.fresh(me, info), kind, address).await
    }

    /// Sends a code to a phone or mailbox that the member has already: he sees that it reaches him, and it counts as looked after from then on. Nothing changes
    /// by it, so that no fresh factor is asked for; the limits of sending hold.
    pub async fn begin_check(self, me: &Member, method: MethodId) -> Result<Proving> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (view, info) = self.info(&mut tx, me.id()).await?;
        tx.commit().await?;
        let held = info
            .methods
            .iter()
            .find(|held| held.id == method && held.active && held.kind.channel().is_some());
        let kind = held.ok_or(MethodError::Unknown)?.kind;
        if !info.may_add.contains(&kind) {
            return Err(MethodError::KindOff(kind));
        }
        let upn = Upn::parse(&view.upn).map_err(|_| MethodError::Unknown)?;
        self.send_proof((me.tenant(), me.id()), &upn, me.client(), method).await
    }

    /// Puts what has just been proven in the place of what it was to replace: asked for first where that was, and that is removed. Nothing where there is none.
    pub async fn settle_replaced(self, me: &Member) -> Result<()> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        store::lock_member(&mut tx, me.id()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        let pairs = store::list_replaced(&mut tx, me.id()).await?;
        for (new, old) in pairs {
            let was = info.methods.iter().find(|method| method.id == old);
            let will_do = info.methods.iter().any(|method| method.id == new && method.second_factor);
            if will_do && was.is_some_and(|was| was.is_default) {
                store::set_default(&mut tx, me.id(), Some(new)).await?;
            }
            // "Work phone" stays one; a number that was its own name does not.
            if let Some(was) = was.filter(|was| !was.label.contains('•')) {
                store::set_label(&mut tx, me.id(), new, &was.label).await?;
            }
            let (_, info) = self.info(&mut tx, me.id()).await?;
            let who = (Who::Member(me.id()), Some(me.client()));
            self.remove_from(&mut tx, me.id(), &info, old, who, Event::SecurityInfoDeleted, None).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The same for whoever is allowed to by something else than a session: `may` says so.
    pub(crate) async fn prove_address(
        self,
        by: Prover<'_>,
        may: impl Fn(&super::SecurityInfo) -> Result<()>,
        kind: MethodKind,
        address: &Address,
    ) -> Result<Proving> {
        let domain = self.0;
        let (tenant, now) = (by.tenant, domain.clock().now());
        let keys = domain.keys(tenant).await?;
        let mut tx = domain.db().tenant(tenant).await?;
        store::lock_member(&mut tx, by.member).await?;
        let (view, info) = self.info(&mut tx, by.member).await?;
        may(&info)?;
        if let Some(old) = by.replaces
            && !info.methods.iter().any(|held| held.id == old && held.kind == kind && held.active)
        {
            return Err(MethodError::Unknown);
        }
        if !info.may_add.contains(&kind) {
            return Err(MethodError::KindOff(kind));
        }
        check_address(&info.methods, kind, address, &view.upn, by.replaces)?;
        // A phone whose calls could confirm nothing is no method.
        if kind == MethodKind::Voice && info.call_pin.is_missing() {
            return Err(MethodError::PinNeeded);
        }
        let method = MethodId(domain.rng().id(now));
        let expires_at = now + SignedDuration::from_secs(PENDING_METHOD_SECONDS);
        self.insert_address(&mut tx, &keys, view.id, method, kind, address, Some((by.waits_for, expires_at)))
            .await?;
        if let Some(old) = by.replaces {
            store::set_replaces(&mut tx, method, old).await?;
        }
        tx.commit().await?;
        let upn = Upn::parse(&view.upn).map_err(|_| MethodError::Unknown)?;
        let sent = self.send_proof((tenant, by.member), &upn, by.client, method).await;
        // Where nothing was sent, the one before stays as it was.
        let over = match sent {
            Ok(_) => store::Pending::Beside(method, Some(by.waits_for), kind),
            Err(_) => store::Pending::This(method),
        };
        let mut tx = domain.db().tenant(tenant).await?;
        store::end_pending(&mut tx, by.member, over, now).await?;
        tx.commit().await?;
        sent
    }

    /// Begins the proof of a phone or mailbox: its code is on its way.
    async fn send_proof(self, (tenant, member): (TenantId, MemberId), upn: &Upn, client: &Client, method: MethodId) -> Result<Proving> {
        let domain = self.0;
        let wanted = Wanted {
            sends: true,
            ..Wanted::of_name(tenant, upn.folded(), member.0)
        };
        let begun = domain
            .decide(wanted, |scene| {
                let begun = Begun::now(domain, scene, upn, client.clone(), None);
                let place = scene
                    .facts
                    .methods
                    .iter()
                    .position(|m| m.method_id == method)
                    .ok_or(VerificationError::ChallengeGone)?;
                let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
                let what = sending::For {
                    attempt: begun.attempt,
                    purpose: Purpose::AddMethod,
                    path: Path::Cloud,
                    wrong_count: 0,
                };
                let sent = match sending::send_code(domain, tenant, scene, &mut commit, what, place)? {
                    Ok(sent) => sent,
                    Err(why) => return Ok(Decided::Answer(Err(why))),
                };
                let mut row = attempt_row(domain, tenant, scene, &begun, Purpose::AddMethod, Door::Web, Path::Cloud);
                row.stage = Stage::Second;
                row.second_asked = true;
                commit.new_attempt = Some(row);
                commit.reserve(begun.session);
                let proving = Proving {
                    attempt: begun.attempt,
                    session_id: begun.session,
                    sent,
                };
                Ok(Decided::Commit(Box::new(commit), Ok(proving)))
            })
            .await?;
        begun.map_err(MethodError::NotSent)
    }

    /// Takes the code that was sent to a phone or mailbox; when it is right, the method counts from then on.
    pub async fn confirm_address(self, me: &Member, attempt: AttemptId, code: &OfferedCode) -> Result<Answered> {
        self.confirm_address_of((me.tenant(), me.id()), attempt, code, |_| true).await
    }

    /// The same, for a member whoever holds the proof of that, as long as `still` holds at the moment of the commit.
    pub(crate) async fn confirm_address_of(
        self,
        (tenant, member): (TenantId, MemberId),
        attempt: AttemptId,
        code: &OfferedCode,
        still: impl Fn(&Scene<'_>) -> bool,
    ) -> Result<Answered> {
        let domain = self.0;
        let wanted = Wanted::of_attempt(tenant, attempt);
        domain
            .decide(wanted, |scene| {
                // Somebody else's number stays somebody else's (abuse case B23).
                let mine = scene.facts.member.as_ref().is_some_and(|m| m.member_id == member) && still(scene);
                if !mine {
                    return Err(VerificationError::ChallengeGone);
                }
                if let Some(kind) = switched_off(scene) {
                    return Ok(Decided::Answer(Err(MethodError::KindOff(kind))));
                }
                let (commit, answered, _) = answer_attempt(domain, tenant, scene, Purpose::AddMethod, code, None)?;
                Ok(Decided::Commit(Box::new(commit), Ok(answered)))
            })
            .await?
    }

    /// Finishes what was confirmed in a call to the phone that is to become a method; `None` while it was not.
    pub async fn complete_address(self, me: &Member, attempt: AttemptId) -> Result<Option<Answered>> {
        self.complete_address_of((me.tenant(), me.id()), attempt, |_| true).await
    }

    /// The same, for a member whoever holds the proof of that, as long as `still` holds at the moment of the commit.
    pub(crate) async fn complete_address_of(
        self,
        (tenant, member): (TenantId, MemberId),
        attempt: AttemptId,
        still: impl Fn(&Scene<'_>) -> bool,
    ) -> Result<Option<Answered>> {
        let domain = self.0;
        domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                // Somebody else's number stays somebody else's (abuse case B23).
                if scene.facts.member.as_ref().is_none_or(|m| m.member_id != member) || !still(scene) {
                    return Err(VerificationError::ChallengeGone);
                }
                if let Some(kind) = switched_off(scene) {
                    return Ok(Decided::Answer(Err(MethodError::KindOff(kind))));
                }
                match completed(domain, tenant, scene, Purpose::AddMethod)? {
                    Some((commit, answered, _)) => Ok(Decided::Commit(Box::new(commit), Ok(Some(answered)))),
                    None => Ok(Decided::Answer(Ok(None))),
                }
            })
            .await?
    }

    /// Gives a member a phone or mailbox, as an admin or another system does who has it from elsewhere. It counts at once.
    pub async fn add_address(self, by: &Admin, of: &MemberRef, kind: MethodKind, address: &Address) -> Result<MethodView> {
        by.needs(Permission::ManageMfa)?;
        let now = self.0.clock().now();
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        if view.rank() > by.rank() {
            return Err(DirectoryError::RankTooHigh.into());
        }
        store::lock_member(&mut tx, view.id).await?;
        let (_, info) = self.info(&mut tx, view.id).await?;
        check_address(&info.methods, kind, address, &view.upn, None)?;
        let method = MethodId(self.0.rng().id(now));
        self.insert_address(&mut tx, &keys, view.id, method, kind, address, None).await?;
        if view.mfa_state == MfaState::Enabled && info.makes_registered(kind) {
            crate::directory::store::set_mfa_state(&mut tx, view.id, MfaState::Enforced.as_str()).await?;
        }
        let after = json!({ "kind": kind, "to": address.masked() });
        self.record(&mut tx, view.id, by.who(), Event::SecurityInfoRegisteredByAdmin, None, Value::Null, after)
            .await?;
        let (_, info) = self.info(&mut tx, view.id).await?;
        tx.commit().await?;
        info.methods.into_iter().find(|m| m.id == method).ok_or(MethodError::Unknown)
    }

    #[allow(clippy::too_many_arguments, reason = "a row has this many sides")]
    async fn insert_address(
        self,
        tx: &mut crate::db::TenantTx,
        keys: &TenantKeys,
        member: MemberId,
        method: MethodId,
        kind: MethodKind,
        address: &Address,
        waits_for: Option<(Uuid, Timestamp)>,
    ) -> Result<()> {
        let expires_at = waits_for.map(|(_, until)| until);
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let sealed = seal_address(keys.key(KeyPurpose::Address), method.0, address, rng);
        let mac = address_mac(keys, address);
        let masked = address.masked();
        let new = store::NewMethodRow {
            method,
            member,
            kind: kind.as_str(),
            label: &masked,
            state: if expires_at.is_some() { "pending" } else { "active" },
            sealed: &sealed,
            params: &address_params(address),
            expires_at,
            confirmed_at: expires_at.is_none().then_some(now),
            last_step: -1,
            drift: 0,
            address_mac: Some(&mac),
            waits_for: waits_for.map(|(waits_for, _)| waits_for),
        };
        Ok(store::insert_method(tx, &new, now).await?)
    }
}

/// The kind of what is being proven, where the policy has stopped allowing it since its code went out.
fn switched_off(scene: &Scene<'_>) -> Option<MethodKind> {
    let proven = scene.facts.challenge.as_ref().and_then(|challenge| challenge.kind)?;
    let allows = |document: &PolicyDocument| document.allows(proven, MethodUse::Mfa) || super::opens_reset(document, proven);
    (!scene.policy.as_ref().is_some_and(|(_, document)| allows(document))).then_some(proven)
}

/// The MAC by which messages to one address are counted, whoever's it is.
pub(crate) fn address_mac(keys: &TenantKeys, address: &Address) -> Vec<u8> {
    keys.key(KeyPurpose::AddressMac).mac(&[address.whole().to_lowercase().as_bytes()]).to_vec()
}

/// A phone for texts and calls, a mailbox for mail that is not the member's own work mailbox, and no more than fit beside the one that it replaces.
fn check_address(held: &[MethodView], kind: MethodKind, address: &Address, upn: &str, replaces: Option<MethodId>) -> Result<()> {
    match (kind, address) {
        (MethodKind::Sms | MethodKind::Voice, Address::Phone(_)) => {}
        // Whoever can read the mailbox of the account could reset the account by it.
        (MethodKind::Email, Address::Mail(mail)) if mail.address().eq_ignore_ascii_case(upn) => return Err(MethodError::OwnMailbox),
        (MethodKind::Email, Address::Mail(_)) => {}
        _ => return Err(MethodError::KindOff(kind)),
    }
    let stays = |m: &&MethodView| m.kind.channel().is_some() && Some(m.id) != replaces;
    let addresses = held.iter().filter(stays).count();
    if addresses >= ADDRESSES_MAX {
        return Err(MethodError::AddressLimit(ADDRESSES_MAX));
    }
    if held.iter().any(|m| m.kind == kind && m.label == address.masked() && m.active) {
        return Err(MethodError::AlreadyThere);
    }
    Ok(())
}
