//! The three invented organisations and their policies.

use super::calendar::Rhythm;
use model::{Colour, MethodKind, MethodRule, MethodUse, PolicyDocument, Profile, Rule, RuleState, Subjects, Then};

/// An invented organisation.
pub(super) struct Organisation {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) domain: &'static str,
    pub(super) profile: Profile,
    pub(super) locale: &'static str,
    pub(super) rhythm: Rhythm,
    /// Its part of all members, in hundredths.
    pub(super) part: usize,
    pub(super) log_names: bool,
    pub(super) groups: &'static [&'static str],
    pub(super) applications: &'static [&'static str],
    /// The colour of its members' pages.
    pub(super) accent: Option<&'static str>,
    /// What guests may not open.
    pub(super) closed_to_guests: &'static str,
    /// The address that its offices are seen from: the last byte of a documentation network.
    pub(super) office: u8,
}

/// The group of guests, in every organisation.
pub(super) const GUESTS: &str = "Gasten";

pub(super) const ORGANISATIONS: [Organisation; 3] = [
    Organisation {
        slug: "duinmeer",
        name: "Gemeente Duinmeer",
        domain: "duinmeer.example",
        profile: Profile::Standard,
        locale: "nl",
        rhythm: Rhythm::Office,
        part: 56,
        log_names: true,
        groups: &["Buitendienst", "Burgerzaken", "Belastingen", "Ruimte", "Bestuur", "ICT", GUESTS],
        applications: &["VPN", "Webmail", "Intranet", "Zaaksysteem", "Salarisportaal"],
        accent: Some("#0b5394"),
        closed_to_guests: "Zaaksysteem",
        office: 10,
    },
    Organisation {
        slug: "noordrand",
        name: "Hogeschool Noordrand",
        domain: "noordrand.example",
        profile: Profile::Standard,
        locale: "en",
        rhythm: Rhythm::School,
        part: 32,
        log_names: false,
        groups: &["Docenten", "Onderzoek", "Onderwijsbureau", "Bibliotheek", "ICT", "Facilitair", GUESTS],
        applications: &["VPN", "Webmail", "Leeromgeving", "Studentvolgsysteem", "Bibliotheek"],
        accent: Some("#a3173f"),
        closed_to_guests: "Studentvolgsysteem",
        office: 40,
    },
    Organisation {
        slug: "terhagen",
        name: "Kliniek Terhagen",
        domain: "terhagen.example",
        profile: Profile::Strict,
        locale: "nl",
        rhythm: Rhythm::Shifts,
        part: 12,
        log_names: true,
        groups: &["Verpleging", "Artsen", "Poli", "Apotheek", "ICT", "Administratie", GUESTS],
        applications: &["VPN", "Webmail", "Patiëntendossier", "Rooster"],
        accent: None,
        closed_to_guests: "Patiëntendossier",
        office: 70,
    },
];

impl Organisation {
    /// How many members it has of all.
    pub(super) fn members(&self, all: usize) -> usize {
        (all * self.part / 100).max(super::MEMBERS_MIN)
    }

    /// Its policies in the order of their publication: what older systems could do as well, a rule on trial, the app alone.
    pub(super) fn policies(&self) -> [PolicyDocument; 3] {
        let mut first = PolicyDocument::at_birth();
        first.appearance.accent = self.accent.and_then(|accent| Colour::parse(accent).ok());
        first.methods.push(MethodRule {
            kind: MethodKind::Push,
            uses: vec![MethodUse::Mfa],
        });
        first.rules.push(Rule {
            name: format!("Guests stay out of {}", self.closed_to_guests),
            state: RuleState::On,
            who: Subjects {
                groups: vec![GUESTS.to_owned()],
                ..Subjects::default()
            },
            applications: vec![self.closed_to_guests.to_owned()],
            actions: Vec::new(),
            then: Then::Block,
        });
        let mut trial = first.clone();
        trial.rules.push(Rule {
            name: "A second step for the VPN".to_owned(),
            state: RuleState::ReportOnly,
            who: Subjects::default(),
            applications: vec!["VPN".to_owned()],
            actions: Vec::new(),
            then: Then::RequireMfa,
        });
        let mut last = trial.clone();
        last.methods
            .retain(|rule| rule.kind.channel().is_none() && PolicyDocument::at_birth().methods.contains(rule));
        if let Some(rule) = last.rules.last_mut() {
            rule.state = RuleState::On;
        }
        [first, trial, last]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_a_good_one_and_all_parts_make_a_whole() {
        for organisation in &ORGANISATIONS {
            for policy in organisation.policies() {
                policy.checked().expect(organisation.slug);
            }
            assert!(organisation.applications.contains(&organisation.closed_to_guests) && organisation.groups.contains(&GUESTS));
            assert!(organisation.domain.ends_with(".example"));
        }
        assert_eq!(ORGANISATIONS.iter().map(|o| o.part).sum::<usize>(), 100);
        assert_eq!(ORGANISATIONS.iter().map(|o| o.members(2_500)).sum::<usize>(), 2_500);
    }
}
