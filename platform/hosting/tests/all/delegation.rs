//! Delegations: what may be passed on, to whom, and how it ends.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::delegation::{AcceptedBy, Answer, Delegation, DelegationScope, Stage, Terms};
use hosting::notice::day_of;
use hosting::use_case::{
    AnswerInvitation, ChangeDelegation, DeleteMailbox, EndDelegation, EndService, InviteDelegate,
    PurgeService, RemoveDomain, SignUp, VerifyEmail,
};
use hosting::{Language, LoginName, PasswordHash};
use kernel::{Actor, EmailAddress, Timestamp};

fn terms(permissions: &[Permission], scope: DelegationScope) -> Terms {
    Terms {
        permissions: permissions.iter().copied().collect(),
        scope,
        expires_at: None,
        requires_second_factor: false,
    }
}

fn reading() -> Terms {
    terms(&[Permission::MailboxRead], DelegationScope::Account)
}

fn invite(world: &World, number: u128, terms: Terms) -> InviteDelegate {
    InviteDelegate {
        account: account(),
        delegation: id(number),
        email: EmailAddress::parse("helper@else.example").expect("an address"),
        terms,
        secret_hash: [7; 32],
        answer_until: Timestamp::from_secs(world.now.secs() + 60),
        services: vec![service()],
    }
}

fn answer(number: u128, answer: Answer) -> AnswerInvitation {
    AnswerInvitation {
        account: account(),
        delegation: id(number),
        secret_hash: [7; 32],
        user: id(90),
        home: id(2),
        answer,
    }
}

fn end(number: u128, left_by: Option<u128>) -> EndDelegation {
    EndDelegation { account: account(), delegation: id(number), left_by: left_by.map(id) }
}

fn acting(scope: Scope, permissions: Permissions) -> Principal {
    Principal::signed_in(Actor::User(id(91)), vec![Grant { scope, permissions }])
}

#[test]
fn an_invitation_is_answered_once_with_its_secret_and_in_time() {
    let mut world = with_mailbox();
    let invitation = invite(&world, 60, reading());
    assert_eq!(world.must(&invitation), 2);
    assert_eq!(world.must(&invitation), 0, "the same again is no news");
    let guess = AnswerInvitation { secret_hash: [8; 32], ..answer(60, Answer::Accept) };
    assert_eq!(world.refused(&guess), "DELEGATION_NOT_FOUND");
    let own = AnswerInvitation { home: account(), ..answer(60, Answer::Accept) };
    assert_eq!(world.refused(&own), "DELEGATION_TO_ITSELF");
    world.must(&answer(60, Answer::Accept));
    assert_eq!(world.must(&answer(60, Answer::Accept)), 0);
    let other = AnswerInvitation { user: id(92), ..answer(60, Answer::Accept) };
    assert_eq!(world.refused(&other), "INVITATION_ANSWERED");
    let state = world.state::<Delegation>(account().tenant(), id(60));
    assert_eq!(state.record().expect("a delegation").stage, Stage::Accepted(id(90), id(2)));
    let late = invite(&world, 61, reading());
    world.must(&late);
    world.now = late.answer_until;
    assert_eq!(world.refused(&answer(61, Answer::Accept)), "INVITATION_EXPIRED");
}

#[test]
fn whoever_accepts_is_noted_with_whether_they_have_confirmed_the_invited_address() {
    let mut world = with_mailbox();
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";
    let sign_up = SignUp {
        account: id(500),
        account_name: "Helpers".to_owned(),
        user: id(501),
        login: LoginName::parse("jeanne").expect("a login"),
        email: EmailAddress::parse("Helper@Else.example").expect("an address"),
        name: None,
        password: PasswordHash::parse(hash).expect("a hash"),
        language: Language::Fr,
        notice: id(600),
        at: world.now,
    };
    world.must(&sign_up);
    let day = day_of(world.now);
    let accepts =
        |number| AnswerInvitation { user: id(501), home: id(500), ..answer(number, Answer::Accept) };
    let by = |is_invited| Some(AcceptedBy { user: id(501), home: id(500), is_invited });
    let accepted_by = |world: &World, number| {
        let state = world.state::<Delegation>(account().tenant(), id(number));
        state.record().expect("a delegation").accepted_by
    };
    // The secret opens it; that the address is not confirmed, or another, is kept.
    world.must(&invite(&world, 60, reading()));
    assert_eq!(accepted_by(&world, 60), None);
    world.must(&accepts(60));
    assert_eq!(accepted_by(&world, 60), by(Some(false)));
    world.must(&VerifyEmail { account: id(500), user: id(501), notice: id(600), day });
    world.must(&invite(&world, 61, reading()));
    world.must(&accepts(61));
    assert_eq!(accepted_by(&world, 61), by(Some(true)));
    let email = EmailAddress::parse("chief@else.example").expect("an address");
    world.must(&InviteDelegate { email, ..invite(&world, 62, reading()) });
    world.must(&accepts(62));
    assert_eq!(accepted_by(&world, 62), by(Some(false)));
    // Who it was is known when it is over, too.
    world.must(&end(62, Some(501)));
    assert_eq!(accepted_by(&world, 62), by(Some(false)));
}

#[test]
fn it_ends_by_either_side_and_frees_its_place() {
    let mut world = with_mailbox();
    // What the plan sells: 15 in a Pro Box.
    for number in 100..115 {
        world.must(&invite(&world, number, reading()));
    }
    assert_eq!(world.refused(&invite(&world, 200, reading())), "DELEGATION_LIMIT_REACHED");
    let without = InviteDelegate { services: vec![], ..invite(&world, 200, reading()) };
    assert_eq!(world.refused(&without), "DELEGATION_LIMIT_REACHED", "what is not named is not counted");
    let foreign = InviteDelegate { services: vec![id(999)], ..invite(&world, 200, reading()) };
    assert_eq!(world.refused(&foreign), "DELEGATION_LIMIT_REACHED");
    world.must(&answer(100, Answer::Accept));
    assert_eq!(world.refused(&end(100, Some(92))), "DELEGATION_NOT_FOUND");
    world.must(&end(100, Some(90)));
    assert_eq!(world.must(&end(100, Some(90))), 0);
    world.must(&answer(101, Answer::Decline));
    world.must(&end(102, None));
    for number in 200..203 {
        world.must(&invite(&world, number, reading()));
    }
    let more = ChangeDelegation { account: account(), delegation: id(102), terms: reading() };
    assert_eq!(world.refused(&more), "DELEGATION_OVER");
}

#[test]
fn what_is_over_by_its_time_is_not_had_again_by_other_terms() {
    let mut world = with_mailbox();
    let until = |world: &World, secs: i64| Terms {
        expires_at: Some(Timestamp::from_secs(world.now.secs() + secs)),
        ..reading()
    };
    let short = until(&world, 30);
    world.must(&invite(&world, 40, short));
    world.must(&answer(40, Answer::Accept));
    let change = |terms: Terms| ChangeDelegation { account: account(), delegation: id(40), terms };
    let longer = until(&world, 60);
    assert_eq!(world.must(&change(longer.clone())), 1, "before it is over its time is changed");
    world.now = Timestamp::from_secs(world.now.secs() + 60);
    for terms in [longer, reading(), until(&world, 60)] {
        assert_eq!(world.refused(&change(terms)), "DELEGATION_OVER");
    }
    world.must(&end(40, None));
}

#[test]
fn passwords_users_and_delegation_itself_are_never_passed_on() {
    let mut world = with_mailbox();
    for permission in Permission::ALL {
        let is_delegable = Permissions::delegable().has(permission);
        let asked = invite(&world, 60, terms(&[permission], DelegationScope::Account));
        match world.run(&asked) {
            Ok(_) => {
                assert!(is_delegable, "{}", permission.name());
                world.must(&end(60, None));
                world = with_mailbox();
            }
            Err(no) => {
                assert!(!is_delegable, "{}: {no:?}", permission.name());
            }
        }
    }
    for permission in [Permission::CredentialWrite, Permission::AccountWrite, Permission::DelegationWrite] {
        assert!(!Permissions::delegable().has(permission));
    }
    assert_eq!(
        world.refused(&invite(&world, 60, terms(&[], DelegationScope::Account))),
        "DELEGATION_ALLOWS_NOTHING"
    );
}

#[test]
fn nobody_passes_on_what_they_lack() {
    let mut world = with_mailbox();
    let own: Permissions = [Permission::DelegationWrite, Permission::MailboxRead].into_iter().collect();
    world.principal = acting(Scope::Account(account()), own);
    world.must(&invite(&world, 60, reading()));
    let more = [Permission::MailboxRead, Permission::MailboxWrite];
    let asked = invite(&world, 61, terms(&more, DelegationScope::Account));
    assert_eq!(world.run(&asked), Err(No::Denied(Denied::Lacks(Permission::MailboxWrite))));
    let change = ChangeDelegation {
        account: account(),
        delegation: id(60),
        terms: terms(&more, DelegationScope::Account),
    };
    assert_eq!(world.run(&change), Err(No::Denied(Denied::Lacks(Permission::MailboxWrite))));
    world.principal = acting(Scope::Account(id(2)), Permissions::account_owner());
    assert_eq!(world.run(&invite(&world, 62, reading())), Err(No::Denied(Denied::Hidden)));
}

#[test]
fn a_scope_names_things_of_the_account() {
    let mut world = with_mailbox();
    let on = |scope| terms(&[Permission::MailboxRead], scope);
    world.must(&invite(&world, 60, on(DelegationScope::Services(vec![service()]))));
    world.must(&invite(&world, 61, on(DelegationScope::Domains(vec![id(DOMAIN)]))));
    for (scope, why) in [
        (DelegationScope::Services(vec![id(77)]), "SERVICE_NOT_FOUND"),
        (DelegationScope::Domains(vec![id(77)]), "DOMAIN_NOT_FOUND"),
        (DelegationScope::Domains(vec![]), "DELEGATION_SCOPE_COUNT"),
        (DelegationScope::Domains(vec![id(DOMAIN); 101]), "DELEGATION_SCOPE_COUNT"),
    ] {
        assert_eq!(world.refused(&invite(&world, 62, on(scope))), why);
    }
    let past = Terms { expires_at: Some(world.now), ..reading() };
    assert_eq!(world.refused(&invite(&world, 62, past)), "EXPIRY_PAST");
}

#[test]
fn a_purged_box_lets_no_more_delegates_in_than_one_that_has_ended() {
    let mut world = with_mailbox();
    for number in 100..102 {
        world.must(&invite(&world, number, reading()));
    }
    let (account, service, purge_after) = (account(), service(), world.now);
    world.must(&EndService { account, service, purge_after });
    assert_eq!(world.refused(&invite(&world, 103, reading())), "DELEGATION_LIMIT_REACHED");
    for number in [1, 2] {
        let (mailbox, temporary_aliases) = (id(number), vec![]);
        world.must(&DeleteMailbox { account, service, mailbox, purge_after, temporary_aliases });
    }
    world.must(&RemoveDomain { account, service, domain: id(DOMAIN), purge_after });
    assert_eq!(world.must(&PurgeService { account, service }), 1);
    assert_eq!(world.refused(&invite(&world, 103, reading())), "DELEGATION_LIMIT_REACHED");
}
