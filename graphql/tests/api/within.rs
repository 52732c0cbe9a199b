//! Within one account, those with lesser rights reach nothing that is not theirs: a mailbox's user nothing of another mailbox,
//! a domain's administrator nothing of another domain, and a delegate nothing outside the service that the delegation names.

use crate::calls::{Operation, Schema, schema, verdict};
use crate::refusal::{OF_NOBODY, administrator, answer, position};
use crate::stage::{Customer, PASSWORD, Stage};
use crate::things::{Things, things};

/// What tells of others on purpose: the mailboxes of a domain see one another there.
const TELLS_OF_OTHERS: [&str; 1] = ["addressBook"];
/// Lists that may name the domain of a mailbox's user, who finds the own mailbox there alone.
const LISTS_THE_OWN: [&str; 1] = ["mailboxes"];

/// A domain of `service` that is served, `name`.example; its id.
async fn domain(stage: &Stage, operator: &str, (customer, service): (&Customer, &str), name: &str) -> String {
    let add = format!(
        "mutation {{ domainAdd(input: {{ serviceId: \"{service}\", name: \"{name}.example\" }}) {{ domain {{ id }} userErrors {{ code }} }} }}"
    );
    let added = stage.done(&customer.owner, &add).await;
    let domain = added["domainAdd"]["domain"]["id"].as_str().expect("an id").to_owned();
    let verify = format!(
        "mutation {{ domainAssert(accountId: \"{}\", domainId: \"{domain}\") {{ userErrors {{ code }} }} }}",
        customer.account
    );
    stage.done(operator, &verify).await;
    domain
}

/// A second active service of the account; its id.
pub(crate) async fn service(stage: &Stage, operator: &str, customer: &Customer) -> String {
    let order = format!(
        "mutation {{ serviceOrder(input: {{ accountId: \"{}\", planId: \"{}\", planVersion: 1 }}) {{ service {{ id }} userErrors {{ code }} }} }}",
        customer.account,
        hosting::plan::plan_id("custom")
    );
    let ordered = stage.done(operator, &order).await;
    let service = ordered["serviceOrder"]["service"]["id"].as_str().expect("an id").to_owned();
    let at = format!("accountId: \"{}\", serviceId: \"{service}\"", customer.account);
    stage.done(operator, &format!("mutation {{ serviceActivate({at}) {{ userErrors {{ code }} }} }}")).await;
    service
}

/// Somebody of another account who was let into one service of this one.
async fn delegate(stage: &Stage, operator: &str, customer: &Customer, service: &str) -> String {
    let helper = stage.customer(operator, ("helper", "solo")).await;
    let invite = format!(
        "mutation {{ delegationInvite(email: \"helper@helper.example\", terms: {{ preset: FULL, serviceIds: [\"{service}\"] }}) \
         {{ invitation userErrors {{ code }} }} }}"
    );
    let invited = stage.done(&customer.owner, &invite).await["delegationInvite"].clone();
    let accept = format!(
        "mutation {{ delegationAccept(invitation: {}) {{ userErrors {{ code }} }} }}",
        invited["invitation"]
    );
    stage.done(&helper.owner, &accept).await;
    helper.owner
}

/// Whether an operation names something of the account besides the account itself.
fn names_a_thing(schema: &Schema, operation: &Operation, things: &Things, query: &str) -> bool {
    // Nobody's, everybody's, or the account's own.
    let of_all = ["AccountID", "PlanID", "DocumentID", "Position"].map(|kind| &things.ids[kind]);
    let named = things.ids.values().filter(|id| !of_all.contains(id));
    let is_named = named.into_iter().any(|id| query.contains(id.as_str()));
    is_named && schema.operations.iter().any(|known| known.name == operation.name)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_reaches_past_ones_rights_within_an_account() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let things = things(&stage, &operator, &customer).await;
    stage.mailbox(&customer, "mallory").await;
    let mallory = stage.sign_in("mallory@acme.example", PASSWORD).await;
    let second = domain(&stage, &operator, (&customer, &customer.service), "second").await;
    let of_second = Customer {
        account: customer.account.clone(),
        service: customer.service.clone(),
        domain: second,
        domain_name: "second.example".to_owned(),
        user: customer.user.clone(),
        owner: customer.owner.clone(),
    };
    let beside = administrator(&stage, &of_second, "beside").await;
    let other = service(&stage, &operator, &customer).await;
    domain(&stage, &operator, (&customer, &other), "third").await;
    let confined = delegate(&stage, &operator, &customer, &other).await;
    let members = [
        ("another mailbox", mallory),
        ("the administrator of another domain", beside),
        ("a delegate for another service", confined),
    ];
    let before = position(&stage, &customer.account).await;
    let (schema, mut tried, mut open) = (schema(), 0, Vec::new());
    for operation in &schema.operations {
        if OF_NOBODY.contains(&operation.name.as_str()) {
            continue;
        }
        for (who, token) in &members {
            for left_out in ["", "accountId"] {
                let Some(query) = schema.call(operation, &things, left_out) else { continue };
                let is_named = names_a_thing(&schema, operation, &things, &query);
                if operation.root == "mutation" && !is_named {
                    // It is about the member's own, or about the account alone: other tests hold who may.
                    continue;
                }
                let answer = answer(&stage, operation, token, &query).await;
                let text = answer.to_string();
                let marks = ["globex", "victim", things.ids["MailboxID"].as_str()];
                let is_told = marks.iter().any(|mark| text.contains(mark));
                let is_own = LISTS_THE_OWN.contains(&operation.name.as_str());
                let is_done = is_named && !is_own && !verdict(&answer, operation).is_kept(operation);
                let tells_of_others =
                    *who == "another mailbox" && TELLS_OF_OTHERS.contains(&operation.name.as_str());
                if (is_done || is_told) && !tells_of_others {
                    open.push(format!("{who}: {query}\n{answer:#}"));
                }
                tried += 1;
            }
        }
    }
    assert!(open.is_empty(), "{}", open.join("\n"));
    assert!(tried > 200, "the schema was not read: {tried} calls");
    assert_eq!(position(&stage, &customer.account).await, before, "something was done to the account");
}
