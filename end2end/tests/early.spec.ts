// Input before hydration is kept and takes effect after it.

import type { Page } from '@playwright/test';

import { deliver, register } from '../support/provider.js';
import { expect, hydrated, row, rows, signIn, test } from './fixtures';

/** Delays the page's WebAssembly, as a slow network does. */
async function slowly(page: Page) {
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route('**/pkg/tallywire.wasm', async (route) => {
    await held;
    await route.continue();
  });
  return async () => {
    go();
    await hydrated(page);
  };
}

test('a search that was typed and a choice that was made before the page answers narrow the list once it does', async ({ server, person, device, watch }) => {
  watch.expected.push(/preloaded using link preload but not used/);
  const alex = await person();
  const accounts = ['everyday', 'savings'].map((accountId) => ({ accountId, name: accountId, currency: 'AUD', balance: 1 }));
  await register(server, alex.userId, { connectionId: alex.connectionId, accounts });
  for (const [id, account, amount] of [['a', 'everyday', '-1'], ['b', 'everyday', '1'], ['c', 'savings', '-1']]) {
    await deliver(server, alex.transaction({ id, account, amount, description: `HARBOUR ${id}` }));
  }
  await deliver(server, alex.transaction({ id: 'other', account: 'everyday', amount: '-1', description: 'SOMETHING ELSE' }));
  const context = await device();
  await signIn(context, alex);
  const page = await context.newPage();
  const answers = await slowly(page);
  await page.goto(server.url, { waitUntil: 'commit' });
  await expect(rows(page)).toHaveCount(4);

  const [search, account, type] = ['search', 'filter-account', 'filter-type'].map((id) => page.getByTestId(id));
  await search.pressSequentially('harbour');
  await account.selectOption({ label: 'everyday' });
  await type.selectOption({ label: 'Money out' });
  await search.focus();
  await page.evaluate(() => (document.activeElement as HTMLInputElement).setSelectionRange(2, 2));
  await answers();
  await expect(search).toHaveValue('harbour');
  await expect(account.locator('option:checked')).toHaveText('everyday');
  await expect(type.locator('option:checked')).toHaveText('Money out');
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, 'a')).toBeVisible();
  await expect(search).toBeFocused();
  // The cursor position in the text as well.
  await page.keyboard.type('X');
  await expect(search).toHaveValue('haXrbour');
  await expect(page.getByText('No transactions match')).toBeVisible();
  await page.getByRole('button', { name: 'Clear search' }).click();
  await expect(search).toHaveValue('');
  await expect(account).toHaveValue('');
  await expect(type).toHaveValue('');
  await expect(rows(page)).toHaveCount(4);
});

test('an account that appears while another one is chosen leaves the choice as it is', async ({ server, person, dashboard }) => {
  const alex = await person();
  const told = (names: string[]) => names.map((name) => ({ accountId: name, name, currency: 'AUD', balance: 1 }));
  await register(server, alex.userId, { connectionId: alex.connectionId, accounts: told(['Middle', 'Zebra']) });
  const page = await dashboard(alex);
  const account = page.getByTestId('filter-account');
  await account.selectOption({ label: 'Zebra' });
  await deliver(server, alex.transaction({ id: 'tx', account: 'Alpha' }, { account: { name: 'Alpha', balance: '1' } }));
  await expect(account.locator('option')).toHaveText(['All accounts', 'Alpha', 'Middle', 'Zebra']);
  await expect(account.locator('option:checked')).toHaveText('Zebra');
});

test('what is typed into the sign-in form before the page answers is kept, and nothing is offered that does not answer yet', async ({ server, device, watch }) => {
  watch.expected.push(/preloaded using link preload but not used/);
  const page = await (await device()).newPage();
  const answers = await slowly(page);
  await page.goto(`${server.url}/sign-in`, { waitUntil: 'commit' });
  await page.getByLabel('E-mail address').fill('alex@example.com');
  await page.getByLabel('Password', { exact: true }).fill('correct horse');
  await expect(page.getByRole('button', { name: 'Show password' })).toHaveCount(0);
  await answers();
  await expect(page.getByLabel('E-mail address')).toHaveValue('alex@example.com');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('correct horse');
  await expect(page.getByRole('button', { name: 'Show password' })).toBeVisible();
});
