// Each text of the dashboard that an outsider controls: it stays text, in its place, and reverses nothing.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { secrets } from '../support/signing.js';
import { expect, rows, test, type Person } from './fixtures';
import { faults, hostile, hostileNames, watchScripts } from './hostile';

const texts = Object.values(hostile);
const MARKUP = '<img src=x onerror=taken()>';

/** Checks phone and desktop size. */
async function isHarmless(page: Page) {
  for (const width of [320, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await faults(page), `at ${width} px`).toEqual([]);
  }
}

/** Registers a connection with arbitrary names. */
async function register(person: Person, connectionId: string, body: object = {}) {
  const response = await fetch(`${person.server.url}/api/connectors/basiq/connections/${encodeURIComponent(connectionId)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-service-secret': secrets.service },
    body: JSON.stringify({ userId: person.userId, ...body }),
  });
  expect(response.status, await response.text()).toBeLessThan(300);
}

/** The texts of a transaction, and whether each is shown. */
const ofTransactions: Record<string, { fields: (text: string, at: number) => object; shown?: string }> = {
  description: { fields: (description) => ({ description }), shown: '.row__name' },
  merchant: { fields: (merchant) => ({ merchant, description: 'Card purchase' }), shown: '.row__name' },
  'description below a merchant': { fields: (description) => ({ merchant: 'Shop', description }), shown: '.row__details' },
  'transaction id': { fields: (_, at) => ({ id: `${at}${hostileNames[at]}`.slice(0, 100) }) },
  'account id': { fields: (_, at) => ({ account: hostileNames[at] }), shown: '.account__name' },
  reference: { fields: (reference) => ({ reference }) },
  category: { fields: (category) => ({ category }) },
  location: { fields: (location) => ({ location }) },
  tag: { fields: (text) => ({ tags: [text] }) },
  metadata: { fields: (text) => ({ metadata: { [text]: text } }) },
  'receipt and document address': { fields: (text) => ({ receiptUrl: text, documentUrl: `javascript:${text}` }) },
};

for (const [name, { fields, shown }] of Object.entries(ofTransactions)) {
  test(`a hostile ${name} stays text`, async ({ server, person, dashboard }) => {
    const alex = await person();
    const told = (round: string) => texts.map((text, at) => ({ id: `${round}-${at}`, amount: `-${at + 1}234.56`, ...fields(text, at) }));
    await deliver(server, alex.transactions(told('before')));
    const page = await dashboard(alex, {}, watchScripts);
    await isHarmless(page);
    // Live transactions are drawn by other code than those that the server rendered.
    const before = await rows(page).count();
    await deliver(server, alex.transactions(told('live').map((one) => ({ ...one, id: `live-${one.id}` }))));
    await expect(rows(page)).toHaveCount(before + texts.length);
    if (shown) await expect(page.locator(shown).filter({ hasText: MARKUP }).first()).toBeAttached();
    await isHarmless(page);
  });
}

const ofConnections: Record<string, { register: (person: Person, text: string, at: number) => Promise<void>; shown: string }> = {
  'institution name': {
    register: (person, text, at) =>
      register(person, `${at}-${person.userId}`, { institutionName: text, accounts: [{ accountId: `a${at}`, name: 'Everyday', currency: 'AUD', balance: 1234.56 }] }),
    shown: '.account__origin',
  },
  'account name': {
    register: (person, text, at) => register(person, `${at}-${person.userId}`, { accounts: [{ accountId: `a${at}`, name: text, currency: 'AUD', balance: 1234.56, available: 2 }] }),
    shown: '.account__name',
  },
  'kind of account': {
    register: (person, text, at) => register(person, `${at}-${person.userId}`, { accounts: [{ accountId: `a${at}`, name: 'Everyday', kind: text.slice(0, 60), currency: 'AUD' }] }),
    shown: '.account__origin',
  },
  'connection id': {
    // Each has the same account: only the connection distinguishes them.
    register: (person, text, at) => register(person, `${text.slice(0, 60)}${person.userId}${at}`, { accounts: [{ accountId: 'same', name: 'Everyday', currency: 'AUD' }] }),
    shown: 'option',
  },
};

for (const [name, { register, shown }] of Object.entries(ofConnections)) {
  test(`a hostile ${name} stays text`, async ({ server, person, dashboard }) => {
    const alex = await person();
    for (const [at, text] of hostileNames.entries()) await register(alex, text, at);
    const page = await dashboard(alex, {}, watchScripts);
    await expect(page.getByTestId('account-card')).toHaveCount(hostileNames.length);
    await expect(page.locator(shown).filter({ hasText: MARKUP }).first()).toBeAttached();
    await isHarmless(page);
    // Each can be chosen, and stays chosen.
    const choices = page.getByTestId('filter-account').locator('option');
    const values = await choices.evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value));
    expect(new Set(values).size).toBe(hostileNames.length + 1);
    for (const value of values.slice(1, 4)) {
      await page.getByTestId('filter-account').selectOption(value);
      await expect(page.getByTestId('filter-account')).toHaveValue(value);
    }
    await deliver(server, alex.transaction({ id: 'live', description: 'Live' }));
    await isHarmless(page);
  });
}

test('a hostile display name stays text', async ({ person, dashboard }) => {
  const { script, link, word, zalgo, override, isolates, rightToLeft } = hostile;
  for (const name of [script + link, word, zalgo.slice(0, 60) + override, isolates + rightToLeft]) {
    const page = await dashboard(await person(name), {}, watchScripts);
    await isHarmless(page);
    await page.context().close();
  }
});

test('a hostile search text stays text', async ({ server, person, dashboard }) => {
  const alex = await person();
  await deliver(server, alex.transaction({ id: 'one', description: 'Plain' }));
  const page = await dashboard(alex, {}, watchScripts);
  for (const text of texts.map((text) => text.replaceAll(/[\n\r\u0000]/g, ' '))) {
    await page.getByTestId('search').fill(text);
    await expect(page.getByText('No transactions match')).toBeVisible();
    await isHarmless(page);
  }
});

test('a notice of a hostile name stays text', async ({ server, person, dashboard }) => {
  const alex = await person();
  const page = await dashboard(alex, {}, async (page) => {
    await watchScripts(page);
    await page.clock.install();
  });
  for (const [at, text] of texts.entries()) {
    await deliver(server, alex.transaction({ id: `tx-${at}`, merchant: text, amount: '-1234.56' }));
    await expect(page.getByTestId('toast')).toHaveCount(1);
    await isHarmless(page);
    await page.keyboard.press('Escape');
    await page.clock.fastForward(2_500);
  }
});
