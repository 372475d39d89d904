//! The address people type. Links, cookies, passkeys, the Host check and the CSRF check all start from it.

use axum::http::Uri;

/// Scheme, host and port of the installation; nothing behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    https: bool,
    host: String,
    port: u16,
}

impl PublicUrl {
    /// Takes `https://host[:port]`, and `http://` for this machine's own names only.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text
            .parse()
            .map_err(|_| "is not a URL (names outside ASCII must be written in their xn-- form)")?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("must start with https:// (or be http://localhost for development)"),
        };
        if uri.query().is_some() || !matches!(uri.path(), "" | "/") {
            return Err("must end after the host and port: a path is not supported");
        }
        let authority = uri.authority().ok_or("has no host")?;
        if authority.as_str().contains('@') {
            return Err("must not carry a user name or password");
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() || host.ends_with('.') {
            return Err("has an empty host, or one that ends with a dot");
        }
        if !https && !matches!(host.as_str(), "localhost" | "127.0.0.1") {
            return Err("must be https, unless the host is localhost or 127.0.0.1");
        }
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") | None => {
                if https {
                    443
                } else {
                    80
                }
            }
            Some(_) => authority
                .port_u16()
                .filter(|port| *port != 0)
                .ok_or("has a port that is not a number from 1 to 65535")?,
        };
        Ok(Self { https, host, port })
    }

    /// Plain http on this machine: a mode for trying things out, with fewer promises.
    pub(crate) fn is_development(&self) -> bool {
        !self.https
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    /// Host in lower case, without port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What a browser sends in `Origin`: no trailing slash, no default port.
    pub(crate) fn origin(&self) -> String {
        let (scheme, default_port) = if self.https { ("https", 443) } else { ("http", 80) };
        if self.port == default_port {
            format!("{scheme}://{}", self.host)
        } else {
            format!("{scheme}://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_required_except_on_this_machine() {
        for good in [
            "https://mfa.example",
            "https://mfa.example:8443/",
            "http://localhost:3000",
            "http://127.0.0.1:9",
            "http://localhost",
        ] {
            assert!(PublicUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://mfa.example",
            "http://localhost.example",
            "http://0.0.0.0:3000",
            "mfa.example",
            "ftp://mfa.example",
            "https://mfa.example/path",
            "https://mfa.example?x=1",
            "https://user:pw@mfa.example",
            "https://mfa.example.",
            "https://mfa.example:0",
            "https://mfa.example:99999",
            "https://",
            "",
            "https://müller.example",
        ] {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_origin_is_what_a_browser_sends() {
        let origin = |text| PublicUrl::parse(text).map(|url| url.origin());
        assert_eq!(origin("https://MFA.Example:443/"), Ok("https://mfa.example".to_owned()));
        assert_eq!(origin("https://mfa.example:8443"), Ok("https://mfa.example:8443".to_owned()));
        assert_eq!(origin("http://localhost:3000"), Ok("http://localhost:3000".to_owned()));
        assert_eq!(origin("http://localhost:80"), Ok("http://localhost".to_owned()));
    }
}
