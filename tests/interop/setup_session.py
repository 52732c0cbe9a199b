"""Client set-up from outside: what programs ask by HTTP, and a profile whose signature OpenSSL judges.

Usage: setup_session.py HTTP_PORT IMAPS_PORT [DAV]. Talks to the demo account. DAV is where calendars and contacts are, as the
node was told; without it there are none.
"""

import http.client
import imaplib
import plistlib
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree as tree

HTTP, IMAPS = int(sys.argv[1]), int(sys.argv[2])
DAV = sys.argv[3] if len(sys.argv) > 3 else None
REQUEST = """<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
<Request><EMailAddress>{}</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>"""


def ask(host, path, body=None, headers=None, method=None):
    connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=30)
    connection.putrequest(method or ("POST" if body is not None else "GET"), path, skip_host=True)
    sent = {"Host": host, **(headers or {})}
    if body is not None:
        sent["Content-Length"] = str(len(body))
    for name, value in sent.items():
        connection.putheader(name, value)
    connection.endheaders(body.encode() if body is not None else None)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def autoconfig():
    status, headers, body = ask("autoconfig.demo.example", "/mail/config-v1.1.xml?emailaddress=alice%40demo.example")
    assert status == 200 and headers["content-type"].startswith("text/xml"), (status, body)
    servers = tree.fromstring(body).findall(".//incomingServer")
    assert servers[0].findtext("port") == str(IMAPS) and servers[0].findtext("socketType") == "SSL"
    same = ask("autoconfig.demo.example", "/mail/config-v1.1.xml?emailaddress=nobody%40demo.example")[2]
    assert same == body, "an address is told from no address"
    well_known = "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=nobody%40demo.example"
    assert ask("localhost", well_known)[2] == body and ask("demo.example", well_known)[2] == body
    for host, path in [
        ("autoconfig.elsewhere.example", "/mail/config-v1.1.xml"),
        ("localhost", "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=a%40elsewhere.example"),
        ("autoconfig.demo.example", "/login"),
        ("mta-sts.demo.example", "/graphql"),
        ("mta-sts.demo.example", "/.well-known/mta-sts.txt"),
        ("autodiscover.demo.example", "/setup"),
        ("demo.example", "/login"),
        ("autoconfig.demo.example", "/.well-known/caldav"),
    ]:
        assert ask(host, path)[0] == 404, (host, path)


def autodiscover():
    answers = {}
    for local in ["alice", "nobody"]:
        body = REQUEST.format(f"{local}@demo.example")
        status, _, answer = ask("autodiscover.demo.example", "/Autodiscover/Autodiscover.xml", body)
        assert status == 200, status
        answers[local] = answer.replace(local.encode(), b"*")
    assert answers["alice"] == answers["nobody"], "an address is told from no address"
    assert ask("localhost", "/autodiscover/autodiscover.xml", REQUEST.format("a@elsewhere.example"))[0] == 404
    status, _, answer = ask("localhost", "/autodiscover/autodiscover.xml", "<not xml")
    assert status == 200 and b"<ErrorCode>600</ErrorCode>" in answer
    status, _, answer = ask("localhost", "/autodiscover/autodiscover.json/v1.0/nobody@demo.example?Protocol=AutodiscoverV1")
    assert status == 200 and answer.endswith(b'/autodiscover/autodiscover.xml"}'), answer
    assert ask("localhost", "/autodiscover/autodiscover.json?Protocol=ActiveSync")[0] == 400


def calendars():
    # RFC 6764 section 5: on the host of the domain itself, and on that of the pages.
    for host in ["demo.example", "localhost"]:
        for path in ["/.well-known/caldav", "/.well-known/carddav"]:
            for method in ["GET", "PROPFIND", "OPTIONS"]:
                status, headers, _ = ask(host, path, method=method)
                assert status == (307 if DAV else 404), (host, path, method, status)
                assert headers["location"] == DAV, headers["location"]


def profile(password, cookie, host, holds="mail"):
    body = urllib.parse.urlencode({"password": password, "holds": holds})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    elsewhere = ask(host, "/setup/apple", body, {**headers, "Origin": "http://elsewhere.example"})
    assert elsewhere[0] == 403, elsewhere[0]
    status, told, signed = ask(host, "/setup/apple", body, {**headers, "Origin": f"http://{host}"})
    assert status == 200 and told["content-type"] == "application/x-apple-aspen-config", (status, signed)
    assert told["content-disposition"].startswith("attachment"), told["content-disposition"]
    with tempfile.NamedTemporaryFile() as file:
        file.write(signed)
        file.flush()
        # The certificate is self-signed here, so it is taken from the message; the signature must hold all the same.
        command = ["openssl", "cms", "-verify", "-inform", "DER", "-noverify", "-in", file.name]
        judged = subprocess.run(command, capture_output=True, check=False)
    assert judged.returncode == 0, judged.stderr.decode()
    return plistlib.loads(judged.stdout.replace(b"\r\n", b"\n"))


def apple():
    host = f"localhost:{HTTP}"
    login = urllib.parse.urlencode({"login": "alice@demo.example", "password": "demo-password"})
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{host}"}
    assert ask(host, "/setup/apple", "password=ask", form)[1]["location"].startswith("/login")
    status, headers, _ = ask(host, "/login", login, form)
    assert status == 303, status
    cookie = "; ".join(line.split(";")[0] for line in headers.get_all("set-cookie"))
    asking, holding = profile("ask", cookie, host), profile("new", cookie, host)
    mail = asking["PayloadContent"][0]
    assert mail["EmailAddress"] == "alice@demo.example" and mail["IncomingMailServerPortNumber"] == IMAPS
    assert "IncomingPassword" not in mail and asking["PayloadUUID"] == holding["PayloadUUID"]
    secret = holding["PayloadContent"][0]["IncomingPassword"]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with imaplib.IMAP4_SSL("127.0.0.1", IMAPS, ssl_context=context) as client:
        client.login("alice@demo.example", secret)
    whole = [profile(password, cookie, host, "all")["PayloadContent"] for password in ["ask", "new"]]
    if DAV is None:
        assert all(len(payloads) == 1 for payloads in whole), whole
        return
    url = urllib.parse.urlsplit(DAV)
    for asks, payloads in [(True, whole[0]), (False, whole[1])]:
        kinds = ["com.apple.mail.managed", "com.apple.caldav.account", "com.apple.carddav.account"]
        assert [payload["PayloadType"] for payload in payloads] == kinds, payloads
        for word, payload in [("CalDAV", payloads[1]), ("CardDAV", payloads[2])]:
            named = (payload[f"{word}HostName"], payload[f"{word}Port"], payload[f"{word}PrincipalURL"])
            assert named == (url.hostname, url.port or 443, url.path), named
            assert payload[f"{word}Username"] == "alice@demo.example" and payload[f"{word}UseSSL"] is True
            password = payload.get(f"{word}Password")
            assert password is None if asks else password == payloads[0]["IncomingPassword"]
    with imaplib.IMAP4_SSL("127.0.0.1", IMAPS, ssl_context=context) as client:
        client.login("alice@demo.example", whole[1][0]["IncomingPassword"])


def page():
    for language, word in [("en", b"Set up your mail client"), ("fr", b"Configurer votre logiciel")]:
        status, _, body = ask("localhost", "/setup?domain=demo.example", headers={"Accept-Language": language})
        assert status == 200 and word in body and b"<script" not in body and b"demo.example" in body
        assert (b"https://dav." in body) == bool(DAV) and (DAV or "").encode() in body
    assert b"elsewhere" not in ask("localhost", "/setup?domain=elsewhere.example")[2]


autoconfig()
autodiscover()
calendars()
apple()
page()
