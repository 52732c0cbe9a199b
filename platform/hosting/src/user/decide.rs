//! The rules of a user.

use std::collections::BTreeMap;

use authority::{AdministratorRights, Permissions};
use kernel::{AccountId, Category, Decider, EmailAddress, Sealed, SubjectId, Timestamp, TokenId, UserId};

use super::{
    Access, NewToken, NewUser, TokenPatch, TokenRecord, UserCommand, UserEvent, UserRecord, UserRole,
    UserState,
};
use crate::HostingRefusal;
use crate::factor::FactorState;
use crate::limit::{
    ADMINISTERED_DOMAIN_COUNT_MAX, DISPLAY_NAME_CHARACTER_COUNT_MAX, TOKEN_COUNT_MAX, TOKEN_NETWORK_COUNT_MAX,
};
use crate::refusal::Limit;

/// The noun; its history is the stream `user/{UserId}`.
pub struct User;

impl Decider for User {
    const CATEGORY: Category = Category("user");
    type Id = UserId;
    type State = UserState;
    type Event = UserEvent;
    type Command = UserCommand;
    /// Which user it is: personal data of its events is sealed for it.
    type Facts = UserId;
    type Refusal = HostingRefusal;

    fn evolve(state: UserState, event: &UserEvent) -> UserState {
        match event {
            UserEvent::Registered { account, login, name, password, role, must_change_password } => {
                UserState::Present(Box::new(UserRecord {
                    account: *account,
                    login: login.clone(),
                    name: name.clone(),
                    password: password.clone(),
                    role: role.clone(),
                    withheld: AdministratorRights::NONE,
                    access: Access::Enabled,
                    must_change_password: *must_change_password,
                    factors: FactorState::default(),
                    email: None,
                    email_pending: None,
                    language: None,
                    time_zone: None,
                    revision: 0,
                    tokens: BTreeMap::new(),
                }))
            }
            UserEvent::PasswordSet { password, must_change } => change(state, |record| {
                record.password = Some(password.clone());
                record.must_change_password = *must_change;
            }),
            UserEvent::EmailGiven { email, .. } => {
                change(state, |record| record.email_pending = Some(email.clone()))
            }
            UserEvent::EmailVerified { email } => change(state, |record| {
                record.email = Some(email.clone());
                record.email_pending = None;
            }),
            UserEvent::LanguageSet { language } => change(state, |record| record.language = Some(*language)),
            UserEvent::TimeZoneSet { zone } => change(state, |record| record.time_zone.clone_from(zone)),
            UserEvent::Factor(event) => change(state, |record| record.factors.evolve(event)),
            UserEvent::Disabled => change(state, |record| record.access = Access::Disabled),
            UserEvent::Enabled => change(state, |record| record.access = Access::Enabled),
            UserEvent::Removed => UserState::Removed,
            UserEvent::TokenIssued { token, name, permissions, secret_hash, expires_at, networks } => {
                change(state, |record| {
                    let issued = TokenRecord {
                        name: name.clone(),
                        permissions: *permissions,
                        secret_hash: *secret_hash,
                        expires_at: *expires_at,
                        networks: networks.clone(),
                        revision: 0,
                    };
                    record.tokens.insert(*token, issued);
                })
            }
            UserEvent::TokenChanged { token, name, permissions, expires_at, networks } => {
                change(state, |record| {
                    let Some(known) = record.tokens.get_mut(token) else { return };
                    known.name = name.clone();
                    known.permissions = *permissions;
                    known.expires_at = *expires_at;
                    known.networks.clone_from(networks);
                    known.revision = known.revision.saturating_add(1);
                })
            }
            UserEvent::Renamed { name } => change(state, |record| {
                record.name.clone_from(name);
                record.revision = record.revision.saturating_add(1);
            }),
            UserEvent::RoleSet { role } => change(state, |record| {
                record.role = role.clone();
                record.revision = record.revision.saturating_add(1);
            }),
            UserEvent::RightsWithheld { rights } => change(state, |record| {
                record.withheld = *rights;
                record.revision = record.revision.saturating_add(1);
            }),
            UserEvent::TokenRevoked { token } => change(state, |record| {
                record.tokens.remove(token);
            }),
        }
    }

    fn decide(
        state: &UserState,
        command: UserCommand,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<UserEvent>, HostingRefusal> {
        use UserCommand as C;
        use UserState as S;
        match (state, command) {
            (S::Absent, C::Register(new)) => register(new),
            (S::Present(record), C::Register(new)) => registered_already(record, &new),
            (S::Removed, C::Register(_)) => Err(HostingRefusal::UserExists),
            (S::Removed, C::Remove) => Ok(vec![]),
            (S::Absent, C::Remove)
            | (
                S::Absent | S::Removed,
                C::SetPassword { .. }
                | C::GiveEmail { .. }
                | C::VerifyEmail(_)
                | C::SetLanguage(_)
                | C::SetTimeZone(_)
                | C::ChangeFactors(_)
                | C::Disable
                | C::Enable
                | C::IssueToken(_)
                | C::ChangeToken { .. }
                | C::Rename(_)
                | C::SetRole(_)
                | C::Withhold(_)
                | C::RevokeToken(_),
            ) => Err(HostingRefusal::UserNotFound),
            (S::Present(record), C::SetPassword { password, must_change, revokes_others }) => {
                let known = record.password.as_ref().and_then(Sealed::plain);
                let is_same = known == Some(&password) && record.must_change_password == must_change;
                let password = Sealed::new(SubjectId::of_user(*user), password);
                let mut events =
                    if is_same { vec![] } else { vec![UserEvent::PasswordSet { password, must_change }] };
                if revokes_others {
                    let good = record.tokens.iter().filter(|(_, known)| known.is_good(now));
                    events.extend(good.map(|(&token, _)| UserEvent::TokenRevoked { token }));
                }
                Ok(events)
            }
            (S::Present(record), C::GiveEmail { email, is_demanded }) => {
                let given = give_email(record, *user, email)?;
                Ok(given.into_iter().map(|email| UserEvent::EmailGiven { email, is_demanded }).collect())
            }
            (S::Present(record), C::VerifyEmail(email)) => verify_email(record, *user, email),
            (S::Present(record), C::SetLanguage(language)) => {
                let is_same = record.language == Some(language);
                Ok(if is_same { vec![] } else { vec![UserEvent::LanguageSet { language }] })
            }
            (S::Present(record), C::SetTimeZone(zone)) => {
                crate::text::time_zone(zone.as_deref())?;
                Ok(if record.time_zone == zone { vec![] } else { vec![UserEvent::TimeZoneSet { zone }] })
            }
            (S::Present(record), C::ChangeFactors(command)) => {
                let changed = record.factors.decide(command, SubjectId::of_user(*user))?;
                Ok(changed.into_iter().map(UserEvent::Factor).collect())
            }
            (S::Present(record), C::Disable) => Ok(match record.access {
                Access::Enabled => vec![UserEvent::Disabled],
                Access::Disabled => vec![],
            }),
            (S::Present(record), C::Enable) => Ok(match record.access {
                Access::Enabled => vec![],
                Access::Disabled => vec![UserEvent::Enabled],
            }),
            (S::Present(_), C::Remove) => Ok(vec![UserEvent::Removed]),
            (S::Present(record), C::IssueToken(new)) => issue(record, *user, new, now),
            (S::Present(record), C::ChangeToken { token, patch }) => {
                change_token(record, *user, (token, patch), now)
            }
            (S::Present(record), C::Rename(name)) => {
                let name = crate::text::optional_name(name.as_deref(), DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
                let name = name.map(|name| Sealed::new(SubjectId::of_user(*user), name));
                Ok(if record.name == name { vec![] } else { vec![UserEvent::Renamed { name }] })
            }
            (S::Present(record), C::SetRole(role)) => {
                check_role(&role, record.account)?;
                Ok(if record.role == role { vec![] } else { vec![UserEvent::RoleSet { role }] })
            }
            (S::Present(record), C::Withhold(rights)) => Ok(if record.withheld == rights {
                vec![]
            } else {
                vec![UserEvent::RightsWithheld { rights }]
            }),
            (S::Present(record), C::RevokeToken(token)) => {
                if record.tokens.contains_key(&token) {
                    Ok(vec![UserEvent::TokenRevoked { token }])
                } else {
                    Err(HostingRefusal::TokenNotFound)
                }
            }
        }
    }
}

fn register(new: NewUser) -> Result<Vec<UserEvent>, HostingRefusal> {
    check_role(&new.role, new.account)?;
    let subject = SubjectId::of_user(new.user);
    let name = crate::text::optional_name(new.name.as_deref(), DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
    Ok(vec![UserEvent::Registered {
        account: new.account,
        login: Sealed::new(subject, new.login),
        name: name.map(|name| Sealed::new(subject, name)),
        password: new.password.map(|hash| Sealed::new(subject, hash)),
        role: new.role,
        must_change_password: new.must_change_password,
    }])
}

/// Registering the same login with the same role again changes nothing; hashes are salted and are not compared.
fn registered_already(record: &UserRecord, new: &NewUser) -> Result<Vec<UserEvent>, HostingRefusal> {
    let is_same = record.login.plain() == Some(&new.login) && record.role == new.role;
    if is_same { Ok(vec![]) } else { Err(HostingRefusal::UserExists) }
}

fn check_role(role: &UserRole, account: AccountId) -> Result<(), HostingRefusal> {
    let is_platform = account == AccountId::PLATFORM;
    match role {
        UserRole::Operator if is_platform => Ok(()),
        UserRole::Operator => Err(HostingRefusal::RoleNotInAccount),
        UserRole::Owner | UserRole::DomainAdministrator(_) if is_platform => {
            Err(HostingRefusal::RoleNotInAccount)
        }
        UserRole::Owner => Ok(()),
        UserRole::DomainAdministrator(domains) if domains.is_empty() => Err(HostingRefusal::RoleNeedsDomain),
        UserRole::DomainAdministrator(domains) if domains.len() > ADMINISTERED_DOMAIN_COUNT_MAX => {
            Err(HostingRefusal::AdministeredDomainLimit(Limit::count(
                ADMINISTERED_DOMAIN_COUNT_MAX,
                domains.len(),
            )))
        }
        UserRole::DomainAdministrator(_) => Ok(()),
    }
}

fn give_email(
    record: &UserRecord,
    user: UserId,
    email: EmailAddress,
) -> Result<Option<Sealed<EmailAddress>>, HostingRefusal> {
    let is = |known: &Option<Sealed<EmailAddress>>| known.as_ref().and_then(Sealed::plain) == Some(&email);
    if is(&record.email) {
        return Err(HostingRefusal::EmailUnchanged);
    }
    if is(&record.email_pending) {
        return Ok(None);
    }
    Ok(Some(Sealed::new(SubjectId::of_user(user), email)))
}

/// Only the address that was given last: a link to an earlier one is void.
fn verify_email(
    record: &UserRecord,
    user: UserId,
    email: EmailAddress,
) -> Result<Vec<UserEvent>, HostingRefusal> {
    match record.email_pending.as_ref().and_then(Sealed::plain) {
        Some(pending) if *pending == email => {
            Ok(vec![UserEvent::EmailVerified { email: Sealed::new(SubjectId::of_user(user), email) }])
        }
        Some(_) | None => Err(HostingRefusal::LinkNotGood),
    }
}

fn issue(
    record: &UserRecord,
    user: UserId,
    new: NewToken,
    now: Timestamp,
) -> Result<Vec<UserEvent>, HostingRefusal> {
    if let Some(known) = record.tokens.get(&new.token) {
        let is_same = known.secret_hash == new.secret_hash && known.permissions == new.permissions;
        return if is_same { Ok(vec![]) } else { Err(HostingRefusal::TokenExists) };
    }
    if record.access == Access::Disabled {
        return Err(HostingRefusal::UserDisabled);
    }
    if new.permissions == Permissions::NONE {
        return Err(HostingRefusal::TokenAllowsNothing);
    }
    if new.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(HostingRefusal::ExpiryPast);
    }
    let good_count = record.tokens.values().filter(|token| token.is_good(now)).count();
    if good_count >= TOKEN_COUNT_MAX {
        return Err(HostingRefusal::TokenLimitReached(Limit::count(TOKEN_COUNT_MAX, good_count)));
    }
    if new.networks.len() > TOKEN_NETWORK_COUNT_MAX {
        let limit = Limit::count(TOKEN_NETWORK_COUNT_MAX, new.networks.len());
        return Err(HostingRefusal::TokenNetworkLimit(limit));
    }
    let name = crate::text::name(&new.name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
    Ok(vec![UserEvent::TokenIssued {
        token: new.token,
        name: Sealed::new(SubjectId::of_user(user), name),
        permissions: new.permissions,
        secret_hash: new.secret_hash,
        expires_at: new.expires_at,
        networks: new.networks,
    }])
}

/// What was issued under the same rules is changed under them.
fn change_token(
    record: &UserRecord,
    user: UserId,
    (token, patch): (TokenId, TokenPatch),
    now: Timestamp,
) -> Result<Vec<UserEvent>, HostingRefusal> {
    let known = record.tokens.get(&token).ok_or(HostingRefusal::TokenNotFound)?;
    let name = match patch.name {
        Some(name) => {
            let name = crate::text::name(&name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
            Sealed::new(SubjectId::of_user(user), name)
        }
        None => known.name.clone(),
    };
    let permissions = patch.permissions.unwrap_or(known.permissions);
    let expires_at = patch.expires_at.unwrap_or(known.expires_at);
    let networks = patch.networks.unwrap_or_else(|| known.networks.clone());
    let is_same = known.name == name
        && known.permissions == permissions
        && known.expires_at == expires_at
        && known.networks == networks;
    if is_same {
        return Ok(vec![]);
    }
    if permissions == Permissions::NONE {
        return Err(HostingRefusal::TokenAllowsNothing);
    }
    if patch.expires_at.flatten().is_some_and(|expires_at| expires_at <= now) {
        return Err(HostingRefusal::ExpiryPast);
    }
    if networks.len() > TOKEN_NETWORK_COUNT_MAX {
        let limit = Limit::count(TOKEN_NETWORK_COUNT_MAX, networks.len());
        return Err(HostingRefusal::TokenNetworkLimit(limit));
    }
    // One that is over counts again where it gets more time.
    let good_count = record.tokens.values().filter(|token| token.is_good(now)).count();
    let is_good_after = expires_at.is_none_or(|expires_at| now < expires_at);
    if is_good_after && !known.is_good(now) && good_count >= TOKEN_COUNT_MAX {
        return Err(HostingRefusal::TokenLimitReached(Limit::count(TOKEN_COUNT_MAX, good_count)));
    }
    Ok(vec![UserEvent::TokenChanged { token, name, permissions, expires_at, networks }])
}

fn change(state: UserState, change: impl FnOnce(&mut UserRecord)) -> UserState {
    match state {
        UserState::Present(mut record) => {
            change(&mut record);
            UserState::Present(record)
        }
        UserState::Absent | UserState::Removed => state,
    }
}
