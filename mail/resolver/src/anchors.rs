//! Keys from which signatures are checked, as a file names them.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hickory_resolver::proto::dnssec::{PublicKey as _, TrustAnchors, Verifier as _};
use hickory_resolver::proto::rr::LowerName;
use hickory_resolver::proto::serialize::txt::ParseError;
use hickory_resolver::proto::serialize::txt::trust_anchor::{Entry, Parser};

/// Octets of a file of keys; the root's own take one KiB.
pub const ANCHOR_FILE_OCTETS_MAX: usize = 64 * 1024;

/// Keys of zones that are believed as they are: everything below a zone is proven from its keys (RFC 4033 section 2).
///
/// A file that names keys of the root takes the place of the published ones; one that names keys of other zones alone
/// leaves those.
#[derive(Clone)]
pub struct Anchors {
    keys: Arc<TrustAnchors>,
    zones: BTreeSet<LowerName>,
}

/// Why a file of keys is not believed.
#[derive(Debug, thiserror::Error)]
pub enum AnchorFault {
    /// It is not there, or not to be read.
    #[error("reading the trust anchors in {}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is longer than [`ANCHOR_FILE_OCTETS_MAX`].
    #[error("{}: expected at most 64 KiB of trust anchors", .path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("{}: expected DNSKEY records, each on a line of its own", .path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What was found.
        #[source]
        source: ParseError,
    },
    /// It holds nothing.
    #[error("{}: expected DNSKEY records, each on a line of its own, and there is none", .path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// A key proves nothing.
    #[error("{}: a key of {zone} cannot be a trust anchor: {reason}", .path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Whose key.
        zone: String,
        /// Why.
        reason: &'static str,
    },
}

impl Anchors {
    /// Reads a file of DNSKEY records in the form of a master file, each on a line of its own.
    ///
    /// # Errors
    /// [`AnchorFault`], for a file of which one key is none: who mistypes a key must not believe more than was meant.
    pub fn read(path: &Path) -> Result<Self, AnchorFault> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| AnchorFault::Unreadable { path: path.to_owned(), source })?;
        if text.len() > ANCHOR_FILE_OCTETS_MAX {
            return Err(AnchorFault::TooLong { path: path.to_owned() });
        }
        let entries = Parser::new(text)
            .parse()
            .map_err(|source| AnchorFault::Malformed { path: path.to_owned(), source })?;
        if entries.is_empty() {
            return Err(AnchorFault::Empty { path: path.to_owned() });
        }
        let is_root = |entry: &Entry| matches!(entry, Entry::DNSKEY(record) if record.name().is_root());
        let mut keys =
            if entries.iter().any(is_root) { TrustAnchors::empty() } else { TrustAnchors::default() };
        let mut zones = BTreeSet::new();
        for entry in &entries {
            let (zone, key) = match entry {
                Entry::DNSKEY(record) => (LowerName::from(record.name()), record.data()),
                _ => continue,
            };
            let unusable =
                |reason| AnchorFault::Unusable { path: path.to_owned(), zone: zone.to_string(), reason };
            if !key.zone_key() {
                return Err(unusable("it signs no zone (RFC 4034 section 2.1.1)"));
            }
            if key.revoke() {
                return Err(unusable("it is revoked (RFC 5011 section 2.1)"));
            }
            if !key.public_key().algorithm().is_supported() || key.key().is_err() {
                return Err(unusable("its algorithm is not known here, or the key is broken"));
            }
            keys.insert_with_name(key.public_key(), zone.clone());
            zones.insert(zone);
        }
        Ok(Self { keys: Arc::new(keys), zones })
    }

    pub(crate) fn keys(&self) -> Arc<TrustAnchors> {
        Arc::clone(&self.keys)
    }
}

impl std::fmt::Debug for Anchors {
    /// The zones that the file named.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.zones.iter().map(ToString::to_string)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root's key of 2017 (20326), as IANA publishes it.
    const ROOT: &str = ". 172800 IN DNSKEY 257 3 8 \
        AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN\
        7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8\
        efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLY\
        A4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU=\n";
    /// A key of the same kind that nobody has published.
    const OWN: &str = "IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n";

    fn read(text: &str) -> Result<Anchors, AnchorFault> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        Anchors::read(file.path())
    }

    fn refused(text: &str) -> String {
        read(text).expect_err(text).to_string()
    }

    #[test]
    fn keys_of_the_root_take_the_place_of_the_published_ones_and_others_stand_beside_them() {
        let published = TrustAnchors::default();
        let octets = |keys: &TrustAnchors| keys.get(0).map(|key| key.public_bytes().to_vec());
        let root = read(ROOT).expect("a key").keys();
        assert_eq!((root.len(), octets(&root)), (1, octets(&published)));
        let own = read(&format!("; ours\n. 3600 {OWN}")).expect("a key");
        assert_eq!(own.keys().len(), 1);
        assert_ne!(octets(&own.keys()), octets(&published));
        let below = read(&format!("corp.example. {OWN}")).expect("a key");
        assert_eq!(below.keys().len(), published.len());
        let key = own.keys().get(0).expect("a key").clone();
        assert!(below.keys().contains_with_name(&key, below.zones.first().expect("a zone")));
        assert_eq!(format!("{below:?}"), "{\"corp.example.\"}");
    }

    #[test]
    fn a_file_with_anything_else_in_it_is_refused() {
        for (text, expected) in [
            ("", "there is none"),
            ("; nothing but words\n", "there is none"),
            ("-----BEGIN CERTIFICATE-----\n", "expected DNSKEY records"),
            (
                ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n",
                "expected DNSKEY",
            ),
            (". IN DNSKEY 257 3 15 !!!\n", "expected DNSKEY records"),
            (&OWN.replace("IN DNSKEY 257", "corp.example. IN DNSKEY 1"), "signs no zone"),
            (&OWN.replace("IN DNSKEY 257", "corp.example. IN DNSKEY 385"), "revoked"),
            (&OWN.replace("IN DNSKEY 257 3 15", "corp.example. IN DNSKEY 257 3 200"), "corp.example"),
            (&";".repeat(ANCHOR_FILE_OCTETS_MAX + 1), "at most 64 KiB"),
        ] {
            let said = refused(text);
            assert!(said.contains(expected), "{said}");
        }
        // One that is wrong makes all of it wrong.
        assert!(read(&format!("{ROOT}. IN DNSKEY 257 3 15 !!!\n")).is_err());
        let gone = Anchors::read(Path::new("/nowhere/root.key")).expect_err("it is not there");
        assert_eq!(gone.to_string(), "reading the trust anchors in /nowhere/root.key");
    }
}
