//! Channels: each protocol in a file, each an implementation of the port; and what puts them to work: settings become ports in the registry, and the courier
//! carries messages to them.

pub(crate) mod courier;
pub(crate) mod desk;
mod folder;
pub(crate) mod gateway;
mod notices;
pub(crate) mod registry;
pub(crate) mod reports;
pub(crate) mod settings;
mod smpp;
mod smpp_session;
pub(crate) mod sms_http;
mod smtp;
mod tls;
pub(crate) mod voice_documents;
pub(crate) mod voice_http;
mod watched;

#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::delivery::channel::{CONNECT_TIMEOUT, WHOLE_TIMEOUT};

/// How long a provider is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// Until a connection stands, TLS included.
    pub(crate) connect: Duration,
    /// Until a whole hand-over is done.
    pub(crate) whole: Duration,
    /// Before a connection that broke is set up again; each time twice as long.
    pub(crate) pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: CONNECT_TIMEOUT,
            whole: WHOLE_TIMEOUT,
            pause: Duration::from_secs(1),
        }
    }
}
