//! What is written is read again, by programs that are not ours as well.

use std::collections::HashSet;
use std::io::{self, Write};
use std::process::Command;

use export::{Archive, COMPONENT_BYTES_MAX, Flags, Message, Paths};

fn message(octets: &[u8]) -> Message<'_> {
    Message { received_at_s: 1_700_000_000, flags: Flags::default(), keywords: &[], octets }
}

#[test]
fn hostile_names_of_folders_are_safe_paths_and_each_its_own() {
    let long = "é".repeat(300);
    let deep = "a/".repeat(200);
    let names = [
        "INBOX",
        "inbox",
        "Inbox",
        "../../etc/passwd",
        "..",
        "/",
        "",
        "a\0b",
        "CON",
        "con.txt",
        "LPT1",
        "COM¹",
        "a\\b",
        "C:\\x",
        long.as_str(),
        deep.as_str(),
        "x.mbox",
        "x.mbox/y",
        "x",
        "end. ",
        "\u{202e}gpj",
        ".hidden",
    ];
    let mut paths = Paths::default();
    let mut seen = HashSet::new();
    for name in names {
        let path = paths.give(name);
        assert!(seen.insert(path.to_lowercase()), "{path} twice");
        assert!(path.ends_with(".mbox") && !path.contains(['\\', ':', '\0', '\u{202e}']), "{path:?}");
        for part in path.split('/') {
            assert!(
                !part.is_empty() && !part.starts_with('.') && part.len() <= COMPONENT_BYTES_MAX,
                "{path:?}"
            );
            let stem = part.split('.').next().unwrap_or_default().to_lowercase();
            assert!(!["con", "lpt1", "com¹"].contains(&stem.as_str()), "{path:?}");
        }
    }
    assert!(
        seen.contains("inbox.mbox") && seen.contains("inbox (2).mbox") && seen.contains("inbox (3).mbox")
    );
    assert!(seen.contains("x.mbox_/y.mbox"), "a folder has no name of a file");
}

#[test]
fn other_programs_read_flags_dates_and_octets() -> io::Result<()> {
    let file = std::env::temp_dir().join(format!("export-{}.zip", std::process::id()));
    let mut archive = Archive::new(std::fs::File::create(&file)?);
    archive.folder("Été/CON")?;
    archive.message(&Message {
        flags: Flags { is_seen: true, is_answered: true, is_flagged: true, is_draft: false },
        keywords: &["$Forwarded", "bad\r\nX-Evil: 1"],
        ..message(b"Subject: one\r\n\r\nFrom here\r\n>From there\r\n\xff\r\n")
    })?;
    archive.message(&message(b"Subject: two\r\n\r\nwithout an end"))?;
    archive.folder("empty")?;
    archive.finish()?;
    let tested = Command::new("unzip").arg("-tq").arg(&file).output()?;
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stdout));
    let script = r#"
import sys, zipfile, mailbox, tempfile, re
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
assert z.namelist() == ['Été/_CON.mbox', 'empty.mbox'], z.namelist()
d = tempfile.mkdtemp(); z.extractall(d)
m = mailbox.mbox(d + '/Été/_CON.mbox'); assert len(m) == 2, len(m)
assert set(m[0].get_flags()) == set('ROAF'), m[0].get_flags()
assert m[0]['X-Keywords'] == '$Forwarded' and m[0]['X-Evil'] is None and m[0]['Subject'] == 'one'
assert m[0].get_from() == 'MAILER-DAEMON Tue Nov 14 22:13:20 2023', m[0].get_from()
body = m.get_bytes(0).split(b'\n\n', 1)[1]
body = re.sub(rb'(?m)^>(>*From )', rb'\1', body)
assert body == b'From here\n>From there\n\xff\n', body
assert m[1].get_flags() == 'O' and m[1]['Subject'] == 'two'
assert len(mailbox.mbox(d + '/empty.mbox')) == 0
"#;
    let read = Command::new("python3").args(["-c", script]).arg(&file).output()?;
    std::fs::remove_file(&file)?;
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    Ok(())
}

/// Takes so many octets, then is gone.
struct Gone(usize);

impl Write for Gone {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(octets.len()).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(octets.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn octets_leave_as_they_come_and_who_is_gone_ends_it() -> io::Result<()> {
    let mut noise = 1_u32;
    let body: Vec<u8> = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    })
    .take(64 * 1024)
    .collect();
    let mut archive = Archive::new(Gone(1024 * 1024));
    archive.folder("INBOX")?;
    let written = (0..10_000).take_while(|_| archive.message(&message(&body)).is_ok()).count();
    // A writer that collected would have taken many more before it noticed.
    assert!((15..=18).contains(&written), "{written}");
    Ok(())
}
