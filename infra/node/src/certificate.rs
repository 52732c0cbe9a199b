//! The certificate that the servers show: the operator's, or one made at the first start.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

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
