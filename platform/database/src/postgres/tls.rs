//! TLS towards a PostgreSQL server: always where it is on another machine, and always with a certificate that proves the host.
//!
//! The parameters of the URL are libpq's (PostgreSQL documentation, section 34.19): `sslmode` as `disable` or `verify-full`, and
//! `sslrootcert` with the path of a PEM file. libpq's weaker modes are not there: encryption to whoever answers keeps nobody out.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::DatabaseError;

/// What a server proves itself by.
pub(super) enum Trust {
    /// Nothing: what is said does not leave this machine, or is to be said in the clear.
    ThisMachine,
    /// A certificate of one of these.
    Roots(Box<RootCertStore>),
}

/// Reads the URL of a server.
pub(super) fn read(url: &str) -> Result<(Config, Trust), DatabaseError> {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut authority, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", value)) => authority = Some(value),
            _ => rest.push(pair),
        }
    }
    let kept = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
    let mut config: Config = kept
        .parse()
        .map_err(|_| DatabaseError::Setting("the URL of the PostgreSQL server cannot be read"))?;
    let is_secret = match mode {
        // `require` is what is commonly written; it is obeyed more strictly.
        Some("verify-full" | "require") => true,
        Some("disable") => {
            if !is_here(&config) {
                tracing::warn!("PostgreSQL is reached in the clear, on another machine: `sslmode=disable`");
            }
            false
        }
        Some(_) => {
            return Err(DatabaseError::Setting(
                "`sslmode` of the PostgreSQL URL is `verify-full` or `disable`",
            ));
        }
        None => authority.is_some() || !is_here(&config),
    };
    if !is_secret {
        config.ssl_mode(SslMode::Disable);
        return Ok((config, Trust::ThisMachine));
    }
    config.ssl_mode(SslMode::Require);
    let roots = match authority {
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Some(path) => roots_in(path)?,
    };
    Ok((config, Trust::Roots(Box::new(roots))))
}

/// Whether all hosts of `config` are this machine.
fn is_here(config: &Config) -> bool {
    let by_name = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
            name == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
        }
        Host::Unix(_) => true,
    });
    by_name && config.get_hostaddrs().iter().all(|address| address.to_canonical().is_loopback())
}

/// The certificates of a PEM file.
fn roots_in(path: &str) -> Result<RootCertStore, DatabaseError> {
    let unread =
        || DatabaseError::Setting("the file of `sslrootcert` holds no certificate in PEM that can be read");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unread())? {
        roots.add(certificate.map_err(|_| unread())?).map_err(|_| unread())?;
    }
    if roots.is_empty() { Err(unread()) } else { Ok(roots) }
}

/// Connects to who proves the host by one of `roots`.
pub(super) fn connector(roots: RootCertStore) -> Result<MakeRustlsConnect, DatabaseError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| DatabaseError::Setting("TLS towards PostgreSQL cannot be set up"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_secret(url: &str) -> Result<bool, String> {
        read(url).map(|(_, trust)| matches!(trust, Trust::Roots(_))).map_err(|error| error.to_string())
    }

    #[test]
    fn another_machine_is_reached_by_tls_and_this_one_as_it_is_said() {
        for (url, secret) in [
            ("postgres://u@127.0.0.1:5432/x", false),
            ("postgres://u@localhost/x", false),
            ("postgres://u@[::1]/x", false),
            ("postgres://u@%2Frun%2Fpostgresql/x", false),
            ("postgres://u@db.example/x", true),
            ("postgres://u@10.0.0.5/x?connect_timeout=5", true),
            ("postgres://u@127.0.0.1,10.0.0.5/x", true),
            ("postgres://u@localhost/x?hostaddr=10.0.0.5", true),
            ("postgres://u@db.example/x?sslmode=disable", false),
            ("postgres://u@localhost/x?sslmode=verify-full&connect_timeout=5", true),
            ("postgres://u@localhost/x?sslmode=require", true),
        ] {
            assert_eq!(is_secret(url), Ok(secret), "{url}");
        }
    }

    #[test]
    fn what_would_keep_nobody_out_is_refused_with_words() {
        for url in ["postgres://u@db.example/x?sslmode=prefer", "postgres://u@db.example/x?sslmode="] {
            assert!(is_secret(url).is_err_and(|error| error.contains("verify-full")), "{url}");
        }
        let missing = is_secret("postgres://u@db.example/x?sslrootcert=/nowhere/ca.pem");
        assert!(missing.is_err_and(|error| error.contains("sslrootcert")));
    }
}
