//! Who stands in for the platform beside the servers of the transcripts.

use std::net::IpAddr;
use std::sync::Arc;

use directory::Directory;
use hosting::HostingEvent;
use hosting::alias::AliasEvent;
use kernel::{DomainId, EmailAddress, Recorded, TenantId};
use store::Acceptance;

use crate::{alias_of, recorded, tenant};

/// What is addressed to nobody in x.example goes to `target`.
pub(crate) fn catch_all(target: &str) -> Recorded<HostingEvent> {
    let mut created = alias_of((tenant(), 10, 20, "x.example"), 57, ("all", target));
    if let AliasEvent::Created { local, .. } = &mut created {
        *local = None;
    }
    recorded(57, HostingEvent::Alias(created))
}

/// Finds mail to one stranger suspicious.
pub(crate) struct Wary;

#[async_trait::async_trait]
impl smtp::Watch for Wary {
    async fn judge(&self, _: &directory::Login, recipients: &[EmailAddress], _: IpAddr) -> smtp::Judgement {
        let is_stranger = |to: &EmailAddress| to.local.as_str() == "stranger";
        if recipients.iter().any(is_stranger) {
            smtp::Judgement::Hold("watch_volume")
        } else {
            smtp::Judgement::Pass
        }
    }
}

/// Keeps which shares of what aliases may pass on people are to hear of.
#[derive(Default)]
pub(crate) struct Noted(pub(crate) std::sync::Mutex<Vec<&'static str>>);

impl smtp::LimitWatch for Noted {
    fn note(&self, used: smtp::LimitUse) {
        if let store::SendScope::Forwards(_) = used.limit.scope {
            assert_eq!((used.tenant, used.login), (tenant(), None), "strangers wrote");
            self.0.lock().expect("no panic").push(match used.share {
                smtp::Share::FourFifths => "four-fifths",
                smtp::Share::Whole => "whole",
            });
        }
    }
}

/// Who reads what comes for postmasters: of x.example alice, of the host eve, of others somebody elsewhere.
pub(crate) struct Postmasters;

impl smtp::Postmasters for Postmasters {
    fn postmaster(&self, domain: Option<(TenantId, DomainId)>) -> Option<EmailAddress> {
        let reader = match domain {
            Some((of, _)) if of == tenant() => "alice@x.example",
            Some(_) => "operator@elsewhere.example",
            None => "eve@x.example",
        };
        EmailAddress::parse(reader).ok()
    }
}

/// Writes reports of success as the platform does.
pub(crate) struct Confirmations(pub(crate) Arc<Directory>);

impl smtp::Confirm for Confirmations {
    fn report(
        &self,
        message: &smtp::Confirmed<'_>,
        recipients: Vec<(store::QueuedRecipient, store::Fate)>,
    ) -> Option<Acceptance> {
        let message = outbound::DeliveredMessage {
            tenant: message.tenant,
            message: message.message,
            sender: Some(message.sender),
            envelope_id: message.envelope_id,
            tls: message.tls,
            at: message.at,
            octets: message.octets,
        };
        outbound::delivered(&message, recipients, (&self.0, "mx.x.example"))
    }
}
