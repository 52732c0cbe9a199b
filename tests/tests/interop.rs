//! Clients that nobody here wrote, against the real binary with its demo account.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tests::node::{Node, binary, free_port, has_program, python_with, skipped};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

/// Runs a client; its words are the message of a failure.
fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the program runs");
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn swaks(port: u16) -> Command {
    let mut command = Command::new("swaks");
    command.args([
        "--server",
        "127.0.0.1",
        "--port",
        &port.to_string(),
        "--timeout",
        "30s",
        "--helo",
        "client.example",
    ]);
    command
}

/// Delivers one message for alice from another host.
fn deliver(node: &Node, subject: &str) {
    run(swaks(node.ports.smtp)
        .args(["--from", "friend@elsewhere.example", "--to", "alice@demo.example"])
        .args(["--header", &format!("Subject: {subject}")]));
}

#[test]
fn swaks_delivers_and_submits() {
    if !has_program("swaks") {
        return;
    }
    let Some(node) = Node::start("swaks") else { return };
    deliver(&node, "from outside");
    deliver_to_nobody(&node);
    let login = ["--auth-user", "alice@demo.example", "--auth-password", "demo-password"];
    let letter = ["--from", "alice@demo.example", "--to", "bob@demo.example"];
    for mechanism in ["PLAIN", "LOGIN"] {
        run(swaks(node.ports.submission).arg("--tls").args(["--auth", mechanism]).args(login).args(letter));
        run(swaks(node.ports.submissions)
            .arg("--tls-on-connect")
            .args(["--auth", mechanism])
            .args(login)
            .args(letter));
    }
    let as_another = ["--from", "bob@demo.example", "--to", "bob@demo.example"];
    let refused = swaks(node.ports.submission)
        .arg("--tls")
        .args(["--auth", "PLAIN"])
        .args(login)
        .args(as_another)
        .output();
    assert!(!refused.expect("swaks runs").status.success(), "alice wrote as bob");
    let elsewhere = ["--from", "alice@demo.example", "--to", "friend@elsewhere.example"];
    let queued =
        run(swaks(node.ports.submission).arg("--tls").args(["--auth", "PLAIN"]).args(login).args(elsewhere));
    let words = String::from_utf8_lossy(&queued.stdout).to_lowercase();
    assert!(words.contains("queued"), "the reply does not say that the message waits: {words}");
}

fn deliver_to_nobody(node: &Node) {
    let output = swaks(node.ports.smtp)
        .args(["--from", "friend@elsewhere.example", "--to", "nobody@demo.example"])
        .output()
        .expect("swaks runs");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("550 5.1.1"),
        "an unknown recipient is not refused at RCPT"
    );
    let relay = swaks(node.ports.smtp)
        .args(["--from", "friend@elsewhere.example", "--to", "x@third.example"])
        .output()
        .expect("swaks runs");
    assert!(String::from_utf8_lossy(&relay.stdout).contains("550 5.7.1"), "an open relay");
}

#[test]
fn reports_made_by_others_are_kept_counted_or_dropped_with_a_reason() {
    if !has_program("python3") {
        return;
    }
    let Some(node) = Node::start("reports") else { return };
    let ports = [node.ports.http, node.ports.smtp, node.ports.submission];
    run(Command::new("python3")
        .arg(folder().join("reports_session.py"))
        .args(ports.map(|port| port.to_string())));
}

#[test]
fn a_ticket_is_answered_by_mail_with_files() {
    if !has_program("python3") {
        return;
    }
    let Some(node) = Node::start("ticket") else { return };
    node.operator("chief", "a long password of chief");
    let ports = [node.ports.http, node.ports.smtp, node.ports.imaps];
    run(Command::new("python3")
        .arg(folder().join("ticket_session.py"))
        .args(ports.map(|port| port.to_string())));
}

#[test]
fn limits_are_told_before_they_bite() {
    if !has_program("python3") {
        return;
    }
    let Some(node) = Node::start("limits") else { return };
    node.operator("chief", "a long password of chief");
    let ports = [node.ports.http, node.ports.submission, node.ports.imaps, node.ports.smtp];
    run(Command::new("python3")
        .arg(folder().join("limits_session.py"))
        .args(ports.map(|port| port.to_string())));
}

#[test]
fn imaplib_reads_flags_moves_appends_deletes_and_idles() {
    if !has_program("python3") {
        return;
    }
    let Some(node) = Node::start("imaplib") else { return };
    run(Command::new("python3")
        .arg(folder().join("imaplib_session.py"))
        .args([node.ports.imaps.to_string(), node.ports.imap.to_string()]));
}

#[test]
fn imapflow_reads_flags_moves_appends_deletes_and_idles() {
    let modules =
        std::env::var("HOSTERRA_NODE_MODULES").map_or_else(|_| folder().join("node_modules"), PathBuf::from);
    if !has_program("node") {
        return;
    }
    if !modules.join("imapflow").exists() {
        skipped("imapflow is not installed (npm ci in tests/interop)");
        return;
    }
    let Some(node) = Node::start("imapflow") else { return };
    run(Command::new("node")
        .arg(folder().join("imapflow_session.mjs"))
        .arg(node.ports.imaps.to_string())
        .arg(&modules));
}

/// Messages in a Maildir.
fn maildir_count(folder: &Path) -> usize {
    ["cur", "new"].iter().filter_map(|sub| fs::read_dir(folder.join(sub)).ok()).map(Iterator::count).sum()
}

#[test]
fn mbsync_pulls_pushes_and_deletes() {
    if !has_program("mbsync") || !has_program("swaks") {
        return;
    }
    let Some(node) = Node::start("mbsync") else { return };
    for number in 0..5 {
        deliver(&node, &format!("number {number}"));
    }
    let local = node.folder.join("maildir");
    fs::create_dir_all(&local).expect("a folder");
    let configuration = format!(
        "IMAPAccount demo\nHost 127.0.0.1\nPort {}\nUser alice@demo.example\nPass demo-password\nSSLType IMAPS\n\
         CertificateFile {}\n\nIMAPStore remote\nAccount demo\n\nMaildirStore local\nSubFolders Verbatim\n\
         Path {local}/\nInbox {local}/INBOX\n\nChannel all\nFar :remote:\nNear :local:\nPatterns *\nCreate Both\nExpunge Both\n\
         SyncState *\nSync All\n",
        node.ports.imaps,
        node.folder.join("data/self-signed.crt").display(),
        local = local.display(),
    );
    let configuration_path = node.folder.join("mbsyncrc");
    fs::write(&configuration_path, configuration).expect("a configuration");
    let sync = || run(Command::new("mbsync").arg("-c").arg(&configuration_path).arg("-a"));
    sync();
    assert_eq!(maildir_count(&local.join("INBOX")), 5);
    // What is written here goes there; what is deleted here is deleted there.
    fs::create_dir_all(local.join("Sent/new")).expect("a folder");
    fs::write(
        local.join("Sent/new/1700000000.1.host"),
        "From: alice@demo.example\nSubject: pushed\nMessage-ID: <pushed@demo.example>\n\npushed\n",
    )
    .expect("a message");
    let first = fs::read_dir(local.join("INBOX/new"))
        .expect("new mail")
        .chain(fs::read_dir(local.join("INBOX/cur")).expect("mail"))
        .next()
        .expect("a message")
        .expect("a message")
        .path();
    fs::remove_file(first).expect("a message");
    sync();
    sync();
    let second = node.folder.join("second");
    fs::create_dir_all(&second).expect("a folder");
    let text = fs::read_to_string(&configuration_path).expect("written above");
    fs::write(&configuration_path, text.replace(&local.display().to_string(), &second.display().to_string()))
        .expect("a configuration");
    sync();
    assert_eq!(maildir_count(&second.join("INBOX")), 4, "a deletion did not reach the server");
    assert_eq!(maildir_count(&second.join("Sent")), 1, "a local message did not reach the server");
}

#[test]
fn offlineimap_pulls_into_a_maildir() {
    if !has_program("offlineimap") || !has_program("swaks") {
        return;
    }
    let Some(node) = Node::start("offlineimap") else { return };
    for number in 0..3 {
        deliver(&node, &format!("number {number}"));
    }
    let local = node.folder.join("offline");
    let configuration = format!(
        "[general]\naccounts = demo\nmetadata = {metadata}\nui = basic\n[Account demo]\nlocalrepository = local\n\
         remoterepository = remote\n[Repository local]\ntype = Maildir\nlocalfolders = {local}\n[Repository remote]\n\
         type = IMAP\nremotehost = localhost\nremoteport = {port}\nremoteuser = alice@demo.example\n\
         remotepass = demo-password\nssl = yes\nsslcacertfile = {certificate}\n",
        metadata = node.folder.join("offline-metadata").display(),
        local = local.display(),
        port = node.ports.imaps,
        certificate = node.folder.join("data/self-signed.crt").display(),
    );
    let path = node.folder.join("offlineimaprc");
    fs::write(&path, configuration).expect("a configuration");
    run(Command::new("offlineimap").arg("-c").arg(&path).args(["-o", "-1"]));
    assert_eq!(maildir_count(&local.join("INBOX")), 3);
    assert!(local.join("Sent").exists() && local.join("Archive").exists());
}

#[test]
fn a_real_dns_server_proves_a_domain() {
    if !has_program("dnsmasq") && !Path::new("/usr/sbin/dnsmasq").exists() || !has_program("python3") {
        return;
    }
    let dns = free_port();
    let folder = std::env::temp_dir().join(format!("hosterra-proof-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let Some(mut node) = Node::start_in(&folder, &format!("dns.servers = [\"127.0.0.1:{dns}\"]")) else {
        return;
    };
    node.kill();
    node.operator("chief", "a long password");
    node.restart();
    let paths = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    run(Command::new("python3")
        .arg(self::folder().join("proof_session.py"))
        .args([node.ports.http.to_string(), dns.to_string(), "chief".to_owned()])
        .env("PATH", paths));
    drop(node);
    drop(fs::remove_dir_all(&folder));
}

#[test]
fn submitted_mail_is_signed_by_keys_that_dns_shows() {
    let Some(python) = python_with("dkim, nacl") else { return };
    if !Path::new("/usr/sbin/dnsmasq").exists() {
        return skipped("dnsmasq is not installed");
    }
    let dns = free_port();
    let folder = std::env::temp_dir().join(format!("hosterra-signing-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let sink = free_port();
    let configuration = format!(
        "dns.servers = [\"127.0.0.1:{dns}\"]\n[inbound]\ntrusted_networks = []\ngreylisting = false\n\
         greeting_wait_ms = 0\nseals_forwards = true\n[outbound]\nport = {sink}\nallow_loopback = true\n"
    );
    let Some(node) = Node::start_in(&folder, &configuration) else {
        return;
    };
    let paths = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let ports = [node.ports.http, node.ports.submission, node.ports.imap, dns, node.ports.smtp, sink];
    run(Command::new(python)
        .arg(self::folder().join("signing_session.py"))
        .args(ports.map(|port| port.to_string()))
        .env("PATH", paths));
    drop(node);
    drop(fs::remove_dir_all(&folder));
}

#[test]
fn the_zone_of_signing_keys_is_kept_for_a_real_dns_server() {
    let Some(python) = python_with("dkim, nacl, dns.query") else { return };
    if !Path::new("/usr/sbin/nsd").exists() {
        return skipped("nsd is not installed");
    }
    let dns = free_port();
    let folder = std::env::temp_dir().join(format!("hosterra-key-zone-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    let zone = folder.join("zone");
    fs::create_dir_all(&zone).expect("a folder");
    let configuration = format!(
        "dns.servers = [\"127.0.0.1:{dns}\"]\n[dkim]\nzone = \"keys.example\"\nzone_file = \"{}\"\n\
         name_servers = [\"ns.elsewhere.example\"]\n",
        zone.join("keys.zone").display()
    );
    let Some(node) = Node::start_in(&folder, &configuration) else { return };
    let paths = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let ports = [node.ports.http, node.ports.submission, node.ports.imap, dns];
    run(Command::new(python)
        .arg(self::folder().join("key_zone_session.py"))
        .args(ports.map(|port| port.to_string()))
        .arg(&zone)
        .env("PATH", paths));
    drop(node);
    drop(fs::remove_dir_all(&folder));
}

/// Runs a step of `dnssec_session.py`.
fn dnssec(python: &str, step: &str, folder: &Path, ports: &[u16]) {
    let paths = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    run(Command::new(python)
        .arg(self::folder().join("dnssec_session.py"))
        .args([step, &folder.join("zones").display().to_string()])
        .args(ports.iter().map(u16::to_string))
        .env("PATH", paths));
}

#[test]
fn trust_anchors_of_ones_own_prove_who_takes_mail_and_nothing_else_does() {
    let Some(python) = python_with("aiosmtpd") else { return };
    if !Path::new("/usr/sbin/nsd").exists() || !has_program("ldns-signzone") || !has_program("openssl") {
        return skipped("nsd or ldnsutils are not installed");
    }
    let (dns, sink) = (free_port(), free_port());
    let folder = std::env::temp_dir().join(format!("hosterra-dnssec-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    dnssec(&python, "sign", &folder, &[sink]);
    let set = |key: &str| {
        let key = folder.join("zones").join(key);
        format!(
            "[dns]\nservers = [\"127.0.0.1:{dns}\"]\nvalidate = true\ntrust_anchors = \"{}\"\n[outbound]\nport = {sink}\n\
             allow_loopback = true\n",
            key.display()
        )
    };
    for (key, step) in [("own.key", "deliver"), ("strange.key", "believe-nobody")] {
        let Some(node) = Node::start_in(&folder, &set(key)) else { return };
        dnssec(&python, step, &folder, &[sink, dns, node.ports.http, node.ports.submission]);
    }
    // What cannot be believed stops the start, with the name of the file.
    fs::write(folder.join("zones/broken.key"), ". IN DNSKEY 257 3 13 nonsense!\n").expect("written");
    for key in ["broken.key", "missing.key"] {
        let path = folder.join("refused.toml");
        fs::write(&path, format!("data = \"{}\"\n{}", folder.join("data").display(), set(key)))
            .expect("written");
        let binary = binary().expect("the binary");
        let refused = Command::new(binary).args(["serve", "--config"]).arg(path).output().expect("it runs");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && said.contains("dns.trust_anchors") && said.contains(key),
            "{said}"
        );
    }
    drop(fs::remove_dir_all(&folder));
}

/// Reports leave once a day; what was counted is made two days old while nothing runs.
#[test]
fn reports_that_we_send_are_read_by_others_to_the_letter() {
    let Some(python) = python_with("aiosmtpd, dkim, parsedmarc, dmarc.report") else { return };
    if !Path::new("/usr/sbin/nsd").exists() || !has_program("ldns-signzone") || !has_program("openssl") {
        return skipped("nsd or ldnsutils are not installed");
    }
    let (dns, sink) = (free_port(), free_port());
    let folder = std::env::temp_dir().join(format!("hosterra-sent-reports-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let zones = folder.join("zones");
    let paths = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let command = |step: &str, rest: &[String]| {
        let mut command = Command::new(&python);
        command.arg(self::folder().join("sent_reports_session.py"));
        command.args([step, &zones.display().to_string(), &sink.to_string()]).args(rest).env("PATH", &paths);
        command
    };
    let session = |step: &str, rest: &[String]| run(&mut command(step, rest));
    session("sign", &[]);
    let configuration = format!(
        "[dns]\nservers = [\"127.0.0.1:{dns}\"]\nvalidate = true\ntrust_anchors = \"{}\"\n[inbound]\ntrusted_networks = []\n\
         greylisting = false\ngreeting_wait_ms = 0\ndmarc_exempt_domains = [\"exempt.example\"]\n[inbound.dmarc_reports]\n\
         from = \"dmarc-noreply@demo.example\"\norganization = \"Demo Post\"\n[outbound]\nport = {sink}\n\
         allow_loopback = true\n[outbound.tls_reports]\nfrom = \"tls-noreply@demo.example\"\norganization = \"Demo Post\"\n",
        zones.join("own.key").display()
    );
    let Some(mut node) = Node::start_in(&folder, &configuration) else { return };
    let ports = [dns, node.ports.http, node.ports.submission, node.ports.smtp].map(|port| port.to_string());
    session("collect", &ports);
    node.kill();
    session("age", &[folder.join("data/mail.db").display().to_string()]);
    let judge = command("judge", &ports).stderr(Stdio::piped()).spawn().expect("it starts");
    let deadline = Instant::now() + Duration::from_secs(120);
    while !zones.join("serving").exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
    }
    node.restart();
    let judged = judge.wait_with_output().expect("it ends");
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    drop(node);
    drop(fs::remove_dir_all(&folder));
}

#[test]
fn mail_leaves_through_a_foreign_relay_with_the_login_that_its_domain_has_set() {
    // Debian's package belongs to Debian's Python, which need not be the first one.
    let imports = |python: &&str| {
        let has = Command::new(python).args(["-c", "import aiosmtpd"]).output();
        has.is_ok_and(|output| output.status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(imports) else {
        return skipped("aiosmtpd is not installed");
    };
    if !Path::new("/usr/sbin/dnsmasq").exists() || !has_program("openssl") {
        return skipped("dnsmasq or openssl is not installed");
    }
    let folder = std::env::temp_dir().join(format!("hosterra-relay-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let script = self::folder().join("relay_session.py");
    run(Command::new(python).arg(&script).arg("prepare").arg(&folder));
    let (dns, relay) = (free_port(), free_port());
    let configuration = format!(
        "dns.servers = [\"127.0.0.1:{dns}\"]\n[outbound]\nallow_loopback = true\nauthorities = \"{}\"\n",
        folder.join("ca.pem").display()
    );
    let Some(node) = Node::start_in(&folder, &configuration) else { return };
    let paths = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let ports = [node.ports.http, node.ports.submission, dns, relay];
    run(Command::new(python)
        .arg(script)
        .arg(&folder)
        .args(ports.map(|port| port.to_string()))
        .env("PATH", paths));
    assert!(
        !node.log().contains("wrong") && !node.log().contains("us@demo.example"),
        "secrets stay out of logs"
    );
    drop(node);
    drop(fs::remove_dir_all(&folder));
}

#[test]
fn what_is_taken_back_ends_those_who_are_in_by_it() {
    if !has_program("python3") {
        return;
    }
    let Some(node) = Node::start("revocation") else { return };
    run(Command::new("python3").arg(folder().join("revocation_session.py")).args([
        node.ports.http.to_string(),
        node.ports.imap.to_string(),
        node.ports.submission.to_string(),
    ]));
}

#[test]
fn the_master_key_is_replaced_and_everything_still_opens() {
    let Some(mut node) = Node::start("master-key") else { return };
    if !has_program("swaks") {
        return;
    }
    deliver(&node, "before");
    let refused = node.command(&["rotate-master-key"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is served already"), "{refused:?}");
    node.kill();
    let path = fs::read_dir(&node.folder).expect("a folder").flatten().map(|entry| entry.path());
    let keys: Vec<PathBuf> = path.filter(|path| path.join("master.key").exists()).collect();
    let key = keys.first().map_or(node.folder.join("master.key"), |data| data.join("master.key"));
    let before = fs::read_to_string(&key).expect("a key");
    let replaced = node.command(&["rotate-master-key"]);
    assert!(replaced.status.success(), "{}", String::from_utf8_lossy(&replaced.stderr));
    assert_ne!(fs::read_to_string(&key).expect("a key"), before);
    let verified = node.command(&["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    // An interruption is named at the next start, and the old key opens nothing.
    let next = key.with_extension("key.next");
    fs::write(&next, &before).expect("written");
    let refused = node.command(&["verify"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("interrupted"), "{refused:?}");
    fs::remove_file(&next).expect("removed");
    node.restart();
    deliver(&node, "after");
}

#[test]
fn an_erased_person_is_named_nowhere_any_more() {
    if !has_program("python3") {
        return;
    }
    let Some(mut node) = Node::start("erase") else { return };
    node.kill();
    node.operator("chief", "a long password");
    node.restart();
    let session = |node: &Node, step: &str| {
        run(Command::new("python3").arg(folder().join("erase_session.py")).args([
            node.ports.http.to_string(),
            "chief".to_owned(),
            step.to_owned(),
        ]));
    };
    session(&node, "erase");
    node.kill();
    let verified = node.command(&["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    // The log is read from its beginning without the key.
    node.restart();
    session(&node, "after a restart");
}

/// What the public suites for checks of incoming mail say of `hosterra check`.
#[test]
fn the_public_suites_of_spf_arc_and_dkim_agree() {
    let (Some(python), Some(binary)) = (python_with("dkim, nacl, yaml"), binary()) else { return };
    for suite in ["spf", "arc", "dkim"] {
        run(Command::new(&python).arg(folder().join("suites.py")).arg(&binary).arg(suite));
    }
}

#[test]
fn webhooks_are_verified_by_a_stranger_and_survive_a_power_cut() {
    if !has_program("python3") {
        return;
    }
    let Some(mut node) = Node::start("webhook") else { return };
    node.operator("webhook-operator", "webhook-operator");
    // Registered while the server does not know it yet: the operator is heard of within the sweep.
    let receiver = free_port();
    let kept = node.folder.join("webhook.json");
    let session = |node: &Node, phase: &str| {
        run(Command::new("python3")
            .arg(folder().join("webhook_session.py"))
            .args([node.ports.http.to_string(), receiver.to_string(), phase.to_owned()])
            .arg(&kept));
    };
    session(&node, "register");
    // Nobody listens there, so that deliveries fail; then the lights go out.
    std::thread::sleep(Duration::from_millis(500));
    node.kill();
    node.restart();
    session(&node, "receive");
}

#[test]
fn clients_are_set_up_without_telling_which_addresses_exist() {
    if !has_program("python3") || !has_program("openssl") {
        return;
    }
    let Some(node) = Node::start("setup") else { return };
    run(Command::new("python3")
        .arg(folder().join("setup_session.py"))
        .args([node.ports.http.to_string(), node.ports.imaps.to_string()]));
}

#[test]
fn calendars_and_contacts_are_set_up_where_the_operator_names_their_server() {
    if !has_program("python3") || !has_program("openssl") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("hosterra-dav-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let place = "https://dav.example.com:8443/SOGo/dav/";
    let Some(node) = Node::start_in(&folder, &format!("public.dav = \"{place}\"")) else { return };
    run(Command::new("python3").arg(self::folder().join("setup_session.py")).args([
        node.ports.http.to_string(),
        node.ports.imaps.to_string(),
        place.to_owned(),
    ]));
    drop(node);
    drop(fs::remove_dir_all(&folder));
}

#[test]
fn a_calendar_server_elsewhere_is_found_and_recognises_people_by_asking_imap() {
    if !has_program("openssl") {
        return;
    }
    let Some(python) = python_with("radicale") else { return };
    let folder = std::env::temp_dir().join(format!("hosterra-radicale-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let port = free_port();
    let Some(node) = Node::start_in(&folder, &format!("public.dav = \"https://localhost:{port}/\"")) else {
        return;
    };
    run(Command::new(python)
        .arg(self::folder().join("calendar_session.py"))
        .args([node.ports.http, node.ports.imaps, port].map(|port| port.to_string()))
        .arg(folder.join("data/self-signed.crt")));
    drop(node);
    drop(fs::remove_dir_all(&folder));
}

#[test]
fn thunderbird_sets_itself_up_by_address_and_password() {
    if !has_program("python3") || !has_program("thunderbird") || !has_program("timeout") {
        return;
    }
    let Some(node) = Node::start("thunderbird") else { return };
    deliver(&node, "for thunderbird");
    run(Command::new("timeout").args(["180", "python3"]).arg(folder().join("thunderbird_session.py")).args(
        [
            node.ports.http.to_string(),
            "alice@demo.example".to_owned(),
            "demo-password".to_owned(),
            "for thunderbird".to_owned(),
        ],
    ));
}

#[test]
fn the_records_of_a_domain_are_held_against_a_real_dns_server() {
    if !has_program("dnsmasq") && !Path::new("/usr/sbin/dnsmasq").exists() || !has_program("python3") {
        return;
    }
    let dns = free_port();
    let folder = std::env::temp_dir().join(format!("hosterra-records-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    let configuration =
        format!("dns.servers = [\"127.0.0.1:{dns}\"]\npublic.dav = \"https://dav.hosts.example/dav/\"");
    let Some(node) = Node::start_in(&folder, &configuration) else { return };
    let paths = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    run(Command::new("python3")
        .arg(self::folder().join("records_session.py"))
        .args([node.ports.http.to_string(), dns.to_string()])
        .env("PATH", paths));
    drop(node);
    drop(fs::remove_dir_all(&folder));
}
