//! What the tests need and the project is not: found, or installed by name.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Programs with the Debian package that brings them and the suite that needs them.
const DEBIAN: &[(&str, &str, &str)] = &[
    ("pg_ctlcluster", "postgresql", "postgres"),
    ("psql", "postgresql-client", "crash: two nodes on one PostgreSQL"),
    ("mbsync", "isync", "interop: mbsync"),
    ("swaks", "swaks", "interop: swaks"),
    ("offlineimap", "offlineimap3", "interop: offlineimap3"),
    ("python3", "python3-venv", "interop: imaplib, proof of a domain, dkimpy"),
    ("dnsmasq", "dnsmasq-base", "interop: proof of a domain"),
    ("nsd", "nsd", "interop: trust anchors of one's own, zone of signing keys"),
    ("ldns-signzone", "ldnsutils", "interop: trust anchors of one's own"),
    ("faketime", "faketime", "crash: two nodes whose clocks are an hour apart"),
    ("node", "nodejs", "app: the browser app is built by Node.js"),
    ("npm", "npm", "app: its packages"),
    // Without windows of its own it takes less than half of the time.
    ("chromium-headless-shell", "chromium-headless-shell", "browser"),
    ("openssl", "openssl", "interop: signed profiles"),
    ("thunderbird", "thunderbird", "interop: thunderbird"),
    ("aiosmtpd", "python3-aiosmtpd", "outbound, interop: a mail host by others"),
];

/// Packages of the Python index that judge what we sign and report and sign what we judge, and that keep calendars, with what
/// they need.
const PYTHON: &[&str] = &[
    "dkimpy==1.1.8",
    "pynacl==1.6.2",
    "pyyaml==6.0.3",
    "aiosmtpd==1.4.6",
    "parsedmarc==11.1.0",
    "dmarc==1.2.1",
    "xmlschema==4.3.2",
    "radicale==3.9.0",
];
/// What they bring, to be found again.
const PYTHON_MODULES: &str = "import dkim, nacl, yaml, aiosmtpd, parsedmarc, dmarc.report, radicale";

/// What is there.
pub(crate) struct Packages {
    pub(crate) has_nextest: bool,
    pub(crate) has_deny: bool,
    /// Whether the browser app can be built and checked.
    pub(crate) has_app_tools: bool,
    /// Whether its journeys can be gone.
    pub(crate) has_browser: bool,
    node_modules: PathBuf,
    python: PathBuf,
    missing: Vec<(&'static str, &'static str)>,
}

impl Packages {
    /// Looks for everything and installs what is missing, unless told not to.
    pub(crate) fn find(no_install: bool, root: &Path) -> Self {
        let absent = |program: &str| !has_program(program);
        let wanted: Vec<&str> =
            DEBIAN.iter().filter(|row| absent(row.0) && !has_server(row.0)).map(|row| row.1).collect();
        if !no_install && !wanted.is_empty() && has_program("apt-get") {
            println!("== installing {}", wanted.join(" "));
            succeeds(Command::new("apt-get").args(["update", "-qq"]));
            let mut install = Command::new("apt-get");
            install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(&wanted);
            // swaks speaks TLS only with these.
            install.args(["libnet-ssleay-perl", "libio-socket-ssl-perl"]);
            succeeds(install.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()));
        }
        let modules = root.join("tests/interop/node_modules");
        for (folder, package) in [("tests/interop", "imapflow"), ("tests/browser", "playwright-core")] {
            let is_there = root.join(folder).join("node_modules").join(package).exists();
            if no_install || is_there || !has_program("npm") {
                continue;
            }
            println!("== installing the npm packages of {folder}");
            let mut install = Command::new("npm");
            install.args(["ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]);
            succeeds(install.current_dir(root.join(folder)));
        }
        let has_app_tools = has_program("node") && has_program("npm");
        let has_browser = (has_program("chromium-headless-shell") || has_program("chromium"))
            && root.join("tests/browser/node_modules/playwright-core").exists();
        let environment = root.join("target/python");
        let python = environment.join("bin/python");
        let has_modules =
            || succeeds(Command::new(&python).args(["-c", PYTHON_MODULES]).stderr(Stdio::null()));
        if !no_install && !has_modules() && has_program("python3") {
            println!("== installing {}", PYTHON.join(" "));
            succeeds(Command::new("python3").args(["-m", "venv"]).arg(&environment));
            succeeds(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PYTHON));
        }
        let has_judges = has_modules();
        let has_deny = succeeds(
            Command::new("cargo").args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()),
        ) || !no_install
            && succeeds(Command::new("cargo").args(["install", "cargo-deny", "--locked", "--quiet"]));
        let mut missing: Vec<(&'static str, &'static str)> = DEBIAN
            .iter()
            .filter(|row| absent(row.0) && !has_server(row.0))
            .map(|row| (row.2, "the Debian package is missing and could not be installed"))
            .collect();
        if !modules.join("imapflow").exists() {
            missing.push(("interop: imapflow", "the npm package is missing and could not be installed"));
        }
        if !has_judges {
            missing.push((
                "signatures judged by dkimpy, reports by parsedmarc, public suites",
                "the Python packages could not be installed",
            ));
        }
        if !has_browser {
            missing.push((
                "browser",
                "Chromium or the npm packages of tests/browser are missing and could not be installed",
            ));
        }
        if !has_deny {
            missing.push(("deny", "cargo-deny is missing and could not be installed; licences are checked by tests/tidy all the same"));
        }
        let mut nextest = Command::new("cargo");
        let has_nextest =
            succeeds(nextest.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()));
        Self { has_nextest, has_deny, has_app_tools, has_browser, node_modules: modules, python, missing }
    }

    /// Suites that cannot run, with the reason.
    pub(crate) fn missing(&self) -> &[(&'static str, &'static str)] {
        &self.missing
    }

    /// The Python that has the packages of [`PYTHON`].
    pub(crate) fn python(&self) -> &Path {
        &self.python
    }

    /// Where the npm packages are.
    pub(crate) fn node_modules(&self) -> &Path {
        &self.node_modules
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn has_program(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(name).exists())
}

/// PostgreSQL's own programs stand outside the path on Debian.
fn has_server(program: &str) -> bool {
    program == "pg_ctlcluster"
        && ["/usr/local/bin/initdb", "/usr/bin/initdb"].iter().any(|path| Path::new(path).exists())
}
