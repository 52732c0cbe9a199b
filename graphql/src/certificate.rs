//! The certificates by which this node's mail servers prove who they are.

use async_graphql::{Context, Object, Result, SimpleObject};
use authority::{Permission, Resource};
use kernel::Timestamp;

use crate::request::Asked;
use crate::scalar::Moment;

/// A certificate that servers show, as far as people need to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedCertificate {
    /// DNS names and addresses that it is for (RFC 5280 section 4.2.1.6), in its order.
    pub names: Vec<String>,
    /// Who gave it, as a distinguished name (RFC 4514).
    pub issuer: String,
    /// Whether it vouches for itself.
    pub is_self_signed: bool,
    /// From when on it is good.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

/// Knows what the servers of this node show: the listeners.
pub trait CertificateSource: Send + Sync {
    /// The leaf of each chain that is shown now.
    fn served(&self) -> Vec<ServedCertificate>;
}

/// A certificate that the mail servers of the answering node show.
#[derive(Debug, Clone, SimpleObject)]
pub struct MailCertificate {
    /// Host names that it is for: all of them for the operator, those that mail programs are told for others.
    pub names: Vec<String>,
    /// Who gave it, as a distinguished name (RFC 4514): for the operator.
    pub issuer: Option<String>,
    /// Whether it vouches for itself, so that programs warn of it.
    pub is_self_signed: bool,
    /// From when on it is good.
    pub not_before: Moment,
    /// Until when.
    pub not_after: Moment,
}

/// Queries about certificates.
#[derive(Debug, Default)]
pub struct CertificateQuery;

#[Object]
impl CertificateQuery {
    /// The certificates that the mail servers of the answering node show, as they were read when it began to. The operator
    /// sees all names and who gave each; others those that are for the host that mail programs are told, with that name alone.
    #[graphql(complexity = 10)]
    async fn mail_certificates(&self, ctx: &Context<'_>) -> Result<Vec<MailCertificate>> {
        let sees_all = ctx.may(Permission::PlatformWrite, Resource::PLATFORM)?;
        let platform = ctx.platform()?;
        let shown = platform.certificates.served().into_iter().filter_map(|one| {
            let names = match sees_all {
                true => one.names,
                false => {
                    one.names.into_iter().filter(|name| names(name, &platform.facts.server_name)).collect()
                }
            };
            let is_shown = sees_all || !names.is_empty();
            is_shown.then(|| MailCertificate {
                names: if sees_all { names } else { vec![platform.facts.server_name.clone()] },
                issuer: sees_all.then_some(one.issuer),
                is_self_signed: one.is_self_signed,
                not_before: Moment(one.not_before),
                not_after: Moment(one.not_after),
            })
        });
        Ok(shown.collect())
    }
}

/// Whether a name of a certificate is for a host: a wildcard stands for one label (RFC 6125 section 6.4.3).
fn names(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some(parent), Some((_, rest))) = (name.strip_prefix("*."), host.split_once('.')) else {
        return false;
    };
    parent.eq_ignore_ascii_case(rest)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (name, host, is_for) in [
            ("mail.host.example", "mail.host.example", true),
            ("MAIL.host.example", "mail.HOST.example", true),
            ("*.host.example", "mail.host.example", true),
            ("*.host.example", "a.mail.host.example", false),
            ("*.host.example", "host.example", false),
            ("other.host.example", "mail.host.example", false),
        ] {
            assert_eq!(names(name, host), is_for, "{name} for {host}");
        }
    }
}
