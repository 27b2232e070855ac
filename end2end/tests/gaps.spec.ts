// A network that loses, repeats and delays: the page ends up equal to the database.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import type { Server } from '../support/server.js';
import { badge, expect, hydrated, row, rows, test, toasts, withAccount } from './fixtures';
import { Network } from './network';

const isAbout = (frame: string, id: string) => frame.includes('"transaction:') && frame.includes(`"transactionId":"${id}"`);

/** Compares a page with one that the server has just rendered. */
async function sameAsTheServers(page: Page, server: Server) {
  const fresh = await page.context().newPage();
  await fresh.goto(server.url);
  await hydrated(fresh);
  await expect(badge(fresh)).toHaveAttribute('data-status', 'live');
  await expect.poll(() => page.getByRole('main').innerText()).toBe(await fresh.getByRole('main').innerText());
  await fresh.close();
}

test('an event that is lost on the way is asked for again', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const network = new Network();
  const page = await dashboard(alex, {}, network.between);
  await deliver(server, alex.transaction({ id: 'one', amount: '-1' }));
  await expect(row(page, 'one')).toBeVisible();

  let lost = 0;
  network.passed = (frame) => (isAbout(frame, 'two') && (lost += 1) === 1 ? [] : [frame]);
  await deliver(server, alex.transaction({ id: 'two', amount: '-2' }));
  await expect.poll(() => lost).toBe(1);
  await expect(rows(page)).toHaveCount(1);
  await deliver(server, alex.transaction({ id: 'three', amount: '-3' }));
  await expect(rows(page)).toHaveCount(3);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  expect({ lost, connections: network.connections, reloads: network.reloads }).toEqual({ lost: 2, connections: 2, reloads: 0 });
  await sameAsTheServers(page, server);

  await deliver(server, alex.transaction({ id: 'four' }));
  await expect(row(page, 'four')).toBeVisible();
  expect(network.connections).toBe(2);
});

test('an event that never arrives costs one connection more and one reload, and no loop', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const network = new Network();
  network.passed = (frame) => (isAbout(frame, 'lost') ? [] : [frame]);
  const page = await dashboard(alex, {}, network.between);
  await deliver(server, alex.transaction({ id: 'lost' }));
  await deliver(server, alex.transaction({ id: 'next' }));
  await expect(rows(page)).toHaveCount(2);
  await expect(row(page, 'lost')).toBeVisible();
  await deliver(server, alex.transaction({ id: 'last' }));
  await expect(row(page, 'last')).toBeVisible();
  expect({ connections: network.connections, reloads: network.reloads }).toEqual({ connections: 2, reloads: 1 });
  await sameAsTheServers(page, server);
});

test('events that come twice count and are told once', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const network = new Network();
  network.passed = (frame) => (frame.includes('"seq":') ? [frame, frame] : [frame]);
  const page = await dashboard(alex, {}, network.between);
  await deliver(server, alex.transaction({ id: 'one', amount: '-5' }, { account: { balance: '5' } }));
  await expect(toasts(page)).toHaveCount(1);
  await deliver(server, alex.transaction({ id: 'two', amount: '-7' }, { account: { balance: '-2' } }));
  await expect(rows(page)).toHaveCount(2);
  await expect(page.getByTestId('toaster')).toContainText('2 new transactions');
  expect(network.connections).toBe(1);
  await sameAsTheServers(page, server);
});

test('a change and a deletion that overtake what they are about converge', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const network = new Network();
  const page = await dashboard(alex, {}, network.between);
  await deliver(server, alex.transaction({ id: 'kept' }));
  await expect(row(page, 'kept')).toBeVisible();

  const held: string[] = [];
  network.passed = (frame) => {
    if (!frame.includes('"transaction:')) return [frame];
    held.push(frame);
    // On the first connection events arrive in reverse order, three at a time; later connections work.
    if (network.connections > 1) return [frame];
    return held.length === 3 ? [...held].reverse() : [];
  };
  const fields = { id: 'moved', amount: '-8', status: 'pending' };
  await deliver(server, alex.transaction(fields));
  await deliver(server, alex.transaction({ ...fields, amount: '-9', status: 'posted' }, { event: 'transaction.updated' }));
  await deliver(server, alex.transaction({ id: 'kept' }, { event: 'transaction.deleted' }));
  await expect(row(page, 'kept')).toHaveCount(0);
  await expect(row(page, 'moved')).toContainText('−A$9.00');
  await expect(rows(page)).toHaveCount(1);
  await sameAsTheServers(page, server);
});

test('a server that no longer has what is asked for is reloaded from', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/net::ERR_INTERNET_DISCONNECTED/);
  const alex = await withAccount(await person());
  const network = new Network();
  const page = await dashboard(alex, {}, network.between);
  await page.context().setOffline(true);
  await expect(badge(page)).toHaveAttribute('data-status', 'offline');
  for (const id of ['one', 'two', 'three']) await deliver(server, alex.transaction({ id }));
  await deliver(server, alex.transaction({ id: 'two' }, { event: 'transaction.deleted' }));

  // Numbers outside the log get the same answer, whether they are too old or too new.
  network.sent = (frame) => frame.replace(/"since":\d+/, '"since":987654321');
  await page.context().setOffline(false);
  await expect(badge(page)).toHaveAttribute('data-status', 'live', { timeout: 30_000 });
  await expect(rows(page)).toHaveCount(2);
  await expect(toasts(page)).toContainText('2 new transactions');
  expect(network.reloads).toBe(1);
  await sameAsTheServers(page, server);
});
