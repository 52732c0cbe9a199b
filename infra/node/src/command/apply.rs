//! `hosterra apply`: brings the platform to what a file says, through the same commands and rules as the API.
//!
//! Things are recognised by the handles of the file, so that a second run changes nothing. What the file does not name
//! is left alone; nothing is deleted.

mod file;
mod report;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use engine::{Case, Engine};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hosting::alias::AliasSettingsPatch;
use hosting::domain::{DomainRef, Proof};
use hosting::limit::ADMINISTERED_DOMAIN_COUNT_MAX;
use hosting::plan::{CustomLimits, PlanVersion, catalogue, plan_id};
use hosting::use_case::{
    ActivateService, AddDomain, ChangeAliasTargets, ChangeMailboxQuota, CreateAlias, CreateMailboxes,
    NewMailbox, OpenAccount, OrderService, RegisterUser, VerifyDomain,
};
use hosting::user::UserRole;
use hosting::{HostingRefusal, LoginName, PasswordHash};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kernel::{AccountId, AliasId, ByteSize, DomainId, Key, MailboxId, Refusal as _, ServiceId, UserId};

use crate::command::apply::file::{Account, Desired, Domain, Mailbox, Plan, Secret, Service, User};
use crate::command::apply::report::{Report, Row};
use crate::command::provision::{asked, hashed, id_of, publish_catalogue, run, share_domain};
use crate::config::Config;
use crate::platform::Platform;

/// Mailboxes in one command.
const BATCH_COUNT: usize = hosting::limit::MAILBOX_BATCH_COUNT_MAX;
/// How long the directory may take to know what was just done.
const CATCH_UP_WAIT: Duration = Duration::from_secs(60);

/// Reads the file, does what it says and prints one line per thing that was changed or refused, and the counts.
///
/// # Errors
/// A fault of the file, with its line; the machine failed. Refusals are rows, and the exit code tells of them.
pub async fn apply(config: &Config, path: &Path) -> anyhow::Result<ExitCode> {
    let desired = Desired::read(path)?;
    let platform = Arc::new(Platform::open(config).await?);
    publish_catalogue(&platform.engine, asked::APPLY).await?;
    let mut applying = Applying {
        engine: Arc::clone(&platform.engine),
        platform: Arc::clone(&platform),
        bar: bar(&desired),
        report: Report::default(),
    };
    for shared in &desired.shared_domains {
        let done = share_domain(&platform.engine, asked::APPLY, &shared.name).await?.map(drop);
        applying.told(&format!("shared domain {}", shared.name), settled(done, is_there)?);
    }
    for account in &desired.accounts {
        applying.account(account).await?;
    }
    applying.bar.finish_and_clear();
    let is_whole = applying.report.print()?;
    platform.engine.shutdown().await;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn bar(desired: &Desired) -> ProgressBar {
    let services = desired.accounts.iter().flat_map(|account| &account.services);
    let count: usize = services
        .flat_map(|service| &service.domains)
        .map(|domain| domain.mailboxes.len() + domain.aliases.len())
        .sum();
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// What a command came to, where "it is there" is an answer and no fault.
fn settled(
    outcome: Result<(), HostingRefusal>,
    is_there: impl Fn(&HostingRefusal) -> bool,
) -> anyhow::Result<Row> {
    Ok(match outcome {
        Ok(()) => Row::Done,
        Err(refusal) if is_there(&refusal) => Row::Unchanged,
        Err(refusal) => Row::Refused(refusal.to_string()),
    })
}

/// Whether a refusal only says that the thing is already as it shall be.
fn is_there(refusal: &HostingRefusal) -> bool {
    refusal.code().ends_with("_EXISTS")
}

struct Applying {
    engine: Arc<Engine>,
    platform: Arc<Platform>,
    bar: ProgressBar,
    report: Report,
}

/// Where mailboxes and aliases go.
#[derive(Clone, Copy)]
struct Home {
    account: AccountId,
    service: ServiceId,
    domain: DomainRef,
    plan: Plan,
}

impl Applying {
    fn told(&mut self, what: &str, row: Row) {
        self.report.add(what, row);
    }

    /// Runs a command; what it came to. Whether anything changed is seen by the tenant's position.
    async fn run(&self, use_case: &dyn Case<HostingRefusal>) -> anyhow::Result<Row> {
        let before = self.platform.journal.head(use_case.tenant()).await?;
        Ok(match run(&self.engine, asked::APPLY, use_case).await? {
            Ok(cursor) if cursor.position == before => Row::Unchanged,
            Ok(_) => Row::Done,
            Err(refusal) if is_there(&refusal) => Row::Unchanged,
            Err(refusal) => Row::Refused(refusal.to_string()),
        })
    }

    async fn account(&mut self, file: &Account) -> anyhow::Result<()> {
        let account: AccountId = id_of(&format!("account/{}", file.key));
        let row = self.run(&OpenAccount { account, name: file.name.clone() }).await?;
        self.told(&format!("account {}", file.key), row);
        for service in &file.services {
            self.service(account, &file.key, service).await?;
        }
        for user in &file.users {
            self.user(account, &file.key, user).await?;
        }
        Ok(())
    }

    async fn user(&mut self, account: AccountId, key: &str, file: &User) -> anyhow::Result<()> {
        let what = format!("user {}", file.login);
        let login = match LoginName::parse(&file.login) {
            Ok(login) => login,
            Err(fault) => {
                self.told(&what, Row::Refused(fault.to_string()));
                return Ok(());
            }
        };
        let role = if file.administers.is_empty() {
            UserRole::Owner
        } else {
            let domains = file.administers.iter().map(|name| id_of(&format!("account/{key}/domain/{name}")));
            UserRole::DomainAdministrator(domains.collect())
        };
        let user: UserId = id_of(&format!("account/{key}/user/{}", file.login));
        if self.platform.people.knows(user) {
            self.told(&what, Row::Unchanged);
            return Ok(());
        }
        let password = match secret(&file.secret()).await {
            Ok(password) => password,
            Err(fault) => {
                self.told(&what, Row::Refused(fault.to_string()));
                return Ok(());
            }
        };
        let services = self.administered(account, &role).await?;
        let register = RegisterUser {
            services,
            account,
            user,
            login,
            name: file.name.clone(),
            password,
            role,
            must_change_password: file.must_change_password,
        };
        let row = self.run(&register).await?;
        self.told(&what, row);
        Ok(())
    }

    /// The services of the domains that a role is about.
    async fn administered(&self, account: AccountId, role: &UserRole) -> anyhow::Result<Vec<ServiceId>> {
        let UserRole::DomainAdministrator(domains) = role else { return Ok(Vec::new()) };
        let mut found = BTreeSet::new();
        for domain in domains.iter().take(ADMINISTERED_DOMAIN_COUNT_MAX) {
            let state = self.engine.load(account.tenant(), &Key::<hosting::domain::Domain>(*domain)).await?;
            found.extend(state.record().map(|record| record.service));
        }
        Ok(found.into_iter().collect())
    }

    async fn service(&mut self, account: AccountId, key: &str, file: &Service) -> anyhow::Result<()> {
        let service: ServiceId = id_of(&format!("account/{key}/service/{}", file.key));
        let custom = file.custom.map(|custom| CustomLimits {
            domain_count: custom.domains,
            mailbox_count: custom.mailboxes,
            alias_count: custom.aliases,
            storage: custom.storage,
            sends_per_day: None,
        });
        let order = OrderService {
            account,
            service,
            plan: plan_id(slug(file.plan)),
            version: file.version,
            custom,
            cycle: hosting::calendar::Cycle::Annual,
            agreement: hosting::contract::Agreement::ToFollow,
        };
        let mut row = self.run(&order).await?;
        if !matches!(row, Row::Refused(_)) {
            let activated = self.run(&ActivateService { account, service }).await?;
            // A service that is active, restricted or suspended is left as it is.
            row = if matches!(activated, Row::Refused(_)) { row } else { row.or(activated) };
        }
        self.told(&format!("service {key}/{}", file.key), row);
        for domain in &file.domains {
            self.domain((account, key), (service, file.plan), domain).await?;
        }
        Ok(())
    }

    async fn domain(
        &mut self,
        (account, key): (AccountId, &str),
        (service, plan): (ServiceId, Plan),
        file: &Domain,
    ) -> anyhow::Result<()> {
        let name = &file.name;
        let domain = if plan == Plan::Basic {
            DomainRef::Shared(id_of(&format!("shared-domain/{name}")))
        } else {
            let domain: DomainId = id_of(&format!("account/{key}/domain/{name}"));
            let mut row =
                self.run(&AddDomain { account, service, domain, name: name.clone(), mirrors: None }).await?;
            if file.verified && !matches!(row, Row::Refused(_)) {
                row = row.or(self
                    .run(&VerifyDomain { account, domain, proof: Proof::AssertedByOperator })
                    .await?);
            }
            self.told(&format!("domain {name}"), row);
            DomainRef::Own(domain)
        };
        let home = Home { account, service, domain, plan };
        self.mailboxes(home, file).await?;
        self.aliases(home, key, file).await
    }

    async fn mailboxes(&mut self, home: Home, file: &Domain) -> anyhow::Result<()> {
        let tenant = home.account.tenant();
        let default = default_quota(home.plan);
        let mut new: Vec<(&Mailbox, MailboxId, ByteSize)> = Vec::new();
        let mut named = BTreeSet::new();
        for mailbox in &file.mailboxes {
            let what = format!("{}@{}", mailbox.local_part, file.name);
            let id: MailboxId = id_of(&format!("mailbox/{}@{}", mailbox.local_part.canonical(), file.name));
            if !named.insert(mailbox.local_part.canonical()) {
                self.told(&what, Row::Refused("the file names it twice".to_owned()));
                self.bar.inc(1);
                continue;
            }
            let quota = mailbox.quota.unwrap_or(default);
            match self.platform.directory.quota(tenant, id) {
                Some(now) if mailbox.quota.is_some() && now != quota => {
                    let (account, service) = (home.account, home.service);
                    let change = ChangeMailboxQuota { account, service, mailbox: id, quota };
                    let row = self.run(&change).await?;
                    self.told(&what, row);
                    self.bar.inc(1);
                }
                Some(_) => {
                    self.told(&what, Row::Unchanged);
                    self.bar.inc(1);
                }
                None => new.push((mailbox, id, quota)),
            }
        }
        for batch in new.chunks(BATCH_COUNT) {
            self.batch(home, file, batch).await?;
        }
        Ok(())
    }

    /// Creates some mailboxes by one command; where that is refused, one by one, so that the others are made and each
    /// row tells its own reason.
    async fn batch(
        &mut self,
        home: Home,
        file: &Domain,
        batch: &[(&Mailbox, MailboxId, ByteSize)],
    ) -> anyhow::Result<()> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let hashing = batch.iter().map(|(mailbox, id, quota)| async move {
            let password = secret(&mailbox.secret()).await;
            anyhow::Ok(password.map(|password| NewMailbox {
                mailbox: *id,
                local: mailbox.local_part.clone(),
                quota: *quota,
                display_name: mailbox.name.clone(),
                password,
            }))
        });
        let made: Vec<anyhow::Result<NewMailbox>> =
            stream::iter(hashing).buffered(cores).try_collect().await?;
        let mut mailboxes = Vec::new();
        for (made, (mailbox, ..)) in made.into_iter().zip(batch) {
            match made {
                Ok(new) => mailboxes.push(new),
                Err(fault) => {
                    self.told(
                        &format!("{}@{}", mailbox.local_part, file.name),
                        Row::Refused(fault.to_string()),
                    );
                    self.bar.inc(1);
                }
            }
        }
        if mailboxes.is_empty() {
            return Ok(());
        }
        let Home { account, service, domain, .. } = home;
        let all = CreateMailboxes { account, service, domain, mailboxes: mailboxes.clone() };
        let row = self.run(&all).await?;
        let is_whole = !matches!(row, Row::Refused(_));
        for new in mailboxes {
            let what = format!("{}@{}", new.local, file.name);
            let row = if is_whole {
                row.clone()
            } else {
                self.run(&CreateMailboxes { account, service, domain, mailboxes: vec![new] }).await?
            };
            self.told(&what, row);
            self.bar.inc(1);
        }
        Ok(())
    }

    async fn aliases(&mut self, home: Home, key: &str, file: &Domain) -> anyhow::Result<()> {
        let catch_all = (!file.catch_all.is_empty()).then_some((None, &file.catch_all));
        let named = file.aliases.iter().map(|alias| (Some(alias.local_part.clone()), &alias.targets));
        for (local, targets) in catch_all.into_iter().chain(named) {
            let spelled = local.as_ref().map_or_else(|| "*".to_owned(), |local| local.canonical());
            let alias: AliasId = id_of(&format!("account/{key}/alias/{spelled}@{}", file.name));
            let Home { account, service, domain, .. } = home;
            let create = CreateAlias {
                account,
                service,
                domain,
                alias,
                local,
                targets: targets.clone(),
                is_under_catch_all: false,
                settings: AliasSettingsPatch::default(),
            };
            let mut row = self.run(&create).await?;
            if matches!(row, Row::Unchanged | Row::Refused(_)) {
                // It is there, perhaps with other targets.
                let change = ChangeAliasTargets { account, alias, targets: targets.clone() };
                let changed = self.run(&change).await?;
                row = if matches!(changed, Row::Refused(_)) { row } else { changed };
            }
            self.told(&format!("alias {spelled}@{}", file.name), row);
            self.bar.inc(1);
        }
        let cursor = self.platform.journal.head(home.account.tenant()).await?;
        let cursor = kernel::Cursor { tenant: home.account.tenant(), position: cursor };
        self.engine.wait_for("directory", cursor, CATCH_UP_WAIT).await;
        Ok(())
    }
}

/// The password of a row: its hash as given, or made now.
async fn secret(secret: &Secret) -> anyhow::Result<Option<PasswordHash>> {
    match (&secret.password, &secret.password_hash) {
        (Some(_), Some(_)) => anyhow::bail!("expected a password or its hash, not both"),
        (None, Some(hash)) => Ok(Some(PasswordHash::parse(hash)?)),
        (Some(password), None) if password.is_empty() => Ok(None),
        (Some(password), None) => hashed(password.clone()).await.map(Some),
        (None, None) => Ok(None),
    }
}

const fn slug(plan: Plan) -> &'static str {
    match plan {
        Plan::Basic => "basic",
        Plan::Solo => "solo",
        Plan::Family => "family",
        Plan::Pro => "pro",
        Plan::Custom => "custom",
    }
}

/// What a mailbox gets where the file says nothing.
fn default_quota(plan: Plan) -> ByteSize {
    let terms: Option<PlanVersion> =
        catalogue().into_iter().find(|entry| entry.slug == slug(plan)).map(|entry| entry.terms);
    terms.map_or(ByteSize::gib(1), |terms| terms.limits.mailbox_quota_default)
}
