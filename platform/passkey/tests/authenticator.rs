//! An authenticator in software says what the standard wants, and what it must not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::{Assertion, Fault, KeyState, NewKey, Presence, PublicKey, Registration, RelyingParty};
use proptest::prelude::*;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};

const ORIGIN: &str = "https://panel.example:8443";
const CHALLENGE: [u8; 32] = [7; 32];
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const BACKUP_POSSIBLE: u8 = 8;
const BACKED_UP: u8 = 16;
const HAS_KEY: u8 = 64;
const HAS_EXTENSIONS: u8 = 128;

enum Signer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

impl Signer {
    fn all() -> [Self; 3] {
        let chance = SystemRandom::new();
        let es256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &chance).expect("a key");
        let es256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, es256.as_ref(), &chance);
        let eddsa = Ed25519KeyPair::generate_pkcs8(&chance).expect("a key");
        let rs256 = RsaKeyPair::from_pkcs8(include_bytes!("rsa-test-key.der"));
        [
            Self::Es256(es256.expect("a key")),
            Self::EdDsa(Ed25519KeyPair::from_pkcs8(eddsa.as_ref()).expect("a key")),
            Self::Rs256(rs256.expect("a key")),
        ]
    }

    fn key(&self) -> PublicKey {
        match self {
            Self::Es256(pair) => PublicKey::Es256(pair.public_key().as_ref().to_vec()),
            Self::EdDsa(pair) => PublicKey::EdDsa(pair.public_key().as_ref().to_vec()),
            Self::Rs256(pair) => {
                let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                PublicKey::Rs256 { modulus: public.n, exponent: public.e }
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let chance = SystemRandom::new();
        match self {
            Self::Es256(pair) => pair.sign(&chance, message).expect("signed").as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &chance, message, &mut signature).expect("signed");
                signature
            }
        }
    }
}

fn party() -> RelyingParty {
    RelyingParty::of_origin(ORIGIN).expect("a host")
}

fn client_data(kind: &str, challenge: &[u8], origin: &str) -> Vec<u8> {
    let challenge = URL_SAFE_NO_PAD.encode(challenge);
    format!(
        r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false,"other":[1]}}"#
    )
    .into_bytes()
}

fn data(id: &str, flags: u8, counter: u32) -> Vec<u8> {
    [digest(&SHA256, id.as_bytes()).as_ref(), &[flags], &counter.to_be_bytes()].concat()
}

fn attestation(data: &[u8]) -> Vec<u8> {
    let size = u16::try_from(data.len()).expect("short").to_be_bytes();
    [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59", &size[..], data].concat()
}

fn made(flags: u8, key: &PublicKey) -> Vec<u8> {
    [data("panel.example", flags | HAS_KEY, 0), vec![0; 16], vec![0, 3], b"abc".to_vec(), key.to_cose()]
        .concat()
}

fn register(flags: u8, key: &PublicKey, presence: Presence) -> Result<NewKey, Fault> {
    let client_data = client_data("webauthn.create", &CHALLENGE, ORIGIN);
    let attestation = attestation(&made(flags, key));
    party().register(
        &CHALLENGE,
        Registration { client_data: &client_data, attestation: &attestation },
        presence,
    )
}

/// A sign-in of which one thing is as the test wants it.
struct SignIn {
    kind: &'static str,
    challenge: [u8; 32],
    origin: &'static str,
    id: &'static str,
    flags: u8,
    counter: u32,
    state: KeyState,
}

impl SignIn {
    fn good() -> Self {
        Self {
            kind: "webauthn.get",
            challenge: CHALLENGE,
            origin: ORIGIN,
            id: "panel.example",
            flags: PRESENT | VERIFIED,
            counter: 5,
            state: KeyState { counter: 4, may_be_backed_up: false },
        }
    }

    fn by(&self, signer: &Signer, key: &PublicKey) -> Result<u32, Fault> {
        let client_data = client_data(self.kind, &self.challenge, self.origin);
        let data = data(self.id, self.flags, self.counter);
        let hash = digest(&SHA256, &client_data);
        let signature = signer.sign(&[&data[..], hash.as_ref()].concat());
        let assertion =
            Assertion { client_data: &client_data, authenticator_data: &data, signature: &signature };
        let used = party().authenticate(&CHALLENGE, (key, self.state), assertion, Presence::Verified)?;
        Ok(used.counter)
    }
}

#[test]
fn keys_of_all_three_algorithms_register_and_sign_in() {
    assert_eq!(party().id(), "panel.example");
    for signer in Signer::all() {
        let made = register(PRESENT | VERIFIED, &signer.key(), Presence::Verified).expect("a key");
        assert_eq!((made.credential.as_slice(), &made.key), (&b"abc"[..], &signer.key()));
        assert!(made.is_verified && !made.is_backed_up);
        let kept = PublicKey::from_cose(&made.key.to_cose()).expect("what was kept");
        assert_eq!(SignIn::good().by(&signer, &kept), Ok(5));
    }
}

#[test]
fn an_answer_to_another_question_site_or_challenge_proves_nothing() {
    let [signer, other, _] = Signer::all();
    let key = signer.key();
    let good = SignIn::good;
    for (sign_in, fault) in [
        (SignIn { kind: "webauthn.create", ..good() }, Fault::Type),
        (SignIn { challenge: [8; 32], ..good() }, Fault::Challenge),
        (SignIn { origin: "https://panel.example", ..good() }, Fault::Origin),
        (SignIn { origin: "https://evil.example", ..good() }, Fault::Origin),
        (SignIn { id: "evil.example", ..good() }, Fault::RelyingParty),
        (SignIn { flags: VERIFIED, ..good() }, Fault::NotPresent),
        (SignIn { flags: PRESENT, ..good() }, Fault::NotVerified),
        (SignIn { flags: PRESENT | VERIFIED | BACKED_UP, ..good() }, Fault::Form),
        (SignIn { flags: PRESENT | VERIFIED | BACKUP_POSSIBLE, ..good() }, Fault::Form),
        (SignIn { flags: PRESENT | VERIFIED | HAS_EXTENSIONS, ..good() }, Fault::Form),
        (SignIn { counter: 4, ..good() }, Fault::Counter),
        (SignIn { counter: 0, ..good() }, Fault::Counter),
    ] {
        assert_eq!(sign_in.by(&signer, &key), Err(fault));
    }
    assert_eq!(good().by(&other, &key), Err(Fault::Signature), "by another key");
}

#[test]
fn an_authenticator_without_a_counter_says_zero_for_ever() {
    let [signer, ..] = Signer::all();
    let state = KeyState { counter: 0, may_be_backed_up: false };
    assert_eq!(SignIn { counter: 0, state, ..SignIn::good() }.by(&signer, &signer.key()), Ok(0));
}

#[test]
fn a_frame_in_a_page_of_others_is_refused() {
    let [signer, ..] = Signer::all();
    let client_data = String::from_utf8(client_data("webauthn.create", &CHALLENGE, ORIGIN)).expect("UTF-8");
    let client_data = client_data.replace("\"crossOrigin\":false", "\"crossOrigin\":true");
    let attestation = attestation(&made(PRESENT, &signer.key()));
    let registration = Registration { client_data: client_data.as_bytes(), attestation: &attestation };
    assert_eq!(party().register(&CHALLENGE, registration, Presence::Touched), Err(Fault::Origin));
}

#[test]
fn a_key_of_another_algorithm_or_size_is_refused() {
    let small = PublicKey::Rs256 { modulus: vec![1; 128], exponent: vec![1, 0, 1] };
    assert_eq!(register(PRESENT, &small, Presence::Touched), Err(Fault::Algorithm));
    assert_eq!(PublicKey::from_cose(&[0xa2, 1, 2, 3, 0x38, 0x22]), Err(Fault::Algorithm), "ES384");
    assert_eq!(PublicKey::from_cose(&[0xa0]), Err(Fault::Algorithm));
}

#[test]
fn a_registration_whose_user_was_not_verified_is_no_passkey() {
    let [signer, ..] = Signer::all();
    assert_eq!(register(PRESENT, &signer.key(), Presence::Verified), Err(Fault::NotVerified));
    assert!(register(PRESENT, &signer.key(), Presence::Touched).is_ok_and(|made| !made.is_verified));
}

proptest! {
    #[test]
    fn nonsense_is_a_fault_and_never_a_panic(client_data: Vec<u8>, octets: Vec<u8>, signature: Vec<u8>) {
        let registration = Registration { client_data: &client_data, attestation: &octets };
        prop_assert!(party().register(&CHALLENGE, registration, Presence::Touched).is_err());
        let asked = self::client_data("webauthn.create", &CHALLENGE, ORIGIN);
        for attestation in [octets.clone(), attestation(&octets)] {
            let registration = Registration { client_data: &asked, attestation: &attestation };
            prop_assert!(party().register(&CHALLENGE, registration, Presence::Touched).is_err());
        }
        let key = PublicKey::EdDsa(vec![1; 32]);
        let asked = self::client_data("webauthn.get", &CHALLENGE, ORIGIN);
        let assertion =
            Assertion { client_data: &asked, authenticator_data: &octets, signature: &signature };
        let state = KeyState { counter: 0, may_be_backed_up: false };
        prop_assert!(party().authenticate(&CHALLENGE, (&key, state), assertion, Presence::Touched).is_err());
        prop_assert!(PublicKey::from_cose(&octets).is_err());
    }
}
