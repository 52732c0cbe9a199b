// A customer with ten thousand mailboxes, for whoever tries or measures long lists.
import assert from 'node:assert/strict';
import { api, PASSWORD, token } from './harness.mjs';

const BOX_COUNT = 2;
/** As many as a Box can have. */
const MAILBOX_COUNT = 5_000;
const BATCH = 250;
export const ALL_COUNT = BOX_COUNT * MAILBOX_COUNT;

/** Makes them: `person0@many0.example` to `person9999@many1.example`, of the login `many`. */
export async function seedMany(node) {
  const operator = await token(node, 'chief', 'operator-password');
  const { accountOpen } = await api(node, operator, 'mutation { accountOpen(input: { name: "Many" }) { account { id } } }');
  const account = accountOpen.account.id;
  await api(node, operator, 'mutation($a: AccountID!, $p: String!) { userRegister(input: { accountId: $a, login: "many", name: "Many", password: $p, role: OWNER }) { userErrors { message } } }', { a: account, p: PASSWORD });
  const { plans } = await api(node, operator, '{ plans(first: 20) { nodes { id version name } } }');
  const plan = plans.nodes.find((one) => one.name === 'CustomBox');
  for (let box = 0; box < BOX_COUNT; box += 1) {
    const { serviceOrder } = await api(node, operator, 'mutation($i: ServiceOrderInput!) { serviceOrder(input: $i) { service { id } userErrors { message } } }', { i: { accountId: account, planId: plan.id, planVersion: plan.version, custom: { mailboxes: MAILBOX_COUNT } } });
    assert.deepEqual(serviceOrder.userErrors, []);
    const service = serviceOrder.service.id;
    await api(node, operator, 'mutation($a: AccountID!, $s: ServiceID!) { serviceActivate(accountId: $a, serviceId: $s) { userErrors { message } } }', { a: account, s: service });
    const { domainAdd } = await api(node, operator, 'mutation($i: DomainAddInput!) { domainAdd(input: $i) { domain { id } userErrors { message } } }', { i: { accountId: account, serviceId: service, name: `many${box}.example` } });
    const domain = domainAdd.domain.id;
    await api(node, operator, 'mutation($a: AccountID!, $d: DomainID!) { domainAssert(accountId: $a, domainId: $d) { userErrors { message } } }', { a: account, d: domain });
    for (let from = 0; from < MAILBOX_COUNT; from += BATCH) {
      const mailboxes = Array.from({ length: BATCH }, (_, at) => ({ localPart: `person${box * MAILBOX_COUNT + from + at}`, quotaBytes: 1_048_576, displayName: `Person ${box * MAILBOX_COUNT + from + at}` }));
      const { mailboxesCreate } = await api(node, operator, 'mutation($p: MailboxPlaceInput!, $m: [NewMailboxInput!]!) { mailboxesCreate(place: $p, mailboxes: $m) { userErrors { message } } }', { p: { accountId: account, serviceId: service, domainId: domain }, m: mailboxes });
      assert.deepEqual(mailboxesCreate.userErrors, []);
    }
  }
}
