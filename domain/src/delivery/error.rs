//! What can go wrong with providers, senders and messages.

use crate::{KeysError, actor::NotAllowed, db::DbError, vault::SealBroken};
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
            Self::NameTaken => ErrorCode::Conflict,
            Self::Invalid(..) => ErrorCode::Invalid,
            Self::Keys(KeysError::Broken(_)) => ErrorCode::KeyMissing,
            Self::Keys(KeysError::Db(DbError::Gone(_))) | Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Keys(KeysError::Db(_)) | Self::Db(_) => ErrorCode::Internal,
        }
    }
}
