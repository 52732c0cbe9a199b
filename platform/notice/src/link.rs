//! One-time links. Their secrets are derived from a key of the platform, so that no event and no table holds one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hosting::notice::{Notice, NoticeKind, NoticePerson};
use kernel::{DelegationId, Id as _, NoticeId, UserId};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// The name of the key in the keyring.
pub const LINK_KEY_NAME: &str = "links of notices";
/// Octets of a secret.
const SECRET_OCTETS: usize = 32;
/// Characters of two ids as they stand in a token.
const IDS_OCTETS: usize = 64;

/// What a token names, once it is found to be one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// To whom the link was sent.
    pub user: UserId,
    /// In which notice.
    pub notice: NoticeId,
}

/// Makes and reads links.
#[derive(Clone)]
pub struct Links {
    key: [u8; SECRET_OCTETS],
    origin: String,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Links {
    /// With the key of [`LINK_KEY_NAME`], below `origin`, for example `https://panel.example.com`.
    pub fn new(key: [u8; SECRET_OCTETS], origin: String) -> Self {
        Self { key, origin }
    }

    /// Where people find the panel.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The token of a notice to a user: `hsl_<user><notice>_<secret>`.
    pub fn token(&self, named: Named) -> String {
        let (user, notice) = (named.user.uuid().simple(), named.notice.uuid().simple());
        format!("hsl_{user}{notice}_{}", URL_SAFE_NO_PAD.encode(self.secret(named)))
    }

    /// What a token names; none where it is not one that we made. Whether it is still good is the notice's to say.
    pub fn read(&self, token: &str) -> Option<Named> {
        let (ids, secret) = token.strip_prefix("hsl_")?.split_once('_')?;
        if ids.len() != IDS_OCTETS || !ids.is_ascii() {
            return None;
        }
        let (user, notice) = ids.split_at(IDS_OCTETS / 2);
        let named = Named {
            user: UserId::new(Uuid::try_parse(user).ok()?),
            notice: NoticeId::new(Uuid::try_parse(notice).ok()?),
        };
        let shown: [u8; SECRET_OCTETS] = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        bool::from(shown.ct_eq(&self.secret(named))).then_some(named)
    }

    /// The secret of an invitation: `hsi_<delegation>_<secret>`.
    pub fn invitation(&self, delegation: DelegationId) -> String {
        let secret = self.hash(&[b"invitation", delegation.uuid().as_bytes()]);
        format!("hsi_{}_{}", delegation.uuid().simple(), URL_SAFE_NO_PAD.encode(secret))
    }

    /// The address of a notice's link; none where it has none.
    pub fn url(&self, notice: &Notice) -> Option<String> {
        notice.kind.link_life()?;
        let (page, token) = match notice.person {
            NoticePerson::User(user) => {
                let page = match notice.kind {
                    NoticeKind::PasswordReset | NoticeKind::InitialAccess => "reset",
                    NoticeKind::HeldMail => "held",
                    _ => "verify",
                };
                (page, self.token(Named { user, notice: notice.link_of }))
            }
            NoticePerson::Delegate(delegation) => ("invitation", self.invitation(delegation)),
            NoticePerson::Mailbox(_) => return None,
        };
        Some(format!("{}/{page}?token={token}", self.origin))
    }

    fn secret(&self, named: Named) -> [u8; SECRET_OCTETS] {
        self.hash(&[b"notice", named.user.uuid().as_bytes(), named.notice.uuid().as_bytes()])
    }

    pub(crate) fn hash(&self, parts: &[&[u8]]) -> [u8; SECRET_OCTETS] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            hasher.update(part);
        }
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(number: u128) -> Named {
        Named {
            user: UserId::new(Uuid::from_u128(number)),
            notice: NoticeId::new(Uuid::from_u128(number + 1)),
        }
    }

    #[test]
    fn a_token_is_read_back_and_no_other_is() {
        let links = Links::new([7; 32], "https://panel.example".to_owned());
        let token = links.token(named(1));
        assert_eq!(links.read(&token), Some(named(1)));
        let other = Links::new([8; 32], "https://panel.example".to_owned());
        assert_eq!(other.read(&token), None, "made under another key");
        let swapped = token.replacen("00000001", "00000009", 1);
        assert_eq!(links.read(&swapped), None, "another user's");
        for nonsense in ["", "hsl_", "hsl__", "hst_00", "hsl_\u{e9}_a", &token[..token.len() - 1]] {
            assert_eq!(links.read(nonsense), None, "{nonsense}");
        }
        assert!(!format!("{links:?}").contains('7'));
    }
}
