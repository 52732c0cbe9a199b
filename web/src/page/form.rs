//! Forms: reading them, and drawing their fields.

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use maud::{Markup, html};

use crate::api::text;

/// Longest form, in octets.
const FORM_OCTETS_MAX: usize = 16 * 1024;
/// Most fields of a form.
const FIELD_COUNT_MAX: usize = 32;

/// The fields of a form sent as `application/x-www-form-urlencoded`; none where it is no such form or too long.
pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Option<HashMap<String, String>> {
    let kind = text(headers, header::CONTENT_TYPE)?.split(';').next()?.trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") || body.len() > FORM_OCTETS_MAX {
        return None;
    }
    let pairs = form_urlencoded::parse(body).take(FIELD_COUNT_MAX);
    Some(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

/// One field of a form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    pub(crate) label: &'a str,
    /// `text` or `password`.
    pub(crate) kind: &'static str,
    /// What browsers fill in, as in HTML's `autocomplete`.
    pub(crate) autocomplete: &'static str,
    pub(crate) value: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) fault: &'a str,
}

impl Field<'_> {
    /// Draws it, with its hint and what is wrong with it.
    pub(crate) fn draw(&self) -> Markup {
        let (hint, fault) = (format!("{}-hint", self.name), format!("{}-fault", self.name));
        let described = match (self.hint.is_empty(), self.fault.is_empty()) {
            (true, true) => None,
            (false, true) => Some(hint.clone()),
            (true, false) => Some(fault.clone()),
            (false, false) => Some(format!("{fault} {hint}")),
        };
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                input id=(self.name) name=(self.name) type=(self.kind) value=(self.value) required
                    autocomplete=(self.autocomplete) autocapitalize="none" spellcheck="false"
                    aria-invalid=[(!self.fault.is_empty()).then_some("true")] aria-describedby=[described];
                @if !self.fault.is_empty() { span.fault id=(fault) { (self.fault) } }
                @if !self.hint.is_empty() { span.hint id=(hint) { (self.hint) } }
            }
        }
    }
}
