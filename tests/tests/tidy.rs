//! Rules of the house: edges between rooms, licences of the tree, words that do not belong here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::tidy::EDGES;

/// Licences that a dependency may offer; one of an `OR` is enough.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "MIT-0",
    "0BSD",
    "BSL-1.0",
    "Unlicense",
    "CDLA-Permissive-2.0",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above").to_owned()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--filter-platform=x86_64-unknown-linux-gnu", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

#[test]
fn rooms_depend_only_along_the_listed_edges() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let members: BTreeSet<&str> = packages
        .iter()
        .filter(|package| package["source"].is_null())
        .filter_map(|package| package["name"].as_str())
        .collect();
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    for package in packages.iter().filter(|package| package["source"].is_null()) {
        let name = package["name"].as_str().expect("a name");
        if matches!(name, "tests" | "benches" | "fuzz") {
            continue;
        }
        let allowed =
            allowed.get(name).unwrap_or_else(|| panic!("room `{name}` is not in the table of edges"));
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let to = dependency["name"].as_str().expect("a name");
            let is_for_tests = dependency["kind"] == "dev";
            assert!(
                !members.contains(to) || is_for_tests || allowed.contains(&to),
                "`{name}` depends on `{to}`: not in the table of edges (tests/src/tidy.rs)"
            );
        }
    }
}

#[test]
fn every_dependency_has_a_permissive_licence() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().expect("packages") {
        if package["source"].is_null() {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("none");
        let is_allowed = |expression: &str| {
            expression.split(" AND ").all(|part| {
                part.split(" OR ").any(|one| LICENCES.contains(&one.trim_matches(['(', ')', ' '])))
            })
        };
        assert!(is_allowed(&licence.replace('/', " OR ")), "{}: licence {licence}", package["name"]);
    }
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("an entry").path())
    {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if matches!(name.as_str(), "target" | "node_modules" | ".git" | "data" | "corpus" | "artifacts") {
            continue;
        }
        if entry.is_dir() {
            sources(&entry, into);
        } else if name.ends_with(".rs") {
            into.push(entry);
        }
    }
}

#[test]
fn pure_rooms_know_no_clock_and_no_chance() {
    let root = root();
    for room in ["platform/kernel", "platform/authority", "platform/hosting", "mail/message"] {
        let mut files = Vec::new();
        sources(&root.join(room).join("src"), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).expect("text");
            let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in [
                "SystemTime::now",
                "Instant::now",
                "Uuid::new_v4",
                "Uuid::now_v7",
                "getrandom",
                "std::fs",
                "tokio::",
            ] {
                assert!(!shipped.contains(word), "{} says {word}", file.display());
            }
        }
    }
}

#[test]
fn sql_stays_in_its_rooms() {
    let root = root();
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let inside = file.strip_prefix(&root).expect("inside").to_string_lossy().into_owned();
        let may_hold_sql = [
            "platform/database",
            "platform/journal",
            "platform/engine",
            "platform/webhook",
            "platform/door",
            "mail/store",
            "tests",
            "benches",
        ]
        .iter()
        .any(|room| inside.starts_with(room))
            || inside.ends_with("projection.rs")
            || inside.contains("/projection/")
            || inside.starts_with("graphql/") && inside.contains("query")
            || inside.contains("/tests/");
        if may_hold_sql {
            continue;
        }
        let text = fs::read_to_string(&file).expect("text");
        for word in ["INSERT INTO ", "DELETE FROM ", "CREATE TABLE "] {
            assert!(!text.contains(word), "{inside} holds SQL ({word})");
        }
    }
}

#[test]
fn files_stay_readable() {
    let root = root();
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let count = fs::read_to_string(&file).expect("text").lines().count();
        assert!(count <= 900, "{} has {count} lines; split it by what it holds", file.display());
    }
}
