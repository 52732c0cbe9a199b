//! What the people of a Box may do with it while it is restricted, suspended or over. Each use case has a decision about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use authority::{Denied, Grant, Limited, OnBox, Permissions, Principal, Scope};
use hosting::mailbox::MailboxSettingsPatch;
use hosting::use_case::*;
use kernel::Actor;

use crate::support::id;
use crate::support::stage::{account, service, with_mailbox};
use crate::support::world::{No, World};
use crate::visitors::{guards, is_beyond_owners};

/// Use cases that say nothing of Boxes themselves: [`OnBox::Changes`] is right for them.
const CHANGING: [(&str, &[&str]); 2] = [
    (
        "changes or removes what is in a Box",
        &[
            "AddDkimKeys",
            "ChangeAliasExpiry",
            "ChangeAliasSettings",
            "ChangeAliasTargets",
            "ChangeAppPassword",
            "ChangeDomainSettings",
            "ChangeMailboxDisplayName",
            "ChangeMailboxQuota",
            "ChangeMailboxSettings",
            "DeleteAlias",
            "DeleteMailbox",
            "DeleteTemporaryAlias",
            "DescribeTemporaryAlias",
            "DisableMailbox",
            "EnableMailbox",
            "GiveMailOrder",
            "HoldSending",
            "NoteDkimRecords",
            "RecordComplaint",
            "RecordPoolThreshold",
            "RecordQuotaThreshold",
            "ReleaseSending",
            "RemoveDomain",
            "RenameMailbox",
            "RetireDkimKey",
            "SettleHeldMail",
        ],
    ),
    (
        "touches the account, its people or its customers, and no Box",
        &[
            "AcceptTransfer",
            "AdmitSubAccount",
            "AllocatePool",
            "AnswerInvitation",
            "ChangeEmail",
            "ChangeToken",
            "ChangeUser",
            "ChangeWebhook",
            "CloseAccount",
            "DeclineTransfer",
            "DisableUser",
            "EnableUser",
            "EndDelegation",
            "ErasePerson",
            "IssueToken",
            "OpenSubAccount",
            "RegisterUser",
            "RegisterWebhook",
            "RemoveUser",
            "RenameAccount",
            "RepeatNotice",
            "RequireSecondFactor",
            "ResetPassword",
            "RevokeToken",
            "SetBrand",
            "SetUserPassword",
            "VerifyEmail",
        ],
    ),
];

#[test]
fn each_use_case_says_what_it_does_to_a_box_or_is_named_as_changing_it() {
    let guards = guards();
    let mut changing = BTreeSet::new();
    for name in CHANGING.iter().flat_map(|(_, names)| *names) {
        assert!(changing.insert(*name), "{name} is named once");
        assert!(guards.contains_key(*name), "{name} is no use case");
    }
    for (name, guard) in &guards {
        let says = guard.contains("fn on_box");
        let is_decided = says || is_beyond_owners(guard);
        assert_ne!(
            is_decided,
            changing.contains(name.as_str()),
            "{name}: does it add something to a Box, or is it something that people may do in every state of it? Then it says \
             so; where not, it is named here"
        );
    }
}

fn held_by(world: &mut World, limited: Option<Limited>) {
    world.principal = Principal {
        limited: Arc::new(limited.map(|limited| (service(), limited)).into_iter().collect()),
        ..Principal::signed_in(
            Actor::User(id(91)),
            vec![Grant { scope: Scope::Account(account()), permissions: Permissions::account_owner() }],
        )
    };
}

fn settings(imap: bool) -> ChangeMailboxSettings {
    ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch: MailboxSettingsPatch { imap: Some(imap), ..MailboxSettingsPatch::default() },
        sender_domains: vec![],
        revision: None,
        by_owner: false,
        service: None,
    }
}

fn app_password() -> AddAppPassword {
    AddAppPassword {
        account: account(),
        mailbox: id(1),
        app_password: id(70),
        name: "phone".to_owned(),
        secret_hash: [7; 32],
        protocols: [hosting::mailbox::MailProtocol::Imap].into_iter().collect(),
        expires_at: None,
        by_owner: false,
    }
}

#[test]
fn a_restricted_box_takes_nothing_more_and_a_suspended_one_is_not_changed_by_its_people() {
    for (limited, changes, adds) in [
        (None, true, true),
        (Some(Limited::Restricted), true, false),
        (Some(Limited::Suspended), false, false),
        (Some(Limited::Ended), false, false),
    ] {
        let mut world = with_mailbox();
        held_by(&mut world, limited);
        let denied = |is_let: bool| {
            if is_let { None } else { limited.map(|limited| No::Denied(Denied::Limited(limited))) }
        };
        assert_eq!(world.run(&settings(false)).err(), denied(changes), "{limited:?}");
        assert_eq!(world.run(&app_password()).err(), denied(adds), "{limited:?}");
        // Whoever protects themselves does so in every state.
        let protects = RevokeAppPassword { account: account(), mailbox: id(1), app_password: id(70) };
        let revoked = world.run(&protects);
        assert!(!matches!(revoked, Err(No::Denied(Denied::Limited(_)))), "{limited:?}: {revoked:?}");
        // And asks the support about this very Box.
        world.must(&OpenTicket {
            account: account(),
            ticket: id(80),
            author: None,
            service: Some(service()),
            kind: hosting::ticket::TicketKind::Technical,
            subject: "Why?".to_owned(),
            text: "Nobody can sign in.".to_owned(),
        });
        let answer = hosting::ticket::TicketCommand::Resolve;
        world.must(&AnswerTicket { account: account(), ticket: id(80), author: None, command: answer });
    }
    let mut world = with_mailbox();
    // Whoever gives a Box its state is not held by it, nor is a Box that is another.
    held_by(&mut world, Some(Limited::Ended));
    world.principal.grants[0].permissions = Permissions::reseller();
    world.must(&settings(false));
    held_by(&mut world, None);
    world.principal.limited = Arc::new([(id(99), Limited::Ended)].into_iter().collect());
    world.must(&settings(true));
}

#[test]
fn what_is_limited_is_told_to_nobody_who_may_not_know_the_thing() {
    let mut world = with_mailbox();
    held_by(&mut world, Some(Limited::Suspended));
    world.principal.grants.clear();
    assert_eq!(world.run(&settings(false)), Err(No::Denied(Denied::Hidden)));
}

#[test]
fn each_state_lets_less_than_the_one_before() {
    let all = [OnBox::Nothing, OnBox::Changes, OnBox::Adds];
    let let_by = |limited: Limited| all.map(|what| limited.lets(what));
    assert_eq!(let_by(Limited::Restricted), [true, true, false]);
    assert_eq!(let_by(Limited::Suspended), [true, false, false]);
    assert_eq!(let_by(Limited::Ended), [true, false, false]);
}
