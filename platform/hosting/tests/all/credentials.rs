//! Second factors, app passwords, forced changes of passwords: what is decided about them.

use std::collections::BTreeSet;

use crate::support::id;
use crate::support::samples::HASH;
use crate::support::stage::{account, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::factor::{
    FactorCommand, NewPasskey, NewTotp, NewYubikey, PasskeyKey, TotpSeed, YubikeyIdentity,
};
use hosting::mailbox::{MailProtocol, Mailbox, MailboxSettingsPatch};
use hosting::session::SessionOwner;
use hosting::use_case::*;
use hosting::user::{User, UserRole};
use hosting::{LoginName, PasswordHash};
use kernel::{Actor, Timestamp};

fn hash(more: &str) -> PasswordHash {
    PasswordHash::parse(&format!("{HASH}{more}")).expect("a hash")
}

fn totp(number: u128) -> FactorCommand {
    let seed = TotpSeed::new(vec![7; 20]).expect("20 octets");
    FactorCommand::AddTotp(NewTotp { factor: id(number), name: "phone".to_owned(), seed })
}

fn passkey(number: u128, credential: u8) -> FactorCommand {
    let key = PasskeyKey::new(vec![credential; 16], vec![3; 77]).expect("a key");
    let name = "key".to_owned();
    FactorCommand::AddPasskey(NewPasskey {
        factor: id(number),
        name,
        key,
        counter: 1,
        may_be_backed_up: false,
    })
}

fn yubikey(number: u128, identity: &str) -> FactorCommand {
    let identity = YubikeyIdentity::new(identity.to_owned()).expect("letters");
    FactorCommand::AddYubikey(NewYubikey { factor: id(number), name: "key".to_owned(), identity })
}

fn factors(owner: SessionOwner, command: FactorCommand) -> ChangeFactors {
    ChangeFactors { account: account(), owner, command }
}

fn mailbox() -> SessionOwner {
    SessionOwner::Mailbox(id(1))
}

fn app(number: u128, protocols: &[MailProtocol], expires_at: Option<Timestamp>) -> AddAppPassword {
    AddAppPassword {
        account: account(),
        mailbox: id(1),
        app_password: id(number),
        name: "phone".to_owned(),
        secret_hash: [9; 32],
        protocols: protocols.iter().copied().collect::<BTreeSet<_>>(),
        expires_at,
        by_owner: false,
    }
}

#[test]
fn a_recovery_code_is_good_once_and_void_with_the_last_factor() {
    let mut world = with_mailbox();
    let codes =
        |hashes: &[u8]| FactorCommand::SetRecoveryCodes(hashes.iter().map(|byte| [*byte; 32]).collect());
    let used = |byte| FactorCommand::UseRecoveryCode([byte; 32]);
    assert_eq!(world.refused(&factors(mailbox(), codes(&[1, 2]))), "RECOVERY_NEEDS_FACTOR");
    assert_eq!(world.must(&factors(mailbox(), totp(50))), 1);
    assert_eq!(world.must(&factors(mailbox(), totp(50))), 0, "the same again is no news");
    world.must(&factors(mailbox(), codes(&[1, 2])));
    world.must(&factors(mailbox(), used(1)));
    assert_eq!(world.refused(&factors(mailbox(), used(1))), "RECOVERY_CODE_UNKNOWN");
    world.must(&factors(mailbox(), FactorCommand::Remove(id(50))));
    assert_eq!(world.refused(&factors(mailbox(), used(2))), "RECOVERY_CODE_UNKNOWN");
    assert_eq!(world.refused(&factors(mailbox(), FactorCommand::Remove(id(50)))), "FACTOR_NOT_FOUND");
}

#[test]
fn a_passkey_is_a_factor_that_is_there_once() {
    let mut world = with_mailbox();
    assert_eq!(world.must(&factors(mailbox(), passkey(50, 1))), 1);
    assert_eq!(world.must(&factors(mailbox(), passkey(50, 1))), 0, "the same again is no news");
    assert_eq!(world.refused(&factors(mailbox(), passkey(51, 1))), "FACTOR_EXISTS", "one key, one factor");
    assert_eq!(world.refused(&factors(mailbox(), passkey(50, 2))), "FACTOR_EXISTS");
    world.must(&factors(mailbox(), FactorCommand::SetRecoveryCodes(vec![[1; 32]])));
    let renamed = |name: &str| FactorCommand::Rename(id(50), name.to_owned());
    assert_eq!(world.must(&factors(mailbox(), renamed("blue key"))), 1);
    assert_eq!(world.must(&factors(mailbox(), renamed("blue key"))), 0);
    assert_eq!(
        world.refused(&factors(mailbox(), FactorCommand::Rename(id(9), "x".to_owned()))),
        "FACTOR_NOT_FOUND"
    );
    let state = world.state::<Mailbox>(account().tenant(), id(1));
    let record = &state.record().expect("a mailbox").factors;
    assert!(record.is_demanded(), "a password alone is not enough");
    assert_eq!(record.passkeys[&id(50)].name.plain().map(String::as_str), Some("blue key"));
    world.must(&factors(mailbox(), FactorCommand::Remove(id(50))));
    let state = world.state::<Mailbox>(account().tenant(), id(1));
    let record = &state.record().expect("a mailbox").factors;
    assert!(!record.is_demanded() && record.recovery.is_empty(), "the codes went with the last factor");
}

#[test]
fn a_yubikey_that_types_is_a_factor_that_is_there_once() {
    let mut world = with_mailbox();
    assert_eq!(world.must(&factors(mailbox(), yubikey(50, "cccccccbcjdi"))), 1);
    assert_eq!(world.must(&factors(mailbox(), yubikey(50, "cccccccbcjdi"))), 0, "the same again is no news");
    assert_eq!(world.refused(&factors(mailbox(), yubikey(51, "cccccccbcjdi"))), "FACTOR_EXISTS");
    assert_eq!(world.refused(&factors(mailbox(), yubikey(50, "cccccccbcjde"))), "FACTOR_EXISTS");
    assert_eq!(world.refused(&factors(mailbox(), passkey(50, 1))), "FACTOR_EXISTS", "one id, one factor");
    world.must(&factors(mailbox(), FactorCommand::SetRecoveryCodes(vec![[1; 32]])));
    assert_eq!(world.must(&factors(mailbox(), FactorCommand::Rename(id(50), "blue key".to_owned()))), 1);
    let state = world.state::<Mailbox>(account().tenant(), id(1));
    let record = &state.record().expect("a mailbox").factors;
    assert!(record.is_demanded(), "a password alone is not enough");
    assert_eq!(record.yubikeys[&id(50)].name.plain().map(String::as_str), Some("blue key"));
    world.must(&factors(mailbox(), FactorCommand::Remove(id(50))));
    let state = world.state::<Mailbox>(account().tenant(), id(1));
    let record = &state.record().expect("a mailbox").factors;
    assert!(!record.is_demanded() && record.recovery.is_empty(), "the codes went with the last factor");
    for identity in ["", "c", "ccccccccccccccccc", "CCCCCC", "cc1", "c c"] {
        assert!(YubikeyIdentity::new(identity.to_owned()).is_none(), "{identity}");
    }
}

#[test]
fn factors_have_a_limit_and_a_reset_takes_all() {
    let mut world = with_mailbox();
    for number in 50..58 {
        world.must(&factors(mailbox(), totp(number)));
    }
    world.must(&factors(mailbox(), yubikey(58, "cccccccbcjdi")));
    world.must(&factors(mailbox(), passkey(59, 1)));
    assert_eq!(world.refused(&factors(mailbox(), totp(60))), "FACTOR_LIMIT_REACHED");
    assert_eq!(world.refused(&factors(mailbox(), passkey(60, 2))), "FACTOR_LIMIT_REACHED");
    assert_eq!(world.refused(&factors(mailbox(), yubikey(60, "cccccccbcjde"))), "FACTOR_LIMIT_REACHED");
    assert_eq!(world.must(&factors(mailbox(), FactorCommand::Reset)), 10);
    let state = world.state::<Mailbox>(account().tenant(), id(1));
    assert!(!state.record().expect("a mailbox").factors.is_demanded());
}

#[test]
fn one_persons_factors_are_out_of_reach_for_the_neighbour() {
    let mut world = with_mailbox();
    world.must(&factors(mailbox(), totp(50)));
    world.principal = Principal::signed_in(
        Actor::Mailbox(id(2)),
        vec![Grant { scope: Scope::Mailbox(account(), id(2)), permissions: Permissions::mailbox_owner() }],
    );
    assert_eq!(world.run(&factors(mailbox(), FactorCommand::Reset)), Err(No::Denied(Denied::Hidden)));
    assert_eq!(world.run(&app(70, &MailProtocol::ALL, None)), Err(No::Denied(Denied::Hidden)));
}

#[test]
fn an_app_password_opens_something_for_a_time() {
    let mut world = with_mailbox();
    let (now, soon) = (world.now, Timestamp::from_secs(world.now.secs() + 60));
    assert_eq!(world.refused(&app(70, &[], None)), "APP_PASSWORD_OPENS_NOTHING");
    assert_eq!(world.refused(&app(70, &[MailProtocol::Imap], Some(now))), "EXPIRY_PAST");
    world.must(&app(70, &[MailProtocol::Imap], Some(soon)));
    for number in 71..120 {
        world.must(&app(number, &[MailProtocol::Imap], None));
    }
    assert_eq!(world.refused(&app(200, &[MailProtocol::Imap], None)), "APP_PASSWORD_LIMIT_REACHED");
    world.now = soon;
    world.must(&app(200, &[MailProtocol::Imap], None));
    let revoke = |number| RevokeAppPassword { account: account(), mailbox: id(1), app_password: id(number) };
    world.must(&revoke(71));
    assert_eq!(world.refused(&revoke(71)), "APP_PASSWORD_NOT_FOUND");
}

#[test]
fn who_is_kept_from_app_passwords_makes_none_and_opens_no_more_by_one() {
    let mut world = with_mailbox();
    let own = |number| AddAppPassword { by_owner: true, ..app(number, &[MailProtocol::Imap], None) };
    world.must(&own(70));
    let patch = MailboxSettingsPatch { self_service: Some([].into()), ..MailboxSettingsPatch::default() };
    world.must(&ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch,
        sender_domains: vec![],
        revision: None,
        by_owner: false,
        service: None,
    });
    assert_eq!(world.refused(&own(71)), "SETTING_NOT_SELF_SERVICE");
    let more = hosting::mailbox::AppPasswordPatch {
        protocols: Some(MailProtocol::ALL.into()),
        ..hosting::mailbox::AppPasswordPatch::default()
    };
    let change = |by_owner| ChangeAppPassword {
        account: account(),
        mailbox: id(1),
        app_password: id(70),
        patch: more.clone(),
        by_owner,
    };
    assert_eq!(world.refused(&change(true)), "SETTING_NOT_SELF_SERVICE");
    world.must(&change(false));
    world.must(&RevokeAppPassword { account: account(), mailbox: id(1), app_password: id(70) });
}

#[test]
fn with_another_password_app_passwords_are_revoked_where_that_is_asked_for() {
    let mut world = with_mailbox();
    let soon = Timestamp::from_secs(world.now.secs() + 60);
    world.must(&app(70, &[MailProtocol::Imap], Some(soon)));
    world.must(&app(71, &[MailProtocol::Imap], None));
    world.must(&app(72, &[MailProtocol::Pop3], None));
    let set = |more, revokes_others| SetMailboxPassword {
        account: account(),
        mailbox: id(1),
        password: hash(more),
        by_owner: false,
        revokes_others,
    };
    assert_eq!(world.must(&set("x", false)), 1, "they stay");
    world.now = soon;
    assert_eq!(world.must(&set("y", true)), 3, "the password, and the two that are good");
    for number in [71, 72] {
        let revoke = RevokeAppPassword { account: account(), mailbox: id(1), app_password: id(number) };
        assert_eq!(world.refused(&revoke), "APP_PASSWORD_NOT_FOUND");
    }
}

#[test]
fn a_password_that_its_owner_chose_fulfils_the_demand() {
    let mut world = with_mailbox();
    let patch = MailboxSettingsPatch { must_change_password: Some(true), ..MailboxSettingsPatch::default() };
    world.must(&ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch,
        sender_domains: vec![],
        revision: None,
        by_owner: false,
        service: None,
    });
    let set = |more, by_owner| SetMailboxPassword {
        account: account(),
        mailbox: id(1),
        password: hash(more),
        by_owner,
        revokes_others: false,
    };
    let is_demanded = |world: &World| {
        let state = world.state::<Mailbox>(account().tenant(), id(1));
        state.record().expect("a mailbox").settings.must_change_password
    };
    world.must(&set("x", false));
    assert!(is_demanded(&world), "an administrator's choice is none of the owner");
    world.must(&set("y", true));
    assert!(!is_demanded(&world));
}

#[test]
fn a_user_registered_with_a_known_password_changes_it_first() {
    let mut world = with_mailbox();
    world.must(&RegisterUser {
        account: account(),
        user: id(90),
        login: LoginName::parse("mailadmin_demo.example").expect("a login"),
        name: None,
        password: Some(hash("")),
        role: UserRole::Owner,
        must_change_password: true,
        services: vec![],
    });
    let is_demanded = |world: &World| {
        let state = world.state::<User>(account().tenant(), id(90));
        state.record().expect("a user").must_change_password
    };
    assert!(is_demanded(&world));
    let set = SetUserPassword {
        account: account(),
        user: id(90),
        password: hash("z"),
        must_change: false,
        revokes_others: false,
    };
    world.must(&set);
    assert!(!is_demanded(&world));
    // The same hash again, now temporary: that is news.
    assert_eq!(world.must(&SetUserPassword { must_change: true, ..set }), 1);
}

#[test]
fn only_whoever_may_change_the_account_demands_factors_of_its_users() {
    let mut world = with_mailbox();
    let require = RequireSecondFactor { account: account(), is_required: true };
    assert_eq!(world.must(&require), 1);
    assert_eq!(world.must(&require), 0);
    world.principal = Principal::signed_in(
        Actor::User(id(90)),
        vec![Grant { scope: Scope::Account(account()), permissions: Permissions::domain_administrator() }],
    );
    let waive = RequireSecondFactor { account: account(), is_required: false };
    assert_eq!(world.run(&waive), Err(No::Denied(Denied::Lacks(Permission::AccountWrite))));
}

#[test]
fn a_person_is_erased_once_they_are_gone() {
    let mut world = with_mailbox();
    let erase = ErasePerson { account: account(), owner: mailbox() };
    assert_eq!(world.refused(&erase), "PERSON_STILL_THERE");
    let nobody = ErasePerson { account: account(), owner: SessionOwner::Mailbox(id(77)) };
    assert_eq!(world.refused(&nobody), "MAILBOX_NOT_FOUND");
    world.must(&DeleteMailbox {
        account: account(),
        service: crate::support::stage::service(),
        mailbox: id(1),
        purge_after: Timestamp::from_secs(world.now.secs() + 60),
        temporary_aliases: vec![],
    });
    assert_eq!(world.must(&erase), 1);
    assert_eq!(world.must(&erase), 0);
}
