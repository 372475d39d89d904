//! Proofs of who is calling. A verb takes the proof it needs; without it, it cannot be called.

use jiff::Timestamp;
use model::{ApiKeyId, MemberId, MethodKind, Path, Role, TenantId};
use std::net::IpAddr;

/// From where somebody comes: what the edge saw, never what a header claims without a trusted proxy.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Client {
    /// The address of the browser or program.
    pub address: Option<IpAddr>,
    /// The browser's or program's own description, at most 300 characters.
    pub agent: Option<String>,
}

/// What an act is attributed to in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A member of some tenant.
    Member(MemberId),
    /// A REST key.
    Key(ApiKeyId),
    /// Somebody at the console of the machine.
    Console,
    /// The service itself.
    Service,
}

impl Who {
    /// The kind, as stored.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Key(_) => "api_key",
            Self::Console => "console",
            Self::Service => "service",
        }
    }

    /// The id, where there is one.
    pub const fn id(self) -> Option<uuid::Uuid> {
        match self {
            Self::Member(id) => Some(id.0),
            Self::Key(id) => Some(id.0),
            Self::Console | Self::Service => None,
        }
    }
}

/// What an act needs. Which roles hold it stands in [`Permission::roles`], the only table of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See members, their states and masked methods.
    ReadMembers,
    /// Create, rename, disable and remove members; set-up links.
    ManageMembers,
    /// Grant and withdraw roles.
    ManageRoles,
    /// Switch MFA on and off; require registration again; remove methods; end sessions.
    ManageMfa,
    /// Import, assign, activate and retire hardware tokens.
    ManageTokens,
    /// Clear counters and locks.
    Unlock,
    /// Read the authentication log.
    ReadSignIns,
    /// Read the audit log.
    ReadAudit,
    /// Look at a case.
    ReadCase,
    /// Publish a policy.
    PublishPolicy,
    /// Make and revoke REST keys.
    ManageKeys,
    /// Give Temporary Access Passes and take them back.
    GivePasses,
    /// Work at the support desk: its tickets, and the check of a caller.
    WorkAtDesk,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 13] = [
        Self::ReadMembers,
        Self::ManageMembers,
        Self::ManageRoles,
        Self::ManageMfa,
        Self::ManageTokens,
        Self::Unlock,
        Self::ReadSignIns,
        Self::ReadAudit,
        Self::ReadCase,
        Self::PublishPolicy,
        Self::ManageKeys,
        Self::GivePasses,
        Self::WorkAtDesk,
    ];

    /// The roles that hold it, besides `global_admin`, who holds all.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::ReadMembers => &[Role::Support, Role::AuthAdmin, Role::PolicyAdmin, Role::BillingAdmin, Role::Reader],
            Self::ManageMembers | Self::ManageMfa | Self::ManageTokens => &[Role::AuthAdmin],
            Self::ManageRoles | Self::ManageKeys => &[],
            Self::Unlock | Self::GivePasses | Self::WorkAtDesk => &[Role::AuthAdmin, Role::Support],
            Self::ReadSignIns => &[Role::Support, Role::AuthAdmin, Role::PolicyAdmin, Role::Reader],
            Self::ReadAudit => &[Role::AuthAdmin, Role::PolicyAdmin, Role::Reader],
            Self::ReadCase => &[Role::Support, Role::AuthAdmin, Role::Reader],
            Self::PublishPolicy => &[Role::PolicyAdmin],
        }
    }

    /// True when one of the roles holds it.
    pub fn held_by(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| *role == Role::GlobalAdmin || self.roles().contains(role))
    }
}

/// Somebody with rights in one tenant: an admin in the console, support, a REST key with scope `admin`, or the machine's console.
#[derive(Clone, Debug)]
pub struct Admin {
    tenant: TenantId,
    who: Who,
    roles: Vec<Role>,
    /// For a REST key: whether its scopes give the right to make passes, whatever its roles do.
    passes: Option<bool>,
    /// The console, or an operator: above every role of a tenant.
    above: bool,
}

/// An operator stands above the global admins of every tenant, his own among them: none of them may take his account by a pass or a new method.
pub(crate) const OPERATOR_RANK: u8 = Role::GlobalAdmin.rank() + 1;

/// The caller's roles do not hold the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{permission:?} is not among the rights of your roles")]
pub struct NotAllowed {
    /// What would have been needed.
    pub permission: Permission,
}

impl Admin {
    /// A proof made of checked facts; only the areas that check them can make one.
    pub(crate) fn new(tenant: TenantId, who: Who, roles: Vec<Role>) -> Self {
        Self {
            tenant,
            who,
            roles,
            passes: None,
            above: false,
        }
    }

    /// The machine's console, which may do everything in every tenant.
    pub fn console(tenant: TenantId) -> Self {
        Operator::console().admin_of(tenant)
    }

    /// The service itself, for what it does in a tenant of its own accord.
    pub(crate) fn service(tenant: TenantId) -> Self {
        Self::new(tenant, Who::Service, vec![Role::GlobalAdmin])
    }

    /// In which tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Who.
    pub const fn who(&self) -> Who {
        self.who
    }

    /// With which roles.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The highest rank of the roles; an operator's is above them all.
    pub fn rank(&self) -> u8 {
        let highest = self.roles.iter().map(|role| role.rank()).max().unwrap_or(0);
        if self.above { OPERATOR_RANK } else { highest }
    }

    /// True when the roles hold the permission.
    pub fn may(&self, permission: Permission) -> bool {
        match (permission, self.passes) {
            (Permission::GivePasses, Some(scoped)) => scoped,
            _ => permission.held_by(&self.roles),
        }
    }

    /// Refuses when they do not.
    pub fn needs(&self, permission: Permission) -> Result<(), NotAllowed> {
        if self.may(permission) { Ok(()) } else { Err(NotAllowed { permission }) }
    }
}

/// A signed-in member.
#[derive(Clone, Debug)]
pub struct Member {
    pub(crate) tenant: TenantId,
    pub(crate) member: MemberId,
    pub(crate) roles: Vec<Role>,
    pub(crate) operator: bool,
    pub(crate) level: u8,
    pub(crate) factor_at: Option<Timestamp>,
    pub(crate) factor: Option<MethodKind>,
    pub(crate) strict: bool,
    pub(crate) client: Client,
    pub(crate) session: uuid::Uuid,
}

impl Member {
    /// The handle of the session: what is shown to this one is shown to no other.
    pub(crate) const fn session(&self) -> uuid::Uuid {
        self.session
    }

    /// In which tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Which member.
    pub const fn id(&self) -> MemberId {
        self.member
    }

    /// Roles in the home tenant.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// 1 after a password, 2 after a second factor.
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// When the last second factor was given in this session.
    pub const fn factor_at(&self) -> Option<Timestamp> {
        self.factor_at
    }

    /// What that second factor was.
    pub const fn factor(&self) -> Option<MethodKind> {
        self.factor
    }

    /// From where.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The proof of rights in the home tenant; only with a second factor in this session.
    pub fn admin(&self) -> Option<Admin> {
        (self.level >= 2 && !self.roles.is_empty()).then(|| Admin::new(self.tenant, Who::Member(self.member), self.roles.clone()))
    }

    /// The proof of rights over the installation; only with a second factor in this session.
    pub fn operator(&self) -> Option<Operator> {
        (self.level >= 2 && self.operator).then_some(Operator { who: Who::Member(self.member) })
    }
}

/// Somebody with rights over the installation.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    pub(crate) who: Who,
}

impl Operator {
    /// The machine's console.
    pub const fn console() -> Self {
        Self { who: Who::Console }
    }

    /// Who.
    pub const fn who(self) -> Who {
        self.who
    }

    /// An operator may do everything in every tenant; each act is attributed to the person.
    pub fn admin_of(self, tenant: TenantId) -> Admin {
        Admin {
            above: true,
            ..Admin::new(tenant, self.who, vec![Role::GlobalAdmin])
        }
    }
}

/// A REST key that has been checked: its tenant, scopes and path.
#[derive(Clone, Debug)]
pub struct Integration {
    pub(crate) tenant: TenantId,
    pub(crate) key: ApiKeyId,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) path: Path,
}

/// What a REST key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Verifications.
    Verify,
    /// Reading.
    Read,
    /// Everything an admin does.
    Admin,
    /// What support does.
    Support,
    /// Making passes.
    Pass,
    /// Asking security questions.
    Questions,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [Self::Verify, Self::Read, Self::Admin, Self::Support, Self::Pass, Self::Questions];

    /// The text of a scope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Read => "read",
            Self::Admin => "admin",
            Self::Support => "support",
            Self::Pass => "pass",
            Self::Questions => "questions",
        }
    }

    /// The scope of a text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl Integration {
    /// Whose key.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Which key.
    pub const fn key(&self) -> ApiKeyId {
        self.key
    }

    /// The path it is marked with.
    pub const fn path(&self) -> Path {
        self.path
    }

    /// True when the key has the scope.
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// The rights that the scopes give: `admin` all but passes, `support` those of support without passes, `read` those of a reader, `pass` passes
    /// alone, for members whose rank the other scopes reach.
    pub fn admin(&self) -> Admin {
        let roles = self.scopes.iter().filter_map(|scope| match scope {
            Scope::Admin => Some(Role::GlobalAdmin),
            Scope::Support => Some(Role::Support),
            Scope::Read => Some(Role::Reader),
            Scope::Verify | Scope::Pass | Scope::Questions => None,
        });
        Admin {
            passes: Some(self.has(Scope::Pass)),
            ..Admin::new(self.tenant, Who::Key(self.key), roles.collect())
        }
    }
}
