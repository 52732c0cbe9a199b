//! `/invitation`: accepting or declining access to somebody else's account.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::link::{Guest, Token, action, dead};
use super::login::{refused, see_other};
use super::sent::Sent;
use super::{Onward, Paper, failed, told};
use crate::Options;
use crate::session::door::Visitor;

/// What is said of an invitation that is not good, and what to do.
const INVITATION: (&str, &str) = (
    "The invitation was answered, taken back, or its seven days are over. Ask whoever invited you for another one.",
    "L’invitation a reçu une réponse, a été retirée, ou ses sept jours sont passés. Demandez-en une autre à la personne qui \
     vous a invité.",
);

/// `GET /invitation`.
pub(crate) async fn page(
    State(options): State<Options>,
    Query(asked): Query<Token>,
    guest: Guest,
) -> Response {
    let paper = guest.paper.at("/invitation");
    let Some(token) = asked.token() else { return guest.answer(dead(paper, INVITATION)) };
    let invitation = match read(&options, &guest.visitor, token).await {
        Ok(invitation) => invitation,
        Err(words) => return guest.answer(failed(paper, &words)),
    };
    if invitation.is_null() || invitation["isAnswered"] == true {
        return guest.answer(dead(paper, INVITATION));
    }
    let who = if guest.viewer.is_null() {
        Who::Nobody { may_sign_up: options.api.is_sign_up_open() }
    } else if guest.viewer["userId"].is_null() {
        Who::Mailbox
    } else {
        Who::User
    };
    let sheet = sheet(paper, token, (&invitation, &who));
    guest.answer(Html(sheet.into_string()).into_response())
}

/// The invitation behind a token: null where there is none; why not, where the machine says no.
async fn read(options: &Options, visitor: &Visitor, token: &str) -> Result<Value, String> {
    let query = "query($token: String!) { delegationInvitation(invitation: $token) { accountName permissions \
                 requiresSecondFactor expiresAt isAnswered } }";
    let answer = visitor.ask(options, None, (query, json!({ "token": token }))).await.unwrap_or_default();
    let invitation = &answer["data"]["delegationInvitation"];
    let is_missing = answer["errors"][0]["extensions"]["code"] == "NOT_FOUND";
    if invitation.is_null() && !is_missing {
        return Err(refused(&answer, "delegationInvitation"));
    }
    Ok(invitation.clone())
}

/// Who looks at the invitation.
enum Who {
    Nobody {
        may_sign_up: bool,
    },
    User,
    /// Mailboxes act in no account.
    Mailbox,
}

fn sheet(paper: Paper, token: &str, (invitation, who): (&Value, &Who)) -> Markup {
    let account = invitation["accountName"].as_str().unwrap_or("?");
    let title = paper.say("You are invited", "Vous êtes invité");
    let here: String = form_urlencoded::byte_serialize(action("/invitation", token).as_bytes()).collect();
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead {
                (paper.say("You may act in the account ", "Vous pourrez agir dans le compte ")) strong { (account) } "."
            }
            div.panel {
                ul.rights {
                    @for permission in invitation["permissions"].as_array().into_iter().flatten() {
                        li { (right(paper, permission.as_str().unwrap_or_default())) }
                    }
                }
                p { (paper.say("Mail itself stays out of reach.", "Le courrier lui-même reste hors d’atteinte.")) }
                @if invitation["requiresSecondFactor"] == true {
                    p { (paper.say("You need a second factor: without it the access stays closed.", "Un second facteur est nécessaire : sans lui, l’accès reste fermé.")) }
                }
                @match who {
                    Who::User => form method="post" action=(action("/invitation", token)) {
                        input type="hidden" name="token" value=(token);
                        button.press type="submit" name="answer" value="accept" { (paper.say("Accept", "Accepter")) }
                        button.press.quiet type="submit" name="answer" value="decline" { (paper.say("Decline", "Refuser")) }
                    },
                    Who::Nobody { may_sign_up } => {
                        p { a.press.link href={ "/login?next=" (here) } { (paper.say("Sign in to answer", "Se connecter pour répondre")) } }
                        @if *may_sign_up {
                            p { a href="/signup" { (paper.say("No login yet? Open an account, then follow the link again.", "Pas encore d’identifiant ? Ouvrez un compte, puis suivez à nouveau le lien.")) } }
                        }
                    },
                    Who::Mailbox => p.told.bad role="alert" {
                        (paper.say("A mailbox cannot take this: sign in with the login of a customer.", "Une boîte aux lettres ne peut pas l’accepter : connectez-vous avec l’identifiant d’un client."))
                    },
                }
            }
        }
    };
    paper.page(title, &content)
}

/// A permission in words.
fn right(paper: Paper, permission: &str) -> &str {
    match permission {
        "account:read" => paper.say("see the account and its bills", "voir le compte et ses factures"),
        "service:read" => paper.say("see services", "voir les services"),
        "service:write" => paper.say("order and change services", "commander et modifier des services"),
        "domain:read" => paper.say("see domains", "voir les domaines"),
        "domain:write" => paper.say("change domains", "modifier les domaines"),
        "mailbox:read" => {
            paper.say("see the settings of mailboxes", "voir les réglages des boîtes aux lettres")
        }
        "mailbox:write" => {
            paper.say("create and change mailboxes", "créer et modifier des boîtes aux lettres")
        }
        "ticket:write" => {
            paper.say("read and write support tickets", "lire et écrire des demandes d’assistance")
        }
        "event:read" => paper.say("read the history", "lire l’historique"),
        other => other,
    }
}

/// `POST /invitation`.
pub(crate) async fn submit(State(options): State<Options>, sent: Sent) -> Response {
    let paper = sent.paper.at("/invitation");
    let held = sent.credential(&options).await;
    if held.authorization.is_none() {
        return see_other("/login?told=over", held.cookies);
    }
    let is_accepted = sent.field("answer") == "accept";
    let field = if is_accepted { "delegationAccept" } else { "delegationDecline" };
    let query = format!(
        "mutation($token: String!) {{ {field}(invitation: $token) {{ userErrors {{ code message }} }} }}"
    );
    let variables = json!({ "token": sent.field("token") });
    let answer =
        sent.visitor.ask(&options, held.authorization, (&query, variables)).await.unwrap_or_default();
    if answer["data"][field]["userErrors"] == json!([]) {
        let (title, words) = if is_accepted {
            (
                paper.say("You are in", "C’est fait"),
                paper.say(
                    "The account stands in the switcher of your dashboard.",
                    "Le compte se trouve dans le sélecteur de votre tableau de bord.",
                ),
            )
        } else {
            (
                paper.say("You have declined", "Vous avez refusé"),
                paper.say("The account stays closed to you.", "Le compte vous reste fermé."),
            )
        };
        let on = Onward { to: "/dashboard", name: paper.say("To the dashboard", "Vers le tableau de bord") };
        return told(paper, StatusCode::OK, (title, words), on);
    }
    if answer["errors"][0]["extensions"]["code"] == "NOT_FOUND" {
        return dead(paper, INVITATION);
    }
    failed(paper, &refused(&answer, field))
}
