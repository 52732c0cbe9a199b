//! Running a change of a book, and what its removal answers.

use async_graphql::{Context, Result};
use hosting::book::{Book, BookCommand, Entry};
use hosting::pattern::PatternFault;
use hosting::use_case::EditBook;
use kernel::{AccountId, CommandId, Decider, Key, ServiceId};

use crate::payload::{Answer, Faults, run};
use crate::plan::bought::{named_plans, run_in_plan};
use crate::request::{Asked, boxed};

/// The book that is to be changed, and whose command it is.
#[derive(Debug)]
pub(crate) struct Edit<E: Entry> {
    pub(crate) account: AccountId,
    pub(crate) owner: <E::Owner as Decider>::Id,
    pub(crate) command: CommandId,
}

impl<E: Entry> Edit<E> {
    /// Adds `entry`.
    pub(crate) async fn add(
        self,
        ctx: &Context<'_>,
        entry: E::Id,
        patch: E::Patch,
    ) -> Result<Answer<(AccountId, E::Id)>> {
        let key = (self.account, entry);
        self.run(ctx, BookCommand::Add { entry, patch: Box::new(patch) }, key).await
    }

    /// Changes `entry`.
    pub(crate) async fn change(
        self,
        ctx: &Context<'_>,
        (entry, patch): (E::Id, E::Patch),
        revision: Option<u32>,
    ) -> Result<Answer<(AccountId, E::Id)>> {
        let command = BookCommand::Change { entry, patch: Box::new(patch), revision };
        let key = (self.account, entry);
        self.run(ctx, command, key).await
    }

    /// Removes `entry`.
    pub(crate) async fn remove(self, ctx: &Context<'_>, entry: E::Id) -> Result<Answer<E::Id>> {
        self.run(ctx, BookCommand::Remove { entry }, entry).await
    }

    #[boxed]
    async fn run<K: Send>(self, ctx: &Context<'_>, command: BookCommand<E>, key: K) -> Result<Answer<K>> {
        let by_owner = ctx.by_owner()?;
        let service = match E::IS_COUNTED {
            true => self.service(ctx).await?,
            false => None,
        };
        let edit = EditBook::<E> { account: self.account, owner: self.owner, command, by_owner, service };
        if let Some(service) = service {
            let answer = run(ctx, self.command, &edit, key).await?;
            return named_plans(ctx, (edit.account, &[service]), answer).await;
        }
        match E::MAY_TAKE_FEATURE {
            true => run_in_plan(ctx, self.command, (edit.account, edit), key).await,
            false => run(ctx, self.command, &edit, key).await,
        }
    }
}

impl<E: Entry> Edit<E> {
    /// The service of the owner; none where the owner is not there. Only to complete what asks the authority itself.
    async fn service(&self, ctx: &Context<'_>) -> Result<Option<ServiceId>> {
        let owner = ctx.platform()?.engine.load(self.account.tenant(), &Key::<E::Owner>(self.owner)).await;
        let owner = owner.map_err(|error| ctx.failed("reading who keeps a book", &error))?;
        Ok(Book::<E>::home(self.account, self.owner, &owner).ok().and_then(|home| home.service))
    }
}

/// Notes why a regular expression cannot be taken; the model refuses it as well, without saying why.
pub(crate) fn pattern(faults: &mut Faults, field: &str, text: Option<&str>) {
    let Some(Err(fault)) = text.map(hosting::pattern::check) else { return };
    let french = match &fault {
        PatternFault::TooLong => "une expression régulière a au plus 1000 octets".to_owned(),
        PatternFault::TooLarge => "cette expression régulière répète trop".to_owned(),
        PatternFault::Unreadable(why) => format!("cette expression régulière est illisible : {why}"),
    };
    faults.add(field, &fault.to_string(), &french);
}

/// A payload type of a removal: `<Noun>RemovePayload { <noun>Id, userErrors, position }`.
macro_rules! removal {
    ($(#[$doc:meta])* $name:ident { $field:ident: $key:ident of $id:ty }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub(crate) $crate::payload::Answer<$id>);

        $(#[$doc])*
        #[async_graphql::Object]
        impl $name {
            /// The id that names nothing any more; none where the mutation was refused.
            async fn $field(&self) -> Option<$key> {
                match &self.0 {
                    $crate::payload::Answer::Done { key, .. } => Some($key(*key)),
                    $crate::payload::Answer::Refused(_) => None,
                }
            }

            /// Why the mutation was refused; empty where it was done.
            async fn user_errors(&self) -> &[$crate::payload::UserError] {
                self.0.errors()
            }

            /// Where the change stands: give it as `atLeast` to a query that must show it.
            async fn position(&self) -> Option<$crate::scalar::Place> {
                self.0.cursor().map($crate::scalar::Place)
            }
        }
    };
}
pub(crate) use removal;
