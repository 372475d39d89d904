//! The settings as the command line and the environment give them, before anything is checked.
//!
//! Secrets have no flag of their own: a command line can be read by every user of the machine. They come from the
//! environment, or from a file that a flag or `NAME_FILE` in the environment names.

use std::path::PathBuf;

/// Every setting once; the same names hold for every sub-command.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Settings (each also from the environment)")]
pub(crate) struct Arguments {
    /// File with the connection string of the application role [the string itself: DATABASE_URL]
    #[arg(long, global = true, env = "DATABASE_URL_FILE", value_name = "FILE", hide_short_help = true)]
    pub(crate) database_url_file: Option<PathBuf>,

    /// File with the connection string of the owner role, for migrations [the string itself: TWEESTAP_OWNER_DATABASE_URL]
    #[arg(long, global = true, env = "TWEESTAP_OWNER_DATABASE_URL_FILE", value_name = "FILE", hide_short_help = true)]
    pub(crate) owner_database_url_file: Option<PathBuf>,

    /// File with the connection string of the keeper role, for retention and erasure [the string itself: TWEESTAP_KEEPER_DATABASE_URL]
    #[arg(long, global = true, env = "TWEESTAP_KEEPER_DATABASE_URL_FILE", value_name = "FILE", hide_short_help = true)]
    pub(crate) keeper_database_url_file: Option<PathBuf>,

    /// File with the master key, 32 bytes in base64 [the key itself: TWEESTAP_MASTER_KEY]
    #[arg(long, global = true, env = "TWEESTAP_MASTER_KEY_FILE", value_name = "FILE", hide_short_help = true)]
    pub(crate) master_key_file: Option<PathBuf>,

    /// Folder of the private Postgres and its keys, used when DATABASE_URL is not set
    #[arg(long, global = true, env = "TWEESTAP_DATA_DIR", value_name = "FOLDER", hide_short_help = true)]
    pub(crate) data_dir: Option<PathBuf>,

    /// Address and port to listen on [default: 127.0.0.1:3000]
    #[arg(long, global = true, env = "TWEESTAP_LISTEN", value_name = "ADDRESS", hide_short_help = true)]
    pub(crate) listen: Option<String>,

    /// Address people type; decides links, cookies and the origin of passkeys [default: http://localhost:3000]
    #[arg(long, global = true, env = "TWEESTAP_PUBLIC_URL", value_name = "URL", hide_short_help = true)]
    pub(crate) public_url: Option<String>,

    /// Certificate chain for the listener, PEM
    #[arg(long, global = true, env = "TWEESTAP_TLS_CERT", value_name = "FILE", hide_short_help = true)]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of that certificate, PEM
    #[arg(long, global = true, env = "TWEESTAP_TLS_KEY", value_name = "FILE", hide_short_help = true)]
    pub(crate) tls_key: Option<PathBuf>,

    /// Address and port for RADIUS; off when not set
    #[arg(long, global = true, env = "TWEESTAP_RADIUS_LISTEN", value_name = "ADDRESS", hide_short_help = true)]
    pub(crate) radius_listen: Option<String>,

    /// Address and port for /metrics; off when not set
    #[arg(long, global = true, env = "TWEESTAP_METRICS_LISTEN", value_name = "ADDRESS", hide_short_help = true)]
    pub(crate) metrics_listen: Option<String>,

    /// Networks whose X-Forwarded-For is believed, separated by commas
    #[arg(long, global = true, env = "TWEESTAP_TRUSTED_PROXIES", value_name = "NETWORKS", hide_short_help = true)]
    pub(crate) trusted_proxies: Option<String>,

    /// Name of this node in logs and in the journal [default: the host name]
    #[arg(long, global = true, env = "TWEESTAP_NODE", value_name = "NAME", hide_short_help = true)]
    pub(crate) node: Option<String>,

    /// What to log, in tracing's filter syntax [default: info,sqlx=warn]
    #[arg(long, global = true, env = "TWEESTAP_LOG", value_name = "FILTER", hide_short_help = true)]
    pub(crate) log: Option<String>,

    /// Folder with the built styles, scripts and icons [default: the folder `site` beside the program]
    #[arg(long, global = true, env = "TWEESTAP_SITE_DIR", value_name = "FOLDER", hide_short_help = true)]
    pub(crate) site_dir: Option<PathBuf>,
}
