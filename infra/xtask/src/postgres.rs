//! A PostgreSQL server of the tests' own, on a temporary folder, ended with the run.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// A running server.
pub(crate) struct Postgres {
    folder: PathBuf,
    binaries: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a cluster in a fresh folder and starts it on loopback.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let binaries = find_binaries().context("PostgreSQL (initdb, pg_ctl) is not installed")?;
        let folder = std::env::temp_dir().join(format!("hosterra-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).context("making a folder")?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).context("opening the folder")?;
        let port = TcpListener::bind("127.0.0.1:0").context("finding a port")?.local_addr()?.port();
        let server = Self { folder, binaries, port };
        let data = server.folder.join("data");
        let data = data.to_str().context("a folder named in UTF-8")?;
        server.run("initdb", &["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"])?;
        server.certify()?;
        let options = format!(
            "-c listen_addresses=127.0.0.1 -p {port} -k {} -c fsync=off -c max_connections=200 -c ssl=on",
            server.folder.display()
        );
        let log = server.folder.join("log");
        let log = log.to_str().context("a folder named in UTF-8")?;
        server.run("pg_ctl", &["-D", data, "-w", "-t", "60", "-l", log, "-o", &options, "start"])?;
        Ok(server)
    }

    /// Where it is reached.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The certificate that proves `localhost`, and no other name.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.join("data").join("server.crt")
    }

    /// Makes key and certificate, under the names that the server looks for.
    fn certify(&self) -> anyhow::Result<()> {
        let (key, certificate) = (self.folder.join("data").join("server.key"), self.certificate());
        let (key, certificate) = (key.to_string_lossy(), certificate.to_string_lossy());
        let how = ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
        let what = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
        // What may vouch for others proves no name itself (webpki).
        let no_authority = ["-addext", "basicConstraints=critical,CA:FALSE"];
        let where_to = ["-keyout", &key, "-out", &certificate];
        self.run("/usr/bin/openssl", &[&how[..], &what[..], &no_authority[..], &where_to[..]].concat())
    }

    /// Runs one of the server's programs; not as root, which it refuses.
    fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let path = self.binaries.join(program);
        let is_root =
            Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"));
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        let status = command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("running {program}"))?;
        if !status.success() {
            bail!("{program} failed: {status}");
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let stopped = self.run("pg_ctl", &["-D", &data.to_string_lossy(), "-m", "immediate", "-w", "stop"]);
        if let Err(error) = stopped {
            println!("PostgreSQL did not stop: {error:#}");
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn find_binaries() -> Option<PathBuf> {
    let mut candidates: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    candidates.sort();
    candidates.reverse();
    candidates.push(Path::new("/usr/local/bin").to_owned());
    candidates.push(Path::new("/usr/bin").to_owned());
    candidates.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}
