//! Who is calling, and the one error edge of the pages. Every handler starts with a [`Guest`] and says who may go on: a visitor in the middle of signing
//! in, a member, an admin of this tenant, an operator. There is no other way to a proof.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{
    Domain,
    actor::{Admin, Client, Operator, Permission},
    delivery::desk::Protocols,
    passkeys::BrowserHash,
    sign_in::{
        AttemptView, Caller, NewSession, SessionNote, SessionStage, SignInError, SignedIn, browser_hash,
        device::{DeviceSecret, Remembered},
    },
};
use jiff::tz::TimeZone;
use leptos::prelude::AnyView;
use model::{AttemptId, ErrorCode, Purpose, SessionId, TenantId};
use tower_sessions::{Expiry, Session, cookie::time::Duration};

use crate::{
    assets::Assets,
    edge::{ClientAddress, CspNonce, RequestId, Uncompressed},
    locale::{self, Locale},
    pages::{error, preferences::safe_path},
    render::{Page, document, fragment},
    routes,
    shell::{MemberAccount, MemberShell},
    visit::{Brand, Visit, cookie, query_value},
};

/// Under this name a new session travels to the store.
pub const NEW_SESSION: &str = "new";

/// What the pages need to be served.
#[derive(Clone)]
pub struct Portal {
    /// Everything the service knows how to do.
    pub domain: Domain,
    /// The site's files.
    pub assets: Assets,
    /// Plain http on a developer's machine: the gallery of components is shown.
    pub development: bool,
    /// Where people reach the service, by the settings and never by what a request says: links are made of it (abuse case C3).
    pub origin: Arc<str>,
    /// Whoever speaks to the delivery providers, for the operator's pages.
    pub protocols: Arc<dyn Protocols>,
}

/// Somebody who asks for a page.
pub struct Guest {
    /// The service.
    pub portal: Portal,
    /// Language, theme, time.
    pub visit: Visit,
    /// From where.
    pub client: Client,
    /// What this browser is remembered by, if it is.
    pub device: Option<DeviceSecret>,
    /// Who.
    pub caller: Caller,
    /// The organisation of an attempt whose password was right; before that the page tells nobody whose name it is.
    pub organisation: Option<String>,
    session: Session,
    request_id: Option<Arc<str>>,
}

/// A page, or the page that says why not.
pub type Answer = Result<Response, Stop>;

/// The response that ends a handler early.
pub struct Stop(Box<Response>);

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Longest description of a browser that is kept, in characters.
const AGENT_CHARACTERS_MAX: usize = 300;

impl<S: Send + Sync> FromRequestParts<S> for Guest
where
    Portal: FromRef<S>,
{
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let portal = Portal::from_ref(state);
        let session = Session::from_request_parts(parts, state)
            .await
            .map_err(|error| Stop::from(error.into_response()))?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok());
        let client = Client {
            address: parts.extensions.get::<ClientAddress>().map(|address| address.0),
            agent: agent.map(|text| text.chars().filter(|c| !c.is_control()).take(AGENT_CHARACTERS_MAX).collect()),
        };
        let nonce = parts.extensions.get::<CspNonce>().map(|nonce| nonce.0.to_string()).unwrap_or_default();
        let now = portal.domain.clock().now();
        let visit = Visit::read(&parts.uri, &parts.headers, Locale::en, now, TimeZone::UTC, nonce);
        let development = portal.development;
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        let mut guest = Self {
            portal,
            visit,
            client,
            device: cookie(&parts.headers, device_cookie(development)).and_then(DeviceSecret::parse),
            caller: Caller::Visitor,
            organisation: None,
            session,
            request_id,
        };
        if let Some(id) = guest.session.id() {
            let found = guest.portal.domain.sign_in().caller(&id.0.to_be_bytes(), &guest.client).await;
            guest.caller = found.map_err(|error| guest.oops(error.code()))?;
        }
        if let Caller::Member(me) = &guest.caller {
            let zone = TimeZone::get(&me.tenant.time_zone).unwrap_or(TimeZone::UTC);
            let fallback = me
                .member
                .locale
                .as_deref()
                .or(Some(&me.tenant.locale))
                .and_then(locale::parse)
                .unwrap_or(Locale::en);
            let nonce = std::mem::take(&mut guest.visit.nonce);
            let brand = Brand::of(&me.tenant.slug, &me.tenant.appearance.unwrap_or_default());
            guest.visit = Visit::read(&parts.uri, &parts.headers, fallback, now, zone, nonce);
            guest.visit.brand = brand;
            guest.visit.zone_known = true;
        }
        Ok(guest)
    }
}

impl Guest {
    /// The service.
    pub fn domain(&self) -> &Domain {
        &self.portal.domain
    }

    /// The signed-in member; everybody else is sent to sign in and comes back here.
    pub fn member(&self) -> Result<&SignedIn, Stop> {
        match &self.caller {
            Caller::Member(me) => Ok(me),
            Caller::Visitor | Caller::SigningIn { .. } => Err(self.to_sign_in().into()),
        }
    }

    /// The attempt of somebody in the middle of signing in.
    pub fn attempt(&self) -> Option<(TenantId, AttemptId)> {
        match &self.caller {
            Caller::SigningIn { tenant, attempt, .. } => tenant.zip(*attempt),
            _ => None,
        }
    }

    /// An attempt that a form or an address names: only where it is the signed-in member's own, of this purpose, and open. Its public id stands on the page.
    pub async fn own_attempt(&mut self, attempt: AttemptId, purpose: Purpose) -> Result<Option<AttemptView>, Stop> {
        let (tenant, upn) = {
            let me = self.member()?;
            (me.me.tenant(), me.member.upn.clone())
        };
        let view = match self.domain().sign_in().look(tenant, attempt).await {
            Ok(view) if view.purpose == purpose && view.upn == upn => view,
            Ok(_) | Err(SignInError::Expired | SignInError::OtherStep(_)) => return Ok(None),
            Err(error) => return Err(self.fails()(error)),
        };
        self.in_attempt(view.session_id);
        Ok(Some(view))
    }

    /// What the session remembers.
    pub fn note(&self) -> SessionNote {
        match &self.caller {
            Caller::SigningIn { note, .. } => note.clone(),
            Caller::Member(me) => me.note.clone(),
            Caller::Visitor => SessionNote::default(),
        }
    }

    /// The proof of rights in the tenant of an address `/admin/{tenant}/…`. Another tenant, or none: there is nothing here. Too few rights: said so. A
    /// session without a second factor has none.
    pub async fn admin(&self, slug: &str, permission: Permission) -> Result<Admin, Stop> {
        let me = self.member()?;
        // An operator's rights come first: a lesser role in the home tenant must not take them away.
        let admin = match (me.me.operator(), me.tenant.slug == slug) {
            (Some(operator), _) => {
                let slug = slug.parse().map_err(|_| self.oops(ErrorCode::NotFound))?;
                let tenant = self
                    .domain()
                    .directory()
                    .tenant_of_slug(&slug)
                    .await
                    .map_err(|_| self.oops(ErrorCode::DatabaseGone))?;
                tenant.map(|tenant| operator.admin_of(tenant))
            }
            (None, true) => me.me.admin(),
            (None, false) => None,
        };
        let admin = admin.ok_or_else(|| self.oops(ErrorCode::NotFound))?;
        match admin.may(permission) {
            true => Ok(admin),
            false => Err(self.oops(ErrorCode::Forbidden)),
        }
    }

    /// The proof of rights in the home tenant, for the support desk.
    pub fn staff(&self, permission: Permission) -> Result<Admin, Stop> {
        let me = self.member()?;
        let admin = me.me.operator().map(|operator| operator.admin_of(me.me.tenant())).or_else(|| me.me.admin());
        match admin {
            Some(admin) if admin.may(permission) => Ok(admin),
            Some(_) => Err(self.oops(ErrorCode::Forbidden)),
            None => Err(self.oops(ErrorCode::NotFound)),
        }
    }

    /// The proof of rights over the installation.
    pub fn operator(&self) -> Result<Operator, Stop> {
        self.member()?.me.operator().ok_or_else(|| self.oops(ErrorCode::NotFound))
    }

    /// Opens a new session under a new id; the old one dies. Every change of privilege goes through here.
    pub async fn open(&self, mut new: NewSession) -> Result<(), Stop> {
        // What was asked for with the password holds for what it leads to.
        new.note.keep |= new.stage != SessionStage::SignIn && self.note().keep;
        if new.is_kept() {
            let seconds = new.lifetime().as_secs();
            self.session.set_expiry(Some(Expiry::OnInactivity(Duration::seconds(seconds))));
        }
        let opened = async {
            self.session.cycle_id().await?;
            self.session.insert(NEW_SESSION, new).await?;
            self.session.save().await
        };
        opened.await.map_err(|error| {
            tracing::error!(%error, "a session could not be opened");
            self.oops(ErrorCode::DatabaseGone)
        })
    }

    /// Gives the browser what it is remembered by. It is no session: it opens nothing by itself.
    pub fn remembers(&self, remembered: &Remembered, mut response: Response) -> Response {
        let (name, secure) = (device_cookie(self.portal.development), if self.portal.development { "" } else { "; Secure" });
        let seconds = remembered.days * 86_400;
        let value = format!(
            "{name}={}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
            remembered.secret.reveal()
        );
        if let Ok(mut value) = HeaderValue::from_str(&value) {
            value.set_sensitive(true);
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }

    /// What binds a question to this browser; nothing where it has no session.
    pub fn browser(&self) -> Option<BrowserHash> {
        self.session.id().map(|id| browser_hash(&id.0.to_be_bytes()))
    }

    /// The same; a browser without a session gets one that opens nothing.
    pub async fn browser_or_new(&self) -> Result<BrowserHash, Stop> {
        if self.session.id().is_none() {
            self.open(NewSession::of_attempt(None, None, SessionStage::Anonymous, 0, self.client.clone()))
                .await?;
        }
        self.browser().ok_or_else(|| self.oops(ErrorCode::Internal))
    }

    /// Ends the session and its cookie.
    pub async fn close(&self) -> Result<(), Stop> {
        self.session.flush().await.map_err(|_| self.oops(ErrorCode::DatabaseGone))
    }

    /// The frame of the members' pages, with the account menu for whoever is signed in.
    pub fn shell(&self) -> MemberShell {
        let shell = MemberShell {
            home: routes::HOME.to_owned(),
            help: Some(routes::HELP.to_owned()),
            ..MemberShell::default()
        };
        let Caller::Member(me) = &self.caller else {
            return MemberShell {
                tenant: self.organisation.clone(),
                ..shell
            };
        };
        MemberShell {
            tenant: Some(me.tenant.name.clone()),
            account: Some(MemberAccount {
                name: self.name(),
                upn: me.member.upn.clone(),
                sign_out: routes::SIGN_OUT.to_owned(),
                links: self.places(),
            }),
            ..shell
        }
    }

    /// The member's name for the account menu.
    pub fn name(&self) -> String {
        let Caller::Member(me) = &self.caller else { return String::new() };
        let name = [me.member.given_name.as_deref(), me.member.family_name.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        if name.is_empty() { me.member.upn.clone() } else { name }
    }

    /// Where the member can go, by role: name and address.
    pub fn places(&self) -> Vec<(String, String)> {
        let Caller::Member(me) = &self.caller else { return Vec::new() };
        crate::pages::places(me)
    }

    /// Shows a page.
    pub fn show(&self, page: impl FnOnce() -> Page) -> Response {
        document(&self.portal.assets, &self.visit, page).into_response()
    }

    /// Shows a part of a page.
    pub fn show_part(&self, part: impl FnOnce() -> AnyView) -> Response {
        fragment(&self.portal.assets, &self.visit, part).into_response()
    }

    /// Shows a page with a status of its own, such as a form again with what is wrong in it.
    pub fn show_with(&self, code: ErrorCode, page: impl FnOnce() -> Page) -> Response {
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, self.show(page)).into_response()
    }

    /// Shows a page that holds a secret once: never compressed.
    pub fn show_secret(&self, page: impl FnOnce() -> Page) -> Response {
        (Uncompressed, self.show(page)).into_response()
    }

    /// The same guest in an attempt, whose public id stands on the page.
    pub fn in_attempt(&mut self, session_id: SessionId) {
        self.visit.session_id = Some(session_id.to_string());
    }

    /// The same guest at a step after a right password: the organisation's name stands on the page, in its colour.
    pub fn in_attempt_of(&mut self, view: &AttemptView) {
        self.in_attempt(view.session_id);
        let known = view.stage != domain::verification::facts::Stage::Password;
        self.organisation = known.then(|| view.tenant_name.clone());
        self.visit.brand = if known {
            Brand::of(&view.tenant_slug, &view.appearance)
        } else {
            Brand::default()
        };
    }

    /// The page that says what went wrong. The inner text of an error never gets here.
    pub fn oops(&self, code: ErrorCode) -> Stop {
        let account = match &self.caller {
            Caller::Member(me) => Some(me.member.upn.clone()),
            _ => None,
        };
        let request_id = self.request_id.as_ref().map(ToString::to_string);
        let model = || error::ErrorPage {
            code,
            until: None,
            request_id,
            account,
            home: None,
        };
        self.show_with(code, || error::page(self.shell(), model())).into()
    }

    /// Maps any error of the domain that has a code.
    pub fn fails<E: HasCode>(&self) -> impl Fn(E) -> Stop + '_ {
        |error| {
            let code = error.code();
            if code.status() >= 500 {
                tracing::error!(code = code.as_str(), error = %error, "a page could not be made");
            }
            self.oops(code)
        }
    }

    fn to_sign_in(&self) -> Response {
        let here = &self.visit.here;
        match here.as_str() {
            "/" => see(routes::SIGN_IN),
            back => see(&format!("{}?back={}", routes::SIGN_IN, query_value(back))),
        }
    }
}

/// The cookie of a remembered browser. Over TLS its name begins with `__Host-`: no other host and no path can set it.
const fn device_cookie(development: bool) -> &'static str {
    if development { "dev" } else { "__Host-dev" }
}

/// An error of the domain.
pub trait HasCode: std::fmt::Display {
    /// Its stable code.
    fn code(&self) -> ErrorCode;
}

macro_rules! has_code {
    ($($error:ty),+ $(,)?) => {$(
        impl HasCode for $error {
            fn code(&self) -> ErrorCode { <$error>::code(self) }
        }
    )+};
}

has_code!(
    domain::delivery::DeliveryError,
    domain::journal::JournalError,
    SignInError,
    domain::directory::DirectoryError,
    domain::methods::MethodError,
    domain::methods::question::QuestionError,
    domain::notices::NoticeError,
    domain::passkeys::PasskeysError,
    domain::reset::ResetError,
    domain::tickets::TicketError,
    domain::tokens::TokenError,
    domain::verification::VerificationError
);

/// 303: look there.
pub fn see(path: &str) -> Response {
    let path = safe_path(path).unwrap_or("/");
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
