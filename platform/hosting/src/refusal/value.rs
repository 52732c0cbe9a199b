//! What is wrong with values that more than one argument can have: each refusal says which one had it.

use kernel::LimitFact;

use super::shape::{Language, Limit, Row};
use crate::HostingRefusal;

refusals! {
    /// What is wrong with a value.
    ValueRefusal
    also {}
    plain {
        /// A name is empty.
        NameEmpty = "NAME_EMPTY", Some("name"),
            "A name is needed here; give at least one character.",
            "Un nom est nécessaire ici ; saisissez au moins un caractère.";
        /// A name holds a control character.
        NameCharacter = "NAME_CHARACTER", Some("name"),
            "This name holds a line break or another control character, perhaps one that nobody sees and that turns the direction of the text; remove it.",
            "Ce nom contient un retour à la ligne ou un autre caractère de contrôle, peut-être invisible et qui inverse le sens du texte ; retirez-le.";
        /// A quota of nothing.
        QuotaZero = "QUOTA_ZERO", Some("quotaBytes"),
            "A mailbox needs a quota above zero, and there is no unlimited one; choose a size.",
            "Une boîte mail a besoin d’un quota supérieur à zéro et il n’en existe pas d’illimité ; choisissez une taille.";
        /// The owner of a mailbox may not change this alone.
        SettingNotSelfService = "SETTING_NOT_SELF_SERVICE", Some("settings"),
            "Your administrator keeps one of these settings; ask them to change it.",
            "Votre administrateur garde la main sur l’un de ces réglages ; demandez-lui de le modifier.";
        /// A pattern of senders cannot be read.
        SenderPattern = "SENDER_PATTERN", Some("settings.allowedSenders"),
            "A list of senders holds addresses such as a@example.org or patterns such as *@example.org; correct the other entries.",
            "Une liste d’expéditeurs contient des adresses comme a@example.org ou des motifs comme *@example.org ; corrigez les autres entrées.";
        /// What is to go without a footer is no address, or no domain.
        FooterExclusion = "FOOTER_EXCLUSION", Some("settings.footerExcludedMailboxes"),
            "What goes without the footer is named by whole addresses such as a@example.org, alias domains by names such as example.org; correct the other entries.",
            "Ce qui part sans pied de page se nomme par des adresses entières comme a@example.org, les domaines alias par des noms comme example.org ; corrigez les autres entrées.";
        /// The two scores do not go together.
        SpamScores = "SPAM_SCORES", Some("settings.junkScore"),
            "The score for junk lies from 0 to 100 and below the score for rejection, which is at most 1000; correct them.",
            "Le seuil des indésirables va de 0 à 100 et reste inférieur au seuil de rejet, d’au plus 1000 ; corrigez-les.";
        /// The MTA-STS policy is none.
        StsPolicy = "STS_POLICY", Some("settings.mtaStsAgeSecs"),
            "An MTA-STS policy is kept for 86400 to 31557600 seconds and names at most 10 hosts such as mx.example.org or *.example.org; correct it.",
            "Une politique MTA-STS se conserve de 86400 à 31557600 secondes et nomme au plus 10 serveurs comme mx.example.org ou *.example.org ; corrigez-la.";
        /// The URL cannot be used.
        PushUrl = "PUSH_URL", Some("url"),
            "Give a URL that begins with https:// and names a public host, of at most 500 octets, without user or password.",
            "Donnez une URL qui commence par https:// et nomme un hôte public, de 500 octets au plus, sans utilisateur ni mot de passe.";
        /// A token is missing or cannot be one.
        PushToken = "PUSH_TOKEN", Some("token"),
            "Pushover needs a token and a key of 30 letters and digits, a webhook a token of 16 to 256 printable characters; give it again where the URL changes.",
            "Pushover demande un jeton et une clé de 30 lettres et chiffres, un webhook un jeton de 16 à 256 caractères ; redonnez-le si l’URL change.";
        /// What is accepted is not in force.
        DocumentNotCurrent = "DOCUMENT_NOT_CURRENT", Some("accept.documents"),
            "One of these versions is not in force now; read the documents again and accept those in force.",
            "L’une de ces versions n’est pas en vigueur ; relisez les documents et acceptez ceux en vigueur.";
    }
    limited {
        /// Too many documents accepted for one service.
        AcceptanceLimitReached = "ACCEPTANCE_LIMIT_REACHED", Some("accept.documents"), "documents",
            "There would be {used} accepted documents of this service and {allowed} are kept; ask the support.",
            "Il y aurait {used} documents acceptés pour ce service et {allowed} sont conservés ; contactez le support.";
        /// A name is too long.
        NameTooLong = "NAME_TOO_LONG", Some("name"), "characters",
            "This name has {used} characters and {allowed} are allowed; shorten it.",
            "Ce nom comporte {used} caractères et {allowed} sont permis ; raccourcissez-le.";
        /// One mailbox is larger than the plan allows.
        QuotaAbovePlan = "QUOTA_ABOVE_PLAN", Some("quotaBytes"), "quotaBytes",
            "A quota of {used} is above the {allowed} that this plan allows per mailbox; choose less or a larger plan.",
            "Un quota de {used} dépasse les {allowed} permis par boîte dans cette offre ; choisissez moins ou une offre supérieure.";
        /// One mailbox is larger than its domain allows.
        QuotaAboveDomain = "QUOTA_ABOVE_DOMAIN", Some("quotaBytes"), "quotaBytes",
            "A quota of {used} is above the {allowed} that this domain allows per mailbox; choose less, or raise what its settings allow.",
            "Un quota de {used} dépasse les {allowed} permis par boîte dans ce domaine ; choisissez moins, ou augmentez ce que ses réglages permettent.";
        /// The title or text is too long.
        PushTextTooLong = "PUSH_TEXT_TOO_LONG", Some("text"), "characters",
            "The title or text has {used} characters and {allowed} are allowed; shorten it.",
            "Le titre ou le texte comporte {used} caractères et {allowed} sont permis ; raccourcissez-le.";
        /// Too many tags.
        TagLimitReached = "TAG_LIMIT_REACHED", Some("settings.tags"), "tags",
            "There are {used} tags and {allowed} are allowed; remove some.",
            "Il y a {used} étiquettes et {allowed} sont permises ; retirez-en.";
        /// Too many patterns in a list of senders.
        SenderLimitReached = "SENDER_LIMIT_REACHED", Some("settings.allowedSenders"), "senders",
            "A list has {used} senders and {allowed} are allowed; remove some.",
            "Une liste a {used} expéditeurs et {allowed} sont permis ; retirez-en.";
        /// The description is too long.
        DescriptionTooLong = "DESCRIPTION_TOO_LONG", Some("settings.description"), "characters",
            "The description has {used} characters and {allowed} are allowed; shorten it.",
            "La description comporte {used} caractères et {allowed} sont permis ; raccourcissez-la.";
        /// The footer is too long.
        FooterTooLong = "FOOTER_TOO_LONG", Some("settings.footerText"), "footerBytes",
            "The footer takes {used} and {allowed} are allowed; shorten it.",
            "Le pied de page occupe {used} et {allowed} sont permis ; raccourcissez-le.";
        /// Too many go without the footer.
        FooterExclusionLimitReached = "FOOTER_EXCLUSION_LIMIT_REACHED", Some("settings.footerExcludedMailboxes"), "footerExclusions",
            "A list has {used} entries that go without the footer and {allowed} are allowed; remove some.",
            "Une liste a {used} entrées qui partent sans pied de page et {allowed} sont permises ; retirez-en.";
        /// A comment is too long.
        CommentTooLong = "COMMENT_TOO_LONG", Some("settings.privateComment"), "characters",
            "A comment has {used} characters and {allowed} are allowed; shorten it.",
            "Un commentaire comporte {used} caractères et {allowed} sont permis ; raccourcissez-le.";
        /// More is to be sent than the plan allows.
        SendsAbovePlan = "SENDS_ABOVE_PLAN", Some("settings.sendsPerDayMax"), "sendsPerDay",
            "A limit of {used} recipients is above the {allowed} a day of this plan; choose less or a larger plan.",
            "Une limite de {used} destinataires dépasse les {allowed} par jour de cette offre ; choisissez moins ou une offre supérieure.";
    }
}

/// What is wrong with a value, and which argument gave it.
///
/// Where it is not one of the arguments but what is asked for altogether, the one that names the thing stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// What is wrong.
    pub what: ValueRefusal,
    /// The path of the argument, as the API calls it.
    pub field: Option<&'static str>,
    /// The limit that was met and its name, where the sentence tells it for all of its kind and the catalogue names none.
    pub within: Option<(&'static str, Limit)>,
}

impl kernel::Refusal for Placed {
    fn code(&self) -> &'static str {
        self.what.code()
    }

    fn field(&self) -> Option<&'static str> {
        self.field
    }

    fn limits(&self) -> Vec<LimitFact> {
        let within = self.within.map(|(name, limit)| LimitFact {
            name,
            allowed: limit.allowed,
            used: Some(limit.used),
        });
        self.what.limits().into_iter().chain(within).collect()
    }
}

impl std::fmt::Display for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.what.fmt(f)
    }
}

impl std::error::Error for Placed {}

/// Where nobody says otherwise, the argument is the one that the catalogue names.
impl From<ValueRefusal> for HostingRefusal {
    fn from(what: ValueRefusal) -> Self {
        use kernel::Refusal as _;
        Self::Value(Placed { what, field: what.field(), within: None })
    }
}

impl HostingRefusal {
    /// The same, of the argument `field`, where it is about a value; what is about anything else stays as it is.
    #[must_use]
    pub fn of(self, field: &'static str) -> Self {
        match self {
            Self::Value(placed) => Self::Value(Placed { field: Some(field), ..placed }),
            other => other,
        }
    }

    /// The same with the limit called `name`, where it is about a value; what is about anything else stays as it is.
    #[must_use]
    pub fn within(self, name: &'static str, limit: Limit) -> Self {
        match self {
            Self::Value(placed) => Self::Value(Placed { within: Some((name, limit)), ..placed }),
            other => other,
        }
    }

    /// That the administrators of a mailbox keep all of something from its owner: what names the mailbox is all that is at fault.
    pub(crate) const fn kept_from_owner() -> Self {
        let (what, field) = (ValueRefusal::SettingNotSelfService, Some("mailboxId"));
        Self::Value(Placed { what, field, within: None })
    }
}
