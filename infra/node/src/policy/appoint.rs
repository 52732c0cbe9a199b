//! The first domain of a Box gets its administrator as soon as it is verified.

use async_trait::async_trait;
use engine::{Cause, Policy, Reaction, RunError, Runner};
use hosting::account::{Account, AccountState};
use hosting::domain::{Domain, DomainEvent};
use hosting::notice::day_of;
use hosting::use_case::AppointAdministrator;
use hosting::user::{User, UserRole};
use hosting::{HostingEvent, Language};
use kernel::{AccountId, DomainId, Key, NoticeId, Recorded, UserId};

/// Users of one account among whom an owner is looked for.
const USER_COUNT_MAX: usize = 100;

/// Appoints `mailadmin_<domain>` and tells the customer how to choose its password.
pub struct AppointAdministrators {
    /// For an owner who has chosen none.
    pub language: Language,
}

impl Policy for AppointAdministrators {
    type Event = HostingEvent;

    const NAME: &'static str = "appoint_administrators";

    fn react(&self, recorded: &Recorded<HostingEvent>) -> Vec<Box<dyn Reaction>> {
        match &recorded.event {
            HostingEvent::Domain(DomainEvent::Verified { .. }) => vec![Box::new(Appoint {
                account: recorded.cursor.tenant.account(),
                domain: DomainId::new(recorded.stream.id),
                day: day_of(recorded.recorded_at),
                language: self.language,
            })],
            _ => vec![],
        }
    }
}

/// Finds out which Box it is and which owner is told; what follows from that is decided anew when it is appended.
struct Appoint {
    account: AccountId,
    domain: DomainId,
    day: i64,
    language: Language,
}

#[async_trait]
impl Reaction for Appoint {
    async fn run(&self, runner: &Runner, cause: Cause) -> Result<(), RunError> {
        let tenant = self.account.tenant();
        let domain = runner.load(tenant, &Key::<Domain>(self.domain)).await?;
        let Some(service) = domain.record().map(|record| record.service) else { return Ok(()) };
        let appoint = AppointAdministrator {
            account: self.account,
            service,
            domain: self.domain,
            user: UserId::derived(cause.command(), 0),
            owner: self.owner(runner).await?,
            notice: NoticeId::derived(cause.command(), 0),
            day: self.day,
            language: self.language,
        };
        appoint.run(runner, cause).await
    }
}

impl Appoint {
    /// The first owner with a confirmed address.
    async fn owner(&self, runner: &Runner) -> Result<Option<UserId>, RunError> {
        let tenant = self.account.tenant();
        let account = runner.load(tenant, &Key::<Account>(self.account)).await?;
        let AccountState::Open(record) = account else { return Ok(None) };
        for user in record.users.iter().take(USER_COUNT_MAX).copied() {
            let state = runner.load(tenant, &Key::<User>(user)).await?;
            let is_told = state.record().is_some_and(|record| {
                record.role == UserRole::Owner
                    && record.email.as_ref().is_some_and(|email| email.plain().is_some())
            });
            if is_told {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }
}
