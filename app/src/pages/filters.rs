//! The filters of a list as they stand in its address: read, changed, written again. Another filter begins at the beginning of the list, with nothing open.

use crate::visit::query_value;

/// Longest value that is read, in characters.
const VALUE_CHARACTERS_MAX: usize = 1_200;
/// These say where in the list one is, not what is in it.
const PLACES: [&str; 2] = ["cursor", "open"];

/// Names and values, in the order of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters(Vec<(String, String)>);

impl Filters {
    /// The pairs of a query string whose names are known; empty values and control characters are left out.
    #[must_use]
    pub fn read(pairs: &[(String, String)], known: &[&str]) -> Self {
        let mut filters = Self::default();
        for (name, value) in pairs {
            let value: String = value.trim().chars().filter(|c| !c.is_control()).take(VALUE_CHARACTERS_MAX).collect();
            if known.contains(&name.as_str()) && !value.is_empty() && filters.get(name).is_none() {
                filters.0.push((name.clone(), value));
            }
        }
        filters
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The list with this value, from its beginning.
    #[must_use]
    pub fn with(&self, name: &str, value: impl ToString) -> Self {
        self.without(name).with_place(name, value)
    }

    /// The same list at a place of it.
    #[must_use]
    pub fn with_place(&self, name: &str, value: impl ToString) -> Self {
        let mut other = self.without_place(name);
        other.0.push((name.to_owned(), value.to_string()));
        other
    }

    /// The same list with those of these values that are there.
    #[must_use]
    pub fn with_all<T: ToString, const COUNT: usize>(&self, values: [(&str, Option<T>); COUNT]) -> Self {
        values.into_iter().fold(self.clone(), |filters, (name, value)| {
            value.map_or(filters.clone(), |value| filters.with(name, value))
        })
    }

    /// The list without this filter, from its beginning.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        self.whole().without_place(name)
    }

    /// The same list without this place in it.
    #[must_use]
    pub fn without_place(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| known != name).cloned().collect())
    }

    /// What is filtered, without the place in the list.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self(self.0.iter().filter(|(known, _)| !PLACES.contains(&known.as_str())).cloned().collect())
    }

    /// The pairs, such as for hidden fields.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The address of the list.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        let query: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={}", query_value(value))).collect();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn what_was_read_is_written_again() {
        let pairs = [
            pair("reason", "wrong_code"),
            pair("reason", "locked"),
            pair("x", "y"),
            pair("member", " "),
            pair("application", "A & B\n"),
            pair("cursor", "c"),
        ];
        let filters = Filters::read(&pairs, &["reason", "member", "application", "cursor", "open"]);
        assert_eq!(filters.href("/j"), "/j?reason=wrong_code&application=A%20%26%20B&cursor=c");
        assert_eq!(
            filters.with_place("open", "7K").href("/j"),
            "/j?reason=wrong_code&application=A%20%26%20B&cursor=c&open=7K"
        );
        assert_eq!(filters.with_place("open", "7K").without_place("open"), filters);
        assert_eq!(
            filters.without("reason").href("/j"),
            "/j?application=A%20%26%20B",
            "another list begins at its beginning"
        );
        assert_eq!(filters.whole().without("application").without("reason").href("/j"), "/j");
    }
}
