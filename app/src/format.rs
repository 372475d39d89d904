//! Dates, times and numbers as people of the language write them.

use jiff::{Timestamp, civil::Date};

use crate::{
    locale::Locale,
    visit::{self, visit},
};

/// `4,812` or `4.812`.
#[must_use]
pub fn number(value: u64) -> String {
    let separator = match visit::locale() {
        Locale::en => ',',
        Locale::nl => '.',
    };
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

/// `09:12`; `09:12 UTC` before it is known whose clock counts.
#[must_use]
pub fn time(moment: Timestamp) -> String {
    let visit = visit();
    let form = if visit.zone_known { "%H:%M" } else { "%H:%M %Z" };
    visit.zoned(moment).strftime(form).to_string()
}

/// `09:41:29`.
#[must_use]
pub fn time_with_seconds(moment: Timestamp) -> String {
    visit().zoned(moment).strftime("%H:%M:%S").to_string()
}

/// `3 March`, with the year when it is not this one.
#[must_use]
pub fn date(moment: Timestamp) -> String {
    let visit = visit();
    date_near(visit.zoned(moment).date(), visit.zoned(visit.now).date())
}

/// `3 March 2024`.
#[must_use]
pub fn date_with_year(moment: Timestamp) -> String {
    let date = visit().zoned(moment).date();
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// `today, 09:12`, `yesterday, 18:40`, `Sunday, 03:17`, `9 October 2025, 10:22`: for the middle of a line.
#[must_use]
pub fn moment(moment: Timestamp) -> String {
    format!("{}, {}", day(moment), time(moment))
}

/// [`moment`] with a capital, for the beginning of a line.
#[must_use]
pub fn moment_capital(at: Timestamp) -> String {
    capital(&moment(at))
}

/// `today`, `yesterday`, `Sunday`, `9 October 2025`.
#[must_use]
pub fn day(moment: Timestamp) -> String {
    let visit = visit();
    let (date, today) = (visit.zoned(moment).date(), visit.zoned(visit.now).date());
    match today.duration_since(date).as_hours() / 24 {
        0 => text!(dates.today).to_owned(),
        1 => text!(dates.yesterday).to_owned(),
        2..=6 => weekday(date).to_owned(),
        _ => date_near(date, today),
    }
}

/// `Tuesday 17 November 2026, 09:41:29 CET`: for a report to the service desk.
#[must_use]
pub fn full(moment: Timestamp) -> String {
    let zoned = visit().zoned(moment);
    let date = zoned.date();
    capital(&format!(
        "{} {} {} {}, {}",
        weekday(date),
        date.day(),
        month(date),
        date.year(),
        zoned.strftime("%H:%M:%S %Z")
    ))
}

/// `12 seconds`, `3 minutes`, `2 hours`, `5 days`: the largest whole unit, rounded up, so that nobody comes back too early.
#[must_use]
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => text!(dates.seconds, count = seconds),
        60..3_600 => text!(dates.minutes, count = seconds.div_ceil(60)),
        3_600..86_400 => text!(dates.hours, count = seconds.div_ceil(3_600)),
        _ => text!(dates.days, count = seconds.div_ceil(86_400)),
    }
}

/// The first letter in upper case.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn date_near(date: Date, today: Date) -> String {
    if date.year() == today.year() {
        format!("{} {}", date.day(), month(date))
    } else {
        format!("{} {} {}", date.day(), month(date), date.year())
    }
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        jiff::civil::Weekday::Monday => text!(dates.monday),
        jiff::civil::Weekday::Tuesday => text!(dates.tuesday),
        jiff::civil::Weekday::Wednesday => text!(dates.wednesday),
        jiff::civil::Weekday::Thursday => text!(dates.thursday),
        jiff::civil::Weekday::Friday => text!(dates.friday),
        jiff::civil::Weekday::Saturday => text!(dates.saturday),
        jiff::civil::Weekday::Sunday => text!(dates.sunday),
    }
}

fn month(date: Date) -> &'static str {
    match date.month() {
        1 => text!(dates.january),
        2 => text!(dates.february),
        3 => text!(dates.march),
        4 => text!(dates.april),
        5 => text!(dates.may),
        6 => text!(dates.june),
        7 => text!(dates.july),
        8 => text!(dates.august),
        9 => text!(dates.september),
        10 => text!(dates.october),
        11 => text!(dates.november),
        _ => text!(dates.december),
    }
}

/// A browser by its description of itself: "Firefox on Windows". Only well-known words are looked for; the rest is "another browser".
#[must_use]
pub fn browser(locale: Locale, agent: Option<&str>) -> String {
    let agent = agent.unwrap_or_default();
    let first = |words: &[(&str, &'static str)]| words.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name);
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => leptos_i18n::td_string!(locale, components.browser_on, browser = name, system = system),
        (Some(name), None) => name.to_owned(),
        (None, _) => leptos_i18n::td_string!(locale, components.browser_other).to_owned(),
    }
}
