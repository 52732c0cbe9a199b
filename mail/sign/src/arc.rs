//! ARC seals (RFC 8617): what this host found when the message came, for those whom it is passed on to.

use std::fmt::Write as _;

use kernel::Timestamp;
use message::Field;

use crate::key::KeyFault;
use crate::{Prepared, Signer, canonical, fold};

/// Most sets of a chain (RFC 8617 section 4.2.1).
pub const ARC_INSTANCE_COUNT_MAX: u8 = 50;

/// Fields that a set's message signature covers; unlike with DKIM nothing is oversigned but `From`, since the next
/// host may add what it likes and seals that itself.
const SIGNED: &[&str] = &[
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "DKIM-Signature",
];

/// What the receiving side found of the chain that the message came with (`cv=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainState {
    /// There was none.
    None,
    /// All its seals and its last message signature hold.
    Pass,
    /// It does not hold.
    Fail,
}

impl ChainState {
    const fn tag(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }
}

/// Why nothing was sealed; the message is passed on all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// It has [`ARC_INSTANCE_COUNT_MAX`] sets.
    #[error("the chain is full")]
    Full,
    /// Its last seal says that it is broken: nothing is added (RFC 8617 section 5.1.1).
    #[error("the chain has ended")]
    Ended,
    /// The sets are not 1 to n, each with its three fields, or contradict what was found.
    #[error("the sets of the chain are not whole")]
    Sets,
    /// The key could not sign.
    #[error(transparent)]
    Key(#[from] KeyFault),
}

/// The three fields of the next set of `message`, with line ends, to stand before its header. `results` is the value
/// of the `Authentication-Results` field that this host gave it, without folds.
///
/// # Errors
/// [`SealFault`].
pub fn seal(
    sealer: &Signer,
    message: &Prepared<'_>,
    results: &str,
    chain: ChainState,
    now: Timestamp,
) -> Result<String, SealFault> {
    let sets = sets(message.fields())?;
    let is_first = sets.is_empty();
    if is_first != (chain == ChainState::None) {
        return Err(SealFault::Sets);
    }
    if sets.last().is_some_and(|last| has_failed(last[2].value)) {
        return Err(SealFault::Ended);
    }
    let instance = u8::try_from(sets.len() + 1).unwrap_or(u8::MAX);
    if instance > ARC_INSTANCE_COUNT_MAX {
        return Err(SealFault::Full);
    }
    let at = now.millis().div_euclid(1000);
    let authentication = authentication(instance, results);
    let signature = message_signature(sealer, message, instance, at)?;
    let mut forms = Vec::new();
    // A broken chain is sealed alone: its other sets say nothing (RFC 8617 section 5.1.2).
    if chain != ChainState::Fail {
        for field in sets.iter().flatten() {
            canonical::field(field.name, field.value, &mut forms);
            forms.extend_from_slice(b"\r\n");
        }
    }
    canonical::field("ARC-Authentication-Results", authentication.as_bytes(), &mut forms);
    forms.extend_from_slice(b"\r\n");
    canonical::field("ARC-Message-Signature", signature.as_bytes(), &mut forms);
    forms.extend_from_slice(b"\r\n");
    let mut seal = String::new();
    let _ = write!(
        seal,
        " i={instance}; a={}; cv={};\r\n\td={}; s={}; t={at};\r\n\tb=",
        sealer.key.algorithm().tag(),
        chain.tag(),
        sealer.domain,
        sealer.selector,
    );
    canonical::field("ARC-Seal", seal.as_bytes(), &mut forms);
    fold::base64(&sealer.key.sign(&forms)?, &mut seal);
    Ok(format!(
        "ARC-Seal:{seal}\r\nARC-Message-Signature:{signature}\r\nARC-Authentication-Results:{authentication}\r\n"
    ))
}

fn authentication(instance: u8, results: &str) -> String {
    let mut value = format!(" i={instance}; ");
    fold::words(results.split_ascii_whitespace(), ' ', &mut value);
    value
}

fn message_signature(
    sealer: &Signer,
    message: &Prepared<'_>,
    instance: u8,
    at: i64,
) -> Result<String, KeyFault> {
    let (names, mut forms) = message.select(&["From"], SIGNED);
    let mut value = String::with_capacity(1024);
    let _ = write!(
        value,
        " i={instance}; a={}; c=relaxed/relaxed;\r\n\td={}; s={}; t={at};\r\n\th=",
        sealer.key.algorithm().tag(),
        sealer.domain,
        sealer.selector,
    );
    fold::words(names, ':', &mut value);
    let _ = write!(value, ";\r\n\tbh={};\r\n\tb=", message.body_hash());
    canonical::field("ARC-Message-Signature", value.as_bytes(), &mut forms);
    fold::base64(&sealer.key.sign(&forms)?, &mut value);
    Ok(value)
}

/// The fields of a set in the order in which a seal covers them (RFC 8617 section 5.1.1).
type Set<'a> = [Field<'a>; 3];

const SET: [&str; 3] = ["ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"];

/// The sets of a chain by instance, from 1.
fn sets<'a>(fields: &[Field<'a>]) -> Result<Vec<Set<'a>>, SealFault> {
    let mut found: Vec<[Option<Field<'a>>; 3]> = Vec::new();
    for field in fields {
        let Some(part) = SET.iter().position(|name| field.is(name)) else { continue };
        let instance = instance(field.value).ok_or(SealFault::Sets)?;
        if instance > ARC_INSTANCE_COUNT_MAX {
            return Err(SealFault::Full);
        }
        let index = usize::from(instance) - 1;
        if found.len() <= index {
            found.resize(index + 1, [None; 3]);
        }
        if found[index][part].replace(*field).is_some() {
            return Err(SealFault::Sets);
        }
    }
    found
        .into_iter()
        .map(|set| match set {
            [Some(results), Some(signature), Some(seal)] => Ok([results, signature, seal]),
            _ => Err(SealFault::Sets),
        })
        .collect()
}

/// The value of a tag, where the field has it.
fn tag<'a>(value: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    value.split(|octet| *octet == b';').find_map(|tag| {
        let equals = tag.iter().position(|octet| *octet == b'=')?;
        (tag[..equals].trim_ascii() == name).then(|| tag[equals + 1..].trim_ascii())
    })
}

fn instance(value: &[u8]) -> Option<u8> {
    let instance: u8 = std::str::from_utf8(tag(value, b"i")?).ok()?.parse().ok()?;
    (instance > 0).then_some(instance)
}

fn has_failed(seal: &[u8]) -> bool {
    tag(seal, b"cv").is_some_and(|state| state.eq_ignore_ascii_case(b"fail"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;
    use crate::key::{Algorithm, generate};

    const MESSAGE: &[u8] = b"From: a@x.example\r\nSubject: s\r\n\r\nbody\r\n";

    fn sealer() -> Signer {
        let made = generate(Algorithm::Ed25519).expect("a key");
        Signer {
            domain: kernel::DomainName::parse("host.example").expect("a domain"),
            selector: "arc".to_owned(),
            key: SigningKey::from_pkcs8(Algorithm::Ed25519, &made).expect("a key"),
            lifetime: None,
        }
    }

    fn sealed(message: &[u8], chain: ChainState) -> Result<Vec<u8>, SealFault> {
        let results = "host.example; spf=pass smtp.mailfrom=a@x.example";
        let fields = seal(&sealer(), &Prepared::new(message), results, chain, Timestamp::from_secs(1_000))?;
        Ok([fields.as_bytes(), message].concat())
    }

    #[test]
    fn a_chain_grows_by_one_set_at_each_host() {
        let first = sealed(MESSAGE, ChainState::None).expect("a seal");
        let second = sealed(&first, ChainState::Pass).expect("a seal");
        let text = String::from_utf8_lossy(&second);
        assert!(text.starts_with("ARC-Seal: i=2; a=ed25519-sha256; cv=pass;"), "{text}");
        assert_eq!(text.matches("ARC-Seal:").count(), 2);
    }

    #[test]
    fn a_chain_that_ended_full_or_torn_is_not_sealed() {
        assert_eq!(sealed(MESSAGE, ChainState::Pass), Err(SealFault::Sets));
        let first = sealed(MESSAGE, ChainState::None).expect("a seal");
        assert_eq!(sealed(&first, ChainState::None), Err(SealFault::Sets));
        let failed = sealed(&first, ChainState::Fail).expect("a seal");
        assert_eq!(sealed(&failed, ChainState::Fail), Err(SealFault::Ended));
        let torn = [b"ARC-Seal: i=1; cv=none\r\n", MESSAGE].concat();
        assert_eq!(sealed(&torn, ChainState::Pass), Err(SealFault::Sets));
        let far = [b"ARC-Seal: i=51; cv=none\r\n", MESSAGE].concat();
        assert_eq!(sealed(&far, ChainState::Pass), Err(SealFault::Full));
    }
}
