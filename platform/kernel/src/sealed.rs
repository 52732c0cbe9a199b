//! Personal data in events: readable only with the key of the person it is about.

use crate::SubjectId;

/// A value about a person, in an event that has been read: present, or gone with the person's key.
///
/// Journals hold only its ciphertext ([`SealedBytes`]); destroying the subject's key turns every copy of it into
/// `Erased`, in backups as well, while the log stays valid. Erased is a value of its own, never a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed<T> {
    /// The person whose key protects it.
    pub subject: SubjectId,
    /// What can still be read.
    pub value: Opened<T>,
}

/// What opening a sealed value gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened<T> {
    /// The key exists.
    Plain(T),
    /// The key was destroyed on purpose.
    Erased,
}

impl<T> Sealed<T> {
    /// A value about `subject`.
    pub const fn new(subject: SubjectId, value: T) -> Self {
        Self { subject, value: Opened::Plain(value) }
    }

    /// The value, unless it is erased.
    pub const fn plain(&self) -> Option<&T> {
        match &self.value {
            Opened::Plain(value) => Some(value),
            Opened::Erased => None,
        }
    }

    /// The value for which `change` turns a plain one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sealed<U> {
        let value = match self.value {
            Opened::Plain(value) => Opened::Plain(change(value)),
            Opened::Erased => Opened::Erased,
        };
        Sealed { subject: self.subject, value }
    }
}

/// A sealed value as an event stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBytes {
    /// The person whose key protects it.
    pub subject: SubjectId,
    /// Nonce, ciphertext and tag.
    pub ciphertext: Vec<u8>,
}

/// Sealing failed; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The subject was erased: nothing about them may be written again.
    #[error("the person this is about was erased")]
    Erased(SubjectId),
    /// The cipher refused.
    #[error("sealing failed")]
    Cipher,
}

/// Opening failed: the key store or the bytes are wrong. A destroyed key is not an error but [`Opened::Erased`].
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A subject that the keyring has never seen: probably the wrong key store, which must not pass for erasure.
    #[error("no key was ever made for {0}")]
    UnknownSubject(SubjectId),
    /// The bytes do not belong to the key.
    #[error("the sealed bytes of {0} do not open with their key")]
    Cipher(SubjectId),
}

/// Encrypts under the key of a subject, making the key where there is none.
pub trait Seal {
    /// Seals `plain` for `subject`.
    ///
    /// # Errors
    /// [`SealError::Erased`] where the subject's key was destroyed.
    fn seal(&mut self, subject: SubjectId, plain: &[u8]) -> Result<SealedBytes, SealError>;
}

/// Decrypts with the key of a subject.
pub trait Open {
    /// Opens `sealed`.
    ///
    /// # Errors
    /// [`OpenError`] where the key is unknown or does not fit; a destroyed key is `Ok(Erased)`.
    fn open(&self, sealed: &SealedBytes) -> Result<Opened<Vec<u8>>, OpenError>;
}
