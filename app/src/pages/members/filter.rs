//! Which members are shown, in the words of the address.

use domain::directory::MemberQuery;
use model::MfaState;

use crate::{routes, visit::query_value};

/// The filters in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a name.
    pub text: Option<String>,
    /// Stored state.
    pub state: Option<MfaState>,
    /// 0 or 1 methods.
    pub methods: Option<u8>,
    /// Only locked ones.
    pub locked: bool,
}

impl Filter {
    /// Reads the address: what is typed into the search, and each filter under its own name, which goes first.
    #[must_use]
    pub fn read(search: &str, state: &str, methods: &str, locked: &str) -> Self {
        let typed = MemberQuery::typed(search);
        let methods = match methods {
            "0" | "none" => Some(0),
            "1" | "one" => Some(1),
            _ => typed.methods,
        };
        Self {
            text: typed.text,
            state: MfaState::from_text(state).or(typed.state),
            methods,
            locked: typed.locked || matches!(locked, "yes" | "1" | "true"),
        }
    }

    /// The question to the directory.
    #[must_use]
    pub fn query(&self) -> MemberQuery {
        MemberQuery {
            text: self.text.clone(),
            state: self.state,
            methods: self.methods,
            locked: self.locked,
            ..MemberQuery::default()
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
        let words = [
            self.state.map(|state| format!("state:{}", state.as_str())),
            self.methods.map(|count| format!("method:{}", if count == 0 { "none" } else { "one" })),
            self.locked.then(|| "locked:yes".to_owned()),
            self.text.clone(),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The list with these filters.
    #[must_use]
    pub fn href(&self, slug: &str) -> String {
        self.href_with(slug, &[])
    }

    /// The same with more in the query.
    #[must_use]
    pub fn href_with(&self, slug: &str, more: &[(&str, &str)]) -> String {
        let own = [
            ("q", self.text.clone()),
            ("state", self.state.map(|state| state.as_str().to_owned())),
            ("methods", self.methods.map(|count| count.to_string())),
            ("locked", self.locked.then(|| "yes".to_owned())),
        ];
        let own = own.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let query: Vec<String> = own.chain(more).map(|(name, value)| format!("{name}={}", query_value(&value))).collect();
        let base = routes::admin(slug, "users");
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
        let typed = Filter::read("state:enabled method:none locked:yes Ann", "", "", "");
        assert_eq!(Filter::read("ann", "enabled", "0", "yes"), typed);
        assert_eq!(Filter::read(&typed.typed(), "", "", ""), typed);
        assert_eq!(typed.href("noord"), "/admin/noord/users?q=ann&state=enabled&methods=0&locked=yes");
        assert_eq!(Filter::read("", "nonsense", "7", "no"), Filter::default());
        assert_eq!(Filter::default().href("noord"), "/admin/noord/users");
    }
}
