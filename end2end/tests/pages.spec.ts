// The rules for every page: no complaints, security, narrow screens, the keyboard and accessible names.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { badge, expect, hydrated, row, rows, test, withAccount } from './fixtures';

/** A feed with everything that can widen a page. */
async function wideFeed(server: Parameters<typeof deliver>[0], person: any) {
  const long = 'INTERNATIONALTRANSFERREFERENCE'.repeat(4);
  const account = { name: 'Everyday spending and bills of the whole family', balance: '-123456789.01' };
  await deliver(server, person.transaction({ id: 'long', description: long, amount: '-1234567890.12' }, { account }));
  await deliver(server, person.transaction({ id: 'words', description: 'Payment by authority '.repeat(8), status: 'pending' }));
}

const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('no page complains, each has a strict policy for its content', async ({ server, person, dashboard, device, watch }) => {
  const page = await (await device()).newPage();
  watch.expected.push(/no-such-page.*\b404\b|\b404\b.*no-such-page/);
  for (const [path, status] of [['/sign-in', 200], ['/no-such-page', 404]] as const) {
    const response = await page.goto(server.url + path);
    expect(response?.status()).toBe(status);
    await hydrated(page);
    const headers = response?.headers() ?? {};
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toMatch(/'unsafe-|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
  const signedIn = await dashboard(await person());
  const policy = (await signedIn.reload())?.headers()['content-security-policy'];
  expect(policy).toContain("default-src 'none'");
  await hydrated(signedIn);
});

test('a script that was smuggled into a description is text', async ({ server, person, dashboard }) => {
  const alex = await person();
  const description = '<img src=x onerror="document.title=\'taken\'"><b>bold</b>';
  await deliver(server, alex.transaction({ id: 'before', description }));
  const page = await dashboard(alex);
  await deliver(server, alex.transaction({ id: 'live', description }));
  for (const id of ['before', 'live']) {
    await expect(row(page, id)).toContainText('<b>bold</b>');
    await expect(row(page, id).locator('img, b')).toHaveCount(0);
  }
  await expect(page).toHaveTitle(/Transactions/);
});

test('on a narrow phone nothing has to be scrolled sideways', async ({ server, person, dashboard, device }) => {
  const viewport = { width: 360, height: 740 };
  const alex = await person('Alexandria Chen-Featherstonehaugh');
  await wideFeed(server, alex);
  const page = await dashboard(alex, { viewport, isMobile: true, hasTouch: true });
  await expect(rows(page)).toHaveCount(2);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await deliver(server, alex.transaction({ description: 'A'.repeat(120) }));
  await expect(page.getByTestId('toast')).toBeVisible();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await expect(badge(page)).toBeInViewport();
  for (const control of [page.getByTestId('search'), page.getByTestId('sign-out')]) {
    const box = await control.boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= viewport.width, JSON.stringify(box)).toBe(true);
  }

  const visitor = await (await device({ viewport, isMobile: true })).newPage();
  for (const path of ['/sign-in', '/sign-in?error=INVALID_CREDENTIALS']) {
    await visitor.goto(server.url + path);
    expect(await overflow(visitor)).toBeLessThanOrEqual(0);
  }
});

test('by keyboard alone one signs in and reaches the filters', async ({ server, person, device }) => {
  const alex = await person();
  const email = `${alex.userId}@example.com`;
  await server.addUser({ userId: alex.userId, email, password: 'correct horse', name: alex.name });
  const page = await (await device()).newPage();
  await page.goto(`${server.url}/sign-in`);
  await hydrated(page);
  // The focus starts in the first field.
  await expect(page.getByLabel('E-mail address')).toBeFocused();
  const tabTo = async (locator: ReturnType<Page['locator']>) => {
    for (let steps = 0; steps < 15; steps += 1) {
      await page.keyboard.press('Tab');
      if (await locator.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error('Tab does not lead there');
  };
  await page.keyboard.type(email);
  await tabTo(page.getByLabel('Password', { exact: true }));
  await page.keyboard.type('correct horse');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${server.url}/`);
  await hydrated(page);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  for (const control of [
    page.getByRole('button', { name: 'Sign out' }),
    page.getByRole('searchbox', { name: 'Search transactions' }),
    page.getByRole('combobox', { name: 'Account' }),
    page.getByRole('combobox', { name: 'Direction' }),
  ]) {
    await tabTo(control);
    const outline = await control.evaluate((element) => getComputedStyle(element).outlineStyle + getComputedStyle(element).boxShadow);
    expect(outline, 'the focus can be seen').not.toBe('nonenone');
  }
});

test('what is on the dashboard has a name', async ({ server, person, dashboard }) => {
  const alex = await person();
  await deliver(server, alex.transaction({ id: 'tx-1', amount: '-3' }, { account: { name: 'Everyday', balance: '1' } }));
  const page = await dashboard(alex);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  for (const name of ['Accounts', 'Transactions', 'Totals']) await expect(page.getByRole('region', { name })).toBeVisible();
  await expect(page.getByRole('main')).toBeVisible();
  await expect(page.getByRole('search')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Everyday' })).toBeVisible();
  await expect(badge(page).getByRole('status')).toHaveText('Live');
  await expect(page.getByRole('region', { name: 'Transactions' }).getByRole('listitem')).toHaveCount(1);
  const nameless = await page.locator('button, a, input, select').evaluateAll((all) =>
    all.filter((element) => !element.textContent?.trim() && !element.ariaLabel && !(element as HTMLInputElement).labels?.length).map((element) => element.outerHTML),
  );
  expect(nameless).toEqual([]);
});

test('searching and filtering narrow the list down, also for what comes live', async ({ server, person, dashboard }) => {
  const alex = await person();
  await deliver(server, alex.transaction({ id: 'coffee', description: 'CORNER ESPRESSO', amount: '-4.50' }));
  await deliver(server, alex.transaction({ id: 'pay', description: 'SALARY', amount: '4200' }));
  const page = await dashboard(alex);
  const search = page.getByTestId('search');
  await search.fill('espresso');
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, 'coffee')).toBeVisible();
  await deliver(server, alex.transaction({ id: 'rent', description: 'RENT' }));
  await deliver(server, alex.transaction({ id: 'second', description: 'Espresso beans' }));
  await expect(row(page, 'second')).toBeVisible();
  await expect(rows(page)).toHaveCount(2);
  await search.fill('');
  await expect(rows(page)).toHaveCount(4);
  await page.getByRole('combobox', { name: 'Direction' }).selectOption({ label: 'Money in' });
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, 'pay')).toBeVisible();
  await search.fill('nothing like it');
  await page.getByRole('button', { name: 'Clear search' }).click();
  await expect(rows(page)).toHaveCount(4);
});

test('what a search has found beyond the list leaves it when it is deleted', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const old = { id: 'old', description: 'HARBOUR FERRIES', transactionDate: '2020-02-03T10:00:00Z' };
  await deliver(server, alex.transaction(old));
  await Promise.all(Array.from({ length: 60 }, (_, at) => deliver(server, alex.transaction({ id: `tx-${at}` }))));
  const page = await dashboard(alex);
  await expect(row(page, 'old')).toHaveCount(0);
  await page.getByTestId('search').fill('harbour');
  await expect(row(page, 'old')).toBeVisible();
  await deliver(server, alex.transaction({ id: 'old' }, { event: 'transaction.deleted' }));
  await expect(row(page, 'old')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Clear search' })).toBeVisible();
});
