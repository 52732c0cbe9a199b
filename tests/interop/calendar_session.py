"""Calendars and contacts at a server that nobody here wrote: Radicale, which recognises people by asking our IMAP, found by our
redirects (RFC 6764 section 5).

Usage: calendar_session.py HTTP_PORT IMAPS_PORT DAV_PORT CERTIFICATE. Talks to the demo account. DAV_PORT is where the node was told
that calendars are; CERTIFICATE is what its servers show.
"""

import base64
import http.client
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as tree

HTTP, IMAPS, DAV, CERTIFICATE = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
ALICE, BOB, PASSWORD = "alice@demo.example", "bob@demo.example", "demo-password"
SERVICES = ["/.well-known/caldav", "/.well-known/carddav"]
WAIT_SECS_MAX = 60
PRINCIPAL = '<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>'
EVENT = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTAMP:20260101T000000Z
DTSTART:20260102T090000Z\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n""".replace("Z\nD", "Z\r\nD")


def call(connection, method, path, body=None, headers=None):
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def graphql(token, query):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
    _, _, body = call(connection, "POST", "/graphql", json.dumps({"query": query}), headers)
    answer = json.loads(body)
    assert "errors" not in answer, answer
    return answer["data"]


class Radicale:
    """The server, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        certificate, key = folder / "dav.crt", folder / "dav.key"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run([*made, *names], check=True, capture_output=True)
        config = folder / "radicale.conf"
        config.write_text(
            f"[server]\nhosts = 127.0.0.1:{DAV}\nssl = True\ncertificate = {certificate}\nkey = {key}\n"
            f"[auth]\ntype = imap\nimap_host = localhost:{IMAPS}\nimap_security = tls\ndelay = 0\n"
            f"[storage]\nfilesystem_folder = {folder / 'collections'}\n[web]\ntype = none\n"
        )
        self.log = (folder / "log").open("w")
        environment = {**os.environ, "SSL_CERT_FILE": CERTIFICATE}
        command = [sys.executable, "-m", "radicale", "--config", str(config)]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        self.trust = ssl.create_default_context(cafile=str(certificate))
        for _ in range(WAIT_SECS_MAX * 10):
            try:
                return self.ask(None, "OPTIONS", "/") and None
            except OSError:
                assert self.process.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
        raise AssertionError((folder / "log").read_text())

    def ask(self, login, method, path, body=None, headers=None):
        """One request; `login` is an address with a password."""
        sent = dict(headers or {})
        if login:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
        connection = http.client.HTTPSConnection("localhost", DAV, timeout=60, context=self.trust)
        return call(connection, method, path, body, sent)

    def found(self, login, service):
        """From the domain alone to the principal, as a client goes: status and path."""
        connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
        status, headers, _ = call(connection, "PROPFIND", service, PRINCIPAL, {"Host": "demo.example", "Depth": "0"})
        assert status == 307, (service, status)
        place = urllib.parse.urlsplit(headers["location"])
        assert (place.scheme, place.hostname, place.port) == ("https", "localhost", DAV), place
        status, _, body = self.ask(login, "PROPFIND", place.path, PRINCIPAL, {"Depth": "0"})
        if status != 207:
            return status, None
        href = tree.fromstring(body).find(".//{DAV:}current-user-principal/{DAV:}href")
        return status, None if href is None else urllib.parse.unquote(href.text)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


def session(server):
    for service in SERVICES:
        assert server.found((ALICE, PASSWORD), service) == (207, f"/{ALICE}/"), service
        for login in [(ALICE, "not the password"), ("nobody@demo.example", PASSWORD), (ALICE, ""), None]:
            assert server.found(login, service)[0] == 401, (service, login)
    # What is kept there is one's own.
    home = f"/{urllib.parse.quote(ALICE)}"
    assert server.ask((ALICE, PASSWORD), "MKCALENDAR", f"{home}/days/")[0] == 201
    text = {"Content-Type": "text/calendar"}
    assert server.ask((ALICE, PASSWORD), "PUT", f"{home}/days/one.ics", EVENT, text)[0] == 201
    assert b"Dentist" in server.ask((ALICE, PASSWORD), "GET", f"{home}/days/one.ics")[2]
    assert server.ask((BOB, PASSWORD), "GET", f"{home}/days/one.ics")[0] == 403
    # A password of one program, until it is taken back.
    signed = graphql("", f'mutation {{ signIn(login: "{ALICE}", password: "{PASSWORD}") {{ session {{ accessToken }} }} }}')
    token = signed["signIn"]["session"]["accessToken"]
    add = 'mutation { appPasswordAdd(name: "Calendar", protocols: [IMAP, DAV]) { secret appPassword { id } userErrors { code } } }'
    added = graphql(token, add)["appPasswordAdd"]
    secret, known = added["secret"], added["appPassword"]["id"]
    for begun in [time.monotonic()]:
        while server.found((ALICE, secret), SERVICES[0]) != (207, f"/{ALICE}/"):
            assert time.monotonic() - begun < WAIT_SECS_MAX, "an app password never opens"
            time.sleep(0.2)
    revoke = f'mutation {{ appPasswordRevoke(appPasswordId: "{known}") {{ userErrors {{ code }} }} }}'
    graphql(token, revoke)
    for begun in [time.monotonic()]:
        while server.found((ALICE, secret), SERVICES[0])[0] != 401:
            assert time.monotonic() - begun < WAIT_SECS_MAX, "what is taken back opens all the same"
            time.sleep(0.2)


with tempfile.TemporaryDirectory() as name:
    running = Radicale(pathlib.Path(name))
    try:
        session(running)
    finally:
        running.stop()
