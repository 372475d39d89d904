//! When people work: the Dutch calendar and the hours of a day. Pure.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};

/// Amsterdam's clock by its rule and not by a file, which not every system has.
const AMSTERDAM: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// Attempts of an hour beside those of other hours of an office's working day.
const OFFICE: [f64; 24] = [
    0.2, 0.1, 0.1, 0.1, 0.1, 0.3, 1.5, 6.0, 16.0, 14.0, 9.5, 7.5, 5.0, 9.0, 8.0, 7.0, 5.5, 3.5, 1.6, 1.5, 1.5, 1.2, 0.8, 0.4,
];
/// The same where people work in shifts.
const SHIFTS: [f64; 24] = [
    0.8, 0.5, 0.4, 0.4, 0.5, 1.2, 4.5, 12.0, 10.0, 7.5, 6.5, 6.0, 5.0, 6.5, 7.5, 8.0, 6.0, 4.0, 2.5, 2.0, 2.0, 2.0, 2.5, 1.5,
];

/// The rhythm of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// Nine to five.
    Office,
    /// The same, with the long holidays of a school.
    School,
    /// Day and night.
    Shifts,
}

/// Amsterdam's time zone.
pub(super) fn zone() -> TimeZone {
    TimeZone::posix(AMSTERDAM).unwrap_or(TimeZone::UTC)
}

/// A moment of a day in Amsterdam; seconds after midnight.
pub(super) fn moment(day: Date, seconds: i64) -> Timestamp {
    let noon = day.at(12, 0, 0, 0).to_zoned(zone()).map_or(Timestamp::UNIX_EPOCH, |noon| noon.timestamp());
    noon + SignedDuration::from_secs(seconds - 12 * 3600)
}

/// Easter Sunday (the anonymous Gregorian computus).
pub(super) fn easter(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::constant(year, (n / 31) as i8, (n % 31 + 1) as i8)
}

/// The name of a Dutch public holiday.
pub(super) fn holiday(day: Date) -> Option<&'static str> {
    let easter = easter(day.year());
    let after = i64::from(easter.until(day).map_or(i32::MIN, |span| span.get_days()));
    let kings = match Date::constant(day.year(), 4, 27) {
        sunday if sunday.weekday() == Weekday::Sunday => 26,
        _ => 27,
    };
    match (day.month(), day.day(), after) {
        (1, 1, _) => Some("Nieuwjaarsdag"),
        (_, _, 0) => Some("Eerste paasdag"),
        (_, _, 1) => Some("Tweede paasdag"),
        (4, d, _) if d == kings => Some("Koningsdag"),
        // A day off for everybody once in five years.
        (5, 5, _) if day.year() % 5 == 0 => Some("Bevrijdingsdag"),
        (_, _, 39) => Some("Hemelvaartsdag"),
        (_, _, 49) => Some("Eerste pinksterdag"),
        (_, _, 50) => Some("Tweede pinksterdag"),
        (12, 25, _) => Some("Eerste kerstdag"),
        (12, 26, _) => Some("Tweede kerstdag"),
        _ => None,
    }
}

/// How busy a day is; an ordinary Wednesday is 1.
pub(super) fn busyness(day: Date, rhythm: Rhythm) -> f64 {
    let quiet = if rhythm == Rhythm::Shifts { 0.45 } else { 0.04 };
    if holiday(day).is_some() {
        return quiet;
    }
    let weekday = match day.weekday() {
        Weekday::Monday => 1.2,
        Weekday::Tuesday => 1.06,
        Weekday::Wednesday => 1.0,
        Weekday::Thursday => 1.03,
        Weekday::Friday => 0.8,
        Weekday::Saturday => quiet * 1.4,
        Weekday::Sunday => quiet,
    };
    weekday * season(day, rhythm)
}

/// Summer, the days between Christmas and New Year, and May.
fn season(day: Date, rhythm: Rhythm) -> f64 {
    let (summer, christmas) = match rhythm {
        Rhythm::Office => (0.58, 0.4),
        Rhythm::School => (0.25, 0.15),
        Rhythm::Shifts => (0.8, 0.75),
    };
    match (day.month(), day.day()) {
        (7, 20..) | (8, ..=20) => summer,
        (7, 8..) | (8, _) => (summer + 1.0) / 2.0,
        (12, 22..) | (1, ..=4) => christmas,
        (4, 28..) | (5, ..=6) => (christmas + 1.0) / 2.0,
        _ => 1.0,
    }
}

/// The weights of the hours of a day: on a day off they lie flat.
pub(super) fn hours(day: Date, rhythm: Rhythm) -> [f64; 24] {
    let off = holiday(day).is_some() || matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    match rhythm {
        Rhythm::Shifts => SHIFTS,
        _ if off => std::array::from_fn(|hour| if (9..23).contains(&hour) { 1.0 } else { 0.1 }),
        _ => OFFICE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn easter_is_when_the_almanac_says() {
        for sunday in [
            date(2000, 4, 23),
            date(2008, 3, 23),
            date(2011, 4, 24),
            date(2024, 3, 31),
            date(2025, 4, 20),
            date(2026, 4, 5),
            date(2027, 3, 28),
            date(2038, 4, 25),
            date(2285, 3, 22),
        ] {
            assert_eq!(easter(sunday.year()), sunday);
        }
    }

    #[test]
    fn holidays_of_2025_and_2026() {
        let of = |year| -> Vec<(i8, i8)> {
            let days = date(year, 1, 1).series(jiff::Span::new().days(1)).take_while(|day| day.year() == year);
            days.filter(|day| holiday(*day).is_some()).map(|day| (day.month(), day.day())).collect()
        };
        // In 2025 the 27th of April was a Sunday.
        assert_eq!(
            of(2025),
            [(1, 1), (4, 20), (4, 21), (4, 26), (5, 5), (5, 29), (6, 8), (6, 9), (12, 25), (12, 26)]
        );
        assert_eq!(of(2026), [(1, 1), (4, 5), (4, 6), (4, 27), (5, 14), (5, 24), (5, 25), (12, 25), (12, 26)]);
    }

    #[test]
    fn midday_is_midday_in_summer_and_in_winter() {
        assert_eq!(moment(date(2026, 7, 1), 12 * 3600).to_string(), "2026-07-01T10:00:00Z");
        assert_eq!(moment(date(2026, 12, 1), 12 * 3600).to_string(), "2026-12-01T11:00:00Z");
        assert_eq!(moment(date(2026, 7, 1), 0).to_string(), "2026-06-30T22:00:00Z");
    }

    proptest! {
        #[test]
        fn days_off_are_quiet_and_mondays_are_not(days in 0i32..20_000) {
            let day = date(2000, 1, 1).checked_add(jiff::Span::new().days(days)).expect("a day");
            let busy = busyness(day, Rhythm::Office);
            let off = holiday(day).is_some() || matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            prop_assert!(if off { busy < 0.06 } else { busy > 0.25 && busy < 1.3 }, "{day}: {busy}");
            let hours = hours(day, Rhythm::Office);
            let worked: f64 = hours[7..19].iter().sum();
            prop_assert!(off || worked / hours.iter().sum::<f64>() > 0.88);
            prop_assert!((easter(day.year()).weekday()) == Weekday::Sunday);
        }
    }
}
