"""Limits are told before they bite: recipients of a day at four fifths and at the whole, storage at 80 and 95 %, each once, by
mail into the mailbox that it concerns; what aliases pass on for strangers, to the owner of the account."""

import imaplib
import re
import smtplib
import ssl
import sys
import time
from email import message_from_bytes, policy

from api import at

HTTP, SUBMISSION, IMAPS, SMTP = (int(port) for port in sys.argv[1:5])
TLS = ssl._create_unverified_context()


ask = at(HTTP, 30)


def send(recipients):
    with smtplib.SMTP("127.0.0.1", SUBMISSION, timeout=60) as smtp:
        smtp.starttls(context=TLS)
        smtp.login("alice@demo.example", "demo-password")
        text = "From: alice@demo.example\r\nSubject: hello\r\n\r\nhello\r\n"
        try:
            smtp.sendmail("alice@demo.example", recipients, text)
            return 250
        except smtplib.SMTPDataError as refusal:
            return refusal.smtp_code


def opened(login):
    imap = imaplib.IMAP4_SSL("127.0.0.1", IMAPS, ssl_context=TLS)
    imap.login(login, "demo-password")
    imap.select("INBOX")
    return imap


def subjects(login):
    imap = opened(login)
    _, (numbers,) = imap.search(None, "ALL")
    found = []
    for number in numbers.split():
        _, data = imap.fetch(number, "(RFC822)")
        message = message_from_bytes(data[0][1], policy=policy.default)
        found.append((message["subject"], message.get_body(("plain",)).get_content()))
    imap.logout()
    return found


def wait_for(login, subject, count=1):
    deadline = time.time() + 60
    while time.time() < deadline:
        told = [text for known, text in subjects(login) if known == subject]
        if len(told) >= count:
            assert len(told) == count, told
            return told
        time.sleep(0.2)
    raise SystemExit(f"nobody told {login}: {subject}; there is {subjects(login)}")


token = ask('mutation { signIn(login: "mailadmin_demo.example", password: "demo-password") { session { accessToken } } }')
token = token["signIn"]["session"]["accessToken"]
nodes = ask("{ mailboxes { nodes { id address } } }", token)["mailboxes"]["nodes"]
ids = {node["address"]: node["id"] for node in nodes}

# Five recipients a day: the fourth is four fifths, the sixth is one too many.
change = 'mutation { mailboxSettingsChange(mailboxId: "%s", settings: { sendsPerDayMax: 5 }) { userErrors { code } } }'
assert ask(change % ids["alice@demo.example"], token)["mailboxSettingsChange"]["userErrors"] == []
to = [f"bob+{number}@demo.example" for number in range(6)]
codes = [send(to[:4]), send(to[:2]), send(to[:2]), send(to[:1])]
assert codes[0] == 250 and codes[1:3] == [450, 450], codes
(near,) = wait_for("alice@demo.example", "Quatre cinquièmes d’une limite d’envoi sont utilisés")
assert "alice@demo.example: 5 / 24 h" in near, near
(whole,) = wait_for("alice@demo.example", "Une limite d’envoi est épuisée")
assert "450 4.7.1" in whole, whole

# A mailbox that fills: 80 % and then 95 %.
quota = 1_000_000
change = 'mutation { mailboxQuotaChange(mailboxId: "%s", quotaBytes: %d) { userErrors { code } } }'
assert ask(change % (ids["bob@demo.example"], quota), token)["mailboxQuotaChange"]["userErrors"] == []
imap = opened("bob@demo.example")
for size in (820_000, 140_000):
    text = b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * (size // 72)
    done, answer = imap.append("INBOX", None, None, text)
    assert done == "OK", answer
    wait_for("bob@demo.example", "Une boîte se remplit", 1 if size > 500_000 else 2)
imap.logout()
told = [text for subject, text in subjects("bob@demo.example") if subject == "Une boîte se remplit"]
assert "bob@demo.example: 80 %" in told[0] and "bob@demo.example: 95 %" in told[1], told
# Nobody hears the same twice.
assert send(to[:2]) == 450
assert [subject for subject, _ in subjects("alice@demo.example")].count("Une limite d’envoi est épuisée") == 1


def sign_in(login, password):
    # Who was registered by another process is heard of within a second or so.
    for _ in range(5):
        answer = ask('mutation { signIn(login: "%s", password: "%s") { session { accessToken } } }' % (login, password))
        if session := answer["signIn"]["session"]:
            return session["accessToken"]
        time.sleep(3)
    raise SystemExit(f"{login} cannot sign in")


def done(query, token):
    (payload,) = ask(query, token).values()
    assert payload["userErrors"] == [], payload
    return payload


# The owner's address is alice's mailbox. Its Box sells four recipients a day from now on, and an alias leads three elsewhere.
owner, operator = sign_in("demo", "demo-password"), sign_in("chief", "a long password of chief")
done('mutation { emailChange(email: "alice@demo.example", currentPassword: "demo-password") { userErrors { code } } }', owner)
deadline = time.time() + 60
while not (links := [found for _, text in subjects("alice@demo.example") for found in re.findall(r"token=(hsl_[0-9a-f]+_[\w-]+)", text)]):
    assert time.time() < deadline, "no link came"
    time.sleep(0.2)
done('mutation { emailVerify(token: "%s") { userErrors { code } } }' % links[-1], None)
(service,) = ask("{ services { nodes { id accountId } } }", owner)["services"]["nodes"]
limits = "domainMode: OWN, domains: 9, aliasDomains: 9, mailboxes: 99, aliases: 99, storageBytes: 107374182400, \
    mailboxQuotaDefaultBytes: 1073741824, mailboxQuotaMaxBytes: 107374182400, serviceSendsPerDay: 4, recipientsPerMessage: 50, \
    messageBytes: 26214400, syncJobs: 9, temporaryAliases: 9, domainAdministrators: 9, delegates: 9, features: []"
publish = 'mutation { planPublish(slug: "little", terms: { name: "Little", monthlyCents: 100, annualCents: 1000, limits: { %s } }) \
    { plan { id version } userErrors { code field } } }'
plan = done(publish % limits, operator)["plan"]
change = 'mutation { servicePlanChange(accountId: "%s", serviceId: "%s", planId: "%s", planVersion: 1, isForced: true) { userErrors { code } } }'
done(change % (service["accountId"], service["id"], plan["id"]), operator)
(domain,) = [node["id"] for node in ask("{ domains { nodes { id name } } }", owner)["domains"]["nodes"] if node["name"] == "demo.example"]
alias = 'mutation { aliasCreate(input: { serviceId: "%s", domainId: "%s", localPart: "crowd", targets: [%s] }) { userErrors { code field } } }'
done(alias % (service["id"], domain, ", ".join(f'"c{number}@elsewhere.example"' for number in range(3))), owner)


def written():
    """What a stranger is answered who writes to the alias."""
    with smtplib.SMTP("127.0.0.1", SMTP, timeout=60) as smtp:
        smtp.ehlo("host.elsewhere.example")
        smtp.mail("stranger@elsewhere.example")
        code = smtp.rcpt("crowd@demo.example")[0]
        # What is asked for is counted once the message is there.
        return smtp.data(b"From: stranger@elsewhere.example\r\nSubject: x\r\n\r\nx\r\n")[0] if code == 250 else code


deadline = time.time() + 60
while (code := written()) == 550:  # The servers hear of the alias within a second or so.
    assert time.time() < deadline
    time.sleep(0.2)
assert [code, written(), written(), written()] == [250, 250, 450, 450]
(near,) = wait_for("alice@demo.example", "Quatre cinquièmes de ce que vos alias peuvent transmettre sont utilisés")
(whole,) = wait_for("alice@demo.example", "Ce que vos alias peuvent transmettre est épuisé")
assert f"{service['id']}: 4 / 24 h" in near and f"{service['id']}: 4 / 24 h" in whole, (near, whole)
# What an alias passes on is nothing of what the mailboxes send.
assert ask('{ history(id: "%s", first: 1) { nodes { kind command actorName } } }' % service["id"], owner)["history"]["nodes"][0]["command"] == "aliasCreate"
print("well")
