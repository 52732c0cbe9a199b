//! The steps of `examples.md`, run as they stand there, with what earlier ones answered.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::stage::Stage;

const PAGE: &str = include_str!("../../examples.md");

/// A step, with the names that its text gives to what it answers: `$NAME` is `path.in.answer`.
struct Step {
    query: String,
    kept: Vec<(String, String)>,
}

fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = PAGE;
    while let Some((text, after)) = rest.split_once("```graphql\n") {
        let (query, after) = after.split_once("```").expect("a block ends");
        // Of the text before a step, the part after the last block.
        let text = text.rsplit("```").next().unwrap_or_default();
        let words = text.replace('\n', " ");
        let mut kept = Vec::new();
        let mut pieces = words.split('`');
        while let Some(piece) = pieces.next() {
            let Some(name) = piece.strip_prefix('$') else { continue };
            if pieces.next().is_some_and(|between| between.trim() == "is")
                && let Some(path) = pieces.next()
            {
                kept.push((name.to_owned(), path.to_owned()));
            }
        }
        steps.push(Step { query: query.to_owned(), kept });
        rest = after;
    }
    steps
}

fn at<'a>(answer: &'a Value, path: &str) -> &'a str {
    let found = path.split('.').fold(answer, |value, step| match step.parse::<usize>() {
        Ok(index) => &value[index],
        Err(_) => &value[step],
    });
    found.as_str().unwrap_or_else(|| panic!("{path} is not in {answer:#}"))
}

/// Every payload and node of an answer is there, and nothing was refused.
fn check(query: &str, answer: &Value) {
    assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
    for field in answer["data"].as_object().expect("data").values() {
        assert!(!field.is_null(), "{query}\n{answer:#}");
        let errors = &field["userErrors"];
        assert!(errors.is_null() || *errors == json!([]), "{query}\n{answer:#}");
        let refused = &field["refusedCount"];
        assert!(refused.is_null() || *refused == json!(0), "{query}\n{answer:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_works_as_it_is_written() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let reseller = stage.customer(&operator, ("acme", "custom")).await;
    stage
        .done(&operator, &format!(
            "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 10) {{ userErrors {{ code }} }} }}",
            reseller.account
        ))
        .await;
    // As the first start of a platform does.
    for kind in ["CGV", "CPS"] {
        stage
            .done(&operator, &format!(
                "mutation {{ documentPublish(input: {{ kind: {kind}, language: FR, version: 1, title: \"{kind}\", \
                 contentBase64: \"Q0dW\", mediaType: TEXT }}) {{ userErrors {{ code }} }} }}"
            ))
            .await;
    }
    let mut known: HashMap<String, String> = HashMap::new();
    let steps = steps();
    assert!(steps.len() >= 20, "the page was not read: {} steps", steps.len());
    for step in steps {
        if let (Some(name), Some(value)) = (known.get("NAME"), known.get("VALUE")) {
            let name = name.trim_end_matches('.').to_owned();
            stage.world.txt.lock().insert(name, vec![value.clone()]);
        }
        // The longest names first: one may begin with another.
        let mut names: Vec<&String> = known.keys().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let query = names
            .into_iter()
            .fold(step.query.clone(), |query, name| query.replace(&format!("${name}"), &known[name]));
        assert!(!query.contains('$'), "{query}");
        let answer = stage.ask(&reseller.owner, &query).await;
        check(&query, &answer);
        for (name, path) in step.kept {
            known.insert(name, at(&answer["data"], &path).to_owned());
        }
    }
    assert!(known.contains_key("MAILBOX"), "{known:?}");
}
