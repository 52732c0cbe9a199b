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
