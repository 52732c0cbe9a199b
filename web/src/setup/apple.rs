//! Apple's configuration profiles, for the mailbox that is signed in: mail alone, or with calendars and contacts where the
//! operator runs a server for these; each with or without an app password made for the device.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::plist::Value;
use super::{Dav, Offer, Service, Socket};
use crate::Options;
use crate::page::login::see_other;
use crate::page::sent::Sent;
use crate::page::{Paper, fault};

/// Whose profile it is.
struct Person {
    address: String,
    display_name: Option<String>,
    /// Made for the device; none where the device asks.
    password: Option<SecretString>,
    holds: Holds,
}

/// What a profile sets up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Mail alone.
    Mail,
    /// Mail, calendars and contacts.
    All,
}

impl Holds {
    /// As the form says; calendars and contacts are not set up where nothing serves them.
    fn of(field: &str, offer: &Offer) -> Self {
        if field == "all" && offer.dav.is_some() { Self::All } else { Self::Mail }
    }

    /// What an app password opens for it.
    const fn protocols(self) -> &'static [&'static str] {
        match self {
            Self::Mail => &["IMAP", "SUBMISSION"],
            Self::All => &["IMAP", "SUBMISSION", "DAV"],
        }
    }
}

/// `POST /setup/apple`: the profile, signed where the servers' key allows. `password=new` makes an app password first,
/// `holds=all` adds calendars and contacts.
pub(crate) async fn profile(State(options): State<Options>, sent: Sent) -> Response {
    let held = sent.credential(&options).await;
    if held.authorization.is_none() {
        return see_other("/login?next=/setup", held.cookies);
    }
    let mut response = match person(&options, &sent, held.authorization).await {
        Ok(person) => attached(&options, &document(&options.setup.offer, &person)),
        Err(refused) => refused,
    };
    for line in held.cookies {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

/// Asks the API for whoever is signed in.
async fn person(options: &Options, sent: &Sent, authorization: Option<String>) -> Result<Person, Response> {
    let ask = async |query: &str, variables: Json| {
        sent.visitor.ask(options, authorization.clone(), (query, variables)).await.unwrap_or_default()
    };
    let viewer = ask("{ viewer { accountId mailboxId demand } }", Json::Null).await;
    let viewer = &viewer["data"]["viewer"];
    if viewer["mailboxId"].is_null() || !viewer["demand"].is_null() {
        return Err(no_mailbox(sent.paper));
    }
    let query = "query($account: AccountID, $mailbox: MailboxID!) \
                 { mailbox(accountId: $account, mailboxId: $mailbox) { address displayName } }";
    let named = json!({ "account": viewer["accountId"], "mailbox": viewer["mailboxId"] });
    let answer = ask(query, named).await;
    let mailbox = &answer["data"]["mailbox"];
    let Some(address) = mailbox["address"].as_str() else { return Err(no_mailbox(sent.paper)) };
    let mut person = Person {
        address: address.to_owned(),
        display_name: mailbox["displayName"].as_str().map(str::to_owned),
        password: None,
        holds: Holds::of(sent.field("holds"), &options.setup.offer),
    };
    if sent.field("password") == "new" {
        let query = "mutation($name: String!, $protocols: [MailProtocol!]!) { \
                     appPasswordAdd(name: $name, protocols: $protocols) { secret userErrors { message } } }";
        let name = device(sent.visitor.agent.as_deref().unwrap_or_default());
        let answer = ask(query, json!({ "name": name, "protocols": person.holds.protocols() })).await;
        let payload = &answer["data"]["appPasswordAdd"];
        let Some(secret) = payload["secret"].as_str() else {
            let refusal = &payload["userErrors"][0]["message"];
            let said = refusal.as_str().or(answer["errors"][0]["message"].as_str()).unwrap_or("?");
            let title =
                sent.paper.say("No app password was made", "Aucun mot de passe d’application n’a été créé");
            return Err(fault(sent.paper, StatusCode::UNPROCESSABLE_ENTITY, (title, said)));
        };
        person.password = Some(secret.to_owned().into());
    }
    Ok(person)
}

/// The name of an app password: what the device calls itself.
fn device(agent: &str) -> &'static str {
    ["iPhone", "iPad", "Macintosh"]
        .iter()
        .find(|word| agent.contains(*word))
        .map_or("Apple", |word| if *word == "Macintosh" { "Mac" } else { word })
}

fn no_mailbox(paper: Paper) -> Response {
    let title = paper.say("For mailboxes alone", "Réservé aux boîtes aux lettres");
    let words = paper.say(
        "A profile sets up one mailbox: sign in with its address and password.",
        "Un profil configure une boîte aux lettres : connectez-vous avec son adresse et son mot de passe.",
    );
    fault(paper, StatusCode::FORBIDDEN, (title, words))
}

/// The profile as a download. Unsigned where there is no seal or it fails, which devices then show.
fn attached(options: &Options, document: &str) -> Response {
    let signed = options.setup.seal.as_ref().and_then(|seal| match seal.sign(document.as_bytes()) {
        Ok(signed) => Some(signed),
        Err(error) => {
            tracing::error!(error = %error, "signing a profile");
            None
        }
    });
    let body = signed.unwrap_or_else(|| document.as_bytes().to_vec());
    let name = options.setup.offer.host.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}.mobileconfig\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("application/x-apple-aspen-config");
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], body).into_response()
}

/// The profile. The same mailbox gets the same identifiers, so that a new profile replaces the old one.
fn document(offer: &Offer, person: &Person) -> String {
    let mut labels: Vec<&str> = offer.host.split('.').collect();
    labels.reverse();
    let whose = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("mailto:{}", person.address).as_bytes());
    let identifier = format!("{}.profile.{}", labels.join("."), whose.simple());
    let mut content = vec![mail(offer, person, &identifier)];
    if let (Holds::All, Some(dav)) = (person.holds, &offer.dav) {
        content.extend([&CALENDARS, &CONTACTS].map(|kind| account(kind, dav, person, &identifier)));
    }
    Value::Dict(vec![
        ("PayloadContent", Value::Array(content)),
        ("PayloadDescription", format!("{}: {}", offer.name, person.address).as_str().into()),
        ("PayloadDisplayName", person.address.as_str().into()),
        ("PayloadIdentifier", identifier.as_str().into()),
        ("PayloadOrganization", offer.name.as_str().into()),
        ("PayloadRemovalDisallowed", false.into()),
        ("PayloadType", "Configuration".into()),
        ("PayloadUUID", whose.hyphenated().to_string().to_uppercase().as_str().into()),
        ("PayloadVersion", 1_u16.into()),
    ])
    .document()
}

fn mail(offer: &Offer, person: &Person, identifier: &str) -> Value {
    let (address, name) = (person.address.as_str(), person.display_name.as_deref());
    let uuid = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{identifier}.email").as_bytes());
    let mut pairs: Vec<(&'static str, Value)> = vec![
        ("EmailAccountDescription", address.into()),
        ("EmailAccountName", name.unwrap_or(address).into()),
        ("EmailAccountType", "EmailTypeIMAP".into()),
        ("EmailAddress", address.into()),
    ];
    let imap = offer.best(Service::Imap).unwrap_or((Socket::Tls, 993));
    pairs.extend([
        ("IncomingMailServerAuthentication", "EmailAuthPassword".into()),
        ("IncomingMailServerHostName", offer.host.as_str().into()),
        ("IncomingMailServerPortNumber", imap.1.into()),
        ("IncomingMailServerUseSSL", true.into()),
        ("IncomingMailServerUsername", address.into()),
    ]);
    if let Some(password) = &person.password {
        pairs.push(("IncomingPassword", password.expose_secret().into()));
    }
    let submission = offer.best(Service::Submission).unwrap_or((Socket::Tls, 465));
    pairs.extend([
        ("OutgoingMailServerAuthentication", "EmailAuthPassword".into()),
        ("OutgoingMailServerHostName", offer.host.as_str().into()),
        ("OutgoingMailServerPortNumber", submission.1.into()),
        ("OutgoingMailServerUseSSL", true.into()),
        ("OutgoingMailServerUsername", address.into()),
        ("OutgoingPasswordSameAsIncomingPassword", true.into()),
        ("PayloadDisplayName", "IMAP".into()),
        ("PayloadIdentifier", format!("{identifier}.email").as_str().into()),
        ("PayloadType", "com.apple.mail.managed".into()),
        ("PayloadUUID", uuid.hyphenated().to_string().to_uppercase().as_str().into()),
        ("PayloadVersion", 1_u16.into()),
        ("PreventAppSheet", false.into()),
        ("PreventMove", false.into()),
    ]);
    Value::Dict(pairs)
}

/// The keys of a payload that sets up an account of CalDAV or CardDAV.
struct Keys {
    description: &'static str,
    host: &'static str,
    port: &'static str,
    principal: &'static str,
    encrypted: &'static str,
    username: &'static str,
    password: &'static str,
    kind: &'static str,
    /// What it is called, and the end of its identifier.
    name: &'static str,
}

const CALENDARS: Keys = Keys {
    description: "CalDAVAccountDescription",
    host: "CalDAVHostName",
    port: "CalDAVPort",
    principal: "CalDAVPrincipalURL",
    encrypted: "CalDAVUseSSL",
    username: "CalDAVUsername",
    password: "CalDAVPassword",
    kind: "com.apple.caldav.account",
    name: "CalDAV",
};

const CONTACTS: Keys = Keys {
    description: "CardDAVAccountDescription",
    host: "CardDAVHostName",
    port: "CardDAVPort",
    principal: "CardDAVPrincipalURL",
    encrypted: "CardDAVUseSSL",
    username: "CardDAVUsername",
    password: "CardDAVPassword",
    kind: "com.apple.carddav.account",
    name: "CardDAV",
};

/// Calendars or contacts. The device finds the principal from the path on by itself (RFC 6764 section 6).
fn account(keys: &Keys, dav: &Dav, person: &Person, identifier: &str) -> Value {
    let identifier = format!("{identifier}.{}", keys.name.to_ascii_lowercase());
    let uuid = Uuid::new_v5(&Uuid::NAMESPACE_URL, identifier.as_bytes());
    let address = person.address.as_str();
    let mut pairs: Vec<(&'static str, Value)> = vec![
        (keys.description, address.into()),
        (keys.host, dav.host.as_str().into()),
        (keys.port, dav.port.into()),
        (keys.principal, dav.path.as_str().into()),
        (keys.encrypted, true.into()),
        (keys.username, address.into()),
    ];
    if let Some(password) = &person.password {
        pairs.push((keys.password, password.expose_secret().into()));
    }
    pairs.extend([
        ("PayloadDisplayName", keys.name.into()),
        ("PayloadIdentifier", identifier.as_str().into()),
        ("PayloadType", keys.kind.into()),
        ("PayloadUUID", uuid.hyphenated().to_string().to_uppercase().as_str().into()),
        ("PayloadVersion", 1_u16.into()),
    ]);
    Value::Dict(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::offer::{example, example_with_dav};

    fn ann(password: Option<&str>) -> Person {
        Person {
            address: "ann@customer.example".to_owned(),
            display_name: Some("Ann <&>".to_owned()),
            password: password.map(|password| password.to_owned().into()),
            holds: Holds::Mail,
        }
    }

    #[test]
    fn a_profile_tells_where_mail_is_and_escapes_names() {
        let document = document(&example(), &ann(None));
        for part in [
            "<!DOCTYPE plist PUBLIC",
            "<key>EmailAccountName</key>\n        <string>Ann &lt;&amp;&gt;</string>",
            "<key>IncomingMailServerPortNumber</key>\n        <integer>993</integer>",
            "<key>OutgoingMailServerPortNumber</key>\n        <integer>465</integer>",
            "<key>PayloadRemovalDisallowed</key>\n    <false/>",
            "<key>PayloadType</key>\n    <string>Configuration</string>",
        ] {
            assert!(document.contains(part), "{part}\n{document}");
        }
        assert!(!document.contains("<key>IncomingPassword</key>"), "{document}");
    }

    #[test]
    fn the_kind_with_a_password_holds_it_and_replaces_the_other() {
        let (without, with) =
            (document(&example(), &ann(None)), document(&example(), &ann(Some("abcd efgh"))));
        let pair = "        <key>IncomingPassword</key>\n        <string>abcd efgh</string>\n";
        assert_eq!(with.replace(pair, ""), without);
    }

    #[test]
    fn calendars_and_contacts_are_set_up_where_a_server_is_named() {
        let all = |password, offer: &Offer| {
            document(offer, &Person { holds: Holds::of("all", offer), ..ann(password) })
        };
        let with = all(Some("abcd efgh"), &example_with_dav());
        for part in [
            "<key>CalDAVHostName</key>\n        <string>dav.example.com</string>",
            "<key>CalDAVPort</key>\n        <integer>443</integer>",
            "<key>CalDAVPrincipalURL</key>\n        <string>/SOGo/dav/</string>",
            "<key>CalDAVPassword</key>\n        <string>abcd efgh</string>",
            "<string>com.apple.caldav.account</string>",
            "<key>CardDAVUsername</key>\n        <string>ann@customer.example</string>",
            "<string>com.apple.carddav.account</string>",
        ] {
            assert!(with.contains(part), "{part}\n{with}");
        }
        assert!(!all(None, &example_with_dav()).contains("DAVPassword"));
        assert_eq!(all(None, &example()), document(&example(), &ann(None)), "no server, no such kind");
        let alone = document(&example_with_dav(), &ann(None));
        assert!(!alone.contains("DAV") && Holds::of("", &example_with_dav()) == Holds::Mail);
    }

    #[test]
    fn an_app_password_is_named_by_the_device() {
        for (agent, name) in [
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "iPhone"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Mac"),
            ("curl/8", "Apple"),
        ] {
            assert_eq!(device(agent), name);
        }
    }
}
