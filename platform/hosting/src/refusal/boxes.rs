//! Why what belongs to a Box besides its mailboxes is refused: its return, resources, shared mailboxes, kept messages.

use kernel::LimitFact;

use super::{Language, Limit, Row};

refusals! {
    /// Why something about the return of a Box, resources, shared mailboxes, shared storage or kept messages is refused.
    BoxRefusal
    also {}
    plain {
        /// The resource does not exist.
        ResourceNotFound = "RESOURCE_NOT_FOUND", Some("resourceId"),
            "This resource does not exist in this domain; check its identifier.",
            "Cette ressource n’existe pas dans ce domaine ; vérifiez son identifiant.";
        /// Another resource has this id.
        ResourceExists = "RESOURCE_EXISTS", Some("resourceId"),
            "A resource with this identifier exists already; use another identifier.",
            "Une ressource portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The service has not ended.
        ServiceNotEnded = "SERVICE_NOT_ENDED", Some("serviceId"),
            "This service has not ended; nothing has to be brought back.",
            "Ce service n’est pas terminé ; il n’y a rien à rétablir.";
        /// The contents of the service are destroyed, or about to be.
        ServiceRetentionOver = "SERVICE_RETENTION_OVER", Some("serviceId"),
            "The time in which this service could be brought back is over and its mail is destroyed; order another one.",
            "Le délai pendant lequel ce service pouvait être rétabli est passé et son courrier est détruit ; commandez-en un autre.";
        /// The service ended before it began.
        ServiceNeverActive = "SERVICE_NEVER_ACTIVE", Some("serviceId"),
            "This service ended before it was ever active; there is nothing to bring back, order another one.",
            "Ce service s’est terminé avant d’avoir été actif ; il n’y a rien à rétablir, commandez-en un autre.";
        /// The account has the domain already.
        DomainAdded = "DOMAIN_ADDED", Some("name"),
            "This account has this domain already; verify or remove the one that is there.",
            "Ce compte a déjà ce domaine ; vérifiez ou retirez celui qui s’y trouve.";
        /// The domain is not removed.
        DomainNotRemoved = "DOMAIN_NOT_REMOVED", Some("domainId"),
            "This domain is not removed; nothing has to be brought back.",
            "Ce domaine n’est pas retiré ; il n’y a rien à rétablir.";
        /// The name passes for a domain of somebody else here.
        DomainPassesForAnother = "DOMAIN_PASSES_FOR_ANOTHER", Some("name"),
            "This name is written in letters that make it look like a domain of somebody else here; choose another name.",
            "Ce nom est écrit dans des lettres qui le font passer pour un domaine de quelqu’un d’autre ici ; choisissez un autre nom.";
        /// The name is nobody's: everybody registers names below it.
        DomainIsSuffix = "DOMAIN_IS_SUFFIX", Some("name"),
            "Names are registered below this one by everybody, so it is nobody's own; give the whole name that you have registered, for example company.co.uk.",
            "Tout le monde enregistre des noms sous celui-ci, il n’appartient donc à personne ; indiquez le nom complet que vous avez enregistré, par exemple entreprise.co.uk.";
        /// The name is written in letters that are drawn as Latin ones.
        DomainLooksLatin = "DOMAIN_LOOKS_LATIN", Some("name"),
            "A part of this name is written wholly in letters of another script that look like Latin ones, so that it is read as another name; add a letter that shows the script, or take a name under a top-level domain of that script.",
            "Une partie de ce nom est écrite entièrement dans des lettres d’une autre écriture qui ressemblent aux lettres latines et se lit comme un autre nom ; ajoutez une lettre qui montre l’écriture, ou prenez un nom sous un domaine de premier niveau de cette écriture.";
        /// The name holds letters of no alphabet that look like others.
        DomainOddLetters = "DOMAIN_ODD_LETTERS", Some("name"),
            "This name holds a letter that readers take for another, such as one of phonetics or an i without its dot, so that it is read as another name; write it in ordinary letters (an i without its dot is taken under .tr and .az).",
            "Ce nom contient une lettre que l’on prend pour une autre, comme un signe phonétique ou un i sans point, et se lit comme un autre nom ; écrivez-le en lettres ordinaires (le i sans point est admis sous .tr et .az).";
        /// The name is one of the platform's own hosts.
        DomainIsPlatforms = "DOMAIN_IS_PLATFORMS", Some("name"),
            "This is the name of a server of this platform and cannot be a domain of mailboxes; choose another name.",
            "Ce nom est celui d’un serveur de cette plateforme et ne peut pas être un domaine de boîtes ; choisissez un autre nom.";
        /// The local part is none.
        ResourceLocalPart = "RESOURCE_LOCAL_PART", Some("localPart"),
            "A resource needs an address of its own in this domain; give its part before the @, for example room-1.",
            "Une ressource a besoin d’une adresse à elle dans ce domaine ; donnez sa partie avant le @, par exemple salle-1.";
        /// The share does not exist.
        ShareNotFound = "SHARE_NOT_FOUND", Some("shareId"),
            "This mailbox has no such member; check the identifier.",
            "Cette boîte n’a pas ce membre ; vérifiez l’identifiant.";
        /// Another share has this id.
        ShareExists = "SHARE_EXISTS", Some("shareId"),
            "A member with this identifier exists already; use another identifier.",
            "Un membre portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The mailbox is a member already.
        ShareTaken = "SHARE_TAKEN", Some("memberId"),
            "This mailbox is a member already; change what it may do.",
            "Cette boîte est déjà membre ; modifiez ce qu’elle peut faire.";
        /// The member is no other mailbox of the account.
        ShareMember = "SHARE_MEMBER", Some("memberId"),
            "A member is another mailbox of the same account; choose one that exists.",
            "Un membre est une autre boîte du même compte ; choisissez-en une qui existe.";
        /// A pool without a size.
        PoolSizeMissing = "POOL_SIZE_MISSING", Some("settings.storageBytesMax"),
            "Mailboxes that share the storage of their domain need its size; give a size above zero.",
            "Des boîtes qui partagent le stockage de leur domaine ont besoin de sa taille ; indiquez une taille supérieure à zéro.";
        /// A member that may do nothing.
        ShareAllowsNothing = "SHARE_ALLOWS_NOTHING", Some("roles"),
            "A member needs at least one role; choose what it may do, or remove it.",
            "Un membre a besoin d’au moins un rôle ; choisissez ce qu’il peut faire, ou retirez-le.";
        /// The mailbox keeps its messages.
        MailboxRetains = "MAILBOX_RETAINS", Some("mailboxId"),
            "This mailbox keeps its messages for a time; fetch what you need, set retainsDays to nothing, and delete it then.",
            "Cette boîte conserve ses messages pendant une durée ; récupérez ce qu’il vous faut, videz retainsDays, puis supprimez-la.";
    }
    limited {
        /// Messages are kept for no such time.
        RetainedDays = "RETAINED_DAYS", Some("settings.retainsDays"), "days",
            "Messages are kept for 1 to {allowed} days, not {used}; correct the number, or leave it empty so that nothing is kept.",
            "Les messages sont conservés de 1 à {allowed} jours, pas {used} ; corrigez le nombre, ou laissez-le vide pour ne rien conserver.";
        /// The domain has more mailboxes than it would be allowed.
        DomainMailboxesBelowUse = "DOMAIN_MAILBOXES_BELOW_USE", Some("settings.mailboxCountMax"), "mailboxes",
            "This domain has {used} mailboxes already, so it cannot be limited to {allowed}: choose at least {used}, or delete some first.",
            "Ce domaine a déjà {used} boîtes et ne peut pas être limité à {allowed} : choisissez au moins {used}, ou supprimez-en d’abord.";
        /// The domain has more aliases than it would be allowed.
        DomainAliasesBelowUse = "DOMAIN_ALIASES_BELOW_USE", Some("settings.aliasCountMax"), "aliases",
            "This domain has {used} aliases already, so it cannot be limited to {allowed}: choose at least {used}, or delete some first.",
            "Ce domaine a déjà {used} alias et ne peut pas être limité à {allowed} : choisissez au moins {used}, ou supprimez-en d’abord.";
        /// The quotas of the domain's mailboxes are larger than it would be allowed.
        DomainStorageBelowUse = "DOMAIN_STORAGE_BELOW_USE", Some("settings.storageBytesMax"), "storageBytes",
            "The quotas of the mailboxes of this domain come to {used}, so it cannot be limited to {allowed}: choose at least {used}, or lower quotas first.",
            "Les quotas des boîtes de ce domaine font {used}, il ne peut donc pas être limité à {allowed} : choisissez au moins {used}, ou réduisez d’abord des quotas.";
        /// A mailbox of the domain has a larger quota than it would be allowed.
        DomainQuotaBelowUse = "DOMAIN_QUOTA_BELOW_USE", Some("settings.mailboxQuotaBytesMax"), "mailboxQuotaBytes",
            "A mailbox of this domain has a quota of {used}, so the largest cannot be {allowed}: choose at least {used}, or lower that quota first.",
            "Une boîte de ce domaine a un quota de {used}, le plus grand ne peut donc pas être {allowed} : choisissez au moins {used}, ou réduisez d’abord ce quota.";
        /// More aliases lead to the mailbox than can follow it at once.
        RenameFollowers = "RENAME_FOLLOWERS", Some("mailboxId"), "aliases",
            "{used} aliases, mailboxes that send as it and domains with address maps name this mailbox, and at most {allowed} follow it to another address; delete some first.",
            "{used} alias, boîtes qui envoient en son nom et domaines avec réécritures nomment cette boîte, et {allowed} au plus la suivent à une autre adresse ; supprimez-en d’abord.";
        /// The Box has not so much left.
        PoolAboveBox = "POOL_ABOVE_BOX", Some("settings.storageBytesMax"), "storageBytes",
            "The mailboxes of this domain cannot share {used}: its service has {allowed} left for them. Choose less, lower quotas elsewhere, or choose a larger plan.",
            "Les boîtes de ce domaine ne peuvent pas partager {used} : il reste {allowed} à son service pour elles. Choisissez moins, réduisez d’autres quotas ou choisissez une offre supérieure.";
        /// The mailboxes hold more.
        PoolBelowUse = "POOL_BELOW_USE", Some("settings.storageBytesMax"), "storageBytes",
            "The mailboxes of this domain hold {used} together and could not share {allowed}. Choose more, or delete mail first.",
            "Les boîtes de ce domaine contiennent {used} ensemble et ne pourraient pas partager {allowed}. Choisissez plus, ou supprimez d’abord du courrier.";
        /// The quotas are larger together.
        AllotmentAbovePool = "ALLOTMENT_ABOVE_POOL", Some("settings.quotaMode"), "storageBytes",
            "The quotas of the mailboxes of this domain come to {used} together and {allowed} can be allotted to them. Lower quotas first.",
            "Les quotas des boîtes de ce domaine font {used} ensemble et {allowed} peuvent leur être alloués. Réduisez d’abord des quotas.";
        /// The domain has as many resources as there may be.
        ResourceLimit = "RESOURCE_LIMIT", Some("domainId"), "resources",
            "This domain has {used} of {allowed} resources; remove one.",
            "Ce domaine a {used} ressources sur {allowed} ; retirez-en une.";
        /// Not so many at one time.
        ResourceBookings = "RESOURCE_BOOKINGS", Some("bookingsMax"), "bookings",
            "A resource takes from 1 to {allowed} bookings at one time, not {used}.",
            "Une ressource accepte de 1 à {allowed} réservations simultanées, pas {used}.";
        /// The mailbox has as many members as there may be.
        ShareLimit = "SHARE_LIMIT", Some("mailboxId"), "members",
            "This mailbox has {used} of {allowed} members; remove one.",
            "Cette boîte a {used} membres sur {allowed} ; retirez-en un.";
    }
}
