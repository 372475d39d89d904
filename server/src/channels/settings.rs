//! The settings of a provider, read strictly: what is missing, wrong or unknown is named, so that nobody finds out by a code that does not come.
//!
//! | kind | settings (`?`: may be left out) | secret |
//! |---|---|---|
//! | `smtp` | `host`, `port`, `security` tls, starttls or plain, `user`?, `from_name`, `roots`? | password of `user` |
//! | `http_sms` | `base`, `account`, `roots`? | token of the account |
//! | `http_voice` | `base`, `account`, `machine_detection`? off or background, `roots`? | token of the account |
//! | `smpp` | `host`, `port`, `security` tls, private_line or plain, `system_id`, `system_type`?, `roots`? | password |
//! | `folder` | `path` | none |
//!
//! `roots` are the certificates (PEM) that are believed instead of the public authorities'. `plain`, a `base` with http and `folder` exist in development
//! only, where the service itself is reached by plain http on one's own machine.

use std::path::PathBuf;

use domain::delivery::channel::{Development, SendError};
use domain::delivery::{Provider, ProviderKind};
use domain::vault::Secret;
use model::ProviderId;
use serde_json::{Map, Value};

use super::Patience;
use super::gateway::{GatewayConfig, GatewayUrl};
use super::smpp::{SmppConfig, SmppSecurity};
use super::smtp::{Security, SmtpConfig, SmtpLogin};
use super::tls::Roots;
use super::voice_http::{MachineDetection, VoiceConfig};
use crate::config::PublicUrl;

/// Where our own side of callbacks begins; the id of the provider follows.
pub(crate) const CALLBACKS: &str = "callbacks";

/// Characters of a text; certificates may be longer.
const TEXT_CHARACTERS_MAX: usize = 300;
const ROOTS_CHARACTERS_MAX: usize = 64 * 1024;

/// What of the installation its channels need to know.
#[derive(Debug, Clone)]
pub(crate) struct House {
    development: Option<Development>,
    origin: String,
    host: String,
}

impl House {
    /// The one place where the configuration says that this is development.
    pub(crate) fn of(public_url: &PublicUrl) -> Self {
        Self {
            development: public_url.is_development().then(Development::declared_by_configuration),
            origin: public_url.origin(),
            host: public_url.host().to_owned(),
        }
    }

    /// An address of ours that a gateway is told; none where it could not reach us anyway.
    fn address_for(&self, gateway: &GatewayUrl, provider: ProviderId, what: &str) -> Result<Option<GatewayUrl>, SettingsError> {
        if self.development.is_some() && !gateway.is_loopback() {
            return Ok(None);
        }
        let address = format!("{}/{CALLBACKS}/{provider}/{what}", self.origin);
        GatewayUrl::parse(&address)
            .map(Some)
            .map_err(|_| wrong("TWEESTAP_PUBLIC_URL", "cannot be called back"))
    }
}

/// Why settings cannot be used. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {why}")]
pub(crate) struct SettingsError {
    /// The setting, or `secret`.
    pub(crate) field: String,
    pub(crate) why: String,
}

fn wrong(field: &str, why: impl Into<String>) -> SettingsError {
    SettingsError {
        field: field.to_owned(),
        why: why.into(),
    }
}

/// Settings of a provider, checked.
#[derive(Debug)]
pub(super) enum Plan {
    Mail(SmtpConfig),
    Sms(GatewayConfig),
    Voice(VoiceConfig),
    Smpp(SmppConfig),
    Folder(Development, PathBuf),
}

impl Plan {
    pub(super) fn read(provider: &Provider, house: &House) -> Result<Self, SettingsError> {
        let settings = provider.settings.as_object().ok_or_else(|| wrong("settings", "are not a JSON object"))?;
        let mut fields = Fields {
            settings: settings.clone(),
            secret: provider.secret.clone(),
        };
        let plan = match provider.kind {
            ProviderKind::Smtp => Self::Mail(smtp(&mut fields, house)?),
            ProviderKind::HttpSms => Self::Sms(gateway(&mut fields, house, provider.id)?),
            ProviderKind::HttpVoice => Self::Voice(voice(&mut fields, house, provider.id)?),
            ProviderKind::Smpp => Self::Smpp(smpp(&mut fields, house)?),
            ProviderKind::Folder => {
                let path = PathBuf::from(fields.text("path")?);
                Self::Folder(development(house, "kind", "folder")?, path)
            }
        };
        fields.end()?;
        Ok(plan)
    }
}

fn smtp(fields: &mut Fields, house: &House) -> Result<SmtpConfig, SettingsError> {
    let security = match fields.word("security", &["tls", "starttls", "plain"])? {
        "tls" => Security::Tls,
        "starttls" => Security::StartTls,
        _ => Security::Plain(development(house, "security", "plain")?),
    };
    let login = match fields.optional_text("user")? {
        Some(user) => Some(SmtpLogin {
            user,
            password: fields.secret("of the user")?,
        }),
        None => None,
    };
    Ok(SmtpConfig {
        host: fields.text("host")?,
        port: fields.port()?,
        security,
        roots: fields.roots()?,
        patience: Patience::default(),
        login,
        hello_name: Some(house.host.clone()),
        from_name: fields.text("from_name")?,
    })
}

fn gateway(fields: &mut Fields, house: &House, provider: ProviderId) -> Result<GatewayConfig, SettingsError> {
    let base = GatewayUrl::parse(&fields.text("base")?).map_err(|error| wrong("base", reason(&error)))?;
    if base.is_plain() {
        development(house, "base", "an address with http")?;
    }
    Ok(GatewayConfig {
        status_callbacks: house.address_for(&base, provider, "reports")?,
        base,
        account: fields.text("account")?,
        token: fields.secret("of the account")?,
        roots: fields.roots()?,
        patience: Patience::default(),
    })
}

fn voice(fields: &mut Fields, house: &House, provider: ProviderId) -> Result<VoiceConfig, SettingsError> {
    let machine_detection = match fields.optional_word("machine_detection", &["off", "background"])? {
        None | Some("off") => MachineDetection::Off,
        Some(_) => MachineDetection::Background,
    };
    let gateway = gateway(fields, house, provider)?;
    let documents = house.address_for(&gateway.base, provider, "calls")?;
    Ok(VoiceConfig {
        documents: documents.ok_or_else(|| wrong("base", "is a gateway outside, which cannot ask this machine what to say"))?,
        gateway,
        machine_detection,
    })
}

fn smpp(fields: &mut Fields, house: &House) -> Result<SmppConfig, SettingsError> {
    let security = match fields.word("security", &["tls", "private_line", "plain"])? {
        "tls" => SmppSecurity::Tls,
        "private_line" => SmppSecurity::PrivateLine,
        _ => SmppSecurity::Plain(development(house, "security", "plain")?),
    };
    Ok(SmppConfig {
        host: fields.text("host")?,
        port: fields.port()?,
        security,
        roots: fields.roots()?,
        patience: Patience::default(),
        system_id: fields.text("system_id")?,
        password: fields.secret("of the system id")?,
        system_type: fields.optional_text("system_type")?.unwrap_or_default(),
    })
}

fn development(house: &House, field: &str, what: &str) -> Result<Development, SettingsError> {
    house
        .development
        .ok_or_else(|| wrong(field, format!("cannot be used here: {what} exists in development only")))
}

/// What a channel says about a setting, without its frame.
fn reason(error: &SendError) -> String {
    match error {
        SendError::Misconfigured(why) => format!("cannot be used: {why}"),
        other => other.to_string(),
    }
}

/// The settings that nobody has read yet.
struct Fields {
    settings: Map<String, Value>,
    secret: Option<Secret<String>>,
}

impl Fields {
    fn text(&mut self, field: &str) -> Result<String, SettingsError> {
        self.optional_text(field)?.ok_or_else(|| wrong(field, "is missing"))
    }

    fn optional_text(&mut self, field: &str) -> Result<Option<String>, SettingsError> {
        self.bounded(field, TEXT_CHARACTERS_MAX)
    }

    fn bounded(&mut self, field: &str, characters_max: usize) -> Result<Option<String>, SettingsError> {
        match self.settings.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Err(wrong(field, "is empty")),
            Some(Value::String(text)) if text.chars().count() > characters_max => Err(wrong(field, format!("has more than {characters_max} characters"))),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(field, "is not a text")),
        }
    }

    fn word(&mut self, field: &str, words: &[&'static str]) -> Result<&'static str, SettingsError> {
        self.optional_word(field, words)?.ok_or_else(|| wrong(field, "is missing"))
    }

    fn optional_word(&mut self, field: &str, words: &[&'static str]) -> Result<Option<&'static str>, SettingsError> {
        let Some(text) = self.optional_text(field)? else { return Ok(None) };
        let known = words.iter().copied().find(|word| *word == text);
        known.map(Some).ok_or_else(|| wrong(field, format!("is none of: {}", words.join(", "))))
    }

    /// A number, or its digits as a text: the command line knows only texts.
    fn port(&mut self) -> Result<u16, SettingsError> {
        let number = match self.settings.remove("port") {
            None => return Err(wrong("port", "is missing")),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        let port = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port != 0);
        port.ok_or_else(|| wrong("port", "is not a number from 1 to 65535"))
    }

    fn roots(&mut self) -> Result<Roots, SettingsError> {
        let Some(pem) = self.bounded("roots", ROOTS_CHARACTERS_MAX)? else {
            return Ok(Roots::Public);
        };
        let roots = Roots::Own(pem);
        roots.client_config().map_err(|error| wrong("roots", reason(&error)))?;
        Ok(roots)
    }

    fn secret(&mut self, whose: &str) -> Result<Secret<String>, SettingsError> {
        self.secret
            .take()
            .filter(|secret| !secret.expose().is_empty())
            .ok_or_else(|| wrong("secret", format!("{whose} is missing")))
    }

    /// Everything was read; what is left is a slip of somebody's pen.
    fn end(self) -> Result<(), SettingsError> {
        if let Some(field) = self.settings.keys().next() {
            return Err(wrong(field, "is not a setting of this kind"));
        }
        match self.secret {
            Some(_) => Err(wrong("secret", "is given, and these settings have nothing that it belongs to")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::delivery::Provider;
    use model::Channel;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn provider(kind: ProviderKind, settings: Value, secret: Option<&str>) -> Provider {
        Provider {
            id: ProviderId(Uuid::nil()),
            channel: Channel::Sms,
            kind,
            name: "A".to_owned(),
            settings,
            secret: secret.map(|secret| Secret::new(secret.to_owned())),
        }
    }

    fn house(origin: &str) -> House {
        House::of(&PublicUrl::parse(origin).expect("a URL"))
    }

    /// What is wrong with settings, in a live installation.
    fn told(kind: ProviderKind, settings: Value, secret: Option<&str>) -> String {
        let read = Plan::read(&provider(kind, settings, secret), &house("https://mfa.example"));
        read.map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn each_kind_is_read() {
        let sms = json!({ "base": "https://api.example", "account": "AC1" });
        assert_eq!(told(ProviderKind::HttpSms, sms.clone(), Some("x")), "");
        assert_eq!(told(ProviderKind::HttpVoice, sms, Some("x")), "");
        let smtp = json!({ "host": "mail.example", "port": 465, "security": "tls", "user": "u", "from_name": "Contoso" });
        assert_eq!(told(ProviderKind::Smtp, smtp, Some("x")), "");
        let smpp = json!({ "host": "smsc.example", "port": "2775", "security": "private_line", "system_id": "us" });
        assert_eq!(told(ProviderKind::Smpp, smpp, Some("x")), "");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let smtp = |change: Value| {
            let mut settings = json!({ "host": "mail.example", "port": 465, "security": "tls", "from_name": "Contoso" });
            for (field, value) in change.as_object().expect("an object") {
                settings[field] = value.clone();
            }
            told(ProviderKind::Smtp, settings, None)
        };
        assert_eq!(smtp(json!({})), "");
        assert_eq!(smtp(json!({ "host": "" })), "host is empty");
        assert_eq!(smtp(json!({ "host": 7 })), "host is not a text");
        assert_eq!(smtp(json!({ "host": "x".repeat(301) })), "host has more than 300 characters");
        assert_eq!(smtp(json!({ "port": "70000" })), "port is not a number from 1 to 65535");
        assert_eq!(smtp(json!({ "security": "none" })), "security is none of: tls, starttls, plain");
        assert_eq!(smtp(json!({ "user": "u" })), "secret of the user is missing");
        assert_eq!(
            smtp(json!({ "roots": "nonsense" })),
            "roots cannot be used: the own root certificates are not PEM"
        );
        assert_eq!(smtp(json!({ "hosts": "x" })), "hosts is not a setting of this kind");
        assert_eq!(told(ProviderKind::HttpSms, json!({ "account": "AC1" }), Some("x")), "base is missing");
        let elsewhere = json!({ "base": "http://api.example", "account": "AC1" });
        assert!(told(ProviderKind::HttpSms, elsewhere, Some("x")).starts_with("base cannot be used: "));
        let useless = json!({ "host": "mail.example", "port": 25, "security": "starttls", "from_name": "Contoso" });
        assert!(told(ProviderKind::Smtp, useless, Some("x")).starts_with("secret is given"));
    }

    #[test]
    fn what_is_unsafe_exists_in_development_only() {
        let cases = [
            (ProviderKind::Folder, json!({ "path": "/tmp/messages" }), None, "kind"),
            (
                ProviderKind::HttpSms,
                json!({ "base": "http://127.0.0.1:8080", "account": "AC1" }),
                Some("x"),
                "base",
            ),
            (
                ProviderKind::Smtp,
                json!({ "host": "127.0.0.1", "port": 25, "security": "plain", "from_name": "x" }),
                None,
                "security",
            ),
            (
                ProviderKind::Smpp,
                json!({ "host": "127.0.0.1", "port": 2775, "security": "plain", "system_id": "us" }),
                Some("x"),
                "security",
            ),
        ];
        for (kind, settings, secret, field) in cases {
            let provider = provider(kind, settings, secret);
            let live = Plan::read(&provider, &house("https://mfa.example")).err().map(|error| error.field);
            assert_eq!(live.as_deref(), Some(field), "{kind:?}");
            assert!(Plan::read(&provider, &house("http://localhost:3000")).is_ok(), "{kind:?}");
        }
    }

    #[test]
    fn a_gateway_is_told_where_to_report_if_it_can() {
        let callbacks = |origin: &str, base: &str| {
            let provider = provider(ProviderKind::HttpSms, json!({ "base": base, "account": "AC1" }), Some("x"));
            let Ok(Plan::Sms(config)) = Plan::read(&provider, &house(origin)) else {
                panic!("not read")
            };
            config.status_callbacks.map(|url| url.with(&["m"]).to_string())
        };
        let id = Uuid::nil();
        assert_eq!(
            callbacks("https://mfa.example", "https://api.example"),
            Some(format!("https://mfa.example/callbacks/{id}/reports/m"))
        );
        assert_eq!(
            callbacks("http://localhost:3000", "http://127.0.0.1:1"),
            Some(format!("http://localhost:3000/callbacks/{id}/reports/m"))
        );
        assert_eq!(callbacks("http://localhost:3000", "https://api.example"), None);
    }
}
