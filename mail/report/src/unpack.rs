//! Taking reports out of their packing, never more than is allowed: a bomb is refused at the limit, not after it.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder};

use crate::Malformed;
use crate::limit::{PACKED_OCTETS_MAX, UNPACKED_OCTETS_MAX};

/// The fixed part of a local file header (APPNOTE.TXT section 4.3.7).
const ZIP_HEADER_OCTETS: usize = 30;

/// The octets of a report out of gzip, a ZIP archive's first file, or as they are.
///
/// The kind is told by the first octets: names and media types of attachments are wrong too often.
///
/// # Errors
/// [`Malformed::Packing`], [`Malformed::TooLarge`].
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, Malformed> {
    if packed.len() > PACKED_OCTETS_MAX {
        return Err(Malformed::TooLarge { octets_max: PACKED_OCTETS_MAX });
    }
    match packed {
        [0x1f, 0x8b, ..] => bounded(GzDecoder::new(packed)),
        [b'P', b'K', 3, 4, ..] => first_file(packed),
        _ => Ok(packed.to_vec()),
    }
}

/// The first file of a ZIP archive: a report is alone in its archive.
fn first_file(archive: &[u8]) -> Result<Vec<u8>, Malformed> {
    let header = archive.get(..ZIP_HEADER_OCTETS).ok_or(Malformed::Packing)?;
    let short = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let (flags, method) = (short(6), short(8));
    let is_encrypted = flags & 1 != 0;
    let start = ZIP_HEADER_OCTETS + short(26) + short(28);
    let content = archive.get(start..).filter(|_| !is_encrypted).ok_or(Malformed::Packing)?;
    match method {
        // Deflated data tell their own end, so that the sizes in the header, which may be absent or lies, do not matter.
        8 => bounded(DeflateDecoder::new(content)),
        0 => {
            let size = u32::from_le_bytes([header[18], header[19], header[20], header[21]]);
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            content.get(..size).map(<[u8]>::to_vec).ok_or(Malformed::Packing)
        }
        _ => Err(Malformed::Packing),
    }
}

fn bounded(reader: impl Read) -> Result<Vec<u8>, Malformed> {
    let mut unpacked = Vec::new();
    let limit = u64::try_from(UNPACKED_OCTETS_MAX).unwrap_or(u64::MAX);
    reader.take(limit + 1).read_to_end(&mut unpacked).map_err(|_| Malformed::Packing)?;
    match unpacked.len() > UNPACKED_OCTETS_MAX {
        true => Err(Malformed::TooLarge { octets_max: UNPACKED_OCTETS_MAX }),
        false => Ok(unpacked),
    }
}

/// Packs a report that leaves us (RFC 8460 section 5.3: gzip SHOULD be used).
pub(crate) fn pack(octets: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    // A vector takes everything: writing into it cannot fail.
    encoder.write_all(octets).and_then(|()| encoder.finish()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(method: u16, content: &[u8], size: u32) -> Vec<u8> {
        let mut archive = b"PK\x03\x04\x14\0\0\0".to_vec();
        archive.extend(method.to_le_bytes());
        archive.extend([0; 8]);
        archive.extend(size.to_le_bytes());
        archive.extend(size.to_le_bytes());
        archive.extend(5_u16.to_le_bytes());
        archive.extend(0_u16.to_le_bytes());
        archive.extend(b"a.xml");
        archive.extend(content);
        archive
    }

    #[test]
    fn reports_come_packed_in_three_ways() {
        use std::io::Write as _;
        assert_eq!(unpack(b"<feedback/>"), Ok(b"<feedback/>".to_vec()));
        assert_eq!(unpack(&pack(b"<feedback/>")), Ok(b"<feedback/>".to_vec()));
        assert_eq!(unpack(&zip(0, b"<feedback/>PK", 11)), Ok(b"<feedback/>".to_vec()));
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"<feedback/>").expect("written");
        let mut deflated = encoder.finish().expect("finished");
        deflated.extend(b"PK\x01\x02 central directory");
        assert_eq!(unpack(&zip(8, &deflated, 0)), Ok(b"<feedback/>".to_vec()));
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let bomb = pack(&vec![b' '; UNPACKED_OCTETS_MAX + 1]);
        assert!(bomb.len() < 100_000, "it is small where it comes from");
        assert_eq!(unpack(&bomb), Err(Malformed::TooLarge { octets_max: UNPACKED_OCTETS_MAX }));
        let large = vec![0; PACKED_OCTETS_MAX + 1];
        assert_eq!(unpack(&large), Err(Malformed::TooLarge { octets_max: PACKED_OCTETS_MAX }));
    }

    #[test]
    fn packing_inside_packing_is_no_report() {
        let inner = pack(b"<feedback/>");
        let once = unpack(&pack(&inner)).expect("one layer");
        assert_eq!(once, inner, "the second layer stays as it is");
        assert!(crate::aggregate::read(&once).is_err());
        assert!(crate::tls::read(&once).is_err());
    }

    #[test]
    fn broken_packing_is_told_and_never_a_panic() {
        for broken in [
            b"\x1f\x8b\x08garbage".to_vec(),
            b"PK\x03\x04".to_vec(),
            zip(9, b"x", 1),
            zip(0, b"x", 100),
            zip(8, b"\xff\xff\xff", 3),
        ] {
            assert_eq!(unpack(&broken), Err(Malformed::Packing), "{broken:?}");
        }
    }
}
