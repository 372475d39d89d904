//! The directory: tenants, their members, roles, passwords, set-up links and REST keys. Every change is written into the audit log in the same
//! transaction.

pub mod api_key;
pub mod block;
pub mod error;
mod logo;
pub mod network;
pub mod password;
pub mod publishing;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub mod view;

use crate::{
    Domain,
    actor::{Admin, Integration, Operator, Permission, Scope, Who},
    db::TenantTx,
    journal::{
        Event,
        entry::{AuditEntry, Audited, Change},
    },
    vault::{KeyPurpose, SealedColumn, Secret, TenantKeys},
};
use api_key::Credential;
pub use error::DirectoryError;
use jiff::{SignedDuration, Timestamp};
use model::*;
use publishing::rules::WayIn;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, net::IpAddr, sync::RwLock};
pub use store::MemberCounts;
use subtle::ConstantTimeEq;
use uuid::Uuid;
pub use view::{MemberQuery, MemberRef, MemberView, TenantView};

type Result<T> = std::result::Result<T, DirectoryError>;

/// Tenants by short name. A short name never changes and is never given again.
#[derive(Default)]
pub(crate) struct Slugs(RwLock<HashMap<Slug, TenantId>>);

/// A tenant to be made.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Short name.
    pub slug: Slug,
    /// Name for people.
    pub name: CleanText<NAME_CHARACTERS_MAX>,
    /// Its domains.
    pub domains: Vec<DomainName>,
    /// Standard or strict.
    pub profile: Profile,
    /// `en` or `nl`.
    pub locale: &'static str,
}

/// A member to be made.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Sign-in name; its domain must be one of the tenant's.
    pub upn: Upn,
    /// Given name.
    pub given_name: Option<CleanText<NAME_CHARACTERS_MAX>>,
    /// Family name.
    pub family_name: Option<CleanText<NAME_CHARACTERS_MAX>>,
    /// Mail address.
    pub mail: Option<Upn>,
    /// Roles above member.
    pub roles: Vec<Role>,
}

/// What to change about a member; `Some(None)` empties a field.
#[derive(Clone, Debug, Default)]
pub struct MemberPatch {
    /// Given name.
    pub given_name: Option<Option<CleanText<NAME_CHARACTERS_MAX>>>,
    /// Family name.
    pub family_name: Option<Option<CleanText<NAME_CHARACTERS_MAX>>>,
    /// Mail address.
    pub mail: Option<Option<Upn>>,
    /// Sign-in name.
    pub upn: Option<Upn>,
}

/// A set-up link's token: tenant, link and secret, to be shown once. Cannot be printed.
#[derive(Clone)]
pub struct SetUpToken {
    pub(crate) tenant: TenantId,
    pub(crate) link: Uuid,
    secret: Secret<[u8; 32]>,
}

impl SetUpToken {
    /// The text that goes into the link.
    pub fn reveal(&self) -> String {
        use data_encoding::BASE64URL_NOPAD as B64;
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(self.tenant.0.as_bytes());
        bytes.extend(self.link.as_bytes());
        bytes.extend(self.secret.expose());
        B64.encode(&bytes)
    }

    /// Reads a text; `None` when it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let id = |at: usize| Uuid::from_slice(&bytes[at..at + 16]).ok();
        Some(Self {
            tenant: TenantId(id(0)?),
            link: id(16)?,
            secret: Secret::new(bytes[32..].try_into().ok()?),
        })
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.expose()).into()
    }

    /// Whose link.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
}

impl std::fmt::Debug for SetUpToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SetUpToken({}, …)", self.link)
    }
}

/// A REST key, without its secret.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ApiKeyView {
    /// Id.
    pub id: ApiKeyId,
    /// Which program it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Cloud or server.
    pub path: String,
    /// Made when.
    pub created_at: Timestamp,
    /// Good until, if it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Revoked when.
    pub revoked_at: Option<Timestamp>,
}

/// A set-up link that is still good.
#[derive(Clone, Debug)]
pub struct SetUpLink {
    /// In which tenant.
    pub tenant: TenantView,
    /// For whom.
    pub member: MemberView,
    /// Until when.
    pub expires_at: Timestamp,
}

/// The verbs of the directory.
#[derive(Clone, Copy)]
pub struct Directory<'a>(pub(crate) &'a Domain);

/// Names of the kinds of which one makes somebody registered, whatever a rule demands of him.
fn factors(policy: Option<&PolicyDocument>) -> Vec<String> {
    let counts = |kind: &&MethodKind| kind.counts_as_registered() && policy.is_some_and(|policy| policy.allows(**kind, MethodUse::Mfa));
    MethodKind::ALL.iter().filter(counts).map(|kind| kind.to_string()).collect()
}

impl Directory<'_> {
    /// The tenant of a short name.
    pub async fn tenant_of_slug(self, slug: &Slug) -> std::result::Result<Option<TenantId>, crate::db::DbError> {
        let known = self.0.slugs().0.read().unwrap_or_else(|p| p.into_inner()).get(slug).copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = store::find_tenant_by_slug(self.0.db(), slug.as_str()).await?.map(TenantId);
        if let Some(tenant) = found {
            self.0.slugs().0.write().unwrap_or_else(|p| p.into_inner()).insert(slug.clone(), tenant);
        }
        Ok(found)
    }

    /// The tenant that a sign-in name belongs to, by its domain.
    pub async fn tenant_of_upn(self, upn: &Upn) -> std::result::Result<Option<TenantId>, crate::db::DbError> {
        Ok(store::find_tenant_by_domain(self.0.db(), upn.domain()).await?.map(TenantId))
    }

    /// All tenants, for the operator.
    pub async fn tenants(self, _by: Operator) -> Result<Vec<TenantView>> {
        Ok(store::list_tenants(self.0.db(), None).await?.into_iter().map(TenantView::from).collect())
    }

    /// One tenant.
    pub async fn tenant(self, tenant: TenantId) -> Result<TenantView> {
        store::list_tenants(self.0.db(), Some(tenant.0))
            .await?
            .into_iter()
            .next()
            .map(TenantView::from)
            .ok_or(DirectoryError::Unknown("tenant"))
    }

    /// Makes a tenant with its key and its first policy.
    pub async fn create_tenant(self, by: Operator, new: NewTenant) -> Result<TenantId> {
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let tenant = TenantId(rng.id(now));
        let (keys, wrapped) = self.0.vault().new_tenant_key(tenant, rng);
        let mut tx = self.0.db().tenant(tenant).await?;
        store::insert_tenant(&mut tx, new.slug.as_str(), new.name.as_str(), new.profile.as_str(), new.locale, now)
            .await
            .map_err(|e| {
                if e.constraint() == Some("tenant_slug_key") {
                    DirectoryError::SlugTaken
                } else {
                    e.into()
                }
            })?;
        for domain in &new.domains {
            store::insert_domain(&mut tx, domain.as_str()).await.map_err(|e| {
                if e.constraint() == Some("tenant_domain_pkey") {
                    DirectoryError::DomainTaken(domain.to_string())
                } else {
                    e.into()
                }
            })?;
        }
        store::insert_tenant_key(&mut tx, 1, &wrapped, now).await?;
        let document = serde_json::to_value(PolicyDocument::at_birth()).unwrap_or_default();
        store::insert_policy(&mut tx, 1, &document, by.who().id(), now).await?;
        let after = json!({ "slug": new.slug, "name": new.name, "domains": new.domains, "profile": new.profile });
        let audited = Audited {
            event: Event::TenantCreated,
            who: by.who(),
            target: ("tenant", Some(tenant.0)),
            reason: None,
            session: None,
            change: Change { before: Value::Null, after },
        };
        crate::journal::store::insert_audit(&mut tx, &AuditEntry::seal(tenant, now, audited, keys.key(KeyPurpose::AuditFacts), rng)).await?;
        tx.commit().await?;
        Ok(tenant)
    }

    /// Makes a member.
    pub async fn create_member(self, by: &Admin, new: NewMember) -> Result<MemberId> {
        by.needs(Permission::ManageMembers)?;
        if !new.roles.is_empty() {
            by.needs(Permission::ManageRoles)?;
        }
        let tenant = by.tenant();
        self.check_domain(tenant, &new.upn).await?;
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let keys = self.0.keys(tenant).await?;
        let member = MemberId(rng.id(now));
        let (subject_key, wrapped) = keys.new_subject_key(member.0, rng);
        let mut tx = self.0.db().tenant(tenant).await?;
        let row = store::NewMemberRow {
            member: member.0,
            upn: new.upn.as_str(),
            upn_folded: new.upn.folded(),
            given_name: new.given_name.as_ref().map(|n| n.as_str()),
            family_name: new.family_name.as_ref().map(|n| n.as_str()),
            mail: new.mail.as_ref().map(|m| m.as_str()),
            locale: None,
        };
        store::insert_member(&mut tx, &row, now).await.map_err(upn_taken)?;
        store::insert_subject_key(&mut tx, member.0, &wrapped, now).await?;
        for role in new.roles.iter().filter(|role| **role != Role::Member) {
            store::insert_role(&mut tx, member, role.as_str(), now).await?;
        }
        let after = json!({ "upn": new.upn, "given_name": new.given_name, "family_name": new.family_name, "mail": new.mail, "roles": new.roles });
        let audited = Audited {
            event: Event::MemberCreated,
            who: by.who(),
            target: ("member", Some(member.0)),
            reason: None,
            session: None,
            change: Change { before: Value::Null, after },
        };
        crate::journal::store::insert_audit(&mut tx, &AuditEntry::seal(tenant, now, audited, &subject_key, rng)).await?;
        tx.commit().await?;
        Ok(member)
    }

    /// One member, by id or sign-in name.
    pub async fn member(self, by: &Admin, of: &MemberRef) -> Result<MemberView> {
        by.needs(Permission::ReadMembers)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.view(&mut tx, of).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Members, by sign-in name, a page at a time.
    pub async fn members(self, by: &Admin, query: &MemberQuery) -> Result<Page<MemberView>> {
        by.needs(Permission::ReadMembers)?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let policy = self.policy_in(&mut tx).await?;
        let factors = factors(policy.as_ref());
        let rows = store::list_members(&mut tx, &query.filter(&factors), query.limit as i64 + 1, now).await?;
        tx.commit().await?;
        let page = Page::of(rows, query.limit, |row| Cursor {
            key: row.upn_folded.clone(),
            id: row.member_id,
        });
        Ok(page.map(|row| MemberView::of(row, policy.as_ref())))
    }

    /// How many members there are of each sort.
    pub async fn member_counts(self, by: &Admin) -> Result<MemberCounts> {
        by.needs(Permission::ReadMembers)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let policy = self.policy_in(&mut tx).await?;
        let counts = store::count_members(&mut tx, &factors(policy.as_ref()), self.0.clock().now()).await?;
        tx.commit().await?;
        Ok(counts)
    }

    /// Changes names, mail or sign-in name.
    pub async fn change_member(self, by: &Admin, of: &MemberRef, patch: MemberPatch, reason: Option<&str>) -> Result<MemberView> {
        by.needs(Permission::ManageMembers)?;
        if let Some(upn) = &patch.upn {
            self.check_domain(by.tenant(), upn).await?;
        }
        let set = |name: &Option<Option<CleanText<NAME_CHARACTERS_MAX>>>| name.as_ref().map(|n| n.as_ref().map(|n| n.to_string()));
        let (given, family) = (set(&patch.given_name), set(&patch.family_name));
        let mail = patch.mail.as_ref().map(|m| m.as_ref().map(|m| m.to_string()));
        let (view, mut change) = self.begin_change(by, of).await?;
        let set = store::MemberSet {
            given_name: given.as_ref().map(|n| n.as_deref()),
            family_name: family.as_ref().map(|n| n.as_deref()),
            mail: mail.as_ref().map(|m| m.as_deref()),
            upn: patch.upn.as_ref().map(|u| (u.as_str(), u.folded())),
        };
        store::set_member(&mut change.tx, view.id, &set).await.map_err(upn_taken)?;
        let after = self.view(&mut change.tx, &MemberRef::Id(view.id)).await?;
        change.finish(self, Event::MemberChanged, by, reason, view.facts(), after.facts()).await?;
        Ok(after)
    }

    /// Sets the MFA state. Enabling a member whose methods satisfy the policy goes straight to enforced; enforcing one with nothing registered needs
    /// `confirmed`. Methods are never touched.
    pub async fn set_mfa_state(self, by: &Admin, of: &MemberRef, state: MfaState, confirmed: bool, reason: Option<&str>) -> Result<MemberView> {
        by.needs(Permission::ManageMfa)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        let state = match state {
            MfaState::Enabled if view.can_satisfy => MfaState::Enforced,
            MfaState::Enforced if !view.can_satisfy && !confirmed => {
                return Err(DirectoryError::Confirm(
                    "nothing is registered: programs outside the browser stop working at once, and the next sign-in asks to register",
                ));
            }
            other => other,
        };
        store::set_mfa_state(&mut change.tx, view.id, state.as_str()).await?;
        let now = change.now;
        store::end_devices(&mut change.tx, view.id, now).await?;
        if state == MfaState::Disabled {
            store::end_app_passwords(&mut change.tx, view.id, now).await?;
        }
        let after = self.view(&mut change.tx, &MemberRef::Id(view.id)).await?;
        change
            .finish(
                self,
                Event::MfaStateChanged,
                by,
                reason,
                json!({ "mfa_state": view.mfa_state }),
                json!({ "mfa_state": state }),
            )
            .await?;
        Ok(after)
    }

    /// Requires registration again: app registrations and phones are removed, passkeys and recovery codes stay, the state becomes enabled, sessions end.
    pub async fn require_reregistration(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<MemberView> {
        by.needs(Permission::ManageMfa)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        let now = change.now;
        change.tell = self.addresses(&mut change.tx, by.tenant(), view.id).await?;
        let removed = store::remove_registrations(&mut change.tx, view.id, now).await?;
        end_what_was_given(&mut change.tx, view.id, now).await?;
        store::end_app_passwords(&mut change.tx, view.id, now).await?;
        store::delete_security_answers(&mut change.tx, view.id).await?;
        store::delete_call_pin(&mut change.tx, view.id).await?;
        store::set_mfa_state(&mut change.tx, view.id, MfaState::Enabled.as_str()).await?;
        let ended = store::delete_sessions(&mut change.tx, view.id).await?;
        store::clear_throttles(&mut change.tx, view.id).await?;
        let after = self.view(&mut change.tx, &MemberRef::Id(view.id)).await?;
        let told = json!({ "mfa_state": MfaState::Enabled, "methods_removed": removed, "sessions_ended": ended });
        change
            .finish(
                self,
                Event::ReregistrationRequired,
                by,
                Some(reason),
                json!({ "mfa_state": view.mfa_state }),
                told,
            )
            .await?;
        Ok(after)
    }

    /// Clears counters and locks, and switches methods on again that too many wrong answers switched off.
    pub async fn unlock(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<MemberView> {
        by.needs(Permission::Unlock)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        store::clear_throttles(&mut change.tx, view.id).await?;
        let on = store::set_methods_on(&mut change.tx, view.id, MethodKind::ALL).await?.len();
        let after = self.view(&mut change.tx, &MemberRef::Id(view.id)).await?;
        let before = json!({ "locked_until": view.locked_until, "wrong_in_row": view.wrong_in_row });
        change
            .finish(self, Event::MemberUnlocked, by, Some(reason), before, json!({ "methods_switched_on": on }))
            .await?;
        Ok(after)
    }

    /// Ends every session of a member.
    pub async fn revoke_sessions(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<u64> {
        by.needs(Permission::ManageMfa)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        let ended = store::delete_sessions(&mut change.tx, view.id).await?;
        change
            .finish(self, Event::SessionsRevoked, by, Some(reason), Value::Null, json!({ "sessions_ended": ended }))
            .await?;
        Ok(ended)
    }

    /// Switches an account off or on. Off ends every session at once.
    pub async fn set_enabled(self, by: &Admin, of: &MemberRef, enabled: bool, reason: &str) -> Result<MemberView> {
        by.needs(Permission::ManageMembers)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        if !enabled {
            self.keep_a_global_admin(&mut change, &view).await?;
            store::delete_sessions(&mut change.tx, view.id).await?;
            // What was given for a while does not come back with the account.
            let now = change.now;
            end_what_was_given(&mut change.tx, view.id, now).await?;
            store::end_app_passwords(&mut change.tx, view.id, now).await?;
            store::end_set_up_links(&mut change.tx, view.id, now).await?;
            store::end_reset_rights(&mut change.tx, view.id, now).await?;
        }
        let now = change.now;
        store::set_disabled(&mut change.tx, view.id, (!enabled).then_some(now)).await?;
        let after = self.view(&mut change.tx, &MemberRef::Id(view.id)).await?;
        let event = if enabled { Event::MemberEnabled } else { Event::MemberDisabled };
        change
            .finish(
                self,
                event,
                by,
                Some(reason),
                json!({ "disabled": view.disabled }),
                json!({ "disabled": !enabled }),
            )
            .await?;
        Ok(after)
    }

    /// Removes a member from the directory. The journal keeps what happened.
    pub async fn remove_member(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<()> {
        by.needs(Permission::ManageMembers)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        self.keep_a_global_admin(&mut change, &view).await?;
        store::delete_sessions(&mut change.tx, view.id).await?;
        let now = change.now;
        end_what_was_given(&mut change.tx, view.id, now).await?;
        store::end_app_passwords(&mut change.tx, view.id, now).await?;
        store::set_removed(&mut change.tx, view.id, now).await?;
        change.finish(self, Event::MemberRemoved, by, Some(reason), view.facts(), Value::Null).await
    }

    /// Gives a role.
    pub async fn grant_role(self, by: &Admin, of: &MemberRef, role: Role) -> Result<()> {
        by.needs(Permission::ManageRoles)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        let now = change.now;
        // The new role may be one that a rule refuses.
        self.keep_the_admins_way(&mut change, &view).await?;
        if role != Role::Member && store::insert_role(&mut change.tx, view.id, role.as_str(), now).await? {
            // What somebody with fewer rights gave out does not open an account with more.
            end_what_was_given(&mut change.tx, view.id, now).await?;
            store::end_set_up_links(&mut change.tx, view.id, now).await?;
            store::end_reset_rights(&mut change.tx, view.id, now).await?;
            // Nor do answers that friends may know (product rule 5: never for admins).
            store::delete_security_answers(&mut change.tx, view.id).await?;
            return change
                .finish(self, Event::RoleGranted, by, None, json!({ "roles": view.roles }), json!({ "granted": role }))
                .await;
        }
        Ok(change.tx.commit().await?)
    }

    /// Takes a role.
    pub async fn withdraw_role(self, by: &Admin, of: &MemberRef, role: Role) -> Result<()> {
        by.needs(Permission::ManageRoles)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        match role {
            Role::GlobalAdmin => self.keep_a_global_admin(&mut change, &view).await?,
            // Another role of his may be what excepts him from a rule.
            _ => self.keep_the_admins_way(&mut change, &view).await?,
        }
        if store::delete_role(&mut change.tx, view.id, role.as_str()).await? {
            return change
                .finish(
                    self,
                    Event::RoleWithdrawn,
                    by,
                    None,
                    json!({ "roles": view.roles }),
                    json!({ "withdrawn": role }),
                )
                .await;
        }
        Ok(change.tx.commit().await?)
    }

    /// Sets a password for a member, as an admin or a script does. Ends every session.
    pub async fn set_password(self, by: &Admin, of: &MemberRef, password: &str) -> Result<()> {
        by.needs(Permission::ManageMembers)?;
        let view = self.member(by, of).await?;
        let phc = self.hash_for(by.tenant(), &view, password).await?;
        let (view, mut change) = self.begin_change(by, of).await?;
        block::store::lock_member(&mut change.tx, view.id).await?;
        self.store_password(&mut change.tx, view.id, &phc, change.now).await?;
        store::delete_sessions(&mut change.tx, view.id).await?;
        change.finish(self, Event::PasswordSet, by, None, Value::Null, Value::Null).await
    }

    /// Makes a one-time set-up link, good for three days; earlier ones of the member stop working.
    pub async fn make_set_up_link(self, by: &Admin, of: &MemberRef) -> Result<SetUpToken> {
        by.needs(Permission::ManageMembers)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        let (now, life) = (change.now, SignedDuration::from_hours(SETUP_LINK_HOURS));
        let (token, expires) = self.new_set_up_link(&mut change.tx, view.id, life, now).await?;
        change
            .finish(self, Event::SetUpLinkMade, by, None, Value::Null, json!({ "expires_at": expires }))
            .await?;
        Ok(token)
    }

    /// A new link; earlier ones of the member stop working.
    pub(crate) async fn new_set_up_link(
        self,
        tx: &mut TenantTx,
        member: MemberId,
        life: SignedDuration,
        now: Timestamp,
    ) -> std::result::Result<(SetUpToken, Timestamp), crate::db::DbError> {
        let token = SetUpToken {
            tenant: tx.tenant(),
            link: self.0.rng().id(now),
            secret: Secret::new(self.0.rng().bytes()),
        };
        let expires = now + life;
        store::insert_set_up_link(tx, token.link, member, &token.hash(), now, expires).await?;
        Ok((token, expires))
    }

    /// Whose link it is, if it is still good. Looking does not use it up: mail scanners look too.
    pub async fn set_up_link(self, token: &SetUpToken) -> Result<SetUpLink> {
        let gone = |error| match error {
            DirectoryError::Unknown(_) => DirectoryError::LinkGone,
            other => other,
        };
        let tenant = self.tenant(token.tenant).await.map_err(gone)?;
        let mut tx = self.0.db().tenant(token.tenant).await?;
        let found = store::find_set_up_link(&mut tx, token.link, &token.hash(), self.0.clock().now()).await?;
        let (member, expires_at) = found.ok_or(DirectoryError::LinkGone)?;
        let member = self.view(&mut tx, &MemberRef::Id(MemberId(member))).await.map_err(gone)?;
        tx.commit().await?;
        // Who is switched off gets in by no door (bar 23).
        if tenant.suspended || member.disabled || member.blocked {
            return Err(DirectoryError::LinkGone);
        }
        Ok(SetUpLink { tenant, member, expires_at })
    }

    /// Uses a link up: sets the password and ends every session. The link works once, even for two browsers at the same moment.
    pub async fn use_set_up_link(self, token: &SetUpToken, password: &str) -> Result<MemberView> {
        let view = self.set_up_link(token).await?.member;
        let phc = self.hash_for(token.tenant, &view, password).await?;
        let now = self.0.clock().now();
        let keys = self.0.keys(token.tenant).await?;
        let mut tx = self.0.db().tenant(token.tenant).await?;
        // Whatever else changes this password, or ends what is open, comes before or after.
        block::store::lock_member(&mut tx, view.id).await?;
        if !store::set_link_used(&mut tx, token.link, &token.hash(), now).await? {
            return Err(DirectoryError::LinkGone);
        }
        self.store_password(&mut tx, view.id, &phc, now).await?;
        store::delete_sessions(&mut tx, view.id).await?;
        let who = Who::Member(view.id);
        let audited = Audited {
            event: Event::SetUpLinkUsed,
            who,
            target: ("member", Some(view.id.0)),
            reason: None,
            session: None,
            change: Change::default(),
        };
        self.audit(&mut tx, &keys, audited, now).await?;
        self.tell(&mut tx, &keys, view.id, Event::SetUpLinkUsed.as_str(), &json!({}), now).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Makes a REST key; the answer is shown once.
    pub async fn create_api_key(self, by: &Admin, name: &CleanText<NAME_CHARACTERS_MAX>, scopes: &[Scope], path: Path) -> Result<Credential> {
        by.needs(Permission::ManageKeys)?;
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let slug = Slug::parse(&self.tenant(by.tenant()).await?.slug).map_err(|_| DirectoryError::Unknown("tenant"))?;
        let credential = Credential::new(slug, ApiKeyId(rng.id(now)), rng.bytes());
        let keys = self.0.keys(by.tenant()).await?;
        let scopes: Vec<String> = scopes.iter().map(|s| s.as_str().to_owned()).collect();
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        store::insert_api_key(&mut tx, credential.key.0, name.as_str(), &credential.hash(), &scopes, path.as_str(), now).await?;
        let change = Change {
            before: Value::Null,
            after: json!({ "name": name, "scopes": scopes, "path": path }),
        };
        let audited = Audited {
            event: Event::ApiKeyMade,
            who: by.who(),
            target: ("api_key", Some(credential.key.0)),
            reason: None,
            session: None,
            change,
        };
        self.audit(&mut tx, &keys, audited, now).await?;
        tx.commit().await?;
        Ok(credential)
    }

    /// The tenant's REST keys, newest first, the revoked ones too. Nothing of their secrets.
    pub async fn api_keys(self, by: &Admin) -> Result<Vec<ApiKeyView>> {
        by.needs(Permission::ManageKeys)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let keys = store::list_api_keys(&mut tx).await?;
        tx.commit().await?;
        Ok(keys)
    }

    /// Revokes a REST key: from the next request on it opens nothing, on any node.
    pub async fn revoke_api_key(self, by: &Admin, key: ApiKeyId) -> Result<()> {
        by.needs(Permission::ManageKeys)?;
        let now = self.0.clock().now();
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let name = store::revoke_api_key(&mut tx, key.0, now).await?.ok_or(DirectoryError::Unknown("key"))?;
        let audited = Audited {
            event: Event::ApiKeyRevoked,
            who: by.who(),
            target: ("api_key", Some(key.0)),
            reason: None,
            session: None,
            change: Change {
                before: json!({ "name": name }),
                after: Value::Null,
            },
        };
        self.audit(&mut tx, &keys, audited, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Checks a REST key for anything but verification, which does it in its own load.
    pub async fn authenticate_key(self, credential: &Credential, from: Option<IpAddr>, scopes: &[Scope]) -> Result<Integration> {
        let tenant = self.tenant_of_slug(&credential.slug).await?.ok_or(DirectoryError::KeyRefused)?;
        let mut tx = self.0.db().tenant(tenant).await?;
        let row = store::find_api_key(&mut tx, credential.key.0, self.0.clock().now())
            .await?
            .ok_or(DirectoryError::KeyRefused)?;
        tx.commit().await?;
        let right_secret = bool::from(row.hash.ct_eq(&credential.hash()));
        let right_network = row.networks.is_empty() || from.is_some_and(|ip| row.networks.iter().any(|n| n.contains(&ip)));
        if !right_secret || !right_network || row.suspended {
            return Err(DirectoryError::KeyRefused);
        }
        let integration = Integration {
            tenant,
            key: credential.key,
            scopes: row.scopes.iter().filter_map(|s| Scope::parse(s)).collect(),
            path: Path::from_text(&row.path).unwrap_or(Path::Cloud),
        };
        match scopes.iter().any(|scope| integration.has(*scope)) {
            true => Ok(integration),
            false => Err(DirectoryError::ScopeMissing(scopes.first().map_or("admin", |s| s.as_str()))),
        }
    }

    /// Publishes a policy as the next version.
    pub async fn publish_policy(self, by: &Admin, document: PolicyDocument) -> Result<i32> {
        by.needs(Permission::PublishPolicy)?;
        self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let version = self.publish(&mut tx, by, None, |_, _| Ok(document)).await?;
        tx.commit().await?;
        Ok(version)
    }

    /// Changes a part of the policy and publishes it as the next version: what a colleague publishes at the same moment stays.
    pub(crate) async fn change_policy(self, by: &Admin, reason: &str, change: impl FnOnce(PolicyDocument) -> PolicyDocument) -> Result<i32> {
        by.needs(Permission::PublishPolicy)?;
        self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let version = self.change_policy_in(&mut tx, by, reason, change).await?;
        tx.commit().await?;
        Ok(version)
    }

    /// The same, in a transaction that changes something else as well.
    pub(crate) async fn change_policy_in(
        self,
        tx: &mut TenantTx,
        by: &Admin,
        reason: &str,
        change: impl FnOnce(PolicyDocument) -> PolicyDocument,
    ) -> Result<i32> {
        let of = |_: i32, found: Option<Value>| {
            let document = found.and_then(|document| serde_json::from_value(document).ok());
            Ok(change(document.ok_or(DirectoryError::Unknown("policy"))?))
        };
        self.publish(tx, by, Some(reason), of).await
    }

    /// Where every change of the policy passes: locked, checked, guarded against locking everybody out, written with its row in the audit log.
    async fn publish(
        self,
        tx: &mut TenantTx,
        by: &Admin,
        reason: Option<&str>,
        next: impl FnOnce(i32, Option<Value>) -> Result<PolicyDocument>,
    ) -> Result<i32> {
        by.needs(Permission::PublishPolicy)?;
        let now = self.0.clock().now();
        let keys = self.0.keys(by.tenant()).await?;
        let (profile, found) = store::lock_policy(tx).await?;
        let profile = Profile::from_text(&profile).ok_or(DirectoryError::Unknown("profile"))?;
        let (version, before) = found.unzip();
        let document = next(version.unwrap_or(0), before.clone())?;
        let mut problems = document.problems_for(profile);
        match problems.len() {
            0 => {}
            1 => return Err(problems.remove(0).into()),
            _ => return Err(DirectoryError::PolicyProblems(problems)),
        }
        self.knows_its_logo(tx, &document).await?;
        self.keep_a_way_in(tx, profile, before.as_ref(), &document, now).await?;
        let version = version.unwrap_or(0) + 1;
        let after = serde_json::to_value(&document).unwrap_or_default();
        store::insert_policy(tx, version, &after, by.who().id(), now).await?;
        let change = Change {
            before: before.unwrap_or(Value::Null),
            after,
        };
        let audited = Audited {
            event: Event::PolicyPublished,
            who: by.who(),
            target: ("policy", None),
            reason,
            session: None,
            change,
        };
        self.audit(tx, &keys, audited, now).await?;
        Ok(version)
    }

    /// The policy in force and its version.
    pub async fn policy(self, by: &Admin) -> Result<(i32, PolicyDocument)> {
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let found = store::find_policy(&mut tx).await?;
        tx.commit().await?;
        let (version, document) = found.ok_or(DirectoryError::Unknown("policy"))?;
        Ok((version, serde_json::from_value(document).map_err(|_| DirectoryError::Unknown("policy"))?))
    }

    /// Makes a member an operator of the installation.
    pub async fn grant_operator(self, by: Operator, tenant: TenantId, member: MemberId) -> Result<()> {
        let now = self.0.clock().now();
        self.member(&by.admin_of(tenant), &MemberRef::Id(member)).await?;
        store::insert_operator(self.0.db(), tenant, member, now).await?;
        let mut tx = self.0.db().tenant(tenant).await?;
        store::delete_security_answers(&mut tx, member).await?;
        tx.commit().await?;
        self.note(by.who().kind(), "operator.granted", json!({ "tenant": tenant, "member": member }))
            .await
    }

    /// The operators of the installation.
    pub async fn operators(self, _by: Operator) -> Result<Vec<(TenantId, MemberId)>> {
        Ok(store::list_operators(self.0.db()).await?)
    }

    /// Writes a line into the installation's own log.
    pub async fn note(self, actor: &str, event: &str, detail: Value) -> Result<()> {
        let now = self.0.clock().now();
        Ok(store::insert_installation_log(self.0.db(), self.0.rng().id(now), now, event, actor, &detail).await?)
    }

    /// Makes the journal's partitions from `months_back` months ago to three months ahead; tells how many were missing.
    pub async fn make_partitions(self, months_back: i32) -> Result<i32> {
        let today = self.0.clock().now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let first = today.first_of_month().saturating_sub(jiff::Span::new().months(months_back));
        Ok(store::make_partitions(self.0.db(), first, months_back + 4).await?)
    }

    async fn check_domain(self, tenant: TenantId, upn: &Upn) -> Result<()> {
        match self.tenant_of_upn(upn).await? {
            Some(owner) if owner == tenant => Ok(()),
            _ => Err(DirectoryError::DomainUnknown(upn.domain().to_owned())),
        }
    }

    pub(crate) async fn policy_in(self, tx: &mut TenantTx) -> Result<Option<PolicyDocument>> {
        Ok(store::find_policy(tx).await?.and_then(|(_, document)| serde_json::from_value(document).ok()))
    }

    /// A member as everybody with the right may see it.
    pub(crate) async fn view(self, tx: &mut TenantTx, of: &MemberRef) -> Result<MemberView> {
        let unknown = || DirectoryError::Unknown("member");
        let member = match of {
            MemberRef::Id(id) => id.0,
            MemberRef::Upn(upn) => store::find_member_id(tx, upn.folded()).await?.ok_or_else(unknown)?,
        };
        let filter = store::MemberFilter {
            member: Some(member),
            ..Default::default()
        };
        let row = store::list_members(tx, &filter, 1, self.0.clock().now()).await?.pop().ok_or_else(unknown)?;
        let policy = self.policy_in(tx).await?;
        Ok(MemberView::of(row, policy.as_ref()))
    }

    /// Begins a change of a member by somebody who must not have fewer rights.
    async fn begin_change(self, by: &Admin, of: &MemberRef) -> Result<(MemberView, Changing)> {
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.view(&mut tx, of).await?;
        if view.rank() > by.rank() {
            return Err(DirectoryError::RankTooHigh);
        }
        Ok((
            view.clone(),
            Changing {
                tx,
                member: view.id,
                now: self.0.clock().now(),
                tell: Vec::new(),
                admins_had: None,
            },
        ))
    }

    /// The phones and mailboxes of a member, as a notice keeps them.
    async fn addresses(self, tx: &mut TenantTx, tenant: TenantId, member: MemberId) -> Result<Vec<Value>> {
        let keys = self.0.keys(tenant).await?;
        let mut found = Vec::new();
        for (method, sealed) in store::list_sealed_addresses(tx, member).await? {
            let plain = keys.key(KeyPurpose::Address).open(SealedColumn::MethodSeed, method, &sealed)?;
            found.extend(serde_json::from_slice::<Value>(&plain).ok());
        }
        Ok(found)
    }

    /// Puts a notice to a member into the outbox, sealed under the tenant's key, in the transaction of what it tells of.
    pub(crate) async fn tell(self, tx: &mut TenantTx, keys: &TenantKeys, member: MemberId, kind: &str, told: &Value, now: Timestamp) -> Result<()> {
        let id = self.0.rng().id(now);
        let sealed = keys
            .key(KeyPurpose::Outbox)
            .seal(SealedColumn::Outbox, id, told.to_string().as_bytes(), self.0.rng());
        Ok(store::insert_notice(tx, id, member, kind, &sealed, now).await?)
    }

    /// Before a global admin loses something: refused where no other is to be counted on, and looked at again at the end.
    async fn keep_a_global_admin(self, change: &mut Changing, view: &MemberView) -> Result<()> {
        self.keep_the_admins_way(change, view).await?;
        match change.admins_had {
            Some(None) => Err(DirectoryError::LastGlobalAdmin),
            _ => Ok(()),
        }
    }

    /// Remembers how the global admins get in before one of them is changed: the end of the change looks whether they still do.
    async fn keep_the_admins_way(self, change: &mut Changing, view: &MemberView) -> Result<()> {
        if view.roles.contains(&Role::GlobalAdmin) {
            change.admins_had = Some(self.way_of_the_admins(&mut change.tx, change.now).await?);
        }
        Ok(())
    }

    /// Judges a password for a member and hashes it: every way to set one goes through here.
    pub(crate) async fn hash_for(self, tenant: TenantId, view: &MemberView, password: &str) -> Result<String> {
        let organisation = self.tenant(tenant).await?.name;
        let own: Vec<&str> = [
            Some(view.upn.as_str()),
            view.given_name.as_deref(),
            view.family_name.as_deref(),
            Some(&organisation),
        ]
        .into_iter()
        .flatten()
        .collect();
        let words: Vec<&str> = own
            .iter()
            .flat_map(|w| w.split(|c: char| !c.is_alphanumeric()))
            .filter(|w| w.len() > 2)
            .collect();
        let mut tx = self.0.db().tenant(tenant).await?;
        let policy = store::find_policy(&mut tx).await?;
        tx.commit().await?;
        let policy = policy.and_then(|(_, document)| serde_json::from_value::<PolicyDocument>(document).ok());
        let banned = policy.map(|document| document.passwords.banned).unwrap_or_default();
        let password = password::acceptable(password, &words, &banned)?;
        Ok(self.0.passwords().hash(self.0.vault(), self.0.rng(), password).await?)
    }

    pub(crate) async fn store_password(self, tx: &mut TenantTx, member: MemberId, phc: &str, now: Timestamp) -> Result<()> {
        end_what_was_given(tx, member, now).await?;
        store::end_app_passwords(tx, member, now).await?;
        store::end_set_up_links(tx, member, now).await?;
        store::end_reset_rights(tx, member, now).await?;
        Ok(store::set_password(tx, member, phc, self.0.vault().pepper().1, now).await?)
    }

    /// Writes an audit row in a transaction, under the key of the member it is about, else the tenant's.
    pub(crate) async fn audit(self, tx: &mut TenantTx, keys: &TenantKeys, audited: Audited<'_>, now: Timestamp) -> Result<()> {
        let key = match audited.target {
            ("member", Some(id)) => match store::find_subject_key(tx, id).await? {
                Some(wrapped) => keys.subject_key(id, &wrapped)?,
                None => keys.key(KeyPurpose::AuditFacts).clone(),
            },
            _ => keys.key(KeyPurpose::AuditFacts).clone(),
        };
        let entry = AuditEntry::seal(tx.tenant(), now, audited, &key, self.0.rng());
        Ok(crate::journal::store::insert_audit(tx, &entry).await?)
    }
}

/// A change under way: its transaction, its member, its moment.
struct Changing {
    tx: TenantTx,
    member: MemberId,
    now: Timestamp,
    /// Addresses that are told although they are the member's no more.
    tell: Vec<Value>,
    /// How the global admins got in before, where the change is of one of them.
    admins_had: Option<Option<WayIn>>,
}

impl Changing {
    /// Writes the audit row and the member's notice, and commits.
    async fn finish(mut self, directory: Directory<'_>, event: Event, by: &Admin, reason: Option<&str>, before: Value, after: Value) -> Result<()> {
        if let Some(had) = self.admins_had {
            // Registering is a way in as well: the colleague who comes after the last admin may have nothing yet.
            let have = directory.way_of_the_admins(&mut self.tx, self.now).await?;
            if have < had.min(Some(WayIn::ByRegistering)) {
                return Err(DirectoryError::LastGlobalAdmin);
            }
        }
        let keys = directory.0.keys(by.tenant()).await?;
        if is_told(event) {
            // The mailbox that was: whoever has changed it by stealth reads the new one.
            let mail = before["mail"].as_str().filter(|_| before["mail"] != after["mail"]);
            self.tell.extend(mail.map(|mail| json!({ "mail": mail })));
            let told = json!({ "event": event.as_str(), "before": before, "after": after, "tell": self.tell });
            directory.tell(&mut self.tx, &keys, self.member, event.as_str(), &told, self.now).await?;
        }
        let audited = Audited {
            event,
            who: by.who(),
            target: ("member", Some(self.member.0)),
            reason,
            session: None,
            change: Change { before, after },
        };
        directory.audit(&mut self.tx, &keys, audited, self.now).await?;
        Ok(self.tx.commit().await?)
    }
}

/// What a member is told of that an admin does in the directory.
pub(crate) const fn is_told(event: Event) -> bool {
    matches!(
        event,
        Event::PasswordSet
            | Event::SetUpLinkMade
            | Event::MemberChanged
            | Event::MfaStateChanged
            | Event::ReregistrationRequired
            | Event::MemberBlocked
            | Event::MemberUnblocked
            | Event::BypassOpened
    )
}

fn upn_taken(error: crate::db::DbError) -> DirectoryError {
    if error.constraint() == Some("member_upn_key") {
        DirectoryError::UpnTaken
    } else {
        error.into()
    }
}

/// Ends passes and bypasses: what lets somebody in for a while does not outlive a reset, a block or more rights.
pub(crate) async fn end_what_was_given(tx: &mut TenantTx, member: MemberId, now: Timestamp) -> std::result::Result<(), crate::db::DbError> {
    store::end_passes(tx, member, now).await?;
    block::store::end_bypasses(tx, member, now).await?;
    Ok(())
}
