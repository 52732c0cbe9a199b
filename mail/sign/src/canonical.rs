//! The relaxed canonical forms (RFC 6376 sections 3.4.2 and 3.4.4).

use ring::digest::{Context, SHA256};

/// Octets that are gathered before they are hashed.
const CHUNK_OCTETS: usize = 4096;

const fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Appends the relaxed form of a field: `name:value`, without a line end.
pub(crate) fn field(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend(name.bytes().map(|octet| octet.to_ascii_lowercase()));
    out.push(b':');
    let start = out.len();
    let mut blank_waits = false;
    for &octet in value {
        match octet {
            b'\r' | b'\n' => {}
            octet if is_blank(octet) => blank_waits = out.len() > start,
            octet => {
                if std::mem::take(&mut blank_waits) {
                    out.push(b' ');
                }
                out.push(octet);
            }
        }
    }
}

/// SHA-256 of the relaxed form of a body.
pub(crate) fn body_hash(body: &[u8]) -> [u8; 32] {
    let mut form = Form { context: Context::new(&SHA256), chunk: Vec::with_capacity(CHUNK_OCTETS) };
    // Empty lines are written once something follows them: those at the end count for nothing.
    let mut empty_lines_wait = 0_usize;
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = line.iter().rposition(|octet| !is_blank(*octet)).map_or(0, |last| last + 1);
        if end == 0 {
            empty_lines_wait += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines_wait) {
            form.put(b"\r\n");
        }
        form.line(&line[..end]);
    }
    form.finish()
}

struct Form {
    context: Context,
    chunk: Vec<u8>,
}

impl Form {
    fn put(&mut self, octets: &[u8]) {
        if self.chunk.len() + octets.len() > CHUNK_OCTETS {
            self.context.update(&self.chunk);
            self.chunk.clear();
        }
        if octets.len() > CHUNK_OCTETS {
            self.context.update(octets);
        } else {
            self.chunk.extend_from_slice(octets);
        }
    }

    /// A line without blanks at its end: each run of blanks is one space.
    fn line(&mut self, line: &[u8]) {
        let mut rest = line;
        while let Some(blank) = rest.iter().position(|octet| is_blank(*octet)) {
            self.put(&rest[..blank]);
            self.put(b" ");
            let word = rest[blank..].iter().position(|octet| !is_blank(*octet));
            rest = word.map_or(&[][..], |word| &rest[blank + word..]);
        }
        self.put(rest);
        self.put(b"\r\n");
    }

    fn finish(mut self) -> [u8; 32] {
        self.context.update(&self.chunk);
        let mut hash = [0; 32];
        hash.copy_from_slice(self.context.finish().as_ref());
        hash
    }
}

#[cfg(test)]
mod tests {
    use ring::digest::digest;

    use super::*;

    #[test]
    fn fields_and_bodies_have_the_relaxed_forms_of_the_standard() {
        let mut form = Vec::new();
        // RFC 6376 section 3.4.5.
        field("A", b" X", &mut form);
        form.extend_from_slice(b"\r\n");
        field("B", b" Y\t\r\n\tZ  ", &mut form);
        assert_eq!(form, b"a:X\r\nb:Y Z");
        for (body, relaxed) in [
            (&b" C \r\nD \t E\r\n\r\n\r\n"[..], &b" C\r\nD E\r\n"[..]),
            (b"", b""),
            (b"\r\n\r\n", b""),
            (b" \t\r\n", b""),
            (b"no line end", b"no line end\r\n"),
            (b"a\r\n\r\nb\r\n", b"a\r\n\r\nb\r\n"),
        ] {
            assert_eq!(body_hash(body), digest(&SHA256, relaxed).as_ref(), "{body:?}");
        }
    }

    #[test]
    fn long_lines_are_hashed_as_short_ones_are() {
        let long = [vec![b'x'; 3 * CHUNK_OCTETS], b"  y".to_vec()].concat();
        let relaxed = [vec![b'x'; 3 * CHUNK_OCTETS], b" y\r\n".to_vec()].concat();
        assert_eq!(body_hash(&long), digest(&SHA256, &relaxed).as_ref());
    }
}
