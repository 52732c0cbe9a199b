"""What comparisons with other servers share: a network namespace of their own, processor time, waiting, ending.

Builds are looked for in `target/release`; `HOSTERRA_PROFILE=debug` takes the quick one, to try a comparison and not to measure.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / os.environ.get("HOSTERRA_PROFILE", "release")
TICKS = os.sysconf("SC_CLK_TCK")


# Whoever is ended ends what it started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def run(*words):
    subprocess.run(words, check=True)


def is_inside():
    return "HOSTERRA_INSIDE" in os.environ


def inside(namespace):
    """Runs the script again inside a namespace, where the loopback, its ports and the resolver 127.0.0.53 are its own."""
    folder = pathlib.Path("/etc/netns", namespace)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.53\n")
    # Names of addresses come from DNS, not from here.
    (folder / "hosts").write_text("::1 localhost\n")
    run("ip", "netns", "add", namespace)
    try:
        run("ip", "-n", namespace, "link", "set", "lo", "up")
        words = ("ip", "netns", "exec", namespace, "env", "HOSTERRA_INSIDE=1", sys.executable, *sys.argv)
        sys.exit(subprocess.run(words).returncode)
    finally:
        run("ip", "netns", "del", namespace)
        run("rm", "-rf", str(folder))


def times():
    """Processor time, in seconds, of every process by its id: its own and of those that it waited for."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            found[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
    return found


def spent(started):
    """Processor time of these processes and all below them."""
    known = times()
    below, grown = {process.pid for process in started}, True
    while grown:
        more = {pid for pid, (parent, _) in known.items() if parent in below} - below
        below, grown = below | more, bool(more)
    return sum(known[pid][1] for pid in below if pid in known)


def wait_for(port, host="127.0.0.1"):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing listens on {port}")


def end(started):
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def postfix(home):
    """Postfix over the files of one folder, without the second that its start script takes."""
    run("postfix", "-c", str(home), "check")
    where = subprocess.run(["postconf", "-c", str(home), "-h", "daemon_directory"], check=True, capture_output=True, text=True)
    return subprocess.Popen([f"{where.stdout.strip()}/master", "-c", str(home), "-d"])


def dnsmasq(folder, records):
    """The authority for everything below `example` and for reverse names: nothing is asked elsewhere."""
    head = (
        "no-resolv\nno-hosts\nport=53\nlisten-address=127.0.0.53\nbind-interfaces\n"
        "local=/example/\nlocal=/in-addr.arpa/\ncache-size=0\n"
    )
    (folder / "dnsmasq.conf").write_text(head + records)
    return subprocess.Popen(["dnsmasq", "-k", "-C", str(folder / "dnsmasq.conf"), "-u", "root", "-x", str(folder / "d.pid")])


def postfix_files(home, port):
    """What Postfix wants beside its `main.cf`, with its SMTP server at `port`."""
    master = pathlib.Path("/etc/postfix/master.cf").read_text()
    lines = []
    for line in master.splitlines():
        words = line.split()
        if len(words) >= 8 and not line.startswith(("#", " ")):
            # In no chroot, where it would not find the namespace's resolver.
            words[4] = "n"
            words[0] = str(port) if words[:2] == ["smtp", "inet"] else words[0]
            line = " ".join(words)
        lines.append(line)
    (home / "master.cf").write_text("\n".join(lines) + "\n")
    for name in ("postfix-files", "dynamicmaps.cf"):
        source = pathlib.Path("/etc/postfix", name)
        if source.exists():
            (home / name).write_text(source.read_text())
