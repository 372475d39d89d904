//! Literally a stair: the lamp stands on the step you are on.

use leptos::prelude::*;

/// The stair with its words.
#[component]
pub fn Stepper(
    /// The step you are on, from 1.
    step: u8,
    /// How many steps there are, 1 to 6.
    of: u8,
    /// The words.
    children: Children,
) -> impl IntoView {
    let of = of.clamp(1, 6);
    let step = step.clamp(1, of);
    let (width, height) = (22 * u32::from(of), 12 + 8 * u32::from(of));
    let treads = (1..=of)
        .map(|tread| {
            let (x, y) = corner(tread, height);
            let class = if tread <= step { "tread done" } else { "tread" };
            view! { <path class=class d=format!("M{x} {}V{y}H{}", y + 8, x + if tread == of { 20 } else { 18 })></path> }
        })
        .collect_view();
    let (x, y) = corner(step, height);
    // The lamp stands on the tread, half a stroke above the line.
    let lamp = view! {
        <circle class="f-lamp" cx=(x + if step == of { 10 } else { 9 }).to_string() cy=format!("{}.5", y - 7 + if step == of { 2 } else { 0 }) r="3.5"></circle>
    };
    let class = match of {
        1 => "stair one",
        2 => "stair",
        3 => "stair three",
        _ => "stair many",
    };
    view! {
        <div class="stepper">
            <svg class=class viewBox=format!("0 0 {width} {height}") aria-hidden="true">{treads}{lamp}</svg>
            <span>{children()}</span>
        </div>
    }
}

/// The upper left corner of a tread.
fn corner(tread: u8, height: u32) -> (u32, u32) {
    let tread = u32::from(tread);
    (22 * (tread - 1) + 2, height - 2 - 8 * tread)
}
