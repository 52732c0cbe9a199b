// The answer while away, as a part of somebody's script.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { runnerImport } from 'vite';

const load = async (path) => (await runnerImport(join(import.meta.dirname, '../src/dashboard/mailbox', path))).module;
const away = { isOn: true, subject: 'Gone "fishing"', text: 'Back soon.\n.\n# vacation ends\n', from: '2026-08-01', to: '2026-08-20', days: 7, addresses: ['a@x.example'] };
const SCRIPTS = [
  '', 'keep;\n', 'require "fileinto";\nif true { fileinto "A"; }\n', '# mine\nrequire ["fileinto",\n  "copy"] ; # both\nrequire "body";\n/* then; */\nfileinto "A";\n',
  'if header :contains "subject" "require \\"x\\";" { discard; }\n',
];

test('an answer is found again as it was given, and taken out without a trace', async () => {
  const { withVacation, vacationOf, without } = await load('vacation.ts');
  for (const script of SCRIPTS) {
    for (const vacation of [away, { ...away, isOn: false }, { ...away, from: '', to: '', addresses: [], subject: '' }]) {
      const whole = withVacation(script, vacation);
      assert.deepEqual(vacationOf(whole), vacation, script);
      assert.equal(without(whole), script);
      assert.equal(withVacation(whole, vacation), whole, 'said twice, it stands once');
    }
  }
});

test('the answer stands after all requirements and before the first rule', async () => {
  const { withVacation } = await load('vacation.ts');
  const whole = withVacation(SCRIPTS[3], away);
  assert.ok(whole.indexOf('require "body"') < whole.indexOf('require ["vacation"'));
  assert.ok(whole.indexOf('.\n;') < whole.indexOf('/* then; */'));
  assert.ok(whole.includes(':subject "Gone \\"fishing\\""'));
});

test('a script with the answer alone does nothing more', async () => {
  const { withVacation, isMore } = await load('vacation.ts');
  assert.equal(isMore(withVacation('', away)), false);
  assert.equal(isMore(withVacation('require "fileinto"; # later\n', away)), false);
  assert.equal(isMore(withVacation('keep;\n', away)), true);
});

test('a form of a sync job says which numbers are out of range, and when the password is needed again', async () => {
  const { draft, needsPassword, outOfRange, input } = await load('sync.ts');
  const given = draft(undefined);
  assert.deepEqual(outOfRange(given.numbers), []);
  for (const text of ['', '0', '65536', '1.5', 'x', '-1']) assert.deepEqual(outOfRange({ ...given.numbers, port: text }), ['port'], text);
  const job = { ...input({ ...given, host: 'mail.example', user: 'a' }), id: 'sync_1' };
  assert.equal(needsPassword(job, draft(job)), false);
  assert.equal(needsPassword(job, { ...draft(job), host: 'other.example' }), true);
  assert.equal(needsPassword(undefined, given), true);
});
