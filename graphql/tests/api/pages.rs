//! A page asks the tables as often whether it is short or long: tried for every list of the schema and every field of what it
//! lists, so that a field that asks for each node by itself is found on the day it is added.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::Ordering;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, TypeKind, TypeSystemDefinition};
use kernel::AccountId;
use serde_json::Value;
use store::{DmarcReport, DmarcSource, ReportHead, ReportOwner, TlsFailure, TlsReport};

use crate::stage::{Customer, PASSWORD, Stage};

/// How many things of each kind there are, for the long page.
const LONG_COUNT: usize = 3;
/// How often a page is asked for: what runs beside asks now and then, and the least is what the page itself asks.
const TRY_COUNT: usize = 4;
/// How often what seems to grow is measured again.
const AGAIN_COUNT: usize = 4;
/// Lists that have fewer than two nodes here, each because there cannot be more of it on this stage, or because it is of
/// something that comes from elsewhere; `a_page_asks...` of `quality.rs` and tests of their own look at the others.
const SHORT: [&str; 6] =
    ["accountTransfers", "notices", "ownHeldMail", "platformNotices", "poolShares", "sharedDomains"];

/// The fields of each object of the schema.
type Types = HashMap<String, Vec<FieldDefinition>>;

fn types() -> Types {
    let document = parse_schema(graphql::sdl()).expect("a schema");
    let objects = document.definitions.into_iter().filter_map(|definition| {
        let TypeSystemDefinition::Type(definition) = definition else { return None };
        let TypeKind::Object(object) = definition.node.kind else { return None };
        let fields = object.fields.into_iter().map(|field| field.node).collect();
        Some((definition.node.name.node.to_string(), fields))
    });
    objects.collect()
}

fn bare(kind: &str) -> &str {
    kind.trim_matches(['!', '[', ']'])
}

/// Whether a field can be asked for without saying more.
fn is_plain(field: &FieldDefinition) -> bool {
    field
        .arguments
        .iter()
        .all(|argument| argument.node.ty.node.nullable || argument.node.default_value.is_some())
}

/// A field as it is asked for: a list within a node is a short one, so that the question stays below the limit of complexity.
fn asked_for(field: &FieldDefinition) -> String {
    match bare(&field.ty.node.to_string()).ends_with("Connection") {
        true => format!("{}(first: 2)", field.name.node),
        false => field.name.node.to_string(),
    }
}

/// What is asked of a value of a type: all of it, `depth` objects deep; nothing of objects below that.
fn selection(types: &Types, kind: &str, depth: usize) -> Option<String> {
    let Some(fields) = types.get(bare(kind)) else { return Some(String::new()) };
    let shown = fields.iter().filter(|field| is_plain(field)).filter_map(|field| {
        let kind = field.ty.node.to_string();
        let inner = match depth {
            0 if types.contains_key(bare(&kind)) => return None,
            0 => String::new(),
            _ => selection(types, &kind, depth - 1)?,
        };
        Some(format!("{} {inner}", asked_for(field)))
    });
    let shown: Vec<String> = shown.collect();
    (!shown.is_empty()).then(|| format!("{{ {} }}", shown.join(" ")))
}

/// Three of everything that one request makes.
async fn filled(stage: &Stage, operator: &str) -> (Customer, HashMap<&'static str, String>) {
    let customer = stage.customer(operator, ("acme", "custom")).await;
    let (owner, service, domain) = (&customer.owner, &customer.service, &customer.domain);
    let reseller = format!(
        "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 10) {{ userErrors {{ code }} }} }}",
        customer.account
    );
    stage.done(operator, &reseller).await;
    for slug in ["solo", "pro"] {
        let publish = format!("mutation {{ planPublish(slug: \"{slug}\") {{ userErrors {{ code }} }} }}");
        stage.done(operator, &publish).await;
    }
    let mailbox = stage.mailbox(&customer, "m0").await;
    let mut mailboxes = vec![mailbox.clone()];
    for number in 1..=LONG_COUNT {
        let other = stage.mailbox(&customer, &format!("m{number}")).await;
        mailboxes.push(other.clone());
        let errors = "userErrors { code field message }";
        let more = format!("n{number}");
        for change in [
            format!(
                "aliasCreate(input: {{ serviceId: \"{service}\", domainId: \"{domain}\", localPart: \"a{more}\", targets: [\"m0@acme.example\"] }})"
            ),
            format!("domainAdd(input: {{ serviceId: \"{service}\", name: \"{more}.example\" }})"),
            format!(
                "addressMapAdd(input: {{ domainId: \"{domain}\", kind: RECIPIENT_COPY, from: \"m{number}\", to: \"m0@acme.example\" }})"
            ),
            format!("tlsPolicyAdd(policy: {{ destination: \"{more}.else.example\" }})"),
            format!(
                "domainTlsPolicyAdd(domainId: \"{domain}\", policy: {{ destination: \"{more}.else.example\" }})"
            ),
            format!(
                "domainFilterAdd(domainId: \"{domain}\", filter: {{ name: \"{more}\", script: \"keep;\" }})"
            ),
            format!("filterAdd(mailboxId: \"{mailbox}\", filter: {{ name: \"{more}\", script: \"keep;\" }})"),
            format!(
                "syncJobAdd(mailboxId: \"{mailbox}\", job: {{ host: \"{more}.else.example\", user: \"u\", password: \"p\" }})"
            ),
            format!(
                "pushAdd(mailboxId: \"{mailbox}\", push: {{ kind: NTFY, name: \"{more}\", url: \"https://ntfy.else.example/{more}\" }})"
            ),
            format!(
                "resourceAdd(input: {{ domainId: \"{domain}\", name: \"{more}\", localPart: \"room-{number}\" }})"
            ),
            format!("shareAdd(mailboxId: \"{mailbox}\", memberId: \"{other}\", roles: [READ])"),
            format!(
                "userRegister(input: {{ login: \"person_{number}\", password: \"{PASSWORD}\", role: OWNER }})"
            ),
            format!(
                "webhookRegister(input: {{ url: \"https://hook.else.example/{more}\", kinds: [\"*\"] }})"
            ),
            format!("ticketOpen(input: {{ kind: TECHNICAL, subject: \"{more}\", text: \"{more}\" }})"),
            format!(
                "delegationInvite(email: \"{more}@else.example\", terms: {{ permissions: [\"account:read\"] }})"
            ),
            format!("subAccountOpen(name: \"{more}\")"),
            format!(
                "serviceOrder(input: {{ planId: \"{}\", planVersion: 1 }})",
                hosting::plan::plan_id("custom")
            ),
            format!(
                "apiTokenIssue(input: {{ userId: \"{}\", name: \"{more}\", permissions: [\"account:read\"] }})",
                customer.user
            ),
        ] {
            // The plan sells three.
            if number == LONG_COUNT && change.starts_with("domainAdd") {
                continue;
            }
            let token = if change.starts_with("serviceOrder") {
                let at = format!("input: {{ accountId: \"{}\", ", customer.account);
                let order = change.replace("input: { ", &at);
                stage.done(operator, &format!("mutation {{ {order} {{ {errors} }} }}")).await;
                continue;
            } else {
                owner
            };
            stage.done(token, &format!("mutation {{ {change} {{ {errors} }} }}")).await;
        }
        stage.sign_in("owner_acme.example", PASSWORD).await;
        let suppress =
            format!("mutation {{ suppressionAdd(address: \"x{number}@else.example\") {{ address }} }}");
        stage.done(owner, &suppress).await;
        crate::trace::queue(stage, &customer, &mailbox, &format!("friend{number}@else.example")).await;
    }
    for mailbox in mailboxes.iter().skip(1) {
        crate::held::hold(stage, &customer, mailbox).await;
    }
    // One by domain.
    let listed = stage.done(owner, "{ domains { nodes { id } } }").await;
    for (number, domain) in listed["domains"]["nodes"].as_array().expect("domains").iter().enumerate() {
        let relay = format!(
            "mutation {{ senderRelayAdd(domainId: {}, relay: {{ host: \"smtp{number}.else.example\", login: \"u\", \
             password: \"p\" }}) {{ userErrors {{ code }} }} }}",
            domain["id"]
        );
        stage.done(owner, &relay).await;
        let id = domain["id"].as_str().expect("an id");
        report(stage, (&customer.account, id)).await;
    }
    let ids = HashMap::from([
        ("AccountID", customer.account.clone()),
        ("DomainID", domain.clone()),
        ("MailboxID", mailbox.clone()),
        ("UserID", customer.user.clone()),
        ("String", mailbox),
    ]);
    (customer, ids)
}

/// Others have told something of a domain.
async fn report(stage: &Stage, (account, domain): (&str, &str)) {
    let account: AccountId = account.parse().expect("an id");
    let owner = ReportOwner { tenant: account.tenant(), domain: domain.parse().expect("an id") };
    let now = stage.engine.now();
    let head = ReportHead {
        reporter: "r.example".to_owned(),
        report: "1".to_owned(),
        begin: now,
        end: now,
        received_at: now,
    };
    let source = DmarcSource {
        source: "192.0.2.1".to_owned(),
        message_count: 5,
        disposition: "none".to_owned(),
        is_dkim_aligned: true,
        is_spf_aligned: true,
        header_from: "acme.example".to_owned(),
        dkim: (String::new(), String::new()),
        spf: (String::new(), String::new()),
    };
    let dmarc = DmarcReport {
        head: head.clone(),
        policy: "reject".to_owned(),
        message_count: 5,
        passed_count: 5,
        is_proven: true,
        sources: vec![source],
    };
    stage.reports.keep_dmarc(owner, &dmarc).await.expect("kept");
    let failure = TlsFailure {
        policy: "sts".to_owned(),
        kind: "certificate-expired".to_owned(),
        host: "mx.example".to_owned(),
        session_count: 3,
        detail: String::new(),
    };
    let tls = TlsReport { head, succeeded_count: 7, failed_count: 3, failures: vec![failure] };
    stage.reports.keep_tls(owner, &tls).await.expect("kept");
}

/// A list with what it must be told, for one who may see it: those that the account has, as its owner or as the operator.
fn list(
    field: &FieldDefinition,
    ids: &HashMap<&'static str, String>,
    whose: &str,
    first: usize,
) -> Option<String> {
    let mut arguments = vec![format!("first: {first}")];
    for argument in &field.arguments {
        let (name, kind) = (argument.node.name.node.as_str(), argument.node.ty.node.to_string());
        let is_needed = !argument.node.ty.node.nullable && argument.node.default_value.is_none();
        if name == "accountId" || name == "parentId" {
            arguments.push(format!("{name}: \"{whose}\""));
        } else if is_needed {
            arguments.push(format!("{name}: \"{}\"", ids.get(bare(&kind))?));
        }
    }
    Some(format!("{}({})", field.name.node, arguments.join(", ")))
}

/// The owner, the operator and a mailbox, who ask.
struct Asked<'a> {
    stage: &'a Stage,
    tokens: [String; 3],
}

impl Asked<'_> {
    fn count(&self) -> u64 {
        let stage = self.stage;
        let usage = stage.world.usage_question_count.load(Ordering::Relaxed);
        stage.control.question_count() + stage.mail.question_count() + usage
    }

    /// Without being counted as the API counts who asks: there are many questions.
    async fn ask(&self, who: usize, query: &str) -> Value {
        let knock = crate::stage::knock(graphql::Language::English, &self.tokens[who]);
        let answer = self.stage.api.one(&knock, async_graphql::Request::new(query)).await;
        serde_json::to_value(answer).expect("JSON")
    }

    /// Who may ask; none: nobody here.
    async fn who_may(&self, query: &str) -> Option<usize> {
        for who in 0..self.tokens.len() {
            let answer = self.ask(who, query).await;
            if !answer["errors"].is_array() {
                return Some(who);
            }
        }
        None
    }

    /// The least that a question costs, and how many nodes it shows.
    async fn cost(&self, who: usize, name: &str, query: &str) -> (u64, usize) {
        let (mut least, mut length) = (u64::MAX, 0);
        for _ in 0..TRY_COUNT {
            let before = self.count();
            let shown = self.ask(who, query).await;
            assert!(!shown["errors"].is_array(), "{query}: {shown:#}");
            least = least.min(self.count() - before);
            length = shown["data"][name]["nodes"].as_array().map_or(0, Vec::len);
        }
        (least, length)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_of_what_a_page_lists_asks_the_tables_for_each_node() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let (customer, ids) = filled(&stage, &operator).await;
    let sign_in = async |login| stage.sign_in(login, PASSWORD).await;
    let asked = Asked {
        stage: &stage,
        tokens: [
            sign_in("owner_acme.example").await,
            sign_in("operator").await,
            sign_in("m0@acme.example").await,
        ],
    };
    let types = types();
    let (mut grows, mut short, mut unasked) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    let (mut tried, mut within) = (0, 0);
    for field in &types["Query"] {
        let kind = field.ty.node.to_string();
        let Some(noun) = bare(&kind).strip_suffix("Connection") else { continue };
        let name = field.name.node.as_str();
        let question = |first: usize, shown: &str| {
            Some(format!("{{ {} {{ nodes {{ {shown} }} }} }}", list(field, &ids, &customer.account, first)?))
        };
        let whole =
            question(LONG_COUNT, "__typename").expect("a list that can be asked for: add what it needs");
        let Some(who) = asked.who_may(&whole).await else {
            unasked.push(name.to_owned());
            continue;
        };
        if asked.cost(who, name, &whole).await.1 < 2 {
            short.insert(name.to_owned());
            continue;
        }
        for inner in types[noun].iter().filter(|inner| is_plain(inner)) {
            let kind = inner.ty.node.to_string();
            let Some(rest) = selection(&types, &kind, 2) else { continue };
            let shown = format!("{} {rest}", asked_for(inner));
            let [short, long] = [1, LONG_COUNT].map(|first| question(first, &shown).expect("a list"));
            let (one, _) = asked.cost(who, name, &short).await;
            let (mut many, count) = asked.cost(who, name, &long).await;
            tried += 1;
            // On a busy machine what is gathered comes in two parts now and then; what asks for each node does so every time.
            for _ in 0..AGAIN_COUNT {
                if many > one {
                    many = many.min(asked.cost(who, name, &long).await.0);
                }
            }
            if many > one {
                grows.insert(format!("{noun}.{}", inner.name.node), (one, many, count));
            }
            within += usize::from(bare(&kind).ends_with("Connection"));
        }
    }
    assert!(unasked.is_empty(), "nobody on the stage may ask: {unasked:#?}");
    let known: BTreeSet<String> = SHORT.map(str::to_owned).into();
    assert!(short.is_subset(&known), "too short to say anything, so fill the stage: {short:?}");
    assert!(grows.is_empty(), "questions of a page of 1, of a longer one, and its nodes: {grows:#?}");
    assert!(tried > 250, "the schema was not read: {tried} fields");
    assert!(within > 2, "what is listed within nodes was not read: {within} lists");
}
