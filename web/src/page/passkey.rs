//! Signing in with a passkey: alone from `/login`, and as the second factor from `/login/code`. Needs script; the pages that
//! offer it work without.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::Paper;
use super::login::{Attempt, Proof, START, attempt, failed, refused, second, signed_in};
use super::sent::Sent;
use crate::Options;
use crate::app::asset;
use crate::session::origin::within;
use crate::session::pending::Pending;

/// Our own script and style, asking ourselves alone.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
     img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Where a form with a passkey asks and answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer<'a> {
    /// Gives the question.
    pub(crate) question: &'static str,
    /// Takes the answer.
    pub(crate) action: &'static str,
    /// Where it leads; none where that is known already.
    pub(crate) next: Option<&'a str>,
}

impl Offer<'_> {
    /// The form, hidden until the script finds that the browser knows passkeys.
    pub(crate) fn draw(&self, paper: Paper) -> Markup {
        let given = paper.say(
            "No passkey was given. Try again, or use another way.",
            "Aucune clé d’accès n’a été donnée. Réessayez, ou utilisez un autre moyen.",
        );
        let busy =
            paper.say("This did not work; try again soon.", "Cela n’a pas fonctionné ; réessayez bientôt.");
        html! {
            form.passkey method="post" action=(self.action) data-question=(self.question) data-given=(given) data-busy=(busy) hidden {
                input type="hidden" name="ticket";
                input type="hidden" name="credential";
                @if let Some(next) = self.next {
                    input type="hidden" name="next" value=(next);
                    input type="hidden" name="keep";
                }
                button.press.quiet type="submit" {
                    (paper.say("Sign in with a passkey", "Se connecter avec une clé d’accès"))
                }
                p.told.bad role="status" hidden {}
            }
            script src=(asset::script_path()) defer {}
        }
    }
}

/// A page with our script in it.
pub(crate) fn scripted(status: StatusCode, page: Markup) -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY))];
    (status, policy, Html(page.into_string())).into_response()
}

/// `POST /login/passkey/question`: what any passkey is asked.
pub(crate) async fn question(State(options): State<Options>, sent: Sent) -> Response {
    let query = ("mutation { passkeySignInBegin { ticket options } }", Value::Null);
    let answer = sent.visitor.ask(&options, None, query).await.unwrap_or_default();
    asked(&answer["data"]["passkeySignInBegin"])
}

/// `POST /login/code/question`: what the passkeys of whoever has shown the password are asked.
pub(crate) async fn code_question(State(options): State<Options>, sent: Sent) -> Response {
    let Some((_, pending)) = sent.pending(&options) else { return asked(&Value::Null) };
    match attempt(&options, &sent.visitor, &pending, Proof::None).await {
        Attempt::CodeNeeded(question) => asked(&question),
        Attempt::In(_) | Attempt::Refused(_) => asked(&Value::Null),
    }
}

/// The API's question, its options as JSON and not as text.
fn asked(question: &Value) -> Response {
    let options = question["options"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match options {
        Some(options) => Json(json!({ "ticket": question["ticket"], "options": options })).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// `POST /login/passkey`: the answer of a passkey alone.
pub(crate) async fn answer(State(options): State<Options>, sent: Sent) -> Response {
    let query = "mutation($answer: PasskeyAnswerInput!) { passkeySignIn(answer: $answer) { session { accessToken \
                 refreshToken } userErrors { code message } } }";
    let variables = json!({ "answer": given(&sent) });
    let answer = sent.visitor.ask(&options, None, (query, variables)).await.unwrap_or_default();
    let pending = Pending {
        login: String::new(),
        password: SecretString::default(),
        next: within(Some(sent.field("next")), START).to_owned(),
        is_kept: sent.field("keep") == "1",
    };
    let payload = &answer["data"]["passkeySignIn"];
    if !payload["session"].is_null() {
        return signed_in(&options, &sent, (&payload["session"], &pending)).await;
    }
    failed(sent.paper, &options, (&pending, &refused(&answer, "passkeySignIn")))
}

/// `POST /login/code/passkey`: the answer of a passkey after the password.
pub(crate) async fn code_answer(State(options): State<Options>, sent: Sent) -> Response {
    second(&options, &sent, Proof::Passkey(given(&sent))).await
}

fn given(sent: &Sent) -> Value {
    json!({ "ticket": sent.field("ticket"), "credential": sent.field("credential") })
}
