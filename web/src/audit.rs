//! The audit log of an account as a file, however long: a form of the audit page, `POST /audit/export`.
//!
//! It is asked of the API page by page, as whoever sent the form and as the audit page itself is: it shows what the page
//! shows, to whom the page is shown. A file whose end could not be had breaks off, so that the browser says so.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::try_unfold;
use serde_json::{Value, json};

use crate::Options;
use crate::page::sent::Sent;
use crate::session::door::Visitor;

/// Pages of 500 events of one file: ten million events.
const PAGE_COUNT_MAX: u32 = 20_000;
/// What is asked for.
const QUERY: &str = "query($accountId: AccountID, $after: Position) { accountFeatures(accountId: $accountId) events(accountId: $accountId, first: 500, after: \
     $after) { nodes { id kind subjectId at actor actorId actorName actorStanding via apiTokenName onBehalfOf command correlationId causedBy cause { kind } changes { field from to } } position hasMore } }";
/// What the plan must have.
const FEATURE: &str = "AUDIT_EXPORT";
/// Where it has not.
const NOT_IN_PLAN: &str = "AUDIT_EXPORT_NOT_IN_PLAN";
/// The columns of a table, in order.
const COLUMNS: [&str; 15] = [
    "at",
    "kind",
    "actor",
    "actorId",
    "via",
    "onBehalfOf",
    "subjectId",
    "changes",
    "eventId",
    "actorName",
    "actorStanding",
    "apiTokenName",
    "correlationId",
    "cause",
    "command",
];

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// A table (RFC 4180), which no spreadsheet calculates.
    Csv,
    /// One event a line, as the API shows it.
    JsonLines,
}

/// A file on its way.
struct Export {
    options: Options,
    visitor: Visitor,
    authorization: Option<String>,
    account: Option<String>,
    format: Format,
    after: Value,
    page_count: u32,
}

/// `POST /audit/export`.
pub(crate) async fn export(State(options): State<Options>, sent: Sent) -> Response {
    let format = match sent.field("format") {
        "csv" => Format::Csv,
        "jsonl" => Format::JsonLines,
        _ => return (StatusCode::BAD_REQUEST, "`format` is `csv` or `jsonl`\n").into_response(),
    };
    let held = sent.credential(&options).await;
    let account = Some(sent.field("account")).filter(|account| !account.is_empty()).map(str::to_owned);
    let authorization = held.authorization;
    let visitor = sent.visitor;
    let mut export =
        Export { options, visitor, authorization, account, format, after: Value::Null, page_count: 0 };
    // The first page is had before anything is answered: a refusal is no file.
    let first = match export.page().await {
        Ok(first) => first,
        Err(code) => {
            let words = match code == NOT_IN_PLAN {
                true => export.visitor.language.pick(
                    "The download of the audit log is not part of the plan: read it page by page, or choose a larger plan.",
                    "Le téléchargement du journal d’audit ne fait pas partie de l’offre : lisez-le page par page ou \
                     choisissez une offre supérieure.",
                ),
                false => "",
            };
            return (status(&code), format!("{code}\n{words}\n")).into_response();
        }
    };
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        Format::JsonLines => ("application/jsonl", "attachment; filename=\"audit.jsonl\""),
    };
    let head = if format == Format::Csv { line(&COLUMNS.map(str::to_owned)) } else { String::new() };
    let first = (Bytes::from(head + &first.text), first.has_more);
    let pages = try_unfold((export, Some(first)), |(mut export, ready)| async move {
        let (octets, has_more) = match ready {
            Some(page) => page,
            None if export.is_over() => return Ok(None),
            None => {
                let page = export.page().await.map_err(std::io::Error::other)?;
                (Bytes::from(page.text), page.has_more)
            }
        };
        if !has_more {
            export.page_count = PAGE_COUNT_MAX;
        } else if export.is_over() {
            return Err(std::io::Error::other("the log is longer than one file"));
        }
        Ok(Some((octets, (export, None))))
    });
    let mut response = (
        [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_DISPOSITION, name),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Body::from_stream(pages),
    )
        .into_response();
    for line in held.cookies {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

/// Events in the form of the file.
struct Page {
    text: String,
    has_more: bool,
}

impl Export {
    fn is_over(&self) -> bool {
        self.page_count >= PAGE_COUNT_MAX
    }

    /// The next page; the API's code where it says no.
    async fn page(&mut self) -> Result<Page, String> {
        let variables = json!({ "accountId": self.account, "after": self.after });
        let asked = self.visitor.ask(&self.options, self.authorization.clone(), (QUERY, variables)).await;
        let answer = asked.ok_or_else(|| "BUSY".to_owned())?;
        let events = &answer["data"]["events"];
        let Some(nodes) = events["nodes"].as_array() else {
            return Err(answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("BUSY").to_owned());
        };
        let features = answer["data"]["accountFeatures"].as_array();
        if !features.is_some_and(|features| features.iter().any(|feature| feature == FEATURE)) {
            return Err(NOT_IN_PLAN.to_owned());
        }
        self.after = events["position"].clone();
        self.page_count += 1;
        let write = |event: &Value| match self.format {
            Format::Csv => line(&cells(event)),
            Format::JsonLines => format!("{event}\n"),
        };
        Ok(Page { text: nodes.iter().map(write).collect(), has_more: events["hasMore"] == true })
    }
}

fn status(code: &str) -> StatusCode {
    match code {
        "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
        "NOT_FOUND" => StatusCode::NOT_FOUND,
        "BAD_INPUT" | "GRAPHQL_VALIDATION_FAILED" => StatusCode::BAD_REQUEST,
        "BUSY" | "INTERNAL" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    }
}

fn cells(event: &Value) -> [String; COLUMNS.len()] {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let change = |change: &Value| {
        let side = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
        format!("{}: {} > {}", side("field"), side("from"), side("to"))
    };
    let changes: Vec<String> = event["changes"].as_array().into_iter().flatten().map(change).collect();
    [
        text("at"),
        text("kind"),
        text("actor"),
        text("actorId"),
        text("via"),
        text("onBehalfOf"),
        text("subjectId"),
        changes.join("; "),
        text("id"),
        text("actorName"),
        text("actorStanding"),
        text("apiTokenName"),
        text("correlationId"),
        event["cause"]["kind"].as_str().unwrap_or_default().to_owned(),
        text("command"),
    ]
}

/// A line of a table, every cell quoted. What a spreadsheet would calculate is written as text, as the app does it.
fn line<const N: usize>(cells: &[String; N]) -> String {
    let cell = |text: &String| {
        let is_calculated = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        format!("\"{}{}\"", if is_calculated { "'" } else { "" }, text.replace('"', "\"\""))
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_quoted_and_calculates_nothing() {
        let event = json!({
            "id": "evnt_1", "kind": "mailbox.display_name_changed", "subjectId": "mbox_1", "at": "2026-01-01T00:00:00Z",
            "actor": "USER", "actorId": "=HYPERLINK(\"x\")", "via": "SESSION", "onBehalfOf": null,
            "actorName": "=alice", "actorStanding": "OWN", "apiTokenName": null, "correlationId": "c1",
            "cause": { "kind": "service.plan_changed" }, "command": "mailboxDisplayNameChange",
            "changes": [{ "field": "=name", "from": null, "to": "a, \"b\"\r\n" }, { "field": "x", "from": "1", "to": "2" }],
        });
        assert_eq!(
            line(&cells(&event)),
            "\"2026-01-01T00:00:00Z\",\"mailbox.display_name_changed\",\"USER\",\"'=HYPERLINK(\"\"x\"\")\",\
             \"SESSION\",\"\",\"mbox_1\",\"'=name:  > a, \"\"b\"\"\r\n; x: 1 > 2\",\"evnt_1\",\
             \"'=alice\",\"OWN\",\"\",\"c1\",\"service.plan_changed\",\"mailboxDisplayNameChange\"\r\n"
        );
    }
}
