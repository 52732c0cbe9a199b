//! Authenticated Received Chain (RFC 8617): what those who passed a message on saw when it came to them.
//!
//! One weak input: it says something only where those who sealed it are trusted.

use ::message::Field;
use resolver::{Dns, Name};

use crate::dkim::{
    Algorithm, Checked, DkimResult, Form, Message, Signature, check_parts, check_signed, put_field, put_last,
};
use crate::tag::{Tags, base64, without_blanks};

/// Sets of one chain (RFC 8617 section 4.2.1).
pub const SET_COUNT_MAX: usize = 50;

/// The state of a chain (RFC 8617 section 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArcResult {
    /// There is no chain.
    None,
    /// Every seal holds, and the message is as the last one who sealed it passed it on.
    Pass,
    /// It does not hold.
    Fail,
    /// DNS did not answer: later it may be otherwise.
    Temperror,
}

impl ArcResult {
    /// The word of RFC 8617 section 4.4, and `temperror`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Temperror => "temperror",
        }
    }
}

/// What a chain says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arc {
    /// Its state.
    pub result: ArcResult,
    /// Why it does not hold; empty where it does.
    pub reason: String,
    /// Who sealed it, the last first, with what each saw. Empty where it does not hold.
    pub seals: Vec<Seal>,
}

/// One set of a chain that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Who sealed it.
    pub domain: Name,
    /// The value of its ARC-Authentication-Results.
    pub results: String,
}

impl Arc {
    /// The sealer whose word counts that the message once passed DMARC: everybody after it is in `trusted` as well.
    pub fn vouched_by(&self, trusted: &[Name]) -> Option<&Name> {
        let seals = self.seals.iter().take_while(|seal| trusted.contains(&seal.domain));
        seals.into_iter().find(|seal| says_dmarc_pass(&seal.results)).map(|seal| &seal.domain)
    }

    fn new(result: ArcResult, reason: impl Into<String>) -> Self {
        Self { result, reason: reason.into(), seals: Vec::new() }
    }
}

/// Whether a value of Authentication-Results has `dmarc=pass` among its results.
fn says_dmarc_pass(results: &str) -> bool {
    crate::results::without_comments(results).split(';').any(|result| {
        let mut words = result.split_ascii_whitespace();
        words.next().is_some_and(|word| word.eq_ignore_ascii_case("dmarc=pass"))
    })
}

/// The sets of a message, in order of their instances.
#[derive(Debug)]
pub struct Chain<'m> {
    sets: Vec<Set<'m>>,
}

#[derive(Debug)]
struct Set<'m> {
    results: &'m Field<'m>,
    signature: &'m Field<'m>,
    seal: &'m Field<'m>,
    parsed: ParsedSeal,
}

#[derive(Debug)]
struct ParsedSeal {
    algorithm: Algorithm,
    signature: Vec<u8>,
    status: String,
    domain: Name,
    selector: Name,
}

/// The state of the chain of a message.
pub async fn verify(dns: &dyn Dns, message: &Message<'_>) -> Arc {
    let chain = match Chain::read(message) {
        Ok(chain) => chain,
        Err(reason) => return Arc::new(ArcResult::Fail, reason),
    };
    let Some(last) = chain.sets.last() else { return Arc::new(ArcResult::None, "") };
    if last.parsed.status == "fail" {
        return Arc::new(ArcResult::Fail, "the last one who sealed it says that it does not hold");
    }
    for (index, set) in chain.sets.iter().enumerate() {
        let expected = if index == 0 { "none" } else { "pass" };
        if set.parsed.status != expected {
            return Arc::new(ArcResult::Fail, format!("instance {} has a wrong cv", index + 1));
        }
    }
    let signed = match Signature::read_arc(last.signature) {
        Ok(signature) => check_parts(dns, message, last.signature, &signature).await,
        Err(fault) => return Arc::new(ArcResult::Fail, format!("the message signature: {fault}")),
    };
    if let Some(arc) = refused("the message signature", &signed) {
        return arc;
    }
    for index in (0..chain.sets.len()).rev() {
        let checked = chain.check_seal(dns, message, index).await;
        if let Some(arc) = refused(&format!("the seal of instance {}", index + 1), &checked) {
            return arc;
        }
    }
    let told = |set: &Set<'_>| Seal { domain: set.parsed.domain.clone(), results: set.results.text() };
    Arc { seals: chain.sets.iter().rev().map(told).collect(), ..Arc::new(ArcResult::Pass, "") }
}

fn refused(what: &str, checked: &Checked) -> Option<Arc> {
    match checked.result {
        DkimResult::Pass => None,
        DkimResult::Temperror => Some(Arc::new(ArcResult::Temperror, format!("{what}: {}", checked.reason))),
        DkimResult::Fail | DkimResult::Permerror | DkimResult::Policy => {
            Some(Arc::new(ArcResult::Fail, format!("{what}: {}", checked.reason)))
        }
    }
}

impl<'m> Chain<'m> {
    /// Finds the sets of a message.
    ///
    /// # Errors
    /// Why they make no chain (RFC 8617 section 5.2): doubled or missing fields, gaps, too many, seals that cannot be read.
    pub fn read(message: &'m Message<'_>) -> Result<Self, String> {
        let all = |name| message.fields().iter().filter(move |field| field.is(name));
        let (results, signatures, seals) =
            (all("ARC-Authentication-Results"), all("ARC-Message-Signature"), all("ARC-Seal"));
        let mut kinds = Vec::new();
        for found in [results.collect::<Vec<_>>(), signatures.collect(), seals.collect()] {
            if found.len() > SET_COUNT_MAX {
                return Err("the chain is too long".to_owned());
            }
            let mut placed: Vec<Option<&'m Field<'m>>> = vec![None; found.len()];
            for field in found {
                let instance = instance(field).ok_or("an instance is missing or wrong")?;
                let place = placed.get_mut(instance - 1).ok_or("the chain has a gap")?;
                if place.replace(field).is_some() {
                    return Err(format!("instance {instance} stands twice"));
                }
            }
            kinds.push(placed.into_iter().flatten().collect::<Vec<_>>());
        }
        let [results, signatures, seals] = kinds.as_slice() else { return Err(String::new()) };
        if results.len() != seals.len() || signatures.len() != seals.len() {
            return Err("the sets are not whole".to_owned());
        }
        let mut sets = Vec::with_capacity(seals.len());
        for ((results, signature), seal) in results.iter().zip(signatures).zip(seals) {
            let parsed =
                ParsedSeal::read(seal).map_err(|tag| format!("a seal's tag {tag} is missing or wrong"))?;
            sets.push(Set { results, signature, seal, parsed });
        }
        Ok(Self { sets })
    }

    /// Whether the seal at `index` holds: over every set up to its own (RFC 8617 section 5.1.1).
    async fn check_seal(&self, dns: &dyn Dns, message: &Message<'_>, index: usize) -> Checked {
        let mut signed = Vec::new();
        for (at, set) in self.sets[..=index].iter().enumerate() {
            put_field(Form::Relaxed, message.raw(set.results), &mut signed);
            put_field(Form::Relaxed, message.raw(set.signature), &mut signed);
            if at < index {
                put_field(Form::Relaxed, message.raw(set.seal), &mut signed);
            } else {
                put_last(Form::Relaxed, message.raw(set.seal), &mut signed);
            }
        }
        let seal = &self.sets[index].parsed;
        check_signed(dns, (&seal.selector, &seal.domain), seal.algorithm, (&signed, &seal.signature)).await
    }
}

impl ParsedSeal {
    fn read(field: &Field<'_>) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(field.value).map_err(|_| "a")?;
        let tags = Tags::parse(text).ok_or("i")?;
        let tag = |name| tags.get(name).filter(|value| !value.is_empty()).ok_or(name);
        // What is signed is not to be chosen (RFC 8617 section 4.1.3).
        if tags.get("h").is_some() || tags.get("bh").is_some() {
            return Err("h");
        }
        Ok(Self {
            algorithm: Algorithm::parse(tag("a")?).ok_or("a")?,
            signature: base64(tag("b")?).ok_or("b")?,
            status: tag("cv")?.to_ascii_lowercase(),
            domain: crate::domain(&without_blanks(tag("d")?)).ok_or("d")?,
            selector: Name::parse(&without_blanks(tag("s")?)).map_err(|_| "s")?,
        })
    }
}

/// The number of a field: a tag of the signing fields, the first word of the results.
fn instance(field: &Field<'_>) -> Option<usize> {
    let text = std::str::from_utf8(field.value).ok()?;
    let digits = if field.is("ARC-Authentication-Results") {
        let (first, _) = text.split_once(';')?;
        let (name, number) = first.split_once('=')?;
        (name.trim_ascii() == "i").then(|| number.trim_ascii())?
    } else {
        Tags::parse(text)?.get("i")?
    };
    let number =
        digits.parse::<usize>().ok().filter(|_| digits.bytes().all(|octet| octet.is_ascii_digit()))?;
    (1..=SET_COUNT_MAX).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_chain_fails_and_nothing_is_none() {
        let zone = resolver::Zone::new();
        let state = async |text: &str| {
            let octets = text.replace('\n', "\r\n");
            let arc = verify(&zone, &Message::new(octets.as_bytes())).await;
            (arc.result, arc.reason)
        };
        let fail = |reason: &str| (ArcResult::Fail, reason.to_owned());
        assert_eq!(state("From: a@b.example\n\n").await, (ArcResult::None, String::new()));
        for (text, reason) in [
            ("ARC-Seal: i=1; a=rsa-sha256; b=AA; cv=none; d=a.b; s=s\n\n", "the sets are not whole"),
            ("ARC-Seal: i=2; a=rsa-sha256; b=AA; cv=none; d=a.b; s=s\n\n", "the chain has a gap"),
            ("ARC-Seal: i=x\n\n", "an instance is missing or wrong"),
            ("ARC-Seal: i=1\nARC-Seal: i=1\n\n", "instance 1 stands twice"),
            (
                "ARC-Authentication-Results: i=1; a.b\nARC-Message-Signature: i=1\nARC-Seal: i=1; h=x\n\n",
                "a seal's tag h is missing or wrong",
            ),
        ] {
            assert_eq!(state(text).await, fail(reason), "{text}");
        }
    }

    #[test]
    fn a_word_counts_where_everybody_after_it_is_trusted() {
        let name = |text: &str| Name::parse(text).expect("a name");
        let seal = |domain: &str, results: &str| Seal { domain: name(domain), results: results.to_owned() };
        let arc = Arc {
            seals: vec![
                seal("last.example", "i=2; last.example; dmarc=fail header.from=x.example"),
                seal(
                    "first.example",
                    "i=1; first.example; spf=pass; DMARC=pass (p=none) header.from=x.example",
                ),
            ],
            ..Arc::new(ArcResult::Pass, "")
        };
        assert_eq!(
            arc.vouched_by(&[name("last.example"), name("first.example")]),
            Some(&name("first.example"))
        );
        assert_eq!(arc.vouched_by(&[name("first.example")]), None, "the last one could have made it up");
        assert_eq!(arc.vouched_by(&[]), None);
        assert!(!says_dmarc_pass("i=1; x; spf=fail (dmarc=pass; dmarc=pass)"));
    }
}
