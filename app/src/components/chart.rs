//! Pictures of figures: SVG from the server, geometry in attributes, colour in classes, the numbers one click behind.

use leptos::prelude::*;

use super::{Icon, IconName, MethodIcon, MethodKey, MethodSize};

/// The colour of a figure in a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// The thing itself.
    #[default]
    Accent,
    /// The rest.
    Mute,
    /// Refused.
    Bad,
    /// Good.
    Ok,
    /// Doubtful.
    Warn,
}

impl Ink {
    fn fill(self) -> &'static str {
        match self {
            Self::Accent => "f-accent",
            Self::Mute => "f-mute",
            Self::Bad => "f-bad",
            Self::Ok => "f-ok",
            Self::Warn => "f-warn",
        }
    }
}

/// A figure with its heading, its picture and the numbers behind it.
#[component]
pub fn Chart(
    /// The finding, or what is drawn.
    #[prop(into)]
    title: String,
    /// Colour and words of each kind of figure.
    #[prop(optional)]
    legend: Vec<(Ink, String)>,
    /// A table of the same figures.
    #[prop(optional, into)]
    numbers: Option<ViewFnOnce>,
    /// The picture.
    children: Children,
) -> impl IntoView {
    let legend = (!legend.is_empty()).then(|| {
        let lines = legend
            .into_iter()
            .map(|(ink, words)| {
                view! {
                    <li>
                        <svg viewBox="0 0 12 12" aria-hidden="true"><rect class=ink.fill() width="12" height="12" rx="3"></rect></svg>
                        {words}
                    </li>
                }
            })
            .collect_view();
        view! { <ul class="legend end">{lines}</ul> }
    });
    view! {
        <figure class="chart">
            <figcaption><h3>{title}</h3>{legend}</figcaption>
            {children()}
            {numbers.map(|numbers| view! {
                <details>
                    <summary><Icon name=IconName::ChevronRight/>{text!(components.show_numbers)}</summary>
                    {numbers.run()}
                </details>
            })}
        </figure>
    }
}

/// One line of `<Bars>`.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What is counted.
    pub label: String,
    /// How many.
    pub value: u64,
    /// The figure, written for people.
    pub words: String,
    /// The rows behind it.
    pub href: String,
    /// Its colour; one bar stands out, not five.
    pub ink: Ink,
    /// The method it is about, drawn before the label and in the colour of the bar.
    pub method: Option<MethodKey>,
}

/// Lying bars; each whole line is the link to its rows.
#[component]
pub fn Bars(
    /// The lines, longest first.
    bars: Vec<Bar>,
) -> impl IntoView {
    let longest = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let lines = bars
        .into_iter()
        .map(|bar| {
            let width = scaled(bar.value, longest, 200.0);
            let ink = if bar.method.is_some() { "f-m" } else { bar.ink.fill() };
            view! {
                <li>
                    <a href=bar.href data-method=bar.method.map(MethodKey::key)>
                        <span class="name">
                            {bar.method.map(|method| view! { <MethodIcon method=method size=MethodSize::Small/> })}
                            {bar.label}
                        </span>
                        <svg viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true">
                            <rect class="f-sunken" width="200" height="12" rx="2"></rect>
                            <rect class=ink width=format!("{width:.1}") height="12" rx="2"></rect>
                        </svg>
                        <span class="num">{bar.words}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="bars">{lines}</ul> }
}

/// A small line without axes; the lamp stands at its end. `values` run from oldest to newest.
#[component]
pub fn Sparkline(
    /// The figures.
    values: Vec<u64>,
    /// What it shows, in words; for screen readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let (low, high) = (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0));
    let step = 116.0 / (values.len().max(2) - 1) as f64;
    let points: Vec<(f64, f64)> = values
        .iter()
        .enumerate()
        .map(|(index, value)| (2.0 + step * index as f64, 24.0 - scaled(value - low, (high - low).max(1), 20.0)))
        .collect();
    let path = points
        .iter()
        .enumerate()
        .map(|(index, (x, y))| format!("{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" }))
        .collect::<String>();
    let lamp = points.last().map(|(x, y)| {
        view! { <circle class="f-lamp" cx=format!("{x:.1}") cy=format!("{y:.1}") r="3"></circle> }
    });
    view! {
        <svg class="spark" viewBox="0 0 122 28" role="img" aria-label=label><path class="s-accent" d=path></path>{lamp}</svg>
    }
}

/// One standing bar of `<Columns>`, split in parts from the ground up.
#[derive(Clone, Debug)]
pub struct ColumnBar {
    /// The word under it.
    pub label: String,
    /// Figure and colour of each part.
    pub parts: Vec<(u64, Ink)>,
    /// What it says when hovered.
    pub words: String,
    /// The rows behind it.
    pub href: Option<String>,
}

/// Standing bars with a scale: usage by day.
#[component]
pub fn Columns(
    /// What is drawn, in words; for screen readers.
    #[prop(into)]
    label: String,
    /// The bars, oldest first.
    columns: Vec<ColumnBar>,
) -> impl IntoView {
    const LEFT: f64 = 50.0;
    const WIDTH: f64 = 504.0;
    const GROUND: f64 = 136.0;
    const HEIGHT: f64 = 126.0;
    let highest = columns
        .iter()
        .map(|column| column.parts.iter().map(|(value, _)| value).sum::<u64>())
        .max()
        .unwrap_or(0);
    let top = round_up(highest.max(1));
    let scale = [(0, "axis"), (top / 2, "grid"), (top, "grid")]
        .into_iter()
        .map(|(value, class)| {
            let y = GROUND - scaled(value, top, HEIGHT);
            view! {
                <path class=class d=format!("M{LEFT} {y:.1}H{}", LEFT + WIDTH)></path>
                <text x="42" y=format!("{:.1}", y + 4.0) text-anchor="end">{crate::format::number(value)}</text>
            }
        })
        .collect_view();
    let pitch = WIDTH / columns.len().max(1) as f64;
    // Many bars cannot each carry their word.
    let words_every = columns.len().div_ceil(12).max(1);
    let bars = columns
        .into_iter()
        .enumerate()
        .map(|(index, column)| {
            let x = LEFT + pitch * index as f64 + pitch * 0.07;
            let width = pitch * 0.86;
            let mut ground = GROUND;
            let parts = column
                .parts
                .into_iter()
                .filter(|(value, _)| *value > 0)
                .map(|(value, ink)| {
                    let height = scaled(value, top, HEIGHT);
                    ground -= height;
                    view! {
                        <rect
                            class=ink.fill()
                            x=format!("{x:.1}")
                            width=format!("{width:.1}")
                            y=format!("{ground:.1}")
                            height=format!("{height:.1}")
                            rx="1.5"
                        ></rect>
                    }
                })
                .collect_view();
            let word = index.is_multiple_of(words_every).then(|| {
                view! { <text x=format!("{:.1}", x + width / 2.0) y="154" text-anchor="middle">{column.label}</text> }
            });
            let drawing = view! { <title>{column.words}</title>{parts} };
            let drawing = match column.href {
                Some(href) => view! { <a href=href>{drawing}</a> }.into_any(),
                None => view! { <g>{drawing}</g> }.into_any(),
            };
            view! { {drawing}{word} }
        })
        .collect_view();
    let picture = label.clone();
    view! {
        <div class="scroll-x" tabindex="0" role="region" aria-label=label>
            <svg class="plot w-m" viewBox="0 0 560 160" role="group" aria-label=picture>{scale}{bars}</svg>
        </div>
    }
}

/// One row of `<Heat>`: its word and its figures from left to right.
#[derive(Clone, Debug)]
pub struct HeatRow {
    /// The word before it.
    pub label: String,
    /// The figures.
    pub values: Vec<u64>,
}

/// A map of days by hours in six steps of the accent.
#[component]
pub fn Heat(
    /// What is drawn, in words; for screen readers.
    #[prop(into)]
    label: String,
    /// The rows.
    rows: Vec<HeatRow>,
) -> impl IntoView {
    let highest = rows.iter().flat_map(|row| &row.values).copied().max().unwrap_or(0).max(1);
    let height = rows.len() * 24 + 24;
    let lines = rows
        .into_iter()
        .enumerate()
        .map(|(line, row)| {
            let y = 4 + 24 * line;
            let word = row.label;
            let cells = row
                .values
                .into_iter()
                .enumerate()
                .map(|(hour, value)| {
                    let heat = if value == 0 {
                        0
                    } else {
                        (scaled(value, highest, 5.0).ceil() as u8).clamp(1, 5)
                    };
                    view! {
                        <rect class=format!("heat-{heat}") x=(34 + 25 * hour).to_string() y=y.to_string() width="23" height="22" rx="3">
                            <title>{format!("{word} {hour:02}:00, {}", crate::format::number(value))}</title>
                        </rect>
                    }
                })
                .collect_view();
            view! { <text x="26" y=(y + 15).to_string() text-anchor="end">{word.clone()}</text>{cells} }
        })
        .collect_view();
    let hours = (0..24)
        .step_by(3)
        .map(|hour| view! { <text x=(34 + 25 * hour).to_string() y=(height - 6).to_string()>{format!("{hour:02}:00")}</text> })
        .collect_view();
    let picture = label.clone();
    view! {
        <div class="scroll-x" tabindex="0" role="region" aria-label=label>
            <svg class="plot w-m" viewBox=format!("0 0 634 {height}") role="img" aria-label=picture>{lines}{hours}</svg>
        </div>
    }
}

/// `value` of `whole` as a length.
fn scaled(value: u64, whole: u64, length: f64) -> f64 {
    value as f64 / whole as f64 * length
}

/// The next figure that halves well: 1, 2, 4, 10, 20, 40, 100 ...
fn round_up(value: u64) -> u64 {
    let mut magnitude = 1_u64;
    loop {
        for step in [2, 4, 6, 8, 10] {
            if value <= step * magnitude {
                return step * magnitude;
            }
        }
        magnitude = magnitude.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn the_scale_ends_on_an_even_round_figure() {
        assert_eq!([1, 3, 7, 95, 880, 1_001].map(round_up), [2, 4, 8, 100, 1_000, 2_000]);
    }
}
