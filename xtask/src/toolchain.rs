//! Which compiler builds for the browser: rustup's where it has the wasm32 target, else Debian's with a standard library built once.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A way to compile for wasm32.
pub(crate) enum Toolchain {
    /// The compiler that builds everything else has the target.
    Ordinary,
    /// A folder made by `scripts/wasm-sysroot.sh`.
    Debian(PathBuf),
}

impl Toolchain {
    /// Looks for the ordinary way first. Never downloads anything: that is `make setup`'s part.
    pub(crate) fn find() -> Outcome<Self> {
        if has_target() {
            return Ok(Self::Ordinary);
        }
        if !Path::new("/usr/lib/rustlib/src").exists() {
            return Err(format!("no standard library for {TARGET}; run: make setup"));
        }
        let folder = cache_dir().join("wasm-toolchain");
        // Returns at once when it is there and of the installed compiler's version.
        run(Command::new("scripts/wasm-sysroot.sh").arg(&folder))?;
        Ok(Self::Debian(folder))
    }

    /// `cargo VERB` in the checkout, free of what an outer cargo left in the environment.
    pub(crate) fn cargo(&self, verb: &str) -> Command {
        let mut command = match self {
            Self::Ordinary => Command::new("cargo"),
            Self::Debian(folder) => {
                let mut command = Command::new(folder.join("bin/cargo"));
                command.env("RUSTC", folder.join("bin/rustc"));
                command
            }
        };
        command.arg(verb);
        self.clean(&mut command);
        command
    }

    /// `cargo clippy`.
    pub(crate) fn clippy(&self) -> Outcome<Command> {
        let Self::Debian(folder) = self else {
            return Ok(self.cargo("clippy"));
        };
        let clippy = Path::new("/usr/bin/cargo-clippy");
        if !clippy.exists() {
            return Err("no clippy for Debian's compiler; run: make setup".into());
        }
        let mut command = Command::new(clippy);
        command.arg("clippy");
        self.clean(&mut command);
        command
            .env("CARGO", folder.join("bin/cargo"))
            .env("RUSTC", folder.join("bin/rustc"))
            .env("SYSROOT", folder);
        Ok(command)
    }

    fn clean(&self, command: &mut Command) {
        // The flags and libraries of the native build mean nothing to a compiler for the browser.
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "LD_LIBRARY_PATH", "RUSTC_WRAPPER"] {
            command.env_remove(name);
        }
    }
}

fn has_target() -> bool {
    let output = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    // The path is printed whether or not the folder is there.
    output.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

fn cache_dir() -> PathBuf {
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("tweestap")
}

/// Runs a command to its end with its output on the terminal.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}
