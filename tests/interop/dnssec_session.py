"""Mail that DANE protects under trust anchors of one's own.

Usage: dnssec_session.py sign FOLDER SINK_PORT writes zones, keys and certificates: `own.key` is the root's, `strange.key` is a
root's that signed nothing here. dnssec_session.py deliver|believe-nobody FOLDER SINK_PORT DNS_PORT HTTP_PORT
SUBMISSION_PORT submits mail and looks what came of it.
"""

import re
import sys
import time

from signed_zones import DAY, Zones, outcomes, sign_in, submit, take_mail

STEP, FOLDER, SINK = sys.argv[1], sys.argv[2], int(sys.argv[3])

# Each domain: the address of its host, whose certificate the host shows, whose its TLSA record names.
DOMAINS = {
    "good": ("127.0.0.11", "own", "own"),
    "wrong": ("127.0.0.12", "other", "own"),
    "plain": ("127.0.0.13", None, "own"),
    # Somebody changed the zone on its way: the MX record, the TLSA record, or took the latter out.
    "moved": ("127.0.0.14", "other", "own"),
    "lied": ("127.0.0.15", "other", "own"),
    "stripped": ("127.0.0.16", "other", "own"),
    # Signed until a day that is long past.
    "stale": ("127.0.0.17", "own", "own"),
    # Not signed, as its parent proves: its TLSA record says nothing.
    "unsigned": ("127.0.0.18", "other", "own"),
}
DELIVERED = {"good", "unsigned"}


def sign_all(zones):
    digests = {name: zones.certificate(name) for name in ("own", "other")}
    delegations = []
    for name, (address, _, named) in DOMAINS.items():
        zone = f"{name}.example."
        lines = [
            f"{zone} 300 IN MX 10 mx.{zone}",
            f"mx.{zone} 300 IN A {address}",
            f"_{SINK}._tcp.mx.{zone} 300 IN TLSA 3 1 1 {digests[named]}",
        ]
        if name == "unsigned":
            said, _ = zones.plain(zone, lines)
        else:
            said, _ = zones.signed(zone, lines, until=time.time() - 300 * DAY if name == "stale" else None)
        delegations += said
    zones.change("moved.example.", lambda text: text.replace("10 mx.moved.example.", "10 mx.good.example."))
    zones.change("lied.example.", lambda text: text.replace(digests["own"], digests["other"]))
    records = r"(?m)^_\d+\._tcp\.mx\S+\s+300\s+IN\s+(TLSA|RRSIG\s+TLSA)\s.*\n"
    zones.change("stripped.example.", lambda text: re.sub(records, "", text))
    zones.root(delegations)


def deliver(zones, expected, dns, http, submission):
    names = zones.serve(dns)
    hosts, heard, taken = take_mail(zones, {name: (at, shown) for name, (at, shown, _) in DOMAINS.items()}, SINK)
    try:
        token = sign_in(http, "demo")
        # Each start has mail of its own: what waits from an earlier one is not asked about.
        recipients = {f"{STEP}@{name}.example": name for name in DOMAINS}
        for recipient in recipients:
            submit(submission, recipient)
        for recipient, step in outcomes(http, token, recipients).items():
            name = recipients[recipient]
            print(name, step["text"])
            assert step["stage"] == ("DELIVERED" if name in expected else "DEFERRED"), (name, step)
            assert name in expected or step["reply"]["enhanced"].startswith("4."), (name, step)
        time.sleep(1)
        mine = sorted((name, is_encrypted) for name, recipient, is_encrypted, _ in taken if recipient in recipients)
        assert mine == sorted((name, True) for name in expected), mine
        # Nowhere was so much as the sender named in the clear.
        assert all(is_encrypted for _, is_encrypted in heard), heard
    finally:
        for host in hosts:
            host.stop()
        names.kill()
        names.wait()


if STEP == "sign":
    sign_all(Zones(FOLDER))
else:
    ports = (int(port) for port in sys.argv[4:7])
    deliver(Zones(FOLDER), DELIVERED if STEP == "deliver" else set(), *ports)
print("well")
