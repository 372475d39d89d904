//! `/notices/{token}`: the link in a notice. Looking shows what it is about; only the button acts, and it never opens anything.

use axum::extract::Path;
use domain::notices::{
    NoticeError,
    link::{NoticeLink, NoticeToken},
};
use jiff::tz::TimeZone;
use model::ErrorCode;

use crate::{
    caller::{Answer, Guest, Stop},
    locale::Locale,
    pages::notices::{NoticePage, page},
    routes,
};

/// What the link is about, or that it no longer works.
pub(super) async fn show(mut guest: Guest, Path(token): Path<String>) -> Answer {
    let Some((_, link)) = find(&guest, &token).await? else {
        return Ok(gone(&guest));
    };
    // The clock of the mail.
    guest.visit.zone = TimeZone::get(&link.tenant.time_zone).unwrap_or(TimeZone::UTC);
    guest.visit.zone_known = true;
    let model = NoticePage::Ask {
        action: routes::NOTICE.replace("{token}", &token),
        subject: link.subject(guest.visit.locale == Locale::nl),
        blocks: link.blocks,
        account: link.masked,
        tenant: link.tenant.name,
        at: link.at,
    };
    Ok(guest.show_secret(|| page(guest.shell(), model)))
}

/// Says "this wasn't me". The link is used up.
pub(super) async fn act(guest: Guest, Path(token): Path<String>) -> Answer {
    let Some((parsed, link)) = find(&guest, &token).await? else {
        return Ok(gone(&guest));
    };
    match guest.domain().notices().freeze(&parsed).await {
        Ok(frozen) => {
            let model = NoticePage::Done {
                tenant: link.tenant.name,
                blocked: frozen.blocked,
            };
            Ok(guest.show(|| page(guest.shell(), model)))
        }
        Err(NoticeError::LinkGone) => Ok(gone(&guest)),
        Err(error) => Err(guest.fails()(error)),
    }
}

async fn find(guest: &Guest, token: &str) -> Result<Option<(NoticeToken, NoticeLink)>, Stop> {
    let Some(parsed) = NoticeToken::parse(token) else { return Ok(None) };
    match guest.domain().notices().link(&parsed).await {
        Ok(link) => Ok(Some((parsed, link))),
        Err(NoticeError::LinkGone) => Ok(None),
        Err(error) => Err(guest.fails()(error)),
    }
}

fn gone(guest: &Guest) -> axum::response::Response {
    guest.show_with(ErrorCode::NoticeLinkUsed, || page(guest.shell(), NoticePage::Gone))
}
