//! The settings as `tweestap config` prints them: name, value, origin; secrets masked.

use std::fmt;
use std::path::PathBuf;

use super::SecretText;

/// One setting and where its value came from.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) name: &'static str,
    /// Masked when it is a secret; nothing when it is not set and has no default.
    pub(crate) value: Option<String>,
    pub(crate) origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    Environment,
    File { path: PathBuf, named_by: Box<Origin> },
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("flag"),
            Self::Environment => formatter.write_str("environment"),
            Self::File { path, named_by } => write!(formatter, "file {}, named by {named_by}", path.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// A secret as it may be seen: a connection string without its password, anything else as a mask.
pub(super) fn masked(name: &str, secret: &SecretText) -> String {
    if !name.ends_with("DATABASE_URL") {
        return "[hidden]".to_owned();
    }
    match secret.expose().parse::<sqlx::postgres::PgConnectOptions>() {
        Ok(options) => format!(
            "postgres://{}:[hidden]@{}:{}/{}",
            options.get_username(),
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or_default()
        ),
        Err(_) => "[hidden]".to_owned(),
    }
}
