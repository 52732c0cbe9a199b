//! In whose name a mailbox sends, and who leads mail elsewhere.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::domain::Proof;
use hosting::mailbox::MailboxSettingsPatch;
use hosting::plan::plan_id;
use hosting::use_case::{ActivateService, AddDomain, ChangeMailboxSettings, OrderService, VerifyDomain};
use kernel::{Actor, DomainId, DomainName, Via};

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
    Principal {
        actor: Actor::User(id(91)),
        on_behalf_of: None,
        via: Via::Session,
        grants: vec![Grant { scope, permissions }],
        ceiling: None,
        is_visitor: false,
        withheld: None,
    }
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
    world.must(&senders(&["@other.example", "@third.example"], &[OTHER]));
}
