//! What a store promises, on SQLite always and on PostgreSQL where the test run started one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use bytes::Bytes;
use database::Database;
use kernel::{ByteSize, DomainId, EmailAddress, MailboxId, Quota, StoragePool, TenantId, Timestamp};
use store::{
    Acceptance, Accepted, Copied, Deposit, Destination, ExpungeScope, Expunged, FlagChange, Flags, Folder,
    FolderName, FolderRefusal, MessageSet, Modseq, Owner, QueuedRecipient, Retention, SpecialUse, SqlStore,
    Store, StoreError, StoreRefusal, SystemFlag, TextField, Uid,
};
use uuid::Uuid;

const DAY_MILLIS: i64 = 86_400_000;

struct World {
    store: Arc<SqlStore>,
    clock: Arc<AtomicI64>,
    database: Database,
    _folder: Option<tempfile::TempDir>,
}

async fn open(database: Database, folder: Option<tempfile::TempDir>) -> World {
    let clock = Arc::new(AtomicI64::new(1_700_000_000_000));
    let time = Arc::clone(&clock);
    let now: store::Now = Arc::new(move || Timestamp::from_millis(time.load(Ordering::Relaxed)));
    let store = SqlStore::open(database.clone(), now, Retention::days(30)).await.expect("a store");
    World { store: Arc::new(store), clock, database, _folder: folder }
}

#[expect(clippy::print_stderr, reason = "a skipped suite says so loudly")]
async fn worlds() -> Vec<World> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
    let mut worlds = vec![open(sqlite, Some(folder)).await];
    match std::env::var("HOSTERRA_TEST_POSTGRES") {
        Ok(url) => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let schema = format!("store_{}_{number}", std::process::id());
            let database = Database::connect_postgres_schema(&url, 8, &schema).await.expect("a server");
            worlds.push(open(database, None).await);
        }
        Err(_) => eprintln!("SKIPPED: PostgreSQL (HOSTERRA_TEST_POSTGRES is not set)"),
    }
    worlds
}

fn owner(number: u128) -> Owner {
    Owner { tenant: TenantId::new(Uuid::from_u128(1)), mailbox: MailboxId::new(Uuid::from_u128(number)) }
}

fn name(text: &str) -> FolderName {
    FolderName::parse(text).expect("a name")
}

fn deposit(owner: Owner) -> Deposit {
    Deposit {
        owner,
        destination: Destination::Inbox,
        flags: Flags::NONE,
        internal_date: None,
        quota: ByteSize::mib(1).into(),
        prefix: Bytes::new(),
    }
}

fn acceptance(message: &str, deposits: Vec<Deposit>) -> Acceptance {
    Acceptance {
        message: Bytes::copy_from_slice(message.as_bytes()),
        deposits,
        queued: Vec::new(),
        sender: None,
        tenant: TenantId::new(Uuid::from_u128(1)),
        dsn: (None, None),
        queueing: store::Queueing::default(),
    }
}

fn text(subject: &str, body: &str) -> String {
    format!("From: a@x.example\r\nSubject: {subject}\r\n\r\n{body}\r\n")
}

impl World {
    async fn deliver(&self, owner: Owner, subject: &str, body: &str) -> Copied {
        let accepted = self.accept(acceptance(&text(subject, body), vec![deposit(owner)])).await;
        accepted.deposits[0].clone().expect("delivered")
    }

    async fn accept(&self, acceptance: Acceptance) -> Accepted {
        self.store.accept(acceptance).await.expect("accepted")
    }

    async fn folder(&self, owner: Owner, text: &str) -> Folder {
        self.store.folder(owner, &name(text)).await.expect("a folder")
    }

    async fn uids(&self, owner: Owner, text: &str) -> Vec<u32> {
        let folder = self.folder(owner, text).await;
        let rows = self.store.messages(owner, folder.id, Uid(0), 1000).await.expect("rows");
        rows.iter().map(|row| row.uid.0).collect()
    }

    async fn is_whole(&self) {
        let verification = self.store.verify().await.expect("checked");
        assert_eq!(verification.faults, Vec::<String>::new());
    }
}

fn refusal<T>(outcome: Result<T, StoreError>) -> StoreRefusal {
    match outcome {
        Err(StoreError::Refused(refusal)) => refusal,
        Err(error) => panic!("failed: {error:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn going_out(message: &str, tenant: u128, address: &str) -> Acceptance {
    Acceptance {
        queued: vec![QueuedRecipient::new(EmailAddress::parse(address).expect("an address"))],
        tenant: TenantId::new(Uuid::from_u128(tenant)),
        ..acceptance(message, Vec::new())
    }
}

#[tokio::test]
async fn what_is_taken_together_is_taken_whole_or_not_at_all() {
    for world in worlds().await {
        let message = Bytes::from(text("hi", "body"));
        let all = || {
            let first = Acceptance {
                message: message.clone(),
                ..acceptance("", vec![deposit(owner(2)), deposit(owner(1))])
            };
            let second =
                Acceptance { message: message.clone(), ..going_out("", 2, "friend@elsewhere.example") };
            vec![first, acceptance(&text("[tag] hi", "body"), vec![deposit(owner(3))]), second]
        };
        // The last of them cannot be written: its table is away.
        let rename = async |from: &str, to: &str| {
            let rename = format!("ALTER TABLE {from} RENAME TO {to}");
            world.database.write(vec![database::Statement::new(rename)]).await.expect("renamed");
        };
        rename("queue_recipient", "queue_recipient_away").await;
        assert!(world.store.accept_all(all()).await.is_err());
        rename("queue_recipient_away", "queue_recipient").await;
        for number in 1..=3 {
            let usage = world.store.usage(owner(number)).await;
            assert_eq!(usage.map_or(0, |usage| usage.message_count), 0, "mailbox {number}");
        }
        let accepted = world.store.accept_all(all()).await.expect("accepted");
        let counts: Vec<usize> = accepted
            .iter()
            .map(|one| one.deposits.iter().filter(|deposit| deposit.is_ok()).count())
            .collect();
        assert_eq!(counts, [2, 1, 0]);
        let queue_ids: Vec<bool> = accepted.iter().map(|one| one.queue_id.is_some()).collect();
        assert_eq!(queue_ids, [false, false, true]);
        for number in 1..=3 {
            assert_eq!(world.uids(owner(number), "INBOX").await.len(), 1, "mailbox {number}");
        }
        // A deposit that is refused is so by itself.
        let mut narrow = deposit(owner(4));
        narrow.quota = ByteSize::new(0).into();
        let some = vec![acceptance("x", vec![narrow]), acceptance("y", vec![deposit(owner(5))])];
        let accepted = world.store.accept_all(some).await.expect("accepted");
        assert!(matches!(accepted[0].deposits[0], Err(StoreRefusal::OverQuota { .. })));
        assert!(accepted[1].deposits[0].is_ok());
        assert!(world.store.accept_all(Vec::new()).await.expect("nothing").is_empty());
        world.is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_are_taken_together_at_once_never_wait_for_each_other() {
    for world in worlds().await {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40_u128 {
            let store = Arc::clone(&world.store);
            let (one, other) = (1 + number % 5, 1 + (number * 3 + 1) % 5);
            let all = [one, other]
                .map(|to| acceptance(&text(&format!("{number} {to}"), "x"), vec![deposit(owner(to))]));
            tasks.spawn(async move { store.accept_all(all.into()).await });
        }
        while let Some(outcome) = tasks.join_next().await {
            let accepted = outcome.expect("no panic").expect("accepted");
            assert!(accepted.iter().all(|one| one.deposits[0].is_ok()));
        }
        world.is_whole().await;
    }
}

#[tokio::test]
async fn one_message_for_many_is_stored_once_and_counted_for_each() {
    for world in worlds().await {
        let mut second = deposit(owner(2));
        second.prefix = Bytes::from_static(b"Delivered-To: b\r\n");
        let message = text("hi", "body");
        let accepted = world.accept(acceptance(&message, vec![deposit(owner(1)), second])).await;
        assert!(accepted.deposits.iter().all(Result::is_ok));
        let usage = world.store.usage(owner(2)).await.expect("usage");
        assert_eq!((usage.size.octets(), usage.message_count), (message.len() as u64 + 17, 1));
        let rows = world
            .database
            .query(database::Statement::new("SELECT COUNT(*) FROM blob"))
            .await
            .expect("a count");
        assert_eq!(rows[0].int(0).expect("a number"), 1);
        let inbox = world.folder(owner(2), "INBOX").await;
        let row = &world.store.messages(owner(2), inbox.id, Uid(0), 10).await.expect("rows")[0];
        let whole =
            world.store.body(owner(2), row.message, 0..u32::MAX).await.expect("a body").expect("there");
        assert_eq!(whole, format!("Delivered-To: b\r\n{message}"));
        let bodies = world.store.bodies(owner(2), &[row.message]).await.expect("bodies");
        assert_eq!(bodies, [(row.message, whole.clone())]);
        assert!(
            world.store.bodies(owner(1), &[row.message]).await.expect("an answer").is_empty(),
            "not theirs"
        );
        for (from, to) in [(0, 5), (10, 30), (17, 21), (20, 25), (5000, 6000), (3, 3)] {
            let piece =
                world.store.body(owner(2), row.message, from..to).await.expect("a body").expect("there");
            let (from, to) = ((from as usize).min(whole.len()), (to as usize).min(whole.len()));
            assert_eq!(piece, whole.slice(from..to), "{from}..{to}");
        }
        let summaries = world.store.summaries(owner(2), &[row.message]).await.expect("summaries");
        let part = &summaries[0].1.structure;
        assert_eq!(&whole[part.body_start as usize..part.body_end as usize], b"body\r\n");
        assert_eq!(
            world.store.body(owner(1), row.message, 0..9).await.expect("an answer"),
            None,
            "not theirs"
        );
        assert!(world.store.summaries(owner(1), &[row.message]).await.expect("an answer").is_empty());
        world.is_whole().await;
    }
}

#[tokio::test]
async fn uids_and_changes_ascend_and_are_told() {
    for world in worlds().await {
        let first = world.deliver(owner(1), "one", "1").await;
        let mut bell = world.store.watch(owner(1));
        let second = world.deliver(owner(1), "two", "2").await;
        assert!((first.uid, first.modseq) < (second.uid, second.modseq));
        assert!(bell.has_changed().expect("open"));
        assert_eq!(bell.borrow_and_update().modseq, second.modseq);
        let inbox = world.folder(owner(1), "INBOX").await;
        assert_eq!((inbox.message_count, inbox.unseen_count, inbox.uid_next), (2, 2, Uid(3)));
        let seen = FlagChange::Add(Flags::NONE.with(SystemFlag::Seen).with(SystemFlag::Deleted));
        let set = MessageSet::Uids(vec![Uid(1), Uid(9)]);
        let outcome = world.store.change_flags(owner(1), inbox.id, set, seen, None).await.expect("changed");
        assert_eq!(outcome.rows.len(), 1);
        let change = world.store.changes(owner(1), inbox.id, second.modseq).await.expect("changes");
        assert_eq!(change.changed.iter().map(|row| row.uid.0).collect::<Vec<_>>(), [1]);
        let gone = world
            .store
            .expunge(owner(1), inbox.id, ExpungeScope::Deleted(MessageSet::All))
            .await
            .expect("gone");
        assert_eq!((gone.removed, gone.retained_count), (vec![Uid(1)], 0));
        let change = world.store.changes(owner(1), inbox.id, second.modseq).await.expect("changes");
        assert!(change.is_complete && change.changed.is_empty());
        assert_eq!(change.vanished, [Uid(1)]);
        assert_eq!(world.deliver(owner(1), "three", "3").await.uid, Uid(3), "a UID is never used again");
        world.is_whole().await;
    }
}

#[tokio::test]
async fn flags_change_only_what_is_not_newer_and_keep_keywords() {
    for world in worlds().await {
        let first = world.deliver(owner(1), "one", "1").await;
        let second = world.deliver(owner(1), "two", "2").await;
        let inbox = world.folder(owner(1), "INBOX").await.id;
        let mut flags = Flags::NONE.with(SystemFlag::Flagged);
        flags.insert_keyword("work");
        flags.insert_keyword("$Forwarded");
        let since = Some(first.modseq);
        let outcome = world
            .store
            .change_flags(owner(1), inbox, MessageSet::All, FlagChange::Replace(flags.clone()), since)
            .await
            .expect("changed");
        assert_eq!(outcome.modified, [second.uid]);
        let rows = world.store.messages(owner(1), inbox, Uid(0), 10).await.expect("rows");
        assert_eq!(rows[0].flags, flags);
        assert_eq!(rows[1].flags, Flags::NONE);
        let same = FlagChange::Add(Flags::NONE.with(SystemFlag::Flagged));
        let again = world
            .store
            .change_flags(owner(1), inbox, MessageSet::Range(Uid(1), Uid(1)), same, None)
            .await
            .expect("changed");
        assert_eq!(again.rows[0].modseq, rows[0].modseq, "what is so already does not change");
    }
}

#[tokio::test]
async fn copies_and_moves_are_all_or_nothing_and_counted() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        world.deliver(owner(1), "two", "2").await;
        let (inbox, archive) =
            (world.folder(owner(1), "INBOX").await, world.folder(owner(1), "Archive").await);
        let small = world.store.usage(owner(1)).await.expect("usage").size;
        let full = world.store.copy(owner(1), inbox.id, MessageSet::All, archive.id, small.into()).await;
        assert!(matches!(refusal(full), StoreRefusal::OverQuota { .. }));
        assert_eq!(world.uids(owner(1), "Archive").await, [0_u32; 0]);
        let copied =
            world.store.copy(owner(1), inbox.id, MessageSet::All, archive.id, ByteSize::gib(1).into()).await;
        assert_eq!(copied.expect("copied").len(), 2);
        let one = MessageSet::Uids(vec![Uid(2)]);
        let moved = world.store.move_messages(owner(1), inbox.id, one, archive.id).await.expect("moved");
        assert_eq!((moved[0].from, moved[0].uid), (Uid(2), Uid(3)));
        assert_eq!(world.uids(owner(1), "INBOX").await, [1]);
        assert_eq!(world.uids(owner(1), "Archive").await, [1, 2, 3]);
        let same =
            world.store.move_messages(owner(1), archive.id, MessageSet::Uids(vec![Uid(1)]), archive.id).await;
        assert_eq!(same.expect("moved")[0].uid, Uid(4));
        assert_eq!(world.store.usage(owner(1)).await.expect("usage").message_count, 4);
        world
            .store
            .expunge(owner(1), inbox.id, ExpungeScope::Regardless(MessageSet::All))
            .await
            .expect("gone");
        world.is_whole().await;
    }
}

#[tokio::test]
async fn a_full_mailbox_refuses_and_the_others_receive() {
    for world in worlds().await {
        let mut full = deposit(owner(1));
        full.quota = ByteSize::new(10).into();
        let accepted = world.accept(acceptance(&text("hi", "x"), vec![full, deposit(owner(2))])).await;
        assert!(matches!(accepted.deposits[0], Err(StoreRefusal::OverQuota { .. })));
        assert!(accepted.deposits[1].is_ok());
        world.is_whole().await;
    }
}

#[tokio::test]
async fn folders_are_made_renamed_and_hidden_with_what_is_below() {
    for world in worlds().await {
        let store = &world.store;
        store.create_folder(owner(1), &name("a/b/c"), None).await.expect("made");
        let names: Vec<String> =
            store.folders(owner(1)).await.expect("folders").iter().map(|f| f.name.to_string()).collect();
        assert_eq!(names, ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash", "a", "a/b", "a/b/c"]);
        let exists = StoreRefusal::Folder(FolderRefusal::Exists);
        assert_eq!(refusal(store.create_folder(owner(1), &name("a/b"), None).await), exists);
        assert_eq!(
            refusal(store.create_folder(owner(1), &name("Junk2"), Some(SpecialUse::Junk)).await),
            StoreRefusal::Folder(FolderRefusal::SpecialUseTaken)
        );
        assert_eq!(
            refusal(store.delete_folder(owner(1), &name("a")).await),
            StoreRefusal::Folder(FolderRefusal::HasChildren)
        );
        assert_eq!(
            refusal(store.delete_folder(owner(1), &name("INBOX")).await),
            StoreRefusal::Folder(FolderRefusal::Inbox)
        );
        store.rename_folder(owner(1), &name("a"), &name("z/y")).await.expect("renamed");
        assert!(store.folder(owner(1), &name("z/y/b/c")).await.is_ok());
        let subscribed = store.subscriptions(owner(1)).await.expect("names");
        assert!(subscribed.contains(&name("z/y/b/c")) && !subscribed.contains(&name("a/b/c")));
        let old = world.folder(owner(1), "z/y/b/c").await.uid_validity;
        store.delete_folder(owner(1), &name("z/y/b/c")).await.expect("hidden");
        assert_eq!(
            refusal(store.folder(owner(1), &name("z/y/b/c")).await),
            StoreRefusal::Folder(FolderRefusal::Missing)
        );
        store.create_folder(owner(1), &name("z/y/b/c"), None).await.expect("made again");
        assert!(world.folder(owner(1), "z/y/b/c").await.uid_validity > old);
        world.is_whole().await;
    }
}

impl World {
    /// Fills a folder with copies of one message.
    async fn double(&self, folder: &Folder, times: u32) -> usize {
        let (inbox, quota) = (self.folder(owner(1), "INBOX").await.id, Quota::from(ByteSize::gib(1)));
        let mut from = inbox;
        for _ in 0..times {
            let copied = self.store.copy(owner(1), from, MessageSet::All, folder.id, quota).await;
            copied.expect("copied");
            from = folder.id;
        }
        self.store.messages(owner(1), folder.id, Uid(0), 10_000).await.expect("rows").len()
    }

    async fn message_count(&self, folder: &str) -> u32 {
        self.folder(owner(1), folder).await.message_count
    }
}

#[tokio::test]
async fn changes_of_many_messages_are_made_in_pieces() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        let archive = world.folder(owner(1), "Archive").await;
        assert_eq!(world.double(&archive, 12).await, 2048);
        let (first, all) = (archive.id, || MessageSet::All);
        let deleted = FlagChange::Add(Flags::NONE.with(SystemFlag::Deleted));
        let changed = world.store.change_flags(owner(1), first, all(), deleted, None).await.expect("changed");
        let changes: BTreeSet<Modseq> = changed.rows.iter().map(|row| row.modseq).collect();
        assert_eq!((changed.rows.len(), changes.len()), (2048, 3), "others have their turns between");
        let junk = world.folder(owner(1), "Junk").await.id;
        let moved = world.store.move_messages(owner(1), first, all(), junk).await.expect("moved");
        let froms: Vec<u32> = moved.iter().map(|moved| moved.from.0).collect();
        assert_eq!(froms, (1..=2048).collect::<Vec<u32>>());
        world.store.rename_folder(owner(1), &name("INBOX"), &name("old")).await.expect("renamed");
        // Of those that are named only those with the flag go.
        let old = world.folder(owner(1), "old").await.id;
        let scope = || ExpungeScope::Deleted(MessageSet::All);
        assert_eq!(world.store.expunge(owner(1), old, scope()).await.expect("none"), Expunged::default());
        let named = ExpungeScope::Deleted(MessageSet::Uids(vec![Uid(2), Uid(7), Uid(9000)]));
        let gone = world.store.expunge(owner(1), junk, named).await.expect("gone");
        assert_eq!(gone.removed, [Uid(2), Uid(7)]);
        assert_eq!(world.store.expunge(owner(1), junk, scope()).await.expect("gone").removed.len(), 2046);
        assert_eq!(world.store.usage(owner(1)).await.expect("usage").message_count, 1);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn copies_that_do_not_all_fit_are_taken_back() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        let archive = world.folder(owner(1), "Archive").await;
        assert_eq!(world.double(&archive, 12).await, 2048);
        // Nothing leaves the mailbox, but what was never told to be there does.
        world.store.retain(owner(1), Some(10)).await.expect("kept");
        let usage = world.store.usage(owner(1)).await.expect("usage");
        let room = usage.size.octets() * 7 / 4;
        let junk = world.folder(owner(1), "Junk").await.id;
        let copy = world.store.copy(owner(1), archive.id, MessageSet::All, junk, ByteSize::new(room).into());
        assert!(matches!(refusal(copy.await), StoreRefusal::OverQuota { .. }));
        assert_eq!(world.message_count("Junk").await, 0);
        assert_eq!(world.store.usage(owner(1)).await.expect("usage"), usage);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn a_mailbox_holds_a_million_messages_however_small_they_are() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        let count = |count: u32| {
            let update = database::Statement::new("UPDATE mailbox SET message_count = $1");
            world.database.write(vec![update.bind(count)])
        };
        count(999_999).await.expect("counted");
        world.deliver(owner(1), "two", "2").await;
        let full = StoreRefusal::TooManyMessages { allowed: 1_000_000 };
        let accepted = world.accept(acceptance("x", vec![deposit(owner(1))])).await;
        assert_eq!(accepted.deposits[0].clone().err(), Some(full.clone()));
        let (inbox, quota) = (world.folder(owner(1), "INBOX").await.id, ByteSize::gib(1).into());
        let copied = world.store.copy(owner(1), inbox, MessageSet::All, inbox, quota).await;
        assert_eq!(refusal(copied), full);
        count(2).await.expect("counted");
        world.is_whole().await;
    }
}

#[tokio::test]
async fn renaming_inbox_moves_its_messages_and_leaves_it() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        world.store.rename_folder(owner(1), &name("INBOX"), &name("old/mail")).await.expect("renamed");
        assert_eq!(world.uids(owner(1), "INBOX").await, [0_u32; 0]);
        assert_eq!(world.uids(owner(1), "old/mail").await, [1]);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn subscriptions_live_without_folders() {
    for world in worlds().await {
        world.store.subscribe(owner(1), &name("nowhere"), true).await.expect("subscribed");
        assert!(world.store.subscriptions(owner(1)).await.expect("names").contains(&name("nowhere")));
        world.store.subscribe(owner(1), &name("nowhere"), false).await.expect("unsubscribed");
        assert!(!world.store.subscriptions(owner(1)).await.expect("names").contains(&name("nowhere")));
    }
}

#[tokio::test]
async fn another_tenant_or_mailbox_sees_nothing_of_a_folder() {
    for world in worlds().await {
        world.deliver(owner(1), "secret", "x").await;
        let inbox = world.folder(owner(1), "INBOX").await.id;
        let stranger =
            Owner { tenant: TenantId::new(Uuid::from_u128(99)), mailbox: MailboxId::new(Uuid::from_u128(1)) };
        for other in [owner(2), stranger] {
            world.store.provision(other).await.expect("made");
            let missing = StoreRefusal::Folder(FolderRefusal::Missing);
            assert_eq!(refusal(world.store.messages(other, inbox, Uid(0), 10).await), missing);
            assert_eq!(refusal(world.store.changes(other, inbox, Modseq(0)).await), missing);
            let target = world.folder(other, "Archive").await.id;
            let all = MessageSet::All;
            assert_eq!(refusal(world.store.move_messages(other, inbox, all.clone(), target).await), missing);
            assert_eq!(
                refusal(world.store.expunge(other, inbox, ExpungeScope::Regardless(all.clone())).await),
                missing
            );
            let change = FlagChange::Replace(Flags::NONE);
            assert_eq!(refusal(world.store.change_flags(other, inbox, all, change, None).await), missing);
            assert_eq!(
                refusal(world.store.search_text(other, inbox, TextField::Text, "secret").await),
                missing
            );
        }
        assert_eq!(world.uids(owner(1), "INBOX").await, [1]);
    }
}

#[tokio::test]
async fn text_is_found_with_and_without_preparation() {
    for world in worlds().await {
        for number in 0..20 {
            world
                .deliver(owner(1), &format!("subject{number}"), &format!("The Body Number{number} ends"))
                .await;
        }
        let inbox = world.folder(owner(1), "INBOX").await.id;
        for round in 0..2 {
            let find = |field, needle: &'static str| world.store.search_text(owner(1), inbox, field, needle);
            assert_eq!(find(TextField::Body, "body NUMBER7 ").await.expect("found"), [Uid(8)], "{round}");
            assert_eq!(find(TextField::Text, "subject7").await.expect("found"), [Uid(8)]);
            assert!(find(TextField::Body, "subject7").await.expect("found").is_empty());
            assert_eq!(find(TextField::Text, "a@x").await.expect("found").len(), 20);
            assert!(find(TextField::Text, "nowhere at all").await.expect("found").is_empty());
            let prepared = world.store.index_text(100).await.expect("prepared");
            assert_eq!(prepared, if round == 0 { 20 } else { 0 });
        }
    }
}

#[tokio::test]
async fn remote_recipients_are_queued_with_the_message() {
    for world in worlds().await {
        let mut outgoing = acceptance(&text("out", "x"), vec![deposit(owner(1))]);
        outgoing.sender = Some(EmailAddress::parse("a@x.example").expect("an address"));
        outgoing.queued = vec![QueuedRecipient {
            notify: Some("NEVER".to_owned()),
            ..QueuedRecipient::new(EmailAddress::parse("b@elsewhere.example").expect("an address"))
        }];
        let accepted = world.accept(outgoing.clone()).await;
        let queue_id = accepted.queue_id.expect("queued");
        let queued = world.store.queued(None, 0, 10).await.expect("a page");
        assert_eq!((queued[0].queue_id, &queued[0].recipients), (queue_id, &outgoing.queued));
        assert_eq!(queued[0].sender, outgoing.sender);
        assert!(world.store.queued(Some(owner(1).tenant), queue_id, 10).await.expect("a page").is_empty());
        let other = TenantId::new(Uuid::from_u128(2));
        assert!(world.store.queued(Some(other), 0, 10).await.expect("a page").is_empty());
        world.is_whole().await;
    }
}

#[tokio::test]
async fn retired_mailboxes_are_closed_at_once_and_destroyed_later() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        world.deliver(owner(2), "two", "other").await;
        let now = world.clock.load(Ordering::Relaxed);
        let later = Timestamp::from_millis(now + 30 * DAY_MILLIS);
        world.store.retire(owner(1), later).await.expect("retired");
        assert_eq!(refusal(world.store.folders(owner(1)).await), StoreRefusal::NoMailbox);
        let late = world.accept(acceptance(&text("late", "x"), vec![deposit(owner(1))])).await;
        assert_eq!(late.deposits[0], Err(StoreRefusal::NoMailbox));
        let early = world.store.purge(Timestamp::from_millis(now + DAY_MILLIS)).await.expect("purged");
        assert_eq!((early.folder_count, early.mailbox_count), (0, 0));
        world.clock.store(now + 31 * DAY_MILLIS, Ordering::Relaxed);
        let report = world.store.purge(Timestamp::from_millis(now + 31 * DAY_MILLIS)).await.expect("purged");
        assert_eq!((report.folder_count, report.mailbox_count), (6, 1));
        let after = Timestamp::from_millis(now + 32 * DAY_MILLIS);
        world.store.purge(after).await.expect("purged");
        let rows = world
            .database
            .query(database::Statement::new("SELECT COUNT(*) FROM blob"))
            .await
            .expect("a count");
        assert_eq!(rows[0].int(0).expect("a number"), 1, "only the other mailbox's message is left");
        assert_eq!(refusal(world.store.provision(owner(1)).await), StoreRefusal::NoMailbox);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn nobody_takes_away_before_its_time_what_a_mailbox_keeps() {
    for world in worlds().await {
        let (archive, all) = (owner(1), || ExpungeScope::Regardless(MessageSet::All));
        // The rule may come before the first message.
        world.store.retain(archive, Some(10)).await.expect("kept");
        world.deliver(archive, "old", "1").await;
        let start = world.clock.load(Ordering::Relaxed);
        world.clock.store(start + 6 * DAY_MILLIS, Ordering::Relaxed);
        world.deliver(archive, "new", "2").await;
        let inbox = world.folder(archive, "INBOX").await.id;
        let deleted = FlagChange::Add(Flags::NONE.with(SystemFlag::Deleted));
        let marked = world.store.change_flags(archive, inbox, MessageSet::All, deleted, None).await;
        assert_eq!(marked.expect("marked").rows.len(), 2);
        let scope = ExpungeScope::Deleted(MessageSet::All);
        assert_eq!(world.store.retained(archive, inbox, scope.clone()).await.expect("a count"), 2);
        let gone = world.store.expunge(archive, inbox, scope.clone()).await.expect("left");
        assert_eq!((gone.removed, gone.retained_count), (Vec::new(), 2));
        // What is a day too old goes, and its neighbour stays.
        world.clock.store(start + 10 * DAY_MILLIS, Ordering::Relaxed);
        let gone = world.store.expunge(archive, inbox, scope).await.expect("one gone");
        assert_eq!((gone.removed, gone.retained_count), (vec![Uid(1)], 1));
        // Its folder stays with it, and a move begins its time anew.
        world.store.create_folder(archive, &name("Kept"), None).await.expect("a folder");
        let kept = world.folder(archive, "Kept").await.id;
        let moved = world.store.move_messages(archive, inbox, MessageSet::All, kept).await.expect("moved");
        assert_eq!(moved.len(), 1);
        world.clock.store(start + 17 * DAY_MILLIS, Ordering::Relaxed);
        let refused = refusal(world.store.delete_folder(archive, &name("Kept")).await);
        assert_eq!(refused, StoreRefusal::Folder(FolderRefusal::Retained));
        assert_eq!(world.store.expunge(archive, kept, all()).await.expect("left").retained_count, 1);
        // Nor does it go with the mailbox: the other folders go, and this one later.
        let purge_after = Timestamp::from_millis(start + 17 * DAY_MILLIS);
        world.store.retire(archive, purge_after).await.expect("retired");
        let report = world.store.purge(purge_after).await.expect("purged");
        assert_eq!((report.folder_count, report.mailbox_count, report.is_unfinished), (6, 0, false));
        let report =
            world.store.purge(Timestamp::from_millis(start + 20 * DAY_MILLIS)).await.expect("purged");
        assert_eq!((report.folder_count, report.mailbox_count), (1, 1));
        world.is_whole().await;
    }
}

#[tokio::test]
async fn what_was_kept_goes_once_nothing_is_kept_any_more() {
    for world in worlds().await {
        let all = || ExpungeScope::Regardless(MessageSet::All);
        world.store.retain(owner(1), Some(3650)).await.expect("kept");
        world.deliver(owner(1), "one", "1").await;
        world.deliver(owner(2), "other", "1").await;
        let (inbox, other) =
            (world.folder(owner(1), "INBOX").await.id, world.folder(owner(2), "INBOX").await.id);
        assert_eq!(world.store.expunge(owner(1), inbox, all()).await.expect("left").retained_count, 1);
        let of_others = world.store.expunge(owner(2), other, all()).await.expect("gone");
        assert_eq!((of_others.removed, of_others.retained_count), (vec![Uid(1)], 0));
        world.store.retain(owner(1), None).await.expect("kept no more");
        let gone = world.store.expunge(owner(1), inbox, all()).await.expect("gone");
        assert_eq!((gone.removed, gone.retained_count), (vec![Uid(1)], 0));
        // One that is hidden and is kept no more goes with the next purge.
        world.deliver(owner(1), "two", "2").await;
        world.store.retain(owner(1), Some(3650)).await.expect("kept");
        let now = Timestamp::from_millis(world.clock.load(Ordering::Relaxed));
        world.store.retire(owner(1), now).await.expect("retired");
        world.store.purge(now).await.expect("purged");
        world.store.retain(owner(1), None).await.expect("kept no more");
        assert_eq!(world.store.purge(now).await.expect("purged").mailbox_count, 1);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn the_usage_of_many_is_asked_for_at_once() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        world.deliver(owner(1), "two", "2").await;
        world.deliver(owner(2), "three", "3").await;
        let (tenant, never) = (owner(1).tenant, owner(9).mailbox);
        let asked = [owner(1).mailbox, owner(2).mailbox, never];
        let mut usages = world.store.usages(tenant, &asked).await.expect("usage");
        usages.sort_by_key(|(mailbox, _)| *mailbox);
        assert_eq!(usages.len(), 2);
        for (mailbox, usage) in usages {
            assert_eq!(usage, world.store.usage(Owner { tenant, mailbox }).await.expect("usage"));
        }
        assert!(world.store.usages(tenant, &[]).await.expect("nothing").is_empty());
    }
}

#[tokio::test]
async fn what_is_restored_in_time_is_as_it_was() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        let before = world.store.usage(owner(1)).await.expect("usage");
        let now = world.clock.load(Ordering::Relaxed);
        let later = Timestamp::from_millis(now + 30 * DAY_MILLIS);
        world.store.retire(owner(1), later).await.expect("retired");
        world.store.restore(owner(1)).await.expect("restored");
        assert_eq!(world.store.usage(owner(1)).await.expect("usage"), before);
        world.deliver(owner(1), "two", "2").await;
        // One that never had a message has its folders as well.
        world.store.retire(owner(3), later).await.expect("retired");
        world.store.restore(owner(3)).await.expect("restored");
        world.deliver(owner(3), "three", "3").await;
        world.store.restore(owner(1)).await.expect("what is open stays so");
        world.store.purge(Timestamp::from_millis(now + 31 * DAY_MILLIS)).await.expect("purged");
        assert_eq!(world.store.usage(owner(1)).await.expect("usage").message_count, 2);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn parallel_deliveries_lose_nothing_and_count_exactly() {
    for world in worlds().await {
        let world = Arc::new(world);
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..16_u32 {
            let world = Arc::clone(&world);
            tasks.spawn(async move {
                for number in 0..10_u32 {
                    // The same text sometimes: blobs are shared under fire as well.
                    let body = format!("{}", (writer * 10 + number) % 40);
                    let both = vec![deposit(owner(u128::from(number % 2) + 1)), deposit(owner(3))];
                    let accepted = world.accept(acceptance(&text("load", &body), both)).await;
                    assert!(accepted.deposits.iter().all(Result::is_ok));
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("a writer");
        }
        assert_eq!(world.uids(owner(3), "INBOX").await, (1..=160).collect::<Vec<u32>>());
        assert_eq!(world.store.usage(owner(1)).await.expect("usage").message_count, 80);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn a_change_of_another_node_is_heard() {
    for world in worlds().await {
        let now: store::Now = Arc::new(|| Timestamp::from_millis(1_700_000_000_000));
        let other = SqlStore::open(world.database.clone(), now, Retention::days(30)).await.expect("a store");
        // More than one statement asks for.
        let owners: Vec<Owner> = (1..=70).map(owner).collect();
        let mut bells: Vec<_> = owners.iter().map(|owner| world.store.watch(*owner)).collect();
        for owner in &owners {
            other.provision(*owner).await.expect("a mailbox");
        }
        world.store.hear_other_nodes().await.expect("heard");
        for bell in &mut bells {
            bell.mark_unchanged();
        }
        for number in [3, 70] {
            let message = acceptance(&text("far", "x"), vec![deposit(owner(number))]);
            assert!(other.accept(message).await.expect("accepted").deposits[0].is_ok());
        }
        world.store.hear_other_nodes().await.expect("heard");
        let rung: Vec<usize> = (0..70).filter(|index| bells[*index].has_changed().expect("a bell")).collect();
        assert_eq!(rung, [2, 69]);
    }
}

#[tokio::test]
async fn a_check_finds_what_is_broken() {
    for world in worlds().await {
        world.deliver(owner(1), "one", "1").await;
        for harm in [
            "UPDATE folder SET message_count = 7 WHERE name = 'INBOX'",
            "UPDATE mailbox SET size = size + 1",
            "UPDATE blob SET hash = octets",
        ] {
            world.database.write(vec![database::Statement::new(harm)]).await.expect("harmed");
        }
        assert_eq!(world.store.verify().await.expect("checked").faults.len(), 3);
    }
}

fn domain() -> DomainId {
    DomainId::new(Uuid::from_u128(20))
}

/// A copy for a mailbox of a domain whose mailboxes share `size`.
fn pooled(owner: Owner, size: ByteSize) -> Deposit {
    let pool = Some(StoragePool { domain: domain(), size });
    Deposit { quota: Quota { own: ByteSize::mib(1), pool }, ..deposit(owner) }
}

impl World {
    /// What the pool counts, and what the mailboxes `1..=count` hold.
    async fn shared(&self, count: u128) -> (u64, u64) {
        let mut held = 0;
        for number in 1..=count {
            held += self.store.usage(owner(number)).await.expect("usage").size.octets();
        }
        let pool = self.store.pool_usage(owner(1).tenant, domain()).await.expect("usage");
        (pool.size.octets(), held)
    }
}

#[tokio::test]
async fn a_pool_is_what_its_mailboxes_hold_whatever_happens_to_them() {
    for world in worlds().await {
        let (tenant, size) = (owner(1).tenant, ByteSize::mib(1));
        // One that held mail before its domain shared, one that is new, one that is retired meanwhile.
        world.deliver(owner(1), "before", "1").await;
        world.deliver(owner(3), "before", "3").await;
        world.store.retire(owner(3), Timestamp::from_secs(1_800_000_000)).await.expect("retired");
        let members: Vec<MailboxId> = (1..=4).map(|number| owner(number).mailbox).collect();
        world.store.pool(tenant, domain(), &members).await.expect("counted");
        world.store.pool(tenant, domain(), &members).await.expect("not counted twice");
        let (pool, _) = world.shared(0).await;
        assert_eq!(pool, world.store.usage(owner(1)).await.expect("usage").size.octets());
        let message = text("new", "2");
        let taken =
            world.accept(acceptance(&message, vec![pooled(owner(1), size), pooled(owner(2), size)])).await;
        assert!(taken.deposits.iter().all(Result::is_ok), "{taken:?}");
        let (pool, held) = world.shared(2).await;
        assert_eq!(pool, held);
        let (inbox, archive) =
            (world.folder(owner(1), "INBOX").await, world.folder(owner(1), "Archive").await);
        let quota = pooled(owner(1), size).quota;
        let copied = world.store.copy(owner(1), inbox.id, MessageSet::All, archive.id, quota).await;
        assert_eq!(copied.expect("copied").len(), 2);
        let gone = ExpungeScope::Regardless(MessageSet::Uids(vec![Uid(1)]));
        world.store.expunge(owner(1), inbox.id, gone).await.expect("gone");
        world.store.delete_folder(owner(1), &name("Archive")).await.expect("deleted");
        world.store.restore(owner(3)).await.expect("restored");
        let (pool, held) = world.shared(3).await;
        assert_eq!(pool, held);
        world.store.retire(owner(2), Timestamp::from_secs(1_800_000_000)).await.expect("retired");
        world.store.retire(owner(2), Timestamp::from_secs(1_800_000_001)).await.expect("retired again");
        let (pool, _) = world.shared(0).await;
        let others = world.store.usages(tenant, &members).await.expect("usages");
        assert_eq!(pool, others.iter().map(|(_, usage)| usage.size.octets()).sum::<u64>());
        world.is_whole().await;
        world.store.unpool(tenant, domain()).await.expect("no more");
        assert_eq!(world.shared(0).await.0, 0);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn a_full_pool_refuses_all_of_its_mailboxes_and_no_other() {
    for world in worlds().await {
        let message = text("hi", "x");
        let length = message.len() as u64;
        let size = ByteSize::new(2 * length);
        let three = (1..=3).map(|number| pooled(owner(number), size)).chain([deposit(owner(9))]).collect();
        let taken = world.accept(acceptance(&message, three)).await;
        assert_eq!(taken.deposits.iter().filter(|deposit| deposit.is_ok()).count(), 3);
        let used = ByteSize::new(2 * length);
        assert_eq!(taken.deposits[2].clone().err(), Some(StoreRefusal::OverPool { used, size }));
        let full = world.folder(owner(1), "INBOX").await;
        let quota = pooled(owner(1), size).quota;
        let archive = world.folder(owner(1), "Archive").await;
        let copy = world.store.copy(owner(1), full.id, MessageSet::All, archive.id, quota).await;
        assert!(matches!(refusal(copy), StoreRefusal::OverPool { .. }));
        // What was promised is kept, and counted.
        let promised = Deposit { quota: quota.lifted(), ..pooled(owner(1), size) };
        assert!(world.accept(acceptance(&message, vec![promised])).await.deposits[0].is_ok());
        assert_eq!(world.shared(3).await, (3 * length, 3 * length));
        world.is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_come_at_once_never_use_the_same_room_of_a_pool() {
    for world in worlds().await {
        let length = text("00", "x").len() as u64;
        let size = ByteSize::new(20 * length);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40_u128 {
            let store = Arc::clone(&world.store);
            // Some for two mailboxes at once, in either order.
            let (one, other) = (1 + number % 5, 1 + (number * 3 + 1) % 5);
            let mut deposits = vec![pooled(owner(one), size)];
            if number % 4 == 0 && one != other {
                deposits.push(pooled(owner(other), size));
            }
            let message = text(&format!("{number:02}"), "x");
            tasks.spawn(async move { store.accept(acceptance(&message, deposits)).await });
        }
        let mut taken = 0;
        while let Some(outcome) = tasks.join_next().await {
            let accepted = outcome.expect("no panic").expect("accepted");
            taken += accepted.deposits.iter().filter(|deposit| deposit.is_ok()).count() as u64;
        }
        assert_eq!(taken, 20);
        assert_eq!(world.shared(5).await, (20 * length, 20 * length));
        world.is_whole().await;
    }
}
