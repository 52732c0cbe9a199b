"""The DNS records of the demo domain, held against a real DNS server.

Usage: records_session.py HTTP_PORT DNS_PORT. dnsmasq answers with what each step publishes; the last step publishes what
the API's own zone file says. Prints how long a check takes.
"""

import subprocess
import sys
import time

from api import at

HTTP, DNS = int(sys.argv[1]), int(sys.argv[2])


ask = at(HTTP)


def server(records):
    arguments = ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=", "--pid-file"]
    arguments += ["--listen-address=127.0.0.1", "--bind-interfaces", f"--port={DNS}", "--local=/example/", "--local=/localhost/"]
    child = subprocess.Popen([*arguments, *records])
    time.sleep(0.5)
    assert child.poll() is None, "dnsmasq ended"
    return child


def published(zone):
    """The lines of a zone file as options of dnsmasq."""
    for line in zone.splitlines():
        if line.startswith("$"):
            continue
        name, _, kind, data = line.split("\t")
        words = data.rstrip(".").split(" ")
        name = name.rstrip(".")
        if kind == "MX":
            yield f"--mx-host={name},{words[1].rstrip('.')},{words[0]}"
        elif kind == "CNAME":
            yield f"--cname={name},{words[0].rstrip('.')}"
        elif kind == "SRV":
            yield f"--srv-host={name},{words[3].rstrip('.')},{words[2]},{words[0]},{words[1]}"
        else:
            # Long ones, such as keys, are several strings, which dnsmasq takes between commas.
            yield f"--txt-record={name},{data.strip(chr(34)).replace(chr(34) + ' ' + chr(34), ',')}"


sign_in = 'mutation { signIn(login: "mailadmin_demo.example", password: "demo-password") { session { accessToken } } }'
token = ask(sign_in)["signIn"]["session"]["accessToken"]
domain = ask("{ domains { nodes { id } } }", token)["domains"]["nodes"][0]["id"]
# The signing keys are made in the background; a zone file from before them would lack their records.
for _ in range(240):
    keys = ask("{ domains { nodes { dkimKeys { selector } } } }", token)["domains"]["nodes"][0]["dkimKeys"]
    if len(keys) == 2:
        break
    time.sleep(0.5)
assert len(keys) == 2, keys
query = (
    '{ domainDns(domainId: "%s", recheck: true) { checkedAt isGood zoneFile csv '
    "records { role type state why remedy current expected } } }" % domain
)


def checked(records, language="en"):
    child = server(records)
    try:
        start = time.monotonic()
        told = ask(query, token, language)["domainDns"]
        print(f"{len(told['records'])} records checked in {(time.monotonic() - start) * 1000:.0f} ms")
    finally:
        child.kill()
        child.wait()
    # Between two checks of one domain lie 20 seconds.
    time.sleep(21)
    return told


def states(told):
    return {record["role"]: record["state"] for record in told["records"]}


wrong = checked([
    "--mx-host=demo.example,mx.elsewhere.example,10",
    "--txt-record=demo.example,v=spf1 -all",
    "--txt-record=_dmarc.demo.example,v=DMARC1; p=none",
    "--txt-record=_dmarc.demo.example,v=DMARC1; p=reject",
    "--txt-record=_smtp._tls.demo.example,=HYPERLINK(0)",
], "fr")
found = states(wrong)
assert not wrong["isGood"]
assert (found["EXCHANGE"], found["SPF"], found["DMARC"]) == ("WRONG", "WRONG", "DUPLICATE"), found
assert (found["AUTOCONFIG_HOST"], found["TLS_REPORT"]) == ("ABSENT", "WRONG"), found
assert "n'autorise pas" in next(record["why"] for record in wrong["records"] if record["role"] == "SPF")
assert '"\'=HYPERLINK(0)"' in wrong["csv"], wrong["csv"]

right = checked(["--address=/localhost/127.0.0.1", *published(wrong["zoneFile"])])
assert right["isGood"] and set(states(right).values()) == {"GOOD"}, right["records"]
