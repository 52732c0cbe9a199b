//! Where in a mailbox a message goes: its inbox, the folder that a detail of the address names, the one for unwanted
//! mail, or where the owner's rules say.

use bytes::Bytes;
use directory::DetailHandling;
use store::{Deposit, Destination, Flags, FolderName, Owner};

use crate::deliver::{Envelope, Place};
use crate::inbound::{Action, Judged, Offered, Placement, Stage, Verdict};
use crate::limits::DETAIL_FOLDER_COUNT_MAX;
use crate::server::Role;
use crate::session::Session;
use crate::told::{Kept, Way};

/// Where unwanted mail goes; every mailbox is made with it.
const JUNK: &str = "Junk";
/// Where mail goes that nobody wants elsewhere.
const INBOX: &str = "INBOX";

/// A folder, with its name for the trace.
type Named = (Destination, String);

/// Where one copy goes, and what the trace and the log say of it.
struct Placed {
    /// None where a stage keeps it elsewhere.
    folder: Option<Named>,
    verdict: Verdict,
}

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
            let Placed { folder, verdict } = self.folder_for(place, &offered, judged).await;
            // The word says which folder, never its name: names are the owner's, or a stranger's.
            if self.server.role != Role::Submission {
                self.tell(&verdict);
            }
            let reasons = verdict.reasons;
            let Some((destination, name)) = folder else {
                way.kept.push(Kept { folder: None, reasons });
                continue;
            };
            way.kept.push(Kept { folder: Some(name), reasons });
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
                prefix: match envelope.copy_fields(&place.copies) {
                    fields if fields.is_empty() => prefix.clone(),
                    fields => Bytes::from([fields.as_bytes(), &prefix].concat()),
                },
            };
            deposits.push((subject, deposit));
        }
        deposits
    }

    /// The folder of one copy: the last that has a say decides.
    async fn folder_for(&self, place: &Place, offered: &Offered<'_>, judged: &Judged) -> Placed {
        let mut verdict = Verdict::new(Stage::Delivery, Action::Accept);
        let mut folder = match &place.detail {
            Some((DetailHandling::Folder, detail)) => {
                verdict.reasons.push("folder_of_detail");
                self.detail_folder(place.owner, detail).await
            }
            _ => inbox(),
        };
        if judged.verdict.action == Action::Junk {
            verdict.action = Action::Junk;
            verdict.reasons = vec!["folder_of_unwanted"];
            folder = self.named_folder(place.owner, JUNK).await;
        }
        match self.place(place.owner, offered, &judged.verdict).await {
            Placement::Unchanged => {}
            Placement::Folder(name) => {
                verdict = Verdict::new(Stage::Delivery, Action::Accept);
                verdict.reasons.push("folder_of_rule");
                folder = self.named_folder(place.owner, name.as_str()).await;
            }
            Placement::Held => {
                verdict = Verdict::new(Stage::Delivery, Action::Mark);
                verdict.reasons.push("kept_aside");
                return Placed { folder: None, verdict };
            }
        }
        if folder.0 == Destination::Inbox && !verdict.reasons.is_empty() {
            verdict.add(Action::Mark, "folder_missing");
        }
        Placed { folder: Some(folder), verdict }
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
