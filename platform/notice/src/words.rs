//! The words of every kind of notice, in both languages.
//!
//! `{login}` is what the person signs in with, `{detail}` a name or a device. Whoever adds a kind writes it here twice.

use hosting::Language;
use hosting::notice::NoticeKind;

/// What a notice says.
pub(crate) struct Words {
    pub(crate) subject: &'static str,
    /// Paragraphs before the link.
    pub(crate) text: &'static [&'static str],
    /// What the link is called; present exactly where the kind has a link.
    pub(crate) action: Option<&'static str>,
}

const fn words(subject: &'static str, text: &'static [&'static str], action: Option<&'static str>) -> Words {
    Words { subject, text, action }
}

/// The words of a kind in a language.
pub(crate) const fn of(kind: NoticeKind, language: Language) -> Words {
    match language {
        Language::En => english(kind),
        Language::Fr => french(kind),
    }
}

/// How an answer by mail reaches the support.
pub(crate) const fn answer_by_mail(language: Language) -> &'static str {
    match language {
        Language::En => {
            "An answer to this message reaches the support. Whoever has its address can answer in your name: do not pass it on."
        }
        Language::Fr => {
            "Une réponse à ce message parvient à l’assistance. Qui en possède l’adresse peut répondre en votre nom : ne la transmettez pas."
        }
    }
}

/// What every notice ends with.
pub(crate) const fn closing(language: Language) -> &'static str {
    match language {
        Language::En => "Hosterra sends this message by itself. We never ask for a password by mail.",
        Language::Fr => {
            "Ce message est envoyé automatiquement par Hosterra. Nous ne demandons jamais de mot de passe par courriel."
        }
    }
}

const fn english(kind: NoticeKind) -> Words {
    use NoticeKind as K;
    match kind {
        K::EmailVerification => words(
            "Confirm your address",
            &[
                "Welcome. Confirm that this address is yours, and your login {login} is ready to use.",
                "The link is good for 24 hours. If you did not sign up, do nothing: nobody else can use your address.",
            ],
            Some("Confirm my address"),
        ),
        K::EmailChange => words(
            "Confirm your new address",
            &[
                "Messages about your login {login} are to go to this address from now on. Confirm that it is yours.",
                "The link is good for 24 hours. If you did not ask for this, do nothing.",
            ],
            Some("Confirm my address"),
        ),
        K::EmailChanging => words(
            "Your address is about to change",
            &[
                "Another address was given for your login {login}. Once it is confirmed, messages go there.",
                "If that was not you, change your password now and end all other sessions.",
            ],
            None,
        ),
        K::RecoveryVerification => words(
            "Confirm your recovery address",
            &[
                "This address was given for the mailbox {login}: whoever reads it can choose a new password for that mailbox. Confirm that it is yours.",
                "The link is good for 24 hours. If you did not ask for this, do nothing.",
            ],
            Some("Confirm the address"),
        ),
        K::RecoveryChanging => words(
            "A recovery address was given for your mailbox",
            &[
                "An address was given at which a forgotten password of {login} can be renewed. It counts once it is confirmed there.",
                "If that was not you, change your password now, and take the address away in the settings of your mailbox.",
            ],
            None,
        ),
        K::LoginExists => words(
            "You have a login already",
            &[
                "Somebody tried to sign up with this address, which has a login already: {login}.",
                "If it was you, sign in, or choose another password on the sign-in page. If not, there is nothing to do.",
            ],
            None,
        ),
        K::PasswordReset => words(
            "Choose a new password",
            &[
                "A new password was asked for, for your login {login}.",
                "The link is good once and for 30 minutes. If you did not ask for it, do nothing: your password stays as it is.",
            ],
            Some("Choose a password"),
        ),
        K::InitialAccess => words(
            "The administration of {detail} is ready",
            &[
                "Your domain {detail} is in service. It is administered with the login {login}.",
                "Choose its password first. The link is good once and for 7 days.",
            ],
            Some("Choose the password"),
        ),
        K::PasswordChanged => words(
            "Your password was changed",
            &[
                "The password of your login {login} was changed, and its sessions were ended.",
                "If that was not you, ask for a new password on the sign-in page now, or write to our support.",
            ],
            None,
        ),
        K::FactorAdded => words(
            "A sign-in method was added",
            &[
                "{detail} can be used to sign in as {login} from now on.",
                "If that was not you, change your password and remove it.",
            ],
            None,
        ),
        K::FactorRemoved => words(
            "A sign-in method was removed",
            &[
                "A second factor or passkey of your login {login} was removed.",
                "If that was not you, change your password and add one again.",
            ],
            None,
        ),
        K::RecoveryCodesRenewed => words(
            "There are new recovery codes",
            &["The recovery codes of your login {login} were made anew; the old ones open nothing more."],
            None,
        ),
        K::RecoveryCodeUsed => words(
            "A recovery code was used",
            &[
                "Somebody signed in as {login} with a recovery code, which is used up.",
                "If that was not you, change your password and make new recovery codes.",
            ],
            None,
        ),
        K::AppPasswordAdded => words(
            "An app password was added",
            &[
                "The app password \u{201c}{detail}\u{201d} opens the mailbox {login} from now on.",
                "If that was not you, revoke it and change your password.",
            ],
            None,
        ),
        K::AppPasswordRevoked => words(
            "An app password was revoked",
            &[
                "An app password of the mailbox {login} opens nothing more; the program that used it is signed out.",
            ],
            None,
        ),
        K::NewLogin => words(
            "A new device signed in",
            &[
                "Somebody signed in as {login} from a device or network that we had not seen before: {detail}.",
                "If that was not you, change your password and end that session.",
            ],
            None,
        ),
        K::Invitation => words(
            "You are invited to an account",
            &[
                "Somebody lets you into their account, to look after some things for them. The content of their mail is never part of it.",
                "The link is good for 7 days. You may also decline there.",
            ],
            Some("Look at the invitation"),
        ),
        K::DelegationRevoked => words(
            "Your access was revoked",
            &["Your access to an account, or the invitation to it, was revoked. There is nothing to do."],
            None,
        ),
        K::DelegationAccepted => words(
            "{detail} has accepted your invitation",
            &[
                "{detail} may act in your account from now on, as far as you have allowed it. The history says what they do.",
                "You can take the access back at any moment, below Delegations.",
            ],
            None,
        ),
        K::DelegationAcceptedElsewhere => words(
            "Somebody with another address has accepted your invitation",
            &[
                "{detail}: this login has accepted the invitation that you sent to the address in brackets, and has not confirmed that address as its own. Whoever accepted had the link of the invitation.",
                "The login may act in your account from now on, as far as you have allowed it. The history says what it does.",
                "If you do not know it, take the access back below Delegations.",
            ],
            None,
        ),
        K::DelegationDeclined => words(
            "{detail} has declined your invitation",
            &["{detail} has declined the invitation into your account. Nothing was opened."],
            None,
        ),
        K::DelegationLeft => words(
            "{detail} has given the access back",
            &["{detail} acts in your account no more: they have given their access back."],
            None,
        ),
        K::TicketAnswered => words(
            "Answer: {detail}",
            &[
                "Our support has answered your ticket “{detail}”.",
                "You find all of it in your dashboard, below Support.",
            ],
            None,
        ),
        K::TicketResolved => words(
            "Resolved: {detail}",
            &[
                "Our support takes your ticket “{detail}” for resolved.",
                "If it is not, open it again in your dashboard within 30 days.",
            ],
            None,
        ),
        K::SendingHeld => words(
            "Sent mail is held",
            &[
                "A mailbox suddenly sends otherwise than it used to ({detail}). What it sends to other hosts is held and nothing is lost.",
                "If its owner did that, an administrator of the domain releases the mail under “Mailboxes” of the mail administration. If not, choose another password for the mailbox there, and let what is held be destroyed.",
            ],
            None,
        ),
        K::SendLimitNear => words(
            "Four fifths of a sending limit are used",
            &[
                "Of the recipients that may be written to in this time, four fifths are used. {detail}",
                "Once all are used, messages are refused for a while and have to be sent again; places come free evenly over that time.",
            ],
            None,
        ),
        K::SendLimitReached => words(
            "A sending limit is used up",
            &[
                "All recipients that may be written to in this time are used. {detail}",
                "Messages are refused for now (450 4.7.1, with the time to wait), and most programs try again by themselves. Mail that comes in is not concerned.",
            ],
            None,
        ),
        K::ForwardLimitNear => words(
            "Four fifths of what your aliases may pass on are used",
            &[
                "Mail that others write to your aliases is led to addresses elsewhere. Of the recipients whom they may lead to in this time, four fifths are used. {detail}",
                "Once all are used, mail to aliases that lead to several addresses elsewhere is put off for a while; places come free evenly over that time. What your own mailboxes send is not concerned.",
            ],
            None,
        ),
        K::ForwardLimitReached => words(
            "What your aliases may pass on is used up",
            &[
                "Mail that others write to your aliases is led to addresses elsewhere. All recipients whom they may lead to in this time are used. {detail}",
                "Mail to aliases that lead to several addresses elsewhere is put off for now (450 4.7.1, with the time to wait), and most senders try again by themselves. Look whether somebody floods an alias, or let it lead to fewer addresses. What your own mailboxes send and receive is not concerned.",
            ],
            None,
        ),
        K::StorageNear => words(
            "A mailbox is getting full",
            &[
                "This much of the storage of a mailbox is used: {detail}.",
                "A full mailbox takes no mail any more: senders get it back. Delete what is not needed, or let the quota be raised by the administrator of the domain.",
            ],
            None,
        ),
        K::PoolNear => words(
            "The storage of a domain is getting full",
            &[
                "The mailboxes of a domain share their storage, and this much of it is used: {detail}.",
                "Once it is full, none of them takes mail any more: senders get it back. Delete what is not needed, or let the domain have more of the service's storage.",
            ],
            None,
        ),
        K::HeldMail => words(
            "Mail that {detail} sends is held",
            &[
                "The mailbox {detail} suddenly sends otherwise than it used to. What it sends to other hosts is held; nothing is lost, and its owner was told.",
                "Look at what is held, ask its owner, and release or destroy it there. The link is good once and for 3 days. If somebody else has the password, choose another one first.",
            ],
            Some("Look at what is held"),
        ),
        K::WebhookPaused => words(
            "A webhook was paused",
            &[
                "The webhook at {detail} has not taken what it was told for too long, or says that it is gone. It is told nothing more.",
                "Once it works, let it go on in your dashboard, below Webhooks: from where it stopped, so that nothing is missing.",
            ],
            None,
        ),
        K::MailExchangeLost => words(
            "Mail for {detail} does not come here any more",
            &[
                "The DNS records (MX) of your domain {detail} lead its mail elsewhere, or are gone. They were right before; we have looked twice.",
                "If you have not moved your mail, put them back: the DNS page of the domain in your dashboard says what has to stand there. You will not be told of this again.",
            ],
            None,
        ),
        K::SigningKeyLost => words(
            "The signing key of {detail} is gone from DNS",
            &[
                "The mail of your domain {detail} is signed, and the DNS record (DKIM) by which others check that is gone or changed. It was right before; we have looked twice.",
                "Without it, mail may be taken for junk or be refused. The DNS page of the domain in your dashboard says what has to stand there. You will not be told of this again.",
            ],
            None,
        ),
    }
}

const fn french(kind: NoticeKind) -> Words {
    use NoticeKind as K;
    match kind {
        K::EmailVerification => words(
            "Confirmez votre adresse",
            &[
                "Bienvenue. Confirmez que cette adresse est la vôtre et votre identifiant {login} sera prêt.",
                "Le lien est valable 24 heures. Si vous ne vous êtes pas inscrit, ne faites rien : personne d’autre ne peut utiliser votre adresse.",
            ],
            Some("Confirmer mon adresse"),
        ),
        K::EmailChange => words(
            "Confirmez votre nouvelle adresse",
            &[
                "Les messages au sujet de votre identifiant {login} doivent désormais arriver à cette adresse. Confirmez qu’elle est la vôtre.",
                "Le lien est valable 24 heures. Si vous n’avez rien demandé, ne faites rien.",
            ],
            Some("Confirmer mon adresse"),
        ),
        K::EmailChanging => words(
            "Votre adresse va changer",
            &[
                "Une autre adresse a été indiquée pour votre identifiant {login}. Une fois confirmée, elle recevra nos messages.",
                "Si ce n’était pas vous, changez votre mot de passe maintenant et terminez toutes les autres sessions.",
            ],
            None,
        ),
        K::RecoveryVerification => words(
            "Confirmez votre adresse de secours",
            &[
                "Cette adresse a été donnée pour la boîte {login} : qui la lit peut choisir un nouveau mot de passe pour cette boîte. Confirmez qu’elle est à vous.",
                "Le lien est valable 24 heures. Si vous n’avez rien demandé, ne faites rien.",
            ],
            Some("Confirmer l’adresse"),
        ),
        K::RecoveryChanging => words(
            "Une adresse de secours a été donnée pour votre boîte",
            &[
                "Une adresse où renouveler un mot de passe oublié de {login} a été donnée. Elle compte une fois confirmée là-bas.",
                "Si ce n’était pas vous, changez votre mot de passe maintenant et retirez l’adresse dans les réglages de votre boîte.",
            ],
            None,
        ),
        K::LoginExists => words(
            "Vous avez déjà un identifiant",
            &[
                "Quelqu’un a voulu s’inscrire avec cette adresse, qui a déjà un identifiant : {login}.",
                "Si c’était vous, connectez-vous ou choisissez un autre mot de passe sur la page de connexion. Sinon, il n’y a rien à faire.",
            ],
            None,
        ),
        K::PasswordReset => words(
            "Choisissez un nouveau mot de passe",
            &[
                "Un nouveau mot de passe a été demandé pour votre identifiant {login}.",
                "Le lien est valable une fois et 30 minutes. Si vous n’avez rien demandé, ne faites rien : votre mot de passe reste le même.",
            ],
            Some("Choisir un mot de passe"),
        ),
        K::InitialAccess => words(
            "L’administration de {detail} est prête",
            &[
                "Votre domaine {detail} est en service. Il s’administre avec l’identifiant {login}.",
                "Choisissez d’abord son mot de passe. Le lien est valable une fois et 7 jours.",
            ],
            Some("Choisir le mot de passe"),
        ),
        K::PasswordChanged => words(
            "Votre mot de passe a été changé",
            &[
                "Le mot de passe de votre identifiant {login} a été changé et ses sessions ont été terminées.",
                "Si ce n’était pas vous, demandez tout de suite un nouveau mot de passe sur la page de connexion ou écrivez à notre assistance.",
            ],
            None,
        ),
        K::FactorAdded => words(
            "Un moyen de connexion a été ajouté",
            &[
                "{detail} permet désormais de se connecter en tant que {login}.",
                "Si ce n’était pas vous, changez votre mot de passe et retirez-le.",
            ],
            None,
        ),
        K::FactorRemoved => words(
            "Un moyen de connexion a été retiré",
            &[
                "Un second facteur ou une clé d’accès de votre identifiant {login} a été retiré.",
                "Si ce n’était pas vous, changez votre mot de passe et ajoutez-en un de nouveau.",
            ],
            None,
        ),
        K::RecoveryCodesRenewed => words(
            "De nouveaux codes de secours",
            &[
                "Les codes de secours de votre identifiant {login} ont été refaits ; les anciens n’ouvrent plus rien.",
            ],
            None,
        ),
        K::RecoveryCodeUsed => words(
            "Un code de secours a servi",
            &[
                "Quelqu’un s’est connecté en tant que {login} avec un code de secours, qui est désormais épuisé.",
                "Si ce n’était pas vous, changez votre mot de passe et refaites vos codes de secours.",
            ],
            None,
        ),
        K::AppPasswordAdded => words(
            "Un mot de passe d’application a été ajouté",
            &[
                "Le mot de passe d’application « {detail} » ouvre désormais la boîte {login}.",
                "Si ce n’était pas vous, révoquez-le et changez votre mot de passe.",
            ],
            None,
        ),
        K::AppPasswordRevoked => words(
            "Un mot de passe d’application a été révoqué",
            &[
                "Un mot de passe d’application de la boîte {login} n’ouvre plus rien ; le logiciel qui l’utilisait est déconnecté.",
            ],
            None,
        ),
        K::NewLogin => words(
            "Connexion d’un nouvel appareil",
            &[
                "Quelqu’un s’est connecté en tant que {login} depuis un appareil ou un réseau encore inconnu : {detail}.",
                "Si ce n’était pas vous, changez votre mot de passe et terminez cette session.",
            ],
            None,
        ),
        K::Invitation => words(
            "Vous êtes invité dans un compte",
            &[
                "Quelqu’un vous ouvre son compte pour que vous vous occupiez de certaines choses. Le contenu de son courrier n’en fait jamais partie.",
                "Le lien est valable 7 jours. Vous pouvez aussi y décliner l’invitation.",
            ],
            Some("Voir l’invitation"),
        ),
        K::DelegationRevoked => words(
            "Votre accès a été révoqué",
            &[
                "Votre accès à un compte, ou l’invitation correspondante, a été révoqué. Il n’y a rien à faire.",
            ],
            None,
        ),
        K::DelegationAccepted => words(
            "{detail} a accepté votre invitation",
            &[
                "{detail} peut désormais agir dans votre compte, dans les limites que vous avez fixées. L’historique dit ce qui y est fait.",
                "Vous pouvez retirer cet accès à tout moment, dans Délégations.",
            ],
            None,
        ),
        K::DelegationAcceptedElsewhere => words(
            "Votre invitation a été acceptée avec une autre adresse",
            &[
                "{detail} : cet identifiant a accepté l’invitation que vous aviez envoyée à l’adresse entre parenthèses, sans avoir confirmé cette adresse comme la sienne. La personne disposait du lien de l’invitation.",
                "Cet identifiant peut désormais agir dans votre compte, dans les limites que vous avez fixées. L’historique dit ce qui y est fait.",
                "Si vous ne le connaissez pas, retirez cet accès dans Délégations.",
            ],
            None,
        ),
        K::DelegationDeclined => words(
            "{detail} a décliné votre invitation",
            &["{detail} a décliné l’invitation dans votre compte. Rien n’a été ouvert."],
            None,
        ),
        K::DelegationLeft => words(
            "{detail} a rendu son accès",
            &["{detail} n’agit plus dans votre compte : son accès a été rendu."],
            None,
        ),
        K::TicketAnswered => words(
            "Réponse : {detail}",
            &[
                "Notre assistance a répondu à votre demande « {detail} ».",
                "Vous retrouvez l’échange dans votre tableau de bord, dans Assistance.",
            ],
            None,
        ),
        K::TicketResolved => words(
            "Résolue : {detail}",
            &[
                "Notre assistance considère votre demande « {detail} » comme résolue.",
                "Si ce n’est pas le cas, rouvrez-la dans votre tableau de bord sous 30 jours.",
            ],
            None,
        ),
        K::SendingHeld => words(
            "Du courrier envoyé est retenu",
            &[
                "Une boîte envoie soudain autrement que d’habitude ({detail}). Ce qu’elle envoie vers l’extérieur est retenu, rien n’est perdu.",
                "Si c’est bien son titulaire, un administrateur du domaine libère le courrier sous « Boîtes » dans l’administration du courrier. Sinon, choisissez-y un autre mot de passe pour la boîte et faites détruire ce qui est retenu.",
            ],
            None,
        ),
        K::SendLimitNear => words(
            "Quatre cinquièmes d’une limite d’envoi sont utilisés",
            &[
                "Quatre cinquièmes des destinataires autorisés sur cette durée sont utilisés. {detail}",
                "Une fois tous utilisés, les messages sont refusés pendant un moment et doivent être renvoyés ; des places se libèrent régulièrement au fil de cette durée.",
            ],
            None,
        ),
        K::SendLimitReached => words(
            "Une limite d’envoi est épuisée",
            &[
                "Tous les destinataires autorisés sur cette durée sont utilisés. {detail}",
                "Les messages sont refusés pour l’instant (450 4.7.1, avec le délai d’attente) et la plupart des logiciels réessaient d’eux-mêmes. Le courrier entrant n’est pas concerné.",
            ],
            None,
        ),
        K::ForwardLimitNear => words(
            "Quatre cinquièmes de ce que vos alias peuvent transmettre sont utilisés",
            &[
                "Le courrier que d’autres écrivent à vos alias est transmis à des adresses externes. Quatre cinquièmes des destinataires auxquels ils peuvent mener sur cette durée sont utilisés. {detail}",
                "Une fois tous utilisés, le courrier vers les alias qui mènent à plusieurs adresses externes est différé pendant un moment ; des places se libèrent régulièrement au fil de cette durée. Ce qu’envoient vos propres boîtes n’est pas concerné.",
            ],
            None,
        ),
        K::ForwardLimitReached => words(
            "Ce que vos alias peuvent transmettre est épuisé",
            &[
                "Le courrier que d’autres écrivent à vos alias est transmis à des adresses externes. Tous les destinataires auxquels ils peuvent mener sur cette durée sont utilisés. {detail}",
                "Le courrier vers les alias qui mènent à plusieurs adresses externes est différé pour l’instant (450 4.7.1, avec le délai d’attente) et la plupart des expéditeurs réessaient d’eux-mêmes. Vérifiez si quelqu’un inonde un alias, ou faites-le mener à moins d’adresses. Ce que vos propres boîtes envoient et reçoivent n’est pas concerné.",
            ],
            None,
        ),
        K::StorageNear => words(
            "Une boîte se remplit",
            &[
                "Part de l’espace de la boîte qui est utilisée : {detail}.",
                "Une boîte pleine ne reçoit plus de courrier : il retourne aux expéditeurs. Supprimez ce qui est inutile ou faites relever le quota par l’administrateur du domaine.",
            ],
            None,
        ),
        K::PoolNear => words(
            "Le stockage du domaine se remplit",
            &[
                "Les boîtes d’un domaine partagent leur stockage, dont voici la part utilisée : {detail}.",
                "Une fois plein, aucune d’elles ne reçoit plus de courrier : il retourne aux expéditeurs. Supprimez ce qui est inutile ou donnez au domaine une plus grande part du stockage du service.",
            ],
            None,
        ),
        K::HeldMail => words(
            "Le courrier envoyé par {detail} est retenu",
            &[
                "La boîte {detail} envoie soudain autrement que d’habitude. Ce qu’elle envoie vers l’extérieur est retenu ; rien n’est perdu, et son titulaire est prévenu.",
                "Regardez ce qui est retenu, interrogez son titulaire, puis libérez-le ou faites-le détruire. Le lien est valable une fois et 3 jours. Si quelqu’un d’autre connaît le mot de passe, choisissez-en d’abord un nouveau.",
            ],
            Some("Voir ce qui est retenu"),
        ),
        K::WebhookPaused => words(
            "Un webhook a été mis en pause",
            &[
                "Le webhook {detail} n’a pas accepté ce qu’il devait apprendre pendant trop longtemps, ou dit avoir disparu. Plus rien ne lui est transmis.",
                "Une fois réparé, faites-le reprendre dans votre tableau de bord, dans Webhooks : là où il s’est arrêté, pour que rien ne manque.",
            ],
            None,
        ),
        K::MailExchangeLost => words(
            "Le courrier de {detail} n’arrive plus ici",
            &[
                "Les enregistrements DNS (MX) de votre domaine {detail} mènent son courrier ailleurs, ou ont disparu. Ils étaient corrects auparavant ; nous avons vérifié deux fois.",
                "Si vous n’avez pas déplacé votre courrier, rétablissez-les : la page DNS du domaine, dans votre tableau de bord, dit ce qui doit y figurer. Vous n’en serez plus averti.",
            ],
            None,
        ),
        K::SigningKeyLost => words(
            "La clé de signature de {detail} a disparu du DNS",
            &[
                "Le courrier de votre domaine {detail} est signé, et l’enregistrement DNS (DKIM) qui permet de le vérifier a disparu ou changé. Il était correct auparavant ; nous avons vérifié deux fois.",
                "Sans lui, le courrier peut être pris pour indésirable ou refusé. La page DNS du domaine, dans votre tableau de bord, dit ce qui doit y figurer. Vous n’en serez plus averti.",
            ],
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_words_in_both_languages_and_a_link_exactly_where_it_has_one() {
        for kind in NoticeKind::ALL {
            let (english, french) = (of(kind, Language::En), of(kind, Language::Fr));
            assert_ne!(english.subject, french.subject, "{kind:?}");
            assert_eq!(english.text.len(), french.text.len(), "{kind:?}");
            for words in [&english, &french] {
                assert!(!words.text.is_empty());
                assert_eq!(words.action.is_some(), kind.link_life().is_some(), "{kind:?}");
            }
            for place in ["{login}", "{detail}"] {
                let count = |words: &Words| {
                    words
                        .text
                        .iter()
                        .chain([&words.subject])
                        .map(|text| text.matches(place).count())
                        .sum::<usize>()
                };
                assert_eq!(count(&english), count(&french), "{kind:?} {place}");
            }
        }
    }

    #[test]
    fn no_other_place_stands_in_the_words() {
        for (kind, language) in
            NoticeKind::ALL.into_iter().flat_map(|kind| [(kind, Language::En), (kind, Language::Fr)])
        {
            let words = of(kind, language);
            for text in words.text.iter().chain([&words.subject]) {
                let bare = text.replace("{login}", "").replace("{detail}", "");
                assert!(!bare.contains(['{', '}']), "{text}");
            }
        }
    }
}
