//! Telling what was decided: log, metrics, message trace.

use kernel::{EmailAddress, TenantId};
use store::{Direction, Passage, RemoteReply, Stage as Step};

use super::Verdict;
use crate::reply::Reply;
use crate::session::Session;

/// Passages that one message leaves in the trace.
const PASSAGE_COUNT_MAX: usize = 100;

/// What a message's passages share.
pub(crate) struct Told<'a> {
    pub(crate) message: &'a str,
    pub(crate) step: Step,
    pub(crate) sender: Option<&'a EmailAddress>,
    /// What we answered.
    pub(crate) reply: &'a Reply,
    /// The reasons of the stages, for those who ask what happened.
    pub(crate) reasons: &'a [&'static str],
}

impl Session<'_> {
    /// Writes a verdict to log and metrics.
    pub(crate) fn tell(&self, verdict: &Verdict) {
        verdict.tell();
        self.counters.verdict(verdict.stage.word(), verdict.action.word());
    }

    /// Writes what became of a message to the trace of those who it was for. The trace is for looking: where it cannot be
    /// written, mail goes on.
    pub(crate) async fn trace(
        &self,
        told: &Told<'_>,
        places: &[(TenantId, Option<kernel::MailboxId>, &EmailAddress)],
    ) {
        let Some(inbound) = &self.server.inbound else { return };
        let reasons = told.reasons.join(", ");
        let text = if reasons.is_empty() {
            told.reply.text.to_string()
        } else {
            format!("{} ({reasons})", told.reply.text)
        };
        let reply = RemoteReply {
            code: told.reply.code,
            enhanced: told.reply.enhanced.unwrap_or_default().to_owned(),
            text,
            host: None,
        };
        let passages = places.iter().take(PASSAGE_COUNT_MAX).map(|(tenant, mailbox, recipient)| Passage {
            tenant: *tenant,
            mailbox: *mailbox,
            message: told.message.to_owned(),
            direction: Direction::In,
            at: (self.server.now)(),
            stage: told.step,
            sender: told.sender.map(ToString::to_string),
            recipient: Some(recipient.to_string()),
            reply: Some(reply.clone()),
            next_at: None,
        });
        let passages: Vec<Passage> = passages.collect();
        if passages.is_empty() {
            return;
        }
        if let Err(error) = inbound.trace.record(passages).await {
            tracing::warn!(%error, "a passage was not recorded");
        }
    }
}
