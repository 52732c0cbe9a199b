//! Files of tickets: kept sealed beside the journal, given to whoever may read the ticket.

use std::sync::Arc;

use authority::{Need, Permission, Principal, Resource};
use database::Blobs;
use engine::{Engine, Outcome};
use hosting::ticket::{FileKey, NewFile, Side, Ticket, TicketCommand, TicketFile, TicketRecord};
use hosting::use_case::AnswerTicket;
use kernel::{AccountId, Actor, CommandId, CommandName, CorrelationId, Intention, Key, TicketId, UserId};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};

use crate::api::{Api, Knock};
use crate::document::serve::NoBytes;
use crate::payload::UserError;
use crate::wiring::text;

/// A file on its way into a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenFile {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub octets: Vec<u8>,
    /// Whether only the support gets it.
    pub is_internal: bool,
}

/// A file on its way to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenFile {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub octets: Vec<u8>,
}

/// Why a file was not taken.
#[derive(Debug, Clone)]
pub enum NotTaken {
    /// Nobody is signed in, there is no such ticket, or the machine failed.
    No(NoBytes),
    /// The caller sees the ticket and may not do this.
    Forbidden,
    /// The model says no.
    Refused(UserError),
}

/// What a page asks for that no mutation does: a file is no JSON.
const ATTACH: CommandName = CommandName::new("ticketFileAttach");

/// Lays files beside what is said in tickets.
#[derive(Clone)]
pub struct TicketFiles {
    /// Runs use cases.
    pub engine: Arc<Engine>,
    /// Keeps what is sealed.
    pub blobs: Blobs,
}

impl std::fmt::Debug for TicketFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketFiles")
    }
}

impl TicketFiles {
    /// Lays a file beside a ticket as `principal`.
    ///
    /// # Errors
    /// The machine failed; the log says why.
    pub async fn attach(
        &self,
        (principal, command, correlation): (&Principal, Intention, CorrelationId),
        (account, ticket): (AccountId, TicketId),
        (side, file): (Side, GivenFile),
    ) -> Result<Outcome<hosting::HostingRefusal>, NoBytes> {
        let failed = |what: &'static str| {
            tracing::error!(%correlation, what, "a file of a ticket");
            NoBytes::Failed
        };
        let size = file.octets.len() as u64;
        let (key, sealed) = sealed(file.octets).ok_or_else(|| failed("sealing"))?;
        let hash: [u8; 32] = digest(&SHA256, &sealed).as_ref().try_into().unwrap_or_default();
        let attach = |hash| AnswerTicket {
            account,
            ticket,
            author: user_of(principal),
            command: TicketCommand::Attach(NewFile {
                side,
                is_internal: file.is_internal,
                name: file.name.clone(),
                octets: size,
                hash,
                key: key.clone(),
            }),
        };
        // Asked before anything is kept: what the model refuses takes no room.
        let use_case = attach(hash);
        let state = self.engine.load(account.tenant(), &kernel::UseCase::reads(&use_case)).await;
        let state = state.map_err(|_| failed("reading the ticket"))?;
        if let Err(refusal) = kernel::UseCase::decide(&use_case, &state, self.engine.now()) {
            return Ok(Outcome::Refused(refusal));
        }
        // Kept first: an event never names octets that are not there.
        let kept = self.blobs.keep(sealed, self.engine.now().millis()).await;
        kept.map_err(|_| failed("keeping it"))?;
        let outcome = self.engine.run(principal, command, correlation, &use_case).await;
        outcome.map_err(|_| failed("running the use case"))
    }

    /// Whose a ticket is: for answers that come by mail, which name the ticket alone.
    ///
    /// # Errors
    /// [`database::DatabaseError`].
    pub async fn account_of(&self, ticket: TicketId) -> Result<Option<AccountId>, database::DatabaseError> {
        let row = self.engine.query(super::query::owner(ticket)).await?;
        row.first().map(|row| row.uuid(0).map(AccountId::new)).transpose()
    }

    async fn record(&self, account: AccountId, ticket: TicketId) -> Result<TicketRecord, NoBytes> {
        let state = self.engine.load(account.tenant(), &Key::<Ticket>(ticket)).await;
        let state = state.map_err(|error| {
            tracing::error!(%error, "reading a ticket");
            NoBytes::Failed
        })?;
        state.record().cloned().ok_or(NoBytes::NotFound)
    }

    /// What is in a file.
    async fn read(&self, file: &TicketFile) -> Result<TakenFile, NoBytes> {
        // Once erased there is no key, and nobody reads it.
        let (Some(name), Some(key)) = (file.name.plain(), file.key.plain()) else {
            return Err(NoBytes::NotFound);
        };
        let kept = self.blobs.get(&file.hash).await;
        let kept = kept.map_err(|error| {
            tracing::error!(%error, "reading a file of a ticket");
            NoBytes::Failed
        })?;
        let octets = kept.and_then(|kept| opened(key, kept)).ok_or(NoBytes::Failed)?;
        Ok(TakenFile { name: name.clone(), octets })
    }
}

impl Api {
    /// Lays a file beside a ticket, if whoever knocks may go on with it.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn ticket_file_give(
        &self,
        knock: &Knock,
        (account, ticket): (AccountId, TicketId),
        file: GivenFile,
    ) -> Result<(), NotTaken> {
        let (principal, home, may_answer) =
            self.comer(knock, (account, ticket)).await.map_err(NotTaken::No)?;
        if !may_answer {
            return Err(NotTaken::No(NoBytes::NotFound));
        }
        let staff = Need { permission: Permission::PlatformWrite, resource: Resource::account(account) };
        let is_staff = authority::may(&principal, &staff).is_ok();
        let side = if is_staff { Side::Staff } else { Side::Customer };
        let mut principal = principal;
        if account != home {
            principal.on_behalf_of = Some(account);
        }
        let command = CommandId::new(uuid::Uuid::now_v7()).named(ATTACH);
        let given = (&principal, command, knock.correlation);
        match self
            .ticket_files()
            .attach(given, (account, ticket), (side, file))
            .await
            .map_err(NotTaken::No)?
        {
            Outcome::Done { .. } => Ok(()),
            Outcome::Denied(_) => Err(NotTaken::Forbidden),
            Outcome::Refused(refusal) => {
                use kernel::Refusal as _;
                Err(NotTaken::Refused(UserError {
                    code: refusal.code().to_owned(),
                    field: refusal.field().map(str::to_owned),
                    message: text(&refusal, knock.language),
                    limits: refusal.limits().into_iter().map(Into::into).collect(),
                }))
            }
        }
    }

    /// Whether whoever knocks may go on with a ticket: asked before a file is read from the network.
    ///
    /// # Errors
    /// [`NoBytes`] where not.
    pub async fn ticket_is_open_to(&self, knock: &Knock, at: (AccountId, TicketId)) -> Result<(), NoBytes> {
        let (_, _, may_answer) = self.comer(knock, at).await?;
        if may_answer { Ok(()) } else { Err(NoBytes::NotFound) }
    }

    /// The file of that number, counted from 1, if whoever knocks may read the ticket.
    ///
    /// # Errors
    /// [`NoBytes`].
    pub async fn ticket_file(
        &self,
        knock: &Knock,
        (account, ticket): (AccountId, TicketId),
        number: usize,
    ) -> Result<TakenFile, NoBytes> {
        let (principal, _, may_answer) = self.comer(knock, (account, ticket)).await?;
        if !may_answer {
            return Err(NoBytes::NotFound);
        }
        let files = self.ticket_files();
        let record = files.record(account, ticket).await?;
        let file =
            number.checked_sub(1).and_then(|index| record.files.get(index)).ok_or(NoBytes::NotFound)?;
        let staff = Need { permission: Permission::PlatformWrite, resource: Resource::account(account) };
        if file.is_internal && authority::may(&principal, &staff).is_err() {
            return Err(NoBytes::NotFound);
        }
        files.read(file).await
    }

    fn ticket_files(&self) -> TicketFiles {
        let platform = self.platform();
        TicketFiles { engine: Arc::clone(&platform.engine), blobs: platform.blobs.clone() }
    }

    /// Who knocks, where they are at home, and whether the ticket is open to them.
    async fn comer(
        &self,
        knock: &Knock,
        (account, ticket): (AccountId, TicketId),
    ) -> Result<(Principal, AccountId, bool), NoBytes> {
        let standing = self.caller(knock).standing.filter(|standing| standing.demand.is_none());
        let standing = standing.ok_or(NoBytes::Unauthenticated)?;
        let record = self.ticket_files().record(account, ticket).await?;
        let resource = Resource::account(account);
        let resource = record.service.map_or(resource, |service| resource.in_service(service));
        let need = Need { permission: Permission::TicketWrite, resource };
        let is_open = authority::may(&standing.principal, &need).is_ok();
        Ok((standing.principal, standing.home, is_open))
    }
}

/// The user who acts.
pub(super) const fn user_of(principal: &Principal) -> Option<UserId> {
    match principal.actor {
        Actor::User(user) => Some(user),
        Actor::Mailbox(_) | Actor::Operator | Actor::Platform(_) => None,
    }
}

/// Octets under a key that is made for them alone, so that the nonce may be the same for all.
fn sealed(mut octets: Vec<u8>) -> Option<(FileKey, Vec<u8>)> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).ok()?;
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    cipher(&key)?.seal_in_place_append_tag(nonce, Aad::empty(), &mut octets).ok()?;
    Some((FileKey::new(key), octets))
}

fn opened(key: &FileKey, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    let length = cipher(key.octets())?.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?.len();
    sealed.truncate(length);
    Some(sealed)
}

fn cipher(key: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, key).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_sealed_and_opened_by_its_own_key_alone() {
        let (key, kept) = sealed(b"alice@demo.example".to_vec()).expect("chance");
        assert!(!kept.windows(5).any(|window| window == b"alice"));
        assert_eq!(opened(&key, kept.clone()).as_deref(), Some(&b"alice@demo.example"[..]));
        let (other, again) = sealed(b"alice@demo.example".to_vec()).expect("chance");
        assert_ne!(kept, again, "each file has a key of its own");
        assert_eq!(opened(&other, kept.clone()), None);
        let mut changed = kept;
        changed[0] ^= 1;
        assert_eq!(opened(&key, changed), None, "what a disk has changed is no file");
    }
}
