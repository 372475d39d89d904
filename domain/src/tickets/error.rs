//! What can go wrong with tickets.

use crate::{
    KeysError, actor::NotAllowed, db::DbError, delivery::rules::NotSent, directory::DirectoryError, sign_in::SignInError, vault::SealBroken,
    verification::VerificationError,
};
use jiff::Timestamp;
use model::{CursorError, ErrorCode};

/// Why a verb of tickets did nothing.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// The caller's roles do not hold the permission.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// No ticket of one's own, or of the tenant, has the number.
    #[error("there is no such ticket")]
    Unknown,
    /// Too many of this name, from this place, or for this desk.
    #[error("no more tickets are taken before {0}")]
    TooMany(Timestamp),
    /// The ticket holds as many messages as one may.
    #[error("a ticket holds at most {0} messages")]
    Full(i64),
    /// The ticket has been closed meanwhile.
    #[error("the ticket has been closed")]
    Closed,
    /// There is nobody to answer: the name is nobody's, or its member has been removed.
    #[error("there is nobody to answer")]
    Unanswerable,
    /// No code was sent, and why.
    #[error("no code was sent: {}", .0.word())]
    NotSent(NotSent),
    /// The cursor is of another list.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Signing in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// Verification.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// A key is broken.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SealBroken> for TicketError {
    fn from(broken: SealBroken) -> Self {
        Self::Keys(KeysError::Broken(broken))
    }
}

impl TicketError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotAllowed(_) => ErrorCode::Forbidden,
            Self::Unknown => ErrorCode::NotFound,
            Self::TooMany(_) => ErrorCode::TicketsTooMany,
            Self::Full(_) | Self::Closed | Self::Unanswerable => ErrorCode::Conflict,
            Self::NotSent(_) => ErrorCode::NotSent,
            Self::Cursor(_) => ErrorCode::Invalid,
            Self::Directory(error) => error.code(),
            Self::SignIn(error) => error.code(),
            Self::Verification(error) => error.code(),
            Self::Keys(KeysError::Broken(_)) => ErrorCode::KeyMissing,
            Self::Keys(KeysError::Db(DbError::Gone(_))) | Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Keys(KeysError::Db(_)) | Self::Db(_) => ErrorCode::Internal,
        }
    }
}
