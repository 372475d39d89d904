//! What can go wrong when the journal is read.

use crate::{KeysError, actor::NotAllowed, db::DbError, vault::SealBroken};
use model::{CursorError, ErrorCode};

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The caller's roles do not hold the permission.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// No attempt of this tenant has the session id; what another tenant has looks the same.
    #[error("there is no sign-in with this session id")]
    SessionUnknown,
    /// The cursor is not one of this list.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// A key is broken.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SealBroken> for JournalError {
    fn from(broken: SealBroken) -> Self {
        Self::Keys(KeysError::Broken(broken))
    }
}

impl JournalError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotAllowed(_) => ErrorCode::Forbidden,
            Self::SessionUnknown => ErrorCode::NotFound,
            Self::Cursor(_) => ErrorCode::Invalid,
            Self::Keys(KeysError::Broken(_)) => ErrorCode::KeyMissing,
            Self::Keys(KeysError::Db(DbError::Gone(_))) | Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Keys(KeysError::Db(_)) | Self::Db(_) => ErrorCode::Internal,
        }
    }
}
