//! The roots of the schema, merged from the nouns.

use async_graphql::MergedObject;

use crate::access::mutation::AccessMutation;
use crate::access::query::AccessQuery;
use crate::account::mutation::AccountMutation;
use crate::account::query::AccountQuery;
use crate::address_map::mutation::AddressMapMutation;
use crate::address_map::query::AddressMapQuery;
use crate::alias::mutation::AliasMutation;
use crate::alias::query::AliasQuery;
use crate::bulk::BulkMutation;
use crate::certificate::CertificateQuery;
use crate::credential::mutation::CredentialMutation;
use crate::credential::query::CredentialQuery;
use crate::credential::yubikey::YubikeyMutation;
use crate::delegation::mutation::DelegationMutation;
use crate::delegation::query::DelegationQuery;
use crate::document::mutation::DocumentMutation;
use crate::document::query::DocumentQuery;
use crate::domain::dkim::DkimMutation;
use crate::domain::dns::DnsQuery;
use crate::domain::mutation::DomainMutation;
use crate::domain::query::DomainQuery;
use crate::filter::mutation::FilterMutation;
use crate::filter::query::FilterQuery;
use crate::history::query::HistoryQuery;
use crate::mailbox::book::AddressBookQuery;
use crate::mailbox::mutation::MailboxMutation;
use crate::mailbox::query::MailboxQuery;
use crate::notice::held::{HeldMailMutation, HeldMailQuery};
use crate::notice::mutation::NoticeMutation;
use crate::notice::query::NoticeQuery;
use crate::passkey::mutation::PasskeyMutation;
use crate::plan::mutation::PlanMutation;
use crate::plan::query::PlanQuery;
use crate::push::mutation::PushMutation;
use crate::push::query::PushQuery;
use crate::queue::held::HeldSenderQuery;
use crate::queue::mutation::QueueMutation;
use crate::queue::own::OwnHeldQuery;
use crate::queue::query::QueueQuery;
use crate::reseller::mutation::ResellerMutation;
use crate::reseller::query::ResellerQuery;
use crate::resource::mutation::ResourceMutation;
use crate::resource::query::ResourceQuery;
use crate::sender_relay::mutation::SenderRelayMutation;
use crate::sender_relay::query::SenderRelayQuery;
use crate::service::mutation::ServiceMutation;
use crate::service::price::ServicePriceQuery;
use crate::service::query::ServiceQuery;
use crate::share::mutation::ShareMutation;
use crate::share::query::ShareQuery;
use crate::suppression::{SuppressionMutation, SuppressionQuery};
use crate::sync_job::mutation::SyncJobMutation;
use crate::sync_job::query::SyncJobQuery;
use crate::ticket::mutation::TicketMutation;
use crate::ticket::query::TicketQuery;
use crate::tls_policy::mutation::TlsPolicyMutation;
use crate::tls_policy::query::TlsPolicyQuery;
use crate::trace::query::TraceQuery;
use crate::user::mutation::UserMutation;
use crate::user::query::UserQuery;
use crate::webhook::mutation::WebhookMutation;
use crate::webhook::query::WebhookQuery;

/// Reads. Conventions of all fields:
///
/// * Ids are typed: `MailboxID` begins with `mbox_`, and another prefix is an error that names the argument.
/// * `accountId` is the caller's own account where it is absent.
/// * Lists are connections: `first` is 1 to 100 (25 where absent), `after` is a cursor of the same list.
/// * `atLeast` is a `position` that a mutation gave: the answer shows at least that change, or after 2 seconds the
///   error `STALE` says to try again.
/// * Errors carry `extensions.code`: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND` (also where even the existence is
///   hidden), `STALE`, `BAD_INPUT`, `THROTTLED`, `BUSY`, `VISITING` (kept from those who try the public demo),
///   `INVALID_REQUEST` (the schema refuses it: syntax, an unknown field, a missing variable, too much at once; where it is a
///   value, `field` is the path of its argument, and of a number the message says the range), and
///   `INTERNAL` with a `correlationId` to report.
/// * Operations are counted in windows of a minute: 1200 for an API token, 600 for a session, 120 for a peer without a
///   credential. `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) tell what is left; beyond, the
///   answer is 429 with `Retry-After`.
/// * Nothing is renamed or taken away without notice: a field is marked `@deprecated` with what to use in its place for at
///   least twelve months before it goes; codes, kinds of events and prefixes of ids never change.
/// * Messages are in English or French, as `Accept-Language` wants.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct QueryRoot(PeopleQueries, MailQueries, RecordQueries);

// Nouns stand in groups, since a merged object asks one noun within the other: in a row of thirty the compiler would have to
// know as many futures within futures (decision 271).

/// Of who is here.
#[derive(MergedObject, Default)]
pub struct PeopleQueries(SignInQueries, AccountQueries);

/// Of who asks.
#[derive(MergedObject, Default)]
pub struct SignInQueries(AccessQuery, CredentialQuery, NoticeQuery, HeldMailQuery);

/// Of accounts and their people.
#[derive(MergedObject, Default)]
pub struct AccountQueries(AccountQuery, ResellerQuery, UserQuery);

/// Of what is rented.
#[derive(MergedObject, Default)]
pub struct MailQueries(BoxQueries, AddressQueries, RuleQueries);

/// Of Boxes and their domains.
#[derive(MergedObject, Default)]
pub struct BoxQueries(PlanQuery, ServiceQuery, ServicePriceQuery, DomainQuery, DnsQuery);

/// Of who is written to.
#[derive(MergedObject, Default)]
pub struct AddressQueries(
    MailboxQuery,
    AliasQuery,
    AddressMapQuery,
    ResourceQuery,
    ShareQuery,
    AddressBookQuery,
);

/// Of what is set up by the piece.
#[derive(MergedObject, Default)]
pub struct RuleQueries(TlsPolicyQuery, SenderRelayQuery, FilterQuery, SyncJobQuery, PushQuery);

/// Of what happens and was agreed.
#[derive(MergedObject, Default)]
pub struct RecordQueries(TransportQueries, AgreementQueries);

/// Of mail on its way.
#[derive(MergedObject, Default)]
pub struct TransportQueries(
    QueueQuery,
    OwnHeldQuery,
    HeldSenderQuery,
    CertificateQuery,
    TraceQuery,
    SuppressionQuery,
);

/// Of what was agreed, asked and done.
#[derive(MergedObject, Default)]
pub struct AgreementQueries(DelegationQuery, TicketQuery, WebhookQuery, DocumentQuery, HistoryQuery);

/// Changes. Conventions of all fields, besides those of `Query`:
///
/// * A payload holds the changed thing, `userErrors` and `position`. Where the model refuses, nothing is changed and
///   `userErrors` say why: a `code`, the input `field`, a `message`, the `limits` that were met.
/// * `commandId` is a UUID of the caller's choice, one per intention: sending it again changes nothing and answers as
///   before. Absent, each request is an intention of its own.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct MutationRoot(PeopleMutations, MailMutations, RecordMutations);

/// Of who is here.
#[derive(MergedObject, Default)]
pub struct PeopleMutations(SignInMutations, AccountMutations);

/// Of who asks.
#[derive(MergedObject, Default)]
pub struct SignInMutations(
    AccessMutation,
    CredentialMutation,
    PasskeyMutation,
    YubikeyMutation,
    NoticeMutation,
);

/// Of accounts and their people.
#[derive(MergedObject, Default)]
pub struct AccountMutations(HeldMailMutation, AccountMutation, BulkMutation, ResellerMutation, UserMutation);

/// Of what is rented.
#[derive(MergedObject, Default)]
pub struct MailMutations(BoxMutations, AddressMutations, RuleMutations);

/// Of Boxes and their domains.
#[derive(MergedObject, Default)]
pub struct BoxMutations(PlanMutation, ServiceMutation, DomainMutation, DkimMutation);

/// Of who is written to.
#[derive(MergedObject, Default)]
pub struct AddressMutations(
    MailboxMutation,
    AliasMutation,
    AddressMapMutation,
    ResourceMutation,
    ShareMutation,
);

/// Of what is set up by the piece.
#[derive(MergedObject, Default)]
pub struct RuleMutations(
    TlsPolicyMutation,
    SenderRelayMutation,
    FilterMutation,
    SyncJobMutation,
    PushMutation,
);

/// Of what happens and is agreed.
#[derive(MergedObject, Default)]
pub struct RecordMutations(TransportMutations, AgreementMutations);

/// Of mail on its way.
#[derive(MergedObject, Default)]
pub struct TransportMutations(QueueMutation, SuppressionMutation);

/// Of what is agreed and asked.
#[derive(MergedObject, Default)]
pub struct AgreementMutations(DelegationMutation, TicketMutation, WebhookMutation, DocumentMutation);
