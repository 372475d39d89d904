//! The installed Postgres programs: where they are, and how they are run (as root always through the user `postgres`).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::PrivatePostgresError;
use crate::config::is_root;

/// Views must be able to run with the rights of who asks (`security_invoker`), which came with 15.
const VERSION_MIN: u32 = 15;

/// Where distributions put the versions side by side.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// One installed Postgres.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    folder: PathBuf,
    version: u32,
}

impl Programs {
    /// Finds the programs for a data folder of this version, or the ones to make a new data folder with.
    pub(super) fn find(version_of_data: Option<u32>) -> Result<Self, PrivatePostgresError> {
        let mut found = installed();
        let Some(newest) = found.iter().map(|programs| programs.version).max() else {
            return Err(PrivatePostgresError::NotInstalled);
        };
        if let Some(version) = version_of_data {
            let index = found.iter().position(|programs| programs.version == version);
            return match index {
                Some(index) => Ok(found.swap_remove(index)),
                None => Err(PrivatePostgresError::OtherVersion {
                    folder: version,
                    found: newest,
                }),
            };
        }
        // The one in PATH comes first, because somebody chose it; it must only be new enough.
        match found.iter().position(|programs| programs.version >= VERSION_MIN) {
            Some(index) => Ok(found.swap_remove(index)),
            None => Err(PrivatePostgresError::TooOld {
                found: newest,
                needed: VERSION_MIN,
            }),
        }
    }

    /// A command that runs one of the programs as the right user, with nothing of our own environment in its way.
    pub(super) fn command(&self, program: &str) -> Command {
        let path = self.folder.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // "/" is a folder every user may stand in; PG* variables would point the programs at another server.
        command.current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C").env_remove("HOME");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs one of the programs to its end; its own words are the error.
    pub(super) async fn run<A: AsRef<OsStr>>(&self, program: &str, arguments: impl IntoIterator<Item = A>) -> Result<(), PrivatePostgresError> {
        let mut command = self.command(program);
        command.args(arguments);
        let output = tokio::process::Command::from(command).output().await;
        succeeded(program, output)
    }

    /// Whether the user that Postgres runs as gets through to a folder and may write there.
    pub(super) async fn can_write_in(&self, folder: &Path) -> Result<bool, PrivatePostgresError> {
        let mut command = Command::new("runuser");
        command
            .args(["-u", "postgres", "--", "test", "-w"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::null());
        let status = tokio::process::Command::from(command).status().await;
        status.map(|status| status.success()).map_err(|error| PrivatePostgresError::Program {
            program: "runuser".to_owned(),
            output: error.to_string(),
        })
    }

    /// Runs one of the programs and tells whether it ended well.
    pub(super) async fn says_yes<A: AsRef<OsStr>>(&self, program: &str, arguments: impl IntoIterator<Item = A>) -> Result<bool, PrivatePostgresError> {
        let mut command = self.command(program);
        command.args(arguments);
        let output = tokio::process::Command::from(command).output().await;
        match output {
            Ok(output) => Ok(output.status.success()),
            Err(error) => Err(PrivatePostgresError::Program {
                program: program.to_owned(),
                output: error.to_string(),
            }),
        }
    }
}

pub(super) fn succeeded(program: &str, output: std::io::Result<Output>) -> Result<(), PrivatePostgresError> {
    let output = match output {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => {
            let text = [output.stderr, output.stdout].concat();
            String::from_utf8_lossy(&text).trim().to_owned()
        }
        Err(error) => error.to_string(),
    };
    Err(PrivatePostgresError::Program {
        program: program.to_owned(),
        output,
    })
}

/// All installed versions: the one in PATH first, then the others, newest first.
fn installed() -> Vec<Programs> {
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&in_path).filter_map(|folder| {
        // A link in PATH leads to the folder where the sister programs are.
        fs::canonicalize(folder.join("pg_ctl")).ok()?.parent().map(Path::to_owned)
    });
    let mut in_debian: Vec<Programs> = fs::read_dir(DEBIAN_FOLDER)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| programs_in(entry.path().join("bin")))
        .collect();
    in_debian.sort_by_key(|programs| std::cmp::Reverse(programs.version));
    in_path.filter_map(programs_in).take(1).chain(in_debian).collect()
}

fn programs_in(folder: PathBuf) -> Option<Programs> {
    if !["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file()) {
        return None;
    }
    let output = Command::new(folder.join("pg_ctl")).arg("--version").stdin(Stdio::null()).output().ok()?;
    let version = version_of(&String::from_utf8_lossy(&output.stdout))?;
    Some(Programs { folder, version })
}

/// The major version in a line such as `pg_ctl (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn version_of(line: &str) -> Option<u32> {
    let rest = line.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn the_major_version_is_read_from_what_the_program_says() {
        assert_eq!(version_of("pg_ctl (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(15));
        assert_eq!(version_of("pg_ctl (PostgreSQL) 18devel"), Some(18));
        assert_eq!(version_of("something else"), None);
    }
}
