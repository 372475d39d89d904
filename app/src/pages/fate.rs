//! What has become of a code that was sent, where somebody waits for it: nothing as long as it is on its way.

use domain::verification::Fate;
use leptos::prelude::*;

use crate::components::{Banner, IconName, Tone};

/// The words, and where the page asks whether there are some by now: `at` is an address of this very page. Without scripts they come with the next answer.
pub(super) fn fate(fate: Fate, at: &str) -> AnyView {
    let banner = match fate {
        Fate::OnItsWay => None,
        Fate::Late => Some((IconName::Clock, text!(sign_in.late_title), text!(sign_in.late_next))),
        Fate::Lost => Some((IconName::Alert, text!(sign_in.lost_title), text!(sign_in.lost_next))),
    };
    let banner = banner.map(|(icon, title, words)| view! { <Banner tone=Tone::Warn icon=icon title=title.to_owned()>{words}</Banner> });
    view! { <div role="status" data-fate=at.to_owned()>{banner}</div> }.into_any()
}
