// The first look: no configuration, one click, and transactions arrive automatically.

import { Server } from '../support/server.js';
import { badge, expect, hydrated, rows, test } from './fixtures';

let server: Server;
test.beforeAll(async () => {
  server = await Server.demo();
});
test.afterAll(() => server.stop());

test('the demo lets one in with a click, and shows what comes by itself', async ({ device }) => {
  const page = await (await device()).newPage();
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/sign-in`);
  await expect(page.getByTestId('demo-banner')).toBeVisible();
  await hydrated(page);
  await page.getByTestId('demo-sign-in').first().click();
  await expect(page).toHaveURL(`${server.url}/`);
  await expect(page.getByTestId('demo-banner')).toBeVisible();
  await expect(badge(page)).toHaveAttribute('data-status', 'live');

  const newest = rows(page).first();
  expect(await rows(page).count()).toBeGreaterThan(20);
  expect(await page.getByTestId('account-card').count()).toBeGreaterThan(1);
  expect(await page.getByTestId('day-group').count()).toBeGreaterThan(3);
  const before = await newest.getAttribute('data-transaction-id');
  await expect(newest).not.toHaveAttribute('data-transaction-id', before ?? '', { timeout: 40_000 });
  await expect(page.getByTestId('toast').first()).toBeVisible({ timeout: 40_000 });
});

test('older transactions of the demo can be loaded', async ({ device }) => {
  const page = await (await device()).newPage();
  await page.goto(`${server.url}/sign-in`);
  await page.getByTestId('demo-sign-in').first().click();
  await hydrated(page);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
  const before = await rows(page).count();
  await page.getByTestId('load-older').click();
  await expect.poll(() => rows(page).count()).toBeGreaterThan(before + 5);
  const ids = await rows(page).evaluateAll((all) => all.map((row) => row.getAttribute('data-transaction-id')));
  expect(new Set(ids).size).toBe(ids.length);
});
