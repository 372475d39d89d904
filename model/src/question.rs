//! Security questions: the list, and how many of them a tenant asks. Reset only (product rule 5).

use crate::text::text_enum;
use serde::{Deserialize, Serialize};

text_enum! {
    /// A question whose answer is not on anybody's page and does not change. The text of its id never changes and is never reused.
    SecurityQuestion {
        /// The first cuddly toy.
        CuddlyToy = "cuddly-toy",
        /// What the family said.
        ChildhoodNickname = "childhood-nickname",
        /// Where one hid.
        HidingPlace = "hiding-place",
        /// What one wanted to become.
        DreamJob = "dream-job",
        /// Whom one wanted to be like.
        ChildhoodHero = "childhood-hero",
        /// The story that was read.
        BedtimeStory = "bedtime-story",
        /// The song that was sung.
        BedtimeSong = "bedtime-song",
        /// What one would not eat.
        RefusedFood = "refused-food",
        /// Who lived next door.
        Neighbours = "neighbours",
        /// Where the best friend lived.
        BestFriendStreet = "best-friend-street",
        /// The teacher one liked.
        FavouriteTeacher = "favourite-teacher",
        /// The first outing of school.
        SchoolTrip = "school-trip",
        /// Where one learned to swim.
        SwimmingLessons = "swimming-lessons",
        /// The first film.
        FirstFilm = "first-film",
        /// The first music that one bought.
        FirstRecord = "first-record",
        /// The first dish.
        FirstDish = "first-dish",
        /// What the first wages bought.
        FirstWages = "first-wages",
        /// The first boss.
        FirstBoss = "first-boss",
        /// The first holiday without parents.
        FirstHoliday = "first-holiday",
        /// Where the first flight went.
        FirstFlight = "first-flight",
    }
}

impl SecurityQuestion {
    /// As it is asked in English.
    pub const fn english(self) -> &'static str {
        match self {
            Self::CuddlyToy => "What was the name of your first cuddly toy?",
            Self::ChildhoodNickname => "What did your family call you when you were little?",
            Self::HidingPlace => "Where did you hide as a child when you did not want to be found?",
            Self::DreamJob => "What did you want to become when you were eight?",
            Self::ChildhoodHero => "Whom did you want to be like when you were eight?",
            Self::BedtimeStory => "Which story did you want to hear again and again?",
            Self::BedtimeSong => "Which song was sung to you at bedtime?",
            Self::RefusedFood => "Which dish did you refuse to eat as a child?",
            Self::Neighbours => "What was the last name of the people next door when you were eight?",
            Self::BestFriendStreet => "In which street did your best friend at primary school live?",
            Self::FavouriteTeacher => "Which teacher at primary school did you like best?",
            Self::SchoolTrip => "Where did your first school trip go?",
            Self::SwimmingLessons => "Where did you learn to swim?",
            Self::FirstFilm => "Which film was the first that you saw in a cinema?",
            Self::FirstRecord => "Which album or single was the first that you bought yourself?",
            Self::FirstDish => "Which dish was the first that you learned to cook?",
            Self::FirstWages => "What did you buy with your first wages?",
            Self::FirstBoss => "What was the last name of your first boss?",
            Self::FirstHoliday => "Where did you go on your first holiday without your parents?",
            Self::FirstFlight => "Where did your first flight take you?",
        }
    }

    /// As it is asked in Dutch.
    pub const fn dutch(self) -> &'static str {
        match self {
            Self::CuddlyToy => "Hoe heette je eerste knuffel?",
            Self::ChildhoodNickname => "Hoe noemden ze je thuis toen je klein was?",
            Self::HidingPlace => "Waar verstopte je je als kind als je niet gevonden wilde worden?",
            Self::DreamJob => "Wat wilde je worden toen je acht was?",
            Self::ChildhoodHero => "Op wie wilde je lijken toen je acht was?",
            Self::BedtimeStory => "Welk verhaal wilde je telkens weer horen?",
            Self::BedtimeSong => "Welk liedje werd er voor je gezongen bij het slapengaan?",
            Self::RefusedFood => "Welk gerecht weigerde je als kind te eten?",
            Self::Neighbours => "Wat was de achternaam van de buren toen je acht was?",
            Self::BestFriendStreet => "In welke straat woonde je beste vriend of vriendin van de basisschool?",
            Self::FavouriteTeacher => "Welke juf of meester op de basisschool vond je het leukst?",
            Self::SchoolTrip => "Waar ging je eerste schoolreis naartoe?",
            Self::SwimmingLessons => "Waar heb je leren zwemmen?",
            Self::FirstFilm => "Welke film zag je als eerste in de bioscoop?",
            Self::FirstRecord => "Welk album of welke single kocht je als eerste zelf?",
            Self::FirstDish => "Welk gerecht leerde je als eerste koken?",
            Self::FirstWages => "Wat kocht je van je eerste loon?",
            Self::FirstBoss => "Wat was de achternaam van je eerste baas?",
            Self::FirstHoliday => "Waar ging je heen op je eerste vakantie zonder je ouders?",
            Self::FirstFlight => "Waar ging je eerste vlucht naartoe?",
        }
    }
}

/// How many questions a tenant asks. Whether it asks any at all is the method table's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuestionNumbers {
    /// That a member answers when setting them up, 3 to 5.
    pub register: u8,
    /// That are asked at a reset, 3 to 5, and not more than there are.
    pub answer: u8,
}

impl Default for QuestionNumbers {
    fn default() -> Self {
        Self { register: 5, answer: 3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_one_text_in_each_language() {
        let mut texts: Vec<&str> = SecurityQuestion::ALL.iter().flat_map(|q| [q.english(), q.dutch()]).collect();
        assert!(texts.iter().all(|text| text.ends_with('?') && text.len() > 20));
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 2 * SecurityQuestion::ALL.len());
        for question in SecurityQuestion::ALL {
            assert_eq!(SecurityQuestion::from_text(question.as_str()), Some(*question));
        }
    }
}
