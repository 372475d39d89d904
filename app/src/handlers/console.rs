//! The console's frame: proves who may work here, loads what the frame shows, and draws navigation with only what exists and the role may do.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use domain::{
    actor::{Admin, Permission},
    directory::{SetUpToken, TenantView},
    sign_in::SignedIn,
};
use model::{ErrorCode, Role};

use crate::{
    caller::{Guest, Portal, Stop},
    components::{Account, IconName, NavItem, TenantChoice},
    pages::{home_of, words},
    routes,
    shell::ConsoleShell,
};

/// A page of the console, for the mark in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Members of the tenant.
    Members,
    /// Its hardware tokens.
    Tokens,
    /// Its sign-ins.
    SignIns,
    /// Its trusted networks.
    Networks,
    /// Models of passkeys that it allows.
    PasskeyModels,
    /// Alarms for its sent codes.
    Alarms,
    /// Its changes.
    Audit,
    /// The desk of the home tenant.
    Support,
    /// All tenants.
    Tenants,
    /// Who carries messages.
    Providers,
    /// What they come from.
    Senders,
}

/// Somebody at work in a tenant.
pub(super) struct Console {
    /// The proof of rights in the tenant of the page.
    pub(super) admin: Admin,
    /// That tenant.
    pub(super) tenant: TenantView,
    others: Vec<TenantView>,
    members: Option<i64>,
    me: SignedIn,
    name: String,
}

impl Console {
    /// At work on a page of `/admin/{slug}/…`. What the visitor is told when he may not is settled by [`Guest::admin`].
    pub(super) async fn open(guest: &Guest, slug: &str, permission: Permission) -> Result<Self, Stop> {
        let admin = guest.admin(slug, permission).await?;
        Self::of(guest, admin).await
    }

    /// At work with a proof from elsewhere, such as [`Guest::staff`].
    pub(super) async fn of(guest: &Guest, admin: Admin) -> Result<Self, Stop> {
        let me = guest.member()?.clone();
        let directory = guest.domain().directory();
        let (tenant, others) = match me.me.operator() {
            Some(operator) => {
                let (mut here, others): (Vec<_>, Vec<_>) = directory
                    .tenants(operator)
                    .await
                    .map_err(guest.fails())?
                    .into_iter()
                    .partition(|tenant| tenant.id == admin.tenant());
                (here.pop().ok_or_else(|| guest.oops(ErrorCode::NotFound))?, others)
            }
            None => (directory.tenant(admin.tenant()).await.map_err(guest.fails())?, Vec::new()),
        };
        let members = match admin.may(Permission::ReadMembers) {
            true => Some(directory.member_counts(&admin).await.map_err(guest.fails())?.all),
            false => None,
        };
        Ok(Self {
            admin,
            tenant,
            others,
            members,
            me,
            name: guest.name(),
        })
    }

    /// The short name of the tenant.
    pub(super) fn slug(&self) -> &str {
        &self.tenant.slug
    }

    /// The frame. Has words in it, so it is made inside [`Guest::show`].
    pub(super) fn shell(&self, current: Place) -> ConsoleShell {
        self.shell_for(current, String::new())
    }

    /// The frame with what was searched for.
    pub(super) fn shell_for(&self, current: Place, query: String) -> ConsoleShell {
        let users = |tenant: &TenantView| routes::admin(&tenant.slug, "users");
        let members = self.members.map(|count| match count {
            1 => text!(console.one_member).to_owned(),
            count => text!(console.count_members, count = crate::format::number(count.unsigned_abs())),
        });
        let role = match (self.me.member.operator, self.me.me.roles().iter().max_by_key(|role| role.rank())) {
            (true, _) => text!(console.role_operator),
            (false, role) => words::role(role.copied().unwrap_or(Role::Member)),
        };
        ConsoleShell {
            home: home_of(&self.me),
            tenant: Some(TenantChoice {
                name: self.tenant.name.clone(),
                detail: members.unwrap_or_else(|| self.tenant.slug.clone()),
                href: users(&self.tenant),
            }),
            other_tenants: self
                .others
                .iter()
                .map(|other| TenantChoice {
                    name: other.name.clone(),
                    detail: other.slug.clone(),
                    href: users(other),
                })
                .collect(),
            items: self.items(current),
            search: users(&self.tenant),
            query,
            account: Account {
                name: self.name.clone(),
                role: role.to_owned(),
                security_info: routes::SECURITY_INFO.to_owned(),
                sign_out: routes::SIGN_OUT.to_owned(),
            },
            foot: concat!("Tweestap ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    /// May open a case at the desk.
    pub(super) fn at_desk(&self) -> bool {
        self.me.me.operator().is_some() || Permission::ReadCase.held_by(self.me.me.roles())
    }

    /// Whether a session id on a page of this tenant leads somewhere: the desk is that of the home tenant.
    pub(super) fn sees_cases(&self) -> bool {
        self.at_desk() && self.admin.tenant() == self.me.me.tenant()
    }

    fn items(&self, current: Place) -> Vec<NavItem> {
        let page = |name: &str| routes::admin(self.slug(), name);
        let may = |permission| self.admin.may(permission);
        let all = [
            (
                may(Permission::ReadMembers),
                Place::Members,
                text!(console.members),
                page("users"),
                IconName::Users,
            ),
            (
                may(Permission::ReadSignIns),
                Place::SignIns,
                text!(console.sign_ins),
                page("journal"),
                IconName::Log,
            ),
            (
                self.at_desk(),
                Place::Support,
                text!(console.support_desk),
                routes::SUPPORT.to_owned(),
                IconName::Search,
            ),
            (
                may(Permission::ReadMembers),
                Place::Tokens,
                text!(console.tokens),
                page("tokens"),
                IconName::MethodToken,
            ),
            (
                may(Permission::PublishPolicy),
                Place::Networks,
                text!(console.networks),
                page("networks"),
                IconName::Shield,
            ),
            (
                may(Permission::PublishPolicy),
                Place::PasskeyModels,
                text!(console.passkey_models),
                page("passkey-models"),
                IconName::MethodPasskey,
            ),
            (
                may(Permission::ReadSignIns),
                Place::Alarms,
                text!(console.sent_codes),
                page("alarms"),
                IconName::MethodSms,
            ),
            (
                may(Permission::ReadAudit),
                Place::Audit,
                text!(console.audit),
                page("journal/audit"),
                IconName::Book,
            ),
            (
                self.me.me.operator().is_some(),
                Place::Tenants,
                text!(console.tenants),
                routes::OPERATOR_TENANTS.to_owned(),
                IconName::Globe,
            ),
            (
                self.me.me.operator().is_some(),
                Place::Providers,
                text!(console.providers),
                routes::OPERATOR_PROVIDERS.to_owned(),
                IconName::MethodVoice,
            ),
            (
                self.me.me.operator().is_some(),
                Place::Senders,
                text!(console.senders),
                routes::OPERATOR_SENDERS.to_owned(),
                IconName::MethodMail,
            ),
        ];
        all.into_iter()
            .filter(|(shown, ..)| *shown)
            .map(|(_, place, label, href, icon)| NavItem::new(label, href, icon, place == current))
            .collect()
    }
}

/// Where people reach the service, for links that travel by mail or paper.
pub(super) struct Origin(String);

impl<S: Send + Sync> FromRequestParts<S> for Origin
where
    Portal: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Portal::from_ref(state).origin.to_string()))
    }
}

impl Origin {
    /// The link to be shown once.
    pub(super) fn set_up_link(&self, token: &SetUpToken) -> String {
        format!("{}{}", self.0, routes::SET_UP.replace("{token}", &token.reveal()))
    }
}
