//! The certificate that the servers show: the operator's, or one made at the first start.

use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;

use anyhow::Context as _;
use graphql::{CertificateSource, ServedCertificate};
use kernel::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

use crate::config::Config;

/// A certificate chain and its key, both PEM.
pub struct Pem {
    /// Leaf first.
    pub certificate: Vec<u8>,
    /// PKCS #8, PKCS #1 or SEC 1.
    pub key: Vec<u8>,
}

/// Reads the configured files, or those in the data folder, which are made where absent.
///
/// # Errors
/// Files that cannot be read or written.
pub fn load(config: &Config) -> anyhow::Result<Pem> {
    if let Some(files) = &config.tls {
        let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
        return Ok(Pem { certificate: read(&files.certificate)?, key: read(&files.key)? });
    }
    let certificate_path = config.data.join("self-signed.crt");
    let key_path = config.data.join("self-signed.key");
    if let (Ok(certificate), Ok(key)) = (fs::read(&certificate_path), fs::read(&key_path)) {
        return Ok(Pem { certificate, key });
    }
    let mut names = vec![config.hostname.as_str().to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
    names.dedup();
    let made = rcgen::generate_simple_self_signed(names).context("making a self-signed certificate")?;
    let pem =
        Pem { certificate: made.cert.pem().into_bytes(), key: made.signing_key.serialize_pem().into_bytes() };
    // The key first: a certificate without its key would be taken for a finished pair after a crash in between.
    write_private(&key_path, &pem.key)?;
    write_private(&certificate_path, &pem.certificate)?;
    Ok(pem)
}

/// What the mail servers show from their start on.
pub struct Served(Vec<ServedCertificate>);

impl Served {
    /// Reads the leaf of what [`load`] gives.
    ///
    /// # Errors
    /// As [`load`]; or what is there is no certificate.
    pub fn read(config: &Config) -> anyhow::Result<Self> {
        let pem = load(config)?;
        let leaf = CertificateDer::pem_slice_iter(&pem.certificate).next().context("no certificate")?;
        let leaf = leaf.map_err(|error| anyhow::anyhow!("the certificate: {error}"))?;
        Ok(Self(vec![told(&leaf)?]))
    }
}

impl CertificateSource for Served {
    fn served(&self) -> Vec<ServedCertificate> {
        self.0.clone()
    }
}

/// What a certificate says of itself.
fn told(der: &[u8]) -> anyhow::Result<ServedCertificate> {
    let certificate = Certificate::from_der(der).context("the certificate cannot be read")?;
    let told = &certificate.tbs_certificate;
    let names = told.get::<SubjectAltName>().context("the names of the certificate cannot be read")?;
    let at = |time: Time| {
        Timestamp::from_secs(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
    };
    Ok(ServedCertificate {
        names: names
            .map(|(_, SubjectAltName(names))| names.iter().filter_map(name).collect())
            .unwrap_or_default(),
        issuer: told.issuer.to_string(),
        is_self_signed: told.issuer == told.subject,
        not_before: at(told.validity.not_before),
        not_after: at(told.validity.not_after),
    })
}

/// A DNS name or an address; what else a certificate can be for, mail servers are not reached by.
fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(octets) => match octets.as_bytes().len() {
            4 => <[u8; 4]>::try_from(octets.as_bytes()).ok().map(|four| IpAddr::from(four).to_string()),
            _ => <[u8; 16]>::try_from(octets.as_bytes()).ok().map(|all| IpAddr::from(all).to_string()),
        },
        _ => None,
    }
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, octets: &[u8]) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let beside = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(octets)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_tells_its_names_its_giver_and_its_end() {
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = vec!["mail.host.example".to_owned(), "127.0.0.1".to_owned(), "2001:db8::1".to_owned()];
        let mut wanted = rcgen::CertificateParams::new(names.clone()).expect("names");
        wanted.distinguished_name.push(rcgen::DnType::CommonName, "The servers");
        wanted.not_before = rcgen::date_time_ymd(2026, 1, 2);
        wanted.not_after = rcgen::date_time_ymd(2026, 4, 2);
        let made = wanted.self_signed(&key).expect("a certificate");
        let read = told(made.der()).expect("readable");
        assert_eq!(read.names, names);
        assert!(read.issuer.contains("CN=The servers"), "{}", read.issuer);
        assert!(read.is_self_signed);
        assert_eq!(read.not_before, Timestamp::from_secs(1_767_312_000));
        assert_eq!(read.not_after, Timestamp::from_secs(1_775_088_000));
        assert!(told(b"no certificate").is_err());
    }
}
