"""A mailbox is deleted and a user removed, and both are erased: nothing that is kept names them any more, not the letters that
the platform wrote them nor what they wrote to the support, and nothing else is lost."""
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


def letters():
    """Where letters of the platform wait for, and what its trace holds of them."""
    queue = ask("{ platformQueue(first: 100) { nodes { address } } }", token)["platformQueue"]["nodes"]
    trace = ask("{ messageTrace(first: 100) { nodes { recipient } } }", token)["messageTrace"]["nodes"]
    return {node["address"] for node in queue}, {node["recipient"] for node in trace}


def until(what):
    for _ in range(100):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("not within ten seconds")


def signed(login):
    answer = ask('mutation { signIn(login: "%s", password: "demo-password") { session { accessToken } } }' % login)
    return answer["signIn"]["session"]["accessToken"]


def ticket():
    tickets = ask("{ tickets(%s) { nodes { id subject messages { text isStaff } } } }" % at, token)["tickets"]["nodes"]
    return tickets[0]


def done(answer):
    (field,) = answer.values()
    assert field["userErrors"] == [], answer
    return field


STAYS = "stays@elsewhere.example"
if step == "erase":
    register = 'mutation { userRegister(input: { %s, login: "%s", password: "demo-password", role: OWNER }) { user { id } userErrors { code } } }'
    leaver = done(ask(register % (at, "leaver"), token))["user"]["id"]
    done(ask(register % (at, "stayer"), token))
    email = 'mutation { emailChange(currentPassword: "demo-password", email: "%s") { userErrors { code } } }'
    done(ask(email % "leaver@elsewhere.example", signed("leaver")))
    done(ask(email % STAYS, signed("stayer")))
    recovery = 'mutation { recoveryAddressSet(currentPassword: "demo-password", email: "%s") { userErrors { code } } }'
    done(ask(recovery % "bob@elsewhere.example", signed("bob@demo.example")))
    everybody = {"leaver@elsewhere.example", "bob@elsewhere.example", STAYS}
    until(lambda: all(everybody <= place for place in letters()))
    opened = ask('mutation { ticketOpen(input: { kind: LEGAL, subject: "It is about leaver", text: "leaver asks" }) { ticket { id } userErrors { code } } }', signed("leaver"))
    reply = 'mutation { ticketReply(%s, ticketId: "%s", text: "%s") { userErrors { code } } }'
    number = done(opened)["ticket"]["id"]
    done(ask(reply % (at, number, "the support answers"), token))
    done(ask(reply % (at, number, "stayer goes on"), signed("stayer")))
    done(ask('mutation { userRemove(%s, userId: "%s") { userErrors { code } } }' % (at, leaver), token))
    done(ask('mutation { personErase(%s, userId: "%s") { userErrors { code } } }' % (at, leaver), token))
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

# What waited for the erased leaves no more, and what waits for others does.
until(lambda: all(place & {"leaver@elsewhere.example", "bob@elsewhere.example"} == set() for place in letters()))
assert all(STAYS in place for place in letters()), letters()
until(lambda: ticket()["subject"] is None)
said = [(message["text"], message["isStaff"]) for message in ticket()["messages"]]
assert said == [(None, False), ("the support answers", True), ("stayer goes on", False)], said
told = ask('{ history(%s, id: "%s") { nodes { kind changes { field to } } } }' % (at, ticket()["id"]), token)["history"]["nodes"]
assert "leaver" not in json.dumps(told) and "the support answers" in json.dumps(told), told
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
