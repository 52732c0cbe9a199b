"""A mail host by aiosmtpd: takes everything, and writes the number of each message to a file before it says so.

Some are taken and not answered, some are put off: `--rude`.
"""

import asyncio
import email
import os
import random
import sys

from aiosmtpd.controller import Controller

PORT, PATH, MODE = int(sys.argv[1]), sys.argv[2], sys.argv[3]
chance = random.Random(7)


class Handler:
    def __init__(self):
        self.file = os.open(PATH, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if MODE == "rude" and chance.random() < 0.05:
            return "450 4.2.0 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(0.01)
        message = email.message_from_bytes(envelope.content)
        number = message["X-Number"] or "report"
        lines = "".join(f"{number} {recipient}\n" for recipient in envelope.rcpt_tos)
        os.write(self.file, lines.encode())
        return "250 taken"


controller = Controller(Handler(), hostname="127.0.0.1", port=PORT)
controller.start()
print("ready", flush=True)
sys.stdin.read()
controller.stop()
