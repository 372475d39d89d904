//! How errors of the domain are told to programs: a code, a sentence, a status. The one place where that is decided for REST.

use std::error::Error;

use axum::response::{IntoResponse, Response};
use domain::directory::DirectoryError;
use domain::journal::JournalError;
use domain::methods::{MethodError, question::QuestionError};
use domain::passkeys::PasskeysError;
use domain::sign_in::SignInError;
use domain::tokens::TokenError;
use domain::verification::VerificationError;
use model::ErrorCode;

use crate::error_chain::whole;
use crate::web::Problem;

/// What a handler answers when it did not do what was asked.
#[derive(Debug)]
pub(crate) struct Refusal(Problem);

/// What a handler answers.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// A field that cannot be used.
    pub(super) fn invalid(field: &str, why: impl std::fmt::Display) -> Self {
        Problem::new(ErrorCode::Invalid).detail(format!("{field}: {why}")).into()
    }

    /// For faults of our own the inner text goes to the log and no further; for the caller's faults it says what was wrong.
    fn of(code: ErrorCode, error: &(dyn Error + 'static)) -> Self {
        let problem = Problem::new(code);
        if problem.status.is_server_error() {
            tracing::error!(code = code.as_str(), error = whole(error), "a request failed");
            return Self(problem);
        }
        let problem = match code {
            ErrorCode::TooBusy => problem.retry_after(1),
            // These say all there is to say; the inner text would tell which part of the key was wrong.
            ErrorCode::KeyRefused | ErrorCode::NameUnknown => problem,
            _ => problem.detail(error.to_string()),
        };
        Self(problem)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self(Problem::new(code))
    }
}

impl From<DirectoryError> for Refusal {
    fn from(error: DirectoryError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl From<MethodError> for Refusal {
    fn from(error: MethodError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl From<QuestionError> for Refusal {
    fn from(error: QuestionError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl From<PasskeysError> for Refusal {
    fn from(error: PasskeysError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl From<SignInError> for Refusal {
    fn from(error: SignInError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl From<VerificationError> for Refusal {
    fn from(error: VerificationError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
