//! All routes of the program in one register. What is not here does not exist.

use app::edge::Routes;

use crate::state::Service;
use crate::{callbacks, health, rest, web};

/// Every route, with who may call it.
pub(crate) fn all() -> Routes<Service> {
    Routes::new()
        .merge(web::routes())
        .merge(health::routes())
        .merge(callbacks::routes())
        .merge(rest::routes())
        .merge(app::handlers::routes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use app::edge::Who;
    use axum::http::Method;

    /// The gallery has pictures of every page, so that none goes live unseen: `end2end/gallery.json` names them by route, and `scripts/gallery.mjs`
    /// looks whether the browser tests have made them.
    #[test]
    fn every_page_stands_in_the_gallery() {
        let gallery: serde_json::Value = serde_json::from_str(include_str!("../../end2end/gallery.json")).expect("JSON");
        let pages = gallery["pages"].as_object().expect("routes with their pictures");
        let others = gallery["not_pages"].as_array().expect("routes that answer no page");
        let others: BTreeSet<&str> = others.iter().filter_map(|route| route.as_str()).collect();
        let all = super::all();
        let reads = |who| !matches!(who, Who::Integration(_) | Who::Reporter);
        let routes: BTreeSet<&str> = all
            .entries()
            .iter()
            .filter(|e| e.method == Method::GET && reads(e.who))
            .map(|e| e.path)
            .collect();
        for route in &routes {
            let pictures = pages.get(*route).and_then(|names| names.as_array()).map_or(0, Vec::len);
            let page = pictures > 0;
            assert!(
                page != others.contains(route),
                "{route}: give it pictures in end2end/gallery.json, or name it as no page"
            );
        }
        for route in pages.keys().map(String::as_str).filter(|route| *route != "*").chain(others) {
            assert!(routes.contains(route), "{route} stands in end2end/gallery.json and is no route");
        }
    }
}
