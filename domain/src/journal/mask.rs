//! What a role gets to see of a person. Pure.

use super::entry::Personal;
use model::Role;
use serde_json::Value;

/// How much of a person somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Outlines: enough to tell two people apart. For roles that read figures and rules.
    Outline,
    /// Names, but never a full number or mail address. For support, who speaks with people.
    Desk,
    /// Everything that was logged.
    Whole,
}

impl Sight {
    /// The best sight that one of the roles gives.
    pub fn of(roles: &[Role]) -> Self {
        roles.iter().map(|role| Self::of_role(*role)).max().unwrap_or(Self::Outline)
    }

    const fn of_role(role: Role) -> Self {
        match role {
            Role::GlobalAdmin | Role::AuthAdmin | Role::Reader => Self::Whole,
            Role::Support => Self::Desk,
            Role::PolicyAdmin | Role::BillingAdmin | Role::Member => Self::Outline,
        }
    }

    /// The person as this sight shows it.
    pub fn person(self, whole: Personal) -> Personal {
        let names = |name: Option<String>| if self == Self::Outline { name.map(|n| outline(&n)) } else { name };
        if self == Self::Whole {
            return whole;
        }
        Personal {
            upn: if self == Self::Outline { address(&whole.upn) } else { whole.upn },
            given_name: names(whole.given_name),
            family_name: names(whole.family_name),
            mail: whole.mail.map(|m| address(&m)),
            phone: whole.phone.map(|p| phone(&p)),
            ..whole
        }
    }

    /// Before and after of a change as this sight shows it: whatever stands under the name of a personal field, at any depth.
    pub fn change(self, whole: Value) -> Value {
        match whole {
            _ if self == Self::Whole => whole,
            Value::Object(fields) => fields.into_iter().map(|(name, value)| (name.clone(), self.field(&name, value))).collect(),
            Value::Array(items) => items.into_iter().map(|item| self.change(item)).collect(),
            other => other,
        }
    }

    fn field(self, name: &str, value: Value) -> Value {
        let masked = match (name, &value) {
            ("upn", Value::String(text)) if self == Self::Outline => address(text),
            ("given_name" | "family_name", Value::String(text)) if self == Self::Outline => outline(text),
            ("mail", Value::String(text)) => address(text),
            ("phone", Value::String(text)) => phone(text),
            _ => return self.change(value),
        };
        Value::String(masked)
    }
}

/// The first letter, then dots.
pub fn outline(text: &str) -> String {
    text.chars().take(1).chain("•••".chars()).collect()
}

/// The first letter and the domain of an address.
pub fn address(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", outline(local)),
        None => outline(text),
    }
}

/// The last two digits of a number.
pub fn phone(text: &str) -> String {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let tail: String = digits.iter().skip(digits.len().saturating_sub(2)).collect();
    // A number of two digits or fewer would be shown whole.
    if digits.len() > 2 {
        format!("•••• ••{tail}")
    } else {
        "•••• ••••".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ann() -> Personal {
        Personal {
            upn: "ann@noord.example".into(),
            given_name: Some("Ann".into()),
            family_name: Some("Émond".into()),
            mail: Some("a.emond@post.example".into()),
            phone: Some("+31 6 1234 5642".into()),
            client_ip: Some("203.0.113.24".into()),
            ..Personal::default()
        }
    }

    #[test]
    fn each_role_sees_what_it_needs() {
        let desk = Sight::of(&[Role::Support]).person(ann());
        assert_eq!((desk.upn.as_str(), desk.given_name.as_deref()), ("ann@noord.example", Some("Ann")));
        assert_eq!((desk.mail.as_deref(), desk.phone.as_deref()), (Some("a•••@post.example"), Some("•••• ••42")));
        let outlined = Sight::of(&[Role::PolicyAdmin]).person(ann());
        assert_eq!((outlined.upn.as_str(), outlined.family_name.as_deref()), ("a•••@noord.example", Some("É•••")));
        assert_eq!(Sight::of(&[Role::Reader]).person(ann()), ann());
        assert_eq!(Sight::of(&[Role::Support, Role::AuthAdmin]), Sight::Whole, "the best of the roles counts");
        assert_eq!(Sight::of(&[]), Sight::Outline);
        assert_eq!(phone("42"), "•••• ••••");
    }

    #[test]
    fn changes_are_masked_at_any_depth() {
        let change = json!({ "upn": "ann@noord.example", "mail": "ann@post.example", "roles": ["reader"], "inner": [{ "phone": "+31612345642" }] });
        assert_eq!(
            Sight::Desk.change(change.clone()),
            json!({ "upn": "ann@noord.example", "mail": "a•••@post.example", "roles": ["reader"], "inner": [{ "phone": "•••• ••42" }] })
        );
        assert_eq!(Sight::Outline.change(change.clone())["upn"], "a•••@noord.example");
        assert_eq!(Sight::Whole.change(change.clone()), change);
    }
}
