//! All kinds of entries: one line each.

use kernel::{AccountId, Category, Decider, Event, Id, Kind, Malformed, Open, RawEvent, Seal, SealError};
use uuid::Uuid;

use super::{BookEvent, Entry};
use crate::address_map::AddressMap;
use crate::filter::{DomainFilter, MailboxFilter};
use crate::push::Push;
use crate::resource::Resource;
use crate::sender_relay::SenderRelay;
use crate::share::Share;
use crate::sync_job::SyncJob;
use crate::tls_policy::{DomainTlsPolicy, TlsPolicy};

/// An event of a book as those see it who treat all kinds alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryChange {
    /// Of which kind: the category of its stream.
    pub category: Category,
    /// Which entry.
    pub entry: Uuid,
    /// What happened.
    pub told: Told,
}

/// What happened to an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// There is one more.
    Added {
        /// Whose.
        account: AccountId,
        /// Of which service.
        service: Option<Uuid>,
        /// Of which domain.
        domain: Option<Uuid>,
        /// Of which mailbox.
        mailbox: Option<Uuid>,
        /// What it says, as JSON without secrets; none once erased.
        json: Option<String>,
    },
    /// It is otherwise.
    Changed {
        /// What it says, as JSON without secrets; none once erased.
        json: Option<String>,
    },
    /// It is gone.
    Removed,
}

/// What an entry says, without secrets.
fn shown<E: Entry>(content: &kernel::Sealed<Box<E>>) -> Option<String> {
    content.plain().and_then(|content| serde_json::to_string(&content.shown()).ok())
}

fn told<E: Entry>(event: &BookEvent<E>) -> EntryChange {
    let (entry, told) = match event {
        BookEvent::Added { entry, account, service, domain, mailbox, content } => (
            entry,
            Told::Added {
                account: *account,
                service: service.map(Id::uuid),
                domain: domain.map(Id::uuid),
                mailbox: mailbox.map(Id::uuid),
                json: shown(content),
            },
        ),
        BookEvent::Changed { entry, content, .. } => (entry, Told::Changed { json: shown(content) }),
        BookEvent::Removed { entry } => (entry, Told::Removed),
    };
    EntryChange { category: E::WORDS.category, entry: entry.uuid(), told }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// An event of any book.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum EntryEvent {
            $($(#[$doc])* $name(BookEvent<$name>),)*
        }

        impl EntryEvent {
            /// The categories of all books.
            pub const CATEGORIES: &'static [Category] = &[$($name::WORDS.category),*];

            /// The category of those who keep the books of `category`: a stream of a book has the id of its keeper.
            pub fn keeper(category: Category) -> Option<Category> {
                $(if category == $name::WORDS.category {
                    return Some(<<$name as Entry>::Owner as Decider>::CATEGORY);
                })*
                None
            }

            /// The category of the stream that it stands in.
            pub const fn category(&self) -> Category {
                match self {
                    $(Self::$name(_) => $name::WORDS.category,)*
                }
            }

            /// See [`Event::kind`].
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(event) => Event::kind(event),)*
                }
            }

            /// See [`Event::encode`].
            ///
            /// # Errors
            /// As there.
            pub fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
                match self {
                    $(Self::$name(event) => Event::encode(event, seal),)*
                }
            }

            /// What happened, whatever kind it is of.
            pub fn change(&self) -> EntryChange {
                match self {
                    $(Self::$name(event) => told(event),)*
                }
            }

            /// Reads an event of a book; none where the category is not of a book.
            pub(crate) fn decode(
                category: Category,
                raw: &RawEvent,
                open: &dyn Open,
            ) -> Result<Option<Self>, Malformed> {
                $(if category == $name::WORDS.category {
                    return BookEvent::<$name>::decode(raw, open).map(|event| Some(Self::$name(event)));
                })*
                Ok(None)
            }
        }

        $(impl From<BookEvent<$name>> for EntryEvent {
            fn from(event: BookEvent<$name>) -> Self {
                Self::$name(event)
            }
        })*
    };
}

kinds! {
    /// Of how addresses of a domain are rewritten and copied.
    AddressMap;
    /// Of how mail to some destinations is encrypted.
    TlsPolicy;
    /// Of how mail of one domain to some destinations is encrypted.
    DomainTlsPolicy;
    /// Of the Sieve scripts of a mailbox.
    MailboxFilter;
    /// Of the Sieve scripts of a domain.
    DomainFilter;
    /// Of what is fetched from elsewhere into a mailbox.
    SyncJob;
    /// Of where news of a mailbox is told.
    Push;
    /// Of what of a domain can be invited to a meeting.
    Resource;
    /// Of who else works in a mailbox.
    Share;
    /// Of the relay through which mail of a domain leaves.
    SenderRelay;
}
