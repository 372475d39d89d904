//! What the layers need to know: the public address, the trusted proxies, and the table of routes.

use std::collections::HashMap;

use app::assets::Assets;
use app::edge::Entry;
use axum::extract::{MatchedPath, Request};
use ipnet::IpNet;

use crate::config::PublicUrl;

/// Knowledge shared by the layers.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(super) public_url: PublicUrl,
    pub(super) trusted_proxies: Vec<IpNet>,
    /// For the pages that say what went wrong.
    pub(super) assets: Assets,
    entries: HashMap<&'static str, Vec<Entry>>,
}

impl Edge {
    pub(crate) fn new(public_url: PublicUrl, trusted_proxies: Vec<IpNet>) -> Self {
        Self {
            public_url,
            trusted_proxies,
            assets: Assets::default(),
            entries: HashMap::new(),
        }
    }

    pub(crate) fn with_assets(self, assets: Assets) -> Self {
        Self { assets, ..self }
    }

    pub(super) fn with_entries(mut self, entries: &[Entry]) -> Self {
        for entry in entries {
            self.entries.entry(entry.path).or_default().push(entry.clone());
        }
        self
    }

    /// What was registered for this request; nothing when its path or method is not: then no handler runs either.
    pub(super) fn entry_for(&self, request: &Request) -> Option<&Entry> {
        let path = request.extensions().get::<MatchedPath>()?;
        self.entries.get(path.as_str())?.iter().find(|entry| entry.method == request.method())
    }
}
