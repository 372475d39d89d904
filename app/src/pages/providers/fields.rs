//! What each kind of provider is set up with: the names of its settings, as `channels/settings.rs` of the server reads them.

use domain::delivery::ProviderKind;

/// How a setting is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Words.
    Text,
    /// A whole number.
    Number,
    /// An address.
    Url,
    /// Certificates.
    Pem,
    /// One of some words.
    Choice(&'static [&'static str]),
}

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// How it is typed.
    pub shape: Shape,
    /// It has to be there.
    pub required: bool,
}

const fn setting(name: &'static str, shape: Shape, required: bool) -> Setting {
    Setting { name, shape, required }
}

const ROOTS: Setting = setting("roots", Shape::Pem, false);

/// The settings of a kind; what is unsafe is offered in development only.
#[must_use]
pub fn settings(kind: ProviderKind, development: bool) -> Vec<Setting> {
    let security: &[&str] = match (kind, development) {
        (ProviderKind::Smtp, false) => &["tls", "starttls"],
        (ProviderKind::Smtp, true) => &["tls", "starttls", "plain"],
        (_, false) => &["tls", "private_line"],
        (_, true) => &["tls", "private_line", "plain"],
    };
    let (host, port, security) = (
        setting("host", Shape::Text, true),
        setting("port", Shape::Number, true),
        setting("security", Shape::Choice(security), true),
    );
    let (base, account) = (setting("base", Shape::Url, true), setting("account", Shape::Text, true));
    match kind {
        ProviderKind::Smtp => vec![
            host,
            port,
            security,
            setting("user", Shape::Text, false),
            setting("from_name", Shape::Text, true),
            ROOTS,
        ],
        ProviderKind::HttpSms => vec![base, account, ROOTS],
        ProviderKind::HttpVoice => vec![base, account, setting("machine_detection", Shape::Choice(&["off", "background"]), false), ROOTS],
        ProviderKind::Smpp => vec![
            host,
            port,
            security,
            setting("system_id", Shape::Text, true),
            setting("system_type", Shape::Text, false),
            ROOTS,
        ],
        ProviderKind::Folder => vec![setting("path", Shape::Text, true)],
    }
}

/// What a setting is called.
#[must_use]
pub(super) fn label(name: &str) -> &'static str {
    match name {
        "host" => text!(providers.f_host),
        "port" => text!(providers.f_port),
        "security" => text!(providers.f_security),
        "user" => text!(providers.f_user),
        "from_name" => text!(providers.f_from_name),
        "base" => text!(providers.f_base),
        "account" => text!(providers.f_account),
        "machine_detection" => text!(providers.f_machine),
        "system_id" => text!(providers.f_system_id),
        "system_type" => text!(providers.f_system_type),
        "path" => text!(providers.f_path),
        "roots" => text!(providers.f_roots),
        "secret" => text!(providers.secret_password),
        _ => text!(providers.settings),
    }
}

/// What to know before typing it.
#[must_use]
pub(super) fn hint(name: &str) -> Option<&'static str> {
    Some(match name {
        "host" => text!(providers.f_host_hint),
        "user" => text!(providers.f_user_hint),
        "base" => text!(providers.f_base_hint),
        "roots" => text!(providers.f_roots_hint),
        _ => return None,
    })
}

/// What a choice is called.
#[must_use]
pub(super) fn choice(word: &str) -> &'static str {
    match word {
        "tls" => text!(providers.s_tls),
        "starttls" => text!(providers.s_starttls),
        "private_line" => text!(providers.s_private_line),
        "background" => text!(providers.m_background),
        "off" => text!(providers.m_off),
        _ => text!(providers.s_plain),
    }
}

/// What its secret is called; nothing where it has none.
#[must_use]
pub(super) fn secret_label(kind: ProviderKind) -> Option<&'static str> {
    match kind {
        ProviderKind::Smtp | ProviderKind::Smpp => Some(text!(providers.secret_password)),
        ProviderKind::HttpSms | ProviderKind::HttpVoice => Some(text!(providers.secret_token)),
        ProviderKind::Folder => None,
    }
}
