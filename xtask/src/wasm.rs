//! The browser half of `app` as wasm: compile, bind, shrink.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use crate::assets::{Assets, hash};
use crate::toolchain::{TARGET, Toolchain, run};
use crate::{Outcome, target_dir};

/// Also in `.cargo/config.toml`, where Leptos reads it.
const NAME: &str = "tweestap";

const FEATURES: [&str; 7] = [
    "--package=app",
    "--lib",
    "--target",
    TARGET,
    "--no-default-features",
    "--features=hydrate",
    "--locked",
];

/// What rustc 1.95 and 1.96 emit by default; binaryen must be told.
const WASM_OPT: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Adds `tweestap.js`, `tweestap_bg.wasm` and the snippets, as wasm-bindgen names them.
pub(crate) fn collect(assets: &mut Assets, release: bool) -> Outcome<()> {
    let compiled = compile(release)?;
    let folder = front_dir().join(if release { "site-release" } else { "site-debug" });
    let stamp = folder.join("stamp");
    let wanted = format!("{} {} {WASM_OPT_MIN}", hash(&read(&compiled)?), env!("CARGO_PKG_VERSION"));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return take(assets, &folder);
    }
    bind(&compiled, &folder, release)?;
    if release {
        shrink(&folder.join(format!("{NAME}_bg.wasm")))?;
    }
    take(assets, &folder)?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// Clippy over the same code with the same compiler.
pub(crate) fn lint() -> Outcome<()> {
    let mut clippy = Toolchain::find()?.clippy()?;
    clippy.args(FEATURES).arg("--target-dir").arg(front_dir());
    run(clippy.args(["--quiet", "--", "-D", "warnings"]))
}

/// A target folder of its own: two compilers in one folder would throw away each other's work.
fn front_dir() -> PathBuf {
    target_dir().join("front")
}

fn compile(release: bool) -> Outcome<PathBuf> {
    let (profile, folder) = if release { ("wasm-release", "wasm-release") } else { ("dev", "debug") };
    let mut cargo = Toolchain::find()?.cargo("build");
    cargo.args(FEATURES).arg("--target-dir").arg(front_dir());
    run(cargo.args(["--quiet", "--profile", profile]))?;
    Ok(front_dir().join(TARGET).join(folder).join("app.wasm"))
}

fn bind(compiled: &Path, folder: &Path, release: bool) -> Outcome<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(compiled)
        .out_name(NAME)
        .typescript(false)
        .remove_name_section(release)
        .remove_producers_section(true)
        // The script knows where the wasm is, beside itself: whoever loads it need not.
        .omit_default_module_path(false);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .map_err(|error| format!("wasm-bindgen: {error:#}"))
}

/// Makes the file smaller. An older wasm-opt mixes up the two tables of a module with reference types, and the browser then refuses to start it
/// (seen with version 108): better a larger file than a broken one.
fn shrink(wasm: &Path) -> Outcome<()> {
    let version = wasm_opt_version().ok_or("wasm-opt is of the package binaryen; run: make setup")?;
    if version < WASM_OPT_MIN {
        println!("site: wasm-opt {version} is older than {WASM_OPT_MIN} and left out; the wasm is larger than it could be");
        return Ok(());
    }
    let mut command = Command::new("wasm-opt");
    command.args(WASM_OPT).arg(wasm).arg("-o").arg(wasm);
    run(&mut command)
}

/// The first version known to keep the tables apart.
const WASM_OPT_MIN: u32 = 117;

/// The number in "wasm-opt version 108".
fn wasm_opt_version() -> Option<u32> {
    let told = Command::new("wasm-opt").arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?.parse().ok()
}

fn take(assets: &mut Assets, folder: &Path) -> Outcome<()> {
    for name in [format!("{NAME}.js"), format!("{NAME}_bg.wasm")] {
        let content = read(&folder.join(&name))?;
        assets.add(name, content);
    }
    assets.add_folder(&folder.join("snippets"), "snippets/", |_| true)
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
