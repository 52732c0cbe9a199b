//! Typed identifiers: a UUID that knows what it names, with a text form that says so (`mbox_0192...`).

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// What every identifier can do.
pub trait Id: Copy + Eq + Ord + std::hash::Hash + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Starts the text form, so that an id of the wrong type is refused where it is parsed.
    const PREFIX: &'static str;
    /// Names a thing by an existing UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The bare UUID, for storage.
    fn uuid(self) -> Uuid;
}

/// A text that is not an identifier of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an identifier that starts with `{prefix}_` followed by 32 hexadecimal digits")]
pub struct IdFault {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Names a thing by an existing UUID.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id that `command` gives to the thing it creates: repeating the command names the same thing.
            ///
            /// `ordinal` tells several things of one type in one command apart.
            pub fn derived(command: CommandId, ordinal: u32) -> Self {
                Self(Uuid::new_v5(&command.uuid(), format!("{}:{ordinal}", $prefix).as_bytes()))
            }
        }

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdFault;
            fn from_str(text: &str) -> Result<Self, IdFault> {
                let fault = IdFault { prefix: $prefix };
                let digits = text.strip_prefix(concat!($prefix, "_")).ok_or(fault.clone())?;
                if digits.len() != 32 {
                    return Err(fault);
                }
                Uuid::try_parse(digits).map(Self).map_err(|_| fault)
            }
        }
    )*};
}

ids! {
    /// A customer: the party that contracts and pays.
    AccountId = "acct";
    /// A person with a login to the panel.
    UserId = "user";
    /// An offer (the Boxes), with its versions.
    PlanId = "plan";
    /// One subscription of an account to a plan version.
    ServiceId = "srvc";
    /// A DNS name served by the platform.
    DomainId = "doma";
    /// An address with credentials, storage and quota.
    MailboxId = "mbox";
    /// An address that delivers to other addresses.
    AliasId = "alia";
    /// One signed-in device of a user or mailbox.
    SessionId = "sess";
    /// One API token.
    TokenId = "tokn";
    /// One second factor of a user or mailbox.
    FactorId = "fact";
    /// One password of a mailbox for one program.
    AppPasswordId = "appw";
    /// Somebody's access to an account that is not theirs.
    DelegationId = "dele";
    /// One question to the platform's support, with its answers.
    TicketId = "tick";
    /// One rule by which addresses of a domain are rewritten or copied.
    AddressMapId = "amap";
    /// How mail to one destination is encrypted.
    TlsPolicyId = "tlsp";
    /// One Sieve script of a mailbox or domain.
    FilterId = "filt";
    /// A standing order to fetch mail from elsewhere.
    SyncJobId = "sync";
    /// The relay through which mail of one domain leaves.
    SenderRelayId = "srel";
    /// Where news of a mailbox is pushed to.
    PushId = "push";
    /// Something that can be invited to a meeting: a room, a group, a thing.
    ResourceId = "reso";
    /// Rights of one mailbox on another.
    ShareId = "shar";
    /// A mailbox that several people work in.
    SharedMailboxId = "smbx";
    /// One offer to let a reseller's customer stand below another.
    TransferId = "xfer";
    /// One endpoint elsewhere that is told what happens.
    WebhookId = "whep";
    /// One message of the platform to a person.
    NoticeId = "noti";
    /// One order about mail that waits to leave, or about what is sent at all.
    MailOrderId = "mord";
    /// The platform's messages to one person on one day.
    NoticeDayId = "nday";
    /// One series of documents: a kind in a language.
    DocumentId = "docu";
    /// One intention: the key of idempotency.
    CommandId = "cmnd";
    /// One recorded fact.
    EventId = "evnt";
    /// Everything that one request caused.
    CorrelationId = "corr";
    /// A person that data is about; the unit of erasure.
    SubjectId = "subj";
    /// The owner of a set of streams: an account, or the platform itself.
    TenantId = "tent";
}

impl TenantId {
    /// The platform's own tenant: the plan catalogue, shared domains, operators.
    pub const PLATFORM: Self = Self(Uuid::nil());
}

impl AccountId {
    /// The platform seen as an account: it owns the shared domains.
    pub const PLATFORM: Self = Self(Uuid::nil());

    /// The tenant that holds this account's streams.
    pub const fn tenant(self) -> TenantId {
        TenantId(self.0)
    }
}

impl TenantId {
    /// The account that this tenant belongs to.
    pub const fn account(self) -> AccountId {
        AccountId(self.0)
    }
}

impl EventId {
    /// The id of the `ordinal`-th event of `command`, so that a repeated append is recognised (journal, section 2.2).
    pub fn of(command: CommandId, ordinal: u32) -> Self {
        Self(Uuid::new_v5(&command.0, &ordinal.to_be_bytes()))
    }
}

impl CommandId {
    /// The command that `consumer` issues as its `ordinal`-th reaction to `event`: a replay issues the same one.
    pub fn reaction(event: EventId, consumer: &str, ordinal: u32) -> Self {
        Self(Uuid::new_v5(&event.0, format!("{consumer}:{ordinal}").as_bytes()))
    }
}

impl SubjectId {
    /// The person behind a user login.
    pub const fn of_user(user: UserId) -> Self {
        Self(user.0)
    }

    /// The person behind a mailbox.
    pub const fn of_mailbox(mailbox: MailboxId) -> Self {
        Self(mailbox.0)
    }

    /// The party behind an account.
    pub const fn of_account(account: AccountId) -> Self {
        Self(account.0)
    }

    /// The person whom a delegation invites.
    pub const fn of_delegation(delegation: DelegationId) -> Self {
        Self(delegation.0)
    }

    /// The person whom an alias names.
    pub const fn of_alias(alias: AliasId) -> Self {
        Self(alias.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_type_is_refused() {
        let mailbox = MailboxId::new(Uuid::from_u128(7));
        assert_eq!(mailbox.to_string().parse(), Ok(mailbox));
        assert_eq!(mailbox.to_string().parse::<DomainId>(), Err(IdFault { prefix: "doma" }));
        assert!("mbox_7".parse::<MailboxId>().is_err());
    }

    #[test]
    fn a_repeated_command_names_the_same_things() {
        let command = CommandId::new(Uuid::from_u128(1));
        assert_eq!(MailboxId::derived(command, 0), MailboxId::derived(command, 0));
        assert_ne!(MailboxId::derived(command, 0), MailboxId::derived(command, 1));
        assert_ne!(EventId::of(command, 0), EventId::of(command, 1));
    }
}
