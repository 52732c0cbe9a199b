//! What people take along of a store, on SQLite always and on PostgreSQL where the test run started one.

use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use database::Database;
use export::{Download, Downloads, NODE_DOWNLOAD_COUNT_MAX, NoPlace, PIECE_OCTETS};
use kernel::{ByteSize, MailboxId, TenantId, Timestamp};
use store::{
    Acceptance, Deposit, Destination, Flags, FolderName, Owner, Retention, SqlStore, Store as _, SystemFlag,
};
use uuid::Uuid;

struct World {
    store: Arc<SqlStore>,
    database: Database,
    downloads: Downloads,
    _folder: Option<tempfile::TempDir>,
}

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

async fn open(database: Database, folder: Option<tempfile::TempDir>) -> World {
    let now: store::Now = Arc::new(|| NOW);
    let store = SqlStore::open(database.clone(), Arc::clone(&now), Retention::days(30)).await;
    let store = Arc::new(store.expect("a store"));
    World { downloads: Downloads::new(Arc::clone(&store), now), store, database, _folder: folder }
}

#[expect(clippy::print_stderr, reason = "a skipped suite says so loudly")]
async fn worlds(test: &str) -> Vec<World> {
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
    let mut worlds = vec![open(sqlite, Some(folder)).await];
    match std::env::var("HOSTERRA_TEST_POSTGRES") {
        Ok(url) => {
            let schema = format!("export_{}_{test}", std::process::id());
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

impl World {
    async fn put(&self, owner: Owner, destination: Destination, (flags, octets): (Flags, Vec<u8>)) {
        let deposit = Deposit {
            owner,
            destination,
            flags,
            internal_date: Some(NOW),
            quota: ByteSize::gib(1).into(),
            prefix: Bytes::from_static(b"Delivered-To: x@example.org\r\n"),
        };
        let acceptance = Acceptance {
            message: octets.into(),
            deposits: vec![deposit],
            queued: Vec::new(),
            sender: None,
            tenant: owner.tenant,
            dsn: (None, None),
            queueing: store::Queueing::default(),
        };
        let accepted = self.store.accept(acceptance).await.expect("taken");
        assert!(accepted.deposits.iter().all(Result::is_ok));
    }

    /// Messages that no compression makes smaller.
    async fn fill(&self, owner: Owner, count: u32, octets: usize) {
        for number in 0..count {
            let mut noise = number + 1;
            let body = std::iter::repeat_with(|| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'0' + (noise >> 26) as u8
            });
            let head = format!("Subject: {number}\r\n\r\n");
            let message = head.into_bytes().into_iter().chain(body.take(octets)).collect();
            self.put(owner, Destination::Inbox, (Flags::NONE, message)).await;
        }
    }
}

/// All of it, or why it ended too early.
async fn taken(mut download: Download) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(piece) = download.recv().await {
        let piece = piece?;
        assert!(!piece.is_empty() && piece.len() <= PIECE_OCTETS, "{}", piece.len());
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

/// Has Python read the ZIP, with what it is to find in it.
fn read_by_python(zip: &[u8], script: &str) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(zip).expect("written");
    let read = Command::new("python3").args(["-c", script]).arg(file.path()).output().expect("python3");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_taken_along_whole_open_or_retired_until_it_is_destroyed() {
    for world in worlds("whole").await {
        let (own, other) = (owner(1), owner(2));
        let mut flags = Flags::NONE.with(SystemFlag::Seen).with(SystemFlag::Flagged);
        flags.insert_keyword("$Forwarded");
        world.put(own, Destination::Inbox, (flags, b"Subject: one\r\n\r\nFrom here\r\n".to_vec())).await;
        let name = FolderName::parse("Clients/Été").expect("a name");
        let folder = world.store.create_folder(own, &name, None).await.expect("a folder");
        for number in 0..150 {
            let message = format!("Subject: {number}\r\n\r\nx\r\n").into_bytes();
            world.put(own, Destination::Folder(folder), (Flags::NONE, message)).await;
        }
        // Longer than a piece of messages.
        let long = [b"Subject: long\r\n\r\n".to_vec(), vec![b'a'; 3 * 1024 * 1024]].concat();
        world.put(own, Destination::Folder(folder), (Flags::NONE, long)).await;
        world.put(other, Destination::Inbox, (Flags::NONE, b"Subject: theirs\r\n\r\n".to_vec())).await;
        let script = r#"
import sys, zipfile, mailbox, tempfile
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
names = z.namelist()
assert 'INBOX.mbox' in names and 'Clients/Été.mbox' in names and 'Sent.mbox' in names, names
d = tempfile.mkdtemp(); z.extractall(d)
inbox = mailbox.mbox(d + '/INBOX.mbox')
assert [m['Subject'] for m in inbox] == ['one'], len(inbox)
assert set(inbox[0].get_flags()) == set('ROF') and inbox[0]['X-Keywords'] == '$Forwarded'
assert inbox[0]['Delivered-To'] == 'x@example.org'
clients = mailbox.mbox(d + '/Clients/Été.mbox')
assert [m['Subject'] for m in clients] == [str(n) for n in range(150)] + ['long']
assert clients[150].get_payload().rstrip('\n') == 'a' * (3 * 1024 * 1024)
"#;
        let begin = || world.downloads.begin(own).expect("a place");
        read_by_python(&taken(begin()).await.expect("whole"), script);
        let later = Timestamp::from_secs(NOW.secs() + 1);
        world.store.retire(own, later).await.expect("retired");
        assert!(world.store.folders(own).await.is_err(), "it is closed");
        read_by_python(&taken(begin()).await.expect("whole"), script);
        world.store.restore(own).await.expect("open");
        world.store.retire(own, NOW).await.expect("retired");
        let nothing = r#"
import sys, zipfile
assert zipfile.ZipFile(sys.argv[1]).namelist() == []
"#;
        read_by_python(&taken(begin()).await.expect("an answer"), nothing);
        read_by_python(
            &taken(world.downloads.begin(owner(3)).expect("a place")).await.expect("empty"),
            nothing,
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_read_as_fast_as_it_is_taken_and_no_faster() {
    for world in worlds("pace").await {
        world.fill(owner(1), 200, 60_000).await;
        let before = world.database.question_count();
        let download = world.downloads.begin(owner(1)).expect("a place");
        tokio::time::sleep(Duration::from_millis(500)).await;
        // The folders, two that are empty, and of INBOX one piece of twelve, with its octets.
        let asked = world.database.question_count() - before;
        assert!((1..=5).contains(&asked), "{asked} questions although nobody takes what was written");
        assert!(taken(download).await.expect("whole").len() > 200 * 40_000);
        assert!(world.database.question_count() - before >= 20);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_mailbox_and_so_many_of_a_node_and_who_leaves_gives_the_place_back() {
    for world in worlds("places").await {
        let count = u128::try_from(NODE_DOWNLOAD_COUNT_MAX).expect("few");
        let mut under_way = Vec::new();
        for number in 1..=count {
            world.fill(owner(number), 40, 60_000).await;
            under_way.push(world.downloads.begin(owner(number)).expect("a place"));
        }
        assert_eq!(world.downloads.begin(owner(count + 1)).err(), Some(NoPlace::Busy));
        drop(under_way.pop());
        let again = until(|| world.downloads.begin(owner(count)).ok()).await;
        drop(again);
        until(|| world.downloads.begin(owner(count + 1)).ok().map(drop)).await;
        // The place of the last is free again, and the first mailbox is still under way.
        let refused =
            until(|| world.downloads.begin(owner(1)).err().filter(|refused| *refused == NoPlace::UnderWay));
        assert_eq!(refused.await, NoPlace::UnderWay);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_destroyed_under_way_is_not_taken_for_whole() {
    for world in worlds("destroyed").await {
        world.fill(owner(1), 200, 60_000).await;
        let mut download = world.downloads.begin(owner(1)).expect("a place");
        assert!(download.recv().await.expect("a piece").is_ok());
        world.store.retire(owner(1), NOW).await.expect("retired");
        while world.store.purge(NOW).await.expect("purged").is_unfinished {}
        let failed = taken(download).await.expect_err("an end that is none");
        assert_eq!(failed.to_string(), "the messages cannot be read");
    }
}

/// Asks until there is an answer.
async fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..500 {
        if let Some(answer) = ask() {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("there was no answer within ten seconds")
}
