//! `/verify`: confirming an address by the link that was sent there, or asking for the link once more.
//!
//! A link is followed by a button: programs that look at mail open links by themselves, and must confirm nothing.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::html;
use serde_json::{Value, json};

use super::link::{Guest, Token, action, dead};
use super::login::refused;
use super::sent::Sent;
use super::{Onward, Paper, told};
use crate::Options;

/// `GET /verify`.
pub(crate) async fn page(Query(asked): Query<Token>, guest: Guest) -> Response {
    let paper = guest.paper.at("/verify");
    let Some(token) = asked.token() else { return waiting(paper, &guest) };
    let title = paper.say("Confirm your address", "Confirmer votre adresse");
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead { (match is_of_mailbox(token) {
                true => paper.say(
                    "One press, and a forgotten password of your mailbox is renewed by a link to this address.",
                    "Un clic, et un mot de passe oublié de votre boîte se renouvelle par un lien envoyé à cette adresse.",
                ),
                false => paper.say(
                    "One press, and messages about your login go to this address.",
                    "Un clic, et les messages concernant votre identifiant arrivent à cette adresse.",
                ),
            }) }
            div.panel {
                form method="post" action=(action("/verify", token)) {
                    input type="hidden" name="token" value=(token);
                    button.press type="submit" { (paper.say("Confirm my address", "Confirmer mon adresse")) }
                }
            }
        }
    };
    guest.answer(Html(paper.page(title, &content).into_string()).into_response())
}

/// Whether a token is of a link to the recovery address of a mailbox: only words depend on it.
fn is_of_mailbox(token: &str) -> bool {
    token.starts_with("hsm_")
}

/// What whoever has signed up and not confirmed the address sees in place of everything else.
fn waiting(paper: Paper, guest: &Guest) -> Response {
    if guest.viewer.is_null() {
        return guest.answer(dead(paper, VERIFY));
    }
    let title = paper.say("Look into your mailbox", "Regardez votre boîte de réception");
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead { (paper.say(
                "A link was sent to your address. Follow it within 24 hours, and everything opens.",
                "Un lien a été envoyé à votre adresse. Suivez-le dans les 24 heures, et tout s’ouvre.",
            )) }
            div.panel {
                form method="post" action="/verify" {
                    button.press type="submit" { (paper.say("Send the link again", "Renvoyer le lien")) }
                }
            }
        }
    };
    guest.answer(Html(paper.page(title, &content).into_string()).into_response())
}

/// What is said of a link that is not good, and what to do.
const VERIFY: (&str, &str) = (
    "It was used already, or its 24 hours are over. Sign in: where the address is still to be confirmed, another link is \
     sent from there.",
    "Il a déjà servi, ou ses 24 heures sont passées. Connectez-vous : si l’adresse reste à confirmer, un autre lien est \
     envoyé de là.",
);

/// `POST /verify`: the token of a link, or none to have one sent again.
pub(crate) async fn submit(State(options): State<Options>, sent: Sent) -> Response {
    let paper = sent.paper.at("/verify");
    if sent.field("token").is_empty() {
        return resent(&options, &sent).await;
    }
    let query = "mutation($token: String!) { emailVerify(token: $token) { userErrors { code message } } }";
    let variables = json!({ "token": sent.field("token") });
    let answer = sent.visitor.ask(&options, None, (query, variables)).await.unwrap_or_default();
    let payload = &answer["data"]["emailVerify"];
    if payload["userErrors"] == json!([]) {
        let title = paper.say("Your address is confirmed", "Votre adresse est confirmée");
        let words = match is_of_mailbox(sent.field("token")) {
            true => paper.say(
                "A forgotten password of your mailbox is renewed by a link to it from now on.",
                "Un mot de passe oublié de votre boîte se renouvelle désormais par un lien envoyé à celle-ci.",
            ),
            false => paper.say(
                "Messages about your login go there from now on.",
                "Les messages concernant votre identifiant y arrivent désormais.",
            ),
        };
        let on = Onward { to: "/dashboard", name: paper.say("To the dashboard", "Vers le tableau de bord") };
        return told(paper, StatusCode::OK, (title, words), on);
    }
    if payload["userErrors"][0]["code"] == "LINK_NOT_GOOD" {
        return dead(paper, VERIFY);
    }
    super::failed(paper, &refused(&answer, "emailVerify"))
}

async fn resent(options: &Options, sent: &Sent) -> Response {
    let paper = sent.paper.at("/verify");
    let held = sent.credential(options).await;
    let query = ("mutation { emailVerificationResend { userErrors { code message } } }", Value::Null);
    let answer = sent.visitor.ask(options, held.authorization, query).await.unwrap_or_default();
    if answer["data"]["emailVerificationResend"]["userErrors"] != json!([]) {
        return super::failed(paper, &refused(&answer, "emailVerificationResend"));
    }
    let title = paper.say("The link is on its way", "Le lien est en route");
    let words = paper.say(
        "Look into your mailbox, and among unwanted mail too. The link is good for 24 hours.",
        "Regardez votre boîte de réception, et les indésirables aussi. Le lien est valable 24 heures.",
    );
    told(paper, StatusCode::OK, (title, words), Onward { to: "/verify", name: paper.say("Back", "Retour") })
}
