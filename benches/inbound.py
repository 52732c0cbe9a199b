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
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request

import beside
from beside import TARGET, dnsmasq, end, inside, is_inside, postfix_files, run, spent, wait_for

AUTHOR, HOST, USERS, LETTERS, OCTETS, CONNECTIONS = "author.example", "box.example", 100, 200, 30_000, 32
ROUNDS, MESSAGES = (int(word) for word in (sys.argv[1:3] + ["3", "3000"][len(sys.argv[1:3]):]))


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
    records = f"""\
        address=/mx.{AUTHOR}/127.0.0.1
        ptr-record=1.0.0.127.in-addr.arpa,mx.{AUTHOR}
        mx-host={AUTHOR},mx.{AUTHOR},10
        txt-record={AUTHOR},"v=spf1 ip4:127.0.0.1 -all"
        txt-record=_dmarc.{AUTHOR},"v=DMARC1; p=reject"
        txt-record=s1._domainkey.{AUTHOR},{pieces}
        """
    return [dnsmasq(folder, textwrap.dedent(records))]


def hosterra(folder):
    home = folder / "hosterra"
    home.mkdir()
    (home / "boxes.toml").write_text(
        "[[account]]\nkey = \"a\"\nname = \"A\"\n[[account.service]]\nkey = \"s\"\nplan = \"custom\"\n"
        f"custom = {{ mailboxes = {USERS}, storage = \"1000 GiB\" }}\n"
        f"[[account.service.domain]]\nname = \"{HOST}\"\nverified = true\n"
        + "".join(f"[[account.service.domain.mailbox]]\nlocal_part = \"user{n}\"\nquota = \"5 GiB\"\n" for n in range(USERS))
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
        metrics = ["127.0.0.1:9100"]
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
    postfix_files(home, 2526)
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
    return 2526, [*started, beside.postfix(home)]


def prove(folder):
    """Both have checked: a figure for checks that were left out says nothing."""
    with urllib.request.urlopen("http://127.0.0.1:9100/metrics") as answer:
        verdicts = [line for line in answer.read().decode().splitlines() if line.startswith("hosterra_verdicts_total")]
    if not any('stage="data"' in line and 'action="accept"' in line for line in verdicts):
        raise SystemExit("Hosterra did not check: " + "\n".join(verdicts))
    letter = next(path for path in (folder / "postfix/mail").rglob("new/*")).read_text()
    missing = [check for check in ("spf=pass", "dkim=pass", "dmarc=pass") if check not in letter]
    if missing:
        raise SystemExit(f"Postfix's filters did not find {missing}")


def is_idle(folder):
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
                    before, own, begun = spent(started + resolver), os.times(), time.monotonic()
                    load = [str(TARGET / "examples/load"), "letters", f"127.0.0.1:{port}", str(CONNECTIONS), str(MESSAGES)]
                    run(*load, str(made), f"ann@{AUTHOR}", HOST, str(USERS))
                    answered = time.monotonic() - begun
                    while not is_idle(folder):
                        time.sleep(0.1)
                    settled = time.monotonic() - begun
                    time.sleep(1)
                    after = os.times()
                    sender = after.children_user + after.children_system - own.children_user - own.children_system
                    processor = (spent(started + resolver) - before + sender) * 1000 / MESSAGES
                    print(
                        f"{name}: {MESSAGES / answered:.0f} messages/s until answered, {MESSAGES / settled:.0f}/s until stored, "
                        f"{processor:.2f} s of processor for 1000",
                        flush=True,
                    )
            prove(folder)
        finally:
            for _, started in servers.values():
                end(started)
    finally:
        end(resolver)
        run("rm", "-rf", str(folder))


if is_inside():
    main()
else:
    inside("hosterra-inbound")
