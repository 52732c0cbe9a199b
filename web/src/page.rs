//! Pages made by the server, which work without script: sign-in, passwords, what mailed links lead to, errors, and the front
//! page.

pub(crate) mod dress;
pub(crate) mod export;
pub(crate) mod figure;
pub(crate) mod form;
pub(crate) mod held;
pub(crate) mod invitation;
pub(crate) mod link;
pub(crate) mod login;
pub(crate) mod passkey;
pub(crate) mod password;
pub(crate) mod reset;
pub(crate) mod sent;
pub(crate) mod sign_up;
pub(crate) mod verify;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Options;
use crate::api::text;
use crate::app::asset;
use crate::session::cookie::{self, Jar};

/// What every page is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paper {
    /// The language it is written in.
    pub(crate) language: graphql::Language,
    /// Where it stands: a change of language leads back to it.
    pub(crate) path: &'static str,
}

impl Paper {
    /// In the language chosen on these pages, or else the browser's.
    pub(crate) fn of(options: &Options, headers: &HeaderMap) -> Self {
        let home = options.site.home(headers);
        let chosen = home.and_then(|home| cookie::read(headers, &home, Jar::Language));
        let wanted = text(headers, header::ACCEPT_LANGUAGE).unwrap_or_default();
        let language = match (chosen, dress::worn().and_then(|worn| worn.dress.language)) {
            (None, Some(language)) => language,
            (chosen, _) => graphql::Language::accepted(chosen.as_deref().unwrap_or(wanted)),
        };
        Self { language, path: "/" }
    }

    /// In the language that whoever is signed in has chosen for good, where they have.
    pub(crate) fn chosen(self, language: Option<&str>) -> Self {
        let language = match language {
            Some("ENGLISH") => graphql::Language::English,
            Some("FRENCH") => graphql::Language::French,
            Some(_) | None => self.language,
        };
        Self { language, ..self }
    }

    /// The same at another path.
    pub(crate) const fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// The sentence in the page's language.
    pub(crate) const fn say<'a>(self, english: &'a str, french: &'a str) -> &'a str {
        self.language.pick(english, french)
    }

    /// The language's tag (RFC 5646).
    pub(crate) const fn tag(self) -> &'static str {
        self.say("en", "fr")
    }

    /// A whole page around `content`.
    pub(crate) fn page(self, title: &str, content: &Markup) -> Markup {
        let worn = dress::worn();
        let dress = worn.as_ref().map(|worn| &worn.dress);
        let house = dress.map_or("Hosterra", |dress| dress.name.as_str());
        let (other, other_tag) = (self.say("Français", "English"), self.say("fr", "en"));
        let page = html! {
            (DOCTYPE)
            html lang=(self.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · " (house) }
                    link rel="icon" href="/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href=(asset::style_path());
                    @if dress.is_some() { link rel="stylesheet" href="/brand/style.css"; }
                }
                body {
                    header.masthead {
                        a href="/" {
                            @match dress.and_then(|dress| dress.logo.as_ref()) {
                                Some((path, width, height)) => { img src=(path) width=(width) height=(height) alt=(house); }
                                None => { (mark()) (house) }
                            }
                        }
                    }
                    main { (content) }
                    footer.foot {
                        span { (house) @if dress.is_none() { " " (env!("CARGO_PKG_VERSION")) } }
                        form method="post" action="/language" {
                            input type="hidden" name="language" value=(other_tag);
                        input type="hidden" name="next" value=(self.path);
                            button type="submit" lang=(other_tag) { (other) }
                        }
                    }
                }
            }
        };
        match self.language {
            graphql::Language::English => page,
            graphql::Language::French => PreEscaped(bound(&page.into_string())),
        }
    }
}

/// French puts a space before signs of two parts, and within its quotation marks: one at which no line breaks. Tags stay as
/// they are, and with them what forms carry.
fn bound(page: &str) -> String {
    let mut bound = String::with_capacity(page.len());
    let (mut is_tag, mut last) = (false, '\0');
    let mut rest = page.chars().peekable();
    while let Some(one) = rest.next() {
        is_tag = one == '<' || (is_tag && last != '>');
        let is_bound = last == '«' || matches!(rest.peek(), Some('?' | '!' | ':' | ';' | '»'));
        bound.push(if one == ' ' && !is_tag && is_bound { '\u{a0}' } else { one });
        last = one;
    }
    bound
}

/// The sign of the house.
fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" aria-hidden="true" {
            rect x="1" y="1" width="22" height="22" rx="6" fill="currentColor" opacity="0.12" {}
            path d="M6 16.5v-9m12 9v-9M6 12h12" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" {}
        }
    }
}

/// `GET /icon.svg`.
pub(crate) async fn icon() -> Response {
    let icon = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\"><rect width=\"24\" height=\"24\" rx=\"6\" \
                fill=\"#2f5d50\"/><path d=\"M6.5 17V7m11 10V7M6.5 12h11\" fill=\"none\" stroke=\"#fff\" stroke-width=\"2.4\" \
                stroke-linecap=\"round\"/></svg>";
    ([(header::CONTENT_TYPE, "image/svg+xml")], [(header::CACHE_CONTROL, "public, max-age=86400")], icon)
        .into_response()
}

/// A page that says what went wrong and where to go.
pub(crate) fn fault(paper: Paper, status: StatusCode, (title, words): (&str, &str)) -> Response {
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead { (words) }
            p { a href="/" { (paper.say("To the front page", "Vers la page d’accueil")) } }
        }
    };
    (status, Html(paper.page(title, &content).into_string())).into_response()
}

/// Where to go on from a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Onward<'a> {
    pub(crate) to: &'static str,
    pub(crate) name: &'a str,
}

/// A page that says what came of something, and where to go on.
pub(crate) fn told(
    paper: Paper,
    status: StatusCode,
    (title, words): (&str, &str),
    on: Onward<'_>,
) -> Response {
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead role="status" { (words) }
            p { a.press.link href=(on.to) { (on.name) } }
        }
    };
    (status, Html(paper.page(title, &content).into_string())).into_response()
}

/// A page for what the API has not done: `words` are its own.
pub(crate) fn failed(paper: Paper, words: &str) -> Response {
    let title = paper.say("This did not work", "Cela n’a pas fonctionné");
    let empty = paper.say("The server is busy; try again soon.", "Serveur occupé ; réessayez bientôt.");
    let words = if words.len() > 1 { words } else { empty };
    let on = Onward { to: "/login", name: paper.say("To the sign-in page", "Vers la page de connexion") };
    told(paper, StatusCode::UNPROCESSABLE_ENTITY, (title, words), on)
}

/// Where there is no page: a page for people, a word for programs.
pub(crate) async fn missing(State(options): State<Options>, headers: HeaderMap) -> Response {
    if !text(&headers, header::ACCEPT).is_some_and(|accepted| accepted.contains("text/html")) {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    }
    let paper = Paper::of(&options, &headers);
    let title = paper.say("There is no such page", "Cette page n’existe pas");
    let words = paper.say(
        "The address may be mistyped, or what stood here is gone.",
        "L’adresse est peut-être mal saisie, ou ce qui se trouvait ici n’y est plus.",
    );
    fault(paper, StatusCode::NOT_FOUND, (title, words))
}

/// What is said where a password must not be asked for.
pub(crate) fn not_at_home(paper: Paper) -> Response {
    let title = paper.say("Not under this address", "Pas sous cette adresse");
    let words = paper.say(
        "Signing in works over HTTPS, under the name that the operator has set as `web.origin`, or on this machine itself \
         at http://localhost.",
        "La connexion se fait en HTTPS, sous le nom que l’opérateur a défini comme `web.origin`, ou sur cette machine même, \
         à l’adresse http://localhost.",
    );
    fault(paper, StatusCode::MISDIRECTED_REQUEST, (title, words))
}

/// What is said to a form that asks for nothing that there is.
pub(crate) fn not_understood(paper: Paper) -> Response {
    let title = paper.say("This request is not understood", "Cette demande n’est pas comprise");
    let words = paper.say(
        "Nothing was done. Open the link again and choose there.",
        "Rien n’a été fait. Ouvrez à nouveau le lien et choisissez-y.",
    );
    fault(paper, StatusCode::BAD_REQUEST, (title, words))
}

/// What is said to a form that another site sent.
pub(crate) fn from_elsewhere(paper: Paper) -> Response {
    let title = paper.say("This form was sent by another site", "Ce formulaire vient d’un autre site");
    let words = paper.say(
        "Nothing was done. Open the page here and send it again.",
        "Rien n’a été fait. Ouvrez la page ici et renvoyez-la.",
    );
    fault(paper, StatusCode::FORBIDDEN, (title, words))
}

#[cfg(test)]
mod tests {
    use graphql::Language;

    use super::*;

    #[test]
    fn in_french_no_line_breaks_before_signs_of_two_parts_and_tags_stay_as_they_are() {
        let page = |language| {
            let content = html! { input value="ce que : voici"; p { "Et « cela » : oui ; non ?" } };
            Paper { language, path: "/" }.page("Quoi ?", &content).into_string()
        };
        let french = page(Language::French);
        let expected = "<p>Et «\u{a0}cela\u{a0}»\u{a0}: oui\u{a0}; non\u{a0}?</p>";
        assert!(french.contains(expected) && french.contains("<title>Quoi\u{a0}? · "), "{french}");
        assert!(french.contains("value=\"ce que : voici\""), "{french}");
        assert!(!page(Language::English).contains('\u{a0}'));
    }
}
