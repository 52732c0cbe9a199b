//! Senders of forwarded mail, rewritten so that the next host's SPF finds us, and bounces find their way back (SRS).
//!
//! `SRS0=HHHHHH=TT=domain=local@ours`; where the sender is rewritten already, `SRS1=HHHHHH=first==...@ours`. `H` is an
//! HMAC, `T` the day. Without the key nobody makes an address that leads anywhere.

use kernel::{AddressFault, DomainName, EmailAddress, LocalPart, Timestamp};
use ring::hmac::{HMAC_SHA256, Key, sign};
use subtle::ConstantTimeEq as _;

/// Days for which a rewritten address leads back.
pub const SRS_AGE_DAYS_MAX: u16 = 21;

/// Characters of the HMAC, five bits each: a guess leads somewhere once in a thousand million.
const HASH_CHARACTER_COUNT: usize = 6;
/// Days after which the two characters of a day begin anew.
const DAY_COUNT: i64 = 1024;
/// Days that another node's clock may be ahead.
const SKEW_DAYS_MAX: u16 = 1;
const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DAY_MILLIS: i64 = 86_400_000;

/// Why an address is not rewritten, or leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SrsFault {
    /// The rewritten local part would be longer than 64 octets (RFC 5321 section 4.5.3.1.1).
    #[error("the rewritten address would be too long")]
    TooLong,
    /// It is none of ours, or distorted.
    #[error("this is no address that was made here")]
    Form,
    /// The HMAC is another: somebody made it up.
    #[error("this address was not made here")]
    Forged,
    /// It is older than [`SRS_AGE_DAYS_MAX`].
    #[error("this address is too old")]
    Expired,
}

/// Rewrites senders and reads them back.
#[derive(Clone)]
pub struct Srs {
    key: Key,
    domain: DomainName,
}

impl Srs {
    /// By a secret of the platform, at a domain of it.
    pub fn new(secret: &[u8; 32], domain: DomainName) -> Self {
        Self { key: Key::new(HMAC_SHA256, secret), domain }
    }

    /// Whether an address has a form that is made here; it may still be forged or old.
    pub fn is_ours(&self, address: &EmailAddress) -> bool {
        address.domain == self.domain && scheme(address.local.as_str()).is_some()
    }

    /// The sender to forward mail of `sender` with.
    ///
    /// # Errors
    /// [`SrsFault::TooLong`]: then it goes out with the null sender, and nobody learns of a bounce.
    pub fn forward(&self, sender: &EmailAddress, now: Timestamp) -> Result<EmailAddress, SrsFault> {
        if self.is_ours(sender) {
            return Ok(sender.clone());
        }
        let local = sender.local.as_str();
        let (scheme, body) = match scheme(local) {
            // The first host finds the sender, whoever is between; only it knows its own key and day.
            Some((Scheme::First, rest)) => ("SRS1", format!("{}={}{rest}", sender.domain, &local[4..5])),
            Some((Scheme::Further, rest)) => {
                ("SRS1", rest.split_once('=').ok_or(SrsFault::Form)?.1.to_owned())
            }
            None => ("SRS0", format!("{}={}={local}", day_text(day(now)), sender.domain)),
        };
        let text = format!("{scheme}={}={body}", self.hash(&body));
        // Parsed as plain text: what needed quotes before needs them again.
        let local = LocalPart::parse(&quoted(&text)).map_err(|fault| match fault {
            AddressFault::LocalPartTooLong => SrsFault::TooLong,
            _ => SrsFault::Form,
        })?;
        Ok(EmailAddress::new(local, self.domain.clone()))
    }

    /// The address that a bounce to `address` goes on to.
    ///
    /// # Errors
    /// [`SrsFault`]; nothing is to be accepted for the address then.
    pub fn reverse(&self, address: &EmailAddress, now: Timestamp) -> Result<EmailAddress, SrsFault> {
        if address.domain != self.domain {
            return Err(SrsFault::Form);
        }
        let (scheme, rest) = scheme(address.local.as_str()).ok_or(SrsFault::Form)?;
        let (hash, body) = rest.split_once('=').ok_or(SrsFault::Form)?;
        let right = self.hash(body);
        if !bool::from(hash.to_ascii_uppercase().as_bytes().ct_eq(right.as_bytes())) {
            return Err(SrsFault::Forged);
        }
        match scheme {
            Scheme::First => {
                let (stamp, body) = body.split_once('=').ok_or(SrsFault::Form)?;
                let age = day(now).wrapping_sub(day_of(stamp).ok_or(SrsFault::Form)?) % 1024;
                if age > SRS_AGE_DAYS_MAX && age < 1024 - SKEW_DAYS_MAX {
                    return Err(SrsFault::Expired);
                }
                let (domain, local) = body.split_once('=').ok_or(SrsFault::Form)?;
                joined(local, domain)
            }
            Scheme::Further => {
                let (first, rest) = body.split_once('=').ok_or(SrsFault::Form)?;
                joined(&format!("SRS0{rest}"), first)
            }
        }
    }

    /// Over lower case: hosts on the way may lower a local part.
    fn hash(&self, body: &str) -> String {
        let tag = sign(&self.key, body.to_lowercase().as_bytes());
        let digit = |octet: &u8| char::from(DIGITS[usize::from(octet & 31)]);
        tag.as_ref().iter().take(HASH_CHARACTER_COUNT).map(digit).collect()
    }
}

#[derive(Clone, Copy)]
enum Scheme {
    /// `SRS0`: the sender itself is in it.
    First,
    /// `SRS1`: the first host's address is in it.
    Further,
}

/// The scheme of a local part and what follows its separator (`=`, by others also `+` or `-`).
fn scheme(local: &str) -> Option<(Scheme, &str)> {
    let (word, rest) = local.split_at_checked(4)?;
    let scheme = if word.eq_ignore_ascii_case("SRS0") {
        Scheme::First
    } else if word.eq_ignore_ascii_case("SRS1") {
        Scheme::Further
    } else {
        return None;
    };
    rest.strip_prefix(['=', '+', '-']).map(|rest| (scheme, rest))
}

fn joined(local: &str, domain: &str) -> Result<EmailAddress, SrsFault> {
    let local = LocalPart::parse(&quoted(local)).map_err(|_| SrsFault::Form)?;
    Ok(EmailAddress::new(local, DomainName::parse(domain).map_err(|_| SrsFault::Form)?))
}

/// A plain text as a quoted string (RFC 5321 section 4.1.2), which any local part can be written as.
fn quoted(plain: &str) -> String {
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The day, in a circle of [`DAY_COUNT`].
fn day(now: Timestamp) -> u16 {
    u16::try_from(now.millis().div_euclid(DAY_MILLIS).rem_euclid(DAY_COUNT)).unwrap_or(0)
}

fn day_text(day: u16) -> String {
    [day >> 5 & 31, day & 31].iter().map(|digit| char::from(DIGITS[usize::from(*digit)])).collect()
}

fn day_of(text: &str) -> Option<u16> {
    let [high, low] = text.as_bytes() else { return None };
    let digit = |octet: &u8| {
        let place = DIGITS.iter().position(|digit| *digit == octet.to_ascii_uppercase())?;
        u16::try_from(place).ok()
    };
    Some(digit(high)? << 5 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("an address")
    }

    fn srs(host: &str, secret: u8) -> Srs {
        Srs::new(&[secret; 32], DomainName::parse(host).expect("a domain"))
    }

    fn days(count: i64) -> Timestamp {
        Timestamp::from_millis(count * DAY_MILLIS)
    }

    #[test]
    fn a_rewritten_sender_leads_back_for_three_weeks() {
        let (ours, sender) = (srs("fwd.example", 1), address("Alice@Origin.example"));
        let rewritten = ours.forward(&sender, days(20_000)).expect("an address");
        assert!(ours.is_ours(&rewritten));
        assert_eq!(ours.reverse(&rewritten, days(20_021)), Ok(sender.clone()));
        assert_eq!(ours.reverse(&rewritten, days(20_022)), Err(SrsFault::Expired));
        // Another node's clock may be a little behind ours.
        assert_eq!(ours.reverse(&rewritten, days(19_999)), Ok(sender.clone()));
        assert_eq!(ours.reverse(&rewritten, days(19_998)), Err(SrsFault::Expired));
        let lowered = address(&rewritten.to_string().to_lowercase());
        assert_eq!(ours.reverse(&lowered, days(20_000)).map(|back| back.canonical()), Ok(sender.canonical()));
    }

    #[test]
    fn nobody_makes_an_address_that_leads_anywhere() {
        let ours = srs("fwd.example", 1);
        let foreign = srs("fwd.example", 2).forward(&address("a@x.example"), days(9)).expect("an address");
        assert_eq!(ours.reverse(&foreign, days(9)), Err(SrsFault::Forged));
        let own = ours.forward(&address("a@x.example"), days(9)).expect("an address").to_string();
        let turned = address(&own.replace("=a@", "=b@"));
        assert_eq!(ours.reverse(&turned, days(9)), Err(SrsFault::Forged));
        for text in
            ["SRS0=@fwd.example", "SRS0=AA@fwd.example", "srs1==@fwd.example", "SRS0=a=b=c=d@other.example"]
        {
            assert!(ours.reverse(&address(text), days(9)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_chain_of_forwards_leads_back_to_the_first_and_stays_short() {
        let (first, second, third) = (srs("one.example", 1), srs("two.example", 2), srs("three.example", 3));
        let sender = address("a@x.example");
        let at_first = first.forward(&sender, days(1)).expect("an address");
        let at_second = second.forward(&at_first, days(1)).expect("an address");
        let at_third = third.forward(&at_second, days(1)).expect("an address");
        assert!(at_third.to_string().starts_with("SRS1="), "{at_third}");
        assert_eq!(third.reverse(&at_third, days(1)), Ok(at_first.clone()));
        assert_eq!(second.reverse(&at_second, days(1)), Ok(at_first.clone()));
        assert_eq!(first.reverse(&at_first, days(1)), Ok(sender));
        // What comes by again is not wrapped again.
        assert_eq!(third.forward(&at_third, days(2)), Ok(at_third));
    }

    #[test]
    fn a_sender_that_leaves_no_room_is_not_rewritten() {
        let long = address(&format!("{}@x.example", "a".repeat(60)));
        assert_eq!(srs("fwd.example", 1).forward(&long, days(1)), Err(SrsFault::TooLong));
    }

    proptest! {
        #[test]
        fn reversing_undoes_rewriting(local in "[ -~]{1,30}", day in 0_i64..100_000) {
            let quoted = quoted(&local);
            prop_assume!(!local.to_ascii_lowercase().starts_with("srs"));
            let sender = EmailAddress::new(LocalPart::parse(&quoted).expect("a local part"), DomainName::parse("x.example").expect("a domain"));
            let ours = srs("fwd.example", 7);
            let rewritten = ours.forward(&sender, days(day)).expect("short enough");
            prop_assert_eq!(ours.reverse(&rewritten, days(day)), Ok(sender));
        }

        #[test]
        fn any_text_is_read_without_harm(local in "[ -~]{1,60}") {
            let ours = srs("fwd.example", 7);
            if let Ok(local) = LocalPart::parse(&quoted(&local)) {
                let _ = ours.reverse(&EmailAddress::new(local, ours.domain.clone()), days(1));
            }
        }
    }
}
