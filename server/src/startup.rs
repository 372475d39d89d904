//! What every sub-command that needs the database does first: find it, or start the private one.

use domain::clock::Clock;
use domain::db::{self, Db};
use domain::rng::Rng;
use domain::vault::Vault;
use domain::{Domain, Node};

use crate::cli::Failure;
use crate::config::{DatabaseSettings, DatabaseUrls, MasterKey, SecretText, Settings};
use crate::private_postgres::PrivatePostgres;

/// Connections of one process. Two nodes and a few commands fit into the 100 of a Postgres as it comes.
const CONNECTIONS: u32 = 30;

/// The database and the key of this run.
#[derive(Debug)]
pub(crate) struct Ground {
    urls: DatabaseUrls,
    master_key: MasterKey,
    private: Option<PrivatePostgres>,
}

impl Ground {
    /// Finds the database that the settings name, or starts or joins the private one.
    pub(crate) async fn prepare(settings: &Settings) -> Result<Self, Failure> {
        match &settings.database {
            DatabaseSettings::Given(urls) => {
                let master_key = settings.master_key.clone().ok_or(
                    "TWEESTAP_MASTER_KEY is not set: with a database of your own you keep the key yourself. Make one by \
                     `openssl rand -base64 32` and keep a copy: without it nobody can read what it sealed",
                )?;
                Ok(Self {
                    urls: urls.clone(),
                    master_key,
                    private: None,
                })
            }
            DatabaseSettings::Private => {
                let private = PrivatePostgres::join(&settings.data_dir).await?;
                let master_key = settings.master_key.clone().unwrap_or_else(|| private.master_key.clone());
                Ok(Self {
                    urls: private.urls.clone(),
                    master_key,
                    private: Some(private),
                })
            }
        }
    }

    /// Whether the database is our own, so that nobody else brings its schema up to date.
    pub(crate) fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Brings the schema up to date; answers how many migrations ran.
    pub(crate) async fn migrate(&self) -> Result<usize, Failure> {
        let owner = required(&self.urls.owner, "TWEESTAP_OWNER_DATABASE_URL", "migrations change the schema")?;
        let keeper = match &self.urls.keeper {
            Some(keeper) => db::role_of(keeper.expose())?,
            None => {
                return Err(missing("TWEESTAP_KEEPER_DATABASE_URL", "migrations grant its role what it may do"));
            }
        };
        let app = db::role_of(self.urls.app.expose())?;
        Ok(db::migrate(owner.expose(), &app, &keeper).await?)
    }

    /// Puts the domain together on a connection of the application's role. Checks nothing else.
    pub(crate) async fn domain(&self, settings: &Settings) -> Result<Domain, Failure> {
        let db = Db::connect(self.urls.app.expose(), CONNECTIONS).await?;
        let address = Some(settings.listen.ip()).filter(|ip| !ip.is_unspecified());
        let node = Node {
            name: settings.node.clone(),
            address: address.map(|ip| ip.to_string()),
            host: settings.public_url.host().to_owned(),
            origin: settings.public_url.origin(),
        };
        let vault = Vault::new(self.master_key.expose());
        Ok(Domain::new(db, vault, Clock::system(), Rng::System, node))
    }

    /// Lets go of the private Postgres; it stops when nobody else uses it. Call it after the last connection is closed.
    pub(crate) async fn leave(self) -> Result<(), Failure> {
        if let Some(private) = self.private {
            private.leave().await?;
        }
        Ok(())
    }
}

/// The ground and the domain that stands on it: what most sub-commands need.
pub(crate) struct Running {
    pub(crate) domain: Domain,
    ground: Ground,
}

impl Running {
    /// Finds or starts the database and refuses a role that row-level security does not bind, or a schema that lags behind. Our own database is brought up to date on the way; somebody else's is left to
    /// whoever looks after it.
    pub(crate) async fn start(settings: &Settings) -> Result<Self, Failure> {
        let ground = Ground::prepare(settings).await?;
        if ground.is_private() {
            ground.migrate().await?;
        }
        let domain = ground.domain(settings).await?;
        domain.db().check_role().await?;
        match domain.db().migrations_missing().await? {
            0 => {}
            missing => return Err(format!("{missing} migrations are missing in the database: run `tweestap migrate` first").into()),
        }
        // Every change is written into the journal, so this month's part of it must be there before the first one.
        domain.directory().make_partitions(0).await?;
        Ok(Self { domain, ground })
    }

    pub(crate) fn is_private(&self) -> bool {
        self.ground.is_private()
    }

    /// Closes the connections and lets go of the database.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        self.domain.db().close().await;
        self.ground.leave().await
    }
}

fn required<'a>(url: &'a Option<SecretText>, name: &str, why: &str) -> Result<&'a SecretText, Failure> {
    url.as_ref().ok_or_else(|| missing(name, why))
}

fn missing(name: &str, why: &str) -> Failure {
    format!("{name} is not set, and {why}").into()
}
