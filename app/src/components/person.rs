//! Somebody in a row, or as initials.

use leptos::prelude::*;

/// Name over sign-in name.
#[component]
pub fn Person(
    /// The name.
    #[prop(into)]
    name: String,
    /// The name they sign in with.
    #[prop(into)]
    detail: String,
    /// Their page.
    #[prop(into)]
    href: String,
) -> impl IntoView {
    view! { <div class="person"><a href=href>{name}</a><span>{detail}</span></div> }
}

/// How large the initials are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AvatarSize {
    /// In a bar.
    #[default]
    Normal,
    /// At the head of a page or drawer.
    Large,
}

/// Initials of a name.
#[component]
pub fn Avatar(
    /// The name.
    #[prop(into)]
    name: String,
    /// How large.
    #[prop(optional)]
    size: AvatarSize,
) -> impl IntoView {
    let class = match size {
        AvatarSize::Normal => "avatar",
        AvatarSize::Large => "avatar large",
    };
    view! { <span class=class aria-hidden="true">{initials(&name)}</span> }
}

/// First letters of the first and last word.
fn initials(name: &str) -> String {
    let letter = |word: Option<&str>| word.and_then(|word| word.chars().next());
    let mut words = name.split_whitespace();
    let (first, last) = (letter(words.next()), letter(words.next_back()));
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_the_first_and_last_word() {
        assert_eq!(initials("Gijs van den Berg"), "GB");
        assert_eq!(initials("Ann"), "A");
        assert_eq!(initials(""), "");
    }
}
