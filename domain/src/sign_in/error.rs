//! What can stop a sign-in besides a refusal.

use crate::{
    KeysError,
    db::DbError,
    directory::{DirectoryError, password::PasswordError},
    verification::{VerificationError, facts::Stage},
};
use model::ErrorCode;

/// Why a step was not taken. None of them lets anybody in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The attempt is over or too old.
    #[error("the sign-in took too long or has ended")]
    Expired,
    /// The attempt waits for another step.
    #[error("the sign-in is at another step")]
    OtherStep(Stage),
    /// Registration is not open here: there is a method that must be shown first, or the pending one has expired.
    #[error("the registration has expired")]
    PendingGone,
    /// No more apps fit.
    #[error("at most {0} authenticator apps and tokens fit")]
    MethodLimit(usize),
    /// Skipping is not allowed.
    #[error("registration cannot be skipped")]
    NoSkip,
    /// A fresh second factor is needed.
    #[error("a fresh second step is needed")]
    StepUp,
    /// The password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The engine.
    #[error(transparent)]
    Verification(VerificationError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<VerificationError> for SignInError {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::ChallengeGone => Self::Expired,
            VerificationError::OtherStep(stage) => Self::OtherStep(stage),
            other => Self::Verification(other),
        }
    }
}

impl From<KeysError> for SignInError {
    fn from(error: KeysError) -> Self {
        Self::Verification(error.into())
    }
}

impl SignInError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Expired | Self::OtherStep(_) => ErrorCode::SignInExpired,
            Self::PendingGone => ErrorCode::PendingGone,
            Self::MethodLimit(_) => ErrorCode::MethodLimit,
            Self::NoSkip => ErrorCode::RegistrationRefused,
            Self::StepUp => ErrorCode::StepUpRequired,
            Self::Password(PasswordError::Busy) => ErrorCode::TooBusy,
            Self::Password(PasswordError::TooShort(_)) => ErrorCode::PasswordTooShort,
            Self::Password(PasswordError::TooLong(_)) => ErrorCode::PasswordTooLong,
            Self::Password(PasswordError::TooWeak) => ErrorCode::PasswordTooWeak,
            Self::Password(PasswordError::Common) => ErrorCode::PasswordCommon,
            Self::Password(PasswordError::Banned) => ErrorCode::PasswordBanned,
            Self::Verification(error) => error.code(),
            Self::Directory(error) => error.code(),
            Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Db(_) => ErrorCode::Internal,
        }
    }
}
