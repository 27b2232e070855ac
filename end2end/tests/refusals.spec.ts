// A server that does not sign the page in: what passes is waited for, and what does not is said.

import { deliver } from '../support/provider.js';
import { badge, expect, row, signIn, test } from './fixtures';
import { Network } from './network';

test('a server that cannot check a sign-in for a moment is asked again', async ({ server, person, dashboard }) => {
  for (const code of ['AUTH_UNAVAILABLE', 'AUTH_TIMEOUT']) {
    const alex = await person();
    const network = new Network();
    network.answerSignIns(code);
    const page = await dashboard(alex, {}, network.between);
    expect(network.connections).toBe(2);
    await expect(page.getByRole('alert')).toHaveText('');
    await deliver(server, alex.transaction({ id: 'after' }));
    await expect(row(page, 'after')).toBeVisible();
  }
});

test('a sign-in that nobody answers is tried again', async ({ server, person, device }) => {
  const context = await device();
  await context.clock.install();
  await signIn(context, await person());
  const page = await context.newPage();
  const network = new Network();
  network.answerSignIns(null);
  await network.between(page);
  await page.goto(server.url);
  await expect.poll(() => network.connections).toBe(1);
  await expect(badge(page)).toHaveAttribute('data-status', 'connecting');
  await page.clock.fastForward(20_000);
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await page.clock.fastForward(5_000);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  expect(network.connections).toBe(2);
});
