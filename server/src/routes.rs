//! All routes of the program in one register. What is not here does not exist.

use app::edge::Routes;

use crate::state::Service;
use crate::{health, rest, web};

/// Every route, with who may call it.
pub(crate) fn all() -> Routes<Service> {
    Routes::new()
        .merge(web::routes())
        .merge(health::routes())
        .merge(rest::routes())
        .merge(app::handlers::routes())
}
