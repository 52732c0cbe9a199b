"""A domain is proven by a TXT record that a real DNS server answers, asked for through the API."""
import subprocess, sys, time

from api import at

http, dns, operator = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


ask = at(http)


signed_in = ask('mutation { signIn(login: "%s", password: "a long password") { session { accessToken } userErrors { message } } }' % operator)
token = signed_in["signIn"]["session"]["accessToken"]
account = next(node["id"] for node in ask("{ accounts { nodes { id name } } }", token)["accounts"]["nodes"] if node["name"] == "Demo")
pro = next(node for node in ask("{ plans { nodes { id name version } } }", token)["plans"]["nodes"] if "Pro" in node["name"])
order = 'mutation { serviceOrder(input: {accountId: "%s", planId: "%s", planVersion: %s}) { service { id } userErrors { message } } }'
service = ask(order % (account, pro["id"], pro["version"]), token)["serviceOrder"]["service"]["id"]
ask('mutation { serviceActivate(accountId: "%s", serviceId: "%s") { userErrors { message } } }' % (account, service), token)
added = ask(
    'mutation { domainAdd(input: {accountId: "%s", serviceId: "%s", name: "bücher.example"}) '
    "{ domain { id status challenge { name value } } userErrors { code } } }" % (account, service),
    token,
)["domainAdd"]["domain"]
assert added["status"] == "PENDING", added
verify = 'mutation { domainVerify(accountId: "%s", domainId: "%s") { domain { status } userErrors { code message } } }' % (account, added["id"])


def server(*records):
    arguments = ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=", "--pid-file"]
    arguments += ["--listen-address=127.0.0.1", "--bind-interfaces", f"--port={dns}", "--local=/example/", *records]
    child = subprocess.Popen(arguments)
    time.sleep(0.5)
    assert child.poll() is None, "dnsmasq ended"
    return child


def refusals():
    return [error["code"] for error in ask(verify, token)["domainVerify"]["userErrors"]]


name, value = added["challenge"]["name"].rstrip("."), added["challenge"]["value"]
for records in ([], [f"--txt-record={name},v=something else"], [f"--txt-record={name},{value}x"]):
    child = server(*records)
    try:
        assert refusals() == ["DOMAIN_PROOF_MISSING"], records
    finally:
        child.kill()
        child.wait()
child = server(f"--txt-record={name},v=something else", f"--txt-record={name},{value}")
try:
    for _ in range(40):
        refused = refusals()
        if not refused:
            break
        # What was not there is remembered for a moment.
        time.sleep(0.5)
    assert refused == [], refused
finally:
    child.kill()
    child.wait()
print("proven")
