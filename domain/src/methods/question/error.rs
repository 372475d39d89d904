//! What can go wrong with security questions.

use super::rules::Flawed;
use crate::{
    KeysError, actor::NotAllowed, db::DbError, directory::DirectoryError, directory::password::PasswordError, methods::MethodError,
    verification::VerificationError,
};
use model::{ErrorCode, MethodKind};

/// Why questions were not registered, removed or asked.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// The organisation does not allow them, or the profile is strict.
    #[error("the organisation does not allow '{}'", MethodKind::SecurityQuestions)]
    Off,
    /// Nobody with a role has any.
    #[error("nobody with a role above member has security questions")]
    ForMembersOnly,
    /// More or fewer than the organisation asks.
    #[error("{0} questions are answered, neither more nor fewer")]
    Number(u8),
    /// Some cannot be used.
    #[error("{} of the questions or answers cannot be used", .0.len())]
    Flawed(Vec<Flawed>),
    /// Too many hashes wait already.
    #[error(transparent)]
    Hash(#[from] PasswordError),
    /// A fresh second factor is missing, or another rule of methods.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The verification engine.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<NotAllowed> for QuestionError {
    fn from(error: NotAllowed) -> Self {
        Self::Method(error.into())
    }
}

impl From<DirectoryError> for QuestionError {
    fn from(error: DirectoryError) -> Self {
        Self::Method(error.into())
    }
}

impl From<KeysError> for QuestionError {
    fn from(error: KeysError) -> Self {
        Self::Method(error.into())
    }
}

impl QuestionError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Off => ErrorCode::MethodKindOff,
            Self::ForMembersOnly => ErrorCode::Forbidden,
            Self::Number(_) | Self::Flawed(_) => ErrorCode::Invalid,
            Self::Hash(_) => ErrorCode::TooBusy,
            Self::Method(error) => error.code(),
            Self::Verification(error) => error.code(),
            Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Db(_) => ErrorCode::Internal,
        }
    }
}
