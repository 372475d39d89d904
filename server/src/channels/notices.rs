//! Sends notices beside the codes, with the same ports: a few at once, and never in a code's place.

use std::time::{Duration, Instant};

use domain::Domain;
use domain::notices::{Ports, Taken};
use tokio::task::JoinSet;

use super::registry::Registry;
use crate::error_chain::whole;

/// How often the outbox is looked at when it was empty.
const IDLE: Duration = Duration::from_millis(500);

/// How long a database that is gone is left alone.
const AFTER_A_FAILURE: Duration = Duration::from_secs(5);

/// Notices that are being sent at once.
const AT_ONCE_MAX: usize = 4;

/// The notices that this worker holds.
#[derive(Default)]
pub(super) struct Notices {
    under_way: JoinSet<()>,
    again_at: Option<Instant>,
    failing: bool,
}

impl Notices {
    /// Takes what there is room for and sends it off, when it is time.
    pub(super) async fn round(&mut self, domain: &Domain, registry: &Registry) {
        while self.under_way.try_join_next().is_some() {}
        let room = AT_ONCE_MAX.saturating_sub(self.under_way.len());
        if room == 0 || self.again_at.is_some_and(|at| at > Instant::now()) {
            return;
        }
        let taken = domain.notices().take(room as i64).await;
        match &taken {
            Ok(_) if self.failing => tracing::info!(work = "notices", "works again"),
            Err(error) if !self.failing => tracing::error!(
                work = "notices",
                error = whole(error),
                "failed; tried again every {} s",
                AFTER_A_FAILURE.as_secs()
            ),
            Ok(_) | Err(_) => {}
        }
        self.failing = taken.is_err();
        let pause = match &taken {
            Ok(taken) if taken.len() == room => Duration::ZERO,
            Ok(_) => IDLE,
            Err(_) => AFTER_A_FAILURE,
        };
        self.again_at = Some(Instant::now() + pause);
        for taken in taken.unwrap_or_default() {
            self.under_way.spawn(send(domain.clone(), taken, registry.ports()));
        }
    }

    /// Waits for what is being sent.
    pub(super) async fn end(&mut self) {
        while self.under_way.join_next().await.is_some() {}
    }
}

async fn send(domain: Domain, taken: Taken, ports: Ports) {
    let id = taken.id();
    if let Err(error) = domain.notices().send(taken, &ports).await {
        // Its lease ends, and then somebody takes it again.
        tracing::error!(notice = %id, error = whole(&error), "what came of a notice was not written down");
    }
}
