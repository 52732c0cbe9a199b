//! Every limit of delivery, with its unit.

use std::time::Duration;

/// Longest wait for a connection to one address.
pub const CONNECT_WAIT: Duration = Duration::from_secs(30);
/// Longest wait for the greeting (RFC 5321 section 4.5.3.2.1).
pub const GREETING_WAIT: Duration = Duration::from_secs(300);
/// Longest wait for the answer to EHLO, STARTTLS or AUTH.
pub const HELLO_WAIT: Duration = Duration::from_secs(120);
/// Longest TLS handshake.
pub const HANDSHAKE_WAIT: Duration = Duration::from_secs(60);
/// Longest wait for the answer to MAIL (RFC 5321 section 4.5.3.2.2).
pub const MAIL_WAIT: Duration = Duration::from_secs(300);
/// Longest wait for the answer to RCPT (RFC 5321 section 4.5.3.2.3).
pub const RCPT_WAIT: Duration = Duration::from_secs(300);
/// Longest wait for the answer to DATA (RFC 5321 section 4.5.3.2.4).
pub const DATA_WAIT: Duration = Duration::from_secs(120);
/// Longest wait for the peer to take one piece of a message (RFC 5321 section 4.5.3.2.5).
pub const PIECE_WAIT: Duration = Duration::from_secs(180);
/// Longest time for all of a message beside what its length gives it: a peer that takes drops would hold its connection for a day.
pub const CONTENT_WAIT: Duration = Duration::from_secs(600);
/// Octets of a message that a peer takes each second, at the least.
pub const CONTENT_OCTETS_PER_SEC_MIN: u64 = 8 * 1024;
/// Longest wait for the answer to the dot that ends a message (RFC 5321 section 4.5.3.2.6).
pub const DOT_WAIT: Duration = Duration::from_secs(600);
/// Longest wait for the answer to RSET or QUIT.
pub const LEAVE_WAIT: Duration = Duration::from_secs(5);
/// How long a connection waits for another message.
pub const IDLE_WAIT: Duration = Duration::from_secs(5);

/// Octets of one line of a reply; longer ones are no SMTP (RFC 5321 section 4.5.3.1.5 asks for 512).
pub const REPLY_LINE_OCTETS_MAX: usize = 4096;
/// Lines of one reply.
pub const REPLY_LINE_COUNT_MAX: usize = 128;
/// Characters of a reply that are kept and shown.
pub const REPLY_CHARACTER_COUNT_MAX: usize = 500;
/// Octets of a message that are written at a time.
pub const PIECE_OCTETS: usize = 64 * 1024;

/// Octets of messages that are in memory at once over all connections, unless the operator says otherwise. A longer message
/// has all of it, alone.
pub const BODY_OCTETS_MAX: usize = 256 * 1024 * 1024;
/// Octets of messages that are in memory at once, beside those, to be reported about.
pub const REPORTED_OCTETS_MAX: usize = 64 * 1024 * 1024;

/// Recipients of one transaction (RFC 5321 section 4.5.3.1.8).
pub const BATCH_RECIPIENT_COUNT_MAX: usize = 100;
/// Messages on one connection.
pub const CONNECTION_MESSAGE_COUNT_MAX: usize = 100;
/// Hosts of a site that are tried.
pub const HOST_COUNT_MAX: usize = 10;
/// Addresses that are tried for one connection.
pub const ADDRESS_COUNT_MAX: usize = 8;
/// Hosts to which mail is offered in one attempt, where those before did not take it.
pub const ATTEMPT_HOST_COUNT_MAX: usize = 3;
/// Hosts of one attempt of which a report and the trace say what they said, beside the last one.
pub const SAID_HOST_COUNT_MAX: usize = 5;
/// Characters of what each of them said.
pub const SAID_CHARACTER_COUNT_MAX: usize = 120;
/// For which others are asked before a host that broke off.
pub const ILL_MILLIS: u64 = 10 * 60_000;
/// `Received` fields above which a message goes in circles (RFC 5321 section 6.3).
pub const RECEIVED_COUNT_MAX: usize = 50;

/// Domains whose site is remembered.
pub const SITE_CACHE_COUNT_MAX: u64 = 100_000;
/// Shortest time for which a site is remembered, whatever DNS says.
pub const SITE_TTL_MIN: Duration = Duration::from_secs(60);
/// How long it is remembered that DNS did not tell where a domain's mail goes.
pub const FAILED_TTL: Duration = Duration::from_secs(15);
/// From when on that is not believed any more for what became due since: somebody has ordered another attempt.
pub const FAILED_DOUBT: Duration = Duration::from_secs(5);
/// How long it is remembered that DNS was not even asked, because nobody answers.
pub const UNASKED_TTL: Duration = Duration::from_secs(1);
/// When what could not be looked up for that is tried again, more or less a fifth.
pub const UNASKED_MILLIS: i64 = 30_000;
/// Longest time for which a site is remembered.
pub const SITE_TTL_MAX: Duration = Duration::from_secs(3600);
/// Longest time for which a site is remembered whose policy demands something.
pub const POLICY_TTL_MAX: Duration = Duration::from_secs(300);
/// Domains that are looked up at a time; one tenant's at most half of it.
pub const LOOKUP_COUNT_MAX: usize = 200;
/// Domains that wait to be looked up, one tenant's at most as many as it leaves free. More are found by a later sweep.
pub const LOOKUP_WAITING_COUNT_MAX: usize = 20_000;

/// How long leased mail waits for its destination, where it goes elsewhere than others to its domain.
pub const LOOKUP_WAIT: Duration = Duration::from_secs(60);
/// Destinations that are looked up at a time for such mail.
pub const ASKED_COUNT_MAX: usize = 100;

/// Recipients that one node holds leases of; one tenant at most a quarter of what it leaves free.
pub const LEASED_RECIPIENT_COUNT_MAX: usize = 20_000;
/// Recipients of one site that are leased and wait.
pub const SITE_RECIPIENT_COUNT_MAX: usize = 2000;
/// Recipients of one tenant and site that are leased and wait; the rest stays in the database.
pub const TENANT_SITE_RECIPIENT_COUNT_MAX: usize = 500;
/// Recipients of one tenant and site that wait, up to which new mail is leased as it is queued. Where more wait, new mail goes
/// behind what waits in the database.
pub const HANDED_RECIPIENT_COUNT_MAX: usize = 100;
/// Lines in one page of a sweep.
pub const LINE_PAGE_COUNT: usize = 200;
/// Lines that are swept at a time.
pub const LINE_SWEEP_COUNT: usize = 8;
/// Domains in one page of a line.
pub const DOMAIN_PAGE_COUNT: usize = 250;
/// How long a lease lasts unless it is renewed.
pub const LEASE: Duration = Duration::from_secs(300);
/// How often leases are renewed.
pub const RENEW_PAUSE: Duration = Duration::from_secs(60);
/// How long what is under way may take at the end; what takes longer is tried again by the next life.
pub const DRAIN_WAIT: Duration = Duration::from_secs(20);
/// How often an outcome is written again that could not be written, with a second more between each time.
pub const SETTLE_TRY_COUNT: u32 = 5;
/// The longest pause before that.
pub const SETTLE_PAUSE_MAX: Duration = Duration::from_secs(30);
/// The longest pause between two sweeps: what becomes due without a bell is found then.
pub const SWEEP_PAUSE: Duration = Duration::from_millis(1000);
/// A sweep that takes longer is followed by a pause as long as it took.
pub const SWEEP_LONG: Duration = Duration::from_millis(200);
/// The shortest pause between two sweeps.
pub const SWEEP_PAUSE_MIN: Duration = Duration::from_millis(5);
/// Sites whose state is remembered while nothing waits for them.
pub const IDLE_SITE_COUNT_MAX: usize = 20_000;

/// The first pause of a recipient.
pub const RETRY_MILLIS_MIN: i64 = 5 * 60_000;
/// The longest pause of a recipient.
pub const RETRY_MILLIS_MAX: i64 = 4 * 3_600_000;
/// After which the sender is told that it takes long.
pub const DELAY_MILLIS: i64 = 4 * 3_600_000;
/// After which mail is given up.
pub const EXPIRY_MILLIS: i64 = 5 * 86_400_000;
/// Attempts before mail is given up for its age, about nine hours of them: what was held for long is tried as well, and a clock
/// that jumps ahead gives up nothing that was hardly tried. A look at what rests for a suspended site is one.
pub const ATTEMPT_COUNT_MIN: u32 = 8;
/// After which reports are given up.
pub const REPORT_EXPIRY_MILLIS: i64 = 2 * 86_400_000;

/// How often it is told that an address of ours is not there.
pub const ALARM_PAUSE_MILLIS: i64 = 60_000;
/// Faults one after the other that open the breaker of a site.
pub const BREAKER_FAULT_COUNT: u32 = 5;
/// The first time for which a breaker stays open.
pub const BREAKER_MILLIS_MIN: i64 = 60_000;
/// The longest time for which a breaker stays open.
pub const BREAKER_MILLIS_MAX: i64 = 30 * 60_000;
/// Connections with which a site begins; more with success.
pub const CEILING_START: u32 = 4;
/// What a tenant may send before the next one's turn, in octets; a recipient counts as 1 KiB beside the message.
pub const QUANTUM_OCTETS: u64 = 64 * 1024;

/// Octets of the header that a report returns.
pub const REPORT_HEADER_OCTETS_MAX: usize = 64 * 1024;
/// Octets of a whole message that a report returns; of longer ones the header.
pub const REPORT_MESSAGE_OCTETS_MAX: usize = 256 * 1024;
