// Room for everything at every size: amounts, names and ids of any length, and on a phone the list first.

import type { Page } from '@playwright/test';

import { deliver, register } from '../support/provider.js';
import { expect, rows, test, toasts, type Person } from './fixtures';

const LARGEST = '999999999999999.99';
const LONG_NAME = 'Everyday spending and bills of the whole family with a very long name';
const LONG_WORD = 'INTERNATIONALTRANSFERREFERENCE'.repeat(5);

/** Everything that can make a page wide. */
async function wideFeed(person: Person) {
  const accounts = [
    { accountId: 'one', name: LONG_NAME, currency: 'AUD', balance: `-${LARGEST}`, available: LARGEST, accountNumber: '12345678', kind: 'transaction' },
    { accountId: 'two', name: LONG_WORD, currency: 'CHF', balance: LARGEST },
    { accountId: 'three', name: 'Pocket', currency: 'USD', balance: '1.00' },
  ];
  await register(person.server, person.userId, { connectionId: person.connectionId, institutionName: LONG_WORD, accounts });
  const told = [
    { id: 'in', account: 'one', amount: LARGEST, description: LONG_WORD },
    { id: 'out', account: 'one', amount: `-${LARGEST}`, description: 'Payment by authority '.repeat(20), status: 'pending' },
    { id: 'francs', account: 'two', amount: `-${LARGEST}`, currency: 'CHF', merchant: LONG_WORD, description: LONG_WORD },
    { id: 'small', account: 'three', amount: '-1', currency: 'USD', description: 'Tea' },
  ];
  await deliver(person.server, person.transactions(told));
}

/** What is wider than the page, and which texts are wider than what they stand in. */
const tooWide = (page: Page) =>
  page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    const wide = scrollWidth > clientWidth ? [`the page by ${scrollWidth - clientWidth}`] : [];
    const amounts = document.querySelectorAll('.figure__amount, .account__balance, .account__available, .row__amount, .toast__detail');
    for (const amount of amounts) {
      const range = document.createRange();
      range.selectNodeContents(amount);
      const [text, around] = [range.getBoundingClientRect(), amount.closest('.totals__currency, .account, .row, .toast')!.getBoundingClientRect()];
      if (text.right > around.right + 0.5 || text.left < around.left - 0.5) wide.push(`${amount.className}: ${amount.textContent}`);
    }
    // The page is not wider for a toast that reaches beyond its edge.
    for (const toast of document.querySelectorAll('.toast, .toast button')) {
      const { left, right } = toast.getBoundingClientRect();
      if (left < 0 || right > clientWidth + 0.5) wide.push(`${toast.className} from ${left} to ${right}`);
    }
    return wide;
  });

// At 200 % a window has half as many pixels: 1440 and 768 are 720 and 384.
for (const width of [320, 384, 390, 720, 768, 1440]) {
  test(`amounts of 15 digits and long names fit into ${width} px`, async ({ server, person, dashboard }) => {
    const alex = await person('Alexandria Chen-Featherstonehaugh of the Northern Territory');
    await wideFeed(alex);
    const page = await dashboard(alex, { viewport: { width, height: 800 } });
    await expect(rows(page)).toHaveCount(4);
    expect(await tooWide(page)).toEqual([]);
    await deliver(server, alex.transaction({ amount: `-${LARGEST}`, account: 'one', description: LONG_WORD }));
    await expect(toasts(page)).toHaveCount(1);
    expect(await tooWide(page)).toEqual([]);
    await page.getByTestId('search').fill(LONG_WORD.repeat(3));
    await expect(page.getByText('No transactions match')).toBeVisible();
    expect(await tooWide(page)).toEqual([]);
  });
}

test('the browser\'s text at twice its size fits as well', async ({ person, dashboard }) => {
  const alex = await person('Alexandria Chen-Featherstonehaugh of the Northern Territory');
  await wideFeed(alex);
  const page = await dashboard(alex, { viewport: { width: 1280, height: 800 } });
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(':root { font-size: 200%; }');
    document.adoptedStyleSheets.push(sheet);
  });
  for (const width of [320, 390, 768, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await tooWide(page), `${width} px`).toEqual([]);
  }
});

test('the totals of a currency stand in one line on a desk, and money out is never in a column of its own', async ({ person, dashboard }) => {
  const alex = await person();
  const accounts = [{ accountId: 'one', name: 'Everyday', currency: 'AUD', balance: 23653.1 }];
  await register(alex.server, alex.userId, { connectionId: alex.connectionId, accounts });
  const page = await dashboard(alex, { viewport: { width: 768, height: 800 } });
  const box = async (id: string) => (await page.getByTestId(id).boundingBox())!;
  for (const width of [768, 1024, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    const [balance, income, expenses] = [await box('summary-balance'), await box('summary-income'), await box('summary-expenses')];
    expect(Math.abs(income.y - expenses.y), `${width}`).toBeLessThan(2);
    expect(income.x > balance.x + balance.width && expenses.x > income.x, `${width}`).toBe(true);
  }
});

test('on a phone the first three transactions are on the first screen, whatever stands above them', async ({ person, dashboard }) => {
  const alex = await person();
  const currencies = ['AUD', 'USD', 'EUR', 'GBP', 'JPY'];
  const accounts = currencies.map((currency, at) => ({ accountId: currency, name: `Account ${at}`, currency, balance: 1234.5 + at, accountNumber: '12345678' }));
  await deliver(alex.server, alex.transactions([1, 2, 3].map((at) => ({ id: `tx-${at}`, account: 'AUD', amount: `-${at}234.50` }))));
  let told = 0;
  for (const count of [1, 2, 5]) {
    await register(alex.server, alex.userId, { connectionId: alex.connectionId, accounts: accounts.slice(0, count) });
    const page = await dashboard(alex, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    await expect(page.getByTestId('account-card')).toHaveCount(Math.max(count, 1));
    const totals = (await page.getByRole('region', { name: 'Totals' }).boundingBox())!;
    expect(totals.height, `px of totals of ${count} currencies`).toBeLessThanOrEqual(160);
    for (const at of [0, 1, 2]) {
      const box = (await rows(page).nth(at).boundingBox())!;
      expect(box.y + box.height, `row ${at} with ${count} currencies`).toBeLessThanOrEqual(844);
    }
    expect(await tooWide(page)).toEqual([]);
    told += 1;
  }
  expect(told).toBe(3);
});

for (const [reader, links] of [['a user', ['Connections']], ['an administrator', ['Connections', 'Admin']]] as const) {
  test(`on a phone the header of ${reader} takes two lines, and all of it can be reached`, async ({ ownServer, person, dashboard }) => {
    const alex = await person('Alexandria Chen-Featherstonehaugh', ownServer);
    await ownServer.restartWith({ ADMIN_USERS: links.length > 1 ? alex.userId : '' });
    const page = await dashboard(alex, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    const header = page.getByRole('banner');
    for (const width of [320, 352, 360, 384, 390, 412, 432, 480]) {
      await page.setViewportSize({ width, height: 844 });
      expect((await header.boundingBox())!.height, `px at a width of ${width}`).toBeLessThanOrEqual(72);
      for (const name of ['Tallywire', ...links]) await expect(header.getByRole('link', { name })).toBeInViewport({ ratio: 1 });
      await expect(header.getByRole('button', { name: 'Sign out' })).toBeInViewport({ ratio: 1 });
      expect(await tooWide(page)).toEqual([]);
    }
  });
}
