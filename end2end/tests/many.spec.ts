// A page that has much to catch up with: all of it is shown, soon, and the page stays alive meanwhile.

import { deliver } from '../support/provider.js';
import { badge, expect, rows, test, withAccount } from './fixtures';

const MISSED = 1_000;

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
  await page.evaluate((missed) => {
    const notes = ((window as any).notes = { started: 0, finished: 0, longest: 0, frames: 0 });
    let last = 0;
    const frame = (now: number) => {
      const shown = document.querySelectorAll('[data-testid="transaction-row"]').length;
      if (shown > 0 && !notes.started) notes.started = now;
      if (notes.started && !notes.finished) {
        notes.longest = Math.max(notes.longest, now - last);
        notes.frames += 1;
      }
      if (shown === missed && !notes.finished) notes.finished = now;
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, MISSED);
  await page.context().setOffline(false);
  await expect(rows(page)).toHaveCount(MISSED, { timeout: 120_000 });
  const { started, finished, longest, frames } = await page.evaluate(() => (window as any).notes);
  console.log({ took: finished - started, longest, frames });
});
