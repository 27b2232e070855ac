// A server that does not sign the page in: the page waits out temporary errors, and reports others.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { token } from '../support/signing.js';
import { badge, expect, row, rows, signIn, test, toasts, withAccount } from './fixtures';
import { error, Network } from './network';

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

test('a session that was renewed in another tab goes on without a word', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const network = new Network();
  const page = await dashboard(alex, {}, async (page) => {
    await page.clock.install();
    await network.between(page);
  });
  network.say(error('TOKEN_EXPIRED'));
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await expect(page.getByRole('alert')).toHaveText('');
  await page.clock.fastForward(1_500);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await page.clock.fastForward(10_000);
  await deliver(server, alex.transaction({ id: 'after' }));
  await expect(row(page, 'after')).toBeVisible();
  expect({ connections: network.connections, reloads: network.reloads }).toEqual({ connections: 2, reloads: 0 });
});

test('sockets that are refused end nothing as long as the session holds over HTTP', async ({ server, person, dashboard }) => {
  const alex = await person();
  await deliver(server, alex.transaction({ id: 'before' }));
  const network = new Network();
  const page = await dashboard(alex, {}, async (page) => {
    await page.clock.install();
    await network.between(page);
  });
  network.answerSignIns(...Array(5).fill('INVALID_TOKEN'));
  network.say(error('TOKEN_EXPIRED'));
  const next = async () => {
    await page.clock.fastForward(2_500);
    return network.connections;
  };
  await expect.poll(next).toBe(6);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  expect(network.reloads).toBeGreaterThan(0);
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByRole('alert')).toHaveText('');
});

test('a session that has ended is told within seconds', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/\b401\b.*\/api\/_ui\/snapshot|\/api\/_ui\/snapshot.*\b401\b/, /WebSocket is closed before/);
  const page = await dashboard(await person(), {}, (page) => page.clock.install());
  expect((await page.context().request.delete(`${server.url}/api/session`)).ok()).toBe(true);
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await page.clock.fastForward(5_000);
  await expect(page.getByRole('alert')).toContainText("You've been signed out");
  await expect(badge(page)).toHaveAttribute('data-status', 'closed');
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
});

test('one answer over HTTP that nobody is signed in is asked about again', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/\b401\b/);
  const alex = await person();
  const network = new Network();
  const page = await dashboard(alex, {}, network.between);
  const stray = { status: 401, contentType: 'application/json', body: '"Unauthorized"' };
  await page.route('**/api/_ui/snapshot', (route) => route.fulfill(stray), { times: 1 });
  // An unknown account cannot be shown from the event alone.
  await deliver(server, alex.transaction({ id: 'one' }, { account: { name: 'Everyday', balance: '1' } }));
  await expect(page.getByTestId('account-card')).toHaveCount(1);
  expect(network.reloads).toBe(2);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await expect(page.getByRole('alert')).toHaveText('');
});

test('a person whose places are all taken is told so, and gets one when it is free', async ({ server, person, dashboard }) => {
  const alex = await person();
  const network = new Network();
  const page = await dashboard(alex, {}, async (page) => {
    await page.clock.install();
    await network.between(page);
  });
  network.answerSignIns('', 'CONNECTION_LIMIT', 'CONNECTION_LIMIT');
  network.say('41');
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await page.clock.fastForward(1_500);
  for (const connection of [2, 3]) {
    // Refused: passing time would abort a connection attempt in progress.
    await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
    await expect(page.getByRole('alert')).toContainText('Too many pages are open');
    await page.clock.fastForward(59_000);
    await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
    await expect(page.getByRole('alert')).toContainText('Too many pages are open');
    expect(network.connections).toBe(connection);
    await page.clock.fastForward(31_000);
    await expect.poll(() => network.connections).toBe(connection + 1);
  }
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await expect(page.getByRole('alert')).toHaveText('');
  await deliver(server, alex.transaction({ id: 'after' }));
  await expect(row(page, 'after')).toBeVisible();
});

test('a token that stays as it is and is refused ends the session', async ({ ownServer, person, device, watch }) => {
  watch.expected.push(/WebSocket connection to|net::ERR_CONNECTION_REFUSED/);
  const pages = ownServer.url.replace('127.0.0.1', 'localhost');
  await ownServer.restartWith({ CONNECTORS_URL: ownServer.url, FRONTEND_URL: pages });
  const alex = await person('Alex Chen', ownServer);
  const context = await device();
  const data = { token: token(alex.userId), displayName: alex.name };
  expect((await context.request.post(`${pages}/api/session`, { data })).status()).toBe(200);
  const page = await context.newPage();
  const network = new Network();
  await network.between(page);
  await page.goto(pages);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');

  await ownServer.restartWith({ JWT_SECRET: 'another-secret-than-the-token-was-signed-with' });
  await expect(page.getByRole('alert')).toContainText("You've been signed out", { timeout: 30_000 });
  await expect(badge(page)).toHaveAttribute('data-status', 'closed');
  // The session at the page's own server is valid and provides a newer token.
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${pages}/`);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
});

/** The page shows no personal data. */
async function showsNothing(page: Page) {
  await expect(rows(page)).toHaveCount(0);
  await expect(page.getByTestId('account-card')).toHaveCount(0);
  await expect(page.getByTestId('summary-balance')).toHaveCount(0);
  await expect(toasts(page)).toHaveCount(0);
  await expect(page.locator('body')).not.toContainText('HARBOUR');
  // Nor the name of its user.
  await expect(page.getByTestId('sign-out')).toBeHidden();
}

test('when somebody else signs in, nothing of the one before stays on the page', async ({ server, person, dashboard }) => {
  const [alex, sam] = [await withAccount(await person('Alex')), await person('Sam')];
  // By then a search would be answered with Sam's transactions.
  await deliver(server, sam.transaction({ description: 'HARBOUR BRIDGE' }));
  const network = new Network();
  const page = await dashboard(alex, {}, async (page) => {
    await page.clock.install();
    await network.between(page);
  });
  const found = page.waitForResponse('**/api/_ui/transactions');
  await page.getByTestId('search').fill('harbour');
  await found;
  await deliver(server, alex.transaction({ id: 'one', description: 'HARBOUR FERRIES' }));
  await expect(rows(page)).toHaveCount(1);
  await expect(toasts(page)).toContainText('HARBOUR FERRIES');
  // The notice would stay while the pointer is on it.
  await toasts(page).hover();

  await signIn(page.context(), sam);
  network.say('41');
  await expect(page.getByRole('alert')).toContainText('Someone else has signed in');
  await showsNothing(page);
  // No further request is made on the previous user's page.
  await page.clock.runFor(1_000);
  await showsNothing(page);
  await page.getByRole('link', { name: 'Reload' }).click();
  await expect(page.getByRole('banner')).toContainText('Sam');
});

test('when the session has ended nothing stays on the page, and all is back for who signs in again', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/\b401\b/, /WebSocket is closed before/);
  const alex = await withAccount(await person());
  await deliver(server, alex.transaction({ id: 'one', description: 'HARBOUR FERRIES' }));
  const page = await dashboard(alex, {}, (page) => page.clock.install());
  await expect(rows(page)).toHaveCount(1);
  await page.context().request.delete(`${server.url}/api/session`);
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await page.clock.fastForward(5_000);
  await expect(page.getByRole('alert')).toContainText("You've been signed out");
  await showsNothing(page);
  expect((await page.reload())?.headers()['cache-control'] ?? '', 'the page of a stranger').not.toContain('no-store');

  await signIn(page.context(), alex);
  expect((await page.goto(server.url))?.headers()['cache-control']).toBe('no-store');
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await page.context().request.delete(`${server.url}/api/session`);
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await page.clock.fastForward(5_000);
  await showsNothing(page);
  // In another tab.
  await signIn(page.context(), alex);
  await expect(page.getByRole('button', { name: 'Reconnect now' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByTestId('account-card')).toHaveCount(1);
  await expect(page.getByRole('alert')).toHaveText('');
});

test('an event that cannot be read is made up for, and then nothing is said of it any more', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const network = new Network();
  const page = await dashboard(alex, {}, network.between);
  let answer = () => {};
  await page.route('**/api/_ui/snapshot', async (route) => {
    await new Promise<void>((resolve) => (answer = resolve));
    await route.continue();
  });
  network.passed = (frame) => [frame.replace('"transactionId"', '"transaction"')];
  await deliver(server, alex.transaction({ id: 'one' }));
  await expect(page.getByRole('alert')).toContainText('We missed an update');
  await expect.poll(() => network.reloads).toBe(1);
  answer();
  await expect(row(page, 'one')).toBeVisible();
  await expect(page.getByRole('alert')).toHaveText('');
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
});

test('what is wrong with the connection is not taken back by what goes right elsewhere', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const network = new Network();
  const page = await dashboard(alex, {}, network.between);
  network.passed = (frame) => (frame.includes('"seq":') ? [] : [frame]);
  await deliver(server, alex.transaction({ id: 'one' }));
  network.say('42["transaction:new",{}]');
  network.say(error('CONNECTION_LIMIT'));
  // It arrived over HTTP.
  await expect(row(page, 'one')).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('Too many pages are open');
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
});
