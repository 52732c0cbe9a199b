//! A list is refused as a whole: the entry that is at fault is named, as the caller wrote it.

use async_graphql::{Context, Result, Value};
use hosting::{domain, mailbox, settings, sync_job};
use kernel::{DomainName, TenantId};

use super::UserError;
use crate::request::Asked;

/// How much of an entry is told.
const CHARACTER_COUNT_MAX: usize = 100;

/// The same with the first entry that is at fault before the sentence; as it is where that is about no list.
pub(super) fn named(ctx: &Context<'_>, tenant: TenantId, said: UserError) -> Result<UserError> {
    let name = said.field.as_deref().and_then(|path| path.rsplit('.').next()).unwrap_or_default();
    let good: Box<dyn Fn(&str) -> bool + '_> = match said.code.as_str() {
        "SENDER_PATTERN" => Box::new(|text| settings::is_sender_pattern(&settings::sender_pattern(text))),
        "SEND_AS_MALFORMED" => Box::new(|text| mailbox::is_sender(text.trim())),
        "SEND_AS_ELSEWHERE" => {
            let directory = &ctx.platform()?.directory;
            // The shared domain is the platform's: a mailbox there is of it.
            Box::new(move |text| {
                let domain =
                    text.rsplit_once('@').and_then(|(_, domain)| DomainName::parse(domain.trim()).ok());
                let served = domain.and_then(|domain| directory.domain_named(domain.as_str()));
                served.is_some_and(|(of, _)| of == tenant || of == TenantId::PLATFORM)
            })
        }
        "FOOTER_EXCLUSION" if name == "footerExcludedDomains" => {
            Box::new(|text| domain::is_footless_domain(text.trim()))
        }
        "FOOTER_EXCLUSION" => Box::new(|text| domain::is_footless_mailbox(text.trim())),
        "STS_POLICY" if name == "mtaStsHosts" && said.limits.is_empty() => {
            Box::new(|text| domain::is_sts_host(text.trim()))
        }
        "SYNC_PARAMETER" => Box::new(sync_job::is_parameter),
        _ => return Ok(said),
    };
    let given = ctx.field().arguments().unwrap_or_default();
    let mut entries = Vec::new();
    for (argument, value) in &given {
        collect((argument.as_str(), value), name, &mut entries);
    }
    let Some(entry) = entries.into_iter().find(|entry| !good(entry)) else { return Ok(said) };
    let shown: String = entry.chars().take(CHARACTER_COUNT_MAX).collect();
    Ok(UserError { message: format!("`{shown}`: {}", said.message), ..said })
}

/// The texts of the lists called `name`, wherever they stand in an argument.
fn collect<'v>((argument, value): (&str, &'v Value), name: &str, entries: &mut Vec<&'v str>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(field, value)| collect((field.as_str(), value), name, entries));
        }
        Value::List(values) => values.iter().for_each(|value| match value {
            Value::String(text) if argument == name => entries.push(text),
            value => collect((argument, value), name, entries),
        }),
        Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => {}
    }
}
