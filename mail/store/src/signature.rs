//! A signature of a text: tells at the cost of some bits that a piece of text is certainly not in it.
//!
//! A Bloom filter over the trigrams of the text in lower case, about 10 bits for each different one. A search reads the
//! signatures of a folder and only those messages whose signature holds every trigram of what is looked for.

/// Bits per different trigram: about 2 % of the questions about a trigram are answered yes wrongly, and a search asks
/// about several.
const BITS_PER_TRIGRAM: usize = 8;
/// Bits that each trigram sets.
const HASH_COUNT: u32 = 2;
/// Smallest and largest signature in octets; texts beyond saturate it, and are read.
const OCTETS_MIN: usize = 64;
const OCTETS_MAX: usize = 16 * 1024;

/// The form in which texts are compared: lower case, white space as one space.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut is_after_space = false;
    for character in text.chars() {
        if character.is_whitespace() {
            if !is_after_space {
                folded.push(' ');
            }
            is_after_space = true;
        } else {
            folded.extend(character.to_lowercase());
            is_after_space = false;
        }
    }
    folded
}

fn trigrams(folded: &str) -> impl Iterator<Item = u32> + '_ {
    folded
        .as_bytes()
        .windows(3)
        .map(|window| u32::from(window[0]) << 16 | u32::from(window[1]) << 8 | u32::from(window[2]))
}

fn bits(trigram: u32, bit_count: usize) -> impl Iterator<Item = usize> {
    // Two rounds of a 64-bit mix (Stafford's variant 13 of the MurmurHash3 finaliser).
    let mut hash = u64::from(trigram).wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    (0..HASH_COUNT).map(move |round| {
        let piece = (hash >> (32 * round)) & 0xffff_ffff;
        usize::try_from(piece).unwrap_or_default() & (bit_count - 1)
    })
}

/// The signature of a folded text. Its length is a power of two.
pub(crate) fn signature(folded: &str) -> Vec<u8> {
    let mut different: Vec<u32> = trigrams(folded).collect();
    different.sort_unstable();
    different.dedup();
    let octets = (different.len() * BITS_PER_TRIGRAM / 8).next_power_of_two().clamp(OCTETS_MIN, OCTETS_MAX);
    let mut signature = vec![0_u8; octets];
    for trigram in different {
        for bit in bits(trigram, octets * 8) {
            signature[bit / 8] |= 1 << (bit % 8);
        }
    }
    signature
}

/// Whether a text with this signature may hold `folded`; no is certain.
pub(crate) fn may_hold(signature: &[u8], folded: &str) -> bool {
    if !signature.len().is_power_of_two() {
        return true;
    }
    trigrams(folded).all(|trigram| {
        bits(trigram, signature.len() * 8).all(|bit| signature[bit / 8] & (1 << (bit % 8)) != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_text_is_never_denied() {
        let text = folded("The Quick  brown\r\n\tfox \u{c9}T\u{c9} jumps over the lazy dog");
        let signature = signature(&text);
        for start in 0..text.len() {
            for end in start..=text.len() {
                if let Some(piece) = text.get(start..end) {
                    assert!(may_hold(&signature, piece), "{piece}");
                }
            }
        }
    }

    #[test]
    fn most_of_what_is_not_in_a_text_is_denied() {
        let text: String = (0..400).map(|number| format!("word{number} ")).collect();
        let signature = signature(&folded(&text));
        let denied = (0..1000).filter(|number| !may_hold(&signature, &format!("zebra{number}x"))).count();
        assert!(denied > 950, "{denied}");
    }
}
