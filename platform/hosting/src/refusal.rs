//! Every no of the hosting model, in one closed catalogue: code, field, limits, and a sentence in each language.

mod claim;
#[macro_use]
mod shape;
mod boxes;
mod measure;
mod plan;
mod relay;
mod reseller;
mod ticket;
mod told;
mod value;

use kernel::LimitFact;

pub use boxes::BoxRefusal;
pub use measure::{Measure, MeasureRefusal, Measured};
pub use plan::PlanRefusal;
pub use relay::RelayRefusal;
pub use reseller::ResellerRefusal;
use shape::Row;
pub use shape::{Language, Limit};
pub use ticket::TicketRefusal;
pub use told::text;
pub use value::{Placed, ValueRefusal};

/// The chapters of the catalogue; a further one is a line here and a file.
const CHAPTERS: [&[Row]; 8] = [
    HostingRefusal::ROWS,
    ResellerRefusal::ROWS,
    BoxRefusal::ROWS,
    TicketRefusal::ROWS,
    RelayRefusal::ROWS,
    PlanRefusal::ROWS,
    MeasureRefusal::ROWS,
    ValueRefusal::ROWS,
];

refusals! {
    /// Why the hosting model says no. Expected, shown to the asker, never logged as a failure.
    HostingRefusal
    also {
        /// About resellers and their customers.
        Reseller(ResellerRefusal);
        /// About resources and shared mailboxes.
        Box(BoxRefusal);
        /// About tickets.
        Ticket(TicketRefusal);
        /// About relays through which mail leaves, and orders about mail.
        Relay(RelayRefusal);
        /// About what a plan has not.
        Plan(PlanRefusal);
        /// About a limit of a plan, by name.
        Measure(Measured);
        /// About values that several arguments can have.
        Value(Placed);
    }
    plain {
        /// The account does not exist.
        AccountNotFound = "ACCOUNT_NOT_FOUND", Some("accountId"),
            "This account does not exist; check its identifier.",
            "Ce compte n’existe pas ; vérifiez son identifiant.";
        /// Another account has this id.
        AccountExists = "ACCOUNT_EXISTS", Some("accountId"),
            "An account with this identifier exists already; use another identifier.",
            "Un compte portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The platform's own account is not a customer's.
        AccountIsPlatform = "ACCOUNT_IS_PLATFORM", Some("accountId"),
            "This identifier stands for the platform itself; use the identifier of a customer's account.",
            "Cet identifiant désigne la plateforme elle-même ; utilisez celui d’un compte client.";
        /// The account is closed.
        AccountClosed = "ACCOUNT_CLOSED", Some("accountId"),
            "This account is closed; open a new account to go on.",
            "Ce compte est fermé ; ouvrez un nouveau compte pour continuer.";
        /// A service of the account has not ended.
        AccountHasServices = "ACCOUNT_HAS_SERVICES", Some("accountId"),
            "This account still has services that have not ended; end them before closing it.",
            "Ce compte a encore des services en cours ; résiliez-les avant de le fermer.";

        /// The user does not exist.
        UserNotFound = "USER_NOT_FOUND", Some("userId"),
            "This user does not exist; check the identifier.",
            "Cet utilisateur n’existe pas ; vérifiez son identifiant.";
        /// Another user has this id.
        UserExists = "USER_EXISTS", Some("userId"),
            "A user with this identifier exists already; use another identifier.",
            "Un utilisateur portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The user may not sign in.
        UserDisabled = "USER_DISABLED", Some("userId"),
            "This user is disabled; enable the user first.",
            "Cet utilisateur est désactivé ; réactivez-le d’abord.";
        /// Nobody would govern the account.
        LastOwner = "LAST_OWNER", Some("userId"),
            "Nobody else owns this account: without this owner nobody could look after it; make another user an owner first.",
            "Personne d’autre n’est propriétaire de ce compte : sans ce propriétaire, personne ne pourrait s’en occuper ; nommez d’abord un autre propriétaire.";
        /// The login name belongs to somebody else.
        LoginTaken = "LOGIN_TAKEN", Some("login"),
            "This login name is in use already; choose another one.",
            "Cet identifiant de connexion est déjà utilisé ; choisissez-en un autre.";
        /// Operators live in the platform's account, everybody else does not.
        RoleNotInAccount = "ROLE_NOT_IN_ACCOUNT", Some("role"),
            "This role does not exist in this account: operators belong to the platform, all others to a customer's account.",
            "Ce rôle n’existe pas dans ce compte : les opérateurs appartiennent à la plateforme, les autres à un compte client.";
        /// A domain administrator without domains.
        RoleNeedsDomain = "ROLE_NEEDS_DOMAIN", Some("role"),
            "A domain administrator needs at least one domain; name the domains to administer.",
            "Un administrateur de domaine a besoin d’au moins un domaine ; indiquez les domaines à administrer.";
        /// The token does not exist.
        TokenNotFound = "TOKEN_NOT_FOUND", Some("tokenId"),
            "This API token does not exist; check its identifier.",
            "Ce jeton d’API n’existe pas ; vérifiez son identifiant.";
        /// Another token has this id.
        TokenExists = "TOKEN_EXISTS", Some("tokenId"),
            "An API token with this identifier exists already; use another identifier.",
            "Un jeton d’API portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// A token that would allow nothing.
        TokenAllowsNothing = "TOKEN_ALLOWS_NOTHING", Some("permissions"),
            "An API token needs at least one permission; choose what it may do.",
            "Un jeton d’API a besoin d’au moins une permission ; choisissez ce qu’il peut faire.";
        /// The end lies in the past.
        ExpiryPast = "EXPIRY_PAST", Some("expiresAt"),
            "The expiry lies in the past; choose a later moment.",
            "L’expiration est déjà passée ; choisissez un moment ultérieur.";

        /// The version of the document does not exist.
        DocumentNotFound = "DOCUMENT_NOT_FOUND", Some("documentId"),
            "This version of the document does not exist; check its series and number.",
            "Cette version du document n’existe pas ; vérifiez sa série et son numéro.";
        /// It was published with other terms.
        DocumentVersionDiffers = "DOCUMENT_VERSION_DIFFERS", Some("version"),
            "This version was published with another content and never changes; publish the next one.",
            "Cette version a été publiée avec un autre contenu et ne change jamais ; publiez la suivante.";
        /// Versions have no holes.
        DocumentVersionOutOfOrder = "DOCUMENT_VERSION_OUT_OF_ORDER", Some("version"),
            "Versions of a document are numbered 1, 2, 3 without holes; use the next number.",
            "Les versions d’un document sont numérotées 1, 2, 3 sans trou ; utilisez le numéro suivant.";
        /// A document without bytes.
        DocumentEmpty = "DOCUMENT_EMPTY", Some("contentBase64"),
            "This document is empty; give its bytes.",
            "Ce document est vide ; fournissez son contenu.";
        /// Nothing is accepted.
        AcceptanceEmpty = "ACCEPTANCE_EMPTY", Some("input.documents"),
            "Nothing is accepted by this; name at least one document in the version in force.",
            "Rien n’est accepté ainsi ; indiquez au moins un document dans la version en vigueur.";
        /// Something that is in force is not accepted.
        ContractNotAccepted = "CONTRACT_NOT_ACCEPTED", Some("accept.documents"),
            "An order accepts the documents in force, one language of each kind; name their versions.",
            "Une commande accepte les documents en vigueur, une langue par type ; indiquez leurs versions.";
        /// The webhook does not exist.
        WebhookNotFound = "WEBHOOK_NOT_FOUND", Some("webhookId"),
            "This webhook does not exist; check its identifier.",
            "Ce webhook n’existe pas ; vérifiez son identifiant.";
        /// Another webhook has this id.
        WebhookExists = "WEBHOOK_EXISTS", Some("webhookId"),
            "A webhook with this identifier exists already; use another identifier.",
            "Un webhook portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// It is told nothing for now.
        WebhookPaused = "WEBHOOK_PAUSED", Some("webhookId"),
            "This webhook is paused; resume it first.",
            "Ce webhook est en pause ; relancez-le d’abord.";
        /// No address of an endpoint.
        WebhookUrl = "WEBHOOK_URL", Some("url"),
            "This is no address of an endpoint; write it like `https://shop.example/hook`, without user or fragment.",
            "Ce n’est pas l’adresse d’un point d’accès ; écrivez-la comme `https://boutique.example/hook`, sans utilisateur ni fragment.";
        /// Not under TLS.
        WebhookUrlNotHttps = "WEBHOOK_URL_NOT_HTTPS", Some("url"),
            "Events are told under TLS only; give an address that begins with `https://`.",
            "Les événements ne sont transmis que sous TLS ; donnez une adresse qui commence par `https://`.";
        /// It leads into a private network, where nothing is told.
        WebhookUrlPrivate = "WEBHOOK_URL_PRIVATE", Some("url"),
            "Nothing is told to private addresses or names of a local network; give an address that the Internet reaches.",
            "Rien n’est transmis aux adresses privées ni aux noms d’un réseau local ; donnez une adresse joignable depuis Internet.";
        /// No kind of events.
        WebhookKind = "WEBHOOK_KIND", Some("kinds"),
            "This is no kind of events; write `mailbox.created`, `mailbox.*` or `*`.",
            "Ce n’est pas un type d’événement ; écrivez `mailbox.created`, `mailbox.*` ou `*`.";
        /// A kind of events that never happens.
        WebhookKindUnknown = "WEBHOOK_KIND_UNKNOWN", Some("kinds"),
            "There are no events of this kind; name one that there is such as `mailbox.created`, or write `mailbox.*` or `*`.",
            "Il n’y a pas d’événements de ce type ; nommez-en un qui existe comme `mailbox.created`, ou écrivez `mailbox.*` ou `*`.";
        /// A webhook for nothing.
        WebhookKindsEmpty = "WEBHOOK_KINDS_EMPTY", Some("kinds"),
            "A webhook needs at least one kind of events; `*` means all of them.",
            "Un webhook a besoin d’au moins un type d’événement ; `*` les désigne tous.";
        /// The ends of a replay are the wrong way round.
        WebhookReplayOrder = "WEBHOOK_REPLAY_ORDER", Some("from"),
            "A replay goes from an earlier event to a later one; exchange the two positions.",
            "Une relecture va d’un événement à un événement ultérieur ; inversez les deux positions.";

        /// The person still uses the platform.
        PersonStillThere = "PERSON_STILL_THERE", None,
            "This person still has a login or a mailbox here; remove it first, then erase their data.",
            "Cette personne a encore un accès ou une boîte ici ; supprimez-les d’abord, puis effacez ses données.";
        /// The second factor does not exist.
        FactorNotFound = "FACTOR_NOT_FOUND", Some("factorId"),
            "This second factor does not exist; check its identifier.",
            "Ce second facteur n’existe pas ; vérifiez son identifiant.";
        /// The notice does not exist.
        NoticeNotFound = "NOTICE_NOT_FOUND", Some("noticeId"),
            "This notice does not exist; check its identifier.",
            "Cet avis n’existe pas ; vérifiez son identifiant.";
        /// The person has no address to write to.
        NoticeNeedsAddress = "NOTICE_NEEDS_ADDRESS", None,
            "No e-mail address is known to write to; give one first.",
            "Aucune adresse e-mail n’est connue ; indiquez-en d’abord une.";
        /// A notice with a link was sent a moment ago.
        NoticeTooSoon = "NOTICE_TOO_SOON", None,
            "Such a message was sent a moment ago; look into the mailbox, and try again in a minute.",
            "Un tel message vient d’être envoyé ; consultez la boîte et réessayez dans une minute.";
        /// The link of a notice opens nothing.
        LinkNotGood = "LINK_NOT_GOOD", Some("token"),
            "This link is not good any more: it was used, or its time is over; ask for a new one.",
            "Ce lien n’est plus valable : il a déjà servi ou son délai est passé ; demandez-en un nouveau.";
        /// A time zone whose name cannot be one.
        TimeZoneUnknown = "TIME_ZONE_UNKNOWN", Some("timeZone"),
            "There is no such time zone; its name is like `Europe/Paris`.",
            "Ce fuseau horaire n’existe pas ; son nom ressemble à `Europe/Paris`.";
        /// The address is the one that counts already.
        EmailUnchanged = "EMAIL_UNCHANGED", Some("email"),
            "This address is confirmed already.",
            "Cette adresse est déjà confirmée.";
        /// Another factor has this id.
        FactorExists = "FACTOR_EXISTS", Some("factorId"),
            "A second factor with this identifier exists already; start again.",
            "Un second facteur portant cet identifiant existe déjà ; recommencez.";
        /// Recovery codes stand in for a second factor, and there is none.
        RecoveryNeedsFactor = "RECOVERY_NEEDS_FACTOR", None,
            "Recovery codes replace a lost second factor; add a second factor first.",
            "Les codes de secours remplacent un second facteur perdu ; ajoutez d’abord un second facteur.";
        /// The recovery code was never one, or is used.
        RecoveryCodeUnknown = "RECOVERY_CODE_UNKNOWN", Some("code"),
            "This recovery code is wrong or was used before; take another one.",
            "Ce code de secours est faux ou a déjà servi ; prenez-en un autre.";
        /// The delegation does not exist, or the invitation shown is not its.
        DelegationNotFound = "DELEGATION_NOT_FOUND", Some("delegationId"),
            "This delegation or invitation does not exist; check what you were given.",
            "Cette délégation ou invitation n’existe pas ; vérifiez ce qui vous a été donné.";
        /// Another delegation has this id.
        DelegationExists = "DELEGATION_EXISTS", Some("delegationId"),
            "A delegation with this identifier exists already; use another identifier.",
            "Une délégation portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The delegation is over.
        DelegationOver = "DELEGATION_OVER", Some("delegationId"),
            "This delegation is over; invite the person again.",
            "Cette délégation est terminée ; invitez à nouveau la personne.";
        /// The invitation has its answer.
        InvitationAnswered = "INVITATION_ANSWERED", Some("invitation"),
            "This invitation was answered or taken back already; ask for another one.",
            "Cette invitation a déjà reçu une réponse ou été retirée ; demandez-en une autre.";
        /// Nobody answered in time.
        InvitationExpired = "INVITATION_EXPIRED", Some("invitation"),
            "This invitation has expired; ask for another one.",
            "Cette invitation a expiré ; demandez-en une autre.";
        /// Whoever accepts is of the account already.
        DelegationToItself = "DELEGATION_TO_ITSELF", Some("invitation"),
            "You belong to this account already; sign in with a login of another account to accept.",
            "Vous appartenez déjà à ce compte ; connectez-vous depuis un autre compte pour accepter.";
        /// A delegation for nothing.
        DelegationAllowsNothing = "DELEGATION_ALLOWS_NOTHING", Some("permissions"),
            "A delegation needs at least one permission; choose what it allows.",
            "Une délégation a besoin d’au moins une permission ; choisissez ce qu’elle permet.";
        /// What is never delegated.
        PermissionNotDelegable = "PERMISSION_NOT_DELEGABLE", Some("permissions"),
            "Passwords, users and the account itself stay with its owner; choose other permissions.",
            "Les mots de passe, les utilisateurs et le compte lui-même restent à son titulaire ; choisissez d’autres permissions.";
        /// The app password does not exist.
        AppPasswordNotFound = "APP_PASSWORD_NOT_FOUND", Some("appPasswordId"),
            "This app password does not exist; check its identifier.",
            "Ce mot de passe d’application n’existe pas ; vérifiez son identifiant.";
        /// Another app password has this id.
        AppPasswordExists = "APP_PASSWORD_EXISTS", Some("appPasswordId"),
            "An app password with this identifier exists already; use another identifier.",
            "Un mot de passe d’application portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// An app password for no protocol.
        AppPasswordOpensNothing = "APP_PASSWORD_OPENS_NOTHING", Some("protocols"),
            "An app password needs at least one protocol; choose what it opens.",
            "Un mot de passe d’application a besoin d’au moins un protocole ; choisissez ce qu’il ouvre.";

        /// The session does not exist.
        SessionNotFound = "SESSION_NOT_FOUND", Some("sessionId"),
            "This session does not exist; sign in again.",
            "Cette session n’existe pas ; reconnectez-vous.";
        /// Another session has this id.
        SessionExists = "SESSION_EXISTS", Some("sessionId"),
            "A session with this identifier exists already; sign in again.",
            "Une session portant cet identifiant existe déjà ; reconnectez-vous.";
        /// The session is over.
        SessionEnded = "SESSION_ENDED", Some("refreshToken"),
            "This session has ended; sign in again.",
            "Cette session est terminée ; reconnectez-vous.";
        /// The session was not used in time.
        SessionExpired = "SESSION_EXPIRED", Some("refreshToken"),
            "This session has expired; sign in again.",
            "Cette session a expiré ; reconnectez-vous.";
        /// The refresh token was never one of this session, or is the new one already.
        RefreshTokenUnknown = "REFRESH_TOKEN_UNKNOWN", Some("refreshToken"),
            "This refresh token does not belong to the session; sign in again.",
            "Ce jeton de rafraîchissement n’appartient pas à la session ; reconnectez-vous.";
        /// The refresh token was used before: somebody else may hold it.
        RefreshTokenReused = "REFRESH_TOKEN_REUSED", Some("refreshToken"),
            "This refresh token was used before, so the session is closed for safety; sign in again.",
            "Ce jeton de rafraîchissement a déjà servi ; par sécurité la session est fermée, reconnectez-vous.";

        /// The plan version does not exist.
        PlanVersionNotFound = "PLAN_VERSION_NOT_FOUND", Some("planVersion"),
            "This version of the plan is not published; choose a published one.",
            "Cette version de l’offre n’est pas publiée ; choisissez une version publiée.";
        /// A newer version of the plan has taken its place.
        PlanVersionSuperseded = "PLAN_VERSION_SUPERSEDED", Some("planVersion"),
            "A newer version of this plan has taken the place of this one; order the newest, or keep the version that the service has.",
            "Une version plus récente de cette offre a remplacé celle-ci ; commandez la plus récente, ou gardez la version que le service a déjà.";
        /// A published version never changes.
        PlanVersionDiffers = "PLAN_VERSION_DIFFERS", Some("version"),
            "This version is published with other terms, and a published version never changes; publish the next version.",
            "Cette version est publiée avec d’autres conditions et ne change plus ; publiez la version suivante.";
        /// Versions are numbered without holes.
        PlanVersionOutOfOrder = "PLAN_VERSION_OUT_OF_ORDER", Some("version"),
            "Versions of a plan are numbered 1, 2, 3 without holes; use the next number.",
            "Les versions d’une offre sont numérotées 1, 2, 3 sans trou ; utilisez le numéro suivant.";
        /// Limits that contradict each other.
        PlanLimitsInconsistent = "PLAN_LIMITS_INCONSISTENT", Some("limits"),
            "These limits contradict each other: the default quota must fit in the largest, and the largest in the storage.",
            "Ces limites se contredisent : le quota par défaut doit tenir dans le plus grand, et celui-ci dans le stockage.";

        /// The service does not exist.
        ServiceNotFound = "SERVICE_NOT_FOUND", Some("serviceId"),
            "This service does not exist; check its identifier.",
            "Ce service n’existe pas ; vérifiez son identifiant.";
        /// Another service has this id.
        ServiceExists = "SERVICE_EXISTS", Some("serviceId"),
            "A service with this identifier was ordered already with other terms; use another identifier.",
            "Un service portant cet identifiant a déjà été commandé à d’autres conditions ; utilisez un autre identifiant.";
        /// Ordered and not yet active.
        ServiceNotActive = "SERVICE_NOT_ACTIVE", Some("serviceId"),
            "This service is ordered but not active yet; try again once it is activated.",
            "Ce service est commandé mais pas encore actif ; réessayez une fois qu’il sera activé.";
        /// Restricted.
        ServiceRestricted = "SERVICE_RESTRICTED", Some("serviceId"),
            "This service is restricted, so nothing can be added; settle the open invoices or contact support.",
            "Ce service est limité, rien ne peut y être ajouté ; réglez les factures en attente ou contactez l’assistance.";
        /// Suspended.
        ServiceSuspended = "SERVICE_SUSPENDED", Some("serviceId"),
            "This service is suspended, so nothing can be added, changed or deleted; settle the open invoices or contact support.",
            "Ce service est suspendu, rien ne peut y être ajouté, modifié ni supprimé ; réglez les factures en attente ou contactez l’assistance.";
        /// Over.
        ServiceEnded = "SERVICE_ENDED", Some("serviceId"),
            "This service has ended; bring it back while its retention lasts, or order a new one.",
            "Ce service est résilié ; réactivez-le tant que dure sa conservation, ou commandez-en un nouveau.";
        /// The plan is on the shared domain only.
        OwnDomainNotInPlan = "OWN_DOMAIN_NOT_IN_PLAN", Some("serviceId"),
            "This plan uses a shared domain and takes no domain of your own; choose a larger plan.",
            "Cette offre utilise un domaine partagé et n’accepte pas de domaine personnel ; choisissez une offre supérieure.";
        /// The plan is on own domains only.
        SharedDomainNotInPlan = "SHARED_DOMAIN_NOT_IN_PLAN", Some("domainId"),
            "This plan uses domains of your own, not the shared one; add and verify a domain first.",
            "Cette offre utilise vos propres domaines et non le domaine partagé ; ajoutez et vérifiez d’abord un domaine.";

        /// The domain does not exist in this service.
        DomainNotFound = "DOMAIN_NOT_FOUND", Some("domainId"),
            "This domain does not exist in this service; check its identifier.",
            "Ce domaine n’existe pas dans ce service ; vérifiez son identifiant.";
        /// Another domain has this id.
        DomainExists = "DOMAIN_EXISTS", Some("domainId"),
            "A domain with this identifier exists already; use another identifier.",
            "Un domaine portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The name cannot be served.
        DomainNotEligible = "DOMAIN_NOT_ELIGIBLE", Some("name"),
            "Mail cannot be hosted for this name; give a full domain such as example.com.",
            "Aucun courrier ne peut être hébergé pour ce nom ; indiquez un domaine complet comme example.com.";
        /// The name mixes scripts that are taken for one another.
        DomainMixedScripts = "DOMAIN_MIXED_SCRIPTS", Some("name"),
            "This name mixes letters of scripts that look alike, by which it can pass for another; write it in one script.",
            "Ce nom mêle des lettres d’écritures qui se ressemblent et peut passer pour un autre ; écrivez-le dans une seule écriture.";
        /// Another account has proved the domain.
        DomainTaken = "DOMAIN_TAKEN", Some("name"),
            "This domain is verified by another account or service already; remove it there first.",
            "Ce domaine est déjà vérifié par un autre compte ou service ; retirez-le d’abord de celui-ci.";
        /// The proof has not been given.
        DomainNotVerified = "DOMAIN_NOT_VERIFIED", Some("domainId"),
            "This domain is not verified yet; publish its TXT record and verify it first.",
            "Ce domaine n’est pas encore vérifié ; publiez son enregistrement TXT puis vérifiez-le.";
        /// The TXT record is absent or different.
        DomainProofMissing = "DOMAIN_PROOF_MISSING", Some("domainId"),
            "The expected TXT record was not found; publish it, wait for the DNS to follow, and try again.",
            "L’enregistrement TXT attendu est introuvable ; publiez-le, attendez la propagation DNS et réessayez.";
        /// A signing key that cannot be one.
        DkimKeyUnusable = "DKIM_KEY_UNUSABLE", None,
            "This is no usable signing key; let the platform make one.",
            "Cette clé de signature n’est pas utilisable ; laissez la plateforme en créer une.";
        /// No signing key stands there.
        DkimKeyNotFound = "DKIM_KEY_NOT_FOUND", Some("selector"),
            "This domain has no signing key at that selector; check the selector.",
            "Ce domaine n’a pas de clé de signature à ce sélecteur ; vérifiez le sélecteur.";
        /// The former key's record has to stand for a while.
        DkimPlacesTaken = "DKIM_PLACES_TAKEN", Some("domainId"),
            "The former signing key was retired less than seven days ago and its record is still needed; rotate later.",
            "L’ancienne clé de signature a été retirée il y a moins de sept jours et son enregistrement sert encore ; renouvelez plus tard.";
        /// Mailboxes or aliases are left.
        DomainInUse = "DOMAIN_IN_USE", Some("domainId"),
            "This domain still has mailboxes or aliases; delete them before removing it.",
            "Ce domaine a encore des boîtes mail ou des alias ; supprimez-les avant de le retirer.";
        /// A shared domain belongs to the platform.
        DomainShared = "DOMAIN_SHARED", Some("domainId"),
            "This is a shared domain of the platform, which cannot be verified or removed here.",
            "C’est un domaine partagé de la plateforme, qui ne peut être ni vérifié ni retiré ici.";

        /// The mailbox does not exist.
        MailboxNotFound = "MAILBOX_NOT_FOUND", Some("mailboxId"),
            "This mailbox does not exist; check its identifier.",
            "Cette boîte mail n’existe pas ; vérifiez son identifiant.";
        /// Another mailbox has this id.
        MailboxExists = "MAILBOX_EXISTS", Some("mailboxId"),
            "A mailbox with this identifier exists already; use another identifier.",
            "Une boîte mail portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The mailbox is switched off.
        MailboxDisabled = "MAILBOX_DISABLED", Some("mailboxId"),
            "This mailbox is disabled; enable it first.",
            "Cette boîte mail est désactivée ; réactivez-la d’abord.";
        /// No mailbox was named.
        MailboxBatchEmpty = "MAILBOX_BATCH_EMPTY", Some("mailboxes"),
            "No mailbox was given; name at least one.",
            "Aucune boîte mail n’a été indiquée ; nommez-en au moins une.";
        /// The address has an owner.
        AddressTaken = "ADDRESS_TAKEN", Some("localPart"),
            "This address is in use already, as is that of a temporary alias that is over until it is deleted; choose another one.",
            "Cette adresse est déjà utilisée, comme l’est celle d’un alias temporaire expiré jusqu’à sa suppression ; choisissez-en une autre.";
        /// The domain has a catch-all.
        CatchAllTaken = "CATCH_ALL_TAKEN", Some("localPart"),
            "This domain has a catch-all address already; change where that one leads, or delete it first.",
            "Ce domaine a déjà une adresse attrape-tout ; modifiez sa destination ou supprimez-la d’abord.";
        /// Two of one request have the same address or id.
        AddressRepeated = "ADDRESS_REPEATED", Some("mailboxes"),
            "The same address or identifier stands twice in this request; name each mailbox once.",
            "La même adresse ou le même identifiant figure deux fois dans cette demande ; nommez chaque boîte une seule fois.";
        /// The local part is reserved on the shared domain, or for the administrators of the domain.
        AddressReserved = "ADDRESS_RESERVED", Some("localPart"),
            "This address is reserved: it is an official name, looks like one, or holds a sign such as + or *; choose another one.",
            "Cette adresse est réservée : c’est un nom officiel, elle y ressemble, ou elle contient un signe comme + ou * ; choisissez-en une autre.";

        /// The alias does not exist.
        AliasNotFound = "ALIAS_NOT_FOUND", Some("aliasId"),
            "This alias does not exist; check its identifier.",
            "Cet alias n’existe pas ; vérifiez son identifiant.";
        /// Another alias has this id.
        AliasExists = "ALIAS_EXISTS", Some("aliasId"),
            "An alias with this identifier exists already; use another identifier.",
            "Un alias portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// It is permanent already.
        AliasPermanent = "ALIAS_PERMANENT", Some("aliasId"),
            "This alias is permanent; delete it when it is not needed any more.",
            "Cet alias est permanent ; supprimez-le quand il ne sert plus.";
        /// The alias is not one of that mailbox.
        AliasNotTemporary = "ALIAS_NOT_TEMPORARY", Some("aliasId"),
            "This is not a temporary alias of that mailbox; check its identifier.",
            "Ce n’est pas un alias temporaire de cette boîte ; vérifiez son identifiant.";
        /// Something of the mailbox changed meanwhile.
        MailboxChangedMeanwhile = "MAILBOX_CHANGED_MEANWHILE", Some("mailboxId"),
            "Temporary aliases of this mailbox changed meanwhile; try again.",
            "Des alias temporaires de cette boîte ont changé entre-temps ; réessayez.";
        /// What was deleted is destroyed.
        RetentionOver = "RETENTION_OVER", Some("mailboxId"),
            "This mailbox was deleted too long ago to be brought back; create a new one.",
            "Cette boîte a été supprimée il y a trop longtemps pour être rétablie ; créez-en une nouvelle.";
        /// The mailbox is not deleted.
        MailboxNotDeleted = "MAILBOX_NOT_DELETED", Some("mailboxId"),
            "This mailbox is not deleted; nothing has to be brought back.",
            "Cette boîte n’est pas supprimée ; il n’y a rien à rétablir.";
        /// The owner of the mailbox is erased, and with them its address.
        MailboxErased = "MAILBOX_ERASED", Some("mailboxId"),
            "The data of this mailbox's owner were erased; this cannot be done any more.",
            "Les données du titulaire de cette boîte ont été effacées ; cela n’est plus possible.";
        /// Nowhere to go.
        AliasTargetsEmpty = "ALIAS_TARGETS_EMPTY", Some("targets"),
            "An alias needs at least one target other than itself; name where its mail goes.",
            "Un alias a besoin d’au moins une destination autre que lui-même ; indiquez où va son courrier.";
        /// The plan has no catch-all.
        CatchAllNotInPlan = "CATCH_ALL_NOT_IN_PLAN", Some("localPart"),
            "A catch-all address is not part of this plan; name single addresses or choose a larger plan.",
            "L’adresse attrape-tout ne fait pas partie de cette offre ; nommez des adresses précises ou choisissez une offre supérieure.";
        /// A shared domain has no catch-all.
        CatchAllOnSharedDomain = "CATCH_ALL_ON_SHARED_DOMAIN", Some("localPart"),
            "A shared domain has no catch-all address; name a single address.",
            "Un domaine partagé n’a pas d’adresse attrape-tout ; nommez une adresse précise.";
        /// The address map does not exist in this domain.
        AddressMapNotFound = "ADDRESS_MAP_NOT_FOUND", Some("addressMapId"),
            "This address map does not exist in this domain; check its identifier.",
            "Cette réécriture d’adresse n’existe pas dans ce domaine ; vérifiez son identifiant.";
        /// Another address map has this id.
        AddressMapExists = "ADDRESS_MAP_EXISTS", Some("addressMapId"),
            "An address map with this identifier exists already; use another identifier.",
            "Une réécriture portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// There is one for the same address already.
        AddressMapTaken = "ADDRESS_MAP_TAKEN", Some("from"),
            "There is an address map of this kind for this address already; change that one.",
            "Une réécriture de ce type existe déjà pour cette adresse ; modifiez celle-là.";
        /// What is to be rewritten is no address of the domain.
        AddressMapSource = "ADDRESS_MAP_SOURCE", Some("from"),
            "Give a local part, an address of this domain, or for all of its addresses @ and the domain, as @example.org: * stands for nothing here.",
            "Donnez une partie locale, une adresse de ce domaine, ou pour toutes ses adresses @ suivi du domaine, comme @example.org : * ne remplace rien ici.";
        /// What it leads to is no address.
        AddressMapTarget = "ADDRESS_MAP_TARGET", Some("to"),
            "Give one address such as archive@example.org; @example.org, without *, is possible only where all addresses are rewritten.",
            "Donnez une adresse comme archive@example.org ; @example.org, sans *, n’est possible que pour réécrire toutes les adresses.";
        /// Mail would go round in a circle.
        AddressMapLoop = "ADDRESS_MAP_LOOP", Some("to"),
            "This address leads back to where it comes from, so mail would go round in a circle; choose another one.",
            "Cette adresse ramène à son point de départ et le courrier tournerait en rond ; choisissez-en une autre.";
        /// The TLS policy does not exist.
        TlsPolicyNotFound = "TLS_POLICY_NOT_FOUND", Some("tlsPolicyId"),
            "This TLS policy does not exist; check its identifier.",
            "Cette politique TLS n’existe pas ; vérifiez son identifiant.";
        /// Another TLS policy has this id.
        TlsPolicyExists = "TLS_POLICY_EXISTS", Some("tlsPolicyId"),
            "A TLS policy with this identifier exists already; use another identifier.",
            "Une politique TLS portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// There is one for the same destination already.
        TlsPolicyTaken = "TLS_POLICY_TAKEN", Some("destination"),
            "There is a TLS policy for this destination already; change that one.",
            "Une politique TLS existe déjà pour cette destination ; modifiez celle-là.";
        /// The destination cannot be read.
        TlsPolicyDestination = "TLS_POLICY_DESTINATION", Some("destination"),
            "Give a domain (example.org), all domains below one (.example.org) or a host with its port (mx.example.org:25).",
            "Donnez un domaine (example.org), tous ses sous-domaines (.example.org) ou un hôte avec son port (mx.example.org:25).";
        /// A name to compare certificates with cannot be read, or the level compares none.
        TlsPolicyNames = "TLS_POLICY_NAMES", Some("matchNames"),
            "Names are for the levels VERIFY and SECURE: host names, .example.org, or the words nexthop, dot-nexthop and hostname.",
            "Les noms valent pour les niveaux VERIFY et SECURE : noms d’hôte, .example.org, ou les mots nexthop, dot-nexthop et hostname.";
        /// Fingerprints are missing, cannot be read, or the level compares none.
        TlsPolicyFingerprints = "TLS_POLICY_FINGERPRINTS", Some("fingerprints"),
            "The level FINGERPRINT, and only that one, needs SHA-256 fingerprints of 64 hexadecimal digits; colons may separate them.",
            "Le niveau FINGERPRINT, et lui seul, demande des empreintes SHA-256 de 64 chiffres hexadécimaux ; des deux-points sont permis.";
        /// The filter does not exist.
        FilterNotFound = "FILTER_NOT_FOUND", Some("filterId"),
            "This filter does not exist there; check its identifier.",
            "Ce filtre n’existe pas à cet endroit ; vérifiez son identifiant.";
        /// Another filter has this id.
        FilterExists = "FILTER_EXISTS", Some("filterId"),
            "A filter with this identifier exists already; use another identifier.",
            "Un filtre portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// Another filter of the same owner is called so.
        FilterNameTaken = "FILTER_NAME_TAKEN", Some("name"),
            "Another filter is called like this already; choose another name.",
            "Un autre filtre porte déjà ce nom ; choisissez-en un autre.";
        /// The script is wrong.
        FilterDoesNotCompile = "FILTER_DOES_NOT_COMPILE", Some("script"),
            "This script is no valid Sieve; see the line and column of what is wrong, or ask `sieveCheck`.",
            "Ce script n’est pas du Sieve valide ; voyez la ligne et la colonne de l’erreur, ou demandez `sieveCheck`.";
        /// A domain has no filters of its own, only before and after those of its mailboxes.
        FilterStage = "FILTER_STAGE", Some("stage"),
            "The filters of a domain run before or after those of its mailboxes; choose BEFORE or AFTER.",
            "Les filtres d’un domaine s’exécutent avant ou après ceux de ses boîtes ; choisissez BEFORE ou AFTER.";
        /// The sync job does not exist.
        SyncJobNotFound = "SYNC_JOB_NOT_FOUND", Some("syncJobId"),
            "This sync job does not exist in this mailbox; check its identifier.",
            "Cette tâche de synchronisation n’existe pas dans cette boîte ; vérifiez son identifiant.";
        /// Another sync job has this id.
        SyncJobExists = "SYNC_JOB_EXISTS", Some("syncJobId"),
            "A sync job with this identifier exists already; use another identifier.",
            "Une tâche de synchronisation portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// The same mailbox is fetched already.
        SyncJobTaken = "SYNC_JOB_TAKEN", Some("user"),
            "There is a sync job for this user at this host already; change that one.",
            "Une tâche existe déjà pour cet utilisateur sur cet hôte ; modifiez celle-là.";
        /// The other host cannot be read or is not public.
        SyncHost = "SYNC_HOST", Some("host"),
            "Give the public name of the other mail server, such as imap.example.org; private networks are not reached from here.",
            "Donnez le nom public de l’autre serveur, comme imap.example.org ; les réseaux privés ne sont pas accessibles d’ici.";
        /// No user, or one that cannot be.
        SyncUser = "SYNC_USER", Some("user"),
            "Give the user name at the other server: one line of at most 256 octets.",
            "Donnez le nom d’utilisateur sur l’autre serveur : une ligne de 256 octets au plus.";
        /// No password, or not given again for another place.
        SyncPassword = "SYNC_PASSWORD", Some("password"),
            "Give the password at the other server, at most 256 octets; it is needed again where host, port, encryption or user change.",
            "Donnez le mot de passe sur l’autre serveur, 256 octets au plus ; il est à redonner si l’hôte, le port, le chiffrement ou l’utilisateur change.";
        /// The folder cannot be.
        SyncSubfolder = "SYNC_SUBFOLDER", Some("subfolder"),
            "The name of the folder is one line of at most 256 octets; correct it.",
            "Le nom du dossier tient en une ligne de 256 octets au plus ; corrigez-le.";
        /// What is to be left out cannot be read.
        SyncExclude = "SYNC_EXCLUDE", Some("exclude"),
            "The regular expression cannot be read, is longer than 1000 octets, or repeats too much; simplify it.",
            "L’expression régulière est illisible, dépasse 1000 octets ou répète trop ; simplifiez-la.";
        /// A parameter is not harmless, or not well formed.
        SyncParameter = "SYNC_PARAMETER", Some("parameters"),
            "One of these parameters is not allowed or not of the form --name=value; see the description of `parameters`.",
            "L’un de ces paramètres n’est pas permis ou n’est pas de la forme --nom=valeur ; voyez la description de `parameters`.";
        /// The push destination does not exist.
        PushNotFound = "PUSH_NOT_FOUND", Some("pushId"),
            "This push destination does not exist in this mailbox; check its identifier.",
            "Cette destination de notification n’existe pas dans cette boîte ; vérifiez son identifiant.";
        /// Another push destination has this id.
        PushExists = "PUSH_EXISTS", Some("pushId"),
            "A push destination with this identifier exists already; use another identifier.",
            "Une destination de notification portant cet identifiant existe déjà ; utilisez un autre identifiant.";
        /// Another push destination is called so.
        PushNameTaken = "PUSH_NAME_TAKEN", Some("name"),
            "Another push destination is called like this already; choose another name.",
            "Une autre destination porte déjà ce nom ; choisissez-en un autre.";
        /// The regular expression on senders cannot be read.
        PushSendersPattern = "PUSH_SENDERS_PATTERN", Some("sendersPattern"),
            "The regular expression cannot be read, is longer than 1000 octets, or repeats too much; simplify it.",
            "L’expression régulière est illisible, dépasse 1000 octets ou répète trop ; simplifiez-la.";
        /// No such sound.
        PushSound = "PUSH_SOUND", Some("sound"),
            "There is no such sound; choose one of those of Pushover, for example pushover, bike or none.",
            "Ce son n’existe pas ; choisissez l’un de ceux de Pushover, par exemple pushover, bike ou none.";
        /// An address to send as cannot be read.
        SendAsMalformed = "SEND_AS_MALFORMED", Some("settings.sendAs"),
            "Addresses to send as are such as sales@example.org; for all of a domain write @example.org, without *; correct the other entries.",
            "Les adresses d’expédition sont comme ventes@example.org ; pour toutes celles d’un domaine, écrivez @example.org, sans * ; corrigez les autres entrées.";
        /// An address to send as is of no verified domain of the account.
        SendAsElsewhere = "SEND_AS_ELSEWHERE", Some("settings.sendAs"),
            "A mailbox sends as addresses of verified domains of its own account alone; leave out the others.",
            "Une boîte n’envoie qu’avec des adresses des domaines vérifiés de son propre compte ; retirez les autres.";
        /// The recovery address is none.
        RecoveryAddress = "RECOVERY_ADDRESS", Some("settings.recoveryAddress"),
            "The recovery address is not an e-mail address; correct it.",
            "L’adresse de secours n’est pas une adresse e-mail ; corrigez-la.";
        /// The recovery address is not changed among other settings.
        RecoveryAddressElsewhere = "RECOVERY_ADDRESS_ELSEWHERE", Some("settings.recoveryAddress"),
            "Only the owner of the mailbox gives a recovery address, with the password, by recoveryAddressSet; here it can only be taken away.",
            "Seul le titulaire de la boîte donne une adresse de secours, avec son mot de passe, par recoveryAddressSet ; ici elle ne peut qu’être retirée.";
        /// The recovery address is the mailbox itself.
        RecoveryAddressOwn = "RECOVERY_ADDRESS_OWN", Some("email"),
            "This is the mailbox itself, which is closed to you without its password; give an address elsewhere.",
            "C’est la boîte elle-même, fermée sans son mot de passe ; donnez une adresse ailleurs.";
        /// Mail is to be passed on and it is not said where, or the host cannot be read.
        RelayHostMissing = "RELAY_HOST", Some("settings.relayHost"),
            "Passing mail on needs the name of a host such as mx.example.org or mx.example.org:2525.",
            "Relayer le courrier demande un nom d’hôte comme mx.example.org ou mx.example.org:2525.";
        /// The domain to mirror is not a verified domain of the same service, or mirrors another itself.
        MirrorTarget = "MIRROR_TARGET", Some("mirrorsDomainId"),
            "A domain can only mirror another verified domain of the same service that mirrors none itself.",
            "Un domaine ne peut refléter qu’un autre domaine vérifié du même service, qui n’en reflète aucun.";
        /// A domain that mirrors another has no addresses of its own.
        DomainIsMirror = "DOMAIN_IS_MIRROR", Some("domainId"),
            "This domain mirrors another one; create the address there, or stop mirroring first.",
            "Ce domaine en reflète un autre ; créez l’adresse dans celui-ci, ou cessez d’abord le reflet.";
        /// The domain is not active.
        DomainInactive = "DOMAIN_INACTIVE", Some("domainId"),
            "This domain is switched off; switch it on first.",
            "Ce domaine est désactivé ; activez-le d’abord.";
    }
    limited {
        /// The account has as many users as an account may.
        UserLimitReached = "USER_LIMIT_REACHED", Some("accountId"), "users",
            "This account has {used} of {allowed} users; remove one first.",
            "Ce compte a {used} utilisateurs sur {allowed} ; retirez-en un d’abord.";
        /// A document that is too long.
        DocumentTooLong = "DOCUMENT_TOO_LONG", Some("contentBase64"), "documentBytes",
            "This document has {used} and {allowed} are allowed; make it shorter.",
            "Ce document fait {used} et {allowed} sont permis ; raccourcissez-le.";
        /// The version would have been in force before the day of its publication.
        EffectivePast = "EFFECTIVE_PAST", Some("effectiveFrom"), "hours",
            "This version would be in force for {used} hours already and {allowed} are allowed: nobody can have accepted it then; choose today or later.",
            "Cette version serait en vigueur depuis {used} heures et {allowed} sont permises : personne n’a pu l’accepter alors ; choisissez aujourd’hui ou plus tard.";
        /// The account has as many webhooks as an account may.
        WebhookLimitReached = "WEBHOOK_LIMIT_REACHED", Some("accountId"), "webhooks",
            "This account has {used} of {allowed} webhooks; remove one first.",
            "Ce compte a {used} webhooks sur {allowed} ; retirez-en un d’abord.";
        /// An address of a webhook that is too long.
        WebhookUrlTooLong = "WEBHOOK_URL_TOO_LONG", Some("url"), "octets",
            "This address has {used} octets and {allowed} are allowed; shorten it.",
            "Cette adresse comporte {used} octets et {allowed} sont permis ; raccourcissez-la.";
        /// Too many kinds of events.
        WebhookKindLimitReached = "WEBHOOK_KIND_LIMIT_REACHED", Some("kinds"), "kinds",
            "There are {used} kinds of events and {allowed} are allowed; use `noun.*` for several at once.",
            "Il y a {used} types d’événement et {allowed} sont permis ; utilisez `nom.*` pour en désigner plusieurs.";
        /// Too many events at once.
        WebhookReplayTooLong = "WEBHOOK_REPLAY_TOO_LONG", Some("to"), "events",
            "There are {used} events in between and {allowed} are told again at most; replay them in parts.",
            "Il y a {used} événements entre les deux et {allowed} au plus sont relus ; procédez par parties.";
        /// It was changed and tried too often.
        WebhookChangeLimitReached = "WEBHOOK_CHANGE_LIMIT_REACHED", Some("webhookId"), "changes",
            "This webhook was changed or tried {used} times and {allowed} are allowed; register another one.",
            "Ce webhook a été modifié ou essayé {used} fois et {allowed} sont permises ; enregistrez-en un autre.";
        /// The account has as many services as an account may.
        ServiceLimitReached = "SERVICE_LIMIT_REACHED", Some("accountId"), "services",
            "This account has {used} of {allowed} services; end one first.",
            "Ce compte a {used} services sur {allowed} ; résiliez-en un d’abord.";
        /// The user has as many tokens as a user may.
        TokenLimitReached = "TOKEN_LIMIT_REACHED", Some("userId"), "tokens",
            "This user has {used} of {allowed} API tokens; revoke one first.",
            "Cet utilisateur a {used} jetons d’API sur {allowed} ; révoquez-en un d’abord.";
        /// Too many networks for one token.
        TokenNetworkLimit = "TOKEN_NETWORK_LIMIT", Some("networks"), "networks",
            "An API token names at most {allowed} networks and {used} were given; name fewer.",
            "Un jeton d’API nomme au plus {allowed} réseaux et {used} ont été donnés ; nommez-en moins.";
        /// The account has let in as many as it may.
        DelegationLimitReached = "DELEGATION_LIMIT_REACHED", Some("accountId"), "delegations",
            "This account has {used} of {allowed} delegations; end one first.",
            "Ce compte a {used} délégations sur {allowed} ; mettez fin à l’une d’elles.";
        /// A delegation of too many things, or of none.
        DelegationScopeCount = "DELEGATION_SCOPE_COUNT", Some("scope"), "scope",
            "A delegation names 1 to {allowed} services or domains and {used} were given; name others or the whole account.",
            "Une délégation nomme de 1 à {allowed} services ou domaines et {used} ont été donnés ; nommez-en d’autres ou tout le compte.";
        /// The person has as many second factors as anybody may.
        FactorLimitReached = "FACTOR_LIMIT_REACHED", None, "factors",
            "There are {used} of {allowed} second factors; remove one first.",
            "Il y a {used} seconds facteurs sur {allowed} ; retirez-en un d’abord.";
        /// The person was written to as often as one may be on a day.
        NoticeLimitReached = "NOTICE_LIMIT_REACHED", None, "notices",
            "{used} of {allowed} such messages were sent today; try again tomorrow.",
            "{used} messages de ce type sur {allowed} ont été envoyés aujourd’hui ; réessayez demain.";
        /// Too many recovery codes.
        RecoveryCodeLimit = "RECOVERY_CODE_LIMIT", None, "recoveryCodes",
            "There are at most {allowed} recovery codes and {used} were given; give fewer.",
            "Il y a au plus {allowed} codes de secours et {used} ont été donnés ; donnez-en moins.";
        /// The mailbox has as many app passwords as a mailbox may.
        AppPasswordLimitReached = "APP_PASSWORD_LIMIT_REACHED", Some("mailboxId"), "appPasswords",
            "This mailbox has {used} of {allowed} app passwords; revoke one first.",
            "Cette boîte mail a {used} mots de passe d’application sur {allowed} ; révoquez-en un d’abord.";
        /// Too many domains for one administrator.
        AdministeredDomainLimit = "ADMINISTERED_DOMAIN_LIMIT", Some("role"), "domains",
            "A domain administrator has at most {allowed} domains and {used} were given; name fewer.",
            "Un administrateur a au plus {allowed} domaines et {used} ont été indiqués ; nommez-en moins.";
        /// The plan's domains are used up.
        DomainLimitReached = "DOMAIN_LIMIT_REACHED", Some("serviceId"), "domains",
            "This service has {used} of {allowed} domains; remove one or choose a larger plan.",
            "Ce service a {used} domaines sur {allowed} ; retirez-en un ou choisissez une offre supérieure.";
        /// The plan's mailboxes would be exceeded.
        MailboxLimitReached = "MAILBOX_LIMIT_REACHED", Some("serviceId"), "mailboxes",
            "This service has {used} of {allowed} mailboxes, which leaves too few; delete some or choose a larger plan.",
            "Ce service a {used} boîtes mail sur {allowed}, il n’en reste pas assez ; supprimez-en ou choisissez une offre supérieure.";
        /// The plan's aliases are used up.
        AliasLimitReached = "ALIAS_LIMIT_REACHED", Some("serviceId"), "aliases",
            "This service has {used} of {allowed} aliases; delete one or choose a larger plan.",
            "Ce service a {used} alias sur {allowed} ; supprimez-en un ou choisissez une offre supérieure.";
        /// All quotas together would exceed the storage of the plan.
        StorageLimitReached = "STORAGE_LIMIT_REACHED", Some("quotaBytes"), "storageBytes",
            "Of the {allowed} of this service {used} are allocated, which leaves too little; lower a quota or choose a larger plan.",
            "Sur les {allowed} de ce service, {used} sont alloués, il n’en reste pas assez ; réduisez un quota ou choisissez une offre supérieure.";
        /// Too many mailboxes in one request.
        MailboxBatchTooLarge = "MAILBOX_BATCH_TOO_LARGE", Some("mailboxes"), "mailboxesPerRequest",
            "This request names {used} mailboxes and {allowed} are allowed at once; split it.",
            "Cette demande nomme {used} boîtes mail et {allowed} sont permises à la fois ; divisez-la.";
        /// The mailbox has as many temporary aliases as the plan allows.
        TemporaryAliasLimitReached = "TEMPORARY_ALIAS_LIMIT_REACHED", Some("mailboxId"), "temporaryAliases",
            "This mailbox has {used} of {allowed} temporary aliases; delete one or let one expire.",
            "Cette boîte a {used} alias temporaires sur {allowed} ; supprimez-en un ou laissez-en expirer un.";
        /// The end lies too far in the future.
        ExpiryTooFar = "EXPIRY_TOO_FAR", Some("expiresAt"), "days",
            "The expiry is {used} days away and {allowed} are allowed; choose an earlier moment.",
            "L’expiration est dans {used} jours et {allowed} sont permis ; choisissez un moment plus proche.";
        /// Too many targets.
        AliasTargetLimit = "ALIAS_TARGET_LIMIT", Some("targets"), "targets",
            "An alias has at most {allowed} targets and {used} were given; name fewer.",
            "Un alias a au plus {allowed} destinations et {used} ont été indiquées ; nommez-en moins.";
        /// The targets are too long together.
        AliasTargetsTooLong = "ALIAS_TARGETS_TOO_LONG", Some("targets"), "targetsBytes",
            "The targets take {used} and {allowed} are allowed; name fewer or lead to another alias.",
            "Les destinations occupent {used} et {allowed} sont permis ; nommez-en moins ou dirigez vers un autre alias.";
        /// The domain has as many address maps as there may be.
        AddressMapLimit = "ADDRESS_MAP_LIMIT", Some("domainId"), "addressMaps",
            "This domain has {used} of {allowed} address maps; remove one.",
            "Ce domaine a {used} réécritures d’adresse sur {allowed} ; retirez-en une.";
        /// There are as many TLS policies as there may be.
        TlsPolicyLimit = "TLS_POLICY_LIMIT", Some("accountId"), "tlsPolicies",
            "This account has {used} of {allowed} TLS policies; remove one.",
            "Ce compte a {used} politiques TLS sur {allowed} ; retirez-en une.";
        /// One TLS policy names too much.
        TlsPolicyNameLimit = "TLS_POLICY_NAME_LIMIT", Some("matchNames"), "names",
            "A TLS policy takes {allowed} names or fingerprints and {used} were given; name fewer.",
            "Une politique TLS accepte {allowed} noms ou empreintes et {used} ont été donnés ; nommez-en moins.";
        /// Something was changed as often as there is room for.
        BookChangeLimit = "BOOK_CHANGE_LIMIT", None, "changes",
            "This was changed {used} times of the {allowed} there is room for; entries can only be removed now, contact support.",
            "Ceci a été modifié {used} fois sur les {allowed} possibles ; on ne peut plus qu’en retirer, contactez l’assistance.";
        /// There are as many filters as there may be.
        FilterLimit = "FILTER_LIMIT", None, "filters",
            "There are {used} of {allowed} filters; remove one.",
            "Il y a {used} filtres sur {allowed} ; retirez-en un.";
        /// The script is too long.
        FilterTooLong = "FILTER_TOO_LONG", Some("script"), "scriptBytes",
            "This script takes {used} and {allowed} are allowed; shorten it.",
            "Ce script occupe {used} et {allowed} sont permis ; raccourcissez-le.";
        /// The mailbox has as many sync jobs as there may be.
        SyncJobLimit = "SYNC_JOB_LIMIT", Some("mailboxId"), "syncJobs",
            "This mailbox has {used} of {allowed} sync jobs; remove one.",
            "Cette boîte a {used} tâches de synchronisation sur {allowed} ; retirez-en une.";
        /// Too many further parameters.
        SyncParameterLimit = "SYNC_PARAMETER_LIMIT", Some("parameters"), "parameters",
            "There are {used} parameters and {allowed} are allowed; remove some.",
            "Il y a {used} paramètres et {allowed} sont permis ; retirez-en.";
        /// No such port.
        SyncPort = "SYNC_PORT", Some("port"), "port",
            "A port is from 1 to {allowed}, not {used}; IMAP is usually 143 or 993.",
            "Un port va de 1 à {allowed}, pas {used} ; pour IMAP, c’est en général 143 ou 993.";
        /// Too often or too seldom.
        SyncInterval = "SYNC_INTERVAL", Some("intervalMinutes"), "minutes",
            "The interval is from 1 to {allowed} minutes, not {used}; 20 is recommended.",
            "La période va de 1 à {allowed} minutes, pas {used} ; 20 est recommandé.";
        /// Too old.
        SyncAge = "SYNC_AGE", Some("ageDaysMax"), "days",
            "The age is up to {allowed} days, not {used}; 0 is for any age.",
            "L’âge va jusqu’à {allowed} jours, pas {used} ; 0 vaut pour tout âge.";
        /// Too fast.
        SyncSpeed = "SYNC_SPEED", Some("bytesPerSecondMax"), "speedBytes",
            "The speed is up to {allowed} a second, not {used}; 0 is for no limit.",
            "Le débit va jusqu’à {allowed} par seconde, pas {used} ; 0 vaut pour aucune limite.";
        /// Too long a wait for the other host.
        SyncRemoteTimeout = "SYNC_REMOTE_TIMEOUT", Some("remoteTimeoutSeconds"), "seconds",
            "The other host is waited for from 1 to {allowed} seconds, not {used}; 600 is usual.",
            "L’autre hôte est attendu de 1 à {allowed} secondes, pas {used} ; 600 est habituel.";
        /// Too long a wait for this host.
        SyncLocalTimeout = "SYNC_LOCAL_TIMEOUT", Some("localTimeoutSeconds"), "seconds",
            "This host is waited for from 1 to {allowed} seconds, not {used}; 600 is usual.",
            "Cet hôte est attendu de 1 à {allowed} secondes, pas {used} ; 600 est habituel.";
        /// The mailbox has as many push destinations as there may be.
        PushLimit = "PUSH_LIMIT", Some("mailboxId"), "pushes",
            "This mailbox has {used} of {allowed} push destinations; remove one.",
            "Cette boîte a {used} destinations de notification sur {allowed} ; retirez-en une.";
        /// Somebody else changed the settings meanwhile; told is the revision that was found.
        SettingsStale = "SETTINGS_CHANGED_MEANWHILE", Some("revision"), "revision",
            "Somebody changed this meanwhile: it is at revision {allowed} and you looked at {used}; look again and repeat what is still wanted.",
            "Quelqu’un a modifié ceci entre-temps : c’est la révision {allowed} et vous regardiez la {used} ; relisez et répétez ce qui est encore voulu.";
        /// The plan's alias domains are used up.
        AliasDomainLimitReached = "ALIAS_DOMAIN_LIMIT_REACHED", Some("mirrorsDomainId"), "aliasDomains",
            "This service has {used} of {allowed} alias domains; remove one or choose a larger plan.",
            "Ce service a {used} domaines alias sur {allowed} ; retirez-en un ou choisissez une offre supérieure.";
        /// Too many addresses to send as.
        SendAsLimitReached = "SEND_AS_LIMIT_REACHED", Some("settings.sendAs"), "sendAs",
            "There are {used} addresses to send as and {allowed} are allowed; remove some.",
            "Il y a {used} adresses d’expédition et {allowed} sont permises ; retirez-en.";
        /// All settings together are too long.
        SettingsTooLong = "SETTINGS_TOO_LONG", Some("settings"), "settingsBytes",
            "These settings take {used} and {allowed} are allowed; shorten the lists.",
            "Ces réglages occupent {used} et {allowed} sont permis ; raccourcissez les listes.";
        /// The domain has its share of the service's mailboxes.
        DomainMailboxLimitReached = "DOMAIN_MAILBOX_LIMIT_REACHED", Some("domainId"), "mailboxes",
            "This domain has {used} of {allowed} mailboxes, which leaves too few; delete some or raise its share.",
            "Ce domaine a {used} boîtes mail sur {allowed}, il n’en reste pas assez ; supprimez-en ou augmentez sa part.";
        /// The domain has its share of the service's aliases.
        DomainAliasLimitReached = "DOMAIN_ALIAS_LIMIT_REACHED", Some("domainId"), "aliases",
            "This domain has {used} of {allowed} aliases; delete one or raise its share.",
            "Ce domaine a {used} alias sur {allowed} ; supprimez-en un ou augmentez sa part.";
        /// The domain has its share of the service's storage.
        DomainStorageLimitReached = "DOMAIN_STORAGE_LIMIT_REACHED", Some("quotaBytes"), "storageBytes",
            "Of the {allowed} of this domain {used} are allocated, which leaves too little; lower a quota or raise its share.",
            "Sur les {allowed} de ce domaine, {used} sont alloués, il n’en reste pas assez ; réduisez un quota ou augmentez sa part.";
    }
}
