//! The sentences of reports. The language of a sender is not known to the mail servers: both are said.

use store::{Instead, LeasedMessage, SuppressionCause};

use super::{Action, Told};
use crate::classify::{Class, classify};

pub(super) const fn subject(action: Action) -> &'static str {
    match action {
        Action::Failed => "Undelivered mail / Message non remis",
        Action::Delayed => "Delayed mail / Message en attente",
        Action::Relayed => "Mail handed on / Message transmis",
        Action::Expanded => "Mail passed on / Message transmis",
        Action::Delivered => "Mail delivered / Message remis",
    }
}

/// What a failure means, for people.
pub(crate) const fn meaning(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::NoSuchAddress => ("The address does not exist.", "L'adresse n'existe pas."),
        Class::NoSuchDomain => (
            "The domain does not exist or takes no mail.",
            "Le domaine n'existe pas ou ne reçoit pas de courrier.",
        ),
        Class::MailboxFull => {
            ("The mailbox of the recipient is full.", "La boîte du destinataire est pleine.")
        }
        Class::TooFast => (
            "The other side takes mail more slowly at the moment.",
            "Le serveur distant ralentit la réception en ce moment.",
        ),
        Class::Policy => (
            "The other side refuses the message by its rules.",
            "Le serveur distant refuse le message selon ses règles.",
        ),
        Class::TooLong => ("The message is too large for the other side.", "Le message est trop volumineux."),
        Class::Unreachable => {
            ("The server of the recipient cannot be reached.", "Le serveur du destinataire est injoignable.")
        }
        Class::Tls => (
            "An encrypted connection is required and could not be made.",
            "Une connexion chiffrée est exigée et n'a pas pu être établie.",
        ),
        Class::Login => (
            "The relay through which your mail leaves does not take the login that is set for it. Please tell your \
             administrator.",
            "Le relais par lequel part votre courrier n'accepte pas l'identifiant configuré. Prévenez votre administrateur.",
        ),
        Class::Loop => ("The message goes in circles.", "Le message tourne en boucle."),
        Class::Expired => (
            "It could not be delivered for as long as it was tried.",
            "Il n'a pas pu être remis pendant toute la durée des essais.",
        ),
        Class::Other => {
            ("The other side does not take the message.", "Le serveur distant n'accepte pas le message.")
        }
    }
}

/// What it means for people that one recipient has not got the message.
fn meaning_of(one: &Told<'_>) -> (&'static str, &'static str) {
    match one.recipient.instead {
        Some(Instead::Suppressed(SuppressionCause::NoSuchAddress)) => (
            "Earlier mail to this address came back as undeliverable, so nothing is sent to it any more. Your \
             administrator can take it off the suppression list.",
            "Un courrier précédent à cette adresse est revenu, on n'y envoie donc plus rien. Votre administrateur peut la \
             retirer de la liste de suppression.",
        ),
        Some(Instead::Suppressed(SuppressionCause::Complaint)) => (
            "The owner of this address has called earlier mail unwanted, so nothing is sent to it any more.",
            "Le titulaire de cette adresse a signalé un courrier précédent comme indésirable, on n'y envoie donc plus rien.",
        ),
        Some(Instead::Suppressed(SuppressionCause::Ordered)) => (
            "Your administrator wants nothing to be sent to this address: it is on the suppression list.",
            "Votre administrateur ne veut rien envoyer à cette adresse : elle est sur la liste de suppression.",
        ),
        Some(Instead::Bounce) => (
            "Whoever looks after the mail has had it given up.",
            "Son abandon a été demandé par un responsable de la messagerie.",
        ),
        None => meaning_now(one),
    }
}

fn meaning_now(one: &Told<'_>) -> (&'static str, &'static str) {
    match (classify(one.reply), one.reply.enhanced.as_str()) {
        (Class::Other, "5.6.7") => (
            "The server of the recipient takes no addresses with letters of other scripts.",
            "Le serveur du destinataire ne prend pas d'adresse avec des lettres d'autres écritures.",
        ),
        (class, _) => meaning(class),
    }
}

/// For how long it was tried in vain, before what it means that was said last.
fn tried(one: &Told<'_>) -> (String, String) {
    let Some(count) = one.expired_after else { return Default::default() };
    let (days, jours) = if count == 1 { ("day", "jour") } else { ("days", "jours") };
    (
        format!(
            "It was tried for {count} {days} without success, and is not tried any more. At the last attempt: "
        ),
        format!(
            "La remise a été tentée pendant {count} {jours} sans succès, et ne l'est plus. Au dernier essai : "
        ),
    )
}

pub(super) fn explanation(message: &LeasedMessage, told: &[Told<'_>], hostname: &str) -> String {
    let mut english = format!("This is the mail server {hostname}.\n");
    let mut french = format!("Ici le serveur de messagerie {hostname}.\n");
    for action in Action::ALL {
        let of: Vec<&Told<'_>> = told.iter().filter(|one| one.action == action).collect();
        if of.is_empty() {
            continue;
        }
        let (en, fr) = match action {
            Action::Failed => {
                ("Your message could not be delivered to:", "Votre message n'a pas pu être remis à :")
            }
            Action::Delayed => (
                "Your message has not been delivered yet; you need not send it again. It is still being tried for:",
                "Votre message n'a pas encore été remis ; inutile de le renvoyer. Les essais continuent pour :",
            ),
            Action::Relayed => (
                "Your message was handed to the next server, which sends no confirmation, for:",
                "Votre message a été transmis au serveur suivant, qui n'envoie pas de confirmation, pour :",
            ),
            Action::Expanded => (
                "Your message is on its way to several recipients, who are not told here, in place of:",
                "Votre message est en route vers plusieurs destinataires, qui ne sont pas nommés ici, à la place de :",
            ),
            Action::Delivered => {
                ("Your message was put into the mailbox of:", "Votre message a été déposé dans la boîte de :")
            }
        };
        english.push_str(&format!("\n{en}\n"));
        french.push_str(&format!("\n{fr}\n"));
        for one in of {
            let (means, signifie) = match action {
                Action::Relayed | Action::Expanded | Action::Delivered => ("", ""),
                Action::Failed | Action::Delayed => meaning_of(one),
            };
            let (tried, essais) = tried(one);
            let address = one.name();
            let said = match (one.host(), one.text()) {
                (_, "") => String::new(),
                (Some(host), text) => format!("\n    {host}: {text}"),
                (None, text) => format!("\n    {text}"),
            };
            // What others said is quoted; our own words are English, and their meaning stands there in French already.
            let dit = if one.reply.code == 0 { "" } else { said.as_str() };
            english.push_str(&format!("  {address}\n    {tried}{means}{said}\n"));
            french.push_str(&format!("  {address}\n    {essais}{signifie}{dit}\n"));
            for (host, reply) in one.before() {
                let dit = if reply.code == 0 { meaning(classify(reply)).1 } else { &reply.text };
                english.push_str(&format!("    Before: {host}: {}\n", reply.text));
                french.push_str(&format!("    Auparavant : {host} : {dit}\n"));
            }
        }
    }
    format!("{english}\n({})\n\n----------\n\n{french}", message.message)
}
