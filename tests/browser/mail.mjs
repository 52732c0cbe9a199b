// Asks the mail servers as programs do: whether IMAP lets somebody in, whether SMTP takes a recipient.
import { connect as plain } from 'node:net';
import { connect as secure } from 'node:tls';

const TIME_MAX_MS = 30_000;

/** Sends each of `lines` once the server has answered the one before; gives the answers. */
function dialogue(socket, isWhole, lines) {
  return new Promise((resolve, reject) => {
    const answers = [];
    let heard = '';
    socket.setTimeout(TIME_MAX_MS, () => socket.destroy(new Error(`no answer after: ${answers.at(-1)}`)));
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (part) => {
      heard += part;
      if (!isWhole(heard, answers.length)) return;
      answers.push(heard);
      heard = '';
      if (answers.length > lines.length) {
        socket.end();
        resolve(answers);
      } else socket.write(`${lines[answers.length - 1]}\r\n`);
    });
    socket.on('close', () => (answers.length > lines.length ? undefined : reject(new Error(`closed after: ${answers.join('')}${heard}`))));
  });
}

/** Whether IMAP over TLS lets somebody in with this password. */
export async function imapLetsIn(node, login, password) {
  const socket = secure({ host: '127.0.0.1', port: node.ports.imaps, rejectUnauthorized: false });
  const quoted = (text) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
  const isWhole = (heard, count) => (count === 0 ? /^\* .*\r\n$/s.test(heard) : new RegExp(`^a${count} [^\r]*\r\n$`, 'm').test(heard));
  const [, answer] = await dialogue(socket, isWhole, [`a1 LOGIN ${quoted(login)} ${quoted(password)}`]);
  return /^a1 OK/m.test(answer);
}

/** What SMTP answers to mail for `address`, as its code. */
export async function smtpAnswers(node, address) {
  const socket = plain({ host: '127.0.0.1', port: node.ports.smtp });
  const isWhole = (heard) => /^\d{3} [^\r]*\r\n$/m.test(heard);
  const answers = await dialogue(socket, isWhole, ['EHLO client.example', 'MAIL FROM:<friend@elsewhere.example>', `RCPT TO:<${address}>`]);
  return answers.at(-1).slice(0, 3);
}

/** Hands in one message from elsewhere; gives the last answer's code. */
export async function smtpSends(node, { from, to, subject }) {
  const socket = plain({ host: '127.0.0.1', port: node.ports.smtp });
  const isWhole = (heard) => /^\d{3} [^\r]*\r\n$/m.test(heard);
  const text = `From: <${from}>\r\nTo: <${to}>\r\nSubject: ${subject}\r\n\r\nhello\r\n.`;
  const answers = await dialogue(socket, isWhole, ['EHLO client.example', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA', text]);
  return answers.at(-1).slice(0, 3);
}

/** Hands in one message by submission, as a program of `login` does; gives the answer to each of `recipients`, and the last one's code. */
export async function submits(node, { login, password, recipients }) {
  const socket = secure({ host: '127.0.0.1', port: node.ports.submissions, rejectUnauthorized: false });
  const isWhole = (heard) => /^\d{3} [^\r]*\r\n$/m.test(heard);
  const proof = Buffer.from(`\0${login}\0${password}`).toString('base64');
  const text = `From: <${login}>\r\nTo: undisclosed-recipients:;\r\nSubject: news\r\nMessage-ID: <${Date.now()}@client.example>\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n\r\nhello\r\n.`;
  const lines = ['EHLO client.example', `AUTH PLAIN ${proof}`, `MAIL FROM:<${login}>`, ...recipients.map((to) => `RCPT TO:<${to}>`), 'DATA', text];
  const answers = await dialogue(socket, isWhole, lines);
  return answers.at(-1).slice(0, 3);
}
