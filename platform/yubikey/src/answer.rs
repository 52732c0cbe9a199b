//! What a validation server answers: lines of `key=value`, signed.

use crate::ask::{Asked, Touch};
use crate::sign::SharedKey;

/// Most lines of an answer that are looked at.
const LINE_COUNT_MAX: usize = 32;

/// What an answer means for whoever has typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The key is there.
    Good(Touch),
    /// No key has typed this.
    Wrong,
    /// It was used before.
    Replayed,
    /// Says nothing about what was typed: another server may know.
    Nothing(&'static str),
}

/// Reads an answer to what was asked. Nothing of it is believed unless it is signed and about the same question.
pub(crate) fn read(body: &[u8], key: &SharedKey, asked: &Asked<'_>) -> Meaning {
    let Some(fields) = std::str::from_utf8(body).ok().and_then(fields) else {
        return Meaning::Nothing("what was answered is not of the protocol");
    };
    let of = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let signed: Vec<(&str, &str)> = fields.iter().copied().filter(|(key, _)| *key != "h").collect();
    if !of("h").is_some_and(|signature| key.has_signed(&signed, signature)) {
        // Said for the operator: whoever is not believed is not obeyed either.
        return Meaning::Nothing(match of("status") {
            Some("NO_SUCH_CLIENT") => "the client id is not known there",
            Some("BAD_SIGNATURE") => "our signature was refused: the secret key is another one there",
            Some(_) | None => "the answer is not signed with our key",
        });
    }
    match of("status") {
        Some("OK") if of("otp") == Some(asked.otp) && of("nonce") == Some(asked.nonce) => {
            Meaning::Good(Touch { counter: counter(of("sessioncounter"), of("sessionuse")) })
        }
        Some("BAD_OTP" | "REPLAYED_OTP") if of("otp").is_some_and(|otp| otp != asked.otp) => {
            Meaning::Nothing("the answer is about another question")
        }
        Some("BAD_OTP") if is_fresh(of("nonce"), asked) => Meaning::Wrong,
        Some("REPLAYED_OTP") if is_fresh(of("nonce"), asked) => Meaning::Replayed,
        Some("OK" | "BAD_OTP" | "REPLAYED_OTP") => Meaning::Nothing("the answer is about another question"),
        // The servers tell one another; the first that was asked says yes or no.
        Some("REPLAYED_REQUEST") => Meaning::Nothing("another server has this question already"),
        Some("NOT_ENOUGH_ANSWERS") => Meaning::Nothing("too few servers agreed in time"),
        Some("BACKEND_ERROR") => Meaning::Nothing("the server failed"),
        Some("BAD_SIGNATURE") => Meaning::Nothing("our signature was refused"),
        Some("NO_SUCH_CLIENT") => Meaning::Nothing("the client id is not known there"),
        Some("OPERATION_NOT_ALLOWED") => Meaning::Nothing("the client may not ask this there"),
        Some("MISSING_PARAMETER") => Meaning::Nothing("the server misses a parameter"),
        Some(_) | None => Meaning::Nothing("what was answered is not of the protocol"),
    }
}

/// Where an answer names the nonce it must be ours; refusals need not name it.
fn is_fresh(nonce: Option<&str>, asked: &Asked<'_>) -> bool {
    nonce.is_none_or(|nonce| nonce == asked.nonce)
}

/// The fields of an answer; none where one comes twice or there are too many.
fn fields(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, value) = line.split_once('=')?;
        if fields.len() == LINE_COUNT_MAX || fields.iter().any(|(known, _)| *known == key) {
            return None;
        }
        fields.push((key, value));
    }
    Some(fields)
}

/// How often the key was plugged in (15 bits), and touched since (8 bits), as one number that only rises.
fn counter(plugged: Option<&str>, touched: Option<&str>) -> Option<u32> {
    let (plugged, touched): (u16, u8) = (plugged?.parse().ok()?, touched?.parse().ok()?);
    Some((u32::from(plugged) << 8) | u32::from(touched))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked {
        otp: "cccccccbcjdifctrndncchkftchjlnbhvhtugdljibej",
        nonce: "aef3a7835277a28da831005c2ae3b919",
    };

    fn key() -> SharedKey {
        SharedKey::parse("mG5be6ZJU1qBGz24yPh/ESM3UdU=").expect("a key")
    }

    fn signed(fields: &[(&str, &str)]) -> String {
        let lines: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={value}\r\n")).collect();
        format!("h={}\r\n{}\r\n", key().sign(fields), lines.concat())
    }

    #[test]
    fn an_answer_is_believed_where_it_is_signed_and_about_the_same_question() {
        let (otp, nonce) = (("otp", ASKED.otp), ("nonce", ASKED.nonce));
        let ok = ("status", "OK");
        let plugged =
            [otp, nonce, ok, ("t", "2026-11-25T20:34:50Z0678"), ("sessioncounter", "5"), ("sessionuse", "3")];
        let good = |counter| Meaning::Good(Touch { counter });
        assert_eq!(read(signed(&plugged).as_bytes(), &key(), &ASKED), good(Some(5 * 256 + 3)));
        assert_eq!(read(signed(&[otp, nonce, ok]).as_bytes(), &key(), &ASKED), good(None));
        let refused = |status| read(signed(&[otp, nonce, ("status", status)]).as_bytes(), &key(), &ASKED);
        assert_eq!((refused("BAD_OTP"), refused("REPLAYED_OTP")), (Meaning::Wrong, Meaning::Replayed));
        for status in
            ["REPLAYED_REQUEST", "BACKEND_ERROR", "NOT_ENOUGH_ANSWERS", "BAD_SIGNATURE", "MAYBE", ""]
        {
            assert!(matches!(refused(status), Meaning::Nothing(_)), "{status}");
        }
        let other = "cccccccbcjdifctrndncchkftchjlnbhvhtugdljibee";
        let unsigned = format!("otp={}\nnonce={}\nstatus=OK\n", ASKED.otp, ASKED.nonce);
        let twice = format!("{}status=OK\r\n", signed(&[otp, nonce, ok]));
        for body in [
            signed(&[("otp", other), nonce, ok]),
            signed(&[otp, ("nonce", "00000000000000000000000000000000"), ok]),
            signed(&[otp, ok]),
            signed(&[nonce, ok]),
            signed(&[otp, ("nonce", "00"), ("status", "BAD_OTP")]),
            signed(&[("otp", other), nonce, ("status", "REPLAYED_OTP")]),
            signed(&[otp, nonce, ok]).replace("status=OK", "status=ok"),
            signed(&[otp, nonce, ("status", "BAD_OTP")]).replace("BAD_OTP", "OK"),
            format!("{unsigned}h=\n"),
            twice,
            "status\n".to_owned(),
            "k=v\n".repeat(40),
            unsigned,
            String::new(),
        ] {
            let meaning = read(body.as_bytes(), &key(), &ASKED);
            assert!(matches!(meaning, Meaning::Nothing(_)), "{body}: {meaning:?}");
        }
    }
}
