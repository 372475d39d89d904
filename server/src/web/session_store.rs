//! tower-sessions over our own table. Only the hash of an id is stored; what a session may do stands in columns that are written once, when the row is
//! made. Saving an existing session writes nothing, so that a request that runs beside a sign-out can never bring it back.

use async_trait::async_trait;
use domain::{Domain, sign_in::NewSession};
use serde_json::Value;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::{
        SameSite,
        time::{Duration, OffsetDateTime},
    },
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::config::PublicUrl;

/// The layer that reads and writes the cookie. Over TLS its name begins with `__Host-`: no other host and no path can set it. It lives as long as the
/// browser does; the row's own times decide.
pub(crate) fn sessions(domain: &Domain, public_url: &PublicUrl) -> SessionManagerLayer<Sessions> {
    let plain = public_url.is_development();
    SessionManagerLayer::new(Sessions(domain.clone()))
        .with_name(if plain { "sid" } else { "__Host-sid" })
        .with_secure(!plain)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnSessionEnd)
}

/// The store.
#[derive(Clone)]
pub(crate) struct Sessions(pub(crate) Domain);

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let new = record.data.get(app::caller::NEW_SESSION).cloned().unwrap_or(Value::Null);
        let new: NewSession = serde_json::from_value(new).map_err(|error| Error::Decode(error.to_string()))?;
        self.0.sign_in().create_session(&bytes(&record.id), &new).await.map_err(backend)
    }

    async fn save(&self, _record: &Record) -> Result<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let alive = self.0.sign_in().session_exists(&bytes(id)).await.map_err(backend)?;
        // The row's own times decide; this one only has to lie ahead.
        let expiry_date = OffsetDateTime::now_utc() + Duration::days(1);
        Ok(alive.then(|| Record {
            id: *id,
            data: Default::default(),
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.sign_in().end_session(&bytes(id)).await.map_err(backend)
    }
}

fn bytes(id: &Id) -> [u8; 16] {
    id.0.to_be_bytes()
}

fn backend(error: domain::sign_in::SignInError) -> Error {
    Error::Backend(error.to_string())
}
