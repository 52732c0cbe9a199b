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
    }
    limited {
        /// The reseller has as many accounts as it may.
        SubAccountLimitReached = "SUB_ACCOUNT_LIMIT_REACHED", Some("accountId"), "subAccounts",
            "This account has {used} of {allowed} accounts below it; ask for more.",
            "Ce compte a {used} comptes sur {allowed} sous lui ; demandez-en davantage.";
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
