//! What an installation is told from outside: flags, environment and secret files, checked once at the door.
//!
//! Everything else that can be set lives in the database, per tenant. `tweestap config` prints what this module decided
//! and where each value came from.

mod arguments;
mod public_url;
mod secret;
mod shown;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

pub(crate) use arguments::Arguments;
pub(crate) use public_url::PublicUrl;
pub(crate) use secret::{MasterKey, SecretText};
pub(crate) use shown::{Origin, Shown};

/// Secret files are short; a path to something else (a device, a log) must not fill the memory.
const SECRET_FILE_BYTES_MAX: u64 = 64 * 1024;

/// The checked settings of this run.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) database: DatabaseSettings,
    /// Given from outside; on the private Postgres the one in the data folder is used when this is absent.
    pub(crate) master_key: Option<MasterKey>,
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: PublicUrl,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) radius_listen: Option<SocketAddr>,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) node: String,
    pub(crate) log: String,
    pub(crate) site_dir: Option<PathBuf>,
    /// Each setting as `tweestap config` prints it.
    pub(crate) shown: Vec<Shown>,
}

/// Which database: somebody's, or our own private one.
#[derive(Debug, Clone)]
pub(crate) enum DatabaseSettings {
    /// `DATABASE_URL` is set.
    Given(DatabaseUrls),
    /// `DATABASE_URL` is not set: the program starts or joins a Postgres in the data folder.
    Private,
}

/// The connection strings of the three roles. Only the application's is always there.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseUrls {
    pub(crate) app: SecretText,
    pub(crate) owner: Option<SecretText>,
    pub(crate) keeper: Option<SecretText>,
}

/// Certificate and key of the listener.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// One setting that cannot be used. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) setting: &'static str,
    pub(crate) text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.setting, self.text)
    }
}

/// Where raw values come from: the parsed flags with their sources, and the environment.
pub(crate) struct Sources<'a> {
    pub(crate) arguments: Arguments,
    /// Where clap found the argument with this id.
    pub(crate) origin: &'a dyn Fn(&str) -> Origin,
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Settings {
    /// Checks everything and reports every fault at once, so that nobody mends them one by one.
    pub(crate) fn read(sources: Sources<'_>) -> Result<Self, Vec<Fault>> {
        let Sources {
            arguments,
            origin,
            environment,
        } = sources;
        let mut reader = Reader {
            origin,
            environment,
            faults: Vec::new(),
            shown: Vec::new(),
        };

        let app = reader.secret("DATABASE_URL", "database_url_file", arguments.database_url_file.as_deref());
        let owner = reader.secret(
            "TWEESTAP_OWNER_DATABASE_URL",
            "owner_database_url_file",
            arguments.owner_database_url_file.as_deref(),
        );
        let keeper = reader.secret(
            "TWEESTAP_KEEPER_DATABASE_URL",
            "keeper_database_url_file",
            arguments.keeper_database_url_file.as_deref(),
        );
        for (name, url) in [
            ("DATABASE_URL", &app),
            ("TWEESTAP_OWNER_DATABASE_URL", &owner),
            ("TWEESTAP_KEEPER_DATABASE_URL", &keeper),
        ] {
            if let Some(url) = url {
                reader.check_database_url(name, url);
            }
        }
        let database = match app {
            Some(app) => DatabaseSettings::Given(DatabaseUrls { app, owner, keeper }),
            None => {
                if owner.is_some() || keeper.is_some() {
                    reader.fault(
                        "DATABASE_URL",
                        "is not set, while another role's connection string is: set it too, or none of them for the private Postgres",
                    );
                }
                DatabaseSettings::Private
            }
        };

        let master_key = reader.secret("TWEESTAP_MASTER_KEY", "master_key_file", arguments.master_key_file.as_deref());
        let master_key = master_key.and_then(|text| match MasterKey::parse(text.expose()) {
            Ok(key) => Some(key),
            Err(why) => {
                reader.fault(
                    "TWEESTAP_MASTER_KEY",
                    format!("{why}; it must be 32 random bytes in base64, as `openssl rand -base64 32` prints them"),
                );
                None
            }
        });

        let data_dir = reader.path("TWEESTAP_DATA_DIR", "data_dir", arguments.data_dir);
        let data_dir = data_dir.unwrap_or_else(|| reader.default_value("TWEESTAP_DATA_DIR", data_dir_default()));
        let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);

        let listen = reader.text("TWEESTAP_LISTEN", "listen", arguments.listen, Some("127.0.0.1:3000"));
        let listen = listen.and_then(|text| reader.address("TWEESTAP_LISTEN", &text));
        let public_url = reader.text("TWEESTAP_PUBLIC_URL", "public_url", arguments.public_url, Some("http://localhost:3000"));
        let public_url = public_url.and_then(|text| match PublicUrl::parse(&text) {
            Ok(url) => Some(url),
            Err(why) => {
                reader.fault("TWEESTAP_PUBLIC_URL", format!("{text:?} {why}"));
                None
            }
        });

        let cert = reader.path("TWEESTAP_TLS_CERT", "tls_cert", arguments.tls_cert);
        let key = reader.path("TWEESTAP_TLS_KEY", "tls_key", arguments.tls_key);
        let tls = match (cert, key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            (Some(_), None) => {
                reader.fault("TWEESTAP_TLS_KEY", "is not set, while TWEESTAP_TLS_CERT is: TLS needs both");
                None
            }
            (None, Some(_)) => {
                reader.fault("TWEESTAP_TLS_CERT", "is not set, while TWEESTAP_TLS_KEY is: TLS needs both");
                None
            }
        };
        for (name, path) in tls.iter().flat_map(|tls| [("TWEESTAP_TLS_CERT", &tls.cert), ("TWEESTAP_TLS_KEY", &tls.key)]) {
            if let Err(error) = std::fs::File::open(path) {
                reader.fault(name, format!("names {}, which cannot be read: {error}", path.display()));
            }
        }

        let radius_listen = reader.text("TWEESTAP_RADIUS_LISTEN", "radius_listen", arguments.radius_listen, None);
        let radius_listen = radius_listen.and_then(|text| reader.address("TWEESTAP_RADIUS_LISTEN", &text));
        let metrics_listen = reader.text("TWEESTAP_METRICS_LISTEN", "metrics_listen", arguments.metrics_listen, None);
        let metrics_listen = metrics_listen.and_then(|text| reader.address("TWEESTAP_METRICS_LISTEN", &text));
        let trusted_proxies = reader.text("TWEESTAP_TRUSTED_PROXIES", "trusted_proxies", arguments.trusted_proxies, None);
        let trusted_proxies = trusted_proxies
            .map(|text| reader.networks("TWEESTAP_TRUSTED_PROXIES", &text))
            .unwrap_or_default();
        let host_name = host_name();
        let node = reader.text("TWEESTAP_NODE", "node", arguments.node, Some(&host_name)).unwrap_or_default();
        if node.chars().count() > 64 || node.chars().any(char::is_control) {
            reader.fault(
                "TWEESTAP_NODE",
                format!("{node:?} must be at most 64 characters, none of them a control character"),
            );
        }
        let log = reader.text("TWEESTAP_LOG", "log", arguments.log, Some("info,sqlx=warn")).unwrap_or_default();
        if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&log) {
            reader.fault("TWEESTAP_LOG", format!("{log:?} is not a log filter such as info or info,sqlx=warn: {error}"));
        }
        let site_dir = reader.path("TWEESTAP_SITE_DIR", "site_dir", arguments.site_dir);
        if let Some(folder) = site_dir.as_ref().filter(|folder| !folder.is_dir()) {
            reader.fault("TWEESTAP_SITE_DIR", format!("names {}, which is not a folder", folder.display()));
        }

        let Reader { faults, shown, .. } = reader;
        match (listen, public_url) {
            (Some(listen), Some(public_url)) if faults.is_empty() => Ok(Self {
                database,
                master_key,
                data_dir,
                listen,
                public_url,
                tls,
                radius_listen,
                metrics_listen,
                trusted_proxies,
                node,
                log,
                site_dir,
                shown,
            }),
            _ => Err(faults),
        }
    }
}

/// Reads values one after the other, noting each for `tweestap config` and each fault for the report.
struct Reader<'a> {
    origin: &'a dyn Fn(&str) -> Origin,
    environment: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<Fault>,
    shown: Vec<Shown>,
}

impl Reader<'_> {
    fn fault(&mut self, setting: &'static str, text: impl Into<String>) {
        self.faults.push(Fault { setting, text: text.into() });
    }

    fn show(&mut self, name: &'static str, value: Option<String>, origin: Origin) {
        self.shown.push(Shown { name, value, origin });
    }

    /// An empty value counts as not set: service managers and compose files often leave `NAME=` behind.
    fn text(&mut self, name: &'static str, id: &str, value: Option<String>, default: Option<&str>) -> Option<String> {
        match value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
            Some(text) => {
                self.show(name, Some(text.clone()), (self.origin)(id));
                Some(text)
            }
            None => {
                self.show(name, default.map(str::to_owned), Origin::Default);
                default.map(str::to_owned)
            }
        }
    }

    fn path(&mut self, name: &'static str, id: &str, value: Option<PathBuf>) -> Option<PathBuf> {
        let value = value.filter(|path| !path.as_os_str().is_empty());
        let origin = if value.is_some() { (self.origin)(id) } else { Origin::Default };
        self.show(name, value.as_ref().map(|path| path.display().to_string()), origin);
        value
    }

    /// Fills in the default of a setting whose absence was noted before.
    fn default_value(&mut self, name: &'static str, value: PathBuf) -> PathBuf {
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.name == name) {
            shown.value = Some(value.display().to_string());
        }
        value
    }

    /// A secret from the environment or from a file, never from both: which one wins would be a guess.
    fn secret(&mut self, name: &'static str, file_id: &str, file: Option<&Path>) -> Option<SecretText> {
        let direct = (self.environment)(name).filter(|text| !text.trim().is_empty());
        let file = file.filter(|path| !path.as_os_str().is_empty());
        let (text, origin) = match (direct, file) {
            (Some(_), Some(file)) => {
                self.fault(name, format!("is set, and {name}_FILE names {} as well: keep one", file.display()));
                return None;
            }
            (Some(text), None) => (text, Origin::Environment),
            (None, Some(file)) => match read_secret_file(file) {
                Ok(text) => (
                    text,
                    Origin::File {
                        path: file.to_owned(),
                        named_by: Box::new((self.origin)(file_id)),
                    },
                ),
                Err(why) => {
                    self.fault(name, format!("should be in the file {}, {why}", file.display()));
                    return None;
                }
            },
            (None, None) => {
                self.show(name, None, Origin::Default);
                return None;
            }
        };
        let secret = SecretText::new(text.trim());
        self.show(name, Some(shown::masked(name, &secret)), origin);
        Some(secret)
    }

    fn check_database_url(&mut self, name: &'static str, url: &SecretText) {
        // The parser's own message is left out: it may quote the string, and with it the password.
        let known_scheme = ["postgres://", "postgresql://"].iter().any(|scheme| url.expose().starts_with(scheme));
        if !known_scheme || url.expose().parse::<sqlx::postgres::PgConnectOptions>().is_err() {
            self.fault(name, "is not a connection string such as postgres://user:password@host:5432/database");
        }
    }

    fn address(&mut self, name: &'static str, text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            self.fault(name, format!("{text:?} is not an address and port such as 127.0.0.1:3000 or [::]:3000"));
        }
        address
    }

    fn networks(&mut self, name: &'static str, text: &str) -> Vec<IpNet> {
        let mut networks = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part
                .parse::<IpNet>()
                .or_else(|error| part.parse::<IpAddr>().map(IpNet::from).map_err(|_| error))
            {
                Ok(network) => networks.push(network.trunc()),
                Err(_) => self.fault(name, format!("{part:?} is not a network such as 10.0.0.0/8, fd00::/8 or 192.0.2.7")),
            }
        }
        networks
    }
}

fn read_secret_file(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| format!("which cannot be read: {error}"))?;
    if !metadata.is_file() || metadata.len() > SECRET_FILE_BYTES_MAX {
        return Err(format!("which is not a file of at most {SECRET_FILE_BYTES_MAX} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("which cannot be read: {error}"))?;
    if text.trim().is_empty() {
        return Err("which is empty".to_owned());
    }
    Ok(text)
}

/// Postgres refuses to run as root, so root's default folder is one that the `postgres` user can reach.
fn data_dir_default() -> PathBuf {
    if is_root() {
        PathBuf::from("/var/lib/tweestap")
    } else {
        PathBuf::from(".tweestap")
    }
}

/// Whether this process runs as root: the owner of its own entry in /proc. Without /proc nobody is taken for root.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.ok()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "node".to_owned())
}
