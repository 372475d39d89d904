//! Whom we trust at the other end of an encrypted connection.

use domain::delivery::channel::SendError;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{net::IpAddr, sync::Arc};

/// Whose certificates are believed.
#[derive(Clone, Debug, Default)]
pub(crate) enum Roots {
    /// The public authorities, as Mozilla lists them.
    #[default]
    Public,
    /// Only these: PEM, for a provider inside one's own network.
    Own(String),
}

impl Roots {
    /// The certificates of one's own, one by one.
    pub(crate) fn own_certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, SendError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        match found {
            Ok(certificates) if !certificates.is_empty() => Ok(certificates),
            _ => Err(SendError::misconfigured("the own root certificates are not PEM")),
        }
    }

    fn store(&self) -> Result<RootCertStore, SendError> {
        let mut store = RootCertStore::empty();
        match self {
            Self::Public => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Self::Own(pem) => {
                for certificate in Self::own_certificates(pem)? {
                    store
                        .add(certificate)
                        .map_err(|_| SendError::misconfigured("one of the own root certificates cannot be used"))?;
                }
            }
        }
        Ok(store)
    }

    /// What a client needs: TLS 1.2 or 1.3, by ring, without a certificate of its own.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, SendError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| SendError::misconfigured("no version of TLS is left to speak"))?;
        Ok(versions.with_root_certificates(self.store()?).with_no_client_auth())
    }
}

/// True for a host that is this machine, where a connection need not be encrypted. A name is only believed if it is `localhost`.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(["127.0.0.1", "127.8.8.8", "[::1]", "::1", "LocalHost"].into_iter().all(is_loopback));
        assert!(
            !["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", ""]
                .into_iter()
                .any(is_loopback)
        );
    }

    #[test]
    fn roots_are_read_or_refused() {
        assert!(Roots::Public.client_config().is_ok());
        for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(Roots::Own(pem.to_owned()).client_config().is_err(), "{pem}");
        }
    }
}
