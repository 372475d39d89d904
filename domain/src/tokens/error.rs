//! What can go wrong with hardware tokens.

use crate::{KeysError, actor::NotAllowed, db::DbError, directory::DirectoryError, methods::MethodError, vault::SealBroken, verification::VerificationError};
use jiff::Timestamp;
use model::{ErrorCode, TokenState};

/// Why nothing was done with a token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The caller's roles do not hold the permission.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// No token has the serial number, or it is not for this member to use: both look the same.
    #[error("no hardware token has this serial number")]
    Unknown,
    /// The token is somebody's.
    #[error("the hardware token belongs to a member already")]
    Taken,
    /// The token is in another state than the act needs.
    #[error("the hardware token is {0}; this needs one that is {1}")]
    State(TokenState, &'static str),
    /// Its maker says that it may not be used any more.
    #[error("the hardware token was good until {0}")]
    Past(Timestamp),
    /// Its maker says that it may not be used yet.
    #[error("the hardware token is good from {0} on")]
    Early(Timestamp),
    /// The code is wrong; it has been counted.
    #[error("the code is wrong")]
    WrongCode,
    /// The two codes do not follow each other; it has been counted.
    #[error("these are not two codes of this token in a row")]
    NotInRow,
    /// Nothing is compared before a moment.
    #[error("too many wrong codes; nothing is compared before {0}")]
    Throttled(Timestamp),
    /// The member is locked.
    #[error("the member is locked until {0}")]
    Locked(Timestamp),
    /// The file, or a row of it, is bad; nothing was imported.
    #[error("{0}")]
    Import(String),
    /// Methods.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The verification engine.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// A key is broken.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SealBroken> for TokenError {
    fn from(broken: SealBroken) -> Self {
        Self::Keys(KeysError::Broken(broken))
    }
}

impl TokenError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotAllowed(_) => ErrorCode::Forbidden,
            Self::Unknown => ErrorCode::TokenUnknown,
            Self::Taken => ErrorCode::TokenTaken,
            Self::State(..) | Self::Past(_) | Self::Early(_) => ErrorCode::TokenState,
            Self::WrongCode | Self::NotInRow => ErrorCode::WrongCode,
            Self::Throttled(_) => ErrorCode::Throttled,
            Self::Locked(_) => ErrorCode::Locked,
            Self::Import(_) => ErrorCode::ImportRefused,
            Self::Method(error) => error.code(),
            Self::Directory(error) => error.code(),
            Self::Verification(error) => error.code(),
            Self::Keys(KeysError::Broken(_)) => ErrorCode::KeyMissing,
            Self::Keys(KeysError::Db(DbError::Gone(_))) | Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Keys(KeysError::Db(_)) | Self::Db(_) => ErrorCode::Internal,
        }
    }
}
