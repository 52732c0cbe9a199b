//! How an event stands to what was told before it: what it replaces, and of what.

use hosting::HostingEvent;
use hosting::account::AccountEvent;
use hosting::alias::AliasEvent;
use hosting::delegation::DelegationEvent;
use hosting::domain::DomainEvent;
use hosting::factor::FactorEvent;
use hosting::mailbox::MailboxEvent;
use hosting::reseller::ResellerEvent;
use hosting::service::ServiceEvent;
use hosting::session::SessionEvent;
use hosting::ticket::TicketEvent;
use hosting::user::UserEvent;
use hosting::webhook::WebhookEvent;

/// What the fields of an event are to those of events before it. The same name means something else in each part of a thing:
/// a user has a name, and so has each of its API tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// A thing or a part of it begins, or begins anew: all is told, and compared with later.
    Begins(Part),
    /// Values of the thing itself or of a part are others from then on. Of those named second, which are left out where there
    /// is none, there is none where they are missing.
    Changes(Part, &'static [&'static str]),
    /// Something was said, let in, counted or ended: it replaces nothing, and nothing is compared with it.
    Tells,
}

/// The field with the id of the part that an event is about; empty: the thing itself.
pub(super) type Part = &'static str;

/// The thing itself.
const ITSELF: Part = "";

impl Telling {
    /// How `event` tells. Kinds that are not named here replace nothing.
    pub(super) fn of(event: &HostingEvent) -> Self {
        match event {
            HostingEvent::Account(event) => account(event),
            HostingEvent::Reseller(event) => reseller(event),
            HostingEvent::User(event) => user(event),
            HostingEvent::Session(event) => match event {
                SessionEvent::Started { .. } => Self::Begins(ITSELF),
                SessionEvent::Rotated { .. } => Self::Changes(ITSELF, &[]),
                SessionEvent::Ended { .. } => Self::Tells,
            },
            HostingEvent::Service(event) => service(event),
            HostingEvent::Domain(event) => match event {
                DomainEvent::Added { .. } | DomainEvent::SharedAdded { .. } => Self::Begins(ITSELF),
                DomainEvent::SettingsChanged { .. } => Self::Changes(ITSELF, &[]),
                _ => Self::Tells,
            },
            HostingEvent::Mailbox(event) => mailbox(event),
            HostingEvent::Alias(event) => match event {
                AliasEvent::Created { .. } => Self::Begins(ITSELF),
                AliasEvent::ExpiryChanged { .. } => Self::Changes(ITSELF, &["expires_at_ms"]),
                AliasEvent::TargetsChanged { .. } | AliasEvent::SettingsChanged { .. } => {
                    Self::Changes(ITSELF, &[])
                }
                AliasEvent::Deleted => Self::Tells,
            },
            HostingEvent::Delegation(event) => match event {
                DelegationEvent::Invited { .. } => Self::Begins(ITSELF),
                DelegationEvent::TermsChanged { .. } => {
                    Self::Changes(ITSELF, &["expires_at_ms", "requires_second_factor"])
                }
                _ => Self::Tells,
            },
            HostingEvent::Ticket(event) => match event {
                TicketEvent::Assigned { .. } => Self::Changes(ITSELF, &["to"]),
                TicketEvent::PrioritySet { .. } => Self::Changes(ITSELF, &[]),
                TicketEvent::Rated { .. } => Self::Changes(ITSELF, &["words"]),
                _ => Self::Tells,
            },
            HostingEvent::Entry(event) => match event.kind().name.rsplit('.').next() {
                Some("added") => Self::Begins("entry"),
                Some("changed") => Self::Changes("entry", &[]),
                _ => Self::Tells,
            },
            HostingEvent::Webhook(event) => match event {
                WebhookEvent::Registered { .. } => Self::Begins(ITSELF),
                WebhookEvent::Changed { .. } => Self::Changes(ITSELF, &["description"]),
                _ => Self::Tells,
            },
            // Each version takes the place of the one before.
            HostingEvent::Plan(_) => Self::Changes(ITSELF, &[]),
            HostingEvent::Document(hosting::document::DocumentEvent::VersionPublished(_)) => {
                Self::Changes(ITSELF, &[])
            }
            HostingEvent::Document(_)
            | HostingEvent::Notice(_)
            | HostingEvent::Contract(_)
            | HostingEvent::MailOrder(_) => Self::Tells,
        }
    }
}

const fn account(event: &AccountEvent) -> Telling {
    match event {
        AccountEvent::Opened { .. } => Telling::Begins(ITSELF),
        AccountEvent::BillingModeSet { .. }
        | AccountEvent::ResellerSet { .. }
        | AccountEvent::Renamed { .. }
        | AccountEvent::SecondFactorRequired { .. } => Telling::Changes(ITSELF, &[]),
        _ => Telling::Tells,
    }
}

const fn reseller(event: &ResellerEvent) -> Telling {
    match event {
        ResellerEvent::Branded(_) => Telling::Changes(ITSELF, &["logo", "hosts", "language"]),
        // Nothing is left of the brand, and what is told of a pool next is told whole.
        ResellerEvent::Unbranded => Telling::Begins(ITSELF),
        ResellerEvent::Allocated { .. } | ResellerEvent::Settled { .. } => Telling::Changes("account", &[]),
        ResellerEvent::Drawn { .. } => Telling::Changes("service", &[]),
        ResellerEvent::Dropped { .. } => Telling::Begins("account"),
        ResellerEvent::Returned { .. } => Telling::Begins("service"),
        _ => Telling::Tells,
    }
}

const fn user(event: &UserEvent) -> Telling {
    match event {
        UserEvent::Registered { .. } => Telling::Begins(ITSELF),
        UserEvent::PasswordSet { .. } => Telling::Changes(ITSELF, &["must_change"]),
        // An address that is given replaces none until it is confirmed.
        UserEvent::EmailVerified { .. }
        | UserEvent::LanguageSet { .. }
        | UserEvent::RoleSet { .. }
        | UserEvent::RightsWithheld { .. } => Telling::Changes(ITSELF, &[]),
        UserEvent::TimeZoneSet { .. } => Telling::Changes(ITSELF, &["zone"]),
        UserEvent::Renamed { .. } => Telling::Changes(ITSELF, &["name"]),
        UserEvent::TokenIssued { .. } => Telling::Begins("token"),
        UserEvent::TokenChanged { .. } => Telling::Changes("token", &["expires_at_ms", "networks"]),
        UserEvent::Factor(event) => factor(event),
        _ => Telling::Tells,
    }
}

const fn factor(event: &FactorEvent) -> Telling {
    match event {
        FactorEvent::TotpAdded { .. }
        | FactorEvent::PasskeyAdded { .. }
        | FactorEvent::YubikeyAdded { .. } => Telling::Begins("factor"),
        FactorEvent::FactorRenamed { .. } => Telling::Changes("factor", &[]),
        FactorEvent::FactorRemoved { .. }
        | FactorEvent::RecoveryCodesSet { .. }
        | FactorEvent::RecoveryCodeUsed { .. } => Telling::Tells,
    }
}

const fn service(event: &ServiceEvent) -> Telling {
    match event {
        ServiceEvent::Ordered { .. } => Telling::Begins(ITSELF),
        ServiceEvent::PlanChanged { .. } | ServiceEvent::Priced { .. } => Telling::Changes(ITSELF, &[]),
        ServiceEvent::DomainShareSet { .. } => Telling::Changes("domain", &["share"]),
        ServiceEvent::SyncJobsCounted { .. } => Telling::Changes("mailbox", &[]),
        _ => Telling::Tells,
    }
}

const fn mailbox(event: &MailboxEvent) -> Telling {
    match event {
        MailboxEvent::Created { .. } => Telling::Begins(ITSELF),
        MailboxEvent::DisplayNameChanged { .. } => Telling::Changes(ITSELF, &["display_name"]),
        MailboxEvent::TimeZoneSet { .. } => Telling::Changes(ITSELF, &["zone"]),
        MailboxEvent::QuotaChanged { .. }
        | MailboxEvent::PasswordSet { .. }
        | MailboxEvent::SettingsChanged { .. }
        | MailboxEvent::RetentionChanged { .. }
        | MailboxEvent::RecoveryAddressVerified { .. }
        | MailboxEvent::LanguageSet { .. }
        | MailboxEvent::Renamed { .. } => Telling::Changes(ITSELF, &[]),
        MailboxEvent::AppPasswordAdded { .. } => Telling::Begins("app_password"),
        MailboxEvent::AppPasswordChanged { .. } => Telling::Changes("app_password", &["expires_at_ms"]),
        MailboxEvent::TemporaryAliasSet { .. } => Telling::Changes("alias", &[]),
        MailboxEvent::Factor(event) => factor(event),
        _ => Telling::Tells,
    }
}
