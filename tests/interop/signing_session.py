"""Mail that a user submits is signed for its domain by keys that a real DNS server shows; dkimpy judges."""
import email, imaplib, json, smtplib, ssl, subprocess, sys, time, urllib.request

import dkim

http, submission, imap, dns = map(int, sys.argv[1:5])


def ask(query, token=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{http}/graphql", json.dumps({"query": query}).encode(), {"content-type": "application/json"}
    )
    if token:
        request.add_header("authorization", f"Bearer {token}")
    answer = json.load(urllib.request.urlopen(request, timeout=60))
    assert "errors" not in answer, answer
    return answer["data"]


sign_in = 'mutation { signIn(login: "mailadmin_demo.example", password: "demo-password") { session { accessToken } } }'
token = ask(sign_in)["signIn"]["session"]["accessToken"]
read = "{ domains { nodes { id name dkimKeys { selector state record { name kind value } } } } }"


def keys():
    domain = next(node for node in ask(read, token)["domains"]["nodes"] if node["name"] == "demo.example")
    return domain["id"], domain["dkimKeys"]


for _ in range(120):
    domain, made = keys()
    if len(made) == 2:
        break
    time.sleep(0.5)
assert [key["state"] for key in made] == ["MADE", "MADE"], made
tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE


def submit(subject):
    with smtplib.SMTP("127.0.0.1", submission, timeout=30) as client:
        client.starttls(context=tls)
        client.login("alice@demo.example", "demo-password")
        text = f"From: Alice <alice@demo.example>\r\nTo: bob@demo.example\r\nSubject: {subject}\r\n\r\nA  line \r\n.\r\n\r\n"
        client.sendmail("alice@demo.example", ["bob@demo.example"], text)


def received(subject):
    with imaplib.IMAP4("127.0.0.1", imap, timeout=30) as client:
        client.starttls(tls)
        client.login("bob@demo.example", "demo-password")
        client.select("INBOX")
        for _ in range(40):
            found = client.search(None, "SUBJECT", subject)[1][0].split()
            if found:
                return client.fetch(found[-1], "(BODY.PEEK[])")[1][0][1]
            client.noop()
            time.sleep(0.25)
    raise AssertionError(f"{subject} did not arrive")


submit("unsigned")
assert not email.message_from_bytes(received("unsigned")).get_all("DKIM-Signature"), "nobody can check this yet"

records = []
for key in made:
    text = key["record"]["value"]
    strings = ",".join(text[at : at + 250] for at in range(0, len(text), 250))
    records.append(f"--txt-record={key['record']['name']},{strings}")
arguments = ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=", "--pid-file"]
arguments += ["--listen-address=127.0.0.1", "--bind-interfaces", f"--port={dns}", "--local=/example/", *records]
child = subprocess.Popen(arguments)
try:
    check = 'mutation { dkimCheck(domainId: "%s") { domain { dkimKeys { state } } userErrors { code } } }' % domain
    for _ in range(60):
        # A failure is remembered for some seconds.
        try:
            ask(check, token)
        except AssertionError:
            pass
        if all(key["state"] == "ACTIVE" for key in keys()[1]):
            break
        time.sleep(1)
    assert [key["state"] for key in keys()[1]] == ["ACTIVE", "ACTIVE"], keys()
finally:
    child.kill()
    child.wait()

submit("signed")
message = received("signed")
zone = {key["record"]["name"].encode(): key["record"]["value"].encode() for key in made}


def txt(name, timeout=5):
    return zone.get(name.rstrip(b"."))


signatures = email.message_from_bytes(message).get_all("DKIM-Signature")
assert len(signatures) == 2, signatures
for index in range(2):
    assert dkim.DKIM(message).verify(idx=index, dnsfunc=txt), signatures[index]
for forged in (message.replace(b"A line", b"B line").replace(b"A  line", b"B  line"), b"Reply-To: evil@z.example\r\n" + message):
    for index in range(2):
        try:
            assert not dkim.DKIM(forged).verify(idx=index, dnsfunc=txt), "a changed message passes"
        except dkim.DKIMException:
            pass
change = 'mutation { domainSettingsChange(domainId: "%s", settings: {footerText: "Société Demo"}) { userErrors { code } } }' % domain
assert ask(change, token)["domainSettingsChange"]["userErrors"] == []
submit("footed")
message = received("footed")
text = email.message_from_bytes(message).get_payload(decode=True).decode().replace("\r\n", "\n")
assert text == "A  line \n.\n\nSociété Demo\n", text
for index in range(2):
    assert dkim.DKIM(message).verify(idx=index, dnsfunc=txt), "the footer is not under the signature"
print("signed")
