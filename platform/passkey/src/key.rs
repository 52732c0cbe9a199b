//! Public keys as authenticators give them (COSE, RFC 9053), and what they sign.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use crate::Fault;
use crate::cbor::{Reader, Value};

/// Octets of one coordinate of P-256, and of an Ed25519 key.
const COORDINATE_OCTETS: usize = 32;
/// Parameters of a key that are read; more are refused.
const PARAMETER_COUNT_MAX: u64 = 16;
/// Octets of an RSA modulus: 2048 to 8192 bits.
const MODULUS_OCTETS: std::ops::RangeInclusive<usize> = 256..=1024;
/// Octets of an RSA exponent.
const EXPONENT_OCTETS_MAX: usize = 8;

/// The public key of an authenticator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// ECDSA over P-256 with SHA-256 (-7): an uncompressed point.
    Es256(Vec<u8>),
    /// Ed25519 (-8).
    EdDsa(Vec<u8>),
    /// RSASSA-PKCS1-v1_5 with SHA-256 (-257).
    Rs256 {
        /// Big-endian, without leading zeros.
        modulus: Vec<u8>,
        /// Big-endian, without leading zeros.
        exponent: Vec<u8>,
    },
}

/// What a COSE key may hold, as far as it is needed.
#[derive(Default)]
struct Parameters<'a> {
    kind: Option<i64>,
    algorithm: Option<i64>,
    /// The curve, or the modulus.
    minus_one: Option<Value<'a>>,
    /// The first coordinate, or the exponent.
    minus_two: Option<&'a [u8]>,
    minus_three: Option<&'a [u8]>,
}

impl PublicKey {
    /// Reads a COSE key.
    ///
    /// # Errors
    /// [`Fault::Algorithm`] for a key of another kind, [`Fault::Form`] for nonsense.
    pub fn from_cose(octets: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader(octets);
        let key = Self::read(&mut reader)?;
        if reader.0.is_empty() { Ok(key) } else { Err(Fault::Form) }
    }

    /// Its COSE form, as it is kept.
    pub fn to_cose(&self) -> Vec<u8> {
        let octets = |octets: &[u8]| {
            let size = u16::try_from(octets.len()).unwrap_or(u16::MAX).to_be_bytes();
            [&[0x59], &size[..], octets].concat()
        };
        match self {
            Self::Es256(point) => {
                let (x, y) = point[1..].split_at(COORDINATE_OCTETS);
                [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21], &octets(x)[..], &[0x22], &octets(y)].concat()
            }
            Self::EdDsa(key) => [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21], &octets(key)[..]].concat(),
            Self::Rs256 { modulus, exponent } => {
                let head = &[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20];
                [head, &octets(modulus)[..], &[0x21], &octets(exponent)].concat()
            }
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let parameters = Parameters::read(reader)?;
        let point = |x: Option<&[u8]>| {
            x.filter(|x| x.len() == COORDINATE_OCTETS).ok_or(Fault::Form).map(<[u8]>::to_vec)
        };
        match (parameters.kind, parameters.algorithm, parameters.minus_one) {
            (Some(2), Some(-7), Some(Value::Integer(1))) => {
                let (x, y) = (point(parameters.minus_two)?, point(parameters.minus_three)?);
                Ok(Self::Es256([vec![4], x, y].concat()))
            }
            (Some(1), Some(-8), Some(Value::Integer(6))) => point(parameters.minus_two).map(Self::EdDsa),
            (Some(3), Some(-257), Some(Value::Octets(modulus))) => {
                let exponent = parameters.minus_two.ok_or(Fault::Form)?;
                let (modulus, exponent) = (trimmed(modulus), trimmed(exponent));
                let fits = MODULUS_OCTETS.contains(&modulus.len()) && exponent.len() <= EXPONENT_OCTETS_MAX;
                if fits { Ok(Self::Rs256 { modulus, exponent }) } else { Err(Fault::Algorithm) }
            }
            _ => Err(Fault::Algorithm),
        }
    }

    /// Passes where `signature` over `message` is by this key.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let verified =
            match self {
                Self::Es256(point) => {
                    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
                }
                Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
                Self::Rs256 { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                    .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            };
        verified.map_err(|_| Fault::Signature)
    }
}

impl<'a> Parameters<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let count = reader.map()?;
        if count > PARAMETER_COUNT_MAX {
            return Err(Fault::Form);
        }
        let mut found = Self::default();
        for _ in 0..count {
            let (label, value) = (reader.value()?, reader.value()?);
            match (label, value) {
                (Value::Integer(1), Value::Integer(kind)) => found.kind = Some(kind),
                (Value::Integer(3), Value::Integer(algorithm)) => found.algorithm = Some(algorithm),
                (Value::Integer(-1), value) => found.minus_one = Some(value),
                (Value::Integer(-2), Value::Octets(octets)) => found.minus_two = Some(octets),
                (Value::Integer(-3), Value::Octets(octets)) => found.minus_three = Some(octets),
                _ => {}
            }
        }
        Ok(found)
    }
}

fn trimmed(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|octet| *octet == 0).collect()
}
