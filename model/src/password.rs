//! What does not count in a password. Letters that are known to be swapped are swapped back, words that everybody thinks of come to one point each, and
//! every other character to one more; the browser's hint and the server's judgement are the same rule.

use std::ops::RangeInclusive;

/// Points that a password needs.
pub const PASSWORD_POINTS_MIN: usize = 5;

/// A name counts as a word from so many letters on.
const NAME_LETTERS_MIN: usize = 4;

/// What people choose most, and parts of it: our own list, short, for a tenant adds its own. Longer runs come from shorter ones.
const COMMON: &[&str] = &[
    "password",
    "passphrase",
    "passw",
    "wachtwoord",
    "wachtzin",
    "geheim",
    "secret",
    "welkom",
    "welcome",
    "letmein",
    "login",
    "logon",
    "inloggen",
    "aanmelden",
    "admin",
    "administrator",
    "beheer",
    "beheerder",
    "master",
    "root",
    "user",
    "gebruiker",
    "guest",
    "gast",
    "test",
    "testen",
    "default",
    "standaard",
    "changeme",
    "wijzigmij",
    "access",
    "toegang",
    "computer",
    "internet",
    "service",
    "support",
    "helpdesk",
    "servicedesk",
    "qwerty",
    "qwertz",
    "azerty",
    "asdfgh",
    "asdf",
    "zxcvbn",
    "zxcvb",
    "yxcvbn",
    "qazwsx",
    "wsxedc",
    "poiuyt",
    "lkjhgf",
    "mnbvcx",
    "abcdef",
    "abcde",
    "abcd",
    "1234",
    "12345",
    "123456",
    "2345",
    "3456",
    "4567",
    "5678",
    "6789",
    "7890",
    "9876",
    "8765",
    "7654",
    "6543",
    "5432",
    "4321",
    "1111",
    "0000",
    "2222",
    "3333",
    "4444",
    "5555",
    "6666",
    "7777",
    "8888",
    "9999",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "januari",
    "februari",
    "maart",
    "juni",
    "juli",
    "augustus",
    "oktober",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "zaterdag",
    "zondag",
    "spring",
    "summer",
    "autumn",
    "winter",
    "lente",
    "zomer",
    "herfst",
    "voorjaar",
    "najaar",
    "football",
    "voetbal",
    "baseball",
    "hockey",
    "soccer",
    "dragon",
    "draak",
    "monkey",
    "aapje",
    "tiger",
    "tijger",
    "princess",
    "prinses",
    "sunshine",
    "zonnetje",
    "iloveyou",
    "ikhouvanjou",
    "liefde",
    "lovely",
    "schatje",
    "lieverd",
    "flower",
    "bloem",
    "vakantie",
    "holiday",
    "weekend",
    "koffie",
    "coffee",
    "shadow",
    "superman",
    "batman",
    "pokemon",
    "starwars",
    "amsterdam",
    "rotterdam",
    "utrecht",
    "denhaag",
    "eindhoven",
    "groningen",
    "nederland",
    "holland",
    "belgie",
    "london",
    "tweestap",
    "2020",
    "2021",
    "2022",
    "2023",
    "2024",
    "2025",
    "2026",
    "2027",
    "2028",
    "2029",
];

/// Why a password does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Banned {
    /// It is made of what everybody chooses.
    Common,
    /// It is made of names, or of words that the organisation does not want.
    Words,
}

/// The words that a password is held against.
#[derive(Clone, Debug, Default)]
pub struct BannedWords {
    /// Everybody's, then the organisation's.
    common: Vec<Vec<char>>,
    organisation: Vec<Vec<char>>,
    /// Of the person and the organisation: as they are, for a name that is nearly another's is another's.
    names: Vec<Vec<char>>,
}

impl BannedWords {
    /// The common words, those of the organisation, and the names of the person and the organisation.
    pub fn new<'a>(organisation: impl IntoIterator<Item = &'a str>, names: impl IntoIterator<Item = &'a str>) -> Self {
        let words = |texts: &mut dyn Iterator<Item = &'a str>| texts.map(folded).filter(|word| !word.is_empty()).collect();
        let parts = |text: &'a str| text.split(|c: char| !c.is_alphanumeric());
        Self {
            common: COMMON.iter().copied().map(folded).collect(),
            organisation: words(&mut organisation.into_iter()),
            names: words(&mut names.into_iter().flat_map(parts).filter(|name| name.chars().count() >= NAME_LETTERS_MIN)),
        }
    }

    /// The points of a password: the fewest that it can be read as.
    pub fn points(&self, password: &str) -> usize {
        points(&folded(password), &[&self.common, &self.organisation], &self.names)
    }

    /// Why a password does not do, if it does not.
    pub fn problem(&self, password: &str) -> Option<Banned> {
        let typed = folded(password);
        if points(&typed, &[&self.common], &[]) < PASSWORD_POINTS_MIN {
            return Some(Banned::Common);
        }
        (self.points(password) < PASSWORD_POINTS_MIN).then_some(Banned::Words)
    }
}

/// In small letters, with what is usually swapped swapped back.
fn folded(text: &str) -> Vec<char> {
    let small = text.chars().flat_map(char::to_lowercase);
    small
        .map(|c| match c {
            '0' => 'o',
            '1' => 'l',
            '$' => 's',
            '@' => 'a',
            other => other,
        })
        .collect()
}

/// The fewest points: a word is one, every other character one more.
fn points(typed: &[char], words: &[&[Vec<char>]], names: &[Vec<char>]) -> usize {
    let mut fewest: Vec<usize> = (0..=typed.len()).collect();
    for from in 0..typed.len() {
        let (here, rest) = (fewest[from], &typed[from..]);
        let mut reaches = |length: usize| {
            let there = &mut fewest[from + length];
            *there = (*there).min(here + 1);
        };
        reaches(1);
        for word in words.iter().copied().flatten() {
            alike(rest, word).filter(|length| is_near(&rest[..*length], word)).for_each(&mut reaches);
        }
        for name in names.iter().filter(|name| rest.starts_with(name)) {
            reaches(name.len());
        }
    }
    fewest[typed.len()]
}

/// Lengths at which the text could be the word: it begins and ends with the word's own letters, so that what stands beside a word is not swallowed by it.
fn alike<'a>(rest: &'a [char], word: &'a [char]) -> impl Iterator<Item = usize> + 'a {
    let lengths: RangeInclusive<usize> = match rest.first() == word.first() {
        true => word.len().saturating_sub(1).max(1)..=(word.len() + 1).min(rest.len()),
        false => RangeInclusive::new(1, 0),
    };
    lengths.filter(|length| rest[length - 1] == word[word.len() - 1])
}

/// True for what is at most one letter away: another one, one more, one less.
fn is_near(text: &[char], word: &[char]) -> bool {
    let (short, long) = if text.len() <= word.len() { (text, word) } else { (word, text) };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => same == short.len() || short[same + 1..] == long[same + 1..],
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two examples of the specification (original.md 4f), and the same with one letter wrong, missing or too many.
    #[test]
    fn banned_words_come_to_a_point() {
        let words = BannedWords::new(["contoso", "blank"], []);
        for (password, points) in [
            ("C0ntos0Blank12", 4),
            ("ContoS0Bl@nkf9!", 5),
            ("C0mtos0Blank12", 4),
            ("C0nts0Blank12", 4),
            ("C0ntoos0Blank12", 4),
            ("Xontos0Blank12", 10),
            ("vier natte eenden", 17),
            ("", 0),
        ] {
            assert_eq!(words.points(password), points, "{password}");
        }
        assert_eq!(words.problem("C0ntos0Blank12"), Some(Banned::Words));
        assert_eq!(words.problem("ContoS0Bl@nkf9!"), None);
    }

    #[test]
    fn names_count_as_they_are_and_short_ones_not() {
        let words = BannedWords::new([], ["Femke", "de Wit", "Duinmeer Wonen", "bo@duinmeer.example"]);
        assert_eq!(words.points("F3mke.."), 7, "three is no letter of it");
        assert_eq!(words.points("Femke!!"), 3);
        assert_eq!(words.points("femme!!"), 7, "nearly a name is another's");
        assert_eq!(words.points("duinmeerwonen99"), 4);
        assert_eq!(words.points("dewit99!"), 8, "three letters are no name");
        assert_eq!(words.problem("Duinmeer2026!"), Some(Banned::Words));
    }

    #[test]
    fn what_everybody_chooses_is_said_so() {
        let words = BannedWords::new([], []);
        for common in [
            "Welkom2026!",
            "P@$$w0rd1234",
            "Wachtwoord1!",
            "Zomer2025",
            "qwerty123456",
            "11111111",
            "Wellkom2026",
        ] {
            assert_eq!(words.problem(common), Some(Banned::Common), "{common}");
        }
        for fine in ["vier natte eenden", "zeven groene kikkers", "kaas op de maan", "test van de buren"] {
            assert_eq!(words.problem(fine), None, "{fine}");
        }
    }

    /// A full list and the longest password are judged at once.
    #[test]
    fn the_longest_list_is_no_work() {
        let list: Vec<String> = (0..crate::BANNED_WORDS_MAX).map(|n| format!("woord{n:03}")).collect();
        let words = BannedWords::new(list.iter().map(String::as_str), []);
        let began = std::time::Instant::now();
        assert!(words.problem(&"woord".repeat(crate::PASSWORD_CHARACTERS_MAX / 5)).is_none());
        assert!(began.elapsed().as_millis() < 500, "{:?}", began.elapsed());
    }
}
