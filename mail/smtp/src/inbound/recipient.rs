//! To whom: lists that refuse, and greylisting of the suspicious.

use std::time::Duration;

use kernel::{EmailAddress, TenantId};
use store::Seen;
use verify::spf::SpfResult;

use super::network::network;
use super::{Action, Stage, Verdict};
use crate::postmaster::is_always_reached;
use crate::reply::Reply;
use crate::session::Session;

const COME_AGAIN: Reply = Reply::new(451, "4.7.1", "Greylisted: come again in a few minutes");

impl Session<'_> {
    /// Looks at a recipient who is here. What is refused or deferred is so with its reasons.
    pub(crate) async fn judge_recipient(
        &mut self,
        to: &EmailAddress,
        tenant: TenantId,
    ) -> Result<(), (Reply, Vec<&'static str>)> {
        let Some(inbound) = self.inbound() else { return Ok(()) };
        let mut verdict = Verdict::new(Stage::Rcpt, Action::Accept);
        // They are written to about refusals.
        if is_always_reached(to) {
            return Ok(());
        }
        if let Some(zone) = &self.facts.refused_by {
            verdict.add(Action::Refuse, "dnsbl");
            self.tell(&verdict);
            let reply = format!("{} is listed by {zone}; ask there, or write to postmaster", self.peer);
            return Err((Reply::told(554, "5.7.1", reply), verdict.reasons));
        }
        if let Some(wait) = inbound.settings.greylisting_wait.filter(|_| self.facts.is_suspicious()) {
            let key = self.greylisting_key(to);
            match self.seen(tenant, &key, wait).await {
                Some(Seen::First | Seen::Early) => verdict.add(Action::Defer, "greylisted"),
                Some(Seen::Again) => verdict.add(Action::Mark, "came_again"),
                // A memory that fails lets mail in.
                None => verdict.add(Action::Mark, "memory_failed"),
            }
            if let Some(transaction) = self.transaction.as_mut().filter(|_| verdict.action != Action::Defer) {
                transaction.envelope.remark(to, &verdict.reasons);
            }
            verdict.reasons.extend(self.facts.oddities());
        }
        self.tell(&verdict);
        if verdict.action == Action::Defer { Err((COME_AGAIN, verdict.reasons)) } else { Ok(()) }
    }

    /// Networks of large senders try from many addresses: the domain that SPF proved counts for all of them.
    fn greylisting_key(&self, to: &EmailAddress) -> Vec<String> {
        let proven = self.facts.spf.as_ref().filter(|spf| spf.result == SpfResult::Pass);
        let peer = proven
            .and_then(|spf| spf.domain.as_ref())
            .map_or_else(|| network(self.peer).to_string(), ToString::to_string);
        let sender = self.transaction.as_ref().and_then(|transaction| transaction.envelope.sender());
        let sender = sender.map(|sender| sender.domain.to_string()).unwrap_or_default();
        vec!["greylisting".to_owned(), peer, sender, to.to_string().to_lowercase()]
    }

    /// Whether this was offered before; none where the memory does not say.
    pub(crate) async fn seen(&self, tenant: TenantId, key: &[String], wait: Duration) -> Option<Seen> {
        let inbound = self.inbound()?;
        let seen = inbound.retries.seen(tenant, key, wait, (self.server.now)()).await;
        seen.inspect_err(|error| tracing::warn!(%error, "the memory of retries fails")).ok()
    }
}
