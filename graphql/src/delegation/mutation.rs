//! Changing delegations.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, Result};
use authority::{Grant, Permission, Permissions, Principal, Scope};
use hosting::delegation::{Answer as Wish, DelegationScope, Terms};
use hosting::use_case::{AnswerInvitation, AtRevision, ChangeDelegation, EndDelegation, InviteDelegate};
use kernel::{AccountId, Actor, DelegationId, EmailAddress, UserId};

use super::object::{Delegation, DelegationPreset};
use super::query::{PROJECTION, read};
use crate::access::now;
use crate::access::secret::{Opens, Secret};
use crate::error::Fault;
use crate::limit::INVITATION_DAYS;
use crate::payload::{Answer, Faults, UserError, command, payload, run, run_as, secret_payload};
use crate::request::Asked;
use crate::scalar::{AccountKey, DelegationKey, DomainKey, Moment, Place, ServiceKey, Uid};
use crate::user::mutation::scopes;

payload! {
    /// What a change of a delegation came to.
    DelegationPayload { delegation: Delegation, by (AccountId, DelegationId), PROJECTION, read }
}

secret_payload! {
    /// What an invitation came to.
    DelegationInvitePayload {
        delegation: Delegation, by (AccountId, DelegationId), PROJECTION, read;
        /// What the invited person gives to `delegationAccept` or `delegationDecline`, within seven days. It is
        /// mailed to them as well. Shown this once: a repeat of the same `commandId` gives none.
        invitation
    }
}

/// What an answer to an invitation, or giving a delegation back, came to.
#[derive(Debug, Clone)]
pub struct DelegationAnswerPayload(Answer<AccountId>);

/// What an answer to an invitation, or giving a delegation back, came to.
#[Object]
impl DelegationAnswerPayload {
    /// The account that it is about; none where the mutation was refused.
    async fn account_id(&self) -> Option<AccountKey> {
        match &self.0 {
            Answer::Done { key, .. } => Some(AccountKey(*key)),
            Answer::Refused(_) => None,
        }
    }

    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[UserError] {
        self.0.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.0.cursor().map(Place)
    }
}

/// What a delegation allows, where, and until when.
#[derive(Debug, InputObject)]
pub struct DelegationTermsInput {
    /// What it allows, for example `mailbox:read`; besides those of `preset`.
    #[graphql(default)]
    pub permissions: Vec<String>,
    /// Permissions that usually go together.
    pub preset: Option<DelegationPreset>,
    /// Confines it to these services.
    #[graphql(default)]
    pub service_ids: Vec<ServiceKey>,
    /// Confines it to these domains. Name services or domains, not both; neither: the whole account.
    #[graphql(default)]
    pub domain_ids: Vec<DomainKey>,
    /// It opens nothing from then on, for example 2030-12-31T23:59:59Z.
    pub expires_at: Option<Moment>,
    /// Whether it opens only to whoever signed in with a second factor.
    #[graphql(default)]
    pub requires_second_factor: bool,
}

/// Changes of delegations.
#[derive(Debug, Default)]
pub struct DelegationMutation;

#[Object]
impl DelegationMutation {
    /// Invites somebody to do some things in the account, never more than the caller may. Mail, passwords and users stay
    /// out of reach. `userErrors`, among others: `PERMISSION_NOT_DELEGABLE`.
    async fn delegation_invite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "An e-mail address.")] email: String,
        #[graphql(desc = "What it allows, where, and until when: all of it anew.")]
        terms: DelegationTermsInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DelegationInvitePayload> {
        let account = ctx.account(account_id)?;
        let command = command(ctx, command_id);
        let delegation = DelegationId::derived(command, 0);
        let secret = Secret::parse(&ctx.platform()?.notices.links.invitation(delegation));
        let secret = secret.ok_or_else(|| ctx.fault(Fault::Busy))?;
        let mut faults = Faults::new(ctx)?;
        let email = faults.take("email", EmailAddress::parse(&email));
        let terms = terms.read(&mut faults);
        let (Some(email), Some(terms)) = (email, terms) else {
            return Ok(DelegationInvitePayload { answer: faults.refused(), secret });
        };
        let answer_until = now().plus(Duration::from_secs(INVITATION_DAYS * 24 * 3600));
        let secret_hash = secret.hash();
        let services = crate::plan::bought::services(ctx, account).await?;
        let invite =
            InviteDelegate { account, delegation, email, terms, secret_hash, answer_until, services };
        let answer = run(ctx, command, &invite, (account, delegation)).await?;
        Ok(DelegationInvitePayload { answer, secret })
    }

    /// Lets a delegation allow more or less. All terms are given anew. `userErrors`, among others: `DELEGATION_OVER`, also
    /// where its time is over: invite the person again.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn delegation_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which delegation.")] delegation_id: DelegationKey,
        #[graphql(desc = "What it allows, where, and until when: all of it anew.")]
        terms: DelegationTermsInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DelegationPayload> {
        let (account, delegation) = (ctx.account(account_id)?, delegation_id.0);
        let mut faults = Faults::new(ctx)?;
        let Some(terms) = terms.read(&mut faults) else { return Ok(DelegationPayload(faults.refused())) };
        let change = AtRevision { change: ChangeDelegation { account, delegation, terms }, revision };
        let answer = run(ctx, command(ctx, command_id), &change, (account, delegation)).await?;
        Ok(DelegationPayload(answer))
    }

    /// Takes a delegation or an invitation back: it opens nothing any more, to sessions and API tokens alike.
    async fn delegation_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which delegation.")] delegation_id: DelegationKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DelegationPayload> {
        let (account, delegation) = (ctx.account(account_id)?, delegation_id.0);
        let end = EndDelegation { account, delegation, left_by: None };
        let answer = run(ctx, command(ctx, command_id), &end, (account, delegation)).await?;
        Ok(DelegationPayload(answer))
    }

    /// Accepts an invitation for the user who is signed in. An API token cannot do this.
    async fn delegation_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link in the invitation.")] invitation: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DelegationAnswerPayload> {
        answer(ctx, &invitation, Wish::Accept, command_id).await
    }

    /// Declines an invitation. An API token cannot do this.
    async fn delegation_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link in the invitation.")] invitation: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DelegationAnswerPayload> {
        answer(ctx, &invitation, Wish::Decline, command_id).await
    }

    /// Gives a delegation back that others gave to the caller.
    async fn delegation_leave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which delegation.")] delegation_id: DelegationKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DelegationAnswerPayload> {
        let (user, _) = signed_in(ctx)?;
        let has_second_factor = ctx.standing()?.has_second_factor;
        let known = ctx.platform()?.people.delegated_to(user, (now(), has_second_factor));
        let Some((delegation, known, _)) = known.into_iter().find(|(id, ..)| *id == delegation_id.0) else {
            return Err(ctx.fault(Fault::NotFound));
        };
        let account = known.account;
        let end = EndDelegation { account, delegation, left_by: Some(user) };
        let acting = about_this(&ctx.standing()?.principal, account);
        let answer = run_as(ctx, &acting, command(ctx, command_id), &end, account).await?;
        Ok(DelegationAnswerPayload(answer))
    }
}

impl DelegationTermsInput {
    fn read(self, faults: &mut Faults) -> Option<Terms> {
        let mut permissions: Vec<Permission> = match self.preset {
            None => Vec::new(),
            Some(DelegationPreset::Full) => Permissions::delegable().iter().collect(),
            Some(DelegationPreset::Technical) => vec![
                Permission::ServiceRead,
                Permission::DomainRead,
                Permission::DomainWrite,
                Permission::MailboxRead,
                Permission::MailboxWrite,
                Permission::EventRead,
            ],
            Some(DelegationPreset::Billing) => vec![Permission::AccountRead, Permission::ServiceRead],
            Some(DelegationPreset::Support) => vec![Permission::ServiceRead, Permission::TicketWrite],
            Some(DelegationPreset::Auditor) => vec![
                Permission::AccountRead,
                Permission::ServiceRead,
                Permission::DomainRead,
                Permission::MailboxRead,
                Permission::EventRead,
            ],
        };
        permissions.extend(scopes(faults, &self.permissions)?.iter());
        let scope = match (self.service_ids.is_empty(), self.domain_ids.is_empty()) {
            (true, true) => DelegationScope::Account,
            (false, true) => DelegationScope::Services(self.service_ids.iter().map(|id| id.0).collect()),
            (true, false) => DelegationScope::Domains(self.domain_ids.iter().map(|id| id.0).collect()),
            (false, false) => {
                faults.add(
                    "terms.domainIds",
                    "name services or domains, not both",
                    "nommez des services ou des domaines, pas les deux",
                );
                return None;
            }
        };
        Some(Terms {
            permissions: permissions.into_iter().collect(),
            scope,
            expires_at: self.expires_at.map(|moment| moment.0),
            requires_second_factor: self.requires_second_factor,
        })
    }
}

/// The user who is signed in, and their account.
fn signed_in(ctx: &Context<'_>) -> Result<(UserId, AccountId)> {
    let standing = ctx.standing()?;
    match standing.principal.actor {
        Actor::User(user) if standing.session.is_some() => Ok((user, standing.home)),
        Actor::User(_) | Actor::Mailbox(_) | Actor::Operator | Actor::Platform(_) => {
            Err(ctx.fault(Fault::Forbidden))
        }
    }
}

async fn answer(
    ctx: &Context<'_>,
    invitation: &str,
    wish: Wish,
    command_id: Option<Uid>,
) -> Result<DelegationAnswerPayload> {
    let (user, home) = signed_in(ctx)?;
    let unknown = || ctx.fault(Fault::NotFound);
    let secret = Secret::parse(invitation).ok_or_else(unknown)?;
    let Opens::Invitation(delegation) = secret.opens else { return Err(unknown()) };
    let account = ctx.platform()?.people.delegation(delegation).ok_or_else(unknown)?.account;
    let answer =
        AnswerInvitation { account, delegation, secret_hash: secret.hash(), user, home, answer: wish };
    let acting = about_this(&ctx.standing()?.principal, account);
    let answer = run_as(ctx, &acting, command(ctx, command_id), &answer, account).await?;
    Ok(DelegationAnswerPayload(answer))
}

/// The principal for what a delegate may do about their own delegation: answer it and give it back, which the model
/// checks by the secret and by the user.
fn about_this(principal: &Principal, account: AccountId) -> Principal {
    let permissions = [Permission::DelegationWrite].into_iter().collect();
    let grants = vec![Grant { scope: Scope::Account(account), permissions }];
    Principal { grants, ..principal.clone() }
}
