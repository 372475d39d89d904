//! The server itself: made once, started, stopped, and found again after a crash.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::folder::{Access, Folder};
use super::programs::{Programs, succeeded};
use super::{PrivatePostgresError, roles};
use crate::config::is_root;

const START_SECONDS_MAX: u32 = 60;

/// The files of one server and the programs that run it.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    programs: Programs,
    data: PathBuf,
}

impl Cluster {
    /// The server of this folder; made when there is none yet.
    pub(super) async fn find_or_make(folder: &Folder, access: &Access) -> Result<Self, PrivatePostgresError> {
        let data = folder.postgres();
        let version_file = data.join("PG_VERSION");
        if version_file.is_file() {
            let version = fs::read_to_string(&version_file).map_err(PrivatePostgresError::file("cannot read", &version_file))?;
            let version = version.trim().parse().map_err(|_| PrivatePostgresError::Unreadable {
                path: version_file,
                why: "does not hold a version of Postgres",
            })?;
            return Ok(Self {
                programs: Programs::find(Some(version))?,
                data,
            });
        }
        let programs = Programs::find(None)?;
        let new = folder.postgres_in_the_making();
        if new.exists() {
            fs::remove_dir_all(&new).map_err(PrivatePostgresError::file("cannot remove the half-made", &new))?;
        }
        fs::create_dir(&new).map_err(PrivatePostgresError::file("cannot make", &new))?;
        let password_file = folder.password_file();
        folder.write_private(&password_file, access.superuser_password.as_bytes())?;
        if is_root() {
            let (user, group) = postgres_user()?;
            for path in [&new, &password_file] {
                chown(path, Some(user), Some(group)).map_err(PrivatePostgresError::file("cannot give away", path))?;
            }
            if !programs.can_write_in(&new).await? {
                return Err(PrivatePostgresError::Unreachable(new));
            }
        }
        let made = programs.run("initdb", initdb_arguments(&new, &password_file)).await;
        drop(fs::remove_file(&password_file));
        made?;
        fs::rename(&new, &data).map_err(PrivatePostgresError::file("cannot rename", &new))?;
        Ok(Self { programs, data })
    }

    /// Whether the server runs. A pid file that a crash left behind, and whose number another program has by now, is
    /// cleared away: Postgres itself would take that program for the server and refuse to start.
    pub(super) async fn is_running(&self) -> Result<bool, PrivatePostgresError> {
        let pid_file = self.data.join("postmaster.pid");
        if let Some(pid) = pid_in(&pid_file)
            && !is_postgres(pid, &self.data)
        {
            fs::remove_file(&pid_file).map_err(PrivatePostgresError::file("cannot remove the stale", &pid_file))?;
            return Ok(false);
        }
        self.programs
            .says_yes("pg_ctl", [OsString::from("status"), "-D".into(), self.data.clone().into()])
            .await
    }

    /// Starts the server and waits until it takes connections.
    pub(super) async fn start(&self, access: &Access) -> Result<(), PrivatePostgresError> {
        let log = self.data.join("server.log");
        let settings = [
            format!("port={}", access.port),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "max_connections=100".to_owned(),
            "fsync=on".to_owned(),
            "full_page_writes=on".to_owned(),
            "password_encryption=scram-sha-256".to_owned(),
            format!("shared_buffers={}MB", shared_buffers_megabytes()),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
        ];
        let options: Vec<String> = settings.iter().map(|setting| format!("-c {setting}")).collect();
        let arguments: Vec<OsString> = vec![
            "start".into(),
            "-w".into(),
            "-s".into(),
            "-t".into(),
            START_SECONDS_MAX.to_string().into(),
            "-D".into(),
            self.data.clone().into(),
            "-l".into(),
            log.clone().into(),
            "-o".into(),
            options.join(" ").into(),
        ];
        let started = self.programs.run("pg_ctl", arguments).await;
        started.map_err(|error| match error {
            PrivatePostgresError::Program { program, output } => PrivatePostgresError::Program {
                program,
                output: format!("{output}\n{}", last_lines(&log)),
            },
            other => other,
        })
    }

    /// Stops the server: open transactions are rolled back, what is committed stays.
    pub(super) async fn stop(&self) -> Result<(), PrivatePostgresError> {
        self.programs.run("pg_ctl", self.stop_arguments()).await
    }

    /// The same where nothing can wait in peace, such as a destructor.
    pub(super) fn stop_now(&self) {
        let output = self.programs.command("pg_ctl").args(self.stop_arguments()).output();
        if let Err(error) = succeeded("pg_ctl", output) {
            tracing::warn!(%error, "the private Postgres was not stopped");
        }
    }

    fn stop_arguments(&self) -> [OsString; 7] {
        [
            "stop".into(),
            "-s".into(),
            "-w".into(),
            "-m".into(),
            "fast".into(),
            "-D".into(),
            self.data.clone().into(),
        ]
    }
}

fn initdb_arguments(data: &Path, password_file: &Path) -> Vec<OsString> {
    let mut password = OsString::from("--pwfile=");
    password.push(password_file);
    vec![
        "-D".into(),
        data.into(),
        "-U".into(),
        roles::SUPERUSER.into(),
        "-A".into(),
        "scram-sha-256".into(),
        password,
        "-E".into(),
        "UTF8".into(),
        "--no-locale".into(),
        "--data-checksums".into(),
    ]
}

fn postgres_user() -> Result<(u32, u32), PrivatePostgresError> {
    let number = |flag| {
        let output = Command::new("id").args([flag, "postgres"]).stdin(Stdio::null()).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    number("-u").zip(number("-g")).ok_or(PrivatePostgresError::NoPostgresUser)
}

fn pid_in(pid_file: &Path) -> Option<u32> {
    fs::read_to_string(pid_file).ok()?.lines().next()?.trim().parse().ok()
}

/// Whether that process is a Postgres that stands in our data folder (a server always does). Without /proc nobody is
/// accused, and Postgres decides for itself.
fn is_postgres(pid: u32, data: &Path) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    if !Path::new("/proc/self").exists() {
        return true;
    }
    let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
    if name.trim() != "postgres" {
        return false;
    }
    // Another user's process does not show where it stands; then the same owner as the data must do.
    match fs::read_link(process.join("cwd")) {
        Ok(folder) => folder == data,
        Err(_) => fs::metadata(&process)
            .ok()
            .zip(fs::metadata(data).ok())
            .is_some_and(|(a, b)| a.uid() == b.uid()),
    }
}

/// An eighth of the memory, between 128 MB and 1 GB: the machine is for the program as well.
fn shared_buffers_megabytes() -> u64 {
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes: u64 = total.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0);
    (kilobytes / 1024 / 8).clamp(128, 1024)
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
