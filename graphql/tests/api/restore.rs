//! A removed domain is brought back with its mailboxes.

use serde_json::{Value, json};

use crate::stage::{Customer, Stage};

/// A customer with a mailbox and a filter of the domain; the mailbox's id.
async fn scene() -> (Stage, Customer, String) {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let domain = &customer.domain;
    stage.done(&customer.owner, &format!("mutation {{ domainSettingsChange(domainId: \"{domain}\", settings: {{ description: \"ours\", mailboxCountMax: 3 }}) {{ userErrors {{ code }} }} }}")).await;
    stage.done(&customer.owner, &format!("mutation {{ resourceAdd(input: {{ domainId: \"{domain}\", name: \"Room\", localPart: \"room-1\" }}) {{ userErrors {{ code }} }} }}")).await;
    (stage, customer, alice)
}

/// Deletes and removes; the position of that.
async fn remove(stage: &Stage, customer: &Customer, alice: &str) -> String {
    let (owner, domain) = (&customer.owner, &customer.domain);
    stage
        .done(
            owner,
            &format!("mutation {{ mailboxDelete(mailboxId: \"{alice}\") {{ userErrors {{ code }} }} }}"),
        )
        .await;
    stage
        .done(
            owner,
            &format!(
                "mutation {{ domainRemove(domainId: \"{domain}\") {{ position userErrors {{ code }} }} }}"
            ),
        )
        .await["domainRemove"]["position"]
        .as_str()
        .expect("a position")
        .to_owned()
}

/// Publishes the challenge of the domain.
async fn publish(stage: &Stage, customer: &Customer) {
    let query = format!("{{ domain(domainId: \"{}\") {{ challenge {{ name value }} }} }}", customer.domain);
    let challenge = stage.done(&customer.owner, &query).await["domain"]["challenge"].clone();
    let text = |field: &str| challenge[field].as_str().expect("text").to_owned();
    stage.world.txt.lock().insert(text("name"), vec![text("value")]);
}

async fn restore(stage: &Stage, customer: &Customer) -> Value {
    let query = format!(
        "mutation {{ domainRestore(domainId: \"{}\") {{ domain {{ status settings {{ description }} }} position \
         userErrors {{ code }} }} }}",
        customer.domain
    );
    stage.ask(&customer.owner, &query).await["data"]["domainRestore"].clone()
}

/// The addresses of mailboxes and resources, and the removed domains.
async fn listed(stage: &Stage, customer: &Customer, place: &str) -> Value {
    let (domain, after) = (&customer.domain, format!("atLeast: \"{place}\""));
    let query = format!(
        "{{ mailboxes({after}) {{ nodes {{ address status }} }} resources(domainId: \"{domain}\", {after}) {{ nodes {{ localPart }} }} \
         domains(status: REMOVED, {after}) {{ nodes {{ name }} }} }}"
    );
    let answer = stage.done(&customer.owner, &query).await;
    json!([answer["mailboxes"]["nodes"], answer["resources"]["nodes"], answer["domains"]["nodes"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_whose_proof_still_stands_is_back_with_its_mailboxes() {
    let (stage, customer, alice) = scene().await;
    publish(&stage, &customer).await;
    let place = remove(&stage, &customer, &alice).await;
    assert_eq!(listed(&stage, &customer, &place).await, json!([[], [], [{ "name": "acme.example" }]]));
    let back = restore(&stage, &customer).await;
    let expected = json!({ "status": "VERIFIED", "settings": { "description": "ours" } });
    assert_eq!((&back["domain"], &back["userErrors"]), (&expected, &json!([])));
    let place = back["position"].as_str().expect("a position");
    let mailboxes = json!([{ "address": "alice@acme.example", "status": "ACTIVE" }]);
    assert_eq!(listed(&stage, &customer, place).await, json!([mailboxes, [{ "localPart": "room-1" }], []]));
    let again = restore(&stage, &customer).await;
    assert_eq!(again["userErrors"][0]["code"], "DOMAIN_NOT_REMOVED");
    stage.sign_in("alice@acme.example", crate::stage::PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_without_its_proof_waits_for_it_and_so_do_its_mailboxes() {
    let (stage, customer, alice) = scene().await;
    remove(&stage, &customer, &alice).await;
    let back = restore(&stage, &customer).await;
    assert_eq!(back["domain"]["status"], "PENDING", "{back:#}");
    let restored =
        format!("mutation {{ mailboxRestore(mailboxId: \"{alice}\") {{ userErrors {{ code }} }} }}");
    let refused = stage.ask(&customer.owner, &restored).await;
    assert_eq!(refused["data"]["mailboxRestore"]["userErrors"][0]["code"], "DOMAIN_NOT_VERIFIED");
    publish(&stage, &customer).await;
    let verify =
        format!("mutation {{ domainVerify(domainId: \"{}\") {{ userErrors {{ code }} }} }}", customer.domain);
    stage.done(&customer.owner, &verify).await;
    stage.done(&customer.owner, &restored).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_somebody_else_has_taken_stays_away() {
    let (stage, customer, alice) = scene().await;
    publish(&stage, &customer).await;
    remove(&stage, &customer, &alice).await;
    let operator = stage.sign_in("operator", crate::stage::PASSWORD).await;
    let other = stage.customer(&operator, ("globex", "custom")).await;
    let added = stage
        .done(&other.owner, &format!("mutation {{ domainAdd(input: {{ serviceId: \"{}\", name: \"acme.example\" }}) {{ domain {{ id }} userErrors {{ code }} }} }}", other.service))
        .await;
    let taken = added["domainAdd"]["domain"]["id"].as_str().expect("an id");
    stage
        .done(&operator, &format!("mutation {{ domainAssert(accountId: \"{}\", domainId: \"{taken}\") {{ userErrors {{ code }} }} }}", other.account))
        .await;
    let refused = restore(&stage, &customer).await;
    assert_eq!(refused["userErrors"][0]["code"], "DOMAIN_TAKEN", "{refused:#}");
    assert_eq!(restore(&stage, &other).await["userErrors"][0]["code"], "DOMAIN_NOT_REMOVED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_service_is_brought_back_by_its_owner_with_all_that_it_had() {
    let (stage, customer, alice) = scene().await;
    let (owner, service) = (&customer.owner, &customer.service);
    let turn = |verb: &str| {
        format!(
            "mutation {{ {verb}(serviceId: \"{service}\") {{ service {{ entitlement purgeAfter used {{ mailboxes domains }} }} \
             userErrors {{ code field }} }} }}"
        )
    };
    let ended = stage.done(owner, &turn("serviceEnd")).await["serviceEnd"]["service"].clone();
    assert_eq!(ended["entitlement"], "ENDED");
    assert!(ended["purgeAfter"].is_string());
    let back = stage.done(owner, &turn("serviceReactivate")).await["serviceReactivate"]["service"].clone();
    assert_eq!(back["entitlement"], "ACTIVE");
    assert_eq!(back["purgeAfter"], Value::Null);
    assert_eq!(back["used"], ended["used"]);
    let found = stage.done(owner, &format!("{{ mailbox(mailboxId: \"{alice}\") {{ status }} }}")).await;
    assert_eq!(found["mailbox"]["status"], "ACTIVE");
    // It may be filled again.
    stage.mailbox(&customer, "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_adds_a_domain_once() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let add = |name: &str| {
        format!(
            "mutation {{ domainAdd(input: {{ serviceId: \"{}\", name: \"{name}\" }}) {{ domain {{ id }} userErrors {{ code field }} }} }}",
            customer.service
        )
    };
    let verified = stage.ask(&customer.owner, &add(&customer.domain_name)).await;
    let no = json!([{ "code": "DOMAIN_ADDED", "field": "name" }]);
    assert_eq!(verified["data"]["domainAdd"]["userErrors"], no, "{verified:#}");
    let other = stage.done(&customer.owner, &add("other.example")).await["domainAdd"]["domain"]["id"].clone();
    let waiting = stage.ask(&customer.owner, &add("OTHER.example")).await;
    assert_eq!(waiting["data"]["domainAdd"]["userErrors"], no, "{waiting:#}");
    let remove =
        format!("mutation {{ domainRemove(domainId: {other}) {{ userErrors {{ code }} position }} }}");
    stage.done(&customer.owner, &remove).await;
    for _ in 0..100 {
        let again = stage.ask(&customer.owner, &add("other.example")).await;
        if again["data"]["domainAdd"]["userErrors"] == json!([]) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("a removed name is free");
}
