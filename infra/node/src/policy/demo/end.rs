//! Ending a demo: all that it and its visitors had is taken away by ordinary commands, and what they wrote is made
//! unreadable for ever.

use std::collections::BTreeSet;

use anyhow::Context as _;
use hosting::account::{Account, AccountState};
use hosting::alias::Alias;
use hosting::domain::Domain;
use hosting::mailbox::{Mailbox, MailboxState};
use hosting::service::Service;
use hosting::session::SessionOwner;
use hosting::use_case::{
    CloseAccount, DeleteAlias, DeleteMailbox, EndService, ErasePerson, Governance, PurgeService,
    RemoveDomain, RemoveUser,
};
use hosting::user::{User, UserState};
use journal::{Clock as _, SystemClock};
use kernel::{
    AccountId, AliasId, Category, Cursor, Decider, DomainId, Key, MailboxId, Position, ServiceId, SubjectId,
    UserId,
};
use store::{Order, Orderer, Queue as _, Selection};

use super::Generation;
use crate::command::provision::{asked, must, run};
use crate::platform::Platform;

/// Events in one page of a story.
const EVENT_COUNT: usize = 500;
/// How often services are ended that visitors order meanwhile; then the account is closed and nobody orders.
const CLOSE_COUNT_MAX: usize = 10;
/// How often domains are gone through: one that another mirrors is removed after that one.
const DOMAIN_ROUND_COUNT_MAX: usize = 3;

/// Everything that there ever was in an account.
#[derive(Default)]
struct Story {
    users: BTreeSet<UserId>,
    services: BTreeSet<ServiceId>,
    domains: BTreeSet<DomainId>,
    mailboxes: BTreeSet<MailboxId>,
    aliases: BTreeSet<AliasId>,
}

/// Ends a demo. Whatever was ended before stays so: it may be begun again after a crash.
///
/// # Errors
/// The machine failed, or something stayed.
pub async fn end(platform: &Platform, generation: Generation) -> anyhow::Result<()> {
    let account = generation.account();
    let engine = &platform.engine;
    if engine.load(account.tenant(), &Key::<Account>(account)).await? == AccountState::Absent {
        return Ok(());
    }
    close(platform, account).await?;
    let story = story(platform, account).await?;
    delete_mailboxes(platform, account, &story).await?;
    for alias in &story.aliases {
        let state = engine.load(account.tenant(), &Key::<Alias>(*alias)).await?;
        // Temporary ones went with their mailboxes.
        if let Some(record) = state.record().filter(|record| record.temporary.is_none()) {
            must(engine, asked::SERVE, &DeleteAlias { account, service: record.service, alias: *alias })
                .await?;
        }
    }
    remove_domains(platform, account, &story).await?;
    for user in &story.users {
        if let UserState::Present(_) = engine.load(account.tenant(), &Key::<User>(*user)).await? {
            must(
                engine,
                asked::SERVE,
                &RemoveUser { account, user: *user, services: vec![], governance: Governance::FromAbove },
            )
            .await?;
        }
    }
    let users = story.users.iter().copied().map(SessionOwner::User);
    let mailboxes = story.mailboxes.iter().copied().map(SessionOwner::Mailbox);
    for owner in users.chain(mailboxes) {
        must(engine, asked::SERVE, &ErasePerson { account, owner }).await?;
    }
    // Where visitors' aliases led is readable no more either.
    for alias in &story.aliases {
        let subject = SubjectId::of_alias(*alias);
        platform.keyring.destroy(account.tenant(), subject, SystemClock.now()).await?;
    }
    for service in &story.services {
        must(engine, asked::SERVE, &PurgeService { account, service: *service }).await?;
    }
    empty_queue(platform, account).await
}

/// Ends all services and closes the account: whoever is signed in can do nothing any more.
async fn close(platform: &Platform, account: AccountId) -> anyhow::Result<()> {
    let engine = &platform.engine;
    for _ in 0..CLOSE_COUNT_MAX {
        let state = engine.load(account.tenant(), &Key::<Account>(account)).await?;
        let AccountState::Open(record) = state else { return Ok(()) };
        for service in record.services {
            let end = EndService { account, service, purge_after: SystemClock.now() };
            must(engine, asked::SERVE, &end).await?;
        }
        // Refused where a visitor has ordered one more meanwhile.
        if run(engine, asked::SERVE, &CloseAccount { account }).await?.is_ok() {
            return Ok(());
        }
    }
    anyhow::bail!("visitors order faster than the demo is closed")
}

/// What the account's events are about.
async fn story(platform: &Platform, account: AccountId) -> anyhow::Result<Story> {
    let mut story = Story::default();
    let mut after = Cursor { tenant: account.tenant(), position: Position::START };
    loop {
        let events = platform.engine.read_tenant(after, EVENT_COUNT).await?;
        for event in &events {
            let (category, id) = (event.stream.category, event.stream.id);
            let is = |wanted: Category| category == wanted;
            if is(User::CATEGORY) {
                story.users.insert(UserId::new(id));
            } else if is(Service::CATEGORY) {
                story.services.insert(ServiceId::new(id));
            } else if is(Domain::CATEGORY) {
                story.domains.insert(DomainId::new(id));
            } else if is(Mailbox::CATEGORY) {
                story.mailboxes.insert(MailboxId::new(id));
            } else if is(Alias::CATEGORY) {
                story.aliases.insert(AliasId::new(id));
            }
        }
        match events.last() {
            Some(last) if events.len() == EVENT_COUNT => after = last.cursor,
            Some(_) | None => return Ok(story),
        }
    }
}

async fn delete_mailboxes(platform: &Platform, account: AccountId, story: &Story) -> anyhow::Result<()> {
    for mailbox in &story.mailboxes {
        let state = platform.engine.load(account.tenant(), &Key::<Mailbox>(*mailbox)).await?;
        let MailboxState::Live(record) = state else { continue };
        let delete = DeleteMailbox {
            account,
            service: record.service,
            mailbox: *mailbox,
            purge_after: SystemClock.now(),
            temporary_aliases: record.temporary_aliases.keys().copied().collect(),
        };
        must(&platform.engine, asked::SERVE, &delete).await?;
    }
    Ok(())
}

async fn remove_domains(platform: &Platform, account: AccountId, story: &Story) -> anyhow::Result<()> {
    for round in 1..=DOMAIN_ROUND_COUNT_MAX {
        let mut left = None;
        for domain in &story.domains {
            let state = platform.engine.load(account.tenant(), &Key::<Domain>(*domain)).await?;
            let Some(record) = state.record() else { continue };
            let remove = RemoveDomain {
                account,
                service: record.service,
                domain: *domain,
                purge_after: SystemClock.now(),
            };
            if let Err(refusal) = run(&platform.engine, asked::SERVE, &remove).await? {
                left = Some(refusal);
            }
        }
        match left {
            None => return Ok(()),
            Some(refusal) if round == DOMAIN_ROUND_COUNT_MAX => {
                return Err(anyhow::anyhow!("{refusal}")).context("a domain of the demo stayed");
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// What the sandbox kept for hosts elsewhere goes with it.
async fn empty_queue(platform: &Platform, account: AccountId) -> anyhow::Result<()> {
    let all = Selection { tenant: Some(account.tenant()), ..Selection::default() };
    platform.store.order_all(&all, Order::Remove, (Orderer::Operator, "")).await?;
    Ok(())
}
