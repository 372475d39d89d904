//! The files of the site under the names they have in the source, and the hashed names they get.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::Outcome;

/// Hex digits of the hash in a file name: 64 bits tell two versions of one file apart.
const DIGITS: usize = 16;

/// Content by logical name (`main.css`, `fonts/inter-latin.woff2`).
#[derive(Default)]
pub(crate) struct Assets(BTreeMap<String, Vec<u8>>);

impl Assets {
    /// Adds one file.
    pub(crate) fn add(&mut self, name: String, content: Vec<u8>) {
        self.0.insert(name, content);
    }

    /// Adds the files below a folder that `wanted` chooses by name; a folder that is absent holds none. Hidden files stay out.
    pub(crate) fn add_folder(&mut self, folder: &Path, prefix: &str, wanted: fn(&str) -> bool) -> Outcome<()> {
        if !folder.is_dir() {
            return Ok(());
        }
        let fault = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let logical = format!("{prefix}{name}");
            if entry.path().is_dir() {
                self.add_folder(&entry.path(), &format!("{logical}/"), wanted)?;
            } else if wanted(&name) {
                self.add(logical, fs::read(entry.path()).map_err(fault)?);
            }
        }
        Ok(())
    }

    /// The hashed name of a file that refers to no other.
    pub(crate) fn hashed(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|content| hashed_name(name, content))
    }

    /// Every file with its hashed name, scripts with the hashed names of what they load.
    pub(crate) fn finish(self) -> Outcome<Vec<Finished>> {
        let mut linker = Linker {
            assets: &self.0,
            done: BTreeMap::new(),
            open: BTreeSet::new(),
        };
        for name in self.0.keys() {
            linker.link(name)?;
        }
        Ok(linker.done.into_values().collect())
    }
}

/// A file as it is served.
#[derive(Clone)]
pub(crate) struct Finished {
    /// The name in the source.
    pub(crate) name: String,
    /// The name with its hash.
    pub(crate) hashed: String,
    pub(crate) content: Vec<u8>,
}

/// Goes through the scripts from the inside out: a script's hash depends on the names that it loads.
struct Linker<'a> {
    assets: &'a BTreeMap<String, Vec<u8>>,
    done: BTreeMap<String, Finished>,
    open: BTreeSet<String>,
}

impl Linker<'_> {
    fn link(&mut self, name: &str) -> Outcome<String> {
        if let Some(finished) = self.done.get(name) {
            return Ok(finished.hashed.clone());
        }
        if !self.open.insert(name.to_owned()) {
            return Err(format!("{name} imports itself through other scripts; hashed names need an order"));
        }
        let mut content = self.assets.get(name).cloned().unwrap_or_default();
        if name.ends_with(".js") {
            content = self.link_script(name, &String::from_utf8_lossy(&content))?.into_bytes();
        }
        let hashed = hashed_name(name, &content);
        self.done.insert(
            name.to_owned(),
            Finished {
                name: name.to_owned(),
                hashed: hashed.clone(),
                content,
            },
        );
        Ok(hashed)
    }

    fn link_script(&mut self, name: &str, script: &str) -> Outcome<String> {
        let mut script = script.to_owned();
        for other in self.assets.keys().filter(|other| *other != name) {
            let plain = relative(name, other);
            // `import … from "./other.js"`, and `new URL("other.wasm", import.meta.url)`, which needs no dot.
            let bare = plain.strip_prefix("./").filter(|_| other.ends_with(".wasm"));
            for written in [Some(plain.as_str()), bare].into_iter().flatten() {
                for quote in ['"', '\''] {
                    let found = format!("{quote}{written}{quote}");
                    if script.contains(&found) {
                        let hashed = relative(name, &self.link(other)?);
                        script = script.replace(&found, &format!("{quote}{hashed}{quote}"));
                    }
                }
            }
        }
        Ok(script)
    }
}

/// `to` as a module specifier in `from`; both are names below the same folder.
fn relative(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').collect();
    let to: Vec<&str> = to.split('/').collect();
    let folders = from.len() - 1;
    let shared = from[..folders].iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(folders - shared);
    let start = if up.is_empty() { "./" } else { &up };
    format!("{start}{}", to[shared..].join("/"))
}

/// `fonts/inter.woff2` as `fonts/inter.0123456789abcdef.woff2`.
fn hashed_name(name: &str, content: &[u8]) -> String {
    let hash = hash(content);
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[file..].rfind('.') {
        Some(dot) => format!("{}.{hash}{}", &name[..file + dot], &name[file + dot..]),
        None => format!("{name}.{hash}"),
    }
}

/// A short name for a content.
pub(crate) fn hash(content: &[u8]) -> String {
    let mut hex = HEXLOWER.encode(&Sha256::digest(content));
    hex.truncate(DIGITS);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(files: &[(&str, &str)]) -> Outcome<BTreeMap<String, Finished>> {
        let mut assets = Assets::default();
        for (name, content) in files {
            assets.add((*name).to_owned(), content.as_bytes().to_vec());
        }
        let all = assets.finish()?;
        Ok(all.into_iter().map(|finished| (finished.name.clone(), finished)).collect())
    }

    #[test]
    fn a_script_loads_the_hashed_names_of_its_imports() {
        let all = finished(&[
            ("a.js", "import { b } from './lib/b.js';\nimport('./lib/b.js')"),
            ("lib/b.js", "new URL(\"../x.wasm\", import.meta.url)"),
            ("x.wasm", "wasm"),
        ])
        .unwrap();
        let text = |name: &str| String::from_utf8(all[name].content.clone()).unwrap();
        assert_eq!(text("a.js").matches(&format!("'./{}'", all["lib/b.js"].hashed)).count(), 2);
        assert!(text("lib/b.js").contains(&format!("\"../{}\"", all["x.wasm"].hashed)));
    }

    #[test]
    fn a_change_deep_down_changes_every_name_above_it() {
        let with = |wasm: &str| finished(&[("a.js", "import './b.js'"), ("b.js", "new URL('x.wasm', u)"), ("x.wasm", wasm)]).unwrap();
        let (one, two) = (with("1"), with("2"));
        for name in ["a.js", "b.js", "x.wasm"] {
            assert_ne!(one[name].hashed, two[name].hashed, "{name}");
        }
    }

    #[test]
    fn scripts_in_a_circle_are_refused() {
        assert!(finished(&[("a.js", "import './b.js'"), ("b.js", "import './a.js'")]).is_err());
    }

    #[test]
    fn the_hash_goes_before_the_last_dot_of_the_file() {
        let hash = hash(b"");
        assert_eq!(hashed_name("v1.2/a.min.js", b""), format!("v1.2/a.min.{hash}.js"));
        assert_eq!(hashed_name("v1.2/LICENSE", b""), format!("v1.2/LICENSE.{hash}"));
    }
}
