//! Every address of the pages, once.

/// By role.
pub const HOME: &str = "/";
/// Language and appearance.
pub const PREFERENCES: &str = "/preferences";
/// Every component.
pub const DESIGN: &str = "/design";
/// Name, password, second step.
pub const SIGN_IN: &str = "/sign-in";
/// Ends the session.
pub const SIGN_OUT: &str = "/sign-out";
/// The wizard.
pub const REGISTER: &str = "/register";
/// One's own methods.
pub const SECURITY_INFO: &str = "/security-info";
/// One's own sign-ins.
pub const ACTIVITY: &str = "/activity";
/// A one-time link.
pub const SET_UP: &str = "/set-up/{token}";
/// The support desk.
pub const SUPPORT: &str = "/support";
/// One attempt at the desk.
pub const CASE: &str = "/support/sessions/{session_id}";
/// Sign-ins of a tenant.
pub const JOURNAL: &str = "/admin/{tenant}/journal";
/// The same rows as a file.
pub const JOURNAL_CSV: &str = "/admin/{tenant}/journal.csv";
/// Changes in a tenant.
pub const AUDIT: &str = "/admin/{tenant}/journal/audit";
/// The same rows as a file.
pub const AUDIT_CSV: &str = "/admin/{tenant}/journal/audit.csv";
/// Tenants of the installation.
pub const OPERATOR_TENANTS: &str = "/operator/tenants";

/// Members of a tenant.
pub const USERS: &str = "/admin/{tenant}/users";
/// A member more.
pub const USERS_NEW: &str = "/admin/{tenant}/users/new";
/// Many members at once.
pub const USERS_BULK: &str = "/admin/{tenant}/users/bulk";
/// One member.
pub const USER: &str = "/admin/{tenant}/users/{id}";
/// A tenant more.
pub const OPERATOR_TENANTS_NEW: &str = "/operator/tenants/new";

/// A page of a tenant's console.
pub fn admin(tenant: &str, page: &str) -> String {
    format!("/admin/{tenant}/{page}")
}

/// The case of an attempt.
pub fn case(session_id: model::SessionId) -> String {
    format!("{SUPPORT}/sessions/{session_id}")
}
