//! The listener: plain or TLS, a certificate renewed on SIGHUP, and an end that lets requests in flight finish.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Failure;
use crate::config::{Settings, TlsFiles};

/// What is in flight when the end comes may take this long.
const FINISH_SECONDS_MAX: u64 = 10;

/// A connection that sends nothing, or its request line by drops, is not waited for any longer.
const HEADERS_SECONDS_MAX: u64 = 10;

const HTTP2_STREAMS_MAX: u32 = 100;

/// A bound address, before anything is answered on it.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<(RustlsConfig, TlsFiles)>,
}

impl Listener {
    pub(crate) async fn bind(settings: &Settings) -> Result<Self, Failure> {
        let address = settings.listen;
        let socket = TcpListener::bind(address).map_err(|error| format!("TWEESTAP_LISTEN {address} cannot be listened on: {error}"))?;
        let tls = match &settings.tls {
            Some(files) => Some((read_certificate(files).await?, files.clone())),
            None => None,
        };
        Ok(Self {
            address: socket.local_addr()?,
            socket,
            tls,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until Ctrl-C or SIGTERM, then finishes what is in flight.
    pub(crate) async fn serve(self, router: Router) -> Result<(), Failure> {
        let handle = Handle::new();
        let stopping = tokio::spawn(stop_on_signal(handle.clone()));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let served = match self.tls {
            None => tuned(axum_server::from_tcp(self.socket)?).handle(handle).serve(service).await,
            Some((config, files)) => {
                let reloading = tokio::spawn(reload_on_hangup(config.clone(), files));
                let served = tuned(axum_server::from_tcp_rustls(self.socket, config)?).handle(handle).serve(service).await;
                reloading.abort();
                served
            }
        };
        stopping.abort();
        Ok(served?)
    }
}

/// A slow or greedy peer costs little: time for the headers and streams per connection are limited.
fn tuned<A>(server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let seconds = Duration::from_secs(HEADERS_SECONDS_MAX);
    let mut server = server.first_request_timeout(seconds);
    server.http_builder().http1().header_read_timeout(seconds);
    server.http_builder().http2().max_concurrent_streams(HTTP2_STREAMS_MAX);
    server
}

pub(crate) async fn read_certificate(files: &TlsFiles) -> Result<RustlsConfig, Failure> {
    RustlsConfig::from_pem_file(&files.cert, &files.key).await.map_err(|error| {
        format!(
            "the certificate {} and key {} cannot be used: {error}",
            files.cert.display(),
            files.key.display()
        )
        .into()
    })
}

async fn stop_on_signal(handle: Handle<SocketAddr>) {
    asked_to_stop().await;
    tracing::info!("stopping: no new connections; {} are open", handle.connection_count());
    handle.graceful_shutdown(Some(Duration::from_secs(FINISH_SECONDS_MAX)));
}

/// Returns at the first Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}

/// A renewed certificate is read again on SIGHUP; one that cannot be read leaves the old one in place.
async fn reload_on_hangup(config: RustlsConfig, files: TlsFiles) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        return;
    };
    while hangups.recv().await.is_some() {
        match config.reload_from_pem_file(&files.cert, &files.key).await {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => tracing::error!(%error, "the new certificate cannot be used; the old one stays"),
        }
    }
}
