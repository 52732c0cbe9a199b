//! Webhooks: where they lead, what they are told, how they pause.

use std::collections::BTreeSet;

use crate::support::id;
use crate::support::samples::samples;
use crate::support::stage::{account, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::use_case::{ChangeWebhook, RegisterWebhook};
use hosting::webhook::{
    Kinds, Pause, Reach, Resumption, Webhook, WebhookCommand, WebhookRecord, WebhookSecret, WebhookStatus,
    WebhookTerms, known,
};
use kernel::{Actor, Position, Timestamp};

fn terms(url: &str) -> WebhookTerms {
    let kinds = Kinds::parse(["mailbox.*"]).expect("kinds");
    WebhookTerms { url: url.to_owned(), reach: Reach::Public, kinds, description: None }
}

fn secret(letter: char) -> WebhookSecret {
    WebhookSecret::new(format!("whsec_{}", String::from(letter).repeat(32))).expect("a secret")
}

fn register(number: u128) -> RegisterWebhook {
    let terms = terms("https://shop.example/hook");
    RegisterWebhook { account: account(), webhook: id(number), terms, secret: secret('a') }
}

fn with(number: u128, command: WebhookCommand) -> ChangeWebhook {
    ChangeWebhook { account: account(), webhook: id(number), command }
}

fn record(world: &World, number: u128) -> WebhookRecord {
    world.state::<Webhook>(account().tenant(), id(number)).record().expect("a webhook").clone()
}

#[test]
fn an_account_has_twenty_webhooks_at_most() {
    let mut world = with_mailbox();
    for number in 0..20 {
        world.must(&register(100 + number));
    }
    assert_eq!(world.refused(&register(200)), "WEBHOOK_LIMIT_REACHED");
    world.must(&with(100, WebhookCommand::Remove));
    world.must(&register(200));
    assert_eq!(world.refused(&with(100, WebhookCommand::Test)), "WEBHOOK_NOT_FOUND");
    assert_eq!(world.refused(&register(100)), "WEBHOOK_EXISTS");
}

#[test]
fn the_kinds_that_can_be_named_are_those_that_happen() {
    let happening: BTreeSet<String> =
        samples().iter().map(|(event, _)| event.kind().name.to_string()).collect();
    let known: Vec<&str> = known().collect();
    assert_eq!(known, happening.iter().map(String::as_str).collect::<Vec<_>>(), "src/webhook/kinds.txt");
}

#[test]
fn for_a_while_two_secrets_sign() {
    let mut world = with_mailbox();
    world.must(&register(80));
    let until = Timestamp::from_secs(world.now.secs() + 3600);
    world.must(&with(80, WebhookCommand::RotateSecret { secret: secret('b'), previous_until: until }));
    let record = record(&world, 80);
    assert_eq!(record.secret.plain(), Some(&secret('b')));
    let previous = record.previous.expect("the one before");
    assert_eq!((previous.secret.plain(), previous.until), (Some(&secret('a')), until));
}

#[test]
fn what_pauses_by_itself_is_resumed_by_its_owner() {
    let mut world = with_mailbox();
    world.must(&register(80));
    world.must(&with(80, WebhookCommand::Pause(Pause::Failing)));
    assert_eq!(record(&world, 80).status, WebhookStatus::Paused(Pause::Failing));
    assert_eq!(world.refused(&with(80, WebhookCommand::Test)), "WEBHOOK_PAUSED");
    assert_eq!(world.must(&with(80, WebhookCommand::Pause(Pause::Gone))), 0, "it is paused already");
    world.must(&with(80, WebhookCommand::Resume(Resumption::Now)));
    assert_eq!(record(&world, 80).status, WebhookStatus::Active);
}

#[test]
fn a_replay_names_its_ends_in_order_and_is_bounded() {
    let mut world = with_mailbox();
    world.must(&register(80));
    let replay = |from, to| with(80, WebhookCommand::Replay { from: Position(from), to: Position(to) });
    world.must(&replay(3, 3));
    world.must(&replay(1, 10_000));
    assert_eq!(world.refused(&replay(1, 10_001)), "WEBHOOK_REPLAY_TOO_LONG");
    assert_eq!(world.refused(&replay(4, 3)), "WEBHOOK_REPLAY_ORDER");
    assert_eq!(world.refused(&replay(0, 3)), "WEBHOOK_REPLAY_ORDER");
}

#[test]
fn an_address_is_checked_when_it_is_given_and_when_it_changes() {
    let mut world = with_mailbox();
    world.must(&register(80));
    let to = |url: &str| with(80, WebhookCommand::Change(terms(url)));
    assert_eq!(world.must(&to("https://shop.example/hook")), 0, "already so");
    assert_eq!(world.must(&to("https://shop.example/other")), 1);
    assert_eq!(world.refused(&to("http://shop.example/other")), "WEBHOOK_URL_NOT_HTTPS");
    assert_eq!(world.refused(&to("nowhere")), "WEBHOOK_URL");
}

#[test]
fn whoever_lets_events_be_told_elsewhere_must_be_allowed_to_read_them() {
    let mut world = with_mailbox();
    let permissions: Permissions = [Permission::AccountWrite].into_iter().collect();
    world.principal = Principal::signed_in(
        Actor::User(id(2)),
        vec![Grant { scope: Scope::Account(account()), permissions }],
    );
    assert_eq!(world.run(&register(80)), Err(No::Denied(Denied::Lacks(Permission::EventRead))));
}
