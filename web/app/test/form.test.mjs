// What a form sends again after a lost answer, and under which name.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createServer } from 'vite';

const root = join(import.meta.dirname, '..');
globalThis.document = { documentElement: { lang: 'en' }, cookie: '', getElementById: () => ({ textContent: '{"viewer": {"demoResetsAt": null, "grants": []}}' }), querySelector: () => null };
globalThis.requestAnimationFrame = () => 0;

const server = await createServer({ configFile: false, root, logLevel: 'error', plugins: [svelte()], server: { middlewareMode: true, hmr: false, ws: false }, appType: 'custom', optimizeDeps: { noDiscovery: true } });
test.after(() => server.close());
const { Form } = await server.ssrLoadModule('/src/lib/api/form.svelte.ts');
const { ask } = await server.ssrLoadModule('/src/lib/api/client.ts');
const { inTurn } = await server.ssrLoadModule('/src/lib/api/parts.ts');

const DONE = { userErrors: [], position: null, revision: null };
/** Answers with what `answers` hold in turn, done afterwards; null is an answer that is lost. What was sent comes back. */
function serve(...answers) {
  const sent = [];
  globalThis.fetch = async (_, { body }) => {
    const { operationName, variables } = JSON.parse(body);
    sent.push({ operation: operationName, ...variables });
    const answer = answers.length > 0 ? answers.shift() : DONE;
    if (answer === null) throw new TypeError('lost');
    return { ok: true, status: 200, headers: new Headers(), json: async () => ({ data: { done: answer } }) };
  };
  return sent;
}
const order = (form, variables, name = 'Order') => form.send('acct_1', async (commandId) => (await ask({ name, text: '' }, { ...variables, commandId })).done);
const names = (sent) => sent.map((one) => one.commandId);

test('the same goes again under its name, so that it is done once', async () => {
  const sent = serve(null, null);
  const form = new Form();
  assert.equal(await order(form, { plan: 'solo' }), undefined);
  assert.notEqual(form.problem, '');
  await order(form, { plan: 'solo' });
  assert.ok(await order(form, { plan: 'solo' }));
  assert.equal(new Set(names(sent)).size, 1);
  assert.equal(form.problem, '');
});

test('something else than what was lost is another command', async () => {
  const sent = serve(null, null);
  const form = new Form();
  await order(form, { plan: 'solo' });
  await order(form, { plan: 'pro' });
  await order(form, { plan: 'pro' });
  await order(form, { plan: 'solo' });
  const [solo, pro, again, later] = names(sent);
  assert.notEqual(pro, solo);
  assert.equal(again, pro);
  assert.ok(later !== solo && later !== pro);
});

test('the same variables of another operation are another command', async () => {
  const sent = serve(null);
  const form = new Form();
  await order(form, { service: 's' }, 'Resume');
  await order(form, { service: 's' }, 'Suspend');
  assert.equal(new Set(names(sent)).size, 2);
});

test('once answered, done or refused, the same again is another command', async () => {
  const sent = serve(DONE, { ...DONE, userErrors: [{ code: 'X', field: null, message: 'no' }] });
  const form = new Form();
  for (let time = 0; time < 3; time += 1) await order(form, { text: 'thanks' });
  assert.equal(new Set(names(sent)).size, 3);
});

test('parts that are saved in turn: the lost one alone goes again under its name, another value is another command', async () => {
  const sent = serve(DONE, null);
  const on = {};
  const save = (quota) => inTurn(on, null, ['settings', quota].map((value, at) => ({
    fields: [`part${at}`], counter: `part${at}`, seen: 1,
    send: async (revision, commandId) => (await ask({ name: 'Save', text: '' }, { value, revision, commandId })).done,
  })), () => undefined);
  await assert.rejects(save(1));
  await save(1).catch(() => undefined);
  assert.deepEqual(sent.map((one) => one.value), ['settings', 1, 'settings', 1]);
  assert.equal(sent[1].commandId, sent[3].commandId);
  assert.notEqual(sent[0].commandId, sent[2].commandId);
  const again = serve(null);
  await assert.rejects(inTurn(on, null, [{ fields: ['name'], counter: 'own', seen: 1, send: async (revision, commandId) => (await ask({ name: 'Save', text: '' }, { value: 'a', revision, commandId })).done }], () => undefined));
  await inTurn(on, null, [{ fields: ['name'], counter: 'own', seen: 1, send: async (revision, commandId) => (await ask({ name: 'Save', text: '' }, { value: 'b', revision, commandId })).done }], () => undefined);
  assert.equal(new Set(names(again)).size, 2);
});

test('what was refused is gone where the form is looked at anew', async () => {
  serve({ ...DONE, userErrors: [{ code: 'X', field: 'name', message: 'too long' }] });
  const form = new Form();
  await order(form, {});
  assert.ok(form.problem && form.fault('name'));
  form.begin();
  assert.ok(!form.problem && !form.fault('name'));
});

test('what is needed and empty is refused at its field, and what was refused before is forgotten', () => {
  const form = new Form();
  assert.equal(form.isFilled({ name: ' ', code: '1' }), false);
  assert.deepEqual([form.fault('name') !== '', form.fault('code')], [true, '']);
  assert.equal(form.isFilled({ name: 'x', code: '1' }), true);
  assert.equal(form.fault('name'), '');
});
