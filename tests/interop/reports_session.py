"""Reports of other hosts, made by Python's own libraries, and what the API then shows: DMARC in a zip, TLS in a gzip, a
bomb, what is about others, and a complaint about a message that left."""

import gzip
import io
import json
import smtplib
import ssl
import sys
import time
import zipfile
from email.message import EmailMessage

from api import at

HTTP, SMTP, SUBMISSION = (int(port) for port in sys.argv[1:4])
NOW = int(time.time())


ask = at(HTTP, 30)


def sign_in(login):
    query = f'mutation {{ signIn(login: "{login}", password: "demo-password") {{ session {{ accessToken }} }} }}'
    return ask(query)["signIn"]["session"]["accessToken"]


def dmarc(domain, rows):
    records = "".join(
        f"<record><row><source_ip>{source}</source_ip><count>{count}</count><policy_evaluated>"
        f"<disposition>{done}</disposition><dkim>{dkim}</dkim><spf>fail</spf></policy_evaluated></row>"
        f"<identifiers><header_from>{domain}</header_from></identifiers><auth_results><spf><domain>{domain}</domain>"
        "<result>fail</result></spf></auth_results></record>"
        for source, count, done, dkim in rows
    )
    return (
        "<?xml version='1.0'?><feedback><report_metadata><org_name>big.example</org_name><email>r@big.example</email>"
        f"<report_id>{domain}.1</report_id><date_range><begin>{NOW - 86400}</begin><end>{NOW}</end></date_range>"
        f"</report_metadata><policy_published><domain>{domain}</domain><p>reject</p></policy_published>{records}</feedback>"
    ).encode()


def zipped(octets):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.xml", octets)
    return packed.getvalue()


def send(to, kind, octets):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "r@big.example", to, "Report"
    message.set_content("A report.")
    main, sub = kind.split("/")
    message.add_attachment(octets, maintype=main, subtype=sub, filename="report")
    with smtplib.SMTP("127.0.0.1", SMTP, timeout=60) as smtp:
        smtp.send_message(message, "r@big.example", [to])


def complain(message_id):
    body = (
        "From: fbl@big.example\r\nTo: feedback@localhost\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: <alice@demo.example>\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    )
    with smtplib.SMTP("127.0.0.1", SMTP, timeout=60) as smtp:
        smtp.sendmail("fbl@big.example", ["feedback@localhost"], body)


def steps(token, stage):
    query = f"{{ messageTrace(filter: {{ stage: {stage} }}) {{ nodes {{ recipient reasons {{ code }} text }} }} }}"
    return ask(query, token)["messageTrace"]["nodes"]


def reasons(token, stage):
    return [reason["code"] for step in steps(token, stage) for reason in step["reasons"]]


def until(seen, what):
    for _ in range(300):
        if seen():
            return
        time.sleep(0.1)
    raise AssertionError(f"never: {what}")


def main():
    owner = sign_in("demo")
    domains = ask("{ domains { nodes { id name } } }", owner)["domains"]["nodes"]
    domain = next(one["id"] for one in domains if one["name"] == "demo.example")
    rows = [("192.0.2.1", 3, "reject", "fail"), ("198.51.100.7", 40, "none", "pass")]
    send("dmarc-reports@demo.example", "application/zip", zipped(dmarc("demo.example", rows)))
    tls = {
        "organization-name": "big.example",
        "date-range": {"start-datetime": "2026-01-01T00:00:00Z", "end-datetime": "2026-01-01T23:59:59Z"},
        "contact-info": "r@big.example",
        "report-id": "t1",
        "policies": [
            {
                "policy": {"policy-type": "sts", "policy-domain": "demo.example"},
                "summary": {"total-successful-session-count": 9, "total-failure-session-count": 2},
                "failure-details": [
                    {
                        "result-type": "certificate-expired",
                        "sending-mta-ip": "192.0.2.9",
                        "receiving-mx-hostname": "mx.demo.example",
                        "failed-session-count": 2,
                    }
                ],
            }
        ],
    }
    send("tls-reports@demo.example", "application/tlsrpt+gzip", gzip.compress(json.dumps(tls).encode()))
    send("dmarc-reports@demo.example", "application/gzip", gzip.compress(b"<" * (200 << 20)))
    send("dmarc-reports@demo.example", "application/gzip", gzip.compress(dmarc("victim.example", rows)))
    shown = ask(
        f'{{ domain(domainId: "{domain}") {{ dmarcReports {{ nodes {{ reporter messages passed policy }} }} '
        "dmarcSources { source messages passed rejected } tlsReports { nodes { succeeded failed failures { kind sessions } } } } }",
        owner,
    )["domain"]
    expected = [{"reporter": "big.example", "messages": 43, "passed": 40, "policy": "reject"}]
    assert shown["dmarcReports"]["nodes"] == expected, shown
    assert [one["messages"] for one in shown["dmarcSources"]] == [40, 3], shown
    failures = [{"kind": "certificate-expired", "sessions": 2}]
    assert shown["tlsReports"]["nodes"] == [{"succeeded": 9, "failed": 2, "failures": failures}], shown
    until(lambda: "report_too_large" in reasons(owner, "REMOVED"), "the bomb is told")
    until(lambda: "report_of_other_domain" in reasons(owner, "REMOVED"), "a report about others is told")

    message_id = f"<{NOW}.complaint@demo.example>"
    letter = f"From: alice@demo.example\r\nTo: grump@big.example\r\nMessage-ID: {message_id}\r\n\r\nBuy!\r\n"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", SUBMISSION, timeout=60) as smtp:
        smtp.starttls(context=context)
        smtp.login("alice@demo.example", "demo-password")
        smtp.sendmail("alice@demo.example", ["grump@big.example"], letter)
    # A complaint about what nobody sent suppresses nobody.
    complain("<never.sent@demo.example>")
    complain(message_id)
    complain(message_id)
    until(lambda: len(steps(owner, "COMPLAINED")) == 1, "the complaint is told")
    suppressed = ask("{ suppressions { nodes { id } } }", owner)["suppressions"]["nodes"]
    assert suppressed == [{"id": "grump@big.example"}], suppressed
    events = lambda: [one["kind"] for one in ask("{ events(first: 500) { nodes { kind } } }", owner)["events"]["nodes"]]
    until(lambda: events().count("mailbox.complained_about") == 1, "the complaint is an event, once")
    mailbox = sign_in("alice@demo.example")
    assert len(steps(mailbox, "COMPLAINED")) == 1 and steps(mailbox, "QUEUED"), "the sender sees it"
    print("reports are taken in")


main()
