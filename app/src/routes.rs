//! Every address of the pages, once.

use crate::visit::query_value;

/// By role.
pub const HOME: &str = "/";
/// Language and appearance.
pub const PREFERENCES: &str = "/preferences";
/// Every component.
pub const DESIGN: &str = "/design";
/// Name, password, second step.
pub const SIGN_IN: &str = "/sign-in";
/// The question to a passkey in place of name and password.
pub const SIGN_IN_PASSKEY_OPTIONS: &str = "/sign-in/passkey/options";
/// The question of the second step.
pub const SIGN_IN_SECOND_OPTIONS: &str = "/sign-in/second/options";
/// What has become of a code that was sent.
pub const FATE: &str = "/fate/{attempt}";
/// Ends the session.
pub const SIGN_OUT: &str = "/sign-out";
/// The wizard.
pub const REGISTER: &str = "/register";
/// The question to a device that makes a first passkey.
pub const REGISTER_PASSKEY_OPTIONS: &str = "/register/passkey/options";
/// One's own methods.
pub const SECURITY_INFO: &str = "/security-info";
/// The question to a passkey before a change.
pub const SECURITY_INFO_CONFIRM_OPTIONS: &str = "/security-info/confirm/options";
/// A passkey more.
pub const SECURITY_INFO_ADD_PASSKEY: &str = "/security-info/add/passkey";
/// The question to the device that makes it.
pub const SECURITY_INFO_ADD_PASSKEY_OPTIONS: &str = "/security-info/add/passkey/options";
/// Which method to add.
pub const SECURITY_INFO_ADD: &str = "/security-info/add";
/// A hardware token more.
pub const SECURITY_INFO_ADD_TOKEN: &str = "/security-info/add/hardware-token";
/// A phone more.
pub const SECURITY_INFO_ADD_PHONE: &str = "/security-info/add/phone";
/// A phone more, for calls.
pub const SECURITY_INFO_ADD_CALL: &str = "/security-info/add/call";
/// A mailbox more.
pub const SECURITY_INFO_ADD_MAIL: &str = "/security-info/add/email";
/// The PIN of calls.
pub const SECURITY_INFO_CALL_PIN: &str = "/security-info/call-pin";
/// Security questions for a reset.
pub const SECURITY_INFO_ADD_QUESTIONS: &str = "/security-info/add/security-questions";
/// Passwords for programs that cannot ask for a second step.
pub const SECURITY_INFO_APP_PASSWORDS: &str = "/security-info/app-passwords";
/// Help.
pub const HELP: &str = "/help";
/// A way of signing in, explained.
pub const HELP_METHOD: &str = "/help/methods/{kind}";
/// An error, explained.
pub const HELP_ERROR: &str = "/help/errors/{code}";
/// A question to the support desk.
pub const REQUEST: &str = "/help/request";
/// "I lost my phone".
pub const LOST: &str = "/lost";
/// One's own sign-ins.
pub const ACTIVITY: &str = "/activity";
/// A one-time link.
pub const SET_UP: &str = "/set-up/{token}";
/// A forgotten password.
pub const RESET: &str = "/reset";
/// The new password, for whoever has shown who he is.
pub const RESET_PASSWORD: &str = "/reset/{token}";
/// An emergency key in place of everything.
pub const EMERGENCY: &str = "/emergency";
/// "This wasn't me": the link in a notice.
pub const NOTICE: &str = "/notices/{token}";
/// The support desk.
pub const SUPPORT: &str = "/support";
/// One attempt at the desk.
pub const CASE: &str = "/support/sessions/{session_id}";
/// What members have asked the desk.
pub const TICKETS: &str = "/support/tickets";
/// One of them.
pub const TICKET: &str = "/support/tickets/{number}";
/// Who is calling?
pub const CALLER: &str = "/support/callers/{id}";
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

/// Who carries texts, calls and mails.
pub const OPERATOR_PROVIDERS: &str = "/operator/providers";
/// One more.
pub const OPERATOR_PROVIDERS_NEW: &str = "/operator/providers/new";
/// One of them.
pub const OPERATOR_PROVIDER: &str = "/operator/providers/{id}";
/// What messages come from.
pub const OPERATOR_SENDERS: &str = "/operator/senders";
/// What went into a developer's folder.
pub const OPERATOR_MESSAGES: &str = "/operator/messages";

/// Alarms for sent codes of a tenant.
pub const ALARMS: &str = "/admin/{tenant}/alarms";
/// Models of passkeys that a tenant allows.
pub const PASSKEY_MODELS: &str = "/admin/{tenant}/passkey-models";
/// Members of a tenant.
pub const USERS: &str = "/admin/{tenant}/users";
/// A member more.
pub const USERS_NEW: &str = "/admin/{tenant}/users/new";
/// Many members at once.
pub const USERS_BULK: &str = "/admin/{tenant}/users/bulk";
/// One member.
pub const USER: &str = "/admin/{tenant}/users/{id}";
/// Trusted networks of a tenant.
pub const NETWORKS: &str = "/admin/{tenant}/networks";
/// Hardware tokens of a tenant.
pub const TOKENS: &str = "/admin/{tenant}/tokens";
/// A file of them.
pub const TOKENS_IMPORT: &str = "/admin/{tenant}/tokens/import";
/// One import.
pub const TOKENS_IMPORT_RUN: &str = "/admin/{tenant}/tokens/imports/{id}";
/// One token.
pub const TOKEN: &str = "/admin/{tenant}/tokens/{serial}";
/// A tenant more.
pub const OPERATOR_TENANTS_NEW: &str = "/operator/tenants/new";

/// A page of a tenant's console.
pub fn admin(tenant: &str, page: &str) -> String {
    format!("/admin/{tenant}/{page}")
}

/// What has become of the code that was sent for an attempt.
pub fn fate(attempt: model::AttemptId) -> String {
    FATE.replace("{attempt}", &attempt.to_string())
}

/// The case of an attempt.
pub fn case(session_id: model::SessionId) -> String {
    format!("{SUPPORT}/sessions/{session_id}")
}

/// The check of a caller, and where it leads back to.
pub fn caller(member: model::MemberId, back: &str) -> String {
    format!("{SUPPORT}/callers/{member}?back={}", query_value(back))
}

/// A ticket at the desk.
pub fn ticket(number: model::TicketNumber) -> String {
    format!("{TICKETS}/{number}")
}

/// The page of a token. Serial numbers are as their makers like them, so they travel escaped; one that reads like a page of its own is escaped whole,
/// which leads past that page.
pub fn token(tenant: &str, serial: &str) -> String {
    let segment = match serial {
        "import" | "imports" => serial.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        _ => query_value(serial),
    };
    format!("{}/{segment}", admin(tenant, "tokens"))
}

/// The page of an import.
pub fn token_import(tenant: &str, id: model::ImportId) -> String {
    format!("{}/imports/{id}", admin(tenant, "tokens"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_travel_whole() {
        assert_eq!(token("noord", "ZS-0001"), "/admin/noord/tokens/ZS-0001");
        assert_eq!(token("noord", "a/b ?#%é"), "/admin/noord/tokens/a%2Fb%20%3F%23%25%C3%A9");
        assert_eq!(token("noord", "import"), "/admin/noord/tokens/%69%6D%70%6F%72%74");
    }
}
