"""What sessions about signed zones share: ldns signs, nsd answers, aiosmtpd takes the mail."""

import hashlib
import os
import smtplib
import ssl
import subprocess
import time

from aiosmtpd.controller import Controller

from api import at

DAY = 86400
TLS = ssl._create_unverified_context()


class Zones:
    """A folder with zones, keys and certificates."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def run(self, *command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout.strip()

    def certificate(self, name):
        """A certificate; the digest of its key, as a TLSA record names it."""
        self.run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
            *("-subj", f"/CN={name}.example", "-keyout", f"{name}.pem.key", "-out", f"{name}.pem"),
        )
        self.run("openssl", "x509", "-in", f"{name}.pem", "-noout", "-pubkey", "-out", f"{name}.pub")
        self.run("openssl", "pkey", "-pubin", "-in", f"{name}.pub", "-outform", "DER", "-out", f"{name}.der")
        with open(self.path(f"{name}.der"), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def key(self, zone):
        """A key that signs a zone: the name of its files."""
        return self.run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone)

    def plain(self, zone, lines):
        """Writes a zone that is not signed; what its parent says of it."""
        apex = f"{zone} 300 IN SOA ns.example. hostmaster.example. 1 3600 600 86400 1\n{zone} 300 IN NS ns.example.\n"
        text = apex + "".join(line + "\n" for line in lines)
        self.write(f"{zone}signed", text)
        return [f"{zone} 300 IN NS ns.example."], text

    def signed(self, zone, lines, until=None):
        """Writes a zone and signs it; what its parent says of it, and the name of its key."""
        delegation, text = self.plain(zone, lines)
        self.write(f"{zone}plain", text)
        made = self.key(zone)
        begin, end = (time.time() - DAY, time.time() + 7 * DAY) if until is None else (until - 30 * DAY, until)
        stamp = lambda at: time.strftime("%Y%m%d%H%M%S", time.gmtime(at))
        self.run(*("ldns-signzone", "-i", stamp(begin), "-e", stamp(end), "-o", zone, "-f", f"{zone}signed"), f"{zone}plain", made)
        return [*delegation, self.read(f"{made}.ds").strip()], made

    def root(self, delegations):
        """Signs `example.` with what it delegates, and a root above it; keeps the root's key, and one that signed nothing."""
        said, _ = self.signed("example.", ["ns.example. 300 IN A 127.0.0.1", *delegations])
        _, made = self.signed(".", [*said, "ns.example. 300 IN A 127.0.0.1"])
        self.write("own.key", self.read(f"{made}.key"))
        self.write("strange.key", self.read(f"{self.key('.')}.key"))

    def change(self, zone, wrong):
        """What somebody on the way makes of a signed zone."""
        before = self.read(f"{zone}signed")
        after = wrong(before)
        assert after != before, zone
        self.write(f"{zone}signed", after)

    def serve(self, port):
        """nsd, which answers for all of them."""
        names = [name[: -len("signed")] for name in os.listdir(self.folder) if name.endswith(".signed")]
        named = "".join(f'zone:\n  name: "{zone}"\n  zonefile: "{self.path(zone)}signed"\n' for zone in names)
        self.write(
            "nsd.conf",
            f'server:\n  ip-address: 127.0.0.1\n  port: {port}\n  username: ""\n  zonesdir: "{self.folder}"\n  pidfile: ""\n'
            f'  xfrdir: "{self.folder}"\n  xfrdfile: ""\n  zonelistfile: "{self.path("zone.list")}"\n  database: ""\n  do-ip6: no\n  rrl-ratelimit: 0\n'
            f"remote-control:\n  control-enable: no\n{named}",
        )
        return subprocess.Popen(["nsd", "-d", "-c", self.path("nsd.conf")])


class Host:
    """Notes what it hears, and whether that is under TLS."""

    def __init__(self, name, heard, taken):
        self.name, self.heard, self.taken = name, heard, taken

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.heard.append((self.name, session.ssl is not None))
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        is_encrypted = session.ssl is not None
        self.taken.extend((self.name, recipient, is_encrypted, envelope.content) for recipient in envelope.rcpt_tos)
        return "250 taken"


def take_mail(zones, hosts, port):
    """Hosts by name, each with its address and whose certificate it shows, if any: the running ones, whether what each heard
    was encrypted, and what each took."""
    running, heard, taken = [], [], []
    for name, (address, shown) in hosts.items():
        offered = {}
        if shown is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(zones.path(f"{shown}.pem"), zones.path(f"{shown}.pem.key"))
            offered = {"tls_context": context}
        host = Controller(Host(name, heard, taken), hostname=address, port=port, **offered)
        host.start()
        running.append(host)
    return running, heard, taken


def sign_in(http, login):
    query = f'mutation {{ signIn(login: "{login}", password: "demo-password") {{ session {{ accessToken }} }} }}'
    return at(http)(query)["signIn"]["session"]["accessToken"]


def submit(port, recipient):
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        smtp.starttls(context=TLS)
        smtp.login("alice@demo.example", "demo-password")
        letter = f"From: alice@demo.example\r\nTo: {recipient}\r\nSubject: secret\r\n\r\nfor your eyes\r\n"
        smtp.sendmail("alice@demo.example", [recipient], letter)


def outcomes(http, token, recipients):
    """What became of the mail for each recipient, once it has become something: the step, with what was said."""
    came, deadline = {}, time.time() + 90
    while len(came) < len(recipients) and time.time() < deadline:
        for recipient in recipients:
            query = '{ messageTrace(filter: { recipient: "%s" }) { nodes { stage text reply { enhanced text } } } }' % recipient
            nodes = at(http)(query, token)["messageTrace"]["nodes"]
            ends = [node for node in nodes if node["stage"] in ("DELIVERED", "DEFERRED", "BOUNCED")]
            if ends:
                came[recipient] = ends[0]
        time.sleep(0.3)
    assert len(came) == len(recipients), ("some have come to nothing", came)
    return came
