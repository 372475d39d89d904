//! What can go wrong in the directory.

use super::password::PasswordError;
use crate::{KeysError, actor::NotAllowed, db::DbError, vault::SealBroken};
use model::ErrorCode;

/// Why a verb of the directory did nothing.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The caller's roles do not hold the permission.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The member has more rights than the caller.
    #[error("the member has more rights than you")]
    RankTooHigh,
    /// No such tenant, member, link or key.
    #[error("there is no such {0}")]
    Unknown(&'static str),
    /// Another member has the name.
    #[error("another member has this sign-in name")]
    UpnTaken,
    /// The domain is not the tenant's.
    #[error("the domain '{0}' does not belong to the organisation")]
    DomainUnknown(String),
    /// Another tenant has the short name.
    #[error("another tenant has this short name")]
    SlugTaken,
    /// The domain belongs to another tenant.
    #[error("the domain '{0}' belongs to another tenant")]
    DomainTaken(String),
    /// Nobody would be left who can do everything.
    #[error("the last global admin would be left without a way in")]
    LastGlobalAdmin,
    /// Nobody does this to himself.
    #[error("this cannot be done for oneself")]
    Oneself,
    /// Nothing is there to be ended.
    #[error("there is no {0} that could be ended")]
    NotOpen(&'static str),
    /// A number that this cannot have.
    #[error("{0}")]
    Terms(&'static str),
    /// What was given is no network that could be trusted, and why.
    #[error("range: {0}")]
    Network(String),
    /// What was given is no logo, and why.
    #[error("logo: {0}")]
    Logo(String),
    /// The change has an effect that must be confirmed.
    #[error("{0}")]
    Confirm(&'static str),
    /// The link is used, expired or not one.
    #[error("the set-up link has been used or has expired")]
    LinkGone,
    /// The password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The REST key is not accepted.
    #[error("the API key is not accepted")]
    KeyRefused,
    /// The REST key lacks the scope.
    #[error("the API key has no scope '{0}'")]
    ScopeMissing(&'static str),
    /// A policy document is not good.
    #[error(transparent)]
    Policy(#[from] model::PolicyError),
    /// The same, where there is more than one thing wrong with it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    PolicyProblems(Vec<model::PolicyError>),
    /// A colleague has published a policy since the one that was changed.
    #[error("version {present} of the policy is in force; the change was made on version {based_on}")]
    PolicyMovedOn {
        /// In force.
        present: i32,
        /// What the change was made on.
        based_on: i32,
    },
    /// Under the new policy no global admin would get in.
    #[error("under this policy no global admin would have a way in: {0}")]
    PolicyLocksOut(String),
    /// A key is broken.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SealBroken> for DirectoryError {
    fn from(broken: SealBroken) -> Self {
        Self::Keys(KeysError::Broken(broken))
    }
}

impl DirectoryError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotAllowed(_) => ErrorCode::Forbidden,
            Self::RankTooHigh => ErrorCode::RankTooHigh,
            Self::Unknown(_) => ErrorCode::NameUnknown,
            Self::UpnTaken => ErrorCode::UpnTaken,
            Self::DomainUnknown(_) => ErrorCode::DomainUnknown,
            Self::SlugTaken => ErrorCode::SlugTaken,
            Self::DomainTaken(_) => ErrorCode::DomainTaken,
            Self::LastGlobalAdmin => ErrorCode::LastGlobalAdmin,
            Self::Oneself => ErrorCode::NotForOneself,
            Self::NotOpen(_) => ErrorCode::Conflict,
            Self::Terms(_) | Self::Network(_) | Self::Logo(_) => ErrorCode::Invalid,
            Self::Confirm(_) => ErrorCode::ConfirmationNeeded,
            Self::LinkGone => ErrorCode::SetUpLinkUsed,
            Self::Password(PasswordError::Busy) => ErrorCode::TooBusy,
            Self::Password(PasswordError::TooShort(_)) => ErrorCode::PasswordTooShort,
            Self::Password(PasswordError::TooLong(_)) => ErrorCode::PasswordTooLong,
            Self::Password(PasswordError::TooWeak) => ErrorCode::PasswordTooWeak,
            Self::Password(PasswordError::Common) => ErrorCode::PasswordCommon,
            Self::Password(PasswordError::Banned) => ErrorCode::PasswordBanned,
            Self::KeyRefused => ErrorCode::KeyRefused,
            Self::ScopeMissing(_) => ErrorCode::ScopeMissing,
            Self::Policy(_) | Self::PolicyProblems(_) => ErrorCode::Invalid,
            Self::PolicyMovedOn { .. } => ErrorCode::PolicyMovedOn,
            Self::PolicyLocksOut(_) => ErrorCode::PolicyLocksOut,
            Self::Keys(KeysError::Broken(_)) => ErrorCode::KeyMissing,
            Self::Keys(KeysError::Db(DbError::Gone(_))) | Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Keys(KeysError::Db(_)) | Self::Db(_) => ErrorCode::Internal,
        }
    }
}
