"""Mail from outside with all its checks, beside Postfix with OpenDKIM and OpenDMARC: one run, in turn, on one machine.

    cargo build --release -p node && cargo build --release -p benches --example load
    python3 benches/inbound.py [ROUNDS] [MESSAGES]

Needs root, Debian's postfix, opendkim, opendmarc, dnsmasq-base, iproute2, and PyPI's dkimpy. Everything runs in a network
namespace of its own, whose resolver is a dnsmasq there with the records of the author's domain: SPF, a DKIM key of 2048 bits,
DMARC, reverse names. Letters are signed before; both servers store them below one temporary folder. Prints messages a second
until answered, and the processor time of servers, DNS and sender together for 1000 messages.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
NAMESPACE = "hosterra-inbound"
AUTHOR, HOST, USERS, LETTERS, OCTETS, CONNECTIONS = "author.example", "box.example", 100, 200, 30_000, 32
ROUNDS, MESSAGES = (int(word) for word in (sys.argv[1:3] + ["3", "3000"][len(sys.argv[1:3]):]))
TICKS = os.sysconf("SC_CLK_TCK")


def run(*words):
    subprocess.run(words, check=True)


def inside():
    """Runs this file again inside the namespace, where the loopback and the resolver are its own."""
    folder = pathlib.Path("/etc/netns", NAMESPACE)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.53\n")
    run("ip", "netns", "add", NAMESPACE)
    try:
        run("ip", "-n", NAMESPACE, "link", "set", "lo", "up")
        run("ip", "netns", "exec", NAMESPACE, "env", "HOSTERRA_INSIDE=1", sys.executable, *sys.argv)
    finally:
        run("ip", "netns", "del", NAMESPACE)


def times():
    """Processor time, in seconds, of every process by its id: its own and of those that it waited for."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            found[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
    return found


def spent(roots):
    """Processor time of these processes and all below them."""
    known = times()
    below, grown = set(roots), True
    while grown:
        more = {pid for pid, (parent, _) in known.items() if parent in below} - below
        below, grown = below | more, bool(more)
    return sum(known[pid][1] for pid in below if pid in known)


def wait_for(port, host="127.0.0.1"):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing listens on {port}")


def letters(folder):
    """Letters signed by the author's domain, and its key as a TXT record."""
    import dkim

    key = folder / "author.pem"
    run("openssl", "genrsa", "-out", str(key), "2048")
    public = subprocess.run(
        ["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    import base64

    made = folder / "letters"
    made.mkdir()
    line = "An ordinary line of an ordinary letter, seventy-odd octets with its end.\r\n"
    for number in range(LETTERS):
        text = (
            f"From: Ann <ann@{AUTHOR}>\r\nTo: somebody@{HOST}\r\nSubject: letter {number}\r\n"
            f"Date: Wed, 25 Nov 2026 02:23:25 -0700\r\nMessage-ID: <{number}@{AUTHOR}>\r\n\r\n"
        ) + line * (OCTETS // len(line))
        field = dkim.sign(text.encode(), b"s1", AUTHOR.encode(), key.read_bytes())
        (made / f"{number:04}").write_bytes(field + text.encode())
    return made, "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()


def dns(folder, key):
    pieces = ",".join(f'"{key[at:at + 200]}"' for at in range(0, len(key), 200))
    (folder / "dnsmasq.conf").write_text(
        textwrap.dedent(f"""\
        no-resolv
        no-hosts
        port=53
        listen-address=127.0.0.53
        bind-interfaces
        local=/example/
        local=/in-addr.arpa/
        address=/mx.{AUTHOR}/127.0.0.1
        ptr-record=1.0.0.127.in-addr.arpa,mx.{AUTHOR}
        mx-host={AUTHOR},mx.{AUTHOR},10
        txt-record={AUTHOR},"v=spf1 ip4:127.0.0.1 -all"
        txt-record=_dmarc.{AUTHOR},"v=DMARC1; p=reject"
        txt-record=s1._domainkey.{AUTHOR},{pieces}
        """)
    )
    return [subprocess.Popen(["dnsmasq", "-k", "-C", str(folder / "dnsmasq.conf"), "-u", "root", "-x", str(folder / "d.pid")])]


def hosterra(folder):
    home = folder / "hosterra"
    home.mkdir()
    (home / "boxes.toml").write_text(
        "[[account]]\nkey = \"a\"\nname = \"A\"\n[[account.service]]\nkey = \"s\"\nplan = \"custom\"\n"
        f"custom = {{ mailboxes = {USERS}, aliases = 10, domains = 1, storage = \"{USERS * 2} GiB\" }}\n"
        f"[[account.service.domain]]\nname = \"{HOST}\"\nverified = true\n"
        + "".join(f"[[account.service.domain.mailbox]]\nlocal_part = \"user{n}\"\nquota = \"2 GiB\"\n" for n in range(USERS))
    )
    (home / "hosterra.toml").write_text(
        textwrap.dedent(f"""\
        data = "{home}/data"
        hostname = "mx.{HOST}"
        [dns]
        servers = ["127.0.0.53:53"]
        [inbound]
        trusted_networks = []
        [demo]
        enabled = false
        [log]
        filter = "warn"
        [limits]
        connections_per_peer = 200
        [listen]
        smtp = ["127.0.0.1:2525"]
        """)
    )
    binary = str(TARGET / "hosterra")
    run(binary, "apply", "--config", str(home / "hosterra.toml"), str(home / "boxes.toml"))
    return 2525, [subprocess.Popen([binary, "serve", "--config", str(home / "hosterra.toml")])]


def postfix(folder):
    home = folder / "postfix"
    for name in ("queue", "data", "mail"):
        (home / name).mkdir(parents=True)
    folder.chmod(0o755)
    run("chown", "postfix", str(home / "data"))
    run("chown", "2000:2000", str(home / "mail"))
    (home / "users").write_text("".join(f"user{n}@{HOST} user{n}/\n" for n in range(USERS)))
    (home / "aliases").write_text("")
    (home / "main.cf").write_text(
        textwrap.dedent(f"""\
        compatibility_level = 3.6
        queue_directory = {home}/queue
        data_directory = {home}/data
        maillog_file = {home}/mail.log
        maillog_file_prefixes = {home}
        myhostname = mx.{HOST}
        mydestination =
        mynetworks =
        alias_maps =
        local_recipient_maps =
        smtpd_authorized_xclient_hosts =
        virtual_mailbox_domains = {HOST}
        virtual_mailbox_maps = hash:{home}/users
        virtual_mailbox_base = {home}/mail
        virtual_uid_maps = static:2000
        virtual_gid_maps = static:2000
        smtpd_recipient_restrictions = reject_unauth_destination
        smtpd_client_connection_count_limit = 0
        smtpd_client_restrictions = reject_unknown_client_hostname
        smtpd_milters = inet:127.0.0.1:8891, inet:127.0.0.1:8893
        milter_default_action = tempfail
        """)
    )
    master = pathlib.Path("/etc/postfix/master.cf").read_text().replace("\nsmtp      inet", "\n2526      inet")
    master = master.replace("smtp      inet", "2526      inet")
    (home / "master.cf").write_text(master)
    for name in ("postfix-files", "dynamicmaps.cf"):
        source = pathlib.Path("/etc/postfix", name)
        if source.exists():
            (home / name).write_text(source.read_text())
    run("postmap", "-c", str(home), f"hash:{home}/users")
    (home / "opendkim.conf").write_text(
        f"Mode v\nSocket inet:8891@127.0.0.1\nNameservers 127.0.0.53\nPidFile {home}/k.pid\nSyslog no\nUserID root\n"
        "InternalHosts 192.0.2.1\nExternalIgnoreList 192.0.2.1\n"
    )
    (home / "opendmarc.conf").write_text(
        f"Socket inet:8893@127.0.0.1\nSPFIgnoreResults true\nSPFSelfValidate true\nRejectFailures true\nPidFile {home}/m.pid\n"
        f"AuthservID mx.{HOST}\nTrustedAuthservIDs mx.{HOST}\nSyslog false\nUserID root\nIgnoreHosts {home}/none\n"
    )
    (home / "none").write_text("192.0.2.1\n")
    started = [
        subprocess.Popen(["opendkim", "-f", "-x", str(home / "opendkim.conf")]),
        subprocess.Popen(["opendmarc", "-f", "-c", str(home / "opendmarc.conf")]),
    ]
    wait_for(8891)
    wait_for(8893)
    started.append(subprocess.Popen(["postfix", "-c", str(home), "start-fg"]))
    return 2526, started


def end(started):
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def is_idle(folder, before):
    """Whether nothing is under way in Postfix's queue: its 250 comes before the letter is in the mailbox."""
    queue = folder / "postfix/queue"
    return not any(any(path.is_file() for path in (queue / name).rglob("*")) for name in ("incoming", "active", "maildrop"))


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hosterra-inbound-"))
    made, key = letters(folder)
    resolver = dns(folder, key)
    try:
        servers = {"Hosterra": hosterra(folder), "Postfix, OpenDKIM, OpenDMARC": postfix(folder)}
        try:
            for port, _ in servers.values():
                wait_for(port)
            for _ in range(ROUNDS):
                for name, (port, started) in servers.items():
                    roots = [process.pid for process in started + resolver]
                    before, own, begun = spent(roots), os.times(), time.monotonic()
                    load = [str(TARGET / "examples/load"), "letters", f"127.0.0.1:{port}", str(CONNECTIONS), str(MESSAGES)]
                    run(*load, str(made), f"ann@{AUTHOR}", HOST, str(USERS))
                    answered = time.monotonic() - begun
                    while not is_idle(folder, None):
                        time.sleep(0.1)
                    settled = time.monotonic() - begun
                    time.sleep(1)
                    after = os.times()
                    sender = after.children_user + after.children_system - own.children_user - own.children_system
                    processor = (spent(roots) - before + sender) * 1000 / MESSAGES
                    print(
                        f"{name}: {MESSAGES / answered:.0f} messages/s until answered, {MESSAGES / settled:.0f}/s until stored, "
                        f"{processor:.2f} s of processor for 1000",
                        flush=True,
                    )
        finally:
            for _, started in servers.values():
                end(started)
    finally:
        end(resolver)
        run("rm", "-rf", str(folder))


if os.environ.get("HOSTERRA_INSIDE"):
    main()
else:
    inside()
