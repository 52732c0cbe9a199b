//! Secrets that clients hold: API tokens and refresh tokens. Only their hashes are kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{DelegationId, Id, SessionId, TokenId, WebhookId};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Octets of chance in a secret: 256 bits.
const SECRET_OCTETS: usize = 32;
/// Octets of a secret in base64url without padding.
const SECRET_TEXT_OCTETS: usize = 43;

/// Which kind of thing a presented secret belongs to, by the beginning of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// `hst_...`: an API token.
    Token(TokenId),
    /// `hsr_...`: a session's refresh token.
    Session(SessionId),
    /// `hsi_...`: an invitation to an account.
    Invitation(DelegationId),
    /// `whsec_...`: nothing here; it signs what a webhook is told.
    Webhook(WebhookId),
}

/// A secret with the id of what it opens: `hst_<id>_<secret>`, `hsr_<id>_<secret>` or
/// `hsi_<id>_<secret>`. Its `Debug` shows the id alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it opens.
    pub opens: Opens,
    octets: [u8; SECRET_OCTETS],
}

/// The machine gives no chance.
#[derive(Debug, thiserror::Error)]
#[error("the system's source of chance failed: {0}")]
pub struct NoChance(getrandom::Error);

impl Secret {
    /// A new one for `opens`.
    ///
    /// # Errors
    /// [`NoChance`].
    pub fn random(opens: Opens) -> Result<Self, NoChance> {
        let mut octets = [0; SECRET_OCTETS];
        getrandom::fill(&mut octets).map_err(NoChance)?;
        Ok(Self { opens, octets })
    }

    /// Reads the text form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('_')?;
        let (id, secret) = rest.split_once('_')?;
        if id.len() != 32 || secret.len() != SECRET_TEXT_OCTETS {
            return None;
        }
        let id = Uuid::try_parse(id).ok()?;
        let opens = match kind {
            "hst" => Opens::Token(TokenId::new(id)),
            "hsr" => Opens::Session(SessionId::new(id)),
            "hsi" => Opens::Invitation(DelegationId::new(id)),
            _ => return None,
        };
        let octets = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        Some(Self { opens, octets })
    }

    /// The text form, to be shown once.
    pub fn reveal(&self) -> String {
        let (kind, id) = match self.opens {
            Opens::Token(id) => ("hst", id.uuid()),
            Opens::Session(id) => ("hsr", id.uuid()),
            Opens::Invitation(id) => ("hsi", id.uuid()),
            Opens::Webhook(id) => ("whsec", id.uuid()),
        };
        format!("{kind}_{}_{}", id.simple(), URL_SAFE_NO_PAD.encode(self.octets))
    }

    /// What is kept of it. A fast hash is enough: the secret has 256 bits of chance and cannot be guessed.
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(&self.octets).as_bytes()
    }

    /// Whether `kept` is its hash, in constant time.
    pub fn matches(&self, kept: &[u8; 32]) -> bool {
        self.hash().ct_eq(kept).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("opens", &self.opens).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_back_and_match_their_hash_alone() {
        for opens in
            [Opens::Token(TokenId::new(Uuid::from_u128(1))), Opens::Session(SessionId::new(Uuid::max()))]
        {
            let secret = Secret::random(opens).expect("chance");
            assert_eq!(Secret::parse(&secret.reveal()), Some(secret.clone()));
            assert!(secret.matches(&secret.hash()));
            assert!(!secret.matches(&Secret::random(opens).expect("chance").hash()));
            assert!(!format!("{secret:?}").contains(&secret.reveal()[37..]));
        }
    }

    #[test]
    fn nonsense_is_no_secret() {
        for text in
            ["", "hst", "hst_", "hst__", "xyz_00000000000000000000000000000000_AAAA", "hst_\u{e9}_\u{e9}"]
        {
            assert_eq!(Secret::parse(text), None, "{text}");
        }
    }
}
