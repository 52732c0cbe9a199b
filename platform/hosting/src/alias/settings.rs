//! What can be set for an alias.

use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::limit::COMMENT_CHARACTER_COUNT_MAX;
use crate::refusal::{Limit, ValueRefusal};
use crate::settings::settings;

/// What becomes of an alias's mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It goes to the targets.
    Forward,
    /// It is taken and thrown away.
    Discard,
    /// The spam filter learns it as spam; nobody gets it.
    LearnSpam,
    /// The spam filter learns it as wanted; nobody gets it.
    LearnHam,
}

settings! {
    /// What can be set for an alias.
    AliasSettings, patched by AliasSettingsPatch {
        /// Whether it takes mail.
        is_active: bool = true;
        /// What becomes of its mail.
        disposition: Disposition = Disposition::Forward;
        /// Whether only mailboxes of the same account may write to it.
        is_internal: bool = false;
        /// Whether its targets may send as it; those of a catch-all as what no mailbox and no alias of its domain has.
        lets_targets_send: bool = true;
        /// Whether clients offer it as an identity.
        is_offered: bool = true;
        /// For administrators.
        private_comment: String = String::new();
        /// For the owners of the targets.
        public_comment: String = String::new();
        /// What a temporary one is for, as the owner of its mailbox or whoever made it says.
        description: String = String::new();
    }
}

impl AliasSettingsPatch {
    /// The description where nothing else is changed.
    pub fn only_description(&self) -> Option<&str> {
        let rest = Self { description: None, ..self.clone() };
        self.description.as_deref().filter(|_| rest == Self::default())
    }
}

impl AliasSettings {
    /// Whether they can stand.
    ///
    /// # Errors
    /// The refusal that names the setting and the limit.
    pub fn check(&self) -> Result<(), HostingRefusal> {
        for (comment, field) in [
            (&self.private_comment, "settings.privateComment"),
            (&self.public_comment, "settings.publicComment"),
            (&self.description, "settings.description"),
        ] {
            let count = comment.chars().count();
            if count > COMMENT_CHARACTER_COUNT_MAX {
                let limit = Limit::count(COMMENT_CHARACTER_COUNT_MAX, count);
                return Err(HostingRefusal::from(ValueRefusal::CommentTooLong(limit)).of(field));
            }
        }
        Ok(())
    }
}
