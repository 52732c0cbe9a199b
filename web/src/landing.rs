//! The front page: what runs here and where, honestly, in English and French.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::Options;
use crate::api::text;

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
    let language = graphql::Language::accepted(text(&headers, header::ACCEPT_LANGUAGE).unwrap_or_default());
    let html = render(&options.landing, language, options.api.mode());
    ([(header::VARY, "accept-language")], Html(html)).into_response()
}

/// Its style.
pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("landing/site.css")).into_response()
}

/// Where there is no page.
pub(crate) async fn missing() -> Response {
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

fn render(landing: &Landing, language: graphql::Language, mode: graphql::Mode) -> String {
    let say = |english, french| language.pick(english, french);
    let mut rows = String::new();
    for server in &landing.servers {
        let _ = writeln!(rows, "<tr><td>{}</td><td>{}</td></tr>", escaped(server.name), server.port);
    }
    let explorer = match mode {
        graphql::Mode::Development => format!(
            "<li><a href=\"/graphiql\">/graphiql</a> &ndash; {}</li>",
            say("try the API (development only)", "essayer l'API (développement seulement)")
        ),
        graphql::Mode::Production => String::new(),
    };
    format!(
        include_str!("landing/landing.html"),
        lang = say("en", "fr"),
        hostname = escaped(&landing.hostname),
        version = escaped(landing.version),
        lead = say(
            "A mail platform answers here. There is no webmail and no panel on this page yet: use a mail client, or the API.",
            "Une plateforme de messagerie répond ici. Cette page n'offre encore ni webmail ni panneau de gestion : \
             utilisez un client de messagerie, ou l'API."
        ),
        servers = say("Servers", "Serveurs"),
        server = say("Server", "Serveur"),
        port = "Port",
        rows = rows,
        api = "API",
        graphql = say("GraphQL, by POST or websocket", "GraphQL, par POST ou websocket"),
        schema = say("its schema", "son schéma"),
        explorer = explorer,
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
        let english = render(&landing, graphql::Language::English, graphql::Mode::Production);
        assert!(
            english.contains("&lt;mail&gt;") && english.contains("2143") && !english.contains("graphiql")
        );
        let french = render(&landing, graphql::Language::French, graphql::Mode::Development);
        assert!(french.contains("lang=\"fr\"") && french.contains("/graphiql"));
    }
}
