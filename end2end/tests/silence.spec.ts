// The page shows how fresh it is, and does not call itself live when that is unknown.

import { deliver } from '../support/provider.js';
import { badge, expect, row, test, withAccount } from './fixtures';
import { Network } from './network';

test('a server that stops answering is not live within seconds, and is again when it answers', async ({ ownServer, person, dashboard }) => {
  const alex = await withAccount(await person('Alex Chen', ownServer));
  const network = new Network();
  const page = await dashboard(alex, {}, async (page) => {
    await page.clock.install();
    await network.between(page);
  });
  await expect(badge(page)).toHaveText(/^Live · (just now|\d s ago)\s*$/);
  // A healthy server answers each probe.
  for (let asked = 0; asked < 3; asked += 1) {
    await page.clock.fastForward(5_500);
    await expect(badge(page)).toHaveText(/^Live · (just now|[0-2] s ago)\s*$/);
  }
  expect(network.connections).toBe(1);

  ownServer.pause();
  await page.clock.fastForward(5_100);
  await page.clock.fastForward(3_100);
  await expect(badge(page)).toHaveAttribute('data-status', 'silent');
  await expect(badge(page)).toHaveText(/^Not responding · updated (8|9|10) s ago\s*$/);
  await expect(badge(page).getByRole('status')).toHaveText('Not responding');
  ownServer.resume();
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  expect(network.connections, 'over the same connection').toBe(1);
  await deliver(ownServer, alex.transaction({ id: 'after' }));
  await expect(row(page, 'after')).toBeVisible();

  // A connection to a server that stays silent is closed, and the missed event arrives over the next one.
  ownServer.pause();
  await page.clock.fastForward(5_100);
  await page.clock.fastForward(3_100);
  await page.clock.fastForward(7_100);
  await expect(badge(page)).toHaveAttribute('data-status', /waiting|connecting/);
  ownServer.resume();
  await page.clock.runFor(3_000);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  expect(network.connections).toBe(2);
  await deliver(ownServer, alex.transaction({ id: 'later' }));
  await expect(row(page, 'later')).toBeVisible();
});

test('a page that nobody sees asks nothing, and asks at once when it is looked at again', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const network = new Network();
  const page = await dashboard(alex, {}, async (page) => {
    await page.clock.install();
    await network.between(page);
  });
  let asked = 0;
  network.sent = (frame) => {
    asked += Number(frame === '42["ping"]');
    return frame;
  };
  const show = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      window.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await show(true);
  for (let passed = 0; passed < 20; passed += 5) await page.clock.fastForward(5_000);
  expect(asked).toBe(0);
  await show(false);
  await expect.poll(() => asked).toBe(1);
  await deliver(server, alex.transaction({ id: 'after' }));
  await expect(row(page, 'after')).toBeVisible();
});

test('a page without a network says so, and how old it is', async ({ person, dashboard, watch }) => {
  watch.expected.push(/net::ERR_INTERNET_DISCONNECTED/);
  const page = await dashboard(await person(), {}, (page) => page.clock.install());
  await page.context().setOffline(true);
  await expect(badge(page)).toHaveAttribute('data-status', 'offline');
  await page.clock.fastForward(130_000);
  await expect(badge(page)).toHaveText(/^Offline · updated 2 min ago Reconnect now$/);
});
