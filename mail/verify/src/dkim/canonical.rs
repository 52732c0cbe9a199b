//! Canonical forms (RFC 6376 section 3.4).

use ring::digest::{Context, SHA256};

/// How much a part may be changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    Simple,
    Relaxed,
}

/// Appends a field (with its line end) in its canonical form.
pub(crate) fn put_field(form: Form, raw: &[u8], out: &mut Vec<u8>) {
    match form {
        Form::Simple => out.extend_from_slice(raw),
        Form::Relaxed => {
            let colon = raw.iter().position(|octet| *octet == b':').unwrap_or(raw.len());
            let name = raw[..colon].trim_ascii_end();
            out.extend(name.iter().map(u8::to_ascii_lowercase));
            out.push(b':');
            let start = out.len();
            let mut is_after_blank = false;
            for octet in raw.get(colon + 1..).unwrap_or_default() {
                match octet {
                    b'\r' | b'\n' => {}
                    b' ' | b'\t' => is_after_blank = true,
                    octet => {
                        if is_after_blank && out.len() > start {
                            out.push(b' ');
                        }
                        is_after_blank = false;
                        out.push(*octet);
                    }
                }
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// The SHA-256 of a body in its canonical form, and how long the form is.
pub(crate) fn body_hash(form: Form, body: &[u8]) -> (Vec<u8>, u64) {
    let mut sink = Sink { context: Context::new(&SHA256), length: 0 };
    // Empty lines at the end do not count: they are put where something follows.
    let mut empty_count = 0_usize;
    let mut relaxed = Vec::new();
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = match form {
            Form::Simple => line,
            Form::Relaxed => {
                relax_line(line, &mut relaxed);
                relaxed.as_slice()
            }
        };
        if line.is_empty() {
            empty_count += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_count) {
            sink.put(b"\r\n");
        }
        sink.put(line);
        sink.put(b"\r\n");
    }
    if sink.length == 0 && form == Form::Simple {
        sink.put(b"\r\n");
    }
    (sink.context.finish().as_ref().to_vec(), sink.length)
}

/// Runs of blanks become one space, blanks at the end go.
fn relax_line(line: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut is_after_blank = false;
    for octet in line {
        if matches!(octet, b' ' | b'\t') {
            is_after_blank = true;
            continue;
        }
        if is_after_blank {
            out.push(b' ');
        }
        is_after_blank = false;
        out.push(*octet);
    }
}

struct Sink {
    context: Context,
    length: u64,
}

impl Sink {
    fn put(&mut self, octets: &[u8]) {
        self.context.update(octets);
        self.length += octets.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(form: Form, raw: &str) -> String {
        let mut out = Vec::new();
        put_field(form, raw.as_bytes(), &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn fields_are_as_the_standard_shows() {
        assert_eq!(field(Form::Relaxed, "A: X\r\n"), "a:X\r\n");
        assert_eq!(field(Form::Relaxed, "B : Y\t\r\n\tZ  \r\n"), "b:Y Z\r\n");
        assert_eq!(field(Form::Simple, "B : Y\t\r\n\tZ  \r\n"), "B : Y\t\r\n\tZ  \r\n");
    }

    #[test]
    fn bodies_are_as_the_standard_shows() {
        let of = |octets: &[u8]| ring::digest::digest(&SHA256, octets).as_ref().to_vec();
        for (form, body, canonical) in [
            (Form::Simple, " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n"),
            (Form::Relaxed, " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
            (Form::Simple, "", "\r\n"),
            (Form::Simple, "\r\n\r\n", "\r\n"),
            (Form::Relaxed, "", ""),
            (Form::Relaxed, " \r\n\r\n", ""),
            (Form::Simple, "no end", "no end\r\n"),
            (Form::Relaxed, "a\r\n \r\n\r\nb", "a\r\n\r\n\r\nb\r\n"),
        ] {
            let (hash, length) = body_hash(form, body.as_bytes());
            assert_eq!(hash, of(canonical.as_bytes()), "{form:?} {body:?}");
            assert_eq!(length, canonical.len() as u64, "{form:?} {body:?}");
        }
    }
}
