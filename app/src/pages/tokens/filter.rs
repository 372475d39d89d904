//! Which tokens are shown, in the words of the address.

use domain::tokens::TokenQuery;
use model::TokenState;

use crate::{routes, visit::query_value};

/// The filters in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a serial number, a model, a manufacturer or an owner's sign-in name.
    pub text: Option<String>,
    /// Where they stand.
    pub state: Option<TokenState>,
}

impl Filter {
    /// Reads the address: what is typed into the search, and the state under its own name, which goes first.
    #[must_use]
    pub fn read(search: &str, state: &str) -> Self {
        let mut typed = Self::default();
        let mut words = Vec::new();
        for word in search.split_whitespace() {
            match word.strip_prefix("state:").map(TokenState::from_text) {
                Some(Some(state)) => typed.state = Some(state),
                Some(None) | None => words.push(word),
            }
        }
        Self {
            text: Some(words.join(" ")).filter(|text| !text.is_empty()),
            state: TokenState::from_text(state).or(typed.state),
        }
    }

    /// The question to the inventory.
    #[must_use]
    pub fn query(&self) -> TokenQuery {
        TokenQuery {
            text: self.text.clone(),
            state: self.state,
            ..TokenQuery::default()
        }
    }

    /// Nothing is filtered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The filters as somebody would type them.
    #[must_use]
    pub fn typed(&self) -> String {
        let state = self.state.map(|state| format!("state:{}", state.as_str()));
        state.into_iter().chain(self.text.clone()).collect::<Vec<_>>().join(" ")
    }

    /// The list with these filters.
    #[must_use]
    pub fn href(&self, slug: &str) -> String {
        self.href_with(slug, &[])
    }

    /// The same with more in the query.
    #[must_use]
    pub fn href_with(&self, slug: &str, more: &[(&str, &str)]) -> String {
        let own = [("q", self.text.as_deref()), ("state", self.state.map(TokenState::as_str))];
        let own = own.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
        let query: Vec<String> = own
            .chain(more.iter().copied())
            .map(|(name, value)| format!("{name}={}", query_value(value)))
            .collect();
        let base = routes::admin(slug, "tokens");
        match query.is_empty() {
            true => base,
            false => format!("{base}?{}", query.join("&")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_and_what_stands_in_the_address_come_to_the_same() {
        let typed = Filter::read(" state:active  FT 1", "");
        assert_eq!(Filter::read("FT 1", "active"), typed);
        assert_eq!(Filter::read(&typed.typed(), ""), typed);
        assert_eq!(typed.href("noord"), "/admin/noord/tokens?q=FT%201&state=active");
        assert_eq!(Filter::read("", "nonsense"), Filter::default());
        assert_eq!(Filter::read("state:nonsense", "").text.as_deref(), Some("state:nonsense"));
        assert_eq!(Filter::default().href("noord"), "/admin/noord/tokens");
    }
}
