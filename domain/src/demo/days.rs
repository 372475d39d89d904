//! What happens on a day: the ordinary run of sign-ins, what was bound to happen that day, and what went wrong.

use super::{
    Order,
    calendar::{self, busyness, moment},
    dice::{Dice, session_bits},
    names,
    people::{APP_ONLY_DAY, House, Person, SUPPORT, Sort},
    play::{Call, Deed, OTHERS, Other, Played, play, play_other, stranger},
    store::Rows,
};
use crate::{
    Domain,
    actor::Who,
    journal::{
        Event,
        entry::{AuditEntry, Audited, Change},
    },
    verification::VerificationError,
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};

/// Attempts of a member on an ordinary day.
const ATTEMPTS_A_DAY: f64 = 0.66;
/// Of so many days every attempt has its steps; of those before, every one that was not allowed.
const STEPS_DAYS: i32 = 60;
/// Of so many days the rows of attempts in the pages are kept; after that the journal says all there is to say.
const ATTEMPT_DAYS: i32 = 30;
/// Days from the end: three nights of guessed passwords, a morning of phones whose clocks were off, half an hour of our own fault.
const ATTACK_DAYS_AGO: i32 = 95;
const CLOCK_DAYS_AGO: i32 = 37;
const OUTAGE_DAYS_AGO: i32 = 150;

const BY_REST: [(f64, Deed); 9] = [
    (915.0, Deed::Right),
    (40.0, Deed::GivesUp),
    (17.0, Deed::Reuses),
    (5.0, Deed::Late(-2)),
    (2.0, Deed::Late(3)),
    (4.0, Deed::WhileWaiting),
    (2.5, Deed::Recovery),
    (2.0, Deed::WhileLocked),
    (0.4, Deed::Locks),
];
const BY_PAGES: [(f64, Deed); 12] = [
    (845.0, Deed::Right),
    (48.0, Deed::Slips(1)),
    (11.0, Deed::Slips(2)),
    (6.0, Deed::Guesses),
    (5.0, Deed::GivesUp),
    (18.0, Deed::NoAnswer),
    (48.0, Deed::WrongPassword),
    (17.0, Deed::Leaves),
    (4.0, Deed::Recovery),
    (3.0, Deed::Reuses),
    (1.5, Deed::WhileLocked),
    (0.4, Deed::Locks),
];
const WITHOUT_APP: [(f64, Deed); 3] = [(85.0, Deed::Right), (10.0, Deed::WrongPassword), (5.0, Deed::Leaves)];

/// What happens in a planned attempt.
#[derive(Clone, Copy)]
enum What {
    Deed(Deed),
    Other(Other),
}

/// An attempt that must not be missing, whatever the dice say.
struct Planned {
    day: i32,
    who: Option<usize>,
    application: Option<&'static str>,
    what: What,
}

/// Everything that happens in an organisation, to be told day by day.
pub(super) struct Story<'a> {
    domain: &'a Domain,
    house: &'a House,
    order: Order,
    planned: Vec<Planned>,
}

/// A day under way: its dice and the running number of its attempts.
struct Day {
    n: i32,
    dice: Dice,
    next: u64,
    played: Vec<Played>,
}

type Result<T> = std::result::Result<T, VerificationError>;

impl<'a> Story<'a> {
    pub(super) fn new(domain: &'a Domain, house: &'a House, order: Order) -> Self {
        let mut story = Self {
            domain,
            house,
            order,
            planned: Vec::new(),
        };
        story.plan();
        story
    }

    /// The rows of some days.
    pub(super) fn rows(&self, days: std::ops::Range<i32>) -> Result<Rows> {
        let mut rows = Rows::default();
        for n in days {
            for played in self.day(n)? {
                self.write(n, played, &mut rows);
            }
        }
        Ok(rows)
    }

    fn write(&self, n: i32, played: Played, rows: &mut Rows) {
        let days_ago = self.house.year.days - n;
        if days_ago <= STEPS_DAYS || played.decision != Decision::Allowed {
            played.steps.iter().for_each(|(at, n, step)| rows.step(*at, played.attempt, *n, step));
        }
        if let Some(row) = played.row.filter(|_| days_ago <= ATTEMPT_DAYS) {
            rows.attempts.push(&row);
        }
        played.audits.iter().for_each(|audit| rows.audits.push(audit));
        rows.logs.push(&played.log);
    }

    fn day(&self, n: i32) -> Result<Vec<Played>> {
        let dice = Dice::of(self.order.seed, &[self.house.place, 2, n as u64]);
        let mut day = Day {
            n,
            dice,
            next: 0,
            played: Vec::new(),
        };
        self.ordinary(&mut day)?;
        self.registrations(&mut day)?;
        for planned in self.planned.iter().filter(|planned| planned.day == n) {
            let at = moment(self.house.year.day(n), day.dice.within(9 * 3600, 16 * 3600));
            let who = planned.who.map(|place| &self.house.people[place]);
            self.attempt(&mut day, who, at, planned.application, planned.what)?;
        }
        self.attack(&mut day)?;
        self.wrong_clocks(&mut day)?;
        self.outage(&mut day)?;
        let now = self.house.year.now;
        day.played.retain(|played| played.at < now - SignedDuration::from_mins(1));
        self.desk(&mut day);
        self.locks_of_this_hour(&mut day)?;
        Ok(day.played)
    }

    /// Who is locked at this moment has been guessing a while ago, and the desk has not heard of it yet.
    fn locks_of_this_hour(&self, day: &mut Day) -> Result<()> {
        let (year, house) = (self.house.year, self.house);
        let at = year.now - super::LOCKED_SINCE;
        if at < year.at(day.n, 0) || at >= year.at(day.n + 1, 0) {
            return Ok(());
        }
        for who in house.people.iter().filter(|who| who.sort == Sort::Locked) {
            self.attempt(day, Some(who), at, None, What::Deed(Deed::Locks))?;
        }
        Ok(())
    }

    /// The run of an ordinary day.
    fn ordinary(&self, day: &mut Day) -> Result<()> {
        let (house, date) = (self.house, self.house.year.day(day.n));
        let rhythm = house.of.rhythm;
        let mean = house.people.len() as f64 * ATTEMPTS_A_DAY * self.order.pace * busyness(date, rhythm);
        let attempts = (mean * (0.93 + 0.14 * day.dice.share()) + day.dice.share()) as usize;
        let hours: Vec<(f64, i64)> = calendar::hours(date, rhythm).into_iter().zip(0..).collect();
        let mut moments: Vec<Timestamp> = (0..attempts)
            .map(|_| moment(date, day.dice.weighted(&hours) * 3600 + day.dice.within(0, 3599)))
            .filter(|at| *at < house.year.now)
            .collect();
        moments.sort();
        for at in moments {
            let who = &house.people[day.dice.place(house.people.len())];
            // Now and then somebody tries who has been switched off.
            let tries = who.is_active(at) || (who.joined <= at && who.removed.is_none() && day.dice.chance(0.03));
            if !tries {
                continue;
            }
            let guest = House::is_guest(who);
            let open = |application: &&str| !guest || *application != house.of.closed_to_guests || day.dice.chance(0.1);
            let by_rest = day.dice.chance(0.68);
            let application = by_rest.then(|| day.dice.pick(house.of.applications)).filter(open);
            let (application, what) = match (who.older(at), who.app(at), application) {
                (Some(older), None, _) => {
                    let application = day.dice.pick(house.of.applications);
                    (
                        Some(application).filter(|a| open(a)).or(Some("VPN")),
                        What::Other(other_of(&day.dice, older.kind)),
                    )
                }
                (_, Some(_), Some(application)) => (Some(application), What::Deed(day.dice.weighted(&BY_REST))),
                (_, Some(_), None) => (None, What::Deed(day.dice.weighted(&BY_PAGES))),
                (None, None, Some(application)) if day.dice.chance(0.08) => (Some(application), What::Deed(Deed::Right)),
                (None, None, _) => (None, What::Deed(day.dice.weighted(&WITHOUT_APP))),
            };
            self.attempt(day, Some(who), at, application, what)?;
        }
        Ok(())
    }

    /// First codes of the apps of this day.
    fn registrations(&self, day: &mut Day) -> Result<()> {
        let (year, house) = (self.house.year, self.house);
        let (from, to) = (year.at(day.n, 0), year.at(day.n + 1, 0));
        for who in &house.people {
            for app in who.registrations(year).filter(|app| from <= app.from && app.from < to) {
                let start = app.from - SignedDuration::from_secs(day.dice.within(70, 300));
                self.attempt(day, Some(who), start, None, What::Deed(Deed::Registers))?;
            }
        }
        Ok(())
    }

    /// Somebody tries names and passwords, slowly enough not to be noticed at once.
    fn attack(&self, day: &mut Day) -> Result<()> {
        let house = self.house;
        if !(0..3).contains(&(day.n + ATTACK_DAYS_AGO - house.year.days)) {
            return Ok(());
        }
        let date = house.year.day(day.n);
        for _ in 0..house.people.len() * 3 / 5 {
            let at = moment(date, day.dice.within(3600, 4 * 3600));
            let address = names::attacker(&day.dice);
            let who = Some(&house.people[day.dice.place(house.people.len())]).filter(|who| day.dice.chance(0.6) && who.is_active(at));
            // One password in a few hundred is right, and then the second step is in the way.
            let deed = if day.dice.chance(0.004) { Deed::NoAnswer } else { Deed::WrongPassword };
            let upn = match who {
                Some(who) => Some(who.upn.clone()),
                None => stranger(&day.dice, house.of.domain),
            };
            let (Some(upn), true) = (upn, who.is_none_or(|who| who.app(at).is_some())) else {
                continue;
            };
            self.play(day, who, &upn, at, (address, Some("python-requests/2.32.5")), None, What::Deed(deed))?;
        }
        Ok(())
    }

    /// A morning on which the phones of a department are minutes behind.
    fn wrong_clocks(&self, day: &mut Day) -> Result<()> {
        let house = self.house;
        if house.place != 0 || day.n != working_day(house, house.year.days - CLOCK_DAYS_AGO) {
            return Ok(());
        }
        let date = house.year.day(day.n);
        for who in house.people.iter().filter(|who| who.group == house.of.groups[0]) {
            let at = moment(date, day.dice.within(7 * 3600, 11 * 3600));
            if who.is_active(at) && who.app(at).is_some() && day.dice.chance(0.8) {
                for n in 0..day.dice.within(1, 3) {
                    let late = What::Deed(Deed::Late(day.dice.within(-7, -5)));
                    self.attempt(day, Some(who), at + SignedDuration::from_secs(45 * n), Some("VPN"), late)?;
                }
            }
        }
        Ok(())
    }

    /// Half an hour in which we were to blame.
    fn outage(&self, day: &mut Day) -> Result<()> {
        let house = self.house;
        if house.place != 1 || day.n != working_day(house, house.year.days - OUTAGE_DAYS_AGO) {
            return Ok(());
        }
        let ours: Vec<Other> = OTHERS
            .iter()
            .map(|(_, other)| *other)
            .filter(|other| matches!(other.reason, Reason::Clock | Reason::ServiceError))
            .collect();
        for _ in 0..house.people.len() / 12 {
            let at = moment(house.year.day(day.n), day.dice.within(9 * 3600 + 600, 9 * 3600 + 2100));
            let who = &house.people[day.dice.place(house.people.len())];
            if who.is_active(at) && who.app(at).is_some() {
                self.attempt(day, Some(who), at, Some("VPN"), What::Other(day.dice.pick(&ours)))?;
            }
        }
        Ok(())
    }

    /// An attempt of a member, or of a name that nobody has, from where people usually are.
    fn attempt(&self, day: &mut Day, who: Option<&Person>, at: Timestamp, application: Option<&'static str>, what: What) -> Result<()> {
        // A name that has been removed is one that nobody has.
        let upn = match who {
            Some(who) => Some(who.upn.clone()),
            None => stranger(&day.dice, self.house.of.domain),
        };
        let Some(upn) = upn else { return Ok(()) };
        let member = who.filter(|who| who.joined <= at && who.removed.is_none_or(|removed| at < removed));
        let at_work = day.dice.chance(0.7);
        let office = IpAddr::from(Ipv4Addr::new(192, 0, 2, self.house.of.office + day.dice.within(0, 3) as u8));
        let address = who.map(|who| who.home).filter(|_| !at_work).unwrap_or(office);
        let browser = who.map_or_else(|| names::browser(&day.dice), |who| who.browser);
        let agent = Some(browser).filter(|_| application.is_none());
        self.play(day, member, &upn, at, (address, agent), application, what)
    }

    #[allow(clippy::too_many_arguments, reason = "who, when, from where, for what")]
    fn play(
        &self,
        day: &mut Day,
        who: Option<&Person>,
        upn: &Upn,
        at: Timestamp,
        (address, agent): (IpAddr, Option<&'static str>),
        application: Option<&'static str>,
        what: What,
    ) -> Result<()> {
        let number = self.house.place << 43 | (day.n as u64) << 33 | day.next;
        day.next += 1;
        let call = Call {
            house: self.house,
            who,
            upn,
            at: at + SignedDuration::from_micros(day.dice.within(0, 999_999)),
            session: SessionId::from_bits(session_bits(self.order.seed, number)),
            attempt: AttemptId(day.dice.id(at)),
            address,
            agent,
            application,
            pace: day.dice.within(6, 28),
        };
        day.played.push(match what {
            What::Deed(deed) => play(self.domain, &call, deed)?,
            What::Other(other) => play_other(self.domain, &call, other)?,
        });
        Ok(())
    }

    /// What support does about it: looks at cases, unlocks who is locked.
    fn desk(&self, day: &mut Day) {
        let (house, support) = (self.house, &self.house.people[SUPPORT]);
        let now = house.year.now;
        for played in &mut day.played {
            let locked = played
                .audits
                .iter()
                .find(|audit| audit.event == Event::MemberLocked.as_str())
                .and_then(|audit| audit.target_id);
            let seen = played.at + SignedDuration::from_secs(day.dice.within(90, 1500));
            let looks = locked.is_some() || (played.decision == Decision::Denied && day.dice.chance(0.02));
            let subject = locked.and_then(|id| house.people.iter().find(|who| who.id.0 == id));
            if !looks || seen >= now {
                continue;
            }
            let target = match subject {
                Some(who) => ("member", Some(who.id.0)),
                None => ("attempt", Some(played.attempt.0)),
            };
            let mut note = |event, at, reason, after| {
                let audited = Audited {
                    event,
                    who: Who::Member(support.id),
                    target,
                    reason,
                    session: Some(played.session),
                    change: Change {
                        before: serde_json::Value::Null,
                        after,
                    },
                };
                let key = subject.map_or_else(|| house.keys.key(crate::vault::KeyPurpose::AuditFacts), |who| &who.key);
                played.audits.push(AuditEntry::seal(house.tenant, at, audited, key, self.domain.rng()));
            };
            note(Event::CaseViewed, seen, None, serde_json::Value::Null);
            if subject.is_some() {
                let reasons = [
                    "Called and was recognised",
                    "Typed the code of another account",
                    "Belde zelf, pincode van het pasje klopte",
                ];
                let at = seen + SignedDuration::from_secs(40);
                note(Event::MemberUnlocked, at, Some(day.dice.pick(&reasons)), json!({ "methods_switched_on": 0 }));
            }
        }
    }

    /// Each thing that can happen, at least once.
    fn plan(&mut self) {
        let house = self.house;
        let dice = Dice::of(self.order.seed, &[house.place, 3]);
        let days = house.year.days;
        let of = |sort: Sort| house.people.iter().position(|who| who.sort == sort);
        let anybody = of(Sort::Ordinary);
        let day_before = |last: i32| working_day(house, dice.within(10, i64::from(last) - 8) as i32);
        let mut plan = |day, who, application, what| {
            self.planned.push(Planned { day, who, application, what });
        };
        for (_, other) in OTHERS {
            // What was there before the app alone was left happened before.
            let (who, last) = match other.kind.and_then(|kind| of(Sort::Older(kind))) {
                Some(older) => (Some(older), APP_ONLY_DAY),
                None => (anybody, APP_ONLY_DAY.max(days - 1)),
            };
            plan(day_before(last), who, Some("VPN"), What::Other(other));
        }
        for (_, deed) in BY_REST {
            plan(day_before(days), anybody, Some("VPN"), What::Deed(deed));
        }
        for (_, deed) in BY_PAGES {
            plan(day_before(days), anybody, None, What::Deed(deed));
        }
        plan(day_before(days), anybody, None, What::Deed(Deed::WithoutPolicy));
        plan(day_before(days), anybody, Some(house.of.closed_to_guests), What::Deed(Deed::Right));
        let guest = house.people.iter().position(|who| House::is_guest(who) && who.sort == Sort::Ordinary);
        plan(day_before(days), guest, Some(house.of.closed_to_guests), What::Deed(Deed::Right));
        let last = days - 2;
        for sort in [Sort::Unregistered, Sort::WithoutMfa, Sort::MethodOff, Sort::Leaver, Sort::Removed] {
            for application in [None, Some("VPN")] {
                plan(last, of(sort), application, What::Deed(Deed::Right));
            }
        }
        plan(last, None, Some("VPN"), What::Deed(Deed::Right));
        plan(last, None, None, What::Deed(Deed::WrongPassword));
    }
}

/// A day on which people work: that one, or the next that is.
fn working_day(house: &House, day: i32) -> i32 {
    (day..day + 12).find(|n| busyness(house.year.day(*n), house.of.rhythm) > 0.6).unwrap_or(day)
}

/// What happens with a method of before.
fn other_of(dice: &Dice, kind: MethodKind) -> Other {
    let fitting: Vec<(f64, Other)> = OTHERS.into_iter().filter(|(_, other)| other.kind == Some(kind)).collect();
    dice.weighted(&fitting)
}
