//! Tickets: whose turn it is, who says what, and for how long.

use crate::support::id;
use crate::support::stage::{account, service, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::LoginName;
use hosting::refusal::TicketRefusal;
use hosting::service::SuspensionReason;
use hosting::ticket::{
    FileKey, NewFile, Side, Ticket, TicketCommand, TicketEvent, TicketKind, TicketPriority, TicketStage, Way,
};
use hosting::use_case::{AnswerTicket, MergeTickets, OpenTicket, RegisterUser, SuspendService};
use hosting::user::UserRole;
use kernel::{Actor, Sealed, SubjectId, Timestamp};

fn open(number: u128) -> OpenTicket {
    OpenTicket {
        account: account(),
        ticket: id(number),
        author: None,
        service: Some(service()),
        kind: TicketKind::Technical,
        subject: "No mail".to_owned(),
        text: "Since today.\nPlease help.".to_owned(),
    }
}

fn with(number: u128, command: TicketCommand) -> AnswerTicket {
    AnswerTicket { account: account(), ticket: id(number), author: None, command }
}

fn say(number: u128, side: Side, text: &str) -> AnswerTicket {
    with(number, TicketCommand::Say { side, text: text.to_owned(), is_internal: false, way: Way::Panel })
}

fn stage(world: &World, number: u128) -> TicketStage {
    let state = world.state::<Ticket>(account().tenant(), id(number));
    state.record().expect("a ticket").stage
}

#[test]
fn one_about_nothing_is_told_so_in_words_of_its_own() {
    let mut world = with_mailbox();
    for subject in ["", " \t "] {
        assert_eq!(
            world.run(&OpenTicket { subject: subject.to_owned(), ..open(80) }),
            Err(No::Refused(TicketRefusal::SubjectEmpty.into()))
        );
    }
    world.must(&open(80));
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
    let note = TicketCommand::Say {
        side: Side::Staff,
        text: "Ask Bob".to_owned(),
        is_internal: true,
        way: Way::Panel,
    };
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
fn what_a_user_of_the_account_says_goes_with_them_and_all_else_is_the_accounts() {
    let mut world = with_mailbox();
    world.must(&RegisterUser {
        account: account(),
        user: id(90),
        login: LoginName::parse("speaker").expect("a login"),
        name: None,
        password: None,
        role: UserRole::Owner,
        must_change_password: false,
        services: vec![],
    });
    let (speaker, stranger) = (id(90), id(91));
    let whose = |sealed: &Sealed<String>| sealed.subject;
    let (own, of_account) = (SubjectId::of_user(speaker), SubjectId::of_account(account()));
    world.must(&OpenTicket { author: Some(speaker), ..open(80) });
    world.must(&AnswerTicket { author: Some(speaker), ..say(80, Side::Customer, "Hello?") });
    // Their own keys are elsewhere: this account's key alone is destroyed with it.
    world.must(&AnswerTicket { author: Some(stranger), ..say(80, Side::Staff, "Yes?") });
    world.must(&say(80, Side::Customer, "By mail"));
    world.must(&AnswerTicket { author: Some(speaker), ..with(80, TicketCommand::Attach(file(1, 9))) });
    world.must(&with(80, TicketCommand::Resolve));
    world.must(&AnswerTicket { author: Some(speaker), ..with(80, rate(5)) });
    let mut subjects = Vec::new();
    for event in world.history::<Ticket>(account().tenant(), id(80)) {
        match &event {
            TicketEvent::Opened { subject, text, .. } => subjects.extend([whose(subject), whose(text)]),
            TicketEvent::Said { text, .. } => subjects.push(whose(text)),
            TicketEvent::Attached(file) => subjects.extend([whose(&file.name), file.key.subject]),
            TicketEvent::Rated { words, .. } => subjects.extend(words.as_ref().map(whose)),
            _ => {}
        }
    }
    assert_eq!(subjects, [own, own, own, of_account, of_account, own, own, own]);
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
    world.principal = Principal::signed_in(
        Actor::User(id(90)),
        vec![Grant { scope: Scope::Account(account()), permissions: Permissions::account_owner() }],
    );
    world.must(&say(80, Side::Customer, "Hello?"));
    let lacks = Err(No::Denied(Denied::Lacks(Permission::PlatformWrite)));
    assert_eq!(world.run(&say(80, Side::Staff, "Solved!")), lacks);
    let note =
        TicketCommand::Say { side: Side::Customer, text: "x".to_owned(), is_internal: true, way: Way::Panel };
    assert_eq!(world.run(&with(80, note)), lacks);
}

fn file(number: u8, octets: u64) -> NewFile {
    NewFile {
        side: Side::Customer,
        is_internal: false,
        name: "error.png".to_owned(),
        octets,
        hash: [number; 32],
        key: FileKey::new([9; 32]),
    }
}

#[test]
fn files_are_bounded_by_number_and_size_and_named_without_folders() {
    const MIB: u64 = 1024 * 1024;
    let mut world = with_mailbox();
    world.must(&open(80));
    world.must(&say(80, Side::Staff, "Show me"));
    let attach = |file: NewFile| with(80, TicketCommand::Attach(file));
    assert_eq!(world.refused(&attach(file(1, 0))), "TICKET_FILE_EMPTY");
    assert_eq!(world.refused(&attach(file(1, 5 * MIB + 1))), "TICKET_FILE_TOO_LARGE");
    let named = |name: &str| NewFile { name: name.to_owned(), ..file(1, 1) };
    for (name, code) in [("", "NAME_EMPTY"), ("a/", "NAME_EMPTY"), ("a\tb", "NAME_CHARACTER")] {
        assert_eq!(world.refused(&attach(named(name))), code, "{name}");
    }
    assert_eq!(world.refused(&attach(named(&"x".repeat(129)))), "NAME_TOO_LONG");
    world.must(&attach(named("C:\\Users\\..\\../etc/error.png")));
    assert_eq!(world.must(&attach(file(1, 1))), 0, "the same again is no news");
    let state = world.state::<Ticket>(account().tenant(), id(80));
    let record = state.record().expect("a ticket");
    assert_eq!(record.files[0].name.plain().map(String::as_str), Some("error.png"));
    assert_eq!(record.stage, TicketStage::AwaitingStaff, "the customer has answered");
    for number in 2..5 {
        world.must(&attach(file(number, 5 * MIB)));
    }
    assert_eq!(world.refused(&attach(file(9, 5 * MIB))), "TICKET_FILES_TOO_LARGE");
    for number in 5..21 {
        world.must(&attach(file(number, 1)));
    }
    assert_eq!(world.refused(&attach(file(21, 1))), "TICKET_FILE_LIMIT");
    assert_eq!(world.refused(&with(81, TicketCommand::Attach(file(1, 1)))), "TICKET_NOT_FOUND");
    world.must(&with(80, TicketCommand::Resolve));
    world.now = Timestamp::from_secs(world.now.secs() + 30 * 86_400);
    assert_eq!(world.refused(&attach(file(30, 1))), "TICKET_CLOSED");
}

#[test]
fn the_desk_takes_tickets_and_says_how_much_they_hurry() {
    let mut world = with_mailbox();
    world.must(&open(80));
    let (take, hurry) =
        (TicketCommand::Assign(Some(id(7))), TicketCommand::SetPriority(TicketPriority::Urgent));
    assert_eq!(world.must(&with(80, take.clone())), 1);
    assert_eq!(world.must(&with(80, take.clone())), 0, "the same again is no news");
    assert_eq!(world.must(&with(80, hurry.clone())), 1);
    assert_eq!(world.must(&with(80, hurry.clone())), 0);
    let state = world.state::<Ticket>(account().tenant(), id(80));
    let record = state.record().expect("a ticket");
    assert_eq!((record.assignee, record.priority), (Some(id(7)), TicketPriority::Urgent));
    assert_eq!(record.stage, TicketStage::AwaitingStaff, "nobody has answered");
    world.principal = Principal::signed_in(
        Actor::User(id(90)),
        vec![Grant { scope: Scope::Account(account()), permissions: Permissions::account_owner() }],
    );
    let of_staff = NewFile { side: Side::Staff, ..file(1, 1) };
    for command in [take, hurry, TicketCommand::Attach(of_staff)] {
        let lacks = Err(No::Denied(Denied::Lacks(Permission::PlatformWrite)));
        assert_eq!(world.run(&with(80, command)), lacks);
    }
    world.must(&with(80, TicketCommand::Attach(file(1, 1))));
}

fn rate(stars: u8) -> TicketCommand {
    TicketCommand::Rate { stars, words: " quick ".to_owned() }
}

#[test]
fn a_ticket_goes_on_in_another_and_nothing_more_is_said_in_it() {
    let mut world = with_mailbox();
    world.must(&open(80));
    world.must(&open(81));
    let merge = |ticket, into| MergeTickets { account: account(), ticket: id(ticket), into: id(into) };
    assert_eq!(world.refused(&merge(80, 80)), "TICKET_MERGE_ITSELF");
    assert_eq!(world.refused(&merge(80, 99)), "TICKET_NOT_FOUND");
    world.must(&with(80, TicketCommand::Resolve));
    world.must(&merge(81, 80));
    assert_eq!(world.run(&merge(81, 80)), Ok(0), "again it changes nothing");
    let into = world.state::<Ticket>(account().tenant(), id(80));
    let into = into.record().expect("a ticket");
    assert_eq!(
        (into.stage, into.taken_in.as_slice()),
        (TicketStage::AwaitingStaff, &[id(81)][..]),
        "what waited waits"
    );
    assert_eq!(world.refused(&say(81, Side::Customer, "more")), "TICKET_MERGED");
    for command in [TicketCommand::Reopen, rate(5)] {
        assert_eq!(world.refused(&with(81, command)), "TICKET_MERGED");
    }
    // In a circle nothing would be read any more.
    assert_eq!(world.refused(&merge(80, 81)), "TICKET_MERGED");
    assert_eq!(world.refused(&with(80, TicketCommand::TakeIn(id(9)))), "TICKET_MERGE_ITSELF");
}

#[test]
fn a_ticket_is_rated_once_it_is_resolved_and_for_thirty_days() {
    let mut world = with_mailbox();
    world.must(&open(80));
    assert_eq!(world.refused(&with(80, rate(5))), "TICKET_NOT_RESOLVED");
    world.must(&with(80, TicketCommand::Resolve));
    for stars in [0, 6, 255] {
        assert_eq!(world.refused(&with(80, rate(stars))), "TICKET_STARS");
    }
    assert_eq!(world.run(&with(80, rate(5))), Ok(1));
    assert_eq!(world.run(&with(80, rate(5))), Ok(0));
    assert_eq!(world.run(&with(80, rate(1))), Ok(1), "who thinks otherwise later says so");
    world.now = world.now.plus(std::time::Duration::from_secs(31 * 24 * 3600));
    assert_eq!(world.refused(&with(80, rate(2))), "TICKET_CLOSED");
}

#[test]
fn only_what_waits_for_the_customer_is_resolved_by_itself() {
    let mut world = with_mailbox();
    world.must(&open(80));
    assert_eq!(world.run(&with(80, TicketCommand::ResolveIdle)), Ok(0), "the support has not answered");
    world.must(&say(80, Side::Staff, "Try again"));
    world.must(&with(80, TicketCommand::ResolveIdle));
    assert_eq!(world.run(&with(80, TicketCommand::ResolveIdle)), Ok(0));
}
