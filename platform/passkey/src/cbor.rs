//! The CBOR that authenticators write (CTAP2 canonical form, RFC 8949 section 4.2.1): definite lengths, few levels.

use crate::Fault;

/// Levels of maps and lists that are read.
const DEPTH_MAX: u8 = 4;

/// Reads octets from the front.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

/// One value, as far as it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Integer(i64),
    Octets(&'a [u8]),
    Text(&'a str),
    /// Another one, passed over.
    Other,
}

impl<'a> Reader<'a> {
    /// So many octets.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(Fault::Form)?;
        self.0 = rest;
        Ok(head)
    }

    /// How many pairs the map has that comes next.
    pub(crate) fn map(&mut self) -> Result<u64, Fault> {
        match self.head()? {
            (5, count) => Ok(count),
            _ => Err(Fault::Form),
        }
    }

    /// The next value; what is in maps, lists and tags is passed over.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Fault> {
        self.value_at(DEPTH_MAX)
    }

    fn value_at(&mut self, depth: u8) -> Result<Value<'a>, Fault> {
        let (kind, argument) = self.head()?;
        let size = || usize::try_from(argument).map_err(|_| Fault::Form);
        let inner = depth.checked_sub(1).ok_or(Fault::Form);
        match kind {
            0 => i64::try_from(argument).map(Value::Integer).map_err(|_| Fault::Form),
            1 => i64::try_from(argument).map(|number| Value::Integer(-1 - number)).map_err(|_| Fault::Form),
            2 => self.take(size()?).map(Value::Octets),
            3 => std::str::from_utf8(self.take(size()?)?).map(Value::Text).map_err(|_| Fault::Form),
            4 => self.pass(argument, inner?),
            5 => self.pass(argument.checked_mul(2).ok_or(Fault::Form)?, inner?),
            6 => self.pass(1, inner?),
            _ => Ok(Value::Other),
        }
    }

    /// Each value takes an octet at least, so that a wrong count ends soon.
    fn pass(&mut self, count: u64, depth: u8) -> Result<Value<'a>, Fault> {
        for _ in 0..count {
            self.value_at(depth)?;
        }
        Ok(Value::Other)
    }

    /// The kind of the next value, with its argument.
    fn head(&mut self) -> Result<(u8, u64), Fault> {
        let first = self.take(1)?[0];
        let argument = match first & 31 {
            small @ 0..=23 => u64::from(small),
            more @ 24..=27 => {
                let octets = self.take(1 << (more - 24))?;
                octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet))
            }
            _ => return Err(Fault::Form),
        };
        Ok((first >> 5, argument))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_the_standard_writes_them() {
        for (octets, value) in [
            (&[0x00][..], Value::Integer(0)),
            (&[0x26], Value::Integer(-7)),
            (&[0x39, 0x01, 0x00], Value::Integer(-257)),
            (&[0x42, 1, 2], Value::Octets(&[1, 2])),
            (&[0x63, b'f', b'm', b't'], Value::Text("fmt")),
            (&[0xa1, 0x01, 0x81, 0x02], Value::Other),
            (&[0xf5], Value::Other),
        ] {
            let mut reader = Reader(octets);
            assert_eq!(reader.value(), Ok(value), "{octets:02x?}");
            assert!(reader.0.is_empty());
        }
    }

    #[test]
    fn what_is_cut_off_nested_or_without_end_is_refused() {
        for octets in [
            &[][..],
            &[0x42, 1],
            &[0x5f],
            &[0x81, 0x81, 0x81, 0x81, 0x81, 0],
            &[0xbb, 255, 255, 255, 255, 255, 255, 255, 255],
        ] {
            assert_eq!(Reader(octets).value(), Err(Fault::Form), "{octets:02x?}");
        }
    }
}
