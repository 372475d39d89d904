//! What can stop a reset besides a wrong answer.

use crate::{KeysError, db::DbError, directory::DirectoryError, methods::question::QuestionError, verification::VerificationError};
use model::ErrorCode;

/// Why a step was not taken. None of them sets a password.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The attempt is over, too old, or no reset.
    #[error("the reset took too long or has ended")]
    Expired,
    /// The right to set a password has been used or has ended.
    #[error("the right to set a password has been used or has ended")]
    LinkGone,
    /// The engine.
    #[error(transparent)]
    Verification(VerificationError),
    /// The questions.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The directory; a password that will not do is one of its errors.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<VerificationError> for ResetError {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::ChallengeGone => Self::Expired,
            other => Self::Verification(other),
        }
    }
}

impl From<KeysError> for ResetError {
    fn from(error: KeysError) -> Self {
        Self::Verification(error.into())
    }
}

impl ResetError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Expired => ErrorCode::SignInExpired,
            Self::LinkGone => ErrorCode::ResetLinkUsed,
            Self::Verification(error) => error.code(),
            Self::Question(error) => error.code(),
            Self::Directory(error) => error.code(),
            Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Db(_) => ErrorCode::Internal,
        }
    }
}
