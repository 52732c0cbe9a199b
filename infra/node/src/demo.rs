//! The demo account, so that the first start has somebody to write to.

use hosting::LoginName;
use hosting::domain::{DomainRef, Proof};
use hosting::plan::plan_id;
use hosting::use_case::{
    ActivateService, AddDomain, CreateMailboxes, NewMailbox, OpenAccount, OrderService, RegisterUser,
    VerifyDomain,
};
use hosting::user::UserRole;
use kernel::{AccountId, ByteSize, DomainId, DomainName, LocalPart, ServiceId, UserId};

use crate::platform::Platform;
use crate::provision::{hashed, id_of, must, run};

/// The password of all demo logins. Public knowledge, so a listener beyond loopback refuses to have them.
pub const PASSWORD: &str = "demo-password";
/// The domain.
pub const DOMAIN: &str = "demo.example";
/// Its administrator.
pub const ADMINISTRATOR: &str = "mailadmin_demo.example";
/// The customer whose Box it is.
pub const OWNER: &str = "demo";
/// Its mailboxes.
pub const LOCAL_PARTS: [&str; 2] = ["alice", "bob"];

/// Makes the demo account where it is not there.
///
/// # Errors
/// The machine failed.
pub async fn provision(platform: &Platform) -> anyhow::Result<()> {
    let account: AccountId = id_of("demo");
    let first: kernel::MailboxId = id_of("demo/alice");
    let engine = &platform.engine;
    if platform.directory.quota(account.tenant(), first).is_some() {
        // Demos of before had no owner.
        return owner(engine, account).await;
    }
    let (service, domain): (ServiceId, DomainId) = (id_of("demo/service"), id_of("demo/domain"));
    let name = DomainName::parse(DOMAIN)?;
    must(engine, &OpenAccount { account, name: "Demo".to_owned() }).await?;
    let order = OrderService { account, service, plan: plan_id("family"), version: 1, custom: None };
    must(engine, &order).await?;
    must(engine, &ActivateService { account, service }).await?;
    must(engine, &AddDomain { account, service, domain, name, mirrors: None }).await?;
    must(engine, &VerifyDomain { account, domain, proof: Proof::AssertedByOperator }).await?;
    owner(engine, account).await?;
    let password = hashed(PASSWORD.to_owned()).await?;
    let register = RegisterUser {
        account,
        user: id_of::<UserId>("demo/administrator"),
        login: LoginName::parse(ADMINISTRATOR).map_err(|fault| anyhow::anyhow!("{fault}"))?,
        name: Some("Demo administrator".to_owned()),
        password: Some(password.clone()),
        role: UserRole::DomainAdministrator(vec![domain]),
        must_change_password: false,
    };
    must(engine, &register).await?;
    let mut mailboxes = Vec::new();
    for local in LOCAL_PARTS {
        mailboxes.push(NewMailbox {
            mailbox: id_of(&format!("demo/{local}")),
            local: LocalPart::parse(local)?,
            quota: ByteSize::gib(1),
            display_name: Some(capitalised(local)),
            password: Some(password.clone()),
        });
    }
    let create = CreateMailboxes { account, service, domain: DomainRef::Own(domain), mailboxes };
    let cursor = must(engine, &create).await?;
    engine.wait_for("directory", cursor, std::time::Duration::from_secs(10)).await;
    Ok(())
}

/// Registers the owner where it is not there.
async fn owner(engine: &engine::Engine, account: AccountId) -> anyhow::Result<()> {
    let register = RegisterUser {
        account,
        user: id_of::<UserId>("demo/owner"),
        login: LoginName::parse(OWNER).map_err(|fault| anyhow::anyhow!("{fault}"))?,
        name: Some("Demo customer".to_owned()),
        password: Some(hashed(PASSWORD.to_owned()).await?),
        role: UserRole::Owner,
        must_change_password: false,
    };
    // Refused where it is registered already.
    let _ = run(engine, &register).await?;
    Ok(())
}

/// The logins as the sign-in page shows them.
pub fn logins() -> Vec<web::DemoLogin> {
    let login = |role, login: String| web::DemoLogin { role, login, password: PASSWORD };
    vec![
        login(("Customer", "Client"), OWNER.to_owned()),
        login(("Domain administrator", "Administrateur de domaine"), ADMINISTRATOR.to_owned()),
        login(("Mailbox", "Boîte aux lettres"), format!("{}@{DOMAIN}", LOCAL_PARTS[0])),
    ]
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
