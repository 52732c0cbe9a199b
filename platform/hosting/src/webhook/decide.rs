//! The rules of a webhook.

use kernel::{AccountId, Category, Decider, Sealed, SubjectId, Timestamp, WebhookId};

use super::{
    NewWebhook, Pause, PreviousSecret, WebhookCommand, WebhookEvent, WebhookRecord, WebhookState,
    WebhookStatus, WebhookTerms, WebhookUrl,
};
use crate::HostingRefusal;
use crate::limit::{DISPLAY_NAME_CHARACTER_COUNT_MAX, WEBHOOK_CHANGE_COUNT_MAX, WEBHOOK_REPLAY_COUNT_MAX};
use crate::refusal::Limit;

/// The noun; its history is the stream `webhook/{WebhookId}`.
pub struct Webhook;

impl Decider for Webhook {
    const CATEGORY: Category = Category("webhook");
    type Id = WebhookId;
    type State = WebhookState;
    type Event = WebhookEvent;
    type Command = WebhookCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(state: WebhookState, event: &WebhookEvent) -> WebhookState {
        match (state, event) {
            (_, WebhookEvent::Registered { account, url, kinds, description, secret }) => {
                WebhookState::Present(Box::new(WebhookRecord {
                    account: *account,
                    url: url.clone(),
                    kinds: kinds.clone(),
                    description: description.clone(),
                    secret: secret.clone(),
                    previous: None,
                    status: WebhookStatus::Active,
                    revision: 0,
                    change_count: 0,
                }))
            }
            (WebhookState::Present(_), WebhookEvent::Removed) => WebhookState::Removed,
            (WebhookState::Present(mut record), event) => {
                change(&mut record, event);
                WebhookState::Present(record)
            }
            (state @ (WebhookState::Absent | WebhookState::Removed), _) => state,
        }
    }

    fn decide(
        state: &WebhookState,
        command: WebhookCommand,
        (): &(),
        now: Timestamp,
    ) -> Result<Vec<WebhookEvent>, HostingRefusal> {
        use WebhookCommand as C;
        let record = match (state, command) {
            (WebhookState::Absent, C::Register(new)) => return register(new),
            (WebhookState::Present(_) | WebhookState::Removed, C::Register(_)) => {
                return Err(HostingRefusal::WebhookExists);
            }
            (WebhookState::Removed, C::Remove) => return Ok(vec![]),
            (WebhookState::Absent | WebhookState::Removed, _) => return Err(HostingRefusal::WebhookNotFound),
            (WebhookState::Present(_), C::Remove) => return Ok(vec![WebhookEvent::Removed]),
            (WebhookState::Present(record), command) => (record, command),
        };
        let (record, command) = record;
        if record.change_count >= WEBHOOK_CHANGE_COUNT_MAX {
            let limit = Limit { allowed: WEBHOOK_CHANGE_COUNT_MAX.into(), used: record.change_count.into() };
            return Err(HostingRefusal::WebhookChangeLimitReached(limit));
        }
        match command {
            C::Register(_) | C::Remove => Ok(vec![]),
            C::Change(terms) => change_terms(record, terms),
            C::RotateSecret { secret, previous_until } => {
                let secret = Sealed::new(SubjectId::of_account(record.account), secret);
                let previous_until = previous_until.max(now);
                Ok(vec![WebhookEvent::SecretRotated { secret, previous_until }])
            }
            C::Pause(cause) => Ok(match record.status {
                WebhookStatus::Paused(known) if known == cause || cause != Pause::Wanted => vec![],
                WebhookStatus::Active | WebhookStatus::Paused(_) => vec![WebhookEvent::Paused { cause }],
            }),
            C::Resume(from) => Ok(match record.status {
                WebhookStatus::Active => vec![],
                WebhookStatus::Paused(_) => vec![WebhookEvent::Resumed { from }],
            }),
            C::Test => active(record).map(|()| vec![WebhookEvent::TestRequested]),
            C::Replay { from, to } => {
                active(record)?;
                let count = to.0.checked_sub(from.0).and_then(|between| between.checked_add(1));
                match count.filter(|_| from.0 > 0) {
                    None => Err(HostingRefusal::WebhookReplayOrder),
                    Some(count) if count > WEBHOOK_REPLAY_COUNT_MAX => {
                        let limit = Limit { allowed: WEBHOOK_REPLAY_COUNT_MAX, used: count };
                        Err(HostingRefusal::WebhookReplayTooLong(limit))
                    }
                    Some(_) => Ok(vec![WebhookEvent::ReplayRequested { from, to }]),
                }
            }
        }
    }
}

fn active(record: &WebhookRecord) -> Result<(), HostingRefusal> {
    match record.status {
        WebhookStatus::Active => Ok(()),
        WebhookStatus::Paused(_) => Err(HostingRefusal::WebhookPaused),
    }
}

fn register(new: NewWebhook) -> Result<Vec<WebhookEvent>, HostingRefusal> {
    let (url, description) = parsed(new.account, &new.terms)?;
    let secret = Sealed::new(SubjectId::of_account(new.account), new.secret);
    Ok(vec![WebhookEvent::Registered {
        account: new.account,
        url,
        kinds: new.terms.kinds,
        description,
        secret,
    }])
}

fn change_terms(record: &WebhookRecord, terms: WebhookTerms) -> Result<Vec<WebhookEvent>, HostingRefusal> {
    let (url, description) = parsed(record.account, &terms)?;
    let is_same = record.url == url && record.kinds == terms.kinds && record.description == description;
    Ok(if is_same { vec![] } else { vec![WebhookEvent::Changed { url, kinds: terms.kinds, description }] })
}

type Parsed = (Sealed<WebhookUrl>, Option<Sealed<String>>);

fn parsed(account: AccountId, terms: &WebhookTerms) -> Result<Parsed, HostingRefusal> {
    let subject = SubjectId::of_account(account);
    let url = Sealed::new(subject, WebhookUrl::parse(&terms.url, terms.reach)?);
    let description =
        crate::text::optional_name(terms.description.as_deref(), DISPLAY_NAME_CHARACTER_COUNT_MAX)
            .map_err(|refusal| refusal.of("description"))?;
    Ok((url, description.map(|text| Sealed::new(subject, text))))
}

fn change(record: &mut WebhookRecord, event: &WebhookEvent) {
    record.change_count = record.change_count.saturating_add(1);
    match event {
        WebhookEvent::Changed { url, kinds, description } => {
            record.revision = record.revision.saturating_add(1);
            record.url = url.clone();
            record.kinds = kinds.clone();
            record.description = description.clone();
        }
        WebhookEvent::SecretRotated { secret, previous_until } => {
            let before = std::mem::replace(&mut record.secret, secret.clone());
            record.previous = Some(PreviousSecret { secret: before, until: *previous_until });
        }
        WebhookEvent::Paused { cause } => record.status = WebhookStatus::Paused(*cause),
        WebhookEvent::Resumed { .. } => record.status = WebhookStatus::Active,
        WebhookEvent::Registered { .. }
        | WebhookEvent::TestRequested
        | WebhookEvent::ReplayRequested { .. }
        | WebhookEvent::Removed => {}
    }
}
