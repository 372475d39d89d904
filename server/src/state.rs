//! What every handler can ask for.

use std::sync::Arc;

use app::assets::Assets;
use app::caller::Portal;
use axum::extract::FromRef;
use domain::Domain;

use crate::callbacks::Gateways;
use crate::channels::{desk::Desk, settings::House};
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
    /// `development` is plain http on one's own machine; `origin` is where people reach the service, and `house` the same for
    /// its providers.
    pub(crate) fn new(domain: Domain, assets: Assets, development: bool, origin: &str, house: House) -> Self {
        Self {
            portal: Portal {
                domain: domain.clone(),
                assets,
                development,
                origin: Arc::from(origin),
                protocols: Arc::new(Desk::new(house)),
            },
            readiness: Readiness::new(domain.clone()),
            gateways: Gateways::new(domain.clone(), origin),
            domain,
        }
    }
}
