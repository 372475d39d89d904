//! What has become of a code that was sent, where somebody waits for it: nothing as long as it is on its way.

use domain::verification::Fate;
use leptos::prelude::*;
use model::AttemptId;

use crate::{
    components::{Banner, IconName, Tone},
    routes,
};

/// A code that somebody waits for.
#[derive(Clone, Debug)]
pub struct Awaited {
    /// The attempt it was sent for.
    pub attempt: AttemptId,
    /// What has become of it.
    pub fate: Fate,
}

/// The words, and where the page asks whether there are some by now. Without scripts they come with the next answer.
pub fn fate(awaited: Awaited) -> AnyView {
    let banner = match awaited.fate {
        Fate::OnItsWay => None,
        Fate::Late => Some((IconName::Clock, text!(sign_in.late_title), text!(sign_in.late_next))),
        Fate::Lost => Some((IconName::Alert, text!(sign_in.lost_title), text!(sign_in.lost_next))),
    };
    let banner = banner.map(|(icon, title, words)| view! { <Banner tone=Tone::Warn icon=icon title=title.to_owned()>{words}</Banner> });
    view! { <div role="status" data-fate=routes::fate(awaited.attempt)>{banner}</div> }.into_any()
}
