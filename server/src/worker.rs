//! Background work: what must happen although nobody asks for it. Each piece is safe to run twice and on several nodes at once.

use std::time::Duration;

use domain::Domain;
use domain::actor::Operator;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::channels::courier;
use crate::channels::settings::House;
use crate::cli::Failure;

/// Partitions are made three months ahead, so missing some rounds does no harm.
const PARTITIONS_EVERY: Duration = Duration::from_secs(6 * 3600);

/// An attempt that nobody goes on with is decided within ten seconds of its end.
const ATTEMPTS_EVERY: Duration = Duration::from_secs(5);

/// An ended session opens nothing; its row only takes room.
const SESSIONS_EVERY: Duration = Duration::from_secs(600);

/// Codes that hardly ever come back are told within a minute or two.
const CONVERSION_EVERY: Duration = Duration::from_secs(60);
/// Notices that were sent are remembered for some days; nobody waits for their end.
const NOTICES_EVERY: Duration = Duration::from_secs(3600);

/// The running work; it is broken off when this is dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    rounds: Vec<JoinHandle<()>>,
    deliveries: JoinHandle<()>,
    stop: CancellationToken,
}

impl Worker {
    /// Starts each piece of work; they go on by themselves.
    pub(crate) fn start(domain: Domain, house: House) -> Self {
        let stop = CancellationToken::new();
        Self {
            rounds: vec![
                again_and_again("partitions", PARTITIONS_EVERY, domain.clone(), make_partitions),
                again_and_again("attempts", ATTEMPTS_EVERY, domain.clone(), end_attempts),
                again_and_again("conversion", CONVERSION_EVERY, domain.clone(), watch_conversion),
                again_and_again("notices", NOTICES_EVERY, domain.clone(), sweep_notices),
                again_and_again("sessions", SESSIONS_EVERY, domain.clone(), sweep_sessions),
            ],
            deliveries: tokio::spawn(courier::carry(domain, house, stop.clone())),
            stop,
        }
    }

    /// Stops. Rounds can be broken off anywhere; a message that is being handed over cannot, for nobody would know whether it went out.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.deliveries).await {
            tracing::error!(%error, "the work on deliveries did not end in order");
        }
    }
}

/// Does a piece of work every so often. A failure is written down once, not every round, until it works again.
fn again_and_again<F, W>(name: &'static str, every: Duration, domain: Domain, work: W) -> JoinHandle<()>
where
    F: Future<Output = Result<(), Failure>> + Send,
    W: Fn(Domain) -> F + Send + 'static,
{
    tokio::spawn(async move {
        let mut rounds = interval(every);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        rounds.tick().await;
        let mut failing = false;
        loop {
            rounds.tick().await;
            let done = work(domain.clone()).await;
            match &done {
                Ok(()) if failing => tracing::info!(work = name, "works again"),
                Ok(()) => {}
                Err(error) if !failing => tracing::error!(work = name, %error, "failed; tried again every {} s", every.as_secs()),
                Err(_) => {}
            }
            failing = done.is_err();
        }
    })
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.rounds.iter().for_each(JoinHandle::abort);
        self.deliveries.abort();
    }
}

async fn make_partitions(domain: Domain) -> Result<(), Failure> {
    let made = domain.directory().make_partitions(0).await?;
    if made > 0 {
        tracing::info!(made, "partitions of the journal were made");
    }
    Ok(())
}

async fn end_attempts(domain: Domain) -> Result<(), Failure> {
    for tenant in domain.directory().tenants(Operator::console()).await? {
        domain.sign_in().sweep(tenant.id).await?;
    }
    Ok(())
}

async fn watch_conversion(domain: Domain) -> Result<(), Failure> {
    domain.delivery().watch_conversion().await?;
    Ok(())
}

/// What was sent, links that are long past, and tickets that were closed long ago.
async fn sweep_notices(domain: Domain) -> Result<(), Failure> {
    let tenants = domain.directory().tenants(Operator::console()).await?;
    let tenants: Vec<_> = tenants.into_iter().map(|tenant| tenant.id).collect();
    domain.tickets().sweep_tickets(&tenants).await?;
    Ok(domain.notices().sweep(&tenants).await?)
}

/// Sessions that are over, and questions to passkeys that nobody answered.
async fn sweep_sessions(domain: Domain) -> Result<(), Failure> {
    domain.sign_in().sweep_sessions().await?;
    domain.passkeys().sweep_ceremonies().await?;
    Ok(())
}
