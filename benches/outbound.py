"""Mail that leaves, beside Postfix: one run, in turn, on one machine, to the same sink.

    cargo build --release -p node -p benches --bins --examples
    python3 benches/outbound.py [MESSAGES] [DESTINATIONS,DESTINATIONS,...]

Needs root, Debian's postfix, dnsmasq-base and iproute2. Everything runs in a network namespace of its own; its resolver is a
dnsmasq that names for every destination domain a host of its own with an address of its own, and behind all of them is
one `smtp-sink`. Both queues are filled while nothing leaves; then the server is started, and the clock runs until the sink
has taken the last message. Prints messages a second, and the processor time of the server alone for 1000 messages.

Both may open 500 connections, 20 to one destination, and neither signs. Hosterra asks DNS for policies of TLS as well.
"""

import itertools
import pathlib
import smtplib
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

import beside
from beside import TARGET, dnsmasq, end, inside, is_inside, postfix_files, run, spent, wait_for

HOST, WRITERS, SINK_WAIT = "mx.box.example", 16, 3600
MESSAGES = int((sys.argv[1:2] or ["10000"])[0])
DESTINATIONS = [int(count) for count in (sys.argv[2:3] or ["1,100,10000"])[0].split(",")]
LINE = "An ordinary line of an ordinary letter, seventy-odd octets with its end.\r\n"


def address(number):
    return f"127.1.{number // 250}.{number % 250 + 1}"


def dns(folder, count):
    hosts = "".join(f"{address(number)} mx{number}.example\n" for number in range(count))
    (folder / "hosts").write_text(hosts)
    records = "".join(f"mx-host=d{number}.example,mx{number}.example,10\n" for number in range(count))
    return dnsmasq(folder, f"addn-hosts={folder}/hosts\n{records}")


def sink(messages):
    """Ends by itself after so many messages."""
    words = ["smtp-sink", "-u", "nobody", "-m", "2000", "-M", str(messages), "0.0.0.0:25", "1024"]
    started = subprocess.Popen(words)
    wait_for(25)
    return started


class Hosterra:
    def __init__(self, folder, count):
        self.home = folder / "hosterra"
        self.home.mkdir()
        (self.home / "hosterra.toml").write_text(
            textwrap.dedent(f"""\
            data = "{self.home}/data"
            hostname = "{HOST}"
            [dns]
            servers = ["127.0.0.53:53"]
            [outbound]
            allow_loopback = true
            connections = 500
            site_connections = 20
            [demo]
            enabled = false
            [log]
            filter = "warn"
            """)
        )
        # Once without work, so that what a first start makes is there.
        started = self.serve()
        wait_for(2525)
        end(started)
        fill = [str(TARGET / "examples/outbound"), "fill", str(self.home / "data"), str(count), str(MESSAGES)]
        run(*fill)

    def serve(self):
        config = ["serve", "--config", str(self.home / "hosterra.toml")]
        return [subprocess.Popen([str(TARGET / "hosterra"), *config], stdout=subprocess.DEVNULL)]


class Beside:
    """Postfix with a queue that is filled while its queue manager is not there."""

    def __init__(self, folder, count):
        self.home = folder / "postfix"
        for name in ("queue", "data"):
            (self.home / name).mkdir(parents=True)
        folder.chmod(0o755)
        run("chown", "postfix", str(self.home / "data"))
        self.configure("qmgr.unix")
        postfix_files(self.home, 2526)
        started = [beside.postfix(self.home)]
        wait_for(2526)
        fill(count)
        end(started)
        self.configure("")

    def configure(self, disabled):
        (self.home / "main.cf").write_text(
            textwrap.dedent(f"""\
            compatibility_level = 3.6
            queue_directory = {self.home}/queue
            data_directory = {self.home}/data
            maillog_file = {self.home}/mail.log
            maillog_file_prefixes = {self.home}
            myhostname = {HOST}
            mydestination =
            mynetworks = 127.0.0.0/8
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            smtp_bind_address =
            alias_maps =
            default_process_limit = 500
            smtp_destination_concurrency_limit = 20
            smtpd_client_connection_count_limit = 0
            smtpd_peername_lookup = no
            in_flow_delay = 0
            master_service_disable = {disabled}
            """)
        )

    def serve(self):
        return [beside.postfix(self.home)]


def fill(count):
    """Messages as `outbound fill` makes them."""
    numbers = itertools.count()

    def write():
        with smtplib.SMTP("127.0.0.1", 2526) as door:
            while (number := next(numbers)) < MESSAGES:
                text = f"From: a@sender.example\r\nSubject: bulk {number}\r\n\r\n" + LINE * 60
                door.sendmail("a@sender.example", [f"u@d{number % count}.example"], text)

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def measure(queue):
    taking = sink(MESSAGES)
    begun = time.monotonic()
    started = queue.serve()
    try:
        taking.wait(SINK_WAIT)
        took, processor = time.monotonic() - begun, spent(started)
    finally:
        taking.kill()
        end(started)
    return MESSAGES / took, processor * 1000 / MESSAGES


def main():
    for count in DESTINATIONS:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="hosterra-outbound-"))
        resolver = dns(folder, count)
        try:
            figures = {}
            for name, kind in {"Hosterra": Hosterra, "Postfix": Beside}.items():
                figures[name] = measure(kind(folder, count))
                rate, processor = figures[name]
                print(f"{name}, {count} destinations: {rate:.0f} messages/s, {processor:.2f} s of processor for 1000", flush=True)
            print(f"{count} destinations: ratio {figures['Hosterra'][0] / figures['Postfix'][0]:.2f}", flush=True)
        finally:
            end([resolver])
            run("rm", "-rf", str(folder))


if is_inside():
    main()
else:
    inside("hosterra-outbound")
