"""From the answer to a mutation until the mail servers obey it, over the wire: RCPT by SMTP and LOGIN by IMAP.

    cargo build --release -p node && python3 benches/propagation.py [ROUNDS]

A mailbox of the demo is switched off and on again through GraphQL over HTTP; after each answer RCPT and LOGIN are said again
and again until their answers change. Prints the middle and the hundredth worst of both, in milliseconds.
"""

import imaplib
import json
import os
import pathlib
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
BINARY = os.environ.get("HOSTERRA_BIN", str(pathlib.Path(__file__).parent.parent / "target/release/hosterra"))
HTTP, SMTP, IMAPS, METRICS = 18080, 12525, 12993, 19100
ADDRESS, PASSWORD = "bob@demo.example", "demo-password"
TLS = ssl.create_default_context()
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE


def ask(query, token=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{HTTP}/graphql",
        json.dumps({"query": query}).encode(),
        {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})},
    )
    answer = json.load(urllib.request.urlopen(request))
    assert "errors" not in answer, answer
    return answer["data"]


def sign_in():
    query = 'mutation { signIn(login: "mailadmin_demo.example", password: "%s") { session { accessToken } } }'
    return ask(query % PASSWORD)["signIn"]["session"]["accessToken"]


def until_obeyed(probe, is_on):
    begun = time.perf_counter()
    while probe() != is_on:
        pass
    return (time.perf_counter() - begun) * 1000


def knocks():
    """Whether RCPT is taken, on one connection."""
    smtp = smtplib.SMTP("127.0.0.1", SMTP)
    smtp.ehlo()

    def probe():
        smtp.rset()
        smtp.mail("friend@elsewhere.example")
        return smtp.rcpt(ADDRESS)[0] == 250

    return probe


def opens():
    """Whether LOGIN is taken, each time on a connection of its own."""
    try:
        with imaplib.IMAP4_SSL("127.0.0.1", IMAPS, ssl_context=TLS) as imap:
            imap.login(ADDRESS, PASSWORD)
        return True
    except imaplib.IMAP4.error:
        return False


def told(what, took):
    took.sort()
    print(f"{what}: median {took[len(took) // 2]:.1f} ms, p99 {took[len(took) * 99 // 100]:.1f} ms ({len(took)} times)")


def measure():
    token = sign_in()
    boxes = ask("{ mailboxes(first: 50) { nodes { id address } } }", token)["mailboxes"]["nodes"]
    mailbox = next(box["id"] for box in boxes if box["address"] == ADDRESS)
    rcpt = knocks()
    for what, probe, rounds in (("RCPT", rcpt, ROUNDS), ("LOGIN", opens, ROUNDS)):
        took = []
        for number in range(rounds):
            is_on = number % 2 == 1
            verb = "mailboxEnable" if is_on else "mailboxDisable"
            payload = ask('mutation { %s(mailboxId: "%s") { userErrors { code } } }' % (verb, mailbox), token)
            assert not payload[verb]["userErrors"], payload
            took.append(until_obeyed(probe, is_on))
            # The API and the listeners count who asks too fast.
            time.sleep(0.15)
        told(f"{what} obeys a mutation after its answer", took)


with tempfile.TemporaryDirectory() as folder:
    config = pathlib.Path(folder) / "hosterra.toml"
    config.write_text(
        f'data = "{folder}/data"\n[log]\nfilter = "error"\n[listen]\nhttp = ["127.0.0.1:{HTTP}"]\nsmtp = ["127.0.0.1:{SMTP}"]\n'
        f'imaps = ["127.0.0.1:{IMAPS}"]\nmetrics = ["127.0.0.1:{METRICS}"]\nsubmission = []\nsubmissions = []\nimap = []\n'
    )
    server = subprocess.Popen([BINARY, "serve", "--config", str(config)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                sign_in()
                break
            except OSError:
                time.sleep(0.1)
        measure()
    finally:
        server.terminate()
        server.wait()
