//! `/lost`: methods that their member has no more. Whoever has given his password, or is signed in, takes them out of use at once.

use axum::extract::Form;
use domain::sign_in::{Caller, SignInError, lost::Belongings, lost::LOST};
use domain::verification::facts::Stage;
use model::*;

use super::forms::Pairs;
use crate::{
    caller::{Answer, Guest, see},
    pages::lost::{Losable, LostPage, Stranded, page},
    routes,
};

/// What happens here; or what there is to lose, for somebody whose password was right.
pub(super) async fn show(guest: Guest) -> Answer {
    ask(guest, false).await
}

/// What is lost.
pub(super) async fn act(mut guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    if matches!(guest.caller, Caller::Visitor) {
        return Ok(see(routes::LOST));
    }
    let fields = Pairs(fields);
    let named: Vec<MethodId> = fields.all("method").filter_map(|id| id.parse().ok()).take(METHODS_NAMED_MAX).collect();
    if named.is_empty() {
        return ask(guest, true).await;
    }
    let sign_in = guest.domain().sign_in();
    let (receipt, session, tenant) = match (guest.caller.clone(), guest.attempt()) {
        (Caller::Member(me), _) => {
            let receipt = sign_in.report_mine_lost(&me, &named).await.map_err(guest.fails())?;
            (receipt, None, me.tenant.name.clone())
        }
        (_, Some((tenant, attempt))) => {
            let view = match sign_in.look(tenant, attempt).await {
                Ok(view) => view,
                Err(SignInError::Expired | SignInError::OtherStep(_)) => return Ok(see(routes::SIGN_IN)),
                Err(error) => return Err(guest.fails()(error)),
            };
            guest.in_attempt_of(&view);
            let receipt = match guest.domain().sign_in().report_lost(tenant, attempt, &named, &guest.client).await {
                Ok(receipt) => receipt,
                Err(SignInError::Expired | SignInError::OtherStep(_)) => return Ok(see(routes::SIGN_IN)),
                Err(error) => return Err(guest.fails()(error)),
            };
            (receipt, Some(view.session_id), view.tenant_name)
        }
        // A name of no organisation is answered as any other is before its password.
        _ => return Ok(see(routes::SIGN_IN)),
    };
    // Sent a second time, it finds nothing more to end.
    if receipt.methods.is_empty() {
        return Ok(see(routes::LOST));
    }
    let signed_in = session.is_none();
    let model = LostPage::Receipt {
        receipt,
        signed_in,
        session: session.map(|id| id.to_string()),
        tenant,
    };
    Ok(guest.show(|| page(guest.shell(), model)))
}

/// More methods than anybody has.
const METHODS_NAMED_MAX: usize = 50;

async fn ask(mut guest: Guest, unticked: bool) -> Answer {
    let sign_in = guest.domain().sign_in();
    let model = match (guest.caller.clone(), guest.attempt()) {
        (Caller::Member(me), _) => {
            let has = sign_in.my_belongings(&me.me).await.map_err(guest.fails())?;
            choose(&guest, has, true, unticked)
        }
        (_, Some((tenant, attempt))) => match sign_in.look(tenant, attempt).await {
            Ok(view) if view.stage == Stage::Second => {
                guest.in_attempt_of(&view);
                match guest.domain().sign_in().belongings(tenant, attempt).await {
                    Ok(has) => choose(&guest, has, false, unticked),
                    Err(SignInError::Expired | SignInError::OtherStep(_)) => LostPage::Start,
                    Err(error) => return Err(guest.fails()(error)),
                }
            }
            Ok(_) | Err(SignInError::Expired | SignInError::OtherStep(_)) => LostPage::Start,
            Err(error) => return Err(guest.fails()(error)),
        },
        _ => LostPage::Start,
    };
    Ok(guest.show(|| page(guest.shell(), model)))
}

fn choose(guest: &Guest, has: Belongings, signed_in: bool, unticked: bool) -> LostPage {
    let way_left = signed_in || has.way_left();
    let methods = has.methods.into_iter().map(|method| Losable {
        id: method.id.to_string(),
        kind: method.kind,
        gone: method.disabled_reason.as_deref() == Some(LOST),
        name: method.label,
    });
    LostPage::Choose {
        methods: methods.collect(),
        signed_in,
        unticked,
        stranded: (!way_left).then(|| Stranded {
            session: guest.visit.session_id.clone(),
            tenant: guest.organisation.clone().unwrap_or_default(),
        }),
    }
}
