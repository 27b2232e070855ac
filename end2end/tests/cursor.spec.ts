// A tab's position outlives its pages: nothing is notified twice or missed, however the user returns to the page.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { badge, expect, hydrated, row, rows, signIn, test, toasts, withAccount, type Person } from './fixtures';

/** Records every notice of a page from its start. */
async function recordNotices(page: Page) {
  await page.addInitScript(() => {
    const notices: string[] = ((window as any).notices = []);
    const isNotice = (node: Node) => node instanceof HTMLElement && node.dataset.testid === 'toast';
    new MutationObserver((changes) => {
      for (const node of changes.flatMap((change) => [...change.addedNodes])) {
        if (isNotice(node)) notices.push((node as HTMLElement).innerText.replaceAll(/\s+/g, ' '));
      }
    }).observe(document, { childList: true, subtree: true });
  });
}

/** The notices since the page was loaded. */
const notices = (page: Page) => page.evaluate(() => (window as any).notices as string[]);

/** The tab's session storage. */
const memory = (page: Page) => page.evaluate(() => ({ ...sessionStorage }));

/** The number in the stored position, which may follow the server's epoch. */
const position = async (page: Page) => Number(Object.values(await memory(page))[0].split(':').at(-1));

async function live(page: Page) {
  await hydrated(page);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
}

/** Delivers a transaction with its own notice, which follows all earlier ones. */
async function nextIsTold(page: Page, person: Person, id: string) {
  await dismissAll(page);
  await deliver(person.server, person.transaction({ id, description: id.toUpperCase() }));
  await expect.poll(() => notices(page)).toContainEqual(expect.stringContaining(id.toUpperCase()));
}

async function dismissAll(page: Page) {
  while ((await toasts(page).count()) > 0) await page.keyboard.press('Escape');
}

test('what came while the page was away is told when it is back, and not again by a further reload', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, recordNotices);
  await nextIsTold(page, alex, 'before');

  await page.goto('about:blank');
  await deliver(server, alex.transaction({ id: 'away', description: 'AWAY' }));
  await page.goto(server.url);
  await expect(row(page, 'away')).toBeVisible();
  await live(page);
  await expect.poll(() => notices(page)).toEqual([expect.stringContaining('AWAY')]);
  await expect(row(page, 'away')).toHaveClass(/row--new/);
  await expect(row(page, 'before')).not.toHaveClass(/row--new/);
  await expect(rows(page)).toHaveCount(2);

  await page.reload();
  await live(page);
  await nextIsTold(page, alex, 'after');
  expect(await notices(page)).toEqual([expect.stringContaining('AFTER')]);
  await expect(rows(page)).toHaveCount(3);
});

test('the tab keeps its position and nothing else, and a new tab begins with what it shows', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, recordNotices);
  await nextIsTold(page, alex, 'secret-purchase');
  const kept = Object.entries(await memory(page));
  expect(kept).toEqual([[`tallywire:told:${alex.userId}`, expect.stringMatching(/^(.+:)?\d+$/)]]);
  expect(await page.evaluate(() => ({ ...localStorage }))).toEqual({});

  const other = await page.context().newPage();
  await recordNotices(other);
  await other.goto(server.url);
  await live(other);
  await nextIsTold(other, alex, 'next');
  expect(await notices(other)).toEqual([expect.stringContaining('NEXT')]);
});

test('somebody else in the same tab begins with their own number', async ({ server, person, dashboard }) => {
  const [alex, sam] = [await withAccount(await person('Alex')), await withAccount(await person('Sam'))];
  for (const id of ['old-1', 'old-2']) await deliver(server, sam.transaction({ id, description: 'OLD' }));
  const page = await dashboard(alex, {}, recordNotices);
  await nextIsTold(page, alex, 'alex');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(`${server.url}/sign-in`);
  await signIn(page.context(), sam);
  await page.goto(server.url);
  await live(page);
  await nextIsTold(page, sam, 'sam');
  expect(await notices(page)).toEqual([expect.stringContaining('SAM')]);

  // The first user again, who has missed one event.
  await deliver(server, alex.transaction({ id: 'missed', description: 'MISSED' }));
  await signIn(page.context(), alex);
  await page.goto(server.url);
  await live(page);
  await expect.poll(() => notices(page)).toEqual([expect.stringContaining('MISSED')]);
});

test('a page out of a cache is brought up to date and tells only what the tab has not seen', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, recordNotices);
  // The document as it was at the beginning. Chromium does not know the address of a document that a test supplies.
  await page.context().grantPermissions(['local-network-access']);
  const cached = await page.context().request.get(server.url);
  await nextIsTold(page, alex, 'seen');
  await deliver(server, alex.transaction({ id: 'gone' }));
  await deliver(server, alex.transaction({ id: 'gone' }, { event: 'transaction.deleted' }));
  // The page has received both once it notifies of a later event.
  await nextIsTold(page, alex, 'seen-as-well');
  await expect(rows(page)).toHaveCount(2);

  await page.route(`${server.url}/`, (route) => route.fulfill({ response: cached }));
  await page.goto('about:blank');
  await deliver(server, alex.transaction({ id: 'unseen', description: 'UNSEEN' }));
  await page.goto(server.url);
  await live(page);
  await expect(rows(page)).toHaveCount(3);
  await expect.poll(() => notices(page)).toEqual([expect.stringContaining('UNSEEN')]);
});

// No cache may keep a page with a user's transactions, so going back loads it again.
test('a page that one goes back to comes from the server, and shows what came meanwhile, once', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, recordNotices);
  await nextIsTold(page, alex, 'seen');
  await page.goto('about:blank');
  await deliver(server, alex.transaction({ id: 'unseen', description: 'UNSEEN' }));
  const answer = await page.goBack();
  expect([answer?.status(), answer?.headers()['cache-control'], answer?.fromServiceWorker()]).toEqual([200, 'no-store', false]);
  await live(page);
  await expect(rows(page)).toHaveCount(2);
  await expect.poll(() => notices(page)).toContainEqual(expect.stringContaining('UNSEEN'));
  await nextIsTold(page, alex, 'next');
  expect((await notices(page)).filter((notice) => notice.includes('UNSEEN'))).toHaveLength(1);
});

test('what came while the browser was offline is told when it is back, and not again by a reload', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/net::ERR_INTERNET_DISCONNECTED/);
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, recordNotices);
  await page.context().setOffline(true);
  await expect(badge(page)).toHaveAttribute('data-status', 'offline');
  await deliver(server, alex.transaction({ id: 'away', description: 'AWAY' }));
  await page.context().setOffline(false);
  await expect(badge(page)).toHaveAttribute('data-status', 'live', { timeout: 30_000 });
  await expect.poll(() => notices(page)).toEqual([expect.stringContaining('AWAY')]);
  await page.reload();
  await live(page);
  await nextIsTold(page, alex, 'after');
  expect(await notices(page)).toEqual([expect.stringContaining('AFTER')]);
  await expect(rows(page)).toHaveCount(2);
});

test('a browser that refuses to remember shows everything all the same', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, async (page) => {
    await recordNotices(page);
    await page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      };
      Object.defineProperty(window, 'sessionStorage', { get: refuse });
    });
  });
  await nextIsTold(page, alex, 'before');
  await page.goto('about:blank');
  await deliver(server, alex.transaction({ id: 'away' }));
  await page.goto(server.url);
  await live(page);
  await expect(rows(page)).toHaveCount(2);
  await nextIsTold(page, alex, 'after');
  await expect(rows(page)).toHaveCount(3);
});

for (const stored of ['', '-1', 'NaN', '1e3', '18446744073709551615', '18446744073709551616', 'x'.repeat(100_000)]) {
  test(`what another script left in the storage is no hindrance: ${stored.slice(0, 24) || 'nothing'}`, async ({ server, person, dashboard }) => {
    const alex = await withAccount(await person());
    const page = await dashboard(alex, {}, recordNotices);
    await nextIsTold(page, alex, 'before');
    await page.evaluate(([name, stored]) => sessionStorage.setItem(name, stored), [`tallywire:told:${alex.userId}`, stored] as const);
    await page.reload();
    await live(page);
    await nextIsTold(page, alex, 'after');
    await expect(rows(page)).toHaveCount(2);
    await expect.poll(async () => await position(page)).toBeLessThan(1_000);
  });
}

test('a storage that is full is no hindrance', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, async (page) => {
    await recordNotices(page);
    await page.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
      };
    });
  });
  await nextIsTold(page, alex, 'one');
  await nextIsTold(page, alex, 'two');
  await expect(rows(page)).toHaveCount(2);
});

test('a server whose database begins anew is followed from its first number on', async ({ ownServer, person, dashboard, watch }) => {
  watch.expected.push(/WebSocket connection to|net::ERR_CONNECTION_REFUSED/);
  const alex = await withAccount(await person('Alex Chen', ownServer));
  const page = await dashboard(alex, {}, recordNotices);
  for (const id of ['one', 'two', 'three']) await nextIsTold(page, alex, id);
  const before = await position(page);

  await page.goto('about:blank');
  await ownServer.kill();
  for (const file of readdirSync(ownServer.folder)) rmSync(join(ownServer.folder, file), { recursive: true });
  await ownServer.restart();
  await withAccount(alex);
  await deliver(ownServer, alex.transaction({ id: 'anew' }));
  await signIn(page.context(), alex);
  await page.goto(ownServer.url);
  await live(page);
  await expect(rows(page)).toHaveCount(1);
  await expect.poll(() => position(page)).toBeLessThan(before);
  await nextIsTold(page, alex, 'next');
  expect(await notices(page)).toEqual([expect.stringContaining('NEXT')]);
  await expect(rows(page)).toHaveCount(2);
});
