//! Flags (RFC 9051 section 2.3.2).

use store::{Flags, KEYWORD_COUNT_MAX, KEYWORD_OCTETS_MAX, SystemFlag};

use super::{Parsed, Parser, is_atom_octet};

impl Parser<'_> {
    /// `(\Seen work)`.
    pub(crate) fn flag_list(&mut self) -> Parsed<Flags> {
        let mut flags = Flags::NONE;
        self.list(KEYWORD_COUNT_MAX, |parser| parser.flag(&mut flags))?;
        Ok(flags)
    }

    /// STORE takes flags also without parentheses.
    pub(crate) fn store_flags(&mut self) -> Parsed<Flags> {
        if self.peek() == Some(b'(') {
            return self.flag_list();
        }
        let mut flags = Flags::NONE;
        self.flag(&mut flags)?;
        for _ in 1..KEYWORD_COUNT_MAX {
            if !self.takes(b' ') {
                break;
            }
            self.flag(&mut flags)?;
        }
        Ok(flags)
    }

    /// One flag. `\Recent` and system flags that we do not keep are dropped: PERMANENTFLAGS told so.
    fn flag(&mut self, flags: &mut Flags) -> Parsed<()> {
        let is_system = self.takes(b'\\');
        let name = self.atom("a flag")?;
        if is_system {
            let known = SystemFlag::ALL.into_iter().find(|flag| flag.name()[1..].eq_ignore_ascii_case(name));
            if let Some(flag) = known {
                flags.system |= flag as u8;
            }
            return Ok(());
        }
        if name.len() > KEYWORD_OCTETS_MAX {
            return self.fault("a keyword of at most 64 octets");
        }
        flags.insert_keyword(name);
        Ok(())
    }

    /// A keyword (RFC 9051 `flag-keyword`).
    pub(crate) fn keyword(&mut self) -> Parsed<String> {
        self.atom("a keyword").map(str::to_owned)
    }
}

/// `\Seen work`, without parentheses.
pub(crate) fn print_flags(flags: &Flags, out: &mut Vec<u8>) {
    let mut is_first = true;
    let mut print = |name: &str| {
        if !std::mem::take(&mut is_first) {
            out.push(b' ');
        }
        out.extend_from_slice(name.as_bytes());
    };
    SystemFlag::ALL.into_iter().filter(|flag| flags.has(*flag)).for_each(|flag| print(flag.name()));
    flags.keywords.iter().filter(|name| name.bytes().all(is_atom_octet)).for_each(|name| print(name));
}
