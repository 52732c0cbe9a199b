//! Passkeys and security keys, as an authenticator in software answers for them.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::stage::{Customer, ORIGIN, PASSWORD, Stage, code};

const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const HAS_KEY: u8 = 64;

/// A security key with a counter and a place for one credential.
struct Authenticator {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    counter: Cell<u32>,
    origin: &'static str,
}

fn b64(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

impl Authenticator {
    fn new(id: u8) -> Self {
        let chance = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &chance).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &chance);
        Self { pair: pair.expect("a key"), id: vec![id; 20], counter: Cell::new(1), origin: ORIGIN }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let (challenge, origin) = (&options["challenge"], self.origin);
        json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn data(&self, party: &Value, flags: u8) -> Vec<u8> {
        let party = digest(&SHA256, party.as_str().expect("a name").as_bytes());
        [party.as_ref(), &[flags], &self.counter.get().to_be_bytes()].concat()
    }

    fn make(&self, question: &Value) -> Value {
        let options: Value =
            serde_json::from_str(question["options"].as_str().expect("options")).expect("JSON");
        let point = self.pair.public_key().as_ref();
        let cose =
            [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], &point[1..33], &[0x22, 0x58, 32], &point[33..]]
                .concat();
        let data = self.data(&options["rp"]["id"], PRESENT | VERIFIED | HAS_KEY);
        let data = [&data[..], &[0; 16], &[0, 20], &self.id, &cose].concat();
        let size = u16::try_from(data.len()).expect("short").to_be_bytes();
        let attestation = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59", &size[..], &data].concat();
        let credential = json!({ "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "response": {
            "clientDataJSON": b64(&self.client_data("webauthn.create", &options)),
            "attestationObject": b64(&attestation), "transports": ["usb"],
        } });
        json!({ "ticket": question["ticket"], "credential": credential.to_string() })
    }

    fn sign(&self, question: &Value, (flags, handle): (u8, &str)) -> Value {
        let options: Value =
            serde_json::from_str(question["options"].as_str().expect("options")).expect("JSON");
        self.counter.set(self.counter.get() + 1);
        let (client_data, data) =
            (self.client_data("webauthn.get", &options), self.data(&options["rpId"], flags));
        let message = [&data[..], digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message).expect("signed");
        let credential = json!({ "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key", "response": {
            "clientDataJSON": b64(&client_data), "authenticatorData": b64(&data),
            "signature": b64(signature.as_ref()), "userHandle": handle,
        } });
        json!({ "ticket": question["ticket"], "credential": credential.to_string() })
    }
}

async fn begun(stage: &Stage, token: &str) -> Value {
    stage.done(token, "mutation { passkeyBegin { ticket options } }").await["passkeyBegin"].clone()
}

fn handle_of(question: &Value) -> String {
    let options: Value = serde_json::from_str(question["options"].as_str().expect("options")).expect("JSON");
    options["user"]["id"].as_str().expect("a handle").to_owned()
}

async fn add(stage: &Stage, token: &str, (answer, password): (&Value, &str)) -> Value {
    let query = "mutation($answer: PasskeyAnswerInput!, $password: String!) { passkeyAdd(answer: $answer, \
         currentPassword: $password, name: \"blue key\") { secondFactors { isDemanded recoveryCodesLeft passkeys { id name \
         mayBeBackedUp lastUsedAt } } recoveryCodes userErrors { code field message } } }";
    let variables = json!({ "answer": answer, "password": password });
    stage.ask_in(graphql::Language::English, token, query, variables).await["data"]["passkeyAdd"].clone()
}

/// Adds a key to whoever holds `token`; what the authenticator keeps as its owner.
async fn enrolled(stage: &Stage, token: &str, authenticator: &Authenticator) -> String {
    let question = begun(stage, token).await;
    let answer = authenticator.make(&question);
    let wrong = add(stage, token, (&answer, "not my password")).await;
    assert_eq!(wrong["userErrors"][0]["code"], "WRONG_CREDENTIALS", "{wrong:#}");
    let added = add(stage, token, (&answer, PASSWORD)).await;
    assert_eq!(added["userErrors"], json!([]), "{added:#}");
    assert_eq!(added["secondFactors"]["isDemanded"], true);
    assert_eq!(added["recoveryCodes"].as_array().map(Vec::len), Some(10), "with the first factor");
    let again = add(stage, token, (&answer, PASSWORD)).await;
    assert_eq!(again["userErrors"][0]["code"], "FACTOR_EXISTS", "{again:#}");
    handle_of(&question)
}

async fn sign_in(stage: &Stage, login: &str, passkey: Option<&Value>) -> Value {
    let query = "mutation($login: String!, $password: String!, $passkey: PasskeyAnswerInput) { signIn(login: $login, \
         password: $password, passkey: $passkey) { session { accessToken } passkeyQuestion { ticket options } \
         userErrors { code field } } }";
    let variables = json!({ "login": login, "password": PASSWORD, "passkey": passkey });
    stage.ask_in(graphql::Language::English, "", query, variables).await["data"]["signIn"].clone()
}

async fn alone(stage: &Stage, answer: &Value) -> Value {
    let query = "mutation($answer: PasskeyAnswerInput!) { passkeySignIn(answer: $answer) { session { accessToken } \
         userErrors { code } } }";
    stage.ask_in(graphql::Language::English, "", query, json!({ "answer": answer })).await
}

async fn asked(stage: &Stage) -> Value {
    stage.done("", "mutation { passkeySignInBegin { ticket options } }").await["passkeySignInBegin"].clone()
}

async fn scene() -> (Stage, Customer, String, Authenticator) {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let authenticator = Authenticator::new(1);
    let handle = enrolled(&stage, &customer.owner, &authenticator).await;
    (stage, customer, handle, authenticator)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_the_second_factor_after_the_password() {
    let (stage, customer, handle, authenticator) = scene().await;
    let login = format!("owner_{}", customer.domain_name);
    let missing = sign_in(&stage, &login, None).await;
    assert_eq!(missing["userErrors"][0]["code"], "SECOND_FACTOR_NEEDED", "{missing:#}");
    let question = &missing["passkeyQuestion"];
    assert!(question["options"].as_str().expect("options").contains(&b64(&authenticator.id)));
    let answer = authenticator.sign(question, (PRESENT, &handle));
    assert!(sign_in(&stage, &login, Some(&answer)).await["session"]["accessToken"].is_string());
    let replayed = sign_in(&stage, &login, Some(&answer)).await;
    assert_eq!(replayed["userErrors"][0]["code"], "WRONG_SECOND_FACTOR", "good once");
    let copied = Authenticator::new(1);
    let question = sign_in(&stage, &login, None).await["passkeyQuestion"].clone();
    let forged = copied.sign(&question, (PRESENT, &handle));
    assert_eq!(sign_in(&stage, &login, Some(&forged)).await["userErrors"][0]["code"], "WRONG_SECOND_FACTOR");
    authenticator.counter.set(1);
    let question = sign_in(&stage, &login, None).await["passkeyQuestion"].clone();
    let back = authenticator.sign(&question, (PRESENT, &handle));
    let back = sign_in(&stage, &login, Some(&back)).await;
    assert_eq!(back["userErrors"][0]["code"], "WRONG_SECOND_FACTOR", "the counter went back");
    let own = stage.done(&customer.owner, "{ secondFactors { passkeys { name lastUsedAt } } }").await;
    assert!(own["secondFactors"]["passkeys"][0]["lastUsedAt"].is_string(), "{own:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_alone_signs_in_where_it_has_verified_who_is_there() {
    let (stage, customer, handle, authenticator) = scene().await;
    let untouched = authenticator.sign(&asked(&stage).await, (PRESENT, &handle));
    let untouched = alone(&stage, &untouched).await;
    assert_eq!(untouched["data"]["passkeySignIn"]["userErrors"][0]["code"], "WRONG_PASSKEY", "{untouched:#}");
    let answer = authenticator.sign(&asked(&stage).await, (PRESENT | VERIFIED, &handle));
    let token = alone(&stage, &answer).await["data"]["passkeySignIn"]["session"]["accessToken"].clone();
    let viewer = stage.done(token.as_str().expect("a token"), "{ viewer { userId } }").await;
    assert_eq!(viewer["viewer"]["userId"], customer.user.as_str());
    assert_eq!(code(&alone(&stage, &answer).await), "", "no failure of the machine");
    assert_eq!(
        alone(&stage, &answer).await["data"]["passkeySignIn"]["userErrors"][0]["code"],
        "WRONG_PASSKEY",
        "good once"
    );
    for _ in 0..500 {
        let listed = stage.done(&customer.owner, "{ sessions { nodes { hasSecondFactor } } }").await;
        let nodes = listed["sessions"]["nodes"].as_array().expect("sessions").clone();
        if nodes.iter().any(|node| node["hasSecondFactor"] == true) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("password and second factor are not in one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_one_person_or_site_opens_nothing_of_another() {
    let (stage, customer, handle, mut authenticator) = scene().await;
    stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    let other = Authenticator::new(2);
    let of_alice = enrolled(&stage, &alice, &other).await;
    for (key, said) in [(&authenticator, &of_alice), (&other, &handle), (&other, &"AAAA".to_owned())] {
        let answer = key.sign(&asked(&stage).await, (PRESENT | VERIFIED, said));
        let answer = alone(&stage, &answer).await;
        assert_eq!(answer["data"]["passkeySignIn"]["userErrors"][0]["code"], "WRONG_PASSKEY", "{answer:#}");
    }
    let answer = other.sign(&asked(&stage).await, (PRESENT | VERIFIED, &of_alice));
    let token = alone(&stage, &answer).await["data"]["passkeySignIn"]["session"]["accessToken"].clone();
    let viewer = stage.done(token.as_str().expect("a token"), "{ viewer { mailboxId } }").await;
    assert!(viewer["viewer"]["mailboxId"].is_string(), "a mailbox signs in by its passkey");
    // A question of one session is answered in that session alone.
    let question = begun(&stage, &alice).await;
    let stolen = add(&stage, &customer.owner, (&Authenticator::new(3).make(&question), PASSWORD)).await;
    assert_eq!(stolen["userErrors"][0]["field"], "answer.ticket", "{stolen:#}");
    authenticator.origin = "https://panel.host.example.elsewhere.example";
    let answer = authenticator.sign(&asked(&stage).await, (PRESENT | VERIFIED, &handle));
    let answer = alone(&stage, &answer).await;
    assert_eq!(answer["data"]["passkeySignIn"]["userErrors"][0]["code"], "WRONG_PASSKEY", "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_passkey_a_mailbox_is_opened_by_app_passwords_alone() {
    let (stage, customer, _, _) = scene().await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    enrolled(&stage, &alice, &Authenticator::new(2)).await;
    let query = format!("{{ mailbox(mailboxId: \"{mailbox}\") {{ hasSecondFactor }} }}");
    // The list of mailboxes hears of it a moment later.
    for _ in 0..500 {
        if stage.done(&customer.owner, &query).await["mailbox"]["hasSecondFactor"] == true {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(stage.done(&customer.owner, &query).await["mailbox"]["hasSecondFactor"], true);
    let own = stage.done(&alice, "{ secondFactors { passkeys { id } } }").await;
    let id = own["secondFactors"]["passkeys"][0]["id"].as_str().expect("an id").to_owned();
    let rename = format!(
        "mutation {{ secondFactorRename(factorId: \"{id}\", name: \"red key\") {{ secondFactors {{ passkeys {{ name }} }} \
         userErrors {{ code }} }} }}"
    );
    let renamed = stage.done(&alice, &rename).await;
    assert_eq!(renamed["secondFactorRename"]["secondFactors"]["passkeys"][0]["name"], "red key");
    let remove = format!(
        "mutation {{ secondFactorRemove(factorId: \"{id}\", currentPassword: \"{PASSWORD}\") {{ secondFactors {{ \
         isDemanded }} userErrors {{ code }} }} }}"
    );
    let removed = stage.done(&alice, &remove).await;
    assert_eq!(removed["secondFactorRemove"]["secondFactors"]["isDemanded"], false);
}
