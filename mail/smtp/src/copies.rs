//! Copies that a domain's address maps want: of what an address sends, and of what it receives.

use directory::Resolution;
use kernel::{EmailAddress, TenantId};

use crate::command::RcptParameters;
use crate::reply::Reply;
use crate::server::Role;
use crate::session::Session;

impl Session<'_> {
    /// Notes a recipient that was accepted as `to` and is `target` after rewriting, and adds the copies that follow: of
    /// what `target` receives, and with the first recipient of a submission of what its sender sends. Nobody sees them.
    pub(crate) async fn taken(&mut self, to: EmailAddress, target: &EmailAddress) {
        let Some(transaction) = &mut self.transaction else { return };
        let is_first = transaction.envelope.note(to);
        let sender = transaction.envelope.sender().cloned().filter(|_| is_first);
        if let Some((tenant, copy)) = self.server.directory.recipient_copy(target) {
            self.copied(tenant, copy).await;
        }
        if self.server.role != Role::Submission {
            return;
        }
        let (Some(login), Some(sender)) = (&self.login, sender) else { return };
        let tenant = login.tenant;
        if let Some(copy) = self.server.directory.sender_copy(login, &sender) {
            self.copied(tenant, copy).await;
        }
    }

    /// One more recipient, whom nobody sees and nobody is told about. Where it takes no mail the message goes without it.
    async fn copied(&mut self, tenant: TenantId, copy: EmailAddress) {
        let parameters = RcptParameters { notify: Some("NEVER".to_owned()), ..RcptParameters::default() };
        let reply = match self.server.directory.resolve(&copy, Some(tenant)) {
            Resolution::Deliver(ends) => self.add(&copy, ends, parameters).await,
            Resolution::NotLocal => {
                let home = self.login_home();
                self.remote(&copy.clone(), copy, Some((tenant, home)), parameters)
            }
            Resolution::Unknown | Resolution::Disabled | Resolution::Internal | Resolution::Loop => {
                Reply::new(550, "5.1.1", "the address of the copy takes no mail")
            }
        };
        if reply.code != 250 {
            tracing::info!(code = reply.code, "a copy that an address map wants is not delivered");
        }
    }
}
