//! One-time links. Their secrets are derived from a key of the platform, so that no event and no table holds one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hosting::notice::{Notice, NoticeKind, NoticePerson};
use kernel::{AccountId, DelegationId, Id as _, MailboxId, NoticeId, UserId};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// The name of the key in the keyring.
pub const LINK_KEY_NAME: &str = "links of notices";
/// Octets of a secret.
const SECRET_OCTETS: usize = 32;
/// Characters of an id as it stands in a token.
const ID_OCTETS: usize = 32;

/// What a token names, once it is found to be one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// To whom the link was sent.
    pub user: UserId,
    /// In which notice.
    pub notice: NoticeId,
}

/// What the token of a mailbox's link names, once it is found to be one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedMailbox {
    /// Whose.
    pub account: AccountId,
    /// For the owner of which mailbox the link was sent.
    pub mailbox: MailboxId,
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
        let ([user, notice], secret) = parts(token.strip_prefix("hsl_")?)?;
        let named = Named { user: UserId::new(user), notice: NoticeId::new(notice) };
        shows(secret, &self.secret(named)).then_some(named)
    }

    /// The token of a notice for the owner of a mailbox: `hsm_<account><mailbox><notice>_<secret>`.
    pub fn mailbox_token(&self, named: NamedMailbox) -> String {
        let (account, mailbox) = (named.account.uuid().simple(), named.mailbox.uuid().simple());
        let (notice, secret) = (named.notice.uuid().simple(), self.mailbox_secret(named));
        format!("hsm_{account}{mailbox}{notice}_{}", URL_SAFE_NO_PAD.encode(secret))
    }

    /// What the token of a mailbox's link names; none where it is not one that we made. Whether it is still good is the
    /// notice's to say.
    pub fn read_mailbox(&self, token: &str) -> Option<NamedMailbox> {
        let ([account, mailbox, notice], secret) = parts(token.strip_prefix("hsm_")?)?;
        let named = NamedMailbox {
            account: AccountId::new(account),
            mailbox: MailboxId::new(mailbox),
            notice: NoticeId::new(notice),
        };
        shows(secret, &self.mailbox_secret(named)).then_some(named)
    }

    /// The secret of an invitation: `hsi_<delegation>_<secret>`.
    pub fn invitation(&self, delegation: DelegationId) -> String {
        let secret = self.hash(&[b"invitation", delegation.uuid().as_bytes()]);
        format!("hsi_{}_{}", delegation.uuid().simple(), URL_SAFE_NO_PAD.encode(secret))
    }

    /// The address of the link of a notice in `account`; none where it has none.
    pub fn url(&self, account: AccountId, notice: &Notice) -> Option<String> {
        notice.kind.link_life()?;
        let page = match notice.kind {
            NoticeKind::PasswordReset | NoticeKind::InitialAccess => "reset",
            NoticeKind::HeldMail => "held",
            _ => "verify",
        };
        let (page, token) = match notice.person {
            NoticePerson::User(user) => (page, self.token(Named { user, notice: notice.link_of })),
            NoticePerson::Mailbox(mailbox) => {
                (page, self.mailbox_token(NamedMailbox { account, mailbox, notice: notice.link_of }))
            }
            NoticePerson::Delegate(delegation) => ("invitation", self.invitation(delegation)),
        };
        Some(format!("{}/{page}?token={token}", self.origin))
    }

    fn secret(&self, named: Named) -> [u8; SECRET_OCTETS] {
        self.hash(&[b"notice", named.user.uuid().as_bytes(), named.notice.uuid().as_bytes()])
    }

    fn mailbox_secret(&self, named: NamedMailbox) -> [u8; SECRET_OCTETS] {
        let (account, mailbox) = (named.account.uuid(), named.mailbox.uuid());
        let (account, mailbox) = (account.as_bytes(), mailbox.as_bytes());
        self.hash(&[b"notice of a mailbox", account, mailbox, named.notice.uuid().as_bytes()])
    }

    pub(crate) fn hash(&self, parts: &[&[u8]]) -> [u8; SECRET_OCTETS] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            hasher.update(part);
        }
        *hasher.finalize().as_bytes()
    }
}

/// The ids of a token after its prefix, and its secret.
fn parts<const COUNT: usize>(token: &str) -> Option<([Uuid; COUNT], &str)> {
    let (ids, secret) = token.split_once('_')?;
    if ids.len() != ID_OCTETS * COUNT || !ids.is_ascii() {
        return None;
    }
    let mut found = [Uuid::nil(); COUNT];
    for (id, place) in found.iter_mut().zip(0..) {
        *id = Uuid::try_parse(ids.get(place * ID_OCTETS..(place + 1) * ID_OCTETS)?).ok()?;
    }
    Some((found, secret))
}

/// Whether a token shows `secret`.
fn shows(shown: &str, secret: &[u8; SECRET_OCTETS]) -> bool {
    let decoded = URL_SAFE_NO_PAD.decode(shown).ok();
    let shown: Option<[u8; SECRET_OCTETS]> = decoded.and_then(|octets| octets.try_into().ok());
    shown.is_some_and(|shown| shown.ct_eq(secret).into())
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

    #[test]
    fn a_token_of_a_mailbox_opens_no_user_and_no_other_account() {
        let links = Links::new([7; 32], "https://panel.example".to_owned());
        let id = Uuid::from_u128;
        let (account, mailbox) = (AccountId::new(id(5)), MailboxId::new(id(6)));
        let named = NamedMailbox { account, mailbox, notice: NoticeId::new(id(7)) };
        let token = links.mailbox_token(named);
        assert_eq!((links.read_mailbox(&token), links.read(&token)), (Some(named), None));
        assert_eq!(
            links.read_mailbox(&links.token(Named { user: UserId::new(id(6)), notice: named.notice })),
            None
        );
        for (from, to) in [("00000005", "00000009"), ("00000006", "00000009"), ("00000007", "00000009")] {
            assert_eq!(links.read_mailbox(&token.replacen(from, to, 1)), None);
        }
        for nonsense in ["hsm_", "hsm__", &token[..token.len() - 1]] {
            assert_eq!(links.read_mailbox(nonsense), None, "{nonsense}");
        }
    }
}
