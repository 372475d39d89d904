//! Carries messages from the queue to their providers. Several nodes may do so at once: each message is leased to one of them.

use std::time::Duration;

use domain::Domain;
use domain::delivery::{Carried, DeliveryError};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::notices::Notices;
use super::registry::Registry;
use super::settings::House;
use crate::error_chain::whole;

/// How long an empty queue is left alone.
const IDLE: Duration = Duration::from_millis(200);

/// Between two rounds while messages are under way: what comes and goes meanwhile is read and written together.
const BEAT: Duration = Duration::from_millis(50);

/// How long a database that is gone is left alone.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// Messages that are being handed over at once. No more are taken than can be handed over right away, so that none waits here while its lease runs out.
const AT_ONCE_MAX: usize = 64;

/// Carries messages until it is told to stop; what is being handed over by then is finished.
pub(crate) async fn carry(domain: Domain, house: House, stop: CancellationToken) {
    let mut courier = Courier {
        registry: Registry::new(domain.clone(), house),
        domain,
        under_way: JoinSet::new(),
        writing: JoinSet::new(),
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
    courier.end().await;
}

struct Courier {
    domain: Domain,
    registry: Registry,
    under_way: JoinSet<Carried>,
    writing: JoinSet<()>,
    failing: bool,
    notices: Notices,
}

impl Courier {
    /// Has written down what has come of messages, takes what there is room for and sends it off; says how long to wait before the next round.
    async fn round(&mut self) -> Duration {
        self.settle();
        let done = self.take().await;
        let pause = match &done {
            Ok(()) if self.under_way.is_empty() => IDLE,
            Ok(()) => BEAT,
            Err(_) => AFTER_A_FAILURE,
        };
        match &done {
            Ok(()) if self.failing => tracing::info!(work = "deliveries", "works again"),
            Err(error) if !self.failing => {
                tracing::error!(
                    work = "deliveries",
                    error = whole(error),
                    "failed; tried again every {} s",
                    AFTER_A_FAILURE.as_secs()
                );
            }
            Ok(()) | Err(_) => {}
        }
        self.failing = done.is_err();
        // Codes first: somebody waits for them. A notice that cannot be taken must not hold them up.
        if !self.registry.is_stale() {
            self.notices.round(&self.domain, &self.registry).await;
        }
        pause
    }

    async fn take(&mut self) -> Result<(), DeliveryError> {
        if self.registry.is_stale() {
            self.renew().await?;
        }
        let room = AT_ONCE_MAX.saturating_sub(self.under_way.len());
        if room == 0 {
            return Ok(());
        }
        let taken = self.domain.delivery().take(room as i64).await?;
        if taken.iter().any(|taken| !self.registry.knows(taken.provider)) {
            self.renew().await?;
        }
        for taken in taken {
            let port = self.registry.port(taken.provider);
            self.under_way.spawn(async move { taken.hand_over(port.as_deref()).await });
        }
        Ok(())
    }

    /// Has written down what has come of messages by now. Those that are still under way are not waited for, nor is the database.
    fn settle(&mut self) {
        while self.writing.try_join_next().is_some() {}
        let mut carried = Vec::new();
        while let Some(joined) = self.under_way.try_join_next() {
            // Whose hand-over broke off is taken again when its lease ends, and so is what cannot be written.
            match joined {
                Ok(one) => carried.push(one),
                Err(error) => tracing::error!(%error, "a message's hand-over broke off"),
            }
        }
        if carried.is_empty() {
            return;
        }
        let domain = self.domain.clone();
        self.writing.spawn(async move {
            let messages = carried.len();
            if let Err(error) = domain.delivery().settle(carried).await {
                tracing::error!(messages, error = whole(&error), "what came of messages was not written down whole");
            }
        });
    }

    async fn renew(&mut self) -> Result<(), DeliveryError> {
        self.registry.renew().await?;
        let age = self.domain.delivery().queue_age().await?;
        metrics::gauge!("delivery_queue_age_seconds").set(age.as_secs_f64());
        Ok(())
    }

    async fn end(mut self) {
        while !self.under_way.is_empty() {
            sleep(BEAT).await;
            self.settle();
        }
        while self.writing.join_next().await.is_some() {}
        self.notices.end().await;
        self.registry.end().await;
    }
}
