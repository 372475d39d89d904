//! Builds what the browser gets. `cargo xtask site --release` makes the site folder, `cargo xtask lint` lints the browser half of `app`.

mod assets;
mod compress;
mod site;
mod style;
mod toolchain;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What went wrong, in words for the person at the terminal.
type Outcome<T> = Result<T, String>;

const HELP: &str = "\
cargo xtask site [--release] [--no-wasm] [--out DIR]
    Builds the site folder: wasm of the islands, styles, scripts, icons and fonts with hashed names, and assets.json from the
    name in the source to the address.
    --release   as it ships: small wasm (minutes the first time), .br and .gz beside each file; without it: quick, large, as it is
    --no-wasm   leaves the islands out: for work on styles
    --out DIR   default: the folder `site` in the target folder
cargo xtask lint
    Clippy for the browser half of `app`; warnings are errors.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = root().and_then(|root| {
        std::env::set_current_dir(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        obey(&arguments)
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// From here on paths are relative to the checkout.
fn obey(arguments: &[&str]) -> Outcome<()> {
    match arguments.split_first() {
        Some((&"site", options)) => site_options(options).and_then(|options| site::build(&options)),
        Some((&"lint", [])) => wasm::lint(),
        Some((&("help" | "--help" | "-h"), _)) => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(HELP.to_owned()),
    }
}

fn site_options(mut arguments: &[&str]) -> Outcome<site::Options> {
    let mut options = site::Options {
        release: false,
        wasm: true,
        out: site::default_out(),
    };
    while let Some((first, rest)) = arguments.split_first() {
        arguments = rest;
        match *first {
            "--release" => options.release = true,
            "--no-wasm" => options.wasm = false,
            "--out" => {
                let (out, rest) = rest.split_first().ok_or("--out needs a folder")?;
                options.out = PathBuf::from(out);
                arguments = rest;
            }
            other => return Err(format!("unknown option {other}\n{HELP}")),
        }
    }
    Ok(options)
}

/// The checkout: where this was started or above it. Not where it was compiled, for one target folder may serve several checkouts.
fn root() -> Outcome<PathBuf> {
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    let root = here.ancestors().find(|folder| folder.join("xtask/Cargo.toml").exists());
    root.map(Path::to_owned)
        .ok_or_else(|| format!("{} is in no checkout of Tweestap", here.display()))
}

/// Where cargo builds, as cargo itself decides it.
fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}
