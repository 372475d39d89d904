//! What the audit log says about the year: who came, what was switched on, what admins did and why.

use super::{
    dice::Dice,
    people::{ADMIN, AUTH_ADMIN, House, Person, Sort, TRIAL_DAY},
    store::Json,
};
use crate::{
    Domain,
    actor::Who,
    journal::{
        Event,
        entry::{AuditEntry, Audited, Change},
    },
    vault::KeyPurpose,
};
use jiff::{SignedDuration, Timestamp};
use model::{MethodKind, MfaState};
use serde_json::{Value, json};

/// The changes of an organisation.
pub(super) fn changes(domain: &Domain, house: &House, seed: u64) -> Json {
    let mut book = Book {
        domain,
        house,
        rows: Json::default(),
    };
    book.organisation();
    for who in &house.people {
        book.member(who);
    }
    book.weeks(&Dice::of(seed, &[house.place, 4]));
    book.rows
}

struct Book<'a> {
    domain: &'a Domain,
    house: &'a House,
    rows: Json,
}

impl Book<'_> {
    #[allow(clippy::too_many_arguments, reason = "one line of an audit row each")]
    fn write(&mut self, at: Timestamp, event: Event, who: Who, about: Option<&Person>, reason: Option<&str>, before: Value, after: Value) {
        if at >= self.house.year.now {
            return;
        }
        let target = match (about, event) {
            (Some(member), _) => ("member", Some(member.id.0)),
            (None, Event::PolicyPublished) => ("policy", None),
            (None, Event::ApiKeyMade) => ("api_key", Some(self.house.rest_key.0)),
            (None, Event::JournalExported) => ("journal", None),
            _ => ("tenant", Some(self.house.tenant.0)),
        };
        let audited = Audited {
            event,
            who,
            target,
            reason,
            session: None,
            change: Change { before, after },
        };
        let key = about.map_or_else(|| self.house.keys.key(KeyPurpose::AuditFacts), |member| &member.key);
        self.rows.push(&AuditEntry::seal(self.house.tenant, at, audited, key, self.domain.rng()));
    }

    fn organisation(&mut self) {
        let (house, admin) = (self.house, Who::Member(self.house.people[ADMIN].id));
        let born = house.year.born();
        let after = json!({ "slug": house.of.slug, "name": house.of.name, "domains": [house.of.domain], "profile": house.of.profile });
        self.write(born, Event::TenantCreated, Who::Console, None, None, Value::Null, after);
        let made = json!({ "name": "VPN and mail gateway", "scopes": ["verify"], "path": "cloud" });
        self.write(born + SignedDuration::from_mins(30), Event::ApiKeyMade, admin, None, None, Value::Null, made);
        let mut before = Value::Null;
        for (at, version, document) in &house.policies {
            let after = serde_json::to_value(&**document).unwrap_or_default();
            if *version > 1 {
                self.write(*at, Event::PolicyPublished, admin, None, None, before, after.clone());
            }
            before = after;
        }
    }

    /// What happened to a member, from the first day to the last.
    fn member(&mut self, who: &Person) {
        let (house, auth) = (self.house, Who::Member(self.house.people[AUTH_ADMIN].id));
        let names = json!({ "upn": who.upn, "given_name": who.name.given, "family_name": who.name.family, "roles": who.roles });
        self.write(who.joined, Event::MemberCreated, Who::Console, Some(who), None, Value::Null, names);
        for role in who.roles {
            let at = who.joined + SignedDuration::from_mins(20);
            self.write(
                at,
                Event::RoleGranted,
                Who::Console,
                Some(who),
                None,
                json!({ "roles": [] }),
                json!({ "granted": role }),
            );
        }
        if let Some(at) = who.enabled {
            let reason = match who.sort {
                Sort::Wave | Sort::Unregistered => format!("Department by department: {}", who.group),
                Sort::Joiner => String::from("New here"),
                _ => String::from("The first group"),
            };
            let (before, after) = (json!({ "mfa_state": MfaState::Disabled }), json!({ "mfa_state": MfaState::Enabled }));
            self.write(at, Event::MfaStateChanged, auth, Some(who), Some(&reason), before, after);
        }
        if who.sort == Sort::Joiner {
            let at = who.joined + SignedDuration::from_mins(2);
            self.write(
                at,
                Event::SetUpLinkMade,
                auth,
                Some(who),
                None,
                Value::Null,
                json!({ "expires_at": at + SignedDuration::from_hours(72) }),
            );
            if let Some(app) = who.held.first() {
                let used = app.from - SignedDuration::from_mins(6);
                self.write(used, Event::SetUpLinkUsed, Who::Member(who.id), Some(who), None, Value::Null, Value::Null);
            }
        }
        let during: Vec<_> = who.registrations(house.year).map(|m| m.id).collect();
        for held in who.held.iter().filter(|m| !during.contains(&m.id)) {
            let after = json!({ "kind": held.kind, "label": held.label });
            let (event, by) = match held.kind {
                MethodKind::Totp => (Event::SecurityInfoRegistered, Who::Member(who.id)),
                _ => (Event::SecurityInfoRegisteredByAdmin, Who::Console),
            };
            self.write(held.from, event, by, Some(who), None, Value::Null, after);
        }
        for held in who.held.iter() {
            let Some(until) = held.until else { continue };
            let before = json!({ "kind": held.kind, "label": held.label });
            match held.kind {
                MethodKind::Totp => {
                    let (state, told) = (
                        json!({ "mfa_state": MfaState::Enforced }),
                        json!({ "mfa_state": MfaState::Enabled, "methods_removed": 1 }),
                    );
                    let reason = "Lost the phone; came to the desk with a pass";
                    self.write(until, Event::ReregistrationRequired, auth, Some(who), Some(reason), state, told);
                }
                _ => self.write(
                    until,
                    Event::SecurityInfoDeletedByAdmin,
                    auth,
                    Some(who),
                    Some("From today the app alone"),
                    before,
                    Value::Null,
                ),
            }
        }
        if let Some(off) = who.held.iter().find_map(|m| m.off) {
            self.write(
                off,
                Event::MethodSwitchedOff,
                Who::Service,
                Some(who),
                None,
                Value::Null,
                json!({ "methods": 1 }),
            );
        }
        if let Some(at) = who.disabled {
            self.write(
                at,
                Event::MemberDisabled,
                auth,
                Some(who),
                Some("Left the organisation"),
                json!({ "disabled": false }),
                json!({ "disabled": true }),
            );
            self.write(
                at,
                Event::SessionsRevoked,
                auth,
                Some(who),
                Some("Left the organisation"),
                Value::Null,
                json!({ "sessions_ended": 1 }),
            );
        }
        if let Some(at) = who.removed {
            self.write(
                at,
                Event::MemberRemoved,
                auth,
                Some(who),
                Some("Contract ended"),
                json!({ "upn": who.upn }),
                Value::Null,
            );
        }
    }

    /// The small things of every week.
    fn weeks(&mut self, dice: &Dice) {
        let house = self.house;
        let (admin, auth) = (Who::Member(house.people[ADMIN].id), Who::Member(house.people[AUTH_ADMIN].id));
        for week in 0..house.year.days / 7 {
            for _ in 0..1 + house.people.len() / 300 {
                let at = house.year.at(week * 7 + dice.within(0, 6) as i32, dice.within(9, 16)) + SignedDuration::from_secs(dice.within(0, 3599));
                let who = &house.people[dice.place(house.people.len())];
                if !who.is_active(at) {
                    continue;
                }
                match dice.within(0, 4) {
                    0 => self.write(at, Event::PasswordSet, auth, Some(who), None, Value::Null, Value::Null),
                    1 if who.app(at).is_some() => self.write(
                        at,
                        Event::RecoveryCodesMade,
                        Who::Member(who.id),
                        Some(who),
                        None,
                        Value::Null,
                        json!({ "codes": 10 }),
                    ),
                    2 => self.write(
                        at,
                        Event::SessionsRevoked,
                        auth,
                        Some(who),
                        Some("Left a laptop on the train"),
                        Value::Null,
                        json!({ "sessions_ended": 2 }),
                    ),
                    3 => {
                        let (before, after) = (json!({ "given_name": Value::Null }), json!({ "given_name": who.name.given }));
                        self.write(at, Event::MemberChanged, auth, Some(who), Some("Spelling"), before, after);
                    }
                    _ => self.write(at, Event::JournalExported, admin, None, None, Value::Null, json!({ "format": "csv" })),
                }
            }
        }
        let after_trial = house.year.at(TRIAL_DAY + 1, 14);
        let about = json!({ "format": "csv", "reason": "What the rule on trial would have asked" });
        self.write(after_trial, Event::JournalExported, admin, None, None, Value::Null, about);
    }
}
