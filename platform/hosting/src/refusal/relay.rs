//! Why the relay through which mail of a domain leaves is refused, and an order about mail.

use kernel::LimitFact;

use super::{Language, Limit, Row};

refusals! {
    /// Why something about the relay of a domain's senders, or an order about mail, is refused.
    RelayRefusal
    also {}
    plain {
        /// The relay does not exist.
        NotFound = "SENDER_RELAY_NOT_FOUND", Some("senderRelayId"),
            "This domain has no such relay; check its identifier.",
            "Ce domaine n’a pas ce relais ; vérifiez son identifiant.";
        /// Another relay has this id.
        Exists = "SENDER_RELAY_EXISTS", Some("senderRelayId"),
            "A relay with this identifier exists already; use another identifier.",
            "Un relais portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The host cannot be read, is not public, or is an address.
        Host = "SENDER_RELAY_HOST", Some("host"),
            "Give the public name of the relay, such as smtp.example.org: its certificate has to prove it, and private networks are not reached from here.",
            "Donnez le nom public du relais, comme smtp.example.org : son certificat doit le prouver, et les réseaux privés ne sont pas accessibles d’ici.";
        /// No login, or one that cannot be.
        Login = "SENDER_RELAY_LOGIN", Some("login"),
            "Give the login at the relay: one line of at most 255 octets.",
            "Donnez l’identifiant auprès du relais : une ligne de 255 octets au plus.";
        /// No password, or not given again for another place.
        Password = "SENDER_RELAY_PASSWORD", Some("password"),
            "Give the password at the relay, at most 255 octets; it is needed again where host, port or login change.",
            "Donnez le mot de passe auprès du relais, 255 octets au plus ; il est à redonner si l’hôte, le port ou l’identifiant change.";
        /// What is to be suspended or resumed is no site.
        OrderSite = "MAIL_ORDER_SITE", Some("site"),
            "Name the site as the queue does: a domain, or the names of its mail exchangers with a blank between.",
            "Nommez le site comme la file : un domaine, ou les noms de ses serveurs de courrier séparés par une espace.";
    }
    limited {
        /// The domain has its relay already.
        Taken = "SENDER_RELAY_LIMIT", Some("domainId"), "senderRelays",
            "This domain has {used} of {allowed} relays for its mail; change that one, or remove it.",
            "Ce domaine a {used} relais d’envoi sur {allowed} ; modifiez-le, ou retirez-le.";
        /// No such port.
        Port = "SENDER_RELAY_PORT", Some("port"), "port",
            "A port is from 1 to {allowed}, not {used}; relays usually have 587 or 465.",
            "Un port va de 1 à {allowed}, pas {used} ; pour un relais, c’est en général 587 ou 465.";
        /// A reason, site or address of an order about mail is too long.
        OrderText = "MAIL_ORDER_TEXT", Some("reason"), "octets",
            "A reason has at most {allowed} octets, and this one {used}; say it shorter.",
            "Une raison a au plus {allowed} octets, et celle-ci {used} ; soyez plus bref.";
        /// An order about mail names too many domains and mailboxes.
        OrderParts = "MAIL_ORDER_PARTS", Some("which"), "parts",
            "An order reaches {allowed} domains and mailboxes at a time, and these are {used}; name one of them.",
            "Un ordre porte sur {allowed} domaines et boîtes à la fois, et il y en a {used} ; précisez lequel.";
    }
}
