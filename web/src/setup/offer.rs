//! What clients are told: names and ports as they are reached from outside, which need not be those that are bound.

use super::StsPolicy;

/// A server that clients use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Reading (RFC 9051).
    Imap,
    /// Sending (RFC 6409).
    Submission,
}

/// How the connection is protected. Nothing is offered in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Socket {
    /// From the first octet (RFC 8314 section 3).
    Tls,
    /// After STARTTLS.
    StartTls,
}

/// Names and ports as clients see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What people call the platform, for example `Hosterra`.
    pub name: String,
    /// The host of IMAP and submission.
    pub host: String,
    /// The origin of these pages and of autodiscover, for example `https://mail.example.com`.
    pub origin: String,
    /// The servers, the best first: TLS from the first octet before STARTTLS.
    pub servers: Vec<(Service, Socket, u16)>,
    /// Calendars and contacts, where the operator runs a server for them; none: nothing serves them.
    pub dav: Option<Dav>,
    /// What the MTA-STS policies of the domains have in common.
    pub sts: StsPolicy,
}

/// A server of CalDAV and CardDAV (RFC 4791, RFC 6352) elsewhere, under TLS. It knows the logins of the mailboxes: by asking
/// IMAP, for example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dav {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Where clients begin (the context path of RFC 6764 section 4); begins with `/`.
    pub path: String,
}

impl Dav {
    /// Where clients begin, as a whole address.
    pub fn url(&self) -> String {
        match self.port {
            443 => format!("https://{}{}", self.host, self.path),
            port => format!("https://{}:{port}{}", self.host, self.path),
        }
    }
}

impl Offer {
    /// The hosts of our own: never taken for a customer's.
    pub(crate) fn hosts(&self) -> [&str; 2] {
        let of_pages = self.origin.split("://").nth(1).unwrap_or_default();
        [&self.host, of_pages.split(':').next().unwrap_or_default()]
    }

    /// The servers of one kind, the best first.
    pub(crate) fn of(&self, service: Service) -> impl Iterator<Item = (Socket, u16)> + '_ {
        self.servers
            .iter()
            .filter(move |(offered, ..)| *offered == service)
            .map(|(_, socket, port)| (*socket, *port))
    }

    /// The best server of a kind under TLS from the first octet, for formats that know nothing else well.
    pub(crate) fn best(&self, service: Service) -> Option<(Socket, u16)> {
        self.of(service).next()
    }
}

#[cfg(test)]
pub(crate) fn example() -> Offer {
    Offer {
        name: "Hosterra".to_owned(),
        host: "mail.example.com".to_owned(),
        origin: "https://panel.example.com".to_owned(),
        servers: vec![
            (Service::Imap, Socket::Tls, 993),
            (Service::Imap, Socket::StartTls, 143),
            (Service::Submission, Socket::Tls, 465),
            (Service::Submission, Socket::StartTls, 587),
        ],
        dav: None,
        sts: StsPolicy { hosts: vec!["mx1.example.com".to_owned()], max_age_secs: 604_800 },
    }
}

#[cfg(test)]
pub(crate) fn example_with_dav() -> Offer {
    let dav = Dav { host: "dav.example.com".to_owned(), port: 443, path: "/SOGo/dav/".to_owned() };
    Offer { dav: Some(dav), ..example() }
}
