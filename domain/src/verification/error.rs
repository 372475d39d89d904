//! What can stop a verification before it is decided. Every one of these denies.

use crate::{db::DbError, vault::SealBroken};
use model::ErrorCode;

/// Why nothing was decided. Whoever sees one of these must refuse.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The REST key is missing, wrong, expired, revoked, or used from a network that is not its own.
    #[error("the API key is not accepted")]
    KeyRefused,
    /// The REST key lacks the scope.
    #[error("the API key has no scope '{0}'")]
    ScopeMissing(&'static str),
    /// The idempotency key was used with another request.
    #[error("the Idempotency-Key belongs to another request")]
    IdempotencyMismatch,
    /// There is no such attempt, or it was made for something else, has been answered, or is too old.
    #[error("the challenge has been answered, has expired or does not exist")]
    ChallengeGone,
    /// The attempt is at another step.
    #[error("the attempt is at another step")]
    OtherStep(super::facts::Stage),
    /// The node's clock is wrong.
    #[error("this node's clock differs from the database's by {0} seconds")]
    ClockWrong(i64),
    /// The tenant has no policy.
    #[error("the tenant has no policy")]
    PolicyMissing,
    /// A key does not open what it should.
    #[error("a key is missing or broken")]
    KeyBroken(#[from] SealBroken),
    /// Others kept deciding about the same member.
    #[error("too many decisions about the same member at this moment")]
    Busy,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl VerificationError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::KeyRefused => ErrorCode::KeyRefused,
            Self::ScopeMissing(_) => ErrorCode::ScopeMissing,
            Self::IdempotencyMismatch => ErrorCode::IdempotencyMismatch,
            Self::ChallengeGone | Self::OtherStep(_) => ErrorCode::ChallengeGone,
            Self::ClockWrong(_) => ErrorCode::ClockWrong,
            Self::PolicyMissing => ErrorCode::PolicyMissing,
            Self::KeyBroken(_) => ErrorCode::KeyMissing,
            Self::Busy => ErrorCode::TooBusy,
            Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Db(_) => ErrorCode::Internal,
        }
    }
}
