//! The web edge: everything that is true of every request and every answer, whatever the page.
//!
//! The layers from the outside in, each in its own file: headers, compression, who calls under which number, one log line,
//! errors as pages or problems, panics and load, the host, other sites, bodies; then the route.

mod access_log;
mod bodies;
mod client;
mod compression;
mod cross_site;
mod csp_report;
mod edge;
mod error_page;
mod errors;
mod headers;
mod host;
mod load;
mod problem;
mod session_store;
mod site;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use app::edge::Routes;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_sessions::SessionManagerLayer;

pub(crate) use edge::Edge;
pub(crate) use problem::{Document as ProblemDocument, Problem};
pub(crate) use session_store::{Sessions, sessions};
pub(crate) use site::{Immutable, Site};

/// The routes of the edge itself.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Routes<S> {
    csp_report::routes()
}

/// Puts the layers around the registered routes. What is not registered is not there: 404, or 405 for another method.
pub(crate) fn assemble<S: Clone + Send + Sync + 'static>(
    routes: Routes<S>,
    state: S,
    edge: Edge,
    site: Option<&Site>,
    sessions: Option<SessionManagerLayer<Sessions>>,
) -> Router {
    let (router, entries) = routes.into_parts();
    let edge = Arc::new(edge.with_entries(&entries));
    let router = router.with_state(state);
    // Sessions are for pages; the site's files and what the edge refuses never touch them.
    let router = match sessions {
        Some(sessions) => router.layer(sessions),
        None => router,
    };
    let router = site::mount(router, site);
    // The last layer added is the first to see a request.
    router
        .layer(from_fn_with_state(edge.clone(), bodies::check))
        .layer(from_fn_with_state(edge.clone(), cross_site::check))
        .layer(from_fn_with_state(edge.clone(), host::check))
        .layer(from_fn_with_state(load::Load::default(), load::limit))
        .layer(load::catch_panics())
        .layer(from_fn_with_state(edge.clone(), errors::render))
        .layer(from_fn(access_log::write))
        .layer(from_fn_with_state(edge.clone(), client::identify))
        .layer(compression::layer())
        .layer(from_fn_with_state(edge, headers::secure))
}
