//! What aliases of a sandbox lead to, and to how many elsewhere aliases of a plan may lead.

use hosting::account::AccountEvent;

use super::*;

#[test]
fn what_a_sandbox_leads_to_others_reaches_nobody_also_by_way_of_their_aliases() {
    let world = World::new();
    let other = TenantId::new(uuid(2));
    let pro = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "pro").expect("a plan");
    let added = DomainEvent::Added {
        account: other.account(),
        service: ServiceId::new(uuid(70)),
        name: "y.example".parse_name(),
        token: "t".to_owned(),
        mirrors: None,
        is_claimed: true,
    };
    let alias = SubjectId::of_alias(AliasId::new(uuid(73)));
    let mailbox = SubjectId::of_mailbox(MailboxId::new(uuid(72)));
    let local = |subject, text| Sealed::new(subject, LocalPart::parse(text).expect("a local part"));
    for (id, event) in [
        (70, HostingEvent::Service(ordered(&pro.terms.limits))),
        (70, HostingEvent::Service(ServiceEvent::Activated)),
        (71, HostingEvent::Domain(added)),
        (71, HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator })),
        (
            72,
            HostingEvent::Mailbox(MailboxEvent::Created {
                account: other.account(),
                service: ServiceId::new(uuid(70)),
                domain: DomainId::new(uuid(71)),
                domain_name: "y.example".parse_name(),
                local: local(mailbox, "zoe"),
                quota: ByteSize::gib(1),
                display_name: None,
                password: None,
            }),
        ),
        (
            73,
            HostingEvent::Alias(AliasEvent::Created {
                account: other.account(),
                service: ServiceId::new(uuid(70)),
                domain: DomainId::new(uuid(71)),
                domain_name: "y.example".parse_name(),
                local: Some(local(alias, "team")),
                targets: Sealed::new(alias, vec![address("zoe@y.example"), address("far@elsewhere.example")]),
                temporary: None,
            }),
        ),
    ] {
        world.tell_in(other, id, event);
    }
    world.mailbox(1, "alice", None);
    world.alias(2, Some("all"), &["alice@x.example", "team@y.example"]);
    let far = || vec!["far@elsewhere.example".to_owned()];
    assert_eq!(world.ends("all@x.example"), Ok((vec![1, 72], far())));
    let name = Sealed::new(SubjectId::of_account(tenant().account()), "x".to_owned());
    world.tell(TENANT, HostingEvent::Account(AccountEvent::Opened { name, parent: None, is_sandbox: true }));
    assert_eq!(world.ends("all@x.example"), Ok((vec![1], far())));
    let Resolution::Deliver(ends) = world.0.resolve(&address("all@x.example"), None) else {
        panic!("it leads somewhere");
    };
    assert_eq!(ends.withheld, [(other, MailboxId::new(uuid(72)))]);
    // It is the sandbox that leads there, and what a sandbox sends leaves nowhere.
    assert_eq!(ends.forwards, [(tenant(), address("far@elsewhere.example"))]);
    assert_eq!(world.ends("team@y.example"), Ok((vec![72], far())), "the others' own is as before");
}

#[test]
fn aliases_lead_to_as_many_elsewhere_as_the_widest_limit_of_the_plan_says() {
    let world = World::new();
    let mut limits = hosting::plan::catalogue().into_iter().next().expect("a plan").terms.limits;
    for (service, domain, mailbox, expected) in [
        (Some(500), Some(100), Some(10), 500),
        (None, Some(100), Some(10), 100),
        (None, None, Some(10), 10),
        (None, None, None, 5_000),
    ] {
        limits.sends = SendLimits { service, domain, mailbox };
        let changed =
            ServiceEvent::PlanChanged { plan: PlanId::new(uuid(5)), version: 1, limits: limits.clone() };
        world.tell(10, HostingEvent::Service(changed));
        assert_eq!(world.0.forwards_per_day_max(tenant(), ServiceId::new(uuid(10))), expected);
    }
}
