// The sign-in form and its messages about a failed attempt.

import type { Page } from '@playwright/test';

import { badge, expect, hydrated, test } from './fixtures';

const email = (page: Page) => page.getByLabel('E-mail address');
const password = (page: Page) => page.getByLabel('Password', { exact: true });
const submit = (page: Page) => page.getByTestId('sign-in-form').getByRole('button', { name: 'Sign in' });

/** Whether each field is marked as invalid. */
const invalid = (page: Page) => Promise.all([email(page), password(page)].map((field) => field.getAttribute('aria-invalid')));

for (const javaScriptEnabled of [true, false]) {
  test(`a wrong password keeps the e-mail address in the form and nowhere else, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({ server, person, device, watch }) => {
    watch.expected.push(/preloaded using link preload but not used/);
    const alex = await person();
    const address = `${alex.userId}@example.com`;
    await server.addUser({ userId: alex.userId, email: address, password: 'correct horse', name: alex.name });
    const context = await device({ javaScriptEnabled });
    const page = await context.newPage();
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await page.goto(`${server.url}/sign-in`);
    if (javaScriptEnabled) {
      await hydrated(page);
      await expect(email(page)).toBeFocused();
    }
    expect(await invalid(page)).toEqual([null, null]);
    await email(page).fill(address);
    await password(page).fill('wrong horse');
    await submit(page).click();

    await expect(page.getByRole('alert')).toHaveText("That e-mail address and password don't match. Try again.");
    await expect(email(page)).toHaveValue(address);
    await expect(password(page)).toHaveValue('');
    expect(await invalid(page)).toEqual(['true', 'true']);
    for (const field of [email(page), password(page)]) await expect(field).toHaveAccessibleDescription(/don't match/);
    if (javaScriptEnabled) await expect(password(page)).toBeFocused();
    expect(urls.filter((url) => url.includes('example.com') || url.includes('%40'))).toEqual([]);
    expect(page.url()).toBe(`${server.url}/sign-in`);
    expect(await context.cookies()).toEqual([]);
    expect(server.log).not.toContain(address);
    if (javaScriptEnabled) {
      await hydrated(page);
      await expect(email(page)).toHaveValue(address);
      expect(await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }])).toEqual([{}, {}]);
    }
    await password(page).fill('correct horse');
    await submit(page).click();
    await expect(page).toHaveURL(`${server.url}/`);
    // Going back does not ask to send the form again, and does not show the address.
    if (javaScriptEnabled) {
      await page.goBack();
      await expect(page).toHaveURL(`${server.url}/`);
    }
  });
}

test('only what was looked at and found wrong is called wrong, and each message belongs to its fields', async ({ server, device }) => {
  const page = await (await device()).newPage();
  for (const [code, message] of [
    ['UNAUTHORIZED', "You've been signed out. Sign in to continue."],
    ['RATE_LIMITED', 'Too many attempts. Wait a minute, then try again.'],
    ['UNAVAILABLE', "We can't sign you in right now. Try again in a moment."],
    ['SOMETHING_ELSE', "Signing in didn't work. Try again in a moment."],
  ]) {
    await page.goto(`${server.url}/sign-in?error=${code}`);
    await expect(page.getByRole('alert')).toHaveText(message);
    expect(await invalid(page), code).toEqual([null, null]);
    for (const field of [email(page), password(page)]) await expect(field).toHaveAccessibleDescription(message);
    await expect(email(page)).toBeFocused();
  }
});

test('a password can be shown while it is typed, and is sent as a password', async ({ server, device }) => {
  const page = await (await device()).newPage();
  await page.goto(`${server.url}/sign-in`);
  await hydrated(page);
  await expect(email(page)).toHaveAttribute('autocomplete', 'username');
  await expect(password(page)).toHaveAttribute('autocomplete', 'current-password');
  await password(page).fill('correct horse');
  const show = page.getByRole('button', { name: 'Show password' });
  await show.click();
  await expect(password(page)).toHaveAttribute('type', 'text');
  await expect(password(page)).toHaveValue('correct horse');
  await expect(show).toHaveAttribute('aria-pressed', 'true');
  await show.press('Space');
  await expect(password(page)).toHaveAttribute('type', 'password');
  await show.click();
  await email(page).fill('nobody@example.com');
  const typeAtSubmit = page.getByTestId('sign-in-form').evaluate(
    (form: HTMLFormElement) => new Promise((resolve) => form.addEventListener('submit', () => requestAnimationFrame(() => resolve((form.elements.namedItem('password') as HTMLInputElement).type)))),
  );
  await submit(page).click();
  await Promise.race([typeAtSubmit.then((type) => expect(type).toBe('password')), expect(page.getByRole('alert')).toBeVisible()]);
  await expect(page.getByRole('alert')).toContainText("don't match");
});

test('too many attempts are said so in the form, which keeps the address', async ({ ownServer, device, watch }) => {
  watch.expected.push(/\b429\b/);
  const page = await (await device()).newPage();
  await page.goto(`${ownServer.url}/sign-in`);
  const data = { email: 'nobody@example.com', password: 'wrong' };
  await expect.poll(async () => (await page.context().request.post(`${ownServer.url}/api/session`, { data })).status(), { intervals: [0] }).toBe(429);
  await email(page).fill('nobody@example.com');
  await password(page).fill('wrong');
  await submit(page).click();
  await expect(page.getByRole('alert')).toHaveText('Too many attempts. Wait a minute, then try again.');
  await expect(email(page)).toHaveValue('nobody@example.com');
  expect(await invalid(page)).toEqual([null, null]);
});

test('a page that is signed out offers to sign in, and not to reconnect', async ({ server, person, dashboard, watch }) => {
  watch.expected.push(/\b401\b/, /WebSocket is closed before/);
  const page = await dashboard(await person(), {}, (page) => page.clock.install());
  await page.context().request.delete(`${server.url}/api/session`);
  await expect(badge(page)).toHaveAttribute('data-status', 'waiting');
  await page.clock.fastForward(5_000);
  await expect(page.getByRole('heading', { name: "You've been signed out" })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Reconnect now' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText("You've been signed out. Sign in to continue.");
  expect(await invalid(page)).toEqual([null, null]);
});
