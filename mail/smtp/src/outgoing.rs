//! What a message is given before it leaves: signatures of its author's domain (RFC 6376), and a sender by which the next
//! host's SPF finds us where it is passed on (SRS).

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use directory::{Footer, Resolution, SenderRight};
use kernel::{DomainName, EmailAddress, TenantId};
use message::{Address, fields, split_header, sure_addresses};

use crate::command::RcptParameters;
use crate::deliver::Envelope;
use crate::inbound::Judged;
use crate::reply::{self, Reply};
use crate::server::Role;
use crate::session::Session;

/// Recipients of a message whose domains are asked for a key to seal by.
const SEALER_COUNT_MAX: usize = 10;

/// Fields whose addresses the login must be allowed to write as (RFC 5322 sections 3.6.2 and 3.6.6).
const AUTHOR_FIELDS: [&str; 4] = ["From", "Sender", "Resent-From", "Resent-Sender"];

/// Knows the keys by which a domain signs. A port: keys are secrets, and kept where secrets are.
#[async_trait]
pub trait Signers: Send + Sync + 'static {
    /// The keys that sign for `domain` now; none where DNS shows none yet, or where they cannot be had.
    async fn signers(&self, domain: &DomainName) -> Arc<Vec<sign::Signer>>;
}

/// Why nobody can be held to what a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AuthorsFault {
    /// The field stands more than once (RFC 5322 section 3.6): readers look at one or the other.
    Doubled,
    /// It can be read in more than one way.
    Doubtful,
}

/// The addresses of the field `name` of a header; none where it is not there.
fn addresses(header: &[u8], name: &str) -> Result<Vec<String>, AuthorsFault> {
    Ok(authors(header, name)?.iter().map(spelled).collect())
}

fn spelled(address: &Address) -> String {
    format!("{}@{}", address.local, address.domain)
}

/// The same with the names that stand with them.
fn authors(header: &[u8], name: &str) -> Result<Vec<Address>, AuthorsFault> {
    let mut found = fields(header).filter(|field| field.is(name));
    let Some(field) = found.next() else { return Ok(Vec::new()) };
    if found.next().is_some() {
        return Err(AuthorsFault::Doubled);
    }
    sure_addresses(field.value).map_err(|_| AuthorsFault::Doubtful)
}

/// The first address of From.
fn author(header: &[u8]) -> Option<EmailAddress> {
    let authors = addresses(header, "From").ok()?;
    EmailAddress::parse(authors.first()?).ok()
}

impl Session<'_> {
    /// Whether the login may write as everybody whom the header names as author or sender.
    pub(crate) fn check_authors(&self, message: &[u8]) -> Result<(), Reply> {
        let Some(login) = self.login.as_ref().filter(|_| self.server.role == Role::Submission) else {
            return Ok(());
        };
        let (header_end, _) = split_header(message);
        let header = &message[..header_end];
        for name in AUTHOR_FIELDS {
            let authors = match addresses(header, name) {
                Ok(authors) => authors,
                Err(AuthorsFault::Doubled) => {
                    let text = format!("The message has more than one {name} field");
                    return Err(Reply::told(550, "5.6.0", text));
                }
                Err(AuthorsFault::Doubtful) => {
                    let text = format!("The {name} field cannot be read without doubt");
                    return Err(Reply::told(550, "5.6.0", text));
                }
            };
            if name == "From" && authors.is_empty() {
                return Err(Reply::new(550, "5.6.0", "The message has no From address"));
            }
            for author in authors {
                let right = EmailAddress::parse(&author)
                    .map_or(SenderRight::None, |author| self.server.directory.sender_right(login, &author));
                if right == SenderRight::OnBehalf && name == "From" {
                    // For somebody else: whoever reads it must see who wrote. What Sender says is looked at as well.
                    if addresses(header, "Sender").is_ok_and(|senders| senders.is_empty()) {
                        return Err(Reply::told(
                            550,
                            "5.7.1",
                            format!(
                                "From is {}, for whom this login may write only if Sender names its own address",
                                shown(&author)
                            ),
                        ));
                    }
                } else if right != SenderRight::Own {
                    return Err(Reply::told(
                        550,
                        "5.7.1",
                        format!(
                            "{name} is {}, and this login may not write as it: {NOT_ITS_OWN}",
                            shown(&author)
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The submission with its author's domain's footer; none where it goes as it is.
    pub(crate) fn footed(&self, message: &[u8]) -> Option<Vec<u8>> {
        if self.server.role != Role::Submission {
            return None;
        }
        let (header_end, _) = split_header(message);
        let author = authors(&message[..header_end], "From").ok()?.into_iter().next()?;
        let (name, author) = (author.name.as_deref().map(message::decode_words), spelled(&author));
        let login = self.login.as_ref().map(|login| &login.address);
        let footer = self.server.directory.footer(login, &EmailAddress::parse(&author).ok()?)?;
        let login = login.map(ToString::to_string).unwrap_or_default();
        let author =
            sign::Author { login: &login, name: name.as_deref().unwrap_or_default(), address: &author };
        let Footer { text, html, skips_replies, .. } = &*footer;
        sign::with_footer(message, sign::Footer { text, html, author, skips_replies: *skips_replies })
    }

    /// The message, which begins at `start` behind trace fields, signed for its author's domain. Unsigned where there is
    /// no key: mail is not held up for that.
    pub(crate) async fn signed(&self, octets: Vec<u8>, start: usize) -> Bytes {
        let octets = Bytes::from(octets);
        let Some(signers) = self.server.signers.as_ref().filter(|_| self.server.role == Role::Submission)
        else {
            return octets;
        };
        let (header_end, _) = split_header(&octets[start..]);
        let Some(author) = author(&octets[start..start + header_end]) else { return octets };
        let signers = signers.signers(&author.domain).await;
        if signers.is_empty() {
            return octets;
        }
        let (message, now) = (octets.slice(start..), (self.server.now)());
        // Hashing a long message takes its time.
        let work = move || -> String {
            let prepared = sign::Prepared::new(&message);
            signers.iter().filter_map(|signer| signer.sign(&prepared, now).ok()).collect()
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(signatures) => {
                Bytes::from([&octets[..start], signatures.as_bytes(), &octets[start..]].concat())
            }
            Err(error) => {
                tracing::error!(%error, "a message was not signed");
                octets
            }
        }
    }

    /// The message under a seal of what was found when it came, by the domain that passes it on. As it is where sealing is
    /// off, where nothing was found, and where that domain has no key: mail is not held up for that.
    pub(crate) async fn sealed(&self, octets: Bytes, envelope: &Envelope, judged: &Judged) -> Bytes {
        let (Some(sealers), Some(chain)) = (self.server.sealers.as_ref(), judged.chain) else {
            return octets;
        };
        let mut found = None;
        for recipient in envelope.recipients().iter().take(SEALER_COUNT_MAX) {
            let signers = sealers.signers(&recipient.domain).await;
            // Few who look at seals know another algorithm.
            let rsa = |signer: &sign::Signer| signer.key.algorithm() == sign::Algorithm::Rsa;
            if let Some(place) = signers.iter().position(rsa) {
                found = Some((signers, place));
                break;
            }
        }
        let Some((signers, place)) = found else { return octets };
        let results = judged.results.strip_prefix("Authentication-Results:").unwrap_or_default().to_owned();
        let (message, now) = (octets.clone(), (self.server.now)());
        let work = move || sign::seal(&signers[place], &sign::Prepared::new(&message), &results, chain, now);
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(fields)) => Bytes::from([fields.as_bytes(), &octets].concat()),
            // A chain that is full or broken is passed on as it came.
            Ok(Err(fault)) => {
                tracing::debug!(%fault, "a message is passed on unsealed");
                octets
            }
            Err(error) => {
                tracing::error!(%error, "a message was not sealed");
                octets
            }
        }
    }

    /// The sender by which a message is passed on to other hosts: a login's own, rewritten otherwise. One of a domain that is
    /// served here is rewritten as any other, since whoever speaks has not proven it: the next host would find our address
    /// in that domain's SPF. Where it is too long to be rewritten there is none, and nobody learns of a failure.
    pub(crate) fn forwarder(&self, sender: Option<&EmailAddress>) -> Option<EmailAddress> {
        let sender = sender?;
        match self.server.srs.as_ref().filter(|_| self.server.role != Role::Submission) {
            Some(srs) => srs.forward(sender, (self.server.now)()).ok(),
            None => Some(sender.clone()),
        }
    }

    /// What becomes of a recipient that may be a rewritten sender. Only reports of failed deliveries come back on this way: it
    /// is no relay.
    pub(crate) fn returned(&mut self, to: EmailAddress, parameters: &RcptParameters) -> Returned {
        let Some(srs) = self.server.srs.as_ref().filter(|srs| srs.is_ours(&to)) else {
            return Returned::Here(to);
        };
        let Some(transaction) = &mut self.transaction else { return Returned::Answered(reply::BAD_SEQUENCE) };
        if transaction.envelope.has_sender() {
            let text = "This address takes reports of failed deliveries only, from the null sender";
            return Returned::Answered(Reply::new(550, "5.7.1", text));
        }
        let origin = match srs.reverse(&to, (self.server.now)()) {
            Ok(origin) => origin,
            Err(fault) => {
                let text = format!("There is no such address: {fault}");
                return Returned::Answered(Reply::told(550, "5.1.1", text));
            }
        };
        if !matches!(self.server.directory.resolve(&origin, None), Resolution::NotLocal) {
            return Returned::Here(origin);
        }
        transaction.envelope.pass_on(TenantId::PLATFORM, &to, origin, parameters.clone());
        Returned::Answered(Reply::new(250, "2.1.5", "OK, it goes back to where the message came from"))
    }
}

/// What becomes of a recipient.
#[derive(Debug)]
pub(crate) enum Returned {
    /// It is looked at as any other: as it was given or, of a rewritten sender, the address here in it.
    Here(EmailAddress),
    /// It is answered for.
    Answered(Reply),
}

/// Why an address is refused, for whoever writes.
pub(crate) const NOT_ITS_OWN: &str =
    "it is neither its address, nor an alias that lets it, nor granted to it in its settings";

/// An address as a reply can show it.
pub(crate) fn shown(address: &str) -> String {
    let visible = |character: &char| !character.is_control() && character.is_ascii();
    format!("<{}>", address.chars().filter(visible).take(254).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_are_those_whom_every_reader_sees() {
        let header = b"From: A <a@x.example>, b@x.example\r\nSender: team: d@y.example;\r\n";
        assert_eq!(addresses(header, "From").expect("authors"), ["a@x.example", "b@x.example"]);
        assert_eq!(addresses(header, "Sender").expect("a sender"), ["d@y.example"]);
        assert!(addresses(header, "Reply-To").expect("none").is_empty());
        let doubled = b"From: a@x.example\r\nFrom: b@x.example\r\n";
        assert_eq!(addresses(doubled, "From"), Err(AuthorsFault::Doubled));
        let padded = format!("From: a@x.example ({}), b@y.example\r\n", "x".repeat(80_000));
        assert_eq!(addresses(padded.as_bytes(), "From"), Err(AuthorsFault::Doubtful));
    }

    #[test]
    fn an_address_cannot_break_out_of_a_reply() {
        assert_eq!(shown("a@x\r\n250 2.0.0 fine"), "<a@x250 2.0.0 fine>");
    }
}
