//! Keys of persons: personal data in events opens only with them, and destroying one forgets the person.
//!
//! AES-256-GCM-SIV (RFC 8452), which forgives a repeated nonce. A subject's key is wrapped by the master key; tenant
//! and subject are authenticated with both, so that nothing can be moved between persons.

mod rotate;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aes_gcm_siv::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use database::{Database, Statement};
use kernel::{
    Claim, Id, Open, OpenError, Opened, Seal, SealError, SealedBytes, SubjectId, TenantId, Timestamp,
};
use parking_lot::{Mutex, RwLock};
use zeroize::Zeroizing;

use crate::{ClaimKey, JournalError, NewKey};

pub use rotate::rotate;

/// Octets of a nonce.
const NONCE_OCTETS: usize = 12;
/// Tenants whose keys are kept in memory.
const TENANT_COUNT_MAX: usize = 65_536;

/// The key over all keys: 32 octets that never leave memory but in the file or variable they came from.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// A key from its octets.
    pub fn new(octets: [u8; 32]) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// A fresh one.
    ///
    /// # Errors
    /// [`JournalError`] where the system gives no randomness.
    pub fn generate() -> Result<Self, JournalError> {
        Ok(Self(random()?))
    }

    /// From 64 hexadecimal digits; `None` where the text is anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim().as_bytes();
        let mut octets = Zeroizing::new([0_u8; 32]);
        if text.len() != 64 {
            return None;
        }
        for (octet, digits) in octets.iter_mut().zip(text.chunks(2)) {
            *octet = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(octets))
    }

    /// As 64 hexadecimal digits, for the file that keeps it.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|octet| format!("{octet:02x}")).collect())
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new(self.0.as_ref().into())
    }
}

/// What is known about the keys of one tenant's subjects.
#[derive(Default)]
pub struct TenantKeys {
    tenant: Option<TenantId>,
    keys: RwLock<HashMap<SubjectId, KeyState>>,
    /// How many of them are destroyed.
    destroyed_count: AtomicU64,
}

impl TenantKeys {
    /// How many of the tenant's keys are known to be destroyed. What was opened when they were fewer is to be used no
    /// more.
    pub fn destroyed_count(&self) -> u64 {
        self.destroyed_count.load(Ordering::Acquire)
    }

    fn destroy(&self, subject: SubjectId) {
        let before = self.keys.write().insert(subject, KeyState::Destroyed);
        if !matches!(before, Some(KeyState::Destroyed)) {
            self.destroyed_count.fetch_add(1, Ordering::AcqRel);
        }
    }
}

enum KeyState {
    Present(Box<Aes256GcmSiv>),
    Destroyed,
}

/// Finds, makes and destroys keys.
pub struct Keyring {
    master: MasterKey,
    database: Option<Database>,
    claim_key: [u8; 32],
    secrets: Mutex<HashMap<&'static str, [u8; 32]>>,
    tenants: Mutex<HashMap<TenantId, Arc<TenantKeys>>>,
    /// Subjects whose keys are to be used no more, wherever they still stand.
    forgotten: Mutex<HashSet<(TenantId, SubjectId)>>,
}

impl Keyring {
    /// A keyring over the tables of a journal in `database`.
    ///
    /// # Errors
    /// [`JournalError`] where the database fails, or where the master key is not the one that wrapped what it holds.
    pub async fn open(database: Database, master: MasterKey) -> Result<Self, JournalError> {
        let mut keyring = Self::in_memory(master);
        keyring.database = Some(database);
        keyring.claim_key = keyring.secret("claim").await?;
        Ok(keyring)
    }

    /// A keyring that forgets everything with the process, for [`crate::Memory`].
    pub fn in_memory(master: MasterKey) -> Self {
        let claim_key = blake3::derive_key("hosterra claims in memory", master.0.as_ref());
        Self {
            master,
            database: None,
            claim_key,
            secrets: Mutex::default(),
            tenants: Mutex::default(),
            forgotten: Mutex::default(),
        }
    }

    /// A secret of the platform by name: made at random once, kept wrapped by the master key.
    ///
    /// # Errors
    /// [`JournalError`] where the database fails or the master key is another.
    pub async fn secret(&self, name: &'static str) -> Result<[u8; 32], JournalError> {
        if let Some(known) = self.secrets.lock().get(name) {
            return Ok(*known);
        }
        let Some(database) = &self.database else {
            return Ok(blake3::derive_key(&format!("hosterra secret {name}"), self.master.0.as_ref()));
        };
        let aad = [b"secret:", name.as_bytes()].concat();
        let fresh = random()?;
        let wrapped = seal_under(&self.master.cipher(), fresh.as_ref(), &aad)?;
        let insert = "INSERT INTO platform_secret (name, wrapped_key) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let select = "SELECT wrapped_key FROM platform_secret WHERE name = $1";
        let mut rows = database.query(Statement::new(select).bind(name)).await?;
        if rows.is_empty() {
            database.write(vec![Statement::new(insert).bind(name).bind(wrapped)]).await?;
            rows = database.query(Statement::new(select).bind(name)).await?;
        }
        let row = rows.first().ok_or_else(|| JournalError::Corrupt("a secret vanished".to_owned()))?;
        let plain = open_under(&self.master.cipher(), row.bytes(0)?, &aad).ok_or_else(wrong_master)?;
        let secret: [u8; 32] = plain.as_slice().try_into().map_err(|_| wrong_master())?;
        self.secrets.lock().insert(name, secret);
        Ok(secret)
    }

    /// The keys of one tenant, from memory or the database.
    ///
    /// # Errors
    /// [`JournalError`] where the database fails or the master key is another.
    pub async fn tenant(&self, tenant: TenantId) -> Result<Arc<TenantKeys>, JournalError> {
        if let Some(known) = self.tenants.lock().get(&tenant) {
            return Ok(Arc::clone(known));
        }
        let keys = Arc::new(self.load(tenant).await?);
        let mut tenants = self.tenants.lock();
        if tenants.len() >= TENANT_COUNT_MAX {
            tenants.clear();
        }
        Ok(Arc::clone(tenants.entry(tenant).or_insert(keys)))
    }

    /// Forgets what memory knows of a tenant's keys: they changed below.
    pub fn refresh(&self, tenant: TenantId) {
        if self.database.is_some() {
            self.tenants.lock().remove(&tenant);
        }
    }

    /// Uses the key of a subject no more on this node, although it may stand in the database until whoever destroys it
    /// has done so.
    pub fn forget(&self, tenant: TenantId, subject: SubjectId) {
        self.forgotten.lock().insert((tenant, subject));
        let known = self.tenants.lock().get(&tenant).map(Arc::clone);
        if let Some(keys) = known {
            keys.destroy(subject);
        }
    }

    async fn load(&self, tenant: TenantId) -> Result<TenantKeys, JournalError> {
        let mut keys = HashMap::new();
        if let Some(database) = &self.database {
            let select = "SELECT subject, wrapped_key FROM subject_key WHERE tenant = $1";
            for row in database.query(Statement::new(select).bind(tenant.uuid())).await? {
                let subject = SubjectId::new(row.uuid(0)?);
                let state = match row.opt_bytes(1)? {
                    None => KeyState::Destroyed,
                    Some(wrapped) => {
                        let key = open_under(&self.master.cipher(), wrapped, &aad(tenant, subject));
                        KeyState::Present(Box::new(cipher(&key.ok_or_else(wrong_master)?)?))
                    }
                };
                keys.insert(subject, state);
            }
        }
        for (_, subject) in self.forgotten.lock().iter().filter(|(of, _)| *of == tenant) {
            keys.insert(*subject, KeyState::Destroyed);
        }
        let destroyed = keys.values().filter(|state| matches!(state, KeyState::Destroyed)).count() as u64;
        Ok(TenantKeys {
            tenant: Some(tenant),
            keys: RwLock::new(keys),
            destroyed_count: AtomicU64::new(destroyed),
        })
    }

    /// Destroys the key of a subject for ever. Repeating it is harmless; a row that says so stays.
    ///
    /// # Errors
    /// [`JournalError`] where the database fails: then the key may still exist.
    pub async fn destroy(
        &self,
        tenant: TenantId,
        subject: SubjectId,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        if let Some(database) = &self.database {
            let upsert = "INSERT INTO subject_key (tenant, subject, wrapped_key, destroyed_at) VALUES ($1, $2, NULL, $3) \
                          ON CONFLICT (tenant, subject) DO UPDATE SET wrapped_key = NULL, destroyed_at = excluded.destroyed_at";
            let statement =
                Statement::new(upsert).bind(tenant.uuid()).bind(subject.uuid()).bind(now.millis());
            database.write(vec![statement]).await?;
        }
        self.tenant(tenant).await?.destroy(subject);
        Ok(())
    }

    /// What a claim is called on disk.
    pub fn claim_key(&self, claim: &Claim) -> ClaimKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.claim_key);
        hasher.update(claim.kind.name().as_bytes()).update(&[0]).update(claim.name.as_bytes());
        ClaimKey { kind: claim.kind, hash: *hasher.finalize().as_bytes() }
    }

    /// Seals for the subjects of a tenant, making keys as needed.
    pub fn sealer(&self, keys: Arc<TenantKeys>) -> Sealer<'_> {
        Sealer { keyring: self, keys, fresh: HashMap::new() }
    }
}

fn random() -> Result<Zeroizing<[u8; 32]>, JournalError> {
    let mut octets = Zeroizing::new([0_u8; 32]);
    getrandom::fill(octets.as_mut())
        .map_err(|_| JournalError::Corrupt("the system gives no randomness".to_owned()))?;
    Ok(octets)
}

fn wrong_master() -> JournalError {
    JournalError::Corrupt(
        "a key does not open: is this the master key that the data was written with?".to_owned(),
    )
}

fn aad(tenant: TenantId, subject: SubjectId) -> [u8; 32] {
    let mut octets = [0; 32];
    octets[..16].copy_from_slice(tenant.uuid().as_bytes());
    octets[16..].copy_from_slice(subject.uuid().as_bytes());
    octets
}

fn cipher(key: &[u8]) -> Result<Aes256GcmSiv, JournalError> {
    Aes256GcmSiv::new_from_slice(key).map_err(|_| wrong_master())
}

fn seal_under(cipher: &Aes256GcmSiv, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, JournalError> {
    let mut nonce = [0_u8; NONCE_OCTETS];
    let failed = |_| JournalError::Corrupt("the system gives no randomness".to_owned());
    getrandom::fill(&mut nonce).map_err(failed)?;
    let sealed = cipher
        .encrypt(Nonce::from_slice(&nonce), Payload { msg: plain, aad })
        .map_err(|_| JournalError::Corrupt("sealing failed".to_owned()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open_under(cipher: &Aes256GcmSiv, sealed: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_OCTETS)?;
    cipher.decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad }).ok().map(Zeroizing::new)
}

impl Open for TenantKeys {
    fn open(&self, sealed: &SealedBytes) -> Result<Opened<Vec<u8>>, OpenError> {
        let keys = self.keys.read();
        match keys.get(&sealed.subject) {
            None => Err(OpenError::UnknownSubject(sealed.subject)),
            Some(KeyState::Destroyed) => Ok(Opened::Erased),
            Some(KeyState::Present(cipher)) => {
                let aad = aad(self.tenant.unwrap_or(TenantId::PLATFORM), sealed.subject);
                let plain =
                    open_under(cipher, &sealed.ciphertext, &aad).ok_or(OpenError::Cipher(sealed.subject))?;
                Ok(Opened::Plain(plain.to_vec()))
            }
        }
    }
}

/// Seals the events of one append; the keys that it made go into the same append.
pub struct Sealer<'a> {
    keyring: &'a Keyring,
    keys: Arc<TenantKeys>,
    fresh: HashMap<SubjectId, (Box<Aes256GcmSiv>, Vec<u8>)>,
}

impl Sealer<'_> {
    /// The keys that were made, wrapped.
    pub fn new_keys(&self) -> Vec<NewKey> {
        let mut keys: Vec<NewKey> = self
            .fresh
            .iter()
            .map(|(subject, (_, wrapped))| NewKey { subject: *subject, wrapped: wrapped.clone() })
            .collect();
        keys.sort_by_key(|key| key.subject);
        keys
    }

    /// Makes the new keys known to readers: the append has succeeded.
    pub fn appended(self) {
        let mut keys = self.keys.keys.write();
        for (subject, (cipher, _)) in self.fresh {
            keys.insert(subject, KeyState::Present(cipher));
        }
    }

    fn tenant(&self) -> TenantId {
        self.keys.tenant.unwrap_or(TenantId::PLATFORM)
    }
}

impl Seal for Sealer<'_> {
    fn seal(&mut self, subject: SubjectId, plain: &[u8]) -> Result<SealedBytes, SealError> {
        let aad = aad(self.tenant(), subject);
        let failed = |_| SealError::Cipher;
        if let Some(state) = self.keys.keys.read().get(&subject) {
            return match state {
                KeyState::Destroyed => Err(SealError::Erased(subject)),
                KeyState::Present(cipher) => {
                    let ciphertext = seal_under(cipher, plain, &aad).map_err(failed)?;
                    Ok(SealedBytes { subject, ciphertext })
                }
            };
        }
        if !self.fresh.contains_key(&subject) {
            let key = random().map_err(failed)?;
            let wrapped = seal_under(&self.keyring.master.cipher(), key.as_ref(), &aad).map_err(failed)?;
            let cipher = Box::new(cipher(key.as_ref()).map_err(failed)?);
            self.fresh.insert(subject, (cipher, wrapped));
        }
        let (cipher, _) = self.fresh.get(&subject).ok_or(SealError::Cipher)?;
        Ok(SealedBytes { subject, ciphertext: seal_under(cipher, plain, &aad).map_err(failed)? })
    }
}
