//! Signing keys of a domain: made, published, seen, retired; the private halves are shown to nobody.

use serde_json::{Value, json};

use crate::stage::{Stage, code};

const KEYS: &str = "dkimKeys { selector algorithm state withdrawAfter record { name kind value } delegation { kind value } }";

#[tokio::test(flavor = "multi_thread")]
async fn signing_keys_are_made_seen_in_dns_and_retired() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let change = |verb: &str, more: &str| {
        let domain = &customer.domain;
        format!(
            "mutation {{ {verb}(domainId: \"{domain}\"{more}) {{ domain {{ name {KEYS} }} userErrors {{ code }} }} }}"
        )
    };
    let keys = |answer: &Value, verb: &str| answer[verb]["domain"]["dkimKeys"].clone();
    let states = |keys: &Value| -> Vec<String> {
        let keys = keys.as_array().expect("keys").iter();
        keys.map(|key| format!("{} {}", key["selector"], key["state"]).replace('"', "")).collect()
    };
    let answer = stage.done(&customer.owner, &change("dkimRotate", "")).await;
    let made = keys(&answer, "dkimRotate");
    assert_eq!(states(&made), ["h1 MADE", "h1e MADE"]);
    assert_eq!(made[0]["record"]["value"], "v=DKIM1; k=rsa; p=AAAA0");
    assert_eq!(made[0]["delegation"], json!({ "kind": "CNAME", "value": "h1.dkim.host.example" }));
    let name = made[0]["record"]["name"].as_str().expect("a name").to_owned();
    let domain = answer["dkimRotate"]["domain"]["name"].as_str().expect("a name");
    assert_eq!(name, format!("h1._domainkey.{domain}"));

    let answer = stage.done(&customer.owner, &change("dkimCheck", "")).await;
    assert_eq!(states(&keys(&answer, "dkimCheck")), ["h1 MADE", "h1e MADE"]);
    stage.world.txt.lock().insert(name, vec!["v=DKIM1; k=rsa; p=AAAA0".to_owned()]);
    let answer = stage.done(&customer.owner, &change("dkimCheck", "")).await;
    assert_eq!(states(&keys(&answer, "dkimCheck")), ["h1 ACTIVE", "h1e MADE"]);

    let answer = stage.done(&customer.owner, &change("dkimRetire", ", selector: \"h1\"")).await;
    let retired = keys(&answer, "dkimRetire");
    assert_eq!(states(&retired), ["h1 RETIRED", "h1e MADE"]);
    assert!(retired[0]["withdrawAfter"].is_string());
    let unknown = stage.ask(&customer.owner, &change("dkimRetire", ", selector: \"h7\"")).await;
    assert_eq!(unknown["data"]["dkimRetire"]["userErrors"][0]["code"], "DKIM_KEY_NOT_FOUND");

    let history =
        format!("{{ history(id: \"{}\") {{ nodes {{ kind changes {{ field to }} }} }} }}", customer.domain);
    let told = stage.done(&customer.owner, &history).await.to_string();
    assert!(told.contains("domain.dkim_key_made"), "{told}");
    assert!(!told.contains("a private key"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_makes_or_sees_the_keys_of_a_domain() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let other = stage.customer(&operator, ("rival", "pro")).await;
    for verb in ["dkimRotate", "dkimCheck"] {
        let asked = format!(
            "mutation {{ {verb}(accountId: \"{}\", domainId: \"{}\") {{ domain {{ id }} userErrors {{ code }} }} }}",
            customer.account, customer.domain
        );
        assert_eq!(code(&stage.ask(&other.owner, &asked).await), "NOT_FOUND", "{verb}");
    }
}
