//! The named limits of the API. Every page, depth, batch and wait has one.

/// Most fields at the root of one operation, under whatever aliases; fragments are counted where they stand. Each field at
/// the root of a mutation is one operation of the caller's allowance.
pub const ROOT_FIELD_COUNT_MAX: usize = 100;
/// Most rows of one bulk.
pub const BULK_ROW_COUNT_MAX: usize = 100;
/// Longest key of a row of a bulk, in octets.
pub const BULK_KEY_OCTETS_MAX: usize = 64;
/// Most nodes in one page of a connection.
pub const PAGE_COUNT_MAX: u32 = 100;
/// Nodes in a page where the asker names no number.
pub const PAGE_COUNT_DEFAULT: u32 = 25;
/// Deepest nesting of fields in one operation.
pub const DEPTH_MAX: usize = 12;
/// The same in development, where tools send the usual introspection query, which nests 15 deep.
pub const DEPTH_DEVELOPMENT_MAX: usize = 20;
/// Most fields that one operation may ask for, nodes of pages counted.
pub const COMPLEXITY_MAX: usize = 4_000;
/// Deepest nesting of selection sets and values while parsing.
pub const PARSE_DEPTH_MAX: usize = 32;
/// Deepest nesting of brackets in the text of an operation, and of fields and fragments as they are opened: nothing deeper is
/// parsed.
pub const NESTING_MAX: usize = 64;
/// Most fields and fragments of one request, each as often as it is opened.
pub const SELECTION_COUNT_MAX: usize = 10_000;
/// Most directives on one field.
pub const DIRECTIVE_COUNT_MAX: usize = 8;
/// Most operations in one request.
pub const BATCH_COUNT_MAX: usize = 10;
/// Largest request, in octets.
pub const REQUEST_OCTETS_MAX: usize = 256 * 1024;
/// Longest wait for a projection to reach a wanted position, in milliseconds.
pub const READ_YOUR_WRITES_MS_MAX: u64 = 2_000;
/// Most mailboxes in one `mailboxesCreate`: the journal takes 256 events in one append.
pub const MAILBOX_BATCH_COUNT_MAX: usize = 250;
/// Most targets of one alias that the API takes; the model may allow fewer.
pub const ALIAS_TARGET_COUNT_MAX: usize = 1_000;
/// How long a temporary alias lives where nothing is said, in days.
pub const TEMPORARY_ALIAS_DAYS_DEFAULT: u64 = 365;
/// The window in which operations are counted, in seconds.
pub const OPERATION_WINDOW_SECS: u32 = 60;
/// Most operations that one API token asks for in a window.
pub const OPERATIONS_OF_TOKEN_MAX: u32 = 1_200;
/// Most operations that one person asks for in a window, in all their sessions.
pub const OPERATIONS_OF_PERSON_MAX: u32 = 600;
/// Most operations that one peer without a credential asks for in a window: signing in, mostly.
pub const OPERATIONS_OF_PEER_MAX: u32 = 120;
/// Most mailboxes of a domain whose contents are added up for one answer.
pub const DOMAIN_MAILBOX_COUNT_MAX: usize = 20_000;
/// Longest words to search a list by, in octets.
pub const SEARCH_OCTETS_MAX: usize = 128;
/// Longest text in any input field that has no narrower rule, in octets.
pub const TEXT_OCTETS_MAX: usize = 512;
/// Shortest password.
pub const PASSWORD_OCTETS_MIN: usize = 10;
/// Longest password: argon2 takes more, an attacker's bill should not be ours.
pub const PASSWORD_OCTETS_MAX: usize = 512;
/// Most queries and mutations of websockets that a node answers at once; beyond, `BUSY`. What is asked over HTTP has room of its
/// own.
pub const SOCKET_OPERATION_COUNT_MAX: usize = 128;
/// Longest time for one of them, in seconds: as for a request over HTTP. Subscriptions have no end.
pub const SOCKET_OPERATION_SECS_MAX: u64 = 60;
/// How long an access token is good for, in seconds.
pub const ACCESS_TOKEN_SECS: u64 = 600;
/// How long a refresh token is good for, in seconds: 30 days.
pub const REFRESH_TOKEN_SECS: u64 = 30 * 24 * 3600;
/// How long an invitation can be answered, in days.
pub const INVITATION_DAYS: u64 = 7;
/// Largest document that is published, in octets: in base64 it fits in one request.
pub const DOCUMENT_OCTETS_MAX: usize = 180 * 1024;
/// Longest text that was shown beside the button of an acceptance, in octets.
pub const SHOWN_TEXT_OCTETS_MAX: usize = 10_000;
/// How long the secret of a webhook signs beside its successor where nothing is said, in hours.
pub const WEBHOOK_SECRET_HOURS_DEFAULT: u32 = 24;
/// The longest that it may.
pub const WEBHOOK_SECRET_HOURS_MAX: u32 = 168;
/// Longest life of an API token, in days.
pub const API_TOKEN_DAYS_MAX: u32 = 3_650;
/// A subscription checks at least so often that its principal may still listen, in milliseconds.
pub const SUBSCRIPTION_CHECK_MS: u64 = 2_000;
/// Most subscriptions open at once on this node.
pub const SUBSCRIPTION_COUNT_MAX: usize = 1_000;
/// Most of them for one person or token, whatever websockets they have open.
pub const SUBSCRIPTION_OF_ONE_COUNT_MAX: usize = 50;
/// Domains and services that one grant may name in a query's filter.
pub const GRANT_FILTER_COUNT_MAX: usize = 500;
/// Events in a page of the feed.
pub const FEED_COUNT_MAX: usize = 500;
/// The same where the caller says nothing.
pub const FEED_COUNT_DEFAULT: usize = 100;
/// Events before a page of a history that are looked at for what its own ones changed.
pub(crate) const HISTORY_LOOK_BACK_COUNT: usize = 200;
