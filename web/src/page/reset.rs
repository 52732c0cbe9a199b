//! `/reset`: asking for a link to choose another password, and choosing it.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;

use super::form::Field;
use super::link::{Token, action, dead};
use super::login::{refused, see_other};
use super::password::{new_fields, others_field, revokes_others};
use super::sent::Sent;
use super::{Onward, Paper, failed, not_at_home, told};
use crate::Options;
use crate::session::door;

/// `GET /reset`.
pub(crate) async fn page(
    State(options): State<Options>,
    Query(asked): Query<Token>,
    headers: HeaderMap,
) -> Response {
    let paper = Paper::of(&options, &headers).at("/reset");
    if options.site.home(&headers).is_none() {
        return not_at_home(paper);
    }
    let sheet = match asked.token() {
        Some(token) => choose(paper, token, (("", ""), false)),
        None => request(paper, ""),
    };
    Html(sheet.into_string()).into_response()
}

/// Asks for the login.
fn request(paper: Paper, fault: &str) -> Markup {
    let field = Field {
        name: "login",
        label: paper.say("Login or e-mail address", "Identifiant ou adresse e-mail"),
        kind: "text",
        autocomplete: "username",
        value: "",
        hint: paper.say(
            "For a mailbox the link goes to its recovery address; where it has none, the administrator of its domain sets the password.",
            "Pour une boîte aux lettres, le lien part à son adresse de secours ; sans elle, l’administrateur de son domaine définit le mot de passe.",
        ),
        fault,
    };
    let title = paper.say("Forgotten password", "Mot de passe oublié");
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead { (paper.say("A link to choose another one is sent to your address.", "Un lien pour en choisir un autre est envoyé à votre adresse.")) }
            div.panel {
                form method="post" action="/reset" {
                    (field.draw())
                    button.press type="submit" { (paper.say("Send the link", "Envoyer le lien")) }
                }
            }
            p.demo { a href="/login" { (paper.say("Back to the sign-in page", "Retour à la page de connexion")) } }
        }
    };
    paper.page(title, &content)
}

/// Asks for the new password.
fn choose(paper: Paper, token: &str, (faults, others): ((&str, &str), bool)) -> Markup {
    let title = paper.say("Choose a new password", "Choisir un nouveau mot de passe");
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead { (paper.say(
                "All your sessions are signed out by this, on every device. A second factor is asked for as before.",
                "Toutes vos sessions seront fermées, sur tous vos appareils. Un second facteur reste demandé comme avant.",
            )) }
            div.panel {
                form method="post" action=(action("/reset", token)) {
                    input type="hidden" name="token" value=(token);
                    (new_fields(paper, faults))
                    (others_field(paper, others))
                    button.press type="submit" { (paper.say("Set the password", "Définir le mot de passe")) }
                }
            }
        }
    };
    paper.page(title, &content)
}

/// What is said of a link that is not good, and what to do.
const RESET: (&str, &str) = (
    "It was used already, another was sent since, or its time is over. Ask for another one below “Forgotten password” on \
     the sign-in page.",
    "Il a déjà servi, un autre a été envoyé depuis, ou son délai est passé. Demandez-en un autre par « Mot de passe oublié » \
     sur la page de connexion.",
);

/// `POST /reset`: a login to write to, or a token with the new password.
pub(crate) async fn submit(State(options): State<Options>, sent: Sent) -> Response {
    if sent.field("token").is_empty() {
        requested(&options, &sent).await
    } else {
        chosen(&options, &sent).await
    }
}

async fn requested(options: &Options, sent: &Sent) -> Response {
    let paper = sent.paper.at("/reset");
    let query = "mutation($login: String!) { passwordResetRequest(login: $login) { isAccepted userErrors { message } } }";
    let variables = json!({ "login": sent.field("login").trim() });
    let answer = sent.visitor.ask(options, None, (query, variables)).await.unwrap_or_default();
    if answer["data"]["passwordResetRequest"]["isAccepted"] != true {
        return failed(paper, &refused(&answer, "passwordResetRequest"));
    }
    // The same words whether there is such a login or not.
    let title = paper.say("Look into your mailbox", "Regardez votre boîte de réception");
    let words = paper.say(
        "If this login has a confirmed address, or this mailbox a recovery address, a link is on its way there. It is good once and for 30 minutes.",
        "Si cet identifiant a une adresse confirmée, ou cette boîte une adresse de secours, un lien y est en route. Il est valable une fois, pendant 30 minutes.",
    );
    let on = Onward { to: "/login", name: paper.say("To the sign-in page", "Vers la page de connexion") };
    told(paper, StatusCode::OK, (title, words), on)
}

async fn chosen(options: &Options, sent: &Sent) -> Response {
    let paper = sent.paper.at("/reset");
    let token = Token::of(sent.field("token"));
    let Some(token) = token.token() else { return dead(paper, RESET) };
    if sent.field("new") != sent.field("again") {
        let fault = paper.say("The two are not the same.", "Les deux ne sont pas identiques.");
        let sheet = choose(paper, token, (("", fault), revokes_others(sent)));
        return (StatusCode::UNPROCESSABLE_ENTITY, Html(sheet.into_string())).into_response();
    }
    let query = "mutation($token: String!, $new: String!, $others: Boolean) \
                 { passwordReset(token: $token, newPassword: $new, revokesOthers: $others) { userErrors { code field message } } }";
    let others = revokes_others(sent);
    let variables = json!({ "token": token, "new": sent.field("new"), "others": others });
    let answer = sent.visitor.ask(options, None, (query, variables)).await.unwrap_or_default();
    let errors = &answer["data"]["passwordReset"]["userErrors"];
    if *errors == json!([]) {
        return see_other("/login?told=changed", door::forgotten(&sent.home));
    }
    if errors[0]["code"] == "LINK_NOT_GOOD" {
        return dead(paper, RESET);
    }
    let words = refused(&answer, "passwordReset");
    if errors.is_null() {
        return failed(paper, &words);
    }
    let sheet = choose(paper, token, ((&words, ""), others));
    (StatusCode::UNPROCESSABLE_ENTITY, Html(sheet.into_string())).into_response()
}
