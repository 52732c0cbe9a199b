//! Signing profiles (CMS SignedData, RFC 5652 section 5) with the key of the servers' certificate, so that a device shows
//! who made them. Under a certificate that nobody vouches for, devices say so.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use rustls::SignatureScheme;
use rustls::sign::SigningKey;
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256, Sha384};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use x509_cert::der::{self, Decode as _, Encode as _};
use x509_cert::spki::AlgorithmIdentifierOwned;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const ECDSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const RSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The chain is empty or no certificates.
    #[error("the certificate cannot be read")]
    Certificate(#[source] Option<der::Error>),
    /// Profiles are signed by RSA or ECDSA on P-256 and P-384.
    #[error("the key is neither RSA nor ECDSA")]
    Key,
    /// The signature failed.
    #[error("signing")]
    Sign(#[source] rustls::Error),
    /// The signed message cannot be written.
    #[error("writing the signed message")]
    Write(#[source] der::Error),
}

/// Signs in the name of the servers.
pub struct Seal {
    chain: Vec<Certificate>,
    key: Arc<dyn SigningKey>,
}

impl Seal {
    /// From what the servers show under TLS, the leaf first.
    ///
    /// # Errors
    /// [`SealError`] where the certificate or its key are of another kind.
    pub fn new(chain: &[CertificateDer<'_>], key: Arc<dyn SigningKey>) -> Result<Self, SealError> {
        let chain: Vec<Certificate> = chain
            .iter()
            .map(|certificate| Certificate::from_der(certificate))
            .collect::<Result<_, _>>()
            .map_err(|error| SealError::Certificate(Some(error)))?;
        if chain.is_empty() {
            return Err(SealError::Certificate(None));
        }
        let seal = Self { chain, key };
        seal.key.choose_scheme(&SCHEMES).ok_or(SealError::Key)?;
        Ok(seal)
    }

    /// `content` with its signature and the chain, as DER.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn sign(&self, content: &[u8]) -> Result<Vec<u8>, SealError> {
        let signer = self.key.choose_scheme(&SCHEMES).ok_or(SealError::Key)?;
        let (digest, signature, hash) = match signer.scheme() {
            SignatureScheme::ECDSA_NISTP256_SHA256 => {
                (SHA_256, ECDSA_SHA_256, Sha256::digest(content).to_vec())
            }
            SignatureScheme::ECDSA_NISTP384_SHA384 => {
                (SHA_384, ECDSA_SHA_384, Sha384::digest(content).to_vec())
            }
            _ => (SHA_256, RSA_SHA_256, Sha256::digest(content).to_vec()),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let attributes = attributes(&hash, now).map_err(SealError::Write)?;
        let signed = signer.sign(&attributes.to_der().map_err(SealError::Write)?).map_err(SealError::Sign)?;
        self.written(content, (digest, signature), (attributes, signed)).map_err(SealError::Write)
    }

    fn written(
        &self,
        content: &[u8],
        (digest, signature): (ObjectIdentifier, ObjectIdentifier),
        (attributes, signed): (SetOfVec<Attribute>, Vec<u8>),
    ) -> der::Result<Vec<u8>> {
        let digest = AlgorithmIdentifierOwned { oid: digest, parameters: None };
        let parameters = (signature == RSA_SHA_256).then(Any::null);
        let leaf = &self.chain[0].tbs_certificate;
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: leaf.issuer.clone(),
                serial_number: leaf.serial_number.clone(),
            }),
            digest_alg: digest.clone(),
            signed_attrs: Some(attributes),
            signature_algorithm: AlgorithmIdentifierOwned { oid: signature, parameters },
            signature: OctetString::new(signed)?,
            unsigned_attrs: None,
        };
        let chain = self.chain.iter().cloned().map(CertificateChoices::Certificate).collect::<Vec<_>>();
        let message = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from(vec![digest])?,
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: DATA,
                econtent: Some(Any::encode_from(&OctetString::new(content)?)?),
            },
            certificates: Some(CertificateSet(SetOfVec::try_from(chain)?)),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from(vec![signer])?),
        };
        ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&message)? }.to_der()
    }
}

const SCHEMES: [SignatureScheme; 3] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

/// What is signed: the kind, the hash and the time (RFC 5652 section 11).
fn attributes(hash: &[u8], now: Duration) -> der::Result<SetOfVec<Attribute>> {
    let attribute = |oid, value| -> der::Result<Attribute> {
        Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
    };
    let time = UtcTime::from_unix_duration(now)?;
    SetOfVec::try_from(vec![
        attribute(CONTENT_TYPE, Any::encode_from(&DATA)?)?,
        attribute(SIGNING_TIME, Any::encode_from(&time)?)?,
        attribute(MESSAGE_DIGEST, Any::encode_from(&OctetString::new(hash)?)?)?,
    ])
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}
