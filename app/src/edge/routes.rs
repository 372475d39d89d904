//! The register of routes: the only way to add one says who may call it and what it takes (bar 38).
//!
//! The edge layers read the same table: which bodies are taken and how large, and which routes are for programs with a key
//! (no cookies, no CSRF check). A test lists the table and calls each route as a stranger (abuse case E5).

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, MethodRouter, on};

/// Bytes that an ordinary body may have.
pub const PAGE_BYTES_MAX: usize = 64 * 1024;
/// Bytes that an import may have.
pub const IMPORT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes that a form with a file may have: the file, and as much as any form for the fields around it.
pub const UPLOAD_BYTES_MAX: usize = IMPORT_BYTES_MAX + PAGE_BYTES_MAX;

/// Who may call a route. The handler proves it (`caller.rs` for pages, the key for REST); this says what it must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// Everybody: sign-in itself, health, documentation, assets.
    Anyone,
    /// Somebody in the middle of a sign-in or registration.
    Visitor,
    /// A signed-in member.
    Member,
    /// An admin of a tenant.
    Admin,
    /// A support agent.
    Support,
    /// An operator of the installation.
    Operator,
    /// A program with an API key that has this scope.
    Integration(&'static str),
    /// A browser that reports what it did not load. Takes nothing but the report.
    Reporter,
    /// A gateway that reports about a message, signed with the secret that it shares with us.
    Gateway,
}

impl Who {
    /// What somebody without session or key is answered; `None` when he is let in. A page sends him to sign in, a route for
    /// programs tells him so.
    #[must_use]
    pub fn answer_to_a_stranger(self) -> Option<StatusCode> {
        match self {
            Self::Anyone | Self::Reporter => None,
            Self::Visitor | Self::Member | Self::Admin | Self::Support | Self::Operator => Some(StatusCode::SEE_OTHER),
            Self::Integration(_) => Some(StatusCode::UNAUTHORIZED),
            Self::Gateway => Some(StatusCode::FORBIDDEN),
        }
    }

    /// Whether another site may cause the call: only where a cookie counts for nothing.
    #[must_use]
    pub fn takes_no_cookies(self) -> bool {
        matches!(self, Self::Integration(_) | Self::Reporter | Self::Gateway)
    }
}

/// What a route takes in its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Body {
    /// Nothing that is read.
    None,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
    /// One of these types, up to [`IMPORT_BYTES_MAX`].
    Import(&'static [&'static str]),
    /// A form with a file in it: `multipart/form-data`, the file up to [`IMPORT_BYTES_MAX`].
    Upload,
    /// A report of a browser.
    Report,
}

impl Body {
    /// The content types taken; `None` when the body is not looked at.
    #[must_use]
    pub fn content_types(self) -> Option<&'static [&'static str]> {
        match self {
            Self::None => None,
            Self::Form => Some(&["application/x-www-form-urlencoded"]),
            Self::Json => Some(&["application/json"]),
            Self::Import(types) => Some(types),
            Self::Upload => Some(&["multipart/form-data"]),
            Self::Report => Some(&["application/csp-report", "application/reports+json", "application/json"]),
        }
    }

    /// How many bytes are taken.
    #[must_use]
    pub fn bytes_max(self) -> usize {
        match self {
            Self::Import(_) => IMPORT_BYTES_MAX,
            Self::Upload => UPLOAD_BYTES_MAX,
            Self::None | Self::Form | Self::Json | Self::Report => PAGE_BYTES_MAX,
        }
    }
}

/// One route as registered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The HTTP method.
    pub method: Method,
    /// The path in axum's notation.
    pub path: &'static str,
    /// Who may call.
    pub who: Who,
    /// What is taken.
    pub body: Body,
}

/// A router that grew by registered routes only.
#[derive(Debug, Clone)]
pub struct Routes<S> {
    router: Router<S>,
    entries: Vec<Entry>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            entries: Vec::new(),
        }
    }

    /// Registers a page or a read. HEAD is answered by the same handler.
    #[must_use]
    pub fn get<T: 'static>(self, path: &'static str, who: Who, handler: impl Handler<T, S>) -> Self {
        self.add(Method::GET, path, who, Body::None, handler)
    }

    /// Registers a form: a plain HTML form post.
    #[must_use]
    pub fn post<T: 'static>(self, path: &'static str, who: Who, handler: impl Handler<T, S>) -> Self {
        self.add(Method::POST, path, who, Body::Form, handler)
    }

    /// Registers a form with a file in it.
    #[must_use]
    pub fn upload<T: 'static>(self, path: &'static str, who: Who, handler: impl Handler<T, S>) -> Self {
        self.add(Method::POST, path, who, Body::Upload, handler)
    }

    /// Registers a route with any method and body.
    ///
    /// # Panics
    /// When the method is none of HTTP's usual ones, or the route is registered already: both are mistakes in our own code
    /// that the first start shows.
    #[must_use]
    pub fn add<T: 'static>(mut self, method: Method, path: &'static str, who: Who, body: Body, handler: impl Handler<T, S>) -> Self {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or_else(|_| panic!("{method} {path}: not a method that routes can have"));
        let route: MethodRouter<S> = on(filter, handler).layer(DefaultBodyLimit::max(body.bytes_max()));
        self.router = self.router.route(path, route);
        self.entries.push(Entry { method, path, who, body });
        self
    }

    /// Adds all routes of another register.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.entries.extend(other.entries);
        self
    }

    /// The table of what was registered.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The router and its table.
    pub fn into_parts(self) -> (Router<S>, Vec<Entry>) {
        (self.router, self.entries)
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}
