// Reads a mailbox of the platform over IMAP, as far as the tests need: the newest message, once it is there.
import { connect } from 'node:tls';
import { PASSWORD } from './harness.mjs';

const WAIT_MS_MAX = 30_000;

/** One dialogue: sends commands in turn and gives all that was answered. */
function dialogue(port, commands) {
  return new Promise((resolve, reject) => {
    let answered = '';
    let number = 0;
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    socket.setEncoding('utf8');
    socket.setTimeout(WAIT_MS_MAX, () => socket.destroy(new Error('IMAP is silent')));
    socket.on('error', reject);
    socket.on('data', (part) => {
      answered += part;
      const isDue = number === 0 ? answered.includes('\r\n') : new RegExp(`^A${number} `, 'm').test(answered);
      if (!isDue) return;
      if (number === commands.length) {
        socket.end();
        resolve(answered);
      } else {
        number += 1;
        socket.write(`A${number} ${commands[number - 1]}\r\n`);
      }
    });
  });
}

/** The texts of messages, as people read them: notices are in base64. */
function plain(text) {
  const parts = [...text.matchAll(/Content-Transfer-Encoding: base64\r\n\r\n([A-Za-z0-9+/=\r\n]+)/g)];
  return parts.map(([, body]) => Buffer.from(body, 'base64').toString('utf8')).join('\n');
}

/** The path of the first link `/<page>?token=...` in the newest message to `login` that has one and is not in `known`. */
export async function linkTo(node, login, page, known = new Set()) {
  const begun = Date.now();
  while (Date.now() - begun < WAIT_MS_MAX) {
    const told = await dialogue(node.ports.imaps, [`LOGIN ${login} ${PASSWORD}`, 'SELECT INBOX', 'FETCH 1:* BODY.PEEK[]', 'LOGOUT']);
    const found = [...plain(told).matchAll(new RegExp(`/${page}\\?token=[\\w-]+`, 'g'))].map(([link]) => link).filter((link) => !known.has(link));
    if (found.length > 0) {
      known.add(found.at(-1));
      return found.at(-1);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no link to /${page} in the mailbox`);
}

/** Waits until a message to `login` says what `words` matches; how many do so then. */
export async function told(node, login, words, wait = WAIT_MS_MAX) {
  const begun = Date.now();
  for (;;) {
    const read = await dialogue(node.ports.imaps, [`LOGIN ${login} ${PASSWORD}`, 'SELECT INBOX', 'FETCH 1:* BODY.PEEK[]', 'LOGOUT']);
    const messages = read.split(/^\* \d+ FETCH /m).slice(1);
    // A message says the same in two parts.
    const count = messages.filter((message) => new RegExp(words).test(plain(message))).length;
    if (count > 0) return count;
    if (Date.now() - begun > wait) throw new Error(`no message says ${words}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
