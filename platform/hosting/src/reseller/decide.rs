//! The rules of handing on: nobody hands on more than they have.

use kernel::{AccountId, Category, Decider, Timestamp, TransferId};

use super::{Grant, Incoming, IncomingState, ResellerCommand, ResellerEvent, ResellerState, Resources};
use crate::HostingRefusal;
use crate::limit::TRANSFER_COUNT_MAX;
use crate::refusal::{Limit, ResellerRefusal};

/// The noun; its history is the stream `reseller/{AccountId}`.
pub struct Reseller;

impl Decider for Reseller {
    const CATEGORY: Category = Category("reseller");
    type Id = AccountId;
    type State = ResellerState;
    type Event = ResellerEvent;
    type Command = ResellerCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(mut state: ResellerState, event: &ResellerEvent) -> ResellerState {
        match event {
            ResellerEvent::PoolSet { pool, customers } => {
                state.pool_revision = state.pool_revision.saturating_add(1);
                state.pool = *pool;
                count(&mut state, customers);
            }
            ResellerEvent::Allocated { account, serial, resources } => {
                let grant = state.grants.entry(*account).or_default();
                let counted = grant.counted.max(*resources);
                *grant = Grant { serial: *serial, asked: *resources, counted };
            }
            ResellerEvent::Settled { account, resources, .. } => {
                if let Some(grant) = state.grants.get_mut(account) {
                    grant.counted = *resources;
                }
            }
            ResellerEvent::Received { giver, serial, resources, customers } => {
                state.pool_revision = state.pool_revision.saturating_add(1);
                state.pool = Some(*resources);
                state.received = Some((*giver, *serial));
                count(&mut state, customers);
            }
            ResellerEvent::TransferReceived { transfer, account, name, is_sandbox, resources } => {
                let incoming = Incoming {
                    transfer: *transfer,
                    name: name.clone(),
                    is_sandbox: *is_sandbox,
                    resources: *resources,
                    state: IncomingState::Offered,
                };
                state.incoming.insert(*account, incoming);
            }
            ResellerEvent::TransferAccepted { account, .. } => {
                if let Some(incoming) = state.incoming.get_mut(account) {
                    incoming.state = IncomingState::Accepted;
                }
            }
            ResellerEvent::TransferDeclined { account, .. }
            | ResellerEvent::TransferClosed { account, .. } => {
                state.incoming.remove(account);
            }
            ResellerEvent::Dropped { account } => {
                state.grants.remove(account);
            }
            ResellerEvent::Freed { pool } => {
                state.pool_revision = state.pool_revision.saturating_add(1);
                state.pool = *pool;
                state.received = None;
                state.services.clear();
            }
            ResellerEvent::Branded(brand) => {
                state.brand_revision = state.brand_revision.saturating_add(1);
                state.brand = Some(brand.clone());
            }
            ResellerEvent::Unbranded => {
                state.brand_revision = state.brand_revision.saturating_add(1);
                state.brand = None;
            }
            ResellerEvent::Drawn { service, resources } => {
                state.services.insert(*service, *resources);
            }
            ResellerEvent::Returned { service } => {
                state.services.remove(service);
            }
        }
        state
    }

    fn decide(
        state: &ResellerState,
        command: ResellerCommand,
        (): &(),
        _: Timestamp,
    ) -> Result<Vec<ResellerEvent>, HostingRefusal> {
        use ResellerCommand as C;
        match command {
            C::SetPool { pool, .. } if state.pool == pool => Ok(vec![]),
            C::SetPool { pool, customers } => {
                let customers = match pool {
                    Some(_) => state.uncounted(customers.into_iter()),
                    None => vec![],
                };
                Ok(vec![ResellerEvent::PoolSet { pool, customers }])
            }
            C::Allocate { account, resources } => allocate(state, account, resources),
            C::Settle { account, serial, resources } => Ok(match state.grants.get(&account) {
                // A later one is on its way: what that comes to will be told as well.
                Some(grant) if grant.serial == serial && grant.counted != resources => {
                    vec![ResellerEvent::Settled { account, serial, resources }]
                }
                Some(_) | None => vec![],
            }),
            C::Receive { giver, serial, resources, customers } => {
                if state.received.is_some_and(|(known, last)| known == giver && last >= serial) {
                    return Ok(vec![]);
                }
                let customers = match state.pool {
                    Some(_) => vec![],
                    None => state.uncounted(customers.into_iter()),
                };
                let resources = resources.max(state.used());
                Ok(vec![ResellerEvent::Received { giver, serial, resources, customers }])
            }
            C::ReceiveTransfer { transfer, account, name, is_sandbox, resources } => {
                receive_transfer(state, (transfer, account)).map(|is_new| match is_new {
                    true => {
                        vec![ResellerEvent::TransferReceived {
                            transfer,
                            account,
                            name,
                            is_sandbox,
                            resources,
                        }]
                    }
                    false => vec![],
                })
            }
            C::AcceptTransfer { account, used } => {
                let incoming = state.incoming.get(&account).ok_or(ResellerRefusal::TransferNotOffered)?;
                if incoming.state == IncomingState::Accepted {
                    return Ok(vec![]);
                }
                let accepted = ResellerEvent::TransferAccepted { transfer: incoming.transfer, account };
                let given = match used {
                    Some(used) => allocate(state, account, incoming.resources.max(used))?,
                    None => vec![],
                };
                Ok([accepted].into_iter().chain(given).collect())
            }
            C::DeclineTransfer(account) => match state.incoming.get(&account) {
                Some(Incoming { state: IncomingState::Offered, transfer, .. }) => {
                    Ok(vec![ResellerEvent::TransferDeclined { transfer: *transfer, account }])
                }
                Some(_) | None => Err(ResellerRefusal::TransferNotOffered.into()),
            },
            C::CloseTransfer { transfer, account } => {
                Ok(match state.incoming.get(&account).filter(|known| known.transfer == transfer) {
                    Some(_) => vec![ResellerEvent::TransferClosed { transfer, account }],
                    None => vec![],
                })
            }
            C::Drop(account) => Ok(match state.grants.contains_key(&account) {
                true => vec![ResellerEvent::Dropped { account }],
                false => vec![],
            }),
            C::Free(pool) => Ok(vec![ResellerEvent::Freed { pool }]),
            C::SetBrand(brand) if state.brand == brand => Ok(vec![]),
            C::SetBrand(Some(brand)) => Ok(vec![ResellerEvent::Branded(brand)]),
            C::SetBrand(None) => Ok(vec![ResellerEvent::Unbranded]),
            C::Draw { service, resources } => {
                let before = state.services.get(&service).copied();
                if before == Some(resources) {
                    return Ok(vec![]);
                }
                let change = (before.unwrap_or_default(), resources);
                Resources::check_change(state.pool, state.used(), change)?;
                Ok(vec![ResellerEvent::Drawn { service, resources }])
            }
            C::Return(service) => Ok(if state.services.contains_key(&service) {
                vec![ResellerEvent::Returned { service }]
            } else {
                vec![]
            }),
        }
    }
}

/// Whether an offer is new; at most so many wait for an answer.
fn receive_transfer(
    state: &ResellerState,
    (transfer, account): (TransferId, AccountId),
) -> Result<bool, HostingRefusal> {
    match state.incoming.get(&account) {
        Some(known) if known.transfer == transfer => Ok(false),
        // A later offer of the same customer takes the place of an earlier one.
        Some(_) => Ok(true),
        None if state.incoming.len() >= TRANSFER_COUNT_MAX => {
            let limit = Limit::count(TRANSFER_COUNT_MAX, state.incoming.len());
            Err(ResellerRefusal::TransferLimitReached(limit).into())
        }
        None => Ok(true),
    }
}

fn allocate(
    state: &ResellerState,
    account: AccountId,
    resources: Resources,
) -> Result<Vec<ResellerEvent>, HostingRefusal> {
    let known = state.grants.get(&account);
    if known.is_some_and(|grant| grant.asked == resources) {
        return Ok(vec![]);
    }
    let Grant { serial, counted, .. } = known.copied().unwrap_or_default();
    // Until the account has made room, a cut counts as if it had not been.
    Resources::check_change(state.pool, state.used(), (counted, counted.max(resources)))?;
    Ok(vec![ResellerEvent::Allocated { account, serial: serial.saturating_add(1), resources }])
}

/// From now on something is counted for these: nothing, until they have said what they use.
fn count(state: &mut ResellerState, customers: &[AccountId]) {
    for customer in customers {
        state.grants.entry(*customer).or_insert(Grant { serial: 1, ..Grant::default() });
    }
}
