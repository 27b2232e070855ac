// Each text of the administrators' pages and of the sign-in page that an outsider controls.

import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';

import { register } from '../support/provider.js';
import { secrets, standardWebhook } from '../support/signing.js';
import type { Server } from '../support/server.js';
import { expect, signIn, test } from './fixtures';
import { faults, hostile, hostileNames, watchScripts } from './hostile';

const MARKUP = '<img src=x onerror=taken()>';
/** The texts that a header may contain. */
const inHeaders = Object.values(hostile).filter((text) => /^[\x20-\x7e]+$/.test(text));

async function isHarmless(page: Page) {
  for (const width of [320, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await faults(page), `at ${width} px`).toEqual([]);
  }
}

/** Delivers any body with any headers; it may be unreadable. */
async function send(server: Server, body: string, { id, headers = {} }: { id?: string; headers?: Record<string, string> } = {}) {
  const response = await fetch(`${server.url}/api/connectors/basiq/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers, ...standardWebhook(body, id ? { id } : {}) },
    body,
  });
  expect(response.status, await response.text()).toBeLessThan(300);
}

const unknown = (connectionId: string, event = 'transaction.created') =>
  JSON.stringify({ event, data: { connectionId, transaction: { id: 't', account: 'a', amount: '1', transactionDate: '2026-11-20' } } });

/** The texts of unprocessed webhooks, and how to inject one. */
const ofWebhooks: Record<string, (server: Server) => Promise<void>> = {
  'connection id': async (server) => {
    for (const name of hostileNames) await send(server, unknown(name));
  },
  reason: async (server) => {
    for (const name of hostileNames) await send(server, unknown('conn', `account.${name}`));
  },
  key: async (server) => {
    for (const text of inHeaders) await send(server, unknown('conn'), { id: text });
  },
  header: async (server) => {
    for (const text of inHeaders) await send(server, unknown('conn'), { headers: { 'x-hostile': text, 'user-agent': text } });
  },
  body: async (server) => {
    for (const text of Object.values(hostile)) await send(server, JSON.stringify({ event: 'account.odd', data: { connectionId: 'conn', [text]: text } }));
  },
};

for (const [name, bring] of Object.entries(ofWebhooks)) {
  test(`a hostile ${name} of a webhook stays text for administrators`, async ({ ownServer, person, device, watch }) => {
    watch.expected.push(/preloaded using link preload but not used/);
    const boss = await person('Boss', ownServer);
    await ownServer.restartWith({ ADMIN_USERS: boss.userId });
    await bring(ownServer);
    const context = await device();
    await signIn(context, boss);
    const page = await context.newPage();
    await watchScripts(page);
    await page.goto(`${ownServer.url}/admin`);
    await expect(page.getByTestId('kept-delivery').first()).toBeVisible();
    await isHarmless(page);
    const addresses = await page.getByRole('link', { name: 'View' }).evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
    let seen = '';
    for (const address of addresses) {
      await page.goto(address);
      seen += await page.getByRole('main').innerText();
      await isHarmless(page);
    }
    expect(seen).toContain(MARKUP);
  });
}

test('a hostile user id and transaction id of what the core app rejects stay text for administrators', async ({ ownServer, person, device, watch }) => {
  watch.expected.push(/preloaded using link preload but not used/);
  const coreApp: HttpServer = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => response.writeHead(body.includes('"stuck') ? 500 : 422).end(hostile.script));
  });
  await new Promise<void>((resolve) => coreApp.listen(0, '127.0.0.1', resolve));
  try {
    const boss = await person('Boss', ownServer);
    await ownServer.restartWith({
      ADMIN_USERS: boss.userId,
      CORE_APP_URL: `http://127.0.0.1:${(coreApp.address() as AddressInfo).port}`,
      CORE_APP_RETRY_DELAY: '10',
      CORE_APP_MAX_RETRIES: '1',
    });
    for (const [at, name] of hostileNames.entries()) {
      const connectionId = await register(ownServer, name, { connectionId: `conn-${at}` });
      for (const id of [`dead${name}`.slice(0, 100), `stuck${name}`.slice(0, 100)]) {
        const transaction = { id, account: 'a', amount: '1', transactionDate: '2026-11-20' };
        await send(ownServer, JSON.stringify({ event: 'transaction.created', data: { connectionId, transaction } }));
      }
    }
    const context = await device();
    await signIn(context, boss);
    const page = await context.newPage();
    await watchScripts(page);
    await expect(async () => {
      await page.goto(`${ownServer.url}/admin`);
      expect(await page.getByTestId('dead-letter').count()).toBe(hostileNames.length);
      expect(await page.getByTestId('stuck-queue').count()).toBeGreaterThan(0);
    }).toPass({ timeout: 30_000 });
    await expect(page.getByTestId('dead-letter').filter({ hasText: MARKUP }).first()).toBeVisible();
    await isHarmless(page);
  } finally {
    coreApp.close();
  }
});

test('a hostile e-mail address in the sign-in form, and hostile parameters of addresses, stay text', async ({ ownServer, person, device, watch }) => {
  watch.expected.push(/preloaded using link preload but not used/);
  const boss = await person('Boss', ownServer);
  await ownServer.restartWith({ ADMIN_USERS: boss.userId });
  const visitor = await (await device({ javaScriptEnabled: true })).newPage();
  await watchScripts(visitor);
  for (const name of hostileNames.slice(0, 6)) {
    await visitor.goto(`${ownServer.url}/sign-in?error=${encodeURIComponent(name)}`);
    await isHarmless(visitor);
    await visitor.getByTestId('sign-in-form').evaluate((form: HTMLFormElement) => (form.noValidate = true));
    await visitor.getByLabel('E-mail address').evaluate((field: HTMLInputElement) => (field.type = 'text'));
    await visitor.getByLabel('E-mail address').fill(name);
    await visitor.getByLabel('Password', { exact: true }).fill('x');
    await visitor.getByTestId('sign-in-form').evaluate((form: HTMLFormElement) => form.submit());
    await expect(visitor.getByRole('alert')).toBeVisible();
    await expect(visitor.getByLabel('E-mail address')).toHaveAttribute('value', name);
    await isHarmless(visitor);
  }
  const context = await device();
  await signIn(context, boss);
  const page = await context.newPage();
  await watchScripts(page);
  for (const name of hostileNames.slice(0, 3)) {
    await page.goto(`${ownServer.url}/admin?done=${encodeURIComponent(name)}`);
    await isHarmless(page);
  }
  expect(secrets.service).toBeTruthy();
});
