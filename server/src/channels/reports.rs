//! What providers say later about messages that they took, by a connection of ours or by calling back.

use std::time::Duration;

use domain::Domain;
use domain::delivery::DeliveryError;
use domain::delivery::channel::DeliveryReport;
use model::ProviderId;
use tokio::sync::mpsc;

use crate::error_chain::whole;

/// A report can overtake the answer that tells the name of its message. By then it is known, or never.
const PAUSES: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(250), Duration::from_millis(1_000)];

/// Writes down what was reported; a message that nobody knows is waited for a moment, and then let go.
pub(crate) async fn write(domain: &Domain, provider: ProviderId, report: &DeliveryReport) -> Result<(), DeliveryError> {
    for pause in PAUSES {
        if domain.delivery().report(provider, report).await? {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
    }
    let known = domain.delivery().report(provider, report).await?;
    if !known {
        tracing::debug!(%provider, "a report was about no message of ours");
    }
    Ok(())
}

/// Writes down every report of a connection, as long as there is one.
pub(super) async fn keep(domain: Domain, provider: ProviderId, mut queue: mpsc::Receiver<DeliveryReport>) {
    while let Some(report) = queue.recv().await {
        if let Err(error) = write(&domain, provider, &report).await {
            tracing::error!(%provider, error = whole(&error), "a report was not written down");
        }
    }
}
