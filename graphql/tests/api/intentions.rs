//! Whose an intention is: a `commandId` that two choose means two things, and none names what another has made.

use kernel::{CommandId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Customer, PASSWORD, Stage, code};

const COMMAND: &str = "0192f0aa-0000-7000-8000-0000000000aa";

async fn two(stage: &Stage) -> (Customer, Customer) {
    let operator = stage.operator().await;
    let acme = stage.customer(&operator, ("acme", "custom")).await;
    let globex = stage.customer(&operator, ("globex", "custom")).await;
    (acme, globex)
}

/// Registers an owner with the command; the user's id.
async fn register(stage: &Stage, token: &str, login: &str, command: &str) -> String {
    let query = format!(
        "mutation {{ userRegister(commandId: \"{command}\", input: {{ login: \"{login}\", password: \"{PASSWORD}\", role: OWNER }}) \
         {{ user {{ id }} userErrors {{ code }} }} }}"
    );
    let done = stage.done(token, &query).await;
    done["userRegister"]["user"]["id"].as_str().unwrap_or_else(|| panic!("{done:#}")).to_owned()
}

async fn token_of(stage: &Stage, owner: &str, user: &str) -> String {
    let query = format!(
        "mutation {{ apiTokenIssue(input: {{ userId: \"{user}\", name: \"t\", permissions: [\"account:read\"] }}) {{ secret userErrors {{ code }} }} }}"
    );
    let done = stage.done(owner, &query).await;
    done["apiTokenIssue"]["secret"].as_str().unwrap_or_else(|| panic!("{done:#}")).to_owned()
}

async fn home(stage: &Stage, token: &str) -> Value {
    stage.done(token, "{ viewer { accountId } }").await["viewer"]["accountId"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_of_two_accounts_makes_two_users_and_neither_is_let_in_by_the_other() {
    let stage = Stage::open().await;
    let (acme, globex) = two(&stage).await;
    let thief = register(&stage, &globex.owner, "thief", COMMAND).await;
    let token = token_of(&stage, &globex.owner, &thief).await;
    let session = stage.sign_in("thief", PASSWORD).await;
    let victim = register(&stage, &acme.owner, "victim", COMMAND).await;
    assert_ne!(victim, thief);
    for held in [&token, &session] {
        assert_eq!(home(&stage, held).await, json!(globex.account));
        let look = format!("{{ account(accountId: \"{}\") {{ id }} }}", acme.account);
        assert!(!code(&stage.ask(held, &look).await).is_empty(), "the other account is shut");
    }
    let own = stage.sign_in("victim", PASSWORD).await;
    assert_eq!(home(&stage, &own).await, json!(acme.account));
    assert_eq!(register(&stage, &acme.owner, "victim", COMMAND).await, victim, "sent again it is the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_of_two_accounts_makes_two_mailboxes_and_a_password_ends_the_sessions_of_one() {
    let stage = Stage::open().await;
    let (acme, globex) = two(&stage).await;
    let mut made = Vec::new();
    for customer in [&acme, &globex] {
        let query = format!(
            "mutation {{ mailboxCreate(commandId: \"{COMMAND}\", place: {{ serviceId: \"{}\", domainId: \"{}\" }}, mailbox: {{ \
             localPart: \"one\", quotaBytes: 1024, password: \"{PASSWORD}\" }}) {{ mailbox {{ id }} userErrors {{ code message }} }} }}",
            customer.service, customer.domain
        );
        let done = stage.done(&customer.owner, &query).await;
        made.push(
            done["mailboxCreate"]["mailbox"]["id"].as_str().unwrap_or_else(|| panic!("{done:#}")).to_owned(),
        );
    }
    assert_ne!(made[0], made[1]);
    let session = stage.sign_in(&format!("one@{}", acme.domain_name), PASSWORD).await;
    let set = format!(
        "mutation {{ mailboxPasswordSet(mailboxId: \"{}\", password: \"an-altogether-other-one\") {{ userErrors {{ code }} }} }}",
        made[1]
    );
    stage.done(&globex.owner, &set).await;
    assert_eq!(home(&stage, &session).await, json!(acme.account));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_chooses_the_id_of_what_they_make() {
    let stage = Stage::open().await;
    let (acme, _) = two(&stage).await;
    let command: Uuid = COMMAND.parse().expect("a UUID");
    let made = register(&stage, &acme.owner, "other", COMMAND).await;
    assert_ne!(made, UserId::derived(CommandId::new(command), 0).to_string());
    // Another mutation with the same command is another intention.
    let rename = format!(
        "mutation {{ accountRename(name: \"Acme & Co\", commandId: \"{COMMAND}\") {{ account {{ name }} userErrors {{ code }} }} }}"
    );
    let done = stage.done(&acme.owner, &rename).await;
    assert_eq!(done["accountRename"]["account"]["name"], "Acme & Co");
}

/// What a mutation says no by: code and field.
fn refusal(done: &Value, field: &str) -> (String, String) {
    let error = &done[field]["userErrors"][0];
    let text = |of: &str| error[of].as_str().unwrap_or_default().to_owned();
    (text("code"), text("field"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_with_another_content_is_refused_and_the_first_stays_as_it_was_done() {
    let stage = Stage::open().await;
    let (acme, globex) = two(&stage).await;
    let fields = "{ mailbox { id } userErrors { code field message } }";
    let create = |command: &str, local: &str, rest: &str| {
        format!(
            "mutation {{ mailboxCreate(commandId: \"{command}\", place: {{ serviceId: \"{}\", domainId: \"{}\" }}, \
             mailbox: {{ localPart: \"{local}\", quotaBytes: 1024{rest} }}) {fields} }}",
            acme.service, acme.domain
        )
    };
    let reused = ("COMMAND_ID_REUSED".to_owned(), "commandId".to_owned());
    let one = stage.done(&acme.owner, &create(COMMAND, "one", "")).await["mailboxCreate"].clone();
    for other in [create(COMMAND, "two", ""), create(COMMAND, "one", ", displayName: \"One\"")] {
        let refused = stage.ask(&acme.owner, &other).await["data"].clone();
        assert_eq!(refusal(&refused, "mailboxCreate"), reused, "{refused:#}");
        let french =
            stage.ask_in(graphql::Language::French, &acme.owner, &other, json!({})).await["data"].clone();
        let said = french["mailboxCreate"]["userErrors"][0]["message"].to_string();
        assert!(said.contains("a déjà servi"), "{said}");
    }
    // Written otherwise it is the same: another order, and values in variables.
    let same = format!(
        "mutation {{ mailboxCreate(mailbox: {{ quotaBytes: 1024, localPart: \"one\" }}, place: {{ domainId: \"{}\", \
         serviceId: \"{}\" }}, commandId: \"{COMMAND}\") {fields} }}",
        acme.domain, acme.service
    );
    assert_eq!(stage.done(&acme.owner, &same).await["mailboxCreate"]["mailbox"], one["mailbox"]);
    let listed = stage.done(&acme.owner, "{ mailboxes { nodes { address } } }").await;
    assert_eq!(listed["mailboxes"]["nodes"], json!([{ "address": "one@acme.example" }]));
    // What was refused was not done, so that it is tried again as one likes.
    let second = "0192f0aa-0000-7000-8000-0000000000ab";
    let refused = stage.ask(&acme.owner, &create(second, "one", "")).await["data"].clone();
    assert_eq!(refusal(&refused, "mailboxCreate").0, "ADDRESS_TAKEN");
    stage.done(&acme.owner, &create(second, "three", "")).await;
    // The same by somebody else is another intention.
    let rename = |name: &str| {
        format!(
            "mutation {{ accountRename(name: \"{name}\", commandId: \"{COMMAND}\") {{ userErrors {{ code field }} }} }}"
        )
    };
    stage.done(&acme.owner, &rename("Acme & Co")).await;
    stage.done(&globex.owner, &rename("Globex & Co")).await;
    let refused = stage.ask(&acme.owner, &rename("Acme Ltd")).await["data"].clone();
    assert_eq!(refusal(&refused, "accountRename"), reused);
    let name = stage.done(&acme.owner, "{ account { name } }").await["account"]["name"].clone();
    assert_eq!(name, "Acme & Co");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_nothing_that_was_read_before_is_content_and_what_was_done_before_marks_is_a_repeat() {
    let stage = Stage::open().await;
    let (acme, _) = two(&stage).await;
    let alice = stage.mailbox(&acme, "alice").await;
    let change = |name: &str, revision: &str| {
        format!(
            "mutation {{ mailboxDisplayNameChange(mailboxId: \"{alice}\", displayName: \"{name}\"{revision}, \
             commandId: \"{COMMAND}\") {{ userErrors {{ code }} }} }}"
        )
    };
    stage.done(&acme.owner, &change("Alice", "")).await;
    // Whoever lost the answer may have read the mailbox since.
    stage.done(&acme.owner, &change("Alice", ", revision: 1")).await;
    let register = |password: &str| {
        format!(
            "mutation {{ userRegister(commandId: \"{COMMAND}\", input: {{ login: \"other\", password: \"{password}\", role: OWNER }}) \
             {{ user {{ id }} userErrors {{ code }} }} }}"
        )
    };
    stage.done(&acme.owner, &register(PASSWORD)).await;
    stage.done(&acme.owner, &register("an altogether other one")).await;
    stage.sign_in("other", PASSWORD).await;
    // What is kept tells nothing without the command's id, and events of before have no mark at all.
    let rows = stage.control.query(database::Statement::new("SELECT actor FROM event")).await.expect("rows");
    let kept: Vec<String> = rows.iter().map(|row| row.text(0).expect("a text").to_owned()).collect();
    let marked = |name: &str| kept.iter().filter(|text| text.contains(&format!(";{name};"))).count();
    assert_eq!((marked("mailboxDisplayNameChange"), marked("mailboxesCreate")), (1, 0), "{kept:#?}");
    let before = CommandId::new(Uuid::from_u128(77));
    let account = acme.account.parse().expect("an account");
    let rename = |name: &str| hosting::use_case::RenameAccount { account, name: name.to_owned() };
    let (operator, correlation) =
        (authority::Principal::operator(), kernel::CorrelationId::new(Uuid::from_u128(78)));
    let run = async |command: kernel::Intention, name: &str| {
        stage.engine.run(&operator, command, correlation, &rename(name)).await.expect("an outcome")
    };
    let mark = |bits| Some(kernel::ContentMark::new(bits));
    let of_before = run(before.into(), "Of before").await;
    assert!(matches!(of_before, engine::Outcome::Done { is_repeat: false, .. }), "{of_before:?}");
    let again = run(before.named(None).saying(mark(1)), "Something else").await;
    assert!(matches!(again, engine::Outcome::Done { is_repeat: true, .. }), "{again:?}");
    let marked = CommandId::new(Uuid::from_u128(79));
    run(marked.named(None).saying(mark(1)), "Marked").await;
    let without = run(marked.into(), "Something else").await;
    assert!(matches!(without, engine::Outcome::Done { is_repeat: true, .. }), "{without:?}");
    let other = run(marked.named(None).saying(mark(2)), "Something else").await;
    assert!(matches!(other, engine::Outcome::Denied(authority::Denied::CommandReused)), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_of_a_bulk_is_an_intention_with_a_content_of_its_own() {
    let stage = Stage::open().await;
    let (acme, _) = two(&stage).await;
    let row = |key: &str, local: &str| {
        format!(
            "{{ key: \"{key}\", action: {{ createMailboxes: {{ place: {{ serviceId: \"{}\", domainId: \"{}\" }}, \
             mailboxes: [{{ localPart: \"{local}\", quotaBytes: 1024 }}] }} }} }}",
            acme.service, acme.domain
        )
    };
    let bulk = async |rows: &[String]| {
        let query = format!(
            "mutation {{ bulk(commandId: \"{COMMAND}\", rows: [{}]) {{ rows {{ key outcome userErrors {{ code field }} }} }} }}",
            rows.join(", ")
        );
        let done = stage.done(&acme.owner, &query).await["bulk"]["rows"].clone();
        let rows = done.as_array().expect("rows").iter().map(|row| {
            let code = row["userErrors"][0]["code"].as_str().unwrap_or_default();
            format!(
                "{} {} {code}",
                row["key"].as_str().unwrap_or_default(),
                row["outcome"].as_str().unwrap_or_default()
            )
        });
        rows.collect::<Vec<_>>()
    };
    assert_eq!(bulk(&[row("a", "one")]).await, ["a DONE "]);
    // Further rows leave those that are done what they were.
    assert_eq!(bulk(&[row("b", "two"), row("a", "one")]).await, ["b DONE ", "a REPEATED "]);
    assert_eq!(
        bulk(&[row("a", "three"), row("b", "two")]).await,
        ["a REFUSED COMMAND_ID_REUSED", "b REPEATED "]
    );
}
