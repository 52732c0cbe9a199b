//! `GET /setup`: how to set up a mail client, for those who type, with a code for phones and profiles for Apple's devices.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;

use super::{Offer, Service, Socket};
use crate::Options;
use crate::page::Paper;

/// Light modules around the code (ISO/IEC 18004 section 6.3.8).
const QUIET_MODULE_COUNT: i32 = 4;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// The domain of the reader's address.
    domain: Option<String>,
}

/// The page, in the language of the visitor. It works without script.
pub(crate) async fn page(
    State(options): State<Options>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let paper = Paper::of(&options, &headers);
    let domain = asked.domain.map(|domain| domain.to_ascii_lowercase());
    let domain = domain.filter(|domain| options.setup.domains.serves(domain));
    let html = render(&options.setup.offer, domain.as_deref(), paper);
    ([(header::VARY, "accept-language, cookie")], Html(html.into_string())).into_response()
}

fn render(offer: &Offer, domain: Option<&str>, paper: Paper) -> Markup {
    let say = |english, french| paper.say(english, french);
    let title = say("Set up your mail client", "Configurer votre logiciel de messagerie");
    let link = match domain {
        Some(domain) => format!("{}/setup?domain={domain}", offer.origin),
        None => format!("{}/setup", offer.origin),
    };
    let content = html! {
        div.sheet.wide {
            h1 { (title) }
            p.lead { (say(
                "Most clients need your address and your password alone: Thunderbird, KMail, eM Client and others find the rest \
                 by themselves. What follows is for those that ask.",
                "La plupart des logiciels n’ont besoin que de votre adresse et de votre mot de passe : Thunderbird, KMail, \
                 eM Client et d’autres trouvent le reste seuls. Voici les réglages pour ceux qui les demandent.",
            )) }
            h2 { (say("Settings", "Réglages")) }
            (settings(offer, paper))
            dl {
                dt { (say("User name", "Nom d’utilisateur")) }
                dd { (say("your whole address", "votre adresse complète")) @if let Some(domain) = domain { ", " code { "…@" (domain) } } }
                dt { (say("Password", "Mot de passe")) }
                dd { (say(
                    "that of your mailbox; an app password where the mailbox has a second factor",
                    "celui de votre boîte aux lettres ; un mot de passe d’application si la boîte a un second facteur",
                )) }
            }
            h2 { "iPhone, iPad, Mac" }
            (profiles(offer, paper))
            h2 { (say("On your phone", "Sur votre téléphone")) }
            p { (say("This code leads to this page:", "Ce code mène à cette page :")) " " a href=(link) { (link) } }
            (code(&link, say("Code that leads to this page", "Code qui mène à cette page")))
        }
    };
    paper.at("/setup").page(title, &content)
}

/// Apple's profiles: two kinds, and two more where calendars and contacts are served.
fn profiles(offer: &Offer, paper: Paper) -> Markup {
    let say = |english, french| paper.say(english, french);
    let form = |holds, name: Option<&str>| {
        html! {
            @if let Some(name) = name { h3 { (name) } }
            form method="post" action="/setup/apple" {
                input type="hidden" name="holds" value=(holds);
                button.press type="submit" name="password" value="ask" { (say("Profile that asks for the password", "Profil qui demande le mot de passe")) }
                " "
                button.press type="submit" name="password" value="new" { (say("Profile with a new app password", "Profil avec un nouveau mot de passe d’application")) }
            }
        }
    };
    html! {
        p { (say(
            "Sign in with your address, download a profile, open it, and allow it in the settings of the device.",
            "Connectez-vous avec votre adresse, téléchargez un profil, ouvrez-le et autorisez-le dans les réglages de \
             l’appareil.",
        )) }
        @if offer.dav.is_some() {
            (form("all", Some(say("Mail, calendars and contacts", "Courrier, agendas et contacts"))))
            (form("mail", Some(say("Mail alone", "Courrier seul"))))
        } @else {
            p { (say(
                "It sets up mail; calendars and contacts are not served yet.",
                "Il configure le courrier ; agendas et contacts ne sont pas encore proposés.",
            )) }
            (form("mail", None))
        }
        p { (say(
            "The app password opens what the profile sets up, nothing else, and can be taken back at any time.",
            "Le mot de passe d’application n’ouvre que ce que le profil configure et peut être révoqué à tout moment.",
        )) }
    }
}

fn settings(offer: &Offer, paper: Paper) -> Markup {
    let say = |english, french| paper.say(english, french);
    html! {
        table.plain {
            thead { tr {
                th scope="col" { (say("Service", "Service")) }
                th scope="col" { (say("Server", "Serveur")) }
                th scope="col" { "Port" }
                th scope="col" { (say("Encryption", "Chiffrement")) }
            } }
            tbody {
                @for (service, socket, port) in &offer.servers {
                    tr {
                        td { (match service {
                            Service::Imap => say("Incoming (IMAP)", "Réception (IMAP)"),
                            Service::Submission => say("Outgoing (SMTP)", "Envoi (SMTP)"),
                        }) }
                        td { code { (offer.host) } }
                        td { (port) }
                        td { (match socket {
                            Socket::Tls => "SSL/TLS",
                            Socket::StartTls => "STARTTLS",
                        }) }
                    }
                }
                @if let Some(dav) = &offer.dav {
                    tr {
                        td { (say("Calendars and contacts (CalDAV, CardDAV)", "Agendas et contacts (CalDAV, CardDAV)")) }
                        td { code { (dav.url()) } }
                        td { (dav.port) }
                        td { "SSL/TLS" }
                    }
                }
            }
        }
    }
}

/// The text as a QR code, dark on light in both modes of colour; nothing where it is too long.
fn code(text: &str, label: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return html! {} };
    let side = code.size() + 2 * QUIET_MODULE_COUNT;
    let cells = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
    let path: String = cells
        .filter(|(x, y)| code.get_module(*x, *y))
        .map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET_MODULE_COUNT, y + QUIET_MODULE_COUNT))
        .collect();
    html! {
        svg viewBox=(format!("0 0 {side} {side}")) width="180" height="180" role="img" aria-label=(label) {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" shape-rendering="crispEdges" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::offer::{example, example_with_dav};

    #[test]
    fn the_page_names_every_server_in_both_languages_without_script() {
        for (language, word) in
            [(graphql::Language::English, "Outgoing"), (graphql::Language::French, "Envoi")]
        {
            let page =
                render(&example(), Some("customer.example"), Paper { language, path: "/" }).into_string();
            for part in [word, "mail.example.com", ">993<", ">587<", "…@customer.example", "<svg viewBox"] {
                assert!(page.contains(part), "{part}");
            }
            assert!(!page.contains("<script") && !page.contains(" style="));
            let forms = |page: &str| page.matches("action=\"/setup/apple\"").count();
            assert!(forms(&page) == 1 && !page.contains("https://dav."), "{page}");
            let page = render(&example_with_dav(), None, Paper { language, path: "/" }).into_string();
            assert!(forms(&page) == 2 && page.contains("https://dav.example.com/SOGo/dav/"), "{page}");
        }
    }
}
