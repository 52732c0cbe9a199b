//! What is done alike to a user and to the owner of a mailbox.

use authority::Resource;
use kernel::{AccountId, Changes, Decider, Key, Reads, Timestamp};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxState};
use crate::session::SessionOwner;
use crate::user::{User, UserCommand};

/// The one of them that it is about.
pub(super) type OwnerReads = (Option<Key<User>>, Option<Key<Mailbox>>);

/// What is read of an owner.
pub(super) const fn reads(owner: SessionOwner) -> OwnerReads {
    match owner {
        SessionOwner::User(user) => (Some(Key(user)), None),
        SessionOwner::Mailbox(mailbox) => (None, Some(Key(mailbox))),
    }
}

/// What an intention changes of an owner.
pub(super) fn changes(
    owner: SessionOwner,
    (user_state, mailbox_state): &<OwnerReads as Reads>::States,
    (of_user, of_mailbox): (impl FnOnce() -> UserCommand, impl FnOnce() -> MailboxCommand),
    now: Timestamp,
) -> Result<Changes, HostingRefusal> {
    match owner {
        SessionOwner::User(user) => {
            let state = user_state.as_ref().ok_or(HostingRefusal::UserNotFound)?;
            Ok(Changes::none().emit::<User>(user, User::decide(state, of_user(), &user, now)?))
        }
        SessionOwner::Mailbox(mailbox) => {
            let state = mailbox_state.as_ref().ok_or(HostingRefusal::MailboxNotFound)?;
            let events = Mailbox::decide(state, of_mailbox(), &mailbox, now)?;
            Ok(Changes::none().emit::<Mailbox>(mailbox, events))
        }
    }
}

/// Where an owner stands: with service and domain, where it is a mailbox that is there.
pub(super) fn resource(account: AccountId, owner: SessionOwner, mailbox: Option<&MailboxState>) -> Resource {
    match (owner, mailbox) {
        (SessionOwner::Mailbox(id), Some(state)) => super::mailbox_resource(account, id, state),
        (owner, _) => super::owner_resource(account, owner),
    }
}
