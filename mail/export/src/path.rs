//! Names of folders as paths that every system can unpack.

use std::collections::HashSet;

/// How long one part of a path is at most, in octets with its ending; systems end at 255, and some add to it.
pub const COMPONENT_BYTES_MAX: usize = 120;

/// How many parts a path has at most; what is deeper is written into the last one, with `_` between.
pub const DEPTH_MAX: usize = 16;

const ENDING: &str = ".mbox";

/// What Windows takes for a device, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The paths given so far in one archive.
#[derive(Debug, Default)]
pub struct Paths {
    taken: HashSet<String>,
}

impl Paths {
    /// The path of a folder, whose parts are parted by `/`: relative, without `..`, ends in `.mbox`, and is unlike any
    /// given before, upper and lower case being the same.
    pub fn give(&mut self, folder: &str) -> String {
        let mut parts: Vec<String> = folder.splitn(DEPTH_MAX, '/').map(part).collect();
        let last = parts.pop().unwrap_or_else(|| "_".to_owned());
        let mut above = String::new();
        for part in &parts {
            above.push_str(part);
            above.push('/');
        }
        let mut count = 1_u64;
        loop {
            let tail = if count == 1 { String::new() } else { format!(" ({count})") };
            let path = format!("{above}{last}{tail}{ENDING}");
            if self.taken.insert(path.to_lowercase()) {
                return path;
            }
            count += 1;
        }
    }
}

/// One part: what some system forbids becomes `_`, and it is cut to its length between characters.
fn part(name: &str) -> String {
    let mut safe: String = name
        .chars()
        .map(|letter| match letter {
            '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => '_',
            // Marks of direction make a name look like another one.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '_',
            letter if letter.is_control() => '_',
            letter => letter,
        })
        .collect();
    // Room for the ending and for a count of twenty digits.
    let mut end = safe.len().min(COMPONENT_BYTES_MAX - ENDING.len() - 23);
    while !safe.is_char_boundary(end) {
        end -= 1;
    }
    safe.truncate(end);
    // Windows drops dots and spaces at the end; a dot in front hides the folder, or leads out of it.
    let kept = safe.trim_end_matches(['.', ' ']).len();
    safe.truncate(kept);
    // A folder that ends like our files would be the same name as the file of another folder.
    if safe.is_empty() || safe.starts_with(['.', ' ', '~', '-']) || is_device(&safe) {
        safe.insert(0, '_');
    }
    if safe.to_ascii_lowercase().ends_with(ENDING) {
        safe.push('_');
    }
    safe
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    DEVICES.contains(&stem.as_str())
        || numbered.is_some_and(|rest| {
            let mut digits = rest.chars();
            matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
        })
}
