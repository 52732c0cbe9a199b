//! What people get wrong, or try, as the API tells it: each refusal has its code, names the field, says the limit where there
//! is one, and is a sentence in either language.

use graphql::Language;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A mutation, and what it is told: the code, the field, and the limit that stands in the way.
type Row = (String, &'static str, &'static str, Option<&'static str>);

fn rows((service, domain): (&str, &str), (mailbox, alias): (&str, &str)) -> Vec<Row> {
    let senders = |pattern: &str| {
        format!(
            "mailboxSettingsChange(mailboxId: \"{mailbox}\", settings: {{ deniedSenders: [\"{pattern}\"] }}) \
             {{ userErrors {{ code field message limits {{ name allowed used }} }} }}"
        )
    };
    let map = |from: &str| {
        format!(
            "addressMapAdd(input: {{ domainId: \"{domain}\", kind: RECIPIENT, from: \"{from}\", to: \"a@else.example\" }}) \
             {{ userErrors {{ code field message limits {{ name allowed used }} }} }}"
        )
    };
    let errors = "userErrors { code field message limits { name allowed used } }";
    let add_domain = |name: &str| {
        format!("domainAdd(input: {{ serviceId: \"{service}\", name: \"{name}\" }}) {{ {errors} }}")
    };
    let create = |mailbox: &str| {
        format!(
            "mailboxesCreate(place: {{ serviceId: \"{service}\", domainId: \"{domain}\" }}, mailboxes: [{{ {mailbox} }}]) \
             {{ {errors} }}"
        )
    };
    let temporary = |ends: &str| {
        format!(
            "temporaryAliasCreate(input: {{ mailboxId: \"{mailbox}\", localPart: \"tmp\", expiresAt: \"{ends}\" }}) \
             {{ {errors} }}"
        )
    };
    let filter = |script: &str| {
        format!(
            "filterAdd(mailboxId: \"{mailbox}\", filter: {{ name: \"x\", script: \"{script}\" }}) {{ {errors} }}"
        )
    };
    let push = |pattern: &str| {
        format!(
            "pushAdd(mailboxId: \"{mailbox}\", push: {{ kind: WEBHOOK, name: \"x\", url: \"https://hook.example/x\", \
             token: \"0123456789abcdef0123456789abcdef\", sendersPattern: \"{pattern}\" }}) {{ {errors} }}"
        )
    };
    let ticket = |text: &str| {
        format!("ticketOpen(input: {{ kind: TECHNICAL, subject: \"x\", text: \"{text}\" }}) {{ {errors} }}")
    };
    let quota = |octets: &str| {
        format!("mailboxQuotaChange(mailboxId: \"{mailbox}\", quotaBytes: {octets}) {{ {errors} }}")
    };
    let of_mailbox = |settings: &str| {
        format!("mailboxSettingsChange(mailboxId: \"{mailbox}\", settings: {{ {settings} }}) {{ {errors} }}")
    };
    let of_domain = |settings: &str| {
        format!("domainSettingsChange(domainId: \"{domain}\", settings: {{ {settings} }}) {{ {errors} }}")
    };
    let of_alias = |settings: &str| {
        format!("aliasSettingsChange(aliasId: \"{alias}\", settings: {{ {settings} }}) {{ {errors} }}")
    };
    let long = |count: usize| "x".repeat(count);
    let many = |of: &str| (0..1001).map(|at| format!("\"{at}{of}\"")).collect::<Vec<_>>().join(" ");
    let told = |title: usize, text: usize| {
        format!(
            "pushAdd(mailboxId: \"{mailbox}\", push: {{ kind: WEBHOOK, name: \"y\", url: \"https://hook.example/x\", \
             token: \"0123456789abcdef0123456789abcdef\", title: \"{}\", text: \"{}\" }}) {{ {errors} }}",
            long(title),
            long(text)
        )
    };
    vec![
        // One rule for several arguments: the one that broke it is named.
        (of_mailbox("allowedSenders: [\"(a\"]"), "SENDER_PATTERN", "settings.allowedSenders", None),
        (of_domain("deniedSenders: [\"(a\"]"), "SENDER_PATTERN", "settings.deniedSenders", None),
        (
            of_mailbox(&format!("deniedSenders: [{}]", many("@x.example"))),
            "SENDER_LIMIT_REACHED",
            "settings.deniedSenders",
            Some("senders"),
        ),
        (of_mailbox("rejectScore: 5000"), "SPAM_SCORES", "settings.rejectScore", Some("score")),
        (of_mailbox("junkScore: 500"), "SPAM_SCORES", "settings.junkScore", Some("score")),
        (
            of_mailbox("sendsPerHourMax: 99999999"),
            "SENDS_ABOVE_PLAN",
            "settings.sendsPerHourMax",
            Some("sendsPerDay"),
        ),
        (
            of_domain("sendsPerMinuteMax: 99999999"),
            "SENDS_ABOVE_PLAN",
            "settings.sendsPerMinuteMax",
            Some("sendsPerDay"),
        ),
        (of_mailbox("tags: [\"a\\u0007b\"]"), "NAME_CHARACTER", "settings.tags", None),
        (
            of_domain(&format!("tags: [\"{}\"]", long(65))),
            "NAME_TOO_LONG",
            "settings.tags",
            Some("characters"),
        ),
        (
            of_domain(&format!("footerHtml: \"{}\"", long(40_000))),
            "FOOTER_TOO_LONG",
            "settings.footerHtml",
            Some("footerBytes"),
        ),
        (
            of_domain("footerExcludedMailboxes: [\"alice\"]"),
            "FOOTER_EXCLUSION",
            "settings.footerExcludedMailboxes",
            None,
        ),
        (
            of_domain(&format!("footerExcludedDomains: [{}]", many(".example"))),
            "FOOTER_EXCLUSION_LIMIT_REACHED",
            "settings.footerExcludedDomains",
            Some("footerExclusions"),
        ),
        (of_domain("mtaStsHosts: [\"-\"]"), "STS_POLICY", "settings.mtaStsHosts", None),
        (of_domain("mtaStsAgeSecs: 1"), "STS_POLICY", "settings.mtaStsAgeSecs", Some("seconds")),
        (
            of_domain("mailboxQuotaBytesMax: 0"),
            "QUOTA_ZERO",
            "settings.mailboxQuotaBytesMax",
            Some("quotaBytes"),
        ),
        (
            of_domain("mailboxQuotaBytesMax: 1073741824, mailboxQuotaDefaultBytes: 2147483648"),
            "QUOTA_ABOVE_DOMAIN",
            "settings.mailboxQuotaDefaultBytes",
            Some("quotaBytes"),
        ),
        (of_mailbox("retainsDays: 3651"), "RETAINED_DAYS", "settings.retainsDays", Some("days")),
        (
            format!(
                "appPasswordAdd(mailboxId: \"{mailbox}\", name: \"x\", protocols: [IMAP], expiresInDays: 0) {{ {errors} }}"
            ),
            "MALFORMED",
            "expiresInDays",
            Some("days"),
        ),
        (
            of_domain("mailboxQuotaDefaultBytes: 9007199254740991"),
            "QUOTA_ABOVE_PLAN",
            "settings.mailboxQuotaDefaultBytes",
            Some("quotaBytes"),
        ),
        (
            of_alias(&format!("publicComment: \"{}\"", long(2000))),
            "COMMENT_TOO_LONG",
            "settings.publicComment",
            Some("characters"),
        ),
        (told(2000, 1), "PUSH_TEXT_TOO_LONG", "title", Some("characters")),
        (told(1, 2000), "PUSH_TEXT_TOO_LONG", "text", Some("characters")),
        (
            format!(
                "mailboxDisplayNameChange(mailboxId: \"{mailbox}\", displayName: \"{}\") {{ {errors} }}",
                long(200)
            ),
            "NAME_TOO_LONG",
            "displayName",
            Some("characters"),
        ),
        (
            format!("ticketOpen(input: {{ kind: TECHNICAL, subject: \" \", text: \"x\" }}) {{ {errors} }}"),
            "TICKET_SUBJECT_EMPTY",
            "subject",
            None,
        ),
        // A Cyrillic a among Latin letters, and what is no name.
        (add_domain("hosterr\u{430}.example"), "DOMAIN_MIXED_SCRIPTS", "name", None),
        (add_domain("-bad-.example"), "MALFORMED", "name", None),
        // The servers themselves.
        (add_domain("Mail.Example"), "DOMAIN_IS_PLATFORMS", "name", None),
        // All of it Cyrillic, as `max` is in Latin letters: a domain of another customer here.
        (add_domain("\u{43c}\u{430}\u{445}.example"), "DOMAIN_PASSES_FOR_ANOTHER", "name", None),
        // All of it Cyrillic, and drawn as `apple` is; and what is nobody's own.
        (add_domain("\u{430}\u{440}\u{440}\u{4cf}\u{435}.com"), "DOMAIN_LOOKS_LATIN", "name", None),
        (add_domain("\u{261}oo\u{261}le.com"), "DOMAIN_ODD_LETTERS", "name", None),
        (add_domain("co.uk"), "DOMAIN_IS_SUFFIX", "name", None),
        (add_domain("xn--80a.xn--\u{430}.example"), "MALFORMED", "name", None),
        (add_domain(&"\u{fc}".repeat(64)), "MALFORMED", "name", None),
        // Lists and maps know one star before the @ and one before a domain, and no expressions.
        (senders("*a*a*a*a*a*a*a*a*a*a*@x.example"), "SENDER_PATTERN", "settings.deniedSenders", None),
        (senders("*@*.*.*.example"), "SENDER_PATTERN", "settings.deniedSenders", None),
        (senders("(a+)+@x.example"), "SENDER_PATTERN", "settings.deniedSenders", None),
        (map("*@*"), "ADDRESS_MAP_SOURCE", "from", None),
        (map("(a|a)*@acme.example"), "ADDRESS_MAP_SOURCE", "from", None),
        (create("localPart: \"a..b\", quotaBytes: 1024"), "MALFORMED", "mailboxes.0.localPart", None),
        (quota("9007199254740991"), "QUOTA_ABOVE_PLAN", "quotaBytes", Some("quotaBytes")),
        (temporary("2001-01-01T00:00:00Z"), "EXPIRY_PAST", "expiresAt", None),
        (temporary("9999-01-01T00:00:00Z"), "EXPIRY_TOO_FAR", "expiresAt", Some("days")),
        (filter("if true { nonsense; }"), "FILTER_DOES_NOT_COMPILE", "script", None),
        (
            filter(
                "require [\\\"regex\\\"]; if header :regex \\\"subject\\\" \\\"((a{99}){99}){99}\\\" { keep; }",
            ),
            "FILTER_DOES_NOT_COMPILE",
            "script",
            None,
        ),
        (push("((a{99}){99}){99}"), "MALFORMED", "sendersPattern", None),
        (push("(a"), "MALFORMED", "sendersPattern", None),
        (ticket(&"x".repeat(10_001)), "TICKET_TEXT_TOO_LONG", "text", Some("characters")),
        (ticket(" "), "TICKET_TEXT_EMPTY", "text", None),
    ]
}

/// Numbers that the schema refuses are looked at by the library at two places, of which one knows the argument and the other the
/// range: whoever asks is told both, in either language.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_out_of_range_is_refused_with_its_argument_and_its_range() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let account = &customer.account;
    let quota = |octets: &str| {
        format!(
            "mutation {{ mailboxQuotaChange(mailboxId: \"{mailbox}\", quotaBytes: {octets}) {{ position }} }}"
        )
    };
    let job = |port: &str| {
        format!(
            "mutation {{ syncJobAdd(mailboxId: \"{mailbox}\", job: {{ host: \"imap.else.example\", user: \"x\", port: {port} }}) \
             {{ position }} }}"
        )
    };
    let listed = |first: &str| {
        format!(
            "{{ ...F }} fragment F on Query {{ ... on Query {{ all: mailboxes(first: {first}) {{ nodes {{ id }} }} }} }}"
        )
    };
    let exact = ("from 0 to 9007199254740991", "de 0 à 9007199254740991");
    let rows = "mutation M($rows: [BulkRowInput!]!) { bulk(rows: $rows) { doneCount } }".to_owned();
    let row = |version: Value| {
        let order = json!({ "accountId": account, "planId": hosting::plan::plan_id("solo").to_string(), "planVersion": version });
        json!({ "rows": [
            { "key": "one", "action": { "activate": { "serviceId": customer.service } } },
            { "key": "two", "action": { "order": order } },
        ] })
    };
    let none = || json!({});
    let (version, many) = (("from 1 to 4294967295", "de 1 à 4294967295"), ("from 1 to 100", "de 1 à 100"));
    let port = ("from 1 to 65535", "de 1 à 65535");
    for (query, variables, field, (english, french)) in [
        (quota("-1"), none(), "quotaBytes", exact),
        (quota("9007199254740992"), none(), "quotaBytes", exact),
        (quota("1.5"), none(), "quotaBytes", exact),
        (job("-1"), none(), "job.port", port),
        (job("4294967296"), none(), "job.port", port),
        (job("1e30"), none(), "job.port", port),
        (job("0.5"), none(), "job.port", port),
        (rows.clone(), row(json!(-1)), "rows.1.action.order.planVersion", version),
        (rows.clone(), row(json!(4_294_967_296_u64)), "rows.1.action.order.planVersion", version),
        (rows, row(json!(0.5)), "rows.1.action.order.planVersion", version),
        (listed("9999999999"), none(), "first", many),
    ] {
        for (language, words) in [(Language::English, english), (Language::French, french)] {
            let answer = stage.ask_in(language, &customer.owner, &query, variables.clone()).await;
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["code"], "INVALID_REQUEST", "{query}: {answer:#}");
            assert_eq!(error["extensions"]["field"], field, "{query}: {answer:#}");
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.contains(words) && message.contains(field), "{query}: {answer:#}");
        }
    }
}

/// The first refusal of whatever field the answer has.
fn refusal(answer: &Value) -> Option<&Value> {
    answer["data"].as_object()?.values().next()?["userErrors"].get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_names_the_field_and_the_limit_in_either_language() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    stage.customer(&operator, ("max", "pro")).await;
    let create = format!(
        "mutation {{ aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{}\", localPart: \"long\", targets: \
         [\"alice@acme.example\"] }}) {{ alias {{ id }} userErrors {{ code }} }} }}",
        customer.service, customer.domain
    );
    let made = stage.done(&customer.owner, &create).await;
    let alias = made["aliasCreate"]["alias"]["id"].as_str().expect("an id").to_owned();
    let mut wrong = Vec::new();
    for (mutation, code, field, limit) in rows((&customer.service, &customer.domain), (&mailbox, &alias)) {
        let query = format!("mutation {{ {mutation} }}");
        let english = stage.ask_in(Language::English, &customer.owner, &query, json!({})).await;
        let french = stage.ask_in(Language::French, &customer.owner, &query, json!({})).await;
        let (Some(english), Some(french)) = (refusal(&english), refusal(&french)) else {
            wrong.push(format!("{mutation:.80}: {english:#}"));
            continue;
        };
        let told = english["limits"].as_array().and_then(|limits| limits.first());
        let is_right = english["code"] == code
            && english["field"] == field
            && told.map(|limit| limit["name"].clone()) == limit.map(|limit| json!(limit))
            && told.is_none_or(|limit| !limit["allowed"].is_null())
            && english["message"].as_str().is_some_and(|words| words.len() > 10)
            && english["message"] != french["message"];
        if !is_right {
            wrong.push(format!("{mutation:.80}: {english:#} {french:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
