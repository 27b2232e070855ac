// How accounts are distinguished, and which of them a total includes.

import { deliver, register } from '../support/provider.js';
import { account, expect, row, test } from './fixtures';

test('a total says of how many accounts it is, and never takes an unknown balance for nothing', async ({ server, person, dashboard }) => {
  const alex = await person();
  const accounts = [
    { accountId: 'everyday', name: 'Everyday', currency: 'AUD', balance: 100.1 },
    { accountId: 'savings', name: 'Savings', currency: 'AUD', balance: 2000 },
    { accountId: 'new', name: 'New', currency: 'AUD' },
    { accountId: 'abroad', name: 'Abroad', currency: 'USD' },
  ];
  await register(server, alex.userId, { connectionId: alex.connectionId, accounts });
  const page = await dashboard(alex);
  const totals = (currency: string) => page.locator(`[data-currency="${currency}"]`);
  await expect(totals('AUD')).toContainText('Total balance · 2 of 3 accounts');
  await expect(totals('AUD').getByTestId('summary-balance')).toHaveText('A$2,100.10');
  await expect(totals('USD')).toContainText('Total balance · 0 of 1 account');
  await expect(totals('USD').getByTestId('summary-balance')).toHaveText('–');
  await expect(account(page, 'new').getByTestId('account-balance')).toHaveText('Balance not available yet');

  await deliver(server, alex.transaction({ account: 'new', amount: '-1' }, { account: { balance: '5' } }));
  await expect(totals('AUD')).toContainText('Total balance · 3 accounts');
  await expect(totals('AUD').getByTestId('summary-balance')).toHaveText('A$2,105.10');
});

test('accounts of one name are told apart on their cards, in the filter and in the list', async ({ server, person, dashboard }) => {
  const alex = await person();
  const everyday = (accountId: string, accountNumber: string) => ({ accountId, name: 'Everyday', currency: 'AUD', balance: 1, accountNumber });
  const accounts = [everyday('one', '062-000 1187 4420'), everyday('two', '062-000 1187 9036'), { ...everyday('only', '1234'), name: 'Bills' }];
  await register(server, alex.userId, { connectionId: alex.connectionId, institutionName: 'Harbour Bank', accounts });
  const other = await register(server, alex.userId, { connectionId: `other-${alex.userId}`, institutionName: 'Southern Mutual', accounts: [everyday('three', '1234')] });
  const page = await dashboard(alex);
  await expect(account(page, 'one')).toContainText('Harbour Bank · ending 4420');
  await expect(account(page, 'three')).toContainText('Southern Mutual · ending 1234');
  const options = await page.getByTestId('filter-account').locator('option').allTextContents();
  expect(options.sort()).toEqual(['All accounts', 'Bills', 'Everyday · Southern Mutual', 'Everyday · ending 4420', 'Everyday · ending 9036']);
  await deliver(server, alex.transaction({ id: 'tx-1', account: 'two' }));
  await expect(row(page, 'tx-1')).toContainText('Everyday · ending 9036');
  await page.getByTestId('filter-account').selectOption({ label: 'Everyday · ending 4420' });
  await expect(row(page, 'tx-1')).toHaveCount(0);
  expect(other).toBeTruthy();
});
