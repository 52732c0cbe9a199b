//! Where in a mailbox a message goes: its inbox, the folder that a detail of the address names, the one for unwanted
//! mail, or where the owner's rules say.

use bytes::Bytes;
use directory::DetailHandling;
use store::{Deposit, Destination, Flags, FolderName, Owner};

use crate::deliver::{Envelope, Place};
use crate::inbound::{Action, Judged, Offered, Placement};
use crate::limits::DETAIL_FOLDER_COUNT_MAX;
use crate::session::Session;
use crate::told::{Kept, Way};

/// Where unwanted mail goes; every mailbox is made with it.
const JUNK: &str = "Junk";
/// Where mail goes that nobody wants elsewhere.
const INBOX: &str = "INBOX";

/// A folder, with its name for the trace.
type Named = (Destination, String);

impl Session<'_> {
    /// The copies of a message, each with the detail that stands before its subject, if any.
    pub(crate) async fn deposits(
        &self,
        envelope: &Envelope,
        (message, judged): (&[u8], &Judged),
        way: &mut Way,
    ) -> Vec<(Option<String>, Deposit)> {
        let return_path = envelope.sender().map(ToString::to_string).unwrap_or_default();
        let prefix = Bytes::from(format!("Return-Path: <{return_path}>\r\n"));
        let offered = self.offered(envelope, message, &judged.results);
        let mut deposits = Vec::with_capacity(envelope.places().len());
        for place in envelope.places() {
            let Some((destination, name)) = self.folder_for(place, &offered, judged).await else {
                way.kept.push(Kept::Held);
                continue;
            };
            way.kept.push(Kept::Folder(name));
            let subject = match &place.detail {
                Some((DetailHandling::Subject, detail)) => Some(detail.clone()),
                _ => None,
            };
            let deposit = Deposit {
                owner: place.owner,
                destination,
                flags: Flags::NONE,
                internal_date: None,
                // Whether it fits was decided at RCPT: what was promised there is kept, so that a message is never
                // taken for some of its recipients only.
                quota: place.quota.lifted(),
                prefix: prefix.clone(),
            };
            deposits.push((subject, deposit));
        }
        deposits
    }

    /// The folder of one copy; none where a stage keeps it elsewhere.
    async fn folder_for(&self, place: &Place, offered: &Offered<'_>, judged: &Judged) -> Option<Named> {
        let mut folder = match &place.detail {
            Some((DetailHandling::Folder, detail)) => self.detail_folder(place.owner, detail).await,
            _ => inbox(),
        };
        if judged.verdict.action == Action::Junk {
            folder = self.named_folder(place.owner, JUNK).await;
        }
        match self.place(place.owner, offered, &judged.verdict).await {
            Placement::Unchanged => Some(folder),
            Placement::Folder(name) => Some(self.named_folder(place.owner, name.as_str()).await),
            Placement::Held => None,
        }
    }

    /// A folder that is there. INBOX where it is not: mail is not lost for a name.
    async fn named_folder(&self, owner: Owner, name: &str) -> Named {
        let Ok(name) = FolderName::parse(name) else { return inbox() };
        if self.server.store.provision(owner).await.is_err() {
            return inbox();
        }
        self.found(owner, &name).await
    }

    /// The folder `INBOX/detail`, made where it is not there. INBOX where it cannot be: mail is not lost for a name.
    async fn detail_folder(&self, owner: Owner, detail: &str) -> Named {
        let store = &self.server.store;
        // One level: the detail is a stranger's word.
        let Ok(name) = FolderName::parse(&format!("INBOX/{}", detail.replace('/', "_"))) else {
            return inbox();
        };
        if let Ok(folder) = store.folder(owner, &name).await {
            return (Destination::Folder(folder.id), name.as_str().to_owned());
        }
        let has_room =
            store.folders(owner).await.is_ok_and(|folders| folders.len() < DETAIL_FOLDER_COUNT_MAX);
        if !has_room || store.create_folder(owner, &name, None).await.is_err() {
            return inbox();
        }
        drop(store.subscribe(owner, &name, true).await);
        self.found(owner, &name).await
    }

    async fn found(&self, owner: Owner, name: &FolderName) -> Named {
        match self.server.store.folder(owner, name).await {
            Ok(folder) => (Destination::Folder(folder.id), name.as_str().to_owned()),
            Err(_) => inbox(),
        }
    }
}

fn inbox() -> Named {
    (Destination::Inbox, INBOX.to_owned())
}
