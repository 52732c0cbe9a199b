// The texts of both languages: the same keys, the same parameters, every key used, every used key there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { runnerImport } from 'vite';

const src = join(import.meta.dirname, '../src');
const load = async (path) => (await runnerImport(join(src, path))).module.default;

/** Folders of `words` below an entry: texts that are loaded with the part that they are of. */
function parts(folder) {
  return readdirSync(join(src, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.name === 'words' ? [path] : parts(path);
  });
}

/** All texts of an entry in one language. No part says again what another says. */
async function all(entry, language) {
  const found = { ...(await load(`${entry}/messages/${language}.ts`)) };
  for (const part of parts(entry)) {
    for (const [key, text] of Object.entries(await load(`${part}/${language}.ts`))) {
      assert.ok(!(key in found), `${key} stands twice`);
      found[key] = text;
    }
  }
  return found;
}

/** The sources of the server below a folder of the repository. */
function rust(folder) {
  return readdirSync(join(src, '../../..', folder), { recursive: true }).filter((file) => file.endsWith('.rs')).map((file) => readFileSync(join(src, '../../..', folder, file), 'utf8'));
}

test('every kind of event, every permission and every notice has words in both languages', async () => {
  const found = (texts, pattern) => [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1])))];
  const hosting = rust('platform/hosting/src');
  // Kinds by name; those of second factors, which are made for two nouns; and those of filters, made by a macro.
  const kinds = [
    ...found(hosting, /Kind \{\s*name: "([a-z_]+\.[a-z_]+)"/g), ...found(hosting, /=> "((?:user|mailbox)\.[a-z_]+)"/g),
    ...found(hosting, /^filter!\(\w+ of \w+, "(\w+)"/gm).flatMap((noun) => ['added', 'changed', 'removed'].map((verb) => `${noun}.${verb}`)),
  ];
  const permissions = found(rust('platform/authority/src'), /Self::\w+ => "([a-z]+:[a-z]+)"/g);
  const notices = found(rust('platform/hosting/src/notice'), /Self::\w+ => "([a-z_]+)",/g);
  // Whoever acts for the platform, as the history of things tells it.
  const policies = [...found([...rust('infra/node/src'), ...rust('graphql/src')], /Principal::platform\("([a-z_]+)"\)/g), ...found(rust('infra/node/src/policy'), /NAME: &'static str = "([a-z_]+)"/g)];
  assert.ok(policies.length > 20, `${policies.length} policies`);
  // The rights that can be kept from an administrator.
  const rights = found([/enum AdministratorRight \{([^}]*)\}/.exec(readFileSync(join(src, '../../../graphql/schema.graphql'), 'utf8'))[1]], /^\t([A-Z_]+)$/gm);
  assert.equal(rights.length, 13);
  // What can be asked for: by the API, of a page, at the command line.
  const schema = readFileSync(join(src, '../../../graphql/schema.graphql'), 'utf8');
  const mutations = found([/^type Mutation \{(.*?)^\}/ms.exec(schema)[1].replace(/"""[^]*?"""/g, '').replace(/\([^)]*\)/g, '')], /^\t(\w+)/gm);
  const commands = [...mutations, ...found([...rust('infra/node/src'), ...rust('graphql/src')], /: CommandName =\s+CommandName::new\("(\w+)"\)/g)];
  assert.ok(mutations.length >= 160 && commands.length >= mutations.length + 5, `${mutations.length} mutations, ${commands.length} commands`);
  assert.ok(notices.length >= 30, `${notices.length} notices`);
  assert.ok(kinds.length > 150 && permissions.length > 15, `${kinds.length} kinds, ${permissions.length} permissions`);
  for (const language of ['en', 'fr']) {
    const texts = await all('dashboard', language);
    assert.deepEqual(kinds.filter((kind) => !texts[`event.${kind}`]), [], `kinds without words in ${language}`);
    assert.deepEqual(notices.filter((one) => !texts[`notice.${one}`]), [], `notices without words in ${language}`);
    assert.deepEqual(policies.filter((one) => !texts[`policy.${one}`]), [], `policies without words in ${language}`);
    assert.deepEqual(commands.filter((one) => !texts[`command.${one}`]), [], `commands without words in ${language}`);
    assert.deepEqual(rights.filter((one) => !texts[`right.${one}`]), [], `rights without words in ${language}`);
    assert.deepEqual(permissions.filter((one) => !texts[`permission.${one}`]), [], `permissions without words in ${language}`);
  }
});

/**
 * What events hold: the names of all fields, and of fields whose words the platform chose those words, as `field.word`. Read from
 * what is stored: structs and enums that serde writes, and settings.
 */
function held() {
  const enums = new Map();
  const structs = [];
  const form = /#\[derive\(([^)]*)\)\]\s*((?:#\[[^\]]*\]\s*)*)(?:pub(?:\([^)]*\))? )?(struct|enum) (\w+)[^{;(]*\{([\s\S]*?)\n\}/g;
  rust('platform/hosting/src').map((text) => text.split('#[cfg(test)]')[0]).forEach((text, file) => {
    for (const [, derived, attributes, what, name, body] of text.matchAll(form)) {
      if (!/\bSerialize\b/.test(derived)) continue;
      if (what === 'struct') {
        structs.push({ file, fields: [...body.matchAll(/^    (?:pub(?:\([^)]*\))? )?(?:r#)?(\w+): ([^\n]*),$/gm)] });
        continue;
      }
      const isSnake = attributes.includes('rename_all = "snake_case"');
      const variants = [...body.matchAll(/((?:^    #\[serde[^\n]*\n)*)^    (\w+)(,|\(| \{)/gm)].map(([, serde, plain, end]) => ({
        word: /rename = "([^"]*)"/.exec(serde)?.[1] ?? (isSnake ? plain.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase() : plain), isBare: end === ',',
      }));
      for (const key of [`${file} ${name}`, name]) if (!enums.has(key)) enums.set(key, variants);
    }
    for (const [, body] of text.matchAll(/settings! \{([\s\S]*?)\n\}/g)) structs.push({ file, fields: [...body.matchAll(/^        (\w+): (.+) = /gm)] });
  });
  const fields = new Set();
  const words = new Set();
  for (const { file, fields: found } of structs) for (const [, name, type] of found) {
    const plain = name.replace(/^(from|to)_/, '').replace(/_ms$/, '');
    fields.add(plain);
    const variants = (type.match(/\w+/g) ?? []).flatMap((word) => enums.get(`${file} ${word}`) ?? enums.get(word) ?? []);
    // A variant that holds something is told as a field of its own.
    for (const { word, isBare } of variants) (isBare ? words : fields).add(isBare ? `${plain}.${word}` : word);
  }
  // Fields that are kept as texts, whose words a function of the model or a macro names.
  const model = rust('platform/hosting/src').join('\n');
  for (const [field, noun] of Object.entries({ protocols: 'MailProtocol', outcome: 'HeldMail', reason: 'HoldReason', mode: 'BillingMode' })) {
    const named = new RegExp(`^impl ${noun} \\{[\\s\\S]*?fn name\\(self\\)[^{]*\\{\\s*match self \\{([\\s\\S]*?)\\n        \\}`, 'm').exec(model)?.[1] ?? '';
    const known = [...named.matchAll(/=> "(\w+)"/g)].map((match) => `${field}.${match[1]}`);
    assert.ok(known.length > 1, `the words of ${noun}`);
    known.forEach((word) => words.add(word));
  }
  for (const [field, form] of Object.entries({ kind: 'KindV1 of DocumentKind', language: 'LanguageV1 of Language', media_type: 'MediaTypeV1 of MediaType' })) {
    const named = new RegExp(`${form} \\{([^}]*)\\}`).exec(model)?.[1] ?? '';
    assert.ok(named.includes('"'), `the words of ${form}`);
    for (const [, word] of named.matchAll(/= "(\w+)"/g)) words.add(`${field}.${word}`);
  }
  // It names the others and is not told itself.
  fields.delete('changed');
  return { fields: [...fields].sort(), words: [...words].sort() };
}

test('every field of an event, and every word that the platform writes into one, has words in both languages', async () => {
  const { fields, words } = held();
  assert.ok(fields.length > 200 && words.length > 100, `${fields.length} fields, ${words.length} words`);
  for (const known of ['cents', 'is_claimed', 'delegate', 'local_timeout_secs', 'junk_score_centi']) assert.ok(fields.includes(known), known);
  for (const known of ['cycle.annual', 'domain_mode.own', 'features.catch_all', 'currency.EUR']) assert.ok(words.includes(known), known);
  for (const language of ['en', 'fr']) {
    const texts = await all('dashboard', language);
    assert.deepEqual(fields.filter((one) => !texts[`changed.${one}`]), [], `fields without words in ${language}`);
    assert.deepEqual(words.filter((one) => !texts[`value.${one}`]), [], `words of events without words in ${language}`);
    const idle = Object.keys(texts).filter((key) => key.startsWith('value.') && !words.includes(key.slice('value.'.length)));
    assert.deepEqual(idle, [], 'words that no event holds');
  }
});

test('what an event changed is told in words, prices and units', async () => {
  const { module: told } = await runnerImport(join(import.meta.dirname, 'told.ts'));
  assert.equal(told.inFrench('cents', '25000'), '250,00\u00a0€');
  assert.equal(told.inFrench('cycle', 'annual'), 'annuel');
  assert.equal(told.inFrench('limits.domain_mode', 'own'), 'domaines propres');
  assert.equal(told.inFrench('limits.features', 'catch_all, webhooks'), 'adresse attrape-tout, webhooks');
  assert.equal(told.inFrench('settings.junk_score_centi', '750'), '7,5');
  assert.equal(told.inFrench('local_timeout_secs', '600'), '600\u202fs');
  // Words that stand among others: rights, notices and events are told as everywhere else.
  assert.equal(told.inFrench('permissions', 'domain:read, mailbox:read'), ['domain:read', 'mailbox:read'].map((one) => told.french(`permission.${one}`)).join(', '));
  assert.equal(told.inFrench('permissions', 'domain:read, never:heard'), 'domain:read, never:heard');
  assert.equal(told.inFrench('kind', 'invitation'), 'Invitation');
  assert.equal(told.inFrench('rights', 'sync_jobs'), told.french('right.SYNC_JOBS'));
  assert.equal(told.inFrench('kinds', '*'), told.french('hooks.allKinds'));
  assert.doesNotMatch(told.french('permission.domain:read'), /permission/);
  assert.equal(told.inFrench('language', 'en'), 'anglais');
  // What people have typed is theirs.
  assert.equal(told.inFrench('display_name', 'annual'), 'annual');
});

const entries = readdirSync(src).filter((name) => existsSync(join(src, name, 'messages')));

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'messages' || entry.name === 'words' || entry.name === 'generated' ? [] : sources(path);
    return /\.(svelte|ts)$/.test(entry.name) && !/i18n[\\/](en|fr)\.ts$/.test(path) ? [readFileSync(path, 'utf8')] : [];
  });
}

/** Keys as they are written, and the beginnings of those that are put together. */
function uses(texts) {
  const words = new Set();
  const beginnings = new Set();
  for (const text of texts) {
    for (const [, word] of text.matchAll(/['"`]([a-zA-Z][\w]*(?:\.[\w]+)+)['"`]/g)) words.add(word);
    for (const [, beginning] of text.matchAll(/`([a-zA-Z][\w.]*\.)\$\{/g)) beginnings.add(beginning);
    for (const [, prefix] of text.matchAll(/named\('([\w.]+)'/g)) beginnings.add(`${prefix}.`);
  }
  return { words, beginnings: [...beginnings] };
}

for (const entry of entries) {
  test(`${entry}: both languages have the same keys and parameters`, async () => {
    const [en, fr] = [await all(entry, 'en'), await all(entry, 'fr')];
    assert.deepEqual(Object.keys(fr).sort(), Object.keys(en).sort());
    const params = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    for (const key of Object.keys(en)) assert.deepEqual([...new Set(params(fr[key]))], [...new Set(params(en[key]))], key);
    for (const key of Object.keys(en)) assert.ok(en[key].trim() && fr[key].trim(), `${key} is empty`);
  });

  test(`${entry}: every key is used, and every used key is there`, async () => {
    const en = await all(entry, 'en');
    const { words, beginnings } = uses([...sources(join(src, 'lib')), ...sources(join(src, entry))]);
    const whole = (key) => key.replace(/\.(one|other|many)$/, '');
    const lib = new Set(Object.keys(await load('lib/i18n/en.ts')));
    const idle = Object.keys(en).filter((key) => !lib.has(key) && !words.has(key) && !words.has(whole(key)) && !beginnings.some((one) => key.startsWith(one)));
    assert.deepEqual(idle, [], 'keys that nothing uses');
    const known = new Set(Object.keys(en).flatMap((key) => [key, whole(key)]));
    const called = new Set(sources(join(src, entry)).flatMap((text) => [...text.matchAll(/\bt\('([\w.]+)'/g)].map((match) => match[1])));
    assert.deepEqual([...called].filter((key) => !known.has(key)), [], 'keys without a text');
  });
}

test('what a button is called to those who hear it has in it what it shows (WCAG 2.5.3)', async () => {
  const called = new Set(sources(src).flatMap((text) => [...text.matchAll(/aria-label=\{t\((?:\w+(?:\.\w+)* \? )?'([\w.]+)Named'(?: : '([\w.]+)Named')?/g)].flatMap(([, one, other]) => (other ? [one, other] : [one]))));
  assert.ok(called.size > 30, `${called.size} names`);
  for (const language of ['en', 'fr']) {
    const texts = await all('dashboard', language);
    const apart = [...called].filter((key) => texts[key] && !texts[`${key}Named`].toLowerCase().includes(texts[key].toLowerCase()));
    // The row's own button of suspended sites has a shorter word than the one above the list.
    assert.deepEqual(apart.filter((key) => key !== 'operations.suspend'), [], language);
  }
});

test('every table that leaves as CSV is written by what lets no cell be a formula', () => {
  const written = sources(src).flatMap((text) => text.split('\n').filter((line) => /download\([^\n]*text\/csv/.test(line)));
  assert.ok(written.length >= 6, `${written.length} tables`);
  // The DNS page hands on what the server wrote, which `mail/dnscheck` holds.
  const loose = written.filter((line) => !/'text\/csv', csv\(/.test(line) && !/download\(dns\.csv,/.test(line));
  assert.deepEqual(loose, []);
});
