//! Looks over the shoulder of every port: nothing takes longer than it may, everything is counted, and a failure is written down once.

use std::time::Duration;

use async_trait::async_trait;
use domain::delivery::Provider;
use domain::delivery::channel::{Channel, ChannelKind, DeliveryStatus, HandedOver, Message, SendError, Trouble, WHOLE_TIMEOUT};
use tokio::time::{Instant, timeout};

use super::registry::Port;

/// Ports keep to their own time, and know better what it means when that is over; this is for one that does not, such as a disk that hangs.
const LAST_MOMENT: Duration = Duration::from_secs(WHOLE_TIMEOUT.as_secs() + 2);

/// A port and what is said about it.
pub(super) struct Watched {
    port: Port,
    channel: &'static str,
    provider: String,
}

impl Watched {
    pub(super) fn new(port: Port, provider: &Provider) -> Self {
        Self {
            port,
            channel: provider.channel.as_str(),
            provider: provider.name.clone(),
        }
    }

    fn count(&self, status: &'static str) {
        metrics::counter!("deliveries_total", "channel" => self.channel, "provider" => self.provider.clone(), "status" => status).increment(1);
    }
}

#[async_trait]
impl Channel for Watched {
    fn kind(&self) -> ChannelKind {
        self.port.kind()
    }

    async fn hand_over(&self, message: &Message) -> Result<HandedOver, SendError> {
        let begun = Instant::now();
        let answer = timeout(LAST_MOMENT, self.port.hand_over(message)).await;
        let answer = answer.unwrap_or(Err(SendError::Uncertain(Trouble::TimeOut)));
        metrics::histogram!("delivery_duration_seconds", "channel" => self.channel, "provider" => self.provider.clone()).record(begun.elapsed().as_secs_f64());
        match &answer {
            Ok(handed) => self.count(word_of_status(handed.status)),
            Err(error) => {
                self.count(word_of_error(error));
                tracing::warn!(delivery = %message.id, channel = self.channel, provider = self.provider, %error, "a message was not handed over");
            }
        }
        answer
    }

    async fn check(&self) -> Result<(), SendError> {
        self.port.check().await
    }
}

const fn word_of_status(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Unknown | DeliveryStatus::Queued => "handed",
        DeliveryStatus::Sent => "sent",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Delivered => "delivered",
    }
}

const fn word_of_error(error: &SendError) -> &'static str {
    match error {
        SendError::Unreachable(_) => "unreachable",
        SendError::Uncertain(_) => "uncertain",
        SendError::Busy { .. } => "busy",
        SendError::Refused { .. } => "refused",
        SendError::Misconfigured(_) => "misconfigured",
        SendError::Unsendable(_) => "unsendable",
    }
}
