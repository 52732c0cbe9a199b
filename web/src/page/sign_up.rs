//! `/signup`: opening an account, where the operator lets everybody.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::form::Field;
use super::login::{capitalised, refused};
use super::password::new_fields;
use super::sent::Sent;
use super::{Onward, Paper, failed, fault, not_at_home, told};
use crate::Options;

/// `GET /signup`.
pub(crate) async fn page(State(options): State<Options>, headers: HeaderMap) -> Response {
    let paper = Paper::of(&options, &headers).at("/signup");
    if options.site.home(&headers).is_none() {
        return not_at_home(paper);
    }
    if !options.api.is_sign_up_open() {
        return closed(paper);
    }
    Html(Sheet::default().draw(paper).into_string()).into_response()
}

fn closed(paper: Paper) -> Response {
    let title = paper.say("Accounts are not opened here", "Les comptes ne s’ouvrent pas ici");
    let words = paper.say(
        "Write to whoever runs this platform to become a customer.",
        "Écrivez à l’exploitant de cette plateforme pour devenir client.",
    );
    fault(paper, StatusCode::NOT_FOUND, (title, words))
}

/// The form's changing parts: what was typed, and what is wrong with it.
#[derive(Debug, Default)]
struct Sheet<'a> {
    email: &'a str,
    name: &'a str,
    account: &'a str,
    faults: Faults,
}

/// What is wrong, by field.
#[derive(Debug, Default)]
struct Faults {
    email: String,
    name: String,
    account: String,
    new: String,
    again: String,
}

impl Sheet<'_> {
    fn draw(&self, paper: Paper) -> Markup {
        let field = |name, label, (autocomplete, value), hint, fault| {
            Field { name, label, kind: "text", autocomplete, value, hint, fault }.draw()
        };
        let title = paper.say("Open an account", "Ouvrir un compte");
        let content = html! {
            div.sheet {
                h1 { (title) }
                p.lead { (paper.say("A link is sent to your address; once you follow it, everything opens.", "Un lien est envoyé à votre adresse ; dès que vous le suivez, tout s’ouvre.")) }
                div.panel {
                    form method="post" action="/signup" {
                        (field("email", paper.say("E-mail address", "Adresse e-mail"), ("email", self.email),
                            paper.say("You sign in with it. Not one that is hosted here.", "Elle sert d’identifiant. Pas une adresse hébergée ici."), self.faults.email.as_str()))
                        (field("name", paper.say("Your name", "Votre nom"), ("name", self.name), "", self.faults.name.as_str()))
                        (field("account", paper.say("Name of the account", "Nom du compte"), ("organization", self.account),
                            paper.say("Yours, or your company's.", "Le vôtre, ou celui de votre société."), self.faults.account.as_str()))
                        (new_fields(paper, (&self.faults.new, &self.faults.again)))
                        button.press type="submit" { (title) }
                    }
                }
                p.demo { a href="/login" { (paper.say("I have a login already", "J’ai déjà un identifiant")) } }
            }
        };
        paper.page(title, &content)
    }
}

/// `POST /signup`.
pub(crate) async fn submit(State(options): State<Options>, sent: Sent) -> Response {
    let paper = sent.paper.at("/signup");
    if !options.api.is_sign_up_open() {
        return closed(paper);
    }
    let mut faults = Faults::default();
    if sent.field("new") == sent.field("again") {
        match asked(&options, &sent).await {
            Ok(errors) if errors.is_empty() => return on_its_way(paper),
            Ok(errors) => faults = placed(&errors),
            Err(words) => return failed(paper, &words),
        }
    } else {
        faults.again = paper.say("The two are not the same.", "Les deux ne sont pas identiques.").to_owned();
    }
    let (email, name, account) = (sent.field("email"), sent.field("name"), sent.field("account"));
    let sheet = Sheet { email, name, account, faults };
    (StatusCode::UNPROCESSABLE_ENTITY, Html(sheet.draw(paper).into_string())).into_response()
}

/// What the API finds wrong; why not, where the machine says no.
async fn asked(options: &Options, sent: &Sent) -> Result<Vec<Value>, String> {
    let query = "mutation($input: SignUpInput!) { signUp(input: $input) { isAccepted userErrors { code field message } } }";
    let name = Some(sent.field("name").trim()).filter(|name| !name.is_empty());
    let input = json!({
        "email": sent.field("email").trim(), "password": sent.field("new"), "name": name,
        "accountName": sent.field("account").trim(),
    });
    let answer =
        sent.visitor.ask(options, None, (query, json!({ "input": input }))).await.unwrap_or_default();
    let errors = answer["data"]["signUp"]["userErrors"].as_array();
    errors.cloned().ok_or_else(|| refused(&answer, "signUp"))
}

fn placed(errors: &[Value]) -> Faults {
    let mut faults = Faults::default();
    for error in errors {
        let words = format!("{}.", capitalised(error["message"].as_str().unwrap_or("?")));
        match error["field"].as_str().unwrap_or_default().rsplit('.').next() {
            Some("password") => faults.new = words,
            Some("accountName" | "account_name") => faults.account = words,
            Some("name") => faults.name = words,
            Some(_) | None => faults.email = words,
        }
    }
    faults
}

/// The same words whether the address has a login already or not.
fn on_its_way(paper: Paper) -> Response {
    let title = paper.say("Look into your mailbox", "Regardez votre boîte de réception");
    let words = paper.say(
        "A message is on its way to your address. Its link is good for 24 hours; look among unwanted mail too.",
        "Un message est en route vers votre adresse. Son lien est valable 24 heures ; regardez aussi les indésirables.",
    );
    let on = Onward { to: "/login", name: paper.say("To the sign-in page", "Vers la page de connexion") };
    told(paper, StatusCode::OK, (title, words), on)
}
