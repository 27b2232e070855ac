// Where the focus goes when the focused control disappears: never to the document.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { badge, expect, hydrated, row, rows, signIn, test, toasts, withAccount, type Person } from './fixtures';

const dismiss = (page: Page) => page.getByRole('button', { name: 'Dismiss' });

async function history(person: Person, count: number) {
  const told = Array.from({ length: count }, (_, at) => ({
    id: `old-${at}`,
    description: `OLD ${at}`,
    transactionDate: new Date(Date.now() - 3_600_000 - at * 60_000).toISOString(),
  }));
  await deliver(person.server, person.transactions(told));
}

for (const press of ['Enter', 'click']) {
  test(`after older transactions have come, by ${press}, the focus is on the first of them`, async ({ person, dashboard }) => {
    const alex = await withAccount(await person());
    await history(alex, 110);
    const page = await dashboard(alex);
    const older = page.getByTestId('load-older');
    const load = () => (press === 'click' ? older.click() : older.press('Enter'));
    await load();
    await expect(rows(page)).toHaveCount(100);
    await expect(row(page, 'old-50')).toBeFocused();
    await expect(page.getByRole('region', { name: 'Transactions' }).getByRole('status')).toHaveText('50 transactions more loaded.');
    // These are the last ones: the button disappears.
    await load();
    await expect(rows(page)).toHaveCount(110);
    await expect(older).toHaveCount(0);
    await expect(row(page, 'old-100')).toBeFocused();
  });
}

test('the focus is not taken from who has gone elsewhere while older transactions were on their way', async ({ person, dashboard }) => {
  const alex = await withAccount(await person());
  await history(alex, 60);
  const page = await dashboard(alex);
  let answer = () => {};
  await page.route('**/api/_ui/transactions', async (route) => {
    await new Promise<void>((resolve) => (answer = resolve));
    await route.continue();
  });
  const older = page.getByTestId('load-older');
  await older.press('Enter');
  await expect(older).toHaveText('Loading…');
  await expect(older).toBeFocused();
  await page.getByTestId('search').focus();
  answer();
  await expect(rows(page)).toHaveCount(60);
  await expect(page.getByTestId('search')).toBeFocused();
});

test('older transactions that do not come are told of beside the button, which keeps the focus', async ({ person, dashboard, watch }) => {
  watch.expected.push(/net::ERR_FAILED/);
  const alex = await withAccount(await person());
  await history(alex, 60);
  const page = await dashboard(alex);
  await page.route('**/api/_ui/transactions', (route) => route.abort(), { times: 1 });
  const older = page.getByTestId('load-older');
  await older.press('Enter');
  const said = page.getByRole('region', { name: 'Transactions' }).getByRole('alert');
  await expect(said).toHaveText("Couldn't load older transactions. The server can't be reached. Check your connection.");
  await expect(said).toBeInViewport();
  const [told, button] = [await said.boundingBox(), await older.boundingBox()];
  expect(button!.y - (told!.y + told!.height), 'px between the two').toBeLessThan(30);
  await expect(page.locator('main > .alert')).toHaveText('');
  await expect(older).toBeFocused();
  await older.press('Enter');
  await expect(rows(page)).toHaveCount(60);
  await expect(said).toBeHidden();
});

for (const by of ['Enter', 'Escape']) {
  test(`after a notice is dismissed by ${by}, the focus is on the next one, and at last where it was before`, async ({ person, dashboard, server }) => {
    const alex = await withAccount(await person());
    const page = await dashboard(alex, {}, (page) => page.clock.install());
    await page.getByTestId('filter-type').focus();
    for (const id of ['one', 'two', 'three']) {
      await deliver(server, alex.transaction({ id }));
      await expect(row(page, id)).toBeVisible();
      await page.clock.fastForward(2_500);
      // The focus keeps them from expiring meanwhile.
      await dismiss(page).last().focus();
    }
    await expect(toasts(page)).toHaveCount(3);
    await dismiss(page).last().focus();
    for (const left of [2, 1]) {
      await page.keyboard.press(by);
      await expect(toasts(page)).toHaveCount(left);
      await page.clock.runFor(50);
      await expect(dismiss(page).first()).toBeFocused();
      await dismiss(page).last().focus();
    }
    await page.keyboard.press(by);
    await expect(toasts(page)).toHaveCount(0);
    await page.clock.runFor(50);
    await expect(page.getByTestId('filter-type')).toBeFocused();
  });
}

test('a notice that has the focus stays, also when the pointer leaves it, and gives way to newer ones without losing the focus', async ({ person, dashboard, server }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, (page) => page.clock.install());
  await deliver(server, alex.transaction({ id: 'first' }));
  await dismiss(page).focus();
  await toasts(page).hover();
  await page.mouse.move(10, 10);
  await page.clock.fastForward(10_000);
  await expect(toasts(page)).toHaveCount(1);
  for (const id of ['second', 'third', 'fourth']) {
    await deliver(server, alex.transaction({ id }));
    await expect(row(page, id)).toBeVisible();
    await page.clock.fastForward(2_500);
  }
  await expect(toasts(page)).toHaveCount(3);
  await page.clock.runFor(50);
  await expect(dismiss(page).first()).toBeFocused();
});

test('the button that clears a search leaves the focus in the search', async ({ person, dashboard }) => {
  const page = await dashboard(await person());
  await page.getByTestId('search').fill('nothing like it');
  await page.getByRole('button', { name: 'Clear search' }).press('Enter');
  await expect(page.getByTestId('search')).toBeFocused();
});

test('the button that reconnects leaves the focus on what it belongs to', async ({ ownServer, person, device, watch }) => {
  watch.expected.push(/WebSocket connection to|net::ERR_CONNECTION_REFUSED/);
  const context = await device();
  await signIn(context, await person('Alex Chen', ownServer));
  const page = await context.newPage();
  await page.goto(ownServer.url);
  await hydrated(page);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await ownServer.kill();
  const button = page.getByRole('button', { name: 'Reconnect now' });
  await button.focus();
  await ownServer.restart();
  // The page may have reconnected by now.
  await button.press('Enter', { timeout: 5_000 }).catch(() => {});
  await expect(badge(page)).toHaveAttribute('data-status', 'live', { timeout: 30_000 });
  await expect(button).toHaveCount(0);
  await expect(badge(page)).toBeFocused();
});

test('a row that is deleted while it has the focus leaves it in the list', async ({ person, dashboard, server }) => {
  const alex = await withAccount(await person());
  await history(alex, 60);
  const page = await dashboard(alex);
  await page.getByTestId('load-older').press('Enter');
  await expect(row(page, 'old-50')).toBeFocused();
  await deliver(server, alex.transaction({ id: 'old-50' }, { event: 'transaction.deleted' }));
  await expect(row(page, 'old-50')).toHaveCount(0);
  const region = page.getByRole('region', { name: 'Transactions' });
  await expect.poll(() => region.evaluate((element) => element.contains(document.activeElement))).toBe(true);
});

test('a session that ends while somebody types leaves the focus on the way back in', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/\b401\b/, /WebSocket is closed before/);
  const page = await dashboard(await person(), {}, (page) => page.clock.install());
  await page.getByTestId('search').focus();
  await page.context().request.delete(`${server.url}/api/session`);
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await page.clock.fastForward(5_000);
  const link = page.getByRole('link', { name: 'Sign in' });
  await expect(link).toBeVisible();
  await page.clock.runFor(50);
  await expect(link).toBeFocused();
  await expect(badge(page)).toContainText('Signed out');
});
