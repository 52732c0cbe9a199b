//! Reports of failure that come for mailboxes here (RFC 3464): taken as any mail, and heard by whoever is wired.

use kernel::{EmailAddress, TenantId};
use verify::spf::SpfResult;

use crate::deliver::Envelope;
use crate::report::Proven;
use crate::server::Role;
use crate::session::Session;

/// Mail by the null sender that is in a mailbox here; it may be a report, or anything.
#[derive(Debug, Clone, Copy)]
pub struct HeardBounce<'a> {
    /// Whose mailbox it is in.
    pub tenant: TenantId,
    /// To which address it came: the sender of what it tells of.
    pub to: &'a EmailAddress,
    /// The message as it came.
    pub message: &'a [u8],
    /// What is proven about it.
    pub proven: &'a Proven,
    /// The name of the host that brought it, where that name's domain says so (SPF of HELO).
    pub peer: Option<&'a str>,
}

/// Hears of reports. A port: it reads them behind the conversation, within bounds.
pub trait Bounces: Send + Sync + 'static {
    /// Mail by the null sender came. Returns at once.
    fn came(&self, bounce: &HeardBounce<'_>);
}

impl Session<'_> {
    /// Lets a message by the null sender be heard that mailboxes here have.
    pub(crate) fn hear_bounce(&self, envelope: &Envelope, message: &[u8], proven: &Proven) {
        let Some(bounces) = self.server.bounces.as_ref().filter(|_| self.server.role != Role::Submission)
        else {
            return;
        };
        if envelope.has_sender() {
            return;
        }
        let helo = self.facts.spf().filter(|spf| spf.result == SpfResult::Pass);
        let peer = helo.and_then(|spf| spf.domain.as_ref()).map(ToString::to_string);
        for place in envelope.places() {
            bounces.came(&HeardBounce {
                tenant: place.owner.tenant,
                to: &place.recipient,
                message,
                proven,
                peer: peer.as_deref(),
            });
        }
    }
}
