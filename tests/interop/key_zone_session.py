"""The zone of signing keys that the node keeps as a file is served by nsd: customers' CNAME records lead into it, and dkimpy finds there what signatures need."""
import email, imaplib, os, re, signal, smtplib, ssl, subprocess, sys, time

import dkim
import dns.message, dns.query

from api import at

http, submission, imap, port = map(int, sys.argv[1:5])
folder = sys.argv[5]
written = os.path.join(folder, "keys.zone")


ask = at(http)


sign_in = 'mutation { signIn(login: "demo", password: "demo-password") { session { accessToken } } }'
token = ask(sign_in)["signIn"]["session"]["accessToken"]
read = "{ domains { nodes { id name dkimKeys { selector state delegation { name kind value } } } } }"


def keys():
    domain = next(node for node in ask(read, token)["domains"]["nodes"] if node["name"] == "demo.example")
    return domain["id"], domain["dkimKeys"]


def until(what, found):
    for _ in range(240):
        value = found()
        if value:
            return value
        time.sleep(0.5)
    raise AssertionError(what)


def zone():
    """What the node wrote: its serial and all of it; checked as nsd does before it is served."""
    with open(written) as file:
        text = file.read()
    checked = subprocess.run(["nsd-checkzone", "keys.example", written], capture_output=True, text=True)
    assert checked.returncode == 0, (checked.stdout, checked.stderr, text)
    return int(re.match(r".* Serial (\d+)$", text.splitlines()[0])[1]), text


def answered(name, kind):
    answer = dns.query.udp(dns.message.make_query(name, kind, use_edns=0, payload=4096), "127.0.0.1", port=port, timeout=10)
    return [b"".join(getattr(data, "strings", [data.to_text().encode()])) for record in answer.answer for data in record]


def txt(name, timeout=5):
    """As a resolver would: the CNAME record is followed."""
    target = answered(name.decode(), "CNAME")[0].decode()
    return answered(target, "TXT")[0]


until("the keys", lambda: len(keys()[1]) == 2)
targets = {key["delegation"]["name"]: key["delegation"]["value"].rstrip(".") for key in keys()[1]}
assert all(key["delegation"]["kind"] == "CNAME" for key in keys()[1]), keys()
until("the zone", lambda: os.path.exists(written) and all(target in zone()[1] for target in targets.values()))
first, text = zone()


def customers():
    """The customer's zone, as the DNS page tells."""
    apex = "demo.example. 300 IN SOA ns.elsewhere.example. hostmaster.demo.example. 1 3600 600 86400 1\ndemo.example. 300 IN NS ns.elsewhere.example.\n"
    with open(os.path.join(folder, "demo.zone"), "w") as file:
        file.write(apex + "".join(f"{name}. 300 IN CNAME {target}.\n" for name, target in targets.items()))


customers()
with open(os.path.join(folder, "nsd.conf"), "w") as file:
    file.write(
        f'server:\n  ip-address: 127.0.0.1\n  port: {port}\n  username: ""\n  zonesdir: "{folder}"\n  pidfile: ""\n  xfrdir: "{folder}"\n'
        f'  xfrdfile: ""\n  zonelistfile: "{folder}/zone.list"\n  database: ""\n  do-ip6: no\n  rrl-ratelimit: 0\nremote-control:\n  control-enable: no\n'
        f'zone:\n  name: "keys.example"\n  zonefile: "{written}"\nzone:\n  name: "demo.example"\n  zonefile: "{folder}/demo.zone"\n'
    )
child = subprocess.Popen(["nsd", "-d", "-c", os.path.join(folder, "nsd.conf")])
try:

    def serial():
        try:
            return int(answered("keys.example", "SOA")[0].split()[2])
        except (OSError, dns.exception.Timeout, IndexError):
            return None

    until("nsd", serial)
    assert serial() == first, (serial(), first)
    check = 'mutation { dkimCheck(domainId: "%s") { domain { dkimKeys { state } } userErrors { code } } }' % keys()[0]

    def active():
        try:
            ask(check, token)
        except AssertionError:
            pass
        return all(key["state"] == "ACTIVE" for key in keys()[1])

    until("keys that the node finds in its own zone", active)

    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", submission, timeout=30) as client:
        client.starttls(context=tls)
        client.login("alice@demo.example", "demo-password")
        letter = "From: Alice <alice@demo.example>\r\nTo: bob@demo.example\r\nSubject: signed\r\n\r\nhello\r\n"
        client.sendmail("alice@demo.example", ["bob@demo.example"], letter)

    def received():
        with imaplib.IMAP4("127.0.0.1", imap, timeout=30) as client:
            client.starttls(tls)
            client.login("bob@demo.example", "demo-password")
            client.select("INBOX")
            found = client.search(None, "SUBJECT", "signed")[1][0].split()
            return client.fetch(found[-1], "(BODY.PEEK[])")[1][0][1] if found else None

    message = until("the letter", received)
    signatures = email.message_from_bytes(message).get_all("DKIM-Signature")
    assert len(signatures) == 2, signatures
    for index in range(2):
        assert dkim.DKIM(message).verify(idx=index, dnsfunc=txt), signatures[index]

    # The next keys stand beside those that sign, under a greater serial, and nsd has them once it has read the file again.
    rotated = 'mutation { dkimRotate(domainId: "%s") { userErrors { code } } }' % keys()[0]
    assert ask(rotated, token)["dkimRotate"]["userErrors"] == []
    fresh = until("further keys", lambda: [key["delegation"]["value"].rstrip(".") for key in keys()[1] if key["state"] == "MADE"])
    until("them in the zone", lambda: all(target in zone()[1] for target in fresh))
    second, text = zone()
    assert second > first and all(target in text for target in targets.values()), (first, second, text)
    child.send_signal(signal.SIGHUP)
    until("the greater serial", lambda: serial() == second)
    for target in fresh:
        assert answered(target, "TXT")[0].startswith(b"v=DKIM1; "), target
finally:
    child.kill()
    child.wait()
assert [name for name in os.listdir(folder) if name.endswith(".new")] == [], "nothing is left beside the file"
print("the zone of signing keys is served")
