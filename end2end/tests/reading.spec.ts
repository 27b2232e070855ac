// A list that is being read: existing rows keep their nodes and their place, whatever is added above them.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import { badge, expect, row, rows, test, withAccount, type Person } from './fixtures';

const ROWS = 2_999;

/** The time of the newest transaction of the history. */
const NEWEST = Date.now() - 3_600_000;

const past = (minutes: number) => new Date(NEWEST - minutes * 60_000).toISOString();

let later = 0;

/** A time after those of all earlier transactions, whatever the machine's clock does. */
const next = () => new Date(NEWEST + (later += 1) * 100).toISOString();

/** Delivers this many at once, each in a different minute of the past. */
async function history(person: Person, count: number) {
  for (let from = 0; from < count; from += 1_000) {
    const some = Array.from({ length: Math.min(1_000, count - from) }, (_, at) => from + at);
    const told = some.map((number) => ({ id: `old-${number}`, amount: '-1.01', transactionDate: past(number), description: `Old ${number}` }));
    await deliver(person.server, person.transactions(told));
  }
}

/** A batch that arrives while the list is read. */
const batch = (person: Person, ids: string[]) =>
  deliver(person.server, person.transactions(ids.map((id) => ({ id, amount: '-2', transactionDate: next() }))));

/** Counts inserted and removed nodes from now on, and marks each existing row. */
async function countChanges(page: Page) {
  await page.evaluate(() => {
    const counts = ((window as any).counts = { removed: 0, inserted: 0 });
    document.querySelectorAll('.row').forEach((row) => ((row as any).wasThere = true));
    const isRow = (node: Node) => node instanceof Element && (node.matches('.row') || node.querySelector('.row') !== null);
    new MutationObserver((changes) => {
      for (const { addedNodes, removedNodes } of changes) {
        counts.inserted += [...addedNodes].filter(isRow).length;
        counts.removed += [...removedNodes].filter(isRow).length;
      }
    }).observe(document, { childList: true, subtree: true });
  });
  return () =>
    page.evaluate(() => {
      const kept = [...document.querySelectorAll('.row')].filter((row) => (row as any).wasThere).length;
      return { ...(window as any).counts, kept } as { removed: number; inserted: number; kept: number };
    });
}

/** The distance of a row from the top of the screen, as it is painted next. */
const top = (page: Page, id: string) =>
  row(page, id).evaluate(async (element) => {
    // A frame's callbacks run before its layout, and tasks between two frames may change the page. An observer is called
    // after the layout, and after the older observers of the page.
    await new Promise((done) => requestAnimationFrame(done));
    return new Promise<number>((done) => {
      const observer = new ResizeObserver(() => {
        observer.disconnect();
        done(element.getBoundingClientRect().top);
      });
      observer.observe(element);
    });
  });

test('a batch of new rows inserts only itself into three thousand live ones, which stay until nobody reads them', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/net::ERR_INTERNET_DISCONNECTED/);
  test.setTimeout(120_000);
  const alex = await withAccount(await person());
  const page = await dashboard(alex, {}, (page) => page.clock.install());
  await history(alex, ROWS);
  await expect(rows(page)).toHaveCount(ROWS, { timeout: 60_000 });

  const changes = await countChanges(page);
  await batch(alex, ['new-1', 'new-2', 'new-3']);
  await expect(rows(page)).toHaveCount(ROWS + 3);
  expect(await changes()).toEqual({ removed: 0, inserted: 3, kept: ROWS });
  // A change updates its existing row; a deletion removes only its own row.
  const changed = { id: 'old-10', amount: '-7', transactionDate: past(10), description: 'CHANGED' };
  await deliver(server, alex.transaction(changed, { event: 'transaction.updated' }));
  await expect(row(page, 'old-10')).toContainText('CHANGED');
  await deliver(server, alex.transaction({ id: 'old-20' }, { event: 'transaction.deleted' }));
  await expect(rows(page)).toHaveCount(ROWS + 2);
  expect(await changes()).toEqual({ removed: 1, inserted: 3, kept: ROWS - 1 });

  // The list is read in the middle, for an hour.
  await row(page, 'old-1500').scrollIntoViewIfNeeded();
  for (let hour = 0; hour < 4; hour += 1) {
    await page.clock.fastForward(900_000);
    await expect(badge(page)).toHaveAttribute('data-status', 'live', { timeout: 30_000 });
  }
  await batch(alex, ['late-1', 'late-2']);
  await expect(rows(page)).toHaveCount(ROWS + 4);
  expect((await changes()).kept).toBe(ROWS - 1);

  // The page is at its top, without input.
  await page.evaluate(() => window.scrollTo(0, 0));
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(0);
  await page.clock.fastForward(300_000);
  await page.clock.runFor(1_000);
  await expect(rows(page)).toHaveCount(ROWS + 4);
  await expect(async () => {
    await page.clock.fastForward(310_000);
    await expect(rows(page)).toHaveCount(50, { timeout: 2_000 });
  }).toPass({ timeout: 30_000 });
  await expect(row(page, 'late-2')).toBeVisible();
  await expect(page.getByTestId('load-older')).toBeVisible();
});

for (const [device, viewport] of [['a desk', { width: 1280, height: 720 }], ['a phone', { width: 390, height: 844 }]] as const) {
  test(`what is read stays where it is on the screen while others come in above it, on ${device}`, async ({ person, dashboard }) => {
    const alex = await withAccount(await person());
    await history(alex, 49);
    const page = await dashboard(alex, { viewport });
    // In the middle of the list, and where the list has just begun to leave the screen.
    for (const from of [1_200, 60]) {
      await page.evaluate((from) => window.scrollTo(0, from), from);
      const read = await page.evaluate(() => (document.elementFromPoint(innerWidth / 2, 690)!.closest('.row') as HTMLElement).dataset.transactionId!);
      const before = await top(page, read);
      const expectUnmoved = async (after: string) => {
        const now = await top(page, read);
        expect(Math.abs(now - before), `${read}, at ${now} instead of ${before}, from ${from} after ${after}`).toBeLessThanOrEqual(1);
      };
      for (const ids of [['a', 'b'], ['c'], ['d', 'e', 'f', 'g']]) {
        await batch(alex, ids.map((id) => `${id}-${from}`));
        await expect(row(page, `${ids.at(-1)}-${from}`)).toHaveCount(1);
        await expectUnmoved(`${ids}`);
      }
      // A line above the list, and one in the bar at the top.
      for (const place of ['.alert', '.header']) {
        await page.evaluate((place) => document.querySelector(place)!.insertAdjacentHTML('beforeend', '<p class="notice" id="more">Something to say.</p>'), place);
        await expectUnmoved(`a line in ${place}`);
        await page.evaluate(() => document.getElementById('more')!.remove());
        await expectUnmoved(`a line less in ${place}`);
      }
    }
    // At the top, new rows are visible at once.
    await page.evaluate(() => window.scrollTo(0, 0));
    await batch(alex, ['seen-1', 'seen-2']);
    await expect(row(page, 'seen-2')).toBeInViewport();
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
  });
}

test('a selection, the focus and a highlight in a row outlive what comes in around it', async ({ person, dashboard }) => {
  const alex = await withAccount(await person());
  await history(alex, 5);
  const page = await dashboard(alex);
  await batch(alex, ['first', 'second']);
  await expect(row(page, 'second')).toHaveClass(/row--new/);
  // It lasts longer than a slow machine takes for the rest. A redrawn row would start another animation.
  const animation = () => row(page, 'first').evaluate((element) => {
    const running = element.getAnimations() as CSSAnimation[];
    const highlight = running.filter((one) => one.animationName === 'arrive');
    highlight.forEach((one) => one.effect!.updateTiming({ duration: 600_000 }));
    return highlight.map((one) => one.startTime);
  });
  const started = await animation();
  expect(started.length).toBeGreaterThan(0);
  await row(page, 'old-2').locator('.row__name').selectText();
  await row(page, 'old-3').evaluate((element: HTMLElement) => {
    element.tabIndex = -1;
    element.focus();
  });
  await batch(alex, ['third', 'fourth', 'fifth']);
  await expect(rows(page)).toHaveCount(10);
  expect(await page.evaluate(() => getSelection()!.toString())).toBe('Old 2');
  await expect(row(page, 'old-3')).toBeFocused();
  expect(await animation()).toEqual(started);
});

test('what is new stands at the top of its day, whether its bank tells a time or only the day', async ({ server, person, dashboard }) => {
  const alex = await withAccount(await person());
  const page = await dashboard(alex, { timezoneId: 'UTC' });
  const today = new Date().toISOString().slice(0, 10);
  for (const [id, timed] of [['one', true], ['two', false], ['three', true], ['four', false], ['five', false]] as const) {
    const transactionDate = timed ? new Date().toISOString() : today;
    await deliver(server, alex.transaction({ id, transactionDate }));
    await expect(rows(page).first()).toHaveAttribute('data-transaction-id', id);
  }
  const order = () => rows(page).evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset.transactionId));
  const live = await order();
  expect(live).toEqual(['five', 'four', 'three', 'two', 'one']);
  await page.reload();
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  expect(await order()).toEqual(live);
});
