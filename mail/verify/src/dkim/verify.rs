//! Verification (RFC 6376 section 6).

use ::message::Field;
use futures_util::future::join_all;
use resolver::{Dns, Kind, Name, Record};

use super::canonical::{Form, put_field};
use super::{Algorithm, Dkim, DkimResult, Key, KeyFault, Message, Signature};

/// What came of one field.
pub(crate) struct Checked {
    pub(crate) result: DkimResult,
    pub(crate) reason: String,
    pub(crate) key: Option<Key>,
}

impl Checked {
    fn new(result: DkimResult, reason: impl Into<String>) -> Self {
        Self { result, reason: reason.into(), key: None }
    }
}

/// What every signature of a message says, from the top, ten at most; their keys are asked for at once, so that a key that
/// does not come holds up no other. `now_secs`: seconds since 1970.
pub async fn verify(dns: &dyn Dns, message: &Message<'_>, now_secs: u64) -> Vec<Dkim> {
    let each = message.signatures().map(async |field| match Signature::parse(field) {
        Ok(signature) => one(dns, message, field, &signature, now_secs).await,
        Err(fault) => Dkim {
            result: DkimResult::Permerror,
            reason: fault.to_string(),
            domain: None,
            selector: None,
            algorithm: None,
            short: String::new(),
            key_bits: None,
            is_testing: false,
        },
    });
    join_all(each).await
}

async fn one(
    dns: &dyn Dns,
    message: &Message<'_>,
    field: &Field<'_>,
    signature: &Signature,
    now_secs: u64,
) -> Dkim {
    let checked = match signature.expires_secs {
        Some(expires) if expires < now_secs => Checked::new(DkimResult::Fail, "the signature's time is over"),
        _ => check_parts(dns, message, field, signature).await,
    };
    Dkim {
        result: checked.result,
        reason: checked.reason,
        domain: Some(signature.domain.clone()),
        selector: Some(signature.selector.clone()),
        algorithm: Some(signature.algorithm.word()),
        short: signature.short.clone(),
        key_bits: checked.key.as_ref().map(Key::bits),
        is_testing: checked.key.is_some_and(|key| key.is_testing),
    }
}

/// Body, key and header, in this order: the body costs no question.
pub(crate) async fn check_parts(
    dns: &dyn Dns,
    message: &Message<'_>,
    field: &Field<'_>,
    signature: &Signature,
) -> Checked {
    let (hash, length) = message.body_hash(signature.body_form);
    match signature.body_length {
        Some(signed) if signed > *length => {
            return Checked::new(DkimResult::Fail, "the body is shorter than what was signed");
        }
        // Anybody could have added what is not signed (RFC 6376 section 8.2): what is before it does not matter.
        Some(signed) if signed < *length => {
            return Checked::new(DkimResult::Policy, "part of the body is not signed");
        }
        _ => {}
    }
    if *hash != signature.body_hash {
        return Checked::new(DkimResult::Fail, "the body was changed");
    }
    let key = match key(dns, &signature.selector, &signature.domain).await {
        Ok(key) => key,
        Err(checked) => return checked,
    };
    if !key.fits(signature.algorithm) {
        return Checked::new(DkimResult::Permerror, "the key is for another algorithm");
    }
    if key.is_strict && signature.identity.as_ref().is_some_and(|identity| *identity != signature.domain) {
        return Checked::new(DkimResult::Permerror, "the key is for the domain itself only");
    }
    let (result, reason) = if !key.has_signed(&signed_header(message, field, signature), &signature.signature)
    {
        (DkimResult::Fail, "the header was changed, or another key signed it")
    } else {
        (DkimResult::Pass, "")
    };
    Checked { key: Some(key), ..Checked::new(result, reason) }
}

/// Whether the owner of a key signed something that is not a message: a seal (RFC 8617 section 5.1.1).
pub(crate) async fn check_signed(
    dns: &dyn Dns,
    (selector, domain): (&Name, &Name),
    algorithm: Algorithm,
    (signed, signature): (&[u8], &[u8]),
) -> Checked {
    let key = match key(dns, selector, domain).await {
        Ok(key) => key,
        Err(checked) => return checked,
    };
    if !key.fits(algorithm) {
        return Checked::new(DkimResult::Permerror, "the key is for another algorithm");
    }
    match key.has_signed(signed, signature) {
        true => Checked::new(DkimResult::Pass, ""),
        false => Checked::new(DkimResult::Fail, "something was changed, or another key sealed it"),
    }
}

/// The key of a selector.
async fn key(dns: &dyn Dns, selector: &Name, domain: &Name) -> Result<Key, Checked> {
    let permanent = |reason: &str| Checked::new(DkimResult::Permerror, reason);
    let name = Name::parse(&format!("{selector}._domainkey.{domain}"));
    let name = name.map_err(|_| permanent("the name of the key is too long"))?;
    let records = match dns.ask(&name, Kind::Txt).await {
        Ok(answer) => answer.records,
        Err(error) if error.is_absence() => return Err(permanent("there is no key")),
        Err(error) => return Err(Checked::new(DkimResult::Temperror, error.to_string())),
    };
    let mut fault = KeyFault::Syntax;
    // Which of several counts is not defined (RFC 6376 section 3.6.2.2): the first that is a key.
    for record in &records {
        let Record::Txt(octets) = record else { continue };
        match Key::parse(octets) {
            Ok(key) => return Ok(key),
            Err(found) => fault = found,
        }
    }
    Err(permanent(&fault.to_string()))
}

/// The fields that were signed, each name taken from the bottom up, and the signature without itself.
fn signed_header(message: &Message<'_>, field: &Field<'_>, signature: &Signature) -> Vec<u8> {
    let mut signed = Vec::new();
    let mut taken = vec![false; message.fields().len()];
    for name in &signature.signed_names {
        let found =
            message.fields().iter().enumerate().rev().find(|(index, field)| !taken[*index] && field.is(name));
        if let Some((index, field)) = found {
            taken[index] = true;
            put_field(signature.header_form, message.raw(field), &mut signed);
        }
    }
    put_last(signature.header_form, message.raw(field), &mut signed);
    signed
}

/// A signing field with an empty `b=`, without the line end behind it (RFC 6376 section 3.7).
pub(crate) fn put_last(form: Form, raw: &[u8], out: &mut Vec<u8>) {
    put_field(form, &without_signature(raw), out);
    if out.ends_with(b"\r\n") {
        out.truncate(out.len() - 2);
    }
}

/// A field with the value of its `b` tag taken out.
fn without_signature(raw: &[u8]) -> Vec<u8> {
    let colon = raw.iter().position(|octet| *octet == b':').map_or(0, |at| at + 1);
    let mut start = colon;
    for tag in raw[colon..].split(|octet| *octet == b';') {
        let end = start + tag.len();
        if let Some(equals) = tag.iter().position(|octet| *octet == b'=')
            && tag[..equals].trim_ascii() == b"b"
        {
            // What follows the last tag is the line end of the field, and stays.
            let kept = if end == raw.len() { raw.len() - line_end_length(raw) } else { end };
            return [&raw[..=start + equals], &raw[kept..]].concat();
        }
        start = end + 1;
    }
    raw.to_vec()
}

fn line_end_length(raw: &[u8]) -> usize {
    match raw {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_taken_out_of_itself_and_nothing_else_is() {
        for (raw, without) in [
            ("D: a=1; b=xyz; bh=q\r\n", "D: a=1; b=; bh=q\r\n"),
            ("D: bh=q; b = x\r\n y\r\n", "D: bh=q; b =\r\n"),
            ("D: b=x=\r\n", "D: b=\r\n"),
            ("D: bh=b\r\n", "D: bh=b\r\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&without_signature(raw.as_bytes())), without);
        }
    }

    /// The example of RFC 8463 appendix A: one message, two signatures, two keys.
    #[tokio::test]
    async fn the_example_of_rfc_8463_passes_twice() {
        let (zone, message) = example();
        let message = Message::new(message.as_bytes());
        let results = verify(&zone, &message, 1_528_637_909).await;
        let seen: Vec<_> =
            results.iter().map(|dkim| (dkim.result, dkim.algorithm, dkim.reason.as_str())).collect();
        assert_eq!(
            seen,
            [(DkimResult::Pass, Some("ed25519-sha256"), ""), (DkimResult::Pass, Some("rsa-sha256"), ""),]
        );
    }

    #[tokio::test]
    async fn any_change_of_what_was_signed_is_seen() {
        let (zone, text) = example();
        for (old, new, reason) in [
            ("Hi.", "Hi!", "the body was changed"),
            ("Is dinner ready?", "Is lunch ready?", "the header was changed, or another key signed it"),
            ("Joe SixPack", "Joe Sixpack", "the header was changed, or another key signed it"),
        ] {
            let changed = text.replace(old, new);
            let message = Message::new(changed.as_bytes());
            for dkim in verify(&zone, &message, 1_528_637_909).await {
                assert_eq!((dkim.result, dkim.reason.as_str()), (DkimResult::Fail, reason));
            }
        }
    }

    fn example() -> (resolver::Zone, String) {
        let zone = resolver::Zone::parse(
            "brisbane._domainkey.football.example.com. TXT \"v=DKIM1; k=ed25519; \" \
             \"p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n\
             test._domainkey.football.example.com. TXT \"v=DKIM1; k=rsa; \" \
             \"p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3id\" \
             \"Y6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/B\" \
             \"C/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip\" \
             \"3G+2kryOTIKT+l/K4w3QIDAQAB\"\n",
        )
        .expect("a zone");
        let message = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n \
             d=football.example.com; i=@football.example.com;\n \
             q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n \
             subject : date : message-id : from : subject : date;\n \
             bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n \
             b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n \
             Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n\
             DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n \
             d=football.example.com; i=@football.example.com;\n \
             q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n \
             date : message-id : from : subject : date;\n \
             bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n \
             b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n \
             DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n \
             dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n\
             From: Joe SixPack <joe@football.example.com>\n\
             To: Suzie Q <suzie@shopping.example.net>\n\
             Subject: Is dinner ready?\n\
             Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n\
             Message-ID: <20030712040037.46341.5F8J@football.example.com>\n\
             \n\
             Hi.\n\
             \n\
             We lost the game.  Are you hungry yet?\n\
             \n\
             Joe.\n";
        (zone, message.replace('\n', "\r\n"))
    }
}
