"""Thunderbird sets up an account by address and password alone, by its own code, and reads the inbox.

Usage: thunderbird_session.py HTTP_PORT ADDRESS PASSWORD SUBJECT. Thunderbird runs without a screen and is driven by Marionette. Its HTTP
goes through the platform's port as a proxy, which stands for the DNS of the domain; everything else is as for a person.
Ends with 0 where the message with SUBJECT was read.
"""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

START_SECS_MAX = 60
SCRIPT_MS_MAX = 60_000

SCRIPT = r"""
const [address, password, subject, done] = arguments;
(async () => {
  const { FetchConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/FetchConfig.sys.mjs");
  const { CreateInBackend } = ChromeUtils.importESModule("resource:///modules/accountcreation/CreateInBackend.sys.mjs");
  const { AccountConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/AccountConfig.sys.mjs");
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const domain = address.split("@")[1];
  let config;
  if (FetchConfig.fromISP.length <= 3) {
    config = await FetchConfig.fromISP(domain, address, new AbortController().signal);
  } else {
    config = await new Promise((good, bad) => FetchConfig.fromISP(domain, address, good, bad));
  }
  AccountConfig.replaceVariables(config, "Ann", address, password);
  config.rememberPassword = true;
  const told = [config.incoming, config.outgoing].map(server => ({
    type: server.type, hostname: server.hostname, port: server.port, username: server.username,
    socketType: server.socketType,
  }));
  const account = await CreateInBackend.createAccountInBackend(config);
  const server = account.incomingServer;
  server.password = password;
  const inbox = () => server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
  const subjects = () => [...(inbox()?.messages ?? [])].map(message => message.mime2DecodedSubject);
  server.performExpand(null);
  for (let turn = 0; turn < 80; turn++) {
    await new Promise(wait => setTimeout(wait, 500));
    if (inbox() && turn % 4 == 0) {
      inbox().updateFolder(null);
    }
    if (subjects().includes(subject)) {
      return { told, subjects: subjects() };
    }
  }
  return { told, subjects: subjects(), inbox: inbox()?.URI ?? null };
})().then(done, error => done({ error: String(error), stack: error.stack ?? "" }));
"""


class Marionette:
    """The protocol of Firefox and Thunderbird for being driven: messages of JSON, each with its length before it."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SCRIPT_MS_MAX / 1000 + 10)
        self.number = 0
        self.receive()

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            length += self.some(1)
        wanted, octets = int(length[:-1]), b""
        while len(octets) < wanted:
            octets += self.some(wanted - len(octets))
        return json.loads(octets)

    def some(self, count):
        octets = self.socket.recv(count)
        if not octets:
            raise ConnectionError("Thunderbird has gone")
        return octets

    def ask(self, command, **parameters):
        self.number += 1
        message = json.dumps([0, self.number, command, parameters]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, answer = self.receive()
        if error:
            raise RuntimeError(f"{command}: {error}")
        return answer


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connected(port, child):
    end = time.monotonic() + START_SECS_MAX
    while time.monotonic() < end:
        if child.poll() is not None:
            raise SystemExit(f"thunderbird ended with {child.returncode}")
        try:
            return Marionette(port)
        except OSError:
            time.sleep(0.3)
    raise SystemExit("thunderbird did not start in time")


def main():
    http_port, address, password, subject = int(sys.argv[1]), *sys.argv[2:5]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hosterra-thunderbird-"))
    port = free_port()
    preferences = {
        "marionette.port": port,
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": http_port,
        "mail.provider.suppress_dialog_on_startup": True,
        "mailnews.start_page.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "app.update.enabled": False,
        "mail.shell.checkDefaultClient": False,
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (folder / "user.js").write_text("\n".join(lines))
    command = ["thunderbird", "--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", str(folder)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        driver = connected(port, child)
        driver.ask("WebDriver:NewSession", acceptInsecureCerts=True, timeouts={"script": SCRIPT_MS_MAX})
        driver.ask("Marionette:SetContext", value="chrome")
        driver.ask("WebDriver:SetTimeouts", script=SCRIPT_MS_MAX)
        answer = driver.ask("WebDriver:ExecuteAsyncScript", script=SCRIPT, args=[address, password, subject])
        print(json.dumps(answer["value"]))
        if subject not in answer["value"].get("subjects", []):
            raise SystemExit("the message was not read")
    finally:
        child.kill()
        child.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
