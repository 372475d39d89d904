//! Who calls: the API key of the bearer header, checked for what the route needs.

use std::marker::PhantomData;
use std::net::IpAddr;

use app::edge::{ClientAddress, Who};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::Domain;
use domain::actor::{Admin, Integration, Scope};
use domain::directory::api_key::Credential;
use model::ErrorCode;

use super::error::Refusal;

/// A key as shown, not checked yet. Verification checks it in the same step as the code, so that it costs one call of the database.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) credential: Credential,
    pub(super) address: IpAddr,
}

impl<S: Send + Sync> FromRequestParts<S> for Shown {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::from(ErrorCode::Internal))?;
        let credential = bearer(&parts.headers).and_then(|text| text.parse().ok()).ok_or(ErrorCode::KeyRefused)?;
        Ok(Self { credential, address })
    }
}

/// The token of the one Authorization header (RFC 6750, section 2.1). Never taken from the address or the body: those are logged by others.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A checked key with one of the scopes that `N` asks for.
#[derive(Debug)]
pub(super) struct Key<N> {
    integration: Integration,
    needed: PhantomData<N>,
}

/// Which scopes open a route.
pub(super) trait Needed {
    const ANY_OF: &'static [Scope];
}

/// Reading: scope `read`, `support` or `admin`.
#[derive(Debug)]
pub(super) struct Read;
/// What support does: scope `support` or `admin`.
#[derive(Debug)]
pub(super) struct Support;
/// Changing: scope `admin`.
#[derive(Debug)]
pub(super) struct Change;

impl Needed for Read {
    const ANY_OF: &'static [Scope] = &[Scope::Read, Scope::Support, Scope::Admin];
}
impl Needed for Support {
    const ANY_OF: &'static [Scope] = &[Scope::Support, Scope::Admin];
}
/// Asking what somebody would have to register: scope `verify` or `admin`.
#[derive(Debug)]
pub(super) struct Ask;

impl Needed for Ask {
    const ANY_OF: &'static [Scope] = &[Scope::Verify, Scope::Admin];
}
/// Giving passes: scope `pass`, and no other.
#[derive(Debug)]
pub(super) struct Passes;

impl Needed for Passes {
    const ANY_OF: &'static [Scope] = &[Scope::Pass];
}
impl Needed for Change {
    const ANY_OF: &'static [Scope] = &[Scope::Admin];
}

/// For the register of routes: verification, and the three above.
pub(super) const VERIFY: Who = Who::Integration("verify");
pub(super) const READ: Who = Who::Integration("read");
pub(super) const SUPPORT: Who = Who::Integration("support");
pub(super) const PASS: Who = Who::Integration("pass");
pub(super) const QUESTIONS: Who = Who::Integration("questions");
pub(super) const CHANGE: Who = Who::Integration("admin");

impl<N> Key<N> {
    /// The rights that come with the scopes. The domain checks them once more, verb by verb.
    pub(super) fn admin(&self) -> Admin {
        self.integration.admin()
    }

    /// The key itself, for verbs that ask for one.
    pub(super) const fn integration(&self) -> &Integration {
        &self.integration
    }
}

impl<S, N> FromRequestParts<S> for Key<N>
where
    S: Send + Sync,
    N: Needed,
    Domain: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let shown = Shown::from_request_parts(parts, state).await?;
        let domain = Domain::from_ref(state);
        let integration = domain.directory().authenticate_key(&shown.credential, Some(shown.address), N::ANY_OF).await?;
        Ok(Self {
            integration,
            needed: PhantomData,
        })
    }
}
