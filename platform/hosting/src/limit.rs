//! The model's own limits, the same for every plan. What a plan allows is data: see [`crate::plan::PlanLimits`].

/// How many accounts stand above one at most: a tree of four.
pub const ACCOUNT_DEPTH_MAX: u8 = 3;
/// Most customers that other resellers offer to one at a time.
pub const TRANSFER_COUNT_MAX: usize = 200;
/// Longest name under which a reseller presents itself, in characters.
pub const BRAND_NAME_CHARACTER_COUNT_MAX: usize = 64;
/// Most hosts under which a reseller presents itself.
pub const BRAND_HOST_COUNT_MAX: usize = 5;
/// Largest logo, in octets.
pub const LOGO_OCTETS_MAX: usize = 64 * 1024;
/// Longest side of a logo, in pixels.
pub const LOGO_PIXEL_COUNT_MAX: u32 = 1024;
/// Most accounts below one that nothing is counted for, when its pool is set: they are named in one event of 64 KiB.
pub const POOL_CUSTOMER_COUNT_MAX: usize = 1000;
/// Longest name of an account, in characters.
pub const ACCOUNT_NAME_CHARACTER_COUNT_MAX: usize = 200;
/// Longest name of a user, a mailbox or an API token, in characters.
pub const DISPLAY_NAME_CHARACTER_COUNT_MAX: usize = 128;
/// Longest name of a plan, in characters.
pub const PLAN_NAME_CHARACTER_COUNT_MAX: usize = 64;
/// Shortest login name, in octets.
pub const LOGIN_NAME_OCTETS_MIN: usize = 3;
/// Longest login name, in octets.
pub const LOGIN_NAME_OCTETS_MAX: usize = 128;
/// Longest password hash in PHC form, in octets.
pub const PASSWORD_HASH_OCTETS_MAX: usize = 256;
/// Most users of one account.
pub const USER_COUNT_MAX: usize = 500;
/// Most services of one account that have not ended.
pub const SERVICE_COUNT_MAX: usize = 1000;
/// Most API tokens of one user that are neither revoked nor expired.
pub const TOKEN_COUNT_MAX: usize = 50;
/// Most networks that one API token is confined to.
pub const TOKEN_NETWORK_COUNT_MAX: usize = 50;
/// Services of one account whose plans are looked at to see what it has.
pub const PLAN_SERVICE_COUNT_MAX: usize = 100;
/// Services of one account whose plans are looked at to see how many delegations they let in.
pub const DELEGATING_SERVICE_COUNT_MAX: usize = 100;
/// Delegations of an account whose plans sell none, or which has no service yet.
pub const DELEGATION_COUNT_WITHOUT_SERVICE: usize = 2;
/// Most delegations of one account that are not over.
pub const DELEGATION_COUNT_MAX: usize = 100;
/// Most services or domains that one delegation names.
pub const DELEGATION_SCOPE_COUNT_MAX: usize = 100;
/// Most tickets of one account that are not resolved.
pub const TICKET_COUNT_MAX: usize = 50;
/// Most messages of one ticket.
pub const TICKET_MESSAGE_COUNT_MAX: u32 = 500;
/// Longest subject of a ticket, in characters.
pub const TICKET_SUBJECT_CHARACTER_COUNT_MAX: usize = 200;
/// Longest message of a ticket, in characters: sealed in an event of 64 KiB.
pub const TICKET_TEXT_CHARACTER_COUNT_MAX: usize = 10_000;
/// Most files of one ticket.
pub const TICKET_FILE_COUNT_MAX: usize = 20;
/// Largest file of a ticket, in octets.
pub const TICKET_FILE_OCTETS_MAX: u64 = 5 * 1024 * 1024;
/// All files of one ticket together, in octets.
pub const TICKET_FILES_OCTETS_MAX: u64 = 20 * 1024 * 1024;
/// Longest name of a file, in characters.
pub const TICKET_FILE_NAME_CHARACTER_COUNT_MAX: usize = 128;
/// After how many days a resolved ticket is closed: nobody expects it to go on.
pub const TICKET_CLOSE_DAYS: i64 = 7;
/// Days that a ticket waits for the customer before it is resolved by itself.
pub const TICKET_WAIT_DAYS: i64 = 7;
/// Tickets that one takes in by merging.
pub const TICKET_MERGE_COUNT_MAX: usize = 20;
/// The best that a customer can give for a ticket; 1 is the worst.
pub const TICKET_STARS_MAX: u8 = 5;
/// How long a resolved ticket can go on, in days.
pub const TICKET_REOPEN_DAYS: i64 = 30;
/// Largest document, in octets: it travels in one request of the API.
pub const DOCUMENT_OCTETS_MAX: u64 = 180 * 1024;
/// Hours before its publication from which on a version of a document may be in force: the day of its publication, wherever.
pub const EFFECTIVE_PAST_HOURS_MAX: u64 = 24;
/// Most documents that are accepted for one service, in all their versions.
pub const ACCEPTANCE_COUNT_MAX: usize = 1000;
/// Months that a year of what is bought in addition costs.
pub const PAID_MONTHS_OF_YEAR: u64 = 10;
/// Most webhooks of one account.
pub const WEBHOOK_COUNT_MAX: usize = 20;
/// Longest address of a webhook, in octets.
pub const WEBHOOK_URL_OCTETS_MAX: usize = 2048;
/// Shortest secret of a webhook, in octets.
pub const WEBHOOK_SECRET_OCTETS_MIN: usize = 32;
/// Most kinds of events that one webhook names.
pub const WEBHOOK_KIND_COUNT_MAX: usize = 50;
/// Longest name of a kind of events, in octets.
pub const WEBHOOK_KIND_OCTETS_MAX: usize = 64;
/// Most events between the two ends of a replay.
pub const WEBHOOK_REPLAY_COUNT_MAX: u64 = 10_000;
/// Most changes, tests and replays of one webhook; then another one is registered.
pub const WEBHOOK_CHANGE_COUNT_MAX: u32 = 5_000;
/// Most second factors of one user or mailbox.
pub const FACTOR_COUNT_MAX: usize = 10;
/// Longest id of a passkey, in octets (Web Authentication Level 3, section 5.8.3).
pub const CREDENTIAL_ID_OCTETS_MAX: usize = 1_023;
/// Longest public key of a passkey in its COSE form, in octets: RSA with 8192 bits and room.
pub const PASSKEY_OCTETS_MAX: usize = 1_536;
/// Longest identity of a YubiKey, in characters (Yubico OTP: public identities have at most 8 octets).
pub const YUBIKEY_IDENTITY_CHARACTER_COUNT_MAX: usize = 16;
/// Most notices to one person on one day.
pub const NOTICE_COUNT_MAX: usize = 40;
/// Most notices of one kind with a link, to one person on one day.
pub const NOTICE_LINK_COUNT_MAX: usize = 10;
/// Days after which nobody is told of something any more.
pub const NOTICE_LATE_DAY_COUNT_MAX: i64 = 1;
/// Seconds between two of those.
pub const NOTICE_LINK_PAUSE_SECS: u64 = 60;
/// Most recovery codes of one user or mailbox.
pub const RECOVERY_CODE_COUNT_MAX: usize = 20;
/// Most app passwords of one mailbox that are neither revoked nor expired.
pub const APP_PASSWORD_COUNT_MAX: usize = 50;
/// Longest name of the device that a session was started from.
pub const DEVICE_CHARACTER_COUNT_MAX: usize = 256;
/// Most domains that one domain administrator may have; as many as the largest service has.
pub const ADMINISTERED_DOMAIN_COUNT_MAX: usize = 100;
/// Most mailboxes created at once: with the service's event they fit in one append.
pub const MAILBOX_BATCH_COUNT_MAX: usize = 250;
/// Most temporary aliases of one mailbox, expired ones included: they are deleted with it in one append.
pub const TEMPORARY_ALIAS_COUNT_MAX: usize = 200;
/// Most aliases that follow a mailbox to another address: with the mailbox, its service and an alias at the old address they
/// fit in one append.
pub const RENAME_FOLLOWER_COUNT_MAX: usize = 250;
/// How far the end of a temporary alias may lie.
pub const TEMPORARY_ALIAS_DAYS_MAX: i64 = 3650;
/// Most targets of one alias; the directory follows no more.
pub const ALIAS_TARGET_COUNT_MAX: usize = 1000;
/// Most octets of all targets of one alias together, so that its event stays under the journal's 64 KiB once sealed.
pub const ALIAS_TARGETS_OCTETS_MAX: usize = 40_000;
/// Longest own domain, in octets: its challenge record must still be a DNS name (253 octets).
pub const DOMAIN_NAME_OCTETS_MAX: usize = 253 - "_hosterra-challenge.".len();
/// Most rotations of one session's refresh token; then the person signs in again.
pub const SESSION_ROTATION_COUNT_MAX: usize = 5000;
/// Most recorded crossings of quota thresholds of one mailbox or domain: a flood of mail must not use up the stream.
pub const CROSSING_COUNT_MAX: u32 = 4000;

/// Longest public half of a signing key, in base64.
pub const DKIM_PUBLIC_KEY_OCTETS_MAX: usize = 1_000;
/// Longest private half of a signing key.
pub const DKIM_PRIVATE_KEY_OCTETS_MAX: usize = 4_096;
/// How long a new signing key waits after it was seen in DNS, in milliseconds: as long as somebody may remember that it
/// was not there (RFC 2308 section 5 advises 1 to 3 hours at most).
pub const DKIM_PROPAGATION_MS: i64 = 3 * 3_600_000;
/// How long the record of a retired signing key has to stand, in milliseconds: longer than mail waits in queues.
pub const DKIM_WITHDRAW_MS: i64 = 7 * 86_400_000;

/// Most octets of the settings of one thing, so that their event stays under the journal's 64 KiB once sealed.
pub const SETTINGS_OCTETS_MAX: usize = 40_000;
/// Most tags of one thing.
pub const TAG_COUNT_MAX: usize = 25;
/// Longest tag.
pub const TAG_CHARACTER_COUNT_MAX: usize = 64;
/// Most patterns in one list of senders.
pub const SENDER_PATTERN_COUNT_MAX: usize = 500;
/// Most further addresses that one mailbox may send as.
pub const SEND_AS_COUNT_MAX: usize = 100;
/// Most days for which a mailbox keeps its messages whatever its users do: ten years.
pub const RETAINED_DAYS_MAX: u32 = 3650;
/// Highest score for the junk folder, in hundredths of a point.
pub const JUNK_SCORE_CENTI_MAX: u32 = 10_000;
/// Highest score for rejection, in hundredths of a point.
pub const REJECT_SCORE_CENTI_MAX: u32 = 100_000;
/// Longest description of a domain.
pub const DESCRIPTION_CHARACTER_COUNT_MAX: usize = 255;
/// Shortest and longest time for which other hosts may keep a domain's MTA-STS policy, in seconds: a day, and what RFC 8461
/// section 3.2 allows.
pub const STS_AGE_SECS: std::ops::RangeInclusive<u32> = 86_400..=31_557_600;
/// Hosts beside the platform's that a domain's MTA-STS policy names.
pub const STS_HOST_COUNT_MAX: usize = 10;
/// Longest footer of a domain, in each of its two forms.
pub const FOOTER_OCTETS_MAX: usize = 10_000;
/// Most mailboxes, and most alias domains, whose mail goes without the footer.
pub const FOOTER_EXCLUSION_COUNT_MAX: usize = 500;
/// Longest comment on an alias.
pub const COMMENT_CHARACTER_COUNT_MAX: usize = 160;

/// Most changes in one book; then entries are only taken away.
pub const BOOK_CHANGE_COUNT_MAX: u32 = 9_000;
/// Most rules by which the addresses of one domain are rewritten or copied.
pub const ADDRESS_MAP_COUNT_MAX: usize = 200;
/// Most destinations whose encryption one account, or the platform, decides.
pub const TLS_POLICY_COUNT_MAX: usize = 200;
/// Most names, or fingerprints, that one TLS policy takes.
pub const TLS_POLICY_NAME_COUNT_MAX: usize = 20;
/// Most Sieve scripts of one mailbox, or of one domain.
pub const FILTER_COUNT_MAX: usize = 30;
/// Most sync jobs of one mailbox.
pub const SYNC_JOB_COUNT_MAX: usize = 20;
/// Most further parameters of one sync job.
pub const SYNC_PARAMETER_COUNT_MAX: usize = 20;
/// Longest further parameter of a sync job, in octets.
pub const SYNC_PARAMETER_OCTETS_MAX: usize = 200;
/// Longest user name, password or folder of a sync job, in octets.
pub const SYNC_TEXT_OCTETS_MAX: usize = 256;
/// Relays of one domain through which its mail leaves.
pub const SENDER_RELAY_COUNT_MAX: usize = 1;
/// Longest login or password at such a relay, in octets (RFC 4616 section 2).
pub const SENDER_RELAY_TEXT_OCTETS_MAX: usize = 255;
/// Most resources of one domain.
pub const RESOURCE_COUNT_MAX: usize = 100;
/// Most bookings of one resource at one time, where they are limited.
pub const RESOURCE_BOOKING_COUNT_MAX: u32 = 100;
/// Most members of one shared mailbox.
pub const SHARE_COUNT_MAX: usize = 100;
/// Most push destinations of one mailbox.
pub const PUSH_COUNT_MAX: usize = 10;
/// Longest URL of a push destination, in octets.
pub const PUSH_URL_OCTETS_MAX: usize = 500;
/// Longest token of a push destination, in octets.
pub const PUSH_TOKEN_OCTETS_MAX: usize = 256;
/// Length of a token or key of Pushover, in octets.
pub const PUSHOVER_SECRET_OCTETS: usize = 30;
/// Longest title or text of what is pushed, in characters.
pub const PUSH_TEXT_CHARACTER_COUNT_MAX: usize = 250;
/// Longest regular expression, in octets.
pub const PATTERN_OCTETS_MAX: usize = 1_000;
/// Largest regular expression once compiled, in octets.
pub const PATTERN_COMPILED_OCTETS_MAX: usize = 256 * 1024;

/// Local parts that nobody gets on a shared domain, nor an owner of a mailbox on any (RFC 2142, the names to which authorities
/// send what a certificate is given for, those that our DNS records and set-up name, and others that look official in English or
/// French), as readers see them: lower case, without accents. A `-` between words is for whoever reads the list: names are the same with any
/// separator and with none.
pub const SHARED_LOCAL_PARTS_RESERVED: &[&str] = &[
    "abus",
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administrateur",
    "administration",
    "administrator",
    "aide",
    "arf",
    "assistance",
    "autoconfig",
    "autodiscover",
    "billing",
    "bounce",
    "bounces",
    "caldav",
    "carddav",
    "cert",
    "complaints",
    "comptabilite",
    "confidentialite",
    "contact",
    "csirt",
    "customer-service",
    "dkim",
    "dmarc",
    "dmarc-noreply",
    "dmarc-report",
    "dmarc-reports",
    "dmarc-rua",
    "dmarc-ruf",
    "dns",
    "do-not-reply",
    "domainadmin",
    "donnees-personnelles",
    "dpo",
    "facturation",
    "facture",
    "factures",
    "fbl",
    "feedback",
    "fraud",
    "fraude",
    "ftp",
    "gdpr",
    "hameconnage",
    "help",
    "helpdesk",
    "hosterra",
    "hostmaster",
    "imap",
    "info",
    "invoice",
    "invoices",
    "is",
    "it",
    "juridique",
    "legal",
    "list",
    "mail",
    "mailadmin",
    "mailer-daemon",
    "marketing",
    "mis",
    "mta-sts",
    "mx",
    "ne-pas-repondre",
    "news",
    "no-reply",
    "noc",
    "operator",
    "operators",
    "paiement",
    "paiements",
    "payment",
    "payments",
    "phishing",
    "pop",
    "pop3",
    "postmaster",
    "postmasters",
    "privacy",
    "rgpd",
    "root",
    "rua",
    "ruf",
    "sales",
    "sav",
    "securite",
    "security",
    "service",
    "service-client",
    "smtp",
    "smtp-tls-reports",
    "spam",
    "spf",
    "ssladmin",
    "ssladministrator",
    "sslwebmaster",
    "staff",
    "support",
    "sysadmin",
    "system",
    "technique",
    "tls-report",
    "tls-reports",
    "tls-rpt",
    "trust",
    "usenet",
    "uucp",
    "ventes",
    "virus",
    "webmaster",
    "webmestre",
    "www",
];
/// Local parts of aliases that every domain is to have (RFC 2142) and that no plan counts.
pub const LOCAL_PARTS_UNCOUNTED: [&str; 2] = ["abuse", "postmaster"];
/// Longest reason of an order about mail, and longest site or address that it names, in octets.
pub const MAIL_ORDER_TEXT_OCTETS_MAX: usize = 512;
/// Most domains and mailboxes that an order about mail names.
pub const MAIL_ORDER_PART_COUNT_MAX: usize = 1000;
