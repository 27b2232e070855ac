// Signing in and out at the dashboard, with JavaScript and without.

import type { Page } from '@playwright/test';

import { deliver } from '../support/provider.js';
import type { Server } from '../support/server.js';
import { account, badge, expect, hydrated, row, rows, signIn, test, type Person } from './fixtures';

const password = 'correct horse battery';

async function withPassword(server: Server, { userId, name }: Person) {
  const email = `${userId}@example.com`;
  await server.addUser({ userId, email, password, name });
  return email;
}

async function fillIn(page: Page, email: string, secret: string) {
  const form = page.getByTestId('sign-in-form');
  await form.getByLabel('E-mail address').fill(email);
  await form.getByLabel('Password', { exact: true }).fill(secret);
  await form.getByRole('button', { name: 'Sign in' }).click();
}

test('a visitor is sent to the sign-in page, and from there to their own transactions', async ({ server, person, device }) => {
  const alex = await person('Alex Chen');
  const email = await withPassword(server, alex);
  await deliver(server, alex.transaction({ id: 'tx-1' }));
  const page = await (await device()).newPage();
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/sign-in`);
  await hydrated(page);
  await fillIn(page, email, password);
  await expect(page).toHaveURL(`${server.url}/`);
  await expect(row(page, 'tx-1')).toBeVisible();
  await expect(page.getByRole('banner')).toContainText('Alex Chen');
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
});

test('a wrong password is said so, in words that do not tell whether the address is known', async ({ server, person, device }) => {
  const email = await withPassword(server, await person());
  const page = await (await device()).newPage();
  const messages = [];
  for (const attempt of [email, 'nobody@example.com']) {
    await page.goto(`${server.url}/sign-in`);
    await hydrated(page);
    await fillIn(page, attempt, 'a wrong password');
    await expect(page).toHaveURL(`${server.url}/sign-in`);
    const alert = page.getByRole('alert');
    await expect(alert).toContainText(/don't match/);
    messages.push(await alert.textContent());
    await expect(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription(/don't match/);
  }
  expect(messages[0]).toBe(messages[1]);
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/sign-in`);
});

test('the session\'s cookie is out of reach for scripts and for other sites', async ({ server, person, device }) => {
  const context = await device();
  const email = await withPassword(server, await person());
  const page = await context.newPage();
  await page.goto(`${server.url}/sign-in`);
  await fillIn(page, email, password);
  await expect(page).toHaveURL(`${server.url}/`);
  const cookies = await context.cookies();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
  expect(cookies[0].value).toMatch(/^\S{32,}$/);
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('signing out ends the session itself, not only this browser\'s memory of it', async ({ server, person, dashboard }) => {
  const page = await dashboard(await person());
  const context = page.context();
  const cookies = await context.cookies();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(`${server.url}/sign-in`);
  expect(await context.cookies()).toEqual([]);
  await context.addCookies(cookies);
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/sign-in`);
});

test('somebody who is signed in is not asked to sign in again', async ({ server, person, dashboard }) => {
  const page = await dashboard(await person());
  await page.goto(`${server.url}/sign-in`);
  await expect(page).toHaveURL(`${server.url}/`);
  await expect(badge(page)).toHaveAttribute('data-status', 'live');
});

test('another site\'s form cannot sign anybody out', async ({ server, person, device, watch }) => {
  watch.expected.push(/\b403\b/);
  const alex = await person();
  const context = await device();
  await signIn(context, alex);
  const page = await context.newPage();
  const evil = `<form method="post" action="${server.url}/api/session/end"><button>Win</button></form>`;
  await page.route('http://evil.example/', (route) => route.fulfill({ contentType: 'text/html', body: evil }));
  await page.goto('http://evil.example/');
  const answer = page.waitForResponse(/\/api\/session\/end$/);
  await page.getByRole('button', { name: 'Win' }).click();
  expect((await answer).status()).toBe(403);
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/`);
});

test('without JavaScript one signs in by the plain form and sees accounts and transactions', async ({ server, person, device, watch }) => {
  watch.expected.push(/preloaded using link preload but not used/);
  const alex = await person('Alex Chen');
  const email = await withPassword(server, alex);
  const spent = alex.transaction({ id: 'tx-1', amount: '-12.40' }, { account: { name: 'Everyday', balance: '87.60' } });
  await deliver(server, spent);
  const page = await (await device({ javaScriptEnabled: false })).newPage();
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/sign-in`);
  await fillIn(page, email, 'a wrong password');
  await expect(page.getByRole('alert')).toContainText(/don't match/);
  await fillIn(page, email, password);
  await expect(page).toHaveURL(`${server.url}/`);
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, 'tx-1')).toContainText('−A$12.40');
  await expect(account(page, 'acc-1')).toContainText('Everyday');
  await expect(account(page, 'acc-1').getByTestId('account-balance')).toHaveText('A$87.60');
  await expect(page.getByTestId('summary-balance')).toHaveText('A$87.60');
  // Controls that need a script are not shown.
  await expect(page.getByTestId('search')).toBeHidden();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(`${server.url}/sign-in`);
});
