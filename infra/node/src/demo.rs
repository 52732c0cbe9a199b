//! The demo account, so that the first start has somebody to write to.

use hosting::calendar::Cycle;
use hosting::contract::{Acceptance, Agreement, Method};
use hosting::document::{DocumentCommand, DocumentKind, MediaType, NewVersion, series};
use hosting::domain::{DomainRef, Proof};
use hosting::plan::plan_id;
use hosting::use_case::{
    ActivateService, AddDomain, CreateMailboxes, NewMailbox, OpenAccount, OrderService, PublishDocument,
    RegisterUser, VerifyDomain,
};
use hosting::user::UserRole;
use hosting::{Language, LoginName};
use kernel::{AccountId, ByteSize, DocumentId, DomainId, DomainName, LocalPart, ServiceId, UserId};

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

/// What the demo account has accepted.
const DOCUMENTS: [(DocumentKind, Language, &str, &str); 4] = [
    (
        DocumentKind::Cgv,
        Language::Fr,
        "Conditions Générales de Vente",
        "Conditions Générales de Vente (démonstration)\n\nCe document n'engage personne.\n",
    ),
    (
        DocumentKind::Cgv,
        Language::En,
        "General Terms of Sale",
        "General Terms of Sale (demonstration)\n\nThis document binds nobody.\n",
    ),
    (
        DocumentKind::Cps,
        Language::Fr,
        "Conditions Particulières de Service",
        "Conditions Particulières de Service, Hébergement Mail (démonstration)\n\nCe document n'engage personne.\n",
    ),
    (
        DocumentKind::Cps,
        Language::En,
        "Particular Terms of Service",
        "Particular Terms of Service, Mail Hosting (demonstration)\n\nThis document binds nobody.\n",
    ),
];

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
    let agreement = Agreement::Given(Acceptance {
        documents: publish_documents(platform).await?,
        method: Method::Page,
        shown_hash: None,
        network_hash: None,
    });
    let plan = plan_id("family");
    let order =
        OrderService { account, service, plan, version: 1, custom: None, cycle: Cycle::Annual, agreement };
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

/// Demo documents, two kinds in two languages: which, in which versions.
async fn publish_documents(platform: &Platform) -> anyhow::Result<Vec<(DocumentId, u32)>> {
    let mut published = Vec::new();
    let now = platform.engine.now();
    for (kind, language, title, text) in DOCUMENTS {
        let octets = text.as_bytes().to_vec();
        let size = octets.len() as u64;
        let hash = platform.blobs.keep(octets, now.millis()).await?;
        let terms = NewVersion {
            kind,
            language,
            version: 1,
            title: title.to_owned(),
            hash,
            octets: size,
            media_type: MediaType::Text,
            effective_from: now,
        };
        let document = series(kind, language);
        must(&platform.engine, &PublishDocument { document, command: DocumentCommand::Publish(terms) })
            .await?;
        published.push((document, 1));
    }
    Ok(published)
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
