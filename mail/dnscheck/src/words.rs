//! Why a record stands as it does, and what to do, for people.

use crate::expected::Role;
use crate::judge::{Checked, Reason};

/// The language of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

impl Checked {
    /// Why it stands so.
    pub fn why(&self, language: Language) -> &'static str {
        let (english, french) = why(self.reason);
        pick(language, english, french)
    }

    /// What to do about it; none where nothing is to be done.
    pub fn remedy(&self, language: Language) -> Option<&'static str> {
        remedy(self.expected.role, self.reason).map(|(english, french)| pick(language, english, french))
    }
}

const fn pick(language: Language, english: &'static str, french: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::French => french,
    }
}

const fn why(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::Same => ("The record is as it should be.", "L'enregistrement est correct."),
        Reason::SameAddresses => (
            "The name has the right addresses of its own instead of an alias. That works as long as they do not change.",
            "Le nom porte directement les bonnes adresses au lieu d'un alias. Cela fonctionne tant qu'elles ne changent pas.",
        ),
        Reason::Sufficient => (
            "The record is written differently and does what is needed.",
            "L'enregistrement est écrit autrement et fait ce qu'il faut.",
        ),
        Reason::Missing => ("There is no such record.", "Cet enregistrement n'existe pas."),
        Reason::Other => ("The record says something else.", "L'enregistrement indique autre chose."),
        Reason::OtherExchanges => {
            ("A part of the mail goes to other hosts.", "Une partie du courrier part vers d'autres serveurs.")
        }
        Reason::HostsNotNamed => (
            "The MX records name hosts that the MTA-STS policy does not: senders that obey it do not deliver there.",
            "Les enregistrements MX nomment des serveurs absents de la politique MTA-STS : les expéditeurs qui la respectent n'y remettent rien.",
        ),
        Reason::Several => (
            "There is more than one record where there must be one.",
            "Il y a plusieurs enregistrements là où il n'en faut qu'un.",
        ),
        Reason::HostsNotAllowed => (
            "The record does not allow our servers to send for the domain.",
            "L'enregistrement n'autorise pas nos serveurs à envoyer pour le domaine.",
        ),
        Reason::EverybodyAllowed => (
            "The record allows everybody to send for the domain.",
            "L'enregistrement autorise tout le monde à envoyer pour le domaine.",
        ),
        Reason::TooManyLookups => (
            "The record needs more than ten look-ups, so receivers reject it.",
            "L'enregistrement demande plus de dix requêtes : les destinataires le rejettent.",
        ),
        Reason::Malformed => (
            "The record, or one that it includes, is not of the right form.",
            "L'enregistrement, ou l'un de ceux qu'il inclut, n'a pas la bonne forme.",
        ),
        Reason::NoAnswer => ("DNS did not answer.", "Le DNS n'a pas répondu."),
    }
}

const fn remedy(role: Role, reason: Reason) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        Reason::Same | Reason::SameAddresses | Reason::Sufficient => return None,
        Reason::Missing => (
            "Create it at your DNS provider. A new record may take up to 24 hours to be seen.",
            "Créez-le chez votre fournisseur DNS. Un nouvel enregistrement peut mettre jusqu'à 24 heures à être vu.",
        ),
        Reason::Other => {
            ("Replace its value by the expected one.", "Remplacez sa valeur par la valeur attendue.")
        }
        Reason::OtherExchanges => (
            "Delete the MX records of the other hosts once all mailboxes are here.",
            "Supprimez les enregistrements MX des autres serveurs dès que toutes les boîtes sont ici.",
        ),
        Reason::HostsNotNamed => (
            "Add these hosts to the domain's MTA-STS settings, or delete their MX records.",
            "Ajoutez ces serveurs aux réglages MTA-STS du domaine, ou supprimez leurs enregistrements MX.",
        ),
        Reason::Several => match role {
            Role::Spf => (
                "Merge them into one record that begins with v=spf1, and delete the others.",
                "Réunissez-les en un seul enregistrement commençant par v=spf1 et supprimez les autres.",
            ),
            _ => (
                "Keep the expected one and delete the others.",
                "Gardez celui attendu et supprimez les autres.",
            ),
        },
        Reason::HostsNotAllowed => (
            "Add what the expected value names before the last term.",
            "Ajoutez ce que nomme la valeur attendue avant le dernier terme.",
        ),
        Reason::EverybodyAllowed => ("Replace +all by -all.", "Remplacez +all par -all."),
        Reason::TooManyLookups => (
            "Remove includes of services that you no longer use.",
            "Retirez les includes de services que vous n'utilisez plus.",
        ),
        Reason::Malformed => (
            "Copy the expected value whole, without quotes around it.",
            "Copiez la valeur attendue en entier, sans guillemets autour.",
        ),
        Reason::NoAnswer => (
            "Check again in a few minutes; if it stays so, ask your DNS provider.",
            "Vérifiez à nouveau dans quelques minutes ; si cela persiste, contactez votre fournisseur DNS.",
        ),
    })
}
