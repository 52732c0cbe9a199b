//! The rules of books and of what is in them: address maps of a domain, TLS policies of an account.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_domain, with_mailbox};
use crate::support::world::{No as Why, World};
use authority::Permission;
use hosting::HostingRefusal as No;
use hosting::address_map::{AddressMap, AddressMapKind, AddressMapPatch};
use hosting::book::{Book, BookCommand, BookState};
use hosting::filter::{FilterPatch, FilterStage, MailboxFilter};
use hosting::limit::ADDRESS_MAP_COUNT_MAX;
use hosting::mailbox::{MailboxSettingsPatch, SelfService};
use hosting::push::{Push, PushKind, PushPatch};
use hosting::refusal::{Limit, RelayRefusal, ValueRefusal};
use hosting::resource::{Resource, ResourcePatch};
use hosting::secret::Secret;
use hosting::sender_relay::{SenderRelay, SenderRelayPatch};
use hosting::share::{Share, SharePatch, ShareRole};
use hosting::sync_job::{PARAMETERS, SyncJob, SyncJobPatch};
use hosting::tls_policy::{DomainTlsPolicy, TlsLevel, TlsPolicy, TlsPolicyPatch};
use hosting::use_case::{ChangeMailboxSettings, EditBook, EditShares, RemoveDomain};
use kernel::{AccountId, MailboxId, Timestamp};

fn map(kind: AddressMapKind, from: &str, to: &str) -> AddressMapPatch {
    AddressMapPatch {
        kind: Some(kind),
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
        ..AddressMapPatch::default()
    }
}

fn edit(command: BookCommand<AddressMap>) -> EditBook<AddressMap> {
    EditBook { account: account(), owner: id(DOMAIN), command, by_owner: false, service: None }
}

fn add(number: u128, patch: AddressMapPatch) -> EditBook<AddressMap> {
    edit(BookCommand::Add { entry: id(number), patch: Box::new(patch) })
}

fn change(number: u128, patch: AddressMapPatch, revision: Option<u32>) -> EditBook<AddressMap> {
    edit(BookCommand::Change { entry: id(number), patch: Box::new(patch), revision })
}

fn maps(world: &World) -> BookState<AddressMap> {
    world.state::<Book<AddressMap>>(account().tenant(), id(DOMAIN))
}

#[test]
fn a_rule_is_for_a_local_part_an_address_of_the_domain_or_all_of_them() {
    use AddressMapKind::{Recipient, RecipientCopy, SenderCopy};
    let mut world = with_domain();
    world.must(&add(1, map(SenderCopy, "Alice", "Archive@Else.Example")));
    world.must(&add(2, map(RecipientCopy, "bob@DEMO.example", "archive@demo.example")));
    world.must(&add(3, map(RecipientCopy, "@demo.example", "archive@demo.example")));
    world.must(&add(4, map(Recipient, "@demo.example", "@new.example")));
    let state = maps(&world);
    let of = |number| state.entries[&id(number)].plain().map(|map| (map.from.as_str(), map.to.as_str()));
    assert_eq!(of(1), Some(("alice@demo.example", "archive@else.example")));
    assert_eq!(of(2), Some(("bob@demo.example", "archive@demo.example")));
    assert_eq!(of(4), Some(("@demo.example", "@new.example")));
    for (patch, refusal) in [
        (map(SenderCopy, "carol@else.example", "a@else.example"), No::AddressMapSource),
        (map(SenderCopy, "@else.example", "a@else.example"), No::AddressMapSource),
        (map(SenderCopy, "", "a@else.example"), No::AddressMapSource),
        (map(SenderCopy, "carol", "nobody"), No::AddressMapTarget),
        (map(SenderCopy, "@demo.example", "@else.example"), No::AddressMapTarget),
        (map(Recipient, "carol", "@else.example"), No::AddressMapTarget),
        (map(SenderCopy, "ALICE@demo.example", "b@else.example"), No::AddressMapTaken),
    ] {
        assert_eq!(world.run(&add(9, patch.clone())), Err(Why::Refused(refusal)), "{patch:?}");
    }
}

#[test]
fn a_rule_that_sends_mail_round_in_a_circle_is_refused() {
    use AddressMapKind::{Recipient, RecipientCopy};
    let mut world = with_domain();
    let refused = Err(Why::Refused(No::AddressMapLoop));
    assert_eq!(world.run(&add(1, map(Recipient, "a", "A@demo.example"))), refused);
    assert_eq!(world.run(&add(1, map(Recipient, "@demo.example", "@demo.example"))), refused);
    world.must(&add(1, map(Recipient, "a", "b@demo.example")));
    world.must(&add(2, map(Recipient, "b", "c@demo.example")));
    assert_eq!(world.run(&add(3, map(Recipient, "c", "a@demo.example"))), refused);
    assert_eq!(world.run(&change(2, map(Recipient, "b", "a@demo.example"), None)), refused);
    // Of another kind it is none, and all copied to one of them is none either.
    world.must(&add(3, map(RecipientCopy, "c", "a@demo.example")));
    world.must(&add(4, map(RecipientCopy, "@demo.example", "archive@demo.example")));
}

#[test]
fn of_two_administrators_of_an_entry_the_later_is_told() {
    let mut world = with_domain();
    world.must(&add(1, map(AddressMapKind::SenderCopy, "a", "b@else.example")));
    let off = AddressMapPatch { is_active: Some(false), ..AddressMapPatch::default() };
    world.must(&change(1, off.clone(), Some(0)));
    assert_eq!(
        world.run(&change(1, AddressMapPatch { comment: Some("x".to_owned()), ..off.clone() }, Some(0))),
        Err(Why::Refused(No::SettingsStale(Limit { allowed: 1, used: 0 })))
    );
    // It is so already: nothing happens, and the revision stays.
    assert_eq!(world.must(&change(1, off, Some(1))), 0);
    world.must(&edit(BookCommand::Remove { entry: id(1) }));
    let gone = edit(BookCommand::Remove { entry: id(1) });
    assert_eq!(world.run(&gone), Err(Why::Refused(No::AddressMapNotFound)));
}

#[test]
fn a_domain_has_so_many_rules_and_none_when_it_is_gone() {
    let mut world = with_domain();
    let numbered = |number: u128| map(AddressMapKind::SenderCopy, &format!("a{number}"), "b@else.example");
    for number in 0..ADDRESS_MAP_COUNT_MAX as u128 {
        world.must(&add(1000 + number, numbered(number)));
    }
    let full = Limit::count(ADDRESS_MAP_COUNT_MAX, ADDRESS_MAP_COUNT_MAX);
    assert_eq!(world.run(&add(1, numbered(9999))), Err(Why::Refused(No::AddressMapLimit(full))));
    let purge_after = Timestamp::from_secs(1_800_000_000);
    world.must(&RemoveDomain { account: account(), service: service(), domain: id(DOMAIN), purge_after });
    assert_eq!(world.run(&add(1, numbered(1))), Err(Why::Refused(No::DomainNotFound)));
}

#[test]
fn copying_mail_takes_what_setting_passwords_takes_and_is_never_delegated() {
    let world = with_domain();
    let need = world.need(&add(1, map(AddressMapKind::SenderCopy, "a", "b@else.example")));
    assert_eq!(need.permission, Permission::CredentialWrite);
    assert_eq!(need.resource.domain, Some(id(DOMAIN)));
    assert!(!authority::Permissions::delegable().has(need.permission));
}

#[test]
fn how_mail_to_a_destination_is_encrypted_is_the_account_s_for_itself_and_the_operator_s_for_all() {
    let mut world = with_domain();
    let put = |account: AccountId, number, destination: &str, level| EditBook::<TlsPolicy> {
        account,
        owner: account,
        command: BookCommand::Add {
            entry: id(number),
            patch: Box::new(TlsPolicyPatch {
                destination: Some(destination.to_owned()),
                level: Some(level),
                ..TlsPolicyPatch::default()
            }),
        },
        by_owner: false,
        service: None,
    };
    assert_eq!(
        world.need(&put(account(), 1, "a.example", TlsLevel::May)).permission,
        Permission::DomainWrite
    );
    let of_all = world.need(&put(AccountId::PLATFORM, 1, "a.example", TlsLevel::May));
    assert_eq!(of_all.permission, Permission::PlatformWrite);
    world.must(&put(AccountId::PLATFORM, 1, "a.example", TlsLevel::May));
    for (number, destination, is_good) in [
        (1, "b\u{fc}cher.example", true),
        (2, ".Parent.Example", true),
        (3, "[mx.example.org]:587", true),
        (4, "XN--bcher-kva.example", false),
        (5, "mx.example.org:587", false),
        (6, "mx.example.org:0", false),
        (7, "mx.example.org:70000", false),
        (8, "*", false),
        (9, ".", false),
        (10, "a@example.org", false),
        (11, "localhost", false),
        (12, "", false),
    ] {
        let run = world.run(&put(account(), number, destination, TlsLevel::Secure));
        assert_eq!(run.is_ok(), is_good, "{destination}: {run:?}");
    }
    let change = |patch| EditBook::<TlsPolicy> {
        account: account(),
        owner: account(),
        command: BookCommand::Change { entry: id(1), patch: Box::new(patch), revision: None },
        by_owner: false,
        service: None,
    };
    let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    let fingerprint = Some(TlsLevel::Fingerprint);
    let none = TlsPolicyPatch::default;
    for (patch, refusal) in [
        (TlsPolicyPatch { level: fingerprint, ..none() }, No::TlsPolicyFingerprints),
        (
            TlsPolicyPatch { level: fingerprint, fingerprints: texts(&["ab:cd"]), ..none() },
            No::TlsPolicyFingerprints,
        ),
        (
            TlsPolicyPatch { level: Some(TlsLevel::May), match_names: texts(&["a.example"]), ..none() },
            No::TlsPolicyNames,
        ),
        (TlsPolicyPatch { match_names: texts(&["a b"]), ..none() }, No::TlsPolicyNames),
    ] {
        assert_eq!(world.run(&change(patch.clone())), Err(Why::Refused(refusal)), "{patch:?}");
    }
    world.must(&change(TlsPolicyPatch { match_names: texts(&["nexthop", ".example.org"]), ..none() }));
    let print = ["AB"; 32].join(":");
    world.must(&change(TlsPolicyPatch {
        level: fingerprint,
        fingerprints: texts(&[&print]),
        match_names: texts(&[]),
        ..none()
    }));
}

#[test]
fn a_domain_has_tls_policies_of_its_own_that_its_administrators_keep() {
    let mut world = with_domain();
    let put = |number, destination: &str| EditBook::<DomainTlsPolicy> {
        account: account(),
        owner: id(DOMAIN),
        command: BookCommand::Add {
            entry: id(number),
            patch: Box::new(TlsPolicyPatch {
                destination: Some(destination.to_owned()),
                ..TlsPolicyPatch::default()
            }),
        },
        by_owner: false,
        service: None,
    };
    let need = world.need(&put(1, "else.example"));
    assert_eq!(need.resource.domain, Some(id(DOMAIN)));
    assert!(authority::Permissions::domain_administrator().has(need.permission));
    world.must(&put(1, "Else.Example"));
    assert_eq!(world.run(&put(2, "[else.example]")), Err(Why::Refused(No::TlsPolicyTaken)));
    assert_eq!(world.run(&put(2, "*")), Err(Why::Refused(No::TlsPolicyDestination)));
}

/// An edit of a book of the mailbox 1.
fn of_mailbox<E>(command: BookCommand<E>, by_owner: bool) -> EditBook<E>
where
    E: hosting::book::Entry<Owner = hosting::mailbox::Mailbox>,
{
    EditBook { account: account(), owner: id(1), command, by_owner, service: Some(service()) }
}

fn filter(number: u128, patch: FilterPatch, by_owner: bool) -> EditBook<MailboxFilter> {
    of_mailbox(BookCommand::Add { entry: id(number), patch: Box::new(patch) }, by_owner)
}

fn script(name: &str, stage: FilterStage) -> FilterPatch {
    FilterPatch {
        stage: Some(stage),
        name: Some(name.to_owned()),
        script: Some("keep;".to_owned()),
        is_active: Some(true),
        ..FilterPatch::default()
    }
}

#[test]
fn of_the_scripts_of_a_stage_one_runs() {
    let mut world = with_mailbox();
    world.must(&filter(1, script("holidays", FilterStage::Own), true));
    world.must(&filter(2, script("work", FilterStage::Own), true));
    world.must(&filter(3, script("legal", FilterStage::After), false));
    let state = world.state::<Book<MailboxFilter>>(account().tenant(), id(1));
    let is_active = |number| state.entries[&id(number)].plain().is_some_and(|filter| filter.0.is_active);
    assert_eq!([is_active(1), is_active(2), is_active(3)], [false, true, true]);
    let again = filter(4, script("work", FilterStage::Own), true);
    assert_eq!(world.run(&again), Err(Why::Refused(No::FilterNameTaken)));
}

#[test]
fn a_script_that_does_not_compile_is_never_kept() {
    let mut world = with_mailbox();
    let wrong = FilterPatch { script: Some("fileinto \"x\";".to_owned()), ..script("a", FilterStage::Own) };
    assert_eq!(world.run(&filter(1, wrong, true)), Err(Why::Refused(No::FilterDoesNotCompile)));
    let long = FilterPatch { script: Some("#".repeat(32_769)), ..script("a", FilterStage::Own) };
    let limit = Limit { allowed: 32_768, used: 32_769 };
    assert_eq!(world.run(&filter(1, long, true)), Err(Why::Refused(No::FilterTooLong(limit))));
}

/// That administrators keep all of it from the owner: what names the mailbox is all that is at fault.
fn kept() -> Result<usize, Why> {
    Err(Why::Refused(No::from(ValueRefusal::SettingNotSelfService).of("mailboxId")))
}

#[test]
fn what_administrators_put_before_and_after_is_not_the_owner_s() {
    let mut world = with_mailbox();
    let refused = kept();
    assert_eq!(world.run(&filter(1, script("a", FilterStage::Before), true)), refused);
    world.must(&filter(1, script("a", FilterStage::Before), false));
    let remove = |by_owner| of_mailbox::<MailboxFilter>(BookCommand::Remove { entry: id(1) }, by_owner);
    assert_eq!(world.run(&remove(true)), refused);
    let to_own = FilterPatch { stage: Some(FilterStage::Own), ..FilterPatch::default() };
    let change = BookCommand::Change { entry: id(1), patch: Box::new(to_own), revision: None };
    assert_eq!(world.run(&of_mailbox::<MailboxFilter>(change, true)), refused);
    world.must(&remove(false));
}

fn job(patch: SyncJobPatch) -> SyncJobPatch {
    SyncJobPatch {
        host: patch.host.or(Some("imap.else.example".to_owned())),
        user: patch.user.or(Some("alice".to_owned())),
        password: patch.password.or(Some(Secret::new("hunter2".to_owned()))),
        ..patch
    }
}

fn sync(number: u128, patch: SyncJobPatch) -> EditBook<SyncJob> {
    of_mailbox(BookCommand::Add { entry: id(number), patch: Box::new(job(patch)) }, false)
}

#[test]
fn a_sync_job_begins_with_the_values_of_the_form() {
    let mut world = with_mailbox();
    world.must(&sync(1, SyncJobPatch::default()));
    let state = world.state::<Book<SyncJob>>(account().tenant(), id(1));
    let job = state.entries[&id(1)].plain().expect("a job");
    assert_eq!((job.port, job.interval_minutes, job.remote_timeout_secs), (143, 20, 600));
    assert_eq!(
        (job.age_days_max, job.octets_per_second_max, job.exclude.as_str()),
        (0, 0, "(?i)spam|(?i)junk")
    );
    assert!(job.deletes_duplicates && job.maps_folders && job.subscribes_all && job.is_active);
    assert!(!job.deletes_at_source && !job.deletes_at_target && !job.skips_cross_duplicates);
    assert!(!format!("{job:?}").contains("hunter2"), "a secret is never printed");
    assert!(!serde_json::to_string(&hosting::book::Entry::shown(job)).expect("JSON").contains("hunter2"));
}

#[test]
fn every_parameter_of_a_sync_job_has_its_range() {
    let mut world = with_mailbox();
    let none = SyncJobPatch::default;
    let limit = |allowed, used| Limit { allowed, used };
    for (patch, refusal) in [
        (SyncJobPatch { host: Some("localhost".to_owned()), ..none() }, No::SyncHost),
        (SyncJobPatch { host: Some("169.254.169.254".to_owned()), ..none() }, No::SyncHost),
        (SyncJobPatch { user: Some(" ".to_owned()), ..none() }, No::SyncUser),
        (SyncJobPatch { password: Some(Secret::hidden()), ..none() }, No::SyncPassword),
        (SyncJobPatch { port: Some(0), ..none() }, No::SyncPort(limit(65_535, 0))),
        (SyncJobPatch { port: Some(65_536), ..none() }, No::SyncPort(limit(65_535, 65_536))),
        (SyncJobPatch { interval_minutes: Some(0), ..none() }, No::SyncInterval(limit(43_800, 0))),
        (SyncJobPatch { interval_minutes: Some(43_801), ..none() }, No::SyncInterval(limit(43_800, 43_801))),
        (SyncJobPatch { age_days_max: Some(32_001), ..none() }, No::SyncAge(limit(32_000, 32_001))),
        (
            SyncJobPatch { octets_per_second_max: Some(125_000_001), ..none() },
            No::SyncSpeed(limit(125_000_000, 125_000_001)),
        ),
        (SyncJobPatch { remote_timeout_secs: Some(0), ..none() }, No::SyncRemoteTimeout(limit(32_000, 0))),
        (
            SyncJobPatch { local_timeout_secs: Some(32_001), ..none() },
            No::SyncLocalTimeout(limit(32_000, 32_001)),
        ),
        (SyncJobPatch { exclude: Some("(".to_owned()), ..none() }, No::SyncExclude),
        (SyncJobPatch { exclude: Some("((a{99}){99}){99}".to_owned()), ..none() }, No::SyncExclude),
        (SyncJobPatch { subfolder: Some("a\nb".to_owned()), ..none() }, No::SyncSubfolder),
    ] {
        assert_eq!(world.run(&sync(1, patch.clone())), Err(Why::Refused(refusal)), "{patch:?}");
    }
    for (parameter, is_good) in [
        ("--maxsize=1000", true),
        ("--skipemptyfolders", true),
        ("--maxsize", false),
        ("--maxsize 1000", false),
        ("--skipemptyfolders=1", false),
        ("--pipemess=rm", false),
        ("--regexmess=s/a/b/", false),
        ("--passfile1=/etc/passwd", false),
        ("--folder=a b", false),
        ("maxsize=1", false),
        ("", false),
    ] {
        let patch = SyncJobPatch { parameters: Some(vec![parameter.to_owned()]), ..none() };
        let number = 100 + parameter.len() as u128;
        let patch = SyncJobPatch { user: Some(format!("u{number}{is_good}")), ..patch };
        assert_eq!(world.run(&sync(number, patch)).is_ok(), is_good, "{parameter}");
    }
    assert!(PARAMETERS.is_sorted(), "found by eye");
}

#[test]
fn a_password_goes_only_where_it_was_given_for() {
    let mut world = with_mailbox();
    world.must(&sync(1, SyncJobPatch::default()));
    let change = |patch| {
        let change = BookCommand::Change { entry: id(1), patch: Box::new(patch), revision: None };
        of_mailbox::<SyncJob>(change, false)
    };
    let none = SyncJobPatch::default;
    let refused = Err(Why::Refused(No::SyncPassword));
    let elsewhere = SyncJobPatch { host: Some("evil.example".to_owned()), ..none() };
    assert_eq!(world.run(&change(elsewhere.clone())), refused);
    assert_eq!(world.run(&change(SyncJobPatch { port: Some(1143), ..none() })), refused);
    world.must(&change(SyncJobPatch { interval_minutes: Some(60), ..none() }));
    let given = SyncJobPatch { password: Some(Secret::new("other".to_owned())), ..elsewhere };
    world.must(&change(given));
}

#[test]
fn an_owner_has_sync_jobs_where_its_administrators_leave_them_to_it() {
    let mut world = with_mailbox();
    let by_owner = |number| {
        let user = Some(format!("{number}@old.example"));
        EditBook { by_owner: true, ..sync(number, SyncJobPatch { user, ..SyncJobPatch::default() }) }
    };
    // As the guide promises: where nothing is set they are left to it.
    world.must(&by_owner(1));
    assert_eq!(world.need(&by_owner(1)).permission, Permission::MailboxSelfWrite);
    let left = |flags: &[SelfService]| ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch: MailboxSettingsPatch {
            self_service: Some(flags.iter().copied().collect()),
            ..MailboxSettingsPatch::default()
        },
        sender_domains: vec![],
        revision: None,
        by_owner: false,
        service: None,
    };
    world.must(&left(&[SelfService::Filters]));
    assert_eq!(world.run(&by_owner(2)), kept());
    world.must(&left(&[SelfService::SyncJobs]));
    world.must(&by_owner(2));
}

#[test]
fn news_goes_to_public_hosts_by_https_with_a_token() {
    let mut world = with_mailbox();
    let push = |number, name: &str, kind, url: &str, token: &str| {
        let patch = PushPatch {
            kind: Some(kind),
            name: Some(name.to_owned()),
            url: Some(url.to_owned()),
            token: Some(Secret::new(token.to_owned())),
            key: Some(Secret::new("k".repeat(30))),
            ..PushPatch::default()
        };
        of_mailbox::<Push>(BookCommand::Add { entry: id(number), patch: Box::new(patch) }, true)
    };
    let long = "t".repeat(30);
    world.must(&push(1, "a", PushKind::Webhook, "https://hooks.example.org/x", &long));
    world.must(&push(2, "b", PushKind::Ntfy, "https://ntfy.example.org/topic", ""));
    world.must(&push(3, "c", PushKind::Pushover, "", &long));
    let no_url = No::from(ValueRefusal::PushUrl);
    let no_token =
        |allowed| No::from(ValueRefusal::PushToken).within("characters", Limit { allowed, used: 5 });
    let far = format!("https://hooks.example.org/{}", "x".repeat(500));
    let too_far = no_url.within("octets", Limit { allowed: 500, used: 526 });
    for (name, kind, url, token, refusal) in [
        ("a", PushKind::Ntfy, "https://ntfy.example.org/topic", "", No::PushNameTaken),
        ("d", PushKind::Webhook, "http://hooks.example.org/", long.as_str(), no_url),
        ("d", PushKind::Webhook, "https://10.0.0.1/", long.as_str(), no_url),
        ("d", PushKind::Webhook, "https://[::ffff:127.0.0.1]/", long.as_str(), no_url),
        ("d", PushKind::Webhook, far.as_str(), long.as_str(), too_far),
        ("d", PushKind::Webhook, "https://hooks.example.org/", "short", no_token(256)),
        ("d", PushKind::Pushover, "", "short", no_token(30)),
    ] {
        assert_eq!(world.run(&push(4, name, kind, url, token)), Err(Why::Refused(refusal)), "{url} {token}");
    }
}

fn relay(number: u128, patch: SenderRelayPatch) -> EditBook<SenderRelay> {
    let patch = SenderRelayPatch {
        host: patch.host.or(Some("SMTP.Else.example".to_owned())),
        login: patch.login.or(Some(" us ".to_owned())),
        password: patch.password.or(Some(Secret::new("hunter2".to_owned()))),
        ..patch
    };
    let command = BookCommand::Add { entry: id(number), patch: Box::new(patch) };
    EditBook { account: account(), owner: id(DOMAIN), command, by_owner: false, service: None }
}

#[test]
fn a_domain_s_mail_leaves_through_one_public_host_with_a_login() {
    let mut world = with_domain();
    let none = SenderRelayPatch::default;
    let long = "x".repeat(256);
    let limit = |used| Limit { allowed: 65_535, used };
    for (patch, refusal) in [
        (SenderRelayPatch { host: Some("localhost".to_owned()), ..none() }, RelayRefusal::Host),
        (SenderRelayPatch { host: Some("mail.internal".to_owned()), ..none() }, RelayRefusal::Host),
        (SenderRelayPatch { host: Some("169.254.169.254".to_owned()), ..none() }, RelayRefusal::Host),
        (SenderRelayPatch { host: Some("8.8.8.8".to_owned()), ..none() }, RelayRefusal::Host),
        (SenderRelayPatch { host: Some("[2606:4700::1111]".to_owned()), ..none() }, RelayRefusal::Host),
        (SenderRelayPatch { port: Some(0), ..none() }, RelayRefusal::Port(limit(0))),
        (SenderRelayPatch { port: Some(65_536), ..none() }, RelayRefusal::Port(limit(65_536))),
        (SenderRelayPatch { login: Some(" ".to_owned()), ..none() }, RelayRefusal::Login),
        (SenderRelayPatch { login: Some("a\r\nb".to_owned()), ..none() }, RelayRefusal::Login),
        (SenderRelayPatch { login: Some(long.clone()), ..none() }, RelayRefusal::Login),
        (SenderRelayPatch { password: Some(Secret::hidden()), ..none() }, RelayRefusal::Password),
        (
            SenderRelayPatch { password: Some(Secret::new("a\0b".to_owned())), ..none() },
            RelayRefusal::Password,
        ),
        (SenderRelayPatch { password: Some(Secret::new(long)), ..none() }, RelayRefusal::Password),
    ] {
        let refused = Err(Why::Refused(No::Relay(refusal)));
        assert_eq!(world.run(&relay(1, patch.clone())), refused, "{patch:?}");
    }
    assert_eq!(world.need(&relay(1, none())).permission, Permission::CredentialWrite);
    world.must(&relay(1, none()));
    let state = world.state::<Book<SenderRelay>>(account().tenant(), id(DOMAIN));
    let kept = state.entries[&id(1)].plain().expect("a relay");
    assert_eq!((kept.host.as_str(), kept.port, kept.login.as_str()), ("smtp.else.example", 587, "us"));
    assert!(kept.is_active && !format!("{kept:?}").contains("hunter2"), "a secret is never printed");
    assert!(!serde_json::to_string(&hosting::book::Entry::shown(kept)).expect("JSON").contains("hunter2"));
    let full = Limit { allowed: 1, used: 1 };
    assert_eq!(world.run(&relay(2, none())), Err(Why::Refused(No::Relay(RelayRefusal::Taken(full)))));
    // The password goes only where it was given for.
    let change = |patch| EditBook::<SenderRelay> {
        account: account(),
        owner: id(DOMAIN),
        command: BookCommand::Change { entry: id(1), patch: Box::new(patch), revision: None },
        by_owner: false,
        service: None,
    };
    for patch in [
        SenderRelayPatch { host: Some("evil.example".to_owned()), ..none() },
        SenderRelayPatch { port: Some(465), ..none() },
        SenderRelayPatch { login: Some("them".to_owned()), ..none() },
    ] {
        let refused = Err(Why::Refused(No::Relay(RelayRefusal::Password)));
        assert_eq!(world.run(&change(patch.clone())), refused, "{patch:?}");
    }
    world.must(&change(SenderRelayPatch { is_active: Some(false), ..none() }));
    world.must(&change(SenderRelayPatch {
        host: Some("other.example".to_owned()),
        password: Some(Secret::new("another".to_owned())),
        ..none()
    }));
}

fn room(number: u128, local: &str) -> EditBook<Resource> {
    let patch = ResourcePatch {
        name: Some("Salle 1".to_owned()),
        local_part: Some(local.to_owned()),
        ..ResourcePatch::default()
    };
    let command = BookCommand::Add { entry: id(number), patch: Box::new(patch) };
    EditBook { account: account(), owner: id(DOMAIN), command, by_owner: false, service: None }
}

#[test]
fn the_address_of_a_resource_is_its_own_until_it_is_gone() {
    let mut world = with_mailbox();
    assert_eq!(world.refused(&room(1, "alice")), "ADDRESS_TAKEN", "a mailbox has it");
    world.must(&room(1, "Room-1"));
    assert_eq!(world.refused(&room(2, "room-1")), "ADDRESS_TAKEN");
    assert_eq!(world.refused(&room(2, "no good")), "RESOURCE_LOCAL_PART");
    let moved = BookCommand::Change {
        entry: id(1),
        patch: Box::new(ResourcePatch { local_part: Some("room-2".to_owned()), ..ResourcePatch::default() }),
        revision: None,
    };
    world.must(&EditBook::<Resource> {
        account: account(),
        owner: id(DOMAIN),
        command: moved,
        by_owner: false,
        service: None,
    });
    world.must(&room(2, "room-1"));
    let many = ResourcePatch { bookings_max: Some(101), ..ResourcePatch::default() };
    let many = BookCommand::Change { entry: id(2), patch: Box::new(many), revision: None };
    let many = EditBook::<Resource> {
        account: account(),
        owner: id(DOMAIN),
        command: many,
        by_owner: false,
        service: None,
    };
    assert_eq!(world.refused(&many), "RESOURCE_BOOKINGS");
    let gone = BookCommand::Remove { entry: id(1) };
    world.must(&EditBook::<Resource> {
        account: account(),
        owner: id(DOMAIN),
        command: gone,
        by_owner: false,
        service: None,
    });
    world.must(&room(3, "room-2"));
}

#[test]
fn a_domain_that_goes_frees_the_addresses_of_its_resources() {
    let mut world = with_domain();
    world.must(&room(1, "room-1"));
    world.must(&RemoveDomain {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        purge_after: Timestamp::from_millis(1),
    });
    let claim = kernel::Claim::address(&kernel::EmailAddress::parse("room-1@demo.example").expect("one"));
    assert!(!world.is_claimed(&claim));
}

/// The mailboxes of the stage.
const ALICE: u128 = 1;
const BOB: u128 = 2;

fn share(number: u128, member: u128, roles: &[ShareRole]) -> EditShares {
    let patch = SharePatch {
        member: Some(id::<MailboxId>(member).to_string()),
        roles: Some(roles.iter().copied().collect()),
    };
    let command = BookCommand::Add { entry: id(number), patch: Box::new(patch) };
    EditShares { account: account(), mailbox: id(ALICE), command }
}

#[test]
fn a_member_of_a_shared_mailbox_is_another_mailbox_of_the_account_with_a_role() {
    let mut world = with_mailbox();
    assert_eq!(world.refused(&share(1, BOB, &[])), "SHARE_ALLOWS_NOTHING");
    assert_eq!(world.refused(&share(1, ALICE, &[ShareRole::Read])), "SHARE_MEMBER");
    assert_eq!(world.refused(&share(1, 999, &[ShareRole::Read])), "SHARE_MEMBER", "nobody");
    world.must(&share(1, BOB, &[ShareRole::Write]));
    assert_eq!(world.refused(&share(2, BOB, &[ShareRole::Read])), "SHARE_TAKEN");
    let state = world.state::<Book<Share>>(account().tenant(), id(ALICE));
    let roles = &state.entries[&id(1)].plain().expect("plain").roles;
    assert_eq!(*roles, [ShareRole::Read, ShareRole::Write].into(), "whoever writes reads");
    let need = world.need(&share(2, BOB, &[ShareRole::Read]));
    assert_eq!(need.permission, Permission::CredentialWrite, "never delegable, since it opens mail");
}
