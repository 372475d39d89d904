//! Invented people: given and family names from all over, put together by chance, and what else stands in a sign-in row.

use super::dice::Dice;
use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

const GIVEN: [&str; 72] = [
    "Anouk", "Bram", "Cato", "Daan", "Eline", "Floris", "Greetje", "Hidde", "Iris", "Jelle", "Katrijn", "Lieke", "Maarten", "Nienke", "Otto", "Pleun",
    "Quinten", "Roos", "Sander", "Tess", "Ursula", "Veerle", "Wout", "Ylva", "Zeger", "Amina", "Bilal", "Chidi", "Deniz", "Esra", "Farid", "Giulia", "Hana",
    "Ibrahim", "Joanna", "Kemal", "Leila", "Mateusz", "Nadia", "Omar", "Priya", "Rafał", "Sofía", "Tariq", "Usha", "Viktor", "Wen", "Yusuf", "Zoë", "Aurélie",
    "Benoît", "Camille", "Dries", "Evy", "Frauke", "Gust", "Hanne", "Ine", "Joris", "Karolien", "Lotte", "Mieke", "Niels", "Oona", "Pepijn", "Renske",
    "Sietse", "Tjeerd", "Vera", "Wietske", "Xander", "Ysbrand",
];
const FAMILY: [&str; 84] = [
    "de Vries",
    "van den Berg",
    "Mulder",
    "Hoekstra",
    "Wiersma",
    "Dijkstra",
    "Peeters",
    "Willems",
    "Claes",
    "Goossens",
    "Wouters",
    "de Smet",
    "Vermeulen",
    "Postma",
    "Smit",
    "Vos",
    "van Dalen",
    "Kuipers",
    "ter Horst",
    "Bakker",
    "Brouwer",
    "Schipper",
    "Zijlstra",
    "Bosman",
    "van Leeuwen",
    "Hofstede",
    "Kramer",
    "Veldkamp",
    "Terpstra",
    "van Rooij",
    "Maes",
    "Lambrecht",
    "Desmet",
    "Verhaegen",
    "Coppens",
    "Aerts",
    "Kaya",
    "Yıldız",
    "Demir",
    "el Amrani",
    "Benali",
    "Haddad",
    "Kowalska",
    "Nowak",
    "Wiśniewski",
    "Raman",
    "Iyer",
    "Chowdhury",
    "Okafor",
    "Mensah",
    "Adeyemi",
    "Nguyen",
    "Tran",
    "Li",
    "Chen",
    "Suzuki",
    "Rossi",
    "Conti",
    "García",
    "Fernández",
    "Silva",
    "Costa",
    "Novák",
    "Horvat",
    "Ivanova",
    "Popescu",
    "Müller",
    "Schäfer",
    "Lindqvist",
    "Sørensen",
    "Virtanen",
    "Tahiri",
    "Osman",
    "Abdi",
    "Martina",
    "Pinas",
    "Tuhumury",
    "Soekarno",
    "Roosendaal",
    "Kloosterman",
    "Oosterhuis",
    "Waterman",
    "Zandstra",
    "Ypma",
];
const PHONES: [&str; 8] = [
    "iPhone",
    "Pixel",
    "Galaxy",
    "Work phone",
    "Telefoon van het werk",
    "Fairphone",
    "Tablet",
    "Authenticator",
];
const BROWSERS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
];
/// Words of passwords that are printed: short, easy to type, without meaning together.
const WORDS: [&str; 64] = [
    "anker",
    "appel",
    "beker",
    "berken",
    "bliksem",
    "boekje",
    "bramen",
    "brug",
    "dakpan",
    "deken",
    "dijk",
    "eenden",
    "eiland",
    "fakkel",
    "fietsbel",
    "fluit",
    "gember",
    "golf",
    "gordijn",
    "hamer",
    "haver",
    "hekje",
    "honing",
    "ijsvogel",
    "jasmijn",
    "kade",
    "kapstok",
    "kastanje",
    "klaver",
    "koffer",
    "kraan",
    "krijt",
    "ladder",
    "lampion",
    "linde",
    "meeuw",
    "merel",
    "molen",
    "mossel",
    "nevel",
    "noten",
    "oever",
    "otter",
    "paraplu",
    "peddel",
    "perzik",
    "pollepel",
    "reiger",
    "rietje",
    "schelp",
    "sloot",
    "spijker",
    "stoep",
    "tafel",
    "tegel",
    "trommel",
    "tulp",
    "veer",
    "vlieger",
    "vuurtoren",
    "wafel",
    "wilg",
    "zeil",
    "zolder",
];

/// What a person is called.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    /// What stands before the @.
    pub(super) local: String,
}

/// Names one after the other, none with the same sign-in name.
#[derive(Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The next one.
    pub(super) fn next(&mut self, dice: &Dice) -> Name {
        let (given, family) = (dice.pick(&GIVEN), dice.pick(&FAMILY));
        let plain = format!("{}.{}", ascii(given).chars().take(1).collect::<String>(), ascii(family));
        let numbered = (1..).map(|n| if n == 1 { plain.clone() } else { format!("{plain}{n}") });
        let local = numbered.into_iter().find(|name| !self.0.contains(name)).unwrap_or(plain);
        self.0.insert(local.clone());
        Name { given, family, local }
    }
}

/// Small letters without marks.
fn ascii(name: &str) -> String {
    let plain = |c: char| match c {
        'á' | 'ä' | 'ã' => 'a',
        'é' | 'ë' | 'è' => 'e',
        'í' | 'î' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' => 'n',
        'ó' | 'ö' | 'ø' => 'o',
        'ś' => 's',
        'ü' => 'u',
        other => other,
    };
    name.to_lowercase().chars().map(plain).filter(char::is_ascii_alphanumeric).collect()
}

/// A name that nobody has, as an attacker guesses it.
pub(super) fn guessed(dice: &Dice, domain: &str) -> String {
    let common = ["admin", "info", "test", "scanner", "backup", "reception", "helpdesk", "administrator"];
    if dice.chance(0.3) {
        format!("{}@{domain}", dice.pick(&common))
    } else {
        format!("{}.{}@{domain}", ascii(dice.pick(&GIVEN)), ascii(dice.pick(&FAMILY)))
    }
}

/// What a member calls a phone.
pub(super) fn phone(dice: &Dice) -> &'static str {
    dice.pick(&PHONES)
}

/// What a browser says of itself.
pub(super) fn browser(dice: &Dice) -> &'static str {
    dice.pick(&BROWSERS)
}

/// An address at home, from the networks that are kept for examples (RFC 5737, RFC 3849).
pub(super) fn home(dice: &Dice) -> IpAddr {
    if dice.chance(0.3) {
        let part = |high| dice.within(0, high) as u16;
        Ipv6Addr::new(0x2001, 0xdb8, part(0xff), part(0xff), 0, 0, 0, part(0xffff)).into()
    } else {
        Ipv4Addr::new(203, 0, 113, dice.within(1, 254) as u8).into()
    }
}

/// An address that an attack comes from.
pub(super) fn attacker(dice: &Dice) -> IpAddr {
    Ipv4Addr::new(198, 51, 100, dice.within(1, 60) as u8).into()
}

/// Five words and a number.
pub(super) fn password(dice: &Dice) -> String {
    let words: Vec<&str> = (0..5).map(|_| dice.pick(&WORDS)).collect();
    format!("{}-{}", words.join("-"), dice.within(10, 99))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_names_are_good_and_different() {
        let (dice, mut names) = (Dice::of(1, &[]), Names::default());
        let mut seen = HashSet::new();
        for _ in 0..3_000 {
            let name = names.next(&dice);
            let upn = model::Upn::parse(&format!("{}@duinmeer.example", name.local)).expect("a name");
            assert!(upn.as_str().is_ascii() && seen.insert(upn.folded().to_owned()), "{upn}");
        }
        assert!(GIVEN.iter().chain(&FAMILY).all(|name| !ascii(name).is_empty()));
    }
}
