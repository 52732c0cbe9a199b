"""Public suites against `hosterra check`: RFC 7208 of openspf, ARC of ValiMail, signatures of dkimpy.

Usage: suites.py BINARY spf|arc|dkim. Prints what passed of how many; exits with 1 where anything did not.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys

import yaml

SUITES = pathlib.Path(__file__).parent / "suites"
BINARY, SUITE = sys.argv[1:3]

# Cases where we differ on purpose, and why.
DIFFERENT = {
    "macro-mania-in-domain": "names with blanks in them are not asked for",
    "ams_fields_h_empty": "a message signature that does not sign From is worth nothing (RFC 6376 section 5.4)",
}


def ask(method, question):
    done = subprocess.run(
        [BINARY, "check", method], input=json.dumps(question), capture_output=True, text=True, timeout=60
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def name(text):
    plain = "abcdefghijklmnopqrstuvwxyz0123456789-_*."
    return "".join(c if c.lower() in plain else "\\%03d" % ord(c) for c in text.rstrip(".")) + "."


def txt(strings):
    """One record of strings, cut to 255 octets each."""
    pieces = []
    if not strings:
        strings = [""]
    for string in [strings] if isinstance(strings, str) else strings:
        octets = string.encode("utf-8") if isinstance(string, str) else string
        pieces += [octets[at : at + 255] for at in range(0, max(len(octets), 1), 255)]
    quoted = ("".join("\\%03d" % octet for octet in piece) for piece in pieces)
    return "TXT " + " ".join('"%s"' % piece for piece in quoted)


def spf_zone(data):
    """The zone of a scenario: SPF records count as TXT where a name has no TXT of its own."""
    lines, failing = [], []
    for owner, records in data.items():
        if any(not 0x21 <= ord(c) <= 0x7E for c in owner):
            continue  # a name with blanks in it is none here
        kinds = {kind for record in records if isinstance(record, dict) for kind in record}
        answered = kinds - {kind for record in records if isinstance(record, dict) for kind in record if record[kind] == "NONE"}
        for record in records:
            if record == "TIMEOUT":
                for kind in {"A", "AAAA", "MX", "PTR", "TXT"} - answered:
                    failing.append({"name": owner.rstrip("."), "kind": kind, "error": "timeout"})
                continue
            for kind, value in record.items():
                if kind == "MX":
                    line = "MX %d %s" % (value[0], name(value[1]) if value[1] else ".")
                elif kind in ("PTR", "CNAME"):
                    line = "%s %s" % (kind, name(value))
                elif kind == "TXT" or (kind == "SPF" and "TXT" not in kinds and "TIMEOUT" not in records):
                    if value == "NONE":
                        continue
                    line = txt(value)
                elif kind == "SPF":
                    continue
                else:
                    line = "%s %s" % (kind, value)
                lines.append("%s %s" % (name(owner), line))
    return "\n".join(lines) + "\n", failing


def spf():
    for scenario in yaml.safe_load_all((SUITES / "rfc7208-tests.yml").read_text(encoding="utf-8")):
        zone, failing = spf_zone(scenario["zonedata"])
        for case, test in scenario["tests"].items():
            question = {"zone": zone, "failing": failing, "ip": test["host"], "helo": test["helo"]}
            question["mailFrom"] = test["mailfrom"]
            answer = ask("spf", question)
            allowed = test["result"] if isinstance(test["result"], list) else [test["result"]]
            is_right = answer["result"] in allowed
            # DEFAULT is what a receiver says by itself.
            wanted = test.get("explanation")
            if is_right and wanted is not None and answer["result"] == "fail":
                is_right = answer["explanation"] == (None if wanted == "DEFAULT" else wanted)
            yield case, is_right, "%s, expected %s %s" % (answer, allowed, wanted or "")


def arc():
    for scenario in yaml.safe_load_all((SUITES / "arc-draft-validation-tests.yml").read_text(encoding="utf-8")):
        zone = "".join("%s %s\n" % (name(owner), txt(text)) for owner, text in scenario["txt-records"].items())
        for case, test in scenario["tests"].items():
            octets = test["message"].replace("\n", "\r\n").encode("utf-8")
            question = {"zone": zone, "messageBase64": base64.b64encode(octets).decode()}
            answer = ask("arc", question)
            # The draft of the suite says nothing of a chain that is dead already; RFC 8617 section 5.2 says that it fails.
            wanted = test["cv"].lower() or "fail"
            yield case, answer["result"] == wanted, "%s, expected %s" % (answer, wanted)


def dkim():
    import dkim as dkimpy
    import nacl.encoding
    import nacl.signing

    ed25519 = nacl.signing.SigningKey.generate()
    rsa, rsa_public = rsa_key()
    public = base64.b64encode(bytes(ed25519.verify_key)).decode()
    zone = "r._domainkey.example.org. %s\ne._domainkey.example.org. %s\n" % (
        txt("v=DKIM1; k=rsa; p=" + rsa_public),
        txt("v=DKIM1; k=ed25519; p=" + public),
    )
    message = (
        b"Received: from a by b;\r\n\tThu, 1 Jan 2026 00:00:00 +0000\r\nFrom:  A <a@example.org>\r\nTo: b@example.net\r\n"
        b"Subject: =?utf-8?q?caf=C3=A9?=\r\n folded\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\n"
        b"Hello  there \t\r\n\r\n.dot\r\n \r\n\r\n\r\n"
    )
    keys = {"rsa-sha256": (b"r", rsa), "ed25519-sha256": (b"e", ed25519.encode(nacl.encoding.Base64Encoder))}
    for algorithm, (selector, key) in keys.items():
        for header in (b"simple", b"relaxed"):
            for body in (b"simple", b"relaxed"):
                sign = dkimpy.sign(
                    message, selector, b"example.org", key, canonicalize=(header, body),
                    signature_algorithm=algorithm.encode(), include_headers=[b"from", b"to", b"subject", b"from"],
                )
                case = "%s %s/%s" % (algorithm, header.decode(), body.decode())
                for what, octets, wanted in (
                    ("as it was", sign + message, "pass"),
                    ("other body", sign + message.replace(b"there", b"you"), "fail"),
                    ("other subject", sign + message.replace(b"folded", b"changed"), "fail"),
                    ("second From", b"From: x@example.net\r\n" + sign + message, "fail"),
                    ("unsigned field", b"X-Any: thing\r\n" + sign + message, "pass"),
                    ("blank at a line's end", sign + message.replace(b".dot\r\n", b".dot \r\n"),
                     "pass" if body == b"relaxed" else "fail"),
                ):
                    question = {"zone": zone, "messageBase64": base64.b64encode(octets).decode()}
                    answer = ask("dkim", question)["signatures"][0]
                    yield "%s: %s" % (case, what), answer["result"] == wanted, "%s, expected %s" % (answer, wanted)
    yield from dkimpy_messages(pathlib.Path(dkimpy.__file__).parent / "tests" / "data")


def dkimpy_messages(data):
    """Messages that dkimpy tests itself with."""
    football = {"brisbane": "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}
    football["test"] = football_rsa = (
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi"
        "0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
    )
    assert football_rsa
    zone = "".join("%s._domainkey.football.example.com. %s\n" % (key, txt(text)) for key, text in football.items())
    for file in ("rfc6376.signed.msg", "rfc6376.signed.rsa.msg", "rfc6376.signed.no_t.msg"):
        if not (data / file).exists():
            continue
        octets = (data / file).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        answer = ask("dkim", {"zone": zone, "messageBase64": base64.b64encode(octets).decode(), "now": 1528637909})
        results = [signature["result"] for signature in answer["signatures"]]
        yield file, bool(results) and set(results) == {"pass"}, str(answer)


def rsa_key():
    """A fresh key of 2048 bits, and its public half as it is published."""
    private = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True)
    return private, base64.b64encode(public.stdout).decode()


def main():
    passed, failed, different = 0, [], []
    for case, is_right, seen in {"spf": spf, "arc": arc, "dkim": dkim}[SUITE]():
        passed += is_right
        if not is_right and case in DIFFERENT:
            different.append("%s: %s" % (case, DIFFERENT[case]))
        elif not is_right:
            failed.append("%s: %s" % (case, seen))
    print("%s: passed %d of %d" % (SUITE, passed, passed + len(failed) + len(different)))
    print("\n".join(["different on purpose: " + line for line in different] + failed))
    sys.exit(1 if failed or passed == 0 else 0)


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    main()
