// A reseller's journeys: customers opened, limited, suspended, handed over; a face of one's own. In both languages.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { deflateSync } from 'node:zlib';
import { api, enter, launch, leave, PASSWORD, picture, settled, start, texts, token, violations } from './harness.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const button = (page, name, exact = true) => page.getByRole('button', { name, exact });
const dialog = (page) => page.locator('dialog[open]');
const row = (page, name) => page.getByRole('row').filter({ hasText: name });

/** A PNG picture of one colour, by the format's own rules. */
function png(side) {
  const table = Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c >>> 0; });
  const crc = (octets) => { let c = 0xffffffff; for (const octet of octets) c = table[(c ^ octet) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const pixels = Buffer.alloc(side * (side * 3 + 1), 120);
  for (let line = 0; line < side; line += 1) pixels[line * (side * 3 + 1)] = 0;
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))]);
}

for (const language of ['en', 'fr']) describe(`in ${language}`, () => {
  let node;
  let operator;
  const t = texts(language);
  before(async () => {
    node = await start();
    operator = await token(node, 'chief', 'operator-password');
  });
  after(() => node?.stop());

  /** An account with an owner who signs in by its name. */
  async function account(name) {
    const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } userErrors { message } } }', { n: name });
    const id = accountOpen.account.id;
    await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, name: $l, password: $p, role: OWNER }) { userErrors { message } } }', { a: id, l: name, p: PASSWORD });
    return id;
  }
  const makeReseller = (id) => api(node, operator, 'mutation($a: AccountID!) { accountResellerSet(accountId: $a, subAccountCountMax: 5) { userErrors { message } } }', { a: id });
  const at = (...given) => enter(browser, node, language, ...given);

  test(`${language}: the operator makes a reseller and gives it resources`, async () => {
    await account('agency');
    const page = await at('chief', '/operations', 'operator-password');
    await button(page, t('reseller.actions', { name: 'agency' })).click();
    await button(page, t('reseller.make')).click();
    await dialog(page).getByLabel(t('reseller.below'), { exact: true }).fill('5');
    await dialog(page).getByRole('button', { name: t('action.save') }).click();
    await row(page, 'agency').getByText(t('reseller.is'), { exact: true }).waitFor();
    await button(page, t('reseller.actions', { name: 'agency' })).click();
    await button(page, t('reseller.pool.set')).click();
    await dialog(page).getByLabel(t('reseller.pool.isLimited'), { exact: true }).check();
    for (const [kind, value] of [['services', '5'], ['domains', '10'], ['mailboxes', '50'], ['storageBytes', '100']]) await dialog(page).getByLabel(t(`reseller.amount.${kind}`), { exact: true }).fill(value);
    assert.deepEqual(await violations(page), []);
    await dialog(page).getByRole('button', { name: t('action.save') }).click();
    await page.getByText(t('reseller.pool.done', { name: 'agency' })).waitFor();
    await leave(page);
  });

  test(`${language}: several customers are opened at once, and each is told of on its own`, async () => {
    const page = await at('agency', '/customers');
    await button(page, t('customers.open')).first().click();
    await dialog(page).getByLabel(t('customers.names'), { exact: true }).fill('North bakery\nSouth bakery\nEast bakery');
    await dialog(page).getByRole('button', { name: t('customers.open') }).click();
    await page.getByText(t('bulk.result', { done: 3, all: 3, refused: 0 })).waitFor();
    await dialog(page).getByRole('button', { name: t('action.close') }).last().click();
    await button(page, t('customers.open')).first().click();
    await dialog(page).getByLabel(t('customers.names'), { exact: true }).fill('Playground');
    await dialog(page).getByLabel(t('customers.sandbox'), { exact: true }).check();
    await dialog(page).getByRole('button', { name: t('customers.open') }).click();
    await row(page, 'Playground').getByText(t('reseller.sandbox'), { exact: true }).waitFor();
    await settled(page);
    assert.deepEqual(await violations(page), []);
    await picture(page, `reseller-customers-${language}`);
    // Who pays is said by the reseller.
    await button(page, t('reseller.actions', { name: 'North bakery' })).click();
    await page.getByRole('button', { name: t('reseller.pays.RESELLER'), exact: true }).or(page.getByRole('button', { name: t('reseller.pays.DIRECT'), exact: true })).click();
    await page.getByText('North bakery').first().waitFor();
    await leave(page);
  });

  test(`${language}: a customer gets its share, and no more than there is`, async () => {
    const page = await at('agency', '/customers/resources');
    await button(page, t('reseller.allocateNamed', { name: 'North bakery' })).click();
    const fill = async (kind, value) => dialog(page).getByLabel(t(`reseller.amount.${kind}`), { exact: true }).fill(value);
    for (const [kind, value] of [['services', '1'], ['domains', '2'], ['mailboxes', '51'], ['storageBytes', '10']]) await fill(kind, value);
    await dialog(page).getByRole('button', { name: t('reseller.allocate'), exact: true }).click();
    await dialog(page).getByText(/50/).last().waitFor();
    assert.ok(await dialog(page).isVisible(), 'what is too much is refused');
    await fill('mailboxes', '20');
    await dialog(page).getByRole('button', { name: t('reseller.allocate'), exact: true }).click();
    await page.getByText(t('reseller.allocated', { name: 'North bakery' })).waitFor();
    await settled(page);
    await page.getByText(t('meter.of', { used: '20', allowed: '50' })).waitFor();
    // Another tab gives another share meanwhile: this one is told, and nothing is overwritten.
    await button(page, t('reseller.allocateNamed', { name: 'North bakery' })).click();
    await fill('mailboxes', '22');
    const reseller = await token(node, 'agency');
    const { accounts } = await api(node, reseller, '{ accounts(first: 20) { nodes { id name } } }');
    const north = accounts.nodes.find((one) => one.name === 'North bakery').id;
    const { poolAllocate } = await api(node, reseller, 'mutation($c: AccountID!) { poolAllocate(customerId: $c, resources: { services: 1, domains: 2, mailboxes: 21, storageBytes: 10737418240 }) { userErrors { code message } } }', { c: north });
    assert.deepEqual(poolAllocate.userErrors, []);
    await dialog(page).getByRole('button', { name: t('reseller.allocate'), exact: true }).click();
    await dialog(page).getByText(t('stale.title')).waitFor();
    await dialog(page).getByRole('button', { name: t('stale.renew') }).click();
    await dialog(page).getByText(t('stale.now', { value: '21' })).waitFor();
    await dialog(page).getByRole('button', { name: t('reseller.allocate'), exact: true }).click();
    await page.getByText(t('meter.of', { used: '22', allowed: '50' })).waitFor();
    await settled(page);
    assert.deepEqual(await violations(page), []);
    await picture(page, `reseller-resources-${language}`);
    await page.setViewportSize({ width: 320, height: 800 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing stands beyond a narrow page');
    await picture(page, `reseller-resources-narrow-${language}`);
    await leave(page);
  });

  test(`${language}: the Boxes of chosen customers are suspended together, and resumed`, async () => {
    const reseller = await token(node, 'agency');
    const { accounts } = await api(node, reseller, '{ accounts(first: 20) { nodes { id name } } }');
    const north = accounts.nodes.find((one) => one.name === 'North bakery').id;
    const { plans } = await api(node, reseller, '{ plans(first: 20) { nodes { id version name limits { mailboxes storageBytes domains } } } }');
    const plan = plans.nodes.find((one) => one.name === 'BasicBox') ?? plans.nodes[0];
    // The operator orders without documents.
    const { serviceOrder } = await api(node, operator, 'mutation($a: AccountID!, $p: PlanID!, $v: Int!) { serviceOrder(input: { accountId: $a, planId: $p, planVersion: $v }) { service { id } userErrors { message } } }', { a: north, p: plan.id, v: plan.version });
    assert.deepEqual(serviceOrder.userErrors, []);
    const service = serviceOrder.service.id;
    await api(node, reseller, 'mutation($a: AccountID!, $s: ServiceID!) { serviceActivate(accountId: $a, serviceId: $s) { userErrors { message } } }', { a: north, s: service });
    const state = async () => (await api(node, reseller, 'query($a: AccountID!, $s: ServiceID!) { service(accountId: $a, serviceId: $s) { entitlement } }', { a: north, s: service })).service.entitlement;
    while (await state() !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 100));
    const page = await at('agency', '/customers');
    for (const [verb, wanted] of [['suspend', 'SUSPENDED'], ['resume', 'ACTIVE']]) {
      await page.getByLabel(t('table.select', { what: 'North bakery' }), { exact: true }).check();
      await page.getByLabel(t('table.select', { what: 'South bakery' }), { exact: true }).check();
      await button(page, t(`customers.${verb}`)).click();
      if (verb === 'suspend') await dialog(page).getByRole('button', { name: t('customers.suspend'), exact: true }).click();
      await page.getByText(t('bulk.result', { done: 1, all: 1, refused: 0 })).waitFor();
      // What is asked without a place is shown a moment later.
      for (const begun = Date.now(); await state() !== wanted && Date.now() - begun < 10_000;) await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(await state(), wanted);
      await dialog(page).getByRole('button', { name: t('action.close') }).last().click();
      // What was said of the one before is no answer to the next.
      await page.getByText(t('bulk.result', { done: 1, all: 1, refused: 0 })).waitFor({ state: 'detached' });
    }
    await leave(page);
  });

  test(`${language}: a customer is handed over to another reseller, who accepts`, async () => {
    const other = await account('rival');
    await makeReseller(other);
    const page = await at('agency', '/customers');
    await button(page, t('reseller.actions', { name: 'South bakery' })).click();
    await button(page, t('reseller.transfer.offer')).click();
    await dialog(page).getByLabel(t('reseller.transfer.to'), { exact: true }).fill(other);
    await dialog(page).getByRole('button', { name: t('reseller.transfer.offer'), exact: true }).click();
    await page.getByText(t('reseller.transfer.offered', { name: 'South bakery' })).waitFor();
    const rival = await at('rival', '/customers/transfers');
    await rival.getByText(other).waitFor();
    assert.deepEqual(await violations(rival), []);
    await picture(rival, `reseller-transfers-${language}`);
    await button(rival, t('reseller.transfer.acceptNamed', { name: 'South bakery' })).click();
    await rival.getByText(t('reseller.transfer.done.accept', { name: 'South bakery' })).waitFor();
    const own = await token(node, 'rival');
    for (const begun = Date.now(); ;) {
      const { accounts } = await api(node, own, '{ accounts(first: 20) { nodes { name } } }');
      if (accounts.nodes.some((one) => one.name === 'South bakery')) break;
      assert.ok(Date.now() - begun < 30_000, 'the customer arrives');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await page.reload();
    await settled(page);
    await row(page, 'North bakery').waitFor();
    assert.equal(await row(page, 'South bakery').count(), 0, 'who gave it away sees nothing of it');
    // The other one gives it back to the platform, whose operator takes it.
    await rival.goto(`${node.url}/dashboard/customers`);
    await settled(rival);
    await button(rival, t('reseller.actions', { name: 'South bakery' })).click();
    await button(rival, t('reseller.transfer.offer')).click();
    await dialog(rival).getByLabel(t('reseller.transfer.toPlatform')).check();
    assert.equal(await dialog(rival).getByLabel(t('reseller.transfer.to'), { exact: true }).count(), 0);
    assert.deepEqual(await violations(rival), []);
    await dialog(rival).getByRole('button', { name: t('reseller.transfer.offer'), exact: true }).click();
    await rival.getByText(t('reseller.transfer.offered', { name: 'South bakery' })).waitFor();
    const chief = await at('chief', '/operations/transfers', 'operator-password');
    await row(chief, 'South bakery').waitFor();
    assert.deepEqual(await violations(chief), []);
    await picture(chief, `operations-transfers-${language}`);
    await button(chief, t('reseller.transfer.acceptNamed', { name: 'South bakery' })).click();
    await chief.getByText(t('reseller.transfer.done.accept', { name: 'South bakery' })).waitFor();
    await row(chief, 'South bakery').waitFor({ state: 'detached' });
    const { accounts } = await api(node, operator, '{ accounts(first: 100) { nodes { name parentId } } }');
    assert.equal(accounts.nodes.find((one) => one.name === 'South bakery').parentId, null);
    await leave(chief);
    await leave(rival);
    await leave(page);
  });

  test(`${language}: a face is chosen, told when it cannot be read, and given up`, async () => {
    const page = await at('agency', '/customers/brand');
    await page.getByLabel(t('reseller.brand.name'), { exact: true }).fill('Bread & Mail <b>');
    await page.getByLabel(t('reseller.brand.accent'), { exact: true }).fill('#ffee88');
    await page.getByText(t('reseller.brand.faint', language === 'fr' ? { ratio: '1,2', least: '4,5' } : { ratio: '1.2', least: '4.5' })).waitFor();
    await button(page, t('action.save')).click();
    await page.getByRole('alert').first().waitFor();
    await page.getByLabel(t('reseller.brand.accent'), { exact: true }).fill('#123456');
    await page.locator('input[name=logo]').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: png(64) });
    await page.getByLabel(t('reseller.brand.hosts'), { exact: true }).fill('panel.elsewhere.example');
    await button(page, t('action.save')).click();
    await page.getByText(t('reseller.brand.homeless', { host: 'panel.elsewhere.example' })).waitFor();
    await page.getByLabel(t('reseller.brand.hosts'), { exact: true }).fill('');
    await button(page, t('action.save')).click();
    await page.getByText(t('reseller.brand.saved')).waitFor();
    await settled(page);
    const logo = page.getByAltText(t('reseller.brand.logoNow'));
    await logo.waitFor();
    assert.equal(await logo.evaluate((image) => image.complete && image.naturalWidth), 64, 'the logo is shown');
    assert.deepEqual(await violations(page), []);
    await picture(page, `reseller-brand-${language}`);
    // Somebody else changes it meanwhile: nothing is overwritten, and what stands there now is shown when asked for.
    const { brandSet } = await api(node, await token(node, 'agency'), 'mutation { brandSet(brand: { name: "From elsewhere", accent: "#123456", onAccent: "#ffffff", hosts: [], hasNoLogo: false }) { userErrors { code message } } }');
    assert.deepEqual(brandSet.userErrors, []);
    await page.getByLabel(t('reseller.brand.name'), { exact: true }).fill('From here');
    await button(page, t('action.save')).click();
    await page.getByText(t('stale.title')).waitFor();
    await button(page, t('stale.renew')).click();
    await page.waitForFunction(() => document.querySelector('main [name=name]')?.value === 'From elsewhere');
    await button(page, t('reseller.brand.remove')).click();
    await dialog(page).getByRole('button', { name: t('reseller.brand.remove'), exact: true }).click();
    await page.getByText(t('reseller.brand.removed')).waitFor();
    await leave(page);
  });
});
