//! The style sheet: `style/main.css` with its imports in one small file.

use std::path::{Path, PathBuf};

use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::dependencies::{Dependency, DependencyOptions};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use lightningcss::targets::{Browsers, Features, Targets};

use crate::Outcome;
use crate::assets::Assets;

/// Browsers of spring 2024 and later: the first that know `light-dark()`.
fn targets() -> Targets {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    Targets {
        browsers: Some(Browsers {
            chrome: version(123, 0),
            edge: version(123, 0),
            firefox: version(128, 0),
            safari: version(17, 5),
            ios_saf: version(17, 5),
            ..Browsers::default()
        }),
        // Colours stay as the designer wrote them.
        exclude: Features::Colors | Features::Nesting,
        include: Features::empty(),
    }
}

/// Adds `main.css` and everything in the style folder that is not a style sheet.
pub(crate) fn collect(assets: &mut Assets) -> Outcome<()> {
    let folder = Path::new("style");
    assets.add_folder(folder, "", |name| !name.ends_with(".css"))?;
    let main = folder.join("main.css");
    if main.exists() {
        let css = bundle(&main, folder, assets)?;
        assets.add("main.css".into(), css.into_bytes());
    }
    Ok(())
}

fn bundle(main: &Path, folder: &Path, assets: &Assets) -> Outcome<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(main).map_err(|error| match &error.loc {
        Some(place) => format!("{}:{}:{}: {}", place.filename, place.line + 1, place.column, error.kind),
        None => format!("{}: {}", main.display(), error.kind),
    })?;
    let minify = MinifyOptions {
        targets: targets(),
        ..MinifyOptions::default()
    };
    sheet.minify(minify).map_err(|error| format!("style: {error}"))?;
    let printed = sheet
        .to_css(PrinterOptions {
            minify: true,
            targets: targets(),
            analyze_dependencies: Some(DependencyOptions { remove_imports: false }),
            ..PrinterOptions::default()
        })
        .map_err(|error| format!("style: {error}"))?;
    let mut css = printed.code;
    for dependency in printed.dependencies.into_iter().flatten() {
        // The bundler has inlined the imports; what is left are addresses of pictures and fonts.
        if let Dependency::Url(found) = dependency {
            let url = address(&found.url, Path::new(&found.loc.file_path), folder, assets)?;
            css = css.replace(&found.placeholder, &url);
        }
    }
    Ok(css)
}

/// The address of what `url` in `sheet` means, as seen from `main.css`.
fn address(url: &str, sheet: &Path, folder: &Path, assets: &Assets) -> Outcome<String> {
    if url.starts_with("data:") || url.starts_with('#') {
        return Ok(url.to_owned());
    }
    let (path, fragment) = url.split_at(url.find(['#', '?']).unwrap_or(url.len()));
    let file = normal(&sheet.parent().unwrap_or(folder).join(path));
    let logical = file.strip_prefix(normal(folder)).ok().and_then(Path::to_str);
    let hashed = logical.and_then(|logical| assets.hashed(logical));
    match hashed {
        Some(hashed) => Ok(format!("{hashed}{fragment}")),
        None => Err(format!("{}: no file {url} in the style folder", sheet.display())),
    }
}

/// `a/b/../c` as `a/c`, without asking the file system.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut whole, part| {
        match part {
            std::path::Component::ParentDir => {
                whole.pop();
            }
            std::path::Component::CurDir => {}
            other => whole.push(other),
        }
        whole
    })
}
