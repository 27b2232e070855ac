// A page with much to catch up on shows all of it, and soon.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { badge, expect, rows, test, withAccount } from './fixtures';

const MISSED = 1_000;

/** Checks each frame until this many rows are shown; measures the time since the first row. */
async function watchRows(page: Page, wanted: number) {
  await page.evaluate((wanted) => {
    const notes = ((window as any).notes = { first: 0, last: 0 });
    const look = (now: number) => {
      const shown = document.querySelectorAll('[data-testid="transaction-row"]').length;
      if (shown > 0) {
        notes.first ||= now;
        notes.last = now;
      }
      if (shown < wanted) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, wanted);
  return async () => {
    const { first, last } = await page.evaluate(() => (window as any).notes);
    return last - first;
  };
}

/** Records the last text of each notice, because a notice may be gone before the test reads it. */
async function watchToasts(page: Page) {
  await page.evaluate(() => {
    const seen = ((window as any).seen = new Map<Element, string>());
    const look = () => document.querySelectorAll('[data-testid="toast"]').forEach((toast) => seen.set(toast, (toast as HTMLElement).innerText));
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  return (): Promise<string[]> => page.evaluate(() => [...(window as any).seen.values()]);
}

test('a thousand transactions that were missed are all shown within seconds', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/net::ERR_INTERNET_DISCONNECTED/);
  const alex = await withAccount(await person());
  const page = await dashboard(alex);
  await page.context().setOffline(true);
  await expect(badge(page)).toHaveAttribute('data-status', 'offline');
  for (let from = 0; from < MISSED; from += 50) {
    const some = Array.from({ length: 50 }, (_, at) => alex.transaction({ id: `tx-${from + at}`, amount: '-1.01' }));
    await Promise.all(some.map((body) => deliver(server, body)));
  }
  const shown = await watchRows(page, MISSED);
  const notices = await watchToasts(page);
  await page.context().setOffline(false);
  await expect(rows(page)).toHaveCount(MISSED, { timeout: 30_000 });
  const took = await shown();
  // A debug build takes a second or two; with one redraw for each event it took half a minute.
  expect(took, 'milliseconds').toBeLessThan(15_000);
  const sum = async (pattern: RegExp) =>
    (await notices()).reduce((all, text) => all + Number((pattern.exec(text)?.[1] ?? '0').replace(',', '')), 0);
  await expect.poll(() => sum(/([\d,]+) new transactions/)).toBe(MISSED);
  expect(await sum(/−A\$([\d,.]+)/)).toBeCloseTo(1010, 2);
  // Transactions within two seconds share a notice: a slow machine may need another for every two further seconds.
  expect((await notices()).length).toBeLessThanOrEqual(1 + Math.ceil(took / 2_000));
});
