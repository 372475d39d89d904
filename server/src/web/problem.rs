//! An error as it leaves the server: RFC 9457 for programs, a page for people. The inner text never leaves.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{ErrorCode, SessionId};
use serde::Serialize;

/// What went wrong, as far as the caller may know. Rendered by the `errors` layer, which knows who is asking.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: ErrorCode,
    pub(crate) status: StatusCode,
    /// One sentence about this very case; the code's own advice when there is nothing to add.
    pub(crate) detail: Option<Cow<'static, str>>,
    pub(crate) session_id: Option<SessionId>,
    pub(crate) retry_after_seconds: Option<u64>,
}

impl Problem {
    pub(crate) fn new(code: ErrorCode) -> Self {
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            code,
            status,
            detail: None,
            session_id: None,
            retry_after_seconds: None,
        }
    }

    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// For an answer that came without one of ours, such as the router's own 404.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::UNAUTHORIZED => ErrorCode::NotSignedIn,
            StatusCode::FORBIDDEN => ErrorCode::Forbidden,
            StatusCode::NOT_FOUND => ErrorCode::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
            StatusCode::CONFLICT => ErrorCode::Conflict,
            StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedType,
            StatusCode::MISDIRECTED_REQUEST => ErrorCode::UnknownHost,
            StatusCode::UNPROCESSABLE_ENTITY => ErrorCode::Invalid,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => ErrorCode::TooBusy,
            status if status.is_client_error() => ErrorCode::BadRequest,
            _ => ErrorCode::Internal,
        };
        Self { status, ..Self::new(code) }
    }

    /// The document of RFC 9457, section 3.1, with our additions.
    pub(super) fn document(&self, request_id: &str) -> Document {
        Document {
            r#type: format!("/api/docs#{}", self.code),
            title: self.code.title(),
            status: self.status.as_u16(),
            detail: self.detail.clone().unwrap_or(Cow::Borrowed(self.code.next())),
            code: self.code,
            session_id: self.session_id,
            request_id: request_id.to_owned(),
        }
    }
}

/// The body of an error for programs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document {
    /// Where the code is explained.
    r#type: String,
    /// What the code means, one line.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What to do, or what exactly was wrong.
    detail: Cow<'static, str>,
    /// Stable; programs may compare it.
    #[schema(value_type = String, example = "TS-1005")]
    code: ErrorCode,
    /// The attempt this belongs to; people may read it out to support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "7K2M-9QXD-3F")]
    session_id: Option<SessionId>,
    /// The request in our logs.
    request_id: String,
}

impl From<ErrorCode> for Problem {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED && self.code == ErrorCode::KeyRefused {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}
