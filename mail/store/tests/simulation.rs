//! Random work on a mailbox against a simple model of it: a fixed number of seeds, each the same on every run.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use database::Database;
use kernel::{ByteSize, MailboxId, TenantId, Timestamp};
use store::{
    Acceptance, Deposit, Destination, ExpungeScope, FlagChange, Flags, FolderId, FolderName, MessageSet,
    Owner, Retention, SqlStore, Store, SystemFlag, Uid, Views,
};
use uuid::Uuid;

/// Mailboxes that are lived through; `HOSTERRA_SIMULATION_SEEDS` asks for more.
const SEED_COUNT: u64 = 12;
/// Changes in each.
const STEP_COUNT: usize = 150;

/// A small generator (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound.max(1)
    }
}

/// What a folder should hold: flags and length by UID.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Model {
    uid_next: u32,
    messages: BTreeMap<u32, (u8, u32)>,
}

struct World {
    store: Arc<dyn Store>,
    owner: Owner,
    folders: Vec<FolderId>,
    models: Vec<Model>,
}

impl World {
    /// Some messages of a folder, perhaps with a UID that never was.
    fn some(&self, folder: usize, chance: &mut Chance) -> Vec<Uid> {
        let mut uids: Vec<Uid> = self.models[folder]
            .messages
            .keys()
            .filter(|_| chance.below(3) == 0)
            .map(|uid| Uid(*uid))
            .collect();
        if chance.below(4) == 0 {
            uids.push(Uid(1_000_000));
        }
        uids
    }

    async fn step(&mut self, chance: &mut Chance) {
        let folder = usize::try_from(chance.below(self.folders.len() as u64)).expect("small");
        let other = usize::try_from(chance.below(self.folders.len() as u64)).expect("small");
        let (owner, id, other_id) = (self.owner, self.folders[folder], self.folders[other]);
        match chance.below(10) {
            0..=4 => self.deliver(folder, chance).await,
            5 | 6 => {
                let uids = self.some(folder, chance);
                let bits = u8::try_from(chance.below(32)).expect("five bits");
                let flags = Flags { system: bits, keywords: Vec::new() };
                let change = match chance.below(3) {
                    0 => FlagChange::Replace(flags),
                    1 => FlagChange::Add(flags),
                    _ => FlagChange::Remove(flags),
                };
                let set = MessageSet::Uids(uids.clone());
                self.store.change_flags(owner, id, set, change.clone(), None).await.expect("changed");
                for uid in uids {
                    if let Some((flags, _)) = self.models[folder].messages.get_mut(&uid.0) {
                        *flags = Flags { system: *flags, keywords: Vec::new() }.changed(&change).system;
                    }
                }
            }
            7 => {
                let uids = self.some(folder, chance);
                let set = MessageSet::Uids(uids.clone());
                self.store.copy(owner, id, set, other_id, ByteSize::gib(1).into()).await.expect("copied");
                self.carry(folder, other, &uids, false);
            }
            8 => {
                let uids = self.some(folder, chance);
                self.store
                    .move_messages(owner, id, MessageSet::Uids(uids.clone()), other_id)
                    .await
                    .expect("moved");
                self.carry(folder, other, &uids, true);
            }
            _ => {
                let scope = ExpungeScope::Deleted(MessageSet::All);
                let gone = self.store.expunge(owner, id, scope).await.expect("expunged");
                let deleted = SystemFlag::Deleted as u8;
                let expected: Vec<Uid> = self.models[folder]
                    .messages
                    .iter()
                    .filter(|(_, (flags, _))| flags & deleted != 0)
                    .map(|(uid, _)| Uid(*uid))
                    .collect();
                assert_eq!((gone.removed, gone.retained_count), (expected, 0));
                self.models[folder].messages.retain(|_, (flags, _)| *flags & deleted == 0);
            }
        }
    }

    async fn deliver(&mut self, folder: usize, chance: &mut Chance) {
        let length = usize::try_from(chance.below(3000)).expect("small");
        let message = format!("Subject: {}\r\n\r\n{}", chance.below(20), "x".repeat(length));
        let flags =
            Flags { system: u8::try_from(chance.below(32)).expect("five bits"), keywords: Vec::new() };
        let size = u32::try_from(message.len()).expect("small");
        let acceptance = Acceptance {
            message: Bytes::from(message),
            deposits: vec![Deposit {
                owner: self.owner,
                destination: Destination::Folder(self.folders[folder]),
                flags: flags.clone(),
                internal_date: None,
                quota: ByteSize::gib(1).into(),
                prefix: Bytes::new(),
            }],
            queued: Vec::new(),
            sender: None,
            tenant: self.owner.tenant,
            dsn: (None, None),
            queueing: store::Queueing::default(),
        };
        let accepted = self.store.accept(acceptance).await.expect("accepted");
        let uid = accepted.deposits[0].as_ref().expect("delivered").uid;
        let model = &mut self.models[folder];
        assert_eq!(uid.0, model.uid_next);
        model.uid_next += 1;
        model.messages.insert(uid.0, (flags.system, size));
    }

    /// What copying or moving does to the model; the order of the UIDs is kept.
    fn carry(&mut self, from: usize, to: usize, uids: &[Uid], takes_out: bool) {
        let carried: Vec<(u8, u32)> =
            uids.iter().filter_map(|uid| self.models[from].messages.get(&uid.0).copied()).collect();
        if takes_out {
            for uid in uids {
                self.models[from].messages.remove(&uid.0);
            }
        }
        let target = &mut self.models[to];
        for message in carried {
            target.messages.insert(target.uid_next, message);
            target.uid_next += 1;
        }
    }

    async fn check(&self, views: &Views) {
        let folders = self.store.folders(self.owner).await.expect("folders");
        let mut octets = 0;
        for (id, model) in self.folders.iter().zip(&self.models) {
            let folder = folders.iter().find(|folder| folder.id == *id).expect("there");
            assert_eq!(folder.message_count as usize, model.messages.len());
            let unseen =
                model.messages.values().filter(|(flags, _)| flags & SystemFlag::Seen as u8 == 0).count();
            assert_eq!(folder.unseen_count as usize, unseen);
            octets += model.messages.values().map(|(_, size)| u64::from(*size)).sum::<u64>();
            // A view that lives through all changes knows the same as the model.
            let view = views.open(self.owner, folder).await.expect("a view");
            let snapshot = view.latest().await.expect("a snapshot");
            let seen: BTreeMap<u32, (u8, u32)> = snapshot
                .rows(0, snapshot.len())
                .map(|row| (row.uid.0, (row.flags.system, row.size)))
                .collect();
            assert_eq!(seen, model.messages);
        }
        assert_eq!(self.store.usage(self.owner).await.expect("usage").size.octets(), octets);
    }
}

#[tokio::test]
async fn a_mailbox_is_what_its_history_says_and_so_is_every_view_of_it() {
    let seeds = std::env::var("HOSTERRA_SIMULATION_SEEDS").ok().and_then(|text| text.parse().ok());
    for seed in 1..=seeds.unwrap_or(SEED_COUNT) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
        let now: store::Now = Arc::new(|| Timestamp::from_secs(1_800_000_000));
        let store = SqlStore::open(database, now, Retention::days(30)).await.expect("a store");
        let store: Arc<dyn Store> = Arc::new(store);
        let owner =
            Owner { tenant: TenantId::new(Uuid::from_u128(1)), mailbox: MailboxId::new(Uuid::from_u128(1)) };
        store.provision(owner).await.expect("made");
        let mut folders = Vec::new();
        for name in ["INBOX", "Archive", "Trash"] {
            let name = FolderName::parse(name).expect("a name");
            folders.push(store.folder(owner, &name).await.expect("a folder").id);
        }
        let models = vec![Model { uid_next: 1, ..Model::default() }; folders.len()];
        let views = Views::new(Arc::clone(&store));
        let mut world = World { store: Arc::clone(&store), owner, folders, models };
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        // Held open, so that they are brought up to date and not made anew.
        let all = store.folders(owner).await.expect("folders");
        let mut held = Vec::new();
        for folder in &all {
            held.push(views.open(owner, folder).await.expect("a view"));
        }
        for step in 0..STEP_COUNT {
            world.step(&mut chance).await;
            if step % 10 == 0 {
                world.check(&views).await;
            }
        }
        world.check(&views).await;
        assert_eq!(store.verify().await.expect("checked").faults, Vec::<String>::new(), "seed {seed}");
        drop(held);
    }
}
