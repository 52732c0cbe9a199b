//! The rules of a book.

use std::marker::PhantomData;

use kernel::{Category, Decider, Sealed, Timestamp};

use super::{BookCommand, BookEvent, BookState, Entry, EntryRecord, Home, Hosted, Others};
use crate::HostingRefusal;
use crate::limit::BOOK_CHANGE_COUNT_MAX;
use crate::refusal::Limit;
use crate::settings::check_revision;

/// The noun; its history is the stream `<kind of entry>/{id of the owner}`.
#[derive(Debug)]
pub struct Book<E>(PhantomData<E>);

impl<E: Entry> Decider for Book<E> {
    const CATEGORY: Category = E::WORDS.category;
    type Id = <E::Owner as Decider>::Id;
    type State = BookState<E>;
    type Event = BookEvent<E>;
    type Command = BookCommand<E>;
    /// Where the book belongs.
    type Facts = Home;
    type Refusal = HostingRefusal;

    fn evolve(mut state: BookState<E>, event: &BookEvent<E>) -> BookState<E> {
        state.change_count = state.change_count.saturating_add(1);
        match event {
            BookEvent::Added { entry, content, .. } => {
                state.entries.insert(*entry, EntryRecord { content: content.clone(), revision: 0 });
            }
            BookEvent::Changed { entry, content, .. } => {
                if let Some(record) = state.entries.get_mut(entry) {
                    record.content = content.clone();
                    record.revision = record.revision.saturating_add(1);
                }
            }
            BookEvent::Removed { entry } => {
                state.entries.remove(entry);
            }
        }
        state
    }

    fn decide(
        state: &BookState<E>,
        command: BookCommand<E>,
        home: &Home,
        _: Timestamp,
    ) -> Result<Vec<BookEvent<E>>, HostingRefusal> {
        match command {
            BookCommand::Add { entry, patch } => add(state, entry, *patch, home),
            BookCommand::Change { entry, patch, revision } => {
                let record = state.entries.get(&entry).ok_or(E::REFUSALS.not_found)?;
                check_revision(revision, record.revision)?;
                check_room(state)?;
                let known = record.plain().ok_or(E::REFUSALS.not_found)?;
                let content = known.with(*patch).settled(home, &others(state, entry))?;
                let changed = names(known, &content);
                if changed.is_empty() {
                    return Ok(vec![]);
                }
                let mut events = displaced(state, entry, &content, home);
                let content = Sealed::new(home.subject, Box::new(content));
                events.push(BookEvent::Changed { entry, content, changed });
                Ok(events)
            }
            BookCommand::Remove { entry } if state.entries.contains_key(&entry) => {
                Ok(vec![BookEvent::Removed { entry }])
            }
            BookCommand::Remove { .. } => Err(E::REFUSALS.not_found),
        }
    }
}

fn add<E: Entry>(
    state: &BookState<E>,
    entry: E::Id,
    patch: E::Patch,
    home: &Home,
) -> Result<Vec<BookEvent<E>>, HostingRefusal> {
    let content = E::default().with(patch).settled(home, &others(state, entry))?;
    if let Some(record) = state.entries.get(&entry) {
        return if record.plain() == Some(&content) { Ok(vec![]) } else { Err(E::REFUSALS.exists) };
    }
    if state.entries.len() >= E::COUNT_MAX {
        return Err((E::REFUSALS.limit)(Limit::count(E::COUNT_MAX, state.entries.len())));
    }
    check_room(state)?;
    let mut events = displaced(state, entry, &content, home);
    events.push(BookEvent::added(entry, home, content));
    Ok(events)
}

/// A stream holds so many events; what can still be done then is to take entries away.
fn check_room<E: Entry>(state: &BookState<E>) -> Result<(), HostingRefusal> {
    if state.change_count < BOOK_CHANGE_COUNT_MAX {
        return Ok(());
    }
    let (allowed, used) = (BOOK_CHANGE_COUNT_MAX.into(), state.change_count.into());
    Err(HostingRefusal::BookChangeLimit(Limit { allowed, used }))
}

fn others<E: Entry>(state: &BookState<E>, entry: E::Id) -> Others<'_, E> {
    let others = state.entries.iter().filter(|(id, _)| **id != entry);
    others.filter_map(|(id, record)| Some((*id, record.plain()?))).collect()
}

fn names<E: Entry>(from: &E, to: &E) -> Vec<String> {
    from.differing_in(to).into_iter().map(str::to_owned).collect()
}

/// What happens to the other entries because of this one.
fn displaced<E: Entry>(state: &BookState<E>, entry: E::Id, content: &E, home: &Home) -> Vec<BookEvent<E>> {
    let changed = others(state, entry).into_iter().filter_map(|(id, other)| {
        let after = content.displaced(other)?;
        let changed = names(other, &after);
        let content = Sealed::new(home.subject, Box::new(after));
        (!changed.is_empty()).then_some(BookEvent::Changed { entry: id, content, changed })
    });
    changed.collect()
}

impl<E: Entry> Book<E> {
    /// Where the book of an owner belongs.
    ///
    /// # Errors
    /// The owner is not there, or not any more.
    pub fn home(
        account: kernel::AccountId,
        owner: <E::Owner as Decider>::Id,
        state: &<E::Owner as Decider>::State,
    ) -> Result<Home, HostingRefusal> {
        E::Owner::home(account, owner, state)
    }
}
