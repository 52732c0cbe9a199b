// The operator publishes plans: a further version with what it changes said beforehand, a new one with additions, and whoever
// was slower than a colleague is told.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { api, enter, launch, leave, picture, settled, start, texts, token, violations } from './harness.mjs';

let node;
let browser;
let operator;

before(async () => {
  node = await start();
  browser = await launch();
  operator = await token(node, 'chief', 'operator-password');
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const WHOLE = '{ plans(first: 100) { nodes { id version name frenchName monthlyCents annualCents addOns { domains { step max monthlyCents } storage { step max } } limits { mailboxes storageBytes domainSendsPerDay features } } } }';
const all = async () => (await api(node, operator, WHOLE)).plans.nodes;
const newest = async (name) => (await all()).filter((plan) => plan.name === name).sort((one, other) => other.version - one.version)[0];
const dialog = (page) => page.locator('dialog[open]');
const press = (page, name) => page.getByRole('button', { name, exact: true }).first().click();
const row = (page, name) => page.getByRole('row').filter({ hasText: name });

for (const [language, base] of [['fr', 'SoloBox'], ['en', 'FamilyBox']]) describe(`in ${language}`, () => {
  const t = texts(language);
  const open = () => enter(browser, node, language, 'chief', '/operations/plans', 'operator-password');
  const publish = (page) => dialog(page).getByRole('button', { name: t('operations.terms.publish'), exact: true }).click();
  const changes = (page) => dialog(page).locator('.changes');

  test(`${language}: the next version says what it changes, and services keep theirs`, async () => {
    const before = await newest(base);
    const page = await open();
    await press(page, t('operations.terms.nextNamed', { plan: base }));
    await dialog(page).getByText(t('operations.terms.same'), { exact: true }).waitFor();
    await page.fill('dialog[open] [name=mailboxes]', String(before.limits.mailboxes + 3));
    await page.fill('dialog[open] [name=month]', '7,50');
    await page.fill('dialog[open] [name=domainSendsPerDay]', '');
    await changes(page).getByText(t('limit.mailboxes')).waitFor();
    assert.equal(await changes(page).locator('li').count(), before.limits.domainSendsPerDay === null ? 2 : 3);
    await page.fill('dialog[open] [name=year]', 'a lot');
    await publish(page);
    await dialog(page).getByText(t('operations.terms.price')).waitFor();
    await page.fill('dialog[open] [name=year]', '75');
    assert.deepEqual(await violations(page), []);
    await picture(page, `plan-next-${language}`);
    // A colleague is faster: nothing is published over theirs.
    const terms = { name: base, monthlyCents: 999, annualCents: 9990, limits: await whole(before.id) };
    const { planPublish } = await api(node, operator, 'mutation($p: PlanID!, $v: Int!, $t: PlanTermsInput!) { planPublish(planId: $p, version: $v, terms: $t) { plan { version } userErrors { message } } }', { p: before.id, v: before.version, t: terms });
    assert.deepEqual(planPublish.userErrors, []);
    await publish(page);
    await dialog(page).getByText(t('stale.title'), { exact: true }).waitFor();
    await dialog(page).getByRole('button', { name: t('stale.renew'), exact: true }).click();
    await dialog(page).getByText(t('stale.now', { value: '9.99' })).waitFor();
    await publish(page);
    await dialog(page).waitFor({ state: 'detached' });
    const now = await newest(base);
    assert.deepEqual([now.version, now.monthlyCents, now.annualCents, now.limits.mailboxes, now.limits.domainSendsPerDay], [before.version + 2, 750, 7500, before.limits.mailboxes + 3, null]);
    assert.deepEqual(now.limits.features, before.limits.features);
    await row(page, t('operations.version', { version: now.version })).filter({ hasText: base }).waitFor();
    await leave(page);
  });

  test(`${language}: a new plan has names in both languages, features and additions`, async () => {
    const page = await open();
    await press(page, t('operations.terms.new'));
    await page.fill('dialog[open] [name=slug]', 'Not So');
    await publish(page);
    await dialog(page).locator('[name=slug][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=slug]', `house-${language}`);
    await page.fill('dialog[open] [name=name]', `HouseBox ${language}`);
    await page.fill('dialog[open] [name=frenchName]', `BoîteMaison ${language}`);
    await page.fill('dialog[open] [name=month]', '3.90');
    await page.fill('dialog[open] [name=year]', '39');
    // A quota above the storage is told before it is sent.
    await page.fill('dialog[open] [name=mailboxQuotaMaxBytes]', '500');
    await publish(page);
    await dialog(page).locator('[name=mailboxQuotaMaxBytes][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=mailboxQuotaMaxBytes]', '5');
    await dialog(page).getByLabel(t('feature.CATCH_ALL'), { exact: true }).check();
    await dialog(page).getByLabel(t('operations.terms.hasAddOns'), { exact: true }).check();
    for (const one of ['domains', 'mailboxes', 'aliases', 'storage', 'sends']) {
      await page.fill(`dialog[open] [name=${one}Step]`, '1');
      await page.fill(`dialog[open] [name=${one}Max]`, '100');
      await page.fill(`dialog[open] [name=${one}Price]`, '0,50');
    }
    assert.deepEqual(await violations(page), []);
    await picture(page, `plan-new-${language}`);
    await publish(page);
    await dialog(page).waitFor({ state: 'detached' });
    const made = await newest(`HouseBox ${language}`);
    assert.deepEqual([made.version, made.frenchName, made.monthlyCents, made.limits.features], [1, `BoîteMaison ${language}`, 390, ['CATCH_ALL']]);
    assert.deepEqual(made.addOns.domains, { step: 1, max: 100, monthlyCents: 50 });
    assert.equal(made.addOns.storage.step, 1024 ** 3);
    await row(page, language === 'fr' ? `BoîteMaison ${language}` : `HouseBox ${language}`).waitFor();
    await settled(page);
    assert.deepEqual(await violations(page), []);
    await leave(page);
  });
});

/** All limits of a plan, as its next version takes them. */
async function whole(planId) {
  const limits = 'domainMode domains aliasDomains mailboxes aliases storageBytes mailboxQuotaDefaultBytes mailboxQuotaMaxBytes serviceSendsPerDay domainSendsPerDay mailboxSendsPerDay recipientsPerMessage messageBytes syncJobs temporaryAliases domainAdministrators delegates features';
  return (await api(node, operator, `query($p: PlanID!) { plan(planId: $p) { limits { ${limits} } } }`, { p: planId })).plan.limits;
}
