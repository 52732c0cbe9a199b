//! The demo that everybody may try: it begins anew again and again, by ordinary commands.
//!
//! Each time is another account with the same logins: what visitors did goes with the old one. How far that is stands in one
//! row, so that one node does it, and whoever starts after a crash goes on. What was begun and not ended is ended, and the
//! next one is made: nothing has to be told apart in what a crash left behind.

use std::sync::Arc;
use std::time::Duration;

use graphql::Visited;
use journal::{Clock as _, SystemClock};
use kernel::{Actor, Cursor, Position, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Owner, Store as _, Turns};
use tokio_util::sync::CancellationToken;

use super::{Generation, LOCAL_PARTS, content, end, provision, provision_public};
use crate::config::{Config, DatabaseUrl, Demo};
use crate::platform::Platform;

/// The kind of work, and its only piece.
const WORK: &str = "demo";
/// How often it is looked whether it is time.
const LOOK: Duration = Duration::from_secs(2);
/// How long a node has for each step before another one may go on.
const HOLD: Duration = Duration::from_secs(300);
/// How long the node that makes it is waited for at a start.
const START_WAIT: Duration = Duration::from_secs(30);
/// Events of one look for visitors; more are visitors'.
const EVENT_COUNT: usize = 500;

/// How far the demo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Standing {
    /// Which one stands, is being ended or is being made.
    generation: u64,
    /// Whether it stands.
    is_whole: bool,
    /// How long its story was then.
    position: u64,
    /// How often its mailboxes had changed then.
    change_count: u64,
}

/// Lets the demo begin anew.
pub struct PublicDemo {
    platform: Arc<Platform>,
    turns: Turns,
    minutes: u16,
    /// Whether no other node can be there.
    is_alone: bool,
}

/// Makes the demo as it is configured; what lets it begin anew, where it is public.
///
/// # Errors
/// The machine failed.
pub async fn open(platform: &Arc<Platform>, config: &Config) -> anyhow::Result<Option<PublicDemo>> {
    let Demo { enabled, public_logins, reset_minutes } = config.demo;
    if !enabled {
        return Ok(None);
    }
    let turns = Turns::open(platform.database.clone(), WORK).await?;
    if !public_logins {
        // What was public once stays the sandbox that it is, as its last visitors left it.
        return match turns.of(WORK).await? {
            Some(_) => Ok(None),
            None => provision(platform).await.map(|()| None),
        };
    }
    let demo = PublicDemo {
        platform: Arc::clone(platform),
        turns,
        minutes: reset_minutes,
        is_alone: config.database.url == DatabaseUrl::Sqlite,
    };
    demo.turns.enrol(&[(WORK.to_owned(), Timestamp::from_secs(0))]).await?;
    demo.begin().await?;
    Ok(Some(demo))
}

impl PublicDemo {
    /// Goes on with what a crash interrupted, before anybody comes.
    async fn begin(&self) -> anyhow::Result<()> {
        let give_up = SystemClock.now().plus(START_WAIT);
        loop {
            let now = SystemClock.now();
            // Nobody else can be at it where there is one node: whoever had it is gone.
            let free_at = if self.is_alone { now.plus(HOLD) } else { now };
            if !self.standing().await?.is_whole
                && let Some(turn) = self.turns.take(WORK, free_at, now.plus(HOLD)).await?
            {
                self.renew(read(&turn.note)).await?;
            }
            if self.standing().await?.is_whole || now >= give_up {
                return self.tell().await;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Lets it begin anew whenever it is time, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the demo did not begin anew; it is tried again");
            }
        }
    }

    async fn look(&self) -> anyhow::Result<()> {
        let now = SystemClock.now();
        if !self.turns.due(now, 1).await?.is_empty()
            && let Some(turn) = self.turns.take(WORK, now, now.plus(HOLD)).await?
        {
            let standing = read(&turn.note);
            if standing.is_whole && !self.is_touched(standing).await? {
                // Nobody was there: it is as new.
                self.turns.done(WORK, next(self.minutes, now), &turn.note).await?;
            } else {
                self.renew(standing).await?;
            }
        }
        self.tell().await
    }

    /// Ends what stands or was begun, and makes the next one.
    async fn renew(&self, standing: Standing) -> anyhow::Result<()> {
        let old = Standing { is_whole: false, ..standing };
        self.go_on(old).await?;
        end::end(&self.platform, Generation(old.generation)).await?;
        let new = Standing { generation: old.generation.saturating_add(1), ..Standing::default() };
        self.go_on(new).await?;
        let generation = Generation(new.generation);
        provision_public(&self.platform, generation).await?;
        let tenant = generation.account().tenant();
        let head = self.platform.journal.head(tenant).await?;
        // Here requests are judged by it from now on; other nodes hear of it within a second.
        let cursor = Cursor { tenant, position: head };
        self.platform.engine.wait_for("people", cursor, super::HEARD).await;
        let change_count = self.change_count(generation).await?;
        let whole = Standing { is_whole: true, position: head.0, change_count, ..new };
        self.turns.done(WORK, next(self.minutes, SystemClock.now()), &serde_json::to_string(&whole)?).await?;
        tracing::info!(generation = new.generation, "the demo has begun anew");
        Ok(())
    }

    async fn go_on(&self, standing: Standing) -> anyhow::Result<()> {
        let until = SystemClock.now().plus(HOLD);
        Ok(self.turns.go_on(WORK, until, &serde_json::to_string(&standing)?).await?)
    }

    /// Whether anybody signed in or wrote since it was made.
    async fn is_touched(&self, standing: Standing) -> anyhow::Result<bool> {
        let generation = Generation(standing.generation);
        if self.change_count(generation).await? != standing.change_count {
            return Ok(true);
        }
        let after = Cursor { tenant: generation.account().tenant(), position: Position(standing.position) };
        let events = self.platform.engine.read_tenant(after, EVENT_COUNT).await?;
        let is_visitors = |actor| match actor {
            Actor::User(_) | Actor::Mailbox(_) => true,
            Actor::Operator | Actor::Platform(_) => false,
        };
        Ok(events.len() == EVENT_COUNT || events.iter().any(|event| is_visitors(event.metadata.actor)))
    }

    /// How often anything in its mailboxes has changed.
    async fn change_count(&self, generation: Generation) -> anyhow::Result<u64> {
        let mut count = 0_u64;
        for local in LOCAL_PARTS.into_iter().chain([content::SHARED]) {
            let owner = Owner { tenant: generation.account().tenant(), mailbox: generation.mailbox(local) };
            let folders = self.platform.store.folders(owner).await?;
            let newest = folders.iter().map(|folder| folder.highest_modseq.0).max().unwrap_or_default();
            count = count.saturating_add(newest).saturating_add(folders.len() as u64);
        }
        Ok(count)
    }

    async fn standing(&self) -> anyhow::Result<Standing> {
        Ok(self.turns.of(WORK).await?.map_or_else(Standing::default, |turn| read(&turn.note)))
    }

    /// Tells this node whose logins everybody knows, and until when.
    async fn tell(&self) -> anyhow::Result<()> {
        let Some(turn) = self.turns.of(WORK).await? else { return Ok(()) };
        let standing = read(&turn.note);
        let (now, next) =
            (Generation(standing.generation), Generation(standing.generation.saturating_add(1)));
        let resets_at = standing.is_whole.then_some(turn.due_at);
        self.platform.people.let_visit(Visited { accounts: [now.account(), next.account()], resets_at });
        Ok(())
    }
}

/// The next moment after `now` that is a whole number of intervals since 1970: every hour on the hour.
fn next(minutes: u16, now: Timestamp) -> Timestamp {
    let interval = i64::from(minutes) * 60_000;
    Timestamp::from_millis((now.millis().div_euclid(interval) + 1) * interval)
}

/// Before anything was noted the lasting demo of this machine may be there: it is ended as well.
fn read(note: &str) -> Standing {
    serde_json::from_str(note).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kernel::{MailboxId, TenantId, UserId};

    use super::*;
    use crate::policy::demo::{DOMAIN, OWNER};

    fn config(folder: &std::path::Path, public_logins: bool) -> Config {
        let data = folder.to_owned();
        Config { data, demo: Demo { public_logins, ..Demo::default() }, ..Config::default() }
    }

    /// Whose the demo's first mailbox is, and whether its owner can come.
    async fn stands(platform: &Platform, generation: u64) -> bool {
        let generation = Generation(generation);
        let at = (generation.account().tenant(), generation.mailbox(LOCAL_PARTS[0]));
        let found: Option<(TenantId, MailboxId)> =
            platform.directory.mailbox_of(&format!("{}@{DOMAIN}", LOCAL_PARTS[0]));
        let owner: UserId = generation.id("owner");
        found == Some(at) && platform.people.knows(owner) && platform.directory.is_sandbox(at.0)
    }

    async fn noted(demo: &PublicDemo, generation: u64) {
        let standing = Standing { generation, ..Standing::default() };
        demo.go_on(standing).await.expect("noted");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whatever_a_crash_interrupts_the_next_start_completes() {
        let folder = tempfile::tempdir().expect("a folder");
        // It was there on loopback alone before: then it goes.
        {
            let config = config(folder.path(), false);
            let platform = Arc::new(Platform::open(&config).await.expect("a platform"));
            crate::command::provision::publish_catalogue(
                &platform.engine,
                crate::command::provision::asked::SERVE,
            )
            .await
            .expect("plans");
            assert!(open(&platform, &config).await.expect("a demo").is_none());
            let lasting = Generation::LASTING;
            let found = platform.directory.mailbox_of(&format!("{}@{DOMAIN}", LOCAL_PARTS[0]));
            assert_eq!(found, Some((lasting.account().tenant(), lasting.mailbox(LOCAL_PARTS[0]))));
            platform.engine.shutdown().await;
        }
        let config = config(folder.path(), true);
        let start = async || {
            let platform = Arc::new(Platform::open(&config).await.expect("a platform"));
            let demo = open(&platform, &config).await.expect("a demo").expect("a public one");
            (platform, demo)
        };
        let (platform, demo) = start().await;
        assert!(stands(&platform, 1).await);
        assert!(!demo.is_touched(demo.standing().await.expect("noted")).await.expect("known"));
        // After the beginning of the end ...
        noted(&demo, 1).await;
        platform.engine.shutdown().await;
        drop((platform, demo));
        let (platform, demo) = start().await;
        assert!(stands(&platform, 2).await && !stands(&platform, 1).await, "{OWNER} opens the next one");
        // ... after the end, before the next one ...
        noted(&demo, 2).await;
        end::end(&platform, Generation(2)).await.expect("ended");
        end::end(&platform, Generation(2)).await.expect("ended as before");
        platform.engine.shutdown().await;
        drop((platform, demo));
        let (platform, demo) = start().await;
        assert!(stands(&platform, 3).await);
        // ... and in the middle of the making.
        noted(&demo, 3).await;
        end::end(&platform, Generation(3)).await.expect("ended");
        noted(&demo, 4).await;
        provision_public(&platform, Generation(4)).await.expect("made");
        platform.engine.shutdown().await;
        drop((platform, demo));
        let (platform, demo) = start().await;
        assert!(stands(&platform, 5).await && !stands(&platform, 4).await);
        // A visitor's mail is noticed as well as their sign-in.
        let standing = demo.standing().await.expect("noted");
        assert!(standing.is_whole && !demo.is_touched(standing).await.expect("known"));
        let owner = Owner {
            tenant: Generation(5).account().tenant(),
            mailbox: Generation(5).mailbox(LOCAL_PARTS[1]),
        };
        let name = store::FolderName::parse("Mine").expect("a name");
        platform.store.create_folder(owner, &name, None).await.expect("a folder");
        assert!(demo.is_touched(standing).await.expect("known"));
        platform.engine.shutdown().await;
    }

    #[test]
    fn it_begins_anew_when_clocks_show_a_whole_number_of_intervals() {
        for (now, then) in [(0, 3_600), (3_599, 3_600), (3_600, 7_200)] {
            assert_eq!(next(60, Timestamp::from_secs(now)), Timestamp::from_secs(then));
        }
    }
}
