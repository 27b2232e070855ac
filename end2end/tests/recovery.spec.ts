// The connection is lost and returns; the page shows what happened meanwhile, once.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { badge, expect, hydrated, row, rows, signIn, test } from './fixtures';
import { Network } from './network';

/** Records the states of the badge from now on. */
async function recordStates(page: Page) {
  await page.evaluate(() => {
    const badge = document.querySelector('[data-testid="connection-badge"]') as HTMLElement;
    const states = ((window as any).states = [badge.dataset.status]);
    new MutationObserver(() => states.at(-1) !== badge.dataset.status && states.push(badge.dataset.status)).observe(badge, {
      attributeFilter: ['data-status'],
    });
  });
  return () => page.evaluate(() => (window as any).states as string[]);
}

const awayServer = /WebSocket connection to|net::ERR_CONNECTION_REFUSED/;

test('the page comes back by itself when the server was killed, and shows what it missed once', async ({ ownServer, person, dashboard, watch }) => {
  watch.expected.push(awayServer);
  const alex = await person('Alex Chen', ownServer);
  const page = await dashboard(alex);
  await deliver(ownServer, alex.transaction({ id: 'before' }));
  await expect(rows(page)).toHaveCount(1);
  const states = await recordStates(page);

  await ownServer.kill();
  await expect(badge(page)).toHaveAttribute('data-status', /waiting|connecting/);
  await ownServer.restart();
  await deliver(ownServer, alex.transaction({ id: 'meanwhile', amount: '-7.77' }));
  await expect(badge(page)).toHaveAttribute('data-status', 'live', { timeout: 30_000 });
  await expect(row(page, 'meanwhile')).toHaveCount(1);
  await expect(rows(page)).toHaveCount(2);
  expect(await states()).toEqual(expect.arrayContaining(['waiting']));
  expect((await states()).at(0)).toBe('live');

  await deliver(ownServer, alex.transaction({ id: 'after' }));
  await expect(row(page, 'after')).toBeVisible();
  await expect(rows(page)).toHaveCount(3);
});

test('nobody has to wait for the next attempt: a button tries now', async ({ ownServer, person, device, watch }) => {
  watch.expected.push(awayServer);
  const alex = await person('Alex Chen', ownServer);
  const context = await device();
  await context.clock.install();
  await signIn(context, alex);
  const page = await context.newPage();
  await page.goto(ownServer.url);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await ownServer.kill();
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  // The page's clock is stopped from here on, so that it does not retry automatically.
  await context.clock.pauseAt(Date.now() + 1_000);
  await ownServer.restart();
  const now = page.getByRole('button', { name: 'Reconnect now' });
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await now.click();
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await expect(now).toHaveCount(0);
});

test('a browser that was offline says so, and catches up when it is online again', async ({ person, dashboard, server, watch }) => {
  watch.expected.push(/net::ERR_INTERNET_DISCONNECTED/);
  const alex = await person();
  const page = await dashboard(alex);
  const fields = { id: 'tx-1', amount: '-5.00', status: 'pending' };
  await deliver(server, alex.transaction(fields, { account: { balance: '100.00' } }));
  await expect(page.getByTestId('summary-balance')).toHaveText('A$100.00');

  await page.context().setOffline(true);
  await expect(badge(page)).toHaveAttribute('data-status', 'offline');
  const change = { event: 'transaction.updated', account: { balance: '91.00' } };
  await deliver(server, alex.transaction({ ...fields, amount: '-9.00', status: 'posted' }, change));
  await deliver(server, alex.transaction({ id: 'tx-2' }));
  await expect(rows(page)).toHaveCount(1);

  await page.context().setOffline(false);
  await expect(badge(page)).toHaveAttribute('data-status', 'live', { timeout: 30_000 });
  await expect(rows(page)).toHaveCount(2);
  await expect(row(page, 'tx-1')).toContainText('−A$9.00');
  await expect(row(page, 'tx-1')).not.toContainText('Pending');
  await expect(page.getByTestId('summary-balance')).toHaveText('A$91.00');
});

test('a page that was reloaded shows the same, and goes on from there', async ({ person, dashboard, server }) => {
  const alex = await person();
  const page = await dashboard(alex);
  for (const id of ['tx-1', 'tx-2']) await deliver(server, alex.transaction({ id }));
  await expect(rows(page)).toHaveCount(2);
  await page.reload();
  await hydrated(page);
  await expect(rows(page)).toHaveCount(2);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await deliver(server, alex.transaction({ id: 'tx-3' }));
  await expect(row(page, 'tx-3')).toBeVisible();
  await expect(rows(page)).toHaveCount(3);
});

test('a request that is never answered is given up and made again', async ({ person, dashboard, server, watch }) => {
  watch.expected.push(/net::ERR_ABORTED/);
  const alex = await person();
  await Promise.all(Array.from({ length: 60 }, () => deliver(server, alex.transaction())));
  const network = new Network();
  const page = await dashboard(alex, {}, async (page) => {
    await page.clock.install();
    await network.between(page);
  });
  /** Lets the page's timeout pass while the network stays alive. */
  const giveUp = async () => {
    for (let passed = 0; passed < 40; passed += 20) {
      await page.clock.fastForward(20_000);
      network.say('6');
    }
  };
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  /** The path whose next request gets no answer. */
  let hanging: string | undefined;
  await page.route('**/api/_ui/*', async (route) => {
    const hangs = new URL(route.request().url()).pathname === hanging;
    hanging = hangs ? undefined : hanging;
    if (!hangs) await route.continue();
  });

  hanging = '/api/_ui/snapshot';
  await deliver(server, alex.transaction({ account: 'acc-2' }, { account: { name: 'Savings', balance: '1' } }));
  await page.clock.runFor(1_000);
  await expect.poll(() => asked).toEqual(['/api/_ui/snapshot']);
  await giveUp();
  await expect(page.getByTestId('account-card')).toHaveCount(2);
  expect(asked.splice(0)).toEqual(['/api/_ui/snapshot', '/api/_ui/snapshot']);
  await expect(rows(page)).toHaveCount(51);

  hanging = '/api/_ui/transactions';
  const older = page.getByTestId('load-older');
  await older.click();
  await expect(older).toHaveText('Loading…');
  await giveUp();
  await expect(older).toHaveText('Show older transactions');
  await expect(page.getByRole('alert').filter({ hasText: "can't be reached" })).toBeVisible();
  expect(asked.splice(0)).toEqual(['/api/_ui/transactions']);
  const answer = page.waitForResponse('**/api/_ui/transactions');
  await older.click();
  expect((await (await answer).json()).transactions).toHaveLength(10);
  await expect(rows(page)).toHaveCount(61);
});
