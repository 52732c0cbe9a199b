//! Builds the browser app where Node.js is there, and writes the table of its files.
//!
//! Asks the network for nothing but what the lockfile names, by `npm ci`. Without Node.js, or where the build fails, the
//! server is built all the same and its pages say what is missing. `HOSTERRA_APP=required` makes that a failure.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the app is made of; a change of these builds it anew.
const SOURCES: &[&str] = &[
    "app/scripts",
    "app/package.json",
    "app/package-lock.json",
    "app/svelte.config.js",
    "app/tsconfig.json",
    "app/vite.config.js",
    "../graphql/schema.graphql",
];
/// Oldest Node.js that the build tools take.
const NODE_VERSION_MIN: (u32, u32) = (20, 19);

fn main() {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    // What the build itself writes there is not watched.
    for entry in fs::read_dir("app/src").into_iter().flatten().flatten() {
        if entry.file_name() != "generated" {
            println!("cargo::rerun-if-changed={}", entry.path().display());
        }
    }
    println!("cargo::rerun-if-env-changed=HOSTERRA_APP");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder"));
    let built = out.join("app");
    let missing = build(&built).err();
    if let Some(reason) = &missing {
        assert!(env::var("HOSTERRA_APP").as_deref() != Ok("required"), "the browser app: {reason}");
        println!("cargo::warning=the browser app is not built in: {reason}");
        drop(fs::remove_dir_all(&built));
    }
    let table = table(&built, missing.as_deref());
    fs::write(out.join("assets.rs"), table).expect("the folder of the build takes files");
}

/// Installs what the lockfile names, where that is not done, and builds into `into`.
fn build(into: &Path) -> Result<(), String> {
    if env::var("HOSTERRA_APP").as_deref() == Ok("none") {
        return Err("HOSTERRA_APP=none left it out".to_owned());
    }
    // Asked when it runs: a build that was carried to another folder must not look into the old one.
    let app = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo names no folder")?).join("app");
    let version = output(Command::new("node").arg("--version")).ok_or("Node.js was not found")?;
    let mut numbers = version.trim().trim_start_matches('v').split('.').map_while(|part| part.parse().ok());
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < NODE_VERSION_MIN {
        let (major, minor) = NODE_VERSION_MIN;
        return Err(format!("Node.js {} is older than {major}.{minor}", version.trim()));
    }
    let (lock, installed) = (app.join("package-lock.json"), app.join("node_modules/.hosterra-lock"));
    let wanted = fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    if fs::read(&installed).ok().as_ref() != Some(&wanted) {
        let mut install = Command::new("npm");
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
        succeed(install.current_dir(&app), "npm ci")?;
        fs::write(&installed, &wanted).map_err(|error| format!("{}: {error}", installed.display()))?;
    }
    drop(fs::remove_dir_all(into));
    let mut vite = Command::new("node");
    vite.arg("node_modules/vite/bin/vite.js").args(["build", "--logLevel", "warn", "--outDir"]).arg(into);
    succeed(vite.current_dir(&app), "vite build")
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Runs `command`; its last words are the reason of a failure.
fn succeed(command: &mut Command, name: &str) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = [output.stdout, output.stderr].concat();
    let words = String::from_utf8_lossy(&words);
    let last: Vec<&str> = words.lines().rev().take(12).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(format!("{name} failed: {}", last.join(" | ")))
}

/// The Rust source of the table: files with their compressed forms, and what each entry loads.
fn table(built: &Path, missing: Option<&str>) -> String {
    let mut text = String::from("/// Every file of the app.\npub(crate) static ASSETS: &[Asset] = &[\n");
    let mut names: Vec<String> = fs::read_dir(built.join("assets"))
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    let place = |name: &str| built.join("assets").join(name);
    let bytes = |name: &str| format!("include_bytes!({:?})", place(name));
    for name in names.iter().filter(|name| !name.ends_with(".br") && !name.ends_with(".gz")) {
        let packed = |ending: &str| {
            let packed = format!("{name}.{ending}");
            if place(&packed).exists() { format!("Some({})", bytes(&packed)) } else { "None".to_owned() }
        };
        let _ = writeln!(
            text,
            "    Asset {{ name: {name:?}, plain: {}, brotli: {}, gzip: {} }},",
            bytes(name),
            packed("br"),
            packed("gz")
        );
    }
    text.push_str("];\n/// What each entry loads: entry, role, file.\npub(crate) static LOADS: &[(&str, &str, &str)] = &[\n");
    for line in fs::read_to_string(built.join("entries.txt")).unwrap_or_default().lines() {
        let mut words = line.split(' ');
        if let (Some(entry), Some(role), Some(file)) = (words.next(), words.next(), words.next()) {
            let _ = writeln!(text, "    ({entry:?}, {role:?}, {file:?}),");
        }
    }
    let _ =
        writeln!(text, "];\n/// Why there is no app.\npub(crate) const MISSING: Option<&str> = {missing:?};");
    let style = fs::read("src/page/page.css").unwrap_or_default();
    let tokens = fs::read("app/src/lib/tokens.css").unwrap_or_default();
    println!("cargo::rerun-if-changed=src/page/page.css");
    let hash = fingerprint(&[tokens, style].concat());
    let script = fs::read("src/page/passkey.js").unwrap_or_default();
    println!("cargo::rerun-if-changed=src/page/passkey.js");
    let script = fingerprint(&script);
    let _ = writeln!(text, "/// Names the script of server-made pages by what it holds.");
    let _ = writeln!(text, "pub(crate) const SCRIPT_PATH: &str = \"/assets/passkey-{script:016x}.js\";");
    let _ = writeln!(text, "/// Names the style of server-made pages by what it holds.");
    let _ = writeln!(text, "pub(crate) const STYLE_PATH: &str = \"/assets/page-{hash:016x}.css\";");
    text
}

/// FNV-1a, 64 bits: tells versions of our own files apart, protects nothing.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
