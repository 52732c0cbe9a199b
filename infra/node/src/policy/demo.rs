//! The demo account, so that the first start has somebody to write to, and whoever wants to look around somewhere to do so.
//!
//! On loopback it is an account like any other and stays as it is left. Where its logins are public it is a sandbox that
//! begins anew again and again: see [`public`].

mod content;
mod end;
mod public;

use hosting::calendar::Cycle;
use hosting::contract::{Acceptance, Agreement, Method};
use hosting::document::{Document, DocumentCommand, DocumentKind, MediaType, NewVersion, series};
use hosting::domain::{DomainRef, Proof};
use hosting::plan::plan_id;
use hosting::use_case::{
    ActivateService, AddDomain, CreateMailboxes, NewMailbox, OpenAccount, OpenSandbox, OrderService,
    PublishDocument, RegisterUser, VerifyDomain,
};
use hosting::user::UserRole;
use hosting::{Language, LoginName, PasswordHash};
use kernel::{
    AccountId, ByteSize, Cursor, DocumentId, DomainId, DomainName, Key, LocalPart, MailboxId, ServiceId,
    TenantId, UserId,
};

use crate::command::provision::{asked, hashed, id_of, must, run};
use crate::config::Demo;
use crate::platform::Platform;

pub use public::open;

/// How long the directory has to hear of a new demo.
const HEARD: std::time::Duration = std::time::Duration::from_secs(10);
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

/// The most that each of them may hold.
const QUOTA: ByteSize = ByteSize::gib(1);

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

/// Which demo: a public one is another account each time that it begins anew, with the same logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(u64);

impl Generation {
    /// The one that stays: on loopback.
    const LASTING: Self = Self(0);

    /// The id of something in it.
    fn id<T: kernel::Id>(self, name: &str) -> T {
        let Self(number) = self;
        let demo = if number == 0 { "demo".to_owned() } else { format!("demo-{number}") };
        if name.is_empty() { id_of(&demo) } else { id_of(&format!("{demo}/{name}")) }
    }

    fn account(self) -> AccountId {
        self.id("")
    }

    fn mailbox(self, local: &str) -> MailboxId {
        self.id(local)
    }
}

/// Makes the demo account of this machine where it is not there.
///
/// # Errors
/// The machine failed.
async fn provision(platform: &Platform) -> anyhow::Result<()> {
    let generation = Generation::LASTING;
    let (account, first) = (generation.account(), generation.mailbox(LOCAL_PARTS[0]));
    if platform.directory.quota(account.tenant(), first).is_some() {
        // Demos of before had no owner.
        return owner(platform, generation).await;
    }
    must(&platform.engine, asked::SERVE, &OpenAccount { account, name: "Demo".to_owned() }).await?;
    let cursor = furnish(platform, generation).await?;
    owner(platform, generation).await?;
    platform.engine.wait_for("directory", cursor, HEARD).await;
    Ok(())
}

/// The same as a sandbox with something to look at, for everybody.
async fn provision_public(platform: &Platform, generation: Generation) -> anyhow::Result<()> {
    let account = generation.account();
    must(&platform.engine, asked::SERVE, &OpenSandbox { account, name: "Demo".to_owned() }).await?;
    furnish(platform, generation).await?;
    let cursor = content::fill(platform, generation).await?;
    platform.engine.wait_for("directory", cursor, HEARD).await;
    // Last of all: nobody comes before everything is there.
    owner(platform, generation).await
}

/// Gives an account its Box, its domain with the administrator, and its mailboxes.
async fn furnish(platform: &Platform, generation: Generation) -> anyhow::Result<Cursor> {
    let engine = &platform.engine;
    let account = generation.account();
    let (service, domain): (ServiceId, DomainId) = (generation.id("service"), generation.id("domain"));
    let name = DomainName::parse(DOMAIN)?;
    let documents = documents(platform).await?;
    let given = Acceptance { documents, method: Method::Page, shown_hash: None, network_hash: None };
    // The plan that has everything: what is tried is not refused.
    let plan = plan_id("custom");
    let order = |agreement| OrderService {
        account,
        service,
        plan,
        version: 1,
        custom: None,
        cycle: Cycle::Annual,
        agreement,
    };
    // Where the operator asks for more documents than these, the demo accepts nothing.
    if run(engine, asked::SERVE, &order(Agreement::Given(given))).await?.is_err() {
        must(engine, asked::SERVE, &order(Agreement::ToFollow)).await?;
    }
    must(engine, asked::SERVE, &ActivateService { account, service }).await?;
    must(engine, asked::SERVE, &AddDomain { account, service, domain, name, mirrors: None }).await?;
    let password = hashed(PASSWORD.to_owned()).await?;
    let register = RegisterUser {
        account,
        user: generation.id::<UserId>("administrator"),
        login: LoginName::parse(ADMINISTRATOR).map_err(|fault| anyhow::anyhow!("{fault}"))?,
        name: Some("Demo administrator".to_owned()),
        password: Some(password.clone()),
        role: UserRole::DomainAdministrator(vec![domain]),
        must_change_password: false,
        services: vec![service],
    };
    // Before the domain is verified: then the platform appoints its administrator by itself, under the same login.
    must(engine, asked::SERVE, &register).await?;
    must(engine, asked::SERVE, &VerifyDomain { account, domain, proof: Proof::AssertedByOperator }).await?;
    let mailboxes = LOCAL_PARTS.map(|local| mailbox(generation, local, Some(password.clone())));
    let mailboxes = mailboxes.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    must(
        engine,
        asked::SERVE,
        &CreateMailboxes { account, service, domain: DomainRef::Own(domain), mailboxes },
    )
    .await
}

fn mailbox(
    generation: Generation,
    local: &str,
    password: Option<PasswordHash>,
) -> anyhow::Result<NewMailbox> {
    Ok(NewMailbox {
        mailbox: generation.mailbox(local),
        local: LocalPart::parse(local)?,
        quota: QUOTA,
        display_name: Some(capitalised(local)),
        password,
    })
}

/// Registers the owner where it is not there.
async fn owner(platform: &Platform, generation: Generation) -> anyhow::Result<()> {
    let register = RegisterUser {
        account: generation.account(),
        user: generation.id::<UserId>("owner"),
        login: LoginName::parse(OWNER).map_err(|fault| anyhow::anyhow!("{fault}"))?,
        name: Some("Demo customer".to_owned()),
        password: Some(hashed(PASSWORD.to_owned()).await?),
        role: UserRole::Owner,
        must_change_password: false,
        services: vec![],
    };
    // Refused where it is registered already.
    let _ = run(&platform.engine, asked::SERVE, &register).await?;
    Ok(())
}

/// What the sign-in page shows of the demo.
pub fn shown(demo: &Demo) -> web::Demo {
    if !demo.enabled {
        return web::Demo::default();
    }
    web::Demo { logins: logins(), reset_minutes: demo.public_logins.then_some(demo.reset_minutes) }
}

/// The logins as the sign-in page shows them.
fn logins() -> Vec<web::DemoLogin> {
    let login = |role, login: String| web::DemoLogin { role, login, password: PASSWORD };
    vec![
        login(("Customer", "Client"), OWNER.to_owned()),
        login(("Domain administrator", "Administrateur de domaine"), ADMINISTRATOR.to_owned()),
        login(("Mailbox", "Boîte aux lettres"), format!("{}@{DOMAIN}", LOCAL_PARTS[0])),
    ]
}

/// What is accepted for the demo's Box, two kinds in two languages: of each what holds now; the demo's own where nothing was
/// ever published.
async fn documents(platform: &Platform) -> anyhow::Result<Vec<(DocumentId, u32)>> {
    let mut accepted = Vec::new();
    let now = platform.engine.now();
    for (kind, language, title, text) in DOCUMENTS {
        let document = series(kind, language);
        let known = platform.engine.load(TenantId::PLATFORM, &Key::<Document>(document)).await?;
        if !known.versions.is_empty() {
            let holds = known.versions.iter().rev();
            let mut holds =
                holds.filter(|(_, version)| !version.is_withdrawn && version.terms.effective_from <= now);
            accepted.extend(holds.next().map(|(version, _)| (document, *version)));
            continue;
        }
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
        must(
            &platform.engine,
            asked::SERVE,
            &PublishDocument { document, command: DocumentCommand::Publish(terms) },
        )
        .await?;
        accepted.push((document, 1));
    }
    Ok(accepted)
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
