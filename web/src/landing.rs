//! The front page: what runs here and where, honestly, in English and French.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use crate::Options;
use crate::page::Paper;

/// What the front page tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The name of the node, for example `mail.example.com`.
    pub hostname: String,
    /// The release.
    pub version: &'static str,
    /// Who listens where.
    pub servers: Vec<Server>,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What it speaks, for example `IMAP (STARTTLS)`.
    pub name: &'static str,
    /// The port that clients name.
    pub port: u16,
}

/// The page in the language of the visitor.
pub(crate) async fn page(State(options): State<Options>, headers: HeaderMap) -> Response {
    let html = render(&options.landing, Paper::of(&options, &headers), options.api.mode());
    ([(header::VARY, "accept-language, cookie")], Html(html.into_string())).into_response()
}

fn render(landing: &Landing, paper: Paper, mode: graphql::Mode) -> Markup {
    let content = html! {
        div.sheet.wide {
            h1 { (landing.hostname) }
            p.lead { (paper.say(
                "Mail for your own domains: manage your Box, domains and mailboxes here, and read your mail with any mail client.",
                "Le courrier de vos propres domaines : gérez ici votre Box, vos domaines et vos boîtes aux lettres, et lisez \
                 votre courrier avec n’importe quel logiciel de messagerie.",
            )) }
            p { a.press.link href="/dashboard" { (paper.say("To the dashboard", "Vers le tableau de bord")) } }
            p { a href="/setup" { (paper.say("Set up a phone or a mail program", "Configurer un téléphone ou un logiciel de messagerie")) } }
            h2 { (paper.say("Servers", "Serveurs")) }
            table.plain {
                thead { tr { th scope="col" { (paper.say("Server", "Serveur")) } th scope="col" { "Port" } } }
                tbody {
                    @for server in &landing.servers { tr { td { (server.name) } td { (server.port) } } }
                }
            }
            h2 { "API" }
            ul {
                li { code { "/graphql" } " – " (paper.say("GraphQL, by POST or websocket", "GraphQL, par POST ou websocket")) }
                li { a href="/graphql/schema.graphql" { "/graphql/schema.graphql" } " – " (paper.say("its schema", "son schéma")) }
                @if mode == graphql::Mode::Development {
                    li { a href="/graphiql" { "/graphiql" } " – " (paper.say("try the API (development only)", "essayer l’API (développement seulement)")) }
                }
            }
        }
    };
    paper.page(&landing.hostname, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_two_languages_and_escapes_names() {
        let landing = Landing {
            hostname: "<mail>".to_owned(),
            version: "0.1.0",
            servers: vec![Server { name: "IMAP", port: 2143 }],
        };
        let english = render(
            &landing,
            Paper { language: graphql::Language::English, path: "/" },
            graphql::Mode::Production,
        )
        .into_string();
        assert!(
            english.contains("&lt;mail&gt;") && english.contains("2143") && !english.contains("graphiql")
        );
        let french = render(
            &landing,
            Paper { language: graphql::Language::French, path: "/" },
            graphql::Mode::Development,
        )
        .into_string();
        assert!(french.contains("lang=\"fr\"") && french.contains("/graphiql"));
        assert!(english.contains("href=\"/setup\"") && french.contains("href=\"/setup\""));
    }
}
