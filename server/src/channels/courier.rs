//! Carries messages from the queue to their providers. Several nodes may do so at once: each message is leased to one of them.

use std::time::Duration;

use domain::Domain;
use domain::delivery::{DeliveryError, Taken};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::notices::Notices;
use super::registry::{Port, Registry};
use super::settings::House;
use crate::error_chain::whole;

/// How long an empty queue is left alone.
const IDLE: Duration = Duration::from_millis(200);

/// How long a database that is gone is left alone.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// Messages that are being handed over at once. No more are taken than can be handed over right away, so that none waits here while its lease runs out.
const AT_ONCE_MAX: usize = 16;

/// Carries messages until it is told to stop; what is being handed over by then is finished.
pub(crate) async fn carry(domain: Domain, house: House, stop: CancellationToken) {
    let mut courier = Courier {
        registry: Registry::new(domain.clone(), house),
        domain,
        under_way: JoinSet::new(),
        failing: false,
        notices: Notices::default(),
    };
    while !stop.is_cancelled() {
        let pause = courier.round().await;
        tokio::select! {
            () = sleep(pause) => {}
            () = stop.cancelled() => break,
        }
    }
    while courier.under_way.join_next().await.is_some() {}
    courier.notices.end().await;
    courier.registry.end().await;
}

struct Courier {
    domain: Domain,
    registry: Registry,
    under_way: JoinSet<()>,
    failing: bool,
    notices: Notices,
}

impl Courier {
    /// Takes what there is room for and sends it off; says how long to wait before the next round.
    async fn round(&mut self) -> Duration {
        let done = self.try_round().await;
        let pause = match &done {
            Ok(true) => Duration::ZERO,
            Ok(false) => IDLE,
            Err(_) => AFTER_A_FAILURE,
        };
        match &done {
            Ok(_) if self.failing => tracing::info!(work = "deliveries", "works again"),
            Err(error) if !self.failing => {
                tracing::error!(
                    work = "deliveries",
                    error = whole(error),
                    "failed; tried again every {} s",
                    AFTER_A_FAILURE.as_secs()
                );
            }
            Ok(_) | Err(_) => {}
        }
        self.failing = done.is_err();
        // Codes first: somebody waits for them. A notice that cannot be taken must not hold them up.
        if !self.registry.is_stale() {
            self.notices.round(&self.domain, &self.registry).await;
        }
        pause
    }

    /// True when there may be more.
    async fn try_round(&mut self) -> Result<bool, DeliveryError> {
        if self.registry.is_stale() {
            self.renew().await?;
        }
        if self.under_way.len() >= AT_ONCE_MAX {
            self.under_way.join_next().await;
        }
        while self.under_way.try_join_next().is_some() {}
        let room = AT_ONCE_MAX - self.under_way.len();
        let taken = self.domain.delivery().take_at_most(room as i64).await?;
        let more = taken.len() == room;
        if taken.iter().any(|taken| !self.registry.knows(taken.provider)) {
            self.renew().await?;
        }
        for taken in taken {
            let port = self.registry.port(taken.provider);
            self.under_way.spawn(hand_over(self.domain.clone(), taken, port));
        }
        Ok(more)
    }

    async fn renew(&mut self) -> Result<(), DeliveryError> {
        self.registry.renew().await?;
        let age = self.domain.delivery().queue_age().await?;
        metrics::gauge!("delivery_queue_age_seconds").set(age.as_secs_f64());
        Ok(())
    }
}

async fn hand_over(domain: Domain, taken: Taken, port: Option<Port>) {
    let id = taken.id;
    if let Err(error) = domain.delivery().hand_over(taken, port.as_deref()).await {
        // Its lease ends, and then somebody takes it again.
        tracing::error!(delivery = %id, error = whole(&error), "what came of a message was not written down");
    }
}
