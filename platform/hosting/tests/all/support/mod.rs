//! What the tests share: a cipher that hides nothing, ids by number, a world of streams in memory.

pub(crate) mod samples;
pub(crate) mod stage;
pub(crate) mod world;

use kernel::{Id, Open, OpenError, Opened, Seal, SealError, SealedBytes, SubjectId};
use uuid::Uuid;

/// The octets of the subject, then the plain ones: readable in golden files, and bound to the subject.
pub(crate) struct Plainly;

impl Seal for Plainly {
    fn seal(&mut self, subject: SubjectId, plain: &[u8]) -> Result<SealedBytes, SealError> {
        let mut ciphertext = subject.uuid().as_bytes().to_vec();
        ciphertext.extend_from_slice(plain);
        Ok(SealedBytes { subject, ciphertext })
    }
}

impl Open for Plainly {
    fn open(&self, sealed: &SealedBytes) -> Result<Opened<Vec<u8>>, OpenError> {
        match sealed.ciphertext.strip_prefix(sealed.subject.uuid().as_bytes().as_slice()) {
            Some(plain) => Ok(Opened::Plain(plain.to_vec())),
            None => Err(OpenError::Cipher(sealed.subject)),
        }
    }
}

/// Every person was erased.
pub(crate) struct AllErased;

impl Open for AllErased {
    fn open(&self, _: &SealedBytes) -> Result<Opened<Vec<u8>>, OpenError> {
        Ok(Opened::Erased)
    }
}

/// The id with that number.
pub(crate) fn id<T: Id>(number: u128) -> T {
    T::from_uuid(Uuid::from_u128(number))
}
