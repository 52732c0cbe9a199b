"""Mail that a user submits is signed for its domain by keys that a real DNS server shows; dkimpy judges."""
import email, imaplib, smtplib, socket, ssl, subprocess, sys, threading, time

import dkim

from api import at

http, submission, imap, dns, smtp, sink = map(int, sys.argv[1:7])


ask = at(http)


sign_in = 'mutation { signIn(login: "mailadmin_demo.example", password: "demo-password") { session { accessToken } } }'
token = ask(sign_in)["signIn"]["session"]["accessToken"]
read = "{ domains { nodes { id name accountId serviceId dkimKeys { selector state record { name kind value } } } } }"


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
arguments += ["--mx-host=sink.example,mx.sink.example,10", "--host-record=mx.sink.example,127.0.0.1", "--host-record=elsewhere.example,127.0.0.1"]
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
change = 'mutation { domainSettingsChange(domainId: "%s", settings: {footerExcludedMailboxes: ["Alice@demo.example"]}) { userErrors { code } } }' % domain
assert ask(change, token)["domainSettingsChange"]["userErrors"] == []
submit("excluded")
text = email.message_from_bytes(received("excluded")).get_payload(decode=True).decode()
assert "Demo" not in text, text


# What an alias leads elsewhere is sealed by the alias's domain (ARC) with what was found when it came.
passed_on = []


def take(listener):
    while True:
        connection, _ = listener.accept()
        wire = connection.makefile("rwb")
        say = lambda line: (wire.write(line + b"\r\n"), wire.flush())
        say(b"220 sink")
        for line in wire:
            if line.upper().startswith(b"DATA"):
                say(b"354 go on")
                lines = []
                for text in wire:
                    if text == b".\r\n":
                        break
                    lines.append(text[1:] if text.startswith(b".") else text)
                passed_on.append(b"".join(lines))
                say(b"250 taken")
            elif line.upper().startswith(b"QUIT"):
                say(b"221 bye")
                break
            else:
                say(b"250 ok")
        connection.close()


listener = socket.create_server(("127.0.0.1", sink))
threading.Thread(target=take, args=(listener,), daemon=True).start()
own = next(node for node in ask(read, token)["domains"]["nodes"] if node["name"] == "demo.example")
create = 'mutation { aliasCreate(input: {accountId: "%s", serviceId: "%s", domainId: "%s", localPart: "away", targets: ["u@sink.example"]}) { userErrors { code message } } }'
assert ask(create % (own["accountId"], own["serviceId"], own["id"]), token)["aliasCreate"]["userErrors"] == []
child = subprocess.Popen(arguments)
try:
    for _ in range(60):
        # The alias is known to the servers a moment later; DNS is remembered as gone for some seconds.
        try:
            with smtplib.SMTP("127.0.0.1", smtp, local_hostname="mx.elsewhere.example", timeout=60) as client:
                text = "From: f@elsewhere.example\r\nTo: away@demo.example\r\nSubject: passed on\r\n\r\nA line\r\n"
                client.sendmail("f@elsewhere.example", ["away@demo.example"], text)
            break
        except smtplib.SMTPException as error:
            last = error
            time.sleep(1)
    else:
        raise AssertionError(last)
    for _ in range(240):
        if passed_on:
            break
        time.sleep(0.25)
finally:
    child.kill()
    child.wait()
message = passed_on[0]
verdict, results, reason = dkim.ARC(message).verify(dnsfunc=txt)
assert verdict == dkim.CV_Pass, (verdict, results, reason, message)
assert email.message_from_bytes(message)["ARC-Seal"].split("d=")[1].startswith("demo.example"), message
assert "spf=" in email.message_from_bytes(message)["ARC-Authentication-Results"], message
verdict, results, reason = dkim.ARC(message.replace(b"A line", b"B line")).verify(dnsfunc=txt)
assert verdict == dkim.CV_Fail, "a changed message passes"
print("signed and sealed")
