//! The message trace, the queue and the suppression list, for those who may see them and nobody else.

use bytes::Bytes;
use kernel::{AccountId, DomainId, EmailAddress, MailboxId};
use serde_json::{Value, json};
use store::{
    Acceptance, Direction, Passage, Queue as _, QueuedRecipient, Queueing, RemoteReply, Stage as Step,
    Store as _,
};

use crate::stage::{Customer, PASSWORD, Stage, code};

/// Queues a message of a mailbox to `to`; its number.
pub(crate) async fn queue(stage: &Stage, customer: &Customer, mailbox: &str, to: &str) -> u64 {
    let account: AccountId = customer.account.parse().expect("an id");
    let domain: DomainId = customer.domain.parse().expect("an id");
    let mailbox: MailboxId = mailbox.parse().expect("an id");
    let recipient = QueuedRecipient::new(EmailAddress::parse(to).expect("an address"));
    let acceptance = Acceptance {
        message: Bytes::from_static(b"Message-ID: <one@x.example>\r\nFrom: a@x.example\r\n\r\nhello\r\n"),
        deposits: Vec::new(),
        queued: vec![recipient],
        sender: Some(EmailAddress::parse(&format!("victim@{}", customer.domain_name)).expect("an address")),
        tenant: account.tenant(),
        dsn: (None, None),
        queueing: Queueing { mailbox: Some(mailbox), home: Some(domain), ..Queueing::default() },
    };
    stage.store.accept(acceptance).await.expect("accepted").queue_id.expect("a number")
}

fn nodes<'a>(answer: &'a Value, field: &str) -> &'a Vec<Value> {
    answer["data"][field]["nodes"].as_array().unwrap_or_else(|| panic!("{answer:#}"))
}

/// An administrator of the customer's domain alone.
async fn administrator(stage: &Stage, operator: &str, customer: &Customer, domain: &str) -> String {
    let login = format!("mailadmin_{}", customer.domain_name);
    let query = format!(
        "mutation {{ userRegister(input: {{ accountId: \"{}\", login: \"{login}\", password: \"{PASSWORD}\", \
         role: DOMAIN_ADMINISTRATOR, domainIds: [\"{domain}\"] }}) {{ userErrors {{ code message }} }} }}",
        customer.account
    );
    stage.done(operator, &query).await;
    stage.sign_in(&login, PASSWORD).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_shows_each_step_in_plain_words_to_whom_it_concerns() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "solo")).await;
    let other = stage.customer(&operator, ("acme", "solo")).await;
    let victim = stage.mailbox(&customer, "victim").await;
    let neighbour = stage.mailbox(&customer, "neighbour").await;
    queue(&stage, &customer, &victim, "friend@else.example").await;
    let account: AccountId = customer.account.parse().expect("an id");
    let refused = Passage {
        tenant: account.tenant(),
        mailbox: None,
        domain: Some(customer.domain.parse().expect("an id")),
        message: "m2".to_owned(),
        direction: Direction::In,
        at: kernel::Timestamp::from_secs(1_900_000_100),
        stage: Step::Refused,
        sender: Some("Stranger@Far.example".to_owned()),
        recipient: Some("nobody@globex.example".to_owned()),
        reply: Some(RemoteReply {
            code: 550,
            enhanced: "5.1.1".to_owned(),
            text: "There is no such address".to_owned(),
            host: None,
        }),
        next_at: None,
        folder: None,
        source: None,
        reasons: vec!["unknown_recipient".to_owned()],
        message_id: None,
    };
    let came_back = Passage {
        direction: Direction::Out,
        stage: Step::Bounced,
        mailbox: Some(neighbour.parse().expect("an id")),
        message: "m3".to_owned(),
        reasons: vec!["bounced_later".to_owned(), "bounce_mailbox_full".to_owned()],
        reply: None,
        ..refused.clone()
    };
    stage.store.record(vec![came_back]).await.expect("recorded");
    let classes = "{ messageTrace(filter: { message: \"m3\" }) { nodes { bounceClass text } } }";
    let classes = stage.ask(&customer.owner, classes).await;
    assert_eq!(
        nodes(&classes, "messageTrace")[0],
        json!({ "bounceClass": "MAILBOX_FULL", "text": "It came back after the other server had taken it." })
    );
    stage.store.forget(account.tenant(), neighbour.parse().expect("an id")).await.expect("forgotten");
    stage.store.record(vec![refused]).await.expect("recorded");
    let all = "{ messageTrace { nodes { stage direction recipient text reasons { code text } } } }";
    let seen = stage.ask(&customer.owner, all).await;
    assert_eq!(nodes(&seen, "messageTrace").len(), 2, "{seen:#}");
    assert_eq!(seen["data"]["messageTrace"]["nodes"][0]["stage"], "REFUSED");
    let french = stage.ask_in(graphql::Language::French, &customer.owner, all, json!({})).await;
    let reason = &french["data"]["messageTrace"]["nodes"][0]["reasons"][0];
    assert_eq!(reason, &json!({ "code": "unknown_recipient", "text": "cette adresse n'existe pas" }));
    let administrator = administrator(&stage, &operator, &customer, &customer.domain).await;
    assert_eq!(nodes(&stage.ask(&administrator, all).await, "messageTrace").len(), 2);
    let owner = stage.sign_in(&format!("victim@{}", customer.domain_name), PASSWORD).await;
    let own = stage.ask(&owner, all).await;
    assert_eq!(nodes(&own, "messageTrace").len(), 1, "{own:#}");
    assert_eq!(own["data"]["messageTrace"]["nodes"][0]["text"], "It waits to leave.");
    let stranger = stage.sign_in(&format!("neighbour@{}", customer.domain_name), PASSWORD).await;
    assert!(nodes(&stage.ask(&stranger, all).await, "messageTrace").is_empty());
    let pried = format!("{{ messageTrace(filter: {{ mailboxId: \"{victim}\" }}) {{ nodes {{ id }} }} }}");
    assert_eq!(code(&stage.ask(&stranger, &pried).await), "NOT_FOUND");
    assert!(nodes(&stage.ask(&other.owner, all).await, "messageTrace").is_empty());
    for (filter, count) in [
        ("sender: \"<stranger@far.EXAMPLE>\"", 1),
        ("sender: \"else@far.example\"", 0),
        ("recipient: \"nobody@globex.example\"", 1),
        ("message: \"m2\"", 1),
        ("messageId: \"one@x.example\"", 1),
        ("stage: QUEUED", 1),
        ("direction: IN", 1),
        ("since: \"2030-03-17T17:48:00Z\"", 1),
        ("until: \"2030-03-17T17:48:00Z\"", 1),
        (&format!("mailboxId: \"{neighbour}\""), 0),
        (&format!("domainId: \"{}\"", customer.domain), 2),
    ] {
        let query = format!("{{ messageTrace(filter: {{ {filter} }}) {{ nodes {{ id }} }} }}");
        let answer = stage.ask(&customer.owner, &query).await;
        assert_eq!(nodes(&answer, "messageTrace").len(), count, "{filter}: {answer:#}");
    }
    let first = stage
        .ask(
            &customer.owner,
            "{ messageTrace(first: 1) { nodes { stage } pageInfo { endCursor hasNextPage } } }",
        )
        .await;
    assert_eq!(first["data"]["messageTrace"]["pageInfo"]["hasNextPage"], true);
    let cursor = first["data"]["messageTrace"]["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let second = format!("{{ messageTrace(first: 1, after: \"{cursor}\") {{ nodes {{ stage }} }} }}");
    let second = stage.ask(&customer.owner, &second).await;
    assert_eq!(second["data"]["messageTrace"]["nodes"], json!([{ "stage": "QUEUED" }]));
    // Whoever is erased is in no trace.
    stage.store.forget(account.tenant(), victim.parse().expect("an id")).await.expect("forgotten");
    assert_eq!(nodes(&stage.ask(&customer.owner, all).await, "messageTrace").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_ordered_about_by_whose_it_is() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "solo")).await;
    let other = stage.customer(&operator, ("acme", "solo")).await;
    let victim = stage.mailbox(&customer, "victim").await;
    let number = queue(&stage, &customer, &victim, "friend@else.example").await;
    let states = "{ queue { nodes { number state address } } }";
    let hold = format!(
        "mutation {{ queueHold(which: {{ number: {number} }}) {{ reached userErrors {{ code }} }} }}"
    );
    let foreign = stage.ask(&other.owner, &hold).await;
    assert_eq!(foreign["data"]["queueHold"]["userErrors"][0]["code"], "QUEUE_NOTHING_REACHED", "{foreign:#}");
    let mailbox = stage.sign_in(&format!("victim@{}", customer.domain_name), PASSWORD).await;
    assert_eq!(code(&stage.ask(&mailbox, &hold).await), "NOT_FOUND");
    let everything = "mutation { queueHold(which: {}) { userErrors { code } } }";
    let refused = stage.ask(&customer.owner, everything).await;
    assert_eq!(refused["data"]["queueHold"]["userErrors"][0]["code"], "QUEUE_SELECTION_EMPTY");
    let held = stage.done(&customer.owner, &hold).await;
    assert_eq!(held["queueHold"]["reached"], 1);
    let shown = stage.ask(&customer.owner, states).await;
    assert_eq!(nodes(&shown, "queue")[0]["state"], "HELD", "{shown:#}");
    assert!(nodes(&stage.ask(&other.owner, states).await, "queue").is_empty());
    let release = "mutation { queueRelease(which: { state: HELD }) { reached userErrors { code } } }";
    assert_eq!(stage.done(&customer.owner, release).await["queueRelease"]["reached"], 1);
    // Whoever ordered it is named to those who know them, and by no id.
    let ordered = "{ messageTrace { nodes { stage text reply { text } actorName actorStanding } } }";
    let told = stage.ask(&customer.owner, ordered).await;
    for (step, said) in [
        (&nodes(&told, "messageTrace")[0], "It was released: by owner_globex.example."),
        (&nodes(&told, "messageTrace")[1], "It is held until somebody releases it: by owner_globex.example."),
    ] {
        assert_eq!((&step["text"], &step["reply"]), (&json!(said), &Value::Null));
        assert_eq!(
            (&step["actorName"], &step["actorStanding"]),
            (&json!("owner_globex.example"), &json!("OWN"))
        );
    }
    assert!(nodes(&told, "messageTrace")[2]["actorStanding"].is_null(), "nobody ordered it to be queued");
    assert!(!told.to_string().contains(&customer.user), "{told:#}");
    let platform = "{ platformQueue { nodes { accountId state } } suspendedSites { id } }";
    assert_eq!(code(&stage.ask(&customer.owner, platform).await), "NOT_FOUND");
    let all = stage.ask(&operator, platform).await;
    assert_eq!(nodes(&all, "platformQueue").len(), 1);
    let sites = "{ deliverySites { site waitingCount pausedUntil lastFault { code text } } }";
    assert_eq!(code(&stage.ask(&customer.owner, sites).await), "NOT_FOUND");
    let site = stage.done(&operator, sites).await["deliverySites"][0].clone();
    assert_eq!((&site["waitingCount"], &site["lastFault"]["code"]), (&json!(7), &json!(421)), "{site:#}");
    assert_eq!(site["pausedUntil"], "2026-03-01T08:30:00.000Z");
    let suspend = "mutation { siteSuspend(site: \"MX.Else.example\", reason: \"they asked\") { site { id reason } \
                   userErrors { code } } }";
    assert_eq!(code(&stage.ask(&customer.owner, suspend).await), "NOT_FOUND");
    assert_eq!(stage.done(&operator, suspend).await["siteSuspend"]["site"]["id"], "mx.else.example");
    let resume = "mutation { siteResume(site: \"mx.else.example\") { resumed userErrors { code } } }";
    stage.done(&operator, resume).await;
    let remove = format!(
        "mutation {{ platformQueueOrder(order: REMOVE, which: {{ number: {number} }}) {{ reached userErrors {{ code }} }} }}"
    );
    assert_eq!(stage.done(&operator, &remove).await["platformQueueOrder"]["reached"], 1);
    assert!(nodes(&stage.ask(&customer.owner, states).await, "queue").is_empty());
    let told = stage.ask_in(graphql::Language::French, &customer.owner, ordered, json!({})).await;
    let removed = &nodes(&told, "messageTrace")[0];
    assert_eq!((&removed["stage"], &removed["actorName"]), (&json!("REMOVED"), &Value::Null));
    assert_eq!(removed["text"], "Il a été supprimé sans avis : par le support.");
    let told = stage
        .ask(&operator, &ordered.replace("Trace", &format!("Trace(accountId: \"{}\")", customer.account)))
        .await;
    assert_eq!(nodes(&told, "messageTrace")[0]["actorName"], "operator");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_a_list_of_addresses_that_nothing_is_sent_to() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "solo")).await;
    let other = stage.customer(&operator, ("acme", "solo")).await;
    let add = "mutation { suppressionAdd(address: \"Gone@Else.example\", reason: \"asked us\") { address \
               userErrors { code } } }";
    assert_eq!(stage.done(&customer.owner, add).await["suppressionAdd"]["address"], "gone@else.example");
    let list = "{ suppressions { nodes { id cause expiresAt reply { text } } } }";
    let shown = stage.ask(&customer.owner, list).await;
    let first = &nodes(&shown, "suppressions")[0];
    assert_eq!((&first["id"], &first["cause"]), (&json!("gone@else.example"), &json!("ORDERED")));
    assert_eq!(first["expiresAt"], json!(null));
    // What its server said does not exist is tried again one day.
    let account: AccountId = customer.account.parse().expect("an id");
    let dead = EmailAddress::parse("dead@else.example").expect("an address");
    let said = RemoteReply { code: 550, enhanced: "5.1.1".to_owned(), ..RemoteReply::default() };
    let why = (store::SuppressionCause::NoSuchAddress, said);
    assert!(stage.store.suppress(account.tenant(), &dead, why).await.expect("kept"));
    let shown = stage.ask(&customer.owner, list).await;
    let first = &nodes(&shown, "suppressions")[0];
    assert_eq!((&first["id"], &first["cause"]), (&json!("dead@else.example"), &json!("NO_SUCH_ADDRESS")));
    assert!(first["expiresAt"].is_string(), "{shown:#}");
    assert!(stage.store.unsuppress(account.tenant(), "dead@else.example").await.expect("asked"));
    assert!(nodes(&stage.ask(&other.owner, list).await, "suppressions").is_empty());
    stage.done(&other.owner, add).await;
    stage
        .done(&other.owner, "mutation { suppressionAdd(address: \"alone@else.example\") { address } }")
        .await;
    let mut found = Vec::new();
    let mut after = "null".to_owned();
    loop {
        let page = format!(
            "{{ platformSuppressions(first: 1, after: {after}) {{ nodes {{ id accountId }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = stage.done(&operator, &page).await["platformSuppressions"].clone();
        found.extend(
            page["nodes"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| one["id"].as_str().expect("an address").to_owned()),
        );
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].to_string();
    }
    assert_eq!(found, ["alone@else.example", "gone@else.example", "gone@else.example"]);
    let of_one = "{ platformSuppressions(address: \" Gone@else.example \") { nodes { accountId } } }";
    let of_one = stage.ask(&operator, of_one).await;
    let mut accounts: Vec<_> =
        nodes(&of_one, "platformSuppressions").iter().map(|one| one["accountId"].clone()).collect();
    accounts.sort_by_key(ToString::to_string);
    let mut both = [json!(customer.account), json!(other.account)];
    both.sort_by_key(ToString::to_string);
    assert_eq!(accounts, both);
    let all = "{ platformSuppressions { nodes { id } } }";
    assert_eq!(code(&stage.ask(&customer.owner, all).await), "NOT_FOUND");
    stage
        .done(
            &other.owner,
            "mutation { suppressionRemove(address: \"gone@else.example\") { userErrors { code } } }",
        )
        .await;
    let remove = "mutation { suppressionRemove(address: \"gone@else.example\") { userErrors { code } } }";
    let foreign = stage.ask(&other.owner, remove).await;
    assert_eq!(foreign["data"]["suppressionRemove"]["userErrors"][0]["code"], "SUPPRESSION_NOT_FOUND");
    let wrong = stage
        .ask(&customer.owner, "mutation { suppressionAdd(address: \"no\") { userErrors { code field } } }");
    assert_eq!(
        wrong.await["data"]["suppressionAdd"]["userErrors"][0],
        json!({ "code": "MALFORMED", "field": "address" })
    );
    stage.done(&customer.owner, remove).await;
    assert!(nodes(&stage.ask(&customer.owner, list).await, "suppressions").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_shows_what_others_report_about_it_and_only_to_its_own() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "solo")).await;
    let other = stage.customer(&operator, ("acme", "solo")).await;
    let account: AccountId = customer.account.parse().expect("an id");
    let owner =
        store::ReportOwner { tenant: account.tenant(), domain: customer.domain.parse().expect("an id") };
    let head = |number: i64| store::ReportHead {
        reporter: "r.example".to_owned(),
        report: number.to_string(),
        begin: stage.engine.now(),
        end: stage.engine.now(),
        received_at: kernel::Timestamp::from_secs(1_900_000_000 + number),
    };
    let source = store::DmarcSource {
        source: "192.0.2.1".to_owned(),
        message_count: 5,
        disposition: "reject".to_owned(),
        is_dkim_aligned: false,
        is_spf_aligned: true,
        header_from: "globex.example".to_owned(),
        dkim: (String::new(), String::new()),
        spf: ("globex.example".to_owned(), "pass".to_owned()),
    };
    for number in 0..3 {
        let report = store::DmarcReport {
            head: head(number),
            policy: "reject".to_owned(),
            message_count: 5,
            passed_count: 5,
            is_proven: true,
            sources: vec![source.clone()],
        };
        stage.reports.keep_dmarc(owner, &report).await.expect("kept");
    }
    let tls = store::TlsReport { head: head(1), succeeded_count: 7, failed_count: 0, failures: Vec::new() };
    stage.reports.keep_tls(owner, &tls).await.expect("kept");
    let query = format!(
        "{{ domain(domainId: \"{}\") {{ dmarcReports(first: 2) {{ nodes {{ reportId sources {{ spfResult }} }} \
         pageInfo {{ hasNextPage endCursor }} }} dmarcSources {{ source messages passed rejected }} \
         tlsReports {{ nodes {{ succeeded }} }} }} }}",
        customer.domain
    );
    let shown = stage.done(&customer.owner, &query).await;
    let domain = &shown["domain"];
    let ids: Vec<&Value> = domain["dmarcReports"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| &node["reportId"])
        .collect();
    assert_eq!(ids, ["2", "1"], "the newest first");
    assert_eq!(domain["dmarcReports"]["nodes"][0]["sources"][0]["spfResult"], "pass");
    let summary = json!([{ "source": "192.0.2.1", "messages": 15, "passed": 15, "rejected": 15 }]);
    assert_eq!(domain["dmarcSources"], summary);
    assert_eq!(domain["tlsReports"]["nodes"], json!([{ "succeeded": 7 }]));
    let cursor = domain["dmarcReports"]["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let rest = format!(
        "{{ domain(domainId: \"{}\") {{ dmarcReports(after: \"{cursor}\") {{ nodes {{ reportId }} }} }} }}",
        customer.domain
    );
    let rest = stage.done(&customer.owner, &rest).await;
    assert_eq!(rest["domain"]["dmarcReports"]["nodes"], json!([{ "reportId": "0" }]));
    assert_eq!(code(&stage.ask(&other.owner, &query).await), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_sees_what_of_its_own_is_held_with_its_subject_and_nobody_else_does() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "solo")).await;
    let victim = stage.mailbox(&customer, "victim").await;
    stage.mailbox(&customer, "neighbour").await;
    let account: AccountId = customer.account.parse().expect("an id");
    let address = |to: String| QueuedRecipient::new(EmailAddress::parse(&to).expect("an address"));
    for (number, recipients) in [(1, 1), (2, 30)] {
        let text = format!(
            "Subject: =?utf-8?Q?Relev=C3=A9_{number}?=\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n\r\nhello\r\n"
        );
        let acceptance = Acceptance {
            message: Bytes::from(text),
            deposits: Vec::new(),
            queued: (0..recipients).map(|index| address(format!("f{index}@else.example"))).collect(),
            sender: None,
            tenant: account.tenant(),
            dsn: (None, None),
            queueing: Queueing {
                mailbox: Some(victim.parse().expect("an id")),
                is_held: true,
                ..Queueing::default()
            },
        };
        stage.store.accept(acceptance).await.expect("accepted");
    }
    queue(&stage, &customer, &victim, "free@else.example").await;
    let own = stage.sign_in(&format!("victim@{}", customer.domain_name), PASSWORD).await;
    let read = "{ ownHeldMail { nodes { subject sentAt recipients recipientCount bytes queuedAt } } }";
    let seen = stage.done(&own, read).await;
    let seen = seen["ownHeldMail"]["nodes"].as_array().expect("nodes").clone();
    assert_eq!(seen.len(), 2, "{seen:#?}");
    assert_eq!(seen[0]["subject"], "Relevé 1");
    assert_eq!(seen[0]["recipients"], json!(["f0@else.example"]));
    assert_eq!(seen[0]["sentAt"], "2026-11-25T12:00:00.000Z");
    assert_eq!(seen[1]["recipientCount"], 30);
    assert_eq!(seen[1]["recipients"].as_array().map(Vec::len), Some(20));
    // Page by page, each once.
    let first = stage
        .done(&own, "{ ownHeldMail(first: 1) { nodes { subject } pageInfo { endCursor hasNextPage } } }")
        .await;
    assert_eq!(first["ownHeldMail"]["pageInfo"]["hasNextPage"], true);
    let cursor = first["ownHeldMail"]["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let second = format!(
        "{{ ownHeldMail(first: 1, after: \"{cursor}\") {{ nodes {{ subject }} pageInfo {{ hasNextPage }} }} }}"
    );
    let second = stage.done(&own, &second).await;
    assert_eq!(second["ownHeldMail"]["nodes"][0]["subject"], "Relevé 2");
    assert_eq!(second["ownHeldMail"]["pageInfo"]["hasNextPage"], false);
    let neighbour = stage.sign_in(&format!("neighbour@{}", customer.domain_name), PASSWORD).await;
    assert!(nodes(&stage.ask(&neighbour, read).await, "ownHeldMail").is_empty());
    for other in [customer.owner.as_str(), operator.as_str()] {
        assert_eq!(code(&stage.ask(other, read).await), "NOT_FOUND");
    }
    // Letting it go stays the administrators'.
    let release =
        format!("mutation {{ mailboxSendingRelease(mailboxId: \"{victim}\") {{ userErrors {{ code }} }} }}");
    assert_eq!(code(&stage.ask(&own, &release).await), "FORBIDDEN");
}
