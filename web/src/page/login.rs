//! `/login`, `/login/code`, `/logout`, `/language`: signing in and out, without script.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use maud::{Markup, html};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::form::Field;
use super::passkey::{Offer, scripted};
use super::sent::Sent;
use super::{Paper, not_at_home};
use crate::Options;
use crate::api::text;
use crate::session::cookie::{self, Jar, Keep};
use crate::session::door::{self, Visitor};
use crate::session::origin::within;
use crate::session::pending::Pending;

/// Where a sign-in leads where nothing else was asked for.
pub(crate) const START: &str = "/dashboard";
/// How long a chosen language is kept, in seconds: a year.
const LANGUAGE_SECS: u64 = 365 * 24 * 3600;

/// What a sign-in page may be asked with.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Asked {
    next: Option<String>,
    /// Why somebody is here: `over`, `reset`, `changed` or `out`.
    told: Option<String>,
}

/// `GET /login`.
pub(crate) async fn page(
    State(options): State<Options>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let paper = Paper::of(&options, &headers);
    if options.site.home(&headers).is_none() {
        return not_at_home(paper);
    }
    let told = match asked.told.as_deref() {
        Some("over") if options.demo.reset_minutes.is_some() => paper.say(
            "Your session is over. If you were trying the demo, it may have begun anew. Sign in again.",
            "Votre session est terminée. Si vous essayiez la démonstration, elle a peut-être été remise à zéro. Reconnectez-vous.",
        ),
        Some("over") => {
            paper.say("Your session is over. Sign in again.", "Votre session est terminée. Reconnectez-vous.")
        }
        Some("reset") => paper.say(
            "The demo has begun anew: what visitors had changed is gone. Sign in again.",
            "La démonstration a été remise à zéro : ce que les visiteurs avaient modifié a disparu. Reconnectez-vous.",
        ),
        Some("changed") => paper.say(
            "Your password is changed. Sign in with it.",
            "Votre mot de passe est modifié. Connectez-vous avec.",
        ),
        Some("out") => paper.say("You are signed out.", "Vous êtes déconnecté."),
        _ => "",
    };
    let sheet = Sheet { next: within(asked.next.as_deref(), START), login: "", told, fault: "" };
    scripted(StatusCode::OK, sheet.draw(paper, &options))
}

/// The sign-in page's changing parts.
struct Sheet<'a> {
    next: &'a str,
    login: &'a str,
    told: &'a str,
    fault: &'a str,
}

impl Sheet<'_> {
    fn draw(&self, paper: Paper, options: &Options) -> Markup {
        let login = Field {
            name: "login",
            label: paper.say("Login or e-mail address", "Identifiant ou adresse e-mail"),
            kind: "text",
            autocomplete: "username",
            value: self.login,
            hint: "",
            fault: "",
        };
        let password = Field {
            name: "password",
            label: paper.say("Password", "Mot de passe"),
            kind: "password",
            autocomplete: "current-password",
            value: "",
            hint: "",
            fault: "",
        };
        let title = paper.say("Sign in", "Se connecter");
        let content = html! {
            div.sheet {
                h1 { (title) }
                p.lead { (paper.say("To your account, your domains and your mailboxes.", "À votre compte, vos domaines et vos boîtes aux lettres.")) }
                @if !self.told.is_empty() { p.told role="status" { (self.told) } }
                @if !self.fault.is_empty() { p.told.bad role="alert" { (self.fault) } }
                div.panel {
                    form method="post" action="/login" {
                        input type="hidden" name="next" value=(self.next);
                        (login.draw())
                        (password.draw())
                        label.tick { input type="checkbox" name="keep" value="1"; span { (paper.say("Stay signed in for 30 days", "Rester connecté 30 jours")) } }
                        button.press type="submit" { (title) }
                    }
                    (Offer { question: "/login/passkey/question", action: "/login/passkey", next: Some(self.next) }.draw(paper))
                }
                p.demo {
                    a href="/reset" { (paper.say("Forgotten password", "Mot de passe oublié")) }
                    @if options.api.is_sign_up_open() {
                        " · " a href="/signup" { (paper.say("Open an account", "Ouvrir un compte")) }
                    }
                }
                @if !options.demo.logins.is_empty() { (demo(paper, &options.demo)) }
            }
        };
        paper.at("/login").page(title, &content)
    }
}

/// The logins that everybody may try.
fn demo(paper: Paper, demo: &crate::Demo) -> Markup {
    html! {
        div.demo {
            (paper.say("Not a customer yet? Look around with these:", "Pas encore client ? Essayez avec ces identifiants :"))
            dl {
                @for login in &demo.logins {
                    dt { (paper.say(login.role.0, login.role.1)) }
                    dd { code { (login.login) } " / " code { (login.password) } }
                }
            }
            @if let Some(minutes) = demo.reset_minutes {
                p {
                    (paper.say("Everybody uses it: it begins anew every ", "Tout le monde l’utilise : elle est remise à zéro toutes les "))
                    (minutes) " min"
                    (paper.say(", and its mail leaves nowhere.", ", et son courrier ne part nulle part."))
                }
            }
        }
    }
}

/// `POST /login`: the password; leads on, or to the second factor.
pub(crate) async fn submit(State(options): State<Options>, sent: Sent) -> Response {
    let pending = Pending {
        login: sent.field("login").trim().to_owned(),
        password: SecretString::from(sent.field("password").to_owned()),
        next: within(Some(sent.field("next")), START).to_owned(),
        is_kept: sent.field("keep") == "1",
    };
    let fault = match attempt(&options, &sent.visitor, &pending, Proof::None).await {
        Attempt::In(session) => return signed_in(&options, &sent, (&session, &pending)).await,
        Attempt::CodeNeeded(_) => match options.sessions.pending.keep(pending.clone()) {
            Some(name) => {
                let line = cookie::set(&sent.home, Jar::Pending, &name, Keep::Session);
                return see_other("/login/code", line.into_iter().collect());
            }
            None => busy(sent.paper),
        },
        Attempt::Refused(words) => words,
    };
    failed(sent.paper, &options, (&pending, &fault))
}

/// The sign-in page once more, with why nobody is signed in.
pub(crate) fn failed(paper: Paper, options: &Options, (pending, fault): (&Pending, &str)) -> Response {
    let sheet = Sheet { next: &pending.next, login: &pending.login, told: "", fault };
    scripted(StatusCode::UNPROCESSABLE_ENTITY, sheet.draw(paper, options))
}

/// `GET /login/code`.
pub(crate) async fn code_page(State(options): State<Options>, headers: HeaderMap) -> Response {
    let paper = Paper::of(&options, &headers);
    let Some(home) = options.site.home(&headers) else { return not_at_home(paper) };
    let name = cookie::read(&headers, &home, Jar::Pending);
    if name.and_then(|name| options.sessions.pending.of(&name)).is_none() {
        return see_other("/login", Vec::new());
    }
    scripted(StatusCode::OK, code_sheet(paper, ""))
}

/// The page of the second factor once more, with what is wrong.
fn code_failed(paper: Paper, fault: &str) -> Response {
    scripted(StatusCode::UNPROCESSABLE_ENTITY, code_sheet(paper, fault))
}

fn code_sheet(paper: Paper, fault: &str) -> Markup {
    let field = Field {
        name: "code",
        label: paper.say("Code", "Code"),
        kind: "text",
        autocomplete: "one-time-code",
        value: "",
        hint: paper.say(
            "Six digits from your authenticator app, a touch of your YubiKey, or one of your recovery codes.",
            "Six chiffres de votre application d’authentification, un toucher de votre YubiKey, ou l’un de vos codes de secours.",
        ),
        fault,
    };
    let title = paper.say("Second factor", "Second facteur");
    let content = html! {
        div.sheet {
            h1 { (title) }
            p.lead { (paper.say("Your password is right. One more proof, please.", "Votre mot de passe est exact. Encore une preuve, s’il vous plaît.")) }
            div.panel {
                form method="post" action="/login/code" {
                    (field.draw())
                    button.press type="submit" { (paper.say("Go on", "Continuer")) }
                }
                (Offer { question: "/login/code/question", action: "/login/code/passkey", next: None }.draw(paper))
            }
            p.demo { a href="/login" { (paper.say("Sign in as somebody else", "Se connecter avec un autre identifiant")) } }
        }
    };
    paper.page(title, &content)
}

/// `POST /login/code`.
pub(crate) async fn code_submit(State(options): State<Options>, sent: Sent) -> Response {
    let code = Proof::Code(sent.field("code").trim());
    second(&options, &sent, code).await
}

/// The second factor: leads on, or to the same page once more.
pub(crate) async fn second(options: &Options, sent: &Sent, proof: Proof<'_>) -> Response {
    let Some((name, pending)) = sent.pending(options) else {
        return see_other("/login?told=over", Vec::new());
    };
    let fault = match attempt(options, &sent.visitor, &pending, proof).await {
        Attempt::In(session) => {
            options.sessions.pending.forget(&name);
            return signed_in(options, sent, (&session, &pending)).await;
        }
        Attempt::CodeNeeded(_) => String::new(),
        Attempt::Refused(words) => words,
    };
    code_failed(sent.paper, &fault)
}

/// What trying to sign in came to.
pub(crate) enum Attempt {
    /// The session of the API's payload.
    In(Value),
    /// With what passkeys are asked; null where there are none.
    CodeNeeded(Value),
    /// Why not, in the visitor's language.
    Refused(String),
}

/// What is shown besides the password.
pub(crate) enum Proof<'a> {
    None,
    /// Of an authenticator app or a YubiKey, or a recovery code.
    Code(&'a str),
    /// The API's input of that name.
    Passkey(Value),
}

/// Asks the API for a session.
pub(crate) async fn attempt(
    options: &Options,
    visitor: &Visitor,
    pending: &Pending,
    proof: Proof<'_>,
) -> Attempt {
    let query = "mutation($login: String!, $password: String!, $code: String, $passkey: PasskeyAnswerInput) \
                 { signIn(login: $login, password: $password, code: $code, passkey: $passkey) { session { accessToken \
                 refreshToken } passkeyQuestion { ticket options } userErrors { code message } } }";
    let (code, passkey) = match proof {
        Proof::None => (Value::Null, Value::Null),
        Proof::Code(code) => (json!(code), Value::Null),
        Proof::Passkey(answer) => (Value::Null, answer),
    };
    let variables = json!({
        "login": pending.login, "password": pending.password.expose_secret(), "code": code, "passkey": passkey,
    });
    let paper = Paper { language: visitor.language, path: "/login" };
    let Some(answer) = visitor.ask(options, None, (query, variables)).await else {
        return Attempt::Refused(busy(paper));
    };
    let payload = &answer["data"]["signIn"];
    if !payload["session"].is_null() {
        return Attempt::In(payload["session"].clone());
    }
    if payload["userErrors"][0]["code"] == "SECOND_FACTOR_NEEDED" {
        return Attempt::CodeNeeded(payload["passkeyQuestion"].clone());
    }
    Attempt::Refused(refused(&answer, "signIn"))
}

/// Why the API has not done what `field` asks, as a sentence.
pub(crate) fn refused(answer: &Value, field: &str) -> String {
    let refusal = &answer["data"][field]["userErrors"][0];
    let error = &answer["errors"][0];
    let words = refusal["message"].as_str().or(error["message"].as_str()).unwrap_or_default();
    let wait = match error["extensions"]["retryAfterSeconds"].as_u64() {
        Some(seconds) => format!(" ({seconds} s)"),
        None => String::new(),
    };
    format!("{}{wait}.", capitalised(words))
}

/// Sets the cookies of a new session and leads on. The session that the browser had before is ended: a session begun by
/// somebody else is not gone on with.
pub(crate) async fn signed_in(
    options: &Options,
    sent: &Sent,
    (session, pending): (&Value, &Pending),
) -> Response {
    let home = &sent.home;
    let Some(tokens) = door::tokens(session) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(old) = cookie::read(&sent.headers, home, Jar::Access) {
        let query = ("mutation { signOut { userErrors { code } } }", Value::Null);
        drop(sent.visitor.ask(options, Some(format!("Bearer {old}")), query).await);
    }
    let mut cookies = door::cookies(home, &tokens, pending.is_kept);
    cookies.extend(cookie::set(home, Jar::Pending, "", Keep::Gone));
    see_other(&pending.next, cookies)
}

/// `POST /logout`.
pub(crate) async fn leave(State(options): State<Options>, sent: Sent) -> Response {
    let held = sent.credential(&options).await;
    if held.authorization.is_some() {
        let query = ("mutation { signOut { userErrors { code } } }", Value::Null);
        drop(sent.visitor.ask(&options, held.authorization, query).await);
    }
    let mut response = see_other("/login?told=out", door::forgotten(&sent.home));
    // What the browser keeps of these pages goes as well (Clear Site Data).
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    response
}

/// `POST /language`: the language of pages, for a year.
pub(crate) async fn language(State(options): State<Options>, sent: Sent) -> Response {
    let wanted = if sent.field("language") == "fr" { "fr" } else { "en" };
    keep_language(&options, &sent, wanted).await;
    let line = cookie::set(&sent.home, Jar::Language, wanted, Keep::Seconds(LANGUAGE_SECS));
    // Back to where it was asked for, with its query: as browsers tell it, else as the form names it.
    let referer =
        text(&sent.headers, header::REFERER).and_then(|referer| referer.strip_prefix(&sent.home.origin));
    let next = referer.unwrap_or_else(|| sent.field("next"));
    see_other(within(Some(next), "/login"), line.into_iter().collect())
}

/// Whoever is signed in is written to in that language as well, and finds it on every device.
async fn keep_language(options: &Options, sent: &Sent, wanted: &str) {
    let Some(access) = cookie::read(&sent.headers, &sent.home, Jar::Access) else { return };
    let language = if wanted == "fr" { "FRENCH" } else { "ENGLISH" };
    let query =
        "mutation($language: PersonLanguage!) { languageSet(language: $language) { userErrors { code } } }";
    let variables = json!({ "language": language });
    drop(sent.visitor.ask(options, Some(format!("Bearer {access}")), (query, variables)).await);
}

/// A redirection that a form's answer leads to.
pub(crate) fn see_other(to: &str, cookies: Vec<HeaderValue>) -> Response {
    let cookies = AppendHeaders(cookies.into_iter().map(|line| (header::SET_COOKIE, line)));
    (StatusCode::SEE_OTHER, cookies, [(header::LOCATION, to.to_owned())]).into_response()
}

fn busy(paper: Paper) -> String {
    paper.say("The server is busy; try again soon.", "Serveur occupé ; réessayez bientôt.").to_owned()
}

pub(crate) fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
