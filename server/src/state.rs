//! What every handler can ask for.

use std::sync::Arc;

use app::assets::Assets;
use app::caller::Portal;
use axum::extract::FromRef;
use domain::Domain;

use crate::callbacks::Gateways;
use crate::health::Readiness;

/// The running service, as handlers see it. Cheap to clone.
#[derive(Clone, FromRef)]
pub(crate) struct Service {
    domain: Domain,
    portal: Portal,
    readiness: Readiness,
    gateways: Gateways,
}

impl Service {
    /// `development` is plain http on one's own machine; `origin` is where people reach the service.
    pub(crate) fn new(domain: Domain, assets: Assets, development: bool, origin: &str) -> Self {
        Self {
            portal: Portal {
                domain: domain.clone(),
                assets,
                development,
                origin: Arc::from(origin),
            },
            readiness: Readiness::new(domain.clone()),
            gateways: Gateways::new(domain.clone(), origin),
            domain,
        }
    }
}
