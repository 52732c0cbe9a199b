//! Tickets: whose turn it is, who says what, and for how long.

mod support;

use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::service::SuspensionReason;
use hosting::ticket::{Side, Ticket, TicketCommand, TicketKind, TicketStage};
use hosting::use_case::{AnswerTicket, OpenTicket, SuspendService};
use kernel::{Actor, Timestamp, Via};
use support::id;
use support::stage::{account, service, with_mailbox};
use support::world::{No, World};

fn open(number: u128) -> OpenTicket {
    OpenTicket {
        account: account(),
        ticket: id(number),
        service: Some(service()),
        kind: TicketKind::Technical,
        subject: "No mail".to_owned(),
        text: "Since today.\nPlease help.".to_owned(),
    }
}

fn with(number: u128, command: TicketCommand) -> AnswerTicket {
    AnswerTicket { account: account(), ticket: id(number), command }
}

fn say(number: u128, side: Side, text: &str) -> AnswerTicket {
    with(number, TicketCommand::Say { side, text: text.to_owned(), is_internal: false })
}

fn stage(world: &World, number: u128) -> TicketStage {
    let state = world.state::<Ticket>(account().tenant(), id(number));
    state.record().expect("a ticket").stage
}

#[test]
fn it_goes_from_one_side_to_the_other_also_while_suspended() {
    let mut world = with_mailbox();
    world.must(&SuspendService { account: account(), service: service(), reason: SuspensionReason::Abuse });
    world.must(&open(80));
    assert_eq!(stage(&world, 80), TicketStage::AwaitingStaff);
    world.must(&say(80, Side::Staff, "Which address?"));
    assert_eq!(stage(&world, 80), TicketStage::AwaitingCustomer);
    world.must(&say(80, Side::Customer, "alice@demo.example"));
    assert_eq!(stage(&world, 80), TicketStage::AwaitingStaff);
    let note = TicketCommand::Say { side: Side::Staff, text: "Ask Bob".to_owned(), is_internal: true };
    world.must(&with(80, note));
    assert_eq!(stage(&world, 80), TicketStage::AwaitingStaff, "a note is nobody's turn");
    world.must(&with(80, TicketCommand::Resolve));
    assert_eq!(stage(&world, 80), TicketStage::Resolved(world.now));
    world.must(&say(80, Side::Customer, "Not yet"));
    assert_eq!(stage(&world, 80), TicketStage::AwaitingStaff);
    world.must(&with(80, TicketCommand::Resolve));
    world.now = Timestamp::from_secs(world.now.secs() + 30 * 86_400);
    assert_eq!(world.refused(&say(80, Side::Customer, "Again")), "TICKET_CLOSED");
    assert_eq!(world.refused(&with(80, TicketCommand::Reopen)), "TICKET_CLOSED");
}

#[test]
fn what_is_open_and_what_is_said_has_limits() {
    let mut world = with_mailbox();
    for number in 0..50_u128 {
        world.must(&open(100 + number));
    }
    assert_eq!(world.refused(&open(200)), "TICKET_LIMIT_REACHED");
    world.must(&with(100, TicketCommand::Resolve));
    world.must(&open(200));
    assert_eq!(world.refused(&with(100, TicketCommand::Reopen)), "TICKET_LIMIT_REACHED");
    assert_eq!(world.refused(&say(200, Side::Customer, " \n ")), "TICKET_TEXT_EMPTY");
    assert_eq!(world.refused(&say(200, Side::Customer, &"x".repeat(10_001))), "TICKET_TEXT_TOO_LONG");
    world.must(&say(200, Side::Customer, &"\u{1f431}".repeat(10_000)));
    for _ in 2..500 {
        world.must(&say(200, Side::Customer, "x"));
    }
    assert_eq!(world.refused(&say(200, Side::Customer, "x")), "TICKET_MESSAGE_LIMIT");
    let other = OpenTicket { service: Some(id(77)), ..open(201) };
    assert_eq!(world.refused(&other), "SERVICE_NOT_FOUND");
}

#[test]
fn a_customer_does_not_speak_for_the_support() {
    let mut world = with_mailbox();
    world.must(&open(80));
    world.principal = Principal {
        actor: Actor::User(id(90)),
        on_behalf_of: None,
        via: Via::Session,
        grants: vec![Grant { scope: Scope::Account(account()), permissions: Permissions::account_owner() }],
    };
    world.must(&say(80, Side::Customer, "Hello?"));
    let lacks = Err(No::Denied(Denied::Lacks(Permission::PlatformWrite)));
    assert_eq!(world.run(&say(80, Side::Staff, "Solved!")), lacks);
    let note = TicketCommand::Say { side: Side::Customer, text: "x".to_owned(), is_internal: true };
    assert_eq!(world.run(&with(80, note)), lacks);
}
