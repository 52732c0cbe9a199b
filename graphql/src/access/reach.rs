//! How far a principal sees in an account: everything, or some services, domains and mailboxes.
//!
//! Lists are filtered by it in SQL, so that pages are full and hidden rows are never read.

use authority::{Denied, Need, Permission, Principal, Resource, Scope};
use kernel::{AccountId, Id};
use uuid::Uuid;

use crate::limit::GRANT_FILTER_COUNT_MAX;
use crate::page::Query;

/// What of an account is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of it.
    Whole,
    /// What belongs to any of these.
    Parts {
        /// These services.
        services: Vec<Uuid>,
        /// These domains.
        domains: Vec<Uuid>,
        /// These mailboxes.
        mailboxes: Vec<Uuid>,
    },
}

/// The columns of a table by which a reach narrows; none where the table has no such column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Columns {
    pub(crate) service: Option<&'static str>,
    pub(crate) domain: Option<&'static str>,
    pub(crate) mailbox: Option<&'static str>,
}

/// How far `principal` has `permission` in `account`.
///
/// # Errors
/// The authority's no, where nothing at all is reached.
pub(crate) fn reach(
    principal: &Principal,
    permission: Permission,
    account: AccountId,
) -> Result<Reach, Denied> {
    let whole = Resource::account(account);
    let allowed = |resource| authority::may(principal, &Need { permission, resource }).is_ok();
    let Err(denied) = authority::may(principal, &Need { permission, resource: whole }) else {
        return Ok(Reach::Whole);
    };
    let (mut services, mut domains, mut mailboxes) = (Vec::new(), Vec::new(), Vec::new());
    for grant in &principal.grants {
        match &grant.scope {
            Scope::Platform | Scope::Account(_) | Scope::Below(_) => {}
            Scope::Services(_, some) => {
                let seen = some.iter().filter(|service| allowed(whole.in_service(**service)));
                services.extend(seen.map(|service| service.uuid()));
            }
            Scope::Domains(_, some) => {
                let seen = some.iter().filter(|domain| allowed(whole.in_domain(**domain)));
                domains.extend(seen.map(|domain| domain.uuid()));
            }
            Scope::Mailbox(_, mailbox) => {
                mailboxes.extend(allowed(whole.in_mailbox(*mailbox)).then(|| mailbox.uuid()));
            }
        }
    }
    if services.is_empty() && domains.is_empty() && mailboxes.is_empty() {
        return Err(denied);
    }
    Ok(Reach::Parts { services, domains, mailboxes })
}

impl Reach {
    /// Narrows a query to what is seen.
    pub(crate) fn narrow(&self, mut query: Query, columns: Columns) -> Query {
        let Self::Parts { services, domains, mailboxes } = self else { return query };
        let mut alternatives = vec!["1 = 0".to_owned()];
        for (column, ids) in
            [(columns.service, services), (columns.domain, domains), (columns.mailbox, mailboxes)]
        {
            let Some(column) = column.filter(|_| !ids.is_empty()) else { continue };
            let names: Vec<String> =
                ids.iter().take(GRANT_FILTER_COUNT_MAX).map(|id| query.param(*id)).collect();
            alternatives.push(format!("{column} IN ({})", names.join(", ")));
        }
        query.with(&format!(" AND ({})", alternatives.join(" OR ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use authority::{Grant, Permissions};
    use kernel::{Actor, DomainId};

    fn principal(scope: Scope, permissions: Permissions) -> Principal {
        let grants = vec![Grant { scope, permissions }];
        let actor = Actor::Operator;
        Principal::signed_in(actor, grants)
    }

    #[test]
    fn a_domain_administrator_sees_that_domain_and_nobody_elses_account() {
        let (own, other) = (AccountId::new(Uuid::from_u128(1)), AccountId::new(Uuid::from_u128(2)));
        let domain = DomainId::new(Uuid::from_u128(3));
        let administrator = principal(Scope::Domains(own, vec![domain]), Permissions::domain_administrator());
        let seen = reach(&administrator, Permission::MailboxRead, own).expect("some of it");
        assert_eq!(seen, Reach::Parts { services: vec![], domains: vec![domain.uuid()], mailboxes: vec![] });
        assert_eq!(reach(&administrator, Permission::MailboxRead, other), Err(Denied::Hidden));
        assert!(reach(&administrator, Permission::ServiceRead, own).is_err());
    }

    #[test]
    fn a_table_without_a_fitting_column_shows_nothing() {
        let parts = Reach::Parts { services: vec![], domains: vec![], mailboxes: vec![Uuid::nil()] };
        let columns = Columns { domain: Some("domain_id"), ..Columns::default() };
        let statement = parts.narrow(Query::new("SELECT 1 FROM t WHERE 1 = 1"), columns).finish();
        assert_eq!(statement.sql, "SELECT 1 FROM t WHERE 1 = 1 AND (1 = 0)");
    }
}
