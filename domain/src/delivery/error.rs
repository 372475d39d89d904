//! What can go wrong with providers, senders and messages.

use super::{SenderView, desk::SettingTrouble};
use crate::{KeysError, actor::NotAllowed, db::DbError, directory::DirectoryError, vault::SealBroken};
use model::ErrorCode;

/// Why nothing was done about delivery.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The caller's roles do not hold the permission.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// No such provider or sender.
    #[error("there is no such provider or sender")]
    Unknown,
    /// The name is taken.
    #[error("another provider has this name")]
    NameTaken,
    /// A value cannot be used: field and sentence.
    #[error("{0}: {1}")]
    Invalid(&'static str, String),
    /// A setting of a provider cannot be used.
    #[error(transparent)]
    Setting(#[from] SettingTrouble),
    /// A secret that nobody can read must not go to a place that somebody else names: with another address it is typed anew.
    #[error("the secret has to be typed again when the address changes")]
    SecretNeeded,
    /// Somebody else has changed it since it was looked at.
    #[error("it has been changed in the meantime")]
    Changed,
    /// Messages wait for this provider.
    #[error("{0} messages are on their way through this provider")]
    UnderWay(i64),
    /// Another sender says the same at the same time.
    #[error("'{}' is a sender for the same time already", .0.value)]
    Overlaps(Box<SenderView>),
    /// A test has just been sent.
    #[error("a test has just been sent; wait a moment")]
    TooSoon,
    /// No message of ours may come from anywhere.
    #[error("no sender fits this country")]
    NoSender,
    /// The tenant's policy or audit log.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A key is broken.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SealBroken> for DeliveryError {
    fn from(broken: SealBroken) -> Self {
        Self::Keys(KeysError::Broken(broken))
    }
}

impl DeliveryError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotAllowed(_) => ErrorCode::Forbidden,
            Self::Unknown => ErrorCode::NameUnknown,
            Self::NameTaken | Self::Changed | Self::UnderWay(_) | Self::Overlaps(_) => ErrorCode::Conflict,
            Self::Invalid(..) | Self::Setting(_) | Self::SecretNeeded | Self::NoSender => ErrorCode::Invalid,
            Self::TooSoon => ErrorCode::Throttled,
            Self::Directory(error) => error.code(),
            Self::Keys(KeysError::Broken(_)) => ErrorCode::KeyMissing,
            Self::Keys(KeysError::Db(DbError::Gone(_))) | Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Keys(KeysError::Db(_)) | Self::Db(_) => ErrorCode::Internal,
        }
    }
}
