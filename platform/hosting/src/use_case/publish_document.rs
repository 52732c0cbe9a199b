//! Publishing and withdrawing documents.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{Changes, Decider, DocumentId, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::document::{Document, DocumentCommand};

/// Publishes a version of a document, or withdraws one. Its bytes are kept before this is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishDocument {
    /// Which series.
    pub document: DocumentId,
    /// What is intended.
    pub command: DocumentCommand,
}

impl UseCase for PublishDocument {
    const NAME: &'static str = "publish_document";
    type Reads = Key<Document>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        TenantId::PLATFORM
    }

    fn reads(&self) -> Self::Reads {
        Key(self.document)
    }

    fn decide(
        &self,
        document: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let events = Document::decide(document, self.command.clone(), &(), now)?;
        Ok(Changes::none().emit::<Document>(self.document, events))
    }
}

impl Guarded for PublishDocument {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::PLATFORM }
    }
}
