"""A ticket by mail: the support's answer is read by imaplib, answered with a file by smtplib, and found in the ticket. What
machines send, what is sent twice, and what guesses an address becomes nothing; the file comes back to whoever may read it."""

import imaplib
import json
import re
import smtplib
import ssl
import sys
import time
import urllib.error
import urllib.request
from email import message_from_bytes, policy
from email.message import EmailMessage

from api import at

HTTP, SMTP, IMAPS = (int(port) for port in sys.argv[1:4])
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


asked = at(HTTP, 30)


def ask(query, token=None):
    answer = asked(query, token)
    for field in answer.values():
        assert not (isinstance(field, dict) and field.get("userErrors")), answer
    return answer


def sign_in(login, password="demo-password"):
    query = f'mutation {{ signIn(login: "{login}", password: "{password}") {{ session {{ accessToken }} }} }}'
    # Who was registered by another process is heard of within a second or so; five tries are nobody's guessing.
    for _ in range(5):
        if session := ask(query)["signIn"]["session"]:
            return session["accessToken"]
        time.sleep(3)
    raise AssertionError(f"{login} cannot sign in")


def until(what, found):
    """What `found` finds, within a minute."""
    for _ in range(300):
        if result := found():
            return result
        time.sleep(0.2)
    raise AssertionError(what)


def inbox(subject):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with imaplib.IMAP4_SSL("127.0.0.1", IMAPS, ssl_context=context) as imap:
        imap.login("alice@demo.example", "demo-password")
        imap.select("INBOX")
        _, [numbers] = imap.search(None, "ALL")
        for number in reversed(numbers.split()):
            _, data = imap.fetch(number, "(BODY.PEEK[])")
            mail = message_from_bytes(data[0][1], policy=policy.default)
            if subject in mail["subject"]:
                return mail
    return None


def http(method, path, token=None, body=None, headers=()):
    request = urllib.request.Request(f"http://127.0.0.1:{HTTP}{path}", body, dict(headers), method=method)
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()


owner, operator = sign_in("demo"), sign_in("chief", "a long password of chief")
account = ask("{ viewer { accountId } }", owner)["viewer"]["accountId"]

# The owner's address is alice's mailbox: confirmed by the link that was sent there.
ask('mutation { emailChange(email: "alice@demo.example", currentPassword: "demo-password") { userErrors { code message } } }', owner)
link = until("no link came", lambda: inbox("Confirm") or inbox("Confirmez"))
token = re.search(r"token=(hsl_[0-9a-f]+_[\w-]+)", link.get_body(("plain",)).get_content()).group(1)
ask(f'mutation {{ emailVerify(token: "{token}") {{ userErrors {{ code message }} }} }}')

opened = ask('mutation { ticketOpen(input: { kind: TECHNICAL, subject: "No mail", text: "Since today." }) { ticket { id } userErrors { code } } }', owner)
ticket = opened["ticketOpen"]["ticket"]["id"]
at = f'accountId: "{account}", ticketId: "{ticket}"'
ask(f'mutation {{ ticketReply({at}, text: "Which program?\\nShow us a picture.") {{ userErrors {{ code }} }} }}', operator)
answer = until("no answer came", lambda: inbox("No mail"))
words = answer.get_body(("plain",)).get_content()
assert "Which program?\nShow us a picture." in words.replace("\r\n", "\n"), words
assert answer["auto-submitted"] == "auto-generated", "machines do not answer it"
reply_to = answer["reply-to"].addresses[0].addr_spec
assert reply_to.startswith("ticket-") and "tick_" not in reply_to, reply_to


def send(text, to=None, sender="alice@elsewhere.example", picture=None, **head):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Alice <alice@elsewhere.example>", to or reply_to, "Re: " + answer["subject"]
    message["Message-ID"] = head.pop("message_id", f"<{time.time_ns()}@elsewhere.example>")
    for name, value in head.items():
        message[name.replace("_", "-")] = value
    quoted = "".join(f"> {line}\n" for line in words.splitlines())
    message.set_content(f"{text}\n\nOn Wed, 25 Nov 2026, Support <{reply_to}>\nwrote:\n\n{quoted}")
    if picture:
        message.add_attachment(picture, maintype="image", subtype="png", filename="../Fehler é.png")
    with smtplib.SMTP("127.0.0.1", SMTP, timeout=60) as smtp:
        smtp.sendmail(sender, [message["To"]], message.as_bytes(policy=policy.SMTP))


def messages(token):
    return ask(f"{{ ticket({at}) {{ status messages {{ isStaff isByMail text userId files {{ number name octets }} }} }} }}", token)["ticket"]


for _ in range(2):  # A server that heard no answer sends once more.
    send("Thunderbird, here it is.", picture=PICTURE, message_id="<once@elsewhere.example>")
send("I am away until Monday.", Auto_Submitted="auto-replied")
send("Undelivered.", sender="")
try:
    guessed = reply_to.replace(reply_to.split("@")[0][-4:], "aaaa")
    send("Let me in.", to=guessed)
    raise AssertionError("a guessed address was taken")
except smtplib.SMTPRecipientsRefused as refused:
    code = next(iter(refused.recipients.values()))[0]
    assert code >= 500, refused

def awaited():
    found = messages(owner)
    return found if found["status"] == "AWAITING_STAFF" else None


seen = until("the list of tickets heard nothing", awaited)
assert len(seen["messages"]) == 3, seen
mailed = seen["messages"][2]
assert mailed["isByMail"] and not mailed["isStaff"] and mailed["userId"] is None, mailed
assert mailed["text"] == "alice@elsewhere.example:\nThunderbird, here it is.", mailed
assert mailed["files"] == [{"number": 1, "name": "Fehler é.png", "octets": str(len(PICTURE))}] or mailed["files"][0]["octets"] == len(PICTURE), mailed

path = f"/tickets/{account}/{ticket}/files"
for reader in (owner, operator):
    status, headers, body = http("GET", f"{path}/1", reader)
    assert (status, body) == (200, PICTURE), status
    assert headers["content-type"] == "application/octet-stream" and headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith("attachment;") and "sandbox" in headers["content-security-policy"]
bob = sign_in("bob@demo.example")
assert [http("GET", f"{path}/1", reader)[0] for reader in (None, bob)] == [401, 404]
assert http("GET", f"{path}/2", owner)[0] == 404

octets = [("content-type", "application/octet-stream")]
assert http("POST", f"{path}?name=log.txt", owner, b"a log", octets)[0] == 204
assert http("POST", f"{path}?name=log.txt", owner, b"a log", [("content-type", "text/plain")])[0] == 415
assert http("POST", f"{path}?name=log.txt", bob, b"a log", octets)[0] == 404
assert http("POST", f"{path}?name=log.txt", None, b"a log", octets)[0] == 401
status, _, body = http("POST", f"{path}?name=log.txt", owner, b"x" * (5 * 1024 * 1024 + 1), octets)
assert status == 422 and json.loads(body)["code"] == "TICKET_FILE_TOO_LARGE", (status, body)
assert http("POST", f"{path}?name=log.txt", owner, b"x" * (6 * 1024 * 1024), octets)[0] == 413
assert http("POST", f"{path}?name=note.txt&internal=true", owner, b"x", octets)[0] == 403
assert http("POST", f"{path}?name=note.txt&internal=true", operator, b"x", octets)[0] == 204
assert http("GET", f"{path}/2", owner)[2] == b"a log"
assert http("GET", f"{path}/3", owner)[0] == 404 and http("GET", f"{path}/3", operator)[2] == b"x"
print("ticket by mail: ok")
