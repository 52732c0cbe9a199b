//! Logins: a cache of proofs that were right, argon2id for the others, and a limit for those who guess.

use std::sync::Arc;
use std::time::Duration;

use kernel::{EmailAddress, network_of};
use moka::sync::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use crate::clock::now;
use crate::follow::canonical;
use crate::index::{AppPassword, MailboxEntry};
use crate::throttle::{Attempt, Key, Throttle};
use crate::tries::outcome;
use crate::{
    AuthRefusal, Credential, Demand, Directory, Entitlement, Login, LoginAttempt, Protocol, password,
};

/// Proofs that are remembered; the least used go first.
pub const CACHED_LOGIN_COUNT_MAX: u64 = 500_000;
/// Logins that may wait for a core to hash; more are told to come back.
pub const WAITING_LOGIN_COUNT_MAX: usize = 1000;
/// How long a proof is remembered after its last use.
const CACHED_LOGIN_IDLE: Duration = Duration::from_secs(3600);
/// Longest password in octets.
const PASSWORD_OCTETS_MAX: usize = 1024;

/// Characters of an app password without spaces: 100 bits in base32 (RFC 4648 section 6).
pub const APP_PASSWORD_CHARACTER_COUNT: usize = 20;

/// What stands between a name and a mailbox.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Proofs: a keyed hash over the stored password hash and the given password. A new password has another stored
    /// hash, so nothing has to be forgotten.
    proofs: Cache<Key, ()>,
    /// Under which proofs are hashed; made at start, never written.
    secret: Key,
    throttle: Throttle,
    hashing: Semaphore,
    waiting: Semaphore,
}

impl Gate {
    pub(crate) fn new() -> Self {
        let mut secret = [0_u8; 32];
        let has_secret = getrandom::fill(&mut secret).is_ok();
        // Without randomness nothing is remembered rather than remembered under a known key.
        let capacity = if has_secret { CACHED_LOGIN_COUNT_MAX } else { 0 };
        let core_count = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            proofs: Cache::builder().max_capacity(capacity).time_to_idle(CACHED_LOGIN_IDLE).build(),
            secret,
            throttle: Throttle::new(),
            hashing: Semaphore::new(core_count),
            waiting: Semaphore::new(WAITING_LOGIN_COUNT_MAX),
        }
    }

    fn keyed(&self, purpose: &str, pieces: &[&[u8]]) -> Key {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(purpose.as_bytes());
        for piece in pieces {
            hasher.update(&(piece.len() as u64).to_le_bytes());
            hasher.update(piece);
        }
        *hasher.finalize().as_bytes()
    }
}

/// What a name leads to.
struct Candidate {
    /// As it would be, if what was given is right.
    login: Login,
    /// The app password that was given, if it is one.
    app: Option<AppPassword>,
    /// None: nobody comes in by the password.
    password_hash: Option<Arc<str>>,
    has_factor: bool,
    demand: Option<Demand>,
    /// Whether its service is closed to it but for taking its messages along.
    is_export_only: bool,
}

/// BLAKE3 of an app password, as it is given: in groups or not, in small letters or not. None for what is none.
pub fn app_password_hash(given: &str) -> Option<[u8; 32]> {
    let mut text = String::with_capacity(APP_PASSWORD_CHARACTER_COUNT);
    for character in given.chars().filter(|character| !matches!(character, ' ' | '-')) {
        if !character.is_ascii_alphanumeric() || text.len() == APP_PASSWORD_CHARACTER_COUNT {
            return None;
        }
        text.push(character.to_ascii_lowercase());
    }
    (text.len() == APP_PASSWORD_CHARACTER_COUNT).then(|| *blake3::hash(text.as_bytes()).as_bytes())
}

impl Directory {
    fn candidate(&self, name: &str, given: &SecretString) -> Option<Candidate> {
        let address = EmailAddress::parse(name.trim()).ok()?;
        let index = self.index.read();
        let entry = index.mailbox_at(&canonical(&address))?;
        let is_purged = index.entitlement(entry.tenant, entry.service) == Entitlement::Purged;
        if !entry.is_enabled || is_purged || !index.is_served(entry) {
            return None;
        }
        let app = app_password(entry, given).cloned();
        let credential = match (&app, &entry.password_hash) {
            (Some(app), _) => Credential::App(app.id),
            (None, Some(hash)) => Credential::Password(Arc::clone(hash)),
            (None, None) => Credential::Password("".into()),
        };
        Some(Candidate {
            login: index.login(entry, credential),
            app,
            password_hash: entry.password_hash.clone(),
            has_factor: entry.has_factor(),
            demand: index.demand(entry),
            is_export_only: index.web_demand(entry) == Some(Some(Demand::ExportOnly)),
        })
    }

    /// Checks a name and a password. A proof that was right before costs two hashes of a few hundred octets; a new one
    /// costs argon2id, at most as many at once as there are cores. An app password costs one hash: it has 100 bits of
    /// chance, which nobody guesses.
    ///
    /// # Errors
    /// [`AuthRefusal`]; whether the name exists is told neither by the answer nor by the time it takes.
    pub async fn authenticate(&self, attempt: LoginAttempt<'_>) -> Result<Login, AuthRefusal> {
        let judged = self.judge(attempt).await;
        if attempt.protocol != Protocol::Web {
            self.tell(&attempt, &judged);
        }
        let login = judged?;
        self.uses.note(&login, attempt.protocol, now());
        Ok(login)
    }

    /// Tells the owner of the mailbox, where there is one.
    fn tell(&self, attempt: &LoginAttempt<'_>, judged: &Result<Login, AuthRefusal>) {
        let known = match judged {
            Ok(login) => Some((login.tenant, login.mailbox)),
            Err(_) => self.mailbox_of(attempt.login),
        };
        if let (Some(whose), Some(outcome)) = (known, outcome(judged)) {
            self.tries.note(whose, (attempt.protocol, outcome), (attempt.peer, now()));
        }
    }

    async fn judge(&self, attempt: LoginAttempt<'_>) -> Result<Login, AuthRefusal> {
        if attempt.password.expose_secret().len() > PASSWORD_OCTETS_MAX {
            return Err(AuthRefusal::Wrong);
        }
        let candidate = self.candidate(attempt.login, attempt.password);
        if let Some(Candidate { login, app: Some(known), .. }) = candidate {
            if known.expires_at.is_some_and(|end| end <= now()) {
                return Err(AuthRefusal::AppPasswordExpired);
            }
            let opened = login.protocols.has(attempt.protocol) && known.protocols.has(attempt.protocol);
            return entitled(login.entitlement, opened).map(|()| login);
        }
        let hash = candidate.as_ref().and_then(|candidate| candidate.password_hash.as_deref());
        let proof = hash.map(|hash| {
            let password = attempt.password.expose_secret().as_bytes();
            self.gate.keyed("proof", &[hash.as_bytes(), password])
        });
        let is_known = proof.is_some_and(|proof| self.gate.proofs.get(&proof).is_some());
        if !is_known {
            self.check(&attempt, hash, proof).await?;
        }
        let Some(Candidate { login, has_factor, demand, is_export_only, .. }) = candidate else {
            return Err(AuthRefusal::Wrong);
        };
        if attempt.protocol == Protocol::Web && is_export_only && login.protocols.has(Protocol::Web) {
            return Ok(login);
        }
        entitled(login.entitlement, login.protocols.has(attempt.protocol))?;
        match (attempt.protocol, demand) {
            // Whatever is to be done first is done on the web.
            (Protocol::Web, _) => {}
            (Protocol::Imap | Protocol::Submission, _) if has_factor => {
                return Err(AuthRefusal::AppPasswordNeeded);
            }
            (Protocol::Imap | Protocol::Submission, Some(Demand::SecondFactor)) => {
                return Err(AuthRefusal::SecondFactorMissing);
            }
            // Programs cannot choose a password: they go on with the one that they were set up with.
            (
                Protocol::Imap | Protocol::Submission,
                Some(Demand::PasswordChange | Demand::EmailVerification | Demand::ExportOnly) | None,
            ) => {}
        }
        Ok(login)
    }

    async fn check(
        &self,
        attempt: &LoginAttempt<'_>,
        hash: Option<&str>,
        proof: Option<Key>,
    ) -> Result<(), AuthRefusal> {
        let gate = &self.gate;
        let (network, login) = (network_of(attempt.peer).to_string(), attempt.login.trim().to_lowercase());
        let counted = Attempt {
            login_from_peer: gate.keyed("login", &[login.as_bytes(), network.as_bytes()]),
            peer: gate.keyed("peer", &[network.as_bytes()]),
            password: gate.keyed("password", &[attempt.password.expose_secret().as_bytes()]),
        };
        if let Some(retry_after_secs) = gate.throttle.wait_secs(&counted) {
            return Err(AuthRefusal::Throttled { retry_after_secs });
        }
        let _place = gate.waiting.try_acquire().map_err(|_| AuthRefusal::Busy)?;
        let _core = gate.hashing.acquire().await.map_err(|_| AuthRefusal::Busy)?;
        let (password, hash): (SecretString, Option<String>) =
            (attempt.password.clone(), hash.map(str::to_owned));
        let is_right = tokio::task::spawn_blocking(move || password::verify(&password, hash.as_deref()))
            .await
            .map_err(|_| AuthRefusal::Busy)?;
        match proof {
            Some(proof) if is_right => {
                gate.throttle.succeeded(&counted);
                gate.proofs.insert(proof, ());
                Ok(())
            }
            Some(_) | None => {
                gate.throttle.failed(&counted);
                Err(AuthRefusal::Wrong)
            }
        }
    }
}

/// The app password that was given, if it is one of the mailbox.
fn app_password<'a>(entry: &'a MailboxEntry, given: &SecretString) -> Option<&'a AppPassword> {
    if entry.app_passwords().is_empty() {
        return None;
    }
    let hash = app_password_hash(given.expose_secret())?;
    entry.app_passwords().iter().find(|known| known.secret_hash.ct_eq(&hash).into())
}

const fn entitled(entitlement: Entitlement, is_open: bool) -> Result<(), AuthRefusal> {
    match entitlement {
        Entitlement::Active | Entitlement::Restricted if is_open => Ok(()),
        Entitlement::Active | Entitlement::Restricted => Err(AuthRefusal::ProtocolOff),
        Entitlement::Suspended | Entitlement::Ended | Entitlement::Purged => Err(AuthRefusal::Suspended),
    }
}
