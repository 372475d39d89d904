//! The rules of security questions. Pure: what was typed and the time come in, a verdict goes out.

use super::Given;
use crate::{
    vault::{SealKey, Secret},
    verification::rules::Counter,
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use std::collections::HashSet;

/// What stands where nothing usable was typed: no answer can be this, for a control character is in none.
const NO_ANSWER: &str = "\u{1}";
/// More bytes than any answer has, however it is written.
const ANSWER_BYTES_MAX: usize = SECURITY_ANSWER_CHARACTERS_MAX * 16;

/// What is wrong with one question or its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// No question was chosen, or none that there is.
    NoQuestion,
    /// The question was chosen before.
    QuestionTwice,
    /// Nothing was typed.
    NoAnswer,
    /// Fewer characters than an answer has.
    TooShort,
    /// More than it has.
    TooLong,
    /// A control character, or one that turns the reading direction.
    Sign,
    /// The question says it already.
    InQuestion,
    /// It is the answer to another question too.
    AnswerTwice,
}

/// A flaw and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flawed {
    /// The place among what was given, from 0.
    pub place: usize,
    /// What is wrong.
    pub flaw: Flaw,
}

/// A question with an answer that may be stored.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    pub(crate) question: SecurityQuestion,
    pub(crate) answer: Secret<String>,
}

/// An answer as it is compared: NFKC, without regard to capitals, white space in one. Doing it twice changes nothing.
pub(crate) fn normalised(typed: &str) -> String {
    let folded: String = nfkc(typed).chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    nfkc(&folded).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What was typed in answer to a question that was asked, ready to be hashed: whatever cannot be an answer is one that is always wrong.
pub(crate) fn offered(typed: Option<&Secret<String>>) -> Secret<String> {
    let normal = typed
        .filter(|typed| typed.expose().len() <= ANSWER_BYTES_MAX)
        .map(|typed| normalised(typed.expose()))
        .filter(|normal| !normal.is_empty() && normal.chars().count() <= SECURITY_ANSWER_CHARACTERS_MAX);
    Secret::new(normal.unwrap_or_else(|| NO_ANSWER.to_owned()))
}

/// Reads one answer to be stored.
fn read(question: Option<SecurityQuestion>, typed: &str) -> Result<String, Flaw> {
    if typed.trim().is_empty() {
        return Err(Flaw::NoAnswer);
    }
    if typed.len() > ANSWER_BYTES_MAX {
        return Err(Flaw::TooLong);
    }
    if let Err(TextError::Forbidden { .. }) = CleanText::<ANSWER_BYTES_MAX>::parse(typed) {
        return Err(Flaw::Sign);
    }
    let normal = normalised(typed);
    match normal.chars().count() {
        n if n < SECURITY_ANSWER_CHARACTERS_MIN => return Err(Flaw::TooShort),
        n if n > SECURITY_ANSWER_CHARACTERS_MAX => return Err(Flaw::TooLong),
        _ => {}
    }
    // Dots and dashes alone say nothing.
    if words(&normal).next().is_none() {
        return Err(Flaw::TooShort);
    }
    if question.is_some_and(|question| is_said_by(question, &normal)) {
        return Err(Flaw::InQuestion);
    }
    Ok(normal)
}

/// True when the question, in one of its languages, says every word of the answer.
fn is_said_by(question: SecurityQuestion, normal: &str) -> bool {
    [question.english(), question.dutch()].into_iter().any(|asked| {
        let asked = normalised(asked);
        let asked: HashSet<&str> = words(&asked).collect();
        words(normal).all(|word| asked.contains(word))
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Reads a whole set; every flaw is told, the first of each place.
pub(crate) fn read_set(given: &[Given]) -> Result<Vec<Fit>, Vec<Flawed>> {
    let (mut fits, mut flaws) = (Vec::<Fit>::new(), Vec::new());
    let (mut questions, mut answers) = (HashSet::new(), HashSet::new());
    for (place, given) in given.iter().enumerate() {
        let question = SecurityQuestion::from_text(&given.question);
        let repeated = question.is_some_and(|question| !questions.insert(question));
        let flaw = match (question, read(question, given.answer.expose())) {
            (None, _) => Flaw::NoQuestion,
            _ if repeated => Flaw::QuestionTwice,
            (_, Err(flaw)) => flaw,
            (_, Ok(answer)) if answers.contains(&answer) => Flaw::AnswerTwice,
            (Some(question), Ok(answer)) => {
                answers.insert(answer.clone());
                let answer = Secret::new(answer);
                fits.push(Fit { question, answer });
                continue;
            }
        };
        flaws.push(Flawed { place, flaw });
    }
    if flaws.is_empty() { Ok(fits) } else { Err(flaws) }
}

/// Which of these are asked, and in which order: by a keyed MAC, so that asking again, on any node, asks the same and reveals no others.
pub(crate) fn choose(key: &SealKey, whose: &[u8], from: &[SecurityQuestion], asked: usize) -> Vec<SecurityQuestion> {
    let mut ranked: Vec<_> = from.iter().map(|q| (key.mac(&[b"choice", whose, q.as_str().as_bytes()]), *q)).collect();
    ranked.sort_unstable();
    ranked.into_iter().take(asked).map(|(_, question)| question).collect()
}

/// The counter after one try more, whatever comes of it: so many in a day, and no success forgets them.
pub(crate) fn after_try(counter: &Counter, now: Timestamp) -> Counter {
    let window = SignedDuration::from_hours(QUESTION_TRIES_HOURS);
    let mut recent: Vec<Timestamp> = counter.recent.iter().copied().filter(|at| now.duration_since(*at) < window).collect();
    recent.push(now);
    let wait_until = (recent.len() >= QUESTION_TRIES_MAX).then(|| recent[recent.len() - QUESTION_TRIES_MAX] + window);
    Counter {
        in_row: counter.in_row.saturating_add(1),
        recent,
        level: 0,
        wait_until,
        last_at: Some(now),
    }
}

/// The same after a right one: the tries of the day stay counted.
pub(crate) fn after_right(counter: &Counter) -> Counter {
    Counter { in_row: 0, ..counter.clone() }
}

/// Whether no try is taken: the day's are used up, and until when; or so many were wrong that questions are off until an admin unlocks the member.
pub(crate) fn closed(counter: &Counter, rolling: i32, now: Timestamp) -> Option<Option<Timestamp>> {
    match counter.waits(now) {
        Some(until) => Some(Some(until)),
        None => (counter.in_row >= WRONG_IN_ROW_MAX || rolling >= WRONG_ROLLING_MAX).then_some(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn given(rows: &[(&str, &str)]) -> Vec<Given> {
        let given = |(question, answer): &(&str, &str)| Given {
            question: (*question).to_owned(),
            answer: Secret::new((*answer).to_owned()),
        };
        rows.iter().map(given).collect()
    }

    fn flaws(rows: &[(&str, &str)]) -> Vec<(usize, Flaw)> {
        let told = read_set(&given(rows)).expect_err("flawed");
        told.into_iter().map(|flawed| (flawed.place, flawed.flaw)).collect()
    }

    #[test]
    fn answers_are_compared_without_capitals_width_and_space() {
        for (typed, normal) in [
            ("Haarlem", "haarlem"),
            ("  De   Koog\u{a0}", "de koog"),
            ("\u{ff28}\u{ff41}\u{ff41}\u{ff52}lem", "haarlem"),
            ("Stra\u{df}e", "strasse"),
            ("cafe\u{301}", "caf\u{e9}"),
            (
                "\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3}",
                "\u{3bf}\u{3b4}\u{3c5}\u{3c3}\u{3c3}\u{3b5}\u{3c5}\u{3c3}",
            ),
            ("\u{fb01}ets", "fiets"),
        ] {
            assert_eq!(normalised(typed), normal, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(typed in "\\PC{0,60}") {
            let once = normalised(&typed);
            prop_assert_eq!(normalised(&once), once.clone());
            prop_assert_eq!(once.trim(), once.as_str());
        }

        #[test]
        fn capitals_and_space_around_words_make_no_difference(words in prop::collection::vec("[a-z0-9\u{e9}\u{eb}]{1,12}", 1..5)) {
            let shouted = format!("  {} ", words.join("  ").to_uppercase());
            prop_assert_eq!(normalised(&shouted), normalised(&words.join(" ")));
        }

        #[test]
        fn what_is_stored_is_what_is_compared(typed in "\\PC{1,60}") {
            if let Ok(stored) = read(Some(SecurityQuestion::FirstFilm), &typed) {
                let offered = offered(Some(&Secret::new(typed)));
                prop_assert_eq!(offered.expose(), &stored);
            }
        }
    }

    #[test]
    fn every_flaw_is_told_where_it_is() {
        let long = "x".repeat(41);
        for (answer, flaw) in [
            ("", Flaw::NoAnswer),
            ("   ", Flaw::NoAnswer),
            ("ab", Flaw::TooShort),
            ("a   ", Flaw::TooShort),
            ("...---...", Flaw::TooShort),
            (long.as_str(), Flaw::TooLong),
            ("two\u{202e}lines", Flaw::Sign),
            ("Swim", Flaw::InQuestion),
            ("zwemmen?", Flaw::InQuestion),
            ("learn to SWIM", Flaw::InQuestion),
        ] {
            assert_eq!(flaws(&[("swimming-lessons", answer)]), [(0, flaw)], "{answer:?}");
        }
        assert_eq!(
            flaws(&[("first-dog", "Rex the dog"), ("", "something")]),
            [(0, Flaw::NoQuestion), (1, Flaw::NoQuestion)]
        );
        let twice = [("first-film", "Bambi"), ("first-film", "Dumbo"), ("bedtime-story", " BAMBI ")];
        assert_eq!(flaws(&twice), [(1, Flaw::QuestionTwice), (2, Flaw::AnswerTwice)]);
        let good = read_set(&given(&[("swimming-lessons", "De Planeet"), ("first-film", "Bambi")])).expect("good");
        assert_eq!(good.len(), 2);
        assert_eq!(good[0].answer.expose(), "de planeet");
    }

    #[test]
    fn forty_characters_fit_whatever_they_take_in_bytes() {
        let longest = "\u{1d54f}".repeat(40);
        assert!(read(Some(SecurityQuestion::FirstFilm), &longest).is_ok());
        let spread = format!("{}{}", "\u{e9}".repeat(39), " ".repeat(300));
        assert!(read(Some(SecurityQuestion::FirstFilm), &spread).is_ok());
    }

    #[test]
    fn what_cannot_be_an_answer_is_always_wrong() {
        for typed in [None, Some(""), Some("  "), Some("\u{1}")] {
            let typed = typed.map(|typed| Secret::new(typed.to_owned()));
            let offered = offered(typed.as_ref());
            assert!(read(None, offered.expose()).is_err(), "nobody can have stored {:?}", offered.expose());
        }
        assert_eq!(offered(Some(&Secret::new("x".repeat(1 << 20)))).expose(), NO_ANSWER);
    }

    #[test]
    fn five_tries_a_day_and_no_success_forgets_them() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let mut counter = Counter::default();
        for hour in 0..4 {
            counter = after_try(&counter, at(hour));
            assert_eq!(closed(&counter, 0, at(hour)), None);
        }
        counter = after_right(&after_try(&counter, at(4)));
        assert_eq!((counter.in_row, closed(&counter, 0, at(5))), (0, Some(Some(at(24)))));
        assert_eq!(closed(&counter, 0, at(24)), None, "the first of them is a day old");
        counter = after_try(&counter, at(24));
        assert_eq!(closed(&counter, 0, at(24)), Some(Some(at(25))));
        let off = Counter {
            in_row: WRONG_IN_ROW_MAX,
            ..Counter::default()
        };
        assert_eq!(closed(&off, 0, at(99)), Some(None));
        assert_eq!(closed(&Counter::default(), WRONG_ROLLING_MAX, at(99)), Some(None));
    }
}
