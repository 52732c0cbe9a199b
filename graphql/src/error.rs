//! What goes wrong outside the model, as GraphQL errors with `extensions.code`.
//!
//! Refusals of the model are no errors: they travel in `userErrors`.

use std::borrow::Cow;

use async_graphql::ErrorExtensions;
use authority::{AdministratorRight, Denied, Limited, Permission};
use hosting::HostingRefusal;
use kernel::{CorrelationId, Refusal as _};

use crate::language::Language;

/// Why an operation gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No valid credential came with the request.
    Unauthenticated,
    /// The principal sees the thing and lacks the permission.
    Forbidden,
    /// The account's owner keeps it from this administrator.
    Withheld(AdministratorRight),
    /// The principal would give away this permission, which it does not hold.
    NotHeld(Permission),
    /// A token would give one that opens longer or from elsewhere.
    Outreaches,
    /// What is left of the thing's history is for its administrators.
    HistoryNearlyFull,
    /// Nothing more can happen to the thing.
    HistoryFull,
    /// The `commandId` was given before, with another content.
    CommandReused,
    /// Whoever signs in is right, and the service of the mailbox lets nobody in now.
    Closed,
    /// The service of the mailbox lets its owner take the messages along, and do nothing else.
    ExportOnly,
    /// The state of the Box forbids this to its people.
    Limited(Limited),
    /// Everybody knows the login, and this would outlast the visit.
    Visiting,
    /// There is no such thing, or the principal may not know of it.
    NotFound,
    /// The wanted position was not reached in time.
    Stale,
    /// An argument is outside its range or from another account; the text says which.
    BadInput(&'static str, &'static str),
    /// An argument is not what the model takes; it says which, and why.
    Unfit(HostingRefusal),
    /// Another password must be chosen before anything else.
    PasswordChangeRequired,
    /// A second factor must be added before anything else.
    SecondFactorRequired,
    /// The address that was signed up with must be confirmed before anything else.
    EmailVerificationRequired,
    /// Too many failed sign-ins.
    Throttled {
        /// When to try again.
        retry_after_secs: u32,
    },
    /// Too many requests of one kind from a network, whatever came of them.
    TooMany {
        /// When to try again.
        retry_after_secs: u32,
    },
    /// The machine is doing as much as it can.
    Busy,
    /// The machine failed; the log says why, under this id.
    Internal(CorrelationId),
}

impl Fault {
    /// For programs. Never renamed.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Withheld(_) => "WITHHELD",
            Self::Forbidden | Self::NotHeld(_) | Self::Outreaches => "FORBIDDEN",
            Self::HistoryNearlyFull => "HISTORY_NEARLY_FULL",
            Self::HistoryFull => "HISTORY_FULL",
            Self::CommandReused => "COMMAND_ID_REUSED",
            Self::Closed | Self::ExportOnly => refusal_of(Limited::Suspended).code(),
            Self::Limited(limited) => refusal_of(limited).code(),
            Self::Visiting => "VISITING",
            Self::NotFound => "NOT_FOUND",
            Self::Stale => "STALE",
            Self::BadInput(..) | Self::Unfit(_) => "BAD_INPUT",
            Self::PasswordChangeRequired => "PASSWORD_CHANGE_REQUIRED",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::EmailVerificationRequired => "EMAIL_VERIFICATION_REQUIRED",
            Self::Throttled { .. } | Self::TooMany { .. } => "THROTTLED",
            Self::Busy => "BUSY",
            Self::Internal(_) => "INTERNAL",
        }
    }

    pub(crate) fn text(self, language: Language) -> Cow<'static, str> {
        let text = match self {
            Self::Unauthenticated => language.pick("sign in first", "connectez-vous d'abord"),
            Self::Forbidden => language.pick("you may not do this", "vous n'avez pas ce droit"),
            Self::Withheld(right) => {
                let (english, french) = withheld(right);
                let lead = language.pick(
                    "the owner of the account keeps this from its administrators: ",
                    "le titulaire du compte réserve ceci : ",
                );
                return format!("{lead}{}", language.pick(english, french)).into();
            }
            Self::NotHeld(_) => language.pick(
                "nobody gives rights that they do not hold themselves, nor by a token that lacks them; `permission` names one",
                "nul ne donne des droits qu'il n'a pas lui-même, ni par un jeton qui ne les a pas ; `permission` en nomme un",
            ),
            Self::Outreaches => language.pick(
                "a token gives no token that opens longer, or from other networks, than itself",
                "un jeton n'en donne aucun qui ouvre plus longtemps, ou depuis d'autres réseaux, que lui-même",
            ),
            Self::HistoryNearlyFull => language.pick(
                "you have changed this so often that only an administrator can change it from now on",
                "vous avez modifié ceci si souvent que seul un administrateur peut encore le modifier",
            ),
            Self::HistoryFull => language.pick(
                "this was changed so often that its history is full: the platform's support can still delete, end or erase it, so \
                 ask them; what shall go on is made anew",
                "ceci a été modifié si souvent que son historique est plein : le support de la plateforme peut encore le supprimer, \
                 y mettre fin ou l'effacer, demandez-le-lui ; ce qui doit continuer est à recréer",
            ),
            Self::CommandReused => language.pick(
                "this `commandId` was given before for something else, which is done: nothing was changed now; take another one",
                "ce `commandId` a déjà servi à autre chose, qui est fait : rien n'a été changé maintenant ; prenez-en un autre",
            ),
            Self::Visiting => language.pick(
                "everybody uses this demo: what would lock out others, write to people or call other servers is kept from its \
                 visitors",
                "tout le monde utilise cette démonstration : ce qui fermerait la porte aux autres, écrirait à des personnes ou \
                 appellerait d'autres serveurs y est réservé",
            ),
            Self::Closed => language.pick(
                "the password is right, but the service of this mailbox is suspended or over, so nobody signs in to it; whoever \
                 rents it can settle that, or ask the support",
                "le mot de passe est juste, mais le service de cette boîte est suspendu ou résilié : personne ne peut s'y connecter ; \
                 son titulaire peut régulariser, ou contacter l'assistance",
            ),
            Self::ExportOnly => language.pick(
                "the service of this mailbox is suspended or over: nothing is left but to download its messages, at /mailbox/export",
                "le service de cette boîte est suspendu ou résilié : il ne reste qu'à télécharger ses messages, sur /mailbox/export",
            ),
            Self::Limited(limited) => return crate::wiring::text(&refusal_of(limited), language).into(),
            Self::Unfit(refusal) => return crate::wiring::text(&refusal, language).into(),
            Self::NotFound => language.pick("there is no such thing", "introuvable"),
            Self::Stale => language.pick(
                "the wanted position is not reached yet; try again",
                "la position demandée n'est pas encore atteinte ; réessayez",
            ),
            Self::BadInput(english, french) => language.pick(english, french),
            Self::PasswordChangeRequired => language.pick(
                "choose a new password first: `passwordChange`",
                "choisissez d'abord un nouveau mot de passe : `passwordChange`",
            ),
            Self::SecondFactorRequired => language.pick(
                "add a second factor first: `totpBegin`, then `totpConfirm`; or `passkeyBegin`, then `passkeyAdd`; or `yubikeyAdd`",
                "ajoutez d'abord un second facteur : `totpBegin`, puis `totpConfirm` ; ou `passkeyBegin`, puis `passkeyAdd` ; ou `yubikeyAdd`",
            ),
            Self::EmailVerificationRequired => language.pick(
                "confirm your address first: follow the link that was sent there, or `emailVerificationResend`",
                "confirmez d'abord votre adresse : suivez le lien qui y a été envoyé, ou `emailVerificationResend`",
            ),
            Self::Throttled { .. } => language.pick(
                "too many failed attempts; try again later",
                "trop de tentatives échouées ; réessayez plus tard",
            ),
            Self::TooMany { .. } => language.pick(
                "too many requests from your network; try again later",
                "trop de demandes depuis votre réseau ; réessayez plus tard",
            ),
            Self::Busy => {
                language.pick("the server is busy; try again soon", "serveur occupé ; réessayez bientôt")
            }
            Self::Internal(_) => language.pick("the machine failed", "une panne est survenue"),
        };
        Cow::Borrowed(text)
    }

    /// The error as it is sent.
    pub fn into_error(self, language: Language) -> async_graphql::Error {
        async_graphql::Error::new(self.text(language)).extend_with(|_, extensions| {
            extensions.set("code", self.code());
            match self {
                Self::Throttled { retry_after_secs } | Self::TooMany { retry_after_secs } => {
                    extensions.set("retryAfterSeconds", retry_after_secs);
                }
                Self::NotHeld(permission) => extensions.set("permission", permission.name()),
                Self::Withheld(right) => extensions.set("right", right.name().to_ascii_uppercase()),
                Self::Unfit(refusal) => extensions.set("field", refusal.field().unwrap_or_default()),
                Self::Internal(correlation) => extensions.set("correlationId", correlation.to_string()),
                Self::Unauthenticated
                | Self::Forbidden
                | Self::Outreaches
                | Self::HistoryNearlyFull
                | Self::HistoryFull
                | Self::CommandReused
                | Self::Closed
                | Self::ExportOnly
                | Self::Limited(_)
                | Self::Visiting
                | Self::NotFound
                | Self::Stale
                | Self::BadInput(..)
                | Self::PasswordChangeRequired
                | Self::SecondFactorRequired
                | Self::EmailVerificationRequired
                | Self::Busy => {}
            }
        })
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            Denied::Lacks(_) => Self::Forbidden,
            Denied::Withheld(right) => Self::Withheld(right),
            Denied::NotHeld(permission) => Self::NotHeld(permission),
            Denied::Outreaches => Self::Outreaches,
            Denied::HistoryNearlyFull => Self::HistoryNearlyFull,
            Denied::HistoryFull => Self::HistoryFull,
            Denied::CommandReused => Self::CommandReused,
            Denied::Limited(limited) => Self::Limited(limited),
            Denied::Visiting => Self::Visiting,
        }
    }
}

/// What the model says of a Box in such a state: whoever asks hears the same, wherever it is found.
pub(crate) const fn refusal_of(limited: Limited) -> HostingRefusal {
    match limited {
        Limited::Restricted => HostingRefusal::ServiceRestricted,
        Limited::Suspended => HostingRefusal::ServiceSuspended,
        Limited::Ended => HostingRefusal::ServiceEnded,
    }
}

/// What is withheld, in each language.
const fn withheld(right: AdministratorRight) -> (&'static str, &'static str) {
    match right {
        AdministratorRight::SyncJobs => ("fetching mail from elsewhere", "la relève de courrier ailleurs"),
        AdministratorRight::Filters => ("filters", "les filtres"),
        AdministratorRight::AddressMaps => ("address rewriting and copies", "la réécriture et les copies"),
        AdministratorRight::Relays => ("sending relays", "les relais d’envoi"),
        AdministratorRight::TlsPolicies => ("TLS policies", "les politiques TLS"),
        AdministratorRight::AppPasswords => ("app passwords", "les mots de passe d’application"),
        AdministratorRight::SpamLists => ("spam lists and scores", "les listes et scores anti-spam"),
        AdministratorRight::SendLimits => ("sending limits", "les limites d’envoi"),
        AdministratorRight::Protocols => ("protocols of mailboxes", "les protocoles des boîtes"),
        AdministratorRight::SendAs => ("sending as other addresses", "l’envoi sous d’autres adresses"),
        AdministratorRight::PushDestinations => ("push destinations", "les notifications poussées"),
        AdministratorRight::HeldMail => ("held and waiting mail", "le courrier retenu et en attente"),
        AdministratorRight::DomainSettings => ("settings of domains", "les réglages des domaines"),
    }
}
