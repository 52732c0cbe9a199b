//! In whose name a mailbox sends, and who leads mail elsewhere.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::{No, World};
use authority::{AdministratorRight, Denied, Grant, Permission, Permissions, Principal, Scope, Withheld};
use hosting::alias::{Alias, AliasSettingsPatch};
use hosting::book::BookCommand;
use hosting::domain::{DomainRef, DomainSettingsPatch, Proof};
use hosting::mailbox::{MailboxSettingsPatch, SelfService};
use hosting::plan::plan_id;
use hosting::share::{SharePatch, ShareRole};
use hosting::use_case::{
    ActivateService, AddDomain, ChangeAliasSettings, ChangeAliasTargets, ChangeDomainSettings,
    ChangeMailboxSettings, CreateAlias, EditShares, OrderService, VerifyDomain,
};
use kernel::{Actor, DomainId, DomainName, EmailAddress, LocalPart, MailboxId};

const OTHER: u128 = 21;

/// With a second Box that has the domain `other.example`.
fn with_two_domains() -> World {
    let mut world = with_mailbox();
    world.must(&OrderService {
        account: account(),
        service: id(11),
        plan: plan_id("pro"),
        version: 1,
        custom: None,
        cycle: hosting::calendar::Cycle::Annual,
        agreement: hosting::contract::Agreement::ToFollow,
    });
    world.must(&ActivateService { account: account(), service: id(11) });
    let name = DomainName::parse("other.example").expect("a name");
    world.must(&AddDomain { account: account(), service: id(11), domain: id(OTHER), name, mirrors: None });
    world.must(&VerifyDomain { account: account(), domain: id(OTHER), proof: Proof::AssertedByOperator });
    world
}

fn acting(scope: Scope, permissions: Permissions) -> Principal {
    Principal::signed_in(Actor::User(id(91)), vec![Grant { scope, permissions }])
}

fn administrator(domains: &[u128]) -> Principal {
    let domains: Vec<DomainId> = domains.iter().copied().map(id).collect();
    acting(Scope::Domains(account(), domains), Permissions::domain_administrator())
}

fn senders(granted: &[&str], domains: &[u128]) -> ChangeMailboxSettings {
    let send_as = Some(granted.iter().map(|sender| (*sender).to_owned()).collect());
    ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch: MailboxSettingsPatch { send_as, ..MailboxSettingsPatch::default() },
        sender_domains: domains.iter().copied().map(id).collect(),
        revision: None,
        by_owner: false,
        service: None,
    }
}

#[test]
fn whoever_administers_one_domain_lets_nobody_send_in_the_name_of_another() {
    let mut world = with_two_domains();
    world.principal = administrator(&[DOMAIN]);
    for sender in ["@other.example", "boss@other.example", "BOSS@OTHER.example", "@third.example"] {
        for named in [&[][..], &[OTHER], &[DOMAIN]] {
            let denied = world.run(&senders(&[sender], named));
            assert_eq!(denied, Err(No::Denied(Denied::Hidden)), "{sender} {named:?}");
        }
    }
    world.must(&senders(&["@demo.example", "info@demo.example"], &[DOMAIN]));
    world.principal = administrator(&[DOMAIN, OTHER]);
    world.must(&senders(&["@other.example"], &[OTHER]));
    // What was granted stays granted, and is taken back by whoever administers the mailbox.
    world.principal = administrator(&[DOMAIN]);
    world.must(&senders(&["@other.example", "@demo.example"], &[OTHER]));
    world.must(&senders(&[], &[]));
    let reading = [Permission::MailboxRead, Permission::MailboxWrite].into_iter().collect();
    world.principal = acting(Scope::Account(account()), reading);
    world.must(&senders(&["@other.example"], &[OTHER]));
    // What no domain of the account serves, nobody of it sends as.
    let beyond = world.run(&senders(&["@other.example", "@third.example"], &[OTHER]));
    assert_eq!(beyond, Err(No::Refused(hosting::HostingRefusal::SendAsElsewhere)));
}

/// The administrator of the domain, from whom letting others send is withheld.
fn without_send_as() -> Principal {
    without(&[AdministratorRight::SendAs])
}

fn without(rights: &[AdministratorRight]) -> Principal {
    let rights = rights.iter().copied().collect();
    Principal { withheld: Some(Withheld { account: account(), rights }), ..administrator(&[DOMAIN]) }
}

const WITHHELD: Result<usize, No> = Err(No::Denied(Denied::Withheld(AdministratorRight::SendAs)));

fn share(is_new: bool, roles: &[ShareRole]) -> EditShares {
    let member = is_new.then(|| id::<MailboxId>(2).to_string());
    let patch = Box::new(SharePatch { member, roles: Some(roles.iter().copied().collect()) });
    let entry = id(60);
    let command = match is_new {
        true => BookCommand::Add { entry, patch },
        false => BookCommand::Change { entry, patch, revision: None },
    };
    EditShares { account: account(), mailbox: id(1), command }
}

#[test]
fn what_is_withheld_is_not_left_to_the_owners_of_mailboxes() {
    let leave = |flags: &[SelfService]| ChangeMailboxSettings {
        patch: MailboxSettingsPatch {
            self_service: Some(flags.iter().copied().collect()),
            ..MailboxSettingsPatch::default()
        },
        ..senders(&[], &[])
    };
    for flag in SelfService::ALL {
        let mut world = with_mailbox();
        let Some(right) = flag.right() else {
            world.principal = without(&AdministratorRight::ALL);
            world.must(&leave(&[]));
            assert_eq!(world.must(&leave(&[flag])), 1, "{flag:?}");
            continue;
        };
        world.principal = without(&[right]);
        // What was left before stays, and is taken.
        assert_eq!(world.must(&leave(&SelfService::ALL)), 0, "{flag:?}");
        world.must(&leave(&[SelfService::DisplayName, flag]));
        world.must(&leave(&[SelfService::DisplayName]));
        let denied = Err(No::Denied(Denied::Withheld(right)));
        assert_eq!(world.run(&leave(&[SelfService::DisplayName, flag])), denied, "{flag:?}");
        // Others leave it.
        world.principal = administrator(&[DOMAIN]);
        world.must(&leave(&[flag]));
    }
}

#[test]
fn whoever_may_let_nobody_send_gives_no_share_that_sends() {
    let mut world = with_mailbox();
    world.principal = without_send_as();
    for role in [ShareRole::SendAs, ShareRole::SendOnBehalf] {
        assert_eq!(world.run(&share(true, &[role, ShareRole::Read])), WITHHELD);
    }
    world.must(&share(true, &[ShareRole::Read]));
    for role in [ShareRole::SendAs, ShareRole::SendOnBehalf] {
        assert_eq!(world.run(&share(false, &[role, ShareRole::Read])), WITHHELD);
    }
    world.principal = administrator(&[DOMAIN]);
    world.must(&share(false, &[ShareRole::SendAs]));
    // What others gave stays, and may be taken.
    world.principal = without_send_as();
    world.must(&share(false, &[ShareRole::SendAs, ShareRole::Read]));
    assert_eq!(world.run(&share(false, &[ShareRole::SendAs, ShareRole::SendOnBehalf])), WITHHELD);
    world.must(&share(false, &[ShareRole::Read]));
    world.must(&EditShares {
        account: account(),
        mailbox: id(1),
        command: BookCommand::Remove { entry: id(60) },
    });
}

#[test]
fn whoever_may_let_nobody_send_makes_no_alias_that_is_sent_as() {
    let address = |text: &str| EmailAddress::parse(text).expect("an address");
    let create = |lets_targets_send| CreateAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        alias: id(50),
        local: Some(LocalPart::parse("boss").expect("a local part")),
        targets: vec![address("alice@demo.example")],
        is_under_catch_all: false,
        settings: AliasSettingsPatch { lets_targets_send, ..AliasSettingsPatch::default() },
    };
    let lets = |is_let| ChangeAliasSettings {
        account: account(),
        alias: id(50),
        patch: AliasSettingsPatch { lets_targets_send: Some(is_let), ..AliasSettingsPatch::default() },
        revision: None,
    };
    let lead = |targets: &[&str]| ChangeAliasTargets {
        account: account(),
        alias: id(50),
        targets: targets.iter().map(|target| address(target)).collect(),
    };
    let mut world = with_mailbox();
    world.principal = without_send_as();
    assert_eq!(world.run(&create(None)), WITHHELD);
    assert_eq!(world.run(&create(Some(true))), WITHHELD);
    world.must(&create(Some(false)));
    let state = world.state::<Alias>(account().tenant(), id(50));
    assert!(!state.record().expect("an alias").settings.lets_targets_send);
    assert_eq!(world.run(&lets(true)), WITHHELD);
    world.must(&lead(&["alice@demo.example", "bob@demo.example"]));
    world.principal = administrator(&[DOMAIN]);
    world.must(&lets(true));
    world.principal = without_send_as();
    world.must(&lead(&["alice@demo.example"]));
    assert_eq!(world.run(&lead(&["alice@demo.example", "bob@demo.example"])), WITHHELD);
    world.must(&lets(true));
    world.must(&lets(false));
}

#[test]
fn all_limits_of_what_a_domain_sends_are_one_right() {
    let limits = [
        DomainSettingsPatch { sends_per_day_max: Some(Some(5)), ..Default::default() },
        DomainSettingsPatch { sends_per_hour_max: Some(Some(5)), ..Default::default() },
        DomainSettingsPatch { sends_per_minute_max: Some(None), ..Default::default() },
    ];
    for limit in limits {
        assert_eq!(limit.rights(), [AdministratorRight::SendLimits]);
        let both = DomainSettingsPatch { description: Some("ours".to_owned()), ..limit };
        assert_eq!(both.rights(), [AdministratorRight::SendLimits, AdministratorRight::DomainSettings]);
    }
}

#[test]
fn whoever_may_not_set_passwords_lifts_no_demand_for_a_second_factor() {
    let mut world = with_mailbox();
    let of_domain = |demands: bool| ChangeDomainSettings {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        patch: DomainSettingsPatch {
            requires_second_factor: Some(demands),
            ..DomainSettingsPatch::default()
        },
        revision: None,
        stored: None,
        largest: None,
    };
    let of_mailbox = |demands: bool| ChangeMailboxSettings {
        patch: MailboxSettingsPatch {
            requires_second_factor: Some(demands),
            ..MailboxSettingsPatch::default()
        },
        ..senders(&[], &[])
    };
    let owner = world.principal.clone();
    let delegate = acting(Scope::Account(account()), Permissions::delegable());
    let lacking = Err(No::Denied(Denied::Lacks(Permission::CredentialWrite)));
    world.principal = delegate.clone();
    world.must(&of_domain(false));
    world.must(&of_mailbox(false));
    // To demand one takes nothing away, and a delegate may.
    world.must(&of_domain(true));
    world.must(&of_mailbox(true));
    assert_eq!(world.run(&of_domain(false)), lacking);
    assert_eq!(world.run(&of_mailbox(false)), lacking);
    world.must(&of_domain(true));
    world.principal = administrator(&[DOMAIN]);
    world.must(&of_mailbox(false));
    world.principal = owner;
    world.must(&of_domain(false));
}
