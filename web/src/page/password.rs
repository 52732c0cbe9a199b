//! `/password`: choosing another password, by will or because it must be done first.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::Paper;
use super::form::Field;
use super::link::Guest;
use super::login::{capitalised, see_other};
use super::sent::Sent;
use crate::Options;
use crate::session::door::{self};

/// `GET /password`.
pub(crate) async fn page(guest: Guest) -> Response {
    if guest.viewer.is_null() {
        return guest.answer(see_other("/login?next=/password", Vec::new()));
    }
    let is_demanded = guest.viewer["demand"] == "PASSWORD_CHANGE";
    let page = sheet(guest.paper, is_demanded, &Faults::default()).into_string();
    guest.answer(Html(page).into_response())
}

/// What is wrong, by field.
#[derive(Debug, Default)]
struct Faults {
    current: String,
    new: String,
    again: String,
    all: String,
    /// Whether the box was ticked that revokes what opens the same besides.
    others: bool,
}

/// The fields of a new password, with what is wrong with each.
pub(crate) fn new_fields(paper: Paper, (new, again): (&str, &str)) -> Markup {
    let field = |name, label, hint, fault| {
        Field { name, label, kind: "password", autocomplete: "new-password", value: "", hint, fault }.draw()
    };
    let hint = paper.say(
        "At least 10 characters. A sentence is easier to keep than a riddle.",
        "Au moins 10 caractères. Une phrase se retient mieux qu’une énigme.",
    );
    html! {
        (field("new", paper.say("New password", "Nouveau mot de passe"), hint, new))
        (field("again", paper.say("New password, again", "Nouveau mot de passe, encore une fois"), "", again))
    }
}

/// Whether what opens the same besides goes with the old password: whoever knew that may have made some.
pub(crate) fn others_field(paper: Paper, is_ticked: bool) -> Markup {
    html! {
        label.tick {
            input type="checkbox" name="others" value="1" checked[is_ticked];
            span { (paper.say(
                "Revoke app passwords and API keys too: programs that use them are signed out",
                "Révoquer aussi les mots de passe d’application et les clés d’API : les programmes qui les utilisent sont déconnectés",
            )) }
        }
    }
}

fn sheet(paper: Paper, is_demanded: bool, faults: &Faults) -> Markup {
    let current = Field {
        name: "current",
        label: paper.say("Current password", "Mot de passe actuel"),
        kind: "password",
        autocomplete: "current-password",
        value: "",
        hint: "",
        fault: &faults.current,
    };
    let title = paper.say("Choose a new password", "Choisir un nouveau mot de passe");
    let lead = if is_demanded {
        paper.say(
            "The one you were given was for the first sign-in. Choose your own; then sign in with it.",
            "Celui que vous avez reçu servait à la première connexion. Choisissez le vôtre, puis connectez-vous avec.",
        )
    } else {
        paper.say(
            "All your sessions are signed out by this, on every device.",
            "Toutes vos sessions seront fermées, sur tous vos appareils.",
        )
    };
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead { (lead) }
            @if !faults.all.is_empty() { p.told.bad role="alert" { (faults.all) } }
            div.panel {
                form method="post" action="/password" {
                    @if is_demanded { input type="hidden" name="demanded" value="1"; }
                    (current.draw())
                    (new_fields(paper, (&faults.new, &faults.again)))
                    (others_field(paper, faults.others))
                    button.press type="submit" { (paper.say("Change the password", "Modifier le mot de passe")) }
                }
            }
        }
    };
    paper.at("/password").page(title, &content)
}

/// `POST /password`.
pub(crate) async fn submit(State(options): State<Options>, sent: Sent) -> Response {
    let paper = sent.paper;
    let held = sent.credential(&options).await;
    if held.authorization.is_none() {
        return see_other("/login?told=over&next=/password", held.cookies);
    }
    let mut faults = Faults::default();
    if sent.field("new") != sent.field("again") {
        faults.again = paper.say("The two are not the same.", "Les deux ne sont pas identiques.").to_owned();
    } else {
        faults = change(&options, &sent, held.authorization).await;
        if faults.current.is_empty() && faults.new.is_empty() && faults.all.is_empty() {
            return see_other("/login?told=changed", door::forgotten(&sent.home));
        }
    }
    faults.others = revokes_others(&sent);
    let page = sheet(paper, sent.field("demanded") == "1", &faults).into_string();
    (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
}

/// What stood in `others_field` when it was sent.
pub(crate) fn revokes_others(sent: &Sent) -> bool {
    sent.field("others") == "1"
}

async fn change(options: &Options, sent: &Sent, authorization: Option<String>) -> Faults {
    let query = "mutation($current: String!, $new: String!, $others: Boolean) \
                 { passwordChange(currentPassword: $current, newPassword: $new, revokesOthers: $others) \
                 { userErrors { code field message } } }";
    let variables = json!({
        "current": sent.field("current"), "new": sent.field("new"), "others": revokes_others(sent),
    });
    let answer = sent.visitor.ask(options, authorization, (query, variables)).await.unwrap_or_default();
    let mut faults = Faults::default();
    let sentence = |value: &Value| format!("{}.", capitalised(value["message"].as_str().unwrap_or("?")));
    for refusal in answer["data"]["passwordChange"]["userErrors"].as_array().into_iter().flatten() {
        match (refusal["code"].as_str(), refusal["field"].as_str()) {
            (Some("WRONG_CREDENTIALS"), _) => {
                let wrong = sent
                    .paper
                    .say("This is not your current password.", "Ce n’est pas votre mot de passe actuel.");
                wrong.clone_into(&mut faults.current);
            }
            (_, Some("newPassword")) => faults.new = sentence(refusal),
            _ => faults.all = sentence(refusal),
        }
    }
    if answer["data"]["passwordChange"].is_null() {
        faults.all = sentence(&answer["errors"][0]);
    }
    faults
}
