//! What a stage thinks of mail from outside, and why.

/// A stage of the way in. Its word stands in logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Who connects.
    Connection,
    /// What it calls itself.
    Helo,
    /// In whose name it sends.
    Mail,
    /// To whom.
    Rcpt,
    /// What: the message itself.
    Data,
    /// Whether it is wanted: the spam filter.
    Spam,
    /// Where it goes: the owner's rules, the quarantine.
    Delivery,
}

impl Stage {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Helo => "helo",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Spam => "spam",
            Self::Delivery => "delivery",
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing stands in the way.
    Accept,
    /// It is taken, and what was found is written on it.
    Mark,
    /// It is taken into the folder for unwanted mail.
    Junk,
    /// Not now (4xx).
    Defer,
    /// Never (5xx).
    Refuse,
}

impl Action {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Mark => "mark",
            Self::Junk => "junk",
            Self::Defer => "defer",
            Self::Refuse => "refuse",
        }
    }
}

/// What a stage decided. Reasons are words of ours, never a text or address of a stranger's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Who decided.
    pub stage: Stage,
    /// What.
    pub action: Action,
    /// Why.
    pub reasons: Vec<&'static str>,
}

impl Verdict {
    /// A verdict without a reason.
    pub const fn new(stage: Stage, action: Action) -> Self {
        Self { stage, action, reasons: Vec::new() }
    }

    /// Adds a reason; a stronger action takes the place of a weaker one.
    pub fn add(&mut self, action: Action, reason: &'static str) {
        self.action = self.action.max(action);
        self.reasons.push(reason);
    }

    /// Writes it to the log.
    pub(crate) fn tell(&self) {
        let (stage, action, reasons) = (self.stage.word(), self.action.word(), self.reasons.join(" "));
        if self.action == Action::Accept {
            tracing::debug!(stage, action, reasons, "judged");
        } else {
            tracing::info!(stage, action, reasons, "judged");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_action_counts() {
        let mut verdict = Verdict::new(Stage::Data, Action::Accept);
        verdict.add(Action::Refuse, "one");
        verdict.add(Action::Mark, "two");
        assert_eq!((verdict.action, verdict.reasons.as_slice()), (Action::Refuse, &["one", "two"][..]));
    }
}
