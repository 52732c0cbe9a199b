//! A push destination: where news of a mailbox is told as it comes, through Pushover, ntfy or a webhook.

use std::collections::BTreeSet;

use authority::{AdministratorRight, Permission};
use kernel::{Category, Kind, PushId};
use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::book::{Entry, Home, Others, Refusals, Words};
use crate::limit::{
    PUSH_COUNT_MAX, PUSH_TEXT_CHARACTER_COUNT_MAX, PUSH_TOKEN_OCTETS_MAX, PUSH_URL_OCTETS_MAX,
    PUSHOVER_SECRET_OCTETS,
};
use crate::mailbox::{Mailbox, SelfService};
use crate::refusal::{Limit, ValueRefusal};
use crate::remote::public_url;
use crate::secret::Secret;
use crate::settings::{check_senders, settings};

/// Through what news is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushKind {
    /// Pushover: the token of an application and the key of a user, of 30 letters and digits each.
    Pushover,
    /// ntfy: a URL with the topic, and a token where the topic needs one.
    Ntfy,
    /// A POST with JSON, signed with the token by HMAC-SHA-256.
    Webhook,
}

/// How urgent news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushPriority {
    /// As all news.
    Normal,
    /// High where the message says so (`X-Priority`, `Importance`), otherwise as all.
    AsMessage,
    /// Only messages that say they are urgent are told at all.
    UrgentOnly,
}

/// Sounds that Pushover knows.
pub const SOUNDS: [&str; 23] = [
    "pushover",
    "bike",
    "bugle",
    "cashregister",
    "classical",
    "cosmic",
    "falling",
    "gamelan",
    "incoming",
    "intermission",
    "magic",
    "mechanical",
    "pianobar",
    "siren",
    "spacealarm",
    "tugboat",
    "alien",
    "climb",
    "persistent",
    "echo",
    "updown",
    "vibrate",
    "none",
];

settings! {
    /// Where and how news is told.
    Push, patched by PushPatch {
        /// Through what.
        kind: PushKind = PushKind::Webhook;
        /// What it is called.
        name: String = String::new();
        /// Where, for ntfy and webhooks.
        url: String = String::new();
        /// Of the application, of the topic, or what the webhook is signed with.
        token: Secret = Secret::hidden();
        /// Of the user, for Pushover.
        key: Secret = Secret::hidden();
        /// What stands above; variables such as {SUBJECT} and {SENDER} are put in. Empty: the subject.
        title: String = String::new();
        /// What stands below; empty: the sender.
        text: String = String::new();
        /// Only mail of these senders is told; empty: of all.
        senders: BTreeSet<String> = BTreeSet::new();
        /// Only mail of senders that this regular expression fits; empty: of all.
        senders_pattern: String = String::new();
        /// How urgent.
        priority: PushPriority = PushPriority::Normal;
        /// Which of the sounds of Pushover.
        sound: String = "pushover".to_owned();
        /// Whether news is told.
        is_active: bool = true;
    }
}

impl Entry for Push {
    type Id = PushId;
    type Patch = PushPatch;
    type Owner = Mailbox;

    const WORDS: Words = Words {
        category: Category("push"),
        added: Kind { name: "push.added", schema: 1 },
        changed: Kind { name: "push.changed", schema: 1 },
        removed: Kind { name: "push.removed", schema: 1 },
        edit: "edit_pushes",
    };
    const REFUSALS: Refusals = Refusals {
        not_found: HostingRefusal::PushNotFound,
        exists: HostingRefusal::PushExists,
        limit: HostingRefusal::PushLimit,
    };
    const COUNT_MAX: usize = PUSH_COUNT_MAX;
    /// As for passwords, since senders and subjects are told: never delegable.
    const PERMISSION: Permission = Permission::CredentialWrite;
    const RIGHT: Option<AdministratorRight> = Some(AdministratorRight::PushDestinations);
    const CALLS_ELSEWHERE: bool = true;
    const SELF_SERVICE: Option<SelfService> = Some(SelfService::Push);

    fn with(&self, patch: PushPatch) -> Self {
        let (is_given, known) = (patch.token.is_some(), self);
        let mut push = self.patched(patch);
        // A token is only ever sent where it was given for: elsewhere it has to be given again.
        if !is_given && (push.kind, push.url.trim()) != (known.kind, known.url.as_str()) {
            push.token = Secret::hidden();
        }
        push
    }

    fn differing_in(&self, other: &Self) -> Vec<&'static str> {
        self.differing(other)
    }

    fn settled(mut self, _: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
        self.name = crate::text::word(&self.name, crate::limit::DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
        if others.values().any(|other| other.name == self.name) {
            return Err(HostingRefusal::PushNameTaken);
        }
        self.url = match self.kind {
            PushKind::Pushover => String::new(),
            PushKind::Ntfy | PushKind::Webhook => {
                public_url(&self.url, PUSH_URL_OCTETS_MAX).ok_or_else(|| no_url(self.url.trim()))?
            }
        };
        self.check_secrets()?;
        for (text, field) in [(&mut self.title, "title"), (&mut self.text, "text")] {
            *text = text.trim().to_owned();
            let count = text.chars().count();
            if count > PUSH_TEXT_CHARACTER_COUNT_MAX {
                let limit = Limit::count(PUSH_TEXT_CHARACTER_COUNT_MAX, count);
                return Err(HostingRefusal::from(ValueRefusal::PushTextTooLong(limit)).of(field));
            }
        }
        self.senders = self.senders.iter().map(|sender| crate::settings::sender_pattern(sender)).collect();
        check_senders(&self.senders).map_err(|refusal| refusal.of("senders"))?;
        crate::pattern::check(&self.senders_pattern).map_err(|_| HostingRefusal::PushSendersPattern)?;
        if !SOUNDS.contains(&self.sound.as_str()) {
            return Err(HostingRefusal::PushSound);
        }
        Ok(self)
    }

    fn shown(&self) -> Self {
        Self { token: Secret::hidden(), key: Secret::hidden(), ..self.clone() }
    }
}

fn no_url(text: &str) -> HostingRefusal {
    let no = HostingRefusal::from(ValueRefusal::PushUrl);
    match text.len() {
        octets if octets > PUSH_URL_OCTETS_MAX => {
            no.within("octets", Limit::count(PUSH_URL_OCTETS_MAX, octets))
        }
        _ => no,
    }
}

impl Push {
    /// Pushover needs both, a webhook is always signed, ntfy may do without.
    fn check_secrets(&self) -> Result<(), HostingRefusal> {
        let is_plain = |secret: &Secret| {
            secret.reveal().len() <= PUSH_TOKEN_OCTETS_MAX
                && secret.reveal().bytes().all(|octet| (33..=126).contains(&octet))
        };
        let is_pushover = |secret: &Secret| {
            secret.reveal().len() == PUSHOVER_SECRET_OCTETS
                && secret.reveal().bytes().all(|octet| octet.is_ascii_alphanumeric())
        };
        let refused = |allowed, secret: &Secret| {
            let limit = Limit::count(allowed, secret.reveal().len());
            Err(HostingRefusal::from(ValueRefusal::PushToken).within("characters", limit))
        };
        match self.kind {
            PushKind::Pushover if !is_pushover(&self.token) => refused(PUSHOVER_SECRET_OCTETS, &self.token),
            PushKind::Pushover if !is_pushover(&self.key) => {
                refused(PUSHOVER_SECRET_OCTETS, &self.key).map_err(|refusal| refusal.of("key"))
            }
            PushKind::Ntfy if !is_plain(&self.token) => refused(PUSH_TOKEN_OCTETS_MAX, &self.token),
            PushKind::Webhook if self.token.reveal().len() < 16 || !is_plain(&self.token) => {
                refused(PUSH_TOKEN_OCTETS_MAX, &self.token)
            }
            PushKind::Pushover | PushKind::Ntfy | PushKind::Webhook => Ok(()),
        }
    }
}
