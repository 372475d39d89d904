//! The alphabet of text messages (3GPP TS 23.038 6.2.1): 160 of these fit one message, against 70 of any other.

/// The most septets of one message.
pub const SEPTETS_MAX: usize = 160;

/// What stands before a character of the second table.
const ESCAPE: u8 = 0x1B;

/// The first table, in order of its codes. The place of the escape is held by a character that is never looked up.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The second table: character and code.
const EXTENDED: [(char, u8); 10] = [
    ('\u{0C}', 0x0A),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];

/// The one or two septets of a character, unless it has none.
fn septets_of(c: char) -> Option<(Option<u8>, u8)> {
    if c == '\u{1B}' {
        return None;
    }
    if let Some(code) = BASIC.chars().position(|known| known == c) {
        return Some((None, code as u8));
    }
    EXTENDED.iter().find(|(known, _)| *known == c).map(|(_, code)| (Some(ESCAPE), *code))
}

/// The septets a text takes, or nothing if a character of it is not in the alphabet.
pub fn length(text: &str) -> Option<usize> {
    text.chars().map(|c| septets_of(c).map(|(escape, _)| 1 + usize::from(escape.is_some()))).sum()
}

/// The text as one septet an octet, as SMPP carries it.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    for c in text.chars() {
        let (escape, code) = septets_of(c)?;
        octets.extend(escape);
        octets.push(code);
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_where_the_standard_has_it() {
        assert_eq!(BASIC.chars().count(), 128);
        assert_eq!(encode("@"), Some(vec![0x00]));
        assert_eq!(encode("ABC abc 019 é"), Some(b"ABC abc 019 \x05".to_vec()));
        assert_eq!(encode("à\n?"), Some(vec![0x7F, 0x0A, 0x3F]));
        assert_eq!(encode("_Ä§"), Some(vec![0x11, 0x5B, 0x5F]));
        assert_eq!(encode("€["), Some(vec![0x1B, 0x65, 0x1B, 0x3C]));
    }

    #[test]
    fn what_is_not_in_the_alphabet_has_no_length() {
        assert_eq!(length("Ł"), None);
        assert_eq!(length("\u{1B}"), None, "the escape is not a character");
        assert_eq!(length("a€"), Some(3));
        assert_eq!(length(""), Some(0));
    }
}
