"""Second factor, app password, and what happens to clients that are in when it is taken back."""
import base64, hashlib, hmac, imaplib, smtplib, ssl, struct, sys, time

from api import at

http, imap, submission = (int(port) for port in sys.argv[1:4])
ADDRESS, PASSWORD = "alice@demo.example", "demo-password"
# Promised: what is taken away is away within five seconds.
PATIENCE = 5
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


ask = at(http)


def code(secret, steps=0):
    """RFC 6238, by hand: nothing of the server's is used."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000)


def client(password, address=ADDRESS):
    connection = imaplib.IMAP4("127.0.0.1", imap)
    connection.starttls(context)
    connection.login(address, password)
    return connection


def refusal(password):
    try:
        client(password)
    except imaplib.IMAP4.error as error:
        return str(error)
    raise AssertionError("the login is not refused")


def idling(connection):
    connection.select()
    connection.send(b"a1 IDLE\r\n")
    assert connection.readline().startswith(b"+")
    return connection


def ended_after(connection, what):
    """Seconds until the server says BYE to a client that only listens."""
    since = time.time()
    connection.sock.settimeout(PATIENCE)
    line = connection.readline()
    # What is changed is told to the owner by mail, which those who listen hear of first.
    while line.endswith((b" EXISTS\r\n", b" RECENT\r\n")):
        line = connection.readline()
    assert line.startswith(b"* BYE"), (what, line)
    return time.time() - since


signed_in = ask('mutation { signIn(login: "%s", password: "%s") { session { accessToken } } }' % (ADDRESS, PASSWORD))
token = signed_in["signIn"]["session"]["accessToken"]
by_password = idling(client(PASSWORD))
secret = ask("mutation { totpBegin { secret } }", token)["totpBegin"]["secret"]
confirm = 'mutation { totpConfirm(secret: "%s", code: "%s", name: "phone", currentPassword: "%s") { recoveryCodes userErrors { code } } }'
confirmed = ask(confirm % (secret, code(secret), PASSWORD), token)["totpConfirm"]
assert confirmed["userErrors"] == [] and len(confirmed["recoveryCodes"]) == 10, confirmed
print("out after %.1f s by a second factor" % ended_after(by_password, "a second factor"))

# The password alone opens neither the pages nor the programs, and both say why.
alone = ask('mutation { signIn(login: "%s", password: "%s") { userErrors { code } } }' % (ADDRESS, PASSWORD))
assert alone["signIn"]["userErrors"][0]["code"] == "SECOND_FACTOR_NEEDED", alone
said = refusal(PASSWORD)
assert "app password" in said and "AUTHORIZATIONFAILED" in said, said
sign_in = 'mutation { signIn(login: "%s", password: "%s", code: "%s") { session { accessToken } userErrors { code } } }'
token = ask(sign_in % (ADDRESS, PASSWORD, code(secret, 1)))["signIn"]["session"]["accessToken"]

add = 'mutation { appPasswordAdd(name: "mutt", protocols: [%s]) { secret appPassword { id } userErrors { code } } }'
mutt = ask(add % "IMAP", token)["appPasswordAdd"]
sender = ask(add % "SUBMISSION", token)["appPasswordAdd"]
listening = idling(client(mutt["secret"]))
assert "switched off" in refusal(sender["secret"])
with smtplib.SMTP("127.0.0.1", submission) as smtp:
    smtp.starttls(context=context)
    try:
        smtp.login(ADDRESS, mutt["secret"])
        raise AssertionError("an app password for IMAP opens submission")
    except smtplib.SMTPAuthenticationError as error:
        assert error.smtp_code == 535, error
    smtp.login(ADDRESS, sender["secret"])
    smtp.sendmail(ADDRESS, ["bob@demo.example"], b"From: alice@demo.example\r\nSubject: by app password\r\n\r\nhello\r\n")
    revoke = 'mutation { appPasswordRevoke(appPasswordId: "%s") { userErrors { code } } }'
    ask(revoke % sender["appPassword"]["id"], token)
    time.sleep(1)
    try:
        smtp.sendmail(ADDRESS, ["bob@demo.example"], b"From: alice@demo.example\r\nSubject: revoked\r\n\r\nhello\r\n")
        raise AssertionError("a revoked app password still sends")
    except smtplib.SMTPException as error:
        assert "5.7.8" in str(error), error
ask(revoke % mutt["appPassword"]["id"], token)
print("out after %.1f s by revocation" % ended_after(listening, "a revoked app password"))

signed_in = ask('mutation { signIn(login: "bob@demo.example", password: "%s") { session { accessToken } } }' % PASSWORD)
bob = idling(client(PASSWORD, "bob@demo.example"))
change = 'mutation { passwordChange(currentPassword: "%s", newPassword: "another password") { userErrors { code } } }' % PASSWORD
ask(change, signed_in["signIn"]["session"]["accessToken"])
print("out after %.1f s by another password" % ended_after(bob, "another password"))
