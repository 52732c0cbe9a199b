//! What mail servers prove themselves by, as far as those know it who use them.

use serde_json::json;

use crate::stage::{PASSWORD, Stage, code};

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_all_certificates_and_customers_those_of_the_host_they_use() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    stage.mailbox(&customer, "alice").await;
    let query = "{ mailCertificates { names issuer isSelfSigned notAfter } }";
    let all = stage.done(&operator, query).await["mailCertificates"].clone();
    assert_eq!(
        all,
        json!([
            { "names": ["mail.example", "other.example"], "issuer": "CN=An authority", "isSelfSigned": false,
              "notAfter": "2027-01-15T08:00:00.000Z" },
            { "names": ["inner.example"], "issuer": "CN=An authority", "isSelfSigned": false,
              "notAfter": "2030-03-17T17:46:40.000Z" },
        ])
    );
    let own = stage.sign_in("alice@acme.example", PASSWORD).await;
    for token in [&customer.owner, &own] {
        let seen = stage.done(token, query).await["mailCertificates"].clone();
        let wanted = json!([{ "names": ["mail.example"], "issuer": null, "isSelfSigned": false,
                              "notAfter": "2027-01-15T08:00:00.000Z" }]);
        assert_eq!(seen, wanted, "neither other names nor who gave it");
    }
    assert_eq!(code(&stage.ask("", query).await), "UNAUTHENTICATED");
}
