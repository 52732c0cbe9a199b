//! Why resellers and their customers are told no.

use kernel::LimitFact;

use super::{Language, Limit, Row};

refusals! {
    /// Why something about resellers and their customers is refused.
    ResellerRefusal
    also {}
    plain {
        /// The account stands too far below to have others below it.
        AccountTooDeep = "ACCOUNT_TOO_DEEP", Some("accountId"),
            "Accounts stand at most three below one another; this one cannot have others below it.",
            "Les comptes se suivent sur trois niveaux au plus ; celui-ci ne peut pas en avoir sous lui.";
        /// The parent has not admitted the account.
        SubAccountNotAdmitted = "SUB_ACCOUNT_NOT_ADMITTED", Some("accountId"),
            "The account above has not admitted this one; open it there.",
            "Le compte supérieur n’a pas admis celui-ci ; ouvrez-le depuis celui-là.";
        /// The pool of an account below another comes from there.
        PoolFromGiver = "POOL_FROM_GIVER", Some("accountId"),
            "What this account may have is allocated by the account above it; change it there.",
            "Ce que ce compte peut avoir est attribué par le compte supérieur ; modifiez-le depuis celui-là.";
        /// Only accounts below others have a billing mode.
        BillingModeOfOwn = "BILLING_MODE_OF_OWN", Some("accountId"),
            "This account stands below no reseller, so it is billed itself; nothing has to be chosen.",
            "Ce compte ne dépend d’aucun revendeur et est facturé lui-même ; il n’y a rien à choisir.";
        /// The account stands below no reseller.
        TransferOfOwn = "TRANSFER_OF_OWN", Some("accountId"),
            "This account stands below no reseller, so there is nobody to hand it over.",
            "Ce compte ne dépend d’aucun revendeur ; il n’y a personne pour le transférer.";
        /// The account is offered to somebody else.
        TransferUnderWay = "TRANSFER_UNDER_WAY", Some("accountId"),
            "This account is offered to somebody else already; withdraw that offer first.",
            "Ce compte est déjà proposé à quelqu’un d’autre ; retirez d’abord cette proposition.";
        /// Nobody takes accounts there.
        TransferTarget = "TRANSFER_TARGET", Some("toAccountId"),
            "No other reseller takes customers under this identifier; check it.",
            "Aucun autre revendeur n’accueille de clients sous cet identifiant ; vérifiez-le.";
        /// Others stand below the account.
        TransferHasSubAccounts = "TRANSFER_HAS_SUB_ACCOUNTS", Some("accountId"),
            "This account has accounts of its own below it and stays where it is; transfer those first.",
            "Ce compte a lui-même des comptes sous lui et reste où il est ; transférez d’abord ceux-ci.";
        /// The account is not offered, or not any more.
        TransferNotOffered = "TRANSFER_NOT_OFFERED", Some("customerId"),
            "This customer is not offered, or not any more; ask its reseller to offer it again.",
            "Ce client n’est pas ou plus proposé ; demandez à son revendeur de le proposer à nouveau.";
        /// The account is no reseller's.
        NotAReseller = "NOT_A_RESELLER", Some("accountId"),
            "This account is no reseller's, so it has no customers to present itself to.",
            "Ce compte n’est pas celui d’un revendeur ; il n’a pas de clients à qui se présenter.";
        /// A colour is not written as one.
        ColourMalformed = "COLOUR_MALFORMED", Some("accent"),
            "A colour is written as # and six hexadecimal digits, for example #2f5d50.",
            "Une couleur s’écrit # suivi de six chiffres hexadécimaux, par exemple #2f5d50.";
        /// Nobody can read that.
        ColourContrast = "COLOUR_CONTRAST", Some("onAccent"),
            "The two colours are too close to read one on the other; WCAG asks for a contrast of 4.5 to 1.",
            "Les deux couleurs sont trop proches pour se lire l’une sur l’autre ; les WCAG demandent un contraste de 4,5.";
        /// The logo is no picture that is served.
        LogoMalformed = "LOGO_MALFORMED", Some("logo"),
            "A logo is a PNG picture of at most 64 KiB and 1024 by 1024 pixels; nothing may follow its end.",
            "Un logo est une image PNG d’au plus 64 Kio et 1024 pixels de côté ; rien ne doit suivre sa fin.";
        /// The host does not lie in a domain of the account.
        BrandHostDomain = "BRAND_HOST_DOMAIN", Some("hosts"),
            "A host name lies in a verified domain of this account; add and verify the domain first.",
            "Un nom d’hôte appartient à un domaine vérifié de ce compte ; ajoutez et vérifiez d’abord le domaine.";
        /// The host is needed for something else.
        BrandHostReserved = "BRAND_HOST_RESERVED", Some("hosts"),
            "This host name is needed to set up mail clients; choose another one, for example panel.example.com.",
            "Ce nom d’hôte sert à configurer les logiciels de messagerie ; choisissez-en un autre, par exemple panel.example.com.";
    }
    limited {
        /// The reseller has as many accounts as it may.
        SubAccountLimitReached = "SUB_ACCOUNT_LIMIT_REACHED", Some("accountId"), "subAccounts",
            "This account has {used} of {allowed} accounts below it; ask for more.",
            "Ce compte a {used} comptes sur {allowed} sous lui ; demandez-en davantage.";
        /// Too many offers wait for an answer.
        TransferLimitReached = "TRANSFER_LIMIT_REACHED", Some("toAccountId"), "transfers",
            "That reseller has {used} of {allowed} offers to answer; try again later.",
            "Ce revendeur a {used} propositions sur {allowed} à traiter ; réessayez plus tard.";
        /// Too many hosts.
        BrandHostLimitReached = "BRAND_HOST_LIMIT_REACHED", Some("hosts"), "hosts",
            "There are {used} host names and {allowed} are allowed; remove some.",
            "Il y a {used} noms d’hôte et {allowed} sont permis ; retirez-en.";
        /// Too many accounts are there already to count what they have.
        PoolCustomersReached = "POOL_CUSTOMER_LIMIT_REACHED", Some("accountId"), "customers",
            "A pool is set before there are more than {allowed} customers, and this account has {used}; allocate to them first.",
            "Une réserve se définit avant d’avoir plus de {allowed} clients, et ce compte en a {used} ; attribuez-leur d’abord.";
        /// The pool holds no more services.
        PoolServicesReached = "POOL_SERVICE_LIMIT_REACHED", Some("services"), "services",
            "Of the {allowed} services in the pool {used} are given out, which leaves too few; take some back or enlarge the pool.",
            "Sur les {allowed} services de la réserve, {used} sont attribués, il n’en reste pas assez ; reprenez-en ou agrandissez la réserve.";
        /// The pool holds no more domains.
        PoolDomainsReached = "POOL_DOMAIN_LIMIT_REACHED", Some("domains"), "domains",
            "Of the {allowed} domains in the pool {used} are given out, which leaves too few; take some back or enlarge the pool.",
            "Sur les {allowed} domaines de la réserve, {used} sont attribués, il n’en reste pas assez ; reprenez-en ou agrandissez la réserve.";
        /// The pool holds no more mailboxes.
        PoolMailboxesReached = "POOL_MAILBOX_LIMIT_REACHED", Some("mailboxes"), "mailboxes",
            "Of the {allowed} mailboxes in the pool {used} are given out, which leaves too few; take some back or enlarge the pool.",
            "Sur les {allowed} boîtes mail de la réserve, {used} sont attribuées, il n’en reste pas assez ; reprenez-en ou agrandissez la réserve.";
        /// The pool holds no more storage.
        PoolStorageReached = "POOL_STORAGE_LIMIT_REACHED", Some("storageBytes"), "storageBytes",
            "Of the {allowed} of storage in the pool {used} are given out, which leaves too little; take some back or enlarge the pool.",
            "Sur les {allowed} de stockage de la réserve, {used} sont attribués, il n’en reste pas assez ; reprenez-en ou agrandissez la réserve.";
    }
}
