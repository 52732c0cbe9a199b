//! What the pages behind mailed links share.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::sent::Arrival;
use super::{Onward, Paper, told};
use crate::Options;
use crate::session::door::{Visitor, credential};

/// Longest token that is carried in a page, in octets.
const TOKEN_OCTETS_MAX: usize = 256;

/// The query of a mailed link.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Token {
    token: Option<String>,
}

impl Token {
    /// Of a form.
    pub(crate) fn of(text: &str) -> Self {
        Self { token: Some(text.to_owned()) }
    }

    /// The token, where it can be one.
    pub(crate) fn token(&self) -> Option<&str> {
        let token = self.token.as_deref()?;
        let is_plain =
            token.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
        (!token.is_empty() && token.len() <= TOKEN_OCTETS_MAX && is_plain).then_some(token)
    }
}

/// The address of a form that carries a token: a change of language leads back to the same link.
pub(crate) fn action(path: &str, token: &str) -> String {
    format!("{path}?token={token}")
}

/// Whoever looks at a page, signed in or not; refused as an extractor where the pages are not at home.
pub(crate) struct Guest {
    pub(crate) paper: Paper,
    pub(crate) visitor: Visitor,
    /// The API's `viewer`; null where nobody is signed in.
    pub(crate) viewer: Value,
    /// The credential of whoever is signed in.
    pub(crate) authorization: Option<String>,
    cookies: Vec<HeaderValue>,
}

impl FromRequestParts<Options> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, options: &Options) -> Result<Self, Response> {
        let Arrival { home, visitor, paper } = Arrival::from_request_parts(parts, options).await?;
        let held = credential(options, &parts.headers, (&home, &visitor)).await;
        let answer = match held.authorization.clone() {
            Some(authorization) => {
                let query = ("{ viewer { userId demand } }", Value::Null);
                visitor.ask(options, Some(authorization), query).await.unwrap_or_default()
            }
            None => Value::Null,
        };
        Ok(Self {
            paper,
            visitor,
            viewer: answer["data"]["viewer"].clone(),
            authorization: held.authorization,
            cookies: held.cookies,
        })
    }
}

impl Guest {
    /// The answer, with the cookies that a renewed session must set.
    pub(crate) fn answer(&self, mut response: Response) -> Response {
        for line in &self.cookies {
            response.headers_mut().append(header::SET_COOKIE, line.clone());
        }
        response
    }
}

/// What is said of a link that opens nothing: `why` in English and in French.
pub(crate) fn dead(paper: Paper, why: (&str, &str)) -> Response {
    let title = paper.say("This link is not good any more", "Ce lien n’est plus valable");
    let on = Onward { to: "/login", name: paper.say("To the sign-in page", "Vers la page de connexion") };
    told(paper, StatusCode::GONE, (title, paper.say(why.0, why.1)), on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_carried_only_where_it_can_be_one() {
        let read = |text: &str| Token { token: Some(text.to_owned()) }.token().is_some();
        assert!(read("hsl_0a-_Z"));
        for nonsense in ["", "a b", "a&b=c", "\"><script>", "é", &"a".repeat(257)] {
            assert!(!read(nonsense), "{nonsense}");
        }
        assert!(Token::default().token().is_none());
    }
}
