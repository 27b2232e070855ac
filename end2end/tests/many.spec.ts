// A page that has much to catch up with: all of it is shown, soon, and the page stays alive meanwhile.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { badge, expect, rows, test, toasts, withAccount } from './fixtures';

const MISSED = 1_000;

/** Looks at each frame until so many rows are there: how long that takes, and the longest time without a frame. */
async function watchRows(page: Page, wanted: number) {
  await page.evaluate((wanted) => {
    const notes = ((window as any).notes = { first: 0, last: 0, longest: 0 });
    let before = performance.now();
    const look = (now: number) => {
      const shown = document.querySelectorAll('[data-testid="transaction-row"]').length;
      if (shown > 0) {
        notes.first ||= now;
        notes.last = now;
        notes.longest = Math.max(notes.longest, now - before);
      }
      before = now;
      if (shown < wanted) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, wanted);
  return async () => {
    const { first, last, longest } = await page.evaluate(() => (window as any).notes);
    return { took: last - first, longest };
  };
}

test('a thousand transactions that were missed are shown within seconds, by a page that stays responsive', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/net::ERR_INTERNET_DISCONNECTED/);
  const alex = await withAccount(await person());
  const page = await dashboard(alex);
  await page.context().setOffline(true);
  await expect(badge(page)).toHaveAttribute('data-status', 'offline');
  for (let from = 0; from < MISSED; from += 50) {
    const some = Array.from({ length: 50 }, (_, at) => alex.transaction({ id: `tx-${from + at}`, amount: '-1.01' }));
    await Promise.all(some.map((body) => deliver(server, body)));
  }
  const seen = await watchRows(page, MISSED);
  await page.context().setOffline(false);
  await expect(rows(page)).toHaveCount(MISSED, { timeout: 30_000 });
  // A debug build on a busy machine: a second or so, and without a freeze.
  const { took, longest } = await seen();
  expect(took, 'milliseconds from the first to the last').toBeLessThan(5_000);
  expect(longest, 'milliseconds without a frame').toBeLessThan(1_500);
  await expect(toasts(page)).toContainText(`${MISSED} new transactions`);
  await expect(toasts(page)).toContainText('−A$1,010.00');
});
