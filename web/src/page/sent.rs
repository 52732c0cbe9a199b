//! Who comes to a page, and a form on its way: what the pages begin with.

use std::collections::HashMap;
use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::{Paper, form, from_elsewhere, not_at_home};
use crate::Options;
use crate::guard::Correlation;
use crate::session::cookie::{self, Jar};
use crate::session::door::{self, Credential, Visitor};
use crate::session::origin::Home;
use crate::session::pending::Pending;

/// Somebody at a host where our pages are at home; refused as an extractor elsewhere.
pub(crate) struct Arrival {
    pub(crate) home: Home,
    pub(crate) visitor: Visitor,
    pub(crate) paper: Paper,
}

impl FromRequestParts<Options> for Arrival {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, options: &Options) -> Result<Self, Response> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, options)
            .await
            .map_err(|refused| refused.into_response())?;
        let Extension(Correlation(correlation)) =
            Extension::from_request_parts(parts, options).await.map_err(|refused| refused.into_response())?;
        let paper = Paper::of(options, &parts.headers);
        let home = options.site.home(&parts.headers).ok_or_else(|| not_at_home(paper))?;
        let visitor = Visitor::of(&parts.headers, Some(&home), (peer.ip(), correlation));
        Ok(Self { home, visitor, paper })
    }
}

/// A form of ours: who sent it and from where. Refused as an extractor where it is none: at a host that is not ours, from
/// another site, or no form.
pub(crate) struct Sent {
    pub(crate) home: Home,
    pub(crate) visitor: Visitor,
    pub(crate) paper: Paper,
    pub(crate) headers: HeaderMap,
    fields: HashMap<String, String>,
}

impl FromRequest<Options> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, options: &Options) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Arrival { home, visitor, paper } = Arrival::from_request_parts(&mut parts, options).await?;
        if !home.sent(&parts.headers) {
            return Err(from_elsewhere(paper));
        }
        let headers = parts.headers.clone();
        let body = Bytes::from_request(Request::from_parts(parts, body), options)
            .await
            .map_err(|refused| refused.into_response())?;
        let fields = form::read(&headers, &body).ok_or_else(|| StatusCode::BAD_REQUEST.into_response())?;
        Ok(Self { home, visitor, paper, headers, fields })
    }
}

impl Sent {
    /// The text of a field; empty where it is not there.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The credential of whoever sent it.
    pub(crate) async fn credential(&self, options: &Options) -> Credential {
        door::credential(options, &self.headers, (&self.home, &self.visitor)).await
    }

    /// The sign-in that waits for a second factor, with its name; none where none does, or no more.
    pub(crate) fn pending(&self, options: &Options) -> Option<(String, Pending)> {
        let name = cookie::read(&self.headers, &self.home, Jar::Pending)?;
        let pending = options.sessions.pending.of(&name)?;
        Some((name, pending))
    }
}
