// imapflow: lists, appends, fetches, flags, moves and deletes, and is told by IDLE of what another session appends.
import { createRequire } from 'node:module';
const require = createRequire(process.argv[3] + '/');
const { ImapFlow } = require('imapflow');

const port = Number(process.argv[2]);
const connect = async () => {
  const client = new ImapFlow({
    host: '127.0.0.1', port, secure: true, logger: false, tls: { rejectUnauthorized: false },
    auth: { user: 'alice@demo.example', pass: 'demo-password' },
  });
  await client.connect();
  return client;
};
const check = (condition, what) => { if (!condition) { console.error(`imapflow: ${what}`); process.exit(1); } };

const one = await connect();
const two = await connect();
const folders = await one.list();
for (const use of ['\\Inbox', '\\Sent', '\\Drafts', '\\Trash', '\\Junk', '\\Archive']) {
  check(folders.some((folder) => folder.specialUse === use), `no folder for ${use}`);
}
await one.mailboxOpen('INBOX');
await two.mailboxOpen('INBOX');
const told = new Promise((resolve, reject) => {
  two.on('exists', resolve);
  setTimeout(() => reject(new Error('not told of a new message within 20 s')), 20000).unref();
});
await new Promise((resolve) => setTimeout(resolve, 300));
const idling = two.idle();
const message = 'From: alice@demo.example\r\nSubject: from imapflow\r\nMessage-ID: <flow@demo.example>\r\n\r\nhello\r\n';
const appended = await one.append('INBOX', message, ['\\Seen', '$Label1']);
check(appended.uid > 0, 'APPENDUID is missing');
await told;
const fetched = await two.fetchOne(String(appended.uid), { envelope: true, flags: true, source: true, bodyStructure: true, size: true }, { uid: true });
check(fetched.envelope.subject === 'from imapflow', 'ENVELOPE');
check(fetched.source.toString() === message, 'the source differs');
check(fetched.size === message.length, 'RFC822.SIZE');
check(fetched.flags.has('$Label1') && fetched.flags.has('\\Seen'), 'flags');
await two.messageFlagsAdd(String(appended.uid), ['\\Flagged'], { uid: true });
const again = await one.fetchOne(String(appended.uid), { flags: true }, { uid: true });
check(again.flags.has('\\Flagged'), 'the other session does not see the flag');
const moved = await two.messageMove(String(appended.uid), 'Archive', { uid: true });
check(moved.uidMap.get(appended.uid) > 0, 'COPYUID is missing');
await one.noop();
check((await one.search({ uid: String(appended.uid) }, { uid: true })).length === 0, 'the moved message is still seen');
await two.mailboxOpen('Archive');
check(await two.messageDelete('1:*'), 'delete');
check((await two.status('Archive', { messages: true })).messages === 0, 'STATUS after delete');
const quota = await two.getQuota('INBOX');
check(quota && quota.storage && quota.storage.limit > 0, 'QUOTA');
await idling.catch(() => {});
await one.logout();
await two.logout();
console.log('imapflow: ok');
