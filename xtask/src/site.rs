//! The site folder: collect, hash, compress, write.
//!
//! ```text
//! site/assets.json            {"main.css": "/pkg/main.0123456789abcdef.css", …}, read by the server at start
//! site/pkg/…                  immutable: a new content has a new name; in a release .br and .gz beside each
//! site/…                      what stands in app/public, under its own name (favicon, robots.txt)
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::assets::{Assets, Finished};
use crate::{Outcome, compress, style, target_dir, wasm};

/// What the command line said.
pub(crate) struct Options {
    pub(crate) release: bool,
    pub(crate) wasm: bool,
    pub(crate) out: PathBuf,
}

/// Builds the whole site. What is there already, under its hashed name, is not made again.
pub(crate) fn build(options: &Options) -> Outcome<()> {
    let mut assets = Assets::default();
    style::collect(&mut assets)?;
    assets.add_folder(Path::new("app/js"), "", |name| name.ends_with(".js"))?;
    if options.wasm {
        wasm::collect(&mut assets, options.release)?;
    }
    let finished = assets.finish()?;
    let mut public = Assets::default();
    public.add_folder(Path::new("app/public"), "", |_| true)?;
    let public = public.finish()?;

    let mut kept = BTreeSet::new();
    for file in &finished {
        write(&options.out.join("pkg").join(&file.hashed), &file.content, options.release, &mut kept)?;
    }
    for file in &public {
        write(&options.out.join(&file.name), &file.content, options.release, &mut kept)?;
    }
    remove_others(&options.out.join("pkg"), &kept)?;
    // Last: a server that finds the manifest finds everything in it.
    save(&options.out.join("assets.json"), manifest(&finished, &public)?.as_bytes())?;
    report(&finished, options);
    Ok(())
}

/// Beside the folders of the programs, where the server looks: one site serves both.
pub(crate) fn default_out() -> PathBuf {
    target_dir().join("site")
}

fn manifest(finished: &[Finished], public: &[Finished]) -> Outcome<String> {
    let hashed = finished.iter().map(|file| (&file.name, format!("/pkg/{}", file.hashed)));
    let plain = public.iter().map(|file| (&file.name, format!("/{}", file.name)));
    let all: BTreeMap<_, _> = plain.chain(hashed).collect();
    serde_json::to_string_pretty(&all).map_err(|error| error.to_string())
}

/// Writes a file where it is new, and in a release its smaller forms: they take longer than everything else here.
fn write(path: &Path, content: &[u8], release: bool, kept: &mut BTreeSet<PathBuf>) -> Outcome<()> {
    let fault = |error: std::io::Error| format!("{}: {error}", path.display());
    let (br, gz) = (path.with_added_extension("br"), path.with_added_extension("gz"));
    if !fs::read(path).is_ok_and(|found| found == content) {
        for smaller in [&br, &gz] {
            if smaller.exists() {
                fs::remove_file(smaller).map_err(fault)?;
            }
        }
        save(path, content)?;
    }
    if release && compress::worthwhile(&path.to_string_lossy()) && !(br.exists() && gz.exists()) {
        save(&br, &compress::brotli(content).map_err(fault)?)?;
        save(&gz, &compress::gzip(content).map_err(fault)?)?;
    }
    kept.extend([path.to_owned(), br, gz]);
    Ok(())
}

fn save(path: &Path, content: &[u8]) -> Outcome<()> {
    let fault = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fault)?;
    }
    fs::write(path, content).map_err(fault)
}

/// Only below `pkg`, which holds nothing but what this program wrote.
fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> Outcome<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let fault = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.is_dir() {
            remove_others(&path, kept)?;
        } else if !kept.contains(&path) {
            fs::remove_file(&path).map_err(fault)?;
        }
    }
    Ok(())
}

fn report(finished: &[Finished], options: &Options) {
    println!("site: {} files in {}", finished.len(), options.out.display());
    for name in ["main.css", "tweestap.js", "tweestap_bg.wasm"] {
        let Some(file) = finished.iter().find(|file| file.name == name) else {
            continue;
        };
        let path = options.out.join("pkg").join(&file.hashed);
        let Ok(smaller) = fs::metadata(path.with_added_extension("br")) else {
            continue;
        };
        println!("  {name}: {} kB, {} kB as brotli", file.content.len() / 1000, smaller.len() / 1000);
    }
}
