//! What can go wrong with methods.

use crate::{
    KeysError, actor::NotAllowed, db::DbError, delivery::rules::NotSent, directory::DirectoryError, directory::password::PasswordError, vault::SealBroken,
    verification::VerificationError,
};
use model::ErrorCode;

/// Why a method was not made, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum MethodError {
    /// The caller's roles do not hold the permission.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// A fresh second factor is needed first.
    #[error("a fresh second step is needed")]
    StepUp,
    /// A rule of the policy lets nobody change this.
    #[error("a rule of the organisation refuses changes of security info")]
    Refused,
    /// No such method.
    #[error("there is no such method")]
    Unknown,
    /// The organisation does not allow the kind.
    #[error("the organisation does not allow '{0}'")]
    KindOff(model::MethodKind),
    /// No more apps fit.
    #[error("at most {0} authenticator apps and tokens fit")]
    Limit(usize),
    /// The square has expired.
    #[error("the registration has expired")]
    PendingGone,
    /// The code was wrong.
    #[error("the code is wrong")]
    WrongCode,
    /// It is the only one left and required.
    #[error("this is the only method left and it is required")]
    Needed,
    /// The given secret cannot be used.
    #[error("the secret {0}")]
    Secret(&'static str),
    /// No more phones and mailboxes fit.
    #[error("at most {0} phones and mailboxes fit")]
    AddressLimit(usize),
    /// It is registered already.
    #[error("this phone or mailbox is registered already")]
    AlreadyThere,
    /// The member's own mailbox proves nothing more than the account itself.
    #[error("the mailbox must be another one than that of the account")]
    OwnMailbox,
    /// Nobody gives a pass to himself.
    #[error("nobody gives a pass to himself")]
    Oneself,
    /// A number that a pass cannot have.
    #[error("{0}")]
    Terms(&'static str),
    /// No more app passwords fit.
    #[error("at most {0} app passwords fit")]
    AppPasswordLimit(i64),
    /// Calls ask for a PIN, and there is none yet.
    #[error("choose a PIN for calls first")]
    PinNeeded,
    /// Nobody asks for a PIN.
    #[error("the organisation asks for no PIN in calls")]
    PinOff,
    /// Too many hashes wait already.
    #[error(transparent)]
    Hash(#[from] PasswordError),
    /// Nothing was sent.
    #[error(transparent)]
    NotSent(NotSent),
    /// The verification engine.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A key is broken.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SealBroken> for MethodError {
    fn from(broken: SealBroken) -> Self {
        Self::Keys(KeysError::Broken(broken))
    }
}

impl MethodError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotAllowed(_) => ErrorCode::Forbidden,
            Self::StepUp => ErrorCode::StepUpRequired,
            Self::Refused => ErrorCode::BlockedByPolicy,
            Self::Unknown => ErrorCode::NameUnknown,
            Self::KindOff(_) | Self::PinOff => ErrorCode::MethodKindOff,
            Self::Hash(_) => ErrorCode::TooBusy,
            Self::Limit(_) | Self::AddressLimit(_) | Self::AppPasswordLimit(_) => ErrorCode::MethodLimit,
            Self::AlreadyThere => ErrorCode::Conflict,
            Self::OwnMailbox | Self::Terms(_) | Self::PinNeeded => ErrorCode::Invalid,
            Self::Oneself => ErrorCode::NotForOneself,
            Self::NotSent(NotSent::MemberBudget { .. } | NotSent::AddressBudget { .. }) => ErrorCode::Throttled,
            Self::NotSent(_) => ErrorCode::NotSent,
            Self::Verification(error) => error.code(),
            Self::PendingGone => ErrorCode::PendingGone,
            Self::WrongCode => ErrorCode::WrongCode,
            Self::Needed => ErrorCode::MethodNeeded,
            Self::Secret(_) => ErrorCode::SecretInvalid,
            Self::Directory(error) => error.code(),
            Self::Keys(KeysError::Broken(_)) => ErrorCode::KeyMissing,
            Self::Keys(KeysError::Db(DbError::Gone(_))) | Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Keys(KeysError::Db(_)) | Self::Db(_) => ErrorCode::Internal,
        }
    }
}
