//! Bodies and parameters as programs send them: read strictly, refused with what was wrong.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::request::Parts;
use domain::directory::MemberRef;
use domain::tokens::Serial;
use model::{AttemptId, ErrorCode, MethodId, SessionId};
use serde::de::DeserializeOwned;

use super::error::Refusal;
use crate::web::Problem;

/// A JSON body.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

/// A JSON body together with its bytes, which an idempotency key stands for.
#[derive(Debug)]
pub(super) struct JsonAndBytes<T>(pub(super) T, pub(super) Bytes);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonAndBytes<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let value = serde_json::from_slice(&bytes).map_err(|error| Problem::new(ErrorCode::BadRequest).detail(format!("The body: {error}")))?;
        Ok(Self(value, bytes))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let JsonAndBytes(value, _) = JsonAndBytes::from_request(request, state).await?;
        Ok(Self(value))
    }
}

fn unreadable(rejection: BytesRejection) -> Refusal {
    Problem::of_status(rejection.status()).into()
}

/// What stands behind the question mark.
#[derive(Debug)]
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let found = Query::<T>::from_request_parts(parts, state).await;
        let Query(value) = found.map_err(|rejection: QueryRejection| Problem::new(ErrorCode::BadRequest).detail(rejection.body_text()))?;
        Ok(Self(value))
    }
}

/// The member that a path names, by id or sign-in name. What cannot be one is as unknown as one that is not there.
#[derive(Debug)]
pub(super) struct Whom(pub(super) MemberRef);

/// The method that a path names.
#[derive(Debug)]
pub(super) struct Which(pub(super) MethodId);

impl<S: Send + Sync> FromRequestParts<S> for Whom {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        named(parts, state, "user", ErrorCode::NameUnknown).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Which {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        named(parts, state, "method", ErrorCode::NameUnknown).await.map(Self)
    }
}

/// The app password that a path names.
#[derive(Debug)]
pub(super) struct WhichAppPassword(pub(super) uuid::Uuid);

impl<S: Send + Sync> FromRequestParts<S> for WhichAppPassword {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        named(parts, state, "app_password", ErrorCode::NameUnknown).await.map(Self)
    }
}

/// The challenge that a path names.
#[derive(Debug)]
pub(super) struct Named(pub(super) AttemptId);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        named(parts, state, "challenge_id", ErrorCode::ChallengeGone).await.map(Self)
    }
}

/// The hardware token that a path names by its serial number.
#[derive(Debug)]
pub(super) struct TokenNamed(pub(super) Serial);

impl<S: Send + Sync> FromRequestParts<S> for TokenNamed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        named(parts, state, "serial", ErrorCode::TokenUnknown).await.map(Self)
    }
}

/// The attempt that a path names.
#[derive(Debug)]
pub(super) struct Session(pub(super) SessionId);

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        named(parts, state, "session_id", ErrorCode::NotFound).await.map(Self)
    }
}

/// A part of the path, read.
pub(super) async fn named<T: FromStr, S: Send + Sync>(parts: &mut Parts, state: &S, name: &str, unknown: ErrorCode) -> Result<T, Refusal> {
    let found = RawPathParams::from_request_parts(parts, state).await.map_err(|_| unknown)?;
    let text = found.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
    Ok(text.and_then(|text| text.parse().ok()).ok_or(unknown)?)
}

/// A field that may be left out (do not touch), null (empty it) or a value (set it).
pub(super) fn present<'de, D, T>(from: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(from).map(Some)
}
