//! Turns the words in `locales/<language>/<area>.json` into typed keys: a missing or misspelt text does not compile.

use std::{env, error::Error, fs, path::PathBuf};

use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");

    // The browser half holds no words: islands get theirs from the page.
    if env::var_os("CARGO_FEATURE_SSR").is_none() {
        return Ok(());
    }
    let config = Config::new("en")?
        .add_locale("nl")?
        .add_namespaces(areas()?)?
        .parse_options(ParseOptions::new().interpolate_display(true));
    let words = TranslationsInfos::parse(config)?;
    words.emit_diagnostics();
    words.rerun_if_locales_changed();
    words.generate_i18n_module(PathBuf::from(env::var("OUT_DIR")?).join("i18n"))?;
    Ok(())
}

/// One area a file, named by the English files.
fn areas() -> Result<Vec<String>, Box<dyn Error>> {
    let mut areas = Vec::new();
    for entry in fs::read_dir("locales/en")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json")
            && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
        {
            areas.push(stem.to_owned());
        }
    }
    areas.sort();
    Ok(areas)
}
