//! What may be sent, by whom and from where. Pure: what has been sent and what is configured come in, a decision goes out.

use crate::bytea::Bytea;
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde::Deserialize;

/// What has been sent lately, and what there is to send with: loaded with the facts of a verification.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Sends {
    /// Texts and calls to the member, oldest first, of the last fifteen minutes.
    pub member: Vec<Timestamp>,
    /// Mails to the member, oldest first, of the last fifteen minutes.
    pub mails: Vec<Timestamp>,
    /// Messages to the member's numbers and mailboxes in the last hour, whoever asked for them.
    pub addresses: Vec<AddressSends>,
    /// Texts and calls of the tenant in the last day and the hour it began in, by country.
    pub countries: Vec<CountrySends>,
    /// Of them those to numbers that begin like the member's, and how many codes came back.
    pub prefixes: Vec<PrefixSends>,
    /// Providers that are switched on, in the order in which they are asked.
    pub routes: Vec<Route>,
    /// Senders that are good at this moment, the tenant's own first.
    pub senders: Vec<SenderFacts>,
}

/// Messages to one address in the last hour.
#[derive(Clone, Debug, Deserialize)]
pub struct AddressSends {
    /// MAC of the address.
    pub mac: Bytea,
    /// How many.
    pub count: i32,
    /// The first of them.
    pub first: Timestamp,
}

/// Messages to one country in that time.
#[derive(Clone, Debug, Deserialize)]
pub struct CountrySends {
    /// ISO 3166.
    pub country: Option<String>,
    /// How many.
    pub count: i32,
}

/// Messages to numbers that begin alike.
#[derive(Clone, Debug, Deserialize)]
pub struct PrefixSends {
    /// The first digits.
    pub prefix: String,
    /// How many.
    pub count: i32,
    /// Of them, answered by the right code.
    pub answered: i32,
}

/// A provider that can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Route {
    /// Id.
    pub provider_id: ProviderId,
    /// Of this tenant alone.
    pub tenant_id: Option<TenantId>,
    /// What it carries.
    pub channel: Channel,
    /// Name for people.
    pub name: String,
    /// The lowest is asked first.
    pub rank: i32,
    /// It failed just now, and is asked last.
    pub resting: bool,
}

/// A sender that is good now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SenderFacts {
    /// For which channel.
    pub channel: Channel,
    /// For which country; every one when absent.
    pub country: Option<String>,
    /// What it is.
    pub kind: SenderKind,
    /// The number, name or address.
    pub value: String,
    /// For this provider alone.
    pub provider_id: Option<ProviderId>,
    /// Of this tenant alone.
    pub tenant_id: Option<TenantId>,
}

/// Where a message goes, as far as the rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// What carries it.
    pub channel: Channel,
    /// ISO 3166, for a phone.
    pub country: Option<String>,
    /// First digits, for a phone.
    pub prefix: Option<String>,
    /// MAC of the whole address.
    pub mac: Bytea,
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The member has had as many as there may be.
    #[error("as many codes have been sent as there may be; the next can go at {until}")]
    MemberBudget {
        /// From when one more may go.
        until: Timestamp,
    },
    /// The number or mailbox has had as many as there may be, from whoever.
    #[error("as many codes have been sent to this number as there may be; the next can go at {until}")]
    AddressBudget {
        /// From when one more may go.
        until: Timestamp,
    },
    /// The tenant has spent its day.
    #[error("the organisation has sent as many codes today as it allows")]
    TenantBudget,
    /// The country has spent its day.
    #[error("the organisation has sent as many codes to this country today as it allows")]
    CountryBudget,
    /// The country is not on the list.
    #[error("the organisation sends no codes to numbers of this country ({0})")]
    CountryOff(String),
    /// Codes to the country hardly ever came back, and nobody has resumed them.
    #[error("codes to this country ({0}) hardly ever came back, so nothing is sent there until an admin resumes it")]
    CountryPaused(String),
    /// Codes sent to numbers that begin like this hardly ever come back.
    #[error("codes to numbers like this hardly ever come back, so nothing is sent to them for now")]
    PrefixPaused,
    /// Nobody carries this kind of message.
    #[error("no provider is set up that sends this")]
    NoProvider,
}

impl NotSent {
    /// From when it may be tried again, where that is a matter of minutes.
    pub const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::MemberBudget { until } | Self::AddressBudget { until } => Some(*until),
            _ => None,
        }
    }

    /// The word for the timeline.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::MemberBudget { .. } => "member_budget",
            Self::AddressBudget { .. } => "address_budget",
            Self::TenantBudget => "tenant_budget",
            Self::CountryBudget => "country_budget",
            Self::CountryOff(_) => "country_off",
            Self::CountryPaused(_) => "country_paused",
            Self::PrefixPaused => "prefix_paused",
            Self::NoProvider => "no_provider",
        }
    }
}

/// Whether one more message may go to an address: the member's budget (S33), the number's, the country's, the tenant's, and the alarm for numbers from
/// which codes hardly ever come back (abuse case F7).
pub fn may_send(sends: &Sends, limits: &DeliveryLimits, profile: Profile, to: &Address, now: Timestamp) -> Result<(), NotSent> {
    let (most, window) = match profile {
        Profile::Standard => (SENDS_MAX, SEND_WINDOW_SECONDS),
        Profile::Strict => (SENDS_MAX_STRICT, SEND_WINDOW_SECONDS_STRICT),
    };
    let window = SignedDuration::from_secs(window);
    let sent = if to.channel == Channel::Mail { &sends.mails } else { &sends.member };
    let recent: Vec<Timestamp> = sent.iter().copied().filter(|at| now.duration_since(*at) < window).collect();
    if recent.len() >= most {
        return Err(NotSent::MemberBudget {
            until: recent[recent.len() - most] + window,
        });
    }
    if let Some(full) = sends.addresses.iter().find(|a| a.mac == to.mac && a.count >= SENDS_PER_ADDRESS_HOUR) {
        return Err(NotSent::AddressBudget {
            until: full.first + SignedDuration::from_hours(1),
        });
    }
    if to.channel == Channel::Mail {
        return Ok(());
    }
    let country = to.country.clone().unwrap_or_default();
    if !limits.countries.contains(&country) {
        return Err(NotSent::CountryOff(country));
    }
    if limits.paused.contains(&country) {
        return Err(NotSent::CountryPaused(country));
    }
    let all: i64 = sends.countries.iter().map(|c| i64::from(c.count)).sum();
    if all >= limits.per_day {
        return Err(NotSent::TenantBudget);
    }
    if sends
        .countries
        .iter()
        .any(|c| c.country == to.country && i64::from(c.count) >= limits.per_country_day)
    {
        return Err(NotSent::CountryBudget);
    }
    let paused = |p: &PrefixSends| p.count >= CONVERSION_SENDS && p.answered * 100 < p.count * CONVERSION_PERCENT_MIN;
    if sends.prefixes.iter().any(|p| Some(&p.prefix) == to.prefix.as_ref() && paused(p)) {
        return Err(NotSent::PrefixPaused);
    }
    Ok(())
}

/// Whether so few of the codes that went to a country were entered that somebody should look: `sent` counts messages whose code was entered or can be no
/// more, `entered` those of them whose code was. The share that is just enough raises nothing.
pub const fn is_alarming(limits: &DeliveryLimits, sent: i64, entered: i64) -> bool {
    sent >= limits.alarm_sends && entered * 100 < sent * limits.alarm_percent
}

/// The provider that is asked now and the sender the message comes from: the first that was not tried and does not rest; then one that rests; then, when
/// all have been tried, the first again. A provider without a sender for the country is passed over.
pub fn route<'a>(sends: &'a Sends, channel: Channel, country: Option<&str>, tried: &[ProviderId]) -> Result<(&'a Route, &'a SenderFacts), NotSent> {
    let mut able: Vec<(&Route, &SenderFacts)> = sends
        .routes
        .iter()
        .filter(|route| route.channel == channel)
        .filter_map(|route| Some((route, sender_for(sends, route, country)?)))
        .collect();
    // A stable sort: within each class the order of the providers holds.
    let times = |route: &Route| tried.iter().filter(|id| **id == route.provider_id).count();
    able.sort_by_key(|(route, _)| (times(route), route.resting));
    able.into_iter().next().ok_or(NotSent::NoProvider)
}

/// The sender that fits best: of this provider before of any, for this country before for every one, and a short code only at home (S14).
fn sender_for<'a>(sends: &'a Sends, route: &Route, country: Option<&str>) -> Option<&'a SenderFacts> {
    let fits = |s: &&SenderFacts| {
        s.channel == route.channel
            && s.provider_id.is_none_or(|id| id == route.provider_id)
            && s.country.as_deref().is_none_or(|own| Some(own) == country)
            && (s.kind != SenderKind::ShortCode || matches!(country, Some("US" | "CA")))
    };
    sends
        .senders
        .iter()
        .filter(fits)
        .min_by_key(|s| (s.provider_id.is_none(), s.country.is_none(), s.tenant_id.is_none()))
}

/// How long a sent code lives (S47, S51).
pub fn code_seconds(limits: &DeliveryLimits, path: Path, channel: Channel) -> i64 {
    match (channel, path) {
        (Channel::Mail, _) => CODE_SECONDS_MAIL,
        (_, Path::Cloud) => CODE_SECONDS_CLOUD,
        (_, Path::Server) => limits.server_code_seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a moment")
    }

    fn phone() -> Address {
        Address {
            channel: Channel::Sms,
            country: Some("NL".into()),
            prefix: Some("+31655".into()),
            mac: Bytea(vec![1]),
        }
    }

    fn told(sends: &Sends, profile: Profile, now: i64) -> Result<(), NotSent> {
        may_send(sends, &DeliveryLimits::default(), profile, &phone(), at(now))
    }

    /// S33: the sixth within five minutes is refused with the moment at which one may go again; strict: the fourth within fifteen.
    #[test]
    fn the_sixth_in_five_minutes_waits() {
        let sends = |n: i64| Sends {
            member: (0..n).map(|i| at(i * 10)).collect(),
            ..Sends::default()
        };
        assert_eq!(told(&sends(4), Profile::Standard, 100), Ok(()));
        assert_eq!(told(&sends(5), Profile::Standard, 100), Err(NotSent::MemberBudget { until: at(300) }));
        assert_eq!(told(&sends(5), Profile::Standard, 300), Ok(()), "the first is five minutes old");
        assert_eq!(told(&sends(3), Profile::Strict, 100), Err(NotSent::MemberBudget { until: at(900) }));
    }

    /// F7: budgets of number, country and tenant, the list of countries, and the alarm for codes that do not come back.
    #[test]
    fn f7_money_has_bounds_everywhere() {
        let number = |count| Sends {
            addresses: vec![AddressSends {
                mac: Bytea(vec![1]),
                count,
                first: at(0),
            }],
            ..Sends::default()
        };
        assert_eq!(told(&number(4), Profile::Standard, 60), Ok(()));
        assert_eq!(told(&number(5), Profile::Standard, 60), Err(NotSent::AddressBudget { until: at(3600) }));
        let country = |code: &str, count| Sends {
            countries: vec![CountrySends {
                country: Some(code.into()),
                count,
            }],
            ..Sends::default()
        };
        assert_eq!(told(&country("NL", 1_000), Profile::Standard, 60), Err(NotSent::CountryBudget));
        assert_eq!(told(&country("BE", 1_999), Profile::Standard, 60), Ok(()));
        assert_eq!(told(&country("BE", 2_000), Profile::Standard, 60), Err(NotSent::TenantBudget));
        let prefix = |count, answered| Sends {
            prefixes: vec![PrefixSends {
                prefix: "+31655".into(),
                count,
                answered,
            }],
            ..Sends::default()
        };
        assert_eq!(told(&prefix(49, 0), Profile::Standard, 60), Ok(()), "too few to judge");
        assert_eq!(told(&prefix(50, 15), Profile::Standard, 60), Ok(()));
        assert_eq!(told(&prefix(50, 14), Profile::Standard, 60), Err(NotSent::PrefixPaused));
        let abroad = Address {
            country: Some("LV".into()),
            ..phone()
        };
        let refused = may_send(&Sends::default(), &DeliveryLimits::default(), Profile::Standard, &abroad, at(0));
        assert_eq!(refused, Err(NotSent::CountryOff("LV".into())));
    }

    fn provider(n: u128, rank: i32, resting: bool) -> Route {
        Route {
            provider_id: ProviderId(Uuid::from_u128(n)),
            tenant_id: None,
            channel: Channel::Sms,
            name: format!("provider {n}"),
            rank,
            resting,
        }
    }

    fn sender(country: Option<&str>, kind: SenderKind, value: &str) -> SenderFacts {
        SenderFacts {
            channel: Channel::Sms,
            country: country.map(str::to_owned),
            kind,
            value: value.to_owned(),
            provider_id: None,
            tenant_id: None,
        }
    }

    /// S34: a retry goes through the next provider; one that rests comes last; when all have been tried it begins again.
    #[test]
    fn a_retry_takes_the_next_provider() {
        let sends = Sends {
            routes: vec![provider(1, 1, true), provider(2, 2, false), provider(3, 3, false)],
            senders: vec![sender(None, SenderKind::Name, "Tweestap")],
            ..Sends::default()
        };
        let mut tried = Vec::new();
        let order: Vec<u128> = (0..5)
            .map(|_| {
                let id = route(&sends, Channel::Sms, Some("NL"), &tried).expect("a route").0.provider_id;
                tried.push(id);
                id.0.as_u128()
            })
            .collect();
        assert_eq!(order, [2, 3, 1, 2, 3]);
        assert_eq!(route(&sends, Channel::Voice, Some("NL"), &[]), Err(NotSent::NoProvider));
    }

    /// S11-S14: the sender for the country is taken, a short code in the United States and Canada alone.
    #[test]
    fn the_sender_fits_the_country() {
        let sends = Sends {
            routes: vec![provider(1, 1, false)],
            senders: vec![
                sender(Some("US"), SenderKind::ShortCode, "97671"),
                sender(Some("NL"), SenderKind::Number, "+3197000000"),
                sender(None, SenderKind::Name, "Tweestap"),
                sender(None, SenderKind::ShortCode, "11111"),
            ],
            ..Sends::default()
        };
        let from = |country: &str| route(&sends, Channel::Sms, Some(country), &[]).map(|(_, sender)| sender.value.clone());
        assert_eq!(from("US"), Ok("97671".into()));
        assert_eq!(from("NL"), Ok("+3197000000".into()));
        assert_eq!(from("DE"), Ok("Tweestap".into()));
        let only_short = Sends {
            senders: vec![sender(Some("CA"), SenderKind::ShortCode, "759731")],
            ..sends
        };
        assert_eq!(route(&only_short, Channel::Sms, Some("NL"), &[]), Err(NotSent::NoProvider));
    }

    proptest! {
        /// Whatever the order of asking: never more than five in any five minutes.
        #[test]
        fn never_more_than_the_budget(pauses in prop::collection::vec(0i64..200, 1..80)) {
            let (mut sent, mut now) = (Vec::<Timestamp>::new(), at(0));
            for pause in pauses {
                now += SignedDuration::from_secs(pause);
                let sends = Sends { member: sent.clone(), ..Sends::default() };
                if may_send(&sends, &DeliveryLimits::default(), Profile::Standard, &phone(), now).is_ok() {
                    sent.push(now);
                }
            }
            for (n, first) in sent.iter().enumerate() {
                let within = sent[n..].iter().filter(|at| at.duration_since(*first) < SignedDuration::from_secs(SEND_WINDOW_SECONDS)).count();
                prop_assert!(within <= SENDS_MAX, "{within} sent");
            }
        }
    }
}
