//! Reports of other hosts about mail: taken at addresses of their own, kept by whoever is wired, before they are answered.

use std::net::IpAddr;

use async_trait::async_trait;
use kernel::{DomainId, EmailAddress, TenantId};

use crate::deliver::Envelope;
use crate::inbound::{Judged, network};
use crate::reply::{self, Reply};
use crate::server::Role;
use crate::session::Session;

/// Whose an address for reports is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportInbox {
    /// The tenant of the domain; the platform's for feedback.
    pub tenant: TenantId,
    /// The domain.
    pub domain: Option<DomainId>,
}

/// What the checks proved about a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proven {
    /// Whether anything was checked: it is not where the peer is one of ours.
    pub is_checked: bool,
    /// The domain of its author.
    pub author: Option<String>,
    /// Whether the author's domain stands behind it (DMARC).
    pub passes_dmarc: bool,
    /// Domains whose DKIM signatures are valid.
    pub signers: Vec<String>,
}

/// A message that came to an address for reports.
#[derive(Debug, Clone, Copy)]
pub struct ReportLetter<'a> {
    /// Whose the address is.
    pub inbox: ReportInbox,
    /// To which address it came.
    pub to: &'a EmailAddress,
    /// The sender of the envelope; none for reports of failure.
    pub mail_from: Option<&'a EmailAddress>,
    /// The message as it came.
    pub message: &'a [u8],
    /// What is proven about it.
    pub proven: &'a Proven,
    /// From which network it came; none where nobody brought it.
    pub network: Option<IpAddr>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// It is kept.
    Kept(&'static str),
    /// It is no report that counts; the word says why.
    Dropped(&'static str),
    /// It is refused, for that reason: whoever has written it is told by their own server.
    Refused(&'static str),
    /// It cannot be kept now: the peer comes again.
    Later,
    /// More came from there within the hour than is read: the peer comes again.
    TooMany,
}

/// Takes reports. A port: it keeps them, and tells people.
#[async_trait]
pub trait ReportIntake: Send + Sync + 'static {
    /// Whose address for reports this is; none where it is another address, or somebody's own.
    fn inbox(&self, to: &EmailAddress) -> Option<ReportInbox>;

    /// Reads a message and keeps what is in it. What comes may be anything; it is read within bounds.
    async fn take(&self, letter: ReportLetter<'_>) -> Intake;
}

impl Session<'_> {
    /// Whose address for reports this is: asked of mail from outside alone, whoever stands in front of us.
    pub(crate) fn report_inbox(&self, to: &EmailAddress) -> Option<ReportInbox> {
        let intake = self.server.report_intake.as_ref().filter(|_| self.server.role != Role::Submission)?;
        intake.inbox(to)
    }

    /// A recipient that takes reports: strangers are looked at as for anybody.
    pub(crate) async fn report_recipient(&mut self, to: EmailAddress, inbox: ReportInbox) -> Reply {
        if let Err((reply, reasons)) = self.judge_recipient(&to, inbox.tenant).await {
            self.tell_refused_recipient(&to, None, (&reply, reasons));
            return reply;
        }
        let Some(transaction) = &mut self.transaction else { return reply::BAD_SEQUENCE };
        transaction.envelope.report_to(to, inbox);
        Reply::new(250, "2.1.5", "OK, reports are read here")
    }

    /// Gives a message to its addresses for reports: what became of it at each, or that it is to come again.
    pub(crate) async fn take_reports(
        &self,
        envelope: &Envelope,
        (message, judged): (&[u8], &Judged),
    ) -> Result<Vec<Intake>, Reply> {
        let Some(intake) = &self.server.report_intake else { return Ok(Vec::new()) };
        let mut taken = Vec::with_capacity(envelope.reports().len());
        for (to, inbox) in envelope.reports() {
            let mail_from = envelope.sender();
            let (proven, network) = (&judged.proven, Some(network(self.peer)));
            let letter = ReportLetter { inbox: *inbox, to, mail_from, message, proven, network };
            match intake.take(letter).await {
                Intake::Later => return Err(reply::STORE_FAILED),
                Intake::TooMany => return Err(reply::TOO_MANY_REPORTS),
                Intake::Refused(reason) => return Err(Reply::new(550, "5.7.1", reason)),
                done => taken.push(done),
            }
        }
        Ok(taken)
    }
}
