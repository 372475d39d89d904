//! What can go wrong with passkeys.

use crate::{
    KeysError,
    db::DbError,
    directory::DirectoryError,
    methods::MethodError,
    sign_in::SignInError,
    verification::VerificationError,
    webauthn::{MetadataError, Outward, PasskeyError, PolicyError},
};
use model::ErrorCode;

/// Why a passkey was not registered, or its answer not looked at.
#[derive(Debug, thiserror::Error)]
pub enum PasskeysError {
    /// The service has no host name that passkeys could belong to.
    #[error("passkeys need a service that people reach by a host name")]
    NoHost,
    /// No question is open in this browser: it was answered, or it took too long.
    #[error("the question has been answered or has expired")]
    Gone,
    /// The authenticator's answer.
    #[error(transparent)]
    Refused(#[from] PasskeyError),
    /// Metadata that are not accepted.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A list of models that cannot be used.
    #[error(transparent)]
    Models(#[from] PolicyError),
    /// The stored metadata cannot be read.
    #[error("the stored metadata cannot be read")]
    Unreadable,
    /// The tenant's policy.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The member's methods.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The sign-in that registers its first method.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The engine.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<KeysError> for PasskeysError {
    fn from(error: KeysError) -> Self {
        Self::Verification(error.into())
    }
}

impl PasskeysError {
    /// The stable code. Unknown, foreign and wrong are one and the same.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NoHost => ErrorCode::MethodKindOff,
            Self::Gone => ErrorCode::PasskeyAgain,
            Self::Refused(error) => match error.outward() {
                Outward::BeginAgain => ErrorCode::PasskeyAgain,
                Outward::NotAccepted => ErrorCode::PasskeyRefused,
                Outward::VerifyYourself => ErrorCode::PasskeyLocked,
                Outward::AlreadyRegistered => ErrorCode::PasskeyKnown,
                Outward::ModelNotAllowed => ErrorCode::PasskeyModel,
                Outward::Fault => ErrorCode::Internal,
            },
            Self::Metadata(_) | Self::Models(_) => ErrorCode::Invalid,
            Self::Unreadable => ErrorCode::Internal,
            Self::Directory(error) => error.code(),
            Self::Method(error) => error.code(),
            Self::SignIn(error) => error.code(),
            Self::Verification(error) => error.code(),
            Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Db(_) => ErrorCode::Internal,
        }
    }
}
