//! One-time passwords by time (RFC 6238): SHA-1, six digits, 30 seconds, as every authenticator app knows them; and the
//! recovery codes that stand in for a lost app.

use std::time::Duration;

use hosting::factor::{FactorState, TotpSeed};
use kernel::{FactorId, Id as _};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use totp_rs::{Algorithm, Secret, TOTP};

/// Seconds that a code is shown.
const STEP_SECS: u64 = 30;
/// How long a code can be shown: its own step and its neighbours.
pub(crate) const CODE_LIFE: Duration = Duration::from_secs(4 * STEP_SECS);
/// Digits of a code.
const DIGIT_COUNT: usize = 6;
/// Octets of a new seed (RFC 4226 section 4 recommends 160 bits).
const SEED_OCTETS: usize = 20;
/// Recovery codes that are made at once.
const RECOVERY_CODE_COUNT: usize = 10;
/// Octets of chance in a recovery code: 80 bits, so that a fast hash keeps it.
const RECOVERY_CODE_OCTETS: usize = 10;
/// Characters of one without dashes.
const RECOVERY_CODE_CHARACTER_COUNT: usize = 16;

/// What a code proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// An authenticator app is there, which has shown the code of this step.
    Totp(FactorId, u64),
    /// It is the recovery code with this hash, which is to be used up.
    Recovery([u8; 32]),
}

/// What `code` proves at `now_secs` since 1970; none where it is wrong. Whether it was used before is the caller's to say.
pub(crate) fn prove(factors: &FactorState, code: &str, now_secs: u64) -> Option<Proof> {
    let plain: String = code.chars().filter(|character| !matches!(character, ' ' | '-')).collect();
    if plain.len() == DIGIT_COUNT {
        return factors.totp.iter().find_map(|(factor, record)| {
            let step = step_of(record.seed.plain()?, &plain, now_secs)?;
            Some(Proof::Totp(*factor, step))
        });
    }
    let hash = recovery_hash(&plain)?;
    let is_known = factors.recovery.iter().any(|known| known.ct_eq(&hash).into());
    is_known.then_some(Proof::Recovery(hash))
}

/// By what it is known that the code of a step was used: each is good once (RFC 6238 section 5.2), at every node.
pub(crate) fn once(factor: FactorId, step: u64) -> [u8; 32] {
    *blake3::hash(&[factor.uuid().as_bytes(), &step.to_be_bytes()[..]].concat()).as_bytes()
}

/// The step, of now or its neighbours (RFC 6238 section 5.2), whose code this is.
pub(crate) fn step_of(seed: &TotpSeed, code: &str, now_secs: u64) -> Option<u64> {
    let totp = totp(seed, "", None)?;
    let now = now_secs / STEP_SECS;
    [now, now.saturating_sub(1), now + 1]
        .into_iter()
        .find(|step| totp.generate(step * STEP_SECS).as_bytes().ct_eq(code.as_bytes()).into())
}

/// A fresh seed; none where the machine gives no chance.
pub(crate) fn fresh_seed() -> Option<TotpSeed> {
    let mut octets = vec![0; SEED_OCTETS];
    getrandom::fill(&mut octets).ok()?;
    TotpSeed::new(octets)
}

/// A seed as people type it: base32 (RFC 4648 section 6).
pub(crate) fn seed_text(seed: &TotpSeed) -> String {
    base32(seed.octets())
}

/// The seed of such a text.
pub(crate) fn read_seed(text: &str) -> Option<TotpSeed> {
    let plain: String = text.chars().filter(|character| !matches!(character, ' ' | '-')).collect();
    TotpSeed::new(Secret::Encoded(plain.to_ascii_uppercase()).to_bytes().ok()?)
}

/// What an authenticator app scans: `otpauth://totp/...`.
pub(crate) fn url(seed: &TotpSeed, label: &str) -> Option<String> {
    // A colon separates issuer and label in the URL.
    totp(seed, &label.replace(':', "_"), Some("Hosterra".to_owned())).map(|totp| totp.get_url())
}

fn totp(seed: &TotpSeed, label: &str, issuer: Option<String>) -> Option<TOTP> {
    let octets = seed.octets().to_vec();
    TOTP::new(Algorithm::SHA1, DIGIT_COUNT, 0, STEP_SECS, octets, issuer, label.to_owned()).ok()
}

/// Fresh recovery codes, to be shown once; none where the machine gives no chance.
pub(crate) fn recovery_codes() -> Option<Vec<SecretString>> {
    (0..RECOVERY_CODE_COUNT)
        .map(|_| {
            let text = random_text(RECOVERY_CODE_OCTETS)?;
            Some(grouped(&text, 4, '-').into())
        })
        .collect()
}

/// BLAKE3 of a recovery code, however it is typed; none for what is none.
pub(crate) fn recovery_hash(code: &str) -> Option<[u8; 32]> {
    let plain: String = code.chars().filter(|character| !matches!(character, ' ' | '-')).collect();
    let is_code = plain.len() == RECOVERY_CODE_CHARACTER_COUNT && plain.is_ascii();
    is_code.then(|| *blake3::hash(plain.to_ascii_lowercase().as_bytes()).as_bytes())
}

/// The hashes of codes that were just made.
pub(crate) fn hashes(codes: &[SecretString]) -> Vec<[u8; 32]> {
    codes.iter().filter_map(|code| recovery_hash(code.expose_secret())).collect()
}

/// A fresh app password in groups of five, with 100 bits of chance.
pub(crate) fn app_password() -> Option<SecretString> {
    let text = random_text(directory::APP_PASSWORD_CHARACTER_COUNT * 5 / 8 + 1)?;
    let text: String = text.chars().take(directory::APP_PASSWORD_CHARACTER_COUNT).collect();
    Some(grouped(&text, 5, ' ').into())
}

fn random_text(octet_count: usize) -> Option<String> {
    let mut octets = vec![0; octet_count];
    getrandom::fill(&mut octets).ok()?;
    Some(base32(&octets).to_ascii_lowercase())
}

fn base32(octets: &[u8]) -> String {
    match Secret::Raw(octets.to_vec()).to_encoded() {
        Secret::Encoded(text) => text,
        Secret::Raw(_) => String::new(),
    }
}

fn grouped(text: &str, size: usize, between: char) -> String {
    let mut grouped = String::with_capacity(text.len() + text.len() / size);
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % size == 0 {
            grouped.push(between);
        }
        grouped.push(character);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosting::factor::TotpRecord;
    use kernel::{Sealed, SubjectId};
    use uuid::Uuid;

    /// The seed of the examples of RFC 6238, appendix B.
    fn seed() -> TotpSeed {
        TotpSeed::new(b"12345678901234567890".to_vec()).expect("20 octets")
    }

    fn factors() -> FactorState {
        let subject = SubjectId::new(Uuid::nil());
        let record =
            TotpRecord { name: Sealed::new(subject, "phone".to_owned()), seed: Sealed::new(subject, seed()) };
        let mut factors = FactorState::default();
        factors.totp.insert(FactorId::new(Uuid::nil()), record);
        factors
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // The last six of the eight digits that the RFC prints.
        for (secs, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(step_of(&seed(), code, secs), Some(secs / 30), "{secs}");
        }
        assert_eq!(step_of(&seed(), "287082", 1_111_111_109), None);
    }

    #[test]
    fn a_code_is_good_for_its_neighbours_and_names_its_step() {
        let of_first = Some(Proof::Totp(FactorId::new(Uuid::nil()), 1));
        assert_eq!(prove(&factors(), "287 082", 59 + 30), of_first);
        assert_eq!(prove(&factors(), "287082", 59), of_first);
        assert_eq!(prove(&factors(), "287082", 59 + 90), None, "too late");
    }

    #[test]
    fn recovery_codes_are_read_however_they_are_typed() {
        let codes = recovery_codes().expect("chance");
        assert_eq!(codes.len(), RECOVERY_CODE_COUNT);
        let mut factors = factors();
        factors.recovery = hashes(&codes).into_iter().collect();
        let typed = codes[3].expose_secret().to_uppercase().replace('-', " ");
        let hash = recovery_hash(codes[3].expose_secret()).expect("a code");
        assert_eq!(prove(&factors, &typed, 0), Some(Proof::Recovery(hash)));
        assert_eq!(prove(&factors, "aaaa-bbbb-cccc-dddd", 0), None);
    }

    #[test]
    fn a_seed_is_read_back_and_an_app_password_is_one() {
        assert_eq!(read_seed(&seed_text(&seed()).to_lowercase()), Some(seed()));
        assert_eq!(read_seed("ABCD"), None, "too short");
        let password = app_password().expect("chance");
        assert!(directory::app_password_hash(password.expose_secret()).is_some());
        assert!(url(&seed(), "alice@demo.example").expect("a URL").starts_with("otpauth://totp/Hosterra"));
    }
}
