//! Copies that a domain's address maps want: of what an address sends, and of what it receives. Each says whom it came from
//! and whom it went to, since who got it in secret stands in no field of the message.

use directory::{Destinations, Resolution};
use kernel::{EmailAddress, TenantId};
use store::{Owner, TlsWish};

use crate::command::RcptParameters;
use crate::deliver::{Envelope, sole_end};
use crate::reply::Reply;
use crate::server::Role;
use crate::session::Session;

/// What a copy is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CopyOf {
    /// What a mailbox sends, to whomever.
    Sent,
    /// What this address received. Who else received it may be other people's business.
    Received(EmailAddress),
}

impl Envelope {
    /// The fields before a copy that say between whom it went; empty where it is none.
    pub(crate) fn copy_fields(&self, copies: &[CopyOf]) -> String {
        if copies.is_empty() {
            return String::new();
        }
        let received = copies.iter().filter_map(|copy| match copy {
            CopyOf::Sent => None,
            CopyOf::Received(recipient) => Some(recipient),
        });
        let recipients: Vec<String> = match copies.contains(&CopyOf::Sent) {
            true => self.recipients().iter().map(|recipient| format!("<{recipient}>")).collect(),
            false => received.map(|recipient| format!("<{recipient}>")).collect(),
        };
        let sender = self.sender().map(ToString::to_string).unwrap_or_default();
        format!("X-Envelope-From: <{sender}>\r\nX-Envelope-To: {}\r\n", recipients.join(",\r\n\t"))
    }

    /// Notes that what goes to `ends` is a copy.
    fn mark_ends(&mut self, ends: &Destinations, copy: &CopyOf) {
        let places = self.places_mut().filter(|place| {
            ends.mailboxes
                .iter()
                .any(|end| (Owner { tenant: end.tenant, mailbox: end.mailbox }) == place.owner)
        });
        let places = places.map(|place| &mut place.copies);
        add_to(places, copy);
        for (_, address) in &ends.forwards {
            self.mark_onward(address, copy);
        }
    }

    fn mark_onward(&mut self, address: &EmailAddress, copy: &CopyOf) {
        let onward = self.onward_mut().filter(|onward| onward.recipient.address == *address);
        add_to(onward.map(|onward| &mut onward.copies), copy);
    }
}

fn add_to<'a>(known: impl Iterator<Item = &'a mut Vec<CopyOf>>, copy: &CopyOf) {
    for copies in known.filter(|copies| !copies.contains(copy)) {
        copies.push(copy.clone());
    }
}

impl Session<'_> {
    /// Notes a recipient that was accepted as `to` and is `target` after rewriting, and adds the copies that follow: of
    /// what `target` receives, and with the first recipient of a submission of what its sender sends. Nobody sees them.
    pub(crate) async fn taken(&mut self, to: EmailAddress, target: &EmailAddress) {
        let Some(transaction) = &mut self.transaction else { return };
        let is_first = transaction.envelope.note(to);
        let sender = transaction.envelope.sender().cloned();
        if let Some((tenant, copy)) = self.server.directory.recipient_copy(target) {
            self.copied(tenant, copy, CopyOf::Received(target.clone())).await;
        }
        if self.server.role != Role::Submission {
            return;
        }
        let Some(login) = self.login.as_ref().filter(|_| is_first) else { return };
        // Whoever leaves the sender empty has written all the same.
        let sender = sender.unwrap_or_else(|| login.address.clone());
        let tenant = login.tenant;
        if let Some(copy) = self.server.directory.sender_copy(login, &sender) {
            self.copied(tenant, copy, CopyOf::Sent).await;
        }
    }

    /// What a copy of a submission asks of TLS: as much as everything that its mailbox sends, whose number it does not bear.
    pub(crate) fn tls_of_copy(&self, asked: TlsWish) -> TlsWish {
        let is_set = self
            .login
            .as_ref()
            .is_some_and(|login| self.server.directory.requires_tls_out(login.tenant, login.mailbox));
        if is_set { asked.max(TlsWish::Encrypted) } else { asked }
    }

    /// One more recipient, whom nobody sees and nobody is told about. Where it takes no mail the message goes without it, and
    /// the trace of whoever has the copies says so.
    async fn copied(&mut self, tenant: TenantId, copy: EmailAddress, of: CopyOf) {
        let parameters = RcptParameters { notify: Some("NEVER".to_owned()), ..RcptParameters::default() };
        let resolution = self.server.directory.resolve(&copy, Some(tenant));
        let end = sole_end(&resolution);
        let reply = match resolution {
            Resolution::Deliver(ends) => {
                let reply = self.add(&copy, ends.clone(), parameters).await;
                if let Some(transaction) = &mut self.transaction {
                    transaction.envelope.mark_ends(&ends, &of);
                }
                reply
            }
            Resolution::NotLocal => {
                let home = self.login_home();
                let reply = self.remote(&copy, copy.clone(), Some((tenant, home)), parameters);
                if let Some(transaction) = &mut self.transaction {
                    transaction.envelope.mark_onward(&copy, &of);
                }
                reply
            }
            Resolution::Unknown
            | Resolution::Disabled
            | Resolution::Ended
            | Resolution::Resource
            | Resolution::Internal
            | Resolution::Loop => Reply::new(550, "5.1.1", "the address of the copy takes no mail"),
        };
        if reply.code != 250 {
            tracing::warn!(code = reply.code, "a copy that an address map wants is not delivered");
            self.tell_refused_copy((tenant, &copy), end, &reply);
        }
    }
}
