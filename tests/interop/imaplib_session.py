"""One mailbox seen by two sessions of Python's imaplib: select, append, flag, search, copy, move, delete, idle."""
import imaplib, re, ssl, sys, time

port, starttls_port = int(sys.argv[1]), int(sys.argv[2])
context = ssl._create_unverified_context()
imaplib.Commands.setdefault("MOVE", ("SELECTED",))


def login(encrypted=True):
    if encrypted:
        client = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=context)
    else:
        client = imaplib.IMAP4("127.0.0.1", starttls_port)
        assert "LOGINDISABLED" in client.capabilities, client.capabilities
        try:
            client.login("bob@demo.example", "demo-password")
            raise SystemExit("a login without TLS was taken")
        except imaplib.IMAP4.error:
            pass
        client.starttls(ssl_context=context)
    client.login("bob@demo.example", "demo-password")
    return client


def ok(answer):
    status, data = answer
    assert status == "OK", answer
    return data


a, b = login(), login(encrypted=False)
ok(a.select("INBOX"))
before = int(ok(b.select("INBOX"))[0])
message = b"From: bob@demo.example\r\nTo: bob@demo.example\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\r\nun caf\xc3\xa9 noir\r\n"
text = repr(ok(a.append("INBOX", "(\\Flagged work)", imaplib.Time2Internaldate(1700000000), message)))
assert "APPENDUID" in text, text
b.noop()
assert int(b.response("EXISTS")[1][-1]) == before + 1
uid = ok(b.uid("SEARCH", "SUBJECT", '"nothing such"'))[0]
assert uid in (b"", None), uid
b.literal = "café".encode()
found = ok(b.uid("SEARCH", "CHARSET", "UTF-8", "SUBJECT"))[0].split()
assert len(found) == 1, found
b.literal = "café noir".encode()
assert ok(b.uid("SEARCH", "CHARSET", "UTF-8", "BODY"))[0].split() == found
uid = found[0].decode()
data = ok(b.uid("FETCH", uid, "(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])"))
assert data[0][1] == message, data
assert b"\\Flagged" in data[0][0] + data[1] and b"work" in data[0][0] + data[1], data
assert b"RFC822.SIZE %d" % len(message) in data[0][0], data
ok(b.uid("STORE", uid, "+FLAGS", "(\\Seen)"))
a.noop()
flags = ok(a.uid("FETCH", uid, "(FLAGS)"))[0]
assert b"\\Seen" in flags, flags
ok(a.create("Work/2026"))
assert any(b"Work/2026" in line for line in ok(b.list()))
ok(a.uid("COPY", uid, "Work/2026"))
ok(a.uid("MOVE", uid, "Trash"))
b.noop()
assert ok(b.uid("SEARCH", "UID", uid))[0] in (b"", None)
assert int(ok(b.select("Work/2026"))[0]) == 1
ok(b.store("1", "+FLAGS", "(\\Deleted)"))
assert ok(b.expunge()) == [b"1"]
ok(a.select("INBOX"))
ok(a.delete("Work/2026"))
ok(a.delete("Work"))
quota = a._simple_command("GETQUOTAROOT", "INBOX")
assert quota[0] == "OK", quota
# IDLE: what one appends, the other is told.
ok(b.select("INBOX"))
tag = b._new_tag()
b.send(tag + b" IDLE\r\n")
assert b.readline().startswith(b"+")
ok(a.append("INBOX", None, None, message))
b.sock.settimeout(20)
line = b.readline()
while b"EXISTS" not in line:
    line = b.readline()
b.send(b"DONE\r\n")
while not b.readline().startswith(tag):
    pass
ok(a.select("INBOX"))
ok(a.store("1:*", "+FLAGS.SILENT", "(\\Deleted)"))
ok(a.close())
a.logout()
b.logout()
print("imaplib: ok")
