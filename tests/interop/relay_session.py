"""Mail of a domain leaves through the relay that it has set: a foreign server with STARTTLS and AUTH takes it with the right
login alone, and is given none where its certificate is of another name.

`relay_session.py prepare FOLDER` makes an authority and a certificate of the relay; then the node is started that trusts
the authority; `relay_session.py FOLDER HTTP SUBMISSION DNS RELAY` drives it."""

import smtplib
import ssl
import subprocess
import sys
import time
from pathlib import Path

from api import at

HOST = "relay.else.example"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def prepare(folder):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    of_authority = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    openssl("req", "-x509", *key, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-subj", "/CN=authority", "-days", 30, *of_authority)
    openssl("req", *key, "-keyout", folder / "relay.key", "-out", folder / "relay.csr", "-subj", f"/CN={HOST}")
    (folder / "extensions").write_text(f"subjectAltName=DNS:{HOST}\nextendedKeyUsage=serverAuth\n")
    signed = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-extfile", folder / "extensions"]
    openssl("x509", "-req", "-in", folder / "relay.csr", "-out", folder / "relay.pem", "-days", 30, *signed)


if sys.argv[1] == "prepare":
    prepare(Path(sys.argv[2]))
    raise SystemExit

from aiosmtpd.controller import Controller  # noqa: E402
from aiosmtpd.smtp import AuthResult  # noqa: E402

FOLDER = Path(sys.argv[1])
HTTP, SUBMISSION, DNS, RELAY = (int(port) for port in sys.argv[2:6])
logins, taken = [], []


class Handler:
    async def handle_DATA(self, server, session, envelope):
        taken.append((session.ssl is not None, session.authenticated, envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    logins.append((session.ssl is not None, data.login, data.password))
    good = (data.login, data.password) == (b"us@demo.example", b"p\xc3\xa4ss word")
    return AuthResult(success=good, handled=good, auth_data=data.login)


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(FOLDER / "relay.pem", FOLDER / "relay.key")
relay = Controller(
    Handler(), hostname="127.0.0.1", port=RELAY, tls_context=tls, require_starttls=True,
    authenticator=authenticate, auth_required=True, auth_require_tls=True,
)


ask = at(HTTP, 30)


def submit(subject):
    with smtplib.SMTP("127.0.0.1", SUBMISSION, timeout=30) as client:
        client.starttls(context=ssl._create_unverified_context())
        client.login("alice@demo.example", "demo-password")
        text = f"From: alice@demo.example\r\nTo: friend@far.example\r\nSubject: {subject}\r\nMessage-ID: <{subject}@demo.example>\r\n\r\nhello\r\n"
        client.sendmail("alice@demo.example", ["friend@far.example"], text)


def step(subject, stage, language="en"):
    """The newest step of a kind of a message, waited for."""
    filter = f'{{ messageId: "<{subject}@demo.example>", stage: {stage} }}'
    query = f"{{ messageTrace(filter: {filter}) {{ nodes {{ text reply {{ code text host }} reasons {{ code text }} }} }} }}"
    for _ in range(240):
        found = ask(query, token, language)["messageTrace"]["nodes"]
        if found:
            return found[0]
        time.sleep(0.25)
    raise SystemExit(f"{subject} was never {stage}: {ask('{ messageTrace { nodes { stage text } } }', token)}")


def done(query):
    (payload,) = ask(query, token).values()
    assert payload["userErrors"] == [], payload
    return payload


dnsmasq = ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=", "--pid-file"]
dnsmasq += ["--listen-address=127.0.0.1", "--bind-interfaces", f"--port={DNS}", "--local=/example/"]
dnsmasq += [f"--host-record={HOST},127.0.0.1", "--host-record=stranger.else.example,127.0.0.1"]
child = subprocess.Popen(dnsmasq)
relay.start()
try:
    sign_in = 'mutation { signIn(login: "mailadmin_demo.example", password: "demo-password") { session { accessToken } } }'
    token = ask(sign_in)["signIn"]["session"]["accessToken"]
    domain = ask("{ domains { nodes { id name } } }", token)["domains"]["nodes"][0]["id"]

    # A wrong password: the mail waits, and both languages say why.
    fields = f'host: "{HOST}", port: {RELAY}, login: "us@demo.example"'
    added = done(
        f'mutation {{ senderRelayAdd(domainId: "{domain}", relay: {{ {fields}, password: "wrong" }}) '
        "{ senderRelay { id } userErrors { code message } } }"
    )
    id = added["senderRelay"]["id"]
    submit("one")
    refused = step("one", "DEFERRED")
    assert "the relay does not take the login that is set for it" in refused["text"], refused
    assert refused["reply"]["code"] == 535 and refused["reply"]["host"] == HOST, refused
    assert [reason["code"] for reason in refused["reasons"]] == ["relay_of_sender"], refused
    assert "le relais n'accepte pas l'identifiant" in step("one", "DEFERRED", "fr")["text"]
    assert logins[-1] == (True, b"us@demo.example", b"wrong") and taken == [], (logins, taken)

    # The right one: what waits leaves when it is tried again, and what comes leaves at once.
    def change(what):
        done(
            f'mutation {{ senderRelayChange(domainId: "{domain}", senderRelayId: "{id}", change: {{ {what} }}) '
            "{ senderRelay { revision } userErrors { code message } } }"
        )

    change('password: "päss word"')
    submit("two")
    step("two", "DELIVERED")
    ask('mutation { queueRetry(which: { destination: "far.example" }) { reached } }', token)
    delivered = step("one", "DELIVERED")
    assert delivered["text"].startswith("The relay of the sender's domain has it, and hands it on"), delivered
    assert [reason["code"] for reason in delivered["reasons"]] == ["relay_of_sender"], delivered
    assert len(taken) == 2, taken
    for is_encrypted, is_authenticated, sender, recipients, content in taken:
        assert is_encrypted and is_authenticated, taken
        assert (sender, recipients) == ("alice@demo.example", ["friend@far.example"]), taken
        assert b"DKIM-Signature" in content or b"From: alice@demo.example" in content, content

    # Another name at the same place: its certificate does not prove it, so it gets neither login nor mail.
    count = len(logins)
    change('host: "stranger.else.example", password: "päss word"')
    submit("three")
    refused = step("three", "DEFERRED")
    assert "TLS" in refused["reply"]["text"] or "certificate" in refused["reply"]["text"], refused
    assert len(logins) == count and len(taken) == 2, (logins, taken)

    # Without a relay the mail goes to where its domain says: nowhere.
    done(
        f'mutation {{ senderRelayRemove(domainId: "{domain}", senderRelayId: "{id}") '
        "{ senderRelayId userErrors { code message } } }"
    )
    ask('mutation { queueRetry(which: { destination: "far.example" }) { reached } }', token)
    ways = [reason["code"] for reason in step("three", "BOUNCED")["reasons"] if "relay" in reason["code"]]
    assert ways == [], "it left through nobody"
    assert len(logins) == count and len(taken) == 2, (logins, taken)
finally:
    relay.stop()
    child.terminate()
    child.wait()
print("well")
