//! What the words mean by which the stages of incoming mail say why.

use store::RemoteReply;

use super::words;
use crate::language::Language;

/// A word, and what it means in English and in French.
type Meaning = (&'static str, &'static str, &'static str);

const MEANINGS: &[Meaning] = &[
    ("unknown_recipient", "there is no such address", "cette adresse n'existe pas"),
    ("disabled", "the address takes no mail now", "cette adresse ne reçoit pas de courrier actuellement"),
    (
        "resource",
        "the address is of a room, a group or a thing, which takes no mail",
        "l'adresse est celle d'une salle, d'un groupe ou d'un objet, qui ne reçoit pas de courrier",
    ),
    ("service_ended", "the Box that the address is of has ended", "la Box de cette adresse a pris fin"),
    (
        "internal_only",
        "only mailboxes of the same account may write to the address",
        "seules les boîtes du même compte peuvent écrire à cette adresse",
    ),
    ("alias_loop", "the alias leads in a circle", "l'alias tourne en rond"),
    ("over_quota", "the mailbox is full", "la boîte est pleine"),
    (
        "forward_limit",
        "the aliases of the service lead to no more recipients elsewhere for now",
        "les alias du service ne mènent pas à plus de destinataires ailleurs pour l'instant",
    ),
    (
        "service_day_limit",
        "it has more recipients than the Box may still send to in 24 hours",
        "il a plus de destinataires que ne le permet encore la limite de la Box en 24 heures",
    ),
    (
        "service_hour_limit",
        "it has more recipients than the Box may still send to in an hour",
        "il a plus de destinataires que ne le permet encore la limite de la Box en une heure",
    ),
    (
        "service_minute_limit",
        "it has more recipients than the Box may still send to in a minute",
        "il a plus de destinataires que ne le permet encore la limite de la Box en une minute",
    ),
    (
        "domain_day_limit",
        "it has more recipients than the domain may still send to in 24 hours",
        "il a plus de destinataires que ne le permet encore la limite du domaine en 24 heures",
    ),
    (
        "domain_hour_limit",
        "it has more recipients than the domain may still send to in an hour",
        "il a plus de destinataires que ne le permet encore la limite du domaine en une heure",
    ),
    (
        "domain_minute_limit",
        "it has more recipients than the domain may still send to in a minute",
        "il a plus de destinataires que ne le permet encore la limite du domaine en une minute",
    ),
    (
        "mailbox_day_limit",
        "it has more recipients than the mailbox may still send to in 24 hours",
        "il a plus de destinataires que ne le permet encore la limite de la boîte en 24 heures",
    ),
    (
        "mailbox_hour_limit",
        "it has more recipients than the mailbox may still send to in an hour",
        "il a plus de destinataires que ne le permet encore la limite de la boîte en une heure",
    ),
    (
        "mailbox_minute_limit",
        "it has more recipients than the mailbox may still send to in a minute",
        "il a plus de destinataires que ne le permet encore la limite de la boîte en une minute",
    ),
    (
        "too_many_ends",
        "the address leads to more recipients elsewhere than a message may have",
        "l'adresse mène à plus de destinataires ailleurs qu'un message ne peut en avoir",
    ),
    (
        "sandbox",
        "the sender only tries things out and writes to its own mailboxes alone",
        "l'expéditeur est un bac à sable et n'écrit qu'à ses propres boîtes",
    ),
    ("tls_needed", "the mailbox takes mail over TLS only", "la boîte n'accepte que les connexions TLS"),
    (
        "greylisted",
        "the suspicious sender was asked to come again in a few minutes",
        "l'expéditeur suspect a été prié de revenir dans quelques minutes",
    ),
    ("came_again", "the sender came again as asked", "l'expéditeur est revenu comme demandé"),
    (
        "memory_failed",
        "whether the sender came before is not known",
        "on ignore si l'expéditeur est déjà venu",
    ),
    ("dnsbl", "the sending server is on a block list", "le serveur d'envoi est sur une liste de blocage"),
    (
        "dnsbl_suspect",
        "the sending server is on a list of suspicious ones",
        "le serveur d'envoi est sur une liste de serveurs suspects",
    ),
    ("early_talker", "the sending server talked out of turn", "le serveur d'envoi n'a pas attendu son tour"),
    ("network_limit", "too many connections from one network", "trop de connexions depuis un même réseau"),
    (
        "name_not_confirmed",
        "the name of the sending server does not lead back to it",
        "le nom du serveur d'envoi ne mène pas à lui",
    ),
    ("no_name", "the sending server has no name in DNS", "le serveur d'envoi n'a pas de nom dans le DNS"),
    (
        "helo_is_no_name",
        "the sending server gave no proper name",
        "le serveur d'envoi n'a pas donné de nom valable",
    ),
    (
        "helo_is_ours",
        "the sending server gave our name as its own",
        "le serveur d'envoi s'est donné notre nom",
    ),
    (
        "spf_fail",
        "SPF: the sender's domain does not let that server send",
        "SPF : le domaine de l'expéditeur n'autorise pas ce serveur",
    ),
    (
        "spf_softfail",
        "SPF: the sender's domain doubts that server",
        "SPF : le domaine de l'expéditeur doute de ce serveur",
    ),
    (
        "spf_none",
        "SPF: the sender's domain publishes nothing",
        "SPF : le domaine de l'expéditeur ne publie rien",
    ),
    (
        "spf_permerror",
        "SPF: the record of the sender's domain is wrong",
        "SPF : l'enregistrement du domaine de l'expéditeur est faux",
    ),
    ("spf_temperror", "SPF: DNS did not answer", "SPF : le DNS n'a pas répondu"),
    ("sender_domain_absent", "the sender's domain does not exist", "le domaine de l'expéditeur n'existe pas"),
    (
        "sender_null_mx",
        "the sender's domain says that it has no mail",
        "le domaine de l'expéditeur déclare ne pas avoir de courrier",
    ),
    (
        "sender_unknown_for_dns",
        "DNS did not tell about the sender's domain",
        "le DNS n'a rien dit du domaine de l'expéditeur",
    ),
    (
        "sender_without_hosts",
        "nobody could answer the sender: its domain has no servers",
        "on ne pourrait pas répondre à l'expéditeur : son domaine n'a pas de serveur",
    ),
    ("several_authors", "the message has more than one From field", "le message a plusieurs champs From"),
    (
        "member_missed",
        "others behind the same address got it, this mailbox did not",
        "d'autres derrière la même adresse l'ont reçu, pas cette boîte",
    ),
    (
        "doubtful_author",
        "the From field can be read in more than one way",
        "le champ From peut se lire de plusieurs façons",
    ),
    ("author_absent", "the message has no From field", "le message n'a pas de champ From"),
    (
        "no_author",
        "no address stands in the From field of the message",
        "le champ From du message ne contient pas d'adresse",
    ),
    (
        "dmarc_reject",
        "DMARC: the author's domain wants such mail refused",
        "DMARC : le domaine de l'auteur demande de refuser un tel message",
    ),
    (
        "dmarc_quarantine",
        "DMARC: the author's domain wants such mail put aside",
        "DMARC : le domaine de l'auteur demande de mettre de côté un tel message",
    ),
    (
        "dmarc_not_passed_on",
        "DMARC: nothing stands behind this author of a domain that is hosted here, so it is not passed on to other hosts",
        "DMARC : rien ne confirme cet auteur d'un domaine hébergé ici, le message n'est donc pas transmis à d'autres serveurs",
    ),
    (
        "dmarc_fail",
        "DMARC: neither SPF nor DKIM stands behind the author",
        "DMARC : ni SPF ni DKIM ne confirment l'auteur",
    ),
    ("dmarc_not_honoured", "this platform does not act on DMARC", "cette plateforme n'applique pas DMARC"),
    (
        "arc_trusted",
        "a trusted forwarder vouches for it (ARC)",
        "un intermédiaire de confiance s'en porte garant (ARC)",
    ),
    ("forwarder_trusted", "a trusted forwarder passed it on", "un intermédiaire de confiance l'a transmis"),
    (
        "author_exempt",
        "the author's domain is exempt from DMARC here",
        "le domaine de l'auteur est exempté de DMARC ici",
    ),
    (
        "sending_held",
        "what this mailbox sends is held, so mailboxes of other accounts get none of it",
        "ce que cette boîte envoie est retenu, les boîtes d'autres comptes n'en reçoivent donc rien",
    ),
    ("dns_unsure", "DNS did not tell who sent it", "le DNS n'a pas permis de savoir qui l'a envoyé"),
    ("dmarc_report_kept", "a DMARC report, kept with the domain", "un rapport DMARC, gardé avec le domaine"),
    ("tls_report_kept", "a TLS report, kept with the domain", "un rapport TLS, gardé avec le domaine"),
    (
        "feedback_kept",
        "a complaint, counted to whoever sent the message",
        "une plainte, comptée à l'expéditeur",
    ),
    ("report_absent", "the message holds no report", "le message ne contient pas de rapport"),
    ("report_broken", "the report cannot be read", "le rapport est illisible"),
    ("report_too_large", "the report is too large", "le rapport est trop grand"),
    ("report_too_many", "too many reports in an hour", "trop de rapports en une heure"),
    (
        "report_of_other_domain",
        "the report is about another account's domain",
        "le rapport concerne le domaine d'un autre compte",
    ),
    (
        "report_not_proven",
        "nobody stands behind the report: it is not signed by its author",
        "rien ne confirme le rapport : son auteur ne l'a pas signé",
    ),
    ("feedback_other", "feedback that is no complaint", "un retour qui n'est pas une plainte"),
    (
        "feedback_unknown_message",
        "a complaint about a message that did not leave here",
        "une plainte sur un message qui n'est pas parti d'ici",
    ),
    (
        "ticket_answered",
        "an answer to the support, kept with the ticket",
        "une réponse à l'assistance, gardée avec le ticket",
    ),
    ("ticket_automatic", "an answer that nobody has written", "une réponse que personne n'a écrite"),
    ("ticket_empty", "an answer with nothing in it", "une réponse vide"),
    (
        "ticket_too_many",
        "too many answers to one ticket in an hour",
        "trop de réponses à un ticket en une heure",
    ),
    (
        "relay_of_sender",
        "it leaves through the relay that the sender's domain has set",
        "il part par le relais configuré pour le domaine de l'expéditeur",
    ),
    (
        "relay_of_platform",
        "it leaves through a relay of the platform",
        "il part par un relais de la plateforme",
    ),
    (
        "host_of_recipient",
        "it goes to the host that the recipient's domain has set",
        "il va à l'hôte configuré pour le domaine du destinataire",
    ),
    (
        "folder_of_detail",
        "it went to the folder that the address names behind its plus sign",
        "il est allé dans le dossier que l'adresse nomme après son signe plus",
    ),
    (
        "folder_of_unwanted",
        "it went to the folder for unwanted mail",
        "il est allé dans le dossier des indésirables",
    ),
    (
        "folder_of_rule",
        "it went where a rule of the mailbox says",
        "il est allé là où le veut une règle de la boîte",
    ),
    (
        "bounced_later",
        "the other server had taken it, and reported later that it could not deliver it",
        "l'autre serveur l'avait accepté, puis a signalé qu'il n'a pas pu le remettre",
    ),
    (
        "bounce_not_proven",
        "nobody stands behind this report, so the address is written to again",
        "personne ne garantit ce rapport, l'adresse reste donc utilisable",
    ),
    (
        "complaint_not_proven",
        "nobody stands behind this complaint who may complain for the recipient, so it does not count",
        "personne qui puisse parler pour le destinataire ne garantit cette plainte, elle ne compte donc pas",
    ),
    ("bounce_no_such_address", "the address does not exist", "l'adresse n'existe pas"),
    (
        "bounce_no_such_domain",
        "the domain does not exist or takes no mail",
        "le domaine n'existe pas ou ne reçoit pas de courrier",
    ),
    ("bounce_mailbox_full", "the recipient's mailbox is full", "la boîte du destinataire est pleine"),
    (
        "bounce_too_fast",
        "the other server wants less mail at once",
        "l'autre serveur veut moins de courrier à la fois",
    ),
    (
        "bounce_policy",
        "the other server refuses it by its rules",
        "l'autre serveur le refuse selon ses règles",
    ),
    ("bounce_too_long", "it is too long for the other server", "il est trop long pour l'autre serveur"),
    ("bounce_unreachable", "the other server cannot be reached", "l'autre serveur est injoignable"),
    (
        "bounce_tls",
        "the encryption that is asked for cannot be had",
        "le chiffrement exigé n'est pas possible",
    ),
    (
        "bounce_login",
        "the relay does not take the login that is set for it",
        "le relais n'accepte pas l'identifiant configuré pour lui",
    ),
    ("bounce_loop", "it goes in circles", "il tourne en rond"),
    (
        "bounce_expired",
        "it was tried for as long as mail is tried, and never taken",
        "la remise a été tentée pendant toute la durée prévue, sans succès",
    ),
    (
        "held_by_operator",
        "the operator of the platform holds it, and alone releases it",
        "l'opérateur de la plateforme le retient, et lui seul le libère",
    ),
    ("held_by_owner", "somebody of the account holds it", "quelqu'un du compte le retient"),
    (
        "held_by_watch",
        "the mailbox that sent it sends otherwise than usual, so what it sends is held",
        "la boîte qui l'a envoyé n'envoie pas comme d'habitude, ce qu'elle envoie est donc retenu",
    ),
    (
        "watch_new_recipients",
        "it wrote to many within an hour to whom it never wrote before",
        "elle a écrit en une heure à beaucoup de destinataires auxquels elle n'avait jamais écrit",
    ),
    (
        "watch_new_network",
        "it wrote to people to whom it never wrote before, from a network that is new to it",
        "elle a écrit à des destinataires auxquels elle n'avait jamais écrit, depuis un réseau nouveau pour elle",
    ),
    (
        "watch_bounces",
        "many of the addresses that it wrote to within an hour do not exist",
        "beaucoup des adresses auxquelles elle a écrit en une heure n'existent pas",
    ),
    (
        "watch_volume",
        "it wrote to far more recipients on one day than it ever does",
        "elle a écrit en un jour à bien plus de destinataires que jamais",
    ),
    (
        "suppressed_no_such_address",
        "the address is on the suppression list: earlier mail to it came back, as it does not exist",
        "l'adresse est sur la liste de suppression : un courrier précédent est revenu, car elle n'existe pas",
    ),
    (
        "suppressed_complaint",
        "the address is on the suppression list: its owner has called earlier mail unwanted",
        "l'adresse est sur la liste de suppression : son titulaire a signalé un courrier précédent comme indésirable",
    ),
    (
        "suppressed_order",
        "the address is on the suppression list: somebody of the account has put it there",
        "l'adresse est sur la liste de suppression : quelqu'un du compte l'y a mise",
    ),
    (
        "untold_no_sender",
        "nobody could be told: the message names no sender to tell",
        "personne n'a pu être averti : le message ne nomme aucun expéditeur",
    ),
    (
        "untold_not_proven",
        "nobody was told: SPF does not prove that its sender wrote it, and a stranger must not hear of it",
        "personne n'a été averti : SPF ne prouve pas que l'expéditeur l'a écrit, et un tiers ne doit rien recevoir",
    ),
    (
        "untold_unreachable",
        "nobody could be told: the sender's address leads nowhere",
        "personne n'a pu être averti : l'adresse de l'expéditeur ne mène nulle part",
    ),
    (
        "passed_over",
        "these servers came first and could not be reached or did not take it",
        "ces serveurs venaient d'abord, et étaient injoignables ou ne l'ont pas pris",
    ),
    ("bounce_other", "the other server does not take it", "l'autre serveur ne l'accepte pas"),
    (
        "copy_missing",
        "it is a copy that an address map wants, and the mail went on without it",
        "c'est une copie que veut une règle d'adresse, et le courrier a continué sans elle",
    ),
    (
        "folder_missing",
        "that folder is not there, so it went to the inbox",
        "ce dossier n'existe pas, il est donc allé dans la boîte de réception",
    ),
    ("kept_aside", "it is kept outside the mailbox", "il est gardé hors de la boîte"),
    ("come_again", "it was asked to come again", "il a été prié de revenir"),
    (
        "alias_keeps_nothing",
        "the alias takes mail and gives it to nobody",
        "l'alias accepte le courrier et ne le remet à personne",
    ),
];

/// The word of a reason and its text. Behind the colon of some words stands what it is about: hosts, or what one said.
pub(super) fn told(reason: String, language: Language) -> (String, String) {
    if let Some(reply) = RemoteReply::of_reason(&reason) {
        return ("host_said".to_owned(), words::heard(&reply, language));
    }
    match reason.split_once(':') {
        Some((code, about)) => {
            let meaning = text(code, language).unwrap_or(code);
            (code.to_owned(), format!("{meaning}{}{}", language.pick(": ", " : "), about.replace(',', ", ")))
        }
        None => {
            let meaning = text(&reason, language).unwrap_or(&reason).to_owned();
            (reason, meaning)
        }
    }
}

/// What a word means; none for one that is not known.
fn text(code: &str, language: Language) -> Option<&'static str> {
    let found = MEANINGS.iter().find(|(word, ..)| *word == code)?;
    Some(language.pick(found.1, found.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that stand in the sources of the stages: what is said there is explained here.
    #[test]
    fn every_reason_that_a_stage_gives_is_explained() {
        let sources = [
            include_str!("../../../mail/smtp/src/inbound/connection.rs"),
            include_str!("../../../mail/smtp/src/inbound/content.rs"),
            include_str!("../../../mail/smtp/src/inbound/recipient.rs"),
            include_str!("../../../mail/smtp/src/inbound/sender.rs"),
            include_str!("../../../mail/smtp/src/deliver.rs"),
            include_str!("../../../mail/smtp/src/place.rs"),
            include_str!("../../../mail/smtp/src/sends.rs"),
            include_str!("../../../mail/reporting/src/intake.rs"),
            include_str!("../../../infra/node/src/policy/desk.rs"),
            include_str!("../../../mail/outbound/src/routes.rs"),
            include_str!("../../../mail/outbound/src/untold.rs"),
        ];
        let marks = [
            "Action::Mark, \"",
            "Action::Refuse, \"",
            "Action::Defer, \"",
            "Action::Junk, \"",
            "oddities.push(\"",
            "doubts.push(\"",
            "vec![\"",
            "reasons.push(\"",
            "Intake::Kept(\"",
            "Intake::Dropped(\"",
            "Err(\"",
            "=> Some(\"",
        ];
        let mut seen = 0;
        for source in sources {
            for mark in marks {
                for rest in source.split(mark).skip(1) {
                    let word = rest.split('"').next().unwrap_or_default();
                    if word == "greylisting" || word == "dns" {
                        continue; // Names of memories, no reasons.
                    }
                    seen += 1;
                    for language in [Language::English, Language::French] {
                        assert!(text(word, language).is_some(), "`{word}` is not explained");
                    }
                }
            }
        }
        assert!(seen > 20, "the sources were not read: {seen}");
        assert!(text("alias_keeps_nothing", Language::French).is_some());
        assert!(text("mailbox_minute_limit", Language::French).is_some_and(|text| text.contains("minute")));
        let held = store::Orderer::ALL.map(store::Orderer::holds);
        for word in held.into_iter().chain(["suppressed_complaint", "suppressed_order", "passed_over"]) {
            assert!(text(word, Language::French).is_some(), "`{word}` is not explained");
        }
        assert_eq!(text("nonsense", Language::English), None);
        let (code, text) = told("passed_over:mx1.example,mx2.example".to_owned(), Language::English);
        assert_eq!(code, "passed_over");
        assert!(text.ends_with("take it: mx1.example, mx2.example"), "{text}");
        for (reason, english, french) in [
            (
                "host_said:mx1.example/0/4.4.1/no%20connection",
                "the other server does not answer (mx1.example: “no connection”)",
                "l'autre serveur ne répond pas (mx1.example : “no connection”)",
            ),
            (
                "host_said:mx2.example/450/4.2.2/full,%20later",
                "the mailbox is full (mx2.example answered “450 4.2.2 full, later”)",
                "la boîte est pleine (mx2.example a répondu “450 4.2.2 full, later”)",
            ),
        ] {
            let expected = |text: &str| ("host_said".to_owned(), text.to_owned());
            assert_eq!(told(reason.to_owned(), Language::English), expected(english));
            assert_eq!(told(reason.to_owned(), Language::French), expected(french));
        }
    }
}
