//! Why a plan does not fit: each refusal says of which of its limits it is, and both figures.

use kernel::LimitFact;

use super::shape::{Language, Limit, Row};

refusals! {
    /// What is wrong with one limit of a plan.
    MeasureRefusal
    also {}
    plain {}
    limited {
        /// Something in use does not fit in the other plan.
        PlanTooSmall = "PLAN_TOO_SMALL", Some("planId"), "inUse",
            "This plan is too small for what is in use: {what}, {used} in use and {allowed} allowed; see the preview for the rest, and make room first.",
            "Cette offre est trop petite pour ce qui est utilisé : {what}, {used} en usage et {allowed} permis ; voyez l’aperçu pour le reste et faites d’abord de la place.";
        /// The plan is not made to measure.
        CustomLimitsNotInPlan = "CUSTOM_LIMITS_NOT_IN_PLAN", Some("custom"), "custom",
            "This plan has fixed limits: {what}, {allowed} and not {used}; order it without custom limits or choose CustomBox.",
            "Cette offre a des limites fixes : {what}, {allowed} et non {used} ; commandez-la sans limites personnalisées ou choisissez CustomBox.";
        /// A custom limit is below what is included or not a whole number of add-ons.
        CustomLimitStep = "CUSTOM_LIMIT_STEP", Some("custom"), "custom",
            "A custom limit is what the plan includes plus a whole number of add-ons: {what}, {included} and then by {step} up to {allowed}, not {used}; choose such a value.",
            "Une limite personnalisée vaut ce que l’offre inclut plus un nombre entier d’options : {what}, {included} puis par {step} jusqu’à {allowed}, pas {used} ; choisissez une telle valeur.";
        /// A custom limit above the largest.
        CustomLimitAbove = "CUSTOM_LIMIT_ABOVE", Some("custom"), "custom",
            "A custom limit is above the largest: {what}, {used} and at most {allowed}; choose less or order a second service.",
            "Une limite personnalisée dépasse le maximum : {what}, {used} et au plus {allowed} ; choisissez moins ou commandez un second service.";
    }
}

/// A limit of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Shared domains that mailboxes live on, where the plan is on own ones only.
    SharedDomains,
    /// Own domains.
    Domains,
    /// Other names of own domains.
    AliasDomains,
    /// Mailboxes.
    Mailboxes,
    /// Permanent aliases.
    Aliases,
    /// Jobs that fetch mail from elsewhere.
    SyncJobs,
    /// Domain administrators.
    DomainAdministrators,
    /// Storage.
    Storage,
    /// Recipients a day of the whole service.
    SendsPerDay,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SharedDomains,
        Self::Domains,
        Self::AliasDomains,
        Self::Mailboxes,
        Self::Aliases,
        Self::SyncJobs,
        Self::DomainAdministrators,
        Self::Storage,
        Self::SendsPerDay,
    ];

    /// How programs know it; of octets where it ends in `Bytes`. Never renamed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SharedDomains => "sharedDomains",
            Self::Domains => "domains",
            Self::AliasDomains => "aliasDomains",
            Self::Mailboxes => "mailboxes",
            Self::Aliases => "aliases",
            Self::SyncJobs => "syncJobs",
            Self::DomainAdministrators => "domainAdministrators",
            Self::Storage => "storageBytes",
            Self::SendsPerDay => "sendsPerDay",
        }
    }

    /// What people call it.
    pub(super) const fn words(self, language: Language) -> &'static str {
        let (english, french) = match self {
            Self::SharedDomains => ("shared domains", "domaines partagés"),
            Self::Domains => ("domains", "domaines"),
            Self::AliasDomains => ("alias domains", "domaines alias"),
            Self::Mailboxes => ("mailboxes", "boîtes mail"),
            Self::Aliases => ("aliases", "alias"),
            Self::SyncJobs => ("sync jobs", "tâches de synchronisation"),
            Self::DomainAdministrators => ("domain administrators", "administrateurs de domaine"),
            Self::Storage => ("storage", "stockage"),
            Self::SendsPerDay => ("recipients a day", "destinataires par jour"),
        };
        match language {
            Language::En => english,
            Language::Fr => french,
        }
    }

    /// The argument by which more of it is ordered; the whole where it is not sold in addition.
    const fn custom(self) -> &'static str {
        match self {
            Self::Domains => "custom.domains",
            Self::Mailboxes => "custom.mailboxes",
            Self::Aliases => "custom.aliases",
            Self::Storage => "custom.storageBytes",
            Self::SendsPerDay => "custom.sendsPerDay",
            Self::SharedDomains | Self::AliasDomains | Self::SyncJobs | Self::DomainAdministrators => {
                "custom"
            }
        }
    }
}

/// What is wrong with a limit of a plan, and with which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// What is wrong.
    pub what: MeasureRefusal,
    /// Of which limit.
    pub of: Measure,
    /// How much the plan includes, and by how much more is sold; none where that has no part in it.
    pub steps: Option<(u64, u64)>,
}

impl Measured {
    /// That a plan is too small for what is in use of `of`.
    pub const fn too_small(of: Measure, limit: Limit) -> Self {
        Self { what: MeasureRefusal::PlanTooSmall(limit), of, steps: None }
    }
}

impl kernel::Refusal for Measured {
    fn code(&self) -> &'static str {
        self.what.code()
    }

    fn field(&self) -> Option<&'static str> {
        match self.what {
            MeasureRefusal::PlanTooSmall(_) => self.what.field(),
            MeasureRefusal::CustomLimitsNotInPlan(_)
            | MeasureRefusal::CustomLimitStep(_)
            | MeasureRefusal::CustomLimitAbove(_) => Some(self.of.custom()),
        }
    }

    fn limits(&self) -> Vec<LimitFact> {
        let own = self.what.limits().into_iter().map(|fact| LimitFact { name: self.of.name(), ..fact });
        let steps = self.steps.into_iter().flat_map(|(included, step)| {
            let fact = |name, allowed| LimitFact { name, allowed, used: None };
            [fact("included", included), fact("step", step)]
        });
        own.chain(steps).collect()
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use kernel::Refusal as _;
        f.write_str(&super::text(self.code(), Language::En, &self.limits()))
    }
}

impl std::error::Error for Measured {}
