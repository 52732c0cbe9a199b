//! Why something is refused that the plan does not have.

use kernel::LimitFact;

use super::{Language, Limit, Row};
use crate::plan::Feature;

refusals! {
    /// Why something is refused that a service's plan does not have. What was set up under another plan stays.
    PlanRefusal
    also {}
    plain {
        /// No webhooks.
        Webhooks = "WEBHOOKS_NOT_IN_PLAN", Some("accountId"),
            "Webhooks are not part of the plan; choose a larger one. Those that are there stay.",
            "Les webhooks ne font pas partie de l’offre ; choisissez-en une supérieure. Ceux qui existent restent.";
        /// No copies.
        BccMaps = "BCC_MAPS_NOT_IN_PLAN", Some("kind"),
            "Copies of the mail of an address are not part of the plan; choose a larger one. Those that are there stay.",
            "Les copies du courrier d’une adresse ne font pas partie de l’offre ; choisissez-en une supérieure. Celles qui existent restent.";
        /// No TLS policies.
        TransportTlsMap = "TLS_POLICIES_NOT_IN_PLAN", Some("accountId"),
            "TLS policies by destination are not part of the plan; choose a larger one. Those that are there stay.",
            "Les règles TLS par destination ne font pas partie de l’offre ; choisissez-en une supérieure. Celles qui existent restent.";
        /// No changes by program.
        ApiWrite = "API_WRITE_NOT_IN_PLAN", Some("permissions"),
            "Changes through the API are not part of the plan, which lets programs read; choose permissions to read, or a larger plan. Keys that are there stay.",
            "Les modifications par l’API ne font pas partie de l’offre, qui permet aux programmes de lire ; choisissez des permissions de lecture ou une offre supérieure. Les clés qui existent restent.";
    }
    limited {
        /// As many sync jobs as are sold.
        SyncJobs = "SYNC_JOBS_ABOVE_PLAN", Some("mailboxId"), "syncJobs",
            "The mailboxes of this service have {used} of the {allowed} sync jobs of its plan; remove one, or choose a larger plan.",
            "Les boîtes de ce service ont {used} tâches de synchronisation sur les {allowed} de son offre ; retirez-en une ou choisissez une offre supérieure.";
        /// As many administrators of domains as are sold.
        DomainAdministrators = "DOMAIN_ADMINISTRATORS_ABOVE_PLAN", Some("domainIds"), "domainAdministrators",
            "The domains of this service have {used} of the {allowed} administrators of its plan; remove one, or choose a larger plan.",
            "Les domaines de ce service ont {used} administrateurs sur les {allowed} de son offre ; retirez-en un ou choisissez une offre supérieure.";
    }
}

impl PlanRefusal {
    /// That a feature is not in the plan; none where nothing is refused for it alone.
    pub const fn of(feature: Feature) -> Option<Self> {
        match feature {
            Feature::Webhooks => Some(Self::Webhooks),
            Feature::BccMaps => Some(Self::BccMaps),
            Feature::TransportTlsMap => Some(Self::TransportTlsMap),
            Feature::ApiWrite => Some(Self::ApiWrite),
            // A catch-all says so itself; who resells is the operator's word; the download of the audit log is no change; there
            // is no other identity provider yet.
            Feature::CatchAll | Feature::Reseller | Feature::AuditExport | Feature::SingleSignOn => None,
        }
    }

    /// Whether `code` is one of these: then it helps to name the plan.
    pub fn is_code(code: &str) -> bool {
        Self::CODES.contains(&code) || code == "CATCH_ALL_NOT_IN_PLAN"
    }
}
