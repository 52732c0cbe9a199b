//! What a step means, in a sentence.

use kernel::{Actor, Timestamp};
use store::{Direction, Passage, RemoteReply, Stage};

use crate::history::actor::{ActorStanding, Who};
use crate::language::Language;

/// Details of codes, with what they mean in English and in French.
type Meanings = &'static [(&'static str, &'static str, &'static str)];

/// Details of enhanced status codes (RFC 3463 and its registry) that say more than the stage does.
const DETAILS: Meanings = &[
    ("1.1", "the address does not exist", "l'adresse n'existe pas"),
    ("1.2", "the domain does not exist", "le domaine n'existe pas"),
    ("1.6", "the address has moved", "l'adresse a changé"),
    ("1.10", "the domain takes no mail", "le domaine ne reçoit pas de courrier"),
    ("2.1", "the mailbox is switched off", "la boîte est désactivée"),
    ("2.2", "the mailbox is full", "la boîte est pleine"),
    ("2.3", "the message is too long for the mailbox", "le message est trop long pour la boîte"),
    ("3.2", "the other server takes no mail now", "l'autre serveur ne prend pas de courrier actuellement"),
    ("3.4", "the message is too long for the other server", "le message est trop long pour l'autre serveur"),
    ("4.1", "the other server does not answer", "l'autre serveur ne répond pas"),
    ("4.2", "the connection broke", "la connexion a été coupée"),
    ("4.3", "DNS does not answer", "le DNS ne répond pas"),
    ("4.4", "there is no way to that domain", "aucun chemin ne mène à ce domaine"),
    ("4.6", "the message goes in circles", "le message tourne en rond"),
    ("4.7", "it took too long", "cela a duré trop longtemps"),
    ("5.3", "too many recipients at once", "trop de destinataires à la fois"),
    ("7.1", "the other server's rules do not allow it", "les règles de l'autre serveur ne l'autorisent pas"),
    (
        "7.8",
        "the relay does not take the login that is set for it",
        "le relais n'accepte pas l'identifiant configuré pour lui",
    ),
    ("7.5", "the encryption that is asked for cannot be had", "le chiffrement exigé n'est pas possible"),
    ("7.10", "the encryption that is asked for cannot be had", "le chiffrement exigé n'est pas possible"),
    ("7.11", "the encryption that is asked for cannot be had", "le chiffrement exigé n'est pas possible"),
    ("7.23", "SPF does not confirm the sender", "SPF ne confirme pas l'expéditeur"),
    ("7.26", "the other server cannot confirm the sender", "l'autre serveur ne peut confirmer l'expéditeur"),
    ("7.28", "the other server wants less mail at once", "l'autre serveur veut moins de courrier à la fois"),
    (
        "6.7",
        "the next server takes no addresses with letters of other scripts",
        "le serveur suivant ne prend pas d'adresse avec des lettres d'autres écritures",
    ),
];

/// The same where we ourselves said it, to whoever brought the message.
const OURS: Meanings = &[
    ("1.6", "the address takes no mail any more", "l'adresse ne reçoit plus de courrier"),
    (
        "2.3",
        "the message is longer than is taken here",
        "le message est plus long que ce qui est accepté ici",
    ),
    ("3.2", "this server takes no mail now", "ce serveur ne prend pas de courrier actuellement"),
    (
        "3.4",
        "the message is longer than is taken here",
        "le message est plus long que ce qui est accepté ici",
    ),
    ("6.7", "the address needs SMTPUTF8", "l'adresse demande SMTPUTF8"),
    ("7.1", "the rules here do not allow it", "les règles d'ici ne l'autorisent pas"),
    ("7.26", "the sender cannot be confirmed", "l'expéditeur ne peut être confirmé"),
    ("7.28", "less mail is taken here at once", "moins de courrier est accepté ici à la fois"),
];

/// The same where it was said for now.
const FOR_NOW: Meanings = &[
    ("1.1", "the address cannot be confirmed now", "l'adresse ne peut être confirmée actuellement"),
    ("2.1", "the mailbox takes no mail now", "la boîte ne prend pas de courrier actuellement"),
];

/// Whether nobody was asked, for what the suppression list says: the reasons tell it.
fn is_suppressed(passage: &Passage) -> bool {
    passage.reasons.iter().any(|reason| reason.starts_with("suppressed_"))
}

/// What the detail of an enhanced code means in a step: who said it, and whether for ever, decides as well.
fn detail(passage: &Passage, reply: &RemoteReply, language: Language) -> Option<&'static str> {
    if is_suppressed(passage) {
        return None;
    }
    let is_ours = reply.host.is_none() && passage.stage == Stage::Refused;
    meaning(reply, is_ours.then_some(OURS), language)
}

/// The same by the code, where `first` says nothing else.
fn meaning(reply: &RemoteReply, first: Option<Meanings>, language: Language) -> Option<&'static str> {
    let (_, detail) = reply.enhanced.split_once('.')?;
    let is_for_now = (400..500).contains(&reply.code);
    let tables = [first, is_for_now.then_some(FOR_NOW), Some(DETAILS)];
    let mut rows = tables.into_iter().flatten().flatten();
    let (_, english, french) = rows.find(|(code, ..)| *code == detail)?;
    Some(language.pick(english, french))
}

/// What a step means.
#[derive(Debug, Clone)]
pub(super) struct Told {
    what: String,
    /// When it is tried next, as a clause with the moment in UTC.
    next: Option<String>,
    language: Language,
}

impl Told {
    /// The sentence with whoever ordered it and the moment of the next attempt.
    pub(super) fn whole(&self, by: Option<&Who>) -> String {
        let by = by.map(|who| self.by(who)).unwrap_or_default();
        format!("{}{by}{}.", self.what, self.next.as_deref().unwrap_or_default())
    }

    /// The sentence for whoever shows the moment as it is where the reader is.
    pub(super) fn timeless(&self, by: Option<&Who>) -> String {
        format!("{}{}.", self.what, by.map(|who| self.by(who)).unwrap_or_default())
    }

    /// Whoever ordered it, as a clause.
    fn by(&self, who: &Who) -> String {
        let (by, nameless) = (self.language.pick(": by ", " : par "), nameless(who.standing, self.language));
        match (&who.name, who.standing) {
            (Some(name), ActorStanding::Own) => format!("{by}{name}"),
            (Some(name), standing) => format!("{by}{name} ({})", what(standing, self.language)),
            (None, _) => format!("{by}{nameless}"),
        }
    }
}

/// What somebody who is named is to the account.
const fn what(standing: ActorStanding, language: Language) -> &'static str {
    match standing {
        ActorStanding::Own => language.pick("of the account", "du compte"),
        ActorStanding::Removed => language.pick("removed since", "supprimé depuis"),
        ActorStanding::Erased => language.pick("erased", "effacé"),
        ActorStanding::Delegate => language.pick("by a delegation", "par délégation"),
        ActorStanding::Reseller => language.pick("the reseller", "le revendeur"),
        ActorStanding::Support => language.pick("the support", "le support"),
        ActorStanding::Platform => language.pick("the platform", "la plateforme"),
        ActorStanding::Elsewhere => language.pick("another account", "un autre compte"),
    }
}

/// Somebody whom the reader may not know by name.
const fn nameless(standing: ActorStanding, language: Language) -> &'static str {
    match standing {
        ActorStanding::Own => language.pick("somebody of the account", "quelqu'un du compte"),
        ActorStanding::Removed => language.pick("a removed user", "un utilisateur supprimé"),
        ActorStanding::Erased => {
            language.pick("a person whose data are erased", "une personne dont les données sont effacées")
        }
        ActorStanding::Delegate => language.pick("somebody with a delegation", "quelqu'un par délégation"),
        ActorStanding::Reseller => language.pick("the reseller", "le revendeur"),
        ActorStanding::Support => language.pick("the support", "le support"),
        ActorStanding::Platform => {
            language.pick("the operator of the platform", "l'opérateur de la plateforme")
        }
        ActorStanding::Elsewhere => {
            language.pick("somebody of another account", "quelqu'un d'un autre compte")
        }
    }
}

/// Whoever ordered a step, by the word that the queue keeps in place of an answer. None where nobody did, or nobody is named.
pub(super) fn orderer(passage: &Passage) -> Option<Actor> {
    let is_order = matches!(
        passage.stage,
        Stage::Held | Stage::Released | Stage::Hastened | Stage::Condemned | Stage::Removed
    );
    let reply = passage.reply.as_ref().filter(|reply| is_order && is_word(reply))?;
    let user = reply.text.parse().map(Actor::User);
    let of = user.or_else(|_| reply.text.parse().map(Actor::Mailbox));
    Some(of.unwrap_or(Actor::Operator))
}

/// Whether it is nobody's answer, but a word for whoever did it.
fn is_word(reply: &RemoteReply) -> bool {
    reply.code == 0 && reply.enhanced.is_empty() && reply.host.is_none() && !reply.text.is_empty()
}

/// What a step means, in a language.
pub(super) fn told(passage: &Passage, language: Language) -> Told {
    let reply = passage.reply.as_ref();
    let mut text = stage(passage, language);
    if let Some(folder) = &passage.folder {
        text.push_str(&format!(" ({} {folder})", language.pick("folder", "dossier")));
    }
    let is_ours = matches!(passage.stage, Stage::Stored | Stage::Released | Stage::Suspended);
    if let Some(said) = reply.and_then(|reply| said(passage, reply, language)).filter(|_| !is_ours) {
        text.push_str(language.pick(": ", " : "));
        text.push_str(&said);
    }
    let next = passage.next_at.map(|at| {
        let next = language.pick("; the next attempt is at", " ; prochaine tentative le");
        format!("{next} {}", moment(at))
    });
    Told { what: text, next, language }
}

fn stage(passage: &Passage, language: Language) -> String {
    let is_later = passage.reply.as_ref().is_some_and(|reply| (400..500).contains(&reply.code));
    let came_by = |way: &str| passage.reasons.iter().any(|reason| reason == way);
    let (english, french) = match (passage.stage, passage.direction) {
        (Stage::Received, _) => ("The message was taken", "Le message a été accepté"),
        (Stage::Submitted, _) => ("The message was handed in", "Le message a été déposé"),
        (Stage::Refused, Direction::In) if is_later => {
            ("The sender was asked to come again later", "L'expéditeur a été prié de revenir plus tard")
        }
        (Stage::Refused, Direction::In) => ("The message was refused", "Le message a été refusé"),
        (Stage::Refused, Direction::Out) if is_later => {
            ("Your message was not taken for now", "Votre message n'a pas été pris pour l'instant")
        }
        (Stage::Refused, Direction::Out) => ("Your message was refused", "Votre message a été refusé"),
        (Stage::Stored, _) => ("It is in the mailbox", "Il est dans la boîte"),
        (Stage::Queued, _) => ("It waits to leave", "Il attend de partir"),
        (Stage::Delivered, _) if came_by("relay_of_sender") => (
            "The relay of the sender's domain has it, and hands it on",
            "Le relais du domaine de l'expéditeur l'a reçu, et le transmet",
        ),
        (Stage::Delivered, _) if came_by("relay_of_platform") => (
            "A relay of the platform has it, and hands it on",
            "Un relais de la plateforme l'a reçu, et le transmet",
        ),
        (Stage::Delivered, _) => ("The recipient's server has it", "Le serveur du destinataire l'a reçu"),
        (Stage::Deferred, _) => ("It could not be delivered yet", "Il n'a pas encore pu être remis"),
        (Stage::Bounced, _) if came_by("bounced_later") => (
            "It came back after the other server had taken it",
            "Il est revenu après que l'autre serveur l'avait accepté",
        ),
        (Stage::Bounced, _) => ("It was given up", "La remise a été abandonnée"),
        (Stage::Held, _) => ("It is held until somebody releases it", "Il est retenu jusqu'à sa libération"),
        (Stage::Released, _) => ("It was released", "Il a été libéré"),
        (Stage::Hastened, _) => ("Somebody had it tried at once", "Une tentative immédiate a été demandée"),
        (Stage::Condemned, _) => ("Somebody had it given up", "Son abandon a été demandé"),
        (Stage::Removed, _) => ("It was removed; nobody was told", "Il a été supprimé sans avis"),
        (Stage::Suspended, _) => (
            "The operator has nothing sent to that site for now",
            "L'exploitant n'y laisse rien partir pour l'instant",
        ),
        (Stage::Reported, _) => ("The sender was told", "L'expéditeur a été averti"),
        (Stage::Complained, _) if came_by("complaint_not_proven") => (
            "Somebody called it unwanted in the recipient's name",
            "Quelqu'un l'a signalé comme indésirable au nom du destinataire",
        ),
        (Stage::Complained, _) => {
            ("The recipient called it unwanted", "Le destinataire l'a signalé comme indésirable")
        }
    };
    language.pick(english, french).to_owned()
}

/// What a host said before another was asked.
pub(super) fn heard(reply: &RemoteReply, language: Language) -> String {
    let known = meaning(reply, None, language).filter(|_| reply.code >= 400 || reply.code == 0);
    let host = reply.host.as_deref().unwrap_or_default();
    let quoted = quoted(host, reply, language);
    known.map_or(quoted.clone(), |known| format!("{known} ({quoted})"))
}

/// The words of a host.
fn quoted(host: &str, reply: &RemoteReply, language: Language) -> String {
    // Who says nothing has no code: that is what we say of it.
    if reply.code == 0 {
        return format!("{host}{}“{}”", language.pick(": ", " : "), reply.text);
    }
    let answered = language.pick("answered", "a répondu");
    format!("{host} {answered} “{} {} {}”", reply.code, reply.enhanced, reply.text)
}

/// Who said what, or who did it. Whoever ordered it is named by [`Told::whole`].
fn said(passage: &Passage, reply: &RemoteReply, language: Language) -> Option<String> {
    if reply.code == 0 && reply.enhanced.is_empty() {
        let is_told = is_word(reply) && orderer(passage).is_none();
        return is_told.then(|| format!("{} {}", language.pick("by", "par"), reply.text));
    }
    let known = detail(passage, reply, language).filter(|_| reply.code >= 400 || reply.code == 0);
    let quoted = match (&reply.host, passage.stage) {
        (Some(host), _) => Some(quoted(host, reply, language)),
        // What we ourselves said to a stranger stands in the reasons.
        (None, Stage::Refused) => Some(format!("“{} {} {}”", reply.code, reply.enhanced, reply.text)),
        (None, _)
            if known.is_none() && reply.code == 0 && !reply.text.is_empty() && !is_suppressed(passage) =>
        {
            Some(format!("“{}”", reply.text))
        }
        (None, _) => None,
    };
    match (known, quoted) {
        (Some(known), Some(quoted)) => Some(format!("{known} ({quoted})")),
        (Some(known), None) => Some(known.to_owned()),
        (None, Some(quoted)) => Some(quoted),
        (None, None) => None,
    }
}

fn moment(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use kernel::UserId;

    use super::*;

    fn sentence(passage: &Passage, language: Language) -> String {
        told(passage, language).whole(None)
    }

    fn passage(stage: Stage, direction: Direction, reply: Option<RemoteReply>) -> Passage {
        Passage {
            tenant: kernel::TenantId::PLATFORM,
            mailbox: None,
            domain: None,
            message: "m".to_owned(),
            direction,
            at: Timestamp::from_secs(0),
            stage,
            sender: None,
            recipient: None,
            reply,
            next_at: None,
            folder: None,
            source: None,
            reasons: Vec::new(),
            message_id: None,
        }
    }

    fn reply(code: u16, enhanced: &str, text: &str, host: Option<&str>) -> RemoteReply {
        let host = host.map(str::to_owned);
        RemoteReply { code, enhanced: enhanced.to_owned(), text: text.to_owned(), host }
    }

    #[test]
    fn whoever_ordered_a_step_is_named_as_the_reader_may_know_them_and_never_by_an_id() {
        let user = UserId::new(uuid::Uuid::from_u128(7));
        let ordered = |by: &str| passage(Stage::Held, Direction::Out, Some(reply(0, "", by, None)));
        assert_eq!(orderer(&ordered(&user.to_string())), Some(Actor::User(user)));
        for by in ["operator", "sending_watch"] {
            assert_eq!(orderer(&ordered(by)), Some(Actor::Operator), "{by}");
        }
        let answered = Some(reply(250, "2.0.0", "taken", None));
        for step in [None, answered, Some(reply(0, "4.4.1", "no connection", Some("mx.b.example")))] {
            assert_eq!(orderer(&passage(Stage::Deferred, Direction::Out, step)), None);
        }
        for (standing, name, english, french) in [
            (ActorStanding::Own, Some("owner"), ": by owner.", " : par owner."),
            (ActorStanding::Own, None, ": by somebody of the account.", " : par quelqu'un du compte."),
            (
                ActorStanding::Removed,
                Some("ann"),
                ": by ann (removed since).",
                " : par ann (supprimé depuis).",
            ),
            (ActorStanding::Support, None, ": by the support.", " : par le support."),
            (
                ActorStanding::Platform,
                None,
                ": by the operator of the platform.",
                " : par l'opérateur de la plateforme.",
            ),
        ] {
            let who = Who { standing, name: name.map(str::to_owned) };
            for stage in [Stage::Held, Stage::Released, Stage::Hastened, Stage::Condemned, Stage::Removed] {
                let step = Passage { stage, ..ordered(&user.to_string()) };
                let said = told(&step, Language::English).whole(Some(&who));
                assert!(said.ends_with(english) && !said.contains("user_"), "{said}");
                let said = told(&step, Language::French).timeless(Some(&who));
                assert!(said.ends_with(french) && !said.contains("user_"), "{said}");
            }
        }
    }

    #[test]
    fn a_step_is_told_in_plain_words_in_both_languages() {
        let full = Some(reply(450, "4.2.2", "later", Some("mx.b.example")));
        let deferred = Passage {
            next_at: Some(Timestamp::from_secs(3600)),
            ..passage(Stage::Deferred, Direction::Out, full)
        };
        let english = "It could not be delivered yet: the mailbox is full (mx.b.example answered “450 4.2.2 later”); \
                       the next attempt is at 1970-01-01 01:00 UTC.";
        assert_eq!(sentence(&deferred, Language::English), english);
        let french = "Il n'a pas encore pu être remis : la boîte est pleine (mx.b.example a répondu “450 4.2.2 later”) ; \
                      prochaine tentative le 1970-01-01 01:00 UTC.";
        assert_eq!(sentence(&deferred, Language::French), french);
        let (timeless, _) = french.split_once(" ; prochaine").expect("a clause");
        assert_eq!(told(&deferred, Language::French).timeless(None), format!("{timeless}."));
        let grey = passage(Stage::Refused, Direction::In, Some(reply(451, "4.7.1", "Greylisted", None)));
        assert!(sentence(&grey, Language::English).starts_with("The sender was asked to come again later"));
        let stored = passage(Stage::Stored, Direction::In, Some(reply(250, "2.0.0", "taken", None)));
        let stored = Passage { folder: Some("Junk".to_owned()), ..stored };
        assert_eq!(sentence(&stored, Language::French), "Il est dans la boîte (dossier Junk).");
        // It is no doing of the other server.
        let suspended = reply(0, "4.3.2", "an operator has suspended delivery to this destination", None);
        let suspended = passage(Stage::Suspended, Direction::Out, Some(suspended));
        let french = "L'exploitant n'y laisse rien partir pour l'instant.";
        assert_eq!(sentence(&suspended, Language::French), french);
        let said = Some(reply(535, "4.7.8", "the relay refuses the login: no", Some("smtp.b.example")));
        let english = "It could not be delivered yet: the relay does not take the login that is set for it \
                       (smtp.b.example answered “535 4.7.8 the relay refuses the login: no”).";
        let refused = passage(Stage::Deferred, Direction::Out, said);
        assert_eq!(sentence(&refused, Language::English), english);
        // Who has not spoken has not answered; what we said is not another server's; what is for now is not for ever.
        for (stage, direction, said, expected) in [
            (
                Stage::Deferred,
                Direction::Out,
                reply(0, "4.4.1", "no connection", Some("mx.b.example")),
                "It could not be delivered yet: the other server does not answer (mx.b.example: “no connection”).",
            ),
            (
                Stage::Bounced,
                Direction::Out,
                reply(0, "5.6.7", "the next server takes no internationalised addresses", None),
                "It was given up: the next server takes no addresses with letters of other scripts.",
            ),
            (
                Stage::Refused,
                Direction::In,
                reply(552, "5.3.4", "too long", None),
                "The message was refused: the message is longer than is taken here (“552 5.3.4 too long”).",
            ),
            (
                Stage::Deferred,
                Direction::Out,
                reply(450, "4.2.1", "busy", Some("mx.b.example")),
                "It could not be delivered yet: the mailbox takes no mail now (mx.b.example answered “450 4.2.1 busy”).",
            ),
            (
                Stage::Bounced,
                Direction::Out,
                reply(550, "5.2.1", "off", Some("mx.b.example")),
                "It was given up: the mailbox is switched off (mx.b.example answered “550 5.2.1 off”).",
            ),
        ] {
            assert_eq!(sentence(&passage(stage, direction, Some(said)), Language::English), expected);
        }
        let unwanted = passage(Stage::Bounced, Direction::Out, Some(reply(0, "5.7.1", "on the list", None)));
        let unwanted = Passage { reasons: vec!["suppressed_complaint".to_owned()], ..unwanted };
        assert_eq!(sentence(&unwanted, Language::English), "It was given up.");
        let relayed = passage(Stage::Delivered, Direction::Out, None);
        let relayed = Passage { reasons: vec!["relay_of_sender".to_owned()], ..relayed };
        let french = "Le relais du domaine de l'expéditeur l'a reçu, et le transmet.";
        assert_eq!(sentence(&relayed, Language::French), french);
        for stage in Stage::ALL {
            for direction in [Direction::In, Direction::Out] {
                let (english, french) = (Language::English, Language::French);
                let step = passage(stage, direction, None);
                assert_ne!(sentence(&step, english), sentence(&step, french), "{stage:?}");
            }
        }
    }
}
