// The connections: how each is, in words that change as it happens, and what a click does.

import type { BrowserContextOptions, Page } from '@playwright/test';

import { BasiqApi } from '../support/basiq_api.js';
import { deliver, register } from '../support/provider.js';
import { Server } from '../support/server.js';
import { secrets } from '../support/signing.js';
import { badge, expect, hydrated, Person, signIn, test as base, toasts } from './fixtures';

type Asked = { api: BasiqApi; at: Server };
type Fixtures = {
  /** Somebody's connections, live. */
  connections: (person: Person, options?: BrowserContextOptions, query?: string) => Promise<Page>;
  /** A server that asks Basiq, and that Basiq. */
  asked: Asked;
};

const test = base.extend<Fixtures>({
  connections: async ({ device }, use) => {
    await use(async (person, options, query = '') => {
      const context = await device(options);
      await signIn(context, person);
      const page = await context.newPage();
      await page.goto(`${person.server.url}/connections${query}`);
      if (options?.javaScriptEnabled === false) return page;
      await hydrated(page);
      await expect(badge(page)).toHaveAttribute('data-status', 'live');
      return page;
    });
  },

  asked: async ({}, use) => {
    const api = await BasiqApi.start();
    const at = await Server.start(api.environment);
    await use({ api, at });
    await at.stop();
    await api.stop();
  },
});

const card = (page: Page, id: string) => page.locator(`[data-testid="connection"][data-connection-id="${id}"]`);
const status = (page: Page, id: string) => card(page, id).getByTestId('connection-status');
const failure = (page: Page, id: string) => card(page, id).getByTestId('connection-error');
const syncNow = (page: Page, id: string) => card(page, id).getByRole('button', { name: /^Sync/ });
const removal = (page: Page) => page.getByRole('dialog');

/** Somebody with a connection that can be asked. */
async function askedPerson({ at }: Asked, person: (name?: string, server?: Server) => Promise<Person>) {
  const alex = await person('Alex Chen', at);
  await register(at, alex.userId, { connectionId: alex.connectionId, externalUserId: 'basiq-user' });
  return alex;
}

test('each connection says in words how it is, and changes as it happens', async ({ server, person, connections }) => {
  const alex = await person();
  const words = {
    active: 'Connected',
    pending: 'Waiting for the bank',
    invalid: 'Bank sign-in needed',
    revoked: 'Consent ended',
    deleted: 'Removed at the bank',
  };
  const id = (code: string) => `${code}-${alex.userId}`;
  for (const code of Object.keys(words)) {
    await register(server, alex.userId, { connectionId: id(code), institutionName: `Bank ${code}`, status: code });
  }
  const page = await connections(alex);
  await expect(page.getByTestId('connection')).toHaveCount(6);
  for (const [code, text] of Object.entries(words)) {
    await expect(status(page, id(code))).toContainText(text);
    await expect(card(page, id(code)).getByRole('heading')).toHaveText(`Bank ${code}`);
    await expect(card(page, id(code))).toContainText('By webhook only');
  }
  await register(server, alex.userId, { connectionId: id('active'), status: 'invalid' });
  await expect(status(page, id('active'))).toContainText(words.invalid);
  // One that is registered while the page is open, and a stranger's.
  await person('Sam Rivera');
  await register(server, alex.userId, { connectionId: id('new'), institutionName: 'Southern Mutual' });
  await expect(status(page, id('new'))).toContainText(words.active);
  await expect(page.getByTestId('connection')).toHaveCount(7);
});

test('a transaction moves the last event, and its account is counted', async ({ server, person, connections }) => {
  const alex = await person();
  const page = await connections(alex);
  const times = card(page, alex.connectionId).locator('dl');
  await expect(card(page, alex.connectionId)).toContainText('No accounts yet');
  await expect(times).toContainText('just now');
  const before = await times.locator('time').first().getAttribute('datetime');
  await deliver(server, alex.transaction({}, { account: { name: 'Everyday', accountNumber: '062-000 1187 4420', balance: '5' } }));
  await expect(times.locator('time').first()).not.toHaveAttribute('datetime', before!);
  // Newer than the page's clock, and still not told as the future.
  await expect(times.locator('time').first()).toHaveText('just now');
  await expect(card(page, alex.connectionId)).toContainText('1 account');
  // The exact time is there for whom it matters to.
  await expect(times.locator('time').first()).toHaveAttribute('title', /^\w{3} \d{1,2} \w{3} \d{4}, \d{2}:\d{2}$/);
});

test('a click on “Sync now” asks the bank, and says what it found', async ({ asked, person, connections }) => {
  const alex = await askedPerson(asked, person);
  const page = await connections(alex);
  await expect(card(page, alex.connectionId)).toContainText('1 account · ending 4420');
  asked.api.hold();
  asked.api.purchase('tx-1');
  const button = syncNow(page, alex.connectionId);
  await button.focus();
  await button.press('Enter');
  await expect(button).toHaveText(/^Syncing…/);
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  asked.api.release();
  await expect(toasts(page).filter({ hasText: 'Harbour Bank: 1 new' })).toContainText('1 transaction in total');
  await expect(button).toHaveText(/^Sync now/);
  await expect(button).toBeFocused();
  await expect(card(page, alex.connectionId).locator('dl')).toContainText('Next syncin 1 h');
});

test('a failed run says why and when it is tried again, and nothing once it is over', async ({ asked, person, connections }) => {
  const alex = await askedPerson(asked, person);
  const page = await connections(alex);
  await expect(card(page, alex.connectionId)).toContainText('1 account');
  asked.api.status = 503;
  await syncNow(page, alex.connectionId).click();
  await expect(failure(page, alex.connectionId)).toContainText(/The last sync failed\. (We try again at \d{2}:\d{2}|We're trying again now)\./);
  await failure(page, alex.connectionId).getByText('Details').click();
  await expect(failure(page, alex.connectionId)).toContainText('it answered 503');
  await expect(syncNow(page, alex.connectionId)).toHaveText(/^Sync now/);
  await expect(status(page, alex.connectionId)).toContainText('Connected');
  asked.api.status = 200;
  await syncNow(page, alex.connectionId).click();
  await expect(failure(page, alex.connectionId)).toHaveCount(0);
});

test('what needs somebody else says who', async ({ asked, person, connections }) => {
  const alex = await person('Alex Chen', asked.at);
  const page = await connections(alex);
  // Registered without Basiq's id of the user.
  await expect(failure(page, alex.connectionId)).toContainText("Your administrator needs to check this connection's settings.");
  await expect(failure(page, alex.connectionId).getByText('externalUserId')).toBeHidden();
});

test('an error of a call stands beside its button', async ({ asked, person, connections, watch }) => {
  watch.expected.push(/Failed to load resource/, /^429 for /);
  const alex = await askedPerson(asked, person);
  const page = await connections(alex);
  const error = card(page, alex.connectionId).getByRole('alert');
  await page.route('**/sync', (route) => route.abort());
  await syncNow(page, alex.connectionId).click();
  await expect(error).toContainText('The server can\'t be reached');
  await expect(syncNow(page, alex.connectionId)).toHaveText(/^Sync now/);
  const refusal = { success: false, error: 'Too many requests', code: 'RATE_LIMITED' };
  await page.unroute('**/sync');
  await page.route('**/sync', (route) => route.fulfill({ status: 429, json: refusal }));
  await syncNow(page, alex.connectionId).click();
  await expect(error).toContainText('Too many attempts. Try again in a minute.');
});

for (const purge of [false, true]) {
  test(`a connection is removed with the keyboard alone, ${purge ? 'and its transactions with it' : 'and its transactions stay'}`, async ({ server, person, connections }) => {
    const alex = await person();
    await register(server, alex.userId, { connectionId: `other-${alex.userId}`, institutionName: 'Southern Mutual' });
    await deliver(server, alex.transaction({ id: 'tx-1' }));
    const page = await connections(alex);
    const remove = card(page, alex.connectionId).getByRole('button', { name: /^Remove ?: Harbour Bank$/ });
    await remove.focus();
    // Escape leaves everything as it is.
    await page.keyboard.press('Enter');
    await expect(removal(page)).toBeVisible();
    await expect(removal(page).getByRole('heading')).toHaveText('Remove Harbour Bank?');
    await page.keyboard.press('Escape');
    await expect(removal(page)).toBeHidden();
    await expect(remove).toBeFocused();

    await page.keyboard.press('Enter');
    // Nothing outside the dialog can be reached.
    for (let presses = 0; presses < 8; presses += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement?.closest('dialog'))).toBe(true);
    }
    const keep = removal(page).getByRole('radio', { name: /^Keep them/ });
    await expect(keep).toBeChecked();
    if (purge) {
      await keep.focus();
      await page.keyboard.press('ArrowDown');
      await expect(removal(page).getByRole('radio', { name: /^Delete them as well/ })).toBeChecked();
    }
    await removal(page).getByRole('button', { name: 'Remove' }).press('Enter');
    await expect(card(page, alex.connectionId)).toHaveCount(0);
    await expect(toasts(page)).toContainText('Harbour Bank was removed');
    await expect(page.getByTestId('connection')).toHaveCount(1);
    // The focus is where the reader was, and not at the top of the document.
    await expect(page.getByRole('list', { name: 'Your connections' })).toBeFocused();

    const stored = async () => {
      const answer = await page.request.get(`${server.url}/api/transactions`);
      return (await answer.json()).transactions.length;
    };
    await expect.poll(stored).toBe(purge ? 0 : 1);
  });
}

test('a removal that fails says so in the dialog, which stays', async ({ person, connections, watch }) => {
  watch.expected.push(/Failed to load resource/);
  const alex = await person();
  const page = await connections(alex);
  await page.route('**/api/connectors/**', (route) => route.abort());
  await card(page, alex.connectionId).getByRole('button', { name: /^Remove/ }).click();
  await removal(page).getByRole('button', { name: 'Remove' }).click();
  await expect(removal(page).getByRole('alert')).toContainText('The server can\'t be reached');
  await removal(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(removal(page)).toBeHidden();
  await expect(card(page, alex.connectionId)).toBeVisible();
});

test('the way back from a bank is told once, and made-up words are not told', async ({ person, connections }) => {
  const alex = await person();
  const page = await connections(alex, {}, '?connected=basiq');
  await expect(page.getByTestId('connect-outcome')).toContainText('Connected through Basiq');
  await expect(page).toHaveURL(`${alex.server.url}/connections`);
  await page.reload();
  await hydrated(page);
  await expect(page.getByTestId('connect-outcome')).toHaveCount(0);
  await page.goto(`${alex.server.url}/connections?problem=expired`);
  await expect(page.getByRole('alert').filter({ hasText: 'Connecting took too long' })).toBeVisible();
  await page.goto(`${alex.server.url}/connections?problem=Send%20us%20your%20password`);
  await expect(page.getByRole('heading', { name: 'Connections', exact: true })).toBeVisible();
  await expect(page.getByTestId('connect-outcome')).toHaveCount(0);
});

test('a bank is connected again, and another one, on the bank\'s own page', async ({ asked, person, connections, watch }) => {
  const { connectors } = await (await fetch(`${asked.at.url}/api/connectors`)).json();
  test.skip(!connectors.some(({ connectPath }: { connectPath?: string }) => connectPath), 'no bank can be connected');
  watch.expected.push(/Failed to load resource/, /^503 for /);
  const alex = await askedPerson(asked, person);
  const page = await connections(alex);
  await expect(card(page, alex.connectionId)).toContainText('1 account');
  const reconnect = card(page, alex.connectionId).getByRole('button', { name: /^Reconnect/ });
  await expect(reconnect).toHaveCount(0);
  asked.api.state = 'invalid';
  await syncNow(page, alex.connectionId).click();
  await expect(status(page, alex.connectionId)).toContainText('Bank sign-in needed');
  await expect(reconnect).toBeVisible();

  let answer: object = { success: false, error: 'Not configured', code: 'NOT_CONFIGURED' };
  const asks: unknown[] = [];
  await page.route('**/api/connectors/basiq/**', (route) => {
    if (route.request().url().endsWith('/sync')) return route.continue();
    asks.push(route.request().postDataJSON()?.connectionId ?? null);
    return route.fulfill({ status: 'url' in answer ? 200 : 503, json: answer });
  });
  await reconnect.click();
  await expect(card(page, alex.connectionId).getByRole('alert')).toContainText('Ask your administrator');
  // No address that a browser would execute, or that anybody on the way could read.
  for (const url of ['javascript:alert(1)', 'http://bank.example/']) {
    answer = { success: true, url };
    await page.getByRole('button', { name: 'Connect with Basiq' }).click();
    await expect(page.getByRole('region', { name: 'Connect a bank' }).getByRole('alert')).toContainText('can\'t be opened');
    await expect(page).toHaveURL(`${alex.server.url}/connections`);
  }
  answer = { success: true, url: `${asked.at.url.replace('127.0.0.1', 'localhost')}/sign-in` };
  await reconnect.click();
  await expect(page).toHaveURL(/localhost:\d+\/sign-in$/);
  expect(asks).toEqual([alex.connectionId, null, null, alex.connectionId]);
});

test('without connections the page says what to do, and each page leads to the other', async ({ person, connections }) => {
  const sam = await person('Sam Rivera');
  const response = await fetch(`${sam.server.url}/api/connectors/basiq/connections/${sam.connectionId}`, {
    method: 'DELETE',
    headers: { 'x-service-secret': secrets.service },
  });
  expect(response.status).toBe(200);
  const page = await connections(sam);
  await expect(page.getByRole('heading', { name: 'No connections yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Transactions', exact: true }).click();
  await expect(page).toHaveURL(`${sam.server.url}/`);
  await page.getByRole('link', { name: 'Connections', exact: true }).click();
  await expect(page).toHaveURL(`${sam.server.url}/connections`);
});

test('the page can be read without JavaScript, and shows no button that does nothing', async ({ person, connections }) => {
  const alex = await person();
  const page = await connections(alex, { javaScriptEnabled: false });
  await expect(card(page, alex.connectionId)).toContainText('Harbour Bank');
  await expect(status(page, alex.connectionId)).toContainText('Connected');
  await expect(card(page, alex.connectionId)).toContainText(' UTC');
  await expect(card(page, alex.connectionId).getByRole('button')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`everything fits into 320 px and can be read, ${colorScheme}`, async ({ asked, person, connections }) => {
    const alex = await person('Alexandria Chen-Featherstonehaugh of the Northern Territory', asked.at);
    const institutionName = 'INTERNATIONALBANKINGCORPORATION'.repeat(5);
    await register(asked.at, alex.userId, { connectionId: `long-${alex.userId}`, institutionName, status: 'invalid' });
    const page = await connections(alex, { viewport: { width: 320, height: 640 }, colorScheme });
    await expect(failure(page, alex.connectionId)).toBeVisible();
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await wide()).toBe(0);
    await card(page, `long-${alex.userId}`).getByRole('button', { name: /^Remove/ }).click();
    const box = (await removal(page).boundingBox())!;
    expect(box.x >= 0 && box.x + box.width <= 320).toBe(true);
    expect(await wide()).toBe(0);
    for (const name of ['Cancel', 'Remove']) {
      await removal(page).getByRole('button', { name }).scrollIntoViewIfNeeded();
      await expect(removal(page).getByRole('button', { name })).toBeInViewport();
    }
    const contrast = await removal(page).getByRole('button', { name: 'Remove' }).evaluate(contrastOf);
    expect(contrast).toBeGreaterThan(4.5);
  });
}

/** How far an element's text stands out from its own background (WCAG 2.2, relative luminance). */
function contrastOf(element: Element) {
  const { color, backgroundColor } = getComputedStyle(element);
  const luminance = (text: string) => {
    const [red, green, blue] = text.match(/[\d.]+/g)!.slice(0, 3).map((value) => {
      const part = Number(value) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light, dark] = [luminance(color), luminance(backgroundColor)].sort((one, other) => other - one);
  return (light + 0.05) / (dark + 0.05);
}
