"""A mailbox is deleted and its owner erased: nothing that is kept names them any more, and nothing else is lost."""
import json, sys, time

from api import at

http, operator, step = int(sys.argv[1]), sys.argv[2], sys.argv[3]


ask = at(http)


signed_in = ask('mutation { signIn(login: "%s", password: "a long password") { session { accessToken } } }' % operator)
token = signed_in["signIn"]["session"]["accessToken"]
account = next(node["id"] for node in ask("{ accounts { nodes { id name } } }", token)["accounts"]["nodes"] if node["name"] == "Demo")
at = 'accountId: "%s"' % account


def deleted():
    return ask("{ mailboxes(%s, status: DELETED) { nodes { id address displayName } } }" % at, token)["mailboxes"]["nodes"]


if step == "erase":
    bob = next(
        node["id"] for node in ask("{ mailboxes(%s) { nodes { id address } } }" % at, token)["mailboxes"]["nodes"]
        if node["address"] == "bob@demo.example"
    )
    erase = 'mutation { personErase(%s, mailboxId: "%s") { userErrors { code } } }' % (at, bob)
    assert ask(erase, token)["personErase"]["userErrors"][0]["code"] == "PERSON_STILL_THERE"
    assert ask('mutation { mailboxDelete(%s, mailboxId: "%s") { userErrors { code } } }' % (at, bob), token)["mailboxDelete"]["userErrors"] == []
    assert ask(erase, token)["personErase"]["userErrors"] == []
    for _ in range(100):
        if deleted()[0]["address"] is None:
            break
        time.sleep(0.1)

(gone,) = deleted()
assert gone["address"] is None and gone["displayName"] is None, gone
told = ask('{ history(%s, id: "%s") { nodes { kind changes { field to } } } }' % (at, gone["id"]), token)["history"]["nodes"]
assert "bob" not in json.dumps(told).lower(), told
created = next(entry for entry in told if entry["kind"] == "mailbox.created")
assert {"field": "local", "to": "(erased)"} in created["changes"], created
restored = ask('mutation { mailboxRestore(%s, mailboxId: "%s") { userErrors { code } } }' % (at, gone["id"]), token)
assert restored["mailboxRestore"]["userErrors"][0]["code"] in ("MAILBOX_ERASED", "RETENTION_OVER"), restored
alice = ask("{ mailboxes(%s) { nodes { address } } }" % at, token)["mailboxes"]["nodes"]
assert alice == [{"address": "alice@demo.example"}], alice
print(step, "well")
