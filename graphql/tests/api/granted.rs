//! The calls that strangers are refused (`refusal.rs`) are valid: somebody of the account, or the operator, gets past the
//! authority by the very same words.

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

/// Asks as everybody of the account in turn; why nobody gets past the authority, if so.
async fn stopped(
    stage: &Stage,
    (schema, operation): (&Schema, &Operation),
    things: &Things,
) -> Option<String> {
    let query = schema.call(operation, things, "").expect("nothing is left out");
    let mut said = Vec::new();
    for (who, token) in &things.whose {
        let answer = answer(stage, operation, token, &query).await;
        match verdict(&answer, operation) {
            Verdict::Granted | Verdict::Declined(_) => return None,
            Verdict::Refused | Verdict::Empty | Verdict::Invalid(_) => said.push(format!("{who}: {answer}")),
        }
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

#[tokio::test(flavor = "multi_thread")]
async fn every_call_that_strangers_are_refused_is_let_through_for_somebody_of_the_account() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "custom")).await;
    let things = things(&stage, &operator, &customer).await;
    let schema = schema();
    let mut all = Vec::new();
    for operation in in_order(&schema) {
        all.extend(stopped(&stage, (&schema, operation), &things).await);
    }
    assert!(all.is_empty(), "{}:\n{}", all.len(), all.join("\n"));
    let known = |name: &&&str| schema.operations.iter().any(|operation| operation.name == **name);
    assert_eq!(LAST.iter().filter(known).count(), LAST.len(), "{LAST:?} names what is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_by_hand_is_needed() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "custom")).await;
    let things = things(&stage, &operator, &customer).await;
    let stranger = stage.customer(&operator, ("acme", "custom")).await;
    let mut idle = Vec::new();
    for (path, given) in GIVEN {
        let (with, without) = (schema(), schema().without(path));
        let (mut is_used, mut is_needed) = (false, false);
        for (operation, known) in with.operations.iter().zip(&without.operations) {
            let told = |schema: &Schema, operation| schema.call(operation, &things, "").expect("a call");
            if told(&with, operation) == told(&without, known) {
                continue;
            }
            is_used = true;
            // Without it a stranger falls to something else, or nobody of the account is let through.
            let foreign = answer(&stage, known, &stranger.owner, &told(&without, known)).await;
            let is_kept = matches!(verdict(&foreign, known), Verdict::Refused | Verdict::Empty);
            is_needed |= !is_kept || stopped(&stage, (&without, known), &things).await.is_some();
        }
        if !is_used || !is_needed {
            idle.push(format!("{path}: {given}"));
        }
    }
    assert!(idle.is_empty(), "not needed: {idle:#?}");
}
