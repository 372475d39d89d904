//! The members of an organisation, what each has registered and when: as it was at every moment of the year.

use super::{
    calendar::moment,
    dice::Dice,
    names::{self, Name, Names},
    organisations::{GUESTS, Organisation},
};
use crate::{
    bytea::Bytea,
    methods::{OathSeed, recovery::RecoveryCodes},
    rng::Rng,
    vault::{KeyPurpose, SealKey, SealedColumn, TenantKeys},
    verification::{
        facts::{Facts, MemberFacts, MethodFacts, TenantFacts},
        unknown_subject,
    },
};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use model::*;
use serde_json::json;
use std::{net::IpAddr, sync::Arc};
use uuid::Uuid;

/// The days of the year on which a department is switched to MFA.
const WAVES: [i32; 6] = [35, 70, 110, 165, 215, 270];
/// The day on which a rule for the VPN goes on trial.
pub(super) const TRIAL_DAY: i32 = 60;
/// The day on which everything but the app goes.
pub(super) const APP_ONLY_DAY: i32 = 130;

/// The moments that everything hangs on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Year {
    /// The first day of sign-ins.
    pub(super) first: Date,
    /// How many days there are, today included.
    pub(super) days: i32,
    /// Now.
    pub(super) now: Timestamp,
}

impl Year {
    /// A day of the year.
    pub(super) fn day(&self, n: i32) -> Date {
        self.first.saturating_add(n.days())
    }

    /// A moment of a day of the year.
    pub(super) fn at(&self, day: i32, hour: i64) -> Timestamp {
        moment(self.day(day), hour * 3600)
    }

    /// When the organisations came: four weeks earlier, for a trial.
    pub(super) fn born(&self) -> Timestamp {
        self.at(-28, 9)
    }
}

/// What becomes of a member in the course of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Has an app from the beginning.
    Ordinary,
    /// Switched to MFA and never registered.
    Unregistered,
    /// Not switched to MFA, nothing registered.
    WithoutMfa,
    /// Not switched to MFA, registered freely.
    Free,
    /// Switched off.
    Leaver,
    /// The app was switched off by too many wrong codes.
    MethodOff,
    /// Locked at this moment.
    Locked,
    /// Removed from the directory.
    Removed,
    /// Had another method until only the app was left.
    Older(MethodKind),
    /// Required to register again, and did.
    NewPhone,
    /// Came in the course of the year.
    Joiner,
    /// Switched to MFA in the course of the year.
    Wave,
}

/// One of each, so that nothing is missing however few members there are; then by weight.
const SORTS: [(f64, Sort); 17] = [
    (46.0, Sort::Ordinary),
    (4.0, Sort::Unregistered),
    (6.0, Sort::WithoutMfa),
    (2.0, Sort::Free),
    (2.0, Sort::Leaver),
    (0.4, Sort::MethodOff),
    (0.2, Sort::Locked),
    (1.0, Sort::Removed),
    (4.0, Sort::Older(MethodKind::Push)),
    (4.0, Sort::Older(MethodKind::Sms)),
    (1.5, Sort::Older(MethodKind::Voice)),
    (0.5, Sort::Older(MethodKind::Passkey)),
    (0.5, Sort::Older(MethodKind::HardwareToken)),
    (0.3, Sort::Older(MethodKind::Pass)),
    (5.0, Sort::NewPhone),
    (6.0, Sort::Joiner),
    (17.0, Sort::Wave),
];
/// The first members are those who look after the others.
const ROLES: [&[Role]; 8] = [
    &[Role::GlobalAdmin],
    &[Role::Support],
    &[],
    &[Role::AuthAdmin],
    &[Role::PolicyAdmin],
    &[Role::Reader],
    &[Role::BillingAdmin],
    &[Role::Support],
];
/// So many of them are printed with all that is needed to sign in.
const SHOWN: usize = 3;
/// Where they stand among the members.
pub(super) const ADMIN: usize = 0;
/// The one who unlocks.
pub(super) const SUPPORT: usize = 1;
/// The one who resets.
pub(super) const AUTH_ADMIN: usize = 3;

/// Something a member had in hand for a while.
pub(super) struct HeldMethod {
    pub(super) id: MethodId,
    pub(super) kind: MethodKind,
    pub(super) label: &'static str,
    pub(super) seed: Option<OathSeed>,
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) from: Timestamp,
    pub(super) until: Option<Timestamp>,
    pub(super) off: Option<Timestamp>,
}

impl HeldMethod {
    pub(super) fn is_held(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    fn is_on(&self, at: Timestamp) -> bool {
        self.is_held(at) && self.off.is_none_or(|off| at < off)
    }

    /// As the engine would load it.
    pub(super) fn facts(&self, state: &str, at: Timestamp) -> MethodFacts {
        MethodFacts {
            method_id: self.id,
            kind: self.kind,
            label: self.label.to_owned(),
            state: state.to_owned(),
            sealed: self.sealed.clone().map(Bytea),
            params: self.params(),
            last_step: -1,
            drift: 0,
            disabled_reason: self.off.filter(|off| *off <= at).map(|_| "too_many_wrong".to_owned()),
            last_used_at: None,
            confirmed_at: Some(self.from),
            address_mac: None,
            waits_for: None,
        }
    }

    pub(super) fn params(&self) -> serde_json::Value {
        match self.seed {
            Some(_) => serde_json::to_value(OathParams::default()).unwrap_or_default(),
            None => json!({}),
        }
    }
}

/// A member through the year.
pub(super) struct Person {
    pub(super) id: MemberId,
    pub(super) upn: Upn,
    pub(super) name: Name,
    pub(super) sort: Sort,
    pub(super) roles: &'static [Role],
    pub(super) group: &'static str,
    pub(super) joined: Timestamp,
    pub(super) enabled: Option<Timestamp>,
    pub(super) disabled: Option<Timestamp>,
    pub(super) removed: Option<Timestamp>,
    pub(super) key: SealKey,
    pub(super) wrapped: Vec<u8>,
    pub(super) held: Vec<HeldMethod>,
    pub(super) recovery: Option<RecoveryCodes>,
    pub(super) recovery_macs: Vec<Bytea>,
    /// Printed at the end.
    pub(super) password: Option<String>,
    pub(super) home: IpAddr,
    pub(super) browser: &'static str,
}

impl Person {
    /// In the directory and not switched off.
    pub(super) fn is_active(&self, at: Timestamp) -> bool {
        let gone = |end: Option<Timestamp>| end.is_some_and(|end| end <= at);
        self.joined <= at && !gone(self.disabled) && !gone(self.removed)
    }

    /// The app that shows codes at a moment.
    pub(super) fn app(&self, at: Timestamp) -> Option<&HeldMethod> {
        self.held.iter().find(|m| m.kind == MethodKind::Totp && m.is_on(at))
    }

    /// A method of before the app.
    pub(super) fn older(&self, at: Timestamp) -> Option<&HeldMethod> {
        self.held.iter().find(|m| m.kind != MethodKind::Totp && m.is_on(at))
    }

    /// The stored MFA state at a moment: registering enforces.
    pub(super) fn state(&self, at: Timestamp) -> MfaState {
        match self.enabled.filter(|enabled| *enabled <= at) {
            None => MfaState::Disabled,
            Some(_) if self.held.iter().any(|m| m.is_held(at)) => MfaState::Enforced,
            Some(_) => MfaState::Enabled,
        }
    }

    /// Registered with the portal itself in the course of the year: the moment of the first code.
    pub(super) fn registrations(&self, year: Year) -> impl Iterator<Item = &HeldMethod> {
        let during = move |m: &&HeldMethod| m.from >= year.at(0, 0) && !matches!(self.sort, Sort::Older(_) | Sort::Free);
        self.held.iter().filter(during)
    }

    fn facts(&self, house: &House, at: Timestamp) -> MemberFacts {
        MemberFacts {
            member_id: self.id,
            upn: self.upn.as_str().to_owned(),
            given_name: Some(self.name.given.to_owned()),
            family_name: Some(self.name.family.to_owned()),
            mail: None,
            locale: None,
            mfa_state: self.state(at),
            epoch: 0,
            disabled: self.disabled.is_some_and(|disabled| disabled <= at),
            grace_from: Some(house.year.born()),
            default_method: None,
            user_handle: None,
            roles: self.roles.to_vec(),
            operator: false,
            groups: vec![self.group.to_owned()],
        }
    }
}

/// An organisation with all that it needs to live through the year.
pub(super) struct House {
    pub(super) place: u64,
    pub(super) of: &'static Organisation,
    pub(super) year: Year,
    pub(super) tenant: TenantId,
    pub(super) keys: Arc<TenantKeys>,
    pub(super) wrapped: Vec<u8>,
    pub(super) policies: Vec<(Timestamp, i32, Arc<PolicyDocument>)>,
    pub(super) groups: Vec<(Uuid, &'static str)>,
    pub(super) people: Vec<Person>,
    pub(super) rest_key: ApiKeyId,
}

impl House {
    /// Who is there and what happens to them: told by the seed; secrets come from where they always do.
    pub(super) fn new(
        seed: u64,
        place: usize,
        of: &'static Organisation,
        members: usize,
        year: Year,
        tenant: (TenantId, Arc<TenantKeys>, Vec<u8>),
        rng: &Rng,
    ) -> Self {
        let (tenant, keys, wrapped) = tenant;
        let place = place as u64;
        let dice = Dice::of(seed, &[place, 1]);
        let days = [(-28, 9), (TRIAL_DAY, 11), (APP_ONLY_DAY, 11)];
        let policies = (1..)
            .zip(of.policies())
            .zip(days)
            .map(|((version, policy), (day, hour))| (year.at(day, hour), version, Arc::new(policy)));
        let mut house = Self {
            place,
            of,
            year,
            tenant,
            keys,
            wrapped,
            policies: policies.collect(),
            groups: of.groups.iter().map(|name| (dice.id(year.born()), *name)).collect(),
            people: Vec::new(),
            rest_key: ApiKeyId(dice.id(year.born())),
        };
        let mut names = Names::default();
        house.people = (0..members).map(|n| house.person(n, names.next(&dice), &dice, rng)).collect();
        house
    }

    fn person(&self, n: usize, name: Name, dice: &Dice, rng: &Rng) -> Person {
        let year = self.year;
        let sort = match n.checked_sub(ROLES.len()) {
            None => Sort::Ordinary,
            Some(n) => SORTS.get(n).map_or_else(|| dice.weighted(&SORTS), |(_, sort)| *sort),
        };
        let wave = dice.pick(&WAVES);
        let joined = match sort {
            Sort::Joiner => year.at(dice.within(5, i64::from(year.days) - 6) as i32, 8) + SignedDuration::from_mins(dice.within(0, 90)),
            _ => year.born() + SignedDuration::from_mins(5),
        };
        let id = MemberId(dice.id(joined));
        let (key, wrapped) = self.keys.new_subject_key(id.0, rng);
        let upn = Upn::parse(&format!("{}@{}", name.local, self.of.domain)).expect("an invented name is a good one");
        let early = year.born() + SignedDuration::from_hours(30) + SignedDuration::from_secs(dice.within(0, 24 * 86_400));
        let some_day = |low: i64| year.at(dice.within(low, i64::from(year.days) - 3) as i32, 10) + SignedDuration::from_mins(dice.within(0, 300));
        let enabled = match sort {
            Sort::WithoutMfa | Sort::Free => None,
            Sort::Joiner => Some(joined),
            Sort::Wave => Some(year.at(wave, 10)),
            Sort::Unregistered => Some(year.at(wave + 20, 10)),
            _ => Some(year.born() + SignedDuration::from_hours(1)),
        };
        let later = |from: Timestamp, hours: i64| from + SignedDuration::from_mins(dice.within(40, hours * 60));
        let mut held = Vec::new();
        let mut hold = |kind, from: Timestamp, until| held.push(self.held(kind, from, until, dice, rng));
        match sort {
            Sort::Unregistered | Sort::WithoutMfa => {}
            Sort::Older(kind) => {
                let app_only = year.at(APP_ONLY_DAY, 11);
                hold(kind, early, Some(app_only));
                hold(MethodKind::Totp, app_only - SignedDuration::from_mins(dice.within(60, 15 * 24 * 60)), None);
            }
            Sort::NewPhone => {
                let lost = some_day(20);
                hold(MethodKind::Totp, early, Some(lost));
                hold(MethodKind::Totp, later(lost, 4), None);
            }
            Sort::Joiner => hold(MethodKind::Totp, later(joined, 6), None),
            Sort::Wave => {
                // Most within days, at working hours.
                let day = wave + dice.pick(&[0, 0, 0, 1, 1, 2, 3, 6, 7, 8]);
                let from = later(year.at(day, 10), 6);
                hold(MethodKind::Totp, from.max(year.at(wave, 10) + SignedDuration::from_mins(20)), None);
            }
            _ => hold(MethodKind::Totp, early, None),
        }
        held.retain(|m| m.from < year.now - SignedDuration::from_mins(5));
        if sort == Sort::MethodOff {
            held.iter_mut().for_each(|m| m.off = Some(year.at(year.days - 14, 15)));
        }
        let recovery = (!held.is_empty() && sort != Sort::MethodOff).then(|| RecoveryCodes::new(rng));
        Person {
            id,
            upn,
            name,
            sort,
            roles: ROLES.get(n).copied().unwrap_or_default(),
            group: match n.checked_sub(ROLES.len()) {
                None => "ICT",
                Some(0) => GUESTS,
                Some(_) => dice.pick(self.of.groups),
            },
            joined,
            enabled,
            disabled: (sort == Sort::Leaver).then(|| some_day(150)),
            removed: (sort == Sort::Removed).then(|| some_day(150)),
            key,
            wrapped,
            held,
            recovery_macs: recovery.iter().flat_map(|codes| codes.macs(&self.keys, id)).map(Bytea).collect(),
            recovery,
            password: (n < SHOWN).then(|| names::password(&Dice::secret(rng))),
            home: names::home(dice),
            browser: names::browser(dice),
        }
    }

    fn held(&self, kind: MethodKind, from: Timestamp, until: Option<Timestamp>, dice: &Dice, rng: &Rng) -> HeldMethod {
        let id = MethodId(dice.id(from));
        let seed = (kind == MethodKind::Totp).then(|| OathSeed::new(rng));
        // What is removed has lost its seed.
        let seal = |seed: &OathSeed| self.keys.key(KeyPurpose::Seed).seal(SealedColumn::MethodSeed, id.0, seed.expose(), rng);
        HeldMethod {
            id,
            kind,
            label: if kind == MethodKind::Totp {
                names::phone(dice)
            } else {
                "From the old system"
            },
            sealed: seed.as_ref().map(seal),
            seed,
            from,
            until,
            off: None,
        }
    }

    /// The policy of a moment.
    pub(super) fn policy(&self, at: Timestamp) -> Option<(i32, Arc<PolicyDocument>)> {
        let (_, version, document) = self.policies.iter().rev().find(|(from, ..)| *from <= at)?;
        Some((*version, document.clone()))
    }

    /// What the engine would load about a member at a moment; about a name that nobody has, if there is no member.
    pub(super) fn facts(&self, who: Option<&Person>, upn: &Upn, at: Timestamp) -> Facts {
        let held = who.map_or(&[][..], |p| &p.held).iter().filter(|m| m.is_held(at));
        Facts {
            database_now: at,
            tenant: Some(TenantFacts {
                slug: self.of.slug.to_owned(),
                name: self.of.name.to_owned(),
                profile: self.of.profile,
                suspended: false,
                log_names: self.of.log_names,
                log_mail: false,
                locale: String::from("nl"),
            }),
            key: None,
            member: who.map(|p| p.facts(self, at)),
            password: None,
            subject: who.map_or_else(|| unknown_subject(&self.keys, upn), |p| p.id.0),
            subject_key: who.map(|p| Bytea(p.wrapped.clone())),
            throttles: Vec::new(),
            failures: Vec::new(),
            methods: held.map(|m| m.facts(if m.is_on(at) { "active" } else { "off" }, at)).collect(),
            recovery: who.filter(|p| p.app(at).is_some()).map(|p| p.recovery_macs.clone()).unwrap_or_default(),
            pass: None,
            block: None,
            bypass: None,
            trusted: false,
            device: None,
            policy: None,
            attempt: None,
            challenge: None,
            open_attempt: None,
            deliveries: Vec::new(),
            sends: None,
            answered: None,
            for_reset: None,
        }
    }

    /// Members of the sort that may not open everything.
    pub(super) fn is_guest(person: &Person) -> bool {
        person.group == GUESTS
    }
}
