//! Settings: values with defaults that are changed a few at a time. One event holds all of them after the change and
//! names those that changed, so that a reader needs no history.

use std::collections::BTreeSet;

use crate::HostingRefusal;
use crate::limit::{SENDER_PATTERN_COUNT_MAX, SETTINGS_OCTETS_MAX, TAG_CHARACTER_COUNT_MAX, TAG_COUNT_MAX};
use crate::refusal::{Limit, ValueRefusal};

/// Declares a set of settings with a default each, and the patch that changes some of them.
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $name:ident, patched by $patch:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        #[doc = concat!("Some of [`", stringify!($name), "`] with their new values; none: as it is.")]
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $patch {
            $(#[allow(missing_docs, reason = "named after the setting")] pub $field: Option<$type>,)*
        }

        impl $name {
            /// The same with what `patch` changes.
            #[must_use]
            pub fn patched(&self, patch: $patch) -> Self {
                Self { $($field: patch.$field.unwrap_or_else(|| self.$field.clone()),)* }
            }

            /// The names of the settings in which `other` differs, as they are stored.
            pub fn differing(&self, other: &Self) -> Vec<&'static str> {
                let mut names = Vec::new();
                $(if self.$field != other.$field { names.push(stringify!($field)); })*
                names
            }
        }

        impl $crate::wire::Plain for $name {
            fn to_octets(&self) -> Vec<u8> {
                $crate::wire::json(self)
            }
            fn from_octets(octets: &[u8]) -> Option<Self> {
                serde_json::from_slice(octets).ok()
            }
        }
    };
}
pub(crate) use settings;

/// Refuses a change that was made while looking at another revision.
pub(crate) fn check_revision(expected: Option<u32>, found: u32) -> Result<(), HostingRefusal> {
    match expected {
        Some(expected) if expected != found => {
            Err(HostingRefusal::SettingsStale(Limit { allowed: found.into(), used: expected.into() }))
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses settings that would not fit in an event.
pub(crate) fn check_octets(settings: &impl crate::wire::Plain) -> Result<(), HostingRefusal> {
    let octets = settings.to_octets().len();
    if octets > SETTINGS_OCTETS_MAX {
        return Err(HostingRefusal::SettingsTooLong(Limit::count(SETTINGS_OCTETS_MAX, octets)));
    }
    Ok(())
}

/// At most 25 tags of 1 to 64 characters, each once.
pub(crate) fn check_tags(tags: &BTreeSet<String>) -> Result<(), HostingRefusal> {
    if tags.len() > TAG_COUNT_MAX {
        return Err(ValueRefusal::TagLimitReached(Limit::count(TAG_COUNT_MAX, tags.len())).into());
    }
    for tag in tags {
        let of_tags = |refusal: HostingRefusal| refusal.of("settings.tags");
        if crate::text::word(tag, TAG_CHARACTER_COUNT_MAX).map_err(of_tags)? != *tag {
            return Err(of_tags(ValueRefusal::NameCharacter.into()));
        }
    }
    Ok(())
}

/// As [`check_senders`], for both lists of settings.
pub(crate) fn check_sender_lists(
    (allowed, denied): (&BTreeSet<String>, &BTreeSet<String>),
) -> Result<(), HostingRefusal> {
    check_senders(allowed).map_err(|refusal| refusal.of("settings.allowedSenders"))?;
    check_senders(denied).map_err(|refusal| refusal.of("settings.deniedSenders"))
}

/// Patterns of senders: an address, `*@domain` or `@domain`, or `*@*.domain`.
pub(crate) fn check_senders(patterns: &BTreeSet<String>) -> Result<(), HostingRefusal> {
    if patterns.len() > SENDER_PATTERN_COUNT_MAX {
        let limit = Limit::count(SENDER_PATTERN_COUNT_MAX, patterns.len());
        return Err(ValueRefusal::SenderLimitReached(limit).into());
    }
    let is_good = |pattern: &String| is_sender_pattern(pattern);
    if patterns.iter().all(is_good) { Ok(()) } else { Err(ValueRefusal::SenderPattern.into()) }
}

/// Whether `pattern` is one in the form in which patterns are kept.
pub fn is_sender_pattern(pattern: &str) -> bool {
    let bare = pattern.strip_prefix('*').unwrap_or(pattern);
    match bare.strip_prefix('@') {
        Some(domain) => kernel::DomainName::parse(domain.strip_prefix("*.").unwrap_or(domain)).is_ok(),
        None => !pattern.starts_with('*') && kernel::EmailAddress::parse(pattern).is_ok(),
    }
}

/// The form in which patterns are kept: lower case, no space around.
pub fn sender_pattern(text: &str) -> String {
    text.trim().to_lowercase()
}
