//! Where the style sheet, the scripts, the icons and the fonts are: logical name to hashed address.

use std::{collections::HashMap, sync::Arc};

/// The manifest of the built site. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Assets(Arc<HashMap<String, String>>);

impl Assets {
    /// Reads `assets.json`: `{"main.css": "/pkg/main.3f2a91.css", ...}`.
    ///
    /// # Errors
    /// When the text is not a JSON object of strings.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        Ok(Self(Arc::new(serde_json::from_str(json)?)))
    }

    /// For development without a built manifest: every name is served unhashed under `/pkg/`.
    #[must_use]
    pub fn unhashed() -> Self {
        Self::default()
    }

    /// The address of an asset.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_else(|| format!("/pkg/{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_name_wins_over_the_plain_one() {
        let assets = Assets::from_json(r#"{"main.css":"/pkg/main.abc.css"}"#).expect("a manifest");
        assert_eq!(assets.url("main.css"), "/pkg/main.abc.css");
        assert_eq!(assets.url("icons.svg"), "/pkg/icons.svg");
    }
}
