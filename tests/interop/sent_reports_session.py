"""Reports that we send about DMARC and TLS, judged by others: parsedmarc reads them as those do who get them, the schema of
RFC 9990 (in the package `dmarc`) holds them to the letter, dkimpy checks who signed them.

Usage: sent_reports_session.py sign FOLDER SINK_PORT, then collect FOLDER SINK_PORT DNS_PORT HTTP_PORT SUBMISSION_PORT SMTP_PORT,
then, while nothing runs, age FOLDER SINK_PORT DATABASE, then judge with the arguments of collect.
"""

import email
import gzip
import json
import logging
import smtplib
import sqlite3
import sys
import time
from datetime import datetime, timedelta
from email import policy
from ipaddress import ip_address

import dkim
import parsedmarc
from dmarc.report import DMARC2Schema

from api import at
from signed_zones import Zones, outcomes, sign_in, submit, take_mail

STEP, ZONES, SINK = sys.argv[1], Zones(sys.argv[2]), int(sys.argv[3])
# Each host: its address, and whose certificate it shows.
HOSTS = {"sender": ("127.0.0.31", "own"), "broken": ("127.0.0.32", "other"), "plain": ("127.0.0.33", None)}
DMARC_TO, TLS_TO = "agg@sender.example", "tls@sender.example"


def host(name):
    zone = f"{name}.example."
    return [
        f"{zone} 300 IN MX 10 mx.{zone}",
        f"mx.{zone} 300 IN A {HOSTS[name][0]}",
        f'_smtp._tls.{zone} 300 IN TXT "v=TLSRPTv1; rua=mailto:{TLS_TO}"',
    ]


def text(value):
    """The value of a TXT record, in strings of at most 255 octets."""
    return " ".join(f'"{value[at : at + 250]}"' for at in range(0, len(value), 250))


def sign():
    own = ZONES.certificate("own")
    ZONES.certificate("other")
    ZONES.run("openssl", "genrsa", "-out", "dkim.pem", "2048")
    public = ZONES.run("openssl", "rsa", "-in", "dkim.pem", "-pubout")
    public = "".join(line for line in public.splitlines() if not line.startswith("-"))
    tlsa = lambda name: f"_{SINK}._tcp.mx.{name}.example. 300 IN TLSA 3 1 1 {own}"
    sender, _ = ZONES.signed(
        "sender.example.",
        [
            *host("sender"),
            tlsa("sender"),
            'sender.example. 300 IN TXT "v=spf1 ip4:127.0.0.1 -all"',
            f'_dmarc.sender.example. 300 IN TXT "v=DMARC1; p=quarantine; sp=none; np=reject; adkim=s; rua=mailto:{DMARC_TO}!10m"',
            f"s1._domainkey.sender.example. 300 IN TXT {text('v=DKIM1; k=rsa; p=' + public)}",
            # It takes the reports of another domain as well.
            'exempt.example._report._dmarc.sender.example. 300 IN TXT "v=DMARC1"',
        ],
    )
    broken, _ = ZONES.signed("broken.example.", [*host("broken"), tlsa("broken")])
    plain, _ = ZONES.plain("plain.example.", host("plain"))
    exempt, _ = ZONES.plain(
        "exempt.example.",
        [
            'exempt.example. 300 IN TXT "v=spf1 -all"',
            "exempt.example. 300 IN A 127.0.0.34",
            f'_dmarc.exempt.example. 300 IN TXT "v=DMARC1; p=reject; t=y; rua=mailto:{DMARC_TO}"',
        ],
    )
    evil, _ = ZONES.plain("evil.example.", ['evil.example. 300 IN TXT "v=spf1 ~all"', "evil.example. 300 IN A 127.0.0.35"])
    ours, _ = ZONES.plain("demo.example.", [])
    ZONES.root([*sender, *broken, *plain, *exempt, *evil, *ours])


def letters():
    """What comes in the name of others: the sender of the envelope, and the message."""
    head = lambda author, subject: f"From: <post@{author}>\r\nTo: <bob@demo.example>\r\nSubject: {subject}\r\nMessage-ID: <{subject}@{author}>\r\n"
    plain = head("sender.example", "plain") + "\r\nhello\r\n"
    with open(ZONES.path("dkim.pem"), "rb") as file:
        key = file.read()
    sign = lambda body: dkim.sign(body, b"s1", b"sender.example", key, include_headers=[b"from", b"subject"]).decode()
    signed = (head("sender.example", "signed") + "\r\nhello\r\n").encode()
    changed = sign(signed) + head("sender.example", "signed") + "\r\nhello, and send money\r\n"
    return [
        ("post@sender.example", plain),
        ("post@sender.example", plain),
        ("post@evil.example", sign(signed) + signed.decode()),
        ("post@evil.example", changed),
        ("", head("sender.example", "bounce") + "\r\nhello\r\n"),
        ("post@evil.example", head("exempt.example", "let-in") + "\r\nhello\r\n"),
    ]


def published(http):
    """Puts our keys into DNS; once they sign."""
    token = sign_in(http, "mailadmin_demo.example")
    read = "{ domains { nodes { id name dkimKeys { selector state record { name value } } } } }"
    for _ in range(240):
        domain = next(one for one in at(http)(read, token)["domains"]["nodes"] if one["name"] == "demo.example")
        if len(domain["dkimKeys"]) == 2:
            break
        time.sleep(0.5)
    records = {key["record"]["name"]: key["record"]["value"] for key in domain["dkimKeys"]}
    ZONES.plain("demo.example.", [f"{name}. 300 IN TXT {text(value)}" for name, value in records.items()])
    with open(ZONES.path("ours.json"), "w") as file:
        json.dump(records, file)
    return token, domain["id"], read


def collect(dns, http, submission, smtp):
    token, domain, read = published(http)
    names = ZONES.serve(dns)
    hosts, _, _ = take_mail(ZONES, HOSTS, SINK)
    try:
        check = 'mutation { dkimCheck(domainId: "%s") { userErrors { code } } }' % domain
        for _ in range(90):
            try:
                at(http)(check, token)
            except AssertionError:
                pass  # A failure of DNS is remembered for some seconds.
            keys = [one for one in at(http)(read, token)["domains"]["nodes"] if one["id"] == domain][0]["dkimKeys"]
            if all(key["state"] == "ACTIVE" for key in keys):
                break
            time.sleep(1)
        else:
            raise AssertionError(keys)
        for sender, letter in letters():
            with smtplib.SMTP("127.0.0.1", smtp, local_hostname="mx.sender.example", timeout=60) as client:
                client.sendmail(sender, ["bob@demo.example"], letter.encode())
        recipients = [f"u@{name}.example" for name in HOSTS]
        for recipient in recipients:
            submit(submission, recipient)
        came = outcomes(http, sign_in(http, "demo"), recipients)
        stages = {name: came[f"u@{name}.example"]["stage"] for name in HOSTS}
        assert stages == {"sender": "DELIVERED", "broken": "DEFERRED", "plain": "DELIVERED"}, came
        # What is counted is written down every ten seconds.
        time.sleep(15)
    finally:
        for one in hosts:
            one.stop()
        names.kill()
        names.wait()


def age(database):
    """What was counted today was counted the day before yesterday: its reports are due, at whatever hour this runs."""
    with sqlite3.connect(database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        aged = {}
        for (name,) in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            if {"day", "domain"} <= set(columns):
                aged[name] = connection.execute(f"UPDATE {name} SET day = day - 2").rowcount
    assert sum(aged.values()) >= 5, aged
    print(aged)


class Complaints(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


def packed(message, kind):
    parts = [part for part in message.walk() if part.get_content_type() == kind]
    assert len(parts) == 1, [part.get_content_type() for part in message.walk()]
    return parts[0].get_filename(), gzip.decompress(parts[0].get_payload(decode=True))


def signed_by_us(octets):
    with open(ZONES.path("ours.json")) as file:
        records = json.load(file)
    zone = {name.encode(): value.encode() for name, value in records.items()}
    find = lambda name, timeout=5: zone.get(name.rstrip(b"."))
    count = len(email.message_from_bytes(octets).get_all("DKIM-Signature", []))
    assert count == 2, "both keys sign"
    for index in range(count):
        assert dkim.DKIM(octets).verify(idx=index, dnsfunc=find), octets[:2000]
    # What RFC 8460 wants signed and recognised, where the message has it.
    assert b"tls-report-domain" not in octets.lower() or all(
        b"tls-report-domain" in field.lower().encode() for field in email.message_from_bytes(octets).get_all("DKIM-Signature")
    ), "the fields that say what it is about are signed"


def judge_dmarc(octets):
    message = email.message_from_bytes(octets, policy=policy.default)
    name, xml = packed(message, "application/gzip")
    DMARC2Schema.validate(xml.decode())
    report = parsedmarc.parse_report_email(octets, offline=True, always_use_local_files=True)
    assert report["report_type"] == "aggregate", report
    report = report["report"]
    begin, end = (int(part) for part in name.removesuffix(".xml.gz").split("!")[2:4])
    assert name.startswith(f"demo.example!{report['policy_published']['domain']}!") and end - begin == 86399, name
    assert report["xml_namespace"] == "urn:ietf:params:xml:ns:dmarc-2.0", report
    assert report["report_metadata"]["org_name"] == "Demo Post", report
    assert report["report_metadata"]["report_id"] in message["subject"], message["subject"]
    return report


def judge_json(report):
    """What RFC 8460 says of the document itself: sections 4.3 and 4.4."""
    kinds = (
        "starttls-not-supported certificate-host-mismatch certificate-expired certificate-not-trusted validation-failure "
        "tlsa-invalid dnssec-invalid dane-required sts-policy-fetch-error sts-policy-invalid sts-webpki-invalid"
    )
    assert set(report) == {"organization-name", "date-range", "contact-info", "report-id", "policies"}, report
    begin, end = (datetime.fromisoformat(report["date-range"][key]) for key in ("start-datetime", "end-datetime"))
    assert begin.utcoffset() == timedelta(0) and (end - begin).total_seconds() == 86399, report
    for told in report["policies"]:
        assert told["policy"]["policy-type"] in ("tlsa", "sts", "no-policy-found") and told["policy"]["policy-domain"], told
        failures = told.get("failure-details", [])
        assert told["summary"]["total-failure-session-count"] == sum(one["failed-session-count"] for one in failures), told
        for failure in failures:
            assert failure["result-type"] in kinds.split() and "" not in failure.values(), failure
            ip_address(failure.get("sending-mta-ip", "127.0.0.1"))


def judge_tls(octets):
    message = email.message_from_bytes(octets, policy=policy.default)
    # RFC 8460 section 5.3.
    assert message.get_content_type() == "multipart/report" and message.get_param("report-type") == "tlsrpt"
    assert message["TLS-Report-Submitter"] == "demo.example" and message["TLS-Report-Domain"], octets[:2000]
    name, body = packed(message, "application/tlsrpt+gzip")
    report = parsedmarc.parse_report_email(octets, offline=True, always_use_local_files=True)
    assert report["report_type"] == "smtp_tls", report
    report = report["report"]
    judge_json(json.loads(body))
    assert json.loads(body)["report-id"] == report["report_id"] and report["organization_name"] == "Demo Post", report
    assert name.startswith(f"demo.example!{message['TLS-Report-Domain']}!") and name.endswith(".json.gz"), name
    assert f"Report Domain: {message['TLS-Report-Domain']} Submitter: demo.example" in message["subject"], message["subject"]
    return message["TLS-Report-Domain"], report


def judge(dns, http, submission, smtp):
    names = ZONES.serve(dns)
    hosts, _, taken = take_mail(ZONES, HOSTS, SINK)
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    logging.getLogger("parsedmarc").addHandler(complaints)
    # Who starts the server waits for this: what DNS does not tell then is asked again after minutes.
    with open(ZONES.path("serving"), "w"):
        pass
    try:
        deadline = time.time() + 120
        to = lambda recipient: [octets for _, known, _, octets in taken if known == recipient]
        while (len(to(DMARC_TO)) < 2 or len(to(TLS_TO)) < 3) and time.time() < deadline:
            time.sleep(0.5)
        for octets in to(DMARC_TO) + to(TLS_TO):
            signed_by_us(octets)
        aggregates = {report["policy_published"]["domain"]: report for report in map(judge_dmarc, to(DMARC_TO))}
        assert sorted(aggregates) == ["exempt.example", "sender.example"], taken
        published = aggregates["sender.example"]["policy_published"]
        assert (published["p"], published["sp"], published["np"], published["adkim"]) == ("quarantine", "none", "reject", "s"), published
        rows = aggregates["sender.example"]["records"]
        assert sum(row["count"] for row in rows) == 5, rows
        evaluated = sorted(
            (row["count"], row["policy_evaluated"]["disposition"], row["policy_evaluated"]["dkim"], row["policy_evaluated"]["spf"])
            for row in rows
        )
        print(evaluated)
        assert (2, "pass", "fail", "pass") in evaluated and (1, "pass", "pass", "fail") in evaluated, evaluated
        assert (1, "quarantine", "fail", "fail") in evaluated, evaluated
        assert all(row["source"]["ip_address"] == "127.0.0.1" for row in rows), rows
        (row,) = aggregates["exempt.example"]["records"]
        evaluated = row["policy_evaluated"]
        reasons = [reason["type"] for reason in evaluated["policy_override_reasons"]]
        assert evaluated["disposition"] == "none" and reasons, row
        print(row)
        about = dict(map(judge_tls, to(TLS_TO)))
        assert sorted(about) == ["broken.example", "plain.example", "sender.example"], taken
        kinds = {}
        for domain, report in about.items():
            (told,) = report["policies"]
            failures = [failure["result_type"] for failure in told.get("failure_details", [])]
            kinds[domain] = (told["policy_type"], told["successful_session_count"], told["failed_session_count"], failures)
        print(kinds)
        assert kinds["sender.example"][0] == "tlsa" and kinds["sender.example"][1] >= 1 and not kinds["sender.example"][3], kinds
        assert kinds["broken.example"][0] == "tlsa" and kinds["broken.example"][2] >= 1 and kinds["broken.example"][3], kinds
        assert kinds["plain.example"][0] == "no-policy-found" and kinds["plain.example"][3] == ["starttls-not-supported"], kinds
        assert not complaints.said, complaints.said
    finally:
        for one in hosts:
            one.stop()
        names.kill()
        names.wait()


if STEP == "sign":
    sign()
elif STEP == "age":
    age(sys.argv[4])
else:
    {"collect": collect, "judge": judge}[STEP](*(int(port) for port in sys.argv[4:8]))
print("well")
