// The parts of the app that know no browser.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { runnerImport } from 'vite';
import { checked } from '../scripts/operations.mjs';

const load = async (path) => (await runnerImport(join(import.meta.dirname, '../src/lib', path))).module;

test('the operations are ones that the API takes', () => {
  const { operations, faults } = checked();
  assert.deepEqual(faults, []);
  assert.ok(operations.length > 20);
});

test('a cell that a spreadsheet would calculate is text', async () => {
  const { csv } = await load('csv.ts');
  assert.equal(csv([['=1+1', '@x', '-2', 'a"b', 'plain']]), `"'=1+1","'@x","'-2","a""b","plain"\r\n`);
});

test('lists in turn are one, and where one ends the next begins on the same page', async () => {
  const { inTurn } = await load('api/page.ts');
  const asked = [];
  const list = (name, ...pages) => async (after) => {
    asked.push(`${name}:${after}`);
    const at = after === null ? 0 : Number(after.split(' ')[1]);
    return { nodes: pages[at], pageInfo: { hasNextPage: at + 1 < pages.length, endCursor: `to ${at + 1}` } };
  };
  const page = inTurn(list('a', [1], [2]), list('none', []), list('b', [3], [4]));
  const found = [];
  let after = null;
  do {
    const { nodes, pageInfo } = await page(after);
    found.push(nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  assert.deepEqual(found, [[1], [2, 3], [4]]);
  assert.deepEqual(asked, ['a:null', 'a:to 1', 'none:null', 'b:null', 'b:to 1']);
});

test('rows are found by all their words and sorted as people sort', async () => {
  const { matching, searched, sorted } = await load('ui/table.ts');
  const columns = [{ key: 'name', label: '', value: (row) => row }];
  const up = (rows) => sorted(rows, columns, { key: 'name', isDown: false }, 'fr');
  assert.deepEqual(up(['b10', 'É2', 'b9', 'a']), ['a', 'b9', 'b10', 'É2']);
  assert.deepEqual(up(['anna@x', 'ann1@x', 'ann@x', 'Ann10@x', 'ann2@x', 'ann007@x']), ['ann@x', 'ann1@x', 'ann2@x', 'ann007@x', 'Ann10@x', 'anna@x']);
  assert.deepEqual(up(['ouvre', 'œuvre', 'odeur', 'être', 'etre', 'eté']), ['eté', 'être', 'etre', 'odeur', 'œuvre', 'ouvre']);
  const long = `n${'9'.repeat(40)}`;
  assert.deepEqual(up([long, 'n10', 'n9']), ['n9', 'n10', long]);
  assert.deepEqual(sorted(['a', 'b'], columns, { key: 'name', isDown: true }, 'en'), ['b', 'a']);
  const find = (rows, words) => matching(rows, searched(rows, columns), words);
  assert.deepEqual(find(['Alice Martin', 'Bob Martin'], 'mar ali'), ['Alice Martin']);
  assert.deepEqual(find(['Alice', 'Bob'], ' '), ['Alice', 'Bob']);
  // What languages put between a number and its unit is typed as a space; what is only sorted by is not searched.
  assert.deepEqual(find(['1\u202f234,5\u00a0Mio', '12\u00a0Mio'], '1 234,5 mio'), ['1\u202f234,5\u00a0Mio']);
  const dated = [{ key: 'at', label: '', value: ({ shown }) => shown, order: ({ at }) => Date.parse(at) }];
  const days = [{ shown: '3 janvier 2026', at: '2026-01-03T10:00:00Z' }, { shown: '26 novembre 2025', at: '2025-11-26T10:00:00Z' }];
  const among = (words) => matching(days, searched(days, dated), words).map(({ shown }) => shown);
  assert.deepEqual(among('janvier 2026'), ['3 janvier 2026']);
  assert.deepEqual(among('2026-01-03'), []);
  assert.deepEqual(sorted(days, dated, { key: 'at', isDown: false }, 'fr').map(({ shown }) => shown), ['26 novembre 2025', '3 janvier 2026']);
});

test('ten thousand rows are searched and sorted rightly', async () => {
  const { matching, searched, sorted } = await load('ui/table.ts');
  const rows = Array.from({ length: 10_000 }, (_, at) => ({ name: `person${(at * 7919) % 10_000}@example.com`, size: at }));
  const columns = [{ key: 'name', label: '', value: (row) => row.name }, { key: 'size', label: '', value: (row) => row.size }];
  const inOrder = sorted(rows, columns, { key: 'name', isDown: true }, 'en');
  assert.deepEqual(inOrder.map(({ name }) => name), Array.from({ length: 10_000 }, (_, at) => `person${9999 - at}@example.com`));
  assert.equal(matching(inOrder, searched(rows, columns), 'person99').length, 111);
});

test('what does not fit into a line goes behind the button at its end', async () => {
  const { fitting } = await load('fit.ts');
  assert.equal(fitting([10, 10, 10], 30, 8), 3);
  assert.equal(fitting([10, 10, 10], 29, 8), 2, 'the button needs room as well');
  assert.equal(fitting([10, 10, 10], 27, 8), 1);
  assert.equal(fitting([10, 10, 10], 5, 8), 0);
  assert.equal(fitting([], 0, 8), 0);
});

test('no line breaks before a French sign of two parts', async () => {
  const { speak, t } = await load('i18n/messages.ts');
  speak('fr', { 'x.y': 'Supprimer « {name} » ?' });
  assert.equal(t('x.y', { name: 'a : b' }), 'Supprimer «\u00a0a : b\u00a0»\u00a0?');
});

test('texts are chosen by the plural rules of the language', async () => {
  const { speak, t } = await load('i18n/messages.ts');
  speak('fr', { 'x.one': '{count} boîte', 'x.other': '{count} boîtes' });
  assert.equal(t('x', { count: 0 }), '0 boîte');
  assert.equal(t('x', { count: 2 }), '2 boîtes');
  speak('en', { 'x.one': '{count} box', 'x.other': '{count} boxes' });
  assert.equal(t('x', { count: 0 }), '0 boxes');
});

test('a QR code has its finders, its format and the right size', async () => {
  const { qr } = await load('qr.ts');
  const small = qr('HELLO');
  assert.equal(small.length, 21);
  for (const [x, y] of [[0, 0], [14, 0], [0, 14]]) {
    assert.ok(small[y][x] && small[y + 3][x + 3] && !small[y + 1][x + 1]);
  }
  assert.equal(qr('x'.repeat(413)), null);
  assert.ok(qr('x'.repeat(400)).length > 60);
});

test('a table is read as it was written, whatever stands between its cells', async () => {
  const { csv, parseCsv } = await load('csv.ts');
  const rows = [['address', 'name'], ['a@b.example', '=1+1'], ['c@d.example', 'two\nlines, "quoted"'], ['e@f.example', "'plain"]];
  assert.deepEqual(parseCsv(csv(rows)), rows);
  assert.deepEqual(parseCsv('\ufeffa;b\r\n\r\n"x;y";z'), [['a', 'b'], ['x;y', 'z']]);
  assert.deepEqual(parseCsv('a\tb\nc'), [['a', 'b'], ['c']]);
  assert.deepEqual(parseCsv(''), []);
});

test('sizes are read as people write them', async () => {
  const { octets } = await load('ui/fields.ts');
  for (const [text, expected] of [['2 GiB', 2 * 1024 ** 3], ['1,5 Go', 1.5 * 1024 ** 3], ['512', 512 * 1024 ** 2], ['512M', 512 * 1024 ** 2], ['1 024 Mio', 1024 ** 3], ['', null], ['many', null], ['-1 GiB', null], ['1 XB', null]]) {
    assert.equal(octets(text), expected, text);
  }
});

test('only what was changed is sent, in the form that the API takes', async () => {
  const { changes, fault, shown } = await load('ui/fields.ts');
  const specs = [
    { name: 'max', kind: 'number', label: '', max: 10 }, { name: 'tags', kind: 'lines', label: '', max: 2 }, { name: 'isActive', kind: 'check', label: '' },
    { name: 'name', kind: 'text', label: '', isRequired: true }, { name: 'own', kind: 'choices', label: '' }, { name: 'shown', kind: 'text', label: '', isDisabled: true },
  ];
  const before = shown(specs, { max: 5, tags: ['a', 'b'], isActive: true, name: 'x', own: ['A'], shown: 'y' });
  assert.deepEqual(changes(specs, before, before), {});
  const after = { ...before, max: '', tags: 'a\n\n c ', isActive: false, own: ['A', 'B'], shown: 'z' };
  assert.deepEqual(changes(specs, before, after), { max: null, tags: ['a', 'c'], isActive: false, own: ['A', 'B'] });
  const { speak } = await load('i18n/messages.ts');
  speak('en', {});
  assert.equal(fault(specs[0], { max: '11' }), 'field.high');
  assert.equal(fault(specs[0], { max: 'x' }), 'field.low');
  // The unit stands beside a size: what is typed with it is told as what it is.
  assert.equal(fault({ name: 'size', kind: 'size', label: '' }, { size: 'NaN' }), 'field.number');
  assert.equal(fault(specs[1], { tags: 'a\nb\nc' }), 'field.many');
  assert.equal(fault(specs[3], { name: ' ' }), 'field.required');
});

test('colours are judged as WCAG judges them, and a host lies in the longest domain that it ends with', async () => {
  const { contrast, hostsOf } = await load('../dashboard/reseller/face.ts');
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
  assert.equal(contrast('#ffffff', '#777777'), contrast('#777777', '#ffffff'));
  const domains = [{ id: 'a', name: 'example.com', unicodeName: 'example.com' }, { id: 'b', name: 'mail.example.com', unicodeName: 'mail.example.com' }];
  assert.deepEqual(hostsOf('Panel.example.com\nx.mail.example.com, badexample.com panel.example.com', domains), [
    { name: 'panel.example.com', domainId: 'a' }, { name: 'x.mail.example.com', domainId: 'b' }, { name: 'badexample.com', domainId: null },
  ]);
});

test('typed days are those of the chosen zone, also where clocks are changed', async () => {
  const { dayOf, endOfDay, plainDay, showTimesIn, startOfDay } = await load('format.ts');
  const begins = (zone, day) => {
    showTimesIn(zone);
    assert.equal(dayOf(startOfDay(day)), day, `${day} in ${zone}`);
    assert.equal(dayOf(endOfDay(day)), day, `${day} in ${zone}`);
    return startOfDay(day);
  };
  assert.equal(begins('Pacific/Auckland', '2026-11-26'), '2026-11-25T11:00:00.000Z');
  assert.equal(begins('America/Los_Angeles', '2026-11-26'), '2026-11-26T08:00:00.000Z');
  // Paris on the days of both changes; Cairo, where the hour after midnight is left out.
  for (const [day, begin, end] of [['2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T21:59:59.000Z'], ['2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T22:59:59.000Z']]) {
    assert.equal(begins('Europe/Paris', day), begin);
    assert.equal(endOfDay(day), end);
  }
  assert.equal(begins('Africa/Cairo', '2026-04-24'), '2026-04-23T22:00:00.000Z');
  showTimesIn('Pacific/Kiritimati');
  assert.match(plainDay('2026-11-26'), /26/);
  showTimesIn(null);
});

test('the first of a month is an ordinal in French alone', async () => {
  const { module } = await runnerImport(join(import.meta.dirname, 'told.ts'));
  const [first, tenth] = ['2027-01-01', '2027-01-10'];
  assert.equal(module.dayInFrench(first), '1er janvier 2027');
  assert.equal(module.dayInFrench(tenth), '10 janvier 2027');
  const { plainDay } = await load('format.ts');
  assert.equal(plainDay(first), 'January 1, 2027');
});

test('what is due is soon or now, and never some seconds ago', async () => {
  const { soon } = await load('format.ts');
  const now = Date.parse('2026-11-28T12:00:00Z');
  assert.equal(soon('2026-11-28T11:59:49Z', now), 'now');
  assert.equal(soon('2026-11-28T12:05:00Z', now), 'in 5 minutes');
});

test('what can be no address and no day is seen before it is sent', async () => {
  const { isAddress, isDay } = await load('ui/fields.ts');
  assert.deepEqual(['a@b', ' ann@example.org ', 'josé@exämple.fr', '', 'ann', 'ann@', 'a b@c'].map(isAddress), [true, true, true, false, false, false, false]);
  assert.deepEqual(['2027-01-31', '', 'NaN', '31/01/2027'].map(isDay), [true, false, false, false]);
});

test('dates are sorted by their time, not by their words', async () => {
  const { sorted } = await load('ui/table.ts');
  const columns = [{ key: 'ends', label: '', value: (row) => row.words, order: (row) => row.time }];
  const rows = [{ words: '3 avril', time: 3 }, { words: '1 mai', time: 4 }, { words: '2 mars', time: 2 }];
  assert.deepEqual(sorted(rows, columns, { key: 'ends', isDown: false }, 'fr').map((row) => row.time), [2, 3, 4]);
});

test('what an event changed is told in words: times, sizes, and what has no words by its own', async () => {
  const { brief, fieldName } = await load('../dashboard/change.ts');
  // Without the words, which come with the pages that show them.
  assert.equal(fieldName('terms.expires_at_ms'), 'expires at');
  assert.equal(fieldName('never_heard_of'), 'never heard of');
  assert.match(brief('1798280456058', 'expires_at_ms'), /2026/);
  assert.notEqual(brief('2147483648', 'quota_bytes'), '2147483648');
  assert.equal(brief('2147483648', 'serial'), '2147483648');
  assert.equal(brief('acct_0123456789abcdef0123456789abcdef', 'account'), 'acct_…abcdef');
  assert.equal(brief('[1]', 'targets'), '…');
});
