// A signed webhook changes the page of the right user.

import { deliver, register, transaction } from '../support/provider.js';
import { token } from '../support/signing.js';
import { account, badge, expect, hydrated, row, rows, test, toasts, withAccount } from './fixtures';
import { Network } from './network';

test('a transaction is on its owner\'s page within a second, and on nobody else\'s', async ({ person, dashboard, server }) => {
  const [alex, sam] = [await person('Alex Chen'), await person('Sam Rivera')];
  const [alexPage, samPage] = [await dashboard(alex), await dashboard(sam)];
  const shown = (page: typeof alexPage, id: string) => Promise.all([row(page, id).waitFor(), toasts(page).waitFor()]);

  const appears = shown(alexPage, 'tx-alex');
  const started = Date.now();
  await deliver(server, alex.transaction({ id: 'tx-alex', amount: '-1234.50', description: 'HARBOUR FERRIES' }));
  await appears;
  expect(Date.now() - started, 'milliseconds').toBeLessThan(1_000);
  await expect(row(alexPage, 'tx-alex')).toContainText('HARBOUR FERRIES');
  await expect(row(alexPage, 'tx-alex')).toContainText('−A$1,234.50');
  await expect(toasts(alexPage)).toContainText('HARBOUR FERRIES');
  await expect(toasts(alexPage)).toContainText('−A$1,234.50');

  // Sam's own transaction comes later: if Alex's had been sent to Sam, it would have arrived by then.
  const samAppears = shown(samPage, 'tx-sam');
  await deliver(server, sam.transaction({ id: 'tx-sam' }));
  await samAppears;
  await expect(rows(samPage)).toHaveCount(1);
  await expect(toasts(samPage)).toHaveCount(1);
  await expect(samPage.getByText('HARBOUR FERRIES')).toHaveCount(0);
  await expect(rows(alexPage)).toHaveCount(1);
});

test('transactions that come at once are one notice with their sum', async ({ person, dashboard, server }) => {
  const alex = await person();
  const page = await dashboard(alex);
  const amounts = ['-10.10', '-20.20', '-0.30', '-9.40', '-100'];
  await Promise.all(amounts.map((amount, index) => deliver(server, alex.transaction({ id: `tx-${index}`, amount }))));
  await expect(rows(page)).toHaveCount(amounts.length);
  await expect(toasts(page)).toHaveCount(1);
  await expect(toasts(page)).toContainText('5 new transactions');
  await expect(toasts(page)).toContainText('−A$140.00');
});

test('a notice can be dismissed, by its button and by Escape', async ({ person, dashboard, server }) => {
  const alex = await person();
  const page = await dashboard(alex);
  for (const dismiss of [() => page.getByRole('button', { name: 'Dismiss' }).click(), () => page.keyboard.press('Escape')]) {
    await deliver(server, alex.transaction());
    await expect(toasts(page)).toHaveCount(1);
    await dismiss();
    // Well before it would expire.
    await expect(toasts(page)).toHaveCount(0, { timeout: 2_000 });
  }
  await expect(rows(page)).toHaveCount(2);
});

test('a notice that has the focus can be dismissed by Escape, and the next one leaves by itself', async ({ person, dashboard, server }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, (page) => page.clock.install());
  await deliver(server, alex.transaction());
  // Some browsers report that a button got the focus, but not that it was removed with the focus.
  await toasts(page).dispatchEvent('focusin');
  // It stays while it has the focus.
  await page.clock.fastForward(7_000);
  await expect(toasts(page)).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(toasts(page)).toHaveCount(0);
  await deliver(server, alex.transaction());
  await expect(toasts(page)).toHaveCount(1);
  await page.clock.fastForward(7_000);
  await expect(toasts(page)).toHaveCount(0);
});

test('a notice that takes in another transaction keeps the focus', async ({ person, dashboard, server }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex);
  await deliver(server, alex.transaction({ amount: '-1' }));
  const dismiss = page.getByRole('button', { name: 'Dismiss' });
  await dismiss.focus();
  await deliver(server, alex.transaction({ amount: '-2' }));
  await expect(toasts(page)).toContainText('2 new transactions');
  await expect(toasts(page)).toContainText('−A$3.00');
  await expect(dismiss).toBeFocused();
});

test('a change is shown in the transaction\'s own row', async ({ person, dashboard, server }) => {
  const alex = await person();
  const page = await dashboard(alex);
  const fields = { id: 'tx-1', amount: '-80.00', status: 'pending' };
  await deliver(server, alex.transaction(fields));
  await expect(row(page, 'tx-1')).toContainText('Pending');
  await deliver(server, alex.transaction({ ...fields, amount: '-82.15', status: 'posted' }, { event: 'transaction.updated' }));
  await expect(row(page, 'tx-1')).toContainText('−A$82.15');
  await expect(row(page, 'tx-1')).not.toContainText('Pending');
  await expect(rows(page)).toHaveCount(1);
});

test('a transaction that is deleted leaves the page', async ({ person, dashboard, server }) => {
  const alex = await person();
  const page = await dashboard(alex);
  for (const id of ['tx-1', 'tx-2']) await deliver(server, alex.transaction({ id }));
  await expect(rows(page)).toHaveCount(2);
  await deliver(server, alex.transaction({ id: 'tx-1' }, { event: 'transaction.deleted' }));
  await expect(row(page, 'tx-1')).toHaveCount(0);
  await expect(rows(page)).toHaveCount(1);
});

test('a new balance is on the account\'s card and in the total', async ({ person, dashboard, server }) => {
  const alex = await person();
  const accounts = [
    { accountId: 'everyday', name: 'Everyday', currency: 'AUD', balance: 100.1 },
    { accountId: 'savings', name: 'Rainy day', currency: 'AUD', balance: 2000 },
  ];
  await register(server, alex.userId, { connectionId: alex.connectionId, accounts });
  const page = await dashboard(alex);
  await expect(account(page, 'everyday').getByTestId('account-balance')).toHaveText('A$100.10');
  await expect(page.getByTestId('summary-balance')).toHaveText('A$2,100.10');

  const spent = alex.transaction({ account: 'everyday', amount: '-50.07' }, { account: { balance: '50.03' } });
  await deliver(server, spent);
  await expect(account(page, 'everyday').getByTestId('account-balance')).toHaveText('A$50.03');
  await expect(account(page, 'savings').getByTestId('account-balance')).toHaveText('A$2,000.00');
  await expect(page.getByTestId('summary-balance')).toHaveText('A$2,050.03');
});

test('an account that nobody told of before gets a card', async ({ person, dashboard, server }) => {
  const alex = await person();
  const page = await dashboard(alex);
  await expect(page.getByTestId('account-card')).toHaveCount(0);
  const connectionId = await register(server, alex.userId, { connector: 'apideck', connectionId: `books-${alex.userId}` });
  const body = transaction(connectionId, { account: 'studio', amount: '19.99' }, { account: { name: 'Studio', balance: '5' } });
  await deliver(server, { event_type: 'transaction.created', data: body.data }, { connector: 'apideck' });
  await expect(account(page, 'studio').getByTestId('account-balance')).toHaveText('US$5.00');
});

test('the events can come from another origin than the page', async ({ ownServer, person, device }) => {
  const pages = ownServer.url.replace('127.0.0.1', 'localhost');
  await ownServer.restartWith({ CONNECTORS_URL: ownServer.url, FRONTEND_URL: pages });
  const alex = await person('Alex Chen', ownServer);
  const context = await device();
  const data = { token: token(alex.userId), displayName: alex.name };
  expect((await context.request.post(`${pages}/api/session`, { data })).status()).toBe(200);
  const page = await context.newPage();
  await page.goto(pages);
  await hydrated(page);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await deliver(ownServer, alex.transaction({ id: 'tx-elsewhere' }));
  await expect(row(page, 'tx-elsewhere')).toBeVisible();
});

test('a page that is open when the month turns asks for the new totals, without hearing of anything', async ({ person, dashboard }) => {
  const network = new Network();
  const page = await dashboard(await withAccount(await person()), {}, async (page) => {
    // By the page's clock, the server's totals are of a past month.
    await page.clock.install({ time: Date.now() + 40 * 86_400_000 });
    await network.between(page);
  });
  const seconds = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 20) {
      await page.clock.fastForward(20_000);
      // A heartbeat, because the server's own are as rare as ever.
      network.say('6');
    }
  };
  await seconds(40);
  expect(network.reloads).toBe(0);
  await seconds(20);
  await page.clock.runFor(1_000);
  await expect.poll(() => network.reloads).toBe(1);
  await seconds(40);
  expect({ connections: network.connections, reloads: network.reloads }).toEqual({ connections: 1, reloads: 1 });
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
});
