//! The built site under /pkg: styles, scripts, icons. Each file's name holds a hash of its content, and its compressed forms
//! lie beside it.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::services::ServeDir;

use crate::cli::Failure;
use crate::config::Settings;

/// The folder that the build made.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    folder: PathBuf,
}

/// Marks an answer that may be kept for ever.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Immutable;

impl Site {
    /// The folder named in the settings, beside the program, or of the last build in this checkout.
    pub(crate) fn find(settings: &Settings) -> Option<Self> {
        if let Some(folder) = &settings.site_dir {
            return Some(Self { folder: folder.clone() });
        }
        let program = std::env::current_exe().ok();
        let beside = program.as_deref().and_then(Path::parent).map(|folder| folder.join("site"));
        let built = program
            .as_deref()
            .and_then(Path::parent)
            .and_then(Path::parent)
            .map(|folder| folder.join("site"));
        let target = std::env::var_os("CARGO_TARGET_DIR").map(|target| Path::new(&target).join("site"));
        let here = Some(PathBuf::from("target/site"));
        let found = [beside, built, target, here].into_iter().flatten().find(|folder| folder.join("pkg").is_dir());
        found.map(|folder| Self { folder })
    }

    /// The table of the site's files: logical name to address.
    pub(crate) fn assets(&self) -> Result<app::assets::Assets, Failure> {
        let path = self.folder.join("assets.json");
        let json = std::fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Ok(app::assets::Assets::from_json(&json).map_err(|error| format!("{} is not the build's table: {error}", path.display()))?)
    }
}

/// Puts the files under /pkg. Without a site there are none: 404.
pub(super) fn mount(router: Router, site: Option<&Site>) -> Router {
    let Some(site) = site else { return router };
    let files = ServeDir::new(site.folder.join("pkg"))
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    router.nest("/pkg", Router::new().fallback_service(files).layer(from_fn(mark_immutable)))
}

async fn mark_immutable(request: Request, next: Next) -> Response {
    let is_hashed = has_hash(request.uri().path());
    let mut response = next.run(request).await;
    if is_hashed && (response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED) {
        response.extensions_mut().insert(Immutable);
    }
    response
}

/// Whether one of the parts of the file's name is a hash, as in `main.3f2a91c07d.css`. Others may change under their name.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(['.', '-', '_'])
        .any(|part| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::has_hash;

    #[test]
    fn only_a_name_with_a_hash_may_be_kept_for_ever() {
        assert!(has_hash("/pkg/main.3f2a91c07d.css"));
        assert!(has_hash("/pkg/tweestap-3f2a91c07d.wasm"));
        assert!(!has_hash("/pkg/main.css"));
        assert!(!has_hash("/3f2a91c07d/main.css"));
    }
}
