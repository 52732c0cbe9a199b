"""A receiver of webhooks that verifies with the function of graphql/examples.md, refuses, and is there again.

usage: webhook_session.py <http port> <receiver port> <phase> <file>
Phases: `register` signs in and registers, then something happens; `receive` serves until `count` events were verified.
"""

import http.server
import json
import pathlib
import re
import sys
import urllib.request

api_port, own_port, phase, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
kept = pathlib.Path(path)

page = (pathlib.Path(__file__).parent / "../../graphql/examples.md").read_text()
exec(re.search(r"```python\n(.*?)```", page, re.S).group(1))


def ask(token, query):
    request = urllib.request.Request(
        f"http://127.0.0.1:{api_port}/graphql",
        json.dumps({"query": query}).encode(),
        {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})},
    )
    answer = json.load(urllib.request.urlopen(request))
    assert "errors" not in answer, answer
    return answer["data"]


def sign_in():
    query = 'mutation { signIn(login: "webhook-operator", password: "webhook-operator") { session { accessToken } } }'
    # Whoever was registered by another process is heard of within seconds.
    for _ in range(10):
        session = ask(None, query)["signIn"]["session"]
        if session:
            return session["accessToken"]
        time.sleep(1)
    raise SystemExit("the operator cannot sign in")


def register():
    token = sign_in()
    account = ask(token, "{ accounts(first: 1) { nodes { id } } }")["accounts"]["nodes"][0]["id"]
    url = f"http://127.0.0.1:{own_port}/hook"
    registered = ask(
        token,
        f'mutation {{ webhookRegister(input: {{ accountId: "{account}", url: "{url}", kinds: ["account.*"] }}) '
        "{ webhook { id } secret userErrors { code } } }",
    )["webhookRegister"]
    assert registered["userErrors"] == [], registered
    for count in range(1, 6):
        happened = f'mutation {{ accountResellerSet(accountId: "{account}", subAccountCountMax: {count}) {{ userErrors {{ code }} }} }}'
        ask(token, happened)
    kept.write_text(json.dumps({"account": account, "webhook": registered["webhook"]["id"], "secret": registered["secret"]}))


def receive():
    known = json.loads(kept.read_text())
    events, refusals = [], [2]

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            assert verified(known["secret"], self.headers["hosterra-signature"], body)
            assert not verified(known["secret"], self.headers["hosterra-signature"], body + b" ")
            assert not verified("whsec_other", self.headers["hosterra-signature"], body)
            refuses = refusals[0] > 0
            refusals[0] -= 1
            if not refuses:
                told = json.loads(body)
                assert told["id"] == self.headers["hosterra-event-id"]
                assert told["accountId"] == known["account"]
                events.append(told)
            self.send_response(503 if refuses else 204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", own_port), Receiver)
    server.timeout = 60
    while len(events) < 5:
        before = (len(events), refusals[0])
        server.handle_request()
        assert (len(events), refusals[0]) != before, f"nothing came; so far {events}"
    server.server_close()
    counts = [change["to"] for event in events for change in event["changes"]]
    assert counts == ["1", "2", "3", "4", "5"], counts
    log = ask(
        sign_in(),
        f'{{ webhook(accountId: "{known["account"]}", webhookId: "{known["webhook"]}") '
        "{ deliveries { nodes { outcome attempts status } } } }",
    )["webhook"]["deliveries"]["nodes"]
    assert [one["outcome"] for one in log] == ["DELIVERED"] * 5, log
    assert log[-1]["attempts"] >= 3, log
    print("webhooks ok")


{"register": register, "receive": receive}[phase]()
