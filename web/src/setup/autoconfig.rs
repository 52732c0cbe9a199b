//! Thunderbird's autoconfig: `config-v1.1.xml`, which KMail, Evolution and others read as well.

use super::xml::Document;
use super::{Offer, Service, Socket};

/// The document for the clients of `domain`. `%EMAILADDRESS%` is filled in by the client.
pub(super) fn document(offer: &Offer, domain: &str) -> String {
    let mut document = Document::new()
        .open("clientConfig", &[("version", "1.1")])
        .open("emailProvider", &[("id", &offer.host)])
        .leaf("domain", domain)
        .leaf("displayName", &offer.name)
        .leaf("displayShortName", &offer.name);
    for service in [Service::Imap, Service::Submission] {
        for (socket, port) in offer.of(service) {
            document = server(document, (service, socket, port), &offer.host);
        }
    }
    let page = format!("{}/setup?domain={domain}", offer.origin);
    document
        .open("documentation", &[("url", &page)])
        .leaf_with("descr", &[("lang", "en")], "Settings for typing in")
        .leaf_with("descr", &[("lang", "fr")], "Réglages à saisir")
        .finish()
}

fn server(document: Document, (service, socket, port): (Service, Socket, u16), host: &str) -> Document {
    let (element, kind) = match service {
        Service::Imap => ("incomingServer", "imap"),
        Service::Submission => ("outgoingServer", "smtp"),
    };
    document
        .open(element, &[("type", kind)])
        .leaf("hostname", host)
        .leaf("port", &port.to_string())
        .leaf(
            "socketType",
            match socket {
                Socket::Tls => "SSL",
                Socket::StartTls => "STARTTLS",
            },
        )
        .leaf("username", "%EMAILADDRESS%")
        .leaf("authentication", "password-cleartext")
        .close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::offer::example;

    const GOLDEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<clientConfig version=\"1.1\">
  <emailProvider id=\"mail.example.com\">
    <domain>customer.example</domain>
    <displayName>Hosterra</displayName>
    <displayShortName>Hosterra</displayShortName>
    <incomingServer type=\"imap\">
      <hostname>mail.example.com</hostname>
      <port>993</port>
      <socketType>SSL</socketType>
      <username>%EMAILADDRESS%</username>
      <authentication>password-cleartext</authentication>
    </incomingServer>
    <outgoingServer type=\"smtp\">
      <hostname>mail.example.com</hostname>
      <port>465</port>
      <socketType>SSL</socketType>
      <username>%EMAILADDRESS%</username>
      <authentication>password-cleartext</authentication>
    </outgoingServer>
    <documentation url=\"https://panel.example.com/setup?domain=customer.example\">
      <descr lang=\"en\">Settings for typing in</descr>
      <descr lang=\"fr\">Réglages à saisir</descr>
    </documentation>
  </emailProvider>
</clientConfig>
";

    #[test]
    fn the_document_is_this_one() {
        let mut offer = example();
        offer.servers.retain(|(_, socket, _)| *socket == Socket::Tls);
        assert_eq!(document(&offer, "customer.example"), GOLDEN);
    }

    #[test]
    fn tls_from_the_first_octet_comes_before_starttls() {
        let document = document(&example(), "customer.example");
        let (first, second) = (document.find("<port>993"), document.find("<port>143"));
        assert!(first.is_some() && first < second && document.contains("STARTTLS"));
    }
}
