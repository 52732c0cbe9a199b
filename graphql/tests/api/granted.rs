//! The calls that strangers are refused (`refusal.rs`) are valid: somebody of the account, or the operator, gets past the
//! authority by the very same words.

use std::collections::BTreeSet;

use database::Statement;
use serde_json::Value;

use crate::calls::{GIVEN, Operation, Schema, Verdict, schema, verdict};
use crate::refusal::{OF_NOBODY, answer};
use crate::stage::Stage;
use crate::things::{Things, things};

/// What takes away that others need comes last, in this order: the smaller thing before that in which it is.
const LAST: &[&str] = &[
    "appPasswordRevoke",
    "secondFactorRemove",
    "secondFactorsReset",
    "apiTokenRevoke",
    "webhookRemove",
    "filterRemove",
    "domainFilterRemove",
    "syncJobRemove",
    "pushRemove",
    "shareRemove",
    "addressMapRemove",
    "resourceRemove",
    "senderRelayRemove",
    "tlsPolicyRemove",
    "domainTlsPolicyRemove",
    "aliasDelete",
    "delegationLeave",
    "delegationRevoke",
    "sessionEnd",
    "documentWithdraw",
    "mailboxDelete",
    "mailboxRestore",
    "domainRemove",
    "domainRestore",
    "serviceEnd",
    "serviceReactivate",
    "personErase",
    "userRemove",
    "accountClose",
];

/// Lists in which nothing is on the stage: whoever may read them finds them empty.
const EMPTY: [&str; 4] = ["notices", "ownHeldMail", "platformHeldMail", "ticketQueue"];
/// What the model says once the authority has let pass: the stage has no signing key, and no first administrator of a Box.
const PASSED: [(&str, &str); 2] =
    [("servicePasswordChange", "USER_NOT_FOUND"), ("dkimRetire", "DKIM_KEY_NOT_FOUND")];

/// A customer with a bit of everything, and a stranger to them.
struct Scene {
    stage: Stage,
    things: Things,
    stranger: String,
}

async fn scene() -> Scene {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "custom")).await;
    let things = things(&stage, &operator, &customer).await;
    let stranger = stage.customer(&operator, ("acme", "custom")).await.owner;
    Scene { stage, things, stranger }
}

/// Whether the authority let pass what the answer is to.
fn is_past(answer: &Value, operation: &Operation) -> bool {
    let name = operation.name.as_str();
    let code = answer["data"][name]["userErrors"][0]["code"].as_str().unwrap_or_default();
    match verdict(answer, operation) {
        Verdict::Granted | Verdict::Declined(_) => true,
        Verdict::Empty => EMPTY.contains(&name),
        Verdict::Refused => PASSED.contains(&(name, code)),
        Verdict::Invalid(_) => false,
    }
}

/// Asks as everybody of the account in turn; why nobody gets past the authority, if so.
async fn stopped(
    Scene { stage, things, .. }: &Scene,
    (schema, operation): (&Schema, &Operation),
) -> Option<String> {
    let query = schema.call(operation, things, "").expect("nothing is left out");
    let mut said = Vec::new();
    for (who, token) in &things.whose {
        let answer = answer(stage, operation, token, &query).await;
        if is_past(&answer, operation) {
            return None;
        }
        said.push(format!("{who}: {answer}"));
    }
    Some(format!("{query}\n  {}", said.join("\n  ")))
}

/// All that somebody is refused, what takes away last.
fn in_order(schema: &Schema) -> Vec<&Operation> {
    let asked = schema.operations.iter().filter(|known| !OF_NOBODY.contains(&known.name.as_str()));
    let mut asked: Vec<&Operation> = asked.collect();
    let place = |operation: &Operation| LAST.iter().position(|name| *name == operation.name);
    asked.sort_by_key(|operation| place(operation).map_or(0, |place| place + 1));
    asked
}

/// What the events of people say that was asked for; empty where they do not.
async fn asked(stage: &Stage) -> BTreeSet<String> {
    let rows = stage.control.query(Statement::new("SELECT DISTINCT actor FROM event")).await.expect("rows");
    let circumstances = rows.iter().map(|row| row.text(0).expect("a text").to_owned());
    let of_people = circumstances.filter(|text| text.starts_with("user:") || text.starts_with("mailbox:"));
    of_people.map(|text| text.split(';').nth(3).unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_that_strangers_are_refused_is_let_through_for_somebody_of_the_account() {
    let (shared, schema) = (scene().await, schema());
    let mut all = Vec::new();
    for operation in in_order(&schema) {
        if stopped(&shared, (&schema, operation)).await.is_some() {
            // Another call may have ended a session that this one needs: once more where nothing has happened.
            all.extend(stopped(&scene().await, (&schema, operation)).await);
        }
    }
    assert!(all.is_empty(), "{}:\n{}", all.len(), all.join("\n"));
    // Whatever people did by it, what they asked for stands with it by the name that the schema has for it.
    let asked = asked(&shared.stage).await;
    let is_mutation = |name: &&String| {
        schema.operations.iter().any(|operation| operation.root == "mutation" && operation.name == **name)
    };
    let strange: Vec<_> = asked.iter().filter(|name| !is_mutation(name)).collect();
    assert!(strange.is_empty() && asked.len() > 60, "{strange:?} of {asked:?}");
    let known = |name: &&&str| schema.operations.iter().any(|operation| operation.name == **name);
    assert_eq!(LAST.iter().filter(known).count(), LAST.len(), "{LAST:?} names what is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_by_hand_is_needed() {
    let mut idle = Vec::new();
    for (path, given) in GIVEN {
        let scene = scene().await;
        let (with, without) = (schema(), schema().without(path));
        let (mut is_used, mut is_needed) = (false, false);
        for (operation, known) in with.operations.iter().zip(&without.operations) {
            let told =
                |schema: &Schema, operation| schema.call(operation, &scene.things, "").expect("a call");
            if told(&with, operation) == told(&without, known) {
                continue;
            }
            is_used = true;
            // Without it a stranger falls to something else, or nobody of the account is let through.
            let mut is_kept = true;
            for left_out in ["", "accountId"] {
                let Some(query) = without.call(known, &scene.things, left_out) else { continue };
                let foreign = answer(&scene.stage, known, &scene.stranger, &query).await;
                is_kept &= verdict(&foreign, known).is_kept(known);
            }
            is_needed |= !is_kept || stopped(&scene, (&without, known)).await.is_some();
        }
        if !is_used || !is_needed {
            idle.push(format!("{path}: {given}"));
        }
    }
    assert!(idle.is_empty(), "not needed: {idle:#?}");
}
