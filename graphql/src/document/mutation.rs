//! Publishing documents, and accepting them.

use std::net::IpAddr;

use async_graphql::{Context, InputObject, Object, Result};
use authority::{Permission, Resource};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hosting::contract::{Acceptance, Method};
use hosting::document::{DocumentCommand, NewVersion, series};
use hosting::use_case::{AcceptContract, PublishDocument};
use kernel::{AccountId, DocumentId, ServiceId};
use sha2::{Digest as _, Sha256};

use super::object::{AcceptedDocument, Document, DocumentKind, DocumentLanguage, MediaType};
use super::query::{PROJECTION, read, read_contract};
use crate::limit::{DOCUMENT_OCTETS_MAX, SHOWN_TEXT_OCTETS_MAX};
use crate::payload::{Faults, command, payload, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, DocumentKey, Moment, ServiceKey, Uid};

payload! {
    /// What a publication or withdrawal came to.
    DocumentPayload { document: Document, by (DocumentId, u32), PROJECTION, read }
}

payload! {
    /// What an acceptance came to: all that is accepted for the service now.
    ContractPayload { contracts: Vec<AcceptedDocument>, by (AccountId, ServiceId), PROJECTION, read_contract }
}

/// A version of a document to be.
#[derive(Debug, InputObject)]
pub struct DocumentPublishInput {
    /// What it is.
    pub kind: DocumentKind,
    /// In which language.
    pub language: DocumentLanguage,
    /// Its number in its series: 1, 2, 3 without holes.
    pub version: u32,
    /// What it is called, up to 200 characters.
    pub title: String,
    /// Its bytes in base64, up to 180 KiB of bytes.
    pub content_base64: String,
    /// Of which form they are.
    pub media_type: MediaType,
    /// From when on it is to be accepted; for example 2030-01-01T00:00:00Z; at once where absent.
    pub effective_from: Option<Moment>,
}

/// What somebody accepts.
#[derive(Debug, InputObject)]
pub struct AcceptanceInput {
    /// Which versions: those that are in force now, one language of each kind.
    pub documents: Vec<AcceptedVersionInput>,
    /// The text that was shown beside the button, up to 10 000 octets: its hash is kept.
    pub shown_text: Option<String>,
}

/// A version that is accepted.
#[derive(Debug, InputObject)]
pub struct AcceptedVersionInput {
    /// The series: `documents.id`.
    pub document_id: DocumentKey,
    /// The version: `documents.version`, 1 or more.
    pub version: u32,
}

/// Changes of documents and contracts.
#[derive(Debug, Default)]
pub struct DocumentMutation;

#[Object]
impl DocumentMutation {
    /// Publishes a version of a document. Its bytes are kept by their SHA-256 and never change. An operator's.
    async fn document_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: DocumentPublishInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DocumentPayload> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let mut faults = Faults::new(ctx)?;
        let octets = STANDARD.decode(input.content_base64.as_bytes()).ok();
        let octets = octets.filter(|octets| (1..=DOCUMENT_OCTETS_MAX).contains(&octets.len()));
        let Some(octets) = octets else {
            faults.add(
                "contentBase64",
                "expected 1 octet to 180 KiB in base64",
                "de 1 octet à 180 Kio en base64 attendus",
            );
            return Ok(DocumentPayload(faults.refused()));
        };
        let platform = ctx.platform()?;
        let now = platform.engine.now();
        let size = octets.len() as u64;
        // Kept first: an event never names bytes that are not there.
        let kept = platform.blobs.keep(octets, now.millis()).await;
        let hash = kept.map_err(|error| ctx.failed("keeping a document", &error))?;
        let document = series(input.kind.into(), input.language.into());
        let terms = NewVersion {
            kind: input.kind.into(),
            language: input.language.into(),
            version: input.version,
            title: input.title,
            hash,
            octets: size,
            media_type: input.media_type.into(),
            effective_from: input.effective_from.map_or(now, |moment| moment.0),
        };
        let publish = PublishDocument { document, command: DocumentCommand::Publish(terms) };
        run(ctx, command(ctx, command_id), &publish, (document, input.version)).await.map(DocumentPayload)
    }

    /// Withdraws a version: it is not to be accepted any more, and those who accepted it have it for ever. An operator's.
    async fn document_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document: the series of its versions.")] document_id: DocumentKey,
        #[graphql(desc = "Which version, 1 or more.")] version: u32,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DocumentPayload> {
        let document = document_id.0;
        let withdraw = PublishDocument { document, command: DocumentCommand::Withdraw { version } };
        run(ctx, command(ctx, command_id), &withdraw, (document, version)).await.map(DocumentPayload)
    }

    /// Accepts versions of documents for a service that exists: revised ones, or those that were to follow its order. Whoever of
    /// the platform accepts in a customer's account says that the signed paper is there (`PAPER`); what the account's own people
    /// accept afterwards stands beside it.
    async fn contract_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(desc = "Which documents, in which versions.")] input: AcceptanceInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ContractPayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let mut faults = Faults::new(ctx)?;
        let Some(acceptance) = acceptance(ctx, &mut faults, (account, "input"), input)? else {
            return Ok(ContractPayload(faults.refused()));
        };
        let accept = AcceptContract { account, service, acceptance };
        run(ctx, command(ctx, command_id), &accept, (account, service)).await.map(ContractPayload)
    }
}

/// What is accepted for `account` by the argument `place`, with how and from where.
///
/// Nobody of the platform signs in a customer's place: what they accept there is on paper that they hold, and the network from
/// which they say so is not the customer's.
pub(crate) fn acceptance(
    ctx: &Context<'_>,
    faults: &mut Faults,
    (account, place): (AccountId, &str),
    input: AcceptanceInput,
) -> Result<Option<Acceptance>> {
    if input.shown_text.as_ref().is_some_and(|text| text.len() > SHOWN_TEXT_OCTETS_MAX) {
        let field = format!("{place}.shownText");
        faults.add(field, "expected at most 10 000 octets", "10 000 octets au plus attendus");
        return Ok(None);
    }
    let standing = ctx.standing()?;
    let is_platforms = standing.home == AccountId::PLATFORM && account != AccountId::PLATFORM;
    let method = match standing.session {
        _ if is_platforms => Method::Paper,
        Some(_) => Method::Page,
        None => Method::Program,
    };
    let key = &ctx.platform()?.facts.network_key;
    let network = network(ctx.caller()?.peer);
    let documents = input.documents.iter().map(|accepted| (accepted.document_id.0, accepted.version));
    Ok(Some(Acceptance {
        documents: documents.collect(),
        method,
        shown_hash: input.shown_text.map(|text| Sha256::digest(text.as_bytes()).into()),
        network_hash: (!is_platforms).then(|| *blake3::keyed_hash(key, network.as_bytes()).as_bytes()),
    }))
}

/// The network of a peer: a /24 or a /48.
fn network(peer: IpAddr) -> String {
    match peer.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}
