//! What can go wrong with notices.

use crate::{KeysError, db::DbError, delivery::DeliveryError, directory::DirectoryError, methods::MethodError, vault::SealBroken};
use model::ErrorCode;

/// Why a notice was not sent, or its link did nothing.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The link is used, too old, or none of ours.
    #[error("the link of the notice has been used or has expired")]
    LinkGone,
    /// No such sign-in of one's own in the last thirty days.
    #[error("there is no such sign-in to report")]
    NothingToReport,
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Security info.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// Delivery.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// A key is broken.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SealBroken> for NoticeError {
    fn from(broken: SealBroken) -> Self {
        Self::Keys(KeysError::Broken(broken))
    }
}

impl NoticeError {
    /// The stable code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::LinkGone => ErrorCode::NoticeLinkUsed,
            Self::NothingToReport => ErrorCode::NotFound,
            Self::Directory(error) => error.code(),
            Self::Method(error) => error.code(),
            Self::Delivery(_) => ErrorCode::Internal,
            Self::Keys(KeysError::Broken(_)) => ErrorCode::KeyMissing,
            Self::Keys(KeysError::Db(DbError::Gone(_))) | Self::Db(DbError::Gone(_)) => ErrorCode::DatabaseGone,
            Self::Keys(KeysError::Db(_)) | Self::Db(_) => ErrorCode::Internal,
        }
    }
}
