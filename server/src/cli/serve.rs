//! `tweestap serve`: pages, REST and background work in one process, until it is told to stop.

use std::net::SocketAddr;
use std::process::ExitCode;

use super::{Failure, unless_stopped};
use crate::channels::settings::House;
use crate::config::Settings;
use crate::listener::Listener;
use crate::startup::Running;
use crate::state::Service;
use crate::web::{Edge, Site};
use crate::welcome;
use crate::worker::Worker;
use crate::{metrics_listener, routes, web};

/// Runs until Ctrl-C or SIGTERM.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Leave the background work to `tweestap work` processes
    #[arg(long)]
    no_work: bool,
}

impl Serve {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        if settings.radius_listen.is_some() {
            return Err("TWEESTAP_RADIUS_LISTEN is set, and this version does not speak RADIUS: leave it out".into());
        }
        // First the port: a second start by mistake should fail at once, before it touches the database.
        let listener = Listener::bind(&settings).await?;
        let metrics = metrics_listener::start(settings.metrics_listen).await?;
        let running = unless_stopped(Running::start(&settings)).await?;
        let house = House::of(&settings.public_url);
        let worker = (!self.no_work).then(|| Worker::start(running.domain.clone(), house));
        let link = if running.is_private() {
            welcome::first_link(&running.domain, &settings.public_url).await?
        } else {
            None
        };
        let site = Site::find(&settings);
        if site.is_none() {
            tracing::warn!("no built site was found: the pages come without styles (build it, or set TWEESTAP_SITE_DIR)");
        }
        let assets = site.as_ref().map(Site::assets).transpose()?.unwrap_or_default();
        let edge = Edge::new(settings.public_url.clone(), settings.trusted_proxies.clone()).with_assets(assets.clone());
        let service = Service::new(
            running.domain.clone(),
            assets,
            settings.public_url.is_development(),
            &settings.public_url.origin(),
            House::of(&settings.public_url),
        );
        let sessions = web::sessions(&running.domain, &settings.public_url);
        let router = web::assemble(routes::all(), service, edge, site.as_ref(), Some(sessions));
        announce(&settings, listener.address(), link.as_deref());

        let served = listener.serve(router).await;
        if let Some(worker) = worker {
            worker.end().await;
        }
        drop(metrics);
        running.end().await?;
        served?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Tells a person where to go. Logs say it too, but a person looks for one line.
fn announce(settings: &Settings, address: SocketAddr, link: Option<&str>) {
    println!("Tweestap listens on {address}; open {}", settings.public_url.origin());
    if let Some(link) = link {
        println!("Nobody has set it up yet. The operator's one-time link, good for three days: {link}");
    }
    if settings.public_url.is_development() {
        println!("Development mode (plain http): good for trying things out on this machine, not for people.");
    }
}
