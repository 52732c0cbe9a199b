//! The real binary as a child of a test: own folder, own ports, killed with the test.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a start may take; generous, since a busy machine is no fault of ours.
const START_SECS_MAX: u64 = 60;

/// Where the servers listen.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// Panel and API.
    pub http: u16,
    /// Mail from other hosts.
    pub smtp: u16,
    /// STARTTLS.
    pub submission: u16,
    /// TLS.
    pub submissions: u16,
    /// STARTTLS.
    pub imap: u16,
    /// TLS.
    pub imaps: u16,
}

/// A running platform.
pub struct Node {
    /// Everything it keeps.
    pub folder: PathBuf,
    /// Where it listens.
    pub ports: Ports,
    child: Option<Child>,
    is_mine: bool,
    environment: Vec<(String, String)>,
}

/// The binary, where the test run has built it; `None` (said loudly) where it has not.
pub fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("HOSTERRA_BIN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/hosterra"),
        PathBuf::from,
    );
    if path.exists() {
        return Some(path);
    }
    skipped("the binary is not built; `cargo build -p node` or `cargo xtask test`");
    None
}

/// Says that a test did not test.
pub fn skipped(reason: &str) {
    drop(writeln!(std::io::stderr(), "SKIPPED: {reason}"));
}

/// Whether a program is installed; said loudly where not.
pub fn has_program(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| folder.join(name).exists());
    if !found {
        skipped(&format!("{name} is not installed"));
    }
    found
}

/// A Python with modules such as `dkim, nacl`; said loudly where there is none.
///
/// That of the test run goes first. Debian's packages belong to Debian's Python, which need not be the first on the path.
pub fn python_with(modules: &str) -> Option<String> {
    let own = std::env::var("HOSTERRA_PYTHON").ok();
    let known = ["python3", "/usr/bin/python3"].map(str::to_owned);
    let found = own.into_iter().chain(known).find(|python| {
        let import = format!("import {modules}");
        let output = Command::new(python).args(["-c", &import]).output();
        output.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        skipped(&format!("there is no Python with {modules}"));
    }
    found
}

impl Node {
    /// Starts a fresh platform with the demo account in a new folder.
    pub fn start(name: &str) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("hosterra-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).expect("a folder");
        Self::start_in(&folder, "").map(|mut node| {
            node.is_mine = true;
            node
        })
    }

    /// Starts in a folder that exists, with further lines of configuration.
    pub fn start_in(folder: &Path, configuration: &str) -> Option<Self> {
        Self::start_under(folder, configuration, Vec::new())
    }

    /// The same with further variables of the environment.
    pub fn start_under(
        folder: &Path,
        configuration: &str,
        environment: Vec<(String, String)>,
    ) -> Option<Self> {
        binary()?;
        let ports = Ports {
            http: free_port(),
            smtp: free_port(),
            submission: free_port(),
            submissions: free_port(),
            imap: free_port(),
            imaps: free_port(),
        };
        // Nothing leaves a test that does not say where to.
        let outbound =
            if configuration.contains("[outbound]") { "" } else { "[outbound]\nenabled = false\n" };
        let listen = format!(
            "data = \"{}\"\n{configuration}\n{outbound}[listen]\nhttp = [\"127.0.0.1:{}\"]\nsmtp = [\"127.0.0.1:{}\"]\nsubmission = [\"127.0.0.1:{}\"]\n\
             submissions = [\"127.0.0.1:{}\"]\nimap = [\"127.0.0.1:{}\"]\nimaps = [\"127.0.0.1:{}\"]\n",
            folder.join("data").display(),
            ports.http,
            ports.smtp,
            ports.submission,
            ports.submissions,
            ports.imap,
            ports.imaps
        );
        fs::write(folder.join("hosterra.toml"), listen).expect("a configuration");
        let mut node = Self { folder: folder.to_owned(), ports, child: None, is_mine: false, environment };
        node.restart();
        Some(node)
    }

    /// Starts it, again if need be, and waits until it takes mail.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log =
            fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log")).expect("a log");
        let child = Command::new(binary().expect("the binary"))
            .args(["serve", "--config"])
            .arg(self.folder.join("hosterra.toml"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        self.child = Some(child);
        let start = Instant::now();
        while !self.is_ready() {
            assert!(
                start.elapsed() < Duration::from_secs(START_SECS_MAX),
                "not ready; its log:\n{}",
                self.log()
            );
            let exited = self.child.as_mut().expect("started").try_wait().expect("a child");
            assert!(exited.is_none(), "it ended ({exited:?}); its log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a child of ours");
            child.wait().expect("a child of ours");
        }
    }

    /// The process.
    pub fn process_id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Runs another command of the binary on the same configuration.
    pub fn command(&self, arguments: &[&str]) -> Output {
        Command::new(binary().expect("the binary"))
            .args(arguments)
            .arg("--config")
            .arg(self.folder.join("hosterra.toml"))
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs")
    }

    /// Registers an operator with a password.
    pub fn operator(&self, login: &str, password: &str) {
        let mut child = Command::new(binary().expect("the binary"))
            .args(["operator", login, "--config"])
            .arg(self.folder.join("hosterra.toml"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(password.as_bytes()).expect("written");
        drop(input);
        assert!(child.wait().expect("a child of ours").success(), "the operator is registered");
    }

    /// What it said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn is_ready(&self) -> bool {
        [self.ports.http, self.ports.smtp, self.ports.imaps, self.ports.submission].into_iter().all(|port| {
            TcpStream::connect_timeout(
                &SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                Duration::from_millis(200),
            )
            .is_ok()
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
        if self.is_mine && !std::thread::panicking() {
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Ports below those that systems give to whoever calls others (Linux: from 32 768; RFC 6335: from 49 152): what is told here
/// nobody takes by chance until it is listened on.
const FREE_PORTS: std::ops::Range<u16> = 10_000..32_000;

/// The ports that this process was told, each a locked file: tests run as processes of their own.
static OWN_PORTS: Mutex<Vec<fs::File>> = Mutex::new(Vec::new());

/// A port of loopback that nobody holds now, for TCP and UDP, and that no other test is told until this one has ended: a node that
/// is killed finds it again.
pub fn free_port() -> u16 {
    let folder = std::env::temp_dir().join("hosterra-ports");
    fs::create_dir_all(&folder).expect("a folder");
    loop {
        let chance = RandomState::new().build_hasher().finish();
        let place = chance % u64::from(FREE_PORTS.end - FREE_PORTS.start);
        let port = FREE_PORTS.start + u16::try_from(place).expect("within the ports");
        let file = fs::File::create(folder.join(port.to_string())).expect("a file");
        let address = (Ipv4Addr::LOCALHOST, port);
        if file.try_lock().is_ok() && TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            OWN_PORTS.lock().unwrap_or_else(PoisonError::into_inner).push(file);
            return port;
        }
    }
}
