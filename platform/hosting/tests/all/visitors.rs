//! What those may not who came by a login that everybody knows: whatever would lock out the next one, write to people or
//! call hosts elsewhere. Each use case has a decision about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Guarded, Permissions, Principal, Scope};
use hosting::HostingRefusal;
use hosting::domain::{DomainSettingsPatch, RelayHost};
use hosting::mailbox::MailboxSettingsPatch;
use hosting::session::SessionOwner;
use hosting::use_case::*;
use hosting::webhook::{Kinds, Reach, WebhookCommand, WebhookSecret, WebhookTerms};
use kernel::Actor;

/// Use cases that visitors may run, each with the reason.
const HARMLESS: [(&str, &[&str]); 7] = [
    (
        "what the demo is there to show about mailboxes, aliases, domains and Boxes, switching off, cancelling and deleting \
         them too: the owner's login brings most of it back, and the reset all of it",
        &[
            "ActivateService",
            "AddDkimKeys",
            "AddDomain",
            "ChangeAliasExpiry",
            "ChangeAliasSettings",
            "ChangeAliasTargets",
            "ChangeMailboxDisplayName",
            "ChangeMailboxQuota",
            "ChangePlan",
            "CreateAlias",
            "CreateMailboxes",
            "CreateTemporaryAlias",
            "DeleteAlias",
            "DeleteMailbox",
            "DeleteTemporaryAlias",
            "DescribeTemporaryAlias",
            "DisableMailbox",
            "EditShares",
            "EnableMailbox",
            "EndService",
            "OrderService",
            "ReactivateService",
            "RemoveDomain",
            "RenameMailbox",
            "RestoreDomain",
            "RestoreMailbox",
            "RetireDkimKey",
        ],
    ),
    ("asks DNS and nobody else", &["NoteDkimRecords", "VerifyDomain"]),
    (
        "gives something to the demo that ends with it, and takes nothing from others",
        &[
            "AcceptContract",
            "AddAppPassword",
            "ChangeToken",
            "EnableUser",
            "IssueToken",
            "RegisterUser",
            "RenameAccount",
            "RevokeAppPassword",
            "RevokeToken",
            "SetLanguage",
            "SetTimeZone",
        ],
    ),
    ("whoever is signed out signs in again", &["EndSession", "RotateSession", "StartSession"]),
    (
        "a sandbox's mail leaves nowhere, whatever is ordered about it",
        &[
            "GiveMailOrder",
            "HoldSending",
            "RecordComplaint",
            "RecordPoolThreshold",
            "RecordQuotaThreshold",
            "ReleaseSending",
            "SettleHeldMail",
        ],
    ),
    (
        "needs a link that was written to an address: visitors give none, and the demo has none",
        &["ResetMailboxPassword", "ResetPassword", "VerifyEmail", "VerifyRecoveryAddress"],
    ),
    (
        "the demo is no reseller and has let nobody in",
        &[
            "AcceptTransfer",
            "AdmitSubAccount",
            "AllocatePool",
            "ChangeDelegation",
            "DeclineTransfer",
            "EndDelegation",
            "OpenSubAccount",
        ],
    ),
];

/// Each use case with what it says of who may run it.
pub(crate) fn guards() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/use_case");
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(folder).expect("the use cases") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a source");
        for (at, _) in text.match_indices(" Guarded for ") {
            let (head, body) = text[at + " Guarded for ".len()..].split_once(" {\n").expect("a body");
            let name = head.split('<').next().unwrap_or(head);
            let body = body.split("\n}").next().expect("an end");
            assert!(found.insert(name.to_owned(), body.to_owned()).is_none(), "{name} is there twice");
        }
    }
    found
}

/// Whether nobody can run it but the platform, its operators and those above an account: an owner has neither permission.
pub(crate) fn is_beyond_owners(guard: &str) -> bool {
    let needs: BTreeSet<&str> = guard
        .match_indices("Permission::")
        .map(|(at, found)| {
            guard[at + found.len()..].split(|c: char| !c.is_alphanumeric()).next().unwrap_or("")
        })
        .collect();
    !needs.is_empty() && needs.iter().all(|need| ["PlatformWrite", "ServiceEntitle"].contains(need))
}

#[test]
fn each_use_case_is_kept_from_visitors_or_said_to_be_harmless() {
    let guards = guards();
    assert!(guards.len() > 100, "they are found where they are");
    let mut harmless = BTreeSet::new();
    for name in HARMLESS.iter().flat_map(|(_, names)| *names) {
        assert!(harmless.insert(*name), "{name} is harmless once");
        assert!(guards.contains_key(*name), "{name} is no use case");
    }
    for (name, guard) in &guards {
        let is_kept = guard.contains("fn is_kept_from_visitors");
        let is_decided = [is_kept, is_beyond_owners(guard), harmless.contains(name.as_str())];
        assert_eq!(
            is_decided.into_iter().filter(|is| *is).count(),
            1,
            "{name}: may a visitor of the demo lock out the next one by it, write to people or call hosts? Then it is kept \
             from them; where not, it is named here with the reason"
        );
    }
}

fn visitor() -> Principal {
    Principal {
        is_visitor: true,
        ..Principal::signed_in(
            Actor::User(id(91)),
            vec![Grant { scope: Scope::Account(account()), permissions: Permissions::account_owner() }],
        )
    }
}

fn of_mailbox(patch: MailboxSettingsPatch) -> ChangeMailboxSettings {
    ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch,
        sender_domains: vec![],
        revision: None,
        by_owner: false,
        service: None,
    }
}

fn of_domain(patch: DomainSettingsPatch) -> ChangeDomainSettings {
    ChangeDomainSettings {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        patch,
        revision: None,
        stored: None,
        largest: None,
    }
}

fn kept<U: Guarded<Refusal = HostingRefusal>>(world: &mut World, use_case: &U) {
    assert_eq!(world.run(use_case), Err(No::Denied(Denied::Visiting)), "{}", U::NAME);
}

#[test]
fn of_settings_visitors_are_kept_from_those_that_lock_out_and_lead_elsewhere_alone() {
    let mut world = with_mailbox();
    world.principal = visitor();
    let mailbox = MailboxSettingsPatch::default;
    for is_demanded in [true, false] {
        let password =
            of_mailbox(MailboxSettingsPatch { must_change_password: Some(is_demanded), ..mailbox() });
        let factor =
            of_mailbox(MailboxSettingsPatch { requires_second_factor: Some(is_demanded), ..mailbox() });
        let domain = DomainSettingsPatch { requires_second_factor: Some(is_demanded), ..Default::default() };
        let domain = of_domain(domain);
        if is_demanded {
            kept(&mut world, &password);
            kept(&mut world, &factor);
            kept(&mut world, &domain);
        } else {
            assert!(world.run(&password).is_ok() && world.run(&factor).is_ok() && world.run(&domain).is_ok());
        }
    }
    let address = Some(Some("victim@elsewhere.example".to_owned()));
    kept(&mut world, &of_mailbox(MailboxSettingsPatch { recovery_address: address, ..mailbox() }));
    let host = "mx.victim.example";
    assert!(RelayHost::parse(host).is_some());
    let relay = DomainSettingsPatch { relay_host: Some(Some(host.to_owned())), ..Default::default() };
    kept(&mut world, &of_domain(relay));
    world.must(&of_mailbox(MailboxSettingsPatch { imap: Some(false), ..mailbox() }));
}

#[test]
fn visitors_remove_no_logins_and_erase_nobody() {
    let mut world = with_mailbox();
    world.principal = visitor();
    kept(
        &mut world,
        &RemoveUser {
            account: account(),
            user: id(91),
            services: vec![],
            governance: Governance::Owner(None),
        },
    );
    let delete = DeleteMailbox {
        account: account(),
        service: service(),
        mailbox: id(2),
        purge_after: world.now,
        temporary_aliases: vec![],
    };
    world.must(&delete);
    kept(&mut world, &ErasePerson { account: account(), owner: SessionOwner::Mailbox(id(2)) });
}

#[test]
fn what_visitors_are_kept_from_stays_so_at_a_revision_and_under_a_plan() {
    let secret = WebhookSecret::new(format!("whsec_{}", "a".repeat(32))).expect("a secret");
    let kinds = Kinds::parse(["mailbox.*"]).expect("kinds");
    let terms = WebhookTerms {
        url: "https://victim.example/".to_owned(),
        reach: Reach::Public,
        kinds,
        description: None,
    };
    let change = RegisterWebhook { account: account(), webhook: id(80), terms, secret };
    assert!(InPlan { change, account: account(), services: vec![] }.is_kept_from_visitors());
    let change = ChangeWebhook { account: account(), webhook: id(80), command: WebhookCommand::Test };
    assert!(AtRevision { change, revision: Some(0) }.is_kept_from_visitors());
    let change =
        ChangeMailboxDisplayName { account: account(), mailbox: id(1), display_name: None, by_owner: false };
    assert!(!AtRevision { change, revision: Some(0) }.is_kept_from_visitors());
}
